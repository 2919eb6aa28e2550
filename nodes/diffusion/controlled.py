"""Control nets and T2I-Adapters in the loop of a pipeline that paints from words alone.

A pipeline calls its denoiser; what is called in its place in that one call asks the control nets first, with the same
latents and the same words, and hands on what they add. So a picture to start from, a mask, regions and the window of the
steps go with any of them, and an autoencoder of any kind encodes the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nodegraph import Context, InputError

from . import space
from .control import Control, weight_now
from .doors import Door
from .families import denoisers, device_of
from .looking import Looking, Looks
from .nets import IpAdapter
from .sizes import fitted, sizes_of
from .steered import misfit


def steer(pipe: Any, controls: list[Control] | None, looks: Looks | None, ctx: Context, course: Any, width: int,
          height: int) -> None:
    """Let controls steer a pipeline of a call's own. looks: of `look`. course: the Steps that are taken.

    Raises InputError where one is not made for this model.
    """
    live = [(control, ctx.live(control.net)) for control in controls or ()]
    nets = [_Net(control, net, _reader(pipe, control, net)) for control, net in live if not isinstance(net, IpAdapter)]
    for name, network in denoisers(pipe).items():
        network = Looking(network, pipe, looks, course) if looks else network
        pipe.__dict__[name] = Controlled(network, pipe, nets, course) if nets else network
    for net in nets:
        net.picture = net.reader.prepared(pipe, net, width, height)


@dataclass
class _Net:
    """A live net, how it is asked, and the picture as it reads it."""

    control: Control
    live: Any
    reader: Any
    picture: Any = None
    features: list[Any] = field(default_factory=list)


class Controlled(Door):
    """A denoiser that is handed what control nets add."""

    def __init__(self, network: Any, pipe: Any, nets: list[_Net], course: Any):
        super().__init__(network)
        self.pipe, self.nets, self.course = pipe, nets, course

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        asked = dict(zip(("sample", "timestep"), arguments)) | settings  # a unet is given these two by their place
        added: dict[str, Any] = {}
        for net in self.nets:
            weight = weight_now(net.control, self.course)
            if weight:
                for name, value in net.reader.added(self.pipe, self.network, net, asked, weight).items():
                    added[name] = _sum(added.get(name), value)
        return self.network(*arguments, **settings, **added)


def _sum(one: Any, other: Any) -> Any:
    if one is None or isinstance(one, bool):
        return other
    if isinstance(one, (list, tuple)):
        return [a + b for a, b in zip(one, other)] if other is not None else one
    return one + other


def _reader(pipe: Any, control: Control, net: Any) -> Any:
    """How a net is asked. Raises InputError where it does not fit the model."""
    kind, name = type(net).__name__, control.net.source or "the net"
    network = next(iter(denoisers(pipe).values()))
    wrong = misfit(kind, net.config, type(pipe).__name__, network.__class__.__name__, network.config)
    if wrong:
        raise InputError(f"{name} {wrong}")
    reader = {"ControlNetModel": _Unet, "ControlNetUnionModel": _Union, "T2IAdapter": _Features, "SD3ControlNetModel": _Sd3,
              "FluxControlNetModel": _Flux}[kind]
    several = getattr(net, "union", False) or reader is _Union
    if several != (control.mode is not None):
        raise InputError(f"{name} is a net for " + ("several kinds of pictures; say in `mode` which one this is" if several
                                                    else "one kind of pictures; leave `mode` out"))
    return reader()


def _pixels(pipe: Any, control: Control, width: int, height: int) -> Any:
    """The picture (1, 3, height, width) in 0..1, where it is computed."""
    image = control.images[0]
    if image.shape[0] == 4:
        image = image[:3] * image[3:]
    return fitted(image, sizes_of(pipe), width, height, control.fit)[None].to(device_of(pipe))  # type: ignore[arg-type]


class _Unet:
    """A ControlNet for Stable Diffusion, also XL: it reads pixels, and adds to each level of the unet."""

    def prepared(self, pipe: Any, net: _Net, width: int, height: int) -> Any:
        return _pixels(pipe, net.control, width, height).to(net.live.dtype)

    def added(self, pipe: Any, network: Any, net: _Net, asked: dict[str, Any], weight: float) -> dict[str, Any]:
        dtype = net.live.dtype
        more = {name: value.to(dtype) for name, value in (asked.get("added_cond_kwargs") or {}).items()
                if name in ("text_embeds", "time_ids")}
        down, middle = net.live(
            asked["sample"].to(dtype), asked["timestep"], encoder_hidden_states=asked["encoder_hidden_states"].to(dtype),
            conditioning_scale=weight, added_cond_kwargs=more, return_dict=False, **self.picture(net, len(asked["sample"])))
        like = asked["sample"].dtype
        return {"down_block_additional_residuals": [one.to(like) for one in down],
                "mid_block_additional_residual": middle.to(like)}

    def picture(self, net: _Net, rows: int) -> dict[str, Any]:
        """How the net is handed its picture, for so many latents."""
        return {"controlnet_cond": net.picture.expand(rows, -1, -1, -1)}


class _Union(_Unet):
    """A ControlNet for several kinds of pictures, for Stable Diffusion XL."""

    def picture(self, net: _Net, rows: int) -> dict[str, Any]:
        import torch

        kinds = torch.zeros(rows, net.live.config.num_control_type, device=net.picture.device, dtype=net.picture.dtype)
        kinds[:, net.control.mode] = 1
        return {"controlnet_cond": [net.picture.expand(rows, -1, -1, -1)], "control_type": kinds,
                "control_type_idx": [net.control.mode]}


class _Features:
    """A T2I-Adapter: it looks at the picture once, and adds the same to the unet at every step."""

    def prepared(self, pipe: Any, net: _Net, width: int, height: int) -> Any:
        import torch

        pixels = _pixels(pipe, net.control, width, height)
        if net.live.config.in_channels == 1:
            luma = torch.tensor([0.299, 0.587, 0.114], device=pixels.device).view(1, 3, 1, 1)
            pixels = (pixels * luma).sum(1, keepdim=True)
        with torch.no_grad():
            net.features = net.live(pixels.to(net.live.dtype))
        return pixels

    def added(self, pipe: Any, network: Any, net: _Net, asked: dict[str, Any], weight: float) -> dict[str, Any]:
        sample = asked["sample"]
        return {"down_intrablock_additional_residuals": [
            (one * weight).to(sample.dtype).repeat(len(sample), 1, 1, 1) for one in net.features]}


class _Sd3:
    """A ControlNet for Stable Diffusion 3: it reads latents, and adds to the blocks of the transformer."""

    def prepared(self, pipe: Any, net: _Net, width: int, height: int) -> Any:
        import torch

        if net.live.config.get("extra_conditioning_channels"):
            raise InputError(f"{net.control.net.source} also reads a mask, which is not given to control nets here")
        pixels = _pixels(pipe, net.control, width, height)
        vae = space.vae_of(pipe)
        shift = 0.0 if net.live.config.get("force_zeros_for_pooled_projection") else vae.config.get("shift_factor") or 0.0
        with torch.no_grad():
            raw = space.raw_latents(vae, pixels * 2 - 1)
        return ((raw - shift) * vae.config.scaling_factor).to(net.live.dtype)

    def added(self, pipe: Any, network: Any, net: _Net, asked: dict[str, Any], weight: float) -> dict[str, Any]:
        import torch

        live, dtype, hidden = net.live, net.live.dtype, asked["hidden_states"]
        rows, pooled = len(hidden), asked["pooled_projections"]
        if live.config.get("force_zeros_for_pooled_projection"):
            pooled = torch.zeros_like(pooled)
        words = asked["encoder_hidden_states"].to(dtype) if live.config.joint_attention_dim is not None else None
        # One of 8 B parameters has no places of its own, and is handed the transformer's.
        seen = hidden if live.config.get("use_pos_embed", True) else network.pos_embed(hidden)
        blocks = live(hidden_states=seen.to(dtype), timestep=asked["timestep"], encoder_hidden_states=words,
                      pooled_projections=pooled.to(dtype), controlnet_cond=net.picture.expand(rows, -1, -1, -1),
                      conditioning_scale=weight, return_dict=False)[0]
        return {"block_controlnet_hidden_states": [block.to(hidden.dtype) for block in blocks]}


class _Flux:
    """A ControlNet for Flux: it reads latents in rows of patches, or pixels where it has layers for them."""

    def prepared(self, pipe: Any, net: _Net, width: int, height: int) -> Any:
        pixels = _pixels(pipe, net.control, width, height)
        if net.live.input_hint_block is not None:
            return (pixels * 2 - 1).to(net.live.dtype)
        return space.packed(pipe, space.latents_of(pipe, pixels[0])).to(net.live.dtype)

    def added(self, pipe: Any, network: Any, net: _Net, asked: dict[str, Any], weight: float) -> dict[str, Any]:
        import torch

        live, hidden = net.live, asked["hidden_states"]
        rows, dtype = len(hidden), net.live.dtype
        if net.picture.ndim == 3 and net.picture.shape[1] != hidden.shape[1]:
            raise InputError("control nets steer a Flux that paints from words; this one also looks at reference pictures")
        guidance = None
        if live.config.guidance_embeds:
            guidance = torch.full((rows,), float(pipe.guidance_scale), device=hidden.device, dtype=torch.float32)
        mode = None if net.control.mode is None else torch.full((rows, 1), net.control.mode, device=hidden.device)
        blocks, singles = live(
            hidden_states=hidden.to(dtype), controlnet_cond=net.picture.expand(rows, *net.picture.shape[1:]),
            controlnet_mode=mode, conditioning_scale=weight, timestep=asked["timestep"], guidance=guidance,
            pooled_projections=asked["pooled_projections"].to(dtype),
            encoder_hidden_states=asked["encoder_hidden_states"].to(dtype), txt_ids=asked["txt_ids"],
            img_ids=asked["img_ids"], return_dict=False)
        made = {"controlnet_block_samples": blocks, "controlnet_single_block_samples": singles}
        return {**{name: [one.to(hidden.dtype) for one in value] for name, value in made.items() if value is not None},
                "controlnet_blocks_repeat": live.input_hint_block is not None}
