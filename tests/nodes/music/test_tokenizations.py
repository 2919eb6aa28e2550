"""Every tokenization of miditok composes, or is refused in a sentence; so are tokenizers that are damaged."""

import json
import shutil
from pathlib import Path

import miditok
import pytest
import torch
from miditok import TokenizerConfig
from safetensors.torch import load_file, save_file

from nodegraph import InputError, Recipe
from nodegraph_nodes.media.score import Score
from nodegraph_nodes.music.generate import decoded, generate, ids_of
from nodegraph_nodes.music.models import Composer, holds, load, problem
from tests.nodes.music.test_generate import Reciter

KINDS = sorted(name for name, kind in vars(miditok).items() if isinstance(kind, type)
               and issubclass(kind, miditok.MusicTokenizer) and kind is not miditok.MusicTokenizer)
SEVERAL = {"CPWord", "MuMIDI", "Octuple"}  # that write a token of each of several vocabularies at once
TUNE = Path(__file__).parents[3] / "docs" / "tunes" / "sad-waltz.mid"


def tokenizer_of(kind, **settings):
    own = {"PerTok": {"ticks_per_quarter": 320, "use_microtiming": False, "max_microtiming_shift": 0.125,
                      "num_microtiming_bins": 30},
           "MMM": {"base_tokenizer": "TSD"}}
    return getattr(miditok, kind)(TokenizerConfig(**{**settings, **own.get(kind, {})}))


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
    """A tune by a model, or what is said in its place: one line of words, and never a traceback."""
    model = load(Recipe("MusicModel", "mine", str(folder)), "cpu", "float32")
    try:
        return generate(model, bars=8, seed=3)
    except InputError as error:
        if str(error) != "the model composed no notes; try another seed or a higher temperature":
            raise
        return None


@pytest.mark.filterwarnings("ignore:the tune ends after", "ignore:this model does not count its bars")
@pytest.mark.parametrize("together", [True, False], ids=["one stream for all", "one for each track"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_tokenization_composes_or_is_refused_in_a_sentence(tmp_path, kind, together):
    tokenizer = tokenizer_of(kind, use_programs=together, one_token_stream_for_programs=together)
    folder = folder_of(tokenizer, tmp_path)
    assert holds(folder)
    if kind in SEVERAL:
        with pytest.raises(InputError, match=f"tokenizer.json of mine cannot be used: its tokenization, {kind},"):
            composed(folder)
    else:
        score = composed(folder)
        assert score is None or isinstance(score, Score) and any(track.notes for track in score.tracks)


@pytest.mark.parametrize("model", ["BPE", "Unigram"])
def test_a_tokenizer_that_learned_to_merge_tokens_reads_and_writes_what_was_meant(tmp_path, model):
    tokenizer = tokenizer_of("REMI", use_programs=True, one_token_stream_for_programs=True)
    tokenizer.train(vocab_size=len(tokenizer) + 80, model=model, files_paths=[TUNE] * 3)
    folder = folder_of(tokenizer, tmp_path)
    live = load(Recipe("MusicModel", "mine", str(folder)), "cpu", "float32")
    plain = tokenizer_of("REMI", use_programs=True, one_token_stream_for_programs=True)
    words = ["Bar_None", "Position_0", "Program_0", "Pitch_60", "Velocity_79", "Duration_1.0.8", "Position_8",
             "Program_0", "Pitch_64", "Velocity_79", "Duration_1.0.8", "Program_32", "Pitch_40", "Velocity_79",
             "Duration_2.0.8"]
    ids = ids_of(live.tokenizer, words)
    assert decoded(live.tokenizer, ids) == decoded(plain, [plain.vocab[word] for word in words])
    ends = ids_of(live.tokenizer, ["EOS_None"])
    reciter = Composer(Reciter([*ids, *ends], len(live.tokenizer)), live.tokenizer)
    with pytest.warns(UserWarning, match="this model does not count its bars"):
        score = generate(reciter, bars=8, temperature=0)
    assert [(note.pitch, note.start) for track in score.tracks for note in track.notes] == \
        [(60, 0.0), (64, 1.0), (40, 1.0)]


def test_tokens_of_merged_words_are_written_as_often_as_the_model_wants(tmp_path):
    tokenizer = tokenizer_of("REMI", use_programs=True, one_token_stream_for_programs=True)
    tokenizer.train(vocab_size=len(tokenizer) + 80, model="BPE", files_paths=[TUNE] * 3)
    merged = len(tokenizer) - 1
    assert merged >= len(tokenizer.vocab)
    reciter = Composer(Reciter([merged, *ids_of(tokenizer, ["EOS_None"])], len(tokenizer)), tokenizer)
    with pytest.warns(UserWarning, match="this model does not count its bars"):
        generate(reciter, bars=8, temperature=0)
    assert reciter.model.calls == 2


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
