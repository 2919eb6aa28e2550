"""The painter's denoiser: diffusers' SD3 transformer with 33 channels, as `StableDiffusion3InpaintPipeline` feeds it."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from diffusers import SD3Transformer2DModel

from .autoencoder import CHANNELS
from .reading import CHOICES, WIDTH

KEPT = 15  # text tokens that a step looks at
LAYERS, HEADS, HEAD_WIDTH = 8, 4, 48
MOST_PADDING = 512


def painters_denoiser() -> SD3Transformer2DModel:
    """256 patches of one latent each, eight joint blocks of width 192: 10.5 M parameters.

    Channels in: the noisy latents, the mask (1 where there is to be painted), the latents of what is shown.
    """
    width = HEADS * HEAD_WIDTH
    return SD3Transformer2DModel(
        sample_size=16, patch_size=1, in_channels=2 * CHANNELS + 1, out_channels=CHANNELS, num_layers=LAYERS,
        attention_head_dim=HEAD_WIDTH, num_attention_heads=HEADS, joint_attention_dim=2 * WIDTH,
        caption_projection_dim=width, pooled_projection_dim=2 * CHOICES, pos_embed_max_size=32)


class CountedAttention:
    """Joint attention in which one text token may stand for many equal ones: the logarithm of how many is its bias.

    The pipeline pads the text with up to 512 equal tokens where its third encoder is silent; one of them, counted,
    does what all would do.
    """

    def __init__(self, patches: int = 256) -> None:
        self.patches = patches
        self.bias: torch.Tensor | None = None  # (patches + text tokens,)

    def count(self, counts: torch.Tensor) -> None:
        """Take the number of tokens that each text token stands for, (tokens,)."""
        bias = F.pad(counts.log(), (self.patches, 0))
        if self.bias is None or self.bias.shape != bias.shape or self.bias.device != bias.device:
            self.bias = bias.clone()
        self.bias.copy_(bias)

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, *args, **kwargs):
        def heads(tensor: torch.Tensor) -> torch.Tensor:
            return tensor.unflatten(-1, (attn.heads, -1)).transpose(1, 2)

        query = heads(torch.cat([attn.to_q(hidden_states), attn.add_q_proj(encoder_hidden_states)], 1))
        key = heads(torch.cat([attn.to_k(hidden_states), attn.add_k_proj(encoder_hidden_states)], 1))
        value = heads(torch.cat([attn.to_v(hidden_states), attn.add_v_proj(encoder_hidden_states)], 1))
        bias = self.bias.to(query.dtype).expand(query.shape[0], query.shape[1], query.shape[2], -1)
        mixed = F.scaled_dot_product_attention(query, key, value, bias).transpose(1, 2).flatten(2)
        image, text = mixed[:, :self.patches], mixed[:, self.patches:]
        if not attn.context_pre_only:
            text = attn.to_add_out(text)
        return attn.to_out[1](attn.to_out[0](image)), text


def picked_tokens(context: torch.Tensor, generator: torch.Generator, kept: int = KEPT
                  ) -> tuple[torch.Tensor, torch.Tensor]:
    """A few of the text tokens and one zero token, and how many each stands for.

    context (n, tokens, width) becomes (n, kept + 1, 2 width), as two equal encoders side by side. The zero stands for
    the 16 to 512 tokens that a pipeline may pad with, so that the painter does not depend on `max_sequence_length`.
    """
    chosen = torch.randperm(context.shape[1], generator=generator)[:kept].to(context.device)
    padding = math.exp(math.log(16) + math.log(MOST_PADDING / 16) * torch.rand((), generator=generator).item())
    counts = torch.tensor([context.shape[1] / kept] * kept + [padding])
    told = context[:, chosen].repeat(1, 1, 2)
    return torch.cat([told, torch.zeros_like(told[:, :1])], 1), counts


def all_tokens(context: torch.Tensor, padding: int = 16) -> tuple[torch.Tensor, torch.Tensor]:
    """All the text tokens and the zero token, as `picked_tokens` gives them: what painting uses."""
    told = context.repeat(1, 1, 2)
    return (torch.cat([told, torch.zeros_like(told[:, :1])], 1),
            torch.tensor([1.0] * context.shape[1] + [float(padding)]))


def sigmas(steps: int, shift: float) -> list[float]:
    """The levels of noise of the flow-matching scheduler, from 1 to 0, more of them high by the shift."""
    lowest = shift / 1000 / (1 + (shift - 1) / 1000)  # the scheduler shifts its lowest level twice
    even = torch.linspace(1, lowest, steps)
    return [*(shift * even / (1 + (shift - 1) * even)).tolist(), 0.0]
