"""What a run does beside its results: who is called where, what is written when, and what is let go."""

from __future__ import annotations

import gc
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from nodegraph import node

from .playground import Tensor, engine, graph

LENGTH = 1009  # of a vector that no other test makes


def test_a_node_that_took_long_is_called_by_a_worker_from_then_on():
    threads: list[threading.Thread] = []

    @node("t.patient", version=1)
    def patient(n: int) -> int:
        """Take some time."""
        threads.append(threading.current_thread())
        threading.Event().wait(0.03)
        return n

    e = engine(more=[patient])
    for n in range(3):
        e.run(graph(f"nodes: {{a: {{type: t.patient, n: {n}}}}}\noutputs: {{a: $a}}"))
    assert [thread is threading.main_thread() for thread in threads] == [True, False, False]


def test_what_is_finished_is_written_while_a_worker_is_waited_for(tmp_path):
    def traces() -> int:
        (index,) = [path for path in tmp_path.iterdir() if path.suffix in (".sqlite", ".db", ".sqlite3")]
        with closing(sqlite3.connect(index)) as connection:
            return connection.execute("SELECT count(*) FROM traces").fetchone()[0]

    @node("t.looks", version=1, costly=True)
    def looks(n: int) -> bool:
        """Whether anyone else would find what is finished."""
        for _ in range(500):
            if traces():
                return True
            threading.Event().wait(0.02)
        return False

    with engine(tmp_path, more=[looks]) as e:
        result = e.run(graph("nodes: {a: {type: t.add, a: 1}, b: {type: t.looks, n: 1}}\noutputs: {a: $a, b: $b}"))
        assert result["b"] is True


@pytest.mark.parametrize("costly", [False, True])  # called here, or by a worker
@pytest.mark.parametrize("on_disk", [False, True])
def test_in_a_long_chain_what_nobody_reads_any_more_goes(on_disk, costly, tmp_path):
    most: list[int] = []

    @node("t.first", version=1)
    def first(n: int) -> Tensor:
        """A vector."""
        import torch

        return torch.full((LENGTH,), float(n))

    @node("t.next", version=1, costly=costly)
    def following(tensor: Tensor) -> Tensor:
        """Another vector."""
        import torch

        gc.collect()
        most.append(len({thing.data_ptr() for thing in gc.get_objects() if type(thing) is torch.Tensor
                         and thing.numel() == LENGTH}))
        return tensor + 1

    lines = "\n".join(f"  n{k}: {{type: t.next, tensor: $n{k - 1}}}" for k in range(1, 9))
    document = graph(f"nodes:\n  n0: {{type: t.first, n: 1}}\n{lines}\noutputs: {{o: $n8}}")
    with engine(tmp_path if on_disk else None, more=[first, following], host=2) as e:
        assert float(e.run(document)["o"][0]) == 9.0
    assert max(most) <= 2


@pytest.fixture
def usual_collector() -> Iterator[None]:
    usual = gc.get_threshold()
    yield
    gc.set_threshold(*usual)


def test_the_collector_is_left_as_it_was(usual_collector):
    before = (701, 11, 9)
    gc.set_threshold(*before)
    document = graph("nodes: {a: {type: t.add, a: 1}, b: {type: t.fail, text: x}}\noutputs: {a: $a, b: $b}")
    engine().run(document)
    assert gc.get_threshold() == before

    def emit(event: Any) -> None:
        raise RuntimeError("a listener fails")

    with pytest.raises(RuntimeError):
        engine().run(document, emit=emit)
    assert gc.get_threshold() == before


def test_values_of_other_runs_do_not_stay_with_a_result():
    e = engine(host=2)
    result = e.run(graph("nodes: {t: {type: t.tensor, size: 1000}, s: {type: t.sum, tensor: $t}}\noutputs: {s: $s}"))
    assert not result.raw.run.values.held and result["s"] == 0.0

