"""Cards and sheets: everything can be read, nothing leaves the page, and no text makes them fail."""

import pytest
import torch
from hypothesis import given, settings, strategies as st

from nodegraph import InputError
from nodegraph_nodes.common.face import FONTS, Face, has
from nodegraph_nodes.common.typesetting import captions, fitted, phrased, wrapped
from nodegraph_nodes.media.types import IMAGE, Palette
from nodegraph_nodes.mix.card import COLUMN, HEIGHT, MARGIN, TOP, WIDTH, postcard
from nodegraph_nodes.mix.sheet import sheet
from nodegraph_nodes.mix.theme import COMFORTABLE, READABLE, contrast, rgb, theme_of

DAY = Palette(("#afd8f1", "#eaeae6", "#a5cf78", "#997a6e"), (0.4, 0.3, 0.2, 0.1))
NIGHT = Palette(("#0a1030", "#202858", "#f4eecc"), (0.6, 0.35, 0.05))
VERSE = "The tide goes out in softened light,\nA boat of red leans on the sea;\n雪夜无声月色长，\n小狐踏雪过山岗。"


def picture(height=128, width=128, channels=3):
    return torch.rand(channels, height, width, generator=torch.Generator().manual_seed(0))


hex_colors = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")


@settings(max_examples=200, deadline=None)
@given(st.lists(hex_colors, min_size=1, max_size=16))
def test_words_can_be_read_on_the_paper_of_any_palette(colors):
    theme = theme_of(Palette(tuple(colors), tuple(1 / len(colors) for _ in colors)))
    assert contrast(theme.ink, theme.paper) >= COMFORTABLE
    assert contrast(theme.faint, theme.paper) >= READABLE


def test_the_contrast_of_black_on_white_is_21_to_1():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)


def test_a_picture_of_the_night_makes_a_dark_card_and_one_of_the_day_a_light_one():
    assert max(theme_of(NIGHT).paper) < 60 < 200 < min(theme_of(DAY).paper)


@pytest.mark.parametrize("size", [(128, 128), (64, 200), (1000, 300), (1, 1)])
@pytest.mark.parametrize("channels", [3, 4])
def test_a_picture_of_any_shape_makes_a_card_of_one_size(size, channels):
    card = postcard(picture(*size, channels), VERSE, DAY, "A title")
    assert card.shape == (3, HEIGHT, WIDTH) and IMAGE.complaint(card) is None


def test_the_same_things_make_the_same_card():
    assert torch.equal(postcard(picture(), VERSE, DAY, "诗"), postcard(picture(), VERSE, DAY, "诗"))


@pytest.mark.filterwarnings("ignore:no font here has")
@pytest.mark.parametrize("verse", ["", VERSE, "word " * 400, "长" * 900, "x" * 500, "a\n" * 120, "\n\n",
                                   "😀 𠮷 龘 \u202e ﷽"])
