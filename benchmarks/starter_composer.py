"""Scores starter/composer on requests it never trained on: theory, mood and style, likelihood, copying.

The judges are classifiers on note statistics, trained here on the rules' own tunes and tested on others of
them, so that their accuracy stands beside what they say of the model's. Copying is counted over whole bars of
all parts, and a transposed copy is a copy.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from starter_band import score as band_score

from nodegraph import Recipe
from nodegraph_nodes.media.score import Score, key_parts
from nodegraph_nodes.media.scores.midi_out import save_midi
from nodegraph_nodes.music.generate import generate
from nodegraph_nodes.music.models import load
from nodegraph_nodes.starter import tunes
from nodegraph_nodes.starter.train import small_tunes as composer
from nodegraph_nodes.starter.train.composer import mean_loss

FRESH = composer.HELD_OUT + 10_000  # seeds of the requests and held-out tunes used here


def features(score: Score, key: str) -> np.ndarray:
    """Statistics of the notes alone (no instruments, tempo or key): lengths, intervals, places in the bar."""
    bar = 4 * score.metres[0][1] / score.metres[0][2]
    bars = max(1.0, score.beats / bar)
    numbers: list[float] = [bar]
    for notes in tunes.roles(score).values():
        starts = sorted({note.start for note in notes})
        pitches = np.array([note.pitch for note in notes], float) - tunes.home_shift(key)
        durations = np.array([note.duration for note in notes])
        tops = [max(n.pitch for n in notes if n.start == start) for start in starts]
        gaps, moves = (np.diff(starts), np.diff(tops)) if len(starts) > 1 else (np.array([bar]), np.zeros(1))
        sizes = [np.mean(moves == 0), np.mean((np.abs(moves) > 0) & (np.abs(moves) <= 2)),
                 np.mean((np.abs(moves) > 2) & (np.abs(moves) <= 4)), np.mean(np.abs(moves) > 4),
                 np.mean(np.abs(moves) == 1), np.mean(moves > 0), np.mean(moves < 0)]
        numbers += [len(starts) / bars, len(notes) / len(starts), pitches.mean() / 12, pitches.std() / 12,
                    np.mean(durations), np.std(durations), np.mean(gaps), np.mean(durations > gaps.mean()),
                    len(notes) * durations.mean() / (bars * bar), *sizes]
        places = np.bincount(np.array([round(n.start % bar * 12) % 48 for n in notes]) // 4, minlength=12)
        numbers += list(places / len(notes))
        lengths = np.histogram(durations * 12, [0, 3.5, 4.5, 6.5, 8.5, 10.5, 12.5, 18.5, 24.5, 36.5, 1000])[0]
        numbers += list(lengths / len(notes))
    tonic = key_parts(key)[0]
    classes = np.zeros(12)
    for track in score.tracks:
        for note in track.notes:
            classes[(note.pitch - tonic) % 12] += note.duration
    return np.array([*numbers, *(classes / classes.sum())], np.float32)


class Judge:
    """A small network from note statistics to one of several words, trained and tested on rules' tunes."""

    def __init__(self, name: str, words: tuple[str, ...], inputs: np.ndarray, labels: list[str], tested: int):
        self.name, self.words = name, words
        torch.manual_seed(0)
        x = torch.from_numpy(inputs)
        y = torch.tensor([words.index(label) for label in labels])
        self._mean, self._std = x[:-tested].mean(0), x[:-tested].std(0) + 1e-3
        x = (x - self._mean) / self._std
        self._net = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 64), torch.nn.GELU(),
                                        torch.nn.Dropout(0.3), torch.nn.Linear(64, len(words)))
        optimiser = torch.optim.AdamW(self._net.parameters(), 3e-3, weight_decay=0.05)
        for _ in range(60):
            for batch in torch.randperm(len(x) - tested).split(128):
                optimiser.zero_grad()
                torch.nn.functional.cross_entropy(self._net(x[batch]), y[batch]).backward()
                optimiser.step()
        self._net.eval()
        self.accuracy = float((self._net(x[-tested:]).argmax(1) == y[-tested:]).float().mean())

    def share_right(self, inputs: np.ndarray, labels: list[str]) -> float:
        """How often the judge hears what was asked for."""
        with torch.no_grad():
            heard = self._net((torch.from_numpy(inputs) - self._mean) / self._std).argmax(1)
        return float(np.mean([self.words[i] == label for i, label in zip(heard.tolist(), labels)]))


