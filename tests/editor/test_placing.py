"""What a file does not place stands where it was put when it came, whatever is edited afterwards."""

from __future__ import annotations

import pytest

from nodegraph import Engine
from nodegraph_editor.canvas import placing
from nodegraph_editor.canvas.gestures import Gestures
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.document import edits
from nodegraph_editor.document.document import Document
from nodegraph_editor.document.items import Item, items, position
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.session import Session

from . import workshop

TEXT = """
nodes:
  a: {type: w.say, text: abc}
  b: {type: w.sheet, words: $a}
  c: {type: w.read, sheet: $b}
  d: {type: w.join, texts: [$a, $c]}
outputs:
  o: $d
"""


def test_what_is_added_stands_beside_what_it_would_cover_and_where_it_was_put_if_that_is_free():
    others = [(0.0, 0.0, 200.0, 100.0), (300.0, 0.0, 200.0, 100.0)]
    assert placing.clear_of((0.0, 200.0), (200.0, 100.0), others) == (0.0, 200.0)
    assert placing.clear_of((20.0, 80.0), (200.0, 100.0), others) == (20.0, 128.0)
    assert placing.clear_of((20.0, 80.0), (200.0, 100.0), [(-9999.0, -9999.0, 99999.0, 99999.0)]) == (20.0, 80.0)


@pytest.fixture
def stage():
    engine = Engine(None, catalogue=workshop.CATALOGUE, device="cpu")
    runner = Runner(lambda: Engine(None, catalogue=workshop.CATALOGUE, device="cpu"))
    session = Session(checker=engine.check, catalogue=workshop.CATALOGUE, runner=runner, commands=COMMANDS)
    session.files.show(Document(workshop.graph(TEXT)))
    yield session, Gestures(session, lambda text, size, bold=False: len(text) * size / 2)
    runner.close()


def places(session):
    return {item: position(session.graph, item) for item in items(session.graph)}


def test_a_value_that_gets_longer_moves_nothing_although_the_file_places_nothing(stage):
    session, gestures = stage
    assert gestures.scene.boxes
    before = places(session)
    assert None not in before.values()
    session.edit("undo.value", edits.set_value(session.graph, "a", "text", "a far longer text than before " * 9))
    assert gestures.scene.boxes and places(session) == before
    session.do("edit.undo")
    assert gestures.scene.boxes and places(session) == before and not session.document.graph.layout


def test_places_are_chosen_once_when_a_document_comes_and_once_more_when_sizes_are_known(stage, monkeypatch):
    session, gestures = stage
    asked = []
    real = placing.in_rows
    monkeypatch.setattr(placing, "in_rows", lambda *args: asked.append(args) or real(*args))
    session.files.show(Document(workshop.graph(TEXT)))
    assert session.graph.layout and len(asked) == 1
    for text in ("one", "two", "three"):
        assert gestures.scene.boxes
        session.edit("undo.value", edits.set_value(session.graph, "a", "text", text))
    assert gestures.scene.boxes and len(asked) == 2


def test_boxes_of_a_file_that_places_nothing_do_not_lie_on_one_another_once_they_are_drawn(stage):
    session, gestures = stage
    scene = gestures.scene
    boxes = [scene.rectangle(item) for item in scene.boxes]
    assert not any(a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
                   for at, a in enumerate(boxes) for b in boxes[:at])


def test_a_node_that_comes_without_a_place_gets_one_and_the_others_keep_theirs(stage):
    session, gestures = stage
    assert gestures.scene.boxes
    before = places(session)
    graph = session.document.graph
    session.document.edit("undo.paste", graph.with_node("e", graph.nodes["a"]))
    session.after_edit(graph)
    after = places(session)
    assert after.pop(Item("node", "e")) is not None and after == before


