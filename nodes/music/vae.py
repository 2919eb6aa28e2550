"""The nodes that draw two bars from a MusicVAE, go from one to another, and make them denser, higher or more syncopated."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nodegraph import InputError, Range, Seed, node, warn

from ..media.score import key_name, key_parts
from ..media.types import Score
from .learned.folders import VaeModel
from .learned.grids import BAR, DRUMS, grid_of, is_common_time, score_of, tempo_of

Temperature = Annotated[float, Range(0, 2, 0.05)]
_NAMES = ("density", "syncopation", "height", "loudness")


@node("music.vae", version=1, costly=True)
def vae(model: VaeModel, n: Annotated[int, Range(1, 256)] = 4, length: Annotated[int, Range(1, 1024)] = 32,
        temperature: Temperature = 1.0, bpm: Annotated[float, Range(20, 400)] = 120.0, key: str = "C major",
        seed: Seed = 0) -> list[Score]:
    """Draw bars of drums, or of a melody, out of nothing: each is a point of the space of a MusicVAE (Roberts et al., 2018).

    model: starter/drummer (drums), starter/singer (melodies), or a folder from music.train_vae.
    n: how many. Each has a seed of its own, the next after the one before, so that more of them begin with the same.
    length: how many sixteenths of each are kept; 32, two bars, is all that the starter models write.
    temperature: how adventurous; 0 always takes the likeliest.
    bpm: how fast, in quarter notes per minute.
    key: of melodies: a tonic and a mode, such as `D minor`.
    seed: where the dice begin.
    """
    import torch

    network = model.network
    if length > network.shape.steps:
        raise InputError(f"length is {length}; this model writes {network.shape.steps} sixteenths at most")
    scores = []
    for k in range(n):
        dice = torch.Generator().manual_seed(seed + k)
        z = torch.randn(1, network.shape.z, generator=dice).to(network.head.weight.device)
        scores.append(_score(network, network.written(z, temperature, dice)[0][:length], bpm, key))
    return scores


@node("music.vae_interpolate", version=1, costly=True)
def interpolate(model: VaeModel, first: Score, second: Score, steps: Annotated[int, Range(3, 256)] = 9,
                temperature: Temperature = 0.0, seed: Seed = 0) -> list[Score]:
    """Go from one piece of two bars to another in so many steps, along the great circle between them (as MusicVAE does).

    The first and the last are what was given, on a grid of sixteenths; those between are what the model makes of the points
    between. Tempo goes along; melodies stay in the first one's key.

    model: starter/drummer (drums), starter/singer (melodies), or a folder from music.train_vae.
    first: where it begins; its first bars count, in 4/4.
    second: where it ends.
    steps: how many scores there are, with both ends.
    temperature: how adventurous those between are; 0 always takes the likeliest.
    seed: of the dice, where temperature is not 0.
    """
    import torch

    network = model.network
    ends = [_grid(network, score, name) for name, score in (("first", first), ("second", second))]
    points = network.encoded(torch.stack(ends))[0]
    shares = torch.linspace(0, 1, steps)
    between = torch.stack([_slerp(points[0], points[1], float(share)) for share in shares[1:-1]])
    dice = torch.Generator().manual_seed(seed)
    grids = [ends[0], *network.written(between, temperature, dice), ends[1]]
    tempos = (tempo_of(first), tempo_of(second))
    key = _key(first)
    return [_score(network, grid, round(tempos[0] + float(share) * (tempos[1] - tempos[0]), 2), key, _program(first))
            for grid, share in zip(grids, shares, strict=True)]


@node("music.vae_attribute", version=1, costly=True)
def attribute(model: VaeModel, score: Score, attribute: Literal["density", "syncopation", "height", "loudness"] = "density",
              amount: Annotated[float, Range(-3, 3, 0.1)] = 1.0, temperature: Temperature = 0.0, seed: Seed = 0) -> Score:
    """Make two bars denser, higher or more syncopated, or less so, and leave the rest much as it is.

    What is changed is the point of the space: it is moved by how the quarter of the training music that has most of the
    attribute differs from the quarter that has least (Roberts et al., 2018).

    model: starter/drummer (drums), starter/singer (melodies), or a folder from music.train_vae.
    score: the music; its first bars count, in 4/4.
    attribute: density and syncopation are everyone's, height that of melodies, loudness that of drums.
    amount: how much more, 1 for that difference; less if negative, and 0 gives what the model makes of the music itself.
    temperature: how adventurous; 0 always takes the likeliest.
    seed: of the dice, where temperature is not 0.
    """
    import torch

    network = model.network
    if attribute not in model.attributes:
        raise InputError(f"attribute is {attribute}, which this model of {network.shape.kind} knows nothing of; it takes "
                         f"{', '.join(name for name in _NAMES if name in model.attributes)}")
    z = network.encoded(_grid(network, score, "score")[None])[0] + amount * model.attributes[attribute]
    grid = network.written(z, temperature, torch.Generator().manual_seed(seed))[0]
    return _score(network, grid, round(tempo_of(score), 2), _key(score), _program(score))


def _grid(network: Any, score: Score, name: str) -> Any:
    """The first bars of a score as the model reads them, uint8 (steps, ...)."""
    import torch

    if not is_common_time(score):
        raise InputError(f"{name} is not in 4/4 throughout, which this model has bars for; give one that is")
    grid, steps = torch.from_numpy(grid_of(score, network.shape.kind)), network.shape.steps
    if len(grid) > steps:
        warn(f"{name} has {len(grid) // BAR} bars; the first {steps // BAR} count")
    if len(grid) < steps:
        grid = torch.cat([grid, torch.zeros(steps - len(grid), *grid.shape[1:], dtype=torch.uint8)])
    return grid[:steps].to(network.head.weight.device)


def _slerp(first: Any, second: Any, share: float) -> Any:
    """A point between two, along a great circle (Shoemake, 1985); lengths go along evenly."""
    import torch

    lengths = first.norm(), second.norm()
    angle = torch.arccos(((first / lengths[0]) @ (second / lengths[1])).clamp(-1, 1))
    if float(angle) < 1e-4:
        return first + share * (second - first)
    mixed = (torch.sin((1 - share) * angle) * first / lengths[0] + torch.sin(share * angle) * second / lengths[1]) / torch.sin(angle)
    return mixed * (lengths[0] + share * (lengths[1] - lengths[0]))


def _key(score: Score) -> str:
    return score.keys[0][1] if score.keys else "C major"


def _program(score: Score) -> int:
    """The instrument of the highest track, which is the one that is read."""
    tracks = [track for track in score.tracks if track.notes and not track.is_drum]
    return max(tracks, key=lambda track: sum(note.pitch for note in track.notes) / len(track.notes)).program if tracks else 0


def _score(network: Any, grid: Any, bpm: float, key: str, program: int = 0) -> Score:
    if network.shape.kind != DRUMS:
        key = key_name(*key_parts(key))
    return score_of(grid.cpu().numpy(), network.shape.kind, bpm, key, program)
