"""The node that draws a score as a piano roll: what sounds when, on which instrument, and how loud."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from nodegraph import Color, InputError, Range, node, warn

from ..common.face import Face, tell_lacking
from ..common.typesetting import fitted
from ..media.image import from_pil
from ..media.score import Score, bar_starts
from ..media.types import Image
from ..mix.theme import READABLE, Rgb, mixed, readable, rgb
from .performance import Curve, settings, shared

# Okabe and Ito's colours (2008), which people with any colour vision tell apart; grey last.
TRACK_COLORS: tuple[Rgb, ...] = ((213, 94, 0), (0, 114, 178), (0, 158, 115), (204, 121, 167), (230, 159, 0),
                                 (86, 180, 233), (122, 122, 122))
BLACK_KEYS = (1, 3, 6, 8, 10)
FAINTEST = 0.35  # opacity of a note of velocity 1
LEAST_PITCHES = 18  # shown even of a tune that hardly moves
LEGEND = 2.9  # its baseline, in sizes of the text
SMOOTHING = 3  # shapes are drawn this much larger, then made smaller


@dataclass(frozen=True)
class _Sheet:
    """Where things are on the picture, in pixels: the field of notes, and what lies around it."""

    left: float
    top: float
    right: float
    bottom: float
    beats: float
    low: int
    high: int
    drums: tuple[int, ...]  # their pitches, each with a row below the others

    @property
    def row(self) -> float:
        """The height of one pitch."""
        gap = 1 if self.drums else 0
        return (self.bottom - self.top) / (self.high - self.low + 1 + gap + len(self.drums))

    def x(self, beat: float) -> float:
        """Of a moment."""
        return self.left + (self.right - self.left) * beat / self.beats

    def y(self, pitch: int, is_drum: bool = False) -> float:
        """Of the upper edge of a pitch's row."""
        if is_drum:
            return self.bottom - (self.drums.index(pitch) + 1) * self.row
        return self.top + (self.high - pitch) * self.row

    @property
    def floor(self) -> float:
        """Where the rows of pitches end."""
        return self.y(self.low) + self.row


