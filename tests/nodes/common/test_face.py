"""Which font draws what, what none has, and how a user is told."""

import shutil

import pytest

from nodegraph import InputError
from nodegraph_nodes.common.face import FONTS, Face, has, own_font, tell_lacking

FACE = Face(24)


@pytest.mark.parametrize("text", [
    "Où est l’été? — “naïve” façade", "Zażółć gęślą jaźń", "Tiếng Việt thật đẹp", "Ελληνικά, ἀρετή",
    "Съешь ещё этих мягких булок", "Ґанок їжака", "谁家灯火留人住", "ひらがなとカタカナ", "안녕하세요 세계", "a\u0301 e\u0302"])
def test_the_fonts_that_come_along_have_the_letters_of(text):
    assert FACE.lacking(text) == [] and Face(24, italic=True).lacking(text) == []
    assert FACE.width(text) > 0


def test_each_letter_is_set_in_the_font_that_has_it():
    runs = [(run, font.getname()[0]) for run, font in FACE.runs("Ж字あ안")]
    assert runs == [("Ж", "Postcard Latin"), ("字", "Postcard Han"), ("あ", "Postcard Kana"), ("안", "Postcard Hangul")]


def test_what_no_font_has_is_told_of_with_the_way_out():
    with pytest.warns(UserWarning, match="^no font here has “ข”, “ก”, drawn as boxes; give a font file"):
        tell_lacking(["ขกข", "plain"], FACE)
    with pytest.warns(UserWarning, match="no font here has “ก”, .* and 2 more, drawn"):
        tell_lacking(["กขฃคฅฆงจฉช"], FACE)
    with pytest.warns(UserWarning, match=r"no font here has U\+0007"):
        tell_lacking(["\a"], FACE)


def test_what_has_no_glyph_of_its_own_is_not_lacking():
    tell_lacking(["a b\tc\n\u00a0\u200d\u200b\ufe0f\u202e", ""], FACE)


def test_right_to_left_in_two_fonts_is_told_of():
    with pytest.warns(UserWarning) as told:
        tell_lacking(["שלום 字"], FACE)
    assert ["no font here has" in str(one.message) for one in told] == [True, False]
    assert "may stand in the wrong order" in str(told[1].message)


def test_without_raqm_letters_that_are_not_joined_are_told_of(monkeypatch):
    from PIL import features

    monkeypatch.setattr(features, "check", lambda name: False)
    with pytest.warns(UserWarning) as told:
        tell_lacking(["नम"], FACE)
    assert any("are not joined; install Pillow" in str(one.message) for one in told)


def test_a_font_of_ones_own_comes_first_and_is_read_again_when_it_changes(tmp_path):
    import os

    mine = shutil.copy(FONTS / "kana.otf", tmp_path / "mine.otf")
    own = own_font(mine)
    assert [font.getname()[0] for _, font in Face(24, own=own).runs("あA")] == ["Postcard Kana", "Postcard Latin"]
    shutil.copy(FONTS / "hangul.otf", mine)
    os.utime(mine, ns=(1, 1))
    assert own_font(mine) != own and has(own_font(mine), "안") and not has(own_font(mine), "あ")
    assert own_font(None) is None


@pytest.mark.parametrize("content", [b"", b"no font at all", None])
def test_a_file_that_is_no_font_is_refused(tmp_path, content):
    path = tmp_path / "mine.ttf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"mine.ttf cannot be used as a font .*; it takes an outline font, .ttf or "):
        own_font(path)
