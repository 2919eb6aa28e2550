"""The palette: names without imports, search in two languages, and what fits a dragged link."""

from __future__ import annotations

import sys
from typing import Annotated, NamedTuple

import pytest

from nodegraph import Catalogue, Graph, PackError, PortType, node
from nodegraph.check import Flow
from nodegraph.nodetype import Port
from nodegraph.types import ANY, BOOL, INT, SEED, TEXT
from nodegraph_editor.panels import palette
from nodegraph_editor.panels.finding import search
from nodegraph_editor.panels.palette import Entry, Fit, Library, fits_from, fits_into
from nodegraph_editor.words import speak as words

PICTURE = PortType("Picture", "One picture.")
Picture = Annotated[object, PICTURE]


@node("p.draw_picture", version=1, tags=("sketch",))
def draw(words: str, steps: int = 3) -> Picture:
    """Draw what words say. Slowly, with care."""


@node("p.describe", version=1)
def describe(picture: Picture, title: str = "") -> str:
    """Put a picture into words."""


@node("p.sheet", version=1)
def sheet(pictures: list[Picture], ink: Annotated[str, PortType("Ink")] = "") -> Picture:
    """Many pictures on one sheet."""


class Parts(NamedTuple):
    left: Picture
    words: list[str]


@node("p.cut", version=1)
def cut(picture: Picture) -> Parts:
    """Cut a picture in two."""


FUNCTIONS = (draw, describe, sheet, cut)


@pytest.fixture(autouse=True)
def english():
    words.set_language("en")
    yield
    words.set_language("en")


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(FUNCTIONS, installed=False)


@pytest.fixture
def entries(catalogue) -> list[Entry]:
    library = Library(catalogue)
    while not library.fill():
        pass
    return library.entries


def ids(found) -> list[str]:
    return [one.entry.id for one in found]


def nodes(found) -> list[str]:
    return [one.entry.name for one in found if one.entry.kind == "node"]


# ---- what there is

def test_names_are_known_before_anything_is_imported():
    catalogue = Catalogue()
    catalogue.nodetype = None  # not to be called
    listed = {entry.id for entry in palette.entries(catalogue)}
    assert listed >= {"diffusion.paint", "text.generate", "switch", "output", "note", "frame", "input:Text",
                      "input:Seed", "input:Choice", "input:Score"}


def test_filling_reads_ports_and_help(catalogue, entries):
    first = next(entry for entry in entries if entry.name == "p.draw_picture")
    assert (first.title, first.pack, first.help, first.tags) == ("Draw Picture", "p", "Draw what words say.",
                                                                ("sketch",))
    assert first.takes == "Takes: words: text, steps: whole number" and first.gives == "Gives: picture: Picture"
    words.set_language("zh")
    assert first.takes == "输入：words: 文本, steps: 整数"


def test_filling_stops_when_the_time_is_up(catalogue):
    library = Library(catalogue)
    assert not library.fill(0) and [e.known for e in library.entries if e.kind == "node"].count(True) == 1
    assert library.fill(60) and library.filled


def test_a_pack_that_cannot_be_imported_is_shown_with_what_is_wrong(tmp_path, monkeypatch):
    (tmp_path / "halfpack").mkdir()
    (tmp_path / "halfpack" / "__init__.py").write_text("")
    (tmp_path / "halfpack" / "pack.yaml").write_text("pack: halfpack\nnodes: {halfpack.make: parts}\n")
    (tmp_path / "halfpack" / "parts.py").write_text("import nothing_of_that_name\n")
    catalogue = Catalogue(folders=[tmp_path / "halfpack"], installed=False)
    library = Library(catalogue)
    library.fill(60)
    broken = next(entry for entry in library.entries if entry.name == "halfpack.make")
    assert "nothing_of_that_name" in broken.problem and broken.help == broken.problem
    assert "halfpack.make" in nodes(search(library.entries, "make"))
    assert "halfpack.make" not in nodes(search(library.entries, "", fits=fits_from(Flow(ANY))))
    for name in [name for name in sys.modules if "halfpack" in name]:
        monkeypatch.delitem(sys.modules, name)


