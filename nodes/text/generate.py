"""The node that writes with a language model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from nodegraph import SILENT, Context, InputError, Range, Seed, node, warn

from ..common.context import context_length, finite
from ..common.knowledge import tell_of_unknown
from ..common.loading import heard, in_words
from ..common.sampling import next_token
from .models import LanguageModel, Writer, end_tokens

_HARMLESS = ("sequence length is longer than",  # which is measured and told here, by what the model reads
             "falling back to its reference")  # which is slower, and no less right


@node("text.generate", version=2, costly=True)
def generate(model: LanguageModel, prompt: str, seed: Seed = 0,
             max_tokens: Annotated[int, Range(1, 8192)] = 256,
             temperature: Annotated[float, Range(0, 2, 0.05)] = 0.8,
             top_p: Annotated[float, Range(0, 1, 0.01)] = 0.95, top_k: Annotated[int, Range(0, 1000)] = 0,
             repetition_penalty: Annotated[float, Range(1, 2, 0.05)] = 1.0, stop: str = "", chat: bool = True,
             ctx: Context = SILENT) -> str:
    """Continue a prompt in words. The same seed and settings write the same words again.

    model: starter/poet, or a folder or hub name of a causal language model in the transformers format.
    prompt: what the model continues, or, if it is a chat model, what it is asked.
    seed: where the dice begin.
    max_tokens: when to stop if the model has not come to an end.
    temperature: how adventurous the choice of words is; 0 always takes the likeliest.
    top_p: choose only among the likeliest tokens that together have this probability.
    top_k: choose only among this many of the likeliest tokens; 0 sets no limit.
    repetition_penalty: how much tokens already written are made less likely; 1 does not.
    stop: the text ends before these words when they come up; empty words are ignored.
    chat: whether a model with a chat template is asked in that form; false gives it the bare prompt.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    ids = prompt_ids(model, prompt, chat)
    tell_of_unknown(getattr(model, "knowledge", None), prompt)
    written: list[int] = []
    text = ""
    with torch.no_grad(), heard("transformers", harmless=_HARMLESS):
        for logits in _logits(model, ids, written):
            token = next_token(logits, written, temperature, top_k, top_p, repetition_penalty, generator)
            if token in end_tokens(model):
                break
            written.append(token)
            text = model.tokenizer.decode(written, skip_special_tokens=True)
            # A character may be spread over several tokens: show it once it is whole.
            ctx.report(len(written), max_tokens, preview=text.rstrip("\N{REPLACEMENT CHARACTER}"))
            if stop and stop in text:
                text = text[:text.index(stop)]
                break
            if len(written) == max_tokens:
                break
        else:
            warn(f"the text ends after {len(written)} tokens: with the prompt they fill the "
                 f"{context_length(model.model)} that this model can read; a shorter prompt leaves it more room")
    return text.strip()


def prompt_ids(model: Writer, prompt: str, chat: bool) -> list[int]:
    """The prompt as token ids. Raises InputError when it is empty or leaves the model no room to write."""
    tokenizer = model.tokenizer
    with heard("transformers", harmless=_HARMLESS):
        ids = _in_chat(tokenizer, prompt) if chat and tokenizer.chat_template else _bare(tokenizer, prompt)
    if not ids and tokenizer.bos_token_id is not None:
        ids = [tokenizer.bos_token_id]
    room = context_length(model.model)
    if not ids:
        raise InputError("the prompt is empty, and this model has no token to begin with; give it some words")
    if len(ids) >= room:
        raise InputError(f"the prompt has {len(ids)} tokens and this model reads {room}; shorten it")
    rows = model.model.get_input_embeddings().weight.shape[0]
    strangers = [number for number in ids if number >= rows]
    if strangers:
        raise InputError(f"the prompt has the token {tokenizer.convert_ids_to_tokens(strangers[0])}, for which this "
                         "model has no weights; leave it out" + (", or set chat: false" if chat else ""))
    return ids


def _bare(tokenizer: Any, prompt: str) -> list[int]:
    """The prompt as it is, as token ids."""
    try:
        return list(tokenizer(prompt)["input_ids"])
    except Exception as error:  # of the tokenizers library, over words for which it has no token at all
        raise InputError(f"the model's tokenizer cannot read the prompt: {in_words(error).rstrip('.')}; take "
                         "tokenizer.json and tokenizer_config.json from one model") from error


def _in_chat(tokenizer: Any, prompt: str) -> list[int]:
    """The prompt as what a user says, in the form of the model's chat template, as token ids."""
    messages = [{"role": "user", "content": prompt}]
    try:
        asked = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)
        return list(asked["input_ids"])
    except Exception as error:  # a template is a program of its model's makers, and says no in its own words
        raise InputError(f"the model's chat template refuses the prompt: {_of_template(error)}; set chat: false to "
                         "give the model the bare prompt") from error


def _of_template(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    words = in_words(error).rstrip(".")
    return f"its line {line} cannot be read ({words})" if line else words


def known_tokens(model: Writer) -> int:
    """How many of the model's logits have words: networks are often a little wider than their vocabulary."""
    return max(model.tokenizer.get_vocab().values(), default=0) + 1


def _logits(model: Writer, ids: list[int], written: list[int]) -> Iterator[Any]:
    """The logits (vocabulary; float32, on the CPU) after the prompt and what is written, until the context is full.

    Each pass sees only what is new: the keys and values of the rest are kept.
    """
    import torch

    network, room, cache, seen = model.model, context_length(model.model), None, 0
    known = known_tokens(model)
    while len(ids) + len(written) < room:
        fresh = (ids + written)[seen:]
        output = network(input_ids=torch.tensor([fresh], device=network.device), past_key_values=cache,
                         use_cache=True)
        cache = getattr(output, "past_key_values", None)
        # A model that keeps nothing is shown everything again.
        seen = len(ids) + len(written) if cache is not None else 0
        yield finite(output.logits[0, -1][:known].detach().to("cpu", torch.float32))
