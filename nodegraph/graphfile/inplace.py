"""YAML changed in place: what did not change stays as someone typed it.

It knows where every key and value of a text begins and ends, and touches nothing between: comments, blank lines, order,
quotes and brackets.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, NamedTuple

import yaml

from .tree import events
from .write import ENDLESS, WIDTH, InLines, dump, in_brackets, one_line, same, under


class Piece:
    """A scalar, mapping or list in a text: offsets [start, end) and, unless a scalar, its entries.

    flow: written in brackets. within: inside brackets. style: a scalar's quotes, or | or >.
    """

    __slots__ = ("end", "entries", "flow", "kind", "start", "style", "within")

    def __init__(self, kind: str, start: int, end: int, flow: bool, within: bool, style: str | None):
        self.kind, self.start, self.end = kind, start, end
        self.flow, self.within, self.style = flow, within, style
        self.entries: list[Entry] = []


class Entry(NamedTuple):
    """A key and value of a mapping, or an item of a list; head: where the key or the dash stands."""

    name: Any
    key: Piece | None
    value: Piece
    head: int

    @property
    def end(self) -> int:
        return max(self.value.end, self.key.end if self.key else self.head + 1)


class NotPossible(Exception):
    """This text cannot be changed in place in the way that was asked."""


def _pieces(text: str) -> tuple[Piece, int]:
    """The outermost piece of a text of one document, and where the document ends."""
    root, end = None, len(text)
    stack: list[tuple[Piece, Piece | None, Any]] = []
    key: Piece | None = None
    name: Any = ""
    event: Any
    for event in events(text):
        kind = type(event)
        if kind is yaml.DocumentEndEvent:
            end = event.start_mark.index if event.explicit else len(text)
            break
        if kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
            piece, key, name = stack.pop()
            piece.end = event.end_mark.index if piece.flow else piece.entries[-1].end
        elif kind in (yaml.ScalarEvent, yaml.AliasEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent):
            start, within = event.start_mark.index, bool(stack) and stack[-1][0].flow
            nested = kind in (yaml.MappingStartEvent, yaml.SequenceStartEvent)
            piece = Piece("map" if kind is yaml.MappingStartEvent else "list" if nested else "scalar", start,
                          event.end_mark.index, bool(nested and event.flow_style), within,
                          getattr(event, "style", None))
            if piece.style in ("|", ">"):
                piece.end = _end_of_block(text, piece)
            if stack and stack[-1][0].kind == "map" and key is None:
                key, name = piece, getattr(event, "value", None)
                continue
            if nested:
                stack.append((piece, key, name))
                key = None
                continue
        else:
            continue
        if not stack:
            root = piece
            continue
        around = stack[-1][0]
        if key is not None:
            around.entries.append(Entry(name, key, piece, key.start))
        else:
            around.entries.append(Entry(len(around.entries), None, piece, _dash(text, around, piece)))
        key = None
    if root is None:
        raise NotPossible("the text is empty")
    return root, end


def _end_of_block(text: str, piece: Piece) -> int:
    """Where the text of a | or > ends: with its last line, blank lines only if they count."""
    whole = text[piece.start:piece.end]
    header = whole.split("\n", 1)[0].split("#")[0]
    if "+" in header:
        return piece.start + len(whole.removesuffix("\n"))
    return piece.start + len(whole.rstrip("\n "))


def _dash(text: str, around: Piece, item: Piece) -> int:
    """Where the dash before an item of a block list stands; in brackets, the item itself."""
    if around.flow:
        return item.start
    begin = around.entries[-1].end if around.entries else around.start
    column = around.start - (text.rfind("\n", 0, around.start) + 1)
    while True:
        found = text.find("-", begin)
        if found < 0 or found > item.start:
            raise NotPossible("a list item without its dash")
        if found - (text.rfind("\n", 0, found) + 1) == column:
            return found
        begin = found + 1


# ---- changing in place --------------------------------------------------------------------------------------------

Renames = Mapping[tuple[str, ...], Mapping[str, str]]


def changed(text: str, before: Mapping[str, Any], after: Mapping[str, Any], renames: Renames, last: str = "",
            coarse: bool = False) -> str:
    """The text with what differs between two trees changed, and everything else as it is.

    before: what the text says now; a name that stands in the text and not in `before` is left alone.
    renames: for the mapping at a path, old name -> new name; `before` goes by the old ones.
    last: a name at the top that goes to the end of the document. coarse: write the entries of the sections
    anew as wholes. Raises NotPossible where the text has a form that this cannot follow.
    """
    return _Changes(text, renames, last, coarse).applied(before, after)


class _Changes:
    """The edits that lead from a text to another: (start, end, what stands there instead)."""

    def __init__(self, text: str, renames: Renames, last: str, coarse: bool):
        self.text, self.renames, self.last, self.coarse = text, renames, last, coarse
        self.root, self.document_end = _pieces(text)
        self.edits: list[tuple[int, int, str]] = []
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def applied(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
        self.merge(self.root, before, after, ())
        parts, at = [], 0
        for start, end, new in sorted(self.edits, key=lambda edit: edit[:2]):
            if start < at and new:
                raise NotPossible("two changes in one place")
            start, end = max(start, at), max(end, at)
            parts += [self.text[at:start], new]
            at = end
        return "".join([*parts, self.text[at:]])

    def put(self, start: int, end: int, new: str) -> None:
        self.edits.append((start, end, new))

    def column(self, offset: int) -> int:
        return offset - self.line(offset)

    def line(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self.starts[bisect_right(self.starts, offset) - 1]

    def next_line(self, offset: int) -> int:
        found = self.text.find("\n", offset)
        return found + 1 if found >= 0 else len(self.text)

    # -- trees

    def merge(self, piece: Piece, before: Any, after: Any, path: tuple[str, ...], entry: Entry | None = None) -> None:
        """Change a value that differs."""
        whole = self.coarse and len(path) > 1
        if not whole and piece.kind == "map" and isinstance(before, Mapping) and isinstance(after, Mapping):
            self.merge_mapping(piece, before, after, path, entry)
        elif not whole and piece.kind == "list" and isinstance(before, list) and isinstance(after, (list, tuple)) \
                and len(piece.entries) == len(before):
            self.merge_list(piece, before, list(after), path, entry)
        else:
            self.replace(piece, after, entry)

    def merge_mapping(self, piece: Piece, before: Mapping[str, Any], after: Mapping[str, Any], path: tuple[str, ...],
                      entry: Entry | None) -> None:
        renames = self.renames.get(path, {})
        known = {renames.get(name, name): value for name, value in before.items()}
        stay: dict[str, Entry] = {}
        gone: list[Entry] = []
        for child in piece.entries:
            name = renames.get(child.name, child.name)
            if name in stay:
                continue  # it stands twice, and the first one counts
            if name in known and name not in after:
                gone.append(child)
            else:
                stay[name] = child
        if not stay:
            return self.replace(piece, after, entry)
        for name, child in stay.items():
            if name != child.name and child.key is not None:
                self.put(child.key.start, child.key.end, one_line(name, True, child.key.style))
            if name in after and not (name in known and same(known[name], after[name])):
                self.merge(child.value, known.get(name), after[name], (*path, name), child)
        self.remove(piece, gone, [*stay.values()], path)
        anchor = None
        for name, value in after.items():
            if name in stay:
                anchor = stay[name]
            elif not (name in known and same(known[name], value)):
                self.insert(piece, anchor or (None, next(iter(stay.values()))), {name: value}, path)

    def merge_list(self, piece: Piece, before: list[Any], after: list[Any], path: tuple[str, ...],
                   entry: Entry | None) -> None:
        old, new = ([_canonical(value) for value in values] for values in (before, after))
        stay: list[int] = []
        gone: list[int] = []
        added: list[tuple[int, Any]] = []
        for kind, a, b, c, d in SequenceMatcher(None, old, new, False).get_opcodes():
            both = min(b - a, d - c)
            stay += range(a, a + both)
            gone += range(a + both, b)
            added += [(a + both - 1, value) for value in after[c + both:d]]
            if kind == "replace":
                for at, value in zip(range(a, a + both), after[c:d]):
                    child = piece.entries[at]
                    self.merge(child.value, before[at], value, (*path, str(at)), child)
        if not stay:
            self.edits[:] = [edit for edit in self.edits if not piece.start <= edit[0] <= piece.end]
            return self.replace(piece, after, entry)
        entries = piece.entries
        self.remove(piece, [entries[at] for at in gone], [entries[at] for at in stay], path)
        for at, value in added:
            earlier = [n for n in stay if n <= at]
            self.insert(piece, entries[earlier[-1]] if earlier else (None, entries[stay[0]]), InLines([value]), path)

    # -- one value for another

    def replace(self, piece: Piece, value: Any, entry: Entry | None) -> None:
        """Another value where one stood."""
        if entry is None:
            raise NotPossible("the whole document differs")
        if piece.start == piece.end:
            return self.fill(piece, value, entry)
        inline = piece.within or piece.flow or piece.kind == "scalar" and piece.style not in ("|", ">")
        text = one_line(value, piece.within, piece.style if inline and piece.kind == "scalar" else None)
        quoted = piece.style == '"' and isinstance(value, str)
        if piece.within or inline and (quoted or not self.is_block(value)):
            return self.put(piece.start, piece.end, text)
        head, line_end, rest = self.block(value, entry).partition("\n")
        begin = self.after_head(entry)
        kept = self.text[begin:piece.start].split("\n")[0].rstrip() if "#" in self.text[begin:piece.start] else ""
        end = piece.end
        if inline and line_end:
            end = self.next_line(piece.end) - 1 if "\n" in self.text[piece.end:] else len(self.text)
            kept = self.text[piece.end:end].rstrip()
        self.put(begin, end, head + kept + line_end + rest)

    def fill(self, piece: Piece, value: Any, entry: Entry) -> None:
        """A value where nothing stood after the name."""
        if piece.within or not self.is_block(value):
            named = entry.key is not None and ":" not in self.text[entry.key.end:piece.start]
            return self.put(piece.start, piece.start, (": " if named else " ") + one_line(value, piece.within))
        head, line_end, rest = self.block(value, entry).partition("\n")
        self.put(piece.start, piece.start, head)
        end = self.next_line(piece.start)
        self.put(end, end, rest + "\n")

    def is_block(self, value: Any) -> bool:
        """Whether a value takes several lines where it may."""
        return "\n" in dump({"k": value}, ENDLESS).removesuffix("\n")

    def block(self, value: Any, entry: Entry) -> str:
        """What follows the name or the dash of an entry."""
        if entry.key is None:
            return under(InLines([value]), "-", self.column(entry.head))
        return under({"k": value}, "k:", self.column(entry.head))

    def after_head(self, entry: Entry) -> int:
        return self.text.index(":", entry.key.end) + 1 if entry.key is not None else entry.head + 1

    # -- entries that go

    def remove(self, piece: Piece, gone: list[Entry], stay: list[Entry], path: tuple[str, ...]) -> None:
        if piece.flow:
            first = min(entry.head for entry in stay)
            for entry in gone:
                at = piece.entries.index(entry)
                if entry.head < first:
                    self.put(entry.head, piece.entries[at + 1].head, "")
                else:
                    self.put(piece.entries[at - 1].end, entry.end, "")
            return
        for entry in gone:
            self.put(*self.region(piece, entry, path), "")

    def region(self, piece: Piece, entry: Entry, path: tuple[str, ...]) -> tuple[int, int]:
        """The lines that go with an entry of a block: its own, the comments that are its own, a blank line too many."""
        at = piece.entries.index(entry)
        following = piece.entries[at + 1] if at + 1 < len(piece.entries) else None
        if not self.begins_line(entry):
            return entry.head, following.head if following else self.end_of(piece, entry)
        start, end = self.line(entry.head), self.end_of(piece, entry)
        if path:
            above = self.comments_above(piece, start)
            apart = following is None or self.comments_above(piece, self.line(following.head)) \
                < self.line(following.head) or self.is_blank(end)
            if apart or not (above < start and (at == 0 or self.is_blank_before(above))):
                start = above
        if start == 0 or self.is_blank_before(start) or at == 0:
            while end < len(self.text) and self.is_blank(end):
                end = self.next_line(end)
        if end == len(self.text):
            while start and self.is_blank_before(start):
                start = self.line(start - 1)
        return start, end

    def begins_line(self, entry: Entry) -> bool:
        return not self.text[self.line(entry.head):entry.head].strip(" ")

    def end_of(self, piece: Piece, entry: Entry) -> int:
        """Where the lines of an entry end, with comments below that are indented deeper than it."""
        end, column = self.next_line(entry.end), self.column(piece.start)
        for begin, line in self.lines_from(end):
            words = line.lstrip(" ")
            if words.startswith("#") and len(line) - len(words) > column:
                end = self.next_line(begin)
            elif words:
                break
        return end

    def lines_from(self, offset: int) -> Iterator[tuple[int, str]]:
        while offset < len(self.text):
            end = self.next_line(offset)
            yield offset, self.text[offset:end].removesuffix("\n")
            offset = end

    def comments_above(self, piece: Piece, start: int) -> int:
        """Where the comment lines begin that stand right above a line, at the column of the entries."""
        column = self.column(piece.start)
        while start:
            above = self.line(start - 1)
            words = self.text[above:start].lstrip(" ")
            if not words.startswith("#") or start - above - len(words) != column:
                break
            start = above
        return start

    def is_blank(self, start: int) -> bool:
        return start < len(self.text) and not self.text[start:self.next_line(start)].strip()

    def is_blank_before(self, start: int) -> bool:
        return start > 0 and not self.text[self.line(start - 1):start].strip()

    # -- entries that come

    def insert(self, piece: Piece, anchor: Any, added: Any, path: tuple[str, ...]) -> None:
        """A new entry after `anchor`, or before the entry e where the anchor is (None, e)."""
        before = type(anchor) is tuple
        neighbour = anchor[1] if before else anchor
        if piece.flow:
            text = in_brackets(added[0]) if isinstance(added, list) else in_brackets(added)[1:-1]
            at = neighbour.head if before else neighbour.end
            return self.put(at, at, f"{text}, " if before else f", {text}")
        column = self.column(piece.start)
        text = _indented(dump(added, max(WIDTH - column, 40)), column)
        if before:
            return self.put(neighbour.head, neighbour.head, text.lstrip(" ") + " " * column)
        at = self.end_of(piece, neighbour)
        if not path and self.last in added:
            at = self.document_end
        apart = self.apart(piece, neighbour) and not self.is_blank_before(at)
        self.put(at, at, "\n" * apart + text)

    def apart(self, piece: Piece, entry: Entry) -> bool:
        """Whether a blank line stands between an entry of a block and its neighbours."""
        at = piece.entries.index(entry)
        if at:
            return self.is_blank_before(self.comments_above(piece, self.line(entry.head)))
        return len(piece.entries) > 1 and self.is_blank(self.end_of(piece, entry))


def _indented(text: str, column: int) -> str:
    return "".join(" " * column + line if line.strip() else line for line in text.splitlines(keepends=True))


def _canonical(value: Any) -> str:
    """A text that two values share only if they are the same."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key!r}:{_canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_canonical, value)) + "]"
    return repr(value)
