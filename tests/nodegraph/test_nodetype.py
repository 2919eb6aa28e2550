"""A typed function as a NodeType: what its signature says, and what is refused in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pytest

from nodegraph import (
    SILENT,
    Catalogue,
    Choice,
    Color,
    Context,
    Engine,
    File,
    Help,
    InputError,
    Lazy,
    ModelType,
    PackError,
    PortType,
    Range,
    Recipe,
    Seed,
    node,
)
from nodegraph.graphfile import parse
from nodegraph.nodetype import MISSING

Thing = Annotated[Any, PortType("Thing")]
Brain = Annotated[Any, ModelType("Brain", load=lambda recipe, device, dtype: None)]


class Pair(NamedTuple):
    left: str
    right: list[int]


def test_each_fact_is_read_from_the_signature_once():
    @node("t.all", version=3, tags=("x",))
    def everything(model: Brain, text: str, things: list[Thing], seed: Seed = 0,
                   steps: Annotated[int, Range(1, 9), Help("how many")] = 5, tone: Literal["calm", "sad"] = "calm",
                   mask: Thing | None = None, old: str | None = None, path: File = Path("x"), plain: Path = Path("y"),
                   tint: Color = "#ffffff", ctx: Context = SILENT) -> Pair:
        """Do all of it.

        And more.

        text, tone: what to say, and
          how to say it.
        left: the left half.
        """

    t = everything.__nodetype__
    assert (t.name, t.version, t.pack, t.context, t.models, t.tags) == ("t.all", "3", "t", "ctx", ("model",), ("x",))
    assert t.help == "Do all of it.\n\nAnd more."
    assert {name: str(port) for name, port in t.inputs.items()} == {
        "model": "Brain", "text": "Text", "things": "list of Thing", "seed": "Seed", "steps": "Int", "tone": "Text",
        "mask": "Thing", "old": "Text", "path": "File", "plain": "File", "tint": "Color"}
    assert t.inputs["steps"].range == Range(1, 9) and t.inputs["steps"].help == "how many"
    assert t.inputs["tone"].choices == ("calm", "sad")
    assert t.inputs["text"].help == t.inputs["tone"].help == "what to say, and how to say it."
    assert [p.name for p in t.inputs.values() if p.default is MISSING] == ["model", "text", "things"]
    assert [p.name for p in t.inputs.values() if p.optional] == ["mask", "old"]
    assert {name: str(port) for name, port in t.outputs.items()} == {"left": "Text", "right": "list of Int"}
    assert t.outputs["left"].help == "the left half."


def test_an_output_is_named_after_its_type():
    def named(result):
        def made():
            """Make."""
        made.__annotations__["return"] = result
        return list(node("t.x", version=1)(made).__nodetype__.outputs)

    assert [named(r) for r in (str, list[str], Thing, list[Thing], Any, Pair)] == [
        ["text"], ["texts"], ["thing"], ["things"], ["value"], ["left", "right"]]


def test_the_function_stays_the_function_it_was():
    @node("t.twice", version=1)
    def twice(text: str) -> str:
        """Say it twice."""
        return text * 2

    assert twice("a") == "aa" and twice.__name__ == "twice"


def declared(function, **more):
    return node("t.x", version=1, **more)(function).__nodetype__


def test_an_input_that_may_be_none_need_not_be_given():
    def f(a: str | None, b: list[int] | None, c: str | None = "x") -> str | None: ...
    t = declared(f)
    assert [port.default for port in t.inputs.values()] == [None, None, "x"] and t.outputs["text"].default is MISSING


def test_what_may_be_none_and_is_not_given_is_handed_over_as_none():
    def f(text: str | None, n: int, later: Lazy[str | None]) -> str:
        return f"{text} {n} {later()}"

    node("t.f", version=1)(f)
    graph, _ = parse("""nodegraph: 1
inputs: {none: {type: Text, default: null}}
nodes:
  a: {type: t.f, n: 1}
  b: {type: t.f, n: 2, text: $none, later: $none}
  c: {type: t.f, n: 3, text: x, later: $a}
  d: {type: t.f, each: n, n: [4, 5]}
