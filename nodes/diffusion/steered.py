"""Which nets steer which models, told by settings: those of live networks, or those that lie in a folder or a file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from nodegraph import InputError, Recipe

from ..common.folders import settings
from ..common.weights import single_file
from .checkpoints import anatomy, nets
from .folders import index_of

# The denoisers that are steered, and the classes of the nets that do.
NETS = {"UNet2DConditionModel": ("ControlNetModel", "ControlNetUnionModel", "T2IAdapter"),
        "SD3Transformer2DModel": ("SD3ControlNetModel",), "FluxTransformer2DModel": ("FluxControlNetModel",)}
KINDS = tuple(kind for kinds in NETS.values() for kind in kinds)
_OWN = "; take one that was made for its family"


def misfit(net: str, said: Mapping[str, Any], model: str, denoiser: str, has: Mapping[str, Any]) -> str:
    """Why a net does not steer a model; "" if nothing speaks against it. The words stand behind the net's name.

    net, denoiser: names of classes. said, has: their settings. model: what the model is called.
    """
    if net not in NETS.get(denoiser, ()):
        return f"is a {net}, and this model is a {model}, which is not steered by such a net{_OWN}"
    names = ("cross_attention_dim", "caption_projection_dim", "num_attention_heads" if denoiser.startswith("Flux") else "")
    for name in names:
        theirs, ours = said.get(name), has.get(name)
        if theirs and ours and theirs != ours:
            return f"was made for a model whose {name} is {theirs}, and this model's is {ours}{_OWN}"
    if net == "T2IAdapter":
        theirs, ours = tuple(said["channels"]), tuple(has["block_out_channels"])
        if theirs[:len(ours)] != ours[:len(theirs)]:
            return f"was made for a model of {list(theirs)} channels, and this one has {list(ours)}{_OWN}"
        large = said.get("adapter_type") == "full_adapter_xl"  # for unets that make latents smaller before they attend
        if large != (has["down_block_types"][0] == "DownBlock2D"):
            return f"was made for Stable Diffusion{' XL' * large}, and this model is a {model}{_OWN}"
    return ""


def net_settings(place: Path) -> tuple[str, dict[str, Any]]:
    """The class of a net in a folder or a file, and its settings; "" for none. Raises ValueError for what is damaged."""
    if place.is_file():
        return _in_file(str(place), place.stat().st_mtime_ns) if place.suffix == ".safetensors" else ("", {})
    told = settings(place / "config.json") if (place / "config.json").is_file() else {}
    return str(told.get("_class_name") or ""), told


@lru_cache(maxsize=256)
def _in_file(place: str, changed: int) -> tuple[str, dict[str, Any]]:
    return nets.described(Path(place))


def file_problem(path: Path) -> str:
    """Why a single file is no net that steers a model here; "" if its header says nothing against it."""
    names = nets.tensors.shapes(path)
    if nets.steers(names):
        said = nets.foreign(names)
        return said or ("" if nets.described(path)[0] else
                        "steers a model in a way that is not known here; take its folder, with the config.json")
    if anatomy.paints(path):
        return "is a model that paints, and none that steers one; take its ControlNet or T2I-Adapter"
    return f"holds no ControlNet and no T2I-Adapter: {single_file(path)}"


def _model(place: Path) -> tuple[str, str, Mapping[str, Any]]:
    """The pipeline of a model, the class of its denoiser and that one's settings, by small files; "" where they are silent."""
    if place.is_file():
        what = anatomy.anatomy(place) if place.suffix == ".safetensors" else None
        if what is None or not what.family:
            return "", "", {}
        found = anatomy.fitted(what.family, nets.tensors.shapes(place))
        name = "transformer" if "transformer" in found else "unet"
        return found["model_index"]["_class_name"], found[name]["_class_name"], found[name]
    index = index_of(place)
    name = next(name for name in ("transformer", "unet") if name in index)
    return str(index["_class_name"]), str(index[name][1]), settings(place / name / "config.json")


def refused(model: Recipe | None, nets_there: list[Recipe]) -> str:
    """Why a model is not steered by one of these nets, told by their files before any is loaded; "" if it may be."""
    for net in nets_there if model is not None else []:
        try:
            kind, said = net_settings(Path(net.folder or net.source))
            pipeline, denoiser, has = _model(Path(model.folder or model.source)) if kind else ("", "", {})  # type: ignore[union-attr]
            wrong = misfit(kind, said, pipeline, denoiser, has) if denoiser else ""
        except (ValueError, KeyError, TypeError, IndexError, OSError, StopIteration, InputError):
            continue  # what is wrong with their files is said where they are loaded
        if wrong:
            return f"{net.source} {wrong}"
    return ""
