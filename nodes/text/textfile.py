"""Text files: the words in them, whatever encoding they are in, and what is said of files that hold none."""

from __future__ import annotations

import codecs
from pathlib import Path

from nodegraph import FileKind, InputError, file_kind

from ..common.files import reading

AUTO = "auto"
USUAL = "utf-8, utf-16, gb18030, big5, shift_jis, euc_jp, euc_kr, cp1252, latin-1, cp1250, cp1251 or koi8-r"
# What is guessed from, and how people call it. Each is tried by how well its letters make words of a language.
GUESSED = {"gb18030": "GBK (Chinese)", "big5": "Big5 (Chinese)", "cp932": "Shift-JIS (Japanese)",
           "euc_jp": "EUC-JP (Japanese)",
           "cp949": "EUC-KR (Korean)", "cp1251": "Windows-1251 (Cyrillic)", "koi8_r": "KOI8-R (Cyrillic)",
           "cp1252": "Windows-1252 or Latin-1 (Western European)", "cp1250": "Windows-1250 (Central European)",
           "cp1253": "Windows-1253 (Greek)", "cp1254": "Windows-1254 (Turkish)", "cp1255": "Windows-1255 (Hebrew)",
           "cp1256": "Windows-1256 (Arabic)", "mac_roman": "Mac Roman"}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
          (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # UTF-32's begins with UTF-16's
_NO_TEXT = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"}
SAMPLE = 1 << 16  # bytes that a guess looks at
FEW = 48  # bytes beyond ASCII, by which one language is not told from another for sure


def load(path: Path, encoding: str = AUTO) -> str:
    """The text of a file, with line feeds for any line ends and without a byte order mark.

    encoding: the name of one, or auto: UTF-8, or UTF-16 or UTF-32 by their mark. Raises InputError, which says what the
    file seems to be.
    """
    name = _codec(encoding)
    with reading(path, "name a text file in it"):
        data = path.read_bytes()
    _refuse_other(path, data)
    text = _decoded(path, data, name) if name else _told_apart(path, data)
    return text.removeprefix("\N{BOM}").replace("\r\n", "\n").replace("\r", "\n")


def _codec(encoding: str) -> str:
    """What Python calls an encoding; "" for auto."""
    if encoding.strip().lower() in (AUTO, ""):
        return ""
    try:
        found = codecs.lookup(encoding.strip())
    except (LookupError, ValueError):
        raise InputError(f"there is no encoding {encoding!r}; it is auto, or one such as {USUAL}") from None
    if not getattr(found, "_is_text_encoding", True) or found.name.replace("-", "_") in _NO_TEXT:
        raise InputError(f"{encoding!r} is no encoding of text files; it is auto, or one such as {USUAL}")
    return found.name


def _decoded(path: Path, data: bytes, name: str) -> str:
    """The text in an encoding that was asked for."""
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in {name}: {_place(data, error)}; {_guess(data)}") from None


def _told_apart(path: Path, data: bytes) -> str:
    """The text in the encoding that its mark tells, or in UTF-8."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if marked:
        return _decoded(path, data, marked)
    wide = _wide(data)
    if wide:
        raise InputError(f"{path} seems to be {wide[0]} without a byte order mark; set encoding: {wide[1]}")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text: {_place(data, error)}; {_guess(data)}") from None


def _place(data: bytes, error: UnicodeDecodeError) -> str:
    line = data.count(b"\n", 0, error.start) + 1
    if error.start >= len(data):
        return f"it ends in the middle of a character, on line {line}"
    return f"the byte 0x{data[error.start]:02x} on line {line}"


def _wide(data: bytes) -> tuple[str, str] | None:
    """UTF-16 or UTF-32 that has no mark, told by where the zero bytes of plain letters are."""
    head = data[:SAMPLE]
    zeros = [head[at::4].count(0) * 4 / max(len(head), 1) for at in range(4)]
    low, high = 0.2, 0.6
    if len(data) % 4 == 0 and min(zeros[1:]) > high and zeros[0] < low:
        return "UTF-32", "utf-32-le"
    if len(data) % 4 == 0 and min(zeros[:3]) > high and zeros[3] < low:
        return "UTF-32", "utf-32-be"
    if min(zeros[1], zeros[3]) > high and max(zeros[0], zeros[2]) < low:
        return "UTF-16", "utf-16-le"
    return ("UTF-16", "utf-16-be") if min(zeros[0], zeros[2]) > high and max(zeros[1], zeros[3]) < low else None


def _guess(data: bytes) -> str:
    """What bytes seem to be, and what to do."""
    from charset_normalizer import from_bytes

    wide = _wide(data)
    if wide:
        return f"it seems to be {wide[0]}: set encoding: {wide[1]}"
    try:
        data.decode("utf-8-sig")
        return "it seems to be UTF-8: set encoding: utf-8"
    except UnicodeDecodeError:
        pass
    if cut := _cut_utf_8(data):
        return cut
    ranked = [match.encoding for match in from_bytes(data[:SAMPLE], cp_isolation=list(GUESSED))]
    name = ranked[0] if ranked else ""
    if name in ("cp1250", "cp1254", "mac_roman") and _is_western(data[:SAMPLE]):
        name = "cp1252"
    if name not in GUESSED:
        return f"save it as UTF-8, or set encoding: to {USUAL}"
    others = [other for other in ranked if other in GUESSED and other != name][:3] \
        if name != "cp1252" and sum(byte > 127 for byte in data[:SAMPLE]) < FEW else []
    doubt = f" (or, where its letters are wrong then, {' or '.join(others)})" if others else ""
    return f"it seems to be {GUESSED[name]}: set encoding: {name}{doubt}, or save it as UTF-8"


def _cut_utf_8(data: bytes) -> str:
    """What is said of UTF-8 that ends within a character; "" for anything else."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and any(byte > 127 for byte in data[:error.start]):
            return "it seems to be UTF-8 that is cut off: fetch it again, or take the last character out"
    return ""


def _is_western(data: bytes) -> bool:
    """Whether these bytes are letters and marks of print in Windows-1252, the most usual of its family."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return all(letter.isascii() or letter.isalpha() and letter not in "ªºµƒ" or letter in "“”‘’–—…«»°€£§¿¡·´„‚"
               for letter in text)


# ---- files that are no texts

def _refuse_other(path: Path, data: bytes) -> None:
    """Raise InputError for a file of a kind that holds no plain text."""
    kind = file_kind(data)
    if kind is None or kind.is_text or any(data.startswith(mark) for mark, _ in _MARKS):
        return
    if kind.family == "pointer":
        raise InputError(f"{path} is a pointer of Git LFS: the text itself was not downloaded; "
                         "fetch it with `git lfs pull`")
    if _has_controls(data[:4096]) or kind.name.startswith(("a PDF", "a PostScript")):
        raise InputError(f"{path} is {kind.name} and no plain text" + _remedy(kind))


def _has_controls(head: bytes) -> bool:
    """Whether bytes stand in it that no text has, in any encoding that goes byte by byte."""
    return any(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head)


def _remedy(kind: FileKind) -> str:
    if kind.family == "document":
        return "; save it as plain text (.txt) in the program that it is from"
    return {"picture": "; read it with media.read_image", "sound": "; read it with media.read_audio",
            "music": "; read it with media.read_score", "archive": "; unpack it first"}.get(kind.family, "")
