"""The place of a result in a box: as large before the first run as after it, so that nothing grows while a run goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nodegraph import PortType
from nodegraph.editing import TEXT, Flow

from .box import LINE, SMALL_SIZE, Picture, Slot
from .lettering import Measure, wrapped

MARGIN = 8.0  # around a slot
PICTURE_ROOM, TEXT_ROOM = 104.0, 76.0  # heights of slots in nodes
CARD_ROOM, CARD_WIDTH = 140.0, 224.0  # of those in the cards of a graph's outputs
MOST = 3  # results side by side


def room_for(flows: Mapping[str, Flow]) -> float:
    """How high the slot of a node with these outputs is, in canvas units; 0 where nothing of it can be shown."""
    ports = shown_ports(flows)
    if not ports:
        return 0.0
    return TEXT_ROOM if all(type is TEXT for _, type in ports) else PICTURE_ROOM


def shown_ports(flows: Mapping[str, Flow]) -> tuple[tuple[str, PortType], ...]:
    """The outputs that are shown: what looks like something comes before words, and three at the most."""
    found = [(port, flow.type) for port, flow in flows.items() if flow.type.preview is not None]
    pictured = [one for one in found if one[1] is not TEXT]
    return tuple((pictured or found)[:MOST])


def filled(slot: Slot, thumbnails: Mapping[str, Any], measure: Measure) -> tuple[Picture, ...]:
    """What a run made, laid out in a slot: what is being made alone, or each result in a column of its own."""
    if "" in thumbnails:
        return (_picture("", thumbnails[""], slot.x, slot, slot.width, measure),)
    there = [(port, thumbnails[port]) for port, _ in slot.ports if port in thumbnails]
    if not there:
        return ()
    columns = max(1, len(slot.ports))
    wide = (slot.width - MARGIN * (columns - 1)) / columns
    at = {port: slot.x + number * (wide + MARGIN) for number, (port, _) in enumerate(slot.ports)}
    return tuple(_picture(port, shown, at[port], slot, wide, measure) for port, shown in there)


def _picture(port: str, shown: Any, left: float, slot: Slot, wide: float, measure: Measure) -> Picture:
    """One thumbnail in its column: a picture whole and in the middle, a text as many lines as there is room for."""
    if shown.picture is None:
        most = int((slot.height - 10) / LINE)
        return Picture(port, left, slot.y, wide, slot.height, shown,
                       wrapped(shown.text, SMALL_SIZE, wide - 16, measure, most))
    high, broad = shown.picture.shape[:2]
    scale = min(wide / broad, slot.height / high)
    return Picture(port, left + (wide - broad * scale) / 2, slot.y + (slot.height - high * scale) / 2, broad * scale,
                   high * scale, shown)


def unknown(thumbnails: Mapping[str, Any]) -> Sequence[tuple[str, Any]]:
    """Results with a picture, where the types of the outputs are not known or promise none."""
    return [(port, shown) for port, shown in thumbnails.items() if shown.picture is not None][:MOST]
