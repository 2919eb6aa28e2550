"""Scores the starter models on material they never trained on, each by a judge whose own accuracy is printed too.

    python benchmarks/starter.py painter|poet|composer|all [--threads N] [--json FILE] [--model FOLDER]

What else a model's score can be told, `python benchmarks/starter.py poet --help` lists.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

from nodegraph_nodes import starter

MODELS = ("painter", "poet", "composer")
FOLDERS = Path(next(iter(starter.__path__))) / "models"


def scorer(name: str) -> ModuleType:
    """The module that scores one model: `add_arguments(parser)`, and `score(asked)`, which prints and returns figures."""
    return importlib.import_module(f"starter_{name}")


def arguments(words: list[str]) -> argparse.Namespace:
    """The command line, read. Exits with code 2 and a usage line if it cannot be."""
    parser = argparse.ArgumentParser(prog="python benchmarks/starter.py", description=__doc__.splitlines()[0])
    choices = parser.add_subparsers(dest="which", required=True)
    for name in (*MODELS, "all"):
        about = "the three of them, each as it is scored by itself" if name == "all" else f"starter/{name}"
        one = choices.add_parser(name, help=about, description=f"Scores {about}.")
        one.add_argument("--threads", type=int, help="CPU threads (default: torch's choice)")
        one.add_argument("--json", type=Path, help="write the figures here as well")
        if name != "all":
            one.add_argument("--model", type=Path, default=FOLDERS / name, help="a folder (default: the starter pack's)")
            if words[:1] == [name]:  # the others need not be imported to tell this one's options
                scorer(name).add_arguments(one)
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    words = sys.argv[1:] if words is None else words
    asked = arguments(words)
    import torch

    if asked.threads:
        torch.set_num_threads(asked.threads)
    figures = {name: scorer(name).score(arguments([name])) for name in MODELS} if asked.which == "all" else \
        scorer(asked.which).score(asked)
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
