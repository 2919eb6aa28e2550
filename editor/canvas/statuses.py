"""How a node is doing, as it is told around its box."""

from __future__ import annotations

from typing import Any

from nodegraph import Node

from ..words.speak import t
from .box import NO_STATUS, Status
from .lettering import seconds_words


def status_of(state: Any, node: Node, trouble: str) -> Status:
    """The ring and the badges of a node. state: its NodeState, where it has one; trouble: the worst problem there."""
    look = [("muted", t("badge.muted"))] if node.mute else [("bypassed", t("badge.bypassed"))] if node.bypass else []
    if state is None:
        return Status(trouble=trouble, badges=tuple(look)) if look or trouble else NO_STATUS
    badges = look
    if state.status == "cached":
        badges.append(("cached", t("badge.cached")))
    elif state.status == "ran":
        badges.append(("ran", seconds_words(state.seconds)))
    elif state.status == "failed":
        badges.append(("failed", t("badge.failed")))
    elif state.status == "running" and state.text:
        badges.append(("running", state.text[:40]))
    if state.stale:
        badges.append(("stale", t("badge.stale")))
    part = min(1.0, max(0.0, state.done / state.total)) if state.total else None
    return Status(state.status, part, tuple(badges), trouble)
