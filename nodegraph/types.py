"""What may flow on a link: the kinds of port, and the plain ones that every graph has.

A PortType says how a value is checked, written in a graph file, stored, shown and saved. Pictures, sounds and
models are declared by packs with the same class; nothing here knows what they are.

A port's annotation is the Python type of the value, with its PortType beside it when Python's own type does not
say enough:

    Image = Annotated[Any, PortType("Image", ...)]       # in a pack
    def blur(image: Image, radius: Annotated[int, Range(0, 64)] = 3) -> Image: ...
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from .digest import plain
from .errors import InputError, text_of
from .recipe import Recipe
from .wording import an, say


class Range(NamedTuple):
    """The smallest and largest number a port takes, both included; `step` is a hint for sliders."""

    low: float
    high: float
    step: float | None = None

    def __str__(self) -> str:
        if self.high == math.inf:
            return f"{self.low} or more"
        if self.low == -math.inf:
            return f"{self.high} or less"
        return f"{self.low} to {self.high}"


class Choice(tuple[str, ...]):
    """The words a text port takes: `Annotated[str, Choice("calm", "sad")]`. `Literal["calm", "sad"]` is the same."""

    def __new__(cls, *words: str) -> Choice:
        return super().__new__(cls, words)


class Help(str):
    """Words shown beside a port, where the docstring is not the place for them."""


def _anything(value: Any) -> str | None:
    return None


def _same(value: Any) -> Any:
    return value


class PortType:
    """A kind of value.

    name: as written in graph files and errors.
    complaint: given a value, says in a few words what is wrong with it ("is a str"), or None.
    parse: turns what stands in a graph file into the value, or raises InputError saying what it takes.
        None means that only a link can bring such a value.
    adopt: turns what Python code may hand in for a graph's input, or a node give, in place of the value (a Pillow
        picture) into it; what it does not know it gives back as it is, for `complaint` to speak of.
    flatten, restore: to and from plain data (None, bool, int, float, str, bytes, list, tuple, dict) and
        tensors. This is what is hashed and stored; restore(flatten(v)) must equal v.
    exports: file extension -> function(value, path) that writes a file; the first is the usual one. One that has a
        parameter `quality`, with a default, can be told how good, 1 to 100. What it drops it tells by `warn`.
    arrays: whether `exports` take numpy arrays where the value has tensors: then what is remembered is written
        without importing torch.
    models: function(value) -> the Recipes of models that the value names and that a node needs which is handed it:
        they are there for the length of the call, and `ctx.live(recipe)` gives each. `flatten` takes `recipe.content`
        into its plain data, and `restore` makes it a Recipe again by `Recipe.of`.
    preview: gives a small picture (uint8 array of height, width, 3) or a short text for the editor.
    summary: one short line for reports.
    takes: a phrase for errors ("an int", "a path to a file").
    """

    natural: bool  # whether `flatten` and `restore` change nothing: what is stored is the value itself
    exact: type | None = None  # the Python class of which every instance is such a value; of str, if it is ASCII
    located = False  # whether it names something outside the graph, a file or a model, that counts by its content
    outside = False  # whether its literals mean something else in each run: located, or rolled

    def __init__(self, name: str, help: str = "", *, takes: str = "",
                 complaint: Callable[[Any], str | None] = _anything,
                 parse: Callable[[Any], Any] | None = None, adopt: Callable[[Any], Any] = _same,
                 flatten: Callable[[Any], Any] = _same, restore: Callable[[Any], Any] = _same,
                 exports: Mapping[str, Callable[..., None]] | None = None,
                 preview: Callable[[Any], Any] | None = None,
                 summary: Callable[[Any], str] | None = None, color: str = "#9aa0a6", arrays: bool = False,
                 models: Callable[[Any], Iterable[Recipe]] | None = None):
        self.name, self.help, self.takes = name, help, takes or an(name)
        self.complaint, self.parse, self.adopt = complaint, parse, adopt
        self.flatten, self.restore = flatten, restore
        self.natural = flatten is _same and restore is _same
        self.exports, self.preview = dict(exports or {"json": write_json}), preview
        self.summary, self.color, self.arrays, self.models = summary or short, color, arrays, models

    def takes_quality(self, extension: str = "") -> bool:
        """Whether files of this kind, "" for the usual one, can be told how good they are to be."""
        writer = self.exports.get(extension or next(iter(self.exports)))
        return writer is not None and "quality" in signature(writer).parameters

    def __repr__(self) -> str:
        return f"<PortType {self.name}>"


class Named(NamedTuple):
    """A literal that names something outside the graph: what a node is handed, and what counts in the Key.

    stamp: by which it is seen whether it changed while a node read it.
    """

    value: Any
    content: Any = None
    problem: str = ""
    stamp: Any = None


DAMAGED = "cannot be loaded"  # begins what `problem` says of a model whose files are damaged


class ModelType(PortType):
    """A kind of model. On a link travels its Recipe; a node that asks for it is handed the live model.

    load: function(recipe, device, dtype) -> the live model, on that device; dtype is a name such as "bfloat16".
        The recipe's option "offload" is set when the weights are larger than what the device may hold: the model
        is then to stay on the host and bring its parts to the device as they are needed.
    size: function(model) -> bytes held on its device; counts parameters and buffers when not given.
    move: function(model, device) -> None, to another device; uses `.to` when not given.
    holds: function(folder) -> whether such a model lies there, told by a glance at its small files. An editor
        offers the models for which it is true; without it, all of them.
    problem: function(path) -> why what lies at a path, which may be a file, cannot be loaded as such a model, or "".
    Words that begin with `DAMAGED` tell of such a model that is broken, and not of another thing in its place.
        The words stand behind its name and tell what it is and what to do: "is empty", "is the adapter of another
        model; merge the two". They should come from names and headers, since every check of a graph asks for them.
    fit: function(model, recipe) -> the model to hand out, or None for the model itself. It is called before a call whose
        recipe has other patches than the call before: it puts those on the live model and takes the others off. What
        it tells by `warn` holds as long as they are on. Where it raises, the model is loaded anew for the next call.
        Without it, a model with other patches is another live copy, and `load` reads `recipe.patches`.
    heavy: kinds of patches that `load` brings and `fit` does not: with others of these it is another live copy.
    uncounted: kinds of patches that `fit` puts on and no result shows, such as what previews are drawn with: each node is
        handed the model with them, and they count for no Key.
    about: function(path) -> what is to be known of the model that lies there, in a few words for lists: of whom it is, which
        words it knows; told by names and headers.
    files: whether a single file can be such a model; `holds` and `problem` are then asked of files too.
    """

    located = outside = True

    def __init__(self, name: str, help: str = "", *, load: Callable[[Recipe, str, str], Any],
                 size: Callable[[Any], int] | None = None, move: Callable[[Any, str], Any] | None = None,
                 holds: Callable[[Path], bool] | None = None, problem: Callable[[Path], str] | None = None,
                 fit: Callable[[Any, Recipe], Any] | None = None, heavy: Collection[str] = (), uncounted: Collection[str] = (),
                 files: bool = False, about: Callable[[Path], str] | None = None, **rest: Any):
        super().__init__(name, help, takes=f"the name of a model or a {'file or ' * files}folder", parse=self._recipe,
                         flatten=lambda recipe: recipe.content, restore=Recipe.of,
                         complaint=lambda v: None if isinstance(v, Recipe) else f"is {short(v)}",
                         summary=lambda recipe: getattr(recipe, "source", short(recipe)), **rest)
        self.load, self.size, self.move, self.holds, self.problem = load, size, move, holds, problem
        self.fit, self.heavy, self.files, self.about = fit, frozenset(heavy), files, about
        self.uncounted = frozenset(uncounted)

    def _recipe(self, value: Any) -> Recipe:
        if not isinstance(value, str) or not value:
            raise InputError(f"is {short(value)}; it takes the name of a model (starter/...), a folder or a hub name")
        return Recipe(self.name, value)

    def is_heavy(self, patch: Recipe) -> bool:
        """Whether a patch makes another live copy of a model."""
        return self.fit is None or patch.kind in self.heavy


def short(value: Any, width: int = 60) -> str:
    """One line that tells a value apart from others: shape and dtype of tensors, the start of long texts."""
    try:
        return _short(value, width)
    except Exception as error:  # a class of someone's own, or an int of too many digits
        return f"{an(type(value).__name__)} that cannot be shown ({type(error).__name__})"


def _short(value: Any, width: int) -> str:
    shape = getattr(value, "shape", None)
    if shape is not None and hasattr(value, "dtype"):
        return f"{type(value).__name__} {tuple(shape)} {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, (list, tuple)) and len(value) > 4:
        return f"{type(value).__name__} of {len(value)}"
    text = repr(value)
    return text if len(text) <= width else text[:width - 3] + "..."


def complaint_of(type: PortType, value: Any) -> str | None:
    """What a type says is wrong with a value, or None. Whatever its own code raises is something wrong too."""
    try:
        return type.complaint(value)
    except Exception as error:
        return say("value.unjudged", value=short(value), type=type.name, why=described(error))


def described(error: BaseException) -> str:
    """An exception in a few words."""
    return f"{type(error).__name__}: {text_of(error)}".removesuffix(": ")


# The plain types. Nothing is coerced silently: "7" is not an int, 1.9 is not 2; an int is a fine float.

def _is(value: Any) -> str:
    return f"is {str(value).lower() if isinstance(value, bool) else short(value)}"


def _int(value: Any) -> str | None:
    return None if type(value) is int else _is(value)


def _float(value: Any) -> str | None:
    if type(value) is float:
        return None if math.isfinite(value) else f"is {value}, which is not finite"
    return None if type(value) is int and abs(value) < 2 ** 1023 else _is(value)


def _bool(value: Any) -> str | None:
    return None if type(value) is bool else _is(value)


def _text(value: Any) -> str | None:
    if type(value) is not str:
        return _is(value)
    return None if value.isascii() else _half(value)


def _half(value: str) -> str | None:
    """What is wrong with a text that holds half of a character: nothing can write it."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        letter = ord(value[error.start])
        byte = f" (the byte 0x{letter - 0xDC00:02x} of something that is not UTF-8)" * (0xDC80 <= letter <= 0xDCFF)
        return f"has U+{letter:04X} as character {error.start + 1}, half of a character{byte}, which no file can " \
               "hold: decode it rightly where it comes from, or take it out"
    return None


