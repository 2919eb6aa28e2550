"""Masks by models: kinds of things by name, and what is pointed at, as plain transformers has them."""

import json

import numpy as np
import pytest
import torch
from PIL import Image as Pil

from nodegraph import InputError, Recipe
from nodegraph_nodes.mask import sam as sams, segment as segments
from nodegraph_nodes.mask.sam import places, sam
from nodegraph_nodes.mask.segment import segment
from nodegraph_nodes.media.image import to_pil
from nodegraph_nodes.media.types import MASK
from tests.nodes import seers


@pytest.fixture(scope="module")
def photo():
    """Hills of colour, 3 x 40 x 52, whole bytes."""
    y, x = torch.meshgrid(torch.arange(40.) / 40, torch.arange(52.) / 40, indexing="ij")
    return ((torch.stack([x * y, (5 * x).sin() / 2 + 0.5, (4 * y).cos() / 2 + 0.5]).clamp(0, 1) * 255).round() / 255)


@pytest.fixture(scope="module")
def segformer(tmp_path_factory):
    folder = seers.segmentation(tmp_path_factory.mktemp("segmentation") / "segformer")
    return segments.load(Recipe("SegmentationModel", "segformer", str(folder)), "cpu", "float32")


@pytest.fixture(scope="module")
def anything(tmp_path_factory):
    folder = seers.sam(tmp_path_factory.mktemp("sam") / "sam")
    return sams.load(Recipe("SamModel", "sam", str(folder)), "cpu", "float32")


# ---- kinds of things

def test_a_kind_is_found_where_transformers_finds_it(photo, segformer):
    inputs = segformer.processor(images=to_pil(photo), return_tensors="pt")
    with torch.no_grad():
        answer = segformer.network(**inputs)
    numbers = segformer.processor.post_process_semantic_segmentation(answer, target_sizes=[(40, 52)])[0]
    made = [segment(photo, segformer, name) for name in ("wall", "sky", "person")]
    assert [torch.equal(mask[0], (numbers == k).float()) for k, mask in enumerate(made)] == [True] * 3
    assert len(numbers.unique()) > 1 and all(MASK.complaint(mask) is None for mask in made)
    assert torch.equal(sum(made), torch.ones(1, 40, 52))


@pytest.mark.parametrize("what", ["sky, someone", "1,2", "Heaven, person", "sky, sky, person, someone"])
def test_kinds_go_by_any_of_their_names_or_by_number_and_together(photo, segformer, what):
    assert torch.equal(segment(photo, segformer, what), 1 - segment(photo, segformer, "wall"))


@pytest.mark.parametrize("what, words", [("dragon", "knows no 'dragon'; it knows wall, sky;heaven, person, someone"),
                                         ("sky, 7", "knows no '7'"), (" , ", "what names nothing; it knows wall")])
def test_kinds_that_the_model_does_not_know_are_answered_with_those_it_does(photo, segformer, what, words):
    with pytest.raises(InputError, match=words):
        segment(photo, segformer, what)


# ---- what is pointed at

def plain(anything, photo, **given):
    """The three answers of transformers as they are, and how they are trusted."""
    inputs = anything.processor(images=to_pil(photo), return_tensors="pt", **given)
    with torch.no_grad():
        answer = anything.network(**{name: inputs[name] for name in inputs if name not in ("original_sizes", "reshaped_input_sizes")})
    masks = anything.processor.image_processor.post_process_masks(answer.pred_masks, inputs["original_sizes"],
                                                                  inputs["reshaped_input_sizes"])
    return masks[0][0].float(), answer.iou_scores.flatten()


def test_what_is_pointed_at_is_what_transformers_cuts_out(photo, anything):
    masks, trusted = plain(anything, photo, input_points=[[[[20.0, 10.0], [30.0, 20.0], [1.0, 1.0]]]],
                           input_labels=[[[1, 1, 0]]])
    for number, which in enumerate(("part", "object", "whole")):
        assert torch.equal(sam(photo, anything, "20,10 30,20", "1,1", which=which), masks[number:number + 1])
    best = sam(photo, anything, "20,10 30,20", "1,1")
    assert torch.equal(best[0], masks[trusted.argmax()]) and MASK.complaint(best) is None


def test_a_box_is_taken_alone_and_with_points(photo, anything):
    masks, trusted = plain(anything, photo, input_boxes=[[[2.0, 3.0, 30.0, 20.0]]])
    assert torch.equal(sam(photo, anything, box="2,3,30,20")[0], masks[trusted.argmax()])
    masks, trusted = plain(anything, photo, input_boxes=[[[2.0, 3.0, 30.0, 20.0]]], input_points=[[[[5.0, 5.0]]]],
                           input_labels=[[[1]]])
    assert torch.equal(sam(photo, anything, "5,5", box="2,3,30,20")[0], masks[trusted.argmax()])


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    return seers.sam2(tmp_path_factory.mktemp("sam2") / "sam2")


