"""The list of what is wrong: with the graph, and with nodes that failed when they ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import dearpygui.dearpygui as dpg

from ..document.items import Item
from ..words.speak import t, translated
from . import widgets
from .widgets import px

if TYPE_CHECKING:
    from ..session import Session
    from .app import App

MOST_SHOWN = 200  # rows: a longer list helps nobody and costs each frame


class Row(NamedTuple):
    """One line of the list. report: the whole story of a node that failed."""

    severity: str
    place: str
    message: str
    hint: str
    item: Item | None
    report: str = ""


def rows(session: Session) -> list[Row]:
    """What is wrong, the worst first: failures of the last run, errors, warnings."""
    failed = [Row("error", name, state.error, "", _seen(session, name), state.report)
              for name, state in session.states.items() if state.status == "failed"]
    found = [Row(f.problem.severity, "" if f.names_itself else f.place, translated(f.problem.message),
                 translated(f.problem.hint), f.item) for f in session.problems]
    return failed + sorted(found, key=lambda row: row.severity != "error")


def _seen(session: Session, name: str) -> Item | None:
    """The node on the canvas for one that failed, which may be inside a graph that stands here."""
    name = name.split("/", 1)[0]
    return Item("node", name) if name in session.graph.nodes else None


class Problems:
    """Fills a panel with one row for each problem; a click shows it on the canvas."""

    def __init__(self, app: App, parent: int | str):
        self.app, self.session, self.parent = app, app.session, parent
        self._rows: tuple[Any, ...] | None = None
        self._seen = -1

    def update(self) -> None:
        """List what is wrong, if that has changed."""
        if self._seen == self.session.revision:
            return
        self._seen = self.session.revision
        found = rows(self.session)
        shape = found, dpg.get_item_width(self.parent), dpg.get_frame_count() > 3
        if shape == self._rows:
            return
        self._rows = shape
        widgets.clear(self.parent)
        with widgets.inside(self.parent):
            with widgets.spread() as (left, right):
                widgets.heading(t("problems.title"), parent=left, framed=True)
                widgets.says(str(len(found)) if found else "", "dim", parent=left, framed=True)
                self.app.icons.button("remove", lambda: self.app.do("view.problems"), size=14,
                                      tooltip=t("button.close"), parent=right)
            if not found:
                with widgets.row():
                    self.app.icons.image("good", "success")
                    widgets.says(t("problems.none"), "dim")
            for number, row in enumerate(found[:MOST_SHOWN]):
                self._row(number, row)
            if len(found) > MOST_SHOWN:
                widgets.says(t("problems.more", count=len(found) - MOST_SHOWN), "dim")

    def _row(self, number: int, row: Row) -> None:
        with widgets.row(6):
            error = row.severity == "error"
            self.app.icons.image("error" if error else "warning", "error" if error else "warning")
            told = f"{row.place}:  {row.message}" if row.place else row.message
            width = max(px(80), dpg.get_item_width(self.parent) - px(180 if row.report else 70))
            made = dpg.add_selectable(label=f"{widgets.wrapped(told, width)}##{number}", width=width,
                                      callback=lambda s: self._go(s, row.item))
            lines = row.message, row.hint, t("problems.go") if row.item else ""
            widgets.tip(made, "\n".join(filter(None, lines)), 480)
            if row.report:
                widgets.button(t("problems.traceback"), lambda: self.session.ask(
                    "error", title=t("problems.node_failed", name=row.place, message=row.message), text=row.report),
                    small=True)
        if row.hint:
            widgets.says(row.hint, "dim", indent=px(28), wrap=0)

    def _go(self, sender: int | str, item: Item | None) -> None:
        dpg.set_value(sender, False)
        if item is not None:
            self.session.jump(item)
