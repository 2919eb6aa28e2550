"""MIDI files: what players take is taken, what a file holds is kept, and what is lost is told."""

import random
import struct
import warnings
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from nodegraph import InputError
from nodegraph_nodes.media.score import EVENTS, Event, Note, Score, Text, Track, from_plain, to_plain
from nodegraph_nodes.media.scores.charset import decoded, encoding_of
from nodegraph_nodes.media.scores.midi import from_bytes, load_midi, save_midi

from .midi_bytes import NOTE, header, meta, off, on, one, several, track

TUNES = sorted((Path(__file__).parents[3] / "docs" / "tunes").glob("*.mid"))


def notes(score: Score) -> list[Note]:
    return [note for track in score.tracks for note in track.notes]


def again(score: Score, folder: Path) -> Score:
    save_midi(score, folder / "again.mid")
    return load_midi(folder / "again.mid")


# ---- notes

@pytest.mark.parametrize("events, expected", [
    ([(0, on(60)), (0, off(60))], [(0, 1 / 480)]),  # no length: the least
    ([(0, on(60)), (480, on(62)), (480, off(62))], [(0, 2), (1, 1)]),  # never ended: to the end
    ([(0, on(60)), (240, on(60, 70)), (240, off(60)), (240, off(60))], [(0, 1), (0.5, 1)]),  # first on, first off
    ([(0, on(60)), (480, on(60, 0))], [(0, 1)]),
    ([(0, off(60)), (0, on(60)), (480, off(60)), (0, off(60))], [(0, 1)]),
])
def test_ons_and_offs_pair_by_stated_rules(events, expected):
    assert [(note.start, note.duration) for note in notes(from_bytes(one(*events)))] == expected


def test_an_off_ends_a_note_of_its_own_track_before_one_of_another():
    hands = several(track((0, on(60, 90)), (960, off(60))), track((240, on(60, 50)), (240, off(60))))
    assert [track.notes for track in from_bytes(hands).tracks] == [(Note(60, 0, 2, 90),), (Note(60, 0.5, 0.5, 50),)]
    apart = several(track((0, on(60))), track((480, off(60))))
    assert notes(from_bytes(apart)) == [Note(60, 0, 1)]


def test_a_program_set_by_another_track_of_the_channel_is_the_tracks_own():
    score = from_bytes(several(track((0, b"\xc3\x28")), track((0, on(60, channel=3)), (480, off(60, channel=3)))))
    assert [track.program for track in score.tracks if track.notes] == [40]


@pytest.mark.parametrize("channel, messages", [
    (2, [b"\xb2\x00\x78"]), (3, [b"\xf0\x08\x43\x10\x4c\0\0\x7e\0\xf7", b"\xb3\x00\x7f"]),
    (10, [b"\xf0\x0a\x41\x10\x42\x12\x40\x1a\x15\x02\x0f\xf7"]), (0, [b"\xf0\x0a\x41\x10\x42\x12\x40\x11\x15\x01\x0f\xf7"])])
def test_drums_on_other_channels_by_gm2_xg_and_gs_are_told_of(channel, messages):
    hit = (0, on(36, channel=channel)), (480, off(36, channel=channel))
    with pytest.warns(UserWarning, match=f"channel {channel + 1} is for drums"):
        from_bytes(one(*((0, message) for message in messages), *hit))
    from_bytes(one((0, bytes([0xB0 | channel, 0, 127])), *hit))  # a bank of GS, with sounds of an MT-32


def test_a_velocity_above_127_is_taken_for_127_with_a_warning():
    with pytest.warns(UserWarning, match="above 127"):
        score = from_bytes(one((0, b"\x90\x3c\xc8"), (480, off(60))))
    assert notes(score) == [Note(60, 0, 1, 127)]


def test_running_status_holds_on_after_a_meta_event():
    score = from_bytes(one((0, on(60)), (240, b"\x40\x50"), (0, meta(1, b"x")), (240, b"\x3c\x00"), (0, b"\x40\x00")))
    assert notes(score) == [Note(60, 0, 1), Note(64, 0.5, 0.5)]


# ---- what holds from a beat on

