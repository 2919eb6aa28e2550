"""Items that are dragged: their edges draw to those of others, and a node without links may go into one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodegraph.editing import links

from ..document import edits
from ..document.items import Link
from . import hits
from .box import around
from .drags import MAGNET, SNAP, Drag
from .insertion import insert, insertion
from .overlay import Pressed
from .scene import Scene, Ties

if TYPE_CHECKING:
    from .gestures import Gestures


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
