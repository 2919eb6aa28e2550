"""What a Runner tells of runs, and that it never keeps the window waiting."""

import threading
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pytest
from PIL import Image

from nodegraph import Context, Graph, NodegraphError, PortType, Seed, node
from nodegraph.context import SILENT
from nodegraph.export import embedded_graph
from nodegraph.graphfile import parse
from nodegraph_editor.runs import updates as up
from nodegraph_editor.runs.runner import Runner

from ..nodegraph.playground import engine, graph

PATIENCE = 30  # seconds; only a failure takes that long


@dataclass(frozen=True)
class Picture:
    gray: int


def save_png(value, path):
    Image.new("L", (60, 30), value.gray % 256).save(path)


PICTURE = PortType("Picture", complaint=lambda value: None if isinstance(value, Picture) else "is no Picture",
                   flatten=lambda value: value.gray, restore=Picture,
                   preview=lambda value: np.full((300, 600, 3), value.gray % 256, np.uint8),
                   summary=lambda value: f"gray {value.gray}", exports={"png": save_png})


@node("t.paint", version=1)
def paint(gray: int) -> Annotated[Any, PICTURE]:
    """A gray picture."""
    return Picture(gray)


@node("t.gallery", version=1)
def gallery(number: int) -> list[Annotated[Any, PICTURE]]:
    """Some gray pictures."""
    return [Picture(n) for n in range(number)]


def unseen(value):
    raise KeyError("no preview of this")


@node("t.unseen", version=1)
def paint_unseen(gray: int) -> Annotated[Any, PortType("Unseen", preview=unseen)]:
    """A value whose preview fails."""
    return gray


@node("t.dice", version=1)
def dice(seed: Seed) -> int:
    """The seed."""
    return seed


class Valve:
    """A node that waits until it is let go on, and knows whether it has been entered."""

    def __init__(self):
        self.entered, self.open = threading.Event(), threading.Event()

        @node("t.valve", version=1)
        def valve(text: str, ctx: Context = SILENT) -> str:
            """Wait."""
            self.entered.set()
            if not self.open.wait(PATIENCE):
                raise TimeoutError
            ctx.report(1, 2, "through", np.full((40, 30, 3), 7, np.uint8))
            return text

        self.node = valve

    def reached(self):
        assert self.entered.wait(PATIENCE)


@pytest.fixture
def valve():
    return Valve()


@pytest.fixture
def runner(valve):
    nodes = [paint, gallery, paint_unseen, dice, valve.node]
    with_runner = Runner(lambda: engine(more=nodes, previews=True, workers=2))
    yield with_runner
    valve.open.set()
    assert with_runner.close(PATIENCE)


def all_of(runner) -> list:
    assert runner.wait(PATIENCE)
    return runner.poll()


def kinds(updates, kind) -> list:
    return [update for update in updates if type(update) is kind]


def names(updates, kind) -> list[str]:
    return [update.node for update in kinds(updates, kind)]


def until(runner, wanted) -> list:
    """What is told up to the update that is wanted."""
    found = []
    while not any(map(wanted, found)):
        assert runner.wait_for_update(PATIENCE)
        found += runner.poll()
    return found


CHAIN = """
nodes:
  a: {type: t.add, a: 1, b: 1}
  b: {type: t.add, a: $a, b: 10}
  c: {type: t.add, a: $b, b: 100}
outputs: {sum: $c}
"""
VALVE = """
nodes:
  first: {type: t.upper, text: hello}
  slow: {type: t.valve, text: $first}
outputs: {said: $slow}
"""


def test_a_run_tells_of_every_node_and_of_its_outputs(runner):
    job = runner.run(graph(CHAIN), label="all")
    updates = all_of(runner)
    assert kinds(updates, up.Planned)[0].nodes == ("a", "b", "c")
    assert names(updates, up.Finished) == ["a", "b", "c"]
    assert {(p.node, p.port, p.thumbnail.text) for p in kinds(updates, up.Pictured)} == {
        ("a", "int", "2"), ("b", "int", "12"), ("c", "int", "112")}
    [done] = kinds(updates, up.Done)
    assert (done.job, done.label, done.cancelled, done.failed) == (job, "all", False, 0)
    assert done.outputs["sum"].type.name == "Int" and done.outputs["sum"].thumbnail.text == "112"


