"""The place on a line of time that is seen and heard now: it goes on with the sound, and by the clock where there is none."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..canvas.cards import made_at
from ..document.items import Item
from ..document.spans import SHORTEST, Span
from ..panels.timeline import Piece, Timeline
from ..runs.stretch import Stretch

if TYPE_CHECKING:
    from .app import App


class Playhead:
    """second: where it is; playing: whether it goes on; loop: what is played again and again."""

    def __init__(self, app: App):
        self.app, self.session = app, app.session
        self.second = 0.0
        self.playing = False
        self.loop: Span | None = None
        self._sounding = False  # whether the sound tells where it is
        self._mute = False  # whether the sound has ended, or cannot be heard, since it was last sought
        self._clock = 0.0

    def toggle(self, line: Timeline) -> None:
        """Go on, or rest; from the beginning where it was at the end."""
        if self.playing:
            self.stop()
        else:
            if self.second >= line.seconds - 0.05:
                self.second = 0.0
            self._go(line)

    def seek(self, line: Timeline, second: float) -> None:
        """Be somewhere else, and go on from there if it goes on. Outside of the loop that ends."""
        self.second = min(second, line.seconds)
        if self.loop is not None and not self.loop.begin <= self.second < self.loop.end:
            self.loop = None
        if self.playing:
            self._go(line)

    def repeat(self, line: Timeline, loop: Span) -> None:
        """Play this part again and again."""
        self.loop = Span(loop.begin, max(loop.end, loop.begin + SHORTEST))
        self.second = loop.begin
        self._go(line)

    def stop(self) -> None:
        """Rest where it is."""
        if self._sounding:
            self.app.sounds.stop()
        self.playing = self._sounding = False
        self.session.touch()

    def _go(self, line: Timeline) -> None:
        if self._sounding:
            self.app.sounds.stop()
        self.playing, self._sounding, self._mute, self._clock = True, False, False, time.monotonic()
        self._sound(line)
        self.session.touch()

    def _sound(self, line: Timeline) -> None:
        """Have the sound heard, if it is there now."""
        piece = line.heard
        if piece is None or self._mute or not piece.span.begin <= self.second < piece.span.end - 0.02:
            return
        node, port = piece.source or ("", "")
        made = made_at(self.session, Item("node", node), port)
        if made is None or not self.app.sounds.can_play(made.type):
            return
        own, begin = _length(piece), piece.span.begin
        part = (self.second - begin) / own
        inside = self.loop is not None and begin <= self.loop.begin and self.loop.end <= piece.span.end
        asked = Stretch((self.loop.begin - begin) / own, (self.loop.end - begin) / own, True) \
            if inside and self.loop is not None else Stretch(part, (piece.span.end - begin) / own)
        self._sounding = True
        self.app.sounds.play(made, asked, part)

    def update(self, line: Timeline) -> None:
        """Once a frame: go on."""
        if not self.playing:
            return
        now = time.monotonic()
        passed, self._clock = now - self._clock, now
        sounds, piece = self.app.sounds, line.heard
        if self._sounding and piece is not None and sounds.playing is not None:
            if sounds.part is not None:  # else it is still being prepared, and everything waits for it
                self.second = piece.span.begin + sounds.part * _length(piece)
        else:
            if self._sounding:  # it has ended, or cannot be heard here
                self._sounding, self._mute = False, True
            self.second += passed
            self._sound(line)
        if self.loop is not None and self.second >= self.loop.end and not sounds.stretch.loops:
            self.second = self.loop.begin
            self._go(line)
        elif self.second >= line.seconds:
            self.second = line.seconds
            self.stop()
        self.session.touch()


def _length(piece: Piece) -> float:
    """How long a sound lasts by itself, in seconds."""
    return (piece.seen.seconds if piece.seen is not None else 0.0) or piece.span.end - piece.span.begin
