"""Ten thousand random gestures on one document: it stays a document, and every step can be taken back and again."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from nodegraph import Graph, Ref, graphfile
from nodegraph.check import check
from nodegraph_editor.document import arrange, clipboard, edits, grouping, ungrouping
from nodegraph_editor.document.document import Document
from nodegraph_editor.document.edits import EditRefused
from nodegraph_editor.document.items import Item, Target, collapsed, dots, exists, items, links, position
from nodegraph_editor.document.ports import inputs_of, outputs_of

from .workshop import CATALOGUE, TYPES, dangling, graph, round_trips, well_formed

START = """
title: Monkey
inputs:
  subject: {type: Text, default: a b c}
  many: {type: list of Text, default: [x, y]}
  wood: {type: Choice, default: oak, choices: [oak, pine]}
nodes:
  one: {type: w.say, text: $subject}
  two: {type: w.halves, text: $one}
  paper: {type: w.sheet, words: $two.first}
  framed: {type: w.frame, sheet: $paper, wood: $wood}
  which: {type: switch, on: $wood, oak: $one, else: other}
  unknown: {type: gone.thing, text: $one}
outputs: {framed: $framed}
layout:
  nodes: {one: {at: [0, 0]}, two: {at: [300, 0]}}
  dots: {dot: {at: [200, 40], source: one, targets: [two.text, which.oak]}}
