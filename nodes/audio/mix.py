"""The nodes that put sounds together: a mix, a level, and one sound that makes room for another."""

from __future__ import annotations

from typing import Annotated, Any

from nodegraph import InputError, Range, node, warn

from ..media.audio import mono, resampled, stereo
from ..media.types import Audio

Decibels = Annotated[float, Range(-80, 40)]
_CEILING = -1.0  # dBTP
_WINDOW = 0.01  # seconds over which loudness is felt


@node("audio.mix", version=1)
def mix(sounds: list[Audio], levels: list[float] | None = None, pans: list[float] | None = None,
        starts: list[float] | None = None) -> Audio:
    """Play sounds together. What would clip is turned down as a whole, and that is told.

    sounds: what is mixed; all become stereo, at the highest sample rate among them.
    levels: decibels for each, 0 as it is, -6 half as high; left out, all as they are.
    pans: a place for each, -1 left to 1 right; left out, all as they are.
    starts: the second at which each begins; left out, all at once.
    """
    import numpy as np
    import torch

    if not sounds:
        raise InputError("there are no sounds to mix")
    for name, values in (("levels", levels), ("pans", pans), ("starts", starts)):
        if values is not None and len(values) != len(sounds):
            raise InputError(f"{name} has {len(values)} numbers, and there are {len(sounds)} sounds; give one for each")
    _judge(pans or [], -1, 1, "pans")
    _judge(starts or [], 0, 36_000, "starts")
    rate = max(sound.sample_rate for sound in sounds)
    fitted = [resampled(stereo(sound), rate).samples.cpu().numpy() for sound in sounds]
    begins = [round(start * rate) for start in starts or [0] * len(fitted)]
    total = np.zeros((2, max(begin + part.shape[1] for begin, part in zip(begins, fitted, strict=True))), np.float32)
    for k, (begin, part) in enumerate(zip(begins, fitted, strict=True)):
        gains = 10 ** ((levels[k] if levels else 0.0) / 20) * _panned(pans[k] if pans else 0.0)
        total[:, begin:begin + part.shape[1]] += part * gains[:, None].astype(np.float32)
    return Audio(torch.from_numpy(_safe(total, rate)), rate)


@node("audio.gain", version=1)
def gain(sound: Audio, decibels: Decibels = 0.0) -> Audio:
    """Make a sound louder or softer. Nothing is clipped here: use audio.limit, or audio.loudness, behind it.

    sound: the sound.
    decibels: 6 is twice as high, -6 half.
    """
    return Audio(sound.samples * float(10 ** (decibels / 20)), sound.sample_rate)


@node("audio.duck", version=1)
def duck(sound: Audio, voice: Audio, decibels: Annotated[float, Range(-60, 0)] = -12.0,
         threshold: Annotated[float, Range(-80, 0)] = -40.0, attack: Annotated[float, Range(0.001, 5)] = 0.1,
         release: Annotated[float, Range(0.01, 10)] = 0.6) -> Audio:
    """Turn a sound down while a voice is heard, and up again behind it; mix the two with audio.mix.

    sound: what makes room, such as music.
    voice: what it makes room for; where it ends, nothing is turned down.
    decibels: how far down.
    threshold: how loud the voice must be to count, in decibels under the loudest that can be.
    attack: seconds of going down.
    release: seconds of coming back.
    """
    import numpy as np
    import torch

    rate, samples = sound.sample_rate, sound.samples.cpu().numpy()
    heard = resampled(mono(voice), rate).samples.cpu().numpy()[0]
    hop = max(1, round(_WINDOW * rate))
    count = -(-samples.shape[1] // hop)
    heard = np.pad(heard, (0, max(0, count * hop - len(heard))))[:count * hop].reshape(count, hop)
    loud = np.sqrt((heard.astype(np.float64) ** 2).mean(1)) > 10 ** (threshold / 20)
    amount = np.zeros(count)
    level = 0.0
    for k, on in enumerate(loud):
        level = min(1.0, level + _WINDOW / attack) if on else max(0.0, level - _WINDOW / release)
        amount[k] = level
    at = (np.arange(count) + 0.5) * hop
    curve = np.interp(np.arange(samples.shape[1]), at, 10 ** (amount * decibels / 20)) if count else np.zeros(0)
    return Audio(torch.from_numpy((samples * curve).astype(np.float32)), rate)


def _panned(pan: float) -> Any:
    """Gains of left and right; in the middle both are 1."""
    import numpy as np

    return np.array([min(1.0, 1 - pan), min(1.0, 1 + pan)])


def _safe(samples: Any, rate: int) -> Any:
    """Samples turned down as a whole where their wave goes beyond -1 dBTP."""
    import numpy as np

    from ..media.sounds.levels import true_peak

    peak = true_peak(samples, rate)
    if peak <= 0:
        return samples
    warn(f"together the sounds are {peak:.1f} dB higher than can be played; the mix is turned down by "
         f"{peak - _CEILING:.1f} dB")
    return samples * np.float32(10 ** ((_CEILING - peak) / 20))


def _judge(values: list[float], low: float, high: float, name: str) -> None:
    for value in values:
        if not low <= value <= high:
            raise InputError(f"{name} has {value:g}; it takes {low:g} to {high:g}")
