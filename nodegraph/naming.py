"""Names of files that people keep: fit for any system, in an order that sorts, and telling things apart."""

from __future__ import annotations

import os.path
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath, PureWindowsPath
from typing import Any

MOST_BYTES = 120  # of a name, so that with its ending and a temporary prefix it fits any file system
LEAST_BYTES = 12  # of what tells one swept value from another
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?![^.])", re.IGNORECASE)


def safe_name(text: str, taken: set[str] | None = None) -> str:
    """A text made fit for a file name on any system: letters, digits, dot, minus, = and underscore.

    At most 120 bytes of UTF-8, and none of the names that Windows keeps for itself. taken: names used already, in
    small letters; the result is unlike all of them, and is added.
    """
    name = shortened(_plain(text) or "value", MOST_BYTES)
    if _RESERVED.match(name):
        name = f"_{name}"
    if taken is None:
        return name
    free, count = name, 1
    while free.casefold() in taken:
        count += 1
        free = f"{name}-{count}"
    taken.add(free.casefold())
    return free


def _plain(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)  # file systems take both forms for one, or for two
    return re.sub(r"[^\w.=-]+", "_", composed).strip("._")


def shortened(name: str, most: int) -> str:
    """The start of a name, as much as so many bytes hold."""
    return name.encode("utf-8", "replace")[:max(most, 1)].decode("utf-8", "ignore").rstrip("._")


# ---- the files of a list

def numbers(shape: Iterable[tuple[int, ...]], padded: bool = True) -> dict[tuple[int, ...], str]:
    """What the names of a list's files end in: ".01" to ".12", ".1.2" in a list of lists; "" for what is no list.

    shape: the place of each item, counted from 1. padded: with zeros, so that names sort as the list does.
    """
    places = list(shape)
    widths = [max((len(str(place[level])) for place in places if level < len(place)), default=1) if padded else 1
              for level in range(max(map(len, places), default=0))]
    return {place: "".join(f".{number:0{width}}" for number, width in zip(place, widths)) for place in places}


# ---- swept values

def swept_name(output: str, label: Mapping[str, str]) -> str:
    """The name of an output of one run of a sweep; label: what tells the value apart, by what is swept."""
    return ".".join([output, *(f"{target.replace('.', '-')}={value}" for target, value in label.items())])


def room(outputs: Iterable[str], targets: Sequence[str]) -> int:
    """The bytes that a label may have in the name of each of these outputs, if so many things are swept."""
    taken = max((len(_plain(name).encode()) for name in outputs), default=0) + sum(len(t.encode()) + 2 for t in targets)
    return max(LEAST_BYTES, (MOST_BYTES - taken) // max(len(targets), 1))


def labels(values: Sequence[Any], most: int, paths: bool = False) -> list[str]:
    """For each of several values, what tells it from the others, fit for a name, in at most so many bytes.

    Whole numbers get zeros before them, so that names sort as they do.
    paths: they name files or folders; of those the last part counts, and of equal ones the folders that differ.
    """
    texts = list(map(written, values))
    if all(type(value) is int and value >= 0 for value in values):
        texts = [text.zfill(max(map(len, texts))) for text in texts]
    if paths:
        texts = _last_parts(texts)
    short = dict(zip(dict.fromkeys(texts), told_apart(list(dict.fromkeys(texts)), most)))
    return [short[text] for text in texts]


def written(value: Any) -> str:
    """A value as a person would write it: true, a list as a,b."""
    if isinstance(value, (list, tuple)):
        return ",".join(map(written, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def told_apart(texts: Sequence[str], most: int) -> list[str]:
    """Short names for different texts. Those that would be called the same are called by where they begin to differ."""
    names = [shortened(_plain(text), most) or "value" for text in texts]
    groups: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        groups.setdefault(name.casefold(), []).append(at)
    for group in groups.values():
        if len(group) > 1:
            for at, name in zip(group, _different([texts[at] for at in group], names[group[0]], most)):
                names[at] = name
    return names


def _different(texts: list[str], name: str, most: int) -> list[str]:
    start = len(os.path.commonprefix(texts))
    while start and texts[0][start - 1].isalnum():  # back to where the word begins
        start -= 1
    width = len(str(len(texts)))
    if not start:  # they differ in signs or in the size of letters alone, or in the end of a very long word
        start = len(os.path.commonprefix(texts))
        if not start or len(name.encode()) < most:
            return [f"{shortened(name, most - width - 1)}-{number}" for number in range(1, len(texts) + 1)]
    head = shortened(_plain(texts[0][:start]), most // 3)
    rest = told_apart([text[start:] for text in texts], most - len(head.encode()) - 1)
    if len({f"{head}_{one}".casefold() for one in rest}) == len(rest):
        return [f"{head}_{one}" if head else one for one in rest]
    return [f"{shortened(name, most - width - 1)}-{number}" for number in range(1, len(texts) + 1)]


def _last_parts(texts: list[str]) -> list[str]:
    """Paths by their last part; without its ending where nothing needs that, with folders that differ where it is shared."""
    paths = [PureWindowsPath(text) if "\\" in text else PurePath(text) for text in texts]
    different = list(dict.fromkeys(paths))
    for names in ({path: path.stem for path in different}, {path: path.name for path in different}):
        if len({name.casefold() for name in names.values()}) == len(names):
            return [names[path] or str(path) for path in paths]
    alike: dict[str, list[PurePath]] = {}
    for path in different:
        alike.setdefault(path.name.casefold(), []).append(path)
    same_kind = len({path.suffix for path in different}) == 1
    whole = {path: "_".join([*folders, path.stem if same_kind else path.name]) for group in alike.values()
             for path, folders in zip(group, _folders_that_differ(group))}
    return [whole[path] for path in paths]


def _folders_that_differ(paths: list[PurePath]) -> list[tuple[str, ...]]:
    if len(paths) == 1:
        return [()]
    folders = [path.parent.parts for path in paths]
    least = min(map(len, folders))
    begin = next((at for at in range(least) if len({f[at] for f in folders}) > 1), least)
    end = next((at for at in range(least - begin) if len({f[-1 - at] for f in folders}) > 1), least - begin)
    return [f[begin:len(f) - end] for f in folders]
