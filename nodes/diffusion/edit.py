"""Pictures that a model looks at while it paints: the one to edit, and others for reference."""

from __future__ import annotations

import inspect
from typing import Any

from nodegraph import InputError

from ..media.image import to_pil
from .families import device_of, moves_picture, varies
from .guided import settings_of
from .models import quiet


def looked_at(model: Any, pictures: list[Any]) -> dict[str, Any]:
    """Pictures float32 (3 or 4, height, width), what is transparent being white, as the pipeline's call takes them.

    Raises InputError for a model that takes none, or fewer.
    """
    if not pictures:
        if varies(model):
            raise InputError(f"a {type(model).__name__} paints variations of a picture; give it as reference")
        if moves_picture(model):
            raise InputError(f"a {type(model).__name__} paints clips that begin with a picture; give it as reference")
        return {}
    kind, takes = type(model).__name__, inspect.signature(type(model).__call__).parameters
    if moves_picture(model) and len(pictures) > (most := 1 + ("last_image" in takes)):
        raise InputError(f"reference holds {len(pictures)} pictures, and a {kind} takes "
                         + ("the first of the clip, and the last" if most > 1 else "the first of the clip"))
    if varies(model) and len(pictures) > 1:
        raise InputError(f"reference holds {len(pictures)} pictures, and a {kind} varies one; sample once for each")
    if "image" not in takes or "strength" in takes or "mask_image" in takes or "Control" in kind:
        raise InputError(f"a {kind} looks at no pictures while it paints; leave reference out, or give the picture to "
                         "diffusion.encode_image and its latent as start")
    if "Kontext" in kind and len(pictures) > 1:
        raise InputError(f"reference holds {len(pictures)} pictures, and a {kind} looks at one; put them side by side")
    seen = as_pictures(pictures)
    if moves_picture(model):
        return {**dict(zip(("image", "last_image"), seen, strict=False)), **_motion(model)}
    if not hasattr(model, "encode_prompt"):
        return {"prompt_embeds": _seen_as_words(model, seen)}
    return {"image": seen if len(seen) > 1 else seen[0]}


def as_pictures(pictures: list[Any]) -> list[Any]:
    """Pictures float32 (3 or 4, height, width) as Pillow has them, what is transparent being white."""
    return [to_pil(picture[:3] * picture[3:] + 1 - picture[3:] if picture.shape[0] == 4 else picture) for picture in pictures]


def _motion(model: Any) -> dict[str, Any]:
    """How a clip is to move, where a patch says so. Raises InputError for a model that is not told."""
    said = settings_of(model).get("motion", {})
    if said and "motion_bucket_id" not in inspect.signature(type(model).__call__).parameters:
        raise InputError(f"a {type(model).__name__} is not told how much there is to move (diffusion.motion is of Stable Video "
                         "Diffusion); leave that out, and say it in the prompt")
    return said


def _seen_as_words(model: Any, pictures: list[Any]) -> Any:
    """What a model that reads a picture in place of words sees of it, (1, 1, width)."""
    import torch

    with torch.no_grad(), quiet():
        return model._encode_image(pictures, device_of(model), 1, False)
