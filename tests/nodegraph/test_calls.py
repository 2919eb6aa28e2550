"""How nodes are called: awaited, in time, again, with lazy inputs, with a look outside, with files and models."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from nodegraph import Context, File, InputError, Lazy, PackError, events as ev, node
from nodegraph.context import SILENT

from .playground import Story, engine, graph, told

ROOT = str(Path(__file__).parents[2])


def of(name: str, rest: str = "") -> Any:
    """A graph of one node whose output is `o`."""
    return graph(f"nodes: {{n: {{type: {name}{', ' * bool(rest)}{rest}}}}}\noutputs: {{o: $n}}")


@pytest.fixture
def gate():
    """An event that is set at last, so that nothing waits for ever."""
    event = threading.Event()
    yield event
    event.set()


# ---- async def

def test_three_hundred_awaited_nodes_that_wait_for_one_another_are_all_on_at_once():
    count, here = 300, []
    everyone: list[asyncio.Event] = []

    @node("c.meet", version=1)
    async def meet(a: int) -> int:
        """Go on when all the others are here too."""
        here.append(a)
        if not everyone:
            everyone.append(asyncio.Event())
        if len(here) == count:
            everyone[0].set()
        await asyncio.wait_for(everyone[0].wait(), 20)
        return a

    numbers = list(range(count))
    story, result = told(engine(more=[meet], workers=1), of("c.meet", f"each: a, a: {numbers}"))
    assert not result.errors, f"only {len(here)} were on at the same time"
    assert result["o"] == numbers and story.items("n") == (count, 0)


def test_what_an_awaited_node_holds_is_given_back_when_the_run_is_stopped():
    cancel, closed = threading.Event(), threading.Event()

    @node("c.stuck", version=1)
    async def stuck(a: int) -> int:
        """Hold something for ever."""
        try:
            cancel.set()
            await asyncio.Event().wait()
        finally:
            closed.set()
        return a

    result = engine(more=[stuck]).run(of("c.stuck", "a: 1"), cancel=cancel)
    assert result.cancelled and result.nodes["n"].status == "skipped" and closed.wait(20)


def test_an_awaited_node_may_report_and_is_stopped_where_it_does():
    cancel, story = threading.Event(), Story()

    @node("c.works", version=1)
    async def works(a: int, ctx: Context = SILENT) -> int:
        """Report for ever."""
        while True:
            ctx.report(a)
            await asyncio.sleep(0)

    def listen(event):
        story.append(event)
        if type(event) is ev.Progress:
            cancel.set()

    assert engine(more=[works]).run(of("c.works", "a: 7"), emit=listen, cancel=cancel).cancelled
    assert ev.Progress("n", 7, None) in story


@pytest.mark.timeout(20)
@pytest.mark.parametrize("error", [asyncio.CancelledError, TimeoutError, GeneratorExit, SystemExit, StopIteration,
                                   StopAsyncIteration, BaseException], ids=lambda kind: kind.__name__)
def test_whatever_an_awaited_node_raises_is_its_failure(error):
    @node("c.raises", version=1)
    async def raises(a: int) -> int:
        """Raise."""
        await asyncio.sleep(0)
        raise error("on purpose")

    g = graph("nodes: {n: {type: c.raises, a: 1}, u: {type: t.upper, text: a}}\noutputs: {o: $n, u: $u}")
    _, result = told(engine(more=[raises]), g)
    assert result["u"] == "A" and "o" not in result
    assert [failed.node for failed in result.errors] == ["n"]


def test_an_awaited_node_that_times_out_says_so_and_the_others_are_kept():
    @node("c.some", version=1, timeout=0.1)
    async def some(a: int) -> int:
        """Let one wait for ever."""
        if a == 2:
            await asyncio.Event().wait()
        return a

    _, result = told(engine(more=[some]), of("c.some", "each: a, a: [1, 2, 3]"))
    assert [str(error.message) for error in result.errors] == ["it took longer than 0.1 s, which is its timeout"]
    assert result.errors[0].instance == "n[2]" and result.nodes["n"].ran == 2


def test_awaited_nodes_work_in_batches_in_loops_and_with_lazy_inputs():
    batches: list[list[int]] = []

    @node("c.batch", version=1, batch="numbers")
    async def batch(numbers: list[int]) -> list[int]:
        """Double all."""
        batches.append(list(numbers))
        await asyncio.sleep(0)
        return [2 * number for number in numbers]

    @node("c.next", version=1)
    async def following(a: int) -> int:
        """One more."""
        await asyncio.sleep(0)
        return a + 1

    @node("c.either", version=1)
    async def either(first: bool, a: Lazy[int], b: Lazy[int]) -> int:
        """One of two."""
        await asyncio.sleep(0)
        return a() if first else b()

    text = """
