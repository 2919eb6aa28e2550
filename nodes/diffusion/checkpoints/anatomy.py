"""What a single file is, by the names and shapes of its tensors, and the settings of its family fitted to these.

The names are those that the authors' own code gave: latent-diffusion and generative-models of Stability AI, and flux of
Black Forest Labs. Families whose settings do not come along are told by diffusers' list, and take a whole model as `base`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..lycoris import is_more
from .nets import steers
from .tensors import Shapes, shapes, told

CONFIGS = Path(__file__).parent / "configs"
DENOISER = "model.diffusion_model."
_VAE = ("first_stage_model.", "vae.")
_ENCODERS = ("cond_stage_model.", "conditioner.embedders.", "text_encoders.")
_CLIP = re.compile(r"(cond_stage_model\.|conditioner\.embedders\.\d\.|text_encoders\.clip_\w\.)(transformer\.|model\.)")


@dataclass(frozen=True)
class Anatomy:
    """What a file is.

    family: whose settings it takes, "sd1" ... "flux"; "" where they do not come along. like: for people.
    has: which of denoiser, vae and encoders lie in it. prediction: what it says that it predicts; zero: whether it was
    trained down to no signal at all (zero terminal SNR).
    """

    family: str
    like: str
    has: frozenset[str]
    prediction: str = ""
    zero: bool = False


_LIKE = {"sd1": "Stable Diffusion 1", "sd2": "Stable Diffusion 2", "sdxl": "Stable Diffusion XL",
         "sdxl_refiner": "the refiner of Stable Diffusion XL", "sd3": "Stable Diffusion 3", "flux": "Flux"}


def anatomy(path: Path) -> Anatomy | None:
    """What a file is; None where no network in it paints. Raises ValueError for a file that is damaged."""
    names = shapes(path)
    family, like = _family(names)
    if not like:
        return None
    has = {"denoiser"} | {part for part, starts in (("vae", _VAE), ("encoders", _ENCODERS))
                          if any(name.startswith(starts) for name in names)}
    about = told(path)
    prediction = {"v": "v_prediction", "epsilon": "epsilon"}.get(
        about.get("modelspec.predict_key") or about.get("modelspec.prediction_type", ""), "")
    return Anatomy(family, like, frozenset(has), "v_prediction" if "v_pred" in names else prediction, "ztsnr" in names)


def paints(path: Path) -> bool:
    """Whether a file looks like a model that paints, by the names of its tensors; no library is asked.

    Raises ValueError for a file that is damaged.
    """
    if path.suffix == ".gguf":
        with path.open("rb") as file:
            return file.read(4) == b"GGUF"
    names = shapes(path)
    if any("lora" in name for name in names) or is_more(names):
        return False
    return any(name.startswith(_PAINT) for name in names) and not steers(names)


# How the tensors of denoisers begin, in whole files and alone, under their authors' names and under those of diffusers.
_PAINT = (DENOISER, "diffusion_model.", "input_blocks.0.0.", "joint_blocks.0.", "double_blocks.0.", "transformer_blocks.0.",
          "double_layers.0.", "cap_embedder.", "patchify_proj.", "patch_embedding.", "x_embedder.",
          "single_transformer_blocks.0.", "down_blocks.0.resnets.0.time_emb_proj.")


def bare(names: Shapes) -> Shapes:
    """The tensors of the denoiser, without what stands before their names where others lie beside them."""
    inside = {name.removeprefix(DENOISER): shape for name, shape in names.items() if name.startswith(DENOISER)}
    return inside or {name.removeprefix("diffusion_model."): shape for name, shape in names.items()}


def _family(names: Shapes) -> tuple[str, str]:
    denoiser = bare(names)
    family = ""
    if "input_blocks.0.0.weight" in denoiser and "control_model.input_blocks.0.0.weight" not in names:
        family = _of_unet(names, denoiser)
    elif any(name.startswith("joint_blocks.0.") for name in denoiser):
        family = "sd3"
    elif "double_blocks.0.img_attn.norm.key_norm.scale" in denoiser and "img_in.weight" in denoiser and \
            "distilled_guidance_layer.norms.0.scale" not in denoiser and "single_blocks.0.linear1.weight" in denoiser \
            and "vector_in.in_layer.weight" in denoiser:
        family = "flux"
    return (family, _LIKE[family]) if family else ("", _listed(names))


def _of_unet(names: Shapes, denoiser: Shapes) -> str:
    width = next((shape[1] for name, shape in denoiser.items() if name.endswith("attn2.to_k.weight")), 0)
    if "label_emb.0.0.weight" in denoiser:
        encoders = {name.split(".")[2] for name in names if name.startswith("conditioner.embedders.")}
        return "sdxl_refiner" if encoders == {"0"} or not encoders and width == 1280 else "sdxl"
    if any(name.startswith("cond_stage_model.") for name in names):
        return "sd2" if any(name.startswith("cond_stage_model.model.") for name in names) else "sd1"
    return "sd2" if width == 1024 else "sd1"


class _Shape:
    """A tensor of which only the shape is known."""

    def __init__(self, shape: tuple[int, ...]):
        self.shape = shape


def _listed(names: Shapes) -> str:
    """What diffusers takes a file for; "" where it knows no denoiser of it."""
    from diffusers.loaders import single_file_utils as known

    kind = known.infer_diffusers_model_type({name: _Shape(shape) for name, shape in names.items()})
    if kind == "v1" or "controlnet" in kind or "vae" in kind or "autoencoder" in kind:
        return ""  # v1 is what it says of what it does not know
    return str(known.DIFFUSERS_DEFAULT_PIPELINE_PATHS[kind]["pretrained_model_name_or_path"])


def settings(family: str) -> dict[str, Any]:
    """The settings of a family at the sizes of its authors, part by part."""
    read: dict[str, Any] = json.loads((CONFIGS / f"{family}.json").read_text(encoding="utf-8"))
    return read


def fitted(family: str, names: Shapes) -> dict[str, Any]:
    """The settings of a family at the sizes of a file's tensors."""
    found, denoiser = settings(family), bare(names)
    index = found["model_index"]
    if family == "sd3":
        found["transformer"] |= _sd3(denoiser)
    elif family == "flux":
        found["transformer"] |= _flux(denoiser)
        if not found["transformer"]["guidance_embeds"]:
            found["scheduler"] |= {"use_dynamic_shifting": False, "shift": 1.0}  # schnell, distilled for a few steps
        index["_class_name"] = {384: "FluxFillPipeline", 128: "FluxControlPipeline"}.get(
            found["transformer"]["in_channels"], index["_class_name"])
        found["transformer"]["out_channels"] = denoiser["final_layer.linear.weight"][0]
    else:
        found["unet"] |= _unet(found["unet"], denoiser)
        edits = {9: {"StableDiffusionPipeline": "StableDiffusionInpaintPipeline",
                     "StableDiffusionXLPipeline": "StableDiffusionXLInpaintPipeline"},
                 8: {"StableDiffusionPipeline": "StableDiffusionInstructPix2PixPipeline",
                     "StableDiffusionXLPipeline": "StableDiffusionXLInstructPix2PixPipeline"}}
        index["_class_name"] = edits.get(found["unet"]["in_channels"], {}).get(index["_class_name"], index["_class_name"])
    inside = vae_shapes(names)
    if inside:
        found["vae"] |= vae_sizes(found["vae"], inside)
    return found


