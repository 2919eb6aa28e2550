"""Inpainting: masks as a loop holds them, and models that were trained to see the picture around a mask.

Such a model reads, beside the latents that it paints, the mask and the latents of the picture without what the mask
covers, as further channels (Rombach et al., 2022; Stable Diffusion 3 and Flux Fill alike). It paints from words alone
with the same pipeline as its kin: what it reads more is put on at the door of its denoiser.
"""

from __future__ import annotations

import copy
import inspect
from typing import Any

from nodegraph import InputError

from ..common.pixels import placed_at, resampled, with_alpha
from .doors import Door
from .families import denoiser, denoiser_name, device_of, moves_picture, painted_channels, text_kind
from .models import quiet
from .space import latents_of, packed, scale_of

BARELY = 0.02  # of a cell is drawn upon, and the cell is shown to the model


def is_trained(pipe: Any) -> bool:
    """Whether a model reads a mask and a masked picture beside what it paints."""
    own = painted_channels(pipe)
    return bool(own) and (denoiser(pipe).config.get("in_channels") or 0) > 2 * own and not moves_picture(pipe)


def text_pipeline(model: Any) -> Any:
    """The pipeline of the same parts that paints from words alone; that itself where there is none, or it is one."""
    kind = text_kind(model)
    if isinstance(model, kind):
        return model
    takes = inspect.signature(kind.__init__).parameters
    known = {**{name: value for name, value in model.config.items() if not isinstance(value, (list, tuple))},
             **model.components, "scheduler": copy.copy(model.scheduler)}  # whose settings its class may mend
    with quiet():
        made = kind(**{name: known.get(name) for name, parameter in takes.items() if name != "self"
                       and (name in known or parameter.default is parameter.empty)})
    made.scheduler = model.scheduler
    made.set_progress_bar_config(disable=True)
    for name in ("knowledge", "advice", "patches"):
        if hasattr(model, name):
            setattr(made, name, getattr(model, name))
    return made


def without(pixels: Any, mask: Any) -> Any:
    """A picture float32 (3, height, width) with middle grey, which is nothing, where a mask covers it."""
    return (pixels - 0.5) * (mask < 0.5) + 0.5


def blend_mask(pipe: Any, mask: Any, samples: Any) -> Any:
    """A mask (1, height, width) in pixels as the loop holds samples (1, channels, [frames,] h, w)."""
    import torch

    small = torch.nn.functional.interpolate(mask[None].float(), samples.shape[-2:], mode="area")
    if samples.ndim == 5:
        small = small[:, :, None]
    return packed(pipe, small.expand(samples.shape).contiguous())


def widened(pipe: Any, mask: Any, masked: Any) -> Any:
    """The pipeline with a denoiser that also sees a mask (1, height, width) and masked samples (1, channels, h, w)."""
    device = device_of(pipe)
    hard = (mask[None].to(device) >= 0.5).to(masked.dtype)
    more = _of_rows(pipe, hard, masked) if hasattr(pipe, "_pack_latents") else _of_channels(hard, masked)
    name, network = denoiser_name(pipe), denoiser(pipe)
    lacking = network.config.in_channels - painted_channels(pipe) - more.shape[-1 if more.ndim == 3 else 1]
    if lacking:
        raise InputError(f"this model's denoiser reads {network.config.in_channels} channels, and what it paints with a "
                         f"mask and a picture are {network.config.in_channels - lacking}; it wants something else besides")
    pipe.__dict__[name] = Widened(network, more)
    return pipe


def _of_channels(mask: Any, masked: Any) -> Any:
    import torch

    return torch.cat([torch.nn.functional.interpolate(mask, masked.shape[-2:]), masked], dim=1)


def _of_rows(pipe: Any, mask: Any, masked: Any) -> Any:
    """Of Flux Fill, which reads each pixel of the mask that a latent stands for."""
    import torch

    scale = scale_of(pipe)
    pixels = torch.nn.functional.pixel_unshuffle(mask, scale)
    return torch.cat([packed(pipe, masked), packed(pipe, pixels)], dim=-1)


class Widened(Door):
    """A denoiser that is given more channels than its caller has."""

    def __init__(self, network: Any, more: Any):
        super().__init__(network)
        self.more = more

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        if "hidden_states" in settings:
            settings["hidden_states"] = self._with_more(settings["hidden_states"])
        elif "sample" in settings:
            settings["sample"] = self._with_more(settings["sample"])
        else:
            arguments = (self._with_more(arguments[0]), *arguments[1:])
        return self.network(*arguments, **settings)

    def _with_more(self, latents: Any) -> Any:
        import torch

        more = self.more.to(latents)
        more = more.repeat(latents.shape[0] // more.shape[0], *(1,) * (more.ndim - 1))
        return torch.cat([latents, more], dim=-1 if latents.ndim == 3 else 1)


def reference_seen(pipe: Any, pictures: list[Any], width: int, height: int) -> tuple[Any, Any]:
    """A mask of all cells on which next to nothing is drawn, and samples of what is drawn, on middle grey.

    So a model that was trained for inpainting is shown things, as the starter painter learned it, in the place of what
    lies around a mask. pictures: float32 (3 or 4, h, w), each above those before it; one without alpha fills its place.
    """
    import torch

    scale, device = scale_of(pipe), device_of(pipe)
    pixels, alpha = torch.full((3, height, width), 0.5), torch.zeros(1, height, width)
    for picture in pictures:
        fit = min(width / picture.shape[2], height / picture.shape[1])
        size = max(1, round(picture.shape[2] * fit)), max(1, round(picture.shape[1] * fit))
        layer = placed_at("center", resampled(with_alpha(picture.float().cpu()), *size, "lanczos"), width, height)
        pixels, alpha = pixels * (1 - layer[3:]) + layer[:3] * layer[3:], alpha.maximum(layer[3:])
    cells = torch.nn.functional.avg_pool2d(alpha[None], scale)[0]
    mask = (cells <= BARELY).float().repeat_interleave(scale, 1).repeat_interleave(scale, 2).to(device)
    return mask, masked_latents(pipe, pixels.to(device), mask)


def nothing_seen(pipe: Any, width: int, height: int) -> tuple[Any, Any]:
    """A mask of all the picture, and samples of the middle grey that is left of it: all is to be painted."""
    import torch

    mask = torch.ones(1, height, width, device=device_of(pipe))
    return mask, masked_latents(pipe, mask.new_full((3, height, width), 0.5), mask)


def masked_latents(pipe: Any, pixels: Any, mask: Any) -> Any:
    """Samples (1, channels, h, w) of a picture without what a mask covers."""
    return latents_of(pipe, without(pixels, mask))
