"""What a run gives: copies of its own, as long as someone has the result, whatever memory was let go since."""

from __future__ import annotations

import gc
import weakref
from typing import Annotated, Any

import pytest

from nodegraph import PortType, node

from .playground import Tensor, engine, graph, told

Bag = Annotated[Any, PortType("Bag", flatten=lambda bag: bag.items, restore=lambda items: Sack(items))]


class Sack:
    """A thing with parts that can be changed."""

    def __init__(self, items: Any):
        self.items = items


@node("v.tensor", version=1)
def tensor(fill: float, size: int = 4) -> Tensor:
    """A vector."""
    import torch

    CALLS.append("tensor")
    return torch.full((size,), fill)


@node("v.array", version=1)
def array(fill: float) -> Any:
    """A vector of numpy's."""
    import numpy

    return numpy.full((4,), fill)


@node("v.dict", version=1)
def table(a: int) -> Any:
    """A dict with lists inside."""
    return {"a": [a, [a]], "b": {"c": a}}


@node("v.large", version=1)
def large(a: int) -> Any:
    """A dict that is too large to travel in a trace."""
    return {"a": list(range(a, a + 200))}


@node("v.list", version=1)
def row(a: int) -> list[int]:
    """A list."""
    CALLS.append("list")
    return [a, a + 1]


@node("v.lists", version=1)
def rows(a: int) -> list[Any]:
    """A list of lists."""
    return [[a], [a, [a]]]


@node("v.bag", version=1)
def bag(a: int) -> Bag:
    """A thing with parts."""
    return Sack([a, [a]])


@node("v.bytes", version=1)
def data(a: int) -> Any:
    """Bytes that cannot be changed."""
    return bytes([a])


CALLS: list[str] = []
ALL = [tensor, array, table, large, row, rows, bag, data]


def spoil(value: Any) -> None:
    """Change a value wherever it can be changed."""
    if isinstance(value, list):
        for item in value:
            spoil(item)
        value.append("spoiled")
    elif isinstance(value, dict):
        for item in value.values():
            spoil(item)
        value["spoiled"] = 1
    elif isinstance(value, Sack):
        spoil(value.items)
    elif hasattr(value, "shape") and hasattr(value, "__setitem__"):
        value[...] = -1


def plain(value: Any) -> Any:
    """A value as something that can be compared."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Sack):
        return plain(value.items)
    return value.tolist() if hasattr(value, "tolist") else repr(value)


SOURCES = ["v.tensor, fill: 2", "v.tensor, fill: 2, size: 5000", "v.tensor, each: fill, fill: [1, 2]",
           "v.array, fill: 2", "v.dict, a: 1", "v.dict, each: a, a: [1, 2]", "v.list, a: 1",
           "v.list, each: a, a: [1, 2]", "v.lists, a: 1", "v.bag, a: 1", "v.bag, repeat: 2, count: a", "v.bytes, a: 7"]


@pytest.mark.parametrize("budgets", [{}, {"host": 1000}], ids=["roomy", "tiny"])
@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("source", SOURCES)
def test_a_result_is_a_copy_and_a_second_look_is_unchanged(source, on_disk, budgets, tmp_path):
    g = graph(f"nodes: {{n: {{type: {source}}}}}\noutputs: {{o: $n, again: $n}}")
    with engine(tmp_path if on_disk else None, more=ALL, **budgets) as e:
        first = e.run(g)
        wanted = plain(first["o"])
        for result in (first, e.run(g), first):
            for name in ("o", "again"):
                spoil(result[name])
                assert plain(result[name]) == wanted
        if isinstance(first["o"], Sack) or hasattr(first["o"], "__setitem__"):
            assert first["o"] is not first["o"]
    if on_disk:
        with engine(tmp_path, more=ALL, **budgets) as e:
            result = e.run(g)
            spoil(result["o"])
            assert plain(result["o"]) == plain(result["again"]) == wanted


@node("v.spoil", version=1)
def spoils(value: Any, k: int = 0) -> int:
    """Change what it is handed."""
    spoil(value)
    return k


@node("v.spoil_all", version=1)
def spoils_all(values: list[Any]) -> int:
    """Change what it is handed, and its items."""
    spoil(values)
    return 0


@node("v.show", version=1)
def show(value: Any, after: int = 0) -> str:
    """What it is handed."""
    return str(plain(value))


@node("v.show_all", version=1)
def show_all(values: list[Any], after: int = 0) -> str:
    """What it is handed."""
    return str(plain(values))


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("source, many", [("v.dict, a: 1", False), ("v.large, a: 1", False), ("v.lists, a: 1", True),
                                          ("v.large, each: a, a: [1, 2]", True), ("v.list, a: 1", True),
                                          ("v.dict, each: a, a: [1, 2]", True)])
def test_a_node_that_changes_what_it_reads_changes_nothing_for_others(source, many, on_disk, tmp_path):
    all_ = "_all" * many
    port = "values" if many else "value"
    text = f"""
