"""The tensors of a file: their names and shapes from its header, or all of them, in numbers that networks compute with."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nodegraph import InputError

from ...common.weights import header, metadata

Shapes = dict[str, tuple[int, ...]]
_SCALES = (".scale_weight", ".weight_scale")  # of weights in 8 bits, as ComfyUI and compressed-tensors store them
_BESIDE = (".scale_input", ".input_scale", ".comfy_quant", "scaled_fp8")  # which a network that computes in more has no use for


def shapes(path: Path) -> Shapes:
    """The shape of each tensor, by its name; of GGUF, as torch would have it. Raises ValueError for a damaged file."""
    if path.suffix == ".gguf":
        return {tensor.name: tuple(int(side) for side in reversed(tensor.shape)) for tensor in _gguf(path).tensors}
    return {name: tuple(entry["shape"]) for name, entry in header(path).items()}


def _gguf(path: Path) -> Any:
    if find_spec("gguf") is None:
        raise InputError(f"{path.name} is a GGUF file, which takes the package gguf; install it with: pip install gguf")
    from gguf import GGUFReader

    return GGUFReader(path)


def told(path: Path) -> dict[str, str]:
    """What whoever made a file wrote into it about it."""
    return metadata(path) if path.suffix == ".safetensors" else {}


def state(path: Path, dtype: Any) -> dict[str, Any]:
    """All tensors of a safetensors file. Weights in 8 bits become `dtype`, times their scales where they have some.

    Raises InputError for weights in a form that is not read here.
    """
    from safetensors.torch import load_file

    tensors = load_file(path)
    while "state_dict" in tensors and isinstance(tensors["state_dict"], dict):
        tensors = tensors["state_dict"]
    return widened(tensors, dtype, path.name)


def widened(tensors: dict[str, Any], dtype: Any, name: str) -> dict[str, Any]:
    """The same weights with those in 8 bits as numbers of a floating type, by the scales that lie beside them."""
    import torch

    eight = (torch.float8_e4m3fn, torch.float8_e5m2)
    out = {}
    for key, tensor in tensors.items():
        if key.endswith(_SCALES) and key.removesuffix(key[key.rindex("."):]) + ".weight" in tensors or key.endswith(_BESIDE):
            continue
        if tensor.dtype in eight:
            scale = next((tensors[other] for ending in _SCALES
                          if (other := key.removesuffix(".weight") + ending) in tensors), None)
            wide = tensor.to(torch.float32)
            if scale is not None:
                wide *= _spread(scale.to(torch.float32), wide)
            tensor = wide.to(dtype)
        elif not tensor.dtype.is_floating_point and tensor.ndim > 1 and key.endswith(".weight"):
            raise InputError(f"{name} is quantised: {key} holds whole numbers ({str(tensor.dtype).removeprefix('torch.')}), a "
                             "form that is not read here; take its fp8, fp16 or GGUF file")
        out[key] = tensor
    return out


def _spread(scale: Any, weight: Any) -> Any:
    """A scale for the whole, or one for each row, in a shape that multiplies a weight."""
    return scale if scale.ndim == 0 or scale.ndim == weight.ndim else scale.reshape(-1, *[1] * (weight.ndim - 1))
