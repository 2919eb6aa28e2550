"""Masks: found in pictures, drawn, grown, combined; what is soft stays soft, and what is outside stays out."""

import pytest
import torch
from hypothesis import given, strategies as st
from PIL import Image as Pil, ImageFilter

from nodegraph import InputError
from nodegraph_nodes.common.blur import gaussian
from nodegraph_nodes.mask.edit import combine, feather, grow, invert, resize
from nodegraph_nodes.mask.paste import paste_back
from nodegraph_nodes.mask.shape import shape
from nodegraph_nodes.mask.source import from_alpha, from_color, from_luma, threshold
from nodegraph_nodes.media.types import MASK


def picture(*colors, alpha=None):
    """A picture one pixel high."""
    image = torch.tensor(colors, dtype=torch.float32).T[:, None]
    return image if alpha is None else torch.cat([image, torch.tensor(alpha, dtype=torch.float32)[None, None]])


def test_alpha_and_luma_become_masks():
    image = picture((1, 1, 1), (0.5, 0.5, 0.5), (1, 0, 0), alpha=(1, 0.5, 0))
    assert from_alpha(image)[0, 0].tolist() == [1, 0.5, 0] and from_alpha(image[:3]).min() == 1
    assert from_luma(image)[0, 0].tolist() == pytest.approx([1, 0.25, 0])
    assert from_luma(image[:3])[0, 0].tolist() == pytest.approx([1, 0.5, 0.299])


def test_a_colour_is_found_within_its_tolerance_and_fades_out_softly():
    image = picture((0, 1, 0), (0, 0.9, 0), (0.1, 0.85, 0), (0, 0.6, 0), (1, 1, 1))
    assert from_color(image, "#00ff00", 0.1)[0, 0].tolist() == [1, 1, 0, 0, 0]
    assert from_color(image, "#00ff00", 0.1, 0.5)[0, 0].tolist() == pytest.approx([1, 1, 0.9, 0.4, 0], abs=1e-4)
    assert from_color(image, "lime", 0.0)[0, 0].tolist() == [1, 0, 0, 0, 0]
    assert from_color(torch.cat([image, torch.zeros(1, 1, 5)]), "lime").max() == 0


def test_tones_are_found_between_two_limits_that_count_themselves():
    tones = [at / 10 for at in range(11)]
    image = picture(*[(tone,) * 3 for tone in tones])
    assert threshold(image, 0.3, 0.7)[0, 0].tolist() == [float(0.3 <= tone <= 0.7) for tone in tones]
    assert threshold(image, 0.0, 1.0).min() == 1
    soft = threshold(image, 0.5, 1.0, 0.2)[0, 0].tolist()
    assert soft == pytest.approx([0, 0, 0, 0, 0.5, 1, 1, 1, 1, 1, 1], abs=1e-4)
    with pytest.raises(InputError, match="low is 0.8 and high is 0.2"):
        threshold(image, 0.8, 0.2)


def test_shapes_cover_what_they_should():
    half = shape(40, 20, kind="rectangle", right=0.5)
    assert torch.equal(half[0], (torch.arange(40) < 20).float().expand(20, 40))
    assert shape(400, 200).mean().item() == pytest.approx(torch.pi / 4, abs=0.003)
    assert shape(400, 200, kind="polygon").mean().item() == pytest.approx(0.5, abs=0.003)
    rounded = shape(200, 200, kind="rounded", radius=0.25)
    assert rounded.mean().item() == pytest.approx(1 - (4 - torch.pi) / 16, abs=0.003)
    assert rounded[0, 0, 0] == 0 and rounded[0, 0, 100] == 1
    assert shape(1, 1, kind="rectangle").item() == 1 and shape(5000, 1).shape == (1, 1, 5000)


