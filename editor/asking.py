"""What a session has its window ask, show and say."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from nodegraph import GraphError, NodegraphError, Ref

from .document.items import Target
from .messages import Message, Messages
from .words.speak import t, told, translated


class Dialog(NamedTuple):
    """Something the window has to ask or show. answer: called with what was chosen, as each kind says.

    kinds: "open" and "save_as" (answer(path)), "unsaved" (answer("save" | "discard" | "cancel")),
    "changed_on_disk" (answer("reload" | "keep")), "settle" (answer("save"); data: name, problems),
    "recover" (answer(recovery | None)), "rename", "text"
    (answer(text)), "find" (answer(item)), "context" (data: item or link, at), "group" (answer(name)), "shortcuts",
    "about", "messages", "help" (data: name of a node type),
    "packs", "new_node" and "choose_pack" (answer(path)), "differences" (answer(line)),
    "templates" (answer(path)), "recent" (answer(path)), "error" (data: title, text).
    """

    kind: str
    data: dict[str, Any]
    answer: Callable[..., Any]


class PaletteRequest(NamedTuple):
    """The palette is open: at a canvas point; source or target: the end of a link that was dropped there."""

    at: tuple[float, float]
    source: Ref | None = None
    target: Target | None = None


class Telling:
    """What is asked and said: the part of a session that speaks to the person in front of it."""

    def __init__(self) -> None:
        self._asked: list[Dialog] = []  # the last one is seen, and those below it come again
        self.messages = Messages()

    def touch(self) -> None:
        """Have everything painted again."""
        raise NotImplementedError

    @property
    def dialog(self) -> Dialog | None:
        """What the window asks or shows now."""
        return self._asked[-1] if self._asked else None

    @dialog.setter
    def dialog(self, dialog: Dialog | None) -> None:
        self._asked = [dialog] if dialog is not None else []

    @property
    def message(self) -> str:
        """The sentence that was said last."""
        return self.messages.kept[-1].text if self.messages.kept else ""

    @property
    def message_kind(self) -> str:
        """Its kind: "info" or "error"."""
        return self.messages.kept[-1].kind if self.messages.kept else "info"

    def attempt(self, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Call; what the user asked for and cannot have becomes the message, and the result is None."""
        try:
            return function(*args, **more)
        except GraphError as error:
            self.ask("error", title=t("error.title"), text="\n".join(map(told, error.problems)))
        except NodegraphError as error:
            self.say(str(error), "error")
        return None

    def say(self, message: str, kind: str = "info") -> None:
        """Put a sentence into the status line. kind: "info" or "error"."""
        self.messages.add(Message(translated(message), kind, time.monotonic(), time.strftime("%H:%M:%S")))
        self.touch()

    def ask(self, kind: str, answer: Callable[..., Any] = lambda *chosen: None, **data: Any) -> None:
        """Have the window ask or show something (see Dialog); what it asks already comes again afterwards."""
        self._asked = [one for one in self._asked if one.kind not in ("context", kind)] + [Dialog(kind, data, answer)]
        self.touch()

    def answer(self, *chosen: Any) -> None:
        """Close the dialog with an answer; with none, it is only closed."""
        dialog = self._asked.pop() if self._asked else None
        self.touch()
        if dialog is not None and chosen:
            self.attempt(dialog.answer, *chosen)
