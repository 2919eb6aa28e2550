"""Links are led round boxes, and what lies out of view is told at the edges."""

from pathlib import Path

from nodegraph import Engine, graphfile
from nodegraph_editor.canvas import beyond, placing
from nodegraph_editor.canvas.curve import along
from nodegraph_editor.canvas.routes import Obstacles, route, way as way_of
from nodegraph_editor.canvas.view import around, opening
from nodegraph_editor.document.items import Item
from nodegraph_editor.document.rows import SCREEN, in_rows

from . import workshop

A, B, C = (Item("node", name) for name in "abc")


def met(segments, rectangle, each=40):
    """Whether curves pass through a rectangle."""
    left, top, width, height = rectangle
    points = [along(segment, at / each) for segment in segments for at in range(each + 1)]
    return any(left < x < left + width and top < y < top + height for x, y in points)


def test_a_link_goes_round_the_node_between_its_ends_and_straight_where_nothing_is():
    boxes = {A: (0, 0, 200, 200), B: (300, -50, 200, 300), C: (700, 0, 200, 200)}
    way = route((200, 100), (700, 100), Obstacles(boxes), (A, C))
    assert len(way) == 3 and not met(way, boxes[B])
    assert way[0][:2] == (200, 100) and way[-1][-2:] == (700, 100)
    assert all(one[-2:] == other[:2] for one, other in zip(way, way[1:], strict=False))
    del boxes[B]
    assert len(route((200, 100), (700, 100), Obstacles(boxes), (A, C))) == 1


def test_a_link_that_finds_no_way_round_is_told_of():
    boxes = {A: (0, 0, 200, 300), C: (700, 0, 200, 300)}
    walls = {Item("node", f"wall{at}"): (300, -2000 + at * 300, 200, 299) for at in range(14)}
    assert way_of((200, 150), (700, 150), Obstacles(boxes), (A, C))[1]
    assert not way_of((200, 150), (700, 150), Obstacles(boxes | walls), (A, C))[1]


def test_a_link_to_the_next_row_goes_back_between_the_rows():
    boxes = {A: (900, 0, 200, 300), B: (0, 400, 200, 300), C: (400, 0, 200, 320)}
    way = route((1100, 100), (0, 500), Obstacles(boxes), (A, B))
    assert len(way) == 3 and not any(met(way[1:2], box) for box in boxes.values())
    assert 320 < way[1][1] < 400


TEXT = "nodes:\n" + "".join(f"  n{at}: {{type: w.say, text: {'$n' + str(at - 1) if at else 'a'}}}\n" for at in range(14)) + \
    "outputs:\n  o: $n13\n"


def test_a_long_graph_is_laid_out_in_rows_that_overlap_nowhere_and_read_from_left_to_right():
    graph = workshop.graph(TEXT)
    sizes = {Item("node", f"n{at}"): (208.0, 240.0) for at in range(14)} | {Item("output", "o"): (260.0, 200.0)}
    places = in_rows(graph, sizes)
    boxes = [(*at, *sizes[item]) for item, at in places.items()]
    assert not any(a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
                   for at, a in enumerate(boxes) for b in boxes[:at])
    wide, high = (max(b[axis] + b[axis + 2] for b in boxes) for axis in (0, 1))
    assert wide <= SCREEN[0] and high <= SCREEN[1] and len({round(y / 100) for _, y in places.values()}) >= 3
    assert places[Item("node", "n0")][0] < places[Item("node", "n1")][0]
    assert places == in_rows(graph, sizes)


def test_what_lies_out_of_view_is_counted_on_its_side():
    from nodegraph_editor.canvas.scene import build

    graph = workshop.graph(TEXT + "layout:\n  nodes:\n" + "".join(
        f"    n{at}: {{at: [{at * 400}, 0]}}\n" for at in range(16)))
    scene = build(graph, workshop.checked(graph), {}, lambda text, size, bold=False: len(text) * size / 2)
    assert beyond.counts(scene, (350, -50, 900, 600)) == {"left": 1, "right": 10}
    assert [sign.side for sign in beyond.signs(scene, (350, -50, 900, 600), (900, 600))] == ["left", "right"]
    assert beyond.step("right", (350, -50, 900, 600)) == (675.0, 0.0)


def test_the_graphs_that_come_along_open_in_rows_and_most_are_seen_whole_at_60_percent():
    graphs = [graphfile.read(path)[0] for path in sorted((Path(__file__).parents[2] / "graphs").glob("*.yaml"))]
    with Engine(None, device="cpu") as engine:
        seen, whole = [], []
        for graph in graphs:
            sizes = placing.sizes(graph, engine.check(graph), {})
            boxes = [(*at, *sizes[item]) for item, at in in_rows(graph, sizes).items()]
            assert not any(a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
                           for at, a in enumerate(boxes) for b in boxes[:at]), graph.title
            seen.append(opening(boxes, (1600.0, 990.0)))  # the canvas in a window of 1920 x 1080
            whole.append(around(boxes, (1600.0, 990.0)).zoom >= 0.6)
        assert all(view.zoom >= 0.6 for view in seen)
        assert sum(whole) >= 0.6 * len(graphs)
