"""The nodes that change the tone of a sound, and put it into a room."""

from __future__ import annotations

from typing import Annotated, Any

from nodegraph import InputError, Range, node

from ..media.audio import stereo
from ..media.types import Audio

Decibels = Annotated[float, Range(-24, 24, 0.5)]
Hertz = Annotated[float, Range(0, 96_000)]
_PRE_DELAY = 0.012  # seconds


@node("audio.eq", version=1)
def eq(sound: Audio, bass: Decibels = 0.0, middle: Decibels = 0.0, treble: Decibels = 0.0, middle_hertz: Hertz = 1000.0,
       highpass: Hertz = 0.0, lowpass: Hertz = 0.0) -> Audio:
    """Make a sound darker or brighter, thinner or fuller. Nothing is clipped here: use audio.limit behind it.

    sound: the sound.
    bass: decibels below 150 Hz.
    middle: decibels around middle_hertz.
    treble: decibels above 5 kHz.
    middle_hertz: where the middle is.
    highpass: what is lower goes away, by 12 dB an octave; 0 for none.
    lowpass: what is higher goes away; 0 for none.
    """
    from ..media.sounds.filters import biquad, filtered

    rate = sound.sample_rate
    filters = [biquad(kind, rate, hertz, gain) for kind, hertz, gain in
               (("lowshelf", 150, bass), ("peak", middle_hertz, middle), ("highshelf", 5000, treble)) if gain and hertz]
    filters += [biquad(kind, rate, hertz) for kind, hertz in (("highpass", highpass), ("lowpass", lowpass)) if hertz]
    return _audio(filtered(sound.samples.detach().cpu().numpy(), *filters), rate)


@node("audio.reverb", version=1)
def reverb(sound: Audio, amount: Annotated[float, Range(0, 1, 0.05)] = 0.3, decay: Annotated[float, Range(0.1, 10, 0.1)] = 1.3,
           dark: Annotated[float, Range(0, 1, 0.05)] = 0.5, tail: bool = True) -> Audio:
    """Put a sound into a room: stereo, other for each ear.

    sound: the sound, of one channel or two.
    amount: how much of the room is heard, beside the sound itself.
    decay: seconds until the room's answer is 60 dB softer: 0.4 a chamber, 1.3 a hall, 4 a cathedral.
    dark: how dull the walls are, 0 to 1.
    tail: whether the room may sound on behind the end.
    """
    import numpy as np

    from ..media.sounds.filters import convolved

    if sound.samples.shape[0] > 2:
        raise InputError(f"the sound has {sound.samples.shape[0]} channels; bring it down with media.resample "
                         "(channels: stereo)")
    rate = sound.sample_rate
    dry = stereo(sound).samples.cpu().numpy()
    room = _room(rate, decay, dark)
    if tail:
        dry = np.pad(dry, ((0, 0), (0, room.shape[1])))
    return _audio(dry + np.float32(amount) * convolved(dry, room), rate)


def _room(rate: int, decay: float, dark: float) -> Any:
    """A room's answer to a click: noise that decays, and sooner the higher it is (Moorer, "About this reverberation
    business", 1979); float32 (2, n), of unit energy."""
    import numpy as np

    from ..media.sounds.filters import biquad, filtered

    n = round(decay * rate)
    seconds = np.arange(n) / rate
    noise = np.random.default_rng(1979).standard_normal((2, n))
    dull = filtered(noise, biquad("lowpass", rate, 9000 * (1 - dark) + 900 * dark))
    answer = dull * np.exp(-6.9 * seconds / decay) + (1 - dark) * noise * np.exp(-14 * seconds / decay)
    answer = filtered(np.pad(answer, ((0, 0), (round(_PRE_DELAY * rate), 0))), biquad("highpass", rate, 120))
    return (answer / np.sqrt((answer ** 2).sum(1, keepdims=True))).astype(np.float32)


def _audio(samples: Any, rate: int) -> Audio:
    import numpy as np
    import torch

    return Audio(torch.from_numpy(np.ascontiguousarray(samples, np.float32)), rate)
