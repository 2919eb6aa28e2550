"""LanguageModel: a causal language model with its tokenizer, from any folder in the transformers format."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Recipe


@dataclass(frozen=True, eq=False)
class Writer:
    """The live model: a transformers causal language model and the tokenizer that goes with it."""

    model: Any
    tokenizer: Any

    def to(self, device: str) -> Writer:
        """Move the weights to a device, in place."""
        self.model.to(device)
        return self


@contextmanager
def quiet_loading():
    """No progress bars from transformers while weights load: whoever runs the graph shows progress of its own."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def load(recipe: Recipe, device: str, dtype: str) -> Writer:
    """Load from a local folder, or from what is on this machine already of a hub name.

    The recipe's option `download: True` lets the weights be fetched. Only safetensors are read, and code that
    comes with a model never runs. Raises InputError when the folder holds no such model.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = recipe.folder or recipe.source
    local = not dict(recipe.options).get("download", False)
    try:
        with quiet_loading():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=local)
            # "auto" is accelerate's: layers on the device while they fit, the others on the host.
            spread = {"device_map": "auto"} if dict(recipe.options).get("offload") else {}
            model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=local, use_safetensors=True,
                                                         dtype=getattr(torch, dtype), **spread)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{recipe.source} cannot be loaded as a LanguageModel: {error}") from error
    if not spread:
        model.to(device)
    return Writer(model.eval().requires_grad_(False), tokenizer)


def size(writer: Writer) -> int:
    """Bytes of weights and buffers."""
    return sum(t.nbytes for t in (*writer.model.parameters(), *writer.model.buffers()))


def holds(folder: Path) -> bool:
    """Whether a causal language model lies in a folder with a tokenizer of transformers."""
    return (folder / "config.json").is_file() and (folder / "tokenizer_config.json").is_file()


LanguageModel = Annotated[Any, ModelType(
    "LanguageModel", "A causal language model in the transformers format.", load=load, size=size,
    move=Writer.to, holds=holds, color="#7cb98b")]
