"""What is drawn where: boxes that fit what they show, links from pin to pin, and what lies at a point."""

import math

import numpy as np
import pytest
from hypothesis import given, settings

from nodegraph.graph import Ref
from nodegraph_editor.canvas import hits
from nodegraph_editor.canvas.box import GRID, PAD, SMALL_SIZE, TEXT_SIZE, TITLE
from nodegraph_editor.canvas.curve import along
from nodegraph_editor.canvas.hits import NOTHING
from nodegraph_editor.canvas.lettering import elided, wrapped
from nodegraph_editor.canvas.minimap import minimap
from nodegraph_editor.canvas.scene import build
from nodegraph_editor.document import edits, items as on_canvas
from nodegraph_editor.document.items import Item, Link, Target, items, links
from nodegraph_editor.runs.thumbnails import Thumbnail
from nodegraph_editor.session import NodeState
from nodegraph_editor.words.speak import set_language

from . import workshop

TEXT = """
inputs:
  subject: {type: Text, default: a red boat on a blue sea}
  many: {type: list of Text, default: [a, b]}
nodes:
  said: {type: w.say, text: $subject}
  loud: {type: w.say, text: $said, loud: true}
  joined: {type: w.join, texts: [$said, plain, $loud]}
  mapped: {type: w.say, each: text, text: $many}
  drawn: {type: w.sheet, words: $joined}
  framed: {type: w.frame}
outputs:
  words: $loud
layout:
  nodes:
    subject: {at: [0, 0]}
    many: {at: [0, 200]}
    said: {at: [300, 0]}
    loud: {at: [600, 0]}
    joined: {at: [1000, 0]}
    mapped: {at: [300, 300]}
    drawn: {at: [1300, 0]}
    framed: {at: [600, 300]}
  outputs:
    words: {at: [900, 300]}
  frames:
    frame: {title: Words, at: [260, -60], size: [700, 300]}
  notes:
    note: {text: Try three of them., at: [0, 400], size: [160, 80]}
"""


def measure(text, size, bold=False):
    """Every letter half as wide as it is high, Chinese ones as wide; bold ones a tenth more."""
    return sum(1.0 if ord(c) >= 0x2E80 else 0.5 for c in text) * size * (1.1 if bold else 1.0)


def drawn(graph, states=None, **more):
    return build(graph, workshop.checked(graph), states or {}, measure, **more)


@pytest.fixture
def graph():
    return workshop.graph(TEXT)


@pytest.fixture
def scene(graph):
    return drawn(graph)


def node(name):
    return Item("node", name)


def pin_of(scene, item, end):
    return next(at for at in scene.pins(item) if at.pin.end == end)


def test_everything_that_has_a_place_is_drawn_there(graph, scene):
    assert set(scene.boxes) == set(items(graph))
    assert scene.at[node("loud")] == (600, 0)
    assert list(scene.boxes)[0].kind == "frame"  # behind all others


def test_boxes_of_nodes_end_on_the_grid_and_hold_their_pins(scene):
    for item, box in scene.boxes.items():
        if item.kind == "node":
            assert box.width % GRID == 0 and box.height % GRID == 0
            assert all(pin.x == (box.width if pin.gives else 0) and TITLE < pin.y < box.height for pin in box.pins)
            rows = sorted(pin.y for pin in box.pins)
            assert all(b - a == box.row for a, b in zip(rows, rows[1:], strict=False))


def test_the_words_of_a_row_have_room_in_the_box(graph):
    said = edits.set_value(graph, "framed", "wood", "oak " * 60)
    box = drawn(said).boxes[node("framed")]
    for pin in box.pins:
        each = measure("each", SMALL_SIZE) + 16 if pin.each else 0
        assert 2 * PAD + measure(pin.label, TEXT_SIZE) + measure(pin.value, TEXT_SIZE) + each \
            <= box.width
    assert next(pin for pin in box.pins if pin.label == "wood").value.endswith("…")


def test_pins_tell_what_stands_there(scene):
    by_name = {pin.label: pin for pin in scene.boxes[node("loud")].pins if not pin.gives}
    assert by_name["text"].tone == "linked" and by_name["text"].value == ""
    assert (by_name["loud"].tone, by_name["loud"].value) == ("literal", "true")
    framed = {pin.label: pin for pin in scene.boxes[node("framed")].pins if not pin.gives}
    assert framed["sheet"].tone == "missing"
    assert (framed["wood"].tone, framed["wood"].value) == ("default", "oak")
    assert framed["wide"].tone == "default" and framed["wide"].value == ""
    assert [pin.each for pin in scene.boxes[node("mapped")].pins if pin.label == "text" and not pin.gives] == [True]


