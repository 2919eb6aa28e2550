"""Control nets and adapters give the pixels of diffusers' own pipelines for them, and go with all else."""

import copy
import shutil
from pathlib import Path
from types import SimpleNamespace

import diffusers
import pytest
import torch

from nodegraph import Engine, InputError, Recipe, events as ev
from nodegraph_nodes.diffusion.control import Control
from nodegraph_nodes.diffusion.encode import encode, encode_image
from nodegraph_nodes.diffusion.nets import load_net
from nodegraph_nodes.diffusion.prompts.division import combined
from nodegraph_nodes.diffusion.regions import region
from nodegraph_nodes.diffusion.sample import sample
from nodegraph_nodes.diffusion.space import unpacked

from .steering import Live, awake, control_net, steered, t2i_adapter

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning"),
    pytest.mark.filterwarnings("ignore:`FluxPosEmbed` is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*deprecat.*:FutureWarning")]
SIDE = 32
PIPELINES = {"sd": "StableDiffusionControlNetPipeline", "xl": "StableDiffusionXLControlNetPipeline",
             "sd3": "StableDiffusion3ControlNetPipeline", "flux": "FluxControlNetPipeline"}


@pytest.fixture(scope="module")
def nets(models):
    made = {kind: control_net(models[kind], kind) for kind in PIPELINES}
    return made | {"sd-2": control_net(models["sd"], "sd", 6), "t2i": t2i_adapter(), "t2i-2": t2i_adapter(3, 6)}


@pytest.fixture(scope="module")
def picture():
    return torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def painted(models, nets, kind, controls, **more):
    model = models[kind]
    given = {"seed": 3, "steps": 3, "width": SIDE, "height": SIDE, **more}
    return sample(model, given.pop("idea", None) or encode(model, "a red boat", "" if kind == "flux" else "fog"),
                  control=controls, ctx=Live(nets), **given).samples


def plain(model, kind, nets, picture, monkeypatch, **more):
    """What the pipeline for control nets paints. Its control picture is encoded to the likeliest latents, as ours is."""
    monkeypatch.setattr(diffusers.models.autoencoders.vae.DiagonalGaussianDistribution, "sample",
                        lambda self, generator=None: self.mode())
    if kind == "sd3":  # the pipeline asks a tiny autoencoder for a distribution, and it has none
        encoder = model.vae.encode
        monkeypatch.setattr(model.vae, "encode", lambda x: SimpleNamespace(
            latent_dist=SimpleNamespace(sample=lambda: encoder(x).latents)))
    parts = {**model.components, "scheduler": copy.deepcopy(model.scheduler)}
    pipe = getattr(diffusers, PIPELINES[kind])(**parts, controlnet=nets)
    pipe.set_progress_bar_config(disable=True)
    pictures = [one[None] for one in picture] if isinstance(picture, list) else picture[None]
    if kind in ("sd3", "flux"):  # which take a tensor as it is, and bring a picture of Pillow to -1..1
        pictures = pictures * 2 - 1
    made = pipe(prompt="a red boat", **({} if kind == "flux" else {"negative_prompt": "fog"}), num_inference_steps=3,
                generator=torch.Generator().manual_seed(3), width=SIDE, height=SIDE, output_type="latent",
                **{"control_image" if kind in ("sd3", "flux") else "image": pictures}, **more)[0]
    return unpacked(model, made, SIDE, SIDE)[0]


@pytest.mark.parametrize("kind", PIPELINES)
def test_a_control_net_gives_the_pixels_of_its_own_pipeline(models, nets, picture, monkeypatch, kind):
    made = painted(models, nets, kind, [steered(kind, picture, weight=0.7)])
    free = painted(models, nets, kind, None)
    expected = plain(models[kind], kind, nets[kind], picture, monkeypatch, controlnet_conditioning_scale=0.7,
                     **({"guidance_scale": 3.5} if kind == "flux" else {}))
    assert torch.allclose(made, expected, atol=1e-5) and not torch.allclose(made, free, atol=1e-3)


@pytest.mark.parametrize("kind", ["sd", "sd3"])
def test_it_steers_from_one_share_of_the_steps_to_another(models, nets, picture, monkeypatch, kind):
    made = painted(models, nets, kind, [steered(kind, picture, begin=0.3, end=0.7)])
    whole = painted(models, nets, kind, [steered(kind, picture)])
    expected = plain(models[kind], kind, nets[kind], picture, monkeypatch, control_guidance_start=0.3,
                     control_guidance_end=0.7)
    assert torch.allclose(made, expected, atol=1e-5) and not torch.allclose(made, whole, atol=1e-4)


def test_several_steer_together(models, nets, picture, monkeypatch):
    other = picture.flip(2)
    made = painted(models, nets, "sd", [steered("sd", picture, weight=0.7), steered("sd-2", other, weight=1.5)])
    expected = plain(models["sd"], "sd", [nets["sd"], nets["sd-2"]], [picture, other], monkeypatch,
                     controlnet_conditioning_scale=[0.7, 1.5])
    assert torch.allclose(made, expected, atol=1e-5)


