"""What a program that shows, edits and runs graphs needs besides the names of the package itself: the editor, or another one.

Promised as those are. What is here is only handed on, by the module it comes from.
"""

from __future__ import annotations

from . import bundle, events, graphfile, pngtext
from .check import RANDOM, Checked, CheckedNode, check, output_flow
from .errors import Position
from .flows import Flow
from .graph import CASES, PICK, SWITCH, GraphInput, label_of, links, refs
from .graphfile import MOST_ROUNDS, closest, read_mapping, scalar, written
from .graphfile.picture import resolved
from .graphfile.write import as_written
from .nodetype import MISSING, RESERVED, NodeType, Port
from .packs import Pack, licence_of
from .packs.project import FILE as PROJECT_FILE, known_packs, project_file
from .plan import Plan
from .programs import start, text_editor, viewer
from .runs.forecast import REMEMBERED, Forecast
from .scaffold import node_file
from .shipped import folder as shipped_folder
from .types import ANY, BOOL, COLOR, FILE, FLOAT, INT, OF_PYTHON, PLAIN, SEED, TEXT, fits, short
from .wholefile import whole_file, write_whole
from .wording import Phrase, an, say

__all__ = [
    "ANY", "BOOL", "CASES", "COLOR", "Checked", "CheckedNode", "FILE", "FLOAT", "Flow", "Forecast", "GraphInput",
    "INT", "MISSING", "MOST_ROUNDS", "NodeType", "OF_PYTHON", "PICK", "PLAIN", "PROJECT_FILE", "Pack", "Phrase",
    "Plan", "Port", "Position", "RANDOM", "REMEMBERED", "RESERVED", "SEED", "SWITCH", "TEXT", "an", "as_written",
    "bundle", "check", "closest", "events", "fits", "graphfile", "known_packs", "label_of", "licence_of", "links",
    "node_file", "output_flow", "pngtext", "project_file", "read_mapping", "refs", "resolved", "say", "scalar",
    "shipped_folder", "short", "start", "text_editor", "viewer", "whole_file", "write_whole", "written",
]
