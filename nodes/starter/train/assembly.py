"""The painter's folder, put together from what a training against the clock has left."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, StableDiffusion3InpaintPipeline
from safetensors.torch import load_file, save_file
from transformers import CLIPTokenizer

from .autoencoder import new_autoencoder
from .denoiser import painters_denoiser
from .folder import forget_derived_setting, silent_third_encoder, write_older_tokenizer
from .reading import painters_encoder

SHIFT = 2.5  # of the noise levels when painting
FILES = ("painter-1.safetensors", "painter-2.safetensors", "painter-rest.safetensors")


def assemble(trained: Path, tokenizer_folder: Path, out: Path) -> None:
    """Write a `StableDiffusion3InpaintPipeline` folder of the three files in `trained`, with float16 weights.

    The text encoders say float32 in their configuration, so that loaders raise them, as they do the other parts.
    """
    weights: dict[str, torch.Tensor] = {}
    for name in FILES:
        weights |= load_file(trained / name)

    def part(prefix: str) -> dict[str, torch.Tensor]:
        return {key.removeprefix(f"{prefix}/"): value.float() for key, value in weights.items() if key.startswith(f"{prefix}/")}

    tokenizer = CLIPTokenizer.from_pretrained(tokenizer_folder, trust_remote_code=False)
    denoiser, autoencoder, encoder = painters_denoiser(), new_autoencoder(), painters_encoder(tokenizer)
    denoiser.load_state_dict(part("denoiser"))
    autoencoder.load_state_dict(part("autoencoder"))
    encoder.load_state_dict(part("reading"))
    autoencoder.register_to_config(scaling_factor=float(weights["scale"]), shift_factor=float(weights["shift"]))
    pipeline = StableDiffusion3InpaintPipeline(
        transformer=denoiser.half(), scheduler=FlowMatchEulerDiscreteScheduler(shift=SHIFT), vae=autoencoder.half(),
        text_encoder=encoder, text_encoder_2=encoder, tokenizer=tokenizer, tokenizer_2=tokenizer, **silent_third_encoder())
    fresh = out.with_name(out.name + ".partial")
    shutil.rmtree(fresh, ignore_errors=True)
    pipeline.save_pretrained(fresh)
    for name in ("tokenizer", "tokenizer_2"):
        write_older_tokenizer(tokenizer, fresh / name)
    for name in ("text_encoder", "text_encoder_2"):
        path = fresh / name / "model.safetensors"
        save_file({key: value.half() if value.is_floating_point() else value for key, value in load_file(path).items()},
                  path, {"format": "pt"})
    forget_derived_setting(fresh / "vae" / "config.json")
    _forget_source(fresh)
    for card in out.glob("*.md"):
        shutil.copy(card, fresh)
    for file in fresh.rglob("*.safetensors"):
        file.chmod(0o644)
    shutil.rmtree(out, ignore_errors=True)
    os.replace(fresh, out)


def _forget_source(folder: Path) -> None:
    """Where a part was loaded from is nobody's business."""
    for path in folder.rglob("*config.json"):
        told = json.loads(path.read_text(encoding="utf-8"))
        if told.pop("_name_or_path", None) is not None:
            path.write_text(json.dumps(told, indent=2, sort_keys=True) + "\n", encoding="utf-8")
