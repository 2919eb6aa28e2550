"""Every gesture of the editor as a function from one Graph to the next. None of them changes what it is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nodegraph import Graph, Node, NodegraphError, Ref
from nodegraph.editing import ANY, MISSING, OF_PYTHON, RESERVED, Checked, GraphInput, Port, fits, label_of, refs

from ..words.speak import t
from . import items as on_canvas
from .items import REPEAT, Item, Link, Target, bare, links, mapped, mapped_name, placed, section, with_fact, with_facts
from .ports import ROUNDS, flow_of, input_at, inputs_of, mappable, outputs_of, passes_on, port_of, ref_to, refusal


class EditRefused(NodegraphError):
    """A gesture that cannot be carried out, and why, in one sentence."""


SMALLEST = 24  # a side of a frame or a note, in canvas units
NAME = re.compile(r"[^\W\d][\w-]*\Z")
GONE = object()  # what a link that is taken out becomes


# ---- names --------------------------------------------------------------------------------------------------------

def taken(graph: Graph) -> set[str]:
    """The names that a new node or input may not have."""
    return {*graph.nodes, *graph.inputs}


def free_name(wanted: str, names: Iterable[str]) -> str:
    """A name that is not taken: the one wanted, or with the next number after it (verse, verse2, verse3)."""
    names = set(names)
    if NAME.match(wanted) and wanted not in names:
        return wanted
    stem = re.sub(r"[^\w-]+", "_", wanted).strip("_") or "node"
    stem = stem if NAME.match(stem) else f"n{stem}"
    if stem not in names:
        return stem
    stem = re.sub(r"\d+\Z", "", stem) or stem
    number = 2
    while f"{stem}{number}" in names:
        number += 1
    return f"{stem}{number}"


def rename(graph: Graph, item: Item, new: str) -> Graph:
    """Another name for a node, input or output; every link and the layout follow."""
    if new == item.name:
        return graph
    _there(graph, item)
    if item.kind in ("dot", "note", "frame"):
        raise EditRefused(t(f"refused.no_name.{item.kind}"))
    if not NAME.match(new):
        raise EditRefused(t("refused.name", text=repr(new)))
    if new in (graph.outputs if item.kind == "output" else taken(graph)):
        raise EditRefused(t("refused.taken", name=new))
    layout = with_facts(graph, {item: None, item._replace(name=new): on_canvas.facts(graph, item)}).layout
    if item.kind == "output":
        followed = replace(graph, outputs=_renamed(graph.outputs, item.name, new),
                           forms=_renamed(graph.forms, item.name, new), layout=layout)
        return dots_renamed(followed, {}, {item.name: new})

    def follow(ref: Ref) -> Ref:
        return ref._replace(name=new) if ref.name == item.name else ref
    nodes = {name: with_refs(node, follow) for name, node in graph.nodes.items()}
    outputs = {name: follow(ref) for name, ref in graph.outputs.items()}
    inputs = graph.inputs
    if item.kind == "node":
        nodes = _renamed(nodes, item.name, new)
    else:
        inputs = _renamed(inputs, item.name, new)
    followed = replace(graph, nodes=nodes, inputs=inputs, outputs=outputs, layout=layout)
    return dots_renamed(followed, {item.name: new})


def _renamed(table: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if name == old else name: value for name, value in table.items()}


def with_refs(node: Node, follow: Callable[[Ref], Any]) -> Node:
    """A node with each of its links replaced by what `follow` makes of it; one that becomes GONE is taken out.

    A link that is spread stays so, and a list in its place is joined into the list around it. A list that loses all
    it held is taken out whole, and so is what ran once per item of it.
    """
    changed = {}
    for port, value in node.inputs.items():
        if type(value) is Ref:
            value = follow(value)
        elif refs(value):
            value = [kept for item in value for kept in _followed(item, follow)] or GONE
        if value is not GONE:
            changed[port] = value
    rounds = node.control.get(REPEAT)
    if type(rounds) is Ref:
        node = _repeated(node, follow(rounds))
    return node if changed == node.inputs else _with_inputs(node, changed)


def _followed(item: Any, follow: Callable[[Ref], Any]) -> list[Any]:
    """What stands in a list in place of one of its items: nothing, one thing, or several."""
    if type(item) is not Ref:
        return [item]
    value = follow(item)
    if type(value) is Ref:
        return [value._replace(spread=item.spread)]
    if item.spread and isinstance(value, (list, tuple)):
        return list(value)
    return [] if value is GONE else [value]


def _repeated(node: Node, rounds: Any) -> Node:
    """A node that is repeated so many times; without the word where that is GONE."""
    control = {word: value for word, value in node.control.items() if word != REPEAT} if rounds is GONE else \
        {**node.control, REPEAT: rounds._replace(spread=False) if type(rounds) is Ref else rounds}
    return node._replace(control=control)


def _with_inputs(node: Node, inputs: dict[str, Any]) -> Node:
    """A node with other inputs; what it ran once per item of goes with the input."""
    return _unmapped(node._replace(inputs=inputs), node.inputs.keys() - inputs.keys())


def _unmapped(node: Node, ports: Collection[str]) -> Node:
    """A node that does not run once per item of these inputs any more."""
    names = {*ports, *(mapped_name(node, port) for port in ports)}
    control = node.control
    if not names.isdisjoint(control.get("cross", ())):
        cross = tuple(name for name in control["cross"] if name not in names)
        control = {word: value for word, value in control.items() if word != "cross"} | ({"cross": cross} if cross else {})
    return node._replace(each=tuple(name for name in node.each if name not in names), control=control)


def dots_renamed(graph: Graph, renames: Mapping[str, str], outputs: Mapping[str, str] | None = None) -> Graph:
    """The dots with other names of nodes and inputs (and of outputs) in their sources and targets."""
    def other(end: Any, source: bool = False) -> Any:
        if not isinstance(end, str):
            return end
        name, dot, port = end.partition(".")
        return (renames if dot or source else outputs or {}).get(name, name) + dot + port
    told = {Item("dot", name): {**facts, "source": other(facts.get("source"), True),
                                "targets": [other(end) for end in facts["targets"]]}
            for name, facts in section(graph, "dot").items() if isinstance(facts.get("targets"), (list, tuple))}
    return with_facts(graph, told) if told else graph


# ---- nodes, inputs, outputs ---------------------------------------------------------------------------------------

def add_node(graph: Graph, type_name: str, at: tuple[float, float], inputs: Mapping[str, Any] | None = None,
             name: str = "") -> tuple[Graph, Item]:
    """One more node, named after its type; the item that it is."""
    stem = type_name.rsplit("/", 1)[-1].removesuffix(".yaml").removesuffix(".yml") \
        if type_name.endswith((".yaml", ".yml")) else type_name.rsplit(".", 1)[-1]
    name = free_name(name or stem, taken(graph))
    item = Item("node", name)
    graph = replace(graph, nodes={**graph.nodes, name: Node(type_name, dict(inputs or {}))})
    return with_facts(graph, {item: {"at": placed(at)}}), item


def add_input(graph: Graph, name: str, type_name: str, at: tuple[float, float], default: Any = None,
              has_default: bool = True, **more: Any) -> tuple[Graph, Item]:
    """One more input of the graph. more: help, low, high, choices."""
    name = free_name(name, taken(graph))
    item = Item("input", name)
    made = _consistent(GraphInput(type_name, default, has_default, **more))
    return with_facts(replace(graph, inputs={**graph.inputs, name: made}), {item: {"at": placed(at)}}), item


def add_output(graph: Graph, source: Ref, at: tuple[float, float], name: str = "") -> tuple[Graph, Item]:
    """One more named output of the graph, of what this link carries."""
    name = free_name(name or source.port or source.name, graph.outputs)
    item = Item("output", name)
    return with_facts(replace(graph, outputs={**graph.outputs, name: source}), {item: {"at": placed(at)}}), item


def set_input(graph: Graph, name: str, **changes: Any) -> Graph:
    """An input of the graph with some of its facts changed: type, default, has_default, help, low, high, choices."""
    _there(graph, Item("input", name))
    made = _consistent(graph.inputs[name]._replace(**changes))
    return replace(graph, inputs={**graph.inputs, name: made})


def _consistent(told: GraphInput) -> GraphInput:
    """An input as a file would say it: without a default there is no value of it, and no choices are none at all."""
    return told._replace(default=told.default if told.has_default else None, choices=tuple(told.choices or ()) or None)


def _mapped_too(node: Node, port: str) -> Node:
    """A node that runs once per item of one more input: combined with the others where they are crossed."""
    cross = node.control.get("cross")
    if cross:
        return node._replace(control={**node.control, "cross": (*cross, port)})
    return node._replace(each=(*node.each, mapped_name(node, port)))


def set_value(graph: Graph, node: str, port: str, value: Any) -> Graph:
    """An input of a node set to a literal (or a Ref); links that were there go."""
    _there(graph, Item("node", node))
    old = graph.nodes[node]
    if port == REPEAT and port not in old.inputs and REPEAT in old.control:
        return prune_dots(_with_node(graph, node, _repeated(old, value)))
    was_linked = bool(refs(old.inputs.get(port)))
    graph = graph.with_value(node, port, value)
    if port in mapped(old) and not (isinstance(value, list) or type(value) is Ref):
        graph = _with_node(graph, node, _unmapped(graph.nodes[node], [port]))
    return prune_dots(graph) if was_linked else graph


def clear_value(graph: Graph, node: str, port: str) -> Graph:
    """An input of a node left out, so that its default holds."""
    _there(graph, Item("node", node))
    old = graph.nodes[node]
    if port == REPEAT and port not in old.inputs and REPEAT in old.control:
        return prune_dots(_with_node(graph, node, _repeated(old, GONE)))
    if port not in old.inputs:
        return graph
    kept = {name: value for name, value in old.inputs.items() if name != port}
    return prune_dots(_with_node(graph, node, _with_inputs(old, kept)))


def set_each(graph: Graph, node: str, port: str, on: bool) -> Graph:
    """Whether a node runs once per item of what comes into one of its ports."""
    _there(graph, Item("node", node))
    old = graph.nodes[node]
    made = _unmapped(old, [port])
    return _with_node(graph, node, _mapped_too(made, port) if on else made)


def set_words(graph: Graph, node: str, each: tuple[str, ...], control: Mapping[str, Any]) -> Graph:
    """How often a node runs, in the words of the file (see `Node.control`)."""
    _there(graph, Item("node", node))
    return prune_dots(_with_node(graph, node, graph.nodes[node]._replace(each=each, control=control)))


def set_state(graph: Graph, names: Iterable[str], state: str) -> Graph:
    """Nodes made "normal", "bypass" (they pass on what comes in) or "mute" (they and what depends on them rest)."""
    nodes = dict(graph.nodes)
    for name in names:
        _there(graph, Item("node", name))
        nodes[name] = nodes[name]._replace(bypass=state == "bypass", mute=state == "mute")
    return replace(graph, nodes=nodes)


def state_of(node: Node) -> str:
    """ "normal", "bypass" or "mute"."""
    return "mute" if node.mute else "bypass" if node.bypass else "normal"


def set_title(graph: Graph, title: str, description: str | None = None) -> Graph:
    """The graph's title, and its description if one is given."""
    return replace(graph, title=title, description=graph.description if description is None else description)


