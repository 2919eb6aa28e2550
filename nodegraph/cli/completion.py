"""`nodegraph completion`: the lines by which a shell completes commands, options, graphs and node types."""

from __future__ import annotations

import argparse
from typing import Any

from ..errors import GraphError, Problem
from .exits import DONE
from .options import Options
from .stdout import Stdout

WHERE = {"bash": "~/.bashrc", "zsh": "~/.zshrc", "fish": "~/.config/fish/completions/nodegraph.fish"}


def completion(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code."""
    try:
        from argcomplete.shell_integration import shellcode
    except ImportError:
        raise GraphError([Problem(None, "completion needs argcomplete, which is not there",
                                  "pip install argcomplete")]) from None
    stdout(shellcode(["nodegraph"], shell=options.shell).strip())
    return DONE


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks for completions, and stop; called only where one asks."""
    try:
        import argcomplete
    except ImportError:
        return
    for command in parser._subparsers._group_actions[0].choices.values():  # type: ignore[union-attr]
        for action in command._actions:
            if action.dest == "name":
                action.completer = _node_names
            elif action.dest == "template":
                action.completer = _graph_names
    argcomplete.autocomplete(parser)


def _node_names(prefix: str, **rest: Any) -> list[str]:
    from ..packs import Catalogue

    catalogue = Catalogue()
    return [*catalogue.node_names(), *catalogue.packs]


def _graph_names(prefix: str, **rest: Any) -> list[str]:
    from ..shipped import graph_files

    return list(graph_files())
