"""The node that hears the beat of a sound: where it is struck, how fast, and where each beat falls."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from nodegraph import InputError, Range, node

from ..media.audio import mono, resampled
from ..media.types import Audio

_RATE, _HOP, _SIZE = 22_050, 256, 1024
_USUAL, _SPREAD = 120.0, 0.9  # beats a minute that are likeliest, and octaves around them
_EVEN = 100.0  # how much it costs a beat to fall early or late
_LEVELS = 40  # bands of pitch that are listened to


class Beats(NamedTuple):
    """The beat of a sound."""

    bpm: float
    seconds: list[float]
    words: str


@node("audio.beats", version=1, costly=True)
def beats(sound: Audio, slowest: Annotated[float, Range(20, 300)] = 50.0,
          fastest: Annotated[float, Range(40, 400)] = 210.0) -> Beats:
    """Hear the beat of a sound, by what is struck in it (Ellis, "Beat Tracking by Dynamic Programming", 2007).

    A steady pulse is found; whether a person would tap it, or twice or half as fast, is a guess that leans to 120.

    sound: the sound, of two seconds or more.
    slowest, fastest: beats a minute between which it is looked for.
    bpm: beats a minute.
    seconds: where each of them falls.
    words: the tempo and how many there are, in a line.
    """
    import numpy as np

    if slowest * 1.1 > fastest:
        raise InputError(f"slowest is {slowest:g} and fastest {fastest:g}; leave some room between them")
    samples = resampled(mono(sound), _RATE).samples.detach().cpu().numpy()[0]
    strikes = struck(samples)
    if sound.seconds < 2 or not strikes.any():
        silent = "" if strikes.any() else ", and nothing is struck"
        raise InputError(f"the sound lasts {sound.seconds:.1f} seconds{silent}; a beat wants two seconds, and something struck")
    period = _period(strikes, slowest, fastest)
    places = _placed(strikes, period)
    seconds = [round(float(place * _HOP / _RATE), 3) for place in places]
    steps = np.diff(places)
    bpm = 60 * _RATE / _HOP / (float(np.mean(steps)) if len(steps) > 3 else period)
    return Beats(round(bpm, 1), seconds, f"{bpm:.1f} beats a minute, {len(seconds)} beats")


def struck(samples: Any) -> Any:
    """How much begins at each hop, float (hops,), in deviations: the rise of all bands of pitch, in decibels."""
    import numpy as np

    padded = np.pad(samples.astype(np.float64), _SIZE // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[::_HOP]
    edges = np.geomspace(2, _SIZE // 2, _LEVELS + 1)
    bands = np.unique(edges.astype(int))
    levels = np.empty((len(frames), len(bands) - 1))
    shape = np.hanning(_SIZE)
    for at in range(0, len(frames), 4096):  # of an hour not all spectra at once
        power = np.abs(np.fft.rfft(frames[at:at + 4096] * shape)) ** 2
        levels[at:at + 4096] = np.add.reduceat(power, bands[:-1], 1)[:, :len(bands) - 1]
    levels = 10 * np.log10(levels + 1e-10)
    levels = np.maximum(levels, levels.max(initial=-100) - 80)
    rise = np.diff(levels, axis=0, prepend=levels[:1]).clip(0).mean(1)
    rise = rise - np.convolve(rise, np.full(87, 1 / 87), "same")  # a second
    return rise / rise.std() if rise.std() > 1e-9 else np.zeros_like(rise)


def _period(strikes: Any, slowest: float, fastest: float) -> float:
    """Hops from beat to beat: where strikes are likest to themselves, and people likeliest to tap."""
    import numpy as np

    spectrum = np.abs(np.fft.rfft(strikes, 1 << (2 * len(strikes) - 1).bit_length())) ** 2
    alike = np.fft.irfft(spectrum)[:len(strikes)]
    per_minute = 60 * _RATE / _HOP
    longest = min(len(strikes) - 2, int(per_minute / slowest) + 1)
    lags = np.arange(max(2, int(per_minute / fastest)), longest)
    if not len(lags):
        raise InputError("the sound is too short for a beat as slow as that; raise slowest")
    likely = np.exp(-0.5 * (np.log2(per_minute / lags / _USUAL) / _SPREAD) ** 2)
    doubled = alike[np.minimum(2 * lags, len(alike) - 1)]  # two beats on it should be struck, too
    best = int(lags[((alike[lags] + 0.5 * doubled) * likely).argmax()])
    around = alike[best - 1:best + 2]
    bend = around[0] - 2 * around[1] + around[2]
    return best + (0.5 * (around[0] - around[2]) / bend if bend < 0 else 0.0)


def _placed(strikes: Any, period: float) -> Any:
    """The hops on which beats fall: those that together are struck most and stand most evenly."""
    import numpy as np

    back = np.arange(-round(2 * period), -max(1, round(period / 2)) + 1)
    cost = -_EVEN * np.log(-back / period) ** 2
    scores, before = strikes.copy(), np.full(len(strikes), -1)
    for place in range(len(strikes)):
        usable = place + back >= 0
        if usable.any():
            options = scores[place + back[usable]] + cost[usable]
            best = int(options.argmax())
            if options[best] > 0:
                scores[place] += options[best]
                before[place] = place + back[usable][best]
    tail = max(1, round(period))
    place = len(scores) - tail + int(scores[-tail:].argmax())
    found = []
    while place >= 0:
        found.append(place)
        place = before[place]
    return np.array(found[::-1])
