"""How a Transformer learns the music of a folder: pieces as miditok's tokens, in stretches that it can read."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from nodegraph import Context, InputError

from ...common.context import context_length
from ...common.files import whole_file
from ...common.training import Budget, Progress, place_of, trained
from ...media.score import Score, transposed
from ...media.scores.roll import piano_roll_picture
from . import material
from .lessons import Lesson, Rules

CONTEXT = 1024
_RULES = Rules(batch=4, rate=1.5e-3, warmup=60, average=0.99)
_TICKS = 12  # of a quarter note
_SHOWN = 96  # tokens, of a preview
_TELL_SECONDS, _SAVE_SECONDS = 6.0, 30.0


def composed(scores: Sequence[Score], model: Any, minutes: float, steps: int, transpose: int, folder: str, seed: int,
             ctx: Context) -> Path:
    """Train a composer on scores, new or given (a live MusicModel); the finished folder.

    Raises ValueError for a checkpoint of another training, FloatingPointError where numbers are finite no more.
    """
    tokenizer = model.tokenizer if model is not None else new_tokenizer()
    learned, held = material.parted(scores, seed)
    room = context_length(model.model) if model is not None else CONTEXT
    pieces = Pieces(learned, tokenizer, transpose, min(CONTEXT, room))
    apart = Pieces(held, tokenizer, 0, pieces.context)
    subject = f"composer of {len(learned)} pieces ({pieces.digest()}), {len(tokenizer)} tokens, moved by {transpose}"
    if model is not None:
        subject += f", on {material.digest([value.float().cpu() for value in model.model.state_dict().values()])}"
    place = place_of(folder, "music-composer", subject, seed)
    torch.manual_seed(seed)
    network = new_network(len(tokenizer)) if model is None else copy.deepcopy(model.model).float().requires_grad_(True).train()
    rules = _RULES if model is None else Rules(batch=4, rate=_RULES.rate / 5, warmup=30, average=0.99)
    lesson = ComposerLesson(network.to(ctx.device), pieces, rules)
    stretches = apart.whole()[:24]

    def tell(progress: Progress) -> None:
        words = f"step {progress.step}, {progress.told['nats']:.2f} nats a token, "
        words += f"held out {_nats(lesson.average, stretches):.2f}"
        preview = _preview(lesson.average, tokenizer) if ctx.previews else None
        ctx.report(round(100 * progress.fraction), 100, words, preview)

    progress = trained(lesson, Budget(steps or 10**9, minutes * 60), place, subject, tell, seed, _TELL_SECONDS, _SAVE_SECONDS)
    out = place / f"model-{progress.step}"
    _store(out, lesson.average, tokenizer)
    facts = {"steps": progress.step, "seconds": round(progress.seconds, 1), "pieces": len(learned), "held_out": len(held),
             "nats": round(_nats(lesson.average, stretches), 4)}
    with whole_file(out / "training.json") as partial:
        partial.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return out


def new_tokenizer() -> Any:
    """miditok's REMI for any instruments, drums too, in one stream, with velocities."""
    from miditok import REMI, TokenizerConfig

    return REMI(TokenizerConfig(
        pitch_range=(21, 109), beat_res={(0, 4): 12, (4, 12): 1}, num_velocities=8, use_programs=True,
        one_token_stream_for_programs=True, program_changes=True, use_tempos=True, num_tempos=33, tempo_range=(40, 250),
        use_time_signatures=True, time_signature_range={4: [2, 3, 4, 5], 8: [6, 9, 12]}, special_tokens=["PAD", "BOS", "EOS"]))


def new_network(vocabulary: int) -> Any:
    """A Llama of some two and a half million parameters."""
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(
        vocab_size=vocabulary, hidden_size=192, intermediate_size=512, num_hidden_layers=5, num_attention_heads=6,
        num_key_value_heads=6, max_position_embeddings=2 * CONTEXT, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2,
        pad_token_id=0, attn_implementation="sdpa", initializer_range=0.04))


