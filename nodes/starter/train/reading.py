"""The painter's words: a tokenizer and a text encoder that reads colours in their order, setting, style, time and count.

The pooled vector is regressed on the one-hot codes of what a sentence says (zeros for what it leaves out), so that the
painter is told what is asked for as clearly as by labels. Nouns are passed over, but for the ten that stand alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, CLIPTokenizer

from ..sentences import ALONE, CODES, LANGUAGES, Said, Wanted, sentence
from ..vocabulary import COLOURS, SETTINGS, STYLES, TIMES
from . import loop
from .words import POOLED_SCALE, new_tokenizer

MAX_TOKENS = 64
CHOICES = sum(map(len, CODES.values()))
WIDTH = 128
NOUNS = (("owl", "猫头鹰"), ("rocket", "火箭"), ("castle", "城堡"), ("umbrella", "雨伞"), ("dog", "狗"), ("apple", "苹果"))

Names = Sequence[tuple[str, str]]


def random_wanted(rng: random.Random, names: Names) -> Wanted:
    """Something that may be asked for: one noun in two of three, two or three otherwise, now and then none."""
    count = rng.choices((0, 1, 2, 3), (5, 62, 20, 13))[0]
    alike = count > 1 and rng.random() < 0.35
    noun = rng.choice(list(ALONE)) if count == 1 and rng.random() < 0.18 else None
    nouns = [ALONE[noun]] if noun else [rng.choice(names)] * count if alike else [rng.choice(names) for _ in range(count)]
    colours = [rng.choice(COLOURS) if rng.random() < 0.82 else None for _ in range(count)]
    if alike:
        colours = colours[:1] * count
    setting, style, time = (rng.choice(words) if rng.random() < chance else None
                            for words, chance in ((SETTINGS, 0.9), (STYLES, 0.85), (TIMES, 0.85)))
    return Wanted(tuple(nouns), tuple(colours), setting, style, time, alike, noun)


def painters_tokenizer() -> CLIPTokenizer:
    """A byte-level BPE in CLIP's format, with tokens for what the painter reads; other words fall into bytes."""
    rng = random.Random(4)
    wanted = [random_wanted(rng, NOUNS) for _ in range(16_000)]
    english, chinese = ([sentence(w, language, k).text for k, w in enumerate(wanted)] for language in LANGUAGES)
    return new_tokenizer(english, chinese, length=MAX_TOKENS)


def painters_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModelWithProjection:
    """A three-layer CLIP text encoder whose projection has one place for each choice of each of CODES."""
    return CLIPTextModelWithProjection(CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_hidden_layers=3,
        num_attention_heads=4, max_position_embeddings=MAX_TOKENS, projection_dim=CHOICES, hidden_act="gelu",
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id))


def token_ids(tokenizer: CLIPTokenizer, texts: list[str]) -> torch.Tensor:
    """int64 (len(texts), MAX_TOKENS), cut and padded as the pipeline does."""
    return tokenizer(texts, padding="max_length", max_length=MAX_TOKENS, truncation=True, return_tensors="pt").input_ids


def one_hot(codes: torch.Tensor) -> torch.Tensor:
    """Codes int64 (n, len(CODES)), -1 where nothing is said, to float32 (n, CHOICES)."""
    parts = [F.one_hot(codes[:, k].clamp_min(0), len(choices)) * (codes[:, k:k + 1] >= 0)
             for k, choices in enumerate(CODES.values())]
    return torch.cat(parts, 1).float()


def train_reading(settings: loop.Settings, names: Names, minutes: float | None
                  ) -> tuple[CLIPTokenizer, CLIPTextModelWithProjection]:
    """The tokenizer and the trained, frozen text encoder; resumes from the settings' folder."""
    folder = settings.folder / "tokenizer"
    if not (folder / "tokenizer.json").exists():
        painters_tokenizer().save_pretrained(folder)
    tokenizer = CLIPTokenizer.from_pretrained(folder, trust_remote_code=False)
    torch.manual_seed(settings.seed)
    encoder = painters_encoder(tokenizer).to(settings.device)
    batch = 512 if settings.device.startswith("cuda") else 96

    def loss(step: int, generator: torch.Generator) -> torch.Tensor:
        said = _said(names, batch, int(torch.randint(2**31, (), generator=generator)))
        ids = token_ids(tokenizer, [s.text for s in said])
        longest = int((ids != tokenizer.pad_token_id).sum(1).max()) + 1  # what follows the end cannot reach it
        wanted = POOLED_SCALE * one_hot(torch.tensor([s.codes for s in said]))
        return F.mse_loss(encoder(ids[:, :longest].to(settings.device)).text_embeds, wanted.to(settings.device))

    def watch(step: int) -> str:
        return "; ".join(f"{name}: {score:.3f}" for name, score in read_right(tokenizer, encoder, names).items())

    recipe = loop.Recipe(steps=6_000, learning_rate=2e-3, minutes=minutes, warmup=100, ema=0.995)
    trained = loop.train("reading", settings.folder / "reading", {"text_encoder": encoder}, loss, recipe, settings.seed,
                         watch, 60)
    loop.load_averaged(trained, {"text_encoder": encoder})
    encoder.eval().requires_grad_(False)
    print(f"reading  {trained.seconds / 60:.1f} min, read right in new sentences: {watch(0)}", flush=True)
    return tokenizer, encoder


def _said(names: Names, count: int, seed: int) -> list[Said]:
    rng = random.Random(seed)
    return [sentence(random_wanted(rng, names), LANGUAGES[k % 2], rng.randrange(2**31)) for k in range(count)]


@torch.no_grad()
def read_right(tokenizer: CLIPTokenizer, encoder: CLIPTextModelWithProjection, names: Names, count: int = 400
               ) -> dict[str, float]:
    """How often each of CODES is read right from new sentences that say it, by language."""
    said = _said(names, count, 77_777_777)
    right: dict[str, float] = {}
    pooled = encode(tokenizer, encoder, [s.text for s in said])[1][:, :CHOICES]
    for name, code, place in zip(CODES, pooled.split([len(c) for c in CODES.values()], 1), range(len(CODES)), strict=True):
        best = code.argmax(1).tolist()
        for k, language in enumerate(LANGUAGES):
            hits = [b == s.codes[place] for b, s in list(zip(best, said, strict=True))[k::2] if s.codes[place] >= 0]
            right[f"{name} {language}"] = sum(hits) / max(1, len(hits))
    return right


@torch.no_grad()
def encode(tokenizer: CLIPTokenizer, encoder: CLIPTextModelWithProjection, texts: list[str]
           ) -> tuple[torch.Tensor, torch.Tensor]:
    """What the pipeline's prompt encoding gives, without its third encoder: (n, MAX_TOKENS, 256) and (n, 2 CHOICES).

    The pipeline has places for two CLIP encoders and joins what they say; ours stands in both.
    """
    told = encoder(token_ids(tokenizer, texts).to(encoder.device), output_hidden_states=True)
    return told.hidden_states[-2].repeat(1, 1, 2), told.text_embeds.repeat(1, 2)
