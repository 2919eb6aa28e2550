"""Where a run's time and memory went, read off its events: a table, and a file for chrome://tracing or Perfetto."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import events as ev
from .terminal import size, table


class Profile:
    """Listens to one or several runs."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []
        self.rows: list[tuple[str, float, int, int]] = []  # node, seconds, bytes, items
        self.remembered = 0
        self.total = 0.0
        self.offset = 0.0
        self.lanes: list[float] = []  # when each lane of the drawing is free again

    def __call__(self, event: ev.Event) -> None:
        match event:
            case ev.Finished():
                self.rows.append((event.node, event.seconds, event.bytes, event.ran))
                self.draw(event)
            case ev.Loaded():
                self.rows.append((f"load {event.source}", event.seconds, event.bytes, 0))
                self.draw(ev.Finished(f"load {event.source}", event.seconds, (), event.at, 0, 0, event.bytes))
            case ev.Cached():
                self.remembered += 1
            case ev.Done():
                self.total += event.seconds
                self.offset += event.seconds

    def draw(self, event: ev.Finished) -> None:
        """A bar in the first lane that is free: nodes that overlap stand one below the other."""
        begin, end = self.offset + event.at - event.seconds, self.offset + event.at
        lane = next((n for n, free in enumerate(self.lanes) if free <= begin), len(self.lanes))
        self.lanes[lane:lane + 1] = [end]
        # The Trace Event Format of Chromium: complete events, in microseconds.
        self.spans.append({"name": event.node, "ph": "X", "pid": 1, "tid": lane + 1, "ts": begin * 1e6,
                           "dur": event.seconds * 1e6, "args": {"bytes": event.bytes, "items": event.ran}})

    def text(self) -> str:
        """A table, the dearest node first, and what was spent outside of nodes."""
        rows = [[node, f"{seconds:.3f} s", f"{100 * seconds / max(self.total, 1e-9):.1f} %", size(count),
                 str(items) if items > 1 else ""]
                for node, seconds, count, items in sorted(self.rows, key=lambda row: -row[1])]
        inside = sum(seconds for _, seconds, _, items in self.rows if items)
        nodes = sum(1 for row in self.rows if row[3])
        lines = [table(rows, ["node", "seconds", "of the run", "gave", "items"]),
                 f"\n{self.total:.3f} s in all, {inside:.3f} s in {nodes} nodes (which may overlap), "
                 f"{self.remembered} remembered"]
        if (peak := peak_memory()) is not None:
            lines.append(f"{size(peak)} of memory at most in this process")
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Write the trace file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"traceEvents": self.spans, "displayTimeUnit": "ms"}), encoding="utf-8")


def peak_memory() -> int | None:
    """The most bytes this process had resident, where the system tells."""
    try:
        import resource
    except ImportError:
        return None
    import sys

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
