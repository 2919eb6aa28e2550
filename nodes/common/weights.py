"""Files of weights, judged by their first bytes: what a download, a clone or a renamed file left in their place.

Only headers are read, so a file of ten gigabytes takes no longer than a small one. Nothing here opens a pickle.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

STEMS = ("model", "diffusion_pytorch_model")  # as transformers and diffusers call the file of one network
_LONGEST_HEADER = 100_000_000  # bytes; the safetensors library takes no more
_AGAIN = "download it again"
_BITS = {"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
         "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64,
         "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_UNFINISHED = (".part", ".crdownload", ".download", ".incomplete", ".aria2", ".tmp")  # as browsers call downloads
_FOREIGN = {".h5": "TensorFlow", ".msgpack": "Flax", ".onnx": "ONNX", ".tflite": "TensorFlow Lite",
            ".mlmodel": "Core ML"}


class Weights(NamedTuple):
    """The safetensors files of one network. variant: as in model.fp16.safetensors, or "". """

    files: list[Path]
    variant: str = ""


def problem(path: Path) -> str:
    """Why a file cannot be the safetensors that its name says, in one sentence with the remedy; "" if it can."""
    wrong = unreadable(path)
    if wrong:
        return wrong
    with path.open("rb") as file:
        head = file.read(512)
    return other_kind(path.name, head) or _header_problem(path.name, path, path.stat().st_size)


def unreadable(path: Path) -> str:
    """Why there are no bytes to be read at a path, in one sentence with the remedy; "" if there are."""
    name = path.name
    try:
        if path.is_symlink() and not path.exists():
            return (f"{name} is a link to a file that is not there ({os.readlink(path)}); download the model again, or "
                    "copy the file that it pointed to")
        if not path.exists():
            return f"{name} is not there; download the model again" + _of_other_case(path)
        if path.is_dir():
            return f"{name} is a folder, and a file is wanted; {_AGAIN}"
        with path.open("rb") as file:
            return "" if file.read(1) else f"{name} is empty (0 bytes); {_AGAIN}"
    except OSError as error:
        return f"{name} cannot be read: {error.strerror}; see to its permissions"


def _of_other_case(path: Path) -> str:
    """What to do where a file of that name lies there in other letters, as Windows and zip programs leave them."""
    inside = path.parent.iterdir() if path.parent.is_dir() else iter(())
    for other in sorted(inside):
        name, wanted = other.name.lower(), path.name.lower()
        if name == wanted and other.name != path.name:
            return f", or rename {other.name} to it"
        if name.startswith(wanted) and name.endswith(_UNFINISHED):
            return f": {other.name} is the beginning of one that did not end"
    return ""


def other_kind(name: str, head: bytes, wanted: str = "weights") -> str:
    """What a file is instead of what is wanted, by how it begins; "" if that tells nothing."""
    if head.startswith(b"version https://git-lfs"):
        return f"{name} is not downloaded: it is a pointer of Git LFS; run git lfs pull in its folder"
    if head.startswith((b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")):
        return (f"{name} is a pickle under another name, and pickles, which are code, are not opened; store it as "
                "safetensors")
    if head.startswith(b"GGUF"):
        return f"{name} is a GGUF file under another name, which is not read here; take the model's safetensors"
    words = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if words[:1] == b"<":
        return f"{name} is a web page and no {wanted}, probably an error that was saved in their place; {_AGAIN}"
    if _is_text(head):
        begins = head.decode("utf-8", "replace").split("\n")[0][:60]
        return f"{name} is a text and no {wanted} (it begins with {begins!r}); {_AGAIN}"
    return ""


def _is_text(head: bytes) -> bool:
    """Whether bytes are words; a header of safetensors begins with its length, whose upper bytes are zeros."""
    return b"\0" not in head and all(byte >= 32 or byte in b"\t\r\n" for byte in head)


def _header_problem(name: str, path: Path, size: int) -> str:
    length = _header_length(path)
    if size < 8 or length < size < 8 + length or length <= _LONGEST_HEADER and size < 8 + length:
        return f"{name} is cut short: its header alone has {8 + length} bytes, and the file {size}; {_AGAIN}" \
            if size >= 8 else f"{name} is cut short: it has {size} bytes; {_AGAIN}"
    if length > _LONGEST_HEADER:
        return f"{name} is no safetensors file, whatever its name says; {_AGAIN}"
    try:
        wanted = 8 + length + _data_bytes(header(path))
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{name} is damaged: its header does not say which weights it holds; {_AGAIN}"
    if size != wanted:
        found = "is cut short" if size < wanted else "is damaged"
        return f"{name} {found}: it has {size} of {wanted} bytes; {_AGAIN}"
    return ""


def _header_length(path: Path) -> int:
    with path.open("rb") as file:
        return int.from_bytes(file.read(8), "little")


def header(path: Path) -> dict[str, Any]:
    """What a safetensors file says of its tensors: name -> {"dtype", "shape", "data_offsets"}; `__metadata__` left out.

    Raises ValueError where it is not JSON.
    """
    return {name: entry for name, entry in _told(path).items() if name != "__metadata__"}


def metadata(path: Path) -> dict[str, str]:
    """What whoever made a safetensors file wrote into it about it. Raises ValueError where it is not JSON."""
    told = _told(path).get("__metadata__")
    return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}


def _told(path: Path) -> dict[str, Any]:
    length = _header_length(path)
    with path.open("rb") as file:
        file.seek(8)
        told = json.loads(file.read(min(length, _LONGEST_HEADER)))
    if not isinstance(told, dict):
        raise ValueError(f"{path.name} has no header")
    return told


def _data_bytes(tensors: dict[str, Any]) -> int:
    """Bytes of all tensors. Raises ValueError where what one says of itself does not fit together."""
    end = 0
    for entry in sorted(tensors.values(), key=lambda entry: entry["data_offsets"]):
        first, last = entry["data_offsets"]
        bits = _BITS.get(entry["dtype"])
        if first != end or last < first or bits and (last - first) * 8 != bits * math.prod(entry["shape"]):
            raise ValueError("offsets")
        end = last
    return end


def index_files(index: Path) -> list[Path]:
    """The files that an index names. Raises ValueError when it is no index."""
    try:
        names = sorted({*json.loads(index.read_bytes())["weight_map"].values()})
        if not names:
            raise ValueError("no files")
        return [index.parent / name for name in names]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{index.name} is no index of weights; {_AGAIN}") from None


def weights(folder: Path) -> Weights | None:
    """The safetensors of the one network in a folder, as transformers and diffusers would name them; None if none.

    Where only files of a variant are there, those. Raises ValueError for an index that is none.
    """
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    for stem in STEMS:
        single, index = f"{stem}.safetensors", f"{stem}.safetensors.index.json"
        # Where both are there, transformers takes the one file, and diffusers those of the index.
        if single in names and (index not in names or stem == "model"):
            return Weights([folder / single])
        if index in names:
            return Weights(index_files(folder / index))
    for stem in STEMS:
        for variant, path in sorted(_variants(stem, names), key=lambda found: found[0] != "fp16"):
            return Weights(index_files(folder / path) if path.endswith(".json") else [folder / path], variant)
    return None


def _variants(stem: str, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(names):
        for begin, end in ((f"{stem}.safetensors.index.", ".json"), (f"{stem}.", ".safetensors")):
            variant = name[len(begin):len(name) - len(end)]
            if name.startswith(begin) and name.endswith(end) and variant and "." not in variant:
                yield variant, name


def folder_problem(folder: Path) -> str:
    """Why the weights of one network cannot be read from a folder, with the remedy; "" if they can.

    The words stand behind the folder's name: "is empty", "cannot be loaded: model.safetensors is not downloaded ...".
    """
    try:
        found = weights(folder)
    except (ValueError, OSError) as error:
        return f"cannot be loaded: {error}"
    if found is None:
        return absent(folder)
    missing = [path.name for path in found.files if not path.exists() and not path.is_symlink()]
    if missing:
        others = f" and {len(missing) - 1} more" if missing[1:] else ""
        return (f"cannot be loaded: {missing[0]}{others} of the {len(found.files)} files that its index names is not "
                f"there; {_AGAIN}")
    wrong = next(filter(None, map(problem, found.files)), "")
    return f"cannot be loaded: {wrong}" if wrong else ""


def absent(folder: Path) -> str:
    """What lies in a folder where weights should."""
    if not folder.is_dir():
        return "is not there" if not folder.exists() else "is a file, and a folder is wanted"
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    if len({"unet", "transformer", "vae", "text_encoder", "scheduler"} & {*names}) > 1:
        return f"holds the parts of a diffusion pipeline, but {unreadable(folder / 'model_index.json')}"
    return _no_weights(folder, names) if names else "is empty"


def _no_weights(folder: Path, names: list[str]) -> str:
    if "config.json" not in names and _of_other_case(folder / "config.json"):
        return f"cannot be loaded: {unreadable(folder / 'config.json')}"
    if "snapshots" in names:
        return f"is the hub's own folder of a model, whose files lie deeper; give {_snapshot(folder)}"
    if "adapter_config.json" in names:
        return (f"is {adapter(folder)} and no model by itself; merge it into that (merge_and_unload of peft, then "
                "save_pretrained) and give the new folder")
    kinds = {".gguf": "a GGUF file, for llama.cpp", **{ending: f"weights of {of}" for ending, of in _FOREIGN.items()}}
    for ending, words in kinds.items():
        if found := [name for name in names if name.endswith(ending)]:
            return f"holds {words} ({found[0]}), which is not read here; take the model's safetensors"
    if found := [name for name in names if name.endswith(PICKLES) and name != "training_args.bin"]:
        return (f"holds its weights as a pickle ({found[0]}), which is code when it is loaded and is not opened here; "
                "store them as safetensors (save_pretrained does)")
    if found := [name for name in names if name.endswith(".safetensors")]:
        if re.search(r"-\d+-of-\d+\.safetensors$", found[0]):
            return (f"holds {found[0]} and no index of such parts; download the model again, with its "
                    "*.safetensors.index.json")
        if "config.json" in names:
            return f"holds {found[0]}, and no {STEMS[0]}.safetensors; if that is the model, rename it"
        return f"holds {found[0]} and no config.json: {single_file(folder / found[0])}"
    if "config.json" in names:
        stem = STEMS['"_class_name"' in (folder / "config.json").read_text("utf-8", "replace")]  # of diffusers
        return f"holds no weights: {unreadable(folder / f'{stem}.safetensors')}"
    inside = sorted(path.parent for name in ("config.json", "model_index.json") for path in folder.glob(f"*/{name}"))
    return "holds no model: neither a config.json nor weights" + (f"; give the folder {inside[0]}" if inside else "")


def _snapshot(folder: Path) -> Path:
    """Where the files of a model lie in the hub's own folder: what its main branch was, or the first there is."""
    main = folder / "refs" / "main"
    name = main.read_text(encoding="utf-8").strip() if main.is_file() else ""
    there = sorted(path.name for path in (folder / "snapshots").iterdir())
    return folder / "snapshots" / (name if name in there else there[0] if there else "")


