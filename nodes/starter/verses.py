"""The material the little poet learns from, and the judge of its form: a seeded grammar of verses and scenes.

The grammar knows subjects (real, invented, in many phrasings), six moods, places, rhyme and line length, and writes
four-line verses and painter's prompts in English and Chinese. `faults` reads any verse, whoever wrote it, and names
what is wrong with it. Nothing here knows about models.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache, lru_cache

from . import verse_words as words
from .verse_words import MOODS

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Subject:
    """A subject as a user types it, and what a verse needs of it.

    full: the phrase a verse may use ("the red boat"); short: with the bare noun; noun: what must be named ("" if
    nothing can be). where: the user's own place phrase, or "".
    """

    text: str
    full: str
    short: str
    noun: str
    plural: bool = False
    proper: bool = False
    where: str = ""
    place: str = ""
    time: str = ""


@dataclass(frozen=True)
class Example:
    """One thing to learn: after `prompt` comes `answer`. Both are plain text."""

    prompt: str
    answer: str
    task: str
    language: str
    subject: Subject
    mood: str


def example(seed: int, language: str | None = None, task: str | None = None) -> Example:
    """One prompt with its answer; the same seed always gives the same. task is `verse` or `scene`."""
    rng = random.Random(seed)
    language = language or rng.choice(LANGUAGES)
    task = task or rng.choices(("verse", "scene"), (5, 1))[0]
    subject = (_subject_en if language == "en" else _subject_zh)(rng)
    mood = rng.choice(MOODS)
    asked = prompt(task, language, subject.text, _mood_asked(rng, mood, language))
    if task == "scene":
        answer = (_scene_en if language == "en" else _scene_zh)(rng, subject, mood)
    else:
        answer = _sound_verse(rng, subject, mood, language)
    return Example(asked, answer, task, language, subject, mood)


def _sound_verse(rng: random.Random, subject: Subject, mood: str, language: str) -> str:
    """The first draft without faults; a subject that no draft suits gets the best of eight."""
    write, best = (_verse_en if language == "en" else _verse_zh), (1 << 30, "")
    for _ in range(8):
        draft = write(rng, subject, mood)
        wrong = len(faults(draft, subject.text, mood, language, subject.noun))
        if wrong < best[0]:
            best = wrong, draft
        if not wrong:
            break
    return best[1]


def prompt(task: str, language: str, subject: str, mood: str = "") -> str:
    """What the poet is asked, ending in a newline. mood may be any word, or "" to leave it to the poet."""
    if language == "en":
        return f"{task.capitalize()} about {subject}." + (f" Mood: {mood}." if mood else "") + "\n"
    return f"{'诗' if task == 'verse' else '场景'}：{subject}。" + (f"心情：{mood}。" if mood else "") + "\n"


def _mood_asked(rng: random.Random, mood: str, language: str) -> str:
    names = words.MOOD_NAMES[language][mood].split()
    roll = rng.random()
    if roll < 0.1:
        return ""
    if roll < 0.12 and language == "en":
        return _invented(rng)
    return names[0] if roll < 0.7 else rng.choice(names)


class _Draw:
    """Choices that do not repeat within one verse, nor share a stem ("fading gulls fade")."""

    def __init__(self, rng: random.Random, used: frozenset[str] = frozenset()) -> None:
        self.rng, self.used = rng, set(used)

    def one(self, choices):
        fresh = [c for c in choices if _stem(c) not in self.used] or list(choices)
        chosen = self.rng.choice(fresh)
        self.used.add(_stem(chosen))
        return chosen

    def avoid(self, phrase: str) -> None:
        self.used.update(_stem(word) for word in phrase.split())


def _stem(word: str) -> str:
    return word[:4] if word.isascii() and " " not in word else word


# --- Subjects -----------------------------------------------------------------------------------------------------

_ONSETS = "b bl br c ch cl cr d dr f fl fr g gl gr h j k kn l m n p pl pr qu r s sc sh sk sl sm sn sp st str t th tr v w wh y z".split()
_NUCLEI = "a e i o u ai ea ee oa oo ou ie y".split()
_CODAS = "b ck d ft g l ll m mp n nd ng nk nt p r rd rk rm rn rt sk sp st t th x ".split(" ")
_OPEN_ONSETS = "b c d f g h j k l m n p r s t v w z b c d f g l m n p r s t br ch cl cr dr fl gr ph pl pr qu sc sh sp st str th tr".split()
_OPEN_CODAS = "c l m n r s t n r l d g p x nd ng nt ct pt sc".split()
_BEFORE = "un re sub inter micro tele auto photo over under super mid ex con ac ad im per pro trans".split()
_ENDINGS = ("er or et le ow y in on ment ness ing a o ian ist ine ade ion tion ure age ard ite ette eer ant ent al ic ery ory "
            "us um ix ock oon ot ar el our ph ss").split()
_QUALITIES = "y ish ful less ing ed en ous ly al ic ant ary ine ese".split()


def _invented(rng: random.Random, endings: list[str] = _ENDINGS) -> str:
    """A word that is in no list, so that a reader of verses must learn to copy what it does not know.

    Of closed syllables ("stouftmab"), of open ones ("vilorater"), or of two words ("windsheep").
    """
    roll = rng.random()
    if roll < 0.2:
        first = rng.choice(words.THINGS_EN) if rng.random() < 0.5 else rng.choice(_common_words())
        return first + rng.choice((rng.choice(words.THINGS_EN), rng.choice(endings), _syllable(rng)))
    if roll < 0.6:
        parts = [_open_syllable(rng) for _ in range(rng.choice((1, 2, 2, 2, 3, 3, 4)))]
    else:
        parts = [_syllable(rng) for _ in range(rng.choice((1, 1, 1, 2, 2, 2, 2, 3)))]
    if rng.random() < 0.2:
        parts[0] = parts[0].lstrip("bcdfghjklmnpqrstvwxyz") or parts[0]
    if rng.random() < 0.1:
        parts.insert(0, rng.choice(_BEFORE))
    return "".join(parts) + (rng.choice(endings) if rng.random() < 0.45 else "")


@lru_cache(maxsize=1)
def _common_words() -> tuple[str, ...]:
    """Words that verses use in other places, with which a noun may begin ("playground", "blacksmith")."""
    tables = (words.ADJECTIVES_EN, words.NOUNS_EN, words.VERBS_EN, words.HOLDS_EN)
    said = {word for table in tables for row in table.values() for word in row.split()} | set(words.DESCRIPTIONS_EN)
    return tuple(sorted(word for word in said if word.isalpha()))


def _syllable(rng: random.Random) -> str:
    return rng.choice(_ONSETS) + rng.choice(_NUCLEI) + rng.choice(_CODAS)


def _open_syllable(rng: random.Random) -> str:
    onset = rng.choice(_OPEN_ONSETS) if rng.random() < 0.92 else ""
    if len(onset) == 1 and rng.random() < 0.1:
        onset *= 2
    vowel = rng.choice("aeiou") if rng.random() < 0.85 else rng.choice(_NUCLEI)
    return onset + vowel + (rng.choice(_OPEN_CODAS) if rng.random() < 0.35 else "")


def plural_of(noun: str) -> str:
    """The regular English plural, and the irregular ones that the word lists hold."""
    odd = {"child": "children", "man": "men", "woman": "women", "mouse": "mice", "wolf": "wolves", "leaf": "leaves",
           "loaf": "loaves", "thief": "thieves", "fish": "fish", "deer": "deer", "sheep": "sheep", "foot": "feet"}
    if noun in odd:
        return odd[noun]
    if re.search(r"(s|x|z|ch|sh)$", noun):
        return noun + "es"
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + "s"


def a_or_an(word: str) -> str:
    """`a word` or `an word`, by its first letter (and the few lexicon words that sound otherwise)."""
    vowel = word[:1].lower() in "aeiou" and not word.lower().startswith(("uni", "one", "eu"))
    return f"{'an' if vowel or word.lower().startswith(('hour', 'honest')) else 'a'} {word}"


def _noun_en(rng: random.Random) -> str:
    return rng.choice(words.THINGS_EN) if rng.random() < 0.3 else _invented(rng)


def _quality_en(rng: random.Random) -> str:
    if rng.random() < 0.25:
        return rng.choice(words.DESCRIPTIONS_EN[:10])
    return rng.choice(words.DESCRIPTIONS_EN) if rng.random() < 0.65 else _invented(rng, _QUALITIES)


def _where_en(rng: random.Random) -> str:
    if rng.random() < 0.6:
        return rng.choice(words.SETTINGS_EN)
    preposition = rng.choice("in on under near behind beside over across inside above among through with".split())
    noun = _noun_en(rng)
    quality = _quality_en(rng) + " " if rng.random() < 0.4 else ""
    return f"{preposition} " + rng.choice((f"the {quality}{noun}", a_or_an(quality + noun), f"{quality}{plural_of(noun)}"))


def _subject_en(rng: random.Random) -> Subject:
    roll = rng.random()
    if roll < 0.05:
        return _odd_subject(rng, "en")
    named = _named_en(rng)
    text, full, short, noun, many, proper = named
    where = _where_en(rng) if rng.random() < 0.45 else ""
    text, where = _dressed_en(rng, text, where, many)
    time = rng.choice(words.TIMES) if rng.random() < 0.35 else ""
    if time:
        phrase = rng.choice(words.TIMES_EN[time].split(";"))
        text = f"{phrase}, {text}" if rng.random() < 0.15 else f"{text} {phrase}"
    if rng.random() < 0.06:
        text += rng.choice((", ", " and ", ". ", ", with ", " - ")) + _where_en(rng)
    while rng.random() < 0.02 or (len(text) > 120 and rng.random() < 0.6 and len(text) < 400):
        text += ", " + _named_en(rng)[0] + " " + _where_en(rng)
    if rng.random() < 0.05:
        text += rng.choice(("!", "?", " ", "...", " please"))
    if rng.random() < 0.06:
        text = text[:1].upper() + text[1:]
    return Subject(text, full, short, noun, many, proper, where, _place(text, "en"), time or _time(text, "en"))


def _named_en(rng: random.Random) -> tuple[str, str, str, str, bool, bool]:
    """(as typed, full phrase, short phrase, head noun, plural, proper)."""
    noun = _noun_en(rng)
    qualities = " ".join(_quality_en(rng) for _ in range(rng.choices((0, 1, 2), (4, 5, 1))[0]))
    before = qualities + " " if qualities else ""
    roll = rng.random()
    if roll < 0.42:
        if rng.random() < 0.5:
            before += _noun_en(rng) + " "
        typed = rng.choices((a_or_an(before + noun), f"the {before}{noun}", before + noun), (6, 3, 1))[0]
        return typed, f"the {before}{noun}", f"the {noun}", noun, False, False
    if roll < 0.62:
        many = plural_of(noun)
        count = rng.choice(("two ", "three ", "seven ", "many ", "some ", "the ", "", "", ""))
        kept = count if count in ("two ", "three ", "seven ") and rng.random() < 0.5 else ""
        return f"{count}{before}{many}", f"the {kept}{before}{many}", f"the {many}", many, True, False
    if roll < 0.72:
        mass = rng.choice(words.MASS_EN) if rng.random() < 0.75 else _invented(rng, ["ness", "ship", "ity", "hood", "ment"])
        the = "the " if rng.random() < 0.25 else ""
        return f"{the}{before}{mass}", f"the {before}{mass}", f"the {mass}", mass, False, False
    if roll < 0.80:
        name = rng.choice(words.NAMES_EN) if rng.random() < 0.4 else _invented(rng, ["a", "o", "ia", "us"]).capitalize()
        if rng.random() < 0.2:
            name += " " + _invented(rng).capitalize()
        return name, name, name, name.split()[-1], False, True
    if roll < 0.88:
        owner = rng.choice("my your her his our their".split())
        if rng.random() < 0.4:
            owner = f"{owner if rng.random() < 0.7 else 'the'} {_noun_en(rng)}'s"
            return f"{owner} {before}{noun}", f"{owner} {before}{noun}", f"the {noun}", noun, False, False
        return f"{owner} {before}{noun}", f"{owner} {before}{noun}", f"{owner} {noun}", noun, False, False
    if roll < 0.94:
        other = _noun_en(rng)
        link = rng.choice(("a", "the"))
        typed = f"{a_or_an(noun)} and {a_or_an(other)}" if link == "a" else f"the {noun} and the {other}"
        return typed, f"the {noun} and the {other}", f"the {noun} and the {other}", noun, True, False
    owned = rng.choice(words.MASS_EN) if rng.random() < 0.5 else "the " + _noun_en(rng)
    typed = f"{rng.choice((a_or_an(noun), 'the ' + noun))} of {owned}"
    return typed, f"the {noun} of {owned}", f"the {noun}", noun, False, False


def _dressed_en(rng: random.Random, text: str, where: str, many: bool) -> tuple[str, str]:
    """The subject inside a longer phrase: what it is doing, what it is made of, who waits for it."""
    roll = rng.random()
    rest = f" {where}" if where else ""
    doing = rng.choice(words.DOINGS_EN) if rng.random() < 0.8 else _invented(rng, ["ing"])
    if roll < 0.58:
        return text + rest, where
    if roll < 0.70:
        return f"{text} {doing}{rest or ' ' + _where_en(rng)}", where
    if roll < 0.78 and not many:
        verb = rng.choice(words.FINITE_EN) if rng.random() < 0.85 else _invented(rng).removesuffix("s") + "s"
        return f"{text} {rng.choice(('who ', 'that ', '', ''))}{verb}{rest or ' ' + a_or_an(_noun_en(rng))}", where
    if roll < 0.84:
        return f"{text} {rng.choice(('made of', 'full of', 'without', 'like', 'for', 'from', 'waiting for'))} " \
               f"{rng.choice((a_or_an(_noun_en(rng)), plural_of(_noun_en(rng)), rng.choice(words.MASS_EN)))}{rest}", where
    if roll < 0.92:
        frame = rng.choice("waiting for;walking with;looking at;dreaming of;saying goodbye to;a song for;a poem about;"
                           "how I miss;the day I met;thinking about;missing;remembering;in love with".split(";"))
        return f"{frame} {text}{rest}", where
    return text + rest, where


def _odd_subject(rng: random.Random, language: str) -> Subject:
    """Input that is hardly a subject: nothing, punctuation, numbers, one emoji, words of another script.

    A verse can name the emoji; for the rest it is about nothing in particular, which is better than broken letters.
    """
    roll = rng.random()
    if roll < 0.3:
        return Subject(rng.choice(("", " ", "...", "?", "!!!", str(rng.randint(0, 99999)), "#%&", "\"\"", "1 + 1 = 2", "-")),
                       "", "", "")
    if roll < 0.6:
        picture = chr(rng.choice((*range(0x1F300, 0x1F650), *range(0x1F680, 0x1F6C0), *range(0x2600, 0x2700))))
        return Subject(picture, picture, picture, picture, proper=True)
    if language == "zh" and roll < 0.75:
        return Subject(" ".join(_invented(rng) for _ in range(rng.randint(1, 4))), "", "", "")
    low, high = rng.choice(((0x430, 0x44F), (0x430, 0x44F), (0x3B1, 0x3C9), (0x621, 0x64A), (0xAC00, 0xD7A3),
                            (0x3042, 0x3093), (0x905, 0x939), (0x5D0, 0x5EA), (0x30A2, 0x30F3)))
    said = " ".join("".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 8))) for _ in range(rng.randint(1, 4)))
    return Subject(said.capitalize() if rng.random() < 0.5 else said, "", "", "")


def _place(text: str, language: str) -> str:
    """The place a text names or, failing that, where its things usually are."""
    table = words.PLACE_SIGNS_EN if language == "en" else words.PLACE_SIGNS_ZH
    here = set(re.findall(r"[a-z]+", text.lower()))
    for part in (0, 1):
        for place, signs in table.items():
            said = signs.split(" | ")[part].split()
            if here & set(said) if language == "en" else any(sign in text for sign in said):
                return place
    return ""


def _time(text: str, language: str) -> str:
    if language == "en":
        here = set(re.findall(r"[a-z]+", text.lower()))
        return next((t for t, signs in words.TIME_SIGNS_EN.items() if here & set(signs.split())), "")
    return next((t for t, signs in words.TIME_SIGNS_ZH.items() if any(s in text for s in signs.split())), "")


@lru_cache(maxsize=1)
def _common_hanzi() -> tuple[str, ...]:
    """The 3,755 characters of GB 2312's first level, the commonest ones of written Chinese."""
    rows = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return tuple(pair.decode("gb2312") for pair in rows if not (pair[0] == 0xD7 and pair[1] > 0xF9))


