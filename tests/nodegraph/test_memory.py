"""What an Engine that lives for long holds in memory stays within its budget."""

import tracemalloc

import numpy
import pytest
import torch

from nodegraph import PortType, node
from nodegraph.cache import Cache, prepare
from nodegraph.cache.memory import Memory
from nodegraph.cache.values import object_bytes
from nodegraph.digest import ListDigest, digest, encode, leaves
from nodegraph.types import ANY, FILE, INT

from .playground import engine, graph, told


class Half:
    """An object with a field, as types of packs are."""

    __slots__ = ("of",)

    def __init__(self, of: float):
        self.of = of


@node("m.range", version=1)
def numbers(n: int) -> list[int]:
    """The numbers up to n."""
    return list(range(n))


def test_what_python_objects_take_counts_and_not_only_their_encoding():
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    notes = [(60 + number % 20, 1000.5 + number, "a word", Half(number + 0.5)) for number in range(5000)]
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    value = prepare(PortType("Notes", flatten=lambda v: [(*n[:3], n[3].of) for n in v], restore=lambda plain: notes), notes)
    memory = Memory({"cpu": 10 ** 8})
    memory.put(ANY, value, 1.0)
    counted = memory.taken("cpu") - len(value.code)
    assert taken > 3 * len(value.code) and 0.9 < counted / taken < 1.2, (taken, counted)
    assert object_bytes([notes[0]] * 5000) < 50_000  # one note, to which there are five thousand links


def test_what_a_value_only_refers_to_is_no_part_of_its_size():
    assert object_bytes([torch.Tensor, torch, test_what_a_value_only_refers_to_is_no_part_of_its_size]) < 200
    assert object_bytes({"picture": torch.zeros(10_000), "same": numpy.zeros(10_000)}) < 500


MANY = """
inputs: {s: 0}
nodes:
  r: {type: m.range, n: 1000}
  a: {type: t.add, each: a, a: $r, b: $s}
outputs: {a: $a}
"""


@pytest.mark.parametrize("disk", [False, True])
def test_an_engine_that_runs_request_after_request_stays_within_its_budget(tmp_path, disk):
    with engine(tmp_path if disk else None, more=[numbers], host=1_000_000) as e:
        for k in range(6):
            result = e.run(graph(MANY), {"s": k * 1000})
            assert result["a"][-1] == k * 1000 + 999
            e.cache.settle()
            assert e.cache.memory.taken("cpu") <= 1_000_000
            assert len(e.cache.kept) <= 1700 and len(e.cache.small) <= 3400 and len(e.cache.memory.plain) <= 3400
        # What went is asked for again: from disk it comes back, without one it is made.
        story, _ = told(e, graph(MANY), {"s": 0})
        assert story.ran == ([] if disk else ["r", "a"])


@pytest.mark.parametrize("writable", [True, False])
def test_what_is_read_from_a_large_folder_is_let_go_of_when_the_run_is_over(tmp_path, monkeypatch, writable):
    with Cache(tmp_path) as cache:
        for number in range(1000):
            cache.record_small(b"%d" % number, digest(number), encode(number), number, 0.0)
    monkeypatch.setattr("nodegraph.cache.index.writable", lambda path: writable)
    with Cache(tmp_path, host=100_000) as cache:
        assert len(cache.disk.traces.packed) == 1000
        for number in range(900 if writable else 1000):
            cache.trace(b"%d" % number)
        cache.settle()
        assert cache.memory.taken("cpu") <= 100_000 and len(cache.kept) < 400
        assert all(cache.trace(b"%d" % number).outputs == (digest(number),) for number in range(1000))
        assert cache.value(INT, digest(3)) == 3


def test_nothing_small_goes_while_a_run_goes_on():
    cache = Cache(host=10_000)
    for number in range(1000):
        cache.record_small(b"%d" % number, digest(number), encode(number), number, 0.0)
    cache.keep(ANY, prepare(ANY, torch.ones(5000)), 1.0)
    assert len(cache.kept) == len(cache.small) == len(cache.memory.plain) == 1000
    cache.settle()
    assert cache.memory.taken("cpu") <= 10_000


def test_what_took_long_and_what_is_pinned_outlives_what_is_new():
    cache = Cache(host=20_000)
    cache.record_small(b"dear", digest("dear"), encode("dear"), "dear", 5.0)
    cache.record_small(b"pinned", digest("pinned"), encode("pinned"), "pinned", 0.0)
    cache.pin(digest("pinned"))
    for number in range(1000):
        cache.record_small(b"%d" % number, digest(number), encode(number), number, 0.0)
    cache.settle()
    assert b"dear" in cache.kept and cache.has(digest("dear"))
    assert b"pinned" not in cache.kept and cache.value(ANY, digest("pinned")) == "pinned"
    assert cache.kept and b"0" not in cache.kept and b"999" in cache.kept
    assert cache.has(digest(999)) and not cache.has(digest(0)), "a trace and its values go together"


def test_small_values_that_no_trace_names_go_first():
    cache = Cache(host=30_000)
    for number in range(50):
        cache.record_small(b"%d" % number, digest(number), encode(number), number, 0.0)
    for number in range(100, 150):
        cache.store(FILE, prepare(FILE, str(number)), 0.0)
        cache.keep(FILE, prepare(FILE, str(number)), 0.0)
    cache.settle()
    assert len(cache.kept) == len(cache.small) == len(cache.memory.plain) > 0


def test_settling_within_the_budget_lets_nothing_go(tmp_path):
    with Cache(tmp_path, host=10_000_000) as cache:
        for number in range(100):
            cache.record_small(b"%d" % number, digest(number), encode(number), number, 0.0)
        cache.settle()
        assert len(cache.kept) == len(cache.small) == len(cache.memory.plain) == 100 and cache.disk.traces.whole


def test_a_host_budget_of_nothing_keeps_nothing_once_a_run_is_over():
    with engine(host=0) as e:
        assert e.run(graph("nodes: {u: {type: t.upper, text: a}}\noutputs: {u: $u}"))["u"] == "A"
        e.cache.settle()
        assert not e.cache.kept and not e.cache.small and not e.cache.memory.plain and not e.cache.memory.entries


def test_the_digests_in_a_list_are_found_however_deep():
    assert list(leaves(b"one")) == [b"one"]
    assert list(leaves(ListDigest.of([b"a", ListDigest.of([b"b", ListDigest.of(())]), b"c"]))) == [b"a", b"b", b"c"]


def test_an_array_is_counted_with_all_the_memory_that_it_holds():
    memory = Memory({"cpu": 1 << 30})
    whole = numpy.zeros(100_000)
    whole.flags.writeable = False
    memory.put(ANY, prepare(ANY, whole), 1.0)
    before = memory.used["cpu"]
    assert before >= whole.nbytes
    memory.put(ANY, prepare(ANY, whole.reshape(100, 1000)), 1.0)
    assert memory.used["cpu"] - before < 1000, "memory of two values is counted once"


def test_a_value_that_is_dropped_gives_its_memory_back():
    memory = Memory({"cpu": 1 << 30})
    prepared = prepare(ANY, torch.ones(1000))
    memory.put(ANY, prepared, 1.0)
    memory.drop(prepared.digest)
    assert prepared.digest not in memory and memory.used["cpu"] == 0 and not memory.shared
