"""Networks that enlarge pictures, built as the shapes of their weights say: SRVGGNetCompact, and ESRGAN's RRDBNet.

Each takes (1, 3, height, width) in 0..1 and gives it `scale` times larger. `margin`: how many pixels of its surroundings
a pixel is made of, or as many as make a difference; `side`: of a tile that needs a few hundred MB.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from .architectures import Shapes, architecture, compact_scale, ends_of, esrgan_name
from .tiles import spans


def network(tensors: Mapping[str, Any]) -> Any:
    """The network that weights belong to, with them. Raises ValueError where they are of none, or not complete."""
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    kind = architecture(shapes)
    if not kind:
        raise ValueError("its tensors have the names of no network that is known here")
    made = _compact(shapes) if kind == "Compact" else _esrgan(shapes)
    renamed = tensors if kind == "Compact" else {esrgan_name(name, ends_of(shapes)): t for name, t in tensors.items()}
    try:
        made.load_state_dict(renamed)
    except RuntimeError as error:
        raise ValueError(" ".join(str(error).split("\n\t")[1].split())) from None
    return made


# ---- SRVGGNetCompact, of Real-ESRGAN (Wang et al., 2021): plain convolutions at the small size, then a shuffle

class Compact(nn.Module):
    """What it adds to the picture enlarged by repeated pixels."""

    side = 384

    def __init__(self, width: int, depth: int, scale: int):
        super().__init__()
        self.scale, self.margin = scale, depth + 2
        inner = [layer for _ in range(depth) for layer in (_conv(width, width), nn.PReLU(width))]
        self.body = nn.Sequential(_conv(3, width), nn.PReLU(width), *inner, _conv(width, 3 * scale ** 2))

    def forward(self, image: Any) -> Any:
        return F.pixel_shuffle(self.body(image), self.scale) + F.interpolate(image, scale_factor=self.scale)


def _compact(shapes: Shapes) -> Compact:
    convolutions = [shape for shape in shapes.values() if len(shape) == 4]
    return Compact(shapes["body.0.weight"][0], len(convolutions) - 2, compact_scale(shapes))


# ---- RRDBNet, of ESRGAN (Wang et al., 2018): residual blocks of dense blocks, then repeated pixels and convolutions

class _Dense(nn.Module):
    def __init__(self, width: int, growth: int):
        super().__init__()
        for k in range(5):
            setattr(self, f"conv{k + 1}", _conv(width + k * growth, growth if k < 4 else width))

    def forward(self, x: Any) -> Any:
        parts = [x]
        for k in range(1, 5):
            parts.append(_leaky(getattr(self, f"conv{k}")(torch.cat(parts, 1))))
        return x + 0.2 * self.conv5(torch.cat(parts, 1))


class _Block(nn.Module):
    def __init__(self, width: int, growth: int):
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (_Dense(width, growth) for _ in range(3))

    def forward(self, x: Any) -> Any:
        return x + 0.2 * self.rdb3(self.rdb2(self.rdb1(x)))


ROWS, RIM = 48, 4  # the large planes at its end are made by strips of so many rows, and as many beside them matter


class Esrgan(nn.Module):
    """fold: what the picture is folded by first, so that networks of scale 2 and 1 think at a half or a quarter."""

    side = 256

    def __init__(self, width: int, growth: int, depth: int, doublings: int, fold: int):
        super().__init__()
        self.scale, self.fold, self.doublings = 2 ** doublings // fold, fold, doublings
        self.margin = min(64, (15 * depth + 6) * fold)  # a deep one sees further, by less than half a step of 8 bits
        self.conv_first = _conv(3 * fold ** 2, width)
        self.body = nn.Sequential(*(_Block(width, growth) for _ in range(depth)))
        self.conv_body, self.conv_hr, self.conv_last = _conv(width, width), _conv(width, width), _conv(width, 3)
        for k in range(doublings):
            setattr(self, f"conv_up{k + 1}", _conv(width, width))

    def forward(self, image: Any) -> Any:
        high, wide = image.shape[2:]
        image = F.pad(image, (0, -wide % self.fold, 0, -high % self.fold), "replicate")
        first = self.conv_first(F.pixel_unshuffle(image, self.fold))
        x = first + self.conv_body(self.body(first))
        rows = [(span, self._large(x[:, :, span.first:span.last])) for span in spans(x.shape[2], ROWS, RIM)]
        larger = 2 ** self.doublings
        made = torch.cat([strip[:, :, (span.start - span.first) * larger:(span.end - span.first) * larger]
                          for span, strip in rows], 2)
        return made[:, :, :high * self.scale, :wide * self.scale]

    def _large(self, x: Any) -> Any:
        for k in range(self.doublings):
            x = _leaky(getattr(self, f"conv_up{k + 1}")(F.interpolate(x, scale_factor=2)))
        return self.conv_last(_leaky(self.conv_hr(x)))


def _esrgan(shapes: Shapes) -> Esrgan:
    ends = ends_of(shapes)
    named = {esrgan_name(name, ends): shape for name, shape in shapes.items()}
    depth = 1 + max(int(name.split(".")[1]) for name in named if name.startswith("body."))
    doublings = len([name for name in named if re.fullmatch(r"conv_up\d\.weight", name)])
    width, planes = named["conv_first.weight"][:2]
    return Esrgan(width, named["body.0.rdb1.conv1.weight"][0], depth, doublings, math.isqrt(planes // 3))


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.utils.skip_init(nn.Conv2d, inputs, outputs, 3, padding=1)


def _leaky(x: Any) -> Any:
    return F.leaky_relu_(x, 0.2)
