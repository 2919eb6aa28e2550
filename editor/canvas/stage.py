"""The scene of a session as it is drawn now, and what part of it is seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nodegraph import PortType
from nodegraph.editing import Checked

from ..document.items import Item
from ..runs.hearing import can_be_heard
from ..runs.why import Trail, trail
from ..words.speak import language
from . import hits
from .beyond import Sign, signs
from .box import Rectangle
from .hits import Hit
from .lettering import Measure
from .minimap import Minimap, minimap
from .runsline import RunsLine, runs_line
from .scene import Scene, build

if TYPE_CHECKING:
    from ..session import Session

MINIMAP, MINIMAP_MARGIN = (168.0, 108.0), 12.0  # pixels


class Stage:
    """The scene of one session, made again when what it shows has changed. `measure(text, size, bold)`: a width."""

    def __init__(self, session: Session, measure: Measure):
        self.session, self.measure = session, measure
        self._scene: Scene | None = None
        self._made_from: tuple[Any, ...] = ()
        self._revision = -1
        self._signs: tuple[Scene, Any, list[Sign]] | None = None

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
            self._scene = build(graph, judged.checked, session.states, self.measure, compact, troubles,
                                       before=self._scene, heard=self._heard)
            self._made_from = made_from
            if session.drawn(self._scene.sizes):
                return self.scene
        self._revision = session.revision
        return self._scene

    def _heard(self, type: PortType) -> bool:
        """Whether a value of this type can be played."""
        return can_be_heard(self.session.catalogue, type)

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
        """The minimap, and the pixel of its upper left corner; None where it is not shown, as while all is in view."""
        width, height = self.session.canvas_size
        if not self.session.settings.minimap or width < 2.5 * MINIMAP[0] or height < 2.5 * MINIMAP[1] or not self.signs():
            return None
        made = minimap(self.scene, self.seen, MINIMAP)
        if made is None:
            return None
        return width - MINIMAP[0] - MINIMAP_MARGIN, height - MINIMAP[1] - MINIMAP_MARGIN, made

    def on_minimap(self, x: float, y: float) -> bool:
        """Whether a pixel is on the minimap."""
        found = self.minimap()
        return found is not None and 0 <= x - found[0] < found[2].width and 0 <= y - found[1] < found[2].height

    def signs(self) -> list[Sign]:
        """The signs of what lies out of view; none while the document is empty or from very far away."""
        scene, of = self.scene, (self.seen, self.session.canvas_size)
        if self._signs is None or self._signs[0] is not scene or self._signs[1] != of:
            self._signs = scene, of, signs(scene, *of)
        return self._signs[2]

    def runs_line(self) -> RunsLine | None:
        """The line of earlier runs, where there are any."""
        session = self.session
        runs = session.earlier_runs()
        at = next((at for at, result in enumerate(runs) if result.job == session.rewound), -1)
        return runs_line(len(runs), at, session.canvas_size)

    def trail(self, hover: Hit) -> Trail | None:
        """Why what is under the pointer is stale, where it is: asked at a node's title and at its badges."""
        session, item = self.session, hover.item
        if hover.kind not in ("badge", "title") or item is None or item.kind != "node" or item.name not in session.states \
                or not session.states[item.name].stale:
            return None
        stale = {name for name, state in session.states.items() if state.stale}
        return trail(session.document.graph, session.progress.shown.made, stale, item.name)

    def carried(self, chosen: Iterable[Item]) -> list[Item]:
        """What moves when some items do: they, and what the frames among them hold."""
        carried = dict.fromkeys(item for item in chosen if item in self.scene.boxes)
        for item in list(carried):
            if item.kind == "frame":
                carried.update(dict.fromkeys(hits.held(self.scene, item)))
        return list(carried)


def _signature(states: Any) -> tuple[Any, ...]:
    """What of the states of all nodes is drawn."""
    return tuple((name, s.status, s.done, s.total, s.text, s.seconds, s.error, s.stale,
                  tuple((port, id(shown)) for port, shown in s.thumbnails.items())) for name, s in states.items())


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return bool(other) and one[0] is other[0] and one[1] is other[1] and one[2:] == other[2:]
