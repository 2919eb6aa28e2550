"""The painter's words: a tokenizer and a frozen text encoder that has learned to name a caption's attributes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, CLIPTokenizer

from .. import captions, scenes
from . import loop

MAX_TOKENS = 48
POOLED_SCALE = 4.0  # so that the pooled codes weigh as much as the time embedding when the denoiser begins


def tokenizer_of(folder: Path) -> CLIPTokenizer:
    """The tokenizer kept in a folder, made and put there if there is none yet."""
    if not (folder / "tokenizer.json").exists():
        fresh = folder.with_name(folder.name + ".partial")
        new_tokenizer(*_caption_texts()).save_pretrained(fresh)
        folder.parent.mkdir(parents=True, exist_ok=True)
        os.replace(fresh, folder)
    return CLIPTokenizer.from_pretrained(folder, trust_remote_code=False)


def new_tokenizer(english: list[str], chinese: list[str], length: int = MAX_TOKENS) -> CLIPTokenizer:
    """A byte-level BPE in CLIP's format: merges learned from English captions, one token for each Chinese character.

    Chinese is written without spaces, so merges learned from it would be whole phrases. A character gets its own
    merges instead, once inside a run and once at its end (where CLIP's tokens carry `</w>`).
    """
    learner = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    learner.normalizer = normalizers.Lowercase()
    learner.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner.train_from_iterator(english, trainers.BpeTrainer(
        vocab_size=1100, initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False))
    merges = [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]]
    merges += _character_merges({c for text in chinese for c in text if "\u4e00" <= c <= "\u9fff"})
    words = alphabet + [letter + "</w>" for letter in alphabet] + ["".join(pair) for pair in merges]
    vocabulary = {word: k for k, word in enumerate(dict.fromkeys((*words, "<|startoftext|>", "<|endoftext|>")))}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=length)


def _caption_texts() -> tuple[list[str], list[str]]:
    drawn_scenes = list(scenes.scenes(20_000, 4))
    return tuple([captions.caption(scene, language, k).text for k, scene in enumerate(drawn_scenes)]
                 for language in captions.LANGUAGES)


def _character_merges(characters: set[str]) -> list[tuple[str, str]]:
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    merges: dict[tuple[str, str], None] = {}
    for character in sorted(characters):
        first, second, third = byte_level.pre_tokenize_str(character)[0][0]
        merges |= dict.fromkeys([(first, second), (first + second, third), (first + second, third + "</w>")])
    return list(merges)


def new_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModelWithProjection:
    """A two-layer CLIP text encoder whose projection has one place for each choice of each attribute."""
    choices = sum(map(len, scenes.ATTRIBUTES.values()))
    return CLIPTextModelWithProjection(CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=128, intermediate_size=256, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=MAX_TOKENS, projection_dim=choices, hidden_act="gelu",
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id))


def tokens(tokenizer: CLIPTokenizer, texts: list[str]) -> torch.Tensor:
    """int64 (len(texts), MAX_TOKENS), cut and padded as the pipeline does."""
    return tokenizer(texts, padding="max_length", max_length=MAX_TOKENS, truncation=True,
                     return_tensors="pt").input_ids


def train_words(settings: loop.Settings, minutes: float | None):
    """The tokenizer and a frozen text encoder that has learned to name a caption's attributes.

    The pooled vector is regressed on the one-hot codes of what the caption names (zeros for what it leaves out), so
    that the painter is told what is asked for as clearly as by labels.
    """
    tokenizer = tokenizer_of(settings.folder / "tokenizer")
    torch.manual_seed(settings.seed)
    encoder = new_text_encoder(tokenizer).to(settings.device)
    pool = list(scenes.scenes(20_000, 3))
    batch = 512 if settings.device.startswith("cuda") else 64

    def loss(step: int, generator: torch.Generator) -> torch.Tensor:
        ids, wanted = _caption_batch(tokenizer, pool, batch, generator)
        return F.mse_loss(encoder(ids.to(settings.device)).text_embeds, wanted.to(settings.device))

    recipe = loop.Recipe(steps=6_000, learning_rate=2e-3, minutes=minutes, warmup=100, ema=0.995)
    unseen = list(scenes.scenes(300, 99, unseen=True))

    def watch(step: int) -> str:
        return "; ".join(f"{name}: {score:.3f}" for name, score in named_right(tokenizer, encoder, unseen).items())

    trained = loop.train("words", settings.folder / "words", {"text_encoder": encoder}, loss, recipe,
                         settings.seed, watch, 60)
    loop.load_averaged(trained, {"text_encoder": encoder})
    encoder.eval().requires_grad_(False)
    print(f"words  {trained.seconds / 60:.1f} min, attributes named right in unseen scenes: {watch(0)}", flush=True)
    return tokenizer, encoder


def _caption_batch(tokenizer, pool, batch, generator) -> tuple[torch.Tensor, torch.Tensor]:
    rows = torch.randint(len(pool), (batch,), generator=generator).tolist()
    seeds = torch.randint(2**31, (batch,), generator=generator).tolist()
    said = [captions.caption(pool[r], captions.LANGUAGES[k % 2], s)
            for k, (r, s) in enumerate(zip(rows, seeds, strict=True))]
    codes = [captions.targets(pool[r], c.named) for r, c in zip(rows, said, strict=True)]
    ids = tokens(tokenizer, [c.text for c in said])
    # what follows the end of a sentence cannot reach it through causal attention
    longest = int((ids != tokenizer.pad_token_id).sum(1).max()) + 1
    return ids[:, :longest], POOLED_SCALE * torch.tensor(codes)


def named_right(tokenizer, encoder, wanted: list[scenes.Scene]) -> dict[str, float]:
    """How often each attribute is read right from random captions of the scenes, where it is named; by language."""
    right: dict[str, float] = {}
    for language in captions.LANGUAGES:
        said = [captions.caption(scene, language, 10_000_000 + k) for k, scene in enumerate(wanted)]
        pooled = encode(tokenizer, encoder, [c.text for c in said])[1]
        codes = pooled.chunk(2, dim=1)[0].split([len(c) for c in scenes.ATTRIBUTES.values()], dim=1)
        for name, code in zip(scenes.ATTRIBUTES, codes, strict=True):
            hits = [scenes.ATTRIBUTES[name][best] == getattr(scene, name) for best, scene, c in
                    zip(code.argmax(1).tolist(), wanted, said, strict=True) if name in c.named]
            right[f"{name} {language}"] = sum(hits) / len(hits)
    return right


@torch.no_grad()
def encode(tokenizer, encoder, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """What the pipeline's prompt encoding gives, without its third encoder: (n, MAX_TOKENS, 256) and (n, 64).

    The pipeline has places for two CLIP encoders and joins what they say; ours stands in both.
    """
    ids = tokens(tokenizer, texts).to(encoder.device)
    told = encoder(ids, output_hidden_states=True)
    return told.hidden_states[-2].repeat(1, 1, 2), told.text_embeds.repeat(1, 2)
