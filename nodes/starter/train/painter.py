"""The painter's training from nothing: the drawings packed, the words learned, the workshop run, the folder put together.

    npm install --prefix .training/painter/packages @iconify-json/fluent-emoji-flat@1.2.6 @iconify-json/noto@1.2.9 \\
        @iconify-json/game-icons@1.2.4 cldr-annotations-full@48.2.0
    python -m nodegraph_nodes.starter.train painter --minutes 9
"""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save_file

from .. import knows
from . import loop, workshop
from .assembly import assemble
from .glyphs import held_out, pack, unpacked
from .reading import train_reading

MINUTES = 9.0  # on a GPU of the year 2024
WORDS = 0.1  # of the time is for the words alone, before


def train(settings: loop.Settings) -> None:
    """Train all of it within the minutes, and put the folder in its place."""
    folder, minutes = settings.folder, settings.minutes or MINUTES
    drawings, words, trained = folder / "drawings.zip", folder / "words", folder / "trained"
    folder.mkdir(parents=True, exist_ok=True)
    if not drawings.exists():
        print(f"painter  {pack(folder / 'packages', drawings)} drawings are packed", flush=True)
    if not (words / "words.safetensors").exists():
        _learn_words(settings, words, drawings, WORDS * minutes)
    asked = ["--drawings", str(drawings), "--words", str(words), "--out", str(trained), "--seconds",
             str(60 * (1 - WORDS) * minutes), "--device", settings.device, "--seed", str(settings.seed)]
    if workshop.main(asked + (["--workers", str(settings.threads)] if settings.threads else [])):
        raise SystemExit(1)
    assembled(trained, folder, settings.out)


def assembled(trained: Path, folder: Path, out: Path | None = None) -> None:
    """Put the painter's folder together: trained weights, and the tokenizer that was trained with."""
    out = out or knows.MODELS / "painter"
    assemble(trained, folder / "words" / "tokenizer", out)
    (out / "knows.json").write_text(knows.text(knows.painter()), encoding="utf-8")
    knows.advise(out)


def _learn_words(settings: loop.Settings, words: Path, drawings: Path, minutes: float) -> None:
    names = [glyph.names for glyph in unpacked(drawings) if not held_out(glyph.id)]
    _, encoder = train_reading(loop.Settings(words, device=settings.device, seed=settings.seed), names, minutes)
    save_file({name: tensor.cpu().contiguous() for name, tensor in encoder.state_dict().items()}, words / "words.safetensors")
