"""Documents: undo without end, files kept as they were written, and copies that outlive a crash."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from nodegraph import Graph, Node, graphfile
from nodegraph.errors import GraphError
from nodegraph_editor.document import document as documents, edits
from nodegraph_editor.document.document import Document, SaveFailed
from nodegraph_editor.document.items import Item
from nodegraph_editor.document.recorded import as_recorded
from nodegraph_editor.document.recovery import recoveries

TEXT = """nodegraph: 1
title: Two   # a comment

nodes:
  # the first
  one: {type: text.compose, template: hello}
  two:
    type: text.join
    texts: [$one]    # a list

outputs:
  words: $two
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "two.yaml").write_text(TEXT)
    return tmp_path / "two.yaml"


def a_dead_process() -> int:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def test_undo_leads_back_to_the_start_and_redo_to_the_end(path):
    document = Document.open(path)
    seen = [document.graph]
    for number in range(60):
        document.edit(f"step {number}", document.graph.with_value("one", "template", str(number)))
        seen.append(document.graph)
    for graph in reversed(seen[:-1]):
        assert document.undo() and document.graph is graph
    assert document.undo() == "" and not document.dirty
    for graph in seen[1:]:
        assert document.redo() and document.graph is graph
    assert document.redo() == ""


def test_an_edit_after_undo_forgets_what_was_undone(path):
    document = Document.open(path)
    document.edit("a", document.graph.with_value("one", "template", "a"))
    document.undo()
    document.edit("b", document.graph.with_value("one", "template", "b"))
    assert document.redo_label == "" and document.undo_label == "b"


def test_typing_is_undone_as_one_step_until_it_is_sealed(path):
    document = Document.open(path)
    for text in ("h", "he", "hey"):
        document.edit("type", document.graph.with_value("one", "template", text), merge="one.template")
    assert document.steps == 1
    document.seal()
    document.edit("type", document.graph.with_value("one", "template", "hey!"), merge="one.template")
    assert document.steps == 2
    document.undo()
    assert document.graph.nodes["one"].inputs["template"] == "hey"


def test_an_edit_that_changes_nothing_is_no_step(path):
    document = Document.open(path)
    assert not document.edit("same", document.graph.with_value("one", "template", "hello"))
    assert document.steps == 0 and not document.dirty


def test_saving_an_unchanged_document_changes_no_byte(path):
    document = Document.open(path)
    document.save()
    assert path.read_text() == TEXT


def test_saving_keeps_comments_and_writes_what_was_edited(path):
    document = Document.open(path)
    document.edit("set", document.graph.with_value("one", "template", "goodbye"))
    assert document.dirty
    document.save()
    assert path.read_text() == TEXT.replace("hello", "goodbye")
    assert not document.dirty
    document.undo()
    assert document.dirty
    document.save()
    assert path.read_text() == TEXT


def test_undoing_to_what_was_saved_is_not_dirty(path):
    document = Document.open(path)
    document.edit("set", document.graph.with_value("one", "template", "x"))
    document.undo()
    assert not document.dirty


def test_a_document_of_no_file_asks_for_a_name():
    document = Document()
    with pytest.raises(SaveFailed, match="no file yet"):
        document.save()
    assert not document.dirty


def test_saving_elsewhere_moves_the_document_and_its_history(path, tmp_path):
    document = Document.open(path)
    document.edit("set", document.graph.with_value("one", "template", "x"))
    other = tmp_path / "there" / "copy.yaml"
    document.save(other)
    assert document.path == other and not document.dirty
    assert "# the first" in other.read_text() and path.read_text() == TEXT
    document.undo()
    assert document.path == other and document.dirty


def test_saving_elsewhere_keeps_the_way_to_graphs_inside(tmp_path):
    (tmp_path / "inner.yaml").write_text(TEXT)
    outer = tmp_path / "outer.yaml"
    outer.write_text("nodegraph: 1\nnodes:\n  in: {type: ./inner.yaml}\noutputs:\n  o: $in\n")
    document = Document.open(outer)
    moved = document.save(tmp_path / "deep" / "outer.yaml")
    assert Document.open(moved).graph.nodes["in"].type == "../inner.yaml"


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/proc").exists(), reason="needs a place that cannot be written")
def test_a_save_that_fails_says_so_and_loses_nothing(path):
    document = Document.open(path)
    document.edit("set", document.graph.with_value("one", "template", "x"))
    with pytest.raises(SaveFailed, match="cannot be written.*choose another place"):
        document.save(Path("/proc/nowhere/two.yaml"))
    assert document.dirty and document.path == path and path.read_text() == TEXT


def test_a_file_changed_by_another_program_is_noticed(path):
    document = Document.open(path)
    assert not document.changed_on_disk
    path.write_text(TEXT.replace("hello", "from elsewhere"))
    assert document.changed_on_disk
    document.reload()
    assert document.graph.nodes["one"].inputs["template"] == "from elsewhere"
    assert not document.changed_on_disk and not document.dirty
    document.undo()
    assert document.graph.nodes["one"].inputs["template"] == "hello"


def test_a_file_that_was_touched_and_says_the_same_counts_as_unchanged(path):
    document = Document.open(path)
    os.utime(path, (1, 1))
    assert not document.changed_on_disk


