"""IP-Adapters in the loop of a pipeline: a denoiser that also attends to pictures, in modules of a call's own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from nodegraph import Context, InputError

from .control import Control, weight_now
from .doors import Door
from .families import denoisers
from .guided import own_modules
from .nets import IpAdapter

_Live = list[tuple[Control, IpAdapter]]


class Looks(ABC):
    """IP-Adapters on a denoiser: what steers, what each saw, and how the denoiser is handed that.

    controls: with their weights. network: in modules of this call's own, with the adapters on it.
    """

    def __init__(self, network: Any, looks: _Live):
        self.network, self.controls = network, [control for control, _ in looks]
        self.put_on(looks)
        self.pictures = [self.seen(control, net, at) for at, (control, net) in enumerate(looks)]
        self.processors = [one for one in network.attn_processors.values() if hasattr(one, "to_k_ip")]

    @abstractmethod
    def put_on(self, looks: _Live) -> None:
        """Put the weights of adapters on the network."""

    @abstractmethod
    def seen(self, control: Control, net: IpAdapter, at: int) -> tuple[Any, Any]:
        """What the adapter at a place saw of its pictures, with a batch of 1, and what stands for nothing seen."""

    @abstractmethod
    def given(self, settings: dict[str, Any], looked: list[Any]) -> dict[str, Any]:
        """The settings of a call with what was seen in them."""

    def weigh(self, weights: list[float]) -> None:
        """Say how strongly each adapter counts in this step."""
        for processor in self.processors:
            processor.scale[:] = weights  # in place: a perturbed copy of the network has the same list


class _OfUnet(Looks):
    """For Stable Diffusion, also XL."""

    def put_on(self, looks: _Live) -> None:
        self.network._load_ip_adapter_weights([net.weights for _, net in looks], low_cpu_mem_usage=False)

    def seen(self, control: Control, net: IpAdapter, at: int) -> tuple[Any, Any]:
        import torch
        from diffusers.models.embeddings import ImageProjection

        pixels = _pixels(control, net)
        with torch.no_grad():
            if isinstance(self.network.encoder_hid_proj.image_projection_layers[at], ImageProjection):
                made = net.encoder(pixels).image_embeds
                return made[None], torch.zeros_like(made)[None]
            made, none = (net.encoder(one, output_hidden_states=True).hidden_states[-2]
                          for one in (pixels, torch.zeros_like(pixels)))
        return made[None], none[None]

    def given(self, settings: dict[str, Any], looked: list[Any]) -> dict[str, Any]:
        return {**settings, "added_cond_kwargs": {**(settings.get("added_cond_kwargs") or {}), "image_embeds": looked}}


class _OfFlux(Looks):
    """For Flux (InstantX and XLabs): each of its double blocks attends to the pictures."""

    def put_on(self, looks: _Live) -> None:
        self.network._load_ip_adapter_weights([net.weights for _, net in looks], low_cpu_mem_usage=False)

    def seen(self, control: Control, net: IpAdapter, at: int) -> tuple[Any, Any]:
        import torch

        with torch.no_grad():
            made = net.encoder(_pixels(control, net)).image_embeds
        return made[None], torch.zeros_like(made)[None]

    def given(self, settings: dict[str, Any], looked: list[Any]) -> dict[str, Any]:
        return {**settings, "joint_attention_kwargs": {**(settings.get("joint_attention_kwargs") or {}),
                                                       "ip_adapter_image_embeds": looked}}


class _OfSd3(_OfFlux):
    """For Stable Diffusion 3 (InstantX): one picture through one adapter, which also reads how much noise is left."""

    def put_on(self, looks: _Live) -> None:
        if len(looks) > 1 or len(looks[0][0].images) > 1:
            raise InputError("a Stable Diffusion 3 looks at one picture, through one IP-Adapter; leave the others out, or put "
                             "the pictures side by side")
        self.network._load_ip_adapter_weights(looks[0][1].weights, low_cpu_mem_usage=False)

    def seen(self, control: Control, net: IpAdapter, at: int) -> tuple[Any, Any]:
        import torch

        with torch.no_grad():
            made = net.encoder(_pixels(control, net), output_hidden_states=True).hidden_states[-2]
        return made, torch.zeros_like(made)

    def given(self, settings: dict[str, Any], looked: list[Any]) -> dict[str, Any]:
        return super().given(settings, looked[0])

    def weigh(self, weights: list[float]) -> None:
        for processor in self.processors:
            processor.scale = weights[0]


_WAYS: dict[str, type[Looks]] = {"UNet2DConditionModel": _OfUnet, "FluxTransformer2DModel": _OfFlux,
                                 "SD3Transformer2DModel": _OfSd3}


def look(pipe: Any, controls: list[Control] | None, ctx: Context) -> Looks | None:
    """Put the IP-Adapters among controls on a pipeline of a call's own, on a denoiser that shares weights with the live one.

    Raises InputError where one is not made for this model.
    """
    live = [(control, ctx.live(control.net)) for control in controls or ()]
    looks = [(control, net) for control, net in live if isinstance(net, IpAdapter)]
    if not looks:
        return None
    name, network = next(iter(denoisers(pipe).items()))
    way = _WAYS.get(type(network).__name__)
    if way is None:
        raise InputError("an IP-Adapter is put on Stable Diffusion (also XL and 3) or Flux, and this model is a "
                         f"{type(pipe).__name__}; leave it out")
    if hasattr(network, "_hf_hook"):
        raise InputError("an IP-Adapter cannot be put on a model that visits the device in turns (offload); leave it out")
    own = own_modules(network)
    own.__dict__["_internal_dict"] = type(network.config)(network.config)
    try:
        made = way(own, looks)
    except InputError:
        raise
    except (KeyError, RuntimeError, ValueError, IndexError) as error:
        raise InputError(f"{', '.join(control.net.source for control, _ in looks)} is no IP-Adapter for this "
                         f"{type(pipe).__name__}; take one that was made for its family") from error
    for processor in made.processors:
        processor.to(own.device, own.dtype)
    pipe.__dict__[name] = own.requires_grad_(False)
    return made


def _pixels(control: Control, net: IpAdapter) -> Any:
    """The pictures of a control as the encoder of an adapter reads them."""
    from diffusers.utils import numpy_to_pil

    images = [image if image.shape[0] == 3 else image[:3] * image[3:] + 1 - image[3:] for image in control.images]
    pictures = [numpy_to_pil(image.permute(1, 2, 0).cpu().numpy())[0] for image in images]
    return net.processor(pictures, return_tensors="pt").pixel_values.to(net.encoder.device, net.encoder.dtype)


class Looking(Door):
    """A denoiser with IP-Adapters on it, which is handed what they saw."""

    def __init__(self, network: Any, pipe: Any, looks: Looks, course: Any):
        super().__init__(network)
        self.pipe, self.looks, self.course = pipe, looks, course

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        import torch

        latents = arguments[0] if arguments else settings["hidden_states" if "hidden_states" in settings else "sample"]
        self.looks.weigh([weight_now(control, self.course) for control in self.looks.controls])
        guided = getattr(self.pipe, "do_classifier_free_guidance", False)
        half = len(latents) // 2 if guided and len(latents) > 1 else 0
        looked = [torch.cat([*[none] * half, *[seen] * (len(latents) - half)]).to(latents)
                  for seen, none in self.looks.pictures]
        return self.network(*arguments, **self.looks.given(settings, looked))
