"""Latent spaces: what autoencoders make of pictures, and how the loops of pipelines hold it.

Samples are (batch, channels, height, width), or (batch, channels, frames, height, width) of a clip, scaled as the
denoiser sees them. A loop holds them as they are, or as a row of patches.
"""

from __future__ import annotations

import inspect
from typing import Any

from nodegraph import InputError

from .families import denoiser
from .memory import in_tiles_if_need_be


def vae_of(pipe: Any) -> Any:
    """The autoencoder; Kandinsky's is called movq."""
    vae = vars(pipe).get("vae") or vars(pipe).get("movq")
    if vae is None:
        raise InputError(f"this model is a {type(pipe).__name__}, which has no autoencoder: it paints without latents; "
                         "diffusion.paint runs it as a whole")
    return vae


def scale_of(pipe: Any) -> int:
    """How many pixels a side a latent stands for."""
    scale = int(getattr(pipe, "vae_scale_factor", 0) or getattr(pipe, "vae_scale_factor_spatial", 0)
                or getattr(pipe, "vae_spatial_compression_ratio", 0) or getattr(pipe, "vae_scale_factor_space", 0) or 8)
    return scale // 2 if _is_bria(pipe) else scale


def _is_bria(pipe: Any) -> bool:
    """Whether a pipeline counts the patches of its transformer as a part of its autoencoder's scale."""
    return type(pipe).__name__ in ("BriaPipeline", "BriaFiboPipeline") and hasattr(pipe, "_unpack_latents")


def channels_of(vae: Any) -> int:
    """How many channels its latents have."""
    return int(vae.config.get("latent_channels") or vae.config["z_dim"])


def latent_family(pipe: Any) -> str:
    """One line that tells a latent space from others."""
    vae = vae_of(pipe)
    scale, shift = scale_and_shift(vae)
    return (f"{type(vae).__name__} ({channels_of(vae)} channels at 1/{scale_of(pipe)}, scale {scale:g}, "
            f"shift {shift:g})" + _PUT_IN * any(patch.kind == "vae" for patch in getattr(pipe, "patches", ())))


_PUT_IN = " in the place of the model's own"


def same_space(latent: Any, pipe: Any) -> bool:
    """Whether a Latent is one of this model's. An autoencoder that was put in reads the latents of the model's own."""
    there, mine = latent.family, latent_family(pipe)
    if there == mine or not (there.endswith(_PUT_IN) or mine.endswith(_PUT_IN)):
        return bool(there == mine)
    return there[there.find("("):].split(",")[0] == mine[mine.find("("):].split(",")[0]


def scale_and_shift(vae: Any) -> tuple[float, float]:
    if type(vae).__name__ == "VQModel":  # whose pipelines (Kandinsky) leave its latents as they are
        return 1.0, 0.0
    return vae.config.get("scaling_factor") or 1.0, vae.config.get("shift_factor") or 0.0


# How a loop holds samples.

def packed(pipe: Any, samples: Any) -> Any:
    """Samples as the pipeline's loop holds them: for Flux and its kin a row of patches."""
    batch, channels, *_, height, width = samples.shape
    if hasattr(pipe, "_patchify_latents"):  # Flux.2
        return pipe._pack_latents(pipe._patchify_latents(samples))
    if not hasattr(pipe, "_pack_latents"):
        return samples.transpose(1, 2) if _frames_first(pipe) else samples
    takes = inspect.signature(pipe._pack_latents).parameters
    if "patch_size_t" in takes:  # LTX
        return pipe._pack_latents(samples, *_patches(pipe))
    patch = (denoiser(pipe).config.patch_size,) if "patch_size" in takes else ()
    return pipe._pack_latents(samples, batch, channels, height, width, *patch)


def unpacked(pipe: Any, latents: Any, width: int, height: int) -> Any:
    """Samples from what the loop of a pipeline that paints width x height pixels holds."""
    if latents.ndim == 3:
        return _row_unpacked(pipe, latents, width, height)
    return latents.transpose(1, 2) if _frames_first(pipe) else latents


