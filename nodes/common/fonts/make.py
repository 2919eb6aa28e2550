"""Makes the three font files of this folder again from the full fonts; see README.md here.

    python make.py NotoSerifCJK-Regular.ttc EBGaramond12-Regular.otf EBGaramond12-Italic.otf

Needs `fonttools`, which nothing else here does.
"""

from __future__ import annotations

import sys
from pathlib import Path

SIMPLIFIED_CHINESE = 2  # the place of Noto Serif CJK SC in its collection


def gb2312() -> str:
    """All 6,763 characters of GB 2312-80, in its order."""
    text = []
    for row in range(0xB0, 0xF8):
        for cell in range(0xA1, 0xFF):
            text.append(bytes((row, cell)).decode("gb2312", "ignore"))
    return "".join(text)


def span(first: int, last: int) -> str:
    """The characters of a Unicode range, both ends included."""
    return "".join(map(chr, range(first, last + 1)))


HAN = gb2312() + span(0x3000, 0x3017) + span(0xFF01, 0xFF5E) + "—…‘’“”·・￥"
LATIN = span(0x20, 0x7E) + span(0xA0, 0x17F) + span(0x2010, 0x2015) + "‘’‚“”„†•…‹›⁄€™−×♯♭"


def subset(source: str, text: str, target: Path, family: str, style: str, features: list[str],
           number: int = -1) -> None:
    """Keep the glyphs of `text`, drop hinting, and give the result a family name of its own."""
    from fontTools import subset as tool
    from fontTools.ttLib import TTFont

    options = tool.Options(layout_features=features, hinting=False, notdef_outline=True, name_IDs=["*"])
    font = TTFont(source, fontNumber=number, recalcTimestamp=False)
    subsetter = tool.Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    names = font["name"]
    for record in list(names.names):
        if record.nameID not in (0, 13, 14):
            names.removeNames(record.nameID, record.platformID, record.platEncID, record.langID)
    postscript = f"{family}-{style}".replace(" ", "")
    for name_id, words in ((1, family), (2, style), (4, f"{family} {style}"), (6, postscript)):
        names.setName(words, name_id, 3, 1, 0x409)
    if "CFF " in font:
        table = font["CFF "].cff
        table.fontNames = [postscript]
        table.topDictIndex[0].FullName, table.topDictIndex[0].FamilyName = f"{family} {style}", family
    font.save(target)


def main(han: str, regular: str, italic: str) -> None:
    here = Path(__file__).parent
    subset(han, HAN, here / "han.otf", "Postcard Han", "Regular", [], SIMPLIFIED_CHINESE)
    subset(regular, LATIN, here / "latin.otf", "Postcard Latin", "Regular", ["kern", "liga", "onum"])
    subset(italic, LATIN, here / "latin-italic.otf", "Postcard Latin", "Italic", ["kern", "liga", "onum"])


if __name__ == "__main__":
    main(*sys.argv[1:])
