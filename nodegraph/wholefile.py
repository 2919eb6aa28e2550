"""Files put in place whole, and taken away, where others may have them open.

On Windows a file that a program has open or mapped can be neither taken away nor replaced; scanners and indexers open
what has just been written for a moment, too. So a refusal is waited out for a little, and after that the caller's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAITS = (0.01, 0.03, 0.1, 0.3)  # seconds between one try and the next


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file beside this one to write to, which takes its place if nothing goes wrong."""
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield part
        put_in_place(part, path)
    finally:
        take_away(part)


def write_whole(path: Path, text: str) -> None:
    """Write a text as UTF-8 so that a reader finds the old file or the new one, never half of it.

    Makes the folder; writes through links, and keeps the file's mode. Raises OSError, and nothing has changed then.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            part.chmod(path.stat().st_mode & 0o777)


def put_in_place(part: str | Path, path: str | Path) -> None:
    """Give a file another's place. Raises OSError, PermissionError where someone holds that other one open."""
    for seconds in WAITS:
        try:
            return os.replace(part, path)
        except PermissionError:
            if os.name != "nt" and not os.path.exists(path):
                raise  # it is the folder that may not be written to, and that does not pass
            time.sleep(seconds)
    os.replace(part, path)


def take_away(path: str | Path) -> bool:
    """Unlink a file; whether it is gone. False where it may not be, as while someone holds it open on Windows."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    return True
