"""Files of pictures: opened within a limit, read frame by frame, or refused in a sentence that names what they are."""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import InputError, warn

from ...common.files import reading
from . import apng, deep_pixels, formats, pixels, png_chunks

LARGEST = 200  # megapixels: 2.4 GB as an Image
_DNG, _SUBFILE, _SUB_IFDS, _EXTRA = 50706, 254, 330, 338  # tags of TIFF
_BITS, _CHANNELS, _FORMAT, _FLOATS = 258, 277, 339, 3  # and the value of _FORMAT that means floats
_SRGB_GAMMA = 1 / 2.2
_HDR = (16, 18)  # transfer characteristics PQ and HLG of ITU-T H.273
_WIDE = (9, 11, 12)  # colour primaries BT.2020, DCI-P3 and Display P3 of the same


class Frame(NamedTuple):
    """One picture of several: a float32 tensor (3 or 4, height, width) in 0..1, and how long it stays."""

    image: Any
    seconds: float


def load(path: str | Path, frame: int = 1, largest: float = LARGEST) -> Any:
    """The picture in a file in sRGB, turned upright as its EXIF says: float32 (3 or 4, height, width) in 0..1.

    frame: which one, from 1, where a file has several; that there are more is warned of when the first is taken.
    largest: the most megapixels. Raises InputError when there is no such file, it is no picture, is damaged or larger.
    """
    with _opened(Path(path), largest) as file:
        path, count = file.path, file.count
        if frame > count:
            raise InputError(f"{path} has {_pictures(count)}; frame is {frame}")
        if count > 1 and frame == 1:
            warn(f"{path.name} has {count} pictures (frames, pages); the first is taken. `frame` chooses another, "
                 "and media.read_frames reads all.")
        return file.frame(frame - 1, largest).image


def load_frames(path: str | Path, largest: float = LARGEST) -> list[Frame]:
    """All the pictures in a file, as they are seen when it is played, in order.

    The still of an APNG that is shown only by programs without animation is left out, and told of.
    largest: the most megapixels of all of them together. Raises InputError as `load` does.
    """
    with _opened(Path(path), largest) as file:
        path = file.path
        if file.has_still:
            warn(f"{path.name} has a still picture that is no part of its animation, which is left out; "
                 "media.read_image reads it.")
        frames: list[Frame] = []
        for frame in _whole(file, largest):
            frames.append(frame)
            if sum(one.image[0].numel() for one in frames) > largest * 1e6:
                raise InputError(f"{path} has {_pictures(file.count)} that together have more megapixels than "
                                 "`largest` allows; raise it, or read single ones with media.read_image")
        return frames


def _whole(file: _File, largest: float) -> Iterator[Frame]:
    """The frames as far as the file goes; that it is cut after the first is told."""
    count = 0
    try:
        for count, frame in enumerate(file.frames(largest), 1):
            yield frame
    except (InputError, MemoryError):
        raise
    except Exception as error:  # whatever Pillow meets, as in `_opened`
        if not count:
            raise
        warn(f"{file.path.name} is cut or damaged: the first {count} of its {file.count} pictures are read "
             f"({str(error) or type(error).__name__}).")


