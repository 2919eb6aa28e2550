"""What the editor remembers of a person from one day to the next: language, theme, window, recent files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from nodegraph import GraphError, NodegraphError
from nodegraph.editing import read_mapping, scalar, write_whole, written

from .words.speak import LANGUAGES, t

THEMES = ("dark", "light")
FILE = "settings.yaml"
MOST_RECENT = 20


def user_folder() -> Path:
    """NODEGRAPH_CONFIG if it is set; otherwise `nodegraph` in the system's place for such; there or not."""
    named = os.environ.get("NODEGRAPH_CONFIG")
    if named:
        return Path(named).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData/Roaming") / "nodegraph"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/nodegraph"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "nodegraph"


# ---- what each setting takes -------------------------------------------------------------------------------

class _Kind(NamedTuple):
    """read: the setting that a value of the file means, or None. takes: the words for what it takes."""

    read: Callable[[Any], Any]
    takes: Callable[[], str]


def _one_of(*names: str) -> _Kind:
    return _Kind(lambda v: v if v in names else None,
                 lambda: t("settings.takes.one_of", words=", ".join(names)))


def _number(low: float, high: float) -> _Kind:
    return _Kind(lambda v: float(v) if type(v) in (int, float) and low <= v <= high else None,
                 lambda: t("settings.takes.number", low=low, high=high))


def _whole(low: int, high: int) -> _Kind:
    return _Kind(lambda v: v if type(v) is int and low <= v <= high else None,
                 lambda: t("settings.takes.whole", low=low, high=high))


def _is_pair(value: Any, low: int) -> bool:
    return isinstance(value, list) and len(value) == 2 and \
        all(type(v) is int and low <= v < 100_000 for v in value)


_FLAG = _Kind(lambda v: v if type(v) is bool else None, lambda: t("settings.takes.flag"))
_SIZE = _Kind(lambda v: tuple(v) if _is_pair(v, 200) else None, lambda: t("settings.takes.pair"))
_PLACE = _Kind(lambda v: tuple(v) if _is_pair(v, -100_000) else None, lambda: t("settings.takes.pair"))
_NAMES = _Kind(lambda v: tuple(v[:MOST_RECENT]) if isinstance(v, list) and all(type(i) is str for i in v)
               else None, lambda: t("settings.takes.names"))
_PANELS = _Kind(lambda v: tuple(v) if isinstance(v, list) and all(i in ("gallery", "problems", "timeline") for i in v)
                else None, lambda: t("settings.takes.names"))
_SIZES = _Kind(lambda v: dict(v) if isinstance(v, dict) and all(type(i) is int and 0 <= i < 100_000
                                                               for i in v.values()) else None,
               lambda: t("settings.takes.sizes"))
_VIEWS = _Kind(lambda v: {name: tuple(map(float, seen)) for name, seen in v.items()} if isinstance(v, dict)
               and all(isinstance(seen, list) and len(seen) == 3 and all(type(i) in (int, float) and abs(i) < 1e7 for i in seen)
                       and 0.05 <= seen[2] <= 4 for seen in v.values()) else None, lambda: t("settings.takes.views"))


def _setting(kind: _Kind, default: Any) -> Any:
    made = {"default_factory": lambda: dict(default)} if isinstance(default, dict) else {"default": default}
    return field(metadata={"kind": kind}, **made)


@dataclass(frozen=True)
class Settings:
    """What a person chose. Sizes and places are in pixels of the screen; an edit makes a new one (`replace`).

    position: the window's corner, None where the system chooses. panels: width or height by the panel's name; opened:
    those that are open, besides the inspector. views: what was seen of each file last: x, y and scale of its View.
    other: what else the file holds (settings of a later release); it is written back as it was.
    """

    language: str = _setting(_one_of("auto", *LANGUAGES), "auto")
    theme: str = _setting(_one_of(*THEMES), "dark")
    font_scale: float = _setting(_number(0.5, 3), 1.0)
    window: tuple[int, int] = _setting(_SIZE, (1440, 900))
    position: tuple[int, int] | None = _setting(_PLACE, None)
    maximized: bool = _setting(_FLAG, False)
    panels: Mapping[str, int] = _setting(_SIZES, {"inspector": 350, "problems": 160, "gallery": 220, "timeline": 240})
    inspector: bool = _setting(_FLAG, True)
    opened: tuple[str, ...] = _setting(_PANELS, ())
    minimap: bool = _setting(_FLAG, True)
    snap: bool = _setting(_FLAG, False)
    compact: bool = _setting(_FLAG, True)
    run_on_change: bool = _setting(_FLAG, False)
    autosave_seconds: int = _setting(_whole(1, 3600), 20)
    recent_files: tuple[str, ...] = _setting(_NAMES, ())
    recent_nodes: tuple[str, ...] = _setting(_NAMES, ())
    views: Mapping[str, tuple[float, ...]] = _setting(_VIEWS, {})
    other: Mapping[str, Any] = field(default_factory=dict)

    def with_recent_file(self, path: Path) -> Settings:
        """These settings with a file at the head of the recent ones."""
        return replace(self, recent_files=_first(str(path.absolute()), self.recent_files))

    def with_recent_node(self, name: str) -> Settings:
        """These settings with a palette entry at the head of the recent ones."""
        return replace(self, recent_nodes=_first(name, self.recent_nodes))


