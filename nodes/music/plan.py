"""The words in which the starter composer plans: what is left, the phrase and its place, and the chords of each bar.

Phrase words are rehearsal marks: a bar whose mark was written before is that bar again (`repeat`), as it is in every
tune such a model learned from. Letters, endings and chords are the model's, unless the chords were asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from .reading import Clock

PHRASE = 4  # bars
HOME = re.compile(r"([Ii])(7|maj7|add9)?")  # chords on the first step of the key
COLOURS = {"7": frozenset({10}), "maj7": frozenset({11}), "add9": frozenset({2})}  # semitones above the root


class Plan:
    """What a plan of so many bars may say next. harmony: for a bar, the words of its chords, if they are given."""

    def __init__(self, vocabulary: Vocabulary, bars: int, harmony: Mapping[int, Sequence[str]] = {}):
        self.vocabulary, self.bars, self.harmony = vocabulary, bars, harmony
        self._marked: dict[str, tuple[int, list[int]]] = {}
        self._mark, self._last_mark, self._repeating = "", "", False
        self._chords = 0  # written in this bar
        self._program = 0
        self._sets: dict[tuple[str, str], Any] = {}

    @staticmethod
    def of(vocabulary: Vocabulary, bars: int, harmony: Mapping[int, Sequence[str]] = {}) -> Plan | None:
        """A plan for a model that writes one, for a whole number of phrases; None for others."""
        writes = {"Left", "Phrase", "Harmony"} <= vocabulary.specials and bars % PHRASE == 0
        return Plan(vocabulary, bars, harmony) if writes and f"Left_{bars}" in vocabulary.tokenizer.vocab else None

    def accept(self, index: int, clock: Clock, new_bar: bool) -> None:
        """Take note of a word that was written."""
        kind, value = self.vocabulary.kinds[index], self.vocabulary.values[index]
        if new_bar:
            self._mark, self._repeating, self._chords = "", False, 0
        self._chords += kind == "Harmony"
        if self._mark and kind != "Tempo" and not self._repeating:
            self._marked[self._mark][1].append(index)
        if kind == "Phrase" and not self._mark:
            self._mark, self._last_mark, self._repeating = value, value, value in self._marked
            self._marked.setdefault(value, (self._program, []))
        self._program = clock.program

    def colour(self, index: int) -> frozenset[int]:
        """What a chord at home has beside its triad, by its word, in semitones above the root."""
        found = HOME.fullmatch(self.vocabulary.values[index]) if self.vocabulary.kinds[index] == "Harmony" else None
        return COLOURS.get(found[2], frozenset()) if found else frozenset()

    def repeat(self, clock: Clock) -> list[int]:
        """The words of the bar that a mark just written calls back; empty if it is new."""
        if clock.kind != "Phrase" or not self._repeating:
            return []
        program, words = self._marked[self._mark]
        for at, index in enumerate(words):
            kind = self.vocabulary.kinds[index]
            if kind in ("Program", "Pitch"):
                # miditok names a program where it changes, and before this bar another may have played
                program = int(self.vocabulary.values[index]) if kind == "Program" else program
                word = self.vocabulary.tokenizer.vocab.get(f"Program_{program}")
                named = [word] if program != clock.program and word is not None else []
                return words[:at] + named + words[at + (kind == "Program"):]
        return list(words)

    def legal(self, clock: Clock) -> Any:
        """Marks come in their order: the bars left, then letter and place; a bar of chords has a name for them.

        Only the last phrase ends for good, and its last bar is at home: on the first step of the key.
        """
        place, left = (clock.bar - 1) % PHRASE + 1, self.bars - clock.bar + 1
        if clock.kind == "TimeSig" and place == 1:
            return self._words(f"Left_{left}")
        if clock.kind in ("TimeSig", "Left"):
            if place == 1:
                return self._words("Phrase_", "1")
            if place == 2:
                return self._words(f"Phrase_{self._last_mark[0]}2")
            if place == 3:
                final = self._words(f"Phrase_{self._last_mark[0]}3final")
                return final if left <= 2 else self._words(f"Phrase_{self._last_mark[0]}3") & ~final
            return self._words(f"Phrase_{self._last_mark[0]}4{self._last_mark[2:]}")
        wanted = self.harmony.get(clock.bar - 1)
        if wanted is not None:
            if clock.kind == "Phrase" or self._chords < len(wanted):
                return self._words(f"Harmony_{wanted[self._chords]}", "")
            return ~self.vocabulary.mask("Left", "Phrase", "Harmony")
        harmony = self.vocabulary.of_kind["Harmony"]
        chords = self._home() if left == 1 else harmony
        return chords if clock.kind == "Phrase" else ~self.vocabulary.mask("Left", "Phrase") & (~harmony | chords)

    def _home(self) -> Any:
        """The words for chords on the first step; all, of a vocabulary that has none such."""
        if ("Harmony", "home") not in self._sets:
            home, harmony = self.vocabulary.none.copy(), self.vocabulary.of_kind["Harmony"]
            for index in harmony.nonzero()[0]:
                home[index] = HOME.fullmatch(self.vocabulary.values[index]) is not None
            self._sets["Harmony", "home"] = home if home.any() else harmony
        return self._sets["Harmony", "home"]

    def _words(self, beginning: str, end: str = "") -> Any:
        if (beginning, end) not in self._sets:
            legal = self.vocabulary.none.copy()
            exact = beginning.startswith("Harmony_")
            for index, word in self.vocabulary.words.items():
                legal[index] = word == beginning if exact else word.startswith(beginning) and word.endswith(end)
            self._sets[beginning, end] = legal
        return self._sets[beginning, end]
