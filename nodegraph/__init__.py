"""nodegraph: pipelines of pictures, music and words, run from a text file that a person can read.

What is promised to those who import it, by the module it comes from. Each is imported when it is first asked for, so
that `nodegraph --help` answers at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_WHERE = {
    "Cancelled": "errors",
    "Catalogue": "packs",
    "Choice": "types",
    "Color": "types",
    "Context": "context",
    "Engine": "engine",
    "File": "types",
    "Graph": "graph",
    "GraphError": "errors",
    "Help": "types",
    "InputError": "errors",
    "ModelType": "types",
    "Node": "graph",
    "NodeFailed": "errors",
    "NodegraphError": "errors",
    "PackError": "errors",
    "PortType": "types",
    "Problem": "errors",
    "Range": "types",
    "Recipe": "types",
    "Ref": "graph",
    "RunResult": "engine",
    "SILENT": "context",
    "Seed": "types",
    "load": "engine",
    "node": "nodetype",
    "run": "engine",
}
__all__ = sorted(_WHERE)
__version__ = "0.1.0"

if TYPE_CHECKING:
    from .context import SILENT, Context
    from .engine import Engine, RunResult, load, run
    from .errors import Cancelled, GraphError, InputError, NodeFailed, NodegraphError, PackError, Problem
    from .graph import Graph, Node, Ref
    from .nodetype import node
    from .packs import Catalogue
    from .types import Choice, Color, File, Help, ModelType, PortType, Range, Recipe, Seed


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_WHERE[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
