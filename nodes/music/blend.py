"""Styles blended by weights: a model is asked for each of them, and what it makes of the notes so far is mixed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from nodegraph import InputError

from ..common.quickstep import stepped
from .composing import Wish, beginning
from .models import Composer


def weights(style: str, text: str, styles: Sequence[str]) -> dict[str, float]:
    """How much of each style: the given one, and those of a text such as `jazz 0.4, ambient 0.1`, which leave it the rest.

    Raises InputError for a style that is none, and for weights that add up to more than 1.
    """
    found: dict[str, float] = {}
    for part in (part.strip() for part in re.split(r"[,;\n]", text)):
        told = re.fullmatch(r"(.+?)\s+(\d*\.?\d+)", part)
        if part and (not told or told[1] not in styles):
            raise InputError(f"blend has {part!r}; it takes a style and its weight, such as `{styles[-1]} 0.4`; "
                             f"styles are {', '.join(styles)}")
        if told:
            found[told[1]] = found.get(told[1], 0.0) + float(told[2])
    rest = 1 - sum(found.values())
    if rest < -1e-6:
        raise InputError(f"the weights in blend add up to {1 - rest:g}; they leave the rest of 1 to {style}")
    found[style] = found.get(style, 0.0) + max(0.0, rest)
    return {name: weight for name, weight in found.items() if weight > 0}


class Blend:
    """Stands in the place of a model: several rows that differ in the words they begin with, and one row's logits for all.

    The logits are the mean, by weights, of the rows' logarithms of probability: a note has to be right in every style.
    """

    def __init__(self, model: Any, starts: Sequence[Sequence[int]], weights: Sequence[float]):
        self.model, self.weights = stepped(model), weights
        self.places = [place for place, ids in enumerate(zip(*starts, strict=True)) if len(set(ids)) > 1]
        self.words = [[start[place] for place in self.places] for start in starts]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def __call__(self, input_ids: Any, past_key_values: Any = None, **rest: Any) -> Any:
        """As the model's, of one row; of a small one, after the last token alone. input_ids: int (1, tokens)."""
        import torch

        rows = input_ids.repeat(len(self.words), 1)
        if past_key_values is None:
            rows[:, self.places] = torch.tensor(self.words, device=rows.device)
        output = self.model(input_ids=rows, past_key_values=past_key_values, **rest)
        odds = output.logits.float().log_softmax(-1)
        shares = torch.tensor(self.weights, device=odds.device)[:, None, None]
        return SimpleNamespace(logits=(shares * odds).sum(0, keepdim=True),
                               past_key_values=getattr(output, "past_key_values", None))


def blended(model: Composer, wish: Wish, shares: dict[str, float]) -> Composer:
    """The composer that writes the wish in several styles at once. Raises InputError where the model cannot."""
    if set(shares) == {wish.style}:
        return model
    if model.writes != "midi" or any(f"Style_{name}" not in model.tokenizer.vocab for name in shares):
        raise InputError(f"this model has no words for the styles {', '.join(shares)}, so it cannot blend them")
    order = [wish.style, *(name for name in shares if name != wish.style)]
    starts = [beginning(model, replace(wish, style=name)) for name in order]
    if len({len(start) for start in starts}) > 1:
        raise InputError("this model's tokenizer says these styles in a different number of tokens, so they cannot be blended")
    return Composer(Blend(model.model, starts, [shares.get(name, 0.0) for name in order]), model.tokenizer)
