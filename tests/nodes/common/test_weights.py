"""What is wrong with files of weights is told from their first bytes, with the file's name and what to do."""

import json
import pickle
import struct

import pytest
import torch
from safetensors.torch import save_file

from nodegraph_nodes.common.weights import folder_problem, problem, weights

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 4976698672\n"


def header_of(tensors) -> bytes:
    text = json.dumps(tensors).encode()
    return struct.pack("<Q", len(text)) + text


def test_a_whole_file_is_well(whole):
    assert problem(whole) == ""


@pytest.mark.parametrize("content, says", [
    (b"", "is empty (0 bytes); download it again"),
    (LFS, "is not downloaded: it is a pointer of Git LFS; run git lfs pull in its folder"),
    (b"<!DOCTYPE html><html>404</html>", "is a web page and no weights"),
    (b"\n <html>", "is a web page and no weights"),
    (b'{"error": "Repository not found"}', "is a text and no weights (it begins with '{\"error\""),
    (b"Access to model x/y is restricted.", "is a text and no weights (it begins with 'Access to model"),
    (pickle.dumps({"a": 1}), "is a pickle under another name"),
    (b"PK\x03\x04" + bytes(60), "is a pickle under another name"),
    (b"GGUF\x03\0\0\0" + bytes(60), "is a GGUF file under another name"),
    (b"\x05\0\0", "is cut short: it has 3 bytes"),
    (struct.pack("<Q", 500) + b'{"a"', "is cut short: its header alone has 508 bytes, and the file 12"),
    (struct.pack("<Q", 1 << 50) + bytes(50), "is no safetensors file, whatever its name says"),
    (struct.pack("<Q", 9) + b'{"a": no}', "is damaged: its header does not say which weights it holds"),
    (header_of({"a": {"dtype": "F32", "shape": [2]}}), "is damaged: its header does not say"),
    (header_of({"a": 1}), "is damaged: its header does not say"),
    (header_of([1]), "is damaged: its header does not say"),
    (header_of({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}) + bytes(8), "is damaged: its header"),
], ids=lambda value: None if isinstance(value, bytes) else value[:40])
def test_what_stands_in_the_place_of_weights_is_named(tmp_path, content, says):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    assert problem(path).startswith("model.safetensors " + says)


def test_a_file_that_is_cut_or_grown_is_told_in_bytes(whole):
    content = whole.read_bytes()
    whole.write_bytes(content[:-7])
    short = f"model.safetensors is cut short: it has {len(content) - 7} of {len(content)} bytes"
    assert problem(whole).startswith(short)
    whole.write_bytes(content + b"abc")
    assert problem(whole).startswith(f"model.safetensors is damaged: it has {len(content) + 3} of {len(content)} bytes")


def test_links_that_lead_nowhere_absent_files_and_folders_are_told_apart(tmp_path):
    link = tmp_path / "model.safetensors"
    link.symlink_to("../../blobs/abc")
    assert "model.safetensors is a link to a file that is not there (../../blobs/abc)" in problem(link)
    assert problem(tmp_path / "gone.safetensors").startswith("gone.safetensors is not there")
    assert problem(tmp_path).endswith("is a folder, and a file is wanted; download it again")


def test_only_the_header_of_a_file_is_read(tmp_path):
    path, most = tmp_path / "model.safetensors", 1 << 40
    with path.open("wb") as file:
        head = header_of({"a": {"dtype": "U8", "shape": [most], "data_offsets": [0, most]}})
        file.write(head)
        file.truncate(len(head) + most)  # a terabyte of nothing, which takes no room on the disk
    assert problem(path) == ""


def test_a_network_is_one_file_or_those_of_an_index_or_those_of_a_variant(tmp_path, whole):
    assert weights(tmp_path) == ([whole], "")
    half = whole.rename(tmp_path / "model.fp16.safetensors")
    assert weights(tmp_path) == ([half], "fp16")
    index = tmp_path / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": dict(a="x-1.safetensors", b="x-2.safetensors", c="x-1.safetensors")}))
    assert weights(tmp_path) == ([tmp_path / "x-1.safetensors", tmp_path / "x-2.safetensors"], "")
    index.rename(tmp_path / "model.safetensors.index.bf16.json")
    half.unlink()
    assert weights(tmp_path) == ([tmp_path / "x-1.safetensors", tmp_path / "x-2.safetensors"], "bf16")


def test_a_shard_that_is_absent_or_spoiled_is_named(tmp_path, whole):
    shard = whole.rename(tmp_path / "model-1.safetensors")
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}))
    assert folder_problem(tmp_path).startswith(
        "cannot be loaded: model-2.safetensors of the 2 files that its index names is not there")
    (tmp_path / "model-2.safetensors").write_bytes(LFS)
    assert folder_problem(tmp_path).startswith("cannot be loaded: model-2.safetensors is not downloaded")
    (tmp_path / "model-2.safetensors").write_bytes(shard.read_bytes())
    assert folder_problem(tmp_path) == ""
    index.write_text("[]")
    assert folder_problem(tmp_path).startswith("cannot be loaded: model.safetensors.index.json is no index of weights")


def touched(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")


@pytest.mark.parametrize("names, says", [
    ((), "is empty"),
    ((".gitattributes",), "is empty"),
    (("config.json", "pytorch_model.bin"), "holds its weights as a pickle (pytorch_model.bin), which is code"),
    (("config.json", "model.ckpt"), "holds its weights as a pickle (model.ckpt)"),
    (("tiny-q4.gguf",), "holds a GGUF file, for llama.cpp (tiny-q4.gguf), which is not read here"),
    (("config.json", "tf_model.h5"), "holds weights of TensorFlow (tf_model.h5)"),
    (("config.json", "flax_model.msgpack"), "holds weights of Flax (flax_model.msgpack)"),
    (("snapshots/abc/config.json", "refs/main"), "is the hub's own folder of a model, whose files lie deeper; give /"),
    (("config.json",), "holds no weights: model.safetensors is not there; download the model again"),
])
def test_a_folder_without_weights_that_can_be_read_is_called_what_it_is(tmp_path, names, says):
    touched(tmp_path, *names)
    assert folder_problem(tmp_path).startswith(says)


def test_an_adapter_alone_is_named_with_its_base(tmp_path):
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA", "base_model_name_or_path": "someone/base"}')
    save_file({"base_model.q_proj.lora_A.weight": torch.ones(2)}, tmp_path / "adapter_model.safetensors")
    assert folder_problem(tmp_path).startswith("is an adapter (LoRA) of someone/base and no model by itself; merge")


@pytest.mark.parametrize("tensor, says", [
    ("lora_unet_down.lora_down.weight", "it is an adapter (LoRA)"),
    ("model.diffusion_model.input_blocks.0.0.weight", "it is a diffusion model in one file, and a folder is wanted"),
    ("encoder.weight", "weights alone"),
])
def test_a_file_alone_in_a_folder_is_called_what_it_is(tmp_path, tensor, says):
    save_file({tensor: torch.ones(2)}, tmp_path / "checkpoint.safetensors")
    assert folder_problem(tmp_path).startswith("holds checkpoint.safetensors and no config.json: " + says)


def test_a_place_that_is_no_folder_is_told(tmp_path, whole):
    assert folder_problem(whole) == "is a file, and a folder is wanted"
    assert folder_problem(tmp_path / "gone") == "is not there"
