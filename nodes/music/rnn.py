"""The node that sings with a melody RNN, or plays with a performance RNN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from nodegraph import SILENT, Context, InputError, Range, Seed, node, warn

from ..media.score import key_name, key_parts
from ..media.types import Score
from .learned.folders import MelodyRnnModel
from .learned.grids import BAR, MELODY, home_shift, is_common_time, melody_grid, score_of, tempo_of


@node("music.rnn", version=2, costly=True)
def rnn(model: MelodyRnnModel, primer: Score | None = None, n: Annotated[int, Range(1, 64)] = 1,
        length: Annotated[int, Range(16, 1024, 16)] = 256, temperature: Annotated[float, Range(0, 2, 0.05)] = 0.9,
        bpm: Annotated[float, Range(20, 400)] = 120.0, key: str = "C major", program: Annotated[int, Range(0, 127)] = 73,
        seed: Seed = 0, ctx: Context = SILENT) -> list[Score]:
    """Sing melodies with an LSTM, in the manner of Magenta's Lookback RNN: which bars return is drawn first, as a plan. Or
    play with one as a pianist does, to the hundredth of a second and with dynamics, in the manner of its Performance RNN.

    model: starter/fiddler, or a folder from music.train_rnn, which says what it does.
    primer: music that each of them begins with. Of a melody, in 4/4, the highest track counts, on a grid of sixteenths; it
        sets tempo, key and instrument. A performance keeps all of it as it is, and goes on behind its end.
    n: how many. Each has a seed of its own, the next after the one before.
    length: of each in sixteenths, the primer included; 16 are a bar. Of a performance, as long as these last.
    temperature: how adventurous; 0 always takes the likeliest.
    bpm: how fast, in quarter notes per minute; a performance has no beat, and is only written down so.
    key: a tonic and a mode, such as `D minor`; whether it turns out major or minor is the dice's, and so is the key of a
        performance.
    program: the General MIDI instrument, 73 for a flute.
    seed: where the dice begin.
    """
    import torch

    if model.network.hears == "performance":
        from .learned.performing import played_on

        seconds = length / 4 * 60 / (tempo_of(primer) if primer is not None and primer.beats else bpm)
        def told(k: int) -> Callable[[float], None]:
            return lambda share: ctx.report(k + share, n, "playing")

        return [played_on(model.network, primer, seconds, temperature, seed + k, bpm, program, told(k)) for k in range(n)]
    begun = _begun(primer, length)
    key = _key(primer) or key_name(*key_parts(key))
    if primer is not None:
        bpm = round(tempo_of(primer), 2)
        program = next(track.program for track in primer.tracks if track.notes and not track.is_drum)
    scores = []
    for k in range(n):
        dice = torch.Generator().manual_seed(seed + k)
        plan = drawn_plan(model.plans, -(-length // BAR), len(begun) // BAR, dice)
        voice = model.network.sung(plan, length, temperature, dice, begun)
        scores.append(score_of(voice, MELODY, bpm, key, program))
        ctx.report(k + 1, n, preview=None)
    return scores


def drawn_plan(plans: tuple[str, ...], bars: int, given: int, dice: Any) -> list[int]:
    """A plan for so many bars: one of those that tunes have, again and again; what is given comes first."""
    import torch

    if not plans:
        return [0] * bars
    word = plans[int(torch.randint(len(plans), (1,), generator=dice))]
    return [0 if bar < given else int(word[bar % len(word)]) for bar in range(bars)]


def _begun(primer: Score | None, length: int) -> list[int]:
    if primer is None:
        return []
    if not is_common_time(primer):
        raise InputError("primer is not in 4/4 throughout, which this model has bars for; give one that is")
    voice = melody_grid(primer, -home_shift(primer)).tolist()
    if len(voice) >= length:
        warn(f"primer has {len(voice)} sixteenths and length is {length}: there is nothing left to sing")
    return voice


def _key(primer: Score | None) -> str:
    if primer is None:
        return ""
    return primer.keys[0][1] if primer.keys else "C major"
