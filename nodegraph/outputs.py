"""The outputs of a run as files: what is there already is known again, what failed leaves a gap, the rest is written."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .cache import Cache
from .errors import InputError
from .export import (
    Spot,
    Unwritten,
    Written,
    bare_digest,
    chosen,
    ending,
    export,
    find_same,
    free,
    items,
    placed,
    reason,
    retell,
    spots_at,
    stem_of,
    tells_nothing,
    write,
)
from .graph import USUAL, Form
from .naming import LEAST_BYTES, MOST_BYTES, labels, numbers
from .plan import LEAVE, Plan
from .provenance import files_read, provenance
from .runs import Result
from .runs.pieces import Piece
from .types import FILE, PortType
from .warning import collected
from .wording import say

TOLD = "told"  # ends the key under which a Value has, beside what its file holds, what the writer told
Place = tuple[int, ...]  # the number of an item in each list, counted from 1


class OutputFiles:
    """One output of a run, on its way to files."""

    def __init__(self, cache: Cache, result: Result, name: str, form: Form | None, graph: bool):
        self.cache, self.result, self.name, self.graph = cache, result, name, graph
        self.type, output = result.type(name), result.plan.outputs[name]
        self.form = form or result.plan.graph.forms.get(name, USUAL)
        self.extension = chosen(self.type, self.form.format)
        tree = result.digests[name] if name in result.digests else result.made[name]
        every = items(tree, output.flow.depth)
        self.count = len(every) if output.flow.depth == 1 else 0  # of a list, with what is not there
        self.items = {place: item for place, item in every.items() if item is not None}
        self.tails = [{place: tails[place] for place in self.items}
                      for tails in (numbers(every), *([numbers(every, False)] if len(every) > 9 else []))]
        self.files = {place: self.read(place) for place in self.items} if self.type is FILE else {}
        self.contents = dict(self.known_contents())

    def write(self, folder: Path, stem: str, overwrite: bool, stems: tuple[str, ...], number: int = 0) -> Written:
        """Write what is not there; what became of all of it, in order.

        stems: other names under which it may be there. number: the one that the outputs of this run have together
        (`common_number`); 0 takes the first that is free for this output.
        """
        schemes = self.schemes(stem)
        there = None if overwrite else self.found(folder, (stem, *stems), schemes, number)
        if there is not None:
            return Written(there, warnings=self.remembered(self.items))
        tails = schemes[0]
        endings, contents, usable = self.by_tail(tails, self.ending), self.by_tail(tails, self.contents.get), \
            self.is_usable(overwrite)
        spots = spots_at(folder, stem_of(stem, number), endings, contents, usable) if number and not overwrite else \
            placed(folder, stem, endings, contents, overwrite, usable)
        at = {place: spots[tail] for place, tail in tails.items()}
        todo = [place for place, spot in at.items() if not spot.same]
        embed = provenance(self.result.plan, self.name, folder) \
            if self.graph and self.extension == "png" and (todo or overwrite) else None
        if embed and self.cache.disk is not None:
            for path, content in files_read(self.result.plan):
                self.cache.disk.note_place(content, path)
        written = Written(warnings=self.remembered(place for place in at if place not in todo))
        for place in todo:
            self.write_one(place, at[place].path, embed, written)
        if overwrite:
            self.retell([spot for spot in at.values() if spot.same], embed, written)
        new = set(written.paths)
        written.paths = [spot.path for spot in at.values() if spot.same or spot.path in new]
        written.warnings = list(dict.fromkeys(written.warnings))
        return written

    def write_one(self, place: Place, path: Path, embed: Mapping[str, str] | None, written: Written) -> None:
        """Write the file of one item, and add what became of it."""
        with collected() as remarks:
            one = write(self.type, [(path, self.reader(place))], self.extension, self.form.quality, embed)
        told = list(dict.fromkeys(remark.sentence for remark in remarks))
        if one.paths:
            self.note(place, path, told)
        written.paths += one.paths
        written.unwritten += one.unwritten
        written.warnings += told

    def fits(self, folder: Path, number: int, stem: str, stems: tuple[str, ...]) -> bool:
        """Whether this output is there under a number already, or nothing is in its way."""
        schemes = self.schemes(stem)
        return self.found(folder, (stem, *stems), schemes, number) is not None or free(spots_at(
            folder, stem_of(stem, number), self.by_tail(schemes[0], self.ending),
            self.by_tail(schemes[0], self.contents.get), self.is_usable(False)))

    def schemes(self, stem: str) -> list[dict[Place, str]]:
        """What the names of its files may end in, by place: as they are written now, and as they once were."""
        return list(filter(None, (self.by_origin(stem), *self.tails))) or [{}]

    def by_origin(self, stem: str) -> dict[Place, str] | None:
        """Tails that name the file that each item of a list comes from, ".01-cat"; None where there is none, or no room."""
        paths = origins(self.result.plan, self.result.plan.outputs[self.name].slot)
        room = MOST_BYTES - len(stem.encode()) - len(str(self.count)) - 2
        if not paths or len(paths) != self.count or room < LEAST_BYTES or self.type is FILE:
            return None
        named = labels([str(path) for path in paths], min(room, 4 * LEAST_BYTES), paths=True)
        return {place: f"{tail}-{named[place[0] - 1]}" for place, tail in self.tails[0].items()}

    def found(self, folder: Path, stems: tuple[str, ...], schemes: list[dict[Place, str]],
              number: int = 0) -> list[Path] | None:
        """All the files, where they are there under a name that this or another release gave them, and a number (0: any)."""
        if not self.items or len(self.contents) < len(self.items):
            return None
        for stem in stems:
            for tails in schemes:
                paths = find_same(self.by_tail(tails, self.contents.get), folder, stem_of(stem, number or 1),
                                  self.by_tail(tails, self.ending), numbered=not number, usable=self.is_usable(False))
                if paths is not None:
                    return paths
        return None

    def by_tail(self, tails: Mapping[Place, str], what: Callable[[Place], Any]) -> dict[str, Any]:
        """Something about each item, by what its file's name ends in; left out where there is nothing."""
        return {tail: told for place, tail in tails.items() if (told := what(place)) is not None}

    def ending(self, place: Place) -> str:
        return ending(self.files.get(place), self.extension)

    def is_usable(self, overwrite: bool) -> Callable[[Path], bool]:
        """Whether a file that is there may stay: where no graph is wanted, one that carries none."""
        return (lambda path: True) if self.graph or overwrite else tells_nothing

    # -- what is known

    @property
    def key(self) -> str:
        """What counts, beside the Value, for what its file holds."""
        return f"{self.extension} {self.form.quality}" if self.form.quality is not None else self.extension

    def known_contents(self) -> Iterator[tuple[Place, bytes]]:
        """The digests of what the files hold that items become, as far as that is known."""
        for place, item in self.items.items():
            if self.type is FILE:
                if isinstance(self.files[place], Path):
                    yield place, bare_digest(self.files[place])
            elif self.cache.disk is not None and not self.type.located:
                content = self.cache.disk.exported(_digest(item), self.key)
                if content is not None:
                    yield place, content

    def note(self, place: Place, path: Path, told: list[str]) -> None:
        """Remember what a file holds that was just written, and what its writer told."""
        if self.cache.disk is not None and not self.type.located:
            digest, key = _digest(self.items[place]), f"{self.key} {TOLD}"
            self.cache.disk.note_export(digest, self.key, bare_digest(path))
            if told or self.cache.disk.exported(digest, key) is not None:
                self.cache.disk.note_export(digest, key, json.dumps(told).encode())

    def remembered(self, places: Iterable[Place]) -> list[str]:
        """What the writers told of files that are there already."""
        if self.cache.disk is None or self.type.located:
            return []
        found = (self.cache.disk.exported(_digest(self.items[place]), f"{self.key} {TOLD}") for place in places)
        return list(dict.fromkeys(sentence for told in found if told for sentence in json.loads(told)))

    def retell(self, spots: list[Spot], embed: Mapping[str, str] | None, written: Written) -> None:
        """Give PNGs that hold the same picture the graph of this run, or take the one away that they carry."""
        for spot in spots if embed or not self.graph else ():
            try:
                retell([spot.path], embed)
            except OSError as error:
                written.unwritten.append(Unwritten(spot.path, reason(error), error))

    # -- values

    def reader(self, place: Place) -> Callable[[], Any]:
        """What gives an item when it is to be written."""
        return lambda: self.files[place] if place in self.files else self.read(place)

    def read(self, place: Place) -> Any:
        """An item as its type's writers take it: with arrays for tensors, where that spares importing torch."""
        item = self.items[place]
        if self.type.arrays and "torch" not in sys.modules:
            try:
                return self.cache.array_value(self.type, _digest(item))
            except KeyError:
                pass  # it is gone: the result makes it again
        if not isinstance(item, Piece):
            return self.result.value_at(self.name, place)
        try:
            return self.result.item(item)
        except KeyError:
            raise InputError(say("export.gone")) from None


