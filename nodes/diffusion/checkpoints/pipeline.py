"""A pipeline from a single file: its own parts, those that are given beside it, and those of a whole model as base."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nodegraph import InputError, Recipe

from ...common.folders import TOKENIZER_FILES, settings
from ..folders import holds as holds_pipeline
from ..parts import kind_of, pipeline_kind
from . import encoders, flux, networks, tensors
from .anatomy import Anatomy, anatomy, fitted, paints

_DENOISERS = ("transformer", "unet")
_T5 = ("a T5 tokenizer, which does not come along; give tokenizer: its tokenizer.json or spiece.model, or base: a whole model "
       "of the family in a folder (diffusion.load)")


class Kit:
    """What a pipeline is made of: a file, and the parts that were given for it.

    dtypes: the floating type of the networks, under "", and of single parts.
    """

    def __init__(self, path: Path, patches: tuple[Recipe, ...], dtypes: dict[str, Any], what: Anatomy):
        self.path, self.dtypes, self.what = path, dtypes, what
        slots = [(dict(patch.options)["slot"], Path(patch.folder)) for patch in patches if patch.kind == "part"]
        self.base = next((place for slot, place in slots if slot == "base"), None)
        self.vae = next((place for slot, place in slots if slot == "vae"), None)
        self.tokenizer = next((place for slot, place in slots if slot == "tokenizer"), None)
        self.encoders = [place for slot, place in slots if slot == "text_encoder"]
        self.shapes = tensors.shapes(path)
        self._state: dict[str, Any] | None = None

    def dtype(self, part: str) -> Any:
        """The floating type of a part."""
        return self.dtypes.get(part.rstrip("_234"), self.dtypes[""])

    @property
    def state(self) -> dict[str, Any]:
        """The tensors of the file, read once."""
        if self._state is None:
            self._state = tensors.state(self.path, self.dtype(""))
        return self._state


def pipeline(path: Path, patches: tuple[Recipe, ...], dtypes: dict[str, Any], prediction: str = "") -> Any:
    """The pipeline of a single file. Raises InputError that says what it is and what it lacks."""
    what = anatomy(path) or (Anatomy("", "the model that it is a part of", frozenset({"denoiser"})) if paints(path) else None)
    if what is None:
        raise InputError(f"{path.name} holds nothing that paints; {_described(path)}")
    kit = Kit(path, patches, dtypes, what)
    config = _settings(kit)
    wrong = _lacking(kit, config)
    if wrong:
        raise InputError(wrong)
    index = config["model_index"]
    kind = pipeline_kind(index["_class_name"])
    told = {name: value for name, value in index.items() if not name.startswith("_")}
    made: dict[str, Any] = {name: value for name, value in told.items() if not isinstance(value, list)}
    wanted = {name: (str(value[0]), str(value[1])) for name, value in told.items() if isinstance(value, list)}
    made |= {name: None for name, value in wanted.items() if "None" in value}
    classes = {name: kind_of(name, *value) for name, value in wanted.items() if "None" not in value}
    for name in [name for name in classes if name in _DENOISERS]:
        made[name] = _denoiser(kit, classes[name], config[name], name)
    made |= _encoders(kit, config, {name: of for name, of in classes.items() if name.startswith(("text_encoder", "tokenizer"))})
    if "vae" in classes:
        made["vae"] = _autoencoder(kit, config["vae"])
    for name in classes.keys() - made.keys():
        made[name] = _settled(kit, name, classes[name], config)
    _predicts(made.get("scheduler"), what, prediction or _guess(what, kit))
    return kind(**{"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False,
                   **made} if "safety_checker" in wanted else made)


def lacking(path: Path, patches: tuple[Recipe, ...]) -> str:
    """What a single file lacks beside the parts that were given for it, told by headers and small files; "" for nothing."""
    what = anatomy(path)
    if what is None:
        return ""  # which is told as it is loaded
    kit = Kit(path, patches, {}, what)
    try:
        return _lacking(kit, _settings(kit))
    except InputError as error:
        return str(error)


def _settings(kit: Kit) -> dict[str, Any]:
    """The settings of a pipeline, part by part, those of the base before those that come along. Raises InputError for none."""
    if not kit.what.family and kit.base is None:
        raise InputError(f"{kit.path.name} paints as {kit.what.like} does, whose settings do not come along; give base: a "
                         "folder or hub name of that model (diffusion.load)")
    return _of_base(kit) if kit.base is not None else fitted(kit.what.family, kit.shapes)


def _lacking(kit: Kit, config: dict[str, Any]) -> str:
    """Which encoder, tokenizer or autoencoder of a pipeline is in none of the files that were given."""
    this = f"{kit.path.name} is {kit.what.like}"
    kinds = {name: str(value[1]) for name, value in config["model_index"].items()
             if isinstance(value, list) and not name.startswith("_") and None not in value and "None" not in value}
    seated, folders = _seats(kit, config, kinds), [place for place in kit.encoders if place.is_dir()]
    for slot in (name for name in kinds if name.startswith("text_encoder")):
        tokenizer, folder = slot.replace("text_encoder", "tokenizer"), _folder_of(kit, slot, config, folders)
        if slot not in seated and folder is None:
            if slot == "text_encoder_3" and kit.what.family == "sd3":
                continue  # its authors left T5 out too, and it paints without
            kind = config[slot].get("architectures", ["?"])[0]
            return f"{this} without its {slot} ({kind}); give text_encoders: its file or folder (diffusion.load)"
        near = folders if slot in seated or folder is None else [*folders, folder]
        kind = kinds[tokenizer]
        if "CLIP" not in kind and kit.tokenizer is None and not _tokenizer_places(kit, tokenizer, kind, near):
            other = f"its {tokenizer} ({kind}), which does not come along; give base: a whole model of the family in a folder"
            return f"{this} and needs {_T5 if 'T5' in kind else other}"
    if "vae" in kinds and kit.vae is None and "vae" not in kit.what.has and not (kit.base and (kit.base / "vae").is_dir()):
        return f"{this} without its autoencoder; give vae: its file or folder (diffusion.load)"
    return ""


def _described(path: Path) -> str:
    from ...common.weights import single_file

    return single_file(path) if path.suffix == ".safetensors" else "a GGUF file of another kind"


def _of_base(kit: Kit) -> dict[str, Any]:
    """The settings of the folder of a whole model, part by part."""
    base = kit.base
    if base is None or not holds_pipeline(base):
        raise InputError(f"base must be the folder of a whole model (with a model_index.json), and {base} is none")
    index = settings(base / "model_index.json")
    kept = {name: value for name, value in index.items() if name == "_class_name" or not name.startswith("_")}
    config = {"model_index": kept}
    for name in index:
        for file in ("config.json", "scheduler_config.json"):
            if (base / name / file).is_file():
                config[name] = settings(base / name / file)
    for name in ("safety_checker", "feature_extractor", "image_encoder"):
        if name in kept and name not in config:
            kept[name] = [None, None]
    if "safety_checker" in kept:
        kept |= {"safety_checker": [None, None], "feature_extractor": [None, None], "requires_safety_checker": False}
    return config


def _denoiser(kit: Kit, kind: Any, config: dict[str, Any], name: str) -> Any:
    if kit.path.suffix == ".gguf":
        return _of_gguf(kit, kind, config)
    if not hasattr(kind, "from_single_file"):
        raise InputError(f"{kit.path.name} is a {kind.__name__}, which diffusers reads from folders alone; take its folder")
    own = {key: tensor for key, tensor in kit.state.items()
           if not key.startswith(("first_stage_model.", "cond_stage_model.", "conditioner.", "text_encoders.", "vae."))}
    if "input_blocks.0.0.weight" in own:
        own = {f"model.diffusion_model.{key}": tensor for key, tensor in own.items()}
    if kit.what.family == "flux":
        own = flux.renamed(own)
    return networks.single(kind, own, config, kit.dtype(name), kit.path.name)


def _of_gguf(kit: Kit, kind: Any, config: dict[str, Any]) -> Any:
    """A denoiser whose weights stay quantised, and are widened as they are used."""
    from diffusers import GGUFQuantizationConfig
    from diffusers.models.model_loading_utils import load_gguf_checkpoint

    state = load_gguf_checkpoint(kit.path)
    if kit.what.family == "flux":
        state = flux.renamed(state)
    return networks.single(kind, state, config, kit.dtype(""), kit.path.name,
                           quantization_config=GGUFQuantizationConfig(compute_dtype=kit.dtype("")))


def _autoencoder(kit: Kit, config: dict[str, Any]) -> Any:
    dtype = kit.dtype("vae")
    if kit.vae is not None:
        return networks.autoencoder(None, kit.vae, dtype, config)
    if "vae" in kit.what.has:
        import diffusers

        own = {name.partition(".")[2]: tensor for name, tensor in kit.state.items()
               if name.startswith(("first_stage_model.", "vae."))}
        return networks.single(getattr(diffusers, config["_class_name"]), own, config, dtype, kit.path.name)
    return networks.autoencoder(None, kit.base, dtype)  # type: ignore[arg-type]  # whose own it is, where it is in none


def _encoders(kit: Kit, config: dict[str, Any], classes: dict[str, Any]) -> dict[str, Any]:
    """The text encoders of a pipeline, each with its tokenizer."""
    made: dict[str, Any] = {}
    folders = [place for place in kit.encoders if place.is_dir()]
    states: dict[Path, dict[str, Any]] = {kit.path: kit.state} if "encoders" in kit.what.has else {}
    chosen = _seats(kit, config, classes)
    for slot in (name for name in classes if name.startswith("text_encoder")):
        tokenizer = slot.replace("text_encoder", "tokenizer")
        if slot in chosen:
            encoder, place = chosen[slot]
            if place not in states:
                states[place] = tensors.state(place, kit.dtype(slot))
            settled = encoders.fitted(config[slot], encoder)
            made[slot] = encoders.network(classes[slot], settled, encoder, states[place], kit.dtype(slot), str(place))
            made[tokenizer] = _tokenizer(kit, tokenizer, classes[tokenizer], config, settled, folders)
            continue
        folder = _folder_of(kit, slot, config, folders)
        if folder is not None:
            what = f"the text encoder {folder.name}"
            made[slot] = encoder = networks.part_of_folder(classes[slot], folder, what, dtype=kit.dtype(slot))
            made[tokenizer] = _tokenizer(kit, tokenizer, classes[tokenizer], config, encoder.config.to_dict(),
                                         [*folders, folder])
        else:
            made[slot] = made[tokenizer] = None  # of Stable Diffusion 3
    return made


def _seats(kit: Kit, config: dict[str, Any], names: Iterable[str]) -> dict[str, tuple[Any, Path]]:
    """Which encoder in a file fills which of the slots among names: the encoder, and its file."""
    found = [(encoder, kit.path) for encoder in encoders.encoders(kit.shapes) if encoder.prefix]
    for place in kit.encoders:
        if not place.is_dir():
            found += [(encoder, place) for encoder in encoders.encoders(tensors.shapes(place))]
    return _seated([name for name in names if name.startswith("text_encoder")], config, found)


def _seated(slots: list[str], config: dict[str, Any], found: list[tuple[Any, Path]]) -> dict[str, tuple[Any, Path]]:
    """Which encoder fills which slot: T5 those of T5, and of CLIP the narrower the first, as all families have it."""
    narrow = sorted((one for one in found if one[0].kind != "t5"), key=lambda one: one[0].width)
    wide = [one for one in found if one[0].kind == "t5"]
    clip = [slot for slot in slots if "t5" not in str(config[slot].get("model_type"))]
    t5 = [slot for slot in slots if slot not in clip]
    if len(clip) == 2 and len(narrow) == 1:
        larger = narrow[0][0].width > (config[clip[0]]["hidden_size"] + config[clip[1]]["hidden_size"]) / 2
        clip = clip[larger:]
    return {**dict(zip(clip, narrow)), **dict(zip(t5, wide))}


def _folder_of(kit: Kit, slot: str, config: dict[str, Any], folders: list[Path]) -> Path | None:
    """The folder of an encoder that was given, by its kind and width; or that of the base."""
    kind = str(config[slot].get("model_type"))
    for folder in folders:
        inside = folder / slot if holds_pipeline(folder) else folder
        if (inside / "config.json").is_file():
            told = settings(inside / "config.json")
            width = told.get("hidden_size") or told.get("d_model")
            usual = config[slot].get("hidden_size") or config[slot].get("d_model")
            if str(told.get("model_type")) == kind and (len(folders) == 1 or holds_pipeline(folder) or width == usual):
                return inside
    if kit.base is not None and (kit.base / slot).is_dir():
        return kit.base / slot
    return None


def _tokenizer(kit: Kit, name: str, kind: Any, config: dict[str, Any], encoder: dict[str, Any],
               folders: list[Path]) -> Any:
    """The tokenizer of an encoder: that of the base, CLIP's, which comes along, or one that lies beside the encoder."""
    if kit.tokenizer is not None and "CLIP" not in kind.__name__:
        return _tokenizer_of(kit.tokenizer, kind)
    for place in _tokenizer_places(kit, name, kind.__name__, folders):
        return kind.from_pretrained(place, local_files_only=True, trust_remote_code=False)
    pad = config.get(name, {}).get("pad_token", "<|endoftext|>")
    return encoders.clip_tokenizer(pad, encoder["max_position_embeddings"])


