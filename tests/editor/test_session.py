"""The editor driven without a window: every command, files, graphs inside graphs, and runs in the worker."""

import json
import os
import threading
from pathlib import Path

import pytest

from nodegraph import Engine, graphfile
from nodegraph.graph import Graph, Node, Ref
from nodegraph_editor import settings as kept
from nodegraph_editor.canvas.view import View
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.document import edits
from nodegraph_editor.document.items import Item, Link, Target, links
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.session import Session
from nodegraph_editor.settings import Settings
from nodegraph_editor.shortcuts import commands

from . import workshop

TEXT = """nodegraph: 1
# a title would go here
inputs:
  subject: {type: Text, default: a red boat}
nodes:
  said: {type: w.say, text: $subject}    # the words
  loud: {type: w.say, text: $said, loud: true}
outputs:
  words: $loud
"""


@pytest.fixture
def session(tmp_path: Path):
    engine = Engine(None, catalogue=workshop.CATALOGUE, device="cpu")
    runner = Runner(lambda: Engine(None, catalogue=workshop.CATALOGUE, device="cpu", previews=True))
    made = Session(checker=engine.check, catalogue=workshop.CATALOGUE, runner=runner, commands=COMMANDS,
                   folder=tmp_path / "config")
    yield made
    assert runner.close(30)
    engine.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "boat.yaml").write_text(TEXT)
    return tmp_path / "boat.yaml"


def finish(session: Session, now: float = 0.0) -> None:
    """Wait for the worker, and take in what it told."""
    assert session.runner.wait(60)
    session.tick(now)


def test_every_command_of_the_shortcut_sheet_exists_and_every_command_has_words():
    assert set(commands()) == set(COMMANDS)


def test_a_graph_built_by_hand_runs_and_is_saved_as_a_file_that_runs_alone(session, tmp_path):
    session.files.new()
    graph, said = edits.add_node(session.graph, "w.say", (0, 0), {"text": "hello"})
    session.edit("add", graph)
    graph, joined = edits.add_node(session.graph, "w.join", (300, 0))
    session.edit("add", graph)
    session.edit("connect", edits.connect(session.graph, session.checked, Ref("say"), Target("node", "join", "texts")))
    graph, output = edits.add_output(session.graph, Ref("join"), (600, 0), "words")
    session.edit("output", graph)
    assert session.problems == []
    session.do("run.all")
    finish(session)
    assert session.states["join"].status == "ran" and session.states["join"].thumbnails["text"].text == "hello"
    assert session.gallery[0].outputs["words"].thumbnail.text == "hello"
    assert session.files.save(tmp_path / "made.yaml")
    with Engine(None, catalogue=workshop.CATALOGUE) as engine:
        assert engine.run(tmp_path / "made.yaml")["words"] == "hello"


def test_a_second_run_says_what_was_remembered_and_an_edit_makes_what_follows_stale(session, file):
    session.open(file)
    session.do("run.all")
    finish(session)
    session.edit("set", session.graph.with_value("loud", "loud", False))
    assert session.states["loud"].stale and not session.states["said"].stale
    session.do("run.all")
    finish(session)
    assert session.states["loud"].status == "ran" and not session.states["loud"].stale
    session.do("edit.undo")
    assert session.states["loud"].stale
    session.do("edit.redo")
    assert not session.states["loud"].stale


def test_moving_things_makes_nothing_stale_and_does_not_run_anything(session, file):
    session.open(file)
    session.change_settings(run_on_change=True)
    session.do("run.all")
    finish(session)
    session.edit("move", edits.move(session.graph, {Item("node", "said"): (400, 400)}))
    session.tick(100.0)
    assert not session.states["said"].stale and not session.runner.busy


def test_run_on_change_waits_until_the_typing_stops(session, file):
    session.open(file)
    session.change_settings(run_on_change=True)
    session.tick(10.0)
    session.edit("type", session.graph.with_value("loud", "loud", False), merge="loud.loud")
    session.tick(10.1)
    assert session.progress.number == 0
    session.tick(10.9)
    finish(session, 11.0)
    assert session.progress.number == 1 and session.states["loud"].thumbnails["text"].text == "a red boat"


