"""How a typed Python function becomes a NodeType: each fact is read once, from the signature.

    @node("music.transpose", version=1)
    def transpose(score: Score, semitones: Annotated[int, Range(-24, 24)] = 0) -> Score:
        '''Shift every pitch of a score.

        semitones: how far up (or down, if negative).
        '''

- The function still works without the engine. The first paragraph of its docstring is its help; lines
  `name: words` below are the help of its ports: of a name that is taken and given, the first of two such lines of the input.
- A parameter without a default must be given. `list[X]` carries many; `X | None` may be left out, and is None then.
- `Annotated[...]` carries Range, Choice or a PortType; `Literal["a", "b"]` is a choice; `Seed`, `Color` and `File`
  are plain types with a meaning. A parameter annotated `Context` reports progress and is not a port.
- A parameter of a ModelType receives the live model, for the length of the call; with `Uses("lora")` beside it, that
  with just such patches on. One annotated `Unloaded[X]` receives its Recipe, and what it gives may be a Recipe too.
- A parameter annotated `Lazy[X]` receives a function: call it for the value. What is never asked for is never made.
- An `async def` is awaited.
- One output is a port named like its type in small letters (`image`, `text`; `images`, `texts` for a list).
  A NamedTuple as return type names several.
- `version` goes up when the same inputs would give another result. Left out, it follows the function's code and what
  that uses of its own module, which suits a node that is still being written.
"""

from __future__ import annotations

import inspect
import math
import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from .codeversion import code_version
from .context import Context, Lazy
from .digest import encode
from .errors import InputError, PackError
from .recipe import Recipe, Unloaded, Uses
from .types import (
    ANY,
    FLOAT,
    INT,
    OF_PYTHON,
    SEED,
    TEXT,
    Choice,
    Help,
    ModelType,
    PortType,
    Range,
    complaint_of,
    described,
    short,
)
from .wording import say

RESERVED = ("type", "each", "bypass", "mute", "cross", "repeat", "until", "carry", "count", "failed", "timeout",
            "retry")  # keys of a node in a graph file that are no inputs of it
COUNT = "count"  # the one of these that an input may be called, if no word stands for its values
F = TypeVar("F", bound=Callable[..., Any])
_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+\Z")


class _Missing:
    def __repr__(self) -> str:
        return "(must be given)"


