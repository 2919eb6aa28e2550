"""A result as it is shown: what a run gave under a name, and how it looks."""

from __future__ import annotations

from typing import NamedTuple

from nodegraph import PortType

from .thumbnails import Thumbnail


class Made(NamedTuple):
    """A result. job, output: what the runner knows it by; type: None where that is not known."""

    job: int
    output: str
    title: str
    type: PortType | None
    thumbnail: Thumbnail
