"""How far `gan.train` comes with a folder of a hundred pictures, by the command that a user types.

    python benchmarks/gan_training.py --folder /tmp/gan --minutes 15 [--kill]

The pictures (fish in the sea, of all colours) are drawn by rules. With --kill the run is killed (kill -9) in the middle,
and the same command goes on. What is printed needs no judge: the distance of what is drawn from pictures that were held
out, beside that of the pictures that were learned from, which is the best that can be hoped for, and that of noise; and how
near drawn pictures come to one that was learned from, beside how near held-out ones do: much nearer are copies. A sheet shows
pictures of the folder above, drawn ones below. It takes the time of a clock: run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from nodegraph_nodes.gan.measure import sliced_distance
from nodegraph_nodes.gan.networks import restored, sampled
from nodegraph_nodes.gan.train import Material, _square, signed
from nodegraph_nodes.media.image import save_png
from nodegraph_nodes.starter.scene import illustrate
from nodegraph_nodes.starter.vocabulary import COLOURS

GRAPH = """nodegraph: 1
nodes:
  grown: {{type: gan.train, pictures: pictures/*.png, minutes: {minutes}, size: '{size}', folder: {kept}}}
  made: {{type: gan.sample, model: $grown, seed: 4}}
outputs: {{made: $made}}
"""


def pictures(folder: Path, count: int) -> list[Path]:
    """The files of a folder of pictures, drawn if they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"fish-{k:03}.png" for k in range(count)]
    for k, file in enumerate(files):
        if not file.exists():
            save_png(illustrate(f"a {COLOURS[k % len(COLOURS)]} fish", seed=k, setting="sea", style="poster", time="day"), file)
    return files


def grown(folder: Path, kill: bool, seconds: float) -> None:
    """Run the graph in a folder; with `kill`, end it in the middle without a word, and run it again."""
    command = [sys.executable, "-m", "nodegraph", "run", "graph.yaml", "--cache", "cache"]
    if kill:
        first = subprocess.Popen(command, cwd=folder)
        checkpoint = folder / "training" / "checkpoint.safetensors"
        begun = time.monotonic()
        while first.poll() is None and (time.monotonic() - begun < seconds / 2 or not checkpoint.exists()):
            time.sleep(0.5)
        first.send_signal(signal.SIGKILL)
        first.wait()
        print(f"killed after {time.monotonic() - begun:.0f} s", flush=True)
    subprocess.run(command, cwd=folder, check=True)


def nearest(some: torch.Tensor, learned: torch.Tensor) -> float:
    """The median root mean square distance of pictures in -1..1 to the nearest one that was learned from, mirrored too."""
    every = torch.cat([learned, learned.flip(3)]).flatten(1)
    return float((torch.cdist(some.flatten(1), every) / every.shape[1] ** 0.5).min(1).values.median())


def figures(folder: Path, files: list[Path], size: int) -> dict[str, float]:
    """What is printed; a sheet is written."""
    made = max((folder / "training").glob("model-*"), key=lambda path: int(path.name.split("-")[1]))
    told = json.loads((made / "config.json").read_text(encoding="utf-8"))["training"]
    material = Material(torch.stack([_square(file, size) for file in files]), None, 0, True, 0, "cpu")
    learned, out = signed(material.learned), signed(material.out)
    with torch.no_grad():
        drawn = sampled(restored(load_file(made / "model.safetensors")), 64, seed=1)
    rows = torch.cat([learned[:24], drawn[:48]]).div(2).add(0.5).clamp(0, 1)
    save_png(torch.cat([torch.cat(list(rows[k:k + 12]), 2) for k in range(0, len(rows) - 11, 12)], 1), folder / "sheet.png")
    return told | {"distance_noise": round(sliced_distance(out, torch.randn(len(drawn), *out.shape[1:]).clamp(-1, 1)), 4),
                   "nearest_drawn": round(nearest(drawn, learned), 4), "nearest_held_out": round(nearest(out, learned), 4)}


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, required=True, help="pictures, training, cache and sheet")
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--size", type=int, default=32, choices=(16, 32, 64, 128))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--kill", action="store_true", help="kill the run in the middle, and go on")
    asked = parser.parse_args(words)
    files = pictures(asked.folder / "pictures", asked.count)
    (asked.folder / "graph.yaml").write_text(GRAPH.format(minutes=asked.minutes, size=asked.size,
                                                          kept=(asked.folder / "training").absolute()), encoding="utf-8")
    grown(asked.folder, asked.kill, asked.minutes * 60)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = figures(asked.folder, files, asked.size) | {"processor_seconds": round(spent.ru_utime + spent.ru_stime)}
    print(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