def test_a_sam_2_cuts_out_what_it_is_pointed_at(photo, second):
    from transformers import Sam2Processor

    live = sams.load(Recipe("SamModel", "sam2", str(second)), "cpu", "float32")
    places = torch.tensor([[[[20.0, 10.0], [30.0, 20.0], [1.0, 1.0]]]])
    high, wide = photo.shape[1:]
    pixels = np.asarray(to_pil(photo).resize((64, 64), Pil.Resampling.BILINEAR)) / 255
    given = (pixels - [0.5, 0.4, 0.3]) / [0.2, 0.3, 0.4]
    prepared = live.processor(to_pil(photo), input_points=places.tolist(), input_labels=[[[1, 1, 0]]])
    assert (prepared["pixel_values"][0].permute(1, 2, 0) - torch.from_numpy(given)).abs().max() < 2 / 255 / 0.2
    assert torch.allclose(prepared["input_points"], Sam2Processor._normalize_coordinates(None, 64, places, (high, wide)))
    with torch.no_grad():
        answer = live.network(**{name: prepared[name] for name in prepared if name != "original_sizes"})
    masks = torch.nn.functional.interpolate(answer.pred_masks[0], (high, wide), mode="bilinear")[0] > 0
    for number, which in enumerate(("part", "object", "whole")):
        assert torch.equal(sam(photo, live, "20,10 30,20", "1,1", which=which)[0], masks[number].float())
    assert torch.equal(sam(photo, live, "20,10 30,20", "1,1")[0], masks[answer.iou_scores.flatten().argmax()].float())
    boxed = live.processor(to_pil(photo), input_boxes=[[[2.0, 3.0, 30.0, 20.0]]])["input_boxes"]
    assert torch.allclose(boxed[0, 0], torch.tensor([2.0 / wide, 3.0 / high, 30.0 / wide, 20.0 / high]) * 64)


def test_a_sam_2_is_taken_as_its_makers_publish_it_and_what_it_lacks_is_told(photo, tmp_path):
    folder = seers.sam2(tmp_path / "film", film=True)
    assert sams.kind_problem(folder) == ""
    live = sams.load(Recipe("SamModel", "film", str(folder)), "cpu", "float32")
    assert MASK.complaint(sam(photo, live, box="2,3,30,20")) is None
    (folder / "preprocessor_config.json").unlink()
    assert "has no preprocessor_config.json, which says how pictures are prepared" in sams.kind_problem(folder)
    (folder / "model.safetensors").unlink()
    assert sams.kind_problem(folder)


@pytest.mark.parametrize("given, words", [
    ({}, "points and box are both empty"), ({"outside": "1,1"}, "points and box are both empty"),
    ({"points": "20"}, "points has '20', where 2 numbers"), ({"box": "1,2,3"}, "box has '1,2,3', where 4 numbers"),
    ({"points": "a,b"}, "points has 'a,b'"), ({"points": "60,3"}, "60,3 lies beyond the picture, which is 52 x 40"),
    ({"box": "1,2,3,41"}, "3,41 lies beyond"),
])
def test_places_that_are_none_are_refused(photo, anything, given, words):
    with pytest.raises(InputError, match=words):
        sam(photo, anything, **given)


def test_places_are_read_as_they_are_written():
    assert places("1,2  3.5,4", "points", 2) == [[1.0, 2.0], [3.5, 4.0]] and places("", "points", 2) == []


def test_folders_of_other_kinds_are_told(tmp_path):
    depth = seers.depth(tmp_path / "dpt")
    assert segments.kind_problem(depth).startswith("is a model that reads pictures (DPT), and a model that parts pictures")
    assert sams.kind_problem(depth) == "is a model that reads pictures (DPT), and a Segment Anything model (SAM or SAM 2) is wanted"
    config = depth / "config.json"
    config.write_text('{"model_type": "sam3", "architectures": ["Sam3Model"]}')
    assert "successor of SAM that asks for torchvision" in sams.kind_problem(depth)


def test_a_model_that_wants_scipy_says_so_before_it_loads(tmp_path, monkeypatch):
    folder = seers.segmentation(tmp_path / "segformer")
    told = json.loads((folder / "config.json").read_text()) | {"architectures": ["Mask2FormerForUniversalSegmentation"]}
    (folder / "config.json").write_text(json.dumps(told))
    monkeypatch.setattr(segments, "find_spec", lambda name: None)
    assert segments.kind_problem(folder).endswith("asks for scipy, and that is not installed: pip install scipy")
    monkeypatch.setattr(segments, "find_spec", lambda name: True)
    assert segments.kind_problem(folder) == ""
    (folder / "config.json").write_text(json.dumps(told | {"architectures": ["OneFormerForUniversalSegmentation"]}))
    assert "wants more than a picture" in segments.kind_problem(folder)
