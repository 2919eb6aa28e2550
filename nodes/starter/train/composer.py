"""Trains starter/composer: a small causal Transformer over REMI tokens of the tunes that `tunes.py` writes.

The tunes are written around C major and A minor only, and moved to the key that is asked for when they are
used: a twelfth of the work to learn. Each bar begins with its place in the form and the names of its chords,
and every fourth with the bars that are left, so that the model plans in the open before it fills in notes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...common.files import whole_file
from ...media.score import Score
from ...music.tokens import wish_tokens
from .. import tunes
from . import loop

HOME_KEYS = {"major": "C major", "minor": "A minor"}
HELD_OUT = 10**9  # seeds from here on are never trained on
CONTEXT = 2048
BATCH_TOKENS = 3072
SHARD = 2000


_PLACES = ("1", "2", *(f"{bar}{ending}" for bar in (3, 4) for ending in ("open", "closed", "final")))
# Words that come once where notes come by the hundred weigh more, or they are learned last.
_WEIGHTS = {"Tempo": 8.0, "TimeSig": 2.0, "Left": 2.0, "Phrase": 2.0, "Harmony": 2.0, "Bar": 2.0, "EOS": 4.0}


def tokenizer():
    """miditok's REMI at twelve positions a beat, without velocities, one stream for all programs."""
    from miditok import REMI, TokenizerConfig

    words = [f"Style_{s}" for s in tunes.STYLES] + [f"Mood_{m}" for m in tunes.MOODS]
    words += [f"Pace_{p}" for p in tunes.TEMPI] + ["Key_Cmajor", "Key_Aminor"]
    words += [f"Bars_{b}" for b in tunes.BARS]
    words += [f"Left_{bars}" for bars in range(4, 33, 4)] + [f"Harmony_{name}" for name in tunes.CHORDS]
    words += [f"Phrase_{letter}{place}" for letter in "ABC" for place in _PLACES]
    programs = sorted(tunes.MELODY_PROGRAMS + tunes.CHORD_PROGRAMS + tunes.BASS_PROGRAMS)
    return REMI(TokenizerConfig(
        pitch_range=(28, 93), beat_res={(0, 4): 12, (4, 12): 1}, special_tokens=["PAD", "BOS", "EOS", *words],
        use_velocities=False, use_programs=True, one_token_stream_for_programs=True, program_changes=True,
        programs=programs, use_tempos=True, num_tempos=33, tempo_range=(40, 200), use_time_signatures=True,
        time_signature_range={4: [2, 3, 4], 8: [6]}))


def to_symusic(score: Score):
    """The Score as symusic has it, twelve ticks to a quarter note."""
    import symusic

    piece: Any = symusic.Score(tunes.TICKS)
    piece.tempos.append(symusic.Tempo(0, score.tempos[0][1]))
    piece.time_signatures.append(symusic.TimeSignature(0, *score.metres[0][1:]))
    for track in score.tracks:
        notes: Any = symusic.Track(track.name, track.program, track.is_drum)
        for note in track.notes:
            notes.notes.append(symusic.Note(round(note.start * tunes.TICKS),
                                            round(note.duration * tunes.TICKS),
                                            note.pitch, note.velocity))
        piece.tracks.append(notes)
    return piece


def encoded(tune: tunes.Tune, remi) -> list[int]:
    """The tune as token ids: BOS, the wishes, then bar by bar its plan and its notes, EOS.

    A bar's place is one word: Phrase_A1, Phrase_A2, and where the phrase ends Phrase_A3open, ...
    """
    request = tune.request
    wishes, _ = wish_tokens(remi.vocab, request.style, request.mood, request.tempo, request.key, request.bars)
    words, bar, ends = ["BOS_None", *wishes], -1, tunes.endings(tune.form)
    for word in remi.encode(to_symusic(tune.score)).tokens:
        words.append(word)
        if word == "Bar_None":
            bar += 1
        elif word.startswith("TimeSig_"):
            phrase, place = divmod(bar, 4)
            words += [f"Left_{request.bars - bar}"] if place == 0 else []
            words.append(f"Phrase_{tune.form[phrase]}{place + 1}{ends[phrase] if place >= 2 else ''}")
            words += [f"Harmony_{name}" for name in tune.harmony[bar]]
    return [remi.vocab[word] for word in (*words, "EOS_None")]


