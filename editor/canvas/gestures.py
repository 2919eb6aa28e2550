"""What the pointer and the keys mean on the canvas: a state machine that turns presses, moves and releases into edits.

Coordinates come in as pixels of the canvas widget. While something is dragged the document stays as it is; `shown`
is the scene as it would be, `overlay` what is drawn above it, and the edit comes with the release, as one step.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..document import edits
from ..runs.why import Trail
from . import hits
from .beyond import step
from .box import Rectangle
from .clicks import clicked, double_clicked, menu, pressed_left
from .drags import SNAP, Band, Drag, Knife, MinimapDrag, Pan, Resize, Scrub
from .hits import NOTHING
from .lettering import Measure
from .linkdrag import LinkDrag
from .minimap import Minimap
from .movedrag import Move
from .overlay import LEFT as LEFT, MIDDLE as MIDDLE, RIGHT as RIGHT, THRESHOLD, Overlay, Pressed
from .scene import Scene
from .stage import Stage
from .values import Sweep, ValueDrag, is_number, port_at

if TYPE_CHECKING:
    from ..session import Session


ZOOMS = (0.2, 2.5)
WHEEL = 1.15  # the zoom of one step of the wheel
EDGE, EDGE_SPEED = 28.0, 900.0  # pixels from the border where the view begins to follow; pixels a second at the border
NUDGES = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}


class Gestures:
    """The pointer and the keys on the canvas of one session. `measure(text, size, bold)` is the width of a text."""

    def __init__(self, session: Session, measure: Measure):
        self.session, self.stage = session, Stage(session, measure)
        self.overlay = Overlay()
        self.hover = NOTHING
        self.space = False  # whether the space bar is held down
        self.space_used = False  # whether the view was dragged since it went down
        self.inside = False  # whether the pointer is over the canvas
        self.pixel = (0.0, 0.0)
        self.modifiers = (False, False, False)
        self.trail: Trail | None = None  # why what the pointer is over is stale
        self._looked: tuple[Any, ...] = ()
        self._pressed: Pressed | None = None
        self._drag: Drag | None = None

    # -- what is seen

    @property
    def scene(self) -> Scene:
        """The document as it is drawn."""
        return self.stage.scene

    @property
    def seen(self) -> Rectangle:
        """The part of the canvas that is seen."""
        return self.stage.seen

    def minimap(self) -> tuple[float, float, Minimap] | None:
        """The minimap, and the pixel of its upper left corner; None where it is not shown."""
        return self.stage.minimap()

    @property
    def shown(self) -> Scene:
        """The document as it would be if what is dragged were let go."""
        return self._drag.scene() if self._drag is not None else self.scene

    @property
    def dragging(self) -> bool:
        """Whether something follows the pointer."""
        return self._drag is not None

    # -- the pointer

    def press(self, x: float, y: float, button: str = LEFT, ctrl: bool = False, shift: bool = False,
              alt: bool = False, clicks: int = 1) -> None:
        """A button goes down at a pixel. clicks: 2 for the second press of a double click."""
        if self._drag is not None or self._pressed is not None:
            return  # a second button while the first is held
        self.modifiers = ctrl, shift, alt
        self._point(x, y)
        at = self.stage.to_canvas(x, y)
        small = self.stage.on_minimap(x, y)
        found = hits.hit(self.scene, *at, self.session.view.zoom)
        pressed = Pressed(x, y, at, button, found, ctrl, shift, alt)
        sign = next((sign for sign in self.stage.signs() if sign.holds(x, y)), None) if not small else None
        if sign is not None and button == LEFT:
            right, down = step(sign.side, self.seen)
            self.session.view = self.session.view._replace(x=self.session.view.x + right, y=self.session.view.y + down)
            self.session.touch()
            return
        line = self.stage.runs_line() if not small else None
        if line is not None and line.holds(x, y) and button == LEFT:
            self._start(Scrub(self, pressed))
            return
        if small and button == LEFT:
            self._start(MinimapDrag(self, pressed))
        elif button == MIDDLE or button == LEFT and self.space:
            self.space_used = self.space
            self._start(Pan(self, pressed))
        elif button == LEFT and alt and is_number(port_at(pressed)):
            self._start(Sweep(self, pressed))
        elif button == RIGHT and ctrl or button == LEFT and alt:
            self._start(Knife(self, pressed))
        elif button == LEFT and clicks >= 2 and double_clicked(self.stage, pressed):
            pass
        else:
            self._pressed = pressed
            if button == LEFT:
                pressed_left(self.stage, pressed)

    def move(self, x: float, y: float, ctrl: bool = False, shift: bool = False, alt: bool = False) -> None:
        """The pointer is at a pixel now."""
        self.modifiers = ctrl, shift, alt
        self._point(x, y)
        pressed = self._pressed
        if self._drag is None and pressed is not None and pressed.button == LEFT \
                and math.hypot(x - pressed.x, y - pressed.y) >= THRESHOLD:
            self._pressed = None
            self._start(self._begun(pressed))
        if self._drag is not None:
            self._drag.move(*self.stage.to_canvas(x, y))
        elif pressed is None:
            self.inside = True
            self.look()

    def look(self) -> None:
        """See again what lies under the pointer, if that or the pointer may have moved."""
        seen = (self.pixel, self.session.view, self.scene)
        if self._drag is not None or self._pressed is not None or not self.inside or self._looked == seen:
            return
        self._looked = seen
        self.hover = NOTHING if self.stage.on_minimap(*self.pixel) else \
            hits.hit(self.scene, *self.stage.to_canvas(*self.pixel), self.session.view.zoom)
        self.trail = self.stage.trail(self.hover)

    def release(self, x: float, y: float, button: str = LEFT, ctrl: bool = False, shift: bool = False,
                alt: bool = False) -> None:
        """A button goes up at a pixel."""
        self.move(x, y, ctrl, shift, alt)
        drag, pressed = self._drag, self._pressed
        if drag is not None and drag.pressed.button == button:
            self._drag, self.overlay = None, Overlay()
            drag.release(*self.stage.to_canvas(x, y))
            self.session.touch()
        elif pressed is not None and pressed.button == button:
            self._pressed = None
            if button == LEFT:
                clicked(self.stage, pressed)
            elif button == RIGHT:
                menu(self.stage, pressed)

    def leave(self) -> None:
        """The pointer is no longer over the canvas."""
        if self._drag is None:
            self.hover, self.inside, self._looked, self.trail = NOTHING, False, (), None

    def wheel(self, amount: float, x: float, y: float) -> None:
        """Zoom about a pixel; positive amounts come nearer."""
        session, low, high = self.session, *ZOOMS
        zoom = min(high, max(min(low, session.view.zoom), session.view.zoom * WHEEL ** amount))
        a, b = self.stage.to_canvas(x, y)
        session.view = session.view._replace(x=a - x / zoom, y=b - y / zoom, zoom=zoom)
        self._point(x, y)
        if self._drag is not None:
            self._drag.move(*self.stage.to_canvas(x, y))
        session.touch()

    def tick(self, seconds: float) -> None:
        """Time passes: near the border the view follows what is dragged."""
        if self._drag is None or not self._drag.follows:
            return
        (width, height), (x, y), session = self.session.canvas_size, self.pixel, self.session
        right, down = _pull(x, width), _pull(y, height)
        if right or down:
            step = EDGE_SPEED * min(seconds, 0.1) / session.view.zoom
            session.view = session.view._replace(x=session.view.x + right * step, y=session.view.y + down * step)
            self._point(x, y)
            self._drag.move(*self.stage.to_canvas(x, y))
            session.touch()

    def cancel(self) -> bool:
        """Let go of what is dragged, without an edit; whether there was something."""
        there = self._drag is not None
        if self._drag is not None:
            self._drag.cancel()
        self._drag, self._pressed, self.overlay = None, None, Overlay()
        if there:
            self.session.touch()
        return there

    def key(self, name: str, ctrl: bool = False, shift: bool = False, alt: bool = False) -> bool:
        """A key goes down; whether it meant something."""
        if name == "Escape" and self.cancel():
            return True
        command = self.session.shortcuts.command_for(name, ctrl, shift, alt)
        if command is not None:
            self.session.do(command)
            return True
        if name in NUDGES and self.session.selection and not (ctrl or alt):
            self.nudge(*NUDGES[name], 8 if shift else 1)
            return True
        return False

    def nudge(self, right: int, down: int, steps: int = 1) -> None:
        """Move what is selected by some steps of the grid."""
        at, x, y = self.scene.at, right * SNAP * steps, down * SNAP * steps
        places = {item: (at[item][0] + x, at[item][1] + y)
                  for item in self.stage.carried(self.session.selection)}
        self.session.edit("undo.move", edits.move(self.session.graph, places), "nudge")

    # -- what a press means

    def _begun(self, pressed: Pressed) -> Drag:
        """The drag that a pressed pointer begins by moving."""
        hit = pressed.hit
        if hit.kind == "pin":
            return LinkDrag(self, pressed)
        if hit.kind == "value" and is_number(port_at(pressed)):
            return ValueDrag(self, pressed)
        if hit.kind == "corner":
            return Resize(self, pressed)
        if hit.item is not None:
            if hit.item not in self.session.selection:
                self.session.select([hit.item], add=pressed.ctrl or pressed.shift)
            return Move(self, pressed)
        return Band(self, pressed)

    def _start(self, drag: Drag) -> None:
        self._drag, self._pressed, self.hover = drag, None, NOTHING
        drag.move(*drag.pressed.at)
        self.session.touch()

    def _point(self, x: float, y: float) -> None:
        self.pixel = x, y
        self.session.pointer = self.stage.to_canvas(x, y)


def _pull(at: float, length: float) -> float:
    """How strongly the border pulls the view, -1 to 1."""
    if at < EDGE:
        return -min(1.0, (EDGE - at) / EDGE)
    return min(1.0, max(0.0, (at - length + EDGE) / EDGE))
