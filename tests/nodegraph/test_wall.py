"""Code of others that raises where nobody expects it: it is the failure of a node, a problem of a graph, or a sentence.

A run never raises for what a node, a type or a writer does, and the command line answers with exit code 1 or 2.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Annotated, Any

import pytest

from nodegraph import (
    Cancelled,
    Context,
    GraphError,
    InputError,
    ModelType,
    NodegraphError,
    PortType,
    Recipe,
    events as ev,
    node,
)
from nodegraph.cli import main
from nodegraph.context import SILENT
from nodegraph.documents import event_document, failure_document

from .playground import Halves, engine, graph, told

# ---- what a node raises

class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class NoText(Exception):
    def __str__(self) -> Any:
        return None


class Shy(Exception):
    __str__ = __repr__ = lambda self: 1 / 0  # type: ignore[assignment]


class OddText(str):
    def __str__(self) -> str:
        raise RuntimeError("no words")

    def __format__(self, spec: str) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


class Base(BaseException):
    pass


def circle() -> Exception:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    return one


RAISED = {
    "mute": Mute, "no text": NoText, "shy": Shy, "odd text": lambda: ValueError(OddText("x")),
    "an input error without words": InputError, "an input error of numbers": lambda: InputError(1, 2),
    "an input error that is mute": lambda: InputError(OddText("x")),
    "a group": lambda: ExceptionGroup("several", [ValueError("a"), Mute()]), "a circle": circle,
    "exit": lambda: SystemExit(0),
    "exit with an object": lambda: SystemExit(object()), "a generator's end": GeneratorExit, "a base exception": Base,
    "stop": StopIteration, "recursion": RecursionError, "no memory": MemoryError, "an assertion": AssertionError,
    "many words": lambda: ValueError("x" * 1_000_000),
    "bytes that are no text": lambda: ValueError("\udcff\x00\x1b[31m"),
}
WAYS = {"here": dict(costly=False), "in a worker": dict(costly=True), "in time": dict(timeout=20),
        "again": dict(retry=1)}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("raised", RAISED)
def test_whatever_a_node_raises_is_its_failure_and_the_rest_is_made(raised, way):
    @node("w.raises", version=1, **WAYS[way])
    def raises(a: int) -> int:
        """Raise."""
        raise RAISED[raised]()

    text = """
nodes:
  n: {type: w.raises, a: 1}
  after: {type: t.add, a: $n}
  m: {type: w.raises, each: a, a: [1, 2]}
  u: {type: t.upper, text: a}
outputs: {after: $after, m: $m, u: $u}
"""
    story, result = told(engine(more=[raises]), graph(text))
    assert dict(result) == {"u": "A"} and not result.cancelled
    assert [error.instance for error in result.errors] == ["n", "m[1]", "m[2]"]
    assert result.nodes["after"].status == "skipped"
    for error in result.errors:
        assert isinstance(error.report(), str) and json.dumps(failure_document(error))
        assert len(str(error)) < 2_000_000 and error.message is not None
    assert all(json.dumps(event_document(event)) for event in story)


@pytest.mark.parametrize("costly", [False, True])
def test_a_keyboard_interrupt_ends_the_run_and_keeps_what_was_finished(costly, tmp_path):
    again = []

    @node("w.interrupts", version=1, costly=costly)
    def interrupts(a: int) -> int:
        """As if someone pressed Ctrl-C here, the first time."""
        if not again:
            again.append(a)
            raise KeyboardInterrupt
        return a + 1

    g = graph("nodes: {a: {type: t.add, a: 1}, n: {type: w.interrupts, a: $a}, b: {type: t.add, a: $n}}\n"
              "outputs: {b: $b}")
    with engine(tmp_path, more=[interrupts]) as e:
        try:
            result = e.run(g)
        except KeyboardInterrupt:
            assert not costly, "only the thread that someone interrupts may be ended by it"
        else:
            assert result.cancelled and dict(result) == {}
        story, result = told(e, g)
        assert result["b"] == 2 and story.remembered == ["a"]


@pytest.mark.parametrize("costly", [False, True])
def test_a_node_that_says_it_was_stopped_stops_the_run(costly):
    @node("w.stops", version=1, costly=costly)
    def stops(a: int) -> int:
        """Give way."""
        raise Cancelled

    _, result = told(engine(more=[stops]), graph("nodes: {n: {type: w.stops, a: 1}}\noutputs: {o: $n}"))
    assert result.cancelled and not result.errors and result.nodes["n"].status == "skipped"


class Untouchable:
    """Something that can be neither shown nor compared nor gone through."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"no {name}")

    __repr__ = __str__ = __eq__ = __hash__ = __len__ = __iter__ = __bool__ = lambda self, *rest: 1 / 0  # type: ignore


