"""How a wish becomes tokens in front of a tune, and what may follow what in a stream of one tune.

A model is asked by ordinary words of its vocabulary: Style_waltz, Mood_calm, Pace_slow, Key_Aminor, Bars_16.
A word that a model does not have is left out, so that models trained by others work with fewer wishes. One
that knows a single key of each mode is asked for that one, and its tune is moved to the key wanted.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..media.score import TONICS, key_parts

WISHES = ("Style", "Mood", "Pace", "Key", "Bars")
_NEVER_WRITTEN = {"PAD", "BOS", "EOS", "MASK", *WISHES}


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


class Grammar:
    """Which tokens may come next in a tune, so that every sample is well formed; the model chooses.

    Types follow each other as miditok's own table of the tokenizer says; words of a plan (special tokens
    that are no wishes) may follow a time signature. Bars are counted: the end is open only in the last bar,
    and a model that would go on to another bar there ends instead. Inside a bar positions rise and stay below
    the bar's length, and no pitch of a program comes twice at one. A tokenizer that writes no bars, or has
    learned merged tokens, is left to the model, its end included.

    Phrase words are rehearsal marks: a bar whose mark was written before is that bar again (`repeat`), as it is in
    every tune such a model learned from.
    """

    def __init__(self, tokenizer: Any, bars: int):
        import numpy as np

        self.words = {index: word for word, index in tokenizer.vocab.items()}
        self.counts_bars = "Bar_None" in tokenizer.vocab and not tokenizer.is_trained and \
            "Bar" in tokenizer.tokens_types_graph
        self.bars, self.bar = bars, 0
        self._bar, self._end = tokenizer.vocab.get("Bar_None"), tokenizer.vocab.get("EOS_None")
        self._per_beat = tokenizer.config.max_num_pos_per_beat
        self._position, self._limit = -1, 4 * self._per_beat
        self._type, self._program = "", ""
        self._sounding: set[tuple[str, str]] = set()
        self._graph = tokenizer.tokens_types_graph
        self._vocabulary = tokenizer.vocab
        self._none = np.zeros(len(tokenizer), bool)  # of a trained one the first are its words
        self._of_type: dict[str, Any] = {}
        for word, index in tokenizer.vocab.items():
            self._of_type.setdefault(word.split("_")[0], self._none.copy())[index] = True
        self._positions = np.full(len(tokenizer), -1)
        for word, index in tokenizer.vocab.items():
            if word.startswith("Position_"):
                self._positions[index] = int(word.split("_")[1])
        specials = {word.split("_")[0] for word in tokenizer.special_tokens}
        self._plan = {"TimeSig", *specials} - _NEVER_WRITTEN
        self._specials = specials
        self._marked: dict[str, tuple[str, list[int]]] = {}
        self._mark, self._last_mark, self._repeating = "", "", False
        self._plan_words = {"Left", "Phrase", "Harmony"} <= specials and bars % 4 == 0

    def accept(self, token: int) -> None:
        """Take note of a token that was written."""
        if not self.counts_bars:
            return
        kind, value = self.words[token].split("_", 1)
        if kind == "Bar":
            self.bar, self._position = self.bar + 1, -1
            self._sounding.clear()
            self._mark, self._repeating = "", False
        elif kind == "TimeSig":
            # miditok's beat is the lower number of the time signature
            self._limit = int(value.split("/")[0]) * self._per_beat
        elif kind == "Position":
            self._position = int(value)
            self._sounding.clear()
        elif kind == "Program":
            self._program = value
        elif kind == "Pitch":
            self._sounding.add((self._program, value))
        if self._mark and kind != "Tempo" and not self._repeating:
            self._marked[self._mark][1].append(token)
        if kind == "Phrase" and not self._mark:
            self._mark, self._last_mark, self._repeating = value, value, value in self._marked
            self._marked.setdefault(value, (self._program, []))
        self._type = kind

    def repeat(self) -> list[int]:
        """The tokens of the bar that a mark just written calls back, to be written again; empty if it is new."""
        if self._type != "Phrase" or not self._repeating:
            return []
        program, tokens = self._marked[self._mark]
        for at, token in enumerate(tokens):
            kind, value = self.words[token].split("_", 1)
            if kind in ("Program", "Pitch"):
                # miditok names a program where it changes, and before this bar another may have played
                program = value if kind == "Program" else program
                named = [self._vocabulary[f"Program_{program}"]] if program not in ("", self._program) else []
                return tokens[:at] + named + tokens[at + (kind == "Program"):]
        return list(tokens)

    def legal(self) -> Any:
        """A bool for each token of the vocabulary: may it come next?"""
        if not self.counts_bars:
            return ~self._none
        if self.bar == 0:
            return self._of_type["Bar"]
        legal = self._none.copy()
        for kind in self._types():
            legal |= self._of_type.get(kind, self._none)
        ahead = (self._positions > self._position) & (self._positions < self._limit)
        legal &= (self._positions < 0) | ahead
        for program, pitch in self._sounding:
            if program == self._program:
                legal[self._vocabulary[f"Pitch_{pitch}"]] = False
        if self.bar >= self.bars:
            legal &= ~self._of_type["Bar"]
            if self._complete() and self._end is not None:
                legal[self._end] = True
        return legal & self._planned() if self._plan_words else legal

    def _planned(self) -> Any:
        """Marks come in their order: the bars left, then letter and place; a bar of chords has a name for them.

        Only the last phrase ends for good. Letters, endings and chords are the model's.
        """
        place, left = (self.bar - 1) % 4 + 1, self.bars - self.bar + 1
        if self._type == "TimeSig" and place == 1:
            return self._words(f"Left_{left}")
        if self._type in ("TimeSig", "Left"):
            if place == 1:
                return self._words("Phrase_", "1")
            if place == 2:
                return self._words(f"Phrase_{self._last_mark[0]}2")
            if place == 3:
                final = self._words(f"Phrase_{self._last_mark[0]}3final")
                return final if left <= 2 else self._words(f"Phrase_{self._last_mark[0]}3") & ~final
            return self._words(f"Phrase_{self._last_mark[0]}4{self._last_mark[2:]}")
        if self._type == "Phrase":
            return self._of_type["Harmony"]
        return ~(self._of_type["Left"] | self._of_type["Phrase"])

    def _words(self, beginning: str, end: str = "") -> Any:
        legal = self._none.copy()
        for word, index in self._vocabulary.items():
            legal[index] = word.startswith(beginning) and word.endswith(end)
        return legal

    def constrained(self, logits: Any) -> Any:
        """Logits (vocabulary) with -inf for what may not come next; what the model would give to another bar
        after the last goes to the end, and what it would give to an end before that goes to the next bar."""
        import torch

        if self.counts_bars and self._end is not None and self._type and self._complete():
            closed, opened = (self._bar, self._end) if self.bar >= self.bars else (self._end, self._bar)
            logits = logits.clone()
            logits[opened] = torch.logaddexp(logits[opened], logits[closed])
        return logits.masked_fill(~torch.from_numpy(self.legal()), -torch.inf)

    def _complete(self) -> bool:
        """Whether the tune may end here: no note, bar or plan stands half written."""
        return "Bar" in self._graph.get(self._type, ())

    def _types(self) -> set[str]:
        if self._type in self._plan:
            return (self._graph["TimeSig"] - self._specials - {"TimeSig"}) | (self._plan - {"TimeSig"})
        following = self._graph[self._type] - self._specials
        return following if self._type == "Bar" else following - {"TimeSig"}
