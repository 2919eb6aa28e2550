"""Files that are wrong in every way the engine knows, and some that are no graphs at all, opened in the editor."""

import random
from pathlib import Path

import pytest

from nodegraph import Engine
from nodegraph_editor.canvas.scene import build
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.session import Session

from . import workshop

BROKEN = sorted((Path(__file__).parents[1] / "nodegraph" / "broken").glob("*.y*ml"))
GRAPHS = Path(__file__).parents[2] / "graphs"


@pytest.fixture(scope="module")
def session():
    engine = Engine(None, catalogue=workshop.CATALOGUE, device="cpu")
    runner = Runner(lambda: Engine(None, catalogue=workshop.CATALOGUE, device="cpu"))
    yield Session(checker=engine.check, catalogue=workshop.CATALOGUE, runner=runner, commands=COMMANDS)
    assert runner.close(30)
    engine.close()


def opens_or_tells(session: Session, path: Path) -> str:
    """Open a file over a good one: "opened", with a scene that can be drawn, or "told", with what was open kept."""
    session.dialog = None
    before, content = session.document, path.read_bytes()
    session.open(path)
    assert path.read_bytes() == content
    if session.document is before:
        told = session.dialog.data["text"] if session.dialog is not None else session.message
        assert told and "Traceback" not in told
        return "told"
    build(session.graph, session.checked, session.states, lambda text, size, bold=False: len(text) * size * 0.5)
    assert session.problems or session.document.problems or not session.graph.nodes or path.parent.name == "fine"
    session.do("edit.select_all")
    session.do("node.layout")
    session.document.undo()
    return "opened"


def test_there_are_many_broken_files():
    assert len(BROKEN) >= 150


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_graph_opens_with_its_problems_or_says_why_not(session, path):
    opens_or_tells(session, path)


@pytest.mark.parametrize("content", [b"", b"\0\0\0\0", b"\xff\xfe\0", b"%PDF-1.4\n", b"{", b"[1, 2", b"a: b: c", b"- 1\n- 2\n",
                                     b"nodegraph: 99\n", b"nodegraph: 1\n", b"nodegraph: 1\nnodes:\n", b"!!python/object:os.system x",
                                     b"nodegraph: 1\nnodes: {a: {type: w.say}}\nlayout: 7\n",
                                     b"nodegraph: 1\nnodes: {a: {type: w.say}}\nlayout: {nodes: [1], frames: {f: 3}}\n",
                                     b"nodegraph: 1\nnodes: {a: {type: w.say}}\nlayout: {nodes: {a: {at: [.nan, 1e300]}}}\n",
                                     b"nodegraph: 1\nnodes: {a: {type: w.say}}\nlayout: {notes: {n: {at: [0, 0], text: 5}}}\n",
                                     b"nodegraph: 1\nnodes: {a: {type: w.say}}\nlayout: {frames: {f: {at: [0, 0], size: [-5, 0]}}}\n",
                                     b"nodegraph: 1\nnodes: {a: {type: w.say}}\nlayout: {dots: {d: {at: [0, 0], source: x, targets: 3}}}\n"])
def test_what_is_hardly_a_graph_does_no_harm(session, content, tmp_path):
    (tmp_path / "fine").mkdir()
    path = tmp_path / "fine" / "odd.yaml"
    path.write_bytes(content)
    opens_or_tells(session, path)


@pytest.mark.parametrize("seed", range(30))
def test_a_good_file_cut_or_flipped_somewhere_does_no_harm(session, seed, tmp_path):
    dice = random.Random(seed)
    content = bytearray((GRAPHS / "postcard.yaml").read_bytes())
    if seed % 2:
        del content[dice.randrange(len(content)):]
    for _ in range(dice.randrange(1, 6)):
        if content:
            content[dice.randrange(len(content))] = dice.randrange(256)
    (tmp_path / "fine").mkdir()
    path = tmp_path / "fine" / "postcard.yaml"
    path.write_bytes(content)
    opens_or_tells(session, path)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"no picture", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"])
def test_a_picture_without_a_graph_says_so(session, content, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    assert opens_or_tells(session, path) == "told"


def test_a_folder_and_a_file_that_is_not_there_are_told(session, tmp_path):
    for path in (tmp_path, tmp_path / "nowhere.yaml"):
        session.dialog = None
        session.open(path)
        assert session.dialog.kind == "error" and str(path) in session.dialog.data["text"]
