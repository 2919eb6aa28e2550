"""Samples for the painter, drawn by processes side by side with the training, through a ring of shared memory.

A sample is a picture, what the painter is shown of it (drawings on grey, or the picture with a hole), which cells it is
to paint, and two sentences about it. Three in four show drawings; the rest teach to fill holes, to paint a setting
alone, and to paint the ten nouns that are understood without a drawing.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import recolour, sentences
from ..compositions import Composition, Figure, places, reference, render
from ..pen import SIZE
from ..vocabulary import COLOURS, SETTINGS, STYLES, TIMES
from .glyphs import FAMILIAR, Glyph

CELLS = SIZE // 8
TOKENS = 64
CHUNK = 64  # samples that a process hands over at once
KINDS = ("shown", "hole", "bare", "alone")
SHARES = (0.74, 0.12, 0.05, 0.09)
SET_SHARES = {"fluent": 0.46, "noto": 0.34, "game": 0.20}
# how drawings are shown: as they are, grey, in the paint that is asked for already, in other hues
SHOWN, SHOWN_SHARES = ("own", "grey", "painted", "turned"), (0.32, 0.15, 0.38, 0.15)
BARELY = (0.0, 0.02, 0.06, 0.06)  # of a cell that counts as drawn upon
LIFTED = 0.1  # of the figures are in the air

Layout = dict[str, tuple[tuple[int, ...], Any]]
LAYOUT: Layout = {
    "picture": ((SIZE, SIZE, 3), np.uint8), "shown": ((SIZE, SIZE, 3), np.uint8), "mask": ((CELLS, CELLS), np.uint8),
    "cover": ((CELLS, CELLS), np.uint8), "ids": ((2, TOKENS), np.int16), "codes": ((2, len(sentences.CODES)), np.int8)}


@dataclass(frozen=True, eq=False)
class Sample:
    """One sample: pictures uint8 (128, 128, 3); mask and cover uint8 (16, 16): 1 where cells are to be painted, and how
    much of each cell the figures cover, of 255; two sentences."""

    kind: str
    picture: np.ndarray
    shown: np.ndarray
    mask: np.ndarray
    cover: np.ndarray
    said: tuple[sentences.Said, sentences.Said]
    wanted: sentences.Wanted


class Library:
    """Drawings by set, of which one is picked at random."""

    def __init__(self, glyphs: Sequence[Glyph]) -> None:
        self.sets = {name: [glyph for glyph in glyphs if glyph.set == name] for name in SET_SHARES}
        self.familiar = {noun: self._familiar(FAMILIAR.get(noun, noun)) for noun in sentences.ALONE}

    def _familiar(self, id: str) -> Glyph | None:
        return next((glyph for glyph in self.sets["fluent"] if glyph.id == id), None)

    def pick(self, rng: random.Random) -> Glyph:
        """A drawing of a random set."""
        known = [name for name, rows in self.sets.items() if rows]
        return rng.choice(self.sets[rng.choices(known, [SET_SHARES[name] for name in known])[0]])


def sample(library: Library, seed: int, kind: str | None = None) -> Sample:
    """The sample of a seed."""
    rng = random.Random(seed)
    kind = kind or rng.choices(KINDS, SHARES)[0]
    words = {"setting": rng.choice(SETTINGS), "style": rng.choice(STYLES), "time": rng.choice(TIMES)}
    noun = rng.choice([noun for noun, glyph in library.familiar.items() if glyph]) if kind == "alone" else None
    figures, named = _figures(library, rng, kind, library.familiar[noun] if noun else None)
    scene = Composition(tuple(asked for asked, _ in figures), words["setting"], words["style"], words["time"],
                        rng.randrange(2**31))
    rendered = render(scene)
    setting, style, time = (word if rng.random() < chance else None for word, chance in
                            zip(words.values(), (0.94, 0.92, 0.9), strict=True))
    wanted = replace(named, setting=setting, style=style, time=time, noun=noun)
    shown, mask = _shown(kind, rendered, tuple(given for _, given in figures), rng)
    cover = rendered.mask.reshape(CELLS, 8, CELLS, 8).mean((1, 3)).astype(np.uint8)
    first, second = (sentences.sentence(wanted, language, rng.randrange(2**31)) for language in sentences.LANGUAGES)
    return Sample(kind, rendered.picture, shown, mask, cover, (first, second), wanted)


def _figures(library: Library, rng: random.Random, kind: str, alone: Glyph | None
             ) -> tuple[list[tuple[Figure, Figure]], sentences.Wanted]:
    """Each figure as it is to be painted and as it is shown, and what a sentence is to say of them."""
    count = {"bare": 0, "alone": 1}[kind] if kind in ("bare", "alone") else rng.choices((1, 2, 3), (66, 21, 13))[0]
    alike = count > 1 and rng.random() < 0.3
    glyphs = [alone] if alone else [library.pick(rng) for _ in range(count)]
    if alike:
        glyphs = glyphs[:1] * count
    way = rng.choices(SHOWN, SHOWN_SHARES)[0] if kind == "shown" else "own"
    colours: list[str | None] = [rng.choice(COLOURS) if rng.random() < 0.86 else None for _ in glyphs]
    if alike:
        colours = colours[:1] * count
    if way == "painted":
        colours = [*(colour or rng.choice(COLOURS) for colour in colours[:1 if alike else None])] * (count if alike else 1)
    turn, figures = rng.random(), []
    for glyph, colour, place in zip(glyphs, colours, places(count, rng.randrange(2**31)) if count else (), strict=True):
        if rng.random() < LIFTED:
            place = replace(place, foot=min(place.foot, 0.88) - 0.2, width=0.85 * place.width, height=0.85 * place.height)
        drawing = {"grey": recolour.grey, "turned": lambda d: recolour.rotated(d, turn)}.get(way, lambda d: d)(glyph.drawing)
        asked = Figure(glyph.drawing if colour else drawing, place, colour)
        figures.append((asked, Figure(glyph.drawing if way == "painted" else drawing, place,
                                      colour if way == "painted" else None)))
    if way == "painted" and rng.random() < 0.3:
        colours = [None for _ in glyphs]  # what is shown in a paint keeps it, said or not
    return figures, sentences.Wanted(tuple(glyph.names for glyph in glyphs), tuple(colours), None, None, None, alike)


def _shown(kind: str, rendered: Any, figures: tuple[Figure, ...], rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
    """What the painter is shown, and the cells that it is to paint."""
    if kind in ("bare", "alone"):
        return np.full((SIZE, SIZE, 3), 128, np.uint8), np.ones((CELLS, CELLS), np.uint8)
    if kind == "hole":
        hole = _hole(rendered.mask, rng)
        picture = np.where(hole[..., None], np.uint8(128), rendered.picture)
        corners, means = hole[::8, ::8], _means(hole.astype(np.float32)) > 0.02
        return picture, (corners if rng.random() < 0.4 else means).astype(np.uint8)
    picture, alpha = reference(figures)
    if rng.random() < 0.2:  # a mask of pixels, of which diffusers takes each cell's corner
        return picture, (alpha[::8, ::8] <= 127).astype(np.uint8)
    mask = (_means(alpha / np.float32(255)) <= rng.choice(BARELY)).astype(np.uint8)
    # the pipeline makes grey what is to be painted
    return np.where(mask.repeat(8, 0).repeat(8, 1)[..., None] > 0, np.uint8(128), picture), mask


def _means(cover: np.ndarray) -> np.ndarray:
    return cover.reshape(CELLS, 8, CELLS, 8).mean((1, 3))


def _hole(figures: np.ndarray, rng: random.Random) -> np.ndarray:
    """bool (128, 128): a box about the figures, any box, a brush stroke, or all but a part of the picture."""
    hole = np.zeros((SIZE, SIZE), bool)
    form = rng.random()
    if form < 0.4 and figures.any():
        rows, columns = np.flatnonzero(figures.any(1)), np.flatnonzero(figures.any(0))
        grow = rng.randrange(2, 12)
        hole[max(0, rows[0] - grow):rows[-1] + grow, max(0, columns[0] - grow):columns[-1] + grow] = True
    elif form < 0.65:
        y, x, high, wide = rng.randrange(96), rng.randrange(96), rng.randrange(24, 110), rng.randrange(24, 110)
        hole[y:y + high, x:x + wide] = True
    elif form < 0.85:
        y, x = rng.uniform(20, 108), rng.uniform(20, 108)
        rows, columns = np.mgrid[:SIZE, :SIZE]
        for _ in range(rng.randrange(3, 12)):
            hole |= (rows - y) ** 2 + (columns - x) ** 2 < rng.uniform(6, 18) ** 2
            y, x = y + rng.uniform(-18, 18), x + rng.uniform(-18, 18)
    else:
        hole[:] = True
        y, x = rng.randrange(48), rng.randrange(48)
        hole[y:y + rng.randrange(40, 100), x:x + rng.randrange(40, 100)] = False
    return hole


class Studio:
    """Processes that draw samples into a ring of shared memory until they are stopped.

    Made before any accelerator is touched, because the processes are forked. `samples` gives what has come.
    """

    def __init__(self, glyphs: Sequence[Glyph], tokenizer: Any, workers: int, seed: int, rows: int = 6,
                 layout: Layout = LAYOUT) -> None:
        self.library, self.tokenizer, self.seed, self.rows = Library(glyphs), tokenizer, seed, rows
        chunks = workers * rows
        self.arrays = {name: _shared((chunks, CHUNK, *shape), dtype) for name, (shape, dtype) in layout.items()}
        self.ready = _shared((chunks,), np.int32)
        self.stop = _shared((1,), np.int32)
        context = multiprocessing.get_context("fork")
        self.processes = [context.Process(target=self._draw, args=(k, os.getpid()), daemon=True) for k in range(workers)]
        for process in self.processes:
            process.start()

    def _draw(self, worker: int, parent: int) -> None:
        os.nice(10)  # the trainer waits for nobody
        number = 0
        while not self.stop[0] and os.getppid() == parent:
            for chunk in range(worker * self.rows, (worker + 1) * self.rows):
                while self.ready[chunk]:
                    if self.stop[0] or os.getppid() != parent:
                        return
                    time.sleep(0.02)
                for row in range(CHUNK):
                    self._put(chunk, row, sample(self.library, _seed(self.seed, worker, number)))
                    number += 1
                self.ready[chunk] = 1

    def _put(self, chunk: int, row: int, made: Sample) -> None:
        for name in ("picture", "shown", "mask", "cover"):
            self.arrays[name][chunk, row] = getattr(made, name)
        self.arrays["ids"][chunk, row] = token_rows(self.tokenizer, [said.text for said in made.said])
        self.arrays["codes"][chunk, row] = [said.codes for said in made.said]

    def samples(self) -> Iterator[dict[str, np.ndarray]]:
        """The chunks that are ready now, each once: a dictionary of copies with CHUNK rows."""
        for chunk in np.flatnonzero(self.ready):
            yield {name: array[chunk].copy() for name, array in self.arrays.items()}
            self.ready[chunk] = 0

    def close(self) -> None:
        """Stop the processes."""
        self.stop[0] = 1
        for process in self.processes:
            process.join(2)
            if process.is_alive():
                process.terminate()


def drawn(glyphs: Sequence[Glyph], tokenizer: Any, count: int, seed: int, kind: str | None = None
          ) -> tuple[dict[str, np.ndarray], list[Sample]]:
    """`count` samples drawn here and now, as the arrays of a chunk and as they are."""
    library = Library(glyphs)
    made = [sample(library, _seed(seed, 0, k), kind) for k in range(count)]
    arrays = {name: np.stack([getattr(one, name) for one in made]) for name in ("picture", "shown", "mask", "cover")}
    arrays["ids"] = np.stack([token_rows(tokenizer, [said.text for said in one.said]) for one in made])
    arrays["codes"] = np.asarray([[said.codes for said in one.said] for one in made], np.int8)
    return arrays, made


def token_rows(tokenizer: Any, texts: list[str]) -> np.ndarray:
    """int16 (len(texts), 64), cut and padded as the pipeline does."""
    ids = tokenizer(texts, padding="max_length", max_length=TOKENS, truncation=True).input_ids
    return np.asarray(ids, np.int16)


def _seed(seed: int, worker: int, number: int) -> int:
    return (seed * 1_000 + worker) * 10_000_000 + number


def _shared(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Zeros in memory that forked processes share."""
    count = int(np.prod(shape))
    return np.frombuffer(mmap.mmap(-1, max(1, count * np.dtype(dtype).itemsize)), dtype, count).reshape(shape)
