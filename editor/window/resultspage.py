"""What the inspector shows of results: each output of the graph, as it was last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..words.speak import t
from . import outputs, widgets
from .pictures import Pictures
from .widgets import px

if TYPE_CHECKING:
    from .app import App


class ResultsPage:
    """Made in the container that is open."""

    def __init__(self, app: App):
        self.app, self.session = app, app.session
        self.group = dpg.add_group()
        self.pictures = Pictures()
        self._key: Any = None

    def show(self, width: int) -> None:
        """Show what there is, as wide as so many pixels."""
        found = self.app.form.results()
        key = tuple((one.output, one.title, id(one.thumbnail)) for one in found), width, self.app.sounds.playing
        if key == self._key:
            return
        self._key = key
        widgets.clear(self.group)
        with widgets.inside(self.group):
            if not found:
                widgets.says(t("gallery.empty"), "dim", wrap=width)
            for one in found:
                outputs.show(self.app, self.pictures, one, width, px(320), name=one.title)
                widgets.gap(8)
            widgets.button(t("inspector.earlier"), lambda: self.app.do("view.gallery"), flat=True, width=width)
        self.pictures.keep_only({one.title for one in found})

    def clear(self) -> None:
        """Show nothing."""
        if self._key is not None:
            self._key = None
            widgets.clear(self.group)
            self.pictures.keep_only(set())

    def close(self) -> None:
        """Let go of the pictures."""
        self.pictures.close()
