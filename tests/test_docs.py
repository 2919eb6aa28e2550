"""What the README and the docs show is true: every graph in them checks, every snippet and every command runs.

A page is a folder in which somebody does what it says: blocks that a page gives a name ("Save this as `card.yaml`:")
become files, and the lines that begin with `nodegraph` are run, one after the other.
"""

import ast
import json
import re
import shlex
import shutil
import tempfile
from pathlib import Path

import pytest

from docs.builder.blocks import Block, blocks as blocks_of, put_files
from nodegraph import engine, graphfile
from nodegraph.check import check
from nodegraph.cli import main
from nodegraph.cli.options import parser
from nodegraph.contract import judge
from nodegraph.models import Models
from nodegraph.packs import Catalogue
from tests.nodes.image.server import serving

pytestmark = pytest.mark.usefixtures("models_live_on", "installed_once")
ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
WALKS = [ROOT / "docs/tutorial.md", *(page for page in sorted((ROOT / "docs/howto").glob("*.md")) if page.stem != "index")]
GUIDE = ROOT / "docs/pack-guide.md"
PHOTO = ROOT / "graphs/pictures/cat.jpg"
DEAR = {"tutorial", "any-subject", "band", "compare", "continue", "continue-a-tune", "fonts-and-colours", "gif", "hires", "image-to-image",
        "inpaint", "learn-my-hand", "own-model", "prompt-weights", "prompts", "regions", "samplers", "seeds", "share", "sheet", "sound", "tune"}  # pages that paint or compose for seconds
QUICK = {r"(type: starter.paint\n +)text": r"\1steps: 4\n    text", r"steps: \d+": "steps: 4",  # what is painted is not what is tried here
         r"\[4, 12, 24\]": "[1, 2, 3]", r"minutes: 2\.0": "minutes: 0.01", "batch: 4": "batch: 1"}
SERVICE = "https://api.openai.com/v1"
WINDOWS = ("edit", "open")  # commands that want a screen
READER = {"photo.jpg", "tune.mid", "photos/*.jpg", "models/sd", "mine.ttf"}  # what a reader brings
ELSEWHERE = re.compile(r"^(graphs/|nodegraph-)")  # in the repository, or made by `pack new`


def id_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix().removeprefix("docs/")


def blocks(page: Path) -> list[Block]:
    return blocks_of(page.read_text("utf-8"))


def snippets(language: str) -> list:
    """Each once: pages in several languages share them."""
    found = {}
    for page in PAGES:
        for number, block in enumerate(blocks(page), 1):
            if block.language == language and not (page == GUIDE and language == "python" and block.file):
                found.setdefault(block.text, pytest.param(block.text, page, id=f"{id_of(page)}-{number}"))
    return list(found.values())


def commands(page: Path) -> list[str]:
    """The lines of a page that begin with `nodegraph`, without what is said behind them."""
    return [re.split(r" {2,}(?=#)| # ", line.strip().removeprefix(".venv/bin/"))[0].rstrip() for block in blocks(page)
            if block.language in ("", "sh") for line in block.text.splitlines()
            if re.match(r" *(\.venv/bin/)?nodegraph [a-z]", line)]


@pytest.fixture(scope="module")
def my_nodes(tmp_path_factory):
    """Files with the nodes that the pages declare, each once: pages in several languages share them."""
    folder, names, files = tmp_path_factory.mktemp("nodes"), set(), []
    for number, param in enumerate(snippets("python")):
        declared = set(re.findall(r'@node\("([\w.]+)"', param.values[0]))
        if declared and not declared & names:
            names |= declared
            files.append(folder / f"mine_{number}.py")
            files[-1].write_text(param.values[0], encoding="utf-8")
    return files


@pytest.fixture(scope="module")
def catalogue_of_docs(my_nodes):
    return Catalogue(folders=my_nodes)


@pytest.fixture(scope="module")
def catalogue():
    """What comes along, read once for all graphs."""
    return Catalogue()


@pytest.fixture(scope="module")
def remembered(tmp_path_factory):
    return tmp_path_factory.mktemp("remembered")


@pytest.fixture
def desk(tmp_path, monkeypatch, remembered):
    """An empty folder with a photo, a tune and a folder of photos in it, as a reader has it."""
    monkeypatch.setenv("NODEGRAPH_CACHE", str(remembered))
    monkeypatch.chdir(tmp_path)
    shutil.copy(PHOTO, tmp_path / "photo.jpg")
    shutil.copy(ROOT / "graphs" / "scores" / "amazing-grace.mid", tmp_path / "tune.mid")
    shutil.copytree(PHOTO.parent, tmp_path / "photos")
    return tmp_path


@pytest.mark.parametrize("text, page", snippets("yaml"))
def test_graphs_in_the_docs_check(text, page, catalogue_of_docs, desk, monkeypatch):
    put_files(page.read_text("utf-8"), desk)
    if page not in WALKS:
        monkeypatch.chdir(ROOT)  # where files of the project are named
    graph, problems = graphfile.parse(text)
    assert check(graph, catalogue_of_docs, problems, Models(catalogue_of_docs).find).problems == []


@pytest.mark.parametrize("code, page", snippets("python"))
def test_python_in_the_docs_runs(code, page, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path))
    exec(compile(code, "snippet", "exec"), {"__name__": "snippet"})


@pytest.mark.parametrize("page", PAGES, ids=id_of)
def test_commands_in_the_docs_can_be_typed(page, capsys):
    for line in commands(page):
        try:
            parser().parse_args(shlex.split(line)[1:])
        except SystemExit:
            pytest.fail(f"{line}: {capsys.readouterr().err}")


