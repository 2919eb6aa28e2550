"""What pictures are said to show: by captions, by text files of the same names, or by the names of the pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from nodegraph import InputError, warn

_BREAKS = re.compile(r"[\s_\-.,()\[\]+]+")
_CAMERAS = {"img", "dsc", "dscf", "dscn", "pxl", "image", "photo", "picture", "pic", "scan", "screenshot", "untitled", "file",
            "mvimg", "dji", "gopr", "copy", "jpg", "jpeg", "png", "wa", "imag", "图片", "照片", "截图"}


def captions_for(pictures: Sequence[Path], captions: Sequence[str] | None, files: Sequence[Path] | None,
                 word: str) -> list[str]:
    """A caption for each picture, with the word that is to call up what is learned before it. Raises InputError."""
    if captions is not None and files is not None:
        raise InputError("captions and caption_files are both given; leave one of them out")
    if captions is not None and len(captions) != len(pictures):
        raise InputError(f"captions has {len(captions)} lines, and pictures has {len(pictures)} files; give one for each, in "
                         "the order of the pictures")
    own = list(captions) if captions is not None else _of_files(pictures, files or ())
    made = [", ".join(filter(None, (word.strip(), caption.strip()))) for caption in own]
    bare = [path.name for path, caption in zip(pictures, made, strict=True) if not caption]
    if bare:
        raise InputError(f"nothing says what {_listed(bare)} show{'s' * (len(bare) == 1)}; give captions, or caption_files "
                         "(a .txt beside each), name the files by what they show (red_boat.png), or give word")
    return made


def _of_files(pictures: Sequence[Path], files: Sequence[Path]) -> list[str]:
    texts = {path.stem: " ".join(path.read_text(encoding="utf-8-sig").split()) for path in files}
    stems = {path.stem for path in pictures}
    if strangers := sorted(path.name for path in files if path.stem not in stems):
        warn(f"no picture has the name of {_listed(strangers)}, which is not used")
    if files and (lacking := [path.name for path in pictures if path.stem not in texts]):
        warn(f"no file of caption_files has the name of {_listed(lacking)}, whose own name is the caption")
    if not files and (beside := [path.name for path in pictures if path.with_suffix(".txt").is_file()]):
        warn(f"a .txt lies beside {_listed(beside)} and is not read; give these as caption_files if they are captions")
    return [texts.get(path.stem, "") or of_name(path) for path in pictures]


def of_name(path: Path) -> str:
    """The words in a picture's name, "" where it has none: red_boat_03.png is a red boat, IMG_0001.JPG nothing."""
    words = [re.sub(r"\d+$", "", word) for word in _BREAKS.split(path.stem)]
    plain = [word for word in words if word and not any(letter.isdigit() for letter in word)]
    known = [word for word in plain if word.lower() not in _CAMERAS]
    return " ".join(known) if any(len(word) > 1 or word > "\u2e80" for word in known) else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
