"""The panel at the right: everything about what is selected, to be read and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from nodegraph import Node

from ..document.items import Item, color
from ..panels import inspector, repeats
from ..panels.field import Field
from ..panels.judge import Found
from ..words.speak import t
from . import widgets
from .fields import Fields
from .foot import Foot
from .graphpage import GraphPage
from .itemhead import ItemHead
from .resultspage import ResultsPage
from .severalpage import SeveralPage
from .tabs import Tabs
from .widgets import px

if TYPE_CHECKING:
    from .app import App

TABS = ("node", "graph", "results")
FEW = 7  # fields that are always seen; of the others those that say something


class Inspector:
    """Fills a panel. It is filled anew when something else is selected, and updated in place while things change."""

    def __init__(self, app: App, parent: int | str):
        self.app, self.session = app, app.session
        self.tab = "graph"
        self._selected: frozenset[Item] | None = None
        with widgets.inside(parent):
            self.tabs = Tabs([(name, t(f"inspector.tab.{name}")) for name in TABS], self.turn)
            self.head = dpg.add_group()
            self.body = dpg.add_group()
            self.more = widgets.button("", self.unfold, flat=True, show=False)
            self.words_button = widgets.button(t("inspector.repeats"), self._open_words, flat=True, show=False,
                                               tooltip=t("inspector.repeats.help"))
            self.words = dpg.add_group()
            self.foot, self.results = Foot(app), ResultsPage(app)
        self.parent = parent
        self.page, self.several, self.title = GraphPage(app), SeveralPage(app), ItemHead(app, self._refused)
        self.fields, self.repeats = Fields(app, self.body), Fields(app, self.words)
        self._opened: Item | None = None  # the node whose words are shown although it has none
        self._unfolded: set[str] = set()  # types of nodes of which every field is seen
        self._head_key: Any = None
        self._seen: tuple[Any, ...] | None = None

    @property
    def width(self) -> int:
        """Pixels that its widgets may take."""
        return dpg.get_item_width(self.parent) - px(34)

    def turn(self, tab: str) -> None:
        """Show another tab; what is selected next shows its own."""
        self.tab = tab
        self.session.touch()

    def update(self) -> None:
        """Show what is selected, where that has changed."""
        if not dpg.is_item_shown(self.parent):
            return
        self.fields.hover(tuple(dpg.get_mouse_pos(local=False)))
        key = self.session.revision, self.width, self.tab, dpg.get_frame_count() > 3
        if key == self._seen and not (self.fields.busy or self.repeats.busy):
            return
        if self.session.selection != self._selected:
            self._selected = self.session.selection
            self.tab = "node" if self._selected else "graph"
        self._seen = (*key[:2], self.tab, key[3])
        self.tabs.show(self.tab, self.width)
        chosen = self.session.selected()
        if self.tab == "results":
            self._results()
        elif self.tab == "graph":
            self._graph()
        elif len(chosen) == 1:
            self._one(chosen[0])
        elif chosen:
            self._many(chosen)
        else:
            self._nothing()

    # -- one item

    def _one(self, item: Item) -> None:
        session = self.session
        node = session.graph.nodes.get(item.name) if item.kind == "node" else None
        key = ("one", item, node and (node.type, node.bypass, node.mute), color(session.graph, item), self.width,
               self._problems(item))
        if key != self._head_key:
            self.results.clear()
            self._refill(self.head, key, lambda: self.title.fill(item, node, self.width))
        settable = item.kind in ("node", "input", "output")
        found = inspector.fields(session.checked, item, session.catalogue) if settable else []
        self.fields.show([(item, field) for field in self._of_note(found, node)], self.width)
        dpg.configure_item(self.words_button, show=node is not None)
        words = repeats.fields(session.checked, item) if self._has_words(item) else []
        self.repeats.show([(item, field) for field in words], self.width)
        self.foot.show(item, self.width)

    def _of_note(self, found: list[Field], node: Node | None) -> list[Field]:
        """The fields that are seen: the first ones, and those that say something; the others are folded."""
        told = found
        if node is not None and node.type not in self._unfolded:
            told = [field for at, field in enumerate(found)
                    if at < FEW or field.given or field.required or field.links or field.problem]
        folded = len(found) - len(told)
        if folded < 3:
            told, folded = found, 0
        dpg.configure_item(self.more, show=bool(folded), label=t("inspector.more", count=folded))
        return told

    def unfold(self) -> None:
        """Show every field of nodes of the type that is selected."""
        self._unfolded |= {self.session.graph.nodes[item.name].type for item in self.session.selected("node")}
        self.session.touch()

    def _has_words(self, item: Item) -> bool:
        """Whether the words of a node are shown: where some stand there, or once they are asked for."""
        node = self.session.graph.nodes.get(item.name) if item.kind == "node" else None
        return node is not None and (bool(node.control) or self._opened == item)

    def _open_words(self) -> None:
        item = self.session.selected()[0]
        self._opened = item if self._opened != item else None
        self.session.touch()

    def _refill(self, part: int | str, key: Any, fill: Any) -> None:
        if part == self.head:
            self._head_key = key
        widgets.clear(part)
        with widgets.inside(part):
            fill()

    def _refused(self) -> None:
        """A name was refused: the head shows the old one again."""
        self._head_key = None

    def _problems(self, item: Item) -> tuple[Found, ...]:
        """What is wrong with an item as a whole; the rest is told at its fields."""
        return tuple(f for f in self.session.problems if f.item == item and not f.port)

    # -- several, and nothing

    def _many(self, chosen: list[Item]) -> None:
        key = ("many", tuple(chosen), self.width)
        if key != self._head_key:
            self._empty()
            self._refill(self.head, key, lambda: self.several.fill(chosen, self.width))

    def _empty(self) -> None:
        """Have nothing of one item."""
        self._head_key = None
        widgets.clear(self.head)
        for part in (self.fields, self.repeats, self.foot, self.results):
            part.clear()
        dpg.configure_item(self.more, show=False)
        dpg.configure_item(self.words_button, show=False)

    def _graph(self) -> None:
        graph = self.session.graph
        broken = tuple(f for f in self.session.problems if f.item is None)
        key = ("graph", id(self.session.document), tuple(graph.inputs), tuple(graph.outputs), self.width, broken,
               bool(graph.nodes))
        if key != self._head_key:
            self._empty()
            self._refill(self.head, key, lambda: self.page.fill(broken, self.width))
        self.page.update()

    def _results(self) -> None:
        if self._head_key != ("results",):
            self._empty()
            self._head_key = ("results",)
        self.results.show(self.width)

    def _nothing(self) -> None:
        if self._head_key != ("nothing", self.width):
            self._empty()
            self._refill(self.head, ("nothing", self.width),
                         lambda: widgets.says(t("inspector.empty"), "faint", wrap=self.width))

    def close(self) -> None:
        """Let go of the pictures."""
        self.foot.close()
        self.results.close()
