"""The node that edits a picture's styles in the directions that change most: SeFa."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nodegraph import InputError, Range, node

from .models import GanLatent, GanModel, family_of

Thirds = Literal["all", "coarse", "middle", "fine"]


@node("gan.edit", version=1)
def edit(model: GanModel, latent: GanLatent, direction: Annotated[int, Range(1, 1024)] = 1,
         amount: Annotated[float, Range(-100, 100, 0.1)] = 2.0, layers: Thirds = "all") -> GanLatent:
    """Change a picture in one of the ways that a generator knows best: turn, grow, bend, lighten. What a direction means
    is seen by trying; each model has its own. They are found in its weights, in closed form (Shen and Zhou, 2021).

    model: the model that drew the latent.
    latent: from gan.map, gan.mix, gan.path or gan.project.
    direction: 1 is what changes pictures most, 2 what does next.
    amount: how far, and which way.
    layers: which styles change, and whose weights are asked: all, or one third of them.
    """
    if latent.family != family_of(model):
        raise InputError(f"latent is of {latent.family}, and this model is {family_of(model)}; "
                         "edit it with the model that drew it")
    if direction > model.width:
        raise InputError(f"direction is {direction}, and this model's styles have {model.width} of them")
    first, last = third(layers, model.layers)
    styles = latent.styles.clone()
    styles[first:last] += amount * directions(model, first, last)[direction - 1].to(styles.device)
    return GanLatent(styles, latent.family)


def third(layers: str, count: int) -> tuple[int, int]:
    """The first of some layers, and the one after the last."""
    return {"all": (0, count), "coarse": (0, count // 3), "middle": (count // 3, 2 * count // 3),
            "fine": (2 * count // 3, count)}[layers]


def directions(generator: Any, first: int, last: int) -> Any:
    """Directions of unit length in a style space, (width, width), from what moves layers most to what does least.

    They are the eigenvectors of A^T A, where A holds what the layers from `first` to before `last` make of a style, each
    row of unit length. The larger half of each points up, so that they are the same on every machine.
    """
    import torch

    rows = torch.cat([generator.tensors[f"{name}.affine.weight"] for name in styled(generator)[first:last]]).double()
    rows = rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-12)
    vectors = torch.linalg.eigh(rows.T @ rows)[1].flip(1).T
    sign = torch.where(vectors.gather(1, vectors.abs().argmax(1, keepdim=True)) < 0, -1.0, 1.0)
    return (vectors * sign).float()


def styled(generator: Any) -> list[str]:
    """The convolutions, in the order in which they read styles."""
    return [f"synthesis.b{side}.{layer}" for side in generator.resolutions
            for layer in (("conv1",) if side == 4 else ("conv0", "conv1"))] + [
                f"synthesis.b{generator.resolution}.torgb"]
