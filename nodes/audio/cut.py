"""The nodes that cut sounds and put them one behind the other."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nodegraph import InputError, Range, node

from ..media.audio import mono, resampled, stereo
from ..media.types import Audio

Seconds = Annotated[float, Range(0, 36_000)]


@node("audio.trim", version=1)
def trim(sound: Audio, start: Seconds = 0.0, end: Seconds = 0.0, silence: bool = False) -> Audio:
    """Keep a stretch of a sound.

    sound: the sound.
    start: the second at which it begins.
    end: the second at which it ends; 0 for the end of the sound.
    silence: whether silence at both ends is cut off as well.
    """
    begin, stop = round(start * sound.sample_rate), round(end * sound.sample_rate) or sound.samples.shape[1]
    if begin >= min(stop, sound.samples.shape[1]):
        raise InputError(f"start is {start:g} and end {end:g}, and the sound lasts {sound.seconds:.2f} seconds; "
                         "nothing would be left")
    samples = sound.samples[:, begin:stop]
    if silence:
        heard = (samples.abs().amax(0) > 1e-4).nonzero()
        if not len(heard):
            raise InputError("the sound is silent throughout; there is nothing to keep")
        samples = samples[:, int(heard[0]):int(heard[-1]) + 1]
    return Audio(samples.contiguous(), sound.sample_rate)


@node("audio.fade", version=1)
def fade(sound: Audio, fade_in: Seconds = 0.0, fade_out: Seconds = 1.0, curve: Literal["power", "straight"] = "power") -> Audio:
    """Let a sound come out of silence and go back to it.

    sound: the sound.
    fade_in: seconds at the beginning.
    fade_out: seconds at the end.
    curve: power keeps the loudness even where two sounds are faded over each other, straight the height of their waves.
    """
    samples = sound.samples.clone()
    length, rate = samples.shape[1], sound.sample_rate
    head, tail = (min(length, round(seconds * rate)) for seconds in (fade_in, fade_out))
    if head:
        samples[:, :head] *= _ramp(head, curve)
    if tail:
        samples[:, length - tail:] *= _ramp(tail, curve).flip(0)
    return Audio(samples, rate)


@node("audio.join", version=1)
def join(sounds: list[Audio], crossfade: Seconds = 0.0, gap: Seconds = 0.0) -> Audio:
    """Play sounds one after the other.

    sounds: in order; all get the highest sample rate among them, and are stereo if one is.
    crossfade: seconds in which one goes over into the next; at most half of the shorter one.
    gap: seconds of silence between them.
    """
    import torch

    if not sounds:
        raise InputError("there are no sounds to join")
    if crossfade and gap:
        raise InputError(f"crossfade is {crossfade:g} and gap {gap:g}; between two sounds there is one or the other")
    rate = max(sound.sample_rate for sound in sounds)
    fit = mono if all(sound.samples.shape[0] == 1 for sound in sounds) else stereo
    parts = [resampled(fit(sound), rate).samples.cpu() for sound in sounds]
    whole = parts[0]
    for part in parts[1:]:
        over = min(round(crossfade * rate), whole.shape[1] // 2, part.shape[1] // 2)
        if over:
            up = _ramp(over, "power")
            mixed = whole[:, -over:] * up.flip(0) + part[:, :over] * up
            whole = torch.cat([whole[:, :-over], mixed, part[:, over:]], 1)
        else:
            whole = torch.cat([whole, torch.zeros(len(part), round(gap * rate)), part], 1)
    return Audio(whole.contiguous(), rate)


def _ramp(length: int, curve: str) -> Any:
    import torch

    line = (torch.arange(length, dtype=torch.float32) + 0.5) / length
    return torch.sin(line * torch.pi / 2) if curve == "power" else line
