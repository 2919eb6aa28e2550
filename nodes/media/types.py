"""The PortTypes that packs share: what each is checked for, how it is stored, shown and saved.

Pictures are bare tensors. What needs more than a tensor to make sense is a frozen dataclass. Tensors stay on
the device where they were made; whoever needs them elsewhere moves them.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from nodegraph import PortType

from . import picture, score, sound
from .score import Score

MOODS = ("calm", "joyful", "sad", "mysterious", "tense", "dreamy")
TEMPOS = ("slow", "medium", "fast")
MODES = ("major", "minor")


def _shape(value: Any) -> str:
    """What a value is, in a few words: shape and dtype of a tensor, else its type."""
    if _is_tensor(value):
        return f"a tensor {tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}"
    if _is(value, "numpy", "ndarray"):
        return f"an array {value.shape} {value.dtype}"
    return "a Pillow picture" if _is(value, "PIL.Image", "Image") else f"a {type(value).__name__}"


def _is(value: Any, module: str, kind: str) -> bool:
    """Whether a value is of some library's type, found out without importing it."""
    found = sys.modules.get(module)
    return found is not None and isinstance(value, getattr(found, kind))


def _is_tensor(value: Any) -> bool:
    return _is(value, "torch", "Tensor")


def _picture_complaint(channels: tuple[int, ...]):
    def complaint(value: Any) -> str | None:
        if not (_is_tensor(value) and str(value.dtype) == "torch.float32" and value.ndim == 3
                and value.shape[0] in channels and value.numel()):
            return f"is {_shape(value)}"
        low, high = (bound.item() for bound in value.aminmax())
        if math.isnan(low):
            return "has pixels that are not numbers"
        return None if low >= 0 and high <= 1 else f"has pixels from {low:.3g} to {high:.3g}"
    return complaint


def _adopt_picture(value: Any) -> Any:
    """An Image from a Pillow picture, or from an array of height x width, grey or with 3 or 4 channels last."""
    if _is(value, "PIL.Image", "Image"):
        from PIL import ImageOps

        return picture.from_pil(ImageOps.exif_transpose(value))
    if not (_is(value, "numpy", "ndarray") and value.dtype.name in ("uint8", "float16", "float32", "float64")
            and (value.ndim == 2 or value.ndim == 3 and value.shape[2] in (1, 3, 4))):
        return value
    import numpy as np
    import torch

    array = value if value.ndim == 3 else value[..., None]
    array = np.repeat(array, 3, 2) if array.shape[2] == 1 else array
    if array.dtype == np.uint8:
        return picture.from_array(array)
    return torch.from_numpy(np.array(array.transpose(2, 0, 1), np.float32, order="C"))  # a copy: a cache will hold it


def _picture_summary(image: Any) -> str:
    return f"{image.shape[2]} x {image.shape[1]}" + (" with alpha" if image.shape[0] == 4 else "")


IMAGE = PortType(
    "Image", "One picture, sRGB, with or without alpha.",
    takes="an Image (float32 tensor of 3 or 4 x height x width, from 0 to 1)",
    complaint=_picture_complaint((3, 4)), adopt=_adopt_picture, preview=picture.thumbnail, summary=_picture_summary,
    color="#d9a441",
    exports={"png": picture.save_png, "jpg": picture.save_jpg, "webp": picture.save_webp}, arrays=True)
Image = Annotated[Any, IMAGE]

MASK = PortType(
    "Mask", "Where something is: 1 inside, 0 outside.",
    takes="a Mask (float32 tensor of 1 x height x width, from 0 to 1)",
    complaint=_picture_complaint((1,)), preview=picture.thumbnail, summary=_picture_summary, color="#bfbfbf",
    exports={"png": picture.save_png}, arrays=True)
Mask = Annotated[Any, MASK]


@dataclass(frozen=True, eq=False)
class Latent:
    """A picture in the space of an autoencoder.

    samples: (channels, height, width), floating, scaled as the denoiser sees them.
    family: one line that tells this latent space from others, as `diffusion.family` words it.
    """

    samples: Any
    family: str