def test_graph_files_beside_the_open_graph_can_be_added(tmp_path, catalogue):
    part = "nodegraph: 1\ntitle: A part\ndescription: Draws. Well.\ninputs: {what: {type: Text}}\n" \
           "nodes: {d: {type: p.draw_picture, words: $what}}\noutputs: {art: $d}\n"
    (tmp_path / "part.yaml").write_text(part)
    (tmp_path / "other.yaml").write_text("settings: 1\n")
    (tmp_path / "broken.yml").write_text("nodegraph: 1\nnodes: {a: {type: p.none}}\noutputs: {a: $a}\n")
    (tmp_path / "torn.yaml").write_text("nodegraph: 1\nnodes: [\n")
    (tmp_path / "me.yaml").write_text(part)
    (tmp_path / "holds_me.yaml").write_text("nodegraph: 1\nnodes: {m: {type: ./me.yaml, what: x}}\n"
                                            "outputs: {m: $m.art}\n")
    library = Library(catalogue)
    library.look_beside(Graph({}, path=tmp_path / "me.yaml"))
    found = {entry.name: entry for entry in library.entries if entry.kind == "graph"}
    assert set(found) == {"./part.yaml", "./broken.yml", "./torn.yaml"}
    assert (found["./part.yaml"].title, found["./part.yaml"].help) == ("A part", "Draws.")
    assert found["./broken.yml"].problem and found["./torn.yaml"].problem
    library.fill(60)
    fit = {one.entry.id: one.fit for one in search(library.entries, "", fits=fits_into(Port("x", PICTURE)))}
    assert fit["./part.yaml"] == Fit("art")


def test_a_graph_file_that_did_not_change_is_not_read_again(tmp_path, catalogue, monkeypatch):
    part = tmp_path / "part.yaml"
    part.write_text("nodegraph: 1\ntitle: One\nnodes: {d: {type: p.draw_picture, words: x}}\noutputs: {d: $d}\n")
    library, me = Library(catalogue), Graph({}, path=tmp_path / "me.yaml")
    library.look_beside(me)
    first = library.entries[-1]
    library.look_beside(me)
    assert library.entries[-1] is first
    part.write_text(part.read_text().replace("One", "Second"))
    library.look_beside(me)
    assert library.entries[-1].title == "Second"
    library.look_beside(Graph({}))
    assert not [entry for entry in library.entries if entry.kind == "graph"]


# ---- search

def test_an_empty_query_shows_all_the_recent_ones_first(entries):
    found = ids(search(entries, "", ["note", "p.cut", "gone.node"]))
    assert found[:2] == ["note", "p.cut"]
    assert sorted(found) == sorted(entry.id for entry in entries if entry.kind != "output")


@pytest.mark.parametrize("query, first", [
    ("draw", "p.draw_picture"), ("DRAW pic", "p.draw_picture"), ("dp", "p.draw_picture"),
    ("sketch", "p.draw_picture"), ("slowly", "p.draw_picture"), ("p.cut", "p.cut"), ("cut", "p.cut"), ("shet", "p.sheet"), ("comment", "note"),
    ("if", "switch"), ("seed", "input:Seed"), ("graph input bool", "input:Bool"), ("开关", "switch"),
    ("便签", "note"), ("种子", "input:Seed"), ("ｄｒａｗ", "p.draw_picture")])
def test_a_few_letters_find_a_thing(entries, query, first):
    assert ids(search(entries, query))[0] == first


@pytest.mark.parametrize("query", ["xyzzy", "draw xyzzy", "$(", "[a", "\\", "wrd yhp"])
def test_what_matches_nothing_finds_nothing(entries, query):
    assert search(entries, query) == []


def test_names_count_more_than_help_and_the_whole_word_most():
    found = [Entry("node", "a.other", told="about tune"), Entry("node", "a.retune"), Entry("node", "a.tune_up"),
             Entry("node", "tune"), Entry("node", "a.tagged", tags=("tune",))]
    assert ids(search(found, "tune")) == ["tune", "a.tune_up", "a.tagged", "a.retune", "a.other"]


