"""What everyone expects of a pack, tried: that its manifest is true, that its nodes are explained and give the same
again, that graphs drive all of them, and that the wheel holds every file.

`nodegraph pack test` prints it, and a pack's own tests may ask for it.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from . import events as ev, graphfile
from .check import Checked
from .engine import Engine
from .errors import GraphError, NodegraphError, PackError
from .nodetype import NodeType
from .packs import Catalogue, Pack, read_pack
from .types import PLAIN

HEAVY = ("torch", "numpy", "PIL", "transformers", "diffusers", "scipy", "tensorflow", "jax")


class Trial(NamedTuple):
    """One thing that is expected, in words, and what is wrong with it; "" where nothing is."""

    name: str
    problem: str = ""


def judge(folder: str | Path, scratch: Path, *, wheel: bool = True) -> list[Trial]:
    """Everything that is expected of the pack in a folder: a project with a pyproject.toml, or the package itself.

    scratch: an empty folder for caches and the wheel. wheel: whether one is built, which takes pip and setuptools.
    Raises PackError where there is no pack.
    """
    project, package = _places(Path(folder))
    pack = read_pack(package.name, package)
    trials: list[tuple[str, Callable[[], str]]] = [
        ("the manifest and the code name the same nodes and types", lambda: _agreement(pack)),
        ("the manifest requires the packs that the code imports", lambda: _requirements(pack)),
        ("every node and every input that is set by hand is explained", lambda: _help(pack)),
        ("nothing heavy is imported before a node runs", lambda: _light(pack)),
        ("every node stands in a graph of graphs/", lambda: _driven(project, pack)),
        ("the graphs run, and run nothing the second time", lambda: _remembered(project, pack, scratch)),
        ("the same inputs and seeds give the same again", lambda: _repeated(project, pack, scratch))]
    if wheel and (project / "pyproject.toml").is_file():
        trials.append(("the wheel holds every file of the pack", lambda: _whole(project, pack, scratch)))
    return [Trial(name, _tried(trial)) for name, trial in trials]


def _tried(trial: Callable[[], str]) -> str:
    try:
        return trial()
    except (NodegraphError, OSError, SyntaxError) as error:
        return str(error)


def _places(folder: Path) -> tuple[Path, Path]:
    """The project and the package inside of it."""
    if (folder / "pack.yaml").is_file():
        above = folder.resolve().parent
        return (above if (above / "pyproject.toml").is_file() else folder), folder
    packages = sorted(path.parent for path in folder.glob("*/pack.yaml")) + \
        sorted(path.parent for path in folder.glob("src/*/pack.yaml"))
    if len(packages) != 1:
        there = ", ".join(path.name for path in packages) or "none"
        raise PackError(f"{folder} is no project of a pack: one folder in it has a pack.yaml, and there is {there}")
    return folder, packages[0]


def _catalogue(pack: Pack) -> Catalogue:
    return Catalogue(folders=[pack.folder])


def _nodetypes(pack: Pack, catalogue: Catalogue | None = None) -> Iterator[NodeType]:
    catalogue = catalogue or _catalogue(pack)
    for name in pack.nodes:
        nodetype = catalogue.nodetype(name)
        assert nodetype is not None
        yield nodetype


def _agreement(pack: Pack) -> str:
    catalogue = _catalogue(pack)
    for name in pack.types:
        if catalogue.porttype(name) is None:
            return f"pack.yaml names the type {name}, and {pack.types[name]} declares none of that name"
    known = {*PLAIN, *(name for other in catalogue.packs.values() for name in other.types)}
    for nodetype in _nodetypes(pack, catalogue):
        for port in (*nodetype.inputs.values(), *nodetype.outputs.values()):
            if port.type.name not in known:
                return f"{nodetype.name}.{port.name} is of the type {port.type.name}; name it under types: in pack.yaml"
    declared = {name for name in catalogue.node_names() if name.startswith(f"{pack.name}.")}
    for name in sorted(declared - set(pack.nodes)):
        return f"{name} is declared, and pack.yaml does not name it under nodes:"
    return ""


def _requirements(pack: Pack) -> str:
    others = {name: other for name, other in _catalogue(pack).packs.items() if name != pack.name}
    for path in sorted(pack.folder.rglob("*.py")):
        for module, line in _imported(path):
            for name, other in others.items():
                if other.holds(module) and name not in pack.requires:
                    wanted = ", ".join([*pack.requires, name])
                    return f"{path}:{line} imports {module}, which is the pack {name}; write requires: [{wanted}] in pack.yaml"
    return ""


def _imported(path: Path) -> Iterator[tuple[str, int]]:
    """The modules that a file imports from elsewhere, and the line of each; of `from a import b` both a and a.b."""
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{name.name}", node.lineno) for name in node.names)


def _help(pack: Pack) -> str:
    for nodetype in _nodetypes(pack):
        if not nodetype.help:
            return f"{nodetype.name} has no docstring; its first line is the node's help"
        for port in nodetype.inputs.values():
            if port.type.parse is not None and not port.help:
                return f"{nodetype.name}.{port.name} is not explained; add a line `{port.name}: ...` to the docstring"
    return ""


def _light(pack: Pack) -> str:
    code = "import sys\nfrom nodegraph import Catalogue\n" \
           f"c = Catalogue(folders=[{str(pack.folder.resolve())!r}])\nbefore = set(sys.modules)\n" \
           f"[c.nodetype(n) for n in {sorted(pack.nodes)!r}]\nprint(*(set(sys.modules) - before & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    heavy = sorted(set(HEAVY) & set(done.stdout.split()))
    return f"importing the pack imports {', '.join(heavy)}; import that inside the node's function" if heavy else ""


def _graphs(project: Path, pack: Pack) -> list[Path]:
    return sorted({*(project / "graphs").glob("*.yaml"), *(pack.folder / "graphs").glob("*.yaml")})


def _checked(engine: Engine, path: Path) -> Checked:
    graph, problems = graphfile.read(path)
    return engine.check(graph, problems).raise_errors()


def _driven(project: Path, pack: Pack) -> str:
    paths, used = _graphs(project, pack), set[str]()
    with Engine(cache=None, packs=[pack.folder]) as engine:
        for path in paths:
            used |= {node.type for node in _checked(engine, path).graph.nodes.values()}
    missing = sorted(set(pack.nodes) - used)
    return f"no graph in {project / 'graphs'} has {', '.join(missing)}" if missing else ""


def _run(path: Path, pack: Pack, cache: Path) -> tuple[list[str], dict[str, bytes]]:
    """Which nodes ran, and the digest of each output."""
    ran: list[str] = []

    def hear(event: ev.Event) -> None:
        if isinstance(event, ev.Finished):
            ran.append(event.node)

    with Engine(cache=cache, packs=[pack.folder]) as engine:
        result = engine.run(path, emit=hear)
        if result.errors:
            raise GraphError(f"{path.name}: {result.errors[0].report()}")
        return ran, dict(result.digests)


def _remembered(project: Path, pack: Pack, scratch: Path) -> str:
    for path in _graphs(project, pack):
        cache = scratch / f"cache-{path.stem}"
        _run(path, pack, cache)
        ran, _ = _run(path, pack, cache)
        if ran:
            return f"{path.name}: {', '.join(ran)} ran again, though nothing had changed"
    return ""


def _repeated(project: Path, pack: Pack, scratch: Path) -> str:
    for path in _graphs(project, pack):
        _, first = _run(path, pack, scratch / f"first-{path.stem}")
        _, second = _run(path, pack, scratch / f"second-{path.stem}")
        other = [name for name, digest in first.items() if second.get(name) != digest]
        if other:
            return f"{path.name}: the output {other[0]} came out otherwise the second time; " \
                   "take a seed: Seed, and draw from a generator of your own"
    return ""


def _whole(project: Path, pack: Pack, scratch: Path) -> str:
    copy = scratch / "project"  # building leaves folders behind
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__"))
    isolated = [] if find_spec("setuptools") is None else ["--no-build-isolation"]
    if find_spec("pip"):
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    elif uv := shutil.which("uv"):  # whose environments have no pip
        command = [uv, "build", "--wheel", "--quiet", "--python", sys.executable, "--out-dir"]
    else:
        return "no wheel could be built, since there is neither pip nor uv; python -m ensurepip brings pip"
    done = subprocess.run([*command, str(scratch), *isolated, str(copy)], capture_output=True, text=True)
    wheels = sorted(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        return f"no wheel could be built: {(done.stderr.strip() or 'none was given').splitlines()[-1]}"
    inside = {Path(name).as_posix() for name in zipfile.ZipFile(wheels[-1]).namelist()}
    files = [path for path in pack.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    missing = sorted(path.relative_to(pack.folder).as_posix() for path in files
                     if f"{pack.folder.resolve().name}/{path.relative_to(pack.folder).as_posix()}" not in inside)
    return f"the wheel is without {', '.join(missing[:5])}; name such files under [tool.setuptools.package-data]" \
        if missing else ""
