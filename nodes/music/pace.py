"""Which words may move time on: forward, within the bar, before the end, and as densely as is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .controls import Controls
from .reading import Clock, Given, Reading
from .vocabulary import SHIFTS


class Pace:
    """How time may go on in a piece. given: notes that are to be written in their time, in order."""

    def __init__(self, reading: Reading, controls: Controls, given: Sequence[Given] = ()):
        self.vocabulary, self.reading, self.controls, self.given = reading.vocabulary, reading, controls, given
        self._positions = self.vocabulary.mask("Position").nonzero()[0]

    def words(self, clock: Clock, kinds: set[str], strict: bool) -> Any:
        """A bool for each word: may it come, of those of these kinds that move time? True for all that move none.

        strict: whether the rhythm that is asked for is kept.
        """
        vocabulary = self.vocabulary
        legal = ~vocabulary.none
        jump = self.controls.longest()
        limit = min(self.reading.end, self.given[clock.given].tick + 1) if clock.given < len(self.given) else self.reading.end
        for index in vocabulary.shifts if kinds & set(SHIFTS) else ():
            then = self.reading.after(clock, index)
            legal[index] = then < limit and (not strict or then == clock.now or self._allowed(clock, then, jump))
        if "Position" in kinds and "Position" in vocabulary.of_kind:
            places = clock.bar_start + vocabulary.numbers * self.reading.per_position
            ahead = (places > clock.now) if clock.moved else (places >= clock.now)
            ahead &= (places < clock.bar_start + self.reading.bar_ticks) & (places < limit)
            if strict and not self.controls.times_are_free:
                ahead &= self._all_allowed(clock, places, jump)
            legal &= ~vocabulary.mask("Position") | ahead
        if "Bar" in kinds and "Bar" in vocabulary.of_kind:
            first = self.reading.by_lines and not clock.bar
            then = clock.bar_start if first else clock.bar_start + self.reading.bar_ticks
            ready = not strict or not self.controls.each_bar or clock.fresh > 0 or not clock.bar
            legal &= ~vocabulary.mask("Bar") | (first or then < limit and ready)
        return legal

    def _allowed(self, clock: Clock, then: int, jump: float | None) -> bool:
        longest = jump is None or self.reading.beat(then - clock.now) <= jump + 1e-6 or then >= self.reading.end
        return longest and self.controls.room(self.reading.beat(then), clock.onsets)

    def _all_allowed(self, clock: Clock, places: Any, jump: float | None) -> Any:
        legal = self.vocabulary.none.copy()
        for index in self._positions:
            legal[index] = self._allowed(clock, int(places[index]), jump)
        return legal
