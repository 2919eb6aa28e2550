"""How far drawn pictures are from true ones that were held out, without any network: by the details of all sizes."""

from __future__ import annotations

import torch
import torch.nn.functional as F

_PATCH, _PATCHES, _DIRECTIONS = 5, 128, 256  # pixels a side; of each picture; that a cloud of them is looked at from


def sliced_distance(a: torch.Tensor, b: torch.Tensor, seed: int = 0) -> float:
    """The sliced Wasserstein distance of the patches of two sets of pictures (n, channels, side, side), a mean over the
    levels of a Laplacian pyramid (Karras et al., 2018, "Progressive Growing of GANs", section 5).

    Patches are normalised by those of `a`, the true ones: 0 is alike, and 1 as far apart as patches are spread.
    """
    distances: list[float] = []
    while a.shape[-1] >= 2 * _PATCH or not distances:
        small = [F.avg_pool2d(x, 2) if x.shape[-1] >= 4 * _PATCH else None for x in (a, b)]
        details = [x if s is None else x - F.interpolate(s, x.shape[-2:], mode="bilinear")
                   for x, s in zip((a, b), small, strict=True)]
        distances.append(_sliced(_patches(details[0], seed), _patches(details[1], seed + 1), seed))
        if small[0] is None or small[1] is None:
            break
        a, b = small
    return sum(distances) / len(distances)


def _patches(pictures: torch.Tensor, seed: int) -> torch.Tensor:
    """Some of their patches, (patches, channels * 25)."""
    every = F.unfold(pictures, _PATCH).transpose(1, 2)
    count = min(_PATCHES, every.shape[1])
    order = torch.rand(every.shape[:2], generator=torch.Generator().manual_seed(seed)).argsort(1)[:, :count]
    return every.gather(1, order.to(every.device)[..., None].expand(-1, -1, every.shape[2])).flatten(0, 1)


def _sliced(a: torch.Tensor, b: torch.Tensor, seed: int) -> float:
    count = min(len(a), len(b))
    middle, spread = a.mean(0), a.std()
    directions = torch.randn(a.shape[1], _DIRECTIONS, generator=torch.Generator().manual_seed(seed)).to(a)
    directions = directions / directions.norm(dim=0)
    seen = [((x - middle) / spread.clamp_min(1e-6) @ directions).sort(0).values for x in (a, b)]
    levels = torch.linspace(0, 1, count, device=a.device)
    a, b = (x[(levels * (len(x) - 1)).round().long()] for x in seen)
    return float((a - b).abs().mean())
