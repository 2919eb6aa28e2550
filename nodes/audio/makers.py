"""SoundModel: a model that makes sound from words, as a folder of transformers (MusicGen) or a pipeline of diffusers."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Recipe

from ..common.folders import described, elsewhere, settings, settings_problem, tokenizer_problem
from ..common.loading import loading, model_place, part
from ..common.weights import folder_problem
from ..diffusion import folders as pipelines, models as diffusion

MUSICGEN = ("musicgen", "musicgen_melody")
_SOUNDS = re.compile(r"Audio|AceStep|MusicLDM|DanceDiffusion")  # in the names of pipelines
_TAKEN = "audio.generate takes a MusicGen, or a pipeline of diffusers that makes sound (Stable Audio, ACE-Step, AudioLDM 2)"
_NOISE = {"CosineDPMSolverMultistepScheduler", "DPMSolverSDEScheduler"}  # schedulers whose noise is torchsde's


@dataclass(frozen=True, eq=False)
class SoundMaker:
    """The live model: a MusicGen with the tokenizer of its prompts, or a pipeline of diffusers, and none."""

    model: Any
    tokenizer: Any = None

    def to(self, device: str) -> SoundMaker:
        """Move the weights to a device, in place."""
        if self.tokenizer is None:
            diffusion.move(self.model, device)
        else:
            self.model.to(device)
        return self


def load(recipe: Recipe, device: str, dtype: str) -> SoundMaker:
    """The model in a folder. Only safetensors are read, and code that comes with a model never runs.

    Raises InputError when the folder holds no such model, or not the whole of it.
    """
    folder = model_place(recipe, problem)
    warnings.filterwarnings("ignore", ".*weight_norm. is deprecated", FutureWarning)  # as the libraries' decoders have it
    if (folder / pipelines.INDEX).is_file():
        return SoundMaker(_with_voice(diffusion.load(recipe, device, dtype)))
    import torch
    from transformers import AutoModelForTextToWaveform, AutoTokenizer

    with loading(recipe, "transformers"):
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        model = part(AutoModelForTextToWaveform, folder, recipe.source, dtype=getattr(torch, dtype))
    rows = model.text_encoder.get_input_embeddings().num_embeddings
    if rows < len(tokenizer):
        raise InputError(f"{recipe.source} does not fit together: its tokenizer has {len(tokenizer)} tokens and its text "
                         f"encoder knows {rows}; take both from one model")
    return SoundMaker(model.to(device).eval().requires_grad_(False), tokenizer)


def _with_voice(pipe: Any) -> Any:
    """A pipeline whose GPT-2 can go on from what it wrote; AudioLDM 2 was published when each of them could."""
    inner = vars(pipe).get("language_model")
    if type(inner).__name__ != "GPT2Model":
        return pipe
    import torch
    from transformers import GPT2LMHeadModel

    with torch.device("meta"):
        whole = GPT2LMHeadModel(inner.config)
    whole.transformer, whole.lm_head = inner, torch.nn.Identity()
    pipe.language_model = whole.eval().requires_grad_(False)
    return pipe


def size(maker: SoundMaker) -> int:
    """Bytes of weights and buffers."""
    if maker.tokenizer is None:
        return diffusion.size(maker.model)
    return sum(tensor.nbytes for tensor in (*maker.model.parameters(), *maker.model.buffers()))


def kind_problem(folder: Path) -> str:
    """Why what lies at a path is another kind of thing than a model that makes sound from words; or ""."""
    try:
        if (folder / pipelines.INDEX).is_file():
            name = settings(folder / pipelines.INDEX).get("_class_name")
            return "" if not isinstance(name, str) or _SOUNDS.search(name) else \
                f"holds a pipeline that paints ({name}), which diffusion.paint takes; {_TAKEN}"
        wrong = elsewhere(folder)
        kind = "" if wrong else settings(folder / "config.json").get("model_type")
    except ValueError as error:
        return f"cannot be loaded: {error}"
    return wrong or ("" if kind in MUSICGEN else f"{described(folder)}; {_TAKEN}")


def problem(folder: Path) -> str:
    """Why a folder cannot be loaded, told by its small files and the headers of its weights; or ""."""
    wrong = kind_problem(folder)
    if wrong:
        return wrong
    if not (folder / pipelines.INDEX).is_file():
        return settings_problem(folder) or tokenizer_problem(folder) or folder_problem(folder)
    return pipelines.problem(folder) or _noise_problem(folder)


def _noise_problem(folder: Path) -> str:
    """Whether the scheduler of a pipeline draws its noise by a library that is not there."""
    kind = settings(folder / pipelines.INDEX).get("scheduler")
    if not (isinstance(kind, list) and kind[-1] in _NOISE) or find_spec("torchsde"):
        return ""
    return (f"cannot be loaded: its scheduler, a {kind[-1]}, needs torchsde, which is not installed: pip install torchsde (the "
            "extra `sound` brings it)")


SoundModel = Annotated[Any, ModelType(
    "SoundModel", "A model that makes sound from words: MusicGen, or a pipeline of diffusers such as Stable Audio.", load=load,
    size=size, move=SoundMaker.to, holds=lambda folder: not kind_problem(folder), problem=problem, color="#4f8fd0")]
