"""The nodes that make pictures with a generator: in one step, or by way of styles that can be mixed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nodegraph import InputError, Range, Seed, node

from ..media.types import Image
from .kinds import chosen
from .models import GanLatent, GanModel, family_of

Psi = Annotated[float, Range(0, 2, 0.05)]
Label = Annotated[int, Range(0, 100_000)]
Layers = Annotated[int, Range(0, 64)]
Noise = Literal["const", "random", "none"]


@node("gan.sample", version=1, costly=True)
def sample(model: GanModel, seed: Seed = 0, truncation_psi: Psi = 0.7, label: Label = 0,
           noise: Noise = "const", kinds: str = "", truncation_layers: Layers = 0) -> Image:
    """Draw a picture, a square of the one size that the model makes. The same seed draws the same picture again; at equal
    psi, the authors' own script's.

    model: a folder with the generator of a StyleGAN2 as safetensors.
    seed: where the dice begin.
    truncation_psi: how far from the average picture; less is likelier and more alike, 1 is what was learned.
    label: the class to draw, for models that were trained on classes.
    noise: where hair and grain come from: the pattern stored with the model, one drawn by the seed, or none.
    kinds: in place of a label, kinds by name or number, also several and how much of each: `vine 2, waves 1`.
    truncation_layers: how many layers, from the coarsest, are drawn towards the average; 0 for all of them.
    """
    return synthesize(model, map_noise(model, seed, truncation_psi, label, kinds, truncation_layers), noise, seed)


@node("gan.map", version=1, costly=True)
def map_noise(model: GanModel, seed: Seed = 0, truncation_psi: Psi = 0.7, label: Label = 0, kinds: str = "",
              truncation_layers: Layers = 0) -> GanLatent:
    """Draw the styles of a picture, to be mixed with others before it is made.

    model: a folder with the generator of a StyleGAN2 as safetensors.
    seed: where the dice begin.
    truncation_psi: how far from the average picture; less is likelier and more alike, 1 is what was learned.
    label: the class to draw, for models that were trained on classes.
    kinds: in place of a label, kinds by name or number, also several and how much of each: `vine 2, waves 1`.
    truncation_layers: how many layers, from the coarsest, are drawn towards the average; 0 for all of them.
    """
    import torch

    from .stylegan2 import mapped, middle, truncated

    which = chosen(model, label, kinds)
    with torch.no_grad():
        style = mapped(model, noise_of(seed, model.z_width).to(model.device), which)
        styles = truncated(model, style, truncation_psi, middle(model, which)).repeat(model.layers, 1)
        if truncation_layers:
            styles[truncation_layers:] = style
    return GanLatent(styles, family_of(model))


def noise_of(seed: int, width: int) -> Any:
    """Standard normal noise, drawn as the authors' script draws it for seeds under 2**32."""
    import numpy as np
    import torch

    dice = np.random.RandomState(seed if seed < 2**32 else [seed % 2**32, seed >> 32])
    return torch.from_numpy(dice.randn(width).astype(np.float32))


@node("gan.mix", version=1)
def mix(latent: GanLatent, other: GanLatent, amount: Annotated[float, Range(-1, 2, 0.05)] = 0.5,
        layers: Literal["all", "coarse", "middle", "fine"] = "all") -> GanLatent:
    """Move the styles of one picture towards another's.

    latent: what is changed.
    other: where it is moved to.
    amount: how far: 0 not at all, 1 all the way, and beyond.
    layers: which styles: all, or one third of them. Coarse ones pose and shape, fine ones colour.
    """
    if latent.family != other.family:
        raise InputError(f"latent is of {latent.family} and other of {other.family}; mix what one model has drawn")
    count = len(latent.styles)
    first, last = {"all": (0, count), "coarse": (0, count // 3), "middle": (count // 3, 2 * count // 3),
                   "fine": (2 * count // 3, count)}[layers]
    styles = latent.styles.clone()
    there = other.styles[first:last].to(styles.device)
    styles[first:last] += amount * (there - styles[first:last])
    return GanLatent(styles, latent.family)


@node("gan.synthesize", version=1, costly=True)
def synthesize(model: GanModel, latent: GanLatent, noise: Noise = "const", seed: Seed = 0) -> Image:
    """Make the picture of some styles.

    model: the model that drew them, or one that was trained further from it.
    latent: from gan.map or gan.mix.
    noise: where hair and grain come from: the pattern stored with the model, one drawn by the seed, or none.
    seed: where the dice of random noise begin.
    """
    import torch

    from .stylegan2 import synthesised

    if latent.family != family_of(model):
        raise InputError(f"latent is of {latent.family}, and this model is {family_of(model)}; "
                         "synthesize it with the model that drew it")
    with torch.no_grad():
        picture = synthesised(model, latent.styles.to(model.device), noise, torch.Generator().manual_seed(seed))
    return (picture.expand(3, -1, -1) / 2 + 0.5).clamp(0, 1).contiguous()
