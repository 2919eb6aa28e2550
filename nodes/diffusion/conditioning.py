"""Prompts as the tensors that a pipeline's call takes, for every pipeline that has an `encode_prompt`.

What an `encode_prompt` gives back has no names: they are told here by what it takes.
"""

from __future__ import annotations

import inspect
import sys
from importlib.util import find_spec
from threading import RLock
from types import SimpleNamespace
from typing import Any

from nodegraph import InputError, warn

from .families import denoiser, device_of, is_second, known_family, text_kind
from .models import quiet

_PAIR = ("prompt_embeds", "negative_prompt_embeds")
_MASK = ("prompt_attention_mask", "negative_prompt_attention_mask")
# What an encode_prompt has among its parameters -> what it gives back; "" is given to the call by itself. First match.
_GROUPS: tuple[tuple[set[str], tuple[str, ...]], ...] = (
    ({"negative_prompt_embeds", "pooled_prompt_embeds"},
     (*_PAIR, "pooled_prompt_embeds", "negative_pooled_prompt_embeds")),
    ({"text_encoder_index"}, (*_PAIR, *_MASK)),
    ({"negative_prompt_attention_mask"}, (_PAIR[0], _MASK[0], _PAIR[1], _MASK[1])),
    ({"negative_attention_mask"}, (*_PAIR, "attention_mask", "negative_attention_mask")),
    ({"negative_prompt_embeds"}, _PAIR),
    ({"prompt_embeds_mask_2"}, ("prompt_embeds", "prompt_embeds_mask", "prompt_embeds_2", "prompt_embeds_mask_2")),
    ({"prompt_embeds_mask"}, ("prompt_embeds", "prompt_embeds_mask")),
    ({"pooled_prompt_embeds", "prompt_attention_mask"},
     ("prompt_embeds", "pooled_prompt_embeds", "prompt_attention_mask")),
    ({"pooled_prompt_embeds"}, ("prompt_embeds", "pooled_prompt_embeds")),
    ({"prompt_attention_mask"}, ("prompt_embeds", "prompt_attention_mask")),
    (set(), ("prompt_embeds",)),
)
# Those that give back more, or in an order of their own, by the beginning of their names.
_BY_NAME = {
    "Chroma": (_PAIR[0], "", _MASK[0], _PAIR[1], "", _MASK[1]),  # with the places of its tokens between
    "EasyAnimate": (*_PAIR, *_MASK), "MotifVideo": (*_PAIR, *_MASK),
    "Kandinsky6": (_PAIR[0], "pooled_prompt_embeds", _MASK[0], _PAIR[1], "negative_pooled_prompt_embeds", _MASK[1]),
    "StableCascade": (_PAIR[0], "prompt_embeds_pooled", _PAIR[1], "negative_prompt_embeds_pooled"),
}
_OWN = {"prompt", "negative_prompt", "device", "dtype", "num_images_per_prompt", "num_videos_per_prompt", "lora_scale",
        "do_classifier_free_guidance", "text_encoder_index", "image", "max_sequence_length", "kwargs", "self"}
# Two encoders that are asked one after the other (HunyuanDiT): how many tokens each reads.
_LENGTHS = (77, 256)

# A tokenizer changes its own padding while it works, so two threads must not ask it at once.
TOKENIZERS = RLock()


def encoded(pipe: Any, prompt: str, negative: str, max_sequence_length: int | None = None) -> dict[str, Any]:
    """The prompt, and what not to paint, as the tensors a sampling call takes, each with a batch of 1.

    Raises InputError for what the model cannot be told.
    """
    import torch

    family, kind = known_family(pipe), type(pipe).__name__
    if negative and not family.takes_negative:
        raise InputError(f"a {kind} takes no negative_prompt; say what to paint instead")
    if not hasattr(pipe, "encode_prompt"):
        return _no_words(pipe, prompt or negative)
    image = inspect.signature(type(pipe).encode_prompt).parameters.get("image")
    if image is not None and image.default is image.empty:
        raise InputError(f"a {kind} reads its words together with a picture, which cannot be done in stages here; take a Wan, "
                         "an LTX or a CogVideoX for pictures")
    _without_ftfy(type(pipe))
    if max_sequence_length is not None and not _reads_long(pipe):
        raise InputError(f"a {kind} takes no max_sequence_length; leave it out")
    with torch.no_grad(), quiet(), TOKENIZERS:
        tensors = _asked(pipe, prompt, negative, max_sequence_length)
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def _no_words(pipe: Any, said: str) -> dict[str, Any]:
    """What a model that reads a picture in place of words is told until it has one: nothing. Warns of words."""
    import torch

    if is_second(pipe):
        raise InputError(f"a {type(pipe).__name__} reads no words but what a prior makes of them; take diffusion.prior in the "
                         "place of diffusion.encode, with the model's prior")
    if said:
        paints = "clips that begin with a picture" if known_family(pipe).moving else "variations of a picture"
        warn(f"a {type(pipe).__name__} reads no words, and these have no effect: it paints {paints}, which "
             "diffusion.sample takes as reference")
    network = denoiser(pipe)
    nothing = torch.zeros(1, 1, network.config.cross_attention_dim, dtype=network.dtype)
    return {"prompt_embeds": nothing, "negative_prompt_embeds": nothing.clone()}


