"""The form: a graph's inputs as fields and its outputs as large previews, for those who use it and do not see it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..document.items import Item
from ..document.ports import flow_of
from ..panels import inspector
from ..panels.field import Field, label
from ..words.speak import t
from . import outputs, theme, widgets
from .fields import Fields
from .outputs import Made
from .pictures import Pictures
from .widgets import px

if TYPE_CHECKING:
    from .app import App

WIDEST, NARROWEST = 440, 280  # units, of the inputs
LARGEST = 560  # units, of a picture
COLUMN = 520  # units, of a column of results where there is room for two


class Form:
    """Fills a panel: inputs at the left, results at the right."""

    def __init__(self, app: App, parent: int | str):
        self.app, self.session, self.parent = app, app.session, parent
        self.pictures = Pictures()
        with widgets.inside(parent):
            with dpg.group(horizontal=True, horizontal_spacing=px(16)):
                self.left = widgets.area(width=px(WIDEST), height=-1)
                self.right = widgets.area(width=-1, height=-1)
            for area in (self.left, self.right):
                dpg.bind_item_theme(area, theme.look("inner"))
            with widgets.inside(self.left):
                self.head = dpg.add_group()
                body = dpg.add_group()
                self.foot = dpg.add_group()
        self.fields = Fields(app, body, plain=True)
        self.sharper = outputs.Sharper(app)
        self._head_key: Any = None
        self._results_key: Any = None
        self._seen: tuple[Any, ...] | None = None

    def update(self) -> None:
        """Show how things are, where they have changed."""
        key = self.session.revision, dpg.get_item_width(self.parent)
        if not self.app.form_is_open or key == self._seen and not self.fields.busy:
            return
        self._seen = key
        wide = min(px(WIDEST), max(px(NARROWEST), key[1] * 2 // 5))
        dpg.configure_item(self.left, width=wide)
        self._update_head(wide - px(34))
        self.fields.show(self._inputs(), wide - px(34))
        self._update_results(key[1] - wide - px(70))

    def _inputs(self) -> list[tuple[Item, Field]]:
        """The default of each input of the graph, named as the input is."""
        session, found = self.session, []
        for name, told in session.graph.inputs.items():
            item = Item("input", name)
            field = next(f for f in inspector.fields(session.checked, item, session.catalogue) if f.name == "default")
            found.append((item, replace(field, label=label(name), help=told.help)))
        return found

    def _update_head(self, width: int) -> None:
        graph = self.session.graph
        name = graph.title or (graph.path.stem if graph.path is not None else t("app.untitled"))
        key = (name, graph.description, width, bool(graph.inputs), self.session.runner.busy)
        if key == self._head_key:
            return
        self._head_key = key
        for part in (self.head, self.foot):
            widgets.clear(part)
        with widgets.inside(self.head):
            widgets.heading(name)
            if graph.description:
                widgets.says(graph.description, "dim", wrap=width)
            widgets.gap(8)
            if not graph.inputs:
                widgets.says(t("form.no_inputs"), "dim", wrap=width)
        with widgets.inside(self.foot):
            widgets.gap(6)
            busy = self.session.runner.busy
            run = widgets.button(t("button.stop" if busy else "button.run"),
                                 lambda: self.app.do("run.stop" if busy else "run.all"), primary=not busy,
                                 width=width, height=px(36))
            widgets.tip(run, self.app.keys_of("run.stop" if busy else "run.all"))
            widgets.button(t("form.to_canvas"), lambda: self.app.do("view.form"), flat=True, width=width)

    def results(self) -> list[Made]:
        """What the outputs of the graph were last time; what is being made stands in for it while it is."""
        session, found = self.session, []
        for name, ref in session.graph.outputs.items():
            state = session.states.get(ref.name)
            flow = flow_of(session.checked, ref)
            if state is None:
                continue
            port = ref.port or next((port for port in state.thumbnails if port), "")
            picture = state.thumbnails.get("") if state.status == "running" else None
            picture = picture or state.thumbnails.get(port)
            if picture is not None:
                found.append(Made(session.progress.number, f"{ref.name}.{port}" if port else name, label(name),
                                  flow.type if flow is not None else None, picture))
        return found

    def _running(self, one: Made) -> bool:
        state = self.session.states.get(one.output.split(".", 1)[0])
        return state is not None and state.status == "running"

    def _update_results(self, width: int) -> None:
        session = self.session
        found = self.results()
        failed = tuple((name, state.error) for name, state in session.states.items() if state.status == "failed")
        key = (tuple((one.output, one.title, id(one.thumbnail)) for one in found), failed, width,
               self.app.sounds.playing, tuple(session.graph.outputs), dpg.get_item_height(self.parent),
               self.sharper.count)
        if key == self._results_key:
            return
        self._results_key = key
        widgets.clear(self.right)
        with widgets.inside(self.right):
            if not session.graph.outputs:
                widgets.says(t("form.no_outputs"), "dim", wrap=width)
            elif not found and not failed:
                widgets.says(t("form.not_run"), "dim", wrap=width)
            for name, error in failed:
                widgets.says(t("problems.node_failed", name=name, message=error), "error", wrap=width)
            across = 2 if width >= px(2 * COLUMN) and len(found) > 1 else 1
            with widgets.row(16):
                for column in range(across):
                    with dpg.group():
                        for one in found[column::across]:
                            large = one._replace(thumbnail=self.sharper.of(one)) if not self._running(one) else one
                            outputs.show(self.app, self.pictures, large, min(width // across - px(16), px(720)), px(LARGEST),
                                         name=one.title)
                            widgets.gap(12)
        self.pictures.keep_only({one.title for one in found})

    def close(self) -> None:
        """Let go of the pictures."""
        self.pictures.close()
