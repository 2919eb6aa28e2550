"""The painter's whole training in one run against the clock: drawing, words, denoiser and decoder side by side.

    python -m nodegraph_nodes.starter.train.workshop --drawings drawings.zip --out FOLDER --seconds 540

Processes draw samples all the time; the trainer takes what there is. The encoder of the autoencoder is fitted in closed
form, so that the decoder can learn at the same time as the denoiser; at the end it learns what the denoiser writes.
What has been reached is put into the folder every minute, and by the deadline, whatever happens.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import math
import os
import sys
import time
import traceback
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from transformers import CLIPTokenizer

from ...common.files import whole_file
from ..sentences import CODES
from . import loop
from .autoencoder import CHANNELS, blocks, decibel_loss, fit_encoder, new_autoencoder, principal_components, reconstruction_loss
from .denoiser import CountedAttention, all_tokens, painters_denoiser, picked_tokens, sigmas
from .glyphs import held_out, unpacked
from .reading import CHOICES, MAX_TOKENS, WIDTH, one_hot, painters_encoder
from .studio import Studio, drawn
from .words import POOLED_SCALE

UNGUIDED = 0.10
READING_SHARE, DENOISER_ENDS, DECODER_SHARE = 0.04, 0.87, 0.16  # of the time
SHIFT = 2.5
EARLY = 3  # the exit code of an error so early that it is worth to begin again, with --careful


@dataclass
class Clock:
    """What is left of a run's seconds."""

    seconds: float
    begun: float = field(default_factory=time.monotonic)

    def gone(self) -> float:
        return time.monotonic() - self.begun

    def fraction(self) -> float:
        return self.gone() / self.seconds


@dataclass
class Size:
    """How much a device is asked to do."""

    batch: int = 256
    words_batch: int = 1_024
    crops: int = 128
    capacity: int = 400_000
    pixels: int = 50_000  # pictures kept as they are, for the decoder
    attempts: int = 3_000
    first: int = 1_024  # samples that the encoder is fitted to
    unseen: int = 256  # samples of drawings that are never trained

    @classmethod
    def on(cls, device: str) -> Size:
        return cls() if device.startswith("cuda") else cls(4, 32, 4, 4_000, 1_000, 8, 128, 24)


class Store:
    """Samples on the device: latents of pictures and of what is shown, masks, sentences; some pictures as they are."""

    def __init__(self, size: Size, device: str) -> None:
        self.device, self.size, self.count, self.told, self.kept = device, size, 0, 0, 0

        def room(*shape: int, dtype: torch.dtype = torch.float16) -> torch.Tensor:
            return torch.empty(shape, dtype=dtype, device=device)

        n = size.capacity
        self.latents, self.shown = room(n, CHANNELS, 16, 16), room(n, CHANNELS, 16, 16)
        self.mask, self.cover = room(n, 16, 16, dtype=torch.uint8), room(n, 16, 16, dtype=torch.uint8)
        self.ids, self.codes = room(n, 2, MAX_TOKENS, dtype=torch.int16), room(n, 2, len(CODES), dtype=torch.int8)
        self.pictures = room(size.pixels, 3, 128, 128, dtype=torch.uint8)
        self.project: torch.Tensor | None = None
        self.mean = self.shift = self.scale = torch.zeros(())

    def fit(self, pictures: torch.Tensor) -> None:
        """Set the projection onto latents by pictures uint8 (n, 3, 128, 128)."""
        mean, project = principal_components(pictures)
        self.mean, self.project = mean.to(self.device), project.to(self.device)
        self.shift, self.scale = torch.zeros((), device=self.device), torch.ones((), device=self.device)
        coded = self.coded(pictures.to(self.device))
        self.shift, self.scale = coded.mean(), 1 / coded.std()

    def coded(self, pictures: torch.Tensor) -> torch.Tensor:
        """Latents, centred and scaled, float32 (n, 16, 16, 16), of uint8 pictures (n, 3, 128, 128)."""
        flat = (blocks(pictures.float() / 255) - self.mean) @ self.project.T
        return (flat.view(len(pictures), 16, 16, CHANNELS).permute(0, 3, 1, 2) - self.shift) * self.scale

    def take(self, arrays: dict[str, np.ndarray]) -> None:
        """Put a chunk of the studio's in; when full, over the oldest."""
        count = len(arrays["picture"])
        at = self.count % (self.size.capacity - count + 1) if self.count + count > self.size.capacity else self.count
        on = slice(at, at + count)
        pictures = _channels_first(arrays["picture"], self.device)
        self.latents[on] = self.coded(pictures).half()
        self.shown[on] = self.coded(_channels_first(arrays["shown"], self.device)).half()
        for name in ("mask", "cover", "ids", "codes"):
            getattr(self, name)[on] = torch.from_numpy(arrays[name]).to(self.device)
        if self.kept + count <= self.size.pixels:
            self.pictures[self.kept:self.kept + count] = pictures
            self.kept += count
        self.count = max(self.count, at + count)

    @property
    def full(self) -> bool:
        return self.count + 64 > self.size.capacity


