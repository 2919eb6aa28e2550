"""What is drawn where: a box for all on the canvas, with its pins, texts and pictures, and a curve for each link.

Pure geometry in canvas units (pixels at a zoom of 1, y downwards); it knows no window, and colours only as those of
port types. A Box knows nothing of its place, so moving changes `Scene.at` alone; a Box is kept, the same object, as
long as nothing that it shows has changed. Whoever paints needs to repaint just the boxes that are others than before.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

from nodegraph.check import Checked, CheckedNode, Flow
from nodegraph.graph import SWITCH, Graph, Node, Ref, label_of
from nodegraph.nodetype import MISSING, Port
from nodegraph.types import ANY, INT, ModelType, PortType

from ..document import items as on_canvas
from ..document.items import REPEAT, Item, Link, Target, is_spread, links, mapped
from ..document.ports import ROUNDS, inputs_of, outputs_of
from ..words.speak import language, name_of, t

Measure = Callable[..., float]  # (text, size, bold=False) -> width
Rectangle = tuple[float, float, float, float]  # x, y, width, height

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
SPREAD = f" {ELLIPSIS}"  # behind the name of a place in a list that another list is joined into
GRID = 8
TITLE, ROW, COMPACT_ROW = 32.0, 24.0, 20.0
PAD, GAP = 12.0, 12.0
TITLE_SIZE, TEXT_SIZE, SMALL_SIZE = 16.0, 15.0, 13.0
NAME_AT = 28.0  # where a title's words begin, after the sign that collapses the box
WIDTHS = (176.0, 336.0)  # of nodes: the least and, unless its file says more, the most
PICTURED_WIDTH = 208.0
VALUE_WIDTH = 128.0
PICTURE_HEIGHT, PICTURE_MARGIN = 176.0, 8.0
MOST_PICTURES, MOST_LINES, MOST_WORDS, LINE = 3, 6, 3, 16.0
DOT = 16.0
CORNER = 14.0
BADGES_ABOVE = 20.0  # the room that a node's badges take above it
NOTE_LINE = 19.0
SMALL_TEXT = 0.38  # the scale below which a box shows no more than its name


class Pin(NamedTuple):
    """Where links end. x, y: from its box's corner. end: the Ref of links from here, or the Target of one to here.

    shape: "circle" (one thing), "square" (a list), "diamond" (a model), "slot" (room for one more in a list).
    tone: "literal", "default", "linked", "missing" (must be given and is not) or "" (an output).
    """

    end: Ref | Target
    x: float
    y: float
    type: PortType
    shape: str
    port: Port | None = None
    label: str = ""
    value: str = ""
    tone: str = ""
    each: bool = False
    many: bool = False

    @property
    def gives(self) -> bool:
        """Whether links begin here."""
        return type(self.end) is Ref


class PinAt(NamedTuple):
    """A pin and where it is on the canvas."""

    item: Item
    pin: Pin
    x: float
    y: float


class Picture(NamedTuple):
    """Something made by a run, shown in a box. lines: in place of a picture, or of a few words below it."""

    port: str
    x: float
    y: float
    width: float
    height: float
    thumbnail: Any
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Box:
    """How one item looks, wherever it is. row: the height of one pin. lines: of a note, or of an error at the foot.

    look: "", "mute" or "bypass". color: #rrggbb or "". graph: whether another graph stands here.
    words: how often it runs, in lines below its pins.
    """

    item: Item
    width: float
    height: float
    title: str = ""
    subtitle: str = ""
    color: str = ""
    look: str = ""
    graph: bool = False
    collapsed: bool = False
    row: float = ROW
    pins: tuple[Pin, ...] = ()
    pictures: tuple[Picture, ...] = ()
    value: str = ""
    lines: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    words_at: float = 0.0
    outs: Mapping[str | None, Pin] = field(default_factory=dict, repr=False)
    ins: Mapping[tuple[str, int | None], Pin] = field(default_factory=dict, repr=False)

    @property
    def resizable(self) -> bool:
        """Whether its corner can be dragged."""
        return self.item.kind in ("frame", "note") or self.item.kind == "node" and not self.collapsed


class Status(NamedTuple):
    """How a node is doing, as it is drawn around its box. part: 0 to 1 of its work, None where that is not known.

    badges: (role, words), where a role is "cached", "stale", "failed", "ran", "running", "muted" or "bypassed".
    trouble: "error" or "warning" where a problem of the graph is here.
    """

    status: str = ""
    part: float | None = None
    badges: tuple[tuple[str, str], ...] = ()
    trouble: str = ""


Segment = tuple[float, float, float, float, float, float, float, float]  # the four points of a cubic Bezier


class Curve(NamedTuple):
    """A link as it is drawn: one Bezier, or several through dots. spread: its list is joined into another."""

    link: Link
    segments: tuple[Segment, ...]
    color: str
    many: bool
    dim: bool
    spread: bool = False

    @property
    def bounds(self) -> Rectangle:
        """The rectangle that it does not leave."""
        xs = [x for s in self.segments for x in s[0::2]]
        ys = [y for s in self.segments for y in s[1::2]]
        return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


class Hit(NamedTuple):
    """What lies at a point. kind: "pin", "collapse", "corner", "title", "thumbnail", "item", "link" or "nothing"."""

    kind: str
    item: Item | None = None
    pin: PinAt | None = None
    link: Link | None = None
    picture: Picture | None = None


NOTHING = Hit("nothing")


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that is drawn. boxes: what lies behind comes first. keys: what each box was made from."""

    graph: Graph
    boxes: Mapping[Item, Box]
    at: Mapping[Item, tuple[float, float]]
    status: Mapping[Item, Status]
    curves: Mapping[Link, Curve]
    dots: Mapping[Link, tuple[Item, ...]]
    keys: Mapping[Item, tuple[Any, ...]]

    def rectangle(self, item: Item) -> Rectangle:
        """Where an item is and how large."""
        box = self.boxes[item]
        return (*self.at[item], box.width, box.height)

    @property
    def bounds(self) -> Rectangle | None:
        """The rectangle around everything; None where there is nothing."""
        return around(map(self.rectangle, self.boxes))

    @property
    def sizes(self) -> dict[Item, tuple[float, float]]:
        """How large each item is."""
        return {item: (box.width, box.height) for item, box in self.boxes.items()}

    def moved(self, offsets: Mapping[Item, tuple[float, float]]) -> Scene:
        """The same with some items elsewhere, and the links there led anew."""
        at = dict(self.at)
        for item, (right, down) in offsets.items():
            if item in at:
                at[item] = (at[item][0] + right, at[item][1] + down)
        scene = replace(self, at=at)
        curves = dict(self.curves)
        for link in curves:
            if _source(self.graph, link) in offsets or link.target.item in offsets \
                    or any(dot in offsets for dot in self.dots.get(link, ())):
                curves[link] = _curve(scene, link)
        return replace(scene, curves=curves)

    def resized(self, item: Item, size: tuple[float, float]) -> Scene:
        """The same with one frame or note another size, as far as it can be seen before it is made so."""
        return replace(self, boxes={**self.boxes, item: replace(self.boxes[item], width=size[0], height=size[1])})

    def pins(self, item: Item) -> Iterator[PinAt]:
        """The pins of an item, where they are."""
        x, y = self.at[item]
        for pin in self.boxes[item].pins:
            yield PinAt(item, pin, x + pin.x, y + pin.y)


