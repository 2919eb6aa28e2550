"""The user's folder: settings survive, damage is told and nothing is lost; shortcuts are the user's to change."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nodegraph.errors import NodegraphError
from nodegraph_editor import settings
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.settings import Settings
from nodegraph_editor.shortcuts import KEYS, USUAL, Chord, Shortcuts, commands, parse_chord
from nodegraph_editor.words.speak import has

# ---- the folder

@pytest.mark.parametrize("platform, variables, folder", [
    ("linux", {"XDG_CONFIG_HOME": "/x"}, "/x/nodegraph"),
    ("linux", {"HOME": "/home/ada"}, "/home/ada/.config/nodegraph"),
    ("darwin", {"HOME": "/home/ada"}, "/home/ada/Library/Application Support/nodegraph"),
    ("win32", {"APPDATA": "/roaming"}, "/roaming/nodegraph"),
    ("linux", {"NODEGRAPH_CONFIG": "/mine", "XDG_CONFIG_HOME": "/x"}, "/mine")])
def test_the_folder_is_where_each_system_keeps_such_things(monkeypatch, platform, variables, folder):
    for name in ("NODEGRAPH_CONFIG", "XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert settings.user_folder() == Path(folder)


# ---- settings

def test_without_a_file_the_usual_settings_are_used_and_nothing_is_written(tmp_path):
    assert settings.load(tmp_path / "none") == (Settings(), [])
    assert not (tmp_path / "none").exists()


def test_settings_come_back_as_they_were_saved(tmp_path):
    chosen = Settings(language="zh", theme="light", font_scale=1.25, window=(800, 600), position=(-20, 10), snap=True,
                      panels={"inspector": 400}, minimap=False, autosave_seconds=5, recent_nodes=("1e5", "no"))
    chosen = chosen.with_recent_file(tmp_path / "船 #1: a.yaml")
    settings.save(chosen, tmp_path / "new" / "folder")
    assert settings.load(tmp_path / "new" / "folder") == (chosen, [])
    assert os.listdir(tmp_path / "new" / "folder") == ["settings.yaml"]


def test_what_a_later_release_wrote_is_kept(tmp_path):
    (tmp_path / "settings.yaml").write_text("theme: light\nhologram: {depth: [1, '2']}\n")
    loaded, told = settings.load(tmp_path)
    assert told == []
    settings.save(replace(loaded, theme="dark"), tmp_path)
    again, _ = settings.load(tmp_path)
    assert again.theme == "dark" and again.other == {"hologram": {"depth": [1, "2"]}}


@pytest.mark.parametrize("damage", ["theme: [dark\n", "- a\n- list\n", "theme: dark\ntheme: light\n", "\x00\x01", "",
                                    "a: &x 1\n"])
def test_a_damaged_file_is_moved_aside_and_told_in_a_sentence(tmp_path, damage):
    path = tmp_path / "settings.yaml"
    path.write_text(damage)
    loaded, told = settings.load(tmp_path)
    assert loaded == Settings()
    assert len(told) == 1 and "settings.yaml could not be read" in told[0] and "settings.yaml.broken" in told[0]
    assert (tmp_path / "settings.yaml.broken").read_text() == damage and not path.exists()
    assert settings.load(tmp_path) == (Settings(), [])


def test_a_second_damaged_file_does_not_replace_the_first(tmp_path):
    for damage in ("[1", "[2", "[2"):
        (tmp_path / "settings.yaml").write_text(damage)
        settings.load(tmp_path)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == \
        {"settings.yaml.broken": "[1", "settings.yaml.broken2": "[2"}


@pytest.mark.parametrize("line, told", [
    ("theme: purple", "settings.yaml:1: theme is 'purple'; it takes one of dark, light. The usual dark is used"),
    ("font_scale: 40", "font_scale is 40; it takes a number, 0.5 to 3. The usual 1.0"),
    ("window: [1, 2, 3]", "window is a list; it takes two whole numbers. The usual [1440, 900]"),
    ("snap: maybe", "snap is 'maybe'; it takes true or false. The usual false"),
    ("autosave_seconds: 1.5", "autosave_seconds is 1.5; it takes a whole number, 1 to 3600"),
    ("recent_files: [1]", "recent_files is a list; it takes a list of texts"),
    ("panels: {left: wide}", "panels is a mapping; it takes a mapping of names to whole numbers"),
    ("language: null", "language is empty; it takes one of auto, en, zh")])
def test_a_wrong_value_costs_that_value_alone(tmp_path, line, told):
    text = f"{line}\nminimap: false\n"
    (tmp_path / "settings.yaml").write_text(text)
    loaded, problems = settings.load(tmp_path)
    assert loaded == replace(Settings(), minimap=False)
    assert len(problems) == 1 and told in problems[0]
    assert (tmp_path / "settings.yaml.broken").read_text() == text == (tmp_path / "settings.yaml").read_text()


def test_settings_that_cannot_be_saved_are_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NodegraphError, match="settings could not be saved in .*settings.yaml: "):
        settings.save(Settings(), tmp_path / "file")


def test_saving_that_fails_leaves_the_old_settings_and_no_litter(tmp_path, monkeypatch):
    settings.save(Settings(theme="light"), tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(NodegraphError, match="No space left on device"):
        settings.save(Settings(theme="dark"), tmp_path)
    assert settings.load(tmp_path)[0].theme == "light" and len(os.listdir(tmp_path)) == 1


def test_a_linked_settings_file_stays_a_link(tmp_path):
    (tmp_path / "dotfiles").mkdir()
    try:
        (tmp_path / "settings.yaml").symlink_to(tmp_path / "dotfiles" / "settings.yaml")
    except OSError:
        pytest.skip("this system makes no links")
    settings.save(Settings(theme="light"), tmp_path)
    assert (tmp_path / "settings.yaml").is_symlink()
    assert (tmp_path / "dotfiles" / "settings.yaml").exists() and settings.load(tmp_path)[0].theme == "light"


def test_recent_things_stand_once_newest_first_and_not_without_end():
    chosen = Settings()
    for name in [*"abcdefghijklmnopqrstuvwxyz", "y"]:
        chosen = chosen.with_recent_node(name)
    assert chosen.recent_nodes[:3] == ("y", "z", "x") and len(chosen.recent_nodes) == settings.MOST_RECENT


# ---- shortcuts

def test_every_command_has_a_name_and_no_two_share_a_key(tmp_path):
    usual = Shortcuts.load(tmp_path)
    assert all(has(f"command.{command}") for command in commands())
    chords = [chord for chords in usual.keys.values() for chord in chords]
    assert len(chords) == len(set(chords))
    assert set(commands()) == set(COMMANDS)
    assert all(usual.command_for(*chord) == command for command, chords in usual.keys.items() for chord in chords)


def test_the_habits_of_other_editors_work(tmp_path):
    usual = Shortcuts.load(tmp_path)
    expected = {"Space": "palette.open", "Shift+A": "palette.open", "Tab": "node.enter", "M": "node.mute",
                "Ctrl+B": "node.bypass", "Ctrl+Z": "edit.undo", "Ctrl+Y": "edit.redo", "Ctrl+Shift+Z": "edit.redo",
                "Backspace": "edit.delete", "Ctrl+Delete": "edit.delete_reconnect", "Ctrl+G": "node.group",
                "Home": "view.frame_all", "Ctrl+Enter": "run.all", "Escape": "run.stop", "F1": "help.node"}
    assert {text: usual.command_for(*parse_chord(text)) for text in expected} == expected
    assert usual.command_for("q") is None


def test_the_file_is_written_with_its_comments_on_first_use(tmp_path):
    first = Shortcuts.load(tmp_path / "new")
    assert first.problems == () and (tmp_path / "new" / "shortcuts.yaml").read_text() == USUAL.read_text()
    assert Shortcuts.load(tmp_path / "new") == first


def edited(folder: Path, text: str) -> Shortcuts:
    (folder / "shortcuts.yaml").write_text(text)
    return Shortcuts.load(folder)


def test_a_changed_key_takes_the_place_of_the_usual_one_and_the_rest_stays(tmp_path):
    mine = edited(tmp_path, "file.save: [F12, 7]\nrun.all: []\n")
    assert mine.problems == ()
    assert mine.command_for("F12") == mine.command_for("7") == "file.save"
    assert mine.command_for("S", ctrl=True) is None and mine.command_for("F5") is None
    assert mine.command_for("Z", ctrl=True) == "edit.undo"
    assert (mine.label("file.save"), mine.label("run.all")) == ("F12", "")


def test_a_key_that_the_user_gives_away_leaves_its_usual_command(tmp_path):
    mine = edited(tmp_path, "node.layout: Ctrl+G\n")
    assert mine.command_for("G", ctrl=True) == "node.layout" and mine.keys["node.group"] == ()
    assert mine.problems == ()


@pytest.mark.parametrize("text, told", [
    ("\nfile.svae: F12\n", "shortcuts.yaml:2: there is no command file.svae. Did you mean file.save?"),
    ("file.save: Ctrl+Entr\n", "shortcuts.yaml:1: Ctrl+Entr is no key. Did you mean Enter?"),
    ("file.save: Shfit+S\n", "shortcuts.yaml:1: Shfit+S is no key. Did you mean Shift?"),
    ("file.save: Ctrl+\n", "shortcuts.yaml:1: Ctrl+ is no key. Did you mean Ctrl?"),
    ("file.save: {ctrl: s}\n", "file.save is a mapping; it takes a key such as Ctrl+S, or a list of them"),
    ("file.save: F12\nfile.open: [F12, F11]\n",
     "shortcuts.yaml:2: F12 is given to file.open and to file.save as well; it goes to file.save"),
    ("file.save: [\n", "could not be read, so the usual shortcuts are used: "),
    ("- Ctrl+S\n", "could not be read, so the usual shortcuts are used: "),
    ("file.save: F12\nfile.save: F11\n", "'file.save' stands twice; it is also on line 1")])
def test_what_is_wrong_with_the_file_is_told_in_one_sentence_with_its_line(tmp_path, text, told):
    mine = edited(tmp_path, text)
    assert len(mine.problems) == 1 and told in mine.problems[0]
    assert mine.command_for("N", ctrl=True) == "file.new"
    assert "file.save" in (mine.command_for("S", ctrl=True), mine.command_for("F12"))
    assert (tmp_path / "shortcuts.yaml").read_text() == text


def test_a_folder_that_cannot_be_written_to_costs_the_file_alone(tmp_path):
    (tmp_path / "file").write_text("in the way")
    mine = Shortcuts.load(tmp_path / "file")
    assert mine.command_for("S", ctrl=True) == "file.save"
    assert len(mine.problems) == 1 and "shortcuts.yaml could not be written: " in mine.problems[0]


@pytest.mark.parametrize("text, chord", [
    ("Ctrl+Shift+S", Chord("S", ctrl=True, shift=True)), ("cmd + alt + return", Chord("Enter", ctrl=True, alt=True)),
    ("Ctrl++", Chord("=", ctrl=True)), ("Ctrl+-", Chord("-", ctrl=True)), ("Ctrl+Num+", Chord("Num+", ctrl=True)),
    ("[", Chord("[")), ("esc", Chord("Escape"))])
def test_keys_are_read_as_people_write_them(text, chord):
    assert parse_chord(text) == chord


def test_every_key_reads_back_as_it_is_shown():
    chords = [Chord(key, *held) for key in KEYS for held in ((False, False, False), (True, True, True))]
    assert [parse_chord(str(chord)) for chord in chords] == chords


def test_keys_that_type_are_told_from_those_that_do_not():
    assert [text for text in ("A", "Shift+A", "Space", "Ctrl+C", "Tab", "Ctrl+S", "F1", "Escape", "Alt+X")
            if parse_chord(text).types] == ["A", "Shift+A", "Space", "Ctrl+C", "Tab"]


def test_the_sheet_shows_each_command_that_has_a_key(tmp_path):
    sheet = dict(Shortcuts.load(tmp_path).sheet())
    assert ("Save", "Ctrl+S") in sheet["File"] and ("Redo", "Ctrl+Shift+Z  Ctrl+Y") in sheet["Edit"]
    assert list(sheet)[-1] == "Application"