def test_of_equal_matches_the_recent_one_is_first_and_the_order_is_always_the_same():
    found = [Entry("node", f"a.make_{letter}") for letter in "abc"]
    assert ids(search(found, "make")) == ids(search(found, "make")) == ["a.make_a", "a.make_b", "a.make_c"]
    assert ids(search(found, "make", ["a.make_c"]))[0] == "a.make_c"
    assert len(search(found, "make", most=2)) == 2


def test_nodes_that_come_along_are_found_by_their_chinese_names():
    outline = palette.entries(Catalogue())
    assert [ids(search(outline, query))[0] for query in ("文生图", "移调", "ksampler", "加载图像")] == \
        ["diffusion.paint", "music.transpose", "diffusion.sample", "media.read_image"]


# ---- what fits

def fit_of(entries, fits) -> dict[str, Fit]:
    return {one.entry.id: one.fit for one in search(entries, "", fits=fits)}


def test_only_what_takes_a_dragged_output_is_shown_and_the_port_is_told(entries):
    fit = fit_of(entries, fits_from(Flow(PICTURE)))
    assert {name: (found.port, found.how) for name, found in fit.items()} == {
        "p.describe": ("picture", ""), "p.cut": ("picture", ""), "p.sheet": ("pictures", "list"),
        "switch": ("else", ""), "output": ("", "")}


def test_a_list_goes_into_a_list_or_runs_a_node_once_per_item(entries):
    fit = fit_of(entries, fits_from(Flow(PICTURE, 1)))
    assert (fit["p.sheet"].how, fit["p.describe"].how) == ("", "each")
    assert fit["p.cut"].how == "each" and fit["pick"].port == "from"
    assert "p.describe" not in fit_of(entries, fits_from(Flow(PICTURE, 2)))  # it goes through one list alone


def test_the_closest_port_is_taken(entries):
    assert fits_from(Flow(INT))(next(e for e in entries if e.name == "p.draw_picture")).port == "steps"
    assert "p.draw_picture" in fit_of(entries, fits_from(Flow(SEED)))
    assert fit_of(entries, fits_from(Flow(BOOL)))["switch"].port == "on"


def test_only_what_gives_what_a_dragged_input_takes_is_shown(entries):
    fit = fit_of(entries, fits_into(Port("x", PICTURE)))
    assert {name: found.port for name, found in fit.items()} == {
        "p.draw_picture": "picture", "p.sheet": "picture", "p.cut": "left", "switch": "value", "input:Picture": ""}
    assert fit_of(entries, fits_into(Port("x", TEXT)))["p.cut"].how == "each"
    assert "p.cut" not in fit_of(entries, fits_into(Port("x", TEXT), maps=False))
    assert "input:Choice" in fit_of(entries, fits_into(Port("x", TEXT, choices=("a", "b"))))


def test_an_output_of_the_graph_begins_as_a_link(entries):
    assert "output" not in ids(search(entries, "output"))
    assert "output" in ids(search(entries, "output", fits=fits_from(Flow(PICTURE))))


def test_the_better_a_thing_fits_the_earlier_it_stands(entries):
    found = search(entries, "", fits=fits_from(Flow(PICTURE)))
    assert ids(found) == ["output", "p.cut", "p.describe", "p.sheet", "switch"]  # most links end as an output
    assert ids(search(entries, "", ["switch"], fits_from(Flow(PICTURE))))[:2] == ["output", "switch"]


# ---- small things

def test_help_is_cut_after_its_first_sentence():
    assert palette.first_sentence("One of 3.5\nlines. Two.") == "One of 3.5 lines."
    assert palette.first_sentence("一句。 两句。") == "一句。"
    assert palette.first_sentence("") == ""


def test_a_pack_error_while_looking_for_a_type_is_told(catalogue, monkeypatch):
    def broken(name):
        raise PackError("the pack is torn")
    monkeypatch.setattr(catalogue, "porttype", broken)
    assert palette.known(Entry("input", "Picture", known=False), catalogue).problem == "the pack is torn"
