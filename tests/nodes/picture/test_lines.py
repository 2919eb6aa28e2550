"""Edges, lines, strokes and colours of pictures: Canny is OpenCV's, the others are their formulas."""

import hashlib

import numpy as np
import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.media.types import IMAGE
from nodegraph_nodes.picture.lines import canny, color_grid, edges, lines, scribble, soft_edges

WHITE, OPENCV = 1719, "f86cb0062097e9e0"  # pixels and digest of cv2.Canny(photo, 60, 120), OpenCV 5.0


def step(at=8, height=12, width=16, low=0.0, high=1.0):
    """Dark to the left, light from a column on."""
    picture = torch.full((3, height, width), low)
    picture[:, :, at:] = high
    return picture


def textbook(image, low, high):
    """Canny's edges pixel by pixel, with OpenCV's rules for ties and rounding."""
    whole = (image * 255).round().numpy().astype(int)
    padded = np.pad(whole, ((0, 0), (1, 1), (1, 1)), "edge")
    height, width = whole.shape[1:]
    dx, dy, strength = (np.zeros((height, width), int) for _ in range(3))
    for y in range(height):
        for x in range(width):
            near = padded[:, y:y + 3, x:x + 3]
            across = (near[:, :, 2] - near[:, :, 0]) @ [1, 2, 1]
            down = (near[:, 2] - near[:, 0]) @ [1, 2, 1]
            best = int((abs(across) + abs(down)).argmax())
            dx[y, x], dy[y, x] = across[best], down[best]
    strength = abs(dx) + abs(dy)
    rim = np.pad(strength, 1)
    state = np.zeros((height, width), int)
    for y in range(height):
        for x in range(width):
            here, (a, b) = strength[y, x], (dx[y, x], dy[y, x])
            if abs(b) < abs(a) * np.tan(np.pi / 8):
                thin = here > rim[y + 1, x] and here >= rim[y + 1, x + 2]
            elif abs(b) > abs(a) * np.tan(3 * np.pi / 8):
                thin = here > rim[y, x + 1] and here >= rim[y + 2, x + 1]
            else:
                s = -1 if (a < 0) != (b < 0) else 1
                thin = here > rim[y, x + 1 - s] and here > rim[y + 2, x + 1 + s]
            state[y, x] = 0 if here <= low or not thin else 2 if here > high else 1
    grown = True
    while grown:
        strong = np.pad(state == 2, 1)
        beside = np.any([strong[1 + a:1 + a + height, 1 + b:1 + b + width] for a in (-1, 0, 1) for b in (-1, 0, 1)], 0)
        grown = bool((beside & (state == 1)).any())
        state[beside & (state == 1)] = 2
    return state == 2


# ---- Canny

def test_canny_draws_an_edge_one_pixel_wide():
    made = canny(step())
    assert made.shape == (3, 12, 16) and IMAGE.complaint(made) is None
    assert made.sum((0, 1)).nonzero().flatten().tolist() == [7]
    assert made[:, :, 7].min() == 1


@pytest.mark.parametrize("low, high", [(100, 200), (20, 60), (300, 300)])
def test_canny_is_the_textbooks(photo, low, high):
    assert np.array_equal(canny(photo, low, high)[0].numpy() > 0, textbook(photo, low, high))


def test_canny_is_opencvs_pixel_for_pixel(photo):
    made = canny(photo, 60, 120)[0].numpy()
    assert int(made.sum()) == WHITE
    assert hashlib.sha256(np.packbits(made > 0).tobytes()).hexdigest()[:16] == OPENCV


def test_a_faint_edge_stays_where_it_hangs_together_with_a_clear_one():
    ramp = step(low=0.4, high=0.5)
    assert canny(ramp, 50, 200).sum() == 0  # a step of 0.1 is 102 in OpenCV's units
    ramp[:, :6, :8] = 0.0
    made = canny(ramp, 50, 200)
    assert made[0, 9:, 7].min() == 1  # the faint part below the clear one
    assert canny(ramp, 150, 200)[0, 9:].sum() == 0


def test_thresholds_in_the_wrong_order_are_refused(photo):
    with pytest.raises(InputError, match="low is 200 and high is 100"):
        canny(photo, 200, 100)