def _channels_first(pictures: np.ndarray, device: str) -> torch.Tensor:
    return torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).contiguous()


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
        self._velocity(self.denoiser, zeros, torch.full((n,), 0.5, device=self.device), zeros,
                       torch.ones(n, 16, 16, device=self.device), context, torch.zeros(n, 2 * CHOICES, device=self.device),
                       counts).float().square().mean().backward()
        self.denoiser.zero_grad()

    def _velocity(self, net, noisy, sigma, shown, mask, context, pooled, counts) -> torch.Tensor:
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
        velocity = self._velocity(net, (1 - level) * clean + level * noise, sigma,
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

    # painting

    @torch.no_grad()
    def painted(self, texts: list[str], shown: torch.Tensor, mask: torch.Tensor, steps: int = 12, guidance: float = 2.0
                ) -> torch.Tensor:
        """Latents (n, 16, 16, 16) of what the averaged denoiser makes of sentences and of what is shown."""
        n = len(texts)
        context, pooled = self.said([*texts, *[""] * n])
        told, counts = all_tokens(context)
        latent = torch.randn(n, CHANNELS, 16, 16, generator=self.noise, device=self.device)
        levels = sigmas(steps, SHIFT)
        for sigma, lower in zip(levels, levels[1:]):
            velocity = self._velocity(self.averages["denoiser"], latent.repeat(2, 1, 1, 1),
                                      torch.full((2 * n,), sigma, device=self.device), shown.repeat(2, 1, 1, 1).float(),
                                      mask.repeat(2, 1, 1), told, pooled.repeat(1, 2), counts).float()
            asked, unguided = velocity.chunk(2)
            latent = latent + (lower - sigma) * (unguided + guidance * (asked - unguided))
        return latent

    @torch.no_grad()
    def attempts(self, store: Store) -> tuple[torch.Tensor, torch.Tensor]:
        """What the denoiser makes of the first pictures, half hidden by noise, and which pictures they are."""
        made, rows = [], torch.arange(min(self.size.attempts, store.kept, store.count), device=self.device)
        for picked in rows.split(self.size.batch):
            context, pooled = self.words(store.ids[picked, 0])
            told, counts = all_tokens(context)
            level = 0.35 + 0.55 * torch.rand((), generator=self.generator).item()
            clean = store.latents[picked].float()
            noise = torch.randn(clean.shape, generator=self.noise, device=self.device)
            latent, levels = (1 - level) * clean + level * noise, torch.linspace(level, 0, 9).tolist()
            for sigma, lower in zip(levels, levels[1:]):
                velocity = self._velocity(self.averages["denoiser"], latent, torch.full((len(picked),), sigma, device=self.device),
                                          store.shown[picked].float(), store.mask[picked], told, pooled.repeat(1, 2), counts)
                latent = latent + (lower - sigma) * velocity.float()
            made.append(latent.half())
        return torch.cat(made), rows

    @torch.no_grad()
    def pixels(self, latents: torch.Tensor, store: Store) -> np.ndarray:
        """uint8 (n, 128, 128, 3) of latents, by the averaged decoder."""
        trained, self.autoencoder.decoder = self.autoencoder.decoder, self.averages["decoder"]
        painted = [self.autoencoder.decode(part.float() / store.scale + store.shift).sample for part in latents.split(32)]
        self.autoencoder.decoder = trained
        return (torch.cat(painted).clamp(-1, 1) * 127.5 + 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()

    def psnr(self, unseen: Store) -> float:
        """Mean peak signal-to-noise ratio, dB, of the averaged decoder on unseen pictures."""
        n = min(64, unseen.kept)
        wanted = unseen.pictures[:n].permute(0, 2, 3, 1).cpu().numpy().astype(np.float64)
        error = np.square((self.pixels(unseen.latents[:n], unseen) - wanted) / 255).mean((1, 2, 3))
        return float(np.mean(-10 * np.log10(error)))


def _rate(peak: float, step: int, fraction: float) -> float:
    return peak * min(1.0, (step + 1) / 150) * (0.004 + 0.996 * 0.5 * (1 + math.cos(math.pi * min(1.0, fraction))))


class Run:
    """One training against the clock."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked, self.clock, self.out, self.log = asked, Clock(asked.until - time.time()), asked.out, []
        self.tokenizer = CLIPTokenizer.from_pretrained(asked.words / "tokenizer", trust_remote_code=False)
        glyphs = unpacked(asked.drawings)
        trained = [glyph for glyph in glyphs if not held_out(glyph.id)]
        self.strangers = [glyph for glyph in glyphs if held_out(glyph.id) and glyph.set == "fluent"]
        # before any accelerator is touched: the processes are forked
        self.studio = Studio(trained, self.tokenizer, asked.workers, asked.seed, asked.rows)
        self.say(f"{len(trained)} drawings to train with, {len(self.strangers)} held out; {asked.workers} processes draw")
        device = loop.device_of(asked.device)
        self.size = Size.on(device)
        self.unseen_arrays, self.unseen_samples = drawn(self.strangers, self.tokenizer, self.size.unseen, 99, "shown")
        if asked.careful:
            self.size = replace(self.size, batch=self.size.batch // 2)
        path = asked.words / "words.safetensors"
        self.painter = Painter(device, self.size, self.tokenizer, load_file(path) if path.exists() else None)
        self.store, self.unseen = Store(self.size, device), Store(replace(self.size, capacity=self.size.unseen, pixels=self.size.unseen), device)
        self.saved = self.clock.gone()

    def say(self, text: str, **facts: Any) -> None:
        self.log.append({"seconds": round(self.clock.gone(), 1), "says": text, **facts})
        print(f"{self.clock.gone():6.1f} s  {text}  {facts if facts else ''}", flush=True)

    def whole(self) -> None:
        """All of it; what has been reached is saved even where something fails."""
        try:
            self._begin()
            self._train()
            self._finish()
        except BaseException:
            self.say("stopped by an error", traceback=traceback.format_exc())
            raise
        finally:
            self.studio.stop[0] = 1
            self.save(sheet=True)
            self.studio.close()

    def _begin(self) -> None:
        if self.painter.gpu:
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
            torch.backends.cudnn.benchmark = True
            torch.backends.cuda.enable_cudnn_sdp(False)  # of the others it is known that they take a bias
        self.say(self.painter.compile(self.asked.careful))
        first: list[dict[str, np.ndarray]] = []
        wanted = self.size.first
        while sum(len(chunk["picture"]) for chunk in first) < wanted:
            first += self.studio.samples()
            time.sleep(0.05)
        self.store.fit(_channels_first(np.concatenate([chunk["picture"] for chunk in first])[:wanted], "cpu"))
        for name in ("project", "mean", "shift", "scale"):
            setattr(self.unseen, name, getattr(self.store, name))
        fit_encoder(self.painter.autoencoder, self.store.mean, self.store.project)
        for chunk in first:
            self.store.take(chunk)
        self.unseen.take(self.unseen_arrays)
        self.say(f"the encoder is fitted; {self.store.count} samples are here")
        self._read()

    def _read(self) -> None:
        begun, allowed, loss = self.clock.gone(), READING_SHARE * self.clock.seconds, math.nan
        while (spent := self.clock.gone() - begun) < allowed:
            self._gather()
            loss = self.painter.read(self.store, spent / allowed)
        self.painter.encoder.eval().requires_grad_(False)
        self.painter.empty = self.painter.said([""])
        self.say("the words are read", loss=float(loss), steps=self.painter.steps["reading"], **self._read_right())

    def _read_right(self) -> dict[str, float]:
        right = {}
        for side, language in enumerate(("en", "zh")):
            codes = self.unseen.codes[:self.unseen.count, side].long()
            pooled = self.painter.words(self.unseen.ids[:self.unseen.count, side])[1]
            for k, (name, part) in enumerate(zip(CODES, pooled.split([len(c) for c in CODES.values()], 1), strict=True)):
                said = codes[:, k] >= 0
                if said.any():
                    right[f"{name} {language}"] = round((part.argmax(1) == codes[:, k])[said].float().mean().item(), 3)
        return right

    def _gather(self) -> None:
        if not self.store.full:
            for chunk in self.studio.samples():
                self.store.take(chunk)

    def _train(self) -> None:
        spent = {"denoiser": 1e-6, "decoder": 1e-6}
        begin, noted, losses = self.clock.fraction(), 0.0, {"denoiser": torch.zeros(()), "decoder": torch.zeros(())}
        while (fraction := self.clock.fraction()) < DENOISER_ENDS:
            self._gather()
            part = "decoder" if spent["decoder"] < DECODER_SHARE * sum(spent.values()) else "denoiser"
            begun = time.monotonic()
            step = self.painter.decode if part == "decoder" else self.painter.paint
            loss = step(self.store, (fraction - begin) / (DENOISER_ENDS - begin))
            if self.painter.gpu:
                torch.cuda.synchronize()
            spent[part] += time.monotonic() - begun
            losses[part] = loss if self.painter.steps[part] < 5 else 0.98 * losses[part] + 0.02 * loss
            if self.clock.gone() - noted > 20:
                noted = self.clock.gone()
                self._note(spent, losses)
            if self.clock.gone() - self.saved > 60:
                self.save(sheet=fraction > 0.4)

    def _note(self, spent: dict[str, float], losses: dict[str, torch.Tensor]) -> None:
        steps = self.painter.steps
        right, wrong = self.painter.heed(self.unseen)
        self.say("training", samples=self.store.count, steps=dict(steps), skipped=self.painter.skipped, shown=steps["denoiser"] * self.size.batch,
                 loss={name: round(float(loss), 4) for name, loss in losses.items()},
                 milliseconds={name: round(1000 * spent[name] / max(1, steps[name]), 1) for name in spent},
                 inside_unseen_right=round(right, 4), inside_unseen_wrong=round(wrong, 4),
                 psnr=round(self.painter.psnr(self.unseen), 2))

    def _finish(self) -> None:
        attempts = self.painter.attempts(self.store)
        self.say(f"{len(attempts[0])} attempts of the denoiser are made")
        begin, end, loss = self.clock.fraction(), 1 - min(0.02, 10 / self.clock.seconds), math.nan
        while (fraction := self.clock.fraction()) < end:
            loss = self.painter.decode(self.store, (fraction - begin) / (end - begin), attempts, 6e-4)
            if self.painter.gpu:
                torch.cuda.synchronize()
        self.say("the decoder is finished", psnr=round(self.painter.psnr(self.unseen), 2), loss=float(loss))

    def save(self, sheet: bool) -> None:
        """Put what has been reached into the folder: five files of at most 16 MiB."""
        self.saved = self.clock.gone()
        self.out.mkdir(parents=True, exist_ok=True)
        weights = {f"denoiser/{k}": v.half() for k, v in self.painter.averages["denoiser"].state_dict().items()}
        names = sorted(weights)
        half = len(names) // 2
        rest = {f"autoencoder/{k}": v for k, v in self.painter.autoencoder.encoder.state_dict(prefix="encoder.").items()}
        rest |= {f"autoencoder/decoder.{k}": v for k, v in self.painter.averages["decoder"].state_dict().items()}
        rest |= {f"reading/{k}": v for k, v in self.painter.encoder.state_dict().items()}
        rest |= {"shift": self.store.shift.reshape(1), "scale": self.store.scale.reshape(1)}
        for name, part in (("painter-1", {k: weights[k] for k in names[:half]}), ("painter-2", {k: weights[k] for k in names[half:]}),
                           ("painter-rest", rest)):
            part = {k: v.detach().cpu().contiguous().clone() for k, v in part.items()}
            with whole_file(self.out / f"{name}.safetensors") as path:
                save_file(part, path)
                path.chmod(0o644)
        if sheet and self.painter.empty is not None:
            try:
                with whole_file(self.out / "sheet.png") as path:
                    self._sheet(path)
            except Exception:  # the weights are what counts
                self.say("no sheet", traceback=traceback.format_exc())
        self.say("saved")
        with whole_file(self.out / "log.json") as path:
            path.write_text(json.dumps(self.log, ensure_ascii=False, indent=1), encoding="utf-8")

    def _sheet(self, path: Path) -> None:
        from PIL import Image

        n = min(48, self.unseen.count)
        texts = [sample.said[k % 2].text for k, sample in enumerate(self.unseen_samples[:n])]
        latents = self.painter.painted(texts, self.unseen.shown[:n], self.unseen.mask[:n])
        made, across = self.painter.pixels(latents, self.unseen), 12 if n >= 12 else n
        rows = []
        for first in range(0, n - across + 1, across):
            rows += [np.concatenate(list(part[first:first + across]), 1) for part in
                     (self.unseen_arrays["shown"], made, self.unseen_arrays["picture"])]
        Image.fromarray(np.concatenate(rows)).save(path, "PNG")


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m nodegraph_nodes.starter.train.workshop", description=__doc__)
    parser.add_argument("--drawings", type=Path, required=True, help="the packed drawings")
    parser.add_argument("--words", type=Path, required=True, help="folder with the tokenizer, and the text encoder to begin with")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=520, help="wall clock, from now")
    parser.add_argument("--until", type=float, help="in place of --seconds: the second of the epoch to be done at")
    parser.add_argument("--careful", action="store_true", help="small batches, nothing compiled")
    parser.add_argument("--workers", type=int, default=11, help="processes that draw")
    parser.add_argument("--rows", type=int, default=40, help="how many times 64 samples a process may be ahead")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(words)
    torch.set_num_threads(1)  # the cores are for the drawing processes
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the processes are forked
    asked.until = asked.until or time.time() + asked.seconds
    run = Run(asked)
    try:
        run.whole()
    except Exception:
        return EARLY if run.clock.fraction() < 0.4 else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
