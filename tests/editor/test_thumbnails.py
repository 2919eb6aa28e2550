"""How values look when they are small."""

import numpy as np
import pytest

from nodegraph import PortType
from nodegraph.types import INT, TEXT
from nodegraph_editor.runs.thumbnails import MOST_SHOWN, SIDE, clipped, contact_sheet, preview_picture, thumbnail


def block(height, width, color=(200, 100, 50)):
    return np.full((height, width, 3), color, np.uint8)


PICTURE = PortType("Image", preview=lambda value: value,
                   summary=lambda value: f"{value.shape[1]} x {value.shape[0]}")


def test_a_picture_is_shrunk_to_the_long_side_and_keeps_its_shape():
    small = thumbnail(PICTURE, block(300, 900))
    assert small.kind == "picture" and small.text == "900 x 300"
    assert small.picture.dtype == np.uint8 and small.picture.shape == (85, SIDE, 4)
    assert (small.picture == (200, 100, 50, 255)).all()


def test_a_small_picture_is_left_at_its_size():
    assert thumbnail(PICTURE, block(20, 30)).picture.shape == (20, 30, 4)


def test_a_text_shows_itself_and_a_number_its_line():
    assert thumbnail(TEXT, "A red boat\non the sea")[:3] == ("text", None, "A red boat\non the sea")
    assert thumbnail(INT, 7)[:3] == ("value", None, "7")


@pytest.mark.parametrize("name, kind", [("Score", "roll"), ("Audio", "wave"), ("Style", "style"),
                                        ("Other", "picture")])
def test_the_kind_follows_the_type(name, kind):
    assert thumbnail(PortType(name, preview=lambda value: block(8, 8)), None).kind == kind


def test_a_list_of_pictures_becomes_a_contact_sheet_of_the_first_nine():
    colors = [(25 * n, 0, 0) for n in range(1, 13)]
    sheet = thumbnail(PICTURE, [block(64, 64, color) for color in colors], many=True)
    assert sheet.kind == "sheet" and sheet.text == "Image × 12"
    assert max(sheet.picture.shape) <= SIDE
    opaque = sheet.picture[sheet.picture[..., 3] > 0]
    assert {tuple(color) for color in opaque[:, :3]} == set(colors[:MOST_SHOWN])


def test_wide_strips_are_stacked():
    sheet = contact_sheet([np.concatenate([block(20, 200), np.full((20, 200, 1), 255, np.uint8)], 2)] * 3)
    assert sheet.shape == (3 * 20 + 2 * 3, 200, 4)


def test_a_list_of_texts_shows_their_first_lines():
    many = thumbnail(TEXT, [f"verse {n}\nand more" for n in range(12)], many=True)
    assert many.text.split("\n") == [f"verse {n}" for n in range(9)] + ["…"]


def test_the_first_items_stand_for_a_longer_list():
    assert thumbnail(INT, [1, 2], many=True, count=40).text == "1\n2\n…"
    assert thumbnail(INT, [], many=True).text == "Int × 0"


def test_a_preview_of_any_size_and_depth_is_shown():
    assert preview_picture(block(2000, 1000)).picture.shape == (SIDE, SIDE // 2, 4)
    assert preview_picture(np.zeros((10, 10), np.uint8)).picture.shape == (10, 10, 4)
    assert preview_picture(np.zeros((10, 10, 4), np.uint8)).picture[0, 0, 3] == 0
    assert preview_picture("so far").text == "so far"


def test_a_preview_that_is_no_picture_is_refused_by_shape():
    with pytest.raises(ValueError, match=r"float32 array \(3, 8, 8\)"):
        preview_picture(np.zeros((3, 8, 8), np.float32))


def test_long_texts_are_cut():
    assert clipped("abcdef", 4) == "abc…" and clipped("abcd", 4) == "abcd"
