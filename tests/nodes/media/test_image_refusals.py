"""Picture files that are too large, damaged or no pictures: read all the same, or refused by their own name."""

import re
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nodegraph import InputError, file_kind, filekind
from nodegraph_nodes.media.pictures import files as image_files, formats
from tests.nodes.media.picture_files import BLOCKS, HEIC, chunk, near, png, rgb_profile, saved, tiff

# Limits

def test_a_picture_beyond_the_limit_is_refused_with_the_way_to_allow_it(read):
    data = saved(Image.new("1", (2000, 1500), 1), "PNG")
    with pytest.raises(InputError, match=r"2000 x 1500 and has 3 megapixels; `largest` allows 2.9"):
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
    (b"\0\0\0\x18ftypmp42" + b"\0" * 20, "MP4 video"), (b"RIFF\0\0\0\0WAVEfmt ", "WAV sound"),
    (b"MThd\0\0\0\6", "MIDI"), (b"PK\3\4" + b"\0" * 30, "ZIP"), (b"just words, no picture\n", "it is a text"),
    (bytes(range(200, 256)) * 4, "not known"),
    (HEIC[:200], "HEIC/HEIF.*cut, damaged"), (b"\x89HDF\r\n\x1a\n", "HDF5"), (b"ID3\4", "MP3"),
])
def test_what_is_no_picture_is_named_by_its_first_bytes(read, data, words):
    with pytest.raises(InputError, match=rf"photo.png is .*{words}"):
        read(data, "photo.png")


def test_a_small_preview_in_a_camera_raw_file_is_not_taken_for_the_picture(read):
    for tags in ({254: 1, 330: 8}, {50706: (1, 4, 0, 0)}):
        with pytest.raises(InputError, match=r"camera's raw file.*develop it"):
            read(tiff((BLOCKS, tags)))


def test_a_kind_of_pixels_that_is_not_read_is_named(read):
    with pytest.raises(InputError, match=r"a picture \(TIFF, 3 channels of 32 bits, floats\) that .* is not read"):
        read(tiff(np.zeros((2, 2, 3), np.float32)))
    with pytest.raises(InputError, match=r"a picture \(PSD, CMYK of 16 bits\)"):
        read(b"8BPS\0\1" + b"\0" * 6 + struct.pack(">HIIHH", 4, 2, 2, 16, 4) + b"\0" * 40)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "JPEG2000", "AVIF"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.66, 0.95])
def test_a_cut_file_is_refused_by_the_name_of_its_format_or_read(read, format, part):
    noise = np.random.default_rng(3).integers(0, 256, (40, 40, 3), np.uint8)
    data = saved(noise, format, **({"compression": "tiff_lzw"} if format == "TIFF" else {}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own words about a file that is cut
        with pytest.raises(InputError, match=r"some.picture is (a picture \([\w ]+\) that is cut|not a picture that)"):
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
    with pytest.raises(InputError, match=r"HEIC/HEIF photo.*pip install pi-heif; the extra `heif`"):
        read(HEIC)


def test_each_kind_of_file_that_pictures_have_words_for_is_one_that_the_engine_tells_apart():
    source = Path(filekind.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'"(an? [^"]+)"', source))
    assert named >= {*formats._FOREIGN, *formats._READABLE}
    assert not formats._FOREIGN.keys() & formats._READABLE.keys()


@pytest.mark.parametrize("head, name", [
    (b"\1\0\0\0" + b"\0" * 36 + b" EMF", "an EMF drawing"), (b"a text" + b" " * 34 + b" EMF", ""),
    (b"\0" * 128 + b"DICM", "a DICOM picture"), (b"II*\0\x10\0\0\0CR\2\0", "a Canon raw picture"),
    (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "an AVIF picture"), (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "a HEIC picture"),
    (b"II+\0\10\0\0\0", "a BigTIFF picture"), (b"8BPS\0\2", "a large Photoshop picture (PSB)"),
])
def test_what_is_told_of_a_picture_is_told_of_it_anywhere(head, name):
    kind = file_kind(head)
    assert (kind.name if kind else "") == name
