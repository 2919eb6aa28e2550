"""What runs, what does not, and what becomes of failures: read off the event stream."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from nodegraph import GraphError, InputError, events as ev, node
from nodegraph.graph import Ref

from .playground import BATCHES, Gate, Story, engine, graph, told

CHAIN = """
inputs: {start: 1}
nodes:
  a: {type: t.add, a: $start, b: 1}
  b: {type: t.add, a: $a, b: 10}
  c: {type: t.add, a: $b, b: 100}
outputs: {c: $c}
"""


def test_nodes_run_in_the_order_of_their_links():
    story, result = told(engine(), graph(CHAIN))
    assert story.ran == ["a", "b", "c"]
    assert result["c"] == 112


def test_only_what_the_outputs_need_runs():
    text = CHAIN.replace("outputs: {c: $c}", "outputs: {c: $c, a: $a}")
    story, result = told(engine(), graph(text), only=["a"])
    assert story.ran == ["a"]
    assert dict(result) == {"a": 2}


def test_a_second_run_in_a_new_process_runs_nothing(tmp_path):
    with engine(tmp_path) as first:
        told(first, graph(CHAIN))
    with engine(tmp_path) as second:
        story, result = told(second, graph(CHAIN))
    assert story.ran == [] and story.remembered == ["a", "b", "c"]
    assert result["c"] == 112


def test_one_changed_parameter_runs_only_what_depends_on_it():
    e = engine()
    told(e, graph(CHAIN))
    story, result = told(e, graph(CHAIN.replace("b: 10}", "b: 20}")))
    assert story.ran == ["b", "c"] and result["c"] == 122


def test_an_equal_result_upstream_stops_the_running_there():
    text = """
inputs: {words: hello}
nodes:
  first: {type: t.same, text: $words}
  second: {type: t.upper, text: $first}
outputs: {out: $second}
"""
    e = engine()
    told(e, graph(text))
    story, _ = told(e, graph(text), {"words": "goodbye"})
    assert story.ran == ["first"] and story.remembered == ["second"]


def test_renaming_reordering_and_moving_run_nothing_again(tmp_path):
    text = """
nodes:
  one: {type: t.add, a: 1, b: 2}
  two: {type: t.add, b: 5, a: $one}
outputs: {x: $two}
"""
    changed = """
outputs: {y: $zwei}
nodes:
  zwei: {type: t.add, a: $eins, b: 5}
  eins: {b: 2, a: 1, type: t.add}
"""
    with engine(tmp_path / "cache") as e:
        told(e, graph(text, Path("here.yaml")))
        story, result = told(e, graph(changed, Path("elsewhere/there.yaml")))
    assert story.ran == [] and result["y"] == 8


def test_writing_a_default_down_or_making_it_a_graph_input_changes_no_key():
    e = engine()
    told(e, graph("nodes: {n: {type: t.scale, x: 3}}\noutputs: {o: $n}"))
    story, _ = told(e, graph("nodes: {n: {type: t.scale, x: 3, by: 2}}\noutputs: {o: $n}"))
    assert story.ran == []
    story, _ = told(e, graph("inputs: {by: 2.0}\nnodes: {n: {type: t.scale, x: 3.0, by: $by}}\noutputs: {o: $n}"))
    assert story.ran == []


def test_swapped_inputs_are_another_request():
    e = engine()
    text = "nodes: {p: {type: t.upper, text: x}, q: {type: t.upper, text: y}, j: {type: t.join, texts: [%s]}}\noutputs: {o: $j}"
    assert told(e, graph(text % "$p, $q"))[1]["o"] == "X Y"
    assert told(e, graph(text % "$q, $p"))[1]["o"] == "Y X"


EACH = """
inputs: {text: a b c}
nodes:
  words: {type: t.words, text: $text}
  loud: {type: t.upper, each: text, text: $words}
  all: {type: t.join, texts: $loud}
