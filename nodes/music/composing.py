"""How a wish becomes a piece: the writer for a model, what it is told before it begins, and what is made of its notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nodegraph import InputError, warn

from ..media.score import Score, key_name, key_parts, transposed
from .abctext import AbcWriter, Reader, header
from .arrival import ArrivalWriter, Event
from .controls import Controls, home_of, scale
from .dynamics import shaped
from .grammar import Grammar
from .models import Composer
from .plan import Plan
from .reading import Given
from .tokens import known_bars, known_styles, wish_tokens
from .writing import Dice, MidiWriter, Writer, ids_of, written

BPM = {"slow": 72.0, "medium": 104.0, "fast": 144.0}  # of a model that has no words for how fast
COMMON = (4, 4)


@dataclass(frozen=True)
class Wish:
    """What is asked for. metre, bpm: None leaves them to the model. key: "" leaves it open."""

    mood: str = "calm"
    style: str = "waltz"
    tempo: str = "medium"
    key: str = "C major"
    bars: int = 16
    metre: tuple[int, int] | None = None
    bpm: float | None = None
    controls: Controls = field(default_factory=Controls)


@dataclass(frozen=True)
class Told:
    """What a writer in words of miditok begins from, in the key that the model writes in.

    before: words of bars that stand already; given: notes that are to be written in their time; harmony: the names of
    the chords of bars, by number from 0.
    """

    before: Sequence[int] = ()
    given: Sequence[Given] = ()
    harmony: Mapping[int, Sequence[str]] = field(default_factory=dict)


def asked(model: Composer, wish: Wish) -> tuple[list[str], int]:
    """The words to put in front, and by how many semitones what is written then is to be moved."""
    return wish_tokens(model.tokenizer.vocab, wish.style, wish.mood, wish.tempo, wish.key or "C major", wish.bars)


def controlled(model: Composer, wish: Wish, shift: int = 0) -> Controls:
    """The wish's controls, with its key where the model has no word for it."""
    controls = replace(wish.controls, shift=shift)
    knows = any(word.startswith("Key_") for word in model.tokenizer.vocab) if model.writes == "midi" else False
    return controls if knows or not wish.key else replace(controls, key=scale(*key_parts(wish.key)))


def midi_writer(model: Composer, wish: Wish, told: Told | None = None) -> MidiWriter:
    """Who writes the wish in words of miditok. Raises InputError for numbers of bars or metres that it has no words for."""
    words, shift = asked(model, wish)
    if (styles := known_styles(model.tokenizer.vocab)) and wish.style not in styles:
        raise InputError(f"style is {wish.style}; this model composes {', '.join(styles)}")
    vocabulary, told = model.vocabulary, told or Told()
    bars, known = wish.bars, known_bars(model.tokenizer.vocab)
    if known and bars not in known:
        raise InputError(f"bars is {bars}; this model composes {', '.join(map(str, known))}")
    metre, metres = wish.metre, vocabulary.metres()
    if metre and metres and metre not in metres:
        raise InputError(f"metre is {metre[0]}/{metre[1]}; this model knows {', '.join(f'{a}/{b}' for a, b in metres)}")
    styled = any(word.startswith("Style_") for word in words)
    if metre is None and not styled:
        metre = COMMON if not metres or COMMON in metres else metres[0]
    plan = Plan.of(vocabulary, bars, told.harmony) if vocabulary.plans_alone else None
    controls = controlled(model, wish, shift)
    if plan is not None and not (told.given or told.harmony or told.before):
        controls = replace(controls, home=home_of(wish.key or "C major"))
    grammar = Grammar(vocabulary, bars, metre, controls, plan, told.given)
    return MidiWriter(model, grammar, beginning(model, wish), list(told.before))


def beginning(model: Composer, wish: Wish) -> list[int]:
    """The ids in front of a piece, in words of miditok: what is wished for."""
    return ids_of(model.tokenizer, [word for word in ("BOS_None", *asked(model, wish)[0]) if word in model.tokenizer.vocab])


