"""Palettes of colours of one's own, and the colours of palettes."""

import pytest

from nodegraph import InputError
from nodegraph_nodes.media.style import Palette
from nodegraph_nodes.style.colors import palette_colors, palette_from_colors


def test_a_palette_is_made_of_colours_with_the_largest_first():
    assert palette_from_colors(["#112233 #445566", "teal"]) == Palette(("#112233", "#445566", "#008080"), (0.3333,) * 3)
    made = palette_from_colors(["#f00", "#000000", "#ffffff80"], [1, 3, 0])
    assert made == Palette(("#000000", "#ff0000", "#ffffff"), (0.75, 0.25, 0.0))
    assert palette_colors(made) == ["#000000", "#ff0000", "#ffffff"]


@pytest.mark.parametrize("colors, weights, sentence", [
    ([], None, "colors is empty"), ([" "], None, "colors is empty"), (["redd"], None, "'redd' is no colour"),
    (["red"], [1.0, 2.0], "weights has 2 numbers for 1 colours"), (["red", "blue"], [1.0, -1.0], "a number below 0"),
    (["red"], [0.0], "nothing but 0")])
def test_what_makes_no_palette_is_refused(colors, weights, sentence):
    with pytest.raises(InputError, match=sentence):
        palette_from_colors(colors, weights)
