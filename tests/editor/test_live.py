"""What the status line says while a run goes on, what was said before, and what the start page remembers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nodegraph import Graph, Node
from nodegraph_editor import recents
from nodegraph_editor.messages import Message, Messages
from nodegraph_editor.panels.examples import example_of
from nodegraph_editor.panels.live import Live
from nodegraph_editor.runs.gallery import Result
from nodegraph_editor.runs.state import NodeState
from nodegraph_editor.runs.thumbnails import Thumbnail
from nodegraph_editor.runs.updates import Output
from nodegraph_editor.shortcuts import parse_chord
from nodegraph_editor.words import speak


@pytest.fixture(autouse=True)
def english():
    speak.set_language("en")


def test_the_line_tells_what_is_loaded_for_how_long_and_how_long_the_rest_takes():
    live, states = Live(), {"picture": NodeState("running", text="Loading starter/painter"), "verse": NodeState("ran")}
    assert live.told(states, False, 0.0) == "picture: Loading starter/painter"
    assert live.told(states, False, 12.0) == "picture: Loading starter/painter, 12 s"
    states["picture"] = NodeState("running", done=2, total=20)
    assert live.told(states, False, 13.0) == "picture 2 of 20"
    states["picture"].done = 10
    assert live.told(states, False, 23.0) == "picture 10 of 20, about 10 s left"
    states["tune"] = NodeState("running")
    assert live.told(states, False, 24.0) == "tune, and 1 more"
    assert live.told(states, True, 25.0) == "Stopping: picture goes on to the end of its step"
    assert live.told({"verse": NodeState("ran")}, False, 26.0) == "" == Live().told({}, False, 0.0)


def test_messages_are_kept_and_the_line_says_the_newest_that_is_fresh():
    said = Messages()
    for number in range(60):
        said.add(Message(str(number), "info", float(number), ""))
    assert len(said.kept) == 50 and said.now(60.0).text == "59" and said.now(70.0) is None
    said.add(Message("wrong", "error", 70.0, ""))
    said.add(Message("word", "info", 71.0, ""))
    assert said.now(71.0).text == "wrong" and said.unread == 1
    said.rest()
    assert said.now(71.0) is None
    said.read()
    assert said.unread == 0


def test_a_picture_that_a_file_made_is_kept_for_the_start_page_while_the_file_is_a_recent_one(tmp_path):
    def result(picture):
        made = {"card": Output(None, b"", Thumbnail("picture", picture, ""))}
        return Result(1, "", datetime.now(), Graph({"a": Node("w.say", {})}), {}, {}, made, 1.0)
    path, other = tmp_path / "boat.yaml", tmp_path / "other.yaml"
    assert recents.keep(tmp_path, path, result(np.full((40, 90, 4), (200, 10, 10, 255), np.uint8)))
    assert recents.keep(tmp_path, other, result(np.zeros((4, 4, 4), np.uint8)))
    assert not recents.keep(tmp_path, path, result(None))
    kept = Image.open(recents.place_of(tmp_path, path))
    assert kept.size == recents.SIZE and kept.getpixel((5, 5)) == (200, 10, 10)
    recents.forget_others(tmp_path, [str(path)])
    assert recents.place_of(tmp_path, path).exists() and not recents.place_of(tmp_path, other).exists()


@pytest.mark.parametrize("chord, letter", [("E", "e"), ("Shift+E", "e"), ("7", "7"), ("Num7", "7"), ("Space", " "), ("-", "-"),
                                           ("Ctrl+E", ""), ("Alt+E", ""), ("Enter", ""), ("NumEnter", ""), ("F3", "")])
def test_which_keys_type_a_letter(chord, letter):
    assert parse_chord(chord).letter == letter


def test_an_example_names_the_files_that_come_along_by_where_they_lie():
    text = example_of("picture.blur")
    named = next(line for line in text.split("\n") if "boat.jpg" in line)
    assert Path(named.split("file: ")[1].rstrip("}")).is_file()
    assert example_of("no.such") is None


def test_the_desktops_scale_is_taken_in_quarters(monkeypatch):
    pytest.importorskip("dearpygui")
    from nodegraph_editor.window import display

    monkeypatch.delenv("GDK_SCALE", raising=False)
    for told, scale in (("Xft.dpi:\t192\n", 2.0), ("a: b\nXft.dpi: 120\n", 1.25), ("Xft.dpi: 72", 1.0), ("", 1.0)):
        monkeypatch.setattr(display, "_resources", lambda told=told: told)
        assert display.scale() == scale
    monkeypatch.setenv("GDK_SCALE", "2")
    assert display.scale() == 2.0

