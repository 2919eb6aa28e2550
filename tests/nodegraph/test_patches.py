"""Models with patches: they count by content, light ones share a live copy, and a node is told of those that it uses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pytest

from nodegraph import SILENT, Context, InputError, ModelType, PackError, PortType, Recipe, Unloaded, Uses, node
from nodegraph.cache.memory import Memory
from nodegraph.models import Models
from nodegraph.nodetype import read_nodetype
from nodegraph.packs import Catalogue
from nodegraph.runs.call import PLACES

from .playground import engine, graph, told


class Painter:
    """A live model: a word, and what was put on it."""

    def __init__(self, word: str, heavy: str):
        self.word, self.heavy, self.patches, self.tone = word, heavy, (), ""


LOG: list[str] = []


def load(recipe: Recipe, device: str, dtype: str) -> Painter:
    LOG.append(f"load {recipe.source}")
    place = Path(recipe.folder)
    word = (place if place.is_file() else place / "word.txt").read_text()
    return Painter(word, "".join(patch.kind for patch in recipe.patches))


def fit(live: Painter, recipe: Recipe) -> None:
    LOG.append("fit " + " ".join(patch.source or patch.kind for patch in recipe.patches))
    live.tone = ""
    for patch in recipe.patches:
        if patch.kind == "wrong":
            live.word = "spoiled"
            raise InputError("it does not fit")
        if patch.kind == "tone":
            live.tone += Path(patch.folder).read_text() * dict(patch.options)["weight"]
    live.patches = recipe.patches


PAINTER = ModelType("Painter", "A word.", load=load, fit=fit, heavy=("body",), uncounted=("look",), size=lambda model: 10, files=True,
                    move=lambda model, device: None, holds=lambda place: place.is_file() or (place / "word.txt").is_file())
Model = Annotated[Any, PAINTER]


class Frame(NamedTuple):
    """Names a model that who paints with it needs."""

    recipe: Recipe


FRAME = Annotated[Frame, PortType("Frame", flatten=lambda frame: frame.recipe.content,
                                  restore=lambda plain: Frame(Recipe.of(plain)), models=lambda frame: [frame.recipe])]


@node("p.tone", version=1)
def tone(model: Unloaded[Model], file: Path, weight: int = 1) -> Model:
    """Put a tone on a model."""
    return model.with_patch(Recipe("tone", file.name, str(file), options=(("weight", weight),)))


@node("p.set", version=1)
def set_(model: Unloaded[Model], kind: str, value: int = 0) -> Model:
    """Put a setting on a model."""
    return model.with_patch(Recipe(kind, "", options=(("value", value),)))


@node("p.frame", version=1)
def frame(model: Unloaded[Model]) -> FRAME:
    """Make a frame of a model."""
    return Frame(model)


@node("p.encode", version=1)
def encode(model: Annotated[Model, Uses("tone")], text: str = "x") -> str:
    """Tell what is on the model."""
    return f"{text} {model.word}{model.heavy} {model.tone} {len(model.patches)}"


@node("p.decode", version=1)
def decode(model: Annotated[Model, Uses("vae")], text: str) -> str:
    """Tell it otherwise."""
    return f"{text}|{[dict(patch.options)['value'] for patch in model.patches]}"


@node("p.both", version=1)
def both(first: Model, second: Model) -> str:
    """Two models at once."""
    return f"{first.word}{first.tone}+{second.word}{second.tone}={first is second}"


@node("p.framed", version=1)
def framed(model: Model, frames: list[FRAME], ctx: Context = SILENT) -> str:
    """A model, and those that frames name."""
    return model.tone + "".join(f"[{ctx.live(one.recipe).word}{ctx.live(one.recipe).tone}]" for one in frames)


NODES = [tone, set_, frame, encode, decode, both, framed]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    LOG.clear()
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "word.txt").write_text("boat")
    (tmp_path / "single.txt").write_text("barge")
    (tmp_path / "red.txt").write_text("r")
    (tmp_path / "blue.txt").write_text("b")
    return tmp_path


def run(place: Path, text: str, e: Any = None) -> tuple[Any, Any]:
    e = e or engine(place / "cache", more=NODES)
    return told(e, graph(text, place / "g.yaml"))


TWO = """
nodes:
  red: {type: p.tone, model: m, file: red.txt, weight: 2}
  blue: {type: p.tone, model: $red, file: blue.txt}
  a: {type: p.encode, model: $red}
  b: {type: p.encode, model: $blue}
  c: {type: p.encode, model: m}
