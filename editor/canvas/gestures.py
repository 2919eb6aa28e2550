"""What the pointer and the keys mean on the canvas: a state machine that turns presses, moves and releases into edits.

Coordinates come in as pixels of the canvas widget. While something is dragged the document stays as it is; `shown`
is the scene as it would be, `overlay` what is drawn above it, and the edit comes with the release, as one step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from nodegraph.check import Checked
from nodegraph.graph import Graph, Ref, refs
from nodegraph.types import fits

from . import scene as scenes
from ..document import edits
from ..document.items import Item, Link, Target, links
from ..document.ports import flow_of, inputs_of, outputs_of, ref_to, refusal
from .scene import DOT, Hit, Measure, Minimap, PinAt, Rectangle, Scene, Segment
from ..words.speak import language

if TYPE_CHECKING:
    from ..session import Session

LEFT, RIGHT, MIDDLE = "left", "right", "middle"
THRESHOLD = 4  # pixels that a pressed pointer has to move before it drags
ZOOMS = (0.2, 2.5)
WHEEL = 1.15  # the zoom of one step of the wheel
PIN_REACH = 22.0  # pixels within which a loose link jumps to a pin
SNAP = 8.0  # canvas units, as the grid of the boxes is
MAGNET = 6.0  # pixels within which edges of boxes draw each other
EDGE, EDGE_SPEED = 28.0, 900.0  # pixels from the border where the view begins to follow; pixels a second at the border
MINIMAP, MINIMAP_MARGIN = (208.0, 144.0), 12.0  # pixels
NUDGES = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}


@dataclass
class Overlay:
    """What is drawn above the scene while something is dragged, in canvas units.

    loose: the link that hangs on the pointer. fitting: the ends it may be put on; None where nothing is looked for.
    over: the pin, or target the item, it would go to. reason: why it may not go where it is.
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


