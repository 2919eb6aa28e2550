"""The command that trains the starter models: `python -m nodegraph_nodes.starter.train painter|poet|composer|all`."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

MODELS = ("painter", "poet", "composer")
ASSEMBLED = ("painter", "composer")  # of what a training has left so far
STAGES = {"poet": ("refine",), "composer": ("refine",)}  # that can be gone on with alone


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """The command line, read. Exits with code 2 and a usage line if it cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m nodegraph_nodes.starter.train",
        description="Train the starter models from nothing, on material they draw and write themselves. "
                    "Stop the poet or the composer with Ctrl-C at any time; the same command goes on where it stopped.")
    parser.add_argument("model", choices=(*MODELS, "all"))
    parser.add_argument("--folder", type=Path, default=Path(".training"), help="material and checkpoints")
    parser.add_argument("--out", type=Path, help="where the finished model goes (default: into the starter pack); "
                                                 "with `all`, a folder that gets one folder for each")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default: a GPU if there is one)")
    parser.add_argument("--minutes", type=float, help="wall-clock budget for each model")
    parser.add_argument("--threads", type=int, help="CPU threads (default: torch's choice)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stage", help="go on with one stage from the finished model: `refine`")
    parser.add_argument("--assemble", type=Path, metavar="FOLDER",
                        help="train nothing: make the painter's or the composer's model of what a training has left in "
                             "FOLDER so far; a composer's may be going on")
    asked = parser.parse_args(words)
    if asked.assemble and asked.model not in ASSEMBLED:
        parser.error(f"--assemble makes a {' or a '.join(ASSEMBLED)}, not {asked.model}")
    if asked.stage and asked.stage not in STAGES.get(asked.model, ()):
        known = ", ".join(f"{stage} of the {model}" for model, stages in STAGES.items() for stage in stages)
        parser.error(f"there is no stage {asked.stage!r} of {asked.model} to go on with; there is the {known}")
    return asked


def main(words: list[str] | None = None) -> int:
    asked = arguments(words)
    if asked.assemble:
        return _assembled(asked)
    import torch

    from . import loop

    if asked.threads:
        torch.set_num_threads(asked.threads)
    for name in MODELS if asked.model == "all" else (asked.model,):
        out = asked.out / name if asked.out and asked.model == "all" else asked.out
        settings = loop.Settings(asked.folder / name, out, loop.device_of(asked.device), asked.minutes,
                                 asked.threads, asked.seed, asked.stage)
        try:
            importlib.import_module(f".{name}", __package__).train(settings)
        except KeyboardInterrupt:
            return 130
        _tell(name, out)
    return 0


def _assembled(asked: argparse.Namespace) -> int:
    if asked.model == "composer":
        from . import composer

        composer.assembled(asked.assemble, asked.out)
        _tell("composer", asked.out)
    else:
        from . import painter

        painter.assembled(asked.assemble, asked.folder / "painter", asked.out)
    return 0


def _tell(name: str, out: Path | None) -> None:
    """Write what a model knows beside it."""
    from .. import knows

    made = out or knows.MODELS / name
    told = knows.composer(made) if name == "composer" else knows.TOLD[name]()
    made.joinpath("knows.json").write_text(knows.text(told), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
