"""Steps and slots as they are put down, one after another, and what names mean while that goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ..check import RANDOM, Checked, CheckedNode
from ..errors import Position
from ..flows import Flow
from ..graph import Graph, Ref, label_of, refs
from ..nodetype import MISSING, Port
from ..types import ANY, SEED, PortType
from .inputs import Boundary
from .steps import (
    CARRY,
    LAST,
    LEAVE,
    LIST,
    OPEN,
    PICK,
    REQUEST,
    ROLL,
    SWITCH,
    Axes,
    Axis,
    Given,
    Items,
    Open,
    Step,
    domain,
    views_of,
)

NOTHING: dict[str, Any] = {}  # the literals of every step that has none; never written to


class Source(NamedTuple):
    """What a name means inside a scope: a slot, or a literal that is still to be placed.

    content: what counts for the literal in Keys. guards: ports of graphs that it came through and that are narrower.
    """

    slot: int = -1
    literal: Any = MISSING
    content: Any = None
    flow: Flow = Flow(ANY)
    guards: tuple[Port, ...] = ()


class Scope(NamedTuple):
    """Where nodes are placed: their graph, what names mean there, the names around, and the axes that are open."""

    checked: Checked
    names: dict[str, Any]
    prefix: str
    axes: Axes

    @property
    def graph(self) -> Graph:
        return self.checked.graph


@dataclass
class Opening:
    """An axis whose Open is still being put together."""

    step: Step
    axis: int
    lists: list[tuple[str, int]] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    count: int = -1
    loop: bool = False
    times: int = 0
    times_slot: int = -1
    until: int = -1
    along: Axes = ()

    def detail(self, slot_axes: dict[int, Axes]) -> Open:
        until_view = next(views_of((*self.step.axes, self.axis), [self.until], slot_axes))
        return Open(self.axis, tuple(self.lists), tuple(self.items), self.count, self.loop, self.times,
                    self.times_slot, self.until, until_view, self.along)


class Layout:
    """Steps and slots as they are put down, one after another."""

    def __init__(self, boundary: Boundary):
        self.boundary = boundary
        self.steps: list[Step] = []
        self.givens: list[Given] = []
        self.producers: list[int] = []
        self.types: list[PortType] = []
        self.slot_axes: dict[int, Axes] = {}
        self.axes: list[Axis] = []
        self.mixed: set[int] = set()
        self.openings: list[Opening] = []
        self.port_tuples: dict[tuple[str, ...], tuple[str, ...]] = {}

    def finish(self) -> None:
        """What is known only when every step is there."""
        for opening in self.openings:
            opening.step.detail = opening.detail(self.slot_axes)
        self.mix()
        for step in self.steps:
            if step.axes or step.kind in (OPEN, LEAVE, LAST):
                step.views = tuple(views_of(domain(step), step.slots, self.slot_axes))
            if step.kind == REQUEST and self.mixed and any(slot in self.mixed for slot in step.slots):
                judge_types(self, step)

    def mix(self) -> None:
        """Note the slots that may pass on a value of another type than they say."""
        passing = [step for step in self.steps if step.kind != REQUEST]
        grown = bool(passing)
        while grown:
            grown = False
            for step in passing:
                for out, sources in step_sources(step):
                    if out not in self.mixed and any(slot in self.mixed or self.types[slot] is not self.types[out]
                                                     for slot in sources):
                        self.mixed.add(out)
                        grown = True

    # -- what names mean

    def input(self, scope: Scope, name: str, node: CheckedNode, port_name: str, flow: Flow) -> Source:
        """What one input of a node is given, where that may be a list with links in it, a seed, a file or a model."""
        value = node.node.inputs[port_name]
        if type(value) is Ref:
            return self.source(scope, value)
        literal = (node.literals or {}).get(port_name)
        what = f"{scope.prefix}{name}.{label_of(port_name)}"
        where = scope.graph.where("nodes", name, port_name, value=True)
        if type(value) is list and refs(value):
            return self.gathered(scope, flow, literal, what, where)
        return self.known(scope, flow, literal, what, where)

    def known(self, scope: Scope, flow: Flow, value: Any, what: str, where: Position | None) -> Source:
        """A literal as a source. `random` in a mapped place is rolled for each item, and so has a slot."""
        if flow.type is SEED and scope.axes and (value == RANDOM or isinstance(value, list) and RANDOM in value):
            if not isinstance(value, list):
                return Source(self.rolled(scope, what), flow=Flow(SEED))
            parts = [(self.rolled(scope, f"{what}[{at}]") if item == RANDOM
                      else self.given(SEED, 0, item), False) for at, item in enumerate(value)]
            return Source(self.listed(scope, what, SEED, parts), flow=Flow(SEED, 1))
        literal = self.boundary.literal(flow.type, value, scope.graph.folder, what, where, flow.depth > 0)
        return Source(-1, literal.value, literal.content, flow)

    def resolved(self, port: Port, value: Any, folder: Path, what: str, where: Position | None) -> Source:
        """A value for an input of the graph as a source."""
        literal = self.boundary.literal(port.type, value, folder, what, where, port.many)
        return Source(-1, literal.value, literal.content, Flow(port.type, int(port.many), port.choices))

    def gathered(self, scope: Scope, flow: Flow, items: Any, what: str, where: Position | None) -> Source:
        """A list in which links stand among literals."""
        parts, sources = [], []
        for at, item in enumerate(items):
            depth = flow.depth - 1
            if type(item) is Ref:
                source = self.source(scope, item)
                sources.append(source)
                depth += item.spread
            else:
                source = self.known(scope, Flow(flow.type, depth), item, f"{what}[{at}]", where)
            parts.append((self.slot(source, Flow(flow.type, depth)), type(item) is Ref and item.spread))
        return Source(self.listed(scope, what, flow.type, parts), flow=_widest(flow, sources),
                      guards=tuple(dict.fromkeys(guard for source in sources for guard in source.guards)))

    def source(self, scope: Scope, ref: Ref) -> Source:
        """What a link brings."""
        sources = scope.names[ref.name]
        if type(sources) is Source:
            return sources
        assert isinstance(sources, dict)
        if ref.port is not None:
            source: Source = sources[ref.port]
            return source
        only: Source = next(iter(sources.values()))
        return only

    # -- putting down

    def step(self, scope: Scope, name: str, kind: int, axes: Axes, slots: tuple[int, ...],
             outputs: Iterable[tuple[PortType, Axes]], detail: Any = None) -> Step:
        """A step that is no request; one slot for each of its outputs."""
        step = Step()
        step.index, step.name, step.graph, step.local_name = len(self.steps), scope.prefix + name, scope.graph, name
        step.kind, step.detail, step.axes, step.slots, step.views = kind, detail, axes, slots, ()
        step.base, step.literals, step.ports, step.guards = b"", NOTHING, (), ()
        step.batched = step.quick = step.odd = False
        step.timeout, step.retry, step.hoisted = None, 0, len(axes) < len(scope.axes)
        step.first = len(self.producers)
        for type, own in outputs:
            self.new_slot(step.index, type, own)
        step.count = len(self.producers) - step.first
        self.steps.append(step)
        return step

    def new_slot(self, producer: int, type: PortType, axes: Axes) -> int:
        slot = len(self.producers)
        self.producers.append(producer)
        self.types.append(type)
        if axes:
            self.slot_axes[slot] = axes
        return slot

    def given(self, type: PortType, depth: int, value: Any, content: Any = None) -> int:
        slot = self.new_slot(-1, type, ())
        self.givens.append(Given(slot, type, depth, value, content))
        return slot

    def slot(self, source: Source, flow: Flow) -> int:
        """The slot of a source; a literal is given one."""
        if source.literal is MISSING:
            return source.slot
        type = source.flow.type if source.flow.type.located else flow.type  # a file stays one, whoever reads it
        return self.given(type, flow.depth, source.literal, source.content)

    def listed(self, scope: Scope, what: str, type: PortType, parts: list[tuple[int, bool]]) -> int:
        """A slot with the list that is put together from others."""
        slots = tuple(slot for slot, _ in parts)
        axes = self.union(slots)
        name = what.removeprefix(scope.prefix)
        return self.step(scope, name.partition(".")[0], LIST, axes, slots, [(type, axes)], Items(tuple(parts))).first

    def union(self, slots: Iterable[int]) -> Axes:
        """The axes of several slots together."""
        if not self.slot_axes:
            return ()
        axes = {axis for slot in slots for axis in self.slot_axes.get(slot, ())}
        return tuple(sorted(axes))

    def rolled(self, scope: Scope, what: str) -> int:
        """A slot with a random seed of its own for each index along the axes that are open."""
        name = what.removeprefix(scope.prefix).partition(".")[0]
        return self.step(scope, name, ROLL, scope.axes, (), [(SEED, scope.axes)], self.boundary.seed(what)).first


def _widest(flow: Flow, sources: list[Source]) -> Flow:
    """What a list carries that is put together from sources, where `flow` is wanted."""
    type = next((source.flow.type for source in sources if source.flow.type is not flow.type), flow.type)
    words = [source.flow.choices for source in sources]
    choices = None if None in words else tuple(dict.fromkeys(word for some in words for word in some or ()))
    return Flow(type, flow.depth, choices if sources else flow.choices)


def step_sources(step: Step) -> Iterator[tuple[int, tuple[int, ...]]]:
    """For each slot of a step that passes things on, the slots that these may come from."""
    if step.kind == OPEN:
        yield from ((item, (slot,)) for item, (_, slot) in zip(step.detail.items, step.detail.lists))
    elif step.kind == LEAVE:
        yield from ((step.first + at, (slot,)) for at, slot in enumerate(step.detail.sources))
    elif step.kind == SWITCH:
        yield step.first, tuple(step.detail.branches.values())
    elif step.kind == PICK:
        yield step.first, step.slots[:1]
    elif step.kind in (LIST, CARRY, LAST):
        yield step.first, step.slots


def judge_types(layout: Layout, step: Step) -> None:
    """Whether a step may be called the short way, and whether types count in its Key."""
    types, inputs, mixed, natural = layout.types, step.nodetype.inputs, layout.mixed, True
    step.odd = False
    for port, slot in zip(step.ports, step.slots):
        own = types[slot]
        if not own.natural or slot in mixed:
            natural = False
            step.odd = step.odd or own is not inputs[port].type or slot in mixed
    plain = step.nodetype.plain
    step.quick = natural and plain is not None and not (
        plain.located or step.guards or step.batched or step.timeout or step.retry)
