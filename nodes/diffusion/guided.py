"""A denoiser whose answers are guided otherwise than its pipeline does, for the length of one call.

The networks may be at work for others at the same time, so nothing is hung on them: what has to be changed inside is a
copy of the modules that shares their weights.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterable
from typing import Any

from nodegraph import InputError, Recipe, warn

from . import guides
from .caches import remember, remembering
from .doors import Door
from .samplers import is_flow

SETTINGS = ("guidance", "shift", "freeu", "cache", "motion")  # the kinds of patches that are read here, and change no weights
_PAIR = "noise_pred_uncond, noise_pred_text = noise_pred.chunk(2)"  # how pipelines of one call a step guide
_TURNS = re.compile(r"= neg_noise_pred \+ \w+ \* \(noise_pred - neg_noise_pred\)")  # and those of two


def settings_of(pipe: Any) -> dict[str, dict[str, Any]]:
    """What the patches of a pipeline say, by kind; of two of a kind the later one counts where both say something."""
    said: dict[str, dict[str, Any]] = {}
    for patch in getattr(pipe, "patches", ()):
        if patch.kind in SETTINGS:
            said[patch.kind] = {**said.get(patch.kind, {}), **dict(patch.options)}
    return said


def guide(pipe: Any, guidance_scale: float | None, count: int = 1, parts: int = 0, steps: int = 0) -> None:
    """Put what the patches of a pipeline say on it, which is a copy of this call's own.

    count: how many latents are sampled at once. parts: of which the conditioning is made, each asked for by itself.
    steps: how many are taken, or 0 where it is not all of a schedule.
    Raises InputError for what its denoiser cannot do.
    """
    said = settings_of(pipe)
    rules = said.get("guidance", {})
    if not rules and "freeu" not in said and "cache" not in said:
        return
    name = "unet" if pipe.components.get("unet") is not None else "transformer"
    network = getattr(pipe, name)
    if rules:
        _judge(pipe, name, rules)
    if parts > 1 and ("cache" in said or rules.get("momentum") or (rules and _in_turn(pipe))):
        raise InputError("this conditioning has several parts, and a cache, a momentum of the guidance, or guidance of a "
                         "model that is asked twice a step would mix them up; leave that out, or take one prompt")
    inner = _changed(pipe, name, network, said, steps)
    pipe.__dict__[name] = Guided(pipe, inner, network, rules, guidance_scale, count)


def _judge(pipe: Any, name: str, rules: dict[str, Any]) -> None:
    kind = type(pipe).__name__
    source = inspect.getsource(type(pipe).__call__)
    if _PAIR not in source and (not _TURNS.search(source) or getattr(pipe, name).config.get("guidance_embeds")):
        raise InputError(f"guidance: a {kind} is not guided by its answers with the prompt and without, so "
                         "diffusion.guidance cannot be put on it; leave that out")
    if rules.get("pag_scale") and name != "unet":
        raise InputError(f"pag_scale: the denoiser of a {kind} is a transformer, and perturbed attention takes a unet; "
                         "leave it out, or take skip_layers on Stable Diffusion 3")
    if rules.get("skip_layers"):
        takes = inspect.signature(type(getattr(pipe, name)).forward).parameters
        if "skip_layers" not in takes:
            raise InputError(f"skip_layers: the denoiser of a {kind} has no layers to skip; leave it out")


def _in_turn(pipe: Any) -> bool:
    """Whether a pipeline asks with the prompt and without it one after the other, and not at once."""
    return _PAIR not in inspect.getsource(type(pipe).__call__)


def _changed(pipe: Any, name: str, network: Any, said: dict[str, dict[str, Any]], steps: int) -> Any:
    """The denoiser with FreeU and a cache in it, in modules of this call's own."""
    if "freeu" not in said and "cache" not in said:
        return network
    if hasattr(network, "_hf_hook"):
        warn("freeu and cache have no effect on a model that visits the device in turns (offload)")
        return network
    inner = own_modules(network)
    if "freeu" in said:
        if not hasattr(inner, "enable_freeu"):
            raise InputError(f"freeu: the denoiser of a {type(pipe).__name__} is no unet; leave diffusion.freeu out")
        inner.enable_freeu(**said["freeu"])
    if "cache" in said:
        remember(inner, said["cache"], type(pipe).__name__, steps * getattr(pipe.scheduler, "order", 1))
    return inner


