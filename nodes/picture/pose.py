"""PoseModel, and the node that draws how people in a picture stand, as control nets for poses want it.

The network is a ViTPose (Xu et al., 2022), which looks at one person at a time. What transformers does with scipy around it
is done with torch here: the person is cut out, and joints are found between the pixels of the heat maps (Zhang et al.,
DARK, 2020; Huang et al., UDP, 2020).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Range, Recipe, node, warn

from ..common import vision
from ..common.folders import settings
from ..common.loading import model_place
from ..media.types import Image, Mask

KINDS, WANTED = ("ForPoseEstimation",), "a model of poses (ViTPose)"
_MARGIN = 1.25  # of a person's box, as the networks were trained
_JOINTS = 17  # of COCO: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles; left before right
# Where those of OpenPose, with the right before the left, are among COCO's; the second, the neck, is between the shoulders.
_OPENPOSE = (0, None, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)
_LIMBS = ((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0), (0, 14),
          (14, 16), (0, 15), (15, 17))
_COLORS = ((255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0), (0, 255, 85),
           (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255), (170, 0, 255), (255, 0, 255),
           (255, 0, 170), (255, 0, 85))


def load(recipe: Recipe, device: str, dtype: str) -> vision.Seer:
    """The network in a folder, and how its pictures are prepared. Raises InputError when there is none, or not all of it."""
    from transformers import VitPoseForPoseEstimation

    return vision.seer(recipe, model_place(recipe, kind_problem), device, dtype, VitPoseForPoseEstimation,
                       lambda folder: settings(folder / vision.PREPARATION))


def kind_problem(folder: Path) -> str:
    """Why a folder holds no model of poses, or ""."""
    return vision.problem(folder, KINDS, WANTED)


PoseModel = Annotated[Any, ModelType(
    "PoseModel", "A network that finds the joints of people in a picture, as transformers saves it.", load=load,
    size=vision.Seer.nbytes,
    holds=lambda folder: not kind_problem(folder), problem=kind_problem, color="#b8937b")]


@node("picture.pose", version=1, costly=True)
def pose(image: Image, model: PoseModel, people: list[Mask] | None = None,
         confidence: Annotated[float, Range(0, 1, 0.05)] = 0.3, width: Annotated[float, Range(0, 32, 0.5)] = 0) -> Image:
    """Draw how people in a picture stand, as coloured bones on black: what control nets for poses (OpenPose) want.

    image: the picture; its alpha is left out.
    model: a folder of transformers with a ViTPose.
    people: where each person is, such as mask.person or mask.sam finds them; left out, the whole picture is one.
    confidence: how sure the model must be of a joint for it to be drawn.
    width: of the bones, in pixels; 0 is a 128th of the shorter side.
    """
    boxes = [_box(mask, image) for mask in people or ()] or [(0.0, 0.0, float(image.shape[2]), float(image.shape[1]))]
    found = [joints(image[:3], model, box) for box in boxes]
    drawn = [[(x, y) if sure >= confidence else None for x, y, sure in person.tolist()] for person in found]
    if not any(any(person) for person in drawn):
        warn(f"no joint was found with a confidence of {confidence:g} or more; the picture stays black")
    return _bones(drawn, image.shape[2], image.shape[1], width or max(1.0, min(image.shape[1:]) / 128))


def _box(mask: Any, image: Any) -> tuple[float, float, float, float]:
    """Left, top, width and height of what a mask covers by half or more."""
    if mask.shape[1:] != image.shape[1:]:
        raise InputError(f"people holds a mask of {mask.shape[2]} x {mask.shape[1]}, and image is {image.shape[2]} x "
                         f"{image.shape[1]}; give them one size")
    rows, columns = ((mask[0] >= 0.5).any(axis).nonzero().flatten() for axis in (1, 0))
    if not len(rows):
        raise InputError("people holds a mask that covers nothing; leave it out, or find the person otherwise")
    left, top = float(columns[0]), float(rows[0])
    return left, top, float(columns[-1]) + 1 - left, float(rows[-1]) + 1 - top


def joints(image: Any, model: vision.Seer, box: tuple[float, float, float, float]) -> Any:
    """The joints of a person, float32 (17, 3): x and y in pixels, and how sure the network is of each.

    image: float32 (3, height, width). box: left, top, width and height of the person, in pixels.
    """
    import torch

    told, weight = model.processor, next(model.network.parameters())
    high, wide = (int(told["size"][name]) for name in ("height", "width"))
    center, size = _around(box, wide / high)
    seen = _cut(image, center, size, wide, high)
    mean, deviation = (torch.tensor(told[name]).view(3, 1, 1) for name in ("image_mean", "image_std"))
    ready = ((seen - mean) / deviation)[None].to(weight)
    several = getattr(model.network.config.backbone_config, "num_experts", 1) > 1
    more = {"dataset_index": torch.zeros(1, dtype=torch.long, device=weight.device)} if several else {}
    with torch.no_grad():
        heat = model.network(ready, **more).heatmaps[0].float().cpu()
    if heat.shape[0] < _JOINTS or not heat.isfinite().all():
        raise InputError(f"the model answers with {heat.shape[0]} joints, or with numbers that are none (NaN); a ViTPose with "
                         f"the {_JOINTS} of COCO is wanted")
    places, sure = _peaks(heat[:_JOINTS])
    steps = torch.tensor([size[0] / (heat.shape[2] - 1), size[1] / (heat.shape[1] - 1)])
    corner = torch.tensor([center[0] - size[0] / 2, center[1] - size[1] / 2])
    return torch.cat([places * steps + corner, sure[:, None]], dim=1)


def _around(box: tuple[float, float, float, float], ratio: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The middle of a box, and its width and height with a margin, at a ratio of these."""
    left, top, width, height = box
    width, height = max(width, height * ratio), max(height, width / ratio)
    return (left + box[2] / 2, top + box[3] / 2), (width * _MARGIN, height * _MARGIN)


