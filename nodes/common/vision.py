"""Networks of transformers that read pictures, with what prepares a picture for them, from a folder.

Pictures are prepared by Pillow, also where torchvision is installed: so they are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodegraph import Recipe

from .folders import described, elsewhere, settings
from .loading import loading, part
from .weights import folder_problem, unreadable

PREPARATION = "preprocessor_config.json"
_HARMLESS = ("loading a `sam2_video` checkpoint into `Sam2Model`",)  # which leaves out what follows things through a film
_SIZES = ("original_sizes", "reshaped_input_sizes")  # that processors give along for what comes after the network


@dataclass(frozen=True, eq=False)
class Seer:
    """The live model: a network, and the processor that prepares pictures for it and reads what it answers."""

    network: Any
    processor: Any

    def to(self, device: str) -> Seer:
        """Move the weights to a device, in place."""
        self.network.to(device)
        return self

    def answer(self, picture: Any, **given: Any) -> tuple[Any, Any]:
        """What the network answers to a picture of Pillow's, and what it was given. given: more for the processor."""
        import torch

        inputs = self.processor(images=picture, return_tensors="pt", **given)
        weight = next(self.network.parameters())
        taken = {name: value.to(weight.device, weight.dtype if value.is_floating_point() else None)
                 for name, value in inputs.items() if name not in _SIZES}
        with torch.no_grad():
            return self.network(**taken), inputs

    def nbytes(self) -> int:
        """Bytes of weights."""
        return sum(tensor.nbytes for tensor in self.network.parameters())


def prepared(folder: Path) -> Any:
    """The processor that a folder names."""
    from transformers import AutoImageProcessor

    return AutoImageProcessor.from_pretrained(folder, local_files_only=True, trust_remote_code=False, backend="pil")


def seer(recipe: Recipe, folder: Path, device: str, dtype: str, network: Any,
         processor: Callable[[Path], Any] = prepared) -> Seer:
    """The network and the processor in a folder. network: its class, or an Auto class of transformers.

    Raises InputError when the folder does not hold all of it.
    """
    import torch

    with loading(recipe, "transformers", harmless=_HARMLESS):
        prepares = processor(folder)
        made = part(network, folder, recipe.source, dtype=getattr(torch, dtype))
    return Seer(made.eval().requires_grad_(False).to(device), prepares)


def problem(folder: Path, kinds: Collection[str], wanted: str) -> str:
    """Why a folder holds no model whose class ends in one of these; "" if its small files say nothing against it.

    wanted: what such a model is called, "a model of depth".
    """
    misplaced = elsewhere(folder)
    if misplaced:
        return misplaced
    try:
        told = settings(folder / "config.json")
    except ValueError as wrong:
        return f"cannot be loaded: {wrong}"
    classes = told.get("architectures")
    first = str(classes[0]) if isinstance(classes, list) and classes else ""
    if "auto_map" in told:
        return "comes with code of its own, and no model's code is run here; take a model that transformers knows by itself"
    if not first.endswith(tuple(kinds)):
        return f"{described(folder)}, and {wanted} is wanted"
    if unreadable(folder / PREPARATION):
        return f"has no {PREPARATION}, which says how pictures are prepared; take it from where the model came from"
    return folder_problem(folder)
