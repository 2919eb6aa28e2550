"""Moving pictures: how many frames a model makes, and how a latent of a clip becomes a Video, some frames at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from nodegraph import SILENT, Context, InputError, Range, Uses, node, warn

from ..media.films.footage import stills
from ..media.image import to_array
from ..media.types import Latent, Video
from ..media.video import MOST_FPS, rate
from . import space
from .families import device_of, known_family
from .memory import in_tiles_if_need_be, is_out
from .models import DiffusionModel
from .uses import DECODES

AT_ONCE = 16  # frames that an autoencoder of pictures decodes together
# Frames a second that the families were made for.
_FPS = {"AnimateDiff": 8.0, "CogVideoX": 8.0, "LTX": 25.0, "Wan": 16.0, "HunyuanVideo": 15.0, "Mochi": 30.0,
        "Allegro": 15.0, "Latte": 8.0, "StableVideoDiffusion": 7.0, "SkyReels": 24.0, "HunyuanSkyreels": 24.0,
        "HunyuanVideo15": 24.0, "I2VGenXL": 16.0}


def judge_frames(pipe: Any, frames: int | None) -> None:
    """Raises InputError for a count of frames that a model cannot make, with the two nearest that it can."""
    if frames is None:
        return
    kind = type(pipe).__name__
    if not known_family(pipe).moving:
        raise InputError(f"frames is {frames}, and a {kind} paints single pictures; leave it out")
    together = _frames_in_one(pipe)
    if (frames - 1) % together:
        below = (frames - 1) // together * together + 1
        raise InputError(f"frames is {frames}; this model makes one more than a multiple of {together}; try {below} or "
                         f"{below + together}")


def _frames_in_one(pipe: Any) -> int:
    """How many frames a latent stands for, after the first."""
    names = ("vae_scale_factor_temporal", "vae_temporal_compression_ratio", "vae_scale_factor_t")
    return int(next((getattr(pipe, name) for name in names if getattr(pipe, name, None)), 1))


@node("diffusion.decode_clip", version=1, costly=True)
def decode_clip(model: Annotated[DiffusionModel, Uses(*DECODES)], latent: Latent,
                fps: Annotated[float, Range(0.01, MOST_FPS)] | None = None, ctx: Context = SILENT) -> Video:
    """Turn the latent of a clip into a video.

    model: a folder or hub name of a diffusers pipeline that paints clips (Wan, LTX, HunyuanVideo, CogVideoX, AnimateDiff).
    latent: from diffusion.sample with the same model, or one with the same autoencoder.
    fps: how many frames are shown in a second; left out, what the model's family was made for.
    """
    space.judge_latent(model, latent)
    if latent.samples.ndim == 3:
        raise InputError("latent is of a single picture; diffusion.decode makes an Image of it")
    named = (value for name, value in sorted(_FPS.items(), reverse=True) if type(model).__name__.startswith(name))
    return stills(_pictures(model, latent, ctx), rate(next(named, 16.0) if fps is None else fps), alpha=False)


def _pictures(model: Any, latent: Latent, ctx: Context) -> Iterator[Any]:
    """The frames, uint8 arrays (height, width, 3), and how many there were."""
    total = (latent.samples.shape[1] - 1) * _frames_in_one(model) + 1
    for number, pixels in enumerate(frames_of(model, latent.samples[None].to(device_of(model))), 1):
        yield to_array(pixels)
        ctx.report(number, total, "decoding")


def frames_of(pipe: Any, samples: Any) -> Iterator[Any]:
    """The frames, float32 (3, height, width) in 0..1, of samples (1, channels, frames, h, w).

    An autoencoder that knows time decodes them together; one of pictures some at a time.
    """
    import torch

    vae = space.vae_of(pipe)
    with torch.no_grad():
        if space.reads_clips(vae):
            scale = space.scale_of(pipe)
            parts: Iterator[Any] = iter([in_tiles_if_need_be(vae, max(samples.shape[-2:]) * scale, scale, "decode",
                                                             lambda some: space.clip_pixels(some, samples))])
        else:
            rows = (1 / space.scale_and_shift(vae)[0] * samples)[0].transpose(0, 1).to(vae.dtype)
            parts = _some_at_once(vae, rows, len(rows) if space.decodes_in_turn(vae) else AT_ONCE)
        for pixels in parts:
            yield from (space.picture(frame) for frame in pixels[0].transpose(0, 1))


def _some_at_once(vae: Any, rows: Any, count: int) -> Iterator[Any]:
    """Pixels (1, 3, frames, height, width) of rows, so many at once, or fewer where memory runs out, which is told."""
    begin = 0
    while begin < len(rows):
        try:
            made = _decoded(vae, rows[begin:begin + count])
        except RuntimeError as error:
            if not is_out(error) or count < 2:
                raise
            count = min(count, len(rows)) // 2
            warn(f"memory ran out for the frames that are decoded together; it is {count} at a time now")
            continue
        begin += count
        yield made.transpose(0, 1)[None]


def _decoded(vae: Any, rows: Any) -> Any:
    """Frames (frames, 3, height, width) of an autoencoder of pictures."""
    return vae.decode(rows, **({"num_frames": len(rows)} if space.decodes_in_turn(vae) else {})).sample
