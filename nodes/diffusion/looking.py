"""IP-Adapters in the loop of a pipeline: a unet that also attends to pictures, in modules of a call's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nodegraph import Context, InputError

from .control import Control, weight_now
from .doors import Door
from .guided import own_modules
from .nets import IpAdapter


@dataclass
class Looks:
    """IP-Adapters on a unet: what steers, what each saw and what stands for nothing seen, and where it attends to that."""

    controls: list[Control]
    pictures: list[tuple[Any, Any]]
    processors: list[Any]


def look(pipe: Any, controls: list[Control] | None, ctx: Context) -> Looks | None:
    """Put the IP-Adapters among controls on a pipeline of a call's own, on a unet that shares the weights of the live one.

    Raises InputError where one is not made for this model.
    """
    live = [(control, ctx.live(control.net)) for control in controls or ()]
    looks = [(control, net) for control, net in live if isinstance(net, IpAdapter)]
    if not looks:
        return None
    unet = getattr(pipe, "unet", None)
    if type(unet).__name__ != "UNet2DConditionModel":
        raise InputError("an IP-Adapter is put on a unet (Stable Diffusion, also XL), and this model is a "
                         f"{type(pipe).__name__}; leave it out")
    if hasattr(unet, "_hf_hook"):
        raise InputError("an IP-Adapter cannot be put on a model that visits the device in turns (offload); leave it out")
    own = own_modules(unet)
    own.__dict__["_internal_dict"] = type(unet.config)(unet.config)
    try:
        own._load_ip_adapter_weights([net.weights for _, net in looks], low_cpu_mem_usage=False)
    except (KeyError, RuntimeError, ValueError, IndexError) as error:
        raise InputError(f"{', '.join(control.net.source for control, _ in looks)} is no IP-Adapter for this "
                         f"{type(pipe).__name__}; take one that was made for its family") from error
    pipe.__dict__["unet"] = own.requires_grad_(False)
    pictures = [_seen(control, net, layer) for (control, net), layer
                in zip(looks, own.encoder_hid_proj.image_projection_layers)]
    processors = [one for one in own.attn_processors.values() if hasattr(one, "to_k_ip")]
    return Looks([control for control, _ in looks], pictures, processors)


def _seen(control: Control, net: IpAdapter, layer: Any) -> tuple[Any, Any]:
    """The pictures as a layer reads them (1, pictures, ...), and what stands for none."""
    import torch
    from diffusers.models.embeddings import ImageProjection
    from diffusers.utils import numpy_to_pil

    images = [image if image.shape[0] == 3 else image[:3] * image[3:] + 1 - image[3:] for image in control.images]
    pictures = [numpy_to_pil(image.permute(1, 2, 0).cpu().numpy())[0] for image in images]
    pixels = net.processor(pictures, return_tensors="pt").pixel_values.to(net.encoder.device, net.encoder.dtype)
    with torch.no_grad():
        if isinstance(layer, ImageProjection):
            made = net.encoder(pixels).image_embeds
            return made[None], torch.zeros_like(made)[None]
        made, none = (net.encoder(one, output_hidden_states=True).hidden_states[-2]
                      for one in (pixels, torch.zeros_like(pixels)))
    return made[None], none[None]


class Looking(Door):
    """A unet with IP-Adapters on it, which is handed what they saw."""

    def __init__(self, network: Any, pipe: Any, looks: Looks, course: Any):
        super().__init__(network)
        self.pipe, self.looks, self.course = pipe, looks, course

    def __call__(self, sample: Any, *arguments: Any, **settings: Any) -> Any:
        import torch

        weights = [weight_now(control, self.course) for control in self.looks.controls]
        for processor in self.looks.processors:
            processor.scale[:] = weights  # in place: a perturbed copy of the unet has the same list
        half = len(sample) // 2 if self.pipe.do_classifier_free_guidance and len(sample) > 1 else 0
        looked = [torch.cat([*[none] * half, *[seen] * (len(sample) - half)]).to(sample)
                  for seen, none in self.looks.pictures]
        more = {**(settings.pop("added_cond_kwargs", None) or {}), "image_embeds": looked}
        return self.network(sample, *arguments, **settings, added_cond_kwargs=more)
