"""What styles and moods are, as tables: metres, tempos, who plays, and the patterns that they play.

A pattern has a sign for each sixteenth of a bar; `.` holds on, `_` is silent. In `bass`, r is the root, 5 the fifth, 3 the
third, o the octave, a a step on the way to the next root, k the rhythm of the kick. In `chords`, x is a stroke and X an
accent. Drums are as `grooves` has them, by voice. Programs are General MIDI's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .grooves import CLOSED, CRASH, KICK, LOW, RIDE, SNARE

Metre = tuple[int, int]
ROLES = ("lead", "chords", "bass", "drums", "counter", "pad", "arpeggio", "harmony", "stabs", "percussion")
DENSITIES = ("sparse", "medium", "dense")
PACES = ("slow", "medium", "fast")


@dataclass(frozen=True)
class Style:
    """How a style is played.

    tempo: quarter notes a minute for slow, medium and fast. family: whose progressions; colour: how chords are filled.
    rhythms: a table of `rhythms`. players: roles in the order in which they come in. drums: of grooves, for 4/4; kits: of other
    metres. swung: beats are parted 2 to 1. free: by how much the tempo gives way where phrases end. scale: tones
    that it likes, semitones above the tonic, by mode. minor: the chance of a minor key, where it is left open.
    """

    metres: tuple[Metre, ...]
    tempo: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    family: str
    players: tuple[str, ...]
    bass: dict[Metre, tuple[str, ...]]
    chords: dict[Metre, tuple[str, ...]]
    programs: dict[str, tuple[int, ...]]
    colour: str = "triads"
    drums: tuple[str, ...] = ()
    kits: dict[Metre, tuple[dict[int, str], ...]] = field(default_factory=dict)
    rhythms: str = "straight"
    swung: bool = False
    free: float = 0.0
    form: str = "song"
    busy: int = 0  # added to a mood's density, -1 to 1
    scale: dict[str, tuple[int, ...]] = field(default_factory=dict)
    minor: float = 0.35
    broken: bool = False  # whether the chords are played one note after the other


FOUR, THREE, TWO, SIX = (4, 4), (3, 4), (2, 4), (6, 8)
_PENTATONIC: dict[str, tuple[int, ...]] = {"major": (0, 2, 4, 7, 9), "minor": (0, 3, 5, 7, 10)}
_BLUE: dict[str, tuple[int, ...]] = {"major": (0, 2, 3, 4, 7, 9, 10), "minor": (0, 3, 5, 6, 7, 10)}
_WALTZ_KIT = ({KICK: "X...........", CLOSED: "....x...x...", SNARE: "....o...o..."},
              {KICK: "X...........", RIDE: "x...x...x...", SNARE: "........o..."})
_JIG_KIT = ({KICK: "X.....x.....", SNARE: "....o.....o.", CLOSED: "x...x.x...x."},
            {KICK: "X.....X.....", LOW: "....x.....x."})
_BOSSA_KIT = ({KICK: "X.....x.X.....x.", SNARE: "x..x..x...x..x..", CLOSED: "xoxoxoxoxoxoxoxo"},
              {KICK: "X.....x.X.....x.", SNARE: "..x..x..x..x....", RIDE: "x.x.x.x.x.x.x.x."})
_MARCH_KIT = ({KICK: "X...x...", SNARE: "..x...xx", CLOSED: "....x..."}, {KICK: "X.......", SNARE: "..xx..x.", CRASH: "........"})

STYLES: dict[str, Style] = {
    "waltz": Style((THREE,), ((84, 108), (120, 148), (160, 188)), "classic",
                   ("lead", "chords", "bass", "counter", "drums", "pad", "harmony", "arpeggio", "percussion", "stabs"),
                   {THREE: ("r.......____", "r...........", "r...5...3...", "r.......5...")},
                   {THREE: ("____x.__x.__", "____x.x.x.x.", "____x.......", "____x___xxx_")},
                   {"lead": (73, 40, 71, 68, 21), "chords": (0, 48, 24, 21), "bass": (43, 32, 42), "counter": (71, 42, 60),
                    "pad": (48,), "harmony": (71, 68), "arpeggio": (46, 0), "stabs": (45,)}, kits={THREE: _WALTZ_KIT}, free=0.03,
                   form="round"),
    "march": Style((FOUR, TWO), ((72, 88), (100, 120), (126, 152)), "classic",
                   ("lead", "bass", "chords", "drums", "counter", "harmony", "stabs", "pad", "percussion", "arpeggio"),
                   {FOUR: ("r...5...r...5...", "r_..5_..r_..5_..", "r...5...3...a..."), TWO: ("r...5...", "r_..5_..", "r...a...")},
                   {FOUR: ("____x_______x___", "__x___x___x___x_", "____x___x_x_x___", "x___x_x_x___x_x_"), TWO: ("__x___x_", "____x___", "__x_x_x_")},
                   {"lead": (56, 71, 73, 72), "chords": (60, 61, 0), "bass": (58, 43), "counter": (57, 60, 42), "pad": (61, 48),
                    "harmony": (56, 71), "stabs": (61,), "arpeggio": (71,)}, drums=("march",), kits={TWO: _MARCH_KIT}, rhythms="dotted",
                   form="round"),
    "lullaby": Style((THREE, SIX), ((50, 60), (63, 80), (86, 104)), "classic",
                     ("lead", "chords", "bass", "counter", "pad", "arpeggio", "harmony", "percussion", "stabs", "drums"),
                     {THREE: ("r...........", "r.......5..."), SIX: ("r...........", "r.....5.....")},
                     {THREE: ("x.x.x.x.x.x.", "x...x...x...", "__x.x.x.x.x."), SIX: ("x.x.x.x.x.x.", "x...x.x...x.", "x.....x.....")},
                     {"lead": (10, 73, 11, 75), "chords": (46, 24, 0), "bass": (42, 43, 32), "counter": (71, 42), "pad": (89, 48, 52),
                      "harmony": (68, 11), "arpeggio": (46, 8), "stabs": (9,)}, free=0.05, form="round", busy=-1, scale=_PENTATONIC, broken=True),
    "jazz": Style((FOUR, FOUR, THREE), ((76, 96), (112, 144), (164, 200)), "jazz",
                  ("lead", "chords", "bass", "drums", "counter", "harmony", "stabs", "pad", "percussion", "arpeggio"),
                  {FOUR: ("r...3...5...a...", "r...5...o...a...", "r...a...5...a...", "r...5...3...a..."),
                   THREE: ("r...5...a...", "r.......a...", "r...3...5...")},
                  {FOUR: ("x___..x_________", "___x____x_______", "______x_____x___", "x_________x_____", "__x_______x___x_"),
                   THREE: ("x_____x_____", "__x___x_____", "____x_____x_")},
                  {"lead": (65, 56, 11, 66, 71), "chords": (0, 26), "bass": (32,), "counter": (66, 57, 71), "pad": (48,),
                   "harmony": (56, 66), "stabs": (61,), "arpeggio": (11,)}, "sevenths", ("swing",),
                  {THREE: ({RIDE: "X...x..xx...", CLOSED: "....x.......", KICK: "x..........."},)}, "swing", True, 0.0, "aaba"),
    "ambient": Style((FOUR,), ((46, 56), (60, 76), (80, 96)), "modal",
                     ("lead", "chords", "bass", "pad", "counter", "arpeggio", "harmony", "percussion", "stabs", "drums"),
                     {FOUR: ("r...............", "r.......5.......", "r...............")},
                     {FOUR: ("x...............", "x.......x.......", "____x...........", "x.....x.........")},
                     {"lead": (11, 73, 88, 10), "chords": (4, 46), "bass": (39, 43, 42), "counter": (91, 71), "pad": (89, 48, 91),
                      "harmony": (73, 11), "arpeggio": (46, 98), "stabs": (98,)}, "ninths", free=0.03, rhythms="long", busy=-1,
                     scale=_PENTATONIC),
    "bossa": Style((FOUR,), ((100, 116), (120, 138), (142, 160)), "jazz",
                   ("lead", "chords", "bass", "drums", "percussion", "counter", "pad", "harmony", "stabs", "arpeggio"),
                   {FOUR: ("r.....5.5.....r.", "r.....r.5.....5.", "r.....5.o.....5.")},
                   {FOUR: ("x__x__x___x__x__", "x___x_x___x_x___", "__x__x__x_x___x_", "x_x___x__x__x___")},
                   {"lead": (73, 11, 65, 24), "chords": (24, 0), "bass": (32,), "counter": (71, 66), "pad": (48,), "harmony": (66, 73),
                    "stabs": (61,), "arpeggio": (11,)}, "sevenths", kits={FOUR: _BOSSA_KIT}, rhythms="pushed", form="aaba"),
    "blues": Style((FOUR,), ((66, 84), (92, 116), (126, 152)), "blues",
                   ("lead", "chords", "bass", "drums", "counter", "harmony", "stabs", "pad", "percussion", "arpeggio"),
                   {FOUR: ("r...3...5...3...", "r..rr..35..5o..5", "r...3...5...a...", "r..55..33..55..r")},
                   {FOUR: ("____x__x____x___", "x__x____x__x____", "x__xx__xx__xx__x", "____X_______X__x")},
                   {"lead": (22, 65, 26, 66), "chords": (16, 0, 27), "bass": (33, 32), "counter": (66, 57), "pad": (16,), "harmony": (65, 56),
                    "stabs": (61,), "arpeggio": (0,)}, "dominants", ("shuffle",), rhythms="swing", swung=True, form="blues", scale=_BLUE,
                   minor=0.2),
    "folk": Style((FOUR, SIX, FOUR), ((84, 100), (108, 124), (128, 144)), "folk",
                  ("lead", "chords", "bass", "percussion", "counter", "drums", "harmony", "arpeggio", "pad", "stabs"),
                  {FOUR: ("r...5...r...5...", "r.......5.......", "r...r...5...5..."), SIX: ("r.....5.....", "r...r.5...5.", "r.....r.....")},
                  {FOUR: ("__x.__x.__x.__x.", "x.__x.__x.__x.xx", "x.xxx.xxx.xxx.xx", "____x.xx____x.xx"), SIX: ("x...x.x...x.", "____x.____x.", "x.x.x.x.x.x.")},
                  {"lead": (40, 73, 75, 22, 110), "chords": (24, 21, 25), "bass": (32, 43), "counter": (71, 42), "pad": (20, 48), "harmony": (40, 73),
                   "arpeggio": (105, 46), "stabs": (21,)}, drums=("march",), kits={SIX: _JIG_KIT}, rhythms="dance", form="round", busy=1),
    "chorale": Style((FOUR, THREE), ((56, 66), (70, 84), (88, 104)), "chorale",
                     ("lead", "chords", "bass", "counter", "pad", "harmony", "stabs", "arpeggio", "percussion", "drums"),
                     {FOUR: ("r...3...5...a...", "r...5...r...a...", "r.......5...a...", "r...a...r...5..."), THREE: ("r...3...a...", "r.......5...", "r...5...a...")},
                     {FOUR: ("x...x...x...x...", "x...x...x.......", "x.......x...x...", "x...x.x.x...x..."), THREE: ("x...x...x...", "x.......x...", "x...x.x.x...")},
                     {"lead": (68, 73, 40, 52), "chords": (19, 52, 48), "bass": (43, 42), "counter": (71, 60, 52), "pad": (48, 52), "harmony": (71, 60),
                      "stabs": (57,), "arpeggio": (46,)}, rhythms="hymn", free=0.06, form="round", busy=-1),
    "chiptune": Style((FOUR,), ((100, 116), (124, 144), (150, 172)), "pop",
                      ("lead", "bass", "chords", "drums", "arpeggio", "harmony", "counter", "stabs", "pad", "percussion"),
                      {FOUR: ("r_o_r_o_r_o_r_o_", "r_r_o_r_r_r_o_r_", "r_rrr_rro_rrr_rr", "r..r..r.r..r..o.")},
                      {FOUR: ("x_x_x_x_x_x_x_x_", "X___x_x_X___x_x_", "x__x__x_x__x__x_", "__x___x___x___x_")},
                      {"lead": (80, 81), "chords": (80, 81), "bass": (38, 39), "counter": (81, 80), "pad": (90,), "harmony": (80, 81),
                       "arpeggio": (80, 84), "stabs": (81,)}, drums=("chiptune",), rhythms="pop", busy=1, minor=0.5),
    "film": Style((FOUR, FOUR, THREE), ((58, 70), (76, 92), (104, 126)), "film",
                  ("lead", "chords", "bass", "pad", "counter", "arpeggio", "stabs", "harmony", "percussion", "drums"),
                  {FOUR: ("r...............", "r.......r.......", "r.......5......."), THREE: ("r...........", "r.......5...")},
                  {FOUR: ("x.x.x.x.x.x.x.x.", "x.......x.......", "x..x..x.x..x..x.", "x.x.xxx.x.x.xxx."), THREE: ("x.x.x.x.x.x.", "x.....x.....")},
                  {"lead": (40, 60, 68, 73), "chords": (48, 0, 46), "bass": (43, 42), "counter": (60, 42, 71), "pad": (48, 52), "harmony": (68, 73),
                   "arpeggio": (46, 45), "stabs": (61,)}, kits={FOUR: ({LOW: "X.....x.x.......", KICK: "X..............."},), THREE: _WALTZ_KIT},
                  rhythms="long", free=0.04, minor=0.65, broken=True),
    "pop": Style((FOUR,), ((76, 92), (98, 116), (120, 132)), "pop",
                 ("lead", "chords", "bass", "drums", "pad", "counter", "arpeggio", "harmony", "percussion", "stabs"),
                 {FOUR: ("k", "r_r_r_r_r_r_r_r_", "r..r..r.5..5..o.", "k")},
                 {FOUR: ("X.....x.X.......", "X..x..X..x..X...", "x.......x.......", "X.x.x.x.X.x.x.x.")},
                 {"lead": (73, 80, 40, 11), "chords": (4, 0, 25), "bass": (33, 39), "counter": (71, 65), "pad": (48, 89), "harmony": (80, 73),
                  "arpeggio": (98, 11), "stabs": (61, 81)}, drums=("pop", "rock"), rhythms="pop"),
    "ballad": Style((FOUR, FOUR, SIX), ((56, 66), (68, 82), (84, 96)), "pop",
                    ("lead", "chords", "bass", "drums", "pad", "counter", "harmony", "arpeggio", "percussion", "stabs"),
                    {FOUR: ("r.......5.......", "r.....r.5.......", "k"), SIX: ("r.....5.....", "r.........5.")},
                    {FOUR: ("x.x.x.x.x.x.x.x.", "x.......x.......", "x...x...x...x..."), SIX: ("x.x.x.x.x.x.", "x.....x.....")},
                    {"lead": (73, 40, 65, 68), "chords": (0, 4), "bass": (32, 33), "counter": (42, 60), "pad": (48, 89), "harmony": (71, 68),
                     "arpeggio": (46, 24), "stabs": (61,)}, drums=("ballad",), kits={SIX: ({KICK: "X...........", SNARE: "......x.....",
                                                                                           CLOSED: "x.o.o.x.o.o."},)}, free=0.03, broken=True),
    "tango": Style((FOUR,), ((96, 108), (112, 124), (128, 138)), "classic",
                   ("lead", "chords", "bass", "counter", "harmony", "pad", "percussion", "stabs", "arpeggio", "drums"),
                   {FOUR: ("r_..r_..r_..r_a.", "r..a..r.5...r...", "r.....r.5...a...")},
                   {FOUR: ("x_..x_..x_..x_x_", "x__x__x_x___x___", "X__x__x_X_x_x_x_")},
                   {"lead": (21, 40), "chords": (0, 21), "bass": (43, 32), "counter": (71, 42), "pad": (48,), "harmony": (40,), "arpeggio": (0,),
                    "stabs": (45,)}, rhythms="dotted", minor=0.9, form="round"),
}


@dataclass(frozen=True)
class Mood:
    """How a mood moves. density: weights of sparse, middling and busy bars. centre: the pitch around which it sings.

    arc: semitones above it, bar by bar of a phrase. repeats: what a repeated note costs. sounding: the share of a note's
    time that it sounds. minor: added to the chance of a minor key. loud: added to velocities. dark: the chance of a borrowed chord.
    """

    density: tuple[int, int, int]
    centre: int
    arc: tuple[int, int, int, int]
    repeats: float = 1.5
    sounding: float = 1.0
    minor: float = 0.0
    loud: int = 0
    dark: float = 0.0


MOODS: dict[str, Mood] = {
    "calm": Mood((4, 5, 0), 70, (0, 2, 3, 0), 2.0, 1.0, -0.1, -8),
    "joyful": Mood((0, 4, 5), 74, (0, 3, 6, 2), 1.2, 0.8, -0.35, 6),
    "sad": Mood((3, 5, 1), 69, (5, 3, 1, -2), 2.0, 1.0, 0.5, -6, 0.2),
    "mysterious": Mood((4, 4, 1), 66, (0, -2, 4, -1), 1.6, 0.9, 0.45, -6, 0.3),
    "tense": Mood((0, 3, 6), 70, (0, 2, 4, 6), 0.4, 0.6, 0.4, 6, 0.2),
    "dreamy": Mood((3, 5, 1), 75, (0, 4, 6, 3), 2.4, 1.0, -0.1, -8, 0.15),
}