class Gestures:
    """The pointer and the keys on the canvas of one session. `measure(text, size, bold)` is the width of a text."""

    def __init__(self, session: Session, measure: Measure):
        self.session, self.measure = session, measure
        self.overlay = Overlay()
        self.hover = scenes.NOTHING
        self.space = False  # whether the space bar is held down
        self.space_used = False  # whether the view was dragged since it went down
        self.inside = False  # whether the pointer is over the canvas
        self.pixel = (0.0, 0.0)
        self._scene: Scene | None = None
        self._made_from: tuple = ()
        self._revision = -1
        self._looked: tuple = ()
        self._pressed: Pressed | None = None
        self._drag: Drag | None = None
        self._modifiers = (False, False, False)

    # -- what is seen

    @property
    def scene(self) -> Scene:
        """The document as it is drawn."""
        session = self.session
        graph = session.graph
        if self._scene is not None and self._revision == session.revision and self._scene.graph is graph:
            return self._scene
        judged, compact = session.judged, session.settings.compact
        made_from = (graph, judged, compact, language(), _signature(session.states))
        if self._scene is None or not _same(made_from, self._made_from):
            troubles: dict[Item, str] = {}
            for found in judged.found:
                if found.item is not None and troubles.get(found.item) != "error":
                    troubles[found.item] = found.problem.severity
            self._scene = scenes.build(graph, judged.checked, session.states, self.measure, compact, troubles,
                                       before=self._scene)
            self._made_from = made_from
            session.sizes = self._scene.sizes
        self._revision = session.revision
        return self._scene

    @property
    def shown(self) -> Scene:
        """The document as it would be if what is dragged were let go."""
        return self._drag.scene() if self._drag is not None else self.scene

    @property
    def dragging(self) -> bool:
        """Whether something follows the pointer."""
        return self._drag is not None

    @property
    def checked(self) -> Checked:
        """What is known about the graph, told of this very graph."""
        checked, graph = self.session.checked, self.session.graph
        return checked if checked.graph is graph else replace(checked, graph=graph)

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """The canvas point at a pixel."""
        return self.session.view.to_canvas(x, y)

    @property
    def seen(self) -> Rectangle:
        """The part of the canvas that is seen."""
        view, (width, height) = self.session.view, self.session.canvas_size
        return view.x, view.y, width / view.zoom, height / view.zoom

    def minimap(self) -> tuple[float, float, Minimap] | None:
        """The minimap, and the pixel of its upper left corner; None where it is not shown."""
        width, height = self.session.canvas_size
        if not self.session.settings.minimap or width < 2.5 * MINIMAP[0] or height < 2.5 * MINIMAP[1]:
            return None
        made = scenes.minimap(self.scene, self.seen, MINIMAP)
        if made is None:
            return None
        return width - MINIMAP[0] - MINIMAP_MARGIN, height - MINIMAP[1] - MINIMAP_MARGIN, made

    # -- the pointer

    def press(self, x: float, y: float, button: str = LEFT, ctrl: bool = False, shift: bool = False,
              alt: bool = False, clicks: int = 1) -> None:
        """A button goes down at a pixel. clicks: 2 for the second press of a double click."""
        if self._drag is not None or self._pressed is not None:
            return  # a second button while the first is held
        self._modifiers = ctrl, shift, alt
        self._point(x, y)
        at = self.to_canvas(x, y)
        small = self._on_minimap(x, y)
        hit = scenes.hit(self.scene, *at, self.session.view.zoom)
        pressed = Pressed(x, y, at, button, hit, ctrl, shift, alt)
        if small and button == LEFT:
            self._start(MinimapDrag(self, pressed))
        elif button == MIDDLE or button == LEFT and self.space:
            self.space_used = self.space
            self._start(Pan(self, pressed))
        elif button == RIGHT and ctrl or button == LEFT and alt:
            self._start(Knife(self, pressed))
        elif button == LEFT and clicks >= 2 and self._double(pressed):
            pass
        else:
            self._pressed = pressed
            if button == LEFT:
                self._press_left(pressed)

    def move(self, x: float, y: float, ctrl: bool = False, shift: bool = False, alt: bool = False) -> None:
        """The pointer is at a pixel now."""
        self._modifiers = ctrl, shift, alt
        self._point(x, y)
        pressed = self._pressed
        if self._drag is None and pressed is not None and pressed.button == LEFT \
                and math.hypot(x - pressed.x, y - pressed.y) >= THRESHOLD:
            self._pressed = None
            self._start(self._begun(pressed))
        if self._drag is not None:
            self._drag.move(*self.to_canvas(x, y))
        elif pressed is None:
            self.inside = True
            self.look()

    def look(self) -> None:
        """See again what lies under the pointer, if that or the pointer may have moved."""
        seen = (self.pixel, self.session.view, self.scene)
        if self._drag is not None or self._pressed is not None or not self.inside or self._looked == seen:
            return
        self._looked = seen
        self.hover = scenes.NOTHING if self._on_minimap(*self.pixel) else \
            scenes.hit(self.scene, *self.to_canvas(*self.pixel), self.session.view.zoom)

    def release(self, x: float, y: float, button: str = LEFT, ctrl: bool = False, shift: bool = False,
                alt: bool = False) -> None:
        """A button goes up at a pixel."""
        self.move(x, y, ctrl, shift, alt)
        drag, pressed = self._drag, self._pressed
        if drag is not None and drag.pressed.button == button:
            self._drag, self.overlay = None, Overlay()
            drag.release(*self.to_canvas(x, y))
            self.session.touch()
        elif pressed is not None and pressed.button == button:
            self._pressed = None
            if button == LEFT:
                self._click(pressed)
            elif button == RIGHT:
                self._menu(pressed)

    def leave(self) -> None:
        """The pointer is no longer over the canvas."""
        if self._drag is None:
            self.hover, self.inside, self._looked = scenes.NOTHING, False, ()

    def wheel(self, amount: float, x: float, y: float) -> None:
        """Zoom about a pixel; positive amounts come nearer."""
        session, low, high = self.session, *ZOOMS
        zoom = min(high, max(min(low, session.view.zoom), session.view.zoom * WHEEL ** amount))
        a, b = self.to_canvas(x, y)
        session.view = session.view._replace(x=a - x / zoom, y=b - y / zoom, zoom=zoom)
        self._point(x, y)
        if self._drag is not None:
            self._drag.move(*self.to_canvas(x, y))
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
            self._drag.move(*self.to_canvas(x, y))
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
        chosen = self._carried(self.session.selection)
        offset = right * SNAP * steps, down * SNAP * steps
        self._move(dict.fromkeys(chosen, offset), merge="nudge")

    # -- what a press means

    def _press_left(self, pressed: Pressed) -> None:
        """Select what is pressed already, so that it can be dragged at once."""
        hit, session = pressed.hit, self.session
        if hit.kind in ("title", "item", "thumbnail", "corner", "collapse") and not (pressed.ctrl or pressed.shift) \
                and hit.item not in session.selection:
            session.select([hit.item])

    def _click(self, pressed: Pressed) -> None:
        """A press and a release in the same place."""
        hit, session = pressed.hit, self.session
        more = pressed.ctrl or pressed.shift
        if hit.kind == "collapse" and not more:
            on = not self.scene.boxes[hit.item].collapsed
            session.edit("undo.collapse", edits.collapse(session.graph, [hit.item], on))
        elif hit.kind in ("pin", "title", "item", "thumbnail", "corner", "collapse"):
            session.select([hit.item], toggle=pressed.ctrl, add=pressed.shift and not pressed.ctrl)
        elif hit.kind == "link":
            session.select(links=[hit.link], toggle=pressed.ctrl, add=pressed.shift and not pressed.ctrl)
        elif not more:
            session.select()

    def _double(self, pressed: Pressed) -> bool:
        """What a double click does; whether it does anything."""
        hit, session = pressed.hit, self.session
        if hit.kind == "nothing":
            session.palette_at(pressed.at)
        elif hit.kind == "link":
            at = pressed.at[0] - DOT / 2, pressed.at[1] - DOT / 2
            made = session.attempt(edits.add_dot, session.graph, hit.link, at)
            if made is not None:
                session.edit("undo.dot", made[0])
                session.select([made[1]])
        elif hit.kind in ("title", "item") and hit.item.kind == "node" and session.graph.nodes[hit.item.name].is_graph:
            session.select([hit.item])
            session.do("node.enter")
        elif hit.kind == "title" and hit.item.kind != "dot" or hit.kind == "item" and hit.item.kind == "note":
            session.select([hit.item])
            session.do("edit.rename")
        else:
            return False
        return True

    def _menu(self, pressed: Pressed) -> None:
        """A right click: the menu of what is there, or the palette."""
        hit, session = pressed.hit, self.session
        if hit.kind == "nothing":
            session.palette_at(pressed.at)
            return
        if hit.item is not None and hit.item not in session.selection:
            session.select([hit.item])
        elif hit.link is not None and hit.link not in session.selected_links:
            session.select(links=[hit.link])
        session.ask("context", item=hit.item, link=hit.link, at=pressed.at,
                    pin=hit.pin.pin.end if hit.pin is not None else None)

    def _begun(self, pressed: Pressed) -> Drag:
        """The drag that a pressed pointer begins by moving."""
        hit = pressed.hit
        if hit.kind == "pin":
            return LinkDrag(self, pressed)
        if hit.kind == "corner":
            return Resize(self, pressed)
        if hit.item is not None:
            if hit.item not in self.session.selection:
                self.session.select([hit.item], add=pressed.ctrl or pressed.shift)
            return Move(self, pressed)
        return Band(self, pressed)

    def _start(self, drag: Drag) -> None:
        self._drag, self._pressed, self.hover = drag, None, scenes.NOTHING
        drag.move(*drag.pressed.at)
        self.session.touch()

    # -- helpers of the drags

    def _point(self, x: float, y: float) -> None:
        self.pixel = x, y
        self.session.pointer = self.to_canvas(x, y)

    def _on_minimap(self, x: float, y: float) -> bool:
        found = self.minimap()
        return found is not None and 0 <= x - found[0] < found[2].width and 0 <= y - found[1] < found[2].height

    def _carried(self, chosen: Iterable[Item]) -> list[Item]:
        """What moves when some items do: they, and what the frames among them hold."""
        carried = dict.fromkeys(item for item in chosen if item in self.scene.boxes)
        for item in list(carried):
            if item.kind == "frame":
                carried.update(dict.fromkeys(scenes.held(self.scene, item)))
        return list(carried)

    def _move(self, offsets: dict[Item, tuple[float, float]], merge: str = "") -> None:
        at = self.scene.at
        places = {item: (at[item][0] + right, at[item][1] + down) for item, (right, down) in offsets.items()}
        self.session.edit("undo.move", edits.move(self.session.graph, places), merge)


