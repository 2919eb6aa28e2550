"""The text of a graph file, out of its bytes; and what is said of bytes that hold none."""

from __future__ import annotations

from pathlib import Path

from ..errors import GraphError, Position, Problem
from ..filekind import HEAD, file_kind
from ..pngtext import is_png, keywords, texts
from ..wording import Phrase, brief, say
from .foreign import foreign_picture
from .picture import EMBEDDED


def read_text(path: Path) -> str:
    """The text of a graph file, or the one that a picture made by a run carries. Raises GraphError.

    A text is read as UTF-8, with or without a byte order mark, and with any line ends.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise GraphError([Problem(None, say("file.none", path=str(path)), _nearest_file(path))]) from None
    except IsADirectoryError:
        raise GraphError([Problem(None, say("file.folder", path=str(path)), say("hint.name-in-folder"))]) from None
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte in it
        message = say("file.unreadable", path=brief(str(path)), reason=str(getattr(error, "strerror", error)))
        raise GraphError([Problem(None, message, say("hint.check-path"))]) from None
    text = texts(data).get(EMBEDDED) if is_png(data) else None
    return (_decoded(data, path) if text is None else text).replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes, path: Path) -> str:
    """The text that these bytes are. Raises GraphError, with the name of what they are instead."""
    other = _other(data)
    if other is not None:
        raise GraphError([Problem(Position(str(path), 1, 1), *other)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[:error.start].decode("utf-8-sig")
        where = Position(str(path), before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise GraphError([Problem(where, say("file.not-utf8", byte=f"{data[error.start]:02x}"),
                                  say("hint.save-utf8"))]) from None


def _other(data: bytes) -> tuple[Phrase, Phrase] | None:
    """What bytes are that are no text in UTF-8, or a text of a kind that no graph is: a sentence and a hint."""
    if data[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        return say("file.utf32"), say("hint.save-utf8")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return say("file.utf16"), say("hint.save-utf8")
    kind = file_kind(data)
    if kind is None or not (kind.is_text or kind.family == "pointer" or kind.name.startswith("a PDF")
                            or _is_binary(data)):
        return None
    foreign = foreign_picture(data, keywords(data)) if kind.family == "picture" else ""
    if foreign:
        return say("file.foreign", what=foreign), say("hint.foreign")
    if is_png(data):
        return say("file.no-graph"), say("hint.pictures")
    if kind.family == "pointer":
        return say("file.pointer"), say("hint.lfs")
    return say("file.kind", kind=kind.name), \
        say("hint.pictures") if kind.family == "picture" else say("hint.graph-begins")


def _is_binary(data: bytes) -> bool:
    """Whether these bytes are surely no text in UTF-8."""
    if b"\0" in data[:HEAD]:
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    return False


def _nearest_file(path: Path) -> str:
    from difflib import get_close_matches

    if str(path).startswith(("http:", "https:")):
        return say("hint.address")
    if not path.parent.is_dir():
        return say("hint.no-folder", folder=str(path.parent))
    beside = {p.stem: p for p in sorted(path.parent.glob("*.y*ml"))}
    close = get_close_matches(path.stem, beside, 1, 0.7)
    return say("hint.meant", name=str(beside[close[0]])) if close else say("hint.check-path")
