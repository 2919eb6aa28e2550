"""The window, in a real one under Xvfb: what is seen, and what real keys and a real pointer do.

Each test is a scene played in a process of its own, which ends with what it found as JSON; see `scenes` at the end.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("dearpygui")
pytestmark = pytest.mark.timeout(300)  # on a machine that is busy with something else a scene may take minutes
HERE = Path(__file__).resolve()
TOOLS = ("Xvfb", "xdotool")
# Memory that was freed is overwritten at once, so that what is used after it was deleted ends the process each time and
# not once in a month. Where there is no glibc the variable means nothing.
PERTURBED = "glibc.malloc.tcache_count=0:glibc.malloc.perturb=165"

GRAPH = """nodegraph: 1
title: Two lines
inputs:
  subject: {type: Text, default: a red boat}
nodes:
  first:
    type: w.say
    text: hello
  second:
    type: w.join
    texts: [$first, $subject]
outputs:
  line: $second
layout:
  nodes:
    subject: {at: [40, 300]}
    first: {at: [40, 40]}
    second: {at: [400, 120]}
  outputs:
    line: {at: [720, 120]}
"""


@pytest.fixture(scope="module")
def display():
    """A screen of our own: the name of the X server's display."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} is not installed")
    reading, writing = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
                              pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    if not number:
        server.wait()
        pytest.skip("Xvfb does not start here")
    yield f":{number}"
    server.terminate()
    server.wait()


def on_screen(display: str, folder: Path, painted: bool = False) -> dict[str, str]:
    """The environment of a process that opens the window there.

    painted: whether each pixel is computed. Mesa's driver that paints nothing takes a sixth of the time, and all that
    these scenes ask about is known before pixels are: what the window holds, and where.
    """
    return {**os.environ, "DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1", "GALLIUM_NOOP": "0" if painted else "1",
            "OMP_NUM_THREADS": "1", "NODEGRAPH_CONFIG": str(folder / "config"), "GLIBC_TUNABLES": PERTURBED}


COUNTED = GRAPH.replace("type: w.say\n    text: hello", "type: w.words\n    text: a b c\n    most: 2")
SEEDED = GRAPH.replace("type: w.say\n    text: hello", "type: w.sheet\n    words: hello\n    seed: 3")
EMPTY = "nodegraph: 1\nnodes: {}\n"
SHARED = {"palette": GRAPH, "typing": GRAPH, "form": GRAPH, "refusal": SEEDED, "link": GRAPH, "menus": GRAPH,
          "saving": GRAPH, "values": COUNTED, "notices": GRAPH, "failure": GRAPH, "packs": GRAPH, "shelf": GRAPH, "sound": GRAPH,
          "start": EMPTY, "closing": GRAPH}  # scenes, and the graphs that they play with


