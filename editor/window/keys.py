"""What a key means in the window: a dialog's, the palette's, a command, or a step of what is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..canvas.gestures import NUDGES
from ..shortcuts import Chord
from ..words.speak import t
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
        again = number in self._held
        self._held.add(number)
        chord = Chord(name, *held)
        spoken = "Ctrl+Enter" if chord.ctrl and name == "Enter" else name
        if self.app.dialogs.key(spoken):
            return
        if self._space and chord.letter:
            self._open_palette()  # typed so fast that the space bar is not up yet
        if self.app.palette.key(chord):
            return
        if typing and (chord.types or name == "Escape"):
            return
        self._command(chord, again)

    def _command(self, chord: Chord, again: bool) -> None:
        """Do what a key means where nothing is typed and nothing asked."""
        app, gestures = self.app, self.app.canvas.gestures
        command = app.session.shortcuts.command_for(*chord)
        if chord.key == "Escape" and (gestures.cancel() or self._close_something()):
            return
        if self._is_elsewhere(command, chord):
            return
        if chord.key == "Space" and command == "palette.open":
            if not again:  # it opens when the key is let go, unless the view was dragged in between
                self._space, gestures.space_used = True, False
        elif command and not (again and command not in REPEATING):
            app.do(command)
        elif not command and chord.key in NUDGES and app.session.selection and gestures.inside:
            gestures.nudge(*NUDGES[chord.key], 8 if chord.shift else 1)

    def _is_elsewhere(self, command: str | None, chord: Chord) -> bool:
        """Whether a key is meant for the canvas, and the pointer is not over it; that is told."""
        told = self.app.session.commands.get(command or "")
        if told is None or not told.on_canvas or chord.ctrl or chord.alt or self.app.is_over_canvas:
            return False
        if not self.app.form_is_open:
            self.app.session.say(t("status.point_at_canvas", key=chord, command=t(f"command.{command}")))
        return True

    def up(self, number: int) -> None:
        """A key was let go."""
        self._held.discard(number)
        if self._space and keyboard.NAMES.get(number) == "Space":
            if self.app.canvas.gestures.space_used:
                self._space = False
            else:
                self._open_palette()

    def _open_palette(self) -> None:
        self._space = False
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
