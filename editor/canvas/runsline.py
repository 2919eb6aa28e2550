"""The line of earlier runs at the foot of the canvas: a mark for each, and the handle that goes along them."""

from __future__ import annotations

from typing import NamedTuple

HEIGHT, INSET, WIDE, EACH = 34.0, 12.0, 420.0, 26.0  # pixels: of the line, from the edge, at the most, for each mark
ROOM = 120.0  # pixels at its left end for the words


class RunsLine(NamedTuple):
    """Where the line lies, in pixels, and how many runs there are on it, the newest at the right end."""

    x: float
    y: float
    width: float
    runs: int
    at: int

    def mark(self, number: int) -> float:
        """The pixel across at which a run stands."""
        first, last = self.x + ROOM, self.x + self.width - 16
        return last if self.runs < 2 else first + (last - first) * number / (self.runs - 1)

    def nearest(self, x: float) -> int:
        """The run whose mark is nearest to a pixel across."""
        return min(range(self.runs), key=lambda number: abs(self.mark(number) - x))

    def holds(self, x: float, y: float) -> bool:
        """Whether a pixel lies on the line."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + HEIGHT


def runs_line(count: int, at: int, size: tuple[float, float]) -> RunsLine | None:
    """The line for so many runs in a widget of so many pixels; None while there is nothing to go back to."""
    if count < 2 or size[0] < 2 * WIDE:
        return None
    width = min(WIDE, ROOM + 16 + EACH * count)
    return RunsLine(INSET, size[1] - HEIGHT - INSET, width, count, at if 0 <= at < count else count - 1)
