"""How the starter weaver is made: a StyleGAN2 of ornaments, taught on drawings that never come twice.

    python -m nodegraph_nodes.starter.train.weaver --seconds 250 --device cuda

All is composed where it is trained: drawings of every kind wait in a pool, and one kind after the other is drawn anew.
A judge, trained on drawings alone, tells kinds apart and measures how far what is woven is from what is drawn. The best
generator so far is written out every minute, so that a run that ends early, in whatever way, leaves one.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from ...common import training
from ...common.files import whole_file
from ...gan.adversary import Game, Rules
from ...gan.networks import Generator, Shape, grouped, stored
from ..ornaments import KINDS, drawn
from .weaver_judge import Judge, scores, sheet

NAMES = tuple(KINDS)
SHAPES = {64: Shape(64, len(NAMES), (128, 128, 128, 80, 40), (80, 128, 160, 192), 128, 128),
          32: Shape(32, len(NAMES), (96, 96, 64, 40), (48, 96, 128)),
          16: Shape(16, len(NAMES), (16, 16, 16), (16, 32), 16, 16)}
POOL = {"cuda": 4096, "cpu": 1024}  # drawings of each kind that wait
JUDGED, LAST_SECONDS = 0.04, {"cuda": 16.0, "cpu": 25.0}  # share of the time for the judge's training; for the last scores
MEMORY = 20_000  # pictures
AIM, FORGED_KINDS = 0.55, 0.6  # the critic's loss; weight of the kind that a forgery is taken for
NOISE, R1 = 0.1, 30.0  # over pictures in -1..1 that are mostly flat, of exactly the inks; where its weight begins


@dataclass(frozen=True)
class Asked:
    """What to make. seconds: all in all, scores too. out: the finished folder; folder: of checkpoints.

    steps, judge_steps: of the game and of the judge at most; scored: pictures of the last scores.
    """

    out: Path
    folder: Path
    seconds: float
    device: str = "cpu"
    side: int = 32
    batch: int = 256
    seed: int = 0
    steps: int = 10_000_000
    judge_steps: int = 2_000
    scored: int = 10_000


class Pool:
    """Drawings of all kinds, as bytes; what it holds at a step depends on the seed and the step alone."""

    def __init__(self, side: int, batch: int, device: str, seed: int) -> None:
        self.size, self.seed, self.device, self.side = POOL[torch.device(device).type], seed, device, side
        self.every = max(1, self.size // batch)
        self.blocks = [-1] * len(NAMES)
        self.held = torch.zeros(len(NAMES), self.size, 3, side, side, dtype=torch.uint8, device=device)

    def __call__(self, step: int, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        """n pictures (n, 3, side, side) in -1..1, and their kinds, one-hot."""
        now = step // self.every
        for kind in range(len(NAMES)):
            block = now - (now - kind) % len(NAMES)
            if block != self.blocks[kind]:
                self._fill(kind, block)
        kinds = grouped(torch.randint(len(NAMES), (n,), device=self.device), n)
        which = torch.randint(self.size, (n,), device=self.device)
        pictures = self.held[kinds, which].float() / 127.5 - 1
        return pictures, torch.nn.functional.one_hot(kinds, len(NAMES)).float()

    def _fill(self, kind: int, block: int) -> None:
        dice = torch.Generator(self.device).manual_seed((self.seed * 7_919 + block + 100) * 1_009 + kind)
        self.held[kind] = (drawn(NAMES[kind], self.size, self.side, dice) * 255).round().to(torch.uint8)
        self.blocks[kind] = block


class Keeper:
    """Tells how a training goes, scores it every minute, and keeps the best generator on disk."""

    def __init__(self, asked: Asked, game: Game, judge: Judge, log: dict[str, Any]) -> None:
        self.asked, self.game, self.judge, self.log = asked, game, judge, log
        self.scored_at, self.best = time.monotonic(), float("inf")

    def tell(self, progress: training.Progress) -> None:
        """A line of progress; every minute, scores and a generator on disk."""
        line = {"step": progress.step, "seconds": round(progress.seconds, 1),
                **{name: round(value, 4) for name, value in progress.told.items()}}
        print(json.dumps(line), flush=True)
        self.log["course"].append(line)
        if time.monotonic() - self.scored_at > max(60.0, min(600.0, self.asked.seconds / 4)):
            self.keep(progress, 1024 if self.asked.device == "cpu" else 2048)

    def keep(self, progress: training.Progress, pictures: int) -> None:
        """Score the averaged generator; write it where it is no worse than the best by a tenth."""
        figures = scores(self.game.average, self.judge, pictures, self.asked.seed)
        self.scored_at = time.monotonic()
        line = {"step": progress.step, "pictures": progress.step * self.asked.batch,
                "seconds": round(progress.seconds, 1), **figures}
        print(json.dumps(line), flush=True)
        self.log["scores"].append(line)
        if figures["distance"] <= self.best * 1.1:
            self.best = min(self.best, figures["distance"])
            self.log["kept"] = line
            export(self.game.average, self.log, self.asked.out)


def export(generator: Generator, log: Mapping[str, Any], out: Path) -> None:
    """Write a folder that `gan.sample` reads: weights in fp16, config.json with the log of the training, a sheet."""
    out.mkdir(parents=True, exist_ok=True)
    if not all(value.isfinite().all() for value in generator.state_dict().values()):
        raise FloatingPointError("the averaged generator holds numbers that are finite no more")
    with whole_file(out / "model.safetensors") as partial:
        save_file(dict(stored(generator, torch.float16)), partial, metadata={"format": "pt"})
    config = {"truncation": "label", "labels": list(NAMES), "channels": "coverage of three inks", "training": log}
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    sheet(generator, out / "sheet.png")


def woven(asked: Asked) -> dict[str, Any]:
    """Train a weaver and write its folder; its log. It resumes from its checkpoint, and exports whatever there is."""
    end = time.monotonic() + asked.seconds
    if torch.device(asked.device).type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    log: dict[str, Any] = {"kinds": list(NAMES), "torch": torch.__version__, "device": _device_name(asked.device),
                           "asked": {k: str(v) if isinstance(v, Path) else v for k, v in asdict(asked).items()},
                           "course": [], "scores": []}
    torch.manual_seed(asked.seed)
    judge = Judge(NAMES, asked.side, asked.device, asked.seed)
    asked.folder.mkdir(parents=True, exist_ok=True)
    log["judge"] = judge.learned(asked.folder / "judge.safetensors", asked.seconds * JUDGED, asked.judge_steps)
    print(json.dumps(log["judge"]), flush=True)
    shape, rules = SHAPES[asked.side], Rules(batch=asked.batch, memory=MEMORY, noise=NOISE, r1=R1, aim=AIM, forged_kinds=FORGED_KINDS)
    log |= {"shape": shape.plain(), "rules": asdict(rules)}
    game = Game(shape, rules, Pool(asked.side, asked.batch, asked.device, asked.seed), asked.device)
    keeper = Keeper(asked, game, judge, log)
    budget = training.Budget(asked.steps, max(1.0, end - time.monotonic() - LAST_SECONDS[torch.device(asked.device).type]))
    progress = training.Progress()
    try:
        progress = training.trained(game, budget, asked.folder, f"weaver of {asked.side}", keeper.tell, asked.seed,
                                    save_seconds=60)
    except (RuntimeError, FloatingPointError):
        # what was learned is worth more than the end of it: export the last checkpoint, and say what happened
        log["failure"] = traceback.format_exc()
        print(log["failure"], file=sys.stderr, flush=True)
        if (asked.folder / training.CHECKPOINT).exists():
            game.restore(training.checkpoint(asked.folder))
    keeper.keep(progress, asked.scored if asked.device != "cpu" else min(asked.scored, 2048))
    return log


def _device_name(device: str) -> str:
    return torch.cuda.get_device_name(device) if torch.device(device).type == "cuda" else "cpu"


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m nodegraph_nodes.starter.train.weaver",
                                     description="Train the starter weaver from nothing, on ornaments that it draws.")
    models = Path(__file__).parents[1] / "models"
    parser.add_argument("--out", type=Path, default=models / "weaver", help="where the finished model goes")
    parser.add_argument("--folder", type=Path, default=Path(".training/weaver"), help="of checkpoints")
    parser.add_argument("--seconds", type=float, default=250, help="of wall clock, all in all")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default: a GPU if there is one)")
    parser.add_argument("--side", type=int, default=32, choices=sorted(SHAPES), help="pixels")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    asked = vars(parser.parse_args(words))
    if asked["device"] == "auto":
        asked["device"] = "cuda" if torch.cuda.is_available() else "cpu"
    woven(Asked(**asked))
    return 0


if __name__ == "__main__":
    sys.exit(main())
