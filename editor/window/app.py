"""The window: its frame loop, where its panels are, and what keys and the pointer go to.

Dear PyGui's callbacks are taken from its queue and called here, between two frames, so that everything happens on
one thread. Whatever a frame or a callback raises is shown, with the document kept safe, and the next frame comes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from nodegraph.editing import shipped_folder

from ..document.clipboard import pasted
from ..document.items import Item
from ..panels.examples import example_of
from ..views import first_look
from ..words.speak import set_language, t
from . import display, fonts, keyboard, theme, widgets
from .banner import Banner
from .canvas import Canvas
from .clipboard import SystemClipboard
from .dialogs.shown import Dialogs
from .form import Form
from .gallery import GalleryPanel
from .guard import Guard
from .icons import Icons
from .inspector import Inspector
from .keys import KeyCommands
from .menus import MenuBar
from .pace import Pace
from .palette import Palette
from .panes import Panes
from .problems import Problems
from .sounds import Sounds
from .startpage import StartPage
from .statusbar import StatusBar
from .timeline import TimelinePanel
from .toolbar import ToolBar
from .viewport import Viewport

if TYPE_CHECKING:
    from ..session import Session


class App(Guard):
    """The window of one session. `run` opens it and comes back when it is closed."""

    def __init__(self, session: Session):
        super().__init__(session)
        self.last_folder: Path | None = None
        self._panels: list[Any] = []
        self._keys = keyboard.Keys()
        self.keys, self.pace = KeyCommands(self), Pace()
        self._typing = False
        self._look: tuple[Any, ...] | None = None
        self.viewport = Viewport(session)

    # -- opening and closing

    def run(self) -> int:
        """Open the window, and return once it is closed; the exit code."""
        dpg.create_context()
        try:
            self.open()
            while not self.session.closing and dpg.is_dearpygui_running():
                began = time.monotonic()
                self.frame()
                self.pace.rest(began, lambda: self.session.revision, self._meanwhile)
            self.viewport.remember()
            if self.session.runner.busy:
                self._say_goodbye()
        finally:
            self.pace.close()
            dpg.destroy_context()
            theme.forget()
        return 0

    def open(self) -> None:
        """Make the window and everything in it."""
        dpg.configure_app(manual_callback_management=True, keyboard_navigation=False)
        settings = self.session.settings
        self._display = display.scale()
        self.session.panels |= set(settings.opened)
        self.viewport.create()
        self.session.clipboard = SystemClipboard(self.session.folder)
        self._build()
        with dpg.handler_registry():
            dpg.add_key_press_handler(callback=lambda s, a: self._keys.press(a))
            dpg.add_key_release_handler(callback=lambda s, a: self._keys.release(a))
            dpg.add_mouse_wheel_handler(callback=lambda s, a: self._wheel(a))
        dpg.setup_dearpygui()
        self.viewport.show()
        self.pace.open()

    def _build(self) -> None:
        """Everything in the window, in the language, theme and size that are set."""
        settings = self.session.settings
        self._look = settings.language, settings.theme, settings.font_scale
        scale = settings.font_scale * self._display
        set_language(settings.language)
        widgets.set_scale(scale)
        fonts.load(scale)
        theme.use(settings.theme, scale)
        dpg.set_viewport_clear_color(list(theme.color("window")))
        self.icons = Icons()
        self.main = dpg.add_window(no_scrollbar=True, no_scroll_with_mouse=True, no_title_bar=True, no_move=True,
                                   no_resize=True, no_bring_to_front_on_focus=True)
        dpg.bind_item_theme(self.main, theme.look("main"))
        with widgets.inside(self.main):
            self.panes = panes = Panes(self.session)
        self.canvas = Canvas(panes.middle, self.session)
        self.sounds = Sounds(self)
        self.menus, self.dialogs = MenuBar(self, panes.bar), Dialogs(self)
        self.palette = Palette(self)
        self.form = Form(self, panes.form_area)
        self.start = StartPage(self, panes.start)
        self.inspector = Inspector(self, panes.side)
        self.gallery = GalleryPanel(self, panes.results)
        self.timeline = TimelinePanel(self, panes.time)
        self._panels = [self.menus, Banner(self, panes.banner), ToolBar(self, panes.tools), self.inspector,
                        Problems(self, panes.below), self.form, self.start, self.gallery, self.timeline,
                        StatusBar(self, panes.status), self.sounds, self.palette, self.dialogs]
        dpg.set_primary_window(self.main, True)

    def _rebuild(self) -> None:
        """All of it again, after the language, the theme or the size of text has changed."""
        for panel in self._panels:
            if hasattr(panel, "close"):
                panel.close()
        self.canvas.close()
        self.panes.close()
        dpg.delete_item(self.main)
        self.icons.close()
        self._failed.clear()
        self._build()

    def _say_goodbye(self) -> None:
        """The last thing that is seen while the run that goes on is being stopped."""
        self.session.say(t("status.closing"))
        self.frame()

    # -- a frame

    def _meanwhile(self) -> bool:
        """What is done while no frame is drawn; whether one is wanted although nothing has changed."""
        self._guarded(self.session.tick, time.monotonic())
        self._guarded(self.palette.read_ahead)
        return self._typing or self.session.runner.busy or self.dialogs.moving or self.session.played is not None

    def frame(self) -> None:
        """Take in what happened, show how things are, draw."""
        self._guarded(self._take_callbacks)
        self._guarded(self.session.tick, time.monotonic())
        settings = self.session.settings
        if self._look != (settings.language, settings.theme, settings.font_scale):
            self._guarded(self._rebuild)
        self._guarded(lambda: self.panes.arrange(self.start.is_open))
        self._guarded(self._pointer)
        self._guarded(self.panes.ring, tuple(dpg.get_mouse_pos(local=False)), self._typing,
                      self.session.dialog is not None or self.session.palette is not None)
        for panel in self._panels:
            self._guarded_panel(panel, panel.update)
        if not self.form_is_open and not self.start.is_open:
            self._guarded_panel(self.canvas, self.canvas.paint)
        self._guarded(self.viewport.retitle)
        self._guarded(self._first_look)
        began = time.perf_counter()
        dpg.render_dearpygui_frame()
        self.pace.drew(time.perf_counter() - began)
        self._typing = widgets.typing()

    def _take_callbacks(self) -> None:
        for job in dpg.get_callback_queue() or ():
            self.pace.wake()
            self._guarded(dpg.run_callbacks, [job])
        for down, number, held in self._keys.take():
            if down:
                self._guarded(self.keys.down, number, held, self._typing or widgets.typing())
            else:
                self._guarded(self.keys.up, number)

    def _first_look(self) -> None:
        """Once everything has its size: all of the graph in view."""
        if not self._looked and dpg.get_frame_count() > 3:
            self._looked = True
            first_look(self.session)

    _looked = False
    _display = 1.0  # the scale of the desktop

    # -- where things are

    @property
    def form_is_open(self) -> bool:
        """Whether the form is shown in place of the canvas."""
        return "form" in self.session.panels

    # -- keys and the pointer

    def do(self, command: str, **more: Any) -> None:
        """Carry out a command, as menus, buttons and keys do."""
        if command == "file.new" and self.start.is_open:
            return self.start.dismiss()
        if command == "node.enter" and not self.session.can(command):
            command = "palette.open"
        self.session.do(command, **more)

    def keys_of(self, command: str) -> str:
        """The key of a command, as menus show it."""
        return self.session.shortcuts.label(command)

    def more_places(self) -> Iterable[Path]:
        """Folders that the file dialog offers besides those of recent files."""
        return filter(None, (self.last_folder, shipped_folder()))

    @property
    def origin(self) -> tuple[float, float]:
        """The pixel of the window that is the canvas's upper left corner."""
        return tuple(dpg.get_item_pos(self.panes.middle))

    @property
    def is_covered(self) -> bool:
        """Whether the pointer belongs to something other than the canvas."""
        return self.session.dialog is not None or self.form_is_open or self.start.is_open

    @property
    def is_over_canvas(self) -> bool:
        """Whether keys of one letter belong to the canvas: the pointer is over it, or over what stands in its place."""
        return self.canvas.gestures.inside or self.session.dialog is None and self.start.is_under_pointer

    def _pointer(self) -> None:
        mouse = tuple(dpg.get_mouse_pos(local=False))
        if self.panes.drag(mouse):
            return
        if self.is_covered:
            self.canvas.gestures.leave()
            if self.start.is_under_pointer:
                left, top = self.origin
                self.session.pointer = self.session.view.to_canvas(mouse[0] - left, mouse[1] - top)
        else:
            self.canvas.point(mouse)

    def _wheel(self, steps: float) -> None:
        if not self.timeline.wheel(steps) and not self.is_covered:
            self.canvas.wheel(steps)

    def insert_example(self, name: str) -> None:
        """Put the example graph of a node type into this one, where the pointer was last; one step to undo."""
        session = self.session
        graph, made = pasted(session.graph, example_of(name) or "", session.pointer)
        session.edit("undo.example", graph)
        session.select(made)
        session.see(session.boxes(made))

    def show_on_canvas(self, item: Item) -> None:
        """Leave the form and jump to an item."""
        if self.form_is_open:
            self.do("view.form")
        self.session.jump(item)


def run(session: Session) -> int:
    """Open a window on a session and return when it is closed; the exit code."""
    return App(session).run()
