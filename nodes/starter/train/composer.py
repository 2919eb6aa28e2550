"""Trains starter/composer: a small causal Transformer over REMI tokens of the pieces that `rules` writes.

    python -m nodegraph_nodes.starter.train composer --minutes 120 --threads 2

Pieces are written in C major and A minor only, and moved to the key that is asked for when they are used: a twelfth of the
work to learn. Each bar begins with its place in the form and the names of its chords, and every fourth with the bars that are
left, so that the model plans in the open before it fills in notes; `composer_words` says how.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...common.files import whole_file
from ..rules.styles import MOODS, STYLES
from . import loop
from .composer_words import BARS, read_tokenizer, token_weights, tokenizer, training_seeds, written

MODELS = Path(__file__).parents[1] / "models"
HELD_OUT = 10**9  # seeds from here on are never trained on
HELD = 24  # pieces by which a training is watched
CONTEXT = 2048
BATCH_TOKENS = 3072
SHARD = 2000  # pieces
SHARDS = 6  # after which they come again, in another order
STEPS = 12_000
MERGED = 2000  # words of the vocabulary, with those that stand for several


class Corpus:
    """Pieces by the thousand, written when first needed and kept in shards for a resumed run."""

    def __init__(self, folder: Path, remi: Any, seed: int):
        self.folder, self.remi, self.seed = folder, remi, seed
        folder.mkdir(parents=True, exist_ok=True)
        self._shards: dict[int, list[np.ndarray]] = {}

    def shard(self, index: int) -> list[np.ndarray]:
        """Pieces as arrays of uint16 token ids."""
        if index not in self._shards:
            path = self.folder / f"pieces-{self.seed}-{index:04d}.npz"
            if not path.exists():
                sequences = written(training_seeds(self.seed, (index + 1) * SHARD, SHARD)[index * SHARD:], self.remi, CONTEXT)
                ends = np.cumsum([len(s) for s in sequences])
                with whole_file(path) as partial:
                    np.savez_compressed(partial, tokens=np.concatenate(sequences).astype(np.uint16), ends=ends)
            with np.load(path) as data:
                self._shards = {index: np.split(data["tokens"], data["ends"][:-1])}
        return self._shards[index]


class Batches:
    """Batches of pieces of like length; a step always names the same batch. After all shards the first comes again, in another order."""

    def __init__(self, corpus: Corpus, batch_tokens: int):
        self.corpus, self.batch_tokens = corpus, batch_tokens
        self._plans: list[list[list[int]]] = []
        self._begun = 0

    def __getitem__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        while step >= self._begun:
            self._plan(len(self._plans))
        at = step
        for turn, plan in enumerate(self._plans):
            if at < len(plan):
                return self._batch(turn % SHARDS, plan[at])
            at -= len(plan)
        raise IndexError(step)

    def _plan(self, index: int) -> None:
        lengths = [len(tune) for tune in self.corpus.shard(index % SHARDS)]
        batches, batch = list[list[int]](), list[int]()
        for tune in sorted(range(len(lengths)), key=lambda i: lengths[i]):
            if batch and (len(batch) + 1) * lengths[tune] > self.batch_tokens:
                batches.append(batch)
                batch = []
            batch.append(tune)
        batches.append(batch)
        random.Random(index).shuffle(batches)
        self._plans.append(batches)
        self._begun += len(batches)

    def _batch(self, shard: int, members: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        tunes_ = [torch.from_numpy(self.corpus.shard(shard)[i].astype(np.int64)) for i in members]
        tokens = torch.nn.utils.rnn.pad_sequence(tunes_, batch_first=True)
        labels = torch.nn.utils.rnn.pad_sequence(tunes_, batch_first=True, padding_value=-100)
        return tokens, labels


def new_model(vocabulary: int) -> Any:
    """A Llama of about 3 million parameters."""
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(
        vocab_size=vocabulary, hidden_size=192, intermediate_size=512, num_hidden_layers=6,
        num_attention_heads=6, num_key_value_heads=6, max_position_embeddings=CONTEXT, tie_word_embeddings=True,
        bos_token_id=1, eos_token_id=2, pad_token_id=0, attn_implementation="sdpa", initializer_range=0.04))


def mean_loss(model: Any, tokens: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean negative log-likelihood of the tokens after the first, in nats."""
    return _cross_entropy(model, tokens, labels, None)


