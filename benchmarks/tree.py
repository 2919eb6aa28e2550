"""A source tree made importable as it lies, without installing it: this one, or another commit's.

    PYTHONPATH=$(python benchmarks/tree.py ../before) python benchmarks/engine.py --json before.json

A folder in `build/` of that tree holds a link for each of the three packages, named as they are imported, and the
metadata by which packs are found. Whatever they need beside themselves has to be there already.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def importable(root: Path = ROOT) -> Path:
    """The folder to put first on `sys.path`, made anew."""
    root = root.resolve()
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    folder = root / "build" / "importable"
    folder.mkdir(parents=True, exist_ok=True)
    for package, place in project["tool"]["setuptools"]["package-dir"].items():
        if "." not in package:
            link(folder / package, root / place)
    metadata(folder, project["project"])
    return folder


def link(name: Path, target: Path) -> None:
    """A symbolic link, whatever stood there before."""
    name.unlink(missing_ok=True)
    name.symlink_to(target, target_is_directory=True)


def metadata(folder: Path, project: dict[str, Any]) -> None:
    """What an installer would write of the project: its name, and the entry points of its packs."""
    info = folder / f"{project['name']}-{project['version']}.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n", "utf-8")
    lines = [line for group, entries in project["entry-points"].items()
             for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()))]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    print(importable(*map(Path, sys.argv[1:2])))
