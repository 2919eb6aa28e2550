"""The pictures that the painter learns from, drawn into files."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file as save_arrays

from .. import scenes

PICTURES = 32_000
CHUNK = 1_000


def material(folder: Path, count: int = PICTURES, seed: int = 0) -> list[Path]:
    """Draw the training pictures into files of 1,000, those that are not there yet; the files' paths in order.

    Each file holds pictures uint8 (1000, 3, 128, 128), masks uint8 (1000, 16, 16) on the latents' grid and
    labels uint8 (1000, 5).
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"pictures-{k:03d}.safetensors" for k in range(count // CHUNK)]
    missing = [(path, seed * 10_000 + k) for k, path in enumerate(paths) if not path.exists()]
    if missing:
        print(f"painter  drawing {len(missing) * CHUNK} pictures", flush=True)
        workers = max(1, min(len(missing), torch.get_num_threads()))
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            for _ in pool.imap_unordered(_draw_chunk, missing):
                pass
    return paths


def _draw_chunk(job: tuple[Path, int]) -> None:
    path, seed = job
    arrays = drawn(list(scenes.scenes(CHUNK, seed + 1)))
    partial_path = path.with_suffix(".partial")
    save_arrays(arrays, partial_path)
    os.replace(partial_path, path)


def drawn(wanted: list[scenes.Scene]) -> dict[str, np.ndarray]:
    """Pictures, masks and labels of the scenes, as `material` stores them."""
    pictures, masks = [], []
    for scene in wanted:
        rendered = scenes.render(scene)
        pictures.append(rendered.picture.transpose(2, 0, 1))
        masks.append(rendered.mask.reshape(16, 8, 16, 8).mean((1, 3)).astype(np.uint8))
    # contiguous, because safetensors writes the buffer as it lies in memory
    return {"pictures": np.ascontiguousarray(np.stack(pictures)), "masks": np.stack(masks),
            "labels": np.asarray([scenes.labels(scene) for scene in wanted], np.uint8)}


def signed(pictures: torch.Tensor) -> torch.Tensor:
    """uint8 0..255 to float32 -1..1."""
    return pictures.float().div(127.5).sub(1)