outputs: {all: $all, loud: $loud}
"""


def test_each_runs_once_per_item_and_inserting_one_runs_one():
    e = engine()
    story, result = told(e, graph(EACH))
    assert result["all"] == "A B C" and result["loud"] == ["A", "B", "C"] and story.items("loud") == (3, 0)
    story, result = told(e, graph(EACH), {"text": "a x b c"})
    assert result["all"] == "A X B C" and story.items("loud") == (1, 3)


def test_each_over_an_empty_list_gives_an_empty_list():
    story, result = told(engine(), graph(EACH), {"text": ""})
    assert result["loud"] == [] and result["all"] == ""


@pytest.mark.parametrize("loud", ["t.upper, each: text, text:", "t.batch, each: texts, texts:"])
def test_each_over_a_list_with_links_in_it_runs_once_per_item(loud):
    text = EACH.replace("t.upper, each: text, text: $words", f"{loud} [$one, b, $one]").replace(
        "  loud:", "  one: {type: t.same, text: $text}\n  loud:")
    story, result = told(engine(), graph(text))
    assert result["loud"] == ["ALWAYS", "B", "ALWAYS"]
    assert "loud" in story.ran


def test_each_over_lists_of_different_length_fails_and_says_so():
    @node("t.pair", version=1)
    def pair(one: str, two: str) -> str:
        """Put two side by side."""
        return one + two

    text = """
nodes:
  three: {type: t.words, text: a b c}
  two: {type: t.words, text: a b}
  n: {type: t.pair, each: [one, two], one: $three, two: $two}
outputs: {o: $n}
"""
    _, result = told(engine(more=[pair]), graph(text))
    assert "one has 3, two has 2" in str(result.errors[0])


@pytest.mark.parametrize("second", ["t.slow", "t.upper"])
def test_a_mapped_step_that_finds_all_workers_taken_has_its_turn_later(second):
    @node("t.slow", version=1, costly=True)
    def slow(text: str) -> str:
        """Upper case, through a worker."""
        return text.upper()

    text = f"""
nodes:
  words: {{type: t.words, text: a b c d e f g h i j k l}}
  one: {{type: t.slow, each: text, text: $words}}
  two: {{type: {second}, each: text, text: $words}}
  all: {{type: t.join, texts: $two}}
outputs: {{one: $one, all: $all}}
"""
    story, result = told(engine(more=[slow], workers=1), graph(text))
    assert result["all"] == "A B C D E F G H I J K L" and len(result["one"]) == 12


def test_a_batch_node_gets_in_one_call_the_items_that_are_not_remembered():
    text = EACH.replace("t.upper, each: text, text:", "t.batch, each: texts, texts:")
    e = engine()
    BATCHES.clear()
    told(e, graph(text))
    story, result = told(e, graph(text), {"text": "a x b y c"})
    assert BATCHES == [["a", "b", "c"], ["x", "y"]]
    assert result["all"] == "A X B Y C" and story.items("loud") == (2, 3)


SWITCH = """
inputs: {loud: true}
nodes:
  high: {type: t.upper, text: yes please}
  low: {type: t.fail, text: quiet}
  pick: {type: switch, on: $loud, "true": $high, "false": $low}
  end: {type: t.upper, text: $pick}
outputs: {end: $end}
"""


def test_the_branch_of_a_switch_that_is_not_taken_does_not_run():
    story, result = told(engine(), graph(SWITCH))
    assert story.ran == ["high", "end"] and result["end"] == "YES PLEASE"
    assert result.nodes["low"].status == "skipped" and not result.errors


def test_a_switch_chooses_by_a_value_made_in_the_run():
    text = """
nodes:
  which: {type: t.upper, text: b}
  one: {type: t.upper, text: one}
  two: {type: t.upper, text: two}
  pick: {type: switch, on: $which, A: $one, B: $two, else: $one}
