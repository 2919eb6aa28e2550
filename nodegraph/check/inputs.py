"""The inputs of a graph, as ports."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import PackError
from ..graph import GraphInput
from ..nodetype import MISSING, Port
from ..types import ANY, TEXT, PortType, Range
from ..wording import an, nearest, say
from .literals import literal
from .site import Site


def input_port(site: Site, name: str, item: GraphInput) -> Port:
    """The Port that a graph input amounts to; its default is checked like any literal, unless the input is given."""
    type, many = _input_type(site, name, item)
    given, default = name in site.given, item.default if item.has_default else MISSING
    port = Port(name, type, many=many, optional=default is None, default=default,
                range=_limits(site, name, item, type), choices=_choices(site, name, item, type), help=item.help)
    if item.has_default and name not in site.unclear and not given:
        literal(site, port, item.default, int(many), "inputs", name, "default")
    return port


def _limits(site: Site, name: str, item: GraphInput, type: PortType) -> Range | None:
    if item.low is None and item.high is None:
        return None
    if type.name not in ("Int", "Float", "Seed") and name not in site.unclear:
        site.problem(say("input.limits-type", input=name, type=an(type.name)), say("hint.limits"), "inputs", name,
                     "min" if item.low is not None else "max")
        return None
    return Range(float("-inf") if item.low is None else item.low, float("inf") if item.high is None else item.high)


def _choices(site: Site, name: str, item: GraphInput, type: PortType) -> tuple[str, ...] | None:
    if item.choices and type is not TEXT and name not in site.unclear:
        site.problem(say("input.choices-type", input=name, type=an(type.name)), say("hint.choices-type"),
                     "inputs", name, "choices")
        return None
    return item.choices


def _input_type(site: Site, name: str, item: GraphInput) -> tuple[PortType, bool]:
    type_name = item.type.removeprefix("list of ")
    many = type_name != item.type
    type = None
    if type_name == "Choice":
        type = TEXT
        if not item.choices and not site.stands("inputs", name, "choices"):
            site.problem(say("input.no-choices", input=name), say("hint.add-choices"), "inputs", name)
    elif type_name:
        try:
            type = site.catalogue.porttype(type_name)
        except PackError as error:
            site.problem(say("pack.broken", error=str(error)), "", "inputs", name, "type", value=True)
            type_name = ""
    if type is None:
        site.unclear.add(name)
        if type_name:
            site.problem(say("input.type-unknown", input=name, type=type_name),
                         _nearest_type(type_name, site.catalogue.type_names()), "inputs", name, "type", value=True)
    return type or ANY, many


_PYTHON = {"str": "Text", "string": "Text", "int": "Int", "integer": "Int", "float": "Float", "number": "Float",
           "bool": "Bool", "boolean": "Bool", "path": "File", "list": "list of Text"}


def _nearest_type(name: str, names: Iterable[str]) -> str:
    """A hint for an unknown type of a graph input; Python's own words are understood too."""
    if name.lower() in _PYTHON:
        return say("hint.meant", name=_PYTHON[name.lower()])
    return nearest(name, [*names, "Choice"])
