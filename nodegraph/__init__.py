"""nodegraph: pipelines of pictures, music and words, run from a text file that a person can read.

What is promised to those who import it, by the module it comes from. Each is imported when it is first asked for, so
that `nodegraph --help` answers at once.
"""

from __future__ import annotations

from importlib import import_module

_WHERE = {
    "Cancelled": "errors",
    "Catalogue": "packs",
    "Choice": "types",
    "Color": "types",
    "Context": "context",
    "Engine": "engine",
    "File": "types",
    "FileKind": "filekind",
    "Graph": "graph",
    "GraphError": "errors",
    "Help": "types",
    "InputError": "errors",
    "Knowledge": "packs",
    "KnownWords": "packs",
    "Lazy": "context",
    "ModelType": "types",
    "Node": "graph",
    "NodeFailed": "errors",
    "NodegraphError": "errors",
    "PackError": "errors",
    "PortType": "types",
    "Problem": "errors",
    "Range": "types",
    "Recipe": "recipe",
    "Ref": "graph",
    "RunResult": "results",
    "SILENT": "context",
    "Seed": "types",
    "Unloaded": "recipe",
    "Uses": "recipe",
    "file_kind": "filekind",
    "load": "engine",
    "node": "nodetype",
    "run": "engine",
    "warn": "warning",
}
__all__ = [
    "Cancelled", "Catalogue", "Choice", "Color", "Context", "Engine", "File", "FileKind", "Graph", "GraphError",
    "Help", "InputError", "Knowledge", "KnownWords", "Lazy", "ModelType", "Node", "NodeFailed", "NodegraphError",
    "PackError", "PortType", "Problem", "Range", "Recipe", "Ref", "RunResult", "SILENT", "Seed", "Unloaded",
    "Uses", "file_kind", "load", "node", "run", "warn",
]
__version__ = "0.1.0"

TYPE_CHECKING = False  # what type checkers take for true, as they do typing's, which `--help` has no need to load
if TYPE_CHECKING:  # `as` tells them that a name is handed on
    from typing import Any

    from .context import SILENT as SILENT, Context as Context, Lazy as Lazy
    from .engine import Engine as Engine, load as load, run as run
    from .errors import (
        Cancelled as Cancelled,
        GraphError as GraphError,
        InputError as InputError,
        NodeFailed as NodeFailed,
        NodegraphError as NodegraphError,
        PackError as PackError,
        Problem as Problem,
    )
    from .filekind import FileKind as FileKind, file_kind as file_kind
    from .graph import Graph as Graph, Node as Node, Ref as Ref
    from .nodetype import node as node
    from .packs import Catalogue as Catalogue, Knowledge as Knowledge, KnownWords as KnownWords
    from .recipe import Recipe as Recipe, Unloaded as Unloaded, Uses as Uses
    from .results import RunResult as RunResult
    from .types import (
        Choice as Choice,
        Color as Color,
        File as File,
        Help as Help,
        ModelType as ModelType,
        PortType as PortType,
        Range as Range,
        Seed as Seed,
    )
    from .warning import warn as warn


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_WHERE[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
