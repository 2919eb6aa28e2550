"""How often a node runs: each, cross, repeat and what goes with them, and what they make of its outputs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from ..flows import Flow
from ..graph import Node, Ref, label_of
from ..graphfile import MOST_ROUNDS
from ..nodetype import MISSING, Port
from ..types import ANY, BOOL, INT, Range, fits
from ..wording import Phrase, closest, nearest, say
from .links import brought, joint
from .literals import literal
from .narrow import default_fits
from .site import Site

ROUNDS = Port("repeat", INT, range=Range(0, MOST_ROUNDS))


class Body(NamedTuple):
    """A node as it runs once. batch: the port whose items it takes all at once, if it is one for each of those."""

    ports: Mapping[str, Port]
    outputs: dict[str, Flow]
    batch: str | None = None


class Mapped(NamedTuple):
    """The inputs that a node runs once per item of, by the word that says so.

    meant: inputs that misspelled names probably stand for.
    """

    words: Mapping[str, str]
    meant: Collection[str] = ()


ONCE = Mapped({})


def is_fold(node: Node) -> bool:
    """Whether each item's run is handed what the one before it gave."""
    return bool(node.each) and "carry" in node.control and "repeat" not in node.control


def lifted(node: Node, outputs: Mapping[str, Flow], carried: Mapping[str, Flow]) -> dict[str, Flow]:
    """What the outputs bring once all rounds and items are put together. carried: outputs that go round."""
    control = node.control
    items, rounds, fold = bool(node.each) or "cross" in control, "repeat" in control, is_fold(node)
    lifted_flows = {}
    for name, flow in outputs.items():
        depth = flow.depth
        if name in carried:
            flow = carried[name]
            depth += items and not fold
        else:
            depth += rounds + items
        lifted_flows[name] = flow._replace(depth=depth)
    return lifted_flows


# ---- each and cross

def mapped_inputs(site: Site, name: str, node: Node, body: Body) -> Mapped:
    """Check what a node runs once per item of."""
    words: dict[str, str] = {}
    meant: list[str] = []
    cross = node.control.get("cross", ())
    if node.each and cross:
        site.problem(say("cross.beside-each", node=name), say("hint.each-or-cross"), "nodes", name, "cross")
    for word, names in (("each", node.each), ("cross", cross)):
        for at, port_name in enumerate(names):
            words.setdefault(port_name, word)
            _mapped_input(site, name, node, body, word, at, meant)
    _equally_long(site, name, {port: node.inputs[port] for port in node.each if port in node.inputs})
    return Mapped(words, meant)


def _mapped_input(site: Site, name: str, node: Node, body: Body, word: str, at: int, meant: list[str]) -> None:
    names = node.each if word == "each" else node.control["cross"]
    port_name = names[at]
    place = ("nodes", name, word, at) if site.stands("nodes", name, word, at) else ("nodes", name, word)
    if port_name not in body.ports:
        meant.append(closest(port_name, body.ports))
        site.problem(say("each.no-input", node=name, input=port_name), nearest(port_name, map(label_of, body.ports)),
                     *place, value=True)
    elif port_name not in node.inputs:
        site.problem(say("each.not-given", node=name, input=port_name), say("hint.give-list", input=port_name),
                     *place, value=True)
    elif body.batch is not None and (port_name != body.batch or word == "cross"):
        site.problem(say("each.batch", node=name, input=body.batch), say("hint.write-each", input=body.batch),
                     *place, value=True)


def _equally_long(site: Site, name: str, lists: Mapping[str, Any]) -> None:
    """Lists that go together and stand in the file have one length."""
    lengths = {port: len(value) for port, value in lists.items()
               if isinstance(value, list) and not any(isinstance(item, Ref) and item.spread for item in value)}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(say("each.count", input=port, count=count) for port, count in lengths.items())
        site.problem(say("each.lengths", node=name, counts=counts), say("hint.equally-long"),
                     "nodes", name, "each", value=True)


# ---- repeat, carry, until, count, failed

def rounds(site: Site, name: str, node: Node, body: Body, mapped: Mapped) -> dict[str, Flow]:
    """Check the words that say how often; what each output that goes round brings at last."""
    control = node.control
    for word, check in _CHECKS.items():
        if word in control:
            check(site, name, node, body, mapped)
    return _carried(site, node, body) if "carry" in control else {}


def _several(node: Node) -> bool:
    return bool(node.each) or "cross" in node.control or "repeat" in node.control


def _repeat(site: Site, name: str, node: Node, body: Body, mapped: Mapped) -> None:
    value, place = node.control["repeat"], ("nodes", name, "repeat")
    if type(value) is not Ref:
        literal(site, ROUNDS, value, 0, *place)
        return
    flow = brought(site, value, *place, wanted=ROUNDS.type)
    if flow is not None:
        joint(site, value, flow, ROUNDS, 0, "repeat", *place)
        default_fits(site, value, ROUNDS, *place)


