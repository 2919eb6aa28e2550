"""MusicModel: a causal language model that writes music, in the format of transformers.

It writes words of miditok (tokenizer.json says which), the arrival-time vocabulary of the Anticipatory Music Transformer
(told by its 55,028 tokens; it has no tokenizer), or ABC as text (told by its card, the README.md of its folder).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Recipe

from ..common.folders import causal_problem, glanced_problem, is_of_notes, settings, settings_problem, tokenizer_problem
from ..common.loading import causal_lm, loading, model_place, reason
from ..common.weights import folder_problem
from .arrival import SIZE, Arrivals
from .vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class Composer:
    """The live model: a transformers causal language model and what its tokens mean.

    tokenizer: one of miditok, Arrivals, or a tokenizer of text.
    """

    model: Any
    tokenizer: Any

    @property
    def writes(self) -> str:
        """What its tokens are: midi, arrivals or abc."""
        if isinstance(self.tokenizer, Arrivals):
            return "arrivals"
        return "midi" if hasattr(self.tokenizer, "one_token_stream") else "abc"

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What the words of its miditok tokenizer do."""
        return Vocabulary(self.tokenizer)

    def to(self, device: str) -> Composer:
        """Move the weights to a device, in place."""
        self.model.to(device)
        return self


def load(recipe: Recipe, device: str, dtype: str) -> Composer:
    """The model as `causal_lm` loads it, with the tokenizer that lies in its folder, or none for arrival times.

    Raises InputError when the folder holds no such model.
    """
    folder = model_place(recipe, problem)
    with loading(recipe, "transformers"):
        tokenizer = _language(folder, recipe.source)
        model = causal_lm(recipe, device, dtype)
    rows = model.get_input_embeddings().weight.shape[0]
    if rows < len(tokenizer):
        raise InputError(f"{recipe.source} does not fit together: its tokenizer has {len(tokenizer)} tokens "
                         f"and its model {rows}")
    return Composer(model, tokenizer)


def _language(folder: Path, source: str) -> Any:
    if is_of_notes(folder):
        return _tokenizer(folder / "tokenizer.json", source)
    if _is_of_arrivals(folder):
        return Arrivals()
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)


def _is_of_arrivals(folder: Path) -> bool:
    """Whether a model has the size of the arrival-time vocabulary, and no tokenizer."""
    return bool(tokenizer_problem(folder)) and settings(folder / "config.json").get("vocab_size") == SIZE


def _is_of_abc(folder: Path) -> bool:
    """Whether the card of a model says that it writes ABC; nothing else tells it from one that writes words."""
    card = folder / "README.md"
    if is_of_notes(folder) or not card.is_file():
        return False
    with card.open("rb") as file:
        return bool(re.search(rb"\babc[ -]?(notation|format|music|tunes?)\b", file.read(1 << 16), re.I))


def _tokenizer(path: Path, source: str) -> Any:
    """The miditok tokenizer whose class tokenizer.json names."""
    try:
        tokenizer = _kind(path)(params=path)
        if tokenizer.is_multi_voc:
            raise ValueError(f"its tokenization, {type(tokenizer).__name__}, writes several tokens at once, and a "
                             "MusicModel writes one")
        if "Pattern" in {word.split("_")[0] for word in tokenizer.vocab}:
            raise ValueError(f"its tokenization, {type(tokenizer).__name__}, writes the rhythm of a beat as one word, which is "
                             "not read here")
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
    """Why what lies in a folder is another kind of thing than a causal language model that may write music; or ""."""
    other = causal_problem(folder)
    if other:
        return other
    if _is_of_arrivals(folder):
        return ""
    path = folder / "tokenizer.json"
    if _is_of_abc(folder):
        return tokenizer_problem(folder)
    if not path.exists() and not path.is_symlink():
        return "has no tokenizer.json as miditok saves it; take it from where the model came from"
    wrong = glanced_problem(path)
    if wrong:
        return f"cannot be loaded: {wrong}"
    return "" if is_of_notes(folder) else \
        "has a tokenizer.json that is not one that miditok saved; take it from where the model came from, or, if the model " \
        "writes ABC notation, let the README.md in its folder say so"


def problem(folder: Path) -> str:
    """Why a folder cannot be loaded, told by its small files and the headers of its weights; or ""."""
    return kind_problem(folder) or settings_problem(folder) or folder_problem(folder)


def holds(folder: Path) -> bool:
    """Whether a causal language model that writes music lies in a folder."""
    return not kind_problem(folder)


MusicModel = Annotated[Any, ModelType(
    "MusicModel", "A causal language model that writes music: miditok's tokens, arrival times, or ABC.",
    load=load, size=size, move=Composer.to, holds=holds, problem=problem, color="#78c484")]
