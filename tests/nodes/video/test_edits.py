"""Videos are cut, joined, turned round and resized frame by frame, with their sound, and are the same when restored."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from nodegraph import InputError
from nodegraph.digest import decode, encode
from nodegraph_nodes.media.films import container, edits
from nodegraph_nodes.media.read_video import read_video
from nodegraph_nodes.media.types import Audio, Video
from nodegraph_nodes.media.video import rate
from nodegraph_nodes.video.cut import join, reverse, set_fps, speed, trim
from nodegraph_nodes.video.frames import frames, from_frames, still
from nodegraph_nodes.video.render import render
from nodegraph_nodes.video.size import measure, resize
from nodegraph_nodes.video.sound import sound, with_sound
from tests.nodes.video.conftest import place

TYPE = Video.__porttype__


def places(video):
    found = [place(array) for array in video.pictures()]
    assert len(found) == video.form.frames
    return found


def heard(video):
    """All samples, of which there are as many as there should be."""
    samples = np.concatenate([*video.sound()], axis=1)
    assert samples.shape == (video.form.channels, video.samples)
    return samples


def pitch(samples, rate):
    """The strongest frequency of the first channel, in Hz."""
    return np.abs(np.fft.rfft(samples[0])).argmax() * rate / samples.shape[1]


def kept(video):
    """What a cache gives back, and how many parts of it are large."""
    tensors = []
    code = encode(TYPE.flatten(video), tensors)
    return TYPE.restore(decode(code, tensors)), len(tensors)


@pytest.mark.parametrize("alpha", [False, True])
def test_frames_come_out_of_a_video_as_they_went_in(alpha, images):
    given = images(9, width=31, height=21, alpha=alpha)
    video = from_frames(given, 12.5)
    assert video.form == (31, 21, 9, (25, 2), alpha, 0, 0)
    assert all(map(torch.equal, frames(kept(video)[0]), given))


def test_some_of_the_frames_are_taken(images):
    given = images(20)
    video = from_frames(given, 10.0)
    taken = frames(video, start=0.5, seconds=1.2, every=4)
    assert len(taken) == 3 and all(map(torch.equal, taken, given[5:17:4]))
    assert torch.equal(still(video, 0.79), given[7]) and torch.equal(still(video, 99.0), given[19])
    assert torch.equal(frames(video, start=1.9, seconds=0)[0], given[19])


def test_a_picture_that_comes_again_is_kept_once(images):
    one, other = images(2)
    assert len(from_frames([one, other] * 50).data) == len(from_frames([one, other]).data)


def test_frames_that_make_no_video_are_refused(images):
    with pytest.raises(InputError, match="frames is empty"):
        from_frames([])
    with pytest.raises(InputError, match="picture 3 is 32 x 48, and picture 1 is 64 x 48; all frames"):
        from_frames([*images(2), *images(1, width=32)])


def test_more_frames_than_memory_should_hold_are_refused_before_any_is_made(images, monkeypatch):
    video = from_frames(images(30), 10.0)
    monkeypatch.setattr("nodegraph_nodes.video.frames.MOST_BYTES", 20 * 64 * 48 * 12)
    monkeypatch.setattr(type(video), "pictures", None)
    with pytest.raises(InputError, match=r"30 frames of 64 x 48 take .* fewer with `start`, `seconds` and `every`"):
        frames(video)


def test_a_trim_begins_and_ends_at_the_nearest_frame(video):
    whole = video(24)
    piece = trim(whole, 0.5, 1.0)
    assert places(piece) == list(range(6, 18)) and piece.seconds == 1
    assert places(trim(piece, 0.5, None)) == list(range(12, 18))
    assert places(trim(whole, 1.9, 99.0)) == [23] and trim(whole, 0.0, 0.0).form.frames == 1
    with pytest.raises(InputError, match="start is 2 s, and the video is 2 s long"):
        trim(whole, 2.0)


def test_speed_and_rate_pass_frames_over_or_show_them_again(video):
    whole = video(12)
    assert places(speed(whole, 2.0)) == [0, 2, 4, 6, 8, 10]
    assert places(speed(whole, 0.5)) == [number // 2 for number in range(24)]
    assert places(set_fps(whole, 24.0)) == [number // 2 for number in range(24)]
    assert places(set_fps(whole, 8.0)) == [0, 1, 3, 4, 6, 7, 9, 10]
    assert set_fps(whole, 12.0) is whole and [place(a) for a in speed(whole, 2.0).pictures(2, 4)] == [4, 6]
    assert places(speed(whole, 100.0)) == [0]


def test_the_rates_of_television_are_meant_exactly():
    assert [rate(fps) for fps in (23.976, 29.97, 59.94, 24.0, 12.5, 0.1)] == [
        Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001), 24, Fraction(25, 2), Fraction(1, 10)]


def test_a_video_is_played_backwards_a_block_at_a_time(video, monkeypatch):
    monkeypatch.setattr(edits, "BLOCK", 5 * 64 * 48 * 3)
    back = reverse(trim(video(24), 0.5))
    assert places(back) == list(range(23, 5, -1))
    assert [place(array) for array in back.pictures(4, 12)] == list(range(19, 11, -1))
    assert places(reverse(back)) == list(range(6, 24))


def test_videos_are_joined_at_the_size_and_the_rate_of_the_first(video):
    first, other = video(4), video(8, Fraction(24), alpha=True, width=64, height=24)
    both = join([first, other, first])
    assert both.form[:5] == (64, 48, 12, (12, 1), True)
    shown = list(both.pictures())
    assert [place(array) for array in shown[:4] + shown[8:]] == [0, 1, 2, 3] * 2
    assert {array.shape for array in shown} == {(48, 64, 4)} and not shown[5][2, :, :3].any()
    assert all(map(np.array_equal, both.pictures(3, 9), shown[3:9]))
    with pytest.raises(InputError, match="videos is empty"):
        join([])


@pytest.mark.parametrize("asked, size", [
    ({"width": 32}, (32, 24)), ({"height": 96}, (128, 96)), ({"width": 20, "height": 30}, (20, 15)),
    ({"width": 20, "height": 30, "fit": "cover"}, (20, 30)), ({"width": 20, "height": 30, "fit": "pad"}, (20, 30)),
    ({"width": 20, "height": 30, "fit": "stretch"}, (20, 30))])
def test_a_video_is_fitted_into_another_size(asked, size, video):
    other = resize(video(2), **asked)
    assert (other.form.width, other.form.height) == size
    assert {array.shape for array in other.pictures()} == {(size[1], size[0], 3)}


def test_what_is_padded_and_what_is_covered(video):
    padded = resize(video(1), width=64, height=64, fit="pad", paper="#00ff00").still(0)
    assert (padded[:8] == (0, 255, 0)).all() and (padded[56:] == (0, 255, 0)).all() and padded[30, 5, 0] == 200
    covered = resize(video(1), width=16, height=48, fit="cover").still(0)
    assert covered[40, 2, 0] == 200 and covered[40, 13, 2] == 200    # the middle, where both stripes meet
    with pytest.raises(InputError, match="width and height are both 0"):
        resize(video(1))


def test_a_sound_goes_with_the_pictures_through_every_edit(video, tone):
    whole = with_sound(video(24), Audio(tone(1.5), 44100))
    samples = heard(whole)
    assert np.array_equal(samples[:, :66150], tone(1.5).numpy()) and not samples[:, 66150:].any()
    assert np.array_equal(heard(trim(whole, 0.5, 0.5)), samples[:, 22050:44100])
    assert np.array_equal(heard(reverse(whole)), samples[:, ::-1])
    assert np.array_equal(heard(resize(set_fps(whole, 24.0), width=32)), samples)
    both = heard(join([trim(video(24), 0.0, 1.0), whole]))
    assert not both[:, :44100].any() and np.array_equal(both[:, 44100:], samples)
    assert np.array_equal(sound(whole).samples.numpy(), samples)


@pytest.mark.parametrize("factor", [2.0, 0.75, 0.3])
def test_a_quicker_sound_keeps_its_pitch(factor, video, tone):
    other = speed(with_sound(video(48), Audio(tone(4), 44100)), factor)
    samples = heard(other)
    assert abs(pitch(samples[:, 4000:-4000], 44100) - 440) < 3 and 0.3 < samples[:, -9000:-4500].std() < 0.4


def test_joined_sounds_are_brought_to_one_rate(video, tone):
    low = with_sound(video(24), Audio(tone(2, rate=22050)[:1], 22050))
    both = join([low, with_sound(video(24), Audio(tone(2), 44100))])
    assert both.form[5:] == (44100, 2)
    samples = heard(both)
    assert abs(pitch(samples[:, :80000], 44100) - 440) < 2 and abs(samples[1, 2000:80000].std() - 0.354) < 0.02


def test_a_video_without_sound_says_so_and_a_sound_may_be_taken_away(video, tone):
    with pytest.raises(InputError, match="the video has no sound"):
        sound(video())
    silent = with_sound(with_sound(video(), Audio(tone(1), 44100)), None)
    assert silent.form.sample_rate == 0 and list(silent.sound()) == []
    with pytest.warns(UserWarning, match="the sound has 6 channels"):
        mixed = with_sound(video(12), Audio(torch.ones(6, 44100) * torch.arange(6)[:, None] / 6, 44100))
    assert heard(mixed)[0, 5] == pytest.approx(2.5 / 6)


def test_measures_tell_all_that_is_known(video, tone):
    assert measure(with_sound(video(6, Fraction(30000, 1001)), Audio(tone(1), 44100))) == (
        64, 48, 6, pytest.approx(29.97003), pytest.approx(0.2002), True)
    assert TYPE.summary(with_sound(video(24, alpha=True), Audio(tone(1), 44100))) == \
        "64 x 48, 12 fps, 2.0 s, with alpha and sound"


def test_a_tree_of_edits_is_kept_with_the_bytes_of_each_clip_once(filmed, arrays, video, tone):
    film = read_video(filmed("a.mp4", arrays(24), fps=12))
    other = with_sound(video(24), Audio(tone(2), 44100))
    made = join([reverse(trim(film, 0.5, 0.5)), speed(film, 3.0), resize(other, width=64, height=48), film, other])
    again, large = kept(made)
    assert large == 3 and again.form == made.form and TYPE.complaint(again) is None
    assert all(map(np.array_equal, again.pictures(), made.pictures()))
    assert np.array_equal(heard(again), heard(made))
    assert encode(TYPE.flatten(again)) == encode(TYPE.flatten(made))


def test_no_edit_makes_a_frame(video, monkeypatch):
    whole = video(24)
    monkeypatch.setattr(type(whole), "pictures", None)
    made = resize(join([reverse(trim(whole, 0.5)), set_fps(speed(whole, 2.0), 30.0)]), width=20)
    assert made.form[:4] == (20, 15, 30, (12, 1))


def test_rendered_edits_are_a_film_of_their_own(video, listening, tone):
    made = with_sound(join([reverse(video(12)), video(12)]), Audio(tone(2), 44100))
    context = listening()
    film = render(made, 95, context)
    assert film.form == made.form and places(film) == [*range(11, -1, -1), *range(12)]
    assert [report[:2] for report in context.reports] == [(number, 24) for number in range(1, 25)]
    assert film.of == () and abs(pitch(heard(film)[:, 4000:80000], 44100) - 440) < 2


def test_what_takes_no_film_takes_no_extra(video, images, tone, monkeypatch):
    monkeypatch.setattr(container, "find_spec", lambda name: None)
    made = reverse(join([video(5), trim(video(5), 0.1)]))
    assert places(resize(made, width=64, height=48)) == [4, 3, 2, 1, 4, 3, 2, 1, 0]
    loud = with_sound(video(12), Audio(tone(1), 44100))
    assert heard(trim(loud, 0.5)).shape == (2, 22050)
    with pytest.raises(InputError, match="pip install av"):
        speed(loud, 2.0)


def test_the_preview_is_a_strip_of_frames_in_proportion(video):
    strip = TYPE.preview(video(24, alpha=True))
    assert strip.shape == (96, 4 * 128, 3) and strip.dtype == np.uint8
    assert TYPE.preview(video(1)).shape == (96, 128, 3)
