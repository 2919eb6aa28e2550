"""Values that flow on through inputs of graphs, into ports that take less than those: judged where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..graph import Ref, refs
from ..nodetype import MISSING, Port
from ..types import PLAIN, fits
from ..wording import likely, say
from .checked import Checked
from .site import Site, subject


def complaint(source: Port, port: Port, value: Any) -> str | None:
    """Why one value that fits `source` does not fit a port that reads it, in a few words, or None."""
    if value is None or source.type is port.type and port.range is None and not port.choices:
        return None
    if port.type.name not in PLAIN or not fits(source.type, port.type) or source.complaint(value):
        return None  # told where it stands, or as a link that does not fit
    return port.complaint(value)


def default_fits(site: Site, ref: Ref, port: Port, *place: Any) -> None:
    """The default of a graph input meets the range and choices of the port it flows into."""
    source = site.inputs.get(ref.name)
    if source is not None and _judged(site, source):
        _judge_default(site, source, subject(place), port)


def default_fits_inside(site: Site, ref: Ref, inner: Checked, name: str, port_name: str) -> None:
    """The same for the ports that an input of a graph inside flows into."""
    source = site.inputs.get(ref.name)
    if source is not None and _judged(site, source):
        for label, port in readers(inner).get(port_name, ()):
            _judge_default(site, source, f"{name}/{label}", port)


def _judged(site: Site, source: Port) -> bool:
    default = source.default
    return not (default is MISSING or default is None or source.name in site.unclear or source.name in site.given)


def _judge_default(site: Site, source: Port, what: str, port: Port) -> None:
    for _, item in _leaves(source.default, source.many):
        wrong = complaint(source, port, item)
        if wrong:
            site.problem(say("input.default-narrow", input=source.name, port=what, wrong=wrong),
                         likely(str(item), port.choices), "inputs", source.name, "default", value=True)


def literal_fits_inside(site: Site, source: Port, value: Any, depth: int, inner: Checked, *place: Any) -> None:
    """A literal that is given to a graph inside fits the ports that it flows into there."""
    ports = readers(inner).get(source.name, ())
    for keys, item in _leaves(value, depth) if ports else ():
        for label, port in ports:
            wrong = complaint(source, port, item) if type(item) is not Ref else None
            if wrong:
                what = subject((*place, *keys))
                site.problem(say("value.narrow", what=what, port=f"{place[1]}/{label}", wrong=wrong),
                             likely(str(item), port.choices), *place, *keys, value=True)
                break


def _leaves(value: Any, depth: int, keys: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The single things in lists of this depth, with where they stand in them."""
    if depth and isinstance(value, list):
        for at, item in enumerate(value):
            yield from _leaves(item, depth - 1, (*keys, at))
    else:
        yield keys, value


def readers(checked: Checked) -> dict[str, list[tuple[str, Port]]]:
    """For each input of a graph, the ports that it flows into, as ("node.port", Port), graphs inside included."""
    if checked.readers is None:
        checked.readers = {}
        for name, node in checked.nodes.items():
            if node.node.mute or node.through is not None:
                continue
            for port_name, value in node.node.inputs.items():
                for ref in refs(value):
                    if ref.name in checked.inputs:
                        checked.readers.setdefault(ref.name, []).extend(_ports(checked, name, port_name))
    return checked.readers


def _ports(checked: Checked, name: str, port_name: str) -> list[tuple[str, Port]]:
    node = checked.nodes[name]
    if node.graph is not None:
        return [(f"{name}/{label}", port) for label, port in readers(node.graph).get(port_name, ())]
    port = node.nodetype.inputs.get(port_name) if node.nodetype is not None else None
    return [(f"{name}.{port_name}", port)] if port is not None else []
