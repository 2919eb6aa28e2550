"""Where in a picture a drawing of the same thing lies: the place at which their edges agree best."""

from __future__ import annotations

from typing import Any

_SIDE = 64  # pixels, at which edges are compared
_SIZES = tuple(_SIDE * k // 16 for k in range(5, 18))  # of the longer side of what is drawn
_TURNS = (-7.0, 0.0, 7.0)  # degrees
_LARGE = 0.25  # small drawings agree with something by chance: the score goes with this power of the size
_SEEN = 0.05  # an alpha from which on something is seen
_OUTSIDE = 10  # pixels, by which a drawing may reach over the border


def aligned(drawing: Any, picture: Any) -> tuple[Any, float]:
    """What is drawn, float32 (4, h, w) with alpha, scaled, mirrored, turned a little and moved to where it agrees best with
    a picture (3, h, w), and how well it agrees, -1 to 1; as it is, and -1, where nothing is drawn.

    Compared are the strengths of edges, whatever their colours, by normalised cross-correlation (Lewis, 1995).
    """
    import torch

    if not bool((drawing[3] > _SEEN).any()):
        return drawing, -1.0
    room = torch.nn.functional.pad(_edges(_resized(picture, _SIDE, _SIDE)), [_OUTSIDE] * 4)
    best = (-1.0, -1.0)
    for turn in _TURNS:
        for cut in (turned := _cut(_turned(drawing, turn)), turned.flip(2)):
            for size in _SIZES:
                high, wide = (max(4, round(size * side / max(cut.shape[1:]))) for side in cut.shape[1:])
                score, top, left = _agreement(room, _resized(cut, high, wide))
                if score * size ** _LARGE > best[0]:
                    best, place, found = (score * size ** _LARGE, score), (top - _OUTSIDE, left - _OUTSIDE, high, wide), cut
    return _put(found, drawing.shape[1:], *(value / _SIDE for value in place)), best[1]


def _turned(drawing: Any, degrees: float) -> Any:
    """A drawing turned about its middle on a frame twice as large; colours are multiplied by alpha on the way."""
    import math

    import torch

    from ...common.pixels import premultiplied, straight

    if not degrees:
        return drawing
    high, wide = drawing.shape[1:]
    frame = torch.nn.functional.pad(premultiplied(drawing), [wide // 2, wide // 2, high // 2, high // 2])[None]
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    grid = torch.nn.functional.affine_grid(torch.tensor([[[c, -s, 0], [s, c, 0]]]), frame.shape, align_corners=False)
    return straight(torch.nn.functional.grid_sample(frame, grid, align_corners=False)[0])


def _cut(drawing: Any) -> Any:
    """Only the box that is drawn upon."""
    import torch

    rows, columns = (torch.nonzero((drawing[3] > _SEEN).any(axis)).flatten().tolist() for axis in (1, 0))
    return drawing[:, rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]


def _resized(picture: Any, high: int, wide: int) -> Any:
    import torch

    return torch.nn.functional.interpolate(picture[None], (high, wide), mode="bilinear", antialias=True)[0].clamp(0, 1)


def _edges(colours: Any) -> Any:
    """How strongly a picture (3, h, w) changes, (h, w), faint edges raised."""
    import torch

    padded = torch.nn.functional.pad(colours[None], [1] * 4, mode="replicate")[0]
    across, down = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2], padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    return (across ** 2 + down ** 2).sum(0).sqrt().sqrt()


def _agreement(room: Any, small: Any) -> tuple[float, int, int]:
    """The best correlation of a drawing's edges with those of a room, and where its corner is then."""
    import torch

    bordered = torch.nn.functional.pad(small, [1] * 4)
    pattern = _edges(bordered[:3] * bordered[3:] + 0.5 * (1 - bordered[3:]))
    pattern = pattern - pattern.mean()
    ones, count = torch.ones_like(pattern)[None, None], pattern.numel()
    if any(side > most for side, most in zip(pattern.shape, room.shape, strict=True)):
        return -1.0, 0, 0
    sums, squares = (torch.nn.functional.conv2d(of[None, None], ones)[0, 0] for of in (room, room ** 2))
    spread = (squares - sums ** 2 / count).clamp_min(1e-3).sqrt() * pattern.norm().clamp_min(1e-6)
    scores = torch.nn.functional.conv2d(room[None, None], pattern[None, None])[0, 0] / spread
    best = int(scores.argmax())
    return float(scores.max()), best // scores.shape[1] + 1, best % scores.shape[1] + 1


def _put(cut: Any, shape: Any, top: float, left: float, high: float, wide: float) -> Any:
    """What was cut out at a place, in shares of a frame of a shape (height, width)."""
    from ...common.pixels import placed, premultiplied, straight

    rows, columns = shape
    small = straight(_resized(premultiplied(cut), max(1, round(high * rows)), max(1, round(wide * columns))))
    return placed(small, round(left * columns), round(top * rows), columns, rows)
