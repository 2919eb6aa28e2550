"""The cache's folder among other processes, on other people's disks, and over the years."""

import mmap
import os
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy
import pytest
import torch

from nodegraph.cache import Cache, index as index_module, prepare
from nodegraph.digest import encode
from nodegraph.types import ANY

from . import kept_graph
from .playground import engine, graph, told

FIRST = Path(__file__).parent / "fixtures" / "first_cache"
SUM = "nodes: {t: {type: t.tensor, size: 5000, fill: 1.5}, s: {type: t.sum, tensor: $t}}\noutputs: {t: $t, s: $s}"


def put(cache: Cache, value, seconds: float = 1.0, keep: bool = False) -> bytes:
    """Store a value; its digest."""
    prepared = prepare(ANY, value)
    cache.store(ANY, prepared, seconds)
    if keep:
        cache.keep(ANY, prepared, seconds)
    return prepared.digest


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, and what it holds."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---- what was written before, and what can be written

def test_a_cache_of_the_first_release_serves_everything_it_holds(tmp_path):
    shutil.copytree(FIRST, tmp_path / "cache")
    with engine(tmp_path / "cache", more=kept_graph.NODES) as e:
        installed = {name: replace(nodetype, installed=True) for name, nodetype in e.catalogue._nodes.items()}
        e.catalogue._nodes.update(installed)  # what is not installed counts by its code since
        story, result = told(e, graph(kept_graph.TEXT))
        assert story.ran == []
        assert result["more"] == 6 and result["long"] == "LONG " * 80 and result["loud"] == ["ONE", "TWO", "THREE"]
        assert result["rest"] == "bc" and result["sum"] == 60.0
        assert torch.equal(result["tensor"], torch.full((40,), 1.5))
        bits = numpy.arange(6).reshape(2, 3) % 2
        for name, dtype in (("floats", "<f4"), ("bools", "|b1"), ("wide", "<i8")):
            assert result[name].dtype.str == dtype and numpy.array_equal(result[name], bits)
        mixed = result["mixed"]
        assert torch.equal(mixed["whole"], torch.arange(5.0)) and mixed["bits"].tolist() == [True, False]
        assert mixed["half"].dtype == torch.bfloat16 and mixed["half"].sum() == 6
        assert repr(mixed["words"]) == "['a', ('b', 3, None, -0.0)]" and repr(mixed) == result["shown"]


def test_the_first_release_can_read_tensors_that_this_one_writes(tmp_path):
    from safetensors import safe_open

    with Cache(tmp_path) as cache:
        put(cache, {"a": torch.arange(3, dtype=torch.uint8), "b": torch.tensor(2.5, dtype=torch.bfloat16)})
    (path,) = tmp_path.glob("objects/*/*")
    with safe_open(path, framework="pt") as file:
        assert file.metadata() == {"kinds": "tt"}
        assert file.get_tensor("0").tolist() == [0, 1, 2] and file.get_tensor("1").item() == 2.5


def mapped(path: Path, data: bytes):
    path.write_bytes(data)
    return path


