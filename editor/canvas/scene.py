"""What is drawn where: a box for all on the canvas, with its pins, texts and pictures, and a curve for each link.

Pure geometry; it knows no window, and colours only as those of port types. A Box knows nothing of its place, so moving
changes `Scene.at` alone; a Box is kept, the same object, as long as nothing that it shows has changed. Whoever paints
needs to repaint just the boxes that are others than before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from nodegraph import Graph, PortType
from nodegraph.editing import ANY, SEED, Checked

from ..document import items as on_canvas
from ..document.items import Item, Link, is_spread, links
from .box import DOT, TITLE, Box, PinAt, Rectangle, Status, around, overlap
from .boxmaker import Maker
from .curve import Curve, bezier
from .lettering import Measure
from .routes import Obstacles, way
from .statuses import status_of

MOST_STIRRED = 12  # places by which links are led anew; where more has moved, all in between are


class Ties(NamedTuple):
    """What the moving of some items does to links: those with all ends among them ride along, others are bent."""

    riding: frozenset[Link]
    bent: tuple[Link, ...]


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that is drawn. boxes: what lies behind comes first. keys: what each box was made from.

    riding: links that are drawn `drift` away from their curves, since all that they touch is being moved by so much.
    """

    graph: Graph
    boxes: Mapping[Item, Box]
    at: Mapping[Item, tuple[float, float]]
    status: Mapping[Item, Status]
    curves: Mapping[Link, Curve]
    dots: Mapping[Link, tuple[Item, ...]]
    keys: Mapping[Item, tuple[Any, ...]]
    riding: frozenset[Link] = frozenset()
    drift: tuple[float, float] = (0.0, 0.0)

    def rectangle(self, item: Item) -> Rectangle:
        """Where an item is and how large."""
        box = self.boxes[item]
        return (*self.at[item], box.width, box.height)

    @property
    def bounds(self) -> Rectangle | None:
        """The rectangle around everything; None where there is nothing."""
        return around(map(self.rectangle, self.boxes))

    @property
    def sizes(self) -> dict[Item, tuple[float, float]]:
        """How large each item is."""
        return {item: (box.width, box.height) for item, box in self.boxes.items()}

    def ties(self, items: Collection[Item]) -> Ties:
        """The links that go along when some items move, and those that are bent by it."""
        riding, bent = set(), []
        for link in self.curves:
            ends = (_source(self.graph, link), link.target.item, *self.dots.get(link, ()))
            going = sum(end in items for end in ends)
            if going == len(ends):
                riding.add(link)
            elif going:
                bent.append(link)
        return Ties(frozenset(riding), tuple(bent))

    def moved(self, items: Collection[Item], offset: tuple[float, float], ties: Ties | None = None) -> Scene:
        """The same with some items elsewhere, and the links there led anew. ties: of these items, where they are known.

        Links that go along keep their curves, and are to be drawn `drift` away from them.
        """
        right, down = offset
        at = dict(self.at)
        for item in items:
            if item in at:
                at[item] = (at[item][0] + right, at[item][1] + down)
        ties = ties or self.ties(items)
        scene = replace(self, at=at, riding=ties.riding, drift=offset)
        if not ties.bent:
            return scene
        return replace(scene, curves={**self.curves, **{link: _curve(scene, link) for link in ties.bent}})

    def resized(self, item: Item, size: tuple[float, float]) -> Scene:
        """The same with one frame or note another size, as far as it can be seen before it is made so."""
        return replace(self, boxes={**self.boxes, item: replace(self.boxes[item], width=size[0], height=size[1])})

    def pins(self, item: Item) -> Iterator[PinAt]:
        """The pins of an item, where they are."""
        x, y = self.at[item]
        for pin in self.boxes[item].pins:
            yield PinAt(item, pin, x + pin.x, y + pin.y)


def build(graph: Graph, checked: Checked, states: Mapping[str, Any], measure: Measure, compact: bool = False,
          troubles: Mapping[Item, str] | None = None, before: Scene | None = None,
          heard: Callable[[PortType], bool] = lambda type: False) -> Scene:
    """What there is to draw of a graph.

    checked: of a graph with these nodes. states: NodeState by node. compact: nodes without the parameters that are
    at their defaults. troubles: "error" or "warning" by item. before: the last scene, whose boxes are kept where
    nothing has changed. heard: whether a value of a type can be played.
    """
    maker = Maker(graph, checked, states, measure, compact, before, heard)
    boxes, at, keys = {}, {}, {}
    for item in on_canvas.items(graph):
        place = on_canvas.position(graph, item)
        if place is not None:
            keys[item] = maker.key(item)
            boxes[item] = maker.box(item, keys[item])
            at[item] = place
    status = {item: status_of(states.get(item.name), graph.nodes[item.name], (troubles or {}).get(item, ""))
              for item in boxes if item.kind == "node"}
    status |= {item: Status(trouble=trouble) for item, trouble in (troubles or {}).items()
               if item in boxes and item.kind != "node"}
    scene = Scene(graph, boxes, at, status, {}, _ways(graph), keys)
    return replace(scene, curves=_curves(scene, before))