outputs: {o: $pick}
"""
    story, result = told(engine(), graph(text))
    assert story.ran == ["which", "two"] and result["o"] == "TWO"


def test_a_switch_without_a_fitting_branch_fails_with_the_names_there_are():
    text = "nodes: {u: {type: t.upper, text: c}, p: {type: switch, on: $u, a: 1, b: 2}}\noutputs: {o: $p}"
    _, result = told(engine(), graph(text))
    assert "on is 'C'" in str(result.errors[0]) and "a, b" in str(result.errors[0])


@pytest.mark.parametrize("known", [False, True], ids=["all new", "half remembered"])
def test_a_switch_waits_for_a_costly_node_upstream_without_asking_again_and_again(known):
    @node("t.long", version=1, costly=True)
    def long(text: str) -> str:
        time.sleep(0.2)
        return text + "!"

    text = """
inputs: {loud: true}
nodes:
  word: {type: t.upper, text: a}
  long: {type: t.long, text: $word}
  high: {type: t.upper, text: $long}
  low: {type: t.upper, text: $high}
  pick: {type: switch, on: $loud, "true": $low, "false": $word}
  again: {type: switch, on: $loud, "true": $pick, "false": $word}
  end: {type: t.upper, text: $again}
outputs: {end: $end, high: $high}
"""
    e = engine(more=[long])
    if known:
        told(e, graph(text), {"loud": False}, only=["end"])
    seen = []
    result = e.run(graph(text), emit=seen.append)
    assert result["end"] == "A!" and len(seen) < 30
    names = [event.node for event in seen if isinstance(event, ev.Finished | ev.Cached)]
    assert sorted(names) == ["again", "end", "high", "long", "low", "pick", "word"]  # each once


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text("nodegraph: 1\n" + textwrap.dedent(text))
    return path


def test_a_graph_placed_as_a_node_shares_its_results_with_the_same_nodes_outside(tmp_path):
    write(tmp_path, "inner.yaml", """
        inputs: {x: {type: Int}, y: 5}
        nodes:
          n: {type: t.add, a: $x, b: $y}
        outputs: {sum: $n}
        """)
    outer = write(tmp_path, "outer.yaml", """
        nodes:
          a: {type: t.add, a: 1, b: 1}
          g: {type: ./inner.yaml, x: $a}
          h: {type: t.add, a: $a, b: 5}
        outputs: {g: $g.sum, h: $h}
        """)
    story, result = told(engine(), engine().load(outer))
    assert result["g"] == result["h"] == 7
    assert story.ran == ["a", "g/n"] and story.remembered == ["h"]


def test_a_graph_mapped_with_each_runs_once_per_item(tmp_path):
    write(tmp_path, "inner.yaml", """
        inputs: {x: {type: Text}, tail: {type: Text}}
        nodes:
          up: {type: t.upper, text: $x}
          both: {type: t.join, texts: [$up, $tail], by: "-"}
        outputs: {both: $both}
        """)
    outer = write(tmp_path, "outer.yaml", """
        inputs: {text: a b}
        nodes:
          w: {type: t.words, text: $text}
          g: {type: ./inner.yaml, each: x, x: $w, tail: z}
          all: {type: t.join, texts: $g}
        outputs: {all: $all}
        """)
    e = engine()
    assert told(e, e.load(outer))[1]["all"] == "A-z B-z"
    story, result = told(e, e.load(outer), {"text": "a b c"})
    assert result["all"] == "A-z B-z C-z"
    assert story.items("g/up") == (1, 2) and story.items("g/both") == (1, 2)


def test_outputs_with_names_are_linked_by_port():
    text = "nodes: {h: {type: t.halves, text: abc}, u: {type: t.upper, text: $h.rest}}\noutputs: {o: $u, f: $h.first}"
    assert dict(told(engine(), graph(text))[1]) == {"o": "BC", "f": "a"}


FAILING = """
nodes:
  bad: {type: t.fail, text: oh}
  after: {type: t.upper, text: $bad}
  good: {type: t.upper, text: fine}
