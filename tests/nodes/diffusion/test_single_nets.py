"""Control nets and T2I-Adapters in single files steer as their folders do; what is none, or for another model, is told."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from safetensors.torch import save_file

from nodegraph import Engine, GraphError, InputError, Recipe, events as ev
from nodegraph_nodes.diffusion.checkpoints import nets as single
from nodegraph_nodes.diffusion.encode import encode
from nodegraph_nodes.diffusion.folders import holds
from nodegraph_nodes.diffusion.nets import holds_net, load_net, net_problem
from nodegraph_nodes.diffusion.sample import sample

from . import wild
from .steering import Live, awake, steered
from .test_checkpoints import Zoo

pytestmark = pytest.mark.filterwarnings(
    "ignore:.* is far from the:UserWarning", "ignore:__array__ implementation", "ignore:.*deprecat.*:FutureWarning",
    "ignore:The configuration file of")
SIDE = 64
HINT = {"conditioning_embedding_out_channels": (16, 32, 96, 256)}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return Zoo(tmp_path_factory.mktemp("zoo"))


def net_of(pipe: Any, kind: str) -> Any:
    """A net for a tiny pipeline, its layers not of zeros."""
    torch.manual_seed(2)
    if kind == "sd3":
        return awake(diffusers.SD3ControlNetModel.from_transformer(pipe.transformer, 1, 0))
    if kind == "flux":
        return awake(diffusers.FluxControlNetModel.from_transformer(
            pipe.transformer, num_layers=1, num_single_layers=1, attention_head_dim=32, num_attention_heads=1))
    return awake(diffusers.ControlNetModel.from_unet(pipe.unet, **HINT))


def pixels_of(pipe: Any, net: Any, **more: Any) -> torch.Tensor:
    picture = torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    return sample(pipe, encode(pipe, "a red boat"), 3, 2, width=SIDE, height=SIDE, ctx=Live({"net": net}),
                  control=[steered("net", picture, **more)]).samples


def opened(path: Path, dtype: str = "float32") -> Any:
    assert holds_net(path) and net_problem(path) == "" and not holds(path)
    return load_net(Recipe("ControlNetModel", path.name, str(path)), "cpu", dtype)


def stored(path: Path, state: dict[str, torch.Tensor]) -> Path:
    save_file({name: tensor.detach().clone().contiguous() for name, tensor in state.items()}, path)
    return path


@pytest.mark.parametrize("family, layout", [
    ("sd1", "original"), ("sd1", "bare"), ("sd1", "diffusers"), pytest.param("sd2", "original", marks=pytest.mark.slow),
    ("sdxl", "original"), pytest.param("sdxl", "diffusers", marks=pytest.mark.slow),
    ("sd3", "diffusers"), ("flux", "diffusers")])
def test_a_net_in_one_file_steers_as_its_folder_does(zoo, tmp_path, family, layout):
    pipe = zoo.pipe(family)
    net = net_of(pipe, family)
    net.save_pretrained(tmp_path / "net")
    folder = load_net(Recipe("ControlNetModel", "net", str(tmp_path / "net")), "cpu", "float32")
    state = net.state_dict() if layout == "diffusers" else wild.control(net, "control_model." * (layout == "original"))
    file = opened(stored(tmp_path / "net.safetensors", state))
    assert type(file) is type(folder)
    if family in ("sd3", "flux"):  # whose prompts take a text encoder that this tiny pipeline has not
        kept = ("num_layers", "attention_head_dim", "num_attention_heads", "joint_attention_dim", "pooled_projection_dim")
        assert all(file.config[name] == folder.config[name] for name in kept)
        assert all(torch.equal(a, b) for a, b in zip(file.state_dict().values(), folder.state_dict().values(), strict=True))
    if family != "flux":
        made = pixels_of(pipe, file)
        assert torch.allclose(made, pixels_of(pipe, folder), atol=1e-5)
        assert not torch.allclose(made, pixels_of(pipe, folder, weight=0), atol=1e-3)


def test_a_net_for_several_kinds_of_pictures_is_told_by_its_tensors(tmp_path):
    union = awake(diffusers.ControlNetUnionModel(
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), block_out_channels=(32, 64), layers_per_block=1,
        cross_attention_dim=32, attention_head_dim=(1, 1), addition_embed_type="text_time", addition_time_embed_dim=256,
        use_linear_projection=True, projection_class_embeddings_input_dim=16 + 6 * 256, num_trans_channel=32, num_proj_channel=32,
        transformer_layers_per_block=(1, 2), **HINT))
    file = opened(stored(tmp_path / "union.safetensors", union.state_dict()))
    names = {name for name in union.config if not name.startswith("_")} - {"num_trans_head"}
    differ = {name for name in names if file.config[name] != union.config[name] and list(file.config[name]) != list(
        union.config[name])}
    assert not differ and all(torch.equal(a, b) for a, b in zip(file.state_dict().values(), union.state_dict().values()))


@pytest.mark.parametrize("kind, channels, factor", [("full_adapter", [32, 64, 96, 96], 8), ("light_adapter", [32, 64, 64], 8),
                                                    ("full_adapter_xl", [32, 64, 96, 96], 16)])
@pytest.mark.parametrize("layout", ["original", "diffusers"])
def test_a_t2i_adapter_in_one_file_sees_what_its_folder_sees(tmp_path, kind, channels, factor, layout):
    torch.manual_seed(3)
    net = diffusers.T2IAdapter(1 if kind == "full_adapter" else 3, channels, 2, factor, kind)
    file = opened(stored(tmp_path / "t2i.safetensors", wild.t2i(net) if layout == "original" else net.state_dict()))
    picture = torch.rand(1, net.config.in_channels, SIDE, SIDE)
    assert (file.config.adapter_type, list(file.config.channels)) == (kind, channels)
    assert all(torch.equal(a, b) for a, b in zip(file(picture), net(picture), strict=True))


def test_half_and_eighth_precision_are_widened(zoo, tmp_path):
    net = net_of(zoo.pipe("sd1"), "sd1")
    state = wild.control(net)
    half = opened(stored(tmp_path / "half.safetensors", {name: tensor.half() for name, tensor in state.items()}))
    eight = opened(stored(tmp_path / "eight.safetensors", {
        name: tensor.to(torch.float8_e4m3fn) if tensor.ndim > 1 else tensor for name, tensor in state.items()}))
    assert half.dtype == eight.dtype == torch.float32
    assert torch.equal(half.conv_in.weight, net.conv_in.weight.half().float())
    assert torch.equal(eight.conv_in.weight, net.conv_in.weight.to(torch.float8_e4m3fn).float())


@pytest.mark.parametrize("names, words", [
    ({"lora_controlnet": (1,), "input_hint_block.0.weight": (16, 3, 3, 3)}, "is a ControlNet-LoRA"),
    ({"lllite_unet_input_blocks_4_1.down.0.weight": (4, 4)}, "is a ControlNet-LLLite"),
    ({"controlnet_blocks.0.weight": (4, 4), "double_blocks.0.img_attn.qkv.weight": (12, 4)}, "under its authors' names"),
    ({"model.diffusion_model.input_blocks.0.0.weight": (4, 4, 3, 3)}, "is a model that paints, and none that steers one"),
    ({"some.weight": (4, 4)}, "holds no ControlNet and no T2I-Adapter")])
def test_what_is_no_net_in_a_file_is_told(tmp_path, names, words):
    path = stored(tmp_path / "net.safetensors", {name: torch.zeros(shape) for name, shape in names.items()})
    assert words in net_problem(path)
    with pytest.raises(InputError, match=words):
        load_net(Recipe("ControlNetModel", "net", str(path)), "cpu", "float32")


def test_a_file_that_is_cut_short_a_pickle_or_lacks_weights_is_told(zoo, tmp_path):
    state = wild.control(net_of(zoo.pipe("sd1"), "sd1"))
    path = stored(tmp_path / "net.safetensors", state)
    path.write_bytes(path.read_bytes()[:5000])
    assert "is cut short" in net_problem(path)
    shutil.copy(path, tmp_path / "net.pth")
    assert "is a pickle" in net_problem(tmp_path / "net.pth")
    del state["control_model.zero_convs.3.0.bias"]
    with pytest.raises(InputError, match="lacks 1 of its weights .controlnet_down_blocks.3.bias"):
        load_net(Recipe("ControlNetModel", "net", str(stored(tmp_path / "net.safetensors", state))), "cpu", "float32")


GRAPH = """
nodegraph: 1
inputs:
  base: {type: DiffusionModel, default: MODEL}