def delete(graph: Graph, chosen: Iterable[Item]) -> Graph:
    """Items gone, with every link to or from them."""
    chosen = [item for item in chosen if on_canvas.exists(graph, item)]
    gone = {item.name for item in chosen if item.kind in ("node", "input")}
    outputs_gone = {item.name for item in chosen if item.kind == "output"}

    def follow(ref: Ref) -> Any:
        return GONE if ref.name in gone else ref
    nodes = {name: with_refs(node, follow) if gone else node
             for name, node in graph.nodes.items() if name not in gone}
    inputs = {name: value for name, value in graph.inputs.items() if name not in gone}
    lost = {Item("output", name) for name, ref in graph.outputs.items() if ref.name in gone or name in outputs_gone}
    outputs = {name: ref for name, ref in graph.outputs.items() if Item("output", name) not in lost}
    if gone or lost:
        graph = replace(graph, nodes=nodes, inputs=inputs, outputs=outputs)
    return prune_dots(with_facts(graph, dict.fromkeys([*chosen, *lost])))


def delete_reconnect(graph: Graph, checked: Checked, chosen: Iterable[Item]) -> Graph:
    """Nodes gone, and what read them reads what flowed into their first input of the same type instead."""
    chosen = [item for item in chosen if on_canvas.exists(graph, item)]
    gone = {item.name for item in chosen if item.kind == "node"}
    through: dict[tuple[str, str | None], Ref] = {}
    for name in gone:
        given = outputs_of(checked, name)
        for port, flow in given.items():
            into = _passing(graph, checked, name, flow)
            if into is not None:
                through[name, port] = into
                if len(given) == 1:
                    through[name, None] = into

    def follow(ref: Ref) -> Ref:
        seen: set[Ref] = set()
        while ref.name in gone and (ref.name, ref.port) in through and ref not in seen:
            seen.add(ref)
            ref = through[ref.name, ref.port]._replace(spread=ref.spread)
        return ref
    nodes = {name: node if name in gone else with_refs(node, follow) for name, node in graph.nodes.items()}
    outputs = {name: follow(ref) for name, ref in graph.outputs.items()}
    return delete(replace(graph, nodes=nodes, outputs=outputs), chosen)


