"""A node type may refuse what it is given, before a model is loaded and when the graph is checked."""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from nodegraph import Engine, GraphError, ModelType, PackError, PortType, Recipe, Unloaded, node

LOADED = []
MODEL = ModelType("Ruler", load=lambda recipe, device, dtype: LOADED.append(recipe.source) or recipe.source)
ASKED: list[Any] = []


def too_wide(model=None, width=4) -> str:
    ASKED.append((model and model.folder, width))
    return "width is 9; try 8 or 10" if width == 9 else "the model is sad" if width == 7 else ""


@node("ruler.measure", version=1, refuses=too_wide)
def measure(model: Annotated[Any, MODEL], width: int = 4) -> str:
    """Measure. width: in pixels."""
    return f"{width} by the ruler"


@pytest.fixture
def run(tmp_path):
    def run(**inputs):
        (tmp_path / "ruler").mkdir(exist_ok=True)
        (tmp_path / "graph.yaml").write_text(
            "nodegraph: 1\ninputs: {w: 9}\nnodes:\n  m:\n    type: ruler.measure\n    model: ./ruler\n"
            + "".join(f"    {name}: {value}\n" for name, value in inputs.items()) + "outputs: {out: $m}\n")
        LOADED.clear()
        ASKED.clear()
        with Engine(None, functions=[measure], device="cpu") as engine:
            return engine.run(engine.load(str(tmp_path / "graph.yaml")))
    return run


def test_what_stands_in_the_file_is_refused_at_its_place(run):
    with pytest.raises(GraphError, match=r"graph.yaml:7:12  m.width is 9; try 8 or 10"):
        run(width=9)
    with pytest.raises(GraphError, match=r"graph.yaml:4:3  m: the model is sad"):
        run(width=7)
    assert LOADED == []


def test_what_comes_on_a_link_is_refused_before_the_model_is_loaded(run):
    result = run(width="$w")
    assert [error.message for error in result.errors] == ["width is 9; try 8 or 10"] and not result.errors[0].trace
    assert LOADED == []


def test_what_is_fine_runs_and_the_model_is_told_with_its_folder(run, tmp_path):
    assert run(width=8)["out"] == "8 by the ruler" and len(LOADED) == 1
    assert {width for _, width in ASKED} == {8} and {folder for folder, _ in ASKED} == {str(tmp_path / "ruler")}
    assert run()["out"] == "4 by the ruler" and {width for _, width in ASKED} == {4}


@node("ruler.longer", version=1)
def longer(model: Unloaded[Annotated[Any, MODEL]], by: int = 1) -> Annotated[Any, MODEL]:
    """Put something on. by: how much."""
    return model.with_patch(Recipe("longer", "", options=(("by", by),)))


@dataclass(frozen=True, eq=False)
class Mark:
    """A value that names a model."""

    ruler: Recipe
    __porttype__ = PortType("Mark", flatten=lambda mark: mark.ruler.content, restore=lambda plain: Mark(Recipe.of(plain)),
                            models=lambda mark: [mark.ruler])


@node("ruler.mark", version=1)
def mark(ruler: Unloaded[Annotated[Any, MODEL]]) -> Mark:
    """Mark. ruler: with what."""
    return Mark(ruler)


def unlike(model=None, marks=None) -> str:
    ASKED.append((model, marks))
    others = [one if isinstance(one, Recipe) else one.ruler for one in marks or ()]
    return next((f"marks has {one.source}, and model is {model.source}" for one in others
                 if model is not None and one.source != model.source), "")


@node("ruler.compare", version=1, refuses=unlike)
def compare(model: Annotated[Any, MODEL], marks: list[Mark]) -> str:
    """Compare. marks: of the same ruler."""
    return f"{len(marks)} by {model}"


MARKED = """
nodegraph: 1
inputs: {base: {type: Ruler, default: ruler}}
nodes:
  long: {type: ruler.longer, model: $base, by: 2}
  other: {type: ruler.mark, ruler: OTHER}
  m: {type: ruler.compare, model: $long, marks: [$other]}
outputs: {out: $m}
"""


def test_models_that_links_bring_are_known_to_check_and_an_edit_of_one_is_judged_again(tmp_path):
    for name in ("ruler", "yardstick"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "marks.json").write_text(name)
    (tmp_path / "graph.yaml").write_text(MARKED.replace("OTHER", "ruler"))
    LOADED.clear()
    with Engine(None, functions=[longer, mark, compare], device="cpu") as engine:
        graph = engine.load(tmp_path / "graph.yaml")
        assert engine.run(graph)["out"] == "1 by ruler"
        LOADED.clear()
        ASKED.clear()
        with pytest.raises(GraphError, match="m.marks has yardstick, and model is ruler"):
            engine.run(graph.with_value("other", "ruler", "yardstick"))
        model, (other,) = ASKED[0]
        assert (model.folder, other.folder) == (str(tmp_path / "ruler"), str(tmp_path / "yardstick")) and LOADED == []
        # What is given for a run is known there, and told before it is loaded.
        result = engine.run(graph, {"base": str(tmp_path / "yardstick")})
        assert [error.message.split(", and")[0] for error in result.errors] == ["marks has ruler"] and LOADED == []


def test_a_parameter_that_is_no_input_is_a_fault_of_the_pack():
    with pytest.raises(PackError, match="refuses= takes height, which is no input of the node"):
        @node("ruler.other", refuses=lambda height: "")
        def other(width: int) -> str: ...


def test_a_judgement_that_fails_is_told_by_check(tmp_path):
    @node("ruler.broken", version=1, refuses=lambda width: 1 // 0)
    def broken(width: int) -> str: ...

    (tmp_path / "graph.yaml").write_text(
        "nodegraph: 1\nnodes: {m: {type: ruler.broken, width: 1}}\noutputs: {out: $m}\n")
    with Engine(None, functions=[broken]) as engine, pytest.raises(GraphError, match="m: ZeroDivisionError"):
        engine.load(str(tmp_path / "graph.yaml"))
