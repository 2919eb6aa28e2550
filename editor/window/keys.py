"""What a key means in the window: a dialog's, the palette's, a command, or a step of what is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..canvas.gestures import NUDGES
from ..shortcuts import Chord
from . import keyboard

if TYPE_CHECKING:
    from .app import App

REPEATING = ("edit.undo", "edit.redo", "view.zoom_in", "view.zoom_out")  # what a key that is held does again and again


class KeyCommands:
    """Keys that go down and up, and what they do. typing: whether a text field has the keyboard."""

    def __init__(self, app: App):
        self.app = app
        self._held: set[int] = set()
        self._space = False  # the space bar is held down on the canvas

    def down(self, number: int, held: tuple[bool, bool, bool], typing: bool) -> None:
        """A key went down, or is held; beside Ctrl, Shift and Alt or not."""
        name = keyboard.NAMES.get(number)
        if name is None:
            return
        again, _ = number in self._held, self._held.add(number)
        ctrl, shift, alt = held
        chord = Chord(name, ctrl, shift, alt)
        spoken = "Ctrl+Enter" if ctrl and name == "Enter" else name
        if self.app.dialogs.key(spoken) or self.app.palette.key(name):
            return
        command = self.app.session.shortcuts.command_for(name, ctrl, shift, alt)
        if typing and (chord.types or name == "Escape"):
            return
        if name == "Escape" and (self.app.canvas.gestures.cancel() or self._close_something()):
            return
        if name == "Space" and command == "palette.open" and self.app.canvas.gestures.inside:
            if not again:  # it opens when the key is let go, unless the view was dragged in between
                self._space, self.app.canvas.gestures.space_used = True, False
            return
        if command and not (again and command not in REPEATING):
            self.app.do(command)
        elif not command and name in NUDGES and self.app.session.selection and not self.app.form_is_open:
            self.app.canvas.gestures.nudge(*NUDGES[name], 8 if shift else 1)

    def up(self, number: int) -> None:
        """A key was let go."""
        self._held.discard(number)
        if self._space and keyboard.NAMES.get(number) == "Space":
            self._space = False
            if not self.app.canvas.gestures.space_used:
                self.app.do("palette.open")

    def _close_something(self) -> bool:
        """Escape: close the form, or let go of the selection; whether there was something."""
        if self.app.form_is_open and not self.app.session.runner.busy:
            self.app.do("view.form")
            return True
        if not self.app.session.runner.busy and (self.app.session.selection or self.app.session.selected_links):
            self.app.session.select()
            return True
        return False