MISSING = _Missing()


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Port:
    """An input or an output of a NodeType. uses: the kinds of patches of a model that count; None for all."""

    name: str
    type: PortType
    many: bool = False
    optional: bool = False
    default: Any = MISSING
    range: Range | None = None
    choices: tuple[str, ...] | None = None
    help: str = ""
    uses: Uses | None = None

    def narrowed(self, value: Any) -> Any:
        """A value as it counts here: of a model, with just the patches that are of use, or that make it another model."""
        if not isinstance(value, Recipe) or not value.patches:
            return value
        assert isinstance(self.type, ModelType)
        kinds = {patch.kind for patch in value.patches} if self.uses is None else self.uses | self.type.heavy
        return value.narrowed(kinds - self.type.uncounted)

    def handed(self, value: Any) -> Any:
        """A value as a call is handed it: as it counts, and of a model with those patches that count for nothing too."""
        if self.uses is None or not isinstance(value, Recipe):
            return value
        assert isinstance(self.type, ModelType)
        return value.narrowed(self.uses | self.type.heavy | self.type.uncounted)

    def complaint(self, value: Any) -> str | None:
        """What is wrong with one item for this port, in a few words, or None."""
        wrong = complaint_of(self.type, value)
        if wrong:
            return f"{wrong}; it takes {self.takes}"
        if self.range is not None and not self.range.low <= value <= self.range.high:
            return f"is {short(value)}; it takes {self.range}"
        if self.choices is not None and value not in self.choices:
            return f"is {short(value)}; it takes one of {', '.join(self.choices)}"
        return None

    @property
    def takes(self) -> str:
        """A phrase for errors: what this port wants."""
        if self.range is not None:
            return f"{self.type.takes}, {self.range}"
        if self.choices is not None:
            return f"one of {', '.join(self.choices)}"
        return self.type.takes

    def parse(self, value: Any) -> Any:
        """The value that stands in a graph file as `value`. Raises InputError saying what is wanted."""
        if self.type.parse is None:
            raise InputError(f"is {short(value)}; it takes {self.type.takes} from a link ($node)")
        narrow = self.range is not None or self.choices is not None
        wrong = self.complaint(value) if narrow else None
        if wrong:
            raise InputError(wrong)
        try:
            return self.type.parse(value)
        except InputError:
            raise
        except Exception as error:  # the type's own code
            raise InputError(say("value.unread", value=short(value), takes=self.takes, why=described(error))) from error

    def __str__(self) -> str:
        return f"list of {self.type.name}" if self.many else self.type.name


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class NodeType:
    """A declared kind of node.

    declared: the version that its author gave it, or "". call: the author's function; is_async: whether what it gives
    is to be awaited. context: the name of its Context parameter, if it has one. models, recipes, lazy: the names of the
    inputs that receive live models, Recipes of models, and a function to call for the value. narrow: those of models
    that count with some patches only. carriers: those whose values name models that the call needs.
    single: whether what it returns is its one output, and not a tuple of outputs.
    batch, batch_size: the port whose items it takes all at once, as a list, when mapped with `each`; how many at most.
    costly: whether it is worth a worker thread; None lets the engine find out.
    remember: False for a node whose result must never be cached (it reads a clock, say).
    fingerprint: given the arguments, gives plain data that counts in the Key; it is asked before each run.
    refuses: given the arguments, a model as its Recipe, says what cannot be made of them, or "". It is asked before a
        model is loaded, and by `check`, with those that stand in the file and the models that links bring (of values that
        carry models these alone, as a list of Recipes); what is not given is left out.
    gone: inputs that it once had, and what is to be written in their place, as a sentence that `check` says.
    timeout: the seconds that a call may take. retry: how many times a call that fails is made again.
    distribution: the installed distribution that its pack comes from; "" for loose files and functions. origin: the
    same with its version, or what else brings it (`Pack.origin`); "" for functions. installed: whether it is one.
    """

    name: str
    declared: str
    call: Callable[..., Any]
    inputs: dict[str, Port]
    outputs: dict[str, Port]
    help: str = ""
    context: str | None = None
    batch: str | None = None
    costly: bool | None = None
    remember: bool = True
    tags: tuple[str, ...] = ()
    models: tuple[str, ...] = field(default=())
    recipes: tuple[str, ...] = ()
    narrow: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    batch_size: int | None = None
    fingerprint: Callable[..., Any] | None = None
    refuses: Callable[..., str] | None = None
    gone: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None
    retry: int = 0
    lazy: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()
    is_async: bool = False
    single: bool = True
    distribution: str = ""
    origin: str = ""
    installed: bool = False
    plain: PortType | None = field(default=None, init=False)
    first_output: Port = field(init=False)
    _code: str = field(default="", init=False)

    def __post_init__(self) -> None:
        # The type of its one output, where nothing stands in the way of calling it at once.
        ports = list(self.outputs.values())
        object.__setattr__(self, "first_output", ports[0])
        if len(ports) == 1 and self.remember and not (
                ports[0].many or self.costly or self.context or self.models or self.carriers or self.batch or self.lazy
                or self.is_async or self.fingerprint or self.refuses or self.timeout or self.retry):
            object.__setattr__(self, "plain", ports[0].type)

    @property
    def version(self) -> str:
        """The version that was declared, or else the one that its code had when this was first asked for."""
        return self.declared or self.code

    @property
    def code(self) -> str:
        """A digest of its code, as that was when this was first asked for."""
        if not self._code:
            object.__setattr__(self, "_code", code_version(self.call))
        return self._code

    @property
    def pack(self) -> str:
        """The first part of the name."""
        return self.name.split(".", 1)[0]

    @property
    def shape(self) -> bytes:
        """A signature of its outputs: their names, types, and which are lists. What has another shape is no result."""
        return encode([[port.name, port.type.name, port.many] for port in self.outputs.values()])


def node(name: str, version: int | None = None, *, batch: str | None = None, batch_size: int | None = None,
         costly: bool | None = None, remember: bool = True, fingerprint: Callable[..., Any] | None = None,
         refuses: Callable[..., str] | None = None, gone: Mapping[str, str] | None = None,
         timeout: float | None = None, retry: int = 0, tags: Iterable[str] = ()) -> Callable[[F], F]:
    """Declare a function to be a node. It stays the function it was; see the module's text for how it is read.

    Raises PackError, naming the function and the parameter, when the signature does not say enough.
    """
    def declare(function: F) -> F:
        around = sys._getframe(1).f_locals  # of a function inside another, or in a notebook
        nodetype = read_nodetype(function, name, version, around=around, batch=batch, batch_size=batch_size, costly=costly,
                                 remember=remember, fingerprint=fingerprint, refuses=refuses, gone=gone or {},
                                 timeout=timeout, retry=retry, tags=tuple(tags))
        setattr(function, "__nodetype__", nodetype)
        return function
    return declare


