"""One test of a rule over many things: a rule of the house over its files is one test, and tells every place where it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any


def over(things: Iterable[Any], name: Callable[[Any], str] = str) -> Callable[[Callable[[Any], None]], Callable[[], None]]:
    """Makes of a rule, which asserts something of one thing, a test that asserts it of all, and names all that break it."""
    def made(rule: Callable[[Any], None]) -> Callable[[], None]:
        def test() -> None:
            faults = []
            for thing in things:
                try:
                    rule(thing)
                except AssertionError as fault:
                    faults.append(f"{name(thing)}: {fault}")
            assert not faults, "\n".join(faults)
        wraps(rule)(test)
        del test.__wrapped__  # type: ignore[attr-defined]  # pytest would ask the rule for what it takes
        return test
    return made
