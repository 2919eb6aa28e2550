"""What the nodes of music are held to: given notes, harmony, speed, tokenizers, files, and how loud a render is.

    python benchmarks/music.py editing TUNES      # a folder of MIDI, MusicXML or ABC of your own
    python benchmarks/music.py speed              # milliseconds of processor time a token, beside a bare loop
    python benchmarks/music.py files              # 200 scores read by mido, pretty_midi and music21; 1,000 spoilt files
    python benchmarks/music.py tokenizers         # 20 ways of miditok to write music: bars asked and bars got
    python benchmarks/music.py sound TUNES        # loudness by pyloudnorm and sox, which this needs besides
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from nodegraph import InputError, Recipe
from nodegraph_nodes.media.read_score import read_score
from nodegraph_nodes.media.score import Score, bar_starts, whole_bars
from nodegraph_nodes.media.scores.midi import from_bytes, save_midi
from nodegraph_nodes.music.additions import accompany, fill, go_on, harmonise
from nodegraph_nodes.music.chords import chord
from nodegraph_nodes.music.composing import Wish, composed, dice_of, finished, midi_writer
from nodegraph_nodes.music.generate import generate
from nodegraph_nodes.music.given import metre_at
from nodegraph_nodes.music.models import Composer, load
from nodegraph_nodes.music.render import render
from nodegraph_nodes.music.theory import chord_at
from nodegraph_nodes.music.tokens import known_styles
from nodegraph_nodes.music.tracks import cut, take_tracks

STARTER = "starter/composer"
TOKENIZERS = [(name, {"use_programs": programs}, trained) for name in ("REMI", "TSD", "MIDILike")
              for programs in (False, True) for trained in ("", "BPE", "Unigram")]
TOKENIZERS += [("Structured", {"use_programs": True}, ""), ("PerTok", {}, "")]


def starter(folder: Path | None = None) -> Composer:
    """The composer that comes along, or another that was taught as it is."""
    from nodegraph_nodes import starter as pack

    place = folder or Path(pack.__file__).parent / "models" / "composer"
    return load(Recipe("MusicModel", STARTER, str(place)), "cpu", "float32")


def tunes(folder: Path, bars: int) -> Iterator[tuple[str, Score]]:
    """The first bars of each file of a folder that has notes."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".mid", ".midi", ".kar", ".abc", ".xml", ".mxl", ".musicxml"):
            whole = read_score(path)
            yield path.name, cut(whole, 1, min(bars, len(bar_starts(whole))))


# ---- editing ------------------------------------------------------------------------------------------------------

def is_kept(given: Score, result: Score, gap: tuple[float, float] = (0.0, 0.0)) -> bool:
    """Whether every note that does not begin in the gap, every event, word and map of a score is in another."""
    def outside(notes: Any) -> Counter:
        return Counter(note for note in notes if not gap[0] - 1e-6 <= note.start < gap[1] - 1e-6)

    return len(result.tracks) >= len(given.tracks) and all(
        not outside(one.notes) - outside(other.notes) and replace(one, notes=()) == replace(other, notes=())
        for one, other in zip(given.tracks, result.tracks, strict=False)) and all(
        getattr(given, name) == getattr(result, name) for name in ("tempos", "metres", "keys"))


def harmony(melody: Score, full: Score) -> tuple[int, int, int]:
    """Of a harmonised melody: notes on strong beats, those of them in their chord, and held clashes.

    Strong are the first beat of a bar and, in four, the third. A clash is a semitone between melody and a new note of
    which both sound together for a beat.
    """
    symbols = [replace(chord(text.text), beat=text.beat) for text in full.texts if text.kind == "cue"]
    notes = melody.tracks[0].notes
    strong = [note for note in notes if is_strong(melody, note.start)]
    inside = sum(bool((at := chord_at(symbols, note.start)) and note.pitch % 12 in at.tones) for note in strong)
    new = [note for track in full.tracks[len(melody.tracks):] if not track.is_drum for note in track.notes]
    clashes = sum(abs(one.pitch - other.pitch) % 12 in (1, 11) and
                  min(one.start + one.duration, other.start + other.duration) - max(one.start, other.start) >= 1 - 1e-6
                  for one in notes for other in new)
    return len(strong), inside, clashes


def is_strong(score: Score, beat: float) -> bool:
    """Whether a moment is the first beat of a bar or, in 4/4, the third."""
    line = max((start for start in bar_starts(score, beat + 1) if start <= beat + 1e-6), default=0.0)
    return abs(beat - line) < 0.02 or metre_at(score, beat) == (4, 4) and abs(beat - line - 2) < 0.02


