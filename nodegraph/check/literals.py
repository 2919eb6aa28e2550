"""Values that stand in the file: what they mean to a port, what is wrong with them, and what was probably meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ..errors import InputError
from ..filelist import listed_files
from ..flows import listed
from ..graph import PICK, Ref
from ..graphfile import dump
from ..nodetype import MISSING, Port
from ..packs import makers_of
from ..types import ANY, BOOL, COLOR, FILE, FLOAT, INT, PLAIN, SEED, TEXT, ModelType
from ..wording import Phrase, likely, say, scalar, spelled, written
from .checked import RANDOM
from .links import brought, joint
from .narrow import default_fits
from .site import Site, subject


def literal(site: Site, port: Port, value: Any, depth: int, *place: Any) -> Any:
    """What a value that stands in the file means to a port; MISSING, with a problem noted, if nothing.

    depth: of the lists that the port takes here.
    """
    if value is None and (port.optional or port.default is None):
        return None
    parsed = _parsed(site, port, value, depth, "nodes" in place, place)
    if parsed is not MISSING and site.find is not None and (port.type is FILE or isinstance(port.type, ModelType)):
        _look_for(site, port, parsed, depth, *place)
    return parsed


def _parsed(site: Site, port: Port, value: Any, depth: int, placed: bool, place: tuple[Any, ...]) -> Any:
    if depth:
        if isinstance(value, list):
            items = [_parsed(site, port, item, depth - 1, False, (*place, at)) for at, item in enumerate(value)]
            return items if not any(item is MISSING for item in items) else MISSING
        if port.type is FILE and depth == 1 and isinstance(value, str) and value:
            return value  # a folder, or a pattern
        wrong = say("value.wrong", what=subject(place), value=spelled(value, site.graph.source(*place)),
                    takes=listed(port.type.name, depth))
    else:
        try:
            return _item(port, value)
        except InputError as error:
            wrong = _wrong(subject(place), str(error), value, site.graph.source(*place))
    hint = _remedy(site, port, value, site.graph.source(*place), depth > 0, place if placed else ())
    site.problem(wrong, hint, *place, value=True)
    return MISSING


def _wrong(what: str, words: str, value: Any, source: str) -> Phrase:
    """What is wrong with a value, from the words of a PortType: "is 3; it takes a text".

    source: as the file writes it.
    """
    head, semicolon, takes = words.partition("; it takes ")
    if semicolon and head.startswith("is "):
        known = source and spelled(value, source) == source and head[3:] in (str(value), str(value).lower())
        return say("value.wrong", what=what, value=source if known else head[3:], takes=takes)
    return say("value.refused", what=what, wrong=words)


def _item(port: Port, value: Any) -> Any:
    """What one value of the file means to a port. Raises InputError saying what it takes."""
    if isinstance(value, list) or port.type is not ANY and (value is None or isinstance(value, dict)
                                                            and port.type.name in PLAIN):
        raise InputError(f"is {written(value)}; it takes {port.takes}")
    return RANDOM if port.type is SEED and value == RANDOM else port.parse(value)


def _look_for(site: Site, port: Port, parsed: Any, depth: int, *place: Any) -> None:
    """Say what is missing about the files or models that a literal names."""
    if isinstance(parsed, str) and depth:
        if not listed_files(parsed, site.graph.folder):
            site.problem(say("file.no-match", what=subject(place), pattern=parsed), say("hint.path"), *place,
                         value=True)
        return
    assert site.find is not None
    for item in leaves(parsed, depth):
        missing = site.find(port.type, item, site.graph.folder)
        if missing:
            site.problem(say("file.missing", what=subject(place), missing=missing),
                         say("hint.path") if port.type is FILE else "", *place, value=True)


def leaves(value: Any, depth: int) -> Iterator[Any]:
    """The single things in lists of this depth."""
    if depth and isinstance(value, list):
        for item in value:
            yield from leaves(item, depth - 1)
    else:
        yield value


def gathered(site: Site, name: str, port: Port, value: list[Any], depth: int) -> list[Any]:
    """A list in which links stand among literals: each item is checked by itself."""
    place = ("nodes", name, port.name)
    if not depth:
        site.problem(say("value.list-into-one", what=subject(place), type=port.type.name),
                     say("hint.one-or-each", port=port.name), *place, value=True)
    inner = max(depth - 1, 0)
    linked = Port(port.name, port.type, choices=port.choices)
    single = Port(port.name, port.type, range=port.range, choices=port.choices)
    items: list[Any] = []
    for at, item in enumerate(value):
        if type(item) is Ref:
            flow = brought(site, item, *place, at, wanted=port.type)
            if flow is not None:
                joint(site, item, flow, linked, inner + item.spread, "", *place, at)
                default_fits(site, item, port, *place, at)
            items.append(item)
        else:
            parsed = literal(site, single, item, inner, *place, at)
            items.append(None if parsed is MISSING else parsed)
    return items


# ---- what to do about it

def _remedy(site: Site, port: Port, value: Any, source: str, many: bool, place: tuple[Any, ...]) -> str:
    """What to do about a value that a port does not take.

    source: how the file writes it, where that differs. many: a list is wanted; place: of the input of a node that it
    stands in, or empty.
    """
    placed = bool(place)
    text = value if isinstance(value, str) else ""
    if many and not isinstance(value, list):
        one_of_many = place[1:] and site.graph.nodes[place[1]].type == PICK
        return say("hint.answers") if one_of_many else _list_remedy(port, value, source)
    if isinstance(value, list):
        if port.type.parse is None:
            return _link_remedy(site, port, placed)
        mappable = placed and site.may_map(place[1], port.name) and all(_fits(port, item) for item in value)
        return say("hint.map-it", port=port.name) if mappable else ""
    if text and port.choices:
        return likely(text, port.choices)
    if text.partition(".")[0] in site.graph.nodes or text in site.graph.inputs:
        return say("hint.link", name=text)
    if port.type.parse is None:
        return _link_remedy(site, port, placed)
    if port.type in (INT, FLOAT, SEED):
        return _number_remedy(port, value)
    return _word_remedy(port, value, source)


def _fits(port: Port, value: Any) -> bool:
    """Whether a value that stands in the file is one that a port takes."""
    try:
        _item(port, value)
    except InputError:
        return False
    return True


def _link_remedy(site: Site, port: Port, placed: bool) -> str:
    """How a port is given what no graph file can hold: by a link to a node that reads or makes it."""
    makers = makers_of(site.catalogue, port.type)
    if not makers:
        return say("hint.link-node", port=port.name) if placed else say("hint.take-it-out")
    nodes = " or ".join(makers)
    return say("hint.link-reader", port=port.name, nodes=nodes) if placed else say("hint.file-instead", nodes=nodes)


def _list_remedy(port: Port, value: Any, source: str) -> str:
    if value is None:
        return say("hint.empty-list")
    if isinstance(value, dict):
        return say("hint.quote-brace") if port.type is TEXT else ""
    return say("hint.brackets", value=_in_brackets(port, value, source)) if port.type.parse is not None else ""


def _word_remedy(port: Port, value: Any, source: str) -> str:
    if port.type is BOOL and str(value).lower() in YES_NO:
        return say("hint.without-quotes", value=YES_NO[str(value).lower()])
    if port.type is COLOR and value is None:
        return say("hint.quote-color")
    if port.type is TEXT and isinstance(value, (int, float)):
        word = spelled(value, source)
        return say("hint.quote", value=word) if not port.choices or word in port.choices else ""
    if port.type is TEXT and isinstance(value, dict):
        return say("hint.quote-brace")
    if port.type is TEXT and value is None:
        return say("hint.empty-or-word", word=source) if source else say("hint.empty-text")
    return ""


YES_NO = {**dict.fromkeys(("yes", "on", "1", "true"), "true"), **dict.fromkeys(("no", "off", "0", "false"), "false")}


def _number_remedy(port: Port, value: Any) -> str:
    """The number that was probably meant, or an example of one."""
    meant = value
    if isinstance(value, str):
        meant = scalar(value)
        if type(meant) in (int, float) and not port.complaint(meant):
            return say("hint.unquote", value=value)
        meant = scalar(value.replace(",", "."))
        if re.fullmatch(r"(0[xob])?[0-9a-fA-F]+(_[0-9a-fA-F]+)*", value):
            try:
                meant = int(value, 0)
            except ValueError:
                pass
    if isinstance(meant, bool):
        meant = int(meant)
    if type(meant) is float and port.type is not FLOAT and abs(meant) < 2 ** 53:
        meant = round(meant)
    if type(meant) in (int, float) and not port.type.complaint(meant):
        if port.range is not None:
            meant = min(max(meant, port.range.low), port.range.high)
        return say("hint.number", value=meant)
    example = port.default if type(port.default) in (int, float) else port.range.low if port.range else 1
    return say("hint.a-number", value=example)


def _in_brackets(port: Port, value: Any, source: str) -> str:
    """A value as a list of one, as a graph file writes it."""
    if port.type is TEXT and isinstance(value, (int, float)):
        value = spelled(value, source)
    if not isinstance(value, str):
        return dump([value]).strip()
    text = f"${value}" if value.startswith("$") else value
    return f"[{text}]" if dump([text]).strip() == f"[{text}]" else f"[{json.dumps(text, ensure_ascii=False)}]"
