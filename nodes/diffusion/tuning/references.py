"""What a model that is shown its subject is shown of pictures to learn from, where captions alone tell what they show.

Its finder (`nodes/diffusion/advice.py`) has drawings for a caption, laid out and worded in another way for each seed. They are
moved to where they agree with the picture, and the one that agrees best is shown, if it agrees at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..shown import shown_of
from .alignment import aligned
from .studio import Studio

TRIED = 2  # layouts of each caption
_ALIKE = 0.45  # from which agreement on a drawing is shown: those of other things had 0.3 to 0.6, right ones 0.5 to 0.85


class Reference(NamedTuple):
    """A caption in the model's words, and what is shown beside it, float32 (4, height, width); None for nothing."""

    caption: str
    drawing: Any = None


def laid_out(studio: Studio, caption: str, word: str, seed: int) -> Reference:
    """What the finder of a model has for a caption from a seed. word: stands before it, and is not looked for."""
    found = shown_of(studio.pipe, caption, seed) if caption else None
    if found is None or not bool(found[1][3:].any()):
        return Reference(_with(word, caption))
    return Reference(_with(word, found[0]), studio.drawing(found[1]))


def found(studio: Studio, picture: Any, caption: str, word: str) -> Reference:
    """What is shown beside a picture, float32 (3, height, width): nothing, where no drawing of its caption is like it."""
    laid = [one for one in (laid_out(studio, caption, word, seed) for seed in range(TRIED)) if one.drawing is not None]
    moved = [(*aligned(one.drawing, picture), one.caption) for one in laid]
    drawing, agreement, told = max(moved, key=lambda one: one[1], default=(None, -1.0, ""))
    return Reference(told, drawing) if agreement >= _ALIKE else Reference(_with(word, caption))


def without(word: str, captions: Sequence[str]) -> list[str]:
    """Captions as they were before the word was put before each."""
    word = word.strip()
    return [caption.removeprefix(word).removeprefix(", ") if word else caption for caption in captions]


def _with(word: str, caption: str) -> str:
    return ", ".join(filter(None, (word.strip(), caption.strip())))
