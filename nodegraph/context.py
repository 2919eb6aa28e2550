"""What a node may ask of, and say to, whoever runs it. Never part of a Key."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from .errors import InputError
from .recipe import Recipe
from .wording import say

_X = TypeVar("_X", covariant=True)


class Lazy(Protocol[_X]):
    """What a parameter annotated `Lazy[X]` is handed: call it for the value. What nobody asks for is not made.

        def either(first: bool, a: Lazy[str], b: Lazy[str]) -> str:
            return a() if first else b()
    """

    def __call__(self) -> _X:
        """The value; the first call has it made."""


class Context:
    """Handed to a node that has a parameter annotated `Context`. This one is silent, for tests and scripts.

    device: where tensors should be made, a torch device name such as "cpu" or "cuda:0".
    dtype: the name of the floating type models run in, such as "float32".
    previews: whether anyone looks at previews; where not, a node need not make them.
    """

    device: str = "cpu"
    dtype: str = "float32"
    previews: bool = True

    def live(self, recipe: Recipe) -> Any:
        """The live model of a recipe that one of the arguments names (`PortType(models=...)`), until the call is over.

        Raises InputError for any other.
        """
        raise InputError(say("model.not-leased", source=recipe.source or recipe.kind))

    def report(self, done: float, total: float | None = None, text: str = "", preview: Any = None) -> None:
        """Say how far the work is, and let the run be stopped here.

        done, total: in the node's own unit (sampler steps, tokens, bars). text: a few words.
        preview: a picture so far, uint8 (height, width, 3), or a text so far.
        Raises Cancelled when the run was asked to stop; let it pass through.
        """


SILENT = Context()
SILENT.previews = False
