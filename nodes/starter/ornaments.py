"""Ornaments drawn by code, thousands at a time: what the starter weaver learns from.

A drawing is a batch of coverages, float32 (n, 3, side, side) in 0..1: how much of each pixel each of three inks covers;
what none covers is ground. So any palette dresses any drawing exactly (`dressed`), and none has to be learned. The
drawings are parts of a pattern, made to be mirrored and turned about their edges; motifs sit at corners on purpose.
Everything is vectorised torch over the whole batch, and runs where the random generator lives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

GROUND = 3  # beside the inks 0, 1 and 2


class Sheet:
    """n drawings in the making, of random shapes: x and y run from 0 to 1 over each."""

    def __init__(self, n: int, side: int, dice: torch.Generator) -> None:
        self.n, self.side, self.dice, self.device = n, side, dice, dice.device
        self.covered = torch.zeros(n, 3, side, side, device=self.device)
        line = (torch.arange(side, device=self.device) + 0.5) / side
        self.y, self.x = line[None, :, None], line[None, None, :]

    def between(self, low: float, high: float, *more: int) -> torch.Tensor:
        """Uniform numbers (n, *more, 1, 1)."""
        return low + (high - low) * torch.rand(self.n, *more, 1, 1, generator=self.dice, device=self.device)

    def whole(self, low: int, high: int, *more: int) -> torch.Tensor:
        """Whole numbers low to high, both among them, as float32 (n, *more, 1, 1)."""
        return torch.randint(low, high + 1, (self.n, *more, 1, 1), generator=self.dice, device=self.device).float()

    def chance(self, share: float, *more: int) -> torch.Tensor:
        """1.0 in a share of the drawings, else 0.0."""
        return (self.between(0, 1, *more) < share).float()

    def inside(self, distance: torch.Tensor) -> torch.Tensor:
        """Coverage of a shape by signed distances to its edge (below 0 within), smooth over one pixel."""
        return (0.5 - distance * self.side).clamp(0, 1)

    def paint(self, alpha: torch.Tensor, ink: Any) -> None:
        """Lay one ink over the drawings. alpha: (n, side, side); ink: 0 to 3, or such numbers (n, 1, 1) or (n, s, s)."""
        alpha = alpha.expand(self.n, self.side, self.side)[:, None]
        inks = torch.arange(3, device=self.device)[None, :, None, None]
        chosen = ((ink if isinstance(ink, (int, float)) else ink[:, None]) == inks).float()
        self.covered = torch.lerp(self.covered, chosen.expand_as(self.covered), alpha)

    def turned(self) -> tuple[torch.Tensor, torch.Tensor]:
        """x and y mirrored or swapped by chance, so that a motif sits in any corner."""
        x, y = (torch.lerp(v, 1 - v, self.chance(0.5)) for v in (self.x, self.y))
        swap = self.chance(0.5)
        return torch.lerp(x, y, swap), torch.lerp(y, x, swap)


def _azulejo(s: Sheet) -> None:
    """A quarter of a tile: rings, lozenges and stars about two opposite corners, beads at the others."""
    x, y = s.turned()
    power = torch.where(s.chance(0.6) > 0, 2.0, torch.where(s.chance(0.5) > 0, 1.0, 4.0))

    def radius(cx: float, cy: float, lobes: torch.Tensor, depth: torch.Tensor) -> torch.Tensor:
        dx, dy = (x - cx).abs() + 1e-4, (y - cy).abs() + 1e-4
        angle = torch.atan2(dy, dx)
        return (dx**power + dy**power) ** (1 / power) * (1 + depth * torch.cos(4 * lobes * angle))

    if_star, star = s.chance(0.5), s.whole(1, 2)
    far = radius(1, 1, star, if_star * s.between(-0.12, 0.12))
    near = radius(0, 0, s.whole(1, 2), s.between(-0.15, 0.15))
    edge = s.between(0.5, 0.85)
    for share, ink in ((1.0, 0), (0.8, 3), (0.66, 1), (0.4, 2), (0.2, 3)):
        width = edge * (share + s.between(-0.08, 0.08))
        s.paint(s.inside(far - width) * (1 if share > 0.9 else s.chance(0.8)), ink)
    corner = (1.35 - edge) * s.between(0.6, 0.9)
    for share, ink in ((1.0, 1), (0.72, 3), (0.5, 0), (0.25, 2)):
        s.paint(s.inside(near - corner * share) * (1 if share > 0.9 else s.chance(0.8)), ink)
    bead, there = s.between(0.06, 0.2), s.chance(0.6)
    for cx, cy in ((1, 0), (0, 1)):
        distance = ((x - cx) ** 2 + (y - cy) ** 2).sqrt()
        s.paint(s.inside(distance - bead) * there, 2)
        s.paint(s.inside(distance - bead * 0.5) * there, 3)


def _girih(s: Sheet) -> None:
    """Strapwork: a few straight lines, mirrored eightfold, part the plane into stars and crosses."""
    u, v = (s.x - 0.5).abs(), (s.y - 0.5).abs()
    u, v = torch.maximum(u, v), torch.minimum(u, v)
    width = s.between(0.03, 0.055)
    lines, region = [], torch.zeros(s.n, s.side, s.side, device=s.device)
    for k in range(3):
        angle = s.whole(-2, 3) * math.pi / 8 + math.pi / 16 * s.whole(0, 1)
        along = s.between(0.12, 0.46)
        distance = (u - along) * torch.cos(angle) + (v - along * s.between(0, 0.8)) * torch.sin(angle)
        there = 1.0 if k < 2 else s.chance(0.6)
        lines.append(torch.where(torch.as_tensor(there, device=s.device) > 0, distance.abs(), 9.0))
        region = region + (distance > 0).float() * there * (k + 1)
    kinds = s.whole(0, 3)
    s.paint(torch.ones_like(region), (region + kinds) % 4)
    nearest = torch.stack(lines).amin(0)
    dark = ((kinds + s.whole(1, 3)) % 4)
    s.paint(s.inside(nearest - width), dark)
    s.paint(s.inside(nearest - width * 0.45) * s.chance(0.7), (dark + s.whole(1, 3)) % 4)


def _vine(s: Sheet) -> None:
    """A winding stem with leaves to both sides and a berry or two."""
    x, y = s.turned()
    swing, turns, phase = s.between(0.08, 0.2), s.between(0.6, 1.1), s.between(0, 2 * math.pi)
    middle = s.between(0.35, 0.65)
    slope = swing * turns * 2 * math.pi
    stem = middle + swing * torch.sin(2 * math.pi * turns * x + phase)
    lean = slope * torch.cos(2 * math.pi * turns * x + phase)
    s.paint(s.inside((y - stem).abs() / (1 + lean**2).sqrt() - s.between(0.022, 0.04)), 1)
    leaves = 5
    size, fat, first = s.between(0.34, 0.5), s.between(0.4, 0.6), s.between(-0.1, 0.1)
    half, rib = s.chance(0.6), s.chance(0.5)
    for k in range(leaves):
        at = first + (k + 0.3) / (leaves - 0.6)
        base = middle + swing * torch.sin(2 * math.pi * turns * at + phase)
        side = 1.0 if k % 2 else -1.0
        angle = torch.atan(slope * torch.cos(2 * math.pi * turns * at + phase)) + side * s.between(0.7, 1.1)
        dx, dy = x - at, y - base
        along = (dx * torch.cos(angle) + dy * torch.sin(angle)) / size - 0.55
        across = (-dx * torch.sin(angle) + dy * torch.cos(angle)) / size
        # a leaf is what two circles share
        reach = (0.25 + fat**2 / 4) / fat
        inside = (along**2 + (across.abs() + reach - fat / 2) ** 2).sqrt() - reach
        s.paint(s.inside(inside * size), 0)
        s.paint(s.inside(torch.maximum(inside, -across) * size) * half, 1)
        s.paint(s.inside(torch.maximum(across.abs() * size - 0.012, inside * size)) * rib, 3)
    for k in range(2):
        berry, there = s.between(0.06, 0.11), s.chance(0.75)
        at = s.between(0.1, 0.4) + 0.45 * k
        base = stem[:, :, :1] * 0 + middle + swing * torch.sin(2 * math.pi * turns * at + phase)
        off = (1 if k else -1) * s.between(0.22, 0.34)
        s.paint(s.inside(((x - at) ** 2 + (y - base - off) ** 2).sqrt() - berry) * there, 2)


def _waves(s: Sheet) -> None:
    """Scales of rings, each row over the one above."""
    across = s.between(0.45, 0.9)
    down = across * s.between(0.25, 0.36)
    x, y = s.x + s.between(0, 1) * across, s.y + s.between(0, 1) * down
    filled, eye = s.whole(0, 3), s.chance(0.7)
    for row in range(-1, 14):
        dx = ((x / across + 0.5 * (row % 2)) % 1 - 0.5) * across
        distance = (dx**2 + (y - (row + 0.5) * down - across / 2 + down) ** 2).sqrt()
        radius = across / 2
        s.paint(s.inside(distance - radius), 0)
        s.paint(s.inside(distance - radius * 0.84), 3)
        s.paint(s.inside(distance - radius * 0.66), torch.where(filled > 1, 1.0, 0.0))
        s.paint(s.inside(distance - radius * 0.48) * (filled > 0), 3)
        s.paint(s.inside(distance - radius * 0.27) * eye, 2)


def _ikat(s: Sheet) -> None:
    """Nested lozenges whose threads have slipped."""
    threads = s.whole(14, 26)
    slips = s.between(-1, 1, 28)[:, :, 0, 0]
    column = (s.x * threads).floor().long().clamp(0, 27).expand(s.n, 1, s.side)[:, 0]
    slip = slips.gather(1, column)[:, None] * s.between(0.01, 0.05)
    wide, tall = s.between(0.42, 0.95), s.between(0.6, 1.2)
    x, y = s.x + s.between(0, 1), s.y + slip + s.between(0, 1)
    u = ((x / wide) % 1 - 0.5).abs() * 2
    v = ((y / tall + 0.5 * s.chance(0.5) * ((x / wide).floor() % 2)) % 1 - 0.5).abs() * 2
    depth = u + v * s.between(0.85, 1.0) + 0.12 * s.between(-1, 1) * torch.cos(2 * math.pi * u)
    soft = torch.minimum(wide, tall) * 0.5
    for share, ink in ((0.96, 0), (0.74, 3), (0.58, 1), (0.36, 2), (0.18, 3)):
        edge = share * s.between(0.92, 1.05)
        s.paint(((edge - depth) * soft * s.side / 2 + 0.5).clamp(0, 1) * (1 if share > 0.9 else s.chance(0.85)), ink)


def _terrazzo(s: Sheet) -> None:
    """Chips of stone in three inks, strewn in no order."""
    rows = s.whole(3, 4)
    size = s.between(0.42, 0.6)
    corners = 5
    for k in range(25):
        i, j = k % 5, k // 5
        if_there = ((rows >= 4) | torch.tensor(i < 4 and j < 4, device=s.device)).float() * s.chance(0.9)
        cx = (i + s.between(-0.22, 0.22)) / rows
        cy = (j + s.between(-0.22, 0.22)) / rows
        reach = size / rows * s.between(0.6, 1.25)
        angle, squeeze, turn = s.between(0, 2 * math.pi), s.between(0.6, 1.0), s.between(0, math.pi)
        dx, dy = s.x - cx, s.y - cy
        dx, dy = dx * torch.cos(turn) + dy * torch.sin(turn), (dy * torch.cos(turn) - dx * torch.sin(turn)) / squeeze
        edges = [dx * torch.cos(a) + dy * torch.sin(a) - reach * s.between(0.6, 1.0)
                 for c in range(corners) for a in [angle + (c + 0.3 * s.between(-1, 1)) * 2 * math.pi / corners]]
        s.paint(s.inside(torch.stack(edges).amax(0)) * if_there, s.whole(0, 2))


def _truchet(s: Sheet) -> None:
    """Quarter circles in squares, each turned by chance: bands that wander."""
    cells = s.whole(2, 3)
    turns = s.chance(0.5, 9)[:, :, 0, 0]
    px, py = s.x * cells, s.y * cells
    i, j = px.floor().clamp(max=2).expand(s.n, s.side, s.side), py.floor().clamp(max=2).expand(s.n, s.side, s.side)
    turned = turns.gather(1, (j * 3 + i).long().flatten(1)).view(s.n, s.side, s.side)
    u, v = px - i, py - j
    u = torch.lerp(u, 1 - u, turned)
    near, far = (u**2 + v**2).sqrt(), ((1 - u) ** 2 + (1 - v) ** 2).sqrt()
    # what lies between the bands takes two colours in turn, as a chessboard does
    odd = ((i + j + turned) % 2 + ((near < 0.5) | (far < 0.5)).float()) % 2
    s.paint(odd * s.chance(0.6), 2)
    distance = torch.minimum((near - 0.5).abs(), (far - 0.5).abs()) / cells
    width = s.between(0.11, 0.19) / cells
    s.paint(s.inside(distance - width), 0)
    s.paint(s.inside(distance - width * s.between(0.35, 0.6)) * s.chance(0.75), torch.where(s.chance(0.5) > 0, 1.0, 3.0))


def _marble(s: Sheet) -> None:
    """Ink on water: bands of a field that is bent by another."""
    def field(x: Any, y: Any, waves: int, most: float) -> torch.Tensor:
        total = 0
        for _ in range(waves):
            angle, rate, phase = s.between(0, 2 * math.pi), s.between(0.3, most), s.between(0, 2 * math.pi)
            total = total + torch.sin(2 * math.pi * rate * (x * torch.cos(angle) + y * torch.sin(angle)) + phase) / rate
        return total / waves

    bend = s.between(0.12, 0.3)
    x, y = s.x + bend * field(s.x, s.y, 2, 1.3), s.y + bend * field(s.x, s.y, 2, 1.3)
    level = field(x, y, 3, 1.0) * s.between(2.2, 4.2) + s.between(0, 6)
    down, right = torch.gradient(level, spacing=1 / s.side, dim=(1, 2))
    steep = (down**2 + right**2).sqrt().clamp(min=0.5)
    phase = level % 6
    for low, high, ink in ((0.0, 1.0, 0), (1.5, 2.1, 1), (2.1, 3.0, 0), (3.6, 4.0, 2), (4.6, 5.4, 1)):
        centre, half = (low + high) / 2, (high - low) / 2
        away = ((phase - centre + 3) % 6 - 3).abs()
        s.paint(s.inside((away - half) / steep), ink)


def _glass(s: Sheet) -> None:
    """Panes of three inks and ground, leaded."""
    rows = s.whole(2, 3)
    points, inks = [], []
    for k in range(25):
        points.append(((k % 5 - 0.5 + s.between(-0.42, 0.42)) / rows, (k // 5 - 0.5 + s.between(-0.42, 0.42)) / rows))
        inks.append(s.whole(0, 3))
    px, py = (torch.stack([p[a] for p in points], 1) for a in (0, 1))
    px, py, ink = px[:, :, 0, 0], py[:, :, 0, 0], torch.stack(inks, 1)[:, :, 0, 0]
    squares = (s.x[:, None] - px[:, :, None, None]) ** 2 + (s.y[:, None] - py[:, :, None, None]) ** 2
    near, which = squares.topk(3, dim=1, largest=False)
    flat = which.flatten(2)

    def at(values: torch.Tensor, k: int) -> torch.Tensor:
        return values.gather(1, flat[:, k]).view(s.n, s.side, s.side)

    lead = torch.full_like(near[:, 0], 9.0)
    for k in (1, 2):
        apart = ((at(px, 0) - at(px, k)) ** 2 + (at(py, 0) - at(py, k)) ** 2).sqrt().clamp(min=1e-3)
        lead = torch.minimum(lead, (near[:, k] - near[:, 0]) / (2 * apart))
    s.paint(torch.ones_like(lead), at(ink, 0))
    s.paint(s.inside(lead - s.between(0.022, 0.04)), 0)


def _plaid(s: Sheet) -> None:
    """Stripes both ways; where they cross, each shows through the other."""
    for across in (True, False):
        line = s.x if across else s.y
        line = (line + s.between(0, 1)) * s.between(0.8, 1.6)
        line = ((line % 1) - 0.5).abs() * 2  # a sett reads alike both ways
        strength = 1.0 if across else 0.5
        for ink in (0, 1):
            at, half = s.between(0.0, 1.0), s.between(0.08, 0.24)
            s.paint(s.inside(((line - at).abs() - half) / 2) * strength, ink)
        for ink in (2, 3):
            at, half = s.between(0.0, 1.0), s.between(0.025, 0.05)
            s.paint(s.inside(((line - at).abs() - half) / 2) * (0.9 if across else 0.8), ink)


def _chevron(s: Sheet) -> None:
    """Zigzags of several widths."""
    x, y = s.x, s.y
    swap = s.chance(0.5)
    x, y = torch.lerp(x, y, swap), torch.lerp(y, x, swap)
    points = s.between(0.9, 2.6)
    height = s.between(0.35, 1.1) / points
    slope = height * points * 2
    zig = (((x * points + s.between(0, 1)) % 1) - 0.5).abs() * 2 * height
    level = (y + zig) / (1 + slope**2).sqrt()
    period = s.between(0.3, 0.6)
    phase = (level + s.between(0, 1)) % period
    for low, high, ink in ((0.0, 0.42, 0), (0.5, 0.62, 2), (0.7, 0.9, 1)):
        centre, half = period * (low + high) / 2, period * (high - low) / 2 * s.between(0.75, 1.15)
        away = ((phase - centre + period / 2) % period - period / 2).abs()
        s.paint(s.inside(away - half), ink)


def _rosette(s: Sheet) -> None:
    """Petals in rings about a corner."""
    x, y = s.turned()
    angle, distance = torch.atan2(y, x), (x**2 + y**2).sqrt()
    petals = s.whole(2, 4) * 4
    reach, pointed = s.between(0.85, 1.25), s.between(0.35, 0.9)
    bitten = s.chance(0.5)
    for ring, (share, ink) in enumerate(((1.0, 0), (0.78, 1), (0.56, 3), (0.4, 2))):
        width = reach * share * s.between(0.92, 1.04)
        wave = torch.cos(petals * angle / 2 + math.pi / 2 * (ring % 2)).abs()
        shape = 0.66 + 0.34 * wave**pointed
        s.paint(s.inside((distance - width * shape) * 0.85), ink)
        rim = (distance - width * (shape - 0.1)) * 0.85
        if ring < 2:
            s.paint(s.inside(torch.maximum(rim, 0.04 - wave * 0.25)) * bitten, 3 if ring == 0 else 0)
    s.paint(s.inside(distance - reach * s.between(0.1, 0.2)), 0)


KINDS: dict[str, Callable[[Sheet], None]] = {
    "azulejo": _azulejo, "girih": _girih, "vine": _vine, "waves": _waves, "ikat": _ikat, "terrazzo": _terrazzo,
    "truchet": _truchet, "marble": _marble, "glass": _glass, "plaid": _plaid, "chevron": _chevron, "rosette": _rosette,
}


def drawn(kind: str, n: int, side: int, dice: torch.Generator) -> torch.Tensor:
    """n drawings of a kind: coverages (n, 3, side, side) in 0..1, on the generator's device."""
    sheet = Sheet(n, side, dice)
    KINDS[kind](sheet)
    return sheet.covered


def dressed(covered: torch.Tensor, colors: torch.Tensor) -> torch.Tensor:
    """The picture (..., 3, h, w) of coverages (..., 3, h, w) in colours (4, 3): those of the inks, then the ground's."""
    mixture = (colors[:GROUND] - colors[GROUND]).to(covered)
    return torch.einsum("...khw,kc->...chw", covered, mixture) + colors[GROUND].to(covered)[:, None, None]
