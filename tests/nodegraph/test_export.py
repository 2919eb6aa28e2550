"""Values as files: whole or not at all, never over another's, with names that every system takes."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from nodegraph import InputError
from nodegraph.digest import ListDigest
from nodegraph.export import bare_digest, depth_of, export, find_same, leaves, safe_name
from nodegraph.types import ANY, INT, TEXT


def test_a_taken_name_gives_way_unless_it_may_be_written_over(tmp_path):
    names = [export(TEXT, text, tmp_path, "verse", overwrite=over)[0].name
             for text, over in (("a", False), ("b", False), ("c", False), ("d", True))]
    assert names == ["verse.txt", "verse-2.txt", "verse-3.txt", "verse.txt"]
    assert (tmp_path / "verse.txt").read_text() == "d\n"


def test_a_list_is_a_family_of_files_under_one_name(tmp_path):
    assert [p.name for p in export(TEXT, ["a", "b"], tmp_path, "v", depth=1)] == ["v.1.txt", "v.2.txt"]
    assert [p.name for p in export(TEXT, ["c"], tmp_path, "v", depth=1)] == ["v-2.1.txt"]
    assert export(TEXT, [], tmp_path, "w", depth=1) == []


def test_the_ending_chooses_how_a_value_is_written(tmp_path):
    path, = export(TEXT, "é", tmp_path, "v", extension="json")
    assert path.read_text(encoding="utf-8") == '"é"\n'
    with pytest.raises(InputError, match="Int is written as json, txt, not as png"):
        export(INT, 3, tmp_path, "v", extension="png")


def test_what_fails_half_way_leaves_nothing_behind(tmp_path):
    with pytest.raises(InputError, match="cannot be written as JSON"):
        export(ANY, {"a": object()}, tmp_path, "v")
    with pytest.raises(UnicodeEncodeError):
        export(TEXT, "\ud800", tmp_path, "v")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text, name", [
    ("verse", "verse"), ("loud.times=2", "loud.times=2"), ("a/b\\c:d", "a_b_c_d"), ("../../etc/passwd", "etc_passwd"), ("", "value"),
    ("...", "value"), ("con", "_con"), ("NUL.x", "_NUL.x"), ("console", "console"), ("com1", "_com1"), ("a.", "a"), ("红船", "红船"),
    ("x\0y\nz", "x_y_z"), ("a" * 500, "a" * 120),
])
def test_names_are_made_fit_for_any_system(text, name):
    assert safe_name(text) == name


@given(st.lists(st.text(max_size=80) | st.sampled_from(["a", "A", "a-2", "a b", "a_b"]), max_size=8))
def test_names_made_together_are_told_apart_on_any_system(texts):
    taken: set[str] = set()
    names = [safe_name(text, taken) for text in texts]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert 0 < len(name.encode()) <= 125 and not set(name) & set('/\\:*?"<>|\0') and name[-1] not in ". " and name[0] != "."


def test_the_longest_name_can_be_written(tmp_path):
    path, = export(TEXT, "x", tmp_path, safe_name("红" * 300))
    assert path.read_text() == "x\n"


def test_a_list_of_lists_is_numbered_twice(tmp_path):
    nested = [["a"], [], ["b", "c"]]
    assert [p.name for p in export(TEXT, nested, tmp_path, "v", depth=2)] == ["v.1.1.txt", "v.3.1.txt", "v.3.2.txt"]
    assert [p.name for p in export(TEXT, [["d"]], tmp_path, "v", depth=2)] == ["v-2.1.1.txt"]
    assert leaves([[["a"]], []], 3) == {".1.1.1": "a"} and leaves("a", 0) == {"": "a"} and leaves([], 2) == {}


def test_the_digests_of_lists_have_the_shape_of_the_lists():
    digest = ListDigest.of([ListDigest.of([]), ListDigest.of([b"x", b"y"])])
    assert leaves(digest, 2) == {".2.1": b"x", ".2.2": b"y"}
    assert [depth_of(d) for d in (digest, ListDigest.of([]), b"x")] == [2, 1, 0]


def test_what_was_written_before_is_known_again_by_what_is_in_it(tmp_path):
    contents = {tail: bare_digest(path) for tail, path in
                zip((".1.1", ".2.1"), export(TEXT, [["a"], ["b"]], tmp_path, "v", depth=2))}
    again = find_same(contents, tmp_path, "v", "txt")
    assert [path.name for path in again] == ["v.1.1.txt", "v.2.1.txt"]
    (tmp_path / "v.2.1.txt").write_text("mine now")
    assert find_same(contents, tmp_path, "v", "txt") is None
