"""What goes on now, in one sentence: which node is at work, how far it is, how long it will take, what is loaded."""

from __future__ import annotations

from collections.abc import Mapping

from ..runs.state import NodeState
from ..words.speak import t

SOON = 3.0  # seconds of work before it is said how long the rest will take


class Live:
    """Follows the nodes that are at work, so that it knows for how long they have been."""

    def __init__(self) -> None:
        self._began: dict[tuple[str, str], float] = {}  # a node and what it says of itself: since when

    def told(self, states: Mapping[str, NodeState], stopping: bool, now: float) -> str:
        """The sentence; "" while no node is at work. now: seconds."""
        at_work = {name: state for name, state in states.items() if state.status == "running"}
        doing = {(name, _phase(state)): state for name, state in at_work.items()}
        self._began = {key: self._began.get(key, now) for key in doing}
        if stopping:
            return t("live.stopping", name=next(iter(at_work))) if at_work else t("status.stopping")
        if not doing:
            return ""
        (name, phase), state = max(doing.items(), key=lambda one: self._began[one[0]])
        seconds = now - self._began[name, phase]
        if state.total:
            told = t("live.step", name=name, done=f"{state.done:g}", total=f"{state.total:g}")
            left = seconds * (state.total - state.done) / state.done if state.done and seconds > SOON else 0
            told = t("live.left", told=told, seconds=round(left)) if left >= 1 else told
        else:
            told = t("live.for", told=f"{name}: {state.text}" if state.text else name, seconds=round(seconds)) \
                if seconds >= 1 else f"{name}: {state.text}" if state.text else name
        others = len(at_work) - 1
        return t("live.more", told=told, count=others) if others else told


def _phase(state: NodeState) -> str:
    """What a node says that it does; steps that are counted are one thing."""
    return "steps" if state.total else state.text
