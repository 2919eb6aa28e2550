"""MusicModel: a causal language model over MIDI tokens, in the formats of transformers and miditok."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Recipe


@dataclass(frozen=True, eq=False)
class Composer:
    """The live model: a transformers causal language model and the miditok tokenizer that goes with it."""

    model: Any
    tokenizer: Any

    def to(self, device: str) -> Composer:
        """Move the weights to a device, in place."""
        self.model.to(device)
        return self


def load(recipe: Recipe, device: str, dtype: str) -> Composer:
    """Load from a local folder, or from what is on this machine already of a hub name.

    A folder has config.json, *.safetensors and the tokenizer.json that miditok saves.

    The recipe's option `download: True` lets the weights be fetched. Only safetensors are read, and code that
    comes with a model never runs. Raises InputError when the folder holds no such model.
    """
    import torch
    from transformers import AutoModelForCausalLM

    from ..text.models import quiet_loading

    folder = recipe.folder or recipe.source
    local = not dict(recipe.options).get("download", False)
    try:
        with quiet_loading():
            tokenizer = _tokenizer(folder, local)
            model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=local, use_safetensors=True,
                                                         dtype=getattr(torch, dtype))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{recipe.source} cannot be loaded as a MusicModel: {error}") from error
    if model.config.vocab_size < len(tokenizer):
        raise InputError(f"{recipe.source} does not fit together: its tokenizer has {len(tokenizer)} tokens "
                         f"and its model {model.config.vocab_size}")
    if not tokenizer.one_token_stream:
        raise InputError(f"{recipe.source} writes one stream of tokens for each track; a MusicModel writes "
                         "one for all (miditok's one_token_stream_for_programs)")
    return Composer(model.to(device).eval().requires_grad_(False), tokenizer)


def _tokenizer(folder: str, local: bool) -> Any:
    """The miditok tokenizer whose class tokenizer.json names."""
    import json

    import miditok

    path = Path(folder) / "tokenizer.json"
    if not path.exists():
        from huggingface_hub import hf_hub_download

        path = Path(hf_hub_download(folder, "tokenizer.json", local_files_only=local))
    name = json.loads(path.read_text(encoding="utf-8")).get("tokenization")
    kind = getattr(miditok, name, None) if isinstance(name, str) else None
    if not (isinstance(kind, type) and issubclass(kind, miditok.MusicTokenizer)):
        raise ValueError("its tokenizer.json is not one that miditok saved")
    return kind(params=path)


def size(composer: Composer) -> int:
    """Bytes of weights and buffers."""
    return sum(t.nbytes for t in (*composer.model.parameters(), *composer.model.buffers()))


def holds(folder: Path) -> bool:
    """Whether a causal language model lies in a folder with a tokenizer that miditok saved."""
    tokenizer = folder / "tokenizer.json"
    return (folder / "config.json").is_file() and tokenizer.is_file() and \
        b'"tokenization"' in tokenizer.read_bytes()


MusicModel = Annotated[Any, ModelType(
    "MusicModel", "A causal language model over MIDI tokens, with its miditok tokenizer.",
    load=load, size=size, move=Composer.to, holds=holds, color="#78c484")]
