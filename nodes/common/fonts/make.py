"""Makes the font files of this folder again from the full fonts; see README.md here.

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


def ks_x_1001() -> str:
    """The 2,350 syllables of KS X 1001, those of everyday Korean."""
    return "".join(bytes((row, cell)).decode("euc_kr") for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF))


def span(first: int, last: int) -> str:
    """The characters of a Unicode range, both ends included."""
    return "".join(map(chr, range(first, last + 1)))


HAN = gb2312() + span(0x3000, 0x3017) + span(0xFF01, 0xFF5E) + "—…‘’“”·・￥"
KANA = span(0x3041, 0x3096) + span(0x3099, 0x30FF) + span(0x31F0, 0x31FF)
HANGUL = ks_x_1001() + span(0x3131, 0x318E)
LATIN = (span(0x20, 0x7E) + span(0xA0, 0x24F) + span(0x300, 0x36F) + span(0x1E00, 0x1EFF) + span(0x2010, 0x2015)
         + span(0x2070, 0x209F) + span(0x20A0, 0x20BF) + span(0x2150, 0x215F) + span(0x2190, 0x2193)
         + "‘’‚“”„†‡•…‰′″‹›⁄™−×≈≠≤≥∞√∑♯♭№")
GREEK_AND_CYRILLIC = span(0x370, 0x3FF) + span(0x1F00, 0x1FFF) + span(0x400, 0x52F)


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


def main(cjk: str, regular: str, italic: str) -> None:
    here = Path(__file__).parent
    for name, text in (("han", HAN), ("kana", KANA), ("hangul", HANGUL)):
        subset(cjk, text, here / f"{name}.otf", f"Postcard {name.capitalize()}", "Regular", [], SIMPLIFIED_CHINESE)
    features = ["kern", "liga", "onum", "mark", "mkmk"]
    for name, source, style in (("latin", regular, "Regular"), ("latin-italic", italic, "Italic")):
        subset(source, LATIN + GREEK_AND_CYRILLIC, here / f"{name}.otf", "Postcard Latin", style, features)


if __name__ == "__main__":
    main(*sys.argv[1:])
