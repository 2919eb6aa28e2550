"""How a node is doing."""

from __future__ import annotations

from dataclasses import dataclass, field

from .thumbnails import Thumbnail


@dataclass
class NodeState:
    """How a node is doing. status: "", "waiting", "running", "ran", "cached", "failed" or "skipped".

    thumbnails: by output port; the one under "" shows what is being made while the node runs.
    stale: what is shown no longer follows from the graph.
    """

    status: str = ""
    done: float = 0.0
    total: float | None = None
    text: str = ""
    seconds: float = 0.0
    error: str = ""
    report: str = ""
    stale: bool = False
    thumbnails: dict[str, Thumbnail] = field(default_factory=dict)
