"""Writes `fluent.jsonl` anew: the drawings that are kept of Fluent Emoji, with their names and keywords from Unicode's CLDR.

    npm install --prefix FOLDER @iconify-json/fluent-emoji-flat@1.2.6 cldr-annotations-full@48.2.0
    python -m nodegraph_nodes.starter.drawings.make FOLDER/node_modules
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LANGUAGES = ("en", "zh", "zh-Hant")
WHOLE = ("Activities", "Animals & Nature", "Food & Drink", "Objects", "Travel & Places")
CHOSEN = """
    alien alien-monster bomb broken-heart clown-face collision cowboy-hat-face dizzy ghost goblin hole love-letter ogre
    red-heart robot skull skull-and-crossbones smiling-face-with-smiling-eyes speech-balloon star-struck sweat-droplets
    thought-balloon
    fleur-de-lis musical-note trident-emblem
    anatomical-heart artist astronaut baby baby-angel bone boy brain child construction-worker cook detective ear eye eyes
    factory-worker farmer firefighter flexed-biceps foot footprints girl guard handshake health-worker horse-racing judge
    leg lungs man man-dancing man-elf man-fairy man-genie man-in-tuxedo man-mage man-merpeople mechanic mouth mrs-claus
    ninja nose old-man old-woman person person-biking person-climbing person-fencing person-genie person-in-lotus-position
    person-juggling person-rowing-boat person-running person-superhero person-supervillain person-surfing
    person-swimming person-vampire person-walking person-with-crown person-zombie pilot police-officer prince princess
    raised-fist raised-hand santa-claus scientist singer skier snowboarder student teacher thumbs-up tongue tooth troll
    victory-hand waving-hand woman woman-dancing woman-elf woman-fairy woman-mage woman-merpeople woman-with-veil
    """.split()
DROPPED = """
    bar-chart bell-with-slash bookmark-tabs bridge-at-night camera-with-flash card-file-box card-index card-index-dividers
    chart-decreasing chart-increasing chart-increasing-with-yen cityscape cityscape-at-dusk club-suit computer-disk
    control-knobs desert diamond-suit e-mail elevator envelope-with-arrow euro-banknote fireworks
    file-cabinet file-folder first-quarter-moon fog foggy heart-suit identification-card inbox-tray incoming-envelope joker
    last-quarter-moon level-slider locked-with-key locked-with-pen low-battery mahjong-red-dragon map-of-japan
    milky-way mobile-phone-with-arrow moon-viewing-ceremony motorway muted-speaker national-park night-with-stars
    open-file-folder outbox-tray pound-banknote railway-track shooting-star spade-suit sparkler speaker-high-volume
    speaker-low-volume speaker-medium-volume sun-behind-large-cloud sun-behind-small-cloud sunrise
    sunrise-over-mountains sunset tear-off-calendar waning-crescent-moon waning-gibbous-moon waxing-crescent-moon
    waxing-gibbous-moon wind-chime wind-face x-ray yen-banknote
    """.split()  # signs, and whole pictures on a square: no subject of a picture
DIALS = re.compile(r"(oclock|thirty)$")  # they differ in their hands alone


def rows(packages: Path) -> Iterator[dict[str, Any]]:
    """One row a drawing, by its id: its words by language (the name first) and the body of its SVG, 32 units a side."""
    fluent = packages / "@iconify-json/fluent-emoji-flat"
    icons, chars = _json(fluent / "icons.json")["icons"], _json(fluent / "chars.json")
    groups = _json(fluent / "metadata.json")["categories"]
    wanted = {name for group in WHOLE for name in groups[group] if not DIALS.search(name)} - set(DROPPED) | set(CHOSEN)
    signs = {name: sign for sign, name in sorted(chars.items(), reverse=True)}
    notes = {language: _annotations(packages, language) for language in LANGUAGES}
    for name in sorted(wanted & icons.keys()):
        if name not in signs:
            raise SystemExit(f"chars.json has no character for {name}")
        sign = "".join(chr(int(code, 16)) for code in signs[name].split("-")).replace("\ufe0f", "")
        yield {"id": name, **{language: _words(table[sign]) for language, table in notes.items()},
               "svg": icons[name]["body"]}


def _annotations(packages: Path, language: str) -> dict[str, dict[str, list[str]]]:
    file = packages / "cldr-annotations-full/annotations" / language / "annotations.json"
    return {sign.replace("\ufe0f", ""): told for sign, told in _json(file)["annotations"]["annotations"].items()}


def _words(told: dict[str, list[str]]) -> list[str]:
    """The name, then the keywords in the order of CLDR."""
    return list(dict.fromkeys(word.lower() for word in (*told.get("tts", ()), *told.get("default", ()))))


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def text(table: Iterator[dict[str, Any]]) -> str:
    """As it stands in the file: a row a line, by id."""
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in table)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    (HERE / "fluent.jsonl").write_text(text(rows(Path(sys.argv[1]))), encoding="utf-8")
