"""The PortTypes of the media pack: what they refuse, and that storing and saving lose nothing."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from nodegraph import InputError
from nodegraph_nodes.media import audio as sound, image as picture
from nodegraph_nodes.media.sounds import writer as sound_writer
from nodegraph_nodes.media.types import IMAGE, MASK, Audio, Conditioning, Latent, Palette, Style

PALETTE = Palette(("#102030", "#ffeedd"), (0.75, 0.25))
STYLE = Style(PALETTE, 0.5, 0.2, 0.4, -0.3, 0.1, "calm", "slow", "major")


def tone(channels=2, n=4410):
    wave = torch.sin(torch.arange(n) * 0.05) * 0.5
    return Audio(wave.repeat(channels, 1), 44100)


def test_importing_any_pack_module_brings_in_no_heavy_library():
    script = """
import importlib, pkgutil, sys
import nodegraph_nodes
for pack in ("media", "text", "diffusion", "style", "mix"):
    package = importlib.import_module(f"nodegraph_nodes.{pack}")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"nodegraph_nodes.{pack}.{module.name}")
heavy = {"torch", "numpy", "diffusers", "transformers", "PIL"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize("wrong, words", [
    ("a.png", "a str"),
    (torch.zeros(2, 4, 4), "(2, 4, 4)"),
    (torch.zeros(3, 4, 4, dtype=torch.float64), "float64"),
    (torch.zeros(3, 0, 4), "(3, 0, 4)"),
    (torch.full((3, 4, 4), 1.5), "1.5"),
    (torch.full((3, 4, 4), float("nan")), "not numbers"),
    (np.zeros((3, 4, 4), np.int64), "an array (3, 4, 4) int64"),
    (Image.new("RGB", (4, 4)), "a Pillow picture"),
])
def test_an_image_port_says_what_is_wrong_with_what_it_is_given(wrong, words):
    assert words in IMAGE.complaint(wrong)


def test_pillow_pictures_and_arrays_are_adopted_as_images():
    pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3) * 4
    want = picture.from_array(pixels)
    for value in (pixels, Image.fromarray(pixels), (pixels / 255).astype(np.float32), pixels / 255, want):
        assert IMAGE.complaint(IMAGE.adopt(value)) is None and torch.allclose(IMAGE.adopt(value), want, atol=1e-6)
    for grey in (pixels[..., 0], pixels[..., :1], Image.fromarray(pixels[..., 0])):
        assert torch.equal(IMAGE.adopt(grey), want[:1].expand(3, 4, 5))
    assert IMAGE.adopt(Image.new("RGBA", (5, 4))).shape == IMAGE.adopt(np.zeros((4, 5, 4), np.uint8)).shape == (4, 4, 5)
    turned = Image.fromarray(pixels)
    turned.getexif()[0x0112] = 6
    assert IMAGE.adopt(turned).shape == (3, 5, 4)


def test_an_adopted_array_is_copied():
    array = np.zeros((3, 4, 5), np.float32).transpose(1, 2, 0)
    image = IMAGE.adopt(array)
    array[:] = 1
    assert image.max() == 0


@pytest.mark.parametrize("wrong", ["a.png", np.zeros((3, 4, 5), np.float32), np.zeros((4, 5, 3), np.int64), np.zeros(3),
                                   np.full((4, 5, 3), 2.0), np.zeros((0, 4, 3), np.uint8)], ids=str)
def test_what_cannot_be_adopted_draws_a_complaint(wrong):
    assert IMAGE.complaint(IMAGE.adopt(wrong))


def test_good_values_draw_no_complaint():
    assert IMAGE.complaint(torch.rand(3, 4, 5)) is None
    assert IMAGE.complaint(torch.rand(4, 4, 5)) is None
    assert MASK.complaint(torch.rand(1, 4, 5)) is None
    for value in (PALETTE, STYLE, tone(), Latent(torch.rand(4, 2, 2), "some"),
                  Conditioning({"tokens": torch.rand(1, 7, 8)}, "some")):
        assert type(value).__porttype__.complaint(value) is None


@pytest.mark.parametrize("wrong", [
    Latent(torch.full((4, 2, 2), float("inf")), "x"),
    Conditioning({"tokens": [1, 2]}, "x"),
    Audio(torch.zeros(100), 44100),
    Audio(torch.zeros(1, 100), 0),
    Palette(("red",), (1.0,)),
    Palette(("#ff0000", "#00ff00"), (1.0,)),
    Style(PALETTE, 1.5, 0, 0, 0, 0, "calm", "slow", "major"),
    Style(PALETTE, 0.5, 0, 0, 0, 0, "furious", "slow", "major"),
])
def test_values_that_make_no_sense_draw_a_complaint(wrong):
    assert type(wrong).__porttype__.complaint(wrong)


@pytest.mark.parametrize("value", [PALETTE, STYLE])
def test_records_come_back_equal_from_storage(value):
    port = type(value).__porttype__
    assert port.restore(port.flatten(value)) == value


def test_records_with_tensors_come_back_with_the_same_tensors():
    for value in (tone(), Latent(torch.rand(4, 2, 2), "some"), Conditioning({"a": torch.rand(1, 2)}, "some")):
        port = type(value).__porttype__
        back = port.restore(port.flatten(value))
        assert vars(back) == vars(value)