def _noun_zh(rng: random.Random) -> str:
    """A noun of the lists, one of any characters, or one with a word of verse in it ("潜水艇", "老火车头")."""
    roll = rng.random()
    if roll < 0.3:
        return rng.choice(words.THINGS_ZH)
    if roll < 0.5:
        parts = [rng.choice(_verse_words_zh()), "".join(rng.choices(_common_hanzi(), k=rng.choices((1, 2), (3, 1))[0]))]
        rng.shuffle(parts)
        return "".join(parts)
    return "".join(rng.choices(_common_hanzi(), k=rng.choices((1, 2, 3, 4, 5), (1, 8, 7, 4, 1))[0]))


@lru_cache(maxsize=1)
def _verse_words_zh() -> tuple[str, ...]:
    """Words of two characters that verses use, with which a noun may begin or end."""
    tables = (words.ADVERBS_ZH, words.VERBS_ZH, words.ADJECTIVES_ZH, words.LOOKS_ZH, words.NOUNS_ZH, words.PLACES_ZH)
    said = {word for table in tables for row in table.values() for word in row.split()} | set(words.THINGS_ZH)
    return tuple(sorted(word for word in said if len(word) == 2))


def _subject_zh(rng: random.Random) -> Subject:
    if rng.random() < 0.05:
        return _odd_subject(rng, "zh")
    noun, full = _noun_zh(rng), ""
    colour = rng.choice(words.COLOURS_ZH) if rng.random() < 0.35 else ""
    quality = rng.choice(words.DESCRIPTIONS_ZH) if rng.random() < 0.85 else "".join(rng.choices(_common_hanzi(), k=2))
    described = rng.choice((quality + "的", "")) if rng.random() < 0.4 else ""
    measure = rng.choice("一一一那这两三") + rng.choice(words.MEASURES_ZH) if rng.random() < 0.45 else ""
    place = rng.choice(words.SETTINGS_ZH) if rng.random() < 0.8 else _noun_zh(rng) + rng.choice("里上下旁中")
    time = rng.choice(words.TIMES) if rng.random() < 0.35 else ""
    said = rng.choice(words.TIMES_ZH[time].split()) if time else ""
    bare = rng.choice((f"{measure}{described}{colour}{noun}", f"{described}{measure}{colour}{noun}",
                       f"{colour + '的' if colour else ''}{noun}"))
    doing = rng.choice(words.DOINGS_ZH)
    roll = rng.random()
    if roll < 0.35:
        text = said + bare if rng.random() < 0.5 else bare + (f"在{said}" if said else "")
    elif roll < 0.55:
        text = f"{said}{place}的{bare}"
    elif roll < 0.66:
        text = f"{bare}在{place}" + (doing if rng.random() < 0.6 else "")
    elif roll < 0.74:
        text = f"{measure}{rng.choice(('在' + place, '正在'))}{doing}的{noun}"
    elif roll < 0.80:
        text = f"{bare}{rng.choice('和与')}{_noun_zh(rng)}"
    elif roll < 0.86:
        text = rng.choice(("我的", "她的", "他的", "你的", "妈妈的", "关于", "等待", "再见，", "想念", "写给", "远方的")) + noun
    elif roll < 0.92:
        text = f"{bare}，{said}{place}"
    else:
        text = f"{noun}{rng.choice(('想要', '梦见', '爱上', '遇见', '唱着歌', '不见了', '回来了', '忘记了'))}{_noun_zh(rng)}"
    while rng.random() < 0.02:
        text += f"，{place}有{_noun_zh(rng)}"
    full = noun
    if colour and colour in text and len(noun) <= 2:
        full = (colour if len(noun) == 2 else colour[0]) + noun
    return Subject(text, full, noun, noun, False, False, "", _place(text, "zh"), time or _time(text, "zh"))


