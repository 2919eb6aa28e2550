"""GanModel: a folder with the generator of a StyleGAN2 in safetensors. GanLatent: what its pictures are made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from nodegraph import InputError, ModelType, PortType, Recipe, warn

from ..common.folders import described, elsewhere, settings
from ..common.loading import model_place
from ..common.weights import header, problem as file_problem

_USUAL_DEPTHS = (2, 8)  # of the mapping network, in the authors' configurations
_PREFIX = "G_ema."  # of the averaged generator, where a file holds all the networks of a training


@dataclass(frozen=True, eq=False)
class GanLatent:
    """A picture in the style space of a generator (its W+).

    styles: float32 (layers, width), from coarse to fine. family: one line that tells this space from others.
    """

    styles: Any
    family: str
    __porttype__: ClassVar[PortType]


def load(recipe: Recipe, device: str, dtype: str) -> Any:
    """The Generator in a folder. Raises InputError when there is none, or not all of it.

    It is always computed in float32, whatever the dtype asked for: its activations outgrow half precision.
    """
    from .recolor import dye
    from .stylegan2 import Generator

    folder = model_place(recipe, kind_problem)
    try:
        generator = Generator(_tensors(_weights(folder)[0]), *_told(folder))
        if "inks" in dict(recipe.options):
            dye(generator, dict(recipe.options)["inks"])
    except (OSError, ValueError) as error:
        raise InputError(f"{recipe.source} cannot be loaded as a {recipe.kind}: {error}") from error
    if generator.depth not in _USUAL_DEPTHS:
        warn(f"the mapping network of {recipe.source} has {generator.depth} layers, and its authors' have 8 or 2: if "
             "weights are missing, its pictures are not what they should be")
    return generator.to(device)


def _weights(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


def _tensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error
    averaged = {name.removeprefix(_PREFIX): value for name, value in tensors.items() if name.startswith(_PREFIX)}
    chosen = {name: tensor.float() for name, tensor in (averaged or tensors).items()}
    whole = [name for name, tensor in sorted((averaged or tensors).items()) if not tensor.is_floating_point()]
    if whole:
        raise ValueError(f"{whole[0]} in {path.name} holds whole numbers; weights that are quantised are not read here")
    spoiled = [name for name, tensor in sorted(chosen.items()) if not tensor.isfinite().all()]
    if spoiled:
        raise ValueError(f"{spoiled[0]} in {path.name} holds numbers that are none (NaN); download it again")
    return chosen


def _told(folder: Path) -> tuple[float | None, tuple[str, ...], bool]:
    """What config.json, if there is one, says that weights do not: the clamp, the names of kinds, and truncation."""
    config = folder / "config.json"
    told = settings(config) if config.is_file() else {}
    clamp, kinds, truncation = told.get("conv_clamp"), told.get("labels") or [], told.get("truncation", "all")
    if clamp is not None and (isinstance(clamp, bool) or not isinstance(clamp, (int, float)) or clamp <= 0):
        raise ValueError(f"conv_clamp in its config.json is {clamp!r}; it takes a number above 0, or null")
    if not (isinstance(kinds, list) and all(isinstance(kind, str) for kind in kinds)):
        raise ValueError(f"labels in its config.json is {kinds!r}; it takes a list of names")
    if truncation not in ("all", "label"):
        raise ValueError(f"truncation in its config.json is {truncation!r}; it takes \"all\" or \"label\"")
    return clamp, tuple(kinds), truncation == "label"


def size(generator: Any) -> int:
    """Bytes of weights and buffers."""
    return sum(tensor.nbytes for tensor in generator.tensors.values())


def move(generator: Any, device: str) -> None:
    """Move all tensors to a device, in place."""
    generator.to(device)


def kind_problem(folder: Path) -> str:
    """Why what lies at a path is another kind of thing than the generator of a StyleGAN2; or ""."""
    if folder.is_file() and holds(folder.parent):
        return f"is a file, and a folder is wanted; give the one that it lies in, {folder.parent}"
    files = _weights(folder) if folder.is_dir() else []
    pickled = sorted(path.name for path in folder.glob("*.pkl")) if folder.is_dir() else []
    if not files and pickled:
        return (f"cannot be loaded: {pickled[0]} is a pickle, which is code when it is loaded; store the generator's "
                "state_dict as safetensors (docs/gan.md tells how)")
    if not files or (folder / "model_index.json").exists():
        return elsewhere(folder) or described(folder)
    if len(files) > 1:
        return f"holds {len(files)} safetensors files; it takes one, that of the generator"
    if file_problem(files[0]):
        return f"cannot be loaded: {file_problem(files[0])}"
    names = {name.removeprefix(_PREFIX) for name in header(files[0])}
    missing = [name for name in ("mapping.fc0.weight", "synthesis.b4.const") if name not in names]
    if missing and (folder / "config.json").is_file() and "model_type" in (folder / "config.json").read_text("utf-8"):
        return described(folder)
    if missing:
        return f"holds no StyleGAN2: {files[0].name} has no tensor {missing[0]}, which its generator has"
    return ""


def holds(folder: Path) -> bool:
    """Whether a StyleGAN2 generator lies in a folder, told by the header of its one safetensors file."""
    return not kind_problem(folder)


def family_of(generator: Any) -> str:
    """One line that tells a style space from others."""
    return f"StyleGAN2 ({generator.layers} layers of {generator.width})"


GanModel = Annotated[Any, ModelType(
    "GanModel", "The generator of a StyleGAN2, as safetensors.", load=load, size=size, move=move, holds=holds,
    problem=kind_problem, color="#c47878")]


def _complaint(value: Any) -> str | None:
    if not isinstance(value, GanLatent):
        return f"is a {type(value).__name__}"
    styles = value.styles
    if getattr(styles, "ndim", 0) != 2 or str(getattr(styles, "dtype", "")) != "torch.float32":
        return "holds styles that are no float32 tensor (layers, width)"
    return None if styles.isfinite().all() else "holds styles that are not finite"


def _save(latent: GanLatent, path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"styles": latent.styles.detach().cpu().contiguous()}, path, metadata={"family": latent.family})


GanLatent.__porttype__ = PortType(
    "GanLatent", "The styles that a generator makes a picture of, from coarse to fine.",
    complaint=_complaint, exports={"safetensors": _save}, color="#d69b8b",
    flatten=lambda v: {"styles": v.styles, "family": v.family}, restore=lambda plain: GanLatent(**plain),
    summary=lambda v: v.family)
