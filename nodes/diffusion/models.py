"""DiffusionModel: any folder in the format of a diffusers pipeline, or a single file, and what is put on it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, Knowledge, ModelType, Recipe, warn

from ..common.loading import heard, loading, model_place
from .advice import NONE, advice_in
from .folders import INDEX, MODULAR, holds, index_of, is_adapter, parts, problem
from .parts import judge_index, judge_tokenizers, loaded_parts, modular_kind, of_modular, pipeline_kind
from .patches import Bench, fit
from .patches.components import Spares, components

HARMLESS = (  # said of what these nodes do on purpose, never need, or tell themselves
    "requires torchvision",  # image processors, of which text to image has none
    "Expected types for",  # a tiny autoencoder in the place of a large one, a part of a class that came later
    "{'block_out_channels'",  # which a tiny autoencoder keeps for the pipeline's sake
    "will result in indexing errors",  # of a long prompt, before it is cut
    "part of your input was truncated",
    "no `dtype` was passed",
    "clean_caption",  # which wants a library that reads web pages
    "deprecated",  # advice to those who write code
    "No LoRA keys associated to",  # of an adapter that is for the denoiser alone, or for the encoders
    "should be kept in float32: []",
    "LOAD REPORT",  # of transformers, which misses the adapters that were there before
    "new embeddings will be initialized", "mean resizing", "mean_resizing",  # of rows that a learned word fills at once
    "prompt tokens as valid",  # as Qwen's own encoder says where none is padding
    "no negative_prompt is provided",  # which is how Qwen is told to do without guidance
    "Guiders are currently an experimental feature",
    "a non-standard module",  # of a class of one pipeline alone
)


def quiet() -> Any:
    """A `with` in which what diffusers and transformers log is told as warnings, but for what is harmless."""
    return heard("diffusers", "transformers", harmless=HARMLESS)


HEAVY = ("part", "offload")  # kinds of patches that a model is loaded with
UNCOUNTED = ("preview",)  # and those that no result shows


def load(recipe: Recipe, device: str, dtype: str) -> Any:
    """A diffusers pipeline from a local folder or a single file, or from what is on this machine already of a hub name.

    Only safetensors and GGUF are read, and code that comes with a model never runs. Raises InputError when there is no such
    pipeline, or not the whole of it.
    """
    place = model_place(recipe, problem)
    # Settings of the first years, which pipelines mend while they say so.
    warnings.filterwarnings("ignore", "The configuration file of ", FutureWarning)
    # Of what pipelines of two models tell each of these.
    warnings.filterwarnings("ignore", ".callback(_steps)?. is deprecated", FutureWarning)
    # Of how its schedulers hand tensors to numpy, which nobody who runs a graph can mend.
    warnings.filterwarnings("ignore", "__array(_wrap)?__ ", DeprecationWarning)
    with loading(recipe, "diffusers", "transformers", harmless=HARMLESS):
        try:
            advice = advice_in(place) if place.is_dir() else NONE
            pipe = _made(place, recipe, dtype)
        except InputError as error:
            raise InputError(f"{recipe.source} cannot be loaded: {error}") from error
    for part in _networks(pipe):
        part.eval().requires_grad_(False)
    pipe.set_progress_bar_config(disable=True)
    pipe.knowledge = Knowledge.of(place) if place.is_dir() else None
    pipe.advice = advice
    pipe.patches, pipe.bench = (), Bench(pipe, _visits(recipe, device), place)
    if pipe.bench.visits is not None:
        pipe.bench.visits(pipe)
    else:
        move(pipe, device)
    return pipe


def _visits(recipe: Recipe, device: str) -> Callable[[Any], None] | None:
    """How networks that do not live on a device visit it: one for the length of its turn, or layer by layer."""
    asked = next((dict(patch.options)["how"] for patch in recipe.patches if patch.kind == "offload"), "")
    if device == "cpu" or not (asked or dict(recipe.options).get("offload")):
        return None
    if asked == "sequential":
        return lambda pipe: pipe.enable_sequential_cpu_offload(device=device)
    return lambda pipe: pipe.enable_model_cpu_offload(device=device)


def _made(place: Path, recipe: Recipe, dtype: str) -> Any:
    options = dict(recipe.options)
    dtypes = {"": dtype, **dict(options.get("dtypes", ()))}
    if place.is_file():
        return _of_file(place, recipe, dtypes, options.get("prediction", ""))
    pipe = _pipeline(place, dtypes, options.get("variant", ""))
    if options.get("prediction") and "prediction_type" in pipe.scheduler.config:
        pipe.scheduler.register_to_config(prediction_type=options["prediction"])
    slots = [(dict(patch.options)["slot"], patch) for patch in recipe.patches if patch.kind == "part"]
    for slot, patch in slots:
        if slot in ("base", "tokenizer"):
            warn(f"{slot}: {patch.source} is not used, since {recipe.source} is a folder, which brings its own")
    parts = [patch._replace(kind=slot) for slot, patch in slots if slot not in ("base", "tokenizer")]
    return components(pipe, [patch._replace(options=()) for patch in parts], Spares())


def _of_file(path: Path, recipe: Recipe, dtypes: dict[str, str], prediction: str) -> Any:
    """The pipeline of a single file, with the parts that were given for it."""
    import torch

    from .checkpoints.pipeline import pipeline

    kinds = {name: getattr(torch, name_of) for name, name_of in dtypes.items()}
    if kinds[""] is torch.float16 and "vae" not in kinds:
        kinds["vae"] = torch.float32  # decoders overflow in half precision
    pipe = pipeline(path, recipe.patches, kinds, prediction)
    judge_tokenizers(pipe)
    return pipe


def _pipeline(folder: Path, dtypes: dict[str, str], variant: str) -> Any:
    """The pipeline of a folder, its networks loaded and judged one by one. Raises InputError."""
    from diffusers import DiffusionPipeline

    index = index_of(folder)
    modular = not (folder / INDEX).is_file()
    pipeline = modular_kind(folder, index) if modular else pipeline_kind(index["_class_name"])
    judge_index(pipeline, index, MODULAR if modular else INDEX)
    wanted = parts(folder, index)
    # Those that a folder says it lacks must be named (Stable Diffusion 3 without T5).
    absent: dict[str, Any] = {name: None for name, value in index.items()
                              if _is_part(value) and name not in wanted}
    if "requires_safety_checker" in inspect.signature(pipeline.__init__).parameters:
        absent["requires_safety_checker"] = False
    loaded = loaded_parts(folder, wanted, dtypes, variant)
    if modular:
        pipe = of_modular(pipeline, folder, index, loaded)
    else:
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
            warn(f"{path.name} lies in the model's folder and is not used: it is an adapter (LoRA); put it on with "
                 "diffusion.lora if it is to count")
        elif path.name.startswith("learned_embeds"):
            warn(f"{path.name} lies in the model's folder and is not used: it is a learned word; put it on with "
                 "diffusion.textual_inversion if it is to count")
    if (folder / "adapter_config.json").is_file():
        warn("adapter_config.json lies in the model's folder, and the adapter (LoRA) is not used; put it on with "
             "diffusion.lora if it is to count")


def _networks(pipe: Any) -> list[Any]:
    import torch

    return [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]


def size(pipe: Any) -> int:
    """Bytes of weights and buffers of all its parts, and of those that are kept beside them."""
    parts = (*_networks(pipe), *_spares(pipe))
    tensors = {t.data_ptr(): t.nbytes for part in parts for t in (*part.parameters(), *part.buffers())}
    bench = getattr(pipe, "bench", None)
    return sum(tensors.values()) + (sum(t.nbytes for t in bench.merges.tensors) if bench is not None else 0)


def move(pipe: Any, device: str) -> None:
    """Move all its parts to a device, in place."""
    # One by one: a pipeline that is moved as a whole complains when half precision is parked on the CPU.
    for part in (*_networks(pipe), *_spares(pipe)):
        part.to(device)


def _spares(pipe: Any) -> list[Any]:
    """Parts that patches brought, which are no parts of the pipeline itself."""
    bench = getattr(pipe, "bench", None)
    return list(bench.spares.kept.values()) if bench is not None else []


DiffusionModel = Annotated[Any, ModelType(
    "DiffusionModel", "A diffusion model: the folder of a diffusers pipeline, or a single file.", load=load, size=size,
    move=move, holds=holds, problem=problem, fit=fit, heavy=HEAVY, uncounted=UNCOUNTED, files=True, color="#d9a441")]
