"""Models are found by name in the folders that people have, and told by `nodegraph models`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import pytest

from nodegraph import Engine, ModelType, Recipe, node
from nodegraph.cli import main
from nodegraph.errors import GraphError
from nodegraph.models import Models
from nodegraph.packs import Catalogue, Library
from nodegraph.packs.library import folders_of
from nodegraph.packs.project import known_models

from .playground import graph, told

BOAT = ModelType("Boat", "A boat.", load=lambda recipe, device, dtype: Path(recipe.folder).read_bytes()[:4], size=lambda model: 1,
                 move=lambda model, device: None, files=True, holds=lambda path: path.is_file() and path.read_bytes()[:1] == b"b")
Boat = Annotated[Any, BOAT]


@node("l.sail", version=1)
def sail(boat: Boat) -> str:
    """Which boat it is."""
    return boat.decode()


def laid(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


COMFY = {"models/checkpoints/sd/photo.safetensors": "b1", "models/loras/photo.safetensors": "l1", "models/vae/ae.safetensors": "v",
         "models/unet/flux-Q8.gguf": "b2", "models/upscale_models/old.pth": "p", "models/checkpoints/put_here.txt": "",
         "models/diffusers/whole/model_index.json": "{}", "models/diffusers/whole/unet/model.safetensors": "x"}


def names(library: Library) -> list[str]:
    return [found.name for found in library.found]


def test_the_layout_of_comfyui_is_read_from_its_root_or_from_its_models(tmp_path):
    root = laid(tmp_path / "ComfyUI", **COMFY)
    found = ["checkpoints/sd/photo.safetensors", "diffusers/whole", "loras/photo.safetensors", "unet/flux-Q8.gguf",
             "upscale_models/old.pth", "vae/ae.safetensors"]
    assert sorted(names(Library([root]))) == sorted(names(Library([root / "models"]))) == found
    library = Library([root])
    for name in ("flux-Q8", "flux-Q8.gguf", "unet/flux-Q8.gguf", "unet/flux-q8.GGUF", "unet\\flux-Q8.gguf"):
        assert [one.path.name for one in library.named(name)] == ["flux-Q8.gguf"], name
    assert len(library.named("photo")) == 2 and [one.path for one in library.named("sd/photo")] == \
        [root / "models/checkpoints/sd/photo.safetensors"]
    assert [one.path for one in library.named("whole")] == [root / "models/diffusers/whole"]


def test_the_layouts_of_invokeai_and_of_the_hub_are_read(tmp_path):
    invoke = laid(tmp_path / "invokeai", **{"models/sdxl/main/juggernaut/model_index.json": "{}", "models/sd-1/lora/ink.safetensors": "l"})
    assert names(Library([invoke])) == ["sd-1/lora/ink.safetensors", "sdxl/main/juggernaut"]
    hub = laid(tmp_path / "hub", **{"models--some--boat/refs/main": "aaa", "models--some--boat/refs/v1": "bbb",
                                    "models--some--boat/snapshots/aaa/boat.safetensors": "b5",
                                    "models--some--boat/snapshots/bbb/boat.safetensors": "b6",
                                    "models--some--whole/snapshots/ccc/model_index.json": "{}"})
    library = Library([hub])
    assert [one.path.read_text() for one in library.named("some/boat/boat.safetensors")] == ["b5"]
    assert [one.path.read_text() for one in library.named("some/boat@v1/boat.safetensors")] == ["b6"]
    assert [one.path.name for one in library.named("some/whole")] == ["ccc"]


def test_what_is_new_in_a_folder_is_found_and_a_circle_of_links_ends(tmp_path):
    library = Library([laid(tmp_path / "m", **{"a/one.safetensors": "b"})])
    assert names(library) == ["a/one.safetensors"]
    laid(tmp_path / "m", **{"a/two.safetensors": "b"})
    (tmp_path / "m" / "a" / "round").symlink_to(tmp_path / "m")
    assert names(library) == ["a/one.safetensors", "a/two.safetensors"]
    assert names(Library([tmp_path / "not there"])) == []


def test_a_graph_names_a_model_that_lies_in_such_a_folder_and_the_kind_that_is_wanted_is_taken(tmp_path):
    root = laid(tmp_path / "ComfyUI", **COMFY)
    e = Engine(None, functions=[sail], models=[root], device="cpu")
    text = "nodes: {a: {type: l.sail, boat: NAME}}\noutputs: {a: $a}"
    for name, boat in (("photo", "b1"), ("flux-Q8", "b2"), ("checkpoints/sd/photo.safetensors", "b1")):
        assert told(e, graph(text.replace("NAME", name)))[1]["a"] == boat
    with pytest.raises(GraphError, match="Did you mean .*flux-Q8"):
        told(e, graph(text.replace("NAME", "flux-Q9")))


def test_two_of_one_name_and_kind_are_both_told(tmp_path):
    root = laid(tmp_path / "m", **{"a/one.safetensors": "b1", "b/one.safetensors": "b2"})
    models = Models(Catalogue([sail], installed=False, models=[root]))
    assert models.find(BOAT, Recipe("Boat", "one"), tmp_path) == \
        "there are several models one: a/one.safetensors, b/one.safetensors; write more of the path of the one that is meant"
    assert not models.find(BOAT, Recipe("Boat", "b/one"), tmp_path)


def test_folders_are_named_by_a_project_and_by_the_environment(tmp_path):
    (tmp_path / "nodegraph.yaml").write_text("models: [./mine, /abs]\n")
    (tmp_path / "inner").mkdir()
    assert known_models(tmp_path / "inner") == [tmp_path / "mine", Path("/abs")]
    assert folders_of({"NODEGRAPH_MODELS": "/one:/two", "HF_HUB_CACHE": "/hub"}) == [Path("/one"), Path("/two"), Path("/hub")]
    assert folders_of({"HF_HOME": "/home"}) == [Path("/home/hub")]
    (tmp_path / "nodegraph.yaml").write_text("models: mine\n")
    with pytest.raises(GraphError, match="models is .mine.; it takes a list of folders"):
        known_models(tmp_path)


def test_the_command_lists_models_with_their_kind_size_and_what_is_wrong(tmp_path, monkeypatch, capsys):
    laid(tmp_path, **{"nodegraph.yaml": "models: [./m]\n", "m/loras/broken.safetensors": "no", "m/old/sd.ckpt": "x" * 2000})
    (tmp_path / "m" / "loras" / "hand.safetensors").write_bytes(header({"x.lora_A.weight": 4, "__metadata__": {
        "modelspec.trigger_phrase": "ohwx", "modelspec.architecture": "stable-diffusion-v1/lora"}}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "none"))
    assert main(["models", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["loras/hand.safetensors"]["kinds"] == ["Lora"]
    assert rows["loras/hand.safetensors"]["remark"] == "for stable-diffusion-v1/lora; words: ohwx"
    assert "a pickle" in rows["old/sd.ckpt"]["remark"] and rows["old/sd.ckpt"]["bytes"] == 2000
    assert rows["loras/broken.safetensors"]["kinds"] == [] and "DiffusionModel" in rows["starter/painter"]["kinds"]
    assert main(["models", "ohwx"]) == 0
    out = capsys.readouterr().out
    assert "loras/hand.safetensors" in out and "starter" not in out
    assert main(["models", "nothing-like-it"]) == 0 and "no model that is found here speaks of" in capsys.readouterr().out


def header(tensors: dict[str, Any]) -> bytes:
    """A safetensors file of float32 vectors."""
    at, told_of = 0, {}
    for name, count in tensors.items():
        if name == "__metadata__":
            told_of[name] = count
        else:
            told_of[name] = {"dtype": "F32", "shape": [count], "data_offsets": [at, at + 4 * count]}
            at += 4 * count
    text = json.dumps(told_of).encode()
    return len(text).to_bytes(8, "little") + text + bytes(at)
