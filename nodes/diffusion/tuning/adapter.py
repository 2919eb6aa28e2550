"""An adapter of low rank (LoRA: Hu et al., 2021) on a denoiser while it is trained, and as a file that programs share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nodegraph import InputError

from ...common.files import whole_file
from ...common.loading import in_words
from ..families import denoiser, denoiser_name
from ..models import quiet

NAME = "trained"
_SMALL = 50_000_000  # parameters of a denoiser, below which all that is linear in its blocks learns
_LARGE = 500_000_000  # and above which what a block made is made again for the way back, for the sake of memory
_ATTENTION = re.compile(r"attn|attention|\.ff|mlp|feed_forward|to_[qkv]|linear_[123]|\.w[123]$")


def linear_parts(network: Any) -> list[str]:
    """The names of the linear layers that learn: of attention and feed-forward, and where a network is small all of its
    blocks' layers. Raises InputError for a network without any."""
    import torch

    transformers = any("transformer_blocks" in name for name, _ in network.named_modules())
    small = count(network) < _SMALL
    names = [name for name, part in network.named_modules() if isinstance(part, torch.nn.Linear)
             and re.search(r"(blocks|layers|refiner)\.\d+\.", name)
             and ("transformer_blocks" in name or not transformers) and (small or _ATTENTION.search(name))]
    if not names:
        raise InputError(f"a {type(network).__name__} has no blocks of attention, which an adapter could learn in; take a "
                         "diffusion model with a transformer or a unet")
    return names


def count(network: Any) -> int:
    """How many parameters a network has."""
    return sum(parameter.numel() for parameter in network.parameters())


def rate_for(network: Any) -> float:
    """A rate of learning that suits the size of a denoiser: 1e-4 for three billion parameters, 2e-3 for eight million."""
    return float(5 / count(network) ** 0.5)


@contextmanager
def worn(pipe: Any, rank: int, seed: int) -> Iterator[dict[str, Any]]:
    """The parameters, by name, of a new adapter on a pipeline's denoiser, which is taken off in the end whatever comes.

    Its weights are float32 whatever those of the network are.
    """
    import torch
    from peft import LoraConfig

    network = denoiser(pipe)
    config = LoraConfig(r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=linear_parts(network))
    torch.manual_seed(seed)
    large = count(network) > _LARGE and hasattr(network, "enable_gradient_checkpointing")
    try:
        with quiet():
            try:
                network.add_adapter(config, adapter_name=NAME)
            except (ValueError, TypeError, AttributeError, NotImplementedError) as error:
                raise InputError(f"a {type(network).__name__} takes no adapter to train: {in_words(error)}") from error
        learns = {name: part for name, part in network.named_parameters() if "lora_" in name}
        for part in learns.values():
            part.data = part.data.float()
            part.requires_grad_(True)
        if large:
            network.enable_gradient_checkpointing()
        yield learns
    finally:
        if large:
            network.disable_gradient_checkpointing()
        if getattr(network, "peft_config", None):
            with quiet():
                network.unload_lora()


def stored(pipe: Any, path: Path, about: Mapping[str, str]) -> None:
    """Write the adapter that a pipeline's denoiser wears to a file, under the names that diffusers gives to it."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    state = get_peft_model_state_dict(denoiser(pipe), adapter_name=NAME)
    part = denoiser_name(pipe)
    path.parent.mkdir(parents=True, exist_ok=True)
    named = {f"{part}.{name}": tensor.detach().float().cpu().contiguous() for name, tensor in state.items()}
    with whole_file(path) as partial:
        save_file(named, partial, metadata={"format": "pt", **about})