nodes:
  b: {type: c.batch, each: numbers, numbers: [1, 2, 3]}
  l: {type: c.next, repeat: 5, carry: {a: int}, a: 0}
  never: {type: c.next, a: 100}
  e: {type: c.either, first: true, a: $l, b: $never}
outputs: {b: $b, l: $l, e: $e}
"""
    story, result = told(engine(more=[batch, following, either]), graph(text))
    assert dict(result) == {"b": [2, 4, 6], "l": 5, "e": 5} and batches == [[1, 2, 3]] and "never" not in story.ran


def test_two_runs_of_one_engine_await_each_in_its_own_time():
    @node("c.loop", version=1, remember=False)
    async def loop(a: int) -> int:
        """Something that is bound to the event loop."""
        lock = asyncio.Lock()
        async with lock:
            await asyncio.sleep(0)
        return a

    e = engine(more=[loop])
    assert [e.run(of("c.loop", f"a: {a}"))["o"] for a in range(3)] == [0, 1, 2]
    assert not [t for t in threading.enumerate() if t.name == "nodegraph-loop" and (t.join(20) or t.is_alive())]


# ---- timeout

def test_what_comes_too_late_is_dropped_and_later_runs_go_well(gate):
    calls, done = Counter(), threading.Event()

    @node("c.late", version=1, timeout=0.1)
    def late(text: str) -> str:
        """Wait for someone, but the second time not."""
        calls[text] += 1
        if calls[text] == 1:
            gate.wait(20)
            done.set()
            return "late"
        return "in time"

    g = graph("nodes: {n: {type: c.late, text: a}, u: {type: t.upper, text: $n}, v: {type: t.upper, text: b}}\n"
              "outputs: {u: $u, v: $v}")
    e = engine(more=[late], workers=1)
    _, result = told(e, g)
    assert dict(result) == {"v": "B"} and result.nodes["u"].status == "skipped"
    assert result.errors[0].message == "it took longer than 0.1 s, which is its timeout" and not result.errors[0].trace
    gate.set()
    assert done.wait(20)
    story, result = told(e, g)
    assert result["u"] == "IN TIME" and story.ran == ["n", "u"] and calls == {"a": 2}


def test_what_comes_too_late_while_the_run_goes_on_changes_nothing_of_it(gate):
    done, story = threading.Event(), Story()

    @node("c.late", version=1, timeout=0.1)
    def late(text: str) -> str:
        """Wait for someone."""
        gate.wait(20)
        done.set()
        return "late"

    @node("c.longer", version=1, costly=True)
    def longer(text: str) -> str:
        """Take longer than that, so that it comes in while this is on."""
        done.wait(20)
        time.sleep(0.1)
        return text

    def listen(event):
        story.append(event)
        if type(event) is ev.Failed:
            gate.set()

    e = engine(more=[late, longer])
    g = graph("nodes: {n: {type: c.late, text: a}, l: {type: c.longer, text: b}, u: {type: t.upper, text: $n}}\n"
              "outputs: {l: $l, u: $u}")
    result = e.run(g, emit=listen)
    assert done.is_set() and dict(result) == {"l": "b"} and story.ran == ["l"] and story.names(ev.Failed) == ["n"]
    assert (result.nodes["n"].status, result.nodes["u"].status) == ("failed", "skipped")


def test_one_that_hangs_takes_no_worker_from_the_others(gate):
    @node("c.some", version=1, timeout=0.2, costly=True)
    def some(a: int) -> int:
        """Let one wait."""
        if a == 1:
            gate.wait(20)
        return a

    _, result = told(engine(more=[some], workers=1), of("c.some", "each: a, a: [1, 2, 3, 4]"))
    assert not gate.is_set() and [error.instance for error in result.errors] == ["n[1]"] and result.nodes["n"].ran == 3


def test_a_node_that_was_given_up_is_stopped_at_its_next_report_and_not_called_again(gate):
    calls, ends = [], []
    over = threading.Event()

    @node("c.late", version=1, timeout=0.1)
    def late(text: str, ctx: Context = SILENT) -> str:
        """Wait, and report."""
        calls.append(text)
        gate.wait(20)
        try:
            ctx.report(1)
            ends.append("went on")
        finally:
            over.set()
        return text

    story, result = told(engine(more=[late]), of("c.late", "text: a"))
    assert result.errors and result.errors[0].message.startswith("it took longer")
    gate.set()
    assert over.wait(20) and calls == ["a"] and ends == []


def test_a_node_that_fails_after_it_was_given_up_is_not_tried_again(gate):
    calls: list[str] = []
    over = threading.Event()

    @node("c.late", version=1, timeout=0.1, retry=2)
    def late(text: str) -> str:
        """Wait, and fail."""
        calls.append(text)
        over.set()
        gate.wait(20)
        raise OSError("busy")

    _, result = told(engine(more=[late]), of("c.late", "text: a"))
    over.clear()
    gate.set()
    assert result.errors and not over.wait(1.0), f"called {len(calls)} times, the last after the run was over"


@pytest.mark.parametrize("awaited", [False, True])
def test_a_call_that_took_too_long_is_a_call_that_failed_however_it_is_made(awaited, gate):
    """`retry` is about calls, and `timeout` about each of them, for functions and coroutines alike."""
    calls: list[int] = []

    @node("c.slow", version=1, timeout=0.1, retry=2)
    def slow(a: int) -> int:
        """Be in time at last."""
        calls.append(a)
        if len(calls) < 3:
            gate.wait(20)
        return a

    @node("c.slow", version=1, timeout=0.1, retry=2)
    async def slow_coroutine(a: int) -> int:
        """Be in time at last."""
        calls.append(a)
        if len(calls) < 3:
            await asyncio.Event().wait()
        return a

    _, result = told(engine(more=[slow_coroutine if awaited else slow]), of("c.slow", "a: 1"))
    assert len(calls) == 3 and dict(result) == {"o": 1}


def test_the_file_has_the_last_word_on_how_long_and_how_often(gate):
    calls: list[int] = []

    @node("c.slow", version=1, timeout=100, retry=7)
    def slow(a: int) -> int:
        """Wait, or fail."""
        calls.append(a)
        if a:
            gate.wait(20)
        raise OSError("busy")

    _, result = told(engine(more=[slow]), of("c.slow", "a: 1, timeout: 0.1, retry: 1"))
    assert result.errors[0].message == "it took longer than 0.1 s, which is its timeout"
    calls.clear()
    _, result = told(engine(more=[slow]), of("c.slow", "a: 0, timeout: 20, retry: 1"))
    assert calls == [0, 0] and result.errors[0].message == "OSError: busy"


# ---- retry

@pytest.mark.parametrize("error, calls", [(OSError("busy"), 3), (InputError("not that"), 3), (SystemExit(1), 3)],
                         ids=lambda value: type(value).__name__)
def test_whatever_a_node_fails_with_it_is_tried_again_and_the_last_failure_is_told(error, calls):
    count: list[int] = []

    @node("c.fails", version=1, retry=2)
    def fails(a: int) -> int:
        """Fail."""
        count.append(a)
        raise error

    story, result = told(engine(more=[fails]), of("c.fails", "a: 1"))
    assert len(count) == calls and len(result.errors) == 1
    assert len(story.names(ev.Failed)) == len(story.names(ev.Started)) == 1


def test_a_run_that_is_stopped_waits_for_no_second_try():
    cancel, calls = threading.Event(), []

    @node("c.fails", version=1, retry=1000)
    def fails(a: int) -> int:
        """Fail, and stop the run."""
        calls.append(a)
        cancel.set()
        raise OSError("busy")

    result = engine(more=[fails]).run(of("c.fails", "a: 1"), cancel=cancel)
    assert result.cancelled and calls == [1] and result.nodes["n"].status == "skipped" and not result.errors


def test_a_device_without_room_is_no_matter_of_trying_again():
    class OutOfMemoryError(RuntimeError):
        """What torch calls it."""

    calls: list[int] = []

    @node("c.large", version=1, retry=9)
    def large(a: int) -> int:
        """Take too much."""
        calls.append(a)
        raise OutOfMemoryError("cuda: no room. More words")

    _, result = told(engine(more=[large]), of("c.large", "a: 1"))
    assert len(calls) == 2 and result.errors[0].message.startswith("cuda: no room. cpu holds ")


def test_of_a_batch_that_fails_now_and_then_everything_is_had_at_last():
    calls: list[list[int]] = []

    @node("c.batch", version=1, batch="numbers", retry=1)
    def batch(numbers: list[int]) -> list[int]:
        """Fail the first time."""
        calls.append(list(numbers))
        if len(calls) == 1:
            raise OSError("busy")
        return numbers

    _, result = told(engine(more=[batch]), of("c.batch", "each: numbers, numbers: [1, 2, 3]"))
    assert result["o"] == [1, 2, 3] and calls == [[1, 2, 3]] * 2


# ---- lazy inputs

@node("c.note", version=1, costly=False)
def note(text: str, k: int = 0) -> str:
    """A text, noted."""
    NOTED[text] += 1
    return text


NOTED: Counter[str] = Counter()
SHORTEST = """
inputs: {first: aaaa, second: bb, third: c, least: 1}
nodes:
  a: {type: c.note, text: $first}
  b: {type: c.note, text: $second}
  c: {type: c.note, text: $third}
  n: {type: c.until, one: $a, two: $b, three: $c, most: $least}
