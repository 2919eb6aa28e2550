"""Sound files: what is in them, through libsndfile, and what is said of those that hold no sound for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from nodegraph import FileKind, InputError, file_kind, warn

from ...common.files import reading
from . import container as sound_container, mpeg

BLOCK = 1 << 16  # frames that are decoded at once
MOST_VALUES = 1 << 30  # samples of all channels that one Audio may hold: 4 GiB, or 3.1 hours of stereo at 48 kHz
UNKNOWN_LENGTH = 1 << 60  # frames; libsndfile says more where a FLAC does not say how many it has
MOST_BYTES = 4 << 30  # of a file that is put right before it is read, which takes it into memory
HEAD = 1 << 16


def load(path: Path, start: float = 0, seconds: float = 0) -> tuple[Any, int]:
    """Samples, float32 (channels, n), and the sample rate in Hz, of whatever sound file libsndfile reads.

    start: seconds to leave out; seconds: how long a part to read, 0 for all of it. Integers of b bits become
    multiples of 2^(1 - b) in -1..1, exactly up to 24 bits. What is cut short is read as far as it goes, and told of.
    Raises InputError where there is no such file or it holds no sound that is read here.
    """
    import soundfile

    head = _head(path)
    if head.startswith(b"OggS") and (streams := sound_container.streams(path)) > 1:
        warn(f"{path} holds {streams} sounds after each other, as a recording of a radio does; the first is read")
    try:
        counted = _counted_mp3(path, head)
        if counted is not None:
            with _stream(soundfile.SoundFile(BytesIO(counted.data))) as sound:
                return _samples(path, sound, start, seconds, counted.cut)
        with path.open("rb", buffering=0) as file:
            # By its descriptor, so that what a file is called does not count.
            with _stream(soundfile.SoundFile(file.fileno(), closefd=False)) as sound:
                if sound.frames:
                    return _samples(path, sound, start, seconds)
        return _mended(path, head, start, seconds, soundfile, "")
    except soundfile.LibsndfileError as error:
        return _mended(path, head, start, seconds, soundfile, error.error_string)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _counted_mp3(path: Path, head: bytes) -> mpeg.Counted | None:
    """An MP3 that does not say how long it is, with that said; None for any other file."""
    kind = file_kind(head.lstrip(b"\0"))
    if kind is None or kind.name != "an MP3 sound" or path.stat().st_size > MOST_BYTES:
        return None
    counted = mpeg.counted(path.read_bytes().lstrip(b"\0"))
    if counted is not None and counted.odd:
        warn(f"{path} is damaged: {counted.odd} bytes in the midst of it are no sound and are passed over")
    return counted


def _stream(sound: Any) -> Any:
    """The sound as one that is read from its beginning to its end, so that soundfile does not seek after each block.

    It could not in a FLAC whose length is not known, and stops where the header of a damaged file says that it ends.
    """
    sound.seekable = lambda: False
    return sound


def _head(path: Path) -> bytes:
    """How a file begins. Raises InputError where it cannot be, or is surely not, a sound."""
    with reading(path, "name a sound file in it"), path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise InputError(f"{path} is empty: it has no bytes at all")
    kind = file_kind(head)
    if kind is not None and kind.family != "sound":
        raise InputError(_no_sound(path, kind))
    return head


def _mended(path: Path, head: bytes, start: float, seconds: float, soundfile: Any, why: str) -> tuple[Any, int]:
    """The samples of a file that libsndfile refuses, or finds none in, and that players play all the same."""
    cut = False
    try:
        mended = sound_container.mended(path.read_bytes()) if path.stat().st_size <= MOST_BYTES else None
        if mended is not None:
            with _stream(soundfile.SoundFile(BytesIO(mended.data))) as sound:
                if sound.frames:
                    return _samples(path, sound, start, seconds, mended.cut)
                why, cut = "", mended.cut
    except soundfile.LibsndfileError as error:
        why = error.error_string
    except (RuntimeError, ValueError, TypeError) as error:  # soundfile's own, on headers that make no sense
        why = str(error)
    if why:
        raise InputError(_refusal(path, head, why))
    return _empty(path, soundfile, cut)


def _empty(path: Path, soundfile: Any, cut: bool) -> tuple[Any, int]:
    """The nothing that a sound without samples is."""
    import numpy as np

    try:
        with path.open("rb", buffering=0) as file, soundfile.SoundFile(file.fileno(), closefd=False) as sound:
            channels, rate, cut = sound.channels, sound.samplerate, cut or _cut(sound)
    except soundfile.LibsndfileError as error:
        raise InputError(_refusal(path, b"", error.error_string)) from None
    if cut:
        raise InputError(f"{path} is cut off before its first sample; fetch it again")
    warn(f"{path} holds no samples: the sound is 0 seconds long")
    return np.zeros((channels, 0), np.float32), rate


# ---- decoding

def _samples(path: Path, sound: Any, start: float, seconds: float, cut: bool = False) -> tuple[Any, int]:
    rate, channels = sound.samplerate, sound.channels
    if rate <= 0:
        raise InputError(f"{path} has a sample rate of {rate} Hz")
    if start:
        _skip(path, sound, int(start * rate))
    wanted = int(seconds * rate) if seconds else None
    promised = max(sound.frames - int(start * rate), 0) if sound.frames < UNKNOWN_LENGTH else 0
    cut = cut or _cut(sound)
    samples, broken = _decoded(path, sound, wanted, MOST_VALUES // channels)
    if not samples.shape[1]:
        why = _reason(broken) or "it is cut off before its first sample"
        raise InputError(f"{path} holds no sound that can be decoded: {why}")
    if broken:
        warn(f"{path} is damaged after {samples.shape[1] / rate:.2f} s ({_reason(broken)}); what comes before is read. "
             f"Fetch it again; or what comes after may be saved by: ffmpeg -i {path.name} {path.stem}-mended.flac")
    elif wanted is None and (cut or promised - samples.shape[1] > _slack(sound)):
        whole = f" of {promised / rate:.2f} s" if promised - samples.shape[1] > _slack(sound) else ""
        warn(f"{path} is cut short: the {samples.shape[1] / rate:.3f} s{whole} that are there are read")
    _refuse_nan(path, samples, rate)
    return samples, rate


def _skip(path: Path, sound: Any, frames: int) -> None:
    if frames >= sound.frames:
        raise InputError(f"{path} is {sound.frames / sound.samplerate:.2f} s long; start lies behind its end")
    import soundfile

    try:
        sound.seek(frames)
        return
    except soundfile.LibsndfileError:  # GSM and its like have no way but through
        pass
    while frames > 0:
        block = sound.read(min(BLOCK, frames), dtype="float32", always_2d=True)
        frames -= len(block) or frames


def _decoded(path: Path, sound: Any, wanted: int | None, most: int) -> tuple[Any, str]:
    """The samples, and what libsndfile says where it could not go on."""
    import numpy as np
    import soundfile

    blocks, count, broken, begin = [], 0, "", _place(sound)
    while wanted is None or count < wanted:
        size = BLOCK if wanted is None else min(BLOCK, wanted - count)
        block = np.zeros((size, sound.channels), np.float32)
        try:
            size = len(sound.read(out=block))
        except soundfile.LibsndfileError as error:  # what was decoded before stands in the block
            broken, size = error.error_string, max(_place(sound) - begin - count, 0)
        if size:
            blocks.append(block[:size])
        count += size
        if count > most:
            raise InputError(f"{path} is longer than {most / sound.samplerate:.0f} s, the most that is read at once; "
                             "give start and seconds to read a part of it")
        if not size or broken:
            break
    whole = np.concatenate(blocks) if blocks else np.zeros((0, sound.channels), np.float32)
    return np.ascontiguousarray(whole.T), broken


def _place(sound: Any) -> int:
    """The frame that comes next, as far as libsndfile knows it."""
    import soundfile

    try:
        return int(sound.tell())
    except soundfile.LibsndfileError:
        return 0


_SIZES = re.compile(r"^\s*(data|Data Size|SSND|riff|Riff size)\s*:\s*(\d+) \(should be (\d+)\)", re.MULTILINE)


def _cut(sound: Any) -> bool:
    """Whether the header tells of more than the file holds, by what libsndfile notes down while it reads it."""
    notes = sound.extra_info
    sizes = [(int(said), int(is_)) for _, said, is_ in _SIZES.findall(notes)]
    return any(is_ < said < sound_container.UNKNOWN_SIZE for said, is_ in sizes) or "lacks an end-of-stream" in notes


def _slack(sound: Any) -> int:
    """How far the length that a header tells may be from what there is: MPEG's is guessed, to a few of its frames."""
    return 3 * 1152 if "MPEG" in sound.subtype or sound.format == "MP3" else 0


