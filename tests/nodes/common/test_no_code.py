"""No model's code is ever run: every call that could says so, and a folder that brings some is refused unasked."""

import ast
import io
import json
import shutil
from pathlib import Path

import pytest

import nodegraph_nodes
from nodegraph.cli import main

SOURCES = sorted(Path(nodegraph_nodes.__file__).parent.rglob("*.py"))
CALLS = [(path, call) for path in SOURCES for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
         if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "from_pretrained"]


@pytest.mark.parametrize("path, call", CALLS, ids=[f"{path.name}:{call.lineno}" for path, call in CALLS])
def test_every_call_that_loads_a_model_or_a_tokenizer_forbids_code_and_asks_no_hub(path, call):
    given = {word.arg: getattr(word.value, "value", None) for word in call.keywords}
    assert given.get("trust_remote_code") is False
    # A training goes on from what it wrote itself, and has no folder of others.
    assert given.get("local_files_only") is True or path.parent.name == "train"


def test_the_calls_are_found():
    assert {path.parent.name for path, _ in CALLS} >= {"common", "text", "diffusion"}


CODE = """
open({mark!r}, "w").write("run")
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
class Config(LlamaConfig):
    model_type = "own"
class Model(LlamaForCausalLM):
    config_class = Config
class Tokens(PreTrainedTokenizerFast):
    pass
"""


@pytest.mark.parametrize("known", [False, True], ids=["of an own kind", "of a known kind"])
def test_code_in_a_folder_is_not_run_though_the_library_would_ask_and_be_answered_yes(language_folder, tmp_path, known, monkeypatch, capsys):
    mark, model = tmp_path / "mark", shutil.copytree(language_folder, tmp_path / "model")
    (model / "own.py").write_text(CODE.format(mark=str(mark)))
    for name, names in (("config.json", {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}),
                        ("tokenizer_config.json", {"AutoTokenizer": [None, "own.Tokens"]})):
        told = json.loads((model / name).read_text())
        told["auto_map"] = names
        if not known:
            told |= {"model_type": "own", "tokenizer_class": "Tokens"}
        (model / name).write_text(json.dumps(told))
    graph = tmp_path / "graph.yaml"
    graph.write_text("nodegraph: 1\nnodes:\n  n: {type: text.generate, model: model, prompt: a boat, max_tokens: 3}\n"
                     "outputs: {out: $n}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n" * 9))
    code, told = main(["run", str(graph), "--device", "cpu", "--cache", "none"]), capsys.readouterr()
    assert not mark.exists() and "[y/N]" not in told.out + told.err
    assert (code == 0) == known, told.err
    assert known or "no model's code is run here" in told.err
