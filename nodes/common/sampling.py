"""How the next token is chosen from a model's logits."""

from __future__ import annotations

from typing import Any


def penalised(logits: Any, written: list[int], penalty: float) -> Any:
    """Logits (vocabulary) with those of the tokens already written made less likely.

    Positive ones are divided by the penalty, negative ones multiplied (Keskar et al., CTRL, 2019, section 4.1).
    """
    import torch

    if penalty == 1 or not written:
        return logits
    places = torch.tensor(sorted(set(written)))
    old = logits[places]
    return logits.index_copy(0, places, torch.where(old > 0, old / penalty, old * penalty))


def probabilities(logits: Any, temperature: float, top_k: int, top_p: float) -> Any:
    """The distribution (vocabulary) left by temperature, then top-k, then nucleus sampling.

    top_k: keep this many of the likeliest; 0 keeps all (Fan et al., 2018).
    top_p: keep the fewest tokens whose probabilities reach this sum (Holtzman et al., 2020); the likeliest stays.
    """
    import torch

    scaled = logits / temperature
    if 0 < top_k < len(scaled):
        scaled = scaled.masked_fill(scaled < scaled.topk(top_k).values[-1], -torch.inf)
    chances = scaled.softmax(0)
    if top_p < 1:
        sorted_chances, order = chances.sort(descending=True, stable=True)
        before = sorted_chances.cumsum(0) - sorted_chances
        beyond = before >= top_p
        beyond[0] = False
        chances = chances.index_fill(0, order[beyond], 0)
    return chances


def next_token(logits: Any, written: list[int], temperature: float, top_k: int, top_p: float, penalty: float,
               generator: Any) -> int:
    """The id of the next token. logits: (vocabulary), of any device and dtype; the choice is made on the CPU.

    A temperature of 0 takes the likeliest. generator: a torch.Generator on the CPU.
    """
    import torch

    logits = penalised(logits.detach().to("cpu", torch.float32), written, penalty)
    if temperature == 0:
        return int(logits.argmax())
    chances = probabilities(logits, temperature, top_k, top_p)
    return int(torch.multinomial(chances, 1, generator=generator))
