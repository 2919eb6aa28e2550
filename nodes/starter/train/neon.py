"""How `starter/neon` is made, the adapter (LoRA) that has the starter painter paint in neon tubes.

    python -m nodegraph_nodes.starter.train.neon

Scenes are drawn by rules, turned to neon by rules (edges that glow in the colour beside them, before the night), and
learned by `diffusion.train_lora`, as a person's own pictures are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file

from nodegraph import Context, Recipe

from ...common.blur import gaussian
from ...common.files import whole_file
from ...diffusion.models import load
from ...diffusion.train import train_lora
from ...media.image import save_png
from ...picture.lines import edges
from .. import knows
from ..scene import illustrate, scene
from ..vocabulary import COLOURS, SETTINGS, STYLES, TIMES

WORD = "neon"
NIGHT = (0.05, 0.03, 0.12)
THINGS = ("fox", "boat", "owl", "house", "cat", "fish", "car", "flower", "elephant", "guitar", "castle", "rocket", "teapot", "tree",
          "bicycle", "penguin", "umbrella", "dragon", "cup", "butterfly", "lighthouse", "dog", "cactus", "train", "rabbit",
          "hat", "cake", "robot", "whale", "mushroom", "snail", "crown")
PLAIN = "cartoon"  # the style whose edges are clearest
SEED, RANK, STEPS, BATCH = 11, 4, 120, 4


def scenes() -> list[dict[str, Any]]:
    """What starter.scene is asked for, once for each thing; colours, settings, styles and times go round, so that all stay free."""
    return [{"text": f"a {COLOURS[k % 11]} {thing}", "seed": SEED + k, "setting": SETTINGS[5 * k % 12], "time": TIMES[k % 4],
             "style": STYLES[3 * k % 8]} for k, thing in enumerate(THINGS)]


def neon(picture: Any) -> Any:
    """A picture, float32 (3, h, w), as signs of neon: its edges shine in the colour beside them, all else is night."""
    night = picture.new_tensor(NIGHT)[:, None, None]
    tubes = edges(picture, radius=0.7, amount=1.6)[:1]
    near = gaussian(picture, 1.5)
    colour = (near / near.amax(0, keepdim=True).clamp_min(0.1)) ** 2
    glow = 2.2 * gaussian(tubes * colour, 4)
    dim = 0.12 * picture * picture.new_tensor((0.6, 0.4, 1.0))[:, None, None]
    return (night + dim + glow + tubes * (0.4 + 0.6 * colour)).clamp(0, 1)


def drawn(folder: Path) -> tuple[list[Path], list[str], list[Any]]:
    """Pictures as files, what the painter is told of each, and the drawings that it is shown."""
    folder.mkdir(parents=True, exist_ok=True)
    files, told, shown = [], [], []
    for thing, asked in zip(THINGS, scenes(), strict=True):
        laid = scene(**asked)
        path = folder / f"{thing}.png"
        save_png(neon(illustrate(**{**asked, "style": PLAIN})), path)
        files.append(path)
        told.append(laid.prompt)
        shown.append(laid.reference)
    return files, told, shown


class Told(Context):
    """Says on standard error how far a training is."""

    previews = False

    def report(self, done: int, total: int | None = None, text: str = "", preview: Any = None) -> None:
        print(f"neon  {text}", file=sys.stderr, flush=True)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m nodegraph_nodes.starter.train.neon", description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path(".training/neon"), help="pictures and checkpoints")
    parser.add_argument("--out", type=Path, default=knows.MODELS / "neon")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=STEPS)
    asked = parser.parse_args(words)
    painter = str(knows.MODELS / "painter")
    files, told, shown = drawn(asked.folder / "pictures")
    made = train_lora(load(Recipe("DiffusionModel", "starter/painter", painter), asked.device, "float32"), files, told, word=WORD,
                      reference=shown, minutes=100_000, steps=asked.steps, rank=RANK, batch=BATCH,
                      folder=str(asked.folder / "training"), seed=SEED, ctx=Told())
    asked.out.mkdir(parents=True, exist_ok=True)
    _halved(Path(made.source), asked.out / "neon.safetensors")
    return 0


def _halved(source: Path, out: Path) -> None:
    """Write an adapter anew, in float16."""
    with safe_open(source, "pt") as file:
        told, tensors = file.metadata(), {name: file.get_tensor(name).half() for name in file.keys()}
    with whole_file(out) as partial:
        save_file(tensors, partial, metadata=told)
    out.chmod(0o644)


if __name__ == "__main__":
    sys.exit(main())
