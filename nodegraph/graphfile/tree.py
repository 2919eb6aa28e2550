"""YAML to a tree of mappings and lists that remember where everything stood.

The YAML is YAML 1.2's core, and less: no tags, no anchors, one document. So `no` is a text, `1:30` is a text, a key
that stands twice is a problem and not a silent loss. PyYAML's C parser brings events; the tree is built here, since
its own loaders forget where things stood and follow YAML 1.1.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from ..errors import GraphError, Position, Problem
from ..wording import Phrase, say, scalar

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 64  # lists and mappings inside each other


class Map(dict[str, Any]):
    """A mapping that remembers where each key and value stood: key -> (line, column, line, column), from 1.

    sources: what stands there, of values that are written otherwise than they mean (1.10, ~), if there are any.
    """

    __slots__ = ("marks", "sources")
    marks: dict[str, tuple[int, int, int, int]]
    sources: dict[str, str]


class Seq(list[Any]):
    """A list that remembers where each item stood: index -> (line, column, line, column), from 1.

    sources: as a Map's.
    """

    __slots__ = ("marks", "sources")
    marks: dict[int, tuple[int, int, int, int]]
    sources: dict[int, str]


_ABSENT, _MERGE = object(), object()


def read_tree(text: str, file: str, problems: list[Problem]) -> Any:
    """The tree that a YAML text describes. Raises GraphError where it is no YAML."""
    _refuse_halves(text, file)
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
        code: Any = error.character
        before = text[:error.position] if isinstance(code, str) else \
            text.encode()[:error.position].decode(errors="ignore")  # the C parser counts bytes
        where = Position(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        number = f"{code if isinstance(code, int) else ord(code):04X}"
        raise GraphError([Problem(where, say("yaml.character", number=number), say("hint.plain-utf8"))]) from None


_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # begins the escape of half a character, which the C parser refuses


def events(text: str) -> Iterator[Any]:
    """The events of a YAML text, or of JSON, which has tabs and escapes of its own. Raises yaml.YAMLError."""
    if "\t" in text and _is_json(text):
        text = text.replace("\t", " ")  # in JSON no text can hold one; in YAML none can indent
    if _HALF.search(text) is None:
        return yaml.parse(text, Loader=Loader)
    return map(_joined, yaml.parse(text, Loader=yaml.SafeLoader))


def _joined(event: Any) -> Any:
    """An event in whose text two escapes make one character, as JSON writes those beyond U+FFFF."""
    if isinstance(event, yaml.ScalarEvent):
        event.value = event.value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return event


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith("{"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse_halves(text: str, file: str) -> None:
    """Raise GraphError for half of a character, which only a text from Python can have in it."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        before = text[:error.start]
        where = Position(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        number = f"{ord(text[error.start]):04X}"
        raise GraphError([Problem(where, say("yaml.character", number=number), say("hint.plain-utf8"))]) from None


# ---- what the YAML parser stumbled over, in words that say what to change

class _Mark(NamedTuple):
    """A place as PyYAML counts, from 0."""

    line: int
    column: int


class _Stumble(NamedTuple):
    """Where the parser stopped, what it says of that, and where what it was in the middle of began."""

    lines: list[str]
    what: str
    context: str
    mark: _Mark
    begin: _Mark | None

    @property
    def line(self) -> str:
        return self.lines[min(self.mark.line, len(self.lines) - 1)]

    @property
    def found(self) -> str:
        return self.line[self.mark.column:self.mark.column + 1]

    @property
    def opener(self) -> str:
        return self.lines[self.begin.line][self.begin.column:self.begin.column + 1] if self.begin else ""


_Words = tuple[_Mark, Phrase, Phrase]


def _unreadable(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    problem, context = (_Mark(mark.line, mark.column) if mark else None
                        for mark in (error.problem_mark, error.context_mark))
    stumble = _Stumble([*text.splitlines(), ""], error.problem or "this is not YAML", error.context or "",
                       problem or context or _Mark(0, 0), context)
    place, message, hint = _odd_characters(stumble) or _characters(stumble) or _colons(stumble) or _lines(stumble) or \
        (stumble.mark, say("yaml.unreadable", what=stumble.what), say("hint.quote-yaml"))
    return Problem(Position(file, place.line + 1, place.column + 1), message, hint)


ODD = {"\N{NO-BREAK SPACE}": "a no-break space", "\N{IDEOGRAPHIC SPACE}": "a full-width space",
       "\N{FULLWIDTH COLON}": "a full-width colon", "\N{NARROW NO-BREAK SPACE}": "a narrow no-break space",
       "\N{FIGURE SPACE}": "a figure space", "\N{ZERO WIDTH SPACE}": "a space of no width",
       "\N{BOM}": "a byte order mark", "\N{EN SPACE}": "a wide space", "\N{EM SPACE}": "a wide space",
       "\N{THIN SPACE}": "a thin space", "\N{FULLWIDTH COMMA}": "a full-width comma",
       "\N{LEFT DOUBLE QUOTATION MARK}": "a curly quote", "\N{RIGHT DOUBLE QUOTATION MARK}": "a curly quote",
       "\N{FULLWIDTH LEFT CURLY BRACKET}": "a full-width bracket",
       "\N{FULLWIDTH RIGHT CURLY BRACKET}": "a full-width bracket",
       "\N{FULLWIDTH DOLLAR SIGN}": "a full-width dollar sign"}
_PLAIN = {"\N{FULLWIDTH COLON}": ":", "\N{FULLWIDTH COMMA}": ",", "\N{BOM}": "",
          "\N{FULLWIDTH LEFT CURLY BRACKET}": "{",
          "\N{FULLWIDTH RIGHT CURLY BRACKET}": "}", "\N{FULLWIDTH DOLLAR SIGN}": "$", "\N{ZERO WIDTH SPACE}": "",
          "\N{LEFT DOUBLE QUOTATION MARK}": '"', "\N{RIGHT DOUBLE QUOTATION MARK}": '"'}


def odd_character(text: str) -> tuple[int, Phrase, Phrase] | None:
    """The first character in a text that looks like one of YAML's own and is another: where, a sentence, a hint."""
    at = next((at for at, letter in enumerate(text) if letter in ODD), None)
    if at is None:
        return None
    plain = _PLAIN.get(text[at], " ")
    hint = say("hint.take-it-out") if not plain else say("hint.plain-space") if plain == " " else \
        say("hint.plain-character", character=plain)
    return at, say("yaml.odd-character", name=ODD[text[at]], number=f"{ord(text[at]):04X}"), hint


def _odd_characters(at: _Stumble) -> _Words | None:
    """Characters that look like those of YAML, outside of quotes, in the line where the parser stopped or began."""
    for number in dict.fromkeys((at.mark.line, *([at.begin.line] if at.begin else []), max(at.mark.line - 1, 0))):
        line = at.lines[min(number, len(at.lines) - 1)]
        bare = re.sub(r'"[^"]*"|\'[^\']*\'|\s#.*', lambda match: "x" * len(match[0]), line)
        odd = odd_character(bare)
        if odd is not None:
            return _Mark(number, odd[0]), odd[1], odd[2]
    return None


def _comment(at: _Stumble) -> _Words | None:
    """A comment that hides the end of what was begun before it."""
    first = at.begin.line if at.begin else at.mark.line
    for number in range(first, min(at.mark.line + 1, len(at.lines))):
        bare = re.sub(r'"[^"]*"|\'[^\']*\'', lambda match: "x" * len(match[0]), at.lines[number])
        match = re.search(r"(?<=\s)#.*[\]}]", bare)
        if match:
            return _Mark(number, match.start()), say("yaml.comment", opener=at.opener), say("hint.quote-comment")
    return None


def _innermost(lines: list[str]) -> tuple[_Mark, str] | None:
    """The last bracket that opens and is not closed, outside of quotes: where it is, and which."""
    opened: list[tuple[_Mark, str]] = []
    for number, line in enumerate(lines):
        bare = re.sub(r'"[^"]*"|\'[^\']*\'|\s#.*', lambda match: "x" * len(match[0]), line)
        for column, letter in enumerate(bare):
            if letter in "[{":
                opened.append((_Mark(number, column), letter))
            elif letter in "]}" and opened:
                opened.pop()
    return opened[-1] if opened else None


def _characters(at: _Stumble) -> _Words | None:
    """Tabs, quotes and brackets."""
    begin = at.begin or at.mark
    if at.found == "\t" or "\t" in at.line[:len(at.line) - len(at.line.lstrip())]:
        return at.mark, say("yaml.tab"), say("hint.spaces")
    if "unexpected end of stream" in at.what and "quoted" in at.context:
        return begin, say("yaml.quote-open", quote=at.opener), say("hint.close-quote")
    if "unexpected ':'" in at.what:
        return at.mark, say("yaml.colon-space"), say("hint.name-value")
    if "flow" in at.context and ("',' or" in at.what or "end of stream" in at.what or at.found == ""):
        comment = _comment(at)
        if comment is not None:
            return comment
        begin, opener = (begin, at.opener) if at.opener in ("{", "[") else _innermost(at.lines) or (begin, "[")
        closer = "}" if opener == "{" else "]"
        return (begin, say("yaml.bracket-open", opener=opener, closer=closer),
                say("hint.close-bracket", closer=closer))
    if "cannot start any token" in at.what:
        return at.mark, say("yaml.value-begin", character=at.found), say("hint.quote-it")
    if "scanning an alias" in at.context or "scanning an anchor" in at.context:
        return begin, say("yaml.value-begin", character=at.opener), say("hint.quote-it")
    return None


def _colons(at: _Stumble) -> _Words | None:
    """Colons too many or too few."""
    if "mapping values are not allowed" in at.what:
        return _second_colon(at)
    if "could not find expected ':'" in at.what and at.begin:
        word = at.lines[at.begin.line].strip()
        return at.begin, say("yaml.no-colon", word=repr(word[:40])), say("hint.name-value")
    return None


def _second_colon(at: _Stumble) -> _Words:
    above = next((n for n in range(at.mark.line - 1, -1, -1) if at.lines[n].strip()), None)
    if re.search(r":\s", at.line[:at.mark.column]):
        return at.mark, say("yaml.second-colon"), say("hint.quote-colon")
    if above is not None and re.match(r"\s*[\w-]+:\S", at.lines[above]):
        return _Mark(above, at.lines[above].index(":")), say("yaml.colon-space"), say("hint.name-value")
    if above is not None and ":" not in at.lines[above]:
        word = at.lines[above].strip()
        return (_Mark(above, at.lines[above].index(word)), say("yaml.no-colon", word=repr(word[:40])),
                say("hint.write-colon", word=word[:40]))
    return (_Mark(at.mark.line, len(at.line) - len(at.line.lstrip())), say("yaml.too-deep"), say("hint.line-up"))


def _lines(at: _Stumble) -> _Words | None:
    """Lines that do not go together, and what follows a whole value."""
    if "expected key" in at.what and at.line[:at.mark.column].strip():
        return at.mark, say("yaml.after-quote"), say("hint.quote-whole")
    if "expected key" in at.what or "'-' indicator" in at.what:
        message = say("yaml.item-among-names") if at.found == "-" else say("yaml.not-lined-up")
        return at.mark, message, say("hint.same-indent")
    if "block sequence entries" in at.what:
        return at.mark, say("yaml.list-in-line"), say("hint.new-line-list")
    if "escape character" in at.what or "hexdecimal" in at.what:
        return at.mark, say("yaml.escape"), say("hint.single-quotes")
    if "<document start>" in at.what:
        return at.mark, say("yaml.after-end"), say("hint.one-graph")
    return None


# ---- events to a tree

class _Builder:
    """The tree so far. stack: containers that are open, with the key that waits for each and its mark."""

    def __init__(self, file: str, problems: list[Problem]):
        self.file, self.problems = file, problems

    def problem(self, place: tuple[int, int], message: Phrase, hint: Phrase) -> Problem:
        problem = Problem(Position(self.file, *place), message, hint)
        self.problems.append(problem)
        return problem

    def refuse(self, event: Any) -> None:
        """Say that a tag, an anchor or an alias has no place here."""
        mark, tag = event.start_mark, getattr(event, "tag", None)
        if tag:
            words = say("yaml.tag", tag=tag.replace("tag:yaml.org,2002:", "!!")), say("hint.plain-values")
        else:
            alias = isinstance(event, yaml.AliasEvent)
            words = say("yaml.alias", name=event.anchor) if alias else say("yaml.anchor", name=event.anchor), \
                say("hint.write-out-link")
        self.problem((mark.line + 1, mark.column + 1), *words)

    def begin(self, event: Any, place: tuple[int, int], depth: int, is_name: bool) -> None:
        """Judge where a list or mapping begins. Raises GraphError where the rest cannot be understood."""
        if event.tag is not None or event.anchor is not None:
            self.refuse(event)
        if is_name:
            raise GraphError([self.problem(place, say("yaml.nested-name"), say("hint.quote-bracket"))])
        if depth == DEEPEST:
            raise GraphError([self.problem(place, say("yaml.nested", most=DEEPEST), say("hint.fewer-brackets"))])

    def whole(self, value: str, place: tuple[int, int]) -> str:
        """A text without half characters, which are told of."""
        half = next((letter for letter in value if "\ud800" <= letter <= "\udfff"), "")
        if half:
            self.problem(place, say("yaml.half-character", escape=f"\\u{ord(half):04x}"), say("hint.whole-escape"))
        return value.encode(errors="replace").decode() if half else value

    def put(self, container: Map, key: Any, key_mark: tuple[int, int], value: Any, place: tuple[int, int]) -> None:
        """Put a value under its name, unless that is taken."""
        if key is _MERGE:
            self.problem(key_mark, say("yaml.merge"), say("hint.write-out"))
        elif key in container:
            self.problem(key_mark, say("yaml.twice", key=repr(key), line=container.marks[key][0]), say("hint.keep-one"))
        else:
            container[key] = value
            container.marks[key] = key_mark + place


_WRITTEN = {True: "true", False: "false", None: ""}


def _source(value: Any, text: str) -> str:
    """What is written for a number, true, false or nothing, if that is more than one sees in the value; else ""."""
    return text if text != (_WRITTEN[value] if value is None or value is True or value is False else str(value)) else ""


def _remember(container: Any, key: Any, source: str) -> None:
    """Note how a value is written."""
    if not hasattr(container, "sources"):
        container.sources = {}
    container.sources[key] = source


def _build(text: str, file: str, problems: list[Problem]) -> Any:
    builder = _Builder(file, problems)
    halves = _HALF.search(text) is not None
    root: Any = None
    stack: list[tuple[Any, Any, tuple[int, int], tuple[int, int]]] = []
    container: Any = None
    key: Any = _ABSENT
    key_mark, documents = (0, 0), 0
    event: Any
    for event in events(text):
        kind = type(event)
        if kind is yaml.ScalarEvent:
            mark = event.start_mark
            place = (mark.line + 1, mark.column + 1)
            if event.tag is not None and event.tag != "!" or event.anchor is not None:
                builder.refuse(event)
            value = event.value if not halves else builder.whole(event.value, place)
            if type(container) is Map and key is _ABSENT:
                key, key_mark = _MERGE if value == "<<" and event.implicit[0] else value, place
                continue
            if event.implicit[0]:
                written = value
                value = scalar(value)
                if value is not written and (source := _source(value, written)) and container is not None:
                    at = len(container) if type(container) is Seq else key
                    if at is not _MERGE and (type(container) is Seq or at not in container):
                        _remember(container, at, source)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            mark = event.start_mark
            place = (mark.line + 1, mark.column + 1)
            builder.begin(event, place, len(stack), type(container) is Map and key is _ABSENT)
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
                builder.refuse(event)
            value, place = None, (mark.line + 1, mark.column + 1)
            if type(container) is Map and key is _ABSENT:
                key, key_mark = f"*{event.anchor}", place
                continue
        else:
            documents += kind is yaml.DocumentStartEvent
            if documents > 1:
                builder.problem((event.start_mark.line + 1, 1), say("yaml.second-document"), say("hint.one-graph"))
                break
            continue
        if container is None:
            root = value
        elif type(container) is Map:
            builder.put(container, key, key_mark, value, place)
            key = _ABSENT
        else:
            container.marks[len(container)] = place + place
            container.append(value)
    return root
