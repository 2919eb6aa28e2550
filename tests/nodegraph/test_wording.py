"""Sentences by their codes: the table and the rooms agree, and a problem is told by code and facts."""

from __future__ import annotations

import ast
import pickle
import string
from pathlib import Path

import pytest

import nodegraph
from nodegraph import Catalogue
from nodegraph.check import check
from nodegraph.graphfile import parse
from nodegraph.wording import ENGLISH, Phrase, say

HOME = Path(nodegraph.__file__).parent
CALLS = [(path, node) for path in HOME.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
         if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"]
KEPT = {"run.stopped"}  # said elsewhere than where they are used


def code_of(call: ast.Call) -> str:
    """The code that a call names in plain sight; several of them may stand in a table of the room."""
    return call.args[0].value if isinstance(call.args[0], ast.Constant) else ""


def codes_in_tables() -> set[str]:
    """Texts anywhere in the rooms that are codes."""
    return {node.value for path in HOME.rglob("*.py") if path.name != "wording.py"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in ENGLISH}


def facts_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_each_code_that_is_said_stands_in_the_table_and_each_in_the_table_is_said():
    said = {code_of(call) for _, call in CALLS} - {""}
    assert said <= ENGLISH.keys()
    assert ENGLISH.keys() - said - codes_in_tables() <= KEPT


def test_each_sentence_is_said_with_the_facts_that_it_names():
    for path, call in CALLS:
        if code_of(call) and all(keyword.arg for keyword in call.keywords):
            given = {keyword.arg for keyword in call.keywords}
            assert given == facts_in(ENGLISH[code_of(call)]), f"{path.name}:{call.lineno}"


def test_no_sentence_of_the_reader_or_of_check_is_without_a_code():
    rooms = [*(HOME / "check").glob("*.py"), *(HOME / "graphfile").glob("*.py")]
    for path in rooms:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("problem", "Problem"):
                words = [arg for arg in node.args[:3] if isinstance(arg, ast.JoinedStr)
                         or isinstance(arg, ast.Constant) and isinstance(arg.value, str) and " " in arg.value]
                assert not words, f"{path.name}:{node.lineno}"


def test_a_problem_is_told_by_code_and_facts():
    graph, problems = parse("nodegraph: 1\nnodes: {a: {type: $b}}\noutputs: {a: $c}\n")
    first, second = check(graph, Catalogue(installed=False), problems).problems
    assert (first.code, second.code) == ("node.type-linked", "link.nowhere")
    assert isinstance(second.message, Phrase) and second.message.facts == {"link": "$c", "name": "c"}
    assert isinstance(second.hint, Phrase) and second.hint.code == "hint.add-name"


def test_a_phrase_is_a_text_that_keeps_its_code():
    phrase = say("hint.meant", name=say("value.list"))
    assert phrase == "Did you mean a list?" and phrase.facts["name"].code == "value.list"
    again = pickle.loads(pickle.dumps(phrase))
    assert again == phrase and again.code == "hint.meant"
    with pytest.raises(KeyError):
        say("hint.meant")
    with pytest.raises(KeyError):
        say("no.such-code")
