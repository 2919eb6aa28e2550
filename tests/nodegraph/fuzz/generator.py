"""Random graphs and random series of runs, as plain data: trees of YAML, data files, and what is done between runs."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from .kinds import KINDS, MISSING, Slot

WORDS = ("a", "b", "ab", "b-a", "a-b-c", "", "x", "long-word")
FILES = ("a.txt", "b.txt", "c10.txt", "c2.txt")
DEEPEST = 3


class Source(NamedTuple):
    """Something that may be linked. null: it may be None. raw: a literal may come out of it as it stands."""

    link: str
    type: str
    depth: int = 0
    null: bool = False
    raw: bool = False
    muted: bool = False


class Signature(NamedTuple):
    """A graph file as a node type."""

    file: str
    inputs: dict[str, Slot]
    outputs: dict[str, Source]


class Spec(NamedTuple):
    """What may be written in place of an input, for edits: other literals of a slot, or other links."""

    slot: Slot
    length: int | None
    links: tuple[str, ...]
    literal: bool = True


class Step(NamedTuple):
    """One run and what is done before it. before: tuples, an operation and what it needs."""

    before: tuple[tuple[Any, ...], ...] = ()
    given: dict[str, Any] = {}
    only: tuple[str, ...] | None = None
    cancel: int | None = None


@dataclass(frozen=True)
class Case:
    """Everything that one trial does."""

    files: dict[str, Any]
    steps: list[Step]
    costly: frozenset[str] = frozenset()
    remembers: bool = True  # on disk
    host: int | None = None
    disk: int | None = None
    specs: dict[tuple[str, str, str], Spec] = field(default_factory=dict, repr=False)

    @property
    def lossy(self) -> bool:
        """Whether budgets may take away what was made."""
        return self.host is not None or self.disk is not None


def case(seed: int) -> Case:
    """The Case of a seed."""
    return _Maker(random.Random(seed)).case()


class _Maker:
    def __init__(self, rng: random.Random):
        self.rng, self.files, self.specs, self.graphs = rng, {}, {}, []

    def case(self) -> Case:
        rng = self.rng
        for level in range(rng.choice((0, 1, 1, 2, 2, 3))):
            for number in range(rng.choice((1, 1, 2))):
                name = f"g{level}{number}.yaml"
                self.graph(f"sub/{name}" if rng.random() < 0.5 else name, rng.randint(1, 4), inner=True)
        self.graph("main.yaml", rng.randint(2, 9), inner=False)
        lossy = rng.random()
        return Case(self.files, self.steps(), frozenset(k for k in KINDS if rng.random() < self.rng.choice((0, 0.5))),
                    rng.random() < 0.75, rng.choice((0, 1000, 20_000)) if lossy < 0.1 else None,
                    rng.choice((0, 4000)) if lossy < 0.05 else None, self.specs)

    # -- graphs

    def graph(self, file: str, size: int, inner: bool) -> None:
        """Write one graph file."""
        writer = _Writer(self, file)
        writer.inputs(self.rng.randint(1, 4) if inner else self.rng.randint(0, 4), inner)
        for at in range(size):
            writer.node(f"n{at}")
        writer.outputs(inner)
        self.files[file] = writer.tree
        self.graphs.append(Signature(file, writer.slots, writer.given_out))

    # -- what is done

    def steps(self) -> list[Step]:
        """A series of runs of the top graph."""
        rng = self.rng
        steps = [self.step(())]
        for _ in range(rng.randint(1, 6)):
            operations = [self.operation() for _ in range(rng.choice((0, 1, 1, 1, 2)))]
            steps.append(self.step(tuple(op for op in operations if op)))
        return steps

    def step(self, operations: tuple[tuple[Any, ...], ...]) -> Step:
        rng = self.rng
        tree = self.files["main.yaml"]
        top = self.graphs[-1]
        given = {name: literal(rng, slot, "main.yaml") for name, slot in top.inputs.items() if rng.random() < 0.15}
        outputs = [name for name, source in top.outputs.items() if not source.muted]
        only = tuple(rng.sample(outputs, rng.randint(1, len(outputs)))) if outputs and rng.random() < 0.12 else None
        assert set(outputs) <= set(tree["outputs"])
        return Step(operations, given, only, rng.randint(1, 12) if rng.random() < 0.08 else None)

    def operation(self) -> tuple[Any, ...] | None:
        """Something that is done between two runs."""
        rng = self.rng
        what = rng.choices(("set", "text", "inner", "data", "undo", "restart", "prune", "clear"),
                           (10, 3, 3, 2, 3, 2, 0.5, 0.5))[0]
        if what in ("undo", "restart", "prune", "clear"):
            return (what, rng.randint(0, 5)) if what == "undo" else (what,)
        if what == "data":
            return what, rng.choice(FILES), rng.choice(("one", "two", "three"))
        places = [place for place in self.specs if (place[0] == "main.yaml") == (what != "inner")]
        if not places:
            return None
        place = rng.choice(places)
        spec = self.specs[place]
        if spec.links and (rng.random() < 0.4 or not spec.literal):
            return what, *place, rng.choice(spec.links)
        return (what, *place, literal(rng, spec.slot, place[0], spec.length)) if spec.literal else None


class _Writer:
    """Writes one graph file."""

    def __init__(self, maker: _Maker, file: str):
        self.maker, self.rng, self.file = maker, maker.rng, file
        self.tree: dict[str, Any] = {"nodegraph": 1, "inputs": {}, "nodes": {}, "outputs": {}}
        self.sources: list[Source] = []
        self.slots: dict[str, Slot] = {}
        self.given_out: dict[str, Source] = {}

    def inputs(self, count: int, inner: bool) -> None:
        """Declare inputs."""
        rng = self.rng
        for at in range(count):
            slot = Slot(rng.choice(("Text", "Text", "Int", "Int", "Bool", "Float", "File")),
                        rng.choice((0, 0, 0, 1)))
            slot = slot._replace(folder=slot.depth == 1 and slot.type == "File")
            name = f"i{at}"
            tree: dict[str, Any] = {"type": ("list of " if slot.depth else "") + slot.type}
            if slot == Slot("Text") and rng.random() < 0.15:
                slot, tree["default"] = slot._replace(optional=True, default=None), None
            elif not inner or rng.random() < 0.5:
                tree["default"] = literal(rng, slot, self.file)
                slot = slot._replace(default=tree["default"])
            if "default" in tree and type(tree["default"]) in (str, int, bool) and slot.type != "File" \
                    and slot.type != "Float" and rng.random() < 0.4:
                self.tree["inputs"][name] = tree["default"]
            else:
                self.tree["inputs"][name] = tree
            self.slots[name] = slot
            self.sources.append(Source(f"${name}", slot.type, slot.depth, slot.optional, raw=True))

    def outputs(self, inner: bool) -> None:
        """Say what the graph gives."""
        rng = self.rng
        of_nodes = [s for s in self.sources if s.link[1] == "n"] or self.sources
        if not of_nodes:
            self.tree["nodes"]["n0"] = {"type": "f.add", "a": 1}
            of_nodes = [Source("$n0", "Int")]
        chosen = rng.sample(of_nodes, min(len(of_nodes), rng.randint(1, 2 if inner else 5)))
        if not inner:
            chosen += [s for s in of_nodes[-2:] if s not in chosen]
        if rng.random() < 0.3 and self.sources:
            chosen.append(rng.choice(self.sources))
        if inner:
            alike = [s for s in of_nodes if any((s.type, s.depth) == (i.type, i.depth) for i in self.slots.values())]
            chosen += rng.sample(alike, 1) if alike and rng.random() < 0.7 else []
            chosen += [s for s in of_nodes if s.type == "Bool" and not s.depth][-1:]
        for at, source in enumerate(chosen):
            self.tree["outputs"][f"o{at}"] = source.link
            self.given_out[f"o{at}"] = source

    # -- nodes

    def node(self, name: str) -> None:
        """Write one node."""
        forms: list[tuple[Callable[[str], bool], float]] = [
            (self.function, 8), (self.mapped, 4), (self.crossed, 1), (self.looped, 1.5), (self.folded, 1),
            (self.placed, 3), (self.mapped_graph, 3), (self.looped_graph, 2), (self.folded_graph, 1),
            (self.switch, 3), (self.mapped_switch, 1.5), (self.pick, 1.5)]
        for _ in range(6):
            form = self.rng.choices([f for f, _ in forms], [w for _, w in forms])[0]
            self.forget(name)
            if form(name):
                return
        self.forget(name)
        self.plain(name)

    def forget(self, name: str) -> None:
        """Take back what was noted of a node that could not be written."""
        for place in [place for place in self.maker.specs if place[:2] == (self.file, name)]:
            del self.maker.specs[place]

    def plain(self, name: str) -> None:
        """A node that needs nothing."""
        self.tree["nodes"][name] = {"type": "f.add", "a": 1}
        self.sources.append(Source(f"${name}", "Int"))

    def function(self, name: str) -> bool:
        """A function as it is."""
        kind = self.kind(lambda k: k.batch is None)
        tree = self.wired(kind.inputs, name)
        if tree is None:
            return False
        return self.write(name, {"type": kind.name, **tree}, kind.inputs, kind.outputs)

    def kind(self, fits: Callable[[Any], bool] = lambda kind: True) -> Any:
        return self.rng.choice([k for k in KINDS.values() if fits(k)])

    def write(self, name: str, tree: dict[str, Any], inputs: dict[str, Slot], outputs: dict[str, Any],
              deeper: Callable[[str], int] = lambda port: 0, aside: bool = True) -> bool:
        """Write a node down, perhaps set aside, and note what it gives."""
        rng = self.rng
        muted = self.reads_muted(tree)
        given = {port: (slot if isinstance(slot, Source) else Source("", slot.type, slot.depth))._replace(
            depth=slot.depth + deeper(port)) for port, slot in outputs.items()}
        if aside and rng.random() < 0.05:
            tree["bypass"] = True
            given, muted = self.passed(tree, inputs, given), False
        elif rng.random() < 0.03:
            tree["mute"] = muted = True
        if tree["type"] in KINDS and rng.random() < 0.06:
            tree |= rng.choice(({"retry": 1}, {"retry": 2}, {"timeout": 60}))
        self.tree["nodes"][name] = self.shuffled(tree)
        whole = len(outputs) == 1
        for port, source in given.items():
            link = f"${name}" if whole else f"${name}.{port}"
            self.sources.append(source._replace(link=link, muted=source.muted or muted))
        return True

    def passed(self, tree: dict[str, Any], inputs: dict[str, Slot], outputs: dict[str, Source]) -> dict[str, Source]:
        """What a bypassed node gives."""
        each, found = _tuple(tree.get("each")), {}
        for output, source in outputs.items():
            port = next((p for p, s in inputs.items() if p in tree and s.type == source.type and s.depth + (
                p in each and KINDS.get(tree["type"], KINDS["f.add"]).batch != p) == source.depth), None)
            if port is None:
                continue
            brought = self.of_link(tree[port])
            if brought is None:
                found[output] = source._replace(raw=True, null=tree[port] is None, muted=isinstance(tree[port], list) and
                                                any(s.muted for s in map(self.of_link, tree[port]) if s))
            elif brought.depth == source.depth:
                found[output] = brought
        return found

    def of_link(self, value: Any) -> Source | None:
        """What is linked by a text."""
        return next((s for s in self.sources if isinstance(value, str) and s.link == value.removesuffix("...")), None)

    def reads_muted(self, tree: dict[str, Any]) -> bool:
        return any(source.muted for value in tree.values()
                   for item in (value if isinstance(value, list) else value.values() if isinstance(value, dict) else [value])
                   for part in (item if isinstance(item, list) else [item])
                   if (source := self.of_link(part)))

    def shuffled(self, tree: dict[str, Any]) -> dict[str, Any]:
        items = list(tree.items())
        rest = items[1:]
        if self.rng.random() < 0.3 and tree["type"] != "switch":
            self.rng.shuffle(rest)
        return dict([items[0], *rest])

    # -- inputs of nodes

    def wired(self, ports: dict[str, Slot], name: str, taken: tuple[str, ...] = (), each: tuple[str, ...] = (),
              exact: tuple[str, ...] = (), alike: bool = True) -> dict[str, Any] | None:
        """Something for each port; each: those that get a list of it. None if that cannot be had."""
        tree: dict[str, Any] = {}
        length = self.rng.randint(0, 3) if len(each) > 1 else None
        twin: str | None = None
        for port, slot in ports.items():
            if port in taken or slot.default is not MISSING and port not in each and port not in exact \
                    and self.rng.random() < 0.4:
                continue
            wanted = slot._replace(depth=slot.depth + (port in each), default=MISSING,
                                   optional=slot.optional and port not in each, folder=slot.folder and port not in each)
            value = self.input(wanted, name, port, length if port in each else None, port in exact)
            if value is MISSING:
                return None
            if port in each and twin is not None and alike and self.rng.random() < 0.6:
                old = self.of_link(twin)
                if old and old.type == slot.type and old.depth == wanted.depth and not (old.raw and _narrow(slot)):
                    value = twin
                    self.maker.specs.pop((self.file, name, port), None)
            if port in each and isinstance(value, str):
                twin = value
            tree[port] = value
        return tree

    def input(self, slot: Slot, name: str, port: str, length: int | None = None, exact: bool = False) -> Any:
        """A literal or a link for a slot; MISSING if there is neither."""
        rng = self.rng
        links = self.links(slot, exact)
        can_write = slot.type not in ("Vector", "Odd") and slot.depth < 3 and not (slot.type == "Any" and slot.depth)
        if links and (rng.random() < 0.75 or not can_write):
            weights = [1 + 2 * (s.link[1] == "n") for s in links]
            value = rng.choices(links, weights)[0].link
            self.note(name, port, Spec(slot, length, tuple(s.link for s in links if not s.muted), can_write))
            return value
        if not can_write:
            return MISSING
        if slot.depth == 1 and rng.random() < 0.5:
            items = self.gathered(slot, length)
            if items is not None:
                return items
        self.note(name, port, Spec(slot, length, tuple(s.link for s in links if not s.muted)))
        return literal(rng, slot, self.file, length)

    def note(self, name: str, port: str, spec: Spec) -> None:
        self.maker.specs[self.file, name, port] = spec

    def links(self, slot: Slot, exact: bool = False) -> list[Source]:
        """The sources that fit a slot."""
        rng = self.rng
        odd = not exact and rng.random() < 0.15
        return [s for s in self.sources if s.depth == slot.depth and (s.type == slot.type or odd and _fits(s, slot))
                and (not s.null or slot.optional) and not (_narrow(slot) and (s.raw or rng.random() < 0.4))
                and not (s.muted and rng.random() < 0.9)]

    def gathered(self, slot: Slot, length: int | None) -> list[Any] | None:
        """A list in which links stand, and lists are spread."""
        rng = self.rng
        single = self.links(slot._replace(depth=0))
        lists = self.links(slot) if length is None else []
        if not single and not lists:
            return None
        items: list[Any] = []
        for _ in range(rng.randint(1, 3) if length is None else length):
            choice = rng.random()
            if lists and choice < 0.35:
                items.append(rng.choice(lists).link + "...")
            elif single and choice < 0.75:
                items.append(rng.choice(single).link)
            else:
                items.append(literal(rng, slot._replace(depth=0), self.file))
        return items

    # -- constructs around a function or a graph

    def mapped(self, name: str) -> bool:
        """`each` on a function."""
        kind = self.kind(lambda k: k.inputs)
        each = (kind.batch,) if kind.batch else tuple(self.rng.sample([*kind.inputs], min(
            len(kind.inputs), self.rng.choice((1, 1, 1, 2)))))
        ports = dict(kind.inputs)
        if kind.batch:
            ports[kind.batch] = ports[kind.batch]._replace(depth=0)
        tree = self.wired(ports, name, each=each)
        if tree is None or any(self.too_deep(s) for s in kind.outputs.values()):
            return False
        words = {"each": _names(each), **self.skips()}
        return self.write(name, {"type": kind.name, **words, **tree}, kind.inputs, kind.outputs,
                          lambda port: int(not kind.batch), aside=not words.keys() - {"each"})

    def too_deep(self, slot: Any, more: int = 1) -> bool:
        return slot.depth + more > DEEPEST

    def skips(self) -> dict[str, Any]:
        return {"failed": "skip"} if self.rng.random() < 0.3 else {}

    def crossed(self, name: str) -> bool:
        """`cross` on a function or a graph."""
        found = self.some_body(2)
        if found is None:
            return False
        type_name, inputs, outputs = found
        over = tuple(self.rng.sample([*inputs], min(len(inputs), self.rng.choice((1, 2, 2)))))
        tree = self.wired(inputs, name, each=over, alike=False)
        if tree is None or any(self.too_deep(s) for s in outputs.values()):
            return False
        return self.write(name, {"type": type_name, "cross": list(over), **tree, **self.skips()}, inputs, outputs,
                          lambda port: 1, aside=False)

    def some_body(self, least: int = 1) -> tuple[str, dict[str, Slot], dict[str, Any]] | None:
        """A function or a graph with so many inputs."""
        graphs = [g for g in self.maker.graphs if len(g.inputs) >= least]
        if graphs and self.rng.random() < 0.4:
            graph = self.rng.choice(graphs)
            return self.type_of(graph), graph.inputs, graph.outputs
        kind = self.kind(lambda k: len(k.inputs) >= least and not k.batch)
        return kind.name, kind.inputs, kind.outputs

    def type_of(self, graph: Signature) -> str:
        """How a graph file is named from here."""
        here, there = self.file.startswith("sub/"), graph.file.startswith("sub/")
        return f"../{graph.file}" if here and not there else f"./{graph.file.removeprefix('sub/' if here else '')}"

    def looped(self, name: str) -> bool:
        """`repeat` on a function."""
        kind = KINDS[self.rng.choice(("f.step", "f.turn", "f.upper", "f.add", "f.shy", "f.picky", "f.tag", "f.fresh"))]
        return self.loop(name, kind.name, kind.inputs, kind.outputs)

    def loop(self, name: str, type_name: str, inputs: dict[str, Slot], outputs: dict[str, Any]) -> bool:
        rng = self.rng
        carry = self.carries(inputs, outputs)
        if carry is None:
            return False
        counts = [p for p, s in inputs.items() if s.type == "Int" and not s.depth and p not in carry and not _narrow(s)]
        count = rng.choice(counts) if counts and rng.random() < 0.5 else None
        outer = [p for p in inputs if p != count]
        each = tuple(rng.sample(outer, 1)) if outer and rng.random() < 0.25 else ()
        tree = self.wired(inputs, name, (count,) if count else (), each, tuple(carry))
        if tree is None or any(self.too_deep(s, 2) for s in outputs.values()):
            return False
        dones = [p for p, s in outputs.items() if s.type == "Bool" and not s.depth and not s.muted] \
            if type_name.endswith(".yaml") else [p for p, s in outputs.items() if s.type == "Bool"]
        words: dict[str, Any] = {"repeat": self.times()}
        if carry:
            words["carry"] = self.carry_words(carry)
        if count:
            words["count"] = count
        if dones and rng.random() < 0.6:
            words["until"] = rng.choice(dones)
        if each:
            words |= {"each": each[0], **self.skips()}
        return self.write(name, {"type": type_name, **words, **tree}, inputs, outputs,
                          lambda port: bool(each) + (port not in carry.values()), aside=False)

    def times(self) -> Any:
        """How often: a number, or a link to one that is small."""
        links = [f"${name}" for name, node in self.tree["nodes"].items() if node["type"] in ("f.size", "f.few")
                 and not {"each", "repeat", "cross", "bypass", "mute"} & node.keys()]
        if self.file == "main.yaml":
            links += [f"${name}" for name, slot in self.slots.items() if slot.type == "Int" and not slot.depth]
        return self.rng.choice(links) if links and self.rng.random() < 0.35 else self.rng.choice((0, 1, 2, 3, 3, 4))

    def carries(self, inputs: dict[str, Slot], outputs: dict[str, Any]) -> dict[str, str] | None:
        """Which inputs take which outputs of the round before; perhaps none."""
        pairs = [(i, o) for i, s in inputs.items() for o, t in outputs.items()
                 if (s.type, s.depth) == (t.type, t.depth) and not s.optional and not _narrow(s)
                 and not getattr(t, "null", False) and not getattr(t, "muted", False)]
        if not pairs:
            return None
        self.rng.shuffle(pairs)
        carry: dict[str, str] = {}
        for i, o in pairs[:self.rng.choice((1, 1, 2))]:
            if i not in carry and o not in carry.values():
                carry[i] = o
        return carry

    def carry_words(self, carry: dict[str, str]) -> Any:
        if all(i == o for i, o in carry.items()):
            return next(iter(carry)) if len(carry) == 1 else list(carry)
        return dict(carry)

    def folded(self, name: str) -> bool:
        """`each` with `carry` on a function."""
        kind = KINDS[self.rng.choice(("f.turn", "f.pair", "f.add", "f.step", "f.tag", "f.picky"))]
        return self.fold(name, kind.name, kind.inputs, kind.outputs)

    def fold(self, name: str, type_name: str, inputs: dict[str, Slot], outputs: dict[str, Any]) -> bool:
        rng = self.rng
        carry = self.carries(inputs, outputs)
        free = [p for p in inputs if p not in (carry or ())]
        if not carry or not free:
            return False
        each = tuple(rng.sample(free, 1))
        counts = [p for p in free if p not in each and inputs[p].type == "Int" and not inputs[p].depth and not _narrow(inputs[p])]
        count = rng.choice(counts) if counts and rng.random() < 0.5 else None
        tree = self.wired(inputs, name, (count,) if count else (), each, tuple(carry))
        if tree is None or any(self.too_deep(s) for s in outputs.values()):
            return False
        words: dict[str, Any] = {"each": each[0], "carry": self.carry_words(carry)} | ({"count": count} if count else {})
        return self.write(name, {"type": type_name, **words, **tree}, inputs, outputs,
                          lambda port: port not in carry.values(), aside=False)

    # -- graphs as nodes

    def placed(self, name: str) -> bool:
        """A graph as it is."""
        if not self.maker.graphs:
            return False
        graph = self.rng.choice(self.maker.graphs)
        tree = self.wired(graph.inputs, name)
        return tree is not None and self.write(name, {"type": self.type_of(graph), **tree}, graph.inputs, graph.outputs)

    def mapped_graph(self, name: str) -> bool:
        """`each` on a graph."""
        if not self.maker.graphs:
            return False
        graph = self.rng.choice(self.maker.graphs)
        if not graph.inputs or any(self.too_deep(s) for s in graph.outputs.values()):
            return False
        each = tuple(self.rng.sample([*graph.inputs], min(len(graph.inputs), self.rng.choice((1, 1, 2)))))
        counts = [p for p, s in graph.inputs.items() if p not in each and s.type == "Int" and not s.depth]
        count = self.rng.choice(counts) if counts and self.rng.random() < 0.2 else None
        tree = self.wired(graph.inputs, name, (count,) if count else (), each)
        words = {"each": _names(each), **({"count": count} if count else {}), **self.skips()}
        return tree is not None and self.write(name, {"type": self.type_of(graph), **words, **tree}, graph.inputs,
                                               graph.outputs, lambda port: 1, aside=not words.keys() - {"each"})

    def looped_graph(self, name: str) -> bool:
        """`repeat` on a graph."""
        if not self.maker.graphs:
            return False
        graph = self.rng.choice(self.maker.graphs)
        return self.loop(name, self.type_of(graph), graph.inputs, graph.outputs)

    def folded_graph(self, name: str) -> bool:
        """`each` with `carry` on a graph."""
        if not self.maker.graphs:
            return False
        graph = self.rng.choice(self.maker.graphs)
        return self.fold(name, self.type_of(graph), graph.inputs, graph.outputs)

    # -- switch and pick

    def switch(self, name: str, mapped: bool = False) -> bool:
        """A switch; mapped: per item of what chooses, and perhaps of a branch."""
        rng = self.rng
        branches = [s for s in self.sources if not s.null and s.type != "Any" and not s.muted and s.depth < DEEPEST]
        if not branches:
            return False
        first = rng.choice(branches)
        chooser = self.chooser(name, mapped)
        if chooser is None:
            return False
        on, labels = chooser
        each = [labels[0]] if mapped and labels[0] != "on" and rng.random() < 0.5 else []
        cases: dict[str, Any] = {}
        alike = [s for s in branches if (s.type, s.depth) == (first.type, first.depth)]
        deeper = [s for s in branches if (s.type, s.depth) == (first.type, first.depth + 1)]
        for at, word in enumerate(labels):
            if word in each:
                if not deeper:
                    return False
                cases[word] = rng.choice(deeper).link
            elif at and first.type in ("Text", "Int", "Bool") and first.depth < 2 and rng.random() < 0.35:
                cases[word] = self.branch_literal(Slot(first.type, first.depth))
            else:
                cases[word] = rng.choice([first, *alike]).link
        old = rng.random() < 0.4 and not {"on", "type", "each", "cases"} & {*cases}
        tree = {"type": "switch", "on": on, **(cases if old else {"cases": cases})}
        if mapped:
            tree["each"] = _names(("on", *each))
        raw = any(not isinstance(v, str) or not v.startswith("$") or (s := self.of_link(v)) is None or s.raw
                  for v in cases.values())
        out = {"value": Source("", first.type, first.depth, raw=raw)}
        for word, value in cases.items():
            if word not in each:
                self.note(name, word if old else f"cases.{word}",
                          Spec(Slot(first.type, first.depth), None, tuple(s.link for s in alike),
                               first.type in ("Text", "Int", "Bool") and not isinstance(value, list) and not first.depth))
        if first.depth and any(isinstance(v, list) and not v for v in cases.values()):
            return False
        return self.write(name, tree, {}, out, lambda port: int(mapped), aside=False)

    def branch_literal(self, slot: Slot) -> Any:
        value = literal(self.rng, slot, self.file)
        while slot.depth and not value:
            value = literal(self.rng, slot, self.file)
        return value

    def chooser(self, name: str, mapped: bool) -> tuple[Any, list[str]] | None:
        """What chooses, and the labels there are."""
        rng = self.rng
        links = [s for s in self.sources if s.type in ("Bool", "Int", "Text") and s.depth == int(mapped) and not s.null
                 and not s.muted]
        if not links or not mapped and rng.random() < 0.15:
            if mapped:
                return None
            self.note(name, "on", Spec(Slot("Bool"), None, tuple(s.link for s in links if s.type == "Bool")))
            return rng.random() < 0.5, ["true", "false"]
        source = rng.choice(links)
        alike = tuple(s.link for s in links if s.type == source.type)
        self.note(name, "on", Spec(Slot(source.type, source.depth), None, alike, False))
        if source.type == "Bool":
            return source.link, rng.choice((["true", "false"], ["false", "true"], ["true", "else"]))
        labels = ["0", "1", "2", "7"] if source.type == "Int" else [*WORDS[:3], "on", "type", "x"]
        labels = rng.sample(labels, rng.randint(1, 3))
        return source.link, labels + (["else"] if rng.random() < 0.85 else [])

    def mapped_switch(self, name: str) -> bool:
        """A switch per item."""
        return self.switch(name, mapped=True)

    def pick(self, name: str) -> bool:
        """`pick`, mostly with a list of Bools that belongs to what is picked from."""
        rng = self.rng
        lists = [s for s in self.sources if s.depth == 1 and not s.muted and not s.null]
        deep = [s for s in self.sources if s.depth == 2 and s.type == "Bool" and not s.muted]
        if not lists:
            return False
        if deep and rng.random() < 0.5:
            where = rng.choice(deep)
            others = [s for s in self.sources if s.depth == 2 and not s.muted and s.type != "Any"]
            source = rng.choice(others)
            return self.write(name, {"type": "pick", "each": ["from", "where"], "from": source.link, "where": where.link},
                              {}, {"items": Source("", source.type, 1)}, lambda port: 1, aside=False)
        source = rng.choice(lists)
        test = {"Text": ("f.even", "text"), "Int": ("f.odd", "n"), "Bool": ("f.flip", "flag")}.get(source.type)
        if test is None or rng.random() < 0.2:
            wheres = [s for s in lists if s.type == "Bool"]
            where = rng.choice(wheres).link if wheres else [rng.random() < 0.5 for _ in range(rng.randint(0, 3))]
        else:
            self.tree["nodes"][f"{name}b"] = {"type": test[0], "each": test[1], test[1]: source.link}
            where = f"${name}b"
            self.sources.append(Source(where, "Bool", 1))
        return self.write(name, {"type": "pick", "from": source.link, "where": where}, {},
                          {"items": Source("", source.type, 1)}, aside=False)


def _tuple(names: Any) -> tuple[str, ...]:
    return () if names is None else (names,) if isinstance(names, str) else tuple(names)


def _names(each: tuple[str, ...]) -> Any:
    return each[0] if len(each) == 1 else list(each)


def _narrow(slot: Slot) -> bool:
    return slot.choices is not None or slot.low is not None


def _fits(source: Source, slot: Slot) -> bool:
    """Whether another type may flow into a port: what is wider, or anything into Any; Any into what is narrower."""
    if slot.type == "Any":
        return source.depth == 0
    return (source.type, slot.type) == ("Int", "Float") or source.type == "Any" and slot.default is MISSING \
        and slot.type not in ("Vector", "Odd", "File")


def literal(rng: random.Random, slot: Slot, file: str, length: int | None = None) -> Any:
    """Something that may be written where a slot is."""
    if slot.depth:
        if slot.folder and slot.depth == 1 and rng.random() < 0.3:
            return ("../" if file.startswith("sub/") else "") + rng.choice(("data", "data/c*.txt", "data/*.txt"))
        count = length if length is not None else rng.choice((0, 1, 2, 2, 3))
        return [literal(rng, slot._replace(depth=slot.depth - 1), file) for _ in range(count)]
    if slot.optional and rng.random() < 0.3:
        return None
    if slot.choices:
        return rng.choice(slot.choices)
    if slot.type == "File":
        return ("../" if file.startswith("sub/") else "") + "data/" + rng.choice(FILES)
    if slot.type == "Float":
        return rng.choice((0.5, 1.5, 2.0, 3))
    if slot.type == "Bool":
        return rng.random() < 0.5
    if slot.type == "Int":
        return rng.randint(0, 6)
    return rng.choice(WORDS)


def smaller(case: Case) -> list[Case]:
    """Cases that say less: a step, an operation, an output, a node, a word or a list item away."""
    found: list[Case] = []
    for at, step in enumerate(case.steps):
        if len(case.steps) > 1:
            found.append(replace(case, steps=case.steps[:at] + case.steps[at + 1:]))
        plainer = [step._replace(before=step.before[:i] + step.before[i + 1:]) for i in range(len(step.before))]
        plainer += [step._replace(given={k: v for k, v in step.given.items() if k != name}) for name in step.given]
        plainer += [step._replace(only=None)] * (step.only is not None) + [step._replace(cancel=None)] * (step.cancel is not None)
        found += [replace(case, steps=[*case.steps[:at], less, *case.steps[at + 1:]]) for less in plainer]
    if case.costly:
        found.append(replace(case, costly=frozenset()))
        found += [replace(case, costly=case.costly - {name}) for name in case.costly]
    if case.host is not None:
        found.append(replace(case, host=None))
    if case.disk is not None:
        found.append(replace(case, disk=None))
    for file in case.files:
        found += _smaller_files(case, file)
    return found


def _smaller_files(case: Case, file: str) -> list[Case]:
    """Cases in which one graph file says less."""
    trees: list[Any] = []
    tree = case.files[file]
    used = {text.removesuffix("...")[1:].partition(".")[0] for text in _texts(tree) if text.startswith("$")}

    def without(*keys: str) -> None:
        new = copy.deepcopy(tree)
        inner = new
        for key in keys[:-1]:
            inner = inner[key]
        del inner[keys[-1]]
        trees.append(new)

    for name in tree["nodes"]:
        if name not in used:
            without("nodes", name)
    for name in tree["outputs"]:
        if len(tree["outputs"]) > 1:
            without("outputs", name)
    for name in tree["inputs"]:
        if name not in used:
            without("inputs", name)
    for name, node in tree["nodes"].items():
        for word in node.keys() - {"type", "on"}:
            without("nodes", name, word)
        for word, value in node.items():
            if isinstance(value, list) and word not in ("each", "cross"):
                for at in range(len(value)):
                    new = copy.deepcopy(tree)
                    del new["nodes"][name][word][at]
                    trees.append(new)
            if isinstance(value, str) and value.startswith("$") and word not in ("on",):
                for plain in ("a", 1, True, ["a", "b"], [1, 2]):
                    new = copy.deepcopy(tree)
                    new["nodes"][name][word] = plain
                    trees.append(new)
    found = [replace(case, files={**case.files, file: new}) for new in trees]
    if file != "main.yaml" and not any(file.rsplit("/", 1)[-1] in text for f, t in case.files.items() if f != file
                                       for text in _texts(t)):
        found.insert(0, replace(case, files={f: t for f, t in case.files.items() if f != file}))
    return found


def _texts(tree: Any) -> list[str]:
    if isinstance(tree, str):
        return [tree]
    values = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    return [text for value in values for text in _texts(value)]
