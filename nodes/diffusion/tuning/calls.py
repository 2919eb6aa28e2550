"""How a pipeline calls its denoiser, learned by watching it once, so that training can call it alike for any family.

Nothing is known here of a family: what its loop hands to the network beside latents and time is kept as it comes; by two
steps it is seen how the time is told, and what the scheduler makes of an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nodegraph import InputError

from ...media.types import Latent
from ..calls import dice, own_copy, sampled
from ..doors import Door
from ..families import denoiser, denoiser_name, known_family
from ..inpaint import widened
from ..samplers import Sampling
from ..space import packed
from ..steps import Start, Steps

_PLACES = ("img_ids", "txt_ids")  # of tokens, which are those of every picture of a batch


@dataclass(frozen=True)
class Call:
    """What a denoiser was called with: positional and named arguments, with latents and time in them."""

    arguments: tuple[Any, ...]
    settings: dict[str, Any]

    @property
    def latents(self) -> Any:
        return next((self.settings[name] for name in ("hidden_states", "sample") if name in self.settings),
                    self.arguments[0] if self.arguments else None)

    @property
    def time(self) -> Any:
        return self.settings["timestep"] if "timestep" in self.settings else self.arguments[1]

    def with_latents(self, latents: Any, time: Any) -> Call:
        """The same call about other latents (batch, ...) at other times (batch,)."""
        arguments, settings = list(self.arguments), dict(self.settings)
        for place, names, value in ((0, ("hidden_states", "sample"), latents), (1, ("timestep",), time)):
            name = next((name for name in names if name in settings), "")
            if name:
                settings[name] = value
            else:
                arguments[place] = value
        return Call(tuple(arguments), settings)


@dataclass(frozen=True)
class Habit:
    """What a family makes of times and answers.

    slope, offset: the time that the network is told is slope * t + offset, for t in timesteps of the scheduler.
    sign: 1, or -1 where the scheduler is handed the negative of what the network answers.
    """

    slope: float
    offset: float
    sign: int


class _Seen(Exception):
    """Ends a sampling once its denoiser was called."""


class _Look(Door):
    def __init__(self, network: Any, see: Callable[[Call], None], answers: Callable[[Any], None] | None = None):
        super().__init__(network)
        self.see, self.answers = see, answers

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        self.see(Call(arguments, settings))
        if self.answers is None:
            raise _Seen
        made = self.network(*arguments, **settings)
        self.answers(answer(made))
        return made


class _Judged(Steps):
    """Steps that keep what the scheduler is handed."""

    def __init__(self, scheduler: Any, handed: Callable[[Any, Any, Any], None]):
        super().__init__(scheduler)
        self.handed = handed

    def _step(self, model_output: Any, timestep: Any, sample: Any, *arguments: Any, **settings: Any) -> Any:
        self.handed(model_output, timestep, sample)
        return super()._step(model_output, timestep, sample, *arguments, **settings)


def answer(made: Any) -> Any:
    """The tensor of what a denoiser gives back."""
    return made[0] if isinstance(made, (tuple, list)) else getattr(made, "sample", made)


def call_of(pipe: Any, tensors: dict[str, Any], shown: Latent | None, width: int, height: int) -> Call:
    """How a pipeline calls its denoiser for a prompt and what it is shown beside it; the network itself stays at rest."""
    calls: list[Call] = []
    try:
        _run(pipe, tensors, shown, width, height, calls.append, None, lambda *_: None)
    except _Seen:
        pass
    return calls[0]


def habit_of(pipe: Any, tensors: dict[str, Any], shown: Latent | None, width: int, height: int) -> Habit:
    """What a pipeline makes of times and answers, by two of its steps. Raises InputError where that is not plain."""
    calls: list[Call] = []
    answers: list[Any] = []
    handed: list[tuple[Any, Any, Any]] = []
    _run(pipe, tensors, shown, width, height, calls.append, answers.append, lambda *three: handed.append(three))
    if len(calls) != len(handed) or any(getattr(call.latents, "shape", (2,))[0] != 1 for call in calls):
        raise InputError(f"the denoiser of a {type(pipe).__name__} is not called once a step, for one picture, which "
                         "diffusion.train_lora cannot train; take another model")
    known, told = ([float(value.reshape(-1)[0]) for value in times] for times in ([three[1] for three in handed],
                                                                               [call.time for call in calls]))
    last = next(k for k, time in enumerate(known) if time != known[0])  # some schedulers ask twice at one
    slope = (told[last] - told[0]) / (known[last] - known[0])
    return Habit(slope, told[0] - slope * known[0], _sign(pipe, answers[0], handed[0][0]))


def _sign(pipe: Any, answered: Any, handed: Any) -> int:
    """Whether a scheduler is handed an answer, or its negative."""
    import torch

    if isinstance(answered, torch.Tensor) and isinstance(handed, torch.Tensor):
        if answered.ndim == 4 and answered.shape[1] == 2 * handed.shape[1]:  # with a variance, which is left out
            answered = answered[:, :handed.shape[1]]
        for sign in (1, -1):
            if answered.shape == handed.shape and torch.allclose(sign * answered.float(), handed.float(), rtol=1e-2, atol=1e-3):
                return sign
    raise InputError(f"a {type(pipe).__name__} changes what its denoiser answers before it steps, in a way that "
                     "diffusion.train_lora does not know; take another model")


def _run(pipe: Any, tensors: dict[str, Any], shown: Latent | None, width: int, height: int, see: Callable[[Call], None],
         answers: Callable[[Any], None] | None, handed: Callable[[Any, Any, Any], None]) -> None:
    import torch

    family, generator = known_family(pipe), dice(0)
    own = own_copy(pipe, Sampling(), 2, generator)
    own.__dict__[denoiser_name(own)] = _Look(denoiser(own), see, answers)
    steps = _Judged(own.scheduler, handed)
    if shown is not None:
        steps.start = seen(own, shown)
    with torch.no_grad():
        sampled(own, tensors, steps, generator, 2, width, height, 1.0 if family.guidance else None,
                1 if family.moving else None)


def seen(pipe: Any, shown: Latent) -> Start:
    """The start of a sampling whose denoiser, which was trained for inpainting, sees what is shown, and paints from noise."""
    samples = shown.samples[None]
    widened(pipe, shown.mask, shown.masked[None])
    return Start(packed(pipe, samples), bare=True)


def together(calls: Sequence[Call]) -> Call:
    """One call for a batch, of calls for one picture each, whose tensors have the same shapes."""
    return Call(tuple(_joined("", [call.arguments[k] for call in calls]) for k in range(len(calls[0].arguments))),
                {name: _joined(name, [call.settings[name] for call in calls]) for name in calls[0].settings})


def _joined(name: str, values: Sequence[Any]) -> Any:
    import torch

    first = values[0]
    if isinstance(first, dict):
        return {key: _joined(key, [value[key] for value in values]) for key in first}
    if isinstance(first, list) and len(first) == 1:  # of one picture, as Qwen tells its shape
        return [value[0] for value in values]
    if isinstance(first, torch.Tensor) and first.ndim and first.shape[0] == 1 and name not in _PLACES:
        return torch.cat([*values])
    return first


def shape_of(call: Call) -> tuple[Any, ...]:
    """What calls must share to be joined."""
    return (tuple(map(_shape, call.arguments)), tuple((name, _shape(value)) for name, value in call.settings.items()))


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple((name, _shape(one)) for name, one in value.items())
    return tuple(value.shape) if hasattr(value, "shape") else None


def beside(pipe: Any, call: Call, samples: Any) -> Any:
    """What a denoiser reads beside the latents that it paints, of a call; None for nothing."""
    axis = -1 if call.latents.ndim == 3 else 1
    own = packed(pipe, samples).shape[axis]
    more = call.latents.narrow(axis, own, call.latents.shape[axis] - own)
    return more if more.shape[axis] else None

