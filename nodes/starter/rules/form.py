"""What is asked of a piece, and its form: sections of phrases of four bars, with who plays in each.

A form is a letter for each phrase: I introduction, A verse, B chorus, C bridge, K break, Z coda; a blues has choruses of three,
ABC, and DEF where someone improvises over them; so does D elsewhere, and E and F in long pieces. A letter that comes again brings its music again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from ...media.score import key_parts
from .styles import DENSITIES, MOODS, PACES, ROLES, STYLES, Metre, Style

PHRASE = 4  # bars
SECTIONS = {"intro": "I", "verse": "AA", "chorus": "BB", "bridge": "CC", "solo": "DD", "break": "K", "coda": "Z"}
NAMES = {"I": "intro", "A": "verse", "B": "chorus", "C": "bridge", "K": "break", "Z": "coda", **dict.fromkeys("DEF", "solo")}
_BLUES_NAMES = {**dict.fromkeys("ABC", "chorus"), **dict.fromkeys("DEF", "solo")}
_SHORT: dict[int, tuple[str, ...]] = {1: ("A",), 2: ("AA",), 3: ("ABA", "AAB"), 4: ("AABA", "ABAC", "ABAB", "IABA"), 5: ("IAABA", "AABAZ", "AABAC"),
          6: ("IAABAZ", "AABBAA", "IABABZ"), 7: ("IAABBAZ", "IABACAZ", "AABBCAZ"), 8: ("IAABBKAZ", "AABBCCAA", "IAABABAZ", "AABAKABA")}
_LONG = {"song": ("AA", "BB", "AA", "BB", "CC", "K", "BB"), "round": ("AA", "BB", "AA", "CC", "AA", "K", "BB"),
         "aaba": ("AA", "BA", "AA", "BA", "K", "CC", "BA")}


@dataclass(frozen=True)
class Request:
    """What is asked of a piece. bars: a multiple of 4. metre, parts: None and 0 leave them to the style.

    form: names of sections (`intro verse chorus coda`) or `loop`; it then says how long the piece is. programs: General
    MIDI's of those that may play, -1 drums; none leaves them to the style.
    """

    style: str = "waltz"
    mood: str = "calm"
    tempo: str = "medium"
    key: str = "C major"
    bars: int = 32
    metre: Metre | None = None
    parts: int = 0
    density: str = "medium"
    form: str = ""
    programs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name, allowed in (("style", STYLES), ("mood", MOODS), ("tempo", PACES), ("density", DENSITIES)):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it takes one of {', '.join(allowed)}")
        if self.bars < PHRASE or self.bars % PHRASE:
            raise ValueError(f"bars is {self.bars}; it takes a multiple of {PHRASE}")
        if self.parts and not 2 <= self.parts <= len(ROLES):
            raise ValueError(f"parts is {self.parts}; it takes 2 to {len(ROLES)}")
        if self.metre and self.metre not in STYLES[self.style].metres:
            known = ", ".join(f"{upper}/{lower}" for upper, lower in dict.fromkeys(STYLES[self.style].metres))
            raise ValueError(f"metre is {self.metre[0]}/{self.metre[1]}; {self.style} has {known}")
        wrong = [word for word in self.form.split() if word not in SECTIONS]
        if wrong and self.form.strip() != "loop":
            raise ValueError(f"form has {wrong[0]!r}; it takes `loop`, or words of {', '.join(SECTIONS)}")
        key_parts(self.key)

    def lasting(self, bars: int) -> Request:
        """The same of another length."""
        return replace(self, bars=bars)


@dataclass(frozen=True)
class Phrase:
    """Four bars of the plan. ending: open, closed, final, or turn, which leads back. players: roles that play.

    first: its first bar. section: the name of what it is part of. energy: 0 to 1.
    """

    letter: str
    ending: str
    section: str
    first: int
    players: tuple[str, ...]
    energy: float


def letters(rng: random.Random, request: Request) -> str:
    """The form of a piece."""
    style, count = STYLES[request.style], request.bars // PHRASE
    words = request.form.split()
    if words == ["loop"]:
        return "ABC" * max(1, count // 3) if style.form == "blues" else ("AB" * count)[:count] if count < 4 else ("AABB" * count)[:count]
    if words:
        verses = {"AA": "ABC", "BB": "ABC", "CC": "DEF", "DD": "DEF"} if style.form == "blues" else {}
        return "".join(verses.get(SECTIONS[word], SECTIONS[word]) for word in words)
    if style.form == "blues":
        return _blues(count)
    return rng.choice(_SHORT[count]) if count in _SHORT else _long(style, count)


def _blues(count: int) -> str:
    """Choruses of three phrases; what is left goes to an introduction, a coda and a break."""
    turns, rest = divmod(count, 3)
    if not turns:
        return "AC"[-count:] if count == 1 else "AC"
    middle = ["ABC" if turn % 3 != 1 or turn == turns - 1 else "DEF" for turn in range(turns)]
    return ("I" if rest else "") + "".join(middle) + ("Z" if rest == 2 else "")


def _long(style: Style, count: int) -> str:
    """An introduction, sections in their order as often as there is room, with something new each time, and a coda."""
    body, turn, order = "", 0, _LONG[style.form]
    while len(body) < count - 2:
        cycle, at = divmod(turn, len(order))
        body += order[at].replace("C", "CDEF"[min(3, cycle)])
        turn += 1
    body = body[:count - 2]
    return f"I{body}Z"


def phrases(rng: random.Random, request: Request, players: tuple[str, ...]) -> list[Phrase]:
    """The phrases of a piece, with endings and with who plays."""
    form = letters(rng, request)
    loop = request.form.split() == ["loop"]
    blues = STYLES[request.style].form == "blues"
    names = {**NAMES, **_BLUES_NAMES} if blues else NAMES
    found: list[Phrase] = []
    seen: dict[str, int] = {}
    for at, letter in enumerate(form):
        run = len(form[:at + 1]) - len(form[:at + 1].rstrip(letter))  # how many in a row, with this
        following = form[at + 1:at + 2]
        last = at == len(form) - 1
        ends = run % 2 == 0 or following in ("Z", "K", "") or letter in "KZ" or following != letter and run == 1 and at % 2
        ending = "turn" if last and loop else "final" if last else "closed" if ends and letter not in "I" else "open"
        if blues and letter in "ABCDEF":
            ending = "final" if last and not loop else "open"
        if not found or found[-1].letter != letter:
            seen[letter] = seen.get(letter, 0) + 1
        energy = _energy(letter, seen[letter] if len(form) > 8 else 1, at, len(form), blues)
        found.append(Phrase(letter, ending, names.get(letter, "verse"), at * PHRASE, _players(rng, players, letter, energy, seen[letter], found),
                            energy))
    return found


def _energy(letter: str, time: int, at: int, count: int, blues: bool) -> float:
    """How much goes on: less where it begins, in a break and at the end; in long pieces more each time a section comes again."""
    base = {"I": 0.3, "A": 0.55, "B": 0.8, "C": 0.6, "K": 0.25, "Z": 0.5}.get(letter, 0.7) if not blues else \
        {"I": 0.35, "K": 0.25, "Z": 0.6}.get(letter, 0.6)
    grown = 0.12 * (time - 1) if letter not in "IKZ" else 0.0
    return min(1.0, base + grown + (0.1 if count > 8 and at >= count - 3 and letter in "AB" else 0.0))


def _players(rng: random.Random, players: tuple[str, ...], letter: str, energy: float, time: int, before: list[Phrase]) -> tuple[str, ...]:
    """Who plays a phrase: those of a section stay together; an introduction has no tune, a break few players."""
    if before and before[-1].letter == letter or before and letter in "EF" and before[-1].letter in "DE":
        return before[-1].players
    rhythm = tuple(role for role in players if role not in ("lead", "counter", "harmony"))
    if letter == "I":
        return rhythm[:max(1, round(len(rhythm) * 0.5))] if len(rhythm) > 1 else rhythm
    if letter == "K":
        pairs = [pair for pair in (("lead", "chords"), ("bass", "drums"), ("lead", "bass"), ("counter", "chords"), ("arpeggio", "lead"))
                 if set(pair) <= set(players)]
        return rng.choice(pairs) if pairs else players[:1]
    count = max(min(4, len(players)), round(len(players) * (0.45 + 0.6 * energy)))
    return players[:count]
