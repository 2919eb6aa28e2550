"""How an output is to be written goes along with it in the editor, and survives an edit and a save."""

from __future__ import annotations

from nodegraph import graphfile
from nodegraph.graph import Form
from nodegraph_editor.document import edits
from nodegraph_editor.document.clipboard import copied, duplicate, pasted
from nodegraph_editor.document.document import Document
from nodegraph_editor.document.items import Item

TEXT = """nodegraph: 1
nodes:
  n: {type: text.join, texts: [a]}   # words
outputs:
  page: {value: $n, format: md}   # for the site
  plain: $n
"""


def opened(tmp_path):
    path = tmp_path / "g.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return Document.open(path)


def test_an_edit_and_a_save_leave_the_form_of_an_output_as_it_stands(tmp_path):
    document = opened(tmp_path)
    document.edit("undo.change", document.graph.with_value("n", "texts", ["b"]))
    document.save()
    assert document.path.read_text(encoding="utf-8") == TEXT.replace("[a]", "[b]")


def test_the_form_follows_the_name_of_its_output_and_goes_with_it(tmp_path):
    document = opened(tmp_path)
    renamed = edits.rename(document.graph, Item("output", "page"), "story")
    assert renamed.forms == {"story": Form("md")}
    assert "  story: {value: $n, format: md}   # for the site" in graphfile.updated(TEXT, renamed)
    gone = edits.delete(document.graph, [Item("output", "page")])
    assert gone.forms == {} and list(gone.outputs) == ["plain"]
    assert edits.delete(document.graph, [Item("node", "n")]).forms == {}


def test_a_change_of_form_alone_is_a_change(tmp_path):
    from dataclasses import replace

    document = opened(tmp_path)
    document.edit("undo.change", replace(document.graph, forms={"page": Form("json")}))
    assert document.dirty
    document.undo()
    assert document.graph.forms == {"page": Form("md")} and not document.dirty


def test_copies_of_outputs_have_the_form_too(tmp_path):
    document = opened(tmp_path)
    text = copied(document.graph, [Item("node", "n"), Item("output", "page")])
    for graph, _ in (pasted(document.graph, text, (0, 0)), duplicate(document.graph, [Item("node", "n"), Item("output", "page")])):
        new, = set(graph.outputs) - {"page", "plain"}
        assert graph.forms == {"page": Form("md"), new: Form("md")}
