"""What of a scene lies at a point, in a rectangle, or across a line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from ..document.items import Item, Link
from .box import BADGES_ABOVE, CORNER, NAME_AT, SMALL_TEXT, TITLE, Box, Picture, Pin, PinAt, Rectangle, around, overlap
from .curve import distance, sampled
from .scene import Scene

VALUE_FROM = 0.45  # the part of a node's width from which a row is its value


class Hit(NamedTuple):
    """What lies at a point. kind: "pin", "collapse", "corner", "button", "badge", "more" (inputs that are folded), "value",
    "title", "thumbnail", "item", "link" or "nothing". button: the name of the one that lies there."""

    kind: str
    item: Item | None = None
    pin: PinAt | None = None
    link: Link | None = None
    picture: Picture | None = None
    button: str = ""


NOTHING = Hit("nothing")


def hit(scene: Scene, x: float, y: float, zoom: float) -> Hit:
    """What lies at a point: pins before boxes, boxes before links, links before frames."""
    pin = nearest_pin(scene, x, y, min(14.0, 10.0 / zoom)) if zoom >= 0.3 else None
    if pin is not None:
        return Hit("pin", pin.item, pin)
    frames = []
    for item, box in reversed(list(scene.boxes.items())):
        left, top = scene.at[item]
        if not (left <= x < left + box.width and top <= y < top + box.height):
            continue
        if item.kind == "frame":
            frames.append((item, x - left, y - top))
        else:
            return _within(item, box, x - left, y - top, zoom)
    for item, status in scene.status.items() if zoom >= SMALL_TEXT else ():
        left, top, width, _ = scene.rectangle(item)
        if status.badges and left + width / 2 <= x < left + width and top - BADGES_ABOVE <= y < top:
            return Hit("badge", item)
    link = link_at(scene, x, y, 6.0 / zoom)
    if link is not None:
        return Hit("link", link=link)
    for item, across, down in frames:
        found = _within(item, scene.boxes[item], across, down, zoom)
        if found.kind != "item":
            return found
    return NOTHING


def _within(item: Item, box: Box, x: float, y: float, zoom: float) -> Hit:
    """The part of a box at a place in it."""
    if box.resizable and x > box.width - CORNER and y > box.height - CORNER and zoom >= 0.3:
        return Hit("corner", item)
    if item.kind == "node" and x < NAME_AT - 4 and y < TITLE and zoom >= SMALL_TEXT:  # where its sign is drawn
        return Hit("collapse", item)
    for button in box.buttons if zoom >= SMALL_TEXT else ():
        if button.x <= x < button.x + button.side and button.y <= y < button.y + button.side:
            return Hit("button", item, button=button.name)
    if box.folded and abs(y - box.more_at) <= box.row / 2 and zoom >= SMALL_TEXT and not box.collapsed:
        return Hit("more", item)
    pin = _value_pin(item, box, x, y) if zoom >= SMALL_TEXT else None
    if pin is not None:
        return Hit("value", item, PinAt(item, pin, pin.x, pin.y))
    if y < TITLE and item.kind not in ("note", "dot"):
        return Hit("title", item)
    for shown in box.pictures:
        if shown.x <= x < shown.x + shown.width and shown.y <= y < shown.y + shown.height:
            return Hit("thumbnail", item, picture=shown)
    return Hit("item", item)


def _value_pin(item: Item, box: Box, x: float, y: float) -> Pin | None:
    """The pin whose value stands at a place in a box."""
    if item.kind == "input":
        return box.pins[0] if box.pins[0].port is not None and 30 <= y < box.height - 2 and 8 <= x < box.width - 8 else None
    if item.kind != "node" or box.collapsed or not box.width * VALUE_FROM <= x < box.width - 8:
        return None
    return next((pin for pin in box.pins if not pin.gives and pin.tone in ("literal", "default") and pin.shape != "slot"
                 and pin.port is not None and abs(y - pin.y) <= box.row / 2), None)


def link_at(scene: Scene, x: float, y: float, radius: float) -> Link | None:
    """The link nearest to a point, within a radius."""
    best, found = radius, None
    for link, curve in scene.curves.items():
        left, top, width, height = curve.bounds
        if left - radius <= x <= left + width + radius and top - radius <= y <= top + height + radius:
            away = distance(curve, x, y)
            if away <= best:
                best, found = away, link
    return found


def nearest_pin(scene: Scene, x: float, y: float, radius: float,
                wanted: Callable[[PinAt], bool] | None = None) -> PinAt | None:
    """The pin nearest to a point within a radius, of those wanted."""
    best, found = radius, None
    for item, box in scene.boxes.items():
        left, top = scene.at[item]
        if not box.pins or not (left - radius <= x <= left + box.width + radius
                                and top - radius <= y <= top + box.height + radius):
            continue
        for pin in box.pins:
            away = math.hypot(left + pin.x - x, top + pin.y - y)
            if away <= best and (wanted is None or wanted(PinAt(item, pin, left + pin.x, top + pin.y))):
                best, found = away, PinAt(item, pin, left + pin.x, top + pin.y)
    return found


def inside(scene: Scene, rectangle: Rectangle, whole: bool = False) -> list[Item]:
    """What a rectangle touches; of frames, and of everything if `whole`, what lies in it altogether."""
    left, top, width, height = rectangle
    right, bottom = left + width, top + height
    found = []
    for item, box in scene.boxes.items():
        x, y = scene.at[item]
        if whole or item.kind == "frame":
            there = left <= x and top <= y and x + box.width <= right and y + box.height <= bottom
        else:
            there = x < right and left < x + box.width and y < bottom and top < y + box.height
        if there:
            found.append(item)
    return found


def held(scene: Scene, frame: Item) -> list[Item]:
    """What a frame holds, and moves with it: the items whose centre lies in it."""
    left, top, width, height = scene.rectangle(frame)
    found = []
    for item, box in scene.boxes.items():
        if item == frame or item.kind == "frame" and (box.width >= width or box.height >= height):
            continue
        x, y = scene.at[item][0] + box.width / 2, scene.at[item][1] + box.height / 2
        if left <= x <= left + width and top <= y <= top + height:
            found.append(item)
    return found


def cut(scene: Scene, line: Iterable[tuple[float, float]]) -> list[Link]:
    """The links that a line through points crosses."""
    line = list(line)
    reach = around((x, y, 0.0, 0.0) for x, y in line)
    found = []
    for link, curve in scene.curves.items():
        if reach is None or not overlap(reach, curve.bounds):
            continue
        points = sampled(curve)
        if any(_cross(a, b, c, d) for a, b in zip(line, line[1:], strict=False)
               for c, d in zip(points, points[1:], strict=False)):
            found.append(link)
    return found


def _cross(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]) -> bool:
    """Whether two straight pieces cross."""
    def side(p: tuple[float, float], q: tuple[float, float], r: tuple[float, float]) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
    return side(a, b, c) * side(a, b, d) <= 0 and side(c, d, a) * side(c, d, b) <= 0 \
        and not (a == b or c == d)
