"""The node that plays a score on the instruments of a soundfont."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from nodegraph import SILENT, Context, File, InputError, Range, node

from ..media.types import Audio, Score
from .performance import Channel, channels
from .room import with_room
from .soundfonts import in_tune

PEAK = 10 ** (-1 / 20)  # -1 dBFS
CEILING = -1.0  # dBTP
LONGEST_MINUTES = 60
_BLOCK = 1 << 18  # samples


@node("music.render", version=4, costly=True)
def render(score: Score, soundfont: File | None = None, room: Annotated[float, Range(0, 1, 0.05)] = 0.3,
           tail: Annotated[float, Range(0, 10, 0.5)] = 2.0, loudness: Annotated[float, Range(-40, 0)] = -16.0,
           sample_rate: Literal["44100", "48000"] = "44100", ctx: Context = SILENT) -> Audio:
    """Play a score: stereo sound, as loud as asked, and never clipped (its true peak stays below -1 dBTP).

    Besides notes it plays the sustain pedal, volume, expression, pan, pitch bends and changes of instrument; other
    controllers, banks and aftertouch are not heard.

    score: the music.
    soundfont: an SF2 or SF3 file of instruments; left out, the small General MIDI set of pretty_midi.
    room: how much of a small room is heard around the instruments; 0 is dry.
    tail: seconds after the last note in which sound may die away.
    loudness: in LUFS (ITU-R BS.1770), -16 as on the web; 0 for the loudest sample at -1 dBFS, whatever that sounds like.
    sample_rate: in Hz.
    """
    import numpy as np
    import torch

    from ..media.sounds.levels import as_loud

    if not any(track.notes for track in score.tracks):
        raise InputError("the score has no notes to play")
    if score.seconds > 60 * LONGEST_MINUTES:
        raise InputError(f"the score lasts {score.seconds / 60:.0f} minutes; {LONGEST_MINUTES} are played at most")
    rate = int(sample_rate)
    samples = _played(score, Path(soundfont) if soundfont is not None else default_soundfont(), tail, rate, ctx)
    ctx.report(1, 1, "filling the room")
    samples = _faded(with_room(samples, room, rate), tail, rate)
    peak = float(np.abs(samples).max())
    if peak == 0:
        raise InputError("the soundfont has no sound for this score's instruments")
    samples *= np.float32(PEAK / peak)
    return Audio(torch.from_numpy(as_loud(samples, rate, loudness, CEILING) if loudness else samples), rate)


def default_soundfont() -> Path:
    """TimGM6mb.sf2 (Tim Brechbill, GPL-2), where pretty_midi keeps it. Raises InputError when it is gone."""
    from importlib.util import find_spec

    spec = find_spec("pretty_midi")
    folders = spec.submodule_search_locations if spec else None
    path = Path(folders[0] if folders else "", "TimGM6mb.sf2")
    if not path.exists():
        raise InputError("pretty_midi, whose soundfont is used, is not whole; "
                         "reinstall it or give a soundfont")
    return path


def _played(score: Score, soundfont: Path, tail: float, rate: int, ctx: Context) -> Any:
    """Samples, float32 (2, n), as loud as they come.

    Channels that nothing is done to are played at once, each of the others by itself.
    """
    import numpy as np
    import symusic

    if not soundfont.exists():
        raise InputError(f"there is no soundfont {soundfont}")
    parts = channels(score)
    length = round((score.seconds + tail) * rate)
    plain = Channel([note for part in parts if part.is_plain for note in part.notes])
    parts = [part for part in parts if not part.is_plain] + ([plain] if plain.notes else [])
    mix = np.zeros((2, length), np.float32)
    try:
        synthesizer = symusic.Synthesizer(sf_path=in_tune(soundfont), sample_rate=rate)
        for done, part in enumerate(parts):
            ctx.report(done, len(parts) + 1, "playing")
            _add(mix, part, synthesizer, rate)
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError(f"{soundfont} cannot be played: {error}") from error
    return mix


def _add(mix: Any, part: Channel, synthesizer: Any, rate: int) -> None:
    """Mix a channel in, block by block, at its levels and bent as its wheel has it.

    A bend plays a recording faster or slower, as samplers do: notes begin and end where they should, for the synthesizer
    plays them on a clock that runs as fast as the bend, and its sound is read back along the same clock.
    """
    import numpy as np

    length = mix.shape[1]
    times, clock = _bent_clock(part, length / rate)
    sound = _dry(part, synthesizer, lambda second: float(np.interp(second, times, clock)), round(clock[-1] * rate), rate)
    level_times, gains = part.levels()
    for start in range(0, length, _BLOCK):
        seconds = np.arange(start, min(start + _BLOCK, length)) / rate
        for side in range(2):
            if part.bend.is_flat:
                block = sound[side, start:start + len(seconds)]
            else:
                block = _read(sound[side], np.interp(seconds, times, clock) * rate)
            level = np.interp(seconds, level_times, gains[side]) if not part.is_plain else np.ones(1)
            mix[side, start:start + len(block)] += (block * level[:len(block)]).astype(np.float32) \
                if not part.is_plain else block


def _bent_clock(part: Channel, end: float) -> tuple[Any, Any]:
    """Seconds of the music, and those of a clock that runs 2 ** (bend / 12) times as fast."""
    import numpy as np

    times, bends = (np.asarray(values) for values in part.bend.ramped())
    times, bends = np.append(times[times < end], end), bends[:np.count_nonzero(times < end)]
    middles = (bends + np.append(bends[1:], bends[-1])) / 2
    return times, np.concatenate([[0.0], np.cumsum(np.diff(times) * 2 ** (middles / 12))])


def _read(sound: Any, at: Any) -> Any:
    """Samples between samples, by straight lines."""
    import numpy as np

    low = max(0, int(at[0]))
    part = sound[low:int(at[-1]) + 2]
    return np.interp(at - low, np.arange(len(part)), part) if len(part) else np.zeros(len(at))


def _dry(part: Channel, synthesizer: Any, clock: Callable[[float], float], length: int, rate: int) -> Any:
    """What symusic's synthesizer plays of the notes, float32 (2, length): a tick is a sample.

    A last soft note stands at the end, for rendering stops with the last note; only that one is cut off.
    """
    import numpy as np
    import symusic

    piece: Any = symusic.Score(rate // 2)
    piece.tempos.append(symusic.Tempo(0, 120))
    voices: dict[tuple[int, bool], Any] = {}
    for note in part.notes:
        voice = voices.setdefault((note.program, note.is_drum), symusic.Track("", note.program, note.is_drum))
        start, end = (min(round(clock(second) * rate), length) for second in (note.start, note.end))
        voice.notes.append(symusic.Note(start, max(1, end - start), note.pitch, note.velocity))
    marker: Any = symusic.Track("end", 0, False)
    marker.notes.append(symusic.Note(length + 1, 1, 0, 1))
    for voice in (*voices.values(), marker):
        piece.tracks.append(voice)
    sound = np.asarray(synthesizer.render(piece, stereo=True))
    return np.ascontiguousarray(sound[:, :length], np.float32)


def _faded(samples: Any, tail: float, rate: int) -> Any:
    """The last half second of the tail, or less, goes down to silence."""
    import numpy as np

    fade = min(samples.shape[1], round(min(tail, 0.5) * rate))
    if fade:
        samples[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return samples
