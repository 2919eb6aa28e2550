"""The one door to the scores of the starter models."""

import sys
from pathlib import Path

import pytest


@pytest.fixture
def starter(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    import starter

    yield starter
    for name in ("starter", "starter_painter", "starter_poet", "starter_composer", "judge_scenes"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name, count", [("painter", "count"), ("poet", "verses"), ("composer", "tunes")])
def test_each_model_is_scored_200_times_unless_told_otherwise(starter, name, count):
    assert vars(starter.arguments([name]))[count] == 200
    asked = starter.arguments([name, f"--{count}", "4", "--threads", "1"])
    assert vars(asked)[count] == 4 and asked.threads == 1 and (asked.model / "README.md").exists()


def test_figures_are_written_as_json_too(starter, monkeypatch, tmp_path):
    monkeypatch.setattr(starter.scorer("poet"), "score", lambda asked: {"verses": asked.verses})
    assert starter.main(["poet", "--verses", "3", "--json", str(tmp_path / "figures.json")]) == 0
    assert (tmp_path / "figures.json").read_text().split() == ["{", '"verses":', "3", "}"]


def test_all_three_are_scored_each_with_its_own_options(starter, monkeypatch, tmp_path):
    for name in starter.MODELS:
        monkeypatch.setattr(starter.scorer(name), "score", lambda asked: asked.model.name)
    assert starter.main(["all", "--json", str(tmp_path / "figures.json")]) == 0
    assert [f'"{name}": "{name}"' in (tmp_path / "figures.json").read_text() for name in starter.MODELS] == [True] * 3


def test_a_model_that_is_not_there_is_refused_with_those_that_are(starter, capsys):
    with pytest.raises(SystemExit) as refused:
        starter.main(["sculptor"])
    assert refused.value.code == 2 and "'painter', 'poet', 'composer', 'all'" in capsys.readouterr().err


def test_the_poets_judge_tells_sound_verses_from_spoilt_ones(starter):
    accuracy = starter.scorer("poet").own_accuracy(40)
    assert len(accuracy) == 4 and min(accuracy.values()) > 0.9
