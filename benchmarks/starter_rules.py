"""Judges pieces that the rules of starter.compose write, beside the bars that they are held to, and four minutes for ten players.

    python benchmarks/starter_rules.py 200
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterable
from statistics import mean

from nodegraph_nodes.media.score import seconds_at
from nodegraph_nodes.starter.rules import judge
from nodegraph_nodes.starter.rules.band import Piece, bars_for, composed, drawn
from nodegraph_nodes.starter.rules.form import Request
from nodegraph_nodes.starter.rules.styles import STYLES

LENGTHS = (16, 24, 32, 32, 48, 64)  # bars


def figures(pieces: Iterable[Piece]) -> dict[str, float]:
    """What is held to a bar: means, shares and worst cases over pieces."""
    rows, forms, windows, rhythms = [], [], [], []
    for piece in pieces:
        bars = len(piece.harmony)
        row = judge.judged(piece.score, bars)
        rows.append(row)
        forms.append(judge.form_found(judge.form_heard(piece.score, bars), "".join(phrase.letter for phrase in piece.phrases)))
        windows.append(judge.windows(piece.score, bars))
        rhythms += [row["chord rhythms"]] if bars >= 32 else []
    found = {name: each[0] for name, each in judge.summary(rows).items()}
    copied = judge.copied(windows)
    return {**found, "most masked": max(row["masked"] for row in rows), "form found again": mean(forms),
            "six chord rhythms in 32 bars": mean(count >= 6 for count in rhythms) if rhythms else 1.0,
            "copied windows": mean(copied), "most copied windows": max(copied)}


BARS = {"notes past the last bar": "0", "notes out of range": "0", "notes over themselves": "0", "ends on the tonic": "0.99", "masked": "0.03",
        "most masked": "0.15", "Temperley key": "0.95", "leaps turned back": "0.80", "six chord rhythms in 32 bars": "1", "form found again": "0.90",
        "most copied windows": "0.05"}


def longest(style: str) -> tuple[float, int, float, int]:
    """Four minutes for all players of a style: seconds of music, tracks, seconds of the processor, and MiB that it took more."""
    begun, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kit = bool(STYLES[style].drums or STYLES[style].kits)
    asked = Request(style, "joyful", "fast", "D major", 32, parts=10 if kit else 9)
    piece = composed(asked.lasting(bars_for(asked, 1, 4.0)), 1)
    took = time.process_time() - begun
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    return seconds_at(piece.score, piece.score.beats), len(piece.score.tracks), took, grown


def main(words: list[str] | None = None) -> int:
    count = int([*(sys.argv[1:] if words is None else words), "200"][0])
    print(f"{count} pieces of the rules")
    for name, value in figures(composed(drawn(seed, LENGTHS), seed) for seed in range(count)).items():
        print(f"{name:32}{value:9.3f}" + (f"   bar {BARS[name]}" if name in BARS else ""))
    for style in STYLES if count >= len(STYLES) else list(STYLES)[:1]:
        seconds, tracks, took, grown = longest(style)
        print(f"{style:10} {seconds:4.0f} s of music, {tracks:2} parts, {took:5.2f} s of the processor, {grown} MiB more")
    return 0


if __name__ == "__main__":
    sys.exit(main())
