"""Depth: what plain transformers answers, from near to far, and folders that hold something else."""

import json

import pytest
import torch

from nodegraph import InputError, Recipe
from nodegraph_nodes.media.image import to_pil
from nodegraph_nodes.media.types import IMAGE
from nodegraph_nodes.picture.depth import depth, kind_problem, load
from tests.nodes import seers


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return seers.depth(tmp_path_factory.mktemp("depth") / "dpt")


@pytest.fixture(scope="module")
def model(folder):
    return load(Recipe("DepthModel", "dpt", str(folder)), "cpu", "float32")


def answered(folder, picture):
    """What plain transformers finds, brought to the size of the picture."""
    from transformers import DPTForDepthEstimation, DPTImageProcessorPil

    network, processor = DPTForDepthEstimation.from_pretrained(folder).eval(), DPTImageProcessorPil.from_pretrained(folder)
    with torch.no_grad():
        answer = network(**processor(images=to_pil(picture), return_tensors="pt"))
    return processor.post_process_depth_estimation(answer, target_sizes=[tuple(picture.shape[1:])])[0]["predicted_depth"]


def test_depth_is_what_transformers_answers_from_black_to_white(photo, folder, model):
    made, plain = depth(photo, model), answered(folder, photo)
    assert made.shape == photo.shape and IMAGE.complaint(made) is None
    assert (made[0] - (plain - plain.min()) / (plain.max() - plain.min())).abs().max() < 1e-5
    assert made.min() == 0 and made.max() == 1


def test_what_answers_distances_is_turned_so_that_near_is_white(photo, model, monkeypatch):
    metres = torch.tensor([[1.0, 2.0], [4.0, 1.0]])
    monkeypatch.setattr(model.processor, "post_process_depth_estimation", lambda answer, sizes: [{"predicted_depth": metres}])
    picture = photo[:, :2, :2]
    assert torch.allclose(depth(picture, model)[0], torch.tensor([[0.0, 1 / 3], [1.0, 0.0]]))
    monkeypatch.setattr(model.network.config, "depth_estimation_type", "metric", raising=False)
    assert torch.allclose(depth(picture, model)[0], torch.tensor([[1.0, 1 / 3], [0.0, 1.0]]))


def test_answers_that_are_no_numbers_are_told(photo, model, monkeypatch):
    spoiled = {"predicted_depth": torch.full((60, 80), torch.nan)}
    monkeypatch.setattr(model.processor, "post_process_depth_estimation", lambda answer, sizes: [spoiled])
    with pytest.raises(InputError, match="numbers that are none"):
        depth(photo, model)


def test_where_all_is_equally_far_nothing_is_divided_by_nothing(photo, model, monkeypatch):
    flat = {"predicted_depth": torch.full((60, 80), 3.0)}
    monkeypatch.setattr(model.processor, "post_process_depth_estimation", lambda answer, sizes: [flat])
    assert depth(photo, model).max() == 0


def test_a_folder_of_another_kind_or_without_all_of_it_is_told(folder, tmp_path):
    assert kind_problem(folder) == ""
    other = seers.segmentation(tmp_path / "segformer")
    assert kind_problem(other) == "is a model that reads pictures (SegFormer), and a model of depth is wanted"
    whole = seers.depth(tmp_path / "whole")
    (whole / "preprocessor_config.json").unlink()
    assert kind_problem(whole).startswith("has no preprocessor_config.json")
    (whole / "model.safetensors").unlink()
    (whole / "preprocessor_config.json").write_text("{}")
    assert kind_problem(whole).startswith("holds no weights")
    told = json.loads((whole / "config.json").read_text()) | {"auto_map": {"AutoModel": "code.Model"}}
    (whole / "config.json").write_text(json.dumps(told))
    assert kind_problem(whole).startswith("comes with code of its own")
    with pytest.raises(InputError, match="nowhere is not there"):
        load(Recipe("DepthModel", "nowhere", str(tmp_path / "nowhere")), "cpu", "float32")


def test_kinds_whose_answers_want_torchvision_are_told(tmp_path):
    folder = seers.depth(tmp_path / "zoe")
    told = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(told | {"model_type": "zoedepth", "architectures": ["ZoeDepthForDepthEstimation"]}))
    assert "take a Depth Anything, or a DPT" in kind_problem(folder)
