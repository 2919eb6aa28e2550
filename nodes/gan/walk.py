"""The nodes that wander through styles: a path of them, and a film of the pictures along it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Any

from nodegraph import SILENT, Context, InputError, Range, Seed, node

from ..media.films.footage import stills
from ..media.image import to_array
from ..media.types import Video
from ..media.video import MOST_FPS, rate
from .kinds import chosen
from .models import GanLatent, GanModel, family_of
from .sample import Label, Noise, Psi, noise_of, synthesize

Stations = Annotated[int, Range(2, 64)]
Frames = Annotated[int, Range(2, 10_000)]


@node("gan.path", version=1, costly=True)
def path(model: GanModel, seed: Seed = 0, stations: Stations = 4, frames: Frames = 48, truncation_psi: Psi = 0.7,
         label: Label = 0, kinds: str = "", loop: bool = True) -> list[GanLatent]:
    """Wander through the styles of a generator, from one picture to the next, smoothly and, if wanted, back again.

    model: a folder with the generator of a StyleGAN2 as safetensors.
    seed: of the first station; the next has the next seed, as gan.sample draws it.
    stations: how many pictures the path goes through.
    frames: how many styles it is made of, all in all.
    truncation_psi: how far from the average picture the stations are.
    label: their class, for models that were trained on classes.
    kinds: in place of a label, kinds as in gan.sample; with a > between them, one for each station: `vine > waves`.
    loop: whether it ends where it began, so that a film of it has no end.
    """
    import torch

    keys = torch.stack([_station(model, seed + k, truncation_psi, label, kind)
                        for k, kind in enumerate(_along(kinds, stations))])
    return [GanLatent(style.repeat(model.layers, 1), family_of(model)) for style in curve(keys, frames, loop)]


@node("gan.walk", version=1, costly=True)
def walk(model: GanModel, seed: Seed = 0, stations: Stations = 4, frames: Frames = 48,
         fps: Annotated[float, Range(0.01, MOST_FPS)] = 12.0, truncation_psi: Psi = 0.7, label: Label = 0, kinds: str = "",
         loop: bool = True, noise: Noise = "const", ctx: Context = SILENT) -> Video:
    """Film a walk through what a generator can draw: its pictures melt into one another.

    model: a folder with the generator of a StyleGAN2 as safetensors.
    seed: of the first station; the next has the next seed, as gan.sample draws it.
    stations: how many pictures the walk goes through.
    frames: how many pictures the film has.
    fps: how many of them are shown in a second.
    truncation_psi: how far from the average picture the stations are.
    label: their class, for models that were trained on classes.
    kinds: in place of a label, kinds as in gan.sample; with a > between them, one for each station: `vine > waves`.
    loop: whether it ends where it began.
    noise: where hair and grain come from; random ones would flicker.
    """
    latents = path(model, seed, stations, frames, truncation_psi, label, kinds, loop)
    return stills(_filmed(model, latents, noise, ctx), rate(Fraction(fps)), False)


def _filmed(model: Any, latents: list[GanLatent], noise: Noise, ctx: Context) -> Iterator[Any]:
    for number, latent in enumerate(latents, 1):
        picture = to_array(synthesize(model, latent, noise))
        yield picture
        ctx.report(number, len(latents), preview=picture if ctx.previews else None)


def _along(kinds: str, stations: int) -> list[str]:
    """The kinds of each station: those that are written, over and over."""
    written = [part.strip() for part in re.split(r"[>→]", kinds)]
    if len(written) > 1 and not all(written):
        raise InputError(f"kinds is {kinds!r}; write a kind on both sides of each >")
    return [written[k % len(written)] for k in range(stations)]


def _station(model: Any, seed: int, psi: float, label: int, kinds: str) -> Any:
    import torch

    from .stylegan2 import mapped, middle, truncated

    which = chosen(model, label, kinds)
    with torch.no_grad():
        style = mapped(model, noise_of(seed, model.z_width).to(model.device), which)
        return truncated(model, style, psi, middle(model, which))


def curve(keys: Any, count: int, loop: bool) -> Any:
    """`count` points (count, width) on a curve through keys (n, width) that bends smoothly (Catmull and Rom, 1974).

    Closed, it stops one step before its beginning; open, it begins at the first key and ends at the last.
    """
    import torch

    n = len(keys)
    at = torch.arange(count, dtype=torch.float64) * (n / count if loop else (n - 1) / max(1, count - 1))
    start = at.floor().long().clamp(max=n - 1 if loop else n - 2)
    t = (at - start).to(keys)[:, None]

    def key(offset: int) -> Any:
        index = start + offset
        return keys[index % n if loop else index.clamp(0, n - 1)]

    before, first, second, after = (key(offset) for offset in (-1, 0, 1, 2))
    return first + t / 2 * (second - before + t * (2 * before - 5 * first + 4 * second - after
                                                   + t * (3 * (first - second) + after - before)))
