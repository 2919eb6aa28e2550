"""Nodes put down in a Layout: the axes that they open, what stands inside, and how it comes out again."""

from __future__ import annotations

from collections.abc import Iterable

from ..check import Checked, CheckedNode
from ..flows import Flow
from ..graph import Ref, label_of
from ..nodetype import MISSING, Port
from ..types import ANY, BOOL, INT
from .inputs import accept
from .layout import Layout, Opening, Scope, Source
from .requests import narrows, request
from .steps import CARRY, LAST, LEAVE, OPEN, PICK, SWITCH, Axes, Axis, Carry, Leave, Step, Switch


def inline(layout: Layout, scope: Scope) -> None:
    """Place every node of a graph; the scope gains, for each node, its sources by port."""
    checked, names, muted = scope.checked, scope.names, scope.checked.muted
    for name in checked.order:
        node = checked.nodes[name]
        if muted and name in muted:
            continue  # nothing that is planned reads it
        placed = node.node
        if node.through is not None:
            names[name] = passed_on(layout, scope, name, node)
        elif node.nodetype is not None and not (placed.each or placed.control):
            names[name] = request(layout, scope, name, node)
        elif node.known:
            names[name] = Placement(layout, scope, name, node).place()


def passed_on(layout: Layout, scope: Scope, name: str, node: CheckedNode) -> dict[str, Source]:
    """What a bypassed node gives: for each output the very thing that flows into one of its inputs."""
    assert node.through is not None and node.outputs is not None
    return {output: layout.input(scope, name, node, port, node.outputs[output])
            for output, port in node.through.items() if port is not None}  # check sees to it that nothing reads those