def editing(model: Composer, folder: Path, bars: int, seeds: int) -> dict:
    """Every tune gone on with, filled, harmonised and accompanied: what is kept, and what the harmony is like."""
    counts, strong, inside, clashes, wrong = Counter[str](), 0, 0, list[int](), list[str]()
    styles = known_styles(model.tokenizer.vocab)
    for name, score in tunes(folder, bars):
        melody, lines = take_tracks(score, "melody"), [*bar_starts(score), whole_bars(score)]
        gap = (lines[1], lines[min(3, len(lines) - 1)]) if len(lines) > 3 else (lines[0], lines[1])
        bars_of_gap = lines.index(gap[0]) + 1, lines.index(gap[1])
        for seed in range(seeds):
            style = styles[(seed + len(name)) % len(styles)]
            for what, work in (
                    ("continue", lambda a: (a[0], go_on(model, a[0], 2, style=a[2], seed=a[3]), (0.0, 0.0))),
                    ("fill", lambda a: (a[0], fill(model, a[0], *bars_of_gap, replace_notes=True, style=a[2], seed=a[3]), gap)),
                    ("harmonise", lambda a: (a[1], harmonise(model, a[1], style=a[2], seed=a[3]), (0.0, 0.0))),
                    ("accompany", lambda a: (a[0], accompany(model, a[0], style=a[2], seed=a[3]), (0.0, 0.0)))):
                try:
                    given, result, hole = work((score, melody, style, seed))
                except InputError as error:
                    wrong.append(f"{name}, {what}, seed {seed}: {error}")
                    continue
                counts["edits"] += 1
                counts["kept"] += is_kept(given, result, hole)
                if not is_kept(given, result, hole):
                    wrong.append(f"{name}, {what}, seed {seed}: not kept")
                if what == "harmonise":
                    found = harmony(melody, result)
                    strong, inside = strong + found[0], inside + found[1]
                    clashes.append(found[2])
                    if found[1] < 0.75 * found[0] or found[2]:
                        wrong.append(f"{name}, seed {seed}: {found[1]} of {found[0]} strong notes in the chord, {found[2]} clashes")
        print(name, dict(counts), f"{inside}/{strong}", sum(clashes), round(time.process_time()), file=sys.stderr, flush=True)
    return {"edits": counts["edits"], "kept": counts["kept"], "strong notes in the chord": inside / max(1, strong),
            "held clashes a tune": sum(clashes) / max(1, len(clashes)), "told": wrong}


# ---- speed --------------------------------------------------------------------------------------------------------

def speed(model: Composer, pairs: int) -> dict:
    """Milliseconds of processor time a token: music.generate, and a bare loop over its model and cache, by turns."""
    import torch

    torch.set_num_threads(1)
    composed_tokens(model, 0)
    ours, bare = [], []
    for seed in range(pairs):
        begin = time.process_time()
        tokens = composed_tokens(model, seed)
        ours.append(1000 * (time.process_time() - begin) / tokens)
        bare.append(1000 * bare_loop(model.model, tokens))
    with_cache, without = bare_loop(model.model, 1024) * 1024, uncached(model.model, 1024)
    ratio = median(one / other for one, other in zip(ours, bare, strict=True))
    return {"ms a token": median(ours), "of a bare loop": median(bare), "more than it": ratio - 1,
            "cache, times as fast at 1,024": without / with_cache}


def composed_tokens(model: Composer, seed: int) -> int:
    """Compose sixteen bars as music.generate does; how many tokens the network was asked for."""
    wish, tokens = Wish(style="jazz"), 0
    writer = midi_writer(model, wish)
    choose = writer.choose

    def counted(logits: Any, dice: Any) -> list[int]:
        nonlocal tokens
        tokens += 1
        return choose(logits, dice)

    writer.choose = counted  # type: ignore[method-assign]
    finished(model, composed(model, writer, dice_of(seed, 0.9, 0.95), lambda bar: None), wish)
    return tokens


