"""Pictures as textures for the canvas: one for each that is seen, let go when it is not.

Dear PyGui uploads raw and dynamic textures again in each frame; static ones it uploads once, and making one costs a
few milliseconds. So these are static, and a few are made in one frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dearpygui.dearpygui as dpg

from ..document.items import Item

if TYPE_CHECKING:
    import numpy as np

SIDE = 256  # pixels on the long side
FRAMES_KEPT = 2  # after it was let go: what drew it is gone by then


class Textures:
    """The textures of what nodes show, by item and port."""

    def __init__(self) -> None:
        self.registry = dpg.add_texture_registry()
        self._held: dict[tuple[Item, str], tuple[np.ndarray, int | str]] = {}
        self._gone: list[tuple[int, int | str]] = []

    def lacks(self, item: Item, port: str, picture: np.ndarray | None) -> bool:
        """Whether a picture has no texture yet."""
        held = self._held.get((item, port))
        return picture is not None and (held is None or held[0] is not picture)

    def get(self, item: Item, port: str, picture: np.ndarray, budget: list[int] | None = None) -> int | str | None:
        """The texture of a picture, uint8 (height, width, 4); the last one there while no more are to be made now.

        budget: how many may still be made in this frame; it is lessened here.
        """
        held = self._held.get((item, port))
        if held is not None and held[0] is picture:
            return held[1]
        if budget is not None and budget[0] <= 0:
            return held[1] if held is not None else None
        if budget is not None:
            budget[0] -= 1
        if held is not None:
            self._gone.append((dpg.get_frame_count(), held[1]))
        made = self._made(picture)
        self._held[item, port] = picture, made
        return made

    def _made(self, picture: np.ndarray) -> int | str:
        import numpy as np

        step = -(-max(picture.shape[:2]) // SIDE)
        small = np.ascontiguousarray(picture[::step, ::step], dtype=np.float32) / np.float32(255)
        return dpg.add_static_texture(small.shape[1], small.shape[0], small.reshape(-1), parent=self.registry)

    def drop(self, item: Item) -> None:
        """Let go of what an item showed."""
        for key in [key for key in self._held if key[0] == item]:
            self._gone.append((dpg.get_frame_count(), self._held.pop(key)[1]))

    def tidy(self) -> None:
        """Once a frame: free what was let go a while ago."""
        now = dpg.get_frame_count()
        while self._gone and now - self._gone[0][0] > FRAMES_KEPT:
            dpg.delete_item(self._gone.pop(0)[1])

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._held) + len(self._gone)

    def close(self) -> None:
        """Let go of all of them."""
        self._held.clear()
        self._gone.clear()
        dpg.delete_item(self.registry)
