"""What can be set about a thing on the canvas: for each parameter a Field with the widget that suits it.

A Field is read from the checked graph and shown; `typed.parse_typed` judges what is typed into it, and `changes` makes
the next graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from nodegraph import Catalogue, Knowledge, ModelType, PortType, Problem
from nodegraph.editing import (
    ANY,
    BOOL,
    COLOR,
    FILE,
    FLOAT,
    INT,
    MISSING,
    PLAIN,
    SEED,
    SWITCH,
    TEXT,
    Checked,
    CheckedNode,
    Port,
    label_of,
    refs,
)

from ..document import items as on_canvas
from ..document.items import Item, mapped as mapped_inputs
from ..document.ports import inputs_of, new_branch
from ..words.speak import language, said, t
from .changes import NUMBERS
from .faults import problem_at, problems_of
from .field import Field, label
from .typed import as_written

MOST_ON_A_SLIDER = 10_000  # whole numbers in a range; more of them are dragged
LONG_TEXTS = ("prompt", "text", "template", "verse", "description", "subject", "help")  # ports of sentences


def fields(checked: Checked, item: Item, catalogue: Catalogue | None = None) -> list[Field]:
    """What can be set about an item, in the order of its ports; empty for an item that is not there.

    catalogue: where the names of models and types to offer come from.
    """
    if not on_canvas.exists(checked.graph, item):
        return []
    return _READERS[item.kind](checked, item, catalogue)


# ---- nodes -------------------------------------------------------------------------------------------------

def _node_fields(checked: Checked, item: Item, catalogue: Catalogue | None) -> list[Field]:
    known = checked.nodes[item.name]
    ports = {port.name: port for port in inputs_of(checked, item.name)}
    if known.node.type == SWITCH and new_branch(known.node) not in known.node.inputs:
        ports.pop(new_branch(known.node), None)
    problems = problems_of(checked, item)
    return [_port_field(port, known, catalogue, problems) for port in ports.values()]


def _port_field(port: Port, known: CheckedNode, catalogue: Catalogue | None,
                problems: list[Problem]) -> Field:
    node, named = known.node, known.known
    given = port.name in node.inputs
    value = node.inputs[port.name] if given else as_written(port.default)
    mapped = port.name in mapped_inputs(node)
    listed = port if port.many or not (mapped or isinstance(value, list)) else _many(port)
    links = tuple(refs(value))
    batch = known.nodetype.batch if known.nodetype is not None else None
    maps = named and not port.many and batch in (None, port.name)
    required = not given and port.default is MISSING and not port.optional and named and node.type != SWITCH
    return Field(
        port.name, label_of(port.name) if node.type == SWITCH else label(port.name), _widget(listed, value),
        port.type.name, value, given,
        default=None if port.default is MISSING else as_written(port.default), required=required,
        **_limits(port), choices=port.choices or _models(port.type, catalogue), links=links,
        promotable=named and not links and port.type is not ANY, each=mapped if maps or mapped else None,
        help=_help(port, value, catalogue),
        port=listed, problem=problem_at(problems, port.name))


def _many(port: Port) -> Port:
    return Port(port.name, port.type, True, port.optional, port.default, port.range, port.choices, port.help)


def _limits(port: Port) -> dict[str, float | None]:
    if port.range is None:
        return {"low": None, "high": None, "step": None}
    low, high, step = port.range
    return {"low": low if math.isfinite(low) else None, "high": high if math.isfinite(high) else None,
            "step": step}


def _widget(port: Port, value: Any) -> str:
    """What a value of this port is set with."""
    kind = port.type
    if kind.parse is None:
        return "link_only"
    if port.many or isinstance(value, list):
        return "list"
    if port.choices:
        return "choice"
    if kind in (INT, FLOAT):
        if value is None:
            return "text"  # a slider would show a number where there is none
        low, high = (port.range.low, port.range.high) if port.range is not None else (-math.inf, math.inf)
        fine = math.isfinite(high - low) and (kind is FLOAT or high - low <= MOST_ON_A_SLIDER)
        return ("slider_" if fine else "drag_") + ("int" if kind is INT else "float")
    if kind is TEXT:
        texts = [text for text in (value, port.default) if isinstance(text, str)]
        long = any("\n" in text or len(text) > 60 for text in texts)
        return "multiline" if long or port.name.endswith(LONG_TEXTS) else "text"
    return "model" if isinstance(kind, ModelType) else _OF_TYPE.get(kind.name, "any")


_OF_TYPE = {BOOL.name: "checkbox", COLOR.name: "color", SEED.name: "seed", FILE.name: "file"}


def _models(type: PortType, catalogue: Catalogue | None) -> tuple[str, ...]:
    if not isinstance(type, ModelType) or catalogue is None:
        return ()
    packed = [name for name in catalogue.model_names() if _is_in(type, catalogue.model_folder(name))]
    found = [model.name for model in catalogue.library.found
             if (type.files or model.path.is_dir()) and _is_in(type, model.path)]
    return (*packed, *found)


def _help(port: Port, value: Any, catalogue: Catalogue | None) -> str:
    """A port's help; of a model that a pack brings, also the words that it knows."""
    if not isinstance(port.type, ModelType) or catalogue is None or not isinstance(value, str):
        return port.help
    folder = catalogue.model_folder(value)
    return "\n".join([port.help, *(_known_words(folder, language() == "zh") if folder is not None else ())])


