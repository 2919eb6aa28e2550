"""Rotate and flip: exact for quarter turns, Pillow's result between them, smooth edges, nothing lost."""

import pytest
import torch
from hypothesis import given, strategies as st
from PIL import Image as Pil

from nodegraph_nodes.media.image import from_pil, to_pil
from nodegraph_nodes.media.types import IMAGE
from nodegraph_nodes.picture.turn import flip, rotate

shapes = st.tuples(st.sampled_from([3, 4]), st.integers(1, 9), st.integers(1, 9))


@given(shapes, st.integers(-4, 4))
def test_quarter_turns_are_exact_and_four_of_them_change_nothing(shape, quarters):
    image = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    assert torch.equal(rotate(image, 90.0 * quarters), image.rot90(quarters, (1, 2)))
    assert torch.equal(rotate(image, 360.0, expand=False), image)


@given(shapes, st.sampled_from(["horizontal", "vertical", "both"]))
def test_flipped_twice_is_as_it_was(shape, direction):
    image = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    assert torch.equal(flip(flip(image, direction), direction), image)


def test_a_flip_swaps_the_sides_that_it_names():
    image = torch.arange(6.0).reshape(1, 2, 3).expand(3, 2, 3) / 6
    assert torch.equal(flip(image)[0, 0] * 6, torch.tensor([2.0, 1, 0]))
    assert torch.equal(flip(image, "vertical")[0, :, 0] * 6, torch.tensor([3.0, 0]))


@pytest.mark.parametrize("degrees", [30.0, -12.5, 200.0])
@pytest.mark.parametrize("filter", ["nearest", "bilinear", "bicubic"])
def test_a_picture_turns_against_the_clock_as_in_pillow(pale, degrees, filter):
    expected = from_pil(to_pil(pale).rotate(degrees, Pil.Resampling[filter.upper()], fillcolor=(255, 0, 0)))
    made = rotate(pale, degrees, expand=False, fill="#ff0000", filter=filter)
    # Away from the edge:
    inside = rotate(torch.ones(3, 54, 74), degrees, expand=False, fill="#000000", filter="nearest")
    inside = torch.nn.functional.pad(inside, (3, 3, 3, 3))[0] == 1
    assert made.shape == pale.shape and inside.sum() > 2000
    difference = (made - expected)[:, inside].abs()
    if filter == "nearest":  # a pixel halfway between two may be either
        assert (difference < 1e-6).float().mean() > 0.999
    else:
        assert difference.max() < 1.6 / 255


def test_a_turned_picture_grows_to_hold_all_of_it_and_its_corners_are_free(photo):
    made = rotate(photo, 45.0)
    assert made.shape == (4, 100, 100) and made[3, 0, 0] == 0 and made[3, 50, 50] == 1
    assert made[3].sum() == pytest.approx(60 * 80, rel=0.01)
    edge = made[3][(made[3] > 0.05) & (made[3] < 0.95)]
    assert edge.numel() > 100  # smooth, not stairs


def test_a_turned_edge_is_mixed_with_the_fill_and_with_nothing_dark():
    made = rotate(torch.ones(3, 40, 40), 30.0, fill="#ffffff")
    assert made.shape[0] == 3 and made.min() > 0.995
    bare = rotate(torch.ones(4, 40, 40), 30.0)
    assert bare[:3, bare[3] > 0.01].min() > 0.999


@given(shapes, st.floats(-720, 720), st.booleans())
def test_any_picture_turns_to_any_side(shape, degrees, expand):
    image = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    made = rotate(image, degrees, expand)
    assert IMAGE.complaint(made) is None and (expand or made.shape[1:] == image.shape[1:])
