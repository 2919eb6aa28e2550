"""Scores starter/weaver by a judge that is trained here, on drawings alone.

    python benchmarks/weaver.py [--model FOLDER] [--pictures N] [--steps N] [--threads N]

It prints how often the judge tells kinds of drawings that it never saw, and of woven ones; how far woven ones are from
drawings (Frechet distance of the judge's features, beside that of drawings from drawings); and how near they come to any
of 400 drawings of their kind, beside what other drawings do: copies would be far nearer.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from nodegraph_nodes import starter
from nodegraph_nodes.gan.networks import restored
from nodegraph_nodes.starter.ornaments import KINDS
from nodegraph_nodes.starter.train.weaver_judge import Judge, scores, woven_pictures

FRESH = 50_000  # the seed of a judge that no training used


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python benchmarks/weaver.py", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path(next(iter(starter.__path__))) / "models" / "weaver")
    parser.add_argument("--pictures", type=int, default=2400, help="of each sort, all kinds together")
    parser.add_argument("--steps", type=int, default=400, help="of the judge's training")
    parser.add_argument("--threads", type=int)
    asked = parser.parse_args(words)
    if asked.threads:
        torch.set_num_threads(asked.threads)
    generator = restored(load_file(asked.model / "model.safetensors"))
    torch.manual_seed(FRESH)
    judge = Judge(tuple(KINDS), generator.shape.side, "cpu", FRESH)
    told = judge.learn(1e9, asked.steps)
    figures = {"judge": told, **scores(generator, judge, asked.pictures, FRESH), "each": by_kind(generator, judge)}
    print(json.dumps(figures, indent=1))
    return 0


def by_kind(generator: torch.nn.Module, judge: Judge, each: int = 64) -> dict[str, float]:
    """How often each kind is told rightly, of pictures at psi 0.8."""
    made = woven_pictures(generator, each, FRESH + 1, 0.8)
    guesses = judge.head(judge.features(made.flatten(0, 1))).argmax(1).view(len(judge.kinds), -1)
    return {kind: round(float((row == k).float().mean()), 3) for k, (kind, row) in enumerate(zip(judge.kinds, guesses, strict=True))}


if __name__ == "__main__":
    sys.exit(main())