def _passing(graph: Graph, checked: Checked, name: str, flow: Any) -> Ref | None:
    """The link into a node that carries just what one of its outputs carries; the first of them."""
    for port in inputs_of(checked, name):
        value = graph.nodes[name].inputs.get(port.name)
        if type(value) is Ref:
            into = flow_of(checked, value)
            if into is not None and into.depth == flow.depth and fits(into.type, flow.type):
                return value
    return None


# ---- links --------------------------------------------------------------------------------------------------------

def connect(graph: Graph, checked: Checked, source: Ref, target: Target) -> Graph:
    """A link from here to there; one that was there goes, except where a port takes a list of single things.

    A list that goes into a port for one thing makes the node run once per item. Raises EditRefused with the reason
    if the types do not fit or a circle would close.
    """
    if checked.graph.nodes is not graph.nodes and checked.graph.nodes != graph.nodes:
        raise ValueError("checked tells of another graph")
    reason = refusal(checked, source, target)
    if reason:
        raise EditRefused(reason)
    source = ref_to(checked, source.name, port_of(source, outputs_of(checked, source.name))) \
        if source.name in graph.nodes else Ref(source.name)
    if target.kind == "output":
        return prune_dots(replace(graph, outputs={**graph.outputs, target.name: source}))
    return prune_dots(_with_node(graph, target.name, _linked(checked, graph.nodes[target.name], source, target)))


