"""What a session has its window ask or show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from nodegraph.graph import Ref

from .document.items import Target


class Dialog(NamedTuple):
    """Something the window has to ask or show. answer: called with what was chosen, as each kind says.

    kinds: "open" and "save_as" (answer(path)), "unsaved" (answer("save" | "discard" | "cancel")),
    "changed_on_disk" (answer("reload" | "keep")), "recover" (answer(recovery | None)), "rename", "text"
    (answer(text)), "find" (answer(item)), "context" (data: item or link, at), "group" (answer(name)), "shortcuts",
    "about", "templates" (answer(path)), "recent" (answer(path)), "error" (data: title, text).
    """

    kind: str
    data: dict[str, Any]
    answer: Callable[..., Any]


class PaletteRequest(NamedTuple):
    """The palette is open: at a canvas point; source or target: the end of a link that was dropped there."""

    at: tuple[float, float]
    source: Ref | None = None
    target: Target | None = None
