"""The Python door: results that save and show themselves, runs that are awaited, threads, logs and budgets."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Annotated, Any

import pytest

import nodegraph
from nodegraph import Context, Engine, ModelType, NodegraphError, engine as engine_module, events as ev, node
from nodegraph.context import SILENT
from nodegraph.machine import free_memory, group_limits, host_budget

HERE = Path(__file__).parent


@node("py.shout", version=1)
def shout(text: str) -> str:
    """Loud words.

    text: words.
    """
    return text.upper()


@node("py.divide", version=1)
def divide(a: int, b: int) -> float:
    """A quotient."""
    return a / b


@node("py.steps", version=1, costly=True)
def steps(number: int, ctx: Context = SILENT) -> int:
    """Report until it is stopped."""
    for k in range(number):
        ctx.report(k, number)
        threading.Event().wait(0.005)
    return number


GRAPH = "nodegraph: 1\ninputs: {text: hello, only: {type: Int, default: 1}, emit: {type: Int, default: 1}}\n" \
        "nodes:\n  loud: {type: py.shout, text: $text}\n  q: {type: py.divide, a: $only, b: $emit}\noutputs: {loud: $loud, q: $q}\n"
LONG = "nodegraph: 1\nnodes:\n  s: {type: py.steps, number: 100000}\noutputs: {s: $s}\n"


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "g.yaml"
    file.write_text(GRAPH, encoding="utf-8")
    return file


@pytest.fixture
def long(tmp_path):
    file = tmp_path / "long.yaml"
    file.write_text(LONG, encoding="utf-8")
    return file


@pytest.fixture
def engine():
    with Engine(cache=None, functions=[shout, divide, steps]) as live:
        yield live


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """The Engine of the process, with a cache of its own."""
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(engine_module, "_engine", None)
    yield
    if engine_module._engine is not None:
        engine_module._engine.close()


# ---- results

def test_a_result_tells_what_it_holds_in_a_line(engine, path):
    result = engine.run(path)
    assert repr(result).startswith("<RunResult loud: Text, q: Float; ") and repr(result).endswith(" s>")
    failed = engine.run(path, {"emit": 0})
    assert "loud: Text" in repr(failed) and "1 failed: q" in repr(failed)


def test_an_output_that_was_not_made_says_why(engine, path):
    with pytest.raises(KeyError, match="q was not made; .*division by zero"):
        engine.run(path, {"emit": 0})["q"]


def test_a_result_saves_an_output_to_the_file_that_is_named(engine, path, tmp_path):
    result = engine.run(path)
    assert result.save("loud", str(tmp_path / "deep" / "words.txt")) == [tmp_path / "deep" / "words.txt"]
    assert (tmp_path / "deep" / "words.txt").read_text() == "HELLO\n"
    with pytest.raises(nodegraph.InputError, match="Text is written as"):
        result.save("loud", tmp_path / "words.png")
    with pytest.raises(nodegraph.InputError, match="there is no output nope; the outputs are loud, q"):
        result.save("nope", tmp_path / "words.txt")
    with pytest.raises(nodegraph.InputError, match="q was not made; .*division by zero"):
        engine.run(path, {"emit": 0}).save("q", tmp_path / "q.json")
    assert engine.export(result, "loud", str(tmp_path), "w")[0] == tmp_path / "w.txt"


def test_a_notebook_shows_pictures_players_texts_and_what_was_told(engine, tmp_path):
    import torch

    from nodegraph_nodes.media.types import Audio, Image

    @node("py.media", version=1)
    def media(n: int) -> Image:
        """A picture."""
        nodegraph.warn("it is red all over")
        return torch.stack([torch.ones(4, 4), torch.zeros(4, 4), torch.zeros(4, 4)])

    @node("py.sound", version=1)
    def sound(n: int) -> Audio:
        """A sound."""
        return Audio(torch.zeros(1, 100), 8000)

    for function in (media, sound):
        engine.catalogue.add(function)
    file = tmp_path / "m.yaml"
    file.write_text("nodegraph: 1\nnodes:\n  m: {type: py.media, n: 1}\n  s: {type: py.sound, n: 1}\n  t: {type: py.shout, text: <b>}\n"
                    "  d: {type: py.media, each: n, n: [2, 3]}\noutputs: {m: $m, s: $s, t: $t, both: $d}\n")
    html = engine.run(file)._repr_html_()
    assert html.count('<img src="data:image/png;base64,') == 3 and html.count("<audio controls") == 1
    assert "&lt;B&gt;" in html and "m: it is red all over" in html and "<B>" not in html


# ---- the function for scripts

def test_inputs_may_have_the_names_of_parameters(shared, path):
    assert nodegraph.run(path, {"only": 6, "emit": 3}, functions=[shout, divide], text="x")["q"] == 2.0


def test_the_function_takes_nodes_of_a_script_and_packs(shared, path, tmp_path):
    (tmp_path / "extra.py").write_text('from nodegraph import node\n\n\n@node("extra.low", version=1)\ndef low(text: str) -> str:\n    """Low."""\n'
                                       '    return text.lower()\n')
    file = tmp_path / "e.yaml"
    file.write_text("nodegraph: 1\nnodes:\n  l: {type: extra.low, text: ABC}\n  s: {type: py.shout, text: $l}\noutputs: {l: $l, s: $s}\n")
    for _ in range(2):
        assert dict(nodegraph.run(file, functions=[shout], packs=[tmp_path / "extra.py"])) == {"l": "abc", "s": "ABC"}


def test_the_cause_of_a_failure_is_the_exception_of_the_node(shared, path):
    with pytest.raises(nodegraph.NodeFailed) as caught:
        nodegraph.run(path, {"emit": 0}, functions=[shout, divide])
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_failure_does_not_keep_what_the_node_held(engine, tmp_path):
    import gc
    import weakref

    class Large:
        pass

    held = []

    @node("py.holds", version=1)
    def holds(n: int) -> int:
        """Fail while something is held."""
        large = Large()
        held.append(weakref.ref(large))
        raise RuntimeError("no")

    engine.catalogue.add(holds)
    file = tmp_path / "h.yaml"
    file.write_text("nodegraph: 1\nnodes: {h: {type: py.holds, n: 1}}\noutputs: {h: $h}\n")
    result = engine.run(file)
    gc.collect()
    assert str(result.errors[0].__cause__) == "no" and held[0]() is None


# ---- stops, and asyncio

def test_a_run_that_takes_too_long_is_stopped(engine, long):
    assert engine.run(long, timeout=0.05).cancelled


def test_a_run_can_be_awaited(engine, path):
    told = []
    result = asyncio.run(engine.arun(path, {"text": "x"}, emit=told.append))
    assert result["loud"] == "X" and isinstance(told[-1], ev.Done)


def test_events_can_be_awaited_one_by_one(engine, path):
    async def story():
        stream = engine.stream(path)
        with pytest.raises(RuntimeError, match="goes on"):
            stream.result
        return [type(event).__name__ async for event in stream], stream.result

    names, result = asyncio.run(story())
    assert names[0] == "Planned" and names[-1] == "Done" and result["loud"] == "HELLO"


def test_a_task_that_is_cancelled_stops_its_run(engine, long):
    async def stopped():
        task = asyncio.create_task(engine.arun(long))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stopped())
    assert engine.run(long, timeout=0.01).cancelled  # its turn came: nothing runs on


def test_what_is_wrong_with_a_graph_is_raised_to_whoever_awaits(engine, tmp_path):
    with pytest.raises(nodegraph.GraphError):
        asyncio.run(engine.arun(tmp_path / "none.yaml"))


# ---- Engines side by side

def test_a_closed_engine_says_so(path):
    live = Engine(cache=None, functions=[shout, divide])
    live.close()
    for use in (lambda: live.run(path), lambda: live.plan(live.load(path))):
        with pytest.raises(NodegraphError, match="closed; make another"):
            use()


def test_models_are_built_one_at_a_time_in_the_whole_process(tmp_path):
    building, most = [0], [0]

    def build(recipe: Any, device: str, dtype: str) -> Any:
        building[0] += 1
        most[0] = max(most[0], building[0])
        threading.Event().wait(0.02)
        building[0] -= 1
        return object()

    Slow = ModelType("Slow", load=build, size=lambda m: 1, move=lambda m, d: None, holds=lambda folder: True)

    def use(model: Any, n: int) -> int:
        """Use it."""
        return n

    use.__annotations__["model"] = Annotated[Any, Slow]
    use = node("py.use", version=1)(use)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text("{}")
    file = tmp_path / "m.yaml"
    file.write_text("nodegraph: 1\ninputs: {n: 1}\nnodes: {u: {type: py.use, model: m, n: $n}}\noutputs: {u: $u}\n")
    given: list[Any] = []

    def work(n: int) -> None:
        with Engine(cache=None, functions=[use]) as live:
            given.append(live.run(file, {"n": n})["u"])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == [0, 1, 2, 3] and most == [1]


# ---- the log

def test_the_log_tells_what_ran_and_what_failed(engine, path, caplog):
    with caplog.at_level(logging.DEBUG, logger="nodegraph"):
        engine.run(path, {"emit": 0})
    text = caplog.text
    assert "loud: ran in" in text and "q: failed: ZeroDivisionError" in text and "the run is over" in text


def test_nothing_listens_where_nobody_reads_the_log(engine, path, caplog, monkeypatch):
    with caplog.at_level(logging.WARNING, logger="nodegraph"):
        result = engine.run(path)
    assert result.raw.run.emit is None and caplog.text == ""


def test_a_warning_goes_to_the_log_where_nobody_else_listens(path, caplog, tmp_path):
    @node("py.shout", version=2)
    def warned(text: str) -> str:
        """Loud."""
        nodegraph.warn("it is loud")
        return text

    for level in (logging.WARNING, logging.INFO):
        caplog.clear()
        with caplog.at_level(level, logger="nodegraph"), Engine(cache=None, functions=[warned, divide]) as live:
            assert live.run(path).warnings == ["loud: it is loud"]
        assert [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING] == ["loud: it is loud"]


# ---- what an Engine may take

def test_a_share_of_memory_is_of_what_the_process_may_have(monkeypatch):
    from nodegraph import machine

    monkeypatch.setattr(machine, "machine_memory", lambda: 64 << 30)
    monkeypatch.setattr(machine, "group_limits", lambda: [4 << 30])
    monkeypatch.setattr(machine, "free_memory", lambda: 60 << 30)
    assert host_budget(0.5) == 2 << 30 and host_budget(5 << 30) == 5 << 30
    monkeypatch.setattr(machine, "free_memory", lambda: 1 << 30)
    assert host_budget(0.5) == (1 << 30) * 3 // 4
    monkeypatch.setattr(machine, "free_memory", lambda: None)
    assert host_budget(0.5) == 2 << 30


def test_limits_are_read_from_both_kinds_of_control_groups(tmp_path):
    own = tmp_path / "own"
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "memory.max").write_text("1000\n")
    (tmp_path / "a" / "b" / "memory.max").write_text("max\n")
    own.write_text("0::/a/b\n")
    assert group_limits(tmp_path, own) == [1000]
    (tmp_path / "memory" / "c").mkdir(parents=True)
    (tmp_path / "memory" / "c" / "memory.limit_in_bytes").write_text("2000\n")
    own.write_text("5:cpu,memory:/c\n")
    assert group_limits(tmp_path, own) == [2000]
    assert group_limits(tmp_path, tmp_path / "none") == []


def test_free_memory_is_read_where_the_system_tells_it(tmp_path):
    file = tmp_path / "meminfo"
    file.write_text("MemTotal: 9 kB\nMemAvailable:       5 kB\n")
    assert free_memory(file) == 5 * 1024 and free_memory(tmp_path / "none") is None


# ---- types

SCRIPT = '''
import asyncio
from pathlib import Path
from typing import Annotated

import nodegraph
from nodegraph import Engine, ModelType, NodeFailed, Recipe, RunResult, Unloaded, node
from nodegraph.events import Event, Finished


class Pen:
    colour = "red"


Ink = Annotated[Pen, ModelType("Ink", "A pen.", load=lambda recipe, device, dtype: Pen())]


@node("mine.thicker", version=1)
def thicker(pen: Unloaded[Ink]) -> Unloaded[Ink]:
    """A pen that draws thicker."""
    return pen.with_patch(Recipe("width", "", options=(("pixels", 3),)))


@node("mine.colour", version=1)
def colour(pen: Ink) -> str:
    """Its colour."""
    return pen.colour


@node("mine.shout", version=1)
def shout(text: str, times: int = 1) -> str:
    """Loud.

    text: words.
    times: how often.
    """
    return text.upper() * times


def hear(event: Event) -> None:
    if isinstance(event, Finished):
        print(event.node, event.seconds)


async def later(engine: Engine) -> RunResult:
    return await engine.arun("g.yaml", {"text": "x"}, timeout=5)


def main() -> None:
    loud: str = shout("a", times=2)
    with Engine(cache=None, functions=[shout], packs=[Path("p.py"), "q.py"]) as engine:
        result = engine.run("g.yaml", {"text": loud}, emit=hear, timeout=3.5)
        status: str = result.nodes["loud"].status
        seconds: float = result.nodes["loud"].seconds
        for error in result.errors:
            words: str = error.message
            print(words, error.__cause__)
        paths: list[Path] = result.save("loud", "loud.txt")
        print(status, seconds, paths, asyncio.run(later(engine)))
    try:
        print(nodegraph.run("g.yaml", {"only": 1}, functions=[shout], text="x")["loud"])
    except NodeFailed as failed:
        print(failed.report())


main()
'''


def test_a_script_passes_a_strict_type_checker_and_a_wrong_one_does_not(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "wrong.py").write_text(SCRIPT.replace('shout("a", times=2)', 'shout(3)'))
    kept = HERE.parents[1] / ".mypy_cache" / "script"  # of its own: what is kept under other settings would be thrown away
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent",
                           "--no-error-summary", f"--cache-dir={kept}", "script.py", "wrong.py"], cwd=tmp_path,
                          capture_output=True, text=True, env={**os.environ, "MYPYPATH": str(HERE.parents[1])})
    assert done.returncode == 1, done.stdout + done.stderr
    [fault] = done.stdout.splitlines()  # the right one has none
    assert fault.startswith("wrong.py:") and 'has incompatible type "int"; expected "str"' in fault
