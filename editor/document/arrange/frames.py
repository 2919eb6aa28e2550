"""A whole graph, or what is chosen of it, laid out in layers: what a frame holds stays together in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nodegraph import Graph

from ..items import Item, facts, items, placed, position, size, with_facts
from .layers import Joint, joints_of, parts
from .rectangles import Box, Positions, bounds, size_of

FRAME_PADDING = 24
FRAME_TITLE = 34


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
        wide, high = size_of(graph, sizes, item)
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
                Box(*(moved[item] if item in moved else position(graph, item))[:2], *size_of(graph, sizes, item))
                for item in inside]))
    return found


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
    extents = {item: size_of(graph, sizes, item) for item in wanted}
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
    return _centred(found, bounds([Box(*at, *size_of(graph, sizes, item)) for item in found
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