outputs: {after: $after, good: $good}
"""


def test_a_failure_stops_its_branch_only_and_tells_the_whole_story():
    story, result = told(engine(), graph(FAILING, Path("f.yaml")))
    assert result["good"] == "FINE" and "after" not in result
    error = result.errors[0]
    assert (error.node, str(error.where)) == ("bad", "f.yaml:4:3")
    assert error.inputs == {"text": "'oh'"} and "ZeroDivisionError: on purpose" in error.message
    assert "playground.py" in error.trace and "executor.py" not in error.trace
    assert story.names(ev.Skipped) == ["after"]


def test_a_failure_is_not_remembered():
    e = engine()
    told(e, graph(FAILING))
    story, _ = told(e, graph(FAILING))
    assert story.names(ev.Failed) == ["bad"]


def test_an_input_error_is_told_without_a_traceback():
    @node("t.picky", version=1)
    def picky(text: str) -> str:
        """Refuse."""
        raise InputError("text is too short; it takes ten words")

    _, result = told(engine(more=[picky]), graph("nodes: {p: {type: t.picky, text: a}}\noutputs: {o: $p}"))
    assert result.errors[0].trace == "" and "it takes ten words" in result.errors[0].message


def test_a_node_that_gives_the_wrong_type_fails_by_name():
    @node("t.liar", version=1)
    def liar(text: str) -> int:
        """Promise an int."""
        return text

    _, result = told(engine(more=[liar]), graph("nodes: {p: {type: t.liar, text: a}}\noutputs: {o: $p}"))
    assert "its output int is 'a'; it declares Int" in result.errors[0].message


def test_a_node_that_exits_the_interpreter_has_merely_failed():
    @node("t.exit", version=1, costly=True)
    def leave(text: str) -> str:
        """Leave."""
        sys.exit(3)

    _, result = told(engine(more=[leave]), graph("nodes: {p: {type: t.exit, text: a}}\noutputs: {o: $p}"))
    assert "SystemExit" in result.errors[0].message


def test_costly_nodes_that_do_not_depend_on_each_other_overlap():
    gate = Gate(2)

    @node("t.meet", version=1, costly=True)
    def meet(text: str) -> str:
        """Wait until someone else is here too."""
        gate.barrier.wait()
        return text

    text = """
nodes:
  a: {type: t.meet, text: a}
  b: {type: t.meet, text: b}
  j: {type: t.join, texts: [$a, $b]}
outputs: {j: $j}
"""
    assert told(engine(more=[meet]), graph(text))[1]["j"] == "a b"


def test_a_cancelled_run_stops_at_the_next_report_and_keeps_what_was_finished():
    cancel = threading.Event()
    story = Story()

    def listen(event):
        story.append(event)
        if type(event) is ev.Progress and event.node == "b":
            cancel.set()

    text = """
nodes:
  a: {type: t.upper, text: a}
  b: {type: t.long, text: $a, steps: 100000000}
  c: {type: t.upper, text: $b}
outputs: {c: $c}
"""
    e = engine()
    result = e.run(graph(text), emit=listen, cancel=cancel)
    assert result.raw.cancelled and story.ran == ["a"]
    assert result.nodes["b"].status == result.nodes["c"].status == "skipped"
    story, result = told(e, graph(text.replace("100000000", "2")))
    assert story.ran == ["b", "c"] and story.remembered == ["a"]


def test_progress_is_told_by_the_thread_that_runs_the_graph():
    threads = set()
    e = engine()
    e.run(graph("nodes: {l: {type: t.long, text: a}}\noutputs: {o: $l}"),
          emit=lambda event: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}


def test_an_eviction_in_the_middle_of_a_chain_rebuilds_nothing():
    text = """
nodes:
  t: {type: t.tensor, size: 100000, fill: 1.0}
  s: {type: t.sum, tensor: $t}
  d: {type: t.scale, x: $s}
