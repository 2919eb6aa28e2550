"""Several files that one text names: a folder, or a pattern such as photos/*.jpg."""

from __future__ import annotations

import os
import re
from glob import glob, has_magic
from pathlib import Path


def beside(folder: Path, text: str | Path) -> Path:
    """Where a path leads: from a folder, unless it begins at the root or with `~`, somebody's home."""
    return folder / os.path.expanduser(text)


def listed_files(text: str, folder: Path) -> list[Path]:
    """The files of a folder, or those that a pattern matches, in natural order; hidden ones are left out.

    A relative text begins at `folder`. Empty where nothing is there.
    """
    text = os.path.expanduser(text)
    path = folder / text
    if path.is_dir():
        files = list(path.iterdir())
    elif has_magic(text):
        files = [folder / name for name in glob(text, root_dir=folder, recursive=True)]
    else:
        files = [path]
    return sorted((file for file in files if file.is_file() and not file.name.startswith(".")), key=natural)


def natural(path: Path) -> tuple[tuple[bool, int, str], ...]:
    """A sort key by which cat2 stands before cat10."""
    parts = re.findall(r"\d+|\D+", str(path))
    return tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts)
