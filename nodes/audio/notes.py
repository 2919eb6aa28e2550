"""Notes out of what a transcriber tells of each frame, as in the paper of Basic Pitch (Bittner et al., 2022, section 3.3).

Where something begins clearly, a note runs on while its key sounds; what sounds clearly and is no note yet becomes one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

_QUIET = 11  # frames for which a key may fall silent within a note
_LAGS = (1, 2)  # frames over which a key that comes up counts as begun


class Heard(NamedTuple):
    """A note. key: counted from the lowest. first: its first frame; end: that behind its last. strength: 0 to 1."""

    key: int
    first: int
    end: int
    strength: float


def notes(begun: Any, sounding: Any, clear: float, faint: float, shortest: int) -> list[Heard]:
    """The notes in two arrays (frames, keys) of 0 to 1, by their beginning.

    clear: from which on something begins. faint: below which a key is silent. shortest: frames that a note lasts at least.
    """
    frames, found = len(sounding), []
    left = sounding.copy()
    strikes = _with_rises(begun, sounding)
    inner = strikes[1:-1]
    is_peak = np.pad((inner > strikes[:-2]) & (inner > strikes[2:]) & (inner >= clear), ((1, 1), (0, 0)))
    for first, key in np.argwhere(is_peak)[::-1]:  # from the end, so that a note stops where the next one begins
        end = _silent_from(left[:, key], first + 1, faint)
        if end - first >= shortest:
            found.append(Heard(int(key), int(first), int(end), float(sounding[first:end, key].mean())))
            _clear(left, int(first), int(end), int(key))
    while frames:
        loudest, key = np.unravel_index(left.argmax(), left.shape)
        if left[loudest, key] <= faint:
            break
        end = _silent_from(left[:, key], loudest + 1, faint)
        first = frames - _silent_from(left[::-1, key], frames - loudest, faint)
        if end - first >= shortest:
            found.append(Heard(int(key), int(first), int(end), float(sounding[first:end, key].mean())))
        left[loudest, key] = 0
        _clear(left, int(first), int(end), int(key))
    return sorted(found, key=lambda heard: (heard.first, heard.key))


def _with_rises(begun: Any, sounding: Any) -> Any:
    """What begins, or comes up within the lags; the highest rise counts as the clearest beginning."""
    rises = np.min([sounding - np.pad(sounding, ((lag, 0), (0, 0)))[:len(sounding)] for lag in _LAGS], 0).clip(0)
    rises[:max(_LAGS)] = 0
    highest = rises.max(initial=0)
    return np.maximum(begun, rises * begun.max() / highest) if highest else begun


def _silent_from(levels: Any, place: int, faint: float) -> int:
    """The first frame from a place on from which a key is silent long enough, or the end."""
    quiet, last = 0, place
    while place < len(levels) and quiet < _QUIET:
        quiet = quiet + 1 if levels[place] < faint else 0
        place += 1
        last = place if not quiet else last
    return last


def _clear(left: Any, first: int, end: int, key: int) -> None:
    """Take a note, and what it makes its neighbours sound, out of what is left."""
    left[first:end, max(0, key - 1):key + 2] = 0
