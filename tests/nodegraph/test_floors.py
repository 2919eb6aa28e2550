"""The house has floors: imports go down, never up, and what is heavy or touches the world stays where it belongs."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import nodegraph

HOME = Path(nodegraph.__file__).parent

FLOORS = {
    0: ["wording", "errors", "digest", "devicehash", "events"],
    1: ["types", "flows", "filelist", "codeversion", "nodetype", "context"],
    2: ["graph", "history", "graphfile", "packs"],
    3: ["check", "plan"],
    4: ["cache", "models", "runs", "ledger", "export", "machine"],
    5: ["engine", "documents", "cli", "__init__", "__main__"],
}
ROOFS: set[str] = set()  # rooms of a lower floor that are handed things of a higher one
FLOOR = {module: floor for floor, modules in FLOORS.items() for module in modules}
HEAVY = {"torch", "numpy", "diffusers", "transformers", "networkx", "safetensors", "PIL", "huggingface_hub", "tokenizers"}
WORLD = {"time", "threading", "socket", "subprocess", "sqlite3", "multiprocessing", "concurrent", "asyncio"}
FILES = sorted(HOME.rglob("*.py"))


def module_of(path: Path) -> str:
    """The room a file belongs to: its folder, or for a file at the top the file itself."""
    return path.parent.name if path.parent != HOME else path.stem


def full_name(path: Path) -> str:
    return ".".join(path.relative_to(HOME).with_suffix("").parts)


@cache
def imports(path: Path) -> list[tuple[str, bool]]:
    """What a file imports, as (top package or module of nodegraph, at module level)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    at_top = {id(node) for node in tree.body}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = inner(path, node) if node.level else [node.module]
        else:
            continue
        found += [(name, id(node) in at_top) for name in names]
    return found


def inner(path: Path, node: ast.ImportFrom) -> list[str]:
    """The modules of nodegraph that a relative import names."""
    here = path.relative_to(HOME).parts[:-1]
    assert node.level <= len(here) + 1, f"{path} imports from outside of the package"
    around = here[:len(here) + 1 - node.level]
    if around:
        return [f"nodegraph.{around[0]}"]
    if node.module:
        return [f"nodegraph.{node.module.split('.')[0]}"]
    return [f"nodegraph.{alias.name if alias.name in FLOOR else '__init__'}" for alias in node.names]


def own(path: Path) -> list[str]:
    return [name.removeprefix("nodegraph.") for name, _ in imports(path) if name.startswith("nodegraph.")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HOME).as_posix())
def test_imports_go_down(path):
    module = module_of(path)
    assert module in FLOOR, f"{module} has no floor; give it one"
    for other in own(path) if full_name(path) not in ROOFS else ():
        if other == "__init__":
            assert FLOOR[module] >= 5, f"{module} imports the package itself"
        elif module != "__init__":
            assert FLOOR[other] <= FLOOR[module], f"{module} (floor {FLOOR[module]}) imports {other} (floor {FLOOR[other]})"


def test_no_module_waits_for_itself():
    waits = {}
    for path in FILES:
        if full_name(path) in ROOFS:
            continue
        waits.setdefault(module_of(path), set()).update(o for o in own(path) if o != module_of(path))
    waits.pop("__init__")
    while waits:
        free = [module for module, others in waits.items() if not others & waits.keys()]
        assert free, f"these modules import each other: {sorted(waits)}"
        for module in free:
            del waits[module]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HOME).as_posix())
def test_what_is_heavy_is_imported_where_it_is_needed(path):
    if module_of(path) == "devicehash":
        return  # kernels are made of what their module imports; digest imports it when a tensor lies on a device
    heavy = {name.split(".")[0] for name, at_top in imports(path) if at_top} & HEAVY
    assert not heavy, f"{path.name} imports {heavy} at once; import them inside functions"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HOME).as_posix())
def test_documents_and_judgement_touch_no_clock_thread_or_database(path):
    if FLOOR[module_of(path)] <= 3:
        assert not {name.split(".")[0] for name, _ in imports(path)} & WORLD


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HOME).as_posix())
def test_the_engine_knows_no_pack_and_no_editor(path):
    strangers = {name.split(".")[0] for name, _ in imports(path)} & {"nodegraph_nodes", "nodegraph_editor", "nodes", "editor"}
    assert strangers <= ({"nodegraph_editor"} if module_of(path) == "cli" else set())  # the command that opens it


def test_only_the_executor_calls_the_code_of_nodes():
    callers = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "call" \
                    and "nodetype" in ast.unparse(node.func.value):
                callers.add(module_of(path))
    assert callers and callers <= {"runs"}


def test_nothing_unpickles_and_nothing_evaluates():
    for path in FILES:
        assert not {name.split(".")[0] for name, _ in imports(path)} & {"pickle", "marshal", "shelve", "dill", "joblib"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec"), path
