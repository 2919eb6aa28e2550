"""Poses: the joints that plain transformers finds, the bones of OpenPose, and folders that hold something else."""

import pytest
import torch

from nodegraph import InputError, Recipe
from nodegraph_nodes.media.image import to_pil
from nodegraph_nodes.media.types import IMAGE
from nodegraph_nodes.picture.pose import _peaks, joints, kind_problem, load, pose
from tests.nodes import seers


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return seers.pose(tmp_path_factory.mktemp("pose") / "vitpose")


@pytest.fixture(scope="module")
def model(folder):
    return load(Recipe("PoseModel", "vitpose", str(folder)), "cpu", "float32")


def test_joints_are_those_that_transformers_finds(photo, folder, model):
    pytest.importorskip("scipy")  # which transformers asks for, and these nodes do not
    from transformers import VitPoseForPoseEstimation, VitPoseImageProcessorPil

    network, processor = VitPoseForPoseEstimation.from_pretrained(folder).eval(), VitPoseImageProcessorPil.from_pretrained(folder)
    box = (10.0, 5.0, 30.0, 40.0)
    with torch.no_grad():
        heat = network(**processor(images=to_pil(photo), boxes=[[box]], return_tensors="pt"))
    (found,), made = processor.post_process_pose_estimation(heat, boxes=[[box]])[0], joints(photo, model, box)
    # Transformers cuts the picture out in whole numbers of 255.
    assert (made[:, 2] - found["scores"]).abs().max() < 2e-3
    near = (made[:, :2] - found["keypoints"]).norm(dim=1)
    assert (near < 1).sum() >= 15, near


def test_the_top_of_a_gaussian_is_found_between_pixels():
    y, x = torch.meshgrid(torch.arange(24.0), torch.arange(18.0), indexing="ij")
    heat = torch.exp(-((x - 7.3) ** 2 + (y - 11.6) ** 2) / (2 * 2 ** 2))[None]
    places, sure = _peaks(heat)
    assert torch.allclose(places, torch.tensor([[7.3, 11.6]]), atol=0.02) and sure[0] == heat.max()


class Standing:
    """A model that sees a person upright, wherever it looks."""

    processor = {"size": {"height": 64, "width": 48}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    AT = [(8, 3), (9, 2), (7, 2), (10, 3), (6, 3), (11, 6), (5, 6), (12, 9), (4, 9), (12, 12), (4, 12), (10, 13), (6, 13),
          (10, 17), (6, 17), (10, 21), (6, 21)]

    class network(torch.nn.Linear):
        class config:
            backbone_config = type("Backbone", (), {"num_experts": 1})

        def forward(self, pixels):
            y, x = torch.meshgrid(torch.arange(24.0), torch.arange(18.0), indexing="ij")
            heat = [0.9 * torch.exp(-((x - at) ** 2 + (y - down) ** 2) / 2) for at, down in Standing.AT]
            heat[10] = heat[10] * 0.1  # of one hand it is not sure
            return type("Answer", (), {"heatmaps": torch.stack(heat)[None]})

    network = network(1, 1)


def test_bones_have_the_colours_and_places_of_openpose():
    picture = torch.zeros(3, 128, 96)
    made = pose(picture, Standing())
    assert IMAGE.complaint(made) is None and made.shape == picture.shape

    def place(joint):  # with a margin of a quarter about the picture
        x, y = Standing.AT[joint]
        return round(x / 17 * 120 - 12), round(y / 23 * 160 - 16)
    x, y = place(0)
    assert torch.equal((made[:, y, x] * 255).int(), torch.tensor([255, 0, 0]).int())  # the nose
    x, y = place(9)
    assert torch.equal((made[:, y, x] * 255).int(), torch.tensor([0, 255, 85]).int())  # the left hand, of COCO's 9
    x, y = place(10)
    assert made[:, y, x].sum() == 0  # the right one is not sure enough
    assert not torch.equal(pose(picture, Standing(), confidence=0.05), made)


def test_each_mask_is_a_person_and_nobody_is_told():
    picture, left, right = torch.zeros(3, 128, 96), torch.zeros(1, 128, 96), torch.zeros(1, 128, 96)
    left[:, 20:100, 5:40], right[:, 20:100, 55:90] = 1, 1
    both = pose(picture, Standing(), people=[left, right])
    assert both[..., :48].sum() > 0 and both[..., 48:].sum() > 0
    assert torch.equal(both[:, :, 50:], both[:, :, :46]) or torch.equal(both[:, :, 52:92], both[:, :, 2:42])
    with pytest.raises(InputError, match="people holds a mask that covers nothing"):
        pose(picture, Standing(), people=[left * 0])
    with pytest.raises(InputError, match="a mask of 10 x 10, and image is 96 x 128"):
        pose(picture, Standing(), people=[torch.ones(1, 10, 10)])
    with pytest.warns(UserWarning, match="no joint was found with a confidence of 1 or more"):
        assert pose(picture, Standing(), confidence=1.0, people=[left]).sum() == 0


def test_a_network_of_experts_is_asked_for_those_of_coco(photo, tmp_path):
    model = load(Recipe("PoseModel", "plus", str(seers.pose(tmp_path / "plus", experts=3))), "cpu", "float32")
    assert joints(photo, model, (0.0, 0.0, 80.0, 60.0)).shape == (17, 3)


def test_a_folder_of_another_kind_is_told(folder, tmp_path):
    assert kind_problem(folder) == ""
    assert "a model of poses (ViTPose) is wanted" in kind_problem(seers.depth(tmp_path / "dpt"))
