"""One training of an adapter: what it is shown, what is to stay, its steps, and the file that comes of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from nodegraph import Context

from ...common.files import whole_file
from ...common.training import Budget, trained
from ..advice import advice_of
from ..families import denoiser, prompt_family
from ..preview import latent_picture
from .adapter import rate_for, stored, worn
from .calls import Habit
from .lesson import Lesson, Material, parted
from .loss import Loss
from .references import Reference, found, laid_out, without
from .studio import Studio
from .targets import Targets

_PRIOR_STEPS, _LOOK_STEPS = 20, 8
_LOOKS = 0.05  # of the time at most goes into previews
_TELL_SECONDS, _SAVE_SECONDS = 3.0, 20.0


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
    """One training, from pictures to a file. subject: what it is of, in a line."""

    def __init__(self, studio: Studio, habit: Habit, wish: Wish, place: Path, subject: str, ctx: Context):
        self.studio, self.habit, self.wish, self.place, self.subject, self.ctx = studio, habit, wish, place, subject, ctx

    def shown(self, pictures: Sequence[Any], captions: Sequence[str], drawings: Sequence[Any], word: str) -> list[Reference]:
        """What the model is told and shown of each picture: the drawings that are given, or those that its finder has."""
        if drawings or not advice_of(self.studio.pipe).finder:
            return [Reference(caption, drawings[k] if drawings else None) for k, caption in enumerate(captions)]
        shown = []
        for k, (picture, caption) in enumerate(zip(pictures, without(word, captions), strict=True)):
            self.ctx.report(0, 100, f"finding a drawing that is like the picture, {k + 1} of {len(pictures)}")
            shown.append(found(self.studio, picture, caption, word))
        return shown

    def _loss(self, picture: Any) -> Loss:
        pipe, tokens = self.studio.pipe, self.studio.tokens(self.studio.samples(picture))
        return Loss(pipe, Targets(pipe.scheduler, tokens), self.habit, self.wish.batch)

    def painted(self, prompts: Sequence[str], drawings: Sequence[Any]) -> tuple[Any, ...]:
        """What the model paints before it learns, to be learned as well; kept beside the training."""
        path = self.place / "prior.safetensors"
        known = [Reference(prompt, drawings[k]) if drawings else laid_out(self.studio, prompt, "", self.wish.seed + k)
                 for k, prompt in enumerate(prompts)]
        if prompts and path.is_file():
            stayed = load_file(path)
            samples = [stayed[str(k)] for k in range(len(prompts))]
        else:
            samples = []
            for k, one in enumerate(known):
                look = partial(self.ctx.report, 0, 100, f"painting what is to stay, {k + 1} of {len(prompts)}")
                look()
                samples.append(self.studio.painted(*one, self.wish.seed + k, _PRIOR_STEPS, look))
            if samples:
                self.place.mkdir(parents=True, exist_ok=True)
                with whole_file(path) as beside:
                    save_file({str(k): one.float().cpu() for k, one in enumerate(samples)}, beside)
        device = self.studio.pipe.device
        return tuple(self.studio.example(made.to(device), *one) for made, one in zip(samples, known, strict=True))

    def learned(self, pictures: Sequence[Any], shown: Sequence[Reference], old: tuple[Any, ...], word: str) -> Path:
        """The file of the adapter that was trained."""
        wish, pipe = self.wish, self.studio.pipe
        variants = [self.studio.variants(picture, *one, wish.mirror) for picture, one in zip(pictures, shown, strict=True)]
        new, out = parted(variants, wish.seed)
        loss = self._loss(pictures[0])
        rate = wish.rate or rate_for(denoiser(pipe))
        with worn(pipe, wish.rank, wish.seed) as learns:
            lesson = Lesson(learns, Material(new, old, out), loss, rate)
            judged = out or tuple(one[0] for one in new)
            before = loss.mean(judged)
            progress = self._trained(lesson, self._looks(*shown[0]))
            after = loss.mean(judged)
            figure = f"{'held-out' if out else 'learned'} loss {before:.4f} before, {after:.4f} after"
            self.ctx.report(100, 100, f"{progress.step} steps, {figure}")
            path = self.place / f"{_file_name(word)}-{progress.step}.safetensors"
            stored(pipe, path, {
                "modelspec.architecture": prompt_family(pipe), "modelspec.title": word or path.stem,
                **({"modelspec.trigger_phrase": word} if word else {}),
                "modelspec.resolution": f"{self.studio.width}x{self.studio.height}", "ss_network_dim": str(wish.rank),
                "ss_network_alpha": str(wish.rank), "ss_num_train_images": str(len(pictures)),
                "ss_steps": str(progress.step), "ss_learning_rate": f"{rate:g}",
                "nodegraph.captions": str(len({one.caption for one in shown})),
                "nodegraph.shown": str(sum(one.drawing is not None for one in shown)),
                "nodegraph.seconds": f"{progress.seconds:.1f}",
                "nodegraph.judged_on": "pictures held out" if out else "pictures learned from",
                "nodegraph.loss_before": f"{before:.4f}", "nodegraph.loss_after": f"{after:.4f}"})
        return path

    def _trained(self, lesson: Lesson, look: Callable[[float], Any]) -> Any:
        wish = self.wish

        def tell(progress: Any) -> None:
            self.ctx.report(round(100 * progress.fraction), 100, f"step {progress.step}, loss {progress.told['loss']:.3f}",
                            look(progress.seconds))

        return trained(lesson, Budget(wish.steps or 10**9, wish.minutes * 60), self.place, self.subject, tell, wish.seed,
                       _TELL_SECONDS, _SAVE_SECONDS)

    def _looks(self, caption: str, drawing: Any) -> Callable[[float], Any]:
        """A function of the seconds trained: the first caption as it is painted now, where that costs next to nothing."""
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


def _file_name(word: str) -> str:
    return re.sub(r"\W+", "-", word.lower()).strip("-") or "lora"
