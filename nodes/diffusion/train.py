"""The node that teaches a model a hand, a face or a thing by a few pictures: an adapter (LoRA)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any

from nodegraph import SILENT, Context, File, InputError, Range, Recipe, Seed, Uses, node, warn

from ..common.files import whole_file
from ..media.types import Image
from .families import denoiser, prompt_family
from .ingredients import Lora
from .inpaint import is_trained
from .memory import is_out
from .models import DiffusionModel
from .sizes import Side, sizes_of

_FEW = 4  # pictures; fewer are learned by heart
_PRIOR_STEPS, _LOOK_STEPS = 20, 8
_LOOKS = 0.05  # of the time at most goes into previews
_TELL_SECONDS, _SAVE_SECONDS = 3.0, 20.0


def _refused(model: Recipe | None = None) -> str:
    adapters = [patch.source for patch in model.patches if patch.kind == "lora"] if model is not None else []
    return f"model has the adapter {adapters[0]} on; a new one is learned on the model itself" if adapters else ""


@node("diffusion.train_lora", version=1, costly=True, refuses=_refused)
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
        places, transparent where there is nothing. Left out, it is shown nothing.
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
    from .tuning.studio import Studio, judge, judge_lists

    judge(model)
    judge_lists(pictures, prior or (), reference, prior_reference, is_trained(model))
    _judge_count(pictures)
    width, height = (size, size) if size else sizes_of(model).whole
    sizes_of(model).judge(width, height)
    lines = captions_for(pictures, captions, caption_files, word)
    studio = Studio(model, width, height)
    seen = [studio.picture(path) for path in pictures]
    drawn, old = ([studio.drawing(image) for image in images] if images else [None] * count
                  for images, count in ((reference, len(seen)), (prior_reference, len(prior or ()))))
    wish = Wish(minutes, steps, rank, rate, batch, mirror, seed)
    subject = _subject(model, wish, [*seen, *drawn, *old], [*lines, "", *(prior or ())])
    place = place_of(folder, "lora", subject, seed)
    try:
        course = Course(studio, studio.habit(), wish, place, ctx)
        painted = course.painted(prior or (), old)
        return Recipe("Lora", str(course.learned(seen, lines, drawn, painted, word, subject)))
    except (ValueError, FloatingPointError) as error:
        raise InputError(f"{error}") from error
    except RuntimeError as error:
        if not is_out(error):
            raise
        raise InputError(f"memory ran out for {batch} pictures of {width} x {height} at a time; lower batch or size") from error


@dataclass(frozen=True)
class Wish:
    """How a training is to be."""

    minutes: float
    steps: int
    rank: int
    rate: float
    batch: int
    mirror: bool
    seed: int


class Course:
    """One training, from pictures to a file."""

    def __init__(self, studio: Any, habit: Any, wish: Wish, place: Path, ctx: Context):
        self.studio, self.habit, self.wish, self.place, self.ctx = studio, habit, wish, place, ctx

    def painted(self, prompts: Sequence[str], drawings: Sequence[Any]) -> tuple[Any, ...]:
        """What the model paints before it learns, to be learned as well; kept beside the training."""
        from safetensors.torch import load_file, save_file

        path = self.place / "prior.safetensors"
        if prompts and path.is_file():
            kept = load_file(path)
            samples = [kept[str(k)] for k in range(len(prompts))]
        else:
            samples = []
            for k, (prompt, drawing) in enumerate(zip(prompts, drawings, strict=True)):
                look = partial(self.ctx.report, 0, 100, f"painting what is to stay, {k + 1} of {len(prompts)}")
                look()
                samples.append(self.studio.painted(prompt, drawing, self.wish.seed + k, _PRIOR_STEPS, look))
            if samples:
                self.place.mkdir(parents=True, exist_ok=True)
                with whole_file(path) as beside:
                    save_file({str(k): one.float().cpu() for k, one in enumerate(samples)}, beside)
        return tuple(self.studio.example(one.to(self.studio.pipe.device), prompt, drawing)
                     for one, prompt, drawing in zip(samples, prompts, drawings, strict=True))

    def learned(self, pictures: Sequence[Any], captions: Sequence[str], drawings: Sequence[Any], old: tuple[Any, ...],
                word: str, subject: str) -> Path:
        """The file of the adapter that was trained."""
        from .tuning.adapter import rate_for, stored, worn
        from .tuning.lesson import Lesson, Material, parted
        from .tuning.targets import Targets

        wish, pipe = self.wish, self.studio.pipe
        variants = [self.studio.variants(*three, wish.mirror) for three in zip(pictures, captions, drawings, strict=True)]
        new, out = parted(variants, wish.seed)
        targets = Targets(pipe.scheduler, self.studio.tokens(new[0][0].samples))
        rate = wish.rate or rate_for(denoiser(pipe))
        with worn(pipe, wish.rank, wish.seed) as learns:
            lesson = Lesson(pipe, learns, Material(new, old, out), targets, self.habit, rate, wish.batch)
            judged = out or tuple(one[0] for one in new)
            before = lesson.foreseen(judged)
            progress = self._trained(lesson, subject, self._looks(captions[0], drawings[0]))
            after = lesson.foreseen(judged)
            figure = f"{'held-out' if out else 'learned'} loss {before:.4f} before, {after:.4f} after"
            self.ctx.report(100, 100, f"{progress.step} steps, {figure}")
            path = self.place / f"{_file_name(word)}-{progress.step}.safetensors"
            stored(pipe, path, {
                "modelspec.architecture": prompt_family(pipe), "modelspec.title": word or path.stem,
                **({"modelspec.trigger_phrase": word} if word else {}),
                "modelspec.resolution": f"{self.studio.width}x{self.studio.height}", "ss_network_dim": str(wish.rank),
                "ss_network_alpha": str(wish.rank), "ss_num_train_images": str(len(pictures)),
                "ss_steps": str(progress.step), "ss_learning_rate": f"{rate:g}",
                "nodegraph.captions": str(len({*captions})), "nodegraph.seconds": f"{progress.seconds:.1f}",
                "nodegraph.judged_on": "pictures held out" if out else "pictures learned from",
                "nodegraph.loss_before": f"{before:.4f}", "nodegraph.loss_after": f"{after:.4f}"})
        return path

    def _trained(self, lesson: Any, subject: str, look: Callable[[float], Any]) -> Any:
        from ..common.training import Budget, trained

        wish = self.wish

        def tell(progress: Any) -> None:
            self.ctx.report(round(100 * progress.fraction), 100, f"step {progress.step}, loss {progress.told['loss']:.3f}",
                            look(progress.seconds))

        return trained(lesson, Budget(wish.steps or 10**9, wish.minutes * 60), self.place, subject, tell, wish.seed,
                       _TELL_SECONDS, _SAVE_SECONDS)

    def _looks(self, caption: str, drawing: Any) -> Callable[[float], Any]:
        """A function of the seconds trained: the first caption as it is painted now, where that costs next to nothing."""
        from .preview import latent_picture

        spent = 0.0

        def look(seconds: float) -> Any:
            nonlocal spent
            if not self.ctx.previews or spent > _LOOKS * seconds:
                return None
            begun = time.monotonic()
            samples = self.studio.painted(caption, drawing, self.wish.seed, _LOOK_STEPS)
            spent += time.monotonic() - begun
            return latent_picture(self.studio.pipe, samples)

        return look


def _judge_count(pictures: Sequence[Path]) -> None:
    if not pictures:
        raise InputError("pictures has no files; give ten or so of one hand, or of one thing")
    if len(pictures) < _FEW:
        warn(f"of {len(pictures)} pictures an adapter learns these by heart, and little else; give it ten or so")


def _subject(model: Any, wish: Wish, pictures: Sequence[Any], lines: Sequence[str]) -> str:
    """What a training is of, in a line: the content of model and pictures, and what cannot change in the middle of it."""
    digest = blake2b("\n".join(lines).encode(), digest_size=8)
    for picture in pictures:
        digest.update(b"none" if picture is None else picture.numpy().tobytes())
    for name, part in denoiser(model).named_parameters():
        digest.update(name.encode() + part.detach().flatten()[:16].float().cpu().numpy().tobytes())
    count = sum(picture is not None for picture in pictures)
    return (f"adapter of {count} pictures ({digest.hexdigest()}), rank {wish.rank}, rate {wish.rate:g}, batch {wish.batch}"
            + ", mirrored" * wish.mirror)


def _file_name(word: str) -> str:
    return re.sub(r"\W+", "-", word.lower()).strip("-") or "lora"
