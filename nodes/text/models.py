"""LanguageModel: a causal language model with its tokenizer, from any folder in the transformers format."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, Knowledge, ModelType, Recipe, warn

from ..common.folders import TOKENIZER_FILES, causal_problem, is_of_notes, settings_problem, tokenizer_problem
from ..common.loading import causal_config, causal_lm, loading, model_place, reason
from ..common.weights import folder_problem


@dataclass(frozen=True, eq=False)
class Writer:
    """The live model: a transformers causal language model and the tokenizer that goes with it."""

    model: Any
    tokenizer: Any
    knowledge: Knowledge | None = None  # what the model's folder says that it knows

    def to(self, device: str) -> Writer:
        """Move the weights to a device, in place."""
        self.model.to(device)
        return self


def load(recipe: Recipe, device: str, dtype: str) -> Writer:
    """The model as `causal_lm` loads it, and its tokenizer. Raises InputError when the folder holds no such model."""
    folder = model_place(recipe, problem)
    with loading(recipe, "transformers"):
        tokenizer = _tokenizer(folder, recipe.source, causal_config(folder, recipe.source))
        model = causal_lm(recipe, device, dtype)
        _refuse_strangers(tokenizer, model, recipe.source)
        _tell_of_no_end(tokenizer, model, recipe.source)
        return Writer(model, tokenizer, Knowledge.of(folder))


def _tokenizer(folder: Path, source: str, config: Any) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, config=config, local_files_only=True,
                                                  trust_remote_code=False)
    except Exception as error:  # whatever the library stumbles over in files that are not what they should be
        why = _lacking(folder) or reason(error)
        remedy = "" if ";" in why else "; download tokenizer.json and tokenizer_config.json again"
        raise InputError(f"the tokenizer of {source} cannot be read: {why}{remedy}") from error
    try:
        tokenizer("Hello, a photo of a red boat")
    except Exception as error:  # some find out with the first word that their files are not of one model
        raise InputError(f"the tokenizer of {source} reads no words: {reason(error)}; take tokenizer.json and "
                         "tokenizer_config.json from one model") from error
    if not set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens):
        raise InputError(f"the tokenizer of {source} knows no words; its tokenizer.json is missing or has an empty "
                         "vocabulary, so download it again")
    return tokenizer


def _tell_of_no_end(tokenizer: Any, model: Any, source: str) -> None:
    """Warn of a model whose texts cannot come to an end: its end token is none that it could write."""
    ends = end_tokens(Writer(model, tokenizer))
    known = max(tokenizer.get_vocab().values())
    if ends and not any(0 <= end <= known for end in ends):
        warn(f"{source} ends no text by itself: its end token, {min(ends)}, is not in its tokenizer; what it writes "
             "is max_tokens long")


def end_tokens(model: Writer) -> set[int]:
    """The ids that end a text."""
    ends = getattr(model.model.generation_config, "eos_token_id", None)
    if ends is None:
        ends = model.tokenizer.eos_token_id
    return set(ends) if isinstance(ends, list) else {ends} - {None}


def _lacking(folder: Path) -> str:
    """What a tokenizer wants beside the files that lie in a folder; or ""."""
    there = {path.name for path in folder.iterdir()}
    models = sorted(there & {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model"})
    if "tokenizer.json" in there:
        return ""
    if "vocab.json" in there and "merges.txt" not in there:
        return "merges.txt, which belongs to vocab.json, is missing; take it from where the model came from"
    if models and not find_spec("sentencepiece"):
        return f"{models[0]} by itself takes the package sentencepiece; install that, or add a tokenizer.json"
    return "" if there & set(TOKENIZER_FILES) else "its tokenizer.json is missing; it belongs to the model"


def _refuse_strangers(tokenizer: Any, model: Any, source: str) -> None:
    """Refuse a tokenizer of more words than the model has weights for; tokens that were added to it are told of."""
    rows = model.get_input_embeddings().weight.shape[0]
    beyond = {number: word for word, number in tokenizer.get_vocab().items() if number >= rows}
    if any(number not in tokenizer.added_tokens_decoder for number in beyond):
        raise InputError(f"{source} does not fit together: its tokenizer has {len(tokenizer)} tokens and its model "
                         f"{rows}; take both from one model")
    if beyond:
        warn(f"{source} has no weights for the added tokens {', '.join(list(beyond.values())[:5])}; "
             "prompts with them are refused")


def size(writer: Writer) -> int:
    """Bytes of weights and buffers."""
    return sum(t.nbytes for t in (*writer.model.parameters(), *writer.model.buffers()))


def problem(folder: Path) -> str:
    """Why a folder cannot be loaded, told by its small files and the headers of its weights; or ""."""
    return causal_problem(folder) or settings_problem(folder) or tokenizer_problem(folder) or folder_problem(folder)


def holds(folder: Path) -> bool:
    """Whether a causal language model lies in a folder with a tokenizer of transformers, be they whole or not."""
    return not causal_problem(folder) and not is_of_notes(folder) and \
        any((folder / name).exists() for name in TOKENIZER_FILES)


LanguageModel = Annotated[Any, ModelType(
    "LanguageModel", "A causal language model in the transformers format.", load=load, size=size,
    move=Writer.to, holds=holds, problem=problem, color="#7cb98b")]
