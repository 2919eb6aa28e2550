"""What sets the families of pipelines apart, read off the signatures of their calls."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from nodegraph import InputError


@dataclass(frozen=True)
class Family:
    """One kind of pipeline.

    guidance: the argument that says how closely a prompt is followed, "" where there is none.
    guidance_scale: what its authors recommend. takes_negative: whether it can be told what not to paint.
    guides_empty: whether it guides by an empty negative prompt where none is given.
    moving: whether it paints clips.
    """

    guidance: str
    guidance_scale: float | None
    takes_negative: bool
    guides_empty: bool = True
    moving: bool = False


@cache
def family_named(kind: Any) -> Family | None:
    """The Family of a class of pipelines, or None where its steps cannot be taken one by one."""
    takes = inspect.signature(kind.__call__).parameters
    reads = hasattr(kind, "encode_prompt")
    told = "prompt_embeds" in takes if reads else _moves_picture(kind)
    if not ((told or _is_second(kind)) and {"latents", "output_type"} <= set(takes)):
        return None
    if "Audio" in kind.__name__:  # latents of sounds
        return None
    true = takes.get("true_cfg_scale")
    # Flux and its kin are distilled: their guidance is a number that the network reads, and needs no second call.
    doubled = true is not None and true.default > 1
    names = ("true_cfg_scale" if doubled else "", "guidance_scale", "max_guidance_scale")
    guidance = next((name for name in names if name in takes), "")
    negative = "negative_prompt_embeds" in takes and (true is None or doubled)
    return Family(guidance, takes[guidance].default if guidance else None, negative, not doubled, "num_frames" in takes)


def family_of(pipe: Any) -> Family | None:
    """The Family of a pipeline, or None where its steps cannot be taken one by one."""
    return family_named(text_kind(pipe))


def text_kind(pipe: Any) -> Any:
    """The class of pipelines that paints from words alone with the same parts; the pipeline's own where there is none."""
    import diffusers

    own = type(pipe)
    if pipe.config.get("requires_aesthetics_score") or varies(pipe) and hasattr(own, "encode_prompt"):
        return own  # the refiner of SDXL reads a score that no other does, unCLIP a picture beside the words
    return own if own.__name__ == plain_name(pipe) else getattr(diffusers, plain_name(pipe), own)


def varies(pipe: Any) -> bool:
    """Whether a pipeline paints variations of a picture, which stands in the place of a prompt, or beside it."""
    return type(pipe).__name__ in ("StableDiffusionImageVariationPipeline", "StableUnCLIPImg2ImgPipeline")


def moves_picture(pipe: Any) -> bool:
    """Whether a pipeline paints clips that begin with a picture."""
    return _moves_picture(type(pipe))


def _moves_picture(kind: Any) -> bool:
    takes = inspect.signature(kind.__call__).parameters
    return bool(_MOVES.search(kind.__name__)) and "image" in takes and "num_frames" in takes


def is_second(pipe: Any) -> bool:
    """Whether a pipeline reads what a prior has made of words (Kandinsky 2.2), and no words."""
    return _is_second(text_kind(pipe))


def _is_second(kind: Any) -> bool:
    takes = inspect.signature(kind.__call__).parameters
    return {"image_embeds", "negative_image_embeds"} <= set(takes) and "prompt" not in takes


def device_of(pipe: Any) -> Any:
    """Where a pipeline computes. Parts of one that is offloaded may be elsewhere, waiting for their turn."""
    return pipe._execution_device


def known_family(pipe: Any) -> Family:
    """The Family of a pipeline. Raises InputError where its steps cannot be taken one by one."""
    family = family_of(pipe)
    if family is None:
        raise InputError(f"this model is a {type(pipe).__name__}, whose steps are not known one by one; "
                         "diffusion.paint runs it as a whole")
    return family


def denoiser(pipe: Any) -> Any:
    """The network that is called at every step, or None where a pipeline has it under another name."""
    return vars(pipe).get(denoiser_name(pipe))


