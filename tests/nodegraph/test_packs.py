"""Packs: found by manifest, imported when needed, and one that is broken spoils no other."""

from __future__ import annotations

import importlib.metadata as metadata
import sys
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from nodegraph import Catalogue, PackError
from nodegraph.packs import read_pack
from nodegraph.packs.loose import module_name

MODULE = '''
from typing import Annotated, Any
from nodegraph import PortType, node

Hat = Annotated[Any, PortType("Hat")]

@node("hats.make", version=1)
def make(size: int = 3) -> Hat:
    """Make a hat."""
    return size
'''


@pytest.fixture
def hats(tmp_path):
    folder = tmp_path / "hats"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "make.py").write_text(MODULE)
    (folder / "pack.yaml").write_text("pack: hats\nversion: 1.0\nnodes: {hats.make: make, hats.lost: make}\n"
                                      "types: {Hat: make}\nmodels: {hats/big: models/big}\n")
    return folder


def test_a_pack_is_known_before_it_is_imported(hats):
    catalogue = Catalogue(folders=[hats], installed=False)
    assert catalogue.node_names() == ["hats.lost", "hats.make"] and "Hat" in catalogue.type_names()
    assert catalogue.model_folder("hats/big") == hats / "models/big"
    assert f"{module_name(hats)}.make" not in sys.modules
    assert catalogue.nodetype("hats.make").outputs["hat"].type is catalogue.porttype("Hat")
    assert catalogue.nodetype("hats.none") is None and catalogue.nodetype("none") is None
    with pytest.raises(PackError, match="says that hats.lost is in make"):
        catalogue.nodetype("hats.lost")


@pytest.mark.parametrize("manifest, words", [
    ("", "the file is empty"), ("- a\n", "holds a list"), ("pack: hats\nnodse: {}\n", "Did you mean nodes?"), ("title: x\n", "pack is empty"),
    ("pack: 7\n", "pack is 7"), ("pack: a b\n", "one word"), ("pack: hats\nnodes: [hats.make]\n", "nodes is a list"),
    ("pack: hats\nnodes: {caps.make: make}\n", "must begin with the pack's name, hats."), ("pack: hats\nnodes: {hats.make: 3}\n", "is 3"),
    ("pack: hats\nnodes: {hats.make: }\n", "is empty; it takes the module"), ("pack: hats\nmodels: x\n", "models is 'x'"),
    ("pack: hats\nrequires: media\n", "requires is 'media'; it takes a list of packs"), ("pack: hats\nrequires: [3]\n", "requires is a list"),
    ("pack: hats\npack: hats\n", "stands twice"), ("pack: {\n", "not closed"), ("pack: \xff", "not UTF-8"),
])
def test_a_manifest_that_is_wrong_says_how(hats, manifest, words):
    (hats / "pack.yaml").write_bytes(manifest.encode("latin-1"))
    with pytest.raises(PackError) as caught:
        read_pack("hats", hats)
    assert words in str(caught.value) and "pack.yaml" in str(caught.value)


def test_what_is_no_pack_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    for name, words in (("empty", "has an __init__.py"), ("notes.txt", "neither a folder nor a Python file"), ("no.py", "no such file")):
        with pytest.raises(PackError, match=words):
            Catalogue(folders=[tmp_path / name], installed=False)
    (tmp_path / "empty/__init__.py").touch()
    with pytest.raises(PackError, match="every pack has a pack.yaml"):
        Catalogue(folders=[tmp_path / "empty"], installed=False)
    with pytest.raises(PackError, match="declare it with @node"):
        Catalogue([len], installed=False)


def test_a_loose_file_stands_in_nobodys_way(tmp_path):
    (tmp_path / "json.py").write_text(MODULE)
    (tmp_path / "more").mkdir()
    (tmp_path / "more/json.py").write_text(MODULE.replace("hats", "caps").replace("Hat", "Cap"))
    catalogue = Catalogue(folders=[tmp_path / "json.py", tmp_path / "more/json.py"], installed=False)
    assert catalogue.node_names() == ["caps.make", "hats.make"]
    assert hasattr(sys.modules["json"], "dumps")