outputs: {a: $a, b: $b, c: $c}
"""


def test_recipes_that_differ_in_a_light_patch_share_one_live_copy_and_give_different_results(place):
    _, result = run(place, TWO)
    assert dict(result) == {"a": "x boat rr 1", "b": "x boat rrb 2", "c": "x boat  0"}
    assert [line for line in LOG if line.startswith("load")] == ["load m"] and len(LOG) in (3, 4)


def test_a_live_model_is_fitted_when_other_patches_are_wanted_and_not_again_for_the_same(place):
    text = "nodes:\n  red: {type: p.tone, model: m, file: red.txt}\n" + "".join(
        f"  n{i}: {{type: p.encode, model: $red, text: n{i}}}\n" for i in range(4)) + "outputs: {n0: $n0, n1: $n1, n2: $n2, n3: $n3}"
    _, result = run(place, text)
    assert LOG == ["load m", "fit red.txt"] and result["n3"] == "n3 boat r 1"


def test_a_patch_counts_by_the_content_of_its_file_and_by_its_settings(place):
    story, _ = run(place, TWO)
    assert run(place, TWO)[0].ran == []
    (place / "moved.txt").write_text("r")
    assert run(place, TWO.replace("red.txt", "moved.txt"))[0].ran == ["red"], "another place of the same content"
    (place / "red.txt").write_text("R")
    story, result = run(place, TWO)
    assert {"a", "b"} <= set(story.ran) and "c" not in story.ran and result["a"] == "x boat RR 1"
    story, _ = run(place, TWO.replace("weight: 2", "weight: 3"))
    assert {"a", "b"} <= set(story.ran) and "c" not in story.ran


STAGES = """
nodes:
  red: {type: p.tone, model: m, file: red.txt}
  v: {type: p.set, model: $red, kind: vae, value: VALUE}
  idea: {type: p.encode, model: $v}
  seen: {type: p.decode, model: $v, text: $idea}
outputs: {seen: $seen}
"""


@pytest.mark.parametrize("kept", [False, True])
def test_a_patch_that_a_node_does_not_use_makes_it_run_no_second_time(place, kept):
    e = engine(place / "cache", more=NODES)
    assert run(place, STAGES.replace("VALUE", "1"), e)[1]["seen"] == "x boat r 1|[1]"
    if not kept:
        e = engine(place / "cache", more=NODES)
    story, result = run(place, STAGES.replace("VALUE", "2"), e)
    assert story.ran == ["v", "seen"] and result["seen"] == "x boat r 1|[2]"


def test_a_patch_that_no_result_shows_is_on_the_model_and_counts_for_no_key(place):
    text = """
nodes:
  v: {type: p.set, model: m, kind: look, value: VALUE}
  red: {type: p.tone, model: $v, file: red.txt}
  a: {type: p.encode, model: $red}
  b: {type: p.both, first: $red, second: $red}
outputs: {a: $a, b: $b}
"""
    e = engine(place / "cache", more=NODES)
    assert run(place, text.replace("VALUE", "1"), e)[1]["a"] == "x boat r 2", "it is there in the call"
    assert set(run(place, text.replace("VALUE", "2"), e)[0].ran) == {"v", "red"}


def test_a_heavy_patch_makes_another_live_copy(place):
    text = """
nodes:
  s: {type: p.set, model: m, kind: body}
  both: {type: p.both, first: m, second: $s}
outputs: {both: $both}
"""
    _, result = run(place, text)
    assert result["both"] == "boat+boat=False" and sorted(LOG) == ["fit body", "load m", "load m"]


def test_a_heavy_patch_is_of_use_to_every_node(place):
    text = "nodes: {s: {type: p.set, model: m, kind: body}, a: {type: p.decode, model: $s, text: x}}\noutputs: {a: $a}"
    _, result = run(place, text)
    assert result["a"] == "x|[0]" and sorted(LOG) == ["fit body", "load m"]


def test_one_call_may_have_a_model_twice_the_same_or_with_other_patches(place):
    text = """
nodes:
  red: {type: p.tone, model: m, file: red.txt}
  same: {type: p.both, first: $red, second: $red}
  other: {type: p.both, first: $red, second: m}
outputs: {same: $same, other: $other}
"""
    _, result = run(place, text)
    assert dict(result) == {"same": "boatr+boatr=True", "other": "boatr+boat=False"}
    assert LOG.count("load m") == 2


def test_a_single_file_is_a_model_and_counts_by_its_content(place):
    text = "nodes: {a: {type: p.encode, model: single.txt}}\noutputs: {a: $a}"
    assert run(place, text)[1]["a"] == "x barge  0"
    (place / "single.txt").rename(place / "renamed.txt")
    assert run(place, text.replace("single", "renamed"))[0].ran == []
    (place / "renamed.txt").write_text("raft")
    assert run(place, text.replace("single", "renamed"))[0].ran == ["a"]


FRAMED = """
nodes:
  red: {type: p.tone, model: m, file: red.txt}
  one: {type: p.frame, model: single.txt}
  two: {type: p.frame, model: $red}
  all: {type: p.framed, model: m, frames: [$one, $two]}
