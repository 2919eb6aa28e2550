"""The postcard graph built from an empty window with a pointer and a keyboard, undone, saved, and run without a window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nodegraph import graphfile
from nodegraph.graph import Ref

from .test_window import HERE, Stage, display, on_screen  # noqa: F401 (a fixture)

POSTCARD = HERE.parents[2] / "graphs" / "postcard.yaml"
STEP = (300, 250)  # canvas units from one node to the next


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_postcard_is_built_by_hand_undone_and_saved_and_says_what_the_shipped_one_says(display, tmp_path):  # noqa: F811
    made = tmp_path / "mine.yaml"
    environment = {**on_screen(display, tmp_path), "NODEGRAPH_CACHE": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "-m", "tests.editor.test_by_hand", str(made)], cwd=HERE.parents[2],
                          env=environment, capture_output=True, text=True, timeout=550)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["steps"] >= 50 and found["back"] == 50 and found["same after redo"]
    assert found["refused"] and found["problems"] == []
    graph, problems = graphfile.read(made)
    shipped = graphfile.read(POSTCARD)[0]
    assert not problems
    assert graph.nodes == shipped.nodes and graph.outputs == shipped.outputs
    assert {name: told.default for name, told in graph.inputs.items()} == \
        {name: told.default for name, told in shipped.inputs.items()}


class Hands(Stage):
    """Builds a graph as a person would: the palette, pins, and the inspector."""

    def __init__(self, path: Path):
        import dearpygui.dearpygui as dpg

        from nodegraph_editor.main import begin, make_session
        from nodegraph_editor.window.app import App

        self.dpg = dpg
        self.session = make_session(cache=os.environ["NODEGRAPH_CACHE"], device="cpu")
        self.session.change_settings(language="en", window=(1240, 760), position=(0, 0), minimap=False, snap=False,
                                    compact=False)  # every pin is seen, so that links can be dragged to it
        dpg.create_context()
        self.app = App(self.session)
        self.app.open()
        begin(self.session, path)
        self.frames(8)
        self.at = 0

    def look_at(self, x: float, y: float, zoom: float = 1.0) -> None:
        """Put a canvas point near the upper left of what is seen."""
        self.session.view = self.session.view._replace(x=x - 60, y=y - 60, zoom=zoom)
        self.session.touch()
        self.frames(2)

    def add(self, words: str) -> str:
        """Add what the palette finds for some words at the next free place; the name that it got."""
        x, y = self.at % 5 * STEP[0], self.at // 5 * STEP[1]
        self.at += 1
        self.look_at(x, y)
        before = {*self.session.graph.nodes, *self.session.graph.inputs}
        self.click(*self.canvas(x, y))
        self.key("space")
        self.frames(4)
        self.type(words)
        self.key("Return")
        self.frames(4)
        made = {*self.session.graph.nodes, *self.session.graph.inputs} - before
        assert len(made) == 1, f"{words!r} gave {made}; the palette shows {self.session.palette}"
        return made.pop()

    def rename(self, kind: str, old: str, new: str) -> None:
        """Select with a click on nothing else, F2, and a new name."""
        if old != new:
            self.select(kind, old)
            self.key("F2")
            self.frames(4)
            self.key("ctrl+a")
            self.type(new)
            self.key("Return")
            self.frames(4)

    def fill(self, kind: str, name: str, port: str, value: object) -> None:
        """Type a value into a field of the inspector (numbers on sliders: a double click, then type)."""
        self.select(kind, name)
        row = self.field(port)
        slides = self.dpg.get_item_type(row.widget).endswith(("SliderInt", "SliderFloat", "DragInt", "DragFloat"))
        self.into(port, twice=slides)
        self.key("ctrl+a")
        self.type(str(value))
        if slides:
            self.key("Return")
        self.frames(4)

    def link(self, source: tuple[str, str, str], target: tuple[str, str, str]) -> None:
        """Drag from an output pin to an input pin, with both in view."""
        self.see_both(source[:2], target[:2])
        self.drag(self.pin(*source), self.pin(*target))
        self.frames(2)

    def output(self, ref: Ref, name: str) -> None:
        """Drop a link on an empty place, and take a graph output from the palette."""
        before = {*self.session.graph.outputs}
        self.see_both(("node", ref.name))
        start = self.pin("node", ref.name, ref.port or "")
        self.drag(start, self.empty_place())
        self.frames(4)
        self.type("output")
        self.key("Return")
        self.frames(4)
        [made] = {*self.session.graph.outputs} - before
        self.rename("output", made, name)

    def empty_place(self) -> tuple[float, float]:
        """A pixel of the canvas where nothing is, nor so near that a link would snap to it."""
        from nodegraph_editor.canvas import hits

        view, shown = self.session.view, self.app.canvas.gestures.scene
        width, height = self.session.canvas_size
        for right, down in ((x, y) for y in range(60, int(height) - 60, 40) for x in range(60, int(width) - 60, 40)):
            if all(hits.hit(shown, *view.to_canvas(right + x, down + y), view.zoom).kind == "nothing"
                   for x in (-40, 0, 40) for y in (-40, 0, 40)):
                return self.canvas(*view.to_canvas(right, down))
        raise AssertionError("the canvas is full")

    def see_both(self, *ends: tuple[str, str]) -> None:
        from nodegraph_editor.document.items import Item

        self.session.see(self.session.boxes([Item(*end) for end in ends]))
        self.frames(3)


def build(hands: Hands) -> None:
    """Everything that the shipped postcard says, by hand."""
    shipped = graphfile.read(POSTCARD)[0]
    for name, told in shipped.inputs.items():
        hands.rename("input", hands.add(f"{told.type} input"), name)
        hands.fill("input", name, "default", told.default)
    for name, node in shipped.nodes.items():
        hands.rename("node", hands.add(node.type), name)
        for port, value in node.inputs.items():
            if type(value) is not Ref:
                hands.fill("node", name, port, value)
    for name, node in shipped.nodes.items():
        for port, value in node.inputs.items():
            if type(value) is Ref:
                hands.link(("input" if value.name in shipped.inputs else "node", value.name, value.port or ""),
                           ("node", name, port))
    for name, ref in shipped.outputs.items():
        hands.output(ref, name)


if __name__ == "__main__":
    hands = Hands(Path(sys.argv[1]))
    build(hands)
    session = hands.session
    shown = session.graph
    hands.see_both(("node", "picture"), ("node", "tune"))
    hands.drag(hands.pin("node", "picture", ""), hands.pin("node", "tune", "key"))  # a picture is no key
    refused = session.graph == shown and session.message_kind == "error"
    for _ in range(50):
        hands.key("ctrl+z")
    steps, undone = session.document.steps, session.document
    back = 0
    while session.document.redo_label:
        hands.key("ctrl+shift+z")
        back += 1
    same = session.graph == shown
    hands.key("ctrl+s")
    hands.frames(4)
    print(json.dumps({"steps": session.document.steps, "back": back, "same after redo": same, "refused": refused,
                      "problems": [str(found) for found in session.problems], "message": session.message}), flush=True)
    session.runner.close()
    hands.dpg.destroy_context()
