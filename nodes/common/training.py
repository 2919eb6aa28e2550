"""The loop that trainings share: it knows steps, clocks, checkpoints and stop signals, and no model.

What is trained is a Learner: it takes a step, gives the tensors that it needs to go on, and takes them back. The loop
keeps them in one safetensors file, put in place whole, so that a run that is killed at any moment goes on from there.
Each step is seeded by its number: a run that was interrupted draws what an unbroken one would have drawn.
"""

from __future__ import annotations

import json
import math
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .files import whole_file

CHECKPOINT = "checkpoint.safetensors"


class Learner(Protocol):
    """What a loop trains."""

    def step(self, number: int, fraction: float) -> Mapping[str, float | torch.Tensor]:
        """One update, the number-th, when a fraction (0 to 1) of the training is done; what there is to tell of it."""

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """All that is needed to go on."""

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from such tensors."""


@dataclass(frozen=True)
class Budget:
    """When a training ends: after steps, or after seconds of training (None: no clock), whichever comes first."""

    steps: int
    seconds: float | None = None

    def fraction(self, step: int, seconds: float) -> float:
        """How much is done, 0 to 1."""
        return min(1.0, max(step / self.steps, seconds / self.seconds if self.seconds else 0.0))


@dataclass(frozen=True)
class Progress:
    """Where a training is. seconds: trained, over all its runs; told: of the last step."""

    step: int = 0
    seconds: float = 0.0
    fraction: float = 0.0
    told: Mapping[str, float] = field(default_factory=dict)


def trained(learner: Learner, budget: Budget, folder: Path, subject: str, tell: Callable[[Progress], None],
            seed: int = 0, tell_seconds: float = 5.0, save_seconds: float = 60.0) -> Progress:
    """Train until the budget is spent, from the checkpoint in a folder if there is one; its last Progress.

    subject: what is trained, and on what, in one line; a checkpoint of another is refused.
    tell(progress) is called every tell_seconds, and at the end; what it raises ends the training, after saving.
    SIGTERM and Ctrl-C, on the main thread, save too, and then raise SystemExit(143) or KeyboardInterrupt.
    Raises ValueError for a checkpoint of another subject or seed, FloatingPointError where numbers are finite no more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    step, spent = _resumed(learner, folder / CHECKPOINT, subject, seed)
    begun = time.monotonic() - spent
    told_at = saved_at = time.monotonic()
    saved, sound = step, True
    progress = Progress(step, spent, budget.fraction(step, spent))

    def keep() -> None:
        nonlocal saved, saved_at
        if sound and step > saved:
            state = {"subject": subject, "seed": seed, "step": step, "seconds": time.monotonic() - begun}
            save_checkpoint(folder / CHECKPOINT, learner.tensors(), state)
            saved, saved_at = step, time.monotonic()

    with stop_signals() as stopped:
        try:
            while progress.fraction < 1 and not stopped:
                torch.manual_seed(step_seed(seed, step))
                latest = learner.step(step, progress.fraction)
                step, now = step + 1, time.monotonic()
                progress = Progress(step, now - begun, budget.fraction(step, now - begun), progress.told)
                if stopped or progress.fraction >= 1 or now - told_at > tell_seconds or now - saved_at > save_seconds:
                    told = {name: float(value) for name, value in latest.items()}
                    sound = all(math.isfinite(value) for value in told.values())
                    _demand_finite(told, step)
                    progress, told_at = Progress(step, progress.seconds, progress.fraction, told), now
                    tell(progress)
                if now - saved_at > save_seconds:
                    keep()
        finally:
            keep()
    if stopped and progress.fraction < 1:
        raise KeyboardInterrupt if stopped[0] == signal.SIGINT else SystemExit(128 + stopped[0])
    return progress


def kept_folder() -> Path:
    """Where trainings are kept that name no folder: beside the cache, `NODEGRAPH_CACHE` or that of the user."""
    named = os.environ.get("NODEGRAPH_CACHE")
    if named:
        return Path(named).expanduser() / "training"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nodegraph-training"


def place_of(folder: str, kind: str, subject: str, seed: int) -> Path:
    """Where the training of a subject from a seed is kept: in the folder that is named, or, left empty, in one of its own."""
    name = blake2b(f"{subject}, seed {seed}".encode(), digest_size=8).hexdigest()
    return Path(folder).expanduser() if folder else kept_folder() / f"{kind}-{name}"


def step_seed(seed: int, step: int) -> int:
    """A seed for each step of a training."""
    return (seed * 1_000_003 + step * 7_919 + 1) % (2**63 - 1)


def checkpoint(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors of the checkpoint in a folder. Raises FileNotFoundError when nothing was saved yet."""
    with safe_open(folder / CHECKPOINT, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def module_tensors(modules: Mapping[str, torch.nn.Module]) -> dict[str, torch.Tensor]:
    """The weights and buffers of modules under names that begin with their own."""
    return {f"{name}/{key}": value for name, module in modules.items() for key, value in module.state_dict().items()}


def restore_modules(modules: Mapping[str, torch.nn.Module], tensors: Mapping[str, torch.Tensor]) -> None:
    """Put such weights and buffers back."""
    for name, module in modules.items():
        module.load_state_dict({key.removeprefix(f"{name}/"): value for key, value in tensors.items()
                                if key.startswith(f"{name}/")})


def optimiser_tensors(name: str, optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """The moments and counts of an optimiser under names that begin with its own."""
    return {f"{name}/{k}/{part}": torch.as_tensor(value)
            for k, state in optimiser.state_dict()["state"].items() for part, value in state.items()}


def restore_optimiser(name: str, optimiser: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]) -> None:
    """Put such moments back; rates and the like stay as they are."""
    states: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith(f"{name}/"):
            k, part = key.removeprefix(f"{name}/").split("/")
            states.setdefault(int(k), {})[part] = value
    optimiser.load_state_dict(optimiser.state_dict() | {"state": states})


def _demand_finite(told: Mapping[str, float], step: int) -> None:
    for name, value in told.items():
        if not math.isfinite(value):
            raise FloatingPointError(f"{name} is {value} at step {step}; try a lower learning rate")


def save_checkpoint(path: Path, tensors: Mapping[str, torch.Tensor], state: Mapping[str, object]) -> None:
    """Write tensors, and a state that JSON can tell, to a safetensors file, whole or not at all."""
    plain = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    with whole_file(path) as partial:
        save_file(plain, partial, metadata={"state": json.dumps(state)})


def _resumed(learner: Learner, path: Path, subject: str, seed: int) -> tuple[int, float]:
    """The steps and seconds that are behind a learner, which is put where its checkpoint left it."""
    if not path.exists():
        return 0, 0.0
    try:
        with safe_open(path, "pt") as file:
            state = json.loads(file.metadata()["state"])
        tensors = checkpoint(path.parent)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no checkpoint, or a damaged one; delete it to begin again ({error})") from error
    for name, wanted in (("subject", subject), ("seed", seed)):
        if state[name] != wanted:
            raise ValueError(f"{path} is of a training whose {name} was {state[name]!r}, and {wanted!r} is asked; "
                             "ask for that one, or delete the folder to begin again")
    learner.restore(tensors)
    return state["step"], state["seconds"]


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Collects SIGINT and SIGTERM instead of dying by them; a loop off the main thread leaves signals alone."""
    caught: list[int] = []
    try:
        before = {s: signal.signal(s, lambda number, frame: caught.append(number))
                  for s in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:
        before = {}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