# --- English verses -----------------------------------------------------------------------------------------------

_PLANS = ("SNSZ", "NSCS", "SCNS", "SNSS", "QNSZ", "QSNS", "SSNZ", "SNCS", "NSSZ", "SNNS", "CSNS", "SZNS", "NSNS", "SCSZ",
          "WNSZ", "SNBZ", "NSBS", "WSNS")
_LOOSE = set("gently leaving never overgrown none taking slipping growing letting worn cold calm quiet wild lost left bright tightly "
             "half-dreamt stripped poised wrapped almost holding led gone kept light too remembering about close ready "
             "washed fed laughing made safe soft stealthy glad bursting hello brave bitter barely always day calling half and "
             "homeward never".split())  # tails that a comma parts from the verb
_COUPLETS, _BALLAD = "AABB", "ABCB"  # a ballad's first and third lines are free


def syllables(text: str) -> int:
    """An estimate by vowel groups, right for nearly all of the lexicon."""
    return sum(_syllables(word) for word in re.findall(r"[a-z']+", text.lower()))


@lru_cache(maxsize=10_000)
def _syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = re.search(r"[^aeiouyl]e(s|d)?$|[aeiouy]le$|[aeiouy]les$", word) and not re.search(
        r"([td]ed|[sxz]es|ches|shes|ges|ces)$", word)
    return max(1, groups - bool(silent))


