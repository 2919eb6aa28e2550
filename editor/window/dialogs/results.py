"""Results as large as the window allows."""

from __future__ import annotations

from typing import Any

import dearpygui.dearpygui as dpg

from ...runs import updates as up
from ...runs.gallery import Result
from ...words.speak import t
from .. import widgets
from ..gallery import fill_result, reopen
from ..outputs import Made, content, save
from ..pictures import Pictures
from ..widgets import px
from .modal import Modal


class Shown(Modal):
    """A result as large as the window allows. data: made, a `Made`."""

    title = "gallery.title"

    def heading(self) -> str:
        return self.dialog.data["made"].title

    def fill(self, made: Made, **data: Any) -> None:
        self.pictures, self.made, self.large = Pictures(), made, made.thumbnail
        self.most = dpg.get_viewport_client_width() - px(120), dpg.get_viewport_client_height() - px(170)
        self.area = dpg.add_group()
        wordless = [(t("share.picture"), lambda: save(self.app, made, words=False), "")] \
            if made.type is not None and "png" in made.type.exports and made.job >= 0 else []
        self.buttons((t("button.export"), lambda: save(self.app, made), ""), *wordless,
                     (t("button.close"), self.accept, "primary"))
        self._draw()
        self.session.progress.when(up.Enlarged, made.job, made.output, self._enlarged)
        self.session.runner.enlarge(made.job, made.output)

    def _draw(self) -> None:
        widgets.clear(self.area)
        with widgets.inside(self.area):
            content(self.app, self.pictures, self.made._replace(thumbnail=self.large, job=-1), *self.most, name="large")
        self.pictures.keep_only({"large"})

    def _enlarged(self, told: up.Enlarged) -> None:
        if told.picture is not None and self.app.dialogs.shown is self:
            self.large = told.picture
            self._draw()

    def close(self) -> None:
        super().close()
        self.pictures.close()


class OneResult(Modal):
    """All that a run made, and what went in. data: result."""

    title, width = "gallery.title", 560.0

    def fill(self, result: Result, **data: Any) -> None:
        self.pictures = Pictures()
        widgets.says(result.at.strftime("%Y-%m-%d %H:%M:%S"), "dim")
        fill_result(self.app, self.pictures, result, self.wide - px(30), self.tall(560))
        self.buttons((t("gallery.open"), lambda: reopen(self.app, result), ""),
                     (t("button.close"), self.accept, "primary"))

    def close(self) -> None:
        super().close()
        self.pictures.close()
