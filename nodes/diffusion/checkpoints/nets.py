"""Control nets and T2I-Adapters in single files: what one is by the names and shapes of its tensors, and the net it makes.

Names are those of diffusers, of the ControlNet that Zhang et al. released (`control_model.`, the blocks of latent-diffusion),
and of the T2I-Adapters of Mou et al. (`body.`). Settings that no tensor tells are those that the families have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ...common.loading import weights_judged
from . import tensors
from .tensors import Shapes

_X = TypeVar("_X")
_CONTROL = "control_model."
_ENDS = {"time_embed.0": "time_embedding.linear_1", "time_embed.2": "time_embedding.linear_2", "input_blocks.0.0": "conv_in",
         "label_emb.0.0": "add_embedding.linear_1", "label_emb.0.2": "add_embedding.linear_2",
         "input_hint_block.0": "controlnet_cond_embedding.conv_in", "input_hint_block.14": "controlnet_cond_embedding.conv_out",
         "middle_block_out.0": "controlnet_mid_block"}
_PLACES = {"middle_block.0": "mid_block.resnets.0", "middle_block.1": "mid_block.attentions.0",
           "middle_block.2": "mid_block.resnets.1"}
_RESNET = {"in_layers.0": "norm1", "in_layers.2": "conv1", "emb_layers.1": "time_emb_proj", "out_layers.0": "norm2",
           "out_layers.3": "conv2", "skip_connection": "conv_shortcut"}
# What a file holds that steers as well, and that no pipeline here is steered by: a name in it, and what is said.
_OTHERS = {
    "lora_controlnet": "is a ControlNet-LoRA, which is a ControlNet only together with the weights of its model, and is not "
                       "read here; take the whole ControlNet of its kind",
    "lllite_": "is a ControlNet-LLLite, which is not read here; take a ControlNet of its kind",
    "difference": "holds the difference of a ControlNet to its model, which is not read here; take the whole ControlNet",
    "double_blocks.": "is a ControlNet for Flux under its authors' names, which are not read here; take the one in the names "
                      "of diffusers",
}


def steers(names: Iterable[str]) -> bool:
    """Whether the names of tensors are those of a net that steers a model, also of one that is not read here."""
    return any(re.match(r"(control_model\.)?(zero_convs\.0|input_hint_block\.0|controlnet_(down_)?blocks\.0|"
                        r"controlnet_cond_embedding|adapter\.body\.0|body\.0\.(block1|in_conv)|lllite_|lora_controlnet)", name)
               for name in names)


def foreign(names: Iterable[str]) -> str:
    """What is said of a file with such names that steers in a way that is not read here; "" of others."""
    names = list(names)
    return next((said for sign, said in _OTHERS.items() if any(name.startswith(sign) for name in names)), "")


def described(path: Path) -> tuple[str, dict[str, Any]]:
    """The class of diffusers that a file is of, and its settings, by the header alone; "" for none.

    Raises ValueError for a file that is damaged.
    """
    return _settings(renamed(tensors.shapes(path)))


def network(path: Path, dtype: Any, source: str) -> Any:
    """The net of a file. Raises InputError where weights are missing or of other sizes."""
    import diffusers
    from accelerate import init_empty_weights

    state = renamed(tensors.state(path, dtype))
    name, config = _settings({name: tuple(tensor.shape) for name, tensor in state.items()})
    with init_empty_weights():
        net = getattr(diffusers, name).from_config(config)
    wanted = net.state_dict()
    weights_judged({"mismatched_keys": [(name, tuple(state[name].shape), tuple(tensor.shape)) for name, tensor in wanted.items()
                                        if name in state and state[name].shape != tensor.shape],
                    "missing_keys": wanted.keys() - state.keys(), "unexpected_keys": state.keys() - wanted.keys()}, source)
    net.load_state_dict({name: state[name].to(dtype) for name in wanted}, assign=True)
    return net


def renamed(state: Mapping[str, _X]) -> dict[str, _X]:
    """Tensors, or their shapes, by the names of diffusers."""
    if any(name.startswith(_CONTROL) for name in state):  # also of a file in which the model that it steers lies beside it
        state = {name.removeprefix(_CONTROL): value for name, value in state.items() if name.startswith(_CONTROL)}
    if "zero_convs.0.0.weight" in state:
        return _of_latent_diffusion(state)
    if any(re.match(r"body\.0\.(block1|in_conv)\.", name) for name in state):
        return _of_adapter(state)
    return dict(state)


def _of_latent_diffusion(state: Mapping[str, _X]) -> dict[str, _X]:
    layers = min((int(match[1]) for name in state if (match := re.match(r"input_blocks\.(\d+)\.0\.op\.", name))), default=3)

    def place(match: re.Match[str]) -> str:
        block, at = divmod(int(match[1]) - 1, layers)
        if match[2] == "0.op":
            return f"down_blocks.{block}.downsamplers.0.conv"
        return f"down_blocks.{block}.{'attentions' if match[2] == '1' else 'resnets'}.{at}"

    out = {}
    for name, value in state.items():
        stem, _, kind = name.rpartition(".")
        if stem in _ENDS:
            stem = _ENDS[stem]
        else:
            stem = re.sub(r"^zero_convs\.(\d+)\.0$", r"controlnet_down_blocks.\1", stem)
            stem = re.sub(r"^input_hint_block\.(\d+)$",
                          lambda match: f"controlnet_cond_embedding.blocks.{int(match[1]) // 2 - 1}", stem)
            stem = re.sub(r"^input_blocks\.(\d+)\.(0\.op|0|1)(?=\.|$)", place, stem)
            stem = re.sub(r"^middle_block\.\d", lambda match: _PLACES[match[0]], stem)
            if ".resnets." in stem:
                stem = re.sub(r"(in_layers|emb_layers|out_layers)\.\d$|skip_connection$", lambda match: _RESNET[match[0]], stem)
        out[f"{stem}.{kind}"] = value
    return out


def _of_adapter(state: Mapping[str, _X]) -> dict[str, _X]:
    if any(name.startswith("body.0.in_conv.") for name in state):  # the light ones
        return {"adapter." + re.sub(r"^(body\.\d+)\.body\.", r"\1.resnets.", name): value for name, value in state.items()}
    # In a row there. Where blocks begin is told by how wide they are, unless two are alike; then all have as many layers.
    count = 1 + max(int(match[1]) for name in state if (match := re.match(r"body\.(\d+)\.", name)))
    wider = [int(match[1]) for name in state if (match := re.match(r"body\.(\d+)\.in_conv\.weight", name))]
    layers = min(wider, default=count)

    def place(match: re.Match[str]) -> str:
        block, at = divmod(int(match[1]), layers)
        return f"adapter.body.{block}." + (f"resnets.{at}." if match[2].startswith("block") else "") + match[2]

    return {re.sub(r"^body\.(\d+)\.(\w+)", place, name) if name.startswith("body.") else f"adapter.{name}": value
            for name, value in state.items()}


def _settings(names: Shapes) -> tuple[str, dict[str, Any]]:
    """The class of a net and its settings, by the names of diffusers and the shapes of the tensors."""
    if "controlnet_cond_embedding.conv_in.weight" in names and "down_blocks.0.resnets.0.conv1.weight" in names:
        union = "task_embedding" in names
        return ("ControlNetUnionModel", {**_unet(names), **_union(names)}) if union else ("ControlNetModel", _unet(names))
    if "controlnet_x_embedder.weight" in names:
        return "FluxControlNetModel", _flux(names)
    if "pos_embed_input.proj.weight" in names and "controlnet_blocks.0.weight" in names:
        return "SD3ControlNetModel", _sd3(names)
    if "adapter.body.0.resnets.0.block1.weight" in names:
        return "T2IAdapter", _adapter(names)
    return "", {}


def _count(names: Shapes, begin: str) -> int:
    """How many numbers, from 0 on, follow a beginning among the names."""
    found = re.compile(re.escape(begin) + r"(\d+)\.")
    return 1 + max((int(match[1]) for name in names if (match := found.match(name))), default=-1)


def _unet(names: Shapes) -> dict[str, Any]:
    levels = range(_count(names, "down_blocks."))
    widths = [names[f"down_blocks.{level}.resnets.0.conv1.weight"][0] for level in levels]
    looks = [f"down_blocks.{level}.attentions.0.norm.weight" in names for level in levels]
    context = next((shape[1] for name, shape in names.items() if name.endswith("attn2.to_k.weight")), 1280)
    flat = any(name.endswith("attentions.0.proj_in.weight") and len(shape) == 2 for name, shape in names.items())
    hint = "controlnet_cond_embedding."
    config = {
        "in_channels": names["conv_in.weight"][1], "conditioning_channels": names[f"{hint}conv_in.weight"][1],
        "block_out_channels": widths, "layers_per_block": _count(names, "down_blocks.0.resnets."),
        "down_block_types": [f"{'CrossAttn' * look}DownBlock2D" for look in looks], "cross_attention_dim": context,
        "transformer_layers_per_block": [_count(names, f"down_blocks.{level}.attentions.0.transformer_blocks.") if look else 1
                                         for level, look in zip(levels, looks)],
        # Its name means how many heads: of 64 each since Stable Diffusion 2, which projects without convolutions.
        "attention_head_dim": [max(1, width // 64) for width in widths] if flat else 8, "use_linear_projection": flat,
        "conditioning_embedding_out_channels": [
            names[f"{hint}conv_in.weight"][0],
            *(names[f"{hint}blocks.{at}.weight"][0] for at in range(1, _count(names, f"{hint}blocks."), 2))]}
    if "mid_block.attentions.0.norm.weight" not in names:
        config["mid_block_type"] = "UNetMidBlock2D"
    if "add_embedding.linear_1.weight" in names:
        config |= {"addition_embed_type": "text_time", "addition_time_embed_dim": 256,
                   "projection_class_embeddings_input_dim": names["add_embedding.linear_1.weight"][1]}
    return config


def _union(names: Shapes) -> dict[str, Any]:
    kinds, width = names["task_embedding"]
    return {"num_control_type": kinds, "num_trans_channel": width, "num_trans_layer": _count(names, "transformer_layes."),
            "num_proj_channel": names["spatial_ch_projs.weight"][0]}


def _flux(names: Shapes) -> dict[str, Any]:
    hidden, channels = names["controlnet_x_embedder.weight"]
    head = next(shape[0] for name, shape in names.items() if name.endswith("attn.norm_q.weight"))
    rope = [head // 8, (head - head // 8) // 2, (head - head // 8) // 2]
    return {"in_channels": channels, "num_layers": _count(names, "transformer_blocks."),
            "num_single_layers": _count(names, "single_transformer_blocks."), "attention_head_dim": head,
            "num_attention_heads": hidden // head, "axes_dims_rope": rope,
            "joint_attention_dim": names["context_embedder.weight"][1],
            "pooled_projection_dim": names["time_text_embed.text_embedder.linear_1.weight"][1],
            "guidance_embeds": "time_text_embed.guidance_embedder.linear_1.weight" in names,
            "num_mode": names.get("controlnet_mode_embedder.weight", (None,))[0],
            "conditioning_embedding_channels": names.get("input_hint_block.conv_out.weight", (None,))[0]}


def _sd3(names: Shapes) -> dict[str, Any]:
    hidden, wide, patch = names["pos_embed_input.proj.weight"][:3]
    layers, norm = _count(names, "transformer_blocks."), "transformer_blocks.0.attn.norm_q.weight"
    head = names[norm][0] if norm in names else min(64, hidden)
    placed = "pos_embed.pos_embed" in names
    channels = names["pos_embed.proj.weight"][1] if placed else wide
    words = names.get("context_embedder.weight", (hidden, None))
    return {"in_channels": channels, "out_channels": channels, "extra_conditioning_channels": wide - channels,
            "patch_size": patch, "num_layers": layers, "attention_head_dim": head, "num_attention_heads": hidden // head,
            "joint_attention_dim": words[1], "caption_projection_dim": words[0], "use_pos_embed": placed,
            "pooled_projection_dim": names["time_text_embed.text_embedder.linear_1.weight"][1],
            "qk_norm": "rms_norm" if norm in names else None,
            "dual_attention_layers": [at for at in range(layers) if f"transformer_blocks.{at}.attn2.to_q.weight" in names],
            # Those that also read a mask, and those of 8 B parameters, are told what the whole prompt says.
            "force_zeros_for_pooled_projection": placed and wide == channels,
            **({"pos_embed_max_size": round(names["pos_embed.pos_embed"][1] ** 0.5)} if placed else {})}


def _adapter(names: Shapes) -> dict[str, Any]:
    blocks = _count(names, "adapter.body.")
    light = "adapter.body.0.out_conv.weight" in names
    inner = "out_conv" if light else "resnets.0.block1"
    channels = [names[f"adapter.body.{block}.{inner}.weight"][0] for block in range(blocks)]
    wide = names["adapter.body.0.in_conv.weight" if light else "adapter.conv_in.weight"][1]
    colours = 3 if wide % 3 == 0 else 1
    factor = round((wide // colours) ** 0.5)  # of the pixels of a side that are read as channels; 16 is that of XL
    return {"in_channels": colours, "channels": channels[:-1] if light else channels, "downscale_factor": factor,
            "num_res_blocks": _count(names, "adapter.body.0.resnets."),
            "adapter_type": "light_adapter" if light else "full_adapter_xl" if factor == 16 else "full_adapter"}
