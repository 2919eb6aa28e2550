"""Folders as downloads, clones, conversions and other tools leave them: loaded rightly, or refused in one sentence.

Each is made of one tiny model, spoiled, and given to a graph: `check` finds what small files and headers tell, and the
rest is found while the model loads. Never is there a traceback, and never a word of the libraries on stderr.
"""

import json
import os
import pickle
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from nodegraph import Engine, GraphError, events
from tests.nodes.gan.conftest import weights as gan_weights

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 4976698672\n"
MODEL = "model.safetensors"


class Answer:
    """What came of a run: the text, what was said against it, where, and what was told."""

    def __init__(self, engine, node, model, **inputs):
        text = "".join(f"    {name}: {json.dumps(value)}\n" for name, value in {"model": str(model), **inputs}.items())
        graph = model.parent / "graph.yaml"
        graph.write_text(f"nodegraph: 1\nnodes:\n  n:\n    type: {node}\n{text}outputs: {{out: $n}}\n")
        self.made, self.said, self.checked, self.told = None, "", False, []
        try:
            result = engine.run(engine.load(str(graph)), emit=self._heard)
        except GraphError as error:
            self.said, self.checked = str(error).replace(str(model), "MODEL"), True
            return
        self.said = "\n".join(error.message for error in result.errors).replace(str(model), "MODEL")
        assert not any(error.trace for error in result.errors), result.errors[0].trace
        self.made = result["out"] if not self.said else None

    def _heard(self, event):
        if isinstance(event, events.Warned):
            self.told.append(event.message)


@pytest.fixture(scope="module")
def engine():
    return Engine(cache=None, device="cpu")


@pytest.fixture
def model(language_folder, tmp_path):
    """A copy of the language model, to be spoiled."""
    return shutil.copytree(language_folder, tmp_path / "model")


@pytest.fixture
def written(engine, language_folder):
    """What the whole model writes."""
    return Answer(engine, "text.generate", language_folder, prompt="a boat", max_tokens=6).made


