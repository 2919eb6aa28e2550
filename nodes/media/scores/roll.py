"""The small picture of a Score: its notes over time."""

from __future__ import annotations

from typing import Any

from ..score import Score, Track, bar_starts

_TRACK_COLORS = ((240, 178, 74), (92, 168, 224), (214, 96, 110), (120, 196, 132), (178, 132, 220),
                 (220, 220, 220))
_GROUND, _BAR_LINE = (24, 26, 32), (46, 50, 60)


def piano_roll_picture(score: Score, width: int = 480, height: int = 160) -> Any:
    """The notes drawn over time, a colour for each track, with bar lines: uint8 (height, width, 3).

    Drums are drawn where a score has nothing else.
    """
    import numpy as np

    picture = np.full((height, width, 3), _GROUND, np.uint8)
    pitched = any(track.notes for track in score.tracks if not track.is_drum)
    tracks = [(index, track) for index, track in enumerate(score.tracks) if not (pitched and track.is_drum)]
    pitches = [note.pitch for _, track in tracks for note in track.notes]
    if not pitches:
        return picture
    columns = (width - 1) / score.beats
    for start in bar_starts(score):
        picture[:, int(start * columns)] = _BAR_LINE
    for index, track in tracks:
        _draw(picture, track, _TRACK_COLORS[index % len(_TRACK_COLORS)], columns, min(pitches) - 2, max(pitches) + 2)
    return picture


def _draw(picture: Any, track: Track, color: tuple[int, ...], columns: float, low: int, high: int) -> None:
    import numpy as np

    row_height = len(picture) / (high - low + 1)
    for note in track.notes:
        top = int((high - note.pitch) * row_height)
        left = int(note.start * columns)
        right = max(left + 1, int((note.start + note.duration) * columns) - 1)
        shade = 0.55 + 0.45 * note.velocity / 127
        picture[top:max(top + 1, int(top + row_height)), left:right] = (np.array(color) * shade).astype(np.uint8)
