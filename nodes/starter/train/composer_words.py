"""The words in which the composer is taught: REMI with drums, a plan of form and harmony before each bar, frequent runs merged.

A run of words becomes one (BPE), never across a bar line and never with a word of the plan, so that these stand alone and
`music.generate` can hold the plan. Where a mark of the form comes again, the bar is the same in all parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ...media.score import Note, Score, Track, key_parts
from ...music.tokens import wish_tokens
from ...music.writing import ids_of
from ..rules.band import Piece, composed, drawn
from ..rules.form import PHRASE
from ..rules.harmony import CHORDS
from ..rules.setting import TICKS
from ..rules.styles import MOODS, PACES, STYLES

HOME_KEYS = {"major": "C major", "minor": "A minor"}
BARS = (8, 12, 16, 20, 24, 28, 32)
LETTERS = "ABCDEFGHIKZ"
_SPARE = "ABCDEFGH"  # for phrases that come again with other players
_PLACES = ("1", "2", *(f"{bar}{ending}" for bar in (3, 4) for ending in ("open", "closed", "final")))
# Words that come once where notes come by the hundred weigh more, or they are learned last.
_WEIGHTS = {"Tempo": 8.0, "TimeSig": 2.0, "Left": 2.0, "Phrase": 2.0, "Harmony": 2.0, "Bar": 2.0, "EOS": 4.0}
LEARNED = 300  # pieces that merged words are taken from


def _plain_tokenizer() -> Any:
    """miditok's REMI at twelve positions a beat, without velocities, one stream for all programs, strokes of drums without lengths."""
    from miditok import REMI, TokenizerConfig

    words = [f"Style_{s}" for s in STYLES] + [f"Mood_{m}" for m in MOODS] + [f"Pace_{p}" for p in PACES] + ["Key_Cmajor", "Key_Aminor"]
    words += [f"Bars_{b}" for b in BARS] + [f"Left_{bars}" for bars in range(4, 33, 4)] + [f"Harmony_{name}" for name in CHORDS]
    words += [f"Phrase_{letter}{place}" for letter in LETTERS for place in _PLACES]
    programs = sorted({program for style in STYLES.values() for named in style.programs.values() for program in named})
    return REMI(TokenizerConfig(
        pitch_range=(28, 96), beat_res={(0, 4): 12, (4, 12): 1}, special_tokens=["PAD", "BOS", "EOS", *words], encode_ids_split="no",
        use_velocities=False, use_programs=True, one_token_stream_for_programs=True, program_changes=True, programs=[-1, *programs],
        use_note_duration_programs=programs, use_pitchdrum_tokens=True, drums_pitch_range=(35, 83), use_tempos=True, num_tempos=33,
        tempo_range=(40, 200), use_time_signatures=True, time_signature_range={4: [2, 3, 4], 8: [6]}))


def tokenizer(merged: int = 0, pieces: int = LEARNED) -> Any:
    """The tokenizer with so many words in all, those that stand for several taken from pieces that are held out; 0: without such."""
    remi = _plain_tokenizer()
    if merged > len(remi):
        runs = [run for seed in range(2 * 10**9, 2 * 10**9 + pieces) for run in _runs(said(drawn_piece(seed), remi))]
        remi.train(vocab_size=merged, model="BPE", iterator=[[remi._ids_to_bytes([remi.vocab[word] for word in run], as_one_str=True)]
                                                             for run in runs])
    return remi


def read_tokenizer(path: Path) -> Any:
    """A tokenizer from its file."""
    from miditok import REMI

    return REMI(params=path)


def _runs(words: Sequence[str]) -> list[list[str]]:
    """What lies between bar lines and words of the plan."""
    runs: list[list[str]] = [[]]
    for word in words:
        if word.split("_")[0] in ("Bar", "TimeSig", "Left", "Phrase", "Harmony", "Style", "Mood", "Pace", "Key", "Bars", "BOS", "EOS"):
            runs.append([])
        else:
            runs[-1].append(word)
    return [run for run in runs if len(run) > 1]


def drawn_piece(seed: int) -> Piece:
    """A piece of the rules with every part drawn, in the home key of its mode, at one tempo."""
    request = drawn(seed, BARS)
    return composed(replace(request, key=HOME_KEYS[key_parts(request.key)[1]]), seed, breathing=False)


