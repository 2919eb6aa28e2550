"""Nodes of several port types, graphs of them, and what must hold of every graph that the editor makes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from hypothesis import strategies as st

from nodegraph import Catalogue, Color, File, Graph, Node, PortType, Range, Ref, Seed, check, graphfile, node
from nodegraph.graph import GraphInput, refs
from nodegraph.nodetype import MISSING
from nodegraph_editor.document import edits, items as on_canvas
from nodegraph_editor.document.edits import NAME
from nodegraph_editor.document.items import Target
from nodegraph_editor.document.ports import ref_to, refusal

Sheet = Annotated[Any, PortType("Sheet")]


@node("w.say", version=1)
def say(text: str = "hello", loud: bool = False) -> str:
    """Say it."""
    return text.upper() if loud else text


@node("w.join", version=1)
def join(texts: list[str], by: str = " ") -> str:
    """Join texts."""
    return by.join(texts)


@node("w.words", version=1)
def words(text: str, most: Annotated[int, Range(1, 9)] = 5) -> list[str]:
    """Split a text."""
    return text.split()[:most]


@node("w.add", version=1)
def add(a: int = 1, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


@node("w.scale", version=1)
def scale(x: float, by: Annotated[float, Range(0, 10)] = 2.0) -> float:
    """Multiply."""
    return x * by


class Halves(NamedTuple):
    first: str
    rest: str


@node("w.halves", version=1)
def halves(text: str) -> Halves:
    """Cut a text in two."""
    return Halves(text[:1], text[1:])


@node("w.sheet", version=1)
def sheet(words: str, ink: Color = "#202020", seed: Seed = 0) -> Sheet:
    """Words on paper."""
    return {"words": words, "ink": ink, "seed": seed}


@node("w.frame", version=1)
def frame(sheet: Sheet, wood: Literal["oak", "pine"] = "oak", wide: float | None = None) -> Sheet:
    """A sheet in a frame."""
    return {**sheet, "wood": wood, "wide": wide}


@node("w.pile", version=1)
def pile(sheets: list[Sheet]) -> Sheet:
    """Sheets on one another."""
    return {"pile": sheets}


@node("w.read", version=1)
def read(sheet: Sheet) -> str:
    """What a sheet says."""
    return str(sheet.get("words", ""))


@node("w.load", version=1)
def load(file: File) -> str:
    """What a file says."""
    return file.read_text()


ALL = [say, join, words, add, scale, halves, sheet, frame, pile, read]
READS = [load]
TYPES = [function.__nodetype__.name for function in ALL]
CATALOGUE = Catalogue([*ALL, *READS], installed=False)


def checked(graph: Graph) -> check.Checked:
    """What is known of a graph."""
    return check.check(graph, CATALOGUE)


def graph(text: str, path=None) -> Graph:
    """A graph from the YAML below `nodegraph: 1`."""
    found, problems = graphfile.parse("nodegraph: 1\n" + text, path)
    assert not problems, problems
    return found


def well_formed(graph: Graph) -> None:
    """Fails unless this is a document that a file can hold, with a layout that names only what is there."""
    assert not set(graph.nodes) & set(graph.inputs)
    assert all(NAME.match(name) for name in (*graph.nodes, *graph.inputs, *graph.outputs))
    for name, placed in graph.nodes.items():
        assert set(on_canvas.mapped(placed)) <= set(placed.inputs), (name, placed)
        assert len(set(placed.each)) == len(placed.each) and placed.control.get("cross", True)
    for kind in on_canvas.KINDS:
        section = on_canvas.section(graph, kind)
        strays = [name for name in section if not on_canvas.exists(graph, on_canvas.Item(kind, name))
                  and not (kind in ("node", "input") and (name in graph.nodes or name in graph.inputs))]
        assert not strays, (kind, strays)
    assert {dot.name for dot in on_canvas.dots(graph)} == set(on_canvas.section(graph, "dot"))
    assert "" not in map(str, graph.layout)


def round_trips(graph: Graph) -> None:
    """Fails unless the graph's text reads back to an equal graph."""
    again, problems = graphfile.parse(graphfile.dumps(graph))
    for part in ("nodes", "inputs", "outputs", "layout"):
        before, after = getattr(graph, part), getattr(again, part)
        lost = [(name, before.get(name), after.get(name)) for name in {*before, *after}
                if before.get(name) != after.get(name)]
        assert not lost, lost
    assert again == graph
    assert not [p for p in problems if graph.nodes or p.at != ("nodes",)], problems