def around(rectangles: Iterable[Rectangle]) -> Rectangle | None:
    """The smallest rectangle around others; None around none."""
    found = list(rectangles)
    if not found:
        return None
    left, top = min(r[0] for r in found), min(r[1] for r in found)
    return left, top, max(r[0] + r[2] for r in found) - left, max(r[1] + r[3] for r in found) - top


# ---- building -----------------------------------------------------------------------------------------------------

def build(graph: Graph, checked: Checked, states: Mapping[str, Any], measure: Measure, compact: bool = False,
          troubles: Mapping[Item, str] | None = None, before: Scene | None = None) -> Scene:
    """What there is to draw of a graph.

    checked: of a graph with these nodes. states: NodeState by node. compact: nodes without the parameters that are
    at their defaults. troubles: "error" or "warning" by item. before: the last scene, whose boxes are kept where
    nothing has changed.
    """
    maker = _Maker(graph, checked, states, measure, compact, before)
    boxes, at, keys = {}, {}, {}
    for item in on_canvas.items(graph):
        place = on_canvas.position(graph, item)
        if place is not None:
            keys[item] = maker.key(item)
            boxes[item] = maker.box(item, keys[item])
            at[item] = place
    status = {item: _status(states.get(item.name), graph.nodes[item.name], (troubles or {}).get(item, ""))
              for item in boxes if item.kind == "node"}
    status |= {item: Status(trouble=trouble) for item, trouble in (troubles or {}).items()
               if item in boxes and item.kind != "node"}
    scene = Scene(graph, boxes, at, status, {}, _ways(graph), keys)
    return replace(scene, curves=_curves(scene, before))


