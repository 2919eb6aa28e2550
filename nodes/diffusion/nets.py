"""ControlNetModel and IPAdapter: networks that steer a diffusion model by pictures, and the files they come in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Recipe

from ..common.folders import described, settings, settings_problem
from ..common.loading import loading, model_place, part
from ..common.weights import PICKLES, folder_problem, header, problem as broken
from .checkpoints import nets as single_files
from .models import HARMLESS
from .steered import KINDS, file_problem, net_settings

_ENCODER = "image_encoder"
# How the two groups of an IP-Adapter's tensors begin: with its authors, and with XLabs.
_GROUPS = {"image_proj": ("image_proj.", "ip_adapter_proj_model."), "ip_adapter": ("ip_adapter.", "double_blocks.")}
_EYES = {"siglip_vision_model": "SiglipVisionModel", "siglip": "SiglipVisionModel"}  # others are CLIP's


def holds_net(place: Path) -> bool:
    """Whether a control net, or a T2I-Adapter, lies in a folder, be it whole or not, or in a file."""
    return _class_at(place) in KINDS


def _class_at(place: Path) -> str:
    try:
        return net_settings(place)[0]
    except (ValueError, OSError, LookupError):
        return ""


def net_problem(path: Path) -> str:
    """Why what lies at a path is no control net, or not the whole of one; "" if nothing speaks against it."""
    if path.is_file():
        return _of_file(path)
    if holds_net(path):
        wrong = folder_problem(path)
        return f"cannot be loaded: {wrong}" if wrong else ""
    named = _class_at(path)
    if "ControlNet" in named:
        return f"is a {named}, which no model here is steered by; those are {', '.join(KINDS)}"
    wrong = settings_problem(path) if (path / "config.json").is_file() else ""
    return wrong or described(path) + "; a folder of a ControlNet or a T2I-Adapter is wanted"


def _of_file(path: Path) -> str:
    if path.suffix in PICKLES:
        return ("is a pickle, which is code when it is loaded and is not opened here; take the same net as .safetensors, which "
                "most makers offer beside it")
    if path.suffix != ".safetensors":
        return "is a file of another kind; a .safetensors file, or a folder, of a ControlNet or a T2I-Adapter is wanted"
    wrong = broken(path)
    return f"cannot be loaded: {wrong}" if wrong else file_problem(path)


def _about(place: Path) -> str:
    """What a net is, and for which models, as far as its settings tell."""
    kind, said = net_settings(place)
    width = said.get("cross_attention_dim") if "Control" in kind else 0
    of = {"SD3ControlNetModel": "Stable Diffusion 3", "FluxControlNetModel": "Flux"}.get(kind) or {
        768: "Stable Diffusion 1", 1024: "Stable Diffusion 2", 2048: "Stable Diffusion XL"}.get(width or 0, "")
    if kind == "T2IAdapter":
        of = "Stable Diffusion" + " XL" * (said.get("adapter_type") == "full_adapter_xl")
    return f"{kind} for {of}" if of else kind


def load_net(recipe: Recipe, device: str, dtype: str) -> Any:
    """A ControlNet or T2I-Adapter of diffusers from a folder or a file, frozen. Only safetensors are read."""
    import diffusers
    import torch

    place, kind = model_place(recipe, net_problem), getattr(torch, dtype)
    with loading(recipe, "diffusers", harmless=HARMLESS):
        net = single_files.network(place, kind, recipe.source) if place.is_file() else \
            part(getattr(diffusers, _class_at(place)), place, recipe.source, torch_dtype=kind)
    return net.eval().requires_grad_(False).to(device)


@dataclass(eq=False)
class IpAdapter:
    """Weights of an IP-Adapter by name, in two groups as diffusers has them, and the encoder that looks at pictures."""

    weights: dict[str, dict[str, Any]]
    encoder: Any
    processor: Any

    def parameters(self) -> list[Any]:
        """All its tensors."""
        return [*self.encoder.parameters(), *(tensor for group in self.weights.values() for tensor in group.values())]

    def move(self, device: str) -> None:
        """Bring it to a device."""
        self.encoder.to(device)
        self.weights = {group: {name: tensor.to(device) for name, tensor in tensors.items()}
                        for group, tensors in self.weights.items()}


def adapter_files(folder: Path) -> list[Path]:
    """The files of IP-Adapters in a folder, by their headers."""
    return [path for path in sorted(folder.glob("*.safetensors")) if _is_adapter(path)]


def _is_adapter(path: Path) -> bool:
    try:
        names = list(header(path))
    except ValueError:
        return False
    return all(any(name.startswith(begins) for name in names) for begins in _GROUPS.values())


def holds_adapter(folder: Path) -> bool:
    """Whether an IP-Adapter lies in a folder, with or without the encoder that it wants."""
    return folder.is_dir() and bool(adapter_files(folder))


def adapter_problem(path: Path) -> str:
    """Why what lies at a path is no IP-Adapter, or not the whole of one; "" if nothing speaks against it."""
    if path.is_file():
        return ("is a single file; give the folder around it, with the encoder of its pictures in image_encoder/, and "
                "name the file in `file`")
    if not holds_adapter(path):
        return described(path) + "; a folder with an IP-Adapter (image_proj and ip_adapter in one .safetensors) is wanted"
    if not (path / _ENCODER / "config.json").is_file():
        return ("cannot be loaded: it lacks the encoder of its pictures, a CLIP vision model with projection (of Stable "
                f"Diffusion 3 a SigLIP) in the folder {_ENCODER}/; put the one that its authors name there")
    wrong = folder_problem(path / _ENCODER)
    return f"cannot be loaded: in its {_ENCODER}, {wrong}" if wrong else ""


def load_adapter(recipe: Recipe, device: str, dtype: str) -> IpAdapter:
    """An IP-Adapter and its encoder from a folder; the recipe's option `file` says which of several."""
    import torch
    import transformers
    from safetensors.torch import load_file

    folder = model_place(recipe, adapter_problem)
    kind = getattr(torch, dtype)
    eye = _EYES.get(str(settings(folder / _ENCODER / "config.json").get("model_type")), "CLIPVisionModelWithProjection")
    with loading(recipe, "transformers", harmless=HARMLESS):
        encoder = part(getattr(transformers, eye), folder / _ENCODER, f"the {_ENCODER} of {recipe.source}", dtype=kind,
                       harmless=(r"^text_", r"^logit_"))  # of a folder that also has the encoder of words
        processor = _processor(folder / _ENCODER, encoder.config.image_size, eye)
    made = IpAdapter({"image_proj": {}, "ip_adapter": {}}, encoder.eval().requires_grad_(False), processor)
    for name, tensor in load_file(_wanted(folder, dict(recipe.options).get("file", ""), recipe.source)).items():
        group = next((group for group, begins in _GROUPS.items() if name.startswith(begins)), "")
        if group:
            rest = name.partition(".")[2].replace("processor.ip_adapter_double_stream_k_proj", "to_k_ip")
            made.weights[group][rest.replace("processor.ip_adapter_double_stream_v_proj", "to_v_ip")] = tensor.to(kind)
    made.move(device)
    return made


