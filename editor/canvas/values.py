"""Values on the canvas: a number follows the pointer sideways, a tick turns over, the rest is chosen or typed.

With Alt held, the way of the pointer is not a value but a range of them: a sweep, each run once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nodegraph import Graph
from nodegraph.editing import BOOL, FLOAT, INT, MISSING, SEED, Port

from ..document import edits
from ..document.items import Item
from ..runs.sweep import spread
from ..words.speak import t
from .drags import Drag
from .lettering import brief
from .overlay import Pressed

if TYPE_CHECKING:
    from ..session import Session
    from .gestures import Gestures

NUMBERS = (INT, FLOAT, SEED)
WHOLE = (INT, SEED)
LONG = 240.0  # pixels of pointer that go through a range from end to end


def port_at(pressed: Pressed) -> Port | None:
    """The port of the value that was pressed."""
    pin = pressed.hit.pin
    return pin.pin.port if pressed.hit.kind == "value" and pin is not None else None


def is_number(port: Port | None) -> bool:
    """Whether a value can be dragged."""
    return port is not None and port.type in NUMBERS and not port.many and not port.choices


def value_at(session: Session, item: Item, port: Port) -> Any:
    """What stands there now; the default where nothing does."""
    if item.kind == "input":
        return session.graph.inputs[item.name].default
    value = session.graph.nodes[item.name].inputs.get(port.name, port.default)
    return None if value is MISSING else value


def with_value(graph: Graph, item: Item, port: Port, value: Any) -> Graph:
    """The graph with another value there."""
    if item.kind == "input":
        return edits.set_input(graph, item.name, default=value, has_default=True)
    return edits.set_value(graph, item.name, port.name, value)


def dragged(port: Port, start: float, pixels: float, fine: bool = False) -> float:
    """The number that so many pixels to the right lead to, within what the port takes; fine: a tenth as far."""
    low, high = (port.range.low, port.range.high) if port.range is not None else (-math.inf, math.inf)
    if port.type is SEED:
        low = 0
    span = high - low
    step = span / LONG if math.isfinite(span) else max(abs(start), 1.0) / 100
    if port.type in WHOLE:
        step = max(step, 0.125) if math.isfinite(span) else 0.125
    value = min(high, max(low, start + pixels * step * (0.1 if fine else 1.0)))
    if port.type in WHOLE:
        return round(value)
    digits = max(0, 2 - math.floor(math.log10(step))) if step > 0 else 6
    return round(value, min(digits, 9))


def clicked_value(session: Session, item: Item, port: Port) -> None:
    """A press and a release on a value: a tick turns over, choices are shown; the rest waits for a second click."""
    value = value_at(session, item, port)
    if port.type is BOOL and not port.many:
        session.edit("undo.value", with_value(session.graph, item, port, not value))
    elif port.choices and not port.many:
        type_value(session, item, port)


def type_value(session: Session, item: Item, port: Port) -> None:
    """Have a value typed, or chosen, where it stands."""
    session.ask("value", lambda value: session.edit("undo.value", with_value(session.graph, item, port, value)),
                item=item, port=port, value=value_at(session, item, port))


class ValueDrag(Drag):
    """A number that follows the pointer; one step to undo, whatever the way. Shift: a tenth as far."""

    follows = False

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        port, item = port_at(pressed), pressed.hit.item
        assert port is not None and item is not None
        self.port, self.item = port, item
        start = value_at(self.session, item, port)
        self.start = start if isinstance(start, (int, float)) and not isinstance(start, bool) else 0
        self.value: float = self.start
        self.before = self.session.document.graph

    def move(self, x: float, y: float) -> None:
        self.value = dragged(self.port, self.start, self.gestures.pixel[0] - self.pressed.x, self.gestures.modifiers[1])
        self.take(self.value)
        self.overlay.told = f"{self.port.name}: {brief(self.value)}"

    def take(self, value: float) -> None:
        """Show a value as the node's own, at once."""
        if value != value_at(self.session, self.item, self.port):
            self.session.edit("undo.value", with_value(self.session.graph, self.item, self.port, value),
                              f"drag {self.item.kind} {self.item.name} {self.port.name}")

    def release(self, x: float, y: float) -> None:
        self.session.document.seal()

    def cancel(self) -> None:
        if self.session.document.graph is not self.before:
            self.session.do("edit.undo")


class Sweep(ValueDrag):
    """A range of values: the graph is run once with each, and the results stand side by side in the gallery."""

    def take(self, value: float) -> None:
        """Nothing is changed; only what would be run is told."""

    def move(self, x: float, y: float) -> None:
        super().move(x, y)
        self.overlay.told = t("sweep.told", name=self.port.name, values=", ".join(map(brief, self.values)))

    @property
    def values(self) -> list[float]:
        """What would be run."""
        return spread(self.start, self.value, self.port.type in WHOLE)

    def release(self, x: float, y: float) -> None:
        if len(self.values) > 1:
            self.session.running.sweep([(f"{self.item.name}.{self.port.name} = {brief(value)}" if self.item.kind == "node"
                                         else f"{self.item.name} = {brief(value)}",
                                         with_value(self.session.document.graph, self.item, self.port, value))
                                        for value in self.values])

    def cancel(self) -> None:
        """Nothing was changed."""
