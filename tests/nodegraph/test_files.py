"""Digests of files outside: computed once for each state that a file is in, and anew when anything about it changes."""

import os
from pathlib import Path

import pytest

from nodegraph.cache import files as files_module
from nodegraph.cache.files import Files, content_digest, file_stamp
from nodegraph.cache.index import Index


class Counted:
    """Digests of files, and how often one was computed."""

    def __init__(self):
        self.calls = 0

    def __call__(self, path: Path) -> bytes:
        self.calls += 1
        return content_digest(path)


@pytest.fixture(params=["memory", "index"])
def digests(request, tmp_path, monkeypatch):
    monkeypatch.setattr(files_module, "GRAIN", 0)
    if request.param == "memory":
        yield Files()
        return
    index = Index(tmp_path / "cache", pytest.fail)
    files = Files(index)
    real, files.digest = files.digest, lambda path, compute: (files.clear(), real(path, compute))[1]
    yield files
    index.close()


def test_a_file_is_read_once_while_it_stays_what_it_is(tmp_path, digests):
    path, compute = tmp_path / "f", Counted()
    path.write_text("one")
    assert digests.digest(path, compute) == digests.digest(tmp_path / "." / "f", compute) == content_digest(path)
    assert compute.calls == 1


def rewritten(path: Path) -> None:
    stat = path.stat()
    path.write_text("two")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("two")
    stat = path.stat()
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    os.replace(other, path)


def lengthened(path: Path) -> None:
    path.write_text("three")


@pytest.mark.parametrize("change", [rewritten, replaced, lengthened])
def test_a_file_that_changed_is_read_again_whatever_its_time_says(tmp_path, digests, change):
    path, compute = tmp_path / "f", Counted()
    path.write_text("one")
    digests.digest(path, compute)
    change(path)
    assert digests.digest(path, compute) == content_digest(path) and compute.calls == 2


def test_a_file_that_changed_just_now_is_not_taken_for_settled(tmp_path):
    files, compute = Files(), Counted()
    path = tmp_path / "f"
    path.write_text("one")
    os.utime(path, (1, 1))  # an old file, copied here this moment with its time
    for _ in range(2):
        files.digest(path, compute)
    assert compute.calls == 2


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(files_module, "GRAIN", 0)
    files, path = Files(), tmp_path / "f"
    path.write_text("one")

    def compute(path: Path) -> bytes:
        digest = content_digest(path)
        if path.read_text() == "one":
            path.write_text("other")
        return digest

    files.digest(path, compute)
    assert files.digest(path, compute) == content_digest(path)


def test_a_stamp_tells_size_times_and_inode(tmp_path):
    path = tmp_path / "f"
    path.write_text("one")
    stat = path.stat()
    assert file_stamp(path) == (3, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    with pytest.raises(OSError):
        file_stamp(tmp_path / "none")
