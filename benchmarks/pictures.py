"""How long nodes of the pack `picture` take, as multiples of plain Pillow on a picture of bytes.

    python benchmarks/pictures.py [--side 1024] [--rounds 15]

The nodes work on floats, so that nothing is rounded on the way; Pillow on 8 bits. Both have one thread, and a time is
the CPU time of the process, the least of all rounds, so that other work on the machine hardly counts. With alpha,
colours are multiplied by it and divided again, which Pillow's own calls do for resizing alone.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import torch
from PIL import Image, ImageChops, ImageFilter

from nodegraph_nodes.media.image import to_pil
from nodegraph_nodes.picture.focus import blur, sharpen
from nodegraph_nodes.picture.layers import blend
from nodegraph_nodes.picture.size import resize
from nodegraph_nodes.picture.turn import rotate

Pair = tuple[str, Callable[[Any, Any], Any], Callable[[Any, Any], Any]]
LANCZOS, BICUBIC = Image.Resampling.LANCZOS, Image.Resampling.BICUBIC
PAIRS: list[Pair] = [  # a name, ours of a tensor and its side, Pillow's of a picture and its side
    ("resize to a half, lanczos", lambda p, n: resize(p, n // 2, n // 2),
     lambda p, n: p.resize((n // 2, n // 2), LANCZOS)),
    ("resize to a half, bicubic", lambda p, n: resize(p, n // 2, n // 2, filter="bicubic"),
     lambda p, n: p.resize((n // 2, n // 2), BICUBIC)),
    ("resize to the double, lanczos", lambda p, n: resize(p, n * 2, n * 2),
     lambda p, n: p.resize((n * 2, n * 2), LANCZOS)),
    ("blur, radius 2", lambda p, n: blur(p, 2.0), lambda p, n: p.filter(ImageFilter.GaussianBlur(2))),
    ("blur, radius 8", lambda p, n: blur(p, 8.0), lambda p, n: p.filter(ImageFilter.GaussianBlur(8))),
    ("blur, radius 40", lambda p, n: blur(p, 40.0), lambda p, n: p.filter(ImageFilter.GaussianBlur(40))),
    ("blur, a box of 10", lambda p, n: blur(p, 10.0, "box"), lambda p, n: p.filter(ImageFilter.BoxBlur(10))),
    ("sharpen, radius 2", lambda p, n: sharpen(p, 2.0), lambda p, n: p.filter(ImageFilter.UnsharpMask(2, 100, 0))),
    ("rotate by 10 degrees, bicubic", lambda p, n: rotate(p, 10.0), lambda p, n: p.rotate(10, BICUBIC, expand=True)),
    ("blend, overlay", lambda p, n: blend(p, p.flip(2), "overlay"),
     lambda p, n: ImageChops.overlay(p, p.transpose(Image.Transpose.FLIP_LEFT_RIGHT))),
]


def measure(side: int, rounds: int, channels: int) -> list[tuple[str, float, float]]:
    """The name of each pair, and the milliseconds of the node and of Pillow."""
    tensor = torch.rand(channels, side, side, generator=torch.Generator().manual_seed(0))
    picture = to_pil(tensor)
    found = []
    for name, ours, pillows in PAIRS:
        times: tuple[list[float], list[float]] = [], []
        for _ in range(rounds + 1):
            for kept, work, on in zip(times, (ours, pillows), (tensor, picture)):
                began = time.process_time()
                work(on, side)
                kept.append(time.process_time() - began)
        found.append((name, min(times[0][1:]) * 1000, min(times[1][1:]) * 1000))
    return found


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    for channels, words in ((3, ""), (4, ", with alpha")):
        print(f"{f'{asked.side} x {asked.side}{words}':36} {'node ms':>8} {'Pillow ms':>10} {'times':>6}")
        for name, ours, pillows in measure(asked.side, asked.rounds, channels):
            print(f"{name:36} {ours:8.1f} {pillows:10.1f} {ours / pillows:6.2f}")


if __name__ == "__main__":
    main()
