"""Composing, joining, splitting and reading words."""

import pytest

from nodegraph import InputError
from nodegraph_nodes.text.words import compose, join, lines, read


def test_each_field_of_a_template_is_filled_and_doubled_braces_are_plain():
    assert compose("{subject}, {style} {{not this}}", subject="诗", style="ink") == "诗, ink {not this}"


def test_words_that_look_like_fields_are_not_filled_again():
    assert compose("{a}{b}", a="{b}", b="x") == "{b}x"


@pytest.mark.parametrize("template, named", [
    ("a {colour} boat", "{colour}"), ("{subject.__class__}", "{subject.__class__}"), ("{a[0]}", "{a[0]}"),
    ("{subject:>9}", "{subject:>9}"), ("{a!r}", "{a!r}"), ("{}", "{}"),
])
def test_an_unknown_field_is_named_beside_those_there_are(template, named):
    with pytest.raises(InputError) as caught:
        compose(template)
    assert named in str(caught.value) and "{subject}, {mood}, {style}, {a}, {b}, {c}" in str(caught.value)


def test_a_brace_left_open_is_told_with_the_way_to_write_one():
    with pytest.raises(InputError, match="{{ and }}"):
        compose("a { b")


def test_lines_joined_and_split_again_are_the_same():
    assert lines(join(["one", "two", "three"])) == ["one", "two", "three"]
    assert lines("one\n\n  two \n") == ["one", "two"]
    assert lines("one\n\ntwo", keep_empty=True) == ["one", "", "two"]


def test_a_text_file_is_read_without_its_byte_order_mark(tmp_path):
    (tmp_path / "a.txt").write_bytes("\N{BOM}诗\n".encode())
    assert read(tmp_path / "a.txt") == "诗\n"


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="a.bin is not a UTF-8 text"):
        read(tmp_path / "a.bin")
    with pytest.raises(InputError, match="there is no file"):
        read(tmp_path / "absent")