def _without_ftfy(kind: Any) -> None:
    """Where ftfy is not installed, texts stay as they are, as in those pipelines of diffusers that ask whether it is there."""
    if find_spec("ftfy") is None:
        vars(sys.modules[kind.__module__]).setdefault("ftfy", SimpleNamespace(fix_text=str))


def _reads_long(pipe: Any) -> bool:
    takes = inspect.signature(type(pipe).encode_prompt).parameters
    return "max_sequence_length" in takes and "text_encoder_index" not in takes


def _asked(pipe: Any, prompt: str, negative: str, length: int | None) -> dict[str, Any]:
    """What the pipeline's encode_prompt gives, by name: once, for both texts, or for each encoder."""
    takes = inspect.signature(type(pipe).encode_prompt).parameters
    shared = _arguments(pipe) | ({} if length is None else {"max_sequence_length": length})
    if "text_encoder_index" in takes:
        shared["dtype"] = denoiser(pipe).dtype
        return {name + "_2" * index: tensor for index, length in enumerate(_LENGTHS)
                for name, tensor in _given(pipe, prompt, negative, {**shared, "text_encoder_index": index,
                                                                    "max_sequence_length": length}).items()}
    tensors = _given(pipe, prompt, negative, shared)
    family = known_family(pipe)
    if "negative_prompt_embeds" not in takes and family.takes_negative and (negative or family.guides_empty):
        tensors |= {f"negative_{name}": tensor for name, tensor in _given(pipe, negative, "", shared).items()}
    calls = inspect.signature(text_kind(pipe).__call__).parameters
    return {name: tensor for name, tensor in tensors.items() if name in calls}


def _given(pipe: Any, prompt: str, negative: str, arguments: dict[str, Any]) -> dict[str, Any]:
    takes = inspect.signature(type(pipe).encode_prompt).parameters
    if "negative_prompt" in takes and negative:
        arguments = {**arguments, "negative_prompt": negative}
    made = pipe.encode_prompt(prompt=prompt, **arguments)
    made = made if isinstance(made, tuple) else (made,)
    return {name: _tensor(value) for name, value in zip(_names(type(pipe)), made, strict=False)
            if name and value is not None and len(value)}


def _tensor(value: Any) -> Any:
    """A tensor with a batch of 1; some pipelines (Z-Image) keep a list of texts, each as long as it is."""
    return value[0][None] if isinstance(value, list) else value


def _names(kind: type) -> tuple[str, ...]:
    takes = set(inspect.signature(kind.encode_prompt).parameters)  # type: ignore[attr-defined]
    own = next((names for begin, names in _BY_NAME.items() if kind.__name__.startswith(begin)), None)
    return own or next(names for needed, names in _GROUPS if needed <= takes)


def _arguments(pipe: Any) -> dict[str, Any]:
    """What encode_prompt is told besides the words: what the pipeline's own call tells it where nothing is said."""
    takes = inspect.signature(type(pipe).encode_prompt).parameters
    calls = inspect.signature(text_kind(pipe).__call__).parameters
    given = {name: calls[name].default for name in takes
             if name in calls and name not in _OWN and "embeds" not in name and "mask" not in name}
    given |= {name: None for name, parameter in takes.items()
              if parameter.default is parameter.empty and name not in (*_OWN, *given)
              and parameter.kind is parameter.POSITIONAL_OR_KEYWORD}
    for name in ("max_sequence_length", "negative_prompt"):
        if name in takes and name in calls:
            given[name] = calls[name].default
    if "do_classifier_free_guidance" in takes:
        given["do_classifier_free_guidance"] = True
    if "num_images_per_prompt" in takes:
        given["num_images_per_prompt"] = 1
    if "_cut_context" in takes:  # as Kandinsky 3 always does
        given["_cut_context"] = True
    return {**given, "device": device_of(pipe)} if "device" in takes else given


def as_called(pipe: Any, tensors: dict[str, Any]) -> dict[str, Any]:
    """Encoded tensors as a pipeline's call takes them, on its device; Z-Image and its kin want a list of texts."""
    takes = inspect.signature(type(pipe).__call__).parameters
    device = device_of(pipe)
    moved = {name: tensor.to(device) for name, tensor in tensors.items() if name in takes}
    return {name: list(tensor) if _is_list(takes.get(name)) else tensor for name, tensor in moved.items()}


def _is_list(parameter: inspect.Parameter | None) -> bool:
    return parameter is not None and str(parameter.annotation).startswith(("list[", "typing.List[", "typing.Optional[list"))
