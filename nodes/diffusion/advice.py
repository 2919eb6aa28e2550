"""What the makers of a model advise: `generation_config.json` in its folder, as folders of language models have it.

    {"guidance_scale": 2.0, "max_sequence_length": 16, "finder": "starter.scene", "finder_version": "2"}

guidance_scale, max_sequence_length: what counts where a graph leaves them out. finder: the node type that finds, for a
prompt, what a model trained for inpainting is shown of it: it takes `text` and `seed`, and gives `prompt` and
`reference`, a picture with alpha. finder_version: of that node type. It stands here so that another version is another model to
the cache: this file counts for what a model is named by.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodegraph import InputError

from ..common.folders import settings

FILE = "generation_config.json"
_KINDS: dict[str, tuple[type, ...]] = {"guidance_scale": (int, float), "max_sequence_length": (int,), "finder": (str,),
                                       "finder_version": (str,)}


@dataclass(frozen=True)
class Advice:
    """What is advised; None, or "", where nothing is."""

    guidance_scale: float | None = None
    max_sequence_length: int | None = None
    finder: str = ""
    finder_version: str = ""


NONE = Advice()


def advice_in(folder: Path) -> Advice:
    """What the file of a model's folder advises. Raises InputError where it cannot be meant."""
    if not (folder / FILE).is_file():
        return NONE
    try:
        told = settings(folder / FILE)
    except ValueError as error:
        raise InputError(str(error)) from error
    for name, kinds in _KINDS.items():
        if name in told and (not isinstance(told[name], kinds) or isinstance(told[name], bool)):
            raise InputError(f"its {FILE} gives {name} as {told[name]!r}, which it cannot be; mend it, or leave it out")
    return Advice(**{name: told[name] for name in _KINDS if name in told})


def advice_of(pipe: Any) -> Advice:
    """The Advice that a live model was loaded with."""
    return getattr(pipe, "advice", NONE)
