"""Memories of a denoiser: blocks of a transformer that are left out, what they gave before standing in their place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nodegraph import InputError

LONGEST = 3  # steps in a row that are left to a memory of magnitudes, as its authors have it
KEPT = 0.2  # share of the steps, from the first, in which it leaves out none


def remember(network: Any, said: dict[str, Any], kind: str, calls: int) -> None:
    """Put a memory on a denoiser in modules of its own.

    said: the threshold, the way, and the ratios of its magnitudes, or those that are measured. kind: of the pipeline, for
    the sentence. calls: of the denoiser, from noise to the picture; 0 where it is not all of a schedule. Raises InputError
    where it cannot be.
    """
    import torch

    why = f"cache: the denoiser of a {kind} has no row of blocks that diffusers can leave out; leave diffusion.cache out"
    if type(network).__name__.startswith("Flux2"):  # whose hooks in diffusers 0.42 take its blocks for Flux's
        raise InputError(why)
    named = type(network).__name__
    blocks = getattr(network, "transformer_blocks", None)
    if blocks and getattr(blocks[-1], "context_pre_only", False):  # of Stable Diffusion 3: it gives one thing less
        network = torch.nn.Module()
        network.transformer_blocks = blocks[:-1]
    try:
        if said.get("way") == "measure":
            _measure(network, said["ratios"])
        elif said.get("way") == "magnitude":
            _by_magnitude(network, said, named, kind, calls)
        else:
            _by_first_block(network, said["threshold"])
    except InputError:
        raise
    except (IndexError, ValueError) as error:  # it has none, or of a kind that is not known there
        raise InputError(why) from error


def _by_first_block(network: Any, threshold: float) -> None:
    """Blocks are left out where the first changes little from step to step (diffusers' form of TeaCache)."""
    from diffusers.hooks import FirstBlockCacheConfig, apply_first_block_cache

    apply_first_block_cache(network, FirstBlockCacheConfig(threshold=threshold))


def _by_magnitude(network: Any, said: dict[str, Any], named: str, kind: str, calls: int) -> None:
    """Blocks are left out where what they add is known to stay as large as it was (MagCache: Ma et al., 2025)."""
    from diffusers.hooks import MagCacheConfig
    from diffusers.hooks.mag_cache import FLUX_MAG_RATIOS, apply_mag_cache

    _rows(network)

    if not calls:
        raise InputError("cache: magnitudes are known by the step, counted from noise, and this sampling begins or ends on the "
                         "way; take way: first_block for it")
    ratios = said.get("ratios") or (FLUX_MAG_RATIOS.tolist() if named == "FluxTransformer2DModel" else None)
    if ratios is None:
        raise InputError(f"cache: how the magnitudes of a {kind} change from step to step is not known here; give them as "
                         "ratios, as its authors publish them or diffusion.magnitudes measures them, or take way: first_block")
    apply_mag_cache(network, MagCacheConfig(threshold=said["threshold"], max_skip_steps=LONGEST, retention_ratio=KEPT,
                                            num_inference_steps=calls, mag_ratios=[float(ratio) for ratio in ratios]))


def _rows(network: Any) -> list[Any]:
    """The rows of blocks that diffusers knows by their names. Raises ValueError where there is none."""
    from diffusers.hooks._common import _ALL_TRANSFORMER_BLOCK_IDENTIFIERS

    rows = [row for name, row in network.named_children() if name in _ALL_TRANSFORMER_BLOCK_IDENTIFIERS and len(row)]
    if not rows:
        raise ValueError("no row of blocks")
    return rows


def _measure(network: Any, ratios: list[float]) -> None:
    """Have blocks tell, at each call, how much larger what they add is than at the call before; 1 at the first."""
    from diffusers.hooks._helpers import TransformerBlockRegistry

    rows = _rows(network)
    first, last = rows[0][0], rows[-1][-1]
    begin, end = (TransformerBlockRegistry.get(type(block)) for block in (first, last))
    seen: dict[str, Any] = {}

    def before(_: Any, arguments: tuple[Any, ...], settings: dict[str, Any]) -> None:
        seen["given"] = begin._get_parameter_from_args_kwargs(begin.hidden_states_argument_name, arguments, settings)

    def after(_: Any, arguments: tuple[Any, ...], made: Any) -> None:
        made = made[end.return_hidden_states_index] if isinstance(made, tuple) else made
        size = (made - seen["given"]).float().norm(dim=-1)
        ratios.append(float((size / (seen["size"] + 1e-8)).mean()) if "size" in seen else 1.0)
        seen["size"] = size

    first.register_forward_pre_hook(before, with_kwargs=True)
    last.register_forward_hook(after)


@contextmanager
def remembering(network: Any, name: str) -> Iterator[None]:
    """The memory of a cache for one sort of call."""
    from diffusers.hooks.hooks import CacheContext, _set_cache_context

    _set_cache_context(network, CacheContext(name))
    try:
        yield
    finally:
        _set_cache_context(network, None)
