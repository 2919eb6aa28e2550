"""Changes of weights of more kinds than LoRA, worked out in full: what each is made of, and the weight that it gives.

The kinds are those of LyCORIS (Yeh et al., Navigating Text-To-Image Customization, 2023): LoCon, LoHa, LoKr, each also
decomposed as of Tucker, GLoRA (Chavan et al., 2023), OFT (Qiu et al., 2023), (IA)^3 (Liu et al., 2022), whole differences; and
DoRA (Liu et al., 2024) on top of any of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from nodegraph import InputError

# How the tensors of one layer end, the longest first; what is theirs in peft comes second.
ENDINGS = ("lora_up.weight", "lora_down.weight", "lora_mid.weight", "lora_A.weight", "lora_B.weight", "lora.up.weight",
           "lora.down.weight", "hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2", "lokr_w1", "lokr_w1_a",
           "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2", "diff", "diff_b", "w_norm", "b_norm", "dora_scale",
           "lora_magnitude_vector.weight", "lora_magnitude_vector", "ia3_l", "on_input", "weight", "alpha", "oft_blocks",
           "rescale", "a1.weight", "a2.weight", "b1.weight", "b2.weight")
_ENDING = re.compile(rf"^(.+?)\.({'|'.join(sorted(map(re.escape, ENDINGS), key=len, reverse=True))})$")
_PLAIN = {"lora_up.weight": "up", "lora_B.weight": "up", "lora.up.weight": "up", "lora_down.weight": "down",
          "lora_A.weight": "down", "lora.down.weight": "down", "lora_mid.weight": "mid", "lora_magnitude_vector": "dora_scale",
          "lora_magnitude_vector.weight": "dora_scale", "w_norm": "diff", "b_norm": "diff_b",
          **{f"{name}.weight": name for name in ("a1", "a2", "b1", "b2")}}
# By these a file is known to be no plain LoRA, or one under names that diffusers has not (Stable Diffusion 3's authors').
_MORE = re.compile(r"\.(hada_[wt]\d|lokr_[wt]\d|diff(_b)?$|[wb]_norm$|dora_scale$|lora_magnitude_vector|lora_mid\.|ia3_l$|"
                   r"on_input$|oft_|glora|a[12]\.weight$)|joint_blocks[._].*lora")


def is_more(names: Iterable[str]) -> bool:
    """Whether names of tensors are those of changes that a plain LoRA cannot express."""
    return any(_MORE.search(name) for name in names)


def grouped(state: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The tensors of each layer, by the layer's name and what they are in it; and the names of those that are of no kind
    known here."""
    groups: dict[str, dict[str, Any]] = {}
    unknown = []
    for name, tensor in state.items():
        match = _ENDING.match(name)
        if match is None:
            unknown.append(name)
        else:
            groups.setdefault(match[1], {})[_PLAIN.get(match[2], match[2])] = tensor
    for layer in [layer for layer, parts in groups.items() if not _is_whole(parts)]:
        unknown += [f"{layer}.{part}" for part in groups.pop(layer)]
    return groups, unknown


def _is_whole(parts: Mapping[str, Any]) -> bool:
    """Whether all is there that a kind is made of."""
    needs = ({"up", "down"}, {"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"}, {"diff"}, {"diff_b"}, {"ia3_l"},
             {"weight", "on_input"}, {"oft_blocks"}, {"a1", "a2", "b1", "b2"})
    kronecker = all(f"lokr_{w}" in parts or {f"lokr_{w}_a", f"lokr_{w}_b"} <= parts.keys() for w in ("w1", "w2"))
    return kronecker or any(needed <= parts.keys() for needed in needs)


def changed(weight: Any, parts: Mapping[str, Any], scale: float | None = None) -> Any:
    """The weight, float32, of a layer with a change put on in full.

    weight: float32 (out, in) of a linear layer, (out, in, k, k) of a convolution, (out,) of a norm. parts: of `grouped`.
    scale: by how much its product counts where no `alpha` says so; None is 1. Raises InputError where the shapes differ.
    """
    difference = _difference(weight, parts, scale)
    if difference.numel() != weight.numel():
        raise InputError(f"it changes {_size(difference)} numbers of a weight of {_size(weight)}")
    made = weight + difference.reshape(weight.shape)
    return _decomposed(made, parts["dora_scale"].float()) if "dora_scale" in parts else made


def _size(tensor: Any) -> str:
    return " x ".join(map(str, tensor.shape))


def _difference(weight: Any, parts: Mapping[str, Any], scale: float | None) -> Any:
    part = {name: tensor.float() for name, tensor in parts.items() if hasattr(tensor, "float")}
    if "diff" in part:
        return part["diff"]
    if "ia3_l" in part:  # which peft keeps as the factor itself
        if weight.ndim > 2:
            raise InputError("it does not say whether it counts for what goes into a convolution or what comes out of it")
        return weight * (_along(weight, part["ia3_l"]) - 1)
    if "on_input" in part:
        return weight * _along(weight, part["weight"], bool(part["on_input"].flatten()[0]))
    if "oft_blocks" in part:
        return _rotated(weight, part) - weight
    try:
        made, rank = _product(part, weight)
    except (RuntimeError, IndexError) as error:
        raise InputError(f"its parts do not fit together, or not a weight of {_size(weight)}") from error
    alpha = part.get("alpha")
    return made * (float(alpha) / rank if alpha is not None and rank else 1.0 if scale is None else scale)