def dangling(graph: Graph) -> list[Ref]:
    """The links that lead nowhere."""
    return [link.source for link in on_canvas.links(graph)
            if link.source.name not in graph.nodes and link.source.name not in graph.inputs]


LITERALS = st.one_of(st.integers(0, 9), st.booleans(), st.none(), st.text("ab $#:é", max_size=6),
                     st.lists(st.text("ab", max_size=2), max_size=2))


@st.composite
def controls(draw, linked: list[str], given: list[str], outputs: list[str], sources: list[Ref]) -> dict[str, Any]:
    """Words that say how often a node runs, as a file may hold them, whether check would like them or not."""
    told = {"repeat": st.integers(0, 9) | (st.sampled_from(sources) if sources else st.nothing()),
            "until": st.sampled_from(outputs), "count": st.sampled_from(["number", "n"]), "failed": st.just("skip"),
            "timeout": st.sampled_from([1, 2.5]), "retry": st.integers(1, 3)}
    if given:
        told["carry"] = st.dictionaries(st.sampled_from(given), st.sampled_from(outputs), min_size=1, max_size=2)
    if linked:
        told["cross"] = st.lists(st.sampled_from(linked), min_size=1, unique=True).map(tuple)
    words = draw(st.lists(st.sampled_from(sorted(told)), max_size=3, unique=True))
    return {word: draw(told[word]) for word in words}


@st.composite
def switches(draw, sources: list[Ref]) -> Node:
    """A switch, with its branches beside `on` or under `cases:`."""
    head = draw(st.sampled_from(["", "cases."]))
    labels = draw(st.lists(st.sampled_from(["true", "3", "day", *(["on", "each", "type"] if head else [])]),
                           min_size=1, unique=True))
    value = st.sampled_from(sources) | st.just("plain") | st.lists(st.sampled_from([*sources, "x"]), min_size=1, max_size=2)
    each = draw(st.sampled_from([(), ("on",), (labels[0],)])) if "on" not in labels else ()
    return Node("switch", {"on": draw(st.sampled_from(sources)), **{f"{head}{label}": draw(value) for label in labels}}, each)


@st.composite
def graphs(draw, most: int = 8, placed: bool = True) -> Graph:
    """Graphs without circles, of known nodes with links that need not fit, and a layout."""
    names = [f"n{at}" for at in range(draw(st.integers(1, most)))]
    inputs = {f"i{at}": draw(st.sampled_from([GraphInput("Text", "one two", True), GraphInput("Int", 3, True),
                                              GraphInput("list of Text", ["a", "b"], True)]))
              for at in range(draw(st.integers(0, 3)))}
    sources = [Ref(name) for name in inputs]
    nodes = {}
    for name in names:
        type_name = draw(st.sampled_from(TYPES))
        given = {}
        for port in CATALOGUE.nodetype(type_name).inputs:
            way = draw(st.integers(0, 3))
            if way == 1 and sources:
                given[port] = draw(st.sampled_from(sources))
            elif way == 2:
                given[port] = draw(LITERALS)
            elif way == 3 and sources:
                spread = [ref._replace(spread=True) for ref in sources]
                given[port] = draw(st.lists(st.sampled_from([*sources, *spread, "plain"]), min_size=1, max_size=3))
        linked = [port for port, value in given.items() if refs(value)]
        each = draw(st.lists(st.sampled_from(linked), max_size=1)) if linked else []
        outputs = list(CATALOGUE.nodetype(type_name).outputs)
        control = draw(controls(linked, list(given), outputs, sources))
        each = () if "cross" in control else tuple(each)
        nodes[name] = Node(type_name, given, each, draw(st.integers(0, 9)) == 9, draw(st.integers(0, 9)) == 9, control)
        sources += [Ref(name)] if len(outputs) == 1 else [Ref(name, port) for port in outputs]
    if sources and draw(st.booleans()):
        nodes["sw"] = draw(switches(sources))
        nodes["p"] = Node("pick", {"from": draw(st.sampled_from(sources)), "where": [True, draw(st.sampled_from(sources))]})
        sources += [Ref("sw"), Ref("p")]
    outputs = {f"o{at}": draw(st.sampled_from(sources)) for at in range(draw(st.integers(0, 3)))}
    made = Graph(nodes, inputs, outputs)
    return draw(laid_out(made)) if placed else made