def test_what_is_wrong_is_left_out_and_the_rest_runs(session, file):
    session.open(file)
    graph, item = edits.add_node(session.graph, "w.frame", (0, 300))
    session.edit("add", graph)
    assert [(f.item, f.port) for f in session.problems] == [(item, "")]
    session.do("run.all")
    finish(session)
    assert session.states["loud"].status == "ran" and "frame" not in session.states


def test_running_what_cannot_run_jumps_to_the_problem(session, file):
    session.open(file)
    session.edit("set", edits.clear_value(session.graph, "said", "text").with_value("said", "text", 7))
    session.do("run.all")
    assert session.message_kind == "error" and "said.text" in session.message
    assert session.selection == {Item("node", "said")}


def test_a_run_to_the_selected_node_runs_no_further(session, file):
    session.open(file)
    session.select([Item("node", "said")])
    session.do("run.to_selected")
    finish(session)
    assert session.states["said"].status == "ran" and "loud" not in session.states


def test_editing_goes_on_while_a_node_runs_and_stop_stops_it(session, file):
    session.open(file)
    gate, entered = threading.Event(), threading.Event()

    from nodegraph import Context, node

    @node("w.wait", version=1)
    def wait(text: str, ctx: Context) -> str:
        """Wait until told."""
        entered.set()
        while not gate.wait(0.01):
            ctx.report(1, 2, "waiting")
        return text

    workshop.CATALOGUE.add(wait)
    graph, item = edits.add_node(session.graph, "w.wait", (0, 0), {"text": Ref("said")})
    session.edit("add", graph)
    session.do("run.all")
    assert entered.wait(60)
    session.tick(1.0)
    assert session.edit("set", session.graph.with_value("loud", "loud", False)) and session.runner.busy
    session.do("run.stop")
    finish(session)
    assert session.states["wait"].status == "skipped" and not session.runner.busy
    gate.set()


def test_a_node_that_fails_shows_its_message_and_the_rest_is_done(session, file):
    from nodegraph import node

    @node("w.fail", version=1)
    def fail(text: str) -> str:
        """Fail."""
        raise ValueError("no words today")

    workshop.CATALOGUE.add(fail)
    session.open(file)
    graph, item = edits.add_node(session.graph, "w.fail", (0, 0), {"text": Ref("said")})
    session.edit("add", graph)
    session.do("run.all")
    finish(session)
    state = session.states["fail"]
    assert state.status == "failed" and "no words today" in state.error and "ValueError" in state.report
    assert session.states["loud"].status == "ran"


def test_saving_keeps_comments_and_writes_no_layout_when_nothing_was_moved(session, file):
    session.open(file)
    session.edit("set", session.graph.with_value("loud", "loud", False))
    session.do("file.save")
    assert file.read_text() == TEXT.replace("loud: true", "loud: false")


def test_moving_one_node_writes_where_everything_is(session, file):
    session.open(file)
    session.edit("move", edits.move(session.graph, {Item("node", "said"): (40, 80)}))
    session.do("file.save")
    layout = graphfile.read(file)[0].layout
    assert layout["nodes"]["said"] == {"at": [40, 80]}
    assert set(layout["nodes"]) == {"said", "loud", "subject"} and set(layout["outputs"]) == {"words"}
    assert file.read_text().startswith(TEXT)


def test_copying_and_pasting_keeps_the_links_among_what_was_copied(session, file):
    session.open(file)
    session.select([Item("node", "said"), Item("node", "loud")])
    session.do("edit.copy")
    session.do("edit.paste")
    made = [item.name for item in session.selected("node")]
    assert len(made) == 2
    inner = [link for link in links(session.graph) if link.target.name in made and link.source.name in made]
    assert len(inner) == 1
    session.do("edit.undo")
    assert set(session.graph.nodes) == {"said", "loud"}


