"""Blur, sharpen and noise: what Pillow makes of them, without fringes, and the same on each run."""

import pytest
import torch
from PIL import ImageFilter

from nodegraph_nodes.media.image import from_pil, to_pil
from nodegraph_nodes.media.types import IMAGE
from nodegraph_nodes.picture.focus import blur, noise, sharpen


def exact(image, radius):
    """A Gaussian blur in one step, in float64, with repeated edges."""
    reach = round(radius * 8) + 1
    at = torch.arange(-reach, reach + 1).double()
    weights = torch.exp(-at ** 2 / (2 * radius ** 2))
    weights /= weights.sum()
    for axis in (1, 2):
        length = image.shape[axis]
        places = (torch.arange(length)[:, None] + at.long()).clamp(0, length - 1)
        image = (image.double().movedim(axis, -1)[..., places] * weights).sum(-1).movedim(-1, axis)
    return image.float()


@pytest.mark.parametrize("radius", [0.3, 1.0, 5.9, 6.1, 20.0, 120.0])
def test_a_blur_is_the_gaussian_of_its_radius(photo, radius):
    assert (blur(photo, radius) - exact(photo, radius)).abs().max() < 4e-4


@pytest.mark.parametrize("radius", [2.0, 4.0, 10.0])
def test_a_blur_is_pillows_to_what_that_approximates(photo, radius):
    expected = from_pil(to_pil(photo).filter(ImageFilter.GaussianBlur(radius)))
    rim = min(25, round(2.5 * radius))  # Pillow repeats the edge before each of its three passes
    assert (blur(photo, radius) - expected)[:, rim:-rim, rim:-rim].abs().max() < 4 / 255


@pytest.mark.parametrize("radius", [0.0, 0.4, 1.0, 2.7, 33.0])
def test_a_box_counts_its_rim_by_the_fraction_of_the_radius(photo, radius):
    expected = from_pil(to_pil(photo).filter(ImageFilter.BoxBlur(radius)))
    assert (blur(photo, radius, "box") - expected).abs().max() < 1.1 / 255


def test_no_radius_changes_nothing_and_one_colour_stays_itself(photo, cut):
    for method in ("gaussian", "box"):
        assert torch.allclose(blur(photo, 0.0, method), photo, atol=1e-6)
        flat = torch.full((4, 20, 30), 0.3)
        assert torch.allclose(blur(flat, 7.5, method), flat, atol=1e-6)


@pytest.mark.parametrize("method", ["gaussian", "box"])
def test_what_is_transparent_lends_no_colour(method):
    image = torch.zeros(4, 30, 30)
    image[0, :, :15] = image[3, :, :15] = 1  # red, beside black that is transparent
    made = blur(image, 5.0, method)
    assert made[3, 15, 17] > 0.01 and torch.allclose(made[0][made[3] > 0.01], torch.tensor(1.0), atol=1e-4)


@pytest.mark.parametrize("shape", [(3, 1, 1), (4, 1, 9), (3, 9, 1), (3, 1, 5000)])
def test_pictures_of_any_shape_are_blurred_and_sharpened(shape):
    image = torch.rand(shape)
    for made in (blur(image, 30.0), blur(image, 30.0, "box"), sharpen(image, 3.0)):
        assert made.shape == shape and IMAGE.complaint(made) is None


def test_sharpening_is_pillows_unsharp_mask(photo):
    expected = from_pil(to_pil(photo).filter(ImageFilter.UnsharpMask(3, 80, 4)))
    difference = (sharpen(photo, 3.0, 0.8, 4 / 255) - expected).abs()
    assert difference.median() < 2 / 255
    assert (difference < 6 / 255).float().mean() > 0.97  # at the threshold it may jump


def test_sharpening_keeps_alpha_and_what_changes_less_than_the_threshold(photo, cut):
    assert torch.equal(sharpen(cut, 2.0)[3], cut[3])
    assert torch.equal(sharpen(photo, 2.0, threshold=1.0), photo) and torch.equal(sharpen(photo, 2.0, 0.0), photo)


def test_grain_is_as_strong_as_asked_and_the_same_for_a_seed(cut):
    grey = torch.full((3, 200, 200), 0.5)
    made = noise(grey, 0.1, seed=3)
    assert (made - grey).std() == pytest.approx(0.1, rel=0.02) and (made - grey).mean().abs() < 0.002
    assert torch.equal(made, noise(grey, 0.1, seed=3)) and not torch.equal(made, noise(grey, 0.1, seed=4))
    assert not torch.equal(made[0], made[1])
    plain = noise(grey, 0.1, monochrome=True)
    assert torch.equal(plain[0], plain[1]) and torch.equal(plain[0], plain[2])
    assert torch.equal(noise(cut)[3], cut[3]) and torch.equal(noise(cut, 0.0), cut)
