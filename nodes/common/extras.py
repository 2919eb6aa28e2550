"""Libraries that not everybody has: all that a node lacks is told at once, with the one command that brings it."""

from __future__ import annotations

from importlib.util import find_spec

from nodegraph import InputError


def lacking(purpose: str, extra: str, *libraries: str) -> str:
    """Which of these libraries are not installed, as a sentence; "" where all are there.

    purpose: what needs them, "engraving". extra: of nodegraph, which brings them. libraries: by their names on an index,
    which are those of their modules.
    """
    missing = [library for library in libraries if find_spec(library) is None]
    if not missing:
        return ""
    *others, last = missing
    named, many = f"{', '.join(others)} and {last}" if others else last, bool(others)
    return (f"{purpose} needs {named}, which {'are' if many else 'is'} not installed: pip install {' '.join(missing)} "
            f"(the extra `{extra}` brings {'them' if many else 'it'})")


def judge_there(purpose: str, extra: str, *libraries: str) -> None:
    """Raises InputError where one of these libraries is not installed."""
    wrong = lacking(purpose, extra, *libraries)
    if wrong:
        raise InputError(wrong)