def _first(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return (name, *(n for n in names if n != name))[:MOST_RECENT]


_KINDS: dict[str, _Kind] = {f.name: f.metadata["kind"] for f in fields(Settings) if "kind" in f.metadata}


# ---- the file ----------------------------------------------------------------------------------------------

def load(folder: Path | None = None) -> tuple[Settings, list[str]]:
    """The settings in a folder (the user's), and a sentence for each thing that is wrong with them.

    A file that is no YAML is moved to settings.yaml.broken; of one with wrong values the rest is used, and
    a copy is left there. Where there is no file, these are the usual settings.
    """
    path = (folder or user_folder()) / FILE
    if not os.path.lexists(path):
        return Settings(), []
    try:
        found = read_mapping(path)
    except GraphError as error:
        kept = _aside(path, move=True)
        return Settings(), [t("settings.broken", path=path, kept=kept, why=error.problems[0])]
    told, wrong = {}, []
    for name, value in found.items():
        kind = _KINDS.get(name)
        understood = kind.read(value) if kind is not None else None
        if understood is not None:
            told[name] = understood
        elif kind is not None and not (name == "position" and value is None):
            wrong.append(name)
    settings = Settings(**told, other={name: value for name, value in found.items() if name not in _KINDS})
    kept = _aside(path, move=False) if wrong else path
    return settings, [t("settings.wrong", path=f"{path}:{found.marks[name][0]}", key=name,
                        found=written(found[name]), takes=_KINDS[name].takes(),
                        usual=_shown(getattr(settings, name)), kept=kept) for name in wrong]


def save(settings: Settings, folder: Path | None = None) -> None:
    """Write the settings, whole or not at all. Raises NodegraphError where that cannot be done."""
    path = (folder or user_folder()) / FILE
    tree = {name: _plain(getattr(settings, name)) for name in _KINDS}
    text = yaml.dump({**tree, **settings.other}, Dumper=_Dumper, sort_keys=False, allow_unicode=True,
                     width=10_000)
    try:
        write_whole(path, text)
    except OSError as error:
        raise NodegraphError(t("settings.not_saved", path=path, why=error.strerror or error)) from None


def _aside(path: Path, move: bool) -> Path:
    """Keep a wrong file under a name beside it; where it is kept (where it was if it cannot be moved)."""
    kept = path.with_name(f"{path.name}.broken")
    number = 2
    try:
        while os.path.lexists(kept) and not _alike(kept, path):
            kept = path.with_name(f"{path.name}.broken{number}")
            number += 1
        if move:
            os.replace(path, kept)
        else:
            shutil.copyfile(path, kept)
    except OSError:  # a folder that may not be written to: the file stays where it is, and is told to
        return path
    return kept


def _alike(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


def _shown(value: Any) -> str:
    text = yaml.safe_dump(_plain(value), default_flow_style=True, sort_keys=False)
    return text.removesuffix("...\n").strip()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return list(value) if isinstance(value, tuple) else value


class _Dumper(yaml.SafeDumper):
    """Quotes what a graph file's reader would take for something else than a text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def text(self, value: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", value, None if scalar(value) is value else '"')


_Dumper.add_representer(str, _Dumper.text)
for _type, _represent in ((dict, _Dumper.represent_dict), (list, _Dumper.represent_list)):
    _Dumper.add_multi_representer(_type, _represent)  # what a file held besides, with its marks
