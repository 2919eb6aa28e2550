"""What lies in a folder is told in a few words by whoever wanted something else there."""

import json
import shutil

import pytest
from safetensors.torch import save_file

from nodegraph_nodes.common.folders import causal_problem, described, other_task, settings, tokenizer_problem
from tests.nodes.gan.conftest import weights


def test_models_that_nodes_take_are_told_apart(language_folder, composer_folder, tmp_path):
    assert described(language_folder) == "holds a language model (LlamaForCausalLM)"
    assert described(composer_folder) == "holds a music model (LlamaForCausalLM)"
    assert described(tmp_path) == "is empty" and described(tmp_path / "gone") == "is not there"
    save_file(weights(), tmp_path / "cats.safetensors")
    assert described(tmp_path) == "holds cats.safetensors and no config.json: it is the generator of a StyleGAN2"
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    assert described(tmp_path) == "holds a diffusion pipeline (StableDiffusionPipeline)"
    (tmp_path / "model_index.json").write_text("[]")
    assert described(tmp_path) == "holds a diffusion pipeline"


@pytest.mark.parametrize("name, says", [
    ("ffhq.pkl", "is a file, and a folder is wanted: this one is a pickle, which is code when it is loaded"),
    ("tiny.gguf", "is a file, and a folder is wanted: this one is GGUF, for llama.cpp"),
    ("notes.txt", "is a file, and a folder is wanted"),
])
def test_files_by_themselves_are_told_by_their_kind(tmp_path, name, says):
    (tmp_path / name).write_text("x")
    assert described(tmp_path / name).startswith(says)


@pytest.mark.parametrize("config, is_causal", [
    ({"architectures": ["LlamaForCausalLM"], "model_type": "llama"}, True),
    ({"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2"}, True),
    ({"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3"}, True),  # left to who loads it
    ({"architectures": None, "model_type": "llama"}, True),
    ({"architectures": ["BertLMHeadModel"], "model_type": "bert", "is_decoder": True}, True),
    ({"architectures": ["BertLMHeadModel"], "model_type": "bert"}, False),
    ({"architectures": ["BartForCausalLM"], "model_type": "bart"}, True),
    ({"architectures": ["BartModel"], "model_type": "bart"}, False),
    ({"architectures": ["NewForConditionalGeneration"], "model_type": "new", "is_encoder_decoder": True}, False),
    ({"model_type": "t5"}, False),
])
def test_only_what_is_surely_of_another_task_is_refused(config, is_causal):
    assert (other_task(config) == "") is is_causal


def test_a_composer_and_a_folder_without_a_tokenizer_have_no_words(language_folder, composer_folder, tmp_path):
    assert causal_problem(language_folder) == tokenizer_problem(language_folder) == ""
    assert causal_problem(composer_folder) == ""
    assert tokenizer_problem(composer_folder) == "holds a music model: its tokenizer.json is of notes, saved by miditok"
    assert tokenizer_problem(tmp_path).startswith("has no tokenizer (tokenizer.json, or tokenizer.model)")


def test_a_large_tokenizer_is_judged_by_its_ends(language_folder, tmp_path):
    folder = shutil.copytree(language_folder, tmp_path / "model")
    told = json.loads((folder / "tokenizer.json").read_text())
    (folder / "tokenizer.json").write_text(json.dumps({**told, "padding_of_a_test": "x" * 300_000}))
    assert tokenizer_problem(folder) == ""
    (folder / "tokenizer.json").write_text(json.dumps({**told, "padding_of_a_test": "x" * 300_000})[:-1])
    assert tokenizer_problem(folder).startswith("cannot be loaded: tokenizer.json is cut short")


def test_settings_are_a_mapping_or_a_sentence(tmp_path):
    path = tmp_path / "config.json"
    with pytest.raises(ValueError, match="^config.json is not there; download the model again$"):
        settings(path)
    path.write_text('{"a": 1}')
    assert settings(path) == {"a": 1}
    path.write_text("{" * 100_000)
    with pytest.raises(ValueError, match="^config.json is not JSON, or cut short; download it again$"):
        settings(path)
