"""`nodegraph cache`: looks after what is remembered."""

from __future__ import annotations

import sys
from pathlib import Path

from ..cache import Cache
from ..cache.disk import Disk
from ..errors import GraphError, Problem
from ..machine import default_cache_folder
from .exits import DONE
from .options import Options, size_in_bytes
from .stdout import Stdout
from .terminal import size


def cache(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code."""
    if options.cache == "none":
        raise GraphError("--cache none keeps nothing, so there is nothing to look after; "
                         "name a folder, or leave it out")
    folder = Path(options.cache or default_cache_folder())
    if not (folder / "index.sqlite").exists():  # a Cache would make one
        if options.cache:
            raise GraphError([Problem(None, f"there is no cache in {folder}", "Check the name and the folder.")])
        stdout(f"there is no cache in {folder} yet; the first run makes it")
        return DONE
    with Cache(folder, warn=lambda message: print(f"warning: {message}", file=sys.stderr)) as store:
        if store.disk is None:
            raise GraphError(f"there is no usable cache in {folder}")
        stdout(_look_after(store.disk, folder, options))
    return DONE


def _look_after(disk: Disk, folder: Path, options: Options) -> str:
    """Do what is asked; what there is to say of it."""
    if options.action == "prune":
        count, freed = disk.prune(size_in_bytes(options.to, "--to") if options.to else disk.budget)
        return f"let go of {count} values, {size(freed)}; {size(disk.size)} left"
    counts = disk.counts()
    if options.action == "clear":
        disk.clear()
        return f"forgot {counts['traces']} traces and {counts['values']} values, {size(counts['bytes'])}"
    return (f"folder   {folder}\ntraces   {counts['traces']}\nvalues   {counts['values']}\n"
            f"size     {size(counts['bytes'])} of {size(disk.budget)}")
