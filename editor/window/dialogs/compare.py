"""Results beside one another, wiped over one another, or taking turns; and in what they differ."""

from __future__ import annotations

import time
from typing import Any

import dearpygui.dearpygui as dpg

from ...runs.comparing import bands, common, turn
from ...runs.gallery import Result
from ...words.speak import t
from .. import theme, widgets
from ..gallery import fill_differences, fill_result, made
from ..outputs import Made, Sharper
from ..pictures import Pictures, fitted
from ..tabs import Tabs
from ..widgets import px
from .modal import Modal

LETTERS = "ABCDEF"  # keys of the results, in their order
WAYS = ("beside", "wipe", "flicker")


class Compare(Modal):
    """Two results or more. data: results, the oldest first."""

    title, width = "gallery.compare", 960.0

    def fill(self, **data: Any) -> None:
        results: list[Result] = data["results"]
        self.pictures, self.sharper = Pictures(), Sharper(self.app)
        self.results, self.way = results, "beside"
        self._began = time.monotonic()
        self._key: tuple[Any, ...] = ()
        names = common([[name for name in result.outputs if self._picture(result, name) is not None] for result in results])
        self.output = names[0] if names else ""
        fill_differences(results[0], results[-1], self.wide)
        with widgets.row(16):
            self.tabs = Tabs([(way, t(f"compare.{way}")) for way in (WAYS if names else WAYS[:1])], self._choose)
            if len(names) > 1:
                dpg.add_combo(names, default_value=self.output, width=px(180), callback=lambda s, name: self._show(name))
            heard = self._heard()
            if len(heard) > 1:
                widgets.says(t("compare.hear", keys=", ".join(LETTERS[:len(heard)])), "dim", framed=True)
        self.area = dpg.add_group()
        self.buttons((t("button.close"), self.accept, "primary"))
        self._draw()

    def _heard(self) -> list[Made]:
        """The same output of each result, where it is one that can be heard: the one that is shown, else the first such."""
        names = common([list(result.outputs) for result in self.results])
        for name in sorted(names, key=lambda name: name != self.output):
            found = [made(result, name) for result in self.results]
            if all(one is not None and self.app.sounds.can_play(one.type) for one in found):
                return [one for one in found if one is not None]
        return []

    def key(self, name: str) -> bool:
        """A, B, C ... play one in place of another."""
        heard = self._heard()
        if name not in LETTERS[:len(heard)]:
            return False
        self.app.sounds.swap(heard[LETTERS.index(name)])
        return True

    def _picture(self, result: Result, name: str) -> Any:
        """The largest picture there is of an output."""
        shown = made(result, name)
        return self.sharper.of(shown).picture if shown is not None else None

    def _choose(self, way: str) -> None:
        self.way, self._began, self._key = way, time.monotonic(), ()
        self._draw()

    def _show(self, name: str) -> None:
        self.output, self._key = name, ()
        self._draw()

    def _draw(self) -> None:
        """Fill the area in the way that is chosen."""
        self.tabs.show(self.way)
        widgets.clear(self.area)
        with widgets.inside(self.area):
            if self.way == "beside":
                self._beside()
                return
            pictures = [self._picture(result, self.output) for result in self.results]
            tall, wide = max(picture.shape[0] for picture in pictures), max(picture.shape[1] for picture in pictures)
            self.size = fitted(max(wide, self.wide), max(tall, round(tall * self.wide / wide)), self.wide, self.tall(560, 200))
            self.list = dpg.add_drawlist(self.size[0], self.size[1])
            self.line = widgets.says("", "dim")

    def _beside(self) -> None:
        across = min(3, len(self.results))
        wide = self.wide // across - px(30)
        with dpg.child_window(width=self.wide, height=self.tall(420, 260)):
            for first in range(0, len(self.results), across):
                with dpg.group(horizontal=True, horizontal_spacing=px(12)):
                    for result in self.results[first:first + across]:
                        with dpg.group():
                            widgets.says(told(result), "dim")
                            fill_result(self.app, self.pictures, result, wide, self.tall(360, 260))

    def update(self) -> None:
        """Once a frame: the line follows the pointer, or the next one has its turn."""
        super().update()
        if self.way == "beside":
            return
        count = len(self.results)
        pictures = [self._picture(result, self.output) for result in self.results]
        if self.way == "flicker":
            number = turn(count, time.monotonic() - self._began)
            parts = [(0.0, 1.0) if at == number else (0.0, 0.0) for at in range(count)]
        else:
            left = dpg.get_item_rect_min(self.list)[0]
            at = (dpg.get_mouse_pos(local=False)[0] - left) / max(1, self.size[0])
            number, parts = min(count - 1, max(0, int(at * count))), bands(count, at)
        key = (tuple(parts), tuple(map(id, pictures)))
        if key == self._key:
            return
        self._key = key
        self._paint(pictures, parts)
        dpg.set_value(self.line, told(self.results[number]))

    def _paint(self, pictures: list[Any], parts: list[tuple[float, float]]) -> None:
        wide, high = self.size
        dpg.delete_item(self.list, children_only=True)
        for number, (picture, (left, right)) in enumerate(zip(pictures, parts, strict=True)):
            if right > left:
                texture = self.pictures.texture(f"{number}.{self.output}", picture)
                dpg.draw_image(texture, (left * wide, 0), (right * wide, high), uv_min=(left, 0), uv_max=(right, 1),
                               parent=self.list)
        for left, _ in parts[1:] if self.way == "wipe" else ():
            dpg.draw_line((left * wide, 0), (left * wide, high), color=theme.color("selected"), thickness=2, parent=self.list)

    def close(self) -> None:
        super().close()
        self.pictures.close()

    @property
    def young(self) -> bool:
        """Frames are wanted all the time while something moves."""
        return self.way != "beside" or super().young


def told(result: Result) -> str:
    """What a result goes by: what a sweep called it, else when it was."""
    return result.label or result.at.strftime("%H:%M:%S")
