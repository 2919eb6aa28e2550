"""The example graph of each node type, to be put into the graph that is open."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nodegraph import Graph
from nodegraph.editing import graphfile, shipped_folder, whole_file, write_whole

if TYPE_CHECKING:
    import numpy as np

    from ..runs.thumbnails import Thumbnail
    from ..runs.updates import Output

_HERE = Path(__file__).parents[1]
EXAMPLES = "examples"  # in the user's folder: what examples gave
_PICTURES = "../../graphs/"  # how examples name the files that come along


def place() -> Path | None:
    """The folder of the examples: in a wheel beside the editor, in a checkout among the docs."""
    return next((one for one in (_HERE / "examples", _HERE.parent / "docs/examples") if one.is_dir()), None)


class Shown(NamedTuple):
    """What the example of a node type gave when it ran here. picture: a file; told: a text."""

    picture: Path | None
    told: str


def keep_shown(folder: Path, name: str, version: str, picture: np.ndarray | None, told: str) -> Shown:
    """Keep what an example gave, for the next time that the help is opened. picture: uint8 (height, width, 4)."""
    from PIL import Image

    place = folder / EXAMPLES / f"{name}-{version[:16]}"
    place.parent.mkdir(parents=True, exist_ok=True)
    if picture is not None:
        with whole_file(place.with_name(f"{place.name}.png")) as part:
            Image.fromarray(picture).save(part, "png")
    write_whole(place.with_name(f"{place.name}.txt"), told)
    return shown_of(folder, name, version) or Shown(None, told)


def shown_of(folder: Path, name: str, version: str) -> Shown | None:
    """What the example of this version of a node type gave when it last ran here; None where it did not yet."""
    place = folder / EXAMPLES / f"{name}-{version[:16]}"
    picture, told = place.with_name(f"{place.name}.png"), place.with_name(f"{place.name}.txt")
    if not told.is_file():
        return None
    return Shown(picture if picture.is_file() else None, told.read_text(encoding="utf-8"))


def shown_first(graph: Graph, outputs: Mapping[str, Output], type: str) -> Thumbnail | None:
    """Of what an example gave, that of its node of this type; another one where that cannot be shown."""
    seen = {name: made.thumbnail for name, made in outputs.items() if made.thumbnail is not None}

    def strange(name: str) -> bool:
        node = graph.nodes.get(graph.outputs[name].name) if name in graph.outputs else None
        return node is None or node.type != type
    return seen[min(seen, key=strange)] if seen else None


def example_graph(name: str) -> Graph | None:
    """The graph that shows a node type, ready to run; None where there is none."""
    text = example_of(name)
    return graphfile.parse(text)[0] if text is not None else None


@cache
def example_of(name: str) -> str | None:
    """The text of the graph that shows a node type, with files named by where they lie; None where there is none."""
    home, shipped = place(), shipped_folder()
    path = home / f"{name}.yaml" if home is not None else None
    if path is None or not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    return text.replace(_PICTURES, f"{shipped.as_posix()}/") if shipped is not None else text