def test_what_is_remembered_is_told_as_cached(runner):
    runner.run(graph(CHAIN))
    all_of(runner)
    runner.run(graph(CHAIN))
    updates = all_of(runner)
    assert names(updates, up.Cached) == ["a", "b", "c"] and not kinds(updates, up.Finished)
    assert len(kinds(updates, up.Pictured)) == 3


def test_after_an_edit_of_a_value_only_what_it_can_have_changed_is_looked_at(runner):
    document = graph(CHAIN)
    runner.run(document)
    all_of(runner)
    runner.run(document.with_value("b", "b", 20))
    assert kinds(all_of(runner), up.Planned)[0].nodes == ("b", "c")


def test_the_part_that_leads_to_a_node_keeps_its_history_too(runner):
    document = graph(CHAIN)
    runner.run(document, to=["b"])
    assert names(all_of(runner), up.Finished) == ["a", "b"]
    edited = document.with_value("b", "b", 20)
    runner.run(edited, to=["b"])
    updates = all_of(runner)
    assert kinds(updates, up.Planned)[0].nodes == ("b",)
    assert kinds(updates, up.Done)[0].outputs["b.int"].thumbnail.text == "22"
    runner.run(edited.with_value("c", "b", 5), to=["b"])
    assert kinds(all_of(runner), up.Planned)[0].nodes == ()


def test_a_link_moved_elsewhere_is_followed_in_the_part_that_leads_to_a_node(runner):
    document = graph(CHAIN)
    runner.run(document, to=["c"])
    all_of(runner)
    runner.run(graph(CHAIN.replace("$b, b: 100", "$a, b: 100")), to=["c"])
    assert kinds(all_of(runner), up.Done)[0].outputs["c.int"].thumbnail.text == "102"


def test_a_node_that_no_output_reads_can_be_run_to_whatever_is_wrong_elsewhere(runner):
    text = CHAIN.replace("outputs:", "  wrong: {type: t.nowhere}\n"
                                     "  cut: {type: t.halves, text: hello}\noutputs:")
    runner.run(graph(text), to=["cut"])
    updates = all_of(runner)
    assert names(updates, up.Finished) == ["cut"]
    assert {name: o.thumbnail.text for name, o in kinds(updates, up.Done)[0].outputs.items()} == {
        "cut.first": "h", "cut.rest": "ello"}


def test_a_run_to_a_node_makes_the_named_outputs_on_the_way_unless_they_are_broken(runner):
    text = CHAIN.replace("outputs: {sum: $c}", "outputs: {sum: $c, part: $a, broken: $a.nothing}")
    runner.run(graph(text), to=["b"])
    assert set(kinds(all_of(runner), up.Done)[0].outputs) == {"part", "b.int"}


def test_inputs_that_a_part_does_not_read_need_no_value(runner):
    text = "inputs: {word: {type: Text}, number: 3}\nnodes:\n  shout: {type: t.upper, text: $word}\n" \
           "  add: {type: t.add, a: $number}\noutputs: {said: $shout}\n"
    runner.run(graph(text), to=["add"], given={"number": 4})
    assert kinds(all_of(runner), up.Done)[0].outputs["add.int"].thumbnail.text == "4"
    runner.run(graph(text), given={"word": "hi"})
    assert kinds(all_of(runner), up.Done)[0].outputs["said"].thumbnail.text == "HI"


def test_a_graph_without_outputs_runs_to_its_ends(runner):
    runner.run(graph(CHAIN.replace("outputs: {sum: $c}", "outputs: {}")))
    assert names(all_of(runner), up.Finished) == ["a", "b", "c"]


def test_a_graph_without_nodes_is_refused_in_a_sentence(runner):
    runner.run(Graph({}))
    [refused] = all_of(runner)
    assert str(refused.problems[0]) == "There is nothing to run yet"


