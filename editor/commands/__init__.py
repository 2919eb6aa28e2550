"""Every command of the editor by its name: what menus list, keys are bound to and tests call."""

from . import edit, file, node, run, share, view  # noqa: F401  each keeps its commands in the table
from .table import COMMANDS as COMMANDS, Command as Command
