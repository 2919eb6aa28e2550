"""Pictures in files as people have them: the right numbers at the right depth, colours, alpha, upright."""

import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.nodes.media.picture_files import (
    BLOCKS,
    DEEP,
    RAMP,
    bitmap,
    chunk,
    cmyk_profile,
    formula,
    grey,
    grey_profile,
    near,
    png,
    rgb_profile,
    saved,
    tiff,
)

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

def profiled(profile):
    return chunk(b"iCCP", b"p\0\0" + zlib.compress(profile))


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
    light = np.full((2, 2, 3), 188 / 255)
    assert near(read(saved(Image.fromarray(flat).quantize(4), "PNG", icc_profile=dark)), light, 2 / 255)
    clear = np.concatenate([flat, np.full((2, 2, 1), 77, np.uint8)], 2)
    assert near(read(saved(clear, "PNG", icc_profile=dark))[0, 0], [188 / 255] * 3 + [77 / 255], 2 / 255)
    assert near(read(saved(flat[..., 0], "PNG", icc_profile=dark)), light, 2 / 255)


def test_a_grey_profile_is_followed_at_8_and_16_bits(read):
    linear = grey_profile(1.0)
    got = read(saved(np.full((2, 2), 128, np.uint8), "PNG", icc_profile=linear))
    assert near(got, np.full((2, 2, 3), 188 / 255), 2 / 255)
    got = read(png(RAMP[..., None], 0, profiled(linear)))
    light = RAMP / 65535
    assert near(got[:, 8:], grey(1.055 * light ** (1 / 2.4) - 0.055)[:, 8:], 2 / 255)
    assert len(np.unique(got)) == 64


def test_a_matrix_profile_is_followed_at_16_bits_too(read):
    light = DEEP / 65535
    want = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    got = read(png(DEEP, 2, profiled(rgb_profile(gamma=1.0))))
    assert near(got, want, 0.004) and len(np.unique(got[..., 0])) == 64


@pytest.mark.parametrize("gamma", [1.8, 1.0, np.linspace(0, 1, 50) ** 2.2, formula(0, 1.8), formula(1, 2.0, 1.1, -0.1),
                                   formula(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
                                   formula(4, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0, 0)], ids=str)
def test_profiles_at_16_bits_agree_with_those_at_8(read, gamma):
    wide = rgb_profile((0.7977, 0.2880, 0), (0.1352, 0.7119, 0), (0.0313, 0.0001, 0.8249), gamma)  # ProPhoto's primaries
    colours = np.random.default_rng(5).integers(0, 256, (20, 20, 3), np.uint8)
    deep = read(png(colours.astype(np.uint16) * 257, 2, profiled(wide)))
    assert near(deep, read(png(colours, 2, profiled(wide))), 1.1 / 255)


def test_16_bits_with_a_profile_that_is_followed_at_8_are_told_of(read):
    lifted = rgb_profile(gamma=formula(2, 2.0, 0.8, 0.1, 0.05))  # its black is not black
    with pytest.warns(UserWarning, match="followed at 8 bits"):
        got = read(png(DEEP, 2, profiled(lifted)))
    assert near(got, read(png((DEEP >> 8).astype(np.uint8), 2, profiled(lifted))), 1e-6)


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
    (b"no profile at all", "damaged"), (rgb_profile()[:200], "damaged"),
    (grey_profile(1.0), "is for L and the picture is RGB")])
def test_a_profile_of_no_use_is_passed_over_and_told_of(read, profile, words):
    with pytest.warns(UserWarning, match=words):
        assert near(read(saved(BLOCKS, "PNG", icc_profile=profile)), BLOCKS / 255)
    with pytest.warns(UserWarning, match=words):
        read(saved(BLOCKS, "TIFF", icc_profile=profile))


def test_another_gamma_without_a_profile_is_told_of(read):
    with pytest.warns(UserWarning, match="gamma is 1,"):
        assert near(read(png(BLOCKS, 2, chunk(b"gAMA", struct.pack(">I", 100000)))), BLOCKS / 255)
    read(png(BLOCKS, 2, chunk(b"gAMA", struct.pack(">I", 45455))))


def test_hdr_is_told_of(read):
    with pytest.warns(UserWarning, match="HDR"):
        assert near(read(png(BLOCKS, 2, chunk(b"cICP", bytes((9, 16, 0, 1))))), BLOCKS / 255)
    read(png(BLOCKS, 2, chunk(b"cICP", bytes((1, 13, 0, 1)))))


# Alpha

def test_alpha_is_kept_in_every_form(read):
    clear = np.concatenate([BLOCKS, np.array([[[0], [80], [255]]] * 2, np.uint8)], 2)
    for data in (saved(clear, "PNG"), saved(clear, "TIFF"), saved(clear, "TGA"), bitmap(clear),
                 saved(clear, "WEBP", lossless=True, exact=True)):
        assert near(read(data), clear / 255)
    pair = clear[..., [0, 3]]
    assert near(read(png(pair, 4)), pair[..., [0, 0, 0, 1]] / 255)
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
    (BLOCKS, 2, (9, 9, 9)), (BLOCKS[..., :1], 0, (9,)), (DEEP, 2, tuple(DEEP[0, 5])),
    (RAMP[..., None], 0, (int(RAMP[0, 5]),))],
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

# How a picture is stored that shows `a` when it is turned as EXIF says.
TURNED = {1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
          5: lambda a: a.transpose(1, 0, 2), 6: lambda a: np.rot90(a, 1),
          7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: lambda a: np.rot90(a, -1)}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_pictures_are_turned_as_exif_says(read, orientation, format):
    shown = np.repeat(np.repeat(BLOCKS, 16, 0), 16, 1)
    exif = Image.Exif()
    exif[0x0112] = orientation
    fine = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}, "AVIF": {"quality": 100}}
    got = read(saved(np.ascontiguousarray(TURNED[orientation](shown)), format, exif=exif, **fine.get(format, {})))
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
