"""What kind of thing a placed node is, for the frame around it: a loop, a product, a map, a choice."""

from __future__ import annotations

from typing import NamedTuple

from nodegraph import Node, Ref
from nodegraph.editing import PICK, SWITCH

from ..document.items import REPEAT, mapped
from ..words.speak import name_of, t


class Construct(NamedTuple):
    """A frame around a node. kind: "loop", "product", "map", "switch" or "pick". words: on its tab."""

    kind: str
    words: str


def construct_of(node: Node) -> Construct | None:
    """The frame around a node, if it is more than a call that is made once."""
    if REPEAT in node.control:
        rounds = node.control[REPEAT]
        words = t("frame.loop_until", word=str(node.control["until"])) if "until" in node.control else ""
        count = f"${rounds.name}" if type(rounds) is Ref else str(rounds)
        return Construct("loop", t("frame.loop", count=count) + words)
    if "cross" in node.control:
        return Construct("product", t("frame.product", names=" \N{MULTIPLICATION SIGN} ".join(_names(node))))
    if node.each:
        return Construct("map", t("frame.map", names=", ".join(_names(node))))
    if node.type == SWITCH:
        return Construct("switch", t("frame.switch", count=sum(port != "on" for port in node.inputs)))
    if node.type == PICK:
        return Construct("pick", t("frame.pick"))
    return None


def _names(node: Node) -> list[str]:
    return [name_of("port", port.removeprefix("cases.")) for port in mapped(node)]
