"""Layers of a live pipeline by the names that files of adapters give them: of diffusers, of kohya's scripts, of the authors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..checkpoints import flux

_RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
           "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
_ENDS = {"time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2", "conv_in": "input_blocks.0.0",
         "conv_norm_out": "out.0", "conv_out": "out.2", "add_embedding.linear_1": "label_emb.0.0",
         "add_embedding.linear_2": "label_emb.0.2"}
_BEGINS = {"denoiser": ("lora_unet_", "lora_transformer_", "lycoris_", "unet.", "transformer.", "diffusion_model.",
                        "model.diffusion_model.", "base_model.model.", ""),
           "text_encoder": ("lora_te_", "lora_te1_", "text_encoder.", "text_encoders.clip_l.transformer."),
           "text_encoder_2": ("lora_te2_", "text_encoder_2.", "text_encoders.clip_g.transformer."),
           "text_encoder_3": ("lora_te3_", "text_encoder_3.")}


class Place(NamedTuple):
    """A layer, or a part of one that a file has joined with others: this one's share of the rows, of all there."""

    layer: Any
    name: str
    rows: tuple[int, int] | None = None
    swapped: bool = False


def index(pipe: Any) -> dict[str, tuple[Place, ...]]:
    """The layers with weights of a pipeline's denoiser and text encoders, by every name that files give them, dots as `_`."""
    found: dict[str, tuple[Place, ...]] = {}
    denoiser = next((name for name in ("transformer", "unet") if pipe.components.get(name) is not None), "")
    for slot in (denoiser, "text_encoder", "text_encoder_2", "text_encoder_3"):
        network = pipe.components.get(slot)
        if network is None or not slot:
            continue
        begins = _BEGINS["denoiser" if slot == denoiser else slot]
        for name, places in _named(network, slot != denoiser):
            for begin in begins:
                found.setdefault(f"{begin}{name}".replace(".", "_"), places)
    return found


def _named(network: Any, reads: bool) -> Iterator[tuple[str, tuple[Place, ...]]]:
    layers = {re.sub(r"\.base_layer$", "", name): layer for name, layer in network.named_modules()
              if getattr(layer, "weight", None) is not None and not re.search(r"\.(lora_|hada_|lokr_)", name)}
    layers = {name: getattr(layer, "base_layer", layer) for name, layer in layers.items()}
    for name, layer in layers.items():
        yield name, (Place(layer, name),)
        if reads:
            yield f"text_model.{name}", (Place(layer, name),)
    kind = type(network).__name__
    if kind.startswith("UNet2D"):
        count = network.config.layers_per_block
        tops = {at for at, block in enumerate(network.up_blocks) if hasattr(block, "attentions")}
        for name, layer in layers.items():
            yield _of_latent_diffusion(name, count if isinstance(count, int) else count[0], tops), (Place(layer, name),)
    elif kind.startswith("FluxTransformer"):
        yield from _of_flux(layers, network.config)
    elif kind.startswith("SD3Transformer"):
        yield from _of_sd3(layers, network.config.num_layers)


def _of_latent_diffusion(name: str, count: int, tops: set[int]) -> str:
    """The name of a unet's layer in latent-diffusion. tops: the blocks on the way up that attend."""
    if name in _ENDS:
        return _ENDS[name]

    def place(match: re.Match[str]) -> str:
        way, block, sort, at = match[1], int(match[2]), match[3], match[4]
        begin = (count + 1) * block
        if way == "down":
            return f"input_blocks.{begin + count + 1}.0.op" if sort == "downsamplers" else \
                f"input_blocks.{begin + int(at) + 1}.{int(sort == 'attentions')}"
        return f"output_blocks.{begin + count}.{1 + (block in tops)}" if sort == "upsamplers" else \
            f"output_blocks.{begin + int(at)}.{int(sort == 'attentions')}"

    made = re.sub(r"^(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)", place, name)
    made = made.replace(".op.conv", ".op")
    made = re.sub(r"^mid_block\.resnets\.(\d)", lambda match: f"middle_block.{2 * int(match[1])}", made)
    made = re.sub(r"^mid_block\.attentions\.0", "middle_block.1", made)
    return re.sub(r"\.(\w+)$", lambda match: f".{_RESNET.get(match[1], match[1])}", made) if ".resnets." in name else made


