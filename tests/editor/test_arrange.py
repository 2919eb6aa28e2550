"""Positions: aligned, spread, laid out in layers, found for files that say none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from nodegraph import Graph, Node, Ref
from nodegraph_editor.document.arrange import (
    USUAL_SIZES,
    Box,
    align,
    arranged,
    auto_layout,
    bounds,
    distribute,
    held,
    missing_positions,
    snap,
)
from nodegraph_editor.document.items import Item, items, links, position, size, source_item, with_facts

from .workshop import graph, graphs

A, B, C = (Item("node", name) for name in "abc")
BOXES = {A: Box(0, 0, 100, 50), B: Box(300, 80, 60, 20), C: Box(120, 200, 80, 40)}


def sizes_of(document: Graph) -> dict[Item, tuple[float, float]]:
    return {item: size(document, item) or USUAL_SIZES[item.kind] for item in items(document)}


def boxes_of(document: Graph, kinds=("node", "input", "output", "dot", "note")) -> dict[Item, Box]:
    sizes = sizes_of(document)
    return {item: Box(*at, *sizes[item]) for item in items(document)
            if item.kind in kinds and (at := position(document, item)) is not None}


def overlaps(boxes: dict[Item, Box]) -> list[tuple[Item, Item]]:
    found, order = [], sorted(boxes)
    for at, one in enumerate(order):
        for other in order[at + 1:]:
            a, b = boxes[one], boxes[other]
            if a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height:
                found.append((one, other))
    return found


def contains(outer: Box, inner: Box) -> bool:
    return outer.x <= inner.x and outer.y <= inner.y and inner.x + inner.width <= outer.x + outer.width \
        and inner.y + inner.height <= outer.y + outer.height


def test_bounds_go_around_every_box_and_there_are_none_around_nothing():
    assert bounds(BOXES) == (0, 0, 360, 240) == bounds(BOXES.values())
    assert bounds({}) is None


@pytest.mark.parametrize("edge, corners", [
    ("left", [(0, 0), (0, 80), (0, 200)]), ("right", [(260, 0), (300, 80), (280, 200)]),
    ("top", [(0, 0), (300, 0), (120, 0)]), ("bottom", [(0, 190), (300, 220), (120, 200)]),
    ("center_x", [(130, 0), (150, 80), (140, 200)]), ("center_y", [(0, 95), (300, 110), (120, 100)])])
def test_aligned_boxes_share_an_edge_or_a_centre(edge, corners):
    assert align(BOXES, edge) == dict(zip(BOXES, corners))


def test_an_unknown_edge_is_an_error_that_names_those_there_are():
    with pytest.raises(ValueError, match="center_y"):
        align(BOXES, "middle")


def test_distributed_boxes_have_the_same_room_between_them_and_the_ends_stay():
    assert distribute(BOXES, "x") == {A: (0, 0), C: (160, 200), B: (300, 80)}
    assert distribute(BOXES, "y") == {A: (0, 0), B: (300, 115), C: (120, 200)}


def test_boxes_without_room_between_them_are_spread_further():
    crowded = {A: Box(0, 0, 100, 50), B: Box(10, 0, 100, 50), C: Box(20, 0, 100, 50)}
    moved = distribute(crowded, "x")
    assert moved[A] == (0, 0) and not overlaps({item: Box(*at, 100, 50) for item, at in moved.items()})


def test_one_box_or_none_is_distributed_by_leaving_it():
    assert distribute({A: BOXES[A]}, "x") == {A: (0, 0)} and distribute({}, "y") == {}


def test_points_snap_to_the_nearest_of_a_grid_or_stay_without_one():
    assert snap((13, -13), 20) == (20, -20) and snap((9, 9), 20) == (0, 0)
    assert snap((13, 7), 0) == (13, 7)


CHAIN = """
inputs: {subject: {type: Text, default: x}}
nodes:
  one: {type: w.say, text: $subject}
  two: {type: w.halves, text: $one}
  three: {type: w.join, texts: [$two.first, $two.rest, $one]}