def _linked(checked: Checked, node: Node, source: Ref, target: Target) -> Node:
    """A node with one more link into it, or another in place of the one that was there."""
    port, flow = input_at(checked, target.name, target.port), flow_of(checked, source)
    if target.port == REPEAT and port is ROUNDS:
        return _repeated(node, source)
    depth = flow.depth if flow is not None else 0
    takes = int(port is not None and port.many)
    now, over = node.inputs.get(target.port), mapped(node)
    one_of_many = target.port in over and target.index is not None and isinstance(now, list)
    if depth < takes or one_of_many and not depth:
        return node._replace(inputs={**node.inputs, target.port: _in_list(now, source, target)})
    if depth == takes == 1 and target.port not in over and type(now) is list and refs(now):
        spread = source._replace(spread=True)
        return node._replace(inputs={**node.inputs, target.port: _in_list(now, spread, target)})
    made = node._replace(inputs={**node.inputs, target.port: source})
    if flow is None or passes_on(checked, target):
        return made
    if depth == takes:
        return _unmapped(made, [target.port])
    if target.port in over or not mappable(checked, target.name, target.port):
        return made
    return _mapped_too(made, target.port)


def _in_list(now: Any, source: Ref, target: Target) -> list[Any]:
    """The list at a port with one more link in it, or with the one at an index replaced."""
    kept = list(now) if isinstance(now, list) else []
    if target.index is not None and target.index < len(kept):
        kept[target.index] = source
    elif source in kept:
        raise EditRefused(t("refused.linked_already", link=source, port=target))
    else:
        kept.append(source)
    return kept


