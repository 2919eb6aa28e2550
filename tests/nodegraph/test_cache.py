"""The cache when things go wrong: damage, full disks, small budgets, several processes, restarts."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nodegraph.cache import Cache
from nodegraph.cache.memory import Memory
from nodegraph.cache.traces import pack_outputs, unpack
from nodegraph.cache.values import prepare
from nodegraph.digest import ListDigest
from nodegraph.types import ANY

from .playground import engine, graph, told

TENSORS = """
nodes:
  t: {type: t.tensor, size: 5000, fill: 1.5}
  s: {type: t.sum, tensor: $t}
outputs: {t: $t, s: $s}
"""


def run(cache: Path, text: str = TENSORS, **more):
    """Run in a fresh Engine; what ran, the outputs, the warnings."""
    warnings = []
    with engine(cache, warn=warnings.append, **more) as e:
        story, result = told(e, graph(text))
        outputs = dict(result)
        warnings += [event.message for event in story if type(event).__name__ == "Warned"]
    return story.ran, outputs, warnings


def object_file(cache: Path) -> Path:
    (path,) = (cache / "objects").glob("*/*.safetensors")
    return path


@pytest.mark.parametrize("damage", ["truncated", "flipped", "emptied", "removed", "garbage"])
def test_a_damaged_value_is_noticed_and_made_again(tmp_path, damage):
    run(tmp_path)
    path = object_file(tmp_path)
    data = path.read_bytes()
    if damage == "removed":
        path.unlink()
    else:
        path.write_bytes({"truncated": data[:len(data) // 2], "emptied": b"", "garbage": b"x" * len(data),
                          "flipped": data[:-3] + bytes([data[-3] ^ 1]) + data[-2:]}[damage])
    ran, outputs, warnings = run(tmp_path)
    assert ran == ["t"] and outputs["s"] == 7500 and outputs["t"].sum() == 7500
    assert bool(warnings) == (damage != "removed")
    assert run(tmp_path)[0] == []


@pytest.mark.parametrize("damage", [b"not a database", b"", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_index_is_set_aside_and_the_run_goes_on(tmp_path, damage):
    run(tmp_path)
    for tail in ("-wal", "-shm"):
        (tmp_path / f"index.sqlite{tail}").unlink(missing_ok=True)
    (tmp_path / "index.sqlite").write_bytes(damage)
    ran, outputs, warnings = run(tmp_path)
    assert ran == ["t", "s"] and outputs["s"] == 7500
    assert bool(warnings) == bool(damage)
    assert run(tmp_path)[0] == []


def test_bits_flipped_anywhere_in_the_index_never_crash_or_give_a_wrong_result(tmp_path):
    run(tmp_path)
    clean = (tmp_path / "index.sqlite").read_bytes()
    for at in range(0, len(clean), max(1, len(clean) // 60)):
        for path in tmp_path.glob("index*"):
            path.unlink()
        (tmp_path / "index.sqlite").write_bytes(clean[:at] + bytes([clean[at] ^ 0x41]) + clean[at + 1:])
        _, outputs, _ = run(tmp_path)
        assert outputs["s"] == 7500 and outputs["t"].sum() == 7500


def test_an_index_of_another_format_is_set_aside(tmp_path):
    run(tmp_path)
    with sqlite3.connect(tmp_path / "index.sqlite") as index:
        index.execute("PRAGMA user_version = 99")
    index.close()
    ran, _, warnings = run(tmp_path)
    assert ran == ["t", "s"] and "another release" in warnings[0]
    assert list(tmp_path.glob("index.set-aside-*"))


def test_a_folder_that_cannot_be_written_is_said_once_and_the_run_goes_on(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    ran, outputs, warnings = run(blocked / "cache")
    assert outputs["s"] == 7500 and len(warnings) == 1 and "cannot be used" in warnings[0]


def test_a_disk_that_fills_up_is_said_once_and_the_run_goes_on(tmp_path, monkeypatch):
    def full(from_, to):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nodegraph.cache.arrays.os.replace", full)
    text = "nodes:\n" + "".join(f"  t{i}: {{type: t.tensor, size: 5000, fill: {i}.5}}\n" for i in range(4))
    text += "outputs: {a: $t0, b: $t1, c: $t2, d: $t3}"
    _, outputs, warnings = run(tmp_path, text)
    assert [float(outputs[k][0]) for k in "abcd"] == [0.5, 1.5, 2.5, 3.5]
    assert len(warnings) == 1 and "No space left" in warnings[0] and "goes on without it" in warnings[0]


def test_an_index_that_cannot_grow_is_said_once(tmp_path):
    text = "inputs: {words: a}\nnodes: {u: {type: t.upper, text: $words}}\noutputs: {u: $u}"
    with engine(tmp_path, warn=lambda m: None) as e:
        pages = e.cache.disk.index.connection.execute("PRAGMA page_count").fetchone()[0]
        e.cache.disk.index.connection.execute(f"PRAGMA max_page_count = {pages}")
        story, result = told(e, graph(text), {"words": "x" * 1_000_000})
        warnings = [event.message for event in story if type(event).__name__ == "Warned"]
        assert result["u"] == "X" * 1_000_000 and len(warnings) == 1 and "full" in warnings[0]


@pytest.mark.slow
def test_two_processes_share_one_folder(tmp_path):
    script = """
