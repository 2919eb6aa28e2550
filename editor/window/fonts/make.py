"""Makes the two font files of this folder again from the full fonts; see README.md here.

    python make.py NotoSansCJK-Regular.ttc NotoSansCJK-Bold.ttc noto-sans-latin-ext-400-normal.woff \
        noto-sans-latin-ext-700-normal.woff noto-emoji-emoji-400-normal.woff

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


def ks_x_1001() -> str:
    """The 2,350 syllables of KS X 1001, in its order: what Korean is written with, all but the rarest names."""
    cells = (bytes((row, cell)) for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF))
    return "".join(cell.decode("euc_kr", "ignore") for cell in cells)


def span(first: int, last: int) -> str:
    """The characters of a Unicode range, both ends included."""
    return "".join(map(chr, range(first, last + 1)))


LATIN = span(0x20, 0x7E) + span(0xA0, 0x17F) + span(0x370, 0x45F) + span(0x2010, 0x2027)
SIGNS = "‹›⁄€™−×♯♭←↑→↓≤≥≈∞√✓▲▼◆●○■□★"
HAN = gb2312() + span(0x3000, 0x3017) + span(0xFF01, 0xFF5E) + "—…‘’“”·・￥"
KANA = span(0x3041, 0x3096) + span(0x3099, 0x30FF) + span(0xFF61, 0xFF9F)

HANGUL = ks_x_1001() + span(0x3131, 0x318E)


def set_height(font: Any) -> None:
    """Lines as high as Latin text wants them: the full font's 1.45 em leave a window's text small in its rows."""
    up, down = round(0.93 * font["head"].unitsPerEm), round(0.25 * font["head"].unitsPerEm)
    font["hhea"].ascent, font["hhea"].descent, font["hhea"].lineGap = up, -down, 0
    table = font["OS/2"]
    table.sTypoAscender, table.sTypoDescender, table.sTypoLineGap = up, -down, 0
    table.usWinAscent, table.usWinDescent = up, down


def add(font: Any, source: str, first: int, last: int) -> None:
    """Give a font with CFF outlines what it lacks of a range of characters, from one with TrueType outlines."""
    from fontTools.pens.qu2cuPen import Qu2CuPen
    from fontTools.pens.t2CharStringPen import T2CharStringPen
    from fontTools.pens.transformPen import TransformPen
    from fontTools.ttLib import TTFont

    other = TTFont(source)
    glyphs, scale = other.getGlyphSet(), font["head"].unitsPerEm / other["head"].unitsPerEm
    top = font["CFF "].cff.topDictIndex[0]
    private = top.FDArray[0].Private
    order, table = list(font.getGlyphOrder()), far_table(font)
    number = max(int(name[3:]) for name in order if name.startswith("cid"))
    for code, name in sorted(other.getBestCmap().items()):
        if code in table.cmap or not first <= code <= last:
            continue
        number += 1
        made = f"cid{number:05d}"
        pen = T2CharStringPen(None, glyphs)
        glyphs[name].draw(Qu2CuPen(TransformPen(pen, (scale, 0, 0, scale, 0, 0)), 1.0, all_cubic=True))
        top.CharStrings.charStrings[made] = len(top.CharStrings.charStringsIndex)
        top.CharStrings.charStringsIndex.append(pen.getCharString(private, top.GlobalSubrs))
        top.FDSelect.gidArray.append(0)
        order.append(made)
        font["hmtx"].metrics[made] = (round(glyphs[name].width * scale), 0)
        table.cmap[code] = made
    font.setGlyphOrder(order)
    top.charset = order


def far_table(font: Any) -> Any:
    """The table of a font that leads from all of Unicode to its glyphs, as the only one."""
    from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

    known = font.getBestCmap()
    font["cmap"].tables = [CmapSubtable.newSubtable(12)]
    table = font["cmap"].tables[0]
    table.platformID, table.platEncID, table.language, table.cmap = 3, 10, 0, known
    return table


def subset(source: str, text: str, target: Path, style: str, more: dict[str, tuple[int, int]]) -> None:
    """Keep the glyphs of `text`, drop hinting and layout features, and give the result a name of its own.

    more: other fonts, with the first and the last character that is taken from each where this one lacks it.
    """
    from fontTools import subset as tool
    from fontTools.ttLib import TTFont

    font = TTFont(source, fontNumber=SIMPLIFIED_CHINESE, recalcTimestamp=False)
    options = tool.Options(layout_features=["kern"], hinting=False, notdef_outline=True, name_IDs=["*"])
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    subsetter = tool.Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    for other, (first, last) in more.items():
        add(font, other, first, last)
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


def main(regular: str, bold: str, latin: str, latin_bold: str, emoji: str) -> None:
    here, extended, pictures = Path(__file__).parent, (0x100, 0x17F), (0x2000, 0x1FFFF)
    subset(regular, LATIN + SIGNS + HAN + KANA + HANGUL, here / "sans.otf", "Regular", {latin: extended, emoji: pictures})
    subset(bold, LATIN + SIGNS, here / "sans-bold.otf", "Bold", {latin_bold: extended})


if __name__ == "__main__":
    main(*sys.argv[1:])
