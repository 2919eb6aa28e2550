"""How outputs show in a notebook: as HTML that stands alone, with pictures and sounds inside."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import Any

from .export import file_bytes, leaves
from .types import PortType

MOST_SHOWN = 12  # items of a list
LONGEST = 4000  # letters of a text
_PLAYERS = {"wav": "audio/wav", "mp4": "video/mp4"}


def shown(outputs: Mapping[str, tuple[PortType, Any, int]], remarks: list[str]) -> str:
    """The outputs as HTML. outputs: by name, type, value, and how deep in lists it is. remarks: sentences below them."""
    parts = [f"<h4>{escape(name)}</h4>{_all(type, value, depth)}" for name, (type, value, depth) in outputs.items()]
    return "<div>" + "".join(parts) + "".join(f"<p><em>{escape(remark)}</em></p>" for remark in remarks) + "</div>"


def _all(type: PortType, value: Any, depth: int) -> str:
    items = list(leaves(value, depth).values())
    more = f"<p>and {len(items) - MOST_SHOWN} more</p>" if len(items) > MOST_SHOWN else ""
    return "".join(one(type, item) for item in items[:MOST_SHOWN]) + more


def one(type: PortType, value: Any) -> str:
    """One value: a picture, a player, a text, or the line that sums it up."""
    if isinstance(value, str):
        return f"<pre>{escape(value[:LONGEST])}{'...' * (len(value) > LONGEST)}</pre>"
    player = next((extension for extension in _PLAYERS if extension in type.exports), None)
    if player is not None:
        tag = _PLAYERS[player].split("/")[0]
        return f'<{tag} controls src="{_inside(_PLAYERS[player], file_bytes(type, value, player))}"></{tag}>'
    if "png" in type.exports:
        return f'<img src="{_inside("image/png", file_bytes(type, value, "png"))}" style="max-width:100%">'
    if type.preview is not None:
        return _preview(type, value)
    return f"<pre>{escape(type.summary(value))}</pre>"


def _preview(type: PortType, value: Any) -> str:
    assert type.preview is not None
    seen = type.preview(value)
    if isinstance(seen, str):
        return f"<pre>{escape(seen)}</pre>"
    return f'<img src="{_inside("image/png", _png(seen))}"><pre>{escape(type.summary(value))}</pre>'


def _png(array: Any) -> bytes:
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def _inside(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{b64encode(data).decode()}"
