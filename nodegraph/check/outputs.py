"""The named outputs of a graph: their links, and whether what they carry can be written as they say."""

from __future__ import annotations

from collections.abc import Iterable

from ..flows import Flow
from ..graph import Form
from ..nodetype import MISSING, NodeType
from ..packs import Catalogue
from ..types import ANY, FILE
from ..wording import Phrase, likely, say
from .links import brought
from .site import Site


def outputs(site: Site) -> None:
    """Check each output of a graph."""
    for name, ref in site.graph.outputs.items():
        form = site.graph.forms.get(name)
        flow = brought(site, ref, "outputs", name, *(["value"] if form is not None else []))
        refused = refusal(name, flow, form, site.catalogue) if flow is not None and form is not None else None
        if refused is not None:
            message, hint, word = refused
            site.problem(message, hint, "outputs", name, word, value=True)


def refusal(name: str, flow: Flow, form: Form, catalogue: Catalogue) -> tuple[Phrase, str, str] | None:
    """Why an output cannot be written in a form, what to do about it, and the word that is wrong; None if it can.

    Of what may carry anything that is only known once it is there.
    """
    type, extension = flow.type, form.format
    if type is ANY or form == Form():
        return None
    if type is FILE:
        return say("output.file", output=name), say("hint.copied"), "format" if extension else "quality"
    if extension and extension not in type.exports:
        message = say("output.format", output=name, flow=str(flow), format=extension,
                      formats=", ".join(type.exports))
        return message, likely(extension, type.exports) or _way_to(flow, extension, catalogue), "format"
    if form.quality is not None and not type.takes_quality(extension):
        able = [other for other in type.exports if type.takes_quality(other)]
        message = say("output.no-quality", output=name, format=extension or next(iter(type.exports)))
        hint = say("hint.quality-formats", formats=", ".join(able)) if able else say("hint.no-quality")
        return message, hint, "quality"
    return None


def _way_to(flow: Flow, extension: str, catalogue: Catalogue) -> str:
    """The node to put before an output so that it can be written as such a file, the cheapest; "" where there is none."""
    for nodetype in sorted(_nodetypes(catalogue), key=lambda nodetype: (nodetype.is_async, bool(nodetype.costly))):
        needed = [port for port in nodetype.inputs.values() if port.default is MISSING]
        if len(needed) == 1 and needed[0].type is flow.type and int(needed[0].many) == flow.depth:
            for port in nodetype.outputs.values():
                if extension in port.type.exports and port.type is not flow.type:
                    return say("hint.format-node", node=nodetype.name, type=port.type.name, format=extension)
    return ""


def _nodetypes(catalogue: Catalogue) -> Iterable[NodeType]:
    for name in catalogue.node_names():
        try:
            nodetype = catalogue.nodetype(name)
        except Exception:  # a pack that cannot be imported has no way to offer
            continue
        if nodetype is not None:
            yield nodetype
