"""Other parts in a pipeline: an autoencoder, or text encoders, of a folder or of a file."""

from __future__ import annotations

import copy
from typing import Any

from nodegraph import Recipe

from ..checkpoints import networks

MOST_SPARES = 4


class Spares:
    """Parts that were loaded for a pipeline beside its own, the latest few, by content and the slot they fill."""

    def __init__(self) -> None:
        self.kept: dict[tuple[bytes, str], Any] = {}

    def part(self, pipe: Any, slot: str, patch: Recipe) -> Any:
        """The part that a patch names, loaded once."""
        key = (patch.fingerprint, slot)
        part = self.kept.pop(key, None) or networks.part(pipe, slot, patch)
        self.kept[key] = part
        for old in list(self.kept)[:-MOST_SPARES]:
            del self.kept[old]
        return part


def components(pipe: Any, patches: list[Recipe], spares: Spares) -> Any:
    """A pipeline of the same kind with other parts, or the pipeline itself where there are none."""
    others = {}
    for patch in patches:
        slot = networks.slot_of(pipe, patch)
        others[slot] = spares.part(pipe, slot, patch)
    return rebuilt(pipe, others) if others else pipe


def rebuilt(pipe: Any, others: dict[str, Any]) -> Any:
    """A pipeline of the same class and settings, some of its parts others: what it works out from them is made anew."""
    settings = {name: pipe.config[name] for name in pipe._get_signature_keys(type(pipe))[1] if name in pipe.config}
    made = type(pipe)(**{**settings, **pipe.components, **others})
    for name in ("knowledge", "advice", "bench", "_progress_bar_config", "_all_hooks"):
        if hasattr(pipe, name):
            setattr(made, name, getattr(pipe, name))
    for name in set(vars(pipe)) - set(vars(made)):
        setattr(made, name, copy.copy(getattr(pipe, name)))
    return made
