"""Films and animations as people have them are read whole, and what is not kept of them is told."""

import warnings
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from nodegraph import InputError
from nodegraph_nodes.media.films import container
from nodegraph_nodes.media.films.rhythm import rhythm
from nodegraph_nodes.media.read_video import read_video
from tests.nodes.video.conftest import place


def places(video):
    return [place(array) for array in video.pictures()]


def test_a_film_is_read_with_its_rate_and_every_frame(filmed, arrays):
    video = read_video(filmed("a.mp4", arrays(30)))
    assert video.form[:4] == (64, 48, 30, (24, 1)) and places(video) == list(range(30))
    assert abs(video.still(0)[40, 8].astype(int) - (200, 30, 30)).max() < 12


@pytest.mark.parametrize("name, codec", [("a.mkv", "libx264"), ("a.avi", "mpeg4"), ("a.webm", "libvpx"),
                                         ("a.ts", "libx264"), ("a.mov", "mjpeg"), ("a.mkv", "ffv1")])
def test_other_containers_and_codings_are_read_too(name, codec, filmed, arrays):
    options = {"crf": "10", "b": "2M"} if codec == "libvpx" else {"qmin": "2", "qmax": "2"} if codec in (
        "mpeg4", "mjpeg") else {}
    video = read_video(filmed(name, arrays(20), codec=codec, options=options,
                              pix_fmt="yuvj420p" if codec == "mjpeg" else "yuv420p"))
    assert video.fps == 24 and places(video) == list(range(20))


def test_any_part_of_a_film_is_the_same_as_that_part_of_the_whole(filmed, arrays):
    video = read_video(filmed("a.mp4", arrays(50), options={"crf": "10", "g": "12", "bf": "2"}))
    whole = list(video.pictures())
    for first, last in ((0, 50), (0, 1), (11, 13), (37, 50), (49, 50)):
        assert all(map(np.array_equal, video.pictures(first, last), whole[first:last]))
        assert len(list(video.pictures(first, last))) == last - first


def test_uneven_frames_are_laid_out_by_their_times(filmed, arrays):
    path = filmed("a.mp4", arrays(6), times=[0, 1, 2, 5, 6, 10])
    with pytest.warns(UserWarning, match="frames of uneven length; they are laid out evenly, 24 a second"):
        video = read_video(path)
    assert places(video) == [0, 1, 2, 2, 2, 3, 4, 4, 4, 4, 5]


@pytest.mark.parametrize("fps", [Fraction(30000, 1001), Fraction(24), Fraction(30)])
def test_the_rate_of_a_film_is_found_where_frames_are_missing(fps):
    for clock in (1000, 100, 90_000):    # Matroska's, GIF's, that of broadcast
        shown = [Fraction(round(number / fps * clock), clock) for number in range(90)]
        times = [time for number, time in enumerate(shown[:80]) if number not in (7, 40, 41)]
        found = rhythm(times, shown[80], [Fraction(77, 80) * fps])
        assert abs(found.fps / fps - 1) < 0.002 and found.exact and found.places == 80, (clock, found.fps)
        assert set(range(80)) - set(found.starts) == {7, 40, 41}


def test_a_rate_that_jitters_is_even(filmed, arrays):
    path = filmed("a.mkv", arrays(10), times=[0, 29, 71, 98, 137, 170, 195, 237, 263, 302], fps=1000)
    assert read_video(path).form[2:4] == (10, (30, 1))


def test_frames_with_no_common_beat_are_laid_out_at_the_rate_of_most_of_them(filmed, arrays):
    times = [0, 40, 80, 121, 160, 203, 240, 280, 320, 550]
    path = filmed("a.mkv", arrays(10), times=times, fps=1000)
    with pytest.warns(UserWarning, match="25 a second, by the times .* some are shown twice"):
        video = read_video(path)
    assert video.fps == 25 and places(video)[:14] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8, 8, 8]


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_a_film_of_a_phone_is_turned_upright(rotation, filmed, arrays):
    frames = arrays(3)
    for frame in frames:
        frame[:8, :8] = (0, 255, 0)
    video = read_video(filmed("a.mp4", frames, rotation=rotation))
    array = video.still(1)
    assert array.shape == ((48, 64, 3) if rotation == 180 else (64, 48, 3)) == (video.form.height, video.form.width, 3)
    top, left = {90: (60, 4), -90: (4, 44), 180: (44, 60)}[rotation]    # counter-clockwise, as cameras write it
    assert array[top, left, 1] > 200 and array[top, left, 0] < 60