@dataclass(frozen=True, eq=False)
class Conditioning:
    """What a denoiser is told: named tensors, each with a batch of 1, and one line on who can read them."""

    tensors: dict[str, Any]
    family: str


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound. samples: float32 tensor (channels, n), from -1 to 1. sample_rate: Hz."""

    samples: Any
    sample_rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.samples.shape[1] / self.sample_rate


@dataclass(frozen=True)
class Palette:
    """Colours, "#rrggbb", and how much of the picture each has; weights sum to 1, the largest first."""

    colors: tuple[str, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True)
class Style:
    """How a picture feels, in words and numbers that music and text can follow.

    brightness, contrast, saturation, energy: 0..1. warmth: -1 (cold) to 1 (warm).
    mood, tempo, mode: one of MOODS, TEMPOS and MODES. `style.analyze` says how each is found.
    """

    palette: Palette
    brightness: float
    contrast: float
    saturation: float
    warmth: float
    energy: float
    mood: str
    tempo: str
    mode: str


def _latent_complaint(value: Any) -> str | None:
    if not isinstance(value, Latent):
        return f"is {_shape(value)}"
    if not (_is_tensor(value.samples) and value.samples.ndim == 3 and value.samples.is_floating_point()):
        return f"holds {_shape(value.samples)}"
    return None if value.samples.isfinite().all() else "holds values that are not finite"


def _latent_preview(latent: Latent) -> Any:
    """Three channels stretched to the full range: shapes can be told, colours mean nothing."""
    import torch

    samples = latent.samples.detach().to("cpu", torch.float32)
    first = samples[torch.arange(3) % samples.shape[0]]
    low, high = first.amin((1, 2), keepdim=True), first.amax((1, 2), keepdim=True)
    return picture.to_array((first - low) / (high - low).clamp_min(1e-6))


def _conditioning_complaint(value: Any) -> str | None:
    if not isinstance(value, Conditioning):
        return f"is {_shape(value)}"
    for name, tensor in value.tensors.items():
        if not _is_tensor(tensor):
            return f"holds {_shape(tensor)} as {name}"
        if tensor.is_floating_point() and not tensor.isfinite().all():
            return f"holds values that are not finite in {name}"
    return None


def _audio_complaint(value: Any) -> str | None:
    if not isinstance(value, Audio):
        return f"is {_shape(value)}"
    samples = value.samples
    if not (_is_tensor(samples) and str(samples.dtype) == "torch.float32" and samples.ndim == 2
            and len(samples)):
        return f"holds {_shape(samples)}"
    if type(value.sample_rate) is not int or value.sample_rate <= 0:
        return f"has a sample rate of {value.sample_rate!r}"
    return None if samples.isfinite().all() else "holds samples that are not finite"


_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")


def _palette_complaint(value: Any) -> str | None:
    if not isinstance(value, Palette):
        return f"is {_shape(value)}"
    if not value.colors or len(value.colors) != len(value.weights):
        return f"has {len(value.colors)} colours and {len(value.weights)} weights"
    for color in value.colors:
        if not (isinstance(color, str) and _HEX.match(color)):
            return f"has {color!r} among its colours"
    if not all(weight >= 0 for weight in value.weights):
        return f"has weights {value.weights}"
    return None


def _style_complaint(value: Any) -> str | None:
    if not isinstance(value, Style):
        return f"is {_shape(value)}"
    for name, words in (("mood", MOODS), ("tempo", TEMPOS), ("mode", MODES)):
        if getattr(value, name) not in words:
            return f"has the {name} {getattr(value, name)!r}, which is none of {', '.join(words)}"
    for name, low in (("brightness", 0), ("contrast", 0), ("saturation", 0), ("warmth", -1), ("energy", 0)):
        if not low <= getattr(value, name) <= 1:
            return f"has {name} {getattr(value, name)}, outside {low} to 1"
    return _palette_complaint(value.palette)


def palette_picture(palette: Palette, width: int = 320, height: int = 64) -> Any:
    """The colours side by side, each as wide as its weight: uint8 (height, width, 3)."""
    import numpy as np

    shares = np.cumsum([max(weight, 0.02) for weight in palette.weights])
    ends = np.rint(shares / shares[-1] * width).astype(int)
    strip = np.zeros((height, width, 3), np.uint8)
    for color, start, end in zip(palette.colors, [0, *ends], ends):
        strip[:, start:end] = tuple(bytes.fromhex(color[1:]))
    return strip


def _save_palette_png(palette: Palette, path: Path) -> None:
    picture.save_array(palette_picture(palette, 800, 160), path)


def _save_json(value: Any, path: Path) -> None:
    import json

    path.write_text(json.dumps(asdict(value), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _restore_palette(plain: dict[str, Any]) -> Palette:
    return Palette(tuple(plain["colors"]), tuple(plain["weights"]))


def _restore_style(plain: dict[str, Any]) -> Style:
    return Style(**{**plain, "palette": _restore_palette(plain["palette"])})


def _save_latent(latent: Latent, path: Path) -> None:
    _save_tensors({"samples": latent.samples}, latent.family, path)


def _save_conditioning(conditioning: Conditioning, path: Path) -> None:
    _save_tensors(conditioning.tensors, conditioning.family, path)


def _save_tensors(tensors: dict[str, Any], family: str, path: Path) -> None:
    from safetensors.torch import save_file

    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path,
              metadata={"family": family})


Latent.__porttype__ = PortType(
    "Latent", "A picture in the space of an autoencoder, before it is decoded.",
    complaint=_latent_complaint, preview=_latent_preview, exports={"safetensors": _save_latent},
    color="#c98bd6",
    flatten=lambda v: {"samples": v.samples, "family": v.family}, restore=lambda plain: Latent(**plain),
    summary=lambda v: f"{'x'.join(map(str, v.samples.shape))}, {v.family}")

Conditioning.__porttype__ = PortType(
    "Conditioning", "A prompt as a denoiser reads it.",
    complaint=_conditioning_complaint, exports={"safetensors": _save_conditioning}, color="#e58f65",
    flatten=lambda v: {"tensors": v.tensors, "family": v.family}, restore=lambda plain: Conditioning(**plain),
    summary=lambda v: f"{', '.join(v.tensors)}, {v.family}")

Audio.__porttype__ = PortType(
    "Audio", "Sound, of one channel or several.",
    takes="an Audio (float32 samples of channels x n, and a sample rate)",
    complaint=_audio_complaint, preview=sound.waveform, exports={"wav": sound.save_wav}, color="#5ca8e0", arrays=True,
    flatten=lambda v: {"samples": v.samples, "sample_rate": v.sample_rate},
    restore=lambda plain: Audio(**plain),
    summary=lambda v: f"{v.seconds:.1f} s, {v.samples.shape[0]} channels at {v.sample_rate} Hz")

Palette.__porttype__ = PortType(
    "Palette", "Colours and how much of a picture each has.",
    complaint=_palette_complaint, preview=palette_picture, color="#e0a458",
    exports={"json": _save_json, "png": _save_palette_png},
    flatten=asdict, restore=_restore_palette, summary=lambda v: " ".join(v.colors))

Style.__porttype__ = PortType(
    "Style", "How a picture feels: colours, mood, tempo and mode.",
    complaint=_style_complaint, preview=lambda v: palette_picture(v.palette), exports={"json": _save_json},
    flatten=asdict, restore=_restore_style, color="#d67b9a",
    summary=lambda v: f"{v.mood}, {v.tempo}, {v.mode}; {' '.join(v.palette.colors)}")

Score.__porttype__ = PortType(
    "Score", "Symbolic music: tracks of notes with tempo, metre and key.",
    complaint=lambda v: None if isinstance(v, Score) else f"is {_shape(v)}",
    preview=score.piano_roll_picture, exports={"mid": score.save_midi}, color="#78c484",
    flatten=score.to_plain, restore=score.from_plain,
    summary=lambda v: f"{len(v.tracks)} tracks, {v.beats:g} beats, {v.seconds:.1f} s")