@pytest.fixture(scope="module")
def shared(display, tmp_path_factory):
    """What the scenes found that one window serves, each with a document of its own: most of a scene is the opening."""
    folder = tmp_path_factory.mktemp("shared")
    for scene, text in SHARED.items():
        (folder / f"{scene}.yaml").write_text(text, encoding="utf-8")
    environment = {**on_screen(display, folder), "PYTHONPATH": str(HERE.parents[2])}
    done = subprocess.run([sys.executable, "-m", "tests.editor.test_window", "shared", str(folder)], cwd=HERE.parents[2],
                          env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    wrong = {scene: told["trouble"] for scene, told in found.items() if told.pop("trouble", "")}
    assert not wrong
    return found


@pytest.fixture
def play(display, tmp_path):
    """Plays a scene and gives what it found."""
    def go(scene: str, text: str = GRAPH) -> dict:
        graph = tmp_path / "lines.yaml"
        graph.write_text(text, encoding="utf-8")
        environment = {**on_screen(display, tmp_path, painted=scene == "looks"), "PYTHONPATH": str(HERE.parents[2])}
        done = subprocess.run([sys.executable, "-m", "tests.editor.test_window", scene, str(graph)],
                              cwd=HERE.parents[2], env=environment, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout.splitlines()[-1])
        assert found.pop("trouble") == ""
        return found
    return go


@pytest.mark.slow
def test_every_panel_and_dialog_opens_in_both_themes_and_languages_and_at_two_sizes(play):
    found = play("looks")
    assert found["title"] == "lines.yaml - nodegraph"
    assert found["rebuilt"] == 5
    assert len(found["dialogs"]) >= 12 and all(found["dialogs"].values())


def test_any_dialog_may_follow_any_other_and_each_chain_of_questions_ends(play):
    found = play("chains")
    assert found["pairs"] >= 300 and found["lost"] == []
    assert found["damaged"] == "error" and found["copy"] == ["export", "picture"]
    assert found["asked"] == ["unsaved", "save_as"] and found["opened"] == "other.yaml"
    assert found["quit"] == ["unsaved", "save_as"] and found["saved"] and found["closing"]


def test_keys_belong_to_what_is_under_the_pointer_and_no_letter_after_space_is_lost(play):
    found = play("areas")
    assert found["form"] == found["inspector"] == ["first", "second"]
    assert "canvas" in found["told"] and found["canvas"] == []
    assert found["letters"] == ["scale"] * len(found["letters"])
    assert found["taken back"] == "sc" and found["added"] == "w.scale"
    assert found["clicks"] == ["picture"] * 3


def test_a_window_in_which_nothing_changes_rests_and_wakes_at_once(play):
    found = play("rest")
    assert found["frames at rest"] <= 2
    assert found["frames after a move"] >= 5 and found["a key opened"] == ["gallery"]
    assert found["frames of a run"] <= 25


def test_what_happens_to_the_file_stands_above_the_canvas(shared):
    found = shared["notices"]
    assert found == {"broken": ["broken", True, None], "gone": ["gone", True, None], "whole": [None, False, None],
                     "shown": "error"}


def test_the_palette_adds_what_was_typed_under_the_pointer(shared):
    found = shared["palette"]
    assert found["added"] == {"scale": "w.scale"}
    assert found["open after"] is False and found["typed over"] == "scale"
    assert abs(found["off"][0]) < 24 and abs(found["off"][1]) < 24


def test_what_is_typed_into_a_field_is_no_shortcut(shared):
    found = shared["typing"]
    assert found["text"] == "hello, xmas"
    assert found["nodes"] == ["first", "second"]
    assert not found["muted"]
    assert found["steps"] == 1


def test_what_is_typed_into_the_form_is_no_shortcut(shared):
    found = shared["form"]
    assert found["subject"] == "a grey cat, mmm"
    assert found["selected"] == 0 and found["form"]


def test_a_number_that_does_not_fit_is_told_below_its_field_and_the_document_keeps_the_old_one(shared):
    found = shared["refusal"]
    assert found["seed"] == 3
    assert "seed" in found["problem"]
    assert found["shown"] == "-1"


def test_a_link_is_drawn_from_pin_to_pin_and_taken_back_with_ctrl_z(shared):
    found = shared["link"]
    assert found["linked"] == "$subject"
    assert found["after undo"] == "hello"


def test_what_a_panel_raises_is_shown_and_the_window_goes_on(shared):
    found = shared["failure"]
    assert found["dialog"] == "error"
    assert "the lamp is broken" in found["text"]
    assert found["copies"] == 1
    assert found["closed"] and found["frames after"]


def test_closing_with_unsaved_changes_asks_and_escape_stays(shared):
    found = shared["closing"]
    assert found["asked"] == "unsaved"
    assert found["stayed"]
    assert found["saved"] and found["closing"]


def test_a_number_is_dragged_and_typed_on_its_node_and_arrows_lead_back_to_what_is_out_of_view(shared):
    found = shared["values"]
    assert found["before"] == 2 and 2 < found["dragged"] <= 9
    assert (found["asked"], found["typed"]) == ("value", 7)
    assert found["side"] == "right" and found["went"] > -2000
    assert found["icons"] == ["type_text"]


def test_ctrl_s_writes_the_file_while_a_field_has_the_keyboard(shared):
    assert "hello again" in shared["saving"]["file"]


def test_a_press_beside_the_palette_closes_it_and_one_in_a_menu_chooses(shared):
    found = shared["menus"]
    assert found["palette"] == [True, False]
    assert found["muted"] and found["menu after"] is None


def test_the_packs_page_tells_of_a_pack_and_writes_a_node_that_is_then_in_the_palette(shared):
    found = shared["packs"]
    assert found["asked"] == "new_node"
    assert found["file"] and "watercolor.repeat" in found["nodes"] and found["told"] == "watercolor"


def test_a_run_on_disk_is_found_by_its_words_starred_and_dragged_onto_the_canvas(shared):
    found = shared["shelf"]
    assert found["found"] == ["fox.txt"] and found["starred"]
    assert found["whole"] and found["added"] == ["w.load"] and found["file"] == "out/fox.txt" and abs(found["off"]) < 40


def test_a_drag_along_a_sound_loops_it_a_click_goes_there_and_a_letter_swaps_two(shared):
    found = shared["sound"]
    assert [round(edge, 1) for edge in found["loop"][:2]] == [0.2, 0.6] and found["loop"][2] is True
    assert found["inside"] == found["loop"] and round(found["outside"][0], 1) == 0.8 and found["outside"][2] is False
    assert found["swapped"] == [[1, "line"], [0, "line"]] and found["place"] >= 0.8 and found["whole"] == [0.0, 1.0, False]


def test_a_new_graph_leaves_the_start_page_whose_cards_open_by_their_titles_too(shared):
    found = shared["start"]
    assert found["open"] and found["left"] and found["stays away"]
    assert found["title"] == found["picture"] == "other.yaml"


def test_a_modifier_told_after_its_key_and_let_go_in_the_same_frame_still_counts():
    import dearpygui.dearpygui as dpg

    from nodegraph_editor.window.keyboard import Keys

    keys = Keys()
    for event in (dpg.mvKey_Tab, dpg.mvKey_LControl):
        keys.press(event)
    for event in (dpg.mvKey_Tab, dpg.mvKey_LControl):
        keys.release(event)
    keys.press(dpg.mvKey_A)
    assert [(down, number, held[0]) for down, number, held in keys.take()] == [
        (True, dpg.mvKey_Tab, True), (True, dpg.mvKey_LControl, True), (False, dpg.mvKey_Tab, True),
        (False, dpg.mvKey_LControl, True), (True, dpg.mvKey_A, False)]


# ---- the scenes, played in a process of their own ----------------------------------------------------------------

class Stage:
    """A window, and the hands on it."""

    def __init__(self, path: str):
        import dearpygui.dearpygui as dpg

        from nodegraph import Engine
        from nodegraph_editor.commands import COMMANDS
        from nodegraph_editor.runs.runner import Runner
        from nodegraph_editor.session import Session
        from nodegraph_editor.settings import Settings
        from nodegraph_editor.window.app import App
        from tests.editor.workshop import CATALOGUE, checked

        self.dpg = dpg
        self.session = Session(
            checker=checked, catalogue=CATALOGUE, commands=COMMANDS, runner=Runner(lambda: Engine(None, catalogue=CATALOGUE)),
            settings=Settings(language="en", window=(1240, 760), position=(0, 0), autosave_seconds=3600, minimap=False),
            folder=Path(os.environ["NODEGRAPH_CONFIG"]))
        self.session.open(path)
        dpg.create_context()
        self.app = App(self.session)
        self.app.open()
        self.frames(8)
        self.session.view = self.session.view._replace(x=0.0, y=0.0, zoom=1.0)
        self.session.touch()
        self.frames(2)

    def frames(self, count: int = 4) -> None:
        for _ in range(count):
            self.app.frame()

    def hand(self, *words: str) -> None:
        """Have xdotool do something, and let the window take it in."""
        subprocess.run(["xdotool", *words], check=True)
        self.frames(6)

    def point(self, x: float, y: float) -> None:
        self.hand("mousemove", str(round(x)), str(round(y)))

    def click(self, x: float, y: float) -> None:
        self.point(x, y)
        self.hand("mousedown", "1")
        self.hand("mouseup", "1")

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.point(*start)
        self.hand("mousedown", "1")
        self.point((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self.point(*end)
        self.hand("mouseup", "1")

    def key(self, *names: str) -> None:
        for name in names:
            self.hand("key", name)

    def type(self, words: str) -> None:
        subprocess.run(["xdotool", "type", "--delay", "1", "--", words], check=True)
        self.frames(3 * len(words) + 6)  # Dear ImGui takes in one key a frame

    def canvas(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of the screen at a point of the canvas."""
        left, top = self.app.origin
        right, down = self.session.view.to_screen(x, y)
        return left + right, top + down

    def pin(self, kind: str, item: str, port: str) -> tuple[float, float]:
        """The pixel of the screen at a pin."""
        from nodegraph_editor.document.items import Item

        scene = self.app.canvas.gestures.scene
        at, box = scene.at[Item(kind, item)], scene.boxes[Item(kind, item)]
        pin = next(p for p in box.pins if getattr(p.end, "port", "") in (port, None) or p.gives and not port)
        return self.canvas(at[0] + pin.x, at[1] + pin.y)

    def field(self, name: str):
        """The row of a parameter in the inspector, unfolded if need be."""
        if not any(port == name for _, port in self.app.inspector.fields.rows):
            self.app.inspector.unfold()
            self.frames(2)
        return next(row for (_, port), row in self.app.inspector.fields.rows.items() if port == name)

    def into(self, name: str, twice: bool = False) -> None:
        """Click into the field of a parameter; twice, to type into a slider."""
        widget = self.field(name).widget
        self.reach(widget)
        x, y = self.dpg.get_item_rect_min(widget)
        width, height = self.dpg.get_item_rect_size(widget)
        place = x + width - 30, y + min(height, 30) / 2
        if twice:
            self.point(*place)
            self.hand("click", "--repeat", "2", "--delay", "30", "1")
        else:
            self.click(*place)

    def reach(self, widget: int) -> None:
        """Turn the wheel over the inspector until a field is in sight."""
        height = self.dpg.get_viewport_client_height()
        for _ in range(60):
            x, y = self.dpg.get_item_rect_min(widget)
            if self.dpg.is_item_visible(widget) and 60 < y < height - 80:
                return
            self.point(x + self.dpg.get_item_rect_size(widget)[0] / 2, height / 2)
            self.hand("click", "4" if y < 60 and (x, y) != (0, 0) else "5")  # one that was never drawn is at (0, 0)
            self.frames(2)
        raise AssertionError("the inspector does not scroll so far")

    def select(self, kind: str, name: str) -> None:
        from nodegraph_editor.document.items import Item

        self.session.select([Item(kind, name)])
        self.frames()

    @property
    def trouble(self) -> str:
        """What went wrong in the editor itself, if it is being told."""
        dialog = self.session.dialog
        return dialog.data.get("text", "") if dialog is not None and dialog.kind == "error" else ""


def looks(stage: Stage) -> dict:
    session, rebuilt, built = stage.session, 0, stage.app.main
    for name in ("first", "second"):
        stage.select("node", name)
    session.do("edit.select_all")
    stage.frames()
    for change in ({"theme": "light"}, {"language": "zh"}, {"font_scale": 1.5}, {"theme": "dark"},
                   {"language": "en", "font_scale": 1.0}):
        session.change_settings(**change)
        for panel in ("problems", "timeline", "gallery", "form", "form", "gallery", "timeline", "problems"):
            session.do(f"view.{panel}")
            stage.frames(2)
        rebuilt, built = rebuilt + (stage.app.main != built), stage.app.main
        if stage.trouble:
            return {"change": change}
    opened = {}
    stage.select("node", "first")
    for command in ("file.open", "file.save_as", "file.new_from_template", "edit.find", "edit.rename", "node.group",
                    "help.shortcuts", "help.about"):
        opened[command] = _opens(stage, lambda: session.do(command))
    recovery = type("Recovery", (), {"path": None, "seconds": 0.0})()
    for kind, data in (("unsaved", {"name": "a"}), ("changed_on_disk", {"name": "a"}),
                       ("recover", {"recoveries": [recovery]}),
                       ("recent", {"paths": ["/a/b.yaml"]}), ("choose_file", {}), ("choose_folder", {}),
                       ("context", {"item": next(iter(session.selection)), "at": (0, 0)})):
        opened[kind] = _opens(stage, lambda: session.ask(kind, **data))
    return {"title": stage.app.viewport.title, "rebuilt": rebuilt, "dialogs": opened}


def _opens(stage: Stage, ask) -> bool:
    ask()
    stage.frames(4)
    there = stage.app.dialogs.shown is not None and not stage.trouble
    if not stage.trouble:
        stage.key("Escape")
    return there and stage.session.dialog is None


def palette(stage: Stage) -> dict:
    before = set(stage.session.graph.nodes)
    stage.point(*stage.canvas(420, 400))
    subprocess.run(["xdotool", "key", "space"], check=True)
    stage.type("nothing such")
    stage.key("ctrl+a")
    stage.type("scale")
    typed = stage.app.palette.typed
    stage.key("Return")
    stage.frames(4)
    added = {name: node.type for name, node in stage.session.graph.nodes.items() if name not in before}
    at = stage.session.graph.layout["nodes"]["scale"]["at"] if "scale" in added else (0, 0)
    return {"added": added, "typed over": typed, "open after": stage.session.palette is not None, "off": [at[0] - 420, at[1] - 400]}


def typing(stage: Stage) -> dict:
    stage.select("node", "first")
    stage.into("text")
    stage.key("End")
    stage.type(", xmas")
    node = stage.session.graph.nodes["first"]
    return {"text": node.inputs["text"], "muted": node.mute, "nodes": sorted(stage.session.graph.nodes),
            "steps": stage.session.document.steps}


def form(stage: Stage) -> dict:
    stage.key("ctrl+Tab")
    row = next(iter(stage.app.form.fields.rows.values()))
    x, y = stage.dpg.get_item_rect_min(row.widget)
    stage.click(x + 40, y + 12)
    stage.key("ctrl+a")
    stage.type("a grey cat, mmm")
    return {"subject": stage.session.graph.inputs["subject"].default, "form": "form" in stage.session.panels,
            "selected": len(stage.session.selection)}


def refusal(stage: Stage) -> dict:
    stage.select("node", "first")
    stage.into("seed")
    stage.key("ctrl+a")
    stage.type("-1")
    row = stage.field("seed")
    return {"seed": stage.session.graph.nodes["first"].inputs["seed"], "problem": stage.dpg.get_value(row.problem),
            "shown": stage.dpg.get_value(row.widget)}


def link(stage: Stage) -> dict:
    stage.drag(stage.pin("input", "subject", ""), stage.pin("node", "first", "text"))
    linked = str(stage.session.graph.nodes["first"].inputs["text"])
    stage.key("ctrl+z")
    return {"linked": linked, "after undo": stage.session.graph.nodes["first"].inputs["text"]}


def menus(stage: Stage) -> dict:
    stage.point(*stage.canvas(420, 400))
    stage.key("space")
    stage.frames(6)
    opened = stage.session.palette is not None
    stage.click(*stage.canvas(380, 360))
    palette = [opened, stage.session.palette is not None]
    stage.point(*stage.canvas(120, 52))
    stage.hand("click", "3")
    menu = stage.app.dialogs.shown.window
    (x, y), (_, height) = stage.dpg.get_item_pos(menu), stage.dpg.get_item_rect_size(menu)
    labels = [stage.dpg.get_item_label(item) for item in stage.dpg.get_item_children(menu, 1)]
    shares = [0.15 if not label else 1 for label in labels]  # lines between the entries are thin
    at = labels.index("Mute")
    stage.click(x + 30, y + 8 + (height - 16) * (sum(shares[:at]) + 0.5) / sum(shares))
    return {"palette": palette, "muted": stage.session.graph.nodes["first"].mute,
            "menu after": stage.session.dialog and stage.session.dialog.kind}


def failure(stage: Stage) -> dict:
    session = stage.session
    session.edit("undo.value", session.graph.with_value("first", "text", "kept"))
    good, failing = stage.app.inspector.update, True

    def update() -> None:
        if failing:
            raise RuntimeError("the lamp is broken")
        good()
    stage.app.inspector.update = update
    session.touch()
    stage.frames(4)
    dialog = session.dialog
    copies = len(list(session.files.recovery_folder.glob("*.json")))
    failing = False
    stage.key("Escape")
    stage.app.inspector.update = good
    before = stage.dpg.get_frame_count()
    stage.frames(3)
    return {"dialog": dialog.kind, "text": dialog.data["text"], "copies": copies, "closed": session.dialog is None,
            "frames after": stage.dpg.get_frame_count() - before}


def values(stage: Stage) -> dict:
    """A number is dragged and typed on its node, an arrow at the edge is followed, and from afar there are tiles."""
    from nodegraph_editor.document.items import Item

    nodes, canvas = stage.session.graph.nodes, stage.app.canvas
    box = canvas.gestures.scene.boxes[Item("node", "first")]
    at = canvas.gestures.scene.at[Item("node", "first")]
    pin = next(pin for pin in box.pins if not pin.gives and pin.end.port == "most")
    x, y = stage.canvas(at[0] + box.width - 30, at[1] + pin.y)
    stage.drag((x, y), (x + 60, y))
    dragged = stage.session.graph.nodes["first"].inputs["most"]
    stage.point(x, y)
    stage.hand("click", "--repeat", "2", "--delay", "30", "1")
    stage.frames(8)
    asked = stage.session.dialog.kind if stage.session.dialog is not None else ""
    stage.key("ctrl+a")
    stage.type("7")
    stage.key("Return")
    typed = stage.session.graph.nodes["first"].inputs["most"]
    stage.session.view = stage.session.view._replace(x=-2000.0)
    stage.session.touch()
    stage.frames(3)
    [sign] = canvas.gestures.stage.signs()
    left, top = stage.app.origin
    stage.click(left + sign.x + 20, top + sign.y + 10)
    went = stage.session.view.x
    stage.session.see(stage.session.boxes())
    stage.session.zoom(0.3)
    stage.frames(4)
    return {"before": nodes["first"].inputs["most"], "dragged": dragged, "asked": asked, "typed": typed, "side": sign.side,
            "went": went, "icons": sorted(name for name in canvas.icons._textures if name.startswith("type_"))}


def packs(stage: Stage) -> dict:
    session, folder = stage.session, stage.session.document.path.parent
    os.environ["VISUAL"] = ""
    stage.key("F9")
    stage.app.dialogs.shown._new()
    stage.frames(4)
    asked = session.dialog and session.dialog.kind
    stage.key("ctrl+a")
    stage.type(str(folder / "watercolor.py"))
    stage.key("Return")
    stage.frames(4)
    stage.app.dialogs.shown._choose("watercolor")
    told = stage.app.dialogs.shown.chosen
    stage.key("Escape")
    return {"asked": asked, "file": (folder / "watercolor.py").is_file(),
            "nodes": session.catalogue.node_names(), "told": told}


def shelf(stage: Stage) -> dict:
    session, dpg, folder = stage.session, stage.dpg, stage.session.document.path.parent
    (folder / "out").mkdir()
    (folder / "out/boat.txt").write_text("a red boat")
    (folder / "out/fox.txt").write_text("a green fox")
    stage.key("F6")
    gallery = stage.app.gallery
    gallery.turn("all")
    stage.frames(3)
    session.shelf.wait(60)
    stage.frames(3)
    page = gallery.shelf
    x, y = dpg.get_item_rect_min(page.search)
    stage.click(x + 40, y + 10)
    stage.type("green")
    [key] = page._cards
    found = [one.path.name for run in session.shelf.runs for one in run.made if run.key == key]
    session.shelf.star(key)
    stage.frames(3)
    x, y = dpg.get_item_rect_min(page._cards[key])
    whole = dpg.get_y_scroll_max(page.grid) == 0  # one row of cards is seen whole
    before, target = set(session.graph.nodes), stage.canvas(300, 250)
    stage.drag((x + 20, y + 20), target)
    [name] = set(session.graph.nodes) - before
    node = session.graph.nodes[name]
    return {"found": found, "whole": whole, "starred": key in session.shelf.stars, "added": [node.type], "file": node.inputs["file"],
            "off": session.graph.layout["nodes"][name]["at"][0] - 300}


def sound(stage: Stage) -> dict:
    import wave
    from dataclasses import replace

    from nodegraph_editor.runs.thumbnails import Thumbnail

    session, dpg, sounds = stage.session, stage.dpg, stage.app.sounds
    sounds.player.commands, sounds.can_play = [("sh", "-c", "exec sleep 60")], lambda type: True
    session.running.run()
    session.runner.wait(60)
    stage.frames(3)
    first = session.gallery[0]
    seen = Thumbnail("wave", _made().thumbnail.picture, "")
    results = [replace(first, job=job, outputs={"line": first.outputs["line"]._replace(thumbnail=seen)}) for job in (0, 1)]
    for job in (0, 1):
        with wave.open(f"{sounds._folder.name}/{job}-line.wav", "wb") as file:
            file.setparams((1, 2, 1000, 0, "NONE", ""))
            file.writeframes(bytes(2 * 600_000))
    session.ask("compare", results=results)
    stage.frames(12)
    bar = next(bar for bar in sounds.bars if bar.made.job == 0)
    (left, top), wide = dpg.get_item_rect_min(bar.list), bar.width
    place = lambda part: (left + part * wide, top + 8)
    stage.drag(place(0.2), place(0.6))
    found = {"loop": list(sounds.stretch)}
    stage.click(*place(0.4))
    found["inside"] = list(sounds.stretch)
    stage.click(*place(0.8))
    found["outside"] = list(sounds.stretch)
    swapped = []
    for letter in ("b", "a"):
        stage.key(letter)
        swapped.append(list(sounds.playing))
    found |= {"swapped": swapped, "place": sounds.part + 0.01}
    stage.point(*place(0.5))
    stage.hand("click", "3")
    found["whole"] = list(sounds.stretch)
    sounds.stop()
    stage.key("Escape")
    return found


def start(stage: Stage) -> dict:
    session, page, dpg = stage.session, stage.app.start, stage.dpg
    folder = session.document.path.parent
    (folder / "other.yaml").write_text(GRAPH, encoding="utf-8")
    session.settings = session.settings.with_recent_file(folder / "other.yaml")
    session.change_settings()
    stage.frames(3)
    found = {"open": page.is_open}
    for name, number in (("title", 0), ("picture", 1)):  # the newest file's name, and the empty place for its picture
        buttons = [item for item in dpg.get_all_items() if dpg.get_item_type(item) in ("mvAppItemType::mvButton",)
                   and str(dpg.get_item_user_data(item)) == str(folder / "other.yaml")]
        x, y = dpg.get_item_rect_min(buttons[0])
        stage.click(*((x + 20, y + 8) if number == 0 else (x - 30, y + 20)))
        stage.frames(3)
        found[name] = session.document.path.name
        session.files.show(type(session.document)())
        stage.frames(4)
    stage.key("ctrl+n")
    found["left"] = not page.is_open
    _draft(stage)
    session.do("edit.undo")
    stage.frames(3)
    return found | {"stays away": not page.is_open}


def closing(stage: Stage) -> dict:
    session = stage.session
    session.edit("undo.value", session.graph.with_value("first", "text", "kept"))
    session.files.close()
    stage.frames(4)
    asked = session.dialog.kind
    stage.key("Escape")
    stayed = session.dialog is None and not session.closing
    session.files.close()
    stage.frames(4)
    stage.key("Return")
    return {"asked": asked, "stayed": stayed, "saved": not session.document.dirty, "closing": session.closing}


def saving(stage: Stage) -> dict:
    stage.select("node", "first")
    stage.into("text")
    stage.key("End")
    stage.type(" again")
    stage.key("ctrl+s")
    return {"file": stage.session.document.path.read_text(encoding="utf-8")}


def chains(stage: Stage) -> dict:
    """Each kind of dialog after each other one, by an answer that asks the next; and the chains that people go through."""
    session, item = stage.session, next(iter(stage.session.boxes()))
    recovery = type("Recovery", (), {"path": None, "seconds": 0.0})()
    told: dict[str, dict] = {
        "unsaved": {"name": "a"}, "settle": {"name": "a"}, "changed_on_disk": {"name": "a"}, "open": {}, "save_as": {},
        "recover": {"recoveries": [recovery]}, "rename": {"name": "a"}, "find": {}, "group": {}, "shortcuts": {},
        "about": {}, "templates": {}, "packs": {}, "new_node": {}, "choose_pack": {}, "help": {"name": "w.say"}, "recent": {"paths": ["/a/b.yaml"]}, "error": {"title": "a", "text": "b"},
        "messages": {}, "choose_file": {}, "choose_folder": {}, "context": {"item": item, "at": (0, 0)}}
    kinds, lost, pairs = list(told), [], 0
    walk = [kinds[0]]  # goes over each pair once (a de Bruijn sequence of order 2)
    for at, kind in enumerate(kinds):
        walk += [kind, *(one for other in kinds[at + 1:] for one in (kind, other))]
    for before, kind in itertools.pairwise(walk):
        session.dialog = None  # answered, and the answer asks the next thing, all between two frames
        session.ask(kind, **told[kind])
        stage.frames(3)
        pairs += 1
        if stage.app.dialogs.shown is None or session.dialog is None or session.dialog.kind != kind:
            lost.append([before, kind])
    session.dialog = None
    stage.frames(2)
    return {"pairs": pairs, "lost": lost, **_chains_of_people(stage)}


def _chains_of_people(stage: Stage) -> dict:
    session, folder = stage.session, stage.session.document.path.parent
    (folder / "other.yaml").write_text(GRAPH, encoding="utf-8")
    (folder / "damaged.yaml").write_text("nodegraph: 1\nnodes: {a: [}\n", encoding="utf-8")
    found = {}
    stage.key("ctrl+o")
    stage.type("damaged.yaml")
    stage.key("Return")
    found["damaged"] = session.dialog and session.dialog.kind
    stage.key("Escape")
    session.ask("picture", made=_made())
    stage.frames(5)
    session.ask("export", name="a.png", suffixes=(".png",))
    stage.frames(5)
    kinds = [session.dialog.kind]
    stage.key("Escape")
    found["copy"] = [*kinds, session.dialog and session.dialog.kind]
    stage.key("Escape")
    session.files.new()
    _draft(stage)
    stage.key("ctrl+o")
    stage.type("other.yaml")
    stage.key("Return")
    asked = [session.dialog and session.dialog.kind]
    stage.key("Return")
    asked.append(session.dialog and session.dialog.kind)
    stage.key("ctrl+a")
    stage.type(str(folder / "draft.yaml"))
    stage.key("Return")
    found |= {"asked": asked, "opened": session.document.path and session.document.path.name}
    session.files.new()
    _draft(stage)
    stage.key("ctrl+q")
    asked = [session.dialog and session.dialog.kind]
    stage.key("Return")
    asked.append(session.dialog and session.dialog.kind)
    stage.key("ctrl+a")
    stage.type(str(folder / "again.yaml"))
    stage.key("Return")
    return found | {"quit": asked, "saved": (folder / "again.yaml").is_file(), "closing": session.closing}


def _draft(stage: Stage) -> None:
    from nodegraph_editor.document import edits

    stage.session.edit("undo.added", edits.add_node(stage.session.graph, "w.say", (0, 0))[0])
    stage.frames(3)


def _made():
    import numpy as np

    from nodegraph_editor.runs.thumbnails import Thumbnail
    from nodegraph_editor.window.outputs import Made

    return Made(0, "line", "line", None, Thumbnail("picture", np.full((64, 96, 4), 200, np.uint8), ""))


def areas(stage: Stage) -> dict:
    session, found = stage.session, {}
    names = lambda: sorted(session.graph.nodes)
    session.do("edit.select_all")
    stage.key("ctrl+Tab")
    stage.point(640, 400)
    stage.key("a", "x", "Delete", "m")
    found["form"] = names()
    stage.key("ctrl+Tab")
    stage.point(*(v + 60 for v in stage.dpg.get_item_pos(stage.app.inspector.parent)))
    stage.key("x")
    found |= {"inspector": names(), "told": session.message}
    letters = []
    for late in range(6):  # letters that come so many frames after Space
        stage.point(*stage.canvas(420, 400 + late))
        subprocess.run(["xdotool", "key", "space"], check=True)
        stage.frames(late)
        stage.type("scale")
        letters.append(stage.app.palette.typed)
        stage.key("Escape")
    stage.point(*stage.canvas(420, 420))
    subprocess.run(["xdotool", "key", "space"], check=True)
    stage.type("scale")
    stage.key("BackSpace", "BackSpace", "BackSpace")
    found |= {"letters": letters, "taken back": stage.app.palette.typed}
    before = set(session.graph.nodes)
    stage.type("ale")
    stage.key("Return")
    [added] = set(session.graph.nodes) - before
    found |= {"added": session.graph.nodes[added].type, "clicks": [_clicked(stage, held) for held in (0, 2, 12)]}
    stage.point(*stage.canvas(420, 400))
    stage.key("a", "x")
    return found | {"canvas": names()}


def _clicked(stage: Stage, held: int) -> str | None:
    """What a click on a result opens, with the button down for so many frames."""
    from nodegraph_editor.window import outputs, pictures, widgets

    made = _made()
    stage.app.inspector.parent, dpg = stage.app.inspector.parent, stage.dpg
    with widgets.inside(stage.app.inspector.foot.group):
        area = dpg.add_group()
    with widgets.inside(area):
        outputs.content(stage.app, pictures.Pictures(), made, 96, 64)
    stage.frames(3)
    shown = dpg.get_item_children(area, 1)[0]
    stage.reach(shown)
    x, y = dpg.get_item_rect_min(shown)
    stage.point(x + 20, y + 20)
    subprocess.run(["xdotool", "mousedown", "1"], check=True)
    stage.frames(held)
    subprocess.run(["xdotool", "mouseup", "1"], check=True)
    stage.frames(8)
    kind = stage.session.dialog and stage.session.dialog.kind
    stage.session.dialog = None
    stage.frames(3)
    dpg.delete_item(area)
    return kind


def rest(stage: Stage) -> dict:
    app, session = stage.app, stage.session
    stage.point(*stage.canvas(420, 400))

    def live(seconds: float, during=lambda: None) -> int:
        """Let the window run as it does by itself; the frames that it drew."""
        first, end, drawn = True, time.monotonic() + seconds, stage.dpg.get_frame_count()
        while time.monotonic() < end:
            began = time.monotonic()
            app.frame()
            if first:
                during()
                first = False
            app.pace.rest(began, lambda: session.revision, lambda: app._meanwhile() or time.monotonic() > end)
        return stage.dpg.get_frame_count() - drawn
    live(3.0)
    while not app.palette.library.filled:
        app.palette.library.fill(1.0)
    found = {"frames at rest": live(3.0)}
    move = ["xdotool", "sleep", "0.3", "mousemove", "500", "300", "sleep", "0.1", "mousemove", "520", "300"]
    found["frames after a move"] = live(2.0, lambda: subprocess.Popen(move))
    live(2.0)
    live(1.5, lambda: subprocess.Popen(["xdotool", "sleep", "0.2", "key", "F6"]))
    found["a key opened"] = sorted(session.panels)
    live(2.0)

    def run() -> None:
        for step in range(100):
            threading.Timer(step / 50, session.touch).start()
    return found | {"frames of a run": live(2.0, run)}


def notices(stage: Stage) -> dict:
    session, path, found = stage.session, stage.session.document.path, {}
    clock = iter(range(10 ** 6, 10 ** 7, 10))

    def look() -> list:
        session.tick(float(next(clock)))
        stage.frames(4)
        notice = session.files.watching.notice
        return [notice and notice.kind, stage.dpg.is_item_shown(stage.app.panes.banner), session.dialog and session.dialog.kind]
    path.write_text(GRAPH.replace("nodes:", "nodes: [", 1), encoding="utf-8")
    look()
    found["broken"] = look()
    stage.app._panels[1]._show()
    stage.frames(4)
    found["shown"] = session.dialog.kind
    stage.key("Escape")
    path.unlink()
    found["gone"] = look()
    path.write_text(GRAPH, encoding="utf-8")
    session.do("file.save")
    return found | {"whole": look()}


def begin_again(stage: Stage, path: Path) -> None:
    """The window as it was when it was opened, with another document."""
    session = stage.session
    session.dialog = session.palette = None
    session.closing, session.panels = False, set()
    session.files.show(type(session.document).open(path))
    session.messages.rest()
    stage.point(5, 5)
    stage.frames(3)
    session.view = session.view._replace(x=0.0, y=0.0, zoom=1.0)
    session.touch()
    stage.frames(2)


def in_one_window(stage: Stage, folder: Path) -> dict:
    """What each of the shared scenes found."""
    found = {}
    for scene in SHARED:
        begin_again(stage, folder / f"{scene}.yaml")
        found[scene] = globals()[scene](stage) | {"trouble": stage.trouble}
    return found


if __name__ == "__main__":
    if sys.argv[1] == "shared":
        folder = Path(sys.argv[2])
        stage = Stage(str(folder / "palette.yaml"))
        found = in_one_window(stage, folder)
    else:
        stage = Stage(sys.argv[2])
        found = globals()[sys.argv[1]](stage)
        found = {**found, "trouble": stage.trouble}
    print(json.dumps(found), flush=True)
    stage.session.runner.close()
    stage.dpg.destroy_context()
