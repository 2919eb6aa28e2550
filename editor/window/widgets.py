"""What the panels are made of: sizes that follow the text, pictures as textures, and which widget has the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dearpygui.dearpygui as dpg

from . import fonts, theme

TIP = 0.9  # seconds for which the pointer rests until words appear
_scale = 1.0
_HOLDERS = ("mvGroup", "mvChildWindow", "mvWindowAppItem", "mvTable", "mvTableRow", "mvTableCell")
_TYPED_IN = ("mvInputText", "mvInputInt", "mvInputFloat", "mvInputDouble", "mvInputIntMulti", "mvInputFloatMulti",
             "mvSliderInt", "mvSliderFloat", "mvDragInt", "mvDragFloat", "mvColorEdit", "mvColorPicker")


def set_scale(scale: float) -> None:
    """Make everything this much larger than at the usual size of text."""
    global _scale
    _scale = scale


def px(units: float) -> int:
    """Pixels of a length that is given for text of the usual size."""
    return round(units * _scale)


def typing() -> bool:
    """Whether what is typed now goes into a field."""
    item = dpg.get_focused_item()
    if not item or not dpg.does_item_exist(item) or not dpg.get_item_state(item).get("active", True):
        return False
    return _types_into(item)


def _types_into(item: int | str) -> bool:
    """Whether an item, or one in it, is being typed into: the focus is often told of a group around the field."""
    kind = dpg.get_item_type(item).split("::")[-1]
    if kind in _HOLDERS:
        return any(map(_types_into, dpg.get_item_children(item, 1)))
    return kind in _TYPED_IN and bool(dpg.is_item_active(item))


def says(words: str, role: str = "text", wrap: int = -1, parent: int | str = 0, framed: bool = False,
         **more: Any) -> int | str:
    """A piece of text in the colour of its role. wrap: pixels; 0 for the width that is left.

    framed: it stands beside buttons or fields, and is as high as they are.
    """
    if wrap > 0 and any(map(_is_wide, words)):
        words = wrapped(words, wrap)  # Dear ImGui would begin a new line at the only space of a Chinese sentence
    made = dpg.add_text(words, color=theme.color(role), wrap=wrap, parent=parent, **more)
    if not framed:
        dpg.bind_item_theme(made, theme.look("words"))
    return made


def tip(item: int | str, words: str, width: float = 320) -> None:
    """Words that appear beside an item while the pointer rests on it."""
    if words:
        with dpg.tooltip(item, delay=TIP, hide_on_activity=True):
            dpg.add_text(words, wrap=px(width))


def area(**more: Any) -> int | str:
    """A part of a window with a padding of its own, that scrolls."""
    return dpg.add_child_window(always_use_window_padding=True, **more)


def button(label: str, call: Callable[[], Any], *, tooltip: str = "", primary: bool = False, flat: bool = False,
           small: bool = False, enabled: bool = True, **more: Any) -> int | str:
    """A button that calls a function without arguments."""
    made = dpg.add_button(label=label, callback=lambda: call(), small=small, enabled=enabled, **more)
    look = "disabled" if not enabled else "primary" if primary else "flat" if flat else ""
    if look:
        dpg.bind_item_theme(made, theme.look(look))
    tip(made, tooltip)
    return made


def pressed_heading(words: str, call: Callable[[], Any], width: int) -> int | str:
    """A title that does something when it is pressed."""
    made = dpg.add_button(label=words, width=width, callback=lambda: call())
    dpg.bind_item_theme(made, theme.look("line"))
    dpg.bind_item_font(made, theme.font("bold" if fonts.is_bold(words) else "heading"))
    return made


def heading(words: str, **more: Any) -> int | str:
    """The title of a part of a panel."""
    if fonts.is_bold(words):
        made = says(words, "text", **more)
        dpg.bind_item_font(made, theme.font("bold"))
        return made
    made = says(words, "accent", **more)  # there is no bold Chinese: it stands out by its colour and size
    dpg.bind_item_font(made, theme.font("heading"))
    return made


def title(words: str, **more: Any) -> int | str:
    """The title of a page: larger, and in the accent's colour where the bold font lacks its characters."""
    made = says(words, "text" if fonts.is_bold(words) else "accent", **more)
    dpg.bind_item_font(made, theme.font("title" if fonts.is_bold(words) else "large"))
    return made


def gap(height: float = 6) -> None:
    """Some empty space below what was added last."""
    dpg.add_spacer(height=px(height))