class _Maker:
    def __init__(self, graph: Graph, checked: Checked, states: Mapping[str, Any], measure: Measure, compact: bool,
                 before: Scene | None):
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
        told = (facts.get("collapsed"), facts.get("color"), _pair(facts.get("size")))
        if item.kind == "node":
            return (*told, self.compact, language(), _Same(self.graph.nodes[item.name]),
                    _known_key(self.checked.nodes.get(item.name), self.checked, item.name),
                    _state_key(self.states.get(item.name)))
        if item.kind == "input":
            port = self.checked.inputs.get(item.name)
            return (*told, language(), _Same(self.graph.inputs[item.name]), port and (port.type, port.many))
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
        thumbnails = [] if collapsed else _thumbnails(state)
        subtitle = _type_words(node)
        width = self.width(item, subtitle, [] if collapsed else [*outputs, *inputs], bool(thumbnails))
        row = COMPACT_ROW if self.compact else ROW
        if collapsed:
            pins = [pin._replace(x=width if pin.gives else 0.0, y=TITLE / 2) for pin in (*outputs, *inputs)]
            height = TITLE
        else:
            pins = [pin._replace(x=width if pin.gives else 0.0, y=TITLE + 4 + row * (at + 0.5))
                    for at, pin in enumerate((*outputs, *inputs))]
            height = TITLE + 4 + row * len(pins) + 4
        pins = [self.fitted(pin, width) for pin in pins]
        words = () if collapsed else wrapped(words_of(node), SMALL_SIZE, width - 2 * PAD, self.measure, MOST_WORDS)
        words_at, height = height, height + len(words) * LINE
        pictures, height = self.pictures(thumbnails, width, height)
        lines: tuple[str, ...] = ()
        if state is not None and state.error and not collapsed:
            lines = wrapped(state.error, SMALL_SIZE, width - 2 * PAD, self.measure, 3)
            height += len(lines) * 15 + 10
        room = width - NAME_AT - PAD
        title = elided(item.name, TITLE_SIZE, room, self.measure, bold=True)
        left = room - self.measure(title, TITLE_SIZE, True) - GAP
        subtitle = elided(subtitle, SMALL_SIZE, left, self.measure) if left > 24 else ""
        return _boxed(item, width, _up(height), pins, title=title, subtitle=subtitle, row=row,
                      color=on_canvas.color(self.graph, item), graph=node.is_graph, collapsed=collapsed, lines=lines,
                      look="mute" if node.mute else "bypass" if node.bypass else "", pictures=tuple(pictures),
                      words=words, words_at=words_at)

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

    def pictures(self, thumbnails: list[tuple[str, Any]], width: float, top: float) -> tuple[list[Picture], float]:
        found = []
        inner = width - 2 * PICTURE_MARGIN
        for port, thumbnail in thumbnails:
            if thumbnail.picture is not None:
                high, wide = thumbnail.picture.shape[:2]
                scale = min(inner / wide, PICTURE_HEIGHT / high)
                left = PICTURE_MARGIN + (inner - wide * scale) / 2
                shown = Picture(port, left, top, wide * scale, high * scale, thumbnail)
            else:
                lines = wrapped(thumbnail.text, SMALL_SIZE, inner - 16, self.measure, MOST_LINES)
                shown = Picture(port, PICTURE_MARGIN, top, inner, len(lines) * LINE + 12, thumbnail, lines)
            found.append(shown)
            top += shown.height + PICTURE_MARGIN
        return found, top

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
            if self.compact and tone == "default" and len(node.inputs) > 0:
                continue
            found.append(Pin(Target("node", name, port.name), 0, 0, port.type, _shape(port), port,
                             port_title(node, port.name), "" if tone == "linked" else brief(value), tone,
                             port.name in mapped(node), port.many))
        if REPEAT in node.control and REPEAT not in node.inputs:
            found.append(self.rounds(name, node))
        return found

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
        needed = 2 * PAD + 8 + self.measure(item.name, TITLE_SIZE, True)
        width = min(WIDTHS[1], max(96.0, _up(needed)))
        pin = Pin(Target("output", item.name), 0.0, 16.0, ANY, "circle", None, item.name, "", "linked")
        title = elided(item.name, TITLE_SIZE, width - 2 * PAD - 4, self.measure, bold=True)
        return _boxed(item, width, 32.0, [pin], title=title, color=on_canvas.color(self.graph, item))

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
    return (_Same(known.nodetype), ports, outputs)


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


