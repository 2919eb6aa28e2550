"""LanguageModel: a causal language model with its tokenizer, from any folder in the transformers format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
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
def loading(recipe: Recipe, *libraries: str) -> Iterator[None]:
    """While weights load: no progress bars from these libraries, since whoever runs the graph shows its own.

    What they say of a folder that they cannot read becomes an InputError that names the model and its kind.
    """
    spoken = [module for module in (import_module(f"{library}.utils.logging") for library in libraries)
              if module.is_progress_bar_enabled()]
    for module in spoken:
        module.disable_progress_bar()
    try:
        yield
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise InputError(f"{recipe.source} cannot be loaded as a {recipe.kind}: {error}") from error
    finally:
        for module in spoken:
            module.enable_progress_bar()


def causal_lm(recipe: Recipe, device: str, dtype: str) -> Any:
    """A transformers causal language model from a folder, or from what is on this machine of a hub name; frozen.

    Only safetensors are read, and code that comes with a model never runs. With the recipe's option `offload`
    its layers are on the device while they fit, and the others on the host.
    """
    import torch
    from transformers import AutoModelForCausalLM

    spread = {"device_map": "auto"} if dict(recipe.options).get("offload") else {}  # "auto" is accelerate's
    model = AutoModelForCausalLM.from_pretrained(recipe.folder or recipe.source, local_files_only=True,
                                                 use_safetensors=True, dtype=getattr(torch, dtype), **spread)
    if not spread:
        model.to(device)
    return model.eval().requires_grad_(False)


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
