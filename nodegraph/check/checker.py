"""Everything that can be known about a Graph before anything runs: every problem, with its place and a way out.

`check` also keeps what it found out on the way (node types, parsed literals, what flows where), so that a Plan
need not find it out again. It imports the packs that a graph names, and no model library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import graphfile
from ..errors import GraphError, InputError, PackError, Problem
from ..flows import Flow
from ..graph import SWITCH, Graph, GraphInput, Node, Ref, refs
from ..graphfile import in_order
from ..nodetype import MISSING, RESERVED, NodeType, Port
from ..packs import Catalogue
from ..types import (ANY, BOOL, COLOR, FILE, FLOAT, INT, OF_PYTHON, PLAIN, SEED, TEXT, ModelType, PortType, Range,
                    fits)
from ..graphfile.yamltext import dump
from ..wording import an, closest, likely, nearest, scalar, written

RANDOM = "random"  # what a Seed may be in a file until the Plan rolls it
MOST_NESTED = 32
MOST_STEPS = 1_000_000  # a graph placed twice in one that is placed twice ... doubles each time


@dataclass(slots=True)
class CheckedNode:
    """A Node and what is known of it. Exactly one of nodetype, graph, switch tells what it is.

    through: for a bypassed node, output -> the input that it passes on, or None where no input is like it.
    """

    node: Node
    nodetype: NodeType | None = None
    graph: Checked | None = None
    switch: bool = False
    literals: dict[str, Any] | None = None
    outputs: dict[str, Flow] | None = None
    through: dict[str, str | None] | None = None

    @property
    def known(self) -> bool:
        return self.outputs is not None


@dataclass(slots=True)
class Checked:
    """A Graph with everything `check` learned. `order` lists the nodes so that each follows what it reads.

    muted: the nodes that do not run -> the muted node that is the cause; left_out: the same for outputs.
    steps: how many nodes it comes to, with those of the graphs inside it in their place.
    """

    graph: Graph
    nodes: dict[str, CheckedNode]
    inputs: dict[str, Port]
    order: list[str]
    problems: list[Problem]
    muted: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    steps: int = 0

    @property
    def errors(self) -> list[Problem]:
        """The problems that keep the graph from running."""
        return [p for p in self.problems if p.severity == "error"]

    def raise_errors(self) -> Checked:
        """Itself, if it can run; otherwise raises GraphError with every error."""
        if self.errors:
            raise GraphError(self.errors)
        return self


Find = Callable[[PortType, Any, Path], str | None]


def check(graph: Graph, catalogue: Catalogue, problems: list[Problem] | None = None, find: Find | None = None,
          _around: tuple[Path, ...] = (), _read: dict[Path, Checked | None] | None = None) -> Checked:
    """Check a graph against what exists.

    problems: those already found while reading the file. find: says what is missing about a model or file that a
    literal names, or None; left out, nothing is looked for on disk.
    """
    return _Check(graph, catalogue, list(problems or ()), find, _around, _read).run()


class _Check:
    def __init__(self, graph: Graph, catalogue: Catalogue, problems: list[Problem], find: Find | None,
                 around: tuple[Path, ...] = (), read: dict[Path, Checked | None] | None = None):
        self.graph, self.catalogue, self.problems, self.find = graph, catalogue, problems, find
        self.around = (*around, _resolved(graph.path)) if graph.path is not None else around
        # Graphs inside this one, each checked once.
        self.read: dict[Path, Checked | None] = {} if read is None else read
        self.refused = {p.where for p in problems if p.where}
        self.nodes: dict[str, CheckedNode] = {}
        self.inputs: dict[str, Port] = {}
        self.unclear: set[str] = set()  # inputs whose type is not known, which was reported
        self.types: dict[str, NodeType] = {}
        self.flows: dict[str, dict[str, Flow]] = {}
        self.steps = len(graph.nodes)
        self.broken: set[str] = set()  # node types whose pack cannot be imported, which was reported

    def problem(self, message: str, hint: str, *keys: Any, value: bool = False, severity: str = "error") -> None:
        where = self.graph.where(*keys, value=value)
        if not (value and where in self.refused):  # a value that could not even be read is not judged again
            self.problems.append(Problem(where, message, hint, severity, keys))

    def run(self) -> Checked:
        graph = self.graph
        for name, item in graph.inputs.items():
            self.inputs[name] = self.input_port(name, item)
        order, stuck = _topological(graph.nodes, graph.inputs)
        for name in (*order, *stuck):
            node = graph.nodes[name]
            self.nodes[name] = self.idle(name, node) if node.bypass or node.mute else self.node(name, node)
        if stuck:
            self.cycles(stuck)
        for name, ref in graph.outputs.items():
            self.flow(ref, "outputs", name)
        if not graph.outputs and not self.around[1:] and not _stands(graph.marks, "outputs"):
            self.problem("the graph has no outputs, so nothing would run", "Add outputs: with a link, `name: $node`.",
                         "outputs")
        self.unused()
        muted = _muted(order, self.nodes)
        left_out = {name: cause for name, ref in graph.outputs.items() if (cause := _cause(ref, self.nodes, muted))}
        return Checked(graph, self.nodes, self.inputs, order, in_order(self.problems, graph.path), muted, left_out,
                       self.steps)

    def unused(self) -> None:
        """Inputs that nothing reads, and texts that name one in their middle, where no link can stand."""
        graph = self.graph
        used = {ref.name for node in graph.nodes.values() for value in node.inputs.values() for ref in refs(value)}
        used |= {ref.name for ref in graph.outputs.values()} | {node.type[1:] for node in graph.nodes.values()}
        for node_name, node in graph.nodes.items():
            for port_name, value in node.inputs.items():
                if type(value) is str and "$" in value:
                    found = [m for m in _MENTION.finditer(value) if m[1] in graph.inputs or m[1] in graph.nodes]
                    used.update(m[1] for m in found)
                    for name in [m[1] for m in found if m.start()][:1]:
                        self.problem(f"{node_name}.{port_name} has ${name} inside a text, where it stays as it is",
                                     "A link stands alone; join texts with a node such as text.compose.",
                                     "nodes", node_name, port_name, value=True, severity="warning")
        for name in graph.inputs:
            if name not in used:
                self.problem(f"input {name} is never used", f"Link it somewhere with ${name}, or take it out.",
                             "inputs", name, severity="warning")

    # -- inputs of the graph

    def input_port(self, name: str, item: GraphInput) -> Port:
        """The Port that a graph input amounts to; its default is checked like any literal."""
        type, many = self.input_type(name, item)
        limits, choices = None, item.choices
        if item.low is not None or item.high is not None:
            limits = Range(item.low if item.low is not None else float("-inf"),
                           item.high if item.high is not None else float("inf"))
            if type.name not in ("Int", "Float", "Seed") and name not in self.unclear:
                self.problem(f"input {name} is {an(type.name)} and has min or max, which are for numbers",
                             "Take them out, or make it an Int or a Float.", "inputs", name,
                             "min" if item.low is not None else "max")
                limits = None
        if choices and type is not TEXT and name not in self.unclear:
            self.problem(f"input {name} is {an(type.name)} and has choices, which are for Text",
                         "Take them out, or make it a Choice.", "inputs", name, "choices")
            choices = None
        port = Port(name, type, many=many, optional=item.has_default and item.default is None,
                    default=item.default if item.has_default else MISSING, range=limits, choices=choices,
                    help=item.help)
        if item.has_default and name not in self.unclear:
            self.literal(port, item.default, f"input {name}", False, "inputs", name, "default")
        return port

    def input_type(self, name: str, item: GraphInput) -> tuple[PortType, bool]:
        type_name = item.type.removeprefix("list of ")
        many = type_name != item.type
        found = None
        if type_name == "Choice":
            found = TEXT
            if not item.choices and not _stands(self.graph.marks, "inputs", name, "choices"):
                self.problem(f"input {name} is a Choice without choices", "Add choices: [one, two].", "inputs", name)
        elif type_name:
            try:
                found = self.catalogue.porttype(type_name)
            except PackError as error:
                self.problem(str(error), "", "inputs", name, "type", value=True)
                type_name = ""
        if found is None:
            self.unclear.add(name)
            if type_name:
                self.problem(f"input {name} has the type {type_name}; there is none of that name",
                             _nearest_type(type_name, self.catalogue.type_names()), "inputs", name, "type", value=True)
        return found or ANY, many

    # -- nodes

    def idle(self, name: str, node: Node) -> CheckedNode:
        """A node that is muted or bypassed: what is wrong with a muted one keeps nothing from running."""
        begun = len(self.problems)
        checked = self.node(name, node)
        if node.mute:
            self.problems[begun:] = [p._replace(severity="warning") for p in self.problems[begun:]]
        elif checked.known:
            self.pass_through(name, checked)
        return checked

    def pass_through(self, name: str, checked: CheckedNode) -> None:
        """Find out for each output which input a bypassed node passes on: the first given one that is like it."""
        node, outputs = checked.node, dict(checked.outputs)
        if checked.switch:
            checked.through = {"value": next((port for port in node.inputs if port != "on"), None)}
            return
        ports = [p for p in (checked.nodetype or checked.graph).inputs.values() if p.name in node.inputs]
        checked.through = {}
        for output, flow in outputs.items():
            port = next((p.name for p in ports if p.type is flow.type and (p.many or p.name in node.each) == flow.many),
                        None)
            checked.through[output] = port
            value = node.inputs.get(port)
            brought = self.flow(value, "nodes", name, port) if type(value) is Ref else None
            if brought is not None and brought.many == flow.many:
                outputs[output] = brought
            elif port is not None:
                outputs[output] = Flow(flow.type, flow.many, None, value is None)
        checked.outputs = outputs

    def node(self, name: str, node: Node) -> CheckedNode:
        checked = CheckedNode(node)
        if node.type == SWITCH:
            return self.switch(name, checked)
        if node.is_graph:
            return self.subgraph(name, checked)
        nodetype = self.nodetype(node.type, name) if node.type else None
        if nodetype is None:
            self.targets(name, node)
            return checked
        checked.nodetype = nodetype
        checked.literals = self.wire(name, node, nodetype.inputs, nodetype.batch)
        # A batch node takes and gives lists already: mapped, it is handed just the items that are not remembered.
        mapped = bool(node.each) and nodetype.batch not in node.each
        checked.outputs = self.flows_of(name, nodetype, mapped)
        return checked

    def flows_of(self, name: str, nodetype: NodeType, mapped: bool) -> dict[str, Flow]:
        """What a node gives; one object for all nodes of a type that are not mapped."""
        if mapped:
            return {port.name: self.lifted(name, port, mapped) for port in nodetype.outputs.values()}
        found = self.flows.get(nodetype.name)
        if found is None:
            found = self.flows[nodetype.name] = {
                port.name: Flow(port.type, port.many, port.choices) for port in nodetype.outputs.values()}
        return found

    def lifted(self, name: str, port: Port, mapped: bool) -> Flow:
        if mapped and port.many:
            self.problem(f"{name} runs once per item and gives a {port} each time, which would be a list of lists",
                         "Put the list-making node before the mapped one, or map a graph file.",
                         "nodes", name, "each")
        return Flow(port.type, port.many or mapped, port.choices)

    def nodetype(self, type_name: str, name: str) -> NodeType | None:
        try:
            return self.types[type_name]
        except KeyError:
            pass
        if type_name in self.broken:
            return None
        try:
            found = self.catalogue.nodetype(type_name)
        except PackError as error:
            self.problem(str(error), "", "nodes", name, "type", value=True)
            self.broken.add(type_name)
            return None
        if found is not None:
            self.types[type_name] = found  # a wrong name is reported wherever it stands, a right one looked up once
            return found
        if type_name.startswith("$"):
            self.problem(f"{name}.type is {type_name}; a type cannot come from a link",
                         "Write the type here, or choose between two nodes with a switch.",
                         "nodes", name, "type", value=True)
            return None
        pack, dot, _ = type_name.partition(".")
        names = [*self.catalogue.node_names(), SWITCH]
        packs = sorted({n.split(".", 1)[0] for n in names if "." in n})
        if dot and pack not in packs:
            close = closest(type_name, names)
            self.problem(f"{name}.type is {type_name}; no pack called {pack} is installed",
                         f"Did you mean {close}?" if close else
                         f"The packs are {', '.join(packs)}; others are installed with pip, or named with --pack.",
                         "nodes", name, "type", value=True)
        else:
            own = [n for n in names if n.startswith(f"{pack}.")] if dot else names
            self.problem(f"{name}.type is {type_name}; there is no node type of that name", nearest(type_name, own),
                         "nodes", name, "type", value=True)
        return None

    def wire(self, name: str, node: Node, ports: dict[str, Port], batch: str | None = None) -> dict[str, Any]:
        """Check what a node is given against its ports; the parsed literals by port."""
        literals: dict[str, Any] = {}
        given = node.inputs
        each = {*node.each, *self.each(name, node, ports, batch)} if node.each else ()
        meant = set()  # inputs that a misspelled name stands for are not missing
        for port_name, value in given.items():
            port = ports.get(port_name)
            if port is None:
                known = [*ports, *RESERVED[1:]]
                close = closest(port_name, known)
                meant.update([close] if close != "each" else [value] if isinstance(value, str) else [])
                shown = port_name if port_name.isidentifier() else repr(port_name)
                self.problem(f"{name} has no input {shown}",
                             nearest(port_name, known) if ports or close else "It takes none.",
                             "nodes", name, port_name)
                self.target(value, "nodes", name, port_name)
                continue
            mapped = port_name in each or port_name in meant
            kind = type(value)
            if kind is Ref:
                flow = self.flow(value, "nodes", name, port_name)
                if flow is not None:
                    self.joint(value, flow, port, mapped, f"{name}.{port_name}", "nodes", name, port_name)
                    if value.name in self.inputs:
                        self.default_fits(self.inputs[value.name], port, mapped, f"{name}.{port_name}")
            elif kind is list and refs(value):
                literals[port_name] = self.gathered(name, port, value, mapped)
            else:
                self.literal(port, value, f"{name}.{port_name}", mapped, "nodes", name, port_name, into=literals)
        if (len(given) < len(ports) or literals.keys() != given.keys()) and not (node.bypass or node.mute):
            for port in ports.values():
                if port.name not in given and port.default is MISSING and not port.optional and port.name not in meant:
                    wants = f"a list of {port.type.name}" if port.many else port.takes
                    self.problem(f"{name} needs {port.name} ({wants})", f"Add {port.name}: with a link."
                                 if port.type.parse is None else f"Add {port.name}: with a value or a link.",
                                 "nodes", name)
        return literals

    def each(self, name: str, node: Node, ports: dict[str, Port], batch: str | None) -> list[str]:
        """Check what a node runs once per item of; the inputs that misspelled names stand for."""
        lengths, meant = {}, []
        for at, port_name in enumerate(node.each):
            place = ("nodes", name, "each", at) if _stands(self.graph.marks, "nodes", name, "each", at) else \
                ("nodes", name, "each")
            if port_name not in ports:
                meant.append(closest(port_name, ports))
                self.problem(f"{name} has no input {port_name} to run each of", nearest(port_name, ports),
                             *place, value=True)
            elif port_name not in node.inputs:
                self.problem(f"{name} runs once per item of {port_name}, but {port_name} is not given",
                             f"Give it a list: {port_name}: $node.", *place, value=True)
            elif batch is not None and port_name != batch:
                self.problem(f"{name} takes its items all at once and can be mapped over {batch} alone",
                             f"Write `each: {batch}`.", *place, value=True)
            elif ports[port_name].many and port_name != batch:
                self.problem(f"{name}.{port_name} takes a whole list at once, so there is no item to run it for",
                             f"Take {port_name} out of each:.", *place, value=True)
            elif isinstance(node.inputs[port_name], list):
                lengths[port_name] = len(node.inputs[port_name])
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{port} has {count}" for port, count in lengths.items())
            self.problem(f"{name} runs once per item, but its lists differ in length: {told}",
                         "Make them equally long.", "nodes", name, "each", value=True)
        return meant

    def default_fits(self, source: Port, port: Port, mapped: bool, what: str) -> None:
        """The default of a graph input meets the range and choices of the ports it flows into."""
        default = source.default
        if default is MISSING or default is None or source.name in self.unclear:
            return
        if port.range is None and not port.choices:
            return
        for item in default if (port.many or mapped) and isinstance(default, list) else [default]:
            if source.complaint(item) or port.type.complaint(item):
                continue  # told where it stands, or as a link that does not fit
            wrong = port.complaint(item)
            if wrong:
                self.problem(f"input {source.name} flows into {what}, and its default {wrong}",
                             likely(item, port.choices), "inputs", source.name, "default", value=True)

    def gathered(self, name: str, port: Port, value: list, mapped: bool) -> list:
        """A list in which links stand among literals: each item is checked by itself."""
        if not port.many and not mapped:
            self.problem(f"{name}.{port.name} is a list; it takes one {port.type.name}",
                         f"Link one thing, or add `each: {port.name}` to run once per item.",
                         "nodes", name, port.name, value=True)
        items = []
        for at, item in enumerate(value):
            place = ("nodes", name, port.name, at)
            if type(item) is Ref:
                flow = self.flow(item, *place)
                if flow is not None:
                    self.joint(item, flow, Port(port.name, port.type, choices=port.choices), False,
                               f"item {at + 1} of {name}.{port.name}", *place)
                items.append(item)
            else:
                found: dict[str, Any] = {}
                self.literal(Port(port.name, port.type, range=port.range, choices=port.choices), item,
                             f"item {at + 1} of {name}.{port.name}", False, *place, into=found)
                items.append(found.get(port.name))
        return items

    def literal(self, port: Port, value: Any, what: str, mapped: bool, *place: Any,
                into: dict[str, Any] | None = None) -> None:
        """Check a value that stands in the file; put what it means `into` a mapping."""
        if value is None and (port.optional or port.default is None):
            if into is not None:
                into[port.name] = None
            return
        try:
            if port.many or mapped:
                if not isinstance(value, list):
                    raise InputError(f"is {written(value)}; it takes a list of {port.type.name}")
                parsed = []
                for at, item in enumerate(value):
                    try:
                        parsed.append(self.item(port, item))
                    except InputError as error:
                        self.problem(f"item {at + 1} of {what} {error}", self.remedy(port, item),
                                     *place, at, value=True)
                if len(parsed) < len(value):
                    return
            else:
                parsed = self.item(port, value)
        except InputError as error:
            self.problem(f"{what} {error}", self.remedy(port, value, port.many or mapped, "nodes" in place),
                         *place, value=True)
            return
        if into is not None:
            into[port.name] = parsed
        if self.find is not None and (port.type is FILE or isinstance(port.type, ModelType)):
            for item in parsed if isinstance(parsed, list) else [parsed]:
                missing = self.find(port.type, item, self.graph.folder)
                if missing:
                    hint = "A path begins at the folder of the graph file." if port.type is FILE else ""
                    self.problem(f"{what}: {missing}", hint, *place, value=True)

    def item(self, port: Port, value: Any) -> Any:
        """What one value of the file means to a port. Raises InputError saying what it takes."""
        if isinstance(value, list) or port.type is not ANY and (value is None or isinstance(value, dict)
                                                                and port.type.name in PLAIN):
            raise InputError(f"is {written(value)}; it takes {port.takes}")
        return RANDOM if port.type is SEED and value == RANDOM else port.parse(value)

    def remedy(self, port: Port, value: Any, many: bool = False, placed: bool = False) -> str:
        """What to do about a value that a port does not take. many: a list is wanted; placed: it stands in a node."""
        text = value if isinstance(value, str) else ""
        if many and not isinstance(value, list):
            if value is None:
                return "For an empty list write []."
            if isinstance(value, dict):
                return "Put texts that begin with { in quotes." if port.type is TEXT else ""
            return f"Put it in brackets: {_in_brackets(port, value)}." if port.type.parse is not None else ""
        if isinstance(value, list):
            return f"Add `each: {port.name}` to run once per item." if placed else ""
        if text and port.choices:
            return likely(text, port.choices)
        if text.partition(".")[0] in self.graph.nodes or text in self.graph.inputs:
            return f"A link is written ${text}."
        if port.type.parse is None:
            return f"Link a node that gives it: {port.name}: $node."
        if port.type in (INT, FLOAT, SEED):
            return _number_remedy(port, value)
        if port.type is BOOL and str(value).lower() in _YES_NO:
            return f"Write {_YES_NO[str(value).lower()]}, without quotes."
        if port.type is COLOR and value is None:
            return "Put the colour in quotes, since # begins a comment."
        if port.type is TEXT and isinstance(value, (int, float)) and not port.choices:
            return f'Put it in quotes: "{written(value)}".'
        if port.type is TEXT and isinstance(value, dict):
            return "Put texts that begin with { in quotes."
        if port.type is TEXT and value is None:
            return 'For an empty text write "".'
        return ""

    # -- links

    def flow(self, ref: Ref, *place: Any) -> Flow | None:
        """What a link brings, or None with a problem noted (or noted already)."""
        name, port_name, _ = ref
        port = self.inputs.get(name)
        if port is not None:
            if port_name is not None:
                self.problem(f"{ref} asks for a port of a graph input; an input is one value", f"Write ${name}.",
                             *place, value=True)
            return Flow(port.type, port.many, port.choices, port.optional) if name not in self.unclear else None
        node = self.nodes.get(name)
        if node is None:
            if name not in self.graph.nodes:  # else it is part of a cycle, which is reported once
                self.problem(f"{ref} links to {name}, and there is no node or input of that name",
                             nearest(name, [n for n in (*self.graph.nodes, *self.graph.inputs) if n not in place[1:2]])
                             or f"Add a node or an input called {name}.", *place, value=True)
            return None
        if node.outputs is None:
            return None
        if port_name is None:
            if len(node.outputs) == 1:
                only, flow = next(iter(node.outputs.items()))
                return flow if node.through is None else self.passed(ref, only, node, *place)
            self.problem(f"{ref} could mean any of {name}'s outputs: {', '.join(node.outputs)}"
                         if node.outputs else f"{ref} links to {name}, which has no outputs",
                         f"Write ${name}.{next(iter(node.outputs))}, say." if node.outputs else "", *place, value=True)
            return None
        flow = node.outputs.get(port_name)
        if flow is None:
            self.problem(f"{name} has no output {port_name}", nearest(port_name, node.outputs), *place, value=True)
        return flow if flow is None or node.through is None else self.passed(ref, port_name, node, *place)

    def passed(self, ref: Ref, port_name: str, node: CheckedNode, *place: Any) -> Flow | None:
        """What a link to a bypassed node brings."""
        flow = node.outputs[port_name]
        if node.through[port_name] is not None:
            return flow
        wanted = f"list of {flow.type.name}" if flow.many else flow.type.name
        self.problem(f"{ref} links to {ref.name}, which is bypassed, and no {wanted} flows into it to pass on",
                     f"Take `bypass: true` away from {ref.name}, or link something else.", *place, value=True)
        return None

    def targets(self, name: str, node: Node) -> None:
        """Links of a node that is not understood still have to lead somewhere."""
        for port_name, value in node.inputs.items():
            self.target(value, "nodes", name, port_name)

    def target(self, value: Any, *place: Any) -> None:
        if type(value) is Ref:
            self.flow(value, *place)
        elif isinstance(value, list):
            for at, item in enumerate(value):
                if type(item) is Ref:
                    self.flow(item, *place, at)

    def joint(self, ref: Ref, flow: Flow, port: Port, mapped: bool, what: str, *place: Any) -> None:
        """Check that what flows fits the port it flows into."""
        many = port.many or mapped
        if flow.optional and not port.optional and port.default is not None:
            self.problem(f"{what} must have a value, but this link may carry none: the default of the input is null",
                         "Give the input a default.", *place, value=True)
        elif not fits(flow.type, port.type):
            between = self.catalogue.converters(flow.type, port.type)
            self.problem(f"{what} takes {'a list of ' if many else ''}{port.type.name}, but this link carries {flow}",
                         f"Put {' or '.join(between[:3])} between them." if between else
                         f"Make the input {an(port.type.name)}, or link something else."
                         if ref.name in self.inputs else f"Link something that gives {port.type.name}.",
                         *place, value=True)
        elif flow.many and not many:
            self.problem(f"{what} takes one {port.type.name}, but this link carries {flow}",
                         f"A list cannot stand inside a list; link it alone: {port.name}: {ref}."
                         if place[3:] else f"Add `each: {port.name}` to run it once per item.", *place, value=True)
        elif many and not flow.many:
            self.problem(f"{what} takes a list of {port.type.name}, but this link carries one {flow.type.name}",
                         f"Take `each: {port.name}` away." if mapped else
                         f"Put it in brackets to make a list of it: [{ref}].", *place, value=True)
        elif port.choices is not None and flow.choices is not None and not set(flow.choices) <= set(port.choices):
            odd = sorted(set(flow.choices) - set(port.choices))
            self.problem(f"{what} takes one of {', '.join(port.choices)}, but this link may carry {', '.join(odd)}",
                         "Turn them into words that it takes with a switch.",
                         *place, value=True)

    # -- the two kinds of node that are not functions

    def switch(self, name: str, checked: CheckedNode) -> CheckedNode:
        """`on` chooses; every other input is a branch named after a value, `else` is the rest."""
        node, found, told = checked.node, None, None
        checked.switch, checked.literals = True, {}
        branches = [port_name for port_name in node.inputs if port_name != "on"]
        if node.each:
            self.problem("a switch cannot be mapped with each", "Map the nodes behind it.", "nodes", name, "each")
        if "on" not in node.inputs:
            self.problem(f"{name} needs on: (the value that chooses a branch)", "Add on: with a link, `on: $name`.",
                         "nodes", name)
        if not branches:
            self.problem(f"{name} has no branches", "Add one per value of on, and else: for the rest.", "nodes", name)
        for port_name, value in node.inputs.items():
            place = ("nodes", name, port_name)
            if type(value) is Ref:
                flow = self.flow(value, *place)
            elif isinstance(value, (list, dict)):
                self.target(value, *place)
                self.problem(f"{name}.{port_name} is {written(value)}; it takes a link or a plain value",
                             "Make the list in a node, and link that.", *place, value=True)
                continue
            else:
                flow = Flow(OF_PYTHON.get(type(value), ANY), optional=value is None)
                checked.literals[port_name] = value
            if flow is None:
                continue
            if port_name == "on":
                self.branches_of(name, flow, value, branches)
            elif found is None:
                found, told = flow, port_name
            elif flow.many != found.many or not (fits(flow.type, found.type) or fits(found.type, flow.type)):
                self.problem(f"{name}.{port_name} carries {flow}, but {name}.{told} carries {found}",
                             "All branches of a switch carry one type.", *place, value=True)
            else:
                found = _either(found, flow)
        checked.outputs = {"value": found or Flow(ANY)}
        return checked

    def branches_of(self, name: str, flow: Flow, value: Any, branches: list[str]) -> None:
        """Check the branches of a switch against what may stand in its `on`."""
        place = ("nodes", name, "on")
        if flow.many or flow.type.name not in ("Bool", "Int", "Text", "Seed"):
            self.problem(f"{name}.on takes Bool, Int or Text, but this is {written(value)}" if type(value) is not Ref
                         else f"{name}.on takes Bool, Int or Text, but this link carries {flow}",
                         "Link something that is one of a few words or numbers.", *place, value=True)
            return
        may_be = list(flow.choices or (["true", "false"] if flow.type is BOOL else []))
        if type(value) is not Ref:
            may_be = [str(value).lower() if isinstance(value, bool) else str(value)]
        strays = [b for b in branches if type(value) is Ref and may_be and b not in may_be and b != "else"]
        for branch in strays:
            hint = f"Call it {_YES_NO[branch.lower()]}." if flow.type is BOOL and branch.lower() in _YES_NO else \
                likely(branch, may_be)
            self.problem(f"{name}.on is one of {', '.join(may_be)}, so branch {branch} is never taken", hint,
                         "nodes", name, branch)
        lost = [word for word in may_be if word not in branches] if "else" not in branches else []
        if lost and branches and not strays:
            self.problem(f"{name}.on may be {' or '.join(lost)}, and there is no branch of that name and no else",
                         f"Add {lost[0]}: or else: to {name}.", *place, value=True)

    def subgraph(self, name: str, checked: CheckedNode) -> CheckedNode:
        """Another graph file as a node: its inputs are the ports, and its outputs."""
        node = checked.node
        path = self.graph.folder / node.type
        place = ("nodes", name, "type")
        inside = _resolved(path)
        if inside in self.around:
            chain = [*self.around[self.around.index(inside):], inside]
            path_told = f": {' -> '.join(p.name for p in chain)}" if chain[2:] else ""
            self.problem(f"{node.type} contains itself{path_told}",
                         "A graph cannot stand inside itself; take it out here.", *place, value=True)
        elif len(self.around) > MOST_NESTED:
            self.problem(f"graphs are nested more than {MOST_NESTED} deep here", "Take one level out.",
                         *place, value=True)
        else:
            if inside not in self.read:
                self.read[inside] = self.read_graph(path, place)
            checked.graph = self.read[inside]
        if checked.graph is None:
            self.targets(name, node)
            return checked
        inner = checked.graph
        before, self.steps = self.steps, self.steps + inner.steps - 1
        if before <= MOST_STEPS < self.steps:
            self.problem(f"with {name}, the graphs inside this one come to {self.steps:,} nodes; {MOST_STEPS:,} can be run",
                         f"Take {name} out, or place {node.type} once and link to it.", *place, value=True)
        checked.literals = self.wire(name, node, inner.inputs)
        outputs = {}
        for output in inner.graph.outputs:
            flow = output_flow(inner, output)
            if flow is not None:
                if node.each and flow.many:
                    self.problem(f"{name} runs once per item and gives {flow} as {output} each time, "
                                 "which would be a list of lists", "Map the nodes inside it instead.",
                                 "nodes", name, "each")
                outputs[output] = Flow(flow.type, flow.many or bool(node.each), flow.choices)
        checked.outputs = outputs
        if node.each:
            self.mapped_graph(name, inner)
        return checked

    def mapped_graph(self, name: str, inner: Checked) -> None:
        for inside, node in inner.graph.nodes.items():
            if node.each:
                self.problem(f"{name} is mapped, and {inside} in {inner.graph.path} is mapped too",
                             "One each inside another is not supported; map in one of the two places.",
                             "nodes", name, "each")

    def read_graph(self, path: Path, place: tuple) -> Checked | None:
        try:
            graph, problems = graphfile.read(path)
        except GraphError as error:
            for p in error.problems:
                self.problems.append(p if p.where else Problem(self.graph.where(*place, value=True), p.message, p.hint))
            return None
        inner = check(graph, self.catalogue, problems, self.find, self.around, self.read)
        self.problems += inner.errors
        return inner if not inner.errors else None

    def cycles(self, stuck: list[str]) -> None:
        """Name one cycle in each knot of nodes that wait for each other."""
        import networkx

        place = {name: at for at, name in enumerate(stuck)}
        links = networkx.DiGraph((ref.name, name) for name in stuck
                                 for value in self.graph.nodes[name].inputs.values() for ref in refs(value)
                                 if ref.name in place)
        for knot in networkx.strongly_connected_components(links):
            start = min(knot, key=place.__getitem__)
            if len(knot) == 1:
                if links.has_edge(start, start):
                    port = self.reading(start, start)
                    self.problem(f"{start}.{port} reads what {start} itself gives", "Link another node there.",
                                 "nodes", start, port, value=True)
                continue
            path = [edge[0] for edge in networkx.find_cycle(links.subgraph(knot), start)]
            port = self.reading(path[0], path[-1])
            shown = path if len(path) <= 8 else [*path[:4], "...", *path[-3:]]
            self.problem(f"these nodes wait for each other: {' -> '.join([*shown, path[0]])}",
                         f"Take one of these links away, such as {path[0]}.{port}.", "nodes", path[0], port)

    def reading(self, name: str, source: str) -> str:
        """The input of a node through which it reads another."""
        return next(port for port, value in self.graph.nodes[name].inputs.items()
                    if any(ref.name == source for ref in refs(value)))


class _Quiet(_Check):
    """Asks what flows in a graph that was checked already."""

    def __init__(self, checked: Checked):
        super().__init__(checked.graph, Catalogue(installed=False), [], None)
        self.nodes, self.inputs = checked.nodes, checked.inputs


def recheck(checked: Checked, graph: Graph, names: list[str], catalogue: Catalogue,
            find: Find | None = None) -> Checked | None:
    """What `check` would say of a graph in which only literals of some nodes differ; None if more differs.

    Takes time for the nodes that changed, not for the graph.
    """
    if checked.problems:
        return None
    for name in names:
        old, new = checked.graph.nodes[name], graph.nodes[name]
        ports = {*old.inputs, *new.inputs}
        if checked.nodes[name].nodetype is None or old.type != new.type or old.each or new.each or \
                old.bypass or new.bypass or old.mute != new.mute or any(
                refs(new.inputs.get(p)) != refs(old.inputs.get(p))
                or refs(new.inputs.get(p)) and new.inputs[p] != old.inputs[p] for p in ports):
            return None
    checker = _Check(graph, catalogue, [], find, ())
    checker.inputs, checker.nodes = checked.inputs, dict(checked.nodes)
    for name in names:
        node = graph.nodes[name]
        checker.nodes[name] = checker.idle(name, node) if node.mute else checker.node(name, node)
    return Checked(graph, checker.nodes, checked.inputs, checked.order, checker.problems, checked.muted,
                   checked.left_out, checked.steps)


def output_flow(checked: Checked, name: str) -> Flow | None:
    """What an output of a checked graph carries."""
    return _Quiet(checked).flow(checked.graph.outputs[name])


def _muted(order: list[str], nodes: dict[str, CheckedNode]) -> dict[str, str]:
    """The nodes that do not run since they, or something they read, are muted, and which node that is."""
    muted: dict[str, str] = {}
    if not any(node.node.mute or node.graph is not None and node.graph.left_out for node in nodes.values()):
        return muted
    for name in order:
        node = nodes[name]
        if node.node.mute:
            muted[name] = name
            continue
        given = node.node.inputs
        read = given.values() if node.through is None else [given[p] for p in node.through.values() if p is not None]
        cause = next((cause for value in read for ref in refs(value) if (cause := _cause(ref, nodes, muted))), None)
        if cause is not None:
            muted[name] = cause
    return muted


def _cause(ref: Ref, nodes: dict[str, CheckedNode], muted: dict[str, str]) -> str | None:
    """The muted node that keeps a link from bringing anything; those in a graph inside are named after it too."""
    if ref.name in muted:
        return muted[ref.name]
    node = nodes.get(ref.name)
    if node is None or node.graph is None or node.through is not None:
        return None
    left_out = node.graph.left_out
    inside = left_out.get(ref.port) if ref.port is not None else next(iter(left_out.values()), None)
    return f"{ref.name}/{inside}" if inside is not None else None


def _topological(nodes: Any, inputs: Any = ()) -> tuple[list[str], list[str]]:
    """Kahn's algorithm (1962): the nodes so that each follows what it reads, and those that cannot be placed.

    Among nodes that could come next, the one that stands first in the file does, where that is cheap to see.
    """
    waiting: dict[str, int] = {}
    readers: dict[str, list[str]] = {name: [] for name in nodes if name not in inputs}
    for name, node in nodes.items():
        count = 0
        for value in node.inputs.values():
            kind = type(value)
            if kind is Ref:
                if value.name in readers:
                    readers[value.name].append(name)
                    count += 1
            elif kind is list:
                for ref in refs(value):
                    if ref.name in readers:
                        readers[ref.name].append(name)
                        count += 1
        waiting[name] = count
    order = [name for name, count in waiting.items() if not count]
    for name in order:  # grows while it is walked
        for reader in readers.get(name, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                order.append(reader)
    if len(order) == len(waiting):
        return order, []
    placed = set(order)
    return order, [name for name in nodes if name not in placed]


_MENTION = re.compile(r"(?<!\$)\$\{?([^\W\d][\w-]*)")


def _stands(tree: Any, *keys: Any) -> bool:
    """Whether something stands under these keys in the file."""
    for key in keys:
        if key not in getattr(tree, "marks", ()):
            return False
        tree = tree[key]
    return True


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, or no path at all: reading it will tell
        return path.absolute()


def _either(first: Flow, second: Flow) -> Flow:
    """What a link carries that may bring the one or the other."""
    wide = first if fits(second.type, first.type) else second
    choices = (*first.choices, *(c for c in second.choices if c not in first.choices)) \
        if first.choices and second.choices else None
    return Flow(wide.type, wide.many, choices, first.optional or second.optional)


_YES_NO = {**dict.fromkeys(("yes", "on", "1", "true"), "true"), **dict.fromkeys(("no", "off", "0", "false"), "false")}


def _number_remedy(port: Port, value: Any) -> str:
    """The number that was probably meant, or an example of one."""
    meant = value
    if isinstance(value, str):
        meant = scalar(value)
        if type(meant) in (int, float) and not port.complaint(meant):
            return f"Take the quotes away: {value}."
        meant = scalar(value.replace(",", "."))
        if re.fullmatch(r"(0[xob])?[0-9a-fA-F]+(_[0-9a-fA-F]+)*", value):
            try:
                meant = int(value, 0)
            except ValueError:
                pass
    if isinstance(meant, bool):
        meant = int(meant)
    if type(meant) is float and port.type is not FLOAT and abs(meant) < 2 ** 53:
        meant = round(meant)
    if type(meant) in (int, float) and not port.type.complaint(meant):
        if port.range is not None:
            meant = min(max(meant, port.range.low), port.range.high)
        return f"Write {meant}, say."
    example = port.default if type(port.default) in (int, float) else port.range.low if port.range else 1
    return f"Write a number, such as {example}."


def _in_brackets(port: Port, value: Any) -> str:
    """A value as a list of one, as a graph file writes it."""
    if port.type is TEXT and isinstance(value, (int, float)):
        value = written(value)
    if not isinstance(value, str):
        return dump([value]).strip()
    text = f"${value}" if value.startswith("$") else value
    return f"[{text}]" if dump([text]).strip() == f"[{text}]" else f"[{json.dumps(text, ensure_ascii=False)}]"


def _nearest_type(name: str, names: Iterable[str]) -> str:
    """A hint for an unknown type of a graph input; Python's own words are understood too."""
    python = {"str": "Text", "string": "Text", "int": "Int", "integer": "Int", "float": "Float", "number": "Float",
              "bool": "Bool", "boolean": "Bool", "path": "File", "list": "list of Text"}
    if name.lower() in python:
        return f"Did you mean {python[name.lower()]}?"
    return nearest(name, [*names, "Choice"])
