"""A run as it looks in a terminal and in a pipe, and where its time went."""

from __future__ import annotations

import io
import json
import threading

import pytest

from nodegraph import NodeFailed, events as ev
from nodegraph.cli.profile import Profile
from nodegraph.cli.terminal import Display, Importing, duration, size, table


def told(*events: ev.Event, lively: bool = False) -> str:
    stream = io.StringIO()
    display = Display(stream, lively)
    for event in events:
        display(event)
    return stream.getvalue()


def test_in_a_pipe_each_node_is_a_line():
    text = told(ev.Planned(("a_longer_name_here", "b")), ev.Started("b", 0.0), ev.Finished("b", 1.5, (b"",), 1.5),
                ev.Finished("m", 2.0, (b"",), 1.5, ran=3, remembered=2), ev.Cached("c", (b"",)),
                ev.Failed("d", NodeFailed("d", "no")), ev.Skipped("e", "d"), ev.Warned("oh"), ev.Done(3.0))
    assert text.splitlines() == [
        "  b                   ran             1.50 s", "  m                   ran             2.00 s   3 items, 2 remembered",
        "  c                   remembered", "  d                   failed", "  e                   skipped     because of d",
        "warning: oh"]


def test_in_a_pipe_progress_is_a_line_for_each_quarter():
    text = told(*(ev.Progress("paint", done, 8, "steps") for done in range(9)), ev.Progress("paint", 4, None),
                *(ev.Progress("map", done, 8, "items") for done in range(9)))
    assert text.splitlines() == [f"  paint         {done} of 8 steps" for done in (2, 4, 6)]


def test_loading_is_told_before_and_after(monkeypatch):
    events = [ev.Planned(("picture",)), ev.Started("picture", 0.0), ev.Loading("picture", "starter/painter")]
    loaded = ev.Loaded("picture", "starter/painter", 1.5, 100, 1.5)
    assert told(*events, loaded).splitlines() == [
        "  picture       loading starter/painter", "  picture       loaded starter/painter  1.50 s"]
    drawn = told(*events, lively=True)
    assert drawn.splitlines()[-1].endswith("loading starter/painter")
    after = told(*events, loaded, ev.Progress("picture", 1, 4, "steps"), lively=True).splitlines()
    assert "loaded starter/painter  1.50 s" in "".join(after) and "loading" not in after[-1]


class Imports:
    """What is being imported, one library after the other."""

    def __init__(self, *names: str):
        self.names = list(names)

    def library(self) -> str:
        return self.names.pop(0)


def test_a_library_that_is_being_imported_is_told_of_once_and_in_the_bar():
    stream = io.StringIO()
    display, imports = Display(stream, lively=False), Imports("", "torch", "torch", "diffusers", "torch", "")
    for _ in range(6):
        display.tick(imports)
    assert stream.getvalue().splitlines() == ["  loading torch", "  loading diffusers"]
    stream = io.StringIO()
    display = Display(stream, lively=True)
    display.tick(Imports("torch"))
    assert stream.getvalue() == "  loading torch\n"  # before any node began
    display(ev.Started("picture", 0.0))
    display.tick(Imports("torch"))
    assert stream.getvalue().splitlines()[-1].startswith("\x1b[1F\x1b[J  picture") and stream.getvalue().endswith("loading torch\n")
    display.tick(Imports(""))
    assert "loading" not in stream.getvalue().splitlines()[-1]


def test_what_python_imports_right_now_is_known(tmp_path, monkeypatch):
    (tmp_path / "slowly_imported.py").write_text(
        "from nodegraph.cli.terminal import Importing\nseen = Importing(('slowly_imported',)).library()\n")
    monkeypatch.syspath_prepend(tmp_path)
    import slowly_imported

    assert slowly_imported.seen == "slowly_imported" and Importing(("slowly_imported", "no_such")).library() == ""


def test_while_a_run_lasts_something_moves_though_nobody_tells_anything(monkeypatch):
    monkeypatch.setattr("nodegraph.cli.terminal.TICK", 0.001)
    ticked = threading.Event()
    stream = io.StringIO()
    display = Display(stream, lively=True)
    display(ev.Started("picture", 0.0))
    monkeypatch.setattr(display, "tick", lambda importing: ticked.set())
    with display.ticking():
        assert ticked.wait(60)
    assert not [thread for thread in threading.enumerate() if thread.name == "nodegraph-display"]
    assert stream.getvalue().endswith("\x1b[1F\x1b[J")


