"""How loud sound is, and how it is made as loud as asked: loudness and true peak as ITU-R BS.1770-4 has them, a limiter.

Samples are numpy arrays (channels, n). Loudness is in LUFS, the true peak in dBTP: decibels over full scale of the wave that
the samples stand for, which may rise above each of them.
"""

from __future__ import annotations

import math
from typing import Any

from nodegraph import warn

from .filters import convolved, filtered

SILENT = -70.0  # LUFS; what is softer does not count
_OVER = 4  # samples in the place of one, to find peaks between them
_AHEAD = 0.005  # seconds in which the limiter goes down before a peak, and comes back after it
_WEIGHTS = {5: (1.0, 1.0, 1.0, 1.41, 1.41), 6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)}  # of channels; without the bass
_CHUNK = 1 << 20  # samples


def loudness(samples: Any, sample_rate: int) -> float:
    """Integrated loudness in LUFS, gated; minus infinity for silence, or for what is shorter than 0.4 seconds of it."""
    import numpy as np

    count, length = samples.shape
    weights = np.array(_WEIGHTS.get(count, (1.0,) * count))[:, None]
    weighted = filtered(samples.astype(np.float64), *_weighting(sample_rate))
    block, hop = round(0.4 * sample_rate), round(0.1 * sample_rate)
    if length < block:
        weighted = np.pad(weighted, ((0, 0), (0, block - length)))
    sums = np.concatenate([[0.0], np.cumsum((weights * weighted ** 2).sum(0))])
    starts = np.arange(0, weighted.shape[1] - block + 1, hop)
    powers = (sums[starts + block] - sums[starts]) / block
    heard = powers[powers > _power(SILENT)]
    if not len(heard):
        return -math.inf
    heard = heard[heard > heard.mean() / 10]  # 10 LU below the mean of what is heard
    return -0.691 + 10 * math.log10(heard.mean())


def _power(lufs: float) -> float:
    return 10 ** ((lufs + 0.691) / 10)


def _weighting(sample_rate: int) -> tuple[Any, ...]:
    """The K-weighting at any rate: the shelf and the high-pass that BS.1770 gives for 48 kHz, by their analogue originals."""
    shelf = math.tan(math.pi * 1681.974450955533 / sample_rate)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = high ** 0.4996667741545416
    scale = 1 + shelf / q + shelf * shelf
    b = ((high + middle * shelf / q + shelf * shelf) / scale, 2 * (shelf * shelf - high) / scale,
         (high - middle * shelf / q + shelf * shelf) / scale)
    a = (1.0, 2 * (shelf * shelf - 1) / scale, (1 - shelf / q + shelf * shelf) / scale)
    cut, q = math.tan(math.pi * 38.13547087602444 / sample_rate), 0.5003270373238773
    scale = 1 + cut / q + cut * cut
    return (b, a), ((1.0, -2.0, 1.0), (1.0, 2 * (cut * cut - 1) / scale, (1 - cut / q + cut * cut) / scale))


def true_peak(samples: Any, sample_rate: int) -> float:
    """In dBTP; minus infinity for silence."""

    peak = float(_peaks(samples, sample_rate).max(initial=0.0)) if samples.size else 0.0
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def _peaks(samples: Any, sample_rate: int) -> Any:
    """How far the wave goes around each sample, all channels together: float32 (n,)."""
    import numpy as np
    import soxr

    length, edge = samples.shape[1], 512
    found = np.abs(samples).max(0).astype(np.float32)
    for start in range(0, length, _CHUNK):
        low, high = max(0, start - edge), min(length, start + _CHUNK + edge)
        frames = np.ascontiguousarray(samples[:, low:high].T, np.float32)
        fine = np.abs(soxr.resample(frames, sample_rate, _OVER * sample_rate, quality="HQ")).max(1)
        fine = np.resize(fine, _OVER * (high - low)) if len(fine) >= _OVER * (high - low) else \
            np.pad(fine, (0, _OVER * (high - low) - len(fine)))
        near = fine.reshape(-1, _OVER).max(1)
        near = np.maximum(near, np.append(near[1:], 0))  # the wave between two samples is that of both
        end = min(length, start + _CHUNK)
        found[start:end] = np.maximum(found[start:end], near[start - low:end - low])
    return found


def limited(samples: Any, sample_rate: int, ceiling: float) -> Any:
    """Samples whose true peak stays below a ceiling in dBTP: around what would be higher, all is turned down in time."""
    import numpy as np

    aim = 10 ** (ceiling / 20)
    for margin in (1.0, 0.995, 0.98):
        peaks = _peaks(samples, sample_rate)
        if float(peaks.max(initial=0.0)) <= aim:
            return samples
        wanted = np.minimum(1.0, margin * aim / np.maximum(peaks, 1e-12))
        samples = (samples * _smooth(wanted, max(8, round(_AHEAD * sample_rate)))).astype(samples.dtype)
    peak = float(_peaks(samples, sample_rate).max())
    return (samples * min(1.0, aim / peak)).astype(samples.dtype)


def _smooth(gains: Any, reach: int) -> Any:
    """Gains that are nowhere above those wanted and change gently: the least within reach, averaged over the reach."""
    import numpy as np

    width = 2 * reach + 1
    padded = np.pad(gains, reach, constant_values=1.0)
    least, span = padded, 1
    while span < width:  # the least of ever wider windows
        step = min(span, width - span)
        least = np.minimum(least[:len(least) - step], least[step:])
        span += step
    weights = np.hanning(width + 2)[1:-1]
    wide = np.pad(least, reach, mode="edge")[None]
    wide = np.pad(wide, ((0, 0), (0, width)), mode="edge")
    return convolved(wide, (weights / weights.sum())[None])[0, width - 1:width - 1 + len(gains)]


def as_loud(samples: Any, sample_rate: int, lufs: float, ceiling: float = -1.0) -> Any:
    """Samples of a loudness in LUFS, at most the ceiling in dBTP high; where that holds the loudness down, it is told.

    Silence stays silent.
    """
    import numpy as np

    gain = 0.0
    before = loudness(samples, sample_rate)
    if before == -math.inf:
        return samples
    out = samples
    for _ in range(6):
        gain += lufs - before
        out = limited((samples * np.float32(10 ** (gain / 20))).astype(samples.dtype), sample_rate, ceiling)
        before = loudness(out, sample_rate)
        if abs(lufs - before) < 0.05 or gain > 60:
            break
    if abs(lufs - before) > 0.5:
        warn(f"under a ceiling of {ceiling:g} dBTP the sound is as loud as {before:.1f} LUFS, not {lufs:g}")
    return out
