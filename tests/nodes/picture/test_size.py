"""Resize, fit, crop and pad: Pillow's own results, with alpha that leaves no fringes, for pictures of any shape."""

import pytest
import torch
from hypothesis import given, strategies as st
from PIL import Image as Pil, ImageOps

from nodegraph import InputError
from nodegraph_nodes.media.image import from_pil, to_pil
from nodegraph_nodes.media.types import IMAGE
from nodegraph_nodes.picture.size import crop, fit, pad, resize

FILTERS = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")


@pytest.mark.parametrize("filter", FILTERS)
@pytest.mark.parametrize("size", [(31, 17), (160, 200), (2, 2), (80, 3)])
def test_a_picture_is_resized_as_pillow_does_it(pale, filter, size):
    expected = from_pil(to_pil(pale).resize(size, Pil.Resampling[filter.upper()]))
    made = resize(pale, *size, filter=filter)
    assert made.shape == (3, size[1], size[0]) and IMAGE.complaint(made) is None
    assert (made - expected).abs().max() < 1.6 / 255  # Pillow rounds to bytes, also between the two directions


@pytest.mark.parametrize("filter", FILTERS[1:])
def test_what_is_transparent_leaves_no_fringe(filter):
    red = torch.tensor([1.0, 0, 0])[:, None, None].expand(3, 40, 40)
    black_outside = torch.cat([red * (torch.arange(40) < 20), (torch.arange(40) < 20).float().expand(1, 40, 40)])
    for size in (13, 90):
        made = resize(black_outside, width=size, filter=filter)
        seen = made[3] > 0.01
        assert seen.any() and torch.allclose(made[:3][:, seen], torch.tensor([1.0, 0, 0])[:, None], atol=1e-4)


def test_either_side_follows_the_other_and_scale_counts_for_both(photo):
    assert resize(photo, width=40).shape == (3, 30, 40) and resize(photo, height=120).shape == (3, 120, 160)
    assert resize(photo, scale=0.5).shape == (3, 30, 40) and resize(photo, scale=0.001).shape == (3, 1, 1)
    assert resize(torch.rand(4, 1, 5000), width=10).shape == (4, 1, 10)


@pytest.mark.parametrize("settings, sentence", [
    ({}, "width, height and scale are all 0"), ({"width": 5, "scale": 2.0}, "scale is given beside width")])
def test_a_size_that_is_not_clear_is_refused(photo, settings, sentence):
    with pytest.raises(InputError, match=sentence):
        resize(photo, **settings)


def test_a_picture_of_more_than_bytes_keeps_its_steps():
    ramp = torch.linspace(0.2, 0.21, 512).expand(3, 8, 512)
    assert resize(ramp, width=256).unique().numel() > 200


@pytest.mark.parametrize("anchor, centering", [("center", (0.5, 0.5)), ("top_left", (0, 0)), ("bottom_right", (1, 1)),
                                               ("right", (1, 0.5)), ("top", (0.5, 0))])
@pytest.mark.parametrize("size", [(50, 50), (90, 20), (80, 60)])
def test_fit_crops_as_pillow_does(pale, anchor, centering, size):
    expected = ImageOps.fit(to_pil(pale), size, Pil.Resampling.LANCZOS, centering=centering)
    assert (fit(pale, *size, anchor=anchor) - from_pil(expected)).abs().max() < 2.1 / 255


def test_fit_pads_with_a_colour_or_with_nothing_and_stretches(photo):
    wide = fit(photo, 100, 60, "pad", color="#ff0000")
    assert torch.equal(wide[:, :, 10:90], photo) and torch.equal(wide[:, 0, 0], torch.tensor([1.0, 0, 0]))
    bare = fit(photo, 100, 60, "pad", "left", color="transparent")
    assert torch.equal(bare[:3, :, :80], photo) and bare[3, :, :80].min() == 1 and bare[:, :, 80:].max() == 0
    assert torch.equal(fit(photo, 30, 90, "stretch"), resize(photo, 30, 90))


@pytest.mark.parametrize("method", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("shape", [(3, 1, 1), (4, 1, 5000), (3, 700, 1), (4, 9, 12)])
def test_fit_gives_the_size_whatever_the_shape(shape, method):
    made = fit(torch.rand(shape), 20, 10, method)
    assert made.shape == (shape[0], 10, 20) and IMAGE.complaint(made) is None


def test_crop_takes_just_the_part(cut):
    assert torch.equal(crop(cut, 10, 5, 20, 30), cut[:, 5:35, 10:30])
    assert torch.equal(crop(cut, 10, 5), cut[:, 5:, 10:]) and torch.equal(crop(cut), cut)
    for part in ((70, 0, 20, 5), (80, 0), (0, 60), (0, 0, 81)):
        with pytest.raises(InputError, match="reaches beyond the picture, which is 80 x 60"):
            crop(cut, *part)


def test_pad_fills_with_a_colour_the_edge_or_a_mirror(photo, cut):
    framed = pad(photo, 1, 2, 3, 4, color="#00ff00")
    assert framed.shape == (3, 66, 84) and torch.equal(framed[:, 2:62, 1:81], photo)
    assert torch.equal(framed[:, 0, 0], torch.tensor([0.0, 1, 0]))
    for method, mode in (("edge", "replicate"), ("mirror", "reflect")):
        assert torch.equal(pad(cut, 5, 6, 7, 8, method), torch.nn.functional.pad(cut, (5, 7, 6, 8), mode=mode))
    assert torch.equal(pad(cut, 5)[:, :, 5:], cut)  # what is transparent stays so; the border alone is opaque
    assert pad(photo, 5, color="#00000080").shape[0] == 4


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 30), st.integers(0, 30))
def test_a_mirror_goes_there_and_back_however_far(height, width, left, bottom):
    image = torch.arange(3.0 * height * width).reshape(3, height, width)
    made = pad(image, left=left, bottom=bottom, method="mirror")
    assert made.shape == (3, height + bottom, width + left) and torch.equal(made[:, :height, left:], image)
    assert set(made.flatten().tolist()) <= set(image.flatten().tolist())
