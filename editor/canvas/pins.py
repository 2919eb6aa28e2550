"""The pins of a node: what comes in and goes out, with the words beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nodegraph import Graph, ModelType, Node, Ref
from nodegraph.editing import INT, MISSING, SEED, SWITCH, Checked, CheckedNode, Flow, Port, label_of

from ..document.items import REPEAT, Target, mapped
from ..document.ports import ROUNDS, inputs_of, outputs_of
from ..words.speak import name_of, t
from .box import GAP, PAD, SMALL_SIZE, TEXT_SIZE, Pin
from .lettering import ELLIPSIS, Measure, brief, elided

SPREAD = f" {ELLIPSIS}"  # behind the name of a place in a list that another list is joined into


class PinMaker:
    """Makes the pins of the nodes of one graph, all of them at (0, 0): whoever lays a box out puts them in their places."""

    def __init__(self, graph: Graph, checked: Checked, measure: Measure):
        self.graph, self.checked, self.measure = graph, checked, measure

    def outputs(self, name: str) -> list[Pin]:
        """What a node gives."""
        flows = outputs_of(self.checked, name)
        known = self.checked.nodes.get(name)
        ports = known.nodetype.outputs if known is not None and known.nodetype is not None else {}
        return [Pin(Ref(name) if len(flows) == 1 else Ref(name, port), 0, 0, flow.type, shape(flow), ports.get(port),
                    name_of("port", port), many=flow.many) for port, flow in flows.items()]

    def inputs(self, name: str, node: Node, known: CheckedNode | None) -> list[Pin]:
        """What a node takes."""
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
            found.append(Pin(Target("node", name, port.name), 0, 0, port.type, shape(port), port,
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

    def fitted(self, pin: Pin, width: float) -> Pin:
        """A pin with its words cut to the room there is."""
        room = width - 2 * PAD
        label = elided(pin.label, TEXT_SIZE, room, self.measure)
        room -= self.measure(label, TEXT_SIZE) + GAP
        room -= self.measure(t("badge.each"), SMALL_SIZE) + 16 if pin.each else 0
        value = elided(pin.value, TEXT_SIZE, room, self.measure) if pin.value else ""
        return pin._replace(label=label, value=value)


def port_title(node: Node, port: str) -> str:
    """What a pin is called: a branch of a switch by its label."""
    return label_of(port) if node.type == SWITCH and port != "on" else name_of("port", port)


def shape(flow: Flow | Port) -> str:
    """How the pin of what flows there looks."""
    if isinstance(flow.type, ModelType):
        return "diamond"
    return "square" if flow.many else "circle"


def only(pin: Pin) -> str:
    """The name of the one output of a node."""
    return pin.port.name if pin.port is not None else ""


def said(pin: Pin, thumbnails: Mapping[str, Any]) -> str:
    """What an output gave, where that is a number or a word and has no picture."""
    shown = thumbnails.get(only(pin) or (pin.end.port or ""))
    return brief(shown.text) if shown is not None and shown.kind == "value" and pin.type.parse is not None else ""


def passages(pins: list[Pin], through: Mapping[str, str | None]) -> tuple[tuple[Pin, Pin], ...]:
    """From which pin to which a bypassed node hands on, as `check` found out."""
    into = {pin.end.port: pin for pin in reversed(pins) if isinstance(pin.end, Target)}
    gives = [pin for pin in pins if pin.gives]
    found = []
    for output, port in through.items():
        out = next((pin for pin in gives if output in (pin.end.port, only(pin)) or len(gives) == 1), None)
        if out is not None and port in into:
            found.append((into[port], out))
    return tuple(found)
