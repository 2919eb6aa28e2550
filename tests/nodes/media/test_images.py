"""Files of pictures as people have them: read with the right colours at the right depth, or refused by their own name."""

import io
import json
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from nodegraph import InputError
from nodegraph.cli import main
from nodegraph_nodes.media import image, image_files
from nodegraph_nodes.media.types import IMAGE
from tests.nodes.media.picture_files import chunk, cmyk_profile, grey_profile, png, rgb_profile, tiff

RAMP = np.linspace(0, 65535, 64).round().astype(np.uint16)[None].repeat(3, 0)  # (3, 64)
DEEP = np.stack([RAMP, RAMP[:, ::-1], 65535 - RAMP // 3], 2)  # (3, 64, 3)
BLOCKS = np.array([[(255, 0, 0), (0, 255, 0), (0, 0, 255)], [(9, 9, 9), (99, 99, 99), (200, 100, 50)]], np.uint8)
HEIC = (Path(__file__).parent / "red_blue.heic").read_bytes()  # 24 x 16: red at the left, blue at the right, darker above


@pytest.fixture
def read(tmp_path):
    """Reads the bytes of a file: the picture as an array (height, width, channels) in 0..1."""
    def run(data, name="some.picture", **settings):
        (tmp_path / name).write_bytes(data)
        return image_files.load(tmp_path / name, **settings).numpy().transpose(1, 2, 0)
    return run


def saved(picture, format, **settings):
    """The bytes that Pillow writes of a picture or an array."""
    stream = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(stream, format, **settings)
    return stream.getvalue()


def bitmap(array):
    """A BMP of 32 bits that names where its alpha is (BITMAPV4HEADER)."""
    height, width = array.shape[:2]
    masks = struct.pack("<4I", 0xff0000, 0xff00, 0xff, 0xff000000)
    header = struct.pack("<IiiHHIIiiII", 108, width, -height, 1, 32, 3, array.size, 0, 0, 0, 0) + masks
    return struct.pack("<2sIHHI", b"BM", 122 + array.size, 0, 0, 122) + header.ljust(108, b"\0") + array[..., [2, 1, 0, 3]].tobytes()


def near(got, want, within=1 / 255):
    return np.shape(got) == np.shape(want) and np.abs(got - np.asarray(want, np.float64)).max() <= within


def grey(levels):
    """An RGB array in 0..1 of grey levels in 0..1."""
    return np.repeat(np.asarray(levels, np.float64)[..., None], 3, 2)


# Depth

@pytest.mark.parametrize("data", [
    png(RAMP[..., None], 0), tiff(RAMP), tiff(RAMP, order=">"), tiff((RAMP, {259: 8, 317: 2}), order=">"),
    saved(RAMP, "PPM"), b"P2 64 3 65535\n" + b" ".join(b"%d" % v for v in RAMP.ravel()) + b"\n",
    saved(RAMP, "JPEG2000"), saved(RAMP.astype(">u2"), "TIFF"),
], ids=["PNG", "TIFF II", "TIFF MM", "TIFF MM with predictor", "PGM", "plain PGM", "JPEG 2000", "TIFF by Pillow"])
def test_grey_of_16_bits_keeps_every_step(read, data):
    assert near(read(data), grey(RAMP / 65535), 0.5 / 65535)


@pytest.mark.parametrize("data", [
    png(DEEP, 2), tiff(DEEP), tiff(DEEP, order=">"), tiff((DEEP, {259: 8})), tiff((DEEP, {259: 8, 317: 2}), order=">"),
    tiff((DEEP, {284: 2})), tiff((DEEP, {284: 2}), order=">"), b"P6 64 3 65535\n" + DEEP.astype(">u2").tobytes(),
], ids=["PNG", "TIFF II", "TIFF MM", "packed", "MM with predictor", "planes", "MM planes", "PPM"])
def test_rgb_of_16_bits_keeps_every_step(read, data):
    assert near(read(data), DEEP / 65535, 0.5 / 65535)


def test_rgb_of_16_bits_with_alpha_and_grey_with_alpha_keep_every_step(read):
    four = np.concatenate([DEEP, RAMP[..., None]], 2)
    assert near(read(png(four, 6)), four / 65535, 0.5 / 65535)
    assert near(read(tiff((four, {338: 2}))), four / 65535, 0.5 / 65535)
    pair = np.stack([RAMP, RAMP[:, ::-1]], 2)
    assert near(read(png(pair, 4)), pair[..., [0, 0, 0, 1]] / 65535, 0.5 / 65535)


def test_alpha_that_colours_were_multiplied_by_is_divided_out(read):
    four = np.array([[(20000, 10000, 0, 40000), (65535, 0, 7, 65535), (0, 0, 0, 0)]], np.uint16)
    want = np.array([[(0.5, 0.25, 0, 40000 / 65535), (1, 0, 7 / 65535, 1), (0, 0, 0, 0)]])
    assert near(read(tiff((four, {338: 1}))), want, 2 / 65535)
    eight = np.array([[(50, 25, 0, 100)]], np.uint8)
    assert near(read(tiff((eight, {338: 1}))), [[(0.5, 0.25, 0, 100 / 255)]])


def test_16_bits_that_cannot_be_kept_are_told_of(read):
    with pytest.warns(UserWarning, match="16 bits a channel, of which 8"):
        got = read(tiff((DEEP, {284: 2, 259: 8})))
    assert near(got, DEEP / 65535)
    with pytest.warns(UserWarning, match="16 bits a channel, of which 8"):
        read(b"P3 1 1 65535\n65535 256 0\n")


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.parametrize("clear", [False, True])
def test_few_bits_of_grey_and_of_palettes_are_read_with_their_transparency(read, bits, clear):
    levels = np.arange(2 ** bits, dtype=np.uint8)[None, :, None]
    alpha = np.where(levels[..., 0] == 1, 0.0, 1)[..., None]
    want = grey(levels[..., 0] / (2 ** bits - 1))
    transparent = chunk(b"tRNS", struct.pack(">H", 1)) if clear else b""
    assert near(read(png(levels, 0, transparent, depth=bits)), np.concatenate([want, alpha], 2) if clear else want)
    colours = np.random.default_rng(0).integers(0, 256, (2 ** bits, 3), np.uint8)
    palette = chunk(b"PLTE", colours.tobytes()) + (chunk(b"tRNS", bytes((255, 0))) if clear else b"")
    want = colours[None] / 255
    assert near(read(png(levels, 3, palette, depth=bits)), np.concatenate([want, alpha], 2) if clear else want)


def test_maxval_of_a_pnm_is_white(read):
    levels = np.array([[0, 250, 500, 1000]], np.uint16)
    assert near(read(b"P5 4 1 1000\n" + levels.astype(">u2").tobytes()), grey(levels / 1000), 1e-4)
    assert near(read(b"P6 4 1 1000\n" + np.repeat(levels, 3).astype(">u2").tobytes()), grey(levels / 1000), 1e-4)
    assert near(read(b"P5 2 1 15\n\x00\x0f"), grey([[0, 1]]))


def test_12_bits_of_a_tiff_are_white_at_4095(read):
    packed = np.packbits(np.unpackbits(np.array([[0, 2048], [4095, 1]], ">u2").view(np.uint8)).reshape(4, 16)[:, 4:])
    data = tiff((packed.reshape(1, -1), {256: 2, 257: 2, 258: 12, 278: 2}))
    assert near(read(data), grey([[0, 2048 / 4095], [1, 1 / 4095]]), 1e-6)


def test_floats_within_0_and_1_are_taken_as_they_are(read):
    levels = np.array([[0.0, 0.25, 0.7]], np.float32)
    for order in "<>":
        assert near(read(tiff(levels, order=order)), grey(levels), 1e-7)


@pytest.mark.parametrize("levels, want, words", [
    (np.array([[10, 30, 40]], np.float32), [0.25, 0.75, 1], "from 10 to 40: 0 is made black and 40 white"),
    (np.array([[-1, 0, 1]], np.float32), [0, 0.5, 1], "from -1 to 1: -1 is made black"),
    (np.array([[0, 2 ** 30, 2 ** 31 - 1]], np.int32), [0, 0.5, 1], "0 is made black"),
    (np.array([[0, 500, 1000]], np.int32), [0, 0.5, 1], "1000 white"),
    (np.array([[-20, 0, 20]], np.int16), [0, 0.5, 1], "-20 is made black and 20 white"),
    (np.array([[0, 0, 0]], np.int32), [0, 0, 0], "0 is made black"),
])
def test_numbers_beyond_0_and_1_are_spread_and_told_of(read, levels, want, words):
    with pytest.warns(UserWarning, match=words):
        got = read(tiff(levels))
    assert near(got, grey([want]), 1e-6)


def test_pixels_that_are_not_numbers_are_black_and_told_of(read):
    with pytest.warns(UserWarning, match="not numbers or infinite"):
        assert near(read(tiff(np.array([[np.nan, 0.5, np.inf]], np.float32))), grey([[0, 0.5, 1]]), 1e-6)


# Colour

def test_a_matrix_profile_is_followed_and_srgb_changes_nothing(read):
    turned = rgb_profile(red=(0.3851, 0.7169, 0.0971), green=(0.4361, 0.2225, 0.0139))
    for data in (saved(BLOCKS, "PNG", icc_profile=turned), saved(BLOCKS, "TIFF", icc_profile=turned),
                 saved(BLOCKS, "WEBP", icc_profile=turned, lossless=True)):
        assert near(read(data)[0], [(0, 1, 0), (1, 0, 0), (0, 0, 1)], 4 / 255)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert near(read(saved(BLOCKS, "PNG", icc_profile=srgb)), BLOCKS / 255, 1e-6)


def test_a_profile_is_followed_in_palettes_beside_alpha_and_for_grey_in_its_space(read):
    dark = rgb_profile(gamma=1.0)  # linear light: 128 is 188 in sRGB
    flat = np.full((2, 2, 3), 128, np.uint8)
    assert near(read(saved(Image.fromarray(flat).quantize(4), "PNG", icc_profile=dark)), np.full((2, 2, 3), 188 / 255), 2 / 255)
    clear = np.concatenate([flat, np.full((2, 2, 1), 77, np.uint8)], 2)
    assert near(read(saved(clear, "PNG", icc_profile=dark))[0, 0], [188 / 255] * 3 + [77 / 255], 2 / 255)
    assert near(read(saved(flat[..., 0], "PNG", icc_profile=dark)), np.full((2, 2, 3), 188 / 255), 2 / 255)


def test_a_grey_profile_is_followed_at_8_and_16_bits(read):
    linear = grey_profile(1.0)
    assert near(read(saved(np.full((2, 2), 128, np.uint8), "PNG", icc_profile=linear)), np.full((2, 2, 3), 188 / 255), 2 / 255)
    got = read(png(RAMP[..., None], 0, chunk(b"iCCP", b"p\0\0" + zlib.compress(linear))))
    light = RAMP / 65535
    assert near(got[:, 8:], grey(1.055 * light ** (1 / 2.4) - 0.055)[:, 8:], 2 / 255)
    assert len(np.unique(got)) == 64


def test_16_bits_in_colour_with_another_profile_are_told_of(read):
    data = png(DEEP, 2, chunk(b"iCCP", b"p\0\0" + zlib.compress(rgb_profile(gamma=1.0))))
    with pytest.warns(UserWarning, match="followed at 8 bits"):
        got = read(data)
    light = DEEP / 65535
    assert near(got[light > 0.05], (1.055 * light ** (1 / 2.4) - 0.055)[light > 0.05], 3 / 255)


def test_cmyk_is_read_plainly_or_by_its_profile(read):
    inks = np.array([[(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 0, 255)]], np.uint8)
    picture = Image.frombytes("CMYK", (4, 1), inks.tobytes())
    plain = [[(1, 1, 1), (0, 1, 1), (1, 0, 1), (0, 0, 0)]]
    for data in (saved(picture, "TIFF"), tiff((inks, {262: 5}))):
        assert near(read(data), plain)
    assert near(read(saved(picture.resize((64, 16), 0), "JPEG", quality=100))[8, 8::16], plain[0], 0.06)
    # White paper; C prints as the Lab of pure red (53, 80, 67), M as that of pure green (88, -86, 83).
    own = cmyk_profile((0, (255, 128, 128)), (8, (136, 208, 195)), (4, (224, 42, 211)), (1, (0, 128, 128)))
    got = read(saved(picture, "TIFF", icc_profile=own))
    assert near(got, [[(1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 0)]], 0.05)


def test_lab_is_read_as_srgb(read):
    lab = np.array([[(255, 0, 0), (137, 80, 67), (224, 170, 83), (0, 0, 0)]], np.uint8)  # signed a and b: -86 is 170
    got = read(tiff((lab, {262: 8})))
    assert near(got, [[(1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 0)]], 0.05)


@pytest.mark.parametrize("profile, words", [
    (b"no profile at all", "damaged"), (rgb_profile()[:200], "damaged"), (grey_profile(1.0), "is for L and the picture is RGB")])
def test_a_profile_of_no_use_is_passed_over_and_told_of(read, profile, words):
    with pytest.warns(UserWarning, match=words):
        assert near(read(saved(BLOCKS, "PNG", icc_profile=profile)), BLOCKS / 255)
    with pytest.warns(UserWarning, match=words):
        read(saved(BLOCKS, "TIFF", icc_profile=profile))


def test_another_gamma_without_a_profile_is_told_of(read):
    with pytest.warns(UserWarning, match="gamma is 1,"):
        assert near(read(png(BLOCKS, 2, chunk(b"gAMA", struct.pack(">I", 100000)))), BLOCKS / 255)
    read(png(BLOCKS, 2, chunk(b"gAMA", struct.pack(">I", 45455))))


# Alpha

def test_alpha_is_kept_in_every_form(read):
    clear = np.concatenate([BLOCKS, np.array([[[0], [80], [255]]] * 2, np.uint8)], 2)
    for data in (saved(clear, "PNG"), saved(clear, "TIFF"), saved(clear, "TGA"), bitmap(clear),
                 saved(clear, "WEBP", lossless=True, exact=True)):
        assert near(read(data), clear / 255)
    pair = clear[..., [0, 3]]
    assert near(read(saved(Image.fromarray(pair, "LA"), "PNG")), pair[..., [0, 0, 0, 1]] / 255)
    palette = clear.reshape(6, 4)
    numbers = np.arange(6, dtype=np.uint8).reshape(2, 3, 1)
    data = png(numbers, 3, chunk(b"PLTE", palette[:, :3].tobytes()) + chunk(b"tRNS", palette[:, 3].tobytes()))
    assert near(read(data), clear / 255)
    tga = struct.pack("<BBBHHBHHHHBB", 0, 1, 1, 0, 6, 32, 0, 0, 3, 2, 8, 0x20) + palette[:, [2, 1, 0, 3]].tobytes()
    assert near(read(tga + numbers.tobytes()), clear / 255)
    icon = np.zeros((16, 16, 4), np.uint8)
    icon[:8] = (10, 200, 30, 255)
    assert near(read(saved(icon, "ICO")), icon / 255)


@pytest.mark.parametrize("array, kind, value", [
    (BLOCKS, 2, (9, 9, 9)), (BLOCKS[..., :1], 0, (9,)), (DEEP, 2, tuple(DEEP[0, 5])), (RAMP[..., None], 0, (int(RAMP[0, 5]),))],
    ids=["RGB", "grey", "RGB of 16 bits", "grey of 16 bits"])
def test_a_transparent_colour_becomes_alpha_at_every_depth(read, array, kind, value):
    got = read(png(array, kind, chunk(b"tRNS", struct.pack(f">{len(value)}H", *value))))
    assert got.shape[2] == 4
    assert np.array_equal(got[..., 3] == 0, np.all(array == np.array(value), axis=2)) and (got[..., 3] == 0).any()
    assert near(got[..., :3], np.broadcast_to(array / np.iinfo(array.dtype).max, got[..., :3].shape), 1 / 65535 + 1e-6)


def test_a_channel_without_a_meaning_is_told_of(read):
    with pytest.warns(UserWarning, match="does not name"):
        assert near(read(tiff((BLOCKS[..., [0, 1, 2, 0]], {338: 0}))), BLOCKS / 255)


# Turned pictures

TURNED = {1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
          5: lambda a: a.transpose(1, 0, 2), 6: lambda a: np.rot90(a, 1), 7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
          8: lambda a: np.rot90(a, -1)}  # how a picture is stored that shows `a` when it is turned as EXIF says


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_pictures_are_turned_as_exif_says(read, orientation, format):
    shown = np.repeat(np.repeat(BLOCKS, 16, 0), 16, 1)
    exif = Image.Exif()
    exif[0x0112] = orientation
    settings = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}, "AVIF": {"quality": 100}}.get(format, {})
    got = read(saved(np.ascontiguousarray(TURNED[orientation](shown)), format, exif=exif, **settings))
    assert near(got[8::16, 8::16], BLOCKS / 255, 0.03)