def test_tempos_count_on_any_track():
    score = from_bytes(several(track(*NOTE), track((0, meta(0x51, b"\x0f\x42\x40")), (480, meta(0x51, b"\x07\xa1\x20")))))
    assert score.tempos == ((0, 60), (1, 120))


@pytest.mark.parametrize("microseconds", [1, 2, 30_000, 461_538, 16_666_667, 0xFFFFFF])
def test_a_tempo_is_written_in_the_microseconds_that_were_read(microseconds, tmp_path):
    data = one((0, meta(0x51, microseconds.to_bytes(3, "big"))), *NOTE)
    if microseconds < 600:
        with pytest.warns(UserWarning, match="tempo of 00 00 0. is passed over"):
            assert from_bytes(data).tempos == ((0, 120),)
        return
    save_midi(from_bytes(data), tmp_path / "t.mid")
    assert [m.tempo for m in mido.MidiFile(tmp_path / "t.mid").tracks[0] if m.type == "set_tempo"] == [microseconds]


@pytest.mark.parametrize("tempo", [b"", b"\x07\xa1", b"\0\0\0"])
def test_a_tempo_that_is_none_is_passed_over(tempo):
    with pytest.warns(UserWarning, match="a tempo of"):
        assert from_bytes(one((0, meta(0x51, tempo)), *NOTE)).tempos == ((0, 120),)


@pytest.mark.parametrize("data, metre", [
    (b"\x03\x02", (3, 4)), (b"\x07\x06\x18\x08", (7, 64)), (b"\x04\x08\x18\x08", (4, 256))])
def test_metres_of_two_bytes_and_of_small_notes_are_kept(data, metre, tmp_path):
    score = from_bytes(one((0, meta(0x58, data)), *NOTE))
    assert score.metres == ((0, *metre),) == again(score, tmp_path).metres


@pytest.mark.parametrize("data", [b"\x04", b"\0\x02\x18\x08", b"\x04\x60\x18\x08"])
def test_a_metre_that_is_none_is_passed_over(data):
    with pytest.warns(UserWarning, match="a metre of"):
        assert from_bytes(one((0, meta(0x58, data)), *NOTE)).metres == ((0, 4, 4),)


@pytest.mark.parametrize("data, key", [(b"\xfb\x00", "Db major"), (b"\x07\x01", "A# minor"), (b"\xfa\x00", "Gb major")])
def test_keys_keep_their_spelling(data, key, tmp_path):
    score = from_bytes(one((0, meta(0x59, data)), *NOTE))
    assert score.keys == ((0, key),) == again(score, tmp_path).keys


@pytest.mark.parametrize("data", [b"\x08\x00", b"\xfe\xff", b"", b"\x02"])
def test_a_key_that_is_none_is_passed_over(data):
    with pytest.warns(UserWarning, match="a key of"):
        assert from_bytes(one((0, meta(0x59, data)), *NOTE)).keys == ()


@pytest.mark.parametrize("division, seconds", [(0xE728, 0.48), (0xE250, 0.2), (0xE302, 8.008)])
def test_frames_of_smpte_count_in_seconds_and_tempos_do_not(division, seconds):
    """25 frames of 40 parts, 30 of 80, and 30 drop frames of 2."""
    score = from_bytes(one((0, meta(0x51, b"\0\xff\xff")), *NOTE, division=division))
    assert score.seconds == pytest.approx(seconds)


@pytest.mark.parametrize("division", [0, 0xE700])
def test_a_division_that_says_no_time_is_refused(division):
    with pytest.raises(InputError, match=r"the file (has a division of 0|counts in frames of no parts)"):
        from_bytes(one(*NOTE, division=division))


def test_the_tracks_of_format_2_sound_one_after_the_other():
    slow, quick = (track((0, meta(0x51, tempo)), *NOTE) for tempo in (b"\x0f\x42\x40", b"\x07\xa1\x20"))
    score = from_bytes(several(slow, quick, format=2))
    assert [note.start for note in notes(score)] == [0, 4] and score.tempos == ((0, 60), (4, 120))


# ---- damaged files

