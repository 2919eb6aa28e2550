"""DiffusionModel: any folder in the format of a diffusers pipeline."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from nodegraph import ModelType, Recipe

from ..common.loading import loading

_HARMLESS = (  # said of what these nodes do on purpose, or never need
    "requires torchvision",  # image processors, of which text to image has none
    "Expected types for vae",  # a tiny autoencoder in the place of a large one
    "{'block_out_channels'",  # which a tiny autoencoder keeps for the pipeline's sake
    "will result in indexing errors",  # of a long prompt, before it is cut; that it is cut is still said
)


@contextmanager
def without_noise():
    """No warnings from the libraries on what is known to be harmless; the rest is let through."""
    import logging

    handlers = [handler for name in ("diffusers", "transformers") for handler in logging.getLogger(name).handlers]
    for handler in handlers:
        handler.addFilter(_matters)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(_matters)


def _matters(record: Any) -> bool:
    return not any(words in record.getMessage() for words in _HARMLESS)


def load(recipe: Recipe, device: str, dtype: str) -> Any:
    """A diffusers pipeline from a local folder, or from what is on this machine already of a hub name.

    Only safetensors are read, and code that comes with a model never runs. Raises InputError when the folder holds
    no such pipeline.
    """
    import torch
    from diffusers import DiffusionPipeline

    folder = recipe.folder or recipe.source
    with loading(recipe, "diffusers", "transformers"), without_noise():
        index = DiffusionPipeline.load_config(folder, local_files_only=True)
        _refuse_own_code(index)
        wanted = getattr(torch, dtype)
        if dtype == "float16" and "vae" in index:
            wanted = {"default": wanted, "vae": torch.float32}  # decoders overflow in half precision
        pipe = DiffusionPipeline.from_pretrained(folder, local_files_only=True, use_safetensors=True,
                                                 dtype=wanted, **_left_out(index))
    for part in _networks(pipe):
        part.eval().requires_grad_(False)
    pipe.set_progress_bar_config(disable=True)
    if dict(recipe.options).get("offload"):
        pipe.enable_model_cpu_offload(device=device)  # each network visits the device for the length of its turn
    else:
        move(pipe, device)
    return pipe


def _refuse_own_code(index: dict) -> None:
    name = index.get("_class_name")
    if not isinstance(name, str):
        raise ValueError(f"its pipeline, {name}, is code that comes with the folder, and such code is not run here")


def _left_out(index: dict) -> dict[str, Any]:
    """Parts that stay away: those a folder says it lacks, which must be named (Stable Diffusion 3 without T5),
    and a checker that paints pictures black, which is a node's business and should stand where it can be seen.
    """
    absent = {name: None for name, value in index.items()
              if isinstance(value, (list, tuple)) and value[0] is None}
    if "safety_checker" in index:
        absent |= {"safety_checker": None, "requires_safety_checker": False}
    return absent


def _networks(pipe: Any) -> list[Any]:
    import torch

    return [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]


def size(pipe: Any) -> int:
    """Bytes of weights and buffers of all its parts."""
    return sum(t.nbytes for part in _networks(pipe) for t in (*part.parameters(), *part.buffers()))


def move(pipe: Any, device: str) -> None:
    """Move all its parts to a device, in place."""
    # One by one: a pipeline that is moved as a whole complains when half precision is parked on the CPU.
    for part in _networks(pipe):
        part.to(device)


def holds(folder: Path) -> bool:
    """Whether a diffusers pipeline lies in a folder."""
    return (folder / "model_index.json").is_file()


DiffusionModel = Annotated[Any, ModelType(
    "DiffusionModel", "A diffusion model in the folder format of a diffusers pipeline.", load=load, size=size,
    move=move, holds=holds, color="#d9a441")]
