"""Loading models through the libraries that know them: no code of theirs runs, and what a folder lacks is a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from nodegraph import InputError, Recipe


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
