"""Loading models through the libraries that know them: no code of theirs runs, and what a folder lacks is a sentence."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from nodegraph import InputError, Recipe, warn

from .weights import folder_problem, weights

# Weights that a file may hold though no network asks for them: buffers that are computed, and counters.
_NEEDLESS = re.compile(r"(^|\.)(position_ids|inv_freq|rotary_emb\.\w+|masked_bias|attn\.bias|attention\.bias|causal_mask|"
                       r"num_batches_tracked|total_ops|total_params|_extra_state)$")
_HARMLESS = (  # what libraries say of loading that is read from their reports, or concerns nobody who runs a graph
    "LOAD REPORT", "were not used when initializing", "were not initialized from the model checkpoint",
    "requires torchvision",
)


@contextmanager
def loading(recipe: Recipe, *libraries: str, harmless: Iterable[str] = ()) -> Iterator[None]:
    """While weights load: no progress bars from these libraries, since whoever runs the graph shows its own.

    What they say of a folder that they cannot read becomes an InputError that names the model and its kind; what they
    log is told as warnings, but for what is `harmless` (parts of such lines).
    """
    spoken = [module for module in (import_module(f"{library}.utils.logging") for library in libraries)
              if module.is_progress_bar_enabled()]
    for module in spoken:
        module.disable_progress_bar()
    try:
        with heard(*libraries, harmless=(*_HARMLESS, *harmless)):
            yield
    except InputError:
        raise
    except MemoryError:
        raise
    except Exception as error:
        if type(error).__name__ == "OutOfMemoryError":  # torch's
            raise
        raise InputError(f"{recipe.source} cannot be loaded as a {recipe.kind}: {in_words(error)}") from error
    finally:
        for module in spoken:
            module.enable_progress_bar()


@contextmanager
def heard(*libraries: str, harmless: Iterable[str] = (), tell: Callable[[str], None] = warn) -> Iterator[None]:
    """What these libraries log in this thread as a warning, or worse, is told as one; nothing is printed.

    harmless: parts of lines that are passed over.
    """
    said: list[str] = []
    passed_over, here = tuple(harmless), threading.get_ident()

    def keep(record: logging.LogRecord) -> bool:
        """Whether a handler prints a record: not if it is of this thread."""
        if record.thread != here:
            return True
        words = in_words(record.getMessage())
        if record.levelno >= logging.WARNING and words not in said and not any(part in words for part in passed_over):
            said.append(words)
        return False

    handlers = [handler for name in libraries for handler in logging.getLogger(name).handlers]
    for handler in handlers:
        handler.addFilter(keep)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(keep)
    for words in said:
        tell(words)


def in_words(told: object) -> str:
    """What a library says, as one line, without the advice that only its own callers could follow."""
    if isinstance(told, KeyError) and told.args:
        told = f"it has no {told.args[0]}"
    lines = re.sub(r"\x1b\[[0-9;]*m", "", str(told)).split("\n")
    words = " ".join(" ".join(lines).split())
    words = re.sub(r"\s*(Please pass the argument|You can pass|Please set|You may consider adding)\b.*?(\.(?=\s|$)|$)", "", words)
    return (words or type(told).__name__)[:400]


def part(kind: Any, folder: Any, what: str, *, harmless: Iterable[str] = (), **settings: Any) -> Any:
    """One network of transformers or diffusers from its folder, with all the weights that it wants.

    kind: its class, or an Auto class. what: what it is called in a sentence, "unet". harmless: patterns of weights that
    a file may hold in vain. settings: more for `from_pretrained`, such as dtype.

    Only safetensors are read, of a variant where there are no others. Raises InputError where files are absent or
    damaged, and where they lack weights or hold them in other sizes; weights that are not used are told as a warning.
    """
    problem = folder_problem(folder)
    if problem:
        raise InputError(f"the folder of {what} {problem}" if problem.startswith(("is ", "holds ")) else f"{what}: {problem}")
    variant = weights(folder).variant
    network, report = kind.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, trust_remote_code=False, output_loading_info=True,
        ignore_mismatched_sizes=True, **{"variant": variant} if variant else {}, **settings)
    weights_judged(report, what, harmless)
    return network


def weights_judged(report: Mapping[str, Iterable[Any]], what: str, harmless: Iterable[str] = ()) -> None:
    """Read a loading report of transformers or diffusers (`output_loading_info=True`).

    Raises InputError that names weights which are missing, or whose sizes are not those of the configuration; a warning
    tells of those that are not used, but for needless ones and those that match a pattern of `harmless`.
    """
    wrong = sorted(report["mismatched_keys"])
    if wrong:
        name, there, wanted = wrong[0]
        raise InputError(f"{what} does not fit its config.json: {name} is {_shape(there)} in the file and "
                         f"{_shape(wanted)} by the config{_more(wrong)}; take both from one model")
    missing = sorted(report["missing_keys"])
    if missing:
        raise InputError(f"{what} lacks {len(missing)} of its weights, among them {_some(missing)}, and what is missing "
                         "would be made up; download it again, or take the config.json that belongs to it")
    unused = [name for name in sorted(report["unexpected_keys"]) if not _NEEDLESS.search(name)
              and not any(re.search(pattern, name) for pattern in harmless)]
    if unused:
        warn(f"{what} has {len(unused)} weights that are not used, among them {_some(unused)}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:3])


def _more(items: list[Any]) -> str:
    return f", and {len(items) - 1} more" if items[1:] else ""


def _shape(shape: Iterable[int]) -> str:
    return " x ".join(map(str, shape)) or "one number"


def causal_lm(recipe: Recipe, device: str, dtype: str) -> Any:
    """A transformers causal language model from a folder, or from what is on this machine of a hub name; frozen.

    Only safetensors are read, and code that comes with a model never runs. With the recipe's option `offload`
    its layers are on the device while they fit, and the others on the host.
    """
    import torch
    from transformers import AutoModelForCausalLM

    spread = {"device_map": "auto"} if dict(recipe.options).get("offload") else {}  # "auto" is accelerate's
    model = part(AutoModelForCausalLM, Path(recipe.folder or recipe.source), recipe.source,
                 dtype=getattr(torch, dtype), **spread)
    if not spread:
        model.to(device)
    return model.eval().requires_grad_(False)
