"""The pages that nobody writes, as Markdown: of each node type, of the gallery, of the notebook."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from nodegraph.cli.pack import markdown
from nodegraph.documents import Description
from nodegraph.graph import Graph
from nodegraph.packs import Catalogue

from .blocks import blocks
from .media import Made

_WANTS_A_MODEL = "a model that does not come along", "[Models](../models.md) tells what its folder holds."
_WANTS_A_SERVICE = "a service on the network", "[Picture services](../howto/service.md) tells where its key stands."


def node_page(description: Description, example: str, made: Made | None) -> str:
    """A node type: its help, its ports, and an example. made: what the example made, or None."""
    title, _, help, _, *ports = markdown(description)
    return "\n".join([f"# {title.removeprefix('## ')}", "", help, "", "## Example", "",
                      *_example(description.name, example, made), "", "## Ports", "", *ports])


def _example(name: str, example: str, made: Made | None) -> list[str]:
    graph = [f"The graph `docs/examples/{name}.yaml`", "", "```yaml", example.rstrip(), "```", ""]
    if made is None:
        wanted, page = _WANTS_A_SERVICE if name.startswith("image.") else _WANTS_A_MODEL
        return [*graph, f"wants {wanted}, so what it makes is not shown.", page]
    return [*graph, "makes", "", made.markdown]


def nodes_page(catalogue: Catalogue) -> str:
    """All node types by pack, a line each."""
    lines = ["# Nodes", "", "Every node type that comes along. Each page has what the node takes and gives, and what a graph",
             "on that page made. `nodegraph nodes NAME` tells the same in a terminal.", ""]
    for pack, names in packs(catalogue).items():
        lines += [f"## {pack}", "", f"{catalogue.packs[pack].title}.", "", "| node | does |", "|---|---|",
                  *(f"| [{name}]({name}.md) | {first_sentence(catalogue, name)} |" for name in names), ""]
    return "\n".join(lines)


def packs(catalogue: Catalogue) -> dict[str, list[str]]:
    """The node types of each pack, in the order of the alphabet."""
    return {pack: sorted(catalogue.packs[pack].nodes) for pack in sorted(catalogue.packs) if catalogue.packs[pack].nodes}


def first_sentence(catalogue: Catalogue, name: str) -> str:
    """What a node does, as one line of a table."""
    nodetype = catalogue.nodetype(name)
    assert nodetype is not None
    return " ".join(nodetype.help.split("\n\n")[0].split()).replace("|", "\\|")


def gallery_page(graphs: Mapping[Path, Graph], made: Mapping[Path, Made]) -> str:
    """The graphs that come along, and what each made."""
    lines = ["# Gallery", "", "The graphs that come along, and what each makes as it stands. `nodegraph run NAME` runs one,",
             "`nodegraph new NAME` writes a copy that is yours to change. Pictures are shown smaller than they are made,",
             "sounds in mono and at most twenty seconds long.", ""]
    for path, graph in graphs.items():
        lines += [f"## {graph.title or path.stem}", "", graph.description, "", f"    nodegraph run {path.stem}", "",
                  made[path].markdown, f'??? note "graphs/{path.name}"', "", "    ```yaml",
                  *(f"    {line}".rstrip() for line in path.read_text("utf-8").splitlines()), "    ```", ""]
    return "\n".join(lines)


def followed(page: str, made: Mapping[str, Made]) -> str:
    """A page with what its graphs make behind the commands that run them. made: by the name of the graph's file."""
    whole = blocks(page)
    for place, block in reversed(list(enumerate(whole))):
        if block.file in made:
            end = next((later.end for later in whole[place + 1 :] if not later.language), block.end)
            page = f"{page[:end]}\nIt makes\n\n{made[block.file].markdown}\n{page[end:]}"
    return page


def notebook_page(path: Path) -> str:
    """A notebook as a page: its words and its code."""
    return "\n\n".join([*map(_cell, json.loads(path.read_text("utf-8"))["cells"]),
                        f"[This page as a notebook]({path.name})"]) + "\n"


def _cell(cell: Mapping[str, object]) -> str:
    source = "".join(cell["source"] if isinstance(cell["source"], Iterable) else ())
    return f"```python\n{source}\n```" if cell["cell_type"] == "code" else source
