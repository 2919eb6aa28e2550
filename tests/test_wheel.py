"""A wheel holds what the repository does: every module, and every file beside them that a module reads.

A checkout hides what is missing, and so does an editable install: only who installs the wheel would see it.
"""

import fnmatch
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETUP = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
FOLDERS = {name: ROOT / folder for name, folder in SETUP["package-dir"].items()}


def files() -> list[Path]:
    """The files of the packages that git knows of, or would add."""
    said = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", "nodegraph", "nodes", "editor", "graphs"],
                          cwd=ROOT, capture_output=True, text=True)
    if said.returncode:
        pytest.skip("this is no checkout")
    return [path for line in said.stdout.splitlines() if (path := ROOT / line).is_file()]


def folder_of(package: str) -> Path:
    """Where a package of the wheel lies in the repository."""
    head = max((name for name in FOLDERS if f"{package}.".startswith(f"{name}.")), key=len)
    return FOLDERS[head].joinpath(*package.removeprefix(head).strip(".").split("."))


def test_every_folder_with_modules_is_a_package_of_the_wheel():
    named = {folder_of(package).resolve() for package in SETUP["packages"]}
    there = {path.parent for path in files() if path.suffix == ".py" and path.parent.name != "fonts"}  # made by a script there
    assert {str(folder.relative_to(ROOT)) for folder in there - named} == set()


def test_every_other_file_is_data_of_a_package():
    patterns = [f"{folder_of(package)}/{pattern}" for package in SETUP["packages"]
                for owner, owned in SETUP["package-data"].items() if owner in ("*", package) for pattern in owned]
    left = [str(path.relative_to(ROOT)) for path in files() if path.suffix != ".py"
            and not any(fnmatch.fnmatch(str(path), pattern) and len(path.parts) == pattern.count("/") + 1 for pattern in patterns)]
    assert left == []
