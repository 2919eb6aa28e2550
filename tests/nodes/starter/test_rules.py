"""The rules that compose for a band: what every piece keeps, what is asked and got, and a judge that hears what was spoiled."""

from dataclasses import replace

import pytest

from nodegraph import InputError
from nodegraph_nodes.media.score import Score, seconds_at
from nodegraph_nodes.starter.pieces import compose
from nodegraph_nodes.starter.rules import judge
from nodegraph_nodes.starter.rules.band import bars_for, composed, drawn
from nodegraph_nodes.starter.rules.form import Request
from nodegraph_nodes.starter.rules.styles import MOODS, ROLES, STYLES

WALTZ = Request("waltz", "joyful", "medium", "G major", 32)


def changed(score: Score, name: str, change) -> Score:
    """The score with each note of one track replaced."""
    return replace(score, tracks=tuple(replace(track, notes=tuple(change(note) for note in track.notes)) if track.name == name else track
                                       for track in score.tracks))


def table(pieces):
    """Figures, whether the form was found, and windows, of each."""
    for piece in pieces:
        bars = len(piece.harmony)
        planned = "".join(phrase.letter for phrase in piece.phrases)
        yield judge.judged(piece.score, bars), judge.form_found(judge.form_heard(piece.score, bars), planned), judge.windows(piece.score, bars), bars


def kept(rows, least: float) -> None:
    """What all keep, and what so large a share of them does."""
    figures, forms, windows, bars = zip(*rows)
    for name in ("notes past the last bar", "notes out of range", "notes over themselves", "clashes a beat long"):
        assert not any(row[name] for row in figures), name
    def share(name):
        return sum(row[name] for row in figures) / len(figures)
    assert share("ends on the tonic") >= 0.99 and share("bass ends on the tonic") >= 0.99
    assert share("masked") <= 0.03 and max(row["masked"] for row in figures) <= 0.15
    assert share("Temperley key") >= least and sum(forms) / len(forms) >= min(0.9, least)
    assert share("kicks with the bass") >= 0.9 and share("phrases that rest at their end") >= 0.8
    assert all(row["chord rhythms"] >= 6 for row, count in zip(figures, bars) if count >= 32)
    assert max(judge.copied(windows)) <= 0.05


def test_a_piece_of_every_style_keeps_what_pieces_keep():
    kept(table(composed(Request(style, mood, "medium", "D major", 16), 5) for style, mood in zip(STYLES, list(MOODS) * 3)), 0.85)


@pytest.mark.slow
def test_two_hundred_pieces_keep_the_bars():
    kept(table(composed(drawn(seed, (16, 24, 32, 32, 48, 64)), seed) for seed in range(200)), 0.95)


@pytest.mark.parametrize("track, change, figure", [
    ("Melody", lambda note: note._replace(pitch=note.pitch - 24), "masked"),
    ("Melody", lambda note: note._replace(duration=note.duration + 3), "notes past the last bar"),
    ("Chords", lambda note: note._replace(pitch=note.pitch % 12), "notes out of range"),
    ("Bass", lambda note: note._replace(duration=note.duration + 9), "notes over themselves"),
])
def test_the_judge_hears_what_was_spoiled(track, change, figure):
    piece = composed(WALTZ, 4)
    assert judge.judged(piece.score, 32)[figure] == 0
    assert judge.judged(changed(piece.score, track, change), 32)[figure] > 0


def test_the_judge_hears_a_wrong_end_a_wrong_key_and_a_lost_form():
    piece = composed(WALTZ, 4)
    planned = "".join(phrase.letter for phrase in piece.phrases)
    higher = changed(piece.score, "Melody", lambda note: note._replace(pitch=note.pitch + 1))
    assert judge.judged(piece.score, 32)["ends on the tonic"] == 1 and judge.judged(higher, 32)["ends on the tonic"] == 0
    assert judge.judged(replace(piece.score, keys=((0.0, "Db minor"),)), 32)["Temperley key"] == 0
    shuffled = changed(piece.score, "Melody", lambda note: note._replace(pitch=60 + round(note.start * 7) % 13))
    assert judge.form_found(judge.form_heard(piece.score, 32), planned)
    assert not judge.form_found(judge.form_heard(shuffled, 32), planned)


def test_a_piece_beside_itself_transposed_is_a_copy_and_beside_another_is_none():
    here, there = composed(WALTZ, 4), composed(replace(WALTZ, key="D major"), 5)
    moved = changed(here.score, "Melody", lambda note: note._replace(pitch=note.pitch + 3))
    assert judge.copied([judge.windows(here.score, 32), judge.windows(moved, 32)]) == [1, 1]
    assert judge.copied([judge.windows(here.score, 32), judge.windows(there.score, 32)]) == [0, 0]


def test_the_same_seed_composes_the_same_piece_and_another_seed_another():
    assert composed(WALTZ, 1) == composed(WALTZ, 1)
    assert composed(WALTZ, 1).score != composed(WALTZ, 2).score