def denoiser_name(pipe: Any) -> str:
    """The part that is called at every step."""
    # Not by pipe.components, which takes milliseconds.
    return next((name for name in ("transformer", "unet", "prior") if vars(pipe).get(name) is not None), "")


def denoisers(pipe: Any) -> dict[str, Any]:
    """The networks that are called at every step, by their name in the pipeline; Wan has one for each half of them."""
    networks = {name: getattr(pipe, name, None) for name in ("transformer", "transformer_2", "unet")}
    return {name: network for name, network in networks.items() if hasattr(network, "config")}


def painted_channels(pipe: Any) -> int:
    """How many channels the denoiser paints, as it reads them: of Qwen and its kin those of a patch."""
    config = getattr(denoiser(pipe), "config", {})
    own, patch = config.get("out_channels") or 0, config.get("patch_size")
    if hasattr(pipe, "_pack_latents") and isinstance(patch, int) and own * patch ** 2 <= (config.get("in_channels") or 0):
        return own * patch ** 2
    return own


def prompt_family(pipe: Any) -> str:
    """One line that tells whose prompts a model reads."""
    config = denoiser(pipe).config
    if is_second(pipe):
        return second_family(config["encoder_hid_dim"])
    context = next((config[name] for name in _CONTEXTS if config.get(name)), None)
    pooled = config.get("pooled_projection_dim")
    said = [f"context {context}"] * bool(context) + [f"pooled {pooled}"] * bool(pooled)
    return _CONTROLS.sub("", plain_name(pipe)) + (f" ({', '.join(said)})" if said else "")


def second_family(width: int) -> str:
    """What prompt_family says of the second model of Kandinsky 2.2, which reads so many numbers of a prior."""
    return f"KandinskyV22Pipeline (prior {width})"


_MOVES = re.compile(r"Image(To|2)Video|I2V|StableVideoDiffusion")
_CONTEXTS = ("joint_attention_dim", "cross_attention_dim", "caption_channels", "cap_feat_dim", "text_embed_dim",
             "text_dim", "text_hidden_dim")
# What a pipeline takes besides words does not change how it reads these.
_TASKS = re.compile(r"Inpaint(ing)?|Img2Img|ImageToImage|ImageVariation|Fill|(?<=V22)Combined")
_CONTROLS = re.compile(r"ControlNet(Union)?|Adapter")


def plain_name(pipe: Any) -> str:
    """The name of the pipeline that paints from words alone and has the same networks."""
    return _TASKS.sub("", type(pipe).__name__)


# What a pipeline needs besides words, by what its name holds.
_MASKED = "a picture and a mask of what to paint anew (diffusion.encode_image takes both, and makes a start of them)"
_WANTS = {
    "Inpaint|Fill": _MASKED, "Control|T2IAdapter": "a control picture",
    "Upscale|SuperResolution": "a picture to enlarge",
    "ImageVariation|UnCLIPImg2Img": "a picture to vary (diffusion.sample takes it as reference)",
    "Img2Img|ImageToImage|Refiner": "a picture to start from", "Pix2Pix|Edit": "a picture to edit",
    "Image(To|2)Video|I2V|StableVideoDiffusion": "a picture to begin with (diffusion.sample takes it as reference)",
    "Depth2Img|Redux|Video(To|2)Video|AnyText|PaintByExample": "a picture",
}


def judge_words_alone(pipe: Any) -> None:
    """Raises InputError for a model that does not paint from words alone, saying what it wants besides."""
    name = type(pipe).__name__
    wants = next((wants for pattern, wants in _WANTS.items() if re.search(pattern, name)), "")
    config = getattr(denoiser(pipe), "config", {})
    more, own = config.get("in_channels") or 0, painted_channels(pipe)
    if not wants and own and own < more <= 2 * own:  # latents of a picture come beside those that are painted
        wants = "a picture to edit"
    if wants:
        raise InputError(f"this model is a {name}, which does not paint from words alone: it also "
                         f"needs {wants}; give it that, or take a model that paints from a prompt")
