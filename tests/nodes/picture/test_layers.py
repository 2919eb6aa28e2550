"""Blend and composite: the formulas of W3C Compositing and Blending Level 1, with alpha, opacity and masks."""

import pytest
import torch
from hypothesis import given, strategies as st
from PIL import Image as Pil, ImageChops

from nodegraph import InputError
from nodegraph_nodes.media.image import from_pil, to_pil
from nodegraph_nodes.media.types import IMAGE
from nodegraph_nodes.picture.layers import blend, composite, from_mask, with_alpha
from nodegraph_nodes.picture.modes import MODES

CHOPS = {"multiply": ImageChops.multiply, "screen": ImageChops.screen, "darken": ImageChops.darker,
         "lighten": ImageChops.lighter, "difference": ImageChops.difference, "add": ImageChops.add,
         "subtract": ImageChops.subtract, "overlay": ImageChops.overlay, "hard_light": ImageChops.hard_light}
tones = st.floats(0, 1, width=32)


def dot(*parts):
    return torch.tensor(parts).reshape(-1, 1, 1)


def reference(mode, b, s):
    """The separable modes for one channel, written out from the recommendation."""
    if mode == "hard_light":
        return b * 2 * s if s <= 0.5 else b + (2 * s - 1) - b * (2 * s - 1)
    if mode == "overlay":
        return reference("hard_light", s, b)
    if mode == "color_dodge":
        return 0 if b == 0 else 1 if s == 1 else min(1, b / (1 - s))
    if mode == "color_burn":
        return 1 if b == 1 else 0 if s == 0 else 1 - min(1, (1 - b) / s)
    if mode == "soft_light":
        d = ((16 * b - 12) * b + 4) * b if b <= 0.25 else b ** 0.5
        return b - (1 - 2 * s) * b * (1 - b) if s <= 0.5 else b + (2 * s - 1) * (d - b)
    return {"normal": s, "multiply": b * s, "screen": b + s - b * s, "darken": min(b, s), "lighten": max(b, s),
            "difference": abs(b - s), "exclusion": b + s - 2 * b * s, "linear_light": min(1, max(0, b + 2 * s - 1)),
            "add": min(1, b + s), "subtract": max(0, b - s)}[mode]


def lum(c):
    return 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2]


def set_lum(c, l):
    c = [part + l - lum(c) for part in c]
    l, low, high = lum(c), min(c), max(c)
    if low < 0:
        c = [l + (part - l) * l / (l - low) for part in c]
    if high > 1:
        c = [l + (part - l) * (1 - l) / (high - l) for part in c]
    return c


def set_sat(c, s):
    order = sorted(range(3), key=lambda at: c[at])
    made = [0.0, 0.0, 0.0]
    if c[order[2]] > c[order[0]]:
        made[order[1]] = (c[order[1]] - c[order[0]]) * s / (c[order[2]] - c[order[0]])
        made[order[2]] = s
    return made


def whole(mode, b, s):
    """The modes that look at all three channels."""
    sat = max(b) - min(b)
    return {"hue": lambda: set_lum(set_sat(s, sat), lum(b)),
            "saturation": lambda: set_lum(set_sat(b, max(s) - min(s)), lum(b)),
            "color": lambda: set_lum(s, lum(b)), "luminosity": lambda: set_lum(b, lum(s))}[mode]()


SEPARABLE = sorted(MODES.keys() - {"hue", "saturation", "color", "luminosity"})


@pytest.mark.parametrize("mode", SEPARABLE)
@given(st.tuples(tones, tones, tones), st.tuples(tones, tones, tones))
def test_each_channel_is_mixed_by_the_formula(mode, back, layer):
    expected = [reference(mode, b, s) for b, s in zip(back, layer)]
    assert blend(dot(*back), dot(*layer), mode).flatten().tolist() == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize("mode", ["hue", "saturation", "color", "luminosity"])
@given(st.tuples(*[st.integers(0, 255)] * 3), st.tuples(*[st.integers(0, 255)] * 3))
def test_hue_saturation_color_and_luminosity_follow_the_formula(mode, back, layer):
    back, layer = [part / 255 for part in back], [part / 255 for part in layer]
    made = blend(dot(*back), dot(*layer), mode).flatten().tolist()
    assert made == pytest.approx(whole(mode, back, layer), abs=1e-4)


@pytest.mark.parametrize("mode", CHOPS)
def test_blending_is_what_pillow_has_of_it(photo, mode):
    other = photo.flip(2)
    expected = from_pil(CHOPS[mode](to_pil(photo), to_pil(other)))
    assert (blend(photo, other, mode) - expected).abs().max() < 2.1 / 255


def test_alpha_is_composited_as_pillow_does_it(cut):
    other = cut.flip(2).roll(20, 2)
    expected = from_pil(Pil.alpha_composite(to_pil(cut), to_pil(other)))
    made = blend(cut, other)
    assert (made[3] - expected[3]).abs().max() < 2.1 / 255
    assert ((made - expected)[:3] * made[3]).abs().max() < 4 / 255


