"""The two players of a StyleGAN2 as torch modules that can be trained (Karras et al., 2020).

The generator has the names, the shapes and the arithmetic of `stylegan2`, without noise: its state_dict is what
`gan.sample` reads. Its styles scale what goes into and comes out of a convolution instead of the weights, which is the
same product (equations 1 to 3 of the paper) and lets one convolution serve a whole batch.
The discriminator folds each 2 x 2 pixels into channels before it looks, which costs a quarter; it is made of residual
blocks with a deviation over the batch (Karras et al., 2018), judges a kind by projection (Miyato & Koyama, 2018) and
guesses it (Odena et al., 2017).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

MAPPING_RATE = 0.01
_GAIN = math.sqrt(2)
_GROUP = 4  # pictures whose deviation is taken together


@dataclass(frozen=True)
class Shape:
    """Of both networks. side: pixels, a power of two from 8; labels: kinds, 0 for none; widths: channels of the
    generator's blocks from 4 pixels up; critic: channels of the discriminator from half the side down to 4 pixels."""

    side: int
    labels: int
    widths: tuple[int, ...]
    critic: tuple[int, ...]
    z: int = 64
    w: int = 64
    depth: int = 2

    def __post_init__(self) -> None:
        blocks = self.side.bit_length() - 2
        if self.side != 2 ** (blocks + 1) or (len(self.widths), len(self.critic)) != (blocks, blocks - 1):
            raise ValueError(f"a side of {self.side} pixels needs {blocks} widths and {blocks - 1} of the critic")

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


class _Dense(nn.Module):
    """A layer with an equalised learning rate (Karras et al., 2018)."""

    def __init__(self, taken: int, made: int, rate: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(made, taken) / rate)
        self.bias = nn.Parameter(torch.full((made,), bias / rate))
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight * (self.rate / math.sqrt(self.weight.shape[1])), self.bias * self.rate)


