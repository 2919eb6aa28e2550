"""Makes the two font files of this folder again from the full fonts; see README.md here.

    python make.py NotoSansCJK-Regular.ttc NotoSansCJK-Bold.ttc

Needs `fonttools`, which nothing else here does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

SIMPLIFIED_CHINESE = 2  # the place of Noto Sans CJK SC in its collection


def gb2312() -> str:
    """All 6,763 characters of GB 2312-80, in its order."""
    cells = (bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    return "".join(cell.decode("gb2312", "ignore") for cell in cells)


def span(first: int, last: int) -> str:
    """The characters of a Unicode range, both ends included."""
    return "".join(map(chr, range(first, last + 1)))


LATIN = span(0x20, 0x7E) + span(0xA0, 0x17F) + span(0x370, 0x45F) + span(0x2010, 0x2027)
SIGNS = "‹›⁄€™−×♯♭←↑→↓≤≥≈∞√✓▲▼◆●○■□★"
HAN = gb2312() + span(0x3000, 0x3017) + span(0xFF01, 0xFF5E) + "—…‘’“”·・￥"


def set_height(font: Any) -> None:
    """Lines as high as Latin text wants them: the full font's 1.45 em leave a window's text small in its rows."""
    up, down = round(0.93 * font["head"].unitsPerEm), round(0.25 * font["head"].unitsPerEm)
    font["hhea"].ascent, font["hhea"].descent, font["hhea"].lineGap = up, -down, 0
    table = font["OS/2"]
    table.sTypoAscender, table.sTypoDescender, table.sTypoLineGap = up, -down, 0
    table.usWinAscent, table.usWinDescent = up, down


def subset(source: str, text: str, target: Path, style: str) -> None:
    """Keep the glyphs of `text`, drop hinting and layout features, and give the result a name of its own."""
    from fontTools import subset as tool
    from fontTools.ttLib import TTFont

    font = TTFont(source, fontNumber=SIMPLIFIED_CHINESE, recalcTimestamp=False)
    options = tool.Options(layout_features=["kern"], hinting=False, notdef_outline=True, name_IDs=["*"])
    subsetter = tool.Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    set_height(font)
    names = font["name"]
    for record in list(names.names):
        if record.nameID not in (0, 13, 14):
            names.removeNames(record.nameID, record.platformID, record.platEncID, record.langID)
    family, postscript = "Editor Sans", f"EditorSans-{style}"
    for name_id, words in ((1, family), (2, style), (4, f"{family} {style}"), (6, postscript)):
        names.setName(words, name_id, 3, 1, 0x409)
    table = font["CFF "].cff
    table.fontNames = [postscript]
    table.topDictIndex[0].FullName, table.topDictIndex[0].FamilyName = f"{family} {style}", family
    font.save(target)


def main(regular: str, bold: str) -> None:
    here = Path(__file__).parent
    subset(regular, LATIN + SIGNS + HAN, here / "sans.otf", "Regular")
    subset(bold, LATIN + SIGNS, here / "sans-bold.otf", "Bold")


if __name__ == "__main__":
    main(*sys.argv[1:])