class _File:
    """A picture file that is open.

    head: its first bytes. source: gives what Pillow opens, as often as it is asked. order: the frames by their number
    in Pillow, that which it opens first: a HEIF may begin with another than its main picture.
    """

    def __init__(self, path: Path, head: bytes, source: Any, picture: Any, profile: bytes | None):
        self.path, self.head, self.source, self.picture, self.profile = path, head, source, picture, profile
        self.count = _count(picture, path)
        start = picture.tell() if self.count > 1 else 0
        self.order = [start, *(index for index in range(self.count) if index != start)]
        self.has_still = False

    def frames(self, largest: float) -> Iterator[Frame]:
        """The pictures in order."""
        return (self.frame(index, largest) for index in range(self.count))

    def frame(self, index: int, largest: float) -> Frame:
        """The picture at an index from 0."""
        picture = self._sought(self.picture, index)
        self._judge_size(picture, largest)
        _mend_transparency(picture)
        fine = self._fine(index) if deep_pixels.is_wide(picture) else None
        white = _white(picture)
        _tell_losses(picture, self.path.name, self.head)
        picture.load()
        seconds = float(picture.info.get("duration", 0) or 0) / 1000
        return Frame(pixels.from_pil(picture, fine, self.path.name, white), seconds)

    def _sought(self, picture: Any, index: int) -> Any:
        if index:
            picture.seek(self.order[index])
        if self.profile:
            picture.info["icc_profile"] = self.profile
        return picture

    def _judge_size(self, picture: Any, largest: float) -> None:
        width, height = picture.size
        if width * height > largest * 1e6:
            raise InputError(f"{self.path} is {width} x {height} and "
                             f"{_too_large(f'{width * height} pixels', largest)}")

    def _fine(self, index: int) -> Any:
        """The pixels at 16 bits a channel; None, and a warning, where Pillow cannot be brought to give them."""
        import numpy as np
        from PIL import Image

        def half(which: str) -> tuple[Any, Any]:
            with Image.open(self.source()) as again:
                how = deep_pixels.passes(self._sought(again, index))
                if how is None:
                    return None, None
                again.tile = getattr(how, which)
                again.load()
                return np.asarray(again), how

        upper, how = half("upper")
        if how is None:
            warn(f"{self.path.name} has 16 bits a channel, of which 8 are read: fine steps are lost.")
            return None
        return deep_pixels.joined(upper, half("lower")[0], how)


class _Apng(_File):
    """An animated PNG that is open. Its still picture, if it has one that is no frame, stands before the frames."""

    def __init__(self, path: Path, head: bytes, source: Any, picture: Any, profile: bytes | None):
        super().__init__(path, head, source, picture, profile)
        self.pieces = apng.pieces(source().getvalue())
        self.has_still = picture.default_image
        self.count = len(self.pieces) + self.has_still

    def frame(self, index: int, largest: float) -> Frame:
        """The picture at an index from 0; the first is the one that programs without animation show."""
        return next(islice(self.frames(largest), index - self.has_still, None)) if index else super().frame(0, largest)

    def frames(self, largest: float) -> Iterator[Frame]:
        """The frames as they are seen."""
        self._judge_size(self.picture, largest)
        alpha = self.picture.has_transparency_data
        turn = pixels.orientation(self.picture, self.path.name)
        laid = ((piece, self._stored(piece, largest)) for piece in self.pieces)
        for piece, shown in zip(self.pieces, apng.seen(self.picture.size, laid), strict=True):
            yield Frame(pixels.from_canvas(shown, turn, alpha), piece.seconds)

    def _stored(self, piece: apng.Piece, largest: float) -> Any:
        """The pixels of a piece: float32 (height, width, 4)."""
        import numpy as np
        from PIL import Image

        with Image.open(io.BytesIO(piece.png)) as picture:
            plain = _File(self.path, self.head, lambda: io.BytesIO(piece.png), picture, self.profile)
            pixels = plain.frame(0, largest).image.numpy().transpose(1, 2, 0)
        return np.dstack([pixels, np.ones_like(pixels[..., :1])])[..., :4]


@contextmanager
def _opened(path: Path, largest: float) -> Iterator[_File]:
    """A picture file, open; whatever Pillow meets in it becomes an InputError."""
    from PIL import Image
    from PIL.PngImagePlugin import PngImageFile

    head = _head(path)
    format = formats.readable(head)
    other = formats.foreign(head)
    if other is not None:
        raise InputError(f"{path} is not a picture that can be read: it is {other.name}; {other.advice}")
    try:
        _allow_heif(path, head)
        source, profile = _source(path)
        with _limited_to(largest), Image.open(source()) as picture:
            format = format or picture.format or ""
            _refuse_camera_raw(path, picture)
            kind = _Apng if isinstance(picture, PngImageFile) and picture.is_animated else _File
            yield kind(path, head, source, picture, profile)
    except InputError:
        raise
    except MemoryError:
        raise InputError(f"{path} is larger than the memory that is free") from None
    except Image.DecompressionBombError as error:
        raise InputError(f"{path} {_too_large(str(error), largest)}") from None
    except Exception as error:  # readers meet anything in a damaged file: struct.error, KeyError, zlib.error, ...
        raise InputError(_damage(path, format, head, error)) from error


