"""Settings of a pipeline's networks that cost no weights: how they attend, lie in memory, are compiled and tiled."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from nodegraph import InputError, Recipe, warn

from ...common.loading import in_words

BACKENDS = {"native": "native", "math": "_native_math", "flash": "_native_flash", "efficient": "_native_efficient",
            "cudnn": "_native_cudnn", "flash_attention": "flash", "flash_attention_3": "_flash_3", "sage": "sage",
            "xformers": "xformers", "flex": "flex"}


class Settings:
    """The settings that are on a pipeline."""

    def __init__(self) -> None:
        self.on: dict[str, Recipe] = {}

    def put_on(self, pipe: Any, patches: Iterable[Recipe]) -> None:
        """Bring the pipeline from the settings that it has to others; of two of a kind the last counts."""
        wanted = {patch.kind: patch for patch in patches if patch.kind in _KINDS}
        for kind in [kind for kind, patch in self.on.items() if wanted.get(kind) != patch]:
            _KINDS[kind](pipe, None)
            del self.on[kind]
        for kind, patch in wanted.items():
            if kind not in self.on:
                _KINDS[kind](pipe, dict(patch.options))
                self.on[kind] = patch


def denoisers(pipe: Any) -> list[Any]:
    """The networks that are called at every step."""
    return [part for name in ("transformer", "transformer_2", "unet") if (part := pipe.components.get(name)) is not None]


def _attention(pipe: Any, options: dict[str, Any] | None) -> None:
    # Each processor is told by itself: diffusers' own switch moves every other model of the process as well.
    for network in denoisers(pipe):
        processors = [part.processor for part in network.modules() if hasattr(getattr(part, "processor", None),
                                                                              "_attention_backend")]
        if options is not None and not processors:
            warn(f"attention: a {type(network).__name__} has no choice of it; it goes on as it was")
        for processor in processors:
            processor._attention_backend = None if options is None else _backend(options["backend"])


def _backend(name: str) -> Any:
    from diffusers.models.attention_dispatch import AttentionBackendName, _check_attention_backend_requirements

    backend = AttentionBackendName(BACKENDS[name])
    try:
        _check_attention_backend_requirements(backend)
    except (ImportError, RuntimeError, ValueError) as error:
        raise InputError(f"attention {name} cannot be had here: {in_words(error)}; take another, or native") from error
    return backend


def _channels_last(pipe: Any, options: dict[str, Any] | None) -> None:
    import torch

    form = torch.contiguous_format if options is None else torch.channels_last
    for part in (*denoisers(pipe), pipe.components.get("vae")):
        if part is not None and all(weight.ndim != 5 for weight in part.parameters()):
            part.to(memory_format=form)


def _compile(pipe: Any, options: dict[str, Any] | None) -> None:
    for network in denoisers(pipe):
        if options is None:
            network._compiled_call_impl = None
        else:
            network.compile(backend=options["backend"], mode=options["mode"])


def _tiling(pipe: Any, options: dict[str, Any] | None) -> None:
    _of_autoencoder(pipe, "tiling", options is not None)


def _slicing(pipe: Any, options: dict[str, Any] | None) -> None:
    _of_autoencoder(pipe, "slicing", options is not None)


def _of_autoencoder(pipe: Any, what: str, on: bool) -> None:
    vae = pipe.components.get("vae")
    switch = getattr(vae, f"{'enable' if on else 'disable'}_{what}", None)
    able = False
    if switch is not None:
        with suppress(NotImplementedError):  # of autoencoders that have the method from their base alone
            switch()
            able = True
    if on and not able:
        warn(f"{what}: a {type(vae).__name__} cannot do so; it goes on as it was")


_KINDS = {"attention": _attention, "channels_last": _channels_last, "compile": _compile, "tiling": _tiling,
          "slicing": _slicing}