def test_a_damaged_file_raises_with_its_place_and_leaves_the_document(path):
    document = Document.open(path)
    path.write_text("nodegraph: 1\nnodes: {a: [}\n")
    with pytest.raises(GraphError, match="two.yaml:2"):
        document.reload()
    assert document.graph.nodes["one"].inputs["template"] == "hello"


def test_a_copy_is_kept_while_something_is_unsaved_and_goes_when_all_is_saved(path, tmp_path):
    folder = tmp_path / "recovery"
    document = Document.open(path)
    assert document.autosave(folder) is None
    document.edit("set", document.graph.with_value("one", "template", "unsaved"))
    copy = document.autosave(folder)
    assert copy.exists() and not recoveries(folder)  # its program is alive
    document.save()
    assert document.autosave(folder) is None and not copy.exists()


def test_what_a_program_that_died_left_behind_is_recovered_unsaved(path, tmp_path):
    folder = tmp_path / "recovery"
    document = Document.open(path)
    document.edit("set", document.graph.with_value("one", "template", "unsaved"))
    copy = document.autosave(folder)
    told = json.loads(copy.read_text())
    copy.write_text(json.dumps(told | {"pid": a_dead_process()}))
    (folder / "damaged.json").write_text("{")
    [recovery] = recoveries(folder)
    recovered = recovery.document()
    assert recovered.graph.nodes["one"].inputs["template"] == "unsaved" and recovered.dirty
    assert recovered.path == path
    recovered.save()
    assert path.read_text() == TEXT.replace("hello", "unsaved")
    recovery.forget()
    assert not recoveries(folder)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux keeps the dead in its list")
def test_a_program_that_died_counts_as_dead_before_anyone_has_asked_after_it(tmp_path):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # it is over, and left in the list
    told = {"path": "", "text": TEXT, "base": "", "pid": pid, "time": 1.0}
    (tmp_path / "copy.json").write_text(json.dumps(told))
    assert [r.text for r in recoveries(tmp_path)] == [TEXT]
    os.waitpid(pid, 0)


def test_a_new_document_is_written_as_a_whole_file(tmp_path):
    document = Document()
    graph, item = edits.add_node(document.graph, "text.compose", (10, 20))
    document.edit("add", graph)
    document.edit("set", edits.set_value(document.graph, item.name, "template", "hi"))
    path = document.save(tmp_path / "new.yaml")
    graph, problems = graphfile.read(path)
    assert not problems and graph == document.graph
    assert graph.layout == {"nodes": {"compose": {"at": [10, 20]}}}


def test_a_template_begins_unsaved_with_its_comments(path, tmp_path):
    document = Document.template(path)
    assert document.path is None and not document.dirty
    saved = document.save(tmp_path / "mine.yaml")
    assert saved.read_text() == TEXT


def test_writing_goes_through_links_and_keeps_the_mode(tmp_path):
    real = tmp_path / "real.yaml"
    real.write_text("old")
    real.chmod(0o640)
    (tmp_path / "link.yaml").symlink_to(real)
    documents.write_atomically(tmp_path / "link.yaml", "new")
    assert real.read_text() == "new" and real.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link.yaml").is_symlink() and len(list(tmp_path.iterdir())) == 2


def test_a_renamed_node_is_renamed_in_every_link_and_the_layout(path):
    document = Document.open(path)
    graph = edits.move(document.graph, {Item("node", "one"): (5, 6)})
    document.edit("rename", edits.rename(graph, Item("node", "one"), "first"))
    document.save()
    again = Document.open(path).graph
    assert again == replace(document.graph, path=path)
    assert "# the first" in path.read_text() and "[$first]" in path.read_text()


def test_a_number_made_a_truth_value_and_another_order_are_edits_too():
    nodes = {"a": Node("t.upper", {"text": 1}), "b": Node("t.upper", {"text": "x"})}
    document = Document(Graph(nodes))
    assert document.edit("true", document.graph.with_value("a", "text", True))
    assert document.edit("float", document.graph.with_value("a", "text", 1.0))
    assert document.edit("order", Graph(dict(reversed(document.graph.nodes.items()))))
    assert document.undo() == "order" and list(document.graph.nodes) == ["a", "b"]
    assert not document.edit("nothing", Graph(dict(document.graph.nodes)))


def test_seeds_that_a_run_rolled_stand_where_they_were_rolled():
    graph, _ = graphfile.parse("nodegraph: 1\ninputs: {seed: {type: Seed, default: random}, other: 3}\nnodes:\n"
                               "  a: {type: w.sheet, words: x, seed: random}\n"
                               "  b: {type: w.sheet, each: seed, words: x, seed: [1, random]}\noutputs: {o: $a}\n")
    made = as_recorded(graph, {"seeds": {"seed": 5, "a.seed": 6, "b.seed[1]": 7, "b.seed[9]": 8, "g/x.seed": 9,
                                                    "a.seed[0]": 10, "gone": 11, "other": "text"}})
    assert made.inputs["seed"].default == 5 and made.inputs["other"].default == 3
    assert made.nodes["a"].inputs["seed"] == 6 and made.nodes["b"].inputs["seed"] == [1, 7]
    assert made.nodes.keys() == graph.nodes.keys()