def _head(path: Path) -> bytes:
    with reading(path, "it takes one picture"), path.open("rb") as file:
        return file.read(formats.HEAD)


def _source(path: Path) -> tuple[Any, bytes | None]:
    """A function that gives what Pillow opens, and the colour profile that Pillow was not to see.

    A stream and not the path, since of a file Pillow maps pixels into memory, and some turned TIFFs come out scrambled.
    """
    data, profile = path.read_bytes(), None
    if data.startswith(png_chunks.SIGNATURE):
        data, profile = png_chunks.lean(data, path.name)
    return lambda: io.BytesIO(data), profile


def _allow_heif(path: Path, head: bytes) -> None:
    if not formats.is_heif(head):
        return
    try:
        from pi_heif import register_heif_opener
    except ImportError:
        raise InputError(f"{path} is {formats.HEIF.name}; {formats.HEIF.advice}") from None
    register_heif_opener()


def _refuse_camera_raw(path: Path, picture: Any) -> None:
    tags = getattr(picture, "tag_v2", None) if picture.format == "TIFF" else None
    if tags and (_DNG in tags or (_SUB_IFDS in tags and tags.get(_SUBFILE, 0) & 1)):
        raise InputError(f"{path} is {formats.CAMERA_RAW.name}; {formats.CAMERA_RAW.advice}")


def _too_large(words: str, largest: float) -> str:
    """That a picture is too large; words: where its number of pixels stands."""
    pixels = re.search(r"(\d+) pixels", words)
    return (f"has {int(pixels[1]) / 1e6:.4g} megapixels" if pixels else "is very large") + (
        f"; `largest` allows {largest:.4g}. Raise it if there is memory enough (at least 12 bytes a pixel)")


def _damage(path: Path, format: str, head: bytes, error: Exception) -> str:
    from PIL import UnidentifiedImageError

    unknown = isinstance(error, UnidentifiedImageError)
    words = "" if unknown else str(error).partition("\n")[0] or type(error).__name__
    reason = f" ({words})" if words else ""
    if format and unknown:
        format += _samples(path, format, head)
    if format:
        return (f"{path} is a picture ({format}) that is cut, damaged or of a kind that is not read{reason}; "
                "get it again, or save it as a plain PNG")
    if formats.looks_like_text(head):
        return f"{path} is not a picture that can be read: it is a text; give a PNG, JPEG, TIFF or WebP"
    return f"{path} is not a picture that can be read: its format is not known; save it as PNG, JPEG, TIFF or WebP"


def _samples(path: Path, format: str, head: bytes) -> str:
    """What the pixels of a TIFF or PSD are that Pillow does not know, as far as its header can be read."""
    if format == "PSD" and len(head) > 26:
        mode = {1: "grey", 3: "RGB", 4: "CMYK", 7: "multichannel", 8: "duotone", 9: "Lab"}.get(head[25], "other colours")
        return f", {mode} of {head[23]} bits"
    if format == "JPEG":
        return ", JPEG-LS" if b"\xff\xf7" in head else ""
    if format != "TIFF":
        return ""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    try:
        with path.open("rb") as file:
            tags = ImageFileDirectory_v2(file.read(8))
            file.seek(tags.next)
            tags.load(file)
        bits, kind = tags[_BITS][0], (tags.get(_FORMAT) or (1,))[0]
    except Exception:  # damaged, as the caller says already
        return ""
    count = tags.get(_CHANNELS, 1)
    return f", {count} channel{'s' * (count > 1)} of {bits} bits" + (", floats" if kind == _FLOATS else "")


