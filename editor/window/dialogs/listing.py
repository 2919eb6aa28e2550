"""Lists to search and to choose from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

from ...document.items import Item, items, text
from ...runs.comparison import Line
from ...words.speak import t
from .. import widgets
from .modal import Modal


def matches(typed: str, words: str) -> bool:
    """Whether each word that was typed is in a text, or at least its letters in their order in one of its words."""
    parts = words.casefold().split()
    return all(any(_letters(term, part) for part in parts) for term in typed.casefold().split())


def _letters(term: str, word: str) -> bool:
    rest = iter(word)
    return term in word or len(term) > 1 and all(letter in rest for letter in term)


class Listing(Modal):
    """A field to search with and a list to choose from with arrows, Enter and the mouse."""

    width = 480.0
    height = 320.0
    hint = "dialog.find.hint"
    chosen = 0

    def fill(self, **data: Any) -> None:
        self.search = dpg.add_input_text(hint=t(self.hint), width=self.wide, callback=lambda s, a: self.show(a))
        self.focus = self.search
        widgets.gap(4)
        self.list = widgets.area(width=self.wide, height=self.tall(self.height))
        self.show("")

    def found(self, typed: str) -> list[Any]:
        """What is listed for these letters."""
        raise NotImplementedError

    def line(self, thing: Any) -> tuple[str, str]:
        """What a row says, and in a fainter colour."""
        raise NotImplementedError

    def show(self, typed: str) -> None:
        """List what fits the letters."""
        self.things, self.chosen = self.found(typed)[:200], 0
        widgets.clear(self.list)
        self.rows = []
        with widgets.inside(self.list):
            if not self.things:
                widgets.says(t("dialog.find.none"), "dim", wrap=0)
            for number, thing in enumerate(self.things):
                main, more = self.line(thing)
                with widgets.row(10):
                    self.rows.append(dpg.add_selectable(
                        label=f"{main}##{number}", default_value=number == 0, width=round(self.wide * 0.42),
                        callback=lambda s, a, at: self.take(at), user_data=number))
                    widgets.says(more, "dim")

    def key(self, name: str) -> bool:
        step = {"Up": -1, "Down": 1, "PageUp": -8, "PageDown": 8}.get(name)
        if step is None or not self.things:
            return False
        dpg.set_value(self.rows[self.chosen], False)
        self.chosen = max(0, min(len(self.things) - 1, self.chosen + step))
        dpg.set_value(self.rows[self.chosen], True)
        widgets.scroll_to(self.list, self.chosen, len(self.things))
        return True

    def take(self, number: int) -> None:
        """A row was chosen."""
        self.session.answer(self.things[number])

    def accept(self) -> None:
        if self.things:
            self.take(self.chosen)


class Find(Listing):
    """An item by its name, its type or its words. answer(item)."""

    title = "dialog.find.title"

    def found(self, typed: str) -> list[Item]:
        here = [(item, self.told(item)) for item in items(self.session.graph) if item.kind != "dot"]
        return [item for item, words in here if matches(typed, words)]

    def told(self, item: Item) -> str:
        """The words that an item is found by."""
        graph = self.session.graph
        node = graph.nodes.get(item.name) if item.kind == "node" else None
        values = [v for v in node.inputs.values() if isinstance(v, str)] if node is not None else []
        kind = node.type if node is not None else t(f"item.{item.kind}")
        return " ".join([item.name, kind, text(graph, item), *values])

    def line(self, item: Item) -> tuple[str, str]:
        graph = self.session.graph
        if item.kind == "node":
            return item.name, graph.nodes[item.name].type
        return text(graph, item).split("\n")[0][:60] or item.name, t(f"item.{item.kind}")

    def heading(self) -> str:
        return t("dialog.find.title")


class Differences(Listing):
    """What differs from the graph that is compared with, in words. answer(line)."""

    title, width, height = "compare.title", 760.0, 380.0

    def found(self, typed: str) -> list[Line]:
        comparison = self.session.comparing.found
        return [] if comparison is None else [line for line in comparison.lines if matches(typed, " ".join(self.line(line)))]

    def line(self, line: Line) -> tuple[str, str]:
        sign = {"added": "+", "changed": "\N{ALMOST EQUAL TO}", "gone": "\N{MINUS SIGN}"}[line.sort]
        return f"{sign}  {line.item.name if line.item is not None else t('inspector.tab.graph')}", line.words

    def heading(self) -> str:
        comparison = self.session.comparing.found
        return comparison.words if comparison is not None else t("compare.title")


class Recent(Listing):
    """A file opened before. answer(path)."""

    title, hint = "command.file.open_recent", "dialog.file_name"

    def found(self, typed: str) -> list[str]:
        return [path for path in self.dialog.data["paths"] if typed.lower() in path.lower()]

    def line(self, path: str) -> tuple[str, str]:
        return Path(path).name, str(Path(path).parent)