class Markov:
    """An order-n chain over tokens, shorter contexts mixed in by Witten and Bell's method C (1991)."""

    def __init__(self, order: int, vocabulary: int):
        self.order, self.vocabulary = order, vocabulary
        self._counts: list[dict[tuple, Counter]] = [defaultdict(Counter) for _ in range(order + 1)]

    def learn(self, tokens: list[int]) -> None:
        """Count one sequence."""
        for at in range(1, len(tokens)):
            for length in range(min(self.order, at) + 1):
                self._counts[length][tuple(tokens[at - length:at])][tokens[at]] += 1

    def probability(self, context: tuple, token: int) -> float:
        """Of the token after the context (its last `order` tokens)."""
        chance = 1 / self.vocabulary
        for length in range(min(self.order, len(context)) + 1):
            counts = self._counts[length].get(context[len(context) - length:])
            if counts:
                total, kinds = counts.total(), len(counts)
                chance = (counts[token] + kinds * chance) / (total + kinds)
        return chance

    def nats(self, tokens: list[int]) -> float:
        """Negative log-likelihood of a sequence after its first token."""
        return -sum(math.log(self.probability(tuple(tokens[max(0, at - self.order):at]), tokens[at]))
                    for at in range(1, len(tokens)))


def windows(score: Score) -> list[int]:
    """A hash of every four bars in a row: parts, places, lengths, and pitches from the first one's."""
    bar = 4 * score.metres[0][1] / score.metres[0][2]
    bars: dict[int, list] = defaultdict(list)
    for role, notes in tunes.roles(score).items():
        for note in notes:
            index = int((note.start + 1e-6) // bar)
            bars[index].append((round((note.start - index * bar) * 12), role, note.pitch,
                                round(note.duration * 12)))
    found = []
    for first in range(max(bars, default=0) - 2):
        notes = [(at, *note) for at in range(4) for note in sorted(bars[first + at])]
        base = notes[0][3] if notes else 0
        found.append(hash((bar, tuple((at, place, role, pitch - base, length)
                                      for at, place, role, pitch, length in notes))))
    return found


def judged(model_tunes: list[tuple[tunes.Request, Score]]) -> dict[str, dict[str, float]]:
    """Mood and style as judges hear them."""
    total, tested = 5000, 1000
    taught = [tunes.compose(tunes.draw_request(FRESH + 50_000 + i), FRESH + 50_000 + i) for i in range(total)]
    inputs = np.stack([features(tune.score, tune.request.key) for tune in taught])
    heard = [(request, score) for request, score in model_tunes if tunes.roles(score)]
    if not heard:
        raise SystemExit("no tune of the model has melody, chords and bass; there is nothing to judge")
    asked = np.stack([features(score, request.key) for request, score in heard])
    found = {}
    for name, words in (("mood", tunes.MOODS), ("style", tunes.STYLES)):
        judge = Judge(name, words, inputs, [getattr(tune.request, name) for tune in taught], tested)
        share = judge.share_right(asked, [getattr(request, name) for request, _ in heard])
        found[name] = {"judge": judge.accuracy, "model": share * len(heard) / len(model_tunes),
                       "chance": 1 / len(words)}
    return found


def likelihood(model, remi, seeds: list[int], held_out: int = 200) -> dict[str, float]:
    """Nats a token on held-out tunes: the model, and an order-3 chain taught on the same tunes."""
    chain = Markov(3, len(remi))
    for seed in seeds:
        chain.learn(composer.written([seed], remi)[0])
    tested = composer.written(range(FRESH, FRESH + held_out), remi)
    tokens = sum(len(tune) - 1 for tune in tested)
    with torch.no_grad():
        ours = sum(float(mean_loss(model, batch, batch)) * (batch.shape[1] - 1)
                   for batch in (torch.tensor([tune]) for tune in tested))
    return {"model": ours / tokens, "markov": sum(map(chain.nats, tested)) / tokens}


def copying(model_tunes: list[tuple[tunes.Request, Score]], seeds: list[int]) -> dict[str, float]:
    """Share of four-bar windows that occur in the training tunes; beside it, that of fresh ones."""
    known: set[int] = set()
    for seed in seeds:
        known.update(windows(tunes.compose(composer.home_request(seed), seed).score))

    def shares(scores):
        return [np.mean([w in known for w in found]) for found in map(windows, scores) if found]
    ours = shares(score for _, score in model_tunes)
    fresh = shares(tunes.compose(composer.home_request(FRESH + i), FRESH + i).score
                   for i in range(len(model_tunes)))
    return {"mean": float(np.mean(ours)), "most": float(np.max(ours)), "tunes_under_a_tenth":
            float(np.mean(np.array(ours) < 0.1)), "fresh_rules_mean": float(np.mean(fresh))}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that only this score has."""
    parser.add_argument("--tunes", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="a folder for the tunes, as MIDI files")


def score(asked: argparse.Namespace) -> dict[str, Any]:
    """Compose, score and print; the figures."""
    model = load(Recipe("MusicModel", "starter/composer", str(asked.model)), "cpu", "float32")
    facts = json.loads((asked.model / "training.json").read_text())
    if facts["runs"][-1].get("rules") == "band":
        return band_score(asked, model, facts)
    seeds = [seed for run in facts["runs"] for seed in composer.training_seeds(run["seed"], run["tunes"])]

    begun, made = time.monotonic(), []
    for index in range(asked.tunes):
        request = tunes.draw_request(FRESH + index)
        made.append((request, generate(model, request.mood, request.style, request.tempo, request.key,
                                       request.bars, seed=index)))
    seconds = (time.monotonic() - begun) / asked.tunes
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
        for index, (request, score) in enumerate(made):
            save_midi(score, asked.keep / f"{index:03d}-{request.style}-{request.mood}-{request.tempo}.mid")
    marks = [tunes.faults(score, request) for request, score in made]
    kinds = Counter(kind for mark in marks for kind in {fault.split(":")[0] for fault in mark})

    def clean(*names: str) -> float:
        faulty = [any(fault.split(":")[0] in names or not names for fault in mark) for mark in marks]
        return 1 - sum(faulty) / len(marks)

    rules = [tunes.compose(tunes.draw_request(FRESH + i), i) for i in range(asked.tunes)]
    heard, nats = judged(made), likelihood(model.model, model.tokenizer, seeds)
    copied = copying(made, seeds)
    figures = {
        "tunes": asked.tunes, "seconds_a_tune": seconds, "in_key_and_metre": clean("key", "metre"),
        "bars_full": clean("bars"), "phrases_return": clean("form"),
        "key_metre_bars_and_form": clean("key", "metre", "bars", "form"), "without_any_fault": clean(),
        "faults": dict(kinds),
        "rules_without_any_fault": float(np.mean([not tunes.faults(t.score, t.request) for t in rules])),
        "mood": heard["mood"], "style": heard["style"], "nats_a_token": nats, "copied": copied,
    }
    print(report(figures))
    return figures


def report(figures: dict) -> str:
    """The figures, each beside its bar."""
    copied, nats = figures["copied"], figures["nats_a_token"]
    lines = [
        f"starter/composer, {figures['tunes']} tunes",
        f"in the key and metre asked     {figures['in_key_and_metre']:6.1%}   bar 95 %",
        f"the bars asked for, all full   {figures['bars_full']:6.1%}   bar 95 %",
        f"a phrase returns               {figures['phrases_return']:6.1%}   bar 95 %",
        f"all of these at once           {figures['key_metre_bars_and_form']:6.1%}   bar 95 %",
        f"no fault of any kind           {figures['without_any_fault']:6.1%}   "
        f"(the rules' own tunes {figures['rules_without_any_fault']:.1%}); faults {figures['faults']}",
    ]
    for name in ("mood", "style"):
        heard = figures[name]
        lines.append(f"{name} told by a judge{'':{13 - len(name)}}{heard['model']:6.1%}   "
                     f"(the judge on the rules' tunes {heard['judge']:.1%}, chance {heard['chance']:.0%})")
    lines += [
        f"held-out nats a token          {nats['model']:6.3f}   "
        f"bar: below the order-3 chain's {nats['markov']:.3f}",
        f"4-bar windows from training    {copied['mean']:6.1%}   on average (fresh tunes of the rules "
        f"{copied['fresh_rules_mean']:.1%})",
        f"tunes with under 10 % of them  {copied['tunes_under_a_tenth']:6.1%}   "
        f"bar 100 %; the most in one tune {copied['most']:.0%}",
        f"seconds a tune                 {figures['seconds_a_tune']:6.1f}",
    ]
    return "\n".join(lines)
