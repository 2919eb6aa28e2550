"""Where things should stand: aligned, evenly spaced, on a grid, or laid out in layers as their links run.

Pure geometry: sizes are given, positions come back, in canvas units with y downwards. The layered layout follows
Sugiyama, Tagawa and Toda (1981): layers by longest path, points on long links, sweeps by barycentre that lessen
crossings, then heights that pull linked things level (pool adjacent violators, so nothing overlaps).
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from nodegraph import Graph

from .items import Item, dots, exists, facts, items, links, placed, position, size, source_item, with_facts

COLUMN_GAP = 80
ROW_GAP = 30
PART_GAP = 60  # between parts that are not linked
PASSAGE = 14  # room for a link that passes between boxes
FRAME_PADDING = 24
FRAME_TITLE = 34
ROW_WIDTH = 900  # how far a row of unlinked things goes, at the least
SWEEPS = 6
USUAL_SIZES = {"node": (180.0, 100.0), "input": (160.0, 60.0), "output": (160.0, 60.0), "dot": (16.0, 16.0),
               "note": (200.0, 90.0), "frame": (300.0, 200.0)}

Positions = dict[Item, tuple[float, float]]


class Box(NamedTuple):
    """A rectangle on the canvas: its upper left corner, width and height."""

    x: float
    y: float
    width: float
    height: float


def bounds(boxes: Iterable[Sequence[float]] | Mapping[Item, Sequence[float]]) -> Box | None:
    """The smallest rectangle around some; None around none."""
    found = list(boxes.values() if isinstance(boxes, Mapping) else boxes)
    if not found:
        return None
    left, top = min(b[0] for b in found), min(b[1] for b in found)
    return Box(left, top, max(b[0] + b[2] for b in found) - left, max(b[1] + b[3] for b in found) - top)


def align(boxes: Mapping[Item, Sequence[float]], edge: str) -> Positions:
    """Boxes moved so that an edge of each, or its centre, lies on one line with that of all of them together.

    edge: "left", "right", "top", "bottom", "center_x" (centres above one another) or "center_y" (side by side).
    """
    if edge not in _EDGES:
        raise ValueError(f"{edge!r} is no edge; there is {', '.join(_EDGES)}")
    around = bounds(boxes)
    axis, part = _EDGES[edge]
    moved = {}
    for item, box in boxes.items():
        corner = [box[0], box[1]]
        corner[axis] = around[axis] + (around[axis + 2] - box[axis + 2]) * part
        moved[item] = (corner[0], corner[1])
    return moved


_EDGES = {"left": (0, 0.0), "center_x": (0, 0.5), "right": (0, 1.0),
          "top": (1, 0.0), "center_y": (1, 0.5), "bottom": (1, 1.0)}


def distribute(boxes: Mapping[Item, Sequence[float]], axis: str) -> Positions:
    """Boxes moved so that the room between them is the same, in the order in which they stand now.

    axis: "x" or "y". The first and the last stay, unless there is too little room: then the last ones move on.
    """
    at = {"x": 0, "y": 1}[axis]
    order = sorted(boxes, key=lambda item: (boxes[item][at] + boxes[item][at + 2] / 2, item))
    if len(order) < 2:
        return {item: (boxes[item][0], boxes[item][1]) for item in order}
    first, last = boxes[order[0]], boxes[order[-1]]
    room = last[at] + last[at + 2] - first[at] - sum(boxes[item][at + 2] for item in order)
    gap = room / (len(order) - 1)
    gap = gap if gap >= 0 else ROW_GAP
    moved, edge = {}, first[at]
    for item in order:
        corner = [boxes[item][0], boxes[item][1]]
        corner[at] = edge
        moved[item] = (corner[0], corner[1])
        edge += boxes[item][at + 2] + gap
    return moved


def snap(at: tuple[float, float], grid: float) -> tuple[float, float]:
    """The nearest point of a grid; the same point where the grid is 0."""
    return (round(at[0] / grid) * grid, round(at[1] / grid) * grid) if grid > 0 else at


# ---- layout in layers ---------------------------------------------------------------------------------------------

def auto_layout(graph: Graph, sizes: Mapping[Item, tuple[float, float]],
                chosen: Iterable[Item] | None = None) -> Positions:
    """Places for everything, or for what is chosen, in columns from the graph's inputs to its outputs.

    Parts that are not linked stand below one another. What a frame holds stays together in it; the size that the
    frame takes then is `arranged`'s to say. The centre of it all stays where it was.
    """
    return {item: (box.x, box.y) for item, box in _laid_out(graph, sizes, chosen).items()}


def arranged(graph: Graph, sizes: Mapping[Item, tuple[float, float]], chosen: Iterable[Item] | None = None) -> Graph:
    """The graph after `auto_layout`, its frames fitted around what they held before."""
    boxes = _laid_out(graph, sizes, chosen)
    boxes |= refitted(graph, sizes, boxes)
    told = {}
    for item, box in boxes.items():
        told[item] = {**facts(graph, item), "at": placed((box.x, box.y))}
        if item.kind == "frame":
            told[item]["size"] = placed((box.width, box.height))
    return with_facts(graph, told)


def held(graph: Graph, sizes: Mapping[Item, tuple[float, float]]) -> dict[Item, list[Item]]:
    """What each frame holds: the items whose centre lies in it and in no smaller frame. Smaller frames come first."""
    frames = {}
    for item in items(graph):
        at, extent = position(graph, item), size(graph, item)
        if item.kind == "frame" and at is not None and extent is not None:
            frames[item] = Box(*at, *extent)
    order = sorted(frames, key=lambda frame: (frames[frame].width * frames[frame].height, frame))
    rank = {frame: at for at, frame in enumerate(order)}
    found: dict[Item, list[Item]] = {frame: [] for frame in order}
    for item in items(graph) if frames else ():
        at = position(graph, item)
        if at is None or item.kind == "frame" and item not in frames:
            continue
        wide, high = _size(graph, sizes, item)
        x, y = at[0] + wide / 2, at[1] + high / 2
        for frame in order[rank.get(item, -1) + 1:]:
            box = frames[frame]
            if box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height:
                found[frame].append(item)
                break
    return found


def refitted(graph: Graph, sizes: Mapping[Item, tuple[float, float]], moved: Mapping[Item, Sequence[float]]
             ) -> dict[Item, Box]:
    """The boxes of frames that did not move themselves, around what they held before some of it moved.

    moved: the new places; more than two numbers of each are not looked at.
    """
    found: dict[Item, Box] = {}
    for frame, inside in held(graph, sizes).items():
        if frame not in moved and any(item in moved or item in found for item in inside):
            found[frame] = _padded(bounds([
                found[item] if item in found else
                Box(*(moved[item] if item in moved else position(graph, item))[:2], *_size(graph, sizes, item))
                for item in inside]))
    return found


def _size(graph: Graph, sizes: Mapping[Item, tuple[float, float]], item: Item) -> tuple[float, float]:
    return sizes.get(item) or size(graph, item) or USUAL_SIZES[item.kind]


def _padded(box: Box) -> Box:
    """The frame around what has these bounds."""
    return Box(box.x - FRAME_PADDING, box.y - FRAME_TITLE - FRAME_PADDING,
               box.width + 2 * FRAME_PADDING, box.height + FRAME_TITLE + 2 * FRAME_PADDING)


def _laid_out(graph: Graph, sizes: Mapping[Item, tuple[float, float]], chosen: Iterable[Item] | None
              ) -> dict[Item, Box]:
    """The boxes of what is laid out. Frames are laid out as blocks, the smallest first, each around its own."""
    inside = held(graph, sizes)
    wanted = _wanted(graph, inside, chosen)
    around = {item: frame for frame, its in inside.items() if frame in wanted for item in its}
    full = [frame for frame, its in inside.items() if its and frame in wanted]
    children: dict[Item | None, list[Item]] = {None: [], **{frame: [] for frame in full}}
    for item in wanted:
        children[around.get(item)].append(item)
    joints = _joints_by_frame(graph, wanted, around)
    extents = {item: _size(graph, sizes, item) for item in wanted}
    blocks: dict[Item | None, dict[Item, Box]] = {}
    for frame in [*full, None]:
        blocks[frame] = parts(children[frame], extents, joints.get(frame, []))
        if frame is not None:
            extents[frame] = _padded(bounds(blocks[frame]))[2:]
    found = blocks[None]
    for frame in reversed(full):
        corner = _padded(bounds(blocks[frame]))
        right, down = found[frame].x - corner.x, found[frame].y - corner.y
        found |= {item: box._replace(x=box.x + right, y=box.y + down) for item, box in blocks[frame].items()}
    return _centred(found, bounds([Box(*at, *_size(graph, sizes, item)) for item in found
                                   if (at := position(graph, item)) is not None]))


def _wanted(graph: Graph, inside: Mapping[Item, list[Item]], chosen: Iterable[Item] | None) -> dict[Item, None]:
    """What is laid out, in the graph's order: with what chosen frames hold, and frames of which all is chosen."""
    everything = items(graph)
    wanted, stack = set(), list(everything if chosen is None else chosen)
    while stack:
        item = stack.pop()
        if item not in wanted:
            wanted.add(item)
            stack += inside.get(item, ())
    for frame, its in inside.items():
        if its and all(item in wanted for item in its):
            wanted.add(frame)
    return {item: None for item in everything if item in wanted and (item.kind != "frame" or item in inside)}


