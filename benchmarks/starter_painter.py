"""How good the little illustrator is: free sentences in two languages, about drawings never trained, judged by a classifier.

Each sentence goes the way of a user's: starter.scene reads it, the painter paints what it is shown, no sentence is
helped. The judge was trained on rendered pictures only, and its own accuracy on others is printed, because no score can
be above it; so is what it reads in the renderer's own pictures of the very same sentences.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusion3InpaintPipeline
from judge_scenes import CHOICES, SUBJECTS, judge, wanted

from nodegraph_nodes.starter import sentences
from nodegraph_nodes.starter.scene import illustrate, scene

FIRST = 900_001  # of the seeds
EVERYDAY = (  # looked at
    "a black cat on the kitchen table, watercolour", "黄昏海边的灯塔，油画", "two yellow ducks in the rain, cartoon",
    "一只红色的龙在山里，水墨", "a teapot in the garden at dawn", "a blue bicycle in the city, poster", "太空里的绿色火箭，像素画",
    "a penguin in the snow at night, crayon", "沙滩上的一把红色雨伞", "a pink castle in the mountains, oil painting",
    "a brown dog in a meadow", "花园里的蜗牛，粉笔画", "a sailing boat on a stormy sea, ink", "城市里的黄色出租车，海报",
    "an orange pumpkin in the forest at night", "森林里的白色独角兽，水彩画", "three red apples on the table, oil painting",
    "夜晚沙漠里的骆驼", "a purple butterfly in the garden, crayon", "厨房里的蛋糕，卡通", "a guitar on the beach at sunset",
    "雪地里的企鹅，蜡笔画", "a green tractor in a field, poster", "海里的蓝色鲸鱼，水彩", "an elephant by a lake, ink drawing",
    "雨中的街道上有一只青蛙", "a robot in space, pixel art", "草地上的长颈鹿，卡通", "a house in the snow at dusk, chalk",
    "花园里的向日葵，油画", "a mermaid in the sea at night", "一个雪人在山里", "a knight in front of a castle, oil",
    "沙漠里的仙人掌，海报", "an umbrella in the rain, watercolour", "公园里的长椅和一只松鼠", "a windmill in a meadow at dawn",
    "厨房里的红色茶壶", "a hot-air balloon over the mountains, poster", "夜空下的猫头鹰，粉笔画", "a grey mouse and a yellow cheese",
    "大海上的海龟，像素", "a train in the mountains, ink", "城里的一只熊猫，卡通", "a glass of milk and a cookie on a table",
    "森林里的蘑菇，水彩画", "a lighthouse by night, chalk", "一朵粉色的玫瑰，蜡笔", "a crab on the beach by day",
    "海滩上的椰子树，油画", "a dinosaur in the forest, cartoon", "山里的一只鹰，水墨画", "a wedding cake in the garden",
    "一把小提琴，油画", "a shark under water, poster", "街上的红色汽车，像素画", "a fox reading a book in the snow",
    "月球上的宇航员", "a bee on a flower in the garden, watercolour", "屋顶上的黑猫，夜晚")


def score(asked: argparse.Namespace) -> dict[str, Any]:
    """Paint, score and print; the figures."""
    referee = judge(asked.judge)
    pipe = StableDiffusion3InpaintPipeline.from_pretrained(asked.model)
    pipe.set_progress_bar_config(disable=True)
    requests = [request(FIRST + k, sentences.LANGUAGES[k % 2]) for k in range(asked.count)]
    texts = [text for text, _ in requests]
    begun = time.monotonic()
    seen = referee.read(painted(pipe, texts, asked))
    seconds = (time.monotonic() - begun) / asked.count
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawn = referee.read(torch.stack([_bytes(illustrate(text, seed=k)) for k, text in enumerate(texts)]))
    report = {"judge's own accuracy on rendered scenes": referee.accuracy, "seconds a picture, in batches": seconds}
    for name, first, step in (("all", 0, 1), ("English", 0, 2), ("Chinese", 1, 2)):
        for what, read in (("painted", seen), ("rendered", drawn)):
            report[f"{what}, {name}"] = _accuracy(read[first::step], requests[first::step])
    print(json.dumps(_rounded(report), indent=2, ensure_ascii=False))
    if asked.sheet:
        _save_sheet(painted(pipe, list(EVERYDAY), asked), asked.sheet)
    return report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that only this score has."""
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--guidance", type=float, default=2.0)
    parser.add_argument("--judge", type=Path, default=Path(".training/judge"), help="where the judge is kept")
    parser.add_argument("--sheet", type=Path, help="also save sixty everyday sentences, painted, as one PNG")


def request(seed: int, language: str) -> tuple[str, dict[str, str]]:
    """A sentence that names one of each of the judge's choices, in a random phrasing, and these."""
    asked = wanted(seed)
    noun = SUBJECTS[asked["subject"]]
    said = sentences.Wanted((noun,), (asked["colour"],), asked["setting"], asked["style"], asked["time"])
    for phrasing in range(seed, seed + 100):  # now and then a sentence calls its subject a thing
        text = sentences.sentence(said, language, phrasing).text
        if noun[sentences.LANGUAGES.index(language)] in text:
            return text, asked
    raise ValueError(f"no sentence names {noun}")


def painted(pipe: StableDiffusion3InpaintPipeline, texts: list[str], asked: argparse.Namespace, batch: int = 10) -> torch.Tensor:
    """uint8 (n, 3, 128, 128); the picture of sentence k is laid out and starts from noise by seed k."""
    parts = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        laid = [scene(text, seed=k) for k, text in enumerate(texts)]
    for start in range(0, len(texts), batch):
        some = laid[start:start + batch]
        noise = [torch.Generator().manual_seed(start + k) for k in range(len(some))]
        shown = torch.stack([part.reference[:3] * part.reference[3:] + 0.5 * (1 - part.reference[3:]) for part in some])
        images = pipe([part.prompt for part in some], image=shown, mask_image=torch.stack([part.mask for part in some]),
                      strength=1.0, num_inference_steps=asked.steps, guidance_scale=asked.guidance, height=128, width=128,
                      generator=noise, output_type="pt", max_sequence_length=16).images
        parts.append(_bytes(images))
    return torch.cat(parts)


def _bytes(pictures: torch.Tensor) -> torch.Tensor:
    return (pictures * 255).round().to(torch.uint8)


def _accuracy(seen: list[dict[str, str]], requests: list[tuple[str, dict[str, str]]]) -> dict[str, float]:
    """How often the judge sees what was asked for."""
    return {name: sum(s[name] == asked[name] for s, (_, asked) in zip(seen, requests, strict=True)) / len(seen) for name in CHOICES}


def _rounded(report: Any) -> Any:
    if isinstance(report, dict):
        return {key: _rounded(value) for key, value in report.items()}
    return round(report, 3)


def _save_sheet(pictures: torch.Tensor, path: Path) -> None:
    from PIL import Image

    rows = pictures.permute(0, 2, 3, 1).numpy().reshape(-1, 10, 128, 128, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate([np.concatenate(list(row), 1) for row in rows])).save(path)
