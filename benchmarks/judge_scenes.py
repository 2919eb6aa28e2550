"""A judge of pictures: a small classifier that has seen rendered scenes only, and shares no code with the painter.

It tells ten subjects apart whose drawings no training of the painter has seen, and the colours, settings, styles and
times of day. It is trained on first use and kept under the given folder as safetensors. It learns from blurred, noisy
and shifted renderings too, so that it judges what is shown and not how crisply.
"""

from __future__ import annotations

import multiprocessing
import os
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

from nodegraph_nodes.starter import compositions, drawings
from nodegraph_nodes.starter.vocabulary import COLOURS, SETTINGS, STYLES, TIMES

SUBJECTS = {"goat": ("goat", "山羊"), "lobster": ("lobster", "龙虾"), "lady-beetle": ("ladybird", "瓢虫"), "baby-chick": ("chick", "小鸡"),
            "pencil": ("pencil", "铅笔"), "broom": ("broom", "扫帚"), "television": ("television", "电视机"),
            "robot-standing": ("robot", "机器人"), "canoe": ("canoe", "独木舟"), "feather": ("feather", "羽毛")}  # by id of the drawing
CHOICES = {"subject": tuple(SUBJECTS), "colour": COLOURS, "setting": SETTINGS, "style": STYLES, "time": TIMES}
TRAINING_PICTURES, EXAM_PICTURES, EPOCHS, BATCH = 12_000, 400, 12, 64


@dataclass(frozen=True)
class Judge:
    """A classifier and how often it is right about rendered scenes that it never saw."""

    network: nn.Module
    accuracy: dict[str, float]

    @torch.no_grad()
    def read(self, pictures: torch.Tensor) -> list[dict[str, str]]:
        """What is seen in each picture: uint8 (n, 3, 128, 128) in, one dictionary of attributes each out."""
        self.network.eval()
        seen = []
        for part in pictures.split(64):
            best = [head.argmax(1).tolist() for head in _heads(self.network(_signed(part)))]
            seen += [{name: choices[k] for (name, choices), k in zip(CHOICES.items(), ks, strict=True)}
                     for ks in zip(*best, strict=True)]
        return seen


def judge(folder: Path, seed: int = 0) -> Judge:
    """The judge kept in `folder`, or a newly trained one that is then kept there. Takes about half an hour of one core."""
    path = folder / "judge.safetensors"
    network = _network()
    if path.exists():
        network.load_state_dict(load_file(path))
    else:
        folder.mkdir(parents=True, exist_ok=True)
        _teach(network, seed)
        save_file(network.state_dict(), path.with_suffix(".partial"))
        os.replace(path.with_suffix(".partial"), path)
    return Judge(network, _exam(network))


def wanted(seed: int) -> dict[str, str]:
    """One of each of CHOICES."""
    rng = random.Random(f"judged {seed}")
    return {name: rng.choice(choices) for name, choices in CHOICES.items()}


def picture(seed: int) -> tuple[np.ndarray, list[int]]:
    """A rendered scene uint8 (3, 128, 128), and the place of each of its attributes among CHOICES."""
    from nodegraph_nodes.starter.drafts import FINEST, _pixels

    asked = wanted(seed)
    figure = compositions.Figure(_pixels(drawings.by_id(asked["subject"]), FINEST), compositions.places(1, seed)[0], asked["colour"])
    scene = compositions.Composition((figure,), asked["setting"], asked["style"], asked["time"], seed)
    labels = [choices.index(asked[name]) for name, choices in CHOICES.items()]
    return compositions.render(scene).picture.transpose(2, 0, 1), labels


def rendered(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """uint8 pictures (count, 3, 128, 128) and int64 labels (count, 5)."""
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        made = pool.map(picture, range(seed, seed + count), 50)
    return torch.from_numpy(np.stack([pixels for pixels, _ in made])), torch.tensor([labels for _, labels in made])


def _network() -> nn.Module:
    def stage(inside: int, outside: int) -> list[nn.Module]:
        return [nn.Conv2d(inside, outside, 3, 2, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(),
                nn.Conv2d(outside, outside, 3, 1, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU()]

    return nn.Sequential(nn.Conv2d(3, 24, 5, 2, 2, bias=False), nn.BatchNorm2d(24), nn.ReLU(), *stage(24, 40), *stage(40, 72),
                         *stage(72, 112), *stage(112, 128), nn.Flatten(), nn.Dropout(0.3),
                         nn.Linear(128 * 16, sum(map(len, CHOICES.values()))))


def _signed(pictures: torch.Tensor) -> torch.Tensor:
    return pictures.float().div(127.5).sub(1)


def _heads(logits: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return logits.split([len(choices) for choices in CHOICES.values()], 1)


def _worn(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Shifted by up to six pixels, half of them mirrored, sometimes blurred, always a little noisy."""
    dx, dy = torch.randint(-6, 7, (2,), generator=generator).tolist()
    mirrored = torch.rand(len(pictures), generator=generator) < 0.5
    pictures = torch.where(mirrored[:, None, None, None], pictures.flip(3), pictures)
    pictures = pictures.roll((dx, dy), (2, 3))
    if torch.rand((), generator=generator) < 0.4:
        width = 3 if torch.rand((), generator=generator) < 0.6 else 5
        pictures = F.avg_pool2d(pictures, width, 1, width // 2)
    return pictures + 0.06 * torch.randn(pictures.shape, generator=generator)


def _teach(network: nn.Module, seed: int) -> None:
    torch.manual_seed(seed)
    pictures, labels = rendered(TRAINING_PICTURES, 500_001 + seed * TRAINING_PICTURES)
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.02)
    steps = EPOCHS * TRAINING_PICTURES // BATCH
    decay = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    network.train()
    for _ in range(steps):
        picked = torch.randint(len(pictures), (BATCH,), generator=generator)
        heads = _heads(network(_worn(_signed(pictures[picked]), generator)))
        loss = sum(F.cross_entropy(head, labels[picked, k]) for k, head in enumerate(heads))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        decay.step()


@torch.no_grad()
def _exam(network: nn.Module) -> dict[str, float]:
    network.eval()
    pictures, labels = rendered(EXAM_PICTURES, 400_001)
    heads = _heads(network(torch.cat([_signed(part) for part in pictures.split(100)])))
    return {name: (head.argmax(1) == labels[:, k]).float().mean().item()
            for k, (name, head) in enumerate(zip(CHOICES, heads, strict=True))}
