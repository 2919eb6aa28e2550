"""The graph of a file as it was committed last. Git is called as a program."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from nodegraph import Graph, NodegraphError
from nodegraph.editing import graphfile

from ..words.speak import t

SECONDS = 20  # after which git is given up


class NoCommit(NodegraphError):
    """There is no commit to compare a file with, and why, in one sentence."""


def last_commit(path: Path) -> tuple[str, Graph]:
    """What the last commit that touched a file is called (its short hash and date), and the graph in it. Raises NoCommit."""
    called = _git(path, "log", "-1", "--format=%h, %ad", "--date=short", "--", path.name).strip()
    if not called:
        raise NoCommit(t("committed.never", name=path.name))
    graph, _ = graphfile.parse(_git(path, "show", f"HEAD:./{path.name}"), path)
    return called, graph


def _git(path: Path, *words: str) -> str:
    """What git says in the folder of a file."""
    try:
        done = subprocess.run(["git", "-C", str(path.parent), *words], capture_output=True, timeout=SECONDS,
                              env={**os.environ, "LC_ALL": "C"}, check=False)
    except FileNotFoundError:
        raise NoCommit(t("committed.no_git")) from None
    except subprocess.TimeoutExpired:
        raise NoCommit(t("committed.slow", seconds=SECONDS)) from None
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "replace")
    why = done.stderr.decode("utf-8", "replace").strip()
    if "not a git repository" in why:
        raise NoCommit(t("committed.no_repository", name=path.name))
    if any(sign in why for sign in ("exists on disk, but not in", "does not exist in", "does not have any commits",
                                    "invalid object name", "unknown revision")):
        raise NoCommit(t("committed.never", name=path.name))
    raise NoCommit(t("committed.failed", why=(why.splitlines() or [""])[0]))