nodes:
  n: {{type: {source}}}
  before: {{type: v.show{all_}, {port}: $n}}
  one: {{type: v.spoil{all_}, {port}: $n}}
  after: {{type: v.show{all_}, {port}: $n, after: $one}}
outputs: {{before: $before, after: $after, n: $n}}
"""
    with engine(tmp_path if on_disk else None, more=[*ALL, spoils, spoils_all, show, show_all]) as e:
        _, result = told(e, graph(text))
        assert result["before"] == result["after"] == str(plain(result["n"]))


@node("v.look", version=1)
def looks_and_spoils(value: Any, k: int = 0) -> str:
    """What it is handed, which it changes then."""
    before = str(plain(value)) if isinstance(value, list) else str(value)
    spoil(value)
    return before


@node("v.look_all", version=1)
def looks_and_spoils_all(values: list[Any], k: int = 0) -> str:
    """The same for a list."""
    return looks_and_spoils(values)


@pytest.mark.parametrize("wanted", ["v.look, value: {a: [1]}", "v.look_all, values: [1, 2]", "v.look, value: $i",
                                    "v.look_all, values: $l"])
def test_a_node_that_changes_what_stands_in_the_file_finds_it_unchanged_the_next_time(wanted):
    e = engine(more=[looks_and_spoils, looks_and_spoils_all])
    g = graph("inputs: {i: {type: Any, default: {a: [1]}}, l: {type: list of Any, default: [1, 2]}}\n"
              f"nodes: {{n: {{type: {wanted}}}}}\noutputs: {{o: $n}}")
    gave = [told(e, one)[1]["o"] for one in (g, g.with_value("n", "k", 1), g.with_value("n", "k", 2))]
    assert gave == [gave[0]] * 3 and "1" in gave[0] and "spoiled" not in gave[0]


@node("v.zero", version=1)
def zero(tensor: Tensor) -> float:
    """Change what it is handed."""
    tensor.zero_()
    return 0.0


@node("v.sum", version=1)
def total(tensor: Tensor, after: float = 0) -> float:
    """Sum up."""
    return float(tensor.sum())


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("size", [4, 5000])
def test_a_tensor_that_a_node_changes_in_place_is_noticed_and_read_by_nobody_else(size, on_disk, tmp_path):
    warnings: list[str] = []
    text = f"""
nodes:
  t: {{type: v.tensor, fill: 3, size: {size}}}
  z: {{type: v.zero, tensor: $t}}
  s: {{type: v.sum, tensor: $t, after: $z}}
