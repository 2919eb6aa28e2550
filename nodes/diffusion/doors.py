"""What is done at the door of a denoiser, by wrapping it: the network itself may be at work for others just now."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

from nodegraph import warn

from .memory import is_out

ASKED_AFTER = 0.5  # seconds between two looks at whether the run is to stop
_here = threading.local()  # .look: of the sampling that this thread is at


class Door(ABC):
    """A denoiser with something before it. It is one to whoever asks what it is."""

    def __init__(self, network: Any):
        self.network = network

    def __getattr__(self, name: str) -> Any:
        if name == "network":  # while it is being copied
            raise AttributeError(name)
        return getattr(self.network, name)

    @property
    def __class__(self) -> type:  # type: ignore[override, misc]
        return type(self.network)

    @abstractmethod
    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        """What the network makes."""


class Watched(Door):
    """A denoiser that looks, between its blocks, whether the run is to stop, and halves a batch that is too large.

    look: called now and then; what it raises ends the sampling.
    """

    def __init__(self, network: Any, look: Callable[[], None]):
        super().__init__(network)
        self.look, self.halved = look, False
        # One that is guided, or looks at pictures, wants its pairs.
        self.whole = any({"rules", "looks"} & vars(layer).keys() for layer in _layers(network))
        _watch(network)

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        before = getattr(_here, "look", None)
        _here.look = _Now_and_then(self.look)
        try:
            return self._made(arguments, settings)
        finally:
            _here.look = before

    def _made(self, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Any:
        count = _batch(arguments, settings)
        try:
            if self.halved and count > 1:
                return self._halves(arguments, settings, count)
            return self.network(*arguments, **settings)
        except RuntimeError as error:
            if count < 2 or self.whole or not is_out(error):
                raise
        if not self.halved:
            warn(f"memory ran out for {count} pictures at a time in the denoiser; it takes them in halves, which is slower")
        self.halved = True
        return self._halves(arguments, settings, count)

    def _halves(self, arguments: tuple[Any, ...], settings: dict[str, Any], count: int) -> Any:
        middle = count // 2
        parts = [self._made(*_part((arguments, settings), count, some)) for some in (slice(0, middle),
                                                                                   slice(middle, count))]
        return _joined(parts)


class _Now_and_then:
    def __init__(self, look: Callable[[], None]):
        self.look, self.last = look, monotonic()

    def __call__(self) -> None:
        if monotonic() - self.last > ASKED_AFTER:
            self.last = monotonic()
            self.look()


def _layers(network: Any) -> Iterator[Any]:
    """What stands before a network, from the door in, and that itself."""
    import torch

    while not issubclass(type(network), torch.nn.Module):
        yield network
        network = next(vars(network)[name] for name in ("network", "inner") if name in vars(network))
    yield network


def _watch(network: Any) -> None:
    """Have the blocks of a network look, once for all samplings that it is ever at work for.

    One that is compiled is left whole, since a look between its blocks would cut it into as many pieces.
    """
    import torch

    *_, network = _layers(network)
    compiled = getattr(network, "_compiled_call_impl", None) is not None
    for block in (block for part in network.children() if isinstance(part, torch.nn.ModuleList) for block in part):
        looks = [number for number, hook in block._forward_pre_hooks.items() if hook is _look]
        if compiled:
            for number in looks:
                del block._forward_pre_hooks[number]
        elif not looks:
            block.register_forward_pre_hook(_look)


def _look(*_: Any) -> None:
    look = getattr(_here, "look", None)
    if look is not None:
        look()


def _batch(arguments: tuple[Any, ...], settings: dict[str, Any]) -> int:
    """How many pictures a call is about."""
    first = settings.get("hidden_states", settings.get("sample", arguments[0] if arguments else None))
    return int(first.shape[0]) if first is not None and hasattr(first, "shape") else 1


def _part(value: Any, count: int, some: slice) -> Any:
    """The arguments of a part of a batch: what has its length is cut, all else stays."""
    if isinstance(value, dict):
        return {name: _part(one, count, some) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_part(one, count, some) for one in value)
    return value[some] if getattr(value, "ndim", 0) and value.shape[0] == count else value


def _joined(parts: list[Any]) -> Any:
    """What the parts of a batch made, as one."""
    import torch

    first = parts[0]
    if isinstance(first, torch.Tensor):
        return torch.cat(parts)
    if isinstance(first, dict):  # an output of diffusers
        return type(first)(**{name: _joined([part[name] for part in parts]) for name in first})
    return tuple(_joined([*several]) for several in zip(*parts, strict=True))