outputs: {all: $three}
"""


def test_the_layout_runs_from_inputs_at_the_left_to_outputs_at_the_right():
    places = auto_layout(graph(CHAIN), {})
    across = [places[Item(kind, name)][0] for kind, name in
              [("input", "subject"), ("node", "one"), ("node", "two"), ("node", "three"), ("output", "all")]]
    assert across == sorted(set(across))


def test_columns_are_as_wide_as_their_widest_box():
    places = auto_layout(graph(CHAIN), {Item("node", "one"): (700, 50)})
    assert places[Item("node", "two")][0] >= places[Item("node", "one")][0] + 700


def test_a_chain_of_equal_boxes_lies_in_one_line():
    document = Graph({f"n{at}": Node("w.say", {"text": Ref(f"n{at - 1}")} if at else {}) for at in range(6)})
    assert len({at[1] for at in auto_layout(document, {}).values()}) == 1


def test_links_that_need_not_cross_do_not():
    """Two chains, written in an order that would cross them."""
    text = "".join(f"  a{at}: {{type: w.add, a: $b{at}}}\n" for at in range(5)) + \
        "".join(f"  b{at}: {{type: w.add, a: 1}}\n" for at in reversed(range(5))) + \
        "  last: {type: w.join, texts: [$a0, $a1, $a2, $a3, $a4]}\n"
    places = auto_layout(graph("nodes:\n" + text), {})
    down = [[places[Item("node", f"{letter}{at}")][1] for at in range(5)] for letter in "ab"]
    assert down[0] == sorted(down[0]) and down[1] == sorted(down[1])


def test_unlinked_parts_stand_below_one_another():
    document = graph("nodes:\n  a: {type: w.add}\n  b: {type: w.add, a: $a}\n  c: {type: w.add}\n  d: {type: w.add, b: $c}")
    places = auto_layout(document, {})
    assert max(places[A][1], places[B][1]) + 100 <= min(places[C][1], places[Item("node", "d")][1])


def test_only_the_chosen_move_and_their_centre_stays():
    document = with_facts(graph(CHAIN), {Item("node", name): {"at": [100 * at, 900]}
                                         for at, name in enumerate(("three", "two", "one"))})
    chosen = [Item("node", "one"), Item("node", "three")]
    sizes = sizes_of(document)
    places = auto_layout(document, sizes, chosen)
    assert set(places) == set(chosen)
    before = bounds({item: Box(*position(document, item), *sizes[item]) for item in chosen})
    after = bounds({item: Box(*places[item], *sizes[item]) for item in chosen})
    for at in (0, 1):
        assert abs(before[at] + before[at + 2] / 2 - after[at] - after[at + 2] / 2) <= 1


def test_a_frame_keeps_what_it_held_and_nothing_else_comes_into_it():
    document = graph(CHAIN + "layout:\n  nodes: {one: {at: [0, 0]}, two: {at: [900, 0]}, three: {at: [0, 150]}}\n"
                             "  frames: {words: {title: Words, at: [-20, -60], size: [260, 340]}}")
    frame = Item("frame", "words")
    assert held(document, {})[frame] == [Item("node", "one"), Item("node", "three")]
    after = arranged(document, sizes_of(document))
    assert held(after, {})[frame] == [Item("node", "one"), Item("node", "three")]
    around = Box(*position(after, frame), *size(after, frame))
    boxes = boxes_of(after)
    assert all(contains(around, boxes[item]) for item in held(after, {})[frame])
    assert not overlaps({frame: around, **{i: b for i, b in boxes.items() if i.name not in ("one", "three")}})


def test_a_frame_of_which_one_node_is_laid_out_is_fitted_around_it():
    document = graph(CHAIN + "layout:\n  nodes: {one: {at: [0, 0]}, two: {at: [900, 0]}, three: {at: [0, 150]}}\n"
                             "  frames: {words: {title: Words, at: [-20, -60], size: [260, 340]}}")
    after = arranged(document, sizes_of(document), [Item("node", "one"), Item("node", "two")])
    around = Box(*position(after, Item("frame", "words")), *size(after, Item("frame", "words")))
    boxes = boxes_of(after)
    assert contains(around, boxes[Item("node", "one")]) and contains(around, boxes[Item("node", "three")])


def test_links_through_a_dot_have_the_dot_between_their_ends():
    document = graph(CHAIN + "layout: {dots: {dot: {at: [0, 0], source: one, targets: [two.text]}}}")
    places = auto_layout(document, {})
    one, dot, two = (places[item][0] for item in (Item("node", "one"), Item("dot", "dot"), Item("node", "two")))
    assert one < dot < two


def test_nodes_that_wait_for_each_other_are_laid_out_too():
    document = graph("nodes:\n  a: {type: w.add, a: $b}\n  b: {type: w.add, a: $a}\n  c: {type: w.add, a: $c, b: $a}")
    places = auto_layout(document, {})
    assert set(places) == {A, B, C}
    assert not overlaps({item: Box(*at, *USUAL_SIZES["node"]) for item, at in places.items()})


def test_ten_thousand_nodes_in_a_chain_are_laid_out_without_recursion():
    document = Graph({f"n{at}": Node("w.say", {"text": Ref(f"n{at - 1}")} if at else {}) for at in range(10_000)})
    assert len(auto_layout(document, {})) == 10_000


@given(graphs(most=12))
def test_a_layout_has_no_overlaps_is_the_same_each_time_and_settles(document):
    sizes = sizes_of(document)
    after = arranged(document, sizes)
    assert after == arranged(document, sizes)
    assert not overlaps(boxes_of(after))
    frames = {item: Box(*position(after, item), *size(after, item)) for item in items(after) if item.kind == "frame"}
    boxes = boxes_of(after)
    for frame, inside in held(document, sizes).items():
        assert all(contains(frames[frame], boxes.get(item) or frames[item]) for item in inside)
    for link in links(after):
        if not frames:
            assert position(after, source_item(after, link.source))[0] < position(after, link.target.item)[0]
    if not frames:
        assert arranged(after, sizes) == after


@given(graphs(most=10), st.data())
def test_a_layout_of_some_moves_those_alone(document, data):
    chosen = data.draw(st.lists(st.sampled_from(items(document)), unique=True))
    after = arranged(document, sizes_of(document), chosen)
    inside = held(document, sizes_of(document))
    may = set(chosen) | {item for frame in chosen for item in inside.get(frame, ())}
    for _ in range(3):
        may |= {item for frame in may for item in inside.get(frame, ())}
    moved = {item for item in items(document) if position(document, item) != position(after, item)}
    assert {item for item in moved if item.kind != "frame"} <= may


def test_a_file_without_positions_is_laid_out_whole():
    document = graph(CHAIN)
    assert missing_positions(document, {}) == auto_layout(document, {})


def test_nothing_is_missing_where_everything_has_a_place():
    document = graph(CHAIN)
    assert missing_positions(arranged(document, {}), {}) == {}


def test_a_new_node_goes_right_of_what_it_reads():
    document = with_facts(graph(CHAIN), {item: {"at": [0, 400]} for item in [Item("node", "one")]})
    places = missing_positions(document, sizes_of(document))
    assert places[Item("node", "two")][0] > 180 and places[Item("input", "subject")][0] < -160
    assert places[Item("node", "two")][1] == 400


@settings(max_examples=60)
@given(graphs(most=12))
def test_missing_positions_complete_a_layout_without_moving_or_covering_anything(document):
    sizes = sizes_of(document)
    places = missing_positions(document, sizes)
    after = with_facts(document, {item: {"at": list(at)} for item, at in places.items()})
    linked = [item for item in items(document) if item.kind in ("node", "input", "output")]
    assert set(places) == {item for item in linked if position(document, item) is None}
    assert all(position(after, item) is not None for item in linked)
    boxes = boxes_of(after)
    assert not [pair for pair in overlaps(boxes) if pair[0] in places or pair[1] in places]


@settings(max_examples=40)
@given(graphs(most=12, placed=False))
def test_a_graph_without_any_positions_gets_a_layout_without_overlaps(document):
    places = missing_positions(document, {})
    assert not overlaps({item: Box(*at, *USUAL_SIZES[item.kind]) for item, at in places.items()})


def test_a_frame_without_a_size_is_held_by_nothing_and_stays():
    document = graph("nodes: {a: {type: w.say}}\nlayout: {frames: {f: {at: [0, 0], size: [500, 500]}, g: {at: [10, 10]}}}")
    assert held(document, {}) == {Item("frame", "f"): []}
    assert Item("frame", "g") not in auto_layout(document, {})
