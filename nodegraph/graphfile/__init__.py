"""Graph files: YAML read into a Graph, with the place of everything, and written back without losing a comment."""

from .read import (EMBEDDED as EMBEDDED, VERSION as VERSION, closest as closest, dumps as dumps, in_order as in_order,
                   nearest as nearest, parse as parse, read as read, read_mapping as read_mapping,
                   read_text as read_text, updated as updated, written as written)
from .yamltext import scalar as scalar
