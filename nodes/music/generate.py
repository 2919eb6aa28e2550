"""The node that composes with a model."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from nodegraph import SILENT, Choice, Context, Range, Seed, node

from ..media.score import key_name, key_parts
from ..media.scores.roll import piano_roll_picture
from ..media.types import MOODS, TEMPOS, Score
from .blend import blended, weights
from .chords import laid, sheet
from .composing import COMMON, Wish, asked, composed, dice_of, finished, parsed_metre, unkept, writer_for
from .controls import DENSITIES, REGISTERS, Controls, programs_of
from .dynamics import shaped
from .form import MOST_BARS, Section, first_bars, pieced, sections
from .models import MusicModel
from .standing import continued
from .theory import stated_key
from .tokens import known_bars
from .writing import Dice

STYLES = ("waltz", "march", "lullaby", "jazz", "ambient", "bossa", "blues", "folk",
          "chorale", "chiptune", "film", "pop", "ballad", "tango")
_METRE_OF = {"waltz": (3, 4), "lullaby": (3, 4)}


@node("music.generate", version=5, costly=True)
def generate(model: MusicModel, mood: Annotated[str, Choice(*MOODS)] = "calm",
             style: Annotated[str, Choice(*STYLES)] = "waltz",
             tempo: Annotated[str, Choice(*TEMPOS)] = "medium",
             key: str = "C major", bars: Annotated[int, Range(1, MOST_BARS)] = 16, seed: Seed = 0,
             temperature: Annotated[float, Range(0, 2, 0.05)] = 0.9,
             top_p: Annotated[float, Range(0, 1, 0.01)] = 0.95, metre: str = "",
             bpm: Annotated[float, Range(0, 300)] = 0, chords: str = "", instruments: str = "",
             density: Annotated[str, Choice(*DENSITIES)] = "any",
             register: Annotated[str, Choice(*REGISTERS)] = "any", form: str = "", blend: str = "",
             ctx: Context = SILENT) -> Score:
    """Compose a tune. The same seed and settings compose the same tune again.

    model: starter/composer, or a folder of a causal language model with a miditok tokenizer, of the Anticipatory Music
        Transformer, or of one that writes ABC.
    mood: how it should feel, for a model that has words for moods.
    style: what kind of piece it should be, of those that the model has words for; it brings its metre with it.
    tempo: how fast it should go, for its style.
    key: a tonic and a mode, such as `D minor` or `F# major`; `any` leaves it to the model.
    bars: how long it should be; a model that asks for a number by words has those numbers alone, and beyond the last of
        them goes on with its last eight bars in mind.
    seed: where the dice begin.
    temperature: how adventurous the notes are; 0 always takes the likeliest.
    top_p: choose only among the likeliest notes that together have this probability.
    metre: such as `3/4` or `6/8`; empty takes that of the style.
    bpm: quarter notes a minute; 0 goes by `tempo`.
    chords: a lead sheet such as `Am7 | D7 | Gmaj7`, a bar between two lines; it comes again until the tune is over.
        Notes on the beats are of the chord, those between them of the key.
    instruments: those that may play, such as `flute, piano, acoustic bass`; empty leaves them to the model.
    density: `sparse` begins notes once a beat at most, `medium` twice, `dense` leaves no half beat empty.
    register: where the notes may lie.
    form: sections, such as `intro 4, verse 8, chorus 8, verse, chorus, bridge 8, chorus, coda 4`, each with a marker; bars
        does not count then. One that comes again is the same; an intro has no tune, a break only bass and drums.
    blend: other styles and how much of each, such as `jazz 0.4`; `style` has the rest, and says the metre.
    """
    plan = sections(form)
    if plan:
        bars = sum(section.bars for section in plan)
    open_key = key.strip().lower() in ("", "any")
    key = "" if open_key else key_name(*key_parts(key))
    wanted = parsed_metre(metre)
    bar = wanted or _METRE_OF.get(style, COMMON)
    controls = Controls(chords=laid(sheet(chords), bars, 4 * bar[0] / bar[1]), register=register, density=density,
                        programs=frozenset(programs_of(instruments)))
    if chords.strip() and wanted is None and model.writes == "midi":
        wanted = bar if not model.vocabulary.metres() or bar in model.vocabulary.metres() else None
    wish = Wish(mood, style, tempo, key, bars, wanted, bpm or None, controls)
    unkept(wish, model)
    if blend.strip():
        wish = replace(wish, metre=wish.metre or bar)
        model = blended(model, wish, weights(style, blend, STYLES))
    dice = dice_of(seed, temperature, top_p)
    if plan or model.writes == "midi" and bars > max(known_bars(model.tokenizer.vocab) or [MOST_BARS]):
        return _long(model, wish, plan, dice, ctx)
    writer = writer_for(model, wish)
    shift = asked(model, wish)[1] if model.writes == "midi" else 0

    def tell(done: int) -> None:
        ctx.report(done, bars, preview=piano_roll_picture(writer.score()) if ctx.previews else None)

    score = composed(model, writer, dice, tell)
    return finished(model, score, wish, shift)


def _long(model: MusicModel, wish: Wish, plan: list[Section], dice: Dice, ctx: Context) -> Score:
    """A piece of sections, or one longer than the model composes at once."""
    known, done = known_bars(model.tokenizer.vocab) if model.writes == "midi" else [], 0

    def tell(_: int) -> None:
        ctx.report(min(done, wish.bars), wish.bars)

    def compose(bars: int, goes_on: bool = False) -> Score:
        nonlocal done
        whole = next((one for one in known if one >= bars + goes_on), known[-1] if known else bars)
        first = replace(wish, bars=whole)
        shift = asked(model, first)[1] if model.writes == "midi" else 0
        score = finished(model, composed(model, writer_for(model, first), dice, tell), first, shift)
        own = min(whole, bars) * 4 * score.metres[0][1] / score.metres[0][2]
        done += min(whole, bars)
        return extend(first_bars(score, own), own, bars - whole, goes_on) if bars > whole else first_bars(score, own)

    def extend(score: Score, start: float, bars: int, goes_on: bool = False) -> Score:
        nonlocal done
        more = replace(wish, bars=bars, key=stated_key(score), bpm=None, metre=None)
        longer, done = continued(model, score, more, dice, tell, start, goes_on), done + bars
        loud = model.writes == "midi" and model.tokenizer.config.use_velocities
        return longer if loud else shaped(longer, wish.mood)

    song = pieced(plan, compose, extend) if plan else compose(wish.bars)
    ctx.report(wish.bars, wish.bars)
    return song

