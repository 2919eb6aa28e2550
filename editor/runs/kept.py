"""What runs made, on disk: records that the editor keeps of its own runs, and the files that runs wrote into folders.

A record is a JSON file with a small picture beside it; the values themselves are in the cache, by digest. A file tells of
its run where it is a PNG that carries its graph; what lies beside it under the same number is of the same run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nodegraph import GraphError
from nodegraph.editing import graphfile, whole_file, write_whole

from .gallery import Result, written

if TYPE_CHECKING:
    from nodegraph import Graph

SHOWN = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".wav", ".flac", ".mp3", ".ogg", ".mid", ".txt", ".mp4", ".webm")
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
MOST_FILES = 2000  # of one folder, the newest
MOST_RECORDS = 1000
MOST_TOLD = 400  # characters of a text


class Made(NamedTuple):
    """One thing that a run made. path: its file, where it was written; else type and digest name it in the cache."""

    name: str
    path: Path | None = None
    type: str = ""
    digest: str = ""
    told: str = ""


class Kept(NamedTuple):
    """One run. key: by which stars know it; picture: a file to show; graph: its text; source: the graph's file, or the picture
    that carries it; base: the folder that paths in it begin at."""

    key: str
    at: float
    title: str
    made: tuple[Made, ...]
    picture: Path | None = None
    given: Mapping[str, Any] = {}
    graph: str = ""
    source: Path | None = None
    seconds: float | None = None

    @property
    def when(self) -> str:
        """The time that it was made, for people."""
        return datetime.fromtimestamp(self.at).strftime("%Y-%m-%d %H:%M")

    @property
    def words(self) -> str:
        """Everything that a search looks in, in small letters: inputs, texts that were made, names, and the graph."""
        given = " ".join(f"{name} {written(value)}" for name, value in self.given.items())
        made = " ".join(f"{one.name} {one.path.name if one.path else ''} {one.told}" for one in self.made)
        return f"{self.title} {given} {made} {self.graph}".casefold()


def matching(kept: Iterable[Kept], query: str, starred: frozenset[str] | None = None) -> list[Kept]:
    """The runs in which every word of a query stands. starred: of these keys alone."""
    words = query.casefold().split()
    return [one for one in kept if (starred is None or one.key in starred) and (
        not words or (text := one.words) is not None and all(word in text for word in words))]


# ---- records of the editor's own runs

def keep(folder: Path, result: Result) -> Kept:
    """Write the record of a run. Raises OSError."""
    import numpy as np
    from PIL import Image

    stem = f"{result.at.strftime('%Y%m%d-%H%M%S')}-{result.job}-{result.at.microsecond:06d}"
    path = folder / f"{stem}.json"
    picture = next((output.thumbnail.picture for output in result.outputs.values()
                    if output.thumbnail is not None and output.thumbnail.picture is not None), None)
    given = _plain({**result.inputs, **result.seeds})
    told = {"at": result.at.timestamp(), "title": result.title, "seconds": result.seconds, "given": given,
            "graph": graphfile.dumps(result.repeated()), "source": str(result.path) if result.path else "",
            "picture": picture is not None, "made": [one._asdict() | {"path": ""} for one in made_of(result)]}
    folder.mkdir(parents=True, exist_ok=True)
    if picture is not None:
        with whole_file(path.with_suffix(".png")) as part:
            Image.fromarray(np.ascontiguousarray(picture)).save(part, "png")
    write_whole(path, json.dumps(told, ensure_ascii=False))
    return _record(path, told)


def made_of(result: Result) -> tuple[Made, ...]:
    """The outputs of a run, by their digests; of a list there is none that could be written to one file."""
    return tuple(Made(name, None, output.type.name, "" if hasattr(output.digest, "items") else output.digest.hex(),
                      output.thumbnail.text[:MOST_TOLD] if output.thumbnail is not None else "")
                 for name, output in result.outputs.items())


def records(folder: Path) -> list[Kept]:
    """The records in a folder, the newest first; one that is damaged is left out."""
    found = []
    for path in sorted(folder.glob("*.json"), reverse=True):
        try:
            found.append(_record(path, json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # half written by a disk that was full, or of another release
    return found


def forget(folder: Path, key: str) -> None:
    """Take a record away."""
    for ending in (".json", ".png"):
        (folder / f"{key}{ending}").unlink(missing_ok=True)


def _record(path: Path, told: Mapping[str, Any]) -> Kept:
    made = tuple(Made(one["name"], None, one["type"], one["digest"], one["told"]) for one in told["made"])
    picture = path.with_suffix(".png") if told["picture"] else None
    source = Path(told["source"]) if told["source"] else None
    title = str(told["title"]) or ", ".join(one.name for one in made)  # a graph without a title or a file
    return Kept(path.stem, float(told["at"]), title, made, picture, dict(told["given"]), str(told["graph"]),
                source, float(told["seconds"]))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, (str, int, float, bool, type(None))) else written(value)
            for name, value in values.items()}


# ---- files that runs wrote

class Folder:
    """The runs whose files lie in a folder. A file that did not change is not read again."""

    def __init__(self, path: Path):
        self.path = path
        self._read: dict[Path, tuple[tuple[int, int], tuple[str, dict[str, Any]] | None]] = {}

    def runs(self) -> list[Kept]:
        """Each run, with all its files; files that tell of no run are by themselves."""
        stamps = self._stamps()
        self._read = {path: kept for path, kept in self._read.items() if path in stamps}
        told = {path: self._of(path, stamp) for path, stamp in stamps.items()}
        groups: dict[tuple[Any, ...], list[Path]] = {}
        for path, tale in told.items():
            if tale is not None:
                text, record = tale
                identity = hashlib.sha256(f"{text}\0{record.get('inputs')}\0{record.get('seeds')}".encode()).hexdigest()
                groups.setdefault((number_of(path.stem, str(record.get("output"))), identity), []).append(path)
        found = [self._run([*paths, *self._beside(number, told[paths[0]], told)], told[paths[0]], stamps)
                 for (number, _), paths in groups.items()]
        taken = {made.path for run in found for made in run.made}
        return [*found, *(self._run([path], None, stamps) for path in told if path not in taken)]

    def _stamps(self) -> dict[Path, tuple[int, int]]:
        try:
            files = [path for path in self.path.iterdir() if path.suffix.lower() in SHOWN and not path.name.startswith(".")]
            stats = [(path, path.stat()) for path in files if path.is_file()]
        except OSError:  # gone, or not ours to read
            return {}
        newest = sorted(stats, key=lambda one: -one[1].st_mtime_ns)[:MOST_FILES]
        return {path: (stat.st_mtime_ns, stat.st_size) for path, stat in newest}

    def _of(self, path: Path, stamp: tuple[int, int]) -> tuple[str, dict[str, Any]] | None:
        """The graph that a picture carries, and the record of its run."""
        if path.suffix.lower() != ".png":
            return None
        if self._read.get(path, (None,))[0] != stamp:
            try:
                self._read[path] = stamp, graphfile.embedded_graph(path)
            except OSError:
                self._read[path] = stamp, None
        return self._read[path][1]

    def _beside(self, number: int, tale: tuple[str, dict[str, Any]] | None, told: Mapping[Path, Any]) -> list[Path]:
        """The files of other outputs of a run, which carry nothing."""
        outputs = outputs_of(tale[0]) if tale is not None else ()
        return [path for path, other in told.items() if other is None
                and any(number_of(path.stem, name) == number for name in outputs)]

    def _run(self, paths: list[Path], tale: tuple[str, dict[str, Any]] | None, stamps: Mapping[Path, tuple[int, int]]) -> Kept:
        text, record = tale if tale is not None else ("", {})
        at = max(stamps[path][0] for path in paths) / 1e9
        made = tuple(Made(path.stem, path, told=_text(path)) for path in paths)
        inputs, seeds = record.get("inputs"), record.get("seeds")
        given = {**(inputs if isinstance(inputs, dict) else {}), **(seeds if isinstance(seeds, dict) else {})}
        picture = next((path for path in paths if path.suffix.lower() in PICTURES), None)
        source = paths[0] if tale is not None else None
        return Kept(str(paths[0]), at, title_of(text) or paths[0].name, made, picture, given, text, source)


def number_of(stem: str, output: str) -> int:
    """The number of the run that wrote a file of an output: card 1, card-2.01-cat 2; 0 for a file of another output."""
    match = re.fullmatch(rf"{re.escape(output)}(?:-(\d+))?(?:\..*)?", stem)
    return 0 if match is None else int(match[1] or 1)


def outputs_of(text: str) -> tuple[str, ...]:
    """The names of the outputs of a graph."""
    graph = graph_of(text)
    return tuple(graph.outputs) if graph is not None else ()


def title_of(text: str) -> str:
    """The title of a graph."""
    graph = graph_of(text) if text else None
    return graph.title if graph is not None else ""


def graph_of(text: str, path: Path | None = None) -> Graph | None:
    """The graph that a text is; None where it is none."""
    try:
        return graphfile.parse(text, path)[0]
    except GraphError:
        return None


def _text(path: Path) -> str:
    if path.suffix.lower() != ".txt":
        return ""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(MOST_TOLD)
    except OSError:
        return ""
