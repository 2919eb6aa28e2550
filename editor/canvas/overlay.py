"""What is drawn above the scene while something is dragged, and the press that a drag begins with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from nodegraph import Ref

from ..document.items import Item, Link, Target
from .box import PinAt, Rectangle
from .curve import Segment
from .hits import Hit

LEFT, RIGHT, MIDDLE = "left", "right", "middle"
THRESHOLD = 4  # pixels that a pressed pointer has to move before it drags


@dataclass
class Overlay:
    """What is drawn above the scene while something is dragged, in canvas units.

    loose: the link that hangs on the pointer. fitting: the ends it may be put on; None where nothing is looked for.
    over: the pin, or target the item, it would go to. reason: why it may not go where it is. told: what a drag would do.
    taken: the link that was taken off an end, and is not drawn. splits: the link that what is moved would go into.
    lines: along which what is moved is level with others. outline: what is resized, as it would be.
    """

    band: Rectangle | None = None
    chosen: frozenset[Item] = frozenset()
    loose: Segment | None = None
    color: str = ""
    fitting: frozenset[Ref | Target] | None = None
    over: PinAt | None = None
    target: Item | None = None
    reason: str = ""
    told: str = ""
    taken: Link | None = None
    splits: Link | None = None
    knife: tuple[tuple[float, float], ...] = ()
    cut: frozenset[Link] = frozenset()
    lines: tuple[tuple[float, float, float, float], ...] = ()
    outline: Rectangle | None = None


class Pressed(NamedTuple):
    """A button went down: where, in pixels and on the canvas, on what, and with which keys held."""

    x: float
    y: float
    at: tuple[float, float]
    button: str
    hit: Hit
    ctrl: bool = False
    shift: bool = False
    alt: bool = False
