"""MusicXML and ABC: read as they sound, written so that they come back."""

import io
import random
import sys
import zipfile

import pytest

from nodegraph import InputError
from nodegraph_nodes.media.read_score import read_score
from nodegraph_nodes.media.score import Event, Note, Score, Text, Track
from nodegraph_nodes.media.scores import notation

TUNE = """X:1
T:A little tune
M:3/4
L:1/4
K:Dm
d3 | d3 |: d e f | a2 z :|
"""

XML = """<?xml version="1.0" encoding="UTF-8"?>
<score-partwise version="3.1"><work><work-title>Lied</work-title></work><part-list>
<score-part id="P1"><part-name>Piano</part-name><score-instrument id="P1-I1"><instrument-name>Piano</instrument-name>
</score-instrument><midi-instrument id="P1-I1"><midi-channel>1</midi-channel><midi-program>7</midi-program></midi-instrument>
</score-part></part-list><part id="P1"><measure number="1"><attributes><divisions>2</divisions><key><fifths>-3</fifths>
<mode>minor</mode></key><time><beats>2</beats><beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef>
<transpose><chromatic>-2</chromatic></transpose></attributes>
<direction><sound tempo="90"/></direction><harmony><root><root-step>C</root-step></root><kind>major</kind></harmony>
<note><pitch><step>D</step><octave>5</octave></pitch><duration>2</duration><type>quarter</type>
<lyric><syllabic>single</syllabic><text>Blüh</text></lyric></note>
<note><pitch><step>E</step><octave>5</octave></pitch><duration>2</duration><tie type="start"/><type>quarter</type></note>
</measure><measure number="2"><note><pitch><step>E</step><octave>5</octave></pitch><duration>4</duration>
<tie type="stop"/><type>half</type></note></measure></part></score-partwise>
"""


def read(data: bytes | str, folder, name="song.dat") -> Score:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_score(path)


def packed(text: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("META-INF/container.xml",
                         '<container><rootfiles><rootfile full-path="a/b.xml"/></rootfiles></container>')
        archive.writestr("a/b.xml", text)
    return data.getvalue()


def pitches(score: Score) -> list[tuple[int, float, float]]:
    return [note[:3] for track in score.tracks for note in track.notes]


def test_musicxml_is_read_as_it_sounds_by_its_content(tmp_path):
    """A B flat instrument sounds two semitones lower, ties are one note, names of chords are cues."""
    wide = XML.replace("UTF-8", "UTF-16")
    for data in (XML, packed(XML), b"\xef\xbb\xbf" + XML.encode(), wide.encode("utf-16"), wide.encode("utf-16-be"),
                 XML.replace("UTF-8", "ISO-8859-1").encode("latin-1")):
        score = read(data, tmp_path)
        assert pitches(score) == [(72, 0, 1), (74, 1, 3)]
        assert (score.tracks[0].name, score.tracks[0].program) == ("Piano", 6)
        assert score.tempos == ((0, 90),) and score.metres == ((0, 2, 4),) and score.texts[0] == Text(0, "Lied", "title")
        assert [text.kind for text in score.texts[1:]] == ["cue"]
        assert score.tracks[0].texts == (Text(0, "Blüh", "lyric"),)


def test_abc_is_read_with_its_repeats(tmp_path):
    score = read(TUNE, tmp_path)
    once = [(74, 6, 1), (76, 7, 1), (77, 8, 1), (81, 9, 2)]
    assert pitches(score) == [(74, 0, 3), (74, 3, 3), *once, *((pitch, start + 6, beats) for pitch, start, beats in once)]
    assert score.keys == ((0, "D minor"),) and score.texts[0].text == "A little tune"


def test_tunes_of_one_abc_file_are_joined_and_told_of(tmp_path):
    with pytest.warns(UserWarning, match="song.dat holds 2 pieces"):
        score = read(TUNE + "\n" + TUNE.replace("X:1", "X:2").replace("|:", "|").replace(":|", "|"), tmp_path)
    assert [start for _, start, _ in pitches(score)] == [0, 3, 6, 7, 8, 9, 12, 13, 14, 15, 18, 21, 24, 25, 26, 27]


@pytest.mark.parametrize("bars, heard", [
    ("C3 | D3 :| E3 | F3 :| G3 | A3 |]", "CDCDEFEFGA"), ("C3 | D3 :| E3 |: F3 | G3 :|", "CDCDEFGFG"),
    ("C3 | D3 |1 E3 :|2 F3 | G3 | A3 :| B3 |]", "CDECDFGAGAB"),
])
def test_a_repeat_without_a_beginning_goes_back_to_the_one_before(bars, heard, tmp_path):
    score = read(f"X:1\nM:3/4\nL:1/4\nK:C\n{bars}\n", tmp_path)
    assert "".join("CDEFGAB"[[0, 2, 4, 5, 7, 9, 11].index(pitch % 12)] for pitch, _, _ in pitches(score)) == heard


def test_repeats_that_are_not_played_are_told_of(tmp_path):
    with pytest.warns(UserWarning, match="repeats are not played"):
        assert len(pitches(read(TUNE.replace("d3 | d3 ", ""), tmp_path))) == 4


@pytest.mark.parametrize("data, words", [
    (XML[:700], "song.dat is MusicXML"), (packed(XML)[:200], "ZIP"), (packed("<html/>"), "no MusicXML"),
    ("<html></html>", "HTML page and no written music"),
    ("<museScore version='3'><Score/></museScore>", "a score of MuseScore, which is not read; export it"),
    ("**kern\n4c\n*-\n", "Humdrum"), ("X:1\nT:no key\nCDEF|\n", "lacks the key"), ("words", "neither MusicXML nor ABC"),
    (b"\x1f\x8b\x08", "gzip archive and no written music; unpack it first"),
])
def test_what_cannot_be_read_is_a_sentence(data, words, tmp_path):
    with pytest.raises(InputError, match=words):
        read(data, tmp_path)


def test_without_music21_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "music21", None)
    with pytest.raises(InputError, match=r"song.dat is ABC.*pip install music21"):
        read(TUNE, tmp_path)
    with pytest.raises(InputError, match=r"writing MusicXML.*pip install music21"):
        notation.save_musicxml(Score(), tmp_path / "x.musicxml")