outputs: {d: $d}
"""
    e = engine()
    told(e, graph(text))
    e.cache.memory.clear()
    story, result = told(e, graph(text))
    assert story.ran == [] and result["d"] == 200000.0
    e.cache.memory.clear()
    story, result = told(e, graph(text.replace("x: $s}", "x: $s, by: 3}")))
    assert story.ran == ["d"] and result["d"] == 300000.0


def test_a_value_that_is_gone_and_needed_is_made_again():
    text = """
nodes:
  t: {type: t.tensor, size: 100000, fill: 1.0}
  s: {type: t.sum, tensor: $t}
outputs: {s: $s%s}
"""
    e = engine()
    told(e, graph(text % ""))
    e.cache.memory.clear()
    story, result = told(e, graph(text % ", t: $t"))
    assert story.ran == ["t"] and result["t"].sum() == 100000


def test_a_budget_smaller_than_the_working_set_still_ends():
    text = "nodes:\n" + "".join(f"  t{i}: {{type: t.tensor, size: 50000, fill: {i}.5}}\n"
                                f"  s{i}: {{type: t.sum, tensor: $t{i}}}\n" for i in range(6))
    text += "outputs:\n" + "".join(f"  s{i}: $s{i}\n" for i in range(6))
    e = engine(host=1000)
    _, result = told(e, graph(text))
    assert result["s3"] == 175000.0 and e.cache.memory.used["cpu"] < 3 * 200_000


def test_a_node_that_must_not_be_remembered_runs_every_time():
    calls = []

    @node("t.clock", version=1, remember=False)
    def clock(text: str) -> str:
        """Tell the time."""
        calls.append(text)
        return f"{len(calls)}"

    e = engine(more=[clock])
    text = "nodes: {c: {type: t.clock, text: a}}\noutputs: {o: $c}"
    assert [told(e, graph(text))[1]["o"] for _ in range(3)] == ["1", "2", "3"]


def test_a_node_without_a_version_follows_its_code(tmp_path):
    def declare(source):
        names = {"node": node}
        exec(source, names)
        return names["f"]

    first = declare("@node('t.f')\ndef f(a: int) -> int:\n    return a + 1")
    again = declare("@node('t.f')\ndef f(a: int) -> int:\n    return a + 1")
    changed = declare("@node('t.f')\ndef f(a: int) -> int:\n    return a + 2")
    text = graph("nodes: {n: {type: t.f, a: 1}}\noutputs: {o: $n}")
    ran = []
    for function in (first, again, changed):
        with engine(tmp_path, more=[function]) as e:
            ran.append(bool(told(e, text)[0].ran))
    assert ran == [True, False, True]


def test_a_random_seed_is_rolled_for_the_plan_and_written_down():
    from nodegraph import Seed

    @node("t.seeded", version=1)
    def seeded(seed: Seed) -> int:
        """Show the seed."""
        return seed

    e = engine(more=[seeded])
    text = graph("nodes: {n: {type: t.seeded, seed: random}}\noutputs: {o: $n}")
    one, two = (told(e, text)[1] for _ in range(2))
    assert one["o"] == one.raw.plan.seeds["n.seed"] and one["o"] != two["o"]


def test_live_values_can_be_handed_in_from_python():
    import torch

    text = graph("inputs: {t: {type: Tensor}}\nnodes: {s: {type: t.sum, tensor: $t}}\noutputs: {s: $s}")
    e = engine()
    assert e.run(text, {"t": torch.ones(7)})["s"] == 7
    story, _ = told(e, text, {"t": torch.ones(7)})
    assert story.ran == []
    assert told(e, text, {"t": torch.zeros(7)})[0].ran == ["s"]


def test_inputs_that_do_not_fit_are_refused_before_anything_runs():
    with pytest.raises(GraphError, match="input start is 'one'; it takes an int"):
        engine().run(graph(CHAIN), {"start": "one"})
    with pytest.raises(GraphError, match="no input strat"):
        engine().run(graph(CHAIN), {"strat": 1})


def test_the_same_graph_again_in_one_engine_is_not_even_looked_through():
    e, g = engine(), graph(CHAIN)
    told(e, g)
    story, result = told(e, g)
    assert [type(event) for event in story] == [ev.Planned, ev.Done]
    assert result["c"] == 112 and {n.status for n in result.nodes.values()} == {"cached"}


def test_an_edit_looks_only_at_what_depends_on_it():
    text = CHAIN + "  d: $d\n"
    text = text.replace("outputs: {c: $c}\n  d: $d\n", "  d: {type: t.add, a: 5, b: 5}\noutputs: {c: $c, d: $d}")
    e, g = engine(), graph(text)
    told(e, g)
    story, result = told(e, g.with_value("b", "b", 20))
    assert story[0] == ev.Planned(("b", "c")) and story.ran == ["b", "c"]
    assert dict(result) == {"c": 122, "d": 10}
    story, result = told(e, g.with_value("b", "b", 20).with_value("a", "b", 2))
    assert result["c"] == 123
    story, result = told(e, g)  # undo
    assert story.ran == [] and story.remembered == ["a", "b", "c"] and result["c"] == 112
    with pytest.raises(GraphError, match="b.b is 'x'"):
        e.run(g.with_value("b", "b", "x"))


def test_moving_things_on_the_canvas_between_edits_costs_nothing():
    e, g = engine(), graph(CHAIN)
    told(e, g)
    moved = g
    for x in range(200):
        moved = moved.with_layout({"nodes": {"b": {"at": [x, 0]}}})
    story, result = told(e, moved)
    assert story[0] == ev.Planned(()) and result["c"] == 112
    edited = moved.with_value("b", "b", 20).with_layout({})
    story, result = told(e, edited)
    assert story[0] == ev.Planned(("b", "c")) and result["c"] == 122
    assert edited.layout == {} and edited.with_value("b", "b", 1).layout == {} and moved.without_node("c").layout == moved.layout


def test_a_graph_made_of_another_by_hand_has_no_history_to_mislead_the_engine():
    e, g = engine(), graph(CHAIN)
    told(e, g)
    edited = g.with_value("b", "b", 20)
    other = replace(edited, nodes={**edited.nodes, "b": edited.nodes["b"]._replace(inputs={"a": Ref("a"), "b": 30})})
    assert told(e, other)[1]["c"] == e.run(replace(other, edits=()))["c"] != e.run(edited)["c"]


def test_a_slider_that_is_dragged_through_many_values_still_costs_one_node():
    e, g = engine(), graph(CHAIN)
    told(e, g)
    dragged = g
    for b in range(500):
        dragged = dragged.with_value("b", "b", b)
    story, result = told(e, dragged)
    assert story[0] == ev.Planned(("b", "c")) and result["c"] == 601


def test_an_edit_that_moves_a_link_is_looked_through_as_a_whole():
    from nodegraph import Ref

    e, g = engine(), graph(CHAIN)
    told(e, g)
    story, result = told(e, g.with_value("c", "a", Ref("a")))
    assert result["c"] == 102 and story.ran == ["c"]


def test_a_file_that_changes_between_runs_is_noticed(tmp_path):
    from nodegraph import File

    @node("t.read", version=1)
    def read(file: File) -> str:
        """Read."""
        return file.read_text()

    source = tmp_path / "a.txt"
    source.write_text("one")
    g = graph("nodes: {r: {type: t.read, file: a.txt}, u: {type: t.upper, text: $r}}\noutputs: {u: $u}",
              tmp_path / "g.yaml")
    e = engine(more=[read])
    assert told(e, g)[1]["u"] == "ONE"
    source.write_text("two!")
    assert told(e, g)[1]["u"] == "TWO!"
    source.rename(tmp_path / "b.txt")
    moved = graph("nodes: {r: {type: t.read, file: b.txt}, u: {type: t.upper, text: $r}}\noutputs: {u: $u}",
                  tmp_path / "g.yaml")
    assert told(e, moved)[0].ran == ["r"]  # a node may look at the name; what reads the same text does not run


@pytest.mark.parametrize("shape", ["chain", "tree", "wide"])
def test_ten_thousand_nodes_need_no_recursion(shape):
    count = 10_000
    lines = ["nodes:", "  n0: {type: t.add, a: 1}"]
    for i in range(1, count):
        parent = {"chain": i - 1, "tree": (i - 1) // 2, "wide": 0}[shape]
        lines.append(f"  n{i}: {{type: t.add, a: $n{parent}, b: {i}}}")
    lines += ["outputs:", *(f"  o{i}: $n{i}" for i in range(count // 2, count))]
    story, result = told(engine(), graph("\n".join(lines)))
    assert len(story.ran) == (count if shape != "wide" else count // 2 + 1)


KILLED = """
import sys, time
sys.path.insert(0, sys.argv[2])
from tests.nodegraph.playground import engine, graph, node
from nodegraph import events as ev
@node("t.work", version=1)
def work(a: int) -> int:
    '''Work.'''
    time.sleep(0.002)
    return a + 1