def _tokenizer_places(kit: Kit, name: str, kind: str, folders: list[Path]) -> list[Path]:
    """The folders in which a tokenizer of a class lies: the base's, those of encoders, and what lies beside these."""
    places = [kit.base / name] if kit.base is not None else []
    for folder in folders:
        places += [folder / name, folder / "tokenizer", folder, folder.parent / name]
    return [place for place in places if _reads(place, kind)]


def _tokenizer_of(file: Path, kind: Any) -> Any:
    """A tokenizer of one file, of which alone what it reads depends."""
    name = "tokenizer.json" if file.suffix == ".json" else "spiece.model"
    wrong = InputError(f"{file.name} is no tokenizer ({kind.__name__}); take the tokenizer.json or spiece.model that belongs "
                       "to the encoder")
    if name == "tokenizer.json" and not isinstance(settings(file).get("model"), dict):
        raise wrong
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(file, Path(folder) / name)
        own = {"extra_ids": 0} if "T5" in kind.__name__ else {}  # those that it has stand in the file
        try:
            return kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **own)
        except Exception as error:  # whatever a library stumbles over in a file that is something else
            raise wrong from error


def _reads(place: Path, kind: str) -> bool:
    """Whether the tokenizer that lies in a folder is of a class: CLIP's has merges, which T5's has not."""
    if not place.is_dir() or not any((place / file).is_file() for file in TOKENIZER_FILES):
        return False
    told = settings(place / "tokenizer_config.json") if (place / "tokenizer_config.json").is_file() else {}
    of_clip = (place / "merges.txt").is_file() or "CLIP" in str(told.get("tokenizer_class"))
    return of_clip if "CLIP" in kind else not of_clip if "T5" in kind else True


