"""The window: its frame loop, where its panels are, and what keys and the pointer go to.

Dear PyGui's callbacks are taken from its queue and called here, between two frames, so that everything happens on
one thread. Whatever a frame or a callback raises is shown, with the document kept safe, and the next frame comes.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..canvas.gestures import NUDGES
from ..document.items import Item
from ..shortcuts import Chord
from ..words.speak import set_language, t
from . import fonts, keyboard, theme, widgets
from .canvas import Canvas
from .clipboard import SystemClipboard
from .dialogs import Dialogs
from .form import Form
from .gallery import GalleryPanel
from .icons import Icons
from .inspector import Inspector
from .menus import MenuBar, ToolBar
from .outputs import Sounds
from .palette import Palette
from .problems import Problems
from .statusbar import StatusBar
from .widgets import px

if TYPE_CHECKING:
    from ..session import Session

SMALLEST = (800, 560)  # pixels
FRAME, IDLE_FRAME = 1 / 60, 1 / 15  # seconds from one frame to the next: with something going on, and without
SLOW, QUICK = 0.022, 0.0175  # seconds of drawing a frame from which edges are not smoothed, and are again
AWAKE = 1.0  # seconds after the last sign of life until frames come slowly
REPEATING = ("edit.undo", "edit.redo", "view.zoom_in", "view.zoom_out")  # what a key that is held does again and again


class App:
    """The window of one session. `run` opens it and comes back when it is closed."""

    def __init__(self, session: Session):
        self.session = session
        self.last_folder: Path | None = None
        self._panels: list[Any] = []
        self._failed: dict[int, int] = {}  # panels that raised, and the revision at which they did
        self._keys = keyboard.Keys()
        self._held: set[int] = set()
        self._typing = False
        self._look: tuple | None = None
        self._shape: tuple | None = None
        self._title = ""
        self._awake = 0.0
        self._mouse = (0.0, 0.0)
        self._drawing, self._smoothed = 0.0, True
        self._grabbed = ""
        self._space = False  # the space bar is held down on the canvas

    # -- opening and closing

    def run(self) -> int:
        """Open the window, and return once it is closed; the exit code."""
        dpg.create_context()
        try:
            self.open()
            while not self.session.closing and dpg.is_dearpygui_running():
                began = time.perf_counter()
                self.frame()
                self._rest(began)
            self._remember()
        finally:
            dpg.destroy_context()
            theme.forget()
        return 0

    def open(self) -> None:
        """Make the window and everything in it."""
        dpg.configure_app(manual_callback_management=True, keyboard_navigation=False)
        settings = self.session.settings
        where = settings.position or (60, 40)
        dpg.create_viewport(title="nodegraph", width=settings.window[0], height=settings.window[1], x_pos=where[0],
                            y_pos=where[1], min_width=SMALLEST[0], min_height=SMALLEST[1], disable_close=True)
        dpg.set_exit_callback(lambda: self.session.files.close())
        self.session.clipboard = SystemClipboard(self.session.folder)
        self._build()
        with dpg.handler_registry():
            dpg.add_key_press_handler(callback=lambda s, a: self._keys.press(a))
            dpg.add_key_release_handler(callback=lambda s, a: self._keys.release(a))
            dpg.add_mouse_wheel_handler(callback=lambda s, a: self._wheel(a))
        dpg.setup_dearpygui()
        dpg.show_viewport(maximized=settings.maximized)

    def _build(self) -> None:
        """Everything in the window, in the language, theme and size that are set."""
        settings = self.session.settings
        self._look = settings.language, settings.theme, settings.font_scale
        set_language(settings.language)
        widgets.set_scale(settings.font_scale)
        fonts.load(settings.font_scale)
        theme.use(settings.theme, settings.font_scale)
        dpg.set_viewport_clear_color(list(theme.color("window")))
        self.icons = Icons()
        self.main = dpg.add_window(no_scrollbar=True, no_scroll_with_mouse=True, no_title_bar=True, no_move=True,
                                   no_resize=True, no_bring_to_front_on_focus=True)
        dpg.bind_item_theme(self.main, theme.look("main"))
        with widgets.inside(self.main):
            bar = dpg.add_menu_bar()
            self.tools = widgets.area(no_scrollbar=True)
            self.middle = dpg.add_child_window(no_scrollbar=True, no_scroll_with_mouse=True)
            self.form_area = widgets.area(show=False)
            self.side = widgets.area()
            self.below = widgets.area()
            self.results = widgets.area()
            self.splitters = {name: dpg.add_child_window(no_scrollbar=True)
                              for name in ("inspector", "problems", "gallery")}
            self.status = widgets.area(no_scrollbar=True)
        for area in (self.tools, self.status):
            dpg.bind_item_theme(area, theme.look("strip"))
        for area in (bar, self.side, self.below, self.results, self.form_area):
            dpg.bind_item_theme(area, theme.look("inner"))
        for area in (self.middle, *self.splitters.values()):
            dpg.bind_item_theme(area, theme.look("bare"))
        self.canvas = Canvas(self.middle, self.session)
        self.sounds = Sounds(self)
        self.menus, self.dialogs = MenuBar(self, bar), Dialogs(self)
        self.palette = Palette(self)
        self.form = Form(self, self.form_area)
        self.inspector = Inspector(self, self.side)
        self.gallery = GalleryPanel(self, self.results)
        self._panels = [self.menus, ToolBar(self, self.tools), self.inspector, Problems(self, self.below),
                        self.form, self.gallery, StatusBar(self, self.status), self.sounds, self.palette, self.dialogs]
        self._shape = None
        dpg.set_primary_window(self.main, True)

    def _rebuild(self) -> None:
        """All of it again, after the language, the theme or the size of text has changed."""
        for panel in self._panels:
            if hasattr(panel, "close"):
                panel.close()
        self.canvas.close()
        dpg.delete_item(self.main)
        self.icons.close()
        self._failed.clear()
        self._build()

    def _remember(self) -> None:
        """Keep the window's size and place for the next time."""
        width, height = dpg.get_viewport_width(), dpg.get_viewport_height()
        x, y = dpg.get_viewport_pos()
        self.session.change_settings(window=(int(width), int(height)), position=(int(x), int(y)))

    # -- a frame

    def frame(self) -> None:
        """Take in what happened, show how things are, draw."""
        self._guarded(self._take_callbacks)
        self._guarded(self.session.tick, time.monotonic())
        settings = self.session.settings
        if self._look != (settings.language, settings.theme, settings.font_scale):
            self._guarded(self._rebuild)
        self._guarded(self._layout)
        self._guarded(self._pointer)
        for panel in self._panels:
            self._guarded_panel(panel, panel.update)
        if not self.form_is_open:
            self._guarded_panel(self.canvas, self.canvas.paint)
        self._guarded(self._retitle)
        self._guarded(self._first_look)
        began = time.perf_counter()
        dpg.render_dearpygui_frame()
        self._smooth(time.perf_counter() - began)
        self._typing = widgets.typing()

    def _smooth(self, seconds: float) -> None:
        """Where drawing takes long, as it does without a graphics card, edges are not smoothed: a quarter less."""
        self._drawing += (seconds - self._drawing) / 20
        smooth = self._drawing < (SLOW if self._smoothed else QUICK)
        if smooth != self._smoothed:
            self._smoothed = smooth
            dpg.configure_app(anti_aliased_fill=smooth, anti_aliased_lines=smooth)

    def _take_callbacks(self) -> None:
        for job in dpg.get_callback_queue() or ():
            self._awake = time.monotonic()
            self._guarded(dpg.run_callbacks, [job])
        for down, number, held in self._keys.take():
            self._guarded(self._key if down else self._key_up, number, held)

    def _rest(self, began: float) -> None:
        """Wait for the next frame: less often when nothing goes on."""
        now = time.monotonic()
        mouse = tuple(dpg.get_mouse_pos(local=False))
        if mouse != self._mouse or self.session.runner.busy or self._seen_revision != self.session.revision:
            self._awake, self._mouse, self._seen_revision = now, mouse, self.session.revision
        wanted = FRAME if now - self._awake < AWAKE else IDLE_FRAME
        left = wanted - (time.perf_counter() - began)
        if left > 0:
            time.sleep(left)

    _seen_revision = -1

    @property
    def idle(self) -> bool:
        """Whether nothing has gone on for a while."""
        return time.monotonic() - self._awake > AWAKE

    def _guarded(self, function: Callable[..., Any], *args: Any) -> None:
        try:
            function(*args)
        except Exception as error:  # a window that dies takes the work with it
            self._trouble(error)

    def _guarded_panel(self, panel: Any, function: Callable[[], Any]) -> None:
        """A panel that raised is left alone until something changes."""
        if self._failed.get(id(panel)) == self.session.revision:
            return
        try:
            function()
            self._failed.pop(id(panel), None)
        except Exception as error:  # as above
            self._trouble(error)
            self._failed[id(panel)] = self.session.revision

    def _trouble(self, error: Exception) -> None:
        """Show what went wrong in the editor itself, and keep a copy of the document."""
        report = "".join(traceback.format_exception(error))
        session = self.session
        if session.folder is not None:
            session.attempt(session.document.autosave, session.files.recovery_folder)
        if session.dialog is None or session.dialog.kind != "error":
            first = next((line for line in str(error).splitlines() if line.strip()), "")
            session.ask("error", title=t("error.unexpected", why=f"{type(error).__name__}: {first}"), text=report)

    def _first_look(self) -> None:
        """Once everything has its size: all of the graph in view."""
        if not self._looked and dpg.get_frame_count() > 3:
            self._looked = True
            self.session.see(self.session.boxes())

    _looked = False

    def _retitle(self) -> None:
        document = self.session.document
        name = document.path.name if document.path else t("app.untitled")
        above = [level.document.path for level in self.session.files.levels]
        name = " / ".join([*(path.stem if path else t("app.untitled") for path in above), name])
        title = t("app.window_title_dirty" if document.dirty else "app.window_title", name=name)
        if title != self._title:
            self._title = title
            dpg.set_viewport_title(title)

    # -- where things are

    @property
    def form_is_open(self) -> bool:
        """Whether the form is shown in place of the canvas."""
        return "form" in self.session.panels

    def _layout(self) -> None:
        """Put the panels where they belong, when the window or one of them has another size."""
        panels = self.session.settings.panels
        shape = (dpg.get_viewport_client_width(), dpg.get_viewport_client_height(),
                 frozenset(self.session.panels), tuple(panels.items()))
        if shape == self._shape:
            return
        self._shape = shape
        width, height = shape[:2]
        top, tools, status, line = px(16) + 2 * px(5), px(36), px(28), px(5)
        bottom = height - status
        side = 0 if self.form_is_open else min(max(px(panels.get("inspector", 320)), px(240)), width // 2)
        _place(self.tools, 0, top, width, tools)
        _place(self.status, 0, bottom, width, status)
        top += tools
        _place(self.side, width - side, top, side, bottom - top, side > 0)
        left = width - side - (line if side else 0)
        _place(self.splitters["inspector"], left, top, line, bottom - top, side > 0)
        for name, area in (("problems", self.below), ("gallery", self.results)):
            shown = name in self.session.panels
            tall = min(px(panels.get(name, 160)), max(px(80), (bottom - top) // 2)) if shown else 0
            _place(area, 0, bottom - tall, left, tall, shown)
            bottom -= tall
            _place(self.splitters[name], 0, bottom - line, left, line, shown)
            bottom -= line if shown else 0
        _place(self.middle, 0, top, left, bottom - top, not self.form_is_open)
        self.session.canvas_size = (float(left), float(bottom - top))
        _place(self.form_area, 0, top, left, bottom - top, self.form_is_open)
        self.session.touch()

    def _drag_splitter(self, mouse: tuple[float, float]) -> bool:
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
        area = {"problems": self.below, "gallery": self.results}.get(name)
        size = dpg.get_viewport_client_width() - mouse[0] if area is None else \
            dpg.get_item_pos(area)[1] + dpg.get_item_height(area) - mouse[1]
        low, high = (240, 900) if area is None else (80, 600)
        panels[name] = int(min(max(size / px(100) * 100, low), high))
        if panels != self.session.settings.panels:
            self.session.change_settings(panels=panels)
        return True

    # -- keys and the pointer

    def _key(self, number: int, held: tuple[bool, bool, bool]) -> None:
        """A key went down, or is held; beside Ctrl, Shift and Alt or not."""
        name = keyboard.NAMES.get(number)
        if name is None:
            return
        again, _ = number in self._held, self._held.add(number)
        ctrl, shift, alt = held
        chord = Chord(name, ctrl, shift, alt)
        spoken = "Ctrl+Enter" if ctrl and name == "Enter" else name
        if self.dialogs.key(spoken) or self.palette.key(name):
            return
        command = self.session.shortcuts.command_for(name, ctrl, shift, alt)
        typing = self._typing or widgets.typing()
        if typing and (chord.types or name == "Escape"):
            return
        if name == "Escape" and (self.canvas.gestures.cancel() or self._close_something()):
            return
        if name == "Space" and command == "palette.open" and self.canvas.gestures.inside:
            if not again:  # it opens when the key is let go, unless the view was dragged in between
                self._space, self.canvas.gestures.space_used = True, False
            return
        if command and not (again and command not in REPEATING):
            self.do(command)
        elif not command and name in NUDGES and self.session.selection and not self.form_is_open:
            self.canvas.gestures.nudge(*NUDGES[name], 8 if shift else 1)

    def _key_up(self, number: int, held: tuple[bool, bool, bool]) -> None:
        """A key was let go."""
        self._held.discard(number)
        if self._space and keyboard.NAMES.get(number) == "Space":
            self._space = False
            if not self.canvas.gestures.space_used:
                self.do("palette.open")

    def _close_something(self) -> bool:
        """Escape: close the form, or let go of the selection; whether there was something."""
        if self.form_is_open and not self.session.runner.busy:
            self.do("view.form")
            return True
        if not self.session.runner.busy and (self.session.selection or self.session.selected_links):
            self.session.select()
            return True
        return False

    def do(self, command: str, **more: Any) -> None:
        """Carry out a command, as menus, buttons and keys do."""
        if command == "node.enter" and not self.session.can(command):
            command = "palette.open"
        self.session.do(command, **more)

    def keys_of(self, command: str) -> str:
        """The key of a command, as menus show it."""
        return self.session.shortcuts.label(command)

    def more_places(self) -> Iterable[Path]:
        """Folders that the file dialog offers besides those of recent files."""
        from ..document.templates import folder

        return filter(None, (self.last_folder, folder()))

    @property
    def origin(self) -> tuple[float, float]:
        """The pixel of the window that is the canvas's upper left corner."""
        return tuple(dpg.get_item_pos(self.middle))

    @property
    def is_covered(self) -> bool:
        """Whether the pointer belongs to something other than the canvas."""
        return self.dialogs.shown is not None or self.form_is_open

    def _pointer(self) -> None:
        mouse = tuple(dpg.get_mouse_pos(local=False))
        if self._drag_splitter(mouse):
            return
        if self.is_covered:
            self.canvas.gestures.leave()
        else:
            self.canvas.point(mouse)

    def _wheel(self, steps: float) -> None:
        if not self.is_covered:
            self.canvas.wheel(steps)

    def show_on_canvas(self, item: Item) -> None:
        """Leave the form and jump to an item."""
        if self.form_is_open:
            self.do("view.form")
        self.session.jump(item)


def _place(area: int | str, x: float, y: float, width: float, height: float, show: bool = True) -> None:
    dpg.configure_item(area, pos=[int(x), int(y)], width=max(1, int(width)), height=max(1, int(height)), show=show)


def run(session: Session) -> int:
    """Open a window on a session and return when it is closed; the exit code."""
    return App(session).run()