def test_no_text_fails_or_leaves_its_column(verse):
    words_on = postcard(picture(), verse, DAY, verse)
    paper = torch.tensor(theme_of(DAY).paper)[:, None, None] / 255
    margins = torch.cat([words_on[:, :MARGIN // 2].flatten(1), words_on[:, :, -MARGIN // 4:].flatten(1)], dim=1)
    assert torch.allclose(margins, paper[:, 0].expand_as(margins), atol=1e-6)
    gutter = words_on[:, :, COLUMN - 24:COLUMN - 6]
    assert torch.allclose(gutter, paper.expand_as(gutter), atol=0.02)  # the edge of the shadow at most


def test_sixteen_colours_fit_in_the_row():
    many = Palette(tuple(f"#{n * 16:02x}8040" for n in range(16)), (1 / 16,) * 16)
    card = postcard(picture(), VERSE, many)
    row = (card[:, HEIGHT - TOP - 7, COLUMN:] * 255).round().int().T.tolist()
    assert all(list(rgb(color)) in row for color in many.colors)


def test_chinese_is_drawn_as_itself_and_what_no_font_has_as_a_box():
    assert all(has("han.otf", c) for c in "诗心情平静欢快忧伤神秘紧张梦幻，。！？《》")
    assert all(has("latin.otf", c) for c in "Où est l’été? — “naïve” façade")
    assert not has("han.otf", "龘") and not has("latin.otf", "诗")
    assert Face(30).width("龘") > 0


def test_latin_breaks_at_spaces_and_chinese_never_before_a_full_stop():
    face = Face(20)
    assert " ".join(wrapped("the quick brown fox jumps over", face, 120)) == "the quick brown fox jumps over"
    lines = wrapped("谁家灯火留人住，一缕梅香入梦乡。" * 4, face, 95)
    assert len(lines) > 8 and all(line[0] not in "，。" for line in lines)
    assert all(face.width(line) <= 95 for line in lines)


def test_a_word_too_long_for_a_line_is_cut_and_nothing_of_it_is_lost():
    assert "".join(wrapped("x" * 100, Face(20), 80)) == "x" * 100


def test_a_text_shrinks_before_its_lines_break_and_ends_with_an_ellipsis_when_nothing_helps():
    short = fitted("one\ntwo", 300, 200, largest=34, smallest=13)
    assert short.face.size == 34 and len(short.lines) == 2
    snug = fitted("a line that is somewhat long", 300, 200, largest=34, smallest=13)
    assert snug.face.size < 34 and len(snug.lines) == 1
    hopeless = fitted("word " * 500, 100, 60, largest=34, smallest=13)
    assert hopeless.height <= 60 and hopeless.lines[-1][1].endswith("…")


def test_a_broken_line_loses_no_word():
    text = "A very long line that goes on and on past what a column could hold"
    block = fitted(text, 180, 400, largest=34, smallest=13)
    assert " ".join(line for _, line in block.lines) == text


def test_a_sheet_has_as_many_cells_as_pictures_and_each_in_its_place():
    images = [torch.full((3, 8, 8), n / 4) for n in range(5)]
    page = sheet(images, columns=2, cell=64)
    gap = 6
    assert page.shape == (3, 3 * (64 + gap) + gap, 2 * (64 + gap) + gap)
    for number in range(5):
        y, x = (gap + 32 + place * (64 + gap) for place in divmod(number, 2))
        assert page[0, y, x].item() == pytest.approx(number / 4, abs=0.01)


def test_a_sheet_on_paper_with_alpha_has_alpha_and_shows_pictures_as_they_are():
    page = sheet([torch.full((3, 8, 8), 0.5), torch.full((4, 8, 8), 0.5)], columns=2, cell=32, paper="#ff000000")
    assert page.shape[0] == 4 and page[3, 0, 0] == 0
    assert page[:, 22, 22].tolist() == pytest.approx([0.5, 0.5, 0.5, 1], abs=0.01)
    assert page[3, 22, 60].item() == pytest.approx(0.5, abs=0.01)


def test_letters_that_no_font_has_are_told_of_on_cards_and_sheets_and_a_font_of_ones_own_helps():
    for card in (lambda: postcard(picture(), "ไทย", DAY), lambda: postcard(picture(), "", DAY, "ไทย"),
                 lambda: sheet([picture()], labels=["ไทย"])):
        with pytest.warns(UserWarning, match="no font here has “ไ”, “ท”, “ย”, drawn as boxes; give a font file"):
            card()
    own = FONTS / "hangul.otf"
    assert not torch.equal(postcard(picture(), "안녕", DAY, font=own), postcard(picture(), "안녕", DAY))
    assert not torch.equal(sheet([picture()], ["안녕"], font=own), sheet([picture()], ["안녕"]))
    assert not torch.equal(postcard(picture(), "ЖЖЖ", DAY), postcard(picture(), "ЮЮЮ", DAY))


def test_labels_are_drawn_below_and_must_be_as_many_as_the_pictures():
    images = [picture(16, 16)] * 2
    assert sheet(images, labels=["one", "二"]).shape[1] > sheet(images).shape[1]
    with pytest.raises(InputError, match="1 texts for 2 pictures"):
        sheet(images, labels=["one"])
    with pytest.raises(InputError, match="images is empty"):
        sheet([])


def test_labels_of_one_sheet_are_set_in_one_size_and_keep_to_their_cells():
    texts = ["a cat", "an orange cat in the forest by day, watercolour", "紫色的气球在沙漠上空，白天，蜡笔画", ""]
    blocks = captions(texts, 160, 40, largest=16, smallest=9)
    assert len({block.face for block in blocks}) == 1
    for text, block in zip(texts, blocks):
        assert block.height <= 40 and all(block.face.width(line) <= 160 for _, line in block.lines)
        assert "".join(line for _, line in block.lines).replace(" ", "") == text.replace(" ", "")


def test_labels_are_set_a_little_smaller_before_their_lines_are_broken():
    wide = Face(16).width("neon, a blue whale")
    (block,) = captions(["neon, a blue whale"], wide * 0.8, 60, largest=16, smallest=9)
    assert len(block.lines) == 1 and 16 > block.face.size >= 16 * 2 // 3
    (block,) = captions(["neon, a blue whale"], wide * 0.6, 60, largest=16, smallest=9)
    assert len(block.lines) == 2 and block.face.size == 16


def test_a_label_that_cannot_fit_ends_with_an_ellipsis_and_leaves_the_others_whole():
    short, long = captions(["a cat", "cat " * 200], 100, 30, largest=12, smallest=9)
    assert [line for _, line in short.lines] == ["a cat"] and long.lines[-1][1].endswith("…")
    assert long.height <= 30 and max(long.face.width(line) for _, line in long.lines) <= 100


def test_a_line_breaks_after_a_comma_where_that_costs_no_line():
    face = Face(16)
    assert phrased("清晨草地上的一朵粉花，水彩画", face, 190) == ["清晨草地上的一朵粉花，", "水彩画"]
    assert phrased("a red boat at dusk, watercolour", face, face.width("a red boat at dusk, water")) == [
        "a red boat at dusk,", "watercolour"]
    whale = "neon, a blue whale in the sea by day"
    assert phrased(whale, face, face.width(whale) - 20) == ["neon, a blue whale in the sea by", "day"]
    narrow = face.width("1,000 boats")
    assert phrased("1,000 boats", face, narrow) == ["1,000 boats"]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.integers(1, 300))
def test_phrased_lines_lose_nothing_and_are_no_wider_than_wrapped_ones(text, width):
    face = Face(12)
    lines, plain = phrased(text, face, width), wrapped(" ".join(text.split()), face, width)
    assert len(lines) <= len(plain)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert max(map(face.width, lines)) <= max(width, *map(face.width, plain), 0)
