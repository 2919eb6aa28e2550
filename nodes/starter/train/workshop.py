"""The painter's whole training in one run against the clock: drawing, words, denoiser and decoder side by side.

    python -m nodegraph_nodes.starter.train.workshop --drawings drawings.zip --out FOLDER --seconds 540

Processes draw samples all the time; the trainer takes what there is. The encoder of the autoencoder is fitted in closed
form, so that the decoder can learn at the same time as the denoiser; at the end it learns what the denoiser writes.
What has been reached is put into the folder every minute, and by the deadline, whatever happens.
"""

from __future__ import annotations

import argparse
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
from safetensors.torch import load_file, save_file
from transformers import CLIPTokenizer

from ...common.files import whole_file
from ..sentences import CODES
from . import loop, trial
from .autoencoder import fit_encoder
from .glyphs import held_out, unpacked
from .lessons import Painter
from .store import Size, Store, channels_first
from .studio import Studio, drawn

READING_SHARE, DENOISER_ENDS, DECODER_SHARE = 0.04, 0.87, 0.16  # of the time
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


class Run:
    """One training against the clock."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked, self.clock, self.out, self.log = asked, Clock(asked.until - time.time()), asked.out, list[dict[str, Any]]()
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
        self.store.fit(channels_first(np.concatenate([chunk["picture"] for chunk in first])[:wanted], "cpu"))
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
                 psnr=round(trial.psnr(self.painter, self.unseen), 2))

    def _finish(self) -> None:
        attempts = trial.attempts(self.painter, self.store)
        self.say(f"{len(attempts[0])} attempts of the denoiser are made")
        begin, end, loss = self.clock.fraction(), 1 - min(0.02, 10 / self.clock.seconds), math.nan
        while (fraction := self.clock.fraction()) < end:
            loss = self.painter.decode(self.store, (fraction - begin) / (end - begin), attempts, 6e-4)
            if self.painter.gpu:
                torch.cuda.synchronize()
        self.say("the decoder is finished", psnr=round(trial.psnr(self.painter, self.unseen), 2), loss=float(loss))

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
        latents = trial.painted(self.painter, texts, self.unseen.shown[:n], self.unseen.mask[:n])
        made, across = trial.pixels(self.painter, latents, self.unseen), 12 if n >= 12 else n
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