def written() -> Score:
    melody = Track("Oboe", 68, False, (Note(72, 0, 1.5), Note(76, 1.5, 0.5), Note(79, 2, 1 / 3), Note(77, 7 / 3, 2 / 3)),
                   texts=(Text(0, "Ah", "lyric"), Text(2, "oh", "lyric")))
    chords = Track("弦", 48, False, (Note(48, 0, 3), Note(55, 0, 3), Note(60, 1, 1), Note(60, 3.5, 2)))
    return Score((melody, chords, Track("Kit", 0, True, (Note(36, 0, 1), Note(38, 1, 1)))), ((0, 90), (3, 120)),
                 ((0, 3, 4),), ((0, "Eb major"),), (Text(0, "Stück", "title"),))


def test_a_score_comes_back_from_musicxml(tmp_path):
    notation.save_musicxml(written(), tmp_path / "x.musicxml")
    back = read_score(tmp_path / "x.musicxml")
    for track, other in zip(back.tracks, written().tracks, strict=True):
        assert (track.name, track.program, track.is_drum) == (other.name, other.program, other.is_drum)
        assert [note[:3] for note in track.notes] == [pytest.approx(note[:3], abs=1e-3) for note in other.notes]
    assert back.tracks[0].texts == written().tracks[0].texts
    assert (back.tempos, back.metres, back.keys, back.texts) == (written().tempos, written().metres, written().keys,
                                                                 written().texts)


def test_what_notation_does_not_say_is_told_of(tmp_path):
    track = Track("x", 0, False, (Note(60, 0.01, 1), Note(62, 1, 1)), (Event(0, "control", 127, 64),))
    with pytest.warns(UserWarning) as told:
        notation.save_musicxml(Score((track,)), tmp_path / "x.musicxml")
    assert "1 events such as pedal" in str(told[0].message) and "1 of 2 notes" in str(told[1].message)


@pytest.mark.parametrize("score", [Score(), Score((Track("empty"),)), Score((Track("x", 0, False, (Note(60, 0.3, 0.01),)),))])
@pytest.mark.filterwarnings("ignore:1 of 1 notes", "ignore:.*no notes")
def test_scores_of_little_are_written_too(score, tmp_path):
    notation.save_musicxml(score, tmp_path / "x.musicxml")
    assert len(pitches(read_score(tmp_path / "x.musicxml"))) == sum(len(track.notes) for track in score.tracks)


