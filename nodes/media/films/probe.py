"""What is in a film: found by opening it, reading the times of all its packets and decoding one frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, NamedTuple

from nodegraph import InputError, warn

from ..video import Form, pair
from .container import Film, library, opened, packets
from .rhythm import rhythm

HDR = {16: "PQ", 18: "HLG"}  # ITU-T H.273, transfer characteristics
MOST_HELD = 10_000  # places that frames may be held for on average; more comes of times that are broken
LEFT_OUT = (("subtitle", "subtitles"), ("data", "data tracks"), ("attachment", "attachments"))


class Times(NamedTuple):
    """shown: when each picture is shown, seconds, in order. last: for how long the last one is. passed: pictures that
    the file holds and says not to show. ends: when each stream ends, by its index. broken: packets there in part."""

    shown: list[Fraction]
    last: Fraction
    passed: int
    ends: dict[int, Fraction]
    broken: int


def film(data: Any, name: str) -> Film:
    """The Film in a file's bytes, a flat uint8 tensor.

    name: by which sentences speak of it. What is in the file and not in a Video is told with `warn`. Raises InputError
    where there are no pictures that can be read.
    """
    with _readable(data, name) as container:
        stream, sound = _streams(container, name)
        index = stream.index
        times = _times(container, stream)
        if not times.shown:
            raise InputError(f"{name} holds no frame that is whole; it is cut or damaged")
        _tell_cut(container, stream, times, name)
        candidates = [Fraction(one) for one in (stream.guessed_rate, stream.average_rate, stream.base_rate) if one]
        stretch = Fraction(stream.sample_aspect_ratio or 1)
    origin = times.shown[0]
    beat = rhythm([time - origin for time in times.shown], times.shown[-1] + times.last - origin,
                  [one for one in candidates if one <= 480])
    if beat.places > MOST_HELD * len(times.shown) + MOST_HELD:
        raise InputError(f"{name} says that its {len(times.shown)} frames last {float(beat.places / beat.fps):.0f} s, "
                         "which cannot be meant; write it anew with an even rate")
    if not beat.is_even:
        warn(f"{name} has frames of uneven length; they are laid out evenly, {float(beat.fps):.5g} a second, by the "
             f"times at which they are shown" + ("" if beat.exact else "; some are shown twice or left out"))
    with _readable(data, name) as container:
        frame = _first_frame(container, index, name)
        _tell_frame(frame, name)
        turn, alpha = _turn(frame, name), any(part.is_alpha for part in frame.format.components)
        width, height = _square(frame.width, frame.height, stretch, name)
    heard = _heard(data, sound, name) if sound is not None else (-1, 0, 0)
    form = Form(*((width, height) if turn[0] else (height, width)), beat.places, pair(beat.fps), alpha, *heard[1:])
    return Film(form, data=data, track=(index, pair(origin), turn, heard[0]))


@contextmanager
def _readable(data: Any, name: str) -> Iterator[Any]:
    av = library()
    try:
        with opened(data) as container:
            yield container
    except av.FFmpegError as error:
        why = f"PyAV says: {error.strerror}"
        if bytes(data[4:8].numpy()) == b"ftyp":
            why = "its index (the `moov` part) is missing, as in a film that was cut or whose recording was broken off"
        elif isinstance(error, (av.ArgumentError, av.InvalidDataError)):
            why = "what it holds is none of MP4, MOV, MKV, WebM, AVI, MPEG, Ogg, FLV, ASF and the like"
        raise InputError(f"{name} is no film that can be read: {why}") from error


def _streams(container: Any, name: str) -> tuple[Any, int | None]:
    """The stream of the pictures, and the index of that of the sound; the others are told of."""
    cover = library().stream.Disposition.attached_pic
    pictures = [one for one in container.streams.video if not one.disposition & cover]
    sounds = list(container.streams.audio)
    if not pictures:
        has = "only sound; media.read_audio reads sound" if sounds else "no pictures"
        raise InputError(f"{name} holds {has}")
    for streams, what in ((pictures, "tracks of pictures"), (sounds, "tracks of sound")):
        if len(streams) > 1:
            warn(f"{name} has {len(streams)} {what}; the first is read and the others are left out")
    for kind, what in LEFT_OUT:
        if any(one.type == kind for one in container.streams):
            warn(f"{name} has {what}, which a Video does not keep; they are left out")
    if pictures[0].codec_context is None:
        raise InputError(f"the pictures in {name} are coded in a way that PyAV does not know; write it anew as MP4")
    if pictures[0].metadata.get("alpha_mode") == "1":
        warn(f"the transparency in {name} (WebM) is not read")
    return pictures[0], sounds[0].index if sounds else None


def _times(container: Any, stream: Any) -> Times:
    """Read all packets, and decode none."""
    shown: list[Fraction] = []
    ends: dict[int, Fraction] = {}
    broken, passed, latest, length, ended = 0, 0, Fraction(-1 << 40), Fraction(0), False
    step = 1 / Fraction(stream.guessed_rate or stream.average_rate or 25)
    for packet in packets(container):
        stamp, mine = packet.pts if packet.pts is not None else packet.dts, packet.stream_index == stream.index
        ended = ended or not packet.size and stamp is None
        broken += packet.is_corrupt
        passed += packet.is_discard and mine
        if not packet.size or packet.is_discard or packet.is_corrupt or stamp is None and not mine:
            continue
        time = stamp * packet.time_base if stamp is not None else len(shown) * step
        lasts = (packet.duration or 0) * packet.time_base
        ends[packet.stream_index] = max(ends.get(packet.stream_index, time), time + lasts)
        if mine:
            latest, length = max((latest, length), (time, lasts))
            shown.append(time)
    shown.sort()
    return Times(shown, length or step, passed, ends, broken + (not ended))


def _tell_cut(container: Any, stream: Any, times: Times, name: str) -> None:
    """Say so where less is there than the file promises."""
    seconds = float(times.shown[-1] + times.last - times.shown[0])
    promised = Fraction(container.duration or 0, 1_000_000)
    missing = promised - (max(times.ends.values()) - Fraction(container.start_time or 0, 1_000_000))
    if times.broken or stream.frames > len(times.shown) + times.passed + 2 or missing > max(Fraction(1), promised / 50):
        whole = f"{stream.frames} frames" if stream.frames else f"{float(promised):.1f} s" if promised else "more"
        warn(f"{name} is cut or damaged: it promises {whole}; the {len(times.shown)} frames that are there "
             f"({seconds:.1f} s) are read")


def _first_frame(container: Any, index: int, name: str) -> Any:
    stream = container.streams[index]
    frame = next(_frames(container, stream), None)
    if frame is None:
        raise InputError(f"not one frame in {name} ({stream.codec_context.name}) can be decoded")
    return frame


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """What can be decoded of a stream."""
    for packet in packets(container, stream):
        try:
            yield from packet.decode()
        except library().FFmpegError:
            continue


def _tell_frame(frame: Any, name: str) -> None:
    if frame.color_trc in HDR:
        warn(f"{name} is HDR ({HDR[frame.color_trc]}); it is read as 8 bits without tone mapping, and looks pale")
    elif max(part.bits for part in frame.format.components) > 8:
        warn(f"{name} has {max(part.bits for part in frame.format.components)} bits a colour; 8 of them are kept")
    if frame.interlaced_frame:
        warn(f"{name} is interlaced: each frame holds two moments, line by line; it is read as it is")


def _turn(frame: Any, name: str) -> tuple[int, int, int, int]:
    """How the picture is to be turned, by quarters, as its display matrix says."""
    import numpy as np

    found = frame.side_data.get("DISPLAYMATRIX")
    if found is None:
        return (1, 0, 0, 1)
    matrix = np.frombuffer(bytes(found), np.int32)
    signs = [int(np.sign(one)) if abs(one) > 1 << 12 else 0 for one in matrix[[0, 1, 3, 4]]]
    a, b, c, d = signs
    if a and d and not b and not c or b and c and not a and not d:
        return a, b, c, d
    warn(f"{name} asks to be turned by an angle that is no quarter turn; it is left as it lies")
    return (1, 0, 0, 1)


def _square(width: int, height: int, stretch: Fraction, name: str) -> tuple[int, int]:
    """The size in square pixels."""
    if stretch in (0, 1):
        return width, height
    square = max(1, round(width * stretch))
    warn(f"{name} has pixels that are not square ({stretch.numerator}:{stretch.denominator}); its frames are made "
         f"{square} instead of {width} wide")
    return square, height


def _heard(data: Any, index: int, name: str) -> tuple[int, int, int]:
    """The sound's stream, sample rate and channels, as its first piece has them; (-1, 0, 0) where there is none."""
    with _readable(data, name) as container:
        frame = next(_frames(container, container.streams[index]), None)
    if frame is None or not frame.sample_rate:
        warn(f"the sound in {name} cannot be decoded; it is left out")
        return (-1, 0, 0)
    channels = len(frame.layout.channels)
    if channels > 2:
        warn(f"{name} has {channels} channels of sound; they are mixed down to two")
    return index, frame.sample_rate, min(channels, 2)