def test_a_chain_that_is_wider_than_a_screen_is_cut_into_rows_that_fit_on_one():
    text = "nodes:\n" + "".join(f"  w{at}: {{type: w.say, text: {'$w%d' % (at - 1) if at else 'a'}}}\n" for at in range(7)) \
        + "  s0: {type: w.sheet, words: $w6}\n" \
        + "".join(f"  s{at}: {{type: w.frame, sheet: $s{at - 1}}}\n" for at in range(1, 7)) + "outputs:\n  o: $s6\n"
    graph = workshop.graph(text)
    sizes = {item: (200.0, 150.0) for item in items(graph)}
    places = placing.in_rows(graph, sizes)
    rows = {}
    for item, at in places.items():
        rows.setdefault(at[1] // 200, []).append(item.name)
    assert list(rows.values())[-1][-1] == "o" and len(rows) >= 3  # an output stands in the row of what it shows
    right = max(at[0] + 200 for at in places.values())
    assert right <= 1445 and max(at[1] + 150 for at in places.values()) <= 1087


def test_an_output_stands_beside_what_it_shows_in_every_shipped_graph():
    from pathlib import Path

    import nodegraph
    from nodegraph import graphfile

    paths = sorted((Path(nodegraph.__file__).parents[1] / "graphs").glob("*.yaml"))
    assert len(paths) >= 30
    for path in paths:
        graph, _ = graphfile.read(path)
        sizes = {item: (224.0, 172.0) if item.kind == "output" else (208.0, 236.0) for item in items(graph)}
        places = placing.in_rows(graph, sizes)
        for name, ref in graph.outputs.items():
            source = places.get(Item("node", ref.name)) or places[Item("input", ref.name)]
            assert places[Item("output", name)][0] > source[0], (path.name, name)


def test_a_row_is_no_higher_than_its_fullest_column_needs_and_nothing_passes_another():
    from nodegraph_editor.document.rows import Box, squeezed

    a, b, c, d = (Item("node", name) for name in "abcd")
    stair = {a: Box(0, 0, 100, 100), b: Box(200, 90, 100, 150), c: Box(200, 300, 100, 150), d: Box(400, 500, 100, 100)}
    row = squeezed(stair)
    assert [row[item].x for item in (a, b, c, d)] == [0, 200, 200, 400]
    assert max(box.y + box.height for box in row.values()) == 150 + 24 + 150 and min(box.y for box in row.values()) == 0
    assert row[b].y + row[b].height + 24 <= row[c].y and row[d].y == 224


def test_parts_that_no_link_joins_stand_side_by_side_where_there_is_room():
    graph = workshop.graph("nodes:\n  a: {type: w.say}\n  b: {type: w.sheet, words: $a}\n"
                           "  c: {type: w.say}\n  d: {type: w.sheet, words: $c}\n")
    sizes = {item: (200.0, 300.0) for item in items(graph)}
    at = placing.in_rows(graph, sizes)
    assert len({y for _, y in at.values()}) == 1 and len({x for x, _ in at.values()}) == 4


@pytest.mark.slow
def test_shipped_graphs_are_seen_whole_at_60_percent_in_a_window_of_1280_by_800():
    from pathlib import Path

    import nodegraph
    from nodegraph import Catalogue, check
    from nodegraph_editor.canvas.view import around

    catalogue, small = Catalogue(), []
    paths = sorted((Path(nodegraph.__file__).parents[1] / "graphs").glob("*.yaml"))
    for path in paths:
        runner = Runner(lambda: Engine(None, catalogue=catalogue, device="cpu"))
        session = Session(checker=lambda graph: check.check(graph, catalogue), catalogue=catalogue, runner=runner,
                          commands=COMMANDS)
        session.canvas_size = (925.0, 710.0)
        session.open(path)
        assert Gestures(session, lambda text, size, bold=False: len(text) * size * 0.52).scene.boxes
        if around(session.boxes().values(), session.canvas_size).zoom < 0.6:
            small.append(path.name)
        runner.close()
    assert len(small) <= 3, small  # the largest have 13 and 17 nodes