def map_of(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


ARRAYS = {
    "complex": lambda folder: numpy.array([1 + 2j, -0.0j]), "single complex": lambda folder: numpy.ones(2, "<c8"),
    "big endian": lambda folder: numpy.arange(5, dtype=">i4"), "big float": lambda folder: numpy.ones(3, ">f8"),
    "long double": lambda folder: numpy.array([1, 3], numpy.longdouble) / 3,
    "bool": lambda folder: numpy.array([[True, False]]), "no dimension": lambda folder: numpy.array(2.5),
    "half": lambda folder: numpy.ones(3, "f2"), "empty": lambda folder: numpy.zeros((3, 0, 2), "u2"),
    "column first": lambda folder: numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3)),
    "every other": lambda folder: numpy.arange(10)[::-2], "backwards": lambda folder: numpy.arange(100)[60:40:-1],
    "of bytes": lambda folder: numpy.frombuffer(b"12345678", ">u2"),
    "of a bytearray": lambda folder: numpy.frombuffer(bytearray(b"12345678"), "u1"),
    "mapped": lambda folder: numpy.memmap(mapped(folder / "m", b"12345678"), "<i4", "r"),
    "mapped by hand": lambda folder: numpy.frombuffer(map_of(mapped(folder / "m", b"12345678")), "u1"),
    "of a tensor": lambda folder: torch.arange(5.0).numpy(),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_any_dtype_and_origin_comes_back_from_disk_as_it_was(tmp_path, name):
    array = ARRAYS[name](tmp_path)
    with Cache(tmp_path / "cache") as cache:
        digest = put(cache, {"a": array, "b": b"raw"}, keep=True)
        assert numpy.array_equal(cache.value(ANY, digest)["a"], array)
    with Cache(tmp_path / "cache", warn=pytest.fail) as cache:
        back = cache.value(ANY, digest)["a"]
        assert type(back) is numpy.ndarray and back.dtype.str == array.dtype.str and back.shape == array.shape
        assert numpy.array_equal(back, array) and encode(back) == encode(array)


@pytest.mark.parametrize("dtype", ["complex128", "complex64", "float8_e4m3fn", "bool", "bfloat16", "int8", "uint64"])
def test_a_tensor_of_any_dtype_comes_back_from_disk_as_it_was(tmp_path, dtype):
    values = [torch.tensor([[1, 0, 3]]).to(getattr(torch, dtype)), torch.zeros(0, dtype=getattr(torch, dtype))]
    if dtype == "complex64":
        values.append(torch.tensor([1 + 2j]).conj())
    with Cache(tmp_path) as cache:
        digest = put(cache, values)
    with Cache(tmp_path, warn=pytest.fail) as cache:
        assert encode(cache.value(ANY, digest)) == encode(values)


def test_a_value_that_cannot_be_written_is_said_and_the_disk_stays_in_use(tmp_path, monkeypatch):
    warnings = []
    with Cache(tmp_path, warn=warnings.append) as cache:
        strange = prepare(ANY, torch.ones(10))
        monkeypatch.setattr("nodegraph.cache.arrays._raw", lambda tensor: 1 / 0)
        assert not cache.store(ANY, strange, 1.0)
        monkeypatch.undo()
        assert len(warnings) == 1 and "cannot be written to disk (ZeroDivisionError" in warnings[0]
        good = put(cache, torch.zeros(10))
    with Cache(tmp_path) as cache:
        assert cache.has(good) and not cache.has(strange.digest)


# ---- other processes

@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(index_module, "WAIT", 0.01)


