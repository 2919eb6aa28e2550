"""Stretches of time as a graph file has them (`2 - 4.5`, in seconds), and what a drag makes of them.

Things that follow one another stay in their order and never lie over each other: what is moved takes the room that its
neighbours can give, and an edge that two share moves for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

SPAN = "Span"  # the type of a port that says when something is there
HELD = 4.0  # seconds for what nothing is said about
SHORTEST = 0.1  # seconds to which a drag can bring something
GLUED = 0.02  # seconds: edges that are nearer are one
_WRITTEN = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(?:-|\N{EN DASH})\s*(\d+(?:\.\d*)?|\.\d+)\s*s?\s*\Z")


class Span(NamedTuple):
    """From when to when, in seconds."""

    begin: float
    end: float

    @property
    def written(self) -> str:
        """As it stands in a file."""
        return f"{round(self.begin, 2):g} - {round(self.end, 2):g}"


def read(value: Any) -> Span | None:
    """What stands in a file; None for what is no stretch of time."""
    found = _WRITTEN.match(value) if isinstance(value, str) else None
    span = Span(float(found[1]), float(found[2])) if found is not None else None
    return span if span is not None and span.begin < span.end else None


def read_all(value: Any) -> list[Span]:
    """Those of a list, or of one, up to the first that is none."""
    found = []
    for one in value if isinstance(value, (list, tuple)) else [] if value is None else [value]:
        span = read(one)
        if span is None:
            break
        found.append(span)
    return found


def spread(given: Sequence[Span], lengths: Sequence[float], until: float) -> list[Span]:
    """A stretch for each thing, as the node that is told of some gives it: what lasts by itself follows what was before at
    its own length, and other things share what is left up to `until`, or take four seconds each where nothing is left.

    lengths: how long each lasts by itself, in seconds; 0 for a picture or a line.
    """
    found = list(given[:len(lengths)])
    rest = lengths[len(found):]
    start = max((one.end for one in found), default=0.0)
    each = (until - start) / len(rest) if rest and until > start else HELD
    if not any(rest):
        return found + [Span(start + each * at, start + each * (at + 1)) for at in range(len(rest))]
    for own in rest:
        start = found[-1].end if found else 0.0
        found.append(Span(start, start + (own or each)))
    return found


def moved(spans: Sequence[Span], number: int, begin: float) -> list[Span]:
    """One of them begun elsewhere, as long as before; neighbours give way, and what lay against it goes along."""
    found, (old, end) = list(spans), spans[number]
    low = found[number - 1].begin + SHORTEST if number else 0.0
    high = found[number + 1].end - SHORTEST if number + 1 < len(found) else float("inf")
    begin = max(low, min(begin, high - (end - old)))
    if begin + (end - old) > high:  # there is no room to go anywhere
        return found
    found[number] = Span(begin, begin + end - old)
    if number and (abs(found[number - 1].end - old) < GLUED or found[number - 1].end > begin):
        found[number - 1] = found[number - 1]._replace(end=begin)
    if number + 1 < len(found) and (abs(found[number + 1].begin - end) < GLUED or found[number + 1].begin < found[number].end):
        found[number + 1] = found[number + 1]._replace(begin=found[number].end)
    return found


def stretched(spans: Sequence[Span], number: int, edge: str, at: float) -> list[Span]:
    """The "begin" or the "end" of one of them elsewhere; a neighbour that shares the edge, or is reached, gives way."""
    found, one = list(spans), spans[number]
    other = number - 1 if edge == "begin" else number + 1
    beside = found[other] if 0 <= other < len(found) else None
    if edge == "begin":
        at = max(beside.begin + SHORTEST if beside else 0.0, min(at, one.end - SHORTEST))
        found[number] = one._replace(begin=at)
        if beside and (abs(beside.end - one.begin) < GLUED or beside.end > at):
            found[other] = beside._replace(end=at)
    else:
        at = max(one.begin + SHORTEST, min(at, beside.end - SHORTEST if beside else float("inf")))
        found[number] = one._replace(end=at)
        if beside and (abs(beside.begin - one.end) < GLUED or beside.begin < at):
            found[other] = beside._replace(begin=at)
    return found


def snapped(at: float, marks: Iterable[float], reach: float) -> float:
    """The mark that is nearest within reach; to the hundredth of a second where there is none."""
    near = min(marks, key=lambda mark: abs(mark - at), default=None)
    return near if near is not None and abs(near - at) <= reach else round(at, 2)
