"""What a language model can see at once, and whether what it answers are numbers."""

from __future__ import annotations

from math import isfinite
from typing import Any

from nodegraph import InputError

# The names under which configurations keep it, as in Llama, GPT-2, OpenAI GPT, MPT, and BLOOM.
_LENGTHS = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length", "seq_length")
_TABLES = ("wpe", "position_embeddings", "embed_positions", "pos_embed")  # of learned positions


def context_length(network: Any) -> float:
    """How many tokens a network can see at once, prompt included; infinite when it does not say."""
    config = network.config
    config = config.get_text_config() if hasattr(config, "get_text_config") else config
    lengths = [length for name in _LENGTHS if type(length := getattr(config, name, None)) is int and length > 0]
    return min(lengths, default=0) or _positions(network)


def _positions(network: Any) -> float:
    """The rows of its table of positions, where a network has learned one."""
    modules = network.named_modules() if hasattr(network, "named_modules") else ()
    tables = [module.weight.shape[0] for name, module in modules
              if name.rsplit(".", 1)[-1] in _TABLES and getattr(getattr(module, "weight", None), "ndim", 0) == 2]
    return min(tables, default=float("inf"))


def finite(logits: Any) -> Any:
    """The same logits (vocabulary). Raises InputError when one is not a number, or without bounds."""
    if not isfinite(logits.max()):  # the largest is no number where one is none, and without bounds where all or one are so
        raise InputError("the model answers with numbers that are none (NaN): its weights are damaged, or too large "
                         "for its floating type; download it again, or run with --dtype float32")
    return logits