class OddList(list[Any]):
    __iter__ = __len__ = lambda self: 1 / 0  # type: ignore[assignment]


GIVES = {"untouchable": Untouchable(), "odd list": OddList([1]), "untouchables": [Untouchable()],
         "dict": {1: Untouchable()}, "function": lambda: 1, "generator": (i for i in ()),
         "NotImplemented": NotImplemented, "ellipsis": ..., "bytes": b"\xff",
         "sets": {"x": {1, 2}}, "nan": float("nan"), "long": 10 ** 5000}


@pytest.mark.parametrize("costly", [False, True])
@pytest.mark.parametrize("given", GIVES)
@pytest.mark.parametrize("out", ["int", "list[int]", "Any", "list[Any]"])
def test_whatever_a_node_gives_is_kept_or_is_its_failure(out, given, costly):
    def gives(a: int) -> Any:
        return GIVES[given]

    gives.__annotations__["return"] = {"int": int, "list[int]": list[int], "Any": Any, "list[Any]": list[Any]}[out]
    e = engine(more=[node("w.gives", version=1, costly=costly)(gives)])
    g = graph("nodes: {n: {type: w.gives, a: 1}, u: {type: t.upper, text: a}}\noutputs: {o: $n, u: $u}")
    for _ in range(2):
        _, result = told(e, g)
        assert result["u"] == "A"
        assert ("o" in result) != bool(result.errors)
        assert all(isinstance(error.report(), str) for error in result.errors)


CIRCLE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
from typing import Any
from nodegraph import Catalogue, Engine, node
from nodegraph.graphfile import parse
@node("w.circle", version=1)
def circle(a: int) -> Any:
    circle = [a]
    circle.append(circle)
    return circle
g = parse("nodegraph: 1\\nnodes: {n: {type: w.circle, a: 1}}\\noutputs: {o: $n}")[0]
print(Engine(None, catalogue=Catalogue([circle], installed=False), device="cpu").run(g).errors[0].message)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a bound on memory")
def test_a_list_that_contains_itself_is_the_failure_of_the_node_that_gives_it():
    done = subprocess.run([sys.executable, "-c", CIRCLE], capture_output=True, text=True, timeout=100)
    assert done.stdout.startswith("its output value cannot be kept") and "MemoryError" not in done.stdout, done


ROWS = {"too few": (1,), "too many": (1, 2, 3), "a list": [1, 2], "nothing": None, "one": 1,
        "untouchable": Untouchable()}


@pytest.mark.parametrize("given", ROWS)
def test_a_node_that_gives_other_outputs_than_it_declares_fails_by_name(given):
    @node("w.two", version=1)
    def two(a: int) -> Halves:
        """Give something else."""
        return ROWS[given]  # type: ignore[return-value]

    _, result = told(engine(more=[two]), graph("nodes: {n: {type: w.two, a: 1}}\noutputs: {o: $n.first}"))
    assert dict(result) == {} and [error.node for error in result.errors] == ["n"]


def test_a_preview_that_nobody_can_use_is_passed_on_as_it_is():
    thing = Untouchable()

    @node("w.shows", version=1)
    def shows(a: int, ctx: Context = SILENT) -> int:
        """Show something odd."""
        ctx.report(1, 2, "x", thing)
        return a

    g = graph("nodes: {n: {type: w.shows, a: 1}}\noutputs: {o: $n}")
    story, result = told(engine(more=[shows], previews=True), g)
    assert result["o"] == 1 and any(type(event) is ev.Progress and event.preview is thing for event in story)
    assert [event_document(event)["preview"] for event in story if type(event) is ev.Progress] == [None]


# ---- what a type raises

class Thing:
    def __init__(self, text: str):
        self.text = text


def kind(**broken: Any) -> PortType:
    """A type of its own class, some of whose code raises."""
    return PortType("Thing", **{"complaint": lambda v: None if isinstance(v, Thing) else "is no thing",
                                "flatten": lambda v: v.text, "restore": Thing, **broken})


def divide(*_: Any) -> Any:
    return 1 / 0


