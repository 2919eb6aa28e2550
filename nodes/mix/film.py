"""The node that puts pictures, clips, the lines of a verse and a sound on one line of time, and makes a film of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

from nodegraph import SILENT, Context, File, InputError, Range, node

from ..common.face import Face, OwnFont, own_font, tell_lacking
from ..common.typesetting import Block, fitted
from ..media.films import edits
from ..media.films.footage import stills
from ..media.image import to_pil
from ..media.span import Stretch, spread
from ..media.types import Audio, Image, Span, Video
from ..media.video import opaque, rate

BLUR = 0.04  # of the ground behind a picture of another shape, as part of the frame's width
DIM = 0.45  # how bright that ground is
LINE_FADE = 0.35  # seconds
LONGEST = 3600.0  # seconds


class Shot(NamedTuple):
    """A picture or a clip and when it is seen."""

    of: Any
    at: Stretch


@node("mix.film", version=1, costly=True)
def film(pictures: list[Image] | None = None, clips: list[Video] | None = None, verse: str = "",
         sound: Audio | None = None, pictures_at: list[Span] | None = None, clips_at: list[Span] | None = None,
         verse_at: list[Span] | None = None, sound_at: Span | None = None,
         fade: Annotated[float, Range(0, 10)] = 0.6, width: Annotated[int, Range(16, 4096)] = 768,
         height: Annotated[int, Range(16, 4096)] = 512, fps: Annotated[float, Range(1, 60)] = 12.0,
         font: File | None = None, ctx: Context = SILENT) -> Video:
    """Make a film of pictures, clips, a verse and a sound, each seen or heard from one second to another.

    In the editor F7 shows them on one line of time, where they are dragged. What no time is given for shares evenly what
    is left: of the sound, or, without one, four seconds for each.

    pictures: held one after another; one of another shape lies on itself, dim and blurred.
    clips: seen above the pictures; a clip that is shorter than its stretch stays at its last frame.
    verse: its lines are written at the foot, one after another.
    sound: heard below everything.
    pictures_at: from when to when each picture is seen, in seconds: 0 - 6.
    clips_at: the same of each clip; without it they follow one another at their own lengths.
    verse_at: the same of each line of the verse.
    sound_at: from when to when the sound is heard; from the beginning to its end if not given.
    fade: seconds in which a picture or a clip comes, and goes where nothing follows it.
    width: of the film, in pixels.
    height: of the film, in pixels.
    fps: frames in a second.
    font: a font file of your own (.ttf, .otf) for the words; what it lacks is set in the fonts that come along.
    """
    if not (pictures or clips):
        raise InputError("neither pictures nor clips are given; a film takes one at least")
    heard = _heard(sound, sound_at)
    lines = [line.strip() for line in verse.splitlines() if line.strip()]
    running = running_stretches(clips_at or (), [float(clip.seconds) for clip in clips or ()])
    until = max([one.end for one in (*(pictures_at or ()), *running, *(verse_at or ()), *heard)], default=0.0)
    shots = [Shot(*one) for one in zip(pictures or (), spread(pictures_at or (), len(pictures or ()), until))]
    shots += [Shot(*one) for one in zip(clips or (), running)]
    said = list(zip(lines, spread(verse_at or (), len(lines), until)))
    seconds = max(one.end for one in (*(shot.at for shot in shots), *(at for _, at in said), *heard))
    if seconds > LONGEST:
        raise InputError(f"the film would last {seconds:g} s; {LONGEST:g} at most are put together at once")
    own = own_font(font)
    tell_lacking(lines, Face(16, own=own))
    reel = Reel((width, height), shots, said, fade, own)
    count = max(1, round(seconds * float(rate(fps))))
    made = stills(reel.frames(count, float(rate(fps)), ctx), rate(fps), False)
    return made if sound is None else _with_sound(made, sound, heard[0])


def running_stretches(given: list[Stretch] | tuple[Stretch, ...], lengths: list[float]) -> list[Stretch]:
    """When clips are seen: as given, and then one after another at their own lengths."""
    found = [Stretch(*one) for one in given[:len(lengths)]]
    for seconds in lengths[len(found):]:
        start = found[-1].end if found else 0.0
        found.append(Stretch(start, start + seconds))
    return found


def _heard(sound: Audio | None, at: Stretch | None) -> list[Stretch]:
    """When the sound is heard: nothing without one."""
    if sound is None:
        return []
    begin, end = at or (0.0, LONGEST)
    return [Stretch(begin, min(end, begin + max(sound.seconds, 1e-3)))]


def _with_sound(video: Video, sound: Audio, at: Stretch) -> Video:
    """The film with a sound from one second to another, and silence around it."""
    import torch

    samples, hertz = sound.samples.cpu(), sound.sample_rate
    if samples.shape[0] > 2:
        samples = samples.mean(0, keepdim=True)
    part = samples[:, :round((at.end - at.begin) * hertz)]
    before = torch.zeros(part.shape[0], round(at.begin * hertz), dtype=part.dtype)
    return edits.sounded(video, torch.cat([before, part], 1).contiguous(), hertz)


class Reel:
    """What is seen when. size: of a frame in pixels; said: the lines, each with its stretch."""

    def __init__(self, size: tuple[int, int], shots: list[Shot], said: list[tuple[str, Stretch]], fade: float,
                 own: OwnFont | None):
        self.size, self.shots, self.said, self.fade, self.own = size, shots, said, fade, own
        self._still = lru_cache(maxsize=8)(self._on_its_ground)

    def frames(self, count: int, fps: float, ctx: Context) -> Iterator[Any]:
        """So many frames, uint8 (height, width, 3); while nothing changes it is the same array."""
        import numpy as np

        last, array = None, None
        for number in range(count):
            seen = self.seen(number / fps)
            if seen != last or array is None:
                last, array = seen, np.asarray(self._composed(seen))
            yield array
            ctx.report(number + 1, count)

    def seen(self, second: float) -> tuple[Any, ...]:
        """What a frame is made of: for each shot its number, its frame, and how strongly it is seen; the same of lines."""
        shots = []
        for number, (of, at) in enumerate(self.shots):
            strength = self._strength(number, second)
            if strength > 0:
                frame = min(int((second - at.begin) * float(of.fps)), of.form.frames - 1) if isinstance(of, Video) else 0
                shots.append((number, max(0, frame), round(strength, 3)))
        while any(strength == 1 for _, _, strength in shots[1:]):  # what is covered wholly need not be painted
            shots.pop(0)
        lines = tuple((number, round(min(1.0, (second - at.begin) / LINE_FADE + 0.1, (at.end - second) / LINE_FADE), 2))
                      for number, (_, at) in enumerate(self.said) if at.begin <= second < at.end)
        return tuple(shots), lines

    def _strength(self, number: int, second: float) -> float:
        """How strongly a shot is seen, 0 to 1: it comes over what was there, and goes where nothing follows."""
        at, fade = self.shots[number].at, min(self.fade, (self.shots[number].at.end - self.shots[number].at.begin) / 2)
        if not at.begin <= second < at.end + self.fade:
            return 0.0
        first = number == 0 or at.begin == 0  # the film begins with a picture, not with darkness
        comes = 1.0 if first or not fade else min(1.0, (second - at.begin) / fade + 1e-3)
        if second < at.end - fade:
            return comes
        if any(other.at.begin <= at.end < other.at.end for other in self.shots[number + 1:]):
            return comes  # the next one comes over it
        return max(0.0, min(comes, (at.end - second) / fade)) if fade else comes * (second < at.end)

    def _composed(self, seen: tuple[Any, ...]) -> Any:
        from PIL import Image as Pil

        shots, lines = seen
        page = Pil.new("RGB", self.size)
        for number, frame, strength in shots:
            picture = self._still(number, frame)
            page = picture.copy() if strength == 1 else Pil.blend(page, picture, strength)
        for number, strength in lines:
            self._write(page, self.said[number][0], strength)
        return page

    def _on_its_ground(self, number: int, frame: int) -> Any:
        """A shot as large as the frame allows, over itself, blurred and dim, where it has another shape."""
        from PIL import Image as Pil, ImageFilter, ImageOps

        of = self.shots[number].of
        picture = Pil.fromarray(opaque(of.still(frame))) if isinstance(of, Video) else to_pil(of)
        if picture.mode != "RGB":
            ground = Pil.new("RGB", picture.size, "white")
            ground.paste(picture.convert("RGB"), mask=picture.convert("RGBA").getchannel("A"))
            picture = ground
        whole = ImageOps.contain(picture, self.size, Pil.Resampling.LANCZOS)
        if whole.size == self.size:
            return whole
        ground = ImageOps.fit(picture, self.size, Pil.Resampling.BILINEAR)
        ground = ground.filter(ImageFilter.GaussianBlur(max(1.0, BLUR * self.size[0]))).point(lambda level: int(level * DIM))
        ground.paste(whole, ((self.size[0] - whole.width) // 2, (self.size[1] - whole.height) // 2))
        return ground

    def _write(self, page: Any, line: str, strength: float) -> None:
        """A line at the foot of a page, on a shade that makes it readable over anything."""
        from PIL import Image as Pil, ImageDraw, ImageFilter

        width, height = self.size
        block = self._block(line)
        top = height - block.height - height * 0.07
        mask = Pil.new("L", self.size)
        canvas = ImageDraw.Draw(mask)
        for at, (_, text) in enumerate(block.lines):
            baseline = top + block.leading * at + block.leading / 2 + block.face.size * 0.32
            block.face.draw(canvas, (width - block.face.width(text)) / 2, baseline, text, 255)
        shade = mask.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(block.face.size * 0.18))
        page.paste((0, 0, 0), mask=shade.point(lambda level: min(255, int(level * 1.6 * strength))))
        page.paste((255, 255, 255), mask=mask.point(lambda level: int(level * strength)))

    def _block(self, line: str) -> Block:
        width, height = self.size
        return fitted(line, width * 0.88, height * 0.3, largest=max(9, height // 12), smallest=8, italic=True, spacing=1.3,
                      hanging=False, own=self.own)


