"""Patterns: each wallpaper group has the symmetries that its name promises, and what is seamless has no seam."""

import math

import pytest
import torch
import torch.nn.functional as F

from nodegraph import InputError
from nodegraph_nodes.media.types import IMAGE
from nodegraph_nodes.picture.symmetry import fold, kaleidoscope, seamless

GRAIN = torch.rand(3, 6, 6, generator=torch.Generator().manual_seed(3))
WIDE = torch.rand(4, 4, 6, generator=torch.Generator().manual_seed(4))


def left_right(cell, shift=0):
    """Mirrored left and right, then moved down."""
    return cell.flip(2).roll(shift, 1)


def up_down(cell, shift=0):
    return cell.flip(1).roll(shift, 2)


def half_turn(cell):
    return cell.flip((1, 2))


def quarter_turn(cell):
    return cell.rot90(1, (1, 2))


SYMMETRIES = {
    "p1": [], "p2": [half_turn], "pm": [left_right], "pg": [lambda c: left_right(c, c.shape[1] // 2)],
    "cm": [left_right, lambda c: c.roll((c.shape[1] // 2, c.shape[2] // 2), (1, 2))],
    "pmm": [left_right, up_down], "pmg": [left_right, lambda c: up_down(c, c.shape[2] // 2)],
    "pgg": [half_turn, lambda c: left_right(c, c.shape[1] // 2).roll(c.shape[2] // 2, 2)],
    "cmm": [left_right, up_down, lambda c: c.roll((c.shape[1] // 2, c.shape[2] // 2), (1, 2))],
    "p4": [quarter_turn], "p4m": [quarter_turn, left_right, lambda c: c.transpose(1, 2)],
    "p4g": [quarter_turn, lambda c: left_right(c, c.shape[1] // 2).roll(c.shape[2] // 2, 2)],
}


@pytest.mark.parametrize("group", SYMMETRIES)
@pytest.mark.parametrize("image", [GRAIN, WIDE], ids=["square", "wide"])
def test_a_pattern_has_the_symmetries_of_its_group_to_the_pixel(group, image):
    cell = fold(image, group, 1, 1)
    assert IMAGE.complaint(cell) is None
    for symmetry in SYMMETRIES[group]:
        assert torch.equal(symmetry(cell), cell)
    assert {tuple(pixel) for pixel in cell.flatten(1).T.tolist()} <= {tuple(pixel) for pixel in image.flatten(1).T.tolist()}
    assert torch.equal(fold(image, group, 3, 2), cell.repeat(1, 2, 3))


def test_a_group_without_mirrors_has_none():
    for group in ("p1", "p2", "pg", "pgg", "p4"):
        cell = fold(GRAIN, group, 1, 1)
        assert not any(torch.equal(left_right(cell, k).roll(j, 2), cell) for k in (0,) for j in range(cell.shape[2]))


def looked_up(pattern, x, y):
    """The colours of an endless pattern at points, in pixels."""
    high, wide = pattern.shape[1:]
    u, v = x / wide % 1, y / high % 1
    ring = F.pad(pattern[None], (2, 2, 2, 2), mode="circular")
    grid = torch.stack([(u * wide + 2) / (wide + 4) * 2 - 1, (v * high + 2) / (high + 4) * 2 - 1], -1)
    return F.grid_sample(ring, grid[None, None], align_corners=False)[0, :, 0]


@pytest.mark.parametrize(("group", "turns", "mirror"), [
    ("p3", 3, None), ("p3m1", 3, 30), ("p31m", 3, 0), ("p6", 6, None), ("p6m", 6, 30)])
def test_patterns_of_thirds_and_sixths_turn_and_mirror_into_themselves(group, turns, mirror):
    line = torch.linspace(0, 3, 120)
    image = torch.stack([torch.sin(line[:, None] * a + line * b + a) / 2 + 0.5 for a, b in ((1, 2), (2, 1), (1, -1))])
    cell = fold(image, group, 1, 1)
    wide, high = cell.shape[2], cell.shape[1]
    points = torch.rand(2, 400, generator=torch.Generator().manual_seed(1)) * 4 - 2

    def at(x, y):
        return looked_up(cell, x * wide, y * high / math.sqrt(3))

    def mean_difference(angle, mirrored=False):
        x, y = points[0], points[1] * (-1 if mirrored else 1)
        cosine, sine = math.cos(angle), math.sin(angle)
        return (at(x * cosine - y * sine, x * sine + y * cosine) - at(*points)).abs().median().item()

    assert mean_difference(2 * math.pi / turns) < 0.01
    assert (at(points[0] + 0.5, points[1] + math.sqrt(3) / 2) - at(*points)).abs().median() < 0.01
    if turns == 3:
        assert mean_difference(math.pi / 3) > 0.03
    for angle in (0, 30):
        mirrors = mean_difference(2 * math.radians(angle), mirrored=True)
        assert mirrors < 0.01 if mirror == angle or (mirror is not None and turns == 6) else mirrors > 0.03


def test_a_pattern_that_no_picture_can_hold_is_refused_with_its_size():
    with pytest.raises(InputError, match="are 64000 x 64000 pixels"):
        fold(torch.zeros(3, 500, 500), "p4m", 64, 64)


@pytest.mark.parametrize("mirrors", [1, 5, 6])
def test_a_kaleidoscope_shows_one_slice_all_around(mirrors):
    line = torch.linspace(0, 5, 101)
    image = torch.stack([torch.sin(line[:, None] + line * k) / 2 + 0.5 for k in (1, 2, 3)])
    made = kaleidoscope(image, mirrors, turn=20.0)
    assert torch.allclose(made, made.flip(1), atol=1e-3)  # the first slice begins to the right
    angle = torch.linspace(0, 2 * math.pi, 200)
    ring = looked_up(made, 50.5 + 30 * torch.cos(angle), 50.5 + 30 * torch.sin(angle))
    on = looked_up(made, 50.5 + 30 * torch.cos(angle + 2 * math.pi / mirrors),
                   50.5 + 30 * torch.sin(angle + 2 * math.pi / mirrors))
    assert (ring - on).abs().max() < 0.03


def test_a_kaleidoscope_of_more_zoom_shows_less_of_the_picture():
    image = torch.zeros(3, 40, 40)
    image[:, :, 30:] = 1
    assert kaleidoscope(image, 4, zoom=1.0).mean() > 0.2 and kaleidoscope(image, 4, zoom=4.0).mean() == 0


def test_what_is_seamless_goes_on_where_it_is_laid_again():
    ramp = torch.linspace(0, 1, 40).expand(3, 30, 40)
    made = seamless(ramp, 0.25)
    assert made.shape == (3, 22, 30)
    step = (made[0, 0, 0] - made[0, 0, -1]).abs()
    assert step < 0.1 < (ramp[0, 0, 0] - ramp[0, 0, -1]).abs()
    assert torch.equal(made[:, :, 10:], ramp[:, :22, 10:30])


def test_what_is_transparent_does_not_shine_through_a_seam():
    image = torch.zeros(4, 16, 16)
    image[0, :, :8], image[3, :, :8] = 1, 1  # red and opaque to the left, black and clear to the right
    made = seamless(image, 0.25)
    assert made[0][made[3] > 0].min() > 0.99