def _centred(boxes: dict[Item, Box], before: Box | None) -> dict[Item, Box]:
    """Boxes around the centre of where they were, on whole units; from (0, 0) on if they were nowhere."""
    if not boxes:
        return boxes
    corner = bounds(boxes)
    boxes = {item: box._replace(x=round(box.x - corner.x), y=round(box.y - corner.y)) for item, box in boxes.items()}
    if before is None:
        return boxes
    after = bounds(boxes)
    right = round(before.x + (before.width - after.width) / 2)
    down = round(before.y + (before.height - after.height) / 2)
    return {item: box._replace(x=box.x + right, y=box.y + down) for item, box in boxes.items()}


class Joint(NamedTuple):
    """A link between two boxes, as layouts see it. height: where it ends on the second, from 0 (top) to 1."""

    source: Hashable
    target: Hashable
    height: float = 0.5


def joints_of(graph: Graph) -> list[Joint]:
    """The links between items; those that are led through dots go to the dots, and on from them."""
    led: dict[tuple, list[Item]] = {}
    for dot in dots(graph):
        for target in dot.targets:
            led.setdefault((dot.source, target), []).append(Item("dot", dot.name))
    found = []
    for source, target in links(graph):
        height = 0.5
        if target.kind == "node":
            inputs = graph.nodes[target.name].inputs
            within = 0.5 if target.index is None else (target.index + 0.5) / len(inputs[target.port])
            at = list(inputs).index(target.port) if target.port in inputs else len(inputs)  # the link of `repeat`
            height = (at + within) / max(len(inputs), at + 1)
        start, end = source_item(graph, source), target.item
        if exists(graph, start):
            way = led.get((source, target))
            found += [Joint(start, end, height)] if way is None else \
                [joint for dot in way for joint in (Joint(start, dot), Joint(dot, end, height))]
    return found


