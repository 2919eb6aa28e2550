"""Which notes may begin and end at a moment, and who may play them: in reach, in the chord, and not one too many."""

from __future__ import annotations

from typing import Any

from .controls import Controls
from .reading import CHORDAL, Clock, Reading
from .vocabulary import DRUMS, OFFS

AT_ONCE = 12  # notes that one instrument begins at a moment: two hands, and two fingers
MOST = 15  # instruments beside the drums: the channels of MIDI
TOGETHER = 40  # notes that all of them begin at a moment


class Players:
    """The instruments of a piece, held to what is asked of it."""

    def __init__(self, reading: Reading, controls: Controls):
        self.vocabulary, self.reading, self.controls = reading.vocabulary, reading, controls
        self.colour: frozenset[int] = frozenset()  # what the last bar's chord has beside the triad, in semitones
        self._pitched: dict[int, bool] = {}

    def _crowded(self, clock: Clock, program: int) -> bool:
        return len(clock.begun) >= TOGETHER or sum(one == program for one, _ in clock.begun) >= AT_ONCE

    def _asked(self, clock: Clock, program: int) -> Any:
        """The pitches that are asked of an instrument now. bool (128), not to be changed."""
        reading = self.reading
        last = self.colour if clock.now >= reading.end - reading.bar_ticks else None
        return self.controls.pitches(program, reading.beat(clock.now), last)

    def _free(self, clock: Clock, program: int) -> Any:
        """The pitches that an instrument may begin now. bool (128)."""
        pitches = self._asked(clock, program) & self.vocabulary.reach
        for one, pitch in (*clock.begun, *clock.sounding):
            if one == program:
                pitches[pitch] = False
        return pitches

    def notes(self, clock: Clock) -> Any:
        """Words that begin a note: a new one, in reach of its instrument, and not one too many."""
        vocabulary, drums = self.vocabulary, self.vocabulary.mask(*DRUMS)
        if self._crowded(clock, clock.program):
            return vocabulary.none
        pitches = self._free(clock, clock.program)
        allowed = pitches[vocabulary.keys] & ~vocabulary.mask("PitchIntervalTime", "PitchIntervalChord")
        own = vocabulary.any_of(*DRUMS) and vocabulary.any_of("Program")
        allowed &= drums if own and clock.program == -1 else ~drums
        for kind, key in (("PitchIntervalTime", clock.program), ("PitchIntervalChord", clock.program + CHORDAL)):
            base = clock.steps.get(key)
            chordal = any(one == clock.program for one, _ in clock.begun)
            if base is None or kind not in vocabulary.of_kind or (kind == "PitchIntervalTime") == chordal:
                continue
            for index in vocabulary.mask(kind).nonzero()[0]:
                pitch = base + int(vocabulary.numbers[index])
                allowed[index] = 0 <= pitch < 128 and bool(pitches[pitch])
        return allowed

    def ends(self, clock: Clock) -> Any:
        """Words that end a note: one that sounds, and did not begin just now."""
        ending = self.vocabulary.none.copy()
        for index in self.vocabulary.mask(*OFFS).nonzero()[0]:
            one = clock.program, int(self.vocabulary.numbers[index])
            ending[index] = one in clock.sounding and one not in clock.begun
        return ending

    def programs(self, clock: Clock) -> Any:
        legal = self.vocabulary.none.copy()
        ending = {one for one, _ in clock.sounding - clock.begun}
        begun = {one for one, _ in (*clock.begun, *clock.sounding)}
        full, all_play = len(clock.begun) >= TOGETHER, len(clock.players) >= MOST
        for index, program in self.vocabulary.programs:
            if all_play and program >= 0 and program not in clock.players:
                continue
            legal[index] = program in ending or not full and self.controls.plays(program) and (
                self._some(clock, program) if program not in begun else
                not self._crowded(clock, program) and bool(self._free(clock, program).any()))
        return legal

    def _some(self, clock: Clock, program: int) -> bool:
        """Whether an instrument that plays nothing now has a pitch to play."""
        pitches = self._asked(clock, program)
        if (key := id(pitches)) not in self._pitched:
            self._pitched[key] = bool((pitches & self.vocabulary.reach).any())
        return self._pitched[key]
