"""Every word in both languages, and no call for a word that is not there."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import nodegraph_editor
from nodegraph import Catalogue, GraphError, NodegraphError, Problem
from nodegraph.check import check
from nodegraph.flows import Flow
from nodegraph.graphfile import read
from nodegraph.types import INT
from nodegraph.wording import ENGLISH, Phrase, say
from nodegraph_editor.panels.nodehelp import node_help
from nodegraph_editor.words import speak as words
from nodegraph_editor.words.helps import HELPS
from nodegraph_editor.words.sentences import CHINESE
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


def test_every_sentence_of_the_engine_has_its_chinese_with_the_same_facts():
    assert sorted(ENGLISH.keys() - CHINESE.keys()) == [], "say these in editor/words/sentences.py"
    odd = [code for code in ENGLISH if fields_in(ENGLISH[code]) != fields_in(CHINESE[code])]
    assert odd == []
    assert sorted(CHINESE.keys() - ENGLISH.keys()) == [], "the engine says these no more"


def test_every_sentence_is_chinese_but_what_another_has_written():
    worded = [code for code, text in ENGLISH.items() if re.search("[a-z]{2}", re.sub(r"\{\w*\}", "", text))]
    assert [code for code in worded if not re.search("[\u4e00-\u9fff]", CHINESE[code])] == []


def problems_of_broken_graphs():
    catalogue = Catalogue(folders=[ENGINE / "bench_nodes.py"], installed=False)
    for path in sorted((ENGINE / "broken").glob("*.yaml")):
        try:
            graph, problems = read(path)
        except GraphError as error:
            yield from error.problems
            continue
        yield from check(graph, catalogue, problems).problems


def test_all_that_the_engine_says_of_broken_graphs_has_a_code_and_is_told_in_chinese():
    told = [text for problem in problems_of_broken_graphs() for text in (problem.message, problem.hint) if text]
    assert len(told) > 300
    assert [text for text in told if not isinstance(text, Phrase)] == []
    words.set_language("zh")
    english = [text for text in told if text.code != "pack.broken" and words.translated(text) == text]
    assert english == []


def test_what_a_file_lacks_is_told_to_hands_and_not_in_yaml():
    words.set_language("en")
    problem = Problem(None, say("node.needs", node="a", input="image", takes="an Image (float32 tensor of 3 x 4)"),
                      say("hint.add-link", input="image"))
    assert words.said(problem) == "a needs image (an Image). Drag a link to image."
    words.set_language("zh")
    assert "float32" not in words.said(problem)
    words.set_language("en")
    assert words.BY_HAND.keys() <= ENGLISH.keys()


@pytest.mark.parametrize("sentence, chinese", [
    (say("value.wrong", what="verse.steps", value=0, takes="an int, 1 to 150"), "verse.steps 是 0；需要 1 到 150 的整数"),
    (say("value.wrong", what="a.b", value=say("value.empty"), takes="one of x, y"), "a.b 是空的；需要 x, y 之一"),
    (say("value.wrong", what=say("subject.item", number=2, of="a.b"), value="'x'", takes="a number, 3 or more"),
     "a.b 的第 2 项是 'x'；需要不小于 3 的数字"),
    (say("node.needs", node="a", input="lines", takes=say("flow.list", type="Text")), "a 需要 lines（Text 列表）"),
    (say("link.type", what="a.b", takes="Text", flow=str(Flow(INT, 2))), "a.b 接收 Text，但这条连线传来 Int 列表的列表"),
    (say("link.type", what="a.b", takes="Text", flow=str(Flow(INT, 3))), "a.b 接收 Text，但这条连线传来 Int 列表的列表的列表"),
    (say("hint.meant", name="poem"), "您是否想用 poem？"),
    (say("hint.carry-output", input="a", output="b"), "请写 `carry: {a: b}`。"),
    ("something else entirely", "something else entirely"), ("", "")])
def test_a_sentence_of_the_engine_is_told_in_the_language_spoken(sentence, chinese):
    assert words.translated(sentence) == sentence
    words.set_language("zh")
    assert words.translated(sentence) == chinese


def test_a_problem_is_told_with_what_to_do_about_it():
    problem = Problem(None, say("link.no-output", node="a", output="red"), say("hint.meant", name="read"))
    assert words.said(problem) == "a has no output red. Did you mean read?"
    words.set_language("zh")
    assert words.said(problem) == "a 没有输出 red。您是否想用 read？"


def test_an_exception_of_the_engine_keeps_the_code_of_its_sentence():
    words.set_language("zh")
    assert words.translated(str(NodegraphError(say("run.stopped")))) == "运行已停止"


def test_each_node_type_that_comes_along_is_explained_in_chinese():
    words.set_language("zh")
    catalogue = Catalogue()
    assert not set(catalogue.node_names()) - set(HELPS), "editor/words/helps.py has a line for each node type"
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in told) for told in HELPS.values())
    assert node_help(catalogue.nodetype("picture.blur")).text.startswith("模糊图片。")
    words.set_language("en")
    assert node_help(catalogue.nodetype("picture.blur")).text == catalogue.nodetype("picture.blur").help
