"""The training loop that all starter models share: it knows optimisation, checkpoints and clocks, and no model.

A stage of training is a set of modules, a loss of one step and a folder. The loop writes everything needed to go
on (weights, their moving average, AdamW's moments, the step and the seconds spent) to one safetensors file, moved
into place atomically, so that a run killed at any moment resumes from its last checkpoint by itself.
"""

from __future__ import annotations

import json
import math
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import safe_open

from ...common.training import CHECKPOINT, Budget, save_checkpoint, step_seed, stop_signals


@dataclass(frozen=True)
class Settings:
    """What every model's `train(settings)` receives.

    folder: where material and checkpoints are kept between runs (may be deleted after a training).
    out: where the finished model goes; None means beside the starter pack, in `models/<name>`.
    minutes: wall-clock budget of the whole training, or None to take all the steps.
    threads: CPU threads, or None to leave torch's choice.
    stage: one stage to go on with from the finished model, or None for the whole training.
    """

    folder: Path = Path(".training")
    out: Path | None = None
    device: str = "cpu"
    minutes: float | None = None
    threads: int | None = None
    seed: int = 0
    stage: str | None = None


@dataclass(frozen=True)
class Recipe:
    """How one stage is optimised: AdamW with linear warm-up, cosine decay and clipped gradients.

    steps: updates when no budget ends the stage sooner. minutes: wall-clock budget, or None.
    The learning rate follows the fraction done of steps or of minutes, whichever is further, so that a stage
    cut short by its budget still ends fully decayed. ema: decay of the weights' moving average, 0 for none.
    """

    steps: int
    learning_rate: float = 1e-3
    minutes: float | None = None
    warmup: int = 100
    final: float = 0.0
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.99)
    clip: float = 1.0
    ema: float = 0.999
    say_seconds: float = 20.0
    save_seconds: float = 120.0


@dataclass(frozen=True)
class Trained:
    """What a stage came to. ema maps module name -> parameter name -> averaged tensor (CPU, float32)."""

    steps: int
    seconds: float
    loss: float
    ema: Mapping[str, Mapping[str, torch.Tensor]] = field(repr=False, default_factory=dict)


@dataclass
class Progress:
    """Where a stage is. seconds: of wall clock, trained; loss: smoothed over the last hundred steps or so."""

    step: int = 0
    seconds: float = 0.0
    loss: float = math.nan
    seed: int = 0


def device_of(choice: str) -> str:
    """The torch device for `auto`, `cpu` or `cuda...`; auto takes a GPU if there is one."""
    return ("cuda" if torch.cuda.is_available() else "cpu") if choice == "auto" else choice


def autocast(device: str) -> torch.autocast:
    """A context in which matrices are multiplied in bfloat16 where the device does that faster than in float32.

    GPUs do, and CPUs with AMX or AVX512-BF16 (4x); a CPU without them takes ten times longer.
    """
    kind = torch.device(device).type
    return torch.autocast(kind, torch.bfloat16, enabled=kind != "cpu" or _quick_bfloat16())


@lru_cache(maxsize=1)
def _quick_bfloat16() -> bool:
    def seconds(dtype: torch.dtype) -> float:
        a, took = torch.ones(512, 512, dtype=dtype), []
        for _ in range(4):
            begun = time.perf_counter()
            a @ a
            took.append(time.perf_counter() - begun)
        return min(took)

    return seconds(torch.bfloat16) < seconds(torch.float32)


def fraction_done(step: int, seconds: float, recipe: Recipe) -> float:
    """How much of a stage is behind us, 0 to 1: by steps or by wall clock, whichever is further."""
    return Budget(recipe.steps, 60 * recipe.minutes if recipe.minutes else None).fraction(step, seconds)


def learning_rate(step: int, fraction: float, recipe: Recipe) -> float:
    """Linear warm-up over `warmup` steps, then a half cosine over the fraction done, down to `final` of the peak."""
    warm = min(1.0, (step + 1) / max(1, recipe.warmup))
    decay = recipe.final + (1 - recipe.final) * 0.5 * (1 + math.cos(math.pi * fraction))
    return recipe.learning_rate * warm * decay