def test_nothing_says_to_install_a_name_that_the_index_does_not_have_of_us():
    taken = re.compile(r"""pip install [^\n`]*?(?<![\w./-])nodegraph(?![\w/-])""")
    texts = [*PAGES, *(path for room in ("nodegraph", "nodes", "editor", "benchmarks") for path in (ROOT / room).rglob("*.py"))]
    assert [path.name for path in texts if taken.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("page", WALKS, ids=id_of)
def test_files_that_commands_name_are_there_or_made_above(page):
    made: set[str] = set()
    for block in blocks(page):
        made |= {block.file} if block.file else set()
        for line in block.text.splitlines() if not block.language else ():
            words = shlex.split(line) if line.startswith("nodegraph ") else []
            made |= {words[3]} if words[1:2] == ["new"] else set()
            named = [word.rsplit("=", 1)[-1] for word in words if re.search(r"\.(yaml|py|jpg|txt)$", word)]
            assert set(named) <= made | READER, f"{line} names what is not there"


def runs_here(line: str) -> bool:
    words = shlex.split(line)
    return words[1] not in WINDOWS and not any("models/" in word or word.startswith("cuda") for word in words) \
        and words[1:3] != ["cache", "clear"]


@pytest.fixture
def service(monkeypatch):
    """The address of a picture service on this machine, which is asked in place of one on the network."""
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    with serving() as canned:
        yield canned.url


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", [pytest.param(page, marks=pytest.mark.slow if page.stem in DEAR else (), id=id_of(page))
                                  for page in WALKS])
def test_a_page_can_be_followed_from_top_to_end(page, desk, capsys, service):
    followed = 0
    for block in blocks(page):
        if block.file:
            text = block.text
            for slow, quick in QUICK.items():
                text = re.sub(slow, quick, text)
            (desk / block.file).write_text(text, encoding="utf-8")
        for line in block.text.splitlines() if not block.language else ():
            if line.startswith("nodegraph ") and runs_here(line):
                assert main(shlex.split(line.replace(SERVICE, service))[1:]) == 0, f"{line}\n{capsys.readouterr().err}"
                followed += 1
    assert followed


def test_the_pack_of_the_guide_keeps_its_contract(desk, tmp_path):
    assert main(["pack", "new", "haiku"]) == 0
    home = desk / "nodegraph-haiku"
    put_files(GUIDE.read_text("utf-8"), home)
    trials = judge(home, tmp_path / "scratch", wheel=False)
    assert len(trials) > 4 and [trial for trial in trials if trial.problem] == []
    assert main(["run", str(home / "graphs/first.yaml"), "--pack", str(home / "nodegraph_haiku")]) == 0
    assert "/" in (desk / "out/words.txt").read_text("utf-8") and len((desk / "out/poem.txt").read_text("utf-8").splitlines()) == 3


def cells(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]


def shown(code: str, names: dict):
    """Runs a cell, and gives what its last line says, as a notebook does."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last is not None else None


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.ipynb")), ids=lambda p: p.name)
def test_notebooks_run_from_top_to_end(path, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(engine, "_engine", None)
    names: dict = {"__name__": "notebook"}
    values = [shown(code, names) for code in cells(path)]
    assert any(hasattr(value, "_repr_html_") and value._repr_html_() for value in values)
    assert "hello" not in str(values) and "GOOD MORNING GOOD MORNING" in values
    assert "wrod" in capsys.readouterr().out
    engine._engine.close()


def test_every_link_in_the_docs_leads_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target.strip()).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("path", sorted((ROOT / "graphs").rglob("*.yaml")), ids=lambda p: p.name)
def test_every_graph_that_is_shipped_checks_without_a_word(path, catalogue):
    graph, problems = graphfile.read(path)
    assert check(graph, catalogue, problems, Models(catalogue).find).problems == []


@pytest.mark.parametrize("path", sorted((ROOT / "docs/examples").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_example_of_a_node_checks_and_has_the_node_in_it(path, catalogue):
    graph, problems = graphfile.read(path)
    wanted = {name for name, given in graph.inputs.items() if not given.has_default}  # what does not come along
    assert check(graph, catalogue, problems, Models(catalogue).find, given=wanted).problems == []
    assert path.stem in {node.type for node in graph.nodes.values()}


def test_every_node_type_has_an_example():
    assert set(Catalogue().node_names()) == {path.stem for path in (ROOT / "docs/examples").glob("*.yaml")}


def commands_alone(page: Path) -> list[tuple[str, str]]:
    """The blocks of a page without what is said behind a command."""
    return [(block.language, block.text if block.language else re.sub(r" +# .*", "", block.text)) for block in blocks(page)]


def test_the_readme_in_chinese_stands_beside_the_english_section_by_section():
    english, chinese = ROOT / "README.md", ROOT / "README.zh.md"
    assert commands_alone(english) == commands_alone(chinese)

    def sections(page: Path) -> list[tuple[int, int, int, list[str]]]:
        """Of each section its level, its points, its rows, and where it leads; the first lines lead to one another."""
        parts = re.split(r"^(?=#+ )", page.read_text("utf-8"), flags=re.M)[1:]
        return [(len(part) - len(part.lstrip("#")), part.count("\n- "), part.count("\n| "),
                 sorted(set(re.findall(r"\]\(([^)]+)\)", part)) - {"README.md", "README.zh.md", "docs/glossary.md"})) for part in parts]

    assert sections(english) == sections(chinese)