def test_the_window_goes_on_while_a_node_works(runner, valve):
    runner.run(graph(VALVE))
    valve.reached()
    updates = []
    for _ in range(1000):  # frames; none of them could pass if anything here waited for the node
        updates += runner.poll()
        assert runner.busy
    assert names(updates, up.Started)[-1] == "slow" and not kinds(updates, up.Done)
    valve.open.set()
    assert kinds(all_of(runner), up.Done)[0].outputs["said"].thumbnail.text == "HELLO"
    assert not runner.busy


def test_thumbnails_come_while_the_run_goes_on(runner, valve):
    runner.run(graph(VALVE))
    found = until(runner, lambda update: type(update) is up.Pictured)
    assert names(found, up.Pictured) == ["first"] and not valve.open.is_set()


def test_previews_arrive_small_and_in_the_windows_own_format(runner, valve):
    runner.run(graph(VALVE))
    valve.open.set()
    [progress] = kinds(all_of(runner), up.Progress)
    assert (progress.node, progress.done, progress.total, progress.text) == ("slow", 1, 2, "through")
    assert progress.preview.picture.shape == (40, 30, 4)
    assert tuple(progress.preview.picture[0, 0]) == (7, 7, 7, 255)


def test_only_the_newest_progress_of_a_node_waits_to_be_polled(runner):
    runner.run(graph("nodes:\n  work: {type: t.long, text: hi, steps: 500}\noutputs: {out: $work}\n"))
    updates = all_of(runner)
    assert [(p.done, p.total) for p in kinds(updates, up.Progress)] == [(500, 500)]
    order = [type(update) for update in updates]
    assert order.index(up.Started) < order.index(up.Progress) < order.index(up.Finished)


def test_stop_ends_the_run_and_forgets_what_waits(runner, valve):
    running = runner.run(graph(VALVE))
    valve.reached()
    waiting = runner.run(graph(CHAIN))
    runner.stop()
    valve.open.set()
    updates = all_of(runner)
    assert [(d.job, d.cancelled) for d in kinds(updates, up.Done)] == [(waiting, True), (running, True)]
    assert [(s.node, s.because, s.stopped) for s in kinds(updates, up.Skipped)] == [("slow", "", True)]


def test_after_a_stop_the_next_run_takes_up_what_was_finished(runner, valve):
    runner.run(graph(VALVE))
    valve.reached()
    runner.stop()
    valve.open.set()
    all_of(runner)
    runner.run(graph(VALVE))
    updates = all_of(runner)
    assert names(updates, up.Cached) == ["first"] and names(updates, up.Finished) == ["slow"]


def test_editing_goes_on_during_a_run_and_the_last_of_equal_jobs_waits_alone(runner, valve):
    document = graph(VALVE)
    first = runner.run(document)
    valve.reached()
    second = runner.run(document.with_value("first", "text", "second"))
    third = runner.run(document.with_value("first", "text", "third"))
    other = runner.run(document, to=["first"])
    assert runner.running == first
    valve.open.set()
    done = {update.job: update for update in kinds(all_of(runner), up.Done)}
    assert done[second].cancelled and not done[second].outputs
    assert done[first].outputs["said"].thumbnail.text == "HELLO"
    assert done[third].outputs["said"].thumbnail.text == "THIRD"
    assert not done[other].cancelled


def test_a_job_that_supersedes_stops_the_one_that_runs(runner, valve):
    document = graph(VALVE)
    first = runner.run(document)
    valve.reached()
    second = runner.run(document.with_value("first", "text", "anew"), supersede=True)
    valve.open.set()
    done = {update.job: update for update in kinds(all_of(runner), up.Done)}
    assert done[first].cancelled and done[second].outputs["said"].thumbnail.text == "ANEW"


def test_a_failure_tells_its_node_message_and_traceback_and_what_was_skipped(runner):
    runner.run(graph("nodes:\n  bad: {type: t.fail, text: hi}\n  after: {type: t.upper, text: $bad}\n"
                     "outputs: {out: $after}\n"))
    updates = all_of(runner)
    [failed] = kinds(updates, up.Failed)
    assert (failed.node, failed.message) == ("bad", "ZeroDivisionError: on purpose")
    assert "text = 'hi'" in failed.report and "raise ZeroDivisionError" in failed.report
    assert failed.where.line == 3
    assert [(s.node, s.because) for s in kinds(updates, up.Skipped)] == [("after", "bad")]
    [done] = kinds(updates, up.Done)
    assert done.failed == 1 and done.outputs == {}


