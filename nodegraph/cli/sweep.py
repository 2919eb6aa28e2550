"""What `--sweep` asks for: a graph once for each combination of values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any, NamedTuple

from ..check import Checked
from ..engine import Engine
from ..errors import GraphError, Problem
from ..graphfile import nearest, scalar
from ..naming import labels, room
from ..nodetype import Port
from .options import Options
from .settings import declare_seed, lists, literal, refuse_bytes, settings, words

MOST_RUNS = 10_000


class Variant(NamedTuple):
    """A graph to run. label: the swept values by target; given: its inputs; names: what tells those values apart."""

    label: dict[str, Any]
    checked: Checked
    given: dict[str, Any]
    names: dict[str, str] = {}


class Sweep(NamedTuple):
    """Values for a port of a node, or for an input of the graph, whose port is "". paths: they name files or folders."""

    name: str
    port: str
    values: list[Any]
    paths: bool = False

    @property
    def target(self) -> str:
        return f"{self.name}.{self.port}" if self.port else self.name


def variants(engine: Engine, checked: Checked, options: Options, recorded: Mapping[str, Any]) -> list[Variant]:
    """The graph once, or once for each combination of swept values.

    recorded: inputs that hold where the command line says nothing else.
    """
    given = {**recorded, **settings(checked, options.set)}
    if not options.sweep:
        return [Variant({}, checked, given)]
    sweeps: dict[str, Sweep] = {}
    for text in options.sweep:
        target, _, values = text.partition("=")
        refuse_bytes(f"--sweep {target}", values)
        sweep = read_sweep(checked, text)
        if sweep.target in sweeps:
            raise GraphError(f"--sweep {text}: {sweep.target} is swept already")
        sweeps[sweep.target] = sweep
    runs = prod(len(sweep.values) for sweep in sweeps.values())
    if runs > MOST_RUNS:
        raise GraphError(f"--sweep: that is {runs} runs; one command does {MOST_RUNS} at most")
    most = room(checked.graph.outputs, list(sweeps))
    named = [list(zip(sweep.values, labels(sweep.values, most, sweep.paths))) for sweep in sweeps.values()]
    return [_variant(engine, checked, given, dict(zip(sweeps, values)), sweeps) for values in product(*named)]


def _variant(engine: Engine, checked: Checked, given: dict[str, Any], row: dict[str, tuple[Any, str]],
             sweeps: dict[str, Sweep]) -> Variant:
    """One run. row: the value of each target, and its name."""
    label, names = ({target: pair[at] for target, pair in row.items()} for at in (0, 1))
    graph, inputs = checked.graph, dict(given)
    for target, value in label.items():
        sweep = sweeps[target]
        if sweep.port:
            graph = graph.with_value(sweep.name, sweep.port, value)
        else:
            inputs[sweep.name] = value
    return Variant(label, engine.check(graph).raise_errors() if graph is not checked.graph else checked, inputs,
                   names)


def read_sweep(checked: Checked, text: str) -> Sweep:
    """`node.port=1..8`, `name=100..112:4`, `name=a,b,c` or `name=[a, b]`. Raises GraphError for what cannot be swept so."""
    target, equals, values = text.partition("=")
    name, _, port_name = target.partition(".")
    if not equals or not values:
        raise GraphError(f"--sweep {text}: it takes node.port=1..8 or node.port=a,b,c")
    what = f"--sweep {target}"
    port, takes_list = _node_port(checked, what, name, port_name) if port_name else _input_port(checked, what, name)
    if takes_list:
        listed = lists(what, values)
        swept: list[Any] = [[literal(what, port, item) for item in word] if port else list(map(scalar, word))
                            for word in listed]
    else:
        as_seed = declare_seed(port) if port and not port_name else ""
        swept = [literal(what, port, word, as_seed) if port else scalar(word)
                 for word in numbers(text, values) or words(what, values)]
    if not swept:
        raise GraphError(f"--sweep {text}: there is no value in the list")
    return Sweep(name, port_name, swept, port.type.located if port else _are_paths(swept))


def _are_paths(values: list[Any]) -> bool:
    """Whether values of which no type is known look like paths."""
    return all(isinstance(value, str) and re.fullmatch(r"\S*[/\\]\S+", value) for value in values)


def _input_port(checked: Checked, what: str, name: str) -> tuple[Port, bool]:
    """An input of the graph, and whether it takes a list."""
    if name not in checked.inputs:
        hint = f"To sweep an input of the node write --sweep {name}.port=..." if name in checked.nodes \
            else nearest(name, checked.inputs)
        raise GraphError([Problem(None, f"{what}: the graph has no input {name}", hint)])
    return checked.inputs[name], checked.inputs[name].many


def _node_port(checked: Checked, what: str, name: str, port_name: str) -> tuple[Port | None, bool]:
    """An input of a node, None for one of a switch, and whether it takes a list."""
    if name not in checked.nodes:
        raise GraphError([Problem(None, f"{what}: the graph has no node {name}", nearest(name, checked.nodes))])
    node = checked.nodes[name]
    ports: Mapping[str, Port] = node.nodetype.inputs if node.nodetype else node.graph.inputs if node.graph else {}
    if port_name not in (ports or node.node.inputs):
        raise GraphError([Problem(None, f"{what}: {name} has no input {port_name}",
                                  nearest(port_name, ports or node.node.inputs))])
    port = ports.get(port_name)
    return port, port is not None and port.many or port_name in (*node.node.each, *node.node.control.get("cross", ()))


def numbers(text: str, values: str) -> list[str]:
    """The words that `1..8` or `100..112:4` stands for; none where it is no range."""
    if values[0] in "[\"'" or not re.fullmatch(r"[^,./\\]*\.\.[^,./\\]*", values):
        return []
    match = re.fullmatch(r"(-?\d{1,18})\.\.(-?\d{1,18})(?::(\d{1,18}))?", values)
    if match is None:
        raise GraphError(f"--sweep {text}: a range goes from one whole number to another, as in 1..8, "
                         "or in steps, as in 100..112:4")
    low, high, step = int(match[1]), int(match[2]), int(match[3] or 1)
    if step == 0:
        raise GraphError(f"--sweep {text}: the step is 0; it takes a whole number from 1")
    if low > high:
        raise GraphError(f"--sweep {text}: the range goes from {low} down to {high}; turn it round")
    if (high - low) // step >= MOST_RUNS:
        raise GraphError(f"--sweep {text}: that is {(high - low) // step + 1} runs; one command does {MOST_RUNS} at most")
    return [str(number) for number in range(low, high + 1, step)]
