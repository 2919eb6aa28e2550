"""What is said of files that are no music, or music of kinds that are not read."""

from __future__ import annotations

import re

from nodegraph import file_kind

HEAD = 4096
_EXPORT = "export it as MusicXML or MIDI from the program that it is from"
_KINDS: tuple[tuple[bytes, str], ...] = (
    (rb"<museScore[\s>]", "a score of MuseScore"),
    (rb"<mei[\s>]", "MEI"),
    (rb"<opus[\s>]", "a list of scores (an opus of MusicXML)"),
    (rb"<GPIF>|FICHIER GUITAR PRO|BCF[SZ]", "a tablature of Guitar Pro"),
    (rb"\*\*kern", "Humdrum (**kern)"),
    (rb"\\version\s*\"|\\relative|\\score\s*\{", "LilyPond"),
    (rb"\x0fSIBELIUS", "a score of Sibelius"),
    (rb"ENIGMA BINARY FILE", "a score of Finale"),
    (rb"\[NoteWorthy ArtWare\]", "a score of NoteWorthy"),
    (rb"FLhd", "a project of FL Studio"),
    (rb"Extended Module: |IMPM", "a tracker module"))
_ADVICE = {"sound": "media.read_audio reads sounds", "picture": "media.read_image reads pictures",
           "video": "media.read_video reads films", "archive": "unpack it first", "page": "download the music itself",
           "pointer": "fetch the music itself with `git lfs pull`"}


def refusal(name: str, data: bytes) -> str:
    """One sentence on a file that is neither MIDI nor MusicXML nor ABC: what it is, and what to do."""
    head = data[:HEAD]
    known = next((kind for mark, kind in _KINDS if re.search(mark, head)), "")
    if known:
        return f"{name} is {known}, which is not read; {_EXPORT}"
    kind = file_kind(head)
    if kind is not None and "SVG" in kind.name:
        return f"{name} is {kind.name} and no written music; give a MIDI or MusicXML file"
    if kind is not None:
        return f"{name} is {kind.name} and no written music; {_ADVICE.get(kind.family, 'give a MIDI or MusicXML file')}"
    if re.search(rb"^X:\s*\d", head, re.M):
        return f"{name} looks like ABC and lacks the key (K:), with which a tune begins; add a line such as K:C"
    return f"{name} is no MIDI file (it has no header), and neither MusicXML nor ABC; give one of these"