def test_a_list_with_links_has_a_pin_for_each_place_and_one_more(scene):
    pins = [pin for pin in scene.boxes[node("joined")].pins if not pin.gives and pin.end.port == "texts"]
    assert [pin.end.index for pin in pins] == [0, 1, 2, None]
    assert [pin.shape for pin in pins] == ["circle", "circle", "circle", "slot"]
    assert pins[1].value == "plain"


def test_shapes_tell_one_from_many(scene):
    assert scene.boxes[Item("input", "many")].pins[0].shape == "square"
    assert scene.boxes[Item("input", "subject")].pins[0].shape == "circle"
    assert next(pin for pin in scene.boxes[node("mapped")].pins if pin.gives).shape == "square"


def test_links_run_from_pin_to_pin(graph, scene):
    assert set(scene.curves) == set(links(graph))
    for link, curve in scene.curves.items():
        source = Item("input" if link.source.name in graph.inputs else "node", link.source.name)
        start = pin_of(scene, source, link.source)
        end = pin_of(scene, link.target.item, link.target)
        assert curve.segments[0][:2] == (start.x, start.y)
        assert curve.segments[-1][-2:] == (end.x, end.y)


def test_a_link_through_a_dot_passes_its_middle(graph):
    link = Link(Ref("said"), Target("node", "loud", "text"))
    with_dot, dot = edits.add_dot(graph, link, (520, 200))
    curve = drawn(with_dot).curves[link]
    assert len(curve.segments) == 2
    assert curve.segments[0][-2:] == curve.segments[1][:2] == (528, 208)
    assert drawn(with_dot).dots[link] == (dot,)


def test_links_of_muted_nodes_are_dim(graph):
    muted = drawn(edits.set_state(graph, ["said"], "mute"))
    assert muted.boxes[node("said")].look == "mute"
    assert {link.target.name for link, curve in muted.curves.items() if curve.dim} == {"said", "loud", "joined"}


def test_a_collapsed_node_is_its_title_with_all_pins_gathered(graph):
    box = drawn(edits.collapse(graph, [node("joined")], True)).boxes[node("joined")]
    assert box.height == TITLE
    assert {(pin.x, pin.y) for pin in box.pins} == {(0, TITLE / 2), (box.width, TITLE / 2)}


def test_compact_nodes_leave_out_what_is_at_its_default(graph):
    box = drawn(graph, compact=True).boxes[node("drawn")]
    assert {pin.label for pin in box.pins} == {"sheet", "words"} and box.folded == 2
    scene = drawn(on_canvas.with_fact(graph, [node("drawn")], "open", True), compact=True)
    assert scene.boxes[node("drawn")].folded == -2 and len(scene.boxes[node("drawn")].pins) == 4


def test_moving_a_node_keeps_every_box_and_leads_its_links_anew_and_those_that_pass_it(graph, scene):
    moved = edits.move(graph, {node("loud"): (640, 80)})
    after = build(moved, workshop.checked(graph), {}, measure, before=scene)
    assert all(after.boxes[item] is box for item, box in scene.boxes.items())
    touched = {link for link, curve in after.curves.items() if curve is not scene.curves[link]}
    own = {link for link in links(graph) if "loud" in (link.source.name, link.target.name)}
    passing = Link(Ref("said"), Target("node", "joined", "texts", 0))  # it went round where the node stood
    assert touched == own | {passing}


def test_an_edit_makes_only_the_boxes_it_touches_anew(graph, scene):
    changed = edits.set_value(graph, "drawn", "seed", 9)
    after = build(changed, workshop.checked(changed), {}, measure, before=scene)
    assert [item for item in scene.boxes if after.boxes[item] is not scene.boxes[item]] == [node("drawn")]


def test_progress_leaves_the_box_as_it_is(graph, scene):
    state = NodeState("running", 3, 12, text="step 3")
    after = drawn(graph, {"loud": state}, before=scene)
    assert after.boxes[node("loud")] is scene.boxes[node("loud")]
    assert after.status[node("loud")].part == 0.25
    assert after.status[node("loud")].badges == (("running", "step 3"),)


def test_badges_tell_how_the_last_run_went(graph):
    states = {"said": NodeState("cached", stale=True), "loud": NodeState("ran", seconds=1.25),
              "drawn": NodeState("failed")}
    found = drawn(edits.set_state(graph, ["drawn"], "bypass"), states, troubles={node("framed"): "error"}).status
    assert [role for role, _ in found[node("said")].badges] == ["cached", "stale"]
    assert found[node("loud")].badges == (("ran", "1.2 s"),)
    assert [role for role, _ in found[node("drawn")].badges] == ["bypassed", "failed"]
    assert found[node("framed")].trouble == "error"


