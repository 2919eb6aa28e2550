"""What a run gave, for whoever asked for it: outputs by name, how each node fared, and how it shows in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .display import shown
from .errors import InputError, NodeFailed
from .export import depth_of
from .outputs import save
from .runs import NodeResult, Result
from .types import PortType


class RunResult(Mapping[str, Any]):
    """The outputs of a run by name, read when asked for: copies, which may be changed.

    nodes tells how each node fared; errors are the failures, passed_over those that a list did without; warnings are
    what nodes told of what they gave. seconds: how long the run took.
    """

    def __init__(self, result: Result):
        self.raw: Result = result
        self.seconds: float = result.seconds
        self.errors: list[NodeFailed] = result.errors
        self.passed_over: list[NodeFailed] = result.passed_over

    @property
    def nodes(self) -> dict[str, NodeResult]:
        """How each node fared, by name: its status, seconds and error."""
        return self.raw.nodes

    @property
    def warnings(self) -> list[str]:
        """What nodes told of what they dropped, changed or could not honour, each with the node's name."""
        return sorted(map(str, self.raw.run.report.warnings))

    @property
    def cancelled(self) -> bool:
        """Whether the run was stopped."""
        return self.raw.cancelled

    @property
    def lost(self) -> dict[str, list[tuple[tuple[int, ...], NodeFailed]]]:
        """Of outputs that are lists of which some items failed: the numbers of those, and the failure of each.

        Such an output is not among the others; `Engine.write` writes what is good of it.
        """
        return self.raw.lost

    @property
    def digests(self) -> dict[str, bytes]:
        """The digest of each output that was made, by name; `Engine.value` takes it."""
        return self.raw.digests

    def type(self, name: str) -> PortType:
        """The PortType of what an output that was made carries."""
        return self.raw.type(name)

    def save(self, name: str, path: str | Path) -> list[Path]:
        """Write an output to this very file, over one that is there; the paths.

        A list is written as name.1.png, name.2.png, ... A PNG carries the graph that made it. Raises InputError for
        an output that was not made and where the type cannot be written as such a file, OSError where the disk refuses.
        """
        path = Path(path)
        if not path.name:
            raise InputError(f"{path} is a folder; save({name!r}, ...) takes the path of a file, such as {name}.png")
        if name not in self.raw.digests:
            raise InputError(self._missing(name))
        value = self[name]  # which makes it again if it is gone
        return save(self.type(name), value, depth_of(self.digests[name]), path, self.raw.plan, name)

    def __getitem__(self, name: str) -> Any:
        if name not in self.raw.digests:
            raise KeyError(self._missing(name))
        return self.raw.value(name)

    def _missing(self, name: str) -> str:
        if name not in self.raw.plan.outputs:
            return f"there is no output {name}; the outputs are {', '.join(self.raw.plan.outputs)}"
        return f"{name} was not made; {self.reason(name)}"

    def reason(self, name: str) -> str:
        """Why an output is not there, in a few words."""
        return f"{self.errors[0]}" if self.errors else "the run was stopped before"

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw.digests)

    def __len__(self) -> int:
        return len(self.raw.digests)

    def __repr__(self) -> str:
        """The outputs that were made with their types, and what became of the others."""
        types = ", ".join(f"{name}: {self.type(name).name}{'[]' * depth_of(self.digests[name])}" for name in self)
        failed = f"; {len(self.errors)} failed: {self.errors[0].node}" if self.errors else ""
        return f"<RunResult {types or 'without outputs'}; {self.seconds:.2f} s{failed}{', stopped' * self.cancelled}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: pictures, players of sounds, texts."""
        return shown({name: (self.type(name), self[name], depth_of(self.digests[name])) for name in self},
                     [*map(str, self.errors), *self.warnings])
