"""Two Engines and `nodegraph.run` in eight threads at once: words, pictures and tunes must be those of their seeds.

    python benchmarks/threads.py [--seconds 60] [--threads 8] [--seeds 20]

Each thread takes one of the three by turns, and one of a few seeds; models are loaded by whoever comes first. What a
seed gives must be the same everywhere. Ends with 1 and the differences where it was not.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import nodegraph
from nodegraph import Engine, Graph
from nodegraph.digest import digest
from nodegraph.graphfile import parse

TEXT = """
nodegraph: 1
inputs: {seed: {type: Seed, default: 1}}
nodes:
  asked: {type: starter.prompt, subject: a red boat, mood: calm}
  verse: {type: text.generate, model: starter/poet, prompt: $asked, seed: $seed, max_tokens: 8}
  idea: {type: diffusion.encode, model: starter/painter, prompt: a red boat on a blue sea, max_sequence_length: 16}
  sketch: {type: diffusion.sample, model: starter/painter, conditioning: $idea, seed: $seed, steps: 2}
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
        print(f"  {output} of seed {seed}: {len(seen)} values", file=sys.stderr)
    return 1 if wrong else 0


def together(threads: int, seconds: float, seeds: int) -> tuple[Counter[str], dict[tuple[str, int], set[bytes]]]:
    """Run in so many threads until the time is up; how often through which door, and what each seed gave.

    Nothing is remembered on disk, and each thread runs at least once.
    """
    ways: list[tuple[str, Callable[..., Any]]] = []
    runs, values, lock = Counter[str](), dict[tuple[str, int], set[bytes]](), threading.Lock()
    with Engine(None) as one, Engine(None) as two:
        ways = [("one", one.run), ("two", two.run), ("nodegraph.run", _run)]
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
                    values.setdefault((output, seed), set()).add(digest(_plain(result[output])))
                if time.monotonic() >= until:
                    return

        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(work, number) for number in range(threads)]:
                done.result()
    return runs, values


def _run(graph: Graph, given: dict[str, Any], only: list[str]) -> Any:
    return nodegraph.run(graph, given, only=only)


def _plain(value: Any) -> Any:
    """A value as data of which a digest can be made."""
    import torch

    if isinstance(value, torch.Tensor):
        return value.numpy().tobytes()
    return repr(value)


if __name__ == "__main__":
    sys.exit(main())