def test_an_edge_of_colour_alone_is_an_edge():
    picture = torch.full((3, 8, 16), 0.5)
    picture[0, :, 8:], picture[1, :, 8:] = 0.9, 0.2956  # of nearly the same light
    assert canny(picture)[0].sum() == 8 and soft_edges(picture)[0, 4, 7:9].min() > 0.9
    assert edges(picture).max() < 0.01


def test_what_is_transparent_is_black():
    picture = torch.cat([torch.ones(3, 12, 16), step()[:1]])
    assert torch.equal(canny(picture), canny(step()))


# ---- the others

def test_edges_are_sobels_and_a_whole_step_is_white():
    made = edges(step())[0, 5]
    assert made[6:10].tolist() == [0.0, 1.0, 1.0, 0.0]
    assert edges(step(high=0.25), amount=2.0)[0, 5, 7] == pytest.approx(0.5)


def test_soft_edges_are_brightest_at_the_outline_and_fade_beside_it():
    made = soft_edges(step(16, 32, 32))[0, 16]
    assert made[15:17].min() > 0.99 and made[0] < 0.01
    assert (made[16:] - made[16:].sort(descending=True).values).abs().max() < 1e-6
    assert soft_edges(torch.full((3, 16, 16), 0.4)).max() < 1e-5  # where there is none, none is made up


def test_lines_are_the_difference_of_two_blurs_by_its_formula(photo):
    from nodegraph_nodes.common.blur import gaussian

    light = (photo * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0, keepdim=True)
    fine, coarse = gaussian(light, 1.5), gaussian(light, 2.4)
    raised = 11 * fine - 10 * coarse - 0.6  # (1 + p) G - p G', less epsilon
    expected = torch.where(raised >= 0, 1.0, 1 + torch.tanh(raised / 0.2))
    made = lines(photo, 1.5, 10.0, 0.6, 0.2)
    assert (made - expected.clamp(0, 1)).abs().max() < 1e-4
    assert torch.equal(made[0], made[2])
    assert (lines(photo, 1.5, 10.0, 0.6, 0.2, color="white_on_black") - 1 + made).abs().max() < 1e-6


def test_a_drawing_of_lines_alone_leaves_dark_areas_as_paper():
    picture = step(16, 32, 32, low=0.1, high=0.9)
    assert lines(picture)[0, 16, 2] < 0.1 and lines(picture, areas=False)[0, 16, 2] == 1
    assert lines(picture, areas=False)[0, 16, 14:16].min() < 0.1


def test_a_scribble_is_a_stroke_of_its_width():
    made = scribble(step(24, 48, 48), width=7)
    assert set(made.unique().tolist()) == {0.0, 1.0}
    assert made[0, 24].sum() == 7 and made[0, 24, 20:27].min() == 1
    assert scribble(step(24, 48, 48, 0.5, 0.6)).sum() == 0  # too faint for a stroke
    assert scribble(step(24, 48, 48), width=1)[0, 24].sum() == 1


def test_a_grid_has_the_mean_colours_of_its_cells_and_of_those_that_are_cut():
    picture = torch.arange(3 * 5 * 7).reshape(3, 5, 7) / 105
    made = color_grid(picture, 4)
    assert made.shape == (3, 5, 7)
    assert torch.allclose(made[:, 0, 0], picture[:, :4, :4].mean((1, 2)))
    assert torch.allclose(made[:, 4, 6], picture[:, 4:, 4:].mean((1, 2)))
    assert len(made[0].unique()) == 4


def test_a_cell_counts_what_is_seen_in_it():
    picture = torch.zeros(4, 2, 2)
    picture[:, 0, 0] = torch.tensor([1.0, 0.5, 0.0, 1.0])
    assert color_grid(picture, 2)[:, 0, 0].tolist() == [1.0, 0.5, 0.0, 0.25]


@pytest.mark.parametrize("draw", [canny, edges, soft_edges, lines, scribble, color_grid])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
def test_the_smallest_pictures_can_be_drawn(draw, size):
    made = draw(torch.full((3, *size), 0.5))
    assert made.shape == (3, *size) and IMAGE.complaint(made) is None
