"""The folders of MusicVAE, melody RNN and performance RNN: config.json tells the shape, one safetensors file holds the weights.

A MusicVAE's file has directions besides, `attribute.density` and the like: how z differs between the quarter of the
training music that has most of something and the quarter that has least (Roberts et al., 2018, section 5.4).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, ModelType, Recipe

from ...common.files import whole_file
from ...common.folders import described, elsewhere, settings
from ...common.loading import model_place
from ...common.weights import problem as file_problem

VAE, RNN, PERFORMANCE = "MusicVAE", "MelodyRNN", "PerformanceRNN"
WEIGHTS = "model.safetensors"


@dataclass(frozen=True, eq=False)
class Learned:
    """A live network, with what its folder tells besides.

    attributes: directions in z, by name, of a MusicVAE. plans: of tunes, a word of digits each, of a melody RNN.
    """

    network: Any
    attributes: Mapping[str, Any]
    plans: tuple[str, ...] = ()

    def to(self, device: str) -> Learned:
        """Move the weights to a device, in place."""
        self.network.to(device)
        return self


def load_vae(recipe: Recipe, device: str, dtype: str) -> Learned:
    """The MusicVAE in a folder, always computed in float32. Raises InputError when there is none, or not all of it."""
    from . import vae

    return _loaded(recipe, device, {VAE: lambda shape: vae.MusicVae(vae.Shape(**shape))})


def load_rnn(recipe: Recipe, device: str, dtype: str) -> Learned:
    """The melody or performance RNN in a folder, always computed in float32.

    Raises InputError when there is none, or not all of it.
    """
    from . import performing, rnn

    return _loaded(recipe, device, {RNN: lambda shape: rnn.MelodyRnn(rnn.Shape(**shape)),
                                    PERFORMANCE: lambda shape: performing.PerformanceRnn(performing.Shape(**shape))})


def _loaded(recipe: Recipe, device: str, made: Mapping[str, Callable[[dict[str, Any]], Any]]) -> Learned:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    folder = model_place(recipe, lambda folder: problem(folder, *made))
    config = settings(folder / "config.json")
    architecture = config["architecture"]
    try:
        network = made[architecture](dict(config["shape"]))
        tensors = {name: tensor.float() for name, tensor in load_file(folder / WEIGHTS).items()}
        network.load_state_dict({name: tensor for name, tensor in tensors.items() if not name.startswith("attribute.")})
        if not all(tensor.isfinite().all() for tensor in tensors.values()):
            raise ValueError("its weights hold numbers that are none (NaN)")
        attributes = {name.removeprefix("attribute."): tensor.to(device) for name, tensor in tensors.items()
                      if name.startswith("attribute.")}
        plans = tuple(str(plan) for plan in config.get("plans", ()))
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        line = " ".join(str(error).split())[:300]
        raise InputError(f"{recipe.source} cannot be loaded as a {architecture}: its shape and its weights do not fit together "
                         f"({line}); take both from one training") from error
    return Learned(network.eval().requires_grad_(False).to(device), attributes, plans)


def stored(folder: Path, architecture: str, network: Any, attributes: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Write a folder: weights in fp16, and a config.json with the shape and these facts."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {**network.state_dict(), **{f"attribute.{name}": value for name, value in attributes.items()}}
    with whole_file(folder / WEIGHTS) as partial:
        save_file({name: value.detach().to("cpu", torch.float16).contiguous() for name, value in tensors.items()}, partial,
                  metadata={"format": "pt"})
    config = {"architecture": architecture, "shape": asdict(network.shape), **facts}
    with whole_file(folder / "config.json") as partial:
        partial.write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def size(learned: Learned) -> int:
    """Bytes of weights."""
    return sum(tensor.nbytes for tensor in (*learned.network.parameters(), *learned.attributes.values()))


def kind_problem(folder: Path, *architectures: str) -> str:
    """Why what lies at a path is another kind of thing than a network of these architectures; or ""."""
    other = elsewhere(folder)
    if other:
        return other
    try:
        found = settings(folder / "config.json").get("architecture")
    except ValueError as wrong:
        return f"cannot be loaded: {wrong}"
    if found in architectures:
        return ""
    return f"holds a {found}, and a {' or a '.join(architectures)} is wanted" if found in (VAE, RNN, PERFORMANCE) else \
        described(folder)


def problem(folder: Path, *architectures: str) -> str:
    """Why a folder cannot be loaded; or ""."""
    other = kind_problem(folder, *architectures)
    if other:
        return other
    if not (folder / WEIGHTS).is_file():
        return f"has no {WEIGHTS}; take it from where its config.json came from"
    wrong = file_problem(folder / WEIGHTS)
    return f"cannot be loaded: {wrong}" if wrong else ""


def _type(name: str, architectures: tuple[str, ...], words: str, load: Callable[..., Learned]) -> ModelType:
    return ModelType(name, words, load=load, size=size, move=Learned.to,
                     holds=lambda folder: not kind_problem(folder, *architectures),
                     problem=lambda folder: problem(folder, *architectures), color="#a4c478")


MusicVaeModel = Annotated[Any, _type(
    "MusicVaeModel", (VAE,), "A MusicVAE: a space of two bars of drums, or of a melody.", load_vae)]
MelodyRnnModel = Annotated[Any, _type(
    "MelodyRnnModel", (RNN, PERFORMANCE), "A melody or performance RNN: an LSTM that goes on from what was played.", load_rnn)]
