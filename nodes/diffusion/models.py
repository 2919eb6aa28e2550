"""DiffusionModel: any folder in the format of a diffusers pipeline."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, Knowledge, ModelType, Recipe, warn

from ..common.folders import settings
from ..common.loading import heard, loading
from .folders import holds, is_adapter, parts, problem
from .parts import judge_index, judge_tokenizers, loaded_parts, pipeline_kind

HARMLESS = (  # said of what these nodes do on purpose, never need, or tell themselves
    "requires torchvision",  # image processors, of which text to image has none
    "Expected types for",  # a tiny autoencoder in the place of a large one, a part of a class that came later
    "{'block_out_channels'",  # which a tiny autoencoder keeps for the pipeline's sake
    "will result in indexing errors",  # of a long prompt, before it is cut
    "part of your input was truncated",
    "no `dtype` was passed",
    "clean_caption",  # which wants a library that reads web pages
    "deprecated",  # advice to those who write code
    "prompt tokens as valid",  # as Qwen's own encoder says where none is padding
    "no negative_prompt is provided",  # which is how Qwen is told to do without guidance
    "Guiders are currently an experimental feature",
)


def quiet() -> Any:
    """A `with` in which what diffusers and transformers log is told as warnings, but for what is harmless."""
    return heard("diffusers", "transformers", harmless=HARMLESS)


def load(recipe: Recipe, device: str, dtype: str) -> Any:
    """A diffusers pipeline from a local folder, or from what is on this machine already of a hub name.

    Only safetensors are read, and code that comes with a model never runs. Raises InputError when the folder holds
    no such pipeline, or not the whole of it.
    """
    folder = Path(recipe.folder or recipe.source)
    wrong = problem(folder)
    if wrong:
        raise InputError(f"{recipe.source} {wrong}")
    # Settings of the first years, which pipelines mend while they say so.
    warnings.filterwarnings("ignore", "The configuration file of ", FutureWarning)
    with loading(recipe, "diffusers", "transformers", harmless=HARMLESS):
        try:
            pipe = _pipeline(folder, dtype)
        except InputError as error:
            raise InputError(f"{recipe.source} cannot be loaded: {error}") from error
    for part in _networks(pipe):
        part.eval().requires_grad_(False)
    pipe.set_progress_bar_config(disable=True)
    pipe.knowledge = Knowledge.of(folder)
    if dict(recipe.options).get("offload"):
        pipe.enable_model_cpu_offload(device=device)  # each network visits the device for the length of its turn
    else:
        move(pipe, device)
    return pipe


def _pipeline(folder: Path, dtype: str) -> Any:
    """The pipeline of a folder, its networks loaded and judged one by one. Raises InputError."""
    from diffusers import DiffusionPipeline

    index = settings(folder / "model_index.json")
    pipeline = pipeline_kind(index["_class_name"])
    judge_index(pipeline, index)
    wanted = parts(folder, index)
    # Those that a folder says it lacks must be named (Stable Diffusion 3 without T5).
    absent: dict[str, Any] = {name: None for name, value in index.items()
                              if _is_part(value) and name not in wanted}
    if "requires_safety_checker" in inspect.signature(pipeline.__init__).parameters:
        absent["requires_safety_checker"] = False
    loaded = loaded_parts(folder, wanted, dtype)
    pipe = DiffusionPipeline.from_pretrained(folder, local_files_only=True, use_safetensors=True,
                                             trust_remote_code=False, **absent, **loaded)
    judge_tokenizers(pipe)
    _tell_of_adapters(folder)
    return pipe


def _is_part(value: Any) -> bool:
    """Whether a value of an index is a part, or the lack of one, and not a setting of the pipeline's."""
    return isinstance(value, list) and len(value) == 2 and all(word is None or isinstance(word, str) for word in value)


def _tell_of_adapters(folder: Path) -> None:
    """Warn of what lies beside a model and is not used: LoRAs, and words that were learned."""
    for path in sorted(folder.glob("*.safetensors")):
        if is_adapter(path):
            warn(f"{path.name} lies in the model's folder and is not used: it is an adapter (LoRA); merge it into the "
                 "model (load_lora_weights and fuse_lora of diffusers, then save_pretrained) if it is to count")
        elif path.name.startswith("learned_embeds"):
            warn(f"{path.name} lies in the model's folder and is not used: words that were learned later are not read")
    if (folder / "adapter_config.json").is_file():
        warn("adapter_config.json lies in the model's folder, and adapters (LoRA) are not used; merge it into the "
             "model if it is to count")


def _networks(pipe: Any) -> list[Any]:
    import torch

    return [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]


def size(pipe: Any) -> int:
    """Bytes of weights and buffers of all its parts."""
    return sum(t.nbytes for part in _networks(pipe) for t in (*part.parameters(), *part.buffers()))


def move(pipe: Any, device: str) -> None:
    """Move all its parts to a device, in place."""
    # One by one: a pipeline that is moved as a whole complains when half precision is parked on the CPU.
    for part in _networks(pipe):
        part.to(device)


DiffusionModel = Annotated[Any, ModelType(
    "DiffusionModel", "A diffusion model in the folder format of a diffusers pipeline.", load=load, size=size,
    move=move, holds=holds, problem=problem, color="#d9a441")]