def test_packs_import_their_own_files_relatively(hats):
    (hats / "make.py").write_text("from .inner import make\n")
    (hats / "inner.py").write_text(MODULE)
    assert Catalogue(folders=[hats], installed=False).nodetype("hats.make") is not None


def test_a_loose_file_is_told_of_as_its_user_knows_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-p2.py").write_text("from nodegraph import node\n\n@node('p2.roll')\ndef rol(sides) -> int: ...\n")
    assert refused("my-p2.py") == ("pack my-p2.py: node p2.roll (rol in my-p2.py): sides has no annotation, "
                                   "so nothing can be checked")
    (tmp_path / "my-p2.py").write_text("x = 1\n1 / 0\n")
    assert refused("./my-p2.py") == "pack my-p2.py: it cannot be imported: my-p2.py:2: ZeroDivisionError: division by zero"
    assert "nodegraph_loose" not in refused(tmp_path / "my-p2.py")


def test_a_module_that_a_pack_lacks_is_told_with_the_nearest(hats, monkeypatch):
    monkeypatch.chdir(hats.parent)
    (hats / "pack.yaml").write_text("pack: hats\nnodes: {hats.make: maek, hats.deep: deep.down, hats.lost: lost}\n")
    (hats / "deep").mkdir()
    (hats / "deep/dawn.py").touch()
    (hats / "lost.py").write_text("\nfrom .makee import make\n")
    catalogue = Catalogue(folders=["hats"], installed=False)
    for name, words in [
        ("hats.make", "pack hats: its pack.yaml names the module maek, and there is none in hats. Did you mean make?"),
        ("hats.deep", "its pack.yaml names the module deep.down, and there is none in hats. Did you mean deep.dawn?"),
        ("hats.lost", "pack hats: hats/lost.py:2 names the module makee, and there is none in hats. Did you mean make?"),
    ]:
        with pytest.raises(PackError) as caught:
            catalogue.nodetype(name)
        assert words in str(caught.value).replace("\\", "/") and "install" not in str(caught.value)


def test_a_library_that_is_missing_is_told_with_the_line_that_imports_it(hats, monkeypatch):
    monkeypatch.chdir(hats.parent)
    (hats / "make.py").write_text("from .inner import make\n")
    (hats / "inner.py").write_text("\n\nimport nowhere_to_be_found\n")
    with pytest.raises(PackError) as caught:
        Catalogue(folders=["hats"], installed=False).nodetype("hats.make")
    assert str(caught.value).replace("\\", "/") == (
        "pack hats: hats/make.py cannot be imported: hats/inner.py:3: No module named 'nowhere_to_be_found'; "
        "install what it needs into this environment")
    (hats / "inner.py").write_text("from json import nothing\n")
    with pytest.raises(PackError, match="ImportError: cannot import name 'nothing'") as caught:
        Catalogue(folders=["hats"], installed=False).nodetype("hats.make")
    assert "install" not in str(caught.value)


def refused(path) -> str:
    with pytest.raises(PackError) as caught:
        Catalogue(folders=[path], installed=False)
    return str(caught.value)


class Entry(NamedTuple):
    """An entry point, as a distribution brings it."""

    name: str
    value: str
    dist: Any = SimpleNamespace(read_text={"METADATA": "Metadata-Version: 2.1\nName: strange\n\nName: other"}.get)


def importable(folder, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == folder.name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(folder.parent))


def announce(monkeypatch, *entries):
    """Let these stand before the packs that are installed."""
    real = metadata.entry_points
    monkeypatch.setattr(metadata, "entry_points", lambda **group: [*entries, *real(**group)])


