"""People in pictures: the network gives what LiteRT gives for the authors' file, and the mask fits the picture."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import nodegraph
from nodegraph import InputError, Recipe
from nodegraph.packs import Catalogue
from nodegraph_nodes.mask.person import kind_problem, load, person
from nodegraph_nodes.mask.person_network import Person, layers
from nodegraph_nodes.media.types import MASK

# Of `figure`, by ai-edge-litert 2.3.0 on selfie_segmentation.tflite: row, column, and how sure it is of a person.
LITERT = [(33, 121, 0.1684), (39, 149, 0.1208), (59, 90, 0.3385), (105, 88, 0.6578), (128, 155, 0.7093), (158, 111, 0.3355),
          (166, 156, 0.2808), (169, 94, 0.5741), (170, 158, 0.7142), (172, 100, 0.7057), (173, 171, 0.1613), (175, 153, 0.8444),
          (177, 110, 0.8176), (180, 165, 0.9415), (187, 188, 0.1556), (199, 198, 0.8435), (210, 50, 0.3357), (226, 42, 0.1427),
          (244, 38, 0.3204), (255, 219, 0.6839)]
MEAN = 0.32253


def figure(side=256):
    """Somebody drawn with ellipses: a head, hair, a neck and shoulders before a sky."""
    y, x = np.mgrid[0:side, 0:side] / side
    picture = np.stack([0.35 + 0.3 * y, 0.5 + 0.2 * x, 0.75 - 0.3 * y])

    def paint(where, color):
        picture[:, where] = np.array(color)[:, None]

    paint(((x - 0.5) / 0.36) ** 2 + ((y - 1.05) / 0.42) ** 2 < 1, (0.2, 0.22, 0.4))
    paint((abs(x - 0.5) < 0.07) & (abs(y - 0.62) < 0.1), (0.8, 0.6, 0.5))
    paint(((x - 0.5) / 0.17) ** 2 + ((y - 0.33) / 0.2) ** 2 < 1, (0.25, 0.15, 0.1))
    paint(((x - 0.5) / 0.13) ** 2 + ((y - 0.4) / 0.17) ** 2 < 1, (0.88, 0.68, 0.58))
    for eye in (0.45, 0.55):
        paint(((x - eye) / 0.022) ** 2 + ((y - 0.37) / 0.012) ** 2 < 1, (0.15, 0.1, 0.1))
    paint(((x - 0.5) / 0.05) ** 2 + ((y - 0.49) / 0.012) ** 2 < 1, (0.7, 0.3, 0.3))
    return torch.from_numpy(picture.astype(np.float32))


@pytest.fixture(scope="module")
def folder():
    return Catalogue().model_folder("mask/person")


@pytest.fixture(scope="module")
def model(folder):
    return load(Recipe("PersonModel", "mask/person", str(folder)), "cpu", "float32")


def test_the_network_gives_what_litert_gives_for_the_authors_file(model):
    made = person(figure(), model)
    assert made.shape == (1, 256, 256) and MASK.complaint(made) is None
    assert max(abs(made[0, row, column].item() - sure) for row, column, sure in LITERT) < 1e-3
    assert made.mean().item() == pytest.approx(MEAN, abs=1e-4)


@pytest.mark.parametrize("size", [(60, 80), (512, 300), (1, 1)])
def test_the_mask_has_the_size_of_the_picture(model, size):
    picture = torch.nn.functional.interpolate(figure()[None], size=size, mode="area")[0]
    made = person(picture, model)
    assert made.shape == (1, *size) and MASK.complaint(made) is None
    if size != (1, 1):
        high, wide = size
        assert made[0, round(0.4 * high), wide // 2] > 0.9 and made[0, 1, 1] < 0.1


def test_what_is_transparent_is_nobody(model):
    made = person(torch.cat([figure(), torch.zeros(1, 256, 256)]), model)
    assert made.max() == 0


def test_somebody_is_cut_out_by_a_graph_that_names_no_model(tmp_path):
    graph = tmp_path / "cut.yaml"
    graph.write_text("nodegraph: 1\ninputs: {image: {type: Image}}\nnodes:\n  who: {type: mask.person, image: $image}\n"
                     "  cut: {type: picture.with_alpha, image: $image, mask: $who}\noutputs: {cut: $cut}\n")
    cut = nodegraph.run(graph, {"image": figure()})["cut"]
    assert cut.shape == (4, 256, 256) and cut[3, 100, 128] > 0.99 and cut[3, 20, 20] < 0.01


def test_tensorflow_pads_what_is_odd_to_the_right(model):
    picture = torch.zeros(1, 3, 8, 8)
    picture[..., 0, 0] = 1.0
    plain = torch.nn.functional.conv2d(torch.nn.functional.pad(picture, (0, 1, 0, 1)), model.stem.weight, model.stem.bias, 2)
    assert torch.equal(model.stem(picture), plain)


def test_the_shipped_model_has_all_of_its_weights_a_licence_and_a_card(folder):
    tensors = load_file(folder / "model.safetensors")
    assert set(tensors) == set(Person().state_dict()) and {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    assert len(layers(Person())) == 55
    assert "Apache License" in (folder / "LICENSE").read_text() and "MediaPipe" in (folder / "README.md").read_text()


def test_folders_of_other_kinds_and_damaged_files_are_told(folder, tmp_path):
    assert kind_problem(folder) == ""
    assert kind_problem(tmp_path) == "is empty"
    save_file({"body.0.weight": torch.zeros(1)}, tmp_path / "model.safetensors")
    assert kind_problem(tmp_path) == "holds another kind of network"
    lacking = load_file(folder / "model.safetensors")
    del lacking["last.bias"]
    save_file(lacking, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match=r"cannot be loaded as a PersonModel: .*last\.bias"):
        load(Recipe("PersonModel", "mine", str(tmp_path)), "cpu", "float32")
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:5000])
    assert "is cut short" in kind_problem(tmp_path)