@pytest.mark.parametrize("channels", [3, 4])
def test_a_png_gives_back_the_picture_to_the_nearest_of_256_steps(tmp_path, channels):
    image = torch.rand(channels, 6, 9, generator=torch.Generator().manual_seed(1))
    IMAGE.exports["png"](image, tmp_path / "a.png")
    back = picture.load(tmp_path / "a.png")
    assert back.shape == image.shape and back.dtype == torch.float32
    assert (back - image).abs().max() <= 0.5 / 255 + 1e-6


def test_jpg_and_webp_are_written_and_transparency_becomes_white_in_jpg(tmp_path):
    image = torch.zeros(4, 16, 16)
    with pytest.warns(UserWarning, match="JPEG has no transparency"):
        IMAGE.exports["jpg"](image, tmp_path / "a.jpg")
    IMAGE.exports["webp"](image, tmp_path / "a.webp")
    assert picture.load(tmp_path / "a.jpg").min() > 0.99
    assert picture.load(tmp_path / "a.webp").shape[1:] == (16, 16)


def test_a_file_that_is_no_picture_is_named_in_the_error(tmp_path):
    (tmp_path / "notes.txt").write_text("words")
    with pytest.raises(InputError, match="notes.txt is not a picture"):
        picture.load(tmp_path / "notes.txt")
    with pytest.raises(InputError, match="there is no file"):
        picture.load(tmp_path / "absent.png")


def test_arrays_in_place_of_tensors_are_written_and_shown_alike(tmp_path):
    image, audio = torch.rand(4, 50, 60), tone()
    values = ((image, image.numpy(), picture.save_png, picture.thumbnail),
              (torch.linspace(0, 1, 511).reshape(1, 7, 73), torch.linspace(0, 1, 511).reshape(1, 7, 73).numpy(),
               picture.save_png, picture.thumbnail),
              (audio, Audio(audio.samples.numpy(), audio.sample_rate), sound_writer.save_wav, sound.waveform))
    for tensors, arrays, save, show in values:
        save(tensors, tmp_path / "tensors")
        save(arrays, tmp_path / "arrays")
        assert (tmp_path / "tensors").read_bytes() == (tmp_path / "arrays").read_bytes()
        assert np.array_equal(show(tensors), show(arrays))


def test_a_palette_is_drawn_in_its_own_colours(tmp_path):
    Palette.__porttype__.exports["png"](PALETTE, tmp_path / "p.png")
    with Image.open(tmp_path / "p.png") as drawn:
        assert drawn.size == (800, 160) and drawn.getpixel((0, 0)) == (16, 32, 48) \
            and drawn.getpixel((799, 0)) == (255, 238, 221)


def test_every_type_that_has_a_preview_gives_a_uint8_picture():
    for port, value in ((IMAGE, torch.rand(4, 300, 600)), (MASK, torch.rand(1, 30, 60)),
                        (Audio.__porttype__, tone()), (Audio.__porttype__, tone(n=3)),
                        (Latent.__porttype__, Latent(torch.randn(4, 8, 8), "x")),
                        (Palette.__porttype__, PALETTE), (Style.__porttype__, STYLE)):
        shown = port.preview(value)
        assert shown.dtype.name == "uint8" and shown.shape[2] == 3 and max(shown.shape) <= 512
        assert port.summary(value)


def test_a_loud_sound_draws_a_taller_waveform_than_a_soft_one():
    def ink(gain):
        audio = Audio(torch.sin(torch.arange(8000) * 0.1)[None] * gain, 8000)
        return (sound.waveform(audio) == (92, 168, 224)).all(axis=2).sum()
    assert ink(0.9) > 4 * ink(0.1)


def test_a_remembered_picture_and_sound_are_written_without_torch(tmp_path):
    script = """
import sys
from typing import Annotated
from nodegraph import Catalogue, Engine, node
from nodegraph.graphfile import parse
from nodegraph_nodes.media.types import Audio, Image

@node("w.picture", version=1)
def picture(side: int) -> Image:
    import torch
    return torch.linspace(0, 1, 3 * side * side).reshape(3, side, side)

@node("w.sound", version=1)
def sound(n: int) -> Audio:
    import torch
    return Audio(torch.linspace(-1, 1, n)[None], 8000)

graph = parse('''nodegraph: 1
nodes: {p: {type: w.picture, each: side, side: [8, 9]}, s: {type: w.sound, n: 100}}
outputs: {p: $p, s: $s}
''')[0]
with Engine(sys.argv[1], catalogue=Catalogue([picture, sound], installed=False), device="cpu") as e:
    result = e.run(graph)
    paths = [path for name in result for path in e.export(result, name, __import__("pathlib").Path(sys.argv[2]), name)]
print("torch" in sys.modules, *(path.read_bytes().hex() for path in paths))
"""
    first, second = (subprocess.run([sys.executable, "-c", script, str(tmp_path / "cache"), str(tmp_path / out)], text=True,
                                    capture_output=True, check=True).stdout.split(" ", 1) for out in ("one", "two"))
    assert (first[0], second[0]) == ("True", "False") and first[1] == second[1]
