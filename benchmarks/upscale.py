"""Seconds and memory of picture.upscale by the size of the picture.

    python benchmarks/upscale.py [--sides 128 512 1024 2048] [--model FOLDER] [--scale 4] [--tile 0] [--threads 1]

Each size has a process of its own. Seconds are the CPU's; memory is how much the process grew at its peak, without the
picture that goes in and the one that comes out.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

SHIPPED = Path(__file__).parents[1] / "nodes" / "picture" / "models" / "upscaler"


def peak() -> float:
    """Megabytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(side: int, model: str, scale: float, tile: int, threads: int) -> tuple[float, float]:
    """Seconds of a picture of side x side, and the megabytes that it took beside the pictures."""
    import torch

    from nodegraph import Context, Recipe
    from nodegraph_nodes.picture.upscale import upscale
    from nodegraph_nodes.picture.upscalers import load

    torch.set_num_threads(threads)
    upscaler = load(Recipe("UpscaleModel", model, model), "cpu", "float32")
    upscale(torch.rand(3, 16, 16), Context(), upscaler)
    image = torch.rand(3, side, side, generator=torch.Generator().manual_seed(0))
    before, began = peak(), time.process_time()
    made = upscale(image, Context(), upscaler, scale, tile)
    return time.process_time() - began, peak() - before - made.nbytes / 2**20


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, nargs="+", default=[128, 512, 1024, 2048])
    parser.add_argument("--model", default=str(SHIPPED))
    parser.add_argument("--scale", type=float, default=0.0)
    parser.add_argument("--tile", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args(arguments)
    if len(asked.sides) == 1:
        seconds, megabytes = measure(asked.sides[0], asked.model, asked.scale, asked.tile, asked.threads)
        print(f"{asked.sides[0]:5} x {asked.sides[0]:<5} {seconds:8.2f} s {megabytes:7.0f} MB", flush=True)
        return 0
    options = ["--model", asked.model, "--scale", str(asked.scale), "--tile", str(asked.tile), "--threads", str(asked.threads)]
    for side in asked.sides:
        subprocess.run([sys.executable, __file__, "--sides", str(side), *options], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