def test_pasting_what_is_no_graph_is_refused_in_a_sentence(session, file):
    session.open(file)
    session.clipboard.put("just some words")
    session.do("edit.paste")
    assert session.message_kind == "error" and set(session.graph.nodes) == {"said", "loud"}


def test_delete_and_reconnect_heals_the_chain(session, file):
    session.open(file)
    session.select([Item("node", "said")])
    session.do("edit.delete_reconnect")
    assert links(session.graph) == [Link(Ref("subject"), Target("node", "loud", "text")),
                                    Link(Ref("loud"), Target("output", "words"))]


def test_a_bypassed_node_passes_its_input_on_and_a_muted_one_stops_what_follows(session, file):
    session.open(file)
    session.select([Item("node", "loud")])
    session.do("node.bypass")
    session.do("run.all")
    finish(session)
    assert session.gallery[0].outputs["words"].thumbnail.text == "a red boat"
    session.do("node.mute")
    assert session.graph.nodes["loud"].mute and not session.graph.nodes["loud"].bypass
    session.do("node.mute")
    assert not session.graph.nodes["loud"].mute


def test_grouping_makes_a_file_that_can_be_entered_changed_and_taken_apart(session, file, tmp_path):
    session.open(file)
    session.select([Item("node", "loud")])
    session.do("node.group")
    session.answer("shout")
    assert (tmp_path / "shout.yaml").is_file() and session.problems == []
    session.do("run.all")
    finish(session)
    assert session.gallery[0].outputs["words"].thumbnail.text == "A RED BOAT"
    session.do("node.enter")
    assert set(session.graph.nodes) == {"loud"}
    session.edit("set", session.graph.with_value("loud", "loud", False))
    session.do("node.leave")
    session.do("run.all")
    finish(session)
    assert session.gallery[0].outputs["words"].thumbnail.text == "a red boat"
    session.do("node.ungroup")
    assert {node.type for node in session.graph.nodes.values()} == {"w.say"} and session.problems == []


def test_opening_a_damaged_file_says_where_and_keeps_what_is_open(session, file, tmp_path):
    session.open(file)
    bad = tmp_path / "bad.yaml"
    bad.write_text("nodegraph: 1\nnodes: {a: [}\n")
    session.open(bad)
    assert session.dialog.kind == "error" and "bad.yaml:2" in session.dialog.data["text"]
    assert session.document.path == file


def test_a_graph_with_unknown_nodes_opens_and_tells_its_problems(session, tmp_path):
    odd = tmp_path / "odd.yaml"
    odd.write_text("nodegraph: 1\nnodes:\n  a: {type: no.such, x: 1}\n  b: {type: w.say, text: $a}\noutputs:\n  o: $b\n")
    session.open(odd)
    assert session.document.path == odd and session.problems[0].item == Item("node", "a")


def test_leaving_unsaved_changes_asks_first_and_nothing_is_lost(session, file):
    session.open(file)
    session.edit("set", session.graph.with_value("loud", "loud", False))
    session.do("file.new")
    assert session.dialog.kind == "unsaved"
    session.answer("cancel")
    assert session.document.path == file and session.document.dirty
    session.do("app.quit")
    session.answer("save")
    assert session.closing and "loud: false" in file.read_text()


def test_a_file_changed_elsewhere_is_read_again_or_told_above_the_canvas(session, file):
    session.open(file)
    file.write_text(TEXT.replace("a red boat", "a blue bird"))
    session.tick(10.0)
    assert session.graph.inputs["subject"].default == "a blue bird" and session.files.watching.notice is None
    session.edit("set", session.graph.with_value("loud", "loud", False))
    file.write_text(TEXT)
    session.tick(20.0)
    assert session.files.watching.notice.kind == "changed" and session.dialog is None
    session.files.answer_change("keep")
    session.tick(30.0)
    assert session.graph.nodes["loud"].inputs["loud"] is False and session.document.dirty
    assert session.files.watching.notice is None


