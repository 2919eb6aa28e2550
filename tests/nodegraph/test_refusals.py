"""A node type may refuse what it is given, before a model is loaded and when the graph is checked."""

from typing import Annotated, Any

import pytest

from nodegraph import Engine, GraphError, ModelType, PackError, node

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
