"""A prompt as a Conditioning: its signs read, its words weighed, and encoded once for each moment that it differs at."""

from __future__ import annotations

from typing import Any

from nodegraph import InputError, warn

from ...common.knowledge import tell_of_unknown
from ...media.latent import Conditioning, Part
from ..advice import advice_of
from ..conditioning import TOKENIZERS, encoded
from ..families import known_family, prompt_family
from ..inpaint import is_trained
from ..models import quiet
from ..patches.loras import tell_of_triggers
from . import tell_of_cut, tell_of_signs
from .syntax import Moment, Piece, Signs, moments, parsed, pieces, plain
from .weighing import Marks, chunks, reads_on, weighing, weighs


def conditioning_of(pipe: Any, prompt: str, negative: str = "", max_sequence_length: int | None = None,
                    signs: Signs = "numbers", clip_skip: int = 0) -> Conditioning:
    """What a denoiser is told by a prompt, and by what not to paint.

    signs: which of a prompt's signs mean something. clip_skip: how many of the last layers of CLIP are left out.
    Raises InputError for what the model cannot be told.
    """
    known_family(pipe)
    max_sequence_length = max_sequence_length or advice_of(pipe).max_sequence_length
    _judge_skip(pipe, clip_skip)
    texts = {"prompt": prompt, "negative_prompt": negative}
    trees = {name: parsed(text, signs) for name, text in texts.items()}
    times = moments(*trees.values())
    said = {name: [pieces(tree, moment) for moment in times] for name, tree in trees.items()}
    with TOKENIZERS:
        _tell(pipe, texts, said, signs, max_sequence_length)
    wanted, unwanted = said.values()
    if len(times) > 1 and not negative:
        times, wanted = _merged(times, wanted)
    with TOKENIZERS:
        read = [_encoded(pipe, ours, theirs, max_sequence_length, clip_skip, [*wanted, *unwanted])
                for ours, theirs in zip(wanted, unwanted)]
    family = prompt_family(pipe)
    if len(read) == 1:
        return Conditioning(read[0], family, negative)
    parts = tuple(Part(tensors, moment.begin, moment.end, moment.turn) for tensors, moment in zip(read, times))
    return Conditioning(read[0], family, negative, parts)


def _merged(times: list[Moment], said: list[list[Piece]]) -> tuple[list[Moment], list[list[Piece]]]:
    """Only one moment where nothing changes."""
    return (times, said) if any(other != said[0] for other in said) else ([Moment()], said[:1])


def _encoded(pipe: Any, prompt: list[Piece], negative: list[Piece], max_sequence_length: int | None, clip_skip: int,
             others: list[list[Piece]]) -> dict[str, Any]:
    """The tensors of one reading, as long as those of the others, so that a denoiser can be told one after the other."""
    marks = Marks()
    texts = [marks.marked(said) for said in others]
    count = chunks(pipe, texts, marks)
    ours, theirs = marks.marked(prompt), marks.marked(negative)
    signed = len(marks.weights) > 1 or any(None in said for said in others)
    if signed or count > 1 or clip_skip:
        pipe = weighing(pipe, marks, count, clip_skip)
    return encoded(pipe, ours, theirs, max_sequence_length)


def _judge_skip(pipe: Any, clip_skip: int) -> None:
    if not clip_skip:
        return
    if not reads_on(pipe):
        raise InputError(f"a {type(pipe).__name__} does not read its prompts word by word with CLIP, so there is nothing "
                         "for clip_skip; leave it out")
    layers = min(part.config.num_hidden_layers for name, part in pipe.components.items()
                 if name.startswith("text_encoder") and type(part).__name__.startswith("CLIPText"))
    most = layers - 1 - (not type(pipe).__name__.startswith("StableDiffusionPipeline"))
    if clip_skip > most:
        raise InputError(f"clip_skip is {clip_skip}, and this model's encoder has {layers} layers; it takes up to {most}")


def _tell(pipe: Any, texts: dict[str, str], said: dict[str, list[list[Piece]]], signs: Signs,
          max_sequence_length: int | None) -> None:
    """Warn of what in a prompt is not read, or has no effect."""
    for name, readings in said.items():
        tell_of_signs(name, texts[name], signs)
        with quiet():
            for text in dict.fromkeys(plain(reading) for reading in readings):
                if not reads_on(pipe):
                    tell_of_cut(pipe, name, text, max_sequence_length)
                if name == "prompt":
                    tell_of_unknown(getattr(pipe, "knowledge", None), text, shown=is_trained(pipe))
                    tell_of_triggers(getattr(pipe, "patches", ()), text)
        weighed = any(piece is None or piece[1] != 1 for reading in readings for piece in reading)
        if weighed and not weighs(pipe):
            kinds = ", ".join(type(part).__name__ for key, part in pipe.components.items()
                              if key.startswith("text_encoder") and part is not None)
            warn(f"{name} holds weights or breaks, which have no effect: a {type(pipe).__name__} reads prompts with a "
                 f"language model ({kinds}), whose words cannot be weighed one by one")
