"""What is done where memory runs out for a picture: the autoencoder takes it in tiles, which is told in one line."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

from nodegraph import warn

SMALLEST = 64  # pixels of a side of a tile
_X = TypeVar("_X")


def is_out(error: BaseException) -> bool:
    """Whether a device, or the machine, has no memory left."""
    return type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in str(error)


def in_tiles_if_need_be(vae: Any, side: int, scale: int, what: str, work: Callable[[Any], _X]) -> _X:
    """What `work` makes with an autoencoder, or with one that works in tiles where memory runs out.

    side: the longer one of the picture, in pixels. scale: pixels that a latent stands for, a side.
    what: "decode", for the sentence. Tiles overlap and are blended; they are halved until memory is enough. Raises
    what torch raises where even the smallest are too large.
    """
    try:
        return work(vae)
    except RuntimeError as error:
        if not is_out(error) or not hasattr(vae, "enable_tiling") or side // 2 < SMALLEST:
            raise
    for tile in (side // 2 ** power for power in range(1, side.bit_length()) if side // 2 ** power >= SMALLEST):
        try:
            made = work(_tiled(vae, tile, scale))
        except RuntimeError as error:
            if not is_out(error) or tile // 2 < SMALLEST:
                raise
        else:
            warn(f"memory ran out to {what} the picture in one piece; it is done in tiles of {tile} pixels, whose seams "
                 "are blended")
            return made
    raise AssertionError("a tile is the last one")


def _tiled(vae: Any, tile: int, scale: int) -> Any:
    """The same networks, in an autoencoder that works in tiles of so many pixels a side, `scale` to a latent."""
    tiled = copy.copy(vae)
    tiled.enable_tiling()
    for name, value in {"tile_sample_min_size": tile, "tile_latent_min_size": tile // scale, "spatial_scale_factor": scale,
                        "tile_sample_min_height": tile, "tile_sample_min_width": tile,
                        "tile_sample_stride_height": tile * 3 // 4, "tile_sample_stride_width": tile * 3 // 4}.items():
        if hasattr(tiled, name):
            setattr(tiled, name, value)
    return tiled
