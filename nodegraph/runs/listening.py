"""Whoever hears of a run: a function of the caller's, which may raise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .. import events as ev

if TYPE_CHECKING:
    from .run import Run


class Listener:
    """Hands the events of a run on. What a listener raises is the caller's own: it stops the run and comes out at its end."""

    def __init__(self, run: Run, hear: Callable[[ev.Event], None]):
        self.run, self.hear = run, hear
        self.error: BaseException | None = None

    def tell(self, event: ev.Event) -> None:
        """Hand an event on, unless one was too much already."""
        if self.error is None:
            try:
                self.hear(event)
            except BaseException as error:
                self.error = error
                self.run.cancel.set()

    def answer(self) -> None:
        """Raise what the listener raised."""
        if self.error is not None:
            raise self.error