def _joints_by_frame(graph: Graph, wanted: Mapping[Item, None], around: Mapping[Item, Item]
                     ) -> dict[Item | None, list[Joint]]:
    """Each link as the smallest frame that holds both its ends sees it: between boxes, or whole frames."""
    def upwards(item: Item | None) -> list[Item]:
        found = [item]
        while found[-1] in around:
            found.append(around[found[-1]])
        return found
    found: dict[Item | None, list[Joint]] = {}
    for joint in joints_of(graph):
        if joint.source not in wanted or joint.target not in wanted:
            continue
        source, target = upwards(joint.source), upwards(joint.target)
        while len(source) > 1 and len(target) > 1 and source[-1] == target[-1]:
            source.pop()
            target.pop()
        whole = target[-1] != joint.target
        found.setdefault(around.get(source[-1]), []).append(
            Joint(source[-1], target[-1], 0.5 if whole else joint.height))
    return found


def parts(members: list[Item], extents: Mapping[Item, tuple[float, float]], joints: list[Joint], ends: bool = True
          ) -> dict[Item, Box]:
    """Boxes for the members of one block: linked parts below one another, then what is not linked in rows.

    ends: whether the outputs of the graph stand in one column, behind all else.
    """
    import networkx

    web = networkx.Graph()
    web.add_nodes_from(members)
    web.add_edges_from(joint[:2] for joint in joints)
    found: dict[Item, Box] = {}
    alone, down, seen = [], 0.0, set()
    by_source: dict[Hashable, list[Joint]] = {}
    for joint in joints:
        if joint.source != joint.target:
            by_source.setdefault(joint.source, []).append(joint)
    for member in members:
        if member in seen:
            continue
        part = networkx.node_connected_component(web, member)
        seen |= part
        if len(part) == 1:
            alone.append(member)
            continue
        order = [item for item in members if item in part]
        boxes = _columns(order, extents, [joint for item in order for joint in by_source.get(item, ())], ends)
        box = bounds(boxes)
        found |= {item: b._replace(x=b.x - box.x, y=b.y - box.y + down) for item, b in boxes.items()}
        down += box.height + PART_GAP
    return found | _rows(alone, extents, down, max(ROW_WIDTH, bounds(found).width if found else 0))


