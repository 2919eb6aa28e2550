"""Packs and folders of models that a place knows without being told: by the project file there, and the environment.

A project file is called nodegraph.yaml and lies in a folder or one above it:

    packs: [./my_pack, ../shared/more_nodes.py]     # from where the file lies
    models: [~/ComfyUI/models, ./models]            # where models are found by name
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from .. import graphfile
from ..errors import GraphError, Position, Problem
from ..wording import say

FILE = "nodegraph.yaml"
VARIABLE = "NODEGRAPH_PACKS"
KEYS = ("packs", "models")


def known_packs(here: Path, environment: Mapping[str, str]) -> list[Path]:
    """The packs that the project around a folder and the environment name. Raises GraphError for a file that is wrong."""
    file = project_file(here)
    named = [Path(text).expanduser() for text in environment.get(VARIABLE, "").split(os.pathsep) if text]
    return [*(_paths(file, "packs") if file is not None else ()), *named]


def known_models(here: Path) -> list[Path]:
    """The folders of models that the project around a folder names. Raises GraphError for a file that is wrong."""
    file = project_file(here)
    return _paths(file, "models") if file is not None else []


def project_file(here: Path) -> Path | None:
    """The project file of a folder: the nearest one in it or above it."""
    return next((folder / FILE for folder in (here, *here.parents) if (folder / FILE).is_file()), None)


def _paths(file: Path, wanted: str) -> list[Path]:
    data = graphfile.read_mapping(file)
    if "nodegraph" in data:
        return []  # a graph file that happens to be called so
    for key in data:
        if key not in KEYS:
            line, column = getattr(data, "marks")[key][:2]
            raise GraphError([Problem(Position(str(file), line, column), say("project.key", key=key),
                                      graphfile.nearest(str(key), KEYS))])
    paths = data.get(wanted) or []
    if not isinstance(paths, list) or not all(isinstance(path, str) and path for path in paths):
        found = graphfile.written(paths)
        sentence = say("project.models", found=found) if wanted == "models" else say("project.packs", found=found)
        raise GraphError([Problem(Position(str(file), 1, 1), sentence)])
    return [file.parent / Path(path).expanduser() for path in paths]
