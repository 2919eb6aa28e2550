"""The tools of a musician: time, keys, chords, bands, drums. None of them needs a model."""

from dataclasses import replace

import pytest

from nodegraph import InputError
from nodegraph_nodes.media.score import Event, Note, Score, Text, Track, bar_starts, whole_bars
from nodegraph_nodes.music.chords import chord, laid, moved, sheet
from nodegraph_nodes.music.harmony import (
    analyse,
    arpeggiate,
    arrange,
    canon,
    chords,
    fit_range,
    lead_sheet,
    mirror,
    to_key,
    vary,
)
from nodegraph_nodes.music.instruments import program_named
from nodegraph_nodes.music.rhythm import drums, humanise, loop, quantise, set_metre, swing, tempo_curve
from nodegraph_nodes.music.shaping import pitch_of_step, step_number
from nodegraph_nodes.music.theory import chords_for, key_of_score
from nodegraph_nodes.music.tracks import cut, merge, take_tracks


def tune(text, key="C major", metre=(4, 4), unit=1.0):
    """A tune of pitches that last a unit each."""
    notes = tuple(Note(int(pitch), at * unit, unit) for at, pitch in enumerate(text.split()))
    return Score((Track("Tune", 73, False, notes),), ((0.0, 120.0),), ((0.0, *metre),), ((0.0, key),))


FRERE = tune("60 62 64 60 60 62 64 60 64 65 67 67 64 65 67 67 67 69 67 65 64 60 60 60 67 69 67 65 64 60 60 60 "
             "60 55 60 60 60 55 60 60")


def starts(score, track=0):
    return [round(note.start, 4) for note in score.tracks[track].notes]


@pytest.mark.parametrize("symbol, tones, bass", [
    ("Am7", {9, 0, 4, 7}, 9), ("F#m7b5", {6, 9, 0, 4}, 6), ("Gmaj7", {7, 11, 2, 6}, 7), ("Bb/D", {10, 2, 5}, 2),
    ("Cø", {0, 3, 6, 10}, 0), ("D-7", {2, 5, 9, 0}, 2), ("Eo7", {4, 7, 10, 1}, 4), ("GΔ", {7, 11, 2, 6}, 7), ("E+", {4, 8, 0}, 4)])
def test_chord_symbols_are_read_as_musicians_write_them(symbol, tones, bass):
    found = chord(symbol)
    assert (found.tones, found.bass) == (frozenset(tones), bass)


def test_a_lead_sheet_has_bars_that_share_their_beats_and_come_again():
    bars = sheet("| Am7 D7 | % | N.C. |")
    assert [[one.name if one else None for one in bar] for bar in bars] == [["Am7", "D7"], ["Am7", "D7"], [None]]
    laid_out = laid(sheet("C | G7"), 4, 3.0)
    assert [(one.beat, one.name) for one in laid_out] == [(0, "C"), (3, "G7"), (6, "C"), (9, "G7")]
    assert moved("Am7/G", 2) == "Bm7/A"
    with pytest.raises(InputError, match="chords, bar 2: 'Hm' is no chord symbol; it takes such as C, Am7"):
        sheet("C | Hm")


def test_instruments_are_named_as_musicians_name_them():
    assert [program_named(name) for name in ("flute", "Drums", "acoustic bass", "12", "Acoustic Grand Piano")] == [
        73, -1, 32, 12, 0]
    with pytest.raises(InputError, match="'floot' is no instrument of General MIDI; did you mean flute"):
        program_named("floot")


def test_hands_do_not_make_a_piece_longer():
    straight = tune("60 62 64 65", unit=1.0)
    for seed in range(20):
        loose = humanise(straight, timing=0.25, seed=seed)
        assert whole_bars(loose) == whole_bars(straight) == 4 and all(note.duration > 0 for note in loose.tracks[0].notes)
    assert humanise(replace(straight, tracks=())).tracks == ()


def test_notes_go_to_the_grid_and_swing_and_stay_on_their_beats():
    loose = humanise(tune("60 62 64 65", unit=0.5), timing=0.05, seed=3)
    assert starts(loose) != [0, .5, 1, 1.5] and humanise(tune("60 62", unit=.5), seed=3) == humanise(tune("60 62", unit=.5), seed=3)
    assert starts(quantise(loose, "1/8")) == [0, .5, 1, 1.5]
    assert starts(swing(tune("60 62 64 65", unit=0.5), amount=0.66)) == [0, 0.66, 1, 1.66]


def test_a_waltz_becomes_a_march_bar_by_bar():
    waltz = Score((Track("Tune", 0, False, (Note(60, 0, 3), Note(62, 3, 1), Note(64, 4.5, 1.5)),
                         (Event(3, "control", 127, 64),), (Text(3, "la", "lyric"),)),), metres=((0.0, 3, 4),))
    march = set_metre(waltz, "4/4")
    assert starts(march) == [0, 4, 6] and march.metres == ((0.0, 4, 4),) and len(bar_starts(march)) == 2
    assert march.tracks[0].events[0].beat == 4 and march.tracks[0].texts[0].beat == 4
    with pytest.raises(InputError, match="metre is 'four'; it takes such as 3/4"):
        set_metre(waltz, "four")


def test_a_tempo_goes_evenly_from_bar_to_bar():
    slowing = tempo_curve(FRERE, "1: 120\n9: 120\n11: 60")
    tempos = dict(slowing.tempos)
    assert tempos[0.0] == 120 and tempos[40.0] == 60 and 85 < tempos[36.0] < 95
    with pytest.raises(InputError, match="line 2 of points is 'fast'"):
        tempo_curve(FRERE, "1: 120\nfast")


