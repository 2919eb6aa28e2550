"""Results that are sounds, heard one at a time: from a place on, a part again and again, one in place of another."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from nodegraph import PortType

from ..runs import updates as up
from ..runs.hearing import can_be_heard
from ..runs.made import Made
from ..runs.player import CannotPlay, Player, seconds_of
from ..runs.stretch import Stretch, cut
from ..words.speak import t

if TYPE_CHECKING:
    from .app import App
    from .soundbar import SoundBar


class Sounds:
    """Plays results that are sounds, one at a time. stretch: the part that is heard."""

    def __init__(self, app: App):
        self.app, self.session = app, app.session
        self.player = Player()
        self.playing: tuple[int, str] | None = None
        self.stretch = Stretch()
        self._start = 0.0  # where what is heard began, which within a loop may be in its midst
        self._began, self._seconds = 0.0, 0.0  # since when, and how long all of it is
        self.bars: list[SoundBar] = []  # those that are in the window
        self._path: Path | None = None  # the whole of what is heard
        self.session.hear = self.hear
        self._folder = TemporaryDirectory(prefix="nodegraph-sound-")

    def can_play(self, type: PortType | None) -> bool:
        """Whether values of this type can be heard."""
        return type is not None and can_be_heard(self.session.catalogue, type)

    def toggle(self, made: Made) -> None:
        """Play a result from its beginning, or be silent if it is the one that plays."""
        if self.playing == (made.job, made.output):
            self.stop()
        else:
            self.play(made, Stretch())

    def hear(self, made: Made, part: float | None = None) -> None:
        """Play a result, or be silent if it is the one that plays; part: from there on, 0 to 1, in any case."""
        if part is None:
            self.toggle(made)
        else:
            self.play(made, self.stretch.from_place(part) if self.playing == (made.job, made.output) else Stretch(part), part)

    def swap(self, made: Made) -> None:
        """Play another result from the place that is heard now, the same part of it: so two are compared."""
        place = self.part
        self.play(made, Stretch() if place is None else self.stretch if self.stretch.loops else Stretch(place), place)

    def play(self, made: Made, stretch: Stretch, start: float | None = None) -> None:
        """Play a part of a result in place of what plays. start: where in a loop it begins."""
        self.stop()
        self.stretch, self._start = stretch, stretch.begin if start is None or not stretch.loops else start
        path = Path(self._folder.name) / f"{made.job}-{made.output}.wav".replace("/", "-")
        self.playing = made.job, made.output
        if path.exists():
            self._begin(path)
            return
        self.session.say(t("status.preparing_sound"))
        self.session.progress.when(up.Exported, made.job, made.output, self._play)
        self.session.runner.export(made.job, made.output, path)
        self.session.touch()

    @property
    def part(self) -> float | None:
        """How far what plays has come, 0 to 1; None while nothing does."""
        if self.playing is None or not self._seconds or self._path is None:
            return None
        passed = time.monotonic() - self._began + (self._start - self.stretch.begin) * self._seconds
        return self.stretch.at(passed, self._seconds)

    def _begin(self, path: Path) -> None:
        """Play the part of a file that is to be heard."""
        self._path, self._seconds = path, seconds_of(path)
        heard = cut(path, self.stretch, Path(self._folder.name) / "rest.wav", self._start)
        self._began = time.monotonic()
        self._try(lambda: self.player.play(heard))

    def _play(self, told: up.Exported) -> None:
        if told.problem or not told.paths:
            self.playing = None
            self.session.say(told.problem, "error")
        elif self.playing == (told.job, told.output):
            self.session.say(t("status.playing", name=told.output))
            self._begin(told.paths[0])

    def _try(self, call: Callable[[], None]) -> None:
        try:
            call()
        except CannotPlay as error:
            self.playing = None
            self.session.say(t("error.no_sound", why=error), "error")

    def stop(self) -> None:
        """Be silent."""
        self.player.stop()
        self.playing = self._path = None
        self.session.touch()

    def update(self) -> None:
        """Once a frame: notice that a sound has ended; a loop goes on."""
        self._look()
        if self.bars:
            self.bars = [bar for bar in self.bars if bar.is_there]
            for bar in self.bars:
                bar.update()

    def _look(self) -> None:
        if self.playing is None or self._path is None:
            self.session.played = None
            return
        self.session.played = (self.playing[1], self.part or 0.0)
        self._try(self.player.look)
        if self.playing is not None and not self.player.playing:
            if self.stretch.loops:
                self._start = self.stretch.begin
                self._begin(self._path)
            else:
                self.playing = self._path = None
            self.session.touch()

    def close(self) -> None:
        """Be silent, and take away the files that were played."""
        self.player.stop()
        self._folder.cleanup()
