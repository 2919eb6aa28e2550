"""How the composer is taught: its words say a piece and nothing else, a tiny training ends in a folder that composes."""

import json
import shutil

import pytest

from nodegraph import InputError, Recipe
from nodegraph_nodes.music.additions import accompany, fill, go_on, harmonise
from nodegraph_nodes.music.composing import Wish, dice_of, midi_writer
from nodegraph_nodes.music.generate import STYLES, generate
from nodegraph_nodes.music.models import Composer, load
from nodegraph_nodes.music.writing import decoded, written
from nodegraph_nodes.starter.rules import styles
from nodegraph_nodes.starter.train import __main__ as command, composer, composer_words
from nodegraph_nodes.starter.train.composer_words import drawn_piece, encoded, marks, one_track_each, said


@pytest.fixture(scope="module")
def words():
    return composer_words.tokenizer(700, 12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What a training of moments exports, by the command that trains."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("SHARD", 4), ("SHARDS", 2), ("HELD", 2), ("MERGED", 700), ("STEPS", 3)):
            patch.setattr(composer, name, value)
        patch.setattr(composer, "tokenizer", lambda merged: composer_words.tokenizer(merged, 12))
        patch.setattr(composer, "new_model", tiny)
        path = tmp_path_factory.mktemp("taught")
        assert command.main(["composer", "--folder", str(path / "work"), "--out", str(path / "composer"), "--device", "cpu"]) == 0
        shutil.copytree(path / "composer", path / "first")
        assert command.main(["composer", "--assemble", str(path / "work" / "composer"), "--out", str(path / "early")]) == 0
        assert command.main(["composer", "--folder", str(path / "work"), "--out", str(path / "composer"), "--device", "cpu", "--stage", "refine"]) == 0
    return path / "composer"


def tiny(vocabulary: int):
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
                                        max_position_embeddings=composer.CONTEXT, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=0))


@pytest.fixture(scope="module")
def taught(folder):
    return load(Recipe("MusicModel", "starter/composer", str(folder)), "cpu", "float32")


def heard(score):
    return {(track.program, track.is_drum, note.pitch, round(note.start * 12), 0 if track.is_drum else round(note.duration * 12))
            for track in score.tracks for note in track.notes}


@pytest.mark.parametrize("seed", [0, 4, 9, 11, 12])
def test_words_say_the_piece_and_nothing_else(words, seed):
    piece = drawn_piece(seed)
    assert heard(decoded(words, encoded(piece, words))) == heard(one_track_each(piece.score))


def test_runs_are_merged_and_words_of_the_plan_stand_alone(words):
    ids = [encoded(drawn_piece(seed), words) for seed in range(4)]
    assert sum(map(len, ids)) < 0.75 * sum(len(said(drawn_piece(seed), words)) for seed in range(4))
    kinds = {"Bar", "TimeSig", "Left", "Phrase", "Harmony"}
    assert not [run for run in words._vocab_learned_bytes_to_tokens.values() if len(run) > 1 and kinds & {word.split("_")[0] for word in run}]


def test_a_mark_that_comes_again_stands_for_the_same_bar_in_all_parts():
    again = 0
    for seed in range(30):
        piece = drawn_piece(seed)
        score = one_track_each(piece.score)
        beats = 4 * score.metres[0][1] / score.metres[0][2]
        known = {}
        for bar, mark in enumerate(marks(piece, score)):
            music = {(track.program, track.is_drum, note.pitch, round(note.start - bar * beats, 4), round(note.duration, 4))
                     for track in score.tracks for note in track.notes if bar * beats - 1e-6 <= note.start < (bar + 1) * beats - 1e-6}
            again += mark in known
            assert known.setdefault(mark, music) == music
    assert again > 100


class Reciter:
    """A model that says what it was given, where the rules of the piece do not say it themselves."""

    device = "cpu"

    def __init__(self, writer, ids, size):
        from types import SimpleNamespace

        self.writer, self.ids, self.size, self.config = writer, ids, size, SimpleNamespace(max_position_embeddings=4096)

    def __call__(self, **_):
        from types import SimpleNamespace

        import torch

        logits = torch.full((1, 1, self.size), -torch.inf)
        logits[0, 0, self.ids[len(self.writer.ids)]] = 0
        return SimpleNamespace(logits=logits, past_key_values=None)


