"""How the starter drummer, singer and fiddler are made: two MusicVAEs and a melody RNN, taught what `rules` writes.

    python -m nodegraph_nodes.starter.train.band drummer        # or singer, fiddler, all

Music is written by rules before it is learned; what is held out comes of other seeds and is never shown. A training that is
stopped or killed goes on where it was. Minutes of one core are enough.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ...common.training import Budget, Progress
from ...music.learned import folders, rnn
from ...music.learned.course import RNN_RULES, VAE_RULES, VAE_SHAPES, Course
from ...music.learned.grids import BAR, DRUMS, FIRST, HOLD, LOWEST, MELODY, REST, VOICES, windows
from ...music.learned.lessons import Lesson
from ..rules import airs, grooves

HELD_OUT = 10**9  # seeds from here on are never trained on
MODELS = Path(__file__).parents[1] / "models"


@dataclass(frozen=True)
class Part:
    """One model to make. steps: of its training; written: tunes or grooves to learn from, and to hold out."""

    architecture: str
    kind: str
    steps: int
    written: tuple[int, int]


PARTS = {"drummer": Part(folders.VAE, DRUMS, 1_200, (40_000, 600)), "singer": Part(folders.VAE, MELODY, 1_800, (6_000, 60)),
         "fiddler": Part(folders.RNN, MELODY, 260, (3_000, 24))}


def drum_grids(seeds: Sequence[int]) -> torch.Tensor:
    """Two bars of drums of each seed, uint8 (n, 32, 9)."""
    grids = np.zeros((len(seeds), 2 * BAR, len(VOICES)), np.uint8)
    for row, seed in enumerate(seeds):
        for (step, voice), velocity in grooves.groove(seed).strokes.items():
            grids[row, step, voice] = velocity
    return torch.from_numpy(grids)


def voices(seeds: Sequence[int]) -> torch.Tensor:
    """A melody of sixteen bars of each seed, uint8 (n, 256)."""
    grids = np.full((len(seeds), airs.BARS * BAR), HOLD, np.uint8)
    for row, seed in enumerate(seeds):
        end = 0
        for start, length, pitch in airs.air(seed).notes:
            if start > end or start == 0:
                grids[row, end] = REST
            grids[row, start] = FIRST + pitch - LOWEST
            end = start + length
        if end < grids.shape[1]:
            grids[row, end] = REST
        if grids[row, 0] == HOLD:
            grids[row, 0] = REST
    return torch.from_numpy(grids)


def pairs(seeds: Sequence[int]) -> torch.Tensor:
    """Two bars each of such melodies, all different, uint8 (n, 32)."""
    found = {part.tobytes(): part for voice in voices(seeds).numpy() for part in windows(voice, 2 * BAR, 2 * BAR)}
    return torch.from_numpy(np.stack(list(found.values())))


def course_of(name: str, seed: int = 0, scale: float = 1.0) -> Course:
    """What a model learns from and what is held out. scale: how much of it."""
    part = PARTS[name]
    write = drum_grids if part.kind == DRUMS else pairs if part.architecture == folders.VAE else voices
    count, apart = (max(8, round(number * scale)) for number in part.written)
    learned = write(range(seed * 10**6, seed * 10**6 + count))
    held = write(range(HELD_OUT, HELD_OUT + apart))
    seen = {grid.tobytes() for grid in (learned > 0 if part.kind == DRUMS else learned).numpy()}
    fresh = [k for k, grid in enumerate((held > 0 if part.kind == DRUMS else held).numpy()) if grid.tobytes() not in seen]
    rules, shape = (VAE_RULES[part.kind], VAE_SHAPES[part.kind]) if part.architecture == folders.VAE else (RNN_RULES, rnn.Shape())
    return Course(part.architecture, learned, held[fresh], shape, rules, f"starter/{name}, {shape}, {len(learned)} written")


def chain_nats(learned: torch.Tensor, held: torch.Tensor, order: int = 3) -> float:
    """What a chain of so many sixteenths makes of unseen voices, nats a sixteenth, with counts backed off (Witten and Bell)."""
    counts: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for voice in learned.tolist():
        for at, token in enumerate(voice):
            for back in range(min(order, at) + 1):
                counts[tuple(voice[at - back:at])][token] += 1
    total = steps = 0.0
    for voice in held.tolist():
        for at, token in enumerate(voice):
            share = 1 / 39
            for back in range(min(order, at) + 1):
                seen = counts.get(tuple(voice[at - back:at]))
                if seen:
                    kinds, number = len(seen), seen.total()
                    share = (seen[token] + kinds * share) / (number + kinds)
            total, steps = total - math.log(share), steps + 1
    return total / steps


def made(name: str, folder: Path, out: Path, seed: int = 0, steps: int | None = None, scale: float = 1.0) -> dict[str, float]:
    """Train one model and write its folder; its scores."""
    course = course_of(name, seed, scale)
    print(f"{name}  {len(course.learned)} to learn from, {len(course.held)} held out", flush=True)

    def tell(lesson: Lesson, progress: Progress) -> None:
        told = ", ".join(f"{key} {value:.3f}" for key, value in progress.told.items())
        judged = ", ".join(f"{key} {value:.3f}" for key, value in course.judged(lesson.average).items())
        print(f"{name}  step {progress.step}, {progress.seconds:.0f} s  {told}; held out: {judged}", flush=True)

    scores = course.store(out, *course.run(folder, Budget(steps or PARTS[name].steps), seed, tell=tell, tell_seconds=120))
    if course.architecture == folders.RNN:
        scores = {**scores, "nats of an order-3 chain": chain_nats(course.learned, course.held)}
    print(json.dumps({name: scores}), flush=True)
    return scores


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m nodegraph_nodes.starter.train.band",
                                     description="Train the starter drummer, singer and fiddler from nothing.")
    parser.add_argument("model", choices=(*PARTS, "all"))
    parser.add_argument("--folder", type=Path, default=Path(".training"), help="of checkpoints")
    parser.add_argument("--out", type=Path, default=MODELS, help="where a folder of each model's name goes")
    parser.add_argument("--steps", type=int, help="of each training (default: what each needs)")
    parser.add_argument("--scale", type=float, default=1.0, help="how much music is written, 1 for all")
    parser.add_argument("--threads", type=int, help="CPU threads (default: torch's choice)")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(words)
    if asked.threads:
        torch.set_num_threads(asked.threads)
    for name in PARTS if asked.model == "all" else (asked.model,):
        try:
            made(name, asked.folder / name, asked.out / name, asked.seed, asked.steps, asked.scale)
        except KeyboardInterrupt:
            print(f"{name}  stopped; the same command goes on from here", flush=True)
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