def test_tracks_that_are_not_kept_are_told(filmed, arrays):
    path = filmed("a.mkv", arrays(24), sounds=2)
    with pytest.warns(UserWarning, match="a.mkv has 2 tracks of sound; the first is read"):
        video = read_video(path)
    assert (video.form.sample_rate, video.form.channels) == (44100, 2)


def test_more_bits_and_hdr_are_told(filmed, arrays):
    with pytest.warns(UserWarning, match="has 10 bits a colour; 8 of them are kept"):
        read_video(filmed("a.mkv", arrays(3), codec="ffv1", pix_fmt="yuv422p10le", options={}))

    def perceptual(thing):
        (thing.codec_context if hasattr(thing, "codec_context") else thing).color_trc = 16
    with pytest.warns(UserWarning, match=r"is HDR \(PQ\); it is read as 8 bits without tone mapping"):
        read_video(filmed("b.mkv", arrays(3), change=perceptual))


def test_interlaced_film_is_told(filmed, arrays):
    path = filmed("a.mp4", arrays(4), options={"crf": "10", "x264-params": "tff=1"})
    with pytest.warns(UserWarning, match="is interlaced"):
        assert read_video(path).form.frames == 4


def test_pixels_that_are_not_square_are_made_square(filmed, arrays):
    def anamorphic(thing):
        if hasattr(thing, "codec_context"):
            thing.codec_context.sample_aspect_ratio = 2
    with pytest.warns(UserWarning, match=r"not square \(2:1\); its frames are made 128 instead of 64 wide"):
        video = read_video(filmed("a.mp4", arrays(3), change=anamorphic))
    assert video.still(0).shape == (48, 128, 3)


