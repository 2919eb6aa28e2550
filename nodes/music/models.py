"""MusicModel: a causal language model over MIDI tokens, in the formats of transformers and miditok."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Recipe

from ..common.folders import causal_problem, glanced_problem, is_of_notes, settings, settings_problem
from ..common.loading import causal_lm, loading, model_place, reason
from ..common.weights import folder_problem


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
    folder = model_place(recipe, problem)
    with loading(recipe, "transformers"):
        tokenizer = _tokenizer(folder / "tokenizer.json", recipe.source)
        model = causal_lm(recipe, device, dtype)
    rows = model.get_input_embeddings().weight.shape[0]
    if rows < len(tokenizer):
        raise InputError(f"{recipe.source} does not fit together: its tokenizer has {len(tokenizer)} tokens "
                         f"and its model {rows}")
    return Composer(model, tokenizer)


def _tokenizer(path: Path, source: str) -> Any:
    """The miditok tokenizer whose class tokenizer.json names."""
    try:
        tokenizer = _kind(path)(params=path)
        if tokenizer.is_multi_voc:
            raise ValueError(f"its tokenization, {type(tokenizer).__name__}, writes several tokens at once, and a "
                             "MusicModel writes one")
        if not any(word.startswith(("Pitch", "NoteOn")) for word in tokenizer.vocab):
            raise ValueError("it knows no notes")
    except Exception as error:  # whatever the library stumbles over in a file that is not what it should be
        raise InputError(f"the tokenizer.json of {source} cannot be used: {reason(error)}") from error
    return tokenizer


def _kind(path: Path) -> Any:
    import miditok

    name = settings(path).get("tokenization")
    kind = getattr(miditok, name, None) if isinstance(name, str) else None
    if not (isinstance(kind, type) and issubclass(kind, miditok.MusicTokenizer)):
        raise ValueError("it is not one that miditok saved" if not name else
                         f"its tokenization is {name!r}, which miditok does not know")
    return kind


def size(composer: Composer) -> int:
    """Bytes of weights and buffers."""
    return sum(t.nbytes for t in (*composer.model.parameters(), *composer.model.buffers()))


def kind_problem(folder: Path) -> str:
    """Why what lies in a folder is another kind of thing than a causal language model over notes; or ""."""
    other = causal_problem(folder)
    if other:
        return other
    path = folder / "tokenizer.json"
    if not path.exists() and not path.is_symlink():
        return "has no tokenizer.json as miditok saves it; take it from where the model came from"
    wrong = glanced_problem(path)
    if wrong:
        return f"cannot be loaded: {wrong}"
    return "" if is_of_notes(folder) else \
        "has a tokenizer.json that is not one that miditok saved; take it from where the model came from"


def problem(folder: Path) -> str:
    """Why a folder cannot be loaded, told by its small files and the headers of its weights; or ""."""
    return kind_problem(folder) or settings_problem(folder) or folder_problem(folder)


def holds(folder: Path) -> bool:
    """Whether a causal language model lies in a folder with a tokenizer that miditok saved."""
    return not kind_problem(folder)


MusicModel = Annotated[Any, ModelType(
    "MusicModel", "A causal language model over MIDI tokens, with its miditok tokenizer.",
    load=load, size=size, move=Composer.to, holds=holds, problem=problem, color="#78c484")]
