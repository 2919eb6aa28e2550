"""The node that plays a score on the instruments of a soundfont."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from nodegraph import SILENT, Context, File, InputError, Range, node

from ..media.score import seconds_at
from ..media.types import Audio, Score
from .room import ringing_end, with_room

SAMPLE_RATE = 44100
PEAK = 10 ** (-1 / 20)  # -1 dBFS
_TICKS = 480


@node("music.render", version=1, costly=True)
def render(score: Score, soundfont: File | None = None, room: Annotated[float, Range(0, 1, 0.05)] = 0.3,
           tail: Annotated[float, Range(0, 10, 0.5)] = 2.0, ctx: Context = SILENT) -> Audio:
    """Play a score: stereo sound at 44.1 kHz, its loudest sample at -1 dBFS.

    score: the music.
    soundfont: an SF2 or SF3 file of instruments; left out, the small General MIDI set of pretty_midi.
    room: how much of a small room is heard around the instruments; 0 is dry.
    tail: seconds after the last note in which sound may die away.
    """
    import numpy as np
    import torch

    if not any(track.notes for track in score.tracks):
        raise InputError("the score has no notes to play")
    ctx.report(0, 2, "playing")
    samples = _played(score, Path(soundfont) if soundfont is not None else default_soundfont(), tail)
    ctx.report(1, 2, "filling the room")
    samples = _faded(with_room(samples, room, SAMPLE_RATE), tail)
    peak = float(np.abs(samples).max())
    if peak == 0:
        raise InputError("the soundfont has no sound for this score's instruments")
    return Audio(torch.from_numpy(samples * np.float32(PEAK / peak)), SAMPLE_RATE)


def default_soundfont() -> Path:
    """TimGM6mb.sf2 (Tim Brechbill, GPL-2), where pretty_midi keeps it. Raises InputError when it is gone."""
    from importlib.util import find_spec

    spec = find_spec("pretty_midi")
    path = Path(next(iter(spec.submodule_search_locations)) if spec else "", "TimGM6mb.sf2")
    if not path.exists():
        raise InputError("pretty_midi, whose soundfont is used, is not whole; "
                         "reinstall it or give a soundfont")
    return path


def _played(score: Score, soundfont: Path, tail: float) -> Any:
    """Samples, float32 (2, n), as loud as they come."""
    import numpy as np
    import symusic

    if not soundfont.exists():
        raise InputError(f"there is no soundfont {soundfont}")
    end = seconds_at(score, score.beats) + tail
    try:
        synthesizer = symusic.Synthesizer(sf_path=soundfont, sample_rate=SAMPLE_RATE)
        sound = np.asarray(synthesizer.render(_ringing(score, end), stereo=True))
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError(f"{soundfont} cannot be played: {error}") from error
    return np.ascontiguousarray(sound[:, :round(end * SAMPLE_RATE)], np.float32)


def _faded(samples: Any, tail: float) -> Any:
    """The last half second of the tail, or less, goes down to silence."""
    import numpy as np

    fade = min(samples.shape[1], round(min(tail, 0.5) * SAMPLE_RATE))
    if fade:
        samples[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return samples


def _ringing(score: Score, end: float) -> Any:
    """The score for symusic, with a last soft note at `end` seconds: rendering stops with the last note, and
    what is cut off there is only that one."""
    import symusic

    piece = symusic.Score(_TICKS)
    for beat, bpm in score.tempos:
        piece.tempos.append(symusic.Tempo(round(beat * _TICKS), bpm))
    for track in score.tracks:
        voice = symusic.Track(track.name, track.program, track.is_drum)
        following: dict[int, float] = {}
        for note in reversed(track.notes):
            end_beat = ringing_end(track.program, track.is_drum, note.start + note.duration,
                                   following.get(note.pitch), score.tempos[0][1])
            following[note.pitch] = note.start
            start, stop = round(note.start * _TICKS), round(end_beat * _TICKS)
            voice.notes.append(symusic.Note(start, max(1, stop - start), note.pitch, note.velocity))
        piece.tracks.append(voice)
    last = score.beats + (end - seconds_at(score, score.beats)) * score.tempos[-1][1] / 60
    marker = symusic.Track("end", 0, False)
    marker.notes.append(symusic.Note(round(last * _TICKS) + 1, 1, 0, 1))
    piece.tracks.append(marker)
    return piece
