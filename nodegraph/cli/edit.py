"""`nodegraph edit`: opens the editor."""

from __future__ import annotations

from dataclasses import asdict

from .options import Options, machine


def edit(options: Options) -> int:
    """Carry out the command; the exit code."""
    from nodegraph_editor import door

    settings = asdict(machine(options))
    del settings["previews"]  # the editor's own
    door.look()
    from nodegraph_editor.main import main

    return int(main(options.graph or None, packs=options.pack, **settings))
