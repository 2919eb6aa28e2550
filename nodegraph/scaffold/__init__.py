"""Files that are made to begin with: a pack of one's own, or one file with a node. Knows their texts, and writes none."""

from __future__ import annotations

from pathlib import Path
from string import Template

_HERE = Path(__file__).parent


def node_file(name: str) -> str:
    """The text of a Python file with one node to begin with. name: the file's, without its ending; one word."""
    return Template((_HERE / "node.py.txt").read_text(encoding="utf-8")).substitute(name=name, file=f"{name}.py")


def pack_files(name: str) -> dict[str, str]:
    """The files of a new pack, by their paths inside its folder."""
    where = {"__init__.py.txt": f"nodegraph_{name}/__init__.py", "pack.yaml": f"nodegraph_{name}/pack.yaml",
             "types.py.txt": f"nodegraph_{name}/types.py", "nodes.py.txt": f"nodegraph_{name}/nodes.py",
             "tests/test_pack.py.txt": "tests/test_pack.py", "ci.yml": ".github/workflows/tests.yml",
             "pyproject.toml.txt": "pyproject.toml"}
    texts = {path.relative_to(_HERE / "pack").as_posix(): path.read_text(encoding="utf-8")
             for path in sorted((_HERE / "pack").rglob("*")) if path.is_file()}
    return {where.get(path, path): Template(text).substitute(name=name) for path, text in texts.items()}
