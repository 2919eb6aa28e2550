"""Two Engines and `nodegraph.run` in eight threads at once: words, pictures and tunes must be those of their seeds.

    python benchmarks/threads.py [--seconds 60] [--threads 8] [--seeds 20]

Each thread takes one of the three by turns, and one of a few seeds; models are loaded by whoever comes first. What a
seed gives must be the same everywhere, to the bit. Ends with 1 where it was not, and says by how much.

Nothing that was remembered on another day is taken up: a picture that one thread of torch painted differs from that of two
by some 2e-6 (sums are added up in another order), which is no fault of whoever runs beside.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import nodegraph
from nodegraph import Engine, Graph
from nodegraph.engine import engine
from nodegraph.graphfile import parse

Values = dict[tuple[str, int], list[Any]]  # what an output gave for a seed: each value that is unlike those before it

TEXT = """
nodegraph: 1
inputs: {seed: {type: Seed, default: 1}}
nodes:
  asked: {type: starter.prompt, subject: a red boat, mood: calm}
  verse: {type: text.generate, model: starter/poet, prompt: $asked, seed: $seed, max_tokens: 8}
  scene: {type: starter.scene, text: a red boat on a blue sea, seed: $seed}
  idea: {type: diffusion.encode, model: starter/painter, prompt: $scene.prompt, max_sequence_length: 16}
  shown: {type: diffusion.encode_image, model: starter/painter, image: $scene.reference, mask: $scene.mask}
  sketch: {type: diffusion.sample, model: starter/painter, conditioning: $idea, start: $shown, strength: 1, seed: $seed, steps: 2}
  picture: {type: diffusion.decode, model: starter/painter, latent: $sketch}
  tune: {type: music.generate, model: starter/composer, seed: $seed, bars: 8}
outputs: {verse: $verse, picture: $picture, tune: $tune}
"""


def graph() -> Graph:
    """What everybody runs; each its own, so that no run can take up another's."""
    found, problems = parse(TEXT)
    assert not problems, problems
    return found


def main(arguments: list[str] | None = None) -> int:
    """Let the threads work; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=20)
    asked = parser.parse_args(arguments)
    runs, values = together(asked.threads, asked.seconds, asked.seeds)
    wrong = {place: seen for place, seen in values.items() if len(seen) != 1}
    print(f"{sum(runs.values())} runs ({', '.join(f'{name}: {count}' for name, count in sorted(runs.items()))}), "
          f"{len(values)} values, {len(wrong)} of them not always the same")
    for (output, seed), seen in wrong.items():
        apart = max(apart_by(seen[0], other) for other in seen[1:])
        print(f"  {output} of seed {seed}: {len(seen)} values, {apart:.3g} apart at most", file=sys.stderr)
    return 1 if wrong else 0


@contextmanager
def nothing_remembered() -> Iterator[None]:
    """A `with` in which `nodegraph.run` begins with an empty cache, which is gone afterwards."""
    before = os.environ.get("NODEGRAPH_CACHE")
    engine().close()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NODEGRAPH_CACHE"] = folder
        try:
            yield
        finally:
            engine().close()
            del os.environ["NODEGRAPH_CACHE"]
            if before is not None:
                os.environ["NODEGRAPH_CACHE"] = before


def together(threads: int, seconds: float, seeds: int) -> tuple[Counter[str], Values]:
    """Run in so many threads until the time is up; how often through which door, and what each seed gave.

    Each thread runs at least once.
    """
    runs, values, lock = Counter[str](), Values(), threading.Lock()
    with nothing_remembered(), Engine(None) as one, Engine(None) as two:
        ways: list[tuple[str, Callable[..., Any]]] = [("one", one.run), ("two", two.run), ("nodegraph.run", _run)]
        start, until = threading.Barrier(threads, timeout=60), time.monotonic() + seconds

        def work(number: int) -> None:
            name, run = ways[number % len(ways)]
            start.wait()
            for turn in itertools.count(number):
                seed, output = turn // 3 % seeds + 1, ("verse", "picture", "tune")[turn % 3]
                result = run(graph(), {"seed": seed}, only=[output])
                if result.errors:
                    raise result.errors[0]
                with lock:
                    runs[name] += 1
                    seen = values.setdefault((output, seed), [])
                    if all(apart_by(result[output], other) for other in seen):
                        seen.append(result[output])
                if time.monotonic() >= until:
                    return

        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(work, number) for number in range(threads)]:
                done.result()
    return runs, values


def _run(graph: Graph, given: dict[str, Any], only: list[str]) -> Any:
    return nodegraph.run(graph, given, only=only)


def apart_by(one: Any, other: Any) -> float:
    """How far two values are apart: 0 if they are the same, of tensors the largest difference, of all else infinity."""
    import torch

    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor) and one.shape == other.shape:
        return 0.0 if torch.equal(one, other) else float((one - other).abs().nan_to_num(float("inf")).max())
    return 0.0 if repr(one) == repr(other) else float("inf")


if __name__ == "__main__":
    sys.exit(main())