def read_nodetype(function: Callable[..., Any], name: str, version: int | None = None, *,
                  around: Mapping[str, Any] | None = None, **more: Any) -> NodeType:
    """The NodeType that a function's signature and docstring describe.

    around: names that annotations may use beside those of the function's module. more: what `node` takes by keyword.
    """
    where = f"node {name} ({function.__module__}.{function.__qualname__})"
    if not _NAME.match(name):
        raise PackError(f"{where}: a name is its pack, a dot, and letters, digits or _, as in music.transpose")
    hints = _annotations(function, where, around or {})
    summary, input_help, output_help = _read_docstring(function.__doc__ or "", set(inspect.signature(function).parameters),
                                                       set(getattr(hints.get("return"), "_fields", ())))
    inputs, context, lazy, blank = _read_inputs(function, hints, input_help, where)
    models = [p for p in inputs.values() if isinstance(p.type, ModelType)]
    recipes = tuple(p.name for p in models if _is_unloaded(hints[p.name]))
    outputs, single = _read_outputs(hints.get("return"), output_help, where)
    nodetype = NodeType(name, str(version) if version is not None else "", function, inputs, outputs, help=summary,
                        context=context, lazy=lazy, blank=blank, single=single,
                        is_async=inspect.iscoroutinefunction(function), recipes=recipes,
                        models=tuple(p.name for p in models if p.name not in recipes),
                        narrow=tuple(p.name for p in models if p.uses is not None
                                     or isinstance(p.type, ModelType) and p.type.uncounted and p.name not in recipes),
                        carriers=tuple(p.name for p in inputs.values() if p.type.models is not None), **more)
    _judge_call(nodetype, where)
    _judge_batch(nodetype, where)
    if nodetype.fingerprint is not None:
        if not nodetype.remember:
            raise PackError(f"{where}: fingerprint= says when a result still holds, and remember=False that none does")
        nodetype = replace(nodetype, fingerprint=_by_name(nodetype, "fingerprint", nodetype.fingerprint, where))
    if nodetype.refuses is not None:
        nodetype = replace(nodetype, refuses=_by_name(nodetype, "refuses", nodetype.refuses, where))
    return nodetype


def _annotations(function: Callable[..., Any], where: str, around: Mapping[str, Any]) -> dict[str, Any]:
    try:
        try:
            return typing.get_type_hints(function, include_extras=True)
        except NameError:
            return typing.get_type_hints(function, localns=dict(around), include_extras=True)
    except (NameError, TypeError, SyntaxError, AttributeError) as error:
        raise PackError(f"{where}: an annotation cannot be understood: {error}") from error


def _read_inputs(function: Callable[..., Any], hints: dict[str, Any], port_help: dict[str, str],
                 where: str) -> tuple[dict[str, Port], str | None, tuple[str, ...], tuple[str, ...]]:
    """The input ports, the name of the Context parameter, and the names of the lazy and the blank ones."""
    inputs: dict[str, Port] = {}
    context: str | None = None
    lazy: list[str] = []
    blank: list[str] = []
    for parameter in inspect.signature(function).parameters.values():
        name = parameter.name
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise PackError(f"{where}: {parameter} has no single name; give each input its own")
        if name not in hints:
            raise PackError(f"{where}: {name} has no annotation, so nothing can be checked")
        hint = hints[name]
        if _is_context(hint):
            context = name
            continue
        if name in RESERVED and name != COUNT:
            raise PackError(f"{where}: {name} has a meaning of its own in graph files; call the input otherwise")
        default = MISSING if parameter.default is parameter.empty else parameter.default
        if get_origin(hint) is Lazy:
            lazy.append(name)
            hint, = get_args(hint)
            if default is not MISSING:
                raise PackError(f"{where}: {name} is Lazy and has a default; leave the default out, "
                                "or annotate it Lazy[X | None] where it need not be given")
        inputs[name] = _read_port(name, hint, default, port_help.get(name, ""), where)
        if name == COUNT and takes_words(inputs[name].type):
            raise PackError(f"{where}: {name} takes a {inputs[name].type.name}, and in graph files `{name}: word` names "
                            "the input that numbers the rounds; call the input otherwise")
        if inputs[name].optional and default is MISSING:
            inputs[name] = replace(inputs[name], default=None)
            blank.append(name)
    return inputs, context, tuple(lazy), tuple(blank)


