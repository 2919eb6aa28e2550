"""What becomes of a prompt before a model reads it: how many of its tokens are read, and what in it is only letters."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from nodegraph import warn

from ..parts import words_known

# Weights and networks as other programs write them: ((word)), [word], word++, <lora:name:1>.
_WEIGHTS = re.compile(r"\([^()]*:\s*[-+]?\d*\.?\d+\s*\)|\(\([^()]+\)\)|(?<!\\)\[[^\[\]:|]+\]")
_UNNUMBERED = re.compile(r"\(\([^():]+\)\)|(?<!\\)\[[^\[\]:|]+\]")
_NETWORK = re.compile(r"<\w+:[^<>]+>")
_LONGEST = 200  # characters of what was left out that are shown


def tell_of_prompt(pipe: Any, name: str, text: str, max_sequence_length: int | None = None) -> None:
    """Warn where words of a prompt are not read, or would not mean what they mean elsewhere.

    For pipelines that are run as a whole, in which no sign counts. name: of the input, "prompt".
    max_sequence_length: how many tokens the longest-reading encoder is asked to read.
    """
    tell_of_signs(name, text, None)
    tell_of_cut(pipe, name, text, max_sequence_length)


def tell_of_signs(name: str, text: str, signs: str | None) -> None:
    """Warn of signs that are read as letters. signs: which of them count, None where none can."""
    network = _NETWORK.search(text)
    if network:
        warn(f"{name} holds {network[0]!r}, which is read as letters: a network is put on the model by diffusion.lora")
    letters = {"numbers": _UNNUMBERED, None: _WEIGHTS}.get(signs)
    weights = letters.search(text) if letters else None
    if weights:
        warn(f"{name} holds {weights[0]!r}, whose signs are read as letters" + (
            "; `signs: all` makes weights of them, and (words:1.1) is one with a number" if signs else
            ": weights in a prompt need a model that diffusion.encode can read for"))


def tell_of_cut(pipe: Any, name: str, text: str, max_sequence_length: int | None = None) -> None:
    """Warn where no encoder of a model reads a prompt to its end."""
    cuts = [_cut(tokenizer, limit, text) for tokenizer, limit in _tokenizers(pipe, max_sequence_length)
            if words_known(tokenizer, text)] if text else []
    if cuts and all(lost for *_, lost in cuts):
        count, limit, lost = min(cuts, key=lambda cut: len(cut[2]))
        shown = lost if len(lost) <= _LONGEST else lost[:_LONGEST] + "..."
        warn(f"{name} has {count} tokens, and this model reads {limit}; left out is {shown!r}")


def _tokenizers(pipe: Any, max_sequence_length: int | None) -> Iterator[tuple[Any, int]]:
    """The tokenizers of a pipeline, and how many tokens of each are read."""
    takes = inspect.signature(type(pipe).__call__).parameters.get("max_sequence_length")
    asked = max_sequence_length or (takes.default if takes is not None else None)
    for name, tokenizer in pipe.components.items():
        if name.startswith("tokenizer") and hasattr(tokenizer, "num_special_tokens_to_add"):  # one of transformers
            clip = type(tokenizer).__name__.startswith("CLIP")
            yield tokenizer, asked if asked and not clip else tokenizer.model_max_length


def _cut(tokenizer: Any, limit: int, text: str) -> tuple[int, int, str]:
    """The tokens of a text and their limit, both without marks of beginning and end, and the words that go beyond."""
    room = limit - tokenizer.num_special_tokens_to_add()
    read = tokenizer(text, add_special_tokens=False, verbose=False, return_offsets_mapping=tokenizer.is_fast)
    ids = read["input_ids"]
    if len(ids) <= room:
        return len(ids), room, ""
    lost = text[read["offset_mapping"][room][0]:] if tokenizer.is_fast else tokenizer.decode(ids[room:])
    return len(ids), room, lost.strip() or text[-1:]


def tell_of_negative(negative: str, guidance_scale: float) -> None:
    """Warn of a negative prompt that has no effect: without guidance a model is not told what to stay away from."""
    if negative and guidance_scale <= 1:
        warn(f"negative_prompt has no effect at a guidance_scale of {guidance_scale:g}; it takes more than 1")
