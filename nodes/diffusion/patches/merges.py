"""Adapters of more kinds than LoRA on a live pipeline: worked out in full and added to its weights.

Each is worked out of the weights as they were loaded, and counts by its weight: W + w1 (f1(W) - W) + w2 (f2(W) - W). So
their order does not matter, and taken off they leave the very numbers that were there: read again from the model's files, or
kept beside where these hold other numbers (8 bits, layers that they join in a way of their own).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nodegraph import InputError, Recipe, warn

from ...common.weights import header
from .. import lycoris
from .layers import Place, index
from .loras import TEXT, adapter_file, misfit, nothing_for
from .origins import Origin, Origins, swapped


def is_merged(patch: Recipe) -> bool:
    """Whether a patch is an adapter of more kinds than a plain LoRA."""
    try:
        return patch.kind == "lora" and lycoris.is_more(header(adapter_file(Path(patch.folder))))
    except (ValueError, OSError):
        return False


class Merges:
    """The adapters that are in the weights of a pipeline, and how these weights were as they were loaded.

    model: the folder or file of the pipeline.
    """

    def __init__(self, model: Path = Path()) -> None:
        self.on: list[Recipe] = []
        self.origins = Origins(model)
        # By layer: that, "weight" or "bias", and the tensor or its Origin.
        self.kept: dict[tuple[int, str], tuple[Any, str, Any]] = {}

    def put_on(self, pipe: Any, patches: list[Recipe]) -> None:
        """Put these adapters on, with their weights, and take all others off."""
        if patches == self.on:
            return
        self.take_off()
        try:
            for patch in patches:
                self._add(pipe, patch)
        except BaseException:
            self.take_off()
            raise
        self.on = patches

    def take_off(self) -> None:
        """Give the layers back the weights that they were loaded with."""
        for layer, name, _ in self.kept.values():
            parameter = getattr(layer, name)
            parameter.data = self._loaded(layer, name).to(parameter.device)
        self.on, self.kept = [], {}

    @property
    def tensors(self) -> list[Any]:
        """What is kept beside the pipeline's own weights."""
        return [tensor for _, _, tensor in self.kept.values() if not isinstance(tensor, Origin)]

    def _add(self, pipe: Any, patch: Recipe) -> None:
        options, path = dict(patch.options), adapter_file(Path(patch.folder))
        tensors = _state(path, options["part"])
        if not tensors:
            raise InputError(nothing_for(patch))
        groups, unknown = lycoris.grouped(tensors)
        there, scale = index(pipe), _peft_scale(path)
        found = {layer: there[name] for layer in groups if (name := layer.replace(".", "_")) in there}
        if not found:
            raise InputError(misfit(pipe, patch.source, path, None))
        _tell(patch.source, unknown, [layer for layer in groups if layer not in found], pipe)
        for layer, places in found.items():
            try:
                self._change(pipe, places, groups[layer], float(options["weight"]), scale)
            except InputError as error:
                raise InputError(misfit(pipe, patch.source, path, InputError(f"{layer}: {error}"))) from error

    def _change(self, pipe: Any, places: tuple[Place, ...], parts: dict[str, Any], weight: float, scale: float | None) -> None:
        import torch

        own = [self._loaded(place.layer, "weight") for place in places]
        device = own[0].device
        whole = torch.cat([tensor.float() for tensor in own])
        whole = swapped(whole) if places[0].swapped else whole
        parts = {name: tensor.to(device) for name, tensor in parts.items()}
        with torch.no_grad():
            if set(parts) != {"diff_b"}:
                made = (lycoris.changed(whole, parts, scale) - whole) * weight
                made = swapped(made) if places[0].swapped else made
                for place in places:
                    self._put(pipe, place.layer, "weight", made[slice(*place.rows)] if place.rows else made)
            for place in places if "diff_b" in parts else ():
                if getattr(place.layer, "bias", None) is None:
                    raise InputError("it changes a bias, and this layer has none")
                own_rows = parts["diff_b"].float().flatten()
                own_rows = swapped(own_rows) if place.swapped else own_rows
                self._put(pipe, place.layer, "bias", (own_rows[slice(*place.rows)] if place.rows else own_rows) * weight)

    def _loaded(self, layer: Any, name: str) -> Any:
        """A tensor of a layer as it was loaded."""
        tensor = getattr(layer, name)
        if tensor.device.type == "meta" or not tensor.is_floating_point():
            raise InputError("the weights here are quantised, or visit the device layer by layer, and such an adapter is added "
                             "to weights themselves")
        if (id(layer), name) not in self.kept:
            return tensor.data
        there = self.kept[id(layer), name][2]
        return there.read().to(tensor.device, tensor.dtype) if isinstance(there, Origin) else there

    def _put(self, pipe: Any, layer: Any, name: str, difference: Any) -> None:
        own = self._loaded(layer, name)
        if difference.shape != own.shape:
            raise InputError(f"it changes {tuple(difference.shape)} numbers of {tuple(own.shape)}")
        parameter = getattr(layer, name)
        if (id(layer), name) not in self.kept:
            self.kept[id(layer), name] = layer, name, self.origins.of(pipe, layer, name) or own
        parameter.data = (parameter.data.float() + difference).to(own.dtype)


def _tell(source: str, unknown: Iterable[str], elsewhere: list[str], pipe: Any) -> None:
    """Warn of what an adapter holds and is not used."""
    for names, why in ((list(unknown), "of a kind that is not read here"),
                       (elsewhere, f"for layers that a {type(pipe).__name__} has not")):
        if names:
            warn(f"{source} holds {len(names)} changes {why}, and these are left out ({', '.join(names[:3])}"
                 + " ..." * bool(names[3:]) + ")")


def _peft_scale(path: Path) -> float | None:
    """By how much peft multiplies what its file holds: alpha over the rank; None where no such settings lie beside it."""
    config = path.with_name("adapter_config.json")
    if path.name != "adapter_model.safetensors" or not config.is_file():
        return None
    told = json.loads(config.read_text(encoding="utf-8"))
    if told.get("rank_pattern") or told.get("alpha_pattern"):
        warn("adapter_config.json gives some layers ranks of their own (rank_pattern, alpha_pattern), and one scale is used "
             "for all")
    if told.get("peft_type") == "IA3":
        return None
    rank = told.get("r") or 8
    return float((told.get("alpha") or told.get("lora_alpha") or rank) / (rank ** 0.5 if told.get("use_rslora") else rank))


def _state(path: Path, part: str) -> dict[str, Any]:
    """The tensors of a file, or those that speak to the text encoders, or to the denoiser."""
    from safetensors.torch import load_file

    state = load_file(path)
    return {name: tensor for name, tensor in state.items() if part == "both" or bool(TEXT.match(name)) == (part == "text")}