def takes_words(type: PortType) -> bool:
    """Whether a bare word in a graph file may be a value of this type."""
    if type.parse is None:
        return False
    try:
        type.parse("word")
    except Exception:  # the type's own code; it refuses the word in one way or another
        return False
    return True


def _judge_call(nodetype: NodeType, where: str) -> None:
    """Refuse what cannot be kept to when the function is called."""
    seconds, times = nodetype.timeout, nodetype.retry
    if seconds is not None and not (type(seconds) in (int, float) and 0 < seconds < math.inf):
        raise PackError(f"{where}: timeout={seconds!r} must be a number of seconds above 0")
    if type(times) is not int or times < 0:
        raise PackError(f"{where}: retry={times!r} must be a whole number of times, from 0")
    for name in nodetype.lazy:
        if name in (*nodetype.models, *nodetype.recipes, *nodetype.carriers):
            raise PackError(f"{where}: {name} is a model and Lazy; a model is there before the call, leave Lazy out")
    for name in nodetype.recipes:
        if name in nodetype.narrow:
            raise PackError(f"{where}: {name} is Unloaded and has Uses, which is for live models; leave one of them out")


def _judge_batch(nodetype: NodeType, where: str) -> None:
    batch, size = nodetype.batch, nodetype.batch_size
    if batch is None:
        if size is not None:
            raise PackError(f"{where}: batch_size={size!r} needs batch=, the name of the parameter that takes a batch")
        return
    if not (batch in nodetype.inputs and nodetype.inputs[batch].many):
        raise PackError(f"{where}: batch={batch!r} must name a parameter annotated list[...]")
    if batch in nodetype.lazy:
        raise PackError(f"{where}: batch={batch!r} names a Lazy parameter; a batch is there before the call")
    if not all(port.many for port in nodetype.outputs.values()):
        raise PackError(f"{where}: a node with batch= gives a list too, one thing for each item")
    if size is not None and (type(size) is not int or size < 1):
        raise PackError(f"{where}: batch_size={size!r} must be a whole number, from 1")
    if nodetype.lazy:
        raise PackError(f"{where}: a node with batch= has no Lazy parameters; what one item asks for, others may not")


def _by_name(nodetype: NodeType, what: str, function: Callable[..., Any], where: str) -> Callable[..., Any]:
    """A function that may be handed all arguments, and takes just those that it has parameters for."""
    parameters = inspect.signature(function).parameters.values()
    at_hand = [name for name in nodetype.inputs if name not in nodetype.lazy]
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        names = at_hand
    else:
        names = [p.name for p in parameters if p.name in nodetype.inputs or p.default is p.empty]
    for name in names:
        if name not in at_hand:
            raise PackError(f"{where}: {what}= takes {name}, which is "
                            + ("Lazy" if name in nodetype.lazy else "no input of the node"))

    def asked(**arguments: Any) -> Any:
        return function(**{name: arguments[name] for name in names if name in arguments})
    return asked


def _is_unloaded(hint: Any) -> bool:
    """Whether an annotation asks for the Recipe of a model: Unloaded[X], also `| None` and in a list."""
    return get_origin(hint) is Unloaded or any(_is_unloaded(inner) for inner in get_args(hint)
                                               if get_origin(hint) in (list, typing.Union, types.UnionType, Annotated))


def _is_context(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Context)


def _read_port(name: str, hint: Any, default: Any, help: str, where: str) -> Port:
    facts: dict[str, Any] = {}
    type, many, optional = _read_hint(hint, facts, f"{where}: {name}")
    port = Port(name, type, many=many, optional=optional, default=default, range=facts.get("range"),
                choices=facts.get("choices"), help=facts.get("help", help), uses=facts.get("uses"))
    _judge(port, f"{where}: {name}")
    return port


def _judge(port: Port, where: str) -> None:
    """Refuse a port whose own declaration does not hold together."""
    if port.uses is not None and not isinstance(port.type, ModelType):
        raise PackError(f"{where} is a {port.type.name} and has Uses, which is for models")
    if port.range is not None:
        if port.type not in (INT, FLOAT, SEED):
            raise PackError(f"{where} is a {port.type.name} and has a Range, which is for numbers")
        if not port.range.low <= port.range.high:
            raise PackError(f"{where} has Range({port.range.low}, {port.range.high}), which is empty")
    if port.choices is not None:
        if port.type is not TEXT:
            raise PackError(f"{where} is a {port.type.name} and has choices, which are for texts")
        if not port.choices or not all(isinstance(word, str) and word for word in port.choices):
            raise PackError(f"{where} has the choices {port.choices}; they are one or more words")
    if port.default is MISSING or port.default is None or isinstance(port.type, ModelType):
        return
    if port.many and not isinstance(port.default, (list, tuple)):
        raise PackError(f"{where} takes a list, and its default is {short(port.default)}")
    for item in port.default if port.many else [port.default]:
        wrong = port.complaint(item)
        if wrong:
            raise PackError(f"{where} has a default that {wrong}")