@cache
def _tails(table: str, mood: str, time: str) -> dict[str, tuple[str, ...]]:
    source = getattr(words, table)
    chosen = {}
    for sound, row in source.items():
        entries = re.split(r";\s*", row) if table.endswith("EN") else row.split()
        fit = []
        for entry in entries:
            phrase, marks = entry.rsplit(":", 1)
            moods, _, when = marks.partition("/")
            if mood[0] in moods and when in ("", time if time else when):
                fit.append(phrase)
        if fit:
            chosen[sound] = tuple(fit)
    return chosen


def _rhymes(draw: _Draw, tables: dict[str, tuple[str, ...]], scheme: str) -> list[str]:
    """A tail for each line, so that lines with the same letter rhyme and no tail or end word comes twice."""
    sounds: dict[str, str] = {}
    for letter in dict.fromkeys(scheme):
        enough = [s for s, tails in tables.items()
                  if len({_end(t) for t in tails}) >= scheme.count(letter) and s not in sounds.values()]
        weights = [len(tables[s]) for s in enough]
        sounds[letter] = draw.rng.choices(enough, weights)[0]
    tails, ends = [], set()
    for letter in scheme:
        fresh = [t for t in tables[sounds[letter]] if t not in draw.used and _end(t) not in ends]
        tail = draw.rng.choice(fresh or [t for t in tables[sounds[letter]] if t not in draw.used])
        draw.used.add(tail)
        ends.add(_end(tail))
        tails.append(tail)
    return tails


def _end(tail: str) -> str:
    """What a tail rhymes with: its last word, in Chinese its last character."""
    return tail.split()[-1] if tail.isascii() else tail[-1]


def third_person(verb: str) -> str:
    """`rests` for `rest`, `watches` for `watch`."""
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + ("es" if re.search(r"(s|x|z|ch|sh)$", verb) else "s")


def _verse_en(rng: random.Random, subject: Subject, mood: str) -> str:
    draw = _Draw(rng)
    plan = rng.choice(_PLANS) if subject.noun else rng.choice(("NCNZ", "CNZN", "NZCN", "NNCZ"))
    loose = [i for i, kind in enumerate(plan) if kind in "WB"]
    scheme = _BALLAD if loose else _COUPLETS
    tails = _rhymes(draw, _tails("TAILS_EN", mood, subject.time), scheme)
    for tail in tails:
        draw.avoid(tail)
    lines, opened = [], True
    for index, (kind, tail) in enumerate(zip(plan, tails)):
        tries = [_Draw(rng, frozenset(draw.used)) for _ in range(4)]
        drafts = [(_line_en(d, kind, subject, mood, tail, index == plan.find("S") or index == 0), d) for d in tries]
        line, draw = min(drafts, key=lambda draft: max(0, abs(syllables(draft[0]) - 8) - 1))
        stop = "?" if kind == "Q" else rng.choice((".", ".", ";")) if index == 1 else "." if index == 3 else ","
        lines.append((line[:1].upper() + line[1:] if opened else line) + stop)
        opened = stop in ".?"
    return "\n".join(lines)