def one_track_each(score: Score) -> Score:
    """The score with one track for each instrument: a pitch begins once at a moment and never sounds over itself."""
    tracks = []
    for program, is_drum in dict.fromkeys((0 if track.is_drum else track.program, track.is_drum) for track in score.tracks):
        notes = sorted({(note.start, note.pitch, note.duration) for track in score.tracks
                        if track.is_drum == is_drum and (is_drum or track.program == program) for note in track.notes}, reverse=True)
        found: list[Note] = []
        following: dict[int, float] = {}
        for start, pitch, length in notes:
            if following.get(pitch) != start:
                end = min(start + length, following.get(pitch, start + length))
                found.append(Note(pitch, start, 0.5 if is_drum else end - start))
                following[pitch] = start
        tracks.append(Track("", program, is_drum, tuple(found)))
    return replace(score, tracks=tuple(tracks), tempos=score.tempos[:1])


def to_symusic(score: Score) -> Any:
    """The Score as symusic has it, twelve ticks to a quarter note."""
    import symusic

    piece: Any = symusic.Score(TICKS)
    piece.tempos.append(symusic.Tempo(0, score.tempos[0][1]))
    piece.time_signatures.append(symusic.TimeSignature(0, *score.metres[0][1:]))
    for track in score.tracks:
        part: Any = symusic.Track(track.name, track.program, track.is_drum)
        for note in track.notes:
            part.notes.append(symusic.Note(round(note.start * TICKS), max(1, round(note.duration * TICKS)), note.pitch, note.velocity))
        piece.tracks.append(part)
    return piece


def marks(piece: Piece, score: Score) -> list[str]:
    """The mark of each bar (A1, A2, A3open ...): a letter of the form, or another where its music is not the same in all parts."""
    beats = 4 * score.metres[0][1] / score.metres[0][2]

    def music(bar: int) -> frozenset[tuple[object, ...]]:
        return frozenset((at, note.pitch, round((note.start - bar * beats) * TICKS), round(note.duration * TICKS))
                         for at, track in enumerate(score.tracks) for note in track.notes if bar * beats - 1e-6 <= note.start < (bar + 1) * beats - 1e-6)

    known: dict[str, frozenset[tuple[object, ...]]] = {}
    found: list[str] = []
    planned = {phrase.letter for phrase in piece.phrases}
    for phrase in piece.phrases:
        ending = "open" if phrase.ending == "turn" else phrase.ending
        for letter in (phrase.letter, *(spare for spare in _SPARE if spare not in planned)):
            bars = {f"{letter}{at + 1}{ending if at > 1 else ''}": music(phrase.first + at) for at in range(PHRASE)}
            if all(known.get(mark, heard) == heard for mark, heard in bars.items()):
                break
        known |= bars
        found += bars
    return found


def said(piece: Piece, remi: Any) -> list[str]:
    """The piece in words: BOS, the wishes, then bar by bar its plan and its notes, EOS."""
    request, score = piece.request, one_track_each(piece.score)
    places, bars = marks(piece, score), len(piece.harmony)
    wishes, _ = wish_tokens(remi.vocab, request.style, request.mood, request.tempo, request.key, bars)
    words, bar = ["BOS_None", *wishes], -1
    for word in remi.encode(to_symusic(score), encode_ids=False).tokens:
        words.append(word)
        if word == "Bar_None":
            bar += 1
        elif word.startswith("TimeSig_"):
            words += [f"Left_{bars - bar}"] if bar % PHRASE == 0 else []
            words += [f"Phrase_{places[bar]}", *(f"Harmony_{name}" for name in piece.harmony[bar])]
    return [*words, "EOS_None"]


def encoded(piece: Piece, remi: Any) -> list[int]:
    """The piece as the ids that a model reads."""
    return ids_of(remi, said(piece, remi))


def written(seeds: Iterable[int], remi: Any, most: int) -> list[list[int]]:
    """The ids of the pieces with these seeds that are no longer than so many."""
    return [ids for seed in seeds if len(ids := encoded(drawn_piece(seed), remi)) <= most]


def training_seeds(seed: int, count: int, shard: int) -> range:
    """The seeds of the first so many pieces that a training with this seed reads. shard: how many lie in a file."""
    first = seed * 1000 * shard
    return range(first, first + count)


@cache
def _weight(word: str) -> float:
    return _WEIGHTS.get(word.split("_")[0], 1.0)


def token_weights(remi: Any) -> Any:
    """How much each id counts in training. float (ids)."""
    import torch

    vocabulary = {index: word for word, index in remi.vocab.items()}
    if not remi.is_trained:
        return torch.tensor([_weight(vocabulary.get(index, "")) for index in range(len(remi))])
    pieces = remi._vocab_learned_bytes_to_tokens
    return torch.tensor([max((_weight(word) for word in pieces.get(remi._model.id_to_token(index), ())), default=1.0) for index in range(len(remi))])
