"""Pictures in a window: their textures, and the size they are shown at."""

from __future__ import annotations

from typing import Any

import dearpygui.dearpygui as dpg
import numpy as np

from .widgets import px


class Pictures:
    """Textures for the pictures that one panel shows, by a name of the panel's choice; one for each name."""

    def __init__(self) -> None:
        self.registry = dpg.add_texture_registry()
        # The picture, its floats (which Dear PyGui goes on reading), and the texture.
        self._kept: dict[str, tuple[Any, np.ndarray, int | str]] = {}
        self._gone: list[int | str] = []

    def texture(self, name: str, picture: np.ndarray) -> int | str:
        """The texture of a picture: uint8 (height, width, 4)."""
        kept = self._kept.get(name)
        if kept is not None and kept[0] is picture:
            return kept[2]
        floats = np.ascontiguousarray(picture, dtype=np.float32) / np.float32(255)
        if kept is not None and kept[1].shape == floats.shape:
            dpg.set_value(kept[2], floats)
            self._kept[name] = picture, floats, kept[2]
            return kept[2]
        if kept is not None:
            self._gone.append(kept[2])
        made = dpg.add_raw_texture(picture.shape[1], picture.shape[0], floats, format=dpg.mvFormat_Float_rgba,
                                   parent=self.registry)
        self._kept[name] = picture, floats, made
        return made

    def keep_only(self, names: set[str]) -> None:
        """Let go of every other picture. Call it when no widget shows them any more."""
        for name in [name for name in self._kept if name not in names]:
            self._gone.append(self._kept.pop(name)[2])
        for texture in self._gone:
            dpg.delete_item(texture)
        self._gone.clear()

    def close(self) -> None:
        """Let go of all of them."""
        self._kept.clear()
        self._gone.clear()
        dpg.delete_item(self.registry)


def fitted(width: float, height: float, most_wide: float, most_high: float) -> tuple[int, int]:
    """A picture's size on the screen: as large as there is room, and at most three times as large as it is."""
    factor = min(most_wide / width, most_high / height, 3 * px(1000) / 1000)
    return max(1, round(width * factor)), max(1, round(height * factor))
