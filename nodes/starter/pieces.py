"""The node that composes by rules, without a model."""

from __future__ import annotations

from typing import Annotated

from nodegraph import Choice, InputError, Range, Seed, node

from ..media.types import MOODS, TEMPOS, Score
from .rules.styles import DENSITIES, ROLES, STYLES


@node("starter.compose", version=1)
def compose(mood: Annotated[str, Choice(*MOODS)] = "calm", style: Annotated[str, Choice(*STYLES)] = "waltz",
            tempo: Annotated[str, Choice(*TEMPOS)] = "medium", key: str = "any", bars: Annotated[int, Range(4, 256, 4)] = 32,
            minutes: Annotated[float, Range(0, 5, 0.25)] = 0, form: str = "", metre: str = "",
            density: Annotated[str, Choice(*DENSITIES)] = "medium", parts: Annotated[int, Range(0, len(ROLES))] = 0, instruments: str = "",
            seed: Seed = 0) -> Score:
    """Compose a piece by rules, without a model: sections, drums, bass and up to ten parts, in a moment.

    Not a model's music: progressions, grooves and cadences of each style are tables that somebody wrote, and melodies follow
    the textbook. It is what a starter composer learns from; music.generate has a model write.

    mood: how it should feel.
    style: what kind of piece it should be; it brings metre, instruments and form with it.
    tempo: how fast it should go, for its style.
    key: a tonic and a mode, such as `D minor` or `F# major`; `any` takes one that goes with mood and style.
    bars: how long it should be, in fours; `minutes` and `form` come before it.
    minutes: how long it should last, at its tempo; 0 goes by `bars`.
    form: names of sections, such as `intro verse chorus verse chorus bridge chorus coda`; also `solo` and `break`. `loop` makes
        one that leads back to its beginning. Empty leaves the form to the style and the length.
    metre: such as `3/4` or `6/8`, of those that the style has; empty takes one of them.
    density: how many play; the tune and its chords stay the same, so that a game can go from one to the other.
    parts: how many play, before `density`: 2 to 10; 0 goes by it.
    instruments: those that play, such as `piano, acoustic bass, drums`, the tune's first; empty leaves them to the style.
    seed: another seed composes another piece.
    """
    from ..music.composing import parsed_metre
    from ..music.controls import programs_of
    from .rules.band import bars_for, composed
    from .rules.cast import fitting_key
    from .rules.form import Request

    open_key = key.strip().lower() in ("", "any")
    if len(programs := tuple(programs_of(instruments))) > len(ROLES):
        raise InputError(f"instruments names {len(programs)}; a piece has {len(ROLES)} at most")
    try:
        asked = Request(style, mood, tempo, fitting_key(style, mood, seed) if open_key else key, bars, parsed_metre(metre), parts, density,
                        " ".join(form.lower().replace(",", " ").split()), programs)
        if minutes and not asked.form.replace("loop", ""):
            asked = asked.lasting(bars_for(asked, seed, minutes))
        return composed(asked, seed).score
    except ValueError as wrong:
        raise InputError(str(wrong)) from None