def test_a_weight_of_nothing_changes_nothing(models, nets, picture):
    assert torch.equal(painted(models, nets, "sd", [steered("sd", picture, weight=0)]), painted(models, nets, "sd", None))


@pytest.mark.parametrize("kind", ["sd", "xl"])
def test_a_t2i_adapter_gives_the_pixels_of_its_own_pipeline(models, nets, picture, kind):
    lines = (picture[:1] > 0.5).float()
    model = models[kind]
    name = {"sd": "StableDiffusionAdapterPipeline", "xl": "StableDiffusionXLAdapterPipeline"}[kind]
    parts = {name: part for name, part in model.components.items() if part is not None and name != "scheduler"}
    pipe = getattr(diffusers, name)(**parts, **({"safety_checker": None, "feature_extractor": None} if kind == "sd" else {}),
                                    scheduler=copy.deepcopy(model.scheduler), adapter=diffusers.MultiAdapter(
                                        [nets["t2i"], nets["t2i-2"]]))
    pipe.set_progress_bar_config(disable=True)
    expected = pipe(prompt="a red boat", negative_prompt="fog", num_inference_steps=3, width=SIDE, height=SIDE,
                    image=[lines[None], picture[None]], adapter_conditioning_scale=[0.7, 1.2], output_type="latent",
                    generator=torch.Generator().manual_seed(3))[0][0]
    made = painted(models, nets, kind, [steered("t2i", lines.expand(3, -1, -1), weight=0.7),
                                        steered("t2i-2", picture, weight=1.2)])
    assert torch.allclose(made, expected, atol=1e-5)
    assert not torch.allclose(made, painted(models, nets, kind, None), atol=1e-3)


