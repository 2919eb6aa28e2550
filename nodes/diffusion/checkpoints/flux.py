"""Flux's denoiser under the names of its authors (Black Forest Labs, flux), as diffusers names it; of any width."""

from __future__ import annotations

import re
from typing import Any

ENDS = (("time_in.in_layer", "time_text_embed.timestep_embedder.linear_1"),
         ("time_in.out_layer", "time_text_embed.timestep_embedder.linear_2"),
         ("vector_in.in_layer", "time_text_embed.text_embedder.linear_1"),
         ("vector_in.out_layer", "time_text_embed.text_embedder.linear_2"),
         ("guidance_in.in_layer", "time_text_embed.guidance_embedder.linear_1"),
         ("guidance_in.out_layer", "time_text_embed.guidance_embedder.linear_2"),
         ("txt_in", "context_embedder"), ("img_in", "x_embedder"), ("final_layer.linear", "proj_out"),
         ("final_layer.adaLN_modulation.1", "norm_out.linear"))
DOUBLE = (("img_mod.lin", "norm1.linear"), ("txt_mod.lin", "norm1_context.linear"), ("img_mlp.0", "ff.net.0.proj"),
           ("img_mlp.2", "ff.net.2"), ("txt_mlp.0", "ff_context.net.0.proj"), ("txt_mlp.2", "ff_context.net.2"),
           ("img_attn.proj", "attn.to_out.0"), ("txt_attn.proj", "attn.to_add_out"),
           ("img_attn.norm.query_norm", "attn.norm_q"), ("img_attn.norm.key_norm", "attn.norm_k"),
           ("txt_attn.norm.query_norm", "attn.norm_added_q"), ("txt_attn.norm.key_norm", "attn.norm_added_k"))
SINGLE = (("modulation.lin", "norm.linear"), ("norm.query_norm", "attn.norm_q"), ("norm.key_norm", "attn.norm_k"),
           ("linear2", "proj_out"))
JOINED = {"img_attn.qkv": ("attn.to_q", "attn.to_k", "attn.to_v"),
           "txt_attn.qkv": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj")}


def renamed(state: dict[str, Any]) -> dict[str, Any]:
    """The tensors by the names of diffusers; what are joined there are parts here. Others stay as they are."""
    import torch

    out: dict[str, Any] = {}
    for name, tensor in state.items():
        stem, _, kind = name.removeprefix("model.diffusion_model.").removeprefix("diffusion_model.").rpartition(".")
        kind = "weight" if kind == "scale" else kind
        if stem == "final_layer.adaLN_modulation.1":  # its halves are shift and scale there, scale and shift here
            tensor = torch.cat([*torch.chunk(tensor, 2)][::-1])
        block = re.match(r"(double|single)_blocks\.(\d+)\.(.+)", stem)
        if block is None:
            out[f"{dict(ENDS).get(stem, stem)}.{kind}"] = tensor
            continue
        head = f"{'single_' * (block[1] == 'single')}transformer_blocks.{block[2]}"
        if block[3] in JOINED:
            pieces = torch.chunk(tensor, 3)
            out.update((f"{head}.{part}.{kind}", torch.cat([piece])) for part, piece in zip(JOINED[block[3]], pieces))
        elif block[3] == "linear1":
            width = state[name.replace(f"linear1.{kind}", "linear2.bias")].shape[0]
            parts = ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp")
            pieces = torch.split(tensor, (width, width, width, tensor.shape[0] - 3 * width))
            out.update((f"{head}.{part}.{kind}", torch.cat([piece])) for part, piece in zip(parts, pieces))
        else:
            out[f"{head}.{dict(DOUBLE if block[1] == 'double' else SINGLE).get(block[3], block[3])}.{kind}"] = tensor
    return out
