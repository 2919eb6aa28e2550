"""Text encoders of single files: CLIP as OpenAI and as OpenCLIP name its tensors, and T5; and their tokenizers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import InputError

from .anatomy import CONFIGS
from .tensors import Shapes

# Where encoders lie in whole files: OpenAI's names, OpenCLIP's, and those of T5.
_HUGGING = ("cond_stage_model.transformer.", "conditioner.embedders.0.transformer.", "text_encoders.clip_l.transformer.",
            "text_encoders.clip_g.transformer.")
_OPEN = ("cond_stage_model.model.", "conditioner.embedders.1.model.", "conditioner.embedders.0.model.")
_T5 = ("text_encoders.t5xxl.transformer.",)


class Encoder(NamedTuple):
    """One encoder in a file. kind: clip, open_clip or t5. prefix: what stands before its names. names: with shapes."""

    kind: str
    prefix: str
    names: Shapes

    @property
    def width(self) -> int:
        """The numbers in which it holds a token."""
        key = {"clip": "text_model.embeddings.token_embedding.weight", "open_clip": "token_embedding.weight",
               "t5": "shared.weight"}[self.kind]
        return self.names[key][1] if key in self.names else self.names["encoder.embed_tokens.weight"][1]


def encoders(names: Shapes) -> list[Encoder]:
    """The text encoders that lie in a file, in their order."""
    found = [Encoder(kind, prefix, inside) for kind, prefixes in (("clip", _HUGGING), ("open_clip", _OPEN), ("t5", _T5))
             for prefix in prefixes if (inside := _inside(names, prefix)) and _is_kind(kind, inside)]
    if found:
        return sorted(found, key=lambda encoder: [*_HUGGING, *_OPEN, *_T5].index(encoder.prefix))
    return [Encoder(kind, "", names) for kind in ("clip", "open_clip", "t5") if _is_kind(kind, names)][:1]


def _inside(names: Shapes, prefix: str) -> Shapes:
    return {name.removeprefix(prefix): shape for name, shape in names.items() if name.startswith(prefix)}


def _is_kind(kind: str, names: Shapes) -> bool:
    return {"clip": "text_model.embeddings.position_embedding.weight", "open_clip": "transformer.resblocks.0.ln_1.weight",
            "t5": "encoder.block.0.layer.0.SelfAttention.q.weight"}[kind] in names


def fitted(config: dict[str, Any], encoder: Encoder) -> dict[str, Any]:
    """The settings of an encoder at the sizes of its tensors."""
    names = encoder.names
    if encoder.kind == "t5":
        heads = names["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"][1]
        rows = names.get("shared.weight") or names["encoder.embed_tokens.weight"]
        gate = names.get("encoder.block.0.layer.1.DenseReluDense.wi_0.weight")
        return config | {"d_model": encoder.width, "num_heads": heads, "vocab_size": rows[0],
                         "d_kv": names["encoder.block.0.layer.0.SelfAttention.q.weight"][0] // heads,
                         "d_ff": (gate or names["encoder.block.0.layer.1.DenseReluDense.wi.weight"])[0],
                         "feed_forward_proj": config["feed_forward_proj"] if gate else "relu",
                         "num_layers": len({name.split(".")[2] for name in names if name.startswith("encoder.block.")})}
    hugging = encoder.kind == "clip"
    block, inner = ("text_model.encoder.layers", "mlp.fc1.weight") if hugging else ("transformer.resblocks", "mlp.c_fc.weight")
    place = block.count(".") + 1
    layers = 1 + max(int(name.split(".")[place]) for name in names if name.startswith(f"{block}."))
    rows = names["text_model.embeddings.token_embedding.weight" if hugging else "token_embedding.weight"]
    positions = names["text_model.embeddings.position_embedding.weight" if hugging else "positional_embedding"]
    projection = names.get("text_projection.weight") or names.get("text_projection")
    if encoder.prefix.startswith("cond_stage_model.model."):
        layers = min(layers, config["num_hidden_layers"])  # Stable Diffusion 2 reads the last layer but one
        projection = None
    return config | {"hidden_size": rows[1], "vocab_size": rows[0], "num_hidden_layers": layers,
                     "max_position_embeddings": positions[0], "intermediate_size": names[f"{block}.0.{inner}"][0],
                     "num_attention_heads": max(1, rows[1] // 64),
                     "projection_dim": (projection or (rows[1],))[0] if hugging else (projection or (0, rows[1]))[1]}


def network(kind: Any, config: dict[str, Any], encoder: Encoder, state: dict[str, Any], dtype: Any, source: str) -> Any:
    """An encoder of a class of transformers, with its weights. Raises InputError where some are missing."""
    from accelerate import init_empty_weights

    with init_empty_weights():
        made = kind(kind.config_class(**{name: value for name, value in config.items()
                                         if name not in ("architectures", "model_type")}))
    weights = {name.removeprefix(encoder.prefix): tensor for name, tensor in state.items() if name.startswith(encoder.prefix)}
    weights = {"clip": _of_clip, "open_clip": _of_open_clip, "t5": lambda made, weights, _: weights}[encoder.kind](
        made, weights, encoder)
    wanted = made.state_dict()
    tied = {"shared.weight", "encoder.embed_tokens.weight"} if encoder.kind == "t5" else set()
    for name in tied & set(wanted):
        weights.setdefault(name, weights.get((tied - {name}).pop()))
    missing = sorted(name for name in wanted if weights.get(name) is None and not name.endswith("position_ids"))
    wrong = [name for name in wanted if name in weights and weights[name].shape != wanted[name].shape]
    if missing or wrong:
        name = (missing or wrong)[0]
        wrong_with = "missing" if missing else "of another size"
        raise InputError(f"{Path(source).name} is no whole text encoder: {name} is {wrong_with}; download it again, or take "
                         "another")
    made.load_state_dict({name: weights[name].to(dtype) for name in wanted if name in weights}, strict=False, assign=True)
    if encoder.kind == "t5":
        made.tie_weights()
    return made.eval()


def _of_clip(made: Any, weights: dict[str, Any], encoder: Encoder) -> dict[str, Any]:
    import torch

    if hasattr(made, "text_projection") and (encoder.prefix == "text_encoders.clip_l.transformer."
                                             or "text_projection.weight" not in weights):
        # Stable Diffusion 3 takes what CLIP-L pools as it is (sd3-ref of Stability AI).
        weights["text_projection.weight"] = torch.eye(encoder.width)
    if not hasattr(made, "text_model"):
        weights = {name.removeprefix("text_model."): tensor for name, tensor in weights.items()}
    return weights


def _of_open_clip(made: Any, weights: dict[str, Any], encoder: Encoder) -> dict[str, Any]:
    from diffusers.loaders.single_file_utils import convert_open_clip_checkpoint

    renamed: dict[str, Any] = convert_open_clip_checkpoint(made, {f"x.{name}": tensor for name, tensor in weights.items()},
                                                           prefix="x.")
    if not hasattr(made, "text_model"):
        renamed = {name.removeprefix("text_model."): tensor for name, tensor in renamed.items()}
    return renamed


def clip_tokenizer(pad: str, positions: int) -> Any:
    """CLIP's tokenizer: its merges come along, and its vocabulary follows from them (Radford et al., 2021)."""
    from transformers import CLIPTokenizer

    merges = [tuple(line.split()) for line in (CONFIGS / "clip_merges.txt").read_text(encoding="utf-8").splitlines()]
    letters = _letters()
    words = [*letters, *(letter + "</w>" for letter in letters), *map("".join, merges), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={word: number for number, word in enumerate(words)}, merges=merges, pad_token=pad,
                         model_max_length=positions)


def _letters() -> list[str]:
    """The letters that stand for the 256 bytes in GPT-2's alphabet: those that can be seen first, then the others."""
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return [*map(chr, seen), *(chr(256 + number) for number in range(256 - len(seen)))]
