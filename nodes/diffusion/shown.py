"""What a painter that is shown its subject is shown of a prompt, where a graph gives it words alone."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from nodegraph import Catalogue, InputError, warn

from ..common.pixels import placed, resampled
from .advice import advice_of
from .inpaint import is_trained
from .patches.loras import adapter_file, triggers
from .prompts.syntax import moments, parsed, pieces, plain

_TAKES, _GIVES = {"text", "seed"}, {"prompt", "reference"}


def shown_of(model: Any, prompt: str, seed: int, mask: Any = None) -> tuple[str, Any] | None:
    """The prompt in the model's words, and what it is shown, float32 (4, h, w); None for a model that is shown nothing.

    A prompt with signs, or without a letter, stays as it is. Words that call up an adapter on the model are no part of
    what is looked for. mask: float32 (1, h, w), in which what is shown has to find place; or None for all of the picture.
    Raises InputError where the model names a finder that is none.
    """
    advice = advice_of(model)
    if not (advice.finder and is_trained(model) and any(letter.isalpha() for letter in prompt)):
        return None
    find = _finder(advice.finder, advice.finder_version)
    if find is None:
        warn(f"this model is shown what it paints, which {advice.finder} finds, and there is no such node here; from words "
             "alone it paints next to nothing")
        return None
    plainly = _plain(prompt)
    words, text = _without_triggers(model, plainly)
    found = find(text=text, seed=seed)
    picture = found.reference if mask is None else _within(found.reference, mask)
    return (", ".join([*words, found.prompt]) if prompt == plainly else prompt), picture


def _within(picture: Any, mask: Any) -> Any:
    """A picture with alpha, as large as fits into the box around a mask; nothing of it is seen outside of that."""
    import torch

    rows, columns = (torch.nonzero((mask[0] >= 0.5).any(axis)).flatten().tolist() for axis in (1, 0))
    if not rows:
        return picture
    wide, high = columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]
    fit = min(wide / picture.shape[2], high / picture.shape[1])
    small = resampled(picture, max(1, round(picture.shape[2] * fit)), max(1, round(picture.shape[1] * fit)), "lanczos")
    left, top = columns[0] + (wide - small.shape[2]) // 2, rows[0] + (high - small.shape[1]) // 2
    made = placed(small, left, top, mask.shape[2], mask.shape[1])
    made[3:] *= mask.to(made)
    return made


def tell_of_nothing_shown(pipe: Any) -> None:
    """Warn that a painter that is shown what it paints is shown nothing."""
    finder = advice_of(pipe).finder
    if finder:
        warn(f"this model is shown what it paints, and here it is shown nothing, so it paints a spot of colour: {finder} finds "
             "a drawing for a sentence; give its reference as reference, and its prompt to diffusion.encode "
             "(diffusion.paint does both by itself)")


@lru_cache(maxsize=8)
def _finder(name: str, version: str) -> Any:
    """The function of a node type that finds what is shown; None where there is none of that name."""
    nodetype = Catalogue().nodetype(name)
    if nodetype is None:
        return None
    if not _GIVES <= set(nodetype.outputs) or not _TAKES <= set(nodetype.inputs):
        raise InputError(f"this model names {name} as what finds its references, and that node takes no text and seed, or "
                         "gives no prompt and reference; mend its generation_config.json")
    if nodetype.version != version:
        raise InputError(f"this model goes with version {version} of {name}, and here that is {nodetype.version}; take a "
                         "model and a pack that belong together")
    return nodetype.call


def _plain(prompt: str) -> str:
    """The words of a prompt without its signs, as they are read in the first step."""
    tree = parsed(prompt)
    return plain(pieces(tree, moments(tree)[0]))


def _without_triggers(model: Any, text: str) -> tuple[list[str], str]:
    """The words in a text that call up the adapters on a model, and the text without them."""
    known = [word for patch in getattr(model, "patches", ()) if patch.kind == "lora" and patch.folder
             for word in triggers(adapter_file(Path(patch.folder)))]
    called = [word for word in dict.fromkeys(known) if word.lower() in text.lower()]
    for word in called:
        at = text.lower().index(word.lower())
        text = text[:at] + text[at + len(word):]
    return called, text.strip(" ,;:，、")
