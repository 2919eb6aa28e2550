"""Random hands on dialogs and forms: each is opened as the session opens it, and driven with the X server's own events.

Whatever a dialog is answered, the answers of those that read, write or open files are only counted, so that nothing
outside the test's folder is touched whichever folder the hands walk into.
"""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .test_window import Stage

COUNTED = ("open", "save_as", "export", "new_node", "choose_pack", "choose_file", "choose_folder", "unsaved", "settle",
           "changed_on_disk", "recover", "group", "templates", "recent")  # answers that are not carried out
KEYS = ("Tab", "shift+Tab", "Return", "Escape", "Down", "Up", "Next", "Home", "End", "BackSpace", "Delete", "ctrl+a", "ctrl+z",
        "ctrl+v", "space", "Left", "F1", "ctrl+s")
LETTERS = ("a", "fox", "3", "-1", "0.5", "../x", "a b", ".", "~")
PRESSED = ("mvButton", "mvImageButton", "mvSelectable", "mvInputText", "mvCheckbox", "mvCombo", "mvSliderInt", "mvSliderFloat",
           "mvDragInt", "mvDragFloat", "mvInputInt", "mvInputFloat", "mvColorEdit", "mvText", "mvDrawlist", "mvImage")
HARMLESS = "As it happens"  # the title of an error that is only shown to be driven
MOST_ESCAPES = 8  # of one visit: a dialog asks another at the most so often