outputs: {{s: $s, t: $t}}
"""
    with engine(tmp_path if on_disk else None, more=[*ALL, zero, total], warn=warnings.append) as e:
        result = e.run(graph(text))
        assert not result.errors
        assert result["s"] == 3.0 * size and result["t"].tolist() == [3.0] * size
        assert any("changed" in warning for warning in warnings)


def test_a_tensor_that_was_given_and_that_a_node_changes_in_place_does_not_pass_for_what_was_given():
    import torch

    warnings: list[str] = []
    g = graph("inputs: {t: {type: Tensor}}\n"
              "nodes: {z: {type: v.zero, tensor: $t}, s: {type: v.sum, tensor: $t, after: $z}}\n"
              "outputs: {s: $s, z: $z}")
    e = engine(more=[zero, total], warn=warnings.append)
    first = e.run(g, {"t": torch.ones(5)})
    assert first.get("s") == 5.0 or warnings or first.errors
    assert e.run(g, {"t": torch.ones(5)})["s"] == 5.0, "the sum of zeros was remembered as that of ones"


def test_a_tensor_that_was_given_is_left_as_it_was_by_who_reads_the_result():
    import torch

    g = graph("inputs: {t: {type: Tensor}}\nnodes: {s: {type: t.sum, tensor: $t}}\noutputs: {s: $s, t: $t}")
    mine = torch.ones(5)
    result = engine().run(g, {"t": mine})
    result["t"].zero_()
    assert mine.tolist() == [1.0] * 5 == result["t"].tolist()


def test_nothing_is_an_output_like_any_other():
    def maybe(a: int) -> Any:
        return None if a % 2 else a

    maybe.__annotations__["return"] = int | None

    @node("v.count", version=1)
    def count(a: int | None = None) -> str:
        """Say what it is."""
        return str(a)

    text = """
nodes:
  n: {type: v.maybe, a: 1}
  m: {type: v.maybe, each: a, a: [1, 2, 3]}
  c: {type: v.count, each: a, a: $m}
  d: {type: v.count, a: $n}