def test_a_wrong_graph_is_refused_with_every_problem_and_the_next_job_runs(runner):
    wrong = runner.run(graph("nodes:\n  x: {type: t.nowhere}\n  y: {type: t.add, a: hi}\n"
                             "outputs: {x: $x, y: $y}\n"))
    assert runner.wait(PATIENCE)
    right = runner.run(graph(CHAIN), label="right")
    updates = all_of(runner)
    [refused] = kinds(updates, up.Refused)
    assert refused.job == wrong and len(refused.problems) == 2 and not refused.report
    assert [done.job for done in kinds(updates, up.Done)] == [right]


def test_an_engine_that_cannot_be_made_is_told_and_tried_again(valve):
    tries = []

    def make():
        tries.append(1)
        if len(tries) == 1:
            raise OSError("no room on the disk")
        return engine()

    runner = Runner(make)
    runner.run(graph(CHAIN))
    [refused] = all_of(runner)
    assert "no room on the disk" in refused.problems[0].message
    runner.run(graph(CHAIN))
    assert kinds(all_of(runner), up.Done)
    assert runner.close(PATIENCE)


def test_thumbnails_of_remembered_nodes_arrive_after_a_restart(tmp_path):
    document = graph("nodes:\n  dark: {type: t.paint, gray: 9}\n  many: {type: t.gallery, number: 12}\n"
                     "outputs: {dark: $dark, many: $many}\n")
    for restarted in (False, True):
        runner = Runner(lambda: engine(tmp_path, more=[paint, gallery]))
        runner.run(document)
        updates = all_of(runner)
        assert runner.close(PATIENCE)
        assert sorted(names(updates, up.Cached if restarted else up.Finished)) == ["dark", "many"]
        found = {update.node: update.thumbnail for update in kinds(updates, up.Pictured)}
        assert found["dark"].picture.shape == (128, 256, 4) and found["dark"].text == "gray 9"
        assert found["many"].kind == "sheet" and found["many"].text == "Picture × 12"


def test_a_value_that_cannot_be_shown_is_told_of_once_and_nothing_fails(runner):
    text = "nodes:\n  a: {type: t.paint, gray: 1}\n  b: {type: t.unseen, gray: 2}\noutputs: {a: $a, b: $b}\n"
    runner.run(graph(text))
    updates = all_of(runner)
    assert names(updates, up.Pictured) == ["a"]
    assert [warned.message for warned in kinds(updates, up.Warned)] == [
        "b.unseen cannot be shown: KeyError: 'no preview of this'"]
    assert kinds(updates, up.Done)[0].outputs["b"].thumbnail is None


def test_graphs_that_stand_as_nodes_are_pictured_by_their_own_ports(runner, tmp_path):
    head = "nodegraph: 1\ninputs: {word: {type: Text}}\nnodes:\n"
    (tmp_path / "inner.yaml").write_text(
        f"{head}  shout: {{type: t.upper, text: $word}}\noutputs: {{loud: $shout}}\n")
    (tmp_path / "middle.yaml").write_text(
        f"{head}  in: {{type: ./inner.yaml, word: $word}}\noutputs: {{same: $in}}\n")
    document = graph("nodes:\n  out: {type: ./middle.yaml, word: hi}\noutputs: {said: $out}\n",
                     tmp_path / "outer.yaml")
    runner.run(document, to=["out/in"])
    updates = all_of(runner)
    assert names(updates, up.Finished) == ["out/in/shout"]
    assert {(p.node, p.port, p.thumbnail.text) for p in kinds(updates, up.Pictured)} == {
        ("out/in/shout", "text", "HI"), ("out/in", "loud", "HI"), ("out", "same", "HI")}


