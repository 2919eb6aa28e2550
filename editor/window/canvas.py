"""Paints the scene: one draw node for each item, painted again only when its box has changed; moved by transforms.

A zoom paints what is seen anew at the new scale, so that text and lines stay sharp; below a scale of 0.38 small text
is left out. What is not seen is hidden, and not painted before it is.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import dearpygui.dearpygui as dpg

from ..canvas.box import NO_STATUS
from ..canvas.gestures import LEFT, MIDDLE, RIGHT, Gestures
from ..canvas.scene import Scene
from ..document.items import Item
from . import fonts, keyboard, theme
from .above import Above
from .bubble import Bubble
from .ghosts import COMPARED, Ghosts
from .grid import Grid
from .icons import Icons
from .links import Links
from .marks import Marks
from .minimap import MinimapPainter
from .painter import Painter
from .runsline import RunsLinePainter
from .signs import SignPainter
from .textures import Textures

if TYPE_CHECKING:
    from ..session import Session

REPAINTED = 24  # boxes that are drawn anew in one frame for another scale alone; the others are stretched meanwhile
BUTTONS = {LEFT: dpg.mvMouseButton_Left, MIDDLE: dpg.mvMouseButton_Middle, RIGHT: dpg.mvMouseButton_Right}


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
        session.running.foresight = True
        self.gestures = Gestures(session, fonts.measure)
        self.textures, self.icons = Textures(), Icons()
        self.list = dpg.add_drawlist(64, 64, parent=parent)
        dpg.bind_item_theme(parent, theme.look("bare"))  # its ground is the canvas's
        self.grid = Grid(self.list)
        self.world = dpg.add_draw_node(parent=self.list)
        self.behind, lines, gone, self.front, above = (dpg.add_draw_node(parent=self.world) for _ in range(5))
        self.links = Links(lines, session, self.gestures)
        self.above, self.ghosts = Above(above, self.gestures), Ghosts(gone, session)
        self.signs = SignPainter(self.list, self.gestures)
        self.line = RunsLinePainter(self.list, self.gestures)
        self.map = MinimapPainter(self.list, session, self.gestures)
        self.words = Bubble(self.list, session, self.gestures)
        self._painted: dict[Item, Painted] = {}
        self._places: dict[Item, tuple[float, float]] = {}
        self._hidden: set[Item] = set()
        self._view_key: tuple[int, int] | None = None
        self._size = (0, 0)
        self._clock = time.monotonic()
        self._down: str = ""
        self.ready = self._unfinished = False
        self._zoom = 0.0

    def close(self) -> None:
        """Let go of everything drawn."""
        dpg.delete_item(self.list)
        self.textures.close()
        self.icons.close()

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
        self.grid.paint(zoom, offset, self._size, theme_name)
        if self._view_key != offset:
            self._view_key = offset
            dpg.apply_transform(self.world, dpg.create_translation_matrix(offset))
        self._unfinished = False
        self._paint_items(shown, zoom, theme_name)
        if self.links.paint(shown, zoom, theme_name, zoom != self._zoom) or self._unfinished:
            self.session.touch()  # the rest is drawn in the next frame
        self._zoom = zoom
        self.above.paint(shown, zoom, theme_name)
        self.ghosts.paint(shown, zoom, theme_name)
        self.signs.paint(theme_name)
        self.line.paint(theme_name)
        self.map.paint(self._size, theme_name)
        self.words.paint(shown, now, self._size, bool(self._down))
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
        trail, outlined = self.gestures.trail, session.running.outlined
        comparison = session.comparing.found
        marks = comparison.marks if comparison is not None else {}
        budget = [2]  # new textures in one frame
        left_over = REPAINTED
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
            other = painted.of is not None and painted.of[0] is box and painted.of[1] != zoom and painted.of[2] == theme_name
            if other and left_over <= 0:  # drawn at another scale, and has to wait for its turn
                self._stretch(painted, item, (left, top), zoom)
                continue
            left_over -= other
            place = (round(left * zoom), round(top * zoom), 1.0)
            if self._places.get(item) != place:
                self._places[item] = place
                dpg.apply_transform(painted.node, dpg.create_translation_matrix(place[:2]))
            waits = budget[0] > 0 and any(self.textures.lacks(item, shown.port, shown.thumbnail.picture)
                                          for shown in box.pictures)
            if waits or painted.of is None or painted.of[0] is not box or painted.of[1:] != (zoom, theme_name):
                dpg.delete_item(painted.body, children_only=True)
                Painter(painted.body, zoom, self.textures, budget, self.icons).item(box)
                self._painted[item] = painted = painted._replace(of=(box, zoom, theme_name))
            chosen = item in session.selection or item in overlay.chosen
            hovered = self.gestures.hover.item == item and not self.gestures.dragging or overlay.target == item
            status = scene.status.get(item, NO_STATUS)
            beat = int(self._clock * 20) if status.status == "running" and status.part is None else 0
            light = "stale" if trail is not None and item in trail.origins else \
                "accent" if item.kind == "node" and item.name in outlined else COMPARED[marks[item]] if item in marks else ""
            heard = self._heard(item)
            marked = (heard, light, status, chosen, hovered, box.width, box.height, box.collapsed, zoom, theme_name, beat)
            if painted.marked != marked:
                dpg.delete_item(painted.mark, children_only=True)
                Marks(Painter(painted.mark, zoom)).draw(box, status, chosen, hovered, self._clock, light, heard)
                self._painted[item] = painted._replace(marked=marked)

    def _stretch(self, painted: Painted, item: Item, at: tuple[float, float], zoom: float) -> None:
        """Show what was drawn at another scale as large as it should be; it is drawn anew in a later frame."""
        assert painted.of is not None
        scale = zoom / painted.of[1]
        place = (round(at[0] * zoom), round(at[1] * zoom), scale)
        if self._places.get(item) != place:
            self._places[item] = place
            there, larger = dpg.create_translation_matrix(place[:2]), dpg.create_scale_matrix((scale, scale))
            dpg.apply_transform(painted.node, there * larger)
        self._unfinished = True

    def _heard(self, item: Item) -> float | None:
        """How far what is heard has come, in the box that shows it."""
        played, graph = self.session.played, self.session.graph
        if played is None:
            return None
        name = graph.outputs[item.name].name if item.kind == "output" and item.name in graph.outputs else item.name
        return played[1] if item.kind in ("node", "output") and played[0].rpartition(".")[0] == name else None

    def _new(self, item: Item) -> Painted:
        node = dpg.add_draw_node(parent=self.behind if item.kind == "frame" else self.front)
        body, mark = dpg.add_draw_node(parent=node), dpg.add_draw_node(parent=node)
        self._painted[item] = made = Painted(node, body, mark, None, None)
        return made
