"""What brings the node types of a graph: recorded in pictures and graph files, told where it is missing or another."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from nodegraph import Catalogue, Engine, PackError, graphfile, node
from nodegraph.check import check
from nodegraph.cli import main
from nodegraph.events import Finished
from nodegraph.graphfile import embedded_graph
from tests.nodegraph.test_packs import Entry, announce, importable

SHOUT = 'from nodegraph import node\n\n@node("my.shout", version=1)\ndef shout(text: str) -> str:\n    return text + "{0}"\n'
GRAPH = "nodegraph: 1\n{packs}nodes:\n  a: {{type: {type}, text: hi}}\noutputs: {{a: $a}}\n"


def dist(name, version="1.2"):
    return SimpleNamespace(read_text={"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: no"}.get)


def pack(folder, name="ramp", manifest="", suffix=""):
    """A package with the node `NAME.fill` and what else its manifest says."""
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "fill.py").write_text(SHOUT.replace("my.shout", f"{name}.fill").format(suffix))
    (folder / "pack.yaml").write_text(f"pack: {name}\nnodes: {{{name}.fill: fill}}\n{manifest}")
    return folder


@pytest.fixture
def ramp(tmp_path, monkeypatch):
    folder = pack(tmp_path / "ramp_nodes")
    importable(folder, monkeypatch)
    announce(monkeypatch, Entry("ramp", "ramp_nodes", dist("nodegraph-ramp")))
    return folder


def test_a_graph_file_records_what_brings_its_packs_and_keeps_its_comments(tmp_path, ramp, capsys):
    (tmp_path / "loose.py").write_text(SHOUT.format("!"))
    graph = tmp_path / "g.yaml"
    graph.write_text("nodegraph: 1\n# mine\nnodes:\n  a: {type: ramp.fill, text: hi}  # here\n  b: {type: my.shout, text: $a}\n"
                     "  c: {type: text.join, texts: [$a, $b]}\noutputs: {c: $c}\n")
    assert main(["check", str(graph), "--record", "--pack", str(tmp_path / "loose.py")]) == 0
    assert graphfile.read(graph)[0].packs == {"my": "loose.py (not installed)", "ramp": "nodegraph-ramp 1.2"}
    text = graph.read_text()
    assert "# mine" in text and "# here" in text and str(tmp_path) not in text
    assert main(["check", str(graph), "--record", "--pack", str(tmp_path / "loose.py")]) == 0 and graph.read_text() == text


@pytest.mark.parametrize("origin, message, hint", [
    ("nodegraph-tint 1.2", "a.type is tint.fill, and it is not here; when this was recorded nodegraph-tint 1.2 brought the pack tint",
     "Install it: pip install nodegraph-tint"),
    ("tint.py (not installed)", "a.type is tint.fill, and it is not here; the pack tint came from tint.py, which was not installed",
     "Ask for tint.py whoever made this, and name it with --pack."),
])
def test_a_node_type_that_is_missing_is_answered_with_what_brought_it(tmp_path, origin, message, hint):
    (tmp_path / "g.yaml").write_text(GRAPH.format(packs=f"packs: {{tint: {origin}}}\n", type="tint.fill"))
    graph, problems = graphfile.read(tmp_path / "g.yaml")
    problem, = check(graph, Catalogue(), problems).errors
    assert (str(problem.message), str(problem.hint)) == (message, hint)
    (tmp_path / "around.yaml").write_text("nodegraph: 1\nnodes: {g: {type: ./g.yaml}}\noutputs: {a: $g.a}\n")
    assert message in str(check(graphfile.read(tmp_path / "around.yaml")[0], Catalogue()).errors[0].message)


def test_a_text_that_is_no_distribution_is_never_offered_to_pip(tmp_path):
    (tmp_path / "g.yaml").write_text(GRAPH.format(packs='packs: {tint: "x; rm -rf ~"}\n', type="tint.fill"))
    problem, = check(graphfile.read(tmp_path / "g.yaml")[0], Catalogue()).errors
    assert problem.message.code == "node.pack-unknown"


def test_another_version_than_recorded_is_a_warning_and_what_it_lacks_an_upgrade(tmp_path, ramp):
    graph = graphfile.parse(GRAPH.format(packs="packs: {ramp: nodegraph-ramp 1.3}\n", type="ramp.fill"))[0]
    problem, = check(graph, Catalogue()).problems
    assert problem.severity == "warning" and (problem.where.line, problem.where.column) == (2, 15)
    assert str(problem.message).startswith("the pack ramp comes from nodegraph-ramp 1.2 here, and from nodegraph-ramp 1.3 when")
    graph = graphfile.parse(GRAPH.format(packs="packs: {ramp: nodegraph-ramp 1.3}\n", type="ramp.spread"))[0]
    assert check(graph, Catalogue()).errors[0].hint.endswith("pip install --upgrade nodegraph-ramp")
    graph = graphfile.parse(GRAPH.format(packs="packs: {ramp: nodegraph-ramp 1.2}\n", type="ramp.fil"))[0]
    assert "Did you mean ramp.fill" in check(graph, Catalogue()).errors[0].hint
    graph = graphfile.parse(GRAPH.format(packs="packs: {ramp: 3, text: nodegraph 0.0.1}\n", type="text.join"))
    assert [p.message.code for p in graph[1]] == ["packs.wrong"]


def test_a_picture_tells_what_brought_its_packs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("tone.py").write_text(
        "from nodegraph import node\nfrom nodegraph_nodes.media.types import Image\n\n@node('tone.plain', version=1)\n"
        "def plain(grey: float = 0.5) -> Image:\n    import torch\n    return torch.full((3, 8, 8), grey)\n")
    Path("g.yaml").write_text("nodegraph: 1\nnodes:\n  p: {type: tone.plain}\n  q: {type: picture.invert, image: $p}\noutputs: {q: $q}\n")
    assert main(["run", "g.yaml", "--cache", "none", "--pack", "tone.py", "--quiet"]) == 0
    made, = Path("out").rglob("*.png")
    packs = embedded_graph(made)[1]["versions"]["packs"]
    assert packs["tone"] == "tone.py (not installed)" and packs["picture"].startswith("nodegraph ")
    capsys.readouterr()
    assert main(["check", str(made)]) == 2
    assert "the pack tone came from tone.py, which was not installed" in capsys.readouterr().err
    assert main(["check", str(made), "--pack", "tone.py"]) == 0 and "warning" not in capsys.readouterr().err


def test_the_editor_keeps_what_is_recorded(tmp_path):
    from editor.document.document import Document

    (tmp_path / "g.yaml").write_text(GRAPH.format(packs="packs: {ramp: nodegraph-ramp 1.3}  # as made\n", type="ramp.fill"))
    document = Document.open(tmp_path / "g.yaml")
    document.edit("undo.value", document.graph.with_value("a", "text", "ho"))
    document.save()
    assert "packs: {ramp: nodegraph-ramp 1.3}  # as made" in (tmp_path / "g.yaml").read_text()
    document.save(tmp_path / "other.yaml")
    assert Document.open(tmp_path / "other.yaml").graph.packs == {"ramp": "nodegraph-ramp 1.3"}


# ---- a name belongs to one

def test_two_distributions_with_one_pack_name_are_both_refused_and_named(tmp_path, monkeypatch):
    importable(pack(tmp_path / "one/ramp_a"), monkeypatch)
    importable(pack(tmp_path / "two/ramp_b"), monkeypatch)
    announce(monkeypatch, Entry("ramp", "ramp_a", dist("alpha")), Entry("ramp", "ramp_b", dist("beta")))
    with pytest.raises(PackError, match="alpha and beta both bring a pack of this name"):
        Catalogue().nodetype("ramp.fill")
    assert Catalogue().nodetype("text.join") is not None


def test_two_distributions_with_one_package_are_refused_and_one_installed_twice_is_not(tmp_path, monkeypatch):
    importable(pack(tmp_path / "one/ramp_a"), monkeypatch)
    announce(monkeypatch, Entry("ramp", "ramp_a", dist("alpha")), Entry("ramp", "ramp_a", dist("beta")))
    with pytest.raises(PackError, match="alpha and beta both"):
        Catalogue().nodetype("ramp.fill")
    monkeypatch.undo()
    importable(tmp_path / "one/ramp_a", monkeypatch)
    announce(monkeypatch, Entry("ramp", "ramp_a", dist("my-alpha", "2")), Entry("ramp", "ramp_a", dist("My_Alpha", "1")))
    assert Catalogue().nodetype("ramp.fill").origin == "my-alpha 2" and not Catalogue().broken


def test_nodegraphs_own_packs_keep_their_names(tmp_path, monkeypatch):
    importable(pack(tmp_path / "mine", "text"), monkeypatch)
    announce(monkeypatch, Entry("text", "mine", dist("alpha")))
    assert Catalogue().nodetype("text.join").distribution == "nodegraph"
    assert "nodegraph and alpha both bring" in str(Catalogue().broken["text (alpha)"])


def test_a_broken_pack_keeps_nobody_from_a_good_one_of_its_name(ramp, tmp_path, monkeypatch):
    announce(monkeypatch, Entry("ramp", "gone_away", dist("alpha")))
    user = pack(tmp_path / "user", "user", "requires: [ramp]\n")
    assert Catalogue(folders=[user]).nodetype("user.fill") is not None and Catalogue().nodetype("ramp.fill") is not None
    assert list(Catalogue().broken) == ["ramp (alpha)"]


@pytest.mark.parametrize("kind, manifest", [("type", "types: {Image: fill}\n"), ("model", "models: {starter/poet: x}\n")])
def test_an_installed_pack_takes_no_type_or_model_of_another(tmp_path, monkeypatch, kind, manifest):
    importable(pack(tmp_path / "ramp_c", manifest=manifest), monkeypatch)
    announce(monkeypatch, Entry("ramp", "ramp_c", dist("nodegraph-ramp")))
    with pytest.raises(PackError, match=rf"pack ramp of nodegraph-ramp: the {kind} \S+ is declared by the installed pack \w+ already"):
        Catalogue().nodetype("ramp.fill")


HAT = ('from typing import Annotated, Any\nfrom nodegraph import PortType, node\n\nHat = Annotated[Any, PortType("Hat")]\n\n'
       '@node("{0}.make", version=1)\ndef make() -> Hat:\n    return 1\n')


def test_one_name_for_two_types_is_refused_whoever_declares_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text(HAT.format("aa"))
    Path("b.py").write_text(HAT.format("bb"))
    with pytest.raises(PackError, match="pack b.py: the type Hat is declared by a.py already"):
        Catalogue(folders=["a.py", "b.py"])
    for name in ("one", "two"):  # folders whose manifests do not tell of it
        pack(tmp_path / name, name)
        (tmp_path / name / "fill.py").write_text(HAT.format(name).replace(".make", ".fill"))
    catalogue = Catalogue(folders=["one", "two"])
    assert catalogue.nodetype("one.fill") is not None
    with pytest.raises(PackError, match="pack two: the type Hat is declared by one already"):
        catalogue.nodetype("two.fill")
    Path("one/pack.yaml").write_text("pack: one\nnodes: {one.fill: fill}\ntypes: {Hat: fill}\n")
    with pytest.raises(PackError, match="pack one: the type Hat is declared by a.py already"):
        Catalogue(folders=["a.py", "one"])


# ---- nodes of one name and version that are not one

def test_a_node_of_the_same_name_and_version_from_another_file_is_not_handed_the_others_answer(tmp_path):
    for name in ("aa", "bb"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shout.py").write_text(SHOUT.format(name))
        pack(tmp_path / name / "ramp", suffix=name)
    for kind, file in (("my.shout", "shout.py"), ("ramp.fill", "ramp")):
        graph = graphfile.parse(GRAPH.format(packs="", type=kind))[0]
        answers, ran = [], []
        for name in ("aa", "bb", "aa"):
            with Engine(tmp_path / "cache", packs=[tmp_path / name / file]) as engine:
                answers.append(engine.run(graph, emit=lambda event: ran.append(name) if type(event) is Finished else None)["a"])
        assert answers == ["hiaa", "hibb", "hiaa"] and ran == ["aa", "bb"]


def test_functions_given_in_python_count_by_their_code_too(tmp_path):
    def made(ending):
        @node("my.shout", version=1)
        def shout(text: str) -> str:
            return text + ending
        return shout
    graph = graphfile.parse(GRAPH.format(packs="", type="my.shout"))[0]
    answers = []
    for ending in ("!", "?"):
        with Engine(tmp_path / "cache", functions=[made(ending)]) as engine:
            answers.append(engine.run(graph)["a"])
    assert answers == ["hi!", "hi?"]


def test_an_installed_pack_counts_by_the_version_that_it_declares(ramp, tmp_path):
    from nodegraph.plan.keys import base

    nodetype = Catalogue().nodetype("ramp.fill")
    assert nodetype.installed and not nodetype._code and base(nodetype, {"text": "a"}, ()) and not nodetype._code
    assert json.dumps(nodetype.origin) == '"nodegraph-ramp 1.2"'
