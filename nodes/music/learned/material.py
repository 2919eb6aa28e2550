"""Scores of one's own as something to learn from: files read, those of no use told of, a part held out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch

from nodegraph import InputError, warn

from ...media.read_score import read_score
from ...media.score import Score
from . import performing, rnn
from .grids import BAR, DRUMS, grid_of, is_common_time, windows

_HELD_OUT = 0.1  # of the files
_NAMED = 3  # files, in a sentence


def read(files: Sequence[Path], heard: Callable[[int], None] = lambda count: None) -> list[Score]:
    """The scores of files; those that cannot be read are told of. Raises InputError when none is left."""
    scores: list[Score] = []
    wrong: list[str] = []
    for number, path in enumerate(files, 1):
        try:
            scores.append(read_score(Path(path)))
        except InputError as error:
            wrong.append(f"{Path(path).name} ({error})" if len(wrong) < _NAMED else Path(path).name)
        heard(number)
    if wrong:
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        warn(f"{len(wrong)} of {len(files)} files cannot be read and are left out: {'; '.join(wrong[:_NAMED])}{more}")
    if not scores:
        raise InputError("there is no score to learn from; give a folder or a pattern of MIDI files")
    return scores


def parted(scores: Sequence[Any], seed: int) -> tuple[list[Any], list[Any]]:
    """What is learned from, and the tenth (one at least) that is held out; of a single thing, both are it."""
    order = torch.randperm(len(scores), generator=torch.Generator().manual_seed(seed)).tolist()
    count = min(len(scores) - 1, max(1, round(len(scores) * _HELD_OUT)))
    if count < 1:
        return list(scores), list(scores)
    return [scores[k] for k in order[count:]], [scores[k] for k in order[:count]]


def grids(scores: Sequence[Score], kind: str) -> list[Any]:
    """The whole grids of scores; what has no two bars of drums, or melody, or is not in 4/4, is told of."""
    found = [_grid(score, kind) for score in scores]
    lacking = sum(grid is None for grid in found)
    if lacking:
        what = "two bars of drums in 4/4" if kind == DRUMS else "two bars of melody in 4/4"
        warn(f"{lacking} of {len(scores)} scores have no {what} and are left out")
    return [grid for grid in found if grid is not None]


def _grid(score: Score, kind: str) -> Any | None:
    has = any(track.notes and track.is_drum == (kind == DRUMS) for track in score.tracks)
    grid = grid_of(score, kind) if has and is_common_time(score) else None
    return grid if grid is not None and len(grid) >= 2 * BAR else None


def two_bars(wholes: Sequence[Any], steps: int) -> torch.Tensor:
    """All different stretches of so many sixteenths, uint8 (n, steps, ...)."""
    found = {part.tobytes(): part for whole in wholes for part in windows(whole, steps)}
    if not found:
        raise InputError(f"none of the scores has {steps // BAR} bars of music to learn from")
    return torch.stack([torch.from_numpy(part) for part in found.values()])


def tunes(wholes: Sequence[Any], bars: int = 16) -> torch.Tensor:
    """Voices in stretches of so many bars, uint8 (n, steps); behind the end of a tune is nothing."""
    steps, found = bars * BAR, []
    for whole in wholes:
        for start in range(0, len(whole), steps):
            part = torch.full((steps,), rnn.NOTHING, dtype=torch.uint8)
            piece = torch.from_numpy(whole[start:start + steps])
            part[:len(piece)] = piece
            if len(piece) >= 2 * BAR:
                found.append(part)
    if not found:
        raise InputError("none of the scores has two bars of melody to learn from")
    return torch.stack(found)


def performances(scores: Sequence[Score]) -> list[list[int]]:
    """The words of scores as they are played, drums left out; what has none is told of, and left out."""
    found = [performing.words_of(performing.performed(score)) for score in scores]
    lacking = sum(not words for words in found)
    if lacking:
        warn(f"{lacking} of {len(scores)} scores have no notes but drums, and are left out")
    if lacking == len(scores):
        raise InputError("none of the files has notes to learn from")
    return [words for words in found if words]


def stretches(wholes: Sequence[list[int]], length: int = 256) -> torch.Tensor:
    """Performances in stretches of so many words, int16 (n, length), that overlap by half; behind an end is nothing."""
    found = []
    for words in wholes:
        for start in range(0, max(1, len(words) - length // 2), length // 2):
            part = torch.full((length,), performing.PADDING, dtype=torch.int16)
            piece = torch.tensor(words[start:start + length], dtype=torch.int16)
            part[:len(piece)] = piece
            found.append(part)
    return torch.stack(found)


def digest(tensors: Sequence[torch.Tensor]) -> str:
    """A short name of what is learned from."""
    name = blake2b(digest_size=8)
    for tensor in tensors:
        name.update(tensor.contiguous().numpy().tobytes())
    return name.hexdigest()
