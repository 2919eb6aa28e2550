"""What a Run tells: one stream of small tuples that the command line, the editor and the tests read.

`node` is a node's name, with the names of the graphs around it in front (`intro/verse`). `seconds` are measured
on a monotonic clock; `at` counts from the start of the run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .errors import NodeFailed


class Planned(NamedTuple):
    """The run begins. nodes: every node that may run, in order."""

    nodes: tuple[str, ...]


class Started(NamedTuple):
    """A node's code is about to be called."""

    node: str
    at: float


class Progress(NamedTuple):
    """A node says how far it is, in its own unit; `preview` is a small picture or a text so far, or None."""

    node: str
    done: float
    total: float | None
    text: str = ""
    preview: Any = None


class Finished(NamedTuple):
    """A node ran. outputs: the digest of each output port. ran, remembered: items, where it was mapped.

    bytes: of what it gave.
    """

    node: str
    seconds: float
    outputs: tuple[bytes, ...]
    at: float
    ran: int = 1
    remembered: int = 0
    bytes: int = 0


class Loading(NamedTuple):
    """A model is about to be loaded, for the first node that asks for it; `Loaded` follows, unless that fails."""

    node: str
    source: str


class Loaded(NamedTuple):
    """A model was loaded, for the first node that asked for it."""

    node: str
    source: str
    seconds: float
    bytes: int
    at: float


class Cached(NamedTuple):
    """A node did not run: its result was remembered."""

    node: str
    outputs: tuple[bytes, ...]


class Failed(NamedTuple):
    """A node's own code raised."""

    node: str
    error: NodeFailed


class Skipped(NamedTuple):
    """A node did not run, since something that it reads failed or the run was stopped first.

    because: the node that failed, or "". stopped: whether the run was stopped.
    """

    node: str
    because: str
    stopped: bool = False


class Warned(NamedTuple):
    """Something is not as it should be, and the run goes on.

    node: whose result it is about, or "".
    """

    message: str
    node: str = ""

    def __str__(self) -> str:
        return f"{self.node}: {self.message}" if self.node else self.message


class Done(NamedTuple):
    """The run is over."""

    seconds: float
    cancelled: bool = False


Event = Planned | Started | Progress | Loading | Loaded | Finished | Cached | Failed | Skipped | Warned | Done
