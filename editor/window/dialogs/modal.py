"""A window in front of everything that asks or tells something; closed with Escape, and mostly answered with Enter."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ...words.speak import t
from .. import theme, widgets
from ..widgets import px

if TYPE_CHECKING:
    from ...asking import Dialog
    from ..app import App

PADDING = 10  # units inside a window, at each side


class Modal:
    """A window that everything else waits for. Subclasses fill it in `fill`, and say what Enter does in `accept`.

    width: of what is inside, in units. focus: the field that is typed into at once.
    """

    width = 420.0
    title = ""

    def __init__(self, app: App, dialog: Dialog):
        self.app, self.session, self.dialog = app, app.session, dialog
        self.focus: int | str | None = None
        self._frames = 0
        self._row: tuple[int | str, int] | None = None  # the space left of the buttons, and the pixels that they take
        self.window = dpg.add_window(label=f"{self.heading()}###modal", modal=True, no_resize=True, no_collapse=True,
                                     autosize=True, no_saved_settings=True, on_close=lambda: self.closed(),
                                     pos=[dpg.get_viewport_client_width() // 3, dpg.get_viewport_client_height() // 4])
        try:
            with widgets.inside(self.window):
                dpg.add_spacer(width=self.wide, height=1)
                self.fill(**dialog.data)
        except Exception:
            dpg.delete_item(self.window)  # half a window would stay and be in the way
            raise

    def heading(self) -> str:
        """What stands in the title bar."""
        return t(self.title, **{k: v for k, v in self.dialog.data.items() if isinstance(v, (str, int, float))})

    def fill(self, **data: Any) -> None:
        """Add what is in the window."""
        raise NotImplementedError

    def accept(self) -> None:
        """Enter was pressed."""
        self.cancel()

    def cancel(self) -> None:
        """Escape was pressed, or the window was closed."""
        self.session.answer()

    def closed(self) -> None:
        """The window was closed by its button, or by Dear PyGui: nobody answers a dialog that has taken its place."""
        if self.session.dialog is self.dialog:
            self.cancel()

    def key(self, name: str) -> bool:
        """A key other than Enter and Escape; whether it meant something here."""
        return False

    def update(self) -> None:
        """Once a frame: the window in the middle, the first field with the keyboard."""
        self._frames += 1
        self._align_buttons()
        widgets.center(self.window)
        if self._frames == 3 and self.focus is not None:
            dpg.focus_item(self.focus)

    def _align_buttons(self) -> None:
        """Keep the buttons at the right end, however wide the window has become by what is in it."""
        width = dpg.get_item_rect_size(self.window)[0]
        if self._row is not None and width > 1:
            space = round(width) - 2 * px(PADDING) - self._row[1]
            if space > dpg.get_item_width(self._row[0]):
                dpg.configure_item(self._row[0], width=space)

    @property
    def young(self) -> bool:
        """Whether it has not found its size and place yet."""
        return self._frames < 6

    def close(self) -> None:
        """Take the window away."""
        dpg.delete_item(self.window)

    @property
    def wide(self) -> int:
        """Pixels across inside the window: its width, as far as the viewport has that much."""
        return min(px(self.width), dpg.get_viewport_client_width() - px(60))

    def tall(self, units: float, beside: float = 60) -> int:
        """Pixels for a part of this height, so that the rest (beside: units besides title and buttons) is still seen."""
        return max(px(80), min(px(units), dpg.get_viewport_client_height() - px(130 + beside)))

    def buttons(self, *told: tuple[str, Callable[[], Any], str]) -> list[int | str]:
        """The row of buttons at the end: words, what each does, and its look ("primary", "danger", "")."""
        widgets.gap(8)
        made = []
        widths = [max(px(88), widgets.width_of(words) + px(28)) for words, _, _ in told]
        with dpg.group(horizontal=True, horizontal_spacing=px(8)):
            self._row = dpg.add_spacer(width=1), sum(widths) + px(8) * len(told)
            dpg.configure_item(self._row[0], width=max(1, self.wide - self._row[1]))
            for (words, call, look), width in zip(told, widths, strict=True):
                button = dpg.add_button(label=words, callback=lambda s, a, call: call(), user_data=call, width=width)
                if look:
                    dpg.bind_item_theme(button, theme.look(look))
                made.append(button)
        return made

    def words(self, told: str, role: str = "text") -> int | str:
        """A paragraph."""
        return widgets.says(told, role, wrap=self.wide)
