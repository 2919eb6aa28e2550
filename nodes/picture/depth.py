"""DepthModel, and the node that tells how far things are in a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Recipe, node

from ..common import vision
from ..common.folders import settings
from ..common.loading import model_place
from ..media.image import to_pil
from ..media.types import Image

KINDS, WANTED = ("ForDepthEstimation",), "a model of depth"
_DISTANCES = ("glpn",)  # kinds that answer metres; others answer how near something is
_WITH_TORCHVISION = ("zoedepth", "depth_pro")


def load(recipe: Recipe, device: str, dtype: str) -> vision.Seer:
    """The network in a folder. Raises InputError when there is none, or not all of it."""
    from transformers import AutoModelForDepthEstimation

    return vision.seer(recipe, model_place(recipe, kind_problem), device, dtype, AutoModelForDepthEstimation)


def kind_problem(folder: Path) -> str:
    """Why a folder holds no model of depth, or ""."""
    wrong = vision.problem(folder, KINDS, WANTED)
    if wrong or settings(folder / "config.json").get("model_type") not in _WITH_TORCHVISION:
        return wrong
    return ("is of a kind whose answers transformers reads with torchvision, which this project goes without; take a Depth "
            "Anything, or a DPT")


DepthModel = Annotated[Any, ModelType(
    "DepthModel", "A network that tells how far things are in a picture, as transformers saves it.", load=load,
    size=vision.Seer.nbytes,
    holds=lambda folder: not kind_problem(folder), problem=kind_problem, color="#7b93b8")]


@node("picture.depth", version=1, costly=True)
def depth(image: Image, model: DepthModel) -> Image:
    """Draw how near everything in a picture is, from white for the nearest to black for the farthest, as control nets for
    depth want it.

    image: the picture; its alpha is left out.
    model: a folder of transformers, such as those of Depth Anything, DPT (MiDaS) or GLPN.
    """
    answer, _ = model.answer(to_pil(image[:3]))
    # The size is called source_sizes by some of the processors, and comes second with all.
    found = model.processor.post_process_depth_estimation(answer, [tuple(image.shape[1:])])[0]["predicted_depth"].float().cpu()
    if not found.isfinite().all():
        raise InputError("the model answers with numbers that are none (NaN): its weights are damaged, or too large for its "
                         "floating type; download it again, or run with --dtype float32")
    near = 1 / found.clamp_min(1e-3) if _answers_distances(model.network.config) else found
    low, high = (bound.item() for bound in near.aminmax())
    return ((near - low) / (high - low or 1.0)).reshape(1, *image.shape[1:]).expand(3, -1, -1).contiguous()


def _answers_distances(config: Any) -> bool:
    return config.model_type in _DISTANCES or getattr(config, "depth_estimation_type", "") == "metric"
