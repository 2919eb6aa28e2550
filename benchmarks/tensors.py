"""The most that tensors take at once in a call, beside what was there before it: counted by what every operation gives.

    python benchmarks/tensors.py [--model starter/painter] [--steps 4]

The same picture by plain diffusers and through the engine, whose workers are counted too. What an operation takes for
itself while it works is alike in both and is not seen.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

import argparse
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from overhead import GRAPH, PROMPT, loaded, plain
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from nodegraph import Engine
from nodegraph.graphfile import parse
from nodegraph.runs.call import Caller


class Held:
    """Bytes of storages that tensors hold, now and at most. A storage that is there already counts for nothing."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.tensors: dict[int, list[int]] = {}  # by storage: how many tensors hold it, and its bytes
        self.lock = threading.RLock()

    def add(self, tensor: torch.Tensor) -> None:
        """A tensor that an operation gave."""
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        with self.lock:
            entry = self.tensors.setdefault(key, [0, size])
            entry[0] += 1
            if entry[0] == 1:
                self.now += size
                self.most = max(self.most, self.now)
        weakref.finalize(tensor, self.drop, key)

    def drop(self, key: int) -> None:
        """One tensor less that holds a storage."""
        with self.lock:
            entry = self.tensors[key]
            entry[0] -= 1
            if not entry[0]:
                self.now -= entry[1]
                del self.tensors[key]


class Counting(TorchDispatchMode):
    """Counts what the operations of a thread give, but for views of what was there before."""

    def __init__(self, held: Held):
        super().__init__()
        self.held = held

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The operation, and its tensors counted."""
        made = func(*args, **(kwargs or {}))
        given = {t.untyped_storage()._cdata for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)}
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                key = tensor.untyped_storage()._cdata
                if key in self.held.tensors or key not in given:
                    self.held.add(tensor)
        return made


@contextmanager
def in_workers(held: Held) -> Iterator[None]:
    """Count the calls of nodes, in whichever thread each is made."""
    own = Caller.call_once

    def counted(self: Caller, job: Any) -> Any:
        with Counting(held):
            return own(self, job)

    Caller.call_once = counted  # type: ignore[method-assign]
    try:
        yield
    finally:
        Caller.call_once = own  # type: ignore[method-assign]


def most(call: Callable[[], object], around: Callable[[Held], Any]) -> int:
    """The most bytes that tensors held at once in a call."""
    held = Held()
    with around(held):
        call()
    return held.most


def measured(model: str, steps: int) -> tuple[int, int]:
    """The most bytes at once, of the plain call and of the graph, each at its second turn."""
    graph, pipe = parse(GRAPH.format(model=model, steps=steps, prompt=PROMPT))[0], loaded(model, "cpu", "float32")
    plain(pipe, 0, steps)
    of_plain = most(lambda: plain(pipe, 1, steps), Counting)
    with Engine(None, device="cpu") as engine:
        engine.run(graph, {"seed": 0})
        fresh = graph.with_value("idea", "negative_prompt", "round 1")
        return of_plain, most(lambda: engine.run(fresh, {"seed": 1})["picture"], in_workers)


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="starter/painter")
    parser.add_argument("--steps", type=int, default=4)
    of_plain, of_engine = measured(**vars(parser.parse_args(argv)))
    print(f"plain {of_plain / 1e6:.3f} MB   nodegraph {of_engine / 1e6:.3f} MB   {100 * (of_engine / of_plain - 1):+.2f} %")


if __name__ == "__main__":
    main()
