"""The nodes that put conditionings together: in regions of a picture, in stretches of the steps, mixed, in a row."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from nodegraph import InputError, Range, node

from ..media.types import Conditioning, Mask
from .prompts.division import combined, mixed, parts_of

Share = Annotated[float, Range(0, 1, 0.01)]


@node("diffusion.region", version=1)
def region(conditioning: Conditioning, mask: Mask | None = None, weight: Annotated[float, Range(0.01, 10, 0.05)] = 1.0,
           begin: Share = 0.0, end: Share = 1.0) -> Conditioning:
    """Let a prompt hold only in a region of the picture, or only for a part of the steps.

    Several of them are put together by diffusion.combine. Each costs the model a pass of its own at every step.

    conditioning: from diffusion.encode.
    mask: where it holds, 1 inside; soft edges blend. It is brought to the size of the picture. Left out, everywhere.
    weight: how much it counts beside others that hold in the same place.
    begin, end: from which share of the steps to which it holds; 0 and 1 are all of them.
    """
    if begin >= end:
        raise InputError(f"begin is {begin:g} and end {end:g}, which leaves no steps between; raise end")
    if mask is not None and not bool((mask > 0).any()):
        raise InputError("mask is 0 everywhere, so there is no region; give one with something inside")
    held = []
    for part in parts_of(conditioning):
        one = replace(part, begin=max(part.begin, begin), end=min(part.end, end), weight=part.weight * weight,
                      mask=_both(part.mask, mask))
        held += [one] * (one.begin < one.end)
    if not held:
        raise InputError(f"none of what the conditioning says holds between {begin:g} and {end:g} of the steps")
    return replace(conditioning, tensors=held[0].tensors, parts=tuple(held))


def _both(own: Any, other: Any) -> Any:
    import torch

    if own is None or other is None:
        return other if own is None else own
    return own * torch.nn.functional.interpolate(other[None], own.shape[-2:], mode="area")[0]


@node("diffusion.combine", version=1)
def combine(conditionings: list[Conditioning], how: Literal["together", "average", "row"] = "together",
            weights: list[float] | None = None) -> Conditioning:
    """Put several prompts together in one conditioning.

    `together` asks the model for each and blends its answers, in each place by the regions and weights given
    (diffusion.region); what no region covers is left to those without one. `average` mixes the prompts themselves, to
    something between them, at no cost. `row` lets the model read one after the other, as BREAK does in a prompt.

    conditionings: of one model, or of one family.
    how: see above.
    weights: how much each counts, of `together` and `average`; left out, all the same.
    """
    _judge(conditionings, how, weights)
    if how == "row":
        return mixed(conditionings, _in_a_row)
    given = weights or [1.0] * len(conditionings)
    if how == "together":
        return combined([one if weight == 1 else replace(one, parts=tuple(
            replace(part, weight=part.weight * weight) for part in parts_of(one)))
            for one, weight in zip(conditionings, given) if weight])
    shares = [weight / sum(given) for weight in given]
    return mixed(conditionings, lambda tensors, name: _average(tensors, shares, name))


def _judge(conditionings: list[Conditioning], how: str, weights: list[float] | None) -> None:
    if not conditionings:
        raise InputError("conditionings is empty; give one from diffusion.encode")
    families = list(dict.fromkeys(one.family for one in conditionings))
    if len(families) > 1:
        raise InputError(f"the conditionings are for {' and for '.join(families)}; encode them all with one model")
    if weights is None:
        return
    if how == "row":
        raise InputError("weights have no meaning for `row`, which lets the model read all of it; leave them out")
    if len(weights) != len(conditionings):
        raise InputError(f"there are {len(weights)} weights and {len(conditionings)} conditionings; give one for each")
    if sum(weights) <= 0 or (how == "together" and min(weights) < 0):
        raise InputError("weights must be more than 0 in sum" + ", and none below 0" * (how == "together"))


def _average(tensors: list[Any], shares: list[float], name: str) -> Any:
    """Their weighted mean; shorter ones are repeated to the length of the longest, which says the same."""
    import torch

    longest = max((tensor.shape[1] for tensor in tensors if tensor.ndim > 1), default=0)
    if not tensors[0].is_floating_point() or "mask" in name:
        return max(tensors, key=lambda tensor: tensor.shape[-1])
    if any(tensor.ndim > 2 and longest % tensor.shape[1] for tensor in tensors):
        raise InputError("the prompts are of different lengths in tokens, and cannot be averaged; make them alike, or put "
                         "them `together`")
    longer = [torch.cat([tensor] * (longest // tensor.shape[1]), 1) if tensor.ndim > 2 else tensor for tensor in tensors]
    total: Any = sum(share * tensor.float() for share, tensor in zip(shares, longer))
    return total.to(tensors[0].dtype)


def _in_a_row(tensors: list[Any], name: str) -> Any:
    """One after the other; what is said of the whole is that of the first."""
    import torch

    return torch.cat(tensors, 1) if tensors[0].ndim > 2 or "mask" in name else tensors[0]
