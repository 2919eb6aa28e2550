"""What stands on the canvas, as it is drawn wherever it is: a box with its pins, texts and pictures, and how it fares.

In canvas units: pixels at a zoom of 1, y downwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nodegraph import PortType, Ref
from nodegraph.editing import Port

from ..document.items import Item, Target
from .constructs import Construct

Rectangle = tuple[float, float, float, float]  # x, y, width, height
GRID = 8
TITLE, ROW, COMPACT_ROW = 32.0, 24.0, 20.0
PAD, GAP = 12.0, 12.0
TITLE_SIZE, TEXT_SIZE, SMALL_SIZE = 16.0, 15.0, 13.0
NAME_AT = 28.0  # where a title's words begin, after the sign that collapses the box
WIDTHS = (176.0, 336.0)  # of nodes: the least and, unless its file says more, the most
PICTURED_WIDTH = 208.0  # of a node with a slot for results
VALUE_WIDTH = 128.0
MOST_WORDS, LINE = 3, 16.0
DOT = 16.0
BAND = 26.0  # below the title of a node that runs more than once, or chooses: how
CORNER = 14.0
BADGES_ABOVE = 20.0  # the room that a node's badges take above it
NOTE_LINE = 19.0
SMALL_TEXT = 0.45  # the scale below which a node is a tile: what it is, its name, what it gave


class Pin(NamedTuple):
    """Where links end. x, y: from its box's corner. end: the Ref of links from here, or the Target of one to here.

    shape: "circle" (one thing), "square" (a list), "diamond" (a model), "slot" (room for one more in a list).
    tone: "literal", "default", "linked", "missing" (must be given and is not) or "" (an output).
    """

    end: Ref | Target
    x: float
    y: float
    type: PortType
    shape: str
    port: Port | None = None
    label: str = ""
    value: str = ""
    tone: str = ""
    each: bool = False
    many: bool = False

    @property
    def gives(self) -> bool:
        """Whether links begin here."""
        return type(self.end) is Ref


class PinAt(NamedTuple):
    """A pin and where it is on the canvas."""

    item: Item
    pin: Pin
    x: float
    y: float


class Picture(NamedTuple):
    """Something made by a run, shown in a box. lines: in place of a picture, or of a few words below it."""

    port: str
    x: float
    y: float
    width: float
    height: float
    thumbnail: Any
    lines: tuple[str, ...] = ()


class Slot(NamedTuple):
    """Room for results in a box, there before anything ran. ports: what belongs in it, and what it is a value of."""

    x: float
    y: float
    width: float
    height: float
    ports: tuple[tuple[str, PortType], ...]


class Button(NamedTuple):
    """A sign on a card that can be pressed: "play", "copy", "save" or "large"."""

    name: str
    x: float
    y: float
    side: float


@dataclass(frozen=True, eq=False, slots=True)
class Box:
    """How one item looks, wherever it is. row: the height of one pin. lines: of a note, or of an error at the foot.

    look: "", "mute" or "bypass". color: #rrggbb or "". graph: whether another graph stands here.
    passages: which pins a bypassed node joins. construct: the frame around a node that runs more than once, or
    chooses. words: how often it runs, in lines below its pins.
    slot: the room for results, pictures: what there is of them.
    kind: the name of the PortType that it gives first, or, of a graph's output, shows. folded: how many inputs a row at
    more_at stands for; less than 0 where they are shown.
    """

    item: Item
    width: float
    height: float
    title: str = ""
    subtitle: str = ""
    color: str = ""
    look: str = ""
    graph: bool = False
    collapsed: bool = False
    row: float = ROW
    pins: tuple[Pin, ...] = ()
    slot: Slot | None = None
    pictures: tuple[Picture, ...] = ()
    buttons: tuple[Button, ...] = ()
    kind: str = ""
    folded: int = 0
    more_at: float = 0.0
    value: str = ""
    lines: tuple[str, ...] = ()
    passages: tuple[tuple[Pin, Pin], ...] = ()
    construct: Construct | None = None
    words: tuple[str, ...] = ()
    words_at: float = 0.0
    outs: Mapping[str | None, Pin] = field(default_factory=dict, repr=False)
    ins: Mapping[tuple[str, int | None], Pin] = field(default_factory=dict, repr=False)

    @property
    def resizable(self) -> bool:
        """Whether its corner can be dragged."""
        return self.item.kind in ("frame", "note") or self.item.kind == "node" and not self.collapsed


class Status(NamedTuple):
    """How a node is doing, as it is drawn around its box. part: 0 to 1 of its work, None where that is not known.

    badges: (role, words), where a role is "cached", "stale", "failed", "ran", "running", "muted" or "bypassed".
    trouble: "error" or "warning" where a problem of the graph is here.
    """

    status: str = ""
    part: float | None = None
    badges: tuple[tuple[str, str], ...] = ()
    trouble: str = ""


NO_STATUS = Status()


def around(rectangles: Iterable[Rectangle]) -> Rectangle | None:
    """The smallest rectangle around others; None around none."""
    found = list(rectangles)
    if not found:
        return None
    left, top = min(r[0] for r in found), min(r[1] for r in found)
    return left, top, max(r[0] + r[2] for r in found) - left, max(r[1] + r[3] for r in found) - top


def overlap(one: Rectangle, other: Rectangle) -> bool:
    """Whether two rectangles touch."""
    return one[0] <= other[0] + other[2] and other[0] <= one[0] + one[2] \
        and one[1] <= other[1] + other[3] and other[1] <= one[1] + one[3]


def boxed(item: Item, width: float, height: float, pins: Iterable[Pin], **more: Any) -> Box:
    """A box with its pins, which are found by their names from then on."""
    pins = tuple(pins)
    outs: dict[str | None, Pin] = {pin.end.port or (pin.port.name if pin.port is not None else ""): pin
                                   for pin in pins if pin.gives}
    if len(outs) == 1:
        outs[None] = next(iter(outs.values()))
    ins = {(pin.end.port, pin.end.index): pin for pin in pins if isinstance(pin.end, Target)}
    return Box(item, width, height, pins=pins, outs=outs, ins=ins, **more)


def up(length: float) -> float:
    """The next multiple of the grid."""
    return math.ceil(length / GRID - 1e-9) * GRID