def test_densities_and_parts_set_the_same_tune_for_other_players():
    def melody(score):
        return [(note.pitch, note.start, note.duration) for note in next(track for track in score.tracks if track.name == "Melody").notes]

    scores = [compose(style="chiptune", form="loop", bars=16, key="C major", density=density, seed=2) for density in ("sparse", "medium", "dense")]
    assert melody(scores[0]) == melody(scores[1]) == melody(scores[2])
    assert [len(score.tracks) for score in scores] == [3, 5, 7]
    assert len({score.tempos for score in scores}) == 1


def test_what_returns_in_the_same_company_is_the_same_to_the_note():
    piece = next(p for p in (composed(replace(WALTZ, bars=16), seed) for seed in range(20)) if "".join(x.letter for x in p.phrases) == "AABA")
    def heads(at):
        return [(track.name, note.pitch, round(note.start - at, 6)) for track in piece.score.tracks for note in track.notes if at <= note.start < at + 6]
    assert heads(0) == heads(12) != heads(24)


def test_a_form_in_words_says_which_sections_come_and_marks_them():
    score = compose(style="pop", form="intro verse chorus bridge solo break coda", seed=1)
    assert [text.text for text in score.texts] == ["intro", "verse", "chorus", "bridge", "solo", "break", "coda"]
    assert [text.beat for text in score.texts] == [4 * bar for bar in (0, 4, 12, 20, 28, 36, 40)]
    silent = next(track for track in score.tracks if track.name == "Melody")
    assert silent.notes[0].start >= 16


def test_a_loop_leads_back_and_does_not_slow_down():
    score = compose(style="chiptune", mood="joyful", form="loop", bars=16, key="C major", seed=1)
    assert len(score.tempos) == 1 and score.beats <= 64
    last = max(next(track for track in score.tracks if track.name == "Bass").notes, key=lambda note: note.start)
    assert last.pitch % 12 != 0


def test_four_minutes_for_ten_players_have_something_new_each_time_round():
    asked = replace(WALTZ, parts=10)
    piece = composed(asked.lasting(bars_for(asked, 3, 4.0)), 3)
    assert len(piece.score.tracks) == len(ROLES) == 10
    assert 230 < seconds_at(piece.score, piece.score.beats) < 260
    assert {"C", "D"} <= {phrase.letter for phrase in piece.phrases}


def test_instruments_that_are_asked_for_are_those_that_play():
    score = compose(style="jazz", instruments="piano, acoustic bass, drums", seed=1)
    assert {(track.program, track.is_drum) for track in score.tracks} == {(0, False), (32, False), (0, True)}


def test_a_metre_of_the_style_is_taken_and_another_refused():
    assert compose(style="jazz", metre="3/4").metres == ((0.0, 3, 4),)
    with pytest.raises(InputError, match="metre is 5/4; jazz has 4/4, 3/4"):
        compose(style="jazz", metre="5/4")


@pytest.mark.parametrize("wrong, says", [
    (dict(form="verse middle"), "form has 'middle'; it takes `loop`, or words of intro, verse"), (dict(bars=13), "bars is 13; it takes a multiple of 4"),
    (dict(parts=1), "parts is 1; it takes 2 to 10"), (dict(style="ambient", parts=10), "parts is 10; ambient has 9"),
    (dict(instruments="drums"), "instruments has none for the tune"), (dict(key="H major"), "H"),
])
def test_what_cannot_be_kept_is_told(wrong, says):
    with pytest.raises(InputError, match=says):
        compose(**wrong)


def test_swung_styles_play_in_threes_and_straight_ones_in_fours():
    def places(style):
        return {round(note.start * 12) % 12 for track in compose(style=style, seed=3, key="C major").tracks for note in track.notes}
    assert 8 in places("blues") and not {3, 6, 9} & places("blues")
    assert 6 in places("bossa") and not {4, 8} & places("bossa")


def test_a_phrase_grows_and_a_chorus_is_louder_than_a_verse():
    score = compose(style="pop", form="verse chorus", key="C major", seed=4)
    def loud(first, last):
        notes = [note.velocity for note in next(track for track in score.tracks if track.name == "Melody").notes if first <= note.start < last]
        return sum(notes) / len(notes)
    assert loud(8, 12) > loud(0, 4) and loud(32, 64) > loud(0, 32)


def test_the_last_bar_is_held_by_all_and_rests_on_the_tonic():
    score = compose(style="march", key="C major", bars=16, seed=2)
    end = max(note.start + note.duration for track in score.tracks for note in track.notes)
    holding = [note for track in score.tracks if not track.is_drum for note in track.notes if note.start + note.duration > end - 1e-6]
    assert len(holding) >= 4 and {note.pitch % 12 for note in holding} <= {0, 4, 7}


def test_a_trio_plays_together_from_its_verse_on_and_no_swung_stroke_is_lost():
    score = compose(style="jazz", form="verse coda", metre="4/4", instruments="piano, acoustic bass, drums", key="C major", seed=12)
    for track in score.tracks:
        assert {int(note.start // 4) for note in track.notes} >= set(range(8)) - ({3, 7} if track.name == "Melody" else set())
    assert any(round(note.start % 1, 2) == 0.67 for track in score.tracks if track.is_drum for note in track.notes)