def _source(graph: Graph, link: Link) -> Item:
    return on_canvas.source_item(graph, link.source)


def _ways(graph: Graph) -> dict[Link, tuple[Item, ...]]:
    """The dots that links are led through, from left to right."""
    found: dict[Link, list[tuple[float, str]]] = {}
    for dot in on_canvas.dots(graph):
        for target in dot.targets:
            found.setdefault(Link(dot.source, target), []).append((dot.at[0], dot.name))
    return {link: tuple(Item("dot", name) for _, name in sorted(dots)) for link, dots in found.items()}


def _curves(scene: Scene, before: Scene | None) -> dict[Link, Curve]:
    """The curve of each link; the one of before where its ends, and all that it passes, are where they were."""
    found = {}
    obstacles: Obstacles | None = None
    stirred, still = _stirred(scene, before), _still(scene, before)
    curves = before.curves if before is not None else {}
    for link in links(scene.graph):
        source, target = _source(scene.graph, link), link.target.item
        if source not in scene.boxes or target not in scene.boxes:
            continue
        old, dots = curves.get(link), scene.dots.get(link, ())
        if old is not None and source in still and target in still and not any(overlap(old.bounds, it) for it in stirred) \
                and (before is None or before.dots.get(link, ()) == dots) and still.issuperset(dots):
            found[link] = old
            continue
        if obstacles is None:
            obstacles = Obstacles({item: scene.rectangle(item) for item in scene.boxes
                                   if item.kind in ("node", "input", "output")})
        found[link] = _curve(scene, link, obstacles)
    return found


def _still(scene: Scene, before: Scene | None) -> set[Item]:
    """What is the same as before, and where it was."""
    if before is None:
        return set()
    boxes, at = before.boxes, before.at
    return {item for item, box in scene.boxes.items() if box is boxes.get(item) and scene.at[item] == at[item]}


def _stirred(scene: Scene, before: Scene | None) -> list[Rectangle]:
    """Where something stands now or stood before, of what has moved, come, gone or changed its size."""
    if before is None:
        return []
    found = []
    for item in dict.fromkeys((*scene.boxes, *before.boxes)):
        if scene.boxes.get(item) is before.boxes.get(item) and scene.at[item] == before.at[item]:
            continue
        if item.kind not in ("node", "input", "output"):
            continue
        old = before.rectangle(item) if item in before.boxes else None
        new = scene.rectangle(item) if item in scene.boxes else None
        if old != new:
            found += [place for place in (old, new) if place is not None]
    return found if len(found) <= MOST_STIRRED else [around(found) or (0.0, 0.0, 0.0, 0.0)]


def _curve(scene: Scene, link: Link, obstacles: Obstacles | None = None) -> Curve:
    """The curve of one link; round what stands in its way, where obstacles are given."""
    first = _source(scene.graph, link)
    source = scene.boxes[first]
    target = scene.boxes[link.target.item]
    pin = source.outs.get(link.source.port)
    start, end = start_of(scene, link), end_of(scene, link)
    through = [(scene.at[dot][0] + DOT / 2, scene.at[dot][1] + DOT / 2) for dot in scene.dots.get(link, ())
               if dot in scene.at]
    points = [start, *through, end]
    segments, free = way(start, end, obstacles, (first, link.target.item)) if obstacles is not None and not through else \
        (tuple(bezier(a, b) for a, b in zip(points, points[1:], strict=False)), True)
    return Curve(link, segments, pin.type.color if pin is not None else ANY.color, pin is not None and pin.many,
                 source.look == "mute" or target.look == "mute", is_spread(scene.graph, link),
                 quiet=first.kind == "input" and pin is not None and pin.type is SEED, behind=not free)


def start_of(scene: Scene, link: Link) -> tuple[float, float]:
    """Where a link leaves; the upper right of the box, where the file names an output that is not there."""
    item = _source(scene.graph, link)
    box, (x, y) = scene.boxes[item], scene.at[item]
    pin = box.outs.get(link.source.port)
    return (x + pin.x, y + pin.y) if pin is not None else (x + box.width, y + TITLE / 2)


def end_of(scene: Scene, link: Link) -> tuple[float, float]:
    """Where a link arrives."""
    target = link.target
    box, (x, y) = scene.boxes[target.item], scene.at[target.item]
    pin = box.ins.get((target.port, target.index)) or box.ins.get((target.port, None))
    return (x + pin.x, y + pin.y) if pin is not None else (x, y + TITLE / 2)
