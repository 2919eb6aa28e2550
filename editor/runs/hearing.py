"""What can be heard: sounds, and values that a node with nothing else to ask makes a sound of, as it does of a score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nodegraph.nodetype import MISSING, NodeType
from nodegraph.packs import Catalogue
from nodegraph.types import PortType

SOUND = "wav"


def is_sound(type: PortType) -> bool:
    """Whether values of this type are written as a sound file themselves."""
    return SOUND in type.exports


def way_to_sound(catalogue: Catalogue, type: PortType) -> NodeType | None:
    """The node type, of those imported so far, that needs just such a value and gives a sound; None if there is none."""
    for name in catalogue.type_names():
        target = catalogue.porttype(name)
        if target is not None and is_sound(target) and target is not type:
            for node in catalogue.converters(type, target):
                found = catalogue.nodetype(node)
                if not found.models:
                    return found
    return None


def can_be_heard(catalogue: Catalogue, type: PortType) -> bool:
    """Whether a value of this type can be written as a sound file."""
    return is_sound(type) or way_to_sound(catalogue, type) is not None


def write_sound(way: NodeType, value: Any, path: Path) -> None:
    """Make a sound of a value, with all other parameters as they are usually, and write it."""
    asked = next(name for name, port in way.inputs.items() if port.default is MISSING)
    made = way.call(**{asked: value})
    name, port = next((name, port) for name, port in way.outputs.items() if is_sound(port.type))
    port.type.exports[SOUND](made if len(way.outputs) == 1 else getattr(made, name), path)