def _rows(alone: list[Item], extents: Mapping[Item, tuple[float, float]], down: float, width: float
          ) -> dict[Item, Box]:
    found, right, deepest = {}, 0.0, 0.0
    for item in alone:
        wide, high = extents[item]
        if right and right + wide > width:
            right, down, deepest = 0.0, down + deepest + ROW_GAP, 0.0
        found[item] = Box(right, down, wide, high)
        right, deepest = right + wide + ROW_GAP, max(deepest, high)
    return found


def _columns(members: list[Item], extents: Mapping[Item, tuple[float, float]], joints: list[Joint], ends: bool
             ) -> dict[Item, Box]:
    """Boxes for one linked part, each in a column to the right of all that it reads."""
    layer = layers_of(members, forward(members, joints), ends)
    layers, steps = _with_passages(members, layer, [joint for joint in joints if layer[joint.source] <
                                                    layer[joint.target]])
    web = _Web(layers, steps)
    web.untangle()
    heights = {member: extents[member][1] for member in members}
    tops = web.tops(heights)
    found, right = {}, 0.0
    for row in layers:
        boxes = {m: Box(right, tops[m], *extents[m]) for m in row if m in heights}
        found |= boxes
        right += max((box.width for box in boxes.values()), default=0.0) + COLUMN_GAP
    return found


def forward(members: list[Item], joints: list[Joint]) -> list[tuple[Item, Item]]:
    """The links without those that close circles, each once."""
    import networkx

    web = networkx.DiGraph()
    web.add_nodes_from(members)
    web.add_edges_from(joint[:2] for joint in joints)
    open_, back = set(), set()
    for source, target, way in networkx.dfs_labeled_edges(web):
        if way == "forward":
            open_.add(target)
        elif way == "reverse":
            open_.discard(target)
        elif target in open_:
            back.add((source, target))
    return [edge for edge in web.edges if edge not in back]


def layers_of(members: list[Item], edges: list[tuple[Item, Item]], ends: bool = True) -> dict[Item, int]:
    """The column of each: inputs of the graph in the first, outputs in the last, the rest by their longest path."""
    import networkx

    web = networkx.DiGraph()
    web.add_nodes_from(members)
    web.add_edges_from(edges)
    least = 1 if any(item.kind == "input" for item in members) else 0
    layer: dict[Item, int] = {}
    order = list(networkx.topological_sort(web))
    for item in order:
        layer[item] = max((layer[before] + 1 for before in web.predecessors(item)),
                          default=0 if item.kind == "input" else least)
    for item in reversed(order):  # what reads nothing stands just before the first that reads it
        if item.kind != "input" and not web.in_degree(item) and web.out_degree(item):
            layer[item] = min(layer[after] for after in web.successors(item)) - 1
    last = max(layer[item] + (item.kind != "output") for item in members)
    layer.update((item, last) for item in members if item.kind == "output" and ends)
    return layer


class _Passage(NamedTuple):
    """A point in a column that the links of one source pass through."""

    source: Item
    layer: int


