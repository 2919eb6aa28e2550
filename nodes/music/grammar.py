"""Which words may come next in a stream of notes, so that every sample is well formed; the model chooses.

Kinds follow each other as miditok's own table of the tokenizer says. A clock reads the stream as miditok will: no word
moves time past the last bar line, none goes back, no pitch begins twice at one moment, and only what sounds is ended.
So bars are counted in whatever way a tokenizer tells time: by bar lines, by shifts, by rests, or track by track.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .controls import FREE, Controls
from .pace import Pace
from .plan import Plan
from .players import Players
from .reading import Clock, Given, Reading
from .tokens import WISHES
from .vocabulary import NOTES, OFFS, SHIFTS, Vocabulary

IN_A_BAR = 512  # words after which a bar that does not end is ended
TRACKS = 8  # of a tokenizer that writes one after the other
TIMES = {"Bar", "Position", *SHIFTS}
NEVER = ("PAD", "BOS", "EOS", "MASK", "ACBar", "ACTrack")


class Grammar:
    """The rules for one piece of so many bars. metre: that of the whole; None leaves it to the model's first word."""

    def __init__(self, vocabulary: Vocabulary, bars: int, metre: tuple[int, int] | None = None,
                 controls: Controls = FREE, plan: Plan | None = None, given: Sequence[Given] = (), tracks: int = TRACKS):
        self.vocabulary, self.bars, self.controls, self.plan = vocabulary, bars, controls, plan
        self.clock, self.written, self.ended = Clock(), list[int](), False
        self.given, self.most_tracks = sorted(given), tracks
        self.given_end = max((one.end for one in given), default=0)
        self.metre_is_open = metre is None and vocabulary.any_of("TimeSig")
        self.reading = Reading(vocabulary, bars, metre or (4, 4))
        self.players = Players(self.reading, controls)
        self.pace = Pace(self.reading, controls, self.given)
        self._after_kind: dict[str, set[str]] = {}
        self._plan_kinds = {"TimeSig", *vocabulary.specials} - {*NEVER, *WISHES, "Track"}

    @property
    def bars_begun(self) -> int:
        """How many bars were begun; of tracks one after the other, those of the first."""
        return self.bars if self.clock.track > 1 or self.clock.kind == "Track" and not self.clock.line else self.clock.bar

    # What may come

    def legal(self, clock: Clock | None = None) -> Any:
        """A bool for each word: may it come next? Those that pass the last bar line may, where the piece may end.

        Where the rhythm that is asked for leaves nothing, as beside notes that were given, it is not kept.
        """
        clock = clock or self.clock
        legal = self._legal(clock, True)
        return legal if legal.any() else self._legal(clock, False)

    def _legal(self, clock: Clock, strict: bool) -> Any:
        vocabulary = self.vocabulary
        kinds = self._kinds(clock)
        legal = vocabulary.mask(*sorted(kinds)).copy()
        if kinds & TIMES:
            legal &= self.pace.words(clock, kinds, strict)
        if "Track" in kinds:
            legal &= self._word("Track_Start")
        if "TimeSig" in kinds:
            metres = vocabulary.metres() if self.metre_is_open else [self.reading.metre]
            legal &= ~vocabulary.mask("TimeSig") | self._metre_words(metres)
        if "Program" in kinds:
            legal &= ~vocabulary.mask("Program") | self.players.programs(clock)
        if kinds & set(NOTES):
            legal &= ~vocabulary.mask(*NOTES) | self.players.notes(clock)
        if kinds & set(OFFS):
            legal &= ~vocabulary.mask(*OFFS) | self.players.ends(clock)
        if self.plan is not None and clock.kind in ("TimeSig", "Left", "Phrase", "Harmony"):
            legal &= self.plan.legal(clock)
        if self.may_end(clock):
            legal |= self.closing(clock)
        if clock.words > IN_A_BAR and (moving := legal & (vocabulary.mask(*sorted(TIMES)) | self._closing(clock))).any():
            return moving
        return legal

    def _closing(self, clock: Clock) -> Any:
        return self.closing(clock) if self.may_end(clock) else self.vocabulary.none

    def _kinds(self, clock: Clock) -> set[str]:
        vocabulary = self.vocabulary
        if vocabulary.in_tracks and clock.kind in ("", "Track"):
            return {"Program"} if clock.line else {"Track"}
        if not clock.kind or vocabulary.in_tracks and clock.kind == "Program":
            return self._first_kinds()
        following = self._following(clock)
        if vocabulary.in_tracks:
            following.discard("Program")
        lined = clock.kind == "Bar" or clock.kind in self._plan_kinds if vocabulary.any_of("Bar") else \
            clock.now % self.reading.bar_ticks == 0
        return following if lined else following - {"TimeSig"}

    def _first_kinds(self) -> set[str]:
        vocabulary = self.vocabulary
        if self.reading.by_lines:
            return {"Bar"}
        if vocabulary.any_of("TimeSig") and (vocabulary.style == "PerTok" or "TimeSig" in vocabulary.graph):
            return {"TimeSig"}
        if vocabulary.style == "Structured":
            return set(SHIFTS)
        named = vocabulary.any_of("Program") and not vocabulary.in_tracks
        return {*SHIFTS, "Position", *(("Program",) if named else NOTES)}

    def _following(self, clock: Clock) -> set[str]:
        graph, specials = self.vocabulary.graph, self.vocabulary.specials
        if self.plan is not None and clock.kind in self._plan_kinds:
            return (graph["TimeSig"] - specials - {"TimeSig"}) | (self._plan_kinds - {"TimeSig"})
        last = self._last(clock)
        if last not in self._after_kind:
            self._after_kind[last] = {kind for kind in graph.get(last, ()) if "_" not in kind} - specials - {*NEVER, "Track"}
        return set(self._after_kind[last])

    def _last(self, clock: Clock) -> str:
        """The kind of the word before; a note that is over counts as its length."""
        return "Duration" if self.vocabulary.ends_note(clock.kind, clock.program) else clock.kind

    # How it ends

    def complete(self, clock: Clock) -> bool:
        """Whether nothing stands half written."""
        following = self.vocabulary.graph.get(self._last(clock), ())
        return bool({"Bar", *SHIFTS, "Position"} & set(following)) and clock.kind not in ("Program", "Started")

    def may_end(self, clock: Clock) -> bool:
        """Whether the piece, or a track of one, may be over here: in the last bar, with a note in it."""
        if self.vocabulary.in_tracks and clock.kind == "Track" and not clock.line:
            return clock.track >= 1
        return self.complete(clock) and self._is_last(clock) and clock.given >= len(self.given)

    def _is_last(self, clock: Clock) -> bool:
        last = self.reading.end - self.reading.bar_ticks
        heard = clock.heard > last or bool(clock.sounding) or self.given_end > last
        if self.vocabulary.in_tracks and clock.track > 1:
            return clock.heard > 0 or bool(clock.sounding)
        return heard and clock.now >= last

    def closing(self, clock: Clock) -> Any:
        """Words that end the piece, where it may end: the one for it, and those that go past the last bar line."""
        vocabulary = self.vocabulary
        closing = vocabulary.none.copy()
        if vocabulary.in_tracks and clock.kind != "Track":
            closing |= self._word("Track_End")
        elif vocabulary.end is not None:
            closing[vocabulary.end] = True
        if clock.kind == "Track":
            if vocabulary.end is None or clock.track >= self.most_tracks:
                closing |= self._word("Track_Start")
            return closing
        following = vocabulary.mask(*self._following(clock))
        if vocabulary.any_of("Bar") and clock.bar_start + self.reading.bar_ticks >= self.reading.end:
            closing |= vocabulary.mask("Bar") & following
        for index in vocabulary.shifts:
            closing[index] = following[index] and self.reading.after(clock, index) >= self.reading.end
        return closing

    def _word(self, word: str) -> Any:
        mask = self.vocabulary.none.copy()
        mask[self.vocabulary.tokenizer.vocab[word]] = True
        return mask

    def _metre_words(self, metres: list[tuple[int, int]]) -> Any:
        mask = self.vocabulary.none.copy()
        for upper, lower in metres:
            index = self.vocabulary.tokenizer.vocab.get(f"TimeSig_{upper}/{lower}")
            if index is not None:
                mask[index] = True
        return mask

    # What was written

    def accept(self, index: int) -> bool:
        """Take note of a word that was written. True where it ends the piece, or a track of one."""
        closes = self.may_end(self.clock) and bool(self.closing(self.clock)[index])
        if closes:
            self._close()
            if not self.vocabulary.in_tracks or self.clock.kind == "Track":
                self.ended = True
                return True
            index = self.vocabulary.tokenizer.vocab["Track_End"]
        before = self.clock.bar
        if self.vocabulary.kinds[index] == "TimeSig" and self.metre_is_open:
            upper, lower = map(int, self.vocabulary.values[index].split("/"))
            self.metre_is_open = False
            self.reading.set_metre((upper, lower))
        self.reading.step(self.clock, index)
        self.written.append(index)
        if self.plan is not None:
            self.plan.accept(index, self.clock, new_bar=self.clock.bar != before)
            self.players.colour |= self.plan.colour(index) if self.clock.bar == self.bars else frozenset()
        return closes

    def _close(self) -> None:
        """Write the ends of what still sounds, at the last bar line, which no model is shown any more."""
        clock, vocabulary = self.clock, self.vocabulary
        if not clock.sounding:
            return
        shifts = sorted((index for index in vocabulary.shifts if vocabulary.kinds[index] == "TimeShift"),
                        key=lambda index: -self.reading.lengths[index])
        left = self.reading.end - clock.now
        for index in shifts:
            while 0 < self.reading.lengths[index] <= left:
                self.written.append(index)
                left -= self.reading.lengths[index]
        for program, pitch in sorted(clock.sounding):
            named = [f"Program_{program}"] if vocabulary.any_of("Program") and not vocabulary.in_tracks else []
            drum = f"DrumOff_{pitch}" in vocabulary.tokenizer.vocab and program == -1
            self.written += [vocabulary.tokenizer.vocab[word]
                             for word in (*named, f"{'DrumOff' if drum else 'NoteOff'}_{pitch}")]

    def due(self, clock: Clock) -> bool:
        """Whether time has come to a given note."""
        return clock.given < len(self.given) and clock.now == self.given[clock.given].tick and (
            clock.kind in ("Position", *SHIFTS) or not self.reading.by_lines and clock.kind in ("", "TimeSig"))

    def awaited(self) -> tuple[int, Any] | None:
        """The word that moves time to the next given note, and those that would pass it by (bool for each word), if any."""
        if self.clock.given >= len(self.given) or not self.complete(self.clock):
            return None
        return self.reading.leading(self.clock, self.given[self.clock.given].tick)

    def admits(self, words: Sequence[int]) -> bool:
        """Whether a merged token may come next: each of its words after those before it."""
        clock = self.clock.copy()
        for at, index in enumerate(words):
            if at and (self.due(clock) or not self.legal(clock)[index]):
                return False
            if self.may_end(clock) and self.closing(clock)[index]:
                return True
            self.reading.step(clock, index)
        return True

    def take(self, words: Sequence[int]) -> None:
        """Take note of words that follow by themselves."""
        self.clock.forced = bool(self.given)
        for index in words:
            self.accept(index)
        self.clock.forced = False

    def follow(self) -> list[int]:
        """Words that come next by themselves: the given notes whose time it is, or a bar that a mark calls back."""
        words: list[int] = []
        if self.due(self.clock):
            tick = self.clock.now
            while self.clock.given < len(self.given) and self.given[self.clock.given].tick == tick:
                words += self.given[self.clock.given].words
                self.clock.given += 1
        elif self.plan is not None and not self.given:
            words = self.plan.repeat(self.clock)
        return words
