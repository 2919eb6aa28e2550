"""How the starter poet likes to be asked."""

from __future__ import annotations

import re
from typing import Literal

from nodegraph import InputError, node

_HAN = re.compile("[\u3400-\u9fff]")


MOST = {"en": 16, "zh": 28}  # words, or characters: what the poet was taught to read of a subject


Mood = Literal["calm", "joyful", "sad", "mysterious", "tense", "dreamy", "平静", "欢快", "忧伤", "神秘", "紧张", "梦幻"]


@node("starter.prompt", version=3)
def prompt(subject: str, mood: Mood | None = None, task: Literal["verse", "scene"] = "verse") -> str:
    """Ask the starter poet in the words it was taught: in Chinese if the subject is, else in English.

    subject: what the verse is about, such as `a red boat at dusk` or `雪夜的小狐狸`. The poet is small: of a long
        one it is told the first 16 words, or the first 28 Chinese characters.
    mood: how the verse should feel; left out, the poet chooses.
    task: a verse of four lines, or a scene to be painted.
    """
    from . import verses  # a table of words, which is not wanted where a graph is only checked
    from .verse_words import MOOD_NAMES

    subject = " ".join(subject.split()).rstrip(".。!！")
    if not subject:
        raise InputError("subject is empty; say what the verse is about")
    language = "zh" if _HAN.search(subject) else "en"
    if language == "en":
        subject = " ".join(subject.split()[:MOST["en"]])[:120].rstrip(" ,;:")
    else:
        subject = subject[:MOST["zh"]].rstrip("，、；： ")
    names = {word: MOOD_NAMES[language][key].split()[0] for key in MOOD_NAMES["en"]
             for word in (key, MOOD_NAMES["zh"][key].split()[0])}
    return verses.prompt(task, language, subject, names[mood] if mood else "")
