"""Rules that write two-bar drum grooves in many styles: patterns, variations, ghost notes, fills and velocities.

Time is counted in sixteenths of 4/4, sixteen to a bar; nine voices, as Magenta's drum models have them. A pattern is
written as a drummer would: `X` an accent, `x` a stroke, `o` a ghost note, `.` nothing. Nothing here knows a model.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

VOICES = ("kick", "snare", "closed hat", "open hat", "low tom", "mid tom", "high tom", "crash", "ride")
KICK, SNARE, CLOSED, OPEN, LOW, MID, HIGH, CRASH, RIDE = range(9)
BAR = 16
_LOUDNESS = {"X": 112, "x": 92, "o": 44}
_PULSE = (8, -6, 2, -6) * 4  # of velocities within a bar: beats stand out, sixteenths between them step back

Strokes = dict[tuple[int, int], int]  # (sixteenth, voice) -> velocity


@dataclass(frozen=True)
class Style:
    """What a style may play, each a choice of one-bar patterns.

    time: what keeps time, as (voice, pattern). ghosts: the chance of a ghost note at a free sixteenth of the snare.
    opened: the chance that the last hat before a beat is open. fills: the chance that the second bar ends in one.
    crashes: the chance of a crash on one. feet: voices that are added as they are, such as a hat trodden on two and four.
    """

    kicks: tuple[str, ...]
    snares: tuple[str, ...]
    time: tuple[tuple[int, str], ...]
    ghosts: float = 0.0
    opened: float = 0.15
    fills: float = 0.35
    crashes: float = 0.25
    feet: tuple[tuple[int, str], ...] = ()
    tempo: tuple[int, int] = (90, 130)
    fill_kinds: tuple[str, ...] = ("toms", "snare", "build", "break")


_BACK = ("....X.......X...",)
_EIGHTHS, _OFFBEATS, _SIXTEENTHS, _QUARTERS = "X.x.X.x.X.x.X.x.", "..X...X...X...X.", "XoxoXoxoXoxoXoxo", "X...X...X...X..."
STYLES: dict[str, Style] = {
    "rock": Style(("X.......X.......", "X.......X.x.....", "X.....x.X.......", "X.x.......X.....", "X..x....X..x...."),
                  _BACK, ((CLOSED, _EIGHTHS), (CLOSED, "x.x.x.x.x.x.x.x."), (RIDE, _EIGHTHS), (OPEN, _QUARTERS)), 0.04,
                  tempo=(105, 150)),
    "pop": Style(("X.....x.X.......", "X.......X.....x.", "X..x..x.X..x....", "X.....X...x....."), _BACK,
                 ((CLOSED, _EIGHTHS), (CLOSED, _SIXTEENTHS)), 0.03, 0.2, tempo=(95, 128)),
    "ballad": Style(("X.......x.......", "X.....x.x.......", "X...............", "X.......x.x....."),
                    ("....x.......x...", "........X......."), ((CLOSED, "x.o.x.o.x.o.x.o."), (RIDE, "x.o.x.o.x.o.x.o.")),
                    0.02, 0.05, 0.25, 0.2, tempo=(60, 84)),
    "funk": Style(("X..x......x..x..", "X.x.......x..x..", "X......x..X..x..", "X..x..x...x....."),
                  ("....X.......X...", "....X..o.o..X...", "....X..o....X..o"),
                  ((CLOSED, _SIXTEENTHS), (CLOSED, "X.xxX.xxX.xxX.xx")), 0.14, 0.2, 0.3, 0.1, tempo=(92, 112)),
    "soul": Style(("X.....x.x.......", "X..x....x.x.....", "X.....x...x....."), ("....X.......X...", "x...X...x...X..."),
                  ((CLOSED, _EIGHTHS), (RIDE, _EIGHTHS)), 0.08, 0.1, tempo=(88, 118)),
    "disco": Style((_QUARTERS, "X...X...X...X.x."), _BACK, ((OPEN, _OFFBEATS), (CLOSED, "X.x.X.x.X.x.X.x."), (CLOSED, _SIXTEENTHS)),
                   0.02, 0.7, 0.3, 0.3, tempo=(112, 126)),
    "house": Style((_QUARTERS,), ("....x.......x...", "...x..x....x..x.", "................"), ((OPEN, _OFFBEATS), (CLOSED, _OFFBEATS)),
                   0.0, 0.0, 0.2, 0.1, ((CLOSED, "o...o...o...o..."),), (120, 128), ("build", "break", "snare")),
    "techno": Style((_QUARTERS, "X...X...X...X..x"), ("............x...", "................", "....x.......x..."),
                    ((CLOSED, _SIXTEENTHS), (OPEN, _OFFBEATS), (CLOSED, _OFFBEATS)), 0.0, 0.0, 0.2, 0.1, (), (126, 140),
                    ("build", "break")),
    "hiphop": Style(("X..x......x.....", "X......x..X.....", "X.x....x..x.....", "X.....x...X..x.."), _BACK,
                    ((CLOSED, _EIGHTHS), (CLOSED, "X.x.X.xxX.x.X.x.")), 0.05, 0.15, 0.15, 0.05, tempo=(82, 98)),
    "trap": Style(("X.....x...x.....", "X..x......X...x.", "X.........x..x.."), ("........X.......",),
                  ((CLOSED, "x.x.x.x.x.xxx.x."), (CLOSED, "x.xxx.x.x.x.xxxx"), (CLOSED, _SIXTEENTHS)), 0.0, 0.15, 0.1, 0.05,
                  (), (130, 150), ("build", "break", "snare")),
    "breakbeat": Style(("X.x.......xx....", "X.x......x.x....", "X.x.......x.....", "X.....x...x..x.."),
                       ("....X..o.o..X..o", "....X..o.o....X.", "....X..o.o..X..."), ((RIDE, _EIGHTHS), (CLOSED, _EIGHTHS)), 0.03, 0.1,
                       tempo=(130, 172)),
    "swing": Style(("o...o...o...o...", "X...............", "x.......x.......", "o...o...o..x...."),
                   ("................", "...........o....", ".......o........", "...o.......o...."), ((RIDE, "X...x..xX...x..x"), (RIDE, "X..xx..xX..xx..x")),
                   0.02, 0.0, 0.3, 0.15, ((CLOSED, "....x.......x..."),), (120, 200), ("snare", "toms")),
    "shuffle": Style(("X.......X.......", "X..x....X..x....", "X......xX......."), _BACK,
                     ((CLOSED, "X..xX..xX..xX..x"), (RIDE, "X..xX..xX..xX..x")), 0.04, 0.1, tempo=(84, 130)),
    "bossa": Style(("X..xX..xX..xX..x", "x..xx..xx..xx..x"), ("x..x..x...x..x..", "..x..x..x..x...."),
                   ((CLOSED, "x.x.x.x.x.x.x.x."), (RIDE, "x.x.x.x.x.x.x.x.")), 0.0, 0.0, 0.1, 0.05, (), (110, 144), ("snare",)),
    "samba": Style(("x..Xx..Xx..Xx..X", "x..xX..xx..xX..x"), ("x.xx.x.xx.x.xx.x", "X.x..x.x.x.x..x.", "xoxxoxoxxoxxoxox"),
                   ((CLOSED, _SIXTEENTHS), (RIDE, _EIGHTHS)), 0.03, 0.05, 0.25, 0.1, (), (96, 116), ("snare", "toms")),
    "son": Style(("...x..X....x..X.", "......X.......X."), ("X..x..x...x.x...", "..x.x...X..x..x."), ((RIDE, "X.xx.xX.x.xx.xX."), (CLOSED, _EIGHTHS)),
                 0.0, 0.0, 0.2, 0.1, ((HIGH, "............x.x."),), (90, 110), ("toms", "snare")),
    "reggae": Style(("........X.......", "........X......."), ("........X.......", "........X.....o."), ((CLOSED, "X.x.X.x.X.x.X.x."), (CLOSED, "X..xX..xX..xX..x")),
                    0.02, 0.2, 0.35, 0.2, tempo=(70, 92)),
    "afrobeat": Style(("X..x..x...x.x...", "X.....x...x..x.."), ("....x..x....x...", "...x..x....x..x."), ((CLOSED, "X.xxX.xxX.xxX.xx"), (RIDE, "X.x.xx.x.x.xx.x.")),
                      0.06, 0.2, 0.2, 0.1, tempo=(100, 124)),
    "march": Style(("X.......X.......", "X...x...X...x..."), ("x.xxx.xxx.xxx.x.", "X...x.xxX...xxxx", "x..xx..xx.x.xxx."), ((CLOSED, "................"), (CLOSED, "....x.......x...")),
                   0.1, 0.0, 0.2, 0.3, (), (96, 120), ("snare",)),
    "metal": Style(("XxXxXxXxXxXxXxXx", "X.xxX.xxX.xxX.xx", "X.x...xxX.x...xx"), ("....X.......X...", "........X......."),
                   ((CRASH, _QUARTERS), (RIDE, _EIGHTHS), (OPEN, _QUARTERS)), 0.0, 0.0, 0.4, 0.5, tempo=(120, 180)),
    "chiptune": Style(("X...x...X...x...", "X..x..X...X.....", "X.......X......."), _BACK, ((CLOSED, "x.x.x.x.x.x.x.x."), (CLOSED, "..x...x...x...x.")),
                      0.0, 0.1, 0.3, 0.1, (), (120, 160), ("snare", "build")),
    "tribal": Style(("X.....X.....X...", "X..X..X...X.X..."), ("................", "............x..."), ((LOW, "x..x..x.x..x..x."), (MID, "..x..x.x..x..x.x")),
                    0.0, 0.0, 0.3, 0.2, ((HIGH, "......x.......xx"),), (92, 120), ("toms",)),
}


@dataclass(frozen=True)
class Groove:
    """Two bars of drums. strokes: (sixteenth, voice) -> velocity 1..127. bpm: quarter notes per minute."""

    style: str
    bpm: int
    strokes: Strokes = field(hash=False)


def groove(seed: int, style: str = "") -> Groove:
    """Two bars in a style, or in one that is drawn; the same seed always gives the same."""
    rng = random.Random(f"groove/{style}/{seed}")
    style = style or rng.choice(list(STYLES))
    manner = STYLES[style]
    first = _bar(rng, manner)
    second = dict(first) if rng.random() < 0.5 else _varied(rng, manner, first)
    strokes = {**first, **{(step + BAR, voice): velocity for (step, voice), velocity in second.items()}}
    if rng.random() < manner.fills:
        strokes = filled(rng, strokes, rng.choice(manner.fill_kinds), 2 * BAR, rng.choice((4, 4, 8)))
    if rng.random() < manner.crashes:
        strokes.pop((0, CLOSED), None)
        strokes.pop((0, OPEN), None)
        strokes[0, CRASH] = 110
    return Groove(style, rng.randint(*manner.tempo), performed(rng, strokes))


def _bar(rng: random.Random, manner: Style) -> Strokes:
    voice, pattern = rng.choice(manner.time)
    kick = _displaced(rng, rng.choice(manner.kicks), 0.5)
    strokes = dict(_written([(voice, _displaced(rng, pattern, 0.3)), (KICK, kick), (SNARE, rng.choice(manner.snares)), *manner.feet]))
    _ghosts(rng, manner, strokes)
    _opened(rng, manner, strokes)
    return strokes


def _displaced(rng: random.Random, pattern: str, chance: float) -> str:
    """A pattern that has, by chance, one stroke more or less off the strong beats, or one that comes a sixteenth earlier."""
    if rng.random() > chance:
        return pattern
    signs, at = list(pattern), rng.choice([step for step in range(1, BAR) if step % 8])
    if signs[at] == ".":
        signs[at] = "x"
    elif at % 4 and rng.random() < 0.5 and signs[at - 1] == ".":
        signs[at - 1], signs[at] = signs[at], "."
    else:
        signs[at] = "."
    return "".join(signs)


def _written(parts: Iterable[tuple[int, str]]) -> Iterable[tuple[tuple[int, int], int]]:
    for voice, pattern in parts:
        for step, sign in enumerate(pattern):
            if sign in _LOUDNESS:
                yield (step, voice), _LOUDNESS[sign]


def _ghosts(rng: random.Random, manner: Style, strokes: Strokes) -> None:
    for step in range(1, BAR, 2):
        if rng.random() < manner.ghosts * 2 and (step, SNARE) not in strokes and (step, KICK) not in strokes:
            strokes[step, SNARE] = _LOUDNESS["o"]


def _opened(rng: random.Random, manner: Style, strokes: Strokes) -> None:
    for step in (14, 6):
        if (step, CLOSED) in strokes and rng.random() < manner.opened:
            del strokes[step, CLOSED]
            strokes[step, OPEN] = _LOUDNESS["x"]
            return


def _varied(rng: random.Random, manner: Style, first: Strokes) -> Strokes:
    """The bar again with another foot, or with other ghost notes."""
    if rng.random() < 0.5:
        kept = {place: velocity for place, velocity in first.items() if place[1] != KICK}
        return kept | dict(_written([(KICK, _displaced(rng, rng.choice(manner.kicks), 0.5))]))
    kept = {place: velocity for place, velocity in first.items() if place[1] != SNARE}
    kept |= dict(_written([(SNARE, rng.choice(manner.snares))]))
    _ghosts(rng, manner, kept)
    return kept


def filled(rng: random.Random, strokes: Strokes, kind: str, end: int, length: int) -> Strokes:
    """The strokes with a fill of so many sixteenths before an end, which silences what kept time.

    toms go down the kit, snare is a roll, build is a roll that grows, break leaves one stroke and silence.
    """
    begin = end - length
    kept = {(step, voice): velocity for (step, voice), velocity in strokes.items()
            if step < begin or step >= end or voice == KICK and kind != "build" and step % 4 == 0}
    if kind == "toms":
        drums = (SNARE, HIGH, MID, LOW)
        gap = rng.choice((1, 2)) if length > 4 else 1
        for step in range(0, length, gap):
            kept[begin + step, drums[step * 4 // length]] = 96 + step
    elif kind == "snare":
        figure = rng.choice(("xxxx", "x.xx", "xx.x", "x.x.")) if length == 4 else rng.choice(("x.xxx.xx", "xxxxx.x.", "x..x..x."))
        kept |= {(begin + step, SNARE): 88 + 3 * step for step, sign in enumerate(figure) if sign == "x"}
    elif kind == "build":
        kept |= {(begin + step, SNARE): 60 + 50 * step // length for step in range(length)}
    else:
        kept |= {(begin, SNARE): 112, (begin, KICK): 112}
    return kept


def performed(rng: random.Random, strokes: Strokes) -> Strokes:
    """Strokes with the weights of the bar and the unevenness of a hand in their velocities."""
    return {(step, voice): max(1, min(127, round(velocity + (_PULSE[step % BAR] if voice in (CLOSED, RIDE) else 0) + rng.gauss(0, 4))))
            for (step, voice), velocity in sorted(strokes.items())}
