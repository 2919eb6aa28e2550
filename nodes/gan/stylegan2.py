"""The generator of StyleGAN2 (Karras et al., 2020, "Analyzing and Improving the Image Quality of StyleGAN").

Written from the paper, as functions over a table of named tensors. The names are those of the authors' PyTorch
networks (`mapping.fc0.weight`, `synthesis.b4.const` ...), so that such weights, stored as safetensors, load as they
are; the architecture is read off their shapes. Everything is computed in float32 for one picture at a time.

Weights are stored with an equalised learning rate (Karras et al., 2018): each is divided by the square root of its
fan-in where it is used.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import torch
import torch.nn.functional as F

Noise = Literal["const", "random", "none"]

_MAPPING_RATE = 0.01  # the mapping network learns a hundred times more slowly than the rest
_DRAWS = 1024  # that the middle of a class is the mean of
_TAPS = (1.0, 3.0, 3.0, 1.0)  # the low-pass filter where resolutions change


def _layers(side: int) -> tuple[str, ...]:
    """The layers of the block that makes pictures of a side."""
    return ("conv1", "torgb") if side == 4 else ("conv0", "conv1", "torgb")


@dataclass(eq=False)
class Generator:
    """A trained generator.

    tensors: name -> float32 tensor, all on one device. clamp: the largest magnitude of an activation, or None.
    kinds: the names of its classes, where they are told. own_middles: whether each class is truncated towards its own
    average (Mokady et al., 2022), since that of all of them shows none.
    Raises ValueError when the tensors are not those of a StyleGAN2 generator of the `skip` architecture.
    """

    tensors: dict[str, torch.Tensor] = field(repr=False)
    clamp: float | None = None
    kinds: tuple[str, ...] = ()
    own_middles: bool = False

    def __post_init__(self) -> None:
        self._demand(["mapping.fc0.weight", "mapping.w_avg", "synthesis.b4.const"])
        sides = self.resolutions
        if sides != [4 << k for k in range(len(sides))]:
            raise ValueError(f"its blocks make {', '.join(map(str, sides))} pixels; each should double the last")
        self._demand(f"synthesis.b{side}.{layer}.weight" for side in sides for layer in _layers(side))
        if self.channels not in (1, 3):
            raise ValueError(f"its pictures have {self.channels} channels; 1 and 3 are known here")
        shapes = self._shapes()
        self._demand(shapes)
        for name, shape in shapes.items():
            found = tuple(self.tensors[name].shape)
            if found != shape:
                raise ValueError(f"its tensor {name} has the shape {found}, and {shape} fits the others")

    def _demand(self, names: Iterable[str]) -> None:
        missing = [name for name in names if name not in self.tensors]
        if missing:
            more = f", nor {len(missing) - 1} more" if missing[1:] else ""
            raise ValueError(f"it has no tensor {missing[0]}{more}, which a StyleGAN2 generator has")

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """The tensors that such a generator has, and their shapes, by those that give its sizes."""
        shapes: dict[str, tuple[int, ...]] = {}
        width = self.width
        inputs = self.tensors["mapping.fc0.weight"].shape[1]
        if self.labels:
            shapes["mapping.embed.bias"] = (self.tensors["mapping.embed.weight"].shape[0],)
        for k in range(self.depth):
            outputs = width if k == self.depth - 1 else self.tensors["mapping.fc0.weight"].shape[0]
            shapes |= {f"mapping.fc{k}.weight": (outputs, inputs), f"mapping.fc{k}.bias": (outputs,)}
            inputs = outputs
        grainy = any(name.endswith(".noise_strength") for name in self.tensors)
        before = self.tensors["synthesis.b4.const"].shape[0]
        for side in self.resolutions:
            features = self.tensors[f"synthesis.b{side}.conv1.weight"].shape[0]
            for layer in _layers(side):
                name, taken = f"synthesis.b{side}.{layer}", before if layer == "conv0" or side == 4 else features
                made, kernel = (self.channels, 1) if layer == "torgb" else (features, 3)
                shapes |= {f"{name}.weight": (made, taken, kernel, kernel), f"{name}.bias": (made,),
                           f"{name}.affine.weight": (taken, width), f"{name}.affine.bias": (taken,)}
                if grainy and layer != "torgb":
                    shapes |= {f"{name}.noise_const": (side, side), f"{name}.noise_strength": ()}
            before = features
        return shapes

    @property
    def depth(self) -> int:
        """Layers of the mapping network: those up to the last that is there."""
        numbers = [int(found[1]) for name in self.tensors if (found := re.fullmatch(r"mapping\.fc(\d+)\.weight", name))]
        return max(numbers) + 1

    @cached_property
    def resolutions(self) -> list[int]:
        """Side in pixels of what each block makes, from 4 up."""
        blocks = {name.split(".")[1] for name in self.tensors if name.startswith("synthesis.b")}
        return sorted(int(block[1:]) for block in blocks if block[1:].isdigit())

    @property
    def resolution(self) -> int:
        """Side of the pictures in pixels."""
        return self.resolutions[-1]

    @property
    def channels(self) -> int:
        """Of the pictures: 3, or 1 for grey."""
        return self.tensors[f"synthesis.b{self.resolution}.torgb.weight"].shape[0]

    @property
    def width(self) -> int:
        """Numbers in a layer's style."""
        return self.tensors["mapping.w_avg"].shape[0]

    @property
    def layers(self) -> int:
        """Styles that a picture is made of: two for each resolution."""
        return 2 * len(self.resolutions)

    @property
    def labels(self) -> int:
        """Classes that it was trained on, or 0 if on none."""
        return self.tensors["mapping.embed.weight"].shape[1] if "mapping.embed.weight" in self.tensors else 0

    @property
    def z_width(self) -> int:
        """Numbers in the noise that a style is mapped from."""
        embedded = self.tensors["mapping.embed.weight"].shape[0] if self.labels else 0
        return self.tensors["mapping.fc0.weight"].shape[1] - embedded

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.tensors["mapping.w_avg"].device

    def to(self, device: str) -> Generator:
        """Move all tensors to a device, in place."""
        self.tensors = {name: tensor.to(device) for name, tensor in self.tensors.items()}
        return self


