"""What kind of thing a placed node is, for the frame around it: a loop, a product, a map, a choice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from nodegraph import Graph, Node, Ref
from nodegraph.editing import PICK, SWITCH

from ..document.items import REPEAT, mapped
from ..words.speak import name_of, t
from .lettering import brief

TIMES = "\N{MULTIPLICATION SIGN}"


class Construct(NamedTuple):
    """A frame around a node. kind: "loop", "product", "map", "switch" or "pick". words: on its band, below the title.

    times: how many there are, as far as that is known, in as few signs as can be.
    """

    kind: str
    words: str
    times: str = ""

    @property
    def stacked(self) -> bool:
        """Whether it runs more than once, so that it looks like a stack of cards."""
        return self.kind in ("loop", "product", "map")


def construct_of(node: Node, graph: Graph, states: Mapping[str, Any], ran: int = 0) -> Construct | None:
    """The frame around a node, if it is more than a call that is made once. ran: how often it ran last, 0 where that is
    not known."""
    if REPEAT in node.control:
        rounds = node.control[REPEAT]
        rounds = graph.inputs[rounds.name].default if type(rounds) is Ref and rounds.name in graph.inputs else rounds
        until = node.control.get("until")
        told = "frame.loop_until" if until is not None else "frame.loop"
        return Construct("loop", t(told, count=f"${rounds.name}" if type(rounds) is Ref else rounds, word=until),
                         f"{TIMES} {ran}" if ran else "")
    counts = [_length(node.inputs.get(port), graph, states) for port in mapped(node)]
    if "cross" in node.control:
        return Construct("product", t("frame.product", names=f" {TIMES} ".join(_names(node))),
                         _product(counts) or (f"{TIMES} {ran}" if ran else ""))
    if node.each:
        count = next(filter(None, counts), 0) or ran
        return Construct("map", t("frame.map", names=", ".join(_names(node))), f"{TIMES} {count}" if count else "")
    if node.type == SWITCH:
        return Construct("switch", t("frame.switch", count=sum(port != "on" for port in node.inputs)))
    if node.type == PICK:
        return Construct("pick", t("frame.pick"), str(ran) if ran else "")
    return None


def _product(counts: list[int]) -> str:
    """Of how many things every combination is, and how many those are."""
    return f"{f' {TIMES} '.join(map(str, counts))} = {math.prod(counts)}" if counts and all(counts) else ""


def _names(node: Node) -> list[str]:
    return [name_of("port", port.removeprefix("cases.")) for port in mapped(node)]


def _length(value: Any, graph: Graph, states: Mapping[str, Any]) -> int:
    """How many things an input is given, as far as the file or the last run tells; 0 where neither does."""
    if type(value) is not Ref:
        return sum(max(1, _length(one, graph, states)) if type(one) is not Ref or not one.spread else
                   _length(one, graph, states) for one in value) if isinstance(value, (list, tuple)) else 0
    if value.name in graph.inputs:
        default = graph.inputs[value.name].default
        return len(default) if isinstance(default, (list, tuple)) else 0
    state = states.get(value.name)
    return ran_of(shown for port, shown in state.thumbnails.items() if value.port in (None, port)) if state is not None else 0


def ran_of(thumbnails: Iterable[Any]) -> int:
    """Of how many things results are that are lists; 0 where none is."""
    return max((count for shown in thumbnails if (count := getattr(shown, "things", 1)) > 1), default=0)


def words_of(node: Node) -> str:
    """How often a node runs, in a line: carry text, until done. What its pins and its band show is left out."""
    told = {word: value for word, value in node.control.items() if word not in (REPEAT, "cross")}
    return ", ".join(f"{t(f'word.{word}')} {said}" for word, value in told.items() if (said := word_value(word, value)))


def word_value(word: str, value: Any) -> str:
    """What stands behind one of these words, in short."""
    if word == "carry":
        return ", ".join(input if input == output else f"{output} > {input}" for input, output in value.items())
    if word == "cross":
        return " \N{MULTIPLICATION SIGN} ".join(value)
    return t("word.skip") if word == "failed" else brief(value)