def _of_flux(layers: dict[str, Any], config: Any) -> Iterator[tuple[str, tuple[Place, ...]]]:
    """Flux's layers under their authors' names, some of which are several here."""
    for theirs, ours in flux.ENDS:
        if ours in layers:
            yield theirs, (Place(layers[ours], ours, swapped=ours == "norm_out.linear"),)
    for at in range(config.num_layers):
        head, there = f"transformer_blocks.{at}.", f"double_blocks.{at}."
        for theirs, ours in flux.DOUBLE:
            yield there + theirs, (Place(layers[head + ours], head + ours),)
        for theirs, several in flux.JOINED.items():
            yield there + theirs, _joined(layers, head, several)
    for at in range(config.num_single_layers):
        head, there = f"single_transformer_blocks.{at}.", f"single_blocks.{at}."
        for theirs, ours in flux.SINGLE:
            yield there + theirs, (Place(layers[head + ours], head + ours),)
        yield f"{there}linear1", _joined(layers, head, ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp"))


_SD3_ENDS = {"x_embedder.proj": "pos_embed.proj", "context_embedder": "context_embedder", "final_layer.linear": "proj_out",
             **{f"{head}_embedder.mlp.{at}": f"time_text_embed.{name}_embedder.linear_{at // 2 + 1}"
                for head, name in (("t", "timestep"), ("y", "text")) for at in (0, 2)}}
_SD3_HALVES = {  # of a block: of the picture, of the words
    "x_block": {"attn.qkv": ("attn.to_q", "attn.to_k", "attn.to_v"), "attn.proj": ("attn.to_out.0",),
                "attn2.qkv": ("attn2.to_q", "attn2.to_k", "attn2.to_v"), "attn2.proj": ("attn2.to_out.0",),
                "mlp.fc1": ("ff.net.0.proj",), "mlp.fc2": ("ff.net.2",), "adaLN_modulation.1": ("norm1.linear",),
                **{f"{attn}.ln_{part}": (f"{attn}.norm_{part}",) for attn in ("attn", "attn2") for part in "qk"}},
    "context_block": {"attn.qkv": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"), "attn.proj": ("attn.to_add_out",),
                      **{f"attn.ln_{part}": (f"attn.norm_added_{part}",) for part in "qk"},
                      "mlp.fc1": ("ff_context.net.0.proj",), "mlp.fc2": ("ff_context.net.2",),
                      "adaLN_modulation.1": ("norm1_context.linear",)}}


def _of_sd3(layers: dict[str, Any], count: int) -> Iterator[tuple[str, tuple[Place, ...]]]:
    """The layers of Stable Diffusion 3 under their authors' names. The last block has shift and scale the other way round."""
    for theirs, ours in _SD3_ENDS.items():
        yield theirs, (Place(layers[ours], ours),)
    yield "final_layer.adaLN_modulation.1", (Place(layers["norm_out.linear"], "norm_out.linear", swapped=True),)
    for at in range(count):
        head = f"transformer_blocks.{at}."
        for half, names in _SD3_HALVES.items():
            for theirs, ours in names.items():
                if all(f"{head}{name}" in layers for name in ours):
                    places = _joined(layers, head, ours)
                    last = at == count - 1 and half == "context_block" and theirs.startswith("adaLN")
                    yield f"joint_blocks.{at}.{half}.{theirs}", tuple([place._replace(swapped=last) for place in places])


def _joined(layers: dict[str, Any], head: str, names: tuple[str, ...]) -> tuple[Place, ...]:
    places, begin = [], 0
    for name in names:
        end = begin + layers[head + name].weight.shape[0]
        places.append(Place(layers[head + name], head + name, (begin, end)))
        begin = end
    return tuple(places)
