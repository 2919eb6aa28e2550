"""What follows the pointer on the canvas, from the first move to the release; the edit comes with the release."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nodegraph.check import Checked
from nodegraph.graph import Graph, Ref, links, refs
from nodegraph.nodetype import MISSING, Port

from ..document import edits
from ..document.items import Link, Target
from ..document.ports import flow_of, inputs_of, outputs_of, ref_to, refusal
from ..words.speak import t
from . import hits
from .box import around
from .overlay import Overlay, Pressed
from .scene import Scene, Ties

if TYPE_CHECKING:
    from ..session import Session
    from .gestures import Gestures


SNAP = 8.0  # canvas units, as the grid of the boxes is
MAGNET = 6.0  # pixels within which edges of boxes draw each other


class Drag:
    """Something that follows the pointer, from the first move to the release. Points are on the canvas."""

    follows = True  # whether the view follows at the border

    def __init__(self, gestures: Gestures, pressed: Pressed):
        self.gestures, self.stage, self.pressed = gestures, gestures.stage, pressed
        self.session = gestures.session

    @property
    def overlay(self) -> Overlay:
        """What is drawn above the scene."""
        return self.gestures.overlay

    def scene(self) -> Scene:
        """The scene as it would be."""
        return self.stage.scene

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
        small = self.stage.minimap()
        assert small is not None
        self.left, self.top, self.map = small

    def move(self, x: float, y: float) -> None:
        px, py = self.gestures.pixel
        x, y = self.map.to_canvas(px - self.left, py - self.top)
        view, (width, height) = self.session.view, self.session.canvas_size
        self.session.view = view._replace(x=x - width / view.zoom / 2, y=y - height / view.zoom / 2)
        self.session.touch()

    def cancel(self) -> None:
        self.session.view = self.began


class Scrub(Drag):
    """The handle goes along the earlier runs, and graph and results follow."""

    follows = False

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        line = self.stage.runs_line()
        assert line is not None
        self.line, self.at = line, -1

    def move(self, x: float, y: float) -> None:
        number = self.line.nearest(self.gestures.pixel[0])
        if number != self.at:
            self.at = number
            self.session.rewind(number)

    def release(self, x: float, y: float) -> None:
        self.session.document.seal()


class Band(Drag):
    """A rectangle that selects what it touches."""

    def move(self, x: float, y: float) -> None:
        a, b = self.pressed.at
        band = min(a, x), min(b, y), abs(x - a), abs(y - b)
        self.overlay.band = band
        self.overlay.chosen = frozenset(hits.inside(self.stage.scene, band))

    def release(self, x: float, y: float) -> None:
        a, b = self.pressed.at
        chosen = hits.inside(self.stage.scene, (min(a, x), min(b, y), abs(x - a), abs(y - b)))
        self.session.select(chosen, toggle=self.pressed.ctrl, add=self.pressed.shift)


class Knife(Drag):
    """A line that cuts the links it crosses."""

    def move(self, x: float, y: float) -> None:
        line = self.overlay.knife
        if not line or math.dist(line[-1], (x, y)) * self.session.view.zoom >= 2:
            self.overlay.knife = (*line, (x, y))
            self.overlay.cut = frozenset(hits.cut(self.stage.scene, self.overlay.knife))
        self.cut = self.overlay.cut

    def release(self, x: float, y: float) -> None:
        if self.cut:
            self.session.edit("undo.disconnect", edits.disconnect(self.session.graph, self.cut))


class Resize(Drag):
    """A corner of a frame, a note or a node follows the pointer."""

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        assert pressed.hit.item is not None
        self.item = pressed.hit.item
        self.at = self.stage.scene.at[self.item]
        box = self.stage.scene.boxes[self.item]
        self.began = self.size = (box.width, box.height)

    def move(self, x: float, y: float) -> None:
        step = SNAP if self.session.settings.snap else 1.0
        least = {"frame": (96.0, 64.0), "note": (80.0, 40.0)}.get(self.item.kind, (128.0, 32.0))
        wide, high = (self.began[0] + x - self.pressed.at[0], self.began[1] + y - self.pressed.at[1])
        wide, high = max(least[0], round(wide / step) * step), max(least[1], round(high / step) * step)
        self.size = (wide, high if self.item.kind != "node" else self.began[1])
        self.overlay.outline = (*self.at, *self.size)

    def scene(self) -> Scene:
        scene = self.stage.scene
        if self.item not in scene.boxes or self.item.kind == "node":
            return scene
        return scene.resized(self.item, self.size)

    def release(self, x: float, y: float) -> None:
        self.move(x, y)
        if self.size != self.began and self.item in self.stage.scene.boxes:
            self.session.edit("undo.resize", edits.resize(self.session.graph, self.item, self.size))


class Move(Drag):
    """Items follow the pointer. A node without links that is let go on a link goes in between."""

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        assert pressed.hit.item is not None
        self.item = pressed.hit.item
        self.carried = self.stage.carried(self.session.selection | {self.item})
        self._going = frozenset(self.carried)
        self.offset = (0.0, 0.0)
        self.splits: Link | None = None
        self.lines: list[tuple[float, float, float, float]] = []
        self.others = [self.stage.scene.rectangle(item) for item, box in self.stage.scene.boxes.items()
                       if item not in self._going and item.kind not in ("dot", "frame")]
        self._ties: tuple[Scene, Ties] | None = None
        self._last: tuple[Scene, tuple[float, float], Scene] | None = None

    def move(self, x: float, y: float) -> None:
        right, down = x - self.pressed.at[0], y - self.pressed.at[1]
        ctrl, shift, _ = self.gestures.modifiers
        if shift and not self.pressed.shift:
            right, down = (right, 0.0) if abs(right) >= abs(down) else (0.0, down)
        self.lines = []
        if self.session.settings.snap != (ctrl and not self.pressed.ctrl) and self.item in self.stage.scene.at:
            right, down = self.snapped(right, down)
        self.offset = (right, down)
        self.splits = self.between(x, y)
        self.overlay.lines, self.overlay.splits = tuple(self.lines), self.splits

    def snapped(self, right: float, down: float) -> tuple[float, float]:
        """The offset with the grabbed item's edges on those of others nearby, or its corner on the grid."""
        a, b, width, height = self.stage.scene.rectangle(self.item)
        reach = MAGNET / self.session.view.zoom
        seen = self.stage.seen
        near = [r for r in self.others if r[0] < seen[0] + seen[2] and seen[0] < r[0] + r[2]
                and r[1] < seen[1] + seen[3] and seen[1] < r[1] + r[3]]
        across = _magnet(a + right, width, [(r[0], r[2]) for r in near], reach)
        along = _magnet(b + down, height, [(r[1], r[3]) for r in near], reach)
        right = right + across[0] if across else round((a + right) / SNAP) * SNAP - a
        down = down + along[0] if along else round((b + down) / SNAP) * SNAP - b
        box = (a + right, b + down, width, height)
        if across:
            ends = [r for r in near if any(abs(e - across[1]) < 0.5 for e in (r[0], r[0] + r[2] / 2, r[0] + r[2]))]
            span = around([box, *ends]) or box
            self.lines.append((across[1], span[1], across[1], span[1] + span[3]))
        if along:
            ends = [r for r in near if any(abs(e - along[1]) < 0.5 for e in (r[1], r[1] + r[3] / 2, r[1] + r[3]))]
            span = around([box, *ends]) or box
            self.lines.append((span[0], along[1], span[0] + span[2], along[1]))
        return right, down

    def between(self, x: float, y: float) -> Link | None:
        """The link that the one node which is moved would go into."""
        graph = self.session.graph
        if len(self.carried) != 1 or self.item.kind != "node" or self.item.name not in graph.nodes:
            return None
        name = self.item.name
        if links(graph.nodes[name]) \
                or any(link.source.name == name for link in self.stage.scene.curves):
            return None
        a, b, width, height = self.stage.scene.rectangle(self.item)
        link = hits.link_at(self.stage.scene, a + self.offset[0] + width / 2, b + self.offset[1] + height / 2,
                            max(24.0, height / 2)) or hits.link_at(self.stage.scene, x, y, 16.0)
        return link if link is not None and insertion(self.stage.checked, name, link) is not None else None

    def scene(self) -> Scene:
        base = self.stage.scene
        if self._last is None or self._last[0] is not base or self._last[1] != self.offset:
            if self._ties is None or self._ties[0] is not base:
                self._ties = base, base.ties(self._going)
            self._last = base, self.offset, base.moved(self._going, self.offset, self._ties[1])
        return self._last[2]

    def release(self, x: float, y: float) -> None:
        session, scene = self.session, self.stage.scene
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
    given = checked.graph.nodes[name].inputs
    ports = sorted(by_likeness(inputs_of(checked, name), flow.type), key=lambda port: _stands(given.get(port.name)))
    into = next((port.name for port in ports
                 if not refusal(checked, link.source, Target("node", name, port.name))), None)
    if into is None:
        return None
    for port in outputs_of(checked, name):
        ref = ref_to(checked, name, port)
        if not refusal(checked, ref, link.target):
            return into, ref
    return None


def _stands(value: Any) -> int:
    """What a link would take the place of: nothing, another link, or, last of all, something that was typed."""
    return 0 if value is None else 1 if refs(value) else 2


def by_likeness(ports: Iterable[Port], type_: Any) -> list[Port]:
    """Ports with those of just this type first, and those that must be given before others."""
    return sorted(ports, key=lambda port: (port.type is not type_, port.default is not MISSING))


def insert(session: Session, graph: Graph, name: str, link: Link) -> Graph:
    """A node put into a link: what flowed there flows into it, and what it gives flows on."""
    checked = replace(session.checked, graph=graph)
    found = insertion(checked, name, link)
    if found is None:
        raise edits.EditRefused(t("refused.between", name=name, one=link.source.name, other=link.target.name))
    graph = edits.connect(graph, checked, link.source, Target("node", name, found[0]))
    return edits.connect(graph, session.checker(graph), found[1], link.target)
