"""Networks from files and folders, at the settings of the pipeline that they go into: autoencoders and text encoders."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from nodegraph import InputError, Recipe

from ...common.folders import settings
from ...common.loading import in_words, part as part_of_folder
from . import encoders, previews, tensors
from .anatomy import vae_shapes, vae_sizes

_CANNOT = "; take a file or folder of the part alone, as safetensors"


def part(pipe: Any, slot: str, patch: Recipe) -> Any:
    """The part that is to fill a slot of a pipeline, on its device. Raises InputError where it does not belong there."""
    import torch

    own = pipe.components.get("vae" if slot == "preview" else slot)
    dtype = own.dtype if own is not None else pipe.dtype
    place = Path(patch.folder)
    make = {"vae": lambda: autoencoder(own, place, dtype), "preview": lambda: previews.decoder(place, dtype)}
    made = make.get(slot, lambda: text_encoder(own, place, dtype, slot))()
    if slot in make:
        _judge_latents(own, made, f"{Path(patch.source).name} is {'a tiny decoder' if slot == 'preview' else 'an autoencoder'}")
    device = own.device if own is not None else torch.device("cpu")
    return made.to(device).eval().requires_grad_(False)


def _judge_latents(own: Any, made: Any, this: str) -> None:
    """Raises InputError where an autoencoder's latents are not those of the model. this: "x is an autoencoder"."""
    mine, there = (vae.config.get("latent_channels") or vae.config.get("z_dim") if vae is not None else None
                   for vae in (own, made))
    if mine and there and mine != there:
        raise InputError(f"{this} of {there} channels, and this model has latents of {mine}; take one that was made for "
                         "this family")


def slot_of(pipe: Any, patch: Recipe) -> str:
    """Which slot of a pipeline a patch fills. Raises InputError where no encoder of it is built alike."""
    if patch.kind == "vae":
        if "vae" not in pipe.components:
            raise InputError(f"a {type(pipe).__name__} has no autoencoder to be replaced; leave {patch.source} out")
        return "vae"
    slots = {name: part for name, part in pipe.components.items() if name.startswith("text_encoder") and part is not None}
    slot = dict(patch.options).get("slot", "auto")
    if slot != "auto":
        if slot not in slots:
            raise InputError(f"slot is {slot}; a {type(pipe).__name__} has {', '.join(slots) or 'none'}")
        return str(slot)
    if (Path(patch.folder) / "model_index.json").is_file():
        return next(iter(slots), "text_encoder")
    kind, width = _kind_of(Path(patch.folder))
    for name, encoder in slots.items():
        config = encoder.config
        if (getattr(config, "hidden_size", None) or getattr(config, "d_model", None)) == width and \
                ("t5" in str(config.model_type)) == ("t5" in kind):
            return name
    raise InputError(f"{patch.source} is a text encoder ({kind}, {width} wide) as a {type(pipe).__name__} has none; its own "
                     "are " + ", ".join(f"{name} ({encoder.config.model_type}, {encoder.config.hidden_size} wide)"
                                 for name, encoder in slots.items()))


def _kind_of(place: Path) -> tuple[str, int]:
    if place.is_dir():
        told = settings(place / "config.json")
        return str(told.get("model_type")), int(told.get("hidden_size") or told.get("d_model") or 0)
    found = encoders.encoders(tensors.shapes(place))
    if not found:
        raise InputError(f"{place.name} holds no text encoder that is known here{_CANNOT}")
    return found[0].kind, found[0].width


def autoencoder(own: Any, place: Path, dtype: Any, usual: dict[str, Any] | None = None) -> Any:
    """An autoencoder of a folder, of that of a model, or of a file at the settings of the model's own, or at `usual`."""
    import diffusers

    if place.is_dir():
        folder = place if (place / "config.json").is_file() else place / "vae"
        name = str(settings(folder / "config.json").get("_class_name"))
        kind = getattr(diffusers, name, diffusers.AutoencoderKL)
        return part_of_folder(kind, folder, f"the autoencoder {place.name}", dtype=dtype)
    state = tensors.state(place, dtype)
    config = dict(own.config) if own is not None else dict(usual or {})
    kind = type(own) if own is not None else getattr(diffusers, config.get("_class_name", "AutoencoderKL"))
    if any(name.startswith("decoder.layers.") for name in state):
        kind, config = diffusers.AutoencoderTiny, {"_class_name": "AutoencoderTiny",
                                                   "latent_channels": state["decoder.layers.0.weight"].shape[1]}
    elif kind is diffusers.AutoencoderTiny:
        raise InputError(f"{place.name} is a whole autoencoder, and this model has a tiny one, whose latents are its own; "
                         "take a tiny one of its family")
    config = {name: value for name, value in config.items() if name != "_name_or_path"}
    if "block_out_channels" in config:
        config |= vae_sizes(config, vae_shapes({name: tuple(tensor.shape) for name, tensor in state.items()}))
    return single(kind, state, config, dtype, place.name)


def single(kind: Any, state: dict[str, Any], config: dict[str, Any], dtype: Any, source: str, **options: Any) -> Any:
    """A network of diffusers from tensors under its authors' names. Raises InputError where they are not all there."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(config), encoding="utf-8")
        try:
            made = kind.from_single_file(state, config=folder, subfolder="", torch_dtype=dtype, local_files_only=True,
                                         **options)
        except (KeyError, ValueError, RuntimeError, AttributeError, IndexError) as error:
            raise InputError(f"{source} does not hold the {kind.__name__} that its names promise: {in_words(error)[:200]}"
                             + _CANNOT) from error
    empty = [name for name, weight in made.named_parameters() if weight.device.type == "meta"]
    if empty:
        raise InputError(f"{source} lacks {len(empty)} weights of a {kind.__name__} ({empty[0]} ...), and what is missing "
                         "would be made up; download it again, or take another")
    return made.eval()


def text_encoder(own: Any, place: Path, dtype: Any, slot: str) -> Any:
    """A text encoder of a folder or a file, of the class and settings of the model's own."""
    if place.is_dir():
        place = place if (place / "config.json").is_file() else place / slot
        return part_of_folder(type(own), place, f"the text encoder {place.name}", dtype=dtype)
    found = encoders.encoders(tensors.shapes(place))
    config = own.config.to_dict()
    fitted = encoders.fitted(config, found[0])
    return encoders.network(type(own), fitted, found[0], tensors.state(place, dtype), dtype, str(place))