def lock(folder: Path) -> sqlite3.Connection:
    """Hold the index as another process may."""
    other = sqlite3.connect(folder / "index.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    return other


def test_what_is_made_while_another_process_holds_the_index_is_written_when_it_is_free(tmp_path, impatient):
    warnings = []
    with engine(tmp_path, warn=warnings.append) as e:
        other = lock(tmp_path)
        e.emit = None
        result = e.run(graph(SUM))
        assert result["s"] == 7500
        other.execute("COMMIT")
        other.close()
        e.run(graph("nodes: {a: {type: t.add, a: 1}}\noutputs: {a: $a}"))
    assert len(warnings) == 1 and "held by another process" in warnings[0]
    with engine(tmp_path) as e:
        assert told(e, graph(SUM))[0].ran == []


def test_an_index_that_is_held_is_waited_for_once_and_not_at_every_step(tmp_path, monkeypatch):
    waits = []
    monkeypatch.setattr(index_module, "WAIT", 0.01)
    with Cache(tmp_path) as cache:
        other = lock(tmp_path)
        cache.disk.index.connection.set_trace_callback(
            lambda statement: waits.append(statement) if "busy_timeout" in statement else None)
        for number in range(5):
            cache.record(b"key%d" % number, (b"digest of 16 byte",), 1.0)
        assert waits == ["PRAGMA busy_timeout = 0"]
        other.execute("COMMIT")
        cache.commit()
        assert waits[1:] == ["PRAGMA busy_timeout = 10"]
        assert not cache.disk.traces.pending
        other.close()


def test_what_is_still_not_written_at_the_end_is_said(tmp_path, impatient):
    warnings = []
    with engine(tmp_path, warn=warnings.append) as e:
        other = lock(tmp_path)
        e.run(graph(SUM))
    other.close()
    assert "held by another process" in warnings[0] and "is not kept" in warnings[-1]


def test_a_folder_that_is_taken_away_is_begun_anew(tmp_path):
    warnings = []
    with engine(tmp_path / "cache", warn=warnings.append) as e:
        e.run(graph(SUM))
        shutil.rmtree(tmp_path / "cache")
        e.run(graph(SUM.replace("5000", "4000")))
    assert len(warnings) == 1 and "was taken away; it is begun anew" in warnings[0]
    with engine(tmp_path / "cache") as e:
        story, result = told(e, graph(SUM.replace("5000", "4000")))
        assert story.ran == [] and result["t"].sum() == 6000


def test_a_folder_that_cannot_be_written_is_read_and_nothing_in_it_changes(tmp_path, monkeypatch):
    cache, warnings = tmp_path / "cache", []
    with engine(cache) as e:
        e.run(graph(SUM))
    before = files(cache)
    os.chmod(cache, 0o555)
    if os.geteuid() == 0:  # whom no mode stops
        monkeypatch.setattr(index_module, "writable", lambda path: False)
    try:
        with engine(cache, warn=warnings.append) as e:
            result = e.run(graph(SUM))
            assert result["t"].sum() == 7500 and all(n.status == "cached" for n in result.raw.nodes.values())
            assert e.run(graph(SUM.replace("5000", "4000")))["s"] == 6000
            e.cache.disk.prune(0)
        assert files(cache) == before
    finally:
        os.chmod(cache, 0o755)
    assert len(warnings) == 1 and "cannot be written; what it holds is used, nothing new is kept" in warnings[0]


def test_damage_in_a_folder_that_cannot_be_written_is_said_once(tmp_path, monkeypatch):
    with engine(tmp_path) as e:
        e.run(graph(SUM))
    (path,) = tmp_path.glob("objects/*/*")
    path.write_bytes(b"x" * 100)
    monkeypatch.setattr(index_module, "writable", lambda path: False)
    warnings = []
    with engine(tmp_path, warn=warnings.append) as e:
        for _ in range(2):
            e.cache.memory.clear()
            with pytest.raises(KeyError):
                e.cache.value(ANY, bytes.fromhex(path.stem))
    assert len(warnings) == 2 and "does not match its checksum" in warnings[1] and path.exists()


@pytest.mark.parametrize("content", [b"no index at all " * 100, None])
def test_a_file_that_is_set_aside_is_let_go_first(content, tmp_path, monkeypatch):
    opened: list[sqlite3.Connection] = []
    real = sqlite3.connect
    if content is None:  # a format of another day
        with real(tmp_path / "index.sqlite") as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
    else:
        (tmp_path / "index.sqlite").write_bytes(content)
    monkeypatch.setattr(index_module.sqlite3, "connect", lambda *given, **more: opened.append(real(*given, **more)) or opened[-1])
    with engine(tmp_path, warn=lambda message: None) as e:
        assert e.run(graph(SUM))["s"] == 7500 and len(opened) == 2
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            opened[0].execute("SELECT 1")


def test_a_schema_that_is_no_text_any_more_sets_the_index_aside(tmp_path):
    with engine(tmp_path) as e:
        e.run(graph(SUM))
    clean = (tmp_path / "index.sqlite").read_bytes()
    at, aside = clean.index(b"CREATE TABLE objects"), 0
    for offset in range(0, 120, 5):
        for path in tmp_path.glob("index*"):
            path.unlink()
        data = clean[:at + offset] + bytes([clean[at + offset] ^ 0x80]) + clean[at + offset + 1:]
        (tmp_path / "index.sqlite").write_bytes(data)
        warnings = []
        with engine(tmp_path, warn=warnings.append) as e:
            assert e.run(graph(SUM))["s"] == 7500
        assert all("set aside" in warning for warning in warnings), "it is used on, or set aside"
        aside += len(warnings)
        with engine(tmp_path) as e:
            assert told(e, graph(SUM))[0].ran == []
    assert aside > 5


# ---- pins and the budget

def test_what_is_pinned_is_not_pruned_until_it_is_unpinned_as_often(tmp_path):
    with Cache(tmp_path, disk=100_000) as cache:
        large = prepare(ANY, torch.ones(100_000))
        cache.pin(large.digest)
        cache.pin(large.digest)
        assert cache.store(ANY, large, 1.0)
        for _ in range(2):
            cache.commit()
            cache.disk.prune(0)
            assert cache.disk.has(large.digest)
            cache.unpin(large.digest)
        cache.settle()
        assert not cache.disk.has(large.digest) and not list(tmp_path.glob("objects/*/*"))


def test_a_value_larger_than_the_budget_is_no_sure_thing_unless_it_is_pinned(tmp_path):
    with Cache(tmp_path, disk=100_000) as cache:
        assert cache.store(ANY, prepare(ANY, torch.ones(1000)), 1.0)
        assert not cache.store(ANY, prepare(ANY, torch.ones(100_000)), 1.0)
        assert cache.store(ANY, prepare(ANY, "short"), 1.0)
    with Cache() as cache:
        assert cache.store(ANY, prepare(ANY, "short"), 1.0)
        assert not cache.store(ANY, prepare(ANY, "long" * 1000), 1.0)


def test_pins_that_fill_the_disk_do_not_have_it_pruned_at_every_commit(tmp_path):
    with Cache(tmp_path, disk=1000) as cache:
        for number in range(3):
            cache.pin(prepare(ANY, torch.full((1000,), float(number))).digest)
        statements = []
        cache.disk.index.connection.set_trace_callback(statements.append)
        for number in range(3):
            put(cache, torch.full((1000,), float(number)))
            cache.commit()
            cache.commit()
        assert sum("ORDER BY worth" in s for s in statements) == 3 and cache.disk.counts()["values"] == 3


def test_a_list_is_pinned_item_by_item(tmp_path):
    from nodegraph.digest import ListDigest

    with Cache(tmp_path) as cache:
        items = [put(cache, torch.full((100,), float(i))) for i in range(3)]
        cache.commit()
        several = ListDigest.of([items[0], ListDigest.of([items[1]])])
        cache.pin(several)
        cache.disk.prune(0)
        assert [cache.disk.has(item) for item in items] == [True, True, False]
        cache.unpin(several)
        assert not list(cache.pins)


def test_a_damaged_history_is_said_and_left_out(tmp_path):
    from nodegraph.digest import decode

    warnings = []
    with Cache(tmp_path, warn=warnings.append) as cache:
        cache.disk.remember_history("graph", [("a", encode({"seconds": 1.0})), ("b", b"m5:")])
        assert cache.disk.histories("graph", decode) == [("a", {"seconds": 1.0})]
    assert len(warnings) == 1 and "the last run of b is damaged" in warnings[0]


def test_an_index_is_opened_and_read_while_another_process_writes_to_it(tmp_path, impatient):
    with engine(tmp_path) as e:
        e.run(graph(SUM))
    other = lock(tmp_path)
    with engine(tmp_path) as e:
        assert told(e, graph(SUM))[0].ran == []
    other.close()


def test_a_pin_may_be_taken_back_at_any_moment():
    from nodegraph.cache.pins import Pins

    class Interrupted(bytes):
        @property
        def items(self):
            pins.remove(b"one")  # as the garbage collector does when it runs while another value is pinned
            return (b"two",)

    pins = Pins()
    pins.add(b"one")
    pins.add(b"one")
    pins.add(Interrupted())
    assert set(pins) == {b"one", b"two"}
    pins.remove(b"one")
    pins.remove(b"two")
    assert not list(pins) and b"one" not in pins