class DialogMonkey:
    """Visits to dialogs, one at a time. errors: what the editor said of itself; lost: dialogs that Escape does not close."""

    def __init__(self, stage: Stage, seed: int):
        self.stage, self.session, self.dice = stage, stage.session, random.Random(seed)
        self.errors: list[str] = []
        self.lost: list[str] = []
        self.visits: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self._ask, self.session.ask = self.session.ask, self._asked  # type: ignore[method-assign]

    def close(self) -> None:
        """Let the session ask by itself again."""
        self.session.ask = self._ask  # type: ignore[method-assign]

    def _asked(self, kind: str, answer: Any = lambda *chosen: None, **data: Any) -> None:
        if kind == "error" and data.get("title") != HARMLESS:
            self.errors.append(f"{data.get('title', '')}\n{data.get('text', '')}")
        if kind in COUNTED:
            def answer(*chosen: Any, kind: str = kind) -> None:
                self.answered[kind] += 1
        self._ask(kind, answer, **data)

    # -- what is opened

    def kinds(self) -> dict[str, dict[str, Any]]:
        """Each kind of dialog with what it may be asked with now."""
        from nodegraph.errors import Position, Problem
        from nodegraph_editor.document.items import items

        from .test_window import _made

        session = self.session
        folder, things = str(session.document.path.parent), items(session.graph)
        problem = Problem(Position("a.yaml", 2, 1), "a stands twice", "Keep one of the two.")
        recovery = type("Recovery", (), {"path": None, "seconds": 90.0})()
        told: dict[str, dict[str, Any]] = {
            "open": {"folder": folder}, "save_as": {"folder": folder, "name": "graph.yaml"}, "shortcuts": {}, "about": {},
            "unsaved": {"name": "a.yaml"}, "settle": {"name": "a.yaml", "problems": (problem,)}, "messages": {}, "packs": {},
            "changed_on_disk": {"name": "a.yaml"}, "recover": {"recoveries": [recovery, recovery]}, "find": {},
            "group": {"name": "group"}, "help": {"name": self.dice.choice(("w.say", "w.join", "no.such"))},
            "recent": {"paths": [f"{folder}/lines.yaml", "/no/such.yaml"]}, "templates": {},
            "error": {"title": HARMLESS, "text": "line\n" * 40}, "choose_file": {"folder": folder},
            "choose_folder": {"folder": folder}, "export": {"folder": folder, "name": "a.png", "suffixes": (".png", ".jpg")},
            "new_node": {"folder": folder, "name": "my_nodes.py"}, "choose_pack": {"suffixes": (".py",)},
            "picture": {"made": _made()}}
        if things:
            item = self.dice.choice(things)
            told["context"] = {"item": item, "at": (10.0, 10.0)}
            if item.kind in ("node", "input", "output"):
                told["rename"] = {"item": item, "name": item.name}
        return told

    def visit(self) -> None:
        """Open a dialog (that which was seen least), do a few things in it, and put it away as people do."""
        kinds, session = self.kinds(), self.session
        fewest = min(self.visits[kind] for kind in kinds)
        kind = self.dice.choice([kind for kind in kinds if self.visits[kind] == fewest])
        self.visits[kind] += 1
        session.dialog = None
        self.stage.frames(3)
        session.ask(kind, **kinds[kind])
        self.stage.frames(3)
        for _ in range(self.dice.randint(1, 4)):
            if session.dialog is None:
                break
            self.something(self.stage.app.dialogs.shown)
        self.put_away(kind)

    def put_away(self, kind: str) -> None:
        """Escape until nothing is asked any more."""
        for _ in range(MOST_ESCAPES):
            if self.session.dialog is None:
                break
            self.hand("key", "Escape")
        if self.session.dialog is not None:
            self.lost.append(f"{kind}: {self.session.dialog.kind}")
            self.session.dialog = None
        self.session.palette, self.session.closing = None, False
        self.stage.frames(2)

    # -- the form and the panels beside the canvas

    def form(self) -> None:
        """A few things in the form, or in the panel at the right."""
        shown = self.dice.choice(("form", "inspector"))
        app = self.stage.app
        if (shown == "form") != app.form_is_open:
            self.session.do("view.form")
            self.stage.frames(3)
        if shown == "inspector":
            self.session.select(item for item in self.session.boxes() if self.dice.random() < 0.3)
            self.stage.frames(2)
        for _ in range(3):
            self._on(app.panes.form_area if shown == "form" else app.panes.side)
        self.put_away(shown)
        if app.form_is_open:
            self.session.do("view.form")
            self.stage.frames(2)

    # -- hands

    def something(self, shown: Any) -> None:
        """One thing that a hand does to what stands in front."""
        window = getattr(shown, "window", None)
        if window is not None:
            self._on(window)

    def _on(self, window: int | str) -> None:
        what = self.dice.random()
        if what < 0.5:
            places = self._places(window)
            if places:
                x, y = self.dice.choice(places)
                self.hand("mousemove", str(x), str(y), "mousedown", "1", "mouseup", "1")
        elif what < 0.75:
            self.hand("key", self.dice.choice(KEYS))
        elif what < 0.95:
            self.hand("type", "--delay", "1", "--", self.dice.choice(LETTERS))
        else:
            self.hand("click", self.dice.choice(("4", "5")))

    def hand(self, *words: str) -> None:
        """Have xdotool do something, and let the window take it in."""
        subprocess.run(["xdotool", *words], check=True)
        self.stage.frames(4)

    def _places(self, window: int | str) -> list[tuple[int, int]]:
        """A pixel in each thing of a window that is seen and may be pressed."""
        dpg, found = self.stage.dpg, []
        left = [window]
        wide, high = dpg.get_viewport_client_width(), dpg.get_viewport_client_height()
        while left:
            item = left.pop()
            for slot in dpg.get_item_children(item).values():
                left += slot
            state = dpg.get_item_state(item)
            if dpg.get_item_type(item).rpartition("::")[2] in PRESSED and state.get("visible") and "rect_min" in state:
                (x, y), (width, height) = state["rect_min"], state["rect_size"]
                if 0 < x < wide - 8 and 0 < y < high - 8 and width > 2 and height > 2:
                    found.append((round(x + width * self.dice.uniform(0.2, 0.8)), round(y + height * self.dice.uniform(0.2, 0.8))))
        return found

    @property
    def told(self) -> dict[str, Any]:
        """What came of it, for the test."""
        return {"errors": self.errors, "lost": self.lost, "kinds": len(self.visits), "answered": sum(self.answered.values())}