def _line_en(draw: _Draw, kind: str, subject: Subject, mood: str, tail: str, first: bool) -> str:
    rng = draw.rng
    tail = (", " if tail.split()[0] in _LOOSE else " ") + tail
    thing = _phrase_en(draw, subject, mood, first)
    verb = draw.one(words.VERBS_EN[mood].split())
    verb = verb if subject.plural else third_person(verb)
    if kind == "S":
        roll = rng.random()
        if roll < 0.25:
            noun = draw.one(words.NOUNS_EN[mood].split())
            return f"{noun} {third_person(draw.one(words.HOLDS_EN[mood].split()))} {thing}{tail}"
        if roll < 0.5 or subject.proper:
            return f"{draw.one(words.OPENERS_EN[mood].split(';'))} {thing} {verb}{tail}"
        if roll < 0.62:
            return f"{draw.one(('here', 'there', 'thus', 'so', 'now'))} {verb} {thing}{tail}"
        return f"{thing} {verb}{tail}"
    if kind == "Q":
        return f"{draw.one(words.QUESTIONS_EN[mood].split(';'))} {thing}{tail}"
    if kind == "W":
        if subject.where and rng.random() < 0.75:
            return f"{subject.where} {thing} {verb}" if rng.random() < 0.5 and not subject.proper else \
                f"{draw.one(words.OPENERS_EN[mood].split(';'))} {thing} {verb} {subject.where}"
        kind = "B"
    if kind == "B":
        side = draw.one(("beside", "near", "around", "above", "close to", "behind"))
        return f"{side} {thing} {_scenery_en(draw, subject, mood)}"
    if kind == "C":
        sense = draw.one(words.SENSES_EN[subject.place].split(";") + words.SENSES_EN[""].split(";"))
        return f"{sense} {third_person(draw.one(words.VERBS_EN[mood].split()))}{tail}"
    if kind == "Z":
        noun, adjective = draw.one(words.NOUNS_EN[mood].split()), draw.one(words.ADJECTIVES_EN[mood].split())
        verb = third_person(draw.one(words.VERBS_EN[mood].split()))
        lead = rng.choice(("and ", "and ", "while ", "where ", "till "))
        return f"{lead}{adjective + ' ' if rng.random() < 0.5 else ''}{noun} {verb}{tail}"
    return f"{_scenery_en(draw, subject, mood)}{tail}"


def _phrase_en(draw: _Draw, subject: Subject, mood: str, first: bool) -> str:
    if subject.proper or not subject.noun:
        return subject.full
    if first:
        return subject.full
    if draw.rng.random() < 0.3 and " and " not in subject.short:
        determiner, noun = subject.short.split(" ", 1)
        return f"{determiner} {draw.one(words.ADJECTIVES_EN[mood].split())} {noun}"
    return subject.short if draw.rng.random() < 0.75 else subject.full


def _scenery_en(draw: _Draw, subject: Subject, mood: str) -> str:
    choices = words.PLACES_EN[subject.place].split() + (words.PLACES_EN[""].split() if draw.rng.random() < 0.35 else [])
    named = subject.text.lower()
    noun = draw.one([n for n in choices if n.rstrip("*").rstrip("s") not in named] or choices)
    verb, adjective = draw.one(words.VERBS_EN[mood].split()), draw.one(words.ADJECTIVES_EN[mood].split())
    if noun.endswith("*"):
        determiner = draw.rng.choice(("the ", "the ", "all the ", "", "some "))
        return f"{determiner}{adjective} {noun[:-1]} {verb}"
    one = noun not in ("foam", "surf", "moss", "frost", "ice", "sand", "heat", "dust", "traffic", "grass", "clover", "water",
                       "air", "rain", "light")
    lead = a_or_an(adjective) if one and draw.rng.random() < 0.4 else f"the {adjective}"
    return f"{lead} {noun} {third_person(verb)}"


# --- Chinese verses -----------------------------------------------------------------------------------------------

_PLANS_ZH = ("SNLS", "NSLS", "SNSZ", "NSSZ", "LNSS", "SSNL", "NLNS", "LSNS", "SLNS", "SZLS")
_PLANS_LONG_ZH = ("SNSZ", "NSSZ", "SNNS", "NSNS", "SZNS", "NSZS")  # a noun of four leaves no room for a mood in its line
_SCHEMES_ZH = ("AABA", "AABB")


def _verse_zh(rng: random.Random, subject: Subject, mood: str) -> str:
    draw = _Draw(rng)
    length = len(subject.noun)
    width = 5 if length in (1, 2) and rng.random() < 0.12 else 7
    plan = rng.choice(_PLANS_LONG_ZH if length >= 4 else _PLANS_ZH) if subject.noun else rng.choice(("NNZN", "NZNN", "NNNZ"))
    verbal, scenic = (_tails(t, mood, subject.time) for t in ("VERBAL_ZH", "SCENIC_ZH"))
    scheme = rng.choice(_SCHEMES_ZH) if width == 7 else "ABCB"  # whose free lines have room for the mood
    if length == 5:
        plan, scheme = rng.choice(("SNSN", "SNSZ", "SZSN")), "ABCB"
    tails = _rhymes(draw, verbal, scheme)
    lines = []
    for index, (kind, tail) in enumerate(zip(plan, tails)):
        sound = next(s for s, t in verbal.items() if tail in t)
        still = [t for t in scenic.get(sound, ()) if t not in draw.used and t[-1] not in {v[-1] for v in tails}]
        line = _line_zh(draw, kind, subject, mood, tail, still, width, index in (0, 2) and scheme == "ABCB")
        lines.append(line + ("，" if index in (0, 2) else "。"))
    return "\n".join(lines)


def _line_zh(draw: _Draw, kind: str, subject: Subject, mood: str, verbal: str, scenic: list[str], width: int,
             loose: bool) -> str:
    rng = draw.rng
    if kind in "SL" and subject.noun:
        noun = subject.full if len(subject.full) <= 4 and rng.random() < 0.6 and width == 7 else subject.noun
        return _subject_line_zh(draw, kind, noun, mood, verbal, scenic, width, loose)
    noun = draw.one(words.NOUNS_ZH[mood].split() if kind == "Z" else _scenery_zh(draw, subject))
    return _two_zh(draw, noun, mood, verbal, scenic, width, loose)


def _scenery_zh(draw: _Draw, subject: Subject) -> list[str]:
    choices = words.PLACES_ZH[subject.place].split() + (words.PLACES_ZH[""].split() if draw.rng.random() < 0.5 else [])
    return [n for n in choices if n not in subject.text] or choices


