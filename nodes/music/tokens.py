"""How a wish becomes tokens in front of a tune.

A model is asked by ordinary words of its vocabulary: Style_waltz, Mood_calm, Pace_slow, Key_Aminor, Bars_16.
A word that a model does not have is left out, so that models trained by others work with fewer wishes. One
that knows a single key of each mode is asked for that one, and its tune is moved to the key wanted.
"""

from __future__ import annotations

from collections.abc import Collection

from ..media.score import TONICS, key_parts

WISHES = ("Style", "Mood", "Pace", "Key", "Bars")


def key_token(key: str) -> str:
    """Key_Aminor for "A minor"."""
    tonic, mode = key_parts(key)
    return f"Key_{TONICS[tonic]}{mode}"


def wish_tokens(vocabulary: Collection[str], style: str, mood: str, tempo: str, key: str, bars: int
                ) -> tuple[list[str], int]:
    """The words to put in front, and the semitones by which to move what the model then writes."""
    key_word, shift = _known_key(vocabulary, key)
    words = (f"Style_{style}", f"Mood_{mood}", f"Pace_{tempo}", key_word, f"Bars_{bars}")
    return [word for word in words if word in vocabulary], shift


def known_bars(vocabulary: Collection[str]) -> list[int]:
    """The numbers of bars that a model can be asked for by a word of its own."""
    return sorted(int(word.split("_")[1]) for word in vocabulary if word.startswith("Bars_"))


def known_styles(vocabulary: Collection[str]) -> list[str]:
    """The styles that a model can be asked for by a word of its own, in its order."""
    return [word.removeprefix("Style_") for word in vocabulary if word.startswith("Style_")]


def _known_key(vocabulary: Collection[str], key: str) -> tuple[str, int]:
    tonic, mode = key_parts(key)
    for semitones in sorted(range(-5, 7), key=abs):
        word = key_token(f"{TONICS[(tonic - semitones) % 12]} {mode}")
        if word in vocabulary:
            return word, _centred(tonic) - _centred(tonic - semitones)
    return "", 0


def _centred(tonic: int) -> int:
    """A tonic as semitones from C, -5 to 6, so that moved tunes stay in the register of all others."""
    return (tonic + 5) % 12 - 5
