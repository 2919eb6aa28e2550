"""The node that composes with a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

from nodegraph import SILENT, Choice, Context, InputError, Range, Seed, node, warn

from ..common.context import context_length, finite
from ..media.score import Note, Track, key_name, key_parts, transposed
from ..media.scores.roll import piano_roll_picture
from ..media.types import MOODS, TEMPOS, Score
from .dynamics import shaped
from .models import Composer, MusicModel
from .tokens import Grammar, known_bars, wish_tokens

STYLES = ("waltz", "march", "lullaby", "jazz", "ambient")
_LONGEST = 4096  # tokens, of a model that states no end
_ROW = 64  # tokens between two reports, of a model that does not count bars


@node("music.generate", version=2, costly=True)
def generate(model: MusicModel, mood: Annotated[str, Choice(*MOODS)] = "calm",
             style: Annotated[str, Choice(*STYLES)] = "waltz",
             tempo: Annotated[str, Choice(*TEMPOS)] = "medium",
             key: str = "C major", bars: Annotated[int, Range(8, 32, 4)] = 16, seed: Seed = 0,
             temperature: Annotated[float, Range(0, 2, 0.05)] = 0.9,
             top_p: Annotated[float, Range(0, 1, 0.01)] = 0.95, ctx: Context = SILENT) -> Score:
    """Compose a tune. The same seed and settings compose the same tune again.

    model: starter/composer, or a folder of a causal language model with a miditok tokenizer.
    mood: how it should feel.
    style: what kind of piece it should be; it brings its metre with it.
    tempo: how fast it should go, for its style.
    key: a tonic and a mode, such as `D minor` or `F# major`.
    bars: how long it should be.
    seed: where the dice begin.
    temperature: how adventurous the notes are; 0 always takes the likeliest.
    top_p: choose only among the likeliest notes that together have this probability.
    """
    key = key_name(*key_parts(key))
    vocabulary = model.tokenizer.vocab
    if known_bars(vocabulary) and bars not in known_bars(vocabulary):
        raise InputError(f"bars is {bars}; this model composes {', '.join(map(str, known_bars(vocabulary)))}")
    wishes, shift = wish_tokens(vocabulary, style, mood, tempo, key, bars)
    start = ids_of(model.tokenizer, [word for word in ("BOS_None", *wishes) if word in vocabulary])
    if not Grammar(model.tokenizer, bars).counts_bars:
        warn("this model does not count its bars: it ends where it comes to an end, whatever bars says")
    tokens: list[int] = []
    for bar in _written_bars(model, start, bars, seed, temperature, top_p):
        tokens = bar
        ctx.report(*_progress(model, tokens, bars), preview=_roll(model, tokens) if ctx.previews else None)
    score = decoded(model.tokenizer, tokens)
    if not any(track.notes for track in score.tracks):
        raise InputError("the model composed no notes; try another seed or a higher temperature")
    if not score.keys:
        home = (key_parts(key)[0] - shift) % 12
        score = replace(score, keys=((0.0, key_name(home, key_parts(key)[1])),))
    score = transposed(score, shift)
    return score if model.tokenizer.config.use_velocities else shaped(score, mood)


def _written_bars(model: Composer, start: list[int], bars: int, seed: int, temperature: float, top_p: float
                  ) -> Iterator[list[int]]:
    """All tokens written so far, each time that a bar, or a row of them, is finished and once at the end."""
    import torch

    from ..common.sampling import next_token

    generator = torch.Generator().manual_seed(seed)
    grammar = Grammar(model.tokenizer, bars)
    network, room = model.model, min(context_length(model.model), _LONGEST)
    # Behind what some trained tokenizers put in front of everything.
    end = ids_of(model.tokenizer, ["EOS_None"])[-1:] if "EOS_None" in model.tokenizer.vocab else []
    written: list[int] = []
    fresh, cache = start or [0], None
    with torch.no_grad():
        while len(start) + len(written) < room:
            output = network(input_ids=torch.tensor([fresh], device=network.device), past_key_values=cache,
                             use_cache=True)
            logits = finite(output.logits[0, -1].detach().to("cpu", torch.float32)[:len(model.tokenizer)])
            token = next_token(grammar.constrained(logits), written, temperature, 0, top_p, 1.0, generator)
            if [token] == end:
                break
            if grammar.counts_bars and written and grammar.words[token] == "Bar_None" or \
                    not grammar.counts_bars and len(written) % _ROW == _ROW - 1:
                yield written
            grammar.accept(token)
            again = grammar.repeat()
            for repeated in again:
                grammar.accept(repeated)
            written = [*written, token, *again]
            cache = getattr(output, "past_key_values", None)
            # A model that keeps nothing is shown everything again.
            fresh = [token, *again] if cache is not None else [*start, *written]
        else:
            warn(f"the tune ends after {len(written)} tokens: they fill the {room} that this model can read")
    yield written


def ids_of(tokenizer: Any, words: list[str]) -> list[int]:
    """Words of the vocabulary as the ids that the model reads, which are others where the tokenizer was trained."""
    from miditok import TokSequence

    sequence = TokSequence(ids=[tokenizer.vocab[word] for word in words])
    if tokenizer.is_trained and words:
        tokenizer.encode_token_ids(sequence)
    return list(sequence.ids)


def _progress(model: Composer, tokens: list[int], bars: int) -> tuple[int, int | None]:
    """What is written and what is to be: bars, or tokens where bars are not counted."""
    if model.tokenizer.is_trained or "Bar_None" not in model.tokenizer.vocab:
        return len(tokens), None
    return tokens.count(model.tokenizer.vocab["Bar_None"]), bars


def _roll(model: Composer, tokens: list[int]) -> Any:
    return piano_roll_picture(decoded(model.tokenizer, tokens))


def decoded(tokenizer: Any, tokens: list[int]) -> Score:
    """The Score that a stream of token ids says; tracks are named after their instruments."""
    from miditok import TokSequence

    stream = TokSequence(ids=list(tokens), are_ids_encoded=tokenizer.is_trained)
    piece = tokenizer.decode(stream if tokenizer.one_token_stream else [stream])  # otherwise one of each track
    beat = piece.ticks_per_quarter
    tracks = tuple(Track(track.name, track.program, track.is_drum,
                         tuple(Note(n.pitch, n.time / beat, n.duration / beat, n.velocity)
                               for n in track.notes if n.duration > 0))
                   for track in sorted(piece.tracks, key=_height))
    tempos = {tempo.time / beat: round(tempo.qpm, 2) for tempo in piece.tempos}
    metres = {metre.time / beat: (metre.numerator, metre.denominator) for metre in piece.time_signatures}
    return Score(tracks, tuple(sorted({0.0: 120.0, **tempos}.items())),
                 tuple((at, *metre) for at, metre in sorted({0.0: (4, 4), **metres}.items())))


def _height(track: Any) -> float:
    """Tracks are listed from the highest to the lowest."""
    return -sum(note.pitch for note in track.notes) / max(1, len(track.notes))
