"""YAML to a Graph and back: what a word means, where it stood, and that nothing is lost on the way."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, strategies as st

from nodegraph import Engine, GraphError
from nodegraph.graph import Graph, GraphInput, Node, Ref, label_of
from nodegraph.graphfile import dumps, nearest, parse, read, scalar
from nodegraph.nodetype import RESERVED

HEAD = "nodegraph: 1\n"


def graph(text: str) -> Graph:
    found, problems = parse(HEAD + text)
    assert not problems
    return found


def value_of(text: str):
    """What a value means that stands in a node."""
    return graph(f"nodes:\n  n:\n    type: t.x\n    v: {text}\n").nodes["n"].inputs["v"]


@pytest.mark.parametrize("text, value", [
    ("7", 7), ("-7", -7), ("+7", 7), ("007", 7), ("7.", 7.0), (".5", 0.5), ("1e3", 1000.0), ("-1.5E-2", -0.015),
    ("true", True), ("False", False), ("null", None), ("~", None), ("", None), (".inf", float("inf")), ("-.inf", -float("inf")),
    ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("y", "y"), ("1:30", "1:30"), ("0o7", "0o7"), ("0x1F", "0x1F"),
    ("1_000", "1_000"), ("2024-01-01", "2024-01-01"), ("1e999", "1e999"), ("=", "="), ("<<", "<<"), ("1.2.3", "1.2.3"),
    ('"7"', "7"), ("'true'", "true"), ('""', ""), ("$$5", "$5"), ("$$$5", "$$5"), ("a $b", "a $b"), ("5$", "5$"), ("$a", Ref("a")),
    ("$a.b", Ref("a", "b")), ("$画.句", Ref("画", "句")), ("$a-b", Ref("a-b")), ("[1, $a, $$b]", [1, Ref("a"), "$b"]),
    ("{a: [no, $$x]}", {"a": ["no", "$x"]}), ("|\n      two\n      lines", "two\nlines\n"), ("9" * 50, int("9" * 50)),
])
def test_a_word_means_what_yaml_1_2_says_and_no_more(text, value):
    found = value_of(text)
    assert found == value and type(found) is type(value)


def test_nan_is_a_number():
    assert value_of(".nan") != value_of(".nan")


@pytest.mark.parametrize("data", [
    HEAD.encode() + b"nodes: {n: {type: t.x}}\r\noutputs: {o: $n}\r\n",
    b"\xef\xbb\xbf" + HEAD.encode() + b"nodes: {n: {type: t.x}}\noutputs: {o: $n}",
    b"# a comment\n---\n" + HEAD.encode() + b"nodes: {n: {type: t.x}}\noutputs: {o: $n}\n...\n",
    b'{"nodegraph": 1, "nodes": {"n": {"type": "t.x"}}, "outputs": {"o": "$n"}}',
], ids=["windows", "byte order mark", "document marks", "json"])
def test_other_ways_to_write_the_same_file(tmp_path, data):
    (tmp_path / "g.yaml").write_bytes(data)
    found, problems = read(tmp_path / "g.yaml")
    assert found == Graph({"n": Node("t.x", {})}, outputs={"o": Ref("n")}) and not problems


@pytest.mark.parametrize("data, place, words", [
    ("nodegraph: 1\n".encode("utf-16"), (1, 1), "UTF-16"),
    ("title: caf\xe9\n".encode("latin-1"), (1, 11), "0xe9 is not UTF-8"),
    (b"nodegraph: 1\ntitle: \xc3\xa9 \xff\n", (2, 10), "0xff is not UTF-8"),
    (bytes(range(256)), (2, 118), "not UTF-8"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", (1, 1), "this picture carries no graph"),
    (b"a: \0\n", (1, 4), "U+0000 may not stand in YAML"),
    ("title: é\x07\n".encode(), (1, 9), "U+0007 may not stand in YAML"),
])
def test_a_file_that_is_no_text_is_told_with_the_place(tmp_path, data, place, words):
    (tmp_path / "g.yaml").write_bytes(data)
    with pytest.raises(GraphError) as caught:
        read(tmp_path / "g.yaml")
    problem, = caught.value.problems
    assert problem.where[1:] == place and words in problem.message and problem.hint


def test_files_that_cannot_be_opened_are_told_without_a_place(tmp_path):
    for path, words in ((tmp_path, "is a folder"), (tmp_path / "no/such.yaml", "there is no file"),
                        (tmp_path / ("x" * 400), "cannot be read"), ("a\0b.yaml", "cannot be read")):
        with pytest.raises(GraphError, match=words):
            read(path)


@given(st.text(max_size=60))
def test_no_text_whatever_causes_more_than_a_graph_error(text):
    for whole in (text, HEAD + text, f"{HEAD}nodes:\n  n: {{type: t.x, v: {text}}}\n"):
        try:
            found, problems = parse(whole)
        except GraphError as error:
            assert error.problems and all(p.message for p in error.problems)
        else:
            assert isinstance(found, Graph)


YAMLISH = st.lists(st.sampled_from(["nodegraph", ": ", "1", "nodes", "\n", "  ", "    ", "type", "- ", "[", "]", "{", "}", ", ",
                                    "'", '"', "$a", "&x ", "*x", "!t ", "|", ">", "#", "\t", "? ", "inputs", "outputs", "each",
                                    "default", "%", "@", "---", "<<", "null", "true", "layout", "é", "\\"]), max_size=30)


@given(YAMLISH.map("".join))
def test_no_yaml_whatever_causes_more_than_a_graph_error(text):
    for whole in (text, HEAD + text, f"{HEAD}nodes:\n  n:\n    type: t.x\n    {text}"):
        try:
            parse(whole)
        except GraphError as error:
            for problem in error.problems:
                assert problem.where is not None and problem.where.line >= 1 and problem.where.column >= 1


# ---- back to YAML

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    ["no", "1:30", "1e5", "+.5", "08", "$x", "$$x", "~", "", " ", "null", "0x1F", "1_000", "a: b", "# c", "- d", "{e}", "'", '"', "\n",
     "two\nlines\n", " \n", "=", "<<", "é\u2028", "\x85", "\ufeff", "on", ".nan", ".", "-", "1.", "?", "!t", "&a", "*a", "%x", "@x", "`"])
NAMES = st.from_regex(r"[a-zé画][a-z0-9_-]{0,6}", fullmatch=True) | st.sampled_from(["no", "null", "on", "true"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
DATA = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6)
REFS = st.builds(Ref, NAMES, st.none() | NAMES, st.just(False))
SPREADS = st.builds(Ref, NAMES, st.none() | NAMES, st.booleans())
VALUES = DATA | REFS | st.lists(SCALARS | SPREADS, max_size=3)
SEVERAL = st.lists(NAMES, min_size=1, max_size=2, unique=True).map(tuple)
CONTROL = st.fixed_dictionaries({}, optional={
    "cross": SEVERAL, "repeat": st.integers(0, 10_000) | REFS, "until": NAMES, "count": NAMES,
    "carry": st.dictionaries(NAMES, NAMES, min_size=1, max_size=2), "failed": st.just("skip"),
    "timeout": st.integers(1, 600) | st.floats(0.1, 600), "retry": st.integers(1, 9)})
PORTS = NAMES.filter(lambda n: n not in (*RESERVED, "cases"))
NODES = st.builds(Node, st.sampled_from(["t.x", "./other.yaml", "switch"]), st.dictionaries(PORTS, VALUES, max_size=3),
                  st.just(()) | SEVERAL, st.booleans(), st.booleans(), CONTROL)
LABELS = NAMES | TEXT | st.sampled_from(["type", "each", "cases", "a.b"])
SWITCHES = st.builds(lambda old, new: Node("switch", {**old, **{f"cases.{label}": v for label, v in new.items()
                                                                if label not in old}}),
                     st.dictionaries(PORTS, VALUES, max_size=2), st.dictionaries(LABELS, VALUES, max_size=2))
INPUTS = st.builds(GraphInput, st.sampled_from(["Text", "list of Int"]), DATA, st.just(True), TEXT,
                   st.none() | st.integers(-5, 0), st.none() | st.integers(1, 5),
                   st.none() | st.lists(TEXT, min_size=1, max_size=2).map(tuple))


@given(st.builds(Graph, st.dictionaries(NAMES, NODES | SWITCHES, min_size=1, max_size=3), st.dictionaries(NAMES, INPUTS, max_size=2),
                 st.dictionaries(NAMES, REFS, max_size=2), TEXT, TEXT,
                 st.dictionaries(NAMES, st.lists(st.integers(), max_size=2), max_size=2)))
def test_a_graph_that_is_written_is_read_back_equal(document):
    text = dumps(document)
    again, problems = parse(text)
    assert again == document, text
    clashes = set(document.inputs) & set(document.nodes)
    assert len(problems) == len(clashes)
    assert list(again.nodes) == list(document.nodes)


def test_what_is_written_means_the_same_to_readers_of_yaml_1_1():
    document = Graph({"n": Node("t.x", {"v": ["no", "1:30", "1_000", "1e5", "on", "0o7", "012"]})})
    assert yaml.safe_load(dumps(document))["nodes"]["n"]["v"] == ["no", "1:30", "1_000", "1e5", "on", "0o7", "012"]


def test_what_was_read_can_be_written_again_though_it_remembers_places():
    found = graph("nodes: {n: {type: t.x, v: {a: [1]}}}\noutputs: {o: $n}\nlayout: {n: [10, 20]}\n")
    assert parse(dumps(found))[0] == found


def test_a_graph_without_nodes_is_told_and_still_read():
    for text in ("title: New\n", "title: New\nnodes:\n", "title: New\nnodes: {}\noutputs: {o: node}\nlayout: {notes: {}}\n"):
        found, problems = parse(HEAD + text)
        assert problems[0].message == "the graph has no nodes"
        assert found.title == "New" and found.nodes == {}
        assert parse(dumps(found))[0] == found


def test_bypass_and_mute_are_read_and_written_and_left_out_where_they_are_off():
    found = graph("nodes:\n  a: {type: t.x, bypass: true}\n  b: {type: t.x, mute: true, v: 1}\n  c: {type: t.x, bypass: false}\n")
    assert found.nodes == {"a": Node("t.x", {}, bypass=True), "b": Node("t.x", {"v": 1}, mute=True), "c": Node("t.x", {})}
    assert parse(dumps(found))[0] == found
    assert "bypass: true" in dumps(found) and "false" not in dumps(found)


@pytest.mark.parametrize("value", ["yes", "1", "null", '"true"', "$a"])
def test_bypass_takes_true_or_false(value):
    found, (problem,) = parse(HEAD + f"nodes:\n  a: {{type: t.x, bypass: {value}}}\n")
    assert "it takes true or false" in problem.message and problem.where[1:] == (3, 26)
    assert not found.nodes["a"].bypass


# ---- how often a node runs

@pytest.mark.parametrize("text, control", [
    ("cross: [a, b]", {"cross": ("a", "b")}), ("cross: a", {"cross": ("a",)}), ("repeat: 0", {"repeat": 0}),
    ("repeat: $n.rounds", {"repeat": Ref("n", "rounds")}), ("until: done", {"until": "done"}), ("count: i", {"count": "i"}),
    ("carry: text", {"carry": {"text": "text"}}), ("carry: [a, b]", {"carry": {"a": "a", "b": "b"}}),
    ("carry: {a: x, b: b}", {"carry": {"a": "x", "b": "b"}}), ("failed: skip", {"failed": "skip"}),
    ("timeout: 0.5", {"timeout": 0.5}), ("retry: 3", {"retry": 3}), ("each: a", {}),
])
def test_words_that_say_how_often_a_node_runs_are_read_in_one_form_and_written_in_the_shortest(text, control):
    found = graph(f"nodes:\n  n: {{type: t.x, {text}, v: 1}}\n")
    assert found.nodes["n"].control == control and found.nodes["n"].inputs == {"v": 1}
    assert f"    {text}\n" in dumps(found) and parse(dumps(found))[0] == found


def test_what_is_spread_into_a_list_is_a_link():
    assert value_of("[$a..., b, $c.d...]") == [Ref("a", spread=True), "b", Ref("c", "d", True)]
    assert str(Ref("c", "d", True)) == "$c.d..." and value_of("[$$a...]") == ["$a..."]


def test_the_branches_of_a_switch_may_stand_under_cases():
    text = "nodes:\n  s:\n    type: switch\n    'on': $a\n    cases:\n      'on': 1\n      a.b: $b\n      else: [$c, d]\n"
    found = graph(text)
    assert found.nodes["s"].inputs == {"on": Ref("a"), "cases.on": 1, "cases.a.b": Ref("b"), "cases.else": [Ref("c"), "d"]}
    assert [label_of(port) for port in found.nodes["s"].inputs] == ["on", "on", "a.b", "else"]
    assert dumps(found) == f"nodegraph: 1\n{text}"
    assert found.where("nodes", "s", "cases.a.b")[1:] == (8, 7)
    assert found.where("nodes", "s", "cases.else", 1)[1:] == (9, 18)
    assert found.where("nodes", "s", "cases.none")[1:] == (6, 5)
    other = graph("nodes: {n: {type: t.x, cases: {a: 1}}}\n")
    assert other.nodes["n"].inputs == {"cases": {"a": 1}}


# ---- places

def test_places_of_keys_values_and_items():
    found = graph("nodes:\n  画: {type: t.x, v: [1, $b]}\n  b:\n    type: t.y\n")
    assert found.where("nodes", "画")[1:] == (3, 3)
    assert found.where("nodes", "画", "v", value=True)[1:] == (3, 21)
    assert found.where("nodes", "画", "v", 1)[1:] == (3, 25)
    assert found.where("nodes", "b", "type", value=True)[1:] == (5, 11)
    assert found.where("nodes", "b", "absent")[1:] == (4, 3)


def test_ten_thousand_nodes_are_read_without_recursion():
    count = 10_000
    found = graph("nodes:\n" + "".join(f"  n{i}: {{type: t.x, v: $n{i - 1}}}\n" for i in range(1, count)) + "  n0: {type: t.x}\n")
    assert len(found.nodes) == count and found.where("nodes", "n9000")[1:] == (9002, 3)


def test_the_nearest_name_is_found_across_packs_and_letters_case():
    assert nearest("steps", ["stepz", "seed"]) == "Did you mean stepz?"
    assert nearest("paint", ["diffusion.paint", "text.join"]) == "Did you mean diffusion.paint?"
    assert nearest("TEXT", ["text", "int"]) == "Did you mean text?"
    assert nearest("zzz", ["b", "a"]) == "There is a, b."
    assert nearest("zzz", []) == ""


@given(TEXT)
def test_a_word_is_a_number_only_if_it_looks_like_one(text):
    found = scalar(text)
    assert found is text or found is None or isinstance(found, (bool, int, float))


@pytest.mark.parametrize("text, told", [
    ('{"name": "x", "version": "1"}', ["the file holds 'name', 'version' and nothing of a graph"]),
    ("{}", ["the file holds {} and nothing of a graph"]),
    ("# A card\n\nThat card was painted: well\n", ["the file holds 'That card was painted' and nothing of a graph"]),
    ("a: 1\nb: 2\nc: 3\nd: 4\n", ["the file holds 'a', 'b', 'c', ... and nothing of a graph"])])
def test_what_has_no_part_of_a_graph_is_told_in_one_sentence(text, told):
    with pytest.raises(GraphError) as refused:
        parse(text)
    assert [str(problem.message) for problem in refused.value.problems] == told


@pytest.mark.parametrize("text, place, opener", [
    ('{"a": ', (1, 1), "{"), ('nodes: {a: {type: x},\n  b: [1, "]", ', (2, 6), "["), ("nodes: {a: [1, 2], b: ", (1, 8), "{")])
def test_a_bracket_that_is_open_at_the_end_is_shown_where_it_opens(text, place, opener):
    with pytest.raises(GraphError) as refused:
        parse(text)
    [problem] = refused.value.problems
    assert problem.where[1:] == place and problem.message.startswith(f"the {opener} that opens here is not closed")


def test_a_list_that_holds_its_own_nodes_name_is_no_link_to_it():
    text = "nodegraph: 1\nnodes:\n  a: {type: text.join, texts: [TEXTS]}\n  b: {type: text.join, texts: [x]}\noutputs: {a: $a, b: $b}\n"
    with Engine(None) as engine:
        told = [[str(problem.hint) for problem in engine.check(*parse(text.replace("TEXTS", texts))).problems]
                for texts in ("a", "b", "b, a")]
    assert told == [[], ["Did you mean [$b]?"], []]
