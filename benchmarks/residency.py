"""What the engine costs between the kernels of a device: tensors named, kept, and moved down to the host.

    python benchmarks/residency.py [--device cuda:0] [--dry]

`--dry` takes sizes that any processor does at once; the figures then say nothing but that the script works.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any, NamedTuple

import torch

from nodegraph import SILENT, Catalogue, Context, Engine, Graph, PortType, node
from nodegraph.digest import tensor_digest
from nodegraph.graphfile import parse

KIB, MIB = 1 << 10, 1 << 20
Tensor = Annotated[Any, PortType("Tensor")]


class Figure(NamedTuple):
    """What was measured, and what came out, in words."""

    what: str
    value: str


@node("residency.fill", version=1)
def fill(size: int, ctx: Context = SILENT) -> Tensor:
    """So many bytes."""
    return torch.zeros(size // 4, device=ctx.device)


@node("residency.step", version=1)
def step(tensor: Tensor, by: float = 1.0) -> Tensor:
    """One small kernel."""
    return tensor + by


def chain(length: int, size: int) -> Graph:
    """A fill, and so many steps after it."""
    steps = "".join(f"  n{i}: {{type: residency.step, tensor: $n{i - 1}}}\n" for i in range(1, length + 1))
    return parse(f"nodegraph: 1\nnodes:\n  n0: {{type: residency.fill, size: {size}}}\n{steps}"
                 f"outputs: {{last: $n{length}}}")[0]


def plain_chain(length: int, size: int, device: str) -> None:
    """The same without an engine; what was made is kept, as the engine keeps it."""
    kept = [torch.zeros(size // 4, device=device)]
    for _ in range(length):
        kept.append(kept[-1] + 1.0)


def an_engine(device: str, budget: float = 0.9) -> Engine:
    """An Engine that has run nothing, with room on the host for all that a device lets go."""
    return Engine(None, catalogue=Catalogue([fill, step], installed=False), device=device, device_memory=budget,
                  host=16 << 30)


class Clock:
    """Seconds by the clock, with all that a device still has to do."""

    def __init__(self, device: str, rounds: int):
        self.settle: Callable[[], object] = torch.cuda.synchronize if device != "cpu" else lambda: None
        self.rounds = rounds

    def once(self, call: Callable[[], object]) -> float:
        gc.collect()  # an Engine that went lets go of the device only then
        self.settle()
        started = time.perf_counter()
        call()
        self.settle()
        return time.perf_counter() - started

    def median(self, call: Callable[[], object]) -> float:
        """Of several calls, after one that does not count."""
        self.once(call)
        return statistics.median(self.once(call) for _ in range(self.rounds))


def between_kernels(device: str, clock: Clock, sizes: dict[int, int]) -> Iterator[Figure]:
    """What a node costs, beside the same kernels without an engine. sizes: bytes of a tensor -> length of a chain."""
    for size, length in sizes.items():
        graph = chain(length, size)

        def run() -> None:
            with an_engine(device) as engine:
                result = engine.run(graph)
                if result.errors:
                    raise result.errors[0]

        with_engine, plain = clock.median(run), clock.median(lambda: plain_chain(length, size, device))
        named = clock.median(lambda: tensor_digest(torch.zeros(size // 4, device=device)))
        yield Figure(f"a node between kernels, tensors of {in_words(size)}",
                     f"{(with_engine - plain) / length * 1e6:.0f} us, of which {named * 1e6:.0f} us name the tensor; "
                     f"the kernel alone {plain / length * 1e6:.0f} us")


def speeds(device: str, clock: Clock, size: int) -> Iterator[Figure]:
    """How fast a large tensor is named where it is, and what a copy to the host would take instead."""
    tensor = torch.arange(size // 4, dtype=torch.int32, device=device)
    for what, call in (("a tensor is named on its device", lambda: tensor_digest(tensor)),
                       ("a tensor goes to the host", lambda: tensor.to("cpu", copy=True)),
                       ("a tensor goes to the host and is named there",
                        lambda: tensor_digest(tensor.to("cpu", copy=True)))):
        yield Figure(f"{what}, {in_words(size)}", f"{size / clock.median(call) / 1e9:.1f} GB/s")


def eviction(device: str, clock: Clock, size: int, length: int) -> Iterator[Figure]:
    """What it costs to go on under a budget that holds only a quarter of what is made."""
    def run(budget: int) -> Callable[[], None]:
        def call() -> None:
            with an_engine(device, budget) as engine:
                engine.run(chain(length, size))
        return call

    roomy, narrow = clock.median(run(2 * length * size)), clock.median(run(length * size // 4))
    moved = length * size * 3 // 4
    yield Figure(f"a chain of {length} tensors of {in_words(size)} that all stay", f"{roomy * 1e3:.0f} ms")
    yield Figure("the same where a quarter may stay", f"{narrow * 1e3:.0f} ms"
                 + (f", {moved / (narrow - roomy) / 1e9:.1f} GB/s to the host" if narrow > roomy else ""))


def in_words(size: int) -> str:
    """Bytes, for a reader."""
    return f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB"


def measured(device: str, dry: bool = False, rounds: int = 5) -> Iterator[Figure]:
    """Every figure, one after another."""
    clock = Clock(device, 1 if dry else rounds)
    yield from between_kernels(device, clock, {4 * KIB: 5, 64 * KIB: 5} if dry else
                               {4 * KIB: 200, MIB: 200, 16 * MIB: 100, 256 * MIB: 12})
    yield from speeds(device, clock, MIB if dry else 256 * MIB)
    if device != "cpu":
        yield from eviction(device, clock, 256 * MIB, 16)


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--device", default="cuda:0" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--dry", action="store_true")
    asked = parser.parse_args(argv)
    for figure in measured(asked.device, asked.dry):
        print(f"{figure.what:60} {figure.value}", flush=True)


if __name__ == "__main__":
    main()
