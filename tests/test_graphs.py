"""The graphs that are shipped run from end to end, offline, with the models that are shipped."""

from pathlib import Path

import pytest

from nodegraph import Engine, GraphError
from nodegraph import events as ev

GRAPHS = Path(__file__).parents[1] / "graphs"


def ran(story: list) -> list[str]:
    return [event.node for event in story if isinstance(event, ev.Finished)]


@pytest.fixture
def engine(tmp_path):
    with Engine(tmp_path, device="cpu", warn=pytest.fail) as found:
        yield found


def test_the_postcard_is_made_from_a_sentence_and_a_new_mood_does_not_repaint_it(engine, tmp_path):
    graph = engine.load(GRAPHS / "postcard.yaml").with_value("sketch", "steps", 4).with_value("tune", "bars", 8)
    result = engine.run(graph, {"subject": "雪地里的一只白狐狸"})
    assert not result.errors
    assert result["card"].shape == (3, 800, 1200) and 0 <= float(result["card"].min()) < float(result["card"].max())
    assert len(result["verse"].splitlines()) == 4 and "狐狸" in result["verse"]
    assert sum(len(track.notes) for track in result["tune"].tracks) > 20
    assert result["sound"].samples.shape[0] == 2 and float(abs(result["sound"].samples).max()) > 0.5
    written = {name: engine.export(result, name, tmp_path / "out", name) for name in result}
    assert {path.suffix for paths in written.values() for path in paths} == {".png", ".txt", ".mid", ".wav"}

    with Engine(tmp_path, device="cpu", warn=pytest.fail) as other:
        story: list = []
        other.run(graph, {"subject": "雪地里的一只白狐狸"}, emit=story.append)
        assert ran(story) == []
        other.run(graph, {"subject": "雪地里的一只白狐狸", "mood": "sad"}, emit=story.append)
        assert ran(story) == ["asked", "verse", "card"]


def test_one_more_prompt_on_the_sheet_paints_one_more_picture(engine):
    graph = engine.load(GRAPHS / "sheet.yaml").with_value("painted", "steps", 2)
    assert not engine.run(graph, {"prompts": ["a red boat", "一只猫"]}).errors
    story: list = []
    engine.run(graph, {"prompts": ["a red boat", "a green tree", "一只猫"]}, emit=story.append)
    assert next((e.ran, e.remembered) for e in story if isinstance(e, ev.Finished) and e.node == "painted") == (1, 2)


def test_tunes_are_composed_played_and_drawn_and_a_new_one_leaves_the_others(engine):
    graph = engine.load(GRAPHS / "tunes.yaml")
    asked = {"titles": ["A waltz"], "moods": ["calm"], "styles": ["waltz"], "tempos": ["fast"], "keys": ["C major"]}
    result = engine.run(graph, asked)
    assert not result.errors
    assert result["tune"][0].metres[0][1:] == (3, 4) and result["roll"][0].shape == (3, 420, 1200)
    assert float(abs(result["sound"][0].samples).max()) > 0.5
    story: list = []
    engine.run(graph, {**asked, "titles": ["Another name"]}, emit=story.append)
    assert ran(story) == ["drawn"]


def test_a_graph_is_refused_with_the_place_before_anything_runs(engine, tmp_path):
    text = (GRAPHS / "postcard.yaml").read_text("utf-8").replace("steps: 24", "steps: 0")
    (tmp_path / "wrong.yaml").write_text(text, "utf-8")
    with pytest.raises(GraphError, match=r"wrong\.yaml:34:12  sketch\.steps is 0; it takes 1 to 150"):
        engine.load(tmp_path / "wrong.yaml")