def home_request(seed: int) -> tunes.Request:
    """A drawn request, in the home key of its mode."""
    drawn = tunes.draw_request(seed)
    mode = drawn.key.split()[1]
    return tunes.Request(drawn.style, drawn.mood, drawn.tempo, HOME_KEYS[mode], drawn.bars)


def written(seeds: Iterable[int], remi) -> list[list[int]]:
    """The token sequences of the tunes with these seeds."""
    return [encoded(tunes.compose(home_request(seed), seed), remi) for seed in seeds]


def training_seeds(seed: int, count: int) -> range:
    """The seeds of the first so many tunes that a training with this seed reads."""
    first = seed * 1000 * SHARD
    return range(first, first + count)


class Corpus:
    """Tunes by the thousand, written when first needed and kept in shards for a resumed run."""

    def __init__(self, folder: Path, remi, seed: int):
        self.folder, self.remi, self.seed = folder, remi, seed
        folder.mkdir(parents=True, exist_ok=True)
        self._shards: dict[int, list[np.ndarray]] = {}

    def shard(self, index: int) -> list[np.ndarray]:
        """SHARD tunes as arrays of uint16 token ids."""
        if index not in self._shards:
            path = self.folder / f"tunes-{self.seed}-{index:04d}.npz"
            if not path.exists():
                sequences = written(training_seeds(self.seed, (index + 1) * SHARD)[index * SHARD:], self.remi)
                ends = np.cumsum([len(s) for s in sequences])
                with whole_file(path) as partial:
                    np.savez_compressed(partial, tokens=np.concatenate(sequences).astype(np.uint16), ends=ends)
            with np.load(path) as data:
                self._shards = {index: np.split(data["tokens"], data["ends"][:-1])}
        return self._shards[index]


class Batches:
    """Batches of tunes of like length, each tune once; a step always names the same batch."""

    def __init__(self, corpus: Corpus, batch_tokens: int):
        self.corpus, self.batch_tokens = corpus, batch_tokens
        self._plans: list[tuple[int, list[list[int]]]] = []
        self._begun = 0

    def __getitem__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        while step >= self._begun:
            self._plan(len(self._plans))
        at = step
        for shard, plan in self._plans:
            if at < len(plan):
                return self._batch(shard, plan[at])
            at -= len(plan)
        raise IndexError(step)

    def _plan(self, index: int) -> None:
        lengths = [len(tune) for tune in self.corpus.shard(index)]
        batches, batch = list[list[int]](), list[int]()
        for tune in sorted(range(len(lengths)), key=lambda i: lengths[i]):
            if batch and (len(batch) + 1) * lengths[tune] > self.batch_tokens:
                batches.append(batch)
                batch = []
            batch.append(tune)
        batches.append(batch)
        random.Random(index).shuffle(batches)
        self._plans.append((index, batches))
        self._begun += len(batches)

    def _batch(self, shard: int, members: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        tunes_ = [torch.from_numpy(self.corpus.shard(shard)[i].astype(np.int64)) for i in members]
        tokens = torch.nn.utils.rnn.pad_sequence(tunes_, batch_first=True)
        labels = torch.nn.utils.rnn.pad_sequence(tunes_, batch_first=True, padding_value=-100)
        return tokens, labels


def new_model(vocabulary: int):
    """A Llama of about 2.7 million parameters."""
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(
        vocab_size=vocabulary, hidden_size=192, intermediate_size=512, num_hidden_layers=6,
        num_attention_heads=6, num_key_value_heads=6, max_position_embeddings=CONTEXT, tie_word_embeddings=True,
        bos_token_id=1, eos_token_id=2, pad_token_id=0, attn_implementation="sdpa", initializer_range=0.04))