outputs: {all: $all}
"""


def test_models_that_an_argument_names_are_live_for_the_call_also_when_it_is_remembered(place):
    assert run(place, FRAMED)[1]["all"] == "[barge][boatr]"
    story, result = run(place, FRAMED.replace("model: m, frames", "model: $red, frames"))
    assert story.ran == ["all"] and result["all"] == "r[barge][boatr]"


def test_a_context_that_leases_nothing_says_so():
    with pytest.raises(InputError, match="none of the arguments names the model boat"):
        SILENT.live(Recipe("Painter", "boat"))


def test_a_patch_that_does_not_fit_fails_its_node_and_the_model_is_loaded_anew(place):
    e = engine(place / "cache", more=NODES)
    text = "nodes: {w: {type: p.set, model: m, kind: wrong}, a: {type: p.both, first: $w, second: $w}}\noutputs: {a: $a}"
    assert "it does not fit" in str(run(place, text, e)[1].errors[0])
    text = "nodes: {b: {type: p.both, first: m, second: m}}\noutputs: {b: $b}"
    assert run(place, text, e)[1]["b"] == "boat+boat=True" and LOG.count("load m") == 2


def test_a_patch_whose_file_is_gone_is_told(place):
    @node("p.gone", version=1)
    def gone(model: Unloaded[Model]) -> Model:
        """Put on what is not there."""
        return model.with_patch(Recipe("tone", "faded.txt", str(place / "faded.txt")))

    text = "nodes: {g: {type: p.gone, model: m}, a: {type: p.encode, model: $g}}\noutputs: {a: $a}"
    _, result = told(engine(more=[*NODES, gone]), graph(text, place / "g.yaml"))
    assert "the tone faded.txt is not at" in str(result.errors[0])


def test_all_calls_claim_models_in_one_order_and_are_handed_them_as_they_asked(place, monkeypatch):
    models = Models(Catalogue(installed=False), memory=Memory({"cpu": 1 << 30}))
    one, two = (Recipe("Painter", name, str(place / "m"), name.encode()) for name in ("one", "two"))
    silent: tuple[Any, Any] = (lambda *about: None, lambda source: None)
    claimed: list[bytes] = []
    claim = models._leased
    monkeypatch.setattr(models, "_leased", lambda name, *rest: claimed.append(name[1]) or claim(name, *rest))
    with models.leases([(PAINTER, one), (PAINTER, two)], *silent) as first:
        pass
    with models.leases([(PAINTER, two), (PAINTER, one)], *silent) as second:
        assert second == first[::-1]
    assert claimed == [b"one", b"two", b"one", b"two"]


def test_a_recipe_is_told_as_plain_data_and_what_was_remembered_before_there_were_patches_is_read():
    patch = Recipe("lora", "hand", "/there", b"print", (("weight", 0.5),))
    recipe = Recipe("Painter", "m", "/here", b"own", (("dtype", "float32"),)).with_patch(patch)
    assert Recipe.of(recipe.placed) == recipe
    assert Recipe.of(recipe.content) == recipe._replace(source="", folder="", patches=(patch._replace(source="", folder=""),))
    assert PLACES[0].flatten(recipe._replace(patches=())) == ["Painter", "m", "/here", b"own", (("dtype", "float32"),)]
    assert Recipe.of(["Painter", "m", "/here", b"own", ()]) == Recipe("Painter", "m", "/here", b"own")
    assert recipe.narrowed({"vae"}).patches == () and recipe.narrowed({"lora"}) is recipe


@pytest.mark.parametrize(("hint", "words"), [
    (Unloaded[str], "is Unloaded and a Text, which is no model"), (Annotated[str, Uses("vae")], "has Uses, which is for models"),
    (Annotated[Unloaded[Model], Uses("vae")], "is Unloaded and has Uses")])
def test_what_cannot_be_meant_of_a_model_is_refused_where_it_is_declared(hint, words):
    def f(model: Any) -> str: ...

    f.__annotations__["model"] = hint
    with pytest.raises(PackError, match=words):
        read_nodetype(f, "p.f", 1)


def test_recipes_may_be_left_out_or_come_in_a_list():
    def f(first: Unloaded[Model] | None = None, more: list[Unloaded[Model]] | None = None, model: Model = None) -> str: ...

    nodetype = read_nodetype(f, "p.f", 1)
    assert nodetype.recipes == ("first", "more") and nodetype.models == ("model",) and nodetype.inputs["more"].many
