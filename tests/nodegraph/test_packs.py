"""Packs: found by manifest, imported when needed, and one that is broken spoils no other."""

from __future__ import annotations

import sys

import pytest

from nodegraph import Catalogue, PackError
from nodegraph.packs import read_pack

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
    assert not any(name.endswith(".make") and "hats" in name for name in sys.modules)
    assert catalogue.nodetype("hats.make").outputs["hat"].type is catalogue.porttype("Hat")
    assert catalogue.nodetype("hats.none") is None and catalogue.nodetype("none") is None
    with pytest.raises(PackError, match="says that hats.lost is in make"):
        catalogue.nodetype("hats.lost")


@pytest.mark.parametrize("manifest, words", [
    ("", "the file is empty"), ("- a\n", "holds a list"), ("pack: hats\nnodse: {}\n", "Did you mean nodes?"), ("title: x\n", "pack is empty"),
    ("pack: 7\n", "pack is 7"), ("pack: a b\n", "one word"), ("pack: hats\nnodes: [hats.make]\n", "nodes is a list"),
    ("pack: hats\nnodes: {caps.make: make}\n", "must begin with the pack's name, hats."), ("pack: hats\nnodes: {hats.make: 3}\n", "is 3"),
    ("pack: hats\nnodes: {hats.make: }\n", "is empty; it takes the module"), ("pack: hats\nmodels: x\n", "models is 'x'"),
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
    (tmp_path / "more/json.py").write_text(MODULE.replace("hats", "caps"))
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


def test_a_broken_installed_pack_spoils_no_other(monkeypatch):
    class Entry:
        name, value = "sorry", "nowhere.to.be.found"

    import importlib.metadata as metadata

    real = metadata.entry_points
    monkeypatch.setattr(metadata, "entry_points", lambda **group: [Entry, *real(**group)])
    catalogue = Catalogue()
    assert "text.compose" in catalogue.node_names()
    with pytest.raises(PackError, match="reinstall"):
        catalogue.nodetype("sorry.one")
