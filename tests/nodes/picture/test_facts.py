"""What is told of a picture: its size and its mean colour, and what a palette is made of."""

import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.picture.facts import average_color, size


def test_a_size_is_width_and_height():
    assert size(torch.rand(4, 3, 5000)) == (5000, 3)


def test_the_mean_colour_counts_what_is_seen():
    image = torch.zeros(4, 1, 4)
    image[:, 0, 0] = torch.tensor([1.0, 0.2, 0, 1])
    image[:, 0, 1] = torch.tensor([0.0, 0, 1, 0])
    assert average_color(image) == "#ff3300"
    assert average_color(torch.full((3, 300, 300), 100 / 255)) == "#646464"
    with pytest.raises(InputError, match="transparent all over"):
        average_color(image[:, :, 2:])
