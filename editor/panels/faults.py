"""What is wrong with an item of the canvas, by its parts."""

from __future__ import annotations

from collections.abc import Iterable

from nodegraph import Problem
from nodegraph.editing import Checked

from ..document.items import Item
from ..words.speak import said


def problems_of(checked: Checked, item: Item) -> list[Problem]:
    """The problems of an item; not those of graphs inside it, which carry the place of another file."""
    section = {"node": "nodes", "input": "inputs", "output": "outputs"}.get(item.kind, "")
    own = str(checked.graph.path or "graph")
    return [problem for problem in checked.problems if problem.at[:2] == (section, item.name)
            and (problem.where is None or problem.where.file == own)]


def problem_at(problems: Iterable[Problem], key: str) -> str:
    """What is wrong with one part of an item: told at its key, or of the item that lacks it."""
    about = next((p for p in problems if p.at[2:3] == (key,)), None) or \
        next((p for p in problems if lacking(p) == key), None)
    return said(about) if about is not None else ""


_LACKS = {"switch.no-on": "on", "pick.no-from": "from", "pick.no-where": "where"}


def lacking(problem: Problem) -> str:
    """The input that a problem says is not given; "" for any other problem."""
    if problem.code in ("node.needs", "node.input-reserved"):
        return str(problem.facts["input"])
    return _LACKS.get(problem.code, "")


def item_problems(checked: Checked, item: Item) -> list[str]:
    """What is wrong with an item and belongs to none of its fields."""
    problems = problems_of(checked, item)
    if item.kind == "node":
        problems = [p for p in problems if p.at[2:3] in ((), ("type",), ("each",))]
        return [said(p) for p in problems if not lacking(p)]
    return [said(p) for p in problems if len(p.at) == 2 and item.kind == "input"]