def _cross_entropy(model: Any, tokens: torch.Tensor, labels: torch.Tensor,
                   weights: torch.Tensor | None) -> torch.Tensor:
    logits = model(input_ids=tokens, use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(),
                                             weights, ignore_index=-100)


def train(settings: loop.Settings) -> None:
    """Train and export to `settings.out`; two hours unless `settings.minutes` says else.

    Settings of the stage `refine` go on with the finished composer in `settings.out`, on pieces it has not read. Raises
    SystemExit where that is none of this training.
    """
    torch.manual_seed(settings.seed)
    on_gpu = settings.device.startswith("cuda")
    out = settings.out or MODELS / "composer"
    model, remi, earlier, folder, seed, rate = _refined(settings, out) if settings.stage == "refine" else _begun(settings)
    batches = Batches(Corpus(settings.folder / "pieces", remi, seed), BATCH_TOKENS * (8 if on_gpu else 1))
    model.to(settings.device)
    weights = token_weights(remi).to(settings.device)
    held_out = held(remi, settings.device)

    def loss(step: int, generator: torch.Generator) -> torch.Tensor:
        tokens, labels = (part.to(settings.device) for part in batches[step])
        with loop.autocast(settings.device):
            return _cross_entropy(model, tokens, labels, weights)

    def watch(step: int) -> str:
        return told_loss(model, held_out)

    recipe = loop.Recipe(steps=STEPS, learning_rate=rate, minutes=settings.minutes or 120, warmup=150,
                         weight_decay=0.05, betas=(0.9, 0.98), ema=0.998)
    trained = loop.train("composer", folder, {"model": model}, loss, recipe, seed, watch, 180.0)
    loop.load_averaged(trained, {"model": model})
    model.eval()
    note = watch(trained.steps)
    print(f"composer  {trained.steps} steps in {trained.seconds / 60:.0f} min, {note}", flush=True)
    this = run_of(trained.steps, trained.seconds, seed, len(batches._plans), note)
    export(model, remi, out, {"runs": [*(run for run in earlier if run["seed"] != seed), this]})


def assembled(folder: Path, out: Path | None = None) -> None:
    """Export the composer as the last checkpoint of a training in `folder` has it; the training may be going on meanwhile.

    Raises SystemExit where no training has saved yet.
    """
    out = out or MODELS / "composer"
    if not (folder / "model" / loop.CHECKPOINT).exists():
        raise SystemExit(f"{folder} has no checkpoint of a composer; give the folder of its training, such as .training/composer")
    remi = read_tokenizer(folder / "tokenizer.json")
    model = new_model(len(remi))
    loop.put_averaged(folder / "model", {"model": model})
    model.eval()
    reached = loop.reached(folder / "model")
    note = told_loss(model, held(remi))
    print(f"composer  {reached.step} steps in {reached.seconds / 60:.0f} min, {note}", flush=True)
    shards = len(list((folder / "pieces").glob(f"pieces-{reached.seed}-*.npz")))
    export(model, remi, out, {"runs": [run_of(reached.step, reached.seconds, reached.seed, shards, note)]})


def held(remi: Any, device: str = "cpu") -> list[torch.Tensor]:
    """The pieces by which a training is watched, int (1, tokens) each."""
    return [torch.tensor([piece], device=device) for piece in written(range(HELD_OUT, HELD_OUT + HELD), remi, CONTEXT)]


def told_loss(model: Any, pieces: list[torch.Tensor]) -> str:
    """What the model makes of such pieces, as it is told."""
    with torch.no_grad():
        total = sum(float(mean_loss(model, piece, piece)) * (piece.shape[1] - 1) for piece in pieces)
    return f"held-out loss {total / sum(piece.shape[1] - 1 for piece in pieces):.4f} nats a token"


def run_of(steps: int, seconds: float, seed: int, shards: int, note: str) -> dict[str, Any]:
    """A run as `training.json` tells it. shards: those that were begun."""
    return {"rules": "band", "steps": steps, "minutes": round(seconds / 60, 1), "seed": seed,
            "pieces": min(shards, SHARDS) * SHARD, "held_out": note}


