"""The nodes that teach a MusicVAE, a melody or performance RNN or a composer the music of a folder."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from nodegraph import SILENT, Context, File, InputError, Range, Recipe, Seed, node

from ..media.scores.roll import piano_roll_picture
from .learned import folders
from .learned.folders import MelodyRnnModel, MusicVaeModel
from .learned.grids import DRUMS, MELODY, score_of
from .models import MusicModel

_TELL_SECONDS, _SAVE_SECONDS = 4.0, 20.0
_JUDGED = 16  # stretches of performances that are held out: 4,096 words tell enough, again and again
Minutes = Annotated[float, Range(0.01, 100_000)]
Steps = Annotated[int, Range(0, 10**9)]
Semitones = Annotated[int, Range(0, 6)]


@node("music.train_vae", version=1, costly=True)
def train_vae(scores: list[File], kind: Literal["drums", "melody"] = "drums", model: MusicVaeModel | None = None,
              minutes: Minutes = 15.0, steps: Steps = 0, transpose: Semitones = 0, folder: str = "", seed: Seed = 0,
              ctx: Context = SILENT) -> MusicVaeModel:
    """Teach a MusicVAE the drums, or the melodies, of your own music: a space of two bars for music.vae and its kin.

    Every two bars in 4/4 that begin at a bar line are shown, on a grid of sixteenths. A tenth of the files is held out, and
    how much of them comes back is told. A training that is stopped or killed goes on where it was; more minutes go on
    from fewer.

    scores: a folder or a pattern of MIDI files (or MusicXML, ABC).
    kind: what is learned of them: all drums together, or the highest track, moved from its key to C major or A minor.
    model: one to be trained further, of the same kind; left out, a new one.
    minutes: of training, over all its runs.
    steps: how many at most, should these come before the minutes are over; 0 for no limit.
    transpose: by how many semitones, up or down, melodies are moved each time they are shown; for files whose key is not told.
    folder: where the training is kept; left out, in a folder of the cache.
    seed: where the dice begin.
    """
    from .learned import material
    from .learned.course import VAE_RULES, VAE_SHAPES, Course

    shape = model.network.shape if model is not None else VAE_SHAPES[kind]
    if shape.kind != kind:
        raise InputError(f"kind is {kind}, and model is one of {shape.kind}; ask for what it is of, or leave the model out")
    learned, held = material.parted(_grids(_read(scores, ctx), kind), seed)
    parts = material.two_bars(learned, shape.steps), material.two_bars(held, shape.steps)
    rules = VAE_RULES[kind] if model is None else _gentler(VAE_RULES[kind])
    course = Course(folders.VAE, *parts, shape, rules, _subject("MusicVAE", parts, shape, model, transpose), transpose)

    def sample(network: Any) -> Any:
        import torch

        grid = network.written(torch.randn(2, shape.z, generator=torch.Generator().manual_seed(0)).to(ctx.device), 1.0,
                               torch.Generator().manual_seed(0)).flatten(0, 1)
        return score_of(grid.cpu().numpy(), kind)

    return Recipe("MusicVaeModel", _learned(course, model, minutes, steps, folder, "music-vae", seed, sample, ctx))


@node("music.train_rnn", version=2, costly=True)
def train_rnn(scores: list[File], kind: Literal["melody", "performance"] = "melody", model: MelodyRnnModel | None = None,
              minutes: Minutes = 15.0, steps: Steps = 0, transpose: Semitones = 0, folder: str = "", seed: Seed = 0,
              ctx: Context = SILENT) -> MelodyRnnModel:
    """Teach an LSTM your own music, for music.rnn: melodies, where which bars return is read off each tune as a plan, or
    performances, as they were played on a piano.

    Of a melody the highest track of each file in 4/4 is learned, on a grid of sixteenths, moved from its key to C major or A
    minor; of a performance all tracks but drums, to the hundredth of a second, with dynamics and pedal. A tenth of the files
    is held out. A training that is stopped or killed goes on where it was; more minutes go on from fewer.

    scores: a folder or a pattern of MIDI files (or MusicXML, ABC).
    kind: what is learned of them.
    model: one to be trained further, of the same kind; left out, a new one.
    minutes: of training, over all its runs.
    steps: how many at most, should these come before the minutes are over; 0 for no limit.
    transpose: by how many semitones, up or down, melodies are moved each time they are shown; for files whose key is not told.
    folder: where the training is kept; left out, in a folder of the cache.
    seed: where the dice begin.
    """
    if model is not None and model.network.hears != kind:
        raise InputError(f"kind is {kind}, and model is one of {model.network.hears}; ask for what it is of, or leave the "
                         "model out")
    course, sample = (_melodies if kind == "melody" else _performances)(_read(scores, ctx), model, transpose, seed)
    return Recipe("MelodyRnnModel", _learned(course, model, minutes, steps, folder, "music-rnn", seed, sample, ctx))


def _melodies(scores: list[Any], model: Any, transpose: int, seed: int) -> tuple[Any, Callable[[Any], Any]]:
    """The course of a melody RNN, and what shows how far it is."""
    from .learned import material, rnn
    from .learned.course import RNN_RULES, Course, plans_in

    shape = model.network.shape if model is not None else rnn.Shape()
    learned, held = material.parted(_grids(scores, MELODY), seed)
    parts = material.tunes(learned), material.tunes(held)
    rules = RNN_RULES if model is None else _gentler(RNN_RULES)
    course = Course(folders.RNN, *parts, shape, rules, _subject("melody RNN", parts, shape, model, transpose), transpose)
    plan = [int(digit) for digit in (plans_in(parts[0]) or ["0000"])[0][:4]]

    def sample(network: Any) -> Any:
        import torch

        return score_of(network.sung(plan, 64, 0.9, torch.Generator().manual_seed(0)), MELODY)

    return course, sample


def _performances(scores: list[Any], model: Any, transpose: int, seed: int) -> tuple[Any, Callable[[Any], Any]]:
    """The course of a performance RNN, and what shows how far it is."""
    from .learned import material, performing
    from .learned.course import PERFORMANCE_RULES, Course

    shape = model.network.shape if model is not None else performing.Shape()
    learned, held = material.parted(material.performances(scores), seed)
    parts = material.stretches(learned), _spread(material.stretches(held), _JUDGED)
    rules = PERFORMANCE_RULES if model is None else _gentler(PERFORMANCE_RULES)
    course = Course(folders.PERFORMANCE, *parts, shape, rules,
                    _subject("performance RNN", parts, shape, model, transpose), transpose)
    return course, lambda network: performing.played_on(network, None, 8.0, 0.9, 0, 120.0, 0)


@node("music.train_composer", version=1, costly=True)
def train_composer(scores: list[File], model: MusicModel | None = None, minutes: Minutes = 15.0, steps: Steps = 0,
                   transpose: Semitones = 5, folder: str = "", seed: Seed = 0, ctx: Context = SILENT) -> MusicModel:
    """Teach a Transformer your own music, with all its instruments, for music.generate.

    A new one is a Llama of two million parameters over miditok's REMI; a given one keeps its tokens and its size. Pieces
    longer than it can read are learned in stretches. A tenth of the files is held out. A training that is stopped or killed
    goes on where it was; more minutes go on from fewer. Hours, or a graphics card, are what music in many parts wants.

    scores: a folder or a pattern of MIDI files (or MusicXML, ABC).
    model: one to be trained further, a folder of a causal language model with a miditok tokenizer; left out, a new one.
    minutes: of training, over all its runs.
    steps: how many at most, should these come before the minutes are over; 0 for no limit.
    transpose: by how many semitones, up or down, pieces are moved each time they are shown; drums stay.
    folder: where the training is kept; left out, in a folder of the cache.
    seed: where the dice begin.
    """
    from .learned.transformer import composed

    try:
        return Recipe("MusicModel", str(composed(_read(scores, ctx), model, minutes, steps, transpose, folder, seed, ctx)))
    except (ValueError, FloatingPointError) as error:
        raise InputError(f"{error}") from error


def _spread(parts: Any, most: int) -> Any:
    """So many of some stretches at most, from all over them."""
    return parts[::max(1, -(-len(parts) // most))]


def _read(scores: list[Path], ctx: Context) -> list[Any]:
    from .learned import material

    return material.read(scores, lambda count: ctx.report(0, 100, f"reading {count} of {len(scores)} files"))


def _grids(scores: list[Any], kind: str) -> list[Any]:
    from .learned import material

    found = material.grids(scores, kind)
    if not found:
        raise InputError(f"none of the files has two bars of {'drums' if kind == DRUMS else 'melody'} in 4/4 to learn from")
    return found


def _gentler(rules: Any) -> Any:
    """How a network is trained that has learned before."""
    from dataclasses import replace

    return replace(rules, rate=rules.rate / 3)


def _subject(what: str, parts: Any, shape: Any, model: Any, transpose: int) -> str:
    """What a training is of, in a line: the content of its music, and what cannot change in the middle of it."""
    from .learned.material import digest

    before = f", on {digest([value.cpu() for value in model.network.state_dict().values()])}" if model is not None else ""
    return f"{what} of {len(parts[0])} stretches ({digest(parts)}), {shape}, moved by {transpose}{before}"


def _learned(course: Any, model: Any, minutes: float, steps: int, folder: str, kind: str, seed: int,
             sample: Callable[[Any], Any], ctx: Context) -> str:
    """The folder of the finished network; of each length of training another, since a graph may remember them all."""
    from ..common.training import Budget, place_of

    place = place_of(folder, kind, course.subject, seed)
    network = copy.deepcopy(model.network).requires_grad_(True).train() if model is not None else None

    def tell(lesson: Any, progress: Any) -> None:
        judged = course.judged(lesson.average)
        words = ", ".join(f"{name} {value:.3g}" for name, value in judged.items())
        preview = piano_roll_picture(sample(lesson.average)) if ctx.previews else None
        ctx.report(round(100 * progress.fraction), 100, f"step {progress.step}, held out: {words}", preview)

    try:
        average, progress = course.run(place, Budget(steps or 10**9, minutes * 60), seed, network, ctx.device, tell,
                                       _TELL_SECONDS, _SAVE_SECONDS)
        course.store(place / f"model-{progress.step}", average, progress)
    except (ValueError, FloatingPointError) as error:
        raise InputError(f"{error}") from error
    return str(place / f"model-{progress.step}")
