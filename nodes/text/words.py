"""Nodes on plain words. Nothing here knows of a model."""

from __future__ import annotations

from string import Formatter

from nodegraph import File, InputError, node, warn

from . import textfile


@node("text.compose", version=1)
def compose(template: str, subject: str = "", mood: str = "", style: str = "", a: str = "", b: str = "",
            c: str = "") -> str:
    """Fill the fields of a template with words.

    template: a text with fields in braces, such as `{subject} at night, {style}`. `{{` and `}}` are plain braces.
    subject, mood, style, a, b, c: what stands where the template says `{subject}`, `{mood}` and so on.
    """
    fields = {"subject": subject, "mood": mood, "style": style, "a": a, "b": b, "c": c}
    return "".join(_filled(template, fields))


def _filled(template: str, fields: dict[str, str]):
    try:
        pieces = list(Formatter().parse(template))
    except ValueError as error:
        raise InputError(f"the template {template!r} cannot be read: {error}; "
                         "write {{ and }} for plain braces") from None
    for words, field, spec, conversion in pieces:
        yield words
        if field is None:
            continue
        if field not in fields or spec or conversion:
            whole = field + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            raise InputError(f"the template has the field {{{whole}}}; it takes "
                             + ", ".join(f"{{{name}}}" for name in fields))
        yield fields[field]


@node("text.join", version=1)
def join(texts: list[str], separator: str = "\n") -> str:
    """Put several texts together into one.

    texts: the texts, in order.
    separator: what stands between them.
    """
    return separator.join(texts)


MANY = 10_000  # lines that are told of


@node("text.lines", version=1)
def lines(text: str, keep_empty: bool = False) -> list[str]:
    """Split a text into its lines, each without the space around it.

    More than 10,000 are told of: what runs once per line, and an output of them, which is a file each, takes its time.

    text: what to split.
    keep_empty: whether empty lines are kept.
    """
    stripped = [line.strip() for line in text.splitlines()]
    kept = [line for line in stripped if line or keep_empty]
    if len(kept) > MANY:
        warn(f"this text has {len(kept):,} lines, and as many items come out: an output of them is written as a file "
             "each, so join them with text.join, or take a shorter text")
    return kept


@node("text.read", version=2)
def read(file: File, encoding: str = textfile.AUTO) -> str:
    """Read a text file. Line ends of any kind become line feeds, and a byte order mark is taken off.

    file: the file; when its content changes, what depends on it runs again.
    encoding: `auto` reads UTF-8, and UTF-16 and UTF-32 that begin with a byte order mark. For others it is their name:
        gb18030, big5, shift_jis, euc_kr, latin-1, cp1252, cp1251, koi8-r, ... A file that auto cannot read is told with
        what it seems to be.
    """
    return textfile.load(file, encoding)
