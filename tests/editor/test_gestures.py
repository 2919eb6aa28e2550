"""The pointer and the keys on the canvas, without a window: presses, moves and releases become edits of the graph."""

import random

import pytest

from nodegraph import Engine
from nodegraph.graph import Ref
from nodegraph_editor.canvas.curve import along
from nodegraph_editor.canvas.gestures import LEFT, MIDDLE, RIGHT, Gestures
from nodegraph_editor.canvas.view import View
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.document import edits, items as on_canvas
from nodegraph_editor.document.document import Document
from nodegraph_editor.document.items import Item, Link, Target, links, position
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.session import Session
from nodegraph_editor.settings import Settings

from . import workshop
from .test_scene import measure

TEXT = """
inputs:
  subject: {type: Text, default: a red boat}
  count: {type: Int, default: 3}
nodes:
  said: {type: w.say, text: $subject}
  loud: {type: w.say, text: $said}
  free: {type: w.say}
  added: {type: w.add}
  joined: {type: w.join, texts: [$said, $loud]}
  drawn: {type: w.sheet, words: $loud}
outputs:
  sheet: $drawn
layout:
  nodes:
    subject: {at: [0, 0]}
    count: {at: [0, 160]}
    said: {at: [300, 0]}
    loud: {at: [600, 0]}
    free: {at: [300, 400]}
    added: {at: [600, 400]}
    joined: {at: [900, 400]}
    drawn: {at: [900, 0]}
  outputs:
    sheet: {at: [1200, 0]}
  frames:
    frame: {title: Words, at: [280, 340], size: [240, 280]}
"""


class Hand:
    """Someone with a mouse: takes canvas points, and knows where pins are."""

    def __init__(self, session):
        self.session, self.gestures = session, Gestures(session, measure)

    @property
    def scene(self):
        return self.gestures.scene

    @property
    def graph(self):
        return self.session.graph

    def pixel(self, at):
        return self.session.view.to_screen(*at)

    def pin(self, item, end):
        found = next(at for at in self.scene.pins(item) if at.pin.end == end)
        return found.x, found.y

    def out(self, name, port=None):
        kind = "input" if name in self.graph.inputs else "node"
        return self.pin(Item(kind, name), Ref(name, port))

    def into(self, name, port, index=None):
        return self.pin(Item("node", name), Target("node", name, port, index))

    def title(self, name, kind="node"):
        x, y = self.scene.at[Item(kind, name)]
        return x + 60, y + 12

    def middle(self, name):
        x, y, width, height = self.scene.rectangle(Item("node", name))
        return x + width / 2, y + height - 6

    def press(self, at, button=LEFT, **keys):
        self.gestures.press(*self.pixel(at), button, **keys)

    def move(self, at, **keys):
        self.gestures.move(*self.pixel(at), **keys)

    def release(self, at, button=LEFT, **keys):
        self.gestures.release(*self.pixel(at), button, **keys)

    def click(self, at, button=LEFT, **keys):
        self.press(at, button, **keys)
        keys.pop("clicks", None)
        self.release(at, button, **keys)

    def drag(self, start, end, button=LEFT, **keys):
        self.press(start, button, **keys)
        self.move(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), **keys)
        self.move(end, **keys)
        self.release(end, button, **keys)


@pytest.fixture
def hand(tmp_path):
    engine = Engine(None, catalogue=workshop.CATALOGUE, device="cpu")
    runner = Runner(lambda: Engine(None, catalogue=workshop.CATALOGUE, device="cpu"))
    session = Session(checker=engine.check, catalogue=workshop.CATALOGUE, runner=runner, commands=COMMANDS,
                      settings=Settings(minimap=False, snap=False))
    session.files.show(Document(workshop.graph(TEXT)))
    session.view, session.canvas_size = View(-100, -100, 1.0), (1600.0, 1000.0)
    yield Hand(session)
    assert runner.close(30)
    engine.close()


NOWHERE = (760, 800)


def node(name):
    return Item("node", name)


# ---- links --------------------------------------------------------------------------------------------------------

def test_dragging_from_an_output_to_an_input_links_them_in_one_step(hand):
    hand.drag(hand.out("count"), hand.into("added", "a"))
    assert hand.graph.nodes["added"].inputs["a"] == Ref("count")
    assert hand.session.document.steps == 1
    hand.session.do("edit.undo")
    assert "a" not in hand.graph.nodes["added"].inputs


