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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_text_is_read_by_its_byte_order_mark(tmp_path, encoding):
    (tmp_path / "a.txt").write_bytes("h\u00e9llo 诗 \U0001f98a\r\nzwei\rdrei".encode(encoding))
    assert read(tmp_path / "a.txt") == "h\u00e9llo 诗 \U0001f98a\nzwei\ndrei"


def test_big_endian_marks_are_known_too(tmp_path):
    for name, mark in (("utf-16-be", b"\xfe\xff"), ("utf-32-be", b"\0\0\xfe\xff")):
        (tmp_path / "a.txt").write_bytes(mark + "诗 a".encode(name))
        assert read(tmp_path / "a.txt") == "诗 a"


@pytest.mark.parametrize("encoding, words", [
    ("gbk", "你好，世界。这是一个简单的文本文件，用来测试编码。"), ("gb2312", "你好，世界。"), ("big5", "你好，世界。這是一個簡單的文字檔。"),
    ("shift_jis", "こんにちは世界。これはテストです。"), ("euc-jp", "こんにちは世界。"), ("euc-kr", "안녕하세요 세계."),
    ("latin-1", "où êtes-vous allés?"), ("cp1252", "“Grüße”"), ("cp1251", "Привет, мир."), ("KOI8-R", "Привет"),
    ("utf-16-le", "héllo"),
])
def test_an_encoding_that_is_named_is_read(tmp_path, encoding, words):
    (tmp_path / "a.txt").write_bytes(words.encode(encoding))
    assert read(tmp_path / "a.txt", encoding) == words


@pytest.mark.parametrize("encoding, words, said", [
    ("gbk", "你好，世界。这是一个简单的文本文件，用来测试编码。",
     r"the byte 0xc4 on line 2; it seems to be GBK \(Chinese\): set encoding: gb18030"),
    ("shift_jis", "こんにちは世界。これはテストです。", "it seems to be Shift-JIS .*: set encoding: cp932"),
    ("big5", "你好，世界。這是一個簡單的文字檔。", "it seems to be Big5"), ("euc-kr", "안녕하세요 세계. 이것은 테스트입니다.", "it seems to be EUC-KR"),
    ("cp1251", "Привет, мир. Это простой текст для проверки.", "it seems to be Windows-1251 .*set encoding: cp1251"),
    ("latin-1", "Le café est fermé, où êtes-vous allés?",
     "it seems to be Windows-1252 or Latin-1 .*set encoding: cp1252"),
    ("utf-16-le", "plain letters", "seems to be UTF-16 without a byte order mark; set encoding: utf-16-le"),
    ("utf-16-be", "plain letters", "seems to be UTF-16 without a byte order mark; set encoding: utf-16-be"),
    ("utf-32-le", "plain letters", "seems to be UTF-32 without a byte order mark; set encoding: utf-32-le"),
])
def test_another_encoding_is_named_with_what_to_set(tmp_path, encoding, words, said):
    (tmp_path / "a.txt").write_bytes(("one\n" * ("utf" not in encoding) + words).encode(encoding))
    with pytest.raises(InputError, match=said) as caught:
        read(tmp_path / "a.txt")
    assert "\n" not in str(caught.value)
    name = str(caught.value).partition("set encoding: ")[2].split()[0].rstrip(",")
    assert read(tmp_path / "a.txt", name).endswith(words)


def test_a_few_letters_that_may_be_of_several_languages_are_told_with_all(tmp_path):
    (tmp_path / "a.txt").write_bytes("春眠不覺曉，處處聞啼鳥。".encode("big5"))
    with pytest.raises(InputError, match="set encoding: cp949 .or, where its letters are wrong then, cp932 or big5.,"):
        read(tmp_path / "a.txt")


def test_utf_8_that_is_cut_within_a_letter_is_called_that(tmp_path):
    (tmp_path / "a.txt").write_bytes("один два".encode()[:-1])
    with pytest.raises(InputError, match="seems to be UTF-8 that is cut off"):
        read(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_bytes("Café".encode("latin-1"))
    with pytest.raises(InputError, match="Windows-125|save it as UTF-8") as caught:
        read(tmp_path / "b.txt")
    assert "cut off" not in str(caught.value)


def test_a_wrong_encoding_is_told_with_the_place_and_the_likely_one(tmp_path):
    (tmp_path / "a.txt").write_bytes("eins\n你好，世界".encode())
    with pytest.raises(InputError,
                       match="a.txt is no text in cp932: the byte .* on line 2; it seems to be UTF-8: set encoding: utf-8"):
        read(tmp_path / "a.txt", "cp932")


@pytest.mark.parametrize("name", ["utf-9", "hex", "rot13", "idna", "unicode_escape", "\0"])
def test_what_is_no_encoding_of_texts_is_told_with_those_that_are(tmp_path, name):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match="encoding.* it is auto, or one such as utf-8, utf-16, gb18030"):
        read(tmp_path / "a.txt", name)


@pytest.mark.parametrize("data, said", [
    (b"\xff\xd8\xff\xe0\0\x10JFIF", "is a JPEG picture and no plain text; read it with media.read_image"),
    (b"%PDF-1.7\nplain words", "is a PDF document and no plain text; save it as plain text"),
    (b"PK\3\4\x14\0\6\0[Content_Types].xml word/document.xml",
     r"is a Word document \(docx\) and no plain text; save it as plain text"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "is an old Office document"), (b"MThd\0\0\0\6",
                                                                           "is a MIDI file and no plain text"),
    (b"ID3\4\0\0", "is an MP3 sound"), (b"\x1f\x8b\x08\0", "is a gzip archive and no plain text; unpack it first"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "was not downloaded; fetch it with `git lfs pull`"),
])
def test_a_file_that_is_no_text_is_named_as_what_it_is(tmp_path, data, said):
    (tmp_path / "a.txt").write_bytes(data)
    for encoding in ("auto", "latin-1"):
        with pytest.raises(InputError, match=said):
            read(tmp_path / "a.txt", encoding)


@pytest.mark.parametrize("words", ["GIF89a is what it begins with", "ID3 tags", "BM", "MAC OS", "<html>a page</html>",
                                   "{\\rtf1 x}", "a\0b", ""])
def test_words_that_begin_like_another_kind_of_file_are_words(tmp_path, words):
    (tmp_path / "a.txt").write_bytes(words.encode())
    assert read(tmp_path / "a.txt") == words


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        read(tmp_path / "absent")
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path)


def test_more_lines_than_anyone_wants_as_files_are_told_of():
    with pytest.warns(UserWarning, match="this text has 10,001 lines"):
        assert len(lines("x\n" * 10_001)) == 10_001
    assert len(lines("x\n" * 10_000)) == 10_000