def bar(height: float = 18) -> None:
    """A thin upright line between buttons."""
    with dpg.drawlist(width=px(9), height=px(height + 6)):
        dpg.draw_line((px(4), px(4)), (px(4), px(height + 2)), color=theme.color("border"))


@contextmanager
def spread(**more: Any) -> Iterator[tuple[int | str, int | str]]:
    """A row with two ends: a group at the left, and one at the right edge, each with its widgets side by side."""
    with dpg.table(header_row=False, no_pad_outerX=True, policy=dpg.mvTable_SizingStretchProp, **more) as made:
        dpg.bind_item_theme(made, theme.look("tight"))
        dpg.add_table_column(width_stretch=True)
        dpg.add_table_column(width_fixed=True)
        with dpg.table_row():
            yield dpg.add_group(horizontal=True), dpg.add_group(horizontal=True, horizontal_spacing=px(2))


@contextmanager
def row(spacing: float = 6, **more: Any) -> Iterator[int | str]:
    """Widgets side by side."""
    with dpg.group(horizontal=True, horizontal_spacing=px(spacing), **more) as made:
        yield made


@contextmanager
def inside(parent: int | str) -> Iterator[None]:
    """Widgets added here become the children of an item that exists already."""
    dpg.push_container_stack(parent)
    try:
        yield
    finally:
        dpg.pop_container_stack()


def clear(parent: int | str) -> None:
    """Take out all children of an item."""
    dpg.delete_item(parent, children_only=True)


def width_of(words: str) -> int:
    """How many pixels a line of text takes; 0 until the font is there, after the first frame."""
    size = dpg.get_text_size(words)
    return round(size[0]) if size else 0


def wrapped(words: str, width: float) -> str:
    """A text with its lines broken so that none is wider than so many pixels; between words where there are any."""
    return "\n".join(piece for line in words.split("\n") for piece in pieces(line, width))


def pieces(line: str, width: float) -> list[str]:
    """A line in parts that are no wider than so many pixels, and make the line again when they are joined."""
    found = []
    while width_of(line) > width:
        most = _fitting(line, width)
        cut = next((at for at in range(most, most // 2, -1) if at < len(line) and _may_break(line, at)), most)
        found.append(line[:cut])
        line = line[cut:]
    return [*found, line]


def _is_wide(letter: str) -> bool:
    return "\u2e80" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffef"


def _may_break(line: str, at: int) -> bool:
    """Whether a line may end before this character: after a space, or beside a Chinese one that may stand there."""
    before, after = line[at - 1], line[at]
    if before == " ":
        return True
    return (_is_wide(before) or _is_wide(after)) and after not in "，。、；：？！）》」』】 " and before not in "（《「『【"


def _fitting(line: str, width: float) -> int:
    """How many characters of a line fit, at least one."""
    low, high = 1, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if width_of(line[:middle]) <= width else (low, middle - 1)
    return low


def center(window: int | str) -> None:
    """Put a window into the middle of the viewport; it is done again in each frame until its size has settled."""
    width, height = dpg.get_item_rect_size(window)
    at = [max(0, (dpg.get_viewport_client_width() - round(width)) // 2),
          max(0, (dpg.get_viewport_client_height() - round(height)) // 2)]
    if dpg.get_item_pos(window) != at:
        dpg.set_item_pos(window, at)


def keep_on_screen(window: int | str, at: tuple[float, float]) -> None:
    """Put a window's corner at a point, or as near to it as leaves the window whole."""
    width, height = dpg.get_item_rect_size(window)
    x = max(0, min(round(at[0]), dpg.get_viewport_client_width() - round(width) - px(4)))
    y = max(0, min(round(at[1]), dpg.get_viewport_client_height() - round(height) - px(4)))
    if dpg.get_item_pos(window) != [x, y]:
        dpg.set_item_pos(window, [x, y])


def scroll_to(area: int | str, row: int, rows: int) -> None:
    """Scroll a list so that one of its rows, which are all of one height, is in view."""
    low, tall = dpg.get_y_scroll(area), dpg.get_item_rect_size(area)[1]
    height = (dpg.get_y_scroll_max(area) + tall) / max(1, rows)
    if (row + 1) * height > low + tall:
        dpg.set_y_scroll(area, (row + 2) * height - tall)
    elif row * height < low:
        dpg.set_y_scroll(area, max(0, (row - 1) * height))


def within(window: int | str, point: tuple[float, float]) -> bool:
    """Whether a point of the viewport is on a window."""
    left, top = dpg.get_item_pos(window)
    width, height = dpg.get_item_rect_size(window)
    return left <= point[0] < left + width and top <= point[1] < top + height
