"""One Engine and many threads: runs queue, results are right, and whoever interrupts is heard."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import pytest

from nodegraph import Context, ModelType, events as ev, node
from nodegraph.context import SILENT

from .playground import Story, engine, graph, told

ROOT = str(Path(__file__).parents[2])


@node("y.slow", version=1, costly=True)
def slow(text: str) -> str:
    """In a worker."""
    return text.upper()


def everywhere(count: int, work: Any) -> list[Any]:
    """Do something in so many threads that begin together."""
    start = threading.Barrier(count, timeout=20)

    def begin(number: int) -> Any:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


TEXT = """
inputs: {{text: w{n} x y}}
nodes:
  w: {{type: t.words, text: $text}}
  u: {{type: y.slow, each: text, text: $w}}
  a: {{type: t.add, a: {n}, b: 1}}
  l: {{type: t.add, a: $a, b: 1, repeat: 5, carry: {{a: int}}}}
outputs: {{u: $u, l: $l}}
"""


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("graphs", [1, 3, 8])
def test_eight_threads_run_graphs_in_one_engine_and_each_gets_its_own(graphs, on_disk, tmp_path):
    with engine(tmp_path if on_disk else None, more=[slow], workers=2) as e:
        documents = [graph(TEXT.format(n=n)) for n in range(graphs)]

        def work(number: int) -> None:
            for turn in range(4):
                n = (number + turn) % graphs
                story, result = told(e, documents[n], {"text": f"t{number} x"} if turn % 2 else None)
                wanted = [f"T{number}", "X"] if turn % 2 else [f"W{n}", "X", "Y"]
                assert dict(result) == {"u": wanted, "l": n + 6}
                assert type(story[0]) is ev.Planned and type(story[-1]) is ev.Done

        everywhere(8, work)


def test_runs_of_one_engine_take_turns_and_what_one_made_the_next_remembers():
    now, most, calls = [], [], []

    @node("y.counts", version=1, costly=True)
    def counts(n: int) -> int:
        """Note how many are here."""
        now.append(n)
        calls.append(n)
        most.append(len(now))
        time.sleep(0)
        now.remove(n)
        return n

    e = engine(more=[counts], workers=1)
    g = graph("nodes: {n: {type: y.counts, each: n, n: [1, 2, 3]}}\noutputs: {n: $n}")
    results = everywhere(8, lambda number: e.run(g)["n"])
    assert results == [[1, 2, 3]] * 8 and sorted(calls) == [1, 2, 3] and max(most) == 1


def test_a_live_model_is_used_by_one_call_at_a_time_whoever_runs_what(tmp_path):
    """By all workers of one run; and Engines side by side have each their own."""
    users: dict[int, list[int]] = {}
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text("{}")
    thing = ModelType("Thing", load=lambda recipe, device, dtype: object(), size=lambda model: 1, holds=lambda folder: True)

    def use(model: Any, n: int) -> int:
        """Note who is here."""
        here = users.setdefault(id(model), [0, 0])
        here[0] += 1
        here[1] = max(here)
        time.sleep(0.001)
        here[0] -= 1
        return n

    use.__annotations__["model"] = Annotated[Any, thing]
    used = node("y.uses", version=1, costly=True)(use)
    g = graph(f"nodes: {{u: {{type: y.uses, model: '{tmp_path / 'm'}', each: n, n: [1, 2, 3, 4, 5, 6]}}}}\noutputs: {{u: $u}}")
    engines = [engine(more=[used], workers=4) for _ in range(2)]
    assert everywhere(4, lambda number: engines[number % 2].run(g)["u"]) == [[1, 2, 3, 4, 5, 6]] * 4
    assert [most for _, most in users.values()] == [1, 1]


def test_events_come_to_the_listener_of_their_own_run_in_its_own_thread():
    e = engine(more=[slow])

    def work(number: int) -> None:
        heard: list[tuple[int, str]] = []
        g = graph(f"nodes: {{n{number}: {{type: y.slow, text: t{number}}}}}\noutputs: {{o: $n{number}}}")
        e.run(g, emit=lambda event: heard.append((threading.get_ident(), getattr(event, "node", ""))))
        assert {thread for thread, _ in heard} == {threading.get_ident()}
        assert {name for _, name in heard} <= {"", f"n{number}"}

    everywhere(8, work)


def test_stopping_one_run_stops_no_other():
    cancel, begun = threading.Event(), threading.Event()

    @node("y.works", version=1, costly=True, remember=False)
    def works(a: int, ctx: Context = SILENT) -> int:
        """Work until it is stopped."""
        begun.set()
        while True:
            ctx.report(1)

    e = engine(more=[works])
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(e.run, graph("nodes: {n: {type: y.works, a: 1}}\noutputs: {o: $n}"), cancel=cancel)
        assert begun.wait(20)
        second = pool.submit(e.run, graph("nodes: {n: {type: t.upper, text: a}}\noutputs: {o: $n}"))
        assert not second.done()
        cancel.set()
        assert first.result(20).cancelled and dict(second.result(20)) == {"o": "A"}


def test_forecasts_and_values_may_be_asked_for_from_other_threads_while_runs_go_on():
    e = engine(more=[slow])
    g = graph(TEXT.format(n=1))
    result = e.run(g)

    def work(number: int) -> None:
        for _ in range(3):
            if number % 2:
                assert {row.status for row in e.forecast(e.plan(g))} == {"remembered"}
                assert dict(result) == {"u": ["W1", "X", "Y"], "l": 7}
            else:
                told(e, graph(TEXT.format(n=100 + number)))

    everywhere(8, work)


def test_a_run_that_a_listener_begins_inside_a_run_is_carried_out_and_the_outer_one_goes_on():
    e, inner = engine(more=[slow]), []
    other = graph("nodes: {x: {type: t.add, a: 1, b: 1}, y: {type: y.slow, text: $z}, z: {type: t.upper, text: q}}\n"
                  "outputs: {x: $x, y: $y}")
    story = Story()

    def listen(event):
        story.append(event)
        if type(event) in (ev.Started, ev.Finished, ev.Planned, ev.Progress):
            inner.append(dict(e.run(other)))

    result = e.run(graph(TEXT.format(n=1)), emit=listen)
    assert dict(result) == {"u": ["W1", "X", "Y"], "l": 7} and not result.errors
    assert inner and all(one == {"x": 2, "y": "Q"} for one in inner)
    assert type(story[-1]) is ev.Done and story.items("u") == (3, 0)
    assert told(e, graph(TEXT.format(n=1)))[0].ran == []


def test_a_run_that_a_node_begins_in_a_worker_does_not_hang_what_it_is_part_of():
    """A node that runs a graph in an Engine of its own is a node like any other."""
    @node("y.runs", version=1, costly=True)
    def runs(a: int) -> int:
        """Run a graph."""
        own = engine()
        return own.run(graph(f"nodes: {{n: {{type: t.add, a: {a}, b: 1}}}}\noutputs: {{o: $n}}"))["o"]

    _, result = told(engine(more=[runs]), graph("nodes: {n: {type: y.runs, each: a, a: [1, 2, 3]}}\noutputs: {o: $n}"))
    assert result["o"] == [2, 3, 4]


SLEEPS = """
import sys, time
sys.path.insert(0, sys.argv[1])
from tests.nodegraph.playground import engine, graph, node
from nodegraph import events as ev

