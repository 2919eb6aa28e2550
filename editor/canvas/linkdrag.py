"""A link that is dragged by one of its ends."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from nodegraph import Graph, Ref
from nodegraph.editing import fits, refs

from ..document import edits
from ..document.items import Item, Link, Target, links
from ..document.ports import flow_of, inputs_of, outputs_of, ref_to, refusal
from . import hits
from .box import PinAt
from .curve import bezier
from .drags import Drag
from .insertion import by_likeness
from .overlay import THRESHOLD, Pressed
from .scene import Scene, start_of

if TYPE_CHECKING:
    from .gestures import Gestures


PIN_REACH = 22.0  # pixels within which a loose link jumps to a pin


class LinkDrag(Drag):
    """A link with one end on a pin and the other on the pointer."""

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        pin = pressed.hit.pin
        assert pin is not None
        self.pin, end = pin, pin.pin.end
        self.taken: Link | None = None
        self.source = end if isinstance(end, Ref) else None
        self.target = end if isinstance(end, Target) else None
        self.graph, self.checked = self.session.graph, self.stage.checked
        self.fixed = (pin.x, pin.y)
        if self.target is not None:
            self._detach(self.stage.scene)
        self.fitting = self._fitting()

    def _detach(self, scene: Scene) -> None:
        """Take the link off its end, if there is one."""
        link = next((link for link in scene.curves if link.target == self.target), None)
        if link is None:
            return
        self.taken, self.source, self.target = link, link.source, None
        self.fixed = start_of(scene, link)
        self.graph = edits.disconnect(self.graph, [link])
        self.checked = self.session.checker(replace(self.graph, marks=None))
        self.checked = replace(self.checked, graph=self.graph)

    def _fitting(self) -> frozenset[Ref | Target]:
        """The ends that the loose one may be put on, as far as types and circles go."""
        checked, scene = self.checked, self.stage.scene
        if self.source is not None:
            flow = flow_of(checked, self.source)
            barred = _related(self.graph, self.source.name, upwards=True)
            return frozenset(pin.end for box in scene.boxes.values() for pin in box.pins if not pin.gives
                             and pin.end.name not in barred and (flow is None or fits(flow.type, pin.type)))
        port, target = self.pin.pin.port, self.target
        barred = _related(self.graph, target.name, upwards=False) if target is not None and target.kind == "node" else set()
        return frozenset(pin.end for box in scene.boxes.values() for pin in box.pins if pin.gives
                         and pin.end.name not in barred and (port is None or fits(pin.type, port.type)))

    def _ends(self, end: Ref | Target) -> tuple[Ref, Target]:
        """The two ends of the link that would come about."""
        if self.source is None:
            assert isinstance(end, Ref) and self.target is not None
            return end, self.target
        assert isinstance(end, Target)
        if self.taken is not None and end.kind == "node" and end.index is not None:
            taken = self.taken.target
            same = (end.name, end.port) == (taken.name, taken.port)
            if same and taken.index is not None and end.index > taken.index:
                end = end._replace(index=end.index - 1)  # the list is shorter by the link that was taken
        return self.source, end

    def _refused(self, end: Ref | Target) -> str:
        if self.taken is not None and end == self.taken.target:
            return ""
        source, target = self._ends(end)
        return refusal(self.checked, source, target)

    def _onto(self, item: Item) -> Ref | Target | None:
        """The first end on an item that fits: of inputs, one that waits for something first."""
        if self.source is not None:
            if item.kind == "output":
                return Target("output", item.name)
            if item.kind != "node" or item.name not in self.graph.nodes:
                return None
            node = self.graph.nodes[item.name]
            flow = flow_of(self.checked, self.source)
            ports = sorted(by_likeness(inputs_of(self.checked, item.name), flow.type if flow else None),
                           key=lambda port: bool(refs(node.inputs.get(port.name))) and not port.many)
            ends = (Target("node", item.name, port.name) for port in ports)
            return next((end for end in ends if not self._refused(end)), None)
        if item.kind == "input":
            return Ref(item.name) if not self._refused(Ref(item.name)) else None
        if item.kind != "node" or item.name not in self.graph.nodes:
            return None
        refs_ = (ref_to(self.checked, item.name, port) for port in outputs_of(self.checked, item.name))
        return next((ref for ref in refs_ if not self._refused(ref)), None)

    def _look(self, x: float, y: float) -> tuple[PinAt | None, Item | None, Ref | Target | None, str]:
        """The pin or the item under the pointer, the end that is meant there, and why it cannot be."""
        scene, zoom = self.stage.scene, self.session.view.zoom
        pin = hits.nearest_pin(scene, x, y, min(28.0, PIN_REACH / zoom),
                                 lambda p: p.pin.gives is (self.source is None) and p.pin.end in self.fitting) \
            or hits.nearest_pin(scene, x, y, min(14.0, PIN_REACH / 2 / zoom),
                                  lambda p: p.pin.gives is (self.source is None))
        if pin is not None:
            return pin, pin.item, pin.pin.end, self._refused(pin.pin.end)
        found = hits.hit(scene, x, y, zoom)
        if found.item is None or found.item.kind not in ("node", "input", "output") or found.item == self.pin.item \
                and self.taken is None:
            return None, None, None, ""
        end = self._onto(found.item)
        return None, found.item, end, "" if end is not None else self._why(found.item)

    def _why(self, item: Item) -> str:
        """Why nothing on an item fits, by the first of its ends."""
        pin = next((pin for pin in self.stage.scene.boxes[item].pins if pin.gives is (self.source is None)), None)
        return self._refused(pin.end) if pin is not None else ""

    def move(self, x: float, y: float) -> None:
        pin, item, end, reason = self._look(x, y)
        overlay = self.overlay
        overlay.taken, overlay.fitting, overlay.reason = self.taken, self.fitting, reason
        overlay.over, overlay.target = pin, item if end is not None and not reason else None
        loose = (pin.x, pin.y) if pin is not None and not reason else (x, y)
        ends = (self.fixed, loose) if self.source is not None else (loose, self.fixed)
        overlay.loose = bezier(*ends)
        overlay.color = self._color()

    def _color(self) -> str:
        if self.taken is not None and self.taken in self.stage.scene.curves:
            return self.stage.scene.curves[self.taken].color
        return self.pin.pin.type.color

    def release(self, x: float, y: float) -> None:
        session = self.session
        _, item, end, reason = self._look(x, y)
        if reason:
            session.say(reason, "error")
        elif end is not None:
            if self.taken is None or end != self.taken.target:
                self._connect(end)
        elif item is not None or math.dist((self.pressed.x, self.pressed.y), self.gestures.pixel) < 2 * THRESHOLD:
            return
        elif self.taken is not None:
            session.edit("undo.disconnect", self.graph)
        else:
            session.palette_at((x, y), self.source, self.target)

    def _connect(self, end: Ref | Target) -> None:
        session = self.session
        source, target = self._ends(end)
        graph = session.attempt(edits.connect, self.graph, self.checked, source, target)
        if graph is not None:
            session.edit("undo.connect", graph)


def _related(graph: Graph, name: str, upwards: bool) -> set[str]:
    """A node, and all that it depends on (upwards) or that depends on it."""
    beside: dict[str, list[str]] = {}
    for link in links(graph):
        one, other = link.source.name, link.target.name
        if link.target.kind == "node":
            beside.setdefault(other if upwards else one, []).append(one if upwards else other)
    found, stack = {name}, [name]
    while stack:
        for other in beside.get(stack.pop(), ()):
            if other not in found:
                found.add(other)
                stack.append(other)
    return found
