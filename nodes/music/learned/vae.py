"""MusicVAE (Roberts et al., "A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music", ICML 2018).

A bidirectional encoder reads a grid, beat by beat, into a normal distribution of latents z; a conductor makes of z one
embedding for each segment of half a bar; a decoder writes each segment, step by step, from its embedding alone. Recurrent
layers are GRUs, drums are nine voices that are struck or not, each with a velocity (as in GrooVAE, Gillick et al., 2019),
and straight lines go beside both: from the whole grid to z, and from an embedding to each of its steps. They learn at once what
can be had so, and leave the rest to the recurrent layers: a training takes a fraction of the steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from .grids import DRUMS, HOLD, MELODY, STEPS_PER_BEAT, TOKENS, VOICES

_VELOCITY = 4.0  # how much the squared error of a velocity (0 to 1) counts, in nats


@dataclass(frozen=True)
class Shape:
    """kind: drums or melody. steps, segment: sixteenths of the whole and of a segment. The rest are widths."""

    kind: str
    steps: int = 32
    segment: int = 8
    z: int = 64
    encoder: int = 128
    conductor: int = 128
    decoder: int = 192

    def __post_init__(self) -> None:
        if self.kind not in (DRUMS, MELODY):
            raise ValueError(f"kind is {self.kind!r}; it takes {DRUMS} or {MELODY}")
        if self.steps % self.segment:
            raise ValueError(f"steps is {self.steps}, which segments of {self.segment} do not fill")

    @property
    def features(self) -> int:
        """How many numbers a step is shown as."""
        return 2 * len(VOICES) if self.kind == DRUMS else TOKENS


class MusicVae(nn.Module):
    """The network. Grids are uint8, (n, steps, 9) of drums or (n, steps) of a voice."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = nn.GRU(STEPS_PER_BEAT * shape.features, shape.encoder, batch_first=True, bidirectional=True)
        self.latent = nn.Linear(2 * shape.encoder, 2 * shape.z)
        self.whole = nn.Linear(shape.steps * shape.features, shape.z)
        self.begin = nn.Linear(shape.z, shape.conductor)
        self.conductor = nn.GRU(shape.z, shape.conductor, batch_first=True)
        self.embed = nn.Linear(shape.conductor, shape.decoder)
        self.decoder = nn.GRU(shape.features, shape.decoder, batch_first=True)
        self.head = nn.Linear(shape.decoder, shape.features)
        self.direct = nn.Linear(shape.decoder, shape.segment * shape.features)

    def encoded(self, grids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and logarithm of the variance of z, each (n, z)."""
        seen = self.seen(grids)
        _, last = self.encoder(seen.reshape(len(grids), -1, STEPS_PER_BEAT * self.shape.features))
        mean, logarithm = self.latent(torch.cat([last[0], last[1]], 1)).chunk(2, 1)
        return mean + self.whole(seen.flatten(1)), logarithm.clamp(-8, 4)

    def seen(self, grids: torch.Tensor) -> torch.Tensor:
        """Grids as the network is shown them, float32 (n, steps, features)."""
        if self.shape.kind == MELODY:
            return F.one_hot(grids.long(), TOKENS).float()
        velocity = grids.float() / 127
        return torch.cat([(velocity > 0).float(), velocity], -1)

    def segments(self, z: torch.Tensor) -> torch.Tensor:
        """The conductor's embeddings, (n * segments, decoder)."""
        count = self.shape.steps // self.shape.segment
        state = torch.tanh(self.begin(z))[None].contiguous()
        out, _ = self.conductor(z[:, None].expand(-1, count, -1), state)
        return torch.tanh(self.embed(out)).flatten(0, 1)

    def predicted(self, z: torch.Tensor, grids: torch.Tensor, forgotten: float = 0.0) -> torch.Tensor:
        """Logits of each step, (n, steps, features), where those before it in its segment are shown.

        forgotten: the share of steps that are not shown, so that the decoder asks z instead.
        """
        embedded = self.segments(z)
        shown = self.seen(grids).reshape(len(embedded), self.shape.segment, -1)
        shown = F.pad(shown[:, :-1], (0, 0, 1, 0))
        if forgotten:
            shown = shown * (torch.rand(shown.shape[:2], device=shown.device) >= forgotten)[..., None]
        out, _ = self.decoder(shown, embedded[None].contiguous())
        return (self.head(out) + self._told(embedded)).reshape(len(z), self.shape.steps, -1)

    def _told(self, embedded: torch.Tensor) -> torch.Tensor:
        """What the embeddings alone say of each step, (n * segments, segment, features)."""
        return self.direct(embedded).reshape(len(embedded), self.shape.segment, -1)

    def losses(self, grids: torch.Tensor, forgotten: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
        """Nats of each grid given z, and of z over its prior: two tensors (n,)."""
        mean, logarithm = self.encoded(grids)
        z = mean + torch.randn_like(mean) * (logarithm / 2).exp()
        divergence = 0.5 * (mean.square() + logarithm.exp() - 1 - logarithm).sum(1)
        logits = self.predicted(z, grids, forgotten)
        if self.shape.kind == MELODY:
            return F.cross_entropy(logits.transpose(1, 2), grids.long(), reduction="none").sum(1), divergence
        struck, velocity = self.seen(grids).chunk(2, -1)
        strokes, loud = logits.chunk(2, -1)
        nats = F.binary_cross_entropy_with_logits(strokes, struck, reduction="none")
        nats = nats + _VELOCITY * struck * (loud.sigmoid() - velocity).square()
        return nats.sum((1, 2)), divergence

    @torch.no_grad()
    def written(self, z: torch.Tensor, temperature: float = 0.0, dice: torch.Generator | None = None) -> torch.Tensor:
        """Grids, uint8, of latents (n, z); each step is drawn at a temperature, or at 0 is the likeliest."""
        embedded = self.segments(z)
        state, shown = embedded[None].contiguous(), torch.zeros(len(embedded), self.shape.features, device=z.device)
        told, steps = self._told(embedded), []
        for step in range(self.shape.segment):
            out, state = self.decoder(shown[:, None], state)
            chosen = self._chosen(self.head(out[:, 0]) + told[:, step], temperature, dice)
            steps.append(chosen)
            shown = self.seen(chosen)
        return torch.stack(steps, 1).reshape(len(z), self.shape.steps, *steps[0].shape[1:])

    def _chosen(self, logits: torch.Tensor, temperature: float, dice: torch.Generator | None) -> torch.Tensor:
        if self.shape.kind == MELODY:
            if temperature == 0:
                return logits.argmax(-1).to(torch.uint8)
            shares = (logits / temperature).softmax(-1).cpu()
            return torch.multinomial(shares, 1, generator=dice)[:, 0].to(logits.device, torch.uint8)
        strokes, loud = logits.chunk(2, -1)
        if temperature == 0:
            struck = strokes > 0
        else:
            struck = torch.rand(strokes.shape, generator=dice).to(strokes.device) < (strokes / temperature).sigmoid()
        velocity = (loud.sigmoid() * 127).round().clamp(1, 127)
        return torch.where(struck, velocity, torch.zeros_like(velocity)).to(torch.uint8)


@torch.no_grad()
def fidelity(network: MusicVae, grids: torch.Tensor) -> dict[str, float]:
    """How well unseen grids come back from their latents alone, without a look at them while writing.

    accuracy: share of steps that are wholly right. f1: of strokes, or of onsets. pitch: share of right pitches where both
    strike (of a voice). nats: mean of a grid given z; latent_nats: of z over its prior.
    """
    parts = [_compared(network, part) for part in grids.split(256)]
    total = {name: sum(part[name] for part in parts) for name in parts[0]}
    found = {"accuracy": total["right"] / total["steps"],
             "f1": 2 * total["both"] / max(1.0, total["here"] + total["there"]),
             "nats": total["nats"] / len(grids), "latent_nats": total["latent"] / len(grids)}
    return found | ({"pitch": total["same"] / max(1.0, total["both"])} if network.shape.kind == MELODY else {})


def _compared(network: MusicVae, grids: torch.Tensor) -> dict[str, float]:
    back = network.written(network.encoded(grids)[0])
    nats, latent = network.losses(grids)
    if network.shape.kind == DRUMS:
        here, there = grids > 0, back > 0
        right, same = (here == there).all(-1), here & there
    else:
        here, there = grids > HOLD + 1, back > HOLD + 1
        right, same = grids == back, here & (grids == back)
    numbers: dict[str, Any] = {"right": right.sum(), "steps": right.numel(), "both": (here & there).sum(), "here": here.sum(),
                               "there": there.sum(), "same": same.sum(), "nats": nats.sum(), "latent": latent.sum()}
    return {name: float(value) for name, value in numbers.items()}