def _any(value: Any) -> str | None:
    return _half(value) if type(value) is str and not value.isascii() else None


def _seed(value: Any) -> str | None:
    return None if type(value) is int and 0 <= value < 2 ** 63 else _is(value)


_HEX = re.compile(r"#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?\Z")


def _color(value: Any) -> str | None:
    return None if isinstance(value, str) and _HEX.match(value) else _is(value)


_COLORS = 'a colour such as "#ff8800" (in quotes, since # begins a comment) or a name such as orange'


def _parse_color(value: Any) -> str:
    """A colour of whatever form Pillow reads (a CSS name, "#rgb", "hsl(...)") as "#rrggbb", or "#rrggbbaa"."""
    if _color(value) is None:
        return str(value)
    from PIL import ImageColor

    try:
        parts = (0, 0, 0, 0) if value == "transparent" else ImageColor.getrgb(value)
    except (ValueError, AttributeError, TypeError):
        raise InputError(f"{_color(value)}; it takes {_COLORS}") from None
    return "#" + bytes(parts[:3] if parts[3:] == (255,) else parts).hex()


def _file(value: Any) -> str | None:
    return None if isinstance(value, (str, Path)) and str(value) else _is(value)


def checked(complaint: Callable[[Any], str | None], takes: str) -> Callable[[Any], Any]:
    """A `parse` that lets through just the values a complaint does not speak of."""
    def parse(value: Any) -> Any:
        wrong = complaint(value)
        if wrong:
            raise InputError(f"{wrong}; it takes {takes}")
        return value
    return parse


