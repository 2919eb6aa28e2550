"""Where the panels of the window are, and the lines between them that can be dragged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from . import theme, widgets
from .widgets import px

if TYPE_CHECKING:
    from ..session import Session

BANNER = 38  # units that the strip above the canvas takes, while it is there


class Panes:
    """The areas of the window, made in the container that is open."""

    def __init__(self, session: Session):
        self.session = session
        self._shape: tuple[Any, ...] | None = None
        self._grabbed = ""
        self._ringed: int | str | None = None  # the area that has the keys
        self._ring_shape: tuple[Any, ...] | None = None
        self.bar = dpg.add_menu_bar()
        self.tools = widgets.area(no_scrollbar=True)
        self.banner = widgets.area(no_scrollbar=True, show=False)
        self.middle = dpg.add_child_window(no_scrollbar=True, no_scroll_with_mouse=True)
        self.form_area = widgets.area(show=False)
        self.start = widgets.area(show=False)
        self.side = widgets.area()
        self.below = widgets.area()
        self.results = widgets.area()
        self.time = widgets.area(no_scrollbar=True)
        self.splitters = {name: dpg.add_child_window(no_scrollbar=True)
                          for name in ("inspector", "problems", "gallery", "timeline")}
        self.status = widgets.area(no_scrollbar=True)
        with dpg.viewport_drawlist(front=True) as self.above:
            self.ring_line = dpg.draw_rectangle((0, 0), (1, 1), show=False, rounding=px(4))
        for area in (self.tools, self.status):
            dpg.bind_item_theme(area, theme.look("strip"))
        dpg.bind_item_theme(self.banner, theme.look("banner"))
        dpg.bind_item_theme(self.start, theme.look("start"))
        for area in (self.bar, self.side, self.below, self.results, self.time, self.form_area):
            dpg.bind_item_theme(area, theme.look("inner"))
        for area in (self.middle, *self.splitters.values()):
            dpg.bind_item_theme(area, theme.look("bare"))

    @property
    def _form_is_open(self) -> bool:
        return "form" in self.session.panels

    def arrange(self, start: bool) -> None:
        """Put the panels where they belong, when the window or one of them has another size. start: the start page
        stands in place of the canvas."""
        panels = self.session.settings.panels
        shape = (dpg.get_viewport_client_width(), dpg.get_viewport_client_height(),
                 frozenset(self.session.panels), tuple(panels.items()), self.session.settings.inspector,
                 self.session.files.watching.notice is not None or self.session.comparing.against is not None, start)
        if shape == self._shape:
            return
        self._shape = shape
        width, height = shape[:2]
        top, tools, status, line = px(16) + 2 * px(5), px(36), px(28), px(5)
        bottom = height - status
        wanted = min(max(px(panels.get("inspector", 350)), px(240)), width // 2)
        side = 0 if self._form_is_open or not self.session.settings.inspector else wanted
        place(self.tools, 0, top, width, tools)
        place(self.status, 0, bottom, width, status)
        top += tools
        place(self.side, width - side, top, side, bottom - top, side > 0)
        left = width - side - (line if side else 0)
        place(self.splitters["inspector"], left, top, line, bottom - top, side > 0)
        for name, area in (("problems", self.below), ("gallery", self.results), ("timeline", self.time)):
            shown = name in self.session.panels and not (name == "timeline" and self._form_is_open)
            tall = min(px(panels.get(name, 160)), max(px(80), (bottom - top) // 2)) if shown else 0
            place(area, 0, bottom - tall, left, tall, shown)
            bottom -= tall
            place(self.splitters[name], 0, bottom - line, left, line, shown)
            bottom -= line if shown else 0
        strip = px(BANNER) if shape[-2] else 0
        place(self.banner, 0, top, left, strip, bool(strip))
        top += strip
        place(self.middle, 0, top, left, bottom - top, not self._form_is_open and not start)
        place(self.start, 0, top, left, bottom - top, start)
        self.session.canvas_size = (float(left), float(bottom - top))
        place(self.form_area, 0, top, left, bottom - top, self._form_is_open)
        self.session.touch()

    def ring(self, pointer: tuple[float, float], typing: bool, covered: bool) -> None:
        """A thin line around the area that has the keys: the one under the pointer, or in which something is typed.

        It is drawn above the window: the border of an area would be that of everything in it too.
        """
        if not (typing and self._ringed is not None):
            areas = (self.side, self.below, self.results, self.time, self.form_area, self.start, self.middle)
            self._ringed = next((area for area in areas if dpg.is_item_shown(area) and widgets.within(area, pointer)), None)
        shape = None
        if self._ringed is not None and not covered:
            (x, y), (width, height) = dpg.get_item_pos(self._ringed), dpg.get_item_rect_size(self._ringed)
            shape = x, y, width, height, theme.current()
        if shape == self._ring_shape:
            return
        self._ring_shape = shape
        dpg.configure_item(self.ring_line, show=shape is not None)
        if shape is not None:
            dpg.configure_item(self.ring_line, pmin=(shape[0], shape[1]), color=theme.color("ring"),
                               pmax=(shape[0] + shape[2] - 1, shape[1] + shape[3] - 1))

    def close(self) -> None:
        """Take away what is drawn above the window."""
        dpg.delete_item(self.above)

    def drag(self, mouse: tuple[float, float]) -> bool:
        """Let the line between two panels follow the pointer; whether it does."""
        down = dpg.is_mouse_button_down(dpg.mvMouseButton_Left)
        if not down:
            self._grabbed = ""
        hovered = next((n for n, s in self.splitters.items() if dpg.is_item_shown(s) and dpg.is_item_hovered(s)), "")
        if dpg.is_mouse_button_clicked(dpg.mvMouseButton_Left) and hovered:
            self._grabbed = hovered
        for name, splitter in self.splitters.items():
            dpg.bind_item_theme(splitter, theme.look("grabbed" if name in (self._grabbed, hovered) and not (
                down and name != self._grabbed) else "bare"))
        if not self._grabbed:
            return False
        name, panels = self._grabbed, dict(self.session.settings.panels)
        area = {"problems": self.below, "gallery": self.results, "timeline": self.time}.get(name)
        size = dpg.get_viewport_client_width() - mouse[0] if area is None else \
            dpg.get_item_pos(area)[1] + dpg.get_item_height(area) - mouse[1]
        low, high = (240, 900) if area is None else (80, 600)
        panels[name] = int(min(max(size / px(100) * 100, low), high))
        if panels != self.session.settings.panels:
            self.session.change_settings(panels=panels)
        return True


def place(area: int | str, x: float, y: float, width: float, height: float, show: bool = True) -> None:
    dpg.configure_item(area, pos=[int(x), int(y)], width=max(1, int(width)), height=max(1, int(height)), show=show)