def test_deep_pictures_are_turned_too(read):
    assert near(read(tiff((DEEP, {274: 6}))), np.rot90(DEEP, -1) / 65535, 1e-5)
    assert near(read(tiff((RAMP, {274: 3, 259: 8}))), grey(RAMP[::-1, ::-1] / 65535), 1e-5)
    assert near(read(tiff((RAMP, {274: 8}))), grey(np.rot90(RAMP) / 65535), 1e-5)


@pytest.mark.parametrize("exif", [
    b"", b"garbage", b"Exif\0\0", b"Exif\0\0II*\0\x08\0\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff",
    b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0\0\0\0\0",
    b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x01\0\0\0\x36\0\0\0\0\0\0\0"])
def test_odd_exif_leaves_a_picture_as_it_lies(read, exif):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own, and ours that EXIF cannot be read
        assert read(saved(BLOCKS, "JPEG", exif=exif)).shape == (2, 3, 3)
        assert read(png(BLOCKS, 2, chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")))).shape == (2, 3, 3)


# Several pictures in a file

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
    assert all(near(one.image.numpy().transpose(1, 2, 0), want / 255, 0.02) for one, want in zip(frames, FRAMES, strict=True))
    assert [one.seconds for one in frames] == ([0, 0, 0] if format == "TIFF" else [0.1, 0.2, 1.5])
    with pytest.raises(InputError, match="has 3 pictures; frame is 4"):
        read(data, frame=4)


def test_frames_are_given_as_they_are_seen_and_not_as_they_are_stored(tmp_path):
    """Of the second frame a GIF stores a corner; its disposal to the background makes the third begin clear."""
    red, blue = np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8)
    red[...] = (255, 0, 0, 255)
    blue[:2, :2] = (0, 0, 255, 255)
    for disposal, corner, rest in ((1, (0, 0, 1, 1), (1, 0, 0, 1)), (2, (0, 0, 1, 1), (0, 0, 0, 0))):
        Image.fromarray(red).save(tmp_path / "a.png", save_all=True, append_images=[Image.fromarray(blue)],
                                  disposal=disposal - 1, blend=1)
        second = image_files.load_frames(tmp_path / "a.png")[1].image.numpy().transpose(1, 2, 0)
        assert near(second[0, 0], corner) and (near(second[3, 3], rest) or rest[3] == 0 == second[3, 3, 3])


def test_pages_may_differ_in_size_and_depth(tmp_path):
    (tmp_path / "pages.tif").write_bytes(tiff(BLOCKS, RAMP, DEEP, (BLOCKS[..., 0], {274: 8})))
    pages = [one.image.numpy().transpose(1, 2, 0) for one in image_files.load_frames(tmp_path / "pages.tif")]
    for got, want in zip(pages, (BLOCKS / 255, grey(RAMP / 65535), DEEP / 65535, grey(np.rot90(BLOCKS[..., 0], 1) / 255)),
                         strict=True):
        assert near(got, want, 1e-5)


def test_the_still_beside_an_animation_is_read_alone_and_left_out_of_the_frames(read, tmp_path):
    first, *rest = [Image.fromarray(one) for one in FRAMES]
    data = saved(first, "PNG", save_all=True, default_image=True, append_images=rest)
    with pytest.warns(UserWarning, match="has 3 pictures"):
        assert near(read(data), FRAMES[0] / 255)
    with pytest.warns(UserWarning, match="still picture"):
        frames = image_files.load_frames(tmp_path / "some.picture")
    assert [round(float(one.image.max() * 255)) for one in frames] == [120, 250]


# Limits

def test_a_picture_beyond_the_limit_is_refused_with_the_way_to_allow_it(read):
    data = saved(Image.new("1", (2000, 1500), 1), "PNG")
    with pytest.raises(InputError, match="2000 x 1500 and has 3 megapixels; `largest` allows 2.9"):
        read(data, largest=2.9)
    assert read(data, largest=3).shape == (1500, 2000, 3)


def test_pillows_own_limit_is_as_it_was_after_reading(read, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert read(saved(Image.new("L", (100, 100)), "PNG")).shape == (100, 100, 3)
    assert Image.MAX_IMAGE_PIXELS == 1000


def test_a_bomb_within_a_file_is_refused(read):
    icon = saved(Image.new("1", (20000, 20000)), "PNG")
    with pytest.raises(InputError, match="400 megapixels; `largest` allows 1"):
        read(struct.pack("<HHHBBBBHHII", 0, 1, 1, 0, 0, 0, 0, 1, 32, len(icon), 22) + icon, largest=1)


def test_frames_are_limited_together(tmp_path):
    pictures = [Image.new("L", (100, 100), n) for n in range(5)]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:])
    with pytest.raises(InputError, match="has 5 pictures that together have more megapixels"):
        image_files.load_frames(tmp_path / "a.gif", largest=0.045)
    assert len(image_files.load_frames(tmp_path / "a.gif", largest=0.05)) == 5


@pytest.mark.parametrize("before", [
    chunk(b"zTXt", b"k\0\0" + zlib.compress(b"a" * 5_000_000)), chunk(b"tEXt", b"k\0" + b"a" * 3_000_000),
    chunk(b"iTXt", b"k\0\1\0\0\0" + zlib.compress(b"a" * 200_000_000)), chunk(b"zTXt", b"k\0\0no zlib"),
    chunk(b"iCCP", b"p\0\0" + zlib.compress(rgb_profile(size=2_000_000)))],
    ids=["long zTXt", "long tEXt", "very long iTXt", "broken zTXt", "large profile"])
@pytest.mark.parametrize("last", [False, True])
def test_long_texts_and_large_profiles_do_not_keep_a_png_from_being_read(read, before, last):
    assert near(read(png(BLOCKS, 2, *((b"", before) if last else (before,)))), BLOCKS / 255, 0.03)


# What is no picture to be read

@pytest.mark.parametrize("data, words", [
    (b"", "empty file"), (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS"),
    (b"<!DOCTYPE html><html></html>", "HTML"), (b'<?xml version="1.0"?>\n<svg xmlns="x"/>', "SVG, a vector format"),
    (b"%PDF-1.7\n", "PDF"), (b"%!PS-Adobe-3.0 EPSF-3.0\n", "EPS"), (b"\xff\x0a" + b"\0" * 30, "JPEG XL"),
    (b"8BPS\0\x02" + b"\0" * 30, "PSB"), (b"gimp xcf v011\0", "XCF"), (b"II*\0\x10\0\0\0CR\x02\0", "Canon raw"),
    (b"FUJIFILMCCD-RAW 0201", "Fujifilm raw"), (b"v/1\x01" + b"\0" * 20, "OpenEXR"), (b"#?RADIANCE\n", "Radiance HDR"),
    (b"\0\0\0\x18ftypmp42" + b"\0" * 20, "MP4 video"), (b"RIFF\0\0\0\0WAVEfmt ", "WAV sound"), (b"MThd\0\0\0\6", "MIDI"),
    (b"PK\3\4" + b"\0" * 30, "ZIP"), (b"just words, no picture\n", "it is a text"), (bytes(range(200, 256)) * 4, "not known"),
    (HEIC[:200], "HEIC/HEIF.*cut, damaged"), (b"\x89HDF\r\n\x1a\n", "HDF5"), (b"ID3\4", "MP3"),
])
def test_what_is_no_picture_is_named_by_its_first_bytes(read, data, words):
    with pytest.raises(InputError, match=f"photo.png is .*{words}"):
        read(data, "photo.png")


def test_a_small_preview_in_a_camera_raw_file_is_not_taken_for_the_picture(read):
    for tags in ({254: 1, 330: 8}, {50706: (1, 4, 0, 0)}):
        with pytest.raises(InputError, match="camera's raw file.*develop it"):
            read(tiff((BLOCKS, tags)))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "JPEG2000", "AVIF"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.66, 0.95])
def test_a_cut_file_is_refused_by_the_name_of_its_format_or_read(read, format, part):
    noise = np.random.default_rng(3).integers(0, 256, (40, 40, 3), np.uint8)
    data = saved(noise, format, **({"compression": "tiff_lzw"} if format == "TIFF" else {}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own words about a file that is cut
        with pytest.raises(InputError, match=r"some.picture is (a picture \((PNG|JPEG|WebP|GIF|TIFF|BMP|AVIF|JPEG 2000)\) that"
                                             "|not a picture that can be read)"):
            read(data[:int(len(data) * part)])


def test_folders_and_files_that_are_not_there_are_told_apart(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        image_files.load(tmp_path)
    with pytest.raises(InputError, match="there is no file"):
        image_files.load(tmp_path / "absent.png")


def test_heic_is_read_where_its_library_is_and_names_the_extra_where_not(read, monkeypatch):
    got = read(HEIC)
    assert got.shape == (16, 24, 3) and near(got[12, 4], np.array((200, 30, 30)) / 255, 0.06)
    assert near(got[12, 20], np.array((30, 30, 200)) / 255, 0.06)
    monkeypatch.setitem(__import__("sys").modules, "pi_heif", None)
    with pytest.raises(InputError, match=r"HEIC/HEIF photo.*nodegraph\[heif\]"):
        read(HEIC)


# What Python hands in

@pytest.mark.parametrize("array", [
    np.array([[0, 255]], np.uint8), np.array([[0, 65535]], np.uint16), np.array([[0, 65535]], ">u2"),
    np.array([[False, True]]), *(np.array([[0, 1]], kind) for kind in (np.float16, np.float32, np.float64))], ids=lambda a: a.dtype.str)
def test_arrays_of_every_usual_type_and_shape_are_adopted(array):
    grey = torch.tensor([[0.0, 1]])
    for value, want in ((array, grey.expand(3, 1, 2)), (array[..., None], grey.expand(3, 1, 2)),
                        (np.stack([array, array[:, ::-1]], 2), torch.stack([grey, grey, grey, grey.flip(1)])),
                        (np.stack([array] * 3, 2), grey.expand(3, 1, 2)), (np.stack([array] * 4, 2), grey.expand(4, 1, 2))):
        adopted = IMAGE.adopt(value)
        assert IMAGE.complaint(adopted) is None and torch.equal(adopted, want)


@pytest.mark.parametrize("wrong", [np.zeros((2, 2), np.int32), np.zeros((2, 2, 5), np.uint8), np.zeros((1, 2, 2, 3), np.uint8),
                                   np.zeros((2, 2), complex)], ids=lambda a: f"{a.shape} {a.dtype}")
def test_other_arrays_are_told_what_an_array_must_be(wrong):
    assert "an array is bool, uint8, uint16 or float" in IMAGE.complaint(IMAGE.adopt(wrong))
    assert "pixels from 0 to 2" in IMAGE.complaint(IMAGE.adopt(np.array([[0.0, 2.0]])))


def test_pillow_pictures_of_every_mode_are_adopted():
    colour = Image.fromarray(BLOCKS)
    want = torch.from_numpy(BLOCKS.transpose(2, 0, 1) / np.float32(255))
    for mode in ("RGB", "RGBA", "RGBX", "P", "PA", "CMYK", "YCbCr", "HSV", "LAB"):
        got = IMAGE.adopt(colour.convert("RGBA").convert("PA") if mode == "PA" else colour.convert(mode))
        assert IMAGE.complaint(got) is None and (got[:3] - want).abs().max() < (0.1 if mode in ("P", "LAB") else 0.03), mode
        assert got.shape[0] == (4 if mode in ("RGBA", "PA") else 3)
    for mode in ("1", "L", "LA", "La", "I;16", "F"):
        level = {"I;16": 65535, "F": 1.0, "LA": (255, 255), "La": (255, 255), "1": 1, "L": 255}[mode]
        assert IMAGE.adopt(Image.new(mode, (2, 3), level))[:3].min() == 1, mode
    deep = IMAGE.adopt(Image.fromarray(RAMP))
    assert (deep[0] - torch.from_numpy(RAMP / np.float32(65535))).abs().max() < 1e-6
    linear = Image.new("RGB", (1, 1), (128, 128, 128))
    linear.info["icc_profile"] = rgb_profile(gamma=1.0)
    assert (IMAGE.adopt(linear) * 255).round().int().unique().tolist() == [188]


# Writing

@pytest.mark.parametrize("kind, largest_error", [("png", 0.5), ("tiff", 0.5), ("jpg", 12), ("webp", 30), ("avif", 14)])
@pytest.mark.parametrize("channels", [3, 4])
def test_every_form_gives_the_picture_back(tmp_path, kind, channels, largest_error):
    y, x = torch.meshgrid(torch.linspace(0, 1, 32), torch.linspace(0, 1, 48), indexing="ij")
    picture = torch.stack([x, y, (x + y) / 2, torch.ones_like(x)])[:channels]
    IMAGE.exports[kind](picture, tmp_path / f"a.{kind}")
    back = image_files.load(tmp_path / f"a.{kind}")
    assert (back[:3] - picture[:3]).abs().max() * 255 <= largest_error + 1e-3


@pytest.mark.parametrize("kind", ["jpg", "webp", "avif"])
def test_quality_makes_a_file_larger_or_smaller(tmp_path, kind):
    noise = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1))
    sizes = []
    for quality in (1, 50, 100):
        IMAGE.exports[kind](noise, tmp_path / f"a.{kind}", quality=quality)
        sizes.append((tmp_path / f"a.{kind}").stat().st_size)
    assert sizes == sorted(set(sizes))


def test_a_jpeg_tells_of_transparency_only_where_there_is_some(tmp_path):
    image.save_jpg(torch.ones(4, 8, 8), tmp_path / "a.jpg")
    clear = torch.zeros(4, 8, 8)
    with pytest.warns(UserWarning, match="JPEG has no transparency"):
        image.save_jpg(clear, tmp_path / "a.jpg")
    assert image_files.load(tmp_path / "a.jpg").min() > 0.99


def test_a_side_that_a_form_cannot_hold_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match="a WebP has at most 16383 pixels a side"):
        image.save_webp(torch.zeros(3, 1, 16384), tmp_path / "a.webp")


# By the command

def test_the_command_reads_a_picture_and_writes_the_same_pixels(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    graph = tmp_path / "g.yaml"
    graph.write_text("nodegraph: 1\ninputs: {file: {type: File}}\nnodes:\n"
                     "  p: {type: media.read_image, file: $file}\noutputs: {p: $p}\n")
    (tmp_path / "deep.png").write_bytes(png(RAMP[..., None], 0))
    (tmp_path / "photo.tif").write_bytes(tiff((np.concatenate([BLOCKS, BLOCKS[..., :1]], 2), {338: 2, 274: 6}), BLOCKS))
    wanted = {"deep.png": (grey(RAMP / 65535) * 255).round(),
              "photo.tif": np.rot90(np.concatenate([BLOCKS, BLOCKS[..., :1]], 2), -1)}
    for name, want in wanted.items():
        assert main(["run", str(graph), "--set", f"file={tmp_path / name}", "--json", "--out", str(tmp_path / "out")]) == 0
        told = json.loads(capsys.readouterr().out)
        with Image.open(told["outputs"]["p"]["paths"][0]) as written:
            assert np.array_equal(np.asarray(written), want)
    assert "photo.tif has 2 pictures" in str(told["warnings"])
    (tmp_path / "photo.png").write_bytes(b"<svg xmlns='x'/>")
    assert main(["run", str(graph), "--set", f"file={tmp_path / 'photo.png'}", "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "SVG, a vector format" in said and "Traceback" not in said
