"""How good the little illustrator is: 200 unseen scenes asked for in two languages, judged by a classifier.

The scenes' (subject, colour, setting) were held out of every training. Half are asked for in Chinese. The judge was
trained on rendered pictures only and its own accuracy on unseen ones is printed, because no score can be above it.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusion3Pipeline
from judge_scenes import Judge, judge, rendered

from nodegraph_nodes.starter import captions, scenes

UNKNOWN = ("zorbl", "quantum", "grandmother", "democratic", "xylophone", "量子", "奶奶", "哲学")


def score(asked: argparse.Namespace) -> dict[str, Any]:
    """Paint, score and print; the figures."""
    referee = judge(asked.judge)
    pipe = StableDiffusion3Pipeline.from_pretrained(asked.model)
    pipe.set_progress_bar_config(disable=True)
    wanted = list(scenes.scenes(asked.count, 900_001, unseen=True))
    prompts = [captions.caption(scene, captions.LANGUAGES[k % 2], 20_000_000 + k) for k, scene in enumerate(wanted)]
    begun = time.monotonic()
    pictures = painted(pipe, [p.text for p in prompts], asked)
    seconds = (time.monotonic() - begun) / asked.count
    report = {
        "judge's own accuracy on rendered scenes": referee.accuracy,
        **{f"accuracy, {name}": _accuracy(referee, pictures[first::step], wanted[first::step], prompts[first::step])
           for name, first, step in (("all", 0, 1), ("English", 0, 2), ("Chinese", 1, 2))},
        "autoencoder PSNR on held-out scenes, dB": autoencoder_psnr(pipe.vae),
        "seconds a picture, in batches": seconds, "seconds a picture, alone": _alone(pipe, asked),
        "unknown word put in: attributes that stay": _unknown_words(pipe, referee, asked)}
    print(json.dumps(_rounded(report), indent=2, ensure_ascii=False))
    if asked.sheet:
        _save_sheet(pictures[:24], asked.sheet)
    return report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that only this score has."""
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=4.0)
    parser.add_argument("--padding", type=int, default=32, help="silent tokens of the third encoder (the pipeline's "
                        "own default is 256, which paints alike and takes about twice as long)")
    parser.add_argument("--judge", type=Path, default=Path(".training/judge"), help="where the judge is kept")
    parser.add_argument("--sheet", type=Path, help="also save the first 24 pictures as one PNG")


def painted(pipe: StableDiffusion3Pipeline, prompts: list[str], asked, batch: int = 10) -> torch.Tensor:
    """uint8 (n, 3, 128, 128); the picture of prompt k starts from noise seeded with k."""
    parts = []
    for start in range(0, len(prompts), batch):
        some = prompts[start:start + batch]
        noise = [torch.Generator().manual_seed(start + k) for k in range(len(some))]
        images = pipe(some, num_inference_steps=asked.steps, guidance_scale=asked.guidance, height=128, width=128,
                      generator=noise, output_type="np", max_sequence_length=asked.padding).images
        parts.append(torch.from_numpy((images * 255).round().astype(np.uint8)).permute(0, 3, 1, 2))
    return torch.cat(parts)


def _accuracy(referee: Judge, pictures, wanted, prompts) -> dict[str, float]:
    """How often the judge sees what was asked for, over the prompts that name the attribute."""
    seen = referee.read(pictures)
    right = {}
    for name in scenes.ATTRIBUTES:
        hits = [s[name] == getattr(scene, name) for s, scene, p in zip(seen, wanted, prompts, strict=True)
                if name in p.named]
        right[name] = sum(hits) / len(hits)
    return right


def autoencoder_psnr(vae, count: int = 100) -> float:
    """Mean peak signal-to-noise ratio in dB over unseen scenes."""
    pictures, _ = rendered(count, 700_001, unseen=True)
    values = []
    with torch.no_grad():
        for part in pictures.split(10):
            wanted = part.float().div(127.5).sub(1)
            back = vae.decode(vae.encode(wanted).latents).sample.clamp(-1, 1)
            values.append(-10 * ((back - wanted) / 2).square().mean((1, 2, 3)).log10())
    return torch.cat(values).mean().item()


def _alone(pipe, asked, count: int = 3) -> float:
    begun = time.monotonic()
    for k in range(count):
        painted(pipe, [f"a red boat on a blue sea at dusk, watercolour{' ' * k}"], asked)
    return (time.monotonic() - begun) / count


def _unknown_words(pipe, referee, asked, count: int = 24) -> float:
    """The share of attributes that the judge reads alike with and without a word no training caption held."""
    wanted = list(scenes.scenes(count, 800_001, unseen=True))
    plain = [captions.plain(scene, captions.LANGUAGES[k % 2]) for k, scene in enumerate(wanted)]
    strange = [f"{text}, {UNKNOWN[k % len(UNKNOWN)]}" for k, text in enumerate(plain)]
    before, after = (referee.read(painted(pipe, texts, asked)) for texts in (plain, strange))
    same = [a[name] == b[name] for a, b in zip(before, after, strict=True) for name in scenes.ATTRIBUTES]
    return sum(same) / len(same)


def _rounded(report):
    if isinstance(report, dict):
        return {key: _rounded(value) for key, value in report.items()}
    return round(report, 3)


def _save_sheet(pictures: torch.Tensor, path: Path) -> None:
    from PIL import Image

    rows = pictures.permute(0, 2, 3, 1).numpy().reshape(-1, 6, 128, 128, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate([np.concatenate(list(row), 1) for row in rows])).save(path)
