"""What can be added to a graph, found by a few letters: node types, graph files, inputs, notes, frames.

Names are read from the packs' manifests, which imports nothing; ports and help come when `Library.fill` has
imported the packs, a little at a time.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import Catalogue, Graph, GraphError, PackError, PortType
from nodegraph.editing import (
    ANY,
    BOOL,
    MISSING,
    PICK,
    PLAIN,
    SWITCH,
    Checked,
    Flow,
    NodeType,
    Port,
    check,
    fits,
    graphfile,
    output_flow,
)

from ..words.helps import HELPS
from ..words.speak import both, has, helped, name_of, t, translated

OWN = "nodegraph"  # stands for a pack where the engine itself brings something along
MOST_GRAPHS = 200  # graph files looked at in one folder
MOST_BYTES = 1 << 20


@dataclass(frozen=True, eq=False)
class Entry:
    """Something that can be added.

    kind: "node", "switch", "pick", "graph" (a file as a node), "input", "output", "note" or "frame".
    name: what stands under `type:` for the first three; an input's type; empty for the rest.
    known: whether ports and help were read yet. problem: why it cannot be used, in a sentence.
    maps: whether it can run once per item of a list.
    """

    kind: str
    name: str = ""
    pack: str = OWN
    inputs: tuple[Port, ...] = ()
    outputs: tuple[tuple[str, Flow], ...] = ()
    told: str = ""  # help, as the pack or the file gives it
    called: str = ""  # the title that a file gives itself
    tags: tuple[str, ...] = ()
    known: bool = True
    problem: str = ""
    maps: bool = True

    @property
    def id(self) -> str:
        """A name for it among the recent ones."""
        return f"input:{self.name}" if self.kind == "input" else self.name or self.kind

    @property
    def title(self) -> str:
        """What it is called, in the language spoken now."""
        if self.kind == "node":
            return name_of("node", self.name) if has(f"node.{self.name}") else _readable(self.name)
        if self.kind == "graph":
            return self.called or _readable(Path(self.name).stem)
        return t(f"item.{self.kind}", type=type_title(self.name))

    @property
    def help(self) -> str:
        """Its first sentence, or what is wrong with it."""
        if self.kind == "graph" and not self.told and not self.problem:
            return t("palette.graph_help", path=self.name)
        if self.kind in ("node", "graph"):
            return translated(self.problem) or first_sentence(helped(self.name, self.told))
        return t(f"item.{self.kind}.help")

    @property
    def takes(self) -> str:
        """Its inputs and their types, in one line."""
        named = [f"{port.name}: {flow_title(port.type, port.many)}" for port in self.inputs]
        return t("palette.takes", ports=", ".join(named)) if named else t("palette.takes_nothing")

    @property
    def gives(self) -> str:
        """Its outputs and their types, in one line; empty if it has none."""
        named = [f"{name}: {flow_title(flow.type, flow.many)}" for name, flow in self.outputs]
        return t("palette.gives", ports=", ".join(named)) if named else ""

    @cached_property
    def index(self) -> Index:
        """Its words in both languages, ready to be searched."""
        last = self.name.rpartition(".")[2].replace("_", " ")
        names = {self.name, last, self.called, *both(f"node.{self.name}")}
        tags = {*self.tags, *(word for words in both(f"find.{self.id}") for word in words.split(", "))}
        if self.kind == "graph":
            names |= {Path(self.name).stem}
        elif self.kind == "input":
            names = {words.partition("{")[0].strip(" :：") for words in both("item.input")}
            tags |= {self.name, *both(f"type.{self.name}")}
        elif self.kind != "node":
            names |= set(both(f"item.{self.kind}"))
        types = {port.type.name for port in self.inputs} | {flow.type.name for _, flow in self.outputs}
        kinds = {words for name in types for words in (name, *both(f"type.{name}"))}
        return Index(tuple(sorted({plain(name) for name in names if name})),
                      *map(_joined, (tags, {self.pack, *both(f"pack.{self.pack}")}, kinds,
                                     {self.told, HELPS.get(self.name, ""), *both(f"item.{self.kind}.help")})))


class Index:
    """The words of an entry, by how much a match in them counts; each phrase is a line of its text."""

    __slots__ = ("all", "lines", "names", "starts", "texts")

    def __init__(self, names: tuple[str, ...], tags: str, packs: str, types: str, help: str):
        self.names, self.lines = names, "\n".join(names)
        self.starts = {word[0] for word in re.split(r"[\W_]+", self.lines) if word}
        # What a whole line, the beginning of a word and any other place in each of them are worth.
        self.texts = ((tags, 70, 60, 30), (packs, 50, 40, 0), (types, 36, 30, 0), (help, 25, 25, 12))
        self.all = "".join((self.lines, tags, packs, types, help))


def _joined(words: Iterable[str]) -> str:
    return "\n" + "\n".join(sorted({plain(word) for word in words if word})) + "\n"


def first_sentence(text: str) -> str:
    """The beginning of a help text, up to its first full stop or empty line."""
    return re.split(r"(?<=[.。!?])\s|\n\s*\n", text.strip(), maxsplit=1)[0].replace("\n", " ")


def _readable(name: str) -> str:
    words = re.split(r"[_\-\s]+", name.rpartition(".")[2])
    return " ".join(word[:1].upper() + word[1:] for word in words if word) or name


def type_title(name: str) -> str:
    """What a type is called, in the language spoken now."""
    return name_of("type", name)


def flow_title(type: PortType, many: bool) -> str:
    """What flows, in words: "picture", "list of picture"."""
    return t("palette.list_of", type=type_title(type.name)) if many else type_title(type.name)


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


# ---- what there is -----------------------------------------------------------------------------------------

def entries(catalogue: Catalogue) -> list[Entry]:
    """Everything that can be added, by its name alone: nothing is imported (see `known`)."""
    packs = {name: pack for pack in catalogue.packs for name in catalogue.packs[pack].nodes}
    nodes = [Entry("node", name, packs.get(name, name.partition(".")[0]), known=False)
             for name in catalogue.node_names()]
    any_flow = (("value", Flow(ANY)),)
    picked = (Port("from", ANY, many=True), Port("where", BOOL, many=True))
    own = [Entry("switch", SWITCH, outputs=any_flow, maps=False),
           Entry("pick", PICK, inputs=picked, outputs=(("items", Flow(ANY, 1)),)), Entry("output", inputs=(Port("", ANY),)),
           Entry("note"), Entry("frame")]
    plain = [*(name for name in PLAIN if name != ANY.name), "Choice"]
    types = [*plain, *(name for name in catalogue.type_names() if name not in plain and name != ANY.name)]
    return [*nodes, *own, *(Entry("input", name, known=name in PLAIN or name == "Choice",
                                  outputs=_input_outputs(PLAIN.get("Text" if name == "Choice" else name)))
                            for name in types)]


def _input_outputs(type: PortType | None) -> tuple[tuple[str, Flow], ...]:
    return (("", Flow(type)),) if type is not None else ()


def known(entry: Entry, catalogue: Catalogue) -> Entry:
    """The entry with what its pack says of it. Imports the module; what goes wrong becomes its `problem`."""
    if entry.known:
        return entry
    try:
        if entry.kind == "input":
            return replace(entry, outputs=_input_outputs(catalogue.porttype(entry.name)), known=True)
        nodetype = catalogue.nodetype(entry.name)
    except PackError as error:
        return replace(entry, known=True, problem=str(error))
    return _of_nodetype(entry, nodetype) if nodetype is not None else replace(entry, known=True)


def _of_nodetype(entry: Entry, nodetype: NodeType) -> Entry:
    outputs = tuple((port.name, Flow(port.type, int(port.many), port.choices))
                    for port in nodetype.outputs.values())
    return replace(entry, inputs=tuple(nodetype.inputs.values()), outputs=outputs, told=nodetype.help,
                   tags=nodetype.tags, known=True, maps=_maps(nodetype))


def _maps(nodetype: NodeType) -> bool:
    """Whether a node of this type can run once per item of a list, in a port that takes one thing."""
    return nodetype.batch is None


class Library:
    """The entries of a catalogue, filled in bit by bit, with the graph files beside the open graph."""

    def __init__(self, catalogue: Catalogue):
        self.catalogue = catalogue
        self._entries = entries(catalogue)
        self._graphs: dict[Path, tuple[tuple[Any, ...], Entry]] = {}  # path -> its stamp on disk, and what it is
        self._beside: list[Entry] = []
        self._next = 0
        self._revision = catalogue.revision

    def renew(self) -> bool:
        """Begin again where packs were read again since; whether they were."""
        if self._revision == self.catalogue.revision:
            return False
        self._entries, self._next, self._revision = entries(self.catalogue), 0, self.catalogue.revision
        self._graphs = {}
        return True

    @property
    def entries(self) -> list[Entry]:
        """All of them: node types by pack, then graph files, then what is no node."""
        return [*self._entries, *self._beside]

    @property
    def filled(self) -> bool:
        """Whether everything was read."""
        return self._next >= len(self._entries)

    def fill(self, seconds: float = 0.0) -> bool:
        """Import packs until the time is up, at least one; whether everything was read."""
        until = time.perf_counter() + seconds
        while not self.filled:
            self._entries[self._next] = known(self._entries[self._next], self.catalogue)
            self._next += 1
            if time.perf_counter() >= until:
                break
        return self.filled

    def look_beside(self, graph: Graph) -> None:
        """Find the graph files in the open graph's folder; those that did not change are not read again."""
        self._beside = []
        if graph.path is None:
            return
        found: dict[Path, tuple[tuple[Any, ...], Entry]] = {}
        own = graph.path.resolve()
        for path in _graph_files(graph.folder):
            stat = path.stat()
            stamp = (own, stat.st_mtime_ns, stat.st_size)
            kept = self._graphs.get(path)
            if kept is None or kept[0] != stamp:
                kept = stamp, _of_file(path, own, self.catalogue)
            found[path] = kept
        self._graphs = found
        self._beside = [entry for _, entry in found.values() if entry.name]


