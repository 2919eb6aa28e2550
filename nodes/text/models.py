"""LanguageModel: a causal language model with its tokenizer, from any folder in the transformers format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from nodegraph import ModelType, Recipe

from ..common.loading import causal_lm, loading


@dataclass(frozen=True, eq=False)
class Writer:
    """The live model: a transformers causal language model and the tokenizer that goes with it."""

    model: Any
    tokenizer: Any

    def to(self, device: str) -> Writer:
        """Move the weights to a device, in place."""
        self.model.to(device)
        return self


def load(recipe: Recipe, device: str, dtype: str) -> Writer:
    """The model as `causal_lm` loads it, and its tokenizer. Raises InputError when the folder holds no such model."""
    from transformers import AutoTokenizer

    with loading(recipe, "transformers"):
        tokenizer = AutoTokenizer.from_pretrained(recipe.folder or recipe.source, local_files_only=True)
        return Writer(causal_lm(recipe, device, dtype), tokenizer)


def size(writer: Writer) -> int:
    """Bytes of weights and buffers."""
    return sum(t.nbytes for t in (*writer.model.parameters(), *writer.model.buffers()))


def holds(folder: Path) -> bool:
    """Whether a causal language model lies in a folder with a tokenizer of transformers."""
    return (folder / "config.json").is_file() and (folder / "tokenizer_config.json").is_file()


LanguageModel = Annotated[Any, ModelType(
    "LanguageModel", "A causal language model in the transformers format.", load=load, size=size,
    move=Writer.to, holds=holds, color="#7cb98b")]
