"""`nodegraph bundle`: a graph and all that it reads as one zip, for someone else."""

from __future__ import annotations

from pathlib import Path

from .. import bundle as bundles
from ..errors import GraphError, Problem
from ..wording import say
from .engine import open_engine, read
from .exits import DONE
from .options import Options
from .stdout import Stdout
from .terminal import typed


def bundle(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code."""
    with open_engine(options) as engine:
        checked = read(engine, options.graph)
        target = Path(options.file or f"{Path(options.graph).stem}{bundles.SUFFIX}")
        if target.suffix.lower() != bundles.SUFFIX:
            raise GraphError([Problem(None, say("bundle.suffix", path=str(target)))])
        if target.exists() and not options.overwrite:
            raise GraphError([Problem(None, f"{target} is there already", "Name another file, or give --overwrite.")])
        made = bundles.write(engine.plan(checked), target, lambda path: engine.plan(read(engine, str(path))))
    brought = ", ".join(f"{pack} ({origin})" for pack, origin in made.packs.items())
    stdout(f"{target}: {made.graph} and {made.files} file{'s' * (made.files != 1)} that it reads\n"
           f"nodes: {brought or 'none'}\n\n    nodegraph run {typed(target)}")
    return DONE
