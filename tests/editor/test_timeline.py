"""The line of time: what lies on it, what drags make of it, and that all of it is text in the graph file."""

from __future__ import annotations

import numpy as np
import pytest

from nodegraph import Catalogue, Engine, check
from nodegraph.graph import Ref
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.document import spans as s
from nodegraph_editor.document.document import Document
from nodegraph_editor.document.spans import Span
from nodegraph_editor.panels.strip import Grip, Strip, clock
from nodegraph_editor.panels.timeline import timeline
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.runs.state import NodeState
from nodegraph_editor.runs.thumbnails import Thumbnail, thumbnail
from nodegraph_editor.session import Session
from nodegraph_nodes.media.score import Note, Score, Track
from nodegraph_nodes.media.span import Stretch, spread
from tests.editor.workshop import graph

ROWS = [Span(0, 2), Span(2, 5), Span(6, 8)]
CARD = """
inputs:
  words: {type: Text, default: "one\\ntwo\\n\\nthree"}
nodes:
  one: {type: media.read_image, file: one.png}
  two: {type: media.read_image, file: two.png}
  tune: {type: media.read_score, file: tune.mid}
  heard: {type: music.render, score: $tune}
outputs: {first: $one, second: $two, verse: $words, sound: $heard}
"""
FILM = CARD.replace("outputs:", """  film:
    type: mix.film
    pictures: [$one, $two]
    pictures_at: [0 - 6]
    verse: $words
    verse_at: [1 - 3, 3 - 5]
    sound: $heard
outputs:""")
PICTURE = np.zeros((8, 12, 4), np.uint8)
WAVE = Thumbnail("wave", PICTURE, "", 10.0)


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue()


@pytest.fixture
def opened(catalogue):
    """A session that shows a graph, as it is once a run has made everything."""
    runners = []

    def go(text):
        runners.append(Runner(lambda: Engine(None, catalogue=catalogue, device="cpu")))
        session = Session(checker=lambda graph: check.check(graph, catalogue), catalogue=catalogue, runner=runners[-1],
                          commands=COMMANDS)
        session.files.show(Document(graph(text)))
        ports = {name: next(iter(known.outputs)) for name, known in session.checked.nodes.items()}
        seen = {"one": Thumbnail("picture", PICTURE), "two": Thumbnail("picture", PICTURE), "heard": WAVE,
                "tune": Thumbnail("roll", PICTURE, "", 9.0, (0.0, 2.5, 5.0, 7.5))}
        session.states = {name: NodeState(status="ran", thumbnails={ports[name]: shown}) for name, shown in seen.items()
                          if name in ports}
        return session
    yield go
    for runner in runners:
        runner.close()


# ---- stretches of time

@pytest.mark.parametrize("number, begin, wanted", [
    (1, 3, [(0, 3), (3, 6), (6, 8)]),  # what lay against it goes along, and the gap is used up
    (1, 1, [(0, 1), (1, 4), (6, 8)]),
    (2, 3, [(0, 2), (2, 3), (3, 5)]),  # what is reached gives way
    (0, 1, [(1, 3), (3, 5), (6, 8)]),
    (1, -9, [(0, 0.1), (0.1, 3.1), (6, 8)]),  # never through a neighbour
    (2, 40, [(0, 2), (2, 5), (40, 42)]),
])
def test_what_is_moved_keeps_its_length_and_its_place_in_the_row(number, begin, wanted):
    found = s.moved(ROWS, number, begin)
    assert [tuple(round(at, 3) for at in span) for span in found] == wanted


@pytest.mark.parametrize("number, edge, at, wanted", [
    (1, "begin", 1, [(0, 1), (1, 5), (6, 8)]),  # an edge that two share moves for both
    (0, "end", 4, [(0, 4), (4, 5), (6, 8)]),
    (1, "end", 5.5, [(0, 2), (2, 5.5), (6, 8)]),
    (1, "end", 7, [(0, 2), (2, 7), (7, 8)]),
    (1, "end", 99, [(0, 2), (2, 7.9), (7.9, 8)]),
    (1, "end", 0, [(0, 2), (2, 2.1), (6, 8)]),
    (0, "begin", -3, ROWS),
])
def test_an_edge_goes_no_further_than_what_stands_beside_it(number, edge, at, wanted):
    found = s.stretched(ROWS, number, edge, at)
    assert [tuple(round(at, 3) for at in span) for span in found] == [tuple(span) for span in wanted]


def test_the_editor_shares_time_as_the_node_does():
    for given in ([], [(0, 1)], [(0, 2), (2, 4.5)], [(5, 6), (0, 1)]):
        for count in range(5):
            for until in (0.0, 3.0, 10.0):
                node = spread([Stretch(*one) for one in given], count, until)
                assert s.spread([Span(*one) for one in given], [0.0] * count, until) == [tuple(one) for one in node]


def test_what_lasts_by_itself_follows_what_was_before():
    assert s.spread([Span(1, 2)], [3.0, 2.0, 0.5], 99) == [(1, 2), (2, 4), (4, 4.5)]


@pytest.mark.parametrize("text", ["0 - 6", "1.5 - 2.25"])
def test_a_stretch_is_written_as_it_is_read(text):
    assert s.read(text).written == text
    assert s.read_all([text, "nonsense", text]) == [s.read(text)] and s.read_all(None) == []


# ---- what lies on the line

