"""The drawings that the painter is taught with: three openly licensed sets of icons, from the npm packages that hold them.

    npm pack @iconify-json/fluent-emoji-flat@1.2.6 @iconify-json/noto@1.2.9 @iconify-json/game-icons@1.2.4 \\
        cldr-annotations-full@48.2.0

Fluent emoji (Microsoft, MIT), Noto emoji (Google, Apache-2.0), game-icons (their authors, CC-BY-3.0); the Chinese names
are Unicode's (CLDR). None of them is kept here but what the starter shows: a training draws them anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..sentences import ALONE

SETS = {"fluent": "@iconify-json/fluent-emoji-flat", "noto": "@iconify-json/noto", "game": "@iconify-json/game-icons"}
SIDE = 128  # pixels
FAMILIAR = {"boat": "sailboat", "tree": "deciduous-tree", "flower": "tulip", "car": "automobile"}  # drawn for a noun alone
_LEFT_OUT = re.compile(r"(oclock|thirty|skin-tone|^flag-|button|-hand-|^hand-|fingers?-|^(light|medium|dark)-|keycap|-arrow$)")
_SKIN = re.compile(r"-(dark|light|medium)$")
_CATEGORIES = ("Activities", "Animals & Nature", "Food & Drink", "Objects", "Travel & Places", "Smileys & Emotion",
               "People & Body")
_COLOURED = re.compile(r"\b(red|orange|yellow|green|blue|purple|pink|white|black|grey|gray|brown|golden?|silver|rose)\b")
_COLOURED_ZH = re.compile("[红橙橘黄绿蓝紫粉白黑灰银棕褐金]")
GAME_EVERY = 3  # of the silhouettes, one in three
HELD_OUT_PERCENT = 10


@dataclass(frozen=True, eq=False)
class Glyph:
    """A drawing, uint8 (h, w, 4) cropped to what is drawn, and its names; no name is empty."""

    id: str
    set: str
    names: tuple[str, str]  # English, Chinese
    drawing: np.ndarray


def held_out(id: str) -> bool:
    """Whether no training may see this drawing in any set: one in ten, but never the nouns that stand alone."""
    if id in {FAMILIAR.get(noun, noun) for noun in ALONE}:
        return False
    return int.from_bytes(hashlib.blake2b(f"glyph|{id}".encode(), digest_size=4).digest(), "big") % 100 < HELD_OUT_PERCENT


def pack(packages: Path, out: Path) -> int:
    """Draw the sets found as unpacked npm packages below `packages` into one zip file; how many drawings it holds."""
    kept = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        index = []
        chinese = _chinese_names(packages)
        for name in SETS:
            for id, image, codepoint in _drawn(packages, name):
                index.append({"id": id, "set": name, "names": _names(id, chinese.get(codepoint, ""))})
                file.writestr(f"{name}/{id}.png", _png(image))
                kept += 1
        file.writestr("index.json", json.dumps(index, ensure_ascii=False))
    return kept


def unpacked(path: Path) -> list[Glyph]:
    """The drawings of a packed file."""
    with zipfile.ZipFile(path) as file:
        return [Glyph(entry["id"], entry["set"], tuple(entry["names"]), np.asarray(
            Image.open(io.BytesIO(file.read(f"{entry['set']}/{entry['id']}.png"))).convert("RGBA")))
            for entry in json.loads(file.read("index.json"))]


def _package(packages: Path, name: str) -> Path:
    for manifest in packages.rglob("package.json"):
        if json.loads(manifest.read_text(encoding="utf-8")).get("name") == name:
            return manifest.parent
    raise FileNotFoundError(f"{packages} holds no unpacked npm package {name}")


def _chinese_names(packages: Path) -> dict[str, str]:
    path = _package(packages, "cldr-annotations-full") / "annotations" / "zh" / "annotations.json"
    table = json.loads(path.read_text(encoding="utf-8"))["annotations"]["annotations"]
    return {"-".join(f"{ord(c):x}" for c in text if c != "\ufe0f"): words["tts"][0] for text, words in table.items()
            if "tts" in words}


def _drawn(packages: Path, name: str) -> Iterator[tuple[str, Image.Image, str]]:
    folder = _package(packages, SETS[name])
    icons = json.loads((folder / "icons.json").read_text(encoding="utf-8"))
    points: dict[str, str] = {}
    if name == "game":
        ids = [id for k, id in enumerate(sorted(icons["icons"])) if k % GAME_EVERY == 0]
    else:
        categories = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))["categories"]
        ids = [id for category in _CATEGORIES for id in categories.get(category, ()) if not _LEFT_OUT.search(id)
               and not (category == "People & Body" and _SKIN.search(id))]
        points = {id: point.replace("-fe0f", "") for point, id in
                  json.loads((folder / "chars.json").read_text(encoding="utf-8")).items()}
    for id in dict.fromkeys(ids):
        image = _raster(icons, id)
        box = image.getbbox()
        if box is not None and (box[2] - box[0]) * (box[3] - box[1]) > 400:
            yield id, image.crop(box), points.get(id, "")


def _raster(icons: dict[str, Any], id: str) -> Image.Image:
    import resvg_py

    icon = icons["icons"].get(id) or icons["icons"][icons["aliases"][id]["parent"]]
    width, height = (icon.get(side) or icons.get(side) or 16 for side in ("width", "height"))
    body = icon["body"].replace("currentColor", "#3a3438")
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{body}</svg>'
    data = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE))
    return Image.open(io.BytesIO(data)).convert("RGBA")


def _png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.quantize(96, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
    return data.getvalue()


def _names(id: str, chinese: str) -> tuple[str, str]:
    """Names that hold no colour: a red apple may be asked for in green."""
    english = " ".join(_COLOURED.sub(" ", id.replace("-", " ")).split()) or "thing"
    return english, _COLOURED_ZH.sub("", chinese).replace("色", "").replace("：", "") or "东西"
