"""Loading models through the libraries that know them: no code of theirs runs, what a folder lacks is a sentence."""

from __future__ import annotations

import json
import logging
import re
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nodegraph import InputError, Recipe, warn

from .folders import other_task, settings, settings_problem
from .weights import Weights, adapter, folder_problem, header, weights

# Weights that a file may hold though no network asks for them: buffers that are computed, and counters.
_NEEDLESS = re.compile(r"(^|\.)(position_ids|inv_freq|rotary_emb\.\w+|masked_bias|attn\.bias|attention\.bias|"
                       r"causal_mask|num_batches_tracked|total_ops|total_params|_extra_state)$")
_HARMLESS = (  # what libraries say of loading that is read from their reports, or concerns nobody who runs a graph
    "LOAD REPORT", "were not used when initializing", "were not initialized from the model checkpoint",
    "requires torchvision", "`tokenizer_class` is", "default legacy behaviour", "Special tokens have been added",
    "generation flags are not valid", "may result in unexpected behavior", "fast path is not available",
    "was set in the config but it is unrecognized",
)
_ADVICE = re.compile(r"\s*(Please pass the argument|You can pass|Please set|You may consider adding)\b"
                     r".*?(\.(?=\s|$)|$)")
_WRAPPERS = ("module.", "_orig_mod.", "_fsdp_wrapped_module.")  # of DataParallel, torch.compile and FSDP


def without_bars() -> None:
    """In a notebook tqdm, which the libraries import, asks for ipywidgets to draw bars with; here none are drawn."""
    warnings.filterwarnings("ignore", "IProgress not found")


without_bars()


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
    except (InputError, MemoryError):
        raise
    except BaseException as error:
        # The second is how the tokenizers library, which is in Rust, ends on files that it did not expect.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException" or \
                type(error).__name__ == "OutOfMemoryError":  # torch's
            raise
        why = reason(error)
        remedy = "" if ";" in why else "; where its files are not those of one model, download it again"
        raise InputError(f"{recipe.source} cannot be loaded as a {recipe.kind}: {why}{remedy}") from error
    finally:
        for module in spoken:
            module.enable_progress_bar()


def model_place(recipe: Recipe, problem: Callable[[Path], str]) -> Path:
    """Where a model lies. Raises InputError, in the words of problem(path), for what cannot be loaded."""
    place = Path(recipe.folder or recipe.source)
    wrong = problem(place)
    if wrong:
        raise InputError(f"{recipe.source} {wrong}")
    return place


def reason(error: BaseException) -> str:
    """Why a library could not read what it was given, in one line."""
    words = in_words(error).rstrip(".")
    if "custom code" in words or "trust_remote_code" in words:
        return ("it comes with code of its own, and no model's code is run here; take a model that the libraries know "
                "by themselves")
    return words


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
    """What a library says, as one line of 400 letters, without advice that only its own callers could follow."""
    if isinstance(told, KeyError) and told.args:
        told = told.args[0] if " " in str(told.args[0]) else f"there is no {told.args[0]!r}"
    words = _ADVICE.sub("", " ".join(re.sub(r"\x1b\[[0-9;]*m", "", str(told)).split()))
    words = re.sub(r",? but expected one of: \*.*", "", words)  # every form that a function of torch might take
    return (words if len(words) <= 400 else words[:397] + "...") or type(told).__name__


def part(kind: Any, folder: Path, what: str, *, variant: str = "", harmless: Iterable[str] = (),
         **options: Any) -> Any:
    """One network of transformers or diffusers from its folder, with all the weights that it wants.

    kind: its class, or an Auto class. what: what it is called in a sentence, "unet". harmless: patterns of weights that
    a file may hold in vain. variant: the one that is wanted where a folder has several, "fp16". options: more for
    `from_pretrained`, such as dtype.

    Only safetensors are read, of a variant where there are no others. Raises InputError where files are absent or
    damaged, and where they lack weights or hold them in other sizes; weights that are not used are told as a warning.
    """
    _refuse_broken(folder, what)
    _refuse_kernels(folder / "config.json", what)
    _refuse_whole_numbers(folder, what)
    variant = variant if variant and any(folder.glob(f"*.{variant}*")) else _own(folder, what).variant
    try:
        network, report = kind.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, trust_remote_code=False, output_loading_info=True,
            ignore_mismatched_sizes=True, **{"variant": variant} if variant else {}, **options)
    except NotImplementedError as error:  # tied weights that are both missing are compared before that is reported
        if "Meta" not in str(error) and "meta" not in str(error):
            raise
        raise InputError(f"{what} lacks weights that its config.json speaks of, and what is missing would be made up; "
                         "download it again, or take the config.json that belongs to it") from error
    weights_judged(report, what, harmless)
    return network


def _refuse_broken(folder: Path, what: str) -> None:
    problem = folder_problem(folder)
    if problem:
        raise InputError(f"{what} {problem}")


def _own(folder: Path, what: str) -> Weights:
    own = weights(folder)
    if own is None:
        raise InputError(f"{what} has no weights in {folder.name}; download it again")
    return own


def _refuse_kernels(path: Path, what: str) -> None:
    """Refuse a config.json that asks for attention in code of a hub repository, which transformers would fetch."""
    for name in re.findall(r'attn_implementation[^"]*"\s*:\s*"([^"]*/[^"]*)"', path.read_text(encoding="utf-8")):
        raise InputError(f"{what} asks in its config.json for code of the hub ({name}), and no model's code is run "
                         "here; take attn_implementation out of that file")