Start = tuple[Any, Any, list[dict[str, Any]], Path, int, float]  # model, tokenizer, earlier runs, folder, seed, learning rate


def _begun(settings: loop.Settings) -> Start:
    """A new model, with the tokenizer that this training began with."""
    path = settings.folder / "tokenizer.json"
    if not path.exists():
        settings.folder.mkdir(parents=True, exist_ok=True)
        made = tokenizer(MERGED)
        with whole_file(path) as partial:
            made.save(partial)
    remi = read_tokenizer(path)
    return new_model(len(remi)), remi, [], settings.folder / "model", settings.seed, 1.5e-3


def _refined(settings: loop.Settings, out: Path) -> Start:
    """The finished model, and other pieces than it has read."""
    from transformers import LlamaForCausalLM

    earlier = json.loads((out / "training.json").read_text())["runs"]
    if not all(run.get("rules") == "band" for run in earlier):
        raise SystemExit(f"{out} was taught the tunes of another training, in other words; begin anew without --stage")
    model = LlamaForCausalLM.from_pretrained(out, dtype=torch.float32, trust_remote_code=False)
    return model, read_tokenizer(out / "tokenizer.json"), earlier, settings.folder / "refine", settings.seed + 100, 1e-3


def export(model: Any, remi: Any, out: Path, facts: dict[str, Any]) -> None:
    """Write the folder: transformers' config and fp16 weights, miditok's tokenizer.json, what it came to and a card."""
    import copy

    from transformers import GenerationConfig

    out.mkdir(parents=True, exist_ok=True)
    half = copy.deepcopy(model).to("cpu", torch.float16)
    half.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=0, do_sample=True)
    half.save_pretrained(out)
    (out / "model.safetensors").chmod(0o644)
    remi.save(out / "tokenizer.json")
    (out / "training.json").write_text(json.dumps(facts, indent=1) + "\n")
    (out / "README.md").write_text(card(facts["runs"], sum(parameter.numel() for parameter in model.parameters()), len(remi)))


def card(runs: list[dict[str, Any]], parameters: int, words: int) -> str:
    """The card of a finished composer, as Markdown."""
    told = "\n".join(f"- {run['minutes']} minutes, {run['steps']} steps of about {BATCH_TOKENS:,} tokens, {run['pieces']:,} pieces; {run['held_out']}."
                     for run in runs)
    return CARD.format(millions=parameters / 1e6, words=words, styles=", ".join(STYLES), moods=", ".join(MOODS),
                       bars=", ".join(map(str, BARS)), told=told)


CARD = """---
license: mit
library_name: transformers
tags: [music, midi]
---

# starter/composer

A toy to learn and test with: a causal Transformer of {millions:.1f} million parameters that composes pieces for a small band with drums,
asked by style ({styles}), mood ({moods}), tempo (slow, medium, fast), key and length ({bars} bars). It knows only what the rules
in `nodes/starter/rules` taught it; `starter.compose` has these rules write, without a model.

## Format
- `config.json`, `model.safetensors` (fp16): `LlamaForCausalLM` of transformers.
- `tokenizer.json`: miditok's REMI with {words:,} words, of which the later ones stand for several (BPE), never across a bar line and never
  with a word of the plan. Twelve positions a beat, no velocities, strokes of drums without lengths.
- `training.json`: what the training came to.

Wishes are words in front, in this order; a missing one is left to the model:

    BOS_None Style_waltz Mood_sad Pace_slow Key_Aminor Bars_16 Bar_None TimeSig_3/4 Left_16 Phrase_A1 Harmony_i ...

The model writes in C major and A minor; the node moves the piece to the key asked for. Each bar names its place in the form, every
fourth the bars that are left, and each its chords, before its notes. Where a mark of the form comes again, `music.generate` writes the
same bar again. I is an introduction, K a break, Z a coda; other letters are phrases that return.

## Training
`python -m nodegraph_nodes.starter.train composer --minutes 120 --threads 2`; it goes on where it was stopped.

{told}
"""
