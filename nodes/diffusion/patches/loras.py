"""Adapters of low rank (LoRA: Hu et al., 2021) on a live pipeline, through diffusers and peft.

Files of diffusers, of peft and of kohya's scripts are read, with what of them speaks to the text encoders alone, or to
the denoiser alone, where that is asked for. Those of more kinds (LoHa, LoKr ...) are put on by `merges`.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nodegraph import InputError, Recipe, warn

from ...common.loading import in_words
from ...common.weights import header, metadata
from ..lycoris import grouped, is_more

TEXT = re.compile(r"lora_te\d?_|lora_prior_te_|text_encoder|te\d?\.|text_encoders\.|clip_[lg]\.|t5xxl\.")
_FILES = ("pytorch_lora_weights.safetensors", "adapter_model.safetensors")


def put_on(pipe: Any, patches: list[Recipe]) -> None:
    """Put these adapters on the networks of a pipeline, with their weights, and take all others off."""
    names = _names(patches)
    if not hasattr(pipe, "load_lora_weights"):
        if patches:
            raise InputError(f"a {type(pipe).__name__} takes no adapters (LoRA); leave {patches[0].source} out")
        return
    there = _there(pipe)
    if not names:
        take_off(pipe)
        return
    if gone := sorted(there - set(names)):
        pipe.delete_adapters(gone)
    for name, patch in zip(names, patches):
        if name not in there:
            _load(pipe, name, patch)
    pipe.set_adapters(names, [float(dict(patch.options)["weight"]) for patch in patches])


def take_off(pipe: Any) -> None:
    """Take every adapter off, which leaves the networks as they were loaded."""
    if hasattr(pipe, "unload_lora_weights") and _there(pipe):
        pipe.unload_lora_weights()


def _there(pipe: Any) -> set[str]:
    return {name for names in pipe.get_list_adapters().values() for name in names}


def _names(patches: Iterable[Recipe]) -> list[str]:
    """A name for each adapter, by its content; one that is put on twice is there twice."""
    names: list[str] = []
    for patch in patches:
        base = f"{dict(patch.options)['part']}_{patch.fingerprint.hex()}"
        names.append(f"{base}_{sum(name.startswith(base) for name in names)}")
    return names


def _load(pipe: Any, name: str, patch: Recipe) -> None:
    path = adapter_file(Path(patch.folder))
    part = dict(patch.options)["part"]
    state = _state(pipe, path, part)
    if not state:
        raise InputError(nothing_for(patch))
    warnings.filterwarnings("ignore", "Already found a `peft_config`", UserWarning)  # of a second adapter, which is meant
    try:
        pipe.load_lora_weights(state, adapter_name=name)
    except (ValueError, RuntimeError, KeyError, IndexError, AttributeError, TypeError, NotImplementedError) as error:
        raise InputError(misfit(pipe, patch.source, path, error)) from error
    if name not in _there(pipe):
        raise InputError(misfit(pipe, patch.source, path, None))


def nothing_for(patch: Recipe) -> str:
    """What is said of an adapter that does not speak to the part that is asked for."""
    text = dict(patch.options)["part"] == "text"
    return f"{patch.source} has nothing for the {'text encoders' if text else 'denoiser'}; take part: both"


def _state(pipe: Any, path: Path, part: str) -> dict[str, Any]:
    """The tensors of a file that are for a part, under names that diffusers knows."""
    from safetensors.torch import load_file

    state = load_file(path)
    if all(name.startswith("base_model.model.") for name in state):
        denoiser = "unet" if "unet" in pipe.components else "transformer"
        scale = _peft_scale(path.with_name("adapter_config.json"))
        state = {f"{denoiser}.{name.removeprefix('base_model.model.')}": tensor * scale if ".lora_B." in name else tensor
                 for name, tensor in state.items()}
    if part == "both":
        return state
    return {name: tensor for name, tensor in state.items() if bool(TEXT.match(name)) == (part == "text")}


def _peft_scale(path: Path) -> float:
    """By how much peft multiplies an adapter, which its file does not tell: alpha over the rank, or over its root."""
    if not path.is_file():
        return 1.0
    told = json.loads(path.read_text(encoding="utf-8"))
    if told.get("rank_pattern") or told.get("alpha_pattern"):
        warn(f"{path.name} gives some layers ranks of their own (rank_pattern, alpha_pattern), and one scale is used for all")
    rank = told.get("r") or 8
    return float((told.get("lora_alpha") or rank) / (rank ** 0.5 if told.get("use_rslora") else rank))


def adapter_file(place: Path) -> Path:
    """The weights of an adapter that is a file, or lies in a folder."""
    if not place.is_dir():
        return place
    return next((place / name for name in _FILES if (place / name).is_file()),
                next(iter(sorted(place.glob("*.safetensors"))), place / _FILES[0]))


def holds(place: Path) -> bool:
    """Whether an adapter lies there, by the names of its tensors."""
    path = adapter_file(place)
    if path.suffix != ".safetensors" or not path.is_file():
        return False
    try:
        names = list(header(path))
    except (ValueError, OSError):
        return False
    return any("lora_" in name or ".lora." in name for name in names) or is_more(names)


def problem(place: Path) -> str:
    """Why what lies at a path cannot be put on a model as an adapter, or ""."""
    path = adapter_file(place)
    if path.suffix in (".pt", ".ckpt", ".bin", ".pth"):
        return ("is a pickle, which is code when it is loaded and is not opened here; store it as safetensors, or take the "
                "safetensors file that most makers offer beside it")
    if path.is_file() and path.suffix == ".safetensors":
        try:
            names = list(header(path))
        except (ValueError, OSError):
            return "cannot be read: it is no safetensors file, or cut short; download it again"
        if not holds(place):
            return "holds no adapter (LoRA): none of its tensors is named as one"
        if is_more(names) and not grouped(dict.fromkeys(names))[0]:
            return ("is an adapter of a kind that is not read here (BOFT, peft's OFT or the like); take a LoRA, or one of "
                    "LoHa, LoKr, GLoRA, OFT, (IA)^3 or DoRA")
    return ""


def tell_of_triggers(patches: Iterable[Recipe], prompt: str) -> None:
    """Warn of an adapter that is called up by words of which a prompt has none."""
    for patch in patches:
        words = triggers(adapter_file(Path(patch.folder))) if patch.kind == "lora" and patch.folder else []
        if words and not any(word.lower() in prompt.lower() for word in words):
            warn(f"{patch.source} was trained on the words {', '.join(words)}, and the prompt has none of them; with one it "
                 "counts for more")


def about(place: Path) -> str:
    """For which models an adapter is, and the words that call it up."""
    path = adapter_file(place)
    of, words = family(path), ", ".join(triggers(path))
    return "; ".join([f"for {of}"] * bool(of) + [f"words: {words}"] * bool(words))


def misfit(pipe: Any, source: str, path: Path, error: Exception | None) -> str:
    """What is said of an adapter that does not belong to a model."""
    of = family(path)
    why = f" ({in_words(error)[:160].rstrip('.')})" if error is not None else ""
    told = f"it is for {of}" if of else "none of its names are those of this model's networks"
    return f"{source} does not fit a {type(pipe).__name__}: {told}{why}; take an adapter that was made for this family"


def family(path: Path) -> str:
    """For which models an adapter was made, by what it says of itself or by its tensors; "" where that is not plain."""
    told = metadata(path)
    for key in ("modelspec.architecture", "ss_base_model_version", "base_model"):
        if told.get(key):
            return told[key]
    shapes = {name: entry["shape"] for name, entry in header(path).items()}
    names = " ".join(shapes)
    if "single_transformer_blocks" in names or "single_blocks" in names:
        return "Flux"
    if "joint_blocks" in names or "transformer_blocks" in names and "add_k_proj" in names:
        return "Stable Diffusion 3"
    width = next((shape[1] for name, shape in shapes.items() if "attn2" in name and re.search(r"to_k[._].*(down|lora_A)", name)
                  and len(shape) > 1), 0)
    return {768: "Stable Diffusion 1", 1024: "Stable Diffusion 2", 2048: "Stable Diffusion XL"}.get(width, "")


def triggers(path: Path) -> list[str]:
    """The words that call up what an adapter learned, as its file tells them: the most frequent first."""
    told = metadata(path)
    if phrase := told.get("modelspec.trigger_phrase") or told.get("ss_trigger_words"):
        return [word.strip() for word in phrase.split(",") if word.strip()]
    try:
        folders = json.loads(told.get("ss_tag_frequency") or "{}")
        counts: dict[str, int] = {}
        for tags in folders.values():
            for tag, count in tags.items():
                counts[tag.strip()] = counts.get(tag.strip(), 0) + int(count)
    except (ValueError, AttributeError, TypeError):
        return []
    most = max(counts.values(), default=0)
    return sorted((tag for tag, count in counts.items() if count * 2 > most), key=lambda tag: -counts[tag])[:5]