def _row_unpacked(pipe: Any, latents: Any, width: int, height: int) -> Any:
    scale = scale_of(pipe)
    if hasattr(pipe, "_patchify_latents"):
        rows = latents.transpose(1, 2).unflatten(2, (height // (2 * scale), width // (2 * scale)))
        return pipe._unpatchify_latents(rows)
    takes = inspect.signature(pipe._unpack_latents).parameters
    if "num_frames" in takes:
        patch, patch_t = _patches(pipe)
        rows, columns = height // scale // patch, width // scale // patch
        return pipe._unpack_latents(latents, latents.shape[1] // (rows * columns), rows * patch, columns * patch,
                                    patch, patch_t)
    known = {"patch_size": denoiser(pipe).config.get("patch_size"),
             "vae_scale_factor": getattr(pipe, "vae_scale_factor", scale)}
    samples = pipe._unpack_latents(latents, height=height, width=width,
                                   **{name: value for name, value in known.items() if name in takes})
    return samples[:, :, 0] if samples.ndim == 5 else samples


def _patches(pipe: Any) -> tuple[int, int]:
    return pipe.transformer_spatial_patch_size, pipe.transformer_temporal_patch_size


def _frames_first(pipe: Any) -> bool:
    return type(pipe).__name__.startswith(("CogVideoX", "ConsisID", "StableVideoDiffusion"))


# What an autoencoder makes of pictures, and back.

def latents_of(pipe: Any, pixels: Any) -> Any:
    """Samples (1, channels, h, w) of a picture float32 (3, height, width) in 0..1."""
    import torch

    with torch.no_grad():
        return in_tiles_if_need_be(vae_of(pipe), max(pixels.shape), scale_of(pipe), "encode", lambda vae: _normalized(
            vae, raw_latents(vae, pixels[None] * 2 - 1)))


def raw_latents(vae: Any, pixels: Any) -> Any:
    """What the encoder makes of pixels (1, 3, height, width) in -1..1: its likeliest latents, not a drawn one."""
    pixels = pixels.to(vae.dtype)
    moving = reads_clips(vae)
    made = vae.encode(pixels[:, :, None] if moving else pixels)
    raw = next((getattr(made, name) for name in ("latents", "latent") if hasattr(made, name)), None)
    raw = made.latent_dist.mode() if raw is None else raw
    return raw[:, :, 0] if moving else raw


def reads_clips(vae: Any) -> bool:
    """Whether an autoencoder has a place for time, which a single picture fills with one frame."""
    import torch

    if decodes_in_turn(vae):
        return False
    return any(type(part).__name__.endswith("CausalConv3d") or isinstance(part, torch.nn.Conv3d)
               for part in vae.modules())


def decodes_in_turn(vae: Any) -> bool:
    """Whether an autoencoder of pictures smooths what it decodes along the frames, of which it is told how many there are."""
    return "num_frames" in inspect.signature(type(vae).decode).parameters


def _normalized(vae: Any, raw: Any) -> Any:
    """Latents as the denoiser sees them."""
    scale, shift = scale_and_shift(vae)
    mean, deviation = _mean_and_deviation(vae, raw)
    if mean is not None:
        return (raw - mean) * scale / deviation
    return (raw - shift) * scale


def decoder_input(vae: Any, samples: Any) -> Any:
    """Samples in the scale that the decoder was trained on."""
    scale, shift = scale_and_shift(vae)
    mean, deviation = _mean_and_deviation(vae, samples)
    if mean is None:
        return samples / scale + shift
    if "z_dim" in vae.config:  # Wan and its kin, whose pipelines round in this order
        return samples / (1.0 / deviation) + mean
    return samples * deviation / scale + mean


def _mean_and_deviation(vae: Any, like: Any) -> tuple[Any, Any]:
    """The statistics that some autoencoders give for each channel, to be broadcast over samples, or None twice."""
    import torch

    if hasattr(vae, "bn"):
        return _of_patches(vae, like)
    buffers = dict(vae.named_buffers(recurse=False))  # of LTX
    mean, deviation = (buffers.get(name, vae.config.get(name)) for name in ("latents_mean", "latents_std"))
    if mean is None or deviation is None:
        return None, None
    shape = (1, -1, *(1,) * (like.ndim - 2))
    return tuple(torch.as_tensor(v).to(device=like.device, dtype=like.dtype).view(shape) for v in (mean, deviation))


def _of_patches(vae: Any, like: Any) -> tuple[Any, Any]:
    """The statistics of Flux.2, which are those of patches of 2 x 2 latents."""
    variance = vae.bn.running_var + vae.config.batch_norm_eps
    return tuple(values.to(like.device, like.dtype).view(1, -1, 2, 2).repeat(
        1, 1, like.shape[2] // 2, like.shape[3] // 2) for values in (vae.bn.running_mean, variance.sqrt()))


def judge_latent(pipe: Any, latent: Any) -> None:
    """Raises InputError for a Latent of another space than this model's."""
    if not same_space(latent, pipe):
        raise InputError(f"latent is in the space of {latent.family}, and this model has {latent_family(pipe)}; "
                         "decode it with the model that painted it")


def decoded(pipe: Any, samples: Any) -> Any:
    """The picture, float32 (3, height, width) in 0..1, of samples (1, channels, h, w)."""
    import torch

    scale = scale_of(pipe)
    with torch.no_grad():
        return picture(in_tiles_if_need_be(vae_of(pipe), max(samples.shape[-2:]) * scale, scale, "decode",
                                           lambda vae: pixels_of(vae, samples))[0])


def picture(pixels: Any) -> Any:
    """A picture, float32 in 0..1, of what a decoder makes, (3, height, width) in -1..1. Raises InputError for NaN."""
    if not pixels.isfinite().all():
        raise InputError("the model painted numbers that are none (NaN): half precision is too coarse for it, or its "
                         "weights are damaged; run with --dtype float32, or download it again")
    return (pixels * 0.5 + 0.5).clamp(0, 1).float()


def pixels_of(vae: Any, samples: Any) -> Any:
    """What the decoder makes of samples (1, channels, h, w): pixels (1, 3, height, width) in -1..1."""
    if reads_clips(vae):
        return clip_pixels(vae, samples[:, :, None])[:, :, 0]
    more = {"force_not_quantize": True} if type(vae).__name__ == "VQModel" else {}
    return vae.decode(decoder_input(vae, samples).to(vae.dtype), **more, return_dict=False)[0]


def clip_pixels(vae: Any, samples: Any) -> Any:
    """What a decoder that knows time makes of samples (1, channels, frames, h, w): (1, 3, frames, height, width)."""
    import torch

    ready = decoder_input(vae, samples).to(vae.dtype)
    timed = vae.config.get("timestep_conditioning")  # of LTX, which may be told how much noise is left
    more = {"temb": torch.zeros(1, device=ready.device, dtype=ready.dtype)} if timed else {}
    return vae.decode(ready, **more, return_dict=False)[0]
