"""What is missing of libraries that not everybody has is told at once."""

import sys

import pytest

from nodegraph import Engine, InputError
from nodegraph.graphfile import parse
from nodegraph_nodes.common.extras import judge_there, lacking
from nodegraph_nodes.media.score import Note, Score, Track
from nodegraph_nodes.music.engrave import engrave

TUNE = Score((Track((Note(60, 0.0, 1.0, 80),)),))


@pytest.mark.parametrize("missing, told", [
    (("verovio", "music21"), "needs verovio and music21, which are not installed: pip install verovio music21 "),
    (("verovio",), "needs verovio, which is not installed: pip install verovio "),
    (("music21",), "needs music21, which is not installed: pip install music21 ")])
def test_all_that_a_node_lacks_is_told_at_once_by_its_function_and_by_check(missing, told, monkeypatch):
    for library in missing:
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match=told):
        engrave(TUNE)
    graph, problems = parse("nodegraph: 1\nnodes:\n  t: {type: starter.compose, bars: 8}\n  p: {type: music.engrave, score: $t}\n"
                            "outputs: {p: $p.image}\n")
    with Engine(None) as engine:
        found = [str(problem.message) for problem in engine.check(graph, problems).problems]
    assert len(found) == 1 and told in found[0]


def test_nothing_is_said_of_what_is_there_and_of_three_the_missing_ones():
    assert lacking("it", "x", "json", "re") == ""
    judge_there("it", "x", "json")
    assert lacking("it", "x", "nope_a", "json", "nope_b", "nope_c") == \
        "it needs nope_a, nope_b and nope_c, which are not installed: pip install nope_a nope_b nope_c (the extra `x` brings them)"
