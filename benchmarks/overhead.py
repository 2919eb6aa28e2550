"""What the engine adds to a diffusion model: encode, sample and decode through a graph, and by plain diffusers calls.

    python benchmarks/overhead.py [--steps 20] [--rounds 9]

The same folder, prompt, seeds and steps; the two take turns, each with its model loaded already and a seed that is not
remembered. Prints the medians of CPU time and of wall time with the share that the engine adds, and whether the
pixels are the same.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time

import torch

from nodegraph import Catalogue, Engine
from nodegraph.graphfile import parse

GRAPH = """
nodegraph: 1
inputs: {{seed: 0}}
nodes:
  idea: {{type: diffusion.encode, model: {model}, prompt: a red boat on a blue sea at dusk}}
  sketch: {{type: diffusion.sample, model: {model}, conditioning: $idea, seed: $seed, steps: {steps}, guidance_scale: 4}}
  picture: {{type: diffusion.decode, model: {model}, latent: $sketch}}
outputs: {{picture: $picture}}
"""


def plain(pipe, seed: int, steps: int) -> torch.Tensor:
    """The picture by one plain call, (3, height, width) in 0..1."""
    generator = torch.Generator("cpu").manual_seed(seed)
    return pipe("a red boat on a blue sea at dusk", num_inference_steps=steps, guidance_scale=4, generator=generator,
                output_type="pt").images[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="starter/painter")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    graph = parse(GRAPH.format(model=asked.model, steps=asked.steps))[0]
    with tempfile.TemporaryDirectory() as folder, Engine(folder, catalogue=Catalogue(), device="cpu") as engine:
        first = engine.run(graph, {"seed": 0})["picture"]
        pipe = next(iter(engine.models._live.values())).model
        pipe.set_progress_bar_config(disable=True)
        print("same pixels:", torch.equal(first, plain(pipe, 0, asked.steps)))
        times: dict[str, list[tuple[float, float]]] = {"plain": [], "nodegraph": []}
        for round in range(1, asked.rounds + 1):
            # The prompt is read in both, so the graph must not remember it either.
            fresh = graph.with_value("idea", "negative_prompt", f"round {round}")
            for name, call in (("plain", lambda: plain(pipe, round, asked.steps)),
                               ("nodegraph", lambda: engine.run(fresh, {"seed": round})["picture"])):
                wall, cpu = time.perf_counter(), time.process_time()
                call()
                times[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    for index, what in ((1, "CPU"), (0, "wall")):
        medians = {name: statistics.median(row[index] for row in rows) for name, rows in times.items()}
        ratios = [b[index] / a[index] - 1 for a, b in zip(times["plain"], times["nodegraph"])]
        print(f"{what:5} plain {medians['plain'] * 1e3:8.1f} ms   nodegraph {medians['nodegraph'] * 1e3:8.1f} ms   "
              f"{100 * statistics.median(ratios):+.1f} % (median of pairs)")


if __name__ == "__main__":
    main()
