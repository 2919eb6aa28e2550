"""Video: moving pictures as encoded bytes and what is done to them, from which frames are made one at a time.

A Video is a leaf (a file's bytes, or pictures packed losslessly; see `footage` and `container`) or an edit of others
(see `edits`). An edit is a few words: it costs nothing until someone asks for frames, and nothing is encoded twice.
So the memory of a Video is that of its encoded bytes, however long it lasts. docs/decisions/0014-video.md says why.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from nodegraph import PortType

from .kinds import is_tensor, kind

MOST_FPS = 240


class Form(NamedTuple):
    """What is known of a Video without looking at a frame.

    width, height: pixels. frames: how many. fps: frames a second, as a fraction (numerator, denominator).
    alpha: whether frames have 4 channels. sample_rate (Hz), channels (1 or 2): of its sound, 0 without one.
    """

    width: int
    height: int
    frames: int
    fps: tuple[int, int]
    alpha: bool = False
    sample_rate: int = 0
    channels: int = 0


@dataclass(frozen=True, eq=False)
class Video(ABC):
    """Moving pictures at an even rate, with or without alpha and sound.

    form: its measures. of: the Videos that it is made from. data: encoded bytes, a flat uint8 tensor (or array).
    """

    form: Form
    of: tuple[Video, ...] = ()
    data: Any = None
    __porttype__: ClassVar[PortType]

    @abstractmethod
    def pictures(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The frames from `first` to before `last`, each a uint8 array (height, width, 3 or 4)."""

    def sound(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The samples from `first` to before `last`, in pieces: float32 arrays (channels, n)."""
        return self.of[0].sound(first, last)

    @property
    def fps(self) -> Fraction:
        """Frames a second."""
        return Fraction(*self.form.fps)

    @property
    def seconds(self) -> Fraction:
        """How long it lasts."""
        return self.form.frames / self.fps

    @property
    def samples(self) -> int:
        """How many samples of sound it has, by channel."""
        return round(self.seconds * self.form.sample_rate)

    def still(self, number: int) -> Any:
        """One frame."""
        return next(iter(self.pictures(number, number + 1)))


def rate(fps: float | Fraction) -> Fraction:
    """A rate as it is meant: 23.976, 29.97 and 59.94 are those of television (30000/1001 ...)."""
    near = Fraction(round(float(fps) * 1.001) * 1000, 1001)
    if near and abs(float(near) - float(fps)) < 0.0006 * float(near) and float(fps) != round(float(fps)):
        return near
    return Fraction(fps).limit_denominator(1001)


def pair(number: Fraction) -> tuple[int, int]:
    """A fraction as plain data."""
    return number.numerator, number.denominator


def _flat(video: Video) -> dict[str, Any]:
    """Plain data and tensors: the bytes of each leaf once, however often its edits come back to them."""
    clips: list[Any] = []
    return {"video": _plain(video, clips), "clips": clips}


def _plain(video: Video, clips: list[Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {field.name: getattr(video, field.name) for field in fields(video)}
    plain["form"] = tuple(video.form)
    plain["of"] = tuple(_plain(one, clips) for one in video.of)
    plain["data"] = None if video.data is None else _place(video.data, clips)
    return {"kind": type(video).__name__, **plain}


def _place(data: Any, clips: list[Any]) -> int:
    """Where these bytes stand among the clips, at the end if they are new."""
    import numpy as np

    array = np.asarray(data)
    for index, clip in enumerate(clips):
        if clip is data or clip.shape == data.shape and np.array_equal(np.asarray(clip), array):
            return index
    clips.append(data)
    return len(clips) - 1


def _restored(plain: dict[str, Any]) -> Video:
    return _made(plain["video"], plain["clips"])


def _made(plain: dict[str, Any], clips: list[Any]) -> Video:
    from .films import container, edits, footage

    kinds = {kind.__name__: kind for kind in (
        footage.Stills, footage.Animation, container.Film, edits.Trimmed, edits.Resized, edits.Retimed,
        edits.Reversed, edits.Joined, edits.Sounded)}
    rest = {name: value for name, value in plain.items() if name not in ("kind", "form", "of", "data")}
    data = plain["data"]
    return kinds[plain["kind"]](form=Form(*plain["form"]), of=tuple(_made(one, clips) for one in plain["of"]),
                                data=None if data is None else clips[data], **rest)


def strip(video: Video, count: int = 4, height: int = 96) -> Any:
    """Frames from its beginning to its end, side by side: uint8 (height, width, 3)."""
    import numpy as np
    from PIL import Image

    count = min(count, video.form.frames)
    width = min(4 * height, max(1, round(video.form.width * height / video.form.height)))
    stills = (video.still((2 * i + 1) * video.form.frames // (2 * count)) for i in range(count))
    return np.concatenate([np.asarray(Image.fromarray(opaque(still)).resize((width, height), Image.Resampling.BOX))
                           for still in stills], axis=1)


def opaque(picture: Any) -> Any:
    """A frame of 3 channels: what is transparent becomes white."""
    import numpy as np

    if picture.shape[2] == 3:
        return picture
    alpha = picture[..., 3:].astype(np.uint16)
    return ((picture[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _complaint(value: Any) -> str | None:
    if not isinstance(value, Video):
        return f"is {kind(value)}"
    form = value.form
    if min(form.width, form.height, form.frames, *form.fps) < 1:
        return f"is of {form.width} x {form.height}, {form.frames} frames at {form.fps[0]}/{form.fps[1]} a second"
    if value.data is not None and not is_tensor(value.data):
        return f"holds {kind(value.data)}"
    return next((wrong for wrong in map(_complaint, value.of) if wrong), None)


def _summary(video: Video) -> str:
    form = video.form
    more = [word for word, there in (("alpha", form.alpha), ("sound", form.sample_rate)) if there]
    return (f"{form.width} x {form.height}, {float(video.fps):.5g} fps, {float(video.seconds):.1f} s"
            + (f", with {' and '.join(more)}" if more else ""))


def _save_mp4(video: Video, path: Path, *, quality: int | None = None) -> None:
    from .films.film import save_mp4

    save_mp4(video, path, quality)


def _save_webm(video: Video, path: Path, *, quality: int | None = None) -> None:
    from .films.film import save_webm

    save_webm(video, path, quality)


def _save_gif(video: Video, path: Path, *, quality: int | None = None) -> None:
    from .films.flipbook import save_gif

    save_gif(video, path, quality)


def _save_webp(video: Video, path: Path, *, quality: int | None = None) -> None:
    from .films.flipbook import save_webp

    save_webp(video, path, quality)


_EXPORTS = {"mp4": _save_mp4, "gif": _save_gif, "webp": _save_webp, "webm": _save_webm}
if find_spec("av") is None:  # then the usual form is one that can be written
    _EXPORTS = {"gif": _save_gif, **_EXPORTS}

Video.__porttype__ = PortType(
    "Video", "Moving pictures, with or without sound.", takes="a Video",
    complaint=_complaint, flatten=_flat, restore=_restored, preview=strip, summary=_summary, exports=_EXPORTS,
    color="#d0736f", arrays=True)
