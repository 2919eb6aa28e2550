"""The results of earlier runs: a strip of them, what went into the one chosen, and two side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..document.document import Document
from ..runs.gallery import Result, difference, written
from ..words.speak import t
from . import outputs, theme, widgets
from .outputs import Made
from .pictures import Pictures, fitted
from .shelfpage import ShelfPage
from .tabs import Tabs
from .widgets import px

if TYPE_CHECKING:
    from .app import App

CARD = 132  # units
MOST = 40  # results with pictures on the screen
MOST_COMPARED = 6  # results side by side


def made(result: Result, name: str) -> Made | None:
    """One output of a result, as it is shown; None if its value was let go before there was a picture of it."""
    output = result.outputs[name]
    return Made(result.job, name, name, output.type, output.thumbnail) if output.thumbnail is not None else None


class GalleryPanel:
    """Fills a panel with a card for each result. The chosen ones are told in full at the right."""

    def __init__(self, app: App, parent: int | str):
        self.app, self.session, self.parent = app, app.session, parent
        self.pictures = Pictures()
        self.chosen: list[int] = []  # jobs
        self._seen: tuple[Any, ...] | None = None
        self.view = "session"
        self.shelf = ShelfPage(app)

    def update(self) -> None:
        """Show what there is, if that has changed."""
        results = list(self.session.gallery)[:MOST]
        jobs = tuple(result.job for result in results)
        key: tuple[Any, ...] = (self.view, jobs, tuple(self.chosen), dpg.get_item_width(self.parent),
               dpg.get_item_height(self.parent), self.app.sounds.playing)
        if self.view == "all":
            key = (self.view, *key[3:5])
        if "gallery" not in self.session.panels:
            return
        if key == self._seen:
            if self.view == "all":
                self.shelf.update()
            return
        self._seen = key
        self.chosen = [job for job in self.chosen if any(result.job == job for result in results)]
        widgets.clear(self.parent)
        with widgets.inside(self.parent):
            self._head(results)
            if self.view == "all":
                self.shelf.fill(self.parent, dpg.get_item_width(self.parent), dpg.get_item_height(self.parent))
            elif not results:
                widgets.says(t("gallery.empty"), "dim")
            else:
                with dpg.child_window(always_use_window_padding=True, horizontal_scrollbar=True) as strip:
                    dpg.bind_item_theme(strip, theme.look("raised"))
                    with dpg.group(horizontal=True, horizontal_spacing=px(8)):
                        for result in results:
                            self._card(result)
        self.pictures.keep_only({f"{result.job}.{name}" for result in results for name in result.outputs})

    def _head(self, results: list[Result]) -> None:
        chosen = [result for job in self.chosen for result in results if result.job == job]
        with widgets.spread() as (left, right):
            with widgets.inside(left):
                Tabs([(name, t(f"gallery.{name}")) for name in ("session", "all")], self.turn).show(self.view)
            if self.view == "all":
                chosen = results = []
            widgets.says(t("gallery.compare_hint") if len(results) > 1 and len(chosen) < 2 else "", "dim", parent=left,
                         framed=True)
            if len(chosen) > 1:
                widgets.button(t("gallery.compare"), lambda: self._compare(chosen), primary=True, parent=right)
            if len(chosen) == 1:
                widgets.button(t("gallery.details"), lambda: self._details(chosen[0]), parent=right)
                widgets.button(t("gallery.open"), lambda: reopen(self.app, chosen[0]), parent=right)
            if results:
                widgets.button(t("gallery.clear"), self._clear, flat=True, parent=right)
            self.app.icons.button("remove", lambda: self.app.do("view.gallery"), size=14,
                                  tooltip=t("button.close"), parent=right)

    def _card(self, result: Result) -> None:
        chosen = result.job in self.chosen
        room = max(px(40), dpg.get_item_height(self.parent) - px(132))
        with dpg.child_window(always_use_window_padding=True, width=px(CARD), height=-1, no_scrollbar=True) as card:
            dpg.bind_item_theme(card, theme.look("chosen" if chosen else "card"))
            shown = next((made(result, name) for name, output in result.outputs.items()
                          if output.thumbnail is not None and output.thumbnail.picture is not None), None)
            if shown is not None:
                tall, wide = shown.thumbnail.picture.shape[:2]
                size = fitted(wide, tall, px(CARD - 16), room)
                texture = self.pictures.texture(f"{shown.job}.{shown.output}", shown.thumbnail.picture)
                pressed = dpg.add_image_button(texture, width=size[0], height=size[1],
                                               callback=lambda: self._choose(result.job))
            else:
                texts = [o.thumbnail.text for o in result.outputs.values() if o.thumbnail is not None]
                pressed = dpg.add_button(label=widgets.wrapped("\n".join(texts)[:160], px(CARD - 34)),
                                         width=px(CARD - 16), height=room, callback=lambda: self._choose(result.job))
            dpg.bind_item_theme(pressed, theme.look("picture"))
            widgets.says(result.label or result.at.strftime("%H:%M:%S"), "text")
            widgets.says(t("gallery.seconds", seconds=f"{result.seconds:.1f}"), "dim")
        with dpg.item_handler_registry() as handlers:
            dpg.add_item_double_clicked_handler(dpg.mvMouseButton_Left, callback=lambda: self._details(result))
        dpg.bind_item_handler_registry(pressed, handlers)

    def turn(self, view: str) -> None:
        """Show the runs of this "session", or "all" that are on disk."""
        self.view = view
        self.session.touch()

    def _choose(self, job: int) -> None:
        """A click chooses one more; a click on a chosen one lets it go. The last few stay chosen."""
        self.chosen = [j for j in self.chosen if j != job] if job in self.chosen else [*self.chosen, job][-MOST_COMPARED:]
        self.session.touch()

    def _details(self, result: Result) -> None:
        self.session.ask("result", result=result)

    def _compare(self, chosen: list[Result]) -> None:
        self.session.ask("compare", results=sorted(chosen, key=lambda result: result.job))

    def _clear(self) -> None:
        self.session.gallery.clear()
        self.session.touch()

    def close(self) -> None:
        """Let go of the pictures."""
        self.pictures.close()
        self.shelf.close()


def reopen(app: App, result: Result) -> None:
    """Open the graph that made a result, as it was then, unsaved; seeds that were rolled are written in."""
    session = app.session
    document = Document(result.repeated())
    session.answer()
    session.files.leaving(lambda: session.files.show(document))


def fill_result(app: App, pictures: Pictures, result: Result, width: int, height: int) -> None:
    """Add all outputs of a result and what went in."""
    with dpg.child_window(always_use_window_padding=True, width=width + px(16), height=height):
        for name in result.outputs:
            shown = made(result, name)
            if shown is not None:
                outputs.show(app, pictures, shown, width - px(16), px(360))
                widgets.gap(6)
        told = {**result.inputs, **result.seeds}
        if told:
            widgets.heading(t("form.inputs"))
            for name, value in told.items():
                widgets.says(name, "dim")
                widgets.says(written(value), wrap=width)


def fill_differences(left: Result, right: Result, width: int) -> None:
    """Add a table of what differs between two results."""
    found = difference(left, right)
    widgets.heading(t("gallery.differences"))
    if not found:
        widgets.says(t("gallery.same"), "dim")
        return
    with dpg.child_window(always_use_window_padding=True, width=width, height=px(min(150, 34 + 30 * len(found)))):
        with dpg.table(header_row=False, policy=dpg.mvTable_SizingStretchProp, borders_innerH=True):
            for weight in (1, 2, 2):
                dpg.add_table_column(init_width_or_weight=weight)
            for change in found:
                with dpg.table_row():
                    widgets.says(change.place, "dim", wrap=0)
                    widgets.says(change.old, "text", wrap=0)
                    widgets.says(change.new, "text", wrap=0)
