"""The parts of a pipeline as they load: of classes that a library has, with all their weights, fitting together."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

from nodegraph import InputError

from ..common.folders import settings
from ..common.loading import in_words, part, reason
from .folders import MODULAR

_SENTENCE = "a photo of a red boat"  # any words: a tokenizer that knows none of them knows nothing


def pipeline_kind(name: str) -> Any:
    """The class of a pipeline. Raises InputError when diffusers has none of that name."""
    import diffusers

    if not hasattr(diffusers, name):
        raise InputError(f"its pipeline, {name}, is none that diffusers {diffusers.__version__} has; take a newer "
                         "diffusers, or another model")
    return getattr(diffusers, name)


def kind_of(name: str, library: str, class_name: str) -> Any:
    """The class of a part. Raises InputError when no library has it."""
    from diffusers import pipelines

    if library in ("diffusers", "transformers"):
        module = import_module(library)
    elif hasattr(pipelines, library):
        module = getattr(pipelines, library)  # some parts are of one pipeline alone, and named by its module
    else:
        raise InputError(f"its {name} is of the library {library}, which is not used here; take a model that diffusers "
                         "reads by itself")
    kind = getattr(module, class_name, None)
    if kind is None:
        raise InputError(f"its {name} is of the class {class_name}, which the {library} that is installed does not "
                         f"have; take a newer {library}, or another model")
    return kind


_NEEDED = {"unet", "transformer", "vae", "scheduler"}  # of the others, some folders say that they lack them
_LEFT_OUT = {"safety_checker", "feature_extractor", "image_encoder"}  # without which pictures are painted all the same


def modular_kind(folder: Path, index: dict[str, Any]) -> Any:
    """The class of the pipeline that has the parts of a modular one. Raises InputError where diffusers has none."""
    import diffusers

    kind = getattr(diffusers, index["_class_name"], None)
    if kind is None:
        blocks = settings(folder / MODULAR)["_class_name"]
        raise InputError(f"it is a modular pipeline ({blocks}), and diffusers {diffusers.__version__} has no pipeline of the "
                         "same parts that is run in stages; take another model of its family, or one with a model_index.json")
    return kind


def of_modular(pipeline: Any, folder: Path, index: dict[str, Any], loaded: dict[str, Any]) -> Any:
    """A pipeline of the parts of a modular one: those that are loaded, the others in the folder, and its settings."""
    takes = inspect.signature(pipeline.__init__).parameters
    given = {name: value for name, value in index.items() if name in takes and not isinstance(value, list)} | loaded
    for name, parameter in takes.items():
        if name in given or name == "self":
            continue
        value = index.get(name)
        if isinstance(value, list):
            given[name] = kind_of(name, *value).from_pretrained(folder / name, local_files_only=True, trust_remote_code=False)
        elif parameter.default is parameter.empty:
            given[name] = None
    return pipeline(**given)


def judge_index(pipeline: Any, index: dict[str, Any], file: str = "model_index.json") -> None:
    """Raises InputError where the index of a folder, in a file, lacks a part that pipelines of its class want."""
    for name, parameter in inspect.signature(pipeline.__init__).parameters.items():
        needed = parameter.default is parameter.empty and name != "self" and \
            parameter.kind is parameter.POSITIONAL_OR_KEYWORD and name not in _LEFT_OUT
        if needed and (name not in index or (name in _NEEDED and None in (index[name] or [None]))):
            if file == MODULAR:
                raise InputError(f"its {name} does not lie in the folder, where a {pipeline.__name__} has one; fetch it from "
                                 f"where {file} says, as the folder {name}")
            raise InputError(f"its model_index.json names no {name}, which a {pipeline.__name__} has; take the one "
                             "that belongs to the model")


def loaded_parts(folder: Path, parts: dict[str, tuple[str, str]], dtypes: dict[str, str],
                 variant: str = "") -> dict[str, Any]:
    """The parts by name: networks with all of their weights, tokenizers, schedulers. Raises InputError with the name.

    dtypes: the name of the floating type of all, under "", and of single kinds of parts. What looks at pictures is left
    to the pipeline.
    """
    import torch

    kinds = {name: kind_of(name, *kind) for name, kind in parts.items()}
    loaded = {}
    for name, kind in kinds.items():
        if isinstance(kind, type) and issubclass(kind, torch.nn.Module) and hasattr(kind, "from_pretrained"):
            dtype = dtypes.get(name.rstrip("_234"), dtypes[""])
            # decoders overflow in half precision
            own = torch.float32 if name == "vae" and dtype == "float16" and "vae" not in dtypes else getattr(torch, dtype)
            loaded[name] = _network(kind, folder / name, name, own, variant)
        elif name.startswith(("tokenizer", "scheduler")):
            loaded[name] = _reader(kind, folder / name, name)
    return loaded


def _reader(kind: Any, folder: Path, name: str) -> Any:
    """A tokenizer or a scheduler, which are made of settings alone."""
    try:
        if name.startswith("tokenizer"):
            return kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        return kind.from_config(settings(folder / "scheduler_config.json"))
    except Exception as error:  # whatever a library stumbles over in settings that are not what they should be
        raise InputError(f"its {name} cannot be read: {reason(error)}; take the whole folder {name} from one "
                         "model") from error


def _network(kind: Any, folder: Path, name: str, dtype: Any, variant: str = "") -> Any:
    quantised = settings(folder / "config.json").get("quantization_config")
    try:
        return part(kind, folder, f"its {name}", variant=variant, dtype=dtype)
    except InputError:
        raise
    except Exception as error:  # of a library that is not here, or wants a GPU
        if not isinstance(quantised, dict):
            raise InputError(f"its {name} cannot be read: {reason(error)}; take the whole folder {name} from one "
                             "model") from error
        how = quantised.get("quant_method") or "its config.json does not say how"
        raise InputError(f"its {name} is quantised ({how}), and cannot be loaded on this "
                         f"machine: {in_words(error).rstrip('.')}; take a folder whose weights are not "
                         "quantised") from error


def judge_tokenizers(pipe: Any) -> None:
    """Raises InputError for a tokenizer that knows no words, or more than its encoder; lengths are made to fit."""
    for name, tokenizer in pipe.components.items():
        encoder = pipe.components.get(name.replace("tokenizer", "text_encoder"))
        encoder = encoder.text_model if type(encoder).__name__ == "ClapModel" else encoder  # which hears, besides
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
        if tokenizer.model_max_length <= tokenizer.num_special_tokens_to_add():
            raise InputError(f"its {name} reads no words: model_max_length in its tokenizer_config.json is "
                             f"{tokenizer.model_max_length}; take the whole folder {name} from one model")
        if type(tokenizer).__name__.startswith("CLIP"):
            tokenizer.model_max_length = min(tokenizer.model_max_length, encoder.config.max_position_embeddings)


def words_known(tokenizer: Any, text: str) -> bool:
    """Whether a tokenizer knows something in a text."""
    return bool(set(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]) - {tokenizer.unk_token_id})
