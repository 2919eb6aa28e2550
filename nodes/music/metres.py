"""In which metre, and in which style, a model is asked to work on music that stands in a metre of its own."""

from __future__ import annotations

from dataclasses import replace

from nodegraph import warn

from .composing import Wish, beginning
from .models import Composer
from .writing import ids_of

RARE = 0.01  # probability of a metre in a style below which the model never learned the two together


def metre_for(model: Composer, metre: tuple[int, int]) -> tuple[int, int]:
    """The metre that a model is to count music of this one in: its own, or one whose bars are as long, or twice or more
    so, or as long as a part; the same where the model knows none of these, or counts no metre."""
    known = model.vocabulary.metres() if model.writes == "midi" else []
    if not known or metre in known:
        return metre
    own = 4 * metre[0] / metre[1]

    def likeness(other: tuple[int, int]) -> tuple[bool, float, bool]:
        length = 4 * other[0] / other[1]
        ratio = max(own, length) / min(own, length)
        return abs(ratio - round(ratio)) > 1e-6, ratio, other[1] != metre[1]

    best = min(known, key=likeness)
    return metre if likeness(best)[0] else best


def suited(model: Composer, wish: Wish, metre: tuple[int, int]) -> Wish:
    """The wish in a style that the model plays in this metre: the one asked for, else that in which it is the likeliest."""
    if model.writes != "midi" or not model.vocabulary.stand_alone("Bar", "TimeSig"):
        return wish
    vocab = model.tokenizer.vocab
    styles = [word.removeprefix("Style_") for word in vocab if word.startswith("Style_")]
    if wish.style not in styles or not {"Bar_None", f"TimeSig_{metre[0]}/{metre[1]}"} <= set(vocab):
        return wish
    chances = {style: _chance(model, replace(wish, style=style), metre) for style in styles}
    best = max(styles, key=lambda style: chances[style])
    if chances[wish.style] >= RARE or chances[best] < RARE:
        return wish
    warn(f"this model plays no {wish.style} in {metre[0]}/{metre[1]}, so it is asked for {best}")
    return replace(wish, style=best)


def _chance(model: Composer, wish: Wish, metre: tuple[int, int]) -> float:
    """The probability of a metre in the first bar of what is wished for."""
    import torch

    ids = [*beginning(model, wish), *ids_of(model.tokenizer, ["Bar_None"])]
    with torch.no_grad():
        logits = model.model(input_ids=torch.tensor([ids], device=model.model.device)).logits[0, -1].float()
    return float(logits.softmax(-1)[model.vocabulary.single[model.tokenizer.vocab[f"TimeSig_{metre[0]}/{metre[1]}"]]])