class Pieces:
    """Scores as tokens, moved by some semitones each time they are shown."""

    def __init__(self, scores: Sequence[Score], tokenizer: Any, transpose: int, context: int) -> None:
        if not getattr(tokenizer, "one_token_stream", False):
            raise InputError("this model does not write all instruments in one stream of miditok's tokens, which pieces "
                             "are learned as; leave the model out, or take one whose tokenizer has "
                             "one_token_stream_for_programs")
        self.scores, self.tokenizer, self.transpose, self.context = scores, tokenizer, transpose, context
        self._coded: dict[tuple[int, int], torch.Tensor] = {}
        self.weights = torch.tensor([float(len(self.coded(k, 0))) for k in range(len(scores))])
        if not (self.weights > 4).any():
            raise InputError("none of the scores has notes that the model's tokens can say")

    def coded(self, which: int, semitones: int) -> torch.Tensor:
        """The tokens of a piece, int64 (n,)."""
        if (which, semitones) not in self._coded:
            try:
                score = transposed(self.scores[which], semitones)
            except InputError:  # it would leave the range of MIDI
                score = self.scores[which]
            self._coded[which, semitones] = torch.tensor(_ids(score, self.tokenizer), dtype=torch.int64)
        return self._coded[which, semitones]

    def __call__(self, n: int) -> torch.Tensor:
        """n stretches, int64 (n, at most context); behind their ends -100."""
        drawn = []
        for which in torch.multinomial(self.weights, n, replacement=True).tolist():
            piece = self.coded(which, int(torch.randint(-self.transpose, self.transpose + 1, ())))
            start = int(torch.randint(max(1, len(piece) - self.context + 1), ()))
            drawn.append(piece[start:start + self.context])
        return torch.nn.utils.rnn.pad_sequence(drawn, batch_first=True, padding_value=-100)

    def whole(self) -> list[torch.Tensor]:
        """All of each piece in stretches, as they are."""
        return [part for k in range(len(self.scores)) for part in self.coded(k, 0).split(self.context) if len(part) > 4]

    def digest(self) -> str:
        """A short name of the pieces."""
        return material.digest([self.coded(k, 0) for k in range(len(self.scores))])


class ComposerLesson(Lesson):
    """A causal language model over tokens of music: nats of a token."""

    def loss(self, grids: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        nats = _loss(self.network, grids.to(self.network.device))
        return nats, {"nats": nats.detach()}


def _loss(network: Any, tokens: torch.Tensor) -> torch.Tensor:
    logits = network(input_ids=tokens.clamp(min=0), use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1).float(), tokens[:, 1:].flatten(), ignore_index=-100)


@torch.no_grad()
def _nats(network: Any, stretches: Sequence[torch.Tensor]) -> float:
    network.eval()
    total = sum(float(_loss(network, part[None].to(network.device))) * (len(part) - 1) for part in stretches)
    return total / max(1, sum(len(part) - 1 for part in stretches))


def _ids(score: Score, tokenizer: Any) -> list[int]:
    import symusic
    from miditok import TokSequence

    piece: Any = symusic.Score(_TICKS)
    for beat, bpm in score.tempos:
        piece.tempos.append(symusic.Tempo(round(beat * _TICKS), bpm))
    for beat, upper, lower in score.metres:
        piece.time_signatures.append(symusic.TimeSignature(round(beat * _TICKS), upper, lower))
    for track in score.tracks:
        notes: Any = symusic.Track(track.name, track.program, track.is_drum)
        for note in track.notes:
            start, length = round(note.start * _TICKS), max(1, round(note.duration * _TICKS))
            notes.notes.append(symusic.Note(start, length, note.pitch, note.velocity))
        piece.tracks.append(notes)
    sequence: TokSequence = tokenizer.encode(piece)
    ends = [tokenizer.vocab[word] for word in ("BOS_None", "EOS_None") if word in tokenizer.vocab]
    return [*ends[:1], *sequence.ids, *ends[1:]]


@torch.no_grad()
def _preview(network: Any, tokenizer: Any) -> Any:
    """The piano roll of the first tokens that it writes; each step of a training has its own dice, which this leaves alone."""
    from ..writing import decoded

    begun = [tokenizer.vocab[word] for word in ("BOS_None",) if word in tokenizer.vocab] or [0]
    tokens = torch.tensor([begun], device=network.device)
    written = network.eval().generate(tokens, attention_mask=torch.ones_like(tokens), do_sample=True, top_p=0.95,
                                      max_new_tokens=_SHOWN, pad_token_id=0)
    return piano_roll_picture(decoded(tokenizer, written[0, len(begun):].tolist()))


def _store(out: Path, network: Any, tokenizer: Any) -> None:
    """transformers' config and fp16 weights, without its progress bar; miditok's tokenizer."""
    from transformers.utils import logging

    out.mkdir(parents=True, exist_ok=True)
    spoken = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        copy.deepcopy(network).to("cpu", torch.float16).save_pretrained(out)
    finally:
        if spoken:
            logging.enable_progress_bar()
    tokenizer.save(out / "tokenizer.json")
