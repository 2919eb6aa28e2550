"""`nodegraph edit` where no window can open: one sentence that says why and what to do, and exit code 2."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from nodegraph.cli import main
from nodegraph_editor import door

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are found otherwise there")


@pytest.fixture
def with_dearpygui(monkeypatch):
    """As if Dear PyGui could be imported, whether or not it is there."""
    monkeypatch.setattr(door, "import_module", lambda name: None)


def told(capsys, *words: str) -> str:
    assert main(["edit", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 1
    return err


def test_without_dear_pygui_the_command_that_installs_it_is_told(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "dearpygui", None)
    monkeypatch.delitem(sys.modules, "dearpygui.dearpygui", raising=False)
    assert 'pip install dearpygui pyperclip' in told(capsys)


def test_a_dear_pygui_that_cannot_be_loaded_is_told_with_what_it_lacks(monkeypatch, capsys):
    def lacking(name: str) -> None:
        raise ImportError("libX11.so.6: cannot open shared object file")

    monkeypatch.setattr(door, "import_module", lacking)
    assert "libX11.so.6" in told(capsys, "graph.yaml")


@LINUX
def test_without_a_display_the_ways_out_are_told(with_dearpygui, monkeypatch, capsys):
    monkeypatch.delenv("DISPLAY", raising=False)
    sentence = told(capsys)
    assert "there is no display here" in sentence and "xvfb-run" in sentence and "nodegraph run" in sentence


@LINUX
@pytest.mark.parametrize("display", [":54321", "unix:54321", "localhost:54321", "nonsense", ":", ":x", ":99999999", "/tmp/none:0"])
def test_a_display_at_which_nothing_answers_is_told(with_dearpygui, monkeypatch, capsys, display):
    monkeypatch.setenv("DISPLAY", display)
    assert f"nothing answers at DISPLAY={display}, so the editor cannot open" in told(capsys)


@LINUX
def test_a_display_that_answers_is_enough(with_dearpygui, monkeypatch, tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        path = tmp_path / "x:7"
        server.bind(str(path))
        server.listen()
        assert door._answers(f"{tmp_path}/x:7.0")
    assert not door._answers(f"{tmp_path}/x:8")


@LINUX
def test_a_missing_opengl_is_told(monkeypatch):
    def missing(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(door.ctypes, "CDLL", missing)
    with pytest.raises(door.NoWindow, match="libGL.so.1.*apt-get install libgl1"):
        door._look_for_opengl()


@LINUX
def test_the_process_ends_and_does_not_abort():
    pytest.importorskip("dearpygui.dearpygui")
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run([sys.executable, "-m", "nodegraph", "edit"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "there is no display here" in done.stderr and "Traceback" not in done.stderr


def test_the_options_of_the_machine_reach_the_editor(monkeypatch, tmp_path):
    opened = {}
    monkeypatch.setattr(door, "look", lambda: None)
    monkeypatch.setattr("nodegraph_editor.main.main", lambda path, **more: opened.update(path=path, **more) or 0)
    assert main(["edit", "g.yaml", "--pack", "mine.py", "--cache", "none", "--device", "cpu", "--disk", "1GB"]) == 0
    assert opened == {"path": "g.yaml", "packs": ["mine.py"], "cache": None, "device": "cpu", "dtype": "auto", "disk": 1 << 30,
                      "host": 0.4, "device_memory": 0.9, "download": False, "workers": None, "models": ()}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of Linux's drivers")
@pytest.mark.parametrize("card, found", [(False, None), (True, "loaded")])
def test_triton_is_kept_out_where_there_is_no_card_and_loaded_before_the_window_where_there_is_one(card, found, monkeypatch, tmp_path):
    (tmp_path / "triton.py").write_text("is_here = 'loaded'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "triton", raising=False)
    monkeypatch.setattr(door, "has_driver", lambda: card)
    monkeypatch.setattr(door, "_look_for_display", lambda display: None)
    monkeypatch.setattr(door, "_look_for_dearpygui", lambda: None)
    monkeypatch.setattr(door, "_look_for_opengl", lambda: None)
    door.look({"DISPLAY": ":0"})
    there = sys.modules.pop("triton")
    assert getattr(there, "is_here", None) == found
