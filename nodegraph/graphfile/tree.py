"""YAML to a tree of mappings and lists that remember where everything stood.

The YAML is YAML 1.2's core, and less: no tags, no anchors, one document. So `no` is a text, `1:30` is a text, a key
that stands twice is a problem and not a silent loss. PyYAML's C parser brings events; the tree is built here, since
its own loaders forget where things stood and follow YAML 1.1.
"""

from __future__ import annotations

import gc
import re
from typing import Any, NamedTuple

import yaml

from ..errors import GraphError, Position, Problem
from ..wording import scalar

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 64  # lists and mappings inside each other


class Map(dict):
    """A mapping that remembers where each key and value stood: key -> (line, column, line, column), from 1."""

    __slots__ = ("marks",)


class Seq(list):
    """A list that remembers where each item stood: index -> (line, column, line, column), from 1."""

    __slots__ = ("marks",)


_ABSENT, _MERGE = object(), object()


def read_tree(text: str, file: str, problems: list[Problem]) -> Any:
    """The tree that a YAML text describes. Raises GraphError where it is no YAML."""
    try:
        # Reading makes many small objects and no cycles; the collector would only walk them again and again.
        collecting = gc.isenabled()
        gc.disable()
        try:
            return _build(text, file, problems)
        finally:
            if collecting:
                gc.enable()
    except yaml.MarkedYAMLError as error:
        raise GraphError([_unreadable(error, text, file)]) from None
    except yaml.reader.ReaderError as error:
        code = error.character if isinstance(error.character, int) else ord(error.character)
        before = text.encode()[:error.position].decode(errors="ignore")  # the C parser counts bytes
        where = Position(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise GraphError([Problem(where, f"the character U+{code:04X} may not stand in YAML",
                                  "Take it out, and save the file as plain UTF-8 text.")]) from None


def _unreadable(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    """What the YAML parser stumbled over, in words that say what to change."""
    lines = [*text.splitlines(), ""]
    what, context = error.problem or "this is not YAML", error.context or ""
    mark, begun = error.problem_mark or error.context_mark, error.context_mark
    line = lines[min(mark.line, len(lines) - 1)]
    above = next((n for n in range(mark.line - 1, -1, -1) if lines[n].strip()), None)
    opener = lines[begun.line][begun.column:begun.column + 1] if begun else ""
    starts_line = not line[:mark.column].strip()
    place, found = mark, line[mark.column:mark.column + 1]
    message = f"the YAML cannot be read here: {what}"
    hint = "Put texts that hold ': ', '#', quotes or brackets in quotes."
    if found == "\t" or "\t" in line[:len(line) - len(line.lstrip())]:
        message, hint = "this line is indented with a tab; YAML takes spaces", "Put spaces in its place."
    elif "unexpected end of stream" in what and "quoted" in context:
        place, message = begun, f"the quote {opener} that opens here is never closed"
        hint = "Close it on the same line."
    elif "unexpected ':'" in what:
        message, hint = "a space is wanted after this colon", "Write `name: value`."
    elif "flow" in context and ("',' or" in what or "end of stream" in what or found == ""):
        closer = "}" if opener == "{" else "]"
        place, message = begun, f"the {opener} that opens here is not closed with {closer}"
        hint = f"Add {closer}, or put the text in quotes if the bracket belongs to it."
    elif "cannot start any token" in what:
        message, hint = f"a value cannot begin with {found}", "Put it in quotes."
    elif "scanning an alias" in context or "scanning an anchor" in context:
        place, message, hint = begun, f"a value cannot begin with {opener}", "Put it in quotes."
    elif "mapping values are not allowed" in what:
        if re.search(r":\s", line[:mark.column]):
            message, hint = "a second ': ' stands in this line", "Put the text that holds it in quotes."
        elif above is not None and re.match(r"\s*[\w-]+:\S", lines[above]):
            place = _Mark(above, lines[above].index(":"))
            message, hint = "a space is wanted after this colon", "Write `name: value`."
        elif above is not None and ":" not in lines[above]:
            word = lines[above].strip()
            place = _Mark(above, lines[above].index(word))
            message, hint = f"no colon follows {word[:40]!r}", f"Write `{word[:40]}:`."
        else:
            message = "this line is indented deeper than the one above, which has a value already"
            hint = "Line it up with the names it belongs to."
            place = _Mark(mark.line, len(line) - len(line.lstrip()))
    elif "could not find expected ':'" in what and begun:
        word = lines[begun.line].strip()
        place, message, hint = begun, f"no colon follows {word[:40]!r}", "Write `name: value`."
    elif "expected key" in what and not starts_line:
        message, hint = "something stands after the end of a quoted text", \
            "Put the whole text in quotes; inside '...' a quote is written ''."
    elif "expected key" in what or "'-' indicator" in what:
        message = "a list item stands among names here" if found == "-" else \
            "this line is not lined up with those above"
        hint = "Give the lines of one mapping the same indentation, in spaces."
    elif "block sequence entries" in what:
        message = "a list cannot begin in the line of its name"
        hint = "Write [one, two], or begin a new line with `- `."
    elif "escape character" in what or "hexdecimal" in what:
        message = "this backslash begins no escape that YAML knows"
        hint = "Use '...' quotes, where a backslash is plain."
    elif "<document start>" in what:
        message, hint = "more follows after the end of the document", "Put one graph in one file."
    return Problem(Position(file, place.line + 1, place.column + 1), message, hint)


class _Mark(NamedTuple):
    """A place as PyYAML counts, from 0."""

    line: int
    column: int


def _build(text: str, file: str, problems: list[Problem]) -> Any:
    root, stack = None, []  # stack of (container, key waiting for its value, its mark)
    container, key, key_mark = None, _ABSENT, (0, 0)
    documents = 0
    for event in yaml.parse(text, Loader=Loader):
        kind = type(event)
        if kind is yaml.ScalarEvent:
            mark = event.start_mark
            place = (mark.line + 1, mark.column + 1)
            if event.tag is not None and event.tag != "!" or event.anchor is not None:
                problems.append(_refused(event, file))
            value = event.value
            if type(container) is Map and key is _ABSENT:
                key, key_mark = _MERGE if value == "<<" and event.implicit[0] else value, place
                continue
            if event.implicit[0]:
                value = scalar(value)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            mark = event.start_mark
            place = (mark.line + 1, mark.column + 1)
            if event.tag is not None or event.anchor is not None:
                problems.append(_refused(event, file))
            if type(container) is Map and key is _ABSENT:
                raise GraphError([Problem(Position(file, *place), "a list or mapping stands where a name is wanted",
                                          "Put the text in quotes if the bracket belongs to it.")])
            if len(stack) == DEEPEST:
                raise GraphError([Problem(Position(file, *place),
                                          f"lists and mappings are nested more than {DEEPEST} deep",
                                          "Take some of the brackets away.")])
            stack.append((container, key, key_mark, place))
            container = Map() if kind is yaml.MappingStartEvent else Seq()
            container.marks = {}
            key = _ABSENT
            continue
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            value = container
            container, key, key_mark, place = stack.pop()
        elif kind is yaml.AliasEvent:
            mark = event.start_mark
            if key is not _MERGE:
                problems.append(_refused(event, file))
            value, place = None, (mark.line + 1, mark.column + 1)
            if type(container) is Map and key is _ABSENT:
                key, key_mark = f"*{event.anchor}", place
                continue
        else:
            if kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    mark = event.start_mark
                    problems.append(Problem(Position(file, mark.line + 1, 1), "a second YAML document begins here",
                                            "Put one graph in one file."))
                    break
            continue
        if container is None:
            root = value
        elif type(container) is Map:
            if key is _MERGE:
                problems.append(Problem(Position(file, *key_mark), "the YAML merge key << is not part of a graph file",
                                        "Write the names and values out in each place."))
            elif key in container:
                first = container.marks[key]
                problems.append(Problem(Position(file, *key_mark),
                                        f"{key!r} stands twice; it is also on line {first[0]}",
                                        "Keep one of the two."))
            else:
                container[key] = value
                container.marks[key] = key_mark + place
            key = _ABSENT
        else:
            container.marks[len(container)] = place + place
            container.append(value)
    return root


def _refused(event: Any, file: str) -> Problem:
    mark, tag = event.start_mark, getattr(event, "tag", None)
    what = f"the YAML tag {tag.replace('tag:yaml.org,2002:', '!!')}" if tag else f"the YAML alias *{event.anchor}" \
        if isinstance(event, yaml.AliasEvent) else f"the YAML anchor &{event.anchor}"
    hint = "Take it away; a graph file holds plain values." if tag else \
        "Write the value out in each place; a link between nodes is written $name."
    return Problem(Position(file, mark.line + 1, mark.column + 1), f"{what} is not part of a graph file", hint)
