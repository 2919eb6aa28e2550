"""Which shown results no longer follow from the graph."""

from dataclasses import replace

from nodegraph.graph import Graph, Node, Ref
from nodegraph_editor.runs import updates as up
from nodegraph_editor.runs.staleness import Shown, signatures, stale

from ..nodegraph.playground import graph

DOCUMENT = graph("""
inputs: {subject: {type: Text, default: a boat}, seed: 7}
nodes:
  verse: {type: t.upper, text: $subject}
  words: {type: t.words, text: $verse}
  loud: {type: t.upper, text: $words, each: text}
  number: {type: t.add, a: $seed, b: 1}
  all: {type: t.join, texts: [$verse, and, $other.first]}
  other: {type: t.halves, text: hello}
outputs: {all: $all}
""")
RAN = signatures(DOCUMENT)


def changed(document: Graph) -> set[str]:
    return stale(document, RAN)


def test_nothing_is_stale_right_after_a_run():
    assert changed(DOCUMENT) == set()


def test_a_changed_parameter_makes_its_node_and_all_that_depend_on_it_stale():
    assert changed(DOCUMENT.with_value("other", "text", "bye")) == {"other", "all"}
    assert changed(DOCUMENT.with_value("verse", "text", "a ship")) == {"verse", "words", "loud", "all"}


def test_undoing_an_edit_makes_everything_follow_again():
    there = DOCUMENT.with_value("other", "text", "bye")
    assert changed(there.with_value("other", "text", "hello")) == set()


def test_a_changed_default_of_an_input_counts_only_where_it_is_read():
    inputs = {**DOCUMENT.inputs, "seed": DOCUMENT.inputs["seed"]._replace(default=8)}
    assert changed(replace(DOCUMENT, inputs=inputs, edits=())) == {"number"}


def test_a_value_given_for_an_input_stands_for_its_default():
    assert stale(DOCUMENT, RAN, given={"seed": 7}) == set()
    assert stale(DOCUMENT, RAN, given={"seed": 9}) == {"number"}


def test_types_of_equal_numbers_are_told_apart():
    assert changed(DOCUMENT.with_value("number", "b", True)) == {"number"}
    assert changed(DOCUMENT.with_value("number", "b", 1.0)) == {"number"}


def test_another_port_another_order_of_a_list_and_another_mapping_count():
    assert changed(DOCUMENT.with_value("all", "texts", [Ref("verse"), "and", Ref("other", "rest")])) == {"all"}
    assert changed(DOCUMENT.with_value("all", "texts", ["and", Ref("verse"), Ref("other", "first")])) == {"all"}
    loud = DOCUMENT.nodes["loud"]
    assert changed(DOCUMENT.with_node("loud", loud._replace(each=()))) == {"loud"}
    words = DOCUMENT.nodes["words"]
    assert changed(DOCUMENT.with_node("words", words._replace(bypass=True))) == {"words", "loud"}


def test_names_layout_and_order_do_not_count():
    nodes = {name: node._replace(inputs=dict(reversed(node.inputs.items())))
             for name, node in reversed(DOCUMENT.nodes.items())}
    assert changed(replace(DOCUMENT, nodes=nodes, layout={"nodes": {"all": {"at": [9, 9]}}}, edits=())) == set()
    nodes = dict(DOCUMENT.nodes)
    nodes["greeting"] = nodes.pop("other")
    nodes["all"] = Node("t.join", {"texts": [Ref("verse"), "and", Ref("greeting", "first")]})
    assert changed(replace(DOCUMENT, nodes=nodes, edits=())) == set()


def test_a_link_that_leads_nowhere_is_a_change():
    gone = [Ref("verse"), "and", Ref("gone")]
    assert changed(DOCUMENT.without_node("other").with_value("all", "texts", gone)) == {"all"}


def test_cycles_end_and_count_as_a_change():
    document = DOCUMENT.with_value("verse", "text", Ref("words")).with_value("other", "text", Ref("other"))
    assert changed(document) == {"verse", "words", "loud", "all", "other"}


def test_a_chain_of_ten_thousand_nodes_recurses_nowhere():
    nodes = {f"n{n}": Node("t.add", {"a": Ref(f"n{n - 1}") if n else 1}) for n in reversed(range(10_000))}
    ran = signatures(Graph(nodes))
    assert stale(Graph(nodes).with_value("n0", "a", 2), ran) == set(nodes)
    assert stale(Graph(nodes).with_value("n9999", "b", 2), ran) == {"n9999"}


# ---- following a runner


def planned(job: int, document: Graph) -> up.Planned:
    return up.Planned(job, "", tuple(document.nodes), {}, document, {})


def test_a_result_counts_from_the_graph_that_its_job_was_about_though_edits_went_on():
    shown, edited = Shown(), DOCUMENT.with_value("other", "text", "bye")
    shown.take(planned(1, DOCUMENT))
    shown.take(up.Finished(1, "other", 0.1))
    assert shown.stale(DOCUMENT) == set() and shown.stale(edited) == {"other"}
    shown.take(up.Cached(1, "verse"))
    shown.take(planned(2, edited))
    shown.take(up.Finished(2, "other", 0.1))
    assert shown.stale(edited) == set() and shown.stale(DOCUMENT) == {"other"}


def test_a_node_that_failed_shows_no_result_and_a_renamed_one_keeps_its_own():
    shown, edited = Shown(), DOCUMENT.with_value("other", "text", "bye")
    shown.take(planned(1, DOCUMENT))
    for name in DOCUMENT.nodes:
        shown.take(up.Finished(1, name, 0.1))
    shown.take(up.Failed(1, "all", "on purpose", "", None))
    assert shown.stale(edited) == {"other"}
    shown.renamed("other", "greeting")
    assert shown.stale(edited.with_node("greeting", edited.nodes["other"])) == {"greeting"}
    shown.forget()
    assert shown.stale(edited) == set()


def test_a_graph_that_stands_as_a_node_is_one_node_here():
    document = Graph({"inner": Node("./inner.yaml", {"word": "hi"})})
    shown = Shown()
    shown.take(planned(1, document))
    shown.take(up.Finished(1, "inner/shout", 0.1))
    assert shown.stale(document.with_value("inner", "word", "ho")) == {"inner"}
