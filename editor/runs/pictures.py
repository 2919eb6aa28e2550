"""Makes thumbnails of what an Engine remembers, each once, when there is time, and keeps those shown last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from nodegraph import Engine, NodegraphError, PortType

from ..words.speak import t
from . import updates as up
from .thumbnails import MOST_SHOWN, Thumbnail, preview_picture, thumbnail

BUDGET = 96 << 20  # bytes of thumbnails that are kept


class Allowance:
    """A share of the time since it was made that may be spent on something; used as a context, it counts."""

    def __init__(self, share: float, at_first: float = 0.05):
        self.share, self.start, self.spent = share, perf_counter(), -at_first

    def left(self) -> bool:
        return self.spent < self.share * (perf_counter() - self.start)

    def __enter__(self) -> None:
        self.entered = perf_counter()

    def __exit__(self, *error: object) -> None:
        self.spent += perf_counter() - self.entered


class Pictures:
    """Makes thumbnails of Values, each once, and keeps those that were shown last."""

    def __init__(self, engine: Engine, tell: Callable[[up.Update], None], budget: int = BUDGET):
        self.engine, self.tell, self.budget = engine, tell, budget
        self.waiting: OrderedDict[tuple[str, str], tuple[int, PortType, bytes]] = OrderedDict()
        self.kept: OrderedDict[tuple[str, bytes], Thumbnail] = OrderedDict()
        self.bytes = 0
        self.warned: set[tuple[Any, ...]] = set()

    def want(self, job: int, node: str, port: str, type: PortType, digest: bytes) -> None:
        """Ask for the picture of a port; at once if there is one, else when there is time."""
        found = self.find(type, digest)
        if found is not None:
            self.waiting.pop((node, port), None)
            self.tell(up.Pictured(job, node, port, type, digest, found))
        else:
            self.waiting[node, port] = (job, type, digest)

    def make_one(self) -> None:
        """Make the picture that was asked for first."""
        (node, port), (job, type, digest) = self.waiting.popitem(last=False)
        made = self.of(job, f"{node}.{port}", type, digest)
        if made is not None:
            self.tell(up.Pictured(job, node, port, type, digest, made))

    def find(self, type: PortType, digest: bytes) -> Thumbnail | None:
        key = type.name, digest
        if key in self.kept:
            self.kept.move_to_end(key)
        return self.kept.get(key)

    def of(self, job: int, name: str, type: PortType, digest: bytes) -> Thumbnail | None:
        """The thumbnail of a Value; None if the Value was let go or its type cannot show it."""
        found = self.find(type, digest)
        if found is not None:
            return found
        try:
            value, many, count = held_value(self.engine, type, digest)
        except KeyError:
            return None
        except Exception as error:
            self.cannot_show(job, name, type, digest, error)
            return None
        try:
            found = thumbnail(type, value, many, count=count)
        except Exception as error:
            self.cannot_show(job, name, type, digest, error)
            return None
        self.keep((type.name, digest), found)
        return found

    def cannot_show(self, job: int, name: str, type: PortType, digest: bytes, error: Exception) -> None:
        """A pack failed at bringing back or at showing its own Value: told once, and the run goes on."""
        self.warn_once((job, type.name, digest), t("run.cannot_show", output=name, why=named(error)))

    def keep(self, key: tuple[str, bytes], made: Thumbnail) -> None:
        self.kept[key] = made
        self.bytes += made.bytes + 500
        while self.bytes > self.budget and len(self.kept) > 1:
            self.bytes -= self.kept.popitem(last=False)[1].bytes + 500

    def warn_once(self, about: tuple[Any, ...], message: str) -> None:
        """Say what is the matter with showing something, once. about: the job, and what else names it."""
        if about not in self.warned:
            self.warned = {other for other in self.warned if other[0] == about[0]} | {about}
            self.tell(up.Warned(about[0], message))


def named(error: BaseException) -> str:
    """An exception in a few words."""
    if isinstance(error, (NodegraphError, OSError)):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def held_value(engine: Engine, type: PortType, digest: bytes) -> tuple[Any, bool, int | None]:
    """A Value; or the first items of a list, True, and their number. Raises KeyError where it was let go."""
    items = _leaves(digest)
    if items is None:
        return engine.value(type, digest), False, None
    return [engine.value(type, item) for item in items[:MOST_SHOWN]], True, len(items)


def _leaves(digest: bytes) -> list[bytes] | None:
    """The digests of the single Values in a list, and in lists within it; None for what is no list."""
    if not hasattr(digest, "items"):
        return None
    found: list[bytes] = []
    for item in digest.items:
        found += [item] if (inner := _leaves(item)) is None else inner
    return found


def large_picture(engine: Engine, type: PortType, digest: bytes, side: int) -> Thumbnail:
    """A Value as large as it is, up to `side` pixels: the file that its type writes, or else its preview."""
    import numpy as np
    from PIL import Image

    if hasattr(digest, "items") or "png" not in type.exports:
        value, many, count = held_value(engine, type, digest)
        return thumbnail(type, value, many, side=side, count=count)
    with TemporaryDirectory(prefix="nodegraph-") as folder:
        [path] = engine.save(type, digest, Path(folder) / "picture.png")
        with Image.open(path) as opened:
            small = preview_picture(np.asarray(opened.convert("RGBA")), side)
    return small._replace(text=type.summary(engine.value(type, digest)))
