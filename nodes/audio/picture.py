"""The nodes that draw sound: its wave, what is in it over time, and which notes."""

from __future__ import annotations

from typing import Annotated, Any

from nodegraph import Color, InputError, Range, node

from ..common.face import Face
from ..media.audio import mono, resampled, waveform as drawn_wave
from ..media.image import from_pil
from ..media.score import TONICS
from ..media.types import Audio, Image

Width = Annotated[int, Range(160, 4096)]
Height = Annotated[int, Range(80, 2048)]
_LOWEST, _RANGE = 40.0, 80.0  # Hz; decibels from black to white
# Dark to bright, evenly in lightness, for any colour vision: points of viridis (Smith and van der Walt, CC0).
_COLORS = ((0, 0, 4), (68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
_MARKS = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)


@node("audio.waveform", version=1)
def waveform(sound: Audio, width: Width = 1200, height: Height = 240, color: Color = "#5ca8e0",
             paper: Color = "#181a20") -> Image:
    """Draw a sound's wave, a row for each channel: the highest and the lowest sample of each column.

    sound: the sound.
    width: of the picture in pixels.
    height: of the picture in pixels.
    color: of the wave.
    paper: behind it.
    """
    import numpy as np
    from PIL import Image as Pil

    count = sound.samples.shape[0]
    if count > 8:
        raise InputError(f"the sound has {count} channels; bring it down with media.resample (channels: stereo)")
    rows = []
    for channel in range(count):
        part = drawn_wave(Audio(sound.samples[channel:channel + 1], sound.sample_rate), width, height // count)
        rows.append((part == (92, 168, 224)).all(-1))
    inside = np.concatenate(rows)
    picture = np.empty((*inside.shape, 3), np.uint8)
    picture[:] = _rgb(paper)
    picture[inside] = _rgb(color)
    return from_pil(Pil.fromarray(picture))


@node("audio.spectrogram", version=1)
def spectrogram(sound: Audio, width: Width = 1200, height: Height = 420) -> Image:
    """Draw what is in a sound: time goes to the right, pitch upwards by octaves, brighter is louder.

    sound: the sound; its channels are taken together.
    width: of the picture in pixels.
    height: of the picture in pixels.
    """
    import numpy as np
    from PIL import Image as Pil, ImageDraw

    samples = mono(sound).samples.cpu().numpy()[0]
    if len(samples) < 2:
        raise InputError("the sound has no samples to draw")
    rate = sound.sample_rate
    levels = _levels(samples, rate, width, height)
    table = np.stack([np.interp(np.linspace(0, len(_COLORS) - 1, 256), range(len(_COLORS)), [color[k] for color in _COLORS])
                      for k in range(3)], 1).round().astype(np.uint8)
    page = Pil.fromarray(table[(levels * 255).round().astype(np.uint8)][::-1])
    canvas, face = ImageDraw.Draw(page), Face(max(9, min(14, height // 26)))
    for mark in _MARKS:
        y = height * (1 - np.log(mark / _LOWEST) / np.log(rate / 2 / _LOWEST))
        if face.size < y < height - 2:
            canvas.line([(0, y), (6, y)], fill=(255, 255, 255))
            face.draw(canvas, 9, y + face.size * 0.35, f"{mark // 1000} kHz" if mark >= 1000 else f"{mark} Hz", (255, 255, 255))
    length = f"{sound.seconds:.1f} s"
    face.draw(canvas, width - face.width(length) - 6, height - 6, length, (255, 255, 255))
    return from_pil(page)


@node("audio.chroma", version=1)
def chroma(sound: Audio, width: Width = 1200, height: Height = 240) -> Image:
    """Draw which of the twelve notes sound when, all octaves together: C below, B above, brighter is more of what sounds.

    sound: the sound; its channels are taken together.
    width: of the picture in pixels.
    height: of the picture in pixels.
    """
    import numpy as np
    from PIL import Image as Pil, ImageDraw

    if sound.seconds < 0.1:
        raise InputError(f"the sound lasts {sound.seconds:.2f} seconds; a tenth of a second at least can be read")
    rate = 11_025
    shares = _notes(resampled(mono(sound), rate).samples.detach().cpu().numpy()[0], rate, width)
    places = np.linspace(0, len(_COLORS) - 1, 256)
    table = np.stack([np.interp(places, range(len(_COLORS)), channel) for channel in zip(*_COLORS)], 1).round().astype(np.uint8)
    page = Pil.fromarray(table[(shares * 255).round().astype(np.uint8)][::-1]).resize((width, height), Pil.Resampling.NEAREST)
    canvas, face = ImageDraw.Draw(page), Face(max(8, min(14, height // 16)))
    for place, name in enumerate(TONICS):
        face.draw(canvas, 4, height * (1 - (place + 0.5) / 12) + face.size * 0.35, name, (255, 255, 255))
    return from_pil(page)


def _notes(samples: Any, rate: int, width: int) -> Any:
    """How much of each of the twelve notes, C first, sounds in each column: 0 to 1, float (12, width).

    Peaks of the spectrum between A1 and A7 count, by their height, for the note that they are nearest to.
    """
    import numpy as np

    size = 4096
    padded = np.pad(samples.astype(np.float64), size // 2)
    starts = np.linspace(0, max(0, len(padded) - size), width).astype(int)
    pitches = 69 + 12 * np.log2(np.fft.rfftfreq(size, 1 / rate).clip(1e-9) / 440)
    heard = (pitches > 33) & (pitches < 105)
    classes = pitches[heard].round().astype(int) % 12
    found = np.zeros((12, width))
    for column, start in enumerate(starts):
        spectrum = np.abs(np.fft.rfft(padded[start:start + size] * np.hanning(size)))
        peaks = spectrum * (spectrum >= np.roll(spectrum, 1)) * (spectrum >= np.roll(spectrum, -1))
        found[:, column] = np.bincount(classes, peaks[heard], 12)
    most = found.max(0, keepdims=True)
    return np.where(most > 1e-3 * max(most.max(), 1e-12), found / most.clip(1e-12), 0)


def _levels(samples: Any, rate: int, width: int, height: int) -> Any:
    """0 (80 dB under the loudest) to 1 for each pixel, float (height, width), from low to high."""
    import numpy as np

    size = 1 << max(8, round(np.log2(rate / 12)))
    padded = np.pad(samples.astype(np.float64), size // 2 + 1)
    starts = np.linspace(0, max(1, len(padded) - size - 1), width).astype(int)
    shape = np.hanning(size)
    hertz = np.geomspace(_LOWEST, rate / 2, height + 1)
    bins = np.clip(hertz * size / rate, 1, size // 2).round().astype(int)
    found = np.empty((height, width))
    for column, start in enumerate(starts):
        power = np.abs(np.fft.rfft(padded[start:start + size] * shape)) ** 2
        found[:, column] = np.maximum.reduceat(power, bins[:-1])
    heights = 10 * np.log10(np.maximum(found, 1e-12 * max(found.max(), 1e-30)))
    return np.clip(1 + (heights - heights.max()) / _RANGE, 0, 1) if found.max() > 1e-20 else np.zeros_like(found)


def _rgb(color: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(color[1:7]))