def test_a_broken_installed_pack_spoils_no_other(monkeypatch):
    announce(monkeypatch, Entry("sorry", "nowhere.to.be.found"))
    catalogue = Catalogue()
    assert "text.compose" in catalogue.node_names()
    with pytest.raises(PackError, match="reinstall"):
        catalogue.nodetype("sorry.one")


def test_an_installed_pack_goes_by_one_name_and_is_brought_by_one_distribution(hats, monkeypatch):
    importable(hats, monkeypatch)
    announce(monkeypatch, Entry("caps", "hats"), Entry("text", "nodegraph_nodes.music"), Entry("style", "hats"))
    broken = Catalogue().broken
    assert str(broken["caps"]).endswith("pack is hats, and the installed entry point calls it caps; call both the same")
    assert "pack is music" in str(broken["text (strange)"]) and Catalogue().nodetype("text.join") is not None
    monkeypatch.undo()
    importable(hats, monkeypatch)
    announce(monkeypatch, Entry("hats", "hats"), Entry("hats", "nodegraph_nodes.mix", SimpleNamespace(read_text={"PKG-INFO": "name: other"}.get)))
    assert list(Catalogue().broken) == ["hats (other)"] and Catalogue().nodetype("hats.make") is not None


def test_a_node_knows_the_distribution_that_brought_it(hats, monkeypatch):
    importable(hats, monkeypatch)
    announce(monkeypatch, Entry("hats", "hats"))
    assert Catalogue(folders=[hats]).nodetype("hats.make").distribution == "strange"
    assert Catalogue().nodetype("hats.make") is Catalogue().nodetype("hats.make")
    assert Catalogue().nodetype("text.join").distribution == "nodegraph"
    monkeypatch.undo()
    assert Catalogue(folders=[hats], installed=False).nodetype("hats.make").distribution == "the folder of hats"


# ---- what is not installed beside what is

JOIN = "from nodegraph import node\n\n@node('text.{0}', version=1)\ndef f(text: str) -> str:\n    return text\n"


def test_a_loose_file_adds_to_a_pack_and_hides_nothing_of_it(tmp_path):
    (tmp_path / "my.py").write_text(JOIN.format("join2"))
    catalogue = Catalogue(folders=[tmp_path / "my.py"])
    names = [name for name in Catalogue().node_names() if name.startswith("text.")]
    assert [name for name in catalogue.node_names() if name.startswith("text.")] == sorted([*names, "text.join2"])
    assert catalogue.nodetype("text.compose") is Catalogue().nodetype("text.compose")
    assert catalogue.nodetype("text.join2").distribution == "" and catalogue.packs["text"].title == Catalogue().packs["text"].title


def test_a_loose_folder_adds_to_a_pack_and_hides_nothing_of_it(hats):
    (hats / "pack.yaml").write_text("pack: text\nnodes: {text.hat: make}\ntypes: {Hat: make}\nmodels: {text/hat: hat}\n")
    (hats / "make.py").write_text(MODULE.replace("hats.make", "text.hat"))
    catalogue = Catalogue(folders=[hats])
    assert {"text.hat", "text.join"} <= catalogue.packs["text"].nodes.keys()
    assert catalogue.nodetype("text.hat") is not None and catalogue.nodetype("text.join") is not None
    assert catalogue.porttype("Hat").name == "Hat" and catalogue.model_folder("text/hat") == hats / "hat"