class Placement:
    """One node that opens axes, or is a graph, a switch or a pick."""

    def __init__(self, layout: Layout, scope: Scope, name: str, node: CheckedNode):
        self.layout, self.scope, self.name, self.node = layout, scope, name, node
        self.control = node.node.control
        self.cross: tuple[str, ...] = self.control.get("cross", ())
        self.each = (*node.node.each, *self.cross)
        self.carry: dict[str, str] = self.control.get("carry", {})
        self.wanted = wanted(node, bool(self.each))
        self.sources: dict[str, Source] = {}
        self.carried: dict[str, Step] = {}  # output -> the step that hands it on

    def place(self) -> dict[str, Source]:
        """Open, put down, leave: the node's outputs as the graph around it sees them."""
        given = self.node.node.inputs
        lists = sorted((p for p in given if self.named(p) in self.each), key=lambda p: self.each.index(self.named(p)))
        self.take(lists, self.scope)
        outer = self.open_each(lists)
        mapped = self.scope._replace(axes=(*self.scope.axes, *outer))
        loop = self.open_loop(mapped) if "repeat" in self.control else None
        inner = mapped if loop is None else mapped._replace(axes=(*mapped.axes, loop.axis))
        self.take([p for p in given if p in self.carry and p not in lists], self.scope if loop is None else mapped)
        self.take([p for p in given if p not in self.sources], inner)
        rounds = loop or (self.layout.openings[outer[-1]] if outer else None)
        if rounds is not None:
            self.hand_on(rounds)
            self.number(rounds)
        outputs = self.core(inner)
        if loop is not None or self.carry:
            assert rounds is not None
            outputs = self.leave_rounds(rounds, outputs)
        return self.leave(() if loop is None and self.carry else outer, outputs)

    def named(self, port: str) -> str:
        """What a port is called in `each`; there `on` is what chooses, also where a branch has that label."""
        return label_of(port) if self.node.switch and label_of(port) != "on" else port

    def take(self, ports: Iterable[str], scope: Scope) -> None:
        """Find out what some of the inputs are given."""
        for port in ports:
            self.sources[port] = self.layout.input(scope, self.name, self.node, port, self.flow(port))

    def flow(self, port: str) -> Flow:
        """What is wanted at an input of the node, before any axis is opened."""
        flow = self.wanted[port]
        return flow._replace(depth=flow.depth + 1) if self.named(port) in self.each else flow

    # -- opening

    def open_each(self, ports: list[str]) -> Axes:
        """The axes of `each` (one for all) or `cross` (one for each name)."""
        numbers: list[int] = []
        for group in ([[port] for port in ports] if self.cross else [ports] if ports else []):
            slots = [self.layout.slot(self.sources[port], self.flow(port)) for port in group]
            parents = self.layout.union(slots)
            if self.carry and "repeat" not in self.control:
                parents = self.scope.axes
            if "count" in self.control and "repeat" not in self.control:
                parents = tuple(sorted({*parents, *numbers, *self.closed(numbers)}))
            opening = self.opening(parents, tuple(slots))
            opening.along = tuple(numbers)
            for port, slot in zip(group, slots):
                item = self.layout.new_slot(opening.step.index, self.layout.types[slot], (*parents, opening.axis))
                opening.lists.append((self.named(port), slot))
                opening.items.append(item)
                source = self.sources[port]
                self.sources[port] = Source(item, flow=source.flow._replace(depth=max(source.flow.depth - 1, 0)),
                                            guards=source.guards)
            numbers.append(opening.axis)
        if self.cross:
            for number in numbers:
                self.layout.axes[number] = self.layout.axes[number]._replace(crossed=tuple(numbers))
        return tuple(numbers)

    def closed(self, numbers: Iterable[int]) -> set[int]:
        return {parent for number in numbers for parent in self.layout.axes[number].parents}

    def opening(self, parents: Axes, slots: tuple[int, ...]) -> Opening:
        """A new axis, and the step that opens it."""
        step = self.layout.step(self.scope, self.name, OPEN, parents, slots, ())
        number = len(self.layout.axes)
        self.layout.axes.append(Axis(number, step.index, parents))
        opening = Opening(step, number)
        self.layout.openings.append(opening)
        return opening

    def open_loop(self, scope: Scope) -> Opening:
        times = self.control["repeat"]
        source = self.layout.source(scope, times) if type(times) is Ref else Source(-1, times)
        slots = (source.slot,) if source.literal is MISSING else ()
        opening = self.opening(scope.axes, slots)
        opening.loop = True
        if slots:
            opening.times_slot = source.slot
        else:
            opening.times = source.literal
        return opening

    def hand_on(self, opening: Opening) -> None:
        """Each input that is carried comes from the round before; in the first, from what the node was given."""
        axes = (*self.layout.axes[opening.axis].parents, opening.axis)
        for port, output in self.carry.items():
            flow = self.wanted[port]
            source = self.sources.get(port) or self.unset(port, flow)
            initial = self.layout.slot(source, flow)
            step = self.layout.step(self.scope, self.name, CARRY, axes, (initial,),
                                    [(self.layout.types[initial], axes)])
            self.carried[output] = step
            if source.literal is MISSING:  # the first round may bring what nobody has judged yet
                flow = flow._replace(type=source.flow.type, choices=source.flow.choices)
            self.sources[port] = Source(step.first, flow=flow, guards=source.guards)

    def unset(self, port: str, flow: Flow) -> Source:
        """What an input that is not given starts from: its default."""
        if self.node.graph is not None:
            inside = Scope(self.node.graph, {}, f"{self.scope.prefix}{self.name}/", self.scope.axes)
            return self.default(inside, self.node.graph.inputs[port])
        assert self.node.nodetype is not None
        default = self.node.nodetype.inputs[port].default
        return Source(literal=None if default is MISSING else default, flow=flow)

    def number(self, opening: Opening) -> None:
        """The input that counts the rounds, or the items."""
        port = self.control.get("count")
        if port is not None:
            axes = (*self.layout.axes[opening.axis].parents, opening.axis)
            opening.count = self.layout.new_slot(opening.step.index, INT, axes)
            self.sources[port] = Source(opening.count, flow=Flow(INT))

    # -- what stands inside

    def core(self, scope: Scope) -> dict[str, Source]:
        node = self.node
        if node.nodetype is not None:
            made = request(self.layout, scope, self.name, node, self.sources, node.nodetype.batch in node.node.each)
            return made if isinstance(made, dict) else {next(iter(node.nodetype.outputs)): made}
        if node.graph is not None:
            return self.subgraph(scope, node.graph)
        return self.pick() if node.pick else self.switch()

    def subgraph(self, scope: Scope, inner: Checked) -> dict[str, Source]:
        """The nodes of another graph file, and what its outputs are."""
        inside = Scope(inner, {}, f"{scope.prefix}{self.name}/", scope.axes)
        for port in inner.inputs.values():
            if port.name in self.sources:
                inside.names[port.name] = narrowed(self.sources[port.name], port)
            elif port.default is not MISSING:
                inside.names[port.name] = self.default(inside, port)
        inline(self.layout, inside)
        return {output: self.layout.source(inside, ref) for output, ref in inner.graph.outputs.items()
                if output not in inner.left_out}

    def default(self, scope: Scope, port: Port) -> Source:
        where = scope.graph.where("inputs", port.name, "default", value=True)
        return self.layout.known(scope, Flow(port.type, int(port.many), port.choices), accept(port, port.default),
                                 f"{scope.prefix}{port.name}", where)

    def switch(self) -> dict[str, Source]:
        on = self.sources["on"]
        branches = {label_of(port): self.layout.slot(source, self.wanted[port])
                    for port, source in self.sources.items() if port != "on"}
        slots = (*branches.values(), *((on.slot,) if on.literal is MISSING else ()))
        axes = self.layout.union(slots)
        flow = next(flow for port, flow in self.wanted.items() if port != "on")
        step = self.layout.step(self.scope, self.name, SWITCH, axes, slots, [(flow.type, axes)],
                                Switch(on.slot, on.literal, branches))
        if any(source.guards for source in self.sources.values()):
            flow = flow._replace(type=ANY, choices=None)  # what a branch promised nobody has judged yet
        return {"value": Source(step.first, flow=flow)}

    def pick(self) -> dict[str, Source]:
        slots = tuple(self.layout.slot(self.sources[port], self.wanted[port]) for port in ("from", "where"))
        axes = self.layout.union(slots)
        step = self.layout.step(self.scope, self.name, PICK, axes, slots, [(self.layout.types[slots[0]], axes)])
        source = self.sources["from"]
        flow = source.flow if source.literal is MISSING else self.wanted["from"]
        return {"items": Source(step.first, flow=flow, guards=source.guards)}

    # -- leaving

    def leave_rounds(self, opening: Opening, outputs: dict[str, Source]) -> dict[str, Source]:
        """Out of a loop: what is carried as the last round gave it, everything else as the list of all rounds."""
        layout, parents = self.layout, self.layout.axes[opening.axis].parents
        until = self.control.get("until")
        if until is not None:
            opening.until = layout.slot(outputs[until], outputs[until].flow)
        left = {}
        for output, source in outputs.items():
            carried = self.carried.get(output)
            if carried is None:
                left.update(self.leave((opening.axis,), {output: source}))
                continue
            back = layout.slot(source, source.flow)
            carried.slots = (*carried.slots, back)
            carried.detail = Carry(opening.axis, carried.slots[0], back)
            step = layout.step(self.scope, self.name, LAST, parents, carried.slots, [(layout.types[back], parents)],
                               carried.detail)
            left[output] = Source(step.first, flow=source.flow, guards=source.guards)
        return left

    def leave(self, axes: Axes, outputs: dict[str, Source]) -> dict[str, Source]:
        """Out of axes: lists of what came along them."""
        if not axes:
            return outputs
        if self.control.get("failed") == "skip":
            return self.leave_together(axes, outputs, list(outputs), True)
        return {name: self.leave_together(axes, outputs, [name], False)[name] for name in outputs}

    def leave_together(self, axes: Axes, outputs: dict[str, Source], names: list[str],
                       skip: bool) -> dict[str, Source]:
        layout = self.layout
        slots = tuple(layout.slot(outputs[name], outputs[name].flow) for name in names)
        around = tuple(sorted({*layout.union(slots), *self.closed(axes)} - {*axes}))
        step = layout.step(self.scope, self.name, LEAVE, around, slots, [(layout.types[slot], around) for slot in slots],
                           Leave(axes, slots, skip))
        return {name: Source(step.first + at, flow=outputs[name].flow._replace(depth=outputs[name].flow.depth + 1),
                             guards=outputs[name].guards) for at, name in enumerate(names)}


def wanted(node: CheckedNode, mapped: bool) -> dict[str, Flow]:
    """What each input takes at one time."""
    if node.nodetype is not None or node.graph is not None:
        ports = (node.nodetype or node.graph).inputs  # type: ignore[union-attr]
        together = node.nodetype.batch if node.nodetype is not None and node.nodetype.batch in node.node.each else None
        return {name: Flow(port.type, int(port.many and name != together), port.choices)
                for name, port in ports.items()}
    assert node.outputs is not None
    flow = next(iter(node.outputs.values()))
    flow = flow._replace(depth=flow.depth - mapped)
    own = {"on": Flow(ANY), "where": Flow(BOOL, 1)}
    return {name: own.get(name, flow) for name in node.node.inputs}


def narrowed(source: Source, port: Port) -> Source:
    """A source as the input of a graph inside hands it on."""
    if not narrows(source.flow, port):
        return source._replace(flow=Flow(port.type if port.type is not ANY else source.flow.type, source.flow.depth,
                                         port.choices or source.flow.choices))
    guards = (*source.guards, port)
    return source._replace(guards=guards, flow=Flow(port.type, source.flow.depth, port.choices))
