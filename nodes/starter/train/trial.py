"""What the painter makes of sentences and samples, by the averages of its parts."""

from __future__ import annotations

import numpy as np
import torch

from .autoencoder import CHANNELS
from .denoiser import all_tokens, sigmas
from .lessons import Painter
from .store import Store

SHIFT = 2.5


@torch.no_grad()
def painted(painter: Painter, texts: list[str], shown: torch.Tensor, mask: torch.Tensor, steps: int = 12, guidance: float = 2.0
            ) -> torch.Tensor:
    """Latents (n, 16, 16, 16) of what the averaged denoiser makes of sentences and of what is shown."""
    n = len(texts)
    context, pooled = painter.said([*texts, *[""] * n])
    told, counts = all_tokens(context)
    latent = torch.randn(n, CHANNELS, 16, 16, generator=painter.noise, device=painter.device)
    levels = sigmas(steps, SHIFT)
    for sigma, lower in zip(levels, levels[1:]):
        velocity = painter.velocity(painter.averages["denoiser"], latent.repeat(2, 1, 1, 1),
                                    torch.full((2 * n,), sigma, device=painter.device), shown.repeat(2, 1, 1, 1).float(),
                                    mask.repeat(2, 1, 1), told, pooled.repeat(1, 2), counts).float()
        asked, unguided = velocity.chunk(2)
        latent = latent + (lower - sigma) * (unguided + guidance * (asked - unguided))
    return latent


@torch.no_grad()
def attempts(painter: Painter, store: Store) -> tuple[torch.Tensor, torch.Tensor]:
    """What the denoiser makes of the first pictures, half hidden by noise, and which pictures they are."""
    made, rows = [], torch.arange(min(painter.size.attempts, store.kept, store.count), device=painter.device)
    for picked in rows.split(painter.size.batch):
        context, pooled = painter.words(store.ids[picked, 0])
        told, counts = all_tokens(context)
        level = 0.35 + 0.55 * torch.rand((), generator=painter.generator).item()
        clean = store.latents[picked].float()
        noise = torch.randn(clean.shape, generator=painter.noise, device=painter.device)
        latent, levels = (1 - level) * clean + level * noise, torch.linspace(level, 0, 9).tolist()
        for sigma, lower in zip(levels, levels[1:]):
            noise_level = torch.full((len(picked),), sigma, device=painter.device)
            velocity = painter.velocity(painter.averages["denoiser"], latent, noise_level,
                                        store.shown[picked].float(), store.mask[picked], told, pooled.repeat(1, 2), counts)
            latent = latent + (lower - sigma) * velocity.float()
        made.append(latent.half())
    return torch.cat(made), rows


@torch.no_grad()
def pixels(painter: Painter, latents: torch.Tensor, store: Store) -> np.ndarray:
    """uint8 (n, 128, 128, 3) of latents, by the averaged decoder."""
    trained, painter.autoencoder.decoder = painter.autoencoder.decoder, painter.averages["decoder"]
    parts = [painter.autoencoder.decode(part.float() / store.scale + store.shift).sample for part in latents.split(32)]
    painter.autoencoder.decoder = trained
    return (torch.cat(parts).clamp(-1, 1) * 127.5 + 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()


def psnr(painter: Painter, unseen: Store) -> float:
    """Mean peak signal-to-noise ratio, dB, of the averaged decoder on unseen pictures."""
    n = min(64, unseen.kept)
    wanted = unseen.pictures[:n].permute(0, 2, 3, 1).cpu().numpy().astype(np.float64)
    error = np.square((pixels(painter, unseen.latents[:n], unseen) - wanted) / 255).mean((1, 2, 3))
    return float(np.mean(-10 * np.log10(error)))
