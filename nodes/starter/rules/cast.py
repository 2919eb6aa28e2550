"""Who plays a piece: a program for each role, the range of each, and a key that goes with a mood."""

from __future__ import annotations

import random

from ...media.score import TONICS
from ...music.controls import reach
from .form import Request
from .styles import MOODS, ROLES, STYLES

UNPITCHED = ("drums", "percussion")
_BASSES = (*range(32, 40), 42, 43, 57, 58, 70, 87)
_ONE_AT_A_TIME = (*range(56, 80), 40, 41, 42, 43, 80, 81, 82, 110, 22)  # instruments that play no chords
_PLAYERS = {"sparse": 3, "medium": 5, "dense": 7}


def fitting_key(style: str, mood: str, seed: int) -> str:
    """A key that goes with a style and a mood."""
    rng = random.Random(f"key/{style}/{mood}/{seed}")
    minor = min(0.95, max(0.03, STYLES[style].minor + MOODS[mood].minor))
    return f"{rng.choice(TONICS)} {'minor' if rng.random() < minor else 'major'}"


def cast(rng: random.Random, request: Request) -> dict[str, int]:
    """A program for each role that plays."""
    style = STYLES[request.style]
    chosen: dict[str, int] = {}
    for role in ROLES:
        options = [program for program in style.programs.get(role, (0,)) if program not in chosen.values()]
        chosen[role] = rng.choice(options or style.programs[role]) if role not in UNPITCHED else 0
    if request.programs:
        return _named(request, style.players)
    kit = bool(style.drums or style.kits)
    roles = [role for role in style.players if role != "drums" or kit]
    count = request.parts or min(len(roles), max(_PLAYERS[request.density], 3))
    if count > len(roles):
        raise ValueError(f"parts is {count}; {request.style} has {len(roles)}")
    return {role: chosen[role] for role in roles[:count]}


def _named(request: Request, players: tuple[str, ...]) -> dict[str, int]:
    """Roles for instruments that were asked for: a bass, the drums, then tune, chords and the rest in order."""
    pitched = [program for program in request.programs if program >= 0]
    found: dict[str, int] = {}
    bass = next((program for program in pitched if program in _BASSES and len(pitched) > 1), None)
    rest = [program for program in pitched if program != bass]
    if not rest:
        raise ValueError("instruments has none for the tune; give one that is no drum and no bass")
    found["lead"] = rest[0]
    others = rest[1:]
    polyphonic = next((program for program in others if program not in _ONE_AT_A_TIME), None)
    if polyphonic is not None:
        found["chords"] = polyphonic
        others.remove(polyphonic)
    elif rest[0] not in _ONE_AT_A_TIME:
        found["chords"] = rest[0]
    if bass is not None:
        found["bass"] = bass
    elif "chords" in found:
        found["bass"] = found["chords"] if range_of("bass", found["chords"])[0] <= 40 else found["lead"]
    free = [role for role in ("counter", "harmony", "pad", "arpeggio", "stabs") if role not in found]
    for role, program in zip(free, others):
        found[role] = program
    if -1 in request.programs:
        found["drums"] = 0
    return {role: found[role] for role in sorted(found, key=lambda role: (players.index(role) if role in players else 99))}


def range_of(role: str, program: int) -> tuple[int, int]:
    """The lowest and highest pitch of a role on an instrument."""
    if role in UNPITCHED:
        return 0, 127
    low, high = reach(program)
    if role == "bass":
        low = max(low, 28)
        return low, min(high, max(52, low + 16))
    if role in ("lead", "harmony"):
        lifted = max(low, 60 if role == "lead" else 52)
        return (lifted, min(high, 88)) if min(high, 88) - lifted >= 14 else (high - 14, high)
    return low, high
