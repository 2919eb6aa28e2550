"""What of a document is selected and seen: the part of a session that the canvas moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from nodegraph import Graph
from nodegraph.editing import Checked

from .asking import Telling
from .canvas import placing
from .canvas.view import View, around
from .document.document import Document
from .document.items import Item, Link, exists, items, position


class Seeing(Telling):
    """Selects things, and moves the view. sizes: how large each is drawn, in canvas units."""

    document: Document

    def __init__(self) -> None:
        super().__init__()
        self.selection: frozenset[Item] = frozenset()
        self.selected_links: frozenset[Link] = frozenset()
        self.view, self.canvas_size = View(), (1200.0, 800.0)
        self.sizes: Mapping[Item, tuple[float, float]] = {}

    @property
    def graph(self) -> Graph:
        """The document's graph, with a place for everything."""
        raise NotImplementedError

    def checked_of(self, graph: Graph) -> Checked | None:
        """What is known of a graph's nodes."""
        raise NotImplementedError

    def select(self, chosen: Iterable[Item] = (), links: Iterable[Link] = (), add: bool = False,
               toggle: bool = False) -> None:
        """Select these, or these too; toggle: those of them that are selected are not any more."""
        chosen, picked = frozenset(chosen), frozenset(links)
        if toggle:
            self.selection, self.selected_links = self.selection ^ chosen, self.selected_links ^ picked
        elif add:
            self.selection, self.selected_links = self.selection | chosen, self.selected_links | picked
        else:
            self.selection, self.selected_links = chosen, picked
        self.document.seal()
        self.touch()

    def selected(self, *kinds: str) -> list[Item]:
        """The selected items of these kinds, or all, in the graph's order."""
        if not self.selection:
            return []
        return [item for item in items(self.document.graph)
                if item in self.selection and (not kinds or item.kind in kinds)]

    def boxes(self, chosen: Iterable[Item] | None = None) -> dict[Item, tuple[float, float, float, float]]:
        """Where items are and how large: x, y, width, height in canvas units."""
        graph, sizes = self.graph, placing.sizes(self.graph, self.checked_of(self.graph), self.sizes)
        chosen = items(graph) if chosen is None else chosen
        return {item: (*at, *sizes[item]) for item in chosen if (at := position(graph, item)) is not None}

    def see(self, boxes: Mapping[Item, tuple[float, float, float, float]], view: Callable[..., View] = around) -> None:
        """Set the view so that all of these boxes are seen; with `opening`, never so small that nothing can be read."""
        self.view = view(boxes.values(), self.canvas_size)
        self.touch()

    def zoom(self, factor: float, at: tuple[float, float] | None = None) -> None:
        """Zoom about a pixel of the canvas widget (its middle, left out); the scale stays in 0.1 to 2.5."""
        self.view = self.view.zoomed(factor, *(at or (self.canvas_size[0] / 2, self.canvas_size[1] / 2)))
        self.touch()

    def jump(self, item: Item) -> None:
        """Select an item and bring it into view."""
        if exists(self.document.graph, item):
            self.select([item])
            self.view = self.view.centred(self.boxes([item])[item], self.canvas_size)
            self.touch()
