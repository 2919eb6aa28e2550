"""Audio: sound as float samples, how rates and channels change, and the drawing of a waveform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nodegraph import InputError, PortType

from .kinds import is_of, is_tensor, kind
from .sounds import writer as sound_writer


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound. samples: float32 tensor (channels, n), from -1 to 1. sample_rate: Hz."""

    samples: Any
    sample_rate: int
    __porttype__: ClassVar[PortType]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.samples.shape[1] / self.sample_rate


# ---- rates and channels

def resampled(audio: Audio, sample_rate: int) -> Audio:
    """The same sound at another rate in Hz, by libsoxr's best filter (linear phase); itself, if it has that rate."""
    import torch

    if audio.sample_rate == sample_rate:
        return audio
    samples = resampled_array(audio.samples.detach().cpu().numpy(), audio.sample_rate, sample_rate)
    return Audio(torch.from_numpy(samples), sample_rate)


def resampled_array(samples: Any, source: int, target: int) -> Any:
    """An array of (channels, n) at `source` Hz as one at `target` Hz, of n * target / source samples."""
    import numpy as np
    import soxr

    try:
        frames = soxr.resample(np.ascontiguousarray(samples.T), source, target, quality="VHQ")
    except (RuntimeError, ValueError) as error:
        raise InputError(f"a sound at {source} Hz cannot be resampled to {target} Hz: {error}") from None
    return np.ascontiguousarray(frames.T, dtype=np.float32)


def mono(audio: Audio) -> Audio:
    """The mean of all channels."""
    return audio if audio.samples.shape[0] == 1 else Audio(audio.samples.mean(0, keepdim=True), audio.sample_rate)


# Of WAV's order (front left and right, centre, bass, back left and right) what goes to the left; ITU-R BS.775, without
# the bass, and scaled so that it cannot clip.
_SURROUND = {6: (1.0, 0.0, 0.7071, 0.0, 0.7071, 0.0), 5: (1.0, 0.0, 0.7071, 0.7071, 0.0), 4: (1.0, 0.0, 0.7071, 0.0)}
_SWAPPED = {6: (1, 0, 2, 3, 5, 4), 5: (1, 0, 2, 4, 3), 4: (1, 0, 3, 2)}


def stereo(audio: Audio) -> Audio:
    """Two channels: one twice, four (quadraphonic), five or six (surround) mixed. Raises InputError for others."""
    import torch

    count = audio.samples.shape[0]
    if count == 2:
        return audio
    if count == 1:
        return Audio(audio.samples.repeat(2, 1), audio.sample_rate)
    if count not in _SURROUND:
        raise InputError(f"a sound of {count} channels cannot be made stereo, since it is not known where each comes "
                         "from; take channels: mono")
    left = torch.tensor(_SURROUND[count])
    weights = torch.stack([left, left[list(_SWAPPED[count])]]) / left.sum()
    return Audio(weights.to(audio.samples) @ audio.samples, audio.sample_rate)


CHANNELS = {"as they are": lambda audio: audio, "mono": mono, "stereo": stereo}


# ---- the type

def waveform(audio: Any, width: int = 320, height: int = 96) -> Any:
    """The loudest and softest sample of each column, all channels together: uint8 (height, width, 3)."""
    import numpy as np

    picture = np.full((height, width, 3), (24, 26, 32), np.uint8)
    picture[height // 2] = (46, 50, 60)
    samples = audio.samples if isinstance(audio.samples, np.ndarray) else np.asarray(audio.samples.detach().cpu())
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


def _complaint(value: Any) -> str | None:
    if not isinstance(value, Audio):
        return f"is {kind(value)}"
    samples = value.samples
    if not (is_tensor(samples) and str(samples.dtype) == "torch.float32" and samples.ndim == 2
            and len(samples)):
        return f"holds {kind(samples)}"
    if type(value.sample_rate) is not int or value.sample_rate <= 0:
        return f"has a sample rate of {value.sample_rate!r}"
    return None if samples.isfinite().all() else "holds samples that are not finite"


def adopt(value: Any) -> Any:
    """An Audio of what Python code has at hand: (samples, sample_rate), or the other way round as scipy gives it.

    Samples are an array or a tensor, of one dimension or of two, of which the shorter one is the channels; integers
    are scaled by their size, so that the loudest are 1. Anything else comes back as it is.
    """
    if isinstance(value, Audio):
        samples, rate = value.samples, value.sample_rate
    elif isinstance(value, tuple) and len(value) == 2:
        samples, rate = value if not _is_number(value[0]) else value[::-1]
    else:
        return value
    if not (_is_number(rate) and (is_tensor(samples) or is_of(samples, "numpy", "ndarray"))):
        return value
    return Audio(_adopted(samples), int(rate)) if int(rate) == rate else value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) or is_of(value, "numpy", "number")


def _adopted(samples: Any) -> Any:
    """A float32 tensor (channels, n) of samples in any number format and order; what has none stays as it is."""
    import numpy as np
    import torch

    if is_tensor(samples) and samples.dtype == torch.float32:
        tensor = samples
    else:
        array = samples.detach().cpu().float().numpy() if is_tensor(samples) and samples.is_floating_point() else \
            np.asarray(samples.detach().cpu() if is_tensor(samples) else samples)
        if array.dtype.kind not in "iuf":
            return samples
        tensor = torch.from_numpy(_scaled(array))
    if tensor.ndim == 1:
        tensor = tensor[None]
    elif tensor.ndim == 2 and tensor.shape[0] > tensor.shape[1] > 0:
        tensor = tensor.T
    return tensor.contiguous()


def _scaled(array: Any) -> Any:
    """Samples as float32; integers by their size, so that the loudest are 1; unsigned ones are silent in the middle."""
    import numpy as np

    if array.dtype.kind == "f":
        return array.astype(np.float32)
    half = 2.0 ** (8 * array.dtype.itemsize - 1)
    return ((array - half * (array.dtype.kind == "u")) / half).astype(np.float32)


Audio.__porttype__ = PortType(
    "Audio", "Sound, of one channel or several.",
    takes="an Audio (float32 samples of channels x n, and a sample rate)",
    complaint=_complaint, adopt=adopt, preview=waveform, color="#5ca8e0", arrays=True,
    exports={"wav": sound_writer.save_wav, "flac": sound_writer.save_flac, "ogg": sound_writer.save_ogg,
             "mp3": sound_writer.save_mp3, "aiff": sound_writer.save_aiff, "opus": sound_writer.save_opus},
    flatten=lambda v: {"samples": v.samples, "sample_rate": v.sample_rate},
    restore=lambda plain: Audio(**plain),
    summary=lambda v: f"{v.seconds:.1f} s, {v.samples.shape[0]} channels at {v.sample_rate} Hz")
