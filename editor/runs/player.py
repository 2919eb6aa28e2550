"""Plays a sound file with whatever player the system has, beside the window and stoppable at any time.

Dear PyGui makes no sound, and a library that does would have to be compiled on some systems; nearly every
desktop has one of these commands.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import wave
from collections.abc import Sequence
from pathlib import Path

from nodegraph import NodegraphError

from ..words.speak import t

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("afplay",),  # macOS
    ("pw-play",), ("paplay",),  # PipeWire, PulseAudio
    ("aplay", "-q"),  # ALSA
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("mpv", "--no-video", "--really-quiet"),
    ("play", "-q"),  # SoX
)


class CannotPlay(NodegraphError):
    """Nothing on this system plays a sound file; the message says what to do."""


class Player:
    """Plays one sound at a time. Call `look` once a frame: a player that fails gives way to the next.

    commands: how to call the players there might be, the best first; the file's path comes after the last word.
    """

    def __init__(self, commands: Sequence[Sequence[str]] = COMMANDS):
        self.commands = [tuple(command) for command in commands]
        self.path: Path | None = None
        self._process: subprocess.Popen | None = None
        self._left: list[tuple[str, ...]] = []
        self._failures: list[str] = []
        self._through_windows = False

    @property
    def playing(self) -> bool:
        """Whether a sound still played at the last look; on Windows, whether one was begun and not stopped."""
        return self._through_windows or self._process is not None

    def play(self, path: str | Path) -> None:
        """Begin to play a file, in place of what is playing. Raises CannotPlay if nothing here could."""
        self.stop()
        path = Path(path)
        if not path.is_file():
            raise CannotPlay(t("play.no_file", path=path))
        self.path, self._failures = path, []
        if sys.platform == "win32":
            self._play_on_windows()
            return
        self._left = [command for command in self.commands if shutil.which(command[0])]
        if not self._left:
            names = ", ".join(command[0] for command in self.commands)
            raise CannotPlay(t("play.none", names=names))
        self._next()

    def _play_on_windows(self) -> None:
        import winsound

        try:
            winsound.PlaySound(str(self.path),
                               winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)
        except RuntimeError as error:
            raise CannotPlay(t("play.failed", name=self.path.name, tried=f"Windows ({error})")) from error
        self._through_windows = True

    def _next(self) -> None:
        command = self._left.pop(0)
        try:
            self._process = subprocess.Popen([*command, str(self.path)], stdin=subprocess.DEVNULL,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except OSError as error:
            self._failed(f"{command[0]} ({error.strerror})")

    def look(self) -> None:
        """Take note of how the player fares. Raises CannotPlay once all there are have failed."""
        if self._process is None or self._process.poll() is None:
            return
        process, self._process = self._process, None
        if process.returncode != 0:
            self._failed(f"{Path(process.args[0]).name} (exit code {process.returncode})")

    def _failed(self, told: str) -> None:
        self._failures.append(told)
        if self._left:
            self._next()
            return
        raise CannotPlay(t("play.failed", name=self.path.name, tried=", ".join(self._failures)))

    def stop(self) -> None:
        """Be silent."""
        if self._through_windows:
            import winsound

            winsound.PlaySound(None, 0)
            self._through_windows = False
        process, self._process, self._left = self._process, None, []
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def seconds_of(path: Path) -> float:
    """How long a WAV file is; 0 where that cannot be read."""
    try:
        with wave.open(str(path), "rb") as sound:
            return sound.getnframes() / sound.getframerate()
    except (OSError, EOFError, wave.Error):
        return 0.0
