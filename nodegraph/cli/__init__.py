"""The command `nodegraph`."""

from .main import main as main