def _read_hint(hint: Any, facts: dict[str, Any], where: str) -> tuple[PortType, bool, bool]:
    """The PortType that an annotation means, whether it is a list, and whether it may be None."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *marks = get_args(hint)
        found = None
        for mark in marks:
            if isinstance(mark, PortType):
                found = mark
            elif isinstance(mark, Range):
                facts["range"] = mark
            elif isinstance(mark, Choice):
                facts["choices"] = tuple(mark)
            elif isinstance(mark, Help):
                facts["help"] = str(mark)
            elif isinstance(mark, Uses):
                facts["uses"] = mark
        if found is not None:
            return found, False, False
        return _read_hint(inner, facts, where)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in get_args(hint) if a is not types.NoneType]
        if len(inner) == 1:
            porttype, many, _ = _read_hint(inner[0], facts, where)
            return porttype, many, True
        raise PackError(f"{where} is annotated {hint}; a port has one type (X, list[X] or X | None)")
    if origin is Unloaded:
        porttype, many, optional = _read_hint(get_args(hint)[0], facts, where)
        if not isinstance(porttype, ModelType):
            raise PackError(f"{where} is Unloaded and a {porttype.name}, which is no model; leave Unloaded out")
        return porttype, many, optional
    if origin is list:
        porttype, many, _ = _read_hint(get_args(hint)[0], facts, where)
        if many:
            raise PackError(f"{where} is a list of lists; a port carries one value or one list")
        return porttype, True, False
    if origin is Literal:
        facts["choices"] = get_args(hint)
        return TEXT, False, False
    if isinstance(hint, typing.Hashable) and hint in OF_PYTHON:
        return OF_PYTHON[hint], False, False
    own = getattr(hint, "__porttype__", None)
    if isinstance(hint, type) and isinstance(own, PortType):
        return own, False, False
    raise PackError(f"{where} is annotated {hint!r}, which is no PortType; "
                    "use str, int, float, bool, Seed, a type from a pack, or Annotated[..., PortType(...)]")


def _read_outputs(hint: Any, port_help: dict[str, str], where: str) -> tuple[dict[str, Port], bool]:
    """The output ports, and whether there is one that is returned as it is."""
    if hint is None or hint is types.NoneType:
        raise PackError(f"{where} returns nothing; annotate what it gives (-> Image)")
    fields = getattr(hint, "_fields", None)
    if fields is not None and isinstance(hint, type) and issubclass(hint, tuple) and not hasattr(hint, "__porttype__"):
        hints = typing.get_type_hints(hint, include_extras=True)
        return {name: _read_port(name, hints[name], MISSING, port_help.get(name, ""), where) for name in fields}, False
    port = _read_port("", hint, MISSING, "", f"{where}: the result")
    name = "value" if port.type is ANY else port.type.name.lower() + ("s" if port.many else "")
    return {name: _read_port(name, hint, MISSING, port_help.get(name, ""), where)}, True


def _read_docstring(text: str, inputs: set[str], outputs: set[str]) -> tuple[str, dict[str, str], dict[str, str]]:
    """The text that speaks of the node, and the words of each input and of each output (`name: words`, `one, two: words`).

    Of a name that is both, the first line is the input's, and a second one the output's.
    """
    lines: list[str] = []
    takes: dict[str, str] = {}
    gives: dict[str, str] = {}
    current: list[tuple[dict[str, str], str]] = []
    for line in inspect.cleandoc(text).splitlines():
        head, colon, words = line.partition(":")
        names = [name.strip() for name in head.split(",")]
        if colon and (inputs | outputs).issuperset(names):
            current = [(takes if name in inputs and name not in takes else gives, name) for name in names]
            for table, name in current:
                table[name] = words.strip()
        elif current and line.startswith(" "):
            for table, name in current:
                table[name] += f" {line.strip()}"
        else:
            current = []
            lines.append(line)
    return "\n".join(lines).strip(), takes, gives
