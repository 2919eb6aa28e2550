"""What the worker does for someone else's eyes: a graph with all that it reads as one zip, a picture that tells no words."""

from __future__ import annotations

from pathlib import Path

from nodegraph import Engine, Graph
from nodegraph.editing import bundle, graphfile, pngtext

from ..document.texts import without_texts
from .products import Product


def bundled(engine: Engine, graph: Graph, path: Path) -> list[Path]:
    """Write a graph and all that it reads into a zip; its path. Raises GraphError where the graph is wrong."""
    bundle.write(engine.plan(graph), path, lambda one: engine.plan(engine.load(one)))
    return [path]


def wordless(engine: Engine, made: Product, output: str, path: Path) -> list[Path]:
    """Write a picture whose graph has its texts left out, and that tells nothing of what the run was given; the paths."""
    paths = engine.save(made.type, made.digest, path)
    graph = made.plan.graph
    text = graphfile.dumps(without_texts(graph, engine.check(graph)).graph)
    for one in paths:
        if one.suffix.lower() == ".png":
            one.write_bytes(pngtext.with_texts(one.read_bytes(), {graphfile.EMBEDDED: text}))
    return paths