def _graph_files(folder: Path) -> list[Path]:
    """The files of a folder that look like graphs, by name."""
    found = []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])[:MOST_GRAPHS]:
        try:
            with path.open("rb") as file:
                begins = file.read(4096)
            if re.search(rb"^nodegraph:", begins, re.MULTILINE) and path.stat().st_size <= MOST_BYTES:
                found.append(path)
        except OSError:  # gone, or not ours to read: it cannot be added
            continue
    return found


def _of_file(path: Path, around: Path, catalogue: Catalogue) -> Entry:
    """A graph file as an entry; without a name if it holds the graph that it would stand in."""
    name = f"./{path.name}"
    if path.resolve() == around:
        return Entry("graph")
    try:
        graph, problems = graphfile.read(path)
        checked = check(graph, catalogue, problems)
    except GraphError as error:
        return Entry("graph", name, problem=error.problems[0].message)
    if _holds(checked, around):
        return Entry("graph")
    flows = {output: output_flow(checked, output) for output in graph.outputs}
    outputs = tuple((output, flow) for output, flow in flows.items() if flow is not None)
    problem = checked.errors[0].message if checked.errors else ""
    return Entry("graph", name, inputs=tuple(checked.inputs.values()), outputs=outputs,
                 told=graph.description, called=graph.title, problem=problem)