def single_file(path: Path) -> str:
    """What a safetensors file by itself is, by the names of its tensors, and what to do with it."""
    try:
        names = list(header(path))
    except (ValueError, OSError):
        return problem(path) or "it cannot be read"
    if any(".lora_" in name or "lora_unet" in name or "lora_te" in name for name in names):
        return "it is an adapter (LoRA), which changes a model and is none"
    if "mapping.fc0.weight" in names or "G_ema.mapping.fc0.weight" in names:
        return "it is the generator of a StyleGAN2"
    if any(name.startswith(("model.diffusion_model.", "first_stage_model.", "double_blocks.")) for name in names):
        return ("it is a diffusion model in one file, and a folder is wanted; diffusers' from_single_file reads it and "
                "save_pretrained makes the folder")
    return "weights alone, without what says how they belong together; give a folder as save_pretrained makes it"


def adapter(folder: Path) -> str:
    """Which adapter lies in a folder: "an adapter (LoRA) of someone/model"."""
    try:
        told = json.loads((folder / "adapter_config.json").read_bytes())
        kind, base = str(told.get("peft_type") or "LoRA"), str(told.get("base_model_name_or_path") or "")
    except (ValueError, OSError, AttributeError):
        kind, base = "LoRA", ""
    return f"an adapter ({'LoRA' if kind == 'LORA' else kind}) of {base or 'another model'}"
