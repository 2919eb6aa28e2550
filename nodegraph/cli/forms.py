"""What `--format` and `--quality` say: how each output is to be written, over what the graph says."""

from __future__ import annotations

from ..check import Checked, output_flow, refusal
from ..errors import GraphError, Problem
from ..flows import Flow
from ..graph import MOST_QUALITY, USUAL, Form
from ..graphfile import nearest
from ..packs import Catalogue
from ..types import ANY
from .options import Options


def forms(checked: Checked, options: Options, catalogue: Catalogue) -> dict[str, Form]:
    """The forms that the command line chooses, by output. Raises GraphError for one that cannot be."""
    flows = {name: flow for name in checked.graph.outputs if (flow := output_flow(checked, name)) is not None}
    chosen = {name: checked.graph.forms.get(name, USUAL) for name in flows}
    for text in options.format:
        name, equals, extension = text.rpartition("=")
        extension = extension.strip().lstrip(".").lower()
        if not extension:
            raise GraphError([Problem(None, f"--format {text}: no kind of file is named",
                                      "Write --format jpg, say, or --format output=jpg for one output.")])
        for output in _meant(flows, f"--format {text}", name if equals else None):
            if equals or _takes(flows[output], Form(extension), catalogue):
                quality = chosen[output].quality
                kept = quality is not None and _takes(flows[output], Form(extension, quality), catalogue)
                chosen[output] = Form(extension, quality if kept else None)
        if not equals:
            _some(f"--format {text}", flows, Form(extension), catalogue)
    for text in options.quality:
        name, equals, number = text.rpartition("=")
        if not (number.isascii() and number.isdigit() and 1 <= int(number) <= MOST_QUALITY):
            raise GraphError(f"--quality {text}: it takes a whole number, 1 to {MOST_QUALITY}, or output=number")
        able = [output for output in _meant(flows, f"--quality {text}", name if equals else None)
                if equals or _takes(flows[output], chosen[output]._replace(quality=int(number)), catalogue)]
        if not able:
            raise GraphError([Problem(None, f"--quality {text}: no output is written as a kind of file that has a quality",
                                      "Choose one with --format, such as jpg or webp for pictures.")])
        for output in able:
            chosen[output] = chosen[output]._replace(quality=int(number))
    problems = [Problem(None, *found[:2]) for output, form in chosen.items()
                if (found := refusal(output, flows[output], form, catalogue)) is not None]
    if problems:
        raise GraphError(problems)
    return chosen


def _meant(flows: dict[str, Flow], what: str, name: str | None) -> list[str]:
    """The output of a name, or all of them."""
    if name is None:
        return list(flows)
    if name not in flows:
        raise GraphError([Problem(None, f"{what}: the graph has no output {name}", nearest(name, flows))])
    return [name]


def _takes(flow: Flow, form: Form, catalogue: Catalogue) -> bool:
    return flow.type is not ANY and refusal("", flow, form, catalogue) is None


def _some(what: str, flows: dict[str, Flow], form: Form, catalogue: Catalogue) -> None:
    """Raise GraphError where no output can be written so."""
    refusals = [refusal(name, flow, form, catalogue) for name, flow in flows.items()]
    if refusals and all(found is not None for found in refusals):
        raise GraphError([Problem(None, f"{what}: no output can be written so"),
                          *(Problem(None, *found[:2]) for found in refusals if found is not None)])