"""
LIMIT = 16  # nodes, above which things are deleted
VALUES = [0, 1, 2.5, True, None, "", "text", "$5", "a: b\n# c", "#aabbcc", [], ["a", "b"], {"deep": [1]}, "random", "oak",
          10 ** 20, -1, "é\u2028", " leading", "null", "1:30"]
NAMES = ["a", "b", "verse", "picture", "null", "诗", "x-y", "1st", "", "a b", "one", "subject", "_"]


class Monkey:
    """A document and a hand that does anything to it. folder: where the graph files of groups go."""

    def __init__(self, document: Document, choose: random.Random, folder: Path):
        self.document, self.choose, self.folder, self.groups = document, choose, folder, 0
        self.clipboard = ""
        self.done: dict[str, int] = {}
        self.refused = 0
        self._known: list = []

    @property
    def graph(self) -> Graph:
        return self.document.graph

    @property
    def checked(self):
        """What is known of the graph; of one that differs in layout alone it is the same."""
        found = next((known for known in self._known if _says_the_same(known.graph, self.graph)), None)
        if found is None:
            found = check(self.graph, CATALOGUE)
            self._known = [found, *self._known[:7]]
        return found

    def gesture(self) -> None:
        """Any gesture; where there is much already, one that deletes."""
        names = list(GESTURES)
        name = self.choose.choices(names, [GESTURES[n][1] for n in names])[0]
        self.make("delete" if len(self.graph.nodes) > LIMIT else name)

    def make(self, name: str) -> None:
        """One gesture, made or refused in a sentence."""
        try:
            made = GESTURES[name][0](self)
        except EditRefused as refused:
            assert str(refused).endswith(".") and "\n" not in str(refused), str(refused)
            self.refused += 1
            return
        if made is not None:
            merge = self.choose.choice(["", "", "", "typing"]) if name == "set_value" else ""
            self.document.edit(name, made, merge)
        self.done[name] = self.done.get(name, 0) + 1

    # -- what it takes hold of

    def some(self, *kinds: str, most: int = 4) -> list[Item]:
        there = [item for item in items(self.graph) if not kinds or item.kind in kinds]
        return self.choose.sample(there, min(len(there), self.choose.randint(1, most)))

    def one(self, *kinds: str) -> Item:
        found = self.some(*kinds, most=1)
        return found[0] if found else Item(kinds[0] if kinds else "node", "gone")

    def node(self) -> str:
        name = self.one("node").name
        if name not in self.graph.nodes:
            raise EditRefused("There is no node left.")
        return name

    def port(self, name: str) -> str:
        return self.choose.choice([port.name for port in inputs_of(self.checked, name)] or ["none"])

    def source(self) -> Ref:
        name = self.choose.choice([*self.graph.inputs, *self.graph.nodes] or ["gone"])
        ports = list(outputs_of(self.checked, name)) if name in self.graph.nodes else []
        return Ref(name, self.choose.choice([*ports, None, "odd"]) if self.choose.random() < 0.3 else
                   self.choose.choice(ports) if ports else None)

    def target(self) -> Target:
        if self.choose.random() < 0.15 and self.graph.outputs:
            return Target("output", self.choose.choice(list(self.graph.outputs)))
        name = self.node()
        return Target("node", name, self.port(name), self.choose.choice([None, None, 0, 1]))

    def link(self):
        there = links(self.graph)
        if not there:
            raise EditRefused("There is no link left.")
        return self.choose.choice(there)

    def point(self) -> tuple[float, float]:
        return self.choose.uniform(-2000, 2000), self.choose.uniform(-2000, 2000)


def _says_the_same(one: Graph, other: Graph) -> bool:
    return one.nodes is other.nodes and one.inputs is other.inputs and one.outputs is other.outputs


GESTURES: dict[str, tuple] = {}


def gesture(weight: int):
    """Declare something that the hand may do; None for what makes no new graph."""
    def declare(function):
        GESTURES[function.__name__] = function, weight
        return function
    return declare


@gesture(10)
def add_node(m: Monkey):
    made, item = edits.add_node(m.graph, m.choose.choice([*TYPES * 3, "switch", "switch", "gone.thing"]), m.point())
    if m.choose.random() < 0.5:
        return made
    known = check(made, CATALOGUE)
    return edits.connect(made, known, m.source(), Target("node", item.name, m.choose.choice(
        [port.name for port in inputs_of(known, item.name)] or ["none"])))


@gesture(30)
def connect(m: Monkey):
    return edits.connect(m.graph, m.checked, m.source(), m.target())


@gesture(5)
def disconnect(m: Monkey):
    there = links(m.graph)
    return edits.disconnect(m.graph, m.choose.sample(there, min(len(there), m.choose.randint(0, 3))))


@gesture(4)
def move_link(m: Monkey):
    link = m.link()
    without = edits.disconnect(m.graph, [link])
    return edits.move_link(without, check(without, CATALOGUE), link, m.target())


@gesture(10)
def set_value(m: Monkey):
    name = m.node()
    return edits.set_value(m.graph, name, m.port(name), m.choose.choice(VALUES))


@gesture(2)
def clear_value(m: Monkey):
    name = m.node()
    return edits.clear_value(m.graph, name, m.port(name))


@gesture(2)
def set_each(m: Monkey):
    name = m.node()
    given = list(m.graph.nodes[name].inputs)
    return edits.set_each(m.graph, name, m.choose.choice(given), m.choose.random() < 0.6) if given else None


@gesture(4)
def set_state(m: Monkey):
    return edits.set_state(m.graph, [i.name for i in m.some("node")], m.choose.choice(["normal", "bypass", "mute"]))


@gesture(6)
def rename(m: Monkey):
    return edits.rename(m.graph, m.one(), m.choose.choice(NAMES))


@gesture(4)
def delete(m: Monkey):
    return edits.delete(m.graph, m.some(most=12 if len(m.graph.nodes) > LIMIT else 2))


@gesture(3)
def delete_reconnect(m: Monkey):
    return edits.delete_reconnect(m.graph, m.checked, m.some(most=2))


@gesture(3)
def add_input(m: Monkey):
    kind, default = m.choose.choice([("Text", "hello"), ("Int", 3), ("list of Text", ["a"]), ("Sheet", None), ("Odd", 1)])
    return edits.add_input(m.graph, m.choose.choice(NAMES), kind, m.point(), default, m.choose.random() < 0.7)[0]


@gesture(3)
def add_output(m: Monkey):
    ref = m.source()
    if exists(m.graph, Item("node", ref.name)):
        return edits.add_output(m.graph, ref._replace(port=None), m.point())[0]


@gesture(2)
def set_input(m: Monkey):
    if m.graph.inputs:
        return edits.set_input(m.graph, m.one("input").name, default=m.choose.choice(VALUES), has_default=True)


@gesture(5)
def promote(m: Monkey):
    name = m.node()
    return edits.promote(m.graph, m.checked, name, m.port(name), m.point())[0]


@gesture(3)
def demote(m: Monkey):
    return edits.demote(m.graph, m.one("input").name)


@gesture(1)
def order_inputs(m: Monkey):
    return edits.order_inputs(m.graph, [item.name for item in m.some("input")])


@gesture(8)
def move(m: Monkey):
    return edits.move(m.graph, {item: m.point() for item in m.some()})


@gesture(3)
def decorate(m: Monkey):
    item = m.one("note", "frame")
    way = m.choose.randrange(5)
    if way == 0:
        return edits.add_note(m.graph, m.point(), m.choose.choice(["words", "", "many\nlines"]))[0]
    if way == 1:
        return edits.add_frame(m.graph, m.point(), m.point(), "A frame", m.choose.choice(["", "#123456"]))[0]
    if way == 2:
        return edits.resize(m.graph, item, m.point())
    if way == 3:
        return edits.set_text(m.graph, item, m.choose.choice(["other", "x: y", ""]))
    return edits.paint(m.graph, m.some(), m.choose.choice(["", "#ff0000"]))


@gesture(2)
def collapse(m: Monkey):
    chosen = m.some("node")
    return edits.collapse(m.graph, chosen, not all(collapsed(m.graph, item) for item in chosen))


@gesture(5)
def dot(m: Monkey):
    return edits.add_dot(m.graph, m.link(), m.point())[0]


@gesture(3)
def lead(m: Monkey):
    there = dots(m.graph)
    return edits.lead_through(m.graph, m.link(), m.choose.choice(there).name) if there else None


@gesture(4)
def copy(m: Monkey):
    m.clipboard = clipboard.copied(m.graph, m.some(most=6))


@gesture(4)
def paste(m: Monkey):
    return clipboard.pasted(m.graph, m.clipboard, m.point(), m.choose.random() < 0.7)[0]


@gesture(3)
def duplicate(m: Monkey):
    return clipboard.duplicate(m.graph, m.some(), (30, 30))[0]


@gesture(2)
def align(m: Monkey):
    boxes = {item: (*position(m.graph, item), 180, 100) for item in m.some() if position(m.graph, item)}
    if boxes:
        edge = m.choose.choice(["left", "right", "top", "bottom", "center_x", "center_y"])
        return edits.move(m.graph, m.choose.choice([arrange.align(boxes, edge), arrange.distribute(boxes, "x")]))


@gesture(2)
def lay_out(m: Monkey):
    return arrange.arranged(m.graph, {}, m.choose.choice([None, m.some(most=6)]))


@gesture(1)
def place(m: Monkey):
    return edits.move(m.graph, arrange.missing_positions(m.graph, {}))


@gesture(3)
def group(m: Monkey):
    m.groups += 1
    made = grouping.group(m.graph, m.checked, m.some("node", "note", "frame", most=5), f"group{m.groups}", m.folder)
    well_formed(made.inner)
    text = graphfile.dumps(made.inner)
    assert graphfile.parse(text) == (made.inner, [])
    made.path.write_text(text, encoding="utf-8")
    return made.graph


@gesture(9)
def ungroup(m: Monkey):
    groups = [name for name, node in m.graph.nodes.items() if node.is_graph]
    if groups:
        name = m.choose.choice(groups)
        inner = graphfile.read(m.folder / m.graph.nodes[name].type)[0]
        return ungrouping.ungroup(m.graph, name, inner, m.choose.choice([None, m.checked]))


@gesture(8)
def undo(m: Monkey):
    for _ in range(m.choose.randint(1, 4)):
        m.document.undo()


@gesture(6)
def redo(m: Monkey):
    for _ in range(m.choose.randint(1, 4)):
        m.document.redo()


def start(folder: Path) -> Graph:
    return replace(graph(START), path=folder / "outer.yaml", edits=())


def spelled(document: Graph) -> str:
    """All that a graph says, with its order and the types of its literals."""
    return graphfile.dumps(document)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))])
def test_after_2500_random_gestures_there_is_a_document_and_a_way_back_to_the_start(seed, tmp_path):
    document = Document(start(tmp_path))
    first = spelled(document.graph)
    monkey = Monkey(document, random.Random(seed), tmp_path)
    for count in range(2500):
        monkey.gesture()
        well_formed(monkey.graph)
        assert not dangling(monkey.graph)
        assert monkey.checked.graph.nodes is monkey.graph.nodes
        if count % 50 == 0:
            round_trips(monkey.graph)
    assert set(monkey.done) == set(GESTURES) and monkey.refused < 1500, (monkey.done, monkey.refused)
    while document.redo():
        pass
    end = spelled(document.graph)
    steps = 0
    while document.undo():
        steps += 1
    assert spelled(document.graph) == first and steps > 100
    while document.redo():
        steps -= 1
    assert spelled(document.graph) == end and steps == 0


class Gestures(RuleBasedStateMachine):
    """Gestures that hypothesis chooses, so that those which break something are told in their shortest form."""

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        self.monkey = Monkey(Document(start(Path(self.folder.name))), random.Random(0), Path(self.folder.name))
        self.first = spelled(self.monkey.graph)

    @rule(name=st.sampled_from(list(GESTURES)), choose=st.randoms(use_true_random=False))
    def gesture(self, name, choose):
        self.monkey.choose = choose
        self.monkey.make(name)

    @invariant()
    def holds(self):
        if hasattr(self, "monkey"):
            well_formed(self.monkey.graph)
            assert not dangling(self.monkey.graph)

    def teardown(self):
        round_trips(self.monkey.graph)
        while self.monkey.document.undo():
            pass
        assert spelled(self.monkey.graph) == self.first
        self.folder.cleanup()


TestGestures = Gestures.TestCase
TestGestures.settings = settings(max_examples=20, stateful_step_count=25)