def _with_passages(members: list[Item], layer: Mapping[Item, int], joints: list[Joint]
                   ) -> tuple[list[list[Hashable]], list[Joint]]:
    """What stands in each column, points on long links among it, and links that go from a column to the next."""
    used = sorted(set(layer.values()))
    rank = {old: new for new, old in enumerate(used)}
    layers: list[list[Hashable]] = [[] for _ in used]
    for member in members:
        layers[rank[layer[member]]].append(member)
    steps: list[Joint] = []
    there: set[_Passage] = set()
    for source, target, height in joints:
        before: Hashable = source
        for at in range(rank[layer[source]] + 1, rank[layer[target]]):
            passage = _Passage(source, at)
            if passage not in there:
                there.add(passage)
                layers[at].append(passage)
                steps.append(Joint(before, passage))
            before = passage
        steps.append(Joint(before, target, height))
    return layers, steps


class _Web:
    """Columns of boxes and points with links between neighbouring columns: their order, then their heights."""

    def __init__(self, layers: list[list[Hashable]], steps: list[Joint]):
        self.layers = layers
        self.before: dict[Hashable, list[Joint]] = {m: [] for row in layers for m in row}
        self.after: dict[Hashable, list[Joint]] = {m: [] for row in layers for m in row}
        for step in steps:
            self.before[step.target].append(step)
            self.after[step.source].append(step)
        self.rank: dict[Hashable, int] = {}
        self._ranked()

    def _ranked(self) -> None:
        for row in self.layers:
            self.rank.update((member, at) for at, member in enumerate(row))

    def untangle(self) -> None:
        """Order each column by the mean place of its neighbours, back and forth; keep the best order met."""
        fewest, best = self.crossings(), [list(row) for row in self.layers]
        for _ in range(SWEEPS):
            if not fewest:
                break
            for row in self.layers[1:]:
                self._sort(row, lambda m: [self.rank[step.source] for step in self.before[m]])
            for row in reversed(self.layers[:-1]):
                self._sort(row, lambda m: [self.rank[step.target] + step.height for step in self.after[m]])
            now = self.crossings()
            if now < fewest:
                fewest, best = now, [list(row) for row in self.layers]
        for row, order in zip(self.layers, best):
            row[:] = order
        self._ranked()

    def _sort(self, row: list[Hashable], places: Callable[[Hashable], list[float]]) -> None:
        mean = {}
        for at, member in enumerate(row):
            near = places(member)
            mean[member] = sum(near) / len(near) if near else float(at)
        row.sort(key=mean.__getitem__)
        self.rank.update((member, at) for at, member in enumerate(row))

    def crossings(self) -> int:
        """How many pairs of links cross between neighbouring columns."""
        count = 0
        for row in self.layers:
            ends: list[float] = []
            for member in row:
                found = [self.rank[step.target] + step.height for step in self.after[member]]
                count += sum(len(ends) - bisect_right(ends, end) for end in found)
                for end in found:
                    insort(ends, end)
        return count

    def tops(self, heights: Mapping[Hashable, float]) -> dict[Hashable, float]:
        """The upper edge of each, near the level of what it is linked to. heights: of boxes; points have none."""
        tall = {member: heights.get(member, 0.0) for row in self.layers for member in row}
        top: dict[Hashable, float] = {}
        for row in self.layers:
            self._settle(row, dict.fromkeys(row, 0.0), tall, top)

        def level(member: Hashable, steps: list[Joint]) -> float:
            """Where a box should begin to stand level with its neighbours on one side."""
            shifts = [top[s.source] + tall[s.source] / 2 - tall[member] * s.height if s.target == member else
                      top[s.target] + tall[s.target] * s.height - tall[member] / 2 for s in steps]
            return sum(shifts) / len(shifts) if shifts else top[member]
        for _ in range(SWEEPS):
            for row in self.layers[1:]:
                self._settle(row, {m: level(m, self.before[m]) for m in row}, tall, top)
            for row in reversed(self.layers[:-1]):
                self._settle(row, {m: level(m, self.after[m]) for m in row}, tall, top)
        for row in self.layers:
            self._settle(row, {m: level(m, self.before[m] + self.after[m]) for m in row}, tall, top)
        return top

    def _settle(self, row: list[Hashable], wanted: Mapping[Hashable, float], tall: Mapping[Hashable, float],
                top: dict[Hashable, float]) -> None:
        """Upper edges as near as can be to those wanted (least squares), in this order, without overlaps."""
        offsets, offset = [], 0.0
        for at, member in enumerate(row):
            if at:
                boxes = not (isinstance(member, _Passage) or isinstance(row[at - 1], _Passage))
                offset += tall[row[at - 1]] + (ROW_GAP if boxes else PASSAGE)
            offsets.append(offset)
        for member, offset, edge in zip(row, offsets, _rising([wanted[m] - o for m, o in zip(row, offsets)])):
            top[member] = edge + offset