def test_a_file_that_another_program_breaks_is_told_once_with_its_line_and_read_again_when_it_is_whole(session, file):
    session.open(file)
    file.write_text(TEXT.replace("nodes:", "nodes: [", 1))
    for second in (10.0, 20.0, 30.0):
        session.tick(second)
        assert session.dialog is None
    notice = session.files.watching.notice
    assert notice.kind == "broken" and f"line {notice.problems[0].where.line}" in notice.words
    assert len([m for m in session.messages.kept if m.kind == "error"]) == 0
    session.do("file.save")
    assert session.dialog.kind == "changed_on_disk"
    session.answer()
    file.write_text(TEXT.replace("a red boat", "a blue bird"))
    session.tick(40.0)
    assert session.files.watching.notice is None and session.graph.inputs["subject"].default == "a blue bird"


def test_a_file_or_a_folder_that_goes_away_is_told_and_saved_again(session, file):
    session.open(file)
    file.unlink()
    session.tick(10.0)
    assert session.files.watching.notice.kind == "gone" and session.document.dirty
    file.parent.joinpath("elsewhere").mkdir()
    session.do("file.save")
    session.tick(20.0)
    assert file.read_text() == TEXT and session.files.watching.notice is None and not session.document.dirty


def test_two_windows_on_one_file_know_of_each_other(session, file):
    session.open(file)
    session.tick(10.0)
    assert session.files.watching.notice is None
    other = session.folder / "windows" / f"{os.getppid()}.json"
    other.write_text(json.dumps({"path": str(file)}))
    session.tick(20.0)
    assert session.files.watching.notice.kind == "twice"
    session.files.watching.dismiss()
    session.tick(30.0)
    assert session.files.watching.notice is None
    gone = [session.folder / "windows" / f"{number}.json" for number in range(4200000, 4200012)]  # no process has those
    for one in gone:
        one.write_text("{}")
    session.files.watching._dismissed = None
    session.tick(40.0)
    assert session.files.watching.notice.kind == "twice" and not any(one.exists() for one in gone)
    session.files.watching.close()
    assert not (session.folder / "windows" / f"{os.getpid()}.json").exists()


def test_what_is_wrong_with_the_form_of_a_file_is_among_the_problems_and_no_save_settles_it_in_silence(session, file):
    twice = TEXT.replace("nodes:\n", "nodes:\n  loud: {type: w.say, text: once}\n", 1)
    file.write_text(twice)
    session.open(file)
    first = session.problems[0]
    assert "loud" in first.problem.message and first.place == f"{file}:8"
    session.do("file.save")
    assert session.dialog.kind == "settle" and session.dialog.data["problems"] and file.read_text() == twice
    session.answer()
    session.edit("set", session.graph.with_value("said", "loud", True))
    session.do("app.quit")
    session.answer("save")
    assert session.dialog.kind == "settle" and not session.closing
    session.answer("save")
    assert session.closing and file.read_text() != twice


def test_save_at_quit_of_a_graph_without_a_file_asks_for_a_name_and_quits(session, file, tmp_path):
    session.edit("set", Graph({"one": Node("w.say", {"text": "hello"})}))
    session.do("app.quit")
    session.answer("save")
    assert session.dialog.kind == "save_as" and not session.closing
    session.answer(tmp_path / "new.yaml")
    assert session.closing and (tmp_path / "new.yaml").is_file()


def test_what_is_asked_below_a_question_comes_again_and_another_document_ends_it(session, file):
    session.open(file)
    session.ask("picture", made=None)
    session.ask("export", name="a.png")
    session.answer()
    assert session.dialog.kind == "picture"
    session.do("file.new")
    assert session.dialog is None


def test_what_is_done_to_the_canvas_is_not_done_behind_the_form(session, file):
    session.open(file)
    session.do("edit.select_all")
    session.do("view.form")
    before = session.document.graph
    for name, command in session.commands.items():
        if command.on_canvas:
            session.do(name)
    assert session.document.graph is before and session.palette is None
    assert session.can("edit.redo") is False and not session.can("edit.delete") and session.can("run.all")
    session.do("view.form")
    assert session.can("edit.delete")


