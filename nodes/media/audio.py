"""Audio: sound as float samples, its files, and the drawing of a waveform."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodegraph import InputError, PortType

from .kinds import is_tensor, kind


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound. samples: float32 tensor (channels, n), from -1 to 1. sample_rate: Hz."""

    samples: Any
    sample_rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.samples.shape[1] / self.sample_rate


def save_wav(audio: Any, path: Path) -> None:
    """Write 16-bit PCM. Samples beyond -1..1 are clipped. They may be an array; torch is not imported for it."""
    import wave

    import numpy as np

    samples = _samples(audio)
    pcm = np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(pcm.shape[0])
        file.setsampwidth(2)
        file.setframerate(audio.sample_rate)
        file.writeframes(np.ascontiguousarray(pcm.T).tobytes())


def _samples(audio: Any) -> Any:
    """The samples as an array."""
    import numpy as np

    return audio.samples if isinstance(audio.samples, np.ndarray) else np.asarray(audio.samples.detach().cpu())


def load_wav(path: Path) -> tuple[Any, int]:
    """Samples, float32 (channels, n) in -1..1, and the sample rate in Hz, of a PCM WAV file of 8 to 32 bits.

    Raises InputError when there is no such file or it is no such WAV.
    """
    import wave

    import torch

    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except (wave.Error, EOFError, OSError) as error:
        raise InputError(f"{path} is not a PCM WAV file that can be read: {error}") from error
    return torch.from_numpy(_pcm(data, width).reshape(-1, channels).T.copy()), rate


def _pcm(data: bytes, width: int) -> Any:
    """Interleaved float32 samples of little-endian PCM, `width` bytes each (single bytes are unsigned)."""
    import numpy as np

    if width == 1:
        return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / 128
    raw = np.frombuffer(data, np.uint8).reshape(-1, width)
    padded = np.zeros((len(raw), 4), np.uint8)
    padded[:, 4 - width:] = raw
    return (padded.view("<i4")[:, 0] / 2 ** 31).astype(np.float32)


def waveform(audio: Any, width: int = 320, height: int = 96) -> Any:
    """The loudest and softest sample of each column, all channels together: uint8 (height, width, 3)."""
    import numpy as np

    picture = np.full((height, width, 3), (24, 26, 32), np.uint8)
    picture[height // 2] = (46, 50, 60)
    samples = _samples(audio)
    if not samples.shape[1]:
        return picture
    starts = np.linspace(0, samples.shape[1], width, endpoint=False).astype(int)
    top = np.maximum.reduceat(samples.max(axis=0), starts).clip(-1, 1)
    bottom = np.minimum.reduceat(samples.min(axis=0), starts).clip(-1, 1)
    rows = np.arange(height)[:, None]
    middle = (height - 1) / 2
    inside = (rows >= np.floor(middle - top * middle)) & (rows <= np.ceil(middle - bottom * middle))
    picture[inside] = (92, 168, 224)
    return picture


def _audio_complaint(value: Any) -> str | None:
    if not isinstance(value, Audio):
        return f"is {kind(value)}"
    samples = value.samples
    if not (is_tensor(samples) and str(samples.dtype) == "torch.float32" and samples.ndim == 2
            and len(samples)):
        return f"holds {kind(samples)}"
    if type(value.sample_rate) is not int or value.sample_rate <= 0:
        return f"has a sample rate of {value.sample_rate!r}"
    return None if samples.isfinite().all() else "holds samples that are not finite"


Audio.__porttype__ = PortType(
    "Audio", "Sound, of one channel or several.",
    takes="an Audio (float32 samples of channels x n, and a sample rate)",
    complaint=_audio_complaint, preview=waveform, exports={"wav": save_wav}, color="#5ca8e0", arrays=True,
    flatten=lambda v: {"samples": v.samples, "sample_rate": v.sample_rate},
    restore=lambda plain: Audio(**plain),
    summary=lambda v: f"{v.seconds:.1f} s, {v.samples.shape[0]} channels at {v.sample_rate} Hz")
