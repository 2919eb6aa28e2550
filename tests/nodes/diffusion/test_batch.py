"""Several latents at once: each is what it is alone, whatever it is painted beside."""

import pytest
import torch
from safetensors.torch import save_file

from nodegraph import Recipe
from nodegraph_nodes.diffusion.batch import sample_prompts, sample_seeds
from nodegraph_nodes.diffusion.control import ip_adapter
from nodegraph_nodes.diffusion.encode import encode, encode_image
from nodegraph_nodes.diffusion.models import load
from nodegraph_nodes.diffusion.nets import load_adapter
from nodegraph_nodes.diffusion.sample import sample

from . import tiny
from .steering import Live, control_net, ip_adapter_weights, steered, t2i_adapter, vision

pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning"),
              pytest.mark.filterwarnings("ignore:.*deprecat.*:FutureWarning")]
ASKED = {"steps": 3, "guidance_scale": 3.0, "width": 32, "height": 32}


def network(model):
    return model.unet if getattr(model, "unet", None) is not None else model.transformer


@pytest.mark.parametrize("kind, sampler", [("sd", "model"), ("xl", "euler_ancestral"), ("sd3", "dpmpp_2m_sde"),
                                           ("flux", "er_sde"), ("sd3", "heun"),
                                           pytest.param("sd", "dpm_adaptive", marks=pytest.mark.slow)])
def test_each_seed_of_a_batch_paints_what_it_paints_alone(models, kind, sampler):
    conditioning = encode(models[kind], "a boat")
    together = sample_seeds(models[kind], conditioning, [5, 6, 7], sampler=sampler, at_once=2, **ASKED)
    for seed, latent in zip((5, 6, 7), together, strict=True):
        alone = sample(models[kind], conditioning, seed=seed, sampler=sampler, **ASKED)
        assert latent.family == alone.family
        assert (latent.samples - alone.samples).abs().max() < 1e-5 * max(1, alone.samples.abs().max())


def test_a_batch_goes_through_the_model_as_many_at_a_time_as_is_said(models):
    rows = []
    hook = models["sd"].unet.register_forward_pre_hook(lambda _, given: rows.append(given[0].shape[0]))
    sample_seeds(models["sd"], encode(models["sd"], "a boat"), [1, 2, 3], at_once=2, sampler="euler",
                 **{**ASKED, "guidance_scale": 1.0})
    hook.remove()
    assert rows == [2, 2, 2, 1, 1, 1]


@pytest.mark.parametrize("kind", ["sd", "sd3", "flux"])
def test_each_prompt_of_a_batch_paints_what_it_paints_alone(models, kind):
    prompts = ["a boat", "a red boat", "fog"]
    conditionings = [encode(models[kind], prompt) for prompt in prompts]
    together = sample_prompts(models[kind], conditionings, seed=4, **ASKED)
    for conditioning, latent in zip(conditionings, together, strict=True):
        alone = sample(models[kind], conditioning, seed=4, **ASKED)
        assert (latent.samples - alone.samples).abs().max() < 1e-5 * max(1, alone.samples.abs().max())


def test_prompts_of_other_lengths_go_by_themselves(models):
    conditionings = [encode(models["sd3"], "a boat", max_sequence_length=length) for length in (8, 16, 8)]
    together = sample_prompts(models["sd3"], conditionings, seed=4, **ASKED)
    alone = [sample(models["sd3"], conditioning, seed=4, **ASKED) for conditioning in conditionings]
    assert all((a.samples - b.samples).abs().max() < 1e-5 * b.samples.abs().max() for a, b in zip(together, alone, strict=True))


def test_a_prompt_of_several_parts_goes_by_itself(models):
    both = encode(models["sd"], "[a boat:fog:0.5]")
    assert len(both.parts) == 2
    together = sample_seeds(models["sd"], both, [5, 6], **ASKED)
    for seed, latent in zip((5, 6), together, strict=True):
        assert torch.equal(latent.samples, sample(models["sd"], both, seed=seed, **ASKED).samples)


def test_in_half_precision_the_noise_of_each_is_its_own_too(models, checkpoints):
    half = load(Recipe("DiffusionModel", "sd", str(checkpoints / "sd")), "cpu", "bfloat16")
    conditioning = encode(half, "a boat")
    seen = []
    hook = half.unet.register_forward_pre_hook(lambda _, given: seen.append(given[0].float()))
    sample_seeds(half, conditioning, [5, 6], sampler="euler", **{**ASKED, "guidance_scale": 1.0})
    sample(half, conditioning, seed=6, sampler="euler", **{**ASKED, "guidance_scale": 1.0})
    hook.remove()
    assert torch.equal(seen[0][1], seen[3][0]) and not torch.equal(seen[0][0], seen[0][1])


@pytest.fixture(scope="module")
def picture():
    return torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(1))