def test_an_error_is_not_swept_away_by_the_next_word_and_words_go_with_their_document(session, file):
    session.say("shortcuts.yaml is odd", "error")
    session.open(file)
    now = session.messages.kept[-1].at
    assert session.messages.now(now).text == "Opened boat.yaml" and session.messages.unread == 1
    session.say("a link is refused", "error")
    session.say("Saved lines.yaml")
    now = session.messages.kept[-1].at
    assert session.messages.now(now).text == "a link is refused"
    assert session.messages.now(now + 60) is None and len(session.messages.kept) >= 4
    session.change_settings(language="zh")
    assert session.messages.now(now) is None


def test_a_crash_loses_no_more_than_the_last_seconds(session, file, tmp_path):
    session.open(file)
    session.edit("set", session.graph.with_value("loud", "loud", False))
    session.tick(1_000.0)
    [copy] = session.files.recovery_folder.glob("*.json")
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    told = json.loads(copy.read_text()) | {"pid": pid}
    (session.files.recovery_folder / f"{pid}-1.json").write_text(json.dumps(told))
    session.files.show(type(session.document)())
    session.files.offer_recovery()
    [recovery] = session.dialog.data["recoveries"]
    session.answer(recovery)
    assert session.graph.nodes["loud"].inputs["loud"] is False and session.document.dirty
    assert session.document.path == file


def test_the_view_keeps_the_point_under_the_pointer_while_it_zooms(session):
    before = session.view.to_canvas(300, 200)
    session.zoom(1.7, (300, 200))
    after = session.view.to_canvas(300, 200)
    assert after == pytest.approx(before)
    for _ in range(40):
        session.zoom(1.7)
    assert session.view.zoom == 2.5


def test_all_is_in_view_after_opening_and_after_frame_all(session, file):
    session.open(file)
    session.canvas_size = (800.0, 600.0)
    session.do("view.frame_all")
    for x, y, w, h in session.boxes().values():
        left, top = session.view.to_screen(x, y)
        right, bottom = session.view.to_screen(x + w, y + h)
        assert 0 <= left and 0 <= top and right <= 800 and bottom <= 600


def test_fifty_undos_lead_back_to_the_file(session, file):
    session.open(file)
    first = session.document.graph
    for number in range(50):
        session.edit("move", edits.move(session.graph, {Item("node", "said"): (number * 3 + 1, 5)}))
    for _ in range(50):
        session.do("edit.undo")
    assert session.document.graph is first and not session.document.dirty
    session.do("edit.undo")
    assert not session.can("edit.undo")


def test_commands_that_make_no_sense_now_say_so(session):
    for name in COMMANDS:
        if not session.can(name):
            session.do(name)
            assert session.message


def test_settings_are_kept(session, tmp_path):
    from nodegraph_editor import settings

    session.do("view.theme")
    found, problems = settings.load(session.folder)
    assert found.theme == "light" and not problems and isinstance(session.settings, Settings)


def test_a_problem_goes_when_a_number_is_made_the_truth_value_that_is_wanted(session, file):
    file.write_text(TEXT.replace("loud: true", "loud: 1"))
    session.open(file)
    assert [found.port for found in session.problems] == ["loud"]
    session.edit("value", edits.set_value(session.graph, "loud", "loud", True))
    assert session.problems == []


def test_what_was_seen_of_a_file_is_seen_again_when_it_is_opened_and_after_a_restart(session, file, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(TEXT, encoding="utf-8")
    session.open(file)
    box = next(iter(session.boxes().values()))
    session.view = View(box[0] - 40.0, box[1] - 30.0, 1.25)
    session.open(other)
    assert session.view.zoom != 1.25
    session.open(file)
    assert session.view == View(box[0] - 40.0, box[1] - 30.0, 1.25)
    session.view = View(1e6, 1e6, 1.0)  # where nothing is
    session.open(other)
    session.open(file)
    assert session.view.x < 1e5
    again, told = kept.load(session.folder)
    assert told == [] and set(again.views) == {str(file), str(other)}