outputs: {a: $a, b: $b, c: $c, d: $d}
""")
    assert f.__nodetype__.blank == ("text", "later")
    with Engine(None, functions=[f]) as engine:
        assert dict(engine.run(graph)) == {"a": "None 1 None", "b": "None 2 None", "c": "x 3 None 1 None",
                                           "d": ["None 4 None", "None 5 None"]}
        assert engine.run(graph.with_value("a", "n", 6))["a"] == "None 6 None"


def test_how_a_node_is_to_be_called_is_declared_with_it():
    async def f(texts: list[str], first: Lazy[str], second: Lazy[list[int] | None]) -> list[str]: ...
    t = declared(f, timeout=2.5, retry=3, fingerprint=lambda texts: len(texts))
    assert (t.is_async, t.lazy, t.batch_size, t.timeout, t.retry) == (True, ("first", "second"), None, 2.5, 3)
    assert str(t.inputs["second"]) == "list of Int" and t.inputs["second"].default is None
    assert t.inputs["first"].default is MISSING and t.fingerprint is not None and t.distribution == ""
    def together(texts: list[str]) -> list[str]: ...
    assert declared(together, batch="texts", batch_size=8).batch_size == 8
    def g(a: str) -> str: ...
    t = declared(g)
    assert (t.is_async, t.lazy, t.batch_size, t.timeout, t.retry, t.fingerprint) == (False, (), None, None, 0, None)


def test_only_what_nothing_stands_in_the_way_of_is_called_at_once():
    def f(a: str) -> str: ...
    def lazy(a: Lazy[str]) -> str: ...
    async def waits(a: str) -> str: ...
    assert declared(f).plain is declared(f).outputs["text"].type
    ways = [declared(lazy), declared(waits), declared(f, timeout=1), declared(f, retry=1),
            declared(f, fingerprint=lambda: 1), declared(f, costly=True), declared(f, remember=False)]
    assert [t.plain for t in ways] == [None] * 7


def test_a_fingerprint_is_handed_what_it_names():
    def f(folder: str, depth: int, later: Lazy[str]) -> str: ...
    said = []
    t = declared(f, fingerprint=lambda folder: said.append(folder) or "print")
    assert t.fingerprint(folder="a", depth=3) == "print" and said == ["a"]
    t = declared(f, fingerprint=lambda **all: sorted(all))
    assert t.fingerprint(folder="a", depth=3, later=None) == ["depth", "folder"]
    t = declared(f, fingerprint=lambda depth, folder="x", more=1: (folder, depth, more))
    assert t.fingerprint(depth=3) == ("x", 3, 1)


@pytest.mark.parametrize("more, words", [
    (dict(timeout=0), "timeout=0 must be a number of seconds"), (dict(timeout="3"), "timeout='3' must"),
    (dict(timeout=float("inf")), "timeout=inf must"), (dict(timeout=True), "timeout=True must"),
    (dict(retry=-1), "retry=-1 must be a whole number"), (dict(retry=1.0), "retry=1.0 must"),
    (dict(batch_size=4), "batch_size=4 needs batch="), (dict(batch="texts", batch_size=0), "batch_size=0 must be"),
    (dict(batch="texts"), "a node with batch= has no Lazy parameters"),
    (dict(batch="lazy"), "batch='lazy' names a Lazy parameter"), (dict(batch="text"), "must name a parameter annotated list"),
    (dict(fingerprint=lambda nothing: 1), "fingerprint= takes nothing, which is no input"),
    (dict(fingerprint=lambda lazy: 1), "fingerprint= takes lazy, which is Lazy"),
    (dict(fingerprint=lambda text: 1, remember=False), "remember=False that none does"),
])
def test_a_way_of_calling_that_cannot_be_kept_to_is_refused(more, words):
    def f(text: str, texts: list[str], lazy: Lazy[list[str]]) -> list[str]: ...
    with pytest.raises(PackError) as caught:
        declared(f, **more)
    assert "node t.x" in str(caught.value) and words in str(caught.value)


def test_whether_what_is_returned_is_the_output_or_a_tuple_of_outputs_is_declared():
    def one(a: str) -> str: ...
    def model(a: str) -> Brain: ...
    def anything(a: str) -> Any: ...
    def pair(a: str) -> Pair: ...
    assert issubclass(Recipe, tuple)
    assert [declared(f).single for f in (one, model, anything, pair)] == [True, True, True, False]


def test_the_shape_of_a_node_is_that_of_its_outputs_and_of_nothing_else():
    class Other(NamedTuple):
        left: str
        right: int

    class Renamed(NamedTuple):
        left: str
        wrong: list[int]

    def f(a: str) -> Pair: ...
    def g(b: int = 3) -> Pair: ...
    def h(a: str) -> Other: ...
    def i(a: str) -> Renamed: ...
    h.__annotations__["return"], i.__annotations__["return"] = Other, Renamed
    shapes = [declared(k).shape for k in (f, g, h, i)]
    assert shapes[0] == shapes[1] and len(set(shapes)) == 3 and type(shapes[0]) is bytes and len(shapes[0]) < 64


def no_annotation(a) -> str: ...
def lazy_default(a: Lazy[str] = "x") -> str: ...
def lazy_optional(a: Lazy[str] | None) -> str: ...
def lazy_items(a: list[Lazy[str]]) -> str: ...
def lazy_model(a: Lazy[Brain]) -> str: ...
def no_result(a: str): ...
def gives_none(a: str) -> None: ...
def splat(*a: str) -> str: ...
def keywords(**a: str) -> str: ...
def positional(a: str, /) -> str: ...
def union(a: str | int) -> str: ...
def nested(a: list[list[str]]) -> str: ...
def unknown(a: dict) -> str: ...
def bare_list(a: list) -> str: ...
def undefined(a: Nowhere) -> str: ...  # noqa: F821
def called_type(type: str) -> str: ...
def called_each(each: str) -> str: ...
def called_bypass(bypass: str) -> str: ...
def called_mute(mute: bool) -> str: ...
def text_range(a: Annotated[str, Range(1, 2)]) -> str: ...
def empty_range(a: Annotated[int, Range(5, 2)] = 5) -> str: ...
def out_of_range(a: Annotated[int, Range(1, 5)] = 9) -> str: ...
def wrong_default(a: int = "x") -> str: ...
def fraction_default(a: int = 1.5) -> str: ...
def nan_default(a: float = float("nan")) -> str: ...
def one_for_many(a: list[str] = "x") -> str: ...
def number_choices(a: Literal[1, 2]) -> str: ...
def int_choices(a: Annotated[int, Choice("a")]) -> str: ...
def no_choices(a: Annotated[str, Choice()]) -> str: ...
def other_choice(a: Literal["x", "y"] = "z") -> str: ...
def bad_color(a: Color = "red") -> str: ...
def bad_seed(a: Seed = -1) -> str: ...


@pytest.mark.parametrize("function", [f for f in list(globals().values()) if getattr(f, "__module__", "") == __name__
                                      and callable(f) and not isinstance(f, type) and "." not in f.__qualname__
                                      and not f.__name__.startswith("test_")], ids=lambda f: f.__name__)
def test_a_declaration_that_does_not_hold_together_is_refused_with_its_name(function):
    with pytest.raises(PackError, match=f"t.x .*{function.__name__}"):
        node("t.x", version=1)(function)


@pytest.mark.parametrize("name", ["x", "", ".x", "x.", "a b.c", "a/b.c", "1.x", "$a.b", "a.b\n"])
def test_a_node_is_called_after_its_pack(name):
    def fine(a: str) -> str: ...
    with pytest.raises(PackError, match="a name is its pack, a dot"):
        node(name, version=1)(fine)


def test_a_batch_takes_and_gives_lists():
    def one(a: str) -> list[str]: ...
    def many(a: list[str]) -> str: ...
    for function in (one, many):
        with pytest.raises(PackError, match="list"):
            node("t.x", version=1, batch="a")(function)


def test_a_version_left_out_follows_the_code():
    def declare(body: str):
        space: dict = {}
        exec(f"def f(a: str) -> str:\n    return {body}\n", {"str": str}, space)
        return node("t.x")(space["f"]).__nodetype__.version

    assert declare("a") == declare("a") != declare("a + a") != declare("a + 'x'")
    assert declare("a + 'x'") != declare("a + 'y'") and declare("(lambda: 1)()") != declare("(lambda: 2)()")


REACH = """
import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, partial, wraps
from math import sin
from nodegraph import node

