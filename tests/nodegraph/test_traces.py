"""Traces: what is recorded comes back, in this release's form and in the first one's, from memory and the index."""

import pytest

from nodegraph.cache import Cache, Trace, traces as traces_module
from nodegraph.cache.traces import pack_outputs, unpack
from nodegraph.digest import ListDigest, digest, encode

ONE, TWO = digest(1), digest(2)


def test_what_a_request_asks_for_comes_back_in_this_process_and_the_next(tmp_path):
    with Cache(tmp_path) as cache:
        cache.record_asks(b"key", ("input.mask", "device"), 0.5)
        assert cache.trace(b"key") == Trace((), 0.5, ("input.mask", "device"))
    with Cache(tmp_path) as cache:
        assert cache.trace(b"key") == Trace((), 0.5, ("input.mask", "device"))


@pytest.mark.parametrize("outputs", [(ONE,), (ONE, TWO), (ListDigest.of([ONE, TWO]),)])
@pytest.mark.parametrize("again", [False, True])
def test_a_trace_that_was_recorded_for_other_outputs_does_not_count(tmp_path, outputs, again):
    cache = Cache(tmp_path)
    cache.small[ONE] = encode(1)
    cache.record(b"key", outputs, 0.5, b"Int")
    if again:
        cache.close()
        cache = Cache(tmp_path)
    assert cache.trace(b"key", b"Text") is None
    trace = cache.trace(b"key", b"Int")
    assert trace == cache.trace(b"key") == Trace(outputs, 0.5, (), b"Int")
    assert cache.small[ONE] == encode(1)
    cache.close()


@pytest.mark.parametrize("shape", [b"", b"Int"])
def test_a_small_value_is_recorded_with_its_shape(tmp_path, shape):
    with Cache(tmp_path) as cache:
        cache.record_small(b"key", ONE, encode(1), 1, 0.5, shape)
    with Cache(tmp_path) as cache:
        assert cache.trace(b"key", shape) == Trace((ONE,), 0.5, (), shape)
        assert (cache.trace(b"key", b"Text") is None) == bool(shape)
        assert cache.small[ONE] == encode(1)


def test_traces_of_the_first_release_have_no_shape_and_suit_every_one():
    several = ListDigest.of([ONE, TWO])
    for blob, outputs, small in ((b"1" + ONE, (ONE,), {}), (b"1" + ONE + b"i1;", (ONE,), {ONE: b"i1;"}),
                                 (b"n" + encode([(ONE, b"i1;"), [(ONE, b"i1;"), (TWO, None)]]), (ONE, several),
                                  {ONE: b"i1;"})):
        assert unpack(blob, 2.0) == (Trace(outputs, 2.0), small)
        assert pack_outputs(outputs, small) == blob, "and they are still written so"


@pytest.mark.parametrize("blob", [b"", b"1", b"2", b"2\x09abc", b"n", b"ni5;", b"N", b"Nl1:i1;", b"ai5;", b"x", b"1short", None,
                                  5, "text"])
def test_a_damaged_trace_is_said_and_its_node_runs_again(tmp_path, blob):
    warnings = []
    with Cache(tmp_path, warn=warnings.append) as cache:
        cache.disk.index.write(("INSERT INTO traces VALUES (?, ?, ?)", [(b"key", blob, 1.0)]))
        cache.disk.traces.load()
        assert cache.trace(b"key") is None and len(warnings) == 1 and "trace is damaged" in warnings[0]


def test_traces_too_many_to_be_read_at_once_are_found_by_key(tmp_path, monkeypatch):
    with Cache(tmp_path) as cache:
        for number in range(20):
            cache.record_small(b"%d" % number, ONE, encode(1), 1, 0.0)
    monkeypatch.setattr(traces_module, "LOADED_AT_ONCE", 10)
    with Cache(tmp_path) as cache:
        statements = []
        assert not cache.disk.traces.packed
        cache.disk.index.connection.set_trace_callback(statements.append)
        assert cache.trace(b"7").outputs == (ONE,) and cache.trace(b"none") is None and cache.small[ONE]
        assert sum("CREATE INDEX" in s for s in statements) == 1
        assert sum("WHERE key" in s for s in statements) == 2
        assert "by_key" in str(cache.disk.index.rows("EXPLAIN QUERY PLAN SELECT * FROM traces WHERE key = x'00'"))


def test_what_is_recorded_but_not_yet_written_is_found_too(tmp_path, monkeypatch):
    monkeypatch.setattr(traces_module, "LOADED_AT_ONCE", -1)
    with Cache(tmp_path) as cache:
        cache.record_small(b"key", ONE, encode(1), 1, 0.0)
        cache.kept.clear()
        assert cache.disk.traces.pending and cache.trace(b"key").outputs == (ONE,)
