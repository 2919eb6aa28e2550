"""What an Engine tells Python's logging, under the name "nodegraph": models that load, nodes that run or fail."""

from __future__ import annotations

import logging
from collections.abc import Callable

from . import events as ev

LOGGER = logging.getLogger("nodegraph")

Listener = Callable[[ev.Event], None]


def logged(emit: Listener | None) -> Listener:
    """A listener that logs what it hears and hands it on. It costs a call for each event: see first who reads the log.

    Failures are INFO: whoever ran the graph has them in the result, and decides what they are worth.
    """
    def listen(event: ev.Event) -> None:
        log(event)
        if emit is not None:
            emit(event)
        elif isinstance(event, ev.Warned):
            LOGGER.warning("%s", event)
    return listen


def log(event: ev.Event) -> None:
    """Log one event."""
    match event:
        case ev.Loading():
            LOGGER.debug("%s: loading %s", event.node, event.source)
        case ev.Loaded():
            LOGGER.info("%s: loaded %s in %.2f s", event.node, event.source, event.seconds)
        case ev.Finished():
            LOGGER.debug("%s: ran in %.3f s", event.node, event.seconds)
        case ev.Cached():
            LOGGER.debug("%s: remembered", event.node)
        case ev.Failed():
            LOGGER.info("%s: failed: %s", event.node, event.error.message)
        case ev.Done():
            LOGGER.info("the run %s after %.2f s", "was stopped" if event.cancelled else "is over", event.seconds)
