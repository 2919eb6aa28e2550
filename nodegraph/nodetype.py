"""How a typed Python function becomes a NodeType: each fact is read once, from the signature.

    @node("music.transpose", version=1)
    def transpose(score: Score, semitones: Annotated[int, Range(-24, 24)] = 0) -> Score:
        '''Shift every pitch of a score.

        semitones: how far up (or down, if negative).
        '''

- The function still works without the engine. The first paragraph of its docstring is its help; lines
  `name: words` below are the help of its ports.
- A parameter without a default must be given. `list[X]` carries many; `X | None = None` may be left out.
- `Annotated[...]` carries Range, Choice or a PortType; `Literal["a", "b"]` is a choice; `Seed`, `Color` and `File`
  are plain types with a meaning. A parameter annotated `Context` reports progress and is not a port.
- A parameter of a ModelType receives the live model, for the length of the call.
- One output is a port named like its type in small letters (`image`, `text`; `images`, `texts` for a list).
  A NamedTuple as return type names several.
- `version` goes up when the same inputs would give another result. Left out, it follows the function's code and what
  that uses of its own module, which suits a node that is still being written.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args, get_origin

from .codeversion import code_version
from .context import Context
from .errors import InputError, PackError
from .types import ANY, FLOAT, INT, OF_PYTHON, SEED, TEXT, Choice, Help, ModelType, PortType, Range, short

RESERVED = ("type", "each", "bypass", "mute")  # keys of a node in a graph file that are no inputs of it
_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+\Z")


class _Missing:
    def __repr__(self) -> str:
        return "(must be given)"


MISSING = _Missing()


@dataclass(frozen=True, slots=True, eq=False)
class Port:
    """An input or an output of a NodeType."""

    name: str
    type: PortType
    many: bool = False
    optional: bool = False
    default: Any = MISSING
    range: Range | None = None
    choices: tuple[str, ...] | None = None
    help: str = ""

    def complaint(self, value: Any) -> str | None:
        """What is wrong with one item for this port, in a few words, or None."""
        wrong = self.type.complaint(value)
        if wrong:
            return f"{wrong}; it takes {self.takes}"
        if self.range is not None and not self.range.low <= value <= self.range.high:
            return f"is {short(value)}; it takes {self.range}"
        if self.choices is not None and value not in self.choices:
            return f"is {value!r}; it takes one of {', '.join(self.choices)}"
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
            raise InputError(f"is {value!r}; it takes {self.type.takes} from a link ($node)")
        narrow = self.range is not None or self.choices is not None
        wrong = self.complaint(value) if narrow else None
        if wrong:
            raise InputError(wrong)
        return self.type.parse(value)

    def __str__(self) -> str:
        return f"list of {self.type.name}" if self.many else self.type.name


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class NodeType:
    """A declared kind of node.

    declared: the version that its author gave it, or "". call: the author's function. context: the name of its Context parameter, if it has one.
    batch: the port whose items it takes all at once, as a list, when mapped with `each`.
    costly: whether it is worth a worker thread; None lets the engine find out.
    remember: False for a node whose result must never be cached (it reads a clock, say).
    """

    name: str
    declared: str
    call: Callable
    inputs: dict[str, Port]
    outputs: dict[str, Port]
    help: str = ""
    context: str | None = None
    batch: str | None = None
    costly: bool | None = None
    remember: bool = True
    tags: tuple[str, ...] = ()
    models: tuple[str, ...] = field(default=())
    plain: PortType | None = field(default=None, init=False)
    _code: str = field(default="", init=False)

    def __post_init__(self) -> None:
        # The type of its one output, where nothing stands in the way of calling it at once.
        ports = list(self.outputs.values())
        if len(ports) == 1 and not (ports[0].many or self.costly or self.context or self.models or self.batch) \
                and self.remember:
            object.__setattr__(self, "plain", ports[0].type)

    @property
    def version(self) -> str:
        """The version that was declared, or else the one that its code had when this was first asked for."""
        if not self.declared and not self._code:
            object.__setattr__(self, "_code", code_version(self.call))
        return self.declared or self._code

    @property
    def pack(self) -> str:
        """The first part of the name."""
        return self.name.split(".", 1)[0]


def node(name: str, version: int | None = None, *, batch: str | None = None, costly: bool | None = None,
         remember: bool = True, tags: tuple[str, ...] = ()) -> Callable[[Callable], Callable]:
    """Declare a function to be a node. It stays the function it was; see the module's text for how it is read.

    Raises PackError, naming the function and the parameter, when the signature does not say enough.
    """
    def declare(function: Callable) -> Callable:
        function.__nodetype__ = read_nodetype(function, name, version, batch=batch, costly=costly,
                                              remember=remember, tags=tuple(tags))
        return function
    return declare


def read_nodetype(function: Callable, name: str, version: int | None = None, **more: Any) -> NodeType:
    """The NodeType that a function's signature and docstring describe."""
    where = f"node {name} ({function.__module__}.{function.__qualname__})"
    if not _NAME.match(name):
        raise PackError(f"{where}: a name is its pack, a dot, and letters, digits or _, as in music.transpose")
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, SyntaxError, AttributeError) as error:
        raise PackError(f"{where}: an annotation cannot be understood: {error}") from error
    parameters = inspect.signature(function).parameters
    output_names = getattr(hints.get("return"), "_fields", ())
    summary, port_help = _read_docstring(function.__doc__ or "", {*parameters, *output_names})
    inputs, context = {}, None
    for parameter in parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise PackError(f"{where}: {parameter} has no single name; give each input its own")
        if parameter.name not in hints:
            raise PackError(f"{where}: {parameter.name} has no annotation, so nothing can be checked")
        if _is_context(hints[parameter.name]):
            context = parameter.name
            continue
        if parameter.name in RESERVED:
            raise PackError(f"{where}: {parameter.name} has a meaning of its own in graph files; "
                            "call the input otherwise")
        default = MISSING if parameter.default is parameter.empty else parameter.default
        inputs[parameter.name] = _read_port(parameter.name, hints[parameter.name], default,
                                            port_help.get(parameter.name, ""), where)
    outputs = _read_outputs(hints.get("return"), port_help, where)
    batch = more.get("batch")
    if batch is not None and not (batch in inputs and inputs[batch].many):
        raise PackError(f"{where}: batch={batch!r} must name a parameter annotated list[...]")
    if batch is not None and not all(port.many for port in outputs.values()):
        raise PackError(f"{where}: a node with batch= gives a list too, one thing for each item")
    models = tuple(p.name for p in inputs.values() if isinstance(p.type, ModelType))
    return NodeType(name, str(version) if version is not None else "", function, inputs, outputs, help=summary,
                    context=context, models=models, **more)