def things(type: PortType, costly: bool | None = None) -> list[Any]:
    """A node that gives such a thing, and one that takes it."""
    def give(text: str) -> Any:
        return Thing(text)

    def take(thing: Any, fail: bool = False) -> str:
        if fail:
            raise ValueError("on purpose")
        return thing.text if isinstance(thing, Thing) else str(thing)

    give.__annotations__["return"] = take.__annotations__["thing"] = Annotated[Any, type]
    return [node("w.give", version=1, costly=costly)(give), node("w.take", version=1, costly=costly)(take)]


THING = """
nodes: {g: {type: w.give, text: %s}, t: {type: w.take, thing: $g%s}, u: {type: t.upper, text: a}}
outputs: {t: $t, u: $u%s}
"""
LONG = "x" * 1000


@pytest.mark.parametrize("costly", [False, True])
@pytest.mark.parametrize("broken", [{"complaint": divide}, {"flatten": divide}, {"flatten": lambda v: object()},
                                    {"flatten": lambda v: 1 / 0 if v.text == LONG else v.text},
                                    {"complaint": lambda v: Untouchable()}],
                         ids=["complaint", "flatten", "flatten to no plain data", "flatten of some",
                              "a complaint of no words"])
def test_a_type_that_raises_at_what_a_node_gives_is_that_nodes_failure(broken, costly):
    _, result = told(engine(more=things(kind(**broken), costly)), graph(THING % (LONG, "", "")))
    assert dict(result) == {"u": "A"} and [error.node for error in result.errors] == ["g"]
    assert result.errors[0].report() and result.nodes["t"].status == "skipped"


@pytest.mark.parametrize("costly", [False, True])
def test_a_summary_that_raises_keeps_no_failure_from_being_told(costly):
    _, result = told(engine(more=things(kind(summary=divide), costly)), graph(THING % ("x", ", fail: true", "")))
    assert "on purpose" in result.errors[0].message and "thing" in result.errors[0].inputs and result.errors[0].report()


@pytest.mark.parametrize("text", ["x", LONG], ids=["small", "large"])
@pytest.mark.parametrize("on_disk", [False, True])
def test_a_type_that_cannot_read_back_is_made_again_and_else_a_failure(text, on_disk, tmp_path):
    broken: list[int] = []
    type = kind(restore=lambda text: 1 / 0 if broken else Thing(text))
    warnings: list[str] = []
    folder = tmp_path if on_disk else None
    with engine(folder, more=things(type), warn=warnings.append) as e:
        result = e.run(graph(THING % (text, "", ", g: $g")))
        assert result["t"] == text and result["g"].text == text
        broken.append(1)
        e.cache.memory.clear()
        result = e.run(graph(THING % (text, ", fail: true", "")))
        assert result["u"] == "A" and [error.node for error in result.errors] == ["t"]
        assert "on purpose" in result.errors[0].message, "it was made again, and handed on"
        assert all("\n" not in warning for warning in warnings)


GIVEN = "inputs: {x: {type: Thing}}\nnodes: {t: {type: w.take, thing: $x}}\noutputs: {t: $t}"


@pytest.mark.parametrize("broken", [{"adopt": divide}, {"complaint": divide}, {"flatten": divide},
                                    {"complaint": lambda v: "is bad", "parse": divide},
                                    {"parse": divide, "adopt": lambda v: "x"}],
                         ids=["adopt", "complaint", "flatten", "parse", "parse of what was adopted"])
def test_a_type_that_raises_at_what_is_given_is_a_problem_of_the_graph(broken):
    e = engine(more=things(kind(**broken)))
    with pytest.raises(GraphError) as wrong:
        e.run(graph(GIVEN), {"x": Thing("x")})
    assert "input x" in str(wrong.value) and "Traceback" not in str(wrong.value)