def arrival_writer(wish: Wish, before: tuple[Event, ...] = (), given: tuple[Event, ...] = (),
                   controls: Controls | None = None) -> ArrivalWriter:
    """Who writes the wish in arrival times."""
    return ArrivalWriter(wish.bars, wish.metre or COMMON, wish.bpm or BPM[wish.tempo],
                         controls or wish.controls, before, given)


def abc_writer(model: Composer, wish: Wish) -> AbcWriter:
    """Who writes the wish as ABC."""
    metre, bpm, key = wish.metre or COMMON, wish.bpm or BPM[wish.tempo], wish.key or "C major"
    program = min((one for one in wish.controls.programs if one >= 0), default=0)
    reader = Reader(wish.bars, metre, key, controlled(model, wish), program)
    return AbcWriter(model.tokenizer, reader, header(metre, key, bpm), metre, bpm)


def writer_for(model: Composer, wish: Wish) -> Writer:
    """Who writes the wish with this model, from nothing."""
    if model.writes == "midi":
        return midi_writer(model, wish)
    return arrival_writer(wish, controls=controlled(model, wish)) if model.writes == "arrivals" else abc_writer(model, wish)


def composed(model: Composer, writer: Writer, dice: Dice, tell: Callable[[int], None]) -> Score:
    """What the model wrote, when it is over. tell: is called with the number of bars that are finished."""
    for bar in written(model.model, writer, dice):
        tell(bar)
    return writer.score()


def finished(model: Composer, score: Score, wish: Wish, shift: int = 0) -> Score:
    """A piece as it was written, with key, tempo and dynamics where the model has no words for them."""
    if not any(track.notes for track in score.tracks):
        raise InputError("the model composed no notes; try another seed or a higher temperature")
    if not score.keys and wish.key:
        home = (key_parts(wish.key)[0] - shift) % 12
        score = replace(score, keys=((0.0, key_name(home, key_parts(wish.key)[1])),))
    score = transposed(score, shift)
    has_tempo = model.writes == "midi" and model.vocabulary.any_of("Tempo")
    if wish.bpm or not has_tempo:
        score = replace(score, tempos=((0.0, wish.bpm or BPM[wish.tempo]),))
    if model.writes == "midi":
        loud = model.tokenizer.config.use_velocities
        if not model.vocabulary.any_of("TimeSig") and wish.metre:
            score = replace(score, metres=((0.0, *wish.metre),))
        return score if loud else shaped(score, wish.mood)
    return shaped(score, wish.mood)


def parsed_metre(text: str) -> tuple[int, int] | None:
    """The metre that a text such as `6/8` says; None for an empty one. Raises InputError for what is none."""
    if not text.strip():
        return None
    upper, _, lower = text.partition("/")
    if not (upper.strip().isdigit() and lower.strip().isdigit() and 1 <= int(upper) <= 32 and
            int(lower) in (1, 2, 4, 8, 16)):
        raise InputError(f"metre is {text!r}; it takes such as 3/4, 4/4 or 6/8")
    return int(upper), int(lower)


def unkept(wish: Wish, model: Composer) -> None:
    """Tell which wishes a model has no words for, where nothing else sees to them."""
    if model.writes != "midi":
        return
    lost = [name for name, words in (("style", "Style_"), ("mood", "Mood_"))
            if not any(word.startswith(words) for word in model.tokenizer.vocab)]
    if lost and (wish.style, wish.mood) != (Wish.style, Wish.mood):
        warn(f"this model has no words for {' and '.join(lost)}, so {'they do' if len(lost) > 1 else 'it does'} not count")


def dice_of(seed: int, temperature: float, top_p: float) -> Dice:
    """Dice that fall the same way for the same seed."""
    import torch

    return Dice(torch.Generator().manual_seed(seed), temperature, top_p)
