"""Tiny decoders of clips (TAEHV: Bohan, 2024), which show what a latent of a clip is going to be.

Their layers are told by the names of their tensors, of which each has its number: a block that also reads what it was given
for the frame before, a layer that makes several frames of one, a convolution. Between them stand layers without tensors, whose
places are always the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

_LAYER = re.compile(r"^(?:decoder\.)?(\d+)\.(conv\.[024]\.|conv\.|skip\.)?(weight|bias)$")


def is_of_clips(names: Iterable[str]) -> bool:
    """Whether names of tensors are those of a tiny decoder of clips: some of its layers make several frames of one."""
    theirs = [_LAYER.match(name) for name in names if not name.startswith("encoder.")]
    return all(theirs) and any(match is not None and match[2] == "conv." for match in theirs)


class Films:
    """The live decoder. state: its tensors by name. Raises ValueError where these are not in the order that is known."""

    def __init__(self, state: dict[str, Any]):
        self.layers: dict[int, dict[str, Any]] = {}
        for name, tensor in state.items():
            match = None if name.startswith("encoder.") else _LAYER.match(name)
            if match:
                self.layers.setdefault(int(match[1]), {})[(match[2] or "") + match[3]] = tensor
        order = [self._kind(at) for at in sorted(self.layers)]
        if not re.fullmatch(r"c(m+gc)+c", "".join(order)):
            raise ValueError("its layers are in another order")
        numbers = sorted(self.layers)
        self.first, self.last = numbers[0], numbers[-1]
        self.config = SimpleNamespace(latent_channels=int(self.layers[self.first]["weight"].shape[1]))
        self.config.get = lambda name, default=None: getattr(self.config, name, default)

    def _kind(self, at: int) -> str:
        """m for a block with a memory, g for one that makes several frames of one, c for a convolution."""
        names = self.layers[at]
        return "m" if "conv.0.weight" in names else "g" if "conv.weight" in names else "c"

    def to(self, place: Any) -> Films:
        """Move the tensors to a device, or make them of a floating type, in place."""
        for layer in self.layers.values():
            for name, tensor in layer.items():
                layer[name] = tensor.to(place)
        return self

    def eval(self) -> Films:
        """Itself: it has nothing to train."""
        return self

    def requires_grad_(self, wanted: bool) -> Films:
        """Itself, its tensors told whether they take gradients."""
        for layer in self.layers.values():
            for tensor in layer.values():
                tensor.requires_grad_(wanted)
        return self

    def still(self, latents: Any) -> Any:
        """The last frame, (3, height, width) in 0..1, of latents (1, channels, h, w) that none came before."""
        import torch
        from torch.nn import functional

        made = torch.tanh(latents / 3) * 3
        made = made.to(self.layers[self.first]["weight"].dtype)
        for at in sorted(self.layers):
            layer, kind = self.layers[at], self._kind(at)
            if kind == "m":
                made = _remembering(layer, made)
            elif kind == "g":
                made = functional.conv2d(functional.interpolate(made, scale_factor=2.0), layer["conv.weight"])
                made = made.reshape(-1, layer["conv.weight"].shape[1], *made.shape[2:])
            else:
                made = made.relu() if at == self.last else made
                made = functional.conv2d(made, layer["weight"], layer.get("bias"), padding=1)
                made = made.relu() if at == self.first else made
        patch = round((made.shape[1] / 3) ** 0.5)
        return functional.pixel_shuffle(made[-1:], patch)[0].clamp(0, 1)


def _remembering(layer: dict[str, Any], frames: Any) -> Any:
    """What a block makes of frames (frames, channels, h, w), each with the one before it, the first with nothing."""
    import torch
    from torch.nn import functional

    before = torch.cat([torch.zeros_like(frames[:1]), frames[:-1]])
    made = torch.cat([frames, before], dim=1)
    for at in (0, 2, 4):
        made = functional.conv2d(made, layer[f"conv.{at}.weight"], layer.get(f"conv.{at}.bias"), padding=1)
        made = made.relu() if at < 4 else made
    kept = functional.conv2d(frames, layer["skip.weight"]) if "skip.weight" in layer else frames
    return (made + kept).relu()
