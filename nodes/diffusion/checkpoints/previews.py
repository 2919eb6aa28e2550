"""Tiny decoders, which show what a latent is going to be (TAESD: Bohan, 2023): told, found beside a model, and read.

Those of clips are read by `films`.

Their files are those of diffusers (a folder, or its file alone) and of their author (`taesd_decoder.safetensors`), whose
numbers are those of the layers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nodegraph import InputError

from ...common.folders import settings
from ...common.loading import part as part_of_folder
from ...common.weights import header
from . import films, tensors

_LAYER = re.compile(r"^(?:(?:taesd_)?decoder\.)?(?:layers\.)?(\d+)\.(conv\.\d\.|skip\.)?(weight|bias)$")
_BESIDE = "vae_approx"  # as ComfyUI calls their folder
_NAMES = {(4, 0.18215): "taesd", (4, 0.13025): "taesdxl", (16, 1.5305): "taesd3", (16, 0.3611): "taef1",
          (16, 0.476986): "taehv", (16, 1.0): "taew2_1", (48, 1.0): "taew2_2",  # of clips
          (16, 1.15258426): "taecvx", (16, 0.7): "taecvx"}


def is_tiny(names: Iterable[str]) -> bool:
    """Whether names of tensors are those of a tiny decoder."""
    theirs = [name for name in names if not name.startswith("encoder.")]
    return len(theirs) > 4 and all(_LAYER.match(name) for name in theirs)


def holds(place: Path) -> bool:
    """Whether a tiny decoder lies there: an AutoencoderTiny of diffusers, the folder of a model that has one, or a file."""
    try:
        if place.is_dir():
            return bool(settings(_folder(place) / "config.json").get("_class_name") == "AutoencoderTiny")
        return place.suffix == ".safetensors" and (is_tiny(names := list(header(place))) or films.is_of_clips(names))
    except (ValueError, OSError):
        return False


def _folder(place: Path) -> Path:
    return place / "vae" if (place / "model_index.json").is_file() else place


def beside(model: Path, channels: int, scaling: float) -> Path | None:
    """The tiny decoder for latents of so many channels at a scale that lies in a folder `vae_approx` near a model, or None."""
    name = next((name for (of, at), name in _NAMES.items() if of == channels and abs(at - scaling) < 1e-4), "")
    if not name:
        return None
    for folder in (above / _BESIDE for above in list(model.absolute().parents)[:4]):
        for place in (folder / f"{name}_decoder.safetensors", folder / f"{name}.safetensors", folder / name):
            if holds(place):
                return place
    return None


def decoder(place: Path, dtype: Any) -> Any:
    """The AutoencoderTiny of a folder, or one of a file, of which the decoder alone is there; of clips a Films. Raises
    InputError."""
    import diffusers
    import torch

    if place.is_dir():
        return part_of_folder(diffusers.AutoencoderTiny, _folder(place), f"the tiny decoder {place.name}", dtype=dtype)
    found = tensors.state(place, dtype)
    if films.is_of_clips(found):
        try:
            return films.Films(found)
        except ValueError as error:
            raise InputError(f"{place.name} is no tiny decoder of the kind that is read here (TAEHV, for clips): {error}; take "
                             "the one of the model's family") from error
    state = _layers(found)
    blocks, channels, width = _shape(state)
    made = diffusers.AutoencoderTiny(
        latent_channels=channels, num_decoder_blocks=blocks, decoder_block_out_channels=(width,) * len(blocks),
        num_encoder_blocks=(1,), encoder_block_out_channels=(1,))
    made.encoder = torch.nn.Identity()
    try:
        made.decoder.layers.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(f"{place.name} is no tiny decoder of the kind that is read here (TAESD, for pictures); take the one "
                         "of the model's family") from error
    made.decoder.to(dtype)
    return made


def _layers(state: dict[str, Any]) -> dict[str, Any]:
    """The tensors of a decoder by the numbers that its layers have in diffusers, which has no layer for the clamp."""
    found = {(int(match[1]), match[2] or "", match[3]): tensor for name, tensor in state.items()
             if (match := _LAYER.match(name)) and not name.startswith("encoder.")}
    first = min(at for at, _, _ in found)
    return {f"{at - first}.{inner}{kind}": tensor for (at, inner, kind), tensor in found.items()}


def _shape(state: dict[str, Any]) -> tuple[tuple[int, ...], int, int]:
    """How many blocks each stage has, the channels of the latents, and the width of the layers."""
    blocks = [0]
    for at in sorted({int(name.split(".")[0]) for name in state} - {0}):
        if f"{at}.weight" in state:  # the convolution that ends a stage
            blocks.append(0)
        else:
            blocks[-1] += 1
    width, channels = state["0.weight"].shape[:2]
    return tuple(blocks[:-1]), int(channels), int(width)
