"""The performance RNN: its words are what was played, what it is given stays, and what it plays hands can play."""

import pytest
import torch
from hypothesis import given, settings, strategies as st

from nodegraph import Cancelled, InputError, Recipe
from nodegraph_nodes.media.score import Event, Note, Score, Track
from nodegraph_nodes.music.learned import folders, material, performing as network
from nodegraph_nodes.music.learned.performing import Struck, notes_of, performed, words_of
from nodegraph_nodes.music.rnn import rnn


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("performance")
    torch.manual_seed(3)
    folders.stored(folder, folders.PERFORMANCE, network.PerformanceRnn(network.Shape(12, 1)), {}, {})
    return folders.load_rnn(Recipe("MelodyRnnModel", str(folder)), "cpu", "float32")


def test_a_performance_is_written_in_the_388_words_of_the_paper():
    words = words_of([Struck(60, 0.5, 1.75, 80), Struck(64, 0.5, 1.0, 80), Struck(60, 1.75, 2.0, 127)], end=3.5)
    down, up, shift, velocity = 0, 128, 256 - 1, 356
    assert words == [shift + 50, velocity + 20, down + 60, down + 64, shift + 50, up + 64, shift + 75, up + 60, velocity + 31,
                     down + 60, shift + 25, up + 60, shift + 100, shift + 50]
    assert network.EVENTS == 388


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 127), st.integers(0, 900), st.integers(1, 400), st.integers(0, 31))))
def test_what_is_played_comes_back_to_the_hundredth(notes):
    """Of a key that is struck while it is down, the first stroke ends there; the velocity is one of 32."""
    struck = {(pitch, start): (end, level) for pitch, start, end, level in notes}
    played = sorted(Struck(pitch, start / 100, (start + length) / 100, level * 4 + 2) for (pitch, start), (length, level) in struck.items())
    wanted = [note._replace(end=min([note.end, *(other.start for other in played if other.pitch == note.pitch and
                                                 other.start > note.start)])) for note in played]
    assert notes_of(words_of(played)) == sorted(wanted)


def test_the_pedal_holds_keys_and_tempo_changes_count():
    track = Track("p", 0, False, (Note(60, 0, 1), Note(64, 3, 1)), (Event(0.5, "control", 127, 64), Event(2.0, "control", 0, 64)))
    drums = Track("d", 0, True, (Note(36, 0, 1),))
    score = Score((track, drums), ((0.0, 60.0), (2.0, 120.0)))
    assert performed(score) == [Struck(60, 0.0, 2.0, 80), Struck(64, 2.5, 3.0, 80)]


def test_each_word_is_as_likely_as_foretold(model):
    """A greedy performance is the argmax of `forward` at each step, where hands allow it."""
    words = model.network.played(0.6, 0, torch.Generator())
    logits, hands = model.network(torch.tensor([words]))[0], network._Hands()
    for place, word in enumerate(words):
        assert int(torch.where(hands.possible(), logits[place], float("-inf")).argmax()) == word
        hands.do(word)


def test_hands_can_play_it_and_it_lasts_as_long_as_asked(model):
    scores = rnn(model, n=2, length=32, bpm=120.0, temperature=1.5, seed=5, program=4)
    assert scores[1] == rnn(model, length=32, bpm=120.0, temperature=1.5, seed=6, program=4)[0] != scores[0]
    for score in scores:
        assert 3.5 < score.seconds <= 4.0 and score.tracks[0].program == 4 and len(score.tracks[0].notes) > 2
        for pitch in range(128):
            own = [note for note in score.tracks[0].notes if note.pitch == pitch]
            assert all(a.start + a.duration <= b.start + 1e-9 for a, b in zip(own, own[1:]))
    hands = network._Hands()
    for word in range(16):
        hands.do(word)
    assert not hands.possible()[:128].any() and hands.possible()[128:144].all() and not hands.possible()[144:256].any()
    hands.do(network.VELOCITY - 1)
    for _ in range(7):
        hands.do(network.VELOCITY - 1)
    assert hands.possible().nonzero()[:, 0].tolist() == list(range(128, 144))  # held for eight seconds: they go up


def test_a_primer_is_kept_as_it_is_and_gone_on_with(model):
    primer = Score((Track("own", 40, False, (Note(62, 0, 1.03, 71), Note(65, 1.01, 0.5, 99))), Track("d", 0, True, (Note(36, 0, 1),))),
                   ((0.0, 90.0),), ((0.0, 3, 4),), ((0.0, "D minor"),))
    score = rnn(model, primer, length=48, temperature=1.2)[0]
    assert score.tracks[0].notes[:2] == primer.tracks[0].notes and score.tracks[1] == primer.tracks[1]
    assert (score.tempos, score.metres, score.keys) == (primer.tempos, primer.metres, primer.keys)
    assert len(score.tracks[0].notes) > 2 and min(note.start for note in score.tracks[0].notes[2:]) > 1.5
    with pytest.warns(UserWarning, match="there is nothing left to play"):
        assert rnn(model, Score((Track("a", 0, False, (Note(60, 0, 20),)),)), length=16)[0].tracks[0].notes == (Note(60, 0, 20),)


def test_progress_is_told_and_a_performance_can_be_stopped(model, listening):
    listener = listening()
    rnn(model, length=32, temperature=1.0, ctx=listener)
    assert len(listener.reports) > 3 and all(0 <= done <= total == 1 for done, total, _ in listener.reports)

    class Stop(listening):
        def report(self, done, *more, **named):
            if done > 0.3:
                raise Cancelled()

    with pytest.raises(Cancelled):
        rnn(model, length=32, temperature=1.0, ctx=Stop())


def test_performances_are_cut_into_stretches_and_moved():
    parts = material.stretches([list(range(100, 110)) * 2, [3]], 8)
    assert parts.dtype == torch.int16 and len(parts) == 5 and parts[-1].tolist() == [3] + [-1] * 7
    assert parts[1].tolist() == [104, 105, 106, 107, 108, 109, 100, 101]
    words = torch.tensor([[60, 128 + 60, 127, 255, 300, 370, -1]], dtype=torch.int16)
    assert network.moved(words, torch.tensor([3])).tolist() == [[63, 191, 118, 246, 300, 370, -1]]
    with pytest.warns(UserWarning, match="1 of 1 scores have no notes but drums"), pytest.raises(InputError, match="none of the files"):
        material.performances([Score((Track("d", 0, True, (Note(36, 0, 1),)),))])
