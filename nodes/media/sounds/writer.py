"""Sound files that people keep: an Audio written as WAV, AIFF, FLAC, Ogg Vorbis, Opus or MP3, through libsndfile.

WAV, AIFF and FLAC have 16 bits where that loses nothing, which is so for whatever came from 16 bits, and else 24. A
sample x becomes the integer nearest x * 2^(bits - 1), the one that reading makes x of: nothing is dithered, and what
is read and written again is the same to the bit.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from nodegraph import InputError, warn

QUALITY = 80  # of 1 to 100: about 220 kbit/s of stereo music
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
VORBIS_RATES = (1000, 192000)
FLAC_CHANNELS, MP3_CHANNELS = 8, 2
BLOCK = 1 << 16  # frames: libvorbis overflows the stack on long arrays
LARGE = 0xFFFF0000  # bytes that a WAV's 32-bit sizes can tell of


def save_wav(audio: Any, path: Path) -> None:
    """Write PCM of 16 or 24 bits; RF64, which has no limit, beyond 4 GB. Samples beyond -1..1 are clipped.

    They may be an array; torch is not imported for it.
    """
    frames, subtype = _integers(audio, path)
    _write(path, frames, audio.sample_rate, "WAV" if frames.size * 3 < LARGE else "RF64", subtype)


def save_aiff(audio: Any, path: Path) -> None:
    """Write AIFF of 16 or 24 bits, as `save_wav`."""
    frames, subtype = _integers(audio, path)
    _write(path, frames, audio.sample_rate, "AIFF", subtype)


def save_flac(audio: Any, path: Path) -> None:
    """Write FLAC of 16 or 24 bits: half of a WAV, and nothing is lost."""
    _refuse_channels(audio, path, "FLAC", FLAC_CHANNELS)
    frames, subtype = _integers(audio, path)
    _write(path, frames, audio.sample_rate, "FLAC", subtype)


def save_ogg(audio: Any, path: Path, *, quality: int = QUALITY) -> None:
    """Write Ogg Vorbis. quality: 1 to 100."""
    low, high = VORBIS_RATES
    audio = _at_rate(audio, path, "Ogg Vorbis", (min(max(audio.sample_rate, low), high),))
    _write(path, _floats(audio, path), audio.sample_rate, "OGG", "VORBIS", compression_level=_level(quality))


def save_opus(audio: Any, path: Path, *, quality: int = QUALITY) -> None:
    """Write Opus; other sample rates than its own become 48 kHz. quality: 1 to 100."""
    rates = OPUS_RATES if audio.sample_rate in OPUS_RATES else OPUS_RATES[-1:]
    audio = _at_rate(audio, path, "Opus", rates)
    _write(path, _floats(audio, path), audio.sample_rate, "OGG", "OPUS", compression_level=_level(quality))


def save_mp3(audio: Any, path: Path, *, quality: int = QUALITY) -> None:
    """Write MP3 of a bit rate that varies; one or two channels, at most 48 kHz. quality: 1 to 100."""
    _refuse_channels(audio, path, "MP3", MP3_CHANNELS)
    audio = _at_rate(audio, path, "MP3", MP3_RATES)
    _write(path, _floats(audio, path), audio.sample_rate, "MP3", "MPEG_LAYER_III", compression_level=_level(quality),
           bitrate_mode="VARIABLE")


def _level(quality: int) -> float:
    """libsndfile's compression level, 0 to 1, of a quality; its codecs stumble over the very ends."""
    return min(max(1 - quality / 100, 0.001), 0.99)


def _array(audio: Any) -> Any:
    """The samples as an array."""
    import numpy as np

    return audio.samples if isinstance(audio.samples, np.ndarray) else np.asarray(audio.samples.detach().cpu())


def _floats(audio: Any, path: Path) -> Any:
    """Frames of float32 in -1..1; what was clipped is told of."""
    import numpy as np

    samples = _array(audio)
    if not samples.shape[1] and path.suffix in (".mp3", ".ogg", ".opus", ".flac"):
        raise InputError(f"a sound of 0 samples cannot be written as {path.suffix[1:]}; write it as wav")
    loud = np.abs(samples) > 1
    if loud.any():
        peak = float(np.abs(samples).max())
        warn(f"{int(loud.sum())} of {samples.size} samples lie beyond -1..1 and are clipped, the loudest by "
             f"{20 * np.log10(peak):.1f} dB (it is {peak:.3g}); make the sound softer")
        samples = np.clip(samples, -1, 1)
    return np.ascontiguousarray(samples.T)


def _integers(audio: Any, path: Path) -> tuple[Any, str]:
    """Frames of integers, of 16 bits if that loses nothing, and what libsndfile calls them."""
    import numpy as np

    frames = _floats(audio, path)
    scaled = frames * np.float32(1 << 15)
    if (scaled == np.rint(scaled)).all() and (scaled < 1 << 15).all():
        return scaled.astype(np.int16), "PCM_16"
    scaled = np.rint(frames * np.float32(1 << 23)).clip(-(1 << 23), (1 << 23) - 1)
    return scaled.astype(np.int32) << 8, "PCM_24"  # libsndfile takes the upper bits of 32


def _refuse_channels(audio: Any, path: Path, name: str, most: int) -> None:
    count = audio.samples.shape[0]
    if count > most:
        raise InputError(f"{name} holds {most} channels at most, and this sound has {count}; write it as wav, or "
                         "bring it down with media.resample (channels: stereo)")


def _at_rate(audio: Any, path: Path, name: str, rates: tuple[int, ...]) -> Any:
    """The sound at a rate that a format can hold: its own, or the next above."""
    from ..audio import resampled_array

    if audio.sample_rate in rates:
        return audio
    rate = next((rate for rate in rates if rate >= audio.sample_rate), rates[-1])
    warn(f"{name} holds no {audio.sample_rate} Hz; the sound is resampled to {rate} Hz")
    return type(audio)(resampled_array(_array(audio), audio.sample_rate, rate), rate)


def _write(path: Path, frames: Any, rate: int, format: str, subtype: str, **options: Any) -> None:
    """Encode in memory, so that a full disk is told by the system and not by a codec."""
    import soundfile

    encoded = BytesIO()
    try:
        with soundfile.SoundFile(encoded, "w", rate, frames.shape[1], subtype, format=format, **options) as file:
            for at in range(0, len(frames), BLOCK):
                file.write(frames[at:at + BLOCK])
    except (soundfile.LibsndfileError, ValueError) as error:
        reason = str(getattr(error, "error_string", error)).rstrip(".").removeprefix("Error : ")
        raise InputError(f"{path.suffix[1:]} cannot hold a sound of {frames.shape[1]} channels at {rate} Hz "
                         f"({reason}); write it as wav, or bring it down with media.resample") from None
    path.write_bytes(encoded.getbuffer())
