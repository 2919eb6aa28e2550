"""`nodegraph open`: shows what a run made, in the program that the system has for it."""

from __future__ import annotations

from pathlib import Path

from ..errors import GraphError, Problem
from ..programs import start, viewer
from .exits import DONE
from .options import Options
from .stdout import Stdout


def open(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code."""
    path = _chosen(options.name, Path(options.out))
    stdout(str(path))
    command = viewer()
    if command is None:
        raise GraphError([Problem(None, "this system has no program that opens files (xdg-open)", f"The file is {path}.")])
    start(command, path)
    return DONE


def _chosen(name: str, folder: Path) -> Path:
    """The file that is meant: by its path, or the newest of a folder, of an output where one is named."""
    if name and Path(name).exists():
        return Path(name)
    files = [path for path in (folder.iterdir() if folder.is_dir() else ()) if path.is_file() and path.name[0] != "."
             and path.name != "profile.json" and (not name or path.name == name or path.name.split(".")[0] == name
                                                  or path.name.rsplit(".", 1)[0].rpartition("-")[0] == name)]
    if not files:
        what = f"no file of an output {name}" if name else "nothing"
        raise GraphError([Problem(None, f"there is {what} in {folder}", "Name a file, or the folder with --out DIR.")])
    return max(files, key=lambda path: (path.stat().st_mtime_ns, path.suffix == ".png", path.name))