def mapped(generator: Generator, z: torch.Tensor, label: int | torch.Tensor = 0) -> torch.Tensor:
    """The styles (..., width) that the mapping network makes of noise (..., z_width).

    label: of a class, or how much of each there is in a blend: shares (labels,).
    """
    tensors, x = generator.tensors, _unit(z)
    if generator.labels:
        shares = label.to(x) if isinstance(label, torch.Tensor) else \
            F.one_hot(torch.tensor(label, device=z.device), generator.labels).float()
        embedded = _unit(_dense(tensors, "mapping.embed", shares))
        x = torch.cat([x, embedded.expand(*x.shape[:-1], -1)], -1)
    for k in range(generator.depth):
        x = _rectified(_dense(tensors, f"mapping.fc{k}", x, _MAPPING_RATE))
    return x


def middle(generator: Generator, label: int | torch.Tensor = 0) -> torch.Tensor:
    """The style (width,) that truncation goes towards: the average one, or that of a class or a blend of them."""
    if not (generator.own_middles and generator.labels):
        return generator.tensors["mapping.w_avg"]
    noise = torch.randn(_DRAWS, generator.z_width, generator=torch.Generator().manual_seed(0))
    return mapped(generator, noise.to(generator.device), label).mean(0)


def truncated(generator: Generator, style: torch.Tensor, psi: float, towards: torch.Tensor | None = None) -> torch.Tensor:
    """A style nearer to the average one, or to another (psi under 1: likelier pictures), or further from it (over 1)."""
    average = generator.tensors["mapping.w_avg"] if towards is None else towards
    return average + psi * (style - average)