def _count(names: Shapes, pattern: str) -> int:
    """One more than the largest number that a pattern finds in the names."""
    numbers = [int(match[1]) for name in names if (match := re.match(pattern, name))]
    return max(numbers, default=-1) + 1


def _sd3(names: Shapes) -> dict[str, Any]:
    hidden = names["x_embedder.proj.weight"][0]
    layers = _count(names, r"joint_blocks\.(\d+)\.")
    dual = [layer for layer in range(layers) if f"joint_blocks.{layer}.x_block.attn2.qkv.weight" in names]
    head = names["joint_blocks.0.x_block.attn.ln_k.weight"][0] if "joint_blocks.0.x_block.attn.ln_k.weight" in names \
        else min(64, hidden)
    patch = names["x_embedder.proj.weight"][2]
    return {"num_layers": layers, "attention_head_dim": head, "num_attention_heads": hidden // head,
            "caption_projection_dim": hidden, "in_channels": names["x_embedder.proj.weight"][1], "patch_size": patch,
            "out_channels": names["final_layer.linear.weight"][0] // patch ** 2,
            "joint_attention_dim": names["context_embedder.weight"][1],
            "pooled_projection_dim": names["y_embedder.mlp.0.weight"][1],
            "pos_embed_max_size": round(names["pos_embed"][1] ** 0.5),
            **({"qk_norm": "rms_norm"} if "joint_blocks.0.x_block.attn.ln_k.weight" in names else {}),
            **({"dual_attention_layers": dual} if dual else {})}


