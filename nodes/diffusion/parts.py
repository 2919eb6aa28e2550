"""The parts of a pipeline as they load: of classes that a library has, with all their weights, fitting together."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from nodegraph import InputError

from ..common.folders import settings
from ..common.loading import in_words, part

_SENTENCE = "a photo of a red boat"  # any words: a tokenizer that knows none of them knows nothing


def pipeline_kind(name: str) -> Any:
    """The class of a pipeline. Raises InputError when diffusers has none of that name."""
    import diffusers

    if not hasattr(diffusers, name):
        raise InputError(f"it is a {name}, a pipeline that diffusers {diffusers.__version__} does not have")
    return getattr(diffusers, name)


def kind_of(name: str, library: str, class_name: str) -> Any:
    """The class of a part. Raises InputError when no library has it."""
    from diffusers import pipelines

    if library in ("diffusers", "transformers"):
        module = import_module(library)
    elif hasattr(pipelines, library):
        module = getattr(pipelines, library)  # some parts are of one pipeline alone, and named by its module
    else:
        raise InputError(f"its {name} is of the library {library}, which is not used here")
    kind = getattr(module, class_name, None)
    if kind is None:
        raise InputError(f"its {name} is a {class_name}, which the {library} that is installed does not have")
    return kind


def loaded_networks(folder: Path, parts: dict[str, tuple[str, str]], dtype: str) -> dict[str, Any]:
    """The networks among the parts, by name, each with all of its weights. Raises InputError that names the part."""
    import torch

    kinds = {name: kind_of(name, *kind) for name, kind in parts.items()}
    networks = {}
    for name, kind in kinds.items():
        if isinstance(kind, type) and issubclass(kind, torch.nn.Module) and hasattr(kind, "from_pretrained"):
            # decoders overflow in half precision
            own = torch.float32 if name == "vae" and dtype == "float16" else getattr(torch, dtype)
            networks[name] = _network(kind, folder / name, name, own)
    return networks


def _network(kind: Any, folder: Path, name: str, dtype: Any) -> Any:
    quantised = settings(folder / "config.json").get("quantization_config")
    try:
        return part(kind, folder, f"its {name}", dtype=dtype)
    except InputError:
        raise
    except Exception as error:  # of a library that is not here, or wants a GPU
        if not isinstance(quantised, dict):
            raise InputError(f"its {name} cannot be read: {in_words(error)}") from error
        raise InputError(f"its {name} is quantised ({quantised.get('quant_method')}), and cannot be loaded on this "
                         f"machine: {in_words(error).rstrip('.')}; take a folder whose weights are not "
                         "quantised") from error


def judge_tokenizers(pipe: Any) -> None:
    """Raises InputError for a tokenizer that knows no words, or more than its encoder; lengths are made to fit."""
    for name, tokenizer in pipe.components.items():
        encoder = pipe.components.get(name.replace("tokenizer", "text_encoder"))
        if not (name.startswith("tokenizer") and hasattr(tokenizer, "num_special_tokens_to_add")
                and hasattr(encoder, "get_input_embeddings")):
            continue
        rows = encoder.get_input_embeddings().num_embeddings
        if len(tokenizer) < rows and not words_known(tokenizer, _SENTENCE):
            raise InputError(f"its {name} has an empty vocabulary: every word is unknown to it, so a prompt would "
                             "count for nothing; download tokenizer.json, or vocab.json and merges.txt, again")
        if len(tokenizer) > rows:
            raise InputError(f"its {name} has {len(tokenizer)} tokens, and its encoder knows {rows}; take both from "
                             "one model")
        if type(tokenizer).__name__.startswith("CLIP"):
            tokenizer.model_max_length = min(tokenizer.model_max_length, encoder.config.max_position_embeddings)


def words_known(tokenizer: Any, text: str) -> bool:
    """Whether a tokenizer knows something in a text."""
    return bool(set(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]) - {tokenizer.unk_token_id})
