"""What can be heard: sounds, and values that a node with nothing else to ask makes a sound of, as it does of a score."""

from __future__ import annotations

from nodegraph import Catalogue, PortType

SOUND = "wav"


def is_sound(type: PortType) -> bool:
    """Whether values of this type are written as a sound file themselves."""
    return SOUND in type.exports


def sound_of(catalogue: Catalogue, type: PortType) -> PortType | None:
    """The sound that a value can be made into by a node of those imported so far; None if there is none."""
    for name in catalogue.type_names():
        target = catalogue.porttype(name)
        if target is not None and is_sound(target) and target is not type:
            nodes = [catalogue.nodetype(node) for node in catalogue.converters(type, target)]
            if nodes and nodes[0] is not None and not nodes[0].models:
                return target
    return None


def can_be_heard(catalogue: Catalogue, type: PortType) -> bool:
    """Whether a value of this type can be written as a sound file."""
    return is_sound(type) or sound_of(catalogue, type) is not None