class _Mapping(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.register_buffer("w_avg", torch.zeros(shape.w))
        if shape.labels:
            self.embed = _Dense(shape.labels, shape.w)
        for k in range(shape.depth):
            taken = shape.w if k else shape.z + (shape.w if shape.labels else 0)
            self.add_module(f"fc{k}", _Dense(taken, shape.w, MAPPING_RATE))
        self.depth = shape.depth

    def forward(self, z: torch.Tensor, kinds: torch.Tensor | None) -> torch.Tensor:
        x = _unit(z)
        if kinds is not None:
            x = torch.cat([x, _unit(self.embed(kinds))], 1)
        for k in range(self.depth):
            x = F.leaky_relu(getattr(self, f"fc{k}")(x), 0.2) * _GAIN
        return x


class _Styled(nn.Module):
    """A convolution whose input and output are scaled by a style; `up` doubles the side."""

    def __init__(self, taken: int, made: int, style: int, up: bool = False) -> None:
        super().__init__()
        self.affine = _Dense(style, taken, bias=1.0)
        self.weight = nn.Parameter(torch.randn(made, taken, 3, 3))
        self.bias = nn.Parameter(torch.zeros(made))
        self.up = up

    def forward(self, x: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        scale = self.affine(style)
        length = (scale.square() @ self.weight.square().sum((2, 3)).T + 1e-8).rsqrt()
        x = x * scale[:, :, None, None]
        if self.up:
            x = _blurred(F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2)) * 4
        else:
            x = F.conv2d(x, self.weight, padding=1)
        # the rectifier's gain goes through it, being positive
        return F.leaky_relu(torch.addcmul(self.bias[:, None, None] * _GAIN, x, length[:, :, None, None] * _GAIN), 0.2)


class _Colored(nn.Module):
    def __init__(self, taken: int, style: int) -> None:
        super().__init__()
        self.affine = _Dense(style, taken, bias=1.0)
        self.weight = nn.Parameter(torch.randn(3, taken, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        scale = self.affine(style) / math.sqrt(self.weight[0].numel())
        return F.conv2d(x * scale[:, :, None, None], self.weight, self.bias)


class _Block(nn.Module):
    def __init__(self, side: int, taken: int, made: int, style: int) -> None:
        super().__init__()
        if side == 4:
            self.const = nn.Parameter(torch.randn(made, 4, 4))
        else:
            self.conv0 = _Styled(taken, made, style, up=True)
        self.conv1 = _Styled(made, made, style)
        self.torgb = _Colored(made, style)

    def forward(self, x: torch.Tensor | None, picture: torch.Tensor | None, styles: torch.Tensor) -> tuple:
        if x is None:
            x = self.const[None].expand(len(styles), -1, -1, -1)
        else:
            x = self.conv0(x, styles[:, 0])
            styles = styles[:, 1:]
        x = self.conv1(x, styles[:, 0])
        colors = self.torgb(x, styles[:, 1])
        return x, colors if picture is None else _doubled(picture) + colors


class Generator(nn.Module):
    """Pictures (n, 3, side, side), about -1..1, of noise (n, z) and kinds, one-hot or blends of them (n, labels)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.mapping = _Mapping(shape)
        self.synthesis = nn.Module()
        before = 0
        for k, width in enumerate(shape.widths):
            self.synthesis.add_module(f"b{4 << k}", _Block(4 << k, before, width, shape.w))
            before = width

    def forward(self, z: torch.Tensor, kinds: torch.Tensor | None = None) -> torch.Tensor:
        return self.painted(self.mapping(z, kinds)[:, None].expand(-1, 2 * len(self.shape.widths), -1))

    def painted(self, styles: torch.Tensor) -> torch.Tensor:
        """Pictures of styles (n, layers, w)."""
        x = picture = None
        for k in range(len(self.shape.widths)):
            at = max(0, 2 * k - 1)
            x, picture = getattr(self.synthesis, f"b{4 << k}")(x, picture, styles[:, at:])
        return picture


class _Convolved(nn.Module):
    def __init__(self, taken: int, made: int, kernel: int, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(made, taken, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(made)) if bias else None
        self.scale = 1 / math.sqrt(taken * kernel**2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(x, self.weight * self.scale, self.bias, padding=self.weight.shape[-1] // 2)


class _Residual(nn.Module):
    """Half the side."""

    def __init__(self, taken: int, made: int) -> None:
        super().__init__()
        self.first, self.second = _Convolved(taken, taken, 3), _Convolved(taken, made, 3)
        self.skip = _Convolved(taken, made, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.leaky_relu(self.first(x), 0.2) * _GAIN
        y = F.avg_pool2d(F.leaky_relu(self.second(y), 0.2), 2)  # the gain cancels the division of the sum by sqrt(2)
        return y + self.skip(F.avg_pool2d(x, 2)) / _GAIN


class Discriminator(nn.Module):
    """Scores (n,) of pictures (n, 3, side, side) of kinds (n, labels): high for what looks like the data."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        widths = shape.critic
        self.enter = _Convolved(12, widths[0], 3)
        self.blocks = nn.Sequential(*[_Residual(a, b) for a, b in zip(widths, widths[1:], strict=False)])
        self.last = _Convolved(widths[-1] + 1, widths[-1], 3)
        self.dense = _Dense(widths[-1] * 16, widths[-1])
        self.score = _Dense(widths[-1], 1)
        self.kinds = _Dense(shape.labels, widths[-1]) if shape.labels else None
        self.guess = _Dense(widths[-1], shape.labels) if shape.labels else None

    def forward(self, pictures: torch.Tensor, kinds: torch.Tensor | None = None) -> torch.Tensor:
        return self.judged(pictures, kinds)[0]

    def judged(self, pictures: torch.Tensor, kinds: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The scores, and what kinds it takes the pictures for: logits (n, labels), None where there are no kinds."""
        x = F.leaky_relu(self.enter(F.pixel_unshuffle(pictures, 2)), 0.2) * _GAIN
        x = self.blocks(x)
        x = torch.cat([x, _deviation(x)], 1)
        x = F.leaky_relu(self.last(x), 0.2) * _GAIN
        x = F.leaky_relu(self.dense(x.flatten(1)), 0.2) * _GAIN
        scores = self.score(x)[:, 0]
        if self.kinds is None or self.guess is None or kinds is None:
            return scores, None
        return scores + (x * self.kinds(kinds)).sum(1) / math.sqrt(x.shape[1]), self.guess(x)


def _deviation(x: torch.Tensor) -> torch.Tensor:
    """One more channel: how much the pictures of a group differ (Karras et al., 2018)."""
    n, _, high, wide = x.shape
    group = _GROUP if n % _GROUP == 0 else n
    spread = (x.reshape(group, -1, *x.shape[1:]).var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
    return spread.repeat(group)[:, None, None, None].expand(n, 1, high, wide)


def grouped(picks: torch.Tensor, n: int) -> torch.Tensor:
    """n numbers, of which those whose pictures' deviation is taken together are the same: kinds, of n picks (n,).

    A deviation among pictures of one kind tells a generator that makes one picture of each kind; among all kinds it cannot.
    """
    return picks[:n // _GROUP].repeat(_GROUP) if n % _GROUP == 0 else picks[:n]


def _unit(x: torch.Tensor) -> torch.Tensor:
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def _blurred(x: torch.Tensor) -> torch.Tensor:
    """Low-passed by (1, 3, 3, 1) both ways, which is thrice the mean of 2 x 2; smaller by a pixel."""
    return F.avg_pool2d(F.avg_pool2d(F.avg_pool2d(x, 2, 1, padding=1), 2, 1), 2, 1)


def _doubled(x: torch.Tensor) -> torch.Tensor:
    """A picture at twice the size, as `stylegan2` doubles it."""
    taps = torch.tensor((1.0, 3.0, 3.0, 1.0), device=x.device, dtype=x.dtype)
    kernel = (torch.outer(taps, taps) / 16).expand(x.shape[1], 1, 4, 4)
    return F.conv_transpose2d(x, kernel, stride=2, padding=1, groups=x.shape[1])


def averaged(average: Generator, current: Generator, share: float) -> None:
    """Move the averaged generator by a share towards the current one, in place."""
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), [p.detach() for p in current.parameters()], share)
        for kept, new in zip(average.buffers(), current.buffers(), strict=True):
            kept.copy_(new)


def stored(generator: Generator, dtype: torch.dtype = torch.float32) -> Mapping[str, torch.Tensor]:
    """The tensors that `gan.sample` reads, on the CPU. Mapping weights are large (their rate is small) and fit float16."""
    return {name: value.detach().to("cpu", dtype).contiguous() for name, value in generator.state_dict().items()}


@torch.no_grad()
def sampled(generator: Generator, count: int, seed: int) -> torch.Tensor:
    """Pictures (count, 3, side, side) in -1..1, of all kinds in turn; the same for the same seed."""
    device, shape = generator.mapping.w_avg.device, generator.shape
    noise = torch.randn(count, shape.z, generator=torch.Generator().manual_seed(seed)).to(device)
    kinds = F.one_hot(torch.arange(count, device=device) % shape.labels, shape.labels).float() if shape.labels else None
    parts = [generator(z, None if kinds is None else kinds[64 * k:64 * k + 64]) for k, z in enumerate(noise.split(64))]
    return torch.cat(parts).clamp(-1, 1)


def restored(tensors: Mapping[str, torch.Tensor]) -> Generator:
    """A generator that can be trained, of tensors as `stored` gives them; its shape is read off theirs."""
    sides = sorted(int(name.split(".")[1][1:]) for name in tensors if name.endswith(".conv1.bias"))
    widths = tuple(len(tensors[f"synthesis.b{side}.conv1.bias"]) for side in sides)
    labels = tensors["mapping.embed.weight"].shape[1] if "mapping.embed.weight" in tensors else 0
    w, taken = len(tensors["mapping.w_avg"]), tensors["mapping.fc0.weight"].shape[1]
    depth = sum(name.startswith("mapping.fc") and name.endswith("weight") for name in tensors)
    shape = Shape(sides[-1], labels, widths, widths[-2::-1], taken - (w if labels else 0), w, depth)
    generator = Generator(shape)
    generator.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return generator
