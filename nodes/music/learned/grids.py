"""Music on a grid of sixteenths, which is what the small networks read and write: drums, and one voice.

Drums are uint8 (steps, 9): the velocity of each of nine voices, 0 where nothing is struck; the forty-seven instruments of
General MIDI fall into nine as in MusicVAE (Roberts et al., 2018). A voice is uint8 (steps,): 0 holds on, 1 falls silent,
and 2 and more strike a pitch, from C3 on. Voices stand in C major or A minor; who reads and writes scores moves them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nodegraph import InputError, warn

from ...media.score import Note, Score, Track, key_name, key_parts, seconds_at

STEPS_PER_BEAT, BAR = 4, 16
DRUMS, MELODY = "drums", "melody"
HOLD, REST, FIRST = 0, 1, 2
LOWEST, HIGHEST = 48, 84
TOKENS = FIRST + HIGHEST - LOWEST + 1
VOICES = (36, 38, 42, 46, 45, 48, 50, 49, 51)  # kick, snare, closed and open hat, low, mid and high tom, crash, ride
_CLASSES = {  # General MIDI's drums by voice
    0: (35, 36), 1: (37, 38, 39, 40), 2: (42, 44, 54, 69, 70, 82), 3: (46,), 4: (41, 43, 45, 61, 64, 66), 5: (47, 48, 60, 63, 65),
    6: (50, 62, 67, 68), 7: (49, 52, 55, 57, 58), 8: (51, 53, 56, 59, 80, 81)}
VOICE_OF = {pitch: voice for voice, pitches in _CLASSES.items() for pitch in pitches}
_WEIGHTS = (92, 70, 78, 70) * 4  # velocities of a voice within a bar


def grid_of(score: Score, kind: str) -> Any:
    """The whole of a score on the grid: its drums, or its highest pitched track moved to the home key.

    Raises InputError where it has none.
    """
    return drum_grid(score) if kind == DRUMS else melody_grid(score)


def drum_grid(score: Score) -> Any:
    """All drum tracks together, uint8 (steps, 9), whole bars; strokes on instruments of none of the voices are told of."""
    import numpy as np

    notes = [note for track in score.tracks if track.is_drum for note in track.notes]
    if not notes:
        raise InputError("the score has no drums; give one with a drum track")
    grid = np.zeros((_whole(max(note.start for note in notes) + 0.25), len(VOICES)), np.uint8)
    for note in notes:
        step = round(note.start * STEPS_PER_BEAT)
        if note.pitch in VOICE_OF and step < len(grid):
            voice = VOICE_OF[note.pitch]
            grid[step, voice] = max(grid[step, voice], note.velocity)
    strange = {note.pitch for note in notes} - set(VOICE_OF)
    if strange:
        warn(f"drums of pitch {', '.join(map(str, sorted(strange)))} are none of the nine voices and are left out")
    return grid


def melody_grid(score: Score, shift: int | None = None) -> Any:
    """The highest pitched track as one voice, uint8 (steps,), whole bars; of notes together the highest counts.

    shift: semitones to the home key, 6 down to 5 up; left out, those of the score's key.
    """
    import numpy as np

    tracks = [track for track in score.tracks if track.notes and not track.is_drum]
    if not tracks:
        raise InputError("the score has no melody; give one with a track that is no drums")
    track = max(tracks, key=lambda track: sum(note.pitch for note in track.notes) / len(track.notes))
    shift = -home_shift(score) if shift is None else shift
    grid = np.full(_whole(max(note.start + note.duration for note in track.notes)), HOLD, np.uint8)
    tops: dict[int, Note] = {}
    for note in track.notes:
        step = round(note.start * STEPS_PER_BEAT)
        if step not in tops or tops[step].pitch < note.pitch:
            tops[step] = note
    starts = sorted(step for step in tops if step < len(grid))
    grid[0] = REST
    for at, step in enumerate(starts):
        note = tops[step]
        grid[step] = FIRST + folded(note.pitch + shift) - LOWEST
        end = round((note.start + note.duration) * STEPS_PER_BEAT)
        if end < (starts[at + 1] if at + 1 < len(starts) else len(grid)) and end > step:
            grid[end] = REST
    return grid


def folded(pitch: int) -> int:
    """A pitch within the voice's range, by octaves."""
    while pitch < LOWEST:
        pitch += 12
    while pitch > HIGHEST:
        pitch -= 12
    return pitch


def home_shift(score: Score) -> int:
    """Semitones from the home key (C major or A minor) to the score's, -5 to 6; a score that names none is as it is."""
    return key_shift(score.keys[0][1]) if score.keys else 0


def key_shift(key: str) -> int:
    """Semitones from C major, or A minor, to a key, -5 to 6."""
    tonic, mode = key_parts(key)
    return (tonic - (9 if mode == "minor" else 0) + 5) % 12 - 5


def windows(grid: Any, steps: int, hop: int = BAR) -> list[Any]:
    """Stretches of so many steps that begin at bar lines and are not empty."""
    found = []
    for start in range(0, len(grid) - steps + 1, hop):
        part = grid[start:start + steps].copy()
        if part.ndim == 1 and part[0] == HOLD:  # what sounds on from before begins anew
            struck = [token for token in grid[:start] if token != HOLD]
            part[0] = struck[-1] if struck else REST
        if (part > (0 if part.ndim == 2 else REST)).any():
            found.append(part)
    return found


def score_of(grid: Any, kind: str, bpm: float = 120.0, key: str = "C major", program: int = 0) -> Score:
    """The score of a grid. key: the one that a voice is moved to; its mode is told, not made. program: of the voice."""
    if kind == DRUMS:
        notes = [Note(VOICES[voice], step / STEPS_PER_BEAT, 0.25, max(1, min(127, int(velocity))))
                 for step, row in enumerate(grid) for voice, velocity in enumerate(row) if velocity]
        return Score((Track("Drums", 0, True, tuple(notes)),), ((0.0, bpm),), ((0.0, 4, 4),))
    shift = key_shift(key)
    return Score((Track("Melody", program, False, tuple(_notes(grid, shift))),), ((0.0, bpm),), ((0.0, 4, 4),),
                 ((0.0, key_name(*key_parts(key))),))


def _notes(grid: Sequence[int], shift: int) -> list[Note]:
    found: list[Note] = []
    begun: tuple[int, int] | None = None
    for step, token in enumerate([*map(int, grid), REST]):
        if token == HOLD and step < len(grid):
            continue
        if begun is not None:
            pitch, start = begun
            found.append(Note(pitch + shift, start / STEPS_PER_BEAT, (step - start) / STEPS_PER_BEAT, _WEIGHTS[start % BAR]))
        begun = (LOWEST + token - FIRST, step) if token >= FIRST else None
    return found


def is_common_time(score: Score) -> bool:
    """Whether all of a score is in 4/4 or 2/2, which is what the grid has bars for."""
    return all(4 * upper / lower == 4 for _, upper, lower in score.metres)


def tempo_of(score: Score) -> float:
    """Quarter notes per minute, on the whole."""
    return 60 * score.beats / max(1e-6, seconds_at(score, score.beats)) if score.beats else score.tempos[0][1]


def _whole(beats: float) -> int:
    """Steps of the bars that so many beats begin."""
    return BAR * max(1, -(-round(beats * STEPS_PER_BEAT) // BAR))
