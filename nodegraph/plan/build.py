"""A Graph understood: graphs inside it inlined, seeds rolled, files and models named by content, in order.

A Plan is flat. Every output port of every step has a slot, a small number; steps read slots. What is known before
the run (literals in lists, values handed in from Python) has a slot too, filled from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from . import keys
from ..check import RANDOM, Checked, CheckedNode, Flow, output_flow
from ..digest import ListDigest, digest
from ..errors import GraphError, InputError, Position, Problem
from ..graph import Ref, refs
from ..graphfile import nearest
from ..nodetype import MISSING, Port
from ..types import ANY, FILE, OF_PYTHON, SEED, ModelType, PortType


class Part(NamedTuple):
    """One slot that a step reads; `lifted` where it holds a list and the step takes its items one by one."""

    slot: int
    lifted: bool = False


class Wire(NamedTuple):
    """What is linked to one port: a single Part, or several that make a list (`gather`)."""

    port: str
    parts: tuple[Part, ...]
    gather: bool = False


class Step:
    """One node of the Plan.

    name: with the names of the graphs around it; local_name: as it stands in its own graph.
    base: the part of its Key that is known already. literals: parameters as its function takes them.
    wires: what it reads. When every wire is one unlifted slot (`simple`) they are kept as bare ports and slots.
    first, count: its output slots. mapped: it runs once per item of its lifted wires; batched: in one call.
    branches: for a switch, label -> Part; the wire `on` chooses among them.
    """

    __slots__ = ("index", "name", "graph", "local_name", "nodetype", "base", "literals", "ports", "slots", "other_wires", "simple", "first",
                 "count", "mapped", "batched", "branches", "on")

    def __repr__(self) -> str:
        return f"<Step {self.index} {self.name}>"

    @property
    def wires(self) -> list[Wire]:
        """What is linked to each port, sorted by port."""
        if self.simple:
            return [Wire(port, (Part(slot),)) for port, slot in zip(self.ports, self.slots)]
        return self.other_wires

    def reads(self) -> list[int]:
        """Every slot it may read, branches of a switch among them."""
        if self.simple:
            return list(self.slots)
        found = [part.slot for wire in self.wires for part in wire.parts]
        if self.branches is not None:
            found += [part.slot for part in self.branches.values()]
        return found


class Given(NamedTuple):
    """A slot that is filled before the run. contents: for files, what counts in place of the value."""

    slot: int
    type: PortType
    many: bool
    value: Any
    contents: Any = None


class Output(NamedTuple):
    """A named output of the graph."""

    name: str
    slot: int
    flow: Flow


@dataclass(frozen=True, eq=False)
class Plan:
    """Steps in an order in which each follows what it reads; producers: slot -> index of the step, -1 for givens.

    given: the values for inputs that came from outside the graph.
    left_out: the outputs that are not made since a muted node stands before them, and that node.
    seeds: what was rolled. located: every file and model that was looked up, with what was found.
    """

    steps: list[Step]
    givens: list[Given]
    outputs: dict[str, Output]
    producers: list[int]
    seeds: dict[str, int]
    located: list[tuple[PortType, Any, Path, Named]]
    graph: Any
    before: Plan | None = None  # the Plan that this one differs from in literals alone
    left_out: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def names(self) -> dict[str, int]:
        """The index of each step by its name."""
        return self.before.names if self.before is not None else {s.name: s.index for s in self.steps}

    @cached_property
    def readers(self) -> list[list[int]]:
        """For each slot, the steps that read it."""
        if self.before is not None:
            return self.before.readers
        found: list[list[int]] = [[] for _ in self.producers]
        for step in self.steps:
            for slot in step.reads():
                found[slot].append(step.index)
        return found

    @cached_property
    def repeatable(self) -> bool:
        """Whether running it again could only give the same: nothing rolled, no node that must not be remembered."""
        return self.before.repeatable if self.before is not None else not self.seeds and all(s.nodetype is None or s.nodetype.remember for s in self.steps)

    @cached_property
    def branching(self) -> bool:
        """Whether there is a switch in it."""
        return self.before.branching if self.before is not None else any(s.branches is not None for s in self.steps)

    def dependents(self, indices: Iterable[int]) -> list[int]:
        """These steps and all that read them, directly or not, in order."""
        found, stack = set(indices), list(indices)
        while stack:
            step = self.steps[stack.pop()]
            for slot in range(step.first, step.first + step.count):
                for reader in self.readers[slot]:
                    if reader not in found:
                        found.add(reader)
                        stack.append(reader)
        return sorted(found)

    def needed(self, slots: Iterable[int]) -> list[int]:
        """The steps that these slots depend on for sure, in order: through a switch, only what chooses."""
        wanted = bytearray(len(self.steps))
        stack = [self.producers[slot] for slot in slots]
        while stack:
            index = stack.pop()
            if index < 0 or wanted[index]:
                continue
            wanted[index] = 1
            step = self.steps[index]
            if step.simple:
                stack += [self.producers[slot] for slot in step.slots]
            else:
                stack += [self.producers[part.slot] for wire in step.wires for part in wire.parts]
        return [index for index, yes in enumerate(wanted) if yes]


class Named(NamedTuple):
    """A literal that names something outside the graph: what a node is handed, and what counts in the Key."""

    value: Any
    content: Any = None
    problem: str = ""


Locate = Callable[[PortType, Any, Path], Named]


def plan(checked: Checked, given: Mapping[str, Any] | None = None, only: Iterable[str] | None = None,
         locate: Locate | None = None, roll: Callable[[], int] | None = None,
         seeds: Mapping[str, int] | None = None) -> Plan:
    """Plan a checked graph.

    given: values for its inputs, by name. only: the outputs that are wanted; all, left out.
    locate: completes literals that name files and models (with the digest of their content).
    roll: where `seed: random` comes from; the system's own source of randomness, left out.
    seeds: what was rolled in an earlier run (`Plan.seeds`), to be taken again.
    Raises GraphError with every problem: unknown names, values that do not fit, files that are missing.
    """
    return _Planner(checked, dict(given or {}), only, locate, roll, seeds or {}).plan()


def replan(before: Plan, checked: Checked, names: list[str], locate: Locate | None = None) -> Plan | None:
    """The Plan of a graph in which only literals of some nodes differ (see `check.recheck`); None if it needs more.

    Takes time for the nodes that changed, and for copying a list of steps.
    """
    if before.seeds:
        return None
    planner = _Planner(checked, {}, (), locate, None)
    steps = list(before.steps)
    for name in names:
        index = before.names.get(name)
        if index is None:
            continue  # no output needs it
        node = checked.nodes[name]
        if any(type(value) is Ref and port in steps[index].literals and node.nodetype.inputs[port].type is FILE
               for port, value in node.node.inputs.items()):
            return None  # what counts for the file is not known here
        steps[index] = planner.relit(steps[index], node)
    if planner.problems:
        raise GraphError(planner.problems)
    changed = {(folder, value) for _, value, folder, _ in planner.located}
    located = [row for row in before.located if (row[2], row[1]) not in changed] + planner.located
    return Plan(steps, before.givens, before.outputs, before.producers, {}, located, checked.graph,
                before.before or before, before.left_out, before.given) if not planner.seeds else None


_NOTHING: dict[str, Any] = {}  # the literals of every step that has none; never written to


class _Source(NamedTuple):
    """What a name means inside a scope: a slot, or a literal that is still to be placed."""

    slot: int = -1
    lifted: bool = False
    literal: Any = MISSING
    flow: Flow | None = None


class _Planner:
    def __init__(self, checked: Checked, given: dict[str, Any], only, locate, roll, seeds: Mapping[str, int] = {}):
        checked.raise_errors()
        self.checked, self.given, self.locate, self.roll, self.known_seeds = checked, given, locate, roll, seeds
        self.left_out = checked.left_out
        self.only = list(only) if only is not None else [n for n in checked.graph.outputs if n not in self.left_out]
        self.all = only is None
        self.problems: list[Problem] = []
        self.steps: list[Step] = []
        self.givens: list[Given] = []
        self.producers: list[int] = []
        self.seeds: dict[str, int] = {}
        self.located: list[tuple[PortType, Any, Path, Named]] = []
        self.port_tuples: dict[tuple, tuple] = {}
        self.here = checked  # the graph whose nodes are being placed

    def plan(self) -> Plan:
        graph = self.checked.graph
        for name in self.only:
            if name not in graph.outputs:
                self.problems.append(Problem(None, f"the graph has no output {name}", nearest(name, graph.outputs)))
            elif name in self.left_out:
                cause = self.left_out[name]
                self.problems.append(Problem(graph.where("outputs", name), f"output {name} cannot be made, since {cause} "
                                             "is muted", f"Take `mute: true` away from {cause}.", at=("outputs", name)))
        scope = self.graph_inputs()
        if self.problems:
            raise GraphError(self.problems)
        self.inline(self.checked, scope, "")
        outputs = {}
        for name in self.only:
            flow = output_flow(self.checked, name)
            source = self.source(scope, graph.outputs[name])
            outputs[name] = Output(name, self.slot(source, flow.type, flow.many), flow)
        if self.problems:
            raise GraphError(self.problems)
        return Plan(self.steps, self.givens, outputs, self.producers, self.seeds, self.located, graph,
                    left_out=self.left_out if self.all else {}, given=self.given)

    def graph_inputs(self) -> dict[str, Any]:
        """The inputs as sources: what was given, or the defaults."""
        scope: dict[str, Any] = {}
        for name in self.given:
            if name not in self.checked.inputs:
                self.problems.append(Problem(None, f"the graph has no input {name}",
                                             nearest(name, self.checked.inputs)))
        for name, port in self.checked.inputs.items():
            if name in self.given:
                try:
                    value = self.accept(port, self.given[name])
                except InputError as error:
                    self.problems.append(Problem(None, f"input {name} {error}"))
                    continue
            elif port.default is MISSING:
                self.problems.append(Problem(self.checked.graph.where("inputs", name),
                                             f"input {name} has no default and was not given",
                                             f"Give it: --set {name}=..., or {name}=... in Python."))
                continue
            else:
                value = self.parse_default(port)
            scope[name] = _Source(literal=value, flow=Flow(port.type, port.many, port.choices))
        return scope

    def parse_default(self, port: Port) -> Any:
        if port.default is None:
            return None
        if port.many:
            return [self.accept_one(port, item) for item in port.default]
        return self.accept_one(port, port.default)

    def accept(self, port: Port, value: Any) -> Any:
        """A value given from outside: in the form of a file's literal, or live (a tensor, a Score)."""
        if port.many:
            if not isinstance(value, (list, tuple)):
                raise InputError(f"is {value!r}; it takes a list of {port.type.name}")
            return [self.accept_one(port, item) for item in value]
        return self.accept_one(port, value)

    def accept_one(self, port: Port, value: Any) -> Any:
        if port.type is SEED and value == RANDOM:
            return value
        value = port.type.adopt(value)
        if port.type.parse is not None and port.type.complaint(value):
            value = port.type.parse(value)
        elif port.type.parse is not None and isinstance(value, (str, int, float)):
            value = port.type.parse(value)
        wrong = port.complaint(value)
        if wrong:
            raise InputError(wrong)
        return value

    # -- inlining

    def inline(self, checked: Checked, scope: dict[str, Any], prefix: str) -> None:
        """Place every node of a graph; `scope` gains, for each node, its sources by port."""
        for name in checked.order:
            node, self.here = checked.nodes[name], checked
            if checked.muted and name in checked.muted:
                continue  # nothing that is planned reads it
            if node.through is not None:
                scope[name] = self.passed_on(checked, scope, prefix, name, node)
            elif node.nodetype is not None:
                scope[name] = self.function(checked, scope, prefix, name, node)
            elif node.switch:
                scope[name] = self.switch(checked, scope, prefix, name, node)
            elif node.graph is not None:
                scope[name] = self.subgraph(checked, scope, prefix, name, node)

    def passed_on(self, checked: Checked, scope: dict, prefix: str, name: str, node: CheckedNode) -> dict[str, _Source]:
        """What a bypassed node gives: for each output the very thing that flows into one of its inputs."""
        sources = {}
        for output, port_name in node.through.items():
            if port_name is None:
                continue  # check has seen to it that nothing reads it
            value = node.node.inputs[port_name]
            if type(value) is Ref:
                sources[output] = self.source(scope, value)
            elif isinstance(value, list) and refs(value):
                port = (node.nodetype or node.graph).inputs[port_name]
                wire = self.gather(scope, port, node.literals[port_name])
                sources[output] = self.gathered(checked, prefix, name, port, wire)
            else:
                sources[output] = _Source(literal=node.literals[port_name], flow=node.outputs[output])
        return sources

    def function(self, checked: Checked, scope: dict, prefix: str, name: str, node: CheckedNode) -> dict[str, _Source]:
        nodetype, each = node.nodetype, node.node.each
        literals: dict[str, Any] = {}
        contents: dict[str, Any] = {}
        wires: list[Wire] = []
        simple = not each
        parsed = node.literals
        for port_name, value in node.node.inputs.items():
            kind = type(value)
            if kind is Ref:
                source = self.source(scope, value)
                if source.literal is MISSING:
                    if source.lifted or port_name in each:
                        simple = False
                        wires.append(Wire(port_name, (Part(source.slot, True),)))
                    else:
                        wires.append(Wire(port_name, (Part(source.slot),)))
                    continue
                value = source.literal
                port = nodetype.inputs[port_name]
                self.recheck(checked, port, value, port_name in each, name, prefix)
                if port.type.parse is None:  # too much for a parameter: a picture handed in from Python
                    wires.append(Wire(port_name, (Part(self.slot(source, port.type, source.flow.many),
                                                       port_name in each),)))
                    simple = simple and port_name not in each
                    continue
            else:
                value = parsed.get(port_name)
            port = nodetype.inputs[port_name]
            if kind is list and any(type(item) is Ref for item in value):
                wire = self.gather(scope, port, value)
                if port_name in each:  # the list is made first, and its items then taken one by one
                    source = self.gathered(checked, prefix, name, port, wire)
                    wire = Wire(port_name, (Part(source.slot, True),))
                wires.append(wire)
                simple = False
                continue
            content = None
            if port.type is SEED or port.type is FILE or isinstance(port.type, ModelType):
                value, content = self.place(checked, port, value, prefix + name)
            if port_name in each:
                wires.append(Wire(port_name, (Part(self.given_slot(port.type, True, value, content), True),)))
            else:
                literals[port_name] = value
                if content is not None:
                    contents[port_name] = content
        # A model that a parameter names by default is looked up like one that the file names.
        for port_name in nodetype.models:
            port = nodetype.inputs[port_name]
            if port_name not in node.node.inputs and isinstance(port.default, str):
                literals[port_name], _ = self.place(checked, port, port.parse(port.default), prefix + name)
        if literals == parsed:
            literals = parsed  # one dict for the checked node and the step
        return self.add(checked, prefix + name, name, node, literals or _NOTHING, wires, simple, contents)

    def add(self, checked: Checked, full_name: str, name: str, node: CheckedNode, literals: dict[str, Any],
            wires: list[Wire], simple: bool, contents: dict[str, Any] | None = None) -> dict[str, _Source]:
        if len(wires) > 1:
            wires.sort()
        nodetype = node.nodetype
        step = Step()
        step.index, step.name = len(self.steps), full_name
        step.graph, step.local_name = checked.graph, name
        step.nodetype, step.literals, step.simple = nodetype, literals, simple
        ports = tuple([wire.port for wire in wires])
        step.ports = self.port_tuples.setdefault(ports, ports)  # one object for all nodes that are wired alike
        step.slots = tuple([wire.parts[0].slot for wire in wires]) if simple else ()
        step.other_wires = None if simple else wires
        step.mapped = not simple and any(part.lifted for wire in wires for part in wire.parts)
        step.batched = step.mapped and any(w.port == nodetype.batch and w.parts[0].lifted for w in wires)
        step.base = keys.base(nodetype, literals, step.ports, contents)
        step.branches = step.on = None
        step.first, step.count = len(self.producers), len(nodetype.outputs)
        self.steps.append(step)
        sources = {}
        for offset, (port_name, flow) in enumerate(node.outputs.items()):
            self.producers.append(step.index)
            sources[port_name] = _Source(step.first + offset, step.mapped and not node.node.each, MISSING, flow)
        return sources

    def relit(self, step: Step, node: CheckedNode) -> Step:
        """A step like this one with the literals of a node that was edited."""
        literals, contents = {}, {}
        linked = set(step.ports)
        for port_name, value in node.node.inputs.items():
            if port_name in linked:
                continue
            if type(value) is Ref:  # a graph input, whose value stands in the step
                literals[port_name] = step.literals[port_name]
                continue
            port = node.nodetype.inputs[port_name]
            value = node.literals.get(port_name)
            if port.type is SEED or port.type is FILE or isinstance(port.type, ModelType):
                value, content = self.place(self.checked, port, value, step.name)
                if content is not None:
                    contents[port_name] = content
            literals[port_name] = value
        for port_name in node.nodetype.models:
            if port_name not in node.node.inputs and port_name in step.literals:
                literals[port_name] = step.literals[port_name]
        new = copy(step)
        new.literals = literals
        new.base = keys.base(node.nodetype, literals, step.ports, contents)
        return new

    def switch(self, checked: Checked, scope: dict, prefix: str, name: str, node: CheckedNode) -> dict[str, _Source]:
        step = Step()
        flow = node.outputs["value"]
        branches = {}
        step.on, step.other_wires, step.ports = None, [], ()
        for port_name, value in node.node.inputs.items():
            source = self.source(scope, value) if type(value) is Ref else \
                _Source(literal=node.literals[port_name], flow=Flow(OF_PYTHON.get(type(value), ANY)))
            if port_name != "on":
                slot = self.slot(source, flow.type, flow.many)
                branches[port_name] = Part(slot, source.lifted)
            elif source.literal is MISSING:
                step.other_wires = [Wire("on", (Part(source.slot, False),))]
            else:
                step.on = source.literal
        step.index, step.name = len(self.steps), prefix + name
        step.graph, step.local_name = checked.graph, name
        step.nodetype, step.base, step.literals, step.slots = None, b"", {}, ()
        step.simple, step.mapped, step.batched, step.branches = False, False, False, branches
        step.first, step.count = len(self.producers), 1
        self.steps.append(step)
        self.producers.append(step.index)
        return {"value": _Source(step.first, False, MISSING, flow)}

    def subgraph(self, checked: Checked, scope: dict, prefix: str, name: str, node: CheckedNode) -> dict[str, _Source]:
        inner, each = node.graph, node.node.each
        inside: dict[str, Any] = {}
        for port in inner.inputs.values():
            if port.name in node.node.inputs:
                value = node.node.inputs[port.name]
                if type(value) is Ref:
                    source = self.source(scope, value)
                elif isinstance(value, list) and any(type(item) is Ref for item in value):
                    wire = self.gather(scope, port, node.literals[port.name])
                    source = self.gathered(checked, prefix, name, port, wire)
                else:
                    source = _Source(literal=node.literals[port.name], flow=Flow(port.type, port.many))
                if port.name in each:
                    source = _Source(self.slot(source, port.type, True), True, MISSING, Flow(port.type, False))
            elif port.default is MISSING:
                continue  # check has told of it
            else:
                source = _Source(literal=self.parse_default(port), flow=Flow(port.type, port.many, port.choices))
            if port.name in node.node.inputs and source.literal is not MISSING and inner.graph.folder != checked.graph.folder:
                source = source._replace(literal=self.anchored(checked, port, source.literal, prefix + name))
            inside[port.name] = source
        self.inline(inner, inside, f"{prefix}{name}/")
        self.here = checked
        outputs = {}
        for output, ref in inner.graph.outputs.items():
            if output in inner.left_out:
                continue
            source = self.source(inside, ref)
            # The list that a mapped graph gives is a plain list outside of it.
            outputs[output] = source._replace(lifted=False) if each else source
        return outputs

    def anchored(self, checked: Checked, port: Port, value: Any, full_name: str) -> Any:
        """A file or model named in a graph, as it means the same in a graph of another folder."""
        if isinstance(value, list):
            return [self.anchored(checked, port, item, full_name) for item in value]
        if value is not None and port.type is FILE:
            return (checked.graph.folder / value).absolute()
        if isinstance(port.type, ModelType):
            return self.place(checked, port, value, full_name)[0]
        return value

    def gathered(self, checked: Checked, prefix: str, name: str, port: Port, wire: Wire) -> _Source:
        """A list made of links, as the input of a graph inside: a step of its own, that passes the list on."""
        from ..nodetype import node as declare

        @declare("nodegraph.list", version=1)
        def passed_on(items: list[Any]) -> list[Any]:
            """Pass a list on."""
            return items

        flow = Flow(port.type, True)
        inner = CheckedNode(None, passed_on.__nodetype__, outputs={"items": flow})
        inner.node = checked.graph.nodes[name]._replace(each=())
        return self.add(checked, f"{prefix}{name}.{port.name}", name, inner, {},
                        [wire._replace(port="items")], False)["items"]

    # -- sources and slots

    def source(self, scope: dict[str, Any], ref: Ref) -> _Source:
        found = scope[ref.name]
        if type(found) is _Source:
            return found
        if ref.port is not None:
            return found[ref.port]
        return next(iter(found.values()))

    def slot(self, source: _Source, type: PortType, many: bool) -> int:
        if source.literal is MISSING:
            return source.slot
        return self.given_slot(type, many, source.literal)

    def given_slot(self, type: PortType, many: bool, value: Any, contents: Any = None) -> int:
        slot = len(self.producers)
        if contents is None and (type is SEED or type is FILE or isinstance(type, ModelType)):
            value, contents = self.place(self.here, Port(f"given{slot}", type), value, "inputs")
        self.producers.append(-1)
        self.givens.append(Given(slot, type, many, value, contents))
        return slot

    def gather(self, scope: dict[str, Any], port: Port, items: list) -> Wire:
        parts = []
        for item in items:
            if type(item) is Ref:
                source = self.source(scope, item)
                parts.append(Part(self.slot(source, port.type, False), source.lifted))
            else:
                parts.append(Part(self.given_slot(port.type, False, item)))
        return Wire(port.name, tuple(parts), True)

    # -- literals

    def recheck(self, checked: Checked, port: Port, value: Any, mapped: bool, name: str, prefix: str) -> None:
        """A graph input's value meets the range and the choices of the port it flows into only here."""
        if value is None:
            return
        for item in value if (port.many or mapped) and isinstance(value, list) else [value]:
            if port.type is SEED and item == RANDOM:
                continue
            wrong = port.complaint(item)
            if wrong:
                where = checked.graph.where("nodes", name, port.name, value=True)
                self.problems.append(Problem(where, f"{prefix}{name}.{port.name} {wrong}",
                                             f"The value comes from {checked.graph.nodes[name].inputs[port.name]}."))

    def place(self, checked: Checked, port: Port, value: Any, full_name: str) -> tuple[Any, Any]:
        """Roll random seeds; complete what names files and models. The value, and what counts in its stead."""
        if isinstance(value, list):
            placed = [self.place(checked, port, item, full_name) for item in value]
            contents = [content for _, content in placed]
            return [item for item, _ in placed], None if None in contents else contents
        if value is None:
            return None, None
        if port.type is SEED:
            if value == RANDOM:
                name = f"{full_name}.{port.name}"
                known = self.known_seeds.get(name)
                value = self.seeds[name] = known if known is not None else (self.roll or _rolled)()
            return value, None
        if self.locate is None or getattr(value, "fingerprint", b""):
            return value, None
        named = self.locate(port.type, value, checked.graph.folder)
        self.located.append((port.type, value, checked.graph.folder, named))
        if named.problem:
            name = full_name.rsplit("/", 1)[-1]
            self.problems.append(Problem(checked.graph.where("nodes", name, port.name, value=True),
                                         f"{full_name}.{port.name}: {named.problem}"))
        return named.value, named.content



def _rolled() -> int:
    import secrets  # here, since few graphs ask for it and it brings the whole of cryptography

    return secrets.randbelow(2 ** 31)


def place_of(step: Step) -> Position | None:
    """Where in its file a step stands."""
    return step.graph.where("nodes", step.local_name)


def given_digest(given: Given) -> bytes:
    """The digest of a value that was there before the run."""
    if given.contents is not None:
        return ListDigest.of([digest(c) for c in given.contents]) if given.many else digest(given.contents)
    if given.many:
        return ListDigest.of([digest(given.type.flatten(item)) for item in given.value])
    return digest(given.type.flatten(given.value))


def label(value: Any) -> str:
    """The text that a switch compares with the names of its branches."""
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)


def chosen(step: Step, value: Any) -> Part:
    """The branch of a switch that a value chooses. Raises InputError where none fits and there is no else."""
    branches = step.branches
    found = branches.get(label(value), branches.get("else"))
    if found is None:
        raise InputError(f"on is {value!r}, and there is no branch of that name and no else; "
                         f"there is {', '.join(branches)}")
    return found
