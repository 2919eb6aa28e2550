"""What the tests on a CUDA device share: nodes that work there, and a count of what is copied off it.

With NODEGRAPH_GPU=dry they run on a processor, with sizes to match, for the sake of the tests themselves; what only a
device can show is then skipped.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest
import torch

from nodegraph import SILENT, Catalogue, Context, Engine, Graph, PortType, node
from nodegraph.digest import digest
from nodegraph.graphfile import parse

HAS_GPU = torch.cuda.is_available()
DEVICE = "cuda:0" if HAS_GPU else "cpu"
MIB = 1 << 20
BIG = 64 * MIB if HAS_GPU else MIB  # bytes of a tensor that is large beside what is lost in the noise
NAME = 64  # bytes; naming a tensor, or looking at its extremes, brings no more than this to the host at a time

on_gpu = [pytest.mark.gpu, pytest.mark.skipif(not HAS_GPU and os.environ.get("NODEGRAPH_GPU") != "dry",
                                              reason="needs a CUDA device")]
device_only = pytest.mark.skipif(not HAS_GPU, reason="only a CUDA device can show this")

TENSOR = PortType("Tensor")
Tensor = Annotated[Any, TENSOR]


@node("gpu.fill", version=1)
def fill(value: float, size: int, ctx: Context = SILENT) -> Tensor:
    """So many bytes of one number."""
    return torch.full((size // 4,), value, device=ctx.device)


@node("gpu.step", version=1)
def step(tensor: Tensor, by: float = 1.0, ctx: Context = SILENT) -> Tensor:
    """Add to each element."""
    return tensor.to(ctx.device) + by


@node("gpu.first", version=1)
def first(tensor: Tensor) -> float:
    """The first element, all that comes to the host."""
    return float(tensor[0])


CHAIN_NODES = [fill, step, first]


def engine(cache: Path | None = None, more: list[Any] | None = None, **settings: Any) -> Engine:
    """An Engine on the device that knows the nodes above and no pack; the host has room for what leaves the device."""
    return Engine(cache, catalogue=Catalogue([*CHAIN_NODES, *(more or [])], installed=False), device=DEVICE,
                  workers=2, host=8 << 30, **settings)


def graph(text: str) -> Graph:
    """A graph from the YAML below `nodegraph: 1`."""
    made, problems = parse("nodegraph: 1\n" + text)
    assert not problems, problems
    return made


def chain(length: int, size: int = BIG, more: str = "", outputs: str = "") -> Graph:
    """Tensors of so many bytes, each made from the one before: n0 holds 0s, n1 holds 1s, and the last is an output.

    more: the text of further nodes, which `outputs` then names.
    """
    steps = "".join(f"  n{i}: {{type: gpu.step, tensor: $n{i - 1}}}\n" for i in range(1, length))
    return graph(f"nodes:\n  n0: {{type: gpu.fill, value: 0.0, size: {size}}}\n{steps}{more}"
                 f"outputs: {outputs or f'{{last: $n{length - 1}}}'}")


@contextmanager
def copies_to_host() -> Iterator[list[int]]:
    """Bytes of each copy from the device to the host while the block runs; filled when it ends."""
    copies: list[int] = []
    kind = torch.profiler.ProfilerActivity
    digest(torch.zeros(1000, device=DEVICE))  # what is made ready at the first name is no part of it
    settle()
    with torch.profiler.profile(activities=[kind.CUDA if HAS_GPU else kind.CPU]) as profile:
        yield copies
        settle()
    with tempfile.TemporaryDirectory() as folder:
        profile.export_chrome_trace(f"{folder}/trace.json")
        events = json.loads(Path(folder, "trace.json").read_text("utf-8"))["traceEvents"]
    copies += [int(event["args"]["bytes"]) for event in events
               if event.get("cat") == "gpu_memcpy" and "DtoH" in event["name"]]


def settle() -> None:
    """Wait until the device has nothing left to do."""
    if HAS_GPU:
        torch.cuda.synchronize()


def allocated() -> int:
    """Bytes that tensors hold on the device; neither cached blocks nor the matrix library's work space count."""
    settle()
    if not HAS_GPU:
        return 0
    torch._C._cuda_clearCublasWorkspaces()  # 32 MiB for each thread that multiplied
    return torch.cuda.memory_allocated()


@contextmanager
def memory_limit(size: int) -> Iterator[None]:
    """While the block runs, this process may take so many bytes more of the device than its tensors hold now."""
    torch.cuda.empty_cache()
    whole = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + size) / whole)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()
