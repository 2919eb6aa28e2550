"""Graph files: YAML read into a Graph, with the place of everything, and written back without losing a comment."""

from ..wording import closest as closest, nearest as nearest, scalar as scalar, written as written
from .control import MOST_ROUNDS as MOST_ROUNDS
from .picture import (
    EMBEDDED as EMBEDDED,
    RUN as RUN,
    embedded_graph as embedded_graph,
    files_of as files_of,
    packs_of as packs_of,
)
from .read import VERSION as VERSION, in_order as in_order, parse as parse, read as read, read_mapping as read_mapping
from .source import read_text as read_text
from .update import updated as updated
from .write import dump as dump, dumps as dumps