def _refuse_whole_numbers(folder: Path, what: str) -> None:
    """Refuse weights that are codes of a quantisation of which the settings do not speak, as MLX stores them."""
    if re.search(r'"quantization_config"\s*:\s*\{', (folder / "config.json").read_text(encoding="utf-8")):
        return
    for path in _own(folder, what).files:
        for name, entry in header(path).items():
            if name.endswith(".weight") and entry["dtype"] in ("I8", "U8", "I32", "U32"):
                raise InputError(f"{what} is quantised: {name} in {path.name} holds whole numbers ({entry['dtype']}), "
                                 "and config.json does not say how to read them; take a folder that is not quantised")


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
        raise InputError(f"{what} lacks {len(missing)} of its weights ({_some(missing)}), and what is missing would be "
                         "made up; download it again, or take the config.json that belongs to it")
    unused = [name for name in sorted(report["unexpected_keys"]) if not _NEEDLESS.search(name)
              and not any(re.search(pattern, name) for pattern in harmless)]
    if unused:
        warn(f"{what} holds {len(unused)} weights that are not used ({_some(unused)})")


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" ..." if names[3:] else "")


def _more(items: list[Any]) -> str:
    return f", and {len(items) - 1} more" if items[1:] else ""


def _shape(shape: Iterable[int]) -> str:
    return " x ".join(map(str, shape)) or "one number"


# ---- causal language models

def causal_lm(recipe: Recipe, device: str, dtype: str) -> Any:
    """A transformers causal language model from a folder; frozen.

    Only safetensors are read, and code that comes with a model never runs. With the recipe's option `offload`
    its layers are on the device while they fit, and the others on the host. An adapter in the folder is not used,
    which a warning tells. Raises InputError where the folder holds no such model, or not all of it.
    """
    import torch
    from transformers import AutoModelForCausalLM

    folder = Path(recipe.folder or recipe.source)
    spread = {"device_map": "auto"} if dict(recipe.options).get("offload") else {}  # "auto" is accelerate's
    _refuse_broken(folder, recipe.source)
    config = causal_config(folder, recipe.source)
    with without_adapter(folder, recipe.source) as plain, _quantised(config, recipe.source):
        model = part(AutoModelForCausalLM, plain, recipe.source, config=config, dtype=getattr(torch, dtype),
                     **_renaming(plain), **spread)
    if not spread:
        model.to(device)
    return model.eval().requires_grad_(False)


@contextmanager
def _quantised(config: Any, source: str) -> Iterator[None]:
    """What a library says of quantised weights that it, or this machine, cannot read becomes an InputError."""
    told = getattr(config, "quantization_config", None)
    method = "" if told is None else \
        (told if isinstance(told, dict) else vars(told)).get("quant_method") or "its config.json does not say how"
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if not method:
            raise
        raise InputError(f"{source} is quantised ({getattr(method, 'value', method)}), which cannot be loaded here: "
                         f"{reason(error)}; take a folder whose weights are not quantised") from error


def causal_config(folder: Path, source: str) -> Any:
    """The configuration of a causal language model. Raises InputError where it is one of another kind."""
    from transformers import CONFIG_MAPPING, MODEL_FOR_CAUSAL_LM_MAPPING, AutoConfig, __version__

    wrong = settings_problem(folder)
    if wrong:
        raise InputError(f"{source} {wrong}")
    told = settings(folder / "config.json")
    other, kind = other_task(told), told.get("model_type")
    if other:
        raise InputError(f"{source} {other}, and a causal language model is wanted")
    if kind not in CONFIG_MAPPING:
        why = "it comes with code of its own, and no model's code is run here" if "auto_map" in told else \
            f"transformers {__version__} does not know it"
        raise InputError(f"{source} is of the kind {kind!r}, and {why}; take a model that transformers knows by itself")
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # the libraries raise what they like of settings that cannot be
        raise InputError(f"the config.json of {source} cannot be understood: {_refused_setting(error, told)}; take the "
                         "one that belongs to the model") from error
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise InputError(f"{source} is a {kind} model, and a causal language model is wanted")
    return config


def _refused_setting(error: Exception, told: Mapping[str, Any]) -> str:
    """Which setting a configuration does not take: the libraries say it with all the types that it might have."""
    field = re.search(r"Validation error for field '(\w+)'", str(error))
    if field and field[1] in told:
        return f"{field[1]} is {json.dumps(told[field[1]])[:60]}, which it cannot be"
    if field:
        return f"its {field[1]} are not what they should be"
    return re.sub(r"^Class validation error for validator '\w+': \w+: ", "", reason(error))


@contextmanager
def without_adapter(folder: Path, source: str) -> Iterator[Path]:
    """The folder; where an adapter lies in it that peft, if it is installed, would apply unasked, links without it."""
    if not (folder / "adapter_config.json").exists():
        yield folder
        return
    warn(f"{source} holds {adapter(folder)} beside the model, and it is not used; merge the two (merge_and_unload of "
         "peft) to have it")
    if not find_spec("peft"):
        yield folder
        return
    with tempfile.TemporaryDirectory() as links:
        for path in folder.iterdir():
            if not path.name.startswith("adapter_"):
                (Path(links) / path.name).symlink_to(path.absolute(), path.is_dir())
        yield Path(links)


def _renaming(folder: Path) -> dict[str, Any]:
    """How names are mapped that a wrapper of training put a word in front of, which it did to all of them."""
    found = weights(folder)
    names = [name for path in found.files if path.exists() for name in header(path)] if found else []
    for wrapper in _WRAPPERS:
        if names and all(name.startswith(wrapper) for name in names):
            return {"key_mapping": {"^" + re.escape(wrapper): ""}}
    return {}
