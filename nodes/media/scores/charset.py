"""In which encoding texts of a file are that does not say so, as names and lyrics of MIDI files."""

from __future__ import annotations

from collections.abc import Iterable

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # marks, with which only such texts begin


def encoding_of(texts: Iterable[bytes]) -> str:
    """UTF-8 if they are all that; else GBK, Big5, Shift-JIS, EUC-KR, Windows-1251 or Latin-1, by how usual letters would be.

    One answer for all of them, since a name alone is too short to tell by.
    """
    joined = b"\n".join(text for text in texts if text[:2] not in _UTF_16)
    if _decodes(joined, "utf-8"):
        return "utf-8"
    known = [name for name in ("gb18030", "big5", "cp932", "cp949", "cp1251") if _decodes(joined, name)]
    return max(["latin-1", *known], key=lambda name: _usual(joined.decode(name), name))


def decoded(text: bytes, encoding: str) -> str:
    """A text without byte order mark and zeros. Bytes that the encoding lacks become replacement characters."""
    if text[:2] in _UTF_16:
        return text.decode("utf-16", "replace")
    codec = next((name for name in ("utf-8", "cp1252") if _decodes(text, name)), encoding) \
        if encoding == "latin-1" else encoding  # cp1252: Latin-1 with the dashes and quotes of Windows
    return text.decode(codec, "replace").removeprefix("\ufeff").replace("\0", "")


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _usual(text: str, encoding: str) -> float:
    """The mean usualness of the letters beyond ASCII, from -1 to 1."""
    marks = [_letter(letter, text[at - 1:at] + text[at + 1:at + 2], encoding)
             for at, letter in enumerate(text) if letter > "\x7f"]
    return sum(marks) / max(1, len(marks)) * (0.6 if encoding == "cp949" and len(marks) < 8 else 1)


def _letter(letter: str, beside: str, encoding: str) -> float:
    if encoding == "cp1251":
        if not "\u0400" <= letter <= "\u045f":
            return 0.2 if letter in "©®«»№" else -1
        return 0.6 if any(other > "\x7f" and other.isalpha() for other in beside) and not any(
            other.isascii() and other.isalpha() for other in beside) else -0.5
    if encoding == "latin-1":  # an accent stands among plain letters, and few signs are usual
        if not letter.isalpha():
            return 0.2 if letter in "©®°«»¿¡§" else -1
        return 0.4 if all(other < "\x7f" or other.isalpha() for other in beside) and any(
            other.isascii() and other.isalpha() for other in beside) else -0.5
    if encoding == "big5" and "\u3040" <= letter <= "\u30ff":
        return -0.5
    if "\u3000" <= letter <= "\u30ff" or "\uff01" <= letter <= "\uff5e":  # kana, full-width signs
        return 1 if encoding == "cp932" or letter < "\u3040" or letter > "\u30ff" else 0.2
    if "\uac00" <= letter <= "\ud7a3":  # of a few Chinese characters, all may lie where Hangul does
        lead, trail = letter.encode("cp949")
        return 0.9 if 0xB0 <= lead <= 0xC8 and trail >= 0xA1 else -0.5
    if "\u4e00" <= letter <= "\u9fff":
        return _hanzi(letter, encoding)
    return -1


def _hanzi(letter: str, encoding: str) -> float:
    """The characters in daily use fill the first level of both standards."""
    lead = letter.encode(encoding)
    if encoding == "gb18030":
        return 0.8 if 0xB0 <= lead[0] <= 0xD7 and lead[1] >= 0xA1 else -0.5
    if encoding == "big5":
        return 0.75 if 0xA4 <= lead[0] <= 0xC6 else -0.5
    return 0.7 if encoding == "cp932" and 0x88 <= lead[0] <= 0x97 else -0.5
