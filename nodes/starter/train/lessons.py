"""The parts of the painter that are trained, and a step of each: words, denoiser, decoder."""

from __future__ import annotations

import contextlib
import copy
import math
import time
from typing import Any

import torch
import torch.nn.functional as F
from transformers import CLIPTokenizer

from .autoencoder import CHANNELS, decibel_loss, new_autoencoder, reconstruction_loss
from .denoiser import CountedAttention, painters_denoiser, picked_tokens
from .reading import CHOICES, MAX_TOKENS, WIDTH, one_hot, painters_encoder
from .store import Size, Store
from .words import POOLED_SCALE

UNGUIDED = 0.10


class Painter:
    """The parts that are trained, their averages, and how a step of each is done."""

    def __init__(self, device: str, size: Size, tokenizer: CLIPTokenizer, words: dict[str, torch.Tensor] | None) -> None:
        self.device, self.size, self.gpu = device, size, device.startswith("cuda")
        torch.manual_seed(0)
        self.encoder = painters_encoder(tokenizer).to(device)
        if words is not None:
            self.encoder.load_state_dict(words)
        self.denoiser = painters_denoiser().to(device)
        self.attention = CountedAttention()
        self.denoiser.set_attn_processor(self.attention)
        self.autoencoder = new_autoencoder().to(device)
        self.autoencoder.encoder.requires_grad_(False)
        self.averages = {"denoiser": copy.deepcopy(self.denoiser).eval().requires_grad_(False),
                         "decoder": copy.deepcopy(self.autoencoder.decoder).eval().requires_grad_(False)}
        self.averages["denoiser"].set_attn_processor(self.attention)
        self.generator = torch.Generator().manual_seed(1)
        self.noise = torch.Generator(device).manual_seed(2)
        self.optimisers = {
            "denoiser": torch.optim.AdamW(self.denoiser.parameters(), 1e-3, (0.9, 0.98), weight_decay=0.02, fused=True),
            "decoder": torch.optim.AdamW(self.autoencoder.decoder.parameters(), 2e-3, (0.9, 0.99), weight_decay=0.0,
                                         fused=True),
            "reading": torch.optim.AdamW(self.encoder.parameters(), 1e-3, (0.9, 0.98), fused=True)}
        self.steps, self.skipped = dict.fromkeys(self.optimisers, 0), 0
        self.empty: tuple[torch.Tensor, torch.Tensor] | None = None
        self.tokenizer = tokenizer

    def _low(self) -> Any:
        """bfloat16 products on a GPU; a CPU is left alone, because few have them."""
        return torch.autocast("cuda", torch.bfloat16) if self.gpu else contextlib.nullcontext()

    def compile(self, careful: bool) -> str:
        """Compile the blocks if that goes well; what was done, in words."""
        if not self.gpu or careful:
            return "not compiled"
        begun = time.monotonic()
        plain = [block.forward for block in self.denoiser.transformer_blocks]
        try:
            for block in self.denoiser.transformer_blocks:
                block.forward = torch.compile(block.forward)
            for _ in range(2):
                self._trial()
        except Exception as error:  # a slower run is better than none
            self.denoiser.zero_grad()
            for block, forward in zip(self.denoiser.transformer_blocks, plain, strict=True):
                block.forward = forward
            torch._dynamo.reset()
            self._trial()
            return f"not compiled: {type(error).__name__} {str(error)[:300]}"
        return f"compiled in {time.monotonic() - begun:.0f} s"

    def _trial(self) -> None:
        n = self.size.batch
        zeros = torch.zeros(n, CHANNELS, 16, 16, device=self.device)
        context, counts = picked_tokens(torch.zeros(n, MAX_TOKENS, WIDTH, device=self.device), self.generator)
        self.velocity(self.denoiser, zeros, torch.full((n,), 0.5, device=self.device), zeros,
                      torch.ones(n, 16, 16, device=self.device), context, torch.zeros(n, 2 * CHOICES, device=self.device),
                      counts).float().square().mean().backward()
        self.denoiser.zero_grad()

    def velocity(self, net, noisy, sigma, shown, mask, context, pooled, counts) -> torch.Tensor:
        """What a net predicts of noisy latents (n, 16, 16, 16) at noise levels sigma (n,), float of the same shape."""
        self.attention.count(counts.to(self.device))
        with self._low():
            return net(hidden_states=torch.cat([noisy, mask[:, None].to(noisy), shown], 1),
                       encoder_hidden_states=context.float(), pooled_projections=pooled.float(), timestep=1000 * sigma,
                       return_dict=False)[0]

    # the words

    def read(self, store: Store, fraction: float) -> float:
        """One step of the text encoder on sentences of the store."""
        picked = torch.randint(store.count, (self.size.words_batch,), generator=self.generator).to(self.device)
        side = torch.randint(2, (self.size.words_batch,), generator=self.generator).to(self.device)
        with self._low():
            pooled = self.encoder(store.ids[picked, side].long()).text_embeds
        loss = F.mse_loss(pooled.float(), POOLED_SCALE * one_hot(store.codes[picked, side].long()))
        return self._step("reading", loss, self.encoder, 1e-3 * min(1, (self.steps["reading"] + 1) / 50) * (1 - fraction) + 1e-6)

    @torch.no_grad()
    def words(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Context (n, tokens, 128) and pooled (n, CHOICES) of int token ids (n, tokens)."""
        told = self.encoder(ids.long(), output_hidden_states=True)
        return told.hidden_states[-2], told.text_embeds

    def said(self, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Context and pooled of sentences."""
        ids = self.tokenizer(texts, padding="max_length", max_length=MAX_TOKENS, truncation=True, return_tensors="pt").input_ids
        return self.words(ids.to(self.device))

    # the denoiser

    def paint(self, store: Store, fraction: float) -> float:
        """One step of flow matching (Lipman et al., 2023) with logit-normal times."""
        n = self.size.batch
        picked = torch.randint(store.count, (n,), generator=self.generator).to(self.device)
        side = torch.randint(2, (n,), generator=self.generator).to(self.device)
        with torch.no_grad():
            context, pooled = self.words(store.ids[picked, side])
            unguided = torch.rand(n, generator=self.noise, device=self.device) < UNGUIDED
            empty_context, empty_pooled = self.empty
            context = torch.where(unguided[:, None, None], empty_context, context)
            pooled = torch.where(unguided[:, None], empty_pooled, pooled)
        return self._step("denoiser", self._flow_loss(self.denoiser, store, picked, context, pooled, 2.0 * (1 - fraction)),
                          self.denoiser, _rate(1e-3, self.steps["denoiser"], fraction))

    def _flow_loss(self, net, store: Store, picked, context, pooled, emphasis: float, shown=None, sigma=None, noise=None,
                   within: bool = False) -> torch.Tensor:
        clean = store.latents[picked].float()
        noise = torch.randn(clean.shape, generator=self.noise, device=self.device) if noise is None else noise
        if sigma is None:
            sigma = torch.sigmoid(torch.randn(len(clean), generator=self.noise, device=self.device) + 0.2)
        level = sigma[:, None, None, None]
        told, counts = picked_tokens(context, self.generator)
        velocity = self.velocity(net, (1 - level) * clean + level * noise, sigma,
                                 (store.shown[picked] if shown is None else shown).float(), store.mask[picked], told,
                                 pooled.repeat(1, 2), counts)
        cover = store.cover[picked].float()[:, None] / 255
        weight = cover if within else 1 + emphasis * cover
        error = (velocity.float() - (noise - clean)).square().mean(1, keepdim=True)
        return (weight * error).sum() / weight.sum()

    @torch.no_grad()
    def heed(self, unseen: Store) -> tuple[float, float]:
        """The loss inside drawings never trained, with the right drawing shown and with another's."""
        n = unseen.count
        picked = torch.arange(n, device=self.device)
        context, pooled = self.words(unseen.ids[:n, 0])
        generator = torch.Generator(self.device).manual_seed(5)
        noise = torch.randn(n, CHANNELS, 16, 16, generator=generator, device=self.device)
        sigma = torch.full((n,), 0.7, device=self.device)
        shown = unseen.shown[:n]
        return tuple(self._flow_loss(self.averages["denoiser"], unseen, picked, context, pooled, 0.0, given, sigma, noise,
                                     within=True).item() for given in (shown, shown.roll(1, 0)))

    # the decoder

    def decode(self, store: Store, fraction: float, attempts: tuple[torch.Tensor, torch.Tensor] | None = None,
               rate: float = 2e-3) -> float:
        """One step of the decoder on crops of 64 pixels; with attempts, half of them are the denoiser's."""
        n = self.size.crops
        rows = torch.randint(store.kept, (n,), generator=self.generator)
        latents, pictures = store.latents[rows.to(self.device)].float(), store.pictures[rows.to(self.device)]
        if attempts is not None:
            tried = torch.randint(len(attempts[0]), (n // 2,), generator=self.generator).to(self.device)
            latents[:n // 2], pictures[:n // 2] = attempts[0][tried].float(), store.pictures[attempts[1][tried]]
        y, x = torch.randint(9, (2,), generator=self.generator).tolist()
        latents = latents[:, :, y:y + 8, x:x + 8] / store.scale + store.shift
        wanted = pictures[:, :, 8 * y:8 * y + 64, 8 * x:8 * x + 64].float() / 127.5 - 1
        latents = latents + 0.01 * torch.randn(latents.shape, generator=self.noise, device=self.device)
        with self._low():
            painted = self.autoencoder.decode(latents.contiguous(memory_format=torch.channels_last)).sample
        painted = painted.float()
        loss = reconstruction_loss(painted, wanted) + 0.05 * decibel_loss(painted[n // 2:], wanted[n // 2:])
        return self._step("decoder", loss, self.autoencoder.decoder, _rate(rate, self.steps["decoder"], fraction))

    def _step(self, name: str, loss: torch.Tensor, net: torch.nn.Module, rate: float) -> float:
        optimiser = self.optimisers[name]
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        if not torch.isfinite(norm):  # one bad step must not cost the run
            self.skipped += 1
            return loss.detach()
        optimiser.step()
        self.steps[name] += 1
        if name in self.averages:
            decay = min(0.998, (1 + self.steps[name]) / (10 + self.steps[name]))
            with torch.no_grad():
                torch._foreach_lerp_(list(self.averages[name].parameters()), [p.detach() for p in net.parameters()],
                                     1 - decay)
        return loss.detach()


def _rate(peak: float, step: int, fraction: float) -> float:
    return peak * min(1.0, (step + 1) / 150) * (0.004 + 0.996 * 0.5 * (1 + math.cos(math.pi * min(1.0, fraction))))
