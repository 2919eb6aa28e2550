"""The card of an output of the graph: what it gave last, in full view, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nodegraph import Graph, PortType, Ref
from nodegraph.editing import ANY, Checked, Flow

from ..document import items as on_canvas
from ..document.items import Item, Target
from ..document.ports import flow_of
from . import slots
from .box import PAD, TEXT_SIZE, TITLE, TITLE_SIZE, WIDTHS, Box, Button, Pin, Slot, boxed, up
from .lettering import Measure, brief, elided
from .pins import shape
from .slots import MARGIN as SLOT_MARGIN


class CardMaker:
    """Makes the cards of one graph. heard: whether a value of a type can be played."""

    def __init__(self, graph: Graph, checked: Checked, states: Mapping[str, Any], measure: Measure,
                 heard: Callable[[PortType], bool]):
        self.graph, self.checked, self.states, self.measure, self.heard = graph, checked, states, measure, heard

    def card(self, item: Item) -> Box:
        """The card of one output of the graph: what it gave last, in full view."""
        ref = self.graph.outputs[item.name]
        flow = flow_of(self.checked, ref) or Flow(ANY)
        shown = self.thumbnail(ref)
        pin = Pin(Target("output", item.name), 0.0, 16.0, flow.type, shape(flow), None, item.name, "", "linked",
                  many=flow.many)
        color = on_canvas.color(self.graph, item)
        if flow.type.preview is None and (shown is None or shown.picture is None):
            needed = 2 * PAD + 8 + self.measure(item.name, TITLE_SIZE, True)
            width = min(WIDTHS[1], max(144.0, up(needed)))
            value = elided(brief(shown.text) if shown is not None else "", TEXT_SIZE, width - 2 * PAD - 4, self.measure)
            title = elided(item.name, TITLE_SIZE, width - 2 * PAD - 4, self.measure, bold=True)
            return boxed(item, width, 56.0, [pin], title=title, color=color, value=value, kind=flow.type.name)
        size = on_canvas.size(self.graph, item)
        width = max(144.0, up(size[0])) if size else slots.CARD_WIDTH
        slot = Slot(SLOT_MARGIN, TITLE, width - 2 * SLOT_MARGIN, slots.CARD_ROOM - SLOT_MARGIN, ((_port_of(ref), flow.type),))
        buttons = self.buttons(flow.type, shown, width)
        room = width - 2 * PAD - 4 - len(buttons) * 24
        pictures = slots.filled(slot, {_port_of(ref): shown}, self.measure) if shown is not None else ()
        return boxed(item, width, TITLE + slots.CARD_ROOM, [pin], color=color, kind=flow.type.name, slot=slot,
                      title=elided(item.name, TITLE_SIZE, room, self.measure, bold=True), pictures=pictures, buttons=buttons)

    def thumbnail(self, ref: Ref) -> Any:
        """What the node behind an output of the graph gave there last."""
        state = self.states.get(ref.name)
        if state is None:
            return None
        found = state.thumbnails.get(ref.port or "")
        return found if found is not None or ref.port else next(iter(state.thumbnails.values()), None)

    def buttons(self, type: PortType, shown: Any, width: float) -> tuple[Button, ...]:
        """What can be done with a result, from the right end of its card's title to the left."""
        if shown is None:
            return ()
        names = [*(["large"] if shown.picture is not None else ["copy"]), *(["save"] if type.exports else []),
                 *(["play"] if self.heard(type) else [])]
        return tuple(Button(name, width - PAD - 20 - 24 * at, 6.0, 20.0) for at, name in enumerate(names))


def _port_of(ref: Ref) -> str:
    """The name under which a slot has the one thing that an output shows."""
    return ref.port or "value"
