"""What a critic is shown instead of pictures when there are few of them: turned, moved, scaled and recoloured ones.

True and forged pictures are changed alike, each change with a probability below 1, so that what the critic learns of the
changed ones holds for the others, and no change leaks into what is drawn (Karras et al., 2020, "Training Generative
Adversarial Networks with Limited Data"). How often is up to `adversary`.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F


def augmented(pictures: torch.Tensor, strength: float) -> torch.Tensor:
    """Pictures (n, 3, side, side) in -1..1, each changed in each way with a probability of `strength`, 0 to 1."""
    if strength <= 0:
        return pictures
    return _recolored(_moved(pictures, strength), strength)


def _moved(pictures: torch.Tensor, strength: float) -> torch.Tensor:
    """Mirrored, turned, scaled, stretched and shifted; what comes from outside is mirrored in the edges."""
    n, device = len(pictures), pictures.device
    matrices = torch.eye(3, device=device).expand(n, 3, 3)
    on = _sometimes(n, strength, device)
    matrices = matrices @ _scaling(torch.where(on & (_uniform(n, device) < 0), -1.0, 1.0), torch.ones(n, device=device))
    quarter = (torch.rand(n, device=device) * 4).floor() * (math.pi / 2)
    matrices = matrices @ _turning(torch.where(_sometimes(n, strength, device), quarter, 0.0))
    scale = torch.where(_sometimes(n, strength, device), torch.exp2(torch.randn(n, device=device) * 0.2), 1.0)
    stretch = torch.where(_sometimes(n, strength, device), torch.exp2(torch.randn(n, device=device) * 0.2), 1.0)
    matrices = matrices @ _scaling(scale * stretch, scale / stretch)
    matrices = matrices @ _turning(torch.where(_sometimes(n, strength, device), _uniform(n, device) * math.pi, 0.0))
    shift = torch.where(_sometimes(n, strength, device)[:, None], torch.randn(n, 2, device=device) * 0.25, 0.0)
    matrices = torch.cat([matrices[:, :2, :2], shift[:, :, None]], 2)
    grid = F.affine_grid(matrices, list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def _recolored(pictures: torch.Tensor, strength: float) -> torch.Tensor:
    """Lighter or darker, of more or less contrast and colour, and of other hues."""
    n, device = len(pictures), pictures.device
    brightness = torch.where(_sometimes(n, strength, device), torch.randn(n, device=device) * 0.2, 0.0)
    contrast = torch.where(_sometimes(n, strength, device), torch.exp2(torch.randn(n, device=device) * 0.5), 1.0)
    saturation = torch.where(_sometimes(n, strength, device), torch.exp2(torch.randn(n, device=device)), 1.0)
    hue = torch.where(_sometimes(n, strength, device), _uniform(n, device) * math.pi, 0.0)
    grey = torch.full((3, 3), 1 / 3, device=device)
    # a turn about the axis of greys (Rodrigues): along it all stays, across it colours turn
    axis = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]], device=device) / math.sqrt(3)
    across = torch.cos(hue)[:, None, None] * (torch.eye(3, device=device) - grey) + torch.sin(hue)[:, None, None] * axis
    mixed = contrast[:, None, None] * (grey + saturation[:, None, None] * across)
    return torch.einsum("nkc,nchw->nkhw", mixed, pictures) + brightness[:, None, None, None]


def _sometimes(n: int, strength: float, device: torch.device) -> torch.Tensor:
    return torch.rand(n, device=device) < strength


def _uniform(n: int, device: torch.device) -> torch.Tensor:
    """Between -1 and 1."""
    return torch.rand(n, device=device) * 2 - 1


def _turning(angle: torch.Tensor) -> torch.Tensor:
    cosine, sine, zero, one = torch.cos(angle), torch.sin(angle), torch.zeros_like(angle), torch.ones_like(angle)
    return torch.stack([cosine, -sine, zero, sine, cosine, zero, zero, zero, one], 1).view(-1, 3, 3)


def _scaling(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.diag_embed(torch.stack([x, y, torch.ones_like(x)], 1))
