"""What is promised to those who import nodegraph, and what it costs to ask."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import nodegraph
import nodegraph_nodes
from nodegraph import editing

HERE = Path(__file__).parent
HEAVY = ("torch", "numpy", "networkx", "diffusers", "transformers", "huggingface_hub", "PIL", "safetensors")


def test_the_list_of_promises_is_sorted_and_true():
    assert nodegraph.__all__ == sorted(nodegraph._WHERE)
    for name in nodegraph.__all__:
        assert getattr(nodegraph, name) is getattr(import_module(f"nodegraph.{nodegraph._WHERE[name]}"), name)
    assert set(dir(nodegraph)) == {*nodegraph.__all__, "__version__"}
    names: dict = {}
    exec("from nodegraph import *", names)
    assert set(nodegraph.__all__) <= set(names)


def test_type_checkers_are_told_of_each_promise():
    tree = ast.parse(Path(nodegraph.__file__).read_text(encoding="utf-8"))
    listed = [node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "__all__"]
    assert ast.literal_eval(listed[0]) == nodegraph.__all__  # a list as it stands; what is computed they cannot read
    block = next(node for node in tree.body if isinstance(node, ast.If))
    handed_on = {alias.asname: line.module for line in block.body for alias in line.names if alias.asname == alias.name}
    assert handed_on == nodegraph._WHERE
    assert (Path(nodegraph.__file__).parent / "py.typed").exists()
    assert (Path(nodegraph_nodes.__file__).parent / "py.typed").exists()  # Image and the like are imported from there


def test_what_is_handed_on_to_editors_is_all_of_it_and_none_of_it_a_promise_twice():
    tree = ast.parse(Path(editing.__file__).read_text(encoding="utf-8"))
    handed_on = {alias.asname or alias.name for line in tree.body if isinstance(line, ast.ImportFrom) for alias in line.names}
    assert editing.__all__ == sorted(handed_on - {"annotations"})
    assert not set(editing.__all__) & set(nodegraph.__all__)


def test_every_promise_is_documented():
    for name in nodegraph.__all__:
        thing = getattr(nodegraph, name)
        if isinstance(thing, type) or callable(thing) and hasattr(thing, "__name__"):
            assert thing.__doc__, f"{name} has no docstring"


def test_what_is_not_promised_is_refused_by_name():
    with pytest.raises(AttributeError, match="runn"):
        nodegraph.runn


def loaded(code: str) -> set[str]:
    """The heavy libraries that a fresh Python has loaded after some code."""
    code += f"\nimport sys\nprint('\\n'.join(m for m in {HEAVY} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE)
    return set(done.stdout.splitlines()) & set(HEAVY)


def test_importing_is_light():
    assert loaded("import nodegraph, nodegraph.cli, nodegraph.check, nodegraph.plan, nodegraph.packs, nodegraph.editing") == set()
    assert loaded("from nodegraph import node, Range, PortType, Context") == set()


def test_checking_a_graph_loads_no_model_library():
    assert loaded("from nodegraph.cli import main\n"
                  "assert main(['check', 'inner.yaml', '--pack', 'bench_nodes.py']) == 0") == set()


def test_asking_for_help_loads_next_to_nothing():
    code = "from nodegraph.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n" \
           "import sys\nassert not {'yaml', 'dataclasses', 'importlib.metadata', 'sqlite3'} & set(sys.modules) - before"
    assert loaded(f"import sys\nbefore = set(sys.modules)\n{code}") == set()


def test_a_node_that_only_reports_loads_no_model_library():
    assert loaded("""
import nodegraph
from nodegraph import SILENT, Context, node

@node("t.step", version=1)
def step(text: str, ctx: Context = SILENT) -> str:
    ctx.report(1, 2)
    return text

with nodegraph.Engine(None, functions=[step]) as engine:
    graph = nodegraph.graphfile.parse("nodegraph: 1\\nnodes: {s: {type: t.step, text: x}}\\noutputs: {o: $s}")[0]
    assert engine.run(graph)["o"] == "x"
""") == set()
