"""Everything that can be known about a Graph before anything runs: every problem, with its place and a way out.

`check` also keeps what it found out on the way (node types, parsed literals, what flows where), so that a Plan
need not find it out again. It imports the packs that a graph names, and no model library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from . import graphfile
from .errors import GraphError, InputError, PackError, Position, Problem
from .graph import Graph, GraphInput, Node, Ref, refs
from .graphfile import nearest
from .nodetype import MISSING, NodeType, Port
from .packs import Catalogue
from .types import ANY, BOOL, FILE, OF_PYTHON, SEED, TEXT, ModelType, PortType, Range, fits, short

SWITCH = "switch"
RANDOM = "random"  # what a Seed may be in a file until the Plan rolls it
MOST_NESTED = 32


class Flow(NamedTuple):
    """What travels on a link."""

    type: PortType
    many: bool = False
    choices: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return f"a list of {self.type.name}" if self.many else self.type.name


@dataclass(slots=True)
class CheckedNode:
    """A Node and what is known of it. Exactly one of nodetype, graph, switch tells what it is."""

    node: Node
    nodetype: NodeType | None = None
    graph: Checked | None = None
    switch: bool = False
    literals: dict[str, Any] | None = None
    outputs: dict[str, Flow] | None = None

    @property
    def known(self) -> bool:
        return self.outputs is not None


@dataclass(slots=True)
class Checked:
    """A Graph with everything `check` learned. `order` lists the nodes so that each follows what it reads."""

    graph: Graph
    nodes: dict[str, CheckedNode]
    inputs: dict[str, Port]
    order: list[str]
    problems: list[Problem]

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
          _around: tuple[Path, ...] = ()) -> Checked:
    """Check a graph against what exists.

    problems: those already found while reading the file. find: says what is missing about a model or file that a
    literal names, or None; left out, nothing is looked for on disk.
    """
    return _Check(graph, catalogue, list(problems or ()), find, _around).run()


class _Check:
    def __init__(self, graph: Graph, catalogue: Catalogue, problems: list[Problem], find: Find | None, around):
        self.graph, self.catalogue, self.problems, self.find = graph, catalogue, problems, find
        self.around = (*around, graph.path.resolve()) if graph.path is not None else around
        self.nodes: dict[str, CheckedNode] = {}
        self.inputs: dict[str, Port] = {}
        self.types: dict[str, NodeType | None] = {}

    def problem(self, message: str, hint: str, *keys: Any, value: bool = False, severity: str = "error") -> None:
        self.problems.append(Problem(self.graph.where(*keys, value=value), message, hint, severity))

    def run(self) -> Checked:
        graph = self.graph
        for name, item in graph.inputs.items():
            self.inputs[name] = self.input_port(name, item)
        order, stuck = _topological(graph.nodes)
        for name in (*order, *stuck):
            self.nodes[name] = self.node(name, graph.nodes[name])
        if stuck:
            self.cycles(stuck)
        for name, ref in graph.outputs.items():
            self.flow(ref, "outputs", name)
        if not graph.outputs and not self.around[1:]:
            self.problem("the graph has no outputs, so nothing would run", "Add outputs: with a link, name: $node.",
                         "outputs", severity="warning")
        used = {ref.name for node in graph.nodes.values() for value in node.inputs.values() for ref in refs(value)}
        used |= {ref.name for ref in graph.outputs.values()}
        for name in graph.inputs:
            if name not in used:
                self.problem(f"input {name} is never used", f"Link it somewhere with ${name}, or take it out.",
                             "inputs", name, severity="warning")
        self.problems.sort(key=lambda p: (p.where or Position("", 0, 0))[1:])
        return Checked(graph, self.nodes, self.inputs, order, self.problems)

    # -- inputs of the graph

    def input_port(self, name: str, item: GraphInput) -> Port:
        """The Port that a graph input amounts to; its default is checked like any literal."""
        type_name, many = item.type, False
        if type_name.startswith("list of "):
            type_name, many = type_name.removeprefix("list of "), True
        choices = item.choices
        if type_name == "Choice":
            type_name = "Text"
            if not choices:
                self.problem(f"input {name} is a Choice without choices", "Add choices: [one, two].", "inputs", name)
        type = self.catalogue.porttype(type_name)
        if type is None:
            self.problem(f"there is no type {type_name}", nearest(type_name, [*self.catalogue.type_names(), "Choice"]),
                         "inputs", name, "type", value=True)
            type = ANY
        limits = None
        if item.low is not None or item.high is not None:
            limits = Range(item.low if item.low is not None else float("-inf"),
                           item.high if item.high is not None else float("inf"))
        port = Port(name, type, many=many, default=item.default if item.has_default else MISSING, range=limits,
                    choices=choices, help=item.help)
        if item.has_default:
            self.literal(port, item.default, f"input {name}", False, "inputs", name, "default")
        return port

    # -- nodes

    def node(self, name: str, node: Node) -> CheckedNode:
        checked = CheckedNode(node)
        if node.type == SWITCH:
            return self.switch(name, checked)
        if node.is_graph:
            return self.subgraph(name, checked)
        nodetype = self.nodetype(node.type, name)
        if nodetype is None:
            for value in node.inputs.values():
                self.targets(name, value)
            return checked
        checked.nodetype = nodetype
        checked.literals = self.wire(name, node, nodetype.inputs)
        # A batch node takes and gives lists already: mapped, it is handed just the items that are not remembered.
        mapped = bool(node.each) and nodetype.batch not in node.each
        checked.outputs = {port.name: self.lifted(name, port, mapped) for port in nodetype.outputs.values()}
        return checked

    def lifted(self, name: str, port: Port, mapped: bool) -> Flow:
        if mapped and port.many:
            self.problem(f"{name} runs once per item and gives {port} each time, which would be a list of lists",
                         "Put the list-making node before the mapped one, or map a graph file.",
                         "nodes", name, "each")
        return Flow(port.type, port.many or mapped, port.choices)

    def nodetype(self, type_name: str, name: str) -> NodeType | None:
        try:
            return self.types[type_name]
        except KeyError:
            pass
        try:
            found = self.catalogue.nodetype(type_name)
        except PackError as error:
            self.problem(str(error), "", "nodes", name, "type", value=True)
            self.types[type_name] = None
            return None
        if found is not None:
            self.types[type_name] = found  # a wrong name is reported wherever it stands, a right one looked up once
            return found
        pack = type_name.split(".", 1)[0]
        names = [*self.catalogue.node_names(), SWITCH]
        if "." in type_name and pack not in {n.split(".", 1)[0] for n in names}:
            self.problem(f"{name} is a {type_name}, but no pack called {pack} is installed",
                         nearest(type_name, names) + " A pack is installed with pip, or named with --pack.",
                         "nodes", name, "type", value=True)
        else:
            self.problem(f"there is no node type {type_name}", nearest(type_name, names),
                         "nodes", name, "type", value=True)
        return None

    def wire(self, name: str, node: Node, ports: dict[str, Port]) -> dict[str, Any]:
        """Check what a node is given against its ports; the parsed literals by port."""
        literals: dict[str, Any] = {}
        given = node.inputs
        for port_name in node.each:
            if port_name not in ports:
                self.problem(f"{name} has no input {port_name} to run each of", nearest(port_name, ports),
                             "nodes", name, "each", value=True)
            elif port_name not in given:
                self.problem(f"{name} runs once per item of {port_name}, but {port_name} is not given",
                             f"Link a list to it: {port_name}: $node.", "nodes", name, "each", value=True)
        for port_name, value in given.items():
            port = ports.get(port_name)
            if port is None:
                self.problem(f"{name} has no input {port_name}", nearest(port_name, ports), "nodes", name, port_name)
                self.targets(name, value)
                continue
            mapped = port_name in node.each
            kind = type(value)
            if kind is Ref:
                flow = self.flow(value, "nodes", name, port_name)
                if flow is not None:
                    self.joint(flow, port, mapped, f"{name}.{port_name}", port_name, "nodes", name, port_name)
            elif kind is list and refs(value):
                literals[port_name] = self.gathered(name, port, value, mapped)
            else:
                self.literal(port, value, f"{name}.{port_name}", mapped, "nodes", name, port_name, into=literals)
        if len(given) < len(ports) or literals.keys() != given.keys():
            for port in ports.values():
                if port.name not in given and port.default is MISSING and not port.optional:
                    self.problem(f"{name} needs {port.name} ({port.takes})",
                                 f"Add {port.name}: with a value or a link, or see `nodegraph nodes {node.type}`.",
                                 "nodes", name)
        return literals

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
                    self.joint(flow, Port(port.name, port.type, choices=port.choices), False,
                               f"item {at + 1} of {name}.{port.name}", port.name, *place)
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
                    raise InputError(f"is {short(value)}; it takes a list of {port.type.name}")
                parsed = [self.parse(port, item) for item in value]
            else:
                if isinstance(value, list):
                    raise InputError(f"is a list; it takes {port.takes}")
                parsed = self.parse(port, value)
        except InputError as error:
            hint = ""
            if isinstance(value, list) and not port.many and port.type.parse is not None:
                hint = f"Add `each: {port.name}` to run once per item."
            elif isinstance(value, str) and port.choices:
                hint = nearest(value, port.choices)
            elif isinstance(value, str) and value in self.graph.nodes:
                hint = f"A link to the node is written ${value}."
            elif port.type is TEXT and not isinstance(value, (list, dict)):
                hint = f'Put it in quotes: "{value}".'
            elif port.type is BOOL and str(value).lower() in ("yes", "no", "on", "off", "0", "1"):
                hint = f"Write {'true' if str(value).lower() in ('yes', 'on', '1') else 'false'}."
            elif isinstance(value, str) and port.type.name in ("Int", "Float", "Seed") and _is_number(value):
                hint = f"Take the quotes away: {value}."
            self.problem(f"{what} {error}", hint, *place, value=True)
            return
        if into is not None:
            into[port.name] = parsed
        if self.find is not None and (port.type is FILE or isinstance(port.type, ModelType)):
            for item in parsed if isinstance(parsed, list) else [parsed]:
                missing = self.find(port.type, item, self.graph.folder)
                if missing:
                    self.problem(f"{what}: {missing}", "", *place, value=True)

    def parse(self, port: Port, value: Any) -> Any:
        return RANDOM if port.type is SEED and value == RANDOM else port.parse(value)

    # -- links

    def flow(self, ref: Ref, *place: Any) -> Flow | None:
        """What a link brings, or None with a problem noted (or noted already)."""
        name, port_name = ref
        port = self.inputs.get(name)
        if port is not None:
            if port_name is not None:
                self.problem(f"{ref} asks for a port of a graph input; an input is one value", f"Write ${name}.",
                             *place, value=True)
            return Flow(port.type, port.many, port.choices)
        node = self.nodes.get(name)
        if node is None:
            if name not in self.graph.nodes:  # else it is part of a cycle, which is reported once
                self.problem(f"{ref} links to {name}, and there is no node or input of that name",
                             nearest(name, [*self.graph.nodes, *self.graph.inputs]), *place, value=True)
            return None
        if node.outputs is None:
            return None
        if port_name is None:
            if len(node.outputs) == 1:
                return next(iter(node.outputs.values()))
            self.problem(f"{ref} could mean any of {name}'s outputs: {', '.join(node.outputs)}",
                         f"Write ${name}.{next(iter(node.outputs), 'port')}, say.", *place, value=True)
            return None
        flow = node.outputs.get(port_name)
        if flow is None:
            self.problem(f"{name} has no output {port_name}", nearest(port_name, node.outputs), *place, value=True)
        return flow

    def targets(self, name: str, value: Any) -> None:
        """Links of a node that is not understood still have to lead somewhere."""
        for ref in refs(value):
            self.flow(ref, "nodes", name)

    def joint(self, flow: Flow, port: Port, mapped: bool, what: str, port_name: str, *place: Any) -> None:
        """Check that what flows fits the port it flows into."""
        many = port.many or mapped
        if not fits(flow.type, port.type):
            self.problem(f"{what} takes {port.type.name}, but this link carries {flow}",
                         "", *place, value=True)
        elif flow.many and not many:
            self.problem(f"{what} takes one {port.type.name}, but this link carries {flow}",
                         f"Add `each: {port_name}` to run it once per item.", *place, value=True)
        elif many and not flow.many:
            self.problem(f"{what} takes a list of {port.type.name}, but this link carries one {flow.type.name}",
                         f"Take `each: {port_name}` away." if mapped else "Put it in brackets to make a list of it: "
                         f"[{'$...'}].", *place, value=True)
        elif port.choices is not None and flow.choices is not None and not set(flow.choices) <= set(port.choices):
            odd = sorted(set(flow.choices) - set(port.choices))
            self.problem(f"{what} takes one of {', '.join(port.choices)}, but this link may carry {', '.join(odd)}",
                         "", *place, value=True)

    # -- the two kinds of node that are not functions

    def switch(self, name: str, checked: CheckedNode) -> CheckedNode:
        """`on` chooses; every other input is a branch named after a value, `else` is the rest."""
        node, found = checked.node, None
        checked.switch, checked.literals = True, {}
        if node.each:
            self.problem("a switch cannot be mapped with each", "Map the nodes behind it.", "nodes", name, "each")
        if "on" not in node.inputs:
            self.problem(f"{name} needs on: (the value that chooses a branch)", "Add on: $name.", "nodes", name)
        if len(node.inputs.keys() - {"on"}) < 1:
            self.problem(f"{name} has no branches", "Add one per value of on, and else: for the rest.", "nodes", name)
        for port_name, value in node.inputs.items():
            place = ("nodes", name, port_name)
            if type(value) is Ref:
                flow = self.flow(value, *place)
            else:
                flow = Flow(OF_PYTHON.get(type(value), ANY), False)
                checked.literals[port_name] = value
            if flow is None:
                continue
            if port_name == "on":
                if flow.many or flow.type.name not in ("Bool", "Int", "Text", "Seed"):
                    self.problem(f"{name}.on takes Bool, Int or Text, but this carries {flow}", "", *place, value=True)
                elif flow.type is BOOL:
                    for branch in node.inputs.keys() - {"on", "else", "true", "false"}:
                        self.problem(f"{name}.on is true or false, so branch {branch} is never taken",
                                     'Call the branches "true" and "false".', "nodes", name, branch)
            elif found is None:
                found = flow
            elif flow.many != found.many or not (fits(flow.type, found.type) or fits(found.type, flow.type)):
                self.problem(f"{name}.{port_name} carries {flow}, but another branch carries {found}",
                             "All branches of a switch carry one type.", *place, value=True)
        checked.outputs = {"value": found or Flow(ANY)}
        return checked

    def subgraph(self, name: str, checked: CheckedNode) -> CheckedNode:
        """Another graph file as a node: its inputs are the ports, and its outputs."""
        node = checked.node
        path = self.graph.folder / node.type
        place = ("nodes", name, "type")
        if path.resolve() in self.around:
            self.problem(f"{node.type} contains itself", "Take one of the two out.", *place, value=True)
        elif len(self.around) > MOST_NESTED:
            self.problem(f"graphs are nested more than {MOST_NESTED} deep here", "", *place, value=True)
        else:
            checked.graph = self.read_graph(path, place)
        if checked.graph is None:
            for value in node.inputs.values():
                self.targets(name, value)
            return checked
        inner = checked.graph
        checked.literals = self.wire(name, node, inner.inputs)
        outputs = {}
        for output, ref in inner.graph.outputs.items():
            flow = _Quiet(inner).flow(ref)
            if flow is not None:
                if node.each and flow.many:
                    self.problem(f"{name} runs once per item and gives {flow} as {output}, a list of lists", "",
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
        inner = check(graph, self.catalogue, problems, self.find, self.around)
        self.problems += [p for p in inner.problems if p.severity == "error"]
        return inner if not inner.errors else None

    def cycles(self, stuck: list[str]) -> None:
        """Name one cycle in each knot of nodes that wait for each other."""
        import networkx

        links = networkx.DiGraph((ref.name, name) for name in stuck
                                 for value in self.graph.nodes[name].inputs.values() for ref in refs(value)
                                 if ref.name in stuck)
        for knot in networkx.strongly_connected_components(links):
            start = min(knot, key=list(stuck).index)
            if len(knot) == 1 and not links.has_edge(start, start):
                continue
            path = [edge[0] for edge in networkx.find_cycle(links.subgraph(knot), start)]
            shown = path if len(path) <= 8 else [*path[:4], "...", *path[-3:]]
            self.problem(f"these nodes wait for each other: {' -> '.join([*shown, path[0]])}",
                         "Take one of these links away.", "nodes", path[0])


class _Quiet(_Check):
    """Asks what flows in a graph that was checked already."""

    def __init__(self, checked: Checked):
        super().__init__(checked.graph, Catalogue(installed=False), [], None, ())
        self.nodes, self.inputs = checked.nodes, checked.inputs


def output_flow(checked: Checked, name: str) -> Flow | None:
    """What an output of a checked graph carries."""
    return _Quiet(checked).flow(checked.graph.outputs[name])


def _topological(nodes: Any) -> tuple[list[str], list[str]]:
    """Kahn's algorithm (1962): the nodes so that each follows what it reads, and those that cannot be placed.

    Among nodes that could come next, the one that stands first in the file does, where that is cheap to see.
    """
    waiting: dict[str, int] = {}
    readers: dict[str, list[str]] = {name: [] for name in nodes}
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
        for reader in readers[name]:
            waiting[reader] -= 1
            if not waiting[reader]:
                order.append(reader)
    if len(order) == len(waiting):
        return order, []
    placed = set(order)
    return order, [name for name in nodes if name not in placed]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
