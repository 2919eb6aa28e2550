"""A strip above the canvas: what there is to know about the file, or what it is compared with. It asks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..words.speak import t, told
from . import widgets
from .statusbar import cut
from .widgets import px

if TYPE_CHECKING:
    from ..watching import Notice
    from .app import App

AROUND = 2  # lines of a broken file that are shown on each side of the one that is wrong


class Banner:
    """Fills a strip that Panes makes room for while the session's file has a Notice."""

    def __init__(self, app: App, parent: int | str):
        self.app, self.session, self.parent = app, app.session, parent
        self._seen: tuple[Any, ...] | None = None

    def update(self) -> None:
        """Tell what is known now."""
        watching = self.session.files.watching
        comparison = self.session.comparing.found
        key = watching.notice, comparison, dpg.get_item_width(self.parent)
        if key == self._seen:
            return
        self._seen = key
        widgets.clear(self.parent)
        if watching.notice is not None:
            with widgets.inside(self.parent), widgets.spread() as (left, right):
                self._fill(watching.notice, left, right)
        elif comparison is not None:
            with widgets.inside(self.parent), widgets.spread() as (left, right):
                widgets.says(comparison.words, "text", parent=left, framed=True)
                if comparison.lines:
                    widgets.button(t("command.view.differences"), lambda: self.app.do("view.differences"), parent=right)
                widgets.button(t("button.close"), lambda: self.session.comparing.end(), parent=right)

    def _fill(self, notice: Notice, left: int | str, right: int | str) -> None:
        files = self.session.files
        buttons = {
            "broken": [("notice.show", self._show), ("button.keep_mine", self._answer("keep"))],
            "changed": [("button.reload", self._answer("reload")), ("button.keep_mine", self._answer("keep"))],
            "gone": [("notice.again", lambda: self.app.do("file.save"))],
            "twice": [("button.close", files.watching.dismiss)],
        }[notice.kind]
        taken = sum(widgets.width_of(t(words)) + px(30) for words, _ in buttons) + px(80)
        role = "error" if notice.kind in ("broken", "gone") else "warning"
        self.app.icons.image("error" if role == "error" else "warning", role, parent=left)
        words = notice.words
        shown = widgets.says(cut(words.replace("\n", " "), dpg.get_item_width(self.parent) - taken), role, parent=left,
                             framed=True)
        widgets.tip(shown, words, 560)
        for label, call in buttons:
            widgets.button(t(label), call, parent=right)

    def _answer(self, choice: str) -> Any:
        return lambda: self.session.attempt(self.session.files.answer_change, choice)

    def _show(self) -> None:
        """The lines of the file that cannot be read."""
        notice, path = self.session.files.watching.notice, self.session.document.path
        if notice is None or path is None:
            return
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n") if path.is_file() else []
        parts = []
        for problem in notice.problems[:5]:
            at = problem.where.line if problem.where is not None else 1
            around = range(max(1, at - AROUND), min(len(lines), at + AROUND) + 1)
            parts.append("\n".join([told(problem), "", *(f"{'>' if n == at else ' '} {n:4}  {lines[n - 1]}" for n in around)]))
        self.session.ask("error", title=notice.words, text="\n\n".join(parts))
