"""Files of several pictures: animations as they are seen, and pages."""

import struct

import numpy as np
import pytest
from PIL import Image

from nodegraph import InputError
from nodegraph_nodes.media.pictures import files as image_files
from tests.nodes.media.picture_files import BLOCKS, DEEP, RAMP, animation, grey, near, saved, tiff

FRAMES = [np.full((4, 6, 3), level, np.uint8) for level in (10, 120, 250)]


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "AVIF", "TIFF"])
def test_read_frames_gives_all_and_read_image_tells_of_them(read, tmp_path, format):
    pictures = [Image.fromarray(one) for one in FRAMES]
    settings = {"lossless": True} if format == "WEBP" else {}
    data = saved(pictures[0], format, save_all=True, append_images=pictures[1:], duration=[100, 200, 1500], **settings)
    with pytest.warns(UserWarning, match="some.picture has 3 pictures"):
        assert near(read(data), FRAMES[0] / 255, 0.02)
    assert near(read(data, frame=2), FRAMES[1] / 255, 0.02)
    frames = image_files.load_frames(tmp_path / "some.picture")
    for one, want in zip(frames, FRAMES, strict=True):
        assert near(one.image.numpy().transpose(1, 2, 0), want / 255, 0.02)
    assert [one.seconds for one in frames] == ([0, 0, 0] if format == "TIFF" else [0.1, 0.2, 1.5])
    with pytest.raises(InputError, match="has 3 pictures; frame is 4"):
        read(data, frame=4)


def frames_of(path):
    return [one.image.numpy().transpose(1, 2, 0) for one in image_files.load_frames(path)]


def test_frames_of_a_png_are_laid_as_it_says(tmp_path):
    """Disposal 0 leaves, 1 clears, 2 puts back; blend 1 is over, where half of blue over red is purple and opaque."""
    red, blue = np.zeros((2, 3, 4), np.uint8), np.zeros((1, 2, 4), np.uint8)
    red[...], blue[...] = (255, 0, 0, 255), (0, 0, 255, 128)
    dot = np.full((1, 1, 4), 255, np.uint8)
    half = 128 / 255
    for disposal, after in ((0, (1 - half, 0, half, 1)), (1, (0, 0, 0, 0)), (2, (1, 0, 0, 1))):
        (tmp_path / "a.png").write_bytes(animation((red, 0, 0, 0, 0), (blue, 1, 1, disposal, 1), (dot, 0, 0, 0, 1)))
        first, second, third = frames_of(tmp_path / "a.png")
        assert near(first, red / 255) and near(second[0], red[0] / 255)
        assert near(second[1, 1:], [(1 - half, 0, half, 1)] * 2)
        assert near(third[0, 0], (1, 1, 1, 1)) and near(third[1, 2], after) and near(third[1, 0], (1, 0, 0, 1))
    assert [one.seconds for one in image_files.load_frames(tmp_path / "a.png")] == [0.1, 0.2, 0.3]
    (tmp_path / "a.png").write_bytes(animation((red, 0, 0, 0, 0), (blue, 1, 1, 0, 0)))
    assert near(frames_of(tmp_path / "a.png")[1][1, 1:], [(0, 0, 1, half)] * 2)  # blend 0 puts it in the place


def test_frames_of_16_bits_keep_every_step_and_are_found_by_number(read, tmp_path):
    other = np.ascontiguousarray(DEEP[:, ::-1])
    data = animation((DEEP, 0, 0, 0, 0), (other, 0, 0, 0, 0), kind=2)
    assert near(read(data, frame=2), other / 65535, 1e-6)
    for got, want in zip(frames_of(tmp_path / "some.picture"), (DEEP, other), strict=True):
        assert near(got, want / 65535, 1e-6)


def test_a_gif_is_seen_as_its_disposal_says(tmp_path):
    """Written by hand: red, then a blue corner that is taken away again (2), then a green pixel."""
    def frame(x, y, width, height, color, disposal):
        codes = [4] + [color] * (width * height) + [5]  # of 3 bits: clear, the colours, end
        number = sum(code << 3 * n for n, code in enumerate(codes))
        packed = number.to_bytes(-(-3 * len(codes) // 8), "little")
        control = b"\x21\xf9\x04" + bytes((disposal << 2 | 1, 50, 0, 0, 0))
        return control + struct.pack("<c4HB2B", b",", x, y, width, height, 0, 2, len(packed)) + packed + b"\0"

    palette = bytes((0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 255, 0))  # clear, red, blue, green
    frames = frame(0, 0, 2, 1, 1, 1) + frame(1, 0, 1, 1, 2, 2) + frame(0, 0, 1, 1, 3, 0)
    (tmp_path / "a.gif").write_bytes(b"GIF89a" + struct.pack("<2H3B", 2, 1, 0x91, 0, 0) + palette + frames + b";")
    first, second, third = frames_of(tmp_path / "a.gif")
    assert near(first[..., :3], [[(1, 0, 0), (1, 0, 0)]]) and near(second[..., :3], [[(1, 0, 0), (0, 0, 1)]])
    assert near(third[0, 0], (0, 1, 0, 1)) and third[0, 1, 3] == 0
    assert [one.seconds for one in image_files.load_frames(tmp_path / "a.gif")] == [0.5] * 3


def test_pages_may_differ_in_size_and_depth(tmp_path):
    (tmp_path / "pages.tif").write_bytes(tiff(BLOCKS, RAMP, DEEP, (BLOCKS[..., 0], {274: 8})))
    wanted = (BLOCKS / 255, grey(RAMP / 65535), DEEP / 65535, grey(np.rot90(BLOCKS[..., 0], 1) / 255))
    for got, want in zip(frames_of(tmp_path / "pages.tif"), wanted, strict=True):
        assert near(got, want, 1e-5)


def test_the_still_beside_an_animation_is_read_alone_and_left_out_of_the_frames(read, tmp_path):
    first, *rest = [Image.fromarray(one) for one in FRAMES]
    data = saved(first, "PNG", save_all=True, default_image=True, append_images=rest)
    with pytest.warns(UserWarning, match="has 3 pictures"):
        assert near(read(data), FRAMES[0] / 255)
    with pytest.warns(UserWarning, match="still picture"):
        frames = image_files.load_frames(tmp_path / "some.picture")
    assert [round(float(one.image.max() * 255)) for one in frames] == [120, 250]


def test_of_an_animation_that_is_cut_the_whole_frames_are_read(tmp_path):
    frames = [Image.effect_noise((40, 40), 90) for _ in range(4)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    data = (tmp_path / "a.gif").read_bytes()
    (tmp_path / "a.gif").write_bytes(data[:len(data) * 6 // 10])
    with pytest.warns(UserWarning, match=r"a.gif is cut or damaged: the first 2 of its 3 pictures are read"):
        assert len(image_files.load_frames(tmp_path / "a.gif")) == 2