def test_dragging_from_an_input_to_an_output_links_them_too(hand):
    hand.drag(hand.into("free", "text"), hand.out("subject"))
    assert hand.graph.nodes["free"].inputs["text"] == Ref("subject")


def test_near_a_pin_that_fits_is_near_enough(hand):
    x, y = hand.into("added", "b")
    hand.drag(hand.out("count"), (x - 15, y + 8))
    assert hand.graph.nodes["added"].inputs["b"] == Ref("count")


def test_a_link_that_does_not_fit_is_refused_with_the_reason(hand):
    before = hand.graph
    hand.press(hand.out("drawn"))
    hand.move((700, 300))
    hand.move(hand.into("added", "a"))
    assert "takes an Int" in hand.gestures.overlay.reason
    hand.release(hand.into("added", "a"))
    assert hand.graph is before and hand.session.message_kind == "error" and "takes an Int" in hand.session.message


def test_while_a_link_is_dragged_the_ends_it_fits_are_known_and_those_in_its_past_are_not_among_them(hand):
    hand.press(hand.out("loud"))
    hand.move(NOWHERE)
    fitting = hand.gestures.overlay.fitting
    assert Target("node", "free", "text") in fitting
    assert Target("node", "said", "text") not in fitting  # would close a circle
    assert Target("node", "added", "a") not in fitting
    assert hand.gestures.overlay.loose is not None
    hand.gestures.cancel()
    assert hand.gestures.overlay.fitting is None and hand.session.document.steps == 0


def test_a_new_link_replaces_the_one_that_was_there(hand):
    hand.drag(hand.out("subject"), hand.into("loud", "text"))
    assert hand.graph.nodes["loud"].inputs["text"] == Ref("subject")
    assert len([link for link in links(hand.graph) if link.target.name == "loud"]) == 1


def test_a_link_dropped_on_the_body_of_a_node_goes_to_the_first_input_that_fits(hand):
    hand.drag(hand.out("count"), hand.middle("added"))
    assert hand.graph.nodes["added"].inputs == {"a": Ref("count")}
    hand.drag(hand.out("count"), hand.middle("added"))
    assert hand.graph.nodes["added"].inputs == {"a": Ref("count"), "b": Ref("count")}


def test_a_link_dropped_on_a_body_where_nothing_fits_says_why(hand):
    hand.drag(hand.out("drawn"), hand.middle("added"))
    assert "a" not in hand.graph.nodes["added"].inputs and "takes an Int" in hand.session.message


def test_a_link_dropped_on_nothing_opens_the_palette_there_with_its_end(hand):
    hand.drag(hand.out("loud"), NOWHERE)
    assert hand.session.palette.source == Ref("loud") and hand.session.palette.at == pytest.approx(NOWHERE)
    hand.drag(hand.into("free", "text"), NOWHERE)
    assert hand.session.palette.target == Target("node", "free", "text")


def test_a_linked_input_dragged_to_nothing_is_detached_in_one_step(hand):
    hand.press(hand.into("loud", "text"))
    hand.move(NOWHERE)
    assert hand.gestures.overlay.taken == Link(Ref("said"), Target("node", "loud", "text"))
    assert hand.graph.nodes["loud"].inputs == {"text": Ref("said")}  # not before it is let go
    hand.release(NOWHERE)
    assert hand.graph.nodes["loud"].inputs == {} and hand.session.document.steps == 1
    assert hand.session.palette is None


def test_a_linked_input_dragged_to_another_moves_the_link(hand):
    hand.drag(hand.into("loud", "text"), hand.into("free", "text"))
    assert hand.graph.nodes["loud"].inputs == {}
    assert hand.graph.nodes["free"].inputs["text"] == Ref("said")
    assert hand.session.document.steps == 1


def test_a_link_put_back_where_it_was_changes_nothing(hand):
    before = hand.graph
    hand.press(hand.into("loud", "text"))
    hand.move(NOWHERE)
    hand.move(hand.into("loud", "text"))
    hand.release(hand.into("loud", "text"))
    assert hand.graph is before


def test_a_list_takes_one_more_link_at_its_last_pin_and_gives_one_back(hand):
    hand.drag(hand.out("subject"), hand.into("joined", "texts"))
    assert hand.graph.nodes["joined"].inputs["texts"] == [Ref("said"), Ref("loud"), Ref("subject")]
    hand.drag(hand.into("joined", "texts", 0), NOWHERE)
    assert hand.graph.nodes["joined"].inputs["texts"] == [Ref("loud"), Ref("subject")]


