"""The finished painter as a folder that diffusers loads."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import CLIPTokenizer, T5Config, T5EncoderModel, T5TokenizerFast


def forget_derived_setting(path: Path) -> None:
    """The autoencoder writes `block_out_channels`, works it out anew when loaded, and complains of finding it."""
    config = json.loads(path.read_text())
    del config["block_out_channels"]
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def silent_third_encoder() -> dict[str, object]:
    """A T5 encoder of a few kilobytes that answers every sentence with exact zeros, and its tokenizer.

    The pipeline replaces an absent third encoder by zeros too, but refuses to load a folder without one unless it
    is told so by its caller.
    """
    encoder = T5EncoderModel(T5Config(vocab_size=3, d_model=256, d_kv=8, d_ff=8, num_layers=1, num_heads=1))
    torch.nn.init.zeros_(encoder.encoder.final_layer_norm.weight)
    tokenizer = T5TokenizerFast(vocab=[("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -1.0)], extra_ids=0,
                                model_max_length=256)
    return {"text_encoder_3": encoder, "tokenizer_3": tokenizer}


def write_older_tokenizer(tokenizer: CLIPTokenizer, folder: Path) -> None:
    """`vocab.json` and `merges.txt`, which readers before transformers 5 expect beside tokenizer.json."""
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False), encoding="utf-8")
    merges = "\n".join(" ".join(pair) for pair in model["merges"])
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}\n", encoding="utf-8")
