"""The nodes that draw what a picture is made of, for a control net or for themselves: edges, lines, strokes, colours."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nodegraph import InputError, Range, node

from ..common.blur import gaussian
from ..common.pixels import alpha_of, luma
from ..media.types import Image

Radius = Annotated[float, Range(0, 100)]
Contrast = Annotated[float, Range(0, 2000)]
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
_TAN_22 = round((2 ** 0.5 - 1) * 2 ** 15)  # in fixed point, as OpenCV has it: directions are told apart exactly


@node("picture.canny", version=1)
def canny(image: Image, low: Contrast = 100.0, high: Contrast = 200.0, radius: Radius = 0.0) -> Image:
    """Find edges and draw them one pixel wide, white on black (Canny, 1986). The picture that most control nets for edges
    were trained on: pixel for pixel that of OpenCV.

    image: the picture; what is transparent in it is black.
    low: contrast from which on an edge goes on, where it hangs together with a clear one; in OpenCV's units.
    high: contrast from which on an edge is clear by itself; 100 and 200 are usual.
    radius: a blur before, in pixels, so that grain makes no edges; 0 for none.
    """
    if low > high:
        raise InputError(f"low is {low:g} and high is {high:g}; low must not be above high")
    return _white(_canny(_seen(gaussian(image, radius)), low, high))


def _seen(image: Any) -> Any:
    """The colours of a picture over black."""
    return image[:3] * alpha_of(image)


def _white(plane: Any) -> Any:
    """A plane (1, height, width) as a grey picture."""
    return plane.float().expand(3, -1, -1).contiguous()


def _canny(colors: Any, low: float, high: float) -> Any:
    """Edges, bool (1, height, width), of whole bytes, so that every device finds the same."""
    import torch

    dx, dy = (plane.to(torch.int32) for plane in _sobel((colors.cpu() * 255).round()))
    strength, channel = (dx.abs() + dy.abs()).max(0, keepdim=True)  # a pixel's clearest colour counts
    dx, dy = dx.gather(0, channel), dy.gather(0, channel)
    ridge = _ridges(strength, dx, dy) & (strength > int(low))
    return _connected(ridge & (strength > int(high)), ridge).to(colors.device)


def _sobel(planes: Any) -> tuple[Any, Any]:
    """How planes change to the right and downwards, by Sobel's operator: a step of 1 gives 4. The rim is repeated."""
    import torch
    from torch.nn import functional as F

    padded = F.pad(planes[:, None], (1, 1, 1, 1), "replicate")
    kernel = planes.new_tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    both = F.conv2d(padded, torch.stack([kernel, kernel.T])[:, None])
    return both[:, 0], both[:, 1]


def _ridges(strength: Any, dx: Any, dy: Any) -> Any:
    """Where nothing across the edge is stronger. Of two that are equal the right or lower one stays, as in OpenCV."""
    from torch.nn import functional as F

    high, wide = strength.shape[1:]
    padded = F.pad(strength, (1, 1, 1, 1))

    def beside(down: int, right: int) -> Any:
        return padded[:, 1 + down:1 + down + high, 1 + right:1 + right + wide]

    across, steep = dx.abs().long() * _TAN_22, dy.abs().long() << 15
    level, upright = steep < across, steep > across + (dx.abs().long() << 16)
    slope = (dx < 0) ^ (dy < 0)
    left, right = strength > beside(0, -1), strength >= beside(0, 1)
    above, below = strength > beside(-1, 0), strength >= beside(1, 0)
    falling = (strength > beside(-1, -1)) & (strength > beside(1, 1))
    rising = (strength > beside(-1, 1)) & (strength > beside(1, -1))
    return (left & right).where(level, (above & below).where(upright, rising.where(slope, falling)))


def _connected(seeds: Any, allowed: Any) -> Any:
    """All that is allowed and hangs together with a seed, corners included; bool (1, height, width)."""
    import numpy as np
    import torch

    room = np.pad(allowed[0].numpy(), 1)
    wide = room.shape[1]
    around = np.array([-wide - 1, -wide, -wide + 1, -1, 1, wide - 1, wide, wide + 1])
    free, reached = room.ravel(), np.zeros(room.size, bool)
    front = np.flatnonzero(np.pad(seeds[0].numpy(), 1))
    while front.size:
        free[front], reached[front] = False, True
        near = (front[:, None] + around).ravel()
        front = np.unique(near[free[near]])
    return torch.from_numpy(reached.reshape(room.shape)[1:-1, 1:-1].copy())[None]


@node("picture.edges", version=1)
def edges(image: Image, radius: Radius = 0.0, amount: Annotated[float, Range(0, 20)] = 1.0) -> Image:
    """Draw how strongly a picture changes at each pixel, white on black (Sobel).

    image: the picture; what is transparent in it is black.
    radius: a blur before, in pixels: larger finds coarser edges.
    amount: how bright they are; at 1 a step from black to white is white.
    """
    dx, dy = _sobel(luma(_seen(gaussian(image, radius)), LUMA))
    return _white(((dx ** 2 + dy ** 2).sqrt() / 4 * amount).clamp(0, 1))


