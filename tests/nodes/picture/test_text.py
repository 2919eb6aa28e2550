"""Words on pictures: in their place, in their colours, whole, and told of where they are not."""

import pytest
import torch

from nodegraph_nodes.common.face import FONTS
from nodegraph_nodes.media.types import IMAGE
from nodegraph_nodes.picture.text import text

BLACK = torch.zeros(3, 200, 300)


def ink(made, ground=BLACK):
    """Left, top, right and bottom of what differs from the ground."""
    rows, columns = torch.nonzero((made - ground).abs().amax(0) > 0.1, as_tuple=True)
    return columns.min().item(), rows.min().item(), columns.max().item() + 1, rows.max().item() + 1


@pytest.mark.parametrize("anchor, across, down", [
    ("top_left", 0, 0), ("top", 0.5, 0), ("top_right", 1, 0), ("left", 0, 0.5), ("center", 0.5, 0.5), ("right", 1, 0.5),
    ("bottom_left", 0, 1), ("bottom", 0.5, 1), ("bottom_right", 1, 1)])
def test_words_stand_at_their_anchor_within_the_margin(anchor, across, down):
    left, top, right, bottom = ink(text("HEH", BLACK, size=40, anchor=anchor, margin=10))
    assert left >= 10 and top >= 10 and right <= 290 and bottom <= 190
    slack = 300 - 20 - (right - left), 200 - 20 - (bottom - top)
    assert left - 10 == pytest.approx(across * slack[0], abs=4) and top - 10 == pytest.approx(down * slack[1], abs=14)


def test_words_are_moved_from_there():
    here, there = (ink(text("HEH", BLACK, anchor="center", x=x, y=y)) for x, y in ((0, 0), (13, -21)))
    assert [b - a for a, b in zip(here, there)] == [13, -21, 13, -21]


def test_letters_have_their_colour_and_what_is_around_stays():
    grey = torch.full((3, 200, 300), 0.5)
    made = text("HEH", grey, size=60, color="#ff0000", anchor="center")
    red = torch.tensor([1.0, 0, 0])
    assert any(torch.equal(made[:, y, x], red) for y in range(80, 120, 3) for x in range(100, 200))
    assert torch.equal(made[:, :40], grey[:, :40])
    half = text("HEH", grey, size=60, color="#ff000080", anchor="center")
    assert half[0].max() == pytest.approx(0.5 + 0.5 * 128 / 255, abs=0.01)


def test_words_alone_are_a_transparent_picture_with_no_fringe():
    made = text("Only words", size=40, color="#ff0000", margin=7)
    assert IMAGE.complaint(made) is None and made.shape[0] == 4 and made[3, 0, 0] == 0 and made[3].max() == 1
    assert torch.allclose(made[0][made[3] > 0.01], torch.tensor(1.0), atol=1e-4)
    assert text("Only words", size=40, width=320, height=90).shape == (4, 90, 320)
    assert text("a\nb\nc", size=40, margin=0).shape[1] == 144
    assert text("a\nb", size=40, margin=0, line_spacing=1.8).shape[1] == 144
    assert text("", size=40, margin=0).shape == (4, 48, 1)


def test_long_lines_break_and_nothing_is_cut():
    made = text("a long line that breaks " * 3, BLACK, size=30, margin=20, anchor="top")
    left, top, right, bottom = ink(made)
    assert left >= 20 and right <= 280 and bottom > 100
    narrow = ink(text("a long line that breaks", BLACK, size=30, wrap=120, anchor="top"))
    assert narrow[2] - narrow[0] <= 120


def test_lines_stand_below_each_other_as_asked():
    lefts = {align: [ink(made[:, rows], BLACK[:, rows])[0] for rows in (slice(0, 70), slice(70, 200))]
             for align in ("left", "center", "right")
             for made in [text("HHHHHH\nH", BLACK, size=50, anchor="top_left", margin=10, align=align)]}
    assert abs(lefts["left"][0] - lefts["left"][1]) <= 1
    assert lefts["center"][1] - lefts["center"][0] == pytest.approx((lefts["right"][1] - lefts["right"][0]) / 2, abs=2)


def test_an_outline_lies_around_the_letters_and_a_shadow_behind_them():
    plain, thick = (ink(text("HEH", BLACK, anchor="center", outline=n, outline_color="#00ff00")) for n in (0, 5))
    assert [b - a for a, b in zip(plain, thick)] == pytest.approx([-5, -5, 5, 5], abs=1)
    white = torch.ones(3, 200, 300)
    fallen = text("HEH", white, anchor="center", shadow=8.0, shadow_color="#000000")
    left, top, right, bottom = ink(fallen, white)
    assert right > plain[2] + 5 and bottom > plain[3] + 5 and left > plain[0]
    assert text("HEH", white, anchor="center").min() == 1


def test_turned_words_stand_upright_at_their_anchor_too():
    left, top, right, bottom = ink(text("HEHEH", BLACK, size=40, rotation=90.0, anchor="top_left", margin=10))
    assert right - left < bottom - top and left >= 10 and top >= 10 and left < 30 and top < 15


def test_every_script_that_the_fonts_have_is_drawn_and_others_are_told_of():
    made = {words: text(words, BLACK) for words in ("ЖЖЖ", "ЮЮЮ", "ΩΩΩ", "ひらが", "안녕하", "你好吗")}
    assert len({tuple(ink(one)) + (one.sum().item(),) for one in made.values()}) == len(made)
    with pytest.warns(UserWarning, match="no font here has “م”"):
        text("م", BLACK)
    own = text("ひらが", BLACK, font=FONTS / "kana.otf")
    assert own.sum() > made["ひらが"].sum()  # set in its full size, since it is a font of one's own


def test_words_that_are_larger_than_the_picture_are_told_of():
    with pytest.warns(UserWarning, match="and the picture has 300 x 200, so some are cut; give a smaller size"):
        text("HEH", BLACK, size=400)


@pytest.mark.parametrize("shape", [(3, 40, 40), (4, 40, 300)])
def test_alpha_below_the_words_is_kept_and_covered(shape):
    image = torch.rand(shape) * 0.5
    before = image.clone()
    made = text("X", image, size=30, margin=2)
    assert made.shape == shape and IMAGE.complaint(made) is None and torch.equal(image, before)
    assert torch.equal(made, text("X", image, size=30, margin=2))
    if shape[0] == 4:
        assert made[3].max() == 1 and torch.equal(made[:, :, :5], image[:, :, :5])
