"""Every tokenization of miditok composes, or is refused in a sentence; so are tokenizers that are damaged."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import miditok
import pytest
import symusic
import torch
from miditok import TokenizerConfig
from safetensors.torch import load_file, save_file

from nodegraph import InputError, Recipe
from nodegraph_nodes.media.score import bar_starts
from nodegraph_nodes.music.controls import Controls
from nodegraph_nodes.music.generate import generate
from nodegraph_nodes.music.given import note_words
from nodegraph_nodes.music.grammar import Grammar
from nodegraph_nodes.music.models import Composer, holds, load, problem
from nodegraph_nodes.music.vocabulary import Vocabulary
from nodegraph_nodes.music.writing import decoded, ids_of
from tests.nodes.music.test_generate import Reciter

KINDS = sorted(name for name, kind in vars(miditok).items() if isinstance(kind, type)
               and issubclass(kind, miditok.MusicTokenizer) and kind is not miditok.MusicTokenizer)
SEVERAL = {"CPWord", "MuMIDI", "Octuple"}  # that write a token of each of several vocabularies at once
OTHER = {"BEAT"}  # that have no word for a note
TUNE = Path(__file__).parents[3] / "docs" / "tunes" / "sad-waltz.mid"


def tokenizer_of(kind, **settings):
    own = {"PerTok": {"ticks_per_quarter": 320, "use_microtiming": False, "max_microtiming_shift": 0.125,
                      "num_microtiming_bins": 30},
           "MMM": {"base_tokenizer": "TSD"}}
    return getattr(miditok, kind)(TokenizerConfig(**{**own.get(kind, {}), **settings}))


def folder_of(tokenizer, folder, rows=None):
    """A composer with random weights for a tokenizer."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(vocab_size=rows or len(tokenizer), hidden_size=16, intermediate_size=32,
                                 num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=96,
                                 initializer_range=0.5)).save_pretrained(folder)
    tokenizer.save(folder / "tokenizer.json")
    return folder


def composed(folder):
    """A tune by a model."""
    return generate(load(Recipe("MusicModel", "mine", str(folder)), "cpu", "float32"), bars=8, seed=3)


PROGRAMS = {"use_programs": True}
SETTINGS = {  # of tokenizers, and the model that merges their words
    "REMI of a piano": ("REMI", {}, ""), "REMI": ("REMI", PROGRAMS, ""),
    "REMI with rests, chords, tempos and metres": ("REMI", {
        **PROGRAMS, "program_changes": True, "use_rests": True, "use_chords": True, "use_tempos": True,
        "use_time_signatures": True}, ""),
    "REMI in intervals": ("REMI", {**PROGRAMS, "use_pitch_intervals": True}, ""),
    "REMI with pedals and bends": ("REMI", {**PROGRAMS, "use_sustain_pedals": True, "use_pitch_bends": True}, ""),
    "REMI, BPE": ("REMI", PROGRAMS, "BPE"), "REMI, Unigram": ("REMI", PROGRAMS, "Unigram"),
    "REMI of a piano, WordPiece": ("REMI", {"use_time_signatures": True}, "WordPiece"),
    "TSD of a piano": ("TSD", {}, ""), "TSD with rests and metres": ("TSD", {
        **PROGRAMS, "use_rests": True, "use_tempos": True, "use_time_signatures": True}, ""), "TSD, BPE": ("TSD", PROGRAMS, "BPE"),
    "MIDILike of a piano": ("MIDILike", {}, ""), "MIDILike": ("MIDILike", PROGRAMS, ""), "MIDILike, BPE": ("MIDILike", {}, "BPE"),
    "Structured": ("Structured", PROGRAMS, ""), "Structured of a piano": ("Structured", {}, ""),
    "MMM of TSD": ("MMM", {}, ""), "MMM of REMI": ("MMM", {"base_tokenizer": "REMI", "use_time_signatures": True}, ""),
    "MMM of MIDILike": ("MMM", {"base_tokenizer": "MIDILike"}, ""), "MMM, BPE": ("MMM", {"base_tokenizer": "REMI"}, "BPE"),
    "PerTok": ("PerTok", PROGRAMS, ""), "PerTok with microtiming": ("PerTok", {"use_microtiming": True}, ""),
    "PerTok with positions": ("PerTok", {**PROGRAMS, "use_position_toks": True}, ""), "PerTok, BPE": ("PerTok", {}, "BPE")}