def settings(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def reworked(folder, rework):
    """The weights once more, as {new name: tensor} of (name, tensor); a name of None leaves one out."""
    tensors = dict(rework(name, tensor.clone()) for name, tensor in load_file(folder / MODEL).items())
    save_file({name: tensor for name, tensor in tensors.items() if name}, folder / MODEL, metadata={"format": "pt"})


def without(part):
    return lambda folder: reworked(folder, lambda name, tensor: ("" if part in name else name, tensor))


def named(prefix):
    return lambda folder: reworked(folder, lambda name, tensor: (prefix + name, tensor))


def content(name, data):
    def spoil(folder):
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(data)
    return spoil


def config(**changes):
    return lambda folder: settings(folder / "config.json", **changes)


def renamed(new, old=MODEL):
    return lambda folder: (folder / old).rename(folder / new)


def gone(*names):
    return lambda folder: [(folder / name).unlink() for name in names]


def both(*spoils):
    return lambda folder: [spoil(folder) for spoil in spoils]


def other(kind, architecture, **changes):
    """The config.json of another kind of model, as transformers saves it."""
    def spoil(folder):
        import transformers

        getattr(transformers, f"{kind}Config")(architectures=[architecture], **changes).save_pretrained(folder)
    return spoil


def cut(folder):
    (folder / MODEL).write_bytes((folder / MODEL).read_bytes()[:5000])


def dead_link(folder):
    (folder / MODEL).unlink()
    (folder / MODEL).symlink_to("../../blobs/0f3a")


def dead(name):
    """Another file that is a link to nothing."""
    def spoil(folder):
        (folder / name).unlink()
        (folder / name).symlink_to("nowhere")
    return spoil


def sharded(*missing, second=None):
    def spoil(folder):
        tensors = load_file(folder / MODEL)
        parts = [dict(list(tensors.items())[:9]), dict(list(tensors.items())[9:])]
        for number, part in enumerate(parts, 1):
            save_file(part, folder / f"model-{number}.safetensors", metadata={"format": "pt"})
        (folder / MODEL).unlink()
        index = {name: f"model-{number}.safetensors" for number, part in enumerate(parts, 1) for name in part}
        (folder / f"{MODEL}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
        gone(*missing)(folder)
        if second is not None:
            (folder / "model-2.safetensors").write_bytes(second)
    return spoil


def emptied(folder):
    shutil.rmtree(folder)
    folder.mkdir()


def in_the_hub(folder):
    """The folder that the hub's own cache keeps of a model."""
    inside = folder.rename(folder.with_name("whole"))
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc123")
    (folder / "snapshots").mkdir()
    inside.rename(folder / "snapshots" / "abc123")


def in_a_folder(folder):
    inside = folder.rename(folder.with_name("whole"))
    folder.mkdir()
    inside.rename(folder / "tiny")


def pipeline(folder):
    emptied(folder)
    (folder / "model_index.json").write_text('{"_class_name": "FluxPipeline", "_diffusers_version": "0.42.1"}')


def generator(folder):
    emptied(folder)
    save_file(gan_weights(), folder / "ffhq.safetensors")


def adapter(folder):
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA", "base_model_name_or_path": "someone/base"}')
    save_file({"base_model.q_proj.lora_A.weight": torch.ones(2)}, folder / "adapter_model.safetensors")


def of_few_words(folder):
    """A tokenizer of which the model's own code would know words, but these files do not."""
    told = json.loads((folder / "tokenizer.json").read_text())
    told["model"]["vocab"], told["added_tokens"] = {"<s>": 0, "</s>": 1}, []
    (folder / "tokenizer.json").write_text(json.dumps(told))


def of_fewer_rows(folder, rows=60):
    reworked(folder, lambda name, tensor: (name, tensor[:rows] if len(tensor) == 258 else tensor))
    settings(folder / "config.json", vocab_size=rows)


REFUSED = {
    # weights
    "half of its weights": (without("layers.1."), "MODEL lacks 9 of its weights (model.layers.1.input_layernorm"),
    "no head": (without("lm_head"), "MODEL lacks 1 of its weights (lm_head.weight)"),
    "names of another model": (named("transformer.h."), "MODEL lacks 21 of its weights (lm_head.weight, "),
    "another width": (config(hidden_size=64),
                      "MODEL does not fit its config.json: lm_head.weight is 258 x 32 in the file "
                      "and 258 x 64 by the config, and 20 more; take both from one model"),
    "more rows by its config": (config(vocab_size=300),
                                "MODEL does not fit its config.json: lm_head.weight is 258 x 32"),
    "fewer rows by its config": (config(vocab_size=100),
                                 "MODEL does not fit its config.json: lm_head.weight is 258 x 32"),
    "numbers that are none": (lambda folder: reworked(folder, lambda name, tensor: (name, tensor * torch.nan)),
                              "the model answers with numbers that are none (NaN)"),
    "quantised by bitsandbytes": (config(quantization_config={"quant_method": "bitsandbytes", "load_in_4bit": True}),
                                  "MODEL is quantised (bitsandbytes), which cannot be loaded here: "),
    "quantised by GPTQ": (config(quantization_config={"quant_method": "gptq", "bits": 4}),
                          "MODEL is quantised (gptq), which cannot be loaded here: "),
    "quantised by AWQ": (config(quantization_config={"quant_method": "awq", "bits": 4}),
                         "MODEL is quantised (awq), which cannot be loaded here: "),
    "whole numbers": (lambda folder: reworked(folder, lambda name, tensor: (name, tensor.to(torch.int8))),
                      "MODEL is quantised: lm_head.weight in model.safetensors holds whole numbers (I8)"),
    # configuration
    "no known architecture": (config(model_type="lama3"), "MODEL is of the kind 'lama3', and transformers "),
    "own code": (config(model_type="own", auto_map={"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}),
                 "MODEL is of the kind 'own', and it comes with code of its own, and no model's code is run here"),
    "a tokenizer of own code": (lambda folder: settings(folder / "tokenizer_config.json", tokenizer_class="Own",
                                                        auto_map={"AutoTokenizer": ["own.Slow", "own.Fast"]}),
                                "the tokenizer of MODEL cannot be read: it comes with code of its own"),
    "attention from the hub": (config(attn_implementation="someone/kernel"),
                               "MODEL asks in its config.json for code of the hub (someone/kernel)"),
    "an unknown activation": (config(hidden_act="magic"),
                              "MODEL cannot be loaded as a LanguageModel: there is no 'magic'"),
    "heads that do not divide": (config(num_attention_heads=5), "the config.json of MODEL cannot be understood: The "
                                 "hidden size (32) is not a multiple of the number of attention heads (5); take the"),
    "a length in words": (config(max_position_embeddings="512"), 'the config.json of MODEL cannot be understood: '
                          'max_position_embeddings is "512", which it cannot be; take the one that belongs to'),
    "a rope of half its settings": (config(rope_scaling={"rope_type": "llama3"}), "the config.json of MODEL cannot be "
                                    "understood: Missing required keys in"),
    "no way of quantising": (config(quantization_config={}),
                             "MODEL is quantised (its config.json does not say how), which cannot be loaded here: "),
    # tokenizer
    "words the model does not know": (of_fewer_rows,
                                      "MODEL does not fit together: its tokenizer has 258 tokens and its "
                                      "model 60; take both from one model"),
    "no words": (of_few_words, "the tokenizer of MODEL knows no words"),
    "a tokenizer of another shape": (content("tokenizer.json", b'{"a": 1}'), "the tokenizer of MODEL cannot be read: "),
    "a tokenizer of another kind": (lambda folder: settings(folder / "tokenizer_config.json",
                                                            tokenizer_class="BertTokenizer"),
                                    "the tokenizer of MODEL reads no words: "),
    "sentencepiece alone": (both(gone("tokenizer.json"), content("tokenizer.model", b"\x0a\x0e\0")),
                            "the tokenizer of MODEL cannot be read: tokenizer.model by itself takes the package"),
    "no merges": (both(gone("tokenizer.json"), content("vocab.json", b'{"a": 0, "b": 1}')),
                  "the tokenizer of MODEL cannot be read: merges.txt, which belongs to vocab.json, is missing"),
    "a template that says no": (content("chat_template.jinja", b"{{ raise_exception('System role must come first') }}"),
                                "the model's chat template refuses the prompt: System role must come first; set chat"),
    "a template that is cut": (content("chat_template.jinja", b"{% for m in messages %}{{ m['con"),
                               "the model's chat template refuses the prompt: its line 1 cannot be read ("),
    "a template of what is not there": (content("chat_template.jinja", b"{{ messages[3].content.strip() }}"),
                                        "the model's chat template refuses the prompt: list object has no element 3"),
}


@pytest.mark.parametrize("spoil, says", REFUSED.values(), ids=REFUSED)
def test_what_shows_when_a_model_loads_is_refused_in_a_sentence(engine, model, spoil, says, capfd):
    spoil(model)
    answer = Answer(engine, "text.generate", model, prompt="a boat", max_tokens=6)
    assert answer.said.startswith(says) and "\n" not in answer.said and not answer.checked
    assert capfd.readouterr().err == ""


FOUND = {
    # files
    "a pointer": (content(MODEL, LFS),
                  "cannot be loaded: model.safetensors is not downloaded: it is a pointer of Git LFS; "
                  "run git lfs pull in its folder"),
    "a cut file": (cut, "cannot be loaded: model.safetensors is cut short: it has 5000 of 142544 bytes"),
    "an empty file": (content(MODEL, b""), "cannot be loaded: model.safetensors is empty (0 bytes)"),
    "a page": (content(MODEL, b"<!DOCTYPE html><html>"), "cannot be loaded: model.safetensors is a web page"),
    "an error": (content(MODEL, b'{"error": "gated"}'), "cannot be loaded: model.safetensors is a text and no weights"),
    "a pickle renamed": (content(MODEL, pickle.dumps([1])),
                         "cannot be loaded: model.safetensors is a pickle under another"),
    "a GGUF file renamed": (content(MODEL, b"GGUF\3\0\0\0"),
                            "cannot be loaded: model.safetensors is a GGUF file under"),
    "a dead link": (dead_link,
                    "cannot be loaded: model.safetensors is a link to a file that is not there (../../blobs/0f3a)"),
    "a missing shard": (sharded("model-2.safetensors"), "cannot be loaded: model-2.safetensors of the 2 files that its "
                        "index names is not there"),
    "a shard's pointer": (sharded(second=LFS), "cannot be loaded: model-2.safetensors is not downloaded"),
    "an index that is none": (both(sharded(), content(f"{MODEL}.index.json", b"{}")),
                              "cannot be loaded: model.safetensors.index.json is no index of weights"),
    "a pickle": (renamed("pytorch_model.bin"), "holds its weights as a pickle (pytorch_model.bin), which is code"),
    "a GGUF file": (renamed("tiny-Q4_K_M.gguf"),
                    "holds a GGUF file, for llama.cpp (tiny-Q4_K_M.gguf), which is not read"),
    "weights of TensorFlow": (renamed("tf_model.h5"),
                              "holds weights of TensorFlow (tf_model.h5), which is not read here"),
    "another name": (renamed("tiny.safetensors"),
                     "holds tiny.safetensors, and no model.safetensors; if that is the model"),
    "no weights": (gone(MODEL), "holds no weights: model.safetensors is not there; download the model again"),
    "letters of another size": (renamed("MODEL.SAFETENSORS"), "holds no weights: model.safetensors is not there; "
                                "download the model again, or rename MODEL.SAFETENSORS to it"),
    "an unfinished download": (renamed(f"{MODEL}.part"), "holds no weights: model.safetensors is not there; download "
                               "the model again: model.safetensors.part is the beginning of one that did not end"),
    "shards without an index": (renamed("model-00001-of-00002.safetensors"),
                                "holds model-00001-of-00002.safetensors and no index of such parts; download"),
    "an index of nothing": (both(renamed("model-1.safetensors"), content(f"{MODEL}.index.json", b'{"weight_map": {}}')),
                            "cannot be loaded: model.safetensors.index.json is no index of weights"),
    # settings
    "no kind": (content("config.json", b"{}"),
                "cannot be loaded: config.json does not say which kind of model it is of (model_type); download"),
    "a kind in a list": (config(model_type=["llama"]),
                         "cannot be loaded: config.json does not say which kind of model it is of (model_type)"),
    "an empty config": (content("config.json", b""), "cannot be loaded: config.json is empty (0 bytes); download"),
    "a dead link to the config": (dead("config.json"), "cannot be loaded: config.json is a link to a file that is not"),
    "Config.json": (renamed("Config.json", "config.json"), "cannot be loaded: config.json is not there; download the "
                    "model again, or rename Config.json to it"),
    "layers in words": (config(num_hidden_layers="two"), 'cannot be loaded: config.json gives num_hidden_layers as '
                        '"two", and it takes a whole number above 0'),
    "a vocabulary of nothing": (config(vocab_size=0), "cannot be loaded: config.json gives vocab_size as 0, and it"),
    "an end in words": (lambda folder: settings(folder / "generation_config.json", eos_token_id="</s>"),
                        'cannot be loaded: generation_config.json gives eos_token_id as "</s>", and it takes the number'),
    "ends within ends": (config(eos_token_id=[["a"]]), "cannot be loaded: config.json gives eos_token_id as"),
    "a broken generation_config": (content("generation_config.json", b'{"eos_'),
                                   "cannot be loaded: generation_config.json is not JSON"),
    "a dead link to the generation_config": (dead("generation_config.json"),
                                             "cannot be loaded: generation_config.json is a link to a file that is not"),
    "a folder for a tokenizer": (both(gone("tokenizer.json"), lambda folder: (folder / "tokenizer.json").mkdir()),
                                 "cannot be loaded: tokenizer.json is a folder, and a file is wanted; download it again"),
    "no config": (gone("config.json"), "holds model.safetensors and no config.json: weights alone"),
    "a config that is none": (content("config.json", b'{"model_type": "lla'),
                              "cannot be loaded: config.json is not JSON, or cut short"),
    "a config in a list": (content("config.json", b"[]"),
                           "cannot be loaded: config.json is JSON and no mapping of settings"),
    "a pointer for a config": (content("config.json", LFS),
                               "cannot be loaded: config.json is not downloaded: it is a "),
    "no tokenizer": (gone("tokenizer.json", "tokenizer_config.json"), "has no tokenizer (tokenizer.json, or "),
    "a tokenizer's pointer": (content("tokenizer.json", LFS), "cannot be loaded: tokenizer.json is not downloaded"),
    "a cut tokenizer": (content("tokenizer.json", b'{"model": {"vo'), "cannot be loaded: tokenizer.json is cut short"),
    "a page for merges": (both(gone("tokenizer.json"), content("vocab.json", b"{}"), content("merges.txt", b"<html>")),
                          "cannot be loaded: merges.txt is a web page"),
    "a pointer for a template": (content("chat_template.jinja", LFS),
                                 "cannot be loaded: chat_template.jinja is not down"),
    "a tokenizer in a list": (content("tokenizer.json", b"[1]"), "cannot be loaded: tokenizer.json is "),
    # other things
    "nothing": (emptied, "is empty. A language model is wanted. Such models are starter/poet."),
    "the hub's own folder": (in_the_hub, "is the hub's own folder of a model, whose files lie deeper; give "
                             "MODEL/snapshots/abc123. A language model is wanted."),
    "a folder around it": (in_a_folder,
                           "holds no model: neither a config.json nor weights; give the folder MODEL/tiny"),
    "an adapter": (both(gone("config.json", MODEL), adapter),
                   "is an adapter (LoRA) of someone/base and no model by itself"),
    "a pipeline": (pipeline, "holds a diffusion pipeline (FluxPipeline). A language model is wanted."),
    "a part of a pipeline": (config(_class_name="UNet2DConditionModel", _diffusers_version="0.42.1"),
                             "holds a part of a diffusion pipeline (UNet2DConditionModel). A language model is"),
    "a generator": (generator, "holds ffhq.safetensors and no config.json: it is the generator of a StyleGAN2. A lang"),
    "T5": (other("T5", "T5ForConditionalGeneration"), "is a text-to-text model (T5). A language model is wanted."),
    "BART": (other("Bart", "BartForConditionalGeneration"),
             "is a text-to-text model (BART). A language model is wanted."),
    "Marian": (other("Marian", "MarianMTModel"), "is a text-to-text model (Marian). A language model is wanted."),
    "BERT": (other("Bert", "BertForMaskedLM"), "is a model that reads texts and writes none (BERT). A language model"),
    "CLIP": (other("CLIP", "CLIPModel"), "is a model that reads pictures (CLIP). A language model is wanted."),
    "ViT": (other("ViT", "ViTForImageClassification"),
            "is a model that reads pictures (ViT). A language model is wanted."),
    "Whisper": (other("Whisper", "WhisperForConditionalGeneration"),
                "is a model that listens (Whisper). A language model"),
    "a classifier": (other("Llama", "LlamaForSequenceClassification"),
                     "is a classifier of texts (LlamaForSequenceClassification). A language model is wanted."),
}


@pytest.mark.parametrize("spoil, says", FOUND.values(), ids=FOUND)
def test_what_small_files_and_headers_tell_is_found_by_check(engine, model, spoil, says, capfd):
    spoil(model)
    answer = Answer(engine, "text.generate", model, prompt="a boat", max_tokens=6)
    assert answer.checked and f"n.model: MODEL {says}" in answer.said
    assert not ("cannot be loaded" in answer.said and "A language model is wanted" in answer.said)
    assert engine.models.loads == 0 or not answer.made
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name, data, says", [
    ("tokenizer.json", b"", "tokenizer.json is empty (0 bytes)"), ("tokenizer.json", LFS, "is a pointer of Git LFS"),
    ("tokenizer.json", b"<html>", "tokenizer.json is a web page and no tokenizer"),
    ("generation_config.json", b"[]", "generation_config.json is JSON and no mapping of settings"),
    ("config.json", b'{"model_type": "llama", "vocab_size": -1}', "config.json gives vocab_size as -1")])
def test_what_is_wrong_with_a_composers_small_files_is_named_by_check(engine, composer_folder, tmp_path, name, data, says):
    folder = shutil.copytree(composer_folder, tmp_path / "model")
    (folder / name).write_bytes(data)
    answer = Answer(engine, "music.generate", folder)
    assert answer.checked and "MODEL cannot be loaded: " in answer.said and says in answer.said
    assert "A music model is wanted" not in answer.said


def test_a_composer_with_weights_of_another_model_is_refused_for_what_it_lacks(engine, model, composer_folder, tmp_path):
    folder = shutil.copytree(composer_folder, tmp_path / "composer")
    other = {f"other.{name}": tensor for name, tensor in load_file(model / MODEL).items()}
    save_file(other, folder / MODEL, metadata={"format": "pt"})
    said = Answer(engine, "music.generate", folder).said
    assert "lacks" in said and "its weights" in said.replace("lacks weights", "its weights") and "made up" in said


def test_a_model_whose_end_is_no_token_of_its_tokenizer_is_told_of(engine, model):
    settings(model / "generation_config.json", eos_token_id=9999)
    answer = Answer(engine, "text.generate", model, prompt="a boat", max_tokens=3)
    assert answer.made and any("its end token, 9999, is not in its tokenizer" in words for words in answer.told)


def test_a_file_in_a_folders_place_is_told_with_the_folder_that_it_lies_in(engine, model):
    said = Answer(engine, "text.generate", model / MODEL, prompt="a").said
    assert f"MODEL is a file, and a folder is wanted; give the one that it lies in, {model}" in said
    alone = model.parent / "alone.safetensors"
    save_file({"model.diffusion_model.out.weight": torch.ones(1)}, alone)
    said = Answer(engine, "text.generate", alone, prompt="a").said
    assert "MODEL is a file, and a folder is wanted: it is a diffusion model in one file" in said


def test_a_composer_in_a_writers_place_and_a_writer_in_a_composers_are_found_by_check(engine, model, composer_folder):
    composer = Answer(engine, "text.generate", composer_folder, prompt="a boat")
    assert composer.checked and "MODEL holds a music model: its tokenizer.json is of notes" in composer.said
    writer = Answer(engine, "music.generate", model)
    assert writer.checked and "MODEL has a tokenizer.json that is not one that miditok saved; take" in writer.said


READ = {
    "a variant": renamed("model.fp16.safetensors"),
    "a variant in shards": both(sharded(), renamed("model.safetensors.index.bf16.json", f"{MODEL}.index.json")),
    "shards": sharded(),
    "names of a wrapper": named("module."),
    "names of another wrapper": named("_orig_mod."),
    "a link": lambda folder: ((folder / MODEL).rename(folder / "blob"), (folder / MODEL).symlink_to("blob")),
    "no tokenizer_config": gone("tokenizer_config.json"),
    "no generation_config": gone("generation_config.json"),
    "a buffer of former versions": lambda folder: reworked(
        folder, lambda name, tensor: ("model.layers.0.self_attn.rotary_emb.inv_freq", torch.ones(4))
        if name == "model.norm.weight.copy" else (name, tensor)),
}


@pytest.mark.parametrize("rework", READ.values(), ids=READ)
def test_the_same_weights_in_other_files_write_the_same(engine, model, written, rework, capfd):
    rework(model)
    answer = Answer(engine, "text.generate", model, prompt="a boat", max_tokens=6)
    assert answer.made == written and answer.said == "" and answer.told == []
    assert capfd.readouterr().err == ""


def test_weights_that_are_not_used_are_told_of_but_for_needless_ones(engine, model, written, capfd):
    tensors = {**load_file(model / MODEL), "value_head.weight": torch.ones(2),
               "model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)}
    save_file(tensors, model / MODEL, metadata={"format": "pt"})
    answer = Answer(engine, "text.generate", model, prompt="a boat", max_tokens=6)
    assert answer.made == written
    assert answer.told == [f"{model} holds 1 weights that are not used (value_head.weight)"]
    assert capfd.readouterr().err == ""


def test_an_adapter_beside_a_model_is_told_of_and_not_used(engine, model, written):
    adapter(model)
    answer = Answer(engine, "text.generate", model, prompt="a boat", max_tokens=6)
    assert answer.made == written and len(answer.told) == 1
    assert f"{model} holds an adapter (LoRA) of someone/base beside the model, and it is not used" in answer.told[0]


def test_added_tokens_without_weights_are_told_of_and_a_prompt_with_one_is_refused(engine, model):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    tokenizer.save_pretrained(model)
    answer = Answer(engine, "text.generate", model, prompt="a boat", max_tokens=6)
    assert answer.made and answer.told == [f"{model} has no weights for the added tokens <|im_start|>; "
                                           "prompts with them are refused"]
    said = Answer(engine, "text.generate", model, prompt="<|im_start|>a boat", max_tokens=6).said
    assert said.startswith("the prompt has the token <|im_start|>, for which this model has no weights")


def test_a_model_that_is_wider_than_its_vocabulary_writes_words_only(engine, model, written):
    def wider(name, tensor):
        if len(tensor) != 258:
            return name, tensor
        loud = torch.full((30, 32), 9.0) * torch.sign(torch.arange(32) % 2 - 0.5)
        return name, torch.cat([tensor, loud])
    reworked(model, wider)
    settings(model / "config.json", vocab_size=288)
    assert Answer(engine, "text.generate", model, prompt="a boat", max_tokens=6).made


@pytest.mark.skipif(os.name != "posix", reason="a dead link wants symbolic links")
def test_more_than_sixty_folders_are_tried():
    assert len(REFUSED) + len(FOUND) + len(READ) > 60
