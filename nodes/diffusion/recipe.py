"""Nodes that say how a model is to be, before anything is loaded: its parts, adapters, words and settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from nodegraph import File, InputError, Range, Recipe, Unloaded, node

from .checkpoints.pipeline import lacking
from .ingredients import Autoencoder, LearnedWord, Lora, PreviewDecoder, TextEncoder
from .models import DiffusionModel
from .patches.words import word_of

Weight = Annotated[float, Range(-10, 10, 0.05)]
Dtype = Literal["run", "float32", "bfloat16", "float16"]
Slot = Literal["auto", "text_encoder", "text_encoder_2", "text_encoder_3", "text_encoder_4"]


@node("diffusion.load", version=1)
def load(model: Unloaded[DiffusionModel], vae: Unloaded[Autoencoder] | None = None,
         text_encoders: list[Unloaded[TextEncoder]] | None = None, tokenizer: File | None = None,
         base: Unloaded[DiffusionModel] | None = None,
         dtype: Dtype = "run", vae_dtype: Dtype = "run", text_dtype: Dtype = "run", variant: str = "",
         prediction: Literal["model", "epsilon", "v_prediction"] = "model") -> DiffusionModel:
    """Say how a model is loaded, and of which files. A model that is whole needs no such node: its name is enough.

    model: a folder, a single file (.safetensors, .gguf), or a hub name, also as name@revision.
    vae: the autoencoder, where the model brings none, or another than its own.
    text_encoders: what reads the prompts, where the model brings none: files or folders, in any order.
    tokenizer: of a text encoder in a file whose vocabulary does not come along (T5, Qwen): its tokenizer.json or spiece.model.
    base: a whole model of the same family, from which is taken what the file lacks (tokenizers, settings, encoders).
    dtype: the floating type of its networks; `run` is that of the run.
    vae_dtype: of the autoencoder alone.
    text_dtype: of the text encoders alone.
    variant: of a folder that has several, such as fp16.
    prediction: what the network of a single Stable Diffusion file predicts, where that cannot be told by the file.
    """
    kinds = (("", dtype), ("vae", vae_dtype), ("text_encoder", text_dtype))
    dtypes = tuple((part, kind) for part, kind in kinds if kind != "run")
    recipe: Recipe = model
    for name, value in (("dtypes", dtypes), ("variant", variant), ("prediction", prediction if prediction != "model" else "")):
        if value:
            recipe = recipe.with_option(name, value)
    parts = [(base, "base"), *((encoder, "text_encoder") for encoder in text_encoders or ()), (vae, "vae")]
    for part, slot in parts:
        if part is not None:
            recipe = recipe.with_patch(Recipe("part", part.source, part.folder, part.fingerprint, (("slot", slot),)))
    if tokenizer is not None:
        recipe = recipe.with_patch(Recipe("part", tokenizer.name, str(tokenizer), options=(("slot", "tokenizer"),)))
    _judge_whole(recipe)
    return recipe


def _judge_whole(recipe: Recipe) -> None:
    """Raises InputError, before anything is loaded, for a single file that lacks a part beside those that are given for it."""
    place = Path(recipe.folder or recipe.source)
    wrong = lacking(place, recipe.patches) if place.is_file() else ""
    if wrong:
        raise InputError(f"{recipe.source or place.name} cannot be loaded: {wrong}")


@node("diffusion.lora", version=1)
def lora(model: Unloaded[DiffusionModel], file: Unloaded[Lora], weight: Weight = 1.0,
         part: Literal["both", "denoiser", "text"] = "both") -> DiffusionModel:
    """Put an adapter (LoRA) on a model. Several are put on one after another.

    Those of LyCORIS too: LoCon, LoHa, LoKr, GLoRA, OFT, (IA)^3, whole differences, and DoRA. What is not read is told.

    model: the model, or what an earlier such node gave.
    file: the adapter, a .safetensors file or a folder, of diffusers, of peft, of kohya's scripts or of LyCORIS.
    weight: how much it counts; 0 is as if it were not there, less than 0 its opposite.
    part: whether it counts for the denoiser, for the text encoders, or for both.
    """
    return model.with_patch(_patch("lora", file, part=part, weight=float(weight)))


@node("diffusion.vae", version=1)
def vae(model: Unloaded[DiffusionModel], file: Unloaded[Autoencoder]) -> DiffusionModel:
    """Give a model another autoencoder. What was sampled stays; only pictures are decoded again.

    model: the model, or what an earlier such node gave.
    file: the autoencoder, a file, its folder, or the folder of a model that has it.
    """
    return model.with_patch(_patch("vae", file))


@node("diffusion.text_encoder", version=1)
def text_encoder(model: Unloaded[DiffusionModel], file: Unloaded[TextEncoder], slot: Slot = "auto") -> DiffusionModel:
    """Give a model another text encoder.

    model: the model, or what an earlier such node gave.
    file: the encoder, a file or its folder.
    slot: which of the model's encoders it replaces; `auto` is the one that is built alike.
    """
    return model.with_patch(_patch("text_encoder", file, slot=slot))


@node("diffusion.textual_inversion", version=1)
def textual_inversion(model: Unloaded[DiffusionModel], file: Unloaded[LearnedWord], token: str = "") -> DiffusionModel:
    """Teach a model a word that was learned from pictures (textual inversion).

    model: the model, or what an earlier such node gave.
    file: the learned word, a .safetensors file of diffusers or of the A1111 interface.
    token: the word that stands for it in prompts; left out, the one that the file names, or else the file's own name.
    """
    token = token.strip() or word_of(Path(file.folder))
    if not token or " " in token:
        raise InputError(f"token is {token!r}; it takes one word without spaces")
    return model.with_patch(_patch("textual_inversion", file, token=token))


@node("diffusion.preview", version=1)
def preview(model: Unloaded[DiffusionModel], decoder: Unloaded[PreviewDecoder]) -> DiffusionModel:
    """Show the steps of a sampling by a tiny decoder (TAESD, for clips TAEHV: Bohan, 2023) in place of rough colours.

    Pictures are what they are without it, so another one paints nothing again. Near a model in a folder `vae_approx`
    (taesd_decoder.safetensors, taesdxl, taesd3, taef1, for clips taehv, taew2_1, taew2_2, taecvx), it is found
    without this node.

    model: the model, or what an earlier such node gave.
    decoder: the tiny decoder of the model's family, a .safetensors file, or a folder with an AutoencoderTiny.
    """
    return model.with_patch(_patch("preview", decoder))


@node("diffusion.options", version=1)
def options(model: Unloaded[DiffusionModel],
            attention: Literal["model", "native", "math", "flash", "efficient", "cudnn", "flash_attention", "flash_attention_3",
                               "sage", "xformers", "flex"] = "model",
            channels_last: bool = False, compile: Literal["no", "default", "reduce-overhead", "max-autotune", "eager"] = "no",
            offload: Literal["auto", "model", "sequential"] = "auto", tiling: bool = False,
            slicing: bool = False) -> DiffusionModel:
    """Say how a model works on this machine: what is faster here, or needs less memory.

    model: the model, or what an earlier such node gave.
    attention: by which kernel its networks attend; `model` leaves that to the model.
    channels_last: whether weights of convolutions lie as tensor cores like them.
    compile: whether the denoiser is compiled by torch first, and how: minutes once, then each step is faster.
    offload: whether networks visit the device in turns: `auto` where they are larger than it, `model` one at a time,
        `sequential` layer by layer, which is slow and fits anywhere.
    tiling: whether pictures are decoded in tiles, which bounds the memory of large ones and can leave faint seams.
    slicing: whether the pictures of a batch are decoded one by one.
    """
    eager = compile == "eager"
    wanted: tuple[tuple[str, bool, dict[str, Any]], ...] = (
        ("attention", attention != "model", {"backend": attention}), ("channels_last", channels_last, {}),
        ("compile", compile != "no", {"backend": "eager" if eager else "inductor", "mode": None if eager else compile}),
        ("offload", offload != "auto", {"how": offload}), ("tiling", tiling, {}), ("slicing", slicing, {}))
    recipe: Recipe = model
    for kind, asked, settings in wanted:
        if asked:
            recipe = recipe.with_patch(Recipe(kind, "", options=tuple(sorted(settings.items()))))
    return recipe


def _patch(kind: str, recipe: Recipe, **options: Any) -> Recipe:
    return Recipe(kind, recipe.source, recipe.folder, recipe.fingerprint, tuple(sorted(options.items())))
