"""One training of a small network, from grids to a folder: what it learns from, how far it is, and what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ...common.training import Budget, Progress, trained
from . import folders, performing, rnn, vae
from .grids import BAR, DRUMS, FIRST, HIGHEST, LOWEST, MELODY, REST
from .lessons import Lesson, RnnLesson, Rules, VaeLesson

VAE_RULES = {DRUMS: Rules(batch=64, rate=3e-3, free=48.0), MELODY: Rules(batch=64, rate=3e-3, free=80.0)}
RNN_RULES = Rules(batch=16, rate=4e-3)
PERFORMANCE_RULES = Rules(batch=16, rate=2e-3)
VAE_SHAPES = {DRUMS: vae.Shape(DRUMS, decoder=128), MELODY: vae.Shape(MELODY, z=96, encoder=128, conductor=128, decoder=160)}
_PLANS = 96  # of tunes, that a melody RNN keeps
_OFF = (0, 3, 2, 3) * 4  # how much a stroke on each sixteenth of a bar goes against the beat


class Shown:
    """Grids to learn from, uint8 (n, ...), or performances, int16 (n, words).

    Voices and performances are moved by up to so many semitones each time they are shown.
    """

    def __init__(self, grids: torch.Tensor, transpose: int = 0) -> None:
        self.grids, self.transpose = grids, transpose
        self.moved = performing.moved if grids.dtype == torch.int16 else moved

    def __call__(self, n: int) -> torch.Tensor:
        drawn = self.grids[torch.randint(len(self.grids), (n,)).to(self.grids.device)]
        if not self.transpose:
            return drawn
        return self.moved(drawn, torch.randint(-self.transpose, self.transpose + 1, (n,)).to(drawn.device))


def moved(voices: torch.Tensor, semitones: torch.Tensor) -> torch.Tensor:
    """Voices uint8 (n, steps), each moved by its number of semitones; what would leave the range comes back by an octave."""
    sung = (voices >= FIRST) & (voices != rnn.NOTHING)
    pitches = voices.long() + semitones[:, None]
    pitches = torch.where(pitches > FIRST + HIGHEST - LOWEST, pitches - 12, pitches)
    pitches = torch.where(pitches < FIRST, pitches + 12, pitches)
    return torch.where(sung, pitches, voices.long()).to(torch.uint8)


@dataclass(frozen=True)
class Course:
    """What is trained on what. subject: one line that tells this training from others. transpose: semitones."""

    architecture: str
    learned: torch.Tensor
    held: torch.Tensor
    shape: Any
    rules: Rules
    subject: str
    transpose: int = 0

    def lesson(self, network: Any = None, device: str = "cpu") -> Lesson:
        """The network, new or given to be trained further, and how it learns."""
        shown = Shown(self.learned.to(device), self.transpose)
        if self.architecture == folders.VAE:
            return VaeLesson((network or vae.MusicVae(self.shape)).to(device), shown, self.rules)
        new = performing.PerformanceRnn if self.architecture == folders.PERFORMANCE else rnn.MelodyRnn
        return RnnLesson((network or new(self.shape)).to(device), shown, self.rules)

    def judged(self, network: Any) -> dict[str, float]:
        """What the network makes of music that it never saw."""
        network.eval()
        held = self.held.to(network.head.weight.device)
        if self.architecture == folders.VAE:
            return vae.fidelity(network, held)
        with torch.no_grad():
            steps = [(part != network.padding).sum() for part in held.split(32)]
            nats = [network.nats(part) * count for part, count in zip(held.split(32), steps, strict=True)]
        return {"nats": float(sum(nats) / sum(steps))}

    def run(self, folder: Path, budget: Budget, seed: int = 0, network: Any = None, device: str = "cpu",
            tell: Callable[[Lesson, Progress], None] = lambda lesson, progress: None, tell_seconds: float = 10.0,
            save_seconds: float = 30.0) -> tuple[Any, Progress]:
        """Train, from a checkpoint in the folder if there is one: the averaged network, and how far it came."""
        torch.manual_seed(seed)
        lesson = self.lesson(network, device)
        progress = trained(lesson, budget, folder, self.subject, lambda progress: tell(lesson, progress), seed, tell_seconds,
                           save_seconds)
        return lesson.average, progress

    def store(self, out: Path, network: Any, progress: Progress) -> dict[str, float]:
        """Write the finished folder; its scores on music that was held out."""
        scores = {name: round(value, 4) for name, value in self.judged(network).items()}
        training = {"steps": progress.step, "seconds": round(progress.seconds, 1), "learned": len(self.learned),
                    "held_out": len(self.held), "rules": asdict(self.rules), "scores": scores}
        attributes = directions(network, self.learned) if self.architecture == folders.VAE else {}
        plans = {"plans": plans_in(self.learned)} if self.architecture == folders.RNN else {}
        folders.stored(out, self.architecture, network, attributes, {**plans, "training": training})
        return scores


def attributes_of(grids: torch.Tensor) -> dict[str, torch.Tensor]:
    """What there is more or less of, by name: density (strokes or notes), syncopation (their weight against the beat),
    and loudness of drums or height of a voice. Each (n,)."""
    weights = torch.tensor(_OFF, device=grids.device).repeat(grids.shape[1] // BAR).float()
    if grids.ndim == 3:
        struck = (grids > 0).float()
        strokes = struck.sum((1, 2)).clamp(min=1)
        loud = struck[..., :2].sum(-1)  # of the hats all is against the beat by habit
        return {"density": strokes, "syncopation": (loud * weights).sum(1) / loud.sum(1).clamp(min=1),
                "loudness": grids.float().sum((1, 2)) / strokes}
    sung = grids > REST
    notes = sung.float().sum(1).clamp(min=1)
    return {"density": notes, "syncopation": (sung * weights).sum(1) / notes, "height": (sung * grids.float()).sum(1) / notes}


@torch.no_grad()
def directions(network: vae.MusicVae, grids: torch.Tensor, most: int = 2048) -> dict[str, torch.Tensor]:
    """Where in z there is more of each attribute: the mean of the upper quarter less that of the lower."""
    grids = grids[:most].to(network.head.weight.device)
    means = torch.cat([network.encoded(part)[0] for part in grids.split(256)])
    found = {}
    for name, values in attributes_of(grids).items():
        order, quarter = values.argsort(), max(1, len(values) // 4)
        found[name] = means[order[-quarter:]].mean(0) - means[order[:quarter]].mean(0)
    return found


def plans_in(voices: torch.Tensor) -> list[str]:
    """The commonest plans of whole tunes, a digit for each bar."""
    whole = voices[(voices != rnn.NOTHING).all(1)]
    words = ["".join(map(str, plan)) for plan in rnn.plans_of(whole).tolist()] if len(whole) else []
    return [word for word, _ in Counter(words).most_common(_PLANS)]