def trained(kind, settings, merging):
    """A tokenizer, which has learned to merge words if it is to."""
    tokenizer = tokenizer_of(kind, **settings)
    if merging:
        tokenizer.train(vocab_size=len(tokenizer) + 60, model=merging, files_paths=[TUNE] * 3)
    return tokenizer


@pytest.mark.parametrize("settings", [{"use_velocities": True}, {"use_velocities": False}])
@pytest.mark.parametrize("kind", ["REMI", "TSD"])
def test_strokes_without_a_word_for_their_length_follow_each_other_and_anything_follows_them(kind, settings):
    tokenizer = tokenizer_of(kind, use_programs=True, one_token_stream_for_programs=True, use_note_duration_programs=list(range(128)), **settings)
    score = symusic.Score(8)
    for drums, pitches in ((True, (36, 42)), (False, (60, 64))):
        track = symusic.Track("", 0, drums)
        for start in (0, 8, 16):
            for pitch in pitches:
                track.notes.append(symusic.Note(start, 4, pitch, 90))
        score.tracks.append(track)
    words = tokenizer.encode(score, encode_ids=False).ids
    grammar = Grammar(Vocabulary(tokenizer), 1, (4, 4))
    for index in words:
        assert grammar.legal()[index], (tokenizer[index], [tokenizer[one] for one in grammar.written])
        grammar.accept(index)
    assert grammar.complete(grammar.clock)
    assert note_words(-1, 36, 90, 4, Vocabulary(tokenizer))[-1].startswith("Velocity" if settings["use_velocities"] else "PitchDrum")


def test_what_begins_before_the_first_beat_begins_on_it():
    early = [SimpleNamespace(pitch=60, time=-3, duration=8, velocity=80), SimpleNamespace(pitch=62, time=-3, duration=2, velocity=80)]
    piece = SimpleNamespace(ticks_per_quarter=8, tempos=[], time_signatures=[],
                            tracks=[SimpleNamespace(name="", program=0, is_drum=False, notes=early)])
    tokenizer = SimpleNamespace(is_trained=False, one_token_stream=True, decode=lambda stream: piece)
    assert [(note.pitch, note.start, note.duration) for note in decoded(tokenizer, []).tracks[0].notes] == [(60, 0.0, 0.625)]


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_bars_that_are_asked_for_come_in_every_tokenization(tmp_path, setting):
    folder = folder_of(trained(*SETTINGS[setting]), tmp_path)
    assert holds(folder)
    model = load(Recipe("MusicModel", "mine", str(folder)), "cpu", "float32")
    for bars, seed in ((4, 3), (3, 4)):
        score = generate(model, bars=bars, seed=seed, instruments="piano, flute, drums", key="any")
        assert len(bar_starts(score)) == bars and score.beats <= 4 * bars
        for track in score.tracks:
            by_pitch = {}
            for note in track.notes:
                assert note.start >= by_pitch.get(note.pitch, 0.0), "no note runs into the next of its pitch"
                by_pitch[note.pitch] = note.start + note.duration


@pytest.mark.parametrize("kind", sorted(SEVERAL | OTHER))
def test_tokenizations_without_a_word_for_each_step_are_refused_in_a_sentence(tmp_path, kind):
    folder = folder_of(tokenizer_of(kind), tmp_path)
    with pytest.raises(InputError, match=f"tokenizer.json of mine cannot be used: its tokenization, {kind},"):
        load(Recipe("MusicModel", "mine", str(folder)), "cpu", "float32")


@pytest.mark.parametrize("kind", sorted(set(KINDS) - SEVERAL - OTHER - {"MMM"}))
def test_what_miditok_writes_of_a_tune_is_legal_to_the_last_word(kind):
    settings = {"use_time_signatures": True} if kind not in ("MIDILike", "Structured") else {}
    vocabulary = Vocabulary(tokenizer_of(kind, use_programs=True, **settings))
    sequence = vocabulary.tokenizer.encode(TUNE)
    grammar = Grammar(vocabulary, 8, (3, 4), controls=Controls())
    for word in sequence.tokens:
        assert grammar.legal()[vocabulary.tokenizer.vocab[word]], (word, grammar.clock)
        if grammar.accept(vocabulary.tokenizer.vocab[word]):
            break  # what ends after the last bar line is not written


