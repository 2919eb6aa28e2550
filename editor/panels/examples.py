"""The example graph of each node type, to be put into the graph that is open."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from nodegraph.shipped import folder

_HERE = Path(__file__).parents[1]
_PICTURES = "../../graphs/"  # how examples name the files that come along


def place() -> Path | None:
    """The folder of the examples: in a wheel beside the editor, in a checkout among the docs."""
    return next((one for one in (_HERE / "examples", _HERE.parent / "docs/examples") if one.is_dir()), None)


@cache
def example_of(name: str) -> str | None:
    """The text of the graph that shows a node type, with files named by where they lie; None where there is none."""
    home, shipped = place(), folder()
    path = home / f"{name}.yaml" if home is not None else None
    if path is None or not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    return text.replace(_PICTURES, f"{shipped.as_posix()}/") if shipped is not None else text