def _rising(values: list[float]) -> list[float]:
    """The sequence that never falls and is nearest to this one: pool adjacent violators."""
    pools: list[tuple[float, int]] = []
    for value in values:
        mean, count = value, 1
        while pools and pools[-1][0] > mean:
            other, others = pools.pop()
            mean, count = (other * others + mean * count) / (others + count), others + count
        pools.append((mean, count))
    return [mean for mean, count in pools for _ in range(count)]


# ---- files without positions --------------------------------------------------------------------------------------

def missing_positions(graph: Graph, sizes: Mapping[Item, tuple[float, float]]) -> Positions:
    """Places for the nodes, inputs and outputs that the file says none of.

    Where it says none at all, everything is laid out; else each new one goes near what it is linked to, and those
    that are linked to nothing placed go below all else. Nothing comes to lie on anything.
    """
    linked = [item for item in items(graph) if item.kind in ("node", "input", "output")]
    lost = [item for item in linked if position(graph, item) is None]
    if not lost:
        return {}
    there = {item: Box(*at, *_size(graph, sizes, item)) for item in items(graph)
             if (at := position(graph, item)) is not None and item.kind != "frame"}
    found = _beside(graph, sizes, lost, there) if len(lost) < len(linked) else {}
    rest = [item for item in lost if item not in found]
    if rest:
        around = bounds([*there.values(), *(Box(*at, *size_) for item in items(graph) if item.kind == "frame"
                                            if (at := position(graph, item)) and (size_ := size(graph, item)))])
        places = auto_layout(graph, sizes, rest)
        if around is not None:
            corner = bounds([Box(*at, 0, 0) for at in places.values()])
            places = {item: (at[0] - corner.x + around.x, at[1] - corner.y + around.y + around.height + PART_GAP)
                      for item, at in places.items()}
        found |= places
    return {item: found[item] for item in lost}


def _beside(graph: Graph, sizes: Mapping[Item, tuple[float, float]], lost: list[Item], there: dict[Item, Box]
            ) -> Positions:
    """Places for those of the lost that are linked, at last, to what has one; `there` gains them."""
    reads: dict[Item, list[Item]] = {}
    feeds: dict[Item, list[Item]] = {}
    for source, target in links(graph):
        reads.setdefault(target.item, []).append(source_item(graph, source))
        feeds.setdefault(source_item(graph, source), []).append(target.item)
    found: Positions = {}
    waiting, moving = list(lost), True
    while moving:
        moving, still = False, []
        for item in waiting:
            extent = _size(graph, sizes, item)
            sources = [there[other] for other in reads.get(item, ()) if other in there]
            readers = [there[other] for other in feeds.get(item, ()) if other in there]
            if sources:
                x = max(box.x + box.width for box in sources) + COLUMN_GAP
            elif readers:
                x = min(box.x for box in readers) - COLUMN_GAP - extent[0]
            else:
                still.append(item)
                continue
            y = sum(box.y for box in sources or readers) / len(sources or readers)
            there[item] = _free(Box(round(x), round(y), *extent), there.values())
            found[item] = there[item][:2]
            moving = True
        waiting = still
    return found


def _free(box: Box, others: Iterable[Box]) -> Box:
    """A box moved up or down as little as it takes to stand clear of the others."""
    beside = [o for o in others if o.x < box.x + box.width + ROW_GAP and box.x < o.x + o.width + ROW_GAP]
    places = [box.y, *(o.y + o.height + ROW_GAP for o in beside), *(o.y - ROW_GAP - box.height for o in beside)]
    for y in sorted(places, key=lambda place: (abs(place - box.y), place)):
        if all(y + box.height + ROW_GAP <= o.y or o.y + o.height + ROW_GAP <= y for o in beside):
            return box._replace(y=y)
    raise AssertionError("below everything there is room")
