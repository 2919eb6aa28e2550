"""How several pictures are seen in one place: each in a band of it, or each for a while."""

from __future__ import annotations

from collections.abc import Sequence

PERIOD = 0.6  # seconds that each is seen while they flicker


def bands(count: int, at: float) -> list[tuple[float, float]]:
    """The part of the width, 0 to 1, in which each of several pictures is seen. at: where the line between two lies.

    With two, the line is where the pointer is. With more, there is a line at every whole fraction, and the pointer
    opens the band that it is in to half of the width.
    """
    at = min(1.0, max(0.0, at))
    if count < 2:
        return [(0.0, 1.0)] * count
    if count == 2:
        return [(0.0, at), (at, 1.0)]
    wide = min(count - 1, int(at * count))
    narrow = 0.5 / (count - 1)
    found, left = [], 0.0
    for number in range(count):
        right = 1.0 if number == count - 1 else left + (0.5 if number == wide else narrow)
        found.append((left, right))
        left = right
    return found


def turn(count: int, seconds: float) -> int:
    """Which of several pictures is seen after so many seconds of flickering."""
    return int(seconds / PERIOD) % count if count else 0


def common(outputs: Sequence[Sequence[str]]) -> list[str]:
    """The names that stand in every one of several lists, in the order of the first."""
    return [name for name in outputs[0] if all(name in other for other in outputs[1:])] if outputs else []