def test_it_goes_with_a_start_and_a_mask(models, nets, picture, monkeypatch):
    model = models["xl"]
    start = encode_image(model, picture)
    pipe = diffusers.StableDiffusionXLControlNetImg2ImgPipeline(
        **{**model.components, "scheduler": copy.deepcopy(model.scheduler)}, controlnet=nets["xl"])
    pipe.set_progress_bar_config(disable=True)
    monkeypatch.setattr(diffusers.models.autoencoders.vae.DiagonalGaussianDistribution, "sample",
                        lambda self, generator=None: self.mode())
    expected = pipe(prompt="a red boat", negative_prompt="fog", image=picture[None], control_image=picture[None],
                    strength=0.7, num_inference_steps=3, width=SIDE, height=SIDE, output_type="latent",
                    controlnet_conditioning_scale=1.0, generator=torch.Generator().manual_seed(3))[0][0]
    lines = [steered("xl", picture)]
    free = {"width": None, "height": None, "start": start, "strength": 0.7}
    assert torch.allclose(painted(models, nets, "xl", lines, **free), expected, atol=1e-5)
    mask = torch.zeros(1, SIDE, SIDE)
    mask[..., : SIDE // 2] = 1
    half = painted(models, nets, "xl", lines, mask=mask, **free)
    assert torch.allclose(half[..., 8:], start.samples[..., 8:], atol=1e-5)
    assert not torch.allclose(half[..., :8], start.samples[..., :8], atol=1e-2)


def test_it_goes_with_regions(models, nets, picture):
    idea = encode(models["sd"], "a red boat", "fog")
    left = torch.zeros(1, SIDE, SIDE)
    left[..., : SIDE // 2] = 1
    both = combined([region(idea, left), region(idea, 1 - left)])
    lines = [steered("sd", picture)]
    assert torch.allclose(painted(models, nets, "sd", lines, idea=both), painted(models, nets, "sd", lines), atol=1e-5)


def test_the_live_model_is_left_as_it_was(models, nets, picture):
    before = painted(models, nets, "sd", None)
    painted(models, nets, "sd", [steered("sd", picture), steered("t2i-2", picture)])
    assert torch.equal(painted(models, nets, "sd", None), before)


def test_a_picture_of_another_size_is_brought_to_that_of_the_painting(models, nets, picture):
    wide = torch.nn.functional.interpolate(picture[None], (SIDE, 2 * SIDE))[0]
    cropped = wide[..., SIDE // 2: SIDE // 2 + SIDE]
    assert torch.equal(painted(models, nets, "sd", [steered("sd", wide)]),
                       painted(models, nets, "sd", [steered("sd", cropped)]))


@pytest.mark.parametrize("kind, name, words", [
    ("xl", "sd", "cross_attention_dim is 16, and this model's is 32"), ("sd3", "sd", "is not steered by such a net"),
    ("sd", "sd3", "is not steered by such a net")])
def test_a_net_of_another_family_is_told(models, nets, picture, kind, name, words):
    with pytest.raises(InputError, match=words):
        painted(models, nets, kind, [steered(name, picture)])


def test_a_net_for_one_kind_of_pictures_takes_no_mode_and_shares_must_leave_steps(models, nets, picture):
    with pytest.raises(InputError, match="leave `mode` out"):
        painted(models, nets, "sd", [steered("sd", picture, mode=1)])
    with pytest.raises(InputError, match="leaves no steps between"):
        steered("sd", picture, begin=0.5, end=0.5)


def test_a_net_for_several_kinds_of_pictures_reads_the_one_that_is_said(models, picture):
    union = awake(diffusers.ControlNetUnionModel(
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), block_out_channels=(8, 16), layers_per_block=1,
        norm_num_groups=4, cross_attention_dim=32, attention_head_dim=8, conditioning_embedding_out_channels=(8, 8),
        addition_embed_type="text_time", addition_time_embed_dim=8, projection_class_embeddings_input_dim=16 + 6 * 8,
        num_trans_channel=8, num_trans_head=2, num_trans_layer=1, num_proj_channel=8, transformer_layers_per_block=1))
    model, nets = models["xl"], {"union": union}
    pipe = diffusers.StableDiffusionXLControlNetUnionPipeline(
        **{**model.components, "scheduler": copy.deepcopy(model.scheduler)}, controlnet=union)
    pipe.set_progress_bar_config(disable=True)
    expected = pipe(prompt="a red boat", negative_prompt="fog", control_image=[picture[None]], control_mode=[2],
                    num_inference_steps=3, width=SIDE, height=SIDE, output_type="latent",
                    generator=torch.Generator().manual_seed(3))[0][0]
    assert torch.allclose(painted(models, nets, "xl", [steered("union", picture, mode=2)]), expected, atol=1e-5)
    with pytest.raises(InputError, match="say in `mode`"):
        painted(models, nets, "xl", [steered("union", picture)])


def test_a_net_is_loaded_from_its_folder_and_what_is_none_is_told(nets, tmp_path):
    from nodegraph_nodes.diffusion.nets import holds_net, net_problem

    nets["sd"].save_pretrained(tmp_path / "net")
    nets["t2i"].save_pretrained(tmp_path / "adapter")
    assert holds_net(tmp_path / "net") and not net_problem(tmp_path / "net") and not net_problem(tmp_path / "adapter")
    live = load_net(Recipe("ControlNetModel", "net", str(tmp_path / "net")), "cpu", "float32")
    assert all(torch.equal(a, b) for a, b in zip(live.state_dict().values(), nets["sd"].state_dict().values()))
    (tmp_path / "empty").mkdir()
    assert "a folder of a ControlNet or a T2I-Adapter is wanted" in net_problem(tmp_path / "empty")
    file = tmp_path / "net" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(InputError, match="net cannot be loaded"):
        load_net(Recipe("ControlNetModel", "net", str(tmp_path / "net")), "cpu", "float32")


def test_a_control_is_remembered_as_it_is(picture):
    kind = Control.__porttype__
    one = steered("canny", picture, weight=0.5, end=0.6)
    again = kind.restore(kind.flatten(one))
    assert (again.weight, again.end, again.net.kind) == (0.5, 0.6, "ControlNetModel")
    assert torch.equal(again.images[0], picture) and kind.complaint(one) is None
    assert kind.summary(one) == "ControlNetModel canny at 0.5" and kind.preview(one).shape == (SIDE, SIDE, 3)


def test_a_sketch_is_painted_by_the_graph_of_the_docs_and_another_weight_reads_nothing_again(models, nets, checkpoints,
                                                                                           tmp_path, monkeypatch):
    page = (Path(__file__).parents[3] / "docs/howto/control.md").read_text("utf-8")
    (tmp_path / "from-sketch.yaml").write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    nets["sd"].save_pretrained(tmp_path / "net")
    shutil.copy(Path(__file__).parents[3] / "graphs/pictures/boat.jpg", tmp_path / "photo.jpg")
    given = {"model": str(checkpoints / "sd"), "net": str(tmp_path / "net"), "steps": 2}
    with Engine(tmp_path / "cache", device="cpu") as engine:
        graph, story = engine.load(tmp_path / "from-sketch.yaml"), []
        first = engine.run(graph, given)
        assert not first.errors and first["picture"].shape == (3, SIDE, SIDE)
        second = engine.run(graph.with_value("held", "weight", 0.3), given, emit=story.append)
        assert [event.node for event in story if isinstance(event, ev.Finished)] == ["held", "painted", "picture"]
        assert not torch.equal(first["picture"], second["picture"])
        # A net of the same content in another place is the same net.
        (tmp_path / "net").rename(tmp_path / "moved")
        story.clear()
        engine.run(graph, {**given, "net": str(tmp_path / "moved")}, emit=story.append)
        assert [event.node for event in story if isinstance(event, ev.Finished)] == []
