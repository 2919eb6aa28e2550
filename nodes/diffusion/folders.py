"""What lies in the folder of a pipeline, by its small files and the headers of its weights; no library is asked."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..common.folders import TOKENIZER_FILES, described, settings, tokenizer_problem
from ..common.weights import folder_problem, header, problem as broken_weights, single_file, weights
from .checkpoints.anatomy import paints
from .lycoris import is_more

_EYES = re.compile(r"Qwen\d?(_5)?VL\w*Processor|Pixtral\w*Processor(?!Pil)|SmolVLM\w*Processor")
INDEX, MODULAR = "model_index.json", "modular_model_index.json"
_NO_NETWORK = re.compile(r"(Tokenizer(Fast)?|Scheduler|Processor(Fast|Pil)?|FeatureExtractor)$")


def problem(path: Path) -> str:
    """Why what lies at a path is no pipeline of diffusers, or not the whole of one; "" if nothing speaks against it.

    The words stand behind its name: "is a file, and a folder is wanted".
    """
    if path.is_file():
        return "" if path.suffix in (".safetensors", ".gguf") and not broken(path) and holds(path) else _other(path)
    if not holds(path):
        return _other(path)
    try:
        index = index_of(path)
        wrong = _index_problem(path, index) or next(filter(None, (
            _part_problem(path / name, name, kind) for name, kind in parts(path, index).items())), "")
    except ValueError as error:
        wrong = str(error)
    return f"cannot be loaded: {wrong}" if wrong else ""


def holds(folder: Path) -> bool:
    """Whether a diffusers pipeline lies in a folder, be it whole or not, or a model that paints in a file."""
    if folder.suffix in (".safetensors", ".gguf") and folder.is_file():
        try:
            return paints(folder)
        except (ValueError, OSError):
            return False
    indices = (folder / INDEX, folder / MODULAR)
    return any(index.is_file() or index.is_symlink() for index in indices)


def index_of(folder: Path) -> dict[str, Any]:
    """The index of a pipeline's folder: its class, and library and class of each part.

    That of a modular pipeline is told as that of the pipeline that diffusers has of the same parts: those that lie in the
    folder, each under its name. Raises ValueError where it cannot be read.
    """
    if (folder / INDEX).is_file() or not (folder / MODULAR).is_file():
        return settings(folder / INDEX)
    told = settings(folder / MODULAR)
    name = told.get("_class_name")
    index = {"_class_name": name.replace("Modular", "") if isinstance(name, str) else name}
    for part, value in told.items():
        if not (isinstance(value, list) and len(value) == 3 and isinstance(value[2], dict)):
            index |= {} if part.startswith("_") else {part: value}
        elif (folder / part).is_dir():
            index[part] = value[:2] if value[0] else value[2].get("type_hint")
    return index


def broken(path: Path) -> str:
    """Why a single file cannot be read; "" if its first bytes say nothing against it."""
    if path.suffix == ".gguf":
        return "" if paints(path) else f"{path.name} is no GGUF file; download it again"
    return broken_weights(path)


def _other(path: Path) -> str:
    """What is there in the place of a pipeline."""
    if path.is_dir():
        adapters = [file.name for file in sorted(path.glob("*.safetensors")) if is_adapter(file)]
        if adapters and not (path / "config.json").is_file():
            return (f"holds an adapter (LoRA, {adapters[0]}), which changes a model and is none; merge it into its "
                    "model (load_lora_weights and fuse_lora of diffusers, then save_pretrained) and give that folder")
    elif path.suffix in (".ckpt", ".pt", ".pth", ".bin"):
        return ("is a checkpoint in one file, and a pickle, which is code when it is loaded and is not opened here; take the "
                "same model as .safetensors, which most makers offer, or turn it into one where you trust its maker")
    elif path.suffix in (".safetensors", ".gguf"):
        wrong = broken(path)
        return f"cannot be loaded: {wrong}" if wrong else f"is a file that holds nothing that paints: {single_file(path)}"
    found = described(path)
    return found + ("; give the folder around it" if "a part of a diffusion pipeline" in found else "")


def _index_problem(folder: Path, index: dict[str, Any]) -> str:
    name = index.get("_class_name")
    modular = not (folder / INDEX).is_file()
    if modular and ("auto_map" in settings(folder / MODULAR) or any(folder.glob("*.py"))):
        return f"its blocks are code that comes with the folder ({MODULAR}), and such code is not run here"
    if name is None:
        return f"its {MODULAR if modular else INDEX} does not say which pipeline it is of (_class_name); download it again"
    if not isinstance(name, str):
        return f"its pipeline, {name}, is code that comes with the folder, and such code is not run here"
    for part, value in index.items():
        if (folder / part).is_dir() and not (isinstance(value, list) and len(value) == 2) and part[:1] != "_":
            return (f"its model_index.json says of {part} {json.dumps(value)[:60]}; it takes a library and a class; "
                    "download it again")
    for part, (library, _) in parts(folder, index).items():
        if not (folder / part).is_dir():
            return f"its {part} is not there; a {name} has a folder of that name; download the model again"
        if (folder / part / f"{library}.py").is_file() or (folder / f"{library}.py").is_file():
            return f"its {part} is code that comes with the folder ({library}.py), and such code is not run here"
    return ""


def parts(folder: Path, index: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The parts of a pipeline that are wanted: name -> (library, class).

    A checker that paints pictures black is not, since that is a node's business and should stand where it can be seen;
    nor is what looks at pictures for it, where a folder lacks that.
    """
    needless = {"safety_checker"} if "safety_checker" in index else set()
    if needless and not (folder / "feature_extractor").is_dir():
        needless.add("feature_extractor")
    return {name: (str(value[0]), str(value[1])) for name, value in index.items() if not name.startswith("_")
            and isinstance(value, list) and len(value) == 2 and None not in value and name not in needless}


