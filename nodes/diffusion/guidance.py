"""Nodes that say how a model is guided, before anything is sampled. None of them loads or changes weights."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nodegraph import Range, Unloaded, node

from .guided import patched
from .models import DiffusionModel

Share = Annotated[float, Range(0, 1, 0.01)]


@node("diffusion.guidance", version=1)
def guidance(model: Unloaded[DiffusionModel], way: Literal["plain", "projected", "manifold", "zero_star"] = "plain",
             rescale: Share = 0.0, start: Share = 0.0, end: Share = 1.0, eta: Annotated[float, Range(0, 2, 0.05)] = 0.0,
             limit: Annotated[float, Range(0, 100, 0.5)] = 15.0, momentum: Annotated[float, Range(-1, 1, 0.05)] = 0.0,
             pag_scale: Annotated[float, Range(0, 20, 0.1)] = 0.0, pag_layers: Literal["mid", "down", "up"] = "mid",
             skip_layers: list[int] | None = None, skip_scale: Annotated[float, Range(0, 20, 0.1)] = 2.8,
             skip_start: Share = 0.01, skip_end: Share = 0.2) -> DiffusionModel:
    """Say how a model is guided by its prompt: less burnt colours at a high guidance_scale, clearer shapes.

    model: the model, or what an earlier such node gave.
    way: `plain` is classifier-free guidance. `projected` (APG, Sadat et al., 2024) keeps colours from burning at high
        scales. `manifold` (CFG++, Chung et al., 2024) takes guidance_scale from 0.2 to 1.5 and sampler: euler.
        `zero_star` (CFG-Zero*, Fan et al., 2025) is for flows.
    rescale: how far the deviation is brought back to that of the prompt alone (Lin et al., 2023); 0.7 is usual.
    start, end: the share of the steps in which there is guidance (Kynkäänniemi et al., 2024). Outside, the prompt counts
        alone, and a step is half the work.
    eta: of `projected`, how much stays of what only burns; 0 is all off, 1 plain guidance.
    limit: of `projected`, how long the difference that the prompt makes may get; 0 is without an end.
    momentum: of `projected`, how much earlier steps count; negative pushes away from them.
    pag_scale: how much the model is also guided away from itself with attention perturbed (PAG, Ahn et al., 2024); 0 is
        none, 3 usual. It takes a unet, and half as much time again.
    pag_layers: where the attention is perturbed.
    skip_layers: layers of a Stable Diffusion 3 that it is also guided away from itself without, such as 7, 8, 9 (SLG).
    skip_scale: how much so.
    skip_start, skip_end: in which share of the steps.
    """
    options: list[tuple[str, Any]] = [("way", way), ("rescale", float(rescale)), ("start", float(start)), ("end", float(end))]
    if way == "projected":
        options += [("eta", float(eta)), ("limit", float(limit)), ("momentum", float(momentum))]
    if pag_scale:
        options += [("pag_scale", float(pag_scale)), ("pag_layers", pag_layers)]
    if skip_layers:
        options += [("skip_layers", tuple(skip_layers)), ("skip_scale", float(skip_scale)),
                    ("skip_start", float(skip_start)), ("skip_end", float(skip_end))]
    return patched(model, "guidance", options)


@node("diffusion.shift", version=1)
def shift(model: Unloaded[DiffusionModel], shift: Annotated[float, Range(0.01, 100, 0.05)]) -> DiffusionModel:
    """Say how much of the steps of a flow goes into much noise (Esser et al., Stable Diffusion 3, 2024).

    model: a model that follows a flow, such as Stable Diffusion 3 or Flux.
    shift: 1 is evenly; 3 is what Stable Diffusion 3 has, more is for larger pictures. It also takes the place of a shift
        by the size of the picture.
    """
    return patched(model, "shift", [("shift", float(shift))])


@node("diffusion.freeu", version=1)
def freeu(model: Unloaded[DiffusionModel], b1: Annotated[float, Range(0, 3, 0.01)] = 1.3,
          b2: Annotated[float, Range(0, 3, 0.01)] = 1.4, s1: Annotated[float, Range(0, 3, 0.01)] = 0.9,
          s2: Annotated[float, Range(0, 3, 0.01)] = 0.2) -> DiffusionModel:
    """Weigh the backbone of a unet against what skips it (Si et al., FreeU, 2023): calmer, clearer pictures, at no cost.

    model: a model with a unet, such as Stable Diffusion 1, 2 or XL.
    b1, b2: how much the backbone counts in the first and the second stage. 1.3 and 1.4 suit Stable Diffusion XL, 1.5 and
        1.6 the first.
    s1, s2: how much of the low frequencies stays in what skips it.
    """
    return patched(model, "freeu", [("b1", float(b1)), ("b2", float(b2)), ("s1", float(s1)), ("s2", float(s2))])


@node("diffusion.cache", version=1)
def cache(model: Unloaded[DiffusionModel], threshold: Annotated[float, Range(0, 1, 0.01)] = 0.1,
          way: Literal["first_block", "magnitude"] = "first_block", ratios: list[float] | None = None) -> DiffusionModel:
    """Leave steps to a memory of the step before, where a transformer would add much the same again.

    model: a model with a transformer, such as Stable Diffusion 3 or Flux.
    threshold: up to what change a step is left out; 0 leaves none out, 0.1 about a third, more costs details.
    way: `first_block` looks how much the first block changes (TeaCache's kind). `magnitude` goes by how much the blocks of this
        model are known to change at each step (MagCache, Ma et al., 2025), with a threshold of about 0.06.
    ratios: of `magnitude`, how much larger what the blocks add is at each step than at the one before. Left out, those that
        are published for Flux; of others diffusion.magnitudes measures them.
    """
    options: list[tuple[str, Any]] = [("threshold", float(threshold))]
    if way == "magnitude":
        options += [("way", way), ("ratios", tuple(float(ratio) for ratio in ratios or ()))]
    return patched(model, "cache", options)


@node("diffusion.motion", version=1)
def motion(model: Unloaded[DiffusionModel], motion: Annotated[int, Range(1, 255)] = 127,
           fps: Annotated[int, Range(1, 60)] = 7, noise: Annotated[float, Range(0, 1, 0.01)] = 0.02) -> DiffusionModel:
    """Say how much a clip of Stable Video Diffusion is to move (Blattmann et al., 2023).

    model: a Stable Video Diffusion, which makes a clip of a picture.
    motion: how much moves in it; 127 is usual, less is calmer.
    fps: for how many frames a second it is painted; fewer leave more time between two.
    noise: how much of the picture is noise; more lets the clip leave it further behind.
    """
    return patched(model, "motion", [("motion_bucket_id", int(motion)), ("fps", int(fps)),
                                     ("noise_aug_strength", float(noise))])