def synthesised(generator: Generator, styles: torch.Tensor, noise: Noise = "const",
                dice: torch.Generator | None = None) -> torch.Tensor:
    """The picture (channels, resolution, resolution), about -1..1, of styles (layers, width).

    noise: what fills in hair and grain: the pattern stored with the weights, one drawn with `dice` (a CPU generator),
    or none.
    """
    tensors = generator.tensors
    x = tensors["synthesis.b4.const"][None]
    picture: torch.Tensor | None = None
    at = 0
    for side in generator.resolutions:
        block = f"synthesis.b{side}"
        if side > 4:
            x = _styled(generator, f"{block}.conv0", x, styles[at], side, noise, dice, up=True)
            at += 1
        x = _styled(generator, f"{block}.conv1", x, styles[at], side, noise, dice)
        at += 1
        # the picture's layer of a block reads the style that the next block begins with
        colours = _coloured(generator, f"{block}.torgb", x, styles[at])
        picture = colours if picture is None else _doubled(picture) + colours
    assert picture is not None  # there is a block of 4 pixels
    return picture[0]


def _styled(generator: Generator, name: str, x: torch.Tensor, style: torch.Tensor, side: int, noise: Noise,
            dice: torch.Generator | None, up: bool = False) -> torch.Tensor:
    """One convolution whose weights are modulated by a style and demodulated (equations 1 to 3 of the paper)."""
    tensors = generator.tensors
    weight = tensors[f"{name}.weight"] * _dense(tensors, f"{name}.affine", style)[:, None, None]
    weight = weight * (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).rsqrt()
    if up:
        x = _blurred(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), 4.0)
    else:
        x = F.conv2d(x, weight, padding=1)
    if noise != "none" and f"{name}.noise_strength" in tensors:
        grain = tensors[f"{name}.noise_const"] if noise == "const" else \
            torch.randn(side, side, generator=dice).to(x.device)
        x = x + grain * tensors[f"{name}.noise_strength"]
    return _clamped(_rectified(x + tensors[f"{name}.bias"][:, None, None]), generator.clamp)


def _coloured(generator: Generator, name: str, x: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    """What a block adds to the picture: a 1 x 1 convolution, modulated and not demodulated."""
    tensors = generator.tensors
    weight = tensors[f"{name}.weight"]
    style = _dense(tensors, f"{name}.affine", style) / math.sqrt(weight[0].numel())
    colours = F.conv2d(x, weight * style[:, None, None], tensors[f"{name}.bias"])
    return _clamped(colours, generator.clamp)


def _dense(tensors: Mapping[str, torch.Tensor], name: str, x: torch.Tensor, rate: float = 1.0) -> torch.Tensor:
    weight = tensors[f"{name}.weight"]
    return F.linear(x, weight * (rate / math.sqrt(weight.shape[1])), tensors[f"{name}.bias"] * rate)


def _rectified(x: torch.Tensor) -> torch.Tensor:
    """A leaky rectifier that keeps the variance."""
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


def _clamped(x: torch.Tensor, limit: float | None) -> torch.Tensor:
    return x if limit is None else x.clamp(-limit, limit)


def _unit(x: torch.Tensor) -> torch.Tensor:
    """x at a mean square of 1."""
    return x * (x.square().mean(-1, keepdim=True) + 1e-8).rsqrt()


def _filter(like: torch.Tensor) -> torch.Tensor:
    """The filter, (channels, 1, 4, 4), with a sum of 1."""
    taps = torch.tensor(_TAPS, device=like.device, dtype=like.dtype)
    return (torch.outer(taps, taps) / taps.sum() ** 2).expand(like.shape[1], 1, 4, 4)


def _blurred(x: torch.Tensor, gain: float) -> torch.Tensor:
    """Low-passed, and smaller by a pixel; the gain makes up for the zeros that a doubling puts between pixels."""
    return F.conv2d(x, _filter(x) * gain, padding=1, groups=x.shape[1])


def _doubled(x: torch.Tensor) -> torch.Tensor:
    """A picture at twice the size."""
    return F.conv_transpose2d(x, _filter(x) * 4, stride=2, padding=1, groups=x.shape[1])