@pytest.mark.parametrize("error", [ValueError, KeyError, ZeroDivisionError, RecursionError],
                         ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("text", ["nodes: {t: {type: w.take, thing: bad}}\noutputs: {t: $t}",
                                  "inputs: {x: {type: Thing, default: bad}}\n"
                                  "nodes: {t: {type: w.take, thing: $x}}\noutputs: {t: $t}",
                                  "nodes: {t: {type: w.take, each: thing, thing: [good, bad]}}\noutputs: {t: $t}"],
                         ids=["a literal", "a default", "an item"])
def test_a_parse_that_raises_is_a_problem_at_the_place_of_the_literal(text, error, tmp_path):
    def parse(value: Any) -> Thing:
        if value == "bad":
            raise error("on purpose")
        return Thing(value)

    e = engine(more=things(kind(parse=parse)))
    with pytest.raises(GraphError) as wrong:
        e.run(graph(text, tmp_path / "g.yaml"))
    assert "g.yaml:" in str(wrong.value) and "bad" in str(wrong.value)


def test_a_literal_that_cannot_be_named_is_a_problem_of_the_graph():
    e = engine(more=things(kind(parse=Thing, flatten=lambda v: 1 / 0 if v.text == "bad" else v.text)))
    text = "nodes: {t: {type: w.take, thing: %s}}\noutputs: {t: $t}"
    assert e.run(graph(text % "good"))["t"] == "good"
    try:
        result = e.run(graph(text % "bad"))
    except NodegraphError as wrong:
        assert "thing" in str(wrong)
    else:
        assert [error.node for error in result.errors] == ["t"]


@pytest.mark.parametrize("broken", ["load", "size"])
def test_a_model_that_cannot_be_loaded_is_the_failure_of_who_wants_it(broken, tmp_path):
    (tmp_path / "weights").mkdir()
    type = ModelType("Lump", load=divide if broken == "load" else lambda recipe, device, dtype: Thing("x"),
                     size=divide if broken == "size" else lambda model: 1)

    def choose(name: str) -> Any:
        return Recipe("Lump", name)

    def use(lump: Any) -> str:
        return lump.text

    choose.__annotations__["return"] = use.__annotations__["lump"] = Annotated[Any, type]
    more = [node("w.choose", version=1)(choose), node("w.use", version=1)(use)]
    text = f"nodes: {{m: {{type: w.choose, name: {tmp_path / 'weights'}}}, n: {{type: w.use, lump: $m}}, " \
           "l: {type: w.use, lump: %s}, u: {type: t.upper, text: a}}\noutputs: {n: $n, l: $l, u: $u}"
    e = engine(more=more)
    for _ in range(2):
        _, result = told(e, graph(text % (tmp_path / "weights")))
        assert dict(result) == {"u": "A"}
        assert sorted(error.node for error in result.errors) == ["l", "n"]
        assert all("ZeroDivisionError" in error.message for error in result.errors)


# ---- what a listener raises: that is the caller's own, and not for a node to answer for

class Deaf(Exception):
    pass


KINDS = [ev.Planned, ev.Started, ev.Progress, ev.Finished, ev.Cached, ev.Failed, ev.Skipped, ev.Done]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_a_listener_raises_comes_out_of_the_run_as_it_is_and_the_engine_goes_on(kind):
    @node("w.slow", version=1, costly=True)
    def slow(text: str, ctx: Context = SILENT) -> str:
        """Report, in a worker."""
        ctx.report(1)
        return text

    text = """
nodes:
  a: {type: t.upper, text: a}
  f: {type: t.fail, text: $a}
  after: {type: t.upper, text: $f}
  m: {type: t.upper, each: text, text: [x, y]}
  s: {type: w.slow, text: $a}
  b: {type: t.upper, text: $s}
outputs: {after: $after, m: $m, b: $b}
"""
    e, seen = engine(more=[slow]), []

    def listen(event):
        seen.append(event)
        if type(event) is kind:
            raise Deaf("on purpose")

    told(e, graph("nodes: {a: {type: t.upper, text: a}}\noutputs: {a: $a}"))
    with pytest.raises(Deaf, match="on purpose"):
        e.run(graph(text), emit=listen)
    assert [event.node for event in seen if type(event) is ev.Failed] in ([], ["f"]), "a node is blamed"
    story, result = told(e, graph(text))
    assert dict(result) == {"m": ["X", "Y"], "b": "A"} and [error.node for error in result.errors] == ["f"]


# ---- the command line

PACK = '''
from typing import Annotated, Any
import sys
from nodegraph import PortType, node

class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no words")

def broken(value, path):
    raise [ValueError("on purpose"), Mute(), OSError(28, "No space left on device"), KeyError("x")][len(value) - 1]

PAPER = PortType("Paper", exports={"txt": broken}, adopt=lambda v: v)
RAW = PortType("Raw", parse=lambda v: int(v))
COMPLAINS = PortType("Complains", complaint=lambda v: 1 / 0, parse=lambda v: v)
FLAT = PortType("Flat", flatten=lambda v: 1 / 0, parse=lambda v: [v])

@node("wall.paper", version=1)
def paper(n: int) -> Annotated[Any, PAPER]:
    """Something that cannot be written."""
    return "x" * n

@node("wall.raw", version=1)
def raw(n: Annotated[Any, RAW]) -> str:
    """Take something that is parsed carelessly."""
    return str(n)

@node("wall.complains", version=1)
def complains(n: Annotated[Any, COMPLAINS]) -> str:
    """Take something that is judged carelessly."""
    return str(n)

@node("wall.flat", version=1)
def flat(n: Annotated[Any, FLAT]) -> str:
    """Take something that cannot be named."""
    return str(n)

@node("wall.mute", version=1)
def mute(n: int) -> str:
    """Fail without words."""
    raise Mute

@node("wall.exit", version=1)
def leave(n: int) -> str:
    """Leave, with the exit code of success."""
    sys.exit(0)

@node("wall.looks", version=1, fingerprint=lambda n: 1 / 0)
def looks(n: int) -> str:
    """Look outside in vain."""
    return "x"

@node("wall.awaits", version=1)
async def awaits(n: int) -> str:
    """Fail, later."""
    raise Mute
'''


@pytest.fixture
def work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "wall.py").write_text(PACK)
    return tmp_path