def own_modules(network: Any) -> Any:
    """The network in modules of its own, which share its weights and may be changed."""
    mine = copy.copy(network)
    for name, value in vars(network).items():
        if isinstance(value, dict) and "_hooks" in name:
            mine.__dict__[name] = value.copy()
    mine.__dict__["_modules"] = {name: None if part is None else own_modules(part)
                                 for name, part in network._modules.items()}
    mine.__dict__["_compiled_call_impl"] = None  # which would call the other
    mine.__dict__.pop("_diffusers_hook", None)  # which knows the other's modules
    if getattr(mine.__dict__.get("forward"), "__self__", None) is network:  # left by a hook of diffusers that was taken off
        del mine.__dict__["forward"]
    return mine


class Identity:
    """An attention that passes its values on as they are (Ahn et al., Self-Rectifying Diffusion, 2024)."""

    def __call__(self, attn: Any, hidden_states: Any, *_: Any, **__: Any) -> Any:
        given = hidden_states
        if attn.group_norm is not None:
            hidden_states = attn.group_norm(hidden_states.transpose(1, 2)).transpose(1, 2)
        made = attn.to_out[1](attn.to_out[0](attn.to_v(hidden_states)))
        return (made + given if attn.residual_connection else made) / attn.rescale_output_factor


def perturbed(unet: Any, layers: str) -> Any:
    """A unet whose self-attention is the identity in the parts whose names begin with `layers` ("mid", "down")."""
    mine = own_modules(unet)
    reached = [part for name, part in mine.named_modules() if name.startswith(layers) and name.endswith("attn1")]
    if not reached:
        raise InputError(f"pag_layers is {layers}, and this model attends to itself nowhere in there; take another")
    for part in reached:
        part.processor = Identity()
    return mine


