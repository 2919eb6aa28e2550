"""Piano rolls: every note can be seen where it belongs, and no score makes the picture fail."""

import pytest
import torch
from hypothesis import given, settings, strategies as st

from nodegraph import InputError
from nodegraph_nodes.media.score import Event, Note, Score, Text, Track
from nodegraph_nodes.media.types import IMAGE
from nodegraph_nodes.mix.theme import mixed
from nodegraph_nodes.music.roll import TRACK_COLORS, described, piano_roll

PAPER = torch.tensor([0xFB, 0xFA, 0xF6]) / 255


def one(*notes, **more) -> Score:
    return Score((Track("Flute", 73, False, notes),), **more)


def coloured(image, color):
    """Where the picture has nearly this colour: (height, width) of bool."""
    wanted = torch.tensor(color)[:, None, None] / 255
    return (image - wanted).abs().amax(0) < 0.04


def field(image):
    """The picture without the words above the notes."""
    return image[:, 100:]


def test_a_loud_note_has_its_tracks_colour_from_its_start_to_its_end():
    score = one(Note(72, 4, 4, 127), Note(60, 0, 1, 1))
    columns = coloured(field(piano_roll(score)), TRACK_COLORS[0]).any(0).nonzero()
    assert columns.min() == pytest.approx(625, abs=8) and columns.max() == pytest.approx(1182, abs=8)


def test_higher_notes_stand_higher():
    score = one(Note(80, 0, 2, 127), Note(60, 2, 2, 127))
    rows = coloured(field(piano_roll(score)), TRACK_COLORS[0])
    assert rows[:, :600].nonzero()[:, 0].max() < rows[:, 640:].nonzero()[:, 0].min()


def test_softer_notes_are_paler():
    def distance(velocity):
        return float((field(piano_roll(one(Note(60, 0, 4, velocity)))) - PAPER[:, None, None]).abs().amax())
    assert distance(1) < distance(60) < distance(127)


def test_tracks_have_colours_of_their_own_and_the_first_lies_on_top():
    same = (Note(60, 0, 4, 127),)
    drawn = field(piano_roll(Score((Track("Flute", 73, False, same), Track("Cello", 42, False, same)))))
    assert coloured(drawn, TRACK_COLORS[0]).sum() > 500
    assert coloured(drawn, TRACK_COLORS[1]).sum() < 100
    apart = Score((Track("Flute", 73, False, same), Track("Cello", 42, False, (Note(48, 0, 4, 127),))))
    assert coloured(field(piano_roll(apart)), TRACK_COLORS[1]).sum() > 500


def test_drums_have_rows_below_the_pitches():
    score = Score((Track("Flute", 73, False, (Note(30, 0, 4, 127),)),
                   Track("Drums", 0, True, (Note(38, 0, 1, 127), Note(36, 2, 1, 127)))))
    drawn = field(piano_roll(score))
    flute, drums = (coloured(drawn, color).nonzero()[:, 0] for color in TRACK_COLORS[:2])
    assert len(drums) and flute.max() < drums.min()


def test_lyrics_stand_below_and_push_the_notes_up():
    plain, sung = (piano_roll(Score((Track("Voice", 52, False, (Note(60, 0, 4, 127),), texts=texts),)))
                   for texts in ((), (Text(0, "La", "lyric"), Text(0.01, "too close", "lyric"))))
    ink = (sung - PAPER[:, None, None]).abs().amax(0)[395:]
    assert ink[:, :50].max() < 0.01 < ink[:, 55:90].max() and ink[:, 110:].max() < 0.01
    assert coloured(field(sung), TRACK_COLORS[0]).nonzero()[:, 0].max() < \
        coloured(field(plain), TRACK_COLORS[0]).nonzero()[:, 0].max()


def test_a_line_shows_where_the_pedal_is_down():
    down = (Event(0, "control", 127, 64), Event(2, "control", 0, 64))
    drawn = piano_roll(Score((Track("Piano", 0, False, (Note(60, 0, 4),), down),)))
    line = (drawn - PAPER[:, None, None]).abs().amax(0)[405:412].amax(0) > 0.2
    assert line[70:600].all() and not line[640:].any()


def test_a_bent_note_has_a_line_at_its_pitch():
    def dark(bend):
        drawn = piano_roll(Score((Track("Flute", 73, False, (Note(60, 0, 4, 127),), (Event(0, "bend", bend),)),)))
        return coloured(drawn, mixed((0xFB, 0xFA, 0xF6), (52, 52, 58), 0.6))[80:400, 200:210].any(1).nonzero().min()
    assert dark(8191) < dark(4096) < dark(-8192)


def test_tracks_without_notes_have_no_place_in_the_legend():
    bare = one(Note(60, 0, 4))
    assert torch.equal(piano_roll(bare), piano_roll(Score((*bare.tracks, Track("only words")))))


def test_the_facts_of_a_score_are_told_in_one_line():
    score = one(Note(60, 0, 12), tempos=((0.0, 90.0),), metres=((0.0, 3, 4),), keys=((0.0, "A minor"),))
    assert described(score) == "A minor · 3/4 · 90 beats a minute · 4 bars · 0:08"
    assert described(one(Note(60, 0, 1))) == "4/4 · 120 beats a minute · 1 bar · 0:00"


def test_a_title_is_drawn_and_leaves_the_notes_where_they_are():
    score = one(Note(60, 0, 4))
    plain, titled = piano_roll(score), piano_roll(score, "一支小曲")
    assert not torch.equal(plain, titled) and torch.equal(field(plain), field(titled))


def test_a_dark_paper_gets_light_lines():
    drawn = piano_roll(one(Note(60, 0, 4, 127)), paper="#14161c")
    assert drawn[:, 0, 0].max() < 0.12 and (drawn.amin(0) > 0.4).sum() > 50


def test_a_score_without_notes_is_refused():
    with pytest.raises(InputError, match="no notes to draw"):
        piano_roll(Score((Track("Flute"),)))


notes = st.builds(Note, st.integers(0, 127), st.floats(0, 400), st.floats(0.01, 64), st.integers(1, 127))
tracks = st.builds(Track, st.text(max_size=30), st.integers(0, 127), st.booleans(),
                   st.lists(notes, min_size=1, max_size=6).map(tuple))


@pytest.mark.filterwarnings("ignore:no font here has")
@settings(max_examples=40)
@given(st.lists(tracks, min_size=1, max_size=9), st.text(max_size=80), st.sampled_from([(320, 160), (640, 200)]))
def test_any_score_gives_a_picture_of_the_size_asked_for(some, title, size):
    drawn = piano_roll(Score(tuple(some), metres=((0.0, 7, 8),)), title, *size)
    assert drawn.shape == (3, size[1], size[0]) and IMAGE.complaint(drawn) is None


def test_what_a_piano_roll_cannot_show_is_told_of():
    with pytest.warns(UserWarning, match="no font here has “ไ”, drawn as boxes; a title in another script can be put on it"):
        piano_roll(one(Note(60, 0, 4, 64)), title="ไ")
    with pytest.warns(UserWarning, match="no font here has “ก”"):
        piano_roll(Score((Track("ก", 0, False, (Note(60, 0, 4, 64),)),)))
    with pytest.warns(UserWarning, match="the alpha of its paper does not count"):
        piano_roll(one(Note(60, 0, 4, 64)), paper="#ffffff80")
