"""The JSON forms of what nodegraph tells: one for the command line's --json, a service and the editor alike.

Each function gives plain data that `json.dumps` takes as it is. A sentence stands beside its code and facts where it
has them, so that nobody needs to read prose to know what is meant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import events as ev
from .errors import NodeFailed, Problem
from .flows import Flow
from .nodetype import MISSING, NodeType, Port
from .outputs import origin

if TYPE_CHECKING:
    from .results import RunResult
    from .runs.report import NodeResult

Document = dict[str, Any]


def plain(value: Any) -> Any:
    """A value as JSON can hold it: bytes as hex, what JSON does not know as text."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 1 << 1023 else hex(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    return str(value)


# ---- problems and failures

def problem_document(problem: Problem) -> Document:
    """What is wrong with a graph, and where."""
    where = problem.where
    return {"file": where.file if where else None, "line": where.line if where else None,
            "column": where.column if where else None, "severity": problem.severity, "at": list(problem.at),
            "message": str(problem.message), "hint": str(problem.hint), **_code(problem)}


def failure_document(error: NodeFailed) -> Document:
    """How a node failed."""
    return {"node": error.node, "instance": error.instance, "message": str(error.message),
            "where": str(error.where) if error.where else None, "inputs": plain(error.inputs), "trace": error.trace,
            **_code(error)}


def _code(sentence: Problem | NodeFailed) -> Document:
    return {"code": sentence.code, "facts": plain(sentence.facts)} if sentence.code else {}


# ---- node types

@dataclass(frozen=True)
class Description:
    """What there is to say of something that can be a node: a NodeType, a switch, a graph file.

    output_help: words on each output, by its name.
    """

    name: str
    version: str
    help: str
    inputs: Mapping[str, Port]
    outputs: Mapping[str, Flow]
    output_help: Mapping[str, str] = field(default_factory=dict)
    nodetype: NodeType | None = None

    @classmethod
    def of(cls, nodetype: NodeType) -> Description:
        """That of a NodeType."""
        return cls(nodetype.name, nodetype.version, nodetype.help, nodetype.inputs,
                   {port.name: Flow(port.type, int(port.many), port.choices) for port in nodetype.outputs.values()},
                   {port.name: port.help for port in nodetype.outputs.values()}, nodetype)


def description_document(description: Description) -> Document:
    """All about a node type: what it takes, what it gives, how it is called."""
    document: Document = {"name": description.name, "version": description.version, "help": description.help,
                          "inputs": [_input(port, description.nodetype) for port in description.inputs.values()],
                          "outputs": [_output(name, flow, description.output_help.get(name, ""))
                                      for name, flow in description.outputs.items()]}
    nodetype = description.nodetype
    if nodetype is not None:
        document |= {"pack": nodetype.pack, "distribution": nodetype.distribution, "tags": list(nodetype.tags),
                     "remember": nodetype.remember, "batch": nodetype.batch, "batch_size": nodetype.batch_size,
                     "timeout": nodetype.timeout, "retry": nodetype.retry}
    return document


def _input(port: Port, nodetype: NodeType | None) -> Document:
    document: Document = {"name": port.name, "type": port.type.name, "many": port.many, "help": port.help}
    if port.range is not None:
        document["range"] = [limit if math.isfinite(limit) else None for limit in (port.range.low, port.range.high)]
    if port.choices:
        document["choices"] = list(port.choices)
    if port.optional:
        document["optional"] = True
    if nodetype is not None and port.name in nodetype.lazy:
        document["lazy"] = True
    return document | ({"required": True} if port.default is MISSING else {"default": plain(port.default)})


def _output(name: str, flow: Flow, help: str) -> Document:
    document: Document = {"name": name, "type": flow.type.name, "many": flow.many, "depth": flow.depth, "help": help}
    return document | ({"choices": list(flow.choices)} if flow.choices else {})


# ---- runs

def run_document(result: RunResult, paths: Mapping[str, Sequence[Path]]) -> Document:
    """What a run gave. paths: the files that each output was written to; one that was not written is left out.

    `errors` are of what failed, `left_out` of what failed in lists that do without (`failed: skip`).
    """
    plan = result.raw.plan
    outputs = {name: {"type": plan.outputs[name].flow.type.name, "depth": plan.outputs[name].flow.depth,
                      "paths": [str(path) for path in written], **_digest_or_lost(result, name)}
               for name, written in paths.items()}
    return {"outputs": outputs, "seeds": plain(plan.seeds), "seconds": round(result.seconds, 6),
            "nodes": {name: node_document(node) for name, node in result.nodes.items()},
            "errors": [failure_document(error) for error in result.errors],
            "left_out": [failure_document(error) for error in result.passed_over]}


def _digest_or_lost(result: RunResult, name: str) -> Document:
    """The digest of an output; of a list of which items failed, which and why."""
    if name in result.digests:
        return {"digest": result.digests[name].hex()}
    return {"digest": None, "lost": [
        {"item": list(place), "from": plain(origin(result.raw, name, place)), **failure_document(error)}
        for place, error in result.lost[name]]}


def node_document(node: NodeResult) -> Document:
    """How one node fared; ran and remembered count its runs, where there were several."""
    document: Document = {"status": node.status, "seconds": round(node.seconds, 6)}
    if node.ran + node.remembered > 1:
        document |= {"ran": node.ran, "remembered": node.remembered}
    return document


def event_document(event: ev.Event) -> Document:
    """One event of a run; `event` is its kind, in small letters. A preview that is a picture is left out."""
    document: Document = {"event": type(event).__name__.lower()}
    if isinstance(event, ev.Failed):
        return document | {"node": event.node, "error": failure_document(event.error)}
    for name, value in event._asdict().items():
        document[name] = plain(value) if name != "preview" or isinstance(value, str) else None
    return document