@node("picture.soft_edges", version=1)
def soft_edges(image: Image, radius: Annotated[float, Range(0.3, 50)] = 1.2,
               amount: Annotated[float, Range(0, 20)] = 1.0) -> Image:
    """Draw outlines softly, white on black, strong where things end and faint where surfaces are rough: for control nets of
    the kinds softedge and HED. Changes of colour count as those of light do.

    image: the picture; what is transparent in it is black.
    radius: the finest detail that counts, in pixels; outlines twice as wide are laid over it.
    amount: how bright they are; the clearest in a picture are white at 1.
    """
    import torch

    # A wider blur weakens each change: multiplied by the root of its width, wide outlines count but do not drown fine ones.
    found = torch.stack([_of_all_colors(*_sobel(gaussian(_seen(image), width))) * width ** 0.5
                         for width in (radius, 2 * radius)]).amax(0)
    clear = found.flatten().sort().values[int(0.995 * (found.numel() - 1))].clamp_min(0.05)
    return _white((found / clear * amount).clamp(0, 1))


def _of_all_colors(dx: Any, dy: Any) -> Any:
    """The strongest change of red, green and blue together (Di Zenzo, 1986): (1, height, width)."""
    a, b, c = (dx * dx).sum(0), (dx * dy).sum(0), (dy * dy).sum(0)
    return ((a + c + ((a - c) ** 2 + 4 * b ** 2).sqrt()) / 2).clamp_min(0).sqrt()[None]


@node("picture.lines", version=1)
def lines(image: Image, radius: Annotated[float, Range(0.3, 20)] = 1.0, sharpness: Annotated[float, Range(0, 100)] = 20.0,
          tone: Annotated[float, Range(0, 2)] = 0.7, softness: Annotated[float, Range(0, 1)] = 0.1, areas: bool = True,
          color: Literal["black_on_white", "white_on_black"] = "black_on_white") -> Image:
    """Make a drawing of a picture: ink along its edges, and black where it is dark (XDoG: Winnemoeller, Kyprianidis and
    Olsen, 2012).

    image: the picture; what is transparent in it is paper.
    radius: how thick the lines are, in pixels.
    sharpness: how much edges are raised before they are inked; less leaves softer tones.
    tone: what is darker is inked; more gives more ink.
    softness: how softly ink fades; 0 is a hard cut.
    areas: whether dark areas are inked; without, lines alone are left.
    color: ink on paper, or white lines on black, as control nets for line art want them (without areas).
    """
    import torch

    alpha = alpha_of(image)
    light = luma(image[:3] * alpha + 1 - alpha, LUMA)
    fine, coarse = gaussian(light, radius), gaussian(light, 1.6 * radius)
    raised = (fine if areas else 1) + sharpness * (fine - coarse)
    ink = raised - tone
    paper = torch.where(ink >= 0, 1.0, 1 + (ink / softness).tanh()) if softness else (ink >= 0).float()
    return _white(paper.clamp(0, 1) if color == "black_on_white" else (1 - paper).clamp(0, 1))


@node("picture.scribble", version=1)
def scribble(image: Image, width: Annotated[int, Range(1, 64)] = 5, radius: Radius = 3.0,
             contrast: Annotated[float, Range(0, 1)] = 0.3) -> Image:
    """Draw a picture as a few broad strokes, white on black, as one would scribble it for a control net.

    image: the picture; what is transparent in it is black.
    width: of the strokes in pixels.
    radius: a blur before, in pixels: larger leaves out more detail.
    contrast: how clear an edge must be, 0 to 1; less draws more.
    """
    import torch

    step = 1020 * contrast * 2 / max(1.0, 2.5 * radius)  # OpenCV's unit of a step from black to white, and blurred
    thin = _canny(_seen(gaussian(image, radius)), step / 2, step)
    reach = (width - 1) / 2
    rows = torch.arange(-int(reach + 0.5), int(reach + 0.5) + 1)
    disc = ((rows[:, None] ** 2 + rows ** 2).sqrt() <= reach + 0.25).float()
    thick = torch.nn.functional.conv2d(thin.float()[None].cpu(), disc[None, None], padding=len(rows) // 2)[0]
    return _white((thick > 0.5).to(image.device))


@node("picture.color_grid", version=1)
def color_grid(image: Image, cell: Annotated[int, Range(1, 1024)] = 64) -> Image:
    """Make a picture of squares, each of the mean colour of what is below it: a mosaic, and what adapters for colour take.

    image: the picture; what is transparent in it counts by its alpha.
    cell: pixels a side of a square; those at the right and lower edges may be cut. Adapters for colour take 64.
    """
    from torch.nn import functional as F

    from ..common.pixels import premultiplied, straight

    high, wide = image.shape[1:]
    mean = F.avg_pool2d(premultiplied(image)[None], cell, ceil_mode=True)[0]
    grid = straight(mean.clone()).repeat_interleave(cell, 1).repeat_interleave(cell, 2)
    return grid[:, :high, :wide].contiguous()
