"""A Field: one thing that can be set, with the widget that suits it."""

from __future__ import annotations

from dataclasses import dataclass, field as attribute
from typing import Any

from nodegraph import Ref
from nodegraph.editing import ANY, RANDOM, Port

from ..words.speak import has, name_of
from .typed import typed_text

WIDGETS = ("slider_int", "slider_float", "drag_int", "drag_float", "text", "multiline", "choice", "checkbox",
           "color", "seed", "file", "model", "list", "link_only", "any", "word")


@dataclass(frozen=True)
class Field:
    """One thing that can be set.

    name: the port, or the fact of an input, note or frame. widget: one of WIDGETS. type: the PortType's name.
    value: as it stands in the file; the default where nothing stands there. given: whether something does.
    default: None where there is none. required: it must be given and is not.
    low, high, step: None where there is no limit. choices: of a choice, or names to offer for a model.
    links: what flows in (several in a list). each: whether the node runs once per item of it; None where it
    cannot. problem: what is wrong with it, in a sentence. port: what `parse_typed` judges by.
    """

    name: str
    label: str
    widget: str
    type: str = ""
    value: Any = None
    given: bool = False
    default: Any = None
    required: bool = False
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    links: tuple[Ref, ...] = ()
    promotable: bool = False
    each: bool | None = None
    help: str = ""
    problem: str = ""
    port: Port = attribute(default=Port("", ANY), compare=False, repr=False)

    @property
    def link(self) -> Ref | None:
        """The one link that stands in place of a value."""
        return self.value if type(self.value) is Ref else None

    @property
    def is_default(self) -> bool:
        """Whether its default holds."""
        return not self.given

    @property
    def locked(self) -> bool:
        """Of a seed: whether it is a number, and not rolled for each run."""
        return bool(self.value != RANDOM)

    @property
    def shown(self) -> str:
        """The value as a text field shows it."""
        return typed_text(self.port, self.value)


def label(port: str) -> str:
    """A port's name as people read it."""
    return name_of("port", port) if has(f"port.{port}") else port.replace("_", " ")
