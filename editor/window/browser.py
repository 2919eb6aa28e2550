"""What a folder holds, as the file dialog lists it. No window is needed to know this."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

GRAPHS = (".yaml", ".yml", ".png", ".zip")
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")


class Entry(NamedTuple):
    """A file or a folder in a list."""

    name: str
    path: Path
    is_folder: bool

    @property
    def icon(self) -> str:
        """What is drawn beside it."""
        return "folder" if self.is_folder else "picture" if self.path.suffix.lower() in PICTURES else "paper"


def entries(folder: Path, suffixes: tuple[str, ...] = (), search: str = "", hidden: bool = False) -> list[Entry]:
    """Folders first, then the files with one of these suffixes (all, if there are none), each by name.

    search: letters that must be in the name. Raises OSError if the folder cannot be read.
    """
    found = []
    for item in os.scandir(folder):
        if item.name.startswith(".") and not hidden or search.lower() not in item.name.lower():
            continue
        is_folder = item.is_dir()
        if is_folder or not suffixes or item.name.lower().endswith(suffixes):
            found.append(Entry(item.name, Path(item.path), is_folder))
    return sorted(found, key=lambda entry: (not entry.is_folder, entry.name.lower()))


def completed(folder: Path, typed: str, suffix: str = "") -> Path:
    """The path that was typed: absolute, from home (~), or in the folder shown; with a suffix where it has none."""
    path = folder / Path(typed.strip()).expanduser()
    return path.with_name(path.name + suffix) if suffix and not path.suffix and not path.is_dir() else path


def nearest_folder(*wanted: str | Path | None) -> Path:
    """The first of these that is a folder, or the folder one is in; then the one that the editor was started in, where that
    is a place to keep files; the user's own at last."""
    for place in wanted:
        if place:
            place = Path(place).expanduser().absolute()
            if place.is_dir():
                return place
            if place.parent.is_dir():
                return place.parent
    here = Path.cwd()
    started = here != Path(here.anchor) and os.access(here, os.W_OK)
    return here if started or not Path.home().is_dir() else Path.home()


def places(*more: str | Path | None) -> list[Path]:
    """Folders worth a click: the current one, the user's own, and these others, each once."""
    wanted = [Path(place).absolute() for place in (*more, Path.cwd(), Path.home()) if place]
    return [place for place in dict.fromkeys(wanted) if place.is_dir()]
