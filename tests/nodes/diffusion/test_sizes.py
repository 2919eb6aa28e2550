"""Sizes: what a model cannot make is refused with the nearest it can, also before it loads; pictures are brought to one."""

import json

import pytest
import torch

from nodegraph import Engine, GraphError, InputError, Recipe
from nodegraph.events import Loaded
from nodegraph.warning import collected
from nodegraph_nodes.diffusion.decode import decode
from nodegraph_nodes.diffusion.encode import encode, encode_image
from nodegraph_nodes.diffusion.paint import paint
from nodegraph_nodes.diffusion.sample import sample
from nodegraph_nodes.diffusion.sizes import Sizes, fitted, size_refused, sizes_in, sizes_of

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")

SIZES = {"sd": Sizes(8, (32, 32)), "xl": Sizes(8, (32, 32)), "sd3": Sizes(4, (32, 32), 128), "flux": Sizes(4, (256, 256)),
         "pixart": Sizes(16, (256, 256))}


@pytest.mark.parametrize("kind", SIZES)
def test_a_folder_tells_the_sizes_that_its_live_model_has(models, checkpoints, kind):
    assert sizes_in(checkpoints / kind) == sizes_of(models[kind]) == SIZES[kind]


def test_the_starter_painter_is_made_for_128_in_multiples_of_8():
    from pathlib import Path

    from nodegraph_nodes import starter

    assert sizes_in(Path(starter.__file__).parent / "models" / "painter") == Sizes(8, (128, 128), 256)


def test_a_folder_that_does_not_tell_leaves_it_open(tmp_path, checkpoints):
    assert sizes_in(tmp_path) is None and sizes_in(checkpoints / "whole") is None


def test_the_two_nearest_sides_are_named():
    sizes = Sizes(16, (512, 512))
    assert sizes.refusal(500, 512) == \
        "width is 500; this model paints in multiples of 16; try 496 or 512 (it was made for 512 x 512)"
    assert "height is 7;" in sizes.refusal(16, 7) and "try 16 or 32" in sizes.refusal(16, 7)
    assert sizes.refusal(16, 4096) == ""


@pytest.mark.parametrize("width, height, said", [(512, 512, ""), (768, 512, ""), (1024, 1024, "shapes may repeat"),
                                                 (64, 64, "shapes may be unclear"), (512, 1040, "shapes may repeat")])
def test_a_size_far_from_what_a_model_was_made_for_is_told(width, height, said):
    with collected() as remarks:
        Sizes(16, (512, 512)).judge(width, height)
    assert [said in remark.sentence and f"{width} x {height} is far from the 512 x 512" in remark.sentence
            for remark in remarks] == ([True] if said else [])


@pytest.mark.parametrize("kind", ["sd", "sd3"])
def test_a_size_of_0_is_the_models_own(models, kind):
    assert torch.equal(paint(models[kind], "a boat", steps=1, width=0, height=0), paint(models[kind], "a boat", steps=1))
    assert paint(models[kind], "a boat", steps=1, width=0, height=40).shape == (3, 40, 32)


def graph(tmp_path, model, **more):
    node = {"type": "diffusion.paint", "model": str(model), "prompt": "a boat", "steps": 1, **more}
    path = tmp_path / "graph.yaml"
    path.write_text(json.dumps({"nodegraph": 1, "inputs": {"w": 34}, "nodes": {"n": node}, "outputs": {"out": "$n"}}))
    return str(path)


@pytest.mark.parametrize("kind, side", [("sd", 33), ("xl", 33), ("sd3", 34), ("flux", 255), ("pixart", 250)])
def test_check_refuses_a_size_that_stands_in_the_file(checkpoints, tmp_path, kind, side):
    with Engine(cache=None, device="cpu") as engine, pytest.raises(GraphError) as caught:
        engine.load(graph(tmp_path, checkpoints / kind, width=side))
    assert f"n.width is {side}; this model paints in multiples of {SIZES[kind].unit}" in str(caught.value)


def test_a_size_that_comes_on_a_link_is_refused_before_the_model_is_loaded(checkpoints, tmp_path):
    seen = []
    with Engine(cache=None, device="cpu") as engine:
        result = engine.run(engine.load(graph(tmp_path, checkpoints / "sd3", width="$w")), {}, emit=seen.append)
    assert "width is 34; this model paints in multiples of 4; try 32 or 36" in result.errors[0].message
    assert not result.errors[0].trace and not any(isinstance(event, Loaded) for event in seen)


