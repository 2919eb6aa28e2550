"""`nodegraph nodes`: lists node types, or tells all about one."""

from __future__ import annotations

import sys

from .. import graphfile
from ..documents import Description, description_document
from ..errors import GraphError, PackError, Problem
from ..flows import Flow
from ..graph import PICK, SWITCH, Node
from ..graphfile import nearest
from ..nodetype import MISSING, NodeType, Port
from ..packs import Catalogue
from ..types import ANY, BOOL, ModelType
from .exits import DONE
from .options import Options
from .stdout import Stdout
from .terminal import known_words, table


def nodes(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code."""
    catalogue = Catalogue(folders=options.pack, models=options.models)
    names = catalogue.node_names()
    for error in catalogue.broken.values():
        print(f"warning: {error}", file=sys.stderr)
    description = describe(catalogue, options.name)
    if description is not None:
        stdout.json(description_document(description)) if options.json else stdout(
            "\n".join([_text(description), *known_words(catalogue, fitting_models(catalogue, description))]))
        return DONE
    if options.name:
        names = [n for n in names if n.startswith(f"{options.name}.")]
    nodetypes = _importable(catalogue, names)
    if not names:
        nodetypes = [t for t in _importable(catalogue, catalogue.node_names()) if speaks_of(t, options.name)] \
            if "." not in options.name else []
        if not nodetypes:
            raise GraphError([Problem(None, f"there is no node type and no pack {options.name}, and none speaks of it",
                                      nearest(options.name, [*catalogue.node_names(), *BUILT_IN]))])
    if options.json:
        stdout.json([description_document(Description.of(nodetype)) for nodetype in nodetypes])
        return DONE
    rows = [[t.name, " ".join(f"{p.name}:{p.type.name}{'[]' * p.many}" for p in t.outputs.values()),
             t.help.split("\n")[0]] for t in nodetypes]
    stdout(table(rows, ["node", "gives", "what it does"]))
    stdout("\nswitch, pick and graph files (type: ./other.yaml) are nodes too; "
           "`nodegraph nodes NAME` tells all about one.")
    for line in known_words(catalogue, [name for name in catalogue.model_names() if options.name
                                        and name.startswith(f"{options.name}/")]):
        stdout(line)
    return DONE


def speaks_of(nodetype: NodeType, words: str) -> bool:
    """Whether every one of some words stands in a node type's name, help, ports, choices or tags."""
    ports = [*nodetype.inputs.values(), *nodetype.outputs.values()]
    text = " ".join([nodetype.name, nodetype.help, *nodetype.tags,
                     *(f"{p.name} {p.type.name} {p.help} {' '.join(p.choices or ())}" for p in ports)]).casefold()
    return all(word in text for word in words.casefold().split())


def fitting_models(catalogue: Catalogue, description: Description) -> list[str]:
    """The models of packs that a node type can be given."""
    kinds = [port.type for port in description.inputs.values() if isinstance(port.type, ModelType)]
    return [name for name in catalogue.model_names() if (folder := catalogue.model_folder(name)) is not None
            and folder.is_dir() and any(kind.holds is None or kind.holds(folder) for kind in kinds)]


def describe(catalogue: Catalogue, name: str) -> Description | None:
    """What there is to say of a node type, of switch or pick, or of a graph file; None if it is none of them."""
    if name in catalogue.node_names() and (nodetype := catalogue.nodetype(name)) is not None:
        return Description.of(nodetype)
    if name in BUILT_IN:
        return BUILT_IN[name]
    if not Node(name, {}).is_graph and not name.endswith(".png"):
        return None
    from ..check import check, output_flow

    graph, problems = graphfile.read(name)
    checked = check(graph, catalogue, problems).raise_errors()
    flows = {output: output_flow(checked, output) or Flow(ANY) for output in graph.outputs}
    return Description(name, "", "\n\n".join(filter(None, (graph.title, graph.description.rstrip()))),
                       checked.inputs, flows)


BUILT_IN = {
    SWITCH: Description(
        SWITCH, "", """Passes on one of its branches and leaves the others alone: what only they need does not run.

Each branch stands under `cases:`, named after a value of `on`; `else` takes the rest. All carry one type. Bypassed, a
switch gives its first branch.

    picked:
      type: switch
      on: $long
      cases:
        true: $all
        false: $first""",
        {"on": Port("on", ANY, help="what chooses: a Bool, an Int or a Text")},
        {"value": Flow(ANY)}, {"value": "what the branch brings"}),
    PICK: Description(
        PICK, "", """Passes on the items of a list for which another list says true.

Both lists are of one length.

    best:
      type: pick
      from: $pictures
      where: $good""",
        {"from": Port("from", ANY, many=True, help="the items"),
         "where": Port("where", BOOL, many=True, help="true for each item that is passed on")},
        {"items": Flow(ANY, 1)}, {"items": "those items, in their order"}),
}


def _importable(catalogue: Catalogue, names: list[str]) -> list[NodeType]:
    """The NodeTypes of these names; those that cannot be imported are told on stderr, each cause once."""
    nodetypes: list[NodeType] = []
    causes: dict[str, None] = {}
    for name in names:
        try:
            nodetype = catalogue.nodetype(name)
        except PackError as error:
            causes[str(error)] = None
            continue
        if nodetype is not None:
            nodetypes.append(nodetype)
    for cause in causes:
        print(f"warning: {cause}", file=sys.stderr)
    return nodetypes


def _text(description: Description) -> str:
    version = f"  (version {description.version})" if description.version else ""
    lines = [description.name + version, "", *([description.help, ""] if description.help else ()), "takes"]
    rows = []
    for port in description.inputs.values():
        limits = str(port.range) if port.range else ", ".join(port.choices or ())
        default = "must be given" if port.default is MISSING else f"= {port.default!r}"
        rows.append([f"  {port.name}", str(port), default, limits, port.help])
    lines.append(table(rows, ["  input", "type", "", "", ""]) if rows else "  nothing")
    gives = [f"  {name}  {_flow(flow)}  {description.output_help.get(name, '')}".rstrip()
             for name, flow in description.outputs.items()]
    return "\n".join([*lines, "", "gives", *gives])


def _flow(flow: Flow) -> str:
    """Text, list of Text, list of lists of Text."""
    return f"list {'of lists ' * (flow.depth - 1)}of {flow.type.name}" if flow.many else flow.type.name
