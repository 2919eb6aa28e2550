"""The nodes that measure how loud a sound is, and make it as loud as asked."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from nodegraph import Range, node, warn

from ..media.types import Audio

Ceiling = Annotated[float, Range(-20, 0)]


class Levels(NamedTuple):
    """How loud a sound is."""

    lufs: float
    true_peak: float
    seconds: float
    words: str


@node("audio.limit", version=1)
def limit(sound: Audio, ceiling: Ceiling = -1.0) -> Audio:
    """Turn a sound down in time around whatever would be too high, so that it never clips, also between its samples.

    sound: the sound; what is low enough stays as it is.
    ceiling: the true peak in dBTP (ITU-R BS.1770).
    """
    import torch

    from ..media.sounds.levels import limited

    return Audio(torch.from_numpy(limited(sound.samples.detach().cpu().numpy(), sound.sample_rate, ceiling)), sound.sample_rate)


@node("audio.loudness", version=1)
def loudness(sound: Audio, lufs: Annotated[float, Range(-60, -5)] = -16.0, ceiling: Ceiling = -1.0) -> Audio:
    """Make a sound as loud as asked, as people hear it, and never clipped.

    sound: the sound.
    lufs: the loudness (ITU-R BS.1770): -14 or -16 for the web, -23 for European radio.
    ceiling: the true peak in dBTP; where it holds the loudness down, that is told.
    """
    import torch

    from ..media.sounds import levels

    samples = levels.as_loud(sound.samples.detach().cpu().numpy(), sound.sample_rate, lufs, ceiling)
    if not samples.any():
        warn("the sound is silent, and stays so")
    return Audio(torch.from_numpy(samples), sound.sample_rate)


@node("audio.measure", version=1)
def measure(sound: Audio) -> Levels:
    """Tell how loud a sound is.

    sound: the sound.
    lufs: integrated loudness (ITU-R BS.1770), -70 for silence.
    true_peak: the highest point of its wave in dBTP, -150 for silence.
    seconds: how long it lasts.
    words: all of it in a line.
    """
    from ..media.sounds import levels

    samples, rate = sound.samples.detach().cpu().numpy(), sound.sample_rate
    lufs = max(levels.SILENT, levels.loudness(samples, rate))
    peak = max(-150.0, levels.true_peak(samples, rate))
    return Levels(round(lufs, 2), round(peak, 2), round(sound.seconds, 3),
                  f"{lufs:.1f} LUFS, {peak:.1f} dBTP, {sound.seconds:.1f} s, {samples.shape[0]} channels at {rate} Hz")