def disconnect(graph: Graph, chosen: Iterable[Link]) -> Graph:
    """These links gone; outputs of the graph that lose theirs go with them."""
    chosen = set(chosen).intersection(links(graph))
    nodes, outputs = dict(graph.nodes), dict(graph.outputs)
    lost: dict[Item, None] = {}
    for target in {link.target for link in chosen}:
        if target.kind == "output":
            del outputs[target.name]
            lost[target.item] = None
    for name in {link.target.name for link in chosen if link.target.kind == "node"}:
        nodes[name] = _unlinked(nodes[name], name, chosen)
    return prune_dots(with_facts(replace(graph, nodes=nodes, outputs=outputs), lost))


def _unlinked(node: Node, name: str, chosen: set[Link]) -> Node:
    inputs = {}
    for port, value in node.inputs.items():
        if type(value) is Ref and Link(bare(value), Target("node", name, port)) in chosen:
            continue
        if isinstance(value, list) and refs(value):
            value = [v for at, v in enumerate(value)
                     if not (type(v) is Ref and Link(bare(v), Target("node", name, port, at)) in chosen)]
            if not value:
                continue
        inputs[port] = value
    rounds = node.control.get(REPEAT)
    if type(rounds) is Ref and Link(bare(rounds), Target("node", name, REPEAT)) in chosen:
        node = _repeated(node, GONE)
    return _with_inputs(node, inputs)


def move_link(graph: Graph, checked_without: Checked, link: Link, target: Target) -> Graph:
    """A link taken off one end and put on another; `checked_without` tells of the graph where it is off."""
    return connect(checked_without.graph, checked_without, link.source, target)


# ---- inputs of the graph from parameters, and back ----------------------------------------------------------------

def promote(graph: Graph, checked: Checked, node: str, port_name: str, at: tuple[float, float]) -> tuple[Graph, Item]:
    """A parameter of a node made an input of the whole graph, with the same value, range and help."""
    port, old = input_at(checked, node, port_name), graph.nodes[node]
    if port is None:
        raise EditRefused(t("refused.no_input", name=node, input=port_name))
    value = old.control.get(REPEAT, MISSING) if port is ROUNDS else old.inputs.get(port_name, port.default)
    if refs(value):
        raise EditRefused(t("refused.linked", port=f"{node}.{port_name}"))
    if port.type is ANY and type(value) in OF_PYTHON:  # the `on` of a switch
        port = Port(port.name, OF_PYTHON[type(value)], help=port.help)
    made = input_like(port, value, port_name in mapped(old))
    graph, item = add_input(graph, free_name(input_name(port_name), {*taken(graph), *RESERVED}), made.type, at)
    graph = replace(graph, inputs={**graph.inputs, item.name: made})
    return set_value(graph, node, port_name, Ref(item.name)), item


def input_name(port: str) -> str:
    """What an input of a graph is called after a port of a node."""
    return "rounds" if port == REPEAT else label_of(port)


def input_like(port: Port, value: Any = MISSING, listed: bool = False) -> GraphInput:
    """The input of a graph that could stand before a port; value: its default, MISSING for none."""
    many = "list of " if port.many or listed else ""
    low = high = None
    if port.range is not None:
        low, high = (limit if abs(limit) != float("inf") else None for limit in (port.range.low, port.range.high))
    has_default = value is not MISSING
    default = list(value) if isinstance(value, tuple) else str(value) if isinstance(value, Path) else value
    return GraphInput(many + ("Choice" if port.choices else port.type.name), default if has_default else None,
                      has_default, port.help, low, high, port.choices)


def demote(graph: Graph, name: str) -> Graph:
    """An input of the graph taken out; what read it holds its default as a literal."""
    _there(graph, Item("input", name))
    told = graph.inputs[name]

    def follow(ref: Ref) -> Any:
        return ref if ref.name != name else told.default if told.has_default else GONE
    nodes = {reader: with_refs(node, follow) for reader, node in graph.nodes.items()}
    return delete(replace(graph, nodes=nodes), [Item("input", name)])


def order_inputs(graph: Graph, order: Iterable[str]) -> Graph:
    """The graph's named inputs in another order, as the form view shows them; those not named come last."""
    order = [name for name in order if name in graph.inputs]
    kept = {name: graph.inputs[name] for name in (*order, *(n for n in graph.inputs if n not in order))}
    return replace(graph, inputs=kept)


# ---- where things are ---------------------------------------------------------------------------------------------

