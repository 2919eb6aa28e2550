"""What stands in place of an empty canvas: graphs to begin with, files that were open before, and pictures of runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg
import numpy as np
from PIL import Image

from .. import recents
from ..document.templates import Template, templates
from ..words.speak import language, t
from . import theme, widgets
from .pictures import Pictures
from .statusbar import cut
from .widgets import px

if TYPE_CHECKING:
    from ..document.document import Document
    from .app import App

CARDS = ("postcard", "wallpaper", "dawn", "sheet")  # the templates with a picture, the best to begin with first
PICTURES = Path(__file__).parent / "start"
CARD, PICTURE, GAP = 250, (250, 158), 18  # units
RECENT, MOST_RECENT = (60, 40), 4
EDGE = 28


class StartPage:
    """Fills the area of the canvas while there is nothing on it, until someone asks for the empty graph."""

    def __init__(self, app: App, parent: int | str):
        self.app, self.session, self.parent = app, app.session, parent
        self.pictures = Pictures()
        self._dismissed: Document | None = None  # the document whose empty canvas is wanted
        self._key: Any = None
        self._found: tuple[str, list[Template]] = ("", [])

    @property
    def is_open(self) -> bool:
        """Whether it stands in place of the canvas. It does not come back when everything is undone."""
        graph, panels = self.session.document.graph, self.session.panels
        empty = not (graph.nodes or graph.inputs or graph.outputs or graph.layout)
        return empty and self._dismissed is not self.session.document and "form" not in panels \
            and not self.session.files.levels and not self.session.document.redo_label

    @property
    def is_under_pointer(self) -> bool:
        """Whether the pointer is over it, so that keys for the canvas count."""
        return self.is_open and widgets.within(self.parent, tuple(dpg.get_mouse_pos(local=False)))

    def dismiss(self) -> None:
        """Have the empty canvas."""
        self._dismissed = self.session.document
        self.session.touch()

    def update(self) -> None:
        """Fill it anew where something has changed."""
        if not self.is_open:
            return
        if self.is_under_pointer and self.session.dialog is None and self.session.palette is None \
                and dpg.is_mouse_button_clicked(dpg.mvMouseButton_Right):
            self.app.do("palette.open")
        key = (dpg.get_item_width(self.parent), dpg.get_item_height(self.parent), self.session.settings.recent_files,
               language(), dpg.get_frame_count() > 3)
        if key == self._key:
            return
        self._key = key
        widgets.clear(self.parent)
        with widgets.inside(self.parent):
            self._fill(key[0] - px(2 * EDGE))

    def _fill(self, width: int) -> None:
        widgets.gap(12)
        widgets.title(t("start.title"))
        widgets.says(t("start.about"), "dim", wrap=width)
        widgets.gap(14)
        widgets.heading(t("start.begin"))
        widgets.gap(4)
        across = max(1, min(len(CARDS), (width + px(GAP)) // px(CARD + GAP)))
        with widgets.row(GAP):
            for template in self._cards()[:across]:
                self._card(template)
        widgets.gap(16)
        with widgets.row(GAP):
            with dpg.child_window(width=max(px(CARD), width - px(CARD + GAP)), height=px(40 + 46 * MOST_RECENT)):
                widgets.heading(t("start.recent"))
                widgets.gap(4)
                self._recent(max(px(CARD), width - px(CARD + GAP)))
            with dpg.group():
                widgets.heading(t("start.or"))
                widgets.gap(4)
                for words, call, tip in (("start.empty", self.dismiss, "file.new"),
                                         ("start.open", lambda: self.app.do("file.open"), "file.open"),
                                         ("start.picture", self._open_picture, ""),
                                         ("start.all", lambda: self.app.do("file.new_from_template"),
                                          "file.new_from_template")):
                    widgets.button(t(words), call, width=px(CARD), height=px(32), tooltip=self.app.keys_of(tip) if tip else
                                   t("start.picture.help"))
                widgets.gap(4)
        keys = self.app.keys_of
        widgets.says(t("start.keys", add=keys("palette.open"), run=keys("run.all"), help=keys("help.node")), "dim",
                     wrap=width)

    # -- templates

    def _cards(self) -> list[Template]:
        """The templates that have a picture; read once for each language."""
        if self._found[0] != language():
            by_name = {one.path.stem: one for one in templates()}
            self._found = language(), [by_name[name] for name in CARDS if name in by_name]
        return self._found[1]

    def _card(self, template: Template) -> None:
        def begin() -> None:
            self.session.files.open_template(template.path)
        with dpg.group():
            picture = self._picture(PICTURES / f"{template.path.stem}.jpg")
            if picture is not None:
                made = dpg.add_image_button(picture, width=px(PICTURE[0]), height=px(PICTURE[1]), callback=lambda: begin())
                dpg.bind_item_theme(made, theme.look("card_picture"))
            widgets.pressed_heading(template.title, begin, px(CARD))
            widgets.says(template.description, "dim", wrap=px(CARD))

    def _picture(self, path: Path) -> int | str | None:
        """The texture of a picture file; None where it cannot be shown."""
        try:
            pixels = np.asarray(Image.open(path).convert("RGBA"))
        except OSError:
            return None
        return self.pictures.texture(str(path), pixels)

    # -- files

    def _recent(self, width: int) -> None:
        paths = [Path(path) for path in self.session.settings.recent_files if Path(path).is_file()][:MOST_RECENT]
        if not paths:
            widgets.says(t("start.none"), "faint", wrap=width)
        for path in paths:
            with widgets.row(10):
                self._thumbnail(path, lambda path=path: self.session.attempt(self.session.open, path))
                with dpg.group():
                    made = dpg.add_button(label=f"{path.name}##{path}", user_data=path, callback=lambda s, a, path:
                                          self.session.attempt(self.session.open, path), width=width - px(RECENT[0] + 30))
                    dpg.bind_item_theme(made, theme.look("line"))
                    widgets.says(cut(str(path.parent), width - px(RECENT[0] + 40)), "faint")

    def _thumbnail(self, path: Path, call: Callable[[], object]) -> None:
        folder = self.session.folder
        found = self._picture(recents.place_of(folder, path)) if folder is not None else None
        if found is not None:
            made = dpg.add_image_button(found, width=px(RECENT[0]), height=px(RECENT[1]), callback=lambda: call())
            dpg.bind_item_theme(made, theme.look("picture"))
        else:
            dpg.add_button(label=f"##picture of {path}", width=px(RECENT[0]), height=px(RECENT[1]), callback=lambda: call())

    def _open_picture(self) -> None:
        self.session.ask("open", self.session.open, suffixes=(".png",))

    def close(self) -> None:
        """Let go of the pictures."""
        self.pictures.close()
