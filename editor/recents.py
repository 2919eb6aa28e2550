"""What recent files made last, as small pictures in the user's folder: the start page shows them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from nodegraph.editing import whole_file

if TYPE_CHECKING:
    from .runs.gallery import Result

FOLDER = "recent"
SIZE = (120, 80)  # pixels


def place_of(folder: Path, path: str | Path) -> Path:
    """Where the picture of a graph file is kept."""
    return folder / FOLDER / f"{hashlib.sha256(str(Path(path).absolute()).encode()).hexdigest()[:24]}.png"


def keep(folder: Path, path: Path, result: Result) -> bool:
    """Keep the first picture that a run made, if it made one, as that of its graph file; whether there is one.

    Raises OSError where the folder cannot be written to.
    """
    found = next((made.thumbnail.picture for made in result.outputs.values()
                  if made.thumbnail is not None and made.thumbnail.picture is not None), None)
    if found is None:
        return False
    small = ImageOps.fit(Image.fromarray(found).convert("RGB"), SIZE)
    place = place_of(folder, path)
    place.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(place) as written:
        small.save(written, "png")
    return True


def forget_others(folder: Path, paths: Iterable[str]) -> None:
    """Take away the pictures of files that are no longer among the recent ones."""
    kept = {place_of(folder, path) for path in paths}
    for place in (folder / FOLDER).glob("*.png"):
        if place not in kept:
            place.unlink(missing_ok=True)
