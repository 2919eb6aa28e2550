"""Latent spaces: what autoencoders make of pictures, and how the loops of pipelines hold it."""

from __future__ import annotations

from typing import Any

from nodegraph import InputError


def latent_family(pipe: Any) -> str:
    """One line that tells a latent space from others."""
    vae = pipe.vae
    scale, shift = _scale_and_shift(vae)
    return (f"{type(vae).__name__} ({vae.config.latent_channels} channels at 1/{pipe.vae_scale_factor}, "
            f"scale {scale:g}, shift {shift:g})")


def _scale_and_shift(vae: Any) -> tuple[float, float]:
    return vae.config.get("scaling_factor") or 1.0, vae.config.get("shift_factor") or 0.0


def unpacked(pipe: Any, latents: Any, width: int, height: int) -> Any:
    """Latents (1, channels, h, w) from what the pipeline's loop holds, which for Flux is a row of patches."""
    if latents.ndim == 3:
        return pipe._unpack_latents(latents, height, width, pipe.vae_scale_factor)
    return latents


def latents_of(vae: Any, pixels: Any) -> Any:
    """Latents (1, channels, h, w), as the denoiser sees them, of a picture float32 (3, height, width) in 0..1."""
    import torch

    with torch.no_grad():
        raw = raw_latents(vae, pixels[None] * 2 - 1)
    scale, shift = _scale_and_shift(vae)
    mean, deviation = _mean_and_deviation(vae, raw)
    if mean is not None:
        return (raw - mean) * scale / deviation
    return (raw - shift) * scale


def raw_latents(vae: Any, pixels: Any) -> Any:
    """What the encoder makes of pixels (1, 3, height, width) in -1..1: its likeliest latents, not a drawn one."""
    found = vae.encode(pixels.to(vae.dtype))
    return found.latents if hasattr(found, "latents") else found.latent_dist.mode()


def _mean_and_deviation(vae: Any, like: Any) -> tuple[Any, Any]:
    """The statistics that some autoencoders give for each channel, (1, channels, 1, 1), or None twice."""
    import torch

    mean, deviation = vae.config.get("latents_mean"), vae.config.get("latents_std")
    if mean is None or deviation is None:
        return None, None
    return tuple(torch.tensor(v, device=like.device, dtype=like.dtype).view(1, -1, 1, 1)
                 for v in (mean, deviation))


def decoder_input(vae: Any, latents: Any) -> Any:
    """Latents (1, channels, h, w) in the scale that the decoder was trained on."""
    scale, shift = _scale_and_shift(vae)
    mean, deviation = _mean_and_deviation(vae, latents)
    if mean is not None:
        return latents * deviation / scale + mean
    return latents / scale + shift


def decoded(pipe: Any, latents: Any) -> Any:
    """The picture, float32 (3, height, width) in 0..1, of latents (1, channels, h, w)."""
    import torch

    with torch.no_grad():
        pixels = pipe.vae.decode(decoder_input(pipe.vae, latents).to(pipe.vae.dtype), return_dict=False)[0]
    if not pixels.isfinite().all():
        raise InputError("the model painted numbers that are none (NaN): half precision is too coarse for it, or its "
                         "weights are damaged; run with --dtype float32, or download it again")
    return pipe.image_processor.postprocess(pixels, output_type="pt")[0].float()