@node("t.big", version=1)
def big(a: int) -> int:
    '''Work.'''
    return a + 1
text = "nodes:\\n  n0: {type: t.work, a: 0}\\n" + "".join(
    f"  n{i}: {{type: t.work, a: $n{i - 1}}}\\n" for i in range(1, 60)) + "outputs: {o: $n59}"
def listen(event):
    if type(event) is ev.Finished:
        print(event.node, flush=True)
with engine(sys.argv[1], more=[work, big]) as e:
    print("result", e.run(graph(text), emit=listen)["o"], flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
def test_a_killed_run_is_taken_up_where_it_was(tmp_path):
    root = str(Path(__file__).parents[2])
    done: list[str] = []
    for after in (3, 7, 1, 12, 100):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path), root], stdout=subprocess.PIPE,
                                   text=True)
        finished = []
        for line in process.stdout:
            finished.append(line.strip())
            if len(finished) == after:
                os.kill(process.pid, signal.SIGKILL)
                break
        finished += [line.strip() for line in process.stdout]
        process.wait()
        process.stdout.close()
        assert not set(finished) & set(done), "something finished ran again"
        done += finished
    assert done[-1] == "result 60" and len(done) == 61


@node("t.files", version=1)
def files(paths: list[Path]) -> str:
    """What several files hold."""
    return "|".join(path.read_text() for path in paths)


