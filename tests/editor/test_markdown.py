"""Docstrings as simple pages."""

from __future__ import annotations

import numpy as np

from nodegraph import Catalogue, types
from nodegraph_editor.panels import examples
from nodegraph_editor.panels.markdown import Part, inline, parts
from nodegraph_editor.runs import updates as up
from nodegraph_editor.runs.thumbnails import Thumbnail

TEXT = """Draw a `line`
over two lines.

# Ways

- one that is long
  and goes on
- **two**

1. first
2) second

    code: [1]
      deeper

after it

```yaml
a: b
```
"""


def test_a_docstring_becomes_paragraphs_headings_lists_and_code():
    assert parts(TEXT) == [
        Part("text", "Draw a line over two lines."), Part("heading", "Ways"), Part("item", "one that is long and goes on", "•"),
        Part("item", "two", "•"), Part("item", "first", "1."), Part("item", "second", "2."),
        Part("code", "code: [1]\n  deeper"), Part("text", "after it"), Part("code", "a: b")]


def test_signs_of_looks_go_and_those_of_arithmetic_stay():
    assert inline("see [the paper](https://a.org/b) and [cache](cache.md)") == "see the paper (https://a.org/b) and cache"
    assert inline("*soft* and __hard__") == "soft and hard"
    assert inline("2 * 3 * 4, a*b*c and snake_case_name") == "2 * 3 * 4, a*b*c and snake_case_name"


def test_no_word_of_any_docstring_is_lost():
    catalogue = Catalogue()
    for name in ("text.join", "media.read_image", "mask.shape", "mix.sheet"):
        help = catalogue.nodetype(name).help
        words = "".join(part.text for part in parts(help))
        assert [word for word in help.replace("`", "").split() if word not in words] == []


def test_what_an_example_gave_is_there_the_next_time_and_not_for_another_version(tmp_path):
    assert examples.shown_of(tmp_path, "text.join", "1") is None
    examples.keep_shown(tmp_path, "text.join", "1", np.zeros((4, 6, 4), np.uint8), "a line")
    shown = examples.shown_of(tmp_path, "text.join", "1")
    assert shown.told == "a line" and shown.picture.is_file()
    assert examples.shown_of(tmp_path, "text.join", "2") is None
    assert examples.example_graph("text.join").outputs and examples.example_graph("no.node") is None


def test_of_what_an_example_gives_that_of_its_own_node_is_shown():
    graph, seen = examples.example_graph("picture.pad"), {}
    for name in graph.outputs:  # before, after
        seen[name] = up.Output(types.TEXT, b"", Thumbnail("text", None, name))
    assert examples.shown_first(graph, seen, "picture.pad").text == "after"
    assert examples.shown_first(graph, {"before": seen["before"]}, "picture.pad").text == "before"
    assert examples.shown_first(graph, {}, "picture.pad") is None
