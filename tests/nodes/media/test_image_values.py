"""Pictures that Python hands in, pictures that are written, and both by the command."""

import json
import struct

import numpy as np
import pytest
import torch
from PIL import Image

from nodegraph import InputError
from nodegraph.cli import main
from nodegraph_nodes.media import image
from nodegraph_nodes.media.pictures import files as image_files
from nodegraph_nodes.media.types import IMAGE
from tests.nodes.media.picture_files import BLOCKS, RAMP, grey, png, rgb_profile, tiff

# What Python hands in

@pytest.mark.parametrize("array", [
    np.array([[0, 255]], np.uint8), np.array([[0, 65535]], np.uint16), np.array([[0, 65535]], ">u2"),
    np.array([[False, True]]), *(np.array([[0, 1]], kind) for kind in (np.float16, np.float32, np.float64))],
    ids=lambda a: a.dtype.str)
def test_arrays_of_every_usual_type_and_shape_are_adopted(array):
    grey = torch.tensor([[0.0, 1]])
    for value, want in ((array, grey.expand(3, 1, 2)), (array[..., None], grey.expand(3, 1, 2)),
                        (np.stack([array, array[:, ::-1]], 2), torch.stack([grey, grey, grey, grey.flip(1)])),
                        (np.stack([array] * 3, 2), grey.expand(3, 1, 2)),
                        (np.stack([array] * 4, 2), grey.expand(4, 1, 2))):
        adopted = IMAGE.adopt(value)
        assert IMAGE.complaint(adopted) is None and torch.equal(adopted, want)


@pytest.mark.parametrize("wrong", [np.zeros((2, 2), np.int32), np.zeros((2, 2, 5), np.uint8),
                                   np.zeros((1, 2, 2, 3), np.uint8), np.zeros((2, 2), complex)],
                         ids=lambda a: f"{a.shape} {a.dtype}")
def test_other_arrays_are_told_what_an_array_must_be(wrong):
    assert "an array is bool, uint8, uint16 or float" in IMAGE.complaint(IMAGE.adopt(wrong))
    assert "pixels from 0 to 2" in IMAGE.complaint(IMAGE.adopt(np.array([[0.0, 2.0]])))


def test_pillow_pictures_of_every_mode_are_adopted():
    colour = Image.fromarray(BLOCKS)
    want = torch.from_numpy(BLOCKS.transpose(2, 0, 1) / np.float32(255))
    for mode in ("RGB", "RGBA", "RGBX", "P", "PA", "CMYK", "YCbCr", "HSV", "LAB"):
        got = IMAGE.adopt(colour.convert("RGBA").convert("PA") if mode == "PA" else colour.convert(mode))
        coarse = mode in ("P", "PA", "LAB")
        assert IMAGE.complaint(got) is None and (got[:3] - want).abs().max() < (0.1 if coarse else 0.03), mode
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
        assert main(["run", str(graph), "--set", f"file={tmp_path / name}", "--json", "--out", str(tmp_path)]) == 0
        told = json.loads(capsys.readouterr().out)
        with Image.open(told["outputs"]["p"]["paths"][0]) as written:
            assert np.array_equal(np.asarray(written), want)
    assert "photo.tif has 2 pictures" in str(told["warnings"])
    (tmp_path / "photo.png").write_bytes(b"<svg xmlns='x'/>")
    assert main(["run", str(graph), "--set", f"file={tmp_path / 'photo.png'}", "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "SVG, a vector format" in said and "Traceback" not in said


def test_the_numbers_of_a_tiff_are_what_its_tags_say(tmp_path):
    wide = np.array([[0, 2 ** 31, 2 ** 32 - 1]], np.uint32)
    (tmp_path / "wide.tif").write_bytes(tiff(wide))
    with pytest.warns(UserWarning, match="from 0 to 4.29497e.09"):
        np.testing.assert_allclose(image_files.load(tmp_path / "wide.tif")[0, 0].numpy(), [0, 0.5, 1], atol=1e-6)
    (tmp_path / "negative.tif").write_bytes(tiff((np.array([[0, 16384, 65535]], np.uint16), {262: 0})))
    np.testing.assert_allclose(image_files.load(tmp_path / "negative.tif")[0, 0].numpy(), [1, 0.75, 0], atol=1e-4)


def test_pixels_without_a_value_do_not_take_the_light_of_the_others(tmp_path):
    heights = np.array([[-9999, 0.25, 1]], np.float32)
    (tmp_path / "map.tif").write_bytes(tiff((heights, {42113: b"-9999"})))
    with pytest.warns(UserWarning, match="1 pixels of map.tif are marked as having no value .-9999.: they are black"):
        np.testing.assert_allclose(image_files.load(tmp_path / "map.tif")[0, 0].numpy(), [0, 0.25, 1])


def test_what_pillow_says_of_tags_is_not_printed(tmp_path, recwarn):
    (tmp_path / "cut.tif").write_bytes(b"II*\0" + struct.pack("<IH6x", 8, 1))
    with pytest.raises(InputError, match="TIFF"):
        image_files.load(tmp_path / "cut.tif")
    assert not recwarn.list
