"""Pictures and captions as a model works with them, and pictures that it paints itself, all at one size."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nodegraph import InputError

from ...media.image import load
from ...media.types import Latent
from ..calls import dice, own_copy, sampled
from ..conditioning import encoded
from ..families import denoiser, device_of, known_family
from ..inpaint import is_trained, masked_latents, text_pipeline
from ..samplers import Sampling
from ..sizes import fitted, sizes_of
from ..space import latent_family, latents_of, packed, scale_of
from ..steps import Steps
from .calls import Habit, call_of, habit_of, seen
from .loss import Example

_SHOWN = 0.02  # of a cell is drawn upon, and it is shown to a model that was trained for inpainting
_SHORT = 16  # tokens that stand for an encoder that is not there, or says nothing


class Studio:
    """A pipeline at a size of pictures. It is of this training's own; its networks are those of the model."""

    def __init__(self, model: Any, width: int, height: int):
        pipe = text_pipeline(model)
        self.pipe = copy.copy(pipe) if pipe is model else pipe
        self.pipe.knowledge = None  # words that a model does not know are those that it is taught
        self.width, self.height = width, height
        self.length = self._length()

    def _length(self) -> int | None:
        """How many tokens a third encoder (T5) reads: few where there is none, or one that says nothing; else its own."""
        if "text_encoder_3" not in self.pipe.components:
            return None
        said = encoded(self.pipe, "a", "", _SHORT)["prompt_embeds"]
        return None if said[:, -_SHORT:].any() else _SHORT

    def picture(self, path: Path) -> Any:
        """A picture, float32 (3, height, width), of which the middle counts; what is transparent becomes white."""
        image = load(path)
        if image.shape[0] == 4:
            image = image[:3] * image[3:] + 1 - image[3:]
        return fitted(image, sizes_of(self.pipe), self.width, self.height, "crop")

    def drawing(self, image: Any) -> Any:
        """What is shown beside a picture, float32 (4, height, width) with alpha."""
        import torch

        if image.shape[0] == 3:
            image = torch.cat([image, torch.ones_like(image[:1])])
        return fitted(image, sizes_of(self.pipe), self.width, self.height, "crop")

    def shown(self, drawing: Any = None) -> Latent | None:
        """What the denoiser sees beside what it paints, where it was trained for inpainting; of None, nothing at all.

        Whole cells of the latents are shown, those that are drawn upon.
        """
        import torch

        if not is_trained(self.pipe):
            return None
        if drawing is None:
            drawing = torch.zeros(4, self.height, self.width)
        drawing, cell = drawing.to(device_of(self.pipe)), scale_of(self.pipe)
        cells = torch.nn.functional.avg_pool2d(drawing[None, 3:], cell)
        mask = (cells <= _SHOWN).float().repeat_interleave(cell, 2).repeat_interleave(cell, 3)[0]
        masked = masked_latents(self.pipe, drawing[:3] * drawing[3:] + 0.5 * (1 - drawing[3:]), mask)[0]
        return Latent(torch.zeros_like(masked), latent_family(self.pipe), mask, masked)

    def samples(self, picture: Any) -> Any:
        """A picture as latents, (1, channels, h, w)."""
        return latents_of(self.pipe, picture.to(device_of(self.pipe)))

    def text(self, caption: str) -> dict[str, Any]:
        """A caption, encoded."""
        return encoded(self.pipe, caption, "", self.length)

    def tokens(self, samples: Any) -> int:
        """Into how many tokens a pipeline's loop puts samples."""
        row = packed(self.pipe, samples)
        return int(row.shape[1]) if row.ndim == 3 else int(row.shape[-1] * row.shape[-2]) // 4

    def habit(self) -> Habit:
        """What this family makes of times and answers."""
        return habit_of(self.pipe, self.text(""), self.shown(), self.width, self.height)

    def variants(self, picture: Any, caption: str, drawing: Any, mirror: bool) -> tuple[Example, ...]:
        """A picture as it is learned from, and mirrored."""
        flips = (False, True) if mirror else (False,)
        text = self.text(caption)
        calls: dict[bool, Any] = {}
        for flip in flips:
            if flip and drawing is None:
                calls[flip] = calls[False]
            else:
                shown = self.shown(drawing.flip(2) if flip else drawing)
                calls[flip] = call_of(self.pipe, text, shown, self.width, self.height)
        return tuple(Example(self.samples(picture.flip(2) if flip else picture), calls[flip]) for flip in flips)

    def example(self, samples: Any, caption: str, drawing: Any) -> Example:
        """What the model painted itself, to be learned from."""
        return Example(samples, call_of(self.pipe, self.text(caption), self.shown(drawing), self.width, self.height))

    def painted(self, caption: str, drawing: Any, seed: int, steps: int, look: Callable[[], None] | None = None) -> Any:
        """Samples (1, channels, h, w) of what the model paints as it is now."""
        import torch

        family, generator = known_family(self.pipe), dice(seed)
        own = own_copy(self.pipe, Sampling(), steps, generator)
        shown = self.shown(drawing)
        course = Steps(own.scheduler, start=None if shown is None else seen(own, shown))
        with torch.no_grad():
            made = sampled(own, self.text(caption), course, generator, steps, self.width, self.height,
                           family.guidance_scale, 1 if family.moving else None, look)
        return made.contiguous()


def judge(pipe: Any) -> None:
    """Raises InputError for a model whose denoiser cannot be trained here."""
    if known_family(pipe).moving:
        raise InputError(f"a {type(pipe).__name__} paints clips, and diffusion.train_lora learns from pictures; take a model "
                         "that paints pictures")
    if not hasattr(denoiser(pipe), "add_adapter") or not hasattr(pipe, "load_lora_weights"):
        raise InputError(f"a {type(pipe).__name__} takes no adapters (LoRA), so none is trained for it; take another model")


def judge_lists(pictures: Sequence[Any], prior: Sequence[str], reference: Sequence[Any] | None,
                prior_reference: Sequence[Any] | None, trained: bool) -> None:
    """Raises InputError for lists that do not go together, and references of a model that takes none."""
    for name, of, given, wanted in (("reference", "pictures", reference, pictures),
                                    ("prior_reference", "prior", prior_reference, prior)):
        if given is not None and not trained:
            raise InputError(f"{name} is what a model that was trained for inpainting is shown, and this one was not; leave "
                             "it out")
        if given is not None and len(given) != len(wanted):
            raise InputError(f"{name} has {len(given)} pictures, and {of} has {len(wanted)}; give one for each")
