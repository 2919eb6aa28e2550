"""Sizes of pictures: which a model can make, which it was made for, and how a picture is brought to one of them."""

from __future__ import annotations

import inspect
import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from nodegraph import InputError, Range, Recipe, warn

from ..common.folders import settings
from .folders import index_of

Fit = Literal["crop", "pad", "stretch"]
Side = Annotated[int, Range(0, 8192, 8)]
# Latents on a side that a pipeline takes as one; 0 is what its transformer says.
_PATCHES = {"StableDiffusionPipeline": 1, "StableDiffusionXLPipeline": 1, "StableDiffusion3Pipeline": 0,
            "FluxPipeline": 2, "PixArtAlphaPipeline": 0, "PixArtSigmaPipeline": 0}
_FAR = 2  # times as many pixels, or as few, as a model was made for


class Sizes(NamedTuple):
    """The sizes of a model. unit: width and height are multiples of it. own: what it was made for, or None.

    most: the longest side that its places are numbered for (Stable Diffusion 3); 0 where there is no such end.
    """

    unit: int
    own: tuple[int, int] | None
    most: int = 0

    def judge(self, width: int, height: int) -> None:
        """Raises InputError, with the two nearest, for sides that cannot be made; warns of a size far from its own."""
        wrong = self.refusal(width, height)
        if wrong:
            raise InputError(wrong)
        if self.own is not None:
            ratio = width * height / math.prod(self.own)
            if not 1 / _FAR <= ratio <= _FAR:
                warn(f"{width} x {height} is far from the {self.own[0]} x {self.own[1]} that this model was made for; "
                     f"{'shapes may repeat' if ratio > 1 else 'shapes may be unclear'}, and a size near it, scaled "
                     "afterwards, mostly comes out better")

    def refusal(self, width: int, height: int) -> str:
        """Why a size cannot be made, with the two nearest sides that can; "" if it can."""
        for name, side in (("width", width), ("height", height)):
            if side % self.unit or not side:
                below = max(self.unit, side // self.unit * self.unit)
                return (f"{name} is {side}; this model paints in multiples of {self.unit}; "
                        f"try {below} or {below + self.unit}{self._made_for}")
            if self.most and side > self.most:
                return f"{name} is {side}; this model paints {self.most} at most{self._made_for}"
        return ""

    @property
    def _made_for(self) -> str:
        return f" (it was made for {self.own[0]} x {self.own[1]})" if self.own else ""

    @property
    def whole(self) -> tuple[int, int]:
        """The width and height to paint where none are asked for."""
        return self.own or (self.unit, self.unit)

    def shaped(self, ratio: float) -> tuple[int, int]:
        """As many pixels as the model was made for, at a ratio of width to height."""
        area = math.prod(self.whole)
        return self.nearest(math.sqrt(area * ratio)), self.nearest(math.sqrt(area / ratio))

    def nearest(self, side: float) -> int:
        """The multiple of the unit that is nearest to a side."""
        return max(self.unit, round(side / self.unit) * self.unit)


def sizes_of(pipe: Any) -> Sizes:
    """The sizes of a live pipeline."""
    from .families import denoiser
    from .space import scale_of

    config = getattr(denoiser(pipe), "config", {})
    scale = scale_of(pipe)
    # Flux and its kin pack 2 x 2 latents into one token and call that a patch of 1.
    patch = 2 if hasattr(pipe, "_pack_latents") else config.get("patch_size") or 1
    patch = patch[-1] if isinstance(patch, (list, tuple)) else patch
    side = getattr(pipe, "default_sample_size", None) or config.get("sample_size")
    unit = 64 if type(pipe).__name__.startswith(("Kandinsky3", "KandinskyV22")) else scale * patch
    return Sizes(_unit(unit, "unet" in vars(pipe)), _pixels(side, scale) or _by_default(pipe),
                 unit * _places(type(pipe).__name__, config))


def _by_default(pipe: Any) -> tuple[int, int] | None:
    """The size that a pipeline's call has by default."""
    takes = inspect.signature(type(pipe).__call__).parameters
    width, height = (takes[name].default if name in takes else None for name in ("width", "height"))
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _places(pipeline: str, config: Any) -> int:
    """How many patches on a side a transformer has numbers for; 0 where it needs none."""
    return int(config.get("pos_embed_max_size") or 0) if pipeline.startswith("StableDiffusion3") else 0


def _unit(pixels: int, convolutional: bool) -> int:
    """The multiple that a pipeline takes; those with a unet ask for 8 whatever their autoencoder is."""
    return math.lcm(pixels, 8) if convolutional else pixels


def sizes_in(folder: Path) -> Sizes | None:
    """The sizes of the pipeline in a folder, by its settings alone; None where they do not tell."""
    try:
        kind = re.sub("Inpaint|Img2Img", "", index_of(folder).get("_class_name") or "")
        if kind not in _PATCHES:
            return None
        convolutional = (folder / "unet").is_dir()
        config = settings(folder / ("unet" if convolutional else "transformer") / "config.json")
        vae = settings(folder / "vae" / "config.json")
        widths = vae.get("block_out_channels") or vae["decoder_block_out_channels"]
        scale, side = 2 ** (len(widths) - 1), 128 if kind == "FluxPipeline" else config.get("sample_size")
        unit = scale * (_PATCHES[kind] or int(config["patch_size"]))
        return Sizes(_unit(unit, convolutional), _pixels(side, scale), unit * _places(kind, config))
    except (ValueError, KeyError, TypeError):
        return None  # what is wrong with the folder is said where it is loaded


def size_refused(model: Recipe | None = None, width: int | None = None, height: int | None = None) -> str:
    """Why a model cannot make a size, told by its folder before it is loaded; "" if it can, or that is not known."""
    sizes = sizes_in(Path(model.folder or model.source)) if model is not None and (width or height) else None
    return sizes.refusal(width or sizes.unit, height or sizes.unit) if sizes is not None else ""


def _pixels(side: Any, scale: int) -> tuple[int, int] | None:
    if isinstance(side, (list, tuple)):
        height, width = side[-2:]
        return width * scale, height * scale
    return (side * scale, side * scale) if side else None


def fitted(image: Any, sizes: Sizes, width: int, height: int, fit: Fit) -> Any:
    """A picture float32 (channels, height, width) at a size that a model takes; sides that are 0 follow the picture.

    Warns of what is trimmed without having been asked for.
    """
    old_height, old_width = image.shape[1:]
    if not width and not height:
        if fit == "crop":
            return _trimmed(image, sizes)
        if fit == "pad":
            return _padded(image, *(math.ceil(side / sizes.unit) * sizes.unit for side in (old_width, old_height)))
        width, height = sizes.nearest(old_width), sizes.nearest(old_height)
    width = width or sizes.nearest(height * old_width / old_height)
    height = height or sizes.nearest(width * old_height / old_width)
    sizes.judge(width, height)
    if (width, height) == (old_width, old_height):
        return image
    if fit == "stretch":
        return _scaled(image, width, height)
    larger = fit == "crop"  # than the frame, so that it is filled; a padded picture lies within it
    bound = max if larger else min
    scale = bound(width / old_width, height / old_height)
    scaled = _scaled(image, bound(width, max(1, round(old_width * scale))),
                     bound(height, max(1, round(old_height * scale))))
    return _cropped(scaled, width, height) if larger else _padded(scaled, width, height)


def _trimmed(image: Any, sizes: Sizes) -> Any:
    old = image.shape[2], image.shape[1]
    width, height = (side // sizes.unit * sizes.unit for side in old)
    if not width or not height:
        raise InputError(f"the picture is {old[0]} x {old[1]}; this model takes {sizes.unit} x {sizes.unit} or more; "
                         "give a width and a height, or a fit of pad or stretch")
    if (width, height) != old:
        warn(f"the picture is {old[0]} x {old[1]}, and its edges are trimmed to {width} x {height}, multiples of "
             f"{sizes.unit}; give a width and a height, or a fit of pad or stretch, to keep them")
    return _cropped(image, width, height)


def _cropped(image: Any, width: int, height: int) -> Any:
    """The middle of a picture."""
    top, left = (image.shape[1] - height) // 2, (image.shape[2] - width) // 2
    return image[:, top:top + height, left:left + width]


def _padded(image: Any, width: int, height: int) -> Any:
    """A picture in the middle of a larger one, whose rim repeats its edges."""
    import torch

    across, down = width - image.shape[2], height - image.shape[1]
    return torch.nn.functional.pad(image[None], (across // 2, across - across // 2, down // 2, down - down // 2),
                                   mode="replicate")[0]


def _scaled(image: Any, width: int, height: int) -> Any:
    import torch

    return torch.nn.functional.interpolate(image[None], (height, width), mode="bicubic", antialias=True)[0].clamp(0, 1)