def test_drums_are_written_as_text():
    beat = drums("kick: x..x ..x.\nsnare: .... X...", bars=2)
    kicks = [note.start for note in beat.tracks[0].notes if note.pitch == 36]
    assert kicks[:6] == [0, .75, 1.5, 2, 2.75, 3.5] and beat.tracks[0].is_drum
    assert [(note.start, note.velocity) for note in beat.tracks[0].notes if note.pitch == 38][:1] == [(1.0, 118)]
    with pytest.raises(InputError, match="line 2 of the pattern has '7'; a step is x, X"):
        drums("kick: x...\nsnare: .7..")
    with pytest.raises(InputError, match="line 1 of the pattern is for 'kik'"):
        drums("kik: x...")


@pytest.mark.parametrize("profile", ["Temperley", "Krumhansl"])
@pytest.mark.parametrize("semitones, key", [(0, "C major"), (2, "D major"), (9, "A major")])
def test_the_key_of_a_tune_is_heard(profile, semitones, key):
    score = tune(" ".join(str(note.pitch + semitones) for note in FRERE.tracks[0].notes))
    assert key_of_score(score, profile)[0] == key


def test_chords_and_sections_are_heard_again():
    written = chords("Am | Dm | G7 | C", bars=8)
    heard = analyse(written)
    assert heard.chords == "Am | Dm | G7 | C | Am | Dm | G7 | C" and heard.key in ("C major", "A minor")
    assert heard.sections == "A: bar 1\nA: bar 5"


def test_chords_that_go_with_a_tune_hold_its_strong_notes():
    found = chords_for(FRERE, "C major")
    strong = [note for note in FRERE.tracks[0].notes if note.start % 2 == 0]
    held = sum(note.pitch % 12 in [one for one in found if one.beat <= note.start][-1].tones for note in strong)
    assert held >= 0.85 * len(strong) and found[-1].bass == 0


def test_keys_change_with_their_steps():
    minor = to_key(FRERE, "A minor")
    assert minor.keys == ((0.0, "A minor"),) and [note.pitch for note in minor.tracks[0].notes][:4] == [57, 59, 60, 57]
    assert [pitch_of_step(step_number(pitch, "D minor"), "D minor") for pitch in (50, 53, 58, 60)] == [50, 53, 58, 60]


def test_a_tune_is_turned_upside_down_and_backwards():
    assert [note.pitch for note in mirror(FRERE).tracks[0].notes][:4] == [60, 59, 57, 60]
    assert mirror(mirror(FRERE)) == FRERE and mirror(mirror(FRERE, "backwards"), "backwards") == FRERE


def test_a_canon_enters_voice_by_voice():
    round_ = canon(FRERE, voices=3, bars=2, semitones="0, 12")
    assert [track.notes[0].start for track in round_.tracks] == [0, 8, 16]
    assert [track.notes[0].pitch for track in round_.tracks] == [60, 72, 60]


def test_a_range_is_kept_by_octaves():
    high = Score((Track("Flute", 73, False, (Note(40, 0, 1), Note(110, 1, 1))),))
    assert [note.pitch for note in fit_range(high).tracks[0].notes] == [64, 86]
    with pytest.raises(InputError, match="less than an octave"):
        fit_range(high, 60, 65)


def test_a_lead_sheet_is_arranged_for_a_band_and_its_tune_stays():
    written = lead_sheet(FRERE, chords="C | % | C | C G7")
    assert [text.text for text in written.texts if text.kind == "cue"][:3] == ["C", "G7", "C"]
    for style in ("pop", "jazz", "bossa", "waltz"):
        band = arrange(written, style)
        assert band.tracks[0].notes == FRERE.tracks[0].notes and len(band.tracks) == 4
        assert [track.is_drum for track in band.tracks] == [False, False, False, True]
        assert all(note.start + note.duration <= 40.01 for track in band.tracks for note in track.notes)
        comp = [note for note in band.tracks[1].notes if note.start < 12]
        assert all(note.pitch % 12 in (0, 4, 7) for note in comp)


def test_chords_are_broken_and_tunes_varied_the_same_way_again():
    broken = arpeggiate(chords("C | F"), "up", "1/4")
    assert len(broken.tracks[0].notes) == 8 and len(set(starts(broken))) == 8
    other = vary(FRERE, 0.7, seed=2)
    assert other == vary(FRERE, 0.7, seed=2) != FRERE
    on_beats = {note.start: note.pitch for note in FRERE.tracks[0].notes}
    assert all(on_beats[note.start] == note.pitch for note in other.tracks[0].notes if note.start in on_beats)


def test_tracks_are_taken_merged_cut_and_looped():
    both = merge([FRERE, drums(bars=10)])
    assert [track.is_drum for track in both.tracks] == [False, True]
    assert take_tracks(both, "drums").tracks == both.tracks[1:] and take_tracks(both, "flute", "the others").tracks == both.tracks[1:]
    with pytest.raises(InputError, match="no track is 'tuba'; the score has 1 Tune, 2 Drums"):
        take_tracks(both, "tuba")
    middle = cut(both, 3, 4)
    assert starts(middle) == [0, 1, 2, 3, 4, 5, 6, 7] and len(bar_starts(middle)) == 2
    again = loop(FRERE, 3, 1, 2)
    assert len(bar_starts(again)) == 14 and [note.pitch for note in again.tracks[0].notes[8:12]] == [60, 62, 64, 60]
    with pytest.raises(InputError, match="the loop is from bar 3 to 99; the score has bars 1 to 10"):
        loop(FRERE, 2, 3, 99)
