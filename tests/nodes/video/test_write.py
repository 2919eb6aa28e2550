"""What is written can be read by others: GIF and WebP by Pillow, films by PyAV; what a form loses is told."""

import warnings
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from nodegraph import InputError
from nodegraph_nodes.media.films import film, flipbook
from nodegraph_nodes.media.films.footage import stills
from nodegraph_nodes.media.read_video import read_video
from nodegraph_nodes.media.types import Audio, Video
from nodegraph_nodes.video.sound import with_sound
from tests.nodes.video.conftest import drawn, place

WRITE = Video.__porttype__.exports


def pages(path):
    """The frames of an animation as Pillow reads them, and the time of each in milliseconds."""
    with Image.open(path) as picture:
        shown = []
        for number in range(picture.n_frames):
            picture.seek(number)
            shown.append((np.asarray(picture.convert("RGBA")), picture.info["duration"]))
        return shown, picture.info.get("loop")


def noise(count, width=40, height=30):
    """Frames of more colours than a GIF has: smooth, and moving."""
    y, x = np.mgrid[:height, :width]
    return [np.stack([x * 6 + number, y * 8, (x + y) * 3 + 2 * number], 2).clip(0, 255).astype(np.uint8)
            for number in range(count)]


@pytest.mark.parametrize("form", ["gif", "webp", "mp4", "webm"])
def test_the_same_frames_are_written_as_the_same_bytes(form, video, tone, tmp_path):
    made = video(12, Fraction(10))
    if form in ("mp4", "webm"):
        made = with_sound(made, Audio(tone(1), 44100))
    for name in ("a", "b"):
        WRITE[form](made, tmp_path / f"{name}.{form}")
    assert (tmp_path / f"a.{form}").read_bytes() == (tmp_path / f"b.{form}").read_bytes()
    again = read_video(tmp_path / f"a.{form}")
    assert again.form[:4] == made.form[:4] and [place(array) for array in again.pictures()] == list(range(12))


@pytest.mark.parametrize("form, codec, sound, rate", [("mp4", "h264", "aac", 44100), ("webm", "vp9", "opus", 48000)])
def test_a_film_has_pictures_and_sound_as_players_want_them(form, codec, sound, rate, video, tone, tmp_path):
    path = tmp_path / f"a.{form}"
    WRITE[form](with_sound(video(30, Fraction(30000, 1001)), Audio(tone(1), 44100)), path, quality=90)
    with av.open(str(path)) as container:
        pictures, heard = container.streams.video[0], container.streams.audio[0]
        assert (pictures.codec_context.name, heard.codec_context.name) == (codec, sound)
        assert (pictures.average_rate, pictures.pix_fmt) == (Fraction(30000, 1001), "yuv420p")
        frame = next(container.decode(pictures))
        assert (frame.colorspace, frame.color_range) == (1, 1)    # BT.709, limited
        assert heard.codec_context.sample_rate == rate and heard.codec_context.layout.name == "stereo"
    samples = np.concatenate([*read_video(path).sound()], 1)
    assert abs(np.abs(np.fft.rfft(samples[0])).argmax() * rate / samples.shape[1] - 440) < 2
    assert abs(samples[0, 9000:30000].std() - 0.354) < 0.01
    if form == "mp4":
        assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")    # plays while it loads


@pytest.mark.parametrize("form", ["mp4", "webm", "webp"])
def test_quality_makes_it_larger_and_truer(form, tmp_path):
    made, sizes, errors = stills(noise(6, 96, 64), Fraction(10), False), [], []
    for quality in (5, 50, 100):
        WRITE[form](made, tmp_path / f"a.{form}", quality=quality)
        sizes.append((tmp_path / f"a.{form}").stat().st_size)
        errors.append(np.mean([np.abs(one.astype(int) - other).mean() for one, other in
                               zip(read_video(tmp_path / f"a.{form}").pictures(), made.pictures())]))
    assert sizes == sorted(sizes) and errors == sorted(errors, reverse=True) and len(set(sizes)) == 3


