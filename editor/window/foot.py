"""What came out of an item, below its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..canvas.lettering import seconds_words
from ..document.items import Item
from ..document.ports import outputs_of
from ..runs.state import NodeState
from ..words.speak import t
from . import outputs, widgets
from .outputs import Made
from .pictures import Pictures
from .widgets import px

if TYPE_CHECKING:
    from .app import App


class Foot:
    """How a node is doing, and what it gave last. Made in the container that is open."""

    def __init__(self, app: App):
        self.app, self.session = app, app.session
        self.group = dpg.add_group()
        self.pictures = Pictures()
        self._key: Any = None

    def show(self, item: Item, width: int) -> None:
        """Show what an item gave, as wide as so many pixels."""
        session = self.session
        name = item.name
        if item.kind == "output" and name in session.graph.outputs:
            name = session.graph.outputs[name].name
        state = session.states.get(name)
        if item.kind not in ("node", "output") or state is None or not (state.thumbnails or state.error):
            found = None
        else:
            flows = outputs_of(session.checked, name) if name in session.graph.nodes else {}
            wanted = session.graph.outputs[item.name].port if item.kind == "output" else None
            found = [Made(session.progress.number if port else -1, f"{name}.{port}", port or t("state.running"),
                          flows[port].type if port in flows else None, picture)
                     for port, picture in state.thumbnails.items() if wanted in (None, port) or not port]
        key = (item, width, state and (state.status, state.error, state.stale, round(state.seconds, 3)),
               tuple((one.output, id(one.thumbnail)) for one in found or ()), self.app.sounds.playing)
        if key == self._key:
            return
        self._key = key
        widgets.clear(self.group)
        with widgets.inside(self.group):
            if state is not None and state.status:
                self._state(state, width)
            for one in found or ():
                widgets.gap(4)
                outputs.show(self.app, self.pictures, one, width, px(420))
        self.pictures.keep_only({f"{one.job}.{one.output}" for one in found or ()})

    def _state(self, state: NodeState, width: int) -> None:
        dpg.add_separator()
        role = {"ran": "ran", "cached": "cached", "failed": "failed", "running": "running"}.get(state.status, "dim")
        with widgets.row(8):
            widgets.heading(t("inspector.outputs"))
            widgets.says(t(f"state.{'done' if state.status == 'ran' else state.status}"), role)
            if state.status == "ran":
                widgets.says(seconds_words(state.seconds), "dim")
            if state.stale:
                widgets.says(t("state.stale"), "stale")
        if state.error:
            widgets.says(state.error, "error", wrap=width)
            if state.report:
                widgets.button(t("problems.traceback"), lambda: self.session.ask(
                    "error", title=state.error, text=state.report), small=True)

    def clear(self) -> None:
        """Show nothing."""
        self._key = None
        widgets.clear(self.group)
        self.pictures.keep_only(set())

    def close(self) -> None:
        """Let go of the pictures."""
        self.pictures.close()
