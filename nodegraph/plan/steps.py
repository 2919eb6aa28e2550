"""What a Plan is made of: steps, the slots between them, and the axes along which steps are repeated.

Every output of every step has a slot, a small number; steps read slots. A step that stands in something mapped or
looped is carried out once per *instance*: its `axes` name the placements of `each`, `cross` and `repeat` that it
depends on, and an instance has one index for each of them. A slot has the axes of the step that fills it; outside of
everything repeated that is `()`, and there is one instance with the index `()`.

A step reads only slots whose axes are among its own, so an instance of it knows which instance of each slot is meant:
its own index, without the axes that the slot has not. Axes are numbered in the order in which they are opened, so
that a sorted tuple of them goes from the outermost to the innermost. Where an axis is among a step's axes, so are the
axes that it was opened under (`parents`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import InputError, Position
from ..flows import Flow
from ..graph import Graph
from ..nodetype import NodeType, Port
from ..types import Named as Named, PortType

REQUEST, SWITCH, PICK, LIST, OPEN, LEAVE, CARRY, LAST, ROLL = range(9)  # kinds of step
SHOWN = (REQUEST, SWITCH, PICK)  # the kinds that are nodes of the file; the others stand between them

Axes = tuple[int, ...]
Index = tuple[int, ...]
View = tuple[int, ...] | None  # which places of an index a slot's own index is made of; None: all of them


class Axis(NamedTuple):
    """One placement of `each`, `cross` or `repeat`.

    opener: the step that knows how long it is. parents: the axes that its length depends on. crossed: the axes of the
    same `cross`, itself among them.
    """

    number: int
    opener: int
    parents: Axes
    crossed: Axes = ()


class Guard(NamedTuple):
    """A port that is narrower than what a link may bring; what came is judged when the call is made."""

    argument: str  # the input of the step that carries the value
    name: str  # what the port is called in errors
    port: Port


class Switch(NamedTuple):
    """on: the slot that chooses, or -1 with the literal in `value`. branches: label -> slot."""

    on: int
    value: Any
    branches: dict[str, int]


class Open(NamedTuple):
    """The beginning of an axis.

    lists: (input, slot of a list) whose items it goes through, all of one length; items: the slots that they fill.
    counter: the slot that is filled with 1, 2, 3 ..., or -1. For a loop, times: at most so many rounds (a number, or in
    `times_slot` what a link brings); until: the slot of the Bool that ends it, or -1, seen through until_view.
    along: the axes of the same `cross` that were opened before, whose combinations the count goes through.
    """

    axis: int
    lists: tuple[tuple[str, int], ...] = ()
    items: tuple[int, ...] = ()
    counter: int = -1
    loop: bool = False
    times: int = 0
    times_slot: int = -1
    until: int = -1
    until_view: View = None
    along: Axes = ()


class Leave(NamedTuple):
    """The end of axes: what each of `sources` brought along them, as one list. skip: without the items that failed."""

    left: tuple[int, ...]
    sources: tuple[int, ...]
    skip: bool


class Carry(NamedTuple):
    """What a round is handed from the one before: `initial` in the first, `back` of the round before in the others."""

    axis: int
    initial: int
    back: int


class Items(NamedTuple):
    """A list put together from slots; of one that is spread, its items."""

    parts: tuple[tuple[int, bool], ...]


class Step:
    """One thing to do.

    name: with the names of the graphs around it; local_name: as it stands in its own graph.
    kind: one of REQUEST ... LAST; detail: what a kind that is no request has to know.
    base: the part of a request's Key that is known already. literals: parameters as its function takes them.
    ports, slots: for a request, what is linked to which port; otherwise all that it reads. views: how each of the
    slots is seen from `domain(step)`.
    first, count: its output slots. batched: items of its batch port are served together.
    hoisted: it stands in something repeated that it does not depend on; it is made once, when the first item asks for it.
    quick: nothing stands in the way of calling it at once. odd: a value may come as another type than its port's, so
    that the type counts in the Key. timeout: seconds, or None. retry: how often it is tried again.
    """

    __slots__ = (
        "axes",
        "base",
        "batched",
        "count",
        "detail",
        "first",
        "graph",
        "guards",
        "hoisted",
        "index",
        "kind",
        "literals",
        "local_name",
        "name",
        "nodetype",
        "odd",
        "ports",
        "quick",
        "retry",
        "slots",
        "timeout",
        "views",
    )

    index: int
    name: str
    graph: Graph
    local_name: str
    kind: int
    nodetype: NodeType
    base: bytes
    literals: dict[str, Any]
    ports: tuple[str, ...]
    slots: tuple[int, ...]
    views: tuple[View, ...]
    axes: Axes
    first: int
    count: int
    batched: bool
    quick: bool
    odd: bool
    guards: tuple[Guard, ...]
    detail: Any
    timeout: float | None
    retry: int
    hoisted: bool

    def __repr__(self) -> str:
        return f"<Step {self.index} {self.name}>"

    @property
    def shown(self) -> bool:
        """Whether it is a node that stands in the file."""
        return self.kind in SHOWN

    @property
    def where(self) -> Position | None:
        """Its place in its file."""
        return self.graph.where("nodes", self.local_name)


class Given(NamedTuple):
    """A slot that is filled before the run. depth: 0 for one value, 1 for a list.

    contents: for files and models, what counts in place of the value.
    """

    slot: int
    type: PortType
    depth: int
    value: Any
    contents: Any = None


class Output(NamedTuple):
    """A named output of the graph."""

    name: str
    slot: int
    flow: Flow


class Region(NamedTuple):
    """Steps that are carried out for each index along one more axis."""

    axes: Axes
    body: list[int | Region]


@dataclass(frozen=True, eq=False)
class Plan:
    """Steps in an order in which each follows what it reads.

    producers: slot -> index of the step that fills it, -1 for what is given. types, slot_axes: by slot.
    mixed: slots that may bring a value of another type than `types` says.
    given: the values for inputs that came from outside the graph. left_out: the outputs that are not made since a
    muted node stands before them, and that node. seeds: what was rolled. located: every file, model and pattern that
    was looked up, with what was there.
    """

    steps: list[Step]
    givens: list[Given]
    outputs: dict[str, Output]
    producers: list[int]
    types: list[PortType]
    slot_axes: dict[int, Axes]
    axes: list[Axis]
    mixed: frozenset[int]
    seeds: dict[str, int]
    located: list[tuple[PortType, Any, Path, Any]]
    graph: Graph
    before: Plan | None = None  # the Plan that this one differs from in literals alone
    left_out: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def names(self) -> dict[str, int]:
        """The index of each node's step by its name."""
        return self.before.names if self.before is not None else {s.name: s.index for s in self.steps if s.shown}

    def output_types(self, name: str) -> list[tuple[str, PortType]]:
        """The outputs of a node that stands in the file, by the name of its step, with their types."""
        step = self.steps[self.names[name]]
        if step.kind == REQUEST:
            return [(port.name, port.type) for port in step.nodetype.outputs.values()]
        return [("value" if step.kind == SWITCH else "items", self.types[step.first])]

    @cached_property
    def readers(self) -> list[list[int]]:
        """For each slot, the steps that read it."""
        if self.before is not None:
            return self.before.readers
        readers: list[list[int]] = [[] for _ in self.producers]
        for step in self.steps:
            for slot in dict.fromkeys(step.slots):
                readers[slot].append(step.index)
        return readers

    @cached_property
    def repeatable(self) -> bool:
        """Whether running it again could only give the same: nothing rolled, no node that looks outside."""
        if self.before is not None:
            return self.before.repeatable
        return not self.seeds and all(s.kind != REQUEST or s.nodetype.remember and s.nodetype.fingerprint is None
                                      and not _looks_outside(s) for s in self.steps)

    @cached_property
    def flat(self) -> bool:
        """Whether it is made of requests alone, each carried out once, by which edits can be followed."""
        return self.before.flat if self.before is not None else all(s.kind in (REQUEST, LIST) and not s.axes
                                                                    for s in self.steps)

    def dependents(self, indices: Iterable[int]) -> list[int]:
        """These steps and all that read them, directly or not, in order."""
        reached, stack = set(indices), list(indices)
        while stack:
            step = self.steps[stack.pop()]
            for slot in filled_by(step) if step.kind == OPEN else range(step.first, step.first + step.count):
                for reader in self.readers[slot]:
                    if reader not in reached:
                        reached.add(reader)
                        stack.append(reader)
        return sorted(reached)

    @cached_property
    def order(self) -> tuple[list[int], list[int | Region]]:
        """The steps that the outputs depend on for sure, and the same as they are to be tried."""
        if self.before is not None:
            return self.before.order
        needed = self.needed(out.slot for out in self.outputs.values())
        if not self.axes:
            return needed, list(needed)
        return needed, self.arranged([index for index in needed if not self.steps[index].hoisted])

    def needed(self, slots: Iterable[int]) -> list[int]:
        """The steps that these slots depend on for sure, in order: through a switch, only what chooses."""
        wanted = bytearray(len(self.steps))
        stack = [self.producers[slot] for slot in slots]
        producers, steps = self.producers, self.steps
        while stack:
            index = stack.pop()
            if index < 0 or wanted[index]:
                continue
            wanted[index] = 1
            step = steps[index]
            if step.kind == REQUEST and not step.nodetype.lazy:
                stack += [producers[slot] for slot in step.slots]
            elif step.kind == SWITCH:
                stack += [producers[step.detail.on]] if step.detail.on >= 0 else []
            elif step.kind == OPEN:
                stack += [producers[slot] for slot in (*step.slots, step.detail.until) if slot >= 0]
            elif step.kind in (LEAVE, LAST):
                stack += [producers[slot] for slot in step.slots]
                stack += [self.axes[axis].opener for axis in step_leaves(step)]
            elif step.kind == REQUEST:
                stack += [producers[slot] for port, slot in zip(step.ports, step.slots)
                          if port not in step.nodetype.lazy]
            else:
                stack += [producers[slot] for slot in step.slots]
        return [index for index, yes in enumerate(wanted) if yes]

    def arranged(self, indices: list[int]) -> list[int | Region]:
        """Steps in the order in which they are to be tried, those under an axis together, before what leaves it."""
        if not self.axes:
            return list(indices)
        return _Arrangement(self).of(indices)

    @cached_property
    def exits(self) -> dict[int, list[int]]:
        """For each axis, the steps that leave it."""
        exits: dict[int, list[int]] = {axis.number: [] for axis in self.axes}
        for step in self.steps:
            for number in step_leaves(step):
                exits[number].append(step.index)
        return exits

    @cached_property
    def keepers(self) -> tuple[dict[int, int], dict[int, list[int]]]:
        """How long what a slot brings is needed: slot -> how many steps, and step -> the slots it is done with then.

        A reader under further axes stands for the steps that leave the outermost of these. A slot that is missing is
        needed until the run is over.
        """
        counts: dict[int, int] = {}
        done: dict[int, list[int]] = {}
        for slot in range(len(self.producers)):
            ends = self._ends(slot)
            if ends is not None:
                counts[slot] = len(ends)
                for index in ends:
                    done.setdefault(index, []).append(slot)
        return counts, done

    def _ends(self, slot: int) -> set[int] | None:
        axes = self.slot_axes.get(slot, ())
        ends: set[int] = set()
        for index in self.readers[slot]:
            step = self.steps[index]
            further = [a for a in step.axes if a not in axes]
            if not further:
                reached = [index] if step.axes == axes else []
            else:
                reached = [e for e in self.exits[further[0]] if self.steps[e].axes == axes]
            if not reached or step.kind in (SWITCH, OPEN, CARRY, LAST):
                return None
            ends.update(reached)
        return ends