def _part_problem(folder: Path, name: str, kind: tuple[str, str]) -> str:
    """What is wrong with the files of one part, which is of a library and a class."""
    try:
        wrong = _files_problem(folder, name, *kind)
    except ValueError as error:
        wrong = f"cannot be loaded: {error}"
    where, what = wrong.partition(": ")[::2]
    return f"in its {name}, {what}" if where == "cannot be loaded" else f"its {name} {wrong}" if wrong else ""


def _files_problem(folder: Path, name: str, library: str, kind: str) -> str:
    if kind == "ByT5Tokenizer":  # its vocabulary is the 256 bytes
        return ""
    if "Tokenizer" in kind or name.startswith("tokenizer"):
        if not any((folder / file).exists() or (folder / file).is_symlink() for file in TOKENIZER_FILES):
            return ("has no vocabulary (tokenizer.json, or vocab.json and merges.txt), and every word would be "
                    "unknown; download it again")
        return tokenizer_problem(folder)
    if library == "transformers" and _EYES.fullmatch(kind) and find_spec("torchvision") is None:
        return (f"is a {kind}, which wants torchvision, and that cannot be had beside the torch that is used here; take a "
                "model that looks at pictures without it (Flux Kontext or Flux.2 klein to edit)")
    if kind.endswith("Scheduler") or name == "scheduler":
        return _settings_problem(folder / "scheduler_config.json", kind)
    if _NO_NETWORK.search(kind) or (folder / "guider_config.json").is_file():
        return ""
    wrong = _settings_problem(folder / "config.json", kind) if library == "diffusers" else ""
    settings(folder / "config.json")
    found = weights(folder) if library == "diffusers" and not wrong else None
    if found and all(path.name.startswith("model.") for path in found.files):
        wrong = (f"holds {found.files[0].name}, and diffusers looks for diffusion_pytorch_model.safetensors; if that "
                 "is its file, rename it")
    return wrong or folder_problem(folder)


def _settings_problem(path: Path, kind: str) -> str:
    """What is wrong with the settings of a part: what they leave open, diffusers would make up."""
    told = settings(path)
    of = told.get("_class_name")
    if not isinstance(of, str):
        return (f"cannot be loaded: {path.name} does not say whose settings it holds (_class_name); take the one that "
                "belongs to the model")
    if ("FlowMatch" in of) != ("FlowMatch" in kind) and "Scheduler" in of + kind:
        return (f"cannot be loaded: {path.name} is of a {of}, and model_index.json names a {kind}; take both from one "
                "model")
    for name, takes, words in _WANTED:
        if name in told and not takes(told[name]):
            return (f"cannot be loaded: {path.name} gives {name} as {json.dumps(told[name])[:60]}, and it takes {words}; "
                    f"take the {path.name} that belongs to the model")
    return ""


def _is_count(value: Any) -> bool:
    return type(value) is int and value > 0


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and value > 0


# Settings that are used long after a part is loaded, where a wrong one would come as a riddle.
_WANTED = (
    ("num_train_timesteps", _is_count, "a whole number above 0"),
    ("beta_start", _is_number, "a number above 0"), ("beta_end", _is_number, "a number above 0"),
    ("scaling_factor", lambda value: value is None or _is_number(value), "a number above 0"),
    ("sample_size", lambda value: value is None or all(map(_is_count, value if isinstance(value, list) else [value])),
     "a whole number above 0, or two"),
)


def is_adapter(path: Path) -> bool:
    """Whether a file is a LoRA, by its name or the names of its weights."""
    try:
        names = list(header(path))
        return "lora" in path.name.lower() or any("lora" in name for name in names) or is_more(names)
    except (ValueError, OSError):
        return False
