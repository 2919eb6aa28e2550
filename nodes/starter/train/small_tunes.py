"""The words in which the present weights of starter/composer were taught the tunes of `tunes.py`, for those who judge them.

`composer.py` trains a composer of more on what `rules` writes; when its weights take the place of these, this goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...media.score import Score
from ...music.tokens import wish_tokens
from .. import tunes

HOME_KEYS = {"major": "C major", "minor": "A minor"}
HELD_OUT = 10**9  # seeds from here on were never trained on
SHARD = 2000  # tunes


_PLACES = ("1", "2", *(f"{bar}{ending}" for bar in (3, 4) for ending in ("open", "closed", "final")))


def tokenizer():
    """miditok's REMI at twelve positions a beat, without velocities, one stream for all programs."""
    from miditok import REMI, TokenizerConfig

    words = [f"Style_{s}" for s in tunes.STYLES] + [f"Mood_{m}" for m in tunes.MOODS]
    words += [f"Pace_{p}" for p in tunes.TEMPI] + ["Key_Cmajor", "Key_Aminor"]
    words += [f"Bars_{b}" for b in tunes.BARS]
    words += [f"Left_{bars}" for bars in range(4, 33, 4)] + [f"Harmony_{name}" for name in tunes.CHORDS]
    words += [f"Phrase_{letter}{place}" for letter in "ABC" for place in _PLACES]
    programs = sorted(tunes.MELODY_PROGRAMS + tunes.CHORD_PROGRAMS + tunes.BASS_PROGRAMS)
    return REMI(TokenizerConfig(
        pitch_range=(28, 93), beat_res={(0, 4): 12, (4, 12): 1}, special_tokens=["PAD", "BOS", "EOS", *words],
        use_velocities=False, use_programs=True, one_token_stream_for_programs=True, program_changes=True,
        programs=programs, use_tempos=True, num_tempos=33, tempo_range=(40, 200), use_time_signatures=True,
        time_signature_range={4: [2, 3, 4], 8: [6]}))


def to_symusic(score: Score):
    """The Score as symusic has it, twelve ticks to a quarter note."""
    import symusic

    piece: Any = symusic.Score(tunes.TICKS)
    piece.tempos.append(symusic.Tempo(0, score.tempos[0][1]))
    piece.time_signatures.append(symusic.TimeSignature(0, *score.metres[0][1:]))
    for track in score.tracks:
        notes: Any = symusic.Track(track.name, track.program, track.is_drum)
        for note in track.notes:
            notes.notes.append(symusic.Note(round(note.start * tunes.TICKS),
                                            round(note.duration * tunes.TICKS),
                                            note.pitch, note.velocity))
        piece.tracks.append(notes)
    return piece


def encoded(tune: tunes.Tune, remi) -> list[int]:
    """The tune as token ids: BOS, the wishes, then bar by bar its plan and its notes, EOS.

    A bar's place is one word: Phrase_A1, Phrase_A2, and where the phrase ends Phrase_A3open, ...
    """
    request = tune.request
    wishes, _ = wish_tokens(remi.vocab, request.style, request.mood, request.tempo, request.key, request.bars)
    words, bar, ends = ["BOS_None", *wishes], -1, tunes.endings(tune.form)
    for word in remi.encode(to_symusic(tune.score)).tokens:
        words.append(word)
        if word == "Bar_None":
            bar += 1
        elif word.startswith("TimeSig_"):
            phrase, place = divmod(bar, 4)
            words += [f"Left_{request.bars - bar}"] if place == 0 else []
            words.append(f"Phrase_{tune.form[phrase]}{place + 1}{ends[phrase] if place >= 2 else ''}")
            words += [f"Harmony_{name}" for name in tune.harmony[bar]]
    return [remi.vocab[word] for word in (*words, "EOS_None")]


def home_request(seed: int) -> tunes.Request:
    """A drawn request, in the home key of its mode."""
    drawn = tunes.draw_request(seed)
    mode = drawn.key.split()[1]
    return tunes.Request(drawn.style, drawn.mood, drawn.tempo, HOME_KEYS[mode], drawn.bars)


def written(seeds: Iterable[int], remi) -> list[list[int]]:
    """The token sequences of the tunes with these seeds."""
    return [encoded(tunes.compose(home_request(seed), seed), remi) for seed in seeds]


def training_seeds(seed: int, count: int) -> range:
    """The seeds of the first so many tunes that a training with this seed reads."""
    first = seed * 1000 * SHARD
    return range(first, first + count)
