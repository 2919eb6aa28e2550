"""Files: those that people bring, of which what the system refuses becomes a sentence, and those that are written whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nodegraph import InputError


@contextmanager
def reading(path: Path, of_a_folder: str) -> Iterator[None]:
    """A `with` in which a file is read. Raises InputError where there is none, or the system refuses.

    of_a_folder: what is said where the path is a folder, behind "... is a folder; ".
    """
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; {of_a_folder}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A `with` in which a file is written beside its place, with the same ending, and put there once it is whole."""
    partial = path.with_name(f".partial-{path.name}")
    try:
        yield partial
        with open(partial, "rb") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
