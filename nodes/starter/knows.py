"""What the starter models know, from the tables that they were taught with: the `knows.json` of each.

    python -m nodegraph_nodes.starter.knows     # writes them anew
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from . import captions
from .sentences import ALONE
from .verse_words import MOOD_NAMES, MOODS
from .vocabulary import CHINESE, COLOURS, ENGLISH, SETTINGS, STYLES, SURROUNDINGS_EN, SURROUNDINGS_ZH, TIMES

MODELS = Path(__file__).parent / "models"
PLACES_EN = ("in", "on", "at", "over", "under", "above", "below", "behind", "near", "beside", "by", "among", "between",
             "inside", "outside", "through", "across", "around")
PLACES_ZH = ("里", "上", "中", "旁", "边", "下", "在")
STYLE_SIGNS = ("style", "painting", "photo", "photograph", "photography", "photorealistic", "realistic", "drawing", "sketch",
          "art", "anime", "manga", "cartoon", "comic", "render", "oil", "pastel", "collage", "woodcut", "engraving",
          "风格", "画", "照片", "摄影", "写实", "动漫", "漫画", "素描")
_LEADING = ("a", "an", "the", "deep", "front", "of", "next", "to")
LITTLE_WORDS = ("a", "an", "the", "of", "and", "with", "it", "its", "my", "your", "one", "is", "that", "which", "to", "this",
                "some", "very", "there", "as", "for", "me")


def painter() -> dict[str, Any]:
    """Of the painter: subjects, colours, settings, styles and times of day, in the phrases of its sentences."""
    subjects = {word: _ways(captions.ENGLISH[word], captions.CHINESE[word]) for word in ALONE}
    said = {"colours": COLOURS, "settings": SETTINGS, "styles": STYLES, "times of day": TIMES}
    groups: dict[str, dict[str, Any]] = {"subjects": {"words": subjects}}
    groups |= {name: {"words": {word: _ways(ENGLISH[word], CHINESE[word]) for word in words}} for name, words in said.items()}
    for name in ("settings", "times of day"):
        groups[name]["words"] = {word: _with_nouns(ways) for word, ways in groups[name]["words"].items()}
    groups["subjects"]["wanted"] = True
    groups["settings"] |= {"before": PLACES_EN, "signs": PLACES_ZH}
    groups["styles"] |= {"signs": STYLE_SIGNS}
    around = [word for table in (SURROUNDINGS_EN, SURROUNDINGS_ZH) for row in table.values() for word in row]
    passed = [*LITTLE_WORDS, *around, *captions.KINDS_EN, *captions.KINDS_ZH, *captions.OPENINGS_EN, *captions.OPENINGS_ZH,
              *captions.CLOSINGS_EN, *captions.CLOSINGS_ZH]
    return {"about": {"en": "Paints 128 x 128 illustrations of any subject that it is shown a drawing of, which "
                            "starter.scene finds; from words alone, a setting and a blob.",
                      "zh": "照着图样画 128 x 128 的插图，主体不限（starter.scene 会找到图样）；只凭文字时，只画得出场景和一团颜色。"},
            "groups": groups, "passed_over": list(dict.fromkeys(passed)),
            "advice": "starter.scene finds a drawing of nearly any subject, and diffusion.encode_image shows it to the model"}


def poet() -> dict[str, Any]:
    """Of the poet: its moods, and the form in which it is asked."""
    return {"about": {"en": "Writes verses of four lines and scenes for a painter, about any subject; asked as starter.prompt "
                            "does.", "zh": "写四行诗和绘画场景，主题不限；用 starter.prompt 提问。"},
            "groups": {"moods": {"words": {mood: moods(mood) for mood in MOODS},
                                 "form": r"(?:\bMood:\s*|心情：)([^.。\n]+)"}},
            "forms": [r"^\s*(Verse|Scene) about ", r"^\s*(诗|场景)："],
            "advice": "starter.prompt puts a subject and a mood into the words that it was taught"}


def moods(mood: str) -> list[str]:
    """All the ways of saying a mood, in English and in Chinese."""
    return _ways(*(MOOD_NAMES[language][mood].split() for language in MOOD_NAMES))


def composer(folder: Path = MODELS / "composer") -> dict[str, Any]:
    """Of a composer: what a piece can be asked to be, by the words of its own tokenizer."""
    words = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["config"]["special_tokens"]
    kinds = {"styles": "Style_", "moods": "Mood_", "tempos": "Pace_", "bars": "Bars_"}
    known = {name: [word[len(sign):].removesuffix("_None") for word in words if word.startswith(sign)] for name, sign in kinds.items()}
    about = {"en": "Composes pieces for a small band with drums, in any key.", "zh": "为带鼓的小乐队作曲，任何调式。"}
    return {"about": about, "groups": {name: {"words": {word: [word] for word in found}} for name, found in known.items()}}


def _with_nouns(ways: list[str]) -> list[str]:
    """Ways of saying a place, also without the words in front of it, between which an adjective may stand."""
    subjects = {way for word in ALONE for way in captions.ENGLISH[word]}
    nouns = [re.sub(rf"^(({'|'.join((*PLACES_EN, *_LEADING))}) )+", "", way) for way in ways]
    return _ways(ways, [noun for noun in nouns if not {noun, noun.removesuffix("s")} & subjects])


def _ways(*rows: Any) -> list[str]:
    return list(dict.fromkeys(way for row in rows for way in row))


def text(told: dict[str, Any]) -> str:
    """As it stands in a file."""
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


PAINTERS_ADVICE = {"guidance_scale": 2.0, "max_sequence_length": 16, "finder": "starter.scene", "finder_version": "2"}


def advise(folder: Path) -> None:
    """Write into a painter's folder what counts where a graph leaves it out (`nodes/diffusion/advice.py`)."""
    (folder / "generation_config.json").write_text(json.dumps(PAINTERS_ADVICE, indent=2) + "\n", encoding="utf-8")


TOLD = {"painter": painter, "poet": poet, "composer": composer}

if __name__ == "__main__":
    for name, told in TOLD.items():
        (MODELS / name / "knows.json").write_text(text(told()), encoding="utf-8")
    advise(MODELS / "painter")
