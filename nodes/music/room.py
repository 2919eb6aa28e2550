"""A small room around dry sound, and the ringing of instruments that nobody damps."""

from __future__ import annotations

from typing import Any

from ..media.sounds.filters import convolved

DECAY_SECONDS = 1.3  # until the room's answer is 60 dB softer
_PRE_DELAY = 0.012  # seconds before it begins
_RINGING = {*range(0, 16), *range(24, 30), 45, 46, *range(104, 116)}  # General MIDI: struck and plucked


def impulse_response(sample_rate: int) -> Any:
    """A room's answer to a click: decaying noise, other for each ear, duller as it fades (Moorer, "About this
    reverberation business", 1979). float32 (2, n), of unit energy."""
    import numpy as np

    n = round(DECAY_SECONDS * sample_rate)
    seconds = np.arange(n) / sample_rate
    noise = np.random.default_rng(1979).standard_normal((2, n))
    bright = noise * np.exp(-12 * seconds)
    kernel = np.hanning(25) / np.hanning(25).sum()
    dull = np.stack([np.convolve(channel, kernel, "same") for channel in noise])
    answer = (0.35 * bright + dull * np.exp(-6.9 * seconds / DECAY_SECONDS))
    answer = np.concatenate([np.zeros((2, round(_PRE_DELAY * sample_rate))), answer], axis=1)
    return (answer / np.sqrt((answer ** 2).sum(1, keepdims=True))).astype(np.float32)


def with_room(samples: Any, amount: float, sample_rate: int) -> Any:
    """Dry sound with so much of the room added, 0 to 1. samples: float32 (2, n); the result is as long."""
    import numpy as np

    if amount == 0:
        return samples
    return samples + np.float32(amount) * convolved(samples, impulse_response(sample_rate))


def ringing_end(program: int, is_drum: bool, end: float, next_start: float | None, bpm: float) -> float:
    """When a note that is written to end at a beat falls silent: strings that nobody damps ring for another
    half second, or until they are struck again."""
    if is_drum or program not in _RINGING:
        return end
    longer = end + 0.5 * bpm / 60
    return longer if next_start is None or next_start >= longer else max(end, next_start)