import sys
sys.path.insert(0, sys.argv[2])
from tests.nodegraph.playground import engine, graph
text = "nodes:\\n" + "".join(f"  n{i}: {{type: t.tensor, size: 2000, fill: {i}.0}}\\n" for i in range(40))
text += "outputs:\\n" + "".join(f"  o{i}: $n{i}\\n" for i in range(40))
with engine(sys.argv[1]) as e:
    result = e.run(graph(text))
    assert [float(result[f"o{i}"][0]) for i in range(40)] == list(range(40))
"""
    root = str(Path(__file__).parents[2])
    processes = [subprocess.Popen([sys.executable, "-W", "error", "-c", script, str(tmp_path), root])
                 for _ in range(2)]
    assert [p.wait() for p in processes] == [0, 0]


def test_processes_that_begin_a_folder_at_one_moment_all_use_it(tmp_path):
    script = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from nodegraph.cache.disk import Disk
print("ready", flush=True)
for folder in sys.stdin:
    Disk(Path(folder.strip()), 1 << 30, print)
    print("open", flush=True)
"""
    processes = [subprocess.Popen([sys.executable, "-c", script, "", str(Path(__file__).parents[2])], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(3)]
    told = [p.stdout.readline() for p in processes]
    for number in range(12):
        for p in processes:
            p.stdin.write(f"{tmp_path / str(number)}\n")
            p.stdin.flush()
        told += [p.stdout.readline() for p in processes]
    assert told == ["ready\n"] * 3 + ["open\n"] * 36
    for p in processes:
        p.communicate()
    assert [p.returncode for p in processes] == [0, 0, 0]


def test_what_another_process_remembered_is_seen_by_one_that_is_open(tmp_path):
    with engine(tmp_path) as first, engine(tmp_path) as second:
        told(first, graph(TENSORS))
        story, _ = told(second, graph(TENSORS))
    assert story.ran == []


def test_the_disk_budget_is_kept_and_traces_outlive_values(tmp_path):
    text = "nodes:\n" + "".join(f"  t{i}: {{type: t.tensor, size: 25000, fill: {i}.5}}\n"
                                f"  s{i}: {{type: t.sum, tensor: $t{i}}}\n" for i in range(10))
    text += "outputs:\n" + "".join(f"  s{i}: $s{i}\n" for i in range(10))
    ran, _, _ = run(tmp_path, text, disk=300_000)
    assert len(ran) == 20
    assert sum(p.stat().st_size for p in tmp_path.glob("objects/*/*")) <= 310_000
    assert run(tmp_path, text, disk=300_000)[0] == []


def test_pruning_lets_go_first_of_what_is_cheap_and_large():
    with Cache(None, host=1_000_000) as cache:
        import torch

        cheap, dear = (prepare(ANY, torch.full((100_000,), fill)) for fill in (1.0, 2.0))
        cache.keep(ANY, dear, 60.0)
        cache.keep(ANY, cheap, 0.001)
        cache.keep(ANY, prepare(ANY, torch.full((100_000,), 3.0)), 1.0)
        assert dear.digest in cache.memory and cheap.digest not in cache.memory


def test_a_thousand_large_values_stay_within_a_small_budget(tmp_path):
    import torch

    with Cache(tmp_path, host=8 << 20) as cache:
        for i in range(100):
            prepared = prepare(ANY, torch.full((1 << 18,), float(i)))
            cache.store(ANY, prepared, 0.01)
            cache.keep(ANY, prepared, 0.01)
            assert cache.memory.used["cpu"] <= 8 << 20
        cache.commit()
        assert float(cache.value(ANY, prepared.digest)[0]) == 99


def test_a_small_view_does_not_keep_a_large_tensor_alive():
    import torch

    prepared = prepare(ANY, torch.zeros(1_000_000)[:10])
    assert prepared.value.untyped_storage().nbytes() == 40


def test_a_storage_shared_by_two_values_is_counted_once():
    import torch

    whole = torch.arange(100_000.0)
    memory = Memory({"cpu": 1 << 30})
    memory.put(ANY, prepare(ANY, whole), 1.0)
    before = memory.used["cpu"]
    memory.put(ANY, prepare(ANY, whole.reshape(100, 1000)), 1.0)
    assert memory.used["cpu"] - before < 1000


def test_a_file_left_by_a_killed_process_is_swept_when_it_is_old(tmp_path):
    run(tmp_path)
    stray = tmp_path / "objects" / "ab" / "ab12.1.2.part"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"half")
    os.utime(stray, (1, 1))
    with Cache(tmp_path) as cache:
        cache.disk.prune(cache.disk.budget)
    assert not stray.exists() and object_file(tmp_path).exists()