outputs: {o: $n}
"""


@pytest.fixture(params=[False, True], ids=["cheap", "costly"])
def until(request):
    """A node that asks until something is short enough; and what it was asked for."""
    NOTED.clear()

    @node("c.until", version=1, costly=request.param)
    def until(one: Lazy[str], two: Lazy[str], three: Lazy[str], most: int = 1) -> str:
        """The first that is short enough."""
        NOTED["n"] += 1
        for name, ask in zip(("one", "two", "three"), (one, two, three)):
            if len(ask()) <= most:
                return f"{name}: {ask()}"
        raise InputError("all are too long")
    return until


@pytest.mark.parametrize("most, answer, asked", [(4, "one: aaaa", ["a"]), (2, "two: bb", ["a", "b"]),
                                                 (1, "three: c", ["a", "b", "c"])])
def test_lazy_inputs_are_made_in_the_order_in_which_they_are_asked_for(most, answer, asked, until):
    story, result = told(engine(more=[note, until]), graph(SHORTEST), {"least": most})
    assert result["o"] == answer and story.ran == [*asked, "n"]
    assert NOTED["n"] == len(asked) + 1  # once for each that was not there yet


def test_a_new_engine_on_the_same_folder_asks_again_for_nothing(until, tmp_path):
    with engine(tmp_path, more=[note, until]) as e:
        told(e, graph(SHORTEST), {"least": 2})
    NOTED.clear()
    for given in ({"least": 2}, {"least": 2, "third": "something else"}):
        with engine(tmp_path, more=[note, until]) as e:
            story, result = told(e, graph(SHORTEST), given)
            assert result["o"] == "two: bb" and story.ran == [] and not NOTED, given
    with engine(tmp_path, more=[note, until]) as e:
        story, result = told(e, graph(SHORTEST), {"least": 2, "second": "BBB"})
        assert result["o"] == "three: c" and story.ran == ["b", "c", "n"]
    with engine(tmp_path, more=[note, until]) as e:
        story, result = told(e, graph(SHORTEST), {"least": 2, "first": "A"})
        assert result["o"] == "one: A" and story.ran == ["a", "n"]
    with engine(tmp_path, more=[note, until]) as e:  # what it asks for is remembered for each of these
        assert told(e, graph(SHORTEST), {"least": 2})[0].ran == []


def test_an_edit_of_what_is_not_asked_for_runs_nothing_and_of_what_is_runs_what_follows(until):
    e, g = engine(more=[note, until]), graph(SHORTEST.replace("most: $least", "most: 2"))
    told(e, g)
    NOTED.clear()
    assert told(e, g.with_value("c", "k", 1))[0].ran == [] and not NOTED
    assert told(e, g.with_value("b", "k", 1))[0].ran == ["b"]  # it gives the same, so that its reader does not run


def test_a_lazy_input_that_is_asked_for_and_cannot_be_had_is_the_end_of_its_reader(until):
    text = SHORTEST.replace("{type: c.note, text: $second}", "{type: t.fail, text: $second}")
    story, result = told(engine(more=[note, until]), graph(text))
    assert [error.node for error in result.errors] == ["b"] and result.nodes["n"].status == "skipped"
    assert "c" not in NOTED
    _, result = told(engine(more=[note, until]), graph(text), {"first": "a"})
    assert result["o"] == "one: a" and not result.errors


def test_asking_is_no_failure_that_would_be_tried_again_or_could_be_caught():
    NOTED.clear()

    @node("c.keen", version=1, retry=5, timeout=20)
    def keen(one: Lazy[str]) -> str:
        """Ask, whatever happens."""
        NOTED["n"] += 1
        try:
            return one()
        except Exception:
            return "caught"

    _, result = told(engine(more=[note, keen]), graph(
        "nodes: {a: {type: c.note, text: a}, n: {type: c.keen, one: $a}}\noutputs: {o: $n}"))
    assert result["o"] == "a" and NOTED == {"a": 1, "n": 2}


def test_a_batch_node_has_no_lazy_inputs():
    with pytest.raises(PackError, match="a node with batch= has no Lazy parameters"):
        @node("c.batch", version=1, batch="texts")
        def batch(texts: list[str], tail: Lazy[str]) -> list[str]:
            """Put a tail to each."""
            return [text + tail() for text in texts]


# ---- a look outside

def test_what_a_fingerprint_says_counts_and_it_is_asked_in_every_run_also_after_an_edit_elsewhere():
    world, asked, ran = {"x": 1}, [], []

    def look(name: str) -> int:
        asked.append(name)
        return world[name]

    @node("c.look", version=1, fingerprint=look, costly=False)
    def looks(name: str) -> int:
        """What is there."""
        ran.append(name)
        return world[name]

    g = graph("nodes: {n: {type: c.look, name: x}, u: {type: t.upper, text: a}}\noutputs: {o: $n, u: $u}")
    e = engine(more=[looks])
    assert [e.run(one)["o"] for one in (g, g, g.with_value("u", "text", "b"))] == [1, 1, 1]
    assert asked == ["x"] * 3 and ran == ["x"]
    world["x"] = 2
    assert [e.run(one)["o"] for one in (g, g)] == [2, 2] and ran == ["x"] * 2
    world["x"] = 1
    assert e.run(g)["o"] == 1 and ran == ["x"] * 2, "what the world was before is remembered"


@pytest.mark.parametrize("fingerprint", [lambda a: 1 / 0, lambda a: object(), lambda a: sys.exit(1),
                                         lambda a: [a, {1: {2}}]],
                         ids=["raises", "no plain data", "exits", "a set"])
def test_a_fingerprint_that_fails_is_the_failure_of_its_node(fingerprint):
    @node("c.look", version=1, fingerprint=fingerprint)
    def looks(a: int) -> int:
        """Never called."""
        raise AssertionError

    g = graph("nodes: {n: {type: c.look, a: 1}, b: {type: t.add, a: $n}, u: {type: t.upper, text: a}}\n"
              "outputs: {b: $b, u: $u}")
    _, result = told(engine(more=[looks]), g)
    assert dict(result) == {"u": "A"} and [error.node for error in result.errors] == ["n"]
    assert result.errors[0].inputs == {"a": "1"} and "AssertionError" not in str(result.errors[0])


def test_what_a_node_reads_of_its_context_counts_only_where_it_reads_it(tmp_path):
    calls: Counter[str] = Counter()

    @node("c.looks", version=1)
    def looks(how: str, ctx: Context = SILENT) -> str:
        """Look at some of the context."""
        calls[how] += 1
        return "|".join(getattr(ctx, name) for name in how.split()) if how != "nothing" else how

    text = "nodes: {n: {type: c.looks, each: how, how: [nothing, dtype, device, device dtype, dtype device]}}\n" \
           "outputs: {o: $n}"
    gave = {}
    for dtype in ("float32", "bfloat16", "float32", "bfloat16"):
        with engine(tmp_path, more=[looks], dtype=dtype) as e:
            gave[dtype] = told(e, graph(text))[1]["o"]
            assert gave[dtype] == ["nothing", dtype, "cpu", f"cpu|{dtype}", f"{dtype}|cpu"]
    assert calls == {"nothing": 1, "device": 1, "dtype": 2, "device dtype": 2, "dtype device": 2}


def test_a_batch_that_reads_its_context_is_remembered_item_by_item(tmp_path):
    batches: list[list[str]] = []

    @node("c.batch", version=1, batch="texts")
    def batch(texts: list[str], ctx: Context = SILENT) -> list[str]:
        """Put the floating type behind each."""
        batches.append(list(texts))
        return [f"{text} {ctx.dtype}" for text in texts]

    text = "inputs: {l: {type: list of Text, default: [a, b]}}\n" \
           "nodes: {n: {type: c.batch, each: texts, texts: $l}}\noutputs: {o: $n}"
    for dtype, words in (("float32", ["a", "b"]), ("float32", ["a", "c"]), ("bfloat16", ["a"])):
        with engine(tmp_path, more=[batch], dtype=dtype) as e:
            assert told(e, graph(text), {"l": words})[1]["o"] == [f"{word} {dtype}" for word in words]
    assert batches == [["a", "b"], ["c"], ["a"]]


# ---- files and models that nodes give

def test_a_file_that_a_node_gave_is_looked_up_again_and_made_again_where_it_is_gone(tmp_path):
    calls: list[str] = []

    @node("c.write", version=1)
    def write(text: str) -> File:
        """Write a file."""
        calls.append("write")
        path = tmp_path / "made.txt"
        path.write_text(text)
        return path

    @node("c.read", version=1)
    def read(path: File) -> str:
        """Read a file."""
        calls.append("read")
        return path.read_text()

    g = graph("nodes: {w: {type: c.write, text: hello}, r: {type: c.read, path: $w}}\noutputs: {r: $r}")
    with engine(tmp_path / "cache", more=[write, read]) as e:
        assert [e.run(g)["r"], e.run(g)["r"]] == ["hello", "hello"] and calls == ["write", "read"]
        (tmp_path / "made.txt").write_text("edited by hand")
        assert e.run(g)["r"] == "edited by hand" and calls == ["write", "read", "read"]
    (tmp_path / "made.txt").unlink()
    with engine(tmp_path / "cache", more=[write, read]) as e:
        assert e.run(g)["r"] == "hello" and calls == ["write", "read", "read", "write"]
    with engine(tmp_path / "cache", more=[write, read]) as e:
        assert e.run(g)["r"] == "hello" and len(calls) == 4


def test_a_file_that_a_node_names_and_did_not_write_is_a_failure_of_who_reads_it(tmp_path):
    @node("c.names", version=1)
    def names(text: str) -> File:
        """Name a file."""
        return tmp_path / text

    @node("c.read", version=1)
    def read(path: File) -> str:
        """Read a file."""
        return path.read_text()

    g = graph("nodes: {w: {type: c.names, text: gone.txt}, r: {type: c.read, path: $w}}\noutputs: {r: $r}")
    e = engine(more=[names, read])
    _, result = told(e, g)
    assert dict(result) == {} and result.errors and "gone.txt" in str(result.errors[0].report())
    (tmp_path / "gone.txt").write_text("here")
    assert told(e, g)[1]["r"] == "here"


MODEL = """
import sys
from pathlib import Path
from typing import Annotated, Any
sys.path.insert(0, sys.argv[1])
from tests.nodegraph.playground import engine, graph, node, told
from nodegraph import ModelType, Recipe