def move(graph: Graph, positions: Mapping[Item, tuple[float, float]]) -> Graph:
    """Items moved to these places (upper left corners, canvas units)."""
    return with_facts(graph, {item: {**on_canvas.facts(graph, item), "at": placed(at)}
                              for item, at in positions.items() if on_canvas.exists(graph, item)})


def resize(graph: Graph, item: Item, size: tuple[float, float]) -> Graph:
    """A frame or a note made another size."""
    _there(graph, item)
    return with_fact(graph, [item], "size", _sized(size))


def collapse(graph: Graph, chosen: Iterable[Item], on: bool) -> Graph:
    """Nodes shown by their titles alone, or whole again."""
    return with_fact(graph, [item for item in chosen if item.kind == "node"], "collapsed", on)


def paint(graph: Graph, chosen: Iterable[Item], color: str) -> Graph:
    """Nodes and frames in a colour of their own, #rrggbb; an empty text for the usual one."""
    return with_fact(graph, [item for item in chosen if item.kind in ("node", "frame", "note")], "color", color)


def add_frame(graph: Graph, at: tuple[float, float], size: tuple[float, float], title: str,
              color: str = "") -> tuple[Graph, Item]:
    """A titled frame behind what stands there."""
    item = Item("frame", free_name("frame", section(graph, "frame")))
    told = {"title": title, "at": placed(at), "size": _sized(size)}
    return with_facts(graph, {item: told | ({"color": color} if color else {})}), item


def add_note(graph: Graph, at: tuple[float, float], text: str, size: tuple[float, float] = (200, 90)) -> tuple[Graph, Item]:
    """Words on the canvas."""
    item = Item("note", free_name("note", section(graph, "note")))
    return with_facts(graph, {item: {"text": text, "at": placed(at), "size": _sized(size)}}), item


def set_text(graph: Graph, item: Item, text: str) -> Graph:
    """The words of a note, or the title of a frame."""
    _there(graph, item)
    key = "text" if item.kind == "note" else "title"
    return with_facts(graph, {item: {**on_canvas.facts(graph, item), key: text}})


def add_dot(graph: Graph, link: Link, at: tuple[float, float]) -> tuple[Graph, Item]:
    """A point that a link is led through; the other links of the same source may be led through it too."""
    if link not in links(graph):
        raise EditRefused(t("refused.link_gone"))
    item = Item("dot", free_name("dot", section(graph, "dot")))
    told = {"at": placed(at), "source": str(link.source)[1:], "targets": [str(link.target)]}
    return with_facts(graph, {item: told}), item


def lead_through(graph: Graph, link: Link, dot: str) -> Graph:
    """One more link of the same source led through a dot."""
    facts = section(graph, "dot").get(dot)
    if facts is None or facts.get("source") != str(link.source)[1:]:
        raise EditRefused(t("refused.other_dot", source=facts.get("source") if facts else "-",
                            other=str(link.source)[1:]))
    targets = list(dict.fromkeys([*facts.get("targets", ()), str(link.target)]))
    return with_facts(graph, {Item("dot", dot): {**facts, "targets": targets}})


def prune_dots(graph: Graph) -> Graph:
    """The graph without dots that no link goes through any more."""
    told = section(graph, "dot")
    if not told:
        return graph
    kept = {dot.name: dot for dot in on_canvas.dots(graph)}
    changes: dict[Item, Any] = {}
    for name, facts in told.items():
        if name not in kept:
            changes[Item("dot", name)] = None
        elif (ends := list(dict.fromkeys(map(str, kept[name].targets)))) != list(facts["targets"]):
            changes[Item("dot", name)] = {**facts, "targets": ends}
    return with_facts(graph, changes) if changes else graph


def _sized(size: tuple[float, float]) -> list[int]:
    return placed((max(size[0], SMALLEST), max(size[1], SMALLEST)))


# ---- helpers ------------------------------------------------------------------------------------------------------

def _with_node(graph: Graph, name: str, node: Node) -> Graph:
    return replace(graph, nodes={**graph.nodes, name: node})


def _there(graph: Graph, item: Item) -> None:
    if not on_canvas.exists(graph, item):
        raise EditRefused(t(f"refused.gone.{item.kind}", name=item.name))
