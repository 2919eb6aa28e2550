"""Films of pictures, clips, a verse and a sound: what is seen when, and how long it lasts."""

import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.media.films.footage import stills
from nodegraph_nodes.media.span import SPAN, Stretch, spread
from nodegraph_nodes.media.types import Audio
from nodegraph_nodes.mix.film import film

SIZE = {"width": 48, "height": 32, "fps": 4.0}


def plain(red, green=0.0, blue=0.0, height=32, width=48):
    return torch.tensor([red, green, blue])[:, None, None].expand(3, height, width).contiguous()


def color_at(video, second):
    frame = video.still(min(int(second * 4), video.form.frames - 1))
    return tuple(int(level) for level in frame[4, 24])


def sound(seconds, hertz=800):
    return Audio(torch.linspace(-0.5, 0.5, int(seconds * hertz))[None].contiguous(), hertz)


def test_pictures_are_seen_when_they_are_told_to_be_and_the_film_ends_with_the_last():
    made = film([plain(1), plain(0, 0, 1)], pictures_at=[Stretch(0, 1), Stretch(1, 3)], fade=0, **SIZE)
    assert made.form.frames == 12 and made.form[:2] == (48, 32)
    assert color_at(made, 0.5) == (255, 0, 0) and color_at(made, 1) == color_at(made, 2.9) == (0, 0, 255)


def test_what_no_time_is_given_for_shares_what_is_left_of_the_sound():
    made = film([plain(1), plain(0, 1), plain(0, 0, 1)], sound=sound(5), pictures_at=[Stretch(0, 1)], fade=0, **SIZE)
    assert made.seconds == 5 and made.form.sample_rate == 800
    assert color_at(made, 2.9) == (0, 255, 0) and color_at(made, 3.1) == (0, 0, 255)
    assert float(film([plain(1), plain(0)], fade=0, **SIZE).seconds) == 8  # four seconds each


def test_a_picture_comes_over_the_one_before_and_the_last_goes():
    made = film([plain(1), plain(0, 0, 1)], pictures_at=[Stretch(0, 2), Stretch(2, 4)], fade=1, **SIZE)
    red, _, blue = color_at(made, 2.5)
    assert 100 < red < 155 and 100 < blue < 155
    assert color_at(made, 0) == (255, 0, 0)  # it begins with a picture
    assert color_at(made, 3.8)[2] < 100


def test_a_clip_lies_over_the_pictures_and_rests_at_its_last_frame():
    frames = [(plain(0, level / 3) * 255).byte().permute(1, 2, 0).numpy() for level in range(4)]
    clip = stills(frames, 4, False)
    made = film([plain(1)], [clip], pictures_at=[Stretch(0, 4)], clips_at=[Stretch(1, 3)], fade=0, **SIZE)
    assert color_at(made, 0.5) == color_at(made, 3.5) == (255, 0, 0)
    assert color_at(made, 1.5) == (0, 170, 0) and color_at(made, 2.9) == (0, 255, 0)
    assert float(film(clips=[clip, clip], fade=0, **SIZE).seconds) == 2  # one after the other at their own lengths


def test_lines_of_the_verse_are_written_only_while_they_are_there():
    made = film([plain(0.5, 0.5, 0.5, 80, 120)], verse="one\n\ntwo", pictures_at=[Stretch(0, 3)], verse_at=[Stretch(1, 2)], fade=0,
                width=120, height=80, fps=4.0)
    quiet, said, after = (made.still(int(second * 4)) for second in (0.5, 1.5, 2.5))
    assert quiet.std() == 0 and said[50:].std() > 10 and said[:40].std() == 0
    assert (after != said).any()  # the second line has what is left


def test_a_sound_may_begin_later_and_end_early():
    made = film([plain(1)], sound=sound(4), sound_at=Stretch(1, 2), pictures_at=[Stretch(0, 3)], fade=0, **SIZE)
    samples = torch.cat([torch.from_numpy(piece.copy()) for piece in made.sound()], 1)
    assert float(made.seconds) == 3 and samples.shape == (1, 2400)
    assert samples[0, :800].abs().max() == samples[0, 1600:].abs().max() == 0
    assert torch.equal(samples[0, 800:1600], sound(4).samples[0, :800])


def test_what_is_held_is_packed_once(monkeypatch):
    from nodegraph_nodes.mix.film import Reel

    composed, old = [], Reel._composed
    monkeypatch.setattr(Reel, "_composed", lambda self, seen: composed.append(seen) or old(self, seen))
    made = film([plain(1), plain(0)], pictures_at=[Stretch(0, 5), Stretch(5, 10)], fade=0, **SIZE)
    assert made.form.frames == 40 and len(composed) == 2 and len(set(made.spans)) == 2


def test_a_film_of_nothing_is_refused_and_so_is_one_without_end():
    with pytest.raises(InputError, match="neither pictures nor clips"):
        film(verse="words")
    with pytest.raises(InputError, match="at most"):
        film([plain(1)], pictures_at=[Stretch(0, 9000)])


@pytest.mark.parametrize("text, meant", [("0 - 6", (0, 6)), ("1.5-2", (1.5, 2)), (" .5 – 3 s", (0.5, 3))])
def test_a_stretch_of_time_is_read_as_it_is_written(text, meant):
    assert SPAN.parse(text) == meant and SPAN.parse(str(SPAN.parse(text))) == meant


@pytest.mark.parametrize("wrong", ["6", "6 - 2", "2 - 2", "a - b", 6, "-1 - 3", ""])
def test_what_is_no_stretch_of_time_is_refused_with_what_to_write(wrong):
    with pytest.raises(InputError, match="stretch of time; write|has to end after it begins"):
        SPAN.parse(wrong)


def test_more_times_than_things_are_left_out():
    assert spread([Stretch(0, 1), Stretch(1, 2)], 1, 9) == [Stretch(0, 1)]