def _refuse_nan(path: Path, samples: Any, rate: int) -> None:
    import numpy as np

    finite = np.isfinite(samples)
    if finite.all():
        return
    odd = ~finite.all(axis=0)
    raise InputError(f"{path} holds {int(odd.sum())} samples that are no numbers (NaN or infinite), the first at "
                     f"{int(odd.argmax()) / rate:.3f} s; mend it in the program that made it, or read another part "
                     "with start and seconds")


# ---- what is said of files that are not read

def _refusal(path: Path, head: bytes, why: str) -> str:
    """One sentence on a file that libsndfile does not read."""
    kind = file_kind(head)
    flac = path.with_suffix(".flac").name
    remedy = f"make a FLAC of it: ffmpeg -i {path.name} {flac}"
    if kind is None:
        return f"{path} is no sound file of a kind that is known here" + _if_raw(path, head)
    if "WAV" in kind.name:
        packed = sound_container.codec(head)
        if packed and not sound_container.channels(head) == 0:
            return f"{path} is a WAV sound with {packed} inside, which is not read; {remedy}"
        if sound_container.channels(head) == 0:
            return f"{path} is a WAV sound whose header tells of 0 channels; it holds nothing that can be heard"
    if not any(name in f"{kind.name} " for name in _READ) or "inside Ogg" in kind.name:
        return f"{path} is {kind.name}, which is not read; {remedy}"
    if re.search("unimplemented|unsupported|encoding", why):
        return f"{path} is {kind.name}, packed in a way that is not read ({_reason(why)}); {remedy}"
    return f"{path} is {kind.name} that is damaged ({_reason(why)}); fetch it again"


