"""What runs made, shown large: a picture, a text in full, a sound that can be heard; each can be saved to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dearpygui.dearpygui as dpg

from ..canvas import cards
from ..panels.palette import type_title
from ..runs import updates as up
from ..runs.made import Made as Made
from ..runs.thumbnails import Thumbnail
from ..words.speak import t
from . import widgets
from .pictures import Pictures, fitted
from .soundbar import SoundBar
from .widgets import px

if TYPE_CHECKING:
    from .app import App

TEXT_LINES = 14  # of a text that is shown in full; longer ones scroll


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
        if seen.kind in ("wave", "roll") and made.job >= 0 and app.sounds.can_play(made.type):
            SoundBar(app, made, size[0])
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
