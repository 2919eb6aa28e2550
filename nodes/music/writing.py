"""The loop in which a model writes a piece, and who writes in words of miditok."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from nodegraph import InputError

from ..common.context import context_length, finite
from ..common.quickstep import stepped
from ..common.sampling import next_token
from ..media.score import Note, Score, Track
from .grammar import Grammar

if TYPE_CHECKING:
    from .models import Composer

WINDOW = 4096  # tokens that are kept in mind, of a model that states no end
STUCK = "the rules of this piece leave the model nothing to write; ask for less at once (chords, register, instruments)"


@dataclass(frozen=True)
class Dice:
    """How a token is drawn: a torch.Generator on the CPU, the temperature, and the part of the likeliest."""

    generator: Any
    temperature: float = 0.9
    top_p: float = 0.95

    def draw(self, logits: Any) -> int:
        """The id drawn from logits (vocabulary), of which -inf is never taken. Raises InputError when all are."""
        places = logits.isneginf().logical_not_().nonzero()[:, 0]  # few of many: what is sorted and drawn from is small
        if not len(places):
            raise InputError(STUCK)
        return int(places[next_token(logits[places], [], self.temperature, 0, self.top_p, 1.0, self.generator)])


class Writer(Protocol):
    """Who knows what the tokens of a model mean."""

    @property
    def ended(self) -> bool:
        """Whether the piece is over."""

    @property
    def bar(self) -> int:
        """How many bars were begun."""

    def context(self, room: float) -> list[int]:
        """What a model is shown that begins, or that is full: at most `room` tokens."""

    def choose(self, logits: Any, dice: Dice) -> list[int]:
        """The token drawn from logits (vocabulary), and those that follow by themselves; all are noted."""

    def score(self) -> Score:
        """The music so far."""


def written(model: Any, writer: Writer, dice: Dice) -> Iterator[int]:
    """Let a model write until the piece is over. Yields the number of bars begun, whenever that grows, and at the end.

    The network sees each token once; when its window is full it goes on with the half of it that was last.
    """
    import torch

    model = stepped(model)
    room = min(context_length(model), WINDOW)
    fresh, cache, seen, told = writer.context(room), None, 0, 0
    with torch.no_grad():
        while not writer.ended:
            if seen + len(fresh) > room:
                fresh, cache, seen = writer.context(room), None, 0
            output = model(input_ids=torch.tensor([fresh], device=model.device), past_key_values=cache, use_cache=True)
            seen += len(fresh)
            cache = getattr(output, "past_key_values", None)
            fresh = writer.choose(finite(output.logits[0, -1].detach().to("cpu", torch.float32)), dice)
            if cache is None:  # a model that keeps nothing is shown everything again
                fresh, seen = writer.context(room), 0
            if writer.bar > told + 1:
                yield (told := writer.bar - 1)
    yield writer.bar


class MidiWriter:
    """Writes in words of miditok, merged ones too. start: ids in front; before: words of the piece that stand already."""

    def __init__(self, composer: Composer, grammar: Grammar, start: list[int], before: list[int] | None = None):
        self.grammar, self.tokenizer, self.vocabulary = grammar, composer.tokenizer, grammar.vocabulary
        self.start, self.ids = list(start), list[int]()
        for index in before or ():
            grammar.accept(index)
        self.ids += self.encoded(before or [])
        self.ids += self._followed()

    @property
    def ended(self) -> bool:
        """Whether the last bar is full."""
        return self.grammar.ended

    @property
    def bar(self) -> int:
        """How many bars were begun; of tracks one after the other, those of the first."""
        return self.grammar.bars_begun

    def context(self, room: float) -> list[int]:
        """The start, and as much of what was written last as leaves half of the window free."""
        ids = [*self.start, *self.ids] or [0]
        if len(ids) < room:
            return ids
        head = self.start[:int(room // 4)]
        return [*head, *self.ids[-max(1, int(room // 2) - len(head)):]]

    def choose(self, logits: Any, dice: Dice) -> list[int]:
        """The token drawn from logits (vocabulary), and those that follow by themselves; all are noted."""
        import torch

        grammar, vocabulary = self.grammar, self.vocabulary
        logits = logits[:len(vocabulary.pieces)].clone()
        legal, firsts = torch.from_numpy(grammar.legal()), torch.from_numpy(vocabulary.firsts)
        self._hand_on(logits, legal, firsts)
        if not self.tokenizer.is_trained:
            logits = logits.masked_fill(~legal[:len(logits)], -torch.inf)
            token = dice.draw(logits)
        else:
            allowed = legal[firsts.clamp(min=0)] & (firsts >= 0)
            ends = torch.from_numpy(vocabulary.ends)
            over = grammar.may_end(grammar.clock) and vocabulary.end is not None and \
                grammar.closing(grammar.clock)[vocabulary.end]
            allowed = allowed | ends if over else allowed & ~ends
            if vocabulary.blank is not None and self.ids[-1:] != [vocabulary.blank]:
                allowed[vocabulary.blank] = True
            logits = logits.masked_fill(~allowed, -torch.inf)
            while len(words := vocabulary.pieces[token := dice.draw(logits)]) > 1 and not vocabulary.ends[token] and \
                    not grammar.admits(words):
                alone = vocabulary.single.get(words[0])  # which may come, where not all of them may
                if alone is not None:
                    logits[alone] = torch.logaddexp(logits[alone], logits[token])
                logits[token] = -torch.inf
        if vocabulary.ends[token]:
            grammar.accept(vocabulary.end)
        for index in () if vocabulary.ends[token] else vocabulary.pieces[token]:
            if grammar.accept(index):
                break
        found = [token, *self._followed()]
        self.ids += found
        return found

    def _hand_on(self, logits: Any, legal: Any, firsts: Any) -> None:
        """What a model gives to an end before the last bar goes to the next bar; to what lies beyond a given note, to that.

        firsts: the first word of each id, by which it counts; what is handed on goes to ids of a single word.
        """
        import torch

        vocabulary, single = self.vocabulary, self.vocabulary.single
        awaited = self.grammar.awaited()
        if awaited is not None and legal[awaited[0]] and awaited[0] in single:
            word, passing = awaited
            beyond = (torch.from_numpy(passing) & ~legal)[firsts.clamp(min=0)] & (firsts >= 0)
            logits[single[word]] = torch.logsumexp(torch.cat([logits[single[word]][None], logits[beyond]]), 0)
        end, bar = vocabulary.end, vocabulary.bar
        if end in single and bar in single and not legal[end] and legal[bar]:
            logits[single[bar]] = torch.logaddexp(logits[single[bar]], logits[single[end]])

    def _followed(self) -> list[int]:
        found: list[int] = []
        while not self.grammar.ended and (words := self.grammar.follow()):
            self.grammar.take(words)
            found += self.encoded(words)
        return found

    def encoded(self, words: list[int]) -> list[int]:
        """Words as the ids that the model reads, which are others where the tokenizer was trained."""
        return ids_of(self.tokenizer, [self.vocabulary.words[index] for index in words])

    def score(self) -> Score:
        """The music so far; nothing sounds beyond the last bar line."""
        grammar = self.grammar
        return within(decoded_words(self.tokenizer, grammar.written), grammar.reading.beat(grammar.reading.end))


def ids_of(tokenizer: Any, words: list[str]) -> list[int]:
    """Words of the vocabulary as the ids that the model reads, which are others where the tokenizer was trained."""
    from miditok import TokSequence

    sequence = TokSequence(ids=[tokenizer.vocab[word] for word in words])
    if tokenizer.is_trained and words:
        tokenizer.encode_token_ids(sequence)
    return list(sequence.ids)


def decoded(tokenizer: Any, tokens: list[int]) -> Score:
    """The Score that a stream of token ids says; tracks are named after their instruments."""
    from miditok import TokSequence

    return _score(tokenizer, TokSequence(ids=list(tokens), are_ids_encoded=tokenizer.is_trained))


def decoded_words(tokenizer: Any, words: list[int]) -> Score:
    """The Score that a stream of words says, none of them merged."""
    from miditok import TokSequence

    return _score(tokenizer, TokSequence(ids=list(words), are_ids_encoded=False,
                                         tokens=[tokenizer[index] for index in words]))


def _score(tokenizer: Any, stream: Any) -> Score:
    piece = tokenizer.decode(stream if tokenizer.one_token_stream else [stream])  # otherwise one of each track
    beat = piece.ticks_per_quarter
    tracks = tuple(Track(track.name, track.program, track.is_drum,
                         tuple(Note(n.pitch, max(0, n.time) / beat, (n.duration + min(0, n.time)) / beat, n.velocity)
                               for n in track.notes if n.duration + min(0, n.time) > 0))  # PerTok may begin one early
                   for track in sorted(piece.tracks, key=_height))
    tempos = {tempo.time / beat: round(tempo.qpm, 2) for tempo in piece.tempos}
    metres = {0.0: (4, 4)}
    for metre in piece.time_signatures:
        said = (metre.numerator, metre.denominator)
        if said != list(metres.values())[-1]:
            metres[metre.time / beat] = said
    return Score(tracks, tuple(sorted({0.0: 120.0, **tempos}.items())),
                 tuple((at, *metre) for at, metre in sorted(metres.items())))


def within(score: Score, end: float) -> Score:
    """The score with every note closed: at the end (in beats) at the latest, or where its pitch is struck again."""
    tracks = []
    for track in score.tracks:
        following: dict[int, float] = {}
        notes = []
        for note in reversed(track.notes):
            until = min(note.start + note.duration, end, following.get(note.pitch, end))
            if until > note.start:
                following[note.pitch] = note.start
                notes.append(note._replace(duration=until - note.start))
        tracks.append(replace(track, notes=tuple(notes)))
    maps = {name: tuple(entry for entry in getattr(score, name) if entry[0] < end or not entry[0])
            for name in ("tempos", "metres", "keys")}
    return replace(score, tracks=tuple(tracks), **maps)


def _height(track: Any) -> float:
    """Tracks are listed from the highest to the lowest."""
    return -sum(note.pitch for note in track.notes) / max(1, len(track.notes))
