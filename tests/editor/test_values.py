"""Values dragged, swept and clicked on the canvas; earlier runs gone back to; results compared."""

import wave

import pytest

from nodegraph import Engine
from nodegraph.nodetype import Port
from nodegraph.types import FLOAT, INT, SEED, Range
from nodegraph_editor.canvas.gestures import Gestures
from nodegraph_editor.canvas.runsline import runs_line
from nodegraph_editor.canvas.values import dragged
from nodegraph_editor.canvas.view import View
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.document.document import Document
from nodegraph_editor.document.items import Item, Target
from nodegraph_editor.runs.comparing import PERIOD, bands, common, turn
from nodegraph_editor.runs.player import seconds_of
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.runs.stretch import Stretch, cut
from nodegraph_editor.runs.sweep import spread
from nodegraph_editor.session import Session

from . import workshop

TEXT = """
inputs:
  count: {type: Int, default: 3}
nodes:
  w: {type: w.words, text: a b c d e f g, most: 2}
  s: {type: w.say, text: hello, loud: false}
  f: {type: w.join, texts: $w}
outputs:
  o: $f
layout:
  nodes:
    count: {at: [0, 400]}
    w: {at: [0, 0]}
    s: {at: [400, 0]}
    f: {at: [800, 0]}
  outputs:
    o: {at: [1200, 0]}
"""


@pytest.fixture
def hand():
    runner = Runner(lambda: Engine(None, catalogue=workshop.CATALOGUE, device="cpu"))
    session = Session(checker=workshop.checked, catalogue=workshop.CATALOGUE, runner=runner, commands=COMMANDS)
    session.files.show(Document(workshop.graph(TEXT)))
    session.view = View(-100, -100, 1.0)
    yield Gestures(session, lambda text, size, bold=False: len(text) * size / 2)
    runner.close()


def at(hand, name, port):
    """The pixel of a value."""
    item = Item("node", name)
    box, (x, y) = hand.scene.boxes[item], hand.scene.at[item]
    pin = next(pin for pin in box.pins if pin.end == Target("node", name, port))
    return hand.session.view.to_screen(x + box.width - 30, y + pin.y)


def ran(session):
    """Have what was asked for run, and take it in."""
    assert session.runner.wait(30)
    session.tick(1.0)


def test_a_number_follows_the_pointer_within_its_range_and_is_one_step_to_undo(hand):
    session = hand.session
    x, y = at(hand, "w", "most")
    hand.press(x, y)
    for step in range(1, 60):
        hand.move(x + step * 4, y)
    assert hand.overlay.told == "most: 9"
    hand.release(x + 240, y)
    assert session.graph.nodes["w"].inputs["most"] == 9 and session.document.steps == 1
    hand.press(x, y)
    hand.move(x - 100, y)
    assert session.graph.nodes["w"].inputs["most"] < 9
    hand.cancel()
    assert session.graph.nodes["w"].inputs["most"] == 9


def test_numbers_keep_to_their_kind():
    assert dragged(Port("n", INT, range=Range(1, 150)), 12, 40) == 37 and dragged(Port("n", INT), 3, -80) == -7
    assert dragged(Port("n", FLOAT, range=Range(0.0, 1.0)), 0.5, 24) == pytest.approx(0.6)
    assert dragged(Port("n", FLOAT, range=Range(0.0, 1.0)), 0.5, 24, fine=True) == pytest.approx(0.51)
    assert dragged(Port("n", SEED), 3, -800) == 0