def _two_zh(draw: _Draw, noun: str, mood: str, verbal: str, scenic: list[str], width: int, loose: bool) -> str:
    """A line about a noun of two characters: 2+3, 2+1+2, or 2+2+3."""
    rng = draw.rng
    if width == 5:
        return noun + (rng.choice(words.ADVERB_ZH[mood]) + draw.one(words.VERBS_ZH[mood].split()) if loose else verbal)
    if scenic and rng.random() < 0.4:
        tail = draw.one(scenic)
        return noun + draw.one(words.VERBS_ZH[mood].split()) + tail
    return noun + draw.one(words.ADVERBS_ZH[mood].split()) + verbal


def _subject_line_zh(draw: _Draw, kind: str, noun: str, mood: str, verbal: str, scenic: list[str], width: int,
                     loose: bool) -> str:
    rng, length = draw.rng, len(noun)
    if length == 1:
        if width == 5:
            return rng.choice("那这小") + noun + verbal
        return f"{draw.one(words.ADJECTIVES_ZH[mood].split())}的{noun}{verbal}"
    if length == 2:
        if kind == "L" and width == 7:
            return draw.one(words.LOOKS_ZH[mood].split()) + noun + verbal
        return _two_zh(draw, noun, mood, verbal, scenic, width, loose)
    if length == 3:
        if kind == "L":
            return rng.choice(words.LOOK_ZH[mood]) + noun + verbal
        return noun + rng.choice(words.ADVERB_ZH[mood]) + verbal
    if length == 4:
        return noun + verbal
    if length == 5:
        return noun + draw.one(words.VERBS_ZH[mood].split())
    return noun[-4:] + verbal


# --- Scenes: prompts for the painter ------------------------------------------------------------------------------

_COLOURS = dict(zip("red orange yellow green blue purple pink white".split(), "红色 橙色 黄色 绿色 蓝色 紫色 粉色 白色".split()))
_COLOUR_SIGNS = {"red": ("red", "crimson", "红"), "orange": ("orange", "brown", "橙"), "yellow": ("yellow", "golden", "黄色", "金色"),
                 "green": ("green", "绿"), "blue": ("blue", "蓝"), "purple": ("purple", "violet", "紫"),
                 "pink": ("pink", "粉"), "white": ("white", "silver", "白色", "银色")}
_PAINTED = {  # what the painter can paint -> (Chinese, English words that mean nearly that, Chinese ones)
    "boat": ("船", "ship sail sailor ferry yacht canoe", "小船 舟 帆船 轮船"), "house": ("房子", "home cottage hut castle", "房屋 小屋 家 城堡"),
    "fox": ("狐狸", "wolf", "小狐狸 狼"), "cat": ("猫", "kitten tiger lion", "小猫 猫咪 老虎"), "bird": ("鸟", "crow raven sparrow owl swan", "小鸟 乌鸦 麻雀 猫头鹰"),
    "fish": ("鱼", "whale shark dolphin", "小鱼 鲸鱼"), "tree": ("树", "oak pine willow", "大树 柳树 橡树"), "flower": ("花", "rose tulip lily poppy", "花朵 玫瑰 百合"),
    "car": ("汽车", "bus taxi truck", "车 电车"), "balloon": ("气球", "parachute", "热气球 降落伞")}
_GROUNDS = {
    "sea": ("on the sea;on a blue sea;on the waves;on a quiet sea", "海上 海面上 平静的海上"),
    "forest": ("in a forest;in a deep forest;in a misty forest;among the pines", "森林里 茂密的森林里 松林里"),
    "snow": ("in the snow;in a snowy forest;in fresh snow", "雪地里 雪地上 雪中"),
    "desert": ("in a desert;among the dunes;in a golden desert", "沙漠里 金色的沙漠里 沙丘上"),
    "city": ("in a city;on a city street;in a busy city", "城市里 街上 热闹的城市里"),
    "meadow": ("in a meadow;in a green meadow;in a field of grass", "草地上 青青的草地上 田野里")}
_HOURS = {"day": ("by day", "白天"), "dusk": ("at dusk", "黄昏"), "night": ("at night", "夜晚"), "dawn": ("at dawn", "黎明")}
_MANNERS = {"watercolour": "水彩", "ink": "水墨", "poster": "海报", "crayon": "蜡笔"}
_INKLINGS = {  # mood -> colours, settings, times, styles that suit it
    "calm": ("blue green white pink", "sea meadow snow", "dawn dusk day", "watercolour ink"),
    "joyful": ("red yellow orange pink", "meadow city sea", "day dawn", "crayon poster"),
    "sad": ("blue purple white", "sea city snow", "dusk night", "watercolour ink"),
    "mysterious": ("purple white blue green", "forest snow desert", "night dusk", "ink watercolour"),
    "tense": ("red orange white", "city desert forest", "night dusk", "poster ink"),
    "dreamy": ("pink purple blue white", "snow sea meadow", "dawn night dusk", "watercolour crayon")}
_USUAL = {"boat": "sea", "fish": "sea", "house": "meadow", "fox": "forest", "tree": "forest", "car": "city"}


def _scene(rng: random.Random, subject: Subject, mood: str) -> tuple[str, str, str, str]:
    """(colour, setting, time, style): what the user said where the user said it, and what suits the mood elsewhere."""
    colours, grounds, hours, manners = (row.split() for row in _INKLINGS[mood])
    said = [c for c, names_ in _COLOUR_SIGNS.items()
            if any(re.search(rf"\b{n}\b", subject.text.lower()) if n.isascii() else n in subject.text for n in names_)]
    ground = subject.place if subject.place in _GROUNDS else rng.choice(grounds)
    return said[0] if said else rng.choice(colours), ground, subject.time or rng.choice(hours), rng.choice(manners)


def _painted(noun: str) -> str:
    """The painter's word for a noun, or ""."""
    for word, (chinese, near, near_zh) in _PAINTED.items():
        forms = {word, *near.split()}
        if noun in forms | {plural_of(f) for f in forms} | {chinese, *near_zh.split()}:
            return word
    return ""


def _scene_en(rng: random.Random, subject: Subject, mood: str) -> str:
    colour, ground, hour, manner = _scene(rng, subject, mood)
    known = _painted(subject.noun)
    several = subject.plural and " and " not in subject.full
    thing = known or ("" if several else subject.noun) or rng.choice(tuple(_PAINTED))
    many = several and subject.noun and not known
    ground = _USUAL.get(known, ground) if subject.place not in _GROUNDS else ground
    name = f"{colour} {subject.noun}" if many else a_or_an(f"{colour} {thing}")
    return f"{name} {rng.choice(_GROUNDS[ground][0].split(';'))} {_HOURS[hour][0]}, {manner}"