def test_the_starter_painters_sizes_are_judged_by_check(tmp_path):
    with Engine(cache=None, device="cpu") as engine, pytest.raises(GraphError, match=r"n.height is 100; .* try 96 or 104"):
        engine.load(graph(tmp_path, "starter/painter", height=100))


RAMP = torch.linspace(0, 1, 60).repeat(3, 40, 1)  # 60 x 40, dark on the left


@pytest.mark.parametrize("fit, width, height, shape", [
    ("crop", 32, 32, (32, 32)), ("pad", 32, 32, (32, 32)), ("stretch", 32, 32, (32, 32)), ("crop", 48, 0, (32, 48)),
    ("pad", 0, 32, (32, 48)), ("stretch", 0, 0, (32, 64)), ("pad", 0, 0, (48, 64)), ("crop", 128, 96, (96, 128)),
    ("pad", 16, 96, (96, 16)), ("crop", 16, 96, (96, 16))])
def test_a_picture_is_brought_to_the_size_that_is_wanted(fit, width, height, shape):
    picture = fitted(RAMP, Sizes(16, None), width, height, fit)
    assert picture.shape == (3, *shape) and picture.min() >= 0 and picture.max() <= 1


def test_crop_keeps_the_middle_pad_and_stretch_keep_all():
    def columns(fit):
        return fitted(RAMP, Sizes(16, None), 32, 32, fit)[0, 16]

    cropped, padded, stretched = columns("crop"), columns("pad"), columns("stretch")
    assert 0.15 < cropped[0] < 0.2 and 0.8 < cropped[-1] < 0.85  # 20 of 60 columns are gone
    assert padded[0] < 0.02 and padded[-1] > 0.98 and stretched[0] < 0.02 and stretched[-1] > 0.98
    tall = fitted(RAMP, Sizes(16, None), 32, 32, "pad")
    assert torch.equal(tall[:, 0], tall[:, 3])  # the rim repeats the edge


def test_what_is_trimmed_without_being_asked_for_is_told():
    with pytest.warns(UserWarning, match="60 x 40, and its edges are trimmed to 48 x 32, multiples of 16"):
        trimmed = fitted(RAMP, Sizes(16, None), 0, 0, "crop")
    assert torch.equal(trimmed, RAMP[:, 4:36, 6:54])


def test_a_picture_too_small_for_its_model_is_refused_or_padded():
    small = torch.rand(3, 5, 50)
    with pytest.raises(InputError, match="the picture is 50 x 5; this model takes 16 x 16 or more"):
        fitted(small, Sizes(16, None), 0, 0, "crop")
    assert fitted(small, Sizes(16, None), 0, 0, "pad").shape == (3, 16, 64)


@pytest.mark.parametrize("kind", ["sd", "sd3", "flux"])
def test_a_picture_of_any_size_is_painted_over_at_the_models_own(models, kind):
    side = SIZES[kind].own[0]
    start = encode_image(models[kind], torch.rand(4, 77, 131), side, side, "pad")
    assert decode(models[kind], sample(models[kind], encode(models[kind], "a boat"), steps=2, start=start)).shape == \
        (3, side, side)


def test_a_start_far_from_the_models_own_size_is_told(models):
    start = encode_image(models["sd"], torch.rand(3, 64, 64))
    with pytest.warns(UserWarning, match="64 x 64 is far from the 32 x 32"):
        sample(models["sd"], encode(models["sd"], "a boat"), steps=2, start=start)


def test_a_family_that_paints_in_sizes_of_its_own_is_told_of(models):
    from nodegraph_nodes.diffusion.calls import _picture

    with pytest.warns(UserWarning, match=r"64 x 32 was asked for, and a .* paints in sizes of its own: this is 32 x 32"):
        _picture(models["sd"], torch.rand(3, 32, 32), {"width": 64, "height": 32})
    with pytest.warns(UserWarning, match="the first of 5 frames, and the others are dropped"):
        assert _picture(models["sd"], torch.rand(5, 3, 8, 8), {}).shape == (3, 8, 8)
    with pytest.raises(InputError, match=r"made a tensor .*, which is no picture"):
        _picture(models["sd"], torch.rand(2, 9000), {})




def test_a_side_beyond_the_places_that_a_model_has_is_refused_before_it_loads():
    from pathlib import Path

    from nodegraph_nodes import starter

    folder = Path(starter.__file__).parent / "models" / "painter"
    assert sizes_in(folder).most == 256
    assert size_refused(Recipe("DiffusionModel", "painter", str(folder)), 8192, 32) == \
        "width is 8192; this model paints 256 at most (it was made for 128 x 128)"
