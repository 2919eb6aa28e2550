"""Pictures that a model looks at while it paints: the one to edit, and others for reference."""

from __future__ import annotations

import inspect
from typing import Any

from nodegraph import InputError

from ..media.image import to_pil
from .families import device_of, varies
from .models import quiet


def looked_at(model: Any, pictures: list[Any]) -> dict[str, Any]:
    """Pictures float32 (3 or 4, height, width), what is transparent being white, as the pipeline's call takes them.

    Raises InputError for a model that takes none, or fewer.
    """
    if not pictures:
        if varies(model):
            raise InputError(f"a {type(model).__name__} paints variations of a picture; give it as reference")
        return {}
    kind, takes = type(model).__name__, inspect.signature(type(model).__call__).parameters
    if varies(model) and len(pictures) > 1:
        raise InputError(f"reference holds {len(pictures)} pictures, and a {kind} varies one; sample once for each")
    if "image" not in takes or "strength" in takes or "mask_image" in takes or "Control" in kind:
        raise InputError(f"a {kind} looks at no pictures while it paints; leave reference out, or give the picture to "
                         "diffusion.encode_image and its latent as start")
    if "Kontext" in kind and len(pictures) > 1:
        raise InputError(f"reference holds {len(pictures)} pictures, and a {kind} looks at one; put them side by side")
    seen = [to_pil(picture[:3] * picture[3:] + 1 - picture[3:] if picture.shape[0] == 4 else picture)
            for picture in pictures]
    if not hasattr(model, "encode_prompt"):
        return {"prompt_embeds": _seen_as_words(model, seen)}
    return {"image": seen if len(seen) > 1 else seen[0]}


def _seen_as_words(model: Any, pictures: list[Any]) -> Any:
    """What a model that reads a picture in place of words sees of it, (1, 1, width)."""
    import torch

    with torch.no_grad(), quiet():
        return model._encode_image(pictures, device_of(model), 1, False)
