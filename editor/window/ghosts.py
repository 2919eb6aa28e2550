"""Paints what the graph that is compared with has besides: boxes where they stood, and links that are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..canvas.box import TITLE_SIZE, Rectangle
from ..canvas.curve import bezier
from ..canvas.scene import Scene
from ..document.items import Item, Link
from ..runs.comparison import ghosts
from .painter import ROUND, Painter, scaled, steps
from .theme import color, faded

if TYPE_CHECKING:
    from ..session import Session

LEAST = 12.0  # pixels that the name of what is gone has at any scale
COMPARED = {"added": "success", "changed": "warning"}  # the roles of what came and of what changed


class Ghosts:
    """What is gone, in a draw node behind the boxes."""

    def __init__(self, node: int | str, session: Session):
        self.node, self.session = node, session
        self._key: tuple[Any, ...] | None = None

    def paint(self, scene: Scene, zoom: float, theme_name: str) -> None:
        """Show what is gone, where something is compared."""
        comparison = self.session.comparing.found
        key = (comparison, scene.at if comparison is not None else None, zoom, theme_name)
        if key == self._key:
            return
        self._key = key
        dpg.delete_item(self.node, children_only=True)
        if comparison is None:
            return
        paint, shade = Painter(self.node, zoom), color("error")
        there = ghosts(comparison, self.session.graph, scene.sizes)
        for link in comparison.taken:
            self._link(link, scene, there, zoom)
        for item, (x, y, width, height) in there.items():
            paint.frame(x, y, width, height, faded(shade, 0.8), faded(shade, 0.08), ROUND, max(1.0, 1.4 * zoom))
            paint.text(x + 12, y + height / 2, item.name, max(TITLE_SIZE, LEAST / zoom), shade, bold=True)

    def _link(self, link: Link, scene: Scene, there: dict[Item, Rectangle], zoom: float) -> None:
        """A link that only the other graph has, from box to box."""
        ends = [self._place(item, scene, there) for item in (
            Item("input" if link.source.name in self._other_inputs else "node", link.source.name), link.target.item)]
        if ends[0] is None or ends[1] is None:
            return
        (x, y, width, height), (a, b, _, tall) = ends
        points = scaled(bezier((x + width, y + height / 2), (a, b + tall / 2)), zoom)
        dpg.draw_bezier_cubic(*points, color=faded(color("error"), 0.55), thickness=max(1.2, 2 * zoom), segments=steps(points),
                              parent=self.node)

    @property
    def _other_inputs(self) -> Any:
        comparison = self.session.comparing.found
        return comparison.other.inputs if comparison is not None else ()

    def _place(self, item: Item, scene: Scene, there: dict[Item, Rectangle]) -> Rectangle | None:
        return there.get(item) or (scene.rectangle(item) if item in scene.boxes else None)
