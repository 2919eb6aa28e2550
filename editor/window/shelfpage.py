"""The runs of all sessions in the gallery: a grid of cards, a search, stars, and all of the one that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from .. import keeping
from ..runs.gallery import written
from ..runs.kept import Kept, matching
from ..runs.shelf import SIDE, Shelf
from ..words.speak import t
from . import theme, widgets
from .pictures import Pictures, fitted
from .widgets import px

if TYPE_CHECKING:
    from .app import App

CARD, PICTURE, LEAST = 132, 84, 40  # units
TOLD = 300  # units that the chosen one takes at the right
MOST = 120  # cards at once
PAYLOAD = "kept"  # what a card is while it is dragged


class ShelfPage:
    """Made in a group of the gallery's panel; `fill` is called when it is shown, `update` once a frame."""

    def __init__(self, app: App):
        self.app, self.session = app, app.session
        self.pictures = Pictures()
        self.query, self.starred, self.chosen = "", False, ""
        self._looked, self._tall = False, px(PICTURE)
        self._seen: Any = None
        self._area: int | str = 0
        self._cards: dict[str, int | str] = {}
        self._held = ""  # the card that the pointer went down on

    @property
    def shelf(self) -> Shelf:
        """The runs on disk. A session without a folder of its own has none, and no window."""
        assert self.session.shelf is not None
        return self.session.shelf

    def fill(self, parent: int | str, width: int, height: int) -> None:
        """Make it anew, in so many pixels."""
        self._size, self._seen = (width, height), None
        self._tall = min(px(PICTURE), max(px(LEAST), height - px(84 + 62 + 24)))  # a card is seen whole
        if not self._looked:
            self._looked = True
            keeping.look(self.session)
        with widgets.inside(parent):
            with widgets.row(8):
                self.search = dpg.add_input_text(hint=t("gallery.search"), default_value=self.query, width=px(300),
                                                 callback=lambda s, a: self._find(a))
                self.tick = dpg.add_checkbox(label=t("gallery.starred"), default_value=self.starred,
                                             callback=lambda s, a: self._only(a))
                widgets.button(t("gallery.folder"), self._add, flat=True)
                self.app.icons.button("repeat", lambda: keeping.look(self.session), size=14, tooltip=t("packs.reload"))
                self.line = widgets.says("", "dim", framed=True)
            with widgets.row(8):
                self.grid = widgets.area(width=width - px(TOLD + 32), height=max(px(60), height - px(84)))
                self.told = widgets.area(width=px(TOLD), height=max(px(60), height - px(84)))

    def update(self) -> None:
        """Show what there is, where that has changed."""
        shelf = self.session.shelf
        if shelf is None:
            return
        self._drag()
        key = shelf.revision, self.query, self.starred, self.chosen, self._size
        if key == self._seen:
            return
        self._seen = key
        found = matching(shelf.runs, self.query, shelf.stars if self.starred else None)
        dpg.set_value(self.line, t("gallery.looking") if shelf.looking else t("gallery.unread", why=shelf.trouble)
                      if shelf.trouble else t("gallery.count", count=len(found)))
        across = max(1, (self._size[0] - px(TOLD + 70)) // px(CARD + 26))
        top = dpg.get_y_scroll(self.grid)
        widgets.clear(self.grid)
        self._cards = {}
        with widgets.inside(self.grid):
            if not found and not shelf.looking:
                widgets.says(t("gallery.none_found" if shelf.runs else "gallery.none_kept"), "dim",
                             wrap=self._size[0] - px(TOLD + 80))
            for first in range(0, min(len(found), MOST), across):
                with widgets.row(8):
                    for run in found[first:min(first + across, MOST)]:
                        self._card(run)
        dpg.set_y_scroll(self.grid, top)
        self._tell(next((run for run in found if run.key == self.chosen), None))
        self.pictures.keep_only({run.key for run in found[:MOST]})

    def _card(self, run: Kept) -> None:
        shelf = self.shelf
        with dpg.child_window(always_use_window_padding=True, width=px(CARD + 18), height=self._tall + px(62),
                              no_scrollbar=True, no_scroll_with_mouse=True) as card:
            dpg.bind_item_theme(card, theme.look("chosen" if run.key == self.chosen else "card"))
            picture = shelf.pictures.get(run.key)
            if picture is not None:
                size = fitted(min(picture.shape[1], SIDE), picture.shape[0], px(CARD), self._tall)
                pressed = dpg.add_image_button(self.pictures.texture(run.key, picture), width=size[0], height=size[1],
                                               callback=lambda: self._choose(run.key))
            else:
                told = next((one.told for one in run.made if one.told), "") or ", ".join(
                    one.path.name if one.path else one.name for one in run.made)
                pressed = dpg.add_button(label=widgets.wrapped(told[:90], px(CARD - 18)), width=px(CARD), height=self._tall,
                                         callback=lambda: self._choose(run.key))
            dpg.bind_item_theme(pressed, theme.look("picture"))
            self._cards[run.key] = pressed
            with dpg.drag_payload(parent=pressed, drag_data=run.key, payload_type=PAYLOAD):
                widgets.says(run.title, "text")
            widgets.says(_short(("* " if run.key in shelf.stars else "") + run.title, px(CARD)), "text")
            widgets.says(run.when, "faint")

    def _tell(self, run: Kept | None) -> None:
        """All of the one that is chosen, and what can be done with it."""
        widgets.clear(self.told)
        if run is None:
            return
        shelf, wide = self.shelf, px(TOLD - 34)
        with widgets.inside(self.told):
            widgets.heading(run.title)
            seconds = f"   {t('gallery.seconds', seconds=f'{run.seconds:.1f}')}" if run.seconds is not None else ""
            widgets.says(run.when + seconds, "dim")
            with widgets.row(6):
                widgets.button(t("gallery.unstar" if run.key in shelf.stars else "gallery.star"), lambda: shelf.star(run.key))
                if run.graph:
                    widgets.button(t("gallery.open"), lambda: self.session.attempt(keeping.open_graph, self.session, run))
            widgets.button(t("gallery.place"), lambda: self._place(run), tooltip=t("gallery.place.help"))
            for name, value in run.given.items():
                widgets.says(name, "faint")
                widgets.says(written(value), wrap=wide)
            for one in run.made:
                widgets.says(str(one.path) if one.path is not None else one.name, "faint", wrap=wide)
                if one.told:
                    widgets.says(one.told, "dim", wrap=wide)
            if run.seconds is not None:
                widgets.button(t("gallery.forget"), lambda: shelf.forget(run.key), flat=True)

    # -- what can be done

    def _find(self, query: str) -> None:
        self.query = query

    def _only(self, starred: bool) -> None:
        self.starred = starred

    def _choose(self, key: str) -> None:
        self.chosen = "" if self.chosen == key else key

    def _add(self) -> None:
        def added(path: Any) -> None:
            self.shelf.add(path)
            keeping.look(self.session)
        self.session.ask("choose_folder", added, heading="dialog.gallery_folder.title")

    def _place(self, run: Kept, at: tuple[float, float] | None = None) -> None:
        library = self.app.palette.library
        library.fill(10.0)  # the nodes that read files are known once their packs are
        if at is None:
            view, (width, height) = self.session.view, self.session.canvas_size
            at = view.to_canvas(width / 2, height / 2)
        self.session.attempt(keeping.place, self.session, run, library.entries, at)

    def _drag(self) -> None:
        """Notice that a card is let go over the canvas: a child window of Dear PyGui is told of no drop."""
        if dpg.is_mouse_button_clicked(dpg.mvMouseButton_Left):
            self._held = next((key for key, card in self._cards.items() if dpg.is_item_hovered(card)), "")
        elif self._held and not dpg.is_mouse_button_down(dpg.mvMouseButton_Left):
            held, self._held = self._held, ""
            mouse = tuple(dpg.get_mouse_pos(local=False))
            run = next((run for run in self.shelf.runs if run.key == held), None)
            if run is not None and widgets.within(self.app.panes.middle, mouse) and not self.app.is_covered:
                left, top = self.app.origin
                self._place(run, self.session.view.to_canvas(mouse[0] - left, mouse[1] - top))

    def close(self) -> None:
        """Let go of the pictures."""
        self.pictures.close()


def _short(words: str, width: int) -> str:
    return words if widgets.width_of(words) <= width else widgets.pieces(words, width - px(14))[0].rstrip() + "..."
