"""Where types are not strict yet, there are no more faults than there were: whoever mends some lowers the number."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # `make check` runs it
ROOT = Path(__file__).parents[1]
MOST = {"nodes": 30, "editor": 75}  # faults that mypy finds, without --strict
SETTINGS = """
[mypy]
python_version = 3.11
ignore_missing_imports = True
follow_imports = silent
[mypy-torch.*,diffusers.*,transformers.*]
follow_imports = skip
"""


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """The lines in which mypy tells of one, found in all folders at once: what they share is read once."""
    settings = tmp_path_factory.mktemp("ratchet") / "mypy.ini"
    settings.write_text(SETTINGS)
    done = subprocess.run([sys.executable, "-m", "mypy", "--config-file", str(settings), "--cache-dir", ".mypy_cache/ratchet",
                           *MOST], cwd=ROOT, capture_output=True, text=True)  # settings that differ do not share a cache
    assert done.returncode in (0, 1) and "checked" in done.stdout, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if ": error:" in line]


@pytest.mark.parametrize("folder", MOST)
def test_a_folder_has_no_more_faults_of_types_than_it_had(folder, faults):
    found = [line for line in faults if line.startswith(f"{folder}/")]
    assert len(found) <= MOST[folder], "\n".join(found[-20:])