def _scene_zh(rng: random.Random, subject: Subject, mood: str) -> str:
    colour, ground, hour, manner = _scene(rng, subject, mood)
    known = _painted(subject.noun)
    thing = _PAINTED[known][0] if known else subject.noun or _PAINTED[rng.choice(tuple(_PAINTED))][0]
    ground = _USUAL.get(known, ground) if subject.place not in _GROUNDS else ground
    return f"{_HOURS[hour][1]}{rng.choice(_GROUNDS[ground][1].split())}的{_COLOURS[colour]}{thing}，{_MANNERS[manner]}"


# --- The judge of form --------------------------------------------------------------------------------------------

_SIGNS = {  # words that set a mood, by hand and apart from the tables the grammar draws from
    "en": {
        "calm": "rest drift wait linger breathe settle doze lean unwind gentle quiet patient slow mild tender peaceful "
                "unhurried soft drowsy kindly easy hushed untroubled peace stillness ease silence comfort softened still safe",
        "joyful": "dance sing laugh spin shine leap glow skip sparkle merry bright laughing golden glad giddy lively "
                  "sparkling cheerful dancing sunny playful singing radiant laughter delight gladness music joy mirth",
        "sad": "fade weep sigh mourn wander grieve tremble ache dwindle weary pale lonely fading sorrowful grey tearful "
               "forsaken mournful hollow wistful aching faded grieving sorrow longing loss grief regret heartache tears",
        "mysterious": "hide whisper watch gleam vanish listen stir linger beckon hidden secret veiled nameless strange hooded "
                      "ancient shadowy unspoken watchful curious cryptic moonstruck half-seen magic silence shadow mist secrets",
        "tense": "tremble shiver strain flinch listen freeze crouch shudder bristle restless taut sharp anxious wary trembling "
                 "bitter breathless uneasy brittle jagged nervous startled coiled dread fear alarm danger thunder panic",
        "dreamy": "float drift dream glimmer sway wander melt shimmer hover drifting hazy floating misty feathered silken "
                  "weightless opal slumbering wandering pearly dreaming lilac cloudy slumber wonder reverie stardust magic"},
    "zh": {
        "calm": "静 轻 缓 慢 悠 徐 安 淡 闲 栖 相依 停歇 从容 徜徉 温柔 低语 伴", "joyful": "欢 笑 喜 乐 舞 歌 跃 嬉 奔跑 闪耀 翩 朗 畅 欣 纷纷",
        "sad": "默 独 空 黯 寂 凄 孤 怅 叹 泣 凋 飘零 哀 憔悴 徘徊 泪 愁 渐 远去 忧 疲惫 悲 怜 忆 思念 往事 旧梦",
        "mysterious": "悄 隐 暗 幽 渺 无声 神秘 诡 低语 闪烁 藏 窥 潜 浮现 沉默 游移 谁 秘 谜 古老 似 传说",
        "tense": "急 瑟 忽 骤 步步 阵阵 惶 匆 紧 颤 屏息 惊 逼 战栗 绷 奔逃 摇晃 不安 警觉 怕 危机 心跳",
        "dreamy": "恍 朦胧 盈盈 飘 依稀 迷离 轻盈 袅袅 梦 漂浮 流转 沉醉 浮沉 低回 消融 幻 似"},
}


def faults(verse: str, subject: str, mood: str, language: str, noun: str | None = None) -> list[str]:
    """What is wrong with a verse, in words; an empty list if nothing is.

    Checks form (four lines, none twice, line length, a rhyme), that the subject is named, that the mood's words set
    the tone, and grammar. noun: what the verse must name; by default it is read out of the subject by rule.
    """
    lines = verse.strip("\n").split("\n")
    found = []
    if len(lines) != 4:
        found.append(f"it has {len(lines)} lines, not four")
    if len({re.sub(r"\W", "", line.casefold()) for line in lines}) < len(lines):
        found.append("a line comes twice")
    if not all(line.strip() for line in lines) or "\ufffd" in verse:
        found.append("a line is empty or broken")
        return found
    noun = main_noun(subject, language) if noun is None else noun
    if noun and not names(verse, noun, language):
        found.append(f"it does not name {noun!r}")
    found += _mood_faults(verse, mood, language)
    return found + (_faults_en(lines, subject, noun) if language == "en" else _faults_zh(lines, subject))


def names(verse: str, noun: str, language: str) -> bool:
    """Whether a verse names a noun; in English as a whole word, in any case, singular or plural."""
    if language == "zh":
        return noun[-4:] in verse or (len(noun) > 4 and noun in verse)
    forms = {noun.casefold(), plural_of(noun.casefold())}
    return any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", verse.casefold()) for form in forms)


def main_noun(subject: str, language: str) -> str:
    """The word a subject is about, by rule of thumb: its last word before a preposition, a verb or the end."""
    if language == "zh":
        return _main_noun_zh(subject)
    stops = set("on in under near behind beside over across inside above among through with at by of from to for who that which "
                "beneath between and made full without like when where as is are was were below around along after "
                "before into against".split()) | set(words.DOINGS_EN) | set(words.FINITE_EN)
    kept: list[str] = []
    for word in re.findall(r"[^\s.,;:!?\"()]+|[.,;:!?]", subject):
        if word.lower() in stops or word in ".,;:!?":
            if kept:
                break
            continue
        if word.lower() not in ("a", "an", "the"):
            kept.append(word)
    return kept[-1] if kept else ""


def _main_noun_zh(subject: str) -> str:
    first = re.split(r"[，。！？、；,.!?]", subject.strip())[0]
    first = re.split(r"正?在", first)[0] or first
    first = first.rsplit("的", 1)[-1]
    first = re.sub(rf"^[一两三那这几][{''.join(words.MEASURES_ZH)}]", "", first)
    first = re.split(r"[和与]", first)[0]
    for colour in words.COLOURS_ZH:
        first = first.removeprefix(colour)
    return first if re.search(r"[\u4e00-\u9fff]", first) else ""


