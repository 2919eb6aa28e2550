"""The palette: a field to type into, what fits, and what the marked entry takes and gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dearpygui.dearpygui as dpg

from ..panels import adding
from ..panels.field import label
from ..panels.finding import Found, search
from ..panels.palette import Entry, Library, flow_title, type_title
from ..words.speak import name_of, t
from . import theme, widgets
from .dots import dot, dots
from .widgets import px

if TYPE_CHECKING:
    from ..asking import PaletteRequest
    from ..shortcuts import Chord
    from .app import App

LIST, DETAILS, HEIGHT = 344, 264, 348  # units
MOST = 60  # rows
FILL = 0.004  # seconds of a frame given to reading packs
PATIENCE = 0.5  # seconds for reading packs that someone waits for


class Palette:
    """Opens when the session asks for it, and adds what is chosen."""

    def __init__(self, app: App):
        self.app, self.session = app, app.session
        self.library = Library(self.session.catalogue)
        self.request: PaletteRequest | None = None
        self.window: int | str | None = None
        self.found: list[Found] = []
        self.rows: list[int | str] = []
        self.chosen = 0
        self._frames = 0
        self._down = False
        self._told: Entry | None = None
        self.early = ""  # what was typed before the field had the keyboard
        self._last = ""  # what stood in the field before the frame that was drawn last
        self._heard = False  # whether the field had the keyboard before that frame
        self._hint = ""
        self._all = False  # all that was typed is selected, to be typed over

    def update(self) -> None:
        """Once a frame: open or close, stay on the screen, read a little more of the packs."""
        if self.library.renew() and self.window is not None:
            self.show(self.typed, keep=True)
        if self.session.palette is not self.request:
            self._close_window()
            if self.session.palette is not None:
                self._open(self.session.palette)
            self.request = self.session.palette
            self._heard = False
            if self.request is None:
                self.early = self._last = ""
        if self.window is None:
            return
        self._frames += 1
        widgets.keep_on_screen(self.window, self._corner)
        if self._frames % 4 == 1 and self._frames < 20 and not self._is_active:  # asked again, it would lose a letter
            dpg.focus_item(self.field)
        was_filled = self.library.filled
        if not was_filled and self._frames > 3 and (self.library.fill(FILL) or self._frames % 20 == 0):
            self.show(self.typed, keep=True)
        self._last, self._heard = self._behind, self._is_active
        self._close_on_click()

    def read_ahead(self) -> None:
        """While nothing goes on, read the packs one module at a time, so that the palette has everything when it opens."""
        if self.window is None and self.app.pace.idle and not self.library.filled:
            self.library.fill()

    def _open(self, request: PaletteRequest) -> None:
        self._frames, self.chosen, self._told, self._down = 0, 0, None, True
        self.library.look_beside(self.session.document.graph)
        self.fits, about = adding.fits_of(self.session, request)
        if self.fits is not None:
            self.library.fill(PATIENCE)  # what is not read yet would not be found to fit
        x, y = self.session.view.to_screen(*request.at)
        left, top = self.app.origin
        self._corner = (left + x - px(12), top + y - px(12))
        self.window = dpg.add_window(no_title_bar=True, no_resize=True, no_move=True, no_collapse=True, autosize=True,
                                     no_saved_settings=True, no_scrollbar=True, pos=[round(v) for v in self._corner])
        dpg.bind_item_theme(self.window, theme.look("popup"))
        with widgets.inside(self.window):
            self._hint = t("palette.hint_fits", type=type_title(about)) if about else t("palette.hint")
            with widgets.row(6):
                self.app.icons.image("search", size=18)
                with widgets.row(0):
                    self.before = widgets.says("", framed=True, show=False)
                    self.field = dpg.add_input_text(hint=self._hint, width=px(LIST + DETAILS - 16),
                                                    callback=lambda s, a: self.show(self.typed))
                    dpg.bind_item_theme(self.field, theme.look("search"))
            with widgets.row(8):
                self.list = widgets.area(width=px(LIST), height=px(HEIGHT))
                self.details = widgets.area(width=px(DETAILS), height=px(HEIGHT))
                for area in (self.list, self.details):
                    dpg.bind_item_theme(area, theme.look("raised"))
        self._show_early()

    def show(self, typed: str, keep: bool = False) -> None:
        """List what fits what was typed. keep: the marked one stays marked, if it is still there."""
        marked = self.found[self.chosen].entry.id if keep and self.found else None
        self.found = search(self.library.entries, typed, self.session.settings.recent_nodes, self.fits, MOST)
        self.chosen = next((at for at, one in enumerate(self.found) if one.entry.id == marked), 0)
        widgets.clear(self.list)
        self.rows = []
        with widgets.inside(self.list):
            if not self.found:
                key = "palette.loading" if not self.library.filled else \
                    "palette.none_fits" if self.fits and not typed else "palette.none"
                widgets.says(t(key), "dim", wrap=px(LIST - 24))
            recent = set(self.session.settings.recent_nodes)
            for at, one in enumerate(self.found):
                self._row(at, one, one.entry.id in recent and not typed)
        if not keep:
            dpg.set_y_scroll(self.list, 0)
        self._mark(self.chosen)

    def _row(self, at: int, found: Found, recent: bool) -> None:
        entry = found.entry
        with widgets.row(6):
            made = dpg.add_selectable(label=f"{entry.title}##{at}", width=px(LIST - 182), user_data=at,
                                      callback=lambda s, a, number: self.take(number))
            self.rows.append(made)
            dots(entry)
            widgets.says(name_of("pack", entry.pack), "accent" if recent else "faint")

    def _mark(self, number: int) -> None:
        for at, row in enumerate(self.rows):
            dpg.set_value(row, at == number)
        self.chosen = number
        entry = self.found[number].entry if number < len(self.found) else None
        if entry is self._told:
            return
        self._told = entry
        widgets.clear(self.details)
        if entry is None:
            return
        with widgets.inside(self.details):
            widgets.heading(entry.title)
            widgets.says(entry.name if entry.kind in ("node", "graph") else name_of("pack", entry.pack), "dim")
            widgets.says(entry.problem or entry.help, "error" if entry.problem else "text", wrap=px(DETAILS - 22))
            fit = self.found[number].fit
            for title, ports in ((t("inspector.inputs"), [(p.name, p.type, p.many) for p in entry.inputs]),
                                 (t("inspector.outputs"), [(n, f.type, f.many) for n, f in entry.outputs])):
                if any(name for name, _, _ in ports):
                    widgets.gap(4)
                    widgets.says(title, "dim")
                    for name, type, many in ports:
                        with widgets.row(6):
                            dot(type.color, many)
                            linked = fit is not None and fit.port == name
                            widgets.says(label(name), "accent" if linked else "text")
                            widgets.says(flow_title(type, many), "dim")

    def key(self, chord: Chord) -> bool:
        """A key while the palette is open, or about to be; whether it is."""
        if self.session.palette is None:
            return False
        if self.window is None:
            self.update()
        name = chord.key
        if self.early and chord.ctrl and name == "A":
            self._all = True  # the field selects its own part by itself
            return True
        if self._all and (chord.letter or name in ("Backspace", "Delete")):
            self.early = ""
            self._show_early()
        self._all = False
        if self._type_early(chord):
            return True
        step = {"Up": -1, "Down": 1, "PageUp": -8, "PageDown": 8}.get(name)
        if name == "Escape":
            self.session.palette = None
        elif name in ("Enter", "NumEnter", "Tab"):
            self._take_chosen()
        elif step is not None and self.found:
            self._mark(max(0, min(len(self.found) - 1, self.chosen + step)))
            widgets.scroll_to(self.list, self.chosen, len(self.found))
        return True

    def _take_chosen(self) -> None:
        """Enter: what is not read yet may fit better than what is listed."""
        if not self.library.filled:
            self.library.fill(PATIENCE)
            self.show(self.typed, keep=bool(self.chosen))
        if self.found:
            self.take(self.chosen)

    def _type_early(self, chord: Chord) -> bool:
        """Take in a letter that comes before the field has the keyboard; Backspace takes such ones away again.

        Dear ImGui drops the letters of the frame in which a field gets the keyboard, and of all before. They stand in
        front of the field, and count as if they stood in it.
        """
        if chord.key == "Backspace" and self.early and not (self._last or self._behind):
            self.early = self.early[:-1]
        elif chord.letter and not (chord.letter == " " and not self.typed) and not self._heard:
            self.early += chord.letter
        else:
            return False
        self._show_early()
        return True

    @property
    def _is_active(self) -> bool:
        """Whether the field has the keyboard."""
        return self.window is not None and bool(dpg.is_item_active(self.field))

    @property
    def _behind(self) -> str:
        return dpg.get_value(self.field) if self.window is not None else ""

    @property
    def typed(self) -> str:
        """All that was typed."""
        return self.early + self._behind

    def _show_early(self) -> None:
        if self.window is not None:
            dpg.set_value(self.before, self.early)
            dpg.configure_item(self.before, show=bool(self.early))
            dpg.configure_item(self.field, hint="" if self.early else self._hint,
                               width=px(LIST + DETAILS - 16) - widgets.width_of(self.early))
            self.show(self.typed)

    def take(self, number: int) -> None:
        """Add an entry."""
        request, self.session.palette = self.session.palette, None
        self.session.attempt(adding.add, self.session, request, self.found[number])
        self.session.touch()

    def _close_on_click(self) -> None:
        """A press beside the palette closes it; the one that opened it does not."""
        down = any(map(dpg.is_mouse_button_down, (dpg.mvMouseButton_Left, dpg.mvMouseButton_Right)))
        beside = self.window is not None and not widgets.within(self.window, tuple(dpg.get_mouse_pos(local=False)))
        if down and not self._down and beside:
            self.session.palette = None
            self.session.touch()
        self._down = down

    def _close_window(self) -> None:
        if self.window is not None:
            dpg.delete_item(self.window)
            self.window, self.found, self.rows, self._last = None, [], [], ""

    def close(self) -> None:
        """Take the window away; it comes again, in the new language say, while the session still asks."""
        self._close_window()
        self.request = None