@node("music.piano_roll", version=3)
def piano_roll(score: Score, title: str = "", width: Annotated[int, Range(320, 4096)] = 1200,
               height: Annotated[int, Range(160, 2048)] = 420, paper: Color = "#fbfaf6") -> Image:
    """Draw a score: time goes to the right, pitch upwards, a colour for each track, and softer notes paler.

    Below lie the words that are sung, as many as have room, and a line where a pedal is down; a bent note has a line at
    its pitch. Where a score has markers, as those of its sections, their names stand above with a line down to the foot.

    score: the music.
    title: what stands above it, if anything; key, metre, tempo and length stand beside it.
    width: of the picture in pixels.
    height: of the picture in pixels.
    paper: the colour behind it; on a dark one, lines and words are light.
    """
    from PIL import Image as Pil, ImageDraw

    if not any(track.notes for track in score.tracks):
        raise InputError("the score has no notes to draw")
    ground = rgb(paper)
    if len(paper) == 9:
        warn("a piano roll is opaque, so the alpha of its paper does not count")
    ink = readable((52, 52, 58), ground, READABLE)
    size = max(12, min(22, height // 24, width // 50))
    sheet = _sheet(score, width, height, size)
    large = Pil.new("RGB", (width * SMOOTHING, height * SMOOTHING), ground)
    canvas = ImageDraw.Draw(large, "RGBA")
    _field(canvas, sheet, score, ground, ink)
    _notes(canvas, sheet, score)
    _settings(canvas, sheet, score, mixed(ground, ink, 0.6))
    for x, color, _ in _legend(sheet, score, size):
        if color:
            _rounded(canvas, (x, (LEGEND - 0.62) * size, x + 0.62 * size, LEGEND * size), 0.18 * size, color)
    page = large.resize((width, height), Pil.Resampling.BOX)
    _words(ImageDraw.Draw(page), sheet, score, title, ink, ground, size)
    tell_lacking([title, *(track.name for track in score.tracks)], Face(size),
                 "a title in another script can be put on it by picture.text, with a font: of your own")
    return from_pil(page)


def _sheet(score: Score, width: int, height: int, size: int) -> _Sheet:
    pitches = [note.pitch for track in score.tracks if not track.is_drum for note in track.notes] or [60]
    low, high = min(pitches) - 1, max(pitches) + 1
    missing = max(0, LEAST_PITCHES - (high - low + 1))
    low, high = low - missing // 2, high + (missing + 1) // 2
    drums = sorted({note.pitch for track in score.tracks if track.is_drum for note in track.notes})
    starts = bar_starts(score)
    last = score.metres[-1]
    end = max(score.beats, starts[-1] + 4 * last[1] / last[2])
    margin = size + (1.3 * size if any(_lyrics(score)) else 0)
    return _Sheet(left=3.4 * size, top=(4.6 + 1.3 * bool(_sections(score))) * size, right=width - size, bottom=height - margin,
                  beats=end, low=low, high=high, drums=tuple(drums))


def _field(canvas: Any, sheet: _Sheet, score: Score, ground: Rgb, ink: Rgb) -> None:
    """The rows of the black keys, octaves, beats, bars, and the keyboard at the left."""
    def box(x0: float, y0: float, x1: float, y1: float, color: Rgb) -> None:
        canvas.rectangle([round(x0 * SMOOTHING), round(y0 * SMOOTHING),
                          round(x1 * SMOOTHING) - 1, round(y1 * SMOOTHING) - 1], fill=color)

    keys = sheet.left - 0.35 * sheet.row, 0.9 * (sheet.left - sheet.right / 1000) / 3.4
    for pitch in range(sheet.low, sheet.high + 1):
        top = sheet.y(pitch)
        black = pitch % 12 in BLACK_KEYS
        if black:
            box(sheet.left, top, sheet.right, top + sheet.row, mixed(ground, ink, 0.055))
        box(keys[0] - keys[1], top, keys[0], top + sheet.row, mixed(ground, ink, 0.8 if black else 0.1))
        if pitch % 12 == 0:
            box(keys[0] - keys[1], top + sheet.row - 0.5, sheet.right, top + sheet.row + 0.5, mixed(ground, ink, 0.35))
    beat = 4 / score.metres[0][2]
    if (sheet.right - sheet.left) / sheet.beats * beat > 9:
        for number in range(int(sheet.beats / beat + 1e-6)):
            box(sheet.x(number * beat), sheet.top, sheet.x(number * beat) + 0.6, sheet.floor, mixed(ground, ink, 0.1))
    starts = bar_starts(score)
    every = 1 + int(len(starts) / (sheet.right - sheet.left))  # lines that would lie upon each other
    for start in (*starts[::every], sheet.beats):
        box(sheet.x(start) - 0.5, sheet.top, sheet.x(start) + 0.6, sheet.bottom, mixed(ground, ink, 0.32))
    for start, _ in _sections(score):
        box(sheet.x(start) - 1, sheet.top - 0.4 * sheet.left, sheet.x(start) + 1, sheet.bottom, mixed(ground, ink, 0.7))


def _notes(canvas: Any, sheet: _Sheet, score: Score) -> None:
    """Every note as a bar with round ends, drums as short ones; the first track lies on top."""
    for index, track in reversed(list(enumerate(score.tracks))):
        color = TRACK_COLORS[index % len(TRACK_COLORS)]
        for note in track.notes:
            top, left = sheet.y(note.pitch, track.is_drum) + 0.06 * sheet.row, sheet.x(note.start)
            end = left + sheet.row if track.is_drum else sheet.x(note.start + note.duration) - 1
            right = max(left + 2, min(end, sheet.right))
            opacity = FAINTEST + (1 - FAINTEST) * note.velocity / 127
            _rounded(canvas, (left, top, right, top + 0.88 * sheet.row), min(0.3 * sheet.row, (right - left) / 2),
                     (*color, round(255 * opacity)))


def _settings(canvas: Any, sheet: _Sheet, score: Score, ink: Rgb) -> None:
    """Lines where a pedal is down, and along the pitch of notes that are bent."""
    for tracks in shared(score):
        channel = settings(tracks, lambda beat: beat)
        downs = [*channel.pedal.times, sheet.beats]
        for start, value, end in zip(downs[:-1], channel.pedal.values, downs[1:], strict=True):
            if value >= 64 and start < sheet.beats:
                x0, x1, y = sheet.x(start), sheet.x(min(end, sheet.beats)), sheet.bottom + 4
                canvas.rectangle([round(v * SMOOTHING) for v in (x0, y, max(x0 + 1, x1 - 1), y + 1.6)], fill=ink)
        for note in (note for track in tracks if not track.is_drum for note in track.notes):
            points = _bent(channel.bend, note.start, note.start + note.duration)
            if any(bend for _, bend in points):
                middle = sheet.y(note.pitch) + sheet.row / 2
                canvas.line([(sheet.x(beat) * SMOOTHING, (middle - bend * sheet.row) * SMOOTHING)
                             for beat, bend in points], fill=ink, width=2 * SMOOTHING - 1)


def _bent(bend: Curve, start: float, end: float) -> list[tuple[float, float]]:
    """Beats and semitones between which straight lines go."""
    points = [(start, bend.before(start + 1e-9))]
    for at in range(bisect_right(bend.times, start), bisect_left(bend.times, end)):
        points += [(bend.times[at], points[-1][1]), (bend.times[at], bend.values[at])]
    return [*points, (end, points[-1][1])]


def _lyrics(score: Score) -> list[tuple[float, str]]:
    return sorted((text.beat, " ".join(text.text.split())) for track in score.tracks for text in track.texts
                  if text.kind == "lyric" and text.text.strip())


def _sections(score: Score) -> list[tuple[float, str]]:
    """The markers of a score and where they stand, one a moment."""
    return sorted({text.beat: " ".join(text.text.split()) for text in score.texts
                   if text.kind == "marker" and text.text.strip() and text.beat < score.beats}.items())


def _rounded(canvas: Any, box: tuple[float, ...], radius: float, fill: tuple[int, ...]) -> None:
    canvas.rounded_rectangle([round(v * SMOOTHING) for v in box], radius=SMOOTHING * radius, fill=fill)


def _words(canvas: Any, sheet: _Sheet, score: Score, title: str, ink: Rgb, ground: Rgb, size: int) -> None:
    """Title and facts, the tracks' names in their colours, the numbers of the bars, and the names of the Cs."""
    small, quiet = Face(max(10, round(size * 0.75))), readable(mixed(ink, ground, 0.4), ground, READABLE)
    facts = Face(size).width(described(score))
    Face(size).draw(canvas, sheet.right - facts, 1.4 * size, described(score), quiet)
    if title.strip():
        block = fitted(" ".join(title.split()), sheet.right - sheet.left - facts - size, 2 * size,
                       round(size * 1.25), 9, hanging=False)
        block.face.draw(canvas, sheet.left, 1.4 * size, block.lines[0][1], ink)
    for x, color, name in _legend(sheet, score, size):
        Face(round(size * 0.9)).draw(canvas, x + (0.9 * size if color else 0), LEGEND * size, name, ink)
    _bar_numbers(canvas, sheet, score, small, quiet)
    _section_names(canvas, sheet, score, small, ink)
    free = 0.0
    for beat, word in _lyrics(score):
        if sheet.x(beat) >= free and sheet.x(beat) + small.width(word) < sheet.right + size:
            small.draw(canvas, sheet.x(beat), sheet.bottom + 1.35 * size, word, ink)
            free = sheet.x(beat) + small.width(word) + 3
    for pitch in range(sheet.low, sheet.high + 1):
        if pitch % 12 == 0:
            name = f"C{pitch // 12 - 1}"
            x = sheet.left - 0.35 * sheet.row - 1.15 * size - small.width(name)
            small.draw(canvas, x, sheet.y(pitch) + sheet.row / 2 + small.size * 0.33, name, quiet)


def _legend(sheet: _Sheet, score: Score, size: int) -> Iterator[tuple[float, Rgb | None, str]]:
    """Where each track's mark stands, its colour and its name; those without room come to an ellipsis."""
    face, x = Face(round(size * 0.9)), sheet.left
    for index, track in enumerate(score.tracks):
        if not track.notes:
            continue
        name = " ".join(track.name.split()) or f"track {index + 1}"
        wide = 0.9 * size + face.width(name)
        if x + wide > sheet.right:
            yield min(x, sheet.right - face.width("…")), None, "…"
            return
        yield x, TRACK_COLORS[index % len(TRACK_COLORS)], name
        x += wide + 1.4 * size


def _section_names(canvas: Any, sheet: _Sheet, score: Score, face: Face, color: Rgb) -> None:
    """Above the numbers of the bars, as many as have room."""
    free = 0.0
    for beat, name in _sections(score):
        if sheet.x(beat) >= free and sheet.x(beat) + 4 + face.width(name) < sheet.right + face.size:
            face.draw(canvas, sheet.x(beat) + 4, sheet.top - 1.5 * face.size, name, color)
            free = sheet.x(beat) + face.width(name) + face.size


def _bar_numbers(canvas: Any, sheet: _Sheet, score: Score, face: Face, color: Rgb) -> None:
    """As many as have room: every bar, or every second, fourth, eighth ..."""
    starts = bar_starts(score)
    room = (sheet.right - sheet.left) / len(starts)
    every = 1
    while every * room < face.width(str(len(starts))) + face.size:
        every *= 2
    for number in range(0, len(starts), every):
        face.draw(canvas, sheet.x(starts[number]) + 3, sheet.top - 0.35 * face.size, str(number + 1), color)


def described(score: Score) -> str:
    """Key, metre, tempo and length of a score as one line; what changes on the way is told by its beginning."""
    minutes, seconds = divmod(round(score.seconds), 60)
    bars = len(bar_starts(score))
    parts = [score.keys[0][1]] if score.keys else []
    parts += [f"{score.metres[0][1]}/{score.metres[0][2]}", f"{score.tempos[0][1]:g} beats a minute",
              f"{bars} bar{'s' * (bars != 1)}", f"{minutes}:{seconds:02d}"]
    return " · ".join(parts)
