"""The window as the desktop has it: its size, its place and its title."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from .. import views
from ..words.speak import t
from . import display

if TYPE_CHECKING:
    from ..session import Session

SMALLEST = (800, 560)  # pixels


class Viewport:
    """The window of a session. It is made, shown once everything is in it, and remembered when it closes."""

    def __init__(self, session: Session):
        self.session = session
        self.title = ""
        self._screen: tuple[int, int, int, int] | None = None

    def create(self) -> None:
        """Make it, as large as it was the last time and where it stood, but all of it on the screen."""
        settings = self.session.settings
        where, size = settings.position or (60, 40), settings.window
        self._screen = display.screen()
        left, top, wide, high = display.fitted(size, where, self._screen) if self._screen is not None else (*where, *size)
        dpg.create_viewport(title="nodegraph", width=wide, height=high, x_pos=left, y_pos=top,
                            min_width=SMALLEST[0], min_height=SMALLEST[1], disable_close=True)
        dpg.set_exit_callback(lambda: self.session.files.close())

    def show(self) -> None:
        """Show it."""
        dpg.show_viewport(maximized=self.session.settings.maximized)

    def remember(self) -> None:
        """Keep the window's size and place for the next time; of one that fills the screen, those before."""
        size = int(dpg.get_viewport_width()), int(dpg.get_viewport_height())
        x, y = dpg.get_viewport_pos()
        views.keep(self.session)
        changes: dict[str, Any] = {"opened": tuple(sorted(self.session.panels - {"form"})), "maximized": False}
        if self._screen is not None and display.fills(size, (int(x), int(y)), self._screen):
            changes["maximized"] = True
        else:
            changes |= {"window": size, "position": (int(x), int(y))}
        self.session.change_settings(**changes)

    def retitle(self) -> None:
        """Say which file is shown, and whether it has changed."""
        document = self.session.document
        name = document.path.name if document.path else t("app.untitled")
        above = [level.document.path for level in self.session.files.levels]
        name = " / ".join([*(path.stem if path else t("app.untitled") for path in above), name])
        title = t("app.window_title_dirty" if document.dirty else "app.window_title", name=name)
        if title != self.title:
            self.title = title
            dpg.set_viewport_title(title)
