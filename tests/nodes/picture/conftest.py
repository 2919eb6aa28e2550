"""Pictures that the tests of these nodes share."""

import numpy as np
import pytest
import torch
from PIL import Image as Pil

from nodegraph_nodes.media.image import from_pil


@pytest.fixture
def photo():
    """Smooth hills of colour with some grain, 3 x 60 x 80, whole bytes."""
    y, x = np.mgrid[0:60, 0:80] / 60
    planes = [np.sin(3 * x + y) / 2 + 0.5, np.cos(4 * y * x) / 2 + 0.5, (x + y) / 3]
    grain = np.random.default_rng(0).normal(0, 0.04, (60, 80, 3))
    return from_pil(Pil.fromarray(((np.stack(planes, -1) + grain).clip(0, 1) * 255).astype(np.uint8)))


@pytest.fixture
def cut(photo):
    """The same with alpha: opaque in the middle, fading out around."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, 60), torch.linspace(-1, 1, 80), indexing="ij")
    return torch.cat([photo, (1.6 - 2 * (x ** 2 + y ** 2).sqrt()).clamp(0, 1)[None]])


@pytest.fixture
def pale(photo):
    """The photo without its lights and darks, whole bytes: no filter overshoots, so that Pillow clips nothing."""
    return ((photo * 0.4 + 0.3) * 255).round() / 255