class Word:
    def __init__(self, text): self.text = text

def load(recipe, device, dtype):
    print("load", flush=True)
    return Word((Path(recipe.folder) / "word.txt").read_text())

WORD = ModelType("Word", load=load, size=lambda model: 10)
Live = Annotated[Any, WORD]

@node("c.choose", version=1)
def choose(name: str) -> Live:
    '''Give a model.'''
    print("choose", flush=True)
    return Recipe("Word", name)

@node("c.say", version=1)
def say(word: Live, tail: str) -> str:
    '''Say it.'''
    print("say", flush=True)
    return word.text + tail

text = "nodes: {m: {type: c.choose, name: '%s'}, s: {type: c.say, word: $m, tail: '%s'}}\\noutputs: {s: $s}"
with engine(sys.argv[2], more=[choose, say]) as e:
    _, result = told(e, graph(text % (sys.argv[3], sys.argv[4])))
    print("result", result.errors or result["s"])
"""


def test_a_model_that_a_node_gave_is_leased_by_what_reads_it_also_in_a_later_process(tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()

    def lines(tail: str) -> list[str]:
        done = subprocess.run([sys.executable, "-c", MODEL, ROOT, str(tmp_path / "cache"), str(folder), tail],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    (folder / "word.txt").write_text("one")
    assert lines("!") == ["choose", "load", "say", "result one!"]
    assert lines("!") == ["result one!"]
    assert lines("?") == ["load", "say", "result one?"]
    (folder / "word.txt").write_text("another")
    assert lines("?") == ["load", "say", "result another?"]