def test_a_webp_of_full_quality_keeps_every_pixel(arrays, tmp_path):
    made = stills(arrays(5, alpha=True), Fraction(12), True)
    WRITE["webp"](made, tmp_path / "a.webp", quality=100)
    shown, loop = pages(tmp_path / "a.webp")
    assert all(np.array_equal(array, other) for (array, _), other in zip(shown, made.pictures(), strict=True))
    assert [time for _, time in shown] == [83, 84, 83, 83, 84] and loop == 0


def test_odd_sizes_and_alpha_are_told_where_films_have_none(video, tmp_path):
    with pytest.warns(UserWarning, match="31 x 21 is odd, .* the last row or column is repeated"):
        WRITE["mp4"](video(2, width=31, height=21), tmp_path / "a.mp4")
    assert read_video(tmp_path / "a.mp4").form[:2] == (32, 22)
    with pytest.warns(UserWarning, match="MP4 keeps no transparency; it becomes white"):
        WRITE["mp4"](video(2, alpha=True), tmp_path / "a.mp4")
    assert abs(read_video(tmp_path / "a.mp4").still(0)[40, 8].astype(int) - (233, 167, 167)).max() < 6


def test_a_gif_loops_and_of_few_colours_it_keeps_each(arrays, tmp_path):
    made = stills(arrays(5), Fraction(20), False)
    WRITE["gif"](made, tmp_path / "a.gif")
    shown, loop = pages(tmp_path / "a.gif")
    assert loop == 0 and [time for _, time in shown] == [50] * 5
    assert all(np.array_equal(array[..., :3], other) for (array, _), other in zip(shown, arrays(5), strict=True))


def test_a_gif_of_many_colours_shares_one_good_palette(tmp_path):
    frames = noise(8)
    WRITE["gif"](stills(frames, Fraction(10), False), tmp_path / "a.gif")
    shown, _ = pages(tmp_path / "a.gif")
    for (array, _), frame in zip(shown, frames, strict=True):
        # Dithered: pixels are beside their colours, and small areas on average are not.
        blocks = [one[..., :3].astype(float).reshape(6, 5, 8, 5, 3).mean((1, 3)) for one in (array, frame)]
        assert np.abs(blocks[0] - blocks[1]).mean() < 3
    assert len(np.unique(np.concatenate([array.reshape(-1, 4) for array, _ in shown]), axis=0)) <= 256
    coarse = tmp_path / "b.gif"
    WRITE["gif"](stills(frames, Fraction(10), False), coarse, quality=20)
    assert coarse.stat().st_size < (tmp_path / "a.gif").stat().st_size
    assert len(np.unique(pages(coarse)[0][0][0].reshape(-1, 4), axis=0)) <= 10


def test_only_what_changes_in_a_gif_is_written_and_what_stands_is_written_once(arrays, tmp_path):
    one, other = arrays(2)
    WRITE["gif"](stills([one] * 40 + [other] * 2 + [one], Fraction(10), False), tmp_path / "a.gif")
    shown, _ = pages(tmp_path / "a.gif")
    assert [(place(array), time) for array, time in shown] == [(0, 4000), (1, 200), (0, 100)]
    assert read_video(tmp_path / "a.gif").form.frames == 43
    with Image.open(tmp_path / "a.gif") as picture:
        picture.seek(1)
        assert picture.tile[0][1] == (0, 8, 9, 16)


def test_the_grain_of_a_gif_stands_still_where_the_picture_does(tmp_path):
    frames = [np.array(noise(1)[0]) for _ in range(4)]
    for number, frame in enumerate(frames):
        frame[:4, number * 4:number * 4 + 4] = 255
    WRITE["gif"](stills(frames, Fraction(10), False), tmp_path / "a.gif")
    shown = [array[4:] for array, _ in pages(tmp_path / "a.gif")[0]]
    assert all(np.array_equal(array, shown[0]) for array in shown)


