"""Levels, curves, brightness, contrast, invert and posterise: by their formulas, alpha untouched."""

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from PIL import ImageEnhance, ImageOps

from nodegraph import InputError
from nodegraph_nodes.media.image import from_pil, to_pil
from nodegraph_nodes.picture.tone import brightness_contrast, curves, invert, levels, posterize

RAMP = torch.linspace(0, 1, 101).expand(3, 1, 101)


def test_levels_stretch_bend_and_move_tones(photo):
    expected = ((photo - 0.2) / 0.6).clamp(0, 1) ** (1 / 1.5) * 0.8 + 0.1
    assert torch.allclose(levels(photo, 0.2, 0.8, 1.5, 0.1, 0.9), expected, atol=1e-6)
    assert torch.equal(levels(photo), photo)
    assert torch.allclose(levels(photo, out_black=1.0, out_white=0.0), 1 - photo, atol=1e-6)
    with pytest.raises(InputError, match="white is 0.3 and black is 0.3; white must be above black"):
        levels(photo, 0.3, 0.3)


def test_brightness_and_contrast_are_those_of_css_and_pillow(photo):
    expected = from_pil(ImageEnhance.Brightness(to_pil(photo)).enhance(1.4))
    assert (brightness_contrast(photo, 1.4) - expected).abs().max() < 1.1 / 255
    made = brightness_contrast(RAMP, contrast=2.0)
    assert torch.allclose(made, ((RAMP - 0.5) * 2 + 0.5).clamp(0, 1), atol=1e-6)
    assert torch.equal(brightness_contrast(RAMP, contrast=0.0), torch.full((3, 1, 101), 0.5))


def test_inverting_is_pillows_and_twice_is_nothing(photo):
    assert torch.allclose(invert(photo), from_pil(ImageOps.invert(to_pil(photo))), atol=1e-6)
    assert torch.allclose(invert(invert(photo)), photo, atol=1e-6)


@pytest.mark.parametrize("count", [2, 3, 8, 256])
def test_so_many_tones_are_left_and_evenly_spread(count):
    made = posterize(RAMP.repeat(1, 5, 1), count)[0, 0]
    assert set(made.mul(count - 1).round().int().tolist()) <= set(range(count))
    assert (made - RAMP[0, 0]).abs().max() <= 0.5 / (count - 1) + 1e-6


@pytest.mark.parametrize("change", [
    levels, brightness_contrast, invert, posterize, curves, lambda image: levels(image, 0.3, 0.5, 2.0),
    lambda image: curves(image, "0,1 1,0"), lambda image: brightness_contrast(image, 3.0, 4.0)])
def test_alpha_stays_and_nothing_is_changed_in_place(cut, change):
    before = cut.clone()
    assert torch.equal(change(cut)[3], cut[3]) and torch.equal(cut, before)


def test_a_curve_goes_through_its_points_and_is_level_outside_of_them():
    made = curves(RAMP, "0.2,0.1 0.5,0.6 0.8,0.9")[0, 0]
    assert [made[at].item() for at in (0, 20, 50, 80, 100)] == pytest.approx([0.1, 0.1, 0.6, 0.9, 0.9], abs=1e-5)
    assert torch.allclose(curves(RAMP), RAMP, atol=1e-6) and torch.equal(curves(RAMP, ""), RAMP)
    assert torch.equal(curves(RAMP, "0.5,0.25"), torch.full((3, 1, 101), 0.25))


def test_a_curve_of_one_colour_comes_before_that_of_all():
    made = curves(RAMP, "0,0 1,0.5", red="0,1 1,0")[:, 0]
    assert torch.allclose(made[0], (1 - RAMP[0, 0]) * 0.5, atol=1e-6)
    assert torch.allclose(made[1], RAMP[0, 0] * 0.5, atol=1e-6)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=6, unique_by=lambda p: p[0]))
def test_a_curve_never_leaves_the_heights_that_it_lies_between(points):
    points = sorted((x / 20, y / 20) for x, y in points)
    made = curves(RAMP, " ".join(f"{x},{y}" for x, y in points))[0, 0].numpy()
    at = RAMP[0, 0].numpy()
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        inside = made[(at >= x0) & (at <= x1)]
        if inside.size:
            assert inside.min() >= min(y0, y1) - 1e-5 and inside.max() <= max(y0, y1) + 1e-5
            rising = np.diff(inside)
            assert (rising >= -1e-5).all() if y1 >= y0 else (rising <= 1e-5).all()


@pytest.mark.parametrize("points, sentence", [
    ("0,0 0.5", "points has '0.5'; it takes pairs of numbers from 0 to 1"), ("0,0 2,1", "points has '2,1'"),
    ("a,b", "points has 'a,b'"), ("0.5,0 0.5,1", "points has two points at 0.5"), ("0,0 nan,1", "points has 'nan,1'")])
def test_points_that_are_none_are_refused(points, sentence):
    with pytest.raises(InputError, match=sentence):
        curves(RAMP, points)
    with pytest.raises(InputError, match=sentence.replace("points has", "blue has", 1)):
        curves(RAMP, blue=points)
