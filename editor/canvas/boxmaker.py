"""Makes the box of each item from the graph, from what `check` found out, and from what the last run gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nodegraph import Graph, Node, PortType, Ref
from nodegraph.editing import ANY, PICK, SWITCH, Checked, CheckedNode, Flow

from ..document import items as on_canvas
from ..document.items import Item
from ..document.ports import flow_of, outputs_of
from ..words.speak import language, name_of, t
from . import slots
from .box import (
    BAND,
    COMPACT_ROW,
    DOT,
    GAP,
    LINE,
    MOST_WORDS,
    NAME_AT,
    NOTE_LINE,
    PAD,
    PICTURED_WIDTH,
    ROW,
    SMALL_SIZE,
    TEXT_SIZE,
    TITLE,
    TITLE_SIZE,
    VALUE_WIDTH,
    WIDTHS,
    Box,
    Pin,
    Slot,
    boxed,
    up,
)
from .constructs import Construct, construct_of, ran_of, words_of
from .lettering import Measure, brief, elided, wrapped
from .outputcards import CardMaker
from .pins import PinMaker, passages, said, shape
from .slots import MARGIN as SLOT_MARGIN, PICTURE_ROOM

if TYPE_CHECKING:
    from .scene import Scene


class Maker:
    """Makes the boxes of one graph. before: the last scene, whose boxes are kept where nothing has changed."""

    def __init__(self, graph: Graph, checked: Checked, states: Mapping[str, Any], measure: Measure, compact: bool,
                 before: Scene | None, heard: Callable[[PortType], bool] = lambda type: False):
        self.graph, self.checked, self.states, self.measure, self.compact = graph, checked, states, measure, compact
        self.before, self.pins = before, PinMaker(graph, checked, measure)
        self.cards = CardMaker(graph, checked, states, measure, heard)
        self.sections = {kind: on_canvas.section(graph, kind) for kind in on_canvas.KINDS}
        self.makers: dict[str, Callable[[Item], Box]] = {
            "node": self.make_node, "input": self.make_input, "output": self.cards.card, "dot": self.make_dot,
            "note": self.make_note, "frame": self.make_frame}

    def facts(self, item: Item) -> Mapping[str, Any]:
        """What the layout says of an item, its place aside."""
        return self.sections[item.kind].get(item.name) or {}

    def key(self, item: Item) -> tuple[Any, ...]:
        """What a box is made from; equal keys make equal boxes."""
        facts = self.facts(item)
        told = (facts.get("collapsed"), facts.get("color"), _pair(facts.get("size")), facts.get("open"))
        if item.kind == "node":
            return (*told, self.compact, language(), _Same(self.graph.nodes[item.name]),
                    _known_key(self.checked.nodes.get(item.name), self.checked, item.name),
                    _state_key(self.states.get(item.name)), self.construct_key(item.name))
        if item.kind == "input":
            port = self.checked.inputs.get(item.name)
            return (*told, language(), _Same(self.graph.inputs[item.name]), port and (port.type, port.many))
        if item.kind == "output":
            ref = self.graph.outputs[item.name]
            flow = flow_of(self.checked, ref)
            return (*told, ref, flow and (flow.type, flow.depth), _Same(self.cards.thumbnail(ref)))
        return (*told, facts.get("text"), facts.get("title"))

    def construct_key(self, name: str) -> Any:
        """What the frame of a node says, of one that has a frame."""
        node = self.graph.nodes[name]
        if not (node.each or node.control or node.type in (SWITCH, PICK)):
            return None
        return construct_of(node, self.graph, self.states)

    def box(self, item: Item, key: tuple[Any, ...]) -> Box:
        """The box of an item: the one of before, if that was made from the same."""
        if self.before is not None and self.before.keys.get(item) == key:
            return self.before.boxes[item]
        return self.makers[item.kind](item)

    # -- nodes

    def make_node(self, item: Item) -> Box:
        node, state = self.graph.nodes[item.name], self.states.get(item.name)
        known = self.checked.nodes.get(item.name)
        collapsed = on_canvas.collapsed(self.graph, item)
        inputs, outputs = self.pins.inputs(item.name, node, known), self.pins.outputs(item.name)
        folded, inputs = self.folded(item, node, inputs)
        thumbnails = state.thumbnails if state is not None else {}
        flows = outputs_of(self.checked, item.name)
        tall = 0.0 if collapsed else slots.room_for(flows) or (PICTURE_ROOM if slots.unknown(thumbnails) else 0.0)
        subtitle = _type_words(node)
        construct = construct_of(node, self.graph, self.states, ran_of(thumbnails.values()))
        band = BAND if construct is not None and not collapsed else 0.0
        width = self.width(item, subtitle, [] if collapsed else [*outputs, *inputs], bool(tall),
                           construct if band else None)
        first = _first_kind(outputs)
        slot = Slot(SLOT_MARGIN, TITLE + band + SLOT_MARGIN, width - 2 * SLOT_MARGIN, tall,
                    slots.shown_ports(flows) or tuple((port, ANY) for port, _ in slots.unknown(thumbnails))) if tall else None
        row = COMPACT_ROW if self.compact else ROW
        top = TITLE + band + 4 + (tall + SLOT_MARGIN if tall else 0.0)
        if collapsed:
            pins = [pin._replace(x=width if pin.gives else 0.0, y=TITLE / 2) for pin in (*outputs, *inputs)]
            height = TITLE
        else:
            pins = [pin._replace(x=width if pin.gives else 0.0, y=top + row * (at + 0.5),
                                 value=said(pin, thumbnails) if pin.gives else pin.value)
                    for at, pin in enumerate((*outputs, *inputs))]
            height = top + row * (len(pins) + bool(folded)) + 4
        more_at = height - 4 - row / 2
        pins = [self.pins.fitted(pin, width) for pin in pins]
        through = known.through if known is not None and node.bypass else {}
        words = () if collapsed else wrapped(words_of(node), SMALL_SIZE, width - 2 * PAD, self.measure, MOST_WORDS)
        words_at, height = height, height + len(words) * LINE
        error = state.error if state is not None and not collapsed else ""
        lines = self.told(error, slot, width)
        if slot is None and lines:
            height += len(lines) * 15 + 10
        room = width - NAME_AT - PAD
        title = elided(item.name, TITLE_SIZE, room, self.measure, bold=True)
        left = room - self.measure(title, TITLE_SIZE, True) - GAP
        subtitle = elided(subtitle, SMALL_SIZE, left, self.measure) if left > 24 else ""
        return boxed(item, width, up(height), pins, title=title, subtitle=subtitle, row=row,
                      color=on_canvas.color(self.graph, item), graph=node.is_graph, collapsed=collapsed, lines=lines,
                      look="mute" if node.mute else "bypass" if node.bypass else "", slot=slot, words=words,
                      passages=passages(pins, through or {}), construct=construct,
                      words_at=words_at, kind=slot.ports[0][1].name if slot and slot.ports else first, folded=folded,
                      more_at=more_at,
                      pictures=() if slot is None or error else slots.filled(slot, thumbnails, self.measure))

    def told(self, error: str, slot: Slot | None, width: float) -> tuple[str, ...]:
        """What went wrong, in lines: in the slot where there is one, so that the node grows by nothing."""
        if not error:
            return ()
        most = 3 if slot is None else int((slot.height - 10) / 15)
        return wrapped(error, SMALL_SIZE, width - 2 * PAD, self.measure, most)

    def folded(self, item: Item, node: Node, pins: list[Pin]) -> tuple[int, list[Pin]]:
        """In a compact graph, what is at its default gives way to a row that counts it; less than 0 where it is unfolded."""
        kept = [pin for pin in pins if pin.tone != "default" or pin.shape == "slot"]
        if not self.compact or not node.inputs or len(pins) - len(kept) < 2:
            return 0, pins
        count = len(pins) - len(kept)
        return (-count, pins) if self.facts(item).get("open") is True else (count, kept)

    def width(self, item: Item, subtitle: str, pins: list[Pin], pictured: bool, construct: Construct | None) -> float:
        told = on_canvas.size(self.graph, item)
        if told is not None:
            return max(WIDTHS[0] - 48, up(told[0]))
        measure = self.measure
        needed = NAME_AT + measure(item.name, TITLE_SIZE, True) + GAP + measure(subtitle, SMALL_SIZE) + PAD
        for pin in pins:
            value = min(VALUE_WIDTH, measure(pin.value, TEXT_SIZE) + 12) + GAP if pin.value else 0.0
            each = measure(t("badge.each"), SMALL_SIZE) + 16 if pin.each else 0.0
            needed = max(needed, 2 * PAD + measure(pin.label, TEXT_SIZE) + value + each)
        if construct is not None:
            count = measure(construct.times, SMALL_SIZE, True) + 24 if construct.times else 0.0
            needed = max(needed, 2 * PAD + 20 + measure(construct.words, TEXT_SIZE, True) + count)
        least = PICTURED_WIDTH if pictured else WIDTHS[0]
        return min(WIDTHS[1], max(least, up(needed)))

    # -- the rest

    def make_input(self, item: Item) -> Box:
        told, port = self.graph.inputs[item.name], self.checked.inputs.get(item.name)
        flow = Flow(port.type, int(port.many), port.choices, port.optional) if port is not None else Flow(ANY)
        value = brief(told.default) if told.has_default else ""
        subtitle = name_of("type", told.type)
        needed = PAD + self.measure(item.name, TITLE_SIZE, True) + GAP + self.measure(subtitle, SMALL_SIZE) + PAD + 4
        needed = max(needed, 2 * PAD + min(200.0, self.measure(value, TEXT_SIZE) + 8))
        size = on_canvas.size(self.graph, item)
        width = max(112.0, up(size[0])) if size else min(WIDTHS[1], max(144.0, up(needed)))
        room = width - 2 * PAD - 4
        title = elided(item.name, TITLE_SIZE, room, self.measure, bold=True)
        left = room - self.measure(title, TITLE_SIZE, True) - GAP
        pin = Pin(Ref(item.name), width, 16.0, flow.type, shape(flow), port, item.name, value, many=flow.many)
        return boxed(item, width, 56.0, [pin], title=title, color=on_canvas.color(self.graph, item),
                      subtitle=elided(subtitle, SMALL_SIZE, left, self.measure) if left > 24 else "",
                      value=elided(value, TEXT_SIZE, room, self.measure))

    def make_dot(self, item: Item) -> Box:
        return Box(item, DOT, DOT)

    def make_note(self, item: Item) -> Box:
        width, height = on_canvas.size(self.graph, item) or (200.0, 96.0)
        width = max(80.0, width)
        lines = wrapped(on_canvas.text(self.graph, item), TEXT_SIZE, width - 2 * PAD, self.measure, 200)
        return Box(item, width, max(height, 40.0, up(len(lines) * NOTE_LINE + 18)),
                   color=on_canvas.color(self.graph, item), lines=lines)

    def make_frame(self, item: Item) -> Box:
        width, height = on_canvas.size(self.graph, item) or (320.0, 200.0)
        width, height = max(96.0, width), max(64.0, height)
        title = elided(on_canvas.text(self.graph, item), TITLE_SIZE, width - 2 * PAD, self.measure, bold=True)
        return Box(item, width, height, title, color=on_canvas.color(self.graph, item))


class _Same:
    """Stands for an object that is compared by its identity."""

    __slots__ = ("held",)

    def __init__(self, held: Any):
        self.held = held

    def __eq__(self, other: object) -> bool:
        return type(other) is _Same and self.held is other.held

    __hash__ = None  # type: ignore[assignment]


def _known_key(known: CheckedNode | None, checked: Checked, name: str) -> tuple[Any, ...]:
    """What a box shows of what `check` found out about a node."""
    if known is None or known.nodetype is None and known.graph is None:
        outputs = tuple((port, flow.type, flow.depth) for port, flow in outputs_of(checked, name).items())
        return (known is not None and known.switch, outputs)
    inner = known.graph
    ports = () if inner is None else tuple((port.name, port.type, port.many, _Same(port.default))
                                           for port in inner.inputs.values())
    outputs = tuple((port, flow.type, flow.depth) for port, flow in (known.outputs or {}).items())
    return (_Same(known.nodetype), ports, outputs, tuple((known.through or {}).items()))


def _state_key(state: Any) -> tuple[Any, ...]:
    if state is None:
        return ((), "")
    return (tuple((port, _Same(shown)) for port, shown in state.thumbnails.items()), state.error)


def _first_kind(outputs: list[Pin]) -> str:
    return outputs[0].type.name if outputs else ""


def _type_words(node: Node) -> str:
    if node.is_graph:
        return node.type.rsplit("/", 1)[-1].removesuffix(".yaml").removesuffix(".yml")
    return name_of("node", node.type)


def _pair(value: Any) -> tuple[Any, ...] | None:
    return tuple(value) if isinstance(value, (list, tuple)) else None
