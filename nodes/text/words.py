"""Nodes on plain words. Nothing here knows of a model."""

from __future__ import annotations

from string import Formatter

from nodegraph import File, InputError, node


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


@node("text.lines", version=1)
def lines(text: str, keep_empty: bool = False) -> list[str]:
    """Split a text into its lines, each without the space around it.

    text: what to split.
    keep_empty: whether empty lines are kept.
    """
    stripped = [line.strip() for line in text.splitlines()]
    return [line for line in stripped if line or keep_empty]


@node("text.read", version=1)
def read(file: File) -> str:
    """Read a text file in UTF-8.

    file: the file; when its content changes, what depends on it runs again.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"there is no file {file}") from None
    except (UnicodeDecodeError, OSError) as error:
        raise InputError(f"{file} is not a UTF-8 text that can be read: {error}") from error
