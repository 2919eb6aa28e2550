"""Joint attention of picture and text, when few text tokens stand for many."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F


class CountedJointAttention:
    """Joint attention over image and text in which one text token may stand for many equal ones.

    The pipeline pads the text with hundreds of equal tokens where its third encoder is absent. Equal tokens stay
    equal through the blocks, so one of them with log(count) added to its logits does exactly what all would do,
    at a fraction of the cost. Plain matrix products, because the fused kernel's backward is slow on the CPU.
    """

    def __init__(self) -> None:
        self.log_counts: torch.Tensor | None = None  # (text tokens,)

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, *args, **kwargs):
        patches = hidden_states.shape[1]

        def heads(tensor: torch.Tensor) -> torch.Tensor:
            return tensor.unflatten(-1, (attn.heads, -1)).transpose(1, 2)

        query = heads(torch.cat([attn.to_q(hidden_states), attn.add_q_proj(encoder_hidden_states)], 1))
        key = heads(torch.cat([attn.to_k(hidden_states), attn.add_k_proj(encoder_hidden_states)], 1))
        value = heads(torch.cat([attn.to_v(hidden_states), attn.add_v_proj(encoder_hidden_states)], 1))
        logits = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
        bias = F.pad(self.log_counts.to(logits), (patches, 0))
        mixed = ((logits + bias).softmax(-1).to(value.dtype) @ value).transpose(1, 2).flatten(2)
        image, text = mixed[:, :patches], mixed[:, patches:]
        if not attn.context_pre_only:
            text = attn.to_add_out(text)
        return attn.to_out[1](attn.to_out[0](image)), text


def sampled_context(context: torch.Tensor, generator: torch.Generator, kept: int = 6
                    ) -> tuple[torch.Tensor, torch.Tensor]:
    """A few of the text tokens and one zero token, with the logarithm of how many each stands for.

    context (n, tokens, width) becomes (n, kept + 1, width). The zeros stand for the 16 to 512 tokens that a
    pipeline may pad with, so that the painter does not depend on `max_sequence_length`.
    """
    chosen = torch.randperm(context.shape[1], generator=generator)[:kept]
    padding = math.exp(math.log(16) + math.log(32) * torch.rand((), generator=generator).item())
    counts = torch.tensor([context.shape[1] / kept] * kept + [padding])
    return torch.cat([context[:, chosen], torch.zeros_like(context[:, :1])], 1), counts.log()
