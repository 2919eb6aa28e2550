"""The packs that are there: what each brings, under which terms, what keeps one out; new ones and those that were edited."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

from ... import packing
from ...panels.packs import PackTold, matching, packs
from ...words.speak import name_of, t, translated
from .. import theme, widgets
from ..widgets import px
from .modal import Modal

MOST = 60  # names in one paragraph


class Packs(Modal):
    """A list at the left, and all of the one that is chosen at the right."""

    title, width = "packs.title", 980.0
    height = 470.0

    def fill(self, chosen: str = "", **data: Any) -> None:
        self.chosen = chosen
        self._revision = -1
        self.words(t("packs.about"), "dim")
        self.search = dpg.add_input_text(hint=t("packs.search"), width=self.wide, callback=lambda s, a: self._list())
        self.focus = self.search
        with widgets.row(8):
            self.list = widgets.area(width=round(self.wide * 0.38), height=self.tall(self.height, 130))
            self.told = widgets.area(width=self.wide - round(self.wide * 0.38) - px(8), height=self.tall(self.height, 130))
        self.buttons((t("packs.new"), self._new, ""), (t("packs.open"), self._open, ""),
                     (t("packs.reload"), lambda: self.session.attempt(packing.reload, self.session), ""),
                     (t("button.close"), self.accept, "primary"))

    def update(self) -> None:
        super().update()
        library = self.app.palette.library
        if not library.filled:
            library.fill(0.005)  # so that what cannot be imported is known
        state = self.session.catalogue.revision * 2 + library.filled
        if state != self._revision:
            self._revision = state
            self.found = packs(self.session.catalogue, library.entries)
            self._list()

    def _list(self) -> None:
        """The packs that answer what was typed."""
        self.seen = matching(self.found, dpg.get_value(self.search))
        if self.seen and self.chosen not in [one.name for one in self.seen]:
            self.chosen = self.seen[0].name
        widgets.clear(self.list)
        wide = round(self.wide * 0.38) - px(34)
        with widgets.inside(self.list):
            if not self.seen:
                widgets.says(t("dialog.find.none"), "dim", wrap=wide)
            for one in self.seen:
                self._entry(one, wide)
        self._tell()

    def _entry(self, one: PackTold, wide: int) -> None:
        with dpg.group():
            with widgets.row(8):
                if one.problem or one.broken:
                    self.app.icons.image("warning", "error")
                made = dpg.add_selectable(label=f"{one.heading}##{one.name}", default_value=one.name == self.chosen,
                                          width=wide - (px(26) if one.problem or one.broken else 0),
                                          callback=lambda: self._choose(one.name))
                dpg.set_item_user_data(made, one.name)
            line = filter(None, ("" if one.name == one.heading else one.name, one.version, "" if one.problem else one.counts))
            widgets.says("  ".join(line), "faint", wrap=wide)
            widgets.gap(2)

    def _choose(self, name: str) -> None:
        self.chosen = name
        self._list()

    def key(self, name: str) -> bool:
        names = [one.name for one in self.seen]
        step = {"Up": -1, "Down": 1}.get(name)
        if step is None or self.chosen not in names:
            return False
        self._choose(names[max(0, min(len(names) - 1, names.index(self.chosen) + step))])
        widgets.scroll_to(self.list, names.index(self.chosen), len(names))
        return True

    def _tell(self) -> None:
        """All of the pack that is chosen."""
        one = next((one for one in self.seen if one.name == self.chosen), None)
        widgets.clear(self.told)
        dpg.set_y_scroll(self.told, 0)
        if one is None:
            return
        wide = self.wide - round(self.wide * 0.38) - px(42)
        with widgets.inside(self.told):
            widgets.title(one.heading)
            if one.title and one.title != one.heading:
                widgets.says(one.title, "dim", wrap=wide)
            for sentence in filter(None, (one.problem, *(f"{node}: {why}" for node, why in one.broken))):
                widgets.says(translated(sentence), "error", wrap=wide)
            widgets.gap(4)
            self._facts(one, wide)
            self._names(t("packs.head.nodes"), [_called("node", node) for node in one.nodes], wide)
            self._names(t("packs.head.types"), [_called("type", name) for name in one.types], wide)
            self._names(t("packs.head.models"), list(one.models), wide)
            if one.graphs:
                widgets.gap(6)
                widgets.heading(t("packs.head.graphs"))
                for path in one.graphs:
                    widgets.button(path.name, partial(self._open_graph, path), flat=True)
            if one.is_own and one.place is not None:
                widgets.gap(8)
                widgets.button(t("packs.edit"), partial(self.session.attempt, packing.open_file, self.session, one.place))

    def _facts(self, one: PackTold, wide: int) -> None:
        """Version, licence and where from, a line each."""
        facts = (("packs.name", one.name), ("packs.version", one.version),
                 ("packs.licence", one.licence or t("packs.no_licence")), ("packs.from", one.origin),
                 ("packs.place", str(one.place or "")), ("packs.requires", ", ".join(one.requires)),
                 ("packs.rights", t("packs.rights.models") if one.models else t("packs.rights.all")))
        for word, told in facts:
            if told:
                with widgets.row(8):
                    label = dpg.add_button(label=t(word), width=round(wide * 0.22))
                    dpg.bind_item_theme(label, theme.look("label"))
                    widgets.says(told, "text", wrap=round(wide * 0.75), framed=True)

    def _names(self, head: str, names: list[str], wide: int) -> None:
        if names:
            widgets.gap(6)
            widgets.heading(head)
            more = t("problems.more", count=len(names) - MOST) if len(names) > MOST else ""
            widgets.says(",  ".join(names[:MOST]) + more, "dim", wrap=wide)

    # -- what can be done

    def _new(self) -> None:
        path = self.session.document.path
        self.session.ask("new_node", lambda chosen: packing.new_node(self.session, chosen), name="my_nodes.py",
                         folder=str(path.parent if path else ""), suffixes=(".py",))

    def _open(self) -> None:
        self.session.ask("choose_pack", lambda path: packing.join(self.session, path), suffixes=(".py",))

    def _open_graph(self, path: Path) -> None:
        self.session.answer()
        self.session.attempt(self.session.open, path)


def _called(kind: str, name: str) -> str:
    """What something is called here, and in a file where that is another word."""
    title = name_of(kind, name)
    return title if title == name else f"{title} ({name})"