def _until(site: Site, name: str, node: Node, body: Body, mapped: Mapped) -> None:
    output, place = node.control["until"], ("nodes", name, "until")
    flow = body.outputs.get(output)
    if "repeat" not in node.control:
        site.problem(say("until.no-rounds", node=name), say("hint.add-repeat"), *place)
    if flow is None:
        site.problem(say("link.no-output", node=name, output=output), nearest(output, body.outputs), *place, value=True)
    elif flow.type is not BOOL or flow.depth:
        site.problem(say("until.type", node=name, output=output, flow=str(flow)), say("hint.until"), *place, value=True)


def _carry(site: Site, name: str, node: Node, body: Body, mapped: Mapped) -> None:
    place = ("nodes", name, "carry")
    if not node.each and "repeat" not in node.control:
        if "cross" in node.control:
            site.problem(say("carry.crossed", node=name), say("hint.carry-each"), *place)
        else:
            site.problem(say("carry.once", node=name), say("hint.repeat-or-each"), *place)
    for input, output in node.control["carry"].items():
        _carried_pair(site, name, node, body, input, output)
        if is_fold(node) and input in mapped.words:
            site.problem(say("carry.mapped", node=name, input=input), say("hint.out-of-each", input=input) if len(node.each) > 1
                         else say("hint.each-another", input=input), *place)


def _carried_pair(site: Site, name: str, node: Node, body: Body, input: str, output: str) -> None:
    place = ("nodes", name, "carry", *([input] if site.stands("nodes", name, "carry", input) else []))
    port, flow = body.ports.get(input), body.outputs.get(output)
    if port is None:
        site.problem(say("carry.no-input", node=name, input=input), nearest(input, body.ports), *place)
    elif flow is None:
        fitting = [other for other, flow in body.outputs.items() if fits(flow.type, port.type) and flow.depth == int(port.many)]
        site.problem(say("link.no-output", node=name, output=output), nearest(output, body.outputs) if input != output
                     else say("hint.carry-output", input=input, output=fitting[0]) if len(fitting) == 1
                     else nearest(output, fitting) if fitting else say("hint.carry-none", input=input), *place, value=True)
    elif not fits(flow.type, port.type) or flow.depth != int(port.many):
        site.problem(say("carry.type", node=name, output=output, flow=str(flow), input=input,
                         takes=str(Flow(port.type, int(port.many)))), say("hint.carry-type"), *place, value=True)


def _count(site: Site, name: str, node: Node, body: Body, mapped: Mapped) -> None:
    input, place = node.control["count"], ("nodes", name, "count")
    port = body.ports.get(input)
    if not _several(node):
        site.problem(say("count.once", node=name), say("hint.several"), *place)
    if port is None:
        site.problem(say("count.no-input", node=name, input=input), nearest(input, body.ports), *place, value=True)
    elif not fits(INT, port.type) or port.many:
        site.problem(say("count.type", node=name, input=input, takes=str(Flow(port.type, int(port.many)))),
                     say("hint.count"), *place, value=True)
    elif input in node.control.get("carry", ()):
        site.problem(say("count.carried", node=name, input=input), say("hint.one-of-two"), *place, value=True)
    elif input in node.inputs or place[-1] in node.inputs:
        site.problem(say("count.given", node=name, input=input), say("hint.one-of-two"), "nodes", name, input)


def _failed(site: Site, name: str, node: Node, body: Body, mapped: Mapped) -> None:
    if not node.each and "cross" not in node.control:
        site.problem(say("failed.once", node=name), say("hint.each-for-failed"), "nodes", name, "failed")
    elif is_fold(node):
        site.problem(say("failed.carried", node=name), say("hint.one-of-two"), "nodes", name, "failed")


_Check = Callable[[Site, str, Node, Body, Mapped], None]
_CHECKS: dict[str, _Check] = {"repeat": _repeat, "until": _until, "carry": _carry, "count": _count, "failed": _failed}


def refuse(site: Site, name: str, node: Node, words: Collection[str], message: Callable[[str], Phrase],
           hint: str) -> None:
    """Say that some of these words have no meaning on a node of this kind."""
    for word in node.control:
        if word in words:
            site.problem(message(word), hint, "nodes", name, word)


def _carried(site: Site, node: Node, body: Body) -> dict[str, Flow]:
    """What the outputs bring that go round: what the last round gave, or what was carried in if there was none."""
    carried = {}
    for input, output in node.control["carry"].items():
        port, flow = body.ports.get(input), body.outputs.get(output)
        if port is None or flow is None:
            continue
        least = node.control.get("repeat", 0)
        if type(least) is int and least > 0:
            carried[output] = flow
        else:
            value = node.inputs.get(input, port.default)
            brought_in = Flow(port.type, flow.depth, port.choices, value is None or value is MISSING and port.optional)
            carried[output] = either(flow, brought_in)._replace(type=ANY) if port.type is ANY else \
                either(flow, brought_in)
    return carried


def either(first: Flow, second: Flow) -> Flow:
    """What a link carries that may bring the one or the other."""
    wide = first if fits(second.type, first.type) else second
    choices = (*first.choices, *(c for c in second.choices if c not in first.choices)) \
        if first.choices and second.choices else None
    return Flow(wide.type, wide.depth, choices, first.optional or second.optional)