def bare_loop(model: Any, tokens: int) -> float:
    """Seconds of processor time a token of a plain loop that samples with the model's cache."""
    import torch

    dice, fresh, cache = torch.Generator().manual_seed(0), torch.tensor([[1]]), None
    begin = time.process_time()
    with torch.no_grad():
        for _ in range(tokens):
            out = model(input_ids=fresh, past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            fresh = torch.multinomial(out.logits[0, -1].softmax(0), 1, generator=dice)[None]
    return (time.process_time() - begin) / tokens


def uncached(model: Any, tokens: int) -> float:
    """Seconds that so many tokens take without a cache, from the cost of every 64th by the trapezium rule."""
    import torch

    costs = []
    with torch.no_grad():
        for length in range(1, tokens + 1, 64):
            begin = time.process_time()
            model(input_ids=torch.ones(1, length, dtype=torch.long), use_cache=False)
            costs.append(time.process_time() - begin)
    return sum(costs) * 64


# ---- tokenizers ---------------------------------------------------------------------------------------------------

def tokenizers(bars: int) -> dict:
    """Tiny random models in other ways of writing, and one of arrival times: bars asked and bars got."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.nodes.music.test_tokenizations import folder_of, trained

    told: dict[str, str] = {}
    for kind in TOKENIZERS:
        with tempfile.TemporaryDirectory() as folder:
            model = load(Recipe("MusicModel", "mine", str(folder_of(trained(*kind), Path(folder)))), "cpu", "float32")
            score = generate(model, bars=bars, density="sparse", seed=1)
            got = len(bar_starts(score))
            told[f"{kind[0]}{' programs' * bool(kind[1].get('use_programs'))} {kind[2]}"] = "" if got == bars else f"{got} bars"
    return {"models": len(told), "bars as asked": sum(not wrong for wrong in told.values()),
            "told": {name: wrong for name, wrong in told.items() if wrong}}


# ---- files --------------------------------------------------------------------------------------------------------

def files(model: Composer, scores: int, spoilt: int) -> dict:
    """Scores written as MIDI and read by three others; and files with bytes changed, cut or put in, read by us."""
    dice, sources, read, styles = random.Random(0), list[bytes](), Counter[str](), known_styles(model.tokenizer.vocab)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(scores):
            path = Path(folder, f"{number}.mid")
            score = generate(model, mood="joyful", style=styles[number % len(styles)], bars=8, seed=number)
            save_midi(score, path)
            sources.append(path.read_bytes())
            for name, count in (("mido", by_mido), ("pretty_midi", by_pretty_midi), ("music21", by_music21)):
                read[name] += count(path) == sum(len(track.notes) for track in score.tracks)
    ends: Counter[str] = Counter()
    for _ in range(spoilt):
        try:
            from_bytes(spoil(dice.choice(sources), dice), "spoilt.mid")
            ends["read"] += 1
        except InputError:
            ends["refused"] += 1
    return {"scores": scores, "read whole": dict(read), "spoilt": spoilt, **ends}


def by_mido(path: Path) -> int:
    """Notes that mido finds."""
    import mido

    return sum(one.type == "note_on" and one.velocity > 0 for track in mido.MidiFile(path).tracks for one in track)


def by_pretty_midi(path: Path) -> int:
    """Notes that pretty_midi finds."""
    import pretty_midi

    return sum(len(one.notes) for one in pretty_midi.PrettyMIDI(str(path)).instruments)


def by_music21(path: Path) -> int:
    """Notes that music21 finds in the file's tracks."""
    from music21 import midi

    file = midi.MidiFile()
    file.open(str(path))
    file.read()
    file.close()
    return sum(event.isNoteOn() and event.velocity > 0 for track in file.tracks for event in track.events)


def spoil(data: bytes, dice: random.Random) -> bytes:
    """A file with one to eight wounds: a byte changed, a stretch gone, twice there or foreign, or its end cut off."""
    found = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        at, length = dice.randrange(len(found)), dice.randint(1, 40)
        kind = dice.randrange(5)
        if kind == 0:
            found[at] = dice.randrange(256)
        elif kind == 1:
            del found[at:at + length]
        elif kind == 2:
            found[at:at] = found[at:at + length]
        elif kind == 3:
            found[at:at] = dice.randbytes(length)
        else:
            del found[max(20, at):]
        if not found:
            return b""
    return bytes(found)


# ---- sound --------------------------------------------------------------------------------------------------------

def sound(folder: Path, bars: int) -> dict:
    """Renders of a folder's tunes: loudness by pyloudnorm, true peak by sox at four times the rate."""
    import pyloudnorm
    import soundfile

    loud, peaks, told = [], [], []
    with tempfile.TemporaryDirectory() as work:
        for name, score in tunes(folder, bars):
            audio, path = render(score), Path(work, "sound.wav")
            soundfile.write(path, audio.samples.T.numpy(), audio.sample_rate, subtype="FLOAT")
            loud.append(pyloudnorm.Meter(audio.sample_rate).integrated_loudness(audio.samples.T.numpy()))
            said = subprocess.run([str(shutil.which("sox")), str(path), "-n", "gain", "-12", "rate", "-v", "176400", "stats"],
                                  capture_output=True, text=True, check=True).stderr
            peaks.append(12 + float(next(line for line in said.splitlines() if line.startswith("Pk lev")).split()[3]))
            if abs(loud[-1] + 16) > 0.5 or peaks[-1] > -1 + 0.05:
                told.append(f"{name}: {loud[-1]:.2f} LUFS, {peaks[-1]:.2f} dBTP")
    return {"renders": len(loud), "LUFS": [min(loud), max(loud)], "dBTP at most": max(peaks), "told": told}


def main(arguments: list[str] | None = None) -> int:
    """Measure what is asked for, and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("editing", "speed", "files", "tokenizers", "sound"))
    parser.add_argument("folder", type=Path, nargs="?", help="of tunes, for editing and sound")
    parser.add_argument("--bars", type=int, default=8)
    parser.add_argument("--count", type=int, help="seeds, pairs or scores")
    parser.add_argument("--spoilt", type=int, default=1000)
    parser.add_argument("--model", type=Path, help="a composer's folder (default: the one that comes along)")
    asked = parser.parse_args(arguments)
    if asked.what in ("editing", "sound") and asked.folder is None:
        parser.error(f"{asked.what} needs a folder of tunes")
    found = {"editing": lambda: editing(starter(asked.model), asked.folder, asked.bars, asked.count or 2),
             "speed": lambda: speed(starter(asked.model), asked.count or 5), "tokenizers": lambda: tokenizers(asked.bars),
             "files": lambda: files(starter(asked.model), asked.count or 200, asked.spoilt),
             "sound": lambda: sound(asked.folder, asked.bars)}[asked.what]()
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
