"""The house has floors: imports go down, never up, and what is heavy or touches the world stays where it belongs."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import nodegraph
import nodegraph_nodes
from nodegraph.packs import read_pack
from tests.rules import over

HOME = Path(nodegraph.__file__).parent

FLOORS = {
    0: ["wording", "warning", "errors", "digest", "devicehash", "events", "pngtext", "filekind", "naming", "recipe"],
    1: ["types", "flows", "filelist", "codeversion", "nodetype", "context"],
    2: ["graph", "history", "graphfile", "packs"],
    3: ["check", "plan"],
    4: ["cache", "places", "models", "runs", "ledger", "export", "provenance", "bundle", "outputs", "machine", "scaffold", "shipped", "programs", "wholefile"],
    5: ["contract", "display", "results", "lastrun", "logs", "stream", "engine", "documents", "editing", "cli", "__init__", "__main__"],
}
ROOFS: set[str] = set()  # rooms of a lower floor that are handed things of a higher one
FLOOR = {module: floor for floor, modules in FLOORS.items() for module in modules}
HEAVY = {"torch", "numpy", "diffusers", "transformers", "networkx", "safetensors", "PIL", "huggingface_hub", "tokenizers"}
WORLD = {"time", "threading", "socket", "subprocess", "sqlite3", "multiprocessing", "concurrent", "asyncio"}
FILES = sorted(HOME.rglob("*.py"))
# Rooms that look at the disk, and those that change what is on it: `types` has the writers that `export` calls,
# and `packs` takes away what Python keeps compiled of a loose pack that was edited.
READERS = {"bundle", "wholefile", "contract", "shipped", "lastrun", "scaffold", "filelist", "graphfile", "packs", "cache", "places", "models", "export", "provenance", "machine", "engine", "cli"}
WRITERS = {"bundle", "wholefile", "contract", "types", "cache", "export", "packs", "cli"}
READS = {"read_text", "read_bytes", "exists", "is_file", "is_dir", "stat", "lstat", "glob", "rglob", "iterdir", "samefile"}
WRITES = {"write_text", "write_bytes", "mkdir", "unlink", "rmdir", "rename", "touch", "symlink_to"}
OS_READS = {"access", "walk", "listdir", "scandir", "stat", "lstat", "readlink"}
OS_WRITES = {"open", "replace", "remove", "unlink", "rename", "mkdir", "makedirs", "rmdir", "rmtree", "utime", "copy", "copyfile",
             "copytree", "move", "link", "symlink", "truncate"}
NODES = Path(next(iter(nodegraph_nodes.__path__)))
PACKS = sorted(folder.name for folder in NODES.iterdir() if (folder / "pack.yaml").exists())


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


@over(FILES, lambda path: path.relative_to(HOME).as_posix())
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


@over(FILES, lambda path: path.relative_to(HOME).as_posix())
def test_what_is_heavy_is_imported_where_it_is_needed(path):
    if module_of(path) == "devicehash":
        return  # kernels are made of what their module imports; digest imports it when a tensor lies on a device
    heavy = {name.split(".")[0] for name, at_top in imports(path) if at_top} & HEAVY
    assert not heavy, f"{path.name} imports {heavy} at once; import them inside functions"


@over(FILES, lambda path: path.relative_to(HOME).as_posix())
def test_documents_and_judgement_touch_no_clock_thread_or_database(path):
    if FLOOR[module_of(path)] <= 3:
        assert not {name.split(".")[0] for name, _ in imports(path)} & WORLD


@over(FILES, lambda path: path.relative_to(HOME).as_posix())
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


# ---- the disk

def mode_of(call: ast.Call, position: int) -> str:
    """How a file is opened, as far as it stands there."""
    given = [*call.args[position:position + 1], *(k.value for k in call.keywords if k.arg == "mode")]
    return str(given[0].value) if given and isinstance(given[0], ast.Constant) else "r"


def touches(text: str) -> set[str]:
    """What some code does to the disk: "reads", "writes"."""
    ways = set()
    for call in ast.walk(ast.parse(text)):
        match call:
            case ast.Call(func=ast.Name("open")):
                ways.add("reads" if mode_of(call, 1)[0] == "r" else "writes")
            case ast.Call(func=ast.Attribute(ast.Name("os" | "shutil"), name)):
                ways |= {way for way, names in (("reads", OS_READS), ("writes", OS_WRITES)) if name in names}
            case ast.Call(func=ast.Attribute(_, "open")):
                ways.add("reads" if mode_of(call, 0)[0] == "r" else "writes")
            case ast.Call(func=ast.Attribute(_, name)):
                ways |= {way for way, names in (("reads", READS), ("writes", WRITES)) if name in names}
    return ways


def test_the_test_of_the_disk_sees_what_touches_it():
    for text, ways in [("open(p)", {"reads"}), ("open(p, 'wb')", {"writes"}), ("p.open()", {"reads"}), ("p.open('a')", {"writes"}),
                       ("p.open(mode='w')", {"writes"}), ("os.replace(a, b)", {"writes"}), ("a.replace('x', 'y')", set()),
                       ("p.stat().st_size", {"reads"}), ("a / 'b'", set()), ("shutil.copy(a, b)", {"writes"})]:
        assert touches(text) == ways, text


@over(FILES, lambda path: path.relative_to(HOME).as_posix())
def test_only_some_rooms_touch_the_disk(path):
    room, ways = module_of(path), touches(path.read_text(encoding="utf-8"))
    assert "reads" not in ways or room in READERS, f"{room} reads the disk; ask one of {sorted(READERS)}"
    assert "writes" not in ways or room in WRITERS, f"{room} writes to the disk; ask one of {sorted(WRITERS)}"


# ---- the built-in packs, which may do no more than a stranger's

def pack_imports(pack: str) -> list[tuple[Path, str, list[str]]]:
    """What the files of a pack import: file, full name of a module, the names that are taken from it."""
    lines: list[tuple[Path, str, list[str]]] = []
    for path in sorted((NODES / pack).rglob("*.py")):
        around = ["nodegraph_nodes", *path.relative_to(NODES).parts[:-1]]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                lines += [(path, alias.name, []) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                above = around[:len(around) + 1 - node.level] if node.level else []
                module, names = ".".join([*above, *filter(None, [node.module])]), [alias.name for alias in node.names]
                # `from .. import media` names packs
                lines += [(path, f"{module}.{name}", []) for name in names] if module == "nodegraph_nodes" else \
                    [(path, module, names)]
    return lines


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_imports_only_what_nodegraph_promises(pack):
    for path, module, names in pack_imports(pack):
        top = module.split(".")[0]
        assert top not in ("nodegraph_editor", "editor"), f"{path} imports the editor"
        if top == "nodegraph":
            assert module == "nodegraph" and set(names) <= set(nodegraph.__all__), f"{path}: {names} from {module}"


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_requires_just_the_packs_that_it_imports(pack):
    used = {module.split(".")[1] for _, module, _ in pack_imports(pack) if module.startswith("nodegraph_nodes.")}
    assert used - {pack, "common"} == set(read_pack(f"nodegraph_nodes.{pack}", NODES / pack).requires)
