"""SamModel, and the node that cuts out what is pointed at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from nodegraph import InputError, ModelType, Recipe, node

from ..common import vision
from ..common.folders import settings
from ..common.loading import model_place
from ..media.image import to_pil
from ..media.types import Image, Mask
from .sam2 import Preparation, preparation

_SECOND = ("Sam2Model", "Sam2VideoModel")  # the same weights, and more to follow things through a film
KINDS, WANTED = ("SamModel", *_SECOND), "a Segment Anything model (SAM or SAM 2)"
Which = Literal["best", "part", "object", "whole"]


def load(recipe: Recipe, device: str, dtype: str) -> vision.Seer:
    """The network in a folder. Raises InputError when there is none, or not all of it."""
    from transformers import Sam2Model, SamModel as Network

    folder = model_place(recipe, kind_problem)
    second = settings(folder / "config.json")["architectures"][0] in _SECOND
    return vision.seer(recipe, folder, device, dtype, Sam2Model if second else Network, preparation if second else _prepared)


def _prepared(folder: Path) -> Any:
    """The processor of points, boxes and pictures."""
    from transformers import SamImageProcessorPil, SamProcessor

    return SamProcessor(SamImageProcessorPil.from_pretrained(folder, local_files_only=True, trust_remote_code=False))


def kind_problem(folder: Path) -> str:
    """Why a folder holds no such model, or ""."""
    wrong = vision.problem(folder, KINDS, WANTED)
    if wrong.endswith("is wanted") and _model_type(folder).startswith("sam3"):
        return ("is a successor of SAM that asks for torchvision in transformers, which this project goes without; take a SAM, "
                "such as facebook/sam-vit-base, or a SAM 2, such as facebook/sam2.1-hiera-tiny")
    return wrong


def _model_type(folder: Path) -> str:
    try:
        return str(settings(folder / "config.json").get("model_type"))
    except ValueError:
        return ""


SamModel = Annotated[Any, ModelType(
    "SamModel", "A network that cuts out what is pointed at (Segment Anything), as transformers saves it.", load=load,
    size=vision.Seer.nbytes,
    holds=lambda folder: not kind_problem(folder), problem=kind_problem, color="#b88f6b")]


@node("mask.sam", version=1, costly=True)
def sam(image: Image, model: SamModel, points: str = "", outside: str = "", box: str = "",
        which: Which = "best") -> Mask:
    """Cut out what is pointed at, or what lies in a box (Segment Anything: Kirillov et al., 2023; SAM 2: Ravi et al., 2024).

    image: the picture; its alpha is left out.
    model: a folder of transformers with a SAM, such as facebook/sam-vit-base, or a SAM 2, such as facebook/sam2.1-hiera-tiny.
    points: places on the thing, x,y in pixels with spaces between: "320,200 340,260".
    outside: places that are not of it, likewise.
    box: left,top,right,bottom in pixels: the thing lies within.
    which: of the three answers that the model has: the one that it trusts most, or a part, the object, or the whole.
    """
    inside, beside = places(points, "points", 2), places(outside, "outside", 2)
    boxes = places(box, "box", 4)
    if not inside and not boxes:
        raise InputError("points and box are both empty; point at something (points: \"320,200\"), or give a box")
    _judge(image, [*inside, *beside, *(corner for one in boxes for corner in (one[:2], one[2:]))])
    given: dict[str, Any] = {"input_boxes": [boxes[:1]]} if boxes else {}
    if inside or beside:
        given |= {"input_points": [[[*inside, *beside]]], "input_labels": [[[1] * len(inside) + [0] * len(beside)]]}
    answer, prepared = model.answer(to_pil(image[:3]), **given)
    found = _masks(model, answer, prepared)
    number = int(answer.iou_scores.flatten().argmax()) if which == "best" else ("part", "object", "whole").index(which)
    return (found[number] > 0).float()[None]


def _masks(model: vision.Seer, answer: Any, prepared: Any) -> Any:
    """The three answers in the size of the picture, above 0 inside."""
    if isinstance(model.processor, Preparation):
        return model.processor.masks(answer, prepared)
    return model.processor.image_processor.post_process_masks(
        answer.pred_masks.float().cpu(), prepared["original_sizes"], prepared["reshaped_input_sizes"], binarize=False)[0][0]


def places(words: str, port: str, count: int) -> list[list[float]]:
    """Groups of so many numbers out of a text. Raises InputError where it is something else."""
    made = []
    for group in words.split():
        try:
            numbers = [float(number) for number in group.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) != count:
            example = "320,200 340,260" if count == 2 else "40,30,300,260"
            raise InputError(f"{port} has {group!r}, where {count} numbers with commas between them are wanted: {example}")
        made.append(numbers)
    return made


def _judge(image: Any, at: list[list[float]]) -> None:
    high, wide = image.shape[1:]
    for x, y in at:
        if not (0 <= x <= wide and 0 <= y <= high):
            raise InputError(f"{x:g},{y:g} lies beyond the picture, which is {wide} x {high}")