def _settled(kit: Kit, name: str, kind: Any, config: dict[str, Any]) -> Any:
    """A part that is made of settings alone, or comes from the base."""
    if name == "scheduler":
        return kind.from_config({key: value for key, value in config[name].items() if key != "_class_name"})
    if kit.base is not None and (kit.base / name).is_dir():
        options = {"torch_dtype": kit.dtype(name)} if hasattr(kind, "load_state_dict") else {}
        return kind.from_pretrained(kit.base / name, local_files_only=True, trust_remote_code=False, **options)
    raise InputError(f"{kit.path.name} is {kit.what.like} and lacks its {name} ({kind.__name__}); give base: a whole model of "
                     "the family in a folder")


def _guess(what: Anatomy, kit: Kit) -> str:
    """What a file predicts: as it says; of Stable Diffusion 2, by how far one bias of its last block spreads."""
    if what.prediction or what.family != "sd2" or kit.path.suffix == ".gguf":
        return what.prediction
    # Both kinds have the same names. That this bias spreads beyond 0.09 where velocity is predicted is what ComfyUI found.
    name = "output_blocks.11.1.transformer_blocks.0.norm1.bias"
    bias = kit.state.get(f"model.diffusion_model.{name}", kit.state.get(name))
    return "v_prediction" if bias is not None and float(bias.float().std()) > 0.09 else "epsilon"


def _predicts(scheduler: Any, what: Anatomy, prediction: str) -> None:
    """Tell a scheduler what the network predicts."""
    if scheduler is None or "prediction_type" not in scheduler.config:
        return
    if prediction:
        scheduler.register_to_config(prediction_type=prediction)
    if what.zero and "rescale_betas_zero_snr" in scheduler.config:
        settled = {key: value for key, value in scheduler.config.items() if not key.startswith("_")}
        scheduler.__init__(**settled | {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"})