@cache
def _known_words(folder: Path, chinese: bool) -> tuple[str, ...]:
    """What a model says that it knows, in lines; read once."""
    knowledge = Knowledge.of(folder)
    return tuple(knowledge.lines(chinese)) if knowledge is not None else ()


@cache
def _is_in(type: ModelType, folder: Path) -> bool:
    """Whether a model of this type may lie in a folder; looked up once, since packs stay as they are."""
    return type.holds is None or type.holds(folder)


# ---- inputs and outputs of the graph, notes, frames --------------------------------------------------------

_FACTS = {"low": "inspector.min", "high": "inspector.max", "help": "inspector.help_field",
          "type": "inspector.type", "default": "inspector.default", "choices": "inspector.choices",
          "source": "inspector.source", "text": "inspector.text", "title": "inspector.title_field",
          "color": "inspector.color"}
_IN_FILE = {"low": "min", "high": "max"}  # what a fact is called in the file, and so in problems


def _fact(name: str, widget: str, value: Any, problems: Iterable[Problem] = (), port: Port | None = None,
          **more: Any) -> Field:
    port, more = port or Port(name, TEXT), {"given": value not in (None, ""), **more}
    return Field(name, t(_FACTS[name]), widget, port.type.name, value, port=port,
                 problem=problem_at(problems, _IN_FILE.get(name, name)), **more)


def _input_fields(checked: Checked, item: Item, catalogue: Catalogue | None) -> list[Field]:
    made, port, problems = checked.graph.inputs[item.name], checked.inputs[item.name], problems_of(checked, item)
    found = [_fact("type", "choice", made.type, problems, choices=type_choices(catalogue, made.type))]
    value = made.default if made.has_default else None
    widget = _widget(_named(port, item.name), value)
    found.append(_fact("default", widget, value, problems, _named(port, "default"), given=made.has_default,
                       **_limits(port), choices=port.choices or _models(port.type, catalogue)))
    if made.type in NUMBERS:
        limit = Port("", FLOAT if made.type == "Float" else INT, optional=True)
        found += [_fact(name, "text", getattr(made, name), problems, _named(limit, _IN_FILE[name]))
                  for name in ("low", "high")]
    if made.type.removeprefix("list of ") == "Choice":
        words = Port("choices", TEXT, many=True)
        found.append(_fact("choices", "list", list(made.choices or ()), problems, words,
                           help=t("inspector.choices.help")))
    return [*found, _fact("help", "multiline", made.help, problems)]


def _named(port: Port, name: str) -> Port:
    return Port(name, port.type, port.many, port.optional, port.default, port.range, port.choices, port.help)


def type_choices(catalogue: Catalogue | None, now: str = "") -> tuple[str, ...]:
    """The types that an input of a graph may have: plain ones, those of packs, and lists of them."""
    names = ["Text", "Choice", *(name for name in PLAIN if name not in ("Text", ANY.name))]
    if catalogue is not None:
        names += [name for name in catalogue.type_names() if name not in names]
    return tuple(dict.fromkeys([*names, *(f"list of {name}" for name in names), *([now] if now else [])]))


def _output_fields(checked: Checked, item: Item, catalogue: Catalogue | None) -> list[Field]:
    ref = checked.graph.outputs[item.name]
    problem = next((said(p) for p in problems_of(checked, item)), "")
    return [Field("source", t(_FACTS["source"]), "link_only", value=ref, given=True, links=(ref,),
                  problem=problem)]


def _layout_fields(checked: Checked, item: Item, catalogue: Catalogue | None) -> list[Field]:
    words = on_canvas.text(checked.graph, item)
    color = _fact("color", "color", on_canvas.color(checked.graph, item) or None, port=Port("color", COLOR))
    first = _fact("text", "multiline", words) if item.kind == "note" else _fact("title", "text", words)
    return [first, color]


_READERS: dict[str, Callable[[Checked, Item, Catalogue | None], list[Field]]] = {
    "node": _node_fields, "input": _input_fields, "output": _output_fields, "note": _layout_fields,
    "frame": _layout_fields, "dot": lambda checked, item, catalogue: []}
