"""Upscalers of the architectures that the library spandrel knows, where it is installed.

It names torchvision among its requirements, which breaks a PyTorch that it was not built for, and uses three names of
it in two of its forty architectures. So it is installed without it, and what stands in for those names fails if it is
ever called.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from nodegraph import InputError

from ..common.loading import reason
from .tiles import RING, WINDOW

MARGIN, SIDE = 2 * WINDOW - RING, 192
_WHOLE = 1 << 14  # for a network that parts pictures by itself


def spandrels(tensors: Mapping[str, Any]) -> tuple[Any, str, int, int, int]:
    """A network, its architecture, scale, margin and side of tiles. Raises ValueError where it is no upscaler."""
    with _stand_ins():
        import spandrel
    try:
        with warnings.catch_warnings(action="ignore"):  # what PyTorch has against the code of these architectures
            made = spandrel.ModelLoader().load_from_state_dict({**tensors})
    except Exception as error:  # each architecture refuses in its own way
        raise ValueError(f"spandrel does not know it: {reason(error)}") from error
    if not isinstance(made, spandrel.ImageModelDescriptor) or (made.input_channels, made.output_channels) != (3, 3):
        raise ValueError(f"it is a {made.architecture.name}, which takes something else than one picture in colour")
    made.model.eval().requires_grad_(False)
    side = {"INTERNAL": _WHOLE, "DISCOURAGED": 2 * SIDE}.get(made.tiling.name, SIDE)
    return _Called(made), made.architecture.name, made.scale, MARGIN, side


class _Called:
    """A descriptor of spandrel's, which pads a picture to the size that its network wants, with its parameters."""

    def __init__(self, descriptor: Any):
        self.descriptor = descriptor

    def parameters(self) -> Any:
        return self.descriptor.model.parameters()

    def to(self, device: str, dtype: Any = None) -> None:
        self.descriptor.to(device, dtype) if dtype is not None else self.descriptor.to(device)

    def __call__(self, image: Any) -> Any:
        return self.descriptor(image)


@contextmanager
def _stand_ins() -> Iterator[None]:
    """While spandrel is imported, modules that have the names of torchvision which it imports."""
    if "spandrel" in sys.modules or find_spec("torchvision") is not None:
        yield
        return

    def absent(*values: Any, **named: Any) -> Any:
        raise InputError("this network asks for torchvision, which is not installed; take one of another architecture")

    names = "torchvision", "torchvision.transforms", "torchvision.transforms.functional"
    modules = {name: ModuleType(name) for name in names}
    modes = type("InterpolationMode", (), {"NEAREST": "nearest", "BILINEAR": "bilinear"})
    vars(modules[names[-1]]).update(rotate=absent, normalize=absent, InterpolationMode=modes)
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]