outputs: {n: $n, m: $m, c: $c, d: $d}
"""
    e = engine(more=[node("v.maybe", version=1)(maybe), count])
    for _ in range(2):
        _, result = told(e, graph(text))
        assert dict(result) == {"n": None, "m": [None, 2, None], "c": ["None", "2", "None"], "d": "None"}
        assert list(result) == ["n", "m", "c", "d"] and len(result) == 4


def test_lists_of_lists_are_lists_of_lists_as_deep_as_they_were_made(tmp_path):
    (tmp_path / "inner.yaml").write_text(
        "nodegraph: 1\ninputs: {text: {type: Text}}\nnodes:\n  w: {type: t.words, text: $text}\n"
        "  u: {type: t.upper, each: text, text: $w}\n  l: {type: t.upper, text: $text, repeat: 2}\n"
        "outputs: {u: $u, w: $w, l: $l}\n")
    g = graph("nodes: {m: {type: ./inner.yaml, each: text, text: [a b, '', c]}}\noutputs: {u: $m.u, w: $m.w, l: $m.l}",
              tmp_path / "main.yaml")
    with engine(tmp_path / "cache") as e:
        wanted = {"u": [["A", "B"], [], ["C"]], "w": [["a", "b"], [], ["c"]], "l": [["A B"] * 2, [""] * 2, ["C"] * 2]}
        result = e.run(g)
        assert dict(result) == wanted
        spoil(result["u"])
        assert dict(result) == wanted
    with engine(tmp_path / "cache") as e:
        assert dict(e.run(g)) == wanted


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_result_keeps_its_outputs_whatever_later_runs_need_of_memory(on_disk, tmp_path):
    CALLS.clear()
    with engine(tmp_path if on_disk else None, more=ALL, host=500_000) as e:
        first = e.run(graph("nodes:\n  n: {type: v.tensor, each: fill, fill: [1, 2], size: 20000}\n"
                            "  d: {type: v.dict, a: 1}\n"
                            "outputs: {n: $n, d: $d}"))
        for fill in range(10, 20):
            e.run(graph(f"nodes: {{n: {{type: v.tensor, fill: {fill}, size: 50000}}}}\noutputs: {{n: $n}}"))
        calls = len(CALLS)
        assert e.cache.memory.used["cpu"] <= 500_000
        assert [t[0].item() for t in first["n"]] == [1.0, 2.0] and first["d"] == {"a": [1, [1]], "b": {"c": 1}}
        assert len(CALLS) == calls


def test_a_result_keeps_its_small_outputs_too_where_memory_is_tiny():
    CALLS.clear()
    e = engine(more=ALL, host=1000)
    first = e.run(graph("nodes: {n: {type: v.list, a: 1}, s: {type: t.add, a: 1, b: 1}}\noutputs: {n: $n, s: $s}"))
    for a in range(10, 20):
        e.run(graph(f"nodes: {{n: {{type: v.list, a: {a}}}}}\noutputs: {{n: $n}}"))
    calls = len(CALLS)
    assert len(e.cache.memory.plain) < 6 and dict(first) == {"n": [1, 2], "s": 2} and len(CALLS) == calls


def vectors(size: int) -> int:
    """How many tensors of this size are alive."""
    import torch

    gc.collect()
    return sum(type(thing) is torch.Tensor and thing.numel() == size for thing in gc.get_objects())


def test_a_result_that_goes_lets_its_outputs_go():
    e = engine(more=ALL, host=1000)
    assert vectors(54_321) == 0
    result = e.run(graph("nodes: {n: {type: v.tensor, fill: 1, size: 54321}}\noutputs: {n: $n}"))
    gone = weakref.ref(result.raw.run.values)
    e.run(graph("nodes: {n: {type: t.upper, text: a}}\noutputs: {n: $n}"))  # the engine keeps its last result
    assert vectors(54_321) == 1 and result["n"][0] == 1
    del result
    assert vectors(54_321) == 0 and gone() is None


def test_what_a_result_kept_on_disk_may_be_pruned_once_it_has_gone(tmp_path):
    with engine(tmp_path, more=ALL, host=1000) as e:
        result = e.run(graph("nodes: {n: {type: v.tensor, fill: 1, size: 50000}}\noutputs: {n: $n}"))
        e.run(graph("nodes: {n: {type: t.upper, text: a}}\noutputs: {n: $n}"))
        assert e.cache.disk.objects.prune(0) == (0, 0) and result["n"][0] == 1
        del result
        gc.collect()
        assert e.cache.disk.objects.prune(0)[0] == 1


def test_what_is_read_of_a_result_after_its_engine_was_closed_is_there_or_made_again(tmp_path):
    with engine(tmp_path, more=ALL) as e:
        result = e.run(graph("nodes: {n: {type: v.tensor, fill: 1, size: 50000}, u: {type: t.upper, text: a}}\n"
                             "outputs: {n: $n, u: $u}"))
    assert result["u"] == "A" and result["n"].sum() == 50_000


def test_an_output_that_was_not_made_is_told_of_by_name():
    _, result = told(engine(), graph("nodes: {f: {type: t.fail, text: x}, u: {type: t.upper, text: a}}\n"
                                     "outputs: {f: $f, u: $u}"))
    assert list(result) == ["u"] and "f" not in result
    with pytest.raises(KeyError):
        result["f"]
    with pytest.raises(KeyError, match="nothing; the outputs are f, u"):
        result["nothing"]


def test_a_run_in_between_does_not_change_what_an_earlier_result_tells():
    e = engine(more=ALL)
    g = graph("nodes: {n: {type: v.list, a: 1}, m: {type: t.add, each: a, a: $n, b: 1}}\noutputs: {m: $m}")
    one = e.run(g)
    two = e.run(g.with_value("m", "b", 10))
    three = e.run(g)
    assert [result["m"] for result in (one, two, three, one)] == [[2, 3], [11, 12], [2, 3], [2, 3]]
    assert one.nodes["m"].status == "ran" and three.nodes["m"].status == "cached"