@node("t.file", version=1)
def file(path: Path) -> str:
    """What a file holds."""
    return path.read_text()


@pytest.mark.parametrize("text", [
    "inputs: {f: {type: File, default: a.txt}}\nnodes: {n: {type: t.files, paths: [$f, b.txt]}}\noutputs: {o: $n}",
    "inputs: {f: {type: File, default: a.txt}, on: x}\nnodes:\n  p: {type: switch, on: $on, x: $f, else: $f}\n"
    "  n: {type: t.file, path: $p}\noutputs: {o: $n}"], ids=["in a list", "behind a switch"])
def test_a_file_counts_by_its_content_however_it_reaches_its_port(text, tmp_path):
    (tmp_path / "b.txt").write_text("b")
    e = engine(tmp_path / "cache", more=[files, file])
    for content in ("one", "two", "one"):
        (tmp_path / "a.txt").write_text(content)
        _, result = told(e, graph(text, tmp_path / "g.yaml"))
        assert result["o"].startswith(content)


def test_a_literal_that_is_edited_beside_links_in_a_list_is_not_passed_over():
    e = engine()
    first = graph("nodes: {a: {type: t.upper, text: a}, j: {type: t.join, texts: [$a, x]}}\noutputs: {o: $j}")
    assert e.run(first)["o"] == "A x"
    assert e.run(first.with_value("j", "texts", [Ref("a"), "y"]))["o"] == "A y"


