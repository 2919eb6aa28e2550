"""What the engine adds to a diffusion model: encode, sample and decode through a graph, and by plain diffusers calls.

    python benchmarks/overhead.py [--steps 20] [--rounds 9] [--device cuda] [--dtype bfloat16]

The same folder, prompt, seeds and steps; the two take turns, each with its model loaded already and a seed that is not
remembered. Prints the medians of CPU time and of wall time with the share that the engine adds, and whether the
pixels are the same.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from nodegraph import Catalogue, Engine, Recipe
from nodegraph.graphfile import parse

PROMPT = "a red boat on a blue sea at dusk"
GRAPH = """
nodegraph: 1
inputs: {{seed: 0}}
nodes:
  idea: {{type: diffusion.encode, model: {model}, prompt: {prompt}}}
  sketch:
    {{type: diffusion.sample, model: {model}, conditioning: $idea, seed: $seed, steps: {steps}, guidance_scale: 4}}
  picture: {{type: diffusion.decode, model: {model}, latent: $sketch}}
outputs: {{picture: $picture}}
"""


class Overhead(NamedTuple):
    """Medians in seconds, and the median over pairs of the share that the engine adds."""

    plain_wall: float
    engine_wall: float
    added_wall: float
    plain_cpu: float
    engine_cpu: float
    added_cpu: float
    same: bool


def plain(pipe: Any, seed: int, steps: int) -> torch.Tensor:
    """The picture by one plain call, (3, height, width) in 0..1, told what the engine reads in the model's folder."""
    advised = getattr(pipe, "advice", None)
    length = advised.max_sequence_length if advised else None
    wanted = {"num_inference_steps": steps, "guidance_scale": 4, "generator": torch.Generator("cpu").manual_seed(seed),
              **({"max_sequence_length": length} if length else {})}
    if "Inpaint" not in type(pipe).__name__:
        picture: torch.Tensor = pipe(PROMPT, **wanted, output_type="pt").images[0]
        return picture
    return _decoded(pipe, pipe(PROMPT, **wanted, **_nothing_shown(pipe), output_type="latent").images)


def _nothing_shown(pipe: Any) -> dict[str, Any]:
    """What a pipeline for inpainting wants besides, to paint all of a picture."""
    side = pipe.transformer.config.sample_size * pipe.vae_scale_factor
    return {"image": torch.full((1, 3, side, side), 0.5), "mask_image": torch.ones(1, 1, side, side), "strength": 1.0}


def _decoded(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
    """The picture of latents, as StableDiffusion3Pipeline decodes them: that for inpainting forgets shift_factor."""
    settings = pipe.vae.config
    with torch.no_grad():
        pixels = pipe.vae.decode(latents / settings.scaling_factor + settings.shift_factor, return_dict=False)[0]
    picture: torch.Tensor = pipe.image_processor.postprocess(pixels, "pt")[0]
    return picture


def loaded(model: str, device: str, dtype: str) -> Any:
    """The pipeline, as the nodes load it."""
    from nodegraph_nodes.diffusion import models

    return models.load(Recipe("DiffusionModel", model, str(Catalogue().model_folder(model) or model)), device, dtype)


def spent(call: Callable[[], object], settle: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time. settle: waits for what a device still has to do."""
    settle()
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    settle()
    return time.perf_counter() - wall, time.process_time() - cpu


def measured(model: str = "starter/painter", steps: int = 20, rounds: int = 9, device: str = "cpu",
             dtype: str = "float32", cache: bool = True) -> Overhead:
    """The engine and the plain call in turns. cache: whether the engine keeps what it makes on disk."""
    settle = torch.cuda.synchronize if device != "cpu" else lambda: None
    graph = parse(GRAPH.format(model=model, steps=steps, prompt=PROMPT))[0]
    pipe, pairs = loaded(model, device, dtype), []
    with tempfile.TemporaryDirectory() as folder, \
            Engine(folder if cache else None, catalogue=Catalogue(), device=device, dtype=dtype) as engine:
        same = torch.equal(engine.run(graph, {"seed": 0})["picture"], plain(pipe, 0, steps).float())
        for number in range(1, rounds + 1):
            # The prompt is read in both, so the graph must not remember it either.
            fresh = graph.with_value("idea", "negative_prompt", f"round {number}")
            pairs.append((spent(lambda: in_a_thread(lambda: plain(pipe, number, steps)), settle),
                          spent(lambda: engine.run(fresh, {"seed": number})["picture"], settle)))
    plain_wall, engine_wall, added_wall = compared([(a[0], b[0]) for a, b in pairs])
    return Overhead(plain_wall, engine_wall, added_wall, *compared([(a[1], b[1]) for a, b in pairs]), same)


def in_a_thread(call: Callable[[], object]) -> None:
    """Call in a new thread, as the engine calls nodes.

    A main thread that takes turns with others computes several times slower on a processor: OpenMP keeps threads for
    each, more in all than there are cores.
    """
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def compared(pairs: list[tuple[float, float]]) -> tuple[float, float, float]:
    """The medians of both, and the median of what the second adds to the first, as a share."""
    return (statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs),
            statistics.median(b / a - 1 for a, b in pairs))


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="starter/painter")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    found = measured(**vars(parser.parse_args(argv)))
    print("same pixels:", found.same)
    for what, plain_seconds, seconds, added in (
            ("CPU", found.plain_cpu, found.engine_cpu, found.added_cpu),
            ("wall", found.plain_wall, found.engine_wall, found.added_wall)):
        print(f"{what:5} plain {plain_seconds * 1e3:8.1f} ms   nodegraph {seconds * 1e3:8.1f} ms   "
              f"{100 * added:+.1f} % (median of pairs)")


if __name__ == "__main__":
    main()