def _holds(checked: Checked, path: Path) -> bool:
    """Whether a graph has another one inside it, at any depth."""
    inside = [node.graph for node in checked.nodes.values() if node.graph is not None]
    if any(node.is_graph and (checked.graph.folder / node.type).resolve() == path
           for node in checked.graph.nodes.values()):
        return True
    return any(_holds(graph, path) for graph in {id(graph): graph for graph in inside}.values())


# ---- what fits a link --------------------------------------------------------------------------------------

class Fit(NamedTuple):
    """How an entry would take up a link that is being dragged.

    port: the one that would be linked. how: "" as it is, "list" in brackets, "each" once per item of a list.
    distance: 0 for the very same type; more, the worse it fits.
    """

    port: str
    how: str = ""
    distance: int = 0


Fits = Callable[[Entry], Fit | None]


def fits_from(flow: Flow) -> Fits:
    """For a link dragged from an output: what takes this."""
    def fit(entry: Entry) -> Fit | None:
        if entry.problem or not entry.known:
            return None
        if entry.kind == "switch":
            return Fit("on" if flow.type.name == "Bool" or flow.choices else "else", distance=6)
        if entry.kind == "pick":
            return Fit("where" if flow.type is BOOL else "from", distance=7) if flow.many else None
        if entry.kind == "output":
            return Fit("", distance=8)
        found = [Fit(port.name, _how(flow.many, port.many),
                     _distance(flow, port) + (port.default is not MISSING))
                 for port in entry.inputs if _may_flow(flow, port, entry.maps)]
        return min(found, key=lambda one: one.distance, default=None)
    return fit


def fits_into(port: Port, maps: bool = True) -> Fits:
    """For a link dragged from an input: what gives this. maps: whether its node may run once per item."""
    def fit(entry: Entry) -> Fit | None:
        if entry.problem or not entry.known:
            return None
        if entry.kind == "input":
            wanted = "Choice" if port.choices else port.type.name
            return Fit("", distance=1) if entry.name == wanted else None
        if entry.kind == "switch":
            return Fit("value", distance=7)
        if entry.kind == "pick":
            return Fit("items", distance=7) if port.many else None
        found = [Fit(name, _how(flow.many, port.many), _distance(flow, port))
                 for name, flow in entry.outputs if _may_flow(flow, port, maps)]
        return min(found, key=lambda one: one.distance, default=None)
    return fit


def _may_flow(flow: Flow, port: Port, maps: bool) -> bool:
    if not fits(flow.type, port.type) or flow.depth > int(port.many) + maps:
        return False
    return not (port.choices and flow.choices) or set(flow.choices) <= set(port.choices)


def _distance(flow: Flow, port: Port) -> int:
    same = 0 if flow.type.name == port.type.name else 4 if ANY in (flow.type, port.type) else 2
    narrow = 2 if port.choices and not flow.choices else 0
    return same + narrow + {"": 0, "list": 2, "each": 3}[_how(flow.many, port.many)]


def _how(gives_many: bool, takes_many: bool) -> str:
    return "" if gives_many == takes_many else "list" if takes_many else "each"