def test_any_rhythm_is_written_in_signs_that_sound_the_same(tmp_path):
    """Any places of the grid, beat by beat in two or in three, in voices that overlap."""
    rng = random.Random(3)
    for _ in range(6):
        places = [beat + rng.randrange(parts) / parts for beat in range(12) for parts in [rng.choice(notation.GRID)]]
        track = Track("x", 0, False, tuple(Note(60 + at, place, rng.choice([0.5, 1, 2])) for at, place in enumerate(places)))
        score = Score((notation._on_grid(track),), metres=((0, 4, 4),))
        notation.save_musicxml(score, tmp_path / "x.musicxml")
        back = read_score(tmp_path / "x.musicxml")
        assert sorted(pitches(back)) == [pytest.approx(note, abs=1e-3) for note in sorted(pitches(score))]


def test_an_archive_tells_of_the_midi_file_in_it(tmp_path):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("take/a.mid", b"MThd")
    with pytest.raises(InputError, match="without MusicXML in it: it holds take/a.mid; unpack it first"):
        read(data.getvalue(), tmp_path)


BARS = """<score-partwise><part-list><score-part id="P1"><part-name>Kit</part-name><score-instrument id="K"><instrument-name>
Kick</instrument-name></score-instrument><score-instrument id="S"><instrument-name>Snare</instrument-name></score-instrument>
<midi-instrument id="K"><midi-channel>10</midi-channel><midi-unpitched>37</midi-unpitched></midi-instrument>
<midi-instrument id="S"><midi-channel>10</midi-channel><midi-unpitched>39</midi-unpitched></midi-instrument></score-part>
</part-list><part id="P1"><measure number="1"><attributes><divisions>1</divisions><time><beats>2</beats><beat-type>4</beat-type>
</time></attributes><note><unpitched><display-step>F</display-step><display-octave>4</display-octave></unpitched>
<duration>1</duration><instrument id="K"/></note><note><unpitched><display-step>C</display-step><display-octave>5</display-octave>
</unpitched><duration>1</duration><instrument id="S"/></note></measure></part></score-partwise>"""


def test_drums_are_what_the_document_says_that_is_struck(tmp_path):
    """And not the line that they are written on."""
    score = read(BARS, tmp_path)
    assert score.tracks[0].is_drum and pitches(score) == [(36, 0, 1), (38, 1, 1)]


def test_a_document_ordered_by_measures_is_read_as_one_ordered_by_parts(tmp_path):
    timewise = BARS.replace("score-partwise", "score-timewise").replace('<part id="P1"><measure number="1">',
                                                                        '<measure number="1"><part id="P1">')
    assert read(timewise.replace("</measure></part>", "</part></measure>"), tmp_path) == read(BARS, tmp_path)


def test_voices_that_abc_names_within_a_line_sound_together(tmp_path):
    tune = "X:1\nM:4/4\nL:1/4\nV:1\nV:2\nK:Ador\n[V:1] ABcd|\n[V:2] A,B,CD|\n"
    assert pitches(read(tune, tmp_path)) == [(69, 0, 1), (71, 1, 1), (72, 2, 1), (74, 3, 1),
                                             (57, 0, 1), (59, 1, 1), (60, 2, 1), (62, 3, 1)]


def test_what_abc_and_musicxml_say_and_is_not_read_is_told_of(tmp_path):
    with pytest.warns(UserWarning, match="words under its notes"):
        read("X:1\nL:1/4\nM:4/4\nK:C\nCDEF|\nw: la le lu lo\n", tmp_path)
    with pytest.warns(UserWarning, match="it has no notes"):
        read("X:1\nK:C\n", tmp_path)


def test_no_file_that_a_document_names_is_read(tmp_path):
    (tmp_path / "secret").write_text("secret")
    entity = f'<!DOCTYPE score-partwise [<!ENTITY s SYSTEM "{tmp_path}/secret">]>'
    with pytest.raises(InputError, match="undefined entity"):
        read(entity + BARS.replace("Kit", "&s;"), tmp_path)
