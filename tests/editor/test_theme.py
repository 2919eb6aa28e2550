"""Colours that can be read, in both themes."""

import pytest

pytest.importorskip("dearpygui.dearpygui", exc_type=ImportError)

from nodegraph_editor.window import fonts, theme

GROUNDS = (
    "window",
    "panel",
    "raised",
    "field",
    "button",
    "canvas",
    "node",
    "node_title",
    "input",
    "output",
    "value",
     "well")


@pytest.fixture(params=range(len(theme.THEMES)), ids=theme.THEMES)
def shown(request, monkeypatch):
    monkeypatch.setattr(theme, "_current", request.param)


@pytest.mark.parametrize("role", ["text", "dim"])
def test_text_stands_out_from_every_ground_it_is_put_on(shown, role):
    assert {ground: ratio for ground in GROUNDS
            if (ratio := theme.contrast(theme.color(role), theme.color(ground))) < 4.5} == {}


@pytest.mark.parametrize(("role", "ground"), [
    ("note_text", "note"), ("tooltip_text", "tooltip"), ("tooltip_dim", "tooltip"), ("tooltip_error", "tooltip"),
    ("on_accent", "accent"), ("error", "panel"), ("error", "node"), ("warning", "panel"), ("faint", "panel")])
def test_words_with_a_ground_of_their_own_can_be_read_on_it(shown, role, ground):
    assert theme.contrast(theme.color(role), theme.color(ground)) >= 4.0


def test_what_tells_a_state_stands_out_from_the_canvas(shown):
    assert all(theme.contrast(theme.color(role), theme.color("canvas")) >= 3.0
               for role in ("selected", "running", "failed", "cached", "ran", "stale", "knife", "loose"))


def test_every_look_names_colours_and_styles_that_are_there():
    import dearpygui.dearpygui as dpg

    looks = [theme._WIDGETS, *theme._LOOKS.values()]
    assert [name for look in looks for name in look if not hasattr(dpg, f"mvThemeCol_{name}")] == []
    assert [role for look in looks for role in look.values() if role not in theme._ROLES] == []
    styles = [theme._STYLES, *theme._LOOK_STYLES.values()]
    assert [name for style in styles for name in style if not hasattr(dpg, f"mvStyleVar_{name}")] == []


def test_the_fonts_are_there_with_their_licence():
    assert all(path.is_file() for path in fonts.FILES.values())
    assert "SIL OPEN FONT LICENSE" in (fonts.FOLDER / "OFL.txt").read_text(encoding="utf-8")
    assert sum(path.stat().st_size for path in fonts.FILES.values()) < 2_800_000


def test_a_colour_is_shown_as_it_is_written_and_written_with_alpha_only_where_it_has_some():
    from nodegraph_editor.window.rows import _shade, as_hex

    assert _shade("teal") == [0, 128, 128, 255] and _shade("#11223344") == [17, 34, 51, 68]
    assert _shade(None) == _shade("no colour") == [128, 128, 128, 255]
    assert as_hex([255, 0, 1.2, 255]) == "#ff0001" and as_hex([255, 0, 1, 128.4]) == "#ff000180"


@pytest.mark.parametrize("name, words", [
    ("regular", "Ąşő Ελλ Жук 你好 こんにちは カタカナ ﾊﾝｶｸ ー「」 한국어 바다"), ("regular", "\U0001f6a2\U0001f98a\U0001f600\U0001f3b5\u2764\u2600\u2728"),
    ("bold", "Ąşő Ελλ Жук")])
def test_the_fonts_have_what_people_type(name, words):
    from PIL import ImageFont

    from nodegraph_editor.window.fonts import FILES

    font = ImageFont.truetype(FILES[name], 24)
    lacking = bytes(font.getmask("\ue000"))  # of the private area, which has no glyphs
    assert [c for c in words if c != " " and bytes(font.getmask(c)) == lacking] == []


def test_frames_come_more_rarely_where_they_take_long_so_that_a_run_keeps_the_processor():
    from nodegraph_editor.window.pace import Pace

    pace = Pace(lambda: None)
    pace._awake, pace._drawn = -100.0, (0, 50.0)
    found = []
    for seconds in (0.002, 0.05, 3.0):
        pace._drawing = seconds
        found.append(round(pace._due(1, False) - 50.0, 3))
    assert found == [0.1, 0.4, 1.0]


def test_what_runs_is_not_coloured_as_any_value_is(shown):
    from nodegraph.types import PLAIN

    def apart(one, other):
        return sum((a - b) ** 2 for a, b in zip(one[:3], other[:3], strict=True)) ** 0.5
    running = theme.color("running")
    assert all(apart(running, theme.of_type(type.color)) > 60 for type in PLAIN.values())
    assert apart(running, theme.color("accent")) > 60