@node("y.sleep", version=1, %s)
%sdef sleep(a: int) -> int:
    '''Sleep for a minute.'''
    %s
    return a

def listen(event):
    if type(event) is ev.Started and event.node == "n":
        print("begun", flush=True)

e = engine(sys.argv[2], more=[sleep])
g = graph("nodes: {a: {type: t.add, a: 1, b: 1}, n: {type: y.sleep, a: $a}}\\noutputs: {o: $n}")
try:
    e.run(g, emit=listen)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    print(e.run(graph("nodes: {a: {type: t.add, a: 1, b: 1}}\\noutputs: {o: $a}"))["o"], flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.parametrize("declared, kind, body", [
    ("costly=True", "", "time.sleep(60)"), ("costly=False", "", "time.sleep(60)"), ("timeout=50", "", "time.sleep(60)"),
    ("costly=None", "async ", "import asyncio; await asyncio.sleep(60)")],
    ids=["a worker", "here", "in time", "awaited"])
def test_ctrl_c_is_heard_at_once_while_a_node_sleeps_and_the_process_can_end(declared, kind, body, tmp_path):
    code = SLEEPS % (declared, kind, body)
    process = subprocess.Popen([sys.executable, "-c", code, ROOT, str(tmp_path)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True,
                               # where a shell in the background ignores Ctrl-C, so would whom it starts
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    try:
        assert process.stdout.readline() == "begun\n", process.stderr.read()
        time.sleep(0.1)  # so that the node is asleep; earlier is well, too
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert out == "interrupted\n2\n" and process.returncode == 0, (out, err)
    assert "Traceback" not in err, err