def _signature(states: Any) -> tuple:
    """What of the states of all nodes is drawn."""
    return tuple((name, s.status, s.done, s.total, s.text, s.seconds, s.error, s.stale,
                  tuple((port, id(shown)) for port, shown in s.thumbnails.items())) for name, s in states.items())


def _same(one: tuple, other: tuple) -> bool:
    return bool(other) and one[0] is other[0] and one[1] is other[1] and one[2:] == other[2:]


def _pull(at: float, length: float) -> float:
    """How strongly the border pulls the view, -1 to 1."""
    if at < EDGE:
        return -min(1.0, (EDGE - at) / EDGE)
    return min(1.0, max(0.0, (at - length + EDGE) / EDGE))


# ---- drags --------------------------------------------------------------------------------------------------------

class Drag:
    """Something that follows the pointer, from the first move to the release. Points are on the canvas."""

    follows = True  # whether the view follows at the border

    def __init__(self, gestures: Gestures, pressed: Pressed):
        self.gestures, self.pressed, self.session = gestures, pressed, gestures.session

    @property
    def overlay(self) -> Overlay:
        """What is drawn above the scene."""
        return self.gestures.overlay

    def scene(self) -> Scene:
        """The scene as it would be."""
        return self.gestures.scene

    def move(self, x: float, y: float) -> None:
        """The pointer is there now."""
        raise NotImplementedError

    def release(self, x: float, y: float) -> None:
        """The pointer is let go; the overlay is gone already."""

    def cancel(self) -> None:
        """What was done to the view is undone."""