# Those from 9 on have drums, whose strokes have no length. In none does a voice go home only after the last bar line.
@pytest.mark.parametrize("seed", [0, 2, 7, 9, 11, 12])
def test_what_the_rules_write_is_legal_to_the_last_token(words, seed):
    piece = drawn_piece(seed)
    ids = encoded(piece, words)
    request, bars = piece.request, len(piece.harmony)
    writer = midi_writer(Composer(None, words), Wish(request.mood, request.style, request.tempo, request.key, bars))
    reciter = Reciter(writer, ids[len(writer.start):], len(words))
    assert ids[:len(writer.start)] == writer.start
    for _ in written(reciter, writer, dice_of(0, 0, 1)):
        pass
    assert heard(writer.score()) == heard(one_track_each(piece.score))


def test_the_command_leaves_a_folder_with_a_card_what_it_knows_and_both_of_its_runs(folder):
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md", "knows.json", "training.json"} <= {path.name for path in folder.iterdir()}
    runs = json.loads((folder / "training.json").read_text())["runs"]
    assert [run["steps"] for run in runs] == [3, 3] and [run["rules"] for run in runs] == ["band", "band"]
    assert not {*composer_words.training_seeds(runs[0]["seed"], 8, 4)} & {*composer_words.training_seeds(runs[1]["seed"], 8, 4)}
    assert list(json.loads((folder / "knows.json").read_text())["groups"]["styles"]["words"]) == list(styles.STYLES)
    assert "bossa" in (folder / "README.md").read_text() and "3 steps" in (folder / "README.md").read_text()


def test_a_composer_is_made_of_a_checkpoint_as_its_training_would_make_it(folder):
    for name in ("model.safetensors", "config.json", "tokenizer.json", "knows.json", "training.json", "README.md"):
        assert (folder.parent / "early" / name).read_bytes() == (folder.parent / "first" / name).read_bytes(), name


def test_where_no_training_has_saved_nothing_is_made(tmp_path):
    with pytest.raises(SystemExit, match="has no checkpoint of a composer"):
        command.main(["composer", "--assemble", str(tmp_path), "--out", str(tmp_path / "early")])
    with pytest.raises(SystemExit):
        command.main(["poet", "--assemble", str(tmp_path)])


@pytest.mark.parametrize("style, bars", [("bossa", 8), pytest.param("waltz", 12, marks=pytest.mark.slow)])
def test_the_folder_composes_valid_pieces_in_its_styles(taught, style, bars):
    score = generate(taught, style=style, key="D minor", bars=bars, seed=1, density="sparse", metre="3/4" if style == "waltz" else "4/4")
    end = bars * (3 if style == "waltz" else 4)
    assert score.metres[0][1:] == ((3, 4) if style == "waltz" else (4, 4)) and end - 4 < score.beats <= end
    assert score.keys == ((0.0, "D minor"),)


@pytest.mark.slow
def test_the_folder_keeps_chords_instruments_and_what_is_given(taught):
    score = generate(taught, style="jazz", bars=8, chords="Dm7 | G7 | Cmaj7", instruments="piano, acoustic bass", metre="4/4", seed=2)
    assert {track.program for track in score.tracks} <= {0, 32}
    longer = go_on(taught, score, bars=4, seed=1)
    assert {note for track in score.tracks for note in track.notes} <= {note for track in longer.tracks for note in track.notes}
    for made in (fill(taught, score, from_bar=3, to_bar=4, seed=1), harmonise(taught, score, seed=1), accompany(taught, score, seed=1)):
        assert any(track.notes for track in made.tracks)


def test_a_style_that_a_model_has_no_word_for_is_refused_with_those_it_has(words, tmp_path):
    words.save(tmp_path / "tokenizer.json")
    text = (tmp_path / "tokenizer.json").read_text()
    (tmp_path / "tokenizer.json").write_text(text.replace("Style_bossa", "Style_polka"))
    with pytest.raises(InputError, match="style is bossa; this model composes waltz, march, lullaby, jazz, ambient, polka"):
        generate(Composer(None, composer_words.read_tokenizer(tmp_path / "tokenizer.json")), style="bossa", bars=8)


def test_the_node_offers_the_styles_of_the_rules():
    assert set(STYLES) == set(styles.STYLES)


def test_weights_of_another_training_are_not_refined_on_words_that_they_do_not_know(tmp_path):
    (tmp_path / "training.json").write_text('{"runs": [{"steps": 3, "seed": 1}]}')
    with pytest.raises(SystemExit, match="was taught the tunes of another training"):
        command.main(["composer", "--folder", str(tmp_path), "--out", str(tmp_path), "--device", "cpu", "--stage", "refine"])