def test_escape_lets_go_of_a_link_without_an_edit(hand):
    hand.press(hand.into("loud", "text"))
    hand.move(NOWHERE)
    assert hand.gestures.key("Escape")
    hand.release(NOWHERE)
    assert hand.graph.nodes["loud"].inputs == {"text": Ref("said")} and not hand.gestures.dragging


# ---- selecting ----------------------------------------------------------------------------------------------------

def test_a_click_selects_and_with_ctrl_toggles_and_with_shift_adds(hand):
    hand.click(hand.title("said"))
    assert hand.session.selection == {node("said")}
    hand.click(hand.title("loud"), shift=True)
    hand.click(hand.title("free"), ctrl=True)
    assert hand.session.selection == {node("said"), node("loud"), node("free")}
    hand.click(hand.title("said"), ctrl=True)
    assert hand.session.selection == {node("loud"), node("free")}
    hand.click(hand.title("free"))
    assert hand.session.selection == {node("free")}
    hand.click(NOWHERE)
    assert not hand.session.selection


def test_a_click_on_a_link_selects_it(hand):
    link = Link(Ref("said"), Target("node", "loud", "text"))
    hand.click(along(hand.scene.curves[link].segments[0], 0.5))
    assert hand.session.selected_links == {link} and not hand.session.selection


def test_a_box_drawn_on_empty_ground_selects_what_it_touches(hand):
    hand.press((280, -60))
    hand.move((700, 60))
    assert hand.gestures.overlay.chosen == {node("said"), node("loud")}
    hand.release((700, 60))
    assert hand.session.selection == {node("said"), node("loud")} and hand.session.document.steps == 0


# ---- moving -------------------------------------------------------------------------------------------------------

def test_dragging_a_node_moves_it_in_one_step_and_shows_it_on_the_way(hand):
    x, y = hand.title("added")
    hand.press((x, y))
    hand.move((x + 40, y + 30))
    assert hand.gestures.shown.at[node("added")] == (640, 430)
    assert position(hand.graph, node("added")) == (600, 400)
    hand.release((x + 40, y + 30))
    assert position(hand.graph, node("added")) == (640, 430) and hand.session.document.steps == 1
    assert hand.session.selection == {node("added")}


def test_all_that_is_selected_moves_together(hand):
    hand.session.select([node("said"), node("added")])
    x, y = hand.title("said")
    hand.drag((x, y), (x - 20, y + 50))
    assert position(hand.graph, node("said")) == (280, 50) and position(hand.graph, node("added")) == (580, 450)
    assert position(hand.graph, node("loud")) == (600, 0)


def test_the_title_of_a_frame_moves_what_lies_in_it(hand):
    x, y = hand.title("frame", "frame")
    hand.drag((x, y), (x + 100, y + 200))
    assert position(hand.graph, Item("frame", "frame")) == (380, 540)
    assert position(hand.graph, node("free")) == (400, 600)
    assert position(hand.graph, node("added")) == (600, 400)


def test_a_tremble_of_the_hand_moves_nothing(hand):
    x, y = hand.title("said")
    hand.drag((x, y), (x + 2, y + 2))
    assert hand.session.document.steps == 0 and hand.session.selection == {node("said")}


def test_shift_while_dragging_keeps_to_one_direction(hand):
    x, y = hand.title("added")
    hand.press((x, y))
    hand.move((x + 50, y + 20), shift=True)
    hand.release((x + 50, y + 20), shift=True)
    assert position(hand.graph, node("added")) == (650, 400)


def test_with_snapping_on_a_node_finds_the_edge_of_another_and_shows_it(hand):
    hand.session.change_settings(snap=True)
    x, y = hand.title("added")
    hand.press((x, y))
    hand.move((x + 3, y + 170))
    assert hand.gestures.overlay.lines
    hand.release((x + 3, y + 170))
    assert position(hand.graph, node("added"))[0] == 600


def test_escape_puts_back_what_is_dragged(hand):
    x, y = hand.title("added")
    hand.press((x, y))
    hand.move((x + 50, y + 50))
    assert hand.gestures.key("Escape")
    assert hand.gestures.shown.at[node("added")] == (600, 400)
    hand.release((x + 50, y + 50))
    assert hand.session.document.steps == 0


