"""Tiny models in single files as people have them: under the names that their authors' own code gave the tensors."""

from __future__ import annotations

import re
from typing import Any

import torch

from nodegraph_nodes.diffusion.checkpoints.anatomy import settings

_RESNET = (("norm1", "in_layers.0"), ("conv1", "in_layers.2"), ("norm2", "out_layers.0"), ("conv2", "out_layers.3"),
           ("time_emb_proj", "emb_layers.1"), ("conv_shortcut", "skip_connection"))
_ENDS = (("time_embedding.linear_1", "time_embed.0"), ("time_embedding.linear_2", "time_embed.2"), ("conv_in", "input_blocks.0.0"),
         ("conv_norm_out", "out.0"), ("conv_out", "out.2"), ("add_embedding.linear_1", "label_emb.0.0"),
         ("add_embedding.linear_2", "label_emb.0.2"))


def unet(network: Any) -> dict[str, torch.Tensor]:
    """A U-Net as latent-diffusion names it."""
    state, out = network.state_dict(), {}
    tops = {i for i in range(len(network.up_blocks)) if hasattr(network.up_blocks[i], "attentions")}
    for name, tensor in state.items():
        at = name
        for ours, theirs in _ENDS:
            at = re.sub(rf"^{re.escape(ours)}(?=\.)", theirs, at)
        at = re.sub(r"^down_blocks\.(\d)\.resnets\.(\d)", lambda m: f"input_blocks.{3 * int(m[1]) + int(m[2]) + 1}.0", at)
        at = re.sub(r"^down_blocks\.(\d)\.attentions\.(\d)", lambda m: f"input_blocks.{3 * int(m[1]) + int(m[2]) + 1}.1", at)
        at = re.sub(r"^down_blocks\.(\d)\.downsamplers\.0\.conv", lambda m: f"input_blocks.{3 * int(m[1]) + 3}.0.op", at)
        at = re.sub(r"^up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"output_blocks.{3 * int(m[1]) + int(m[2])}.0", at)
        at = re.sub(r"^up_blocks\.(\d)\.attentions\.(\d)", lambda m: f"output_blocks.{3 * int(m[1]) + int(m[2])}.1", at)
        at = re.sub(r"^up_blocks\.(\d)\.upsamplers\.0",
                    lambda m: f"output_blocks.{3 * int(m[1]) + 2}.{2 if int(m[1]) in tops else 1}", at)
        at = re.sub(r"^mid_block\.attentions\.0", "middle_block.1", at)
        at = re.sub(r"^mid_block\.resnets\.(\d)", lambda m: f"middle_block.{2 * int(m[1])}", at)
        if ".resnets." in name:
            for ours, theirs in _RESNET:
                at = at.replace(f".{ours}.", f".{theirs}.")
        out[f"model.diffusion_model.{at}"] = tensor
    return out


def control(network: Any, prefix: str = "control_model.") -> dict[str, torch.Tensor]:
    """A ControlNet of Stable Diffusion as Zhang et al. name it; of two layers a level, as all are."""
    ends = (*_ENDS[:3], *_ENDS[5:], ("controlnet_cond_embedding.conv_in", "input_hint_block.0"),
            ("controlnet_cond_embedding.conv_out", "input_hint_block.14"), ("controlnet_mid_block", "middle_block_out.0"))
    out = {}
    for name, tensor in network.state_dict().items():
        at = next((name.replace(ours, theirs, 1) for ours, theirs in ends if name.startswith(f"{ours}.")), "")
        if not at:
            part = type("Part", (), {"state_dict": lambda _, one={name: tensor}: one, "up_blocks": ()})()
            at = next(iter(unet(part))).removeprefix("model.diffusion_model.")
            at = re.sub(r"^controlnet_cond_embedding\.blocks\.(\d)", lambda m: f"input_hint_block.{2 * int(m[1]) + 2}", at)
            at = re.sub(r"^controlnet_down_blocks\.(\d+)", r"zero_convs.\1.0", at)
        out[prefix + at] = tensor
    return out


def t2i(network: Any) -> dict[str, torch.Tensor]:
    """A T2I-Adapter as Mou et al. name it: its layers in one row, or of a light one in blocks."""
    layers = network.config.num_res_blocks
    state = {name.removeprefix("adapter."): tensor for name, tensor in network.state_dict().items()}
    if network.config.adapter_type == "light_adapter":
        return {name.replace(".resnets.", ".body."): tensor for name, tensor in state.items()}
    row = re.compile(r"body\.(\d)\.(?:resnets\.(\d)|(in_conv))")
    return {row.sub(lambda m: f"body.{layers * int(m[1]) + int(m[2] or 0)}" + f".{m[3]}" * bool(m[3]), name): tensor
            for name, tensor in state.items()}


def vae(network: Any, prefix: str = "first_stage_model.") -> dict[str, torch.Tensor]:
    """An autoencoder as latent-diffusion names it."""
    out, last = {}, len(network.decoder.up_blocks) - 1
    for name, tensor in network.state_dict().items():
        at = re.sub(r"encoder\.down_blocks\.(\d)\.resnets\.(\d)", r"encoder.down.\1.block.\2", name)
        at = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", at)
        at = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{last - int(m[1])}.block.{m[2]}", at)
        at = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{last - int(m[1])}.upsample", at)
        at = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", at)
        at = at.replace("mid_block.attentions.0", "mid.attn_1").replace("conv_shortcut", "nin_shortcut")
        at = at.replace("conv_norm_out", "norm_out")
        if "mid.attn_1" in at:
            for ours, theirs in (("group_norm", "norm"), ("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("to_out.0", "proj_out")):
                at = at.replace(f"attn_1.{ours}.", f"attn_1.{theirs}.")
            tensor = tensor[..., None, None] if tensor.ndim == 2 else tensor
        out[prefix + at] = tensor
    return out


def clip(network: Any, prefix: str) -> dict[str, torch.Tensor]:
    """CLIP's text encoder as OpenAI's is named in these files."""
    return {prefix + (name if name.startswith(("text_model.", "text_projection")) else f"text_model.{name}"): tensor
            for name, tensor in network.state_dict().items()}


def open_clip(network: Any, prefix: str) -> dict[str, torch.Tensor]:
    """The same as OpenCLIP names it, its three projections joined."""
    state = {name.removeprefix("text_model."): tensor for name, tensor in network.state_dict().items()}
    out = {"token_embedding.weight": state["embeddings.token_embedding.weight"],
           "positional_embedding": state["embeddings.position_embedding.weight"],
           "ln_final.weight": state["final_layer_norm.weight"], "ln_final.bias": state["final_layer_norm.bias"]}
    if "text_projection.weight" in state:
        out["text_projection"] = state["text_projection.weight"].T
    for layer in range(network.config.num_hidden_layers):
        old, new = f"encoder.layers.{layer}.", f"transformer.resblocks.{layer}."
        for kind in ("weight", "bias"):
            for ours, theirs in (("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"), ("mlp.fc1", "mlp.c_fc"),
                                 ("mlp.fc2", "mlp.c_proj"), ("self_attn.out_proj", "attn.out_proj")):
                out[f"{new}{theirs}.{kind}"] = state[f"{old}{ours}.{kind}"]
            out[f"{new}attn.in_proj_{kind}"] = torch.cat([state[f"{old}self_attn.{part}_proj.{kind}"] for part in "qkv"])
    return {prefix + name: tensor for name, tensor in out.items()}


def sd3(network: Any) -> dict[str, torch.Tensor]:
    """A transformer as sd3-ref of Stability AI names it."""
    state, last = network.state_dict(), network.config.num_layers - 1
    ends = {"pos_embed.pos_embed": "pos_embed", "pos_embed.proj": "x_embedder.proj", "context_embedder": "context_embedder",
            "time_text_embed.timestep_embedder.linear_1": "t_embedder.mlp.0", "proj_out": "final_layer.linear",
            "time_text_embed.timestep_embedder.linear_2": "t_embedder.mlp.2", "norm_out.linear": "final_layer.adaLN_modulation.1",
            "time_text_embed.text_embedder.linear_1": "y_embedder.mlp.0",
            "time_text_embed.text_embedder.linear_2": "y_embedder.mlp.2"}
    inner = {"attn.to_out.0": "x_block.attn.proj", "attn.to_add_out": "context_block.attn.proj",
             "norm1.linear": "x_block.adaLN_modulation.1", "norm1_context.linear": "context_block.adaLN_modulation.1",
             "ff.net.0.proj": "x_block.mlp.fc1", "ff.net.2": "x_block.mlp.fc2", "ff_context.net.0.proj": "context_block.mlp.fc1",
             "ff_context.net.2": "context_block.mlp.fc2", "attn.norm_q": "x_block.attn.ln_q", "attn.norm_k": "x_block.attn.ln_k",
             "attn.norm_added_q": "context_block.attn.ln_q", "attn.norm_added_k": "context_block.attn.ln_k",
             "attn2.to_out.0": "x_block.attn2.proj", "attn2.norm_q": "x_block.attn2.ln_q", "attn2.norm_k": "x_block.attn2.ln_k"}
    joined = {"x_block.attn": "attn.to_{}", "context_block.attn": "attn.add_{}_proj", "x_block.attn2": "attn2.to_{}"}
    out = {}
    for name, tensor in state.items():
        stem, _, kind = name.rpartition(".")
        block = re.match(r"transformer_blocks\.(\d+)\.(.+)", stem)
        swapped = stem == "norm_out.linear" or stem == f"transformer_blocks.{last}.norm1_context.linear"
        tensor = torch.cat(tensor.chunk(2)[::-1]) if swapped else tensor
        if name == "pos_embed.pos_embed":
            out["pos_embed"] = tensor
        elif block is None:
            out[f"{ends[stem]}.{kind}"] = tensor
        elif block[2] in inner:
            out[f"joint_blocks.{block[1]}.{inner[block[2]]}.{kind}"] = tensor
    for layer in range(last + 1):
        for part, form in joined.items():
            for kind in ("weight", "bias"):
                names = [f"transformer_blocks.{layer}.{form.format(one)}.{kind}" for one in "qkv"]
                if names[0] in state:
                    out[f"joint_blocks.{layer}.{part}.qkv.{kind}"] = torch.cat([state[name] for name in names])
    return {f"model.diffusion_model.{name}": tensor for name, tensor in out.items()}


def flux(network: Any) -> dict[str, torch.Tensor]:
    """A transformer as Black Forest Labs name it; the reader's own table, walked the other way."""
    from nodegraph_nodes.diffusion.checkpoints import flux as names

    state, out = network.state_dict(), {}
    ends = {ours: theirs for theirs, ours in names.ENDS}
    for name, tensor in state.items():
        stem, _, kind = name.rpartition(".")
        block = re.match(r"(single_)?transformer_blocks\.(\d+)\.(.+)", stem)
        if block is None:
            out[f"{ends[stem]}.{kind}"] = torch.cat(tensor.chunk(2)[::-1]) if stem == "norm_out.linear" else tensor
            continue
        table = {ours: theirs for theirs, ours in (names.SINGLE if block[1] else names.DOUBLE)}
        if block[3] in table:
            kind = "scale" if "_norm" in table[block[3]] else kind
            out[f"{'single' if block[1] else 'double'}_blocks.{block[2]}.{table[block[3]]}.{kind}"] = tensor
    for layer in range(network.config.num_layers):
        for joined, parts in names.JOINED.items():
            for kind in ("weight", "bias"):
                out[f"double_blocks.{layer}.{joined}.{kind}"] = torch.cat(
                    [state[f"transformer_blocks.{layer}.{part}.{kind}"] for part in parts])
    for layer in range(network.config.num_single_layers):
        for kind in ("weight", "bias"):
            out[f"single_blocks.{layer}.linear1.{kind}"] = torch.cat(
                [state[f"single_transformer_blocks.{layer}.{part}.{kind}"]
                 for part in ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp")])
    return out


def tiny(family: str) -> Any:
    """A pipeline of a family at small sizes, whose settings follow from its tensors, with CLIP's own vocabulary."""
    import diffusers
    import transformers

    from nodegraph_nodes.diffusion.checkpoints.encoders import clip_tokenizer

    found, made = settings(family), {}
    index = found["model_index"]
    for name, value in index.items():
        if name.startswith("_") or not isinstance(value, list):
            continue
        library, kind = value
        if library is None or "T5" in kind:
            made[name] = None
        elif name.startswith("tokenizer"):
            made[name] = clip_tokenizer(found[name]["pad_token"], 77)
        elif library == "transformers":
            cls = getattr(transformers, kind)
            width = 64 if "2" in name or family == "sd2" else 32
            made[name] = cls(cls.config_class(**found[name] | {
                "hidden_size": width, "num_attention_heads": 1, "num_hidden_layers": 2, "intermediate_size": 64,
                "projection_dim": width}))
        elif name == "scheduler":
            made[name] = getattr(diffusers, kind).from_config({k: v for k, v in found[name].items() if k != "_class_name"})
        else:
            cls = getattr(diffusers, kind)
            sizes = _SIZES[family] if name in ("unet", "transformer") else {"block_out_channels": [32, 32, 32, 32]}
            made[name] = cls.from_config({k: v for k, v in {**found[name], **sizes}.items() if k != "_class_name"})
    for name, encoder in made.items():
        if name == "text_encoder" and family == "sd3":
            encoder.text_projection.weight.data = torch.eye(encoder.config.hidden_size)
    return getattr(diffusers, index["_class_name"])(**made, **{k: v for k, v in index.items() if not isinstance(v, list) and k[0] != "_"})


_SIZES: dict[str, dict[str, Any]] = {
    "sd1": {"block_out_channels": [32, 32, 32, 32], "cross_attention_dim": 32},
    "sd2": {"block_out_channels": [32, 32, 32, 32], "cross_attention_dim": 64, "attention_head_dim": [1, 1, 1, 1]},
    "sdxl": {"block_out_channels": [32, 32, 64], "cross_attention_dim": 32 + 64, "attention_head_dim": [1, 1, 1],
             "transformer_layers_per_block": [1, 1, 2], "projection_class_embeddings_input_dim": 6 * 256 + 64},
    "sdxl_refiner": {"block_out_channels": [32, 32, 32, 32], "cross_attention_dim": 64, "attention_head_dim": [1, 1, 1, 1],
                     "transformer_layers_per_block": 1, "projection_class_embeddings_input_dim": 5 * 256 + 64},
    "sd3": {"num_layers": 2, "attention_head_dim": 32, "num_attention_heads": 1, "caption_projection_dim": 32,
            "joint_attention_dim": 128, "pooled_projection_dim": 32 + 64, "pos_embed_max_size": 32, "sample_size": 8},
    "flux": {"num_layers": 1, "num_single_layers": 1, "attention_head_dim": 32, "num_attention_heads": 1,
             "joint_attention_dim": 64, "pooled_projection_dim": 32, "axes_dims_rope": [4, 14, 14]},
}