@pytest.mark.parametrize("model", ["BPE", "Unigram"])
def test_a_tokenizer_that_learned_to_merge_tokens_reads_and_writes_what_was_meant(tmp_path, model):
    tokenizer = trained("REMI", PROGRAMS, model)
    folder = folder_of(tokenizer, tmp_path)
    live = load(Recipe("MusicModel", "mine", str(folder)), "cpu", "float32")
    plain = tokenizer_of("REMI", use_programs=True)
    words = ["Bar_None", "TimeSig_4/4", "Position_0", "Program_0", "Pitch_60", "Velocity_79", "Duration_1.0.8", "Position_8",
             "Program_0", "Pitch_64", "Velocity_79", "Duration_1.0.8", "Program_32", "Pitch_40", "Velocity_79",
             "Duration_2.0.8"]
    words = [word for word in words if word in plain.vocab]
    ids = ids_of(live.tokenizer, words)
    assert decoded(live.tokenizer, ids) == decoded(plain, [plain.vocab[word] for word in words])
    ends = ids_of(live.tokenizer, ["EOS_None"])[-1:]
    reciter = Composer(Reciter([*ids, *ends], len(live.tokenizer)), live.tokenizer)
    score = generate(reciter, bars=1, temperature=0, key="any")
    assert [(note.pitch, note.start) for track in score.tracks for note in track.notes] == \
        [(60, 0.0), (64, 1.0), (40, 1.0)]
    assert reciter.model.calls == len(ids) + 1


def spoiled(**changes):
    return lambda path: path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize("spoil, says", [
    (lambda path: path.unlink(), "mine has no tokenizer.json as miditok saves it"),
    (lambda path: path.write_text("{"), "mine cannot be loaded: tokenizer.json is cut short; download it again"),
    (lambda path: path.write_text('["tokenization"]'),
     "mine cannot be loaded: tokenizer.json is a text and no tokenizer"),
    (lambda path: path.write_text('{"tokenization": 5'), "mine cannot be loaded: tokenizer.json is cut short"),
    (spoiled(tokenization=None), "the tokenizer.json of mine cannot be used: it is not one that miditok saved"),
    (spoiled(tokenization="REMIPlus"),
     "the tokenizer.json of mine cannot be used: its tokenization is 'REMIPlus', which"),
    (spoiled(tokenization="MusicTokenizer"), "the tokenizer.json of mine cannot be used: "),
    (spoiled(config=None), "the tokenizer.json of mine cannot be used: "),
    (spoiled(config=[]), "the tokenizer.json of mine cannot be used: "),
    (spoiled(_vocab_base={"PAD_None": 0, "BOS_None": 1, "EOS_None": 2}, _vocab_base_byte_to_token={}),
     "the tokenizer.json of mine cannot be used: "),
    (spoiled(_model="{}"), "the tokenizer.json of mine cannot be used: "),
])
def test_a_tokenizer_that_cannot_be_used_is_refused_in_a_sentence(tmp_path, composer_folder, spoil, says):
    folder = shutil.copytree(composer_folder, tmp_path / "model")
    spoil(folder / "tokenizer.json")
    with pytest.raises(InputError) as error:
        load(Recipe("MusicModel", "mine", str(folder)), "cpu", "float32")
    assert str(error.value).startswith(says) and "\n" not in str(error.value)


def test_more_tokens_than_the_model_has_rows_for_are_refused(tmp_path):
    folder = folder_of(tokenizer_of("REMI"), tmp_path, rows=60)
    with pytest.raises(InputError, match="mine does not fit together: its tokenizer has 357 tokens and its model 60"):
        load(Recipe("MusicModel", "mine", str(folder)), "cpu", "float32")


def test_weights_that_are_no_numbers_are_told_when_they_answer(tmp_path, composer_folder):
    folder = shutil.copytree(composer_folder, tmp_path / "model")
    tensors = load_file(folder / "model.safetensors")
    save_file({name: tensor * torch.nan for name, tensor in tensors.items()}, folder / "model.safetensors")
    with pytest.raises(InputError, match=r"the model answers with numbers that are none \(NaN\)"):
        composed(folder)


def test_weights_that_are_not_whole_are_found_before_they_are_loaded(tmp_path, composer_folder):
    folder = shutil.copytree(composer_folder, tmp_path / "model")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:3000])
    assert holds(folder) and problem(folder).startswith("cannot be loaded: model.safetensors is cut short")
    weights.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    assert problem(folder).startswith("cannot be loaded: model.safetensors is not downloaded")
