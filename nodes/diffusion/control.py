"""Control: what steers a sampling besides its prompt, and the nodes that make it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from nodegraph import InputError, PortType, Range, Recipe, Unloaded, node

from ..media.image import to_array
from ..media.types import Image
from .nets import ControlNetModel, IPAdapter
from .sizes import Fit

Share = Annotated[float, Range(0, 1, 0.01)]


@dataclass(frozen=True, eq=False)
class Control:
    """A network that steers a sampling, and the pictures that it goes by.

    net: the Recipe of a ControlNetModel or an IPAdapter. images: float32 (channels, height, width). weight: how strongly.
    begin, end: shares of the steps. fit: how a picture of another size is brought to that of what is painted.
    mode: which of its kinds of picture a net of several reads, or None.
    """

    net: Recipe
    images: tuple[Any, ...]
    weight: float = 1.0
    begin: float = 0.0
    end: float = 1.0
    fit: str = "crop"
    mode: int | None = None


def _flat(control: Control) -> dict[str, Any]:
    return {"net": control.net.content, "images": list(control.images), "weight": control.weight, "begin": control.begin,
            "end": control.end, "fit": control.fit, "mode": control.mode}


def _restored(plain: dict[str, Any]) -> Control:
    return Control(**{**plain, "net": Recipe.of(plain["net"]), "images": tuple(plain["images"])})


def _complaint(value: Any) -> str | None:
    return None if isinstance(value, Control) else f"is a {type(value).__name__}"


Control.__porttype__ = PortType(  # type: ignore[attr-defined]
    "Control", "What steers a sampling besides its prompt: a network, and the pictures it goes by.", complaint=_complaint,
    flatten=_flat, restore=_restored, models=lambda control: [control.net], color="#7fb069",
    preview=lambda control: to_array(control.images[0][:3]),
    summary=lambda control: f"{control.net.kind} {control.net.source} at {control.weight:g}")


@node("diffusion.control", version=1)
def control(net: Unloaded[ControlNetModel], image: Image, weight: Annotated[float, Range(-2, 2, 0.05)] = 1.0,
            begin: Share = 0.0, end: Share = 1.0, fit: Fit = "crop",
            mode: Annotated[int, Range(0, 31)] | None = None) -> Control:
    """Steer a sampling by a picture: edges, lines, a sketch, depth, a pose, as the network was trained for.

    A ControlNet (Zhang et al., 2023) for Stable Diffusion, also XL and 3, or Flux; or a T2I-Adapter (Mou et al., 2023) for
    Stable Diffusion or XL. Several can steer together.

    net: a ControlNet or T2I-Adapter for the family of the model: its .safetensors file, its folder, or a hub name.
    image: the picture, such as picture.canny makes; white lines on black where the net wants edges. What is transparent in
        it counts as black.
    weight: how strongly it steers.
    begin, end: from which share of the steps to which; an early end leaves the details free.
    fit: how a picture of another size is brought to that of what is painted: `crop`, `pad` or `stretch`.
    mode: which of its kinds of picture a net for several is to read, by the number that its authors give it.
    """
    _judge(begin, end)
    return Control(net, (image,), weight, begin, end, fit, mode)


@node("diffusion.ip_adapter", version=1)
def ip_adapter(adapter: Unloaded[IPAdapter], images: list[Image], weight: Annotated[float, Range(0, 2, 0.05)] = 0.6,
               begin: Share = 0.0, end: Share = 1.0, file: str = "") -> Control:
    """Let a sampling look at pictures, for their subject, style or mood (IP-Adapter, Ye et al., 2023).

    For Stable Diffusion, also XL and 3, and Flux. Several pictures are looked at together, and several adapters can be
    given to diffusion.sample, each with its own weight; Stable Diffusion 3 looks at one.

    adapter: a folder with the adapter's .safetensors, and the encoder of its pictures in image_encoder/.
    images: the pictures; their middle square is what CLIP sees, and SigLIP (of Stable Diffusion 3) all of them, made
        square. What is transparent in them counts as white.
    weight: how strongly they count beside the prompt.
    begin, end: from which share of the steps to which.
    file: which adapter, where the folder holds several.
    """
    _judge(begin, end)
    if not images:
        raise InputError("images is empty; give a picture to look at")
    return Control(adapter._replace(options=(*adapter.options, ("file", file))) if file else adapter, tuple(images),
                   weight, begin, end)


def _judge(begin: float, end: float) -> None:
    if begin >= end:
        raise InputError(f"begin is {begin:g} and end {end:g}, which leaves no steps between; raise end")


def weight_now(control: Control, course: Any) -> float:
    """How strongly a control steers the step that a course is at: not at all before its begin and after its end."""
    place, total = course.first + course.index, len(course.inner.timesteps)
    return 0.0 if place / total < control.begin or (place + 1) / total > control.end else control.weight
