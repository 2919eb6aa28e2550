"""Values that can be heard: a sound as it is, a tune by way of the node that plays it."""

from __future__ import annotations

from typing import Annotated, Any

from nodegraph import Catalogue, Engine, PortType, graphfile, node
from nodegraph_editor.runs import hearing, updates as up
from nodegraph_editor.runs.runner import Runner

SOUND = PortType("Sound", exports={"wav": lambda value, path: path.write_text(value)})
TUNE = PortType("Tune", exports={"mid": lambda value, path: path.write_text(f"midi {value}")})
Sound, Tune = Annotated[Any, SOUND], Annotated[Any, TUNE]


PLAYED: list[str] = []


@node("h.compose", version=1)
def compose(words: str) -> Tune:
    """A tune."""
    return words


@node("h.play", version=1)
def play(tune: Tune, volume: int = 3) -> Sound:
    """A tune as a sound."""
    PLAYED.append(tune)
    return f"{tune} at {volume}"


@node("h.mix", version=1)
def mix(tune: Tune, sound: Sound) -> Sound:
    """Needs more than a tune."""
    return sound


CATALOGUE = Catalogue([compose, play, mix], installed=False)


def test_a_tune_is_heard_through_the_node_that_needs_nothing_else():
    assert hearing.sound_of(CATALOGUE, TUNE) is SOUND
    assert hearing.can_be_heard(CATALOGUE, TUNE) and hearing.can_be_heard(CATALOGUE, SOUND)
    assert not hearing.can_be_heard(CATALOGUE, CATALOGUE.porttype("Text"))


def test_the_runner_writes_a_tune_as_a_sound_when_one_is_asked_for_and_as_itself_otherwise(tmp_path):
    runner = Runner(lambda: Engine(None, catalogue=CATALOGUE))
    graph, problems = graphfile.parse("nodegraph: 1\nnodes:\n  a: {type: h.compose, words: la}\noutputs: {tune: $a}\n")
    assert not problems
    job = runner.run(graph)
    runner.export(job, "tune", tmp_path / "tune.wav")
    runner.export(job, "tune", tmp_path / "tune.mid")
    assert runner.wait(60)
    told = [update for update in runner.poll() if type(update) is up.Exported]
    assert [update.problem for update in told] == ["", ""]
    assert (tmp_path / "tune.wav").read_text() == "la at 3"
    assert (tmp_path / "tune.mid").read_text() == "midi la"
    assert runner.close()


def test_what_was_heard_once_is_remembered(tmp_path):
    runner = Runner(lambda: Engine(None, catalogue=CATALOGUE))
    graph, _ = graphfile.parse("nodegraph: 1\nnodes:\n  a: {type: h.compose, words: lo}\noutputs: {tune: $a}\n")
    job = runner.run(graph)
    for name in ("one.wav", "two.wav"):
        runner.export(job, "tune", tmp_path / name)
    assert runner.wait(60) and PLAYED.count("lo") == 1
    assert (tmp_path / "one.wav").read_text() == (tmp_path / "two.wav").read_text() == "lo at 3"
    assert runner.close()