class Pan(Drag):
    """The view follows the pointer."""

    follows = False

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        self.began = self.session.view

    def move(self, x: float, y: float) -> None:
        view, (px, py) = self.session.view, self.gestures.pixel
        at = self.pressed.at
        self.session.view = view._replace(x=at[0] - px / view.zoom, y=at[1] - py / view.zoom)
        self.session.touch()

    def cancel(self) -> None:
        self.session.view = self.began


class MinimapDrag(Drag):
    """What the pointer is over on the minimap comes into the middle of the view."""

    follows = False

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        self.began = self.session.view
        self.left, self.top, self.map = gestures.minimap()

    def move(self, x: float, y: float) -> None:
        px, py = self.gestures.pixel
        x, y = self.map.to_canvas(px - self.left, py - self.top)
        view, (width, height) = self.session.view, self.session.canvas_size
        self.session.view = view._replace(x=x - width / view.zoom / 2, y=y - height / view.zoom / 2)
        self.session.touch()

    def cancel(self) -> None:
        self.session.view = self.began


class Band(Drag):
    """A rectangle that selects what it touches."""

    def move(self, x: float, y: float) -> None:
        a, b = self.pressed.at
        band = min(a, x), min(b, y), abs(x - a), abs(y - b)
        self.overlay.band = band
        self.overlay.chosen = frozenset(scenes.inside(self.gestures.scene, band))

    def release(self, x: float, y: float) -> None:
        a, b = self.pressed.at
        chosen = scenes.inside(self.gestures.scene, (min(a, x), min(b, y), abs(x - a), abs(y - b)))
        self.session.select(chosen, toggle=self.pressed.ctrl, add=self.pressed.shift)