def _count(picture: Any, path: Path) -> int:
    """How many pictures a file has. The layers of a PSD are not counted: what is read is their sum."""
    if picture.format == "PSD":
        return 1
    try:
        return max(1, getattr(picture, "n_frames", 1))
    except Exception as error:  # a later frame is damaged, and the first may be whole
        warn(f"How many pictures {path.name} has cannot be told, since one is damaged ({type(error).__name__}): "
             "it is taken to have one.")
        picture.seek(0)
        return 1


def _pictures(count: int) -> str:
    return f"{count} pictures" if count > 1 else "one picture"


def _white(picture: Any) -> int | None:
    """The number that is white in a grey picture of more than 8 bits; None for what its mode says."""
    if picture.format == "PPM" and picture.mode == "I":
        return 65535
    if picture.mode.startswith("I;16") and picture.tile and "I;12" in str(picture.tile[0].args):
        return 4095
    return None


def _mend_transparency(picture: Any) -> None:
    """Scale the transparent grey of a PNG of 2 or 4 bits as its pixels are, which Pillow leaves as it stands."""
    clear, tile = picture.info.get("transparency"), picture.tile[:1]
    if picture.format == "PNG" and picture.mode == "L" and isinstance(clear, int) and tile:
        picture.info["transparency"] = clear * {"L;2": 85, "L;4": 17}.get(str(tile[0].args), 1)


def _tell_losses(picture: Any, name: str, head: bytes) -> None:
    """Warn of what a file says of its colours and of its channels that no pixel will tell."""
    info = picture.info
    bits = max(info.get("bit_depth", 8), formats.bits(head))
    if bits > 8:
        warn(f"{name} has {bits} bits a channel, of which 8 are read: fine steps are lost.")
    if _is_other_gamma(picture):
        warn(f"{name} says that its gamma is {info['gamma']:g}, which is passed over: its pixels are taken as sRGB.")
    if 0 in _as_tuple(getattr(picture, "tag_v2", {}).get(_EXTRA, ())):
        warn(f"{name} has a channel that it does not name, which is passed over: it is not taken for alpha.")
    nclx = info.get("nclx_profile") or {}
    if formats.transfer(head) in _HDR or nclx.get("transfer_characteristics") in _HDR:
        warn(f"{name} is HDR (PQ or HLG), and its pixels are taken as sRGB: colours are off.")
    elif "icc_profile" not in info and nclx.get("color_primaries") in _WIDE:
        warn(f"{name} has colours of a wider space than sRGB, and its pixels are taken as sRGB: it looks pale.")


def _is_other_gamma(picture: Any) -> bool:
    info = picture.info
    return (picture.format == "PNG" and "srgb" not in info and "icc_profile" not in info
            and abs(info.get("gamma", _SRGB_GAMMA) - _SRGB_GAMMA) > 0.02)


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


class _Limit:
    """A `with` in which Pillow refuses what has more pixels; of threads that share it, the largest limit counts."""

    def __init__(self) -> None:
        self.lock, self.limits = threading.Lock(), list[float]()
        self.usual: int | None = None

    @contextmanager
    def __call__(self, megapixels: float) -> Iterator[None]:
        from PIL import Image

        with self.lock:
            self.usual = self.usual if self.limits else Image.MAX_IMAGE_PIXELS
            self.limits.append(megapixels)
            warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # `largest` says it
            # What its readers say of tags that they pass over is for those who write files; damage raises.
            warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
            Image.MAX_IMAGE_PIXELS = int(max(self.limits) * 1e6)
        try:
            yield
        finally:
            with self.lock:
                self.limits.remove(megapixels)
                Image.MAX_IMAGE_PIXELS = int(max(self.limits) * 1e6) if self.limits else self.usual


_limited_to = _Limit()
