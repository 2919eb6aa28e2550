"""SegmentationModel, and the node that finds kinds of things in a picture."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Recipe, node

from ..common import vision
from ..common.folders import settings
from ..common.loading import model_place
from ..media.image import to_pil
from ..media.types import Image, Mask

_SEMANTIC = "ForSemanticSegmentation"
KINDS = (_SEMANTIC, "ForUniversalSegmentation", "ForInstanceSegmentation")
_OF_MORE = ("OneFormer", "Eomt", "VideoMT", "Videomt")  # words for the task, or frames
_OF_SCIPY = ("MaskFormer", "Mask2Former")  # their losses, which are made with them, do
WANTED = "a model that parts pictures into kinds of things (semantic segmentation)"


def load(recipe: Recipe, device: str, dtype: str) -> vision.Seer:
    """The network in a folder. Raises InputError when there is none, or not all of it."""
    from transformers import AutoModelForSemanticSegmentation, AutoModelForUniversalSegmentation

    folder = model_place(recipe, kind_problem)
    semantic = settings(folder / "config.json")["architectures"][0].endswith(_SEMANTIC)
    return vision.seer(recipe, folder, device, dtype,
                       AutoModelForSemanticSegmentation if semantic else AutoModelForUniversalSegmentation)


def kind_problem(folder: Path) -> str:
    """Why a folder holds no such model, or ""."""
    wrong = vision.problem(folder, KINDS, WANTED)
    if wrong:
        return wrong
    kind = settings(folder / "config.json")["architectures"][0]
    if kind.startswith(_OF_MORE):
        return f"is a {kind}, which wants more than a picture; take a SegFormer or a Mask2Former"
    return f"is a {kind}, which asks for scipy, and that is not installed: pip install scipy" \
        if kind.startswith(_OF_SCIPY) and not find_spec("scipy") else ""


SegmentationModel = Annotated[Any, ModelType(
    "SegmentationModel", "A network that parts pictures into kinds of things, as transformers saves it.", load=load,
    size=vision.Seer.nbytes,
    holds=lambda folder: not kind_problem(folder), problem=kind_problem, color="#8fae6b")]


@node("mask.segment", version=1, costly=True)
def segment(image: Image, model: SegmentationModel, what: str) -> Mask:
    """Find where things of a kind are in a picture: sky, person, tree, whatever the model knows.

    image: the picture; its alpha is left out.
    model: a folder of transformers, such as those of SegFormer, BEiT, UperNet or MobileViT; MaskFormer and Mask2Former
        with scipy.
    what: the kinds, by the model's own names or numbers, with commas between them: "person, cat". What it does not know is
        answered with what it does.
    """
    wanted = _numbers(model.network.config, what)
    answer, _ = model.answer(to_pil(image[:3]))
    found = model.processor.post_process_semantic_segmentation(answer, target_sizes=[tuple(image.shape[1:])])[0].cpu()
    return sum((found == number) for number in wanted).clamp(0, 1).float()[None]


def _numbers(config: Any, what: str) -> list[int]:
    """The numbers of kinds that are named. Raises InputError with the names that there are."""
    names = {int(number): str(name) for number, name in config.id2label.items()}
    asked = [word.strip() for word in what.split(",") if word.strip()]
    found = [_number(names, word) for word in asked]
    unknown = [word for word, number in zip(asked, found) if number is None]
    if unknown or not asked:
        known = ", ".join(names[number] for number in sorted(names)[:40]) + (" ..." if len(names) > 40 else "")
        raise InputError((f"this model knows no {unknown[0]!r}; " if unknown else "what names nothing; ") +
                         f"it knows {known}")
    return [number for number in found if number is not None]


def _number(names: dict[int, str], word: str) -> int | None:
    """The number of a kind; a name of several words (`person;individual`, `wall, building`) answers to each of them."""
    if word.isdigit() and int(word) in names:
        return int(word)
    for number, name in names.items():
        parts = [part.strip().lower() for part in name.replace(";", ",").split(",")]
        if word.lower() in (name.lower(), *parts):
            return number
    return None
