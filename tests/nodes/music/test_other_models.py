"""Models without a tokenizer of miditok: arrival times (Anticipatory Music Transformer), and ABC as text."""

import random
from collections import Counter

import pytest
import torch

from nodegraph import InputError, Recipe
from nodegraph_nodes.media.score import Note, Score, Track, bar_starts
from nodegraph_nodes.music import arrival
from nodegraph_nodes.music.abctext import _TAKEN, Reader
from nodegraph_nodes.music.additions import accompany, go_on
from nodegraph_nodes.music.controls import Controls, scale
from nodegraph_nodes.music.generate import generate
from nodegraph_nodes.music.models import holds, load, problem
from nodegraph_nodes.music.writing import Dice

LETTERS = "X:1\nM:/L:Q=K:ABCDEFGabcdefgz^_=,'0123456789/|[] -m#b\"()><~"
DUO = Score((Track("Flute", 73, False, tuple(Note(72 + step, float(step), 1.0) for step in range(8))),
             Track("Drums", 0, True, tuple(Note(36, float(beat), 0.25) for beat in range(8)))), ((0.0, 90.0),))


def gpt2(folder, tokens, positions=128):
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    GPT2LMHeadModel(GPT2Config(vocab_size=tokens, n_embd=16, n_layer=1, n_head=2, n_positions=positions, bos_token_id=1,
                               eos_token_id=2, initializer_range=0.5)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def anticipating(tmp_path_factory):
    folder = gpt2(tmp_path_factory.mktemp("arrivals"), arrival.SIZE)
    assert holds(folder) and problem(folder) == ""
    return load(Recipe("MusicModel", "amt", str(folder)), "cpu", "float32")


@pytest.fixture(scope="module")
def abc_folder(tmp_path_factory):
    from tokenizers import Tokenizer, decoders, models
    from transformers import PreTrainedTokenizerFast

    words = {"<unk>": 0, "<s>": 1, "</s>": 2, **{letter: at + 3 for at, letter in enumerate(dict.fromkeys(LETTERS))}}
    tokenizer = Tokenizer(models.BPE(vocab=words, merges=[], unk_token="<unk>"))
    tokenizer.decoder = decoders.Fuse()
    folder = gpt2(tmp_path_factory.mktemp("abc"), len(words))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
                            ).save_pretrained(folder)
    return folder


def test_the_vocabulary_of_arrival_times_has_the_size_of_the_published_one():
    assert arrival.SIZE == 55_028 and arrival.CONTROLS == 27_513 and arrival.AUTOREGRESS == 55_026
    event = arrival.Event(250, 40, arrival.DRUMS, 36)
    assert event.tokens(offset=50) == [200, 10_040, 11_000 + 128 * 128 + 36]
    assert [token - arrival.CONTROLS for token in event.tokens(control=True)] == event.tokens()


@pytest.mark.parametrize("bars, metre", [(4, ""), (3, "3/4")])
def test_arrival_times_fill_the_bars_that_are_asked_for(anticipating, bars, metre):
    score = generate(anticipating, bars=bars, metre=metre, seed=bars, bpm=80, instruments="piano, drums", key="G major")
    assert len(bar_starts(score)) == bars and score.tempos == ((0.0, 80.0),)
    assert {track.program for track in score.tracks} <= {0}
    assert all(note.pitch % 12 in scale(7, "major") for track in score.tracks if not track.is_drum for note in track.notes)


def test_arrival_times_go_on_with_a_score_and_play_along_with_it(anticipating):
    for added in (go_on(anticipating, DUO, bars=2, seed=1), accompany(anticipating, DUO, seed=1)):
        assert all(not Counter(one.notes) - Counter(other.notes) for one, other in zip(DUO.tracks, added.tracks, strict=False))
    assert len(bar_starts(go_on(anticipating, DUO, bars=2, seed=1))) == 4


def test_given_notes_stand_five_seconds_ahead_of_their_time():
    given = (arrival.Event(100, 50, 73, 72), arrival.Event(900, 50, 73, 74))
    writer = arrival.ArrivalWriter(8, (4, 4), 120.0, given=given)
    assert writer.context(1024) == [arrival.ANTICIPATE, *given[0].tokens(control=True)] or \
        writer.context(1024)[0] == arrival.ANTICIPATE
    assert [control for _, control in writer.events] == [True]
    dice = Dice(torch.Generator(), 0)
    for wish in (450, arrival.DURATION + 30, arrival.NOTE + 60):
        logits = torch.zeros(arrival.SIZE)
        logits[wish - (writer._offset if wish < arrival.TIMES else 0)] = 9
        found = writer.choose(logits, dice)
    assert found[1:] == given[1].tokens(writer._offset, control=True)


def test_the_window_of_arrival_times_moves_on_and_begins_at_nothing():
    before = tuple(arrival.Event(50 * at, 40, 0, 60) for at in range(120))
    shown = arrival.ArrivalWriter(64, (4, 4), 120.0, before=before).context(64)
    assert len(shown) <= 64 and shown[0] == arrival.AUTOREGRESS and min(shown[1::3]) == 0


def test_a_language_model_writes_abc_where_its_card_says_so(abc_folder):
    assert not holds(abc_folder) and "let the README.md in its folder say so" in problem(abc_folder)
    (abc_folder / "README.md").write_text("Writes tunes in ABC notation.")
    assert holds(abc_folder) and problem(abc_folder) == ""
    model = load(Recipe("MusicModel", "abc", str(abc_folder)), "cpu", "float32")
    score = generate(model, bars=4, key="D minor", metre="6/8", seed=1, bpm=100)
    assert len(bar_starts(score)) == 4 and score.metres == ((0.0, 6, 8),) and score.keys == ((0.0, "D minor"),)
    with pytest.raises(InputError, match="this model writes ABC, one tune from its beginning, so it cannot go on"):
        go_on(model, DUO)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_letters_come_each_bar_of_abc_can_be_filled(seed):
    dice, reader = random.Random(seed), Reader(3, ((4, 4), (6, 8), (3, 4))[seed % 3], "A major", Controls(key=scale(9, "major")))
    while not reader.ended:
        letters = sorted(_TAKEN)
        dice.shuffle(letters)
        reader = next(after for letter in letters if (after := reader.copy()).read(letter) and after.fits())
    assert reader.bar == 3 and all(start + length <= 3 * reader.length for _, start, length in reader.notes)


def test_abc_is_read_as_it_is_written():
    reader = Reader(2, (3, 4), "D major")
    for letter in "F2 A,B/c/z2|[DF]4 d2|":
        assert reader.read(letter) and reader.fits(), letter
    assert [(pitch, float(start), float(length)) for pitch, start, length in reader.notes] == [
        (66, 0.0, 1.0), (57, 1.0, 0.5), (71, 1.5, 0.25), (73, 1.75, 0.25), (62, 3.0, 2.0), (66, 3.0, 2.0), (74, 5.0, 1.0)]