def _parse_float(value: Any) -> float:
    wrong = _float(value)
    if wrong:
        raise InputError(f"{wrong}; it takes a number")
    return float(value)


def write_text(value: str, path: Path) -> None:
    """Write a text as UTF-8, ending in a line feed."""
    path.write_text(value if value.endswith("\n") else value + "\n", encoding="utf-8")


def write_json(value: Any, path: Path) -> None:
    """Write plain data as JSON."""
    import json

    path.write_text(json.dumps(value, ensure_ascii=False, indent=2, default=_jsonable) + "\n", encoding="utf-8")


def write_line(value: Any, path: Path) -> None:
    """Write a number, a word, true or false as a line of text, as it would stand in a graph file."""
    write_text(str(value).lower() if isinstance(value, bool) else str(value), path)


def _jsonable(value: Any) -> Any:
    from dataclasses import asdict, is_dataclass

    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, bytes):
        return value.hex()
    raise InputError(f"a {type(value).__name__} cannot be written as JSON")


TEXT = PortType("Text", "Words.", takes="a text", adopt=plain, complaint=_text, parse=checked(_text, "a text"),
                exports={"txt": write_text, "md": write_text, "json": write_json}, preview=_same, color="#7cb98b")
_LINE: Mapping[str, Callable[..., None]] = {"json": write_json, "txt": write_line}
INT = PortType("Int", "A whole number.", takes="an int", adopt=plain, complaint=_int, parse=checked(_int, "an int"),
               exports=_LINE, color="#6fa8dc")
