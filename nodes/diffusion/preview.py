"""Small pictures of unfinished latents, cheap enough to draw while sampling."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from nodegraph import InputError, warn

from .checkpoints import previews
from .checkpoints.films import Films
from .families import device_of
from .space import channels_of, decoder_input, pixels_of, raw_latents, scale_and_shift, scale_of, vae_of

SMALL_DECODER = 8_000_000  # parameters; a smaller decoder is quick enough to be the preview itself
_color_maps: WeakKeyDictionary = WeakKeyDictionary()
_found: WeakKeyDictionary = WeakKeyDictionary()  # by autoencoder: the tiny decoder that lies near its model


def latent_picture(pipe: Any, latents: Any) -> Any:
    """What latents (1, channels, h, w) look like: uint8 (height, width, 3).

    By the tiny decoder that was put on the model (diffusion.preview), its own where that is small, one that lies in a folder
    `vae_approx` near the model, or else by the colours of its latents.
    """
    import torch

    from ..media.image import to_array

    vae = vae_of(pipe)
    with torch.no_grad():
        tiny = _tiny_decoder(pipe, vae)
        if tiny is not None:
            pixels = tiny.still(latents) if isinstance(tiny, Films) else pixels_of(tiny, latents)[0] / 2 + 0.5
        else:
            ready = decoder_input(vae, latents).to(vae.dtype)
            flat = ready[0].float().flatten(1).T
            weights = _color_map(pipe).to(flat.device)
            pixels = (flat @ weights[:-1] + weights[-1]).T.reshape(3, *ready.shape[2:])
    return to_array(pixels.float().clamp(0, 1))


def _tiny_decoder(pipe: Any, vae: Any) -> Any:
    """What decodes quickly enough to be looked at while sampling, where it is for these latents; None where nothing does."""
    given = getattr(pipe, "previewer", None)
    if given is not None:
        return given.to(device_of(pipe))
    if sum(p.numel() for p in vae.decoder.parameters()) < SMALL_DECODER:
        return vae
    if vae not in _found:
        bench = getattr(pipe, "bench", None)
        _found[vae] = _beside(bench.place, vae) if bench is not None else None
    return None if _found[vae] is None else _found[vae].to(device_of(pipe))


def _beside(model: Path, vae: Any) -> Any:
    """The tiny decoder for an autoencoder's latents that lies near a model. One that cannot be read is told of, no more."""
    place = previews.beside(model, channels_of(vae), scale_and_shift(vae)[0])
    if place is None:
        return None
    try:
        return previews.decoder(place, vae.dtype).eval().requires_grad_(False)
    except InputError as error:
        warn(f"previews are made without {place.name}, which lies near the model: {error}")
        return None


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