def _cut(image: Any, center: tuple[float, float], size: tuple[float, float], wide: int, high: int) -> Any:
    """What lies in a box, at wide x high pixels; black where that is outside of the picture."""
    import torch

    axes = [torch.arange(count) / (count - 1) * length + middle - length / 2
            for count, length, middle in ((wide, size[0], center[0]), (high, size[1], center[1]))]
    y, x = torch.meshgrid(axes[1], axes[0], indexing="ij")
    rows, columns = image.shape[1:]
    inside = (x >= 0) & (x <= columns - 1) & (y >= 0) & (y <= rows - 1)
    grid = torch.stack([x / max(1, columns - 1), y / max(1, rows - 1)], dim=-1) * 2 - 1
    return torch.nn.functional.grid_sample(image.cpu()[None], grid[None], align_corners=True)[0] * inside


def _peaks(heat: Any) -> tuple[Any, Any]:
    """Where heat maps (joints, height, width) are hottest, between their pixels, (joints, 2), and how hot they are there."""
    import torch

    count, high, wide = heat.shape
    sure, at = heat.flatten(1).max(1)
    x, y = at % wide, at // wide
    logs = torch.nn.functional.pad(_blurred(heat).clamp(1e-3, 50).log()[None], (1, 1, 1, 1), mode="replicate")[0]

    def near(right: int, down: int) -> Any:
        return logs[torch.arange(count), y + 1 + down, x + 1 + right]

    here = near(0, 0)
    slope = torch.stack([near(1, 0) - near(-1, 0), near(0, 1) - near(0, -1)], dim=1) / 2
    across = (near(1, 1) - near(1, 0) - near(0, 1) + 2 * here - near(-1, 0) - near(0, -1) + near(-1, -1)) / 2
    bend = torch.stack([near(1, 0) - 2 * here + near(-1, 0), across, across, near(0, 1) - 2 * here + near(0, -1)], dim=1)
    bend = bend.view(count, 2, 2) + torch.finfo(torch.float32).eps * torch.eye(2)
    moved = torch.linalg.solve_ex(bend, slope)[0]  # one step of Newton's method, to where a Gaussian has its top
    return torch.stack([x, y], dim=1) - torch.where(moved.isfinite().all(1, keepdim=True), moved, 0.0), sure


def _blurred(heat: Any) -> Any:
    """Heat maps under a Gaussian of 0.8 pixels, over 11 of them."""
    import torch

    line = torch.exp(-0.5 * (torch.arange(-5, 6) / 0.8) ** 2)
    line = line / line.sum()
    for axis in (1, 2):
        ends = [heat.narrow(axis, begin, 5).flip(axis) for begin in (0, heat.shape[axis] - 5)]
        longer = torch.cat([ends[0], heat, ends[1]], dim=axis)
        heat = sum(longer.narrow(axis, at, heat.shape[axis]) * line[at] for at in range(11))
    return heat


def _bones(people: list[list[Any]], width: int, height: int, thick: float) -> Any:
    """Bones and joints of OpenPose on black, float32 (3, height, width)."""
    import numpy
    import torch
    from PIL import Image as Pictures, ImageDraw

    canvas = Pictures.new("RGB", (width, height))
    draw = ImageDraw.Draw(canvas)
    for coco in people:
        person = [_neck(coco) if at is None else coco[at] for at in _OPENPOSE]
        for (begin, end), color in zip(_LIMBS, _COLORS):
            if person[begin] is not None and person[end] is not None:
                (x0, y0), (x1, y1) = person[begin], person[end]
                long, turn = math.hypot(x1 - x0, y1 - y0) / 2, math.atan2(y1 - y0, x1 - x0)
                rim = [(long * math.cos(angle), thick * math.sin(angle)) for angle in
                       (step * math.tau / 36 for step in range(36))]
                draw.polygon([((x0 + x1) / 2 + a * math.cos(turn) - b * math.sin(turn),
                               (y0 + y1) / 2 + a * math.sin(turn) + b * math.cos(turn)) for a, b in rim],
                             fill=tuple(int(part * 0.6) for part in color))
        for joint, color in zip(person, _COLORS):
            if joint is not None:
                draw.ellipse([joint[0] - thick, joint[1] - thick, joint[0] + thick, joint[1] + thick], fill=color)
    return torch.from_numpy(numpy.array(canvas)).permute(2, 0, 1).float().contiguous() / 255


def _neck(coco: list[Any]) -> Any:
    left, right = coco[5], coco[6]
    return None if left is None or right is None else ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
