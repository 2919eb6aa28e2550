"""Stand-ins: what is called in the place of a network or a tokenizer, in one pipeline that is a call's own.

The network itself may be at work for others at the same time, so nothing is hung on it.
"""

from __future__ import annotations

from typing import Any


class StandIn:
    """Something that is what it stands for to whoever asks, and does something else when it is called."""

    def __init__(self, network: Any):
        self.network = network

    def __getattr__(self, name: str) -> Any:
        if name == "network":  # while it is being copied
            raise AttributeError(name)
        return getattr(self.network, name)

    @property
    def __class__(self) -> type:  # type: ignore[override]
        return type(self.network)


def denoisers(pipe: Any) -> dict[str, Any]:
    """The networks that are called at every step, by their name in the pipeline."""
    return {name: network for name in ("transformer", "transformer_2", "unet")
            if (network := getattr(pipe, name, None)) is not None and hasattr(network, "config")}