def test_a_click_turns_a_tick_over_and_a_double_click_asks_for_a_value(hand):
    session = hand.session
    x, y = at(hand, "s", "loud")
    hand.press(x, y)
    hand.release(x, y)
    assert session.graph.nodes["s"].inputs["loud"] is True and session.selection == {Item("node", "s")}
    x, y = at(hand, "s", "text")
    hand.press(x, y, clicks=2)
    hand.release(x, y)
    assert session.dialog.kind == "value" and session.dialog.data["value"] == "hello"
    session.answer("good day")
    assert session.graph.nodes["s"].inputs["text"] == "good day"
    box, (left, top) = hand.scene.boxes[Item("input", "count")], hand.scene.at[Item("input", "count")]
    x, y = session.view.to_screen(left + box.width / 2, top + 44)
    hand.press(x, y)
    hand.move(x + 80, y)
    hand.release(x + 80, y)
    assert session.graph.inputs["count"].default == 13


def test_a_value_dragged_with_alt_is_a_sweep_that_leaves_the_graph_and_the_canvas_as_they_are(hand):
    session = hand.session
    before = session.document.graph
    x, y = at(hand, "w", "most")
    hand.press(x, y, alt=True)
    hand.move(x + 24, y, alt=True)
    assert hand.overlay.told.startswith("most: 2, 3, 4, 5")
    hand.release(x + 24, y, alt=True)
    ran(session)
    assert session.document.graph is before and not session.states and "gallery" in session.panels
    assert [(result.label, result.outputs["o"].thumbnail.text) for result in reversed(list(session.gallery))] == [
        ("w.most = 2", "a b"), ("w.most = 3", "a b c"), ("w.most = 4", "a b c d"), ("w.most = 5", "a b c d e")]
    assert spread(0.0, 1.0, whole=False, most=5) == [0.0, 0.25, 0.5, 0.75, 1.0] and spread(4, 1, whole=True) == [4, 3, 2, 1]


def test_the_line_of_runs_brings_back_a_graph_and_what_its_nodes_showed(hand):
    session = hand.session
    assert hand.stage.runs_line() is None
    for most in (2, 3, 4):
        session.edit("undo.value", session.graph.with_value("w", "most", most))
        session.do("run.all")
        ran(session)
    line = hand.stage.runs_line()
    assert (line.runs, line.at) == (3, 2) and line.nearest(line.mark(1) + 3) == 1
    hand.press(line.mark(0), line.y + 10)
    assert session.graph.nodes["w"].inputs["most"] == 2
    hand.move(line.mark(1), line.y + 10)
    hand.release(line.mark(1), line.y + 10)
    assert session.graph.nodes["w"].inputs["most"] == 3
    assert [shown.text for shown in session.states["f"].thumbnails.values()] == ["a b c"]
    assert not session.states["f"].stale and hand.stage.runs_line().at == 1
    session.do("edit.undo")
    assert session.graph.nodes["w"].inputs["most"] == 4
    assert runs_line(5, 0, (300.0, 400.0)) is None


def test_pictures_share_a_place_in_bands_or_in_turns():
    assert bands(2, 0.3) == [(0.0, 0.3), (0.3, 1.0)]
    for at_ in (0.0, 0.5, 0.99):
        found = bands(4, at_)
        assert found[0][0] == 0.0 and found[-1][1] == 1.0
        assert all(one[1] == other[0] for one, other in zip(found, found[1:], strict=False))
        wide = max(found, key=lambda band: band[1] - band[0])
        assert wide[1] - wide[0] == pytest.approx(0.5) and found.index(wide) == min(3, int(at_ * 4))
    assert [turn(3, PERIOD * (number + 0.5)) for number in range(4)] == [0, 1, 2, 0]
    assert common([["a", "b", "c"], ["c", "a"]]) == ["a", "c"]


def test_a_sound_begins_where_it_was_pressed(tmp_path):
    path = tmp_path / "whole.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 6000 + b"\1\0" * 2000)
    assert seconds_of(path) == 1.0
    rest = cut(path, Stretch(0.75), tmp_path / "rest.wav")
    assert seconds_of(rest) == 0.25
    with wave.open(str(rest), "rb") as sound:
        assert sound.readframes(2000) == b"\1\0" * 2000
    gone = tmp_path / "none.wav"
    assert cut(gone, Stretch(0.5), tmp_path / "x.wav") == gone and seconds_of(gone) == 0
