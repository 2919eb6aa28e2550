"""How much memory and time a film takes to go through: read, cut, resized, and written as MP4, GIF and WebP.

    python benchmarks/video.py [--minutes 10] [--width 1280] [--height 720] [--fps 24] [--forms mp4 gif webp]

The film is made first, in a process of its own. Each step then runs in a fresh process, whose peak of resident memory
(getrusage) is told beside that of one that imports the same and does nothing. The GIF and the WebP are a tenth as wide.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEP = """
import resource, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
import av, numpy, torch
from PIL import Image
from nodegraph_nodes.media import read_video
from nodegraph_nodes.media.films import edits
from nodegraph_nodes.media.films import film
from nodegraph_nodes.media.films import flipbook
from nodegraph_nodes.media.films import probe
source, step, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
if step != "nothing":
    video = read_video.read_video(source)
    cut = edits.joined([edits.trimmed(video, 0.0, float(video.seconds) / 2),
                        edits.trimmed(video, float(video.seconds) / 2, None)])
    if step == "show":
        for picture in cut.pictures():
            pass
    if step in ("mp4", "gif", "webp"):
        part = 2 if step == "mp4" else 10
        small = edits.resized(cut, video.form.width // part // 2 * 2, 0, "inside")
        small.__porttype__.exports[step](small, out.with_suffix("." + step))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def make(path: Path, minutes: float, width: int, height: int, fps: int) -> int:
    """Write a film of moving gradients with some grain; how many frames it has."""
    from fractions import Fraction

    import av
    import numpy as np

    frames = round(minutes * 60 * fps)
    y, x = np.mgrid[:height, :width]
    grain = np.random.default_rng(0).integers(0, 12, (height, width, 1), np.uint8)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=fps, options={"crf": "23", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        base = np.stack([x * 200 // width, y * 200 // height, (x + y) // 8 % 200], 2).astype(np.uint8)
        for number in range(frames):
            array = np.roll(base, number * 4, axis=1) + np.roll(grain, number * 7, axis=0)
            frame = av.VideoFrame.from_ndarray(array, "rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return frames


def measured(path: Path, step: str, out: Path) -> tuple[float, float]:
    """Peak megabytes and seconds of one step in a process of its own."""
    began = time.perf_counter()
    ran = subprocess.run([sys.executable, "-c", STEP, str(path), step, str(out)], capture_output=True, text=True,
                         check=True)
    return float(ran.stdout), time.perf_counter() - began


def main(words: list[str] | None = None) -> None:
    """Measure, and print a line for each step."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    for name, usual in (("width", 1280), ("height", 720), ("fps", 24)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--forms", nargs="*", default=["mp4", "gif", "webp"])
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        frames = make(path, asked.minutes, asked.width, asked.height, asked.fps)
        megabytes = path.stat().st_size / 2**20
        print(f"{asked.minutes:g} minutes of {asked.width} x {asked.height}: {frames} frames, {megabytes:.1f} MB as a "
              f"file, {frames * asked.width * asked.height * 3 / 2**30:.1f} GB as pixels")
        print(f"{'':10} {'peak MB':>8} {'s':>8}")
        for step in ("nothing", "read", "show", *asked.forms):
            peak, seconds = measured(path, step, Path(folder) / "out")
            print(f"{step:10} {peak:8.0f} {seconds:8.1f}", flush=True)


if __name__ == "__main__":
    main()
