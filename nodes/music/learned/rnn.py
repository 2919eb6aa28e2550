"""A melody RNN in the manner of Magenta's Lookback RNN (Waite, "Generating Long-Term Structure in Songs and Stories", 2016).

An LSTM foretells each sixteenth of one voice: hold, silence or a pitch. Besides the step before it is shown what was sung
one, two, four and eight bars earlier, the place in the bar, and a plan: which earlier bar, if any, this one says again. So
what returns is a matter of the plan, which is kept, as form is, and new bars are the network's. A plan is read off any tune.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from .grids import BAR, REST, TOKENS

BACK = (1, 2, 4, 8)  # bars
NEW = 0  # of a plan: a bar that says none of these again; else 1 + the place in BACK
NOTHING = 255  # behind the end of a tune


@dataclass(frozen=True)
class Shape:
    """width: of the LSTM's layers."""

    width: int = 256
    layers: int = 1

    @property
    def features(self) -> int:
        """How many numbers a step is shown as."""
        return TOKENS * (1 + len(BACK)) + BAR + 1 + len(BACK)


class MelodyRnn(nn.Module):
    """The network. Voices are uint8 (n, steps), of whole bars; plans are int64 (n, bars)."""

    hears = "melody"
    padding = NOTHING

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.lstm = nn.LSTM(shape.features, shape.width, shape.layers, batch_first=True)
        self.head = nn.Linear(shape.width, TOKENS)
        self.returns = nn.Linear(len(BACK) + 1, len(BACK))  # how much each earlier bar counts, by the plan

    def forward(self, voices: torch.Tensor) -> torch.Tensor:
        """Logits of each step, (n, steps, tokens), where all before it are shown."""
        shown, earlier, plan = self._shown(voices)
        out, _ = self.lstm(torch.cat([shown, *earlier, self._places(voices), plan], -1))
        return self.head(out) + self._echo(earlier, plan)

    def nats(self, voices: torch.Tensor) -> torch.Tensor:
        """The mean nats of a sixteenth, given the plan; steps behind the end of a tune do not count."""
        wanted = voices.long()
        wanted = torch.where(wanted == NOTHING, -100, wanted)
        return F.cross_entropy(self(voices).transpose(1, 2), wanted, ignore_index=-100)

    def _echo(self, earlier: Sequence[torch.Tensor], plan: torch.Tensor) -> torch.Tensor:
        """What the bars say that the plan looks back to."""
        weights = self.returns(plan)
        return torch.stack([weights[..., k, None] * one for k, one in enumerate(earlier)]).sum(0)

    def _shown(self, voices: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor], torch.Tensor]:
        coded = _coded(voices)
        steps = coded.shape[1]
        before = F.pad(coded[:, :-1], (0, 0, 1, 0))
        earlier = [F.pad(coded[:, :max(0, steps - bars * BAR)], (0, 0, min(steps, bars * BAR), 0)) for bars in BACK]
        plan = F.one_hot(plans_of(voices), len(BACK) + 1).float().repeat_interleave(BAR, 1)
        return before, earlier, plan

    def _places(self, voices: torch.Tensor) -> torch.Tensor:
        steps = torch.arange(voices.shape[1], device=voices.device) % BAR
        return F.one_hot(steps, BAR).float().expand(len(voices), -1, -1)

    @torch.no_grad()
    def sung(self, plan: Sequence[int], steps: int, temperature: float, dice: torch.Generator,
             primer: Sequence[int] = ()) -> list[int]:
        """A voice of so many steps by a plan, whose returns are kept to the note; it begins with the primer, unchanged."""
        device = self.head.weight.device
        voice, state = list(map(int, primer[:steps])), None
        plans = F.one_hot(torch.tensor(list(plan)), len(BACK) + 1).float().to(device)
        nothing = torch.zeros(TOKENS, device=device)
        for step in range(steps):
            earlier = [_code(voice[step - bars * BAR], device) if step >= bars * BAR else nothing for bars in BACK]
            place = F.one_hot(torch.tensor(step % BAR), BAR).float().to(device)
            before = _code(voice[step - 1], device) if step else nothing
            row = torch.cat([before, *earlier, place, plans[step // BAR]])
            out, state = self.lstm(row[None, None], state)
            if step < len(voice):
                continue
            again = BACK[plan[step // BAR] - 1] * BAR if plan[step // BAR] != NEW else 0
            if again and step >= again:  # the plan holds: a bar that is said again is the same
                voice.append(voice[step - again])
                continue
            weights = self.returns(plans[step // BAR])
            logits = self.head(out[0, 0]) + sum(weights[k] * one for k, one in enumerate(earlier))
            if step == 0:
                logits[0] = float("-inf")  # nothing sounds yet that could be held
            voice.append(int(logits.argmax()) if temperature == 0 else
                         int(torch.multinomial((logits / temperature).softmax(-1).cpu(), 1, generator=dice)))
        return voice


def plans_of(voices: torch.Tensor) -> torch.Tensor:
    """The plan of each voice, int64 (n, bars): the nearest of one, two, four and eight bars back that a bar says again."""
    bars = voices.reshape(len(voices), -1, BAR)
    count = bars.shape[1]
    plan = torch.full(bars.shape[:2], NEW, device=voices.device)
    for place in range(len(BACK) - 1, -1, -1):
        back = BACK[place]
        if back < count:
            same = (bars[:, back:] == bars[:, :-back]).all(-1) & (bars[:, back:] > REST).any(-1)
            plan[:, back:] = torch.where(same, place + 1, plan[:, back:])
    return plan


def _coded(voices: torch.Tensor) -> torch.Tensor:
    coded = F.one_hot(voices.long().clamp(max=TOKENS - 1), TOKENS).float()
    return coded * (voices != NOTHING)[..., None]


def _code(token: int, device: torch.device) -> torch.Tensor:
    return F.one_hot(torch.tensor(token, device=device), TOKENS).float()