def _looks_outside(step: Step) -> bool:
    return any(port.type.located for port in step.nodetype.outputs.values())


def filled_by(step: Step) -> Iterable[int]:
    """The slots that the opening of an axis fills."""
    return (*step.detail.items, *((step.detail.counter,) if step.detail.counter >= 0 else ()))


def step_leaves(step: Step) -> tuple[int, ...]:
    """The axes that a step leaves."""
    if step.kind == LEAVE:
        return tuple(step.detail.left)
    return (step.detail.axis,) if step.kind == LAST else ()


def domain(step: Step) -> Axes:
    """The axes along which a step looks at what it reads: its own, and those that it opens or leaves."""
    return (*step.axes, step.detail.axis) if step.kind == OPEN else (*step.axes, *step_leaves(step))


class _Arrangement:
    """Puts the steps under each axis into a Region of their own."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.root: list[int | Region] = []
        self.regions: dict[Axes, Region] = {}
        self.waiting: dict[int, list[Region]] = {}  # innermost axis -> regions that are not placed yet

    def of(self, indices: Iterable[int]) -> list[int | Region]:
        for index in indices:
            step = self.plan.steps[index]
            for number in reversed(step_leaves(step)):  # the innermost first, since it stands in the others
                self.place(number)
            self.body(step.axes).append(index)
        for number in sorted(self.waiting, reverse=True):
            self.place(number)
        return self.root

    def body(self, axes: Axes) -> list[int | Region]:
        if not axes:
            return self.root
        region = self.regions.get(axes)
        if region is None:
            region = self.regions[axes] = Region(axes, [])
            self.waiting.setdefault(axes[-1], []).append(region)
        return region.body

    def place(self, number: int) -> None:
        for region in self.waiting.pop(number, ()):
            self.body(region.axes[:-1]).append(region)


def views_of(axes: Axes, slots: Iterable[int], slot_axes: Mapping[int, Axes]) -> Iterator[View]:
    """How an index along `axes` is cut to that of each slot."""
    for slot in slots:
        own = slot_axes.get(slot, ())
        yield None if own == axes else tuple(axes.index(a) for a in own)


def cut(index: Index, view: View) -> Index:
    """The part of an index that a view speaks of."""
    return index if view is None else tuple([index[place] for place in view])


def label(value: Any) -> str:
    """The text that a switch compares with the names of its branches."""
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)


def chosen(switch: Switch, value: Any) -> int:
    """The slot of the branch that a value chooses. Raises InputError where none fits and there is no else."""
    slot = switch.branches.get(label(value), switch.branches.get("else"))
    if slot is None:
        raise InputError(f"on is {value!r}, and there is no branch of that name and no else; "
                         f"there is {', '.join(switch.branches)}")
    return slot
