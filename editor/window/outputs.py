"""What runs made, shown large: a picture, a text in full, a sound that can be heard; each can be saved to a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import dearpygui.dearpygui as dpg

from nodegraph.types import PortType

from ..canvas import cards
from ..panels.palette import type_title
from ..runs import updates as up
from ..runs.hearing import can_be_heard
from ..runs.made import Made as Made
from ..runs.player import CannotPlay, Player, from_part, seconds_of
from ..runs.thumbnails import Thumbnail
from ..words.speak import t
from . import widgets
from .widgets import Pictures, fitted, px

if TYPE_CHECKING:
    from .app import App

TEXT_LINES = 14  # of a text that is shown in full; longer ones scroll


class Sounds:
    """Plays results that are sounds, one at a time."""

    def __init__(self, app: App):
        self.app, self.session = app, app.session
        self.player = Player()
        self.playing: tuple[int, str] | None = None
        self._from, self._began, self._seconds = 0.0, 0.0, 0.0  # what part is played, since when, and how long all of it is
        self.session.hear = self.hear
        self._folder = TemporaryDirectory(prefix="nodegraph-sound-")

    def can_play(self, type: PortType | None) -> bool:
        """Whether values of this type can be heard."""
        return type is not None and can_be_heard(self.session.catalogue, type)

    def toggle(self, made: Made) -> None:
        """Play a result, or be silent if it is the one that plays."""
        key = made.job, made.output
        if self.playing == key:
            self.stop()
            return
        self.stop()
        path = Path(self._folder.name) / f"{made.job}-{made.output}.wav".replace("/", "-")
        self.playing = key
        if path.exists():
            self._begin(path)
            return
        self.session.say(t("status.preparing_sound"))
        self.session.progress.when(up.Exported, made.job, made.output, self._play)
        self.session.runner.export(made.job, made.output, path)
        self.session.touch()

    def hear(self, made: Made, part: float | None = None) -> None:
        """Play a result, or be silent if it is the one that plays; part: from there on, 0 to 1, in any case."""
        if part is not None and self.playing == (made.job, made.output):
            self.stop()
        self._from = part or 0.0
        self.toggle(made)

    @property
    def part(self) -> float | None:
        """How far what plays has come, 0 to 1; None while nothing does."""
        if self.playing is None or not self._seconds or self.player.path is None:
            return None
        return min(1.0, self._from + (time.monotonic() - self._began) / self._seconds)

    def _begin(self, path: Path) -> None:
        """Play a file from where it is to begin."""
        self._seconds = seconds_of(path)
        rest = from_part(path, self._from, Path(self._folder.name) / "rest.wav") if self._from else path
        self._began = time.monotonic()
        self._try(lambda: self.player.play(rest))

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
        self.playing = None
        self.session.touch()

    def update(self) -> None:
        """Once a frame: notice that a sound has ended."""
        if self.playing is None or self.player.path is None:
            self.session.played = None
            return
        self.session.played = (self.playing[1], self.part or 0.0)
        self._try(self.player.look)
        if self.playing is not None and not self.player.playing and self.player._process is None:
            self.playing = None
            self.session.touch()

    def close(self) -> None:
        """Be silent, and take away the files that were played."""
        self.player.stop()
        self._folder.cleanup()


class Sharper:
    """Larger pictures of results, asked of the runner when they are first shown large."""

    def __init__(self, app: App):
        self.session = app.session
        self._asked: dict[tuple[int, str], Thumbnail] = {}  # the small one that it was asked for
        self._large: dict[tuple[int, str], Thumbnail] = {}
        self.count = 0  # of those that came

    def of(self, made: Made) -> Thumbnail:
        """The large picture of a result; the small one until it comes."""
        key = made.job, made.output
        if made.thumbnail.picture is None or made.job < 0:
            return made.thumbnail
        if self._asked.get(key) is not made.thumbnail:
            self._asked[key] = made.thumbnail
            self._large.pop(key, None)
            self.session.progress.when(up.Enlarged, *key, self._came)
            self.session.runner.enlarge(*key)
        return self._large.get(key, made.thumbnail)

    def _came(self, told: up.Enlarged) -> None:
        if told.picture is not None:
            self._large[told.job, told.output] = told.picture
            self.count += 1
            self.session.touch()


def show(app: App, pictures: Pictures, made: Made, width: int, height: int, name: str = "") -> None:
    """Add a result to the container that is being filled: its title, buttons, and itself in so many pixels."""
    with widgets.spread(width=width) as (left, right):
        widgets.heading(made.title, parent=left, framed=True)
        if made.type is not None:
            widgets.says(type_title(made.type.name), "dim", parent=left, framed=True)
        _buttons(app, made, right)
    content(app, pictures, made, width, height, name)


def content(app: App, pictures: Pictures, made: Made, width: int, height: int, name: str = "") -> None:
    """Add what a result looks like; a click on a picture shows it larger."""
    seen = made.thumbnail
    if seen.picture is not None:
        tall, wide = seen.picture.shape[:2]
        texture = pictures.texture(name or f"{made.job}.{made.output}", seen.picture)
        size = fitted(wide, tall, width, height)
        shown = dpg.add_image(texture, width=size[0], height=size[1])
        if made.job >= 0:
            with dpg.item_handler_registry() as handlers:
                dpg.add_item_clicked_handler(dpg.mvMouseButton_Left, callback=lambda: enlarge(app, made))
            dpg.bind_item_handler_registry(shown, handlers)
        if seen.kind not in ("picture", "sheet") and seen.text:
            widgets.says(seen.text, "dim", wrap=width)
    elif seen.text:
        text(seen.text, width, height)


def text(words: str, width: int, most: int) -> None:
    """A text in full, with its lines broken to fit, that can be selected and copied."""
    wrapped = widgets.wrapped(words, width - px(22))
    lines = wrapped.count("\n") + 1
    dpg.add_input_text(default_value=wrapped, multiline=True, readonly=True, width=width,
                       height=min(px(21) * min(lines, TEXT_LINES) + px(14), max(most, px(60))))


def _buttons(app: App, made: Made, parent: int | str) -> None:
    if app.sounds.can_play(made.type):
        playing = app.sounds.playing == (made.job, made.output)
        app.icons.button("stop" if playing else "run", lambda: app.sounds.toggle(made), parent=parent,
                         tooltip=t("button.stop" if playing else "button.play"), look="halt" if playing else "go")
    if made.thumbnail.kind == "text":
        app.icons.button("copy", lambda: dpg.set_clipboard_text(made.thumbnail.text), parent=parent,
                         tooltip=t("button.copy"))
    if made.type is not None and made.type.exports and made.job >= 0:
        app.icons.button("save", lambda: save(app, made), parent=parent, tooltip=t("button.export"))


def save(app: App, made: Made, words: bool = True) -> None:
    """Ask where to, and write the result there. words: whether a picture's graph has its texts."""
    cards.save(app.session, made, str(app.last_folder or ""), words)


def enlarge(app: App, made: Made) -> None:
    """Show a result as large as the window allows."""
    app.session.ask("picture", made=made)
