"""The node that paints: encode a prompt, sample a latent and decode it, in one."""

from __future__ import annotations

from nodegraph import SILENT, Context, InputError, Seed, node, warn

from ..media.types import Image, Mask
from . import families
from .calls import dice, paint_whole
from .decode import decode
from .encode import encode, encode_image
from .families import known_family
from .inpaint import text_pipeline
from .models import DiffusionModel
from .sample import Count, Guidance, refused, sample, size
from .samplers import GONE, Sampler, Sampling, Schedule
from .shown import shown_of
from .sizes import Side


@node("diffusion.paint", version=4, costly=True, refuses=refused, gone=GONE)
def paint(model: DiffusionModel, prompt: str, negative_prompt: str = "", seed: Seed = 0, steps: Count = 30,
          guidance_scale: Guidance | None = None, width: Side | None = None, height: Side | None = None,
          sampler: Sampler = "model", schedule: Schedule = "model", image: Image | None = None,
          mask: Mask | None = None, ctx: Context = SILENT) -> Image:
    """Paint a picture from a prompt: diffusion.encode, diffusion.sample and diffusion.decode in one.

    The starter painter is shown what it paints: the drawing that starter.scene finds for the prompt, unless the picture
    that it is given is one, which has alpha. With a picture and a mask, what the mask covers is painted anew; more of
    that in diffusion.encode_image and diffusion.sample. mask.paste_back puts just that into the picture.

    model: starter/painter, or a folder or hub name of a diffusers pipeline.
    prompt: what to paint.
    negative_prompt: what to stay away from.
    seed: where the noise comes from; the same seed paints the same picture again.
    steps: how often the picture is improved.
    guidance_scale: how closely the prompt is followed; left out, what suits the model or its family.
    width, height: in pixels, multiples of 8 or 16 as the model has it; left out or 0, what the model was made for.
    sampler: the method of the steps; `model` is the one that comes with the model.
    schedule: how the steps are spread between much noise and none; `model` is as it comes with the model.
    image: what lies around that which is painted; or with alpha, what a painter is shown, as starter.scene gives it.
    mask: where `image` is painted anew, 1 inside, of its size.
    """
    if (image is None) != (mask is None):
        raise InputError("image and mask go together; give both or none (diffusion.encode_image takes a picture alone)")
    families.judge_words_alone(text_pipeline(model))
    if image is None and (families.family_of(model) is None or families.is_second(model)):
        return paint_whole(model, ctx, prompt=prompt, negative_prompt=negative_prompt or None, width=width,
                            height=height, guidance_scale=guidance_scale, num_inference_steps=steps,
                            generator=dice(seed), sampling=Sampling(sampler, schedule))
    found = shown_of(model, prompt, seed, mask) if image is None or image.shape[0] == 3 else None
    prompt, reference = (prompt, None) if found is None else (found[0], [found[1]])
    start = None if image is None else encode_image(model, image, width or 0, height or 0, mask=mask)
    width, height = size(model, width, height, start)
    frames = 1 if known_family(model).moving else None
    if frames:
        warn(f"a {type(model).__name__} paints moving pictures; this is a still one, and diffusion.sample with frames "
             "makes a clip")
    conditioning = encode(model, prompt, negative_prompt)
    latent = sample(model, conditioning, seed, steps, guidance_scale, width, height, sampler, schedule,
                    start=start, strength=1.0, reference=reference, frames=frames, ctx=ctx)
    return decode(model, latent)