def test_shapes_are_the_same_on_both_sides_smooth_at_the_edge_and_soft_when_asked():
    round_ = shape(51, 51)
    assert torch.allclose(round_, round_.flip(2), atol=0.02) and torch.allclose(round_, round_.flip(1), atol=0.02)
    assert ((round_ > 0) & (round_ < 1)).sum() > 50
    soft = shape(60, 60, kind="rectangle", left=0.5, softness=4.0)
    assert soft[0, 30, 10] == 0 and 0.4 < soft[0, 30, 30] < 0.6 and soft[0, 30, 55] > 0.99


def test_a_shape_takes_the_size_of_a_picture_and_may_reach_beyond_it():
    made = shape(like=torch.rand(3, 30, 50), kind="rectangle", left=-1.0, right=0.5, top=-3.0, bottom=4.0)
    assert made.shape == (1, 30, 50) and made[:, :, :25].min() == 1 and made[:, :, 25:].max() == 0


@pytest.mark.parametrize("settings, sentence", [
    ({"left": 0.5, "right": 0.5}, "hold nothing; right must be above left"),
    ({"kind": "polygon", "points": "0,0 1,1"}, "takes three corners or more"),
    ({"kind": "polygon", "points": "0,0 1,1 a,b"}, "takes three corners or more"),
    ({"kind": "polygon", "points": "0,0 1,1 1"}, "takes three corners or more")])
