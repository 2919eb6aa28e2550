"""The rules of harmony and the checker that marks them, and the tokens that a model learns them in."""

import pytest

from nodegraph_nodes.media.score import Note, Score, Track, transposed
from nodegraph_nodes.starter import tunes

WALTZ = tunes.Request("waltz", "joyful", "medium", "G major", 16)


def changed(score: Score, role: int, change) -> Score:
    """The score with each note of one track (0 melody, 1 chords, 2 bass) replaced by change(note), or
    dropped."""
    tracks = list(score.tracks)
    track = tracks[role]
    notes = tuple(note for note in map(change, track.notes) if note is not None)
    tracks[role] = Track(track.name, track.program, track.is_drum, notes)
    return Score(tuple(tracks), score.tempos, score.metres, score.keys)


def kinds(score: Score, request: tunes.Request = WALTZ) -> set[str]:
    return {fault.split(":")[0] for fault in tunes.faults(score, request)}


def test_nearly_every_tune_of_the_rules_is_without_fault_and_none_loses_its_form_or_metre():
    marks = [tunes.faults(tunes.compose(request, seed).score, request)
             for seed in range(300) for request in [tunes.draw_request(seed)]]
    assert sum(map(bool, marks)) <= 6
    assert not [fault for mark in marks for fault in mark if not fault.startswith("key")]


def test_the_same_seed_composes_the_same_tune_and_another_seed_another():
    assert tunes.compose(WALTZ, 1) == tunes.compose(WALTZ, 1)
    assert tunes.compose(WALTZ, 1).score != tunes.compose(WALTZ, 2).score


@pytest.mark.parametrize("style", tunes.STYLES)
def test_a_style_brings_its_metre_and_its_tempo(style):
    for tempo in tunes.TEMPI:
        score = tunes.compose(tunes.Request(style, "calm", tempo, "C major", 8), 3).score
        low, high = tunes.BPM[style][tempo]
        assert score.metres[0][1:] in tunes.METRES[style]
        assert low <= score.tempos[0][1] <= high


def test_every_bar_has_its_chords_and_every_four_bars_a_letter():
    tune = tunes.compose(WALTZ, 5)
    assert len(tune.harmony) == 16 and len(tune.form) == 4
    assert {name for bar in tune.harmony for name in bar} <= set(tunes.CHORDS)


def test_a_letter_that_comes_again_brings_its_first_two_bars_again():
    tune = next(t for t in (tunes.compose(WALTZ, seed) for seed in range(20)) if t.form == "AABA")
    heads = [[(n.pitch, n.start - start, n.duration) for n in tune.score.tracks[0].notes
              if start <= n.start < start + 6]
             for start in (0, 12, 24, 36)]
    assert heads[0] == heads[1] == heads[3] != heads[2]


@pytest.mark.parametrize("spoil, fault", [
    (lambda s: transposed(s, 1), "key"),
    (lambda s: Score(s.tracks, s.tempos, ((0.0, 4, 4),), s.keys), "metre"),
    (lambda s: Score(s.tracks, ((0.0, 60.0),), s.metres, s.keys), "tempo"),
    (lambda s: changed(s, 0, lambda n: n if n.start < 24 else n._replace(start=n.start + 3)), "bars"),
    (lambda s: changed(changed(changed(s, *[0, lambda n: n if not 9 <= n.start < 12 else None]),
                               1, lambda n: n if not 9 <= n.start < 12 else None),
                       2, lambda n: n if not 9 <= n.start < 12 else None), "bars"),
    (lambda s: changed(s, 0, lambda n: n._replace(pitch=60 + round(n.start * 7) % 13)), "form"),
    (lambda s: changed(s, 0, lambda n: n._replace(pitch=n.pitch + 36)), "range"),
    (lambda s: changed(s, 0, lambda n: n._replace(pitch=n.pitch - 14) if round(n.start) % 2 else n),
     "melody"),
    (lambda s: changed(s, 2, lambda n: n._replace(pitch=n.pitch + 2) if n.start >= 45 else n), "cadence"),
])
def test_the_checker_hears_what_was_spoiled(spoil, fault):
    score = tunes.compose(WALTZ, 4).score
    assert not tunes.faults(score, WALTZ)
    assert fault in kinds(spoil(score))


def test_music_without_a_bass_is_no_tune_of_three_parts():
    score = tunes.compose(WALTZ, 4).score
    assert tunes.faults(Score(score.tracks[:2], score.tempos, score.metres), WALTZ) == [
        "it has 2 tracks, not melody, chords and bass"]


def test_minor_keys_may_use_all_three_of_their_scales():
    line = tuple(Note(pitch, beat, 1) for beat, pitch in enumerate((69, 71, 72, 74, 76, 77, 78, 79, 80)))
    assert tunes.in_key_share(Score((Track("line", 0, False, line),)), "A minor") == 1


@pytest.mark.parametrize("wrong", [dict(style="polka"), dict(mood="bored"), dict(bars=13),
                                   dict(key="H major")])
def test_a_request_that_cannot_be_met_is_refused(wrong):
    fields = dict(style="waltz", mood="calm", tempo="slow", key="C major", bars=8)
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        tunes.Request(**{**fields, **wrong})


@pytest.mark.parametrize("style", tunes.STYLES)
def test_tokens_say_the_tune_and_nothing_else(style):
    from miditok import TokSequence

    from nodegraph_nodes.starter.train import small_tunes

    remi = small_tunes.tokenizer()
    for seed in range(4):
        tune = tunes.compose(tunes.Request(style, "tense", "fast", "A minor", 8), seed)
        back = remi.decode(TokSequence(ids=small_tunes.encoded(tune, remi)))
        assert back.tempos[0].qpm == pytest.approx(tune.score.tempos[0][1], abs=0.01)
        beat = back.ticks_per_quarter
        said = {(t.program, n.pitch, round(n.time * 12 / beat), round(n.duration * 12 / beat))
                for t in back.tracks for n in t.notes}
        assert said == {(t.program, n.pitch, round(n.start * 12), round(n.duration * 12))
                        for t in tune.score.tracks for n in t.notes}
