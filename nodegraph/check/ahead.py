"""Which models reach a node, as far as the file tells before anything runs: those named in it, and those that links bring.

Nodes that hand models on unloaded are followed back to the model that their row begins with; a value that carries models
(a control with its net) to the node that makes it. What is given for a run, comes out of graphs inside or is mapped, is not
known here.
"""

from __future__ import annotations

from typing import Any

from ..graph import Ref, refs
from ..nodetype import NodeType
from ..recipe import Recipe
from .checked import CheckedNode
from .site import Site


def known(site: Site, checked: CheckedNode, nodetype: NodeType) -> dict[str, Any]:
    """The inputs of a node whose values stand in the file, models with their places.

    Models are followed along links; for an input whose values carry models these come by themselves, as Recipes.
    """
    inputs = {name: value for name, value in (checked.literals or {}).items() if not refs(value)}
    for name in (*nodetype.models, *nodetype.recipes):
        value = inputs.get(name, checked.node.inputs.get(name))
        recipe = _first(site, value) if type(value) is Ref else value
        if isinstance(recipe, Recipe):
            inputs[name] = _placed(site, recipe)
    for name in nodetype.carriers:
        carried = [recipe for ref in refs(checked.node.inputs.get(name)) for recipe in _carried(site, ref)]
        if carried:
            inputs[name] = carried
    return inputs


def _first(site: Site, ref: Ref) -> Recipe | None:
    """The model that a link brings in the end, without what is put on it on the way."""
    port = site.inputs.get(ref.name)
    if port is not None:
        usual = port.default if ref.name not in site.given and isinstance(port.default, str) else None
        return Recipe(port.type.name, usual) if usual else None
    source = _plain(site, ref)
    if source is None or source.nodetype is None or not source.nodetype.recipes:
        return None
    name = source.nodetype.recipes[0]
    value = (source.literals or {}).get(name, source.node.inputs.get(name))
    return _first(site, value) if type(value) is Ref else value if isinstance(value, Recipe) else None


def _carried(site: Site, ref: Ref) -> list[Recipe]:
    """The models that the value of a node names: those that the node is given unloaded."""
    source = _plain(site, ref)
    if source is None or source.nodetype is None or not source.nodetype.recipes:
        return []
    found = known(site, source, source.nodetype)
    return [found[name] for name in source.nodetype.recipes if isinstance(found.get(name), Recipe)]


def _plain(site: Site, ref: Ref) -> CheckedNode | None:
    """The node that a link comes from, where that is neither mapped nor left out."""
    source = site.nodes.get(ref.name)
    return None if source is None or source.node.each or source.node.control or source.node.mute or source.node.bypass \
        else source


def _placed(site: Site, recipe: Recipe) -> Recipe:
    """The Recipe with the place that its name stands for here."""
    return recipe._replace(folder=str(site.catalogue.model_place(recipe.source, site.graph.folder)))
