"""Every word in both languages, and no call for a word that is not there."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import nodegraph_editor
from nodegraph import Catalogue, GraphError
from nodegraph.check import check
from nodegraph.graphfile import read
from nodegraph_editor.words import speak as words
from nodegraph_editor.words.engine import PHRASES, SENTENCES
from nodegraph_editor.words.table import WORDS

SOURCES = sorted(Path(nodegraph_editor.__file__).parent.rglob("*.py"))


@pytest.fixture(autouse=True)
def english():
    words.set_language("en")
    yield
    words.set_language("en")


def fields_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_key_has_words_in_both_languages_with_the_same_fields():
    assert [key for key, both in WORDS.items() if not all(text.strip() for text in both)] == []
    assert [key for key, both in WORDS.items() if len({frozenset(fields_in(text)) for text in both}) > 1] == []


def test_chinese_is_chinese():
    same = {key for key, (english, chinese) in WORDS.items() if english == chinese}
    assert same <= {"app.title", "app.window_title", "app.window_title_dirty", "status.zoom", "port.top_k",
                    "port.top_p", "settings.language.en", "settings.language.zh"}


def test_no_key_stands_twice():
    table = Path(words.__file__).with_name("table.py").read_text(encoding="utf-8")
    keys = re.findall(r'^    "([^"]+)": ', table, re.MULTILINE)
    assert len(keys) == len(set(keys)) == len(WORDS)


def asked_for(path: Path) -> list[tuple[str, set[str]]]:
    """The calls t("key", field=...) in a source file whose key is written out, with the fields they give."""
    calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call) and n.args]
    named = [n for n in calls if getattr(n.func, "id", getattr(n.func, "attr", "")) == "t"]
    return [(n.args[0].value, {k.arg for k in n.keywords}) for n in named
            if isinstance(n.args[0], ast.Constant) and None not in {k.arg for k in n.keywords}]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_words_that_the_editor_asks_for_are_there(path):
    for key, fields in asked_for(path):
        assert key in WORDS, f"{path.name} asks for {key}"
        wanted = fields_in(WORDS[key][0]) | fields_in(WORDS[key][1])
        assert wanted <= fields, f"{path.name}: {key} takes {sorted(wanted)}"


def test_the_language_can_be_changed_at_any_time():
    assert words.t("menu.file") == "File"
    words.set_language("zh")
    assert words.language() == "zh" and words.t("menu.file") == "文件"


def test_fields_are_filled_in_and_may_hold_braces():
    assert words.t("status.opened", name="{a}.yaml") == "Opened {a}.yaml"


def test_one_thing_is_not_told_in_the_plural():
    assert words.t("status.nodes", count=1) == "1 node"
    assert words.t("status.nodes", count=2) == "2 nodes"


def test_a_key_that_is_not_there_is_a_mistake_of_the_program():
    with pytest.raises(KeyError, match="menu.nothing"):
        words.t("menu.nothing")


def test_a_name_without_words_stands_for_itself():
    assert words.name_of("port", "guidance_scale") == "guidance scale"
    assert words.name_of("port", "frobnication") == "frobnication"


@pytest.mark.parametrize("variables, spoken", [
    ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "de_DE.UTF-8"}, "en"),
    ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"), ({"LC_MESSAGES": "zh_SG", "LANG": "C"}, "zh")])
def test_auto_speaks_what_the_desktop_speaks(monkeypatch, variables, spoken):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    words.set_language("auto")
    assert words.language() == spoken


def test_a_language_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="it takes en, zh or auto"):
        words.set_language("fr")
    assert words.language() == "en"


# ---- sentences of the engine

ENGINE = Path(__file__).parents[1] / "nodegraph"


def test_sentences_have_the_same_fields_in_both_languages():
    for english, chinese in (*PHRASES, *SENTENCES):
        assert fields_in(chinese) <= fields_in(english), english
        assert re.search("[\u4e00-\u9fff]", chinese) or english.endswith("{type}"), english


def test_nearly_all_that_the_engine_says_of_broken_graphs_is_told_in_chinese():
    catalogue = Catalogue(folders=[ENGINE / "bench_nodes.py"], installed=False)
    said: list[str] = []
    for path in sorted((ENGINE / "broken").glob("*.yaml")):
        try:
            graph, problems = read(path)
        except GraphError:
            continue
        found = check(graph, catalogue, problems).problems
        said += [text for problem in found for text in (problem.message, problem.hint) if text]
    words.set_language("zh")
    english = [text for text in said if words.translated(text) == text]
    assert len(said) > 300 and len(english) < len(said) / 10, english


@pytest.mark.parametrize("said, chinese", [
    ("verse.steps is 0; it takes an int, 1 to 150", "verse.steps 是 0；需要 1 到 150 的整数"),
    ("a needs lines (a list of Text)", "a 需要 lines（Text 列表）"),
    ("There is no verse. Did you mean poem?", "没有 verse。您是否想用 poem？"),
    ("a has no output red\nDid you mean read?", "a 没有输出 red\n您是否想用 read？"),
    ("{curly} reads b already, so this link would close a circle.", "{curly} 已经依赖 b，这条连线会形成回路。"),
    ("a.b.c: there is no file x.png", "a.b.c：没有文件 x.png"),
    ("something else entirely", "something else entirely"), ("", "")])
def test_a_sentence_of_the_engine_is_told_in_the_language_spoken(said, chinese):
    assert words.translated(said) == said
    words.set_language("zh")
    assert words.translated(said) == chinese


def test_a_long_report_is_left_as_it_is():
    words.set_language("zh")
    report = "Traceback: " + "x is y; " * 200
    assert words.translated(report) == report
