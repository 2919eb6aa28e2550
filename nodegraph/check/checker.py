"""Everything that can be known about a Graph before anything runs: every problem, with its place and a way out.

`check` also keeps what it found out on the way (node types, parsed literals, what flows where), so that a Plan
need not find it out again. It imports the packs that a graph names, and no model library.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from ..errors import Problem
from ..graph import PICK, SWITCH, Graph, Node, Ref, refs
from ..graphfile import in_order
from ..packs import Catalogue
from ..types import TEXT
from ..wording import say
from .checked import Checked, CheckedNode, Find
from .functions import function
from .idle import pass_through
from .inputs import input_port
from .order import cause, cycles, muted_nodes, topological
from .origins import other_origins
from .outputs import outputs
from .site import Site
from .subgraphs import resolved, subgraph
from .switches import pick, switch


def check(graph: Graph, catalogue: Catalogue, problems: list[Problem] | None = None, find: Find | None = None,
          given: Collection[str] = ()) -> Checked:
    """Check a graph against what exists.

    problems: those already found while reading the file. find: says what is missing about a model or file that a
    literal names, or None; left out, nothing is looked for on disk. given: inputs that are given for a run, whose
    defaults do not count.
    """
    around = (resolved(graph.path),) if graph.path is not None else ()
    return _checked(Site(graph, catalogue, list(problems or ()), find, frozenset(given), around, {}, _inside))


def _inside(site: Site, graph: Graph, problems: list[Problem]) -> Checked:
    """The same for a graph that stands in another."""
    around = (*site.around, resolved(graph.path)) if graph.path is not None else site.around
    return _checked(Site(graph, site.catalogue, problems, site.find, frozenset(), around, site.read, _inside))


def _checked(site: Site) -> Checked:
    graph = site.graph
    site.refused = {problem.where for problem in site.problems if problem.where}
    site.steps = len(graph.nodes)
    for name, item in graph.inputs.items():
        site.inputs[name] = input_port(site, name, item)
    order, stuck = topological(graph.nodes, graph.inputs)
    for name in (*order, *stuck):
        site.nodes[name] = node(site, name, graph.nodes[name])
    if stuck:
        cycles(site, stuck)
    outputs(site)
    if not graph.outputs and not site.around[1:] and not site.stands("outputs"):
        site.problem(say("graph.no-outputs"), say("hint.add-outputs"), "outputs")
    _mentions(site)
    other_origins(site)
    muted = muted_nodes(order, site.nodes)
    left_out = {name: because for name, ref in graph.outputs.items() if (because := cause(ref, site.nodes, muted))}
    return Checked(graph, site.nodes, site.inputs, order, in_order(site.problems, graph.path), muted, left_out,
                   site.steps, site.given)


def node(site: Site, name: str, node: Node) -> CheckedNode:
    """A placed node; what is wrong with a muted one keeps nothing from running."""
    checked = CheckedNode(node)
    begin = len(site.problems)
    if node.type == SWITCH:
        switch(site, name, checked)
    elif node.type == PICK:
        pick(site, name, checked)
    elif node.is_graph:
        subgraph(site, name, checked)
    else:
        function(site, name, checked)
    if node.mute:
        site.problems[begin:] = [problem._replace(severity="warning") for problem in site.problems[begin:]]
    elif node.bypass and checked.known:
        pass_through(site, name, checked)
    return checked


_MENTION = re.compile(r"(?<!\$)\$\{?([^\W\d][\w-]*)")


def _mentions(site: Site) -> None:
    """Inputs that nothing reads, and texts that name one in their middle, where no link can stand."""
    graph = site.graph
    used = {ref.name for ref in graph.outputs.values()} | {node.type[1:] for node in graph.nodes.values()}
    for node_name, node in graph.nodes.items():
        for port_name, value in node.inputs.items():
            kind = type(value)
            if kind is Ref:
                used.add(value[0])
            elif kind is str:
                if "$" in value:
                    used.update(_mentioned(site, value, node_name, port_name))
                elif value != node_name and (value in graph.nodes or value in graph.inputs):
                    _named(site, [value], node_name, port_name)
            elif kind is list:
                used.update(ref.name for ref in refs(value))
                if value and node_name not in value and \
                        all(type(item) is str and (item in graph.nodes or item in graph.inputs) for item in value):
                    _named(site, value, node_name, port_name)
        if node.control:
            used.update(ref.name for ref in refs(node.control.get("repeat")))
    for name in graph.inputs:
        if name not in used:
            site.problem(say("input.unused", input=name), say("hint.link-or-out", input=name), "inputs", name,
                         severity="warning")


def _mentioned(site: Site, text: str, node: str, port: str) -> list[str]:
    names = {*site.graph.inputs, *site.graph.nodes}
    mentions = [match for match in _MENTION.finditer(text) if match[1] in names]
    for match in [match for match in mentions if match.start()][:1]:
        site.problem(say("value.mention", node=node, input=port, name=match[1]), say("hint.link-alone"),
                     "nodes", node, port, value=True, severity="warning")
    return [match[1] for match in mentions]


def _named(site: Site, texts: list[str], node: str, port_name: str) -> None:
    """A warning where a plain text is the name of an input or a node, and a link was probably meant."""
    checked = site.nodes[node]
    inner = checked.nodetype or checked.graph
    port = inner.inputs.get(port_name) if inner is not None else None
    if port is None or port.type is not TEXT or port.choices is not None:
        return
    value = site.graph.nodes[node].inputs[port_name]
    if isinstance(value, list):
        said, meant = say("value.names", node=node, input=port_name, names=", ".join(texts)), \
            f"[{', '.join('$' + text for text in texts)}]"
    else:
        what = say("subject.an-input" if value in site.graph.inputs else "subject.a-node")
        said, meant = say("value.name", node=node, input=port_name, name=value, what=what), f"${value}"
    site.problem(said, say("hint.meant-link", link=meant), "nodes", node, port_name, value=True, severity="warning")


def unread(checked: Checked) -> list[Problem]:
    """A warning for each node that nothing reads and no output names, where nothing else is wrong: a link that leads
    nowhere was told of. One at work in an editor is not told of these: there every new node begins so.
    """
    graph = checked.graph
    if checked.errors:
        return []
    read = {ref.name for ref in graph.outputs.values()} | {node.type[1:] for node in graph.nodes.values()}
    for node in graph.nodes.values():
        read.update(ref.name for value in (*node.inputs.values(), node.control.get("repeat")) for ref in refs(value))
    return [Problem(graph.where("nodes", name), say("node.unread", node=name), say("hint.read-or-out", node=name), "warning",
                    ("nodes", name)) for name, node in graph.nodes.items() if name not in read and not node.mute]


def recheck(checked: Checked, graph: Graph, names: list[str], catalogue: Catalogue,
            find: Find | None = None) -> Checked | None:
    """What `check` would say of a graph in which only literals of some nodes differ; None if more differs.

    Takes time for the nodes that changed, not for the graph.
    """
    if checked.problems or not all(_same_but_literals(checked, graph, name) for name in names):
        return None
    site = Site(graph, catalogue, [], find, checked.given, (), {}, _inside, dict(checked.nodes), checked.inputs)
    for name in names:
        site.nodes[name] = node(site, name, graph.nodes[name])
    return replace(checked, graph=graph, nodes=site.nodes, problems=site.problems, readers=None)


def _same_but_literals(checked: Checked, graph: Graph, name: str) -> bool:
    old, new = checked.graph.nodes[name], graph.nodes[name]
    nodetype = checked.nodes[name].nodetype
    # Another model may not suit those that are asked whether they refuse it further on (`ahead`).
    if nodetype is None or any(new.inputs.get(port) != old.inputs.get(port) for port in nodetype.recipes):
        return False
    if old.type != new.type or old.mute != new.mute or \
            any((node.each, node.control, node.bypass) != ((), {}, False) for node in (old, new)):
        return False
    return not any(refs(new.inputs.get(port)) != refs(old.inputs.get(port))
                   or refs(new.inputs.get(port)) and new.inputs[port] != old.inputs[port]
                   for port in {*old.inputs, *new.inputs})
