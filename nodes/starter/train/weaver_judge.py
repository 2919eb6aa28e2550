"""Who judges the starter weaver: a classifier that saw drawings alone, and what is measured with it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_model, save_model
from torch import nn

from ...common.files import whole_file
from ...gan.networks import Generator
from ..ornaments import drawn, dressed

FEATURES = 64
_BANK, _CHUNK = 400, 256  # drawings of each kind that near copies are looked for among; pictures at a time
PALETTES = (("1d3557", "e63946", "f4a261", "f1faee"), ("264653", "2a9d8f", "e9c46a", "fdf0d5"),
            ("f1faee", "a8dadc", "e63946", "1d3557"), ("3d405b", "e07a5f", "f2cc8f", "f4f1de"),
            ("fefae0", "dda15e", "bc6c25", "283618"), ("5f0f40", "fb8b24", "e36414", "ffe8d6"))


class Judge:
    """Tells the kinds of ornaments apart, from a little noise and shift; its last layer but one serves as features."""

    def __init__(self, kinds: Sequence[str], side: int, device: str, seed: int) -> None:
        self.kinds, self.side, self.device, self.seed = tuple(kinds), side, device, seed
        widths, layers = (3, 32, 64, 96), []
        for taken, made in zip(widths, widths[1:], strict=False):
            layers += [nn.Conv2d(taken, made, 3, padding=1), nn.BatchNorm2d(made), nn.LeakyReLU(0.1),
                       nn.Conv2d(made, made, 3, padding=1, stride=2), nn.LeakyReLU(0.1)]
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(widths[-1] * (side // 8) ** 2, FEATURES),
                                  nn.LeakyReLU(0.1)).to(device)
        self.head = nn.Linear(FEATURES, len(kinds)).to(device)
        self.parts = nn.ModuleList([self.body, self.head])

    def learned(self, path: Path, seconds: float, steps: int = 2_000) -> dict[str, Any]:
        """Learn as `learn` does, or read what was learned from a file of weights; a training that goes on keeps its judge."""
        if path.exists():
            with safe_open(path, "pt") as file:
                figures = json.loads(file.metadata()["learned"])
            load_model(self.parts, path)
        else:
            figures = self.learn(seconds, steps)
            with whole_file(path) as partial:
                save_model(self.parts, str(partial), {"learned": json.dumps(figures)})
        self.parts.eval()
        return figures

    def learn(self, seconds: float, steps: int = 2_000) -> dict[str, Any]:
        """Learn from drawings, for so long at most; how it does on drawings that it never saw."""
        begun, step, each = time.monotonic(), 0, 16
        mover = torch.optim.AdamW([*self.body.parameters(), *self.head.parameters()], 2e-3)
        pool = self.drawings(512 if self.device != "cpu" else 64, self.seed + 1)
        self.body.train()
        while step < steps and (time.monotonic() - begun < seconds or step < 10):
            if step and step % 200 == 0:
                pool = self.drawings(pool.shape[1], self.seed + 1 + step)
            chosen = torch.randint(pool.shape[1], (len(self.kinds), each), device=self.device)
            pictures = pool[torch.arange(len(self.kinds), device=self.device)[:, None], chosen].flatten(0, 1)
            pictures = pictures + 0.1 * torch.randn_like(pictures)
            truth = torch.arange(len(self.kinds), device=self.device).repeat_interleave(each)
            loss = F.cross_entropy(self.head(self.body(pictures)), truth, label_smoothing=0.05)
            mover.zero_grad(set_to_none=True)
            loss.backward()
            mover.step()
            step += 1
        self.body.eval()
        held_out = self.drawings(100, self.seed + 500_009)
        return {"steps": step, "seconds": round(time.monotonic() - begun, 1),
                "accuracy": round(self.accuracy(held_out), 4)}

    @torch.no_grad()
    def drawings(self, each: int, seed: int) -> torch.Tensor:
        """Drawings in -1..1, float32 (kinds, each, 3, side, side)."""
        dice = torch.Generator(self.device).manual_seed(seed)
        return torch.stack([drawn(kind, each, self.side, dice) for kind in self.kinds]) * 2 - 1

    @torch.no_grad()
    def features(self, pictures: torch.Tensor) -> torch.Tensor:
        """float32 (n, 64) of pictures (n, 3, side, side)."""
        return torch.cat([self.body(part) for part in pictures.split(_CHUNK)])

    def accuracy(self, pictures: torch.Tensor) -> float:
        """Share of pictures (kinds, each, 3, side, side) that are taken for their kind."""
        guesses = self.head(self.features(pictures.flatten(0, 1))).argmax(1).view(len(self.kinds), -1)
        return float((guesses == torch.arange(len(self.kinds), device=self.device)[:, None]).float().mean())


@torch.no_grad()
def woven_pictures(generator: Generator, each: int, seed: int, psi: float = 1.0) -> torch.Tensor:
    """Pictures of every kind, clamped to -1..1: (kinds, each, 3, side, side). psi: nearness to the average of a kind."""
    device = generator.mapping.w_avg.device
    dice = torch.Generator(device).manual_seed(seed)
    rows = []
    for label in range(generator.shape.labels):
        kinds = F.one_hot(torch.tensor(label, device=device), generator.shape.labels).float()
        w = generator.mapping(torch.randn(max(each, 512), generator.shape.z, generator=dice, device=device),
                              kinds.expand(max(each, 512), -1))
        w = torch.lerp(w.mean(0, keepdim=True), w, psi)[:each, None].expand(-1, 2 * len(generator.shape.widths), -1)
        rows.append(torch.cat([generator.painted(part) for part in w.split(_CHUNK)]).clamp(-1, 1))
    return torch.stack(rows)


def scores(generator: Generator, judge: Judge, pictures: int, seed: int) -> dict[str, float]:
    """How far a generator's pictures are from drawings, whether kinds can be told, and whether they are copies.

    distance: Frechet distance of features, at psi 1; floor: that between two sets of drawings. kinds, kinds_0.7: share
    told rightly at psi 1 and 0.7. nearest: median distance (root mean square of -1..1) to the nearest of a bank of
    drawings, and nearest_drawn the same for drawings that are not in the bank: near copies would lie far below.
    """
    each = max(2, pictures // len(judge.kinds))
    true, more = judge.drawings(each, seed + 900_001), judge.drawings(each, seed + 900_002)
    made = woven_pictures(generator, each, seed + 3)
    features = [judge.features(part.flatten(0, 1)).double().cpu() for part in (true, more, made)]
    bank = judge.drawings(min(_BANK, each), seed + 900_003)
    near, near_drawn = _nearest(made, bank), _nearest(true, bank)
    spread = {"nearest": near.median(), "nearest_drawn": near_drawn.median(),
              "nearest_1st": near.quantile(0.01), "nearest_drawn_1st": near_drawn.quantile(0.01)}
    return {"distance": round(frechet(features[0], features[2]), 4), "floor": round(frechet(features[0], features[1]), 4),
            "kinds": round(judge.accuracy(made), 4),
            "kinds_0.7": round(judge.accuracy(woven_pictures(generator, each, seed + 4, 0.7)), 4),
            **{name: round(float(value), 4) for name, value in spread.items()}}


def _nearest(pictures: torch.Tensor, bank: torch.Tensor, most: int = 50) -> torch.Tensor:
    """Distance of each picture, of some of each kind, to the nearest of its kind in the bank."""
    size = bank[0, 0].numel() ** 0.5
    return torch.cat([torch.cdist(mine[:most].flatten(1), theirs.flatten(1)).amin(1) / size
                      for mine, theirs in zip(pictures, bank, strict=True)]).cpu()


def frechet(a: torch.Tensor, b: torch.Tensor) -> float:
    """The Frechet distance between two clouds (n, features), as if both were normal (Heusel et al., 2017)."""
    covariances = [torch.cov(cloud.T) for cloud in (a, b)]
    values, vectors = torch.linalg.eigh(covariances[0])
    root = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
    cross = torch.linalg.eigvalsh(root @ covariances[1] @ root).clamp(min=0).sqrt().sum()
    means = (a.mean(0) - b.mean(0)).square().sum()
    return float(means + covariances[0].trace() + covariances[1].trace() - 2 * cross)


def colors(palette: Sequence[str]) -> torch.Tensor:
    """(4, 3) in 0..1 of four hex colours: three inks and the ground."""
    return torch.tensor([[int(code[k:k + 2], 16) / 255 for k in (0, 2, 4)] for code in palette])


def sheet(generator: Generator, path: Path, columns: int = 12) -> None:
    """A picture of all kinds in several palettes: half of each row as woven, half mirrored both ways."""
    from PIL import Image

    made = woven_pictures(generator, columns, 11, 0.8).cpu() / 2 + 0.5
    rows = []
    for kind in made:
        cells = []
        for k, cover in enumerate(kind):
            picture = dressed(cover, colors(PALETTES[k % len(PALETTES)])).clamp(0, 1)
            side = picture.shape[-1]
            if k >= columns // 2:
                half = torch.cat([picture, picture.flip(2)], 2)
                picture = torch.cat([half, half.flip(1)], 1)
            else:
                picture = picture.repeat_interleave(2, 1).repeat_interleave(2, 2)
            cells.append(F.pad(picture[:, :2 * side, :2 * side], (2, 2, 2, 2), value=1.0))
        rows.append(torch.cat(cells, 2))
    pixels = (torch.cat(rows, 1).permute(1, 2, 0) * 255).round().byte().numpy()
    Image.fromarray(pixels).quantize(200).save(path, optimize=True)