class Knife(Drag):
    """A line that cuts the links it crosses."""

    def move(self, x: float, y: float) -> None:
        line = self.overlay.knife
        if not line or math.dist(line[-1], (x, y)) * self.session.view.zoom >= 2:
            self.overlay.knife = (*line, (x, y))
            self.overlay.cut = frozenset(scenes.cut(self.gestures.scene, self.overlay.knife))
        self.cut = self.overlay.cut

    def release(self, x: float, y: float) -> None:
        if self.cut:
            self.session.edit("undo.disconnect", edits.disconnect(self.session.graph, self.cut))


class Resize(Drag):
    """A corner of a frame, a note or a node follows the pointer."""

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        self.item = pressed.hit.item
        self.at = gestures.scene.at[self.item]
        box = gestures.scene.boxes[self.item]
        self.began = self.size = (box.width, box.height)

    def move(self, x: float, y: float) -> None:
        step = SNAP if self.session.settings.snap else 1.0
        least = {"frame": (96.0, 64.0), "note": (80.0, 40.0)}.get(self.item.kind, (128.0, 32.0))
        wide, high = (self.began[0] + x - self.pressed.at[0], self.began[1] + y - self.pressed.at[1])
        wide, high = max(least[0], round(wide / step) * step), max(least[1], round(high / step) * step)
        self.size = (wide, high if self.item.kind != "node" else self.began[1])
        self.overlay.outline = (*self.at, *self.size)

    def scene(self) -> Scene:
        scene = self.gestures.scene
        if self.item not in scene.boxes or self.item.kind == "node":
            return scene
        return scene.resized(self.item, self.size)

    def release(self, x: float, y: float) -> None:
        self.move(x, y)
        if self.size != self.began and self.item in self.gestures.scene.boxes:
            self.session.edit("undo.resize", edits.resize(self.session.graph, self.item, self.size))