def mean_loss(model, tokens: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean negative log-likelihood of the tokens after the first, in nats."""
    return _cross_entropy(model, tokens, labels, None)


def _cross_entropy(model, tokens: torch.Tensor, labels: torch.Tensor,
                   weights: torch.Tensor | None) -> torch.Tensor:
    logits = model(input_ids=tokens, use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(),
                                             weights, ignore_index=-100)


def token_weights(remi) -> torch.Tensor:
    """How much each token of the vocabulary counts in training."""
    return torch.tensor([_WEIGHTS.get(remi[index].split("_")[0], 1.0) for index in range(len(remi))])


def train(settings: loop.Settings) -> None:
    """Train and export to `settings.out`; an hour of one CPU core unless `settings.minutes` says else.

    Settings of the stage `refine` go on with the finished composer, on tunes it has not read.
    """
    from transformers import LlamaForCausalLM

    torch.manual_seed(settings.seed)
    remi = tokenizer()
    on_gpu = settings.device.startswith("cuda")
    out = settings.out or Path(__file__).parent.parent / "models" / "composer"
    if settings.stage == "refine":
        earlier = json.loads((out / "training.json").read_text())["runs"]
        folder, seed, rate = settings.folder / "refine", settings.seed + 100, 1e-3  # other tunes than it has read
        model = LlamaForCausalLM.from_pretrained(out, dtype=torch.float32, trust_remote_code=False)
    else:
        earlier, folder, seed, rate = [], settings.folder / "model", settings.seed, 1.5e-3
        model = new_model(len(remi))
    corpus = Corpus(settings.folder / "tunes", remi, seed)
    batches = Batches(corpus, BATCH_TOKENS * (8 if on_gpu else 1))
    model.to(settings.device)
    weights = token_weights(remi).to(settings.device)
    held_out = [torch.tensor([tune], device=settings.device)
                for tune in written(range(HELD_OUT, HELD_OUT + 24), remi)]

    def loss(step: int, generator: torch.Generator) -> torch.Tensor:
        tokens, labels = (part.to(settings.device) for part in batches[step])
        with loop.autocast(settings.device):
            return _cross_entropy(model, tokens, labels, weights)

    def watch(step: int) -> str:
        with torch.no_grad():
            total = sum(float(mean_loss(model, t, t)) * (t.shape[1] - 1) for t in held_out)
        return f"held-out loss {total / sum(t.shape[1] - 1 for t in held_out):.4f} nats a token"

    recipe = loop.Recipe(steps=12_000, learning_rate=rate, minutes=settings.minutes or 60, warmup=150,
                         weight_decay=0.05, betas=(0.9, 0.98), ema=0.998)
    trained = loop.train("composer", folder, {"model": model}, loss, recipe, seed, watch, 180.0)
    loop.load_averaged(trained, {"model": model})
    model.eval()
    note = watch(trained.steps)
    print(f"composer  {trained.steps} steps in {trained.seconds / 60:.0f} min, {note}", flush=True)
    this = {"steps": trained.steps, "minutes": round(trained.seconds / 60, 1), "seed": seed,
            "tunes": len(batches._plans) * SHARD, "held_out": note}
    export(model, remi, out, {"runs": [*(run for run in earlier if run["seed"] != seed), this]})


def export(model, remi, out: Path, facts: dict) -> None:
    """Write the folder: transformers' config and fp16 weights, miditok's tokenizer.json, a card."""
    import copy

    from transformers import GenerationConfig

    out.mkdir(parents=True, exist_ok=True)
    half = copy.deepcopy(model).to("cpu", torch.float16)
    half.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=0, do_sample=True)
    half.save_pretrained(out)
    remi.save(out / "tokenizer.json")
    (out / "training.json").write_text(json.dumps(facts, indent=1) + "\n")