@st.composite
def laid_out(draw, graph: Graph) -> Graph:
    """A graph with places for some of what it has, and frames, notes and dots."""
    def point():
        return [draw(st.integers(-500, 1500)), draw(st.integers(-500, 1500))]
    told = {item: {"at": point()} for item in on_canvas.items(graph) if draw(st.integers(0, 4))}
    told |= {on_canvas.Item("frame", f"f{at}"): {"title": "A frame", "at": point(), "size": [600, 500]}
             for at in range(draw(st.integers(0, 2)))}
    told |= {on_canvas.Item("note", f"m{at}"): {"text": "A note", "at": point(), "size": [200, 90]}
             for at in range(draw(st.integers(0, 1)))}
    there = on_canvas.links(graph)
    for at in range(draw(st.integers(0, 2)) if there else 0):
        link = draw(st.sampled_from(there))
        told[on_canvas.Item("dot", f"d{at}")] = {"at": point(), "source": str(link.source)[1:],
                                                 "targets": [str(link.target)]}
    return on_canvas.with_facts(graph, told)


PLAIN = {"Text": "one two three", "Int": 3, "Float": 1.5, "Bool": True, "Seed": 5, "Color": "#112233"}


@st.composite
def sound_graphs(draw, most: int = 7) -> Graph:
    """Graphs that check finds nothing wrong with, in which every node is read or is an output."""
    made = Graph({"n": Node("w.say", {"text": "d e"})},
                 {"subject": GraphInput("Text", "a b c", True), "count": GraphInput("Int", 2, True, low=0, high=9),
                  "many": GraphInput("list of Text", ["x y", "z"], True)})
    for at in range(draw(st.integers(2, most))):
        made = _with_one_more(draw, made, f"n{at}")
    read = {link.source.name for link in on_canvas.links(made)}
    for name, known in checked(made).nodes.items():
        if name not in read:
            for port in known.outputs:
                made = edits.add_output(made, ref_to(checked(made), name, port), (0, 0), f"{name}_{port}")[0]
    made = draw(laid_out(made))
    assert not checked(made).errors, checked(made).errors
    return made


def _with_one_more(draw, made: Graph, name: str) -> Graph:
    """The graph with a node of some type, given what it needs; the same graph if nothing gives that."""
    type_name = draw(st.sampled_from(TYPES))
    known = checked(made)
    sources = [*map(Ref, made.inputs), *(Ref(n, port) for n, node_ in known.nodes.items() for port in node_.outputs)]
    grown, _ = edits.add_node(made, type_name, (0, 0), name=name)
    for port in CATALOGUE.nodetype(type_name).inputs.values():
        target = Target("node", name, port.name)
        for _ in range(draw(st.integers(0, 2))):
            known = checked(grown)
            fitting = [ref for ref in sources if not refusal(known, ref, target)
                       and not (port.range and ref.name != "count")]
            try:
                grown = edits.connect(grown, known, draw(st.sampled_from(fitting)), target) if fitting else grown
            except edits.EditRefused:
                break  # in the list already
        if port.name not in grown.nodes[name].inputs and port.default is MISSING:
            if port.type.name not in PLAIN:
                return made
            value = PLAIN[port.type.name]
            grown = edits.set_value(grown, name, port.name, [value] if port.many else value)
    return made if any(p.at != ("outputs",) for p in checked(grown).errors) else grown