def _along(weight: Any, factor: Any, on_input: bool | None = None) -> Any:
    """A factor for each row of a weight, or for each input, in a shape that multiplies it."""
    if on_input is None:
        on_input = factor.shape[0] == 1 and factor.numel() > 1 or factor.numel() != weight.shape[0]
    if factor.numel() != weight.shape[1 if on_input else 0]:
        raise InputError(f"it has {factor.numel()} factors for a weight of {_size(weight)}")
    flat = factor.flatten()
    return flat.reshape(1, -1, *(1,) * (weight.ndim - 2)) if on_input else flat.reshape(-1, *(1,) * (weight.ndim - 1))


def _product(part: Mapping[str, Any], weight: Any) -> tuple[Any, int]:
    """The product that a change is, and the rank that its alpha is divided by; 0 where it is not."""
    import torch

    if "up" in part:
        up, down = part["up"].flatten(1), part["down"]
        if "mid" in part:
            return torch.einsum("m n ..., i m, n j -> i j ...", part["mid"], up, down.flatten(1)), down.shape[0]
        return up @ down.flatten(1), down.shape[0]
    if "a1" in part:  # a change of what goes in, and one beside it
        inputs = part["a1"].flatten(1) @ part["a2"].flatten(1)
        changed_inputs = torch.einsum("o i ..., i j -> o j ...", weight, inputs)
        return changed_inputs + (part["b1"].flatten(1) @ part["b2"].flatten(1)).reshape(weight.shape), part["a2"].shape[0]
    if "hada_w1_a" in part:
        first, second = (_rebuilt(part, f"hada_w{n}", f"hada_t{n}") for n in (1, 2))
        return first * second, part["hada_w1_b"].shape[0]
    first, second = _rebuilt(part, "lokr_w1", "lokr_t1"), _rebuilt(part, "lokr_w2", "lokr_t2")
    rank = next((part[name].shape[0] for name in ("lokr_w1_b", "lokr_w2_b") if name in part), 0)
    first, second = first.contiguous(), second.contiguous()  # as kron wants them
    made = torch.kron(first.reshape(*first.shape, *(1,) * (second.ndim - first.ndim)), second)
    return made, rank


def _rotated(weight: Any, part: Mapping[str, Any]) -> Any:
    """A weight whose rows are turned in blocks, each by a rotation R = (I + Q)(I - Q)^-1 of a skew Q (Cayley).

    An alpha above 0 bounds the length of Q, times the rows of the weight; a rescale multiplies the rows.
    """
    import torch

    blocks = part["oft_blocks"]
    if blocks.ndim != 3 or blocks.shape[1] != blocks.shape[2] or blocks.shape[0] * blocks.shape[1] != weight.shape[0]:
        raise InputError(f"it turns blocks of {_size(blocks)} in a weight of {_size(weight)}")
    skew, one = blocks - blocks.transpose(1, 2), torch.eye(blocks.shape[1]).to(blocks)
    bound, length = float(part.get("alpha", 0)) * weight.shape[0], float(skew.norm())
    if 0 < bound < length:
        skew = skew * (bound / length)
    turns = (one + skew) @ torch.linalg.inv(one - skew)
    made = torch.einsum("k n m, k n r -> k m r", turns, weight.reshape(*blocks.shape[:2], -1)).reshape(weight.shape)
    return made * _along(made, part["rescale"], False) if "rescale" in part else made


def _rebuilt(part: Mapping[str, Any], name: str, core: str) -> Any:
    """A factor that is there whole, as a product of two, or of two around a core (Tucker)."""
    import torch

    if name in part:
        return part[name]
    left, right = part[f"{name}_a"], part[f"{name}_b"]
    if core in part:
        return torch.einsum("i j ..., i p, j r -> p r ...", part[core], left, right)
    return left @ right


def _decomposed(made: Any, magnitude: Any) -> Any:
    """A weight brought to the lengths that DoRA learned: of its rows, or of its columns where they are as many as inputs."""
    by_column = magnitude.ndim > 1 and magnitude.shape[0] == 1 and made.shape[0] != 1
    if magnitude.numel() != made.shape[1 if by_column else 0]:
        raise InputError(f"it has {magnitude.numel()} lengths for a weight of {_size(made)}")
    dims = [axis for axis in range(made.ndim) if axis != int(by_column)]
    return made * (_along(made, magnitude, by_column) / made.square().sum(dims, keepdim=True).sqrt().clamp_min(1e-12))
