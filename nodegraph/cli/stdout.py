"""Keeps stdout for what was asked for: while a command runs, what nodes and packs print goes to stderr."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO


class StdoutFailed(Exception):
    """Nothing can be written to stdout, and not since its reader has gone."""

    def __init__(self, error: OSError):
        super().__init__(f"stdout cannot be written: {error.strerror or error}")


class Stdout:
    """Called with a text, writes a line to the real stdout.

    Libraries that write to the file descriptor are turned aside too.
    """

    def __enter__(self) -> Stdout:
        self.stream: TextIO | None = sys.stdout
        self.kept: int | None = None
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter shows its number
        try:
            if sys.stdout.fileno() == 1:
                flush(sys.stdout)
                self.kept = os.dup(1)
                os.dup2(2, 1)
                self.stream = open(self.kept, "w", encoding=sys.stdout.encoding, errors="backslashreplace")
        except (OSError, ValueError, AttributeError):
            pass  # a stdout that is no file, in tests and notebooks, or none at all
        self.before, sys.stdout = sys.stdout, sys.stderr
        return self

    def __call__(self, text: str) -> None:
        if self.stream is not None:
            try:
                self.stream.write(f"{text}\n")
                self.stream.flush()
            except BrokenPipeError:
                raise
            except OSError as error:
                raise StdoutFailed(error) from None

    def json(self, document: Any) -> None:
        """Write a JSON document."""
        import json

        unicode = (getattr(self.stream, "encoding", None) or "utf-8").lower().replace("-", "").startswith("utf")
        self(json.dumps(document, ensure_ascii=not unicode, indent=2, default=str))

    def __exit__(self, *error: object) -> None:
        sys.stdout = self.before
        if self.kept is not None:
            _flush_libraries()
            os.dup2(self.kept, 1)
            try:
                self.stream.close() if self.stream is not None else os.close(self.kept)
            except OSError:
                pass  # what could not be written was told when it was


def flush(stream: TextIO | None) -> None:
    """Write what a standard stream still holds. Raises StdoutFailed where stdout refuses."""
    if stream is None:
        return
    try:
        stream.flush()
    except (BrokenPipeError, ValueError):
        if stream is sys.stdout:
            raise
    except OSError as error:
        if stream is sys.stdout:
            raise StdoutFailed(error) from None


def silence(*numbers: int) -> None:
    """Point standard streams nowhere, both if none is named, so that closing them at exit raises nothing."""
    null = os.open(os.devnull, os.O_WRONLY)
    for number in numbers or (1, 2):
        os.dup2(null, number)


def _flush_libraries() -> None:
    """What C libraries still hold of their stdout goes where it went while they ran."""
    if "ctypes" in sys.modules and sys.platform != "win32":
        import ctypes

        ctypes.CDLL(None).fflush(None)