def test_an_edit_beside_a_file_from_an_input_leaves_the_file_named_by_its_content(tmp_path):
    @node("t.numbered", version=1)
    def numbered(path: Path, n: int) -> str:
        """What a file holds, and a number."""
        return f"{path.read_text()} {n}"

    text = "inputs: {f: {type: File, default: a.txt}}\nnodes: {r: {type: t.numbered, path: $f, n: 1}}\noutputs: {o: $r}"
    (tmp_path / "a.txt").write_text("old")
    e = engine(more=[numbered])
    one = graph(text, tmp_path / "g.yaml")
    two = one.with_value("r", "n", 2)
    assert [e.run(one)["o"], e.run(two)["o"]] == ["old 1", "old 2"]
    (tmp_path / "a.txt").write_text("new, and longer")
    assert [e.run(one)["o"], e.run(two)["o"]] == ["new, and longer 1", "new, and longer 2"]


def test_a_cheap_node_that_calls_exit_fails_like_any_other():
    @node("t.leave", version=1)
    def leave(n: int) -> int:
        """Leave, in the end."""
        if n > 2:
            sys.exit(3)
        return n

    text = "\n".join(f"  n{n}: {{type: t.leave, n: {n}}}" for n in range(4))
    _, result = told(engine(more=[leave]), graph(f"nodes:\n{text}\noutputs: {{a: $n0, b: $n1, c: $n2, d: $n3}}"))
    assert [failed.node for failed in result.errors] == ["n3"] and result["c"] == 2


def test_a_node_that_is_not_remembered_runs_each_time_also_in_one_engine():
    calls = []

    @node("t.count", version=1, remember=False)
    def count() -> int:
        """How often it ran."""
        calls.append(1)
        return len(calls)

    e = engine(more=[count])
    one = graph("nodes: {c: {type: t.count}, a: {type: t.add, a: $c, b: 0}, o: {type: t.upper, text: x}}\n"
                "outputs: {n: $a, o: $o}")
    assert [e.run(g)["n"] for g in (one, one, one.with_value("o", "text", "y"), one)] == [1, 2, 3, 4]


def test_a_graph_file_inside_that_was_edited_is_read_again(tmp_path):
    text = 'nodegraph: 1\nnodes: {{n: {{type: t.upper, text: {}}}}}\noutputs: {{o: $n}}\n'
    (tmp_path / "inner.yaml").write_text(text.format("one"))
    e = engine()
    outer = graph("nodes: {i: {type: ./inner.yaml}}\noutputs: {o: $i}", tmp_path / "outer.yaml")
    assert e.run(outer)["o"] == e.run(outer)["o"] == "ONE"
    (tmp_path / "inner.yaml").write_text(text.format("three"))
    assert e.run(outer)["o"] == "THREE"


def test_a_file_that_is_given_to_a_graph_inside_is_the_one_beside_the_graph_that_gives_it(tmp_path):
    (tmp_path / "sub").mkdir()
    for folder, content in ((tmp_path, "outer"), (tmp_path / "sub", "inner")):
        (folder / "f.txt").write_text(content)
    (tmp_path / "sub" / "inner.yaml").write_text(
        "nodegraph: 1\ninputs: {f: {type: File, default: f.txt}}\nnodes: {r: {type: t.file, path: $f}}\noutputs: {o: $r}\n")
    text = """
inputs: {f: {type: File, default: f.txt}}
nodes:
  given: {type: ./sub/inner.yaml, f: f.txt}
  linked: {type: ./sub/inner.yaml, f: $f}
  own: {type: ./sub/inner.yaml}
outputs: {a: $given, b: $linked, c: $own}
"""
    _, result = told(engine(more=[file]), graph(text, tmp_path / "outer.yaml"))
    assert dict(result) == {"a": "outer", "b": "outer", "c": "inner"}
