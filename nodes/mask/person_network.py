"""MediaPipe's selfie segmentation as a network of PyTorch: a MobileNetV3 with gates, and a decoder that adds detail back.

(1, 3, 256, 256) in 0..1 becomes (1, 1, 256, 256), how sure it is that a person is there. The layers are made in the order
in which the authors' file has them. Howard et al., "Searching for MobileNetV3", 2019.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

SIDE = 256


class _Conv(nn.Conv2d):
    """A convolution padded as TensorFlow pads: what is odd of the border goes to the right and below."""

    def forward(self, x: Any) -> Any:
        beyond = [max(0, (-(-length // self.stride[0]) - 1) * self.stride[0] + self.kernel_size[0] - length)
                  for length in (x.shape[3], x.shape[2])]
        edges = [part for total in beyond for part in (total // 2, total - total // 2)]
        return super().forward(F.pad(x, edges) if any(edges) else x)


def _conv(inputs: int, outputs: int, side: int = 1, stride: int = 1, alone: bool = False) -> _Conv:
    """alone: each plane by itself."""
    return _Conv(inputs, outputs, side, stride, groups=inputs if alone else 1)


class _Gate(nn.Module):
    """How much each plane counts, by its mean (squeeze and excitation: Hu et al., 2018)."""

    def __init__(self, width: int, inner: int):
        super().__init__()
        self.squeeze, self.excite = _conv(width, inner), _conv(inner, width)

    def forward(self, x: Any) -> Any:
        return self.excite(F.relu(self.squeeze(x.mean((2, 3), keepdim=True)))).sigmoid()


class _Block(nn.Module):
    """An inverted residual: wide in the middle. gate: the width of its gate, 0 for none."""

    def __init__(self, inputs: int, wide: int, outputs: int, side: int, stride: int, gate: int, act: Any):
        super().__init__()
        self.expand, self.depthwise = _conv(inputs, wide), _conv(wide, wide, side, stride, alone=True)
        self.gate = _Gate(wide, gate) if gate else None
        self.project, self.act, self.adds = _conv(wide, outputs), act, inputs == outputs and stride == 1

    def forward(self, x: Any) -> Any:
        y = self.act(self.depthwise(self.act(self.expand(x))))
        y = self.project(y * self.gate(y) if self.gate is not None else y)
        return x + y if self.adds else y


class _Detail(nn.Module):
    """What was found so far, twice as large, with the detail that the encoder had at that size."""

    def __init__(self, inputs: int, width: int):
        super().__init__()
        self.bring, self.gate = _conv(inputs, width), _Gate(width, width)
        self.mix, self.depthwise = _conv(width, width), _conv(width, width, 3, alone=True)

    def forward(self, x: Any, detail: Any) -> Any:
        x = self.bring(F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False))
        x = F.relu(self.mix(detail * self.gate(detail + x) + x))
        return x + F.relu(self.depthwise(x))


class Person(nn.Module):
    """The whole network."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv(3, 16, 3, 2)
        self.fine = _Block(16, 16, 16, 3, 2, 8, F.relu)
        self.coarse = nn.Sequential(_Block(16, 72, 24, 3, 2, 0, F.relu), _Block(24, 88, 24, 3, 1, 0, F.relu))
        self.deep = nn.Sequential(_Block(24, 96, 32, 5, 2, 24, F.hardswish),
                                    *(_Block(32, wide, 32, 5, 1, wide // 4, F.hardswish) for wide in (128, 128, 96, 96)))
        self.head, self.look = _conv(32, 128), _conv(32, 128)
        self.details = nn.ModuleList([_Detail(128, 24), _Detail(24, 16), _Detail(16, 16)])
        self.last = nn.ConvTranspose2d(16, 1, 2, 2)

    def forward(self, image: Any) -> Any:
        finest = F.hardswish(self.stem(image))
        fine = self.fine(finest)
        coarse = self.coarse(fine)
        x = self.deep(coarse)
        x = F.relu(self.head(x)) * self.look(x.mean((2, 3), keepdim=True)).sigmoid()
        for stage, detail in zip(self.details, (coarse, fine, finest)):
            x = stage(x, detail)
        return self.last(x).sigmoid()


def layers(network: Person) -> list[tuple[str, Any]]:
    """Its convolutions with their names, in the order of the authors' file."""
    return [(name, module) for name, module in network.named_modules() if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d))]


def loaded(tensors: dict[str, Any]) -> Person:
    """The network with these weights, frozen. Raises ValueError where they are not its own."""
    network = Person()
    try:
        network.load_state_dict({name: tensor.to(torch.float32) for name, tensor in tensors.items()})
    except RuntimeError as error:
        raise ValueError(" ".join(str(error).split("\n\t")[1].split())) from None
    return network.eval().requires_grad_(False)
