"""Hue, saturation, grey and colouring: by the formulas of colorsys and Pillow."""

import colorsys

import pytest
import torch
from hypothesis import given, strategies as st
from PIL import ImageOps

from nodegraph_nodes.media.image import from_pil, to_pil
from nodegraph_nodes.media.types import IMAGE
from nodegraph_nodes.picture.color import colorize, grayscale, hsl, hue_saturation, rgb, tint
from nodegraph_nodes.picture.tone import invert

colors = st.tuples(*[st.integers(0, 255)] * 3).map(lambda parts: [part / 255 for part in parts])


def dot(parts):
    return torch.tensor(parts).reshape(3, 1, 1)


@given(colors)
def test_hue_saturation_and_lightness_are_those_of_colorsys_and_lead_back(color):
    hue, saturation, lightness = (part.item() for part in hsl(dot(color)))
    h, l, s = colorsys.rgb_to_hls(*color)
    assert (saturation, lightness) == pytest.approx((s, l), abs=1e-4)
    assert abs((hue / 360 - h + 0.5) % 1 - 0.5) < 1e-4
    assert rgb(*hsl(dot(color))).flatten().tolist() == pytest.approx(color, abs=1e-5)


@given(colors, st.integers(-360, 360), st.sampled_from([0.0, 0.5, 1.0, 3.0]),
       st.sampled_from([-1.0, -0.3, 0.0, 0.4, 1.0]))
def test_colours_are_turned_and_moved_in_hsl(color, hue, saturation, lightness):
    h, l, s = colorsys.rgb_to_hls(*color)
    l = l + (1 - l) * lightness if lightness > 0 else l * (1 + lightness)
    expected = colorsys.hls_to_rgb((h + hue / 360) % 1, l, min(1, s * saturation))
    made = hue_saturation(dot(color), float(hue), saturation, lightness)
    assert made.flatten().tolist() == pytest.approx(expected, abs=1e-3)
    assert IMAGE.complaint(made) is None


def test_red_turned_by_120_degrees_is_green_and_grey_stays_grey():
    assert hue_saturation(dot([1.0, 0, 0]), 120.0).flatten().tolist() == pytest.approx([0, 1, 0], abs=1e-5)
    assert hue_saturation(dot([0.5, 0.5, 0.5]), 77.0, 5.0).flatten().tolist() == pytest.approx([0.5] * 3, abs=1e-6)


def test_grey_weighs_colours_as_named(photo):
    assert (grayscale(photo) - from_pil(to_pil(photo).convert("L"))).abs().max() < 1.1 / 255
    assert grayscale(dot([1.0, 0, 0]), "bt709").flatten().tolist() == pytest.approx([0.2126] * 3)
    assert grayscale(dot([1.0, 0, 0.5]), "average").flatten().tolist() == pytest.approx([0.5] * 3)


def test_a_duotone_is_pillows_and_a_middle_colour_stands_in_the_middle(photo):
    grey = to_pil(photo).convert("L")
    expected = from_pil(ImageOps.colorize(grey, "#102040", "#ffeedd"))
    assert (colorize(from_pil(grey), "#102040", "#ffeedd") - expected).abs().max() < 2.1 / 255
    expected = from_pil(ImageOps.colorize(grey, "#102040", "#ffeedd", "#c03060", midpoint=127))
    assert (colorize(from_pil(grey), "#102040", "#ffeedd", "#c03060") - expected).abs().max() < 4 / 255
    ends = torch.tensor([0.0, 0.5, 1.0]).expand(3, 1, 3)
    assert colorize(ends, "#ff0000", "#0000ff", "#00ff00")[:, 0].T.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_a_tint_keeps_how_light_it_is(photo):
    made = tint(photo, "#ff9a3c", 1.0)
    assert (grayscale(made) - grayscale(photo)).abs().max() < 1e-4
    assert torch.equal(tint(photo, strength=0.0), photo)
    assert torch.allclose(tint(photo, "#808080", 1.0), grayscale(photo), atol=1e-4)


@pytest.mark.parametrize("change", [hue_saturation, grayscale, colorize, tint, invert])
def test_alpha_stays(cut, change):
    assert torch.equal(change(cut)[3], cut[3])
