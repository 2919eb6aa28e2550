"""An input that a node once had: check says what is to be written in its place."""

from nodegraph import Catalogue, node
from nodegraph.check import check
from nodegraph.graphfile import parse


@node("test.shade", version=2, gone={"method": "It is two inputs now: write tone: and depth:."})
def shade(tone: float, depth: float = 1.0) -> float:
    """Shade by a tone."""
    return tone * depth


def hints(line, tmp_path):
    graph, problems = parse(f"nodegraph: 1\nnodes:\n  a: {{type: test.shade, tone: 1, {line}}}\noutputs: {{a: $a}}\n",
                            tmp_path / "graph.yaml")
    return [(str(problem.message), str(problem.hint)) for problem in check(graph, Catalogue([shade]), problems).problems]


def test_an_input_that_is_gone_is_told_with_what_to_write_instead(tmp_path):
    assert hints("method: soft", tmp_path) == [("a has no input method", "It is two inputs now: write tone: and depth:.")]


def test_another_unknown_input_is_told_as_before(tmp_path):
    assert hints("dept: 2", tmp_path) == [("a has no input dept", "Did you mean depth?")]
