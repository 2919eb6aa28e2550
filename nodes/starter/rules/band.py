"""Rules that compose for a band: `composed` gives a piece in a style and a mood, with sections, from two to ten players.

What returns in the same company is the same to the note; who joins in plays something new. Written in sixteenths, then set in ticks,
twelve to a quarter note, which hold swung quavers alike. Nothing here knows a model.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from ...media.score import Score, key_parts
from .cast import cast, fitting_key, range_of
from .form import PHRASE, Phrase, Request, phrases
from .harmony import Bars, key_margin, near, phrase_chords
from .melody import Notes, Setting, Singer
from .players import DRUMS, Part, Players, Strikes
from .setting import score_of
from .styles import DENSITIES, MOODS, PACES, ROLES, STYLES

_MARGIN = 0.1  # by which the key's profile is to go better with the chords than any other's


@dataclass(frozen=True)
class Piece:
    """A Score with the plan it was made from. harmony: the chords of each bar, by Roman numerals."""

    request: Request
    score: Score
    phrases: tuple[Phrase, ...]
    harmony: tuple[tuple[str, ...], ...]


def composed(request: Request, seed: int, breathing: bool = True) -> Piece:
    """A piece that answers the request; the same request and seed give the same piece.

    Tune and chords go by seed, style, mood, key and metre alone, so that other densities and parts set the same tune.
    breathing: whether the tempo gives way where phrases end.
    """
    style = STYLES[request.style]
    fixed = f"{request.style}/{request.mood}/{request.key}/{request.metre}/{seed}"
    dice = {name: random.Random(f"{name}/{fixed}") for name in ("plan", "tune", "chords", "band", "hand")}
    metre = request.metre or dice["plan"].choice(style.metres)
    programs = cast(dice["plan"], request)
    plan = phrases(random.Random(f"form/{fixed}"), request, tuple(programs))
    ranges = {role: range_of(role, program) for role, program in programs.items()}
    tonic, mode = key_parts(request.key)
    low, high = ranges["lead"]
    setting = Setting(style, MOODS[request.mood], metre, tonic, mode, low, high, 0)
    band = _Band(dice, setting, ranges, seed)
    played, harmony = band.piece(plan)
    bpm = float(dice["plan"].randint(*style.tempo[PACES.index(request.tempo)]))
    return Piece(request, score_of(request, played, programs, plan, metre, bpm, breathing), tuple(plan), tuple(harmony))


def bars_for(request: Request, seed: int, minutes: float) -> int:
    """How many bars of a request last so long, a multiple of 4."""
    score = composed(replace(request, bars=8, form=""), seed, False).score
    _, upper, lower = score.metres[0]
    return max(8, round(minutes * score.tempos[0][1] / (4 * upper / lower) / PHRASE) * PHRASE)


def drawn(seed: int, lengths: tuple[int, ...] = (8, 12, 16, 16, 20, 24, 28, 32)) -> Request:
    """A request with every part drawn; lengths: of which its bars are drawn."""
    rng = random.Random(f"request/{seed}")
    style, mood = rng.choice(list(STYLES)), rng.choice(list(MOODS))
    return Request(style, mood, rng.choice(PACES), fitting_key(style, mood, seed), rng.choice(lengths), density=rng.choice(DENSITIES))


class _Band:
    """One piece as it is being set; what was set before for the same phrase and players is set again."""

    def __init__(self, dice: dict[str, random.Random], setting: Setting, ranges: dict[str, tuple[int, int]], seed: int) -> None:
        self.dice, self.setting = dice, setting
        self.singer = Singer(dice["tune"], setting)
        ranges = {"chords": (47, 84), "bass": (28, 52), "counter": (52, 76), "harmony": (52, 80), **ranges}
        self.players = Players(dice["band"], setting, ranges, seed)
        self._chords: dict[str, dict[str, Bars]] = {}
        self._made: dict[tuple[object, ...], dict[str, Strikes]] = {}

    def piece(self, plan: list[Phrase]) -> tuple[dict[str, Strikes], list[tuple[str, ...]]]:
        """What each role plays in the whole, and the chords of its bars."""
        self._settle(plan)
        played: dict[str, Strikes] = {role: [] for role in ROLES}
        harmony: list[tuple[str, ...]] = []
        bar = self.setting.bar
        for phrase in plan:
            chords = self.chords(phrase)
            for role, strikes in self.phrase(phrase, chords).items():
                loud = _loudness(phrase, role, self.setting.mood.loud)
                played[role] += [(phrase.first * bar + start, length, pitch, velocity + loud + _swell(start // bar))
                                 for start, length, pitch, velocity in strikes]
            harmony += chords
        if plan[-1].ending == "final":
            self._end(played, plan)
        return {role: strikes for role, strikes in played.items() if strikes}, harmony

    def _settle(self, plan: list[Phrase]) -> None:
        """Draw the chords of all letters until they tell the key of the piece, or thirty times."""
        setting = self.setting
        best: tuple[float, dict[str, dict[str, Bars]]] = (-9.0, {})
        for _ in range(30):
            self._chords = {}
            margin = key_margin([name for phrase in plan for bar in self.chords(phrase) for name in (bar * 2)[:2]], setting.tonic, setting.mode)
            best = max(best, (margin, self._chords), key=lambda one: one[0])
            if margin > _MARGIN:
                break
        self._chords = best[1]

    def chords(self, phrase: Phrase) -> Bars:
        """The chords of a phrase; an introduction and a break take those of the verse."""
        setting = self.setting
        letter = {"I": "A", "K": "A"}.get(phrase.letter, phrase.letter)
        letter = {"D": "A", "E": "B", "F": "C"}.get(letter, letter)
        if letter not in self._chords:
            self._chords[letter] = phrase_chords(self.dice["chords"], setting.style.family, setting.mode, letter, setting.style.colour,
                                                 setting.mood.dark)
        return self._chords[letter]["open" if phrase.ending == "turn" else phrase.ending]

    def phrase(self, phrase: Phrase, chords: Bars) -> dict[str, Strikes]:
        """What each role plays, from the phrase's own beginning on: a crash begins a chorus, a fill ends what does not stay open."""
        crash, turns = phrase.letter == "B", phrase.ending in ("closed", "turn")
        quiet = phrase.energy < 0.45
        key = phrase.letter, phrase.ending, phrase.players, quiet
        if key not in self._made:
            lead: Notes = []
            if phrase.letter != "I":
                lead = self.singer.phrase(phrase.letter, "open" if phrase.ending == "turn" else phrase.ending, chords)
            heard = lead if {"lead", "harmony"} & set(phrase.players) else []
            kinds = [kind for kind in ("toms", "snare", "build") if phrase.energy > 0.5 or kind == "snare"]
            fill = self.dice["hand"].choice(kinds) if turns and not quiet else ""
            part = Part(phrase.letter, phrase.ending, chords, heard, self.setting, self.players.ranges)
            self._made[key] = self.players.play(part, phrase.players, phrase.energy, fill, crash)
        return self._made[key]

    def _end(self, played: dict[str, Strikes], plan: list[Phrase]) -> None:
        """The last bar: all who play then hold the tonic chord, with one stroke of the drums."""
        bar, setting = self.setting.bar, self.setting
        first = (plan[-1].first + 3) * bar
        for role, strikes in played.items():
            if role not in ("lead", "harmony"):
                played[role] = [(start, min(length, first - start), pitch, velocity) for start, length, pitch, velocity in strikes if start < first]
        last = max((strike for strike in played["lead"]), default=(first, bar, near((setting.tonic,), setting.centre, setting.low, setting.high), 80))
        sung = min((pitch for start, length, pitch, _ in played["lead"] if start + length > first), default=last[2])
        goal = last[2]
        if "lead" not in plan[-1].players:
            played["lead"].append((first, bar, near((setting.tonic,), setting.centre, setting.low, setting.high), 80))
        here = set(plan[-1].players)
        for role, pitches in self.players.last(min(sung, goal)).items():
            if role in here:
                played[role] += [(first, bar, pitch, {"chords": 60, "bass": 78}[role]) for pitch in pitches]
        for role in here & {"pad", "counter"}:
            low, high = self.players.ranges.get(role, (48, 84))
            pitch = near([setting.tonic, (setting.tonic + 7) % 12], 58, max(low, 48), max(max(low, 48) + 12, min(high, sung - 2)))
            if pitch < sung:
                played[role].append((first, bar, pitch, 56))
        if "drums" in here and self.players.groove:
            played["drums"] += [(first, 1, DRUMS[0], 92), (first, 1, DRUMS[7], 84)]


def _swell(bar: int) -> int:
    """A phrase grows towards its third bar."""
    return (0, 3, 7, 1)[bar % 4]


def _loudness(phrase: Phrase, role: str, mood: int) -> int:
    return mood + round(30 * (phrase.energy - 0.6)) - (6 if role == "lead" and phrase.section == "break" else 0)