def answer(capsys, *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main([*words, "--pack", "wall.py"])
    return code, capsys.readouterr().err


@pytest.mark.parametrize("more", [(), ("--json",), ("--quiet",), ("--profile",)], ids=" ".join)
@pytest.mark.parametrize("text, code, words", [
    *[(f"nodes: {{n: {{type: wall.paper, n: {n}}}}}", 1, "output o cannot be written: ") for n in (1, 2, 3, 4)],
    ("nodes: {n: {type: wall.paper, each: n, n: [1, 2]}}", 1, "output o cannot be written: "),
    ("nodes: {n: {type: wall.raw, n: many}}", 2, "'many'"),
    ("inputs: {x: {type: Raw, default: many}}\nnodes: {n: {type: wall.raw, n: $x}}", 2, "'many'"),
    ("inputs: {x: {type: Complains, default: 1}}\nnodes: {n: {type: wall.complains, n: $x}}", None,
     "ZeroDivisionError"),
    ("nodes: {n: {type: wall.flat, n: 1}}", None, "ZeroDivisionError"),
    ("nodes: {n: {type: wall.mute, n: 1}}", 1, "n failed: Mute"),
    ("nodes: {n: {type: wall.exit, n: 1}}", 1, "n failed: SystemExit"),
    ("nodes: {n: {type: wall.looks, n: 1}}", 1, "n failed: ZeroDivisionError"),
    ("nodes: {n: {type: wall.awaits, n: 1}}", 1, "n failed: Mute")])
def test_a_run_answers_with_a_sentence(text, code, words, more, work, capsys):
    (work / "g.yaml").write_text(f"nodegraph: 1\n{text}\noutputs: {{o: $n}}\n")
    got, err = answer(capsys, "run", "g.yaml", "--device", "cpu", *more)
    assert got == code if code is not None else got in (1, 2)
    assert words in err or more == ("--json",) and got == 2
    assert "nodegraph/cli" not in err and "NODEGRAPH_TRACE" not in err


@pytest.mark.parametrize("given", ["x=many", "x=[1, 2]", "x=1"])
@pytest.mark.parametrize("node_type, type_name", [("wall.raw", "Raw"), ("wall.complains", "Complains"),
                                                  ("wall.flat", "Flat")])
def test_a_value_on_the_command_line_that_a_type_stumbles_over_is_answered(node_type, type_name, given, work, capsys):
    (work / "g.yaml").write_text(f"nodegraph: 1\ninputs: {{x: {{type: {type_name}}}}}\n"
                                 f"nodes: {{n: {{type: {node_type}, n: $x}}}}\noutputs: {{o: $n}}\n")
    for command in (("run", "g.yaml", "--device", "cpu"), ("plan", "g.yaml")):
        got, err = answer(capsys, *command, "--set", given)
        assert got in (0, 1, 2) and "NODEGRAPH_TRACE" not in err, (command, got, err)
        assert bool(got) == bool("x" in err or "n failed" in err), (command, got, err)


def test_check_and_plan_and_why_answer_too(work, capsys):
    (work / "g.yaml").write_text("nodegraph: 1\nnodes: {n: {type: wall.looks, n: 1}}\noutputs: {o: $n}\n")
    for words in (("check", "g.yaml"), ("plan", "g.yaml"), ("why", "g.yaml", "n")):
        assert answer(capsys, *words)[0] in (0, 1, 2)
