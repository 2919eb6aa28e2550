"""Documents of written music brought into the forms that music21 reads rightly, before it sees them."""

from __future__ import annotations

import re
from xml.etree import ElementTree

_STEPS = "CDEFGAB"
_FAR = 20  # no staff has this octave: from here on, the line of a drum's note stands for its key in General MIDI


def musicxml(text: str) -> str:
    """MusicXML with measures inside parts, drums on lines that tell their keys, and no word of its encoding."""
    text = re.sub(r"""(<\?xml[^>]*?)\s+encoding=["'][^"']*["']""", r"\1", text[:200], count=1) + text[200:]
    timewise = re.search(r"<score-timewise\b", text[:1 << 16])
    if not timewise and "<midi-unpitched>" not in text:
        return text
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return text  # music21 will say what is wrong with it
    if timewise:
        _make_partwise(root)
    _tell_drums(root)
    return ElementTree.tostring(root, "unicode")


def drum_key(step: str, octave: int) -> int | None:
    """The key that a line of `musicxml` stands for; None for one that is a line of a staff."""
    return 7 * (octave - _FAR) + _STEPS.index(step) if octave >= _FAR else None


def abc(text: str) -> str:
    """ABC whose voices are named on lines of their own; those that are named within a line music21 joins to one."""
    return re.sub(r"^\[V:\s*([^\]\n]*)\]", r"V:\1\n", text, flags=re.M)


def _make_partwise(root: ElementTree.Element) -> None:
    parts: dict[str, ElementTree.Element] = {}
    for measure in root.findall("measure"):
        for part in measure.findall("part"):
            whole = parts.setdefault(part.get("id", ""), ElementTree.Element("part", part.attrib))
            bar = ElementTree.SubElement(whole, "measure", measure.attrib)
            bar.extend(part)
        root.remove(measure)
    root.tag = "score-partwise"
    root.extend(parts.values())


def _tell_drums(root: ElementTree.Element) -> None:
    """Put what is struck in the place of the line that it is written on, where the document says what that is."""
    keys = {one.get("id"): int(told) - 1 for one in root.iter("midi-instrument")
            if (told := one.findtext("midi-unpitched", "").strip()).isdigit() and 1 <= int(told) <= 128}
    for note in root.iter("note"):
        unpitched, instrument = note.find("unpitched"), note.find("instrument")
        key = keys.get(instrument.get("id")) if instrument is not None else None
        if unpitched is None or key is None:
            continue
        unpitched.clear()
        ElementTree.SubElement(unpitched, "display-step").text = _STEPS[key % 7]
        ElementTree.SubElement(unpitched, "display-octave").text = str(_FAR + key // 7)
