"""Types of ports as dots of their colours, in lists of the palette."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from ..panels.palette import Entry
from . import theme
from .widgets import px

DOTS = 6  # of each side of a row


def dot(color: str, many: bool = False) -> None:
    side = px(14)
    with dpg.drawlist(width=side, height=px(20)):
        _pin(side / 2, px(9), color, many)


def dots(entry: Entry) -> None:
    """The types of what goes in, an arrow, and those of what comes out; in one width, so that rows line up."""
    inputs = [(port.type.color, port.many) for port in entry.inputs if port.type is not None][:DOTS - 1]
    outputs = [(flow.type.color, flow.many) for _, flow in entry.outputs][:3]
    step = px(9)
    with dpg.drawlist(width=px(72), height=px(20)):
        x = px(5)
        for color, many in inputs:
            _pin(x, px(9), color, many, 3)
            x += step
        if entry.kind in ("node", "switch", "pick", "graph"):
            dpg.draw_line((x - px(2), px(9)), (x + px(5), px(9)), color=theme.color("faint"))
            x += step + px(2)
        for color, many in outputs:
            _pin(x, px(9), color, many, 3)
            x += step


def _pin(x: float, y: float, color: str, many: bool, radius: float = 4) -> None:
    fill, r = theme.of_type(color), px(radius)
    if many:
        dpg.draw_rectangle((x - r, y - r), (x + r, y + r), color=fill, fill=fill)
    else:
        dpg.draw_circle((x, y), r, color=fill, fill=fill)
