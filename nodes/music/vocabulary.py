"""What each word of a miditok vocabulary does: whether it moves time, begins a note, or says something of one."""

from __future__ import annotations

from functools import cached_property
from typing import Any

NOTES = ("Pitch", "PitchDrum", "NoteOn", "DrumOn", "PitchIntervalTime", "PitchIntervalChord")
DRUMS = ("PitchDrum", "DrumOn", "DrumOff")
OFFS = ("NoteOff", "DrumOff")
SHIFTS = ("TimeShift", "Rest")
_NOTHING = "TimeShift_0.0.1"  # that of Structured, where notes begin together


class Vocabulary:
    """The words of a tokenizer as arrays, and of a trained one the words that each id stands for."""

    def __init__(self, tokenizer: Any):
        import numpy as np

        self.tokenizer = tokenizer
        self.words = {index: word for word, index in tokenizer.vocab.items()}
        size = max(self.words) + 1
        self.none = np.zeros(size, bool)
        self.kinds, self.values = [""] * size, [""] * size
        self.of_kind: dict[str, Any] = {}
        self._masks: dict[tuple[str, ...], Any] = {}
        self.numbers = np.zeros(size, int)
        for index, word in self.words.items():
            kind, value = word.split("_", 1)
            self.kinds[index], self.values[index] = kind, value
            self.of_kind.setdefault(kind, self.none.copy())[index] = True
            if kind in (*NOTES, *OFFS, "Position", "Program"):
                self.numbers[index] = int(value)
        self.programs = [(index, int(self.numbers[index])) for index in self.words if self.kinds[index] == "Program"]
        self.shifts = [index for index in self.words if self.kinds[index] in SHIFTS]
        self.specials = {word.split("_")[0] for word in tokenizer.special_tokens}
        self.end, self.bar = tokenizer.vocab.get("EOS_None"), tokenizer.vocab.get("Bar_None")
        self.in_tracks = "Track_Start" in tokenizer.vocab
        self.style = tokenizer.config.additional_params.get("base_tokenizer") or type(tokenizer).__name__
        self.graph = _pertok_graph(tokenizer) if self.style == "PerTok" else tokenizer.tokens_types_graph
        self.division = tokenizer.tpq if self.style == "PerTok" else tokenizer.time_division
        self.keys = self.numbers.clip(0, 127)
        self.reach = np.zeros(128, bool)  # pitches that it has words for
        for index in self.mask(*NOTES[:4]).nonzero()[0]:
            self.reach[self.numbers[index]] = True
        self.per_beat = tokenizer.config.max_num_pos_per_beat

    def mask(self, *kinds: str) -> Any:
        """A bool for each word: is it of one of these kinds? Not to be changed."""
        if kinds not in self._masks:
            found = self.none.copy()
            for kind in kinds:
                if kind in self.of_kind:
                    found |= self.of_kind[kind]
            self._masks[kinds] = found
        return self._masks[kinds]

    def any_of(self, *kinds: str) -> bool:
        """Whether there is a word of one of these kinds."""
        return any(kind in self.of_kind for kind in kinds)

    @cached_property
    def endless(self) -> frozenset[int]:
        """Programs (-1 the drums) whose notes have no word for their length, where others have one."""
        told = self.tokenizer.config.use_note_duration_programs
        programs = {program for _, program in self.programs} | ({-1} if self.any_of(*DRUMS) else set())
        return frozenset(programs - set(told)) if self.any_of("Duration") else frozenset()

    def ends_note(self, kind: str, program: int) -> bool:
        """Whether a word of this kind is the last of a note that has no word for its length; miditok's table knows none."""
        return program in self.endless and kind in (*NOTES, "Velocity") and "Duration" in self.graph.get(kind, ())

    def ticks(self, index: int, per_beat: int) -> int:
        """How long a word lasts that says beats.parts.resolution."""
        if self.words[index] == _NOTHING and self.style == "Structured":
            return 0
        beats, parts, resolution = map(int, self.values[index].split("."))
        return beats * per_beat + parts * per_beat // resolution

    def metres(self) -> list[tuple[int, int]]:
        """The metres that it has words for."""
        found = [tuple(map(int, self.values[index].split("/"))) for index in self.words if self.kinds[index] == "TimeSig"]
        return [(upper, lower) for upper, lower in found if self.style != "PerTok" or lower == 4]

    @cached_property
    def pieces(self) -> list[tuple[int, ...]]:
        """The words that each id of the model stands for; an id of a trained tokenizer may stand for several."""
        tokenizer = self.tokenizer
        if not tokenizer.is_trained:
            return [(index,) if index in self.words else () for index in range(len(tokenizer))]
        learned = tokenizer._vocab_learned_bytes_to_tokens
        return [tuple(tokenizer.vocab[word] for word in learned.get(tokenizer._model.id_to_token(index), ()))
                for index in range(len(tokenizer))]

    @cached_property
    def plans_alone(self) -> bool:
        """Whether words of a plan are never merged with others, so that a plan can be held."""
        return self.stand_alone("Left", "Phrase", "Harmony")

    def stand_alone(self, *kinds: str) -> bool:
        """Whether words of these kinds are never merged with others."""
        return all(len(piece) < 2 or not any(self.kinds[index] in kinds for index in piece) for piece in self.pieces)

    @cached_property
    def single(self) -> dict[int, int]:
        """The id that stands for a word alone, by word; words that have none are left out."""
        return {piece[0]: index for index, piece in reversed(list(enumerate(self.pieces))) if len(piece) == 1}

    @cached_property
    def firsts(self) -> Any:
        """The first word of each id, -1 where it stands for none. int (ids)."""
        import numpy as np

        return np.array([piece[0] if piece else -1 for piece in self.pieces])

    @cached_property
    def blank(self) -> int | None:
        """The id that a trained tokenizer puts where a stretch begins, and that says nothing."""
        blank = self.tokenizer._model.token_to_id("▁") if self.tokenizer.is_trained else None
        return blank if blank is not None and not self.pieces[blank] else None

    @cached_property
    def ends(self) -> Any:
        """Whether an id says that the piece is over. bool (ids)."""
        import numpy as np

        return np.array([self.end in piece or index == self.end for index, piece in enumerate(self.pieces)])


def _pertok_graph(tokenizer: Any) -> dict[str, set[str]]:
    """Which kinds follow which in PerTok, whose table in miditok is empty. Started: a program, and its microtiming."""
    config = tokenizer.config
    pitches = {"Pitch", "PitchDrum"}
    first = {"Program"} if config.use_programs else pitches
    told = [kind for kind, used in (("MicroTiming", tokenizer.use_microtiming), ("Velocity", config.use_velocities),
                                    ("Duration", any(config.use_note_duration_programs))) if used]
    times = {"Bar", "TimeShift", "Position"}
    graph = {"Bar": {"Bar", "TimeSig", *times, *first}, "TimeSig": {*times, *first}, "TimeShift": {*first, "Bar"},
             "Position": set(first), "Program": {"MicroTiming"} if tokenizer.use_microtiming else pitches,
             "Started": pitches}
    for before, after in zip(["Pitch", *told], [*told, ""], strict=True):
        graph[before] = {after} if after else {*times, *first}
    graph["PitchDrum"] = graph["Pitch"]
    return graph
