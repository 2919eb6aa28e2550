"""The command `nodegraph`: one file for each command."""

from .main import main as main
