"""What each player of a band does with a phrase: chords, bass, drums, a counter-melody and the rest, below the tune.

Strikes are (start, length, pitch, velocity) in sixteenths from the phrase's first; velocities are those of middling loudness.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from . import grooves
from .harmony import Bars, near, tones, voiced
from .melody import Notes, Setting, below

Strikes = list[tuple[int, int, int, int]]
DRUMS = (36, 38, 42, 46, 45, 48, 50, 49, 51)  # General MIDI's keys, by voice of grooves
_PERCUSSION = {(4, 4): ((54, "....x.......x..."), (82, "x.o.x.o.x.o.x.o."), (70, "xoooxoooxoooxooo"), (75, "x..x..x...x.x...")),
               (3, 4): ((81, "x..........."), (54, "....x...x..."), (82, "x.o.x.o.x.o.")), (2, 4): ((54, "....x..."), (81, "x.......")),
               (6, 8): ((54, "x...o.x...o."), (82, "x.oox.x.oox."), (81, "x..........."))}
_STABS = {16: ("______x_______x_", "__x_______x_x___", "X_____x_________", "____x_______x_x_"), 12: ("________x___", "X_______x_x_"), 8: ("__x___x_", "X___x_x_")}
_TOP = 74  # of what accompanies, where nobody sings


@dataclass(frozen=True)
class Part:
    """A phrase as the players see it. lead: what is sung, or nothing."""

    letter: str
    ending: str
    bars: Bars
    lead: Notes
    setting: Setting
    ranges: dict[str, tuple[int, int]]

    def spans(self) -> list[tuple[int, int, str, str]]:
        """Each chord: from where, how long, its name, and that of the next."""
        bar, found = self.setting.bar, []
        for at, names in enumerate(self.bars):
            edges = [at * bar + bar * k // len(names) for k in range(len(names) + 1)]
            found += [(begin, end - begin, name) for begin, end, name in zip(edges, edges[1:], names)]
        following = [name for _, _, name in found[1:]] + [self.bars[0][0]]
        return [(*span, after) for span, after in zip(found, following)]

    def chord_at(self, step: int) -> str:
        """The chord that holds at a sixteenth."""
        return next(name for begin, length, name, _ in reversed(self.spans()) if begin <= step)

    def roof(self, begin: int, end: int) -> int:
        """The highest pitch for what accompanies, a tone below all that is sung meanwhile."""
        return min((pitch for start, length, pitch in self.lead if start < end and start + length > begin), default=_TOP + 2) - 2


class Players:
    """The players of one piece, with their patterns and where their hands are."""

    def __init__(self, rng: random.Random, setting: Setting, ranges: dict[str, tuple[int, int]], seed: int) -> None:
        self.rng, self.setting, self.ranges = rng, setting, ranges
        style, metre = setting.style, setting.metre
        self.comps = self._comps(style.chords[metre])
        self.walks = [rng.choice(style.bass[metre]) for _ in range(3)]
        self.groove = self._groove(seed)
        self.shaken = rng.choice(_PERCUSSION[metre])
        self.stabbed = rng.choice(_STABS[setting.bar])
        self.rise = rng.choice(((0, 1, 2, 1), (0, 1, 2, 3), (0, 2, 1, 2), (2, 1, 0, 1)))
        self.hand: tuple[int, ...] = ()
        self.cushion: tuple[int, ...] = ()
        self.low, self.line = 40, 62

    def _comps(self, patterns: Sequence[str]) -> list[str]:
        """Rhythms of chords, four for each of four sections, all of them different where that can be."""
        found: list[str] = []
        order = self.rng.sample(sorted(set(patterns)), len(set(patterns)))
        for at in range(16):
            pattern = order[at // 4 % len(order)] if at % 4 < 2 else self.rng.choice(order)
            for turn in range(16):
                if (turn or at % 4 == 0) and self._onsets(pattern) not in map(self._onsets, found):
                    break
                pattern = self._displaced(pattern)
            found.append(pattern)
        return found

    def _onsets(self, pattern: str) -> frozenset[int]:
        """Where a rhythm strikes; swung, the third and fourth sixteenth of a beat are one."""
        swung = self.setting.style.swung
        return frozenset(step - (swung and step % 4 == 3) for step, sign in enumerate(pattern) if sign in "xX")

    def _displaced(self, pattern: str) -> str:
        """A rhythm with one stroke more, or, where it has several, perhaps one less."""
        strokes = [step for step, sign in enumerate(pattern) if sign in "xX"]
        free = [step for step in range(2, len(pattern), 2 if len(pattern) > 8 else 1) if pattern[step] not in "xX" and pattern[step - 1] not in "xX"]
        if len(strokes) > 2 and (not free or self.rng.random() < 0.4):
            at = self.rng.choice(strokes[1:])
            return pattern[:at] + "." + pattern[at + 1:]
        at = self.rng.choice(free or [len(pattern) // 2])
        return pattern[:at] + "x" + pattern[at + 1:]

    def _groove(self, seed: int) -> grooves.Strokes:
        """Two bars of drums; none where the style has none."""
        style, metre, bar = self.setting.style, self.setting.metre, self.setting.bar
        if metre in style.kits:
            kit = self.rng.choice(style.kits[metre])
            written = {(step + turn * bar, voice): {"X": 108, "x": 88, "o": 46}[sign] for turn in (0, 1) for voice, pattern in kit.items()
                       for step, sign in enumerate(pattern) if sign in "Xxo"}
            return grooves.performed(self.rng, written)
        if not style.drums or metre != (4, 4):
            return {}
        name = self.rng.choice(style.drums)
        strokes = grooves.groove(seed, name).strokes
        if name in ("swing", "bossa", "ballad", "march"):  # where a crash would be out of place in every round
            strokes = {place: velocity for place, velocity in strokes.items() if place[1] != grooves.CRASH}
        return strokes

    def kicks(self, bar: int) -> str:
        """The kick of a bar as a pattern of the bass: the root where it falls, the fifth or octave on its last."""
        length, first = self.setting.bar, bar % 2 * self.setting.bar
        signs = ["r" if (first + step, grooves.KICK) in self.groove else "." for step in range(length)]
        signs[0] = "r"
        struck = [step for step, sign in enumerate(signs) if sign == "r"]
        if len(struck) > 2:
            signs[struck[-1]] = "5"
        return "".join(signs)

    def play(self, part: Part, players: Sequence[str], energy: float, fill: str, crash: bool) -> dict[str, Strikes]:
        """What each role plays in a phrase."""
        played: dict[str, Strikes] = {role: [] for role in players}
        if "lead" in played:
            played["lead"] = [(start, length, pitch, 92) for start, length, pitch in part.lead]
        for begin, length, name, after in part.spans():
            roof = part.roof(begin, begin + length)
            classes = tones(name, self.setting.tonic)
            self.hand = voiced(classes, self.hand, *self._room("chords", roof)) or self.hand
            self._accompany(played, part, (begin, length, name, after), roof)
        if "counter" in played:
            played["counter"] = self._answered(part, played["counter"])
        if "harmony" in played:
            played["harmony"] = [(start, length, pitch, 70) for start, length, pitch in
                                 below(part.lead, part.chord_at, self.setting, max(50, self.ranges["harmony"][0]))
                                 if pitch <= self.ranges["harmony"][1]]
        if "drums" in played:
            played["drums"] = self._drummed(len(part.bars), energy, fill, crash)
        if "percussion" in played:
            played["percussion"] = self._shaken(len(part.bars))
        return played

    def _room(self, role: str, roof: int) -> tuple[int, int]:
        low, high = self.ranges.get(role, (48, 84))
        low = max(47, low)
        return low, max(low + 3, min(roof, _TOP, high))

    def _accompany(self, played: dict[str, Strikes], part: Part, span: tuple[int, int, str, str], roof: int) -> None:
        begin, length, name, after = span
        bar = self.setting.bar
        classes, place = tones(name, self.setting.tonic), begin % bar
        comp = self.comps[4 * ("IABC".find(part.letter) % 4) + (0, 1, 0 if part.ending == "open" else 3, 2)[begin // bar % 4]]
        if "chords" in played:
            played["chords"] += self._struck(comp[place:place + length], begin, self.hand, 64)
        if "bass" in played:
            walk = self.walks["IABC".find(part.letter) % len(self.walks)]
            walk = self.kicks(begin // bar) if walk == "k" else walk
            played["bass"] += self._walked(walk[place:place + length], begin, classes, tones(after, self.setting.tonic))
        if "pad" in played:
            self.cushion = voiced(classes, self.cushion, *self._room("pad", roof), most=3) or self.cushion
            played["pad"] += [(begin, length, pitch, 52) for pitch in self.cushion]
        if "arpeggio" in played:
            low, high = self._room("arpeggio", roof)
            rungs = [pitch for pitch in range(max(low, 55), high + 1) if pitch % 12 in classes][:5] or list(self.hand)
            played["arpeggio"] += [(begin + at, 2, rungs[self.rise[at // 2 % 4] % len(rungs)], 56) for at in range(0, length - length % 2, 2)]
        if "stabs" in played:
            low, high = self._room("stabs", roof)
            chosen = [pitch for pitch in self.hand[-3:] if low <= pitch <= high]
            played["stabs"] += [(begin + step, min(2, long), pitch, 74) for step, long in _lengths(self.stabbed[place:place + length], "xX")
                                for pitch in chosen]
        if "counter" in played:
            played["counter"] += self._held(part, begin, length, classes, roof)

    def _struck(self, pattern: str, at: int, pitches: Sequence[int], velocity: int) -> Strikes:
        strokes = _lengths(pattern, "xX", True)
        if self.setting.style.broken and len(strokes) > 2 and pitches:
            wave = [*pitches, *pitches[-2:0:-1]]
            return [(at + step, length, wave[turn % len(wave)], velocity) for turn, (step, length) in enumerate(strokes)]
        return [(at + step, length, pitch, velocity + 12 * (pattern[step] == "X")) for step, length in strokes for pitch in pitches]

    def _walked(self, signs: str, at: int, classes: Sequence[int], following: Sequence[int]) -> Strikes:
        low, high = self.ranges["bass"]
        if not signs or signs[0] in "._":
            signs = "r" + signs[1:]
        root = near(classes[:1], 0.5 * self.low + 0.5 * min(40, (low + high) / 2), low, high)
        goal = near(following[:1], root, low, high)
        toward = goal - 1 if goal > root else goal + 1
        octave = root + 12 if root + 12 <= high else root - 12 if root - 12 >= low else root
        pitches = {"r": root, "5": near(classes[2:3], root, low, high), "3": near(classes[1:2], root, low, high), "o": octave,
                   "a": toward if low <= toward <= high else root}
        self.low = root
        return [(at + step, length, pitches[signs[step]], 82 + 4 * (step == 0)) for step, length in _lengths(signs, "r53oa")]

    def _held(self, part: Part, begin: int, length: int, classes: Sequence[int], roof: int) -> Strikes:
        """A long note against the tune: near the last, below what is sung, and not of what the hand plays if it can be."""
        low, high = self.ranges["counter"]
        sung = {pitch % 12 for start, long, pitch in part.lead if start <= begin < start + long}
        options = [pitch for pitch in range(max(low, 52), min(high, roof - 1) + 1) if pitch % 12 in classes]
        if not options:
            return []
        self.line = min(options, key=lambda pitch: (abs(pitch - self.line) + 4 * (pitch % 12 in sung) + 2 * (pitch <= max(self.hand, default=0)), pitch))
        return [(begin, length, self.line, 68)]

    def _answered(self, part: Part, held: Strikes) -> Strikes:
        """The long notes, moved along by steps in the last bar, where the tune rests."""
        bar = self.setting.bar
        quiet = max((start + length for start, length, _ in part.lead), default=0)
        last_start = max((start for start, _, _ in part.lead), default=0)
        if not held or last_start >= 3 * bar + bar // 2 or quiet < 3 * bar or held[-1][0] > 3 * bar:
            return held
        begin, length, pitch, velocity = held[-1]
        beat = bar // 3 if self.setting.metre == (3, 4) else bar // 4
        steps = [one for one in range(pitch - 5, min(pitch + 6, part.roof(begin + beat, begin + length))) if self.ranges["counter"][0] <= one
                 and one % 12 in tones(part.chord_at(begin), self.setting.tonic) and one != pitch]
        if not steps or self.rng.random() < 0.35:
            return held
        return [*held[:-1], (begin, 2 * beat, pitch, velocity), (begin + 2 * beat, length - 2 * beat, self.rng.choice(steps), velocity)]

    def _drummed(self, bars: int, energy: float, fill: str, crash: bool) -> Strikes:
        bar = self.setting.bar
        quiet = energy < 0.45
        strokes = {(step + 2 * bar * turn, voice): velocity for turn in range(-(-bars // 2)) for (step, voice), velocity in self.groove.items()
                   if step + 2 * bar * turn < bars * bar and not (quiet and voice in (grooves.SNARE, grooves.CRASH))}
        if fill:
            strokes = grooves.filled(self.rng, strokes, fill, bars * bar, 4 if bar < 16 or not crash else self.rng.choice((4, 8)))
        if crash and energy > 0.6:
            strokes.pop((0, grooves.CLOSED), None)
            strokes[0, grooves.CRASH] = 104
        return [(step, 1, DRUMS[voice], velocity) for (step, voice), velocity in sorted(strokes.items())]

    def _shaken(self, bars: int) -> Strikes:
        key, pattern = self.shaken
        return [(turn * len(pattern) + step, 1, key, {"X": 84, "x": 66, "o": 44}[sign]) for turn in range(bars)
                for step, sign in enumerate(pattern) if sign in "Xxo"]

    def last(self, lead: int) -> dict[str, tuple[int, ...]]:
        """The pitches of the last bar: the tonic chord, below a last note."""
        setting = self.setting
        triad = tones("I" if setting.mode == "major" else "i", setting.tonic)
        low, high = self.ranges["bass"]
        self.hand = voiced(triad, self.hand, *self._room("chords", lead - 2)) or self.hand
        return {"chords": self.hand, "bass": (near(triad[:1], self.low, low, high),)}


def _lengths(pattern: str, signs: str, first: bool = False) -> list[tuple[int, int]]:
    """Where a pattern strikes and for how long: until the next stroke, or a silence. first: something always begins what is held on."""
    starts = [step for step, sign in enumerate(pattern) if sign in signs]
    found = [(step, next((later for later in range(step + 1, len(pattern)) if pattern[later] != "."), len(pattern)) - step) for step in starts]
    return found or ([(0, len(pattern))] if first and pattern and set(pattern) <= {"."} else [])