class Move(Drag):
    """Items follow the pointer. A node without links that is let go on a link goes in between."""

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        self.item = pressed.hit.item
        self.carried = gestures._carried(self.session.selection | {self.item})
        self.offset = (0.0, 0.0)
        self.splits: Link | None = None
        self.lines: list[tuple[float, float, float, float]] = []
        self.others = [gestures.scene.rectangle(item) for item, box in gestures.scene.boxes.items()
                       if item not in self.carried and item.kind not in ("dot", "frame")]
        self._last: tuple[Scene, tuple[float, float], Scene] | None = None

    def move(self, x: float, y: float) -> None:
        right, down = x - self.pressed.at[0], y - self.pressed.at[1]
        ctrl, shift, _ = self.gestures._modifiers
        if shift and not self.pressed.shift:
            right, down = (right, 0.0) if abs(right) >= abs(down) else (0.0, down)
        self.lines = []
        if self.session.settings.snap != (ctrl and not self.pressed.ctrl) and self.item in self.gestures.scene.at:
            right, down = self.snapped(right, down)
        self.offset = (right, down)
        self.splits = self.between(x, y)
        self.overlay.lines, self.overlay.splits = tuple(self.lines), self.splits

    def snapped(self, right: float, down: float) -> tuple[float, float]:
        """The offset with the grabbed item's edges on those of others nearby, or its corner on the grid."""
        a, b, width, height = self.gestures.scene.rectangle(self.item)
        reach = MAGNET / self.session.view.zoom
        seen = self.gestures.seen
        near = [r for r in self.others if r[0] < seen[0] + seen[2] and seen[0] < r[0] + r[2]
                and r[1] < seen[1] + seen[3] and seen[1] < r[1] + r[3]]
        across = _magnet(a + right, width, [(r[0], r[2]) for r in near], reach)
        along = _magnet(b + down, height, [(r[1], r[3]) for r in near], reach)
        right = right + across[0] if across else round((a + right) / SNAP) * SNAP - a
        down = down + along[0] if along else round((b + down) / SNAP) * SNAP - b
        box = (a + right, b + down, width, height)
        if across:
            ends = [r for r in near if any(abs(e - across[1]) < 0.5 for e in (r[0], r[0] + r[2] / 2, r[0] + r[2]))]
            span = scenes.around([box, *ends])
            self.lines.append((across[1], span[1], across[1], span[1] + span[3]))
        if along:
            ends = [r for r in near if any(abs(e - along[1]) < 0.5 for e in (r[1], r[1] + r[3] / 2, r[1] + r[3]))]
            span = scenes.around([box, *ends])
            self.lines.append((span[0], along[1], span[0] + span[2], along[1]))
        return right, down

    def between(self, x: float, y: float) -> Link | None:
        """The link that the one node which is moved would go into."""
        graph = self.session.graph
        if len(self.carried) != 1 or self.item.kind != "node" or self.item.name not in graph.nodes:
            return None
        name = self.item.name
        if any(refs(value) for value in graph.nodes[name].inputs.values()) \
                or any(link.source.name == name for link in self.gestures.scene.curves):
            return None
        a, b, width, height = self.gestures.scene.rectangle(self.item)
        link = scenes.link_at(self.gestures.scene, a + self.offset[0] + width / 2, b + self.offset[1] + height / 2,
                              max(24.0, height / 2)) or scenes.link_at(self.gestures.scene, x, y, 16.0)
        return link if link is not None and insertion(self.gestures.checked, name, link) is not None else None

    def scene(self) -> Scene:
        base = self.gestures.scene
        if self._last is None or self._last[0] is not base or self._last[1] != self.offset:
            self._last = base, self.offset, base.moved(dict.fromkeys(self.carried, self.offset))
        return self._last[2]

    def release(self, x: float, y: float) -> None:
        session, scene = self.session, self.gestures.scene
        offset = round(self.offset[0]), round(self.offset[1])
        carried = [item for item in self.carried if item in scene.at]
        if offset == (0, 0) or not carried:
            return
        places = {item: (scene.at[item][0] + offset[0], scene.at[item][1] + offset[1]) for item in carried}
        graph = edits.move(session.graph, places)
        if self.splits is not None:
            inserted = session.attempt(insert, session, graph, self.item.name, self.splits)
            if inserted is not None:
                session.edit("undo.connect", inserted)
                return
        session.edit("undo.move", graph)


def _magnet(at: float, length: float, others: list[tuple[float, float]], reach: float) -> tuple[float, float] | None:
    """How far to go for an edge or the middle to be level with one of another, and where that is."""
    best: tuple[float, float] | None = None
    for start, size in others:
        for mine, other in ((at, start), (at + length, start + size), (at + length / 2, start + size / 2),
                            (at, start + size), (at + length, start)):
            if abs(other - mine) <= (abs(best[0]) if best else reach):
                best = other - mine, other
    return best


def insertion(checked: Checked, name: str, link: Link) -> tuple[str, Ref] | None:
    """The input and the output by which a node would go into a link; None where it does not fit there."""
    if name in (link.source.name, link.target.name):
        return None
    flow = flow_of(checked, link.source)
    if flow is None:
        return None
    into = next((port.name for port in _by_likeness(inputs_of(checked, name), flow.type)
                 if not refusal(checked, link.source, Target("node", name, port.name))), None)
    if into is None:
        return None
    for port in outputs_of(checked, name):
        ref = ref_to(checked, name, port)
        if not refusal(checked, ref, link.target):
            return into, ref
    return None