def test_of_a_cut_film_the_frames_that_are_there_are_read(filmed, arrays):
    path = filmed("a.mp4", arrays(60), container={"movflags": "+faststart"}, options={"crf": "10", "bf": "0", "g": "5"})
    path.write_bytes(path.read_bytes()[:-path.stat().st_size // 3])
    with pytest.warns(UserWarning, match="a.mp4 is cut or damaged: it promises 60 frames; the .. frames that are"):
        video = read_video(path)
    assert 20 < video.form.frames < 60 and places(video) == list(range(video.form.frames))


def test_damage_within_a_film_is_told_by_whoever_shows_it(filmed, arrays):
    path = filmed("a.mp4", arrays(40), container={"movflags": "+faststart"}, options={"crf": "10", "g": "4"})
    data = bytearray(path.read_bytes())
    data[-2000:-1500] = b"\xff" * 500
    path.write_bytes(data)
    video = read_video(path)
    with pytest.warns(UserWarning, match="the film is damaged: .* of its frames could not be decoded"):
        assert len(list(video.pictures())) == 40


def test_one_frame_is_a_film(filmed, arrays):
    assert read_video(filmed("a.mp4", arrays(1))).form.frames == 1


@pytest.mark.parametrize("content, sentence", [
    (b"", "a.mp4 is empty"),
    (b"<!DOCTYPE html><html>", "a.mp4 is an HTML page and no film; download the film itself"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "is a pointer of Git LFS and no film; fetch"),
    (b"#EXTM3U\n/etc/hostname", "is no film that can be read: what it holds is none of MP4"),
    (b"ffconcat version 1.0\nfile /etc/hostname", "is no film that can be read: what it holds is none of MP4"),
    (b"\xff\xd8\xff\xe0 a photo", "is a JPEG picture and no film; media.read_image reads it"),
    (b"MThd\0\0\0\6", "is a MIDI file and no film; media.read_score"),
    (b"PK\3\4" + bytes(40), "is a .* and no film"),
    (bytes(range(256)) * 40, "is no film that can be read"),
    (b"\0\0\0\x18ftypisom" + bytes(500), r"its index \(the `moov` part\) is missing"),
    (b"GIF89a" + bytes(20), "is damaged: not one frame"),
])
def test_what_is_no_film_is_refused_in_a_sentence(content, sentence, tmp_path):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        read_video(tmp_path / "a.mp4")


def test_sound_alone_is_sent_to_the_reader_of_sound(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as out:
        stream = out.add_stream("aac", rate=44100)
        piece = av.AudioFrame.from_ndarray(np.zeros((2, 44100), np.float32), "fltp", "stereo")
        piece.sample_rate = 44100
        out.mux(stream.encode(piece))
        out.mux(stream.encode())
    with pytest.raises(InputError, match="a.mp4 holds only sound; media.read_audio reads sound"):
        read_video(tmp_path / "a.mp4")
    with pytest.raises(InputError, match="there is no file"):
        read_video(tmp_path / "b.mp4")


def test_films_take_an_extra_and_animations_none(filmed, arrays, tmp_path, monkeypatch):
    film = filmed("a.mp4", arrays(3))
    frames = [Image.fromarray(array) for array in arrays(4)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=40)
    monkeypatch.setattr(container, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install av"):
        read_video(film)
    assert places(read_video(tmp_path / "a.gif")) == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_animations_keep_the_times_of_their_frames(name, arrays, tmp_path):
    frames = [Image.fromarray(array) for array in arrays(4)]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=[100, 100, 300, 200],
                   **({"lossless": True} if name == "a.webp" else {}))
    video = read_video(tmp_path / name)
    assert video.form[:4] == (64, 48, 7, (10, 1)) and places(video) == [0, 1, 2, 2, 2, 3, 3]
    assert np.array_equal(video.still(2), arrays(4)[2]) and not video.form.alpha


def test_a_gif_that_says_no_time_plays_as_in_browsers_and_its_transparency_is_kept(tmp_path):
    frames = [Image.new("RGBA", (8, 8), (255, 0, 0, 0)) for _ in range(3)]
    for number, frame in enumerate(frames):
        frame.paste((0, 0, 255, 255), (number, 0, number + 2, 8))
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], disposal=2, duration=0)
    video = read_video(tmp_path / "a.gif")
    assert video.form[:5] == (8, 8, 3, (10, 1), True)
    assert [list(np.flatnonzero(array[0, :, 3])) for array in video.pictures()] == [[0, 1], [1, 2], [2, 3]]


def test_of_a_cut_gif_the_frames_that_are_there_are_read(arrays, tmp_path):
    frames = [Image.fromarray(array) for array in arrays(20)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=40)
    data = (tmp_path / "a.gif").read_bytes()
    (tmp_path / "a.gif").write_bytes(data[:len(data) * 2 // 3])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        video = read_video(tmp_path / "a.gif")
    assert 5 < video.form.frames < 20 and places(video) == list(range(video.form.frames))
    assert "a.gif is damaged" in str(said[0].message)


def test_times_that_cannot_be_meant_are_refused(filmed, arrays):
    path = filmed("a.mkv", arrays(3), times=[0, 1, 10_000_000_000], fps=1000)
    with pytest.raises(InputError, match="its 3 frames last .* s, which cannot be meant"):
        read_video(path)


def test_the_picture_on_a_record_is_no_film(tmp_path):
    with av.open(str(tmp_path / "a.mp3"), "w") as out:
        sound, cover = out.add_stream("mp3", rate=44100), out.add_stream("png")
        cover.width, cover.height, cover.pix_fmt = 8, 8, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        piece = av.AudioFrame.from_ndarray(np.zeros((2, 44100), np.float32), "fltp", "stereo")
        piece.sample_rate, piece.pts = 44100, 0
        frame = av.VideoFrame.from_ndarray(np.zeros((8, 8, 3), np.uint8), "rgb24")
        frame.pts = 0
        out.mux(cover.encode(frame) + cover.encode())
        out.mux(sound.encode(piece) + sound.encode())
    with pytest.raises(InputError, match="a.mp3 holds only sound"):
        read_video(tmp_path / "a.mp3")