def test_a_switch_shows_what_its_branch_brings(runner):
    runner.run(graph("nodes:\n  up: {type: t.upper, text: hi}\n"
                     "  either: {type: switch, on: first, first: $up, else: nothing}\noutputs: {out: $either}\n"))
    pictured = kinds(all_of(runner), up.Pictured)
    assert {(p.node, p.port, p.thumbnail.text) for p in pictured} == {("up", "text", "HI"), ("either", "value", "HI")}


def test_rolled_seeds_are_told(runner):
    runner.run(graph("nodes:\n  die: {type: t.dice, seed: random}\noutputs: {die: $die}\n"))
    updates = all_of(runner)
    [done] = kinds(updates, up.Done)
    assert done.outputs["die"].thumbnail.text == str(done.seeds["die.seed"])
    assert kinds(updates, up.Planned)[0].seeds == done.seeds


def test_an_output_is_written_to_the_file_that_was_named(runner, tmp_path):
    job = runner.run(graph(CHAIN))
    assert runner.wait(PATIENCE)
    runner.export(job, "sum", tmp_path / "here" / "sum.json")
    runner.export(job, "a.int", tmp_path / "a.json")
    runner.export(job, "sum", tmp_path / "sum.wav")
    runner.export(job, "nothing", tmp_path / "nothing.json")
    good, middle, wrong, none = kinds(all_of(runner), up.Exported)
    assert good.paths == (tmp_path / "here" / "sum.json",) and good.paths[0].read_text() == "112\n"
    assert middle.paths[0].read_text() == "2\n"
    assert wrong.problem == f"sum was not written to {tmp_path / 'sum.wav'}: Int is written as json, txt, not as wav"
    assert none.problem == "nothing was not made in this session. Run the graph, then try again."


def test_a_picture_carries_the_whole_graph_and_the_seeds_though_a_part_was_run(runner, tmp_path):
    text = CHAIN.replace("outputs:", "  die: {type: t.dice, seed: random}\n"
                                     "  dark: {type: t.paint, gray: $die}\noutputs:")
    document = graph(text)
    job = runner.run(document, to=["dark"])
    updates = all_of(runner)
    runner.export(job, "dark.picture", tmp_path / "dark.png")
    assert not all_of(runner)[0].problem
    told, record = embedded_graph(tmp_path / "dark.png")
    assert parse(told)[0] == document
    assert record["seeds"] == kinds(updates, up.Done)[0].seeds != {}


def test_exports_do_not_wait_for_the_end_of_a_long_run(runner, valve, tmp_path):
    job = runner.run(graph(CHAIN))
    all_of(runner)
    runner.run(graph("nodes:\n  slow: {type: t.valve, text: a}\n  then: {type: t.valve, text: $slow}\n"
                     "outputs: {out: $then}\n"))
    valve.reached()
    runner.export(job, "sum", tmp_path / "sum.json")
    valve.open.set()
    order = [type(update) for update in all_of(runner)]
    assert order.index(up.Exported) < order.index(up.Done)


def test_a_larger_picture_can_be_asked_for(runner):
    job = runner.run(graph("nodes:\n  a: {type: t.paint, gray: 3}\n  b: {type: t.gallery, number: 4}\n"
                           "outputs: {a: $a, b: $b}\n"))
    runner.enlarge(job, "a", 500)
    runner.enlarge(job, "b", 500)
    runner.enlarge(job, "c")
    one, many, none = kinds(all_of(runner), up.Enlarged)
    assert one.picture.picture.shape == (30, 60, 4) and one.picture.text == "gray 3"  # as large as its file
    assert many.picture.kind == "sheet" and max(many.picture.picture.shape) > 256
    assert none.picture is None and "c was not made" in none.problem


def test_a_closed_runner_takes_no_jobs():
    runner = Runner(engine)
    assert runner.close(PATIENCE)
    with pytest.raises(NodegraphError, match="the runner is closed"):
        runner.run(graph(CHAIN))


def test_closing_stops_what_runs_and_closes_the_engine(valve, tmp_path):
    made = []
    runner = Runner(lambda: made.append(engine(tmp_path, more=[valve.node])) or made[0])
    runner.run(graph(VALVE))
    valve.reached()
    assert not runner.close(0)
    valve.open.set()
    assert runner.close(PATIENCE) and made[0].cache.disk is None