def _by_likeness(ports: list, type_: Any) -> list:
    """Ports with those of just this type first, and those that must be given before others."""
    return sorted(ports, key=lambda port: (port.type is not type_, port.default is not edits.MISSING))


def insert(session: Session, graph: Graph, name: str, link: Link) -> Graph:
    """A node put into a link: what flowed there flows into it, and what it gives flows on."""
    checked = replace(session.checked, graph=graph)
    found = insertion(checked, name, link)
    if found is None:
        raise edits.EditRefused(f"{name} does not fit between {link.source.name} and {link.target.name}.")
    graph = edits.connect(graph, checked, link.source, Target("node", name, found[0]))
    return edits.connect(graph, session.checker(graph), found[1], link.target)


class LinkDrag(Drag):
    """A link with one end on a pin and the other on the pointer."""

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        pin = pressed.hit.pin
        self.pin, self.taken = pin, None
        self.source: Ref | None = pin.pin.end if pin.pin.gives else None
        self.target: Target | None = None if pin.pin.gives else pin.pin.end
        self.graph, self.checked = self.session.graph, gestures.checked
        self.fixed = (pin.x, pin.y)
        if self.target is not None:
            self._detach(gestures.scene)
        self.fitting = self._fitting()

    def _detach(self, scene: Scene) -> None:
        """Take the link off its end, if there is one."""
        link = next((link for link in scene.curves if link.target == self.target), None)
        if link is None:
            return
        self.taken, self.source, self.target = link, link.source, None
        self.fixed = scenes.start_of(scene, link)
        self.graph = edits.disconnect(self.graph, [link])
        self.checked = self.session.checker(replace(self.graph, marks=None))
        self.checked = replace(self.checked, graph=self.graph)

    def _fitting(self) -> frozenset[Ref | Target]:
        """The ends that the loose one may be put on, as far as types and circles go."""
        checked, scene = self.checked, self.gestures.scene
        if self.source is not None:
            flow = flow_of(checked, self.source)
            barred = _related(self.graph, self.source.name, upwards=True)
            return frozenset(pin.end for box in scene.boxes.values() for pin in box.pins if not pin.gives
                             and pin.end.name not in barred and (flow is None or fits(flow.type, pin.type)))
        port = self.pin.pin.port
        barred = _related(self.graph, self.target.name, upwards=False) if self.target.kind == "node" else set()
        return frozenset(pin.end for box in scene.boxes.values() for pin in box.pins if pin.gives
                         and pin.end.name not in barred and (port is None or fits(pin.type, port.type)))

    def _ends(self, end: Ref | Target) -> tuple[Ref, Target]:
        """The two ends of the link that would come about."""
        if self.source is None:
            return end, self.target
        if self.taken is not None and end.kind == "node" and end.index is not None:
            taken = self.taken.target
            same = (end.name, end.port) == (taken.name, taken.port)
            if same and taken.index is not None and end.index > taken.index:
                end = end._replace(index=end.index - 1)  # the list is shorter by the link that was taken
        return self.source, end

    def _refused(self, end: Ref | Target) -> str:
        if self.taken is not None and end == self.taken.target:
            return ""
        source, target = self._ends(end)
        return refusal(self.checked, source, target)

    def _onto(self, item: Item) -> Ref | Target | None:
        """The first end on an item that fits: of inputs, one that waits for something first."""
        if self.source is not None:
            if item.kind == "output":
                return Target("output", item.name)
            if item.kind != "node" or item.name not in self.graph.nodes:
                return None
            node = self.graph.nodes[item.name]
            flow = flow_of(self.checked, self.source)
            ports = sorted(_by_likeness(inputs_of(self.checked, item.name), flow.type if flow else None),
                           key=lambda port: bool(refs(node.inputs.get(port.name))) and not port.many)
            ends = (Target("node", item.name, port.name) for port in ports)
            return next((end for end in ends if not self._refused(end)), None)
        if item.kind == "input":
            return Ref(item.name) if not self._refused(Ref(item.name)) else None
        if item.kind != "node" or item.name not in self.graph.nodes:
            return None
        ends = (ref_to(self.checked, item.name, port) for port in outputs_of(self.checked, item.name))
        return next((end for end in ends if not self._refused(end)), None)

    def _look(self, x: float, y: float) -> tuple[PinAt | None, Item | None, Ref | Target | None, str]:
        """The pin or the item under the pointer, the end that is meant there, and why it cannot be."""
        scene, zoom = self.gestures.scene, self.session.view.zoom
        pin = scenes.nearest_pin(scene, x, y, min(28.0, PIN_REACH / zoom),
                                 lambda p: p.pin.gives is (self.source is None) and p.pin.end in self.fitting) \
            or scenes.nearest_pin(scene, x, y, min(14.0, PIN_REACH / 2 / zoom),
                                  lambda p: p.pin.gives is (self.source is None))
        if pin is not None:
            return pin, pin.item, pin.pin.end, self._refused(pin.pin.end)
        found = scenes.hit(scene, x, y, zoom)
        if found.item is None or found.item.kind not in ("node", "input", "output") or found.item == self.pin.item \
                and self.taken is None:
            return None, None, None, ""
        end = self._onto(found.item)
        return None, found.item, end, "" if end is not None else self._why(found.item)

    def _why(self, item: Item) -> str:
        """Why nothing on an item fits, by the first of its ends."""
        pin = next((pin for pin in self.gestures.scene.boxes[item].pins if pin.gives is (self.source is None)), None)
        return self._refused(pin.end) if pin is not None else ""

    def move(self, x: float, y: float) -> None:
        pin, item, end, reason = self._look(x, y)
        overlay = self.overlay
        overlay.taken, overlay.fitting, overlay.reason = self.taken, self.fitting, reason
        overlay.over, overlay.target = pin, item if end is not None and not reason else None
        loose = (pin.x, pin.y) if pin is not None and not reason else (x, y)
        ends = (self.fixed, loose) if self.source is not None else (loose, self.fixed)
        overlay.loose = scenes.bezier(*ends)
        overlay.color = self._color()

    def _color(self) -> str:
        if self.taken is not None and self.taken in self.gestures.scene.curves:
            return self.gestures.scene.curves[self.taken].color
        return self.pin.pin.type.color

    def release(self, x: float, y: float) -> None:
        session = self.session
        _, item, end, reason = self._look(x, y)
        if reason:
            session.say(reason, "error")
        elif end is not None:
            if self.taken is None or end != self.taken.target:
                self._connect(end)
        elif item is not None or math.dist((self.pressed.x, self.pressed.y), self.gestures.pixel) < 2 * THRESHOLD:
            return
        elif self.taken is not None:
            session.edit("undo.disconnect", self.graph)
        else:
            session.palette_at((x, y), self.source, self.target)

    def _connect(self, end: Ref | Target) -> None:
        session = self.session
        source, target = self._ends(end)
        graph = session.attempt(edits.connect, self.graph, self.checked, source, target)
        if graph is not None:
            session.edit("undo.connect", graph)


def _related(graph: Graph, name: str, upwards: bool) -> set[str]:
    """A node, and all that it depends on (upwards) or that depends on it."""
    beside: dict[str, list[str]] = {}
    for link in links(graph):
        one, other = link.source.name, link.target.name
        if link.target.kind == "node":
            beside.setdefault(other if upwards else one, []).append(one if upwards else other)
    found, stack = {name}, [name]
    while stack:
        for other in beside.get(stack.pop(), ()):
            if other not in found:
                found.add(other)
                stack.append(other)
    return found