def _flux(names: Shapes) -> dict[str, Any]:
    hidden, head = names["img_in.weight"][0], names["double_blocks.0.img_attn.norm.key_norm.scale"][0]
    rope = [head // 8, (head - head // 8) // 2, (head - head // 8) // 2]
    return {"num_layers": _count(names, r"double_blocks\.(\d+)\."),
            "num_single_layers": _count(names, r"single_blocks\.(\d+)\."),
            "attention_head_dim": head, "num_attention_heads": hidden // head, "in_channels": names["img_in.weight"][1],
            "joint_attention_dim": names["txt_in.weight"][1], "pooled_projection_dim": names["vector_in.in_layer.weight"][1],
            "guidance_embeds": "guidance_in.in_layer.weight" in names, "axes_dims_rope": rope}


def _unet(usual: dict[str, Any], names: Shapes) -> dict[str, Any]:
    levels = range(len(usual["block_out_channels"]))
    widths = [names[f"input_blocks.{1 + 3 * level}.0.out_layers.3.weight"][0] for level in levels]
    sizes: dict[str, Any] = {"block_out_channels": widths, "in_channels": names["input_blocks.0.0.weight"][1],
                             "out_channels": names["out.2.weight"][0]}
    context = next((shape[1] for name, shape in names.items() if name.endswith("attn2.to_k.weight")), None)
    if context:
        sizes["cross_attention_dim"] = context
    if isinstance(usual["attention_head_dim"], list):
        sizes["attention_head_dim"] = [max(1, width // 64) for width in widths]
    if "transformer_layers_per_block" in usual:
        depths = [_count(names, rf"input_blocks\.{1 + 3 * level}\.1\.transformer_blocks\.(\d+)\.") for level in levels]
        sizes["transformer_layers_per_block"] = [depth or 1 for depth in depths] \
            if isinstance(usual["transformer_layers_per_block"], list) else max(depths)
    if "label_emb.0.0.weight" in names:
        sizes["projection_class_embeddings_input_dim"] = names["label_emb.0.0.weight"][1]
    return sizes


def vae_shapes(names: Shapes) -> Shapes:
    """The tensors of the autoencoder among others, without what stands before their names."""
    for prefix in _VAE:
        inside = {name.removeprefix(prefix): shape for name, shape in names.items() if name.startswith(prefix)}
        if inside:
            return inside
    return names if "decoder.conv_in.weight" in names else {}


def vae_sizes(usual: dict[str, Any], names: Shapes) -> dict[str, Any]:
    """The sizes of an autoencoder of latent-diffusion."""
    levels = len(usual["block_out_channels"])
    if f"encoder.down.{levels - 1}.block.0.conv1.weight" not in names:
        return {}
    return {"block_out_channels": [names[f"encoder.down.{level}.block.0.conv1.weight"][0] for level in range(levels)],
            "latent_channels": names["decoder.conv_in.weight"][1]}
