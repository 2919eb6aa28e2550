"""What the painter is trained on, as it waits on the device: samples that keep coming, the newest over the oldest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..sentences import CODES
from .autoencoder import CHANNELS, blocks, principal_components
from .reading import MAX_TOKENS


@dataclass
class Size:
    """How much a device is asked to do."""

    batch: int = 256
    words_batch: int = 1_024
    crops: int = 128
    capacity: int = 400_000
    pixels: int = 50_000  # pictures kept as they are, for the decoder
    attempts: int = 3_000
    first: int = 1_024  # samples that the encoder is fitted to
    unseen: int = 256  # samples of drawings that are never trained

    @classmethod
    def on(cls, device: str) -> Size:
        return cls() if device.startswith("cuda") else cls(4, 32, 4, 4_000, 1_000, 8, 128, 24)


class Store:
    """Samples on the device: latents of pictures and of what is shown, masks, sentences; some pictures as they are."""

    def __init__(self, size: Size, device: str) -> None:
        self.device, self.size, self.count, self.told, self.kept = device, size, 0, 0, 0

        def room(*shape: int, dtype: torch.dtype = torch.float16) -> torch.Tensor:
            return torch.empty(shape, dtype=dtype, device=device)

        n = size.capacity
        self.latents, self.shown = room(n, CHANNELS, 16, 16), room(n, CHANNELS, 16, 16)
        self.mask, self.cover = room(n, 16, 16, dtype=torch.uint8), room(n, 16, 16, dtype=torch.uint8)
        self.ids, self.codes = room(n, 2, MAX_TOKENS, dtype=torch.int16), room(n, 2, len(CODES), dtype=torch.int8)
        self.pictures = room(size.pixels, 3, 128, 128, dtype=torch.uint8)
        self.project: torch.Tensor | None = None
        self.mean = self.shift = self.scale = torch.zeros(())

    def fit(self, pictures: torch.Tensor) -> None:
        """Set the projection onto latents by pictures uint8 (n, 3, 128, 128)."""
        mean, project = principal_components(pictures)
        self.mean, self.project = mean.to(self.device), project.to(self.device)
        self.shift, self.scale = torch.zeros((), device=self.device), torch.ones((), device=self.device)
        coded = self.coded(pictures.to(self.device))
        self.shift, self.scale = coded.mean(), 1 / coded.std()

    def coded(self, pictures: torch.Tensor) -> torch.Tensor:
        """Latents, centred and scaled, float32 (n, 16, 16, 16), of uint8 pictures (n, 3, 128, 128)."""
        flat = (blocks(pictures.float() / 255) - self.mean) @ self.project.T
        return (flat.view(len(pictures), 16, 16, CHANNELS).permute(0, 3, 1, 2) - self.shift) * self.scale

    def take(self, arrays: dict[str, np.ndarray]) -> None:
        """Put a chunk of the studio's in; when full, over the oldest."""
        count = len(arrays["picture"])
        at = self.count % (self.size.capacity - count + 1) if self.count + count > self.size.capacity else self.count
        on = slice(at, at + count)
        pictures = channels_first(arrays["picture"], self.device)
        self.latents[on] = self.coded(pictures).half()
        self.shown[on] = self.coded(channels_first(arrays["shown"], self.device)).half()
        for name in ("mask", "cover", "ids", "codes"):
            getattr(self, name)[on] = torch.from_numpy(arrays[name]).to(self.device)
        if self.kept + count <= self.size.pixels:
            self.pictures[self.kept:self.kept + count] = pictures
            self.kept += count
        self.count = max(self.count, at + count)

    @property
    def full(self) -> bool:
        return self.count + 64 > self.size.capacity


def channels_first(pictures: np.ndarray, device: str) -> torch.Tensor:
    """(n, channels, h, w) on the device of pictures (n, h, w, channels)."""
    return torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).contiguous()
