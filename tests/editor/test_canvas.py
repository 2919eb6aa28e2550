"""The canvas in a real window: what is painted, what is hidden, and pictures that come and go. Needs a display."""

import os
import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("dearpygui.dearpygui", exc_type=ImportError)
pytestmark = pytest.mark.skipif(sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
                                reason="there is no display")

BEGIN = """
import dearpygui.dearpygui as dpg
import numpy as np
from nodegraph import Engine, Graph
from nodegraph_editor.document import edits
from nodegraph_editor.document.document import Document
from nodegraph_editor.document.items import Item
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.canvas.view import View
from nodegraph_editor.session import Session
from nodegraph_editor.runs.thumbnails import Thumbnail
from nodegraph_editor.window import fonts, theme
from nodegraph_editor.window.canvas import Canvas

graph = Graph({})
for at in range(30):
    graph, _ = edits.add_node(graph, "text.join", (at % 6 * 300, at // 6 * 300), {"separator": "春眠不觉晓"}, f"n{at}")
engine = Engine(None, device="cpu")
session = Session(checker=engine.check, catalogue=engine.catalogue, commands=COMMANDS, runner=Runner(lambda: Engine(None, device="cpu")))
session.files.show(Document(graph))
dpg.create_context()
dpg.create_viewport(width=900, height=700)
fonts.load()
theme.use("dark")
with dpg.window() as window:
    area = dpg.add_child_window(width=800, height=600, no_scrollbar=True)
dpg.set_primary_window(window, True)
canvas = Canvas(area, session)
dpg.setup_dearpygui()
dpg.show_viewport()


def frames(count=4):
    for _ in range(count):
        canvas.paint()
        dpg.render_dearpygui_frame()


def shown():
    return {item for item, painted in canvas._painted.items() if dpg.is_item_shown(painted.node)}


frames()
session.view = View(-50, -50, 1.0)
session.touch()
frames()
"""
END = """
dpg.destroy_context()
session.runner.close(10)
engine.close()
print("fine")
"""


def in_a_window(script: str) -> None:
    """Run a script with a canvas of 30 nodes in a process of its own: a second window in one process is not safe."""
    found = subprocess.run([sys.executable, "-c", BEGIN + textwrap.dedent(script) + END], capture_output=True, text=True,
                           timeout=100, check=False)
    assert found.returncode == 0 and found.stdout.strip() == "fine", found.stdout + found.stderr


def test_only_what_is_seen_is_shown_and_panning_brings_the_rest():
    in_a_window("""
        assert Item("node", "n0") in shown() and Item("node", "n29") not in shown(), shown()
        session.jump(Item("node", "n29"))
        frames()
        assert Item("node", "n29") in shown() and Item("node", "n0") not in shown(), shown()
    """)


def test_panning_and_selecting_paint_no_box_again_and_an_edit_paints_one():
    in_a_window("""
        node = canvas._painted[Item("node", "n1")]
        before = {item: dpg.get_item_children(painted.body, 2) for item, painted in canvas._painted.items()}
        session.view = session.view._replace(x=-40.0)
        session.select([Item("node", "n1")])
        frames()
        assert before == {item: dpg.get_item_children(canvas._painted[item].body, 2) for item in before}
        session.edit("undo.set", edits.set_value(session.graph, "n1", "separator", "-"))
        frames()
        changed = {item for item in before if before[item] != dpg.get_item_children(canvas._painted[item].body, 2)}
        assert changed == {Item("node", "n1")}, changed
    """)


def test_pictures_become_textures_while_they_are_seen_and_are_let_go_after():
    in_a_window("""
        picture = np.zeros((300, 200, 4), np.uint8)
        for name in ("n0", "n1", "n2"):
            session.state(name).thumbnails["text"] = Thumbnail("picture", picture.copy())
        session.touch()
        frames(8)
        assert canvas.textures.count == len({"n0", "n1", "n2"} & {i.name for i in shown()}) > 0, canvas.textures.count
        session.jump(Item("node", "n29"))
        frames(8)
        assert canvas.textures.count == 0
        session.view = View(-50, -50, 1.0)
        frames(8)
        assert canvas.textures.count > 0
        session.edit("undo.delete", edits.delete(session.graph, [Item("node", f"n{at}") for at in range(30)]))
        frames(8)
        assert canvas.textures.count == 0 and not canvas._painted
    """)


def test_every_zoom_and_both_themes_are_painted_and_a_canvas_can_be_closed():
    in_a_window("""
        for name in theme.THEMES:
            theme.use(name)
            for zoom in (0.1, 0.2, 0.35, 0.6, 1.0, 2.5):
                session.view = session.view._replace(zoom=zoom)
                session.touch()
                frames(2)
        canvas.gestures.press(60, 60)
        canvas.gestures.move(200, 160)
        frames()
        canvas.gestures.cancel()
        canvas.close()
        canvas = Canvas(area, session)
        frames()
        assert shown()
    """)
