"""The parts of a diffusers pipeline in its folder: which it names, whether they are whole, whether they fit together."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from nodegraph import InputError

from ..common.loading import in_words, part
from ..common.weights import folder_problem

_SENTENCE = "a photo of a red boat"  # any words: a tokenizer that knows none of them knows nothing
_NEEDLESS = (r"^encoder\.", r"^quant_conv\.")  # of an autoencoder that only decodes


def read_index(folder: Path) -> dict[str, Any]:
    """What model_index.json says: `_class_name`, and for each part its library and class. Raises InputError."""
    path = folder / "model_index.json"
    if not path.is_file():
        raise InputError(_no_index(folder))
    try:
        index = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError(f"model_index.json is damaged ({in_words(error)}); download it again") from error
    if not isinstance(index, dict) or "_class_name" not in index:
        raise InputError("model_index.json does not say which pipeline it is of (_class_name); download it again")
    return index


def _no_index(folder: Path) -> str:
    """What lies in a folder that is no pipeline's."""
    if not folder.exists():
        return "there is no such folder"
    if not folder.is_dir():
        return "it is a file, and the folder of a diffusers pipeline is wanted (from_single_file and save_pretrained make one)"
    if (folder / "modular_model_index.json").is_file():
        return "it is a modular pipeline (modular_model_index.json), a kind that is not read here"
    names = sorted(path.name for path in folder.iterdir())
    if any("lora" in name.lower() and name.endswith(".safetensors") for name in names):
        return "the folder holds an adapter (LoRA), which changes a model and is none; give the folder of a model"
    if "config.json" in names and any(name.startswith("diffusion_pytorch_model") for name in names):
        return "it is one part of a pipeline (a unet, a transformer or an autoencoder); give the folder around it"
    problem = folder_problem(folder)
    about = f"it {problem}" if problem.startswith(("is ", "holds ")) else problem
    if not problem and "config.json" in names:
        about = "it looks like a language model"
    return ("there is no model_index.json in it, which the folder of a diffusers pipeline has" +
            (f"; {about}" if about else ""))


def judge_index(folder: Path, index: dict[str, Any]) -> None:
    """Raises InputError where a pipeline or a part of it is of a class that is not there, or its folder is missing."""
    import diffusers

    name = index["_class_name"]
    if not isinstance(name, str):
        raise InputError(f"its pipeline, {name}, is code that comes with the folder, and such code is not run here")
    if not hasattr(diffusers, name):
        raise InputError(f"it is a {name}, a pipeline that diffusers {diffusers.__version__} does not have")
    for part_name, (library, class_name) in named_parts(index).items():
        if not (folder / part_name).is_dir():
            raise InputError(f"its {part_name} is not there; a {name} has a folder of that name; download the model again")
        kind_of(folder, part_name, library, class_name)


def named_parts(index: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The parts that are to be loaded: name -> (library, class)."""
    checker = ("safety_checker", "feature_extractor") if "safety_checker" in index else ()
    return {name: (value[0], value[1]) for name, value in index.items() if not name.startswith("_")
            and isinstance(value, list) and len(value) == 2 and None not in value and name not in checker}


def kind_of(folder: Path, name: str, library: str, class_name: str) -> Any:
    """The class of a part. Raises InputError when no library has it, or it is code of the folder's own."""
    from diffusers import pipelines

    if library in ("diffusers", "transformers"):
        module = import_module(library)
    elif hasattr(pipelines, library):
        module = getattr(pipelines, library)  # some parts are of one pipeline alone, and named by its module
    elif (folder / name / f"{library}.py").is_file() or (folder / f"{library}.py").is_file():
        raise InputError(f"its {name} is code that comes with the folder ({library}.py), and such code is not run here")
    else:
        raise InputError(f"its {name} is of the library {library}, which is not used here")
    kind = getattr(module, class_name, None)
    if kind is None:
        raise InputError(f"its {name} is a {class_name}, which {library} {import_module(module.__name__.split('.')[0]).__version__} does not have")
    return kind


def loaded_networks(folder: Path, index: dict[str, Any], dtype: str) -> dict[str, Any]:
    """The networks of a pipeline by name, each with all of its weights. Raises InputError that names the part."""
    import torch

    networks = {}
    for name, (library, class_name) in named_parts(index).items():
        kind = kind_of(folder, name, library, class_name)
        if isinstance(kind, type) and issubclass(kind, torch.nn.Module) and hasattr(kind, "from_pretrained"):
            # decoders overflow in half precision
            own = torch.float32 if name == "vae" and dtype == "float16" else getattr(torch, dtype)
            networks[name] = _network(kind, folder / name, name, own)
    return networks


def _network(kind: Any, folder: Path, name: str, dtype: Any) -> Any:
    quantised = _quantised(folder)
    try:
        return part(kind, folder, name, dtype=dtype, harmless=_NEEDLESS)
    except InputError:
        raise
    except (ImportError, RuntimeError, ValueError) as error:
        if not quantised:
            raise
        raise InputError(f"its {name} is quantised ({quantised}), and cannot be loaded on this machine: {in_words(error)}; "
                         "take a folder whose weights are not quantised") from error


def _quantised(folder: Path) -> str:
    """The method that the weights of a part were quantised with, as its config.json says, or ""."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError):
        return ""
    settings = config.get("quantization_config") if isinstance(config, dict) else None
    return str(settings.get("quant_method", "some method")) if isinstance(settings, dict) else ""


def judge_tokenizers(pipe: Any) -> None:
    """Raises InputError for a tokenizer that knows no words, or more than its encoder; lengths are made to fit."""
    for name, tokenizer in pipe.components.items():
        encoder = pipe.components.get(name.replace("tokenizer", "text_encoder"))
        if not name.startswith("tokenizer") or tokenizer is None or not hasattr(encoder, "get_input_embeddings"):
            continue
        rows = encoder.get_input_embeddings().num_embeddings
        if len(tokenizer) < rows and not words_known(tokenizer, _SENTENCE):
            raise InputError(f"its {name} has no vocabulary: every word is unknown to it, so a prompt would count for "
                             "nothing; tokenizer.json, or vocab.json and merges.txt, are missing; download them again")
        if len(tokenizer) > rows:
            raise InputError(f"its {name} has {len(tokenizer)} tokens, and its encoder knows {rows}; they are of two models")
        if type(tokenizer).__name__.startswith("CLIP"):
            tokenizer.model_max_length = min(tokenizer.model_max_length, encoder.config.max_position_embeddings)


def words_known(tokenizer: Any, text: str) -> bool:
    """Whether a tokenizer knows something in a text."""
    return bool(set(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]) - {tokenizer.unk_token_id})
