"""A graph whose cache, as the first release wrote it, is kept in `fixtures/first_cache`: it must be served for ever.

    python -m tests.nodegraph.kept_graph FOLDER      runs the graph into a cache folder
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

from nodegraph import PortType, node

from .playground import engine, graph

Array = Annotated[Any, PortType("Array")]


@node("k.array", version=1)
def array(kind: str) -> Array:
    """Six numbers of a dtype."""
    import numpy

    return (numpy.arange(6).reshape(2, 3) % 2).astype(kind)


@node("k.mixed", version=1)
def mixed(size: int) -> Any:
    """Tensors and plain data in one value."""
    import torch

    return {"whole": torch.arange(float(size)), "half": torch.full((2, 2), 1.5, dtype=torch.bfloat16),
            "bits": torch.tensor([True, False]), "words": ["a", ("b", 3, None, -0.0)]}


@node("k.show", version=1)
def show(value: Any) -> str:
    """How a value is written."""
    return repr(value)


NODES = [array, mixed, show]
TEXT = """
nodes:
  number: {type: t.add, a: 1, b: 2}
  more: {type: t.add, a: $number, b: 3}
  long: {type: t.upper, text: "%s"}
  words: {type: t.words, text: one two three}
  loud: {type: t.upper, each: text, text: $words}
  halves: {type: t.halves, text: abc}
  tensor: {type: t.tensor, size: 40, fill: 1.5}
  sum: {type: t.sum, tensor: $tensor}
  floats: {type: k.array, kind: float32}
  bools: {type: k.array, kind: bool}
  wide: {type: k.array, kind: int64}
  mixed: {type: k.mixed, size: 5}
  shown: {type: k.show, value: $mixed}
outputs: {more: $more, long: $long, loud: $loud, rest: $halves.rest, tensor: $tensor, sum: $sum, floats: $floats,
          bools: $bools, wide: $wide, mixed: $mixed, shown: $shown}
""" % ("long " * 80)


def main() -> None:
    with engine(sys.argv[1], more=NODES) as e:
        assert e.run(graph(TEXT)).raw.ok


if __name__ == "__main__":
    main()
