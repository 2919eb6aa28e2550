"""Which kinds a picture is of: a label, or a blend of several, written in words."""

from __future__ import annotations

import re
from typing import Any

from nodegraph import InputError

_PART = re.compile(r"(.+?)(?:[\s:=]+(\d+(?:\.\d+)?|\.\d+))?")
_LISTED = 30  # names in a sentence


def chosen(generator: Any, label: int, kinds: str) -> Any:
    """What `mapped` takes: the label where no kinds are written, else the share of each, float32 (labels,), sum 1."""
    if kinds.strip():
        return shares(generator, kinds)
    if label >= max(1, generator.labels):
        known = f"knows the labels 0 to {generator.labels - 1}" if generator.labels else "knows no labels; leave it out"
        raise InputError(f"label is {label}; this model {known}")
    return label


def shares(generator: Any, kinds: str) -> Any:
    """How much of each kind a text asks for: "vine", "vine 2, waves 1", or numbers in place of names."""
    import torch

    if not generator.labels:
        raise InputError(f"kinds is {kinds!r}; this model knows no kinds; leave it out")
    blend = torch.zeros(generator.labels)
    for part in re.split(r"[,+，、]", kinds):
        found = _PART.fullmatch(part.strip())
        if not found:
            raise InputError(f"kinds is {kinds!r}; write names and shares, such as `vine 2, waves 1`")
        blend[_index(generator, found[1].strip())] += float(found[2] or 1)
    if not blend.sum():
        raise InputError(f"the shares of kinds, {kinds!r}, are all 0; give one of them more")
    return blend / blend.sum()


def _index(generator: Any, name: str) -> int:
    names = [known.casefold() for known in generator.kinds]
    if name.casefold() in names:
        return names.index(name.casefold())
    if name.isdecimal() and int(name) < generator.labels:
        return int(name)
    known = ", ".join(generator.kinds[:_LISTED]) if generator.kinds else f"the numbers 0 to {generator.labels - 1}"
    raise InputError(f"this model knows no kind {name!r}; it knows {known}")