nodes:
  drawing: {type: media.read_image, file: boat.jpg}
  painter: {type: diffusion.options, model: $base, slicing: true}
  held: {type: diffusion.control, net: NET, image: $drawing, weight: WEIGHT}
  idea: {type: diffusion.encode, model: $painter, prompt: a boat}
  painted: {type: diffusion.sample, model: $painter, conditioning: $idea, control: [$held], steps: 1, width: 64, height: 64}
outputs: {painted: $painted}
"""


def test_nets_are_found_by_name_and_one_for_another_family_is_told_before_anything_runs(zoo, tmp_path, monkeypatch):
    models = tmp_path / "models"
    for folder in ("checkpoints", "controlnet"):
        (models / folder).mkdir(parents=True)
    shutil.copy(Path(__file__).parents[3] / "graphs/pictures/boat.jpg", tmp_path / "boat.jpg")
    shutil.copy(zoo.file("sd1"), models / "checkpoints" / "photo.safetensors")
    for family, name in (("sd1", "control_v11p_sd15_canny_fp16"), ("sdxl", "diffusers_xl_canny_full")):
        net = net_of(zoo.pipe(family), family)
        stored(models / "controlnet" / f"{name}.safetensors", wild.control(net) if family == "sd1" else net.state_dict())
    monkeypatch.setenv("NODEGRAPH_MODELS", str(models))
    path, story = tmp_path / "graph.yaml", []

    def run(engine: Engine, net: str, weight: str = "1.0") -> list[str]:
        story.clear()
        path.write_text(GRAPH.replace("MODEL", "photo").replace("NET", net).replace("WEIGHT", weight))
        result = engine.run(path, emit=story.append)
        assert not result.errors
        return [event.node for event in story if isinstance(event, ev.Finished)]

    with Engine(tmp_path / "cache", device="cpu") as engine:
        with pytest.raises(GraphError, match="diffusers_xl_canny_full was made for a model whose "
                                             "cross_attention_dim is 96, and this model's is 32"):
            run(engine, "diffusers_xl_canny_full")
        assert not story and engine.models.loads == 0
        assert set(run(engine, "control_v11p_sd15_canny_fp16")) >= {"idea", "painted"}
        assert run(engine, "control_v11p_sd15_canny_fp16", "0.5") == ["held", "painted"]


def test_a_t2i_adapter_of_xl_does_not_steer_stable_diffusion(zoo):
    net = diffusers.T2IAdapter(3, [32, 32, 32, 32], 2, 16, "full_adapter_xl")
    with pytest.raises(InputError, match="was made for Stable Diffusion XL, and this model is a StableDiffusionPipeline"):
        pixels_of(zoo.pipe("sd1"), net)
    light = diffusers.T2IAdapter(3, [32, 32, 32], 1, 8, "light_adapter").eval().requires_grad_(False)
    assert not torch.allclose(pixels_of(zoo.pipe("sd1"), light), pixels_of(zoo.pipe("sd1"), light, weight=0), atol=1e-4)


def test_the_names_of_a_net_are_told_without_reading_weights(zoo, tmp_path):
    path = stored(tmp_path / "net.safetensors", wild.control(net_of(zoo.pipe("sd1"), "sd1")))
    kind, told = single.described(path)
    assert kind == "ControlNetModel" and told["cross_attention_dim"] == 32 and told["block_out_channels"] == [32] * 4