def test_a_name_that_is_taken_is_refused(tmp_path, hats, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.py").write_text(JOIN.format("join"))
    with pytest.raises(PackError) as caught:
        Catalogue(folders=["my.py"])
    assert str(caught.value) == ("pack my.py: the node text.join is declared by the installed pack text already; "
                                 "give it another name")
    assert Catalogue(folders=["my.py"], installed=False).node_names() == ["text.join"]
    (tmp_path / "my.py").write_text(MODULE)
    (tmp_path / "other.py").write_text(MODULE)
    for folders, words in [
        (["my.py", "other.py"], "pack other.py: the node hats.make is declared by my.py already"),
        (["my.py", "hats"], "pack hats: the node hats.make is declared by my.py already"),
        (["hats", "my.py"], "pack my.py: the node hats.make is declared by the pack in hats already"),
    ]:
        with pytest.raises(PackError) as caught:
            Catalogue(folders=folders, installed=False)
        assert words in str(caught.value)
    (tmp_path / "my.py").write_text(MODULE + JOIN.format("twice") + JOIN.format("twice").replace("def f", "def g"))
    with pytest.raises(PackError, match="the node text.twice is declared by my.py already"):
        Catalogue(folders=["my.py"], installed=False)


@pytest.mark.parametrize("manifest, words", [
    ("nodes: {text.join: make}", "the node text.join"), ("types: {Image: make}", "the type Image"),
    ("models: {starter/poet: x}", "the model starter/poet"),
])
def test_a_loose_folder_takes_no_name_of_an_installed_pack(hats, manifest, words):
    (hats / "pack.yaml").write_text(f"pack: text\n{manifest}\n")
    with pytest.raises(PackError, match=f"{words} is declared by the installed pack [a-z]+ already"):
        Catalogue(folders=[hats])


def test_a_loose_file_may_use_the_nodes_and_types_of_installed_packs_but_not_replace_a_type(tmp_path):
    use = "from nodegraph_nodes.text.words import join\nfrom nodegraph_nodes.media.types import Image\n"
    (tmp_path / "my.py").write_text(use + JOIN.format("join2").replace("-> str", "-> Image"))
    catalogue = Catalogue(folders=[tmp_path / "my.py"])
    assert catalogue.nodetype("text.join2").outputs["image"].type is Catalogue().porttype("Image")
    assert catalogue.nodetype("text.join") is Catalogue().nodetype("text.join")
    (tmp_path / "my.py").write_text(MODULE.replace("Hat", "Image"))
    with pytest.raises(PackError, match="the type Image is declared by the installed pack media already"):
        Catalogue(folders=[tmp_path / "my.py"])


def test_one_path_given_twice_is_one_pack(hats, monkeypatch):
    (hats.parent / "my.py").write_text(JOIN.format("join2"))
    monkeypatch.chdir(hats.parent)
    assert "text.join2" in Catalogue(folders=["my.py", "./my.py", hats, "hats"]).node_names()


def test_functions_come_before_packs(hats):
    from nodegraph import node

    @node("hats.make", version=2)
    def mine(size: int = 3) -> str: ...
    catalogue = Catalogue([mine], folders=[hats], installed=False)
    assert catalogue.porttype("Hat") is not None and catalogue.nodetype("hats.make") is mine.__nodetype__


def test_a_pack_that_is_required_and_not_there_is_named(hats, monkeypatch):
    (hats / "pack.yaml").write_text("pack: hats\nrequires: [media, shoes]\nnodes: {hats.make: make}\n")
    (hats / "make.py").write_text("import shoes\n")
    with pytest.raises(PackError) as caught:
        Catalogue(folders=[hats]).nodetype("hats.make")
    assert str(caught.value) == ("pack hats requires the pack shoes, and there is none; "
                                 "install it, or name its folder with --pack")
    announce(monkeypatch, Entry("shoes", "nowhere.to.be.found"))
    with pytest.raises(PackError, match="hats requires the pack shoes, which cannot be read: pack shoes: .* reinstall"):
        Catalogue(folders=[hats]).nodetype("hats.make")
    monkeypatch.undo()
    shoes = hats.with_name("shoes")
    shoes.mkdir()
    (shoes / "__init__.py").touch()
    (shoes / "pack.yaml").write_text("pack: shoes\n")
    (hats / "make.py").write_text(MODULE)
    assert Catalogue(folders=[hats, shoes]).nodetype("hats.make") is not None