def test_what_stands_before_the_header_and_unknown_chunks_do_not_matter():
    plain = one(*NOTE)
    riff = b"RIFF" + struct.pack("<I", len(plain) + 12) + b"RMIDdata" + struct.pack("<I", len(plain)) + plain
    unknown = header() + b"XFIH\0\0\0\2ab" + track(*NOTE)
    for data in (riff, bytes(128) + plain, unknown, plain + b"junk after the end"):
        assert notes(from_bytes(data)) == [Note(60, 0, 1)]


def test_wrong_lengths_of_tracks_are_found_out():
    two = several(track(*NOTE), track((0, on(64)), (480, off(64))))
    first = two.index(b"MTrk") + 4
    for length in (2, 8, 200, 2 ** 31):
        data = two[:first] + length.to_bytes(4, "big") + two[first + 4:]
        assert [note.pitch for note in notes(from_bytes(data))] == [60, 64]


def test_a_cut_file_gives_the_notes_that_are_there_and_a_warning():
    data = one(*NOTE, (0, on(64)), (480, off(64)))
    with pytest.warns(UserWarning, match="breaks off"):
        assert notes(from_bytes(data[:-9])) == [Note(60, 0, 1), Note(64, 1, 1 / 480)]


def test_fewer_tracks_than_said_and_none_are_told_of():
    with pytest.warns(UserWarning, match="speaks of 5 tracks where there are 1"):
        assert len(notes(from_bytes(header(1, 5) + track(*NOTE)))) == 1
    with pytest.warns(UserWarning, match="no notes"):
        assert from_bytes(header(1, 0)).tracks == ()


@pytest.mark.parametrize("data, words", [
    (b"", "is empty"), (b"MThd\0\0\0\6\0", "breaks off within its header"), (b"not music", "no header"),
    (one((2 ** 28 - 1, on(60)), (1, off(60))), "hours after its beginning"),
])
def test_what_cannot_be_read_has_a_reason(data, words):
    with pytest.raises(InputError, match=f"song.mid.*{words}"):
        from_bytes(data, "song.mid")


def test_a_file_that_is_missing_or_a_folder_is_named(tmp_path):
    for path in (tmp_path / "absent.mid", tmp_path):
        with pytest.raises(InputError, match=path.name):
            load_midi(path)