def train(
    name: str,
    folder: Path,
    modules: Mapping[str, torch.nn.Module],
    loss: Callable[[int, torch.Generator], torch.Tensor],
    recipe: Recipe,
    seed: int = 0,
    watch: Callable[[int], str] | None = None,
    watch_seconds: float = 120.0,
) -> Trained:
    """Train the modules in place, resuming from `folder` if a checkpoint is there, until steps or minutes are spent.

    loss(step, generator) gives the scalar loss of one step; the generator (CPU) is seeded by seed and step, and
    so is torch's global one, for dropout. watch(step) may return a note that is printed now and then.
    SIGTERM and Ctrl-C save first; then Ctrl-C raises KeyboardInterrupt, and SIGTERM raises SystemExit(143).
    """
    folder.mkdir(parents=True, exist_ok=True)
    parameters = _parameters(modules)
    optimiser = torch.optim.AdamW(
        list(parameters.values()), lr=recipe.learning_rate, betas=recipe.betas,
        weight_decay=recipe.weight_decay, fused=True)
    ema = {key: p.detach().float().clone() for key, p in parameters.items()} if recipe.ema else {}
    progress = Progress(seed=seed)
    if (folder / CHECKPOINT).exists():
        progress = _restore(folder / CHECKPOINT, modules, parameters, optimiser, ema)
        if progress.seed != seed:
            raise ValueError(f"{folder / CHECKPOINT} was begun with seed {progress.seed}, not {seed}; "
                             f"ask for that seed, or delete the folder to begin again")
        _say(name, progress, recipe, 0.0, "resumed")
    _run(name, folder, modules, parameters, optimiser, ema, loss, recipe, progress, watch, watch_seconds)
    return Trained(progress.step, progress.seconds, progress.loss, _by_module(ema))


def put_averaged(folder: Path, modules: Mapping[str, torch.nn.Module]) -> None:
    """Put the weights of a stage's checkpoint into its modules, moving averages where there are any.

    Raises FileNotFoundError if the stage has not saved yet.
    """
    with safe_open(folder / CHECKPOINT, "pt") as file, torch.no_grad():
        keys = list(file.keys())
        for name, module in modules.items():
            prefix = f"model/{name}/"
            module.load_state_dict({k.removeprefix(prefix): file.get_tensor(k) for k in keys if k.startswith(prefix)})
            for key, parameter in module.named_parameters():  # after all weights, since tied ones have two names and one average
                if f"ema/{name}/{key}" in keys:
                    parameter.copy_(file.get_tensor(f"ema/{name}/{key}"))


def reached(folder: Path) -> Progress:
    """How far the checkpoint of a stage has come, without its weights; a training that goes on meanwhile is not disturbed.

    Raises FileNotFoundError if the stage has not saved yet.
    """
    with safe_open(folder / CHECKPOINT, "pt") as file:
        state = json.loads(file.metadata()["state"])
    return Progress(state["step"], state["seconds"], state["loss"], state["seed"])


def load_averaged(trained: Trained, modules: Mapping[str, torch.nn.Module]) -> None:
    """Put the moving averages in the place of the last step's weights."""
    with torch.no_grad():
        for name, module in modules.items():
            for key, parameter in module.named_parameters():
                if key in trained.ema.get(name, {}):
                    parameter.copy_(trained.ema[name][key])


def _run(name, folder, modules, parameters, optimiser, ema, loss, recipe, progress, watch, watch_seconds) -> None:
    spent, begun = progress.seconds, time.monotonic()
    said_at, said_step, saved_at, watched_at = begun, progress.step, begun, begun
    smooth = None
    with stop_signals() as stopped:
        while fraction_done(progress.step, progress.seconds, recipe) < 1.0 and not stopped:
            value = _step(parameters, optimiser, ema, loss, recipe, progress)
            smooth = value if smooth is None else 0.98 * smooth + 0.02 * value
            progress.step += 1
            now = time.monotonic()
            progress.seconds, progress.loss = spent + now - begun, smooth
            if now - said_at > recipe.say_seconds:
                _say(name, progress, recipe, (progress.step - said_step) / (now - said_at))
                said_at, said_step = now, progress.step
            if now - saved_at > recipe.save_seconds:
                _save(folder / CHECKPOINT, modules, parameters, optimiser, ema, progress)
                saved_at = time.monotonic()
            if watch is not None and now - watched_at > watch_seconds:
                print(f"{name}  step {progress.step}  {watch(progress.step)}", flush=True)
                watched_at = time.monotonic()
        _save(folder / CHECKPOINT, modules, parameters, optimiser, ema, progress)
    if stopped and fraction_done(progress.step, progress.seconds, recipe) < 1.0:
        print(f"{name}  stopped at step {progress.step}; the same command goes on from here", flush=True)
        raise KeyboardInterrupt if stopped[0] == signal.SIGINT else SystemExit(128 + stopped[0])


