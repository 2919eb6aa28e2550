"""The inspector: a Field for everything that can be set, what is typed into it, and what comes of it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, strategies as st

from nodegraph import Catalogue, Color, File, Graph, ModelType, Node, PortType, Range, Ref, Seed, node
from nodegraph.check import Checked, check
from nodegraph.graph import GraphInput
from nodegraph.graphfile import parse, read
from nodegraph.nodetype import Port
from nodegraph.types import ANY, BOOL, COLOR, FILE, FLOAT, INT, SEED, TEXT
from nodegraph_editor.document.edits import EditRefused
from nodegraph_editor.document.items import Item, items, with_facts
from nodegraph_editor.panels import changes, faults, inspector, nodehelp
from nodegraph_editor.panels.field import WIDGETS, Field, label
from nodegraph_editor.panels.inspector import fields
from nodegraph_editor.panels.typed import parse_typed, typed_text
from nodegraph_editor.words import speak as words

REPOSITORY = Path(__file__).parents[2]
Picture = Annotated[Any, PortType("Picture")]
Painter = Annotated[Any, ModelType("Painter", load=lambda *_: None,
                                   holds=lambda folder: (folder / "paint").exists())]


@node("i.all", version=1)
def everything(prompt: str, picture: Picture, model: Painter, pictures: list[Picture], lines: list[str],
               seed: Seed = 0, steps: Annotated[int, Range(1, 150)] = 30, number: int = 1,
               pixels: Annotated[int, Range(8, 1 << 20)] = 512, tail: Annotated[int, Range(0, math.inf)] = 3,
               strength: Annotated[float, Range(0, 1, 0.05)] = 0.7, gain: float = 1.5, wide: float | None = None,
               method: Literal["euler", "heun"] = "euler", ink: Color = "#102030", tiled: bool = True,
               sound: File | None = None, title: str = "", extra: Any = None) -> str:
    """Take one of everything.

    steps: how often.
    """


@node("i.say", version=1)
def say(text: str) -> str:
    """Say it."""


@pytest.fixture(autouse=True)
def english():
    words.set_language("en")
    yield
    words.set_language("en")


CATALOGUE = Catalogue([everything, say], installed=False)


def checked(graph: Graph) -> Checked:
    return check(graph, CATALOGUE)


def of_node(graph: Graph, name: str = "n") -> dict[str, Field]:
    return {field.name: field for field in fields(checked(graph), Item("node", name), CATALOGUE)}


def of(graph: Graph, kind: str, name: str) -> dict[str, Field]:
    return {field.name: field for field in fields(checked(graph), Item(kind, name), CATALOGUE)}


# ---- nodes

def test_each_parameter_has_the_widget_that_suits_it():
    found = of_node(Graph({"n": Node("i.all", {})}))
    assert {name: field.widget for name, field in found.items()} == {
        "prompt": "multiline", "picture": "link_only", "model": "model", "pictures": "link_only", "lines": "list",
        "seed": "seed", "steps": "slider_int", "number": "drag_int", "pixels": "drag_int", "tail": "drag_int",
        "strength": "slider_float", "gain": "drag_float", "wide": "text", "method": "choice", "ink": "color",
        "tiled": "checkbox", "sound": "file", "title": "text", "extra": "any"}
    assert set(found[name].widget for name in found) <= set(WIDGETS)


def test_limits_defaults_choices_and_help_come_with_it():
    found = of_node(Graph({"n": Node("i.all", {"steps": 12})}))
    steps = found["steps"]
    assert (steps.low, steps.high, steps.value, steps.default, steps.is_default) == (1, 150, 12, 30, False)
    assert (steps.help, steps.label, steps.type, steps.promotable) == ("how often.", "steps", "Int", True)
    assert (found["strength"].step, found["strength"].is_default) == (0.05, True)
    assert (found["tail"].low, found["tail"].high) == (0, None)
    assert found["method"].choices == ("euler", "heun")
    assert [name for name, field in found.items() if field.required] == \
        ["prompt", "picture", "model", "pictures", "lines"]


def test_a_long_or_broken_text_has_room():
    found = of_node(Graph({"n": Node("i.all", {"title": "one\ntwo"})}))
    assert found["title"].widget == "multiline"


def test_an_unset_number_is_not_shown_as_one():
    assert of_node(Graph({"n": Node("i.all", {})}))["wide"].widget == "text"
    assert of_node(Graph({"n": Node("i.all", {"wide": 2.5})}))["wide"].widget == "drag_float"


def test_a_link_stands_in_place_of_the_value():
    graph = Graph({"s": Node("i.say", {"text": "x"}),
                   "n": Node("i.all", {"prompt": Ref("s"), "lines": ["a", Ref("s")]})})
    found = of_node(graph)
    assert found["prompt"].link == Ref("s") and found["prompt"].links == (Ref("s"),)
    assert not found["prompt"].promotable and not found["prompt"].is_default
    assert found["lines"].link is None and found["lines"].links == (Ref("s"),) and found["lines"].shown == "a\n$s"


def test_a_node_may_run_once_per_item_where_it_takes_one_thing():
    found = of_node(Graph({"n": Node("i.all", {"prompt": ["a", "b"]}, each=("prompt",))}))
    assert (found["prompt"].each, found["steps"].each, found["lines"].each) == (True, False, None)
    assert found["prompt"].widget == "list" and parse_typed(found["prompt"].port, "x\ny") == (["x", "y"], "")


def test_only_models_of_the_right_kind_are_offered(tmp_path):
    for model in ("oil", "noise"):
        (tmp_path / "pack" / model).mkdir(parents=True)
    (tmp_path / "pack" / "oil" / "paint").write_text("")
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "pack" / "pack.yaml").write_text("pack: shop\nmodels: {shop/oil: oil, shop/noise: noise}\n")
    catalogue = Catalogue([everything], [tmp_path / "pack"], installed=False)
    found = fields(check(Graph({"n": Node("i.all", {})}), catalogue), Item("node", "n"), catalogue)
    assert next(field for field in found if field.name == "model").choices == ("shop/oil",)


def test_a_problem_is_shown_at_the_field_that_it_is_about():
    graph = Graph({"n": Node("i.all", {"steps": 0, "lines": ["a", 3], "method": "eular", "picture": Ref("gone")})})
    found = of_node(graph)
    assert found["steps"].problem.startswith("n.steps is 0; it takes 1 to 150. Write 1")
    assert "item 2 of n.lines" in found["lines"].problem
    assert found["method"].problem.endswith("Did you mean euler?")
    assert "links to gone" in found["picture"].problem
    assert found["prompt"].problem.startswith("n needs prompt (a text)")
    assert found["ink"].problem == ""
    assert faults.item_problems(checked(graph), Item("node", "n")) == []


def test_a_problem_is_told_in_the_language_spoken():
    words.set_language("zh")
    found = of_node(Graph({"n": Node("i.all", {"method": "eular"})}))
    assert found["method"].problem == "n.method 是 'eular'；需要 euler, heun 之一。您是否想用 euler？"
    assert found["prompt"].problem.startswith("n 需要 prompt（文本）。")


def test_a_problem_with_a_place_in_the_file_is_shown_too(tmp_path):
    path = tmp_path / "g.yaml"
    path.write_text("nodegraph: 1\nnodes:\n  n: {type: i.say, text: 3}\noutputs: {n: $n}\n")
    graph, problems = read(path)
    found = fields(check(graph, CATALOGUE, problems), Item("node", "n"))
    assert found[0].problem == 'n.text is 3; it takes a text. Put it in quotes: "3".'


def test_problems_inside_a_graph_that_stands_as_a_node_are_not_shown_at_a_node_of_that_name(tmp_path):
    (tmp_path / "inner.yaml").write_text("nodegraph: 1\nnodes: {n: {type: i.say, text: 3}}\noutputs: {o: $n}\n")
    graph = Graph({"n": Node("i.say", {"text": "fine"}), "sub": Node("./inner.yaml", {})},
                  outputs={"n": Ref("n")}, path=tmp_path / "outer.yaml")
    assert checked(graph).errors
    assert of_node(graph)["text"].problem == ""


def test_a_node_of_an_unknown_type_shows_what_its_file_says():
    graph = Graph({"n": Node("i.none", {"a": 3, "b": [1, "x"], "c": {"d": 1}, "e": Ref("n2")})})
    found = of_node(graph)
    assert {name: (field.widget, field.shown) for name, field in found.items()} == {
        "a": ("any", "3"), "b": ("list", "1\nx"), "c": ("any", '{"d": 1}'), "e": ("any", "$n2")}
    assert not any(field.promotable or field.required for field in found.values())
    assert "there is no node type" in " ".join(faults.item_problems(checked(graph), Item("node", "n"))) or \
        "no pack called" in " ".join(faults.item_problems(checked(graph), Item("node", "n")))


def test_a_switch_shows_what_it_goes_by_and_its_branches():
    graph = Graph({"n": Node("switch", {"on": "a", "a": 1, "b": "12"})})
    found = of_node(graph)
    assert list(found) == ["on", "a", "b"] and found["b"].shown == '"12"'


def test_a_graph_as_a_node_shows_the_inputs_inside(tmp_path):
    (tmp_path / "inner.yaml").write_text(
        "nodegraph: 1\ninputs: {size: {type: Int, min: 1, max: 9, default: 2}}\n"
        "nodes: {n: {type: i.say, text: hi}}\noutputs: {o: $n}\n")
    found = of_node(Graph({"n": Node("./inner.yaml", {})}, path=tmp_path / "g.yaml"))
    assert (found["size"].widget, found["size"].value, found["size"].high) == ("slider_int", 2, 9)


def test_a_seed_is_locked_or_rolled():
    assert of_node(Graph({"n": Node("i.all", {"seed": 3})}))["seed"].locked
    assert not of_node(Graph({"n": Node("i.all", {"seed": "random"})}))["seed"].locked
    rolled = {changes.dice() for _ in range(20)}
    assert len(rolled) > 15 and all(parse_typed(Port("seed", SEED), str(seed)) == (seed, "") for seed in rolled)


def test_labels_are_in_the_language_spoken():
    words.set_language("zh")
    assert of_node(Graph({"n": Node("i.all", {})}))["steps"].label == "步数"
    assert label("some_thing") == "some thing"


def test_every_item_of_every_shipped_graph_has_fields_without_problems():
    catalogue = Catalogue()
    for path in sorted((REPOSITORY / "graphs").glob("*.yaml")):
        graph, problems = read(path)
        known = check(graph, catalogue, problems)
        for item in items(graph):
            found = fields(known, item, catalogue)
            assert found and not any(field.problem or field.required for field in found), (path, item)


def test_an_item_that_is_gone_has_no_fields():
    assert fields(checked(Graph({})), Item("node", "n")) == []


# ---- inputs, outputs, notes, frames

def test_an_input_of_the_graph_shows_its_type_default_limits_and_help():
    graph = Graph({}, {"size": GraphInput("Int", 3, True, "how big", 1, 9)})
    found = of(graph, "input", "size")
    assert list(found) == ["type", "default", "low", "high", "help"]
    assert (found["default"].widget, found["default"].value, found["default"].low) == ("slider_int", 3, 1)
    assert found["type"].value == "Int" and "list of Picture" in found["type"].choices
    assert found["help"].value == "how big"


def test_a_choice_shows_its_words():
    found = of(Graph({}, {"mood": GraphInput("Choice", "calm", True, choices=("calm", "sad"))}), "input", "mood")
    assert found["default"].widget == "choice" and found["default"].choices == ("calm", "sad")
    assert found["choices"].widget == "list" and found["choices"].shown == "calm\nsad"


def test_what_is_wrong_with_an_input_is_shown_where_it_is():
    found = of(Graph({}, {"size": GraphInput("Int", "big", True), "odd": GraphInput("Pictrue")}), "input", "size")
    assert "input size is 'big'" in found["default"].problem
    found = of(Graph({}, {"odd": GraphInput("Pictrue")}), "input", "odd")
    assert found["type"].problem.endswith("Did you mean Picture?") and "Pictrue" in found["type"].choices


def test_outputs_notes_and_frames_have_fields_of_their_own():
    graph = Graph({"s": Node("i.say", {"text": "x"})}, outputs={"o": Ref("s"), "bad": Ref("gone")})
    graph = with_facts(graph, {Item("note", "note"): {"text": "try 3"},
                               Item("frame", "frame"): {"title": "Words", "color": "#102030"}})
    assert of(graph, "output", "o")["source"].link == Ref("s")
    assert "gone" in of(graph, "output", "bad")["source"].problem
    assert of(graph, "note", "note")["text"].value == "try 3"
    frame = of(graph, "frame", "frame")
    assert (frame["title"].value, frame["color"].value, frame["color"].widget) == ("Words", "#102030", "color")


# ---- what is typed

STEPS = Port("steps", INT, range=Range(1, 150))


@pytest.mark.parametrize("port, text, value", [
    (STEPS, " 12 ", 12), (Port("x", FLOAT), "3", 3), (Port("x", FLOAT), "1e-3", 1e-3),
    (Port("x", BOOL), "true", True),
    (Port("x", TEXT), " 12 ", " 12 "), (Port("x", TEXT), "$a", "$a"), (Port("x", TEXT), "", ""),
    (Port("x", TEXT, optional=True), "", None), (Port("x", INT, default=None), "", None),
    (Port("x", SEED), "random", "random"), (Port("x", COLOR), "#ff8800", "#ff8800"),
    (Port("x", FILE), " a.png", "a.png"),
    (Port("x", TEXT, choices=("a", "b")), "b", "b"), (Port("x", ANY), "12", 12), (Port("x", ANY), '"12"', "12"),
    (Port("x", ANY), "[1, 2]", [1, 2]), (Port("x", ANY), "no", "no"), (Port("x", INT, many=True), "1\n\n2\n", [1, 2]),
    (Port("x", TEXT, many=True), "a: 1\n$n.port\n$$5", ["a: 1", Ref("n", "port"), "$5"]),
    (Port("x", TEXT, many=True), "", [])])
def test_what_is_typed_means_what_it_would_in_the_file(port, text, value):
    assert parse_typed(port, text) == (value, "")
    assert type(parse_typed(port, text)[0]) is type(value)


@pytest.mark.parametrize("port, text, sentence", [
    (STEPS, "0", "steps is 0; it takes a whole number, 1 to 150."),
    (STEPS, "ten", "steps is 'ten'; it takes a whole number, 1 to 150."),
    (STEPS, "", "steps is empty; it takes a whole number, 1 to 150."),
    (STEPS, "1.5", "steps is 1.5; it takes a whole number, 1 to 150."),
    (Port("x", INT, range=Range(0, math.inf)), "-1", "x is -1; it takes a whole number, 0 or more."),
    (Port("x", FLOAT), "nan", "x is 'nan'; it takes a number."),
    (Port("x", BOOL), "yes", "x is 'yes'; it takes true or false."),
    (Port("x", SEED), "-3", "x is -3; it takes a whole number from 0, or random."),
    (Port("x", COLOR), "rad", "x is 'rad'; it takes a colour such as #ff8800."),
    (Port("x", TEXT, choices=("a", "b")), "c", "x is 'c'; it takes one of a, b."),
    (Port("x", INT, many=True), "1\ntwo", "Line 2: x is 'two'; it takes a whole number."),
    (Port("x", PortType("Odd", parse=lambda v: None, complaint=lambda v: "is odd")), "1",
     None)])
def test_what_cannot_be_is_told_in_a_sentence_while_it_is_typed(port, text, sentence):
    if sentence is None:
        assert parse_typed(port, text) == (1, "")  # a type that takes anything takes it
    else:
        assert parse_typed(port, text) == (None, sentence)


def test_the_sentence_is_in_the_language_spoken():
    words.set_language("zh")
    assert parse_typed(STEPS, "0")[1] == "steps 是 0；需要1 到 150 的整数。"


def test_a_type_of_a_pack_tells_itself_what_it_takes():
    def half(value):
        from nodegraph import InputError

        raise InputError(f"is {value!r}; it takes a note such as C4")
    assert parse_typed(Port("root", PortType("Pitch", parse=half)), "H9") == \
        (None, "root is 'H9'; it takes a note such as C4.")


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS


@given(st.lists(TEXTS | st.builds(Ref, st.just("node"), st.sampled_from([None, "port"])), max_size=5))
def test_a_list_of_texts_reads_back_as_it_is_shown(value):
    port = Port("x", TEXT, many=True)
    assert parse_typed(port, typed_text(port, value)) == (value, "")


@given(st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)))
def test_any_value_reads_back_as_it_is_shown(value):
    port = Port("x", ANY)
    assert parse_typed(port, typed_text(port, value)) == (value, "")


@given(TEXTS)
def test_a_text_reads_back_as_it_is_shown(value):
    assert parse_typed(Port("x", TEXT), typed_text(Port("x", TEXT), value)) == (value, "")


@given(st.lists(st.integers(), max_size=5), st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=5))
def test_lists_of_numbers_read_back_as_they_are_shown(whole, real):
    for port, value in ((Port("x", INT, many=True), whole), (Port("x", FLOAT, many=True), real)):
        assert parse_typed(port, typed_text(port, value)) == (value, "")


# ---- what comes of it

def test_setting_and_resetting_a_field_makes_the_next_graph():
    graph, item = Graph({"n": Node("i.say", {"text": "x"})}), Item("node", "n")
    assert changes.changed(graph, item, "text", "y").nodes["n"].inputs == {"text": "y"}
    assert changes.reset(graph, item, "text").nodes["n"].inputs == {}


def test_facts_of_an_input_are_set_and_what_makes_no_sense_any_more_goes():
    graph, item = Graph({}, {"a": GraphInput("Int", 3, True, "help", 1, 9)}), Item("input", "a")
    assert changes.changed(graph, item, "default", 4).inputs["a"].default == 4
    assert not changes.reset(graph, item, "default").inputs["a"].has_default
    assert changes.reset(graph, item, "high").inputs["a"].high is None
    assert changes.reset(graph, item, "help").inputs["a"].help == ""
    text = changes.changed(graph, item, "type", "Text").inputs["a"]
    assert (text.low, text.high, text.default) == (None, None, 3)
    choice = changes.changed(changes.changed(graph, item, "default", "calm"), item, "type", "Choice").inputs["a"]
    assert choice.choices == ("calm", "b")
    assert changes.changed(Graph({}, {"a": choice}), item, "type", "Text").inputs["a"].choices is None


@pytest.mark.parametrize("name, value, sentence", [
    ("low", 10, "min is 10, above max, 9."), ("high", 0, "min is 1, above max, 0."),
    ("choices", [], "choices is empty; a Choice takes one word or more")])
def test_limits_that_contradict_each_other_are_refused(name, value, sentence):
    graph = Graph({}, {"a": GraphInput("Int", 3, True, "", 1, 9)})
    with pytest.raises(EditRefused, match=sentence):
        changes.changed(graph, Item("input", "a"), name, value)


def test_notes_and_frames_are_written_and_coloured():
    graph = with_facts(Graph({}), {Item("note", "n"): {"text": "old"}, Item("frame", "f"): {"title": "T"}})
    made = changes.changed(graph, Item("note", "n"), "text", "new")
    made = changes.changed(made, Item("frame", "f"), "color", "#112233")
    assert made.layout["notes"]["n"]["text"] == "new" and made.layout["frames"]["f"]["color"] == "#112233"
    assert "color" not in changes.reset(made, Item("frame", "f"), "color").layout["frames"]["f"]


def test_help_tells_all_about_a_node_type():
    told = nodehelp.node_help(everything.__nodetype__)
    assert (told.name, told.pack, told.version, told.text) == ("i.all", "i", "1", "Take one of everything.")
    what = {port.name: port.what for port in told.inputs}
    assert what["steps"] == "whole number, 1-150, usually 30" and what["lines"] == "list of text"
    assert what["method"] == "text, one of euler, heun, usually euler"
    assert what["tail"] == "whole number, >= 0, usually 3"
    assert [port.what for port in told.outputs] == ["text"]


def test_a_value_that_was_typed_is_the_value_that_the_file_holds():
    graph = changes.changed(Graph({"n": Node("i.all", {})}), Item("node", "n"), "lines",
                              parse_typed(Port("lines", TEXT, many=True), "12\n$$x\nno")[0])
    from nodegraph.graphfile import dumps

    assert parse(dumps(graph))[0].nodes["n"].inputs["lines"] == ["12", "$x", "no"]


def test_a_model_that_says_what_it_knows_says_so_beside_its_field():
    catalogue = Catalogue()

    def help_of(model: str) -> str:
        graph = Graph({"n": Node("diffusion.encode", {"model": model, "prompt": "a fox"})})
        return {field.name: field for field in fields(check(graph, catalogue), Item("node", "n"), catalogue)}["model"].help
    assert "subjects: boat, house, fox" in help_of("starter/painter") and "settings: sea" in help_of("starter/painter")
    assert "subjects" not in help_of("some/where")


def test_models_in_the_folders_of_the_user_are_offered_with_those_of_packs(tmp_path):
    (tmp_path / "loras").mkdir()
    tensors = json.dumps({"x.lora_A.weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "loras" / "hand.safetensors").write_bytes(len(tensors).to_bytes(8, "little") + tensors + bytes(4))
    catalogue = Catalogue(models=[tmp_path])
    port = catalogue.nodetype("diffusion.lora").inputs["file"]
    offered = inspector._models(port.type, catalogue)
    assert "loras/hand.safetensors" in offered and "starter/neon" in offered and "starter/painter" not in offered
    assert "loras/hand.safetensors" not in inspector._models(catalogue.porttype("DiffusionModel"), catalogue)