class Guided(Door):
    """A denoiser that gives its guided answer for both halves of a pipeline's pair, so that its guidance leaves it so.

    inner: the network to ask. bare: the same without a cache.
    """

    def __init__(self, pipe: Any, inner: Any, bare: Any, rules: dict[str, Any], scale: float | None, count: int):
        super().__init__(inner)
        self.pipe, self.bare, self.rules, self.scale, self.count = pipe, bare, rules, scale, count
        self.calls, self.at, self.turn = 0, -1, 0
        self.turns = _in_turn(pipe)
        self.made: Any = None  # in this step with the prompt
        self.average = guides.momentum(rules.get("momentum", 0.0))
        self.bent = perturbed(bare, rules.get("pag_layers", "mid")) if rules.get("pag_scale") else None

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        self.turn = self.turn + 1 if self._position() == self.at else 0
        self.at, self.calls = self._position(), self.calls + 1
        if not self.rules:
            return self._asked(f"turn {self.turn}", arguments, settings)
        return (self._in_turn if self.turns else self._in_pairs)(arguments, settings)

    def _in_pairs(self, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Any:
        """The answer where a pipeline asks for both at once, without the prompt and with it."""
        import torch

        batch, (step, steps) = _batch(arguments, settings), self._step()
        pair = batch == 2 * self.count
        given = [_half(value, batch) if pair else value for value in (arguments, settings)]
        within = self._within(step, steps)
        if pair and within:
            made = self._asked("pair", arguments, settings)
            without, with_prompt = _first(made).chunk(2)
            answer = self._guided(with_prompt, without, step, given)
        else:
            made = self._asked("alone", *given)
            answer = with_prompt = _first(made)
        answer = self._further(answer, with_prompt, step, steps, given, within)
        return _with_first(made, torch.cat([answer, answer]) if pair else answer)

    def _in_turn(self, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Any:
        """The answer where a pipeline asks with the prompt first, and then without it.

        It goes on to without + scale * (with - without); so the second answer is what makes that the guided one.
        """
        if not self.turn:
            self.made = self._asked("turn 0", arguments, settings)
            return self.made
        step, steps = self._step()
        with_prompt, scale, given = _first(self.made), self._scale(), [arguments, settings]
        guided = with_prompt
        if self._within(step, steps):
            without = _first(self._asked("turn 1", arguments, settings))
            guided = self._further(self._guided(with_prompt, without, step, given), with_prompt, step, steps, given, True)
        return _with_first(self.made, (guided - scale * with_prompt) / (1 - scale))

    def _within(self, step: int, steps: int) -> bool:
        """Whether there is guidance in a step."""
        return int(self.rules.get("start", 0.0) * steps) <= step < int(self.rules.get("end", 1.0) * steps)

    def _asked(self, name: str, arguments: Any, settings: Any) -> Any:
        if self.network is self.bare:
            return self.network(*arguments, **settings)
        with remembering(self.network, name):
            return self.network(*arguments, **settings)

    def _guided(self, with_prompt: Any, without: Any, step: int, given: list[Any]) -> Any:
        """Two answers made one, by the way that is chosen."""
        way, scale = self.rules.get("way", "plain"), self._scale()
        if way == "zero_star":
            return guides.zero_star(with_prompt, without, scale, step == 0)
        if way == "projected":
            return guides.projected(with_prompt, without, scale, self.rules.get("eta", 0.0),
                                    self.rules.get("limit", 15.0), self.average)
        guided = guides.plain(with_prompt, without, scale)
        if way == "manifold":
            sigma, to, kind = self._levels()
            seen = given[1].get("sample", given[1].get("hidden_states", given[0][0] if given[0] else None))
            return guides.manifold(guided, without, seen[:, :guided.shape[1]], sigma, to, kind)
        return guided

    def _further(self, answer: Any, with_prompt: Any, step: int, steps: int, given: list[Any], within: bool) -> Any:
        """What is added to a guided answer: attention perturbed, layers skipped, its deviation brought back."""
        rules = self.rules
        if self.bent is not None and within:
            answer = answer + rules["pag_scale"] * (with_prompt - _first(self.bent(*given[0], **given[1])))
        if rules.get("skip_layers") and rules.get("skip_start", 0.01) * steps < step < rules.get("skip_end", 0.2) * steps:
            skipped = _first(self.bare(*given[0], **{**given[1], "skip_layers": list(rules["skip_layers"])}))
            answer = answer + rules.get("skip_scale", 2.8) * (with_prompt - skipped)
        share = rules.get("rescale", 0.0)
        return guides.rescaled(answer, with_prompt, share) if share and within else answer

    def _scale(self) -> float:
        return float(self.scale if self.scale is not None else self.pipe.guidance_scale)

    def _step(self) -> tuple[int, int]:
        """The step that is on, and how many there are, of the whole schedule."""
        inner, order = getattr(self.pipe.scheduler, "inner", self.pipe.scheduler), getattr(self.pipe.scheduler, "order", 1)
        return self._position() // order, -(-len(inner.timesteps) // order)

    def _position(self) -> int:
        """The question to the model that is on, of those of the whole schedule; of a pair in turns it is the same one."""
        course = self.pipe.scheduler
        return int(course.first + course.index) if hasattr(course, "inner") else self.calls

    def _levels(self) -> tuple[float, float, str]:
        """The levels that the step goes from and to, and what the model predicts. Raises InputError but for Euler's."""
        course = self.pipe.scheduler
        inner = getattr(course, "inner", course)
        method = getattr(getattr(inner, "method", None), "__name__", "")
        if not (method == "euler" or type(inner).__name__ in ("EulerDiscreteScheduler", "FlowMatchEulerDiscreteScheduler")):
            raise InputError("way is manifold (CFG++), which is known for the steps of Euler's method; take sampler: euler")
        position = self._position()
        kind = "flow" if is_flow(inner) else inner.config.prediction_type
        return float(inner.sigmas[position]), float(inner.sigmas[position + 1]), kind


def _batch(arguments: tuple[Any, ...], settings: dict[str, Any]) -> int:
    first: Any = arguments[0] if arguments else settings.get("sample", settings.get("hidden_states"))
    return int(first.shape[0])


def _half(value: Any, batch: int) -> Any:
    """The half of a pair that has the prompt, of all tensors in what a denoiser is given."""
    if isinstance(value, dict):
        return {name: _half(part, batch) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_half(part, batch) for part in value)
    if hasattr(value, "shape") and value.ndim and value.shape[0] == batch:
        return value[batch // 2:]
    return value


def _first(made: Any) -> Any:
    return made[0] if isinstance(made, tuple) else made.sample


def _with_first(made: Any, answer: Any) -> Any:
    return (answer, *made[1:]) if isinstance(made, tuple) else type(made)(sample=answer)


def shifted(pipe: Any) -> Any:
    """The scheduler of a pipeline, with the shift that its patches say. Raises InputError where it follows no flow."""
    said = settings_of(pipe).get("shift", {})
    own = pipe.scheduler
    if not said:
        return own
    if not is_flow(own):
        raise InputError("shift is of models that follow a flow, and this one takes noise away; leave diffusion.shift out")
    from .samplers.classes import made_like

    name = "shift" if "shift" in inspect.signature(type(own).__init__).parameters else "flow_shift"
    return made_like(own, type(own).__name__, {name: said["shift"], "use_dynamic_shifting": False})


def patched(model: Recipe, kind: str, options: Iterable[tuple[str, Any]]) -> Recipe:
    """A model with settings of a kind, those left out that say nothing."""
    return model.with_patch(Recipe(kind, "", options=tuple(sorted(options))))