FACTOR = 2
WORDS = ["one", {"two": (2, None, True)}]
FRUIT = {"apple", "pear", "plum", ("fig", 3)}
PATTERN = re.compile("[aeiou]+")
UNUSED = 1

class Tone(Enum):
    CALM = "calm"

@dataclass
class Box:
    size: int = 3
    def area(self):
        return self.size * self.width()
    @property
    def half(self):
        return self.size / 2
    @staticmethod
    def width():
        return WIDTH

BOX = Box(5)
WIDTH = 7

def loud(function):
    @wraps(function)
    def louder(*args):
        return function(*args) + "!"
    return louder

@node("r.all")
@loud
def f(a: str) -> str:
    return helper(a) if a in {"apple", "pear", "plum"} else str(BOX.area())

def helper(a, times=2):
    inner = lambda text: text * FACTOR
    return inner(cached(a)) + str(WORDS) + str(FRUIT) + shout(a) + Tone.CALM.value

@lru_cache
def cached(a):
    return PATTERN.sub("", strip(a)) + str(sin(1.0)) + helper(a)

shout = partial(max, key=lambda c: c < "m")
strip = str.strip

def other(a):
    return a
"""


def version_of(source: str, where: str = "/somewhere/reach.py", name: str = "reach") -> str:
    import types

    module = types.ModuleType(name)
    module.__file__ = where
    sys.modules[name] = module  # where a dataclass looks for it
    try:
        exec(compile(source, where, "exec"), vars(module))
    finally:
        del sys.modules[name]
    return module.f.__nodetype__.version


@pytest.mark.parametrize("old, new", [
    ("FACTOR = 2", "FACTOR = 3"), ("True)}]", "False)}]"), ('("fig", 3)', '("fig", 4)'), ("[aeiou]+", "[aeiou]"),
    ('CALM = "calm"', 'CALM = "still"'), ("size: int = 3", "size: int = 4"), ("self.size *", "self.size +"),
    ("self.size / 2", "self.size / 3"), ("WIDTH = 7", "WIDTH = 8"), ("Box(5)", "Box(6)"), ('+ "!"', '+ "?"'),
    ("times=2", "times=3"), ("text * FACTOR", "text + FACTOR"), ('sub("", ', 'sub("-", '), ("max, key", "min, key"), ("str.strip", "str.lstrip"),
    ('c < "m"', 'c < "n"'), ("from math import sin", "from cmath import sin"), ('"plum"} else', '"fig"} else'),
])
def test_a_version_left_out_follows_what_the_code_uses_of_its_module(old, new):
    assert REACH.count(old) == 1 and version_of(REACH.replace(old, new)) != version_of(REACH)


def test_a_version_left_out_follows_nothing_else():
    for old, new in [("UNUSED = 1", "UNUSED = 2"), ("    return a\n", "    return a + a\n"), ("\nFACTOR", "\n\n# more\nFACTOR")]:
        assert REACH.count(old) == 1 and version_of(REACH.replace(old, new)) == version_of(REACH)
    assert version_of(REACH, "/elsewhere/b.py", "b") == version_of(REACH)
    here = REACH.replace("UNUSED = 1", "import os\nFACTOR = [__file__, os.path.dirname(__file__) + '/a.png']")
    assert version_of(here, "/elsewhere/reach.py") == version_of(here)


def test_a_version_left_out_is_the_same_in_every_process(tmp_path):
    (tmp_path / "reach.py").write_text(REACH)
    code = "import reach; print(reach.f.__nodetype__.version)"
    told = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path,
                           env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": keep}).stdout
            for seed, keep in (("1", "1"), ("2", ""), ("3", ""))}  # compiled twice, and then as it was kept
    assert told == {version_of(REACH) + "\n"}


def test_a_version_is_looked_for_only_where_none_was_declared(monkeypatch):
    from nodegraph import nodetype

    monkeypatch.setattr(nodetype, "code_version", lambda function: pytest.fail("looked for"))
    def f(a: str) -> str: ...
    assert node("t.x", version=0)(f).__nodetype__.version == "0"


def test_a_version_left_out_is_that_of_the_module_before_its_nodes_ran():
    def declare():
        names: dict = {"node": node}
        exec("seen = []\n@node('t.x')\ndef f(a: str) -> str:\n    seen.append(a)\n    return str(seen)\n", names)
        return names["f"]

    kept, late = declare(), declare()
    Catalogue([kept], installed=False)
    kept("a"), late("a")
    assert kept.__nodetype__.version == declare().__nodetype__.version != late.__nodetype__.version


@pytest.mark.parametrize("value, words", [
    ("7", "is '7'; it takes an int, 1 to 9"), (True, "is true; it takes an int, 1 to 9"), (0, "is 0; it takes 1 to 9"),
    (1.0, "is 1.0; it takes an int, 1 to 9"), (None, "is None; it takes an int, 1 to 9"), (10 ** 400, "is 1000"),
])
def test_a_port_says_what_is_wrong_with_a_value(value, words):
    def f(a: Annotated[int, Range(1, 9)]) -> str: ...
    port = node("t.x", version=1)(f).__nodetype__.inputs["a"]
    with pytest.raises(InputError) as caught:
        port.parse(value)
    assert words in str(caught.value) and len(str(caught.value)) < 120


def judge(value):
    raise KeyError("luck")


Even = Annotated[Any, PortType("Even", parse=int, complaint=judge)]


class Loud:
    """A value whose own code raises."""

    def __repr__(self):
        raise RuntimeError("no")

    def __eq__(self, other):
        raise RuntimeError("no")


def test_a_type_whose_own_code_raises_is_answered_with_a_sentence():
    def f(a: Even) -> str: ...
    port = declared(f).inputs["a"]
    with pytest.raises(InputError) as caught:
        port.parse("abc")
    assert str(caught.value) == "is 'abc'; it takes an Even (ValueError: invalid literal for int() with base 10: 'abc')"
    assert port.parse("8") == 8
    assert port.complaint(3) == "is 3, and the type Even cannot tell whether it is one (KeyError: 'luck'); it takes an Even"


def test_a_value_that_cannot_be_shown_is_told_by_its_class():
    def f(a: Annotated[int, Range(1, 9)], b: Literal["x"]) -> str: ...
    ports = declared(f).inputs
    assert ports["b"].complaint(Loud()) == "is a Loud that cannot be shown (RuntimeError); it takes one of x"
    assert ports["a"].complaint(10 ** 5000) == "is an int that cannot be shown (ValueError); it takes 1 to 9"


@pytest.mark.parametrize("written, handed", [
    ("#ff8800", "#ff8800"), ("#FF8800", "#FF8800"), ("#f80", "#ff8800"), ("#ff880080", "#ff880080"), ("#f808", "#ff880088"),
    ("teal", "#008080"), ("Teal", "#008080"), ("hsl(120, 100%, 50%)", "#00ff00"), ("rgb(1,2,3)", "#010203"),
    ("transparent", "#00000000")])
def test_a_colour_is_written_in_many_ways_and_handed_over_in_one(written, handed):
    @node("t.colored", version=1)
    def colored(tint: Color = "#ffffff") -> str: ...
    port = colored.__nodetype__.inputs["tint"]
    assert port.parse(written) == handed and port.complaint(handed) is None


@pytest.mark.parametrize("value", ["redd", "", "#ff88a", "ff8800", "#gg0000", 3, None, ["#ff8800"], True])
def test_what_is_no_colour_is_refused(value):
    from nodegraph.types import COLOR

    with pytest.raises(InputError, match='it takes a colour such as "#ff8800"'):
        COLOR.parse(value)


def test_a_name_that_is_taken_and_given_has_words_for_each():
    class Given(NamedTuple):
        left: str
        right: str

    @node("t.both", version=1)
    def both(left: str, right: str) -> Given:
        """Turn both.

        left: what came.
        right: the other.
        left: what goes.
        """

    t = both.__nodetype__
    assert t.help == "Turn both."
    assert {name: port.help for name, port in t.inputs.items()} == {"left": "what came.", "right": "the other."}
    assert {name: port.help for name, port in t.outputs.items()} == {"left": "what goes.", "right": ""}
