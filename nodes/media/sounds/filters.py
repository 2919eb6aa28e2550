"""Filters and convolution of sound as numpy arrays: float32 or float64 (channels, n), the same to the bit each time.

Biquads are those of Bristow-Johnson's Audio EQ Cookbook. A filter is carried out as a convolution with its own answer to a
click, so that nothing is looped over sample by sample.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

KINDS = ("lowpass", "highpass", "lowshelf", "highshelf", "peak")
_BLOCK = 1 << 18  # samples
_SILENT = 1e-7  # of an answer's largest value, where it is cut off
_LONGEST = 1 << 16


def biquad(kind: str, sample_rate: int, hertz: float, decibels: float = 0.0, q: float = 1 / math.sqrt(2)
           ) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Coefficients b and a of a filter, a[0] being 1. decibels: of shelves and peaks. q: how narrow."""
    omega = 2 * math.pi * min(hertz, 0.49 * sample_rate) / sample_rate
    cosine, alpha, gain = math.cos(omega), math.sin(omega) / (2 * q), 10 ** (decibels / 40)
    if kind == "lowpass":
        b = ((1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2)
        a = (1 + alpha, -2 * cosine, 1 - alpha)
    elif kind == "highpass":
        b = ((1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2)
        a = (1 + alpha, -2 * cosine, 1 - alpha)
    elif kind == "peak":
        b = (1 + alpha * gain, -2 * cosine, 1 - alpha * gain)
        a = (1 + alpha / gain, -2 * cosine, 1 - alpha / gain)
    else:
        side, root = (1 if kind == "lowshelf" else -1), 2 * math.sqrt(gain) * alpha
        low, high = (gain + 1) - side * (gain - 1) * cosine, (gain + 1) + side * (gain - 1) * cosine
        b = (gain * (low + root), side * 2 * gain * ((gain - 1) - side * (gain + 1) * cosine), gain * (low - root))
        a = (high + root, -side * 2 * ((gain - 1) + side * (gain + 1) * cosine), high - root)
    return tuple(value / a[0] for value in b), tuple(value / a[0] for value in a)


@lru_cache(maxsize=64)
def answer(b: tuple[float, ...], a: tuple[float, ...]) -> Any:
    """A biquad's answer to a click, float64, until it is silent."""
    import numpy as np

    values: list[float] = []
    first = second = quiet = 0.0
    for n in range(_LONGEST):
        value = (b[n] if n < len(b) else 0.0) - a[1] * first - a[2] * second
        values.append(value)
        first, second = value, first
        quiet = 0 if abs(value) > _SILENT else quiet + 1
        if quiet > 64:
            break
    return np.array(values)


def filtered(samples: Any, *filters: tuple[tuple[float, ...], tuple[float, ...]]) -> Any:
    """Samples (channels, n) through biquads, one after the other; as long as they were."""
    for b, a in filters:
        samples = convolved(samples, answer(b, a)[None])
    return samples


def convolved(samples: Any, answers: Any) -> Any:
    """Samples (channels, n) through answers (channels or 1, m), by overlap and add; cut to n, in the samples' own format."""
    import numpy as np

    count, length = samples.shape
    size = 1 << (min(_BLOCK, max(1, length)) + answers.shape[1] - 1).bit_length()
    block = size - answers.shape[1] + 1
    spectra = np.fft.rfft(answers, size)
    out = np.zeros((count, length + size), samples.dtype)
    for start in range(0, length, block):
        part = samples[:, start:start + block]
        out[:, start:start + size] += np.fft.irfft(np.fft.rfft(part, size) * spectra, size).astype(samples.dtype)
    return out[:, :length]
