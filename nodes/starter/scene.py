"""The nodes that turn a sentence into what the painter is shown, and into a picture drawn without it."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from nodegraph import Choice, Range, Seed, node

from ..media.types import Image, Mask
from .vocabulary import SETTINGS, STYLES, TIMES

CELL = 8  # pixels of a cell of the painter's latents
SHOWN = 0.02  # of a cell is drawn upon, and the cell is shown to the painter

Setting = Annotated[str, Choice(*SETTINGS)]
Style = Annotated[str, Choice(*STYLES)]
Time = Annotated[str, Choice(*TIMES)]


class SceneParts(NamedTuple):
    """What the painter is given."""

    prompt: str
    reference: Image
    mask: Mask
    facts: str


@node("starter.scene", version=2)
def scene(text: str, reference: Image | None = None, seed: Seed = 0, setting: Setting | None = None,
          style: Style | None = None, time: Time | None = None, size: Annotated[int, Range(64, 2048, 8)] = 128) -> SceneParts:
    """Read a sentence, in English or in Chinese, and lay out the picture that it asks for.

    Nouns are looked up among 900 drawings (boats, owls, teapots, lighthouses ...); colours, numbers, the setting, the
    style and the time of day are read too. What the sentence leaves open is chosen by the seed. Words that are not
    understood are told.

    text: what the picture shows, such as `two blue owls in a snowy forest at night, watercolour` or `海边的红色灯塔`.
    reference: a drawing of your own, which takes the place of the first thing: with alpha, or on a plain ground.
    seed: another seed places the drawings otherwise.
    setting: where it is, before what the sentence says.
    style: how it is painted, before what the sentence says.
    time: the time of day, before what the sentence says.
    prompt: the sentence in the words that the painter knows, for diffusion.encode.
    size: of reference and mask in pixels, for another painter than the starter.
    reference: the drawings at their places, transparent where there is none.
    mask: what is to be painted, which is all but the drawings.
    facts: what was read, a line each.
    """
    from .compositions import reference as shown
    from .drafts import FINEST, draft

    size -= size % CELL
    made = draft(text, seed, _cut(reference), max(size, FINEST), setting=setting, style=style, time=time)
    picture, cover = shown(made.composition.figures, size)
    return SceneParts(made.prompt, _rgba(picture, cover), _mask(cover), made.facts)


@node("starter.illustrate", version=2)
def illustrate(text: str, reference: Image | None = None, seed: Seed = 0, setting: Setting | None = None,
               style: Style | None = None, time: Time | None = None) -> Image:
    """Draw what a sentence says by rules, without a model: drawings in a setting, 128 x 128, in a moment.

    Not a painting: the same drawings are put before the same few settings, and the style is a filter. It is what the
    starter painter learned from; starter.scene gives the painter the same sentence.

    text: what the picture shows, in English or in Chinese; what is read is told at starter.scene.
    reference: a drawing of your own, which takes the place of the first thing: with alpha, or on a plain ground.
    seed: another seed places the drawings otherwise.
    setting: where it is, before what the sentence says.
    style: how it is drawn, before what the sentence says.
    time: the time of day, before what the sentence says.
    """
    from ..media.image import from_array
    from .compositions import render
    from .drafts import draft

    return from_array(render(draft(text, seed, _cut(reference), setting=setting, style=style, time=time).composition).picture)


def _cut(reference: Any) -> Any:
    from .cutouts import cutout

    return None if reference is None else cutout(reference)


def _rgba(picture: Any, cover: Any) -> Any:
    """The drawings with alpha, of a picture of them on middle grey; grey where nothing is drawn, as the painter sees it."""
    import numpy as np

    from ..media.image import from_array
    from .compositions import GREY

    alpha = cover[..., None].astype(np.float32) / 255
    colours = np.where(alpha > 0, (picture - GREY * (1 - alpha)) / np.maximum(alpha, 1 / 255), GREY)
    return from_array(np.concatenate([np.clip(colours + 0.5, 0, 255).astype(np.uint8), cover[..., None]], 2))


def _mask(cover: Any) -> Any:
    """1 where the painter paints, in whole cells: those of which next to nothing is drawn upon."""
    import torch

    means = torch.from_numpy(cover.astype("float32") / 255)[None, None]
    cells = torch.nn.functional.avg_pool2d(means, CELL)
    return (cells <= SHOWN).float().repeat_interleave(CELL, 2).repeat_interleave(CELL, 3)[0]
