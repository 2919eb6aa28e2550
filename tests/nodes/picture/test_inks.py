"""Palettes laid into pictures: by light and dark, and as three inks on paper."""

import pytest
import torch

from nodegraph_nodes.media.types import Palette
from nodegraph_nodes.picture.inks import gradient_map, print_inks

THREE = Palette(("#ff0000", "#ffffff", "#000000"), (0.5, 0.3, 0.2))
FOUR = Palette(("#ffffff", "#ff0000", "#00ff00", "#0000ff"), (0.4, 0.3, 0.2, 0.1))


def pixel(*colors):
    return torch.tensor(colors, dtype=torch.float32).T[:, None]


def test_light_and_dark_take_the_colours_by_how_light_these_are():
    grey = torch.tensor([0.0, 0.25, 0.5, 1.0]).expand(3, 1, 4)
    assert torch.allclose(gradient_map(grey, THREE), pixel((0, 0, 0), (0.5, 0, 0), (1, 0, 0), (1, 1, 1)), atol=1e-5)
    assert torch.allclose(gradient_map(grey, THREE, order="palette"),
                          pixel((1, 0, 0), (1, 0.5, 0.5), (1, 1, 1), (0, 0, 0)), atol=1e-5)


def test_steps_show_the_colours_alone():
    grey = torch.linspace(0, 1, 50).expand(3, 2, 50)
    assert {tuple(color) for color in gradient_map(grey, THREE, smooth=False).flatten(1).T.tolist()} == {
        (0, 0, 0), (1, 0, 0), (1, 1, 1)}


def test_one_colour_is_everywhere_and_alpha_stays():
    image = torch.rand(4, 3, 3, generator=torch.Generator().manual_seed(1))
    made = gradient_map(image, Palette(("#336699",), (1.0,)))
    assert torch.equal(made[3], image[3]) and torch.allclose(made[:3, 1, 1], torch.tensor([0.2, 0.4, 0.6]))


def test_inks_cover_the_paper_as_far_as_they_are_laid_on():
    image = pixel((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0.5, 0, 0))
    assert torch.allclose(print_inks(image, FOUR),
                          pixel((1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0.5, 0.5)), atol=1e-5)


def test_a_sharp_print_has_one_ink_where_it_is_the_most():
    made = print_inks(pixel((0.7, 0, 0), (0.3, 0, 0)), FOUR, sharpness=20.0)
    assert torch.allclose(made, pixel((1, 0, 0), (1, 1, 1)), atol=1e-3)


@pytest.mark.parametrize(("turn", "paper", "ink"), [(0, 1.0, 0.0), (6, 0.0, 1.0)])
def test_turns_deal_the_colours_anew(turn, paper, ink):
    made = print_inks(pixel((0, 0, 0), (1, 0, 0)), FOUR, turn=turn)
    assert made[1, 0].tolist() == [paper, ink]


def test_a_palette_of_two_colours_still_prints():
    made = print_inks(pixel((0, 0, 0), (1, 0, 0)), Palette(("#ffffff", "#000000"), (0.5, 0.5)))
    assert torch.allclose(made, pixel((1, 1, 1), (0, 0, 0)))