def test_damaged_files_become_scores_or_sentences(tmp_path):
    """Six hundred files with bytes changed, lost, doubled or put in; what is read is written and read the same."""
    rng = random.Random(12)
    whole = [path.read_bytes() for path in TUNES]
    outcomes = {"score": 0, "sentence": 0}
    for _ in range(600):
        data = bytearray(rng.choice(whole))
        for _ in range(rng.choice([1, 3, 10, 40])):
            at = rng.randrange(len(data))
            data[at:at + rng.choice([0, 1, 1, 4])] = rng.randbytes(rng.choice([0, 1, 1, 3]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                score = from_bytes(bytes(data))
            except InputError:
                outcomes["sentence"] += 1
                continue
            outcomes["score"] += 1
            assert sorted(notes(again(score, tmp_path))) == sorted(notes(score))
    assert min(outcomes.values()) > 20


# ---- what is not notes

RICH = several(
    track((0, meta(3, b"Lied")), (0, meta(6, b"Verse")), (0, b"\xf0\x05\x7e\x7f\x09\x01\xf7"), (0, meta(0x7F, b"\x01\xc8"))),
    track((0, meta(3, "钢琴".encode())), (0, b"\xb0\x07\x64"), (0, b"\xb0\x00\x01"), (0, b"\xc0\x05"), (0, b"\xb0\x40\x7f"),
          (0, on(60)), (0, meta(5, "la é".encode())), (240, b"\xe0\x00\x50"), (120, b"\xd0\x30"), (60, b"\xa0\x3c\x22"),
          (60, off(60)), (0, b"\xc0\x29"), (0, on(62)), (480, off(62))))


def test_controllers_bends_programs_words_and_messages_live_in_a_score():
    score = from_bytes(RICH)
    piano = score.tracks[0]
    assert (piano.name, piano.program, len(score.tracks)) == ("钢琴", 5, 1)
    assert piano.events == (
        Event(0, "control", 100, 7), Event(0, "control", 1, 0), Event(0, "program", 5), Event(0, "control", 127, 64),
        Event(0.5, "bend", 2048), Event(0.75, "pressure", 48), Event(0.875, "key_pressure", 34, 60), Event(1, "program", 41))
    assert piano.texts == (Text(0, "la é", "lyric"),)
    assert score.texts == (Text(0, "Lied", "title"), Text(0, "Verse", "marker"))
    assert score.raw == ((0, b"\xf0\x7e\x7f\x09\x01\xf7"), (0, b"\xff\x7f\x01\xc8"))


def test_all_of_it_is_stored_and_written(tmp_path):
    score = from_bytes(RICH)
    assert from_plain(to_plain(score)) == score == again(score, tmp_path)


def test_a_message_that_is_not_whole_is_told_of_when_written(tmp_path):
    with pytest.warns(UserWarning, match="not written"):
        save_midi(Score(raw=((0, b"\xf0\x01\xff\xf7"),)), tmp_path / "x.mid")


@pytest.mark.parametrize("encoding, name", [
    ("big5", "月亮代表我的心 主旋律"), ("utf-16", "Piano é 琴"),
    ("utf-8", "钢琴 é"), ("utf-8-sig", "Flöte"), ("gbk", "小提琴"), ("cp932", "ピアノ"), ("cp932", "右手"),
    ("latin-1", "Flöte"),
    ("cp1252", "Œuvre – Café"), ("cp1251", "Скрипка"), ("cp949", "빛날세라영웅열사만세"), ("latin-1", "Guitarra acústica")])
def test_names_are_read_in_the_encoding_they_are_in(encoding, name):
    data = name.encode(encoding)
    assert decoded(data, encoding_of([data])) == name


def test_a_name_loses_the_zeros_that_fill_it():
    assert from_bytes(one((0, meta(3, b"Piano\0\0\0")), *NOTE)).tracks[0].name == "Piano"


# ---- writing

def voices(count: int, **more) -> Score:
    return Score(tuple(Track(f"voice {at}", at, False, (Note(60, at, 1),), **more) for at in range(count)))


def heard(path: Path) -> set[tuple[int, int, int, bool]]:
    """(tick, pitch, program, whether drums) of each note, ports and channels honoured."""
    merged = []
    for number, messages in enumerate(mido.MidiFile(path).tracks):
        tick = port = 0
        for at, message in enumerate(messages):
            tick += message.time
            port = message.port if message.type == "midi_port" else port
            merged.append((tick, number, at, port, message))
    programs, found = {}, set()
    for tick, _, _, port, message in sorted(merged, key=lambda entry: entry[:3]):
        if message.type == "program_change":
            programs[port, message.channel] = message.program
        elif message.type == "note_on" and message.velocity:
            found.add((tick, message.note, programs.get((port, message.channel), 0), message.channel == 9))
    return found


def test_more_than_fifteen_instruments_go_to_ports_and_are_told_of(tmp_path):
    with pytest.warns(UserWarning, match="needs 20 channels.*2 ports"):
        save_midi(voices(20), tmp_path / "x.mid")
    assert heard(tmp_path / "x.mid") == {(480 * at, 60, at, False) for at in range(20)}
    back = load_midi(tmp_path / "x.mid")
    assert [track.program for track in back.tracks] == list(range(20))
    save_midi(back, tmp_path / "y.mid")  # the file has its ports already: nothing new to tell
    assert heard(tmp_path / "y.mid") == heard(tmp_path / "x.mid")


def test_drums_go_to_channel_ten_and_nothing_else_does(tmp_path):
    drums = Track("kit", 25, True, (Note(36, 0, 1),))
    save_midi(Score((*voices(12).tracks, drums)), tmp_path / "x.mid")
    assert {entry for entry in heard(tmp_path / "x.mid") if entry[3]} == {(0, 36, 25, True)}
    assert again(Score((drums,)), tmp_path).tracks[0].is_drum


def test_a_channel_that_does_not_fit_an_instrument_is_not_used(tmp_path):
    pitched, drums = Track("x", 40, False, (Note(60, 0, 1),), channel=9), Track("kit", 0, True, (Note(36, 0, 1),), channel=3)
    save_midi(Score((pitched, drums)), tmp_path / "x.mid")
    assert heard(tmp_path / "x.mid") == {(0, 60, 40, False), (0, 36, 0, True)}


def test_tracks_that_share_a_channel_each_have_their_program_at_their_first_note(tmp_path):
    save_midi(voices(3, channel=4), tmp_path / "x.mid")
    assert heard(tmp_path / "x.mid") == {(480 * at, 60, at, False) for at in range(3)}


def test_a_program_that_was_changed_in_a_score_is_the_one_that_is_written(tmp_path):
    from dataclasses import replace

    score = from_bytes(RICH)
    changed = replace(score, tracks=tuple(replace(track, program=11) for track in score.tracks))
    assert [event.value for event in again(changed, tmp_path).tracks[0].events if event.kind == "program"] == [11, 41]


def test_notes_of_one_pitch_that_overlap_come_back(tmp_path):
    track = Track("x", 0, False, (Note(60, 0, 2, 90), Note(60, 1, 2, 80), Note(60, 1, 3, 70), Note(60, 4, 1, 60)))
    assert again(Score((track,)), tmp_path).tracks[0].notes == track.notes


@pytest.mark.parametrize("division", [24, 96, 220, 480, 1024, 25000])
def test_no_note_moves_by_a_tick_whatever_the_division(division, tmp_path):
    rng = random.Random(division)
    events = [event for _ in range(200) for event in ((rng.randrange(division), on(60)), (rng.randrange(1, division), off(60)))]
    score = from_bytes(one(*events, division=division))
    back = again(score, tmp_path)
    assert notes(back) == notes(score) and len(notes(score)) == 200 and back.ticks_per_beat == division


@pytest.mark.parametrize("path", TUNES, ids=lambda path: path.stem)
def test_the_tunes_of_the_project_come_back_whole(path, tmp_path):
    score = load_midi(path)
    assert again(score, tmp_path) == score and notes(score)


@st.composite
def scores(draw):
    """Scores of any events, whose notes of one pitch end in the order in which they begin."""
    ticks = st.integers(0, 4000)
    starts = draw(st.lists(ticks, min_size=1, max_size=12, unique=True))
    pitched = tuple(Note(60 + at, start / 480, draw(st.integers(1, 900)) / 480, draw(st.integers(1, 127)))
                    for at, start in enumerate(starts))
    events = tuple(Event(draw(ticks) / 480, kind, draw(st.integers(*EVENTS[kind])),
                         draw(st.integers(0, 127)) if kind in ("control", "key_pressure") else 0)
                   for kind in draw(st.lists(st.sampled_from([kind for kind in EVENTS if kind != "program"]), max_size=8)))
    letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff")
    words = tuple(Text(draw(ticks) / 480, draw(st.text(letters, min_size=1)),
                       draw(st.sampled_from(["lyric", "text", "marker"]))) for _ in range(2))
    tempos = {0.0: 100.0} | {draw(st.integers(1, 4000)) / 480: float(draw(st.integers(30, 240))) for _ in range(3)}
    tracks = tuple(Track("one", draw(st.integers(0, 127)), False, pitched, events, words, channel) for channel in (0, 1))
    return Score(tracks, tuple(sorted(tempos.items())), texts=words)


@pytest.mark.filterwarnings("ignore:.*is for drums by a message")  # where a bank happens to be one of drums
@settings(max_examples=60, deadline=None)
@given(scores())
def test_any_score_comes_back_from_a_file(tmp_path_factory, score):
    back = again(score, tmp_path_factory.mktemp("any"))
    assert [(track.notes, track.texts, track.program) for track in back.tracks] == [
        (track.notes, track.texts, track.program) for track in score.tracks]
    assert [[event for event in track.events if event.kind != "program"] for track in back.tracks] == [
        list(track.events) for track in score.tracks]
    assert np.allclose(back.tempos, score.tempos, rtol=1e-5) and back.texts == score.texts