def test_shapes_that_are_none_are_refused(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        shape(20, 20, **settings)


@pytest.mark.parametrize("pixels", [1, 3, -2, 7])
def test_square_growth_is_pillows_filter_of_the_highest(pixels):
    mask = (torch.rand(1, 40, 50, generator=torch.Generator().manual_seed(2)) * 255).round() / 255
    filter = (ImageFilter.MaxFilter if pixels > 0 else ImageFilter.MinFilter)(2 * abs(pixels) + 1)
    expected = Pil.fromarray((mask[0] * 255).byte().numpy()).filter(filter)
    made = (grow(mask, pixels, "square")[0] * 255).round().int()
    assert made.flatten().tolist() == list(expected.get_flattened_data())


def test_round_growth_reaches_as_far_to_every_side():
    dot = torch.zeros(1, 101, 101)
    dot[0, 50, 50] = 1
    y, x = torch.meshgrid(torch.arange(101) - 50, torch.arange(101) - 50, indexing="ij")
    distance = (x ** 2 + y ** 2).sqrt()[grow(dot, 30)[0] == 1]
    assert 28 < distance.max() < 33 and grow(dot, 30)[0, 50, 80] == 1 and grow(dot, 30)[0, 50, 81] == 0
    assert grow(dot, 30).sum().item() == pytest.approx(torch.pi * 30 ** 2, rel=0.1)


@given(st.integers(-9, 9), st.sampled_from(["round", "square"]), st.integers(1, 12), st.integers(1, 12))
def test_growing_adds_shrinking_takes_away_and_one_is_the_other_of_the_inverse(pixels, corners, height, width):
    mask = torch.rand(1, height, width, generator=torch.Generator().manual_seed(3))
    made = grow(mask, pixels, corners)
    assert MASK.complaint(made) is None and made.shape == mask.shape
    assert (made >= mask).all() if pixels >= 0 else (made <= mask).all()
    assert torch.allclose(grow(invert(mask), -pixels, corners), invert(made), atol=1e-6)


@given(st.integers(1, 9), st.integers(1, 9))
def test_inverted_twice_is_as_it_was(height, width):
    mask = torch.randint(0, 256, (1, height, width), generator=torch.Generator().manual_seed(3)) / 255
    assert torch.allclose(invert(invert(mask)), mask, atol=1e-6)


def test_masks_are_combined_and_empty_ones_stay_empty():
    one, other = torch.tensor([[[0.0, 0, 1, 1, 0.7]]]), torch.tensor([[[0.0, 1, 0, 1, 0.4]]])
    expected = {"union": [0, 1, 1, 1, 0.7], "intersect": [0, 0, 0, 1, 0.4], "subtract": [0, 0, 1, 0, 0.6],
                "exclude": [0, 1, 1, 0, 0.3]}
    for method, values in expected.items():
        assert combine(one, other, method)[0, 0].tolist() == pytest.approx(values)
        assert combine(one * 0, other * 0, method).max() == 0
    with pytest.raises(InputError, match="other is 3 x 2 and mask is 5 x 1; bring it to that size with mask.resize"):
        combine(one, torch.zeros(1, 2, 3))


def test_a_feathered_edge_is_soft_and_keeps_its_weight():
    mask = shape(100, 100, kind="rectangle", left=0.4, right=0.6, top=0.4, bottom=0.6)
    soft = feather(mask, 5.0)
    assert soft.sum().item() == pytest.approx(mask.sum().item(), rel=1e-3) and soft.max() < 1
    assert feather(mask * 0, 5.0).max() == 0 and torch.allclose(feather(mask * 0 + 1, 5.0), mask * 0 + 1)


def test_a_mask_takes_another_size_or_that_of_a_picture():
    mask = torch.rand(1, 20, 40)
    assert resize(mask, width=20).shape == (1, 10, 20) and resize(mask, like=torch.rand(3, 7, 9)).shape == (1, 7, 9)
    assert set(resize(mask.round(), 80, 40, filter="nearest").flatten().tolist()) == {0.0, 1.0}
    with pytest.raises(InputError, match="width and height are both 0"):
        resize(mask)


def smooth(height=48, width=64):
    """A picture whose colours go over into one another."""
    down, across = torch.linspace(0.2, 0.7, height)[:, None], torch.linspace(0.1, 0.6, width)
    return torch.stack([(down + across) / 2, down.expand(height, width), across.expand(height, width)])


def test_what_was_painted_anew_is_pasted_back_without_a_seam_and_the_rest_stays_pixel_for_pixel():
    picture, hole = smooth(), shape(64, 48, kind="ellipse", left=0.25, top=0.25, right=0.75, bottom=0.75)
    painted = picture.clone()
    painted[:, 20:28, 28:36] = 1.0    # what is new
    shifted = (painted * 0.9 + 0.04).clamp(0, 1)    # in other colours, as a model gives it back
    made = paste_back(picture, shifted, hole, softness=4)
    far = gaussian(hole, 4) < 1e-3
    assert torch.equal(made[:, far[0]], picture[:, far[0]])
    new = torch.zeros(48, 64, dtype=torch.bool)
    new[20:28, 28:36] = True
    assert (made - picture).abs().amax(0)[~new].max() < 0.02 and made[:, 23:25, 31:33].min() > 0.9
    plain = paste_back(picture, shifted, hole, softness=4, match=0)
    inside = (hole[0] > 0.99) & ~new
    assert (plain - picture)[:, inside].abs().mean() > 3 * (made - picture)[:, inside].abs().mean()


def test_where_another_thing_was_painted_beside_the_seam_nothing_is_taken_for_a_colour():
    picture, hole = smooth(), shape(64, 48, kind="rectangle", left=0.25, top=0.25, right=0.75, bottom=0.75)
    framed = picture.clone()
    framed[:, (hole < 0.5)[0]] = 1.0    # white paper all around
    assert (paste_back(picture, framed, hole, softness=0) - picture).abs().max() < 0.03


def test_pasting_back_takes_another_size_and_no_other_shape_and_keeps_alpha():
    picture, hole = smooth(), shape(64, 48)
    large = torch.nn.functional.interpolate(smooth()[None], size=(96, 128))[0]
    assert (paste_back(picture, large, hole) - picture).abs().max() < 0.02
    faint = torch.cat([picture, torch.full((1, 48, 64), 0.5)])
    made = paste_back(faint, picture, hole, softness=0)
    assert made[3, 24, 32] == 1 and made[3, 0, 0] == 0.5
    with pytest.raises(InputError, match="painted is 64 x 64 and image is 64 x 48, which is another shape"):
        paste_back(picture, torch.zeros(3, 64, 64), hole)
    with pytest.raises(InputError, match="mask is 48 x 64 and image is 64 x 48"):
        paste_back(picture, picture, shape(48, 64))