def _is_context(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Context)


def _read_port(name: str, hint: Any, default: Any, help: str, where: str) -> Port:
    facts: dict[str, Any] = {}
    type, many, optional = _read_hint(hint, facts, f"{where}: {name}")
    port = Port(name, type, many=many, optional=optional, default=default, range=facts.get("range"),
                choices=facts.get("choices"), help=facts.get("help", help))
    _judge(port, f"{where}: {name}")
    return port


def _judge(port: Port, where: str) -> None:
    """Refuse a port whose own declaration does not hold together."""
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
        if found is not None:
            return found, False, False
        return _read_hint(inner, facts, where)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in get_args(hint) if a is not types.NoneType]
        if len(inner) == 1:
            porttype, many, _ = _read_hint(inner[0], facts, where)
            return porttype, many, True
        raise PackError(f"{where} is annotated {hint}; a port has one type (X, list[X] or X | None)")
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
    if isinstance(hint, type) and isinstance(getattr(hint, "__porttype__", None), PortType):
        return hint.__porttype__, False, False
    raise PackError(f"{where} is annotated {hint!r}, which is no PortType; "
                    "use str, int, float, bool, Seed, a type from a pack, or Annotated[..., PortType(...)]")


def _read_outputs(hint: Any, port_help: dict[str, str], where: str) -> dict[str, Port]:
    if hint is None or hint is types.NoneType:
        raise PackError(f"{where} returns nothing; annotate what it gives (-> Image)")
    fields = getattr(hint, "_fields", None)
    if fields is not None and issubclass(hint, tuple) and not hasattr(hint, "__porttype__"):
        hints = typing.get_type_hints(hint, include_extras=True)
        return {name: _read_port(name, hints[name], MISSING, port_help.get(name, ""), where) for name in fields}
    port = _read_port("", hint, MISSING, "", f"{where}: the result")
    name = "value" if port.type is ANY else port.type.name.lower() + ("s" if port.many else "")
    return {name: _read_port(name, hint, MISSING, port_help.get(name, ""), where)}


def _read_docstring(text: str, ports: set[str]) -> tuple[str, dict[str, str]]:
    """The text that speaks of the node, and the words of each port (`name: words`, `one, two: words`)."""
    lines: list[str] = []
    help: dict[str, str] = {}
    current: list[str] = []
    for line in inspect.cleandoc(text).splitlines():
        head, colon, words = line.partition(":")
        names = [name.strip() for name in head.split(",")]
        if colon and ports.issuperset(names):
            current = names
            help.update(dict.fromkeys(names, words.strip()))
        elif current and line.startswith(" "):
            help.update({name: f"{help[name]} {line.strip()}" for name in current})
        else:
            current = []
            lines.append(line)
    return "\n".join(lines).strip(), help