def _step(parameters, optimiser, ema, loss, recipe, progress) -> float:
    draw = step_seed(progress.seed, progress.step)
    torch.manual_seed(draw)
    rate = learning_rate(progress.step, fraction_done(progress.step, progress.seconds, recipe), recipe)
    for group in optimiser.param_groups:
        group["lr"] = rate
    value = loss(progress.step, torch.Generator().manual_seed(draw))
    if not torch.isfinite(value):
        raise FloatingPointError(f"the loss is {value.item()} at step {progress.step}; try a lower learning rate")
    optimiser.zero_grad(set_to_none=True)
    value.backward()
    torch.nn.utils.clip_grad_norm_(parameters.values(), recipe.clip)
    optimiser.step()
    if ema:
        decay = min(recipe.ema, (1 + progress.step) / (10 + progress.step))
        torch._foreach_lerp_(list(ema.values()), [p.detach().float() for p in parameters.values()], 1 - decay)
    return value.item()


def _parameters(modules) -> dict[str, torch.nn.Parameter]:
    return {f"{name}/{key}": p for name, module in modules.items()
            for key, p in module.named_parameters() if p.requires_grad}


def _by_module(flat: Mapping[str, torch.Tensor]) -> dict[str, dict[str, torch.Tensor]]:
    nested: dict[str, dict[str, torch.Tensor]] = {}
    for key, tensor in flat.items():
        name, rest = key.split("/", 1)
        nested.setdefault(name, {})[rest] = tensor.cpu()
    return nested


def _say(name: str, progress: Progress, recipe: Recipe, rate: float, note: str = "") -> None:
    done = fraction_done(progress.step, progress.seconds, recipe)
    left = f"about {progress.seconds * (1 - done) / done / 60:.0f} min to go" if done > 0 else "just begun"
    print(f"{name}  step {progress.step}/{recipe.steps}  loss {progress.loss:.4f}  {rate:.2f} it/s  "
          f"{progress.seconds / 60:.0f} min gone, {left}  {note}".rstrip(), flush=True)


def _save(path: Path, modules, parameters, optimiser, ema, progress: Progress) -> None:
    tensors = {f"model/{name}/{key}": value for name, module in modules.items()
               for key, value in module.state_dict().items()}
    tensors |= {f"ema/{key}": value for key, value in ema.items()}
    for key, parameter in parameters.items():
        state = optimiser.state.get(parameter, {})
        tensors |= {f"adamw.{part}/{key}": value for part, value in state.items()}
    state = {"step": progress.step, "seconds": progress.seconds, "seed": progress.seed, "loss": progress.loss}
    save_checkpoint(path, tensors, state)


def _restore(path: Path, modules, parameters, optimiser, ema) -> Progress:
    with safe_open(path, "pt") as file:
        keys = list(file.keys())
        for name, module in modules.items():
            prefix = f"model/{name}/"
            module.load_state_dict({k.removeprefix(prefix): file.get_tensor(k) for k in keys if k.startswith(prefix)})
        for key in ema:
            ema[key].copy_(file.get_tensor(f"ema/{key}"))
        for key, parameter in parameters.items():
            parts = [k for k in keys if k.startswith("adamw.") and k.split("/", 1)[1] == key]
            optimiser.state[parameter] = {
                k.split("/", 1)[0].removeprefix("adamw."): file.get_tensor(k).to(parameter.device) for k in parts}
    return reached(path.parent)
