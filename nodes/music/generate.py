"""The node that composes with a model."""

from __future__ import annotations

from typing import Annotated

from nodegraph import SILENT, Choice, Context, Range, Seed, node

from ..media.score import key_name, key_parts
from ..media.scores.roll import piano_roll_picture
from ..media.types import MOODS, TEMPOS, Score
from .chords import laid, sheet
from .composing import COMMON, Wish, asked, composed, dice_of, finished, parsed_metre, unkept, writer_for
from .controls import DENSITIES, REGISTERS, Controls, programs_of
from .models import MusicModel

STYLES = ("waltz", "march", "lullaby", "jazz", "ambient", "bossa", "blues", "folk",
          "chorale", "chiptune", "film", "pop", "ballad", "tango")
_METRE_OF = {"waltz": (3, 4), "lullaby": (3, 4)}


@node("music.generate", version=3, costly=True)
def generate(model: MusicModel, mood: Annotated[str, Choice(*MOODS)] = "calm",
             style: Annotated[str, Choice(*STYLES)] = "waltz",
             tempo: Annotated[str, Choice(*TEMPOS)] = "medium",
             key: str = "C major", bars: Annotated[int, Range(1, 32)] = 16, seed: Seed = 0,
             temperature: Annotated[float, Range(0, 2, 0.05)] = 0.9,
             top_p: Annotated[float, Range(0, 1, 0.01)] = 0.95, metre: str = "",
             bpm: Annotated[float, Range(0, 300)] = 0, chords: str = "", instruments: str = "",
             density: Annotated[str, Choice(*DENSITIES)] = "any",
             register: Annotated[str, Choice(*REGISTERS)] = "any", ctx: Context = SILENT) -> Score:
    """Compose a tune. The same seed and settings compose the same tune again.

    model: starter/composer, or a folder of a causal language model with a miditok tokenizer, of the Anticipatory Music
        Transformer, or of one that writes ABC.
    mood: how it should feel, for a model that has words for moods.
    style: what kind of piece it should be, of those that the model has words for; it brings its metre with it.
    tempo: how fast it should go, for its style.
    key: a tonic and a mode, such as `D minor` or `F# major`; `any` leaves it to the model.
    bars: how long it should be; a model that asks for a number by words has those numbers alone.
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
    """
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
    writer = writer_for(model, wish)
    shift = asked(model, wish)[1] if model.writes == "midi" else 0

    def tell(done: int) -> None:
        ctx.report(done, bars, preview=piano_roll_picture(writer.score()) if ctx.previews else None)

    score = composed(model, writer, dice_of(seed, temperature, top_p), tell)
    return finished(model, score, wish, shift)
