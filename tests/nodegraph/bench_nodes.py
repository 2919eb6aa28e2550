"""Nodes for tests of graph files and of the command line; used as a loose file, `--pack bench_nodes.py`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from nodegraph import Choice, Color, Context, File, PortType, Range, Seed, node
from nodegraph.context import SILENT

Image = Annotated[Any, PortType("Picture", takes="a picture")]
Tone = Literal["calm", "merry", "sad"]


@node("bench.paint", version=1)
def paint(prompt: str, seed: Seed = 0, steps: Annotated[int, Range(1, 150)] = 20,
          guidance: Annotated[float, Range(0, 20)] = 7.5, style: Annotated[str, Choice("oil", "ink", "watercolour")] = "oil",
          tiled: bool = False, tint: Color = "#ffffff") -> Image:
    """Paint a picture, on paper at least."""
    return {"prompt": prompt, "seed": seed, "steps": steps, "style": style}


@node("bench.blur", version=1)
def blur(image: Image, radius: Annotated[int, Range(0, 64)] = 3, mask: Image | None = None) -> Image:
    """Blur."""
    return {**image, "blurred": radius}


@node("bench.tiles", version=1)
def tiles(image: Image, rows: int = 2) -> list[Image]:
    """Cut a picture in rows."""
    return [{**image, "row": row} for row in range(rows)]


@node("bench.sheet", version=1)
def sheet(images: list[Image], labels: list[str] | None = None) -> Image:
    """Lay pictures out."""
    return {"sheet": list(images)}


@node("bench.describe", version=1)
def describe(image: Image) -> str:
    """Say what is on a picture."""
    return str(image["prompt"])


@node("bench.mood", version=1)
def mood(text: str) -> Annotated[str, Choice("calm", "merry", "sad")]:
    """Hear the mood of a text."""
    return "calm"


@node("bench.tune", version=1)
def tune(mood: Tone, bars: int = 8, tempo: float = 96.0) -> str:
    """Compose."""
    return f"{bars} {mood} bars"


class Halves(NamedTuple):
    first: str
    rest: str


@node("bench.halves", version=1)
def halves(text: str) -> Halves:
    """Cut a text in two."""
    return Halves(text[:1], text[1:])


@node("bench.read", version=1)
def read(path: File) -> str:
    """Read a file."""
    return Path(path).read_text(encoding="utf-8")


@node("bench.words", version=1)
def words(text: str) -> list[str]:
    """Split a text."""
    return text.split()


@node("bench.join", version=1)
def join(texts: list[str], by: str = " ") -> str:
    """Join texts."""
    return by.join(texts)


@node("bench.shout", version=1)
def shout(text: str, times: Annotated[int, Range(1, 9)] = 1) -> str:
    """Shout."""
    return text.upper() * times


@node("bench.both", version=1, batch="texts")
def both(texts: list[str], by: str = "") -> list[str]:
    """Shout all at once."""
    return [text.upper() + by for text in texts]


class Step(NamedTuple):
    text: str
    number: int
    done: bool


@node("bench.step", version=1)
def step(text: str, at: int = 0) -> Step:
    """Go one step on."""
    return Step(f"{text}.", at, at >= 3)


@node("bench.tally", version=1)
def tally(numbers: list[Annotated[int, Range(0, 9)]]) -> int:
    """Add numbers up."""
    return sum(numbers)


@node("bench.half", version=1)
def half(number: Annotated[Any, PortType("Even", parse=lambda value: int(value))]) -> int:
    """Halve an even number; its type has no words for what it refuses."""
    return int(number) // 2


@node("bench.sizes", version=1)
def sizes(paths: list[File]) -> list[int]:
    """Tell how large files are."""
    return [path.stat().st_size for path in paths]


@node("bench.fail", version=1)
def fail(text: str) -> str:
    """Fail."""
    raise ZeroDivisionError(f"no luck with {text}")


@node("bench.chatty", version=1)
def chatty(text: str) -> str:
    """Say things on stdout that nobody asked for, by every road there is."""
    import os

    print("a node says hello")
    os.write(1, b"a library says hello\n")
    return text


@node("bench.number", version=1)
def number(value: float) -> float:
    """Pass a number on."""
    return value


@node("bench.any", version=1)
def anything(value: Any) -> str:
    """Show anything."""
    return repr(value)


@node("bench.slow", version=1)
def slow(text: str, ready: str = "", ctx: Context = SILENT) -> str:
    """Take very long, and say how far it is; `ready` is a file that it makes when it has begun."""
    for step in range(10_000):
        ctx.report(step, 10_000)
        if step == 1 and ready:
            Path(ready).touch()
        time.sleep(0.01)
    return text


@node("bench.log", version=1)
def log(text: str, to: str) -> str:
    """Write down that it ran."""
    with open(to, "a", encoding="utf-8") as file:
        file.write(f"{text}\n")
    print(text, file=sys.stderr)
    return text


@node("bench.picky", version=1)
def picky(n: int) -> int:
    """Takes no odd number."""
    if n % 2:
        raise ValueError(f"{n} is odd")
    return n