def _wanted(folder: Path, name: str, source: str) -> Path:
    files = adapter_files(folder)
    chosen = [path for path in files if path.name in (name, f"{name}.safetensors")] if name else files
    if len(chosen) != 1:
        raise InputError(f"{source} holds {', '.join(path.name for path in files)}; say in `file` which of them is meant")
    return chosen[0]


def _processor(folder: Path, side: int, eye: str) -> Any:
    import transformers

    kind = transformers.SiglipImageProcessor if eye.startswith("Siglip") else transformers.CLIPImageProcessor
    if (folder / "preprocessor_config.json").is_file():
        return kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if eye.startswith("Siglip"):
        return kind(size={"height": side, "width": side})
    return kind(size={"shortest_edge": side}, crop_size={"height": side, "width": side})


def _adapter_size(adapter: IpAdapter) -> int:
    return sum(tensor.nbytes for tensor in adapter.parameters())


ControlNetModel = Annotated[Any, ModelType(
    "ControlNetModel", "A network that steers a diffusion model by a picture: a ControlNet or a T2I-Adapter.",
    load=load_net, holds=holds_net, problem=net_problem, files=True, about=_about, color="#7fb069")]
IPAdapter = Annotated[Any, ModelType(
    "IPAdapter", "An IP-Adapter, which lets a diffusion model look at pictures, and their encoder.", load=load_adapter,
    size=_adapter_size, move=IpAdapter.move, holds=holds_adapter, problem=adapter_problem, color="#8fb8a0")]
