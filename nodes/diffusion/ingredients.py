"""What is put on a diffusion model, as models of their own that graphs name: adapters, autoencoders, encoders, words."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Recipe

from ..common.folders import settings
from ..common.weights import PICKLES, header
from .checkpoints import previews
from .folders import holds as holds_pipeline
from .patches import loras

_ENCODERS = ("clip_text_model", "clip", "t5", "umt5", "mt5", "qwen2", "qwen2_5_vl", "qwen3", "gemma2", "gemma3_text", "llama",
             "mistral", "mistral3", "bert", "chatglm", "glm", "glm4", "phi3", "smollm3", "xlm-roberta")
_WRITERS = ("ForCausalLM", "LMHeadModel")  # which read prompts too, but are rarely meant
_PICKLE = ("is a pickle, which is code when it is loaded and is not opened here; store it as safetensors, or take the "
           "safetensors file that most makers offer beside it")


def _names(path: Path) -> set[str]:
    """The names of the tensors of a safetensors file; none for another."""
    if path.suffix != ".safetensors" or not path.is_file():
        return set()
    try:
        return set(header(path))
    except (ValueError, OSError):
        return set()


def _class_of(folder: Path) -> str:
    """What the config.json of a folder says that it is of; "" for a model that writes."""
    try:
        told = settings(folder / "config.json")
    except ValueError:
        return ""
    if str(told.get("architectures") or "").rstrip("]'\"").endswith(_WRITERS):
        return ""
    return str(told.get("_class_name") or told.get("model_type") or "")


def is_autoencoder(place: Path) -> bool:
    """Whether an autoencoder of pictures lies there: its folder, that of a pipeline that has one, or a file."""
    if place.is_dir():
        return "Autoencoder" in _class_of(place) or holds_pipeline(place) and (place / "vae").is_dir()
    return any(name.removeprefix("first_stage_model.").removeprefix("vae.").startswith("decoder.") for name in _names(place))


def is_text_encoder(place: Path) -> bool:
    """Whether a text encoder lies there: its folder, or a file of CLIP, T5 or Qwen as they are passed around."""
    if place.is_dir():
        return _class_of(place) in _ENCODERS or holds_pipeline(place) and (place / "text_encoder").is_dir()
    return any(name.startswith(("text_model.encoder.", "encoder.block.", "model.layers.", "transformer.resblocks.",
                                "text_encoders.", "shared.weight", "model.language_model.")) for name in _names(place))


def is_word(place: Path) -> bool:
    """Whether a learned word lies there: a file of one, or two, small tensors."""
    names = _names(place)
    return bool(names) and len(names) <= 2 and not any("lora" in name for name in names)


def _pickled(path: Path) -> str:
    return _PICKLE if path.suffix in PICKLES else ""


def _alone(recipe: Recipe, device: str, dtype: str) -> Any:
    raise InputError(f"{recipe.source} is no model by itself; put it on one with diffusion.lora, diffusion.vae, "
                     "diffusion.text_encoder, diffusion.textual_inversion or diffusion.preview")


def _copied(recipe: Recipe, path: Path) -> None:
    """Write an adapter's file, to be taken elsewhere."""
    shutil.copyfile(loras.adapter_file(Path(recipe.folder or recipe.source)), path)


LORA = ModelType("Lora", "A small change of a model's weights (LoRA), as a file or a folder.", load=_alone, files=True,
                 holds=loras.holds, problem=loras.problem, about=loras.about, color="#c98fd9",
                 exports={"safetensors": _copied})
AUTOENCODER = ModelType("Autoencoder", "What turns pictures into latents and back (VAE), as a file or a folder.", load=_alone,
                        files=True, holds=is_autoencoder, problem=_pickled, color="#d98f8f")
TEXT_ENCODER = ModelType("TextEncoder", "What reads prompts for a model, as a file or a folder.", load=_alone, files=True,
                         holds=is_text_encoder, problem=_pickled, color="#8fb3d9")
WORD = ModelType("LearnedWord", "A word that was learned from pictures (textual inversion), as a file.", load=_alone,
                 files=True, holds=is_word, problem=_pickled, color="#8fd9c4")
PREVIEW = ModelType("PreviewDecoder", "A tiny decoder (TAESD) that shows unfinished pictures, as a file or a folder.",
                    load=_alone, files=True, holds=previews.holds, problem=_pickled, color="#d9c98f")

Lora = Annotated[Any, LORA]
Autoencoder = Annotated[Any, AUTOENCODER]
TextEncoder = Annotated[Any, TEXT_ENCODER]
LearnedWord = Annotated[Any, WORD]
PreviewDecoder = Annotated[Any, PREVIEW]
