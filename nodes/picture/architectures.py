"""Which network weights belong to, told by the names and shapes of their tensors, without loading any."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

Shapes = Mapping[str, tuple[int, ...]]
_WRAPPERS = ("params_ema.", "params.", "module.", "netG.")  # that trainings put before every name


def plain_name(name: str) -> str:
    """A tensor's name without what a training put before it."""
    return next((name.removeprefix(wrapper) for wrapper in _WRAPPERS if name.startswith(wrapper)), name)


def architecture(shapes: Shapes) -> str:
    """Which of the networks here weights of these names and shapes are of: "Compact", "ESRGAN", or "" for none."""
    if "body.0.weight" in shapes and all(re.fullmatch(r"body\.\d+\.(weight|bias)", name) for name in shapes):
        widths = {shape[0] for name, shape in shapes.items() if len(shape) == 1 and name.endswith("weight")}
        return "Compact" if len(widths) == 1 and compact_scale(shapes) else ""
    ends = ends_of(shapes)
    names = {esrgan_name(name, ends) for name in shapes}
    known = all(re.fullmatch(r"(conv_\w+|body\.\d+\.rdb[123]\.conv[1-5])\.(weight|bias)", name) for name in names)
    return "ESRGAN" if known and {"conv_first.weight", "body.0.rdb1.conv5.weight", "conv_last.weight"} <= names else ""


def compact_scale(shapes: Shapes) -> int:
    """How many times larger; 0 where the last layer has not the planes of any scale."""
    last = max(int(name.split(".")[1]) for name in shapes)
    planes = shapes.get(f"body.{last}.weight", (0,))[0]
    scale = math.isqrt(planes // 3)
    return scale if 3 * scale ** 2 == planes else 0


_FIRST_NAMES = {"RRDB_trunk": "body", "trunk_conv": "conv_body", "upconv": "conv_up", "HRconv": "conv_hr",
                "RDB": "rdb"}  # of the authors' first release


def ends_of(shapes: Shapes) -> list[int]:
    """The numbers of the layers behind the trunk, where a network is one row of numbered layers (`model.0` ...)."""
    return sorted({int(found[1]) for name in shapes if (found := re.fullmatch(r"model\.(\d+)\.weight", name))} - {0})


def esrgan_name(name: str, ends: list[int]) -> str:
    """The name that BasicSR gives a tensor, of those that it had in the authors' releases before."""
    for old, new in _FIRST_NAMES.items():
        name = re.sub(rf"\b{old}(?=\d*\.)", new, name)
    name = re.sub(r"^model\.1\.sub\.(\d+)\.(rdb\d\.conv\d)\.0\.", r"body.\1.\2.", name)
    name = re.sub(r"^model\.1\.sub\.\d+\.(weight|bias)$", r"conv_body.\1", name)
    numbered = re.fullmatch(r"model\.(\d+)\.(weight|bias)", name)
    if not numbered:
        return name
    at = int(numbered[1])
    place = ends.index(at) - len(ends) if at else 0
    part = {0: "first", -1: "last", -2: "hr"}.get(place) or f"up{len(ends) + place + 1}"
    return f"conv_{part}.{numbered[2]}"
