"""Small pictures of unfinished latents, cheap enough to draw while sampling."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from .families import device_of
from .space import decoder_input, pixels_of, raw_latents, scale_of, vae_of

SMALL_DECODER = 8_000_000  # parameters; a smaller decoder is quick enough to be the preview itself
_color_maps: WeakKeyDictionary = WeakKeyDictionary()


def latent_picture(pipe: Any, latents: Any) -> Any:
    """What latents (1, channels, h, w) look like: uint8 (height, width, 3)."""
    import torch

    from ..media.image import to_array

    vae = vae_of(pipe)
    with torch.no_grad():
        if sum(p.numel() for p in vae.decoder.parameters()) < SMALL_DECODER:
            pixels = pixels_of(vae, latents)[0] / 2 + 0.5
        else:
            ready = decoder_input(vae, latents).to(vae.dtype)
            flat = ready[0].float().flatten(1).T
            weights = _color_map(pipe).to(flat.device)
            pixels = (flat @ weights[:-1] + weights[-1]).T.reshape(3, *ready.shape[2:])
    return to_array(pixels.float().clamp(0, 1))


def _color_map(pipe: Any) -> Any:
    """The affine map (channels + 1, 3) from a latent to its colour that fits this autoencoder best.

    A sheet of random colours, two latents to a side each, is encoded once, and the map is found by least squares.
    """
    import torch

    vae = vae_of(pipe)
    if vae not in _color_maps:
        colors = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(0)).to(device_of(pipe))
        on_latents = torch.nn.functional.interpolate(colors, scale_factor=2)
        sheet = torch.nn.functional.interpolate(on_latents, scale_factor=scale_of(pipe)) * 2 - 1
        rows = raw_latents(vae, sheet)[0].float().flatten(1).T
        rows = torch.cat([rows, torch.ones_like(rows[:, :1])], dim=1)
        wanted = on_latents[0].flatten(1).T
        _color_maps[vae] = torch.linalg.lstsq(rows.cpu(), wanted.cpu()).solution
    return _color_maps[vae]

