"""Where the window stands: on the screen whatever was kept, and filling it where it filled it before."""

from __future__ import annotations

import pytest

from nodegraph_editor.window import display

SCREEN = (0, 0, 1280, 800)


@pytest.mark.parametrize("size, corner, place", [
    ((1440, 900), (60, 40), (0, 0, 1280, 800)),  # the usual one, on a small screen
    ((1000, 600), (60, 40), (60, 40, 1000, 600)),
    ((1000, 600), (2000, -50), (280, 0, 1000, 600)),  # kept on a screen that is not there any more
    ((1000, 900), (400, 10), (280, 0, 1000, 800))])
def test_a_window_stands_wholly_on_the_screen(size, corner, place):
    assert display.fitted(size, corner, SCREEN) == place


def test_a_window_fills_the_screen_where_at_most_a_bar_of_the_desktop_is_left():
    assert display.fills((1280, 772), (0, 28), SCREEN) and display.fills((1284, 804), (-2, -2), SCREEN)
    assert not display.fills((1280, 500), (0, 0), SCREEN) and not display.fills((1000, 800), (0, 0), SCREEN)


@pytest.mark.parametrize("told, scale", [("2", 2.0), ("1.5", 1.5), ("9", 4.0), ("0.5", 1.0)])
def test_the_scale_of_the_desktop_is_followed(told, scale, monkeypatch):
    monkeypatch.setattr(display.sys, "platform", "linux")
    monkeypatch.setenv("GDK_SCALE", told)
    assert display.scale() == scale
    monkeypatch.setattr(display, "_resources", lambda: f"Xft.antialias:\t1\nXft.dpi:\t{96 * scale}\n")
    monkeypatch.delenv("GDK_SCALE")
    assert display.scale() == scale