def test_a_film_has_a_track_for_each_thing_and_bars_from_the_notes_that_its_sound_was_made_of(opened):
    line = timeline(opened(FILM))
    assert (line.node, line.offered, line.seconds) == ("film", False, 10.0)
    assert [(track.port, track.kind, track.said) for track in line.tracks] == [
        ("pictures", "pictures", 1), ("verse", "lines", 2), ("sound", "sound", 0)]
    assert line.tracks[0].spans == [(0, 6), (6, 10)] and line.tracks[1].spans == [(1, 3), (3, 5), (5, 10)]
    assert [piece.words for piece in line.tracks[1].pieces] == ["one", "two", "three"]
    assert line.bars == (0.0, 2.5, 5.0, 7.5) and line.heard.seen.kind == "roll"
    seen, lines = line.at(4)
    assert seen.source == ("one", "image") and [one.words for one in lines] == ["two"]


def test_a_graph_without_a_film_is_offered_one_of_its_outputs(opened):
    session = opened(CARD)
    line = timeline(session)
    assert line.offered and "film" not in session.graph.nodes
    made = line.graph.nodes["film"]
    assert made.inputs == {"pictures": [Ref("one"), Ref("two")], "verse": Ref("words"), "sound": Ref("heard")}
    session.edit("undo.timeline", line.written(0, [Span(0, 4), Span(4, 10)]))
    assert session.graph.nodes["film"].inputs["pictures_at"] == ["0 - 4", "4 - 10"] and "film" in session.graph.outputs
    assert not session.problems and not timeline(session).offered
    session.do("edit.undo")
    assert "film" not in session.graph.nodes


def test_a_graph_that_shows_nothing_has_no_line(opened):
    assert timeline(opened("nodes:\n  a: {type: music.chords, score: $b}\n  b: {type: media.read_score, file: t.mid}\n"
                           "outputs: {a: $b}\n")) is None


def test_a_sound_is_heard_from_where_the_file_says_and_its_bars_go_along(opened):
    line = timeline(opened(FILM.replace("sound: $heard\noutputs", "sound: $heard\n    sound_at: 2 - 99\noutputs")))
    assert line.tracks[2].spans == [(2, 12)] and line.bars[1] == 4.5


def test_values_tell_how_long_they_last_and_where_their_bars_are():
    tune = Score(tracks=(Track("a", notes=(Note(60, 0, 8),)),), tempos=((0, 120),), metres=((0, 4, 4),))
    shown = thumbnail(Score.__porttype__, tune)
    assert (shown.seconds, shown.bars) == (4.0, (0.0, 2.0))


# ---- the pointer

def grip(line, strip, row, number, part="body"):
    span = line.tracks[row].spans[number]
    top, high = strip.rows(line)[row]
    x = {"begin": strip.x(line, span.begin) + 1, "end": strip.x(line, span.end) - 1,
         "body": strip.x(line, (span.begin + span.end) / 2)}[part]
    return Grip(strip, line, x, top + high / 2), x


def test_a_drag_of_an_edge_is_drawn_to_a_bar_and_written_when_it_ends(opened):
    session, strip = opened(FILM), Strip(1060.0, 200.0)
    line = timeline(session)
    assert strip.per_second(line) == pytest.approx(100)
    held, x = grip(line, strip, 1, 0, "end")
    held.move(x - 46)  # to 2.54 s, and a bar begins at 2.5
    assert held.shown.tracks[1].spans[:2] == [(1, 2.5), (2.5, 5)]
    asked = held.release()
    assert asked.kind == "edit"
    session.edit("undo.timeline", line.written(asked.row, list(asked.spans)))
    assert session.graph.nodes["film"].inputs["verse_at"] == ["1 - 2.5", "2.5 - 5", "5 - 10"]
    held, x = grip(line, strip, 1, 0, "end")
    held.move(x - 46, free=True)
    assert held.shown.tracks[1].spans[0].end == 2.54


def test_a_click_seeks_a_drag_on_the_ruler_loops_and_one_that_changes_nothing_is_no_edit(opened):
    line, strip = timeline(opened(FILM)), Strip(1060.0, 200.0)
    held = Grip(strip, line, 400, 5)
    assert (held.release().kind, held.release().begin) == ("seek", pytest.approx(4))
    held.move(752)
    assert held.loop == (4.0, 7.5) and held.release().kind == "loop"  # to a bar
    held, x = grip(line, strip, 0, 1)
    assert held.release().kind == "click"
    held.move(x + 30)
    held.move(x)
    assert held.release().kind == ""


def test_a_sound_is_never_longer_than_it_is(opened):
    line, strip = timeline(opened(FILM)), Strip(1060.0, 200.0)
    held, x = grip(line, strip, 2, 0, "end")
    held.move(x + 40, free=True)
    assert held.shown.tracks[2].spans == [(0, 10)]
    held.move(x - 200, free=True)
    assert held.shown.tracks[2].spans == [(0, 8)]


def test_the_wheel_comes_nearer_about_the_pointer_and_never_goes_farther_than_all_of_it(opened):
    line, strip = timeline(opened(FILM)), Strip(1060.0, 200.0)
    strip.zoom(line, 4, 500)
    assert strip.second(line, 500) == pytest.approx(5) and strip.per_second(line) == pytest.approx(400)
    strip.shift(line, 1e9)
    assert strip.second(line, strip.width) == pytest.approx(10.6)
    strip.zoom(line, 0.01, 200)
    assert (strip.scale, strip.first) == (0, 0)
    assert [words for _, words in strip.numbers(line)][:2] == ["0:00", "0:01"] and clock(65.25) == "1:05.2"


def test_times_of_a_track_can_be_left_to_be_shared_again(opened):
    session = opened(FILM)
    session.edit("undo.timeline", timeline(session).cleared(1))
    assert "verse_at" not in session.graph.nodes["film"].inputs
    assert timeline(session).tracks[1].spans[1] == (10 / 3, 20 / 3)
