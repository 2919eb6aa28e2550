"""How pictures, points and boxes are prepared for a SAM 2, and its answers read.

transformers does so with torchvision, which this project goes without; these few lines do the same by torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.folders import settings
from ..common.vision import PREPARATION

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, which a folder may leave out


@dataclass(frozen=True)
class Preparation:
    """What a folder says of the pictures that its network reads: their size in pixels, mean and deviation by channel."""

    height: int = 1024
    width: int = 1024
    mean: Sequence[float] = _MEAN
    deviation: Sequence[float] = _DEVIATION

    def __call__(self, images: Any, input_points: Any = None, input_labels: Any = None, input_boxes: Any = None,
                 return_tensors: str = "pt") -> dict[str, Any]:
        """The tensors of a picture of Pillow's, and of points, labels and boxes in its pixels."""
        import numpy as np
        import torch

        pixels = torch.from_numpy(np.array(images.convert("RGB"))).permute(2, 0, 1)[None].float()
        resized = torch.nn.functional.interpolate(pixels, (self.height, self.width), mode="bilinear", antialias=True)
        mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in (self.mean, self.deviation))
        made = {"pixel_values": (resized.round().clamp(0, 255) / 255 - mean) / deviation,
                "original_sizes": torch.tensor([[images.height, images.width]])}
        scale = torch.tensor([self.width / images.width, self.height / images.height])
        if input_points is not None:
            made |= {"input_points": torch.tensor(input_points).float() * scale, "input_labels": torch.tensor(input_labels)}
        if input_boxes is not None:
            made["input_boxes"] = torch.tensor(input_boxes).float() * scale.repeat(2)
        return made

    @staticmethod
    def masks(answer: Any, prepared: dict[str, Any]) -> Any:
        """The three answers (3, height, width) in the size of the picture: above 0 is inside."""
        import torch

        size, masks = [int(side) for side in prepared["original_sizes"][0]], answer.pred_masks[0].float().cpu()
        return torch.nn.functional.interpolate(masks, size, mode="bilinear", align_corners=False)[0]


def preparation(folder: Path) -> Preparation:
    """What a folder says. Raises ValueError where its file cannot be read."""
    told = settings(folder / PREPARATION)
    size = told.get("size") or {}
    return Preparation(int(size.get("height", 1024)), int(size.get("width", 1024)), tuple(told.get("image_mean") or _MEAN),
                       tuple(told.get("image_std") or _DEVIATION))
