"""Where the weights of a pipeline lie in its files, so that what is changed for a while need not be kept beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import InputError

from ...common.weights import header
from .layers import Place, index

_HEADS = ("cond_stage_model.transformer.", "model.diffusion_model.")


class Origin(NamedTuple):
    """One tensor in a file. stamp: of the file as it was found. place: which of the rows under that name are the layer's."""

    path: Path
    name: str
    stamp: tuple[int, int]
    place: Place

    def read(self) -> Any:
        """The tensor, on the CPU, as the file has it. Raises InputError where the file is another by now."""
        from safetensors import safe_open

        if _stamp(self.path) != self.stamp:
            raise InputError(f"{self.path.name} was changed while an adapter was on its model; run again, and the model is "
                             "loaded anew")
        with safe_open(self.path, framework="pt") as file:
            rows = self.place.rows
            tensor = file.get_slice(self.name)[rows[0]:rows[1]] if rows else file.get_tensor(self.name)
        return swapped(tensor) if self.place.swapped else tensor


class Origins:
    """The tensors in the files of a pipeline, by the layers that they were loaded into.

    model: the folder or file that it came from.
    """

    def __init__(self, model: Path):
        self.model = model
        self._known: dict[tuple[int, str], list[Origin]] | None = None

    def of(self, pipe: Any, layer: Any, name: str) -> Origin | None:
        """Where a layer's weight or bias can be read again, number for number; None where it is not found so."""
        import torch

        if self._known is None:
            self._known = self._found(pipe)
        own = getattr(layer, name).data
        for origin in self._known.get((id(layer), name), ()):
            tensor = origin.read()
            if tensor.shape == own.shape and torch.equal(tensor.to(own.dtype), own.cpu()):
                return origin
        return None

    def _found(self, pipe: Any) -> dict[tuple[int, str], list[Origin]]:
        there, found = index(pipe), dict[tuple[int, str], list[Origin]]()
        for path, slot in self._files(pipe):
            stamp = _stamp(path)
            for key in header(path):
                layer, _, name = key.rpartition(".")
                for head in ("", *_HEADS):
                    for place in there.get(f"{slot}{layer.removeprefix(head)}".replace(".", "_"), ()):
                        found.setdefault((id(place.layer), name), []).append(Origin(path, key, stamp, place))
        return found

    def _files(self, pipe: Any) -> list[tuple[Path, str]]:
        """The files with weights, and what goes before their names in the index of layers."""
        if self.model.is_dir():
            return [(path, f"{slot}.") for slot in pipe.components
                    for path in sorted((self.model / slot).glob("*.safetensors"))]
        return [(self.model, "")] if self.model.suffix == ".safetensors" and self.model.is_file() else []


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


def swapped(tensor: Any) -> Any:
    """The halves of a tensor in the other order, as Flux's authors have them in one of its layers."""
    import torch

    return torch.cat([*tensor.chunk(2)][::-1])
