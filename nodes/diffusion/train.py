"""The node that teaches a model a hand, a face or a thing by a few pictures: an adapter (LoRA)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any

from nodegraph import SILENT, Context, File, InputError, Range, Recipe, Seed, Uses, node, warn

from ..media.types import Image
from .advice import advice_of
from .families import denoiser
from .ingredients import Lora
from .inpaint import is_trained
from .memory import is_out
from .models import DiffusionModel
from .sizes import Side, sizes_of

_FEW = 4  # pictures; fewer are learned by heart


def _refused(model: Recipe | None = None) -> str:
    adapters = [patch.source for patch in model.patches if patch.kind == "lora"] if model is not None else []
    return f"model has the adapter {adapters[0]} on; a new one is learned on the model itself" if adapters else ""


@node("diffusion.train_lora", version=2, costly=True, refuses=_refused)
def train_lora(model: Annotated[DiffusionModel, Uses("lora", "text_encoder", "textual_inversion")], pictures: list[File],
               captions: list[str] | None = None, caption_files: list[File] | None = None, word: str = "",
               prior: list[str] | None = None, reference: list[Image] | None = None,
               prior_reference: list[Image] | None = None, minutes: Annotated[float, Range(0.01, 100_000)] = 2.0,
               steps: Annotated[int, Range(0, 10**7)] = 0, rank: Annotated[int, Range(1, 256)] = 8,
               rate: Annotated[float, Range(0, 1)] = 0.0, batch: Annotated[int, Range(1, 256)] = 4, size: Side = 0,
               mirror: bool = True, folder: str = "", seed: Seed = 0, ctx: Context = SILENT) -> Lora:
    """Teach a model your hand, a face or a thing by a few pictures: an adapter (LoRA) that diffusion.lora puts on it.

    The model itself stays as it is; beside each linear layer of its denoiser a product of two small matrices learns what
    the pictures have and the model lacks (Hu et al., 2021). Ten pictures of one hand, or of one thing in many places, are
    enough; the starter painter takes two minutes, large models a graphics card. Text encoders do not learn. Of six
    pictures or more one in eight is held out, and how well it is foreseen before and after is told. A training that is
    stopped or killed goes on where it was, and more minutes go on from fewer.

    model: starter/painter, or a folder or hub name of a diffusers pipeline, without adapters on.
    pictures: a folder or a pattern; each is brought to the model's size, its middle counts.
    captions: what each picture shows, in their order. Say what is to stay free, such as subject and colour, and leave
        out what is to be learned. Left out, the names of the pictures count: red_boat_03.png is a red boat.
    caption_files: text files with the same names as the pictures, in the place of captions.
    word: put before each caption; in a prompt it calls up what was learned.
    prior: prompts that the model paints first, to be learned as well, a quarter of the time, so that old subjects stay
        (Ruiz et al., DreamBooth, 2023).
    reference: what the model is shown for each picture, of a model that was trained for inpainting: drawings at their
        places, transparent where there is nothing. Left out, the starter painter is shown the drawing that a caption
        calls for, moved to where it agrees with the picture; other models are shown nothing.
    prior_reference: the same for each of the prior prompts.
    minutes: of training, over all its runs.
    steps: how many at most, should these come before the minutes are over; 0 for no limit.
    rank: how much an adapter can hold; 4 for a thing, 16 or more for a hand with much in it.
    rate: of learning; 0 for what suits the size of the model.
    batch: pictures in a step; fewer need less memory.
    size: of the pictures in pixels, a square; 0 for what the model was made for.
    mirror: whether pictures may be mirrored left and right too; not for letters and faces.
    folder: where the training and the adapters are kept; left out, in a folder of the cache.
    seed: where the dice begin.
    """
    from ..common.training import place_of
    from .tuning.captions import captions_for
    from .tuning.course import Course, Wish
    from .tuning.studio import Studio, judge, judge_lists

    judge(model)
    judge_lists(pictures, prior or (), reference, prior_reference, is_trained(model))
    _judge_count(pictures)
    width, height = (size, size) if size else sizes_of(model).whole
    sizes_of(model).judge(width, height)
    lines = captions_for(pictures, captions, caption_files, word)
    studio = Studio(model, width, height)
    seen = [studio.picture(path) for path in pictures]
    drawn, old = ([studio.drawing(image) for image in images or ()] for images in (reference, prior_reference))
    wish = Wish(minutes, steps, rank, rate, batch, mirror, seed)
    advice = advice_of(model)
    found = [] if drawn else [advice.finder, advice.finder_version]
    subject = _subject(model, wish, [*seen, *drawn, *old], [*lines, "", *(prior or ()), *found])
    place = place_of(folder, "lora", subject, seed)
    try:
        course = Course(studio, studio.habit(), wish, place, subject, ctx)
        painted = course.painted(prior or (), old)
        return Recipe("Lora", str(course.learned(seen, course.shown(seen, lines, drawn, word), painted, word)))
    except (ValueError, FloatingPointError) as error:
        raise InputError(f"{error}") from error
    except RuntimeError as error:
        if not is_out(error):
            raise
        raise InputError(f"memory ran out for {batch} pictures of {width} x {height} at a time; lower batch or size") from error


def _judge_count(pictures: Sequence[Path]) -> None:
    if not pictures:
        raise InputError("pictures has no files; give ten or so of one hand, or of one thing")
    if len(pictures) < _FEW:
        warn(f"of {len(pictures)} pictures an adapter learns these by heart, and little else; give it ten or so")


def _subject(model: Any, wish: Any, pictures: Sequence[Any], lines: Sequence[str]) -> str:
    """What a training is of, in a line: the content of model and pictures, and what cannot change in the middle of it."""
    digest = blake2b("\n".join(lines).encode(), digest_size=8)
    for picture in pictures:
        digest.update(picture.numpy().tobytes())
    for name, part in denoiser(model).named_parameters():
        digest.update(name.encode() + part.detach().flatten()[:16].float().cpu().numpy().tobytes())
    return (f"adapter of {len(pictures)} pictures ({digest.hexdigest()}), rank {wish.rank}, rate {wish.rate:g}, "
            f"batch {wish.batch}" + ", mirrored" * wish.mirror)
