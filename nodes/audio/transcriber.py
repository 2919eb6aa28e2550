"""The network of Basic Pitch (Bittner, Bosch, Rubinstein, Meseguer-Brocal and Ewert, "A Lightweight Instrument-Agnostic Model
for Polyphonic Note Transcription and Multipitch Estimation", 2022) in PyTorch.

What it hears are constant-Q spectra of eight and a half octaves, three bins a semitone, beside themselves moved by the
harmonics 1/2 to 7; what it tells is, for each frame of 256 samples and each key of a piano, whether one begins and whether one
sounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

RATE, HOP, WINDOW = 22_050, 256, 43_844  # Hz; samples a frame; samples that are heard at once
FRAMES, KEYS, LOWEST = 172, 88, 21  # of a window; of a piano; MIDI's number of its lowest key
MARGIN = 15  # frames at both ends of a window that are left to its neighbours
_OCTAVES, _BINS, _HEARD, _TOLD = 9, 36, 309, 264
_MOVED = (-36, 0, 36, 57, 72, 84, 93, 101)  # bins of the harmonics 1/2, 1, 2 ... 7


class Transcriber(nn.Module):
    """Sound, float (n, WINDOW) at RATE, to what begins and what sounds, two tensors (n, FRAMES, KEYS) of 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.real, self.imaginary = (nn.Parameter(torch.zeros(_BINS, 1, HOP)) for _ in range(2))
        self.lowpass, self.lengths = nn.Parameter(torch.zeros(1, 1, HOP)), nn.Parameter(torch.zeros(_HEARD))
        self.gain, self.offset = (nn.Parameter(torch.zeros(1)) for _ in range(2))
        self.contour_in, self.contour_out = nn.Conv2d(8, 8, (3, 39), padding=(1, 19)), nn.Conv2d(8, 1, 5, padding=2)
        self.note_in, self.note_out = (nn.Conv2d(1, 32, 7, (1, 3), (3, 2)), nn.Conv2d(32, 1, (7, 3), padding=(3, 1)))
        self.onset_in, self.onset_out = nn.Conv2d(8, 32, 5, (1, 3), (2, 1)), nn.Conv2d(33, 1, 3, padding=1)

    def forward(self, sound: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        heard = _harmonics(_even(self._spectrum(sound)) * self.gain + self.offset)
        contours = self.contour_out(self.contour_in(heard).relu()).sigmoid()
        sounding = self.note_out(self.note_in(contours).relu()).sigmoid()
        begun = self.onset_out(torch.cat([sounding, self.onset_in(heard).relu()], 1)).sigmoid()
        return begun[:, 0], sounding[:, 0]

    def _spectrum(self, sound: torch.Tensor) -> torch.Tensor:
        """Constant-Q spectra (n, frames, bins), octave by octave from above (Schoerkhuber and Klapuri, 2010)."""
        wave, octaves = sound[:, None], list[torch.Tensor]()
        for octave in range(_OCTAVES):
            padded = F.pad(wave, (HOP // 2, HOP // 2), mode="reflect")
            parts = [F.conv1d(padded, kernel, stride=HOP >> octave) for kernel in (self.real, self.imaginary)]
            octaves.insert(0, (parts[0].square() + parts[1].square()).sqrt())
            wave = F.conv1d(F.pad(wave, (HOP // 2 - 1, HOP // 2 - 1)), self.lowpass, stride=2)
        return (torch.cat(octaves, 1)[:, -_HEARD:] * self.lengths[:, None]).transpose(1, 2)


def _even(spectra: torch.Tensor) -> torch.Tensor:
    """Spectra in decibels, each window's from 0 to 1."""
    levels = 10 * torch.log10(spectra.square() + 1e-10)
    levels = levels - levels.amin((1, 2), keepdim=True)
    return levels / levels.amax((1, 2), keepdim=True).clamp_min(1e-30)


def _harmonics(levels: torch.Tensor) -> torch.Tensor:
    """Levels (n, frames, bins) beside themselves, a plane for each harmonic: (n, harmonics, frames, bins)."""
    width = levels.shape[2]
    planes = [F.pad(levels[..., max(0, by):width + min(0, by)], (max(0, -by), max(0, by))) for by in _MOVED]
    return torch.stack(planes, 1)[..., :_TOLD]


def loaded(tensors: Mapping[str, Any]) -> Transcriber:
    """The network with these weights. Raises RuntimeError where they are not all of its own."""
    network = Transcriber()
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return network.eval().requires_grad_(False)


@torch.no_grad()
def heard_in(network: Transcriber, sound: torch.Tensor, tick: Any = lambda done, count: None) -> tuple[Any, Any]:
    """What begins and what sounds in a sound, float (n,) at RATE: two arrays float32 (frames, KEYS), a frame each HOP samples.

    Windows overlap, and of each the middle counts. tick(done, count) is called before each.
    """
    step = (FRAMES - 2 * MARGIN) * HOP
    frames = -(-len(sound) // HOP)
    count = max(1, -(-frames // (FRAMES - 2 * MARGIN)))
    device = network.gain.device
    padded = F.pad(sound, (MARGIN * HOP, count * step + WINDOW))
    parts = []
    for number in range(count):
        tick(number, count)
        pair = network(padded[None, number * step:number * step + WINDOW].to(device))
        parts.append(torch.stack(pair)[:, 0, MARGIN:FRAMES - MARGIN].cpu())
    begun, sounding = torch.cat(parts, 1)[:, :frames].numpy()
    return begun, sounding
