"""TranscriberModel, and the node that writes down the notes of a sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from nodegraph import SILENT, Context, InputError, ModelType, Range, Recipe, node, warn

from ..common.folders import network_problem
from ..common.loading import model_place
from ..media.audio import mono, resampled
from ..media.types import Audio, Score

Share = Annotated[float, Range(0.05, 0.95, 0.05)]
Pitch = Annotated[int, Range(0, 127)]


def load(recipe: Recipe, device: str, dtype: str) -> Any:
    """The network in a folder. Raises InputError when there is none. It is always computed in float32: it is small."""
    from safetensors.torch import load_file

    from .transcriber import loaded

    folder = model_place(recipe, kind_problem)
    try:
        return loaded(load_file(folder / "model.safetensors")).to(device)
    except RuntimeError as error:
        line = " ".join(str(error).split())[:300]
        raise InputError(f"{recipe.source} cannot be loaded as a {recipe.kind}: {line}; take the whole of it") from error


def kind_problem(folder: Path) -> str:
    """Why a folder does not hold the network of Basic Pitch as safetensors, or ""."""
    if folder.suffix == ".onnx":
        return ("is a file of ONNX; python -m nodegraph_nodes.audio.onnx makes the folder of it that is wanted, and "
                "audio/transcriber comes along")
    return network_problem(folder, "contour_in.weight", "lowpass")


TranscriberModel = Annotated[Any, ModelType(
    "TranscriberModel", "A network that hears notes in sound (Basic Pitch).", load=load,
    holds=lambda folder: not kind_problem(folder), problem=kind_problem, color="#6f9fc8")]


@node("audio.transcribe", version=1, costly=True)
def transcribe(sound: Audio, model: TranscriberModel = "audio/transcriber", bpm: Annotated[float, Range(20, 400)] = 120.0,
               onset: Share = 0.5, frame: Share = 0.3, shortest: Annotated[float, Range(0.02, 2, 0.01)] = 0.13,
               lowest: Pitch = 21, highest: Pitch = 108, program: Pitch = 0, ctx: Context = SILENT) -> Score:
    """Write down the notes of a sound, several at once, by the network of Basic Pitch (Bittner et al., 2022).

    One instrument, or a voice, comes out best; drums are not heard, and of a band the notes of all go into one track. Notes
    stand where they are heard: `music.quantise` behind it puts them on a grid, with `bpm` from audio.beats.

    sound: the sound.
    model: audio/transcriber comes along.
    bpm: the tempo that is written down, in quarter notes a minute; it moves no note in time.
    onset: how clearly a note must begin; lower finds more notes, and more that are none.
    frame: how clearly a note must sound to go on; lower makes notes longer.
    shortest: seconds that a note lasts at least.
    lowest, highest: the MIDI pitches that are listened for, 60 for middle C.
    program: the General MIDI instrument that plays them.
    """
    import torch

    from ..media.score import Note, Track
    from .notes import notes
    from .transcriber import HOP, KEYS, LOWEST, RATE, heard_in

    if lowest > highest:
        raise InputError(f"lowest is {lowest} and highest {highest}; lowest must not be above")
    samples = resampled(mono(sound), RATE).samples[0].detach().float().cpu()
    begun, sounding = heard_in(model, samples, lambda done, count: ctx.report(done, count, "listening"))
    for told in (begun, sounding):
        told[:, :max(0, lowest - LOWEST)] = 0
        told[:, max(0, min(KEYS, highest - LOWEST + 1)):] = 0
    beats = HOP / RATE * bpm / 60  # a frame
    found = notes(begun, sounding, onset, frame, max(1, round(shortest * RATE / HOP)))
    written = tuple(Note(LOWEST + heard.key, heard.first * beats, (heard.end - heard.first) * beats,
                         max(1, min(127, round(127 * heard.strength)))) for heard in found)
    if not written:
        warn("no note is heard in the sound" if torch.count_nonzero(samples) else "the sound is silent; there is no note in it")
    return Score((Track("Heard", program, False, written),), ((0.0, float(bpm)),), ((0.0, 4, 4),))
