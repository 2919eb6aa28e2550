"""Noise that does not depend on the floating type that a model works in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any


def with_whole_noise(draw: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with every normal noise that it draws in a half type drawn in float32 and then cut.

    Some releases of torch draw other numbers for bfloat16 than for float32 from one seed (2.11 does, 2.13 does not),
    and a picture is another one then.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    class Whole(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            dtype = kwargs.get("dtype")
            if function is torch.randn and dtype in (torch.bfloat16, torch.float16):
                return function(*args, **{**kwargs, "dtype": torch.float32}).to(dtype)
            return function(*args, **kwargs)

    @wraps(draw)
    def drawn(*args: Any, **kwargs: Any) -> Any:
        with Whole():
            return draw(*args, **kwargs)
    return drawn
