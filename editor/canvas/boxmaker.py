"""Makes the box of each item from the graph, from what `check` found out, and from what the last run gave."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nodegraph import Graph, ModelType, Node, PortType, Ref
from nodegraph.editing import ANY, INT, MISSING, SEED, SWITCH, Checked, CheckedNode, Flow, Port, label_of

from ..document import items as on_canvas
from ..document.items import REPEAT, Item, Target, mapped
from ..document.ports import ROUNDS, flow_of, inputs_of, outputs_of
from ..words.speak import language, name_of, t
from . import slots
from .box import (
    COMPACT_ROW,
    DOT,
    GAP,
    GRID,
    LINE,
    MOST_WORDS,
    NAME_AT,
    NO_STATUS,
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
    Button,
    Pin,
    Slot,
    Status,
)
from .constructs import construct_of
from .lettering import ELLIPSIS, Measure, brief, elided, seconds_words, wrapped
from .slots import MARGIN as SLOT_MARGIN, PICTURE_ROOM

if TYPE_CHECKING:
    from .scene import Scene


SPREAD = f" {ELLIPSIS}"  # behind the name of a place in a list that another list is joined into


class Maker:
    """Makes the boxes of one graph. before: the last scene, whose boxes are kept where nothing has changed."""

    def __init__(self, graph: Graph, checked: Checked, states: Mapping[str, Any], measure: Measure, compact: bool,
                 before: Scene | None, heard: Callable[[PortType], bool] = lambda type: False):
        self.heard = heard
        self.graph, self.checked, self.states, self.measure, self.compact = graph, checked, states, measure, compact
        self.before = before
        self.sections = {kind: on_canvas.section(graph, kind) for kind in on_canvas.KINDS}
        self.makers: dict[str, Callable[[Item], Box]] = {
            "node": self.make_node, "input": self.make_input, "output": self.make_output, "dot": self.make_dot,
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
                    _state_key(self.states.get(item.name)))
        if item.kind == "input":
            port = self.checked.inputs.get(item.name)
            return (*told, language(), _Same(self.graph.inputs[item.name]), port and (port.type, port.many))
        if item.kind == "output":
            ref = self.graph.outputs[item.name]
            flow = flow_of(self.checked, ref)
            return (*told, ref, flow and (flow.type, flow.depth), _Same(self.output_thumbnail(ref)))
        return (*told, facts.get("text"), facts.get("title"))

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
        inputs, outputs = self.inputs(item.name, node, known), self.outputs(item.name)
        folded, inputs = self.folded(item, node, inputs)
        thumbnails = state.thumbnails if state is not None else {}
        flows = outputs_of(self.checked, item.name)
        tall = 0.0 if collapsed else slots.room_for(flows) or (PICTURE_ROOM if slots.unknown(thumbnails) else 0.0)
        subtitle = _type_words(node)
        width = self.width(item, subtitle, [] if collapsed else [*outputs, *inputs], bool(tall))
        first = _first_kind(outputs)
        slot = Slot(SLOT_MARGIN, TITLE + SLOT_MARGIN, width - 2 * SLOT_MARGIN, tall,
                    slots.shown_ports(flows) or tuple((port, ANY) for port, _ in slots.unknown(thumbnails))) if tall else None
        row = COMPACT_ROW if self.compact else ROW
        top = TITLE + 4 + (tall + SLOT_MARGIN if tall else 0.0)
        if collapsed:
            pins = [pin._replace(x=width if pin.gives else 0.0, y=TITLE / 2) for pin in (*outputs, *inputs)]
            height = TITLE
        else:
            pins = [pin._replace(x=width if pin.gives else 0.0, y=top + row * (at + 0.5),
                                 value=_said(pin, thumbnails) if pin.gives else pin.value)
                    for at, pin in enumerate((*outputs, *inputs))]
            height = top + row * (len(pins) + bool(folded)) + 4
        more_at = height - 4 - row / 2
        pins = [self.fitted(pin, width) for pin in pins]
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
        return _boxed(item, width, _up(height), pins, title=title, subtitle=subtitle, row=row,
                      color=on_canvas.color(self.graph, item), graph=node.is_graph, collapsed=collapsed, lines=lines,
                      look="mute" if node.mute else "bypass" if node.bypass else "", slot=slot, words=words,
                      passages=_passages(pins, through or {}), construct=construct_of(node),
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

    def width(self, item: Item, subtitle: str, pins: list[Pin], pictured: bool) -> float:
        told = on_canvas.size(self.graph, item)
        if told is not None:
            return max(WIDTHS[0] - 48, _up(told[0]))
        measure = self.measure
        needed = NAME_AT + measure(item.name, TITLE_SIZE, True) + GAP + measure(subtitle, SMALL_SIZE) + PAD
        for pin in pins:
            value = min(VALUE_WIDTH, measure(pin.value, TEXT_SIZE) + 12) + GAP if pin.value else 0.0
            each = measure(t("badge.each"), SMALL_SIZE) + 16 if pin.each else 0.0
            needed = max(needed, 2 * PAD + measure(pin.label, TEXT_SIZE) + value + each)
        least = PICTURED_WIDTH if pictured else WIDTHS[0]
        return min(WIDTHS[1], max(least, _up(needed)))

    def fitted(self, pin: Pin, width: float) -> Pin:
        """A pin with its words cut to the room there is."""
        room = width - 2 * PAD
        label = elided(pin.label, TEXT_SIZE, room, self.measure)
        room -= self.measure(label, TEXT_SIZE) + GAP
        room -= self.measure(t("badge.each"), SMALL_SIZE) + 16 if pin.each else 0
        value = elided(pin.value, TEXT_SIZE, room, self.measure) if pin.value else ""
        return pin._replace(label=label, value=value)

    def outputs(self, name: str) -> list[Pin]:
        flows = outputs_of(self.checked, name)
        known = self.checked.nodes.get(name)
        ports = known.nodetype.outputs if known is not None and known.nodetype is not None else {}
        return [Pin(Ref(name) if len(flows) == 1 else Ref(name, port), 0, 0, flow.type, _shape(flow), ports.get(port),
                    name_of("port", port), many=flow.many) for port, flow in flows.items()]

    def inputs(self, name: str, node: Node, known: CheckedNode | None) -> list[Pin]:
        found: list[Pin] = []
        for port in inputs_of(self.checked, name):
            value = node.inputs.get(port.name, MISSING)
            if isinstance(value, list) and any(type(one) is Ref for one in value):
                found += self.listed(name, port, value)
                continue
            tone = "linked" if type(value) is Ref else "literal"
            if value is MISSING:
                value = None if port.default is MISSING else port.default
                switch_end = node.type == SWITCH and port.name != "on"
                tone = "missing" if port.default is MISSING and not port.optional and not switch_end else "default"
            found.append(Pin(Target("node", name, port.name), 0, 0, port.type, _shape(port), port,
                             port_title(node, port.name), self.badge(value) if tone == "linked" else brief(value), tone,
                             port.name in mapped(node), port.many))
        if REPEAT in node.control and REPEAT not in node.inputs:
            found.append(self.rounds(name, node))
        return found

    def badge(self, ref: Any) -> str:
        """What a pin says of a link that is drawn faintly: where it comes from."""
        told = self.checked.inputs.get(ref.name) if ref.name in self.graph.inputs else None
        return ref.name if told is not None and told.type is SEED else ""

    def rounds(self, name: str, node: Node) -> Pin:
        """Where the number of rounds comes in."""
        value = node.control[REPEAT]
        linked = type(value) is Ref
        return Pin(Target("node", name, REPEAT), 0, 0, INT, "circle", ROUNDS, t("word.repeat"),
                   "" if linked else brief(value), "linked" if linked else "literal")

    def listed(self, name: str, port: Port, value: list[Any]) -> Iterator[Pin]:
        """The places of a list that links stand in, and one more."""
        node = self.graph.nodes[name]
        title, over = port_title(node, port.name), port.name in mapped(node)
        for index, one in enumerate(value):
            linked = type(one) is Ref
            spread = linked and one.spread
            yield Pin(Target("node", name, port.name, index), 0, 0, port.type, "square" if spread else "circle", port,
                      f"{title} {index + 1}{SPREAD if spread else ''}", "" if linked else brief(one),
                      "linked" if linked else "literal", over, spread)
        yield Pin(Target("node", name, port.name), 0, 0, port.type, "slot", port, "+", "", "default")

    # -- the rest

    def make_input(self, item: Item) -> Box:
        told, port = self.graph.inputs[item.name], self.checked.inputs.get(item.name)
        flow = Flow(port.type, int(port.many), port.choices, port.optional) if port is not None else Flow(ANY)
        value = brief(told.default) if told.has_default else ""
        subtitle = name_of("type", told.type)
        needed = PAD + self.measure(item.name, TITLE_SIZE, True) + GAP + self.measure(subtitle, SMALL_SIZE) + PAD + 4
        needed = max(needed, 2 * PAD + min(200.0, self.measure(value, TEXT_SIZE) + 8))
        size = on_canvas.size(self.graph, item)
        width = max(112.0, _up(size[0])) if size else min(WIDTHS[1], max(144.0, _up(needed)))
        room = width - 2 * PAD - 4
        title = elided(item.name, TITLE_SIZE, room, self.measure, bold=True)
        left = room - self.measure(title, TITLE_SIZE, True) - GAP
        pin = Pin(Ref(item.name), width, 16.0, flow.type, _shape(flow), port, item.name, value, many=flow.many)
        return _boxed(item, width, 56.0, [pin], title=title, color=on_canvas.color(self.graph, item),
                      subtitle=elided(subtitle, SMALL_SIZE, left, self.measure) if left > 24 else "",
                      value=elided(value, TEXT_SIZE, room, self.measure))

    def make_output(self, item: Item) -> Box:
        """The card of one output of the graph: what it gave last, in full view."""
        ref = self.graph.outputs[item.name]
        flow = flow_of(self.checked, ref) or Flow(ANY)
        shown = self.output_thumbnail(ref)
        pin = Pin(Target("output", item.name), 0.0, 16.0, flow.type, _shape(flow), None, item.name, "", "linked",
                  many=flow.many)
        color = on_canvas.color(self.graph, item)
        if flow.type.preview is None and (shown is None or shown.picture is None):
            needed = 2 * PAD + 8 + self.measure(item.name, TITLE_SIZE, True)
            width = min(WIDTHS[1], max(144.0, _up(needed)))
            value = elided(brief(shown.text) if shown is not None else "", TEXT_SIZE, width - 2 * PAD - 4, self.measure)
            title = elided(item.name, TITLE_SIZE, width - 2 * PAD - 4, self.measure, bold=True)
            return _boxed(item, width, 56.0, [pin], title=title, color=color, value=value, kind=flow.type.name)
        size = on_canvas.size(self.graph, item)
        width = max(144.0, _up(size[0])) if size else slots.CARD_WIDTH
        slot = Slot(SLOT_MARGIN, TITLE, width - 2 * SLOT_MARGIN, slots.CARD_ROOM - SLOT_MARGIN, ((_port_of(ref), flow.type),))
        buttons = self.buttons(flow.type, shown, width)
        room = width - 2 * PAD - 4 - len(buttons) * 24
        pictures = slots.filled(slot, {_port_of(ref): shown}, self.measure) if shown is not None else ()
        return _boxed(item, width, TITLE + slots.CARD_ROOM, [pin], color=color, kind=flow.type.name, slot=slot,
                      title=elided(item.name, TITLE_SIZE, room, self.measure, bold=True), pictures=pictures, buttons=buttons)

    def output_thumbnail(self, ref: Ref) -> Any:
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

    def make_dot(self, item: Item) -> Box:
        return Box(item, DOT, DOT)

    def make_note(self, item: Item) -> Box:
        width, height = on_canvas.size(self.graph, item) or (200.0, 96.0)
        width = max(80.0, width)
        lines = wrapped(on_canvas.text(self.graph, item), TEXT_SIZE, width - 2 * PAD, self.measure, 200)
        return Box(item, width, max(height, 40.0, _up(len(lines) * NOTE_LINE + 18)),
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


def port_title(node: Node, port: str) -> str:
    """What a pin is called: a branch of a switch by its label."""
    return label_of(port) if node.type == SWITCH and port != "on" else name_of("port", port)


def words_of(node: Node) -> str:
    """How often a node runs, in a line: repeat 10, carry text, until done. What its pins show is left out."""
    told = {word: value for word, value in node.control.items() if word not in (REPEAT, "cross")}
    if "cross" in node.control:
        told["cross"] = node.control["cross"]
    return ", ".join(f"{t(f'word.{word}')} {said}" for word, value in told.items() if (said := word_value(word, value)))


def word_value(word: str, value: Any) -> str:
    """What stands behind one of these words, in short."""
    if word == "carry":
        return ", ".join(input if input == output else f"{output} > {input}" for input, output in value.items())
    if word == "cross":
        return " \N{MULTIPLICATION SIGN} ".join(value)
    return t("word.skip") if word == "failed" else brief(value)


def _boxed(item: Item, width: float, height: float, pins: Iterable[Pin], **more: Any) -> Box:
    pins = tuple(pins)
    outs: dict[str | None, Pin] = {pin.end.port or _only(pin): pin for pin in pins if pin.gives}
    if len(outs) == 1:
        outs[None] = next(iter(outs.values()))
    ins = {(pin.end.port, pin.end.index): pin for pin in pins if isinstance(pin.end, Target)}
    return Box(item, width, height, pins=pins, outs=outs, ins=ins, **more)


def _only(pin: Pin) -> str:
    return pin.port.name if pin.port is not None else ""


def _said(pin: Pin, thumbnails: Mapping[str, Any]) -> str:
    """What an output gave, where that is a number or a word and has no picture."""
    shown = thumbnails.get(_only(pin) or (pin.end.port or ""))
    return brief(shown.text) if shown is not None and shown.kind == "value" and pin.type.parse is not None else ""


def _passages(pins: list[Pin], through: Mapping[str, str | None]) -> tuple[tuple[Pin, Pin], ...]:
    """From which pin to which a bypassed node hands on, as `check` found out."""
    into = {pin.end.port: pin for pin in reversed(pins) if isinstance(pin.end, Target)}
    gives = [pin for pin in pins if pin.gives]
    found = []
    for output, port in through.items():
        out = next((pin for pin in gives if output in (pin.end.port, _only(pin)) or len(gives) == 1), None)
        if out is not None and port in into:
            found.append((into[port], out))
    return tuple(found)


def _first_kind(outputs: list[Pin]) -> str:
    return outputs[0].type.name if outputs else ""


def status_of(state: Any, node: Node, trouble: str) -> Status:
    look = [("muted", t("badge.muted"))] if node.mute else [("bypassed", t("badge.bypassed"))] if node.bypass else []
    if state is None:
        return Status(trouble=trouble, badges=tuple(look)) if look or trouble else NO_STATUS
    badges = look
    if state.status == "cached":
        badges.append(("cached", t("badge.cached")))
    elif state.status == "ran":
        badges.append(("ran", seconds_words(state.seconds)))
    elif state.status == "failed":
        badges.append(("failed", t("badge.failed")))
    elif state.status == "running" and state.text:
        badges.append(("running", state.text[:40]))
    if state.stale:
        badges.append(("stale", t("badge.stale")))
    part = min(1.0, max(0.0, state.done / state.total)) if state.total else None
    return Status(state.status, part, tuple(badges), trouble)


def _type_words(node: Node) -> str:
    if node.is_graph:
        return node.type.rsplit("/", 1)[-1].removesuffix(".yaml").removesuffix(".yml")
    return name_of("node", node.type)


def _shape(flow: Flow | Port) -> str:
    if isinstance(flow.type, ModelType):
        return "diamond"
    return "square" if flow.many else "circle"


def _up(length: float) -> float:
    """The next multiple of the grid."""
    return math.ceil(length / GRID - 1e-9) * GRID


def _pair(value: Any) -> tuple[Any, ...] | None:
    return tuple(value) if isinstance(value, (list, tuple)) else None


def _port_of(ref: Ref) -> str:
    """The name under which a slot has the one thing that an output shows."""
    return ref.port or "value"
