"""Random hands on a real window: presses, drags, wheels, keys and commands, with the window painted all along.

`python -m tests.editor.test_window_monkey GRAPH 10000 SEED` is the long one. Each tenth gesture is a visit to a dialog, or to the
form, with the X server's own events (`dialog_monkey`).
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import deque

import pytest

from nodegraph.graphfile import parse

from .dialog_monkey import DialogMonkey
from .test_window import GRAPH, HERE, Stage, display, on_screen  # noqa: F401 (a fixture)

# Those that open a dialog of the system's, write files elsewhere or end the window are left to other tests.
LEFT_OUT = ("file.", "app.quit", "node.group", "node.ungroup", "node.enter", "node.leave", "run.on_change")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("gestures", ["300", pytest.param("1500", marks=pytest.mark.slow)])
def test_a_monkey_at_the_window_leaves_a_valid_document_and_a_way_back(display, tmp_path, gestures):  # noqa: F811
    graph = tmp_path / "lines.yaml"
    graph.write_text(GRAPH, encoding="utf-8")
    environment = {**on_screen(display, tmp_path), "PYTHONPATH": str(HERE.parents[2])}
    done = subprocess.run([sys.executable, "-m", "tests.editor.test_window_monkey", str(graph), gestures, "1"],
                          cwd=HERE.parents[2], env=environment, capture_output=True, text=True, timeout=3500)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["dialogs"]["errors"] == found["dialogs"]["lost"] == [] and found["dialogs"]["kinds"] >= 15
    assert found["errors"] == [] and found["steps"] > 20 and found["back"] and found["again"]
    saved = graph.read_text(encoding="utf-8")  # Ctrl+S is among the keys that dialogs are driven with
    assert parse(saved)[1] == [] and saved.startswith("nodegraph: 1")


class Monkey:
    """Does anything, at random, the way a pointer and a keyboard would."""

    def __init__(self, stage: Stage, seed: int):
        self.stage, self.dice = stage, random.Random(seed)
        self.session, self.hands = stage.session, stage.app.canvas.gestures
        self.commands = [name for name in self.session.commands if not name.startswith(LEFT_OUT)]
        self.errors: list[str] = []
        self.done: deque[str] = deque(maxlen=12)  # what was done last, for whoever reads of a failure

    def place(self) -> tuple[float, float]:
        """A pixel of the canvas; mostly one where something is."""
        boxes = list(self.session.boxes().values())
        if boxes and self.dice.random() < 0.8:
            x, y, w, h = self.dice.choice(boxes)
            edge = self.dice.choice((0.0, 1.0, self.dice.random()))
            return self.session.view.to_screen(x + w * edge, y + h * self.dice.random())
        width, height = self.session.canvas_size
        return self.dice.random() * width, self.dice.random() * height

    def gesture(self) -> None:
        """One of them."""
        name = self.dice.choice(("drag", "drag", "drag", "click", "wheel", "command", "command", "choose", "add"))
        self.done.append(name)
        getattr(self, name)()

    def held(self) -> dict[str, bool]:
        return {key: self.dice.random() < 0.15 for key in ("ctrl", "shift", "alt")}

    def drag(self) -> None:
        (x, y), end, held = self.place(), self.place(), self.held()
        button = self.dice.choice(("left", "left", "left", "left", "middle", "right"))
        self.hands.press(x, y, button, **held, clicks=1)
        for part in (0.3, 0.7, 1.0):
            self.hands.move(x + (end[0] - x) * part, y + (end[1] - y) * part)
            if self.dice.random() < 0.2:
                self.stage.frames(1)
        if self.dice.random() < 0.05:
            self.hands.cancel()
        self.hands.release(*end, button)

    def click(self) -> None:
        x, y = self.place()
        self.hands.press(x, y, "left", **self.held(), clicks=self.dice.choice((1, 1, 1, 2)))
        self.hands.release(x, y, "left")

    def wheel(self) -> None:
        self.hands.wheel(self.dice.choice((-2, -1, 1, 2)), *self.place())

    def command(self) -> None:
        self.done.append(self.dice.choice(self.commands))
        self.session.do(self.done[-1])

    def choose(self) -> None:
        self.session.select([item for item in self.session.boxes() if self.dice.random() < 0.3])

    def add(self) -> None:
        from nodegraph_editor.document import edits
        from tests.editor.workshop import TYPES

        if len(self.session.graph.nodes) < 60:
            at = self.session.view.to_canvas(*self.place())
            graph, _ = edits.add_node(self.session.graph, self.dice.choice(TYPES), at)
            self.session.edit("undo.added", graph)

    def tidy(self) -> None:
        """What stands in the way is answered or put away, as a person would."""
        dialog = self.session.dialog
        if dialog is not None:
            if dialog.kind == "error":
                self.errors.append(dialog.data.get("text", ""))
            words = {"rename": f"name{self.dice.randrange(99)}", "text": "words", "find": None}
            if words.get(dialog.kind):
                self.session.answer(words[dialog.kind])
            else:
                self.session.answer()
        self.session.palette = None


if __name__ == "__main__":
    from tests.editor.workshop import round_trips, well_formed

    stage = Stage(sys.argv[1])
    monkey, session = Monkey(stage, int(sys.argv[3])), stage.session
    first = session.document.graph
    dialogs = DialogMonkey(stage, int(sys.argv[3]))
    for number in range(int(sys.argv[2])):
        if number % 10 == 9:
            monkey.done.append("form" if number % 50 == 49 else "visit")
            dialogs.form() if number % 50 == 49 else dialogs.visit()
        else:
            monkey.gesture()
        if number % 3 == 0:
            stage.frames(1)
        monkey.tidy()
        if number % 5 == 0:
            labels = [step.label for step in session.document._steps[-4:]]
            try:
                well_formed(session.graph)
            except AssertionError as error:
                raise AssertionError(f"gesture {number} of {list(monkey.done)}, steps {labels}: {error}") from error
        if number % 50 == 0:
            stage.session.runner.stop()
    dialogs.close()
    stage.frames(3)
    round_trips(session.graph)
    while session.can("edit.redo"):  # the last gestures may have undone some
        session.do("edit.redo")
    last, steps = session.document.graph, session.document.steps
    while session.can("edit.undo"):
        session.do("edit.undo")
    back = session.document.graph is first
    while session.can("edit.redo"):
        session.do("edit.redo")
    stage.frames(3)
    print(json.dumps({"dialogs": dialogs.told, "errors": monkey.errors, "steps": steps, "back": back, "nodes": len(last.nodes),
                      "again": session.document.graph is last}), flush=True)
    session.runner.close()
    stage.dpg.destroy_context()
