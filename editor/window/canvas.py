"""Paints the scene: one draw node for each item, painted again only when its box has changed; moved by transforms.

A zoom paints what is seen anew at the new scale, so that text and lines stay sharp; below a scale of 0.38 small text
is left out. What is not seen is hidden, and not painted before it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import dearpygui.dearpygui as dpg

from ..canvas import scene as scenes
from ..canvas.gestures import LEFT, MIDDLE, RIGHT, Gestures
from ..document.items import Item, Link
from ..panels.nodetext import about_node, about_pin
from ..canvas.scene import PAD, SMALL_TEXT, TITLE, Box, Curve, Pin, PinAt, Rectangle, Scene, Status
from . import fonts, keyboard, theme
from .textures import Textures
from .theme import RGBA, color, faded, mixed, of_type

if TYPE_CHECKING:
    from ..session import Session

PINS, NAMES = 0.3, 0.24  # the scales below which these are not drawn
HOVER_SECONDS = 0.45
ROUND = 6.0
GRID, GRID_STRONG = 32.0, 160.0
BUTTONS = {LEFT: dpg.mvMouseButton_Left, MIDDLE: dpg.mvMouseButton_Middle, RIGHT: dpg.mvMouseButton_Right}
NONE: RGBA = (0, 0, 0, 0)


class Painted(NamedTuple):
    """The draw node of an item, and what its two parts were painted from."""

    node: int | str
    body: int | str
    mark: int | str
    of: Any
    marked: Any


class Canvas:
    """The canvas of a session inside a child window. The window calls `point`, `wheel` and `paint` once a frame."""

    def __init__(self, parent: int | str, session: Session):
        self.session, self.parent = session, parent
        self.gestures = Gestures(session, fonts.measure)
        self.textures = Textures()
        self.list = dpg.add_drawlist(64, 64, parent=parent)
        dpg.bind_item_theme(parent, theme.look("bare"))  # its ground is the canvas's
        self.grid = dpg.add_draw_node(parent=self.list)
        self.world = dpg.add_draw_node(parent=self.list)
        self.behind, self.lines, self.front = (dpg.add_draw_node(parent=self.world) for _ in range(3))
        self.above = dpg.add_draw_node(parent=self.world)
        self.map = dpg.add_draw_node(parent=self.list)
        self.map_ground, self.map_boxes, self.map_view = (dpg.add_draw_node(parent=self.map) for _ in range(3))
        self.words = dpg.add_draw_node(parent=self.list)
        self._painted: dict[Item, Painted] = {}
        self._places: dict[Item, tuple[float, float]] = {}
        self._hidden: set[Item] = set()
        self._links: dict[Link, tuple[Curve, tuple, list[int | str]]] = {}
        self._hidden_links: set[Link] = set()
        self._grid_key = self._view_key = self._map_key = self._overlay_key = self._words_key = None
        self._seen_links: Any = None
        self._size = (0, 0)
        self._clock = time.monotonic()
        self._rested: tuple[Any, float] = (None, 0.0)
        self._down: str = ""
        self.ready = False

    def close(self) -> None:
        """Let go of everything drawn."""
        dpg.delete_item(self.list)
        self.textures.close()

    # -- the pointer

    def point(self, mouse: tuple[float, float]) -> None:
        """Take in where the pointer is, in pixels of the viewport, and what its buttons do."""
        if not self.ready:
            return
        left, top = dpg.get_item_rect_min(self.list)
        x, y = mouse[0] - left, mouse[1] - top
        modifiers = keyboard.held()
        gestures = self.gestures
        gestures.space = dpg.is_key_down(dpg.mvKey_Spacebar)
        over = dpg.is_item_hovered(self.parent) and 0 <= x < self._size[0] and 0 <= y < self._size[1]
        if over or self._down:
            gestures.move(x, y, *modifiers)
        else:
            gestures.leave()
        for name, button in BUTTONS.items():
            twice = dpg.is_mouse_button_double_clicked(button)
            if not self._down and over and (twice or dpg.is_mouse_button_clicked(button)):
                self._down = name
                gestures.press(x, y, name, *modifiers, clicks=2 if twice else 1)
            elif self._down == name and not dpg.is_mouse_button_down(button):
                self._down = ""
                gestures.release(x, y, name, *modifiers)

    def wheel(self, steps: float) -> None:
        """The wheel was turned, somewhere in the window."""
        if self.ready and dpg.is_item_hovered(self.parent):
            self.gestures.wheel(steps, *self.gestures.pixel)

    # -- painting

    def paint(self) -> None:
        """Show how things are now. The first call only sets the size: text is not known before the first frame."""
        self._resize()
        if dpg.get_frame_count() < 2:
            return
        self.ready = True
        now = time.monotonic()
        self.gestures.tick(now - self._clock)
        self._clock = now
        self.gestures.look()
        shown, view = self.gestures.shown, self.session.view
        theme_name = theme.current()
        zoom = view.zoom
        offset = (-round(view.x * zoom), -round(view.y * zoom))
        self._paint_grid(zoom, offset, theme_name)
        if self._view_key != offset:
            self._view_key = offset
            dpg.apply_transform(self.world, dpg.create_translation_matrix(offset))
        self._paint_items(shown, zoom, theme_name)
        self._paint_links(shown, zoom, theme_name)
        self._paint_overlay(shown, zoom, theme_name)
        self._paint_map(theme_name)
        self._paint_words(shown, now)
        self.textures.tidy()

    def _resize(self) -> None:
        width, height = dpg.get_item_width(self.parent), dpg.get_item_height(self.parent)
        size = dpg.get_item_rect_size(self.parent)
        if size[0] > 1:
            width, height = int(size[0]), int(size[1])
        if (width, height) != self._size and width > 0 and height > 0:
            self._size = (width, height)
            dpg.configure_item(self.list, width=width, height=height)
            self.session.canvas_size = (float(width), float(height))
            self._grid_key = self._map_key = None

    def _paint_grid(self, zoom: float, offset: tuple[int, int], theme_name: str) -> None:
        strong = GRID_STRONG * zoom
        key = (zoom, self._size, theme_name)
        if key != self._grid_key:
            self._grid_key = key
            dpg.delete_item(self.grid, children_only=True)
            width, height = self._size[0] + strong, self._size[1] + strong
            steps = 5 if GRID * zoom >= 14 else 1
            for direction, length, across in ((0, width, height), (1, height, width)):
                for at in range(int(length / strong * steps) + steps + 1):
                    place = round(at * strong / steps)
                    corners = ((place, 0), (place + 1, across)) if direction == 0 else \
                        ((0, place), (across, place + 1))
                    dpg.draw_rectangle(*corners, color=NONE, parent=self.grid,
                                       fill=color("grid_strong" if at % steps == 0 else "grid"))
        dpg.apply_transform(self.grid, dpg.create_translation_matrix([round(at % strong - strong) for at in offset]))

    # -- items

    def _paint_items(self, scene: Scene, zoom: float, theme_name: str) -> None:
        for item in [item for item in self._painted if item not in scene.boxes]:
            dpg.delete_item(self._painted.pop(item).node)
            self._places.pop(item, None)
            self._hidden.discard(item)
            self.textures.drop(item)
        x, y, width, height = self.gestures.seen
        right, bottom = x + width, y + height
        overlay, session = self.gestures.overlay, self.session
        budget = [2]  # new textures in one frame
        for item, box in scene.boxes.items():
            left, top = scene.at[item]
            seen = left < right + 24 and left + box.width > x - 24 and top < bottom + 24 and top + box.height > y - 24
            painted = self._painted.get(item)
            if not seen:
                if painted is not None and item not in self._hidden:
                    self._hidden.add(item)
                    dpg.configure_item(painted.node, show=False)
                    self.textures.drop(item)
                continue
            if painted is None:
                painted = self._new(item)
            elif item in self._hidden:
                self._hidden.discard(item)
                dpg.configure_item(painted.node, show=True)
            place = (round(left * zoom), round(top * zoom))
            if self._places.get(item) != place:
                self._places[item] = place
                dpg.apply_transform(painted.node, dpg.create_translation_matrix(place))
            waits = budget[0] > 0 and any(self.textures.lacks(item, shown.port, shown.thumbnail.picture)
                                          for shown in box.pictures)
            if waits or painted.of is None or painted.of[0] is not box or painted.of[1:] != (zoom, theme_name):
                dpg.delete_item(painted.body, children_only=True)
                _Painter(painted.body, zoom, self.textures, budget).item(box)
                self._painted[item] = painted = painted._replace(of=(box, zoom, theme_name))
            chosen = item in session.selection or item in overlay.chosen
            hovered = self.gestures.hover.item == item and not self.gestures.dragging or overlay.target == item
            status = scene.status.get(item, scenes._NO_STATUS)
            beat = int(self._clock * 20) if status.status == "running" and status.part is None else 0
            marked = (status, chosen, hovered, box.width, box.height, box.collapsed, zoom, theme_name, beat)
            if painted.marked != marked:
                dpg.delete_item(painted.mark, children_only=True)
                _Painter(painted.mark, zoom).marks(box, status, chosen, hovered, self._clock)
                self._painted[item] = painted._replace(marked=marked)

    def _new(self, item: Item) -> Painted:
        node = dpg.add_draw_node(parent=self.behind if item.kind == "frame" else self.front)
        body, mark = dpg.add_draw_node(parent=node), dpg.add_draw_node(parent=node)
        self._painted[item] = made = Painted(node, body, mark, None, None)
        return made

    # -- links

    def _paint_links(self, scene: Scene, zoom: float, theme_name: str) -> None:
        overlay, session, hover = self.gestures.overlay, self.session, self.gestures.hover
        special = {link: "selected" for link in session.selected_links}
        special |= dict.fromkeys(overlay.cut, "cut")
        if hover.link is not None and not self.gestures.dragging:
            special.setdefault(hover.link, "hovered")
        if overlay.splits is not None:
            special[overlay.splits] = "split"
        if overlay.taken is not None:
            special[overlay.taken] = "gone"
        state = (scene.curves, special, zoom, theme_name, self.gestures.seen)
        if self._seen_links is not None and self._seen_links[0] is state[0] and self._seen_links[1:] == state[1:]:
            return
        self._seen_links = state
        for link in [link for link in self._links if link not in scene.curves]:
            for drawn in self._links.pop(link)[2]:
                dpg.delete_item(drawn)
            self._hidden_links.discard(link)
        seen = self.gestures.seen
        for link, curve in scene.curves.items():
            kept = self._links.get(link)
            there = _touches(curve.bounds, seen)
            if not there:
                if kept is not None and link not in self._hidden_links:
                    self._hidden_links.add(link)
                    for drawn in kept[2]:
                        dpg.configure_item(drawn, show=False)
                continue
            look = (special.get(link, ""), zoom, theme_name)
            if kept is None or kept[0] is not curve and not _alike(kept[0], curve) or kept[1] != look:
                for drawn in kept[2] if kept is not None else ():
                    dpg.delete_item(drawn)
                self._links[link] = curve, look, self._draw_link(curve, look[0], zoom)
            elif kept[0] is not curve:
                self._bend(curve, kept[2], zoom)
                self._links[link] = curve, look, kept[2]
            if link in self._hidden_links:
                self._hidden_links.discard(link)
                for drawn in self._links[link][2]:
                    dpg.configure_item(drawn, show=True)

    def _draw_link(self, curve: Curve, look: str, zoom: float) -> list[int | str]:
        shade = of_type(curve.color)
        thick = max(1.3, 2.4 * zoom) if zoom >= PINS else 1.2
        strokes: list[tuple[RGBA, float]] = []
        if look == "gone":
            strokes.append((faded(shade, 0.18), thick))
        elif look == "selected":
            strokes += [(color("selected"), thick + 3 * max(zoom, 0.5)), (shade, thick)]
        elif look == "cut":
            strokes.append((color("knife"), thick))
        elif look in ("hovered", "split"):
            around = faded(color("loose"), 0.75 if look == "split" else 0.35)
            strokes += [(around, thick + 4 * max(zoom, 0.5)), (shade, thick)]
        else:
            strokes.append((faded(shade, 0.35) if curve.dim else shade, thick))
        if curve.many and zoom >= PINS and look != "gone":
            last, width = strokes[-1]
            strokes[-1] = (last, width + 2.6 * zoom)
            strokes.append((color("canvas"), max(1.0, 1.4 * zoom)))
        drawn = []
        for stroke, width in strokes:
            for segment in curve.segments:
                points = _scaled(segment, zoom)
                drawn.append(dpg.draw_bezier_cubic(*points, color=stroke, thickness=width, segments=_steps(points),
                                                   parent=self.lines))
        return drawn

    def _bend(self, curve: Curve, drawn: list[int | str], zoom: float) -> None:
        """Lead a link that is drawn already along another curve."""
        for at, item in enumerate(drawn):
            a, b, c, d = points = _scaled(curve.segments[at % len(curve.segments)], zoom)
            dpg.configure_item(item, p1=a, p2=b, p3=c, p4=d, segments=_steps(points))

    # -- what is above

    def _paint_overlay(self, scene: Scene, zoom: float, theme_name: str) -> None:
        overlay = self.gestures.overlay
        hovered = self.gestures.hover.pin if not self.gestures.dragging else None
        key = (repr((overlay.band, overlay.loose, overlay.knife, overlay.lines, overlay.outline, overlay.over)), zoom,
               theme_name, hovered, id(overlay.fitting), self.gestures.seen if overlay.fitting is not None else None)
        if key == self._overlay_key:
            return
        self._overlay_key = key
        dpg.delete_item(self.above, children_only=True)
        paint = _Painter(self.above, zoom)
        if overlay.fitting is not None:
            self._light_pins(paint, scene)
        if overlay.loose is not None:
            points = _scaled(overlay.loose, zoom)
            shade = color("error") if overlay.reason else of_type(overlay.color)
            dpg.draw_bezier_cubic(*points, color=shade, thickness=max(1.6, 2.6 * zoom), segments=_steps(points),
                                  parent=self.above)
            for x, y in (points[0], points[3]):
                dpg.draw_circle((x, y), max(2.5, 4 * zoom), color=NONE, fill=shade, parent=self.above)
        if overlay.over is not None:
            paint.ring(overlay.over, color("error" if overlay.reason else "loose"))
        elif hovered is not None:
            paint.ring(hovered, color("loose"))
        if overlay.band is not None:
            x, y, width, height = overlay.band
            paint.frame(x, y, width, height, color("band"), faded(color("band"), 0.10), 0.0)
        if overlay.outline is not None:
            paint.frame(*overlay.outline, color("selected"), NONE, ROUND)
        for a, b, c, d in overlay.lines:
            dpg.draw_line((a * zoom, b * zoom), (c * zoom, d * zoom), color=color("snap"), parent=self.above)
        if len(overlay.knife) > 1:
            dpg.draw_polyline([(x * zoom, y * zoom) for x, y in overlay.knife], color=color("knife"), thickness=2,
                              parent=self.above)

    def _light_pins(self, paint: _Painter, scene: Scene) -> None:
        """Show which pins a loose link may go to, of those that are seen; the others step back."""
        overlay, seen = self.gestures.overlay, self.gestures.seen
        gives = any(type(end).__name__ == "Ref" for end in overlay.fitting or ())
        for item in scene.boxes:
            if not _touches(scene.rectangle(item), seen):
                continue
            for at in scene.pins(item):
                if at.pin.gives == gives and at.pin.end in overlay.fitting:
                    paint.ring(at, of_type(at.pin.type.color))
                else:
                    paint.veil(at)

    def _paint_map(self, theme_name: str) -> None:
        found = self.gestures.minimap()
        if (found is not None) != dpg.is_item_shown(self.map):
            dpg.configure_item(self.map, show=found is not None)
        if found is None:
            return
        left, top, small = found
        scene = self.gestures.scene
        outline = (scene.at, {item: (box.width, box.height, box.color) for item, box in scene.boxes.items()},
                   self._size, theme_name, self.session.selection)
        if outline != self._map_key:
            self._map_key = outline
            dpg.delete_item(self.map_ground, children_only=True)
            dpg.delete_item(self.map_boxes, children_only=True)
            dpg.draw_rectangle((left, top), (left + small.width, top + small.height), color=color("border"),
                               fill=color("minimap"), rounding=6, parent=self.map_ground)
            for item, box in scene.boxes.items():
                if item.kind == "dot":
                    continue
                x, y, width, height = scene.rectangle(item)
                dpg.draw_rectangle((x, y), (x + width, y + height), color=NONE, parent=self.map_boxes,
                                   fill=self._map_color(item, box))
        matrix = dpg.create_translation_matrix((left - small.x * small.scale, top - small.y * small.scale)) \
            * dpg.create_scale_matrix((small.scale, small.scale))
        dpg.apply_transform(self.map_boxes, matrix)
        x, y, width, height = small.view
        x, y = max(0.0, x), max(0.0, y)
        dpg.delete_item(self.map_view, children_only=True)
        right, bottom = left + min(small.width, x + width), top + min(small.height, y + height)
        dpg.draw_rectangle((left + x, top + y), (right, bottom),
                           color=color("dim"), fill=faded(color("dim"), 0.08), rounding=3, parent=self.map_view)

    def _map_color(self, item: Item, box: Box) -> RGBA:
        if item in self.session.selection:
            return color("selected")
        if item.kind == "frame":
            return faded(theme.rgba(box.color) if box.color else color("frame"), 0.3)
        if item.kind == "note":
            return faded(color("note_text"), 0.3)
        if box.color:
            return theme.rgba(box.color)
        pin = next((pin for pin in box.pins if pin.gives), None)
        return mixed(color("dim"), of_type(pin.type.color), 0.7) if pin is not None else color("dim")

    # -- words beside the pointer

    def _paint_words(self, scene: Scene, now: float) -> None:
        """Why a link does not fit, while one is dragged; what is under the pointer, once it rests there."""
        overlay, hover = self.gestures.overlay, self.gestures.hover
        if overlay.reason:
            key, lines = ("reason", overlay.reason, self.gestures.pixel), [("text", overlay.reason)]
        else:
            rested = (hover.kind, hover.item, hover.pin.pin.end if hover.pin else None)
            if rested != self._rested[0]:
                self._rested = rested, now
            wanted = hover.kind in ("pin", "title", "collapse") and hover.item.kind in ("node", "input", "output") \
                and not self.gestures.dragging and not self._down and now - self._rested[1] >= HOVER_SECONDS
            if not wanted:
                key, lines = None, []
            else:
                key = (*rested, self.session.revision, theme.current())
                lines = about_pin(self.session, hover.pin) if hover.pin is not None else \
                    about_node(self.session, hover.item, scene.status.get(hover.item))
        if key == self._words_key:
            return
        self._words_key = key
        dpg.delete_item(self.words, children_only=True)
        if lines:
            self._bubble(lines)

    def _bubble(self, lines: Iterable[tuple[str, str]]) -> None:
        size, most = 15.0, 360.0
        rows = [(role, row) for role, words in lines
                for row in scenes.wrapped(words, size, most, fonts.measure, 12)]
        if not rows:
            return
        width = max(fonts.measure(row, size, role == "title") for role, row in rows) + 20
        height = len(rows) * 19 + 14
        x, y = self.gestures.pixel
        x = max(4.0, min(x + 18, self._size[0] - width - 4))
        y = y + 22 if y + 22 + height < self._size[1] else max(4.0, y - height - 12)
        x, y = round(x), round(y)
        dpg.draw_rectangle((x, y), (x + width, y + height), color=color("border"), fill=color("tooltip"), rounding=6,
                           parent=self.words)
        for at, (role, row) in enumerate(rows):
            shade = {"dim": "tooltip_dim", "error": "tooltip_error"}.get(role, "tooltip_text")
            drawn = dpg.draw_text((x + 10, y + 8 + at * 19), row, size=size, color=color(shade), parent=self.words)
            if role == "title" and fonts.is_bold(row):
                dpg.bind_item_font(drawn, fonts.font("bold"))


# ---- one item -----------------------------------------------------------------------------------------------------

class _Painter:
    """Draws at a scale into a draw node. Lengths are in canvas units."""

    def __init__(self, node: int | str, zoom: float, textures: Textures | None = None, budget: list[int] | None = None):
        self.node, self.zoom, self.textures, self.budget = node, zoom, textures, budget

    def frame(self, x: float, y: float, width: float, height: float, line: RGBA, fill: RGBA, rounding: float,
              thickness: float = 1.0) -> None:
        z = self.zoom
        dpg.draw_rectangle((round(x * z), round(y * z)), (round((x + width) * z), round((y + height) * z)), color=line,
                           fill=fill if fill[3] else (0, 0, 0, 0), rounding=rounding * z if z >= PINS else 0,
                           thickness=thickness, parent=self.node)

    def text(self, x: float, y: float, words: str, size: float, shade: RGBA, bold: bool = False) -> None:
        """A line of text, its middle at a height."""
        if not words:
            return
        z = self.zoom
        corner = (round(x * z), round((y - size / 2) * z))
        drawn = dpg.draw_text(corner, words, size=size * z, color=shade, parent=self.node)
        if bold and fonts.is_bold(words):
            dpg.bind_item_font(drawn, fonts.font("bold"))

    def text_to(self, right: float, y: float, words: str, size: float, shade: RGBA) -> None:
        """A line of text that ends at a place."""
        self.text(right - fonts.measure(words, size), y, words, size, shade)

    def item(self, box: Box) -> None:
        """Everything that belongs to a box itself."""
        getattr(self, f"_{box.item.kind}")(box)

    # -- the kinds

    def _node(self, box: Box) -> None:
        z, width, height = self.zoom, box.width, box.height
        own = theme.rgba(box.color) if box.color else None
        title = mixed(color("node_title"), own, 0.6) if own else color("node_title")
        if z >= PINS:
            self.frame(1, height - 6, width - 2, 9, NONE, color("shadow"), ROUND)
        if box.graph:  # a second sheet behind says that there is more inside
            self.frame(4, -4, width - 8, 16, color("outline"), title, ROUND)
        if box.collapsed:
            self.frame(0, 0, width, height, NONE, title, ROUND)
        else:
            self.frame(0, 0, width, TITLE + ROUND, NONE, title, ROUND)
            self._foot(TITLE, width, height, color("node"))
        self.frame(0, 0, width, height, color("outline"), NONE, ROUND)
        gives = next((pin for pin in box.pins if pin.gives), None)
        if gives is not None and z >= PINS and not box.collapsed:
            dpg.draw_line((1, round(TITLE * z)), (round(width * z) - 1, round(TITLE * z)),
                          color=faded(of_type(gives.type.color), 0.75), thickness=max(1.0, 1.6 * z), parent=self.node)
        shade = theme.text_on(title) if own else color("text")
        if z >= NAMES:
            self._title(box, shade)
        if z >= PINS:
            if z >= SMALL_TEXT:
                self._chevron(box.collapsed, shade)
            if z >= SMALL_TEXT and not box.collapsed:
                for pin in box.pins:
                    self._row(box, pin)
        for shown in box.pictures:
            self._picture(box, shown)
        if box.lines and z >= SMALL_TEXT:
            top = height - len(box.lines) * 15 - 12
            self.frame(6, top, width - 12, len(box.lines) * 15 + 8, NONE, faded(color("error"), 0.16), 4)
            for at, line in enumerate(box.lines):
                self.text(PAD, top + 11 + at * 15, line, scenes.SMALL_SIZE, color("error"))
        if box.look:
            self.frame(0, 0, width, height, NONE, faded(color("canvas"), 0.62 if box.look == "mute" else 0.38), ROUND)
            if box.look == "bypass" and z >= PINS:
                self._passage(box)
        if z >= PINS:
            for pin in {(pin.x, pin.y): pin for pin in reversed(box.pins)}.values():
                self.pin(pin.x, pin.y, pin, faint=box.look == "mute")

    def _foot(self, top: float, width: float, height: float, fill: RGBA) -> None:
        """The lower part of a box, round below and straight above."""
        z = self.zoom
        if z < PINS:
            self.frame(0, top, width, height - top, NONE, fill, 0)
            return
        self.frame(0, top, width, 8.0, NONE, fill, 0)
        self.frame(0, top + 1, width, height - top - 1, NONE, fill, ROUND)

    def _title(self, box: Box, shade: RGBA) -> None:
        z = self.zoom
        if z >= SMALL_TEXT:
            self.text(scenes.NAME_AT, TITLE / 2, box.title, scenes.TITLE_SIZE, shade, bold=True)
            if box.subtitle:
                self.text_to(box.width - PAD, TITLE / 2, box.subtitle, scenes.SMALL_SIZE, faded(shade, 0.68))
            return
        size = 11.0 / z  # from far away, the name alone, as large as can be read
        words = scenes.elided(box.title, size, box.width - 8, fonts.measure, bold=True)
        self.text(6, max(TITLE / 2, size / 2 + 1), words, size, shade, bold=True)

    def _chevron(self, collapsed: bool, shade: RGBA) -> None:
        x, y, z = 14.0, TITLE / 2, self.zoom
        points = [(x - 2.5, y - 4.5), (x + 3, y), (x - 2.5, y + 4.5)] if collapsed else \
            [(x - 4.5, y - 2.5), (x, y + 3), (x + 4.5, y - 2.5)]
        dpg.draw_polyline([(a * z, b * z) for a, b in points], color=faded(shade, 0.7), thickness=max(1.0, 1.6 * z),
                          parent=self.node)

    def _row(self, box: Box, pin: Pin) -> None:
        """The words beside a pin."""
        right, size = box.width - PAD, scenes.TEXT_SIZE
        if pin.gives:
            self.text_to(right, pin.y, pin.label, size, color("text"))
            return
        if pin.value or pin.tone in ("literal", "default") and pin.shape != "slot":
            self.frame(PAD - 4, pin.y - box.row / 2 + 2, box.width - 2 * PAD + 8, box.row - 4, NONE, color("value"), 3)
        label = color("faint") if pin.shape == "slot" else color("dim") if pin.tone != "linked" else color("text")
        self.text(PAD, pin.y, pin.label, size, color("error") if pin.tone == "missing" else label)
        if pin.each:
            words = scenes.t("badge.each")
            x = PAD + fonts.measure(pin.label, size) + 8
            wide = fonts.measure(words, scenes.SMALL_SIZE) + 10
            self.frame(x, pin.y - 8, wide, 16, NONE, faded(color("info"), 0.22), 8)
            self.text(x + 5, pin.y, words, scenes.SMALL_SIZE, color("info"))
        if pin.value:
            shade = color("text") if pin.tone == "literal" else color("faint")
            self.text_to(right, pin.y, pin.value, size, shade)

    def pin(self, x: float, y: float, pin: Pin, faint: bool = False) -> None:
        """The sign of a pin: its shape and colour say what may be linked there."""
        z, shade = self.zoom, of_type(pin.type.color)
        if faint:
            shade = mixed(shade, color("node"), 0.6)
        x, y = round(x * z), round(y * z)
        edge, fill, size = color("pin_edge"), shade, 5.0 * z
        if pin.tone == "missing":
            edge, fill = color("error"), color("node")
        elif pin.shape == "slot":
            edge, fill = shade, color("node")
        if pin.shape == "square":
            dpg.draw_rectangle((x - size, y - size), (x + size, y + size), color=edge, fill=fill, rounding=1.5 * z,
                               thickness=max(1.0, 1.4 * z), parent=self.node)
        elif pin.shape == "diamond":
            reach = size * 1.25
            dpg.draw_quad((x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y), color=edge, fill=fill,
                          thickness=max(1.0, 1.4 * z), parent=self.node)
        else:
            dpg.draw_circle((x, y), size, color=edge, fill=fill, thickness=max(1.0, 1.4 * z), parent=self.node)

    def ring(self, at: PinAt, shade: RGBA) -> None:
        """A pin lit up."""
        z = self.zoom
        dpg.draw_circle((round(at.x * z), round(at.y * z)), 9 * max(z, 0.5), color=shade, fill=faded(shade, 0.25),
                        thickness=max(1.0, 1.6 * z), parent=self.node)
        self.pin(at.x, at.y, at.pin)

    def veil(self, at: PinAt) -> None:
        """A pin that steps back."""
        z = self.zoom
        dpg.draw_circle((round(at.x * z), round(at.y * z)), 6.5 * z, color=NONE, fill=faded(color("node"), 0.8),
                        parent=self.node)

    def _picture(self, box: Box, shown: scenes.Picture) -> None:
        z, picture = self.zoom, shown.thumbnail.picture
        if picture is None:
            if z >= SMALL_TEXT:
                self.frame(shown.x, shown.y, shown.width, shown.height, NONE, color("well"), 4)
                for at, line in enumerate(shown.lines):
                    y = shown.y + 6 + scenes.LINE * (at + 0.5)
                    self.text(shown.x + 8, y, line, scenes.SMALL_SIZE, color("text"))
            return
        self.frame(shown.x, shown.y, shown.width, shown.height, NONE, color("well"), 0)
        made = self.textures.get(box.item, shown.port, picture, self.budget) if self.textures is not None else None
        if made is not None:
            dpg.draw_image(made, (round(shown.x * z), round(shown.y * z)),
                           (round((shown.x + shown.width) * z), round((shown.y + shown.height) * z)), parent=self.node)

    def _passage(self, box: Box) -> None:
        """The line of what a bypassed node passes on."""
        gives = next((pin for pin in box.pins if pin.gives), None)
        into = next((pin for pin in box.pins if not pin.gives and pin.tone == "linked" and gives is not None
                     and pin.type is gives.type), None)
        if gives is not None and into is not None:
            points = _scaled(scenes.bezier((into.x, into.y), (gives.x, gives.y)), self.zoom)
            dpg.draw_bezier_cubic(*points, color=faded(of_type(gives.type.color), 0.8), thickness=2.4 * self.zoom,
                                  parent=self.node)

    def _input(self, box: Box) -> None:
        self._end(box, "input")
        if box.value and self.zoom >= SMALL_TEXT:
            self.text(PAD + 4, 42, box.value, scenes.TEXT_SIZE, color("dim"))

    def _output(self, box: Box) -> None:
        self._end(box, "output")

    def _end(self, box: Box, role: str) -> None:
        """The box of an input or output of the whole graph."""
        z, pin = self.zoom, box.pins[0]
        own = mixed(color(role), theme.rgba(box.color), 0.5) if box.color else color(role)
        stripe = of_type(pin.type.color) if role == "input" else color("dim")
        round_ = 8.0
        self.frame(0, 0, box.width, box.height, color("outline"), own, round_)
        x = 0.0 if role == "input" else box.width - 4
        self.frame(x, 6, 4, box.height - 12, NONE, stripe, 2)
        shade = theme.text_on(own) if box.color else color("text")
        if z >= SMALL_TEXT:
            self.text(PAD + (4 if role == "input" else 0), 17, box.title, scenes.TITLE_SIZE, shade, bold=True)
            if box.subtitle:
                self.text_to(box.width - PAD, 17, box.subtitle, scenes.SMALL_SIZE, faded(shade, 0.68))
        elif z >= NAMES:
            size = 11.0 / z
            words = scenes.elided(box.title, size, box.width - 10, fonts.measure, bold=True)
            self.text(8, max(16.0, size / 2 + 1), words, size, shade, bold=True)
        if z >= PINS:
            self.pin(pin.x, pin.y, pin)

    def _dot(self, box: Box) -> None:
        middle = scenes.DOT / 2 * self.zoom
        dpg.draw_circle((middle, middle), max(2.0, 5 * self.zoom), color=color("outline"), fill=color("dim"),
                        parent=self.node)

    def _note(self, box: Box) -> None:
        own = theme.rgba(box.color) if box.color else color("note")
        shade = theme.text_on(own) if box.color else color("note_text")
        self.frame(0, 0, box.width, box.height, mixed(own, shade, 0.25), own, 4)
        if self.zoom >= SMALL_TEXT:
            for at, line in enumerate(box.lines):
                self.text(PAD, 19 + at * scenes.NOTE_LINE, line, scenes.TEXT_SIZE, shade)
        self._grip(box, shade)

    def _frame(self, box: Box) -> None:
        own = theme.rgba(box.color) if box.color else color("frame")
        self.frame(0, 0, box.width, box.height, faded(own, 0.8), faded(own, 0.14), ROUND)
        self.frame(0, 0, box.width, TITLE, NONE, faded(own, 0.35), ROUND)
        shade = color("text")
        if self.zoom >= SMALL_TEXT:
            self.text(PAD, TITLE / 2, box.title, scenes.TITLE_SIZE, shade, bold=True)
        elif self.zoom >= 0.1:
            size = 13.0 / self.zoom
            words = scenes.elided(box.title, size, box.width - 12, fonts.measure, bold=True)
            self.text(8, size / 2 + 4, words, size, shade, bold=True)
        self._grip(box, own)

    def _grip(self, box: Box, shade: RGBA) -> None:
        if self.zoom < SMALL_TEXT:
            return
        z, x, y = self.zoom, box.width - 4, box.height - 4
        for length in (4, 8):
            ends = ((x - length) * z, y * z), (x * z, (y - length) * z)
            dpg.draw_line(*ends, color=faded(shade, 0.6), parent=self.node)

    # -- how it is doing

    def marks(self, box: Box, status: Status, chosen: bool, hovered: bool, now: float) -> None:
        """What is drawn around a box: selection, the state of its run, badges, progress."""
        z = self.zoom
        if box.item.kind == "dot":
            if chosen or hovered:
                middle = scenes.DOT / 2 * z
                dpg.draw_circle((middle, middle), max(4.0, 8 * z), color=color("selected" if chosen else "hovered"),
                                thickness=1.5, parent=self.node)
            return
        role = {"running": "running", "failed": "failed"}.get(status.status, "")
        line = color(role) if role else color("error") if status.trouble == "error" else None
        if line is not None:
            self.frame(0, 0, box.width, box.height, line, NONE, ROUND, thickness=1.6)
        if chosen:
            self.frame(-2, -2, box.width + 4, box.height + 4, color("selected"), NONE, ROUND + 2, max(1.5, 2 * z))
        elif hovered and line is None:
            self.frame(0, 0, box.width, box.height, color("hovered"), NONE, ROUND if box.item.kind == "node" else 8)
        if box.item.kind != "node":
            if status.trouble and box.item.kind in ("input", "output"):
                self._trouble(box, status.trouble)
            return
        if status.status == "running":
            self._progress(box, status.part, now)
        if z >= SMALL_TEXT:
            self._badges(box, status)
        elif status.status in ("running", "failed", "cached", "ran"):
            self.frame(0, -8 / z, box.width, 4 / z, NONE, color(status.status), 0)

    def _progress(self, box: Box, part: float | None, now: float) -> None:
        """A bar along the title: how much is done, or that it is being done."""
        start, length = (0.0, part) if part is not None else ((now * 0.7) % 1.3 - 0.3, 0.3)
        left, right = max(0.0, start), min(1.0, start + length)
        self.frame(0, TITLE - 3, box.width, 3, NONE, faded(color("running"), 0.25), 0)
        if right > left:
            self.frame(box.width * left, TITLE - 3, box.width * (right - left), 3, NONE, color("running"), 0)

    def _badges(self, box: Box, status: Status) -> None:
        """Words above a node, from its right end to the left; a sign of trouble comes first."""
        right, size = box.width, scenes.SMALL_SIZE
        y = -12.0 if not box.graph else -16.0
        for role, words in reversed(status.badges):
            shade = color(role) if role in ("cached", "ran", "failed", "running", "stale") else color("dim")
            width = fonts.measure(words, size) + 12
            self.frame(right - width, y - 8, width, 17, NONE, mixed(color("canvas"), shade, 0.16), 8)
            self.text(right - width + 6, y, words, size, shade)
            right -= width + 4
        if status.trouble:
            self._trouble(box, status.trouble, y)

    def _trouble(self, box: Box, trouble: str, y: float = -12.0) -> None:
        z, shade = self.zoom, color(trouble)
        x = 8.0
        if z < SMALL_TEXT:
            return
        dpg.draw_circle((x * z, y * z), 8 * z, color=NONE, fill=shade, parent=self.node)
        self.text(x - fonts.measure("!", 15, True) / 2, y, "!", 15, theme.text_on(shade), bold=True)


# ---- helpers ------------------------------------------------------------------------------------------------------

def _scaled(segment: scenes.Segment, zoom: float) -> tuple[tuple[float, float], ...]:
    return tuple((segment[at] * zoom, segment[at + 1] * zoom) for at in (0, 2, 4, 6))


def _steps(points: tuple[tuple[float, float], ...]) -> int:
    """How many straight pieces look like the curve."""
    length = abs(points[3][0] - points[0][0]) + abs(points[3][1] - points[0][1])
    return int(max(8, min(48, length / 14)))


def _alike(one: Curve, other: Curve) -> bool:
    """Whether two curves differ in their points alone."""
    return len(one.segments) == len(other.segments) and one[2:] == other[2:]


def _touches(one: Rectangle, other: Rectangle, margin: float = 24.0) -> bool:
    return one[0] < other[0] + other[2] + margin and other[0] - margin < one[0] + one[2] \
        and one[1] < other[1] + other[3] + margin and other[1] - margin < one[1] + one[3]
