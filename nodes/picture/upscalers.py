"""UpscaleModel: a network that makes pictures larger, as one safetensors file, by itself or in a folder.

ESRGAN and Real-ESRGAN's compact kind are built here. What else there is (SwinIR, DAT, SPAN, OmniSR ...) is read by the
library spandrel where that is installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Recipe

from ..common.folders import described, elsewhere
from ..common.loading import model_place
from ..common.weights import PICKLES, header, problem as file_problem, single_file
from .architectures import Shapes, architecture, plain_name

SPANDREL = "pip install einops && pip install --no-deps spandrel"
_CONVERSION = ("""python -c "import torch, safetensors.torch as s; d = torch.load('{name}', 'cpu', weights_only=True); """
               """d = d.get('params_ema', d.get('params', d)); s.save_file({{k: v.contiguous() for k, v in d.items()}}, """
               """'{stem}.safetensors')\"""")
_ENDS = tuple(3 * scale ** 2 for scale in (1, 2, 3, 4, 8))
_OTHERS = ("lora", "text_model", "transformer_blocks", "cond_stage_model", "down_blocks", "embed_tokens")  # of others


class Upscaler:
    """A network with where it is.

    network: has parameters(), to(), and gives (1, 3, h, w) `scale` times larger. margin, side: see `networks`.
    """

    def __init__(self, network: Any, kind: str, scale: int, margin: int, side: int):
        self.network, self.kind, self.scale, self.margin, self.side = network, kind, scale, margin, side

    def parameters(self) -> list[Any]:
        """The weights."""
        return list(self.network.parameters())

    def to(self, *place: Any) -> None:
        """Move it to a device or into a floating type, in place."""
        self.network.to(*place)

    def __call__(self, image: Any) -> Any:
        """float32 (1, 3, h, w) in 0..1, larger. Raises InputError where what comes out are no numbers."""
        import torch

        weight = self.parameters()[0]
        with torch.no_grad():
            made = self.network(image.to(weight.device, weight.dtype)).to("cpu", torch.float32)
        if not made.isfinite().all():
            raise InputError("the upscaler answers with numbers that are none (NaN): its weights are damaged, or too "
                             "large for its floating type; download it again, or run with --dtype float32")
        return made


def load(recipe: Recipe, device: str, dtype: str) -> Upscaler:
    """The network in a file or folder. Raises InputError where there is none, or not all of it."""
    import torch

    path = model_place(recipe, kind_problem)
    try:
        made = _upscaler(_tensors(path if path.is_file() else next(path.glob("*.safetensors"))))
    except (OSError, ValueError) as error:
        raise InputError(f"{recipe.source} cannot be loaded as an {recipe.kind}: {error}") from error
    made.to(device, getattr(torch, dtype))
    return made


def _tensors(path: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    tensors = {plain_name(name): tensor for name, tensor in load_file(path).items()}
    spoiled = [name for name, tensor in sorted(tensors.items()) if not tensor.isfinite().all()]
    if spoiled:
        raise ValueError(f"{spoiled[0]} holds numbers that are none (NaN); download it again")
    return tensors


def _upscaler(tensors: Mapping[str, Any]) -> Upscaler:
    if not architecture({name: tuple(tensor.shape) for name, tensor in tensors.items()}):
        from .foreign import spandrels

        return Upscaler(*spandrels(tensors))
    from .networks import network

    made = network(tensors).eval().requires_grad_(False)
    return Upscaler(made, type(made).__name__, made.scale, made.margin, made.side)


# ---- what lies at a path

def kind_problem(path: Path) -> str:
    """Why what lies at a path, a file or a folder with one, is no network that makes pictures larger; or ""."""
    inside = sorted(path.iterdir()) if path.is_dir() else [path] if path.is_file() else []
    files = [file for file in inside if file.suffix == ".safetensors"]
    pickles = [file for file in inside if file.suffix in PICKLES]
    if {"config.json", "model_index.json"} & {file.name for file in inside}:
        return described(path)
    if pickles and not files:
        return (f"cannot be loaded: {pickles[0].name} is a pickle, which is code when it is loaded and is not opened "
                f"here; store it as safetensors: {_CONVERSION.format(name=pickles[0].name, stem=pickles[0].stem)}")
    if not files:
        return elsewhere(path) if path.is_dir() or not inside else "is a file, and safetensors are wanted"
    if len(files) > 1:
        return f"holds {len(files)} safetensors files, and one network is wanted; give it a folder of its own"
    wrong = file_problem(files[0])
    return f"cannot be loaded: {wrong}" if wrong else _architecture_problem(files[0])


def _architecture_problem(path: Path) -> str:
    """Why the tensors that a file names are those of no upscaler that can be read; or ""."""
    shapes = {plain_name(name): tuple(entry["shape"]) for name, entry in header(path).items()}
    if architecture(shapes):
        return ""
    told = single_file(path)
    if not told.startswith("weights alone"):
        return f"is no upscaler: {told}"
    if not _makes_colors(shapes):
        return "is no upscaler: its tensors are those of another kind of model"
    if find_spec("spandrel") is None:
        return ("is of an architecture that is not among those built in (ESRGAN, Compact); the library spandrel reads "
                f"forty others: {SPANDREL}")
    return ""


def _makes_colors(shapes: Shapes) -> bool:
    """Whether convolutions begin with the three colours, folded or not, and end with them, before a shuffle or not."""
    kernels = [shape for shape in shapes.values() if len(shape) == 4]
    return any(shape[1] in (3, 12, 48) for shape in kernels) and any(shape[0] in _ENDS for shape in kernels) \
        and not any(part in name for part in _OTHERS for name in shapes)


def holds(folder: Path) -> bool:
    """Whether an upscaler lies there, told by the header of its one safetensors file."""
    return not kind_problem(folder)


def size(upscaler: Upscaler) -> int:
    """Bytes of weights."""
    return sum(tensor.nbytes for tensor in upscaler.parameters())


UpscaleModel = Annotated[Any, ModelType(
    "UpscaleModel", "A network that makes pictures larger, as safetensors.", load=load, size=size, holds=holds,
    problem=kind_problem, files=True, color="#6fa8a0")]
