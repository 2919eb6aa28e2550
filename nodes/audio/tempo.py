"""The nodes that change how fast a sound goes, or how high it is, and not the other."""

from __future__ import annotations

from typing import Annotated, Any

from nodegraph import SILENT, Context, InputError, Range, node

from ..media.types import Audio

_WINDOW, _HOP = 2048, 512  # samples at 44.1 kHz


@node("audio.tempo", version=1, costly=True)
def tempo(sound: Audio, speed: Annotated[float, Range(0.25, 4, 0.05)] = 1.0, ctx: Context = SILENT) -> Audio:
    """Play a sound faster or slower at the same pitch, by a phase vocoder with locked phases (Laroche and Dolson, 1999).

    sound: the sound.
    speed: 2 is twice as fast, 0.5 half.
    """
    if speed == 1:
        return sound
    return _audio(_stretched(_array(sound), 1 / speed, sound.sample_rate, ctx), sound.sample_rate)


@node("audio.pitch", version=1, costly=True)
def pitch(sound: Audio, semitones: Annotated[float, Range(-24, 24, 0.5)] = 0.0, ctx: Context = SILENT) -> Audio:
    """Play a sound higher or lower at the same tempo.

    sound: the sound.
    semitones: how far up, or down if negative; 12 are an octave.
    """
    import numpy as np
    import soxr

    if semitones == 0:
        return sound
    ratio = 2 ** (semitones / 12)
    samples = _array(sound)
    longer = _stretched(samples, ratio, sound.sample_rate, ctx)
    frames = soxr.resample(np.ascontiguousarray(longer.T), ratio * sound.sample_rate, sound.sample_rate, quality="VHQ").T
    length = samples.shape[1]
    fitted = np.zeros_like(samples)
    fitted[:, :min(length, frames.shape[1])] = frames[:, :length]
    return _audio(fitted, sound.sample_rate)


def _stretched(samples: Any, factor: float, rate: int, ctx: Context) -> Any:
    """Samples that last so many times as long, float32 (channels, n).

    Each frame's phases go on from the frame before by its own frequencies. Around each peak of the spectrum all bins turn
    as the peak does, in all channels alike, so that partials and the place of sounds hold together.
    """
    import numpy as np

    scale = 2 ** round(np.log2(rate / 44_100)) if rate >= 22_050 else 0.5
    window, hop = round(_WINDOW * scale), round(_HOP * scale)
    if samples.shape[1] < window:
        raise InputError(f"the sound lasts {samples.shape[1] / rate:.3f} seconds; {window / rate:.2f} at least can be "
                         "stretched")
    shape = np.hanning(window + 1)[:-1]
    length = round(samples.shape[1] * factor)
    padded = np.pad(samples.astype(np.float64), ((0, 0), (window, 2 * window)))
    count = -(-(length + window) // hop)
    out = np.zeros((len(samples), count * hop + 2 * window))
    weight = np.zeros(out.shape[1])
    turning = np.zeros(window // 2 + 1)
    expected = 2 * np.pi * np.arange(window // 2 + 1) * hop / window
    last: Any = None
    for k in range(count):
        at = window // 2 + round(k * hop / factor)
        if at + window > padded.shape[1]:
            break
        spectra = np.fft.rfft(padded[:, at:at + window] * shape)
        middle = spectra.sum(0)
        phases = np.angle(middle)
        if last is not None:
            before = np.fft.rfft(padded[:, at - hop:at - hop + window].sum(0) * shape)  # a hop earlier
            change = phases - np.angle(before) - expected
            advance = expected + change - 2 * np.pi * np.round(change / (2 * np.pi))
            turning = _locked(np.abs(middle), last + advance - phases)
        last = phases + turning
        here = slice(k * hop, k * hop + window)
        out[:, here] += np.fft.irfft(spectra * np.exp(1j * turning)) * shape
        weight[here] += shape ** 2
        if k % 200 == 0:
            ctx.report(k, count)
    out /= np.maximum(weight, 0.1 * weight.max())
    return out[:, window // 2:window // 2 + length].astype(np.float32)


def _locked(heights: Any, turns: Any) -> Any:
    """Turns of bins as those of the nearest peak."""
    import numpy as np

    inner = heights[2:-2]
    is_peak = (inner > heights[1:-3]) & (inner > heights[:-4]) & (inner >= heights[3:-1]) & (inner >= heights[4:])
    peaks = np.flatnonzero(is_peak) + 2
    if not len(peaks):
        return turns
    edges = (peaks[1:] + peaks[:-1] + 1) // 2
    return turns[peaks[np.searchsorted(edges, np.arange(len(heights)), side="right")]]


def _array(sound: Audio) -> Any:
    return sound.samples.detach().cpu().numpy()


def _audio(samples: Any, rate: int) -> Audio:
    import numpy as np
    import torch

    return Audio(torch.from_numpy(np.ascontiguousarray(samples, np.float32)), rate)
