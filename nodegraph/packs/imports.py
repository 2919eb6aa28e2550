"""Importing what packs hold: whatever goes wrong is one PackError that says where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import graphfile
from ..errors import PackError

LOOSE = "nodegraph_loose_"  # how the modules of packs that are not installed are called inside of Python
_HERE = str(Path(__file__).parent)


@contextmanager
def importing(who: str, name: str, package: str, source: Path) -> Iterator[None]:
    """Whatever goes wrong while a module of a pack is imported, as a PackError that says where.

    source: the pack's folder, or its only file, as the user named it.
    """
    try:
        yield
    except Exception as error:
        text = _sentence(error, name, package, source)
        text = _in_files(text, package, source) if package.startswith(LOOSE) else text
        raise PackError(f"{who}: {text}") from error


def _sentence(error: Exception, name: str, package: str, source: Path) -> str:
    """What is wrong with a module of a pack, or with what it imports."""
    if isinstance(error, PackError):
        return str(error)
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing and missing.startswith(f"{package}."):
        by = "its pack.yaml" if f"{name}.".startswith(f"{missing}.") else _place(error).removesuffix(": ")
        missing = missing.removeprefix(f"{package}.")
        above, dot, _ = missing.rpartition(".")
        import pkgutil

        there = pkgutil.iter_modules([str(source.joinpath(*above.split(".")))])
        hint = graphfile.nearest(missing, [above + dot + module.name for module in there])
        return f"{by} names the module {missing}, and there is none in {source}. {hint}".rstrip()
    what = "it" if name == package else name
    if missing:
        return f"{what} cannot be imported: {_place(error)}{error}; install what it needs into this environment"
    return f"{what} cannot be imported: {_place(error)}{type(error).__name__}: {error}"


def _in_files(text: str, package: str, source: Path) -> str:
    """A text in which Python's names for the modules of a loose pack are the files that its user knows."""
    def file(match: re.Match[str]) -> str:
        path, names = source, match[1].split(".")[1:]
        while names and path.suffix != ".py":
            path /= names.pop(0)
            path = path if path.is_dir() else path.with_suffix(".py")
        return f"{'.'.join(names)} in {path}" if names else str(path)

    return re.sub(rf"{re.escape(package)}((?:\.[\w<>]+)*)", file, text.replace(str(source.absolute()), str(source)))


def _place(error: Exception) -> str:
    """The line of the pack's own code that an error comes from."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: " if str(error.filename) not in str(error) else ""
    import traceback

    frames = [f for f in traceback.extract_tb(error.__traceback__)
              if "importlib" not in f.filename and not f.filename.startswith(_HERE)]
    return f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""
