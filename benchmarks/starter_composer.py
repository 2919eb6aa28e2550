"""Scores starter/composer on requests that it was never trained on: by the judge of the rules, by likelihood, and by copying."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from nodegraph import InputError, Recipe
from nodegraph_nodes.media.scores.midi_out import save_midi
from nodegraph_nodes.music.generate import generate
from nodegraph_nodes.music.models import load
from nodegraph_nodes.starter.rules import judge
from nodegraph_nodes.starter.rules.band import drawn
from nodegraph_nodes.starter.train import composer
from nodegraph_nodes.starter.train.composer_words import BARS, drawn_piece, training_seeds, written

FRESH = composer.HELD_OUT + 10_000  # seeds of the requests and held-out pieces used here
HELD = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that only this score has."""
    parser.add_argument("--tunes", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="a folder for the pieces, as MIDI files")


def score(asked: argparse.Namespace) -> dict[str, Any]:
    """Compose, judge and print; the figures. Pieces that the judge finds no tune with a bass in are counted apart."""
    model = load(Recipe("MusicModel", "starter/composer", str(asked.model)), "cpu", "float32")
    facts = json.loads((asked.model / "training.json").read_text())
    rows, windows, pieces, faulty = [], [], 0, Counter[str]()
    begun = time.process_time()
    for index in range(asked.tunes):
        request = drawn(FRESH + index, BARS)
        made = generate(model, request.mood, request.style, request.tempo, request.key, request.bars, seed=index)
        if asked.keep:
            asked.keep.mkdir(parents=True, exist_ok=True)
            save_midi(made, asked.keep / f"{index:03d}-{request.style}-{request.mood}.mid")
        pieces += 1
        try:
            rows.append(judge.judged(made, request.bars))
        except (InputError, ValueError):
            faulty["no tune with a bass"] += 1
            continue
        windows.append(judge.windows(made, request.bars))
        rows[-1]["a phrase returns"] = float(len(set(judge.form_heard(made, request.bars))) < request.bars // judge.PHRASE)
    seconds = (time.process_time() - begun) / max(1, pieces)
    seeds = [seed for run in facts["runs"] for seed in training_seeds(run["seed"], min(run["pieces"], asked.tunes * 20), composer.SHARD)]
    taught = set().union(*(judge.windows(piece.score, len(piece.harmony)) for piece in map(drawn_piece, seeds)))
    copied = [mean(window in taught for window in found) for found in windows if found]
    figures = {"pieces": pieces, "seconds_a_piece": seconds, "faults": dict(faulty), "nats_a_token": likelihood(model.model, model.tokenizer),
               "copied_windows": {"mean": mean(copied) if copied else 0.0, "most": max(copied, default=0.0)},
               **{name: values[0] for name, values in (judge.summary(rows) if rows else {}).items()}}
    print(f"starter/composer, {pieces} pieces")
    for name, value in figures.items():
        print(f"{name:32}{value:9.3f}" if isinstance(value, float) else f"{name:32}{value}")
    return figures


def likelihood(model: Any, remi: Any) -> float:
    """Nats a token on pieces that were held out."""
    held = written(range(FRESH, FRESH + HELD), remi, composer.CONTEXT)
    with torch.no_grad():
        total = sum(float(composer.mean_loss(model, batch, batch)) * (batch.shape[1] - 1) for batch in (torch.tensor([ids]) for ids in held))
    return total / sum(len(ids) - 1 for ids in held)