def _mood_faults(verse: str, mood: str, language: str) -> list[str]:
    counts = {m: _signs(verse, m, language) for m in MOODS}
    if counts[mood] < 2:
        return [f"only {counts[mood]} of its words are {mood}"]
    rival = max(counts, key=lambda one: counts[one])
    return [f"it sounds more {rival} than {mood}"] if counts[rival] > counts[mood] else []


def _signs(verse: str, mood: str, language: str) -> int:
    forms = _sign_forms(mood, language)
    if language == "zh":
        return sum(verse.count(sign) for sign in forms)
    return sum(word in forms for word in re.findall(r"[a-z][a-z-]*", verse.lower()))


@cache
def _sign_forms(mood: str, language: str) -> frozenset[str]:
    signs = _SIGNS[language][mood].split()
    return frozenset(signs if language == "zh" else [f for sign in signs for f in (sign, third_person(sign))])


def _faults_en(lines: list[str], subject: str, noun: str) -> list[str]:
    found = []
    said = set(re.findall(r"[\w'-]+", subject.casefold()))
    for line in lines:
        here = re.findall(r"[\w'-]+", line.casefold())
        if not 4 <= syllables(line) <= 16:
            found.append(f"{line!r} has {syllables(line)} syllables")
        found += [f"{a} comes twice running in {line!r}" for a, b in zip(here, here[1:]) if a == b and a != "hello"]
        found += [f"{a} {b}: the wrong article" for a, b in zip(here, here[1:])
                  if a in ("a", "an") and b not in said and f"{a} {b}" != a_or_an(b)]
        found += [f"{w!r} is neither a word of verse nor of the subject" for w in here
                  if w not in _lexicon_en() and w not in said and w not in {plural_of(s) for s in said}]
        found += _agreement(here)
        if line[-1] not in ".,;?!":
            found.append(f"{line!r} ends without punctuation")
    if not _rhyming([re.sub(r"\W+$", "", line).split()[-1].casefold() for line in lines], _sounds("TAILS_EN")):
        found.append("no two lines rhyme")
    return found


def _agreement(here: list[str]) -> list[str]:
    """Verbs that disagree with the noun right before them, where the lexicon knows both."""
    singular, plural, verbs = _inflected()
    found = []
    for at, (a, b) in enumerate(zip(here, here[1:])):
        joined = {"and", "of"} & set(here[max(0, at - 3):at])
        if b in verbs and a in singular and not joined:
            found.append(f"{a} {b}: the verb should be {third_person(b)}")
        if b in verbs.values() and a in plural and not joined:
            found.append(f"{a} {b}: a singular verb after a plural")
        if a in ("a", "an") and b in plural:
            found.append(f"{a} {b}: a singular article before a plural")
    return found


@lru_cache(maxsize=1)
def _inflected() -> tuple[frozenset[str], frozenset[str], dict[str, str]]:
    """(singular nouns, plural nouns, verb -> its third person) that the lexicon knows; `fish` is in neither set."""
    places = [n for row in words.PLACES_EN.values() for n in row.split()]
    same = {n for n in words.THINGS_EN if plural_of(n) == n}
    plural = {n[:-1] for n in places if n.endswith("*")} | {plural_of(n) for n in words.THINGS_EN} - same
    singular = {n for n in places if not n.endswith("*")} | set(words.THINGS_EN) - same
    verbs = {v: third_person(v) for row in words.VERBS_EN.values() for v in row.split()}
    return frozenset(singular - plural), frozenset(plural), verbs


def _faults_zh(lines: list[str], subject: str) -> list[str]:
    found = []
    widths = {len(re.sub(r"[，。！？；]$", "", line)) for line in lines}
    if len(widths) != 1 or not widths <= {5, 7}:
        found.append(f"its lines have {sorted(widths)} characters, not all five or all seven")
    strange = {c for line in lines for c in line if c not in _lexicon_zh() and c not in subject}
    if strange:
        found.append(f"{''.join(sorted(strange))!r} is neither of verse nor of the subject")
    found += [f"{line!r} ends without punctuation" for line in lines if line[-1] not in "，。！？；"]
    if not _rhyming([re.sub(r"[，。！？；]$", "", line)[-1:] for line in lines], _sounds("VERBAL_ZH", "SCENIC_ZH")):
        found.append("no two lines rhyme")
    return found


def _rhyming(ends: list[str], sounds: dict[str, frozenset[str]]) -> bool:
    heard = [sounds.get(end, frozenset()) for end in ends]
    return any(heard[i] & heard[j] and ends[i] != ends[j] for i in range(len(ends)) for j in range(i))


@cache
def _sounds(*tables: str) -> dict[str, frozenset[str]]:
    """End word (or Chinese end character) -> the rhymes it belongs to."""
    heard: dict[str, set[str]] = {}
    for table in tables:
        for sound, row in getattr(words, table).items():
            for entry in re.split(r";\s*", row) if table.endswith("EN") else row.split():
                phrase = entry.rsplit(":", 1)[0]
                heard.setdefault(phrase.split()[-1] if table.endswith("EN") else phrase[-1], set()).add(sound)
    return {end: frozenset(s) for end, s in heard.items()}


@lru_cache(maxsize=1)
def _lexicon_en() -> frozenset[str]:
    rows: list[str] = [phrase.rsplit(":", 1)[0] for row in words.TAILS_EN.values() for phrase in re.split(r";\s*", row)]
    for table in (words.ADJECTIVES_EN, words.NOUNS_EN, words.QUESTIONS_EN, words.OPENERS_EN, words.PLACES_EN, words.SENSES_EN):
        rows += table.values()
    verbs = [v for table in (words.VERBS_EN, words.HOLDS_EN) for row in table.values() for v in row.split()]
    rows += verbs + [third_person(v) for v in verbs]
    rows.append("and while where till the a an all some beside near around above close to behind")
    return frozenset(w for row in rows for w in re.findall(r"[\w'-]+", row.casefold()))


@lru_cache(maxsize=1)
def _lexicon_zh() -> frozenset[str]:
    tables = (words.VERBAL_ZH, words.SCENIC_ZH, words.ADVERBS_ZH, words.VERBS_ZH, words.ADJECTIVES_ZH, words.ADVERB_ZH,
              words.LOOKS_ZH, words.LOOK_ZH, words.NOUNS_ZH, words.PLACES_ZH)
    return frozenset("的那这小，。" + "".join(value for table in tables for value in table.values()))