def test_a_mapped_node_shows_its_items_and_what_is_left_and_what_the_one_at_work_does(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("nodegraph.cli.terminal.time.monotonic", lambda: now[0])
    stream, pipe = io.StringIO(), io.StringIO()
    lively, plain = Display(stream, lively=True), Display(pipe, lively=False)

    def tell(event):
        lively(event)
        plain(event)
    tell(ev.Started("m", 0.0))
    tell(ev.Progress("m", 10, 50, "items"))  # ten were remembered
    for done in range(11, 23):
        now[0] = (done - 10) * 10.0
        tell(ev.Progress("m", 3, 6, "sampling"))
        tell(ev.Progress("m", done, 50, "items"))
    lively.draw(True)
    assert "########------------  22 of 50 items, about 5 min left  3/6" in stream.getvalue().splitlines()[-1]
    assert pipe.getvalue().splitlines() == ["  m             13 of 50 items, about 6 min left"]
    assert [duration(seconds) for seconds in (0.2, 40, 89, 91, 5399, 7200)] == ["1 s", "40 s", "89 s", "2 min", "90 min", "2 h"]


def test_of_what_was_remembered_the_first_lines_are_enough():
    lines = told(*(ev.Cached(f"n{n}", (b"",)) for n in range(100))).splitlines()
    assert len(lines) == 41 and lines[-1] == "..."


def test_of_the_failures_of_a_node_the_first_lines_are_enough():
    failures = [ev.Failed("m", NodeFailed("m", "no", instance=f"m[{n}]")) for n in range(1, 9)]
    lines = told(*failures, ev.Failed("b", NodeFailed("b", "no"))).splitlines()
    assert lines == [*(f"  m[{n}]          failed" for n in range(1, 6)), "...", "  b             failed"]


def test_in_a_terminal_bars_are_drawn_in_place(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr("nodegraph.cli.terminal.time.monotonic", lambda: next(clock))
    text = told(ev.Started("画", 0.0), ev.Progress("画", 5, 10, "of\nsteps"), ev.Progress("画", 20, 10),
                ev.Started("wait", 0.0), ev.Finished("画", 3.0, (b"",), 3.0), ev.Done(3.0), lively=True)
    assert "##########----------  5/10" in text and "of steps" in text and "####################  20/10" in text
    assert "  画" + " " * 10 in text and "  wait          " in text
    assert text.count("\x1b[") % 2 == 0 and text.endswith("\x1b[1F\x1b[J")  # nothing is left of the bars


def test_a_display_whose_reader_has_gone_falls_silent():
    class Closed(io.StringIO):
        writes = 0

        def write(self, text):
            Closed.writes += 1
            raise BrokenPipeError

    display = Display(Closed(), lively=False)
    for _ in range(3):
        display(ev.Cached("a", (b"",)))
    assert Closed.writes == 1


def test_a_table_counts_chinese_letters_as_two_columns():
    assert table([["画", 1], ["a", 22]], ["name", "n"]).splitlines() == ["name  n", "画    1", "a     22"]


@pytest.mark.parametrize("count, words", [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 KB"), (5 << 20, "5.0 MB"),
                                          (3 << 40, "3072.0 GB")])
def test_a_size_is_told_in_a_unit_a_person_reads(count, words):
    assert size(count) == words


def test_a_profile_tells_where_the_time_went_and_draws_what_overlapped(tmp_path):
    profile = Profile()
    for event in (ev.Loaded("p", "starter/poet", 0.5, 100, 0.5), ev.Finished("a", 2.0, (), 2.5, bytes=2048),
                  ev.Finished("b", 1.0, (), 2.0, ran=3), ev.Cached("c", ()), ev.Done(4.0), ev.Finished("a", 1.0, (), 1.0), ev.Done(1.0)):
        profile(event)
    profile.write(tmp_path / "deep/profile.json")
    spans = json.loads((tmp_path / "deep/profile.json").read_text())["traceEvents"]
    assert [(s["name"], s["tid"], s["ts"], s["dur"]) for s in spans] == [
        ("load starter/poet", 1, 0, 5e5), ("a", 1, 5e5, 2e6), ("b", 2, 1e6, 1e6), ("a", 1, 4e6, 1e6)]
    lines = profile.text().splitlines()
    assert lines[1].split() == ["a", "2.000", "s", "40.0", "%", "2.0", "KB"] and lines[2].split()[0] == "b" and lines[2].split()[-1] == "3"
    assert "5.000 s in all, 4.000 s in 3 nodes (which may overlap), 1 remembered" in lines
