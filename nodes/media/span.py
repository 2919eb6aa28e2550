"""When something is there: from one second to another, in a graph file as `2 - 4.5`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from nodegraph import InputError, PortType

HELD = 4.0  # seconds that something lasts of which nothing is said
LONGEST = 100_000.0
_WRITTEN = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(?:-|\N{EN DASH})\s*(\d+(?:\.\d*)?|\.\d+)\s*s?\s*\Z")


class Stretch(NamedTuple):
    """A stretch of time, in seconds from the beginning: 0 <= begin < end."""

    begin: float
    end: float

    def __str__(self) -> str:
        return f"{self.begin:g} - {self.end:g}"


def spread(given: Sequence[Stretch], count: int, until: float) -> list[Stretch]:
    """A stretch for each of so many things: those that are given, and for the others equal shares of what is left up to
    `until`, or 4 seconds each where nothing is left. What is given for more things than there are is left out."""
    found = [Stretch(*one) for one in given[:count]]
    rest = count - len(found)
    start = max((one.end for one in found), default=0.0)
    each = (until - start) / rest if rest and until > start else HELD
    return found + [Stretch(start + each * at, start + each * (at + 1)) for at in range(rest)]


def _parsed(value: Any) -> Stretch:
    found = _WRITTEN.match(value) if isinstance(value, str) else None
    if found is None:
        raise InputError(f"{value!r} is no stretch of time; write from when to when in seconds, as in 2 - 4.5")
    made = Stretch(float(found[1]), float(found[2]))
    if not made.begin < made.end <= LONGEST:
        raise InputError(f"{value!r} ends at {made.end:g} s; it has to end after it begins, and before {LONGEST:g} s")
    return made


def _complaint(value: Any) -> str | None:
    if not isinstance(value, Stretch):
        return f"is {value!r}"
    return None if 0 <= value.begin < value.end <= LONGEST else f"is from {value.begin:g} to {value.end:g} s"


SPAN = PortType("Span", "From when to when something is there, in seconds.", takes="a stretch of time, as in 2 - 4.5",
                complaint=_complaint, parse=_parsed, flatten=tuple, restore=lambda plain: Stretch(*plain), preview=str,
                summary=str, color="#9db06a")
Span = Annotated[Stretch, SPAN]