def test_clearing_forgets_everything(tmp_path):
    run(tmp_path)
    with Cache(tmp_path) as cache:
        cache.disk.clear()
    assert run(tmp_path)[0] == ["t", "s"]


DIGESTS = st.binary(min_size=16, max_size=16)


@given(st.lists(st.one_of(DIGESTS, st.lists(DIGESTS, max_size=4)), min_size=1, max_size=4), st.data())
def test_traces_come_back_as_they_were_packed(ports, data):
    outputs = tuple(ListDigest.of(p) if isinstance(p, list) else p for p in ports)
    every = [d for p in ports for d in (p if isinstance(p, list) else [p])]
    small = {d: data.draw(st.binary(min_size=1, max_size=9)) for d in every if data.draw(st.booleans())}
    shape = data.draw(st.binary(max_size=9))
    told = tuple(data.draw(st.lists(st.text(max_size=9), max_size=2)))
    trace, back_small = unpack(pack_outputs(outputs, small, shape, told), 1.5)
    assert trace.warnings == told
    back = trace.outputs
    assert back == outputs and back_small == small and trace.shape == shape and trace.seconds == 1.5
    assert [getattr(a, "items", None) for a in back] == [getattr(b, "items", None) for b in outputs]


# A plain recomputation, and an engine that edits, evicts and restarts, must never differ.
NODE = st.tuples(st.sampled_from(["add", "tensor", "scale"]), st.integers(0, 5), st.integers(0, 30))
ACTION = st.one_of(st.tuples(st.just("edit"), st.integers(0, 9), st.integers(0, 5)),
                   st.tuples(st.just("evict"), st.just(0), st.just(0)),
                   st.tuples(st.just("restart"), st.just(0), st.just(0)),
                   st.tuples(st.just("prune"), st.just(0), st.just(0)))


def document(nodes):
    lines, kinds = ["nodes:"], []
    for i, (kind, number, parent) in enumerate(nodes):
        candidates = [j for j in range(i) if kinds[j] == "number"]
        link = f"$n{candidates[parent % len(candidates)]}" if candidates else None
        if kind == "add":
            lines.append(f"  n{i}: {{type: t.add, a: {link or number}, b: {number}}}")
            kinds.append("number")
        elif kind == "tensor":
            lines.append(f"  n{i}: {{type: t.tensor, size: 300, fill: {number}.0}}")
            kinds.append("tensor")
        else:
            tensors = [j for j in range(i) if kinds[j] == "tensor"]
            if tensors:
                lines.append(f"  n{i}: {{type: t.sum, tensor: $n{tensors[parent % len(tensors)]}}}")
            else:
                lines.append(f"  n{i}: {{type: t.scale, x: {number}.0}}")
            kinds.append("float")
    return "\n".join([*lines, "outputs:", *(f"  o{i}: $n{i}" for i in range(len(nodes)))])


def plainly(nodes):
    found, kinds = [], []
    for i, (kind, number, parent) in enumerate(nodes):
        candidates = [j for j in range(i) if kinds[j] == "number"]
        if kind == "add":
            found.append((found[candidates[parent % len(candidates)]] if candidates else number) + number)
            kinds.append("number")
        elif kind == "tensor":
            found.append(300.0 * number)
            kinds.append("tensor")
        else:
            tensors = [j for j in range(i) if kinds[j] == "tensor"]
            found.append(found[tensors[parent % len(tensors)]] if tensors else number * 2.0)
            kinds.append("float")
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(NODE, min_size=1, max_size=10), st.lists(ACTION, max_size=6))
def test_edits_evictions_and_restarts_never_change_a_result(tmp_path_factory, nodes, actions):
    folder = tmp_path_factory.mktemp("cache")
    e = engine(folder)
    for action, which, number in [("edit", 0, nodes[0][1]), *actions]:
        if action == "edit":
            at = which % len(nodes)
            nodes = [*nodes[:at], (nodes[at][0], number, nodes[at][2]), *nodes[at + 1:]]
        elif action == "evict":
            e.cache.memory.clear()
        elif action == "prune":
            e.cache.disk.prune(0)
        else:
            e.close()
            e = engine(folder)
        result = e.run(graph(document(nodes)))
        values = [result[f"o{i}"] for i in range(len(nodes))]
        assert [float(v.sum()) if hasattr(v, "sum") else v for v in values] == plainly(nodes)
    e.close()


def test_tensors_that_share_memory_are_kept_whole(tmp_path):
    import torch

    base = torch.arange(6.0)
    value = {"all": base, "turned": base.reshape(2, 3).T, "part": base[1:], "none": torch.zeros(0), "nor": torch.ones(0)}
    with Cache(tmp_path) as cache:
        prepared = prepare(ANY, value)
        cache.store(ANY, prepared, 1.0)
        cache.commit()
    with Cache(tmp_path) as cache:
        back = cache.value(ANY, prepared.digest)
    assert all(torch.equal(back[name], value[name]) for name in value)