def _thumbnails(state: Any) -> list[tuple[str, Any]]:
    """What a run made, as far as it is shown in the node: a preview alone, or the first few outputs."""
    if state is None or not state.thumbnails:
        return []
    if "" in state.thumbnails:
        return [("", state.thumbnails[""])]
    return [(port, shown) for port, shown in state.thumbnails.items()
            if shown.picture is not None or shown.text][:MOST_PICTURES]


def _status(state: Any, node: Node, trouble: str) -> Status:
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


NO_STATUS = Status()


def seconds_words(seconds: float) -> str:
    """A length of time as a badge has it."""
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


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


# ---- text ---------------------------------------------------------------------------------------------------------

def brief(value: Any) -> str:
    """A literal in one short line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        more = [] if len(value) <= 8 else [ELLIPSIS]
        return ", ".join([*(f"${one.name}{'...' * one.spread}" if type(one) is Ref else brief(one) for one in value[:8]),
                          *more])
    return " ".join(str(value)[:200].split())


def elided(text: str, size: float, width: float, measure: Measure, bold: bool = False) -> str:
    """A line cut to a width, with an ellipsis where something is missing; empty where not even that has room."""
    if not text or measure(text, size, bold) <= width:
        return text
    kept = bisect_left(range(len(text)), True, key=lambda n: measure(text[:n + 1] + ELLIPSIS, size, bold) > width)
    return text[:kept].rstrip() + ELLIPSIS if kept else ""


def wrapped(text: str, size: float, width: float, measure: Measure, most: int) -> tuple[str, ...]:
    """A text as lines of at most a width: broken at spaces, between Chinese characters, and within words too long."""
    return _wrapped(text[:4000], size, width, measure, most)


@lru_cache(maxsize=2000)
def _wrapped(text: str, size: float, width: float, measure: Measure, most: int) -> tuple[str, ...]:
    lines: list[str] = []
    for paragraph in text.strip().splitlines():
        line = ""
        for piece in _pieces(paragraph):
            if line and measure((line + piece).rstrip(), size) > width:
                lines.append(line.rstrip())
                line, piece = "", piece.lstrip()
            while piece and measure(piece.rstrip(), size) > width:
                kept = max(1, bisect_left(range(len(piece)), True, key=lambda n: measure(piece[:n + 1], size) > width))
                lines.append(piece[:kept])
                piece = piece[kept:]
            line += piece
            if len(lines) > most:
                break
        lines.append(line.rstrip())
        if len(lines) > most:
            break
    if len(lines) > most:
        lines = lines[:most]
        lines[-1] = elided(lines[-1] + ELLIPSIS, size, width, measure)
    return tuple(lines)


_NO_START = set("，。！？；：、）》」』】…—,.!?;:)")


def _pieces(text: str) -> list[str]:
    """What a line may be broken between: words with the space after them, and single Chinese characters."""
    pieces: list[str] = []
    word = ""
    for character in text:
        wide = ord(character) >= 0x2E80
        if wide and character not in _NO_START:
            if word:
                pieces.append(word)
            word = character
            continue
        if word and (word[-1].isspace() and not character.isspace() or
                     ord(word[-1]) >= 0x2E80 and not wide and character not in _NO_START):
            pieces.append(word)
            word = ""
        word += character
    return [*pieces, word] if word else pieces


# ---- links --------------------------------------------------------------------------------------------------------

def _source(graph: Graph, link: Link) -> Item:
    return on_canvas.source_item(graph, link.source)


def _ways(graph: Graph) -> dict[Link, tuple[Item, ...]]:
    """The dots that links are led through, from left to right."""
    found: dict[Link, list[tuple[float, str]]] = {}
    for dot in on_canvas.dots(graph):
        for target in dot.targets:
            found.setdefault(Link(dot.source, target), []).append((dot.at[0], dot.name))
    return {link: tuple(Item("dot", name) for _, name in sorted(dots)) for link, dots in found.items()}


def _curves(scene: Scene, before: Scene | None) -> dict[Link, Curve]:
    """The curve of each link; the one of before where both its ends, and all between, are where they were."""
    found = {}
    for link in links(scene.graph):
        source, target = _source(scene.graph, link), link.target.item
        if source not in scene.boxes or target not in scene.boxes:
            continue
        old = before.curves.get(link) if before is not None else None
        ends = (source, target, *scene.dots.get(link, ()))
        if old is not None and before is not None \
                and all(scene.boxes[end] is before.boxes.get(end) and scene.at[end] == before.at.get(end) for end in ends) \
                and scene.dots.get(link) == before.dots.get(link):
            found[link] = old
        else:
            found[link] = _curve(scene, link)
    return found


def _curve(scene: Scene, link: Link) -> Curve:
    source = scene.boxes[_source(scene.graph, link)]
    target = scene.boxes[link.target.item]
    pin = source.outs.get(link.source.port)
    start, end = start_of(scene, link), end_of(scene, link)
    through = [(scene.at[dot][0] + DOT / 2, scene.at[dot][1] + DOT / 2) for dot in scene.dots.get(link, ())
               if dot in scene.at]
    points = [start, *through, end]
    return Curve(link, tuple(bezier(a, b) for a, b in zip(points, points[1:], strict=False)),
                 pin.type.color if pin is not None else ANY.color, pin is not None and pin.many,
                 source.look == "mute" or target.look == "mute", is_spread(scene.graph, link))


def start_of(scene: Scene, link: Link) -> tuple[float, float]:
    """Where a link leaves; the upper right of the box, where the file names an output that is not there."""
    item = _source(scene.graph, link)
    box, (x, y) = scene.boxes[item], scene.at[item]
    pin = box.outs.get(link.source.port)
    return (x + pin.x, y + pin.y) if pin is not None else (x + box.width, y + TITLE / 2)


def end_of(scene: Scene, link: Link) -> tuple[float, float]:
    """Where a link arrives."""
    target = link.target
    box, (x, y) = scene.boxes[target.item], scene.at[target.item]
    pin = box.ins.get((target.port, target.index)) or box.ins.get((target.port, None))
    return (x + pin.x, y + pin.y) if pin is not None else (x, y + TITLE / 2)


def bezier(start: tuple[float, float], end: tuple[float, float]) -> Segment:
    """The curve from one point to another: it leaves to the right and arrives from the left."""
    right, down = end[0] - start[0], abs(end[1] - start[1])
    if right >= 0:
        reach = max(min(right, 32.0), min(right * 0.5, 160.0), min(down * 0.5, right * 0.75))
    else:
        reach = min(200.0, 48.0 - right * 0.35 + down * 0.1)
    return (*start, start[0] + reach, start[1], end[0] - reach, end[1], *end)


def along(segment: Segment, part: float) -> tuple[float, float]:
    """The point of a Bezier at a part, 0 to 1, of its parameter."""
    a, b, c, d, e, f, g, h = segment
    u = 1 - part
    i, j, k, m = u * u * u, 3 * u * u * part, 3 * u * part * part, part * part * part
    return i * a + j * c + k * e + m * g, i * b + j * d + k * f + m * h


def sampled(curve: Curve, each: int = 20) -> list[tuple[float, float]]:
    """Points along a curve, close enough to lie on it for the eye."""
    return [along(segment, at / each) for segment in curve.segments for at in range(each + 1)]


def distance(curve: Curve, x: float, y: float) -> float:
    """How far a point is from a curve."""
    points = sampled(curve)
    return min(_to_line(x, y, *a, *b) for a, b in zip(points, points[1:], strict=False))


def _to_line(x: float, y: float, a: float, b: float, c: float, d: float) -> float:
    right, down = c - a, d - b
    length = right * right + down * down
    part = max(0.0, min(1.0, ((x - a) * right + (y - b) * down) / length)) if length else 0.0
    return math.hypot(x - a - part * right, y - b - part * down)


# ---- what lies where ----------------------------------------------------------------------------------------------

def hit(scene: Scene, x: float, y: float, zoom: float) -> Hit:
    """What lies at a point: pins before boxes, boxes before links, links before frames."""
    pin = nearest_pin(scene, x, y, min(14.0, 10.0 / zoom)) if zoom >= 0.3 else None
    if pin is not None:
        return Hit("pin", pin.item, pin)
    frames = []
    for item, box in reversed(list(scene.boxes.items())):
        left, top = scene.at[item]
        if not (left <= x < left + box.width and top <= y < top + box.height):
            continue
        if item.kind == "frame":
            frames.append((item, x - left, y - top))
        else:
            return _within(item, box, x - left, y - top, zoom)
    link = link_at(scene, x, y, 6.0 / zoom)
    if link is not None:
        return Hit("link", link=link)
    for item, across, down in frames:
        found = _within(item, scene.boxes[item], across, down, zoom)
        if found.kind != "item":
            return found
    return NOTHING


def _within(item: Item, box: Box, x: float, y: float, zoom: float) -> Hit:
    """The part of a box at a place in it."""
    if box.resizable and x > box.width - CORNER and y > box.height - CORNER and zoom >= 0.3:
        return Hit("corner", item)
    if item.kind == "node" and x < NAME_AT - 4 and y < TITLE and zoom >= SMALL_TEXT:  # where its sign is drawn
        return Hit("collapse", item)
    if y < TITLE and item.kind not in ("note", "dot"):
        return Hit("title", item)
    for shown in box.pictures:
        if shown.x <= x < shown.x + shown.width and shown.y <= y < shown.y + shown.height:
            return Hit("thumbnail", item, picture=shown)
    return Hit("item", item)


def link_at(scene: Scene, x: float, y: float, radius: float) -> Link | None:
    """The link nearest to a point, within a radius."""
    best, found = radius, None
    for link, curve in scene.curves.items():
        left, top, width, height = curve.bounds
        if left - radius <= x <= left + width + radius and top - radius <= y <= top + height + radius:
            away = distance(curve, x, y)
            if away <= best:
                best, found = away, link
    return found


def nearest_pin(scene: Scene, x: float, y: float, radius: float,
                wanted: Callable[[PinAt], bool] | None = None) -> PinAt | None:
    """The pin nearest to a point within a radius, of those wanted."""
    best, found = radius, None
    for item, box in scene.boxes.items():
        left, top = scene.at[item]
        if not box.pins or not (left - radius <= x <= left + box.width + radius
                                and top - radius <= y <= top + box.height + radius):
            continue
        for pin in box.pins:
            away = math.hypot(left + pin.x - x, top + pin.y - y)
            if away <= best and (wanted is None or wanted(PinAt(item, pin, left + pin.x, top + pin.y))):
                best, found = away, PinAt(item, pin, left + pin.x, top + pin.y)
    return found


def inside(scene: Scene, rectangle: Rectangle, whole: bool = False) -> list[Item]:
    """What a rectangle touches; of frames, and of everything if `whole`, what lies in it altogether."""
    left, top, width, height = rectangle
    right, bottom = left + width, top + height
    found = []
    for item, box in scene.boxes.items():
        x, y = scene.at[item]
        if whole or item.kind == "frame":
            there = left <= x and top <= y and x + box.width <= right and y + box.height <= bottom
        else:
            there = x < right and left < x + box.width and y < bottom and top < y + box.height
        if there:
            found.append(item)
    return found


def held(scene: Scene, frame: Item) -> list[Item]:
    """What a frame holds, and moves with it: the items whose centre lies in it."""
    left, top, width, height = scene.rectangle(frame)
    found = []
    for item, box in scene.boxes.items():
        if item == frame or item.kind == "frame" and (box.width >= width or box.height >= height):
            continue
        x, y = scene.at[item][0] + box.width / 2, scene.at[item][1] + box.height / 2
        if left <= x <= left + width and top <= y <= top + height:
            found.append(item)
    return found


def cut(scene: Scene, line: Iterable[tuple[float, float]]) -> list[Link]:
    """The links that a line through points crosses."""
    line = list(line)
    reach = around((x, y, 0.0, 0.0) for x, y in line)
    found = []
    for link, curve in scene.curves.items():
        if reach is None or not _overlap(reach, curve.bounds):
            continue
        points = sampled(curve)
        if any(_cross(a, b, c, d) for a, b in zip(line, line[1:], strict=False)
               for c, d in zip(points, points[1:], strict=False)):
            found.append(link)
    return found


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    return one[0] <= other[0] + other[2] and other[0] <= one[0] + one[2] \
        and one[1] <= other[1] + other[3] and other[1] <= one[1] + one[3]


def _cross(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]) -> bool:
    """Whether two straight pieces cross."""
    def side(p: tuple[float, float], q: tuple[float, float], r: tuple[float, float]) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
    return side(a, b, c) * side(a, b, d) <= 0 and side(c, d, a) * side(c, d, b) <= 0 \
        and not (a == b or c == d)


# ---- minimap ------------------------------------------------------------------------------------------------------

class Minimap(NamedTuple):
    """A small picture of everything. scale: its units per canvas unit; x, y: the canvas point at its upper left."""

    x: float
    y: float
    scale: float
    width: float
    height: float
    boxes: tuple[tuple[Item, Rectangle], ...]
    view: Rectangle

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """The canvas point at a point of the minimap."""
        return self.x + x / self.scale, self.y + y / self.scale


def minimap(scene: Scene, view: Rectangle, size: tuple[float, float]) -> Minimap | None:
    """Everything, and what of it is seen, in a picture of a size. view: the canvas rectangle that is seen."""
    everything = scene.bounds
    if everything is None:
        return None
    x, y, width, height = around([everything, view])
    margin = 0.04 * max(width, height)
    x, y, width, height = x - margin, y - margin, width + 2 * margin, height + 2 * margin
    scale = min(size[0] / width, size[1] / height)
    x -= (size[0] / scale - width) / 2
    y -= (size[1] / scale - height) / 2

    def small(r: Rectangle) -> Rectangle:
        return (r[0] - x) * scale, (r[1] - y) * scale, r[2] * scale, r[3] * scale
    return Minimap(x, y, scale, *size, tuple((item, small(scene.rectangle(item))) for item in scene.boxes), small(view))
