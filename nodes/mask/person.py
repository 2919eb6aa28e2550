"""PersonModel, and the node that finds people in a picture, so that they can be cut out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Recipe, node

from ..common.folders import network_problem
from ..common.loading import model_place
from ..common.pixels import alpha_of, resampled
from ..media.types import Image, Mask

SIDE = 256  # pixels a side of what the network looks at


def load(recipe: Recipe, device: str, dtype: str) -> Any:
    """The network in a folder. Raises InputError when there is none. It is always computed in float32: it is small."""
    from safetensors.torch import load_file

    from .person_network import loaded

    folder = model_place(recipe, kind_problem)
    try:
        return loaded(load_file(folder / "model.safetensors")).to(device)
    except ValueError as error:
        raise InputError(f"{recipe.source} cannot be loaded as a {recipe.kind}: {error}") from error


def kind_problem(folder: Path) -> str:
    """Why a folder does not hold MediaPipe's selfie segmentation as safetensors, or ""."""
    return network_problem(folder, "deep.0.gate.squeeze.weight")


PersonModel = Annotated[Any, ModelType(
    "PersonModel", "A network that finds people in pictures (MediaPipe's selfie segmentation).", load=load,
    holds=lambda folder: not kind_problem(folder), problem=kind_problem, color="#b87b93")]


@node("mask.person", version=1, costly=True)
def person(image: Image, model: PersonModel = "mask/person") -> Mask:
    """Find the people in a picture: with `picture.with_alpha` their background is gone.

    image: the picture. People near the camera are found best; of a wide view crop the part with them first. The mask is as
        fine as the network sees, 256 pixels a side, and soft at its edge.
    model: mask/person comes along.
    """
    import torch

    alpha = alpha_of(image).cpu()
    seen = resampled(image[:3].cpu() * alpha, SIDE, SIDE, "bilinear")
    with torch.no_grad():
        found = model(seen[None].to(next(model.parameters()).device))[0].cpu()
    return resampled(found, image.shape[2], image.shape[1], "bicubic") * alpha