def test_a_gif_has_what_is_transparent_and_forgets_each_frame(arrays, tmp_path):
    frames = [np.zeros((8, 12, 4), np.uint8) for _ in range(3)]
    for number, frame in enumerate(frames):
        frame[:, number * 2:number * 2 + 3] = (10, 20, 30, 255)
    frames[1][0, 0, 3] = 100
    with pytest.warns(UserWarning, match="a GIF knows no half transparency"):
        WRITE["gif"](stills(frames, Fraction(10), True), tmp_path / "a.gif")
    for number, (array, _) in enumerate(pages(tmp_path / "a.gif")[0]):
        assert list(np.flatnonzero(array[4, :, 3])) == [number * 2, number * 2 + 1, number * 2 + 2]
        assert tuple(array[4, number * 2]) == (10, 20, 30, 255) and not array[0, 11, 3]


def test_the_clock_of_a_gif_is_told_and_its_length_is_right(video, tmp_path):
    with pytest.warns(UserWarning, match="counts in hundredths of a second, and 12 frames a second"):
        WRITE["gif"](video(24), tmp_path / "a.gif")
    shown, _ = pages(tmp_path / "a.gif")
    assert {time for _, time in shown} == {80, 90} and sum(time for _, time in shown) == 2000
    with pytest.warns(UserWarning, match="at most 50 frames a second, and this has 60"):
        WRITE["gif"](video(24, Fraction(60)), tmp_path / "b.gif")
    shown, _ = pages(tmp_path / "b.gif")
    assert len(shown) == 20 and {time for _, time in shown} == {20}


@pytest.mark.parametrize("form", ["gif", "webp"])
def test_a_sound_that_is_left_out_is_told(form, video, tone, tmp_path):
    with pytest.warns(UserWarning, match="has no sound; it is left out"):
        WRITE[form](with_sound(video(5, Fraction(10)), Audio(tone(1), 44100)), tmp_path / f"a.{form}")


@pytest.mark.parametrize("form", ["gif", "webp", "mp4", "webm"])
def test_one_frame_is_written(form, video, tmp_path):
    WRITE[form](video(1, Fraction(10)), tmp_path / f"a.{form}")
    assert place(read_video(tmp_path / f"a.{form}").still(0)) == 0


def test_without_the_encoder_of_h264_another_is_taken_and_told(video, tmp_path, monkeypatch):
    monkeypatch.setattr(film, "_has", lambda encoder: False)
    with pytest.warns(UserWarning, match=r"no encoder for H.264 \(libx264\); the film is coded as MPEG-4 part 2"):
        WRITE["mp4"](video(12), tmp_path / "a.mp4")
    assert [place(array) for array in read_video(tmp_path / "a.mp4").pictures()] == list(range(12))
    with pytest.raises(InputError, match="no encoders for WebM"):
        WRITE["webm"](video(12), tmp_path / "a.webm")


def test_without_pyav_gif_and_webp_are_written_and_films_name_the_extra(video, tmp_path, monkeypatch):
    monkeypatch.setattr("nodegraph_nodes.media.films.container.find_spec", lambda name: None)
    for form in ("gif", "webp"):
        WRITE[form](video(3, Fraction(10)), tmp_path / f"a.{form}")
        assert read_video(tmp_path / f"a.{form}").form.frames == 3
    for form in ("mp4", "webm"):
        with pytest.raises(InputError, match="pip install av"):
            WRITE[form](video(3), tmp_path / f"a.{form}")


def test_what_is_too_large_for_a_form_is_refused(video, tmp_path):
    wide = stills([np.zeros((2, 16400, 3), np.uint8)], Fraction(10), False)
    for form in ("webp", "mp4"):
        with pytest.raises(InputError, match="make it smaller with video.resize"):
            WRITE[form](wide, tmp_path / f"a.{form}")


def test_a_frame_of_a_gif_may_stand_longer_than_its_clock_can_say(monkeypatch, tmp_path):
    monkeypatch.setattr(flipbook, "LONGEST", 100)
    WRITE["gif"](stills([drawn(0)] * 30, Fraction(10), False), tmp_path / "a.gif")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_video(tmp_path / "a.gif").seconds == 3
