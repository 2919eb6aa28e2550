"""Paints the links of the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..canvas.box import Rectangle
from ..canvas.curve import Curve
from ..canvas.gestures import Gestures
from ..canvas.scene import Scene
from ..document.items import Link
from .painter import scaled, steps, touches
from .pen import NONE, PINS
from .theme import RGBA, color, faded, of_type

if TYPE_CHECKING:
    from ..session import Session

STRETCH = (0.4, 2.5)  # how far links are stretched before they are drawn anew
SPREAD_DOTS = (12.0, 20.0, 28.0)  # canvas units before the end of a link


class Links:
    """The links that are drawn in a draw node, bent or drawn again only where they have changed."""

    def __init__(self, node: int | str, session: Session, gestures: Gestures):
        self.session, self.gestures = session, gestures
        self.node = dpg.add_draw_node(parent=node)
        self.riders = dpg.add_draw_node(parent=node)  # of the links that are dragged as they are
        self._riding: frozenset[Link] = frozenset()
        self._drawn: dict[Link, tuple[Curve, tuple[str, float, str], list[int | str]]] = {}
        self._hidden: set[Link] = set()
        self._reach: dict[Link, tuple[Curve, Rectangle]] = {}
        self._seen: Any = None
        self._zoom = 1.0

    def paint(self, scene: Scene, zoom: float, theme_name: str, zooming: bool = False) -> bool:
        """Show the links of a scene at a scale; whether they are still to be drawn anew for it.

        zooming: whether the scale has just changed. Then what is drawn is stretched, and drawn anew once it rests.
        """
        special = self._special(scene)
        state = (scene.curves, special, zoom, theme_name, self.gestures.seen, scene.drift)
        self._carry(scene.riding)
        if self._seen is not None and self._seen[0] is state[0] and self._seen[1:] == state[1:]:
            return False
        old = self._seen
        if zooming and old is not None and old[0] is state[0] and old[1] == special and old[3] == theme_name \
                and STRETCH[0] < zoom / self._zoom < STRETCH[1]:
            self._place(scene.drift, zoom)
            return True
        self._seen = state
        self._zoom = zoom
        self._place(scene.drift, zoom)
        for link in [link for link in self._drawn if link not in scene.curves]:
            for drawn in self._drawn.pop(link)[2]:
                dpg.delete_item(drawn)
            self._hidden.discard(link)
            self._reach.pop(link, None)
        seen = self.gestures.seen
        away = (seen[0] - scene.drift[0], seen[1] - scene.drift[1], *seen[2:])  # the same, as riding links see it
        for link, curve in scene.curves.items():
            kept = self._drawn.get(link)
            reach = self._reach.get(link)
            if reach is None or reach[0] is not curve:
                reach = self._reach[link] = curve, curve.bounds
            there = touches(reach[1], away if link in scene.riding else seen)
            if not there:
                if kept is not None and link not in self._hidden:
                    self._hidden.add(link)
                    for drawn in kept[2]:
                        dpg.configure_item(drawn, show=False)
                continue
            look = (special.get(link, ""), zoom, theme_name)
            if kept is None or kept[0] is not curve and not _alike(kept[0], curve) or kept[1] != look:
                for drawn in kept[2] if kept is not None else ():
                    dpg.delete_item(drawn)
                self._drawn[link] = curve, look, self._draw(curve, look[0], zoom)
            elif kept[0] is not curve:
                self._bend(curve, kept[2], zoom)
                self._drawn[link] = curve, look, kept[2]
            if link in self._hidden:
                self._hidden.discard(link)
                for drawn in self._drawn[link][2]:
                    dpg.configure_item(drawn, show=True)
        return False

    def _carry(self, riding: frozenset[Link]) -> None:
        """Have these links, and no others, among those that go along with what is dragged."""
        if riding is self._riding:
            return
        for links, node in ((self._riding - riding, self.node), (riding - self._riding, self.riders)):
            for link in links:
                for drawn in self._drawn[link][2] if link in self._drawn else ():
                    dpg.move_item(drawn, parent=node)
        self._riding = riding

    def _place(self, drift: tuple[float, float], zoom: float) -> None:
        """Show what is drawn at a scale, and what rides along so far away from its place."""
        scale = dpg.create_scale_matrix((zoom / self._zoom, zoom / self._zoom))
        dpg.apply_transform(self.node, scale)
        dpg.apply_transform(self.riders, dpg.create_translation_matrix((drift[0] * zoom, drift[1] * zoom)) * scale)

    def _special(self, scene: Scene) -> dict[Link, str]:
        """The links that look otherwise than usual, and how."""
        overlay, session, hover = self.gestures.overlay, self.session, self.gestures.hover
        special = dict.fromkeys(session.selected_links, "selected")
        special |= dict.fromkeys(overlay.cut, "cut")
        if hover.link is not None and not self.gestures.dragging:
            special.setdefault(hover.link, "hovered")
        if session.selection:  # what leads to and from what is selected is seen, however faint it is else
            chosen = {item.name for item in session.selection}
            for link, curve in scene.curves.items():
                if curve.quiet and (link.source.name in chosen or link.target.name in chosen):
                    special.setdefault(link, "shown")
        if session.comparing.found is not None:
            for link in session.comparing.found.added:
                special.setdefault(link, "added")
        special |= dict.fromkeys(self.gestures.trail.links if self.gestures.trail is not None else (), "why")
        if overlay.splits is not None:
            special[overlay.splits] = "split"
        if overlay.taken is not None:
            special[overlay.taken] = "gone"
        return special

    def _draw(self, curve: Curve, look: str, zoom: float) -> list[int | str]:
        shade = of_type(curve.color)
        thick = max(1.3, 2.4 * zoom) if zoom >= PINS else 1.2
        strokes: list[tuple[RGBA, float]] = []
        if look == "gone":
            strokes.append((faded(shade, 0.18), thick))
        elif look == "selected":
            strokes += [(color("selected"), thick + 3 * max(zoom, 0.5)), (shade, thick)]
        elif look == "why":
            strokes += [(faded(color("stale"), 0.45), thick + 6 * max(zoom, 0.5)), (color("stale"), thick + 1)]
        elif look == "added":
            strokes += [(faded(color("success"), 0.4), thick + 6 * max(zoom, 0.5)), (shade, thick)]
        elif look == "cut":
            strokes.append((color("knife"), thick))
        elif look in ("hovered", "split"):
            around = faded(color("loose"), 0.75 if look == "split" else 0.35)
            strokes += [(around, thick + 4 * max(zoom, 0.5)), (shade, thick)]
        else:
            part = 0.35 if curve.dim else 0.22 if curve.quiet and look != "shown" else 1.0
            strokes.append((faded(shade, part), thick))
        if curve.many and zoom >= PINS and look != "gone":
            last, width = strokes[-1]
            strokes[-1] = (last, width + 2.6 * zoom)
            strokes.append((color("canvas"), max(1.0, 1.4 * zoom)))
        drawn: list[int | str] = []
        parent = self.riders if curve.link in self._riding else self.node
        for stroke, width in strokes:
            for segment in curve.segments:
                points = scaled(segment, zoom)
                drawn.append(dpg.draw_bezier_cubic(*points, color=stroke, thickness=width, segments=steps(points),
                                                   parent=parent))
        if curve.spread and zoom >= PINS and look != "gone":
            drawn += self._draw_spread(curve, shade, zoom, parent)
        return drawn

    def _draw_spread(self, curve: Curve, shade: RGBA, zoom: float, parent: int | str) -> list[int | str]:
        """Three dots before the end of a link whose list is joined into another."""
        x, y = curve.segments[-1][6:]
        return [dpg.draw_circle(((x - away) * zoom, y * zoom), max(1.5, 2.6 * zoom), color=NONE, fill=shade,
                                parent=parent) for away in SPREAD_DOTS]

    def _bend(self, curve: Curve, drawn: list[int | str], zoom: float) -> None:
        """Lead a link that is drawn already along another curve."""
        for at, item in enumerate(drawn):
            a, b, c, d = points = scaled(curve.segments[at % len(curve.segments)], zoom)
            dpg.configure_item(item, p1=a, p2=b, p3=c, p4=d, segments=steps(points))


def _alike(one: Curve, other: Curve) -> bool:
    """Whether two curves differ in their points alone, and can be bent into one another."""
    return not one.spread and len(one.segments) == len(other.segments) and one[2:] == other[2:]
