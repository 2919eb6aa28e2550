"""Files that someone has open or mapped can be neither taken away nor replaced on Windows: simulated here."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch

from nodegraph import wholefile
from nodegraph.cache import Cache
from nodegraph.cache.values import prepare
from nodegraph.types import ANY
from nodegraph.wholefile import put_in_place, take_away, whole_file


class Windows:
    """What the system refuses while files are held. left: of how many more times; None for as long as they are."""

    def __init__(self, monkeypatch):
        self.held, self.left, self.refused = set(), None, 0
        self.replace, self.unlink = os.replace, os.unlink
        monkeypatch.setattr(os, "replace", lambda part, path: (self.ask(path), self.replace(part, path))[1])
        monkeypatch.setattr(os, "unlink", lambda path, **more: (self.ask(path), self.unlink(path, **more))[1])
        monkeypatch.setattr(wholefile, "WAITS", (0, 0))

    def ask(self, path) -> None:
        if str(path) in self.held and self.left != 0:
            self.left = self.left - 1 if self.left else self.left
            self.refused += 1
            raise PermissionError(errno.EACCES, "The process cannot access the file", str(path))


@pytest.fixture
def windows(monkeypatch):
    return Windows(monkeypatch)


@pytest.fixture
def stored(tmp_path):
    """A cache with one tensor on disk and in use: the cache, the digest, the file, what it warned of."""
    warnings: list[str] = []
    cache = Cache(tmp_path / "cache", warn=warnings.append)
    prepared = prepare(ANY, torch.arange(1000.0))
    cache.store(ANY, prepared, 1.0)
    cache.disk.commit()
    yield cache, prepared, cache.disk.objects.path(prepared.digest), warnings
    cache.close()


def test_a_file_that_is_held_for_a_moment_is_replaced_in_the_end(tmp_path, windows):
    path = tmp_path / "a.txt"
    path.write_text("old")
    windows.held, windows.left = {str(path)}, 2
    with whole_file(path) as part:
        part.write_text("new")
    assert path.read_text() == "new" and windows.refused == 2 and list(tmp_path.iterdir()) == [path]


def test_a_file_that_stays_held_is_told_of_and_kept_and_nothing_is_left_beside_it(tmp_path, windows):
    path = tmp_path / "a.txt"
    path.write_text("old")
    windows.held = {str(path)}
    with pytest.raises(PermissionError), whole_file(path) as part:
        part.write_text("new")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path] and windows.refused == 3
    assert not take_away(path) and path.exists()
    windows.held = set()
    assert take_away(path) and take_away(path) and not path.exists()


def test_a_folder_that_may_not_be_written_to_is_not_waited_for(tmp_path, windows):
    windows.held = {str(tmp_path / "new")}
    (tmp_path / "part").touch()
    with pytest.raises(PermissionError):
        put_in_place(tmp_path / "part", tmp_path / "new")
    assert windows.refused == (3 if os.name == "nt" else 1)


def test_a_value_whose_file_is_mapped_is_pruned_now_and_its_file_later(stored, windows):
    cache, prepared, path, warnings = stored
    mapped = cache.disk.object(prepared.digest)[1][0]
    windows.held = {str(path)}
    assert cache.disk.prune(0)[0] == 1 and path.exists() and not cache.disk.has(prepared.digest)
    assert mapped.sum() == 499500
    windows.held = set()
    os.utime(path, (0, 0))
    cache.disk.prune(0)
    assert not path.exists() and warnings == []


def test_a_value_whose_old_file_is_mapped_is_kept_again_where_that_is_the_same(stored, windows):
    cache, prepared, path, warnings = stored
    mapped = cache.disk.object(prepared.digest)[1][0]
    windows.held = {str(path)}
    cache.disk.objects.forget(prepared.digest)
    assert cache.disk.put(prepared, 1.0) and torch.equal(cache.disk.object(prepared.digest)[1][0], mapped)
    assert windows.refused and warnings == [] and cache.disk.index.takes
    assert [p for p in path.parent.iterdir() if p != path] == []


def test_a_damaged_file_that_is_mapped_is_told_of_and_the_cache_goes_on(stored, windows):
    cache, prepared, path, warnings = stored
    path.write_bytes(b"x" * 100)
    windows.held = {str(path)}
    assert not cache.disk.put(prepared, 1.0)
    assert len(warnings) == 1 and "cannot be written to disk (The process cannot access the file)" in warnings[0]
    other = prepare(ANY, torch.ones(2000))
    assert cache.disk.put(other, 1.0) and cache.disk.has(other.digest)


def test_clearing_tells_of_the_files_that_stay(stored, windows):
    cache, prepared, path, warnings = stored
    windows.held = {str(path)}
    cache.disk.clear()
    assert path.exists() and not cache.disk.has(prepared.digest)
    assert len(warnings) == 1 and warnings[0].startswith("1 files in ") and "are in use" in warnings[0]
    windows.held = set()
    cache.disk.clear()
    assert not path.exists() and len(warnings) == 1


def test_an_output_that_a_viewer_holds_open_fails_alone_and_is_told(tmp_path, windows, monkeypatch, capsys):
    from nodegraph.cli import main

    monkeypatch.chdir(tmp_path)
    Path("g.yaml").write_text("nodegraph: 1\nnodes:\n  a: {type: text.join, texts: [one]}\n  b: {type: text.join, texts: [two]}\n"
                              "outputs: {a: $a, b: $b}\n")
    assert main(["run", "g.yaml", "--cache", "none", "--quiet"]) == 0
    held = next(Path("out").rglob("a*.txt"))
    other = next(Path("out").rglob("b*.txt"))
    Path("g.yaml").write_text(Path("g.yaml").read_text().replace("one", "uno").replace("two", "due"))
    windows.held = {str(held), str(held.resolve())}
    assert main(["run", "g.yaml", "--cache", "none", "--quiet", "--overwrite"]) == 1
    assert "The process cannot access the file" in capsys.readouterr().err
    assert held.read_text().strip() == "one" and other.read_text().strip() == "due"
    assert not list(Path("out").rglob("*.part*"))