FLOAT = PortType("Float", "A number.", takes="a number", adopt=plain, complaint=_float, parse=_parse_float,
                 exports=_LINE, color="#8e9fe6")
BOOL = PortType("Bool", "True or false.", takes="true or false", adopt=plain, complaint=_bool,
                parse=checked(_bool, "true or false"), exports=_LINE, color="#c27ba0")
SEED = PortType("Seed", "Where randomness begins; `random` rolls one for each run.",
                takes="an int from 0, or random", adopt=plain, complaint=_seed,
                parse=checked(_seed, "an int from 0 to 2^63 - 1, or random"), exports=_LINE, color="#6fa8dc")
COLOR = PortType("Color", 'A colour, "#rrggbb" or with alpha "#rrggbbaa"; in a file also a CSS name.',
                 takes='a colour such as "#ff8800"', adopt=plain, complaint=_color, parse=_parse_color, exports=_LINE,
                 color="#e0a458")
FILE = PortType("File", "A file that is read; its content, not its name, decides whether work is repeated.",
                takes="a path to a file", complaint=_file, parse=checked(_file, "a path to a file"), flatten=str,
                restore=Path, summary=str, color="#b0a090")
TEXT.exact, INT.exact, BOOL.exact = str, int, bool
FILE.located = FILE.outside = SEED.outside = True
ANY = PortType("Any", "Anything.", takes="one value of any kind", complaint=_any,
               parse=checked(_any, "one value of any kind"))

PLAIN = {t.name: t for t in (TEXT, INT, FLOAT, BOOL, SEED, COLOR, FILE, ANY)}
OF_PYTHON = {str: TEXT, int: INT, float: FLOAT, bool: BOOL, Path: FILE, Any: ANY}

Seed = Annotated[int, SEED]
Color = Annotated[str, COLOR]
File = Annotated[Path, FILE]


def fits(source: PortType, target: PortType) -> bool:
    """Whether a value of one type may flow into a port of the other, without any change but int to float."""
    if source is target or target is ANY or source.name == target.name:
        return True
    return (source.name, target.name) in _WIDENINGS or source is ANY


_WIDENINGS = {("Int", "Float"), ("Seed", "Int"), ("Int", "Seed"), ("Seed", "Float"), ("Color", "Text")}
