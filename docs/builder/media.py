"""What a graph made, as files small enough for a page, and the Markdown that shows them.

Graphs are run with the project's own cache, so that a second build makes nothing again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import Engine, GraphError
from nodegraph.export import leaves
from nodegraph.results import RunResult, depth_of

MOST_BYTES = 30_000  # of a picture
LONGEST_SIDE = 640  # of a picture in pixels
WIDEST_ABREAST = 480  # of a picture that stands beside others
MOST_ITEMS = 4  # of a list
SECONDS = 20  # of a sound
MOST_SOUND_BYTES = 60_000
SAMPLE_RATE = 22_050  # of a sound, Hz, in mono
LETTERS = 900  # of a text


@dataclass
class Made:
    """The Markdown that shows a graph's outputs, and the files that it names, by their names beside the page."""

    markdown: str
    files: dict[str, Path] = field(default_factory=dict)


class Part(NamedTuple):
    """One thing on a page. width: of a picture in pixels, 0 for what is none."""

    markdown: str
    width: int = 0
    label: str = ""


class Studio:
    """Runs graphs and keeps what they made in a folder. A graph that cannot run raises, so that the build stops."""

    def __init__(self, folder: Path, packs: tuple[Path, ...] = ()):
        self.folder = folder / "made"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.engine = Engine(folder / "remembered", device="cpu", packs=packs)

    def made(self, path: Path, only: tuple[str, ...] | None = None) -> Made:
        """What a graph file makes of what stands in it. only: these outputs, in this order."""
        result = self.engine.run(self.engine.load(path), only=only)
        if result.errors:
            raise GraphError(f"{path}: {result.errors[0]}")
        shown = Made("")
        parts = [part for name in only or tuple(result) for part in self._items(result, name, f"{path.stem}.{name}", shown)]
        shown.markdown = "\n" + "\n".join(laid_out(parts))
        return shown

    def _items(self, result: RunResult, name: str, stem: str, shown: Made) -> Iterator[Part]:
        type = result.type(name)
        items = leaves(result[name], depth_of(result.digests[name]))
        more = f" (and {len(items) - MOST_ITEMS} more)" if len(items) > MOST_ITEMS else ""
        for place, value in list(items.items())[:MOST_ITEMS]:
            part = self._shown(type, value, f"{stem}{place}", shown)
            yield part._replace(label=f"`{name}{place}`{more}")
            more = ""

    def _shown(self, type: Any, value: Any, stem: str, shown: Made) -> Part:
        if isinstance(value, (str, int, float)):
            return Part(text(value))
        if type.name == "Audio":
            file = self._kept(shown, f"{stem}.ogg")
            write_sound(value, file)
            return Part(f'<audio controls preload="none" src="made/{file.name}"></audio>\n')
        if type.name == "Video":
            file = self._kept(shown, f"{stem}.mp4")
            type.exports["mp4"](value, file)
            return Part(f'<video controls loop muted preload="metadata" src="made/{file.name}"></video>\n')
        if "png" not in type.exports:
            return Part(text(type.summary(value)))
        file = self._kept(shown, f"{stem}.webp")
        width = write_picture(type, value, file)
        return Part(f"![{stem}](made/{file.name}){{ loading=lazy }}", width)

    def _kept(self, shown: Made, name: str) -> Path:
        return shown.files.setdefault(name, self.folder / name)


def laid_out(parts: list[Part]) -> Iterator[str]:
    """The lines of a page: small pictures beside each other, everything else below."""
    small = [part for part in parts if 0 < part.width <= WIDEST_ABREAST]
    for row in [small[i : i + 3] for i in range(0, len(small), 3)]:
        yield from ("| " + " | ".join(part.label for part in row) + " |", "|" + "---|" * len(row),
                    "| " + " | ".join(part.markdown for part in row) + " |", "")
    for part in parts:
        if part not in small:
            yield from (part.label, "", part.markdown, "")


def text(value: str | int | float) -> str:
    """A text or a number as a block of Markdown, fenced by more backticks than stand in it."""
    words = str(value)
    words = words if len(words) <= LETTERS else words[:LETTERS] + " ..."
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", words))])
    return f"{fence}text\n{words}\n{fence}\n"


def write_picture(type: Any, value: Any, file: Path) -> int:
    """A picture as WebP, made smaller and then plainer until it is small enough; its width in pixels."""
    from PIL import Image

    whole = file.with_suffix(".png")
    type.exports["png"](value, whole)
    with Image.open(whole) as opened:
        picture = opened.convert("RGBA" if opened.mode in ("RGBA", "LA", "P") else "RGB")
    whole.unlink()
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    for quality in (90, 80, 70, 55, 40, 25, 10):
        picture.save(file, quality=quality, method=6)
        if file.stat().st_size <= MOST_BYTES:
            return picture.width
    raise ValueError(f"{file.name} does not fit into {MOST_BYTES} bytes")


def write_sound(value: Any, file: Path) -> None:
    """The beginning of a sound as Ogg Vorbis in mono, faded out where it is cut; shorter where it would be too large."""
    import numpy as np
    import soundfile
    import soxr

    whole = soxr.resample(np.asarray(value.samples, dtype=np.float32).mean(axis=0), value.sample_rate, SAMPLE_RATE)
    count = SECONDS * SAMPLE_RATE
    while True:
        samples = whole[:count]
        if len(samples) < len(whole):
            samples = samples * np.minimum(1, np.arange(count, 0, -1) / SAMPLE_RATE)
        soundfile.write(file, np.clip(samples, -1, 1), SAMPLE_RATE, format="OGG", subtype="VORBIS", compression_level=0.8)
        size = file.stat().st_size
        if size <= MOST_SOUND_BYTES:
            return
        count = int(len(samples) * MOST_SOUND_BYTES / size * 0.96)
