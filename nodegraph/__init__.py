"""nodegraph: pipelines of pictures, music and words, run from a text file that a person can read."""

from .context import SILENT, Context
from .errors import Cancelled, GraphError, InputError, NodeFailed, NodegraphError, PackError
from .nodetype import node
from .types import Choice, Color, File, Help, ModelType, PortType, Range, Recipe, Seed