def test_pictures_keep_their_shape_and_stay_within_the_node(graph):
    wide = Thumbnail("wave", np.zeros((40, 256, 4), np.uint8), "")
    high = Thumbnail("picture", np.zeros((256, 100, 4), np.uint8), "")
    for shown in (wide, high):
        box = drawn(graph, {"drawn": NodeState("ran", thumbnails={"sheet": shown})}).boxes[node("drawn")]
        picture = box.pictures[0]
        assert picture.width / picture.height == pytest.approx(shown.picture.shape[1] / shown.picture.shape[0])
        assert picture.x >= 0 and picture.x + picture.width <= box.width
        assert TITLE <= picture.y and picture.y + picture.height <= box.height


def test_a_preview_stands_in_for_the_outputs_while_it_runs(graph):
    picture = np.zeros((8, 8, 4), np.uint8)
    shown = {"sheet": Thumbnail("picture", picture, ""), "": Thumbnail("picture", picture, "")}
    box = drawn(graph, {"drawn": NodeState("running", thumbnails=shown)}).boxes[node("drawn")]
    assert [one.port for one in box.pictures] == [""]


def test_texts_are_wrapped_to_a_few_lines_that_fit(graph):
    said = Thumbnail("text", None, "The harbour holds its breath. " * 20)
    box = drawn(graph, {"said": NodeState("ran", thumbnails={"text": said})}).boxes[node("said")]
    picture = box.pictures[0]
    assert len(picture.lines) == 4 and picture.lines[-1].endswith("…")
    assert all(measure(line, SMALL_SIZE) <= picture.width - 16 for line in picture.lines)


def test_a_result_has_its_place_before_the_first_run_and_no_node_or_card_grows_by_one(graph):
    before = drawn(graph)
    said = Thumbnail("text", None, "The harbour holds its breath. " * 20)
    states = {"said": NodeState("ran", thumbnails={"text": said}), "loud": NodeState("ran", thumbnails={"text": said}),
              "joined": NodeState("failed", error="there is no more paper " * 9)}
    after = drawn(graph, states)
    assert before.sizes == after.sizes
    assert before.boxes[node("said")].slot and not before.boxes[node("said")].pictures
    card = after.boxes[Item("output", "words")]
    assert card.pictures[0].lines and [button.name for button in card.buttons] == ["copy", "save"]
    assert not after.boxes[node("joined")].pictures and after.boxes[node("joined")].lines


def test_lines_break_between_words_and_chinese_characters_and_never_before_a_comma():
    lines = wrapped("a red boat，红色的小船，在海上。 " + "x" * 40, 10, 60, measure, 99)
    assert all(measure(line, 10) <= 60 + 10 for line in lines)
    assert not any(line.startswith("，") or line.startswith("。") for line in lines)
    assert "".join(lines).replace(" ", "") == ("aredboat，红色的小船，在海上。" + "x" * 40)
    assert wrapped("one two", 10, 1000, measure, 9) == ("one two",)


def test_a_line_is_cut_with_an_ellipsis_only_where_it_does_not_fit():
    assert elided("a short one", 10, 100, measure) == "a short one"
    cut = elided("a line that is far too long", 10, 50, measure)
    assert cut.endswith("…") and measure(cut, 10) <= 50
    assert elided("anything", 10, 1, measure) == ""


def test_the_words_on_boxes_follow_the_language(graph, scene):
    set_language("zh")
    try:
        assert drawn(graph, before=scene).boxes[node("said")] is not scene.boxes[node("said")]
    finally:
        set_language("en")


# ---- what lies where ----------------------------------------------------------------------------------------------

def test_a_point_on_a_pin_a_title_a_corner_a_picture_or_a_link_is_told_apart(graph):
    picture = Thumbnail("picture", np.zeros((64, 64, 4), np.uint8), "")
    scene = drawn(graph, {"drawn": NodeState("ran", thumbnails={"sheet": picture})})
    x, y, width, height = scene.rectangle(node("drawn"))
    pin = next(scene.pins(node("drawn")))
    assert hits.hit(scene, pin.x + 4, pin.y + 3, 1.0).pin == pin
    assert hits.hit(scene, x + 80, y + 10, 1.0)[:2] == ("title", node("drawn"))
    assert hits.hit(scene, x + 14, y + 16, 1.0).kind == "collapse"
    assert hits.hit(scene, x + width - 3, y + height - 3, 1.0).kind == "corner"
    shown = scene.boxes[node("drawn")].pictures[0]
    assert hits.hit(scene, x + shown.x + 9, y + shown.y + 9, 1.0).picture is shown
    link = Link(Ref("joined"), Target("node", "drawn", "words"))
    assert hits.hit(scene, *along(scene.curves[link].segments[0], 0.5), 1.0).link == link
    assert hits.hit(scene, 2000, 2000, 1.0) == NOTHING


