"""The machine that graphs run on: where things are remembered, which device works, and what it may take."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from .errors import GraphError, Problem
from .wording import say

DRIVERS = (
    "/dev/nvidiactl", "/proc/driver/nvidia",  # NVIDIA
    "/dev/nvhost-gpu", "/dev/nvhost-as-gpu",  # its Jetson boards
    "/dev/dxg",  # Windows' device inside of WSL
    "/dev/kfd",  # AMD, which torch calls cuda too
)


@dataclass(frozen=True, slots=True)
class Machine:
    """What an Engine is told of the machine, each with what holds where nothing is said.

    cache: a folder; None remembers in memory only; "default" is the user's own. device: "auto", "cpu", "mps", "cuda:0".
    dtype: "float32", or "auto" for half precision where the device has it.
    host, device_memory: budgets for Values and models, in bytes or as a fraction (up to 1) of what there is.
    disk: bytes of the cache folder. download: whether models may be fetched from a hub. models: folders in which they are
    found by name.
    workers: threads for costly nodes; None is as many as there are cores. previews: whether anyone looks at them.
    """

    cache: str | Path | None = "default"
    device: str = "auto"
    dtype: str = "auto"
    host: float = 0.4
    device_memory: float = 0.9
    disk: int = 10 << 30
    download: bool = False
    models: tuple[str, ...] = ()
    workers: int | None = None
    previews: bool = False


def default_cache_folder() -> Path:
    """NODEGRAPH_CACHE if it is set; otherwise `nodegraph` in the user's cache folder."""
    named = os.environ.get("NODEGRAPH_CACHE")
    if named:
        return Path(named).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "nodegraph" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/nodegraph"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nodegraph"


def choose_device(wanted: str = "auto") -> str:
    """A torch device name. Raises GraphError if it is asked for and not there.

    "auto" is a card that torch calls cuda, else Apple's graphics processor (mps), else the processor.
    """
    if wanted == "cpu" or wanted == "auto" and not (has_driver() or is_apple()):  # importing torch takes seconds
        return "cpu"
    import torch

    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if wanted == "auto":
        return "cuda:0" if cuda else "mps" if mps else "cpu"
    kind, _, index = wanted.partition(":")
    if not {"cuda": cuda, "mps": mps}.get(kind, False) or kind == "mps" and index:
        hint = say("device.there-is-cuda") if cuda else say("device.there-is-mps") if mps else say("device.there-is-cpu")
        raise GraphError([Problem(None, say("device.missing", device=wanted), hint)])
    if kind == "mps":
        return "mps"
    count = torch.cuda.device_count()
    if int(index or 0) >= count:
        raise GraphError([Problem(None, say("device.missing", device=wanted), say("device.count", count=count))])
    return f"cuda:{int(index or 0)}"


def is_apple() -> bool:
    """Whether this is a Mac with a processor of Apple's own, which brings a graphics processor that torch calls mps."""
    return sys.platform == "darwin" and os.uname().machine == "arm64"


def has_driver() -> bool:
    """Whether the driver of a device that torch calls cuda is installed; without one there is no need to ask torch."""
    if sys.platform == "win32":
        return (Path(os.environ.get("SystemRoot", r"C:\Windows")) / "System32" / "nvcuda.dll").exists()
    return any(map(os.path.exists, DRIVERS))


def working_place(device: str, dtype: str, budgets: dict[str, int], share: float) -> tuple[str, str]:
    """The device and the floating type to work in, where "auto" may be said of both; asked for once, since it takes importing
    torch. budgets: where that of a device is written, a `share` of what it has.
    """
    device = choose_device(device)
    if device != "cpu":
        budgets.setdefault(device, device_budget(device, share))
    return device, dtype if dtype != "auto" else "bfloat16" if device.startswith("cuda") else "float32"


def device_budget(device: str, wanted: float | int) -> int:
    """Bytes of a device that may be used: a number of bytes, or a fraction of what the device has."""
    import torch

    total = torch.mps.recommended_max_memory() if device == "mps" else \
        torch.cuda.get_device_properties(device).total_memory
    return int(wanted * total) if wanted <= 1 else int(wanted)


def host_budget(wanted: float | int) -> int:
    """Bytes of host memory that may be used: a number of bytes, or a fraction of what this process may have.

    A fraction is of the machine's memory, or of what a control group or a limit of addresses (`ulimit -v`) leaves of it,
    and never more than three quarters of what is free.
    """
    if wanted > 1:
        return int(wanted)
    budget, free = int(wanted * process_memory()), process_free()
    return budget if free is None else min(budget, free * 3 // 4)


def process_memory() -> int:
    """Bytes of memory that this process may have: the machine's, or less where it is limited."""
    limit = address_limit()
    return min([machine_memory(), *group_limits(), *([] if limit is None else [limit])])


def process_free() -> int | None:
    """Bytes that this process can still have without swapping; None where the system does not say."""
    free, limit = free_memory(), address_limit()
    left = None if limit is None else max(0, limit - address_space())
    return min((amount for amount in (free, left) if amount is not None), default=None)


def address_limit() -> int | None:
    """Bytes of addresses that this process may take (`ulimit -v`); None where that is not limited.

    Libraries take addresses that they never fill, so that less than this can be used.
    """
    try:
        import resource
    except ImportError:  # Windows has none
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if limit == resource.RLIM_INFINITY else limit


def address_space(path: Path = Path("/proc/self/statm")) -> int:
    """Bytes of addresses that this process has taken; 0 where the system does not say."""
    try:
        return int(path.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def machine_memory() -> int:
    """Bytes of memory that the machine has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not to be had on this system: assume a small machine
        return 8 << 30


def group_limits(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> list[int]:
    """The limits of memory, in bytes, of the control groups around this process; none where there are no groups.

    Version 2 has memory.max in each folder from the process's own up to the root, version 1 memory.limit_in_bytes.
    """
    limits = []
    for folder in _group_folders(root, own):
        for name in ("memory.max", "memory.limit_in_bytes"):
            try:
                limits.append(int((folder / name).read_text()))
            except (OSError, ValueError):  # there is no such file, or it says "max"
                continue
    return limits


def _group_folders(root: Path, own: Path) -> list[Path]:
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return []
    folders = [root, root / "memory"]
    for _, controllers, path in (line.split(":", 2) for line in lines if line.count(":") >= 2):
        base = root if not controllers else root / "memory" if "memory" in controllers.split(",") else None
        if base is not None:
            parts = [part for part in path.split("/") if part not in ("", "..")]
            folders += [base.joinpath(*parts[:count]) for count in range(1, len(parts) + 1)]
    return folders


def free_memory(path: Path = Path("/proc/meminfo")) -> int | None:
    """Bytes that can be had without swapping; None where the system does not say."""
    try:
        words = next(line.split() for line in path.read_text().splitlines() if line.startswith("MemAvailable:"))
        return int(words[1]) * 1024
    except (OSError, StopIteration, ValueError, IndexError):
        return None
