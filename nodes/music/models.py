"""MusicModel: a causal language model over MIDI tokens, in the formats of transformers and miditok."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Recipe

from ..common.loading import causal_lm, loading


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
    """The model as `causal_lm` loads it, from a folder with the tokenizer.json that miditok saves.

    Raises InputError when the folder holds no such model.
    """
    with loading(recipe, "transformers"):
        tokenizer = _tokenizer(Path(recipe.folder or recipe.source) / "tokenizer.json")
        model = causal_lm(recipe, device, dtype)
    if model.config.vocab_size < len(tokenizer):
        raise InputError(f"{recipe.source} does not fit together: its tokenizer has {len(tokenizer)} tokens "
                         f"and its model {model.config.vocab_size}")
    if not tokenizer.one_token_stream:
        raise InputError(f"{recipe.source} writes one stream of tokens for each track; a MusicModel writes "
                         "one for all (miditok's one_token_stream_for_programs)")
    return Composer(model, tokenizer)


def _tokenizer(path: Path) -> Any:
    """The miditok tokenizer whose class tokenizer.json names."""
    import json

    import miditok

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