def common_number(outputs: Iterable[tuple[OutputFiles, str, tuple[str, ...]]], folder: Path) -> int:
    """The number that the files of one run share: the first under which each output either is there, with just this
    content, or has nothing in its way. outputs: each with its name and with others that it may be there by.
    """
    rows, number = list(outputs), 1
    while not all(files.fits(folder, number, stem, stems) for files, stem, stems in rows):
        number += 1
    return number


def origin(result: Result, name: str, place: Place) -> Path | None:
    """The file that an item of an output comes from, where the list was mapped over files."""
    paths = origins(result.plan, result.plan.outputs[name].slot)
    return paths[place[0] - 1] if paths and place and place[0] <= len(paths) else None


def origins(plan: Plan, slot: int) -> list[Path] | None:
    """The files that a list was mapped over, an item for each, through whatever it was mapped in between."""
    producer = plan.producers[slot]
    if producer < 0:
        given = next((given for given in plan.givens if given.slot == slot), None)
        return list(given.value) if given is not None and given.type is FILE and given.depth == 1 and given.value else None
    step = plan.steps[producer]
    if step.kind != LEAVE or step.axes or len(step.detail.left) != 1:
        return None
    opener = plan.steps[plan.axes[step.detail.left[0]].opener]
    found = (origins(plan, slot) for _, slot in opener.detail.lists)
    return next((paths for paths in found if paths), None)


def _digest(item: bytes | Piece) -> bytes:
    return item.digest if isinstance(item, Piece) else item


def save(type: PortType, value: Any, depth: int, path: Path, plan: Plan | None, output: str) -> list[Path]:
    """Write a Value to this very file, over one that is there; the paths. depth: how deep in lists it is.

    plan, output: what made it, and which of its outputs it is; a PNG then carries its graph, and the quality is what the
    graph says for files of that form.
    """
    extension = path.suffix.removeprefix(".").lower() or None
    embed = provenance(plan, output, path.parent) if plan is not None and extension == "png" else None
    form = plan.graph.forms.get(output, USUAL) if plan is not None else USUAL
    return export(type, value, path.parent, path.stem, depth=depth, overwrite=True, extension=extension,
                  quality=form.quality if form.format in ("", extension) else None, embed=embed)
