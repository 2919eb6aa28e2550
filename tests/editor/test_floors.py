"""The editor has floors too: imports go down, only the window knows Dear PyGui, and nothing below knows the editor."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import nodegraph
import nodegraph_editor
import nodegraph_nodes
from nodegraph import editing
from tests.rules import over

HOME = Path(nodegraph_editor.__file__).parent
FILES = sorted(HOME.rglob("*.py"))
FLOORS = {
    0: ["words"],
    1: ["document"],
    2: ["runs"],
    3: ["canvas"],
    4: ["panels"],
    5: ["settings", "messages", "watching", "recents", "views", "sharing"],
    6: ["shortcuts", "asking", "files", "running", "rewind", "comparing", "packing", "keeping"],
    7: ["seeing"],
    8: ["session"],
    9: ["commands"],
    10: ["window"],
    11: ["main"],
    12: ["door", "__init__"],
}
FLOOR = {room: floor for floor, rooms in FLOORS.items() for room in rooms}
LONGEST_CLASS, LONGEST_FUNCTION = 250, 60  # lines
COMMAND = Path("cli")  # the one folder of the engine from which `nodegraph edit` opens the editor


def name_of(path: Path) -> str:
    return path.relative_to(HOME).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def arrows(path: Path) -> tuple[tuple[str, ...], ...]:
    """What a file of the editor imports of the editor at run time, each as the parts of its name below it."""
    parts = path.relative_to(HOME).with_suffix("").parts
    for_types = {id(node) for block in ast.walk(tree(path)) if isinstance(block, ast.If)
                 and "TYPE_CHECKING" in ast.unparse(block.test) for node in ast.walk(block)}
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.level and id(node) not in for_types:
            base = parts[:len(parts) - node.level]
            named = tuple(node.module.split(".")) if node.module else ()
            for alias in node.names:
                whole = (*base, *named, alias.name)
                found.append(whole if is_module(whole) else whole[:-1])
    return tuple(dict.fromkeys(found))


def is_module(parts: tuple[str, ...]) -> bool:
    place = HOME.joinpath(*parts)
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def strangers(path: Path) -> set[str]:
    """The packages outside of its own that a file imports, by their first names."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.split(".")[0])
    return found


@over(FILES, name_of)
def test_imports_go_down(path):
    room = path.relative_to(HOME).with_suffix("").parts[0]
    assert room in FLOOR, f"{room} has no floor; give it one"
    for other in arrows(path):
        if other and other[0] != room:
            assert FLOOR[other[0]] < FLOOR[room], f"{name_of(path)} imports {'.'.join(other)}, which is not below it"


@cache
def defined(path: Path) -> set[str]:
    """The names at the top of a module."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


@over(FILES, name_of)
def test_what_is_imported_of_the_editor_is_there(path):
    """Also in the window's modules, which nothing imports where there is no display."""
    parts = path.relative_to(HOME).with_suffix("").parts
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = (*parts[:len(parts) - node.level], *(node.module.split(".") if node.module else ()))
            for alias in node.names:
                if not is_module((*base, alias.name)):
                    file = HOME.joinpath(*base)
                    file = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
                    assert alias.name in defined(file), f"{name_of(path)} imports {alias.name}, which {name_of(file)} has not"


def test_no_file_waits_for_itself():
    graph = {path.relative_to(HOME).with_suffix("").parts: arrows(path) for path in FILES}
    done: set[tuple[str, ...]] = set()

    def visit(module: tuple[str, ...], above: tuple[tuple[str, ...], ...]) -> None:
        assert module not in above, " -> ".join(".".join(one) for one in (*above, module))
        if module not in done:
            for other in graph.get(module, ()):
                visit(other, (*above, module))
            done.add(module)
    for module in graph:
        visit(module, ())


@over(FILES, name_of)
def test_of_the_engine_only_what_is_promised_is_imported(path):
    for node in ast.walk(tree(path)):
        named = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.Import):
            assert not [name for name in named if name.split(".")[0] == "nodegraph"]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nodegraph":
            assert node.module in ("nodegraph", "nodegraph.editing"), f"{name_of(path)} imports {node.module}, which is inner"
            promised = (nodegraph.__all__ + ["__version__"]) if node.module == "nodegraph" else editing.__all__
            assert set(named) <= set(promised)


@over(FILES, name_of)
def test_only_the_window_knows_dear_pygui(path):
    if "dearpygui" in strangers(path):
        assert path.is_relative_to(HOME / "window") or path.name == "door.py"


@over(FILES, name_of)
def test_classes_and_functions_can_be_read_at_once(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            longest = LONGEST_CLASS if isinstance(node, ast.ClassDef) else LONGEST_FUNCTION
            assert node.end_lineno - node.lineno < longest, f"{node.name} has more than {longest} lines"


def test_nothing_below_imports_the_editor_but_the_one_command():
    below = [Path(nodegraph.__file__).parent, Path(nodegraph_nodes.__file__).parent]
    found = {path.relative_to(home).parts[0] for home in below for path in home.rglob("*.py")
             if "nodegraph_editor" in path.read_text(encoding="utf-8") and "nodegraph_editor" in strangers(path)}
    assert found == {COMMAND.name}
