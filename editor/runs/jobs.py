"""What the window asks of the worker: runs, and things that are wanted of what runs made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import Engine, Graph

from . import updates as up


class Request(NamedTuple):
    """Something that is wanted of what a job made. path: the file that it is to be written to, if it is."""

    job: int
    output: str
    do: Callable[[Engine], up.Update]
    path: Path | None = None


@dataclass(eq=False)
class Job:
    number: int
    graph: Graph
    only: tuple[str, ...] | None
    to: tuple[str, ...] | None
    given: dict[str, Any]
    label: str
    aside: bool = False  # its results are for the gallery alone, not for the canvas
    cancel: threading.Event = field(default_factory=threading.Event)

    @property
    def kind(self) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None, str]:
        """What it runs to; of those that wait with one kind, only the newest does."""
        return self.only, self.to, self.label

    def done(self, seconds: float = 0.0, cancelled: bool = True,
             outputs: Mapping[str, up.Output] | None = None, failed: int = 0,
             seeds: Mapping[str, int] | None = None) -> up.Done:
        """The update that ends it."""
        return up.Done(self.number, self.label, seconds, cancelled, outputs or {}, failed, self.graph,
                       self.given, seeds or {})