def test_a_free_node_dropped_on_a_link_goes_in_between(hand):
    link = Link(Ref("said"), Target("node", "loud", "text"))
    x, y = along(hand.scene.curves[link].segments[0], 0.5)
    a, b, width, height = hand.scene.rectangle(node("free"))
    start = hand.title("free")
    end = (start[0] + x - a - width / 2, start[1] + y - b - height / 2)
    hand.press(start)
    hand.move(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
    hand.move(end)
    assert hand.gestures.overlay.splits == link
    hand.release(end)
    assert hand.graph.nodes["free"].inputs == {"text": Ref("said")}
    assert hand.graph.nodes["loud"].inputs == {"text": Ref("free")}
    assert hand.session.document.steps == 1


def test_a_node_that_does_not_fit_is_only_moved_onto_a_link(hand):
    link = Link(Ref("said"), Target("node", "loud", "text"))
    x, y = along(hand.scene.curves[link].segments[0], 0.5)
    a, b, width, height = hand.scene.rectangle(node("added"))
    start = hand.title("added")
    hand.drag(start, (start[0] + x - a - width / 2, start[1] + y - b - height / 2))
    assert hand.graph.nodes["loud"].inputs == {"text": Ref("said")}
    assert position(hand.graph, node("added")) != (600, 400)


def test_the_corner_of_a_frame_makes_it_another_size(hand):
    x, y, width, height = hand.scene.rectangle(Item("frame", "frame"))
    hand.drag((x + width - 4, y + height - 4), (x + width + 56, y + height + 26))
    assert on_canvas.size(hand.graph, Item("frame", "frame")) == (300, 310)


def test_the_sign_in_a_title_collapses_a_node_and_opens_it_again(hand):
    x, y = hand.scene.at[node("said")]
    hand.click((x + 14, y + 14))
    assert on_canvas.collapsed(hand.graph, node("said"))
    hand.click((x + 14, y + 14))
    assert not on_canvas.collapsed(hand.graph, node("said"))


def test_arrow_keys_nudge_and_a_row_of_them_is_one_step(hand):
    hand.session.select([node("added")])
    assert hand.gestures.key("Right") and hand.gestures.key("Right") and hand.gestures.key("Down")
    assert position(hand.graph, node("added")) == (616, 408) and hand.session.document.steps == 1


# ---- knife, double click, menu ------------------------------------------------------------------------------------

@pytest.mark.parametrize(("button", "keys"), [(LEFT, {"alt": True}), (RIGHT, {"ctrl": True})])
def test_a_cut_takes_out_the_links_it_crosses(hand, button, keys):
    link = Link(Ref("said"), Target("node", "loud", "text"))
    x, y = along(hand.scene.curves[link].segments[0], 0.5)
    hand.press((x, y - 30), button, **keys)
    hand.move((x, y))
    hand.move((x, y + 30))
    assert link in hand.gestures.overlay.cut
    hand.release((x, y + 30), button)
    assert hand.graph.nodes["loud"].inputs == {} and hand.session.document.steps == 1


def test_a_double_click_on_a_link_makes_a_dot_there(hand):
    link = Link(Ref("said"), Target("node", "loud", "text"))
    x, y = along(hand.scene.curves[link].segments[0], 0.5)
    hand.click((x, y))
    hand.click((x, y), clicks=2)
    dots = on_canvas.dots(hand.graph)
    assert [dot.targets for dot in dots] == [(link.target,)]
    assert hand.session.selection == {Item("dot", dots[0].name)}


def test_a_double_click_on_a_title_asks_for_another_name(hand):
    hand.click(hand.title("said"), clicks=2)
    assert hand.session.dialog.kind == "rename" and hand.session.dialog.data["item"] == node("said")


def test_a_double_click_on_nothing_opens_the_palette(hand):
    hand.click(NOWHERE, clicks=2)
    assert hand.session.palette.at == pytest.approx(NOWHERE)


def test_a_right_click_opens_the_menu_of_what_is_there_or_the_palette(hand):
    hand.click(hand.title("said"), RIGHT)
    assert hand.session.dialog.kind == "context" and hand.session.dialog.data["item"] == node("said")
    assert hand.session.selection == {node("said")}
    hand.session.answer()
    hand.click(NOWHERE, RIGHT)
    assert hand.session.palette.at == pytest.approx(NOWHERE)


# ---- view ---------------------------------------------------------------------------------------------------------

def test_the_wheel_zooms_about_the_pointer_within_limits(hand):
    at = hand.gestures.stage.to_canvas(500, 300)
    for _ in range(40):
        hand.gestures.wheel(1, 500, 300)
    assert hand.session.view.zoom == 2.5 and hand.gestures.stage.to_canvas(500, 300) == pytest.approx(at)
    for _ in range(80):
        hand.gestures.wheel(-1, 500, 300)
    assert hand.session.view.zoom == 0.2 and hand.gestures.stage.to_canvas(500, 300) == pytest.approx(at)


@pytest.mark.parametrize("space", [False, True])
def test_the_middle_button_and_the_space_bar_pan(hand, space):
    hand.gestures.space = space
    button = LEFT if space else MIDDLE
    hand.gestures.press(400, 300, button)
    hand.gestures.move(450, 280)
    hand.gestures.release(450, 280, button)
    assert hand.session.view[:2] == (-150, -80) and hand.session.document.steps == 0


def test_near_the_border_the_view_follows_what_is_dragged(hand):
    x, y = hand.title("added")
    hand.press((x, y))
    hand.gestures.move(1595, 500)
    hand.gestures.tick(0.1)
    assert hand.session.view.x > -100
    assert hand.gestures.shown.at[node("added")][0] == pytest.approx(hand.gestures.stage.to_canvas(1595, 500)[0] - 60)


def test_the_minimap_brings_what_is_pressed_into_the_middle(hand):
    hand.session.change_settings(minimap=True)
    hand.session.view = View(-4000, -3000, 1.5)
    assert hand.gestures.minimap() is not None
    hand.session.see(hand.session.boxes())
    assert hand.gestures.minimap() is None  # all is in view
    hand.session.view = View(700, -100, 1.0)
    left, top, small = hand.gestures.minimap()
    x, y = small.to_canvas(60, 40)
    hand.gestures.press(left + 60, top + 40)
    hand.gestures.release(left + 60, top + 40)
    assert hand.gestures.stage.to_canvas(800, 500) == pytest.approx((x, y)) and not hand.session.selection


def test_keys_carry_out_the_commands_they_are_bound_to(hand):
    hand.session.select([node("free")])
    assert hand.gestures.key("M")
    assert hand.graph.nodes["free"].mute
    assert not hand.gestures.key("Num7", alt=True)


def test_pressing_a_second_button_while_dragging_changes_nothing(hand):
    x, y = hand.title("added")
    hand.press((x, y))
    hand.move((x + 40, y))
    hand.press((x + 40, y), RIGHT)
    hand.release((x + 40, y), RIGHT)
    hand.release((x + 40, y))
    assert position(hand.graph, node("added")) == (640, 400) and hand.session.dialog is None


# ---- all at once --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("seed", range(4))
def test_a_monkey_leaves_a_document_that_is_well_formed_and_undoes_to_where_it_began(hand, seed):
    rng = random.Random(seed)
    session, gestures = hand.session, hand.gestures
    began = session.document.graph
    down = None
    for _ in range(400):
        act = rng.random()
        pins = [at for item in hand.scene.boxes for at in hand.scene.pins(item)]
        spot = rng.choice(pins) if pins and rng.random() < 0.6 else None
        at = session.view.to_screen(spot.x, spot.y) if spot else (rng.uniform(0, 1600), rng.uniform(0, 1000))
        keys = {"ctrl": rng.random() < 0.1, "shift": rng.random() < 0.1, "alt": rng.random() < 0.1}
        if act < 0.35:
            if down is None:
                down = rng.choice([LEFT, LEFT, LEFT, RIGHT, MIDDLE])
                gestures.press(*at, down, **keys, clicks=rng.choice([1, 1, 1, 2]))
        elif act < 0.7:
            gestures.move(*at, **keys)
        elif act < 0.92:
            if down is not None:
                gestures.release(*at, down, **keys)
                down = None
        elif act < 0.96:
            gestures.wheel(rng.choice([-1, 1]), *at)
        else:
            gestures.key(rng.choice(["Escape", "Delete", "H", "M", "B", "A", "Right", "Home"]))
        gestures.tick(0.02)
        session.palette = session.dialog = None
        assert set(gestures.shown.curves) <= set(links(session.graph))
    gestures.cancel()
    workshop.well_formed(session.document.graph)
    workshop.round_trips(session.document.graph)
    assert not [ref for ref in workshop.dangling(session.document.graph)]
    while session.can("edit.undo"):
        session.do("edit.undo")
    assert session.document.graph == began


def test_a_node_put_into_a_link_refuses_where_it_does_not_fit(hand):
    link = Link(Ref("said"), Target("node", "loud", "text"))
    from nodegraph_editor.canvas.insertion import insert

    with pytest.raises(edits.EditRefused, match="does not fit between said and loud"):
        insert(hand.session, hand.graph, "added", link)
