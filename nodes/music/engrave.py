"""The node that engraves a score as a page of notes, through MusicXML and verovio (LGPL, an extra that is only imported)."""

from __future__ import annotations

import io
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from xml.sax.saxutils import escape

from nodegraph import InputError, Range, node

from ..common.extras import judge_there, lacking
from ..media.image import from_pil
from ..media.score import Note, Score, Text, Track
from ..media.types import Image
from .shaping import swing_of
from .theory import stated_key

_GRIDS = (4, 3)  # parts of a beat in which a page is written
_FONTS = Path(__file__).parent.parent / "common" / "fonts"


class Page(NamedTuple):
    """A page of notes, as a picture and as SVG."""

    image: Image
    svg: str


def refused() -> str:
    """What is missing of the libraries that engrave; told before anything runs."""
    return lacking("engraving", "engraving", "verovio", "music21")


@node("music.engrave", version=1, refuses=refused)
def engrave(score: Score, title: str = "", width: Annotated[int, Range(400, 4000)] = 1400,
            scale: Annotated[int, Range(20, 100)] = 45) -> Page:
    """Engrave a score as a page of notes: with chord symbols, sections and words that are sung.

    It is written so that it can be read: onsets on sixteenths or triplets, lengths up to the next note, swung notes straight,
    sharps and flats as the key has them. Needs the extra `engraving` (verovio and music21).

    score: the music.
    title: what stands above it; empty takes that of the score.
    width: of the picture in pixels.
    scale: how large the notes are, in percent.
    """
    judge_there("engraving", "engraving", "verovio", "music21")
    if not any(track.notes for track in score.tracks):
        raise InputError("the score has no notes to engrave")
    own = next((text.text for text in score.texts if text.kind == "title"), "")
    shown = " ".join((title or own).split())
    svg = _titled(_svg(_musicxml(written(score)), width, scale, bool(shown)), shown)
    return Page(_picture(svg, width), svg)


def written(score: Score) -> Score:
    """The score as it is written down: straight, on a grid, each note as long as until the next where little is missing."""
    swing = swing_of(score)
    straight = score if swing == 0.5 else _straightened(score, swing)
    keys = straight.keys or ((0.0, stated_key(straight)),)
    note = (Text(0.0, "Swing", "text"),) if swing != 0.5 else ()
    tempos = tuple({beat: (beat, round(bpm)) for beat, bpm in straight.tempos[:1]}.values())
    return replace(straight, tracks=tuple(_written(track) for track in straight.tracks if track.notes), keys=keys,
                   texts=(*straight.texts, *note), tempos=tempos, raw=())


def _straightened(score: Score, swing: float) -> Score:
    def straight(beat: float) -> float:
        whole, place = divmod(beat + 1e-9, 1)
        return whole + (place / swing * 0.5 if place < swing else 0.5 + (place - swing) / (1 - swing) * 0.5)

    def change(note: Note) -> Note:
        start, end = straight(note.start), straight(note.start + note.duration)
        return note._replace(start=start, duration=max(0.05, end - start))

    return replace(score, tracks=tuple(replace(track, notes=tuple(map(change, track.notes))) for track in score.tracks))


def _written(track: Track) -> Track:
    parts = min(_GRIDS, key=lambda grid: sum(abs(round(note.start * grid) / grid - note.start) for note in track.notes)
                + (0.02 * len(track.notes) if grid == 3 else 0))
    starts = sorted({round(note.start * parts) / parts for note in track.notes})
    after = dict(zip(starts, [*starts[1:], None], strict=True))
    notes: dict[tuple[float, int], Note] = {}
    ends: dict[float, float] = {}
    for note in track.notes:
        start = round(note.start * parts) / parts
        following = after[start]
        end = max(round((note.start + note.duration) * parts) / parts, start + 1 / parts)
        if following is not None and (0 < following - end < 1 or following < end < following + 0.26):
            end = following
        elif parts == 4:
            end = min(-(-end * 2 // 1) / 2, following or end + 1)  # no rest shorter than half a beat after it
        ends[start] = max(ends.get(start, 0.0), end)
        notes[start, note.pitch] = note._replace(start=start)
    lyrics = tuple(text._replace(beat=round(text.beat * parts) / parts) for text in track.texts if text.kind == "lyric")
    return replace(track, notes=tuple(note._replace(duration=ends[note.start] - note.start) for note in notes.values()),
                   events=(), texts=lyrics, channel=None)


def _musicxml(score: Score) -> str:
    from ..media.scores.notation import save_musicxml

    texts = tuple(text for text in score.texts if text.kind != "title")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.musicxml"
        save_musicxml(replace(score, texts=texts), path)
        document = path.read_text("utf-8")
    return re.sub(r"<metronome.*?<per-minute>([^<]*)</per-minute>.*?</metronome>", r"<words>\1 beats a minute</words>",
                  document, flags=re.S)


def _titled(svg: str, title: str) -> str:
    """The page with a title in the middle of its upper edge."""
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    if not title or not size:
        return svg
    wide = float(size[1])
    letters = min(wide / 28, wide * 1.7 / max(1, len(title)))
    text = f'<text x="{wide / 2:.0f}" y="{wide / 20:.0f}" text-anchor="middle" font-family="Times" ' \
           f'font-size="{letters:.0f}px">{escape(title)}</text>'
    at = svg.rindex("</svg>")
    return svg[:at] + text + svg[at:]


def _svg(document: str, width: int, scale: int, titled: bool) -> str:
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit: Any = verovio.toolkit()
    toolkit.setOptions({"pageWidth": round(width * 100 / scale), "pageHeight": 60_000, "adjustPageHeight": True,
                        "scale": scale, "breaks": "auto", "footer": "none", "header": "none",
                        "pageMarginTop": 50 + 150 * titled, "svgViewBox": True, "svgRemoveXlink": True, "lyricSize": 5.0,
                        "spacingStaff": 8, "minLastJustification": 0.3})
    if not toolkit.loadData(document):
        raise InputError("verovio cannot engrave this score; music.quantise may help")
    return str(toolkit.renderToSVG(1))


def _picture(svg: str, width: int) -> Image:
    import resvg_py
    from PIL import Image as Pil

    png = resvg_py.svg_to_bytes(svg_string=_with_fonts(svg), width=width, background="#ffffff", skip_system_fonts=True,
                                font_files=[str(path) for path in sorted(_FONTS.glob("*.otf"))], serif_family="Postcard Latin")
    with Pil.open(io.BytesIO(bytes(png))) as page:
        return from_pil(page.convert("RGB"))


def _with_fonts(svg: str) -> str:
    """Words in the fonts that come along, which a renderer without those of a machine knows."""
    return re.sub(r"Times(?: New Roman)?(?:, ?serif)?", "Postcard Latin", svg)
