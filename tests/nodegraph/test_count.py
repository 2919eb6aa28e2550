"""`count:` numbers rounds where it names an input, and is an input's value where a node has one of that name."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest

from nodegraph import Engine, PackError, Range, graphfile, node
from nodegraph.graph import Ref


@node("k.many", version=1)
def many(count: Annotated[int, Range(1, 9)], word: str = "x") -> str:
    """A word, often.

    count: how often.
    """
    return word * count


@node("k.turn", version=1)
def turn(count: int, at: int = 0) -> int:
    """Two numbers in one.

    count: the tens.
    at: the ones.
    """
    return 10 * count + at


@node("k.plain", version=1)
def plain(a: int = 0) -> int:
    """A number."""
    return a


def checked(nodes: str, outputs: str = "{o: $o}"):
    text = f"nodegraph: 1\ninputs: {{n: 4}}\nnodes:\n  o: {nodes}\noutputs: {outputs}\n"
    engine = Engine(cache=None, device="cpu", functions=[many, turn, plain])
    return engine, engine.check(*graphfile.parse(text))


@pytest.mark.parametrize("nodes, gives", [
    ("{type: k.many, count: 3}", "xxx"), ("{type: k.many, count: $n}", "xxxx"),
    ("{type: k.turn, repeat: 3, count: count}", [10, 20, 30]), ("{type: k.turn, repeat: 2, count: 5}", [50, 50]),
    ("{type: k.many, each: count, count: [2, $n]}", ["xx", "xxxx"]), ("{type: k.plain, repeat: 3, count: a}", [1, 2, 3]),
])
def test_a_word_names_an_input_to_number_and_anything_else_is_the_value_of_an_input_called_so(nodes, gives):
    engine, found = checked(nodes)
    assert [str(p) for p in found.problems if p.severity == "error" or "unused" not in str(p.code)] == []
    assert engine.run(found.graph)["o"] == gives


@pytest.mark.parametrize("nodes, code, line", [
    ("{type: k.plain, repeat: 2, count: 3}", "node.count-wrong", "count of o is 3; it takes the name of an input"),
    ("{type: k.plain, repeat: 2, count: $n}", "node.count-wrong", "count of o is '$n'; it takes the name of an input"),
    ("{type: k.many, count: 12}", None, "o.count is 12; it takes 1 to 9"),
    ("{type: k.many, repeat: 2, count: seven}", "count.no-input", "o has no input seven to count in"),
])
def test_what_cannot_be_meant_is_told_in_a_sentence(nodes, code, line):
    _, found = checked(nodes)
    problem = next(p for p in found.problems if p.severity == "error")
    assert str(problem.message).startswith(line) and (code is None or problem.code == code)


@pytest.mark.parametrize("node", ["{type: k.many, count: 3}", "{type: k.many, count: $n}",
                                  "{type: k.turn, repeat: 2, count: at, each: [x], x: 1}", "{type: k.turn, repeat: 3, count: count}"])
def test_both_readings_are_written_as_they_were_read(node):
    graph, _ = graphfile.parse(f"nodegraph: 1\nnodes: {{o: {node}}}\noutputs: {{o: $o}}\n")
    again, problems = graphfile.parse(graphfile.dumps(graph))
    assert again == graph and not problems
    assert ("count" in graph.nodes["o"].inputs) == (": 3}" in node or "$n" in node)
    changed = graph.with_value("o", "count", Ref("m")) if "count" in graph.nodes["o"].inputs else graph
    text = graphfile.updated(graphfile.dumps(graph), changed)
    assert graphfile.parse(text)[0] == changed


@pytest.mark.parametrize("kind", [str, Literal["a", "b"], str | None])
def test_an_input_called_count_that_takes_words_is_refused(kind):
    def f(count):
        """Help."""
        return 1

    f.__annotations__ = {"count": kind, "return": int}
    with pytest.raises(PackError, match="count takes a Text, and in graph files .* call the input otherwise"):
        node("k.f", version=1)(f)