def test_inside_a_frame_is_nothing_but_its_title_and_corner_are_the_frame(scene):
    frame = Item("frame", "frame")
    x, y, width, height = scene.rectangle(frame)
    assert hits.hit(scene, x + 20, y + height - 40, 1.0).kind == "nothing"
    assert hits.hit(scene, x + 20, y + 8, 1.0)[:2] == ("title", frame)
    assert hits.hit(scene, x + width - 4, y + height - 4, 1.0)[:2] == ("corner", frame)


def test_from_far_away_pins_do_not_stand_in_the_way_of_the_node(scene):
    pin = next(scene.pins(node("said")))
    assert hits.hit(scene, pin.x - 3, pin.y, 0.2).kind == "item"


def test_the_nearest_pin_is_the_nearest_of_those_wanted(scene):
    pins = [*scene.pins(node("loud"))]
    near = hits.nearest_pin(scene, pins[0].x + 3, pins[0].y + 6, 40)
    assert near == pins[0]
    other = hits.nearest_pin(scene, pins[0].x + 3, pins[0].y + 6, 400,
                               lambda at: not at.pin.gives and at.item == node("loud"))
    assert other is not None and not other.pin.gives
    assert hits.nearest_pin(scene, pins[0].x, pins[0].y - 60, 40) is None


def test_a_box_selects_what_it_touches_and_frames_that_lie_in_it(scene):
    assert set(hits.inside(scene, (250, -10, 100, 50))) == {node("said")}
    assert Item("frame", "frame") in hits.inside(scene, (200, -100, 900, 500))


def test_a_frame_holds_what_has_its_middle_in_it(scene):
    assert set(hits.held(scene, Item("frame", "frame"))) == {node("said"), node("loud")}


def test_a_cut_crosses_the_links_in_its_way_and_no_others(scene):
    link = Link(Ref("joined"), Target("node", "drawn", "words"))
    x, y = along(scene.curves[link].segments[0], 0.5)
    assert hits.cut(scene, [(x, y - 30), (x, y + 30)]) == [link]
    assert hits.cut(scene, [(x, y - 300), (x, y - 200)]) == []


def test_moved_shows_items_elsewhere_and_their_links_with_them(scene):
    moved = scene.moved([node("loud")], (10, 20))
    assert moved.at[node("loud")] == (610, 20) and scene.at[node("loud")] == (600, 0)
    link = Link(Ref("said"), Target("node", "loud", "text"))
    assert moved.curves[link].segments[0][-2:] == tuple(np.add(scene.curves[link].segments[0][-2:], (10, 20)))
    other = Link(Ref("joined"), Target("node", "drawn", "words"))
    assert moved.curves[other] is scene.curves[other]
    assert not moved.riding


def test_a_link_whose_ends_move_together_rides_along_and_is_not_led_anew(scene):
    link = Link(Ref("said"), Target("node", "loud", "text"))
    moved = scene.moved([node("said"), node("loud")], (10, 20))
    assert link in moved.riding and moved.drift == (10, 20)
    assert moved.curves[link] is scene.curves[link]


def test_the_minimap_shows_everything_and_leads_back_to_the_canvas(scene):
    small = minimap(scene, (-100, -100, 800, 600), (200, 140))
    for _, (x, y, width, height) in small.boxes:
        assert -0.5 <= x and x + width <= 200.5 and -0.5 <= y and y + height <= 140.5
    x, y, width, height = small.view
    assert small.to_canvas(x, y) == pytest.approx((-100, -100))
    assert small.to_canvas(x + width, y + height) == pytest.approx((700, 500))


@given(workshop.graphs())
@settings(max_examples=40, deadline=None)
def test_any_graph_can_be_drawn_and_what_is_kept_equals_what_is_made_anew(graph):
    scene = drawn(graph)
    for link, curve in scene.curves.items():
        assert all(math.isfinite(value) for segment in curve.segments for value in segment), link
    moved = edits.move(graph, {item: (at[0] + 24, at[1]) for item, at in list(scene.at.items())[::2]})
    kept, anew = drawn(moved, before=scene), drawn(moved)
    assert kept.at == anew.at and kept.sizes == anew.sizes
    assert {link: curve.segments for link, curve in kept.curves.items()} == \
        {link: curve.segments for link, curve in anew.curves.items()}
    assert [[pin._replace(port=None) for pin in box.pins] for box in kept.boxes.values()] == \
        [[pin._replace(port=None) for pin in box.pins] for box in anew.boxes.values()]
