"""The values that a range is run with."""

from __future__ import annotations

MOST = 7


def spread(start: float, end: float, whole: bool, most: int = MOST) -> list[float]:
    """Values from one to the other, both among them, evenly apart and in order; whole numbers each once."""
    if start == end:
        return [start]
    if whole:
        count = min(most, abs(round(end) - round(start)) + 1)
        return list(dict.fromkeys(round(start + (end - start) * at / (count - 1)) for at in range(count)))
    return [round(start + (end - start) * at / (most - 1), 6) for at in range(most)]