parts = st.integers(1, 20).map(lambda part: part / 20)
dots = st.tuples(parts, parts, parts, parts)


@given(st.sampled_from(SEPARABLE), dots, dots, parts)
def test_a_layer_with_alpha_is_mixed_only_as_far_as_there_is_a_backdrop(mode, back, layer, opacity):
    made = blend(dot(*back), dot(*layer), mode, opacity)
    alpha = layer[3] * opacity
    whole = alpha + back[3] - alpha * back[3]
    mixed = [(1 - back[3]) * s + back[3] * reference(mode, b, s) for b, s in zip(back, layer[:3])]
    expected = [(alpha * m + (1 - alpha) * back[3] * b) / whole for m, b in zip(mixed, back)]
    assert made.flatten().tolist() == pytest.approx([*expected, whole], abs=1e-4)


@given(st.sampled_from(sorted(MODES)), *[st.tuples(tones, tones, tones, tones)] * 2, tones)
def test_any_layer_on_any_picture_is_a_picture(mode, back, layer, opacity):
    assert IMAGE.complaint(blend(dot(*back), dot(*layer), mode, opacity)) is None


@pytest.mark.parametrize("mode", MODES)
def test_nothing_of_a_layer_changes_nothing(photo, cut, mode):
    for back in (photo, cut):
        assert torch.equal(blend(back, photo.flip(1), mode, opacity=0.0), back)
        assert torch.equal(blend(back, photo.flip(1), mode, mask=torch.zeros(1, 60, 80)), back)
    assert torch.equal(blend(photo, photo.flip(1), mask=torch.ones(1, 60, 80)), photo.flip(1))


def test_a_mask_and_opacity_weigh_the_layer(photo):
    half = torch.full((1, 60, 80), 0.5)
    expected = photo * 0.75 + photo.flip(2) * 0.25
    assert torch.allclose(blend(photo, photo.flip(2), opacity=0.5, mask=half), expected, atol=1e-6)


def test_sizes_that_differ_are_refused_or_fitted(photo):
    small = torch.rand(3, 30, 30)
    with pytest.raises(InputError, match="layer is 30 x 30 and image is 80 x 60; say fit: crop, pad or stretch"):
        blend(photo, small)
    with pytest.raises(InputError, match="mask is 30 x 30 and image is 80 x 60; bring the mask .* mask.resize"):
        blend(photo, photo, mask=small[:1])
    assert torch.equal(blend(photo, small, fit="pad")[:, :, :10], photo[:, :, :10])
    assert not torch.equal(blend(photo, small, fit="stretch")[:, :, :10], photo[:, :, :10])
    assert blend(photo, small, fit="crop").shape == photo.shape


def test_a_picture_is_put_at_its_place_and_what_sticks_out_is_cut(photo):
    small = torch.rand(3, 10, 20)
    made = composite(photo, small, x=5, y=7)
    assert torch.equal(made[:, 7:17, 5:25], small) and torch.equal(made[:, :7], photo[:, :7])
    assert torch.equal(composite(photo, small, "bottom_right")[:, -10:, -20:], small)
    assert torch.equal(composite(photo, small, "center")[:, 25:35, 30:50], small)
    assert torch.equal(composite(photo, small, x=-15, y=-6)[:, :4, :5], small[:, 6:, 15:])
    assert torch.equal(composite(photo, small, x=500), photo)


def test_a_picture_is_scaled_and_masked_before_it_is_put(photo):
    white = torch.ones(3, 20, 20)
    mask = torch.zeros(1, 20, 20)
    mask[:, :, :10] = 1
    made = composite(torch.zeros(3, 60, 80), white, scale=2.0, mask=mask)
    assert made[:, :40, :15].min() > 0.99 and made[:, :40, 26:].max() < 0.01 and made[:, 40:].max() == 0
    assert composite(photo, white, opacity=0.5)[0, 3, 3] == pytest.approx((photo[0, 3, 3].item() + 1) / 2)
    with pytest.raises(InputError, match="mask is 80 x 60 and image is 20 x 20"):
        composite(photo, white, mask=torch.ones(1, 60, 80))


def test_a_mask_becomes_alpha_and_a_picture(cut):
    mask = torch.rand(1, 60, 80)
    assert torch.equal(with_alpha(cut, mask), torch.cat([cut[:3], mask]))
    assert torch.equal(with_alpha(cut, mask, "multiply")[3:], mask * cut[3:])
    assert torch.equal(from_mask(mask), mask.expand(3, 60, 80))
    made = from_mask(torch.tensor([[[0.0, 0.5, 1.0]]]), "#ff0000", "transparent")
    assert made[3, 0].tolist() == [0, 0.5, 1] and made[:3, 0, 1].tolist() == [1, 0, 0]
    with pytest.raises(InputError, match="mask is 3 x 1 and image is 80 x 60"):
        with_alpha(cut, torch.ones(1, 1, 3))
