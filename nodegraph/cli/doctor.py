"""`nodegraph doctor`: tells of the machine and of what is installed, and the one command for each thing that is missing."""

from __future__ import annotations

import os
import platform
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from .. import __version__
from ..errors import PackError
from ..machine import address_limit, default_cache_folder, has_driver, host_budget, is_apple, process_free, process_memory
from ..packs import Catalogue, Pack
from .exits import DONE, WRONG
from .options import Options
from .stdout import Stdout
from .terminal import size, table

EXTRAS = {  # of pyproject.toml: what for, the modules that it takes, and how these come (spandrel would bring torchvision)
    "editor": ("the editor's window", ("dearpygui", "pyperclip"), "dearpygui pyperclip"),
    "video": ("MP4 and other films", ("av",), "av"),
    "heif": ("HEIC pictures", ("pi_heif",), "pi-heif"),
    "scores": ("MusicXML and ABC", ("music21",), "music21"),
    "engraving": ("engraved notes", ("verovio", "music21"), "verovio music21"),
    "upscale": ("others' upscalers", ("einops", "spandrel"), "einops && pip install --no-deps spandrel"),
    "control": ("MaskFormer models", ("scipy",), "scipy"),
    "gguf": ("GGUF models", ("gguf",), "gguf"),
    "sound": ("Stable Audio's steps", ("torchsde",), "torchsde"),
    "service": ("pictures by a service", ("openai",), "openai"),
}


def doctor(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code: 2 where something is broken, 0 where at most extras are missing."""
    rows: list[list[str]] = [["nodegraph", __version__], ["Python", f"{platform.python_version()}, {sys.executable}"],
                             ["system", platform.platform()]]
    remedies: list[str] = []
    broken = [*_torch(rows, remedies), *_memory(rows), *_cache(rows, options, remedies), *_packs(rows, options)]
    for purpose, modules, distributions in EXTRAS.values():
        there = all(find_spec(module) is not None for module in modules)
        rows.append([purpose, _loads(modules[0]) if there else "not there; if you want it: pip install " + distributions])
    stdout(table(rows, ["what", "how it stands"]))
    for sentence in broken:
        stdout(f"\n{sentence}")
    for remedy in remedies:
        stdout(f"    {remedy}")
    if not broken:
        stdout("\nNothing is wrong.")
    return WRONG if broken else DONE


def _loads(module: str) -> str:
    """Whether a module that is installed can be loaded, of those that take libraries of the system."""
    if module == "dearpygui":
        try:
            import_module("dearpygui.dearpygui")
        except ImportError as error:
            return f"there, and cannot be loaded ({error}); `nodegraph edit` tells what brings it"
    return "there"


def _torch(rows: list[list[str]], remedies: list[str]) -> list[str]:
    try:
        rows.append(["PyTorch", version("torch")])
    except PackageNotFoundError:
        rows.append(["PyTorch", "not there"])
        remedies.append("pip install torch")
        return ["PyTorch is missing; pictures, sound and models need it."]
    if not has_driver():
        rows.append(["devices", "cpu, mps" if is_apple() else "cpu"])
        return []
    import torch

    if torch.cuda.is_available():
        names = [f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count())]
        rows.append(["devices", ", ".join(["cpu", *names])])
        return []
    rows.append(["devices", "cpu; there is the driver of a graphics card, and this PyTorch cannot use it"])
    remedies.append("pip install --force-reinstall torch")
    return ["This PyTorch is built without the graphics card that is here."]


def _memory(rows: list[list[str]]) -> list[str]:
    free, memory = process_free(), process_memory()
    text = size(memory) + " (ulimit -v)" * (memory == address_limit()) + (f", {size(free)} free" if free is not None else "")
    rows.append(["memory", f"{text}; {size(host_budget(0.4))} of it for values and models"])
    return []


def _cache(rows: list[list[str]], options: Options, remedies: list[str]) -> list[str]:
    folder = Path(options.cache) if options.cache else default_cache_folder()
    held = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else 0
    rows.append(["cache", f"{folder}, {size(held)}"])
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if os.access(place, os.W_OK):
        return []
    remedies.append("export NODEGRAPH_CACHE=FOLDER")
    return [f"{place} cannot be written to, so that nothing is remembered from one run to the next."]


def _packs(rows: list[list[str]], options: Options) -> list[str]:
    catalogue = Catalogue(folders=options.pack, models=options.models)
    packs = catalogue.packs
    rows.append(["packs", ", ".join(f"{name} {packs[name].version}" for name in sorted(packs)) or "none"])
    return [*map(str, catalogue.broken.values()), *_unusable(catalogue, packs)]


def _unusable(catalogue: Catalogue, packs: dict[str, Pack]) -> list[str]:
    """What keeps the nodes of packs from being used: a module that is missing or cannot be imported, once for each pack."""
    said: dict[str, str] = {}
    for name in catalogue.node_names():
        try:
            catalogue.nodetype(name)
        except PackError as error:
            said.setdefault(name.partition(".")[0], str(error))
    return [said[name] for name in packs if name in said]