_READ = ("WAV", "FLAC sound", "MP3", "AIFF", "AU ", "CAF", "W64", "RF64", "BW64", "Vorbis", "Opus", "VOC", "NIST")


def _reason(why: str) -> str:
    """What libsndfile says, without the words around it."""
    return why.strip().rstrip(".").removeprefix("Error : ")


def _if_raw(path: Path, head: bytes) -> str:
    if path.suffix.lower() in (".raw", ".pcm", ".vox", ".s16", ".f32"):
        made = path.with_suffix(".wav").name
        return f"; raw samples need a header: ffmpeg -f s16le -ar 44100 -ac 2 -i {path.name} {made}"
    shown = head[:8].hex(" ")
    return f" (it begins with {shown}); WAV, FLAC, OGG, MP3, AIFF, W64, AU and CAF are read"


_NO_SOUND: dict[str, Callable[[str], str]] = {
    "music": lambda name: "; it holds notes: read it with media.read_score, and play it with music.render",
    "video": lambda name: "; take its sound with media.read_video and video.sound, or: "
                          f"ffmpeg -i {name} -vn {Path(name).with_suffix('.flac').name}",
    "page": lambda name: ", which is what a failed download often leaves; fetch it again",
    "pointer": lambda name: ": the sound itself was not downloaded; fetch it with `git lfs pull`",
    "archive": lambda name: "; unpack it first",
}


def _no_sound(path: Path, kind: FileKind) -> str:
    return f"{path} is {kind.name} and no sound" + _NO_SOUND.get(kind.family, lambda name: "")(path.name)