def alike(together, alone):
    return all((a.samples - b.samples).abs().max() < 1e-5 * max(1, b.samples.abs().max())
               for a, b in zip(together, alone, strict=True))


@pytest.mark.parametrize("kind, sampler", [("sd", "model"), ("xl", "euler_ancestral"), ("sd3", "model"), ("flux", "dpmpp_2m")])
def test_a_batch_begins_with_a_picture_and_paints_what_a_mask_covers(models, picture, kind, sampler):
    model, mask = models[kind], torch.zeros(1, 32, 32)
    mask[..., :16] = 1
    more = {"sampler": sampler, "start": encode_image(model, picture), "mask": mask, "strength": 0.7,
            "steps": 3, "guidance_scale": 3.0}
    idea = encode(model, "a boat")
    together = sample_seeds(model, idea, [5, 6, 7], at_once=2, **more)
    assert alike(together, [sample(model, idea, seed, **more) for seed in (5, 6, 7)])
    assert not alike(together[:1], together[1:2])
    assert torch.allclose(together[0].samples[..., 8:], together[1].samples[..., 8:], atol=1e-5) or kind == "flux"


def test_a_part_of_the_steps_is_another_samplings_for_each(models):
    idea = encode(models["sd"], "a boat")
    begun = sample(models["sd"], idea, 4, end_step=2, keep_noise=True, sampler="euler", **ASKED)
    more = {"steps": 3, "guidance_scale": 3.0, "sampler": "euler", "start": begun, "start_step": 2, "add_noise": False}
    ideas = [idea, encode(models["sd"], "fog")]
    assert alike(sample_prompts(models["sd"], ideas, 4, **more), [sample(models["sd"], one, 4, **more) for one in ideas])


@pytest.mark.parametrize("kind", ["sd", "xl", "sd3", "flux"])
def test_controls_steer_each_of_a_batch(models, picture, kind):
    nets = {"net": control_net(models[kind], kind), "t2i": t2i_adapter()}
    controls = [steered("net", picture, weight=0.7, end=0.7), *[steered("t2i", picture)] * (kind in ("sd", "xl"))]
    ideas = [encode(models[kind], prompt) for prompt in ("a boat", "a red boat")]
    made = sample_prompts(models[kind], ideas, 4, control=controls, ctx=Live(nets), **ASKED)
    assert alike(made, [sample(models[kind], idea, 4, control=controls, ctx=Live(nets), **ASKED) for idea in ideas])
    assert not alike(made, sample_prompts(models[kind], ideas, 4, **ASKED))


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_each_of_a_batch_looks_at_the_same_pictures(models, picture, tmp_path, guidance):
    vision().save_pretrained(tmp_path / "image_encoder")
    save_file(ip_adapter_weights(models["sd"].unet), tmp_path / "ip-adapter.safetensors")
    net = load_adapter(Recipe("IPAdapter", "ip", str(tmp_path)), "cpu", "float32")
    more = {**ASKED, "guidance_scale": guidance, "control": [ip_adapter(Recipe("IPAdapter", "ip"), [picture])],
            "ctx": Live({"ip": net})}
    idea = encode(models["sd"], "a boat")
    assert alike(sample_seeds(models["sd"], idea, [5, 6], **more), [sample(models["sd"], idea, seed, **more) for seed in (5, 6)])


@pytest.mark.parametrize("family", [pytest.param("kontext", marks=pytest.mark.slow), "flux2_klein"])
def test_each_of_a_batch_looks_at_a_reference(family, tmp_path):
    model, picture = tiny.live(family, tmp_path / "model"), torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1))
    idea = encode(model, "a boat")
    more = {"steps": 2, "width": 64, "height": 64, "reference": [picture]}
    assert alike(sample_seeds(model, idea, [5, 6], **more), [sample(model, idea, seed, **more) for seed in (5, 6)])


def test_with_each_a_new_seed_samples_itself_alone(tmp_path, capsys, monkeypatch):
    import json

    from nodegraph.cli import main

    graph = """nodegraph: 1
inputs: {{seeds: {{type: list of Seed, default: {seeds}}}}}
nodes:
  idea: {{type: diffusion.encode, model: starter/painter, prompt: a red boat, max_sequence_length: 16}}
  sketches: {{type: diffusion.sample_seeds, each: seeds, model: starter/painter, conditioning: $idea, seeds: $seeds, steps: 1}}
outputs: {{sketches: $sketches}}
"""
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    ran = []
    for seeds in ([1, 2], [1, 2, 3]):
        (tmp_path / "g.yaml").write_text(graph.format(seeds=seeds))
        assert main(["run", str(tmp_path / "g.yaml"), "--out", str(tmp_path / "out"), "--json", "--device", "cpu"]) == 0
        ran.append(json.loads(capsys.readouterr().out)["nodes"]["sketches"])
    assert [(node["ran"], node["remembered"]) for node in ran] == [(2, 0), (1, 2)]
