"""Which key gives which command: the usual ones come along, and a file in the user's folder changes them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import GraphError
from nodegraph.editing import closest, read_mapping, write_whole, written

from . import settings
from .words.speak import t

FILE = "shortcuts.yaml"
USUAL = Path(__file__).with_name(FILE)

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
KEYS = (*_LETTERS, *(f"F{n}" for n in range(1, 13)), "Space", "Tab", "Enter", "Escape", "Backspace", "Delete",
        "Insert", "Home", "End", "PageUp", "PageDown", "Left", "Right", "Up", "Down", *"-=;',./\\`[]",
        *(f"Num{n}" for n in range(10)), "Num+", "Num-", "Num*", "Num/", "Num.", "NumEnter")
_SPOKEN = {key.lower(): key for key in KEYS} | {
    "return": "Enter", "esc": "Escape", "del": "Delete", "ins": "Insert", "pgup": "PageUp",
    "pgdn": "PageDown", "plus": "=", "+": "=", "equals": "=", "minus": "-", "comma": ",", "period": ".",
    "slash": "/", "backslash": "\\", "semicolon": ";", "grave": "`", "spacebar": "Space"}
_MODIFIERS = {"ctrl": "ctrl", "control": "ctrl", "cmd": "ctrl", "command": "ctrl", "shift": "shift",
              "alt": "alt", "option": "alt"}


class Chord(NamedTuple):
    """A key with what is held down beside it. key: one of KEYS. ctrl: Cmd on a Mac."""

    key: str
    ctrl: bool = False
    shift: bool = False
    alt: bool = False

    def __str__(self) -> str:
        held = (("Ctrl", self.ctrl), ("Shift", self.shift), ("Alt", self.alt))
        return "+".join([*(name for name, is_held in held if is_held), self.key])

    @property
    def letter(self) -> str:
        """What it types into a field that is searched in: a letter, a digit or a sign; "" where it types nothing."""
        if self.ctrl or self.alt:
            return ""
        key = self.key.removeprefix("Num") if self.key != "NumEnter" else self.key
        return " " if key == "Space" else key.lower() if len(key) == 1 else ""

    @property
    def types(self) -> bool:
        """Whether it types or edits text, and so belongs to a text field while one has the focus."""
        if self.ctrl and not self.alt:
            return self.key in (*"ACVXYZ", "Left", "Right", "Home", "End", "Backspace", "Delete")
        return not self.ctrl and not self.alt and not re.fullmatch(r"F\d+|Escape", self.key)


def parse_chord(text: str) -> Chord:
    """The Chord that a text such as "Ctrl+Shift+S" means. Raises ValueError with the part that is no key."""
    *held, key = [part.strip() for part in re.split(r"\+(?=.)", text.strip())]  # "Ctrl++" is Ctrl and +
    wrong = next((part for part in held if part.lower() not in _MODIFIERS), None)
    if wrong is not None or key.lower() not in _SPOKEN:
        raise ValueError(wrong if wrong is not None else key)
    return Chord(_SPOKEN[key.lower()], **{_MODIFIERS[part.lower()]: True for part in held})


@cache
def _usual() -> dict[str, tuple[Chord, ...]]:
    return {command: tuple(map(parse_chord, _texts(value))) for command, value in read_mapping(USUAL).items()}


def commands() -> list[str]:
    """Every command, in the order of the shortcut sheet."""
    return list(_usual())


@dataclass(frozen=True)
class Shortcuts:
    """The keys of every command. problems: a sentence for each thing that is wrong with the user's file."""

    keys: Mapping[str, tuple[Chord, ...]]
    path: Path | None = None
    problems: tuple[str, ...] = ()
    _commands: Mapping[Chord, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        owners = {chord: name for name, chords in self.keys.items() for chord in chords}
        object.__setattr__(self, "_commands", owners)

    @classmethod
    def usual(cls) -> Shortcuts:
        """Those that come with the editor, without anyone's file."""
        return cls(_usual())

    @classmethod
    def load(cls, folder: Path | None = None) -> Shortcuts:
        """Those in a folder (the user's). Where there is no file yet, one is written with the usual keys.

        What is wrong in the file is told and left out; the usual keys of other commands stay.
        """
        path = (folder or settings.user_folder()) / FILE
        if not os.path.lexists(path):
            try:
                write_whole(path, USUAL.read_text(encoding="utf-8"))
            except OSError as error:
                return cls(_usual(), path, (t("keys.unwritten", path=path, why=error.strerror or error),))
            return cls(_usual(), path)
        try:
            found = read_mapping(path)
        except GraphError as error:
            return cls(_usual(), path, (t("keys.unreadable", path=path, why=error.problems[0]),))
        return cls(*_merged(found, path))

    def command_for(self, key: str, ctrl: bool = False, shift: bool = False, alt: bool = False) -> str | None:
        """The command that a key gives, or None. key: one of KEYS."""
        return self._commands.get(Chord(_SPOKEN.get(key.lower(), key), ctrl, shift, alt))

    def label(self, command: str) -> str:
        """The first key of a command, as a menu shows it; an empty text if it has none."""
        return str(self.keys[command][0]) if self.keys.get(command) else ""

    def sheet(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """For the shortcut sheet: areas with their titles, and in each the commands' names and keys."""
        areas: dict[str, list[tuple[str, str]]] = {}
        for command, chords in self.keys.items():
            if chords:
                areas.setdefault(command.split(".")[0], []).append(
                    (t(f"command.{command}"), "  ".join(map(str, chords))))
        return [(t(f"shortcuts.area.{area}"), rows) for area, rows in areas.items()]


def _merged(found: Any, path: Path) -> tuple[dict[str, tuple[Chord, ...]], Path, tuple[str, ...]]:
    """The user's keys laid over the usual ones. Of two commands with one key the user's first one has it."""
    mine: dict[str, tuple[Chord, ...]] = {}
    owner: dict[Chord, str] = {}
    problems: list[str] = []
    for command, value in found.items():
        place = f"{path}:{found.marks[command][0]}"
        if command not in _usual():
            problems.append(t("keys.unknown_command", place=place, command=command,
                              hint=_meant(closest(command, _usual()))))
            continue
        read, wrong = _chords(value, command, place)
        problems += wrong
        if wrong and not read:
            continue  # the usual keys, rather than none
        for chord in read:
            if owner.setdefault(chord, command) != command:
                problems.append(t("keys.conflict", place=place, key=chord, command=command,
                                  other=owner[chord]))
        mine[command] = tuple(c for c in dict.fromkeys(read) if owner[c] == command)
    keys = {command: mine.get(command, tuple(c for c in chords if c not in owner))
            for command, chords in _usual().items()}
    return keys, path, tuple(problems)


def _chords(value: Any, command: str, place: str) -> tuple[list[Chord], list[str]]:
    """The keys that a command is given in the file, and a sentence for each that is none."""
    texts = _texts(value)
    if texts is None:
        return [], [t("keys.not_key", place=place, command=command, found=written(value))]
    read, wrong = [], []
    for text in texts:
        try:
            read.append(parse_chord(text))
        except ValueError as error:
            wrong.append(t("keys.unknown_key", place=place, key=text,
                           hint=_meant(closest(str(error).title(), [*KEYS, "Ctrl", "Shift", "Alt"]))))
    return read, wrong


def _texts(value: Any) -> list[str] | None:
    """The texts of one key or a list of keys; a digit is a key too. None for anything else."""
    items = value if isinstance(value, list) else [] if value is None else [value]
    if any(type(item) is not str and not (type(item) is int and 0 <= item <= 9) for item in items):
        return None
    return [str(item) for item in items]


def _meant(name: str) -> str:
    return t("keys.meant", name=name) if name else t("keys.see")
