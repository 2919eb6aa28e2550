"""Guidance of other kinds than a pipeline's own, against diffusers where it has them, else against their formulas."""

import copy

import pytest
import torch
from diffusers.hooks.mag_cache import apply_mag_cache

from nodegraph import InputError, Recipe
from nodegraph_nodes.diffusion import guides
from nodegraph_nodes.diffusion.calls import own_copy
from nodegraph_nodes.diffusion.encode import encode
from nodegraph_nodes.diffusion.guidance import cache, freeu, guidance, shift
from nodegraph_nodes.diffusion.guided import own_modules
from nodegraph_nodes.diffusion.sample import magnitudes, sample
from nodegraph_nodes.diffusion.samplers import Sampling

from . import tiny
from .conftest import stable_diffusion_3

pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:.* is far from the 256 x 256:UserWarning")]
MODEL = Recipe("DiffusionModel", "mine")


def patched(model, *recipes):
    """The live model as it is handed out for a recipe with the patches of these."""
    live = copy.copy(model)
    live.patches = tuple(patch for recipe in recipes for patch in recipe.patches)
    return live


def painted(model, *recipes, **asked):
    live = patched(model, *recipes)
    asked = {"seed": 3, "steps": 4, "guidance_scale": 6.0, "width": 32, "height": 32, **asked}
    return sample(live, encode(model, "a boat"), **asked).samples


def by_diffusers(model, kind=None, steps=4, **asked):
    pipe = own_copy(model, Sampling(), steps)
    if kind is not None:
        parts = {name: part for name, part in model.components.items() if name != "image_encoder"}
        pipe = kind(**parts, **({"requires_safety_checker": False} if "safety_checker" in parts else {}),
                    **asked.pop("settings", {}))
        pipe.scheduler = own_copy(model, Sampling(), steps).scheduler
        pipe.set_progress_bar_config(disable=True)
    asked = {"guidance_scale": 6.0, "width": 32, "height": 32, **asked}
    return pipe(prompt="a boat", num_inference_steps=steps, output_type="latent", return_dict=False,
                generator=torch.Generator().manual_seed(3), **asked)[0][0]


def test_without_patches_nothing_changes(models):
    assert torch.equal(painted(models["sd"]), by_diffusers(models["sd"]))
    assert torch.equal(painted(models["sd"], guidance(MODEL)), by_diffusers(models["sd"]))


@pytest.mark.parametrize("kind", ["sd", "xl"])
def test_the_deviation_is_brought_back_as_guidance_rescale_does_it(models, kind):
    ours = painted(models[kind], guidance(MODEL, rescale=0.7))
    assert torch.equal(ours, by_diffusers(models[kind], guidance_rescale=0.7))


@pytest.mark.parametrize("scale", [6.0, 1.0])
def test_perturbed_attention_is_that_of_diffusers(models, scale):
    from diffusers import StableDiffusionPAGPipeline

    ours = painted(models["sd"], guidance(MODEL, pag_scale=3.0), guidance_scale=scale)
    theirs = by_diffusers(models["sd"], StableDiffusionPAGPipeline, settings={"pag_applied_layers": "mid"}, pag_scale=3.0,
                          guidance_scale=scale)
    assert (ours - theirs).abs().max() < 1e-4 * theirs.std()
    assert not torch.allclose(ours, painted(models["sd"], guidance_scale=scale), atol=1e-2)


def test_layers_are_skipped_as_diffusers_skips_them(models):
    ours = painted(models["sd3"], guidance(MODEL, skip_layers=[1], skip_scale=2.0, skip_start=0.0, skip_end=0.7))
    theirs = by_diffusers(models["sd3"], skip_guidance_layers=[1], skip_layer_guidance_scale=2.0,
                          skip_layer_guidance_start=0.0, skip_layer_guidance_stop=0.7)
    assert (ours - theirs).abs().max() < 1e-5
    assert not torch.allclose(ours, painted(models["sd3"]), atol=1e-3)


def test_outside_its_share_of_the_steps_the_prompt_counts_alone_and_half_the_work_is_done(models):
    rows = []
    hook = models["sd"].unet.register_forward_pre_hook(lambda _, given: rows.append(given[0].shape[0]))
    later = painted(models["sd"], guidance(MODEL, start=0.5), sampler="euler")
    never = painted(models["sd"], guidance(MODEL, end=0.0), sampler="euler")
    hook.remove()
    assert rows == [1, 1, 2, 2, 1, 1, 1, 1]
    alone = painted(models["sd"], guidance_scale=1.0, sampler="euler")
    assert torch.allclose(never, alone, atol=1e-5) and not torch.allclose(later, alone, atol=1e-3)


def test_projected_guidance_that_keeps_all_is_plain(models):
    plain = painted(models["sd3"])
    assert torch.allclose(painted(models["sd3"], guidance(MODEL, way="projected", eta=1.0, limit=0.0)), plain, atol=1e-4)
    assert not torch.allclose(painted(models["sd3"], guidance(MODEL, way="projected")), plain, atol=1e-3)


def test_projected_guidance_takes_off_the_part_along_the_prediction():
    generator = torch.Generator().manual_seed(0)
    with_prompt, without = torch.randn(2, 2, 3, 4, 4, generator=generator)
    made = guides.projected(with_prompt, without, 5.0, eta=0.0, limit=0.0)
    added = (made - without).flatten(1)
    assert (added * with_prompt.flatten(1)).sum(1).abs().max() < 1e-4
    along = with_prompt * ((with_prompt - without) * with_prompt).sum((1, 2, 3), True) / with_prompt.square().sum((1, 2, 3), True)
    assert torch.allclose(added, 5 * (with_prompt - without - along).flatten(1), atol=1e-5)


def test_zero_star_is_that_of_diffusers():
    from diffusers import ClassifierFreeZeroStarGuidance

    guider = ClassifierFreeZeroStarGuidance(guidance_scale=4.0, zero_init_steps=1)
    with_prompt, without = torch.randn(2, 2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    for step in (0, 1):
        guider.set_state(step, 10, torch.tensor(1.0))
        wanted = guider.forward(with_prompt, without).pred
        assert torch.equal(guides.zero_star(with_prompt, without, 4.0, first=step == 0), wanted)


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "flow"])
def test_on_the_manifold_a_step_goes_to_the_guided_picture_and_on_with_the_noise_seen_without_the_prompt(kind):
    """Chung et al., algorithm 2, in one step of Euler's method."""
    sigma, to = (0.7, 0.4) if kind == "flow" else (3.0, 1.2)
    x, first, second = torch.randn(3, 1, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    alpha = 1 / (1 + sigma ** 2) ** 0.5

    def seen(prediction):
        """The picture and the noise in x."""
        if kind == "flow":
            return x - sigma * prediction, x + (1 - sigma) * prediction
        if kind == "epsilon":
            return x - sigma * prediction, prediction
        picture = x * alpha ** 2 - prediction * sigma * alpha
        return picture, (x - picture) / sigma

    shown = x if kind == "flow" else x * alpha
    made = guides.manifold(first, second, shown, sigma, to, kind)
    if kind == "flow":
        there = x + made * (to - sigma)
        wanted = (1 - to) * seen(first)[0] + to * seen(second)[1]
    else:
        there = x + (x - seen(made)[0]) / sigma * (to - sigma)
        wanted = seen(first)[0] + to * seen(second)[1]
    assert torch.allclose(there, wanted, atol=1e-5)


def test_on_the_manifold_eulers_steps_paint_and_others_say_so(models):
    for kind in ("sd", "sd3"):
        latent = painted(models[kind], guidance(MODEL, way="manifold"), sampler="euler", guidance_scale=1.2)
        assert latent.isfinite().all()
        assert not torch.allclose(latent, painted(models[kind], sampler="euler", guidance_scale=1.2), atol=1e-3)
    with pytest.raises(InputError, match="manifold .*take sampler: euler"):
        painted(models["sd"], guidance(MODEL, way="manifold"), sampler="dpmpp_2m")


def test_free_u_is_that_of_diffusers_and_leaves_the_live_model_as_it_was(models):
    before = painted(models["sd"])
    ours = painted(models["sd"], freeu(MODEL, b1=1.4, b2=1.6))
    models["sd"].enable_freeu(s1=0.9, s2=0.2, b1=1.4, b2=1.6)
    theirs = by_diffusers(models["sd"])
    models["sd"].disable_freeu()
    assert torch.equal(ours, theirs) and not torch.equal(ours, before)
    assert torch.equal(painted(models["sd"]), before)


def test_modules_of_ones_own_share_their_weights(models):
    mine = own_modules(models["sd"].unet)
    assert mine is not models["sd"].unet and mine.mid_block is not models["sd"].unet.mid_block
    assert all(a is b for a, b in zip(mine.parameters(), models["sd"].unet.parameters(), strict=True))


def test_a_cache_leaves_out_blocks_that_would_change_little(models):
    """As diffusers has it: the blocks after the first are left out where the first changed less than the threshold."""
    from diffusers.hooks import FirstBlockCacheConfig

    ran, live = [], models["flux"].transformer
    hook = live.single_transformer_blocks[0].proj_mlp.register_forward_pre_hook(lambda *_: ran.append(1))
    plain = painted(models["flux"])
    kept = painted(models["flux"], cache(MODEL, threshold=0.0))
    all_of_them = len(ran)
    left_out = painted(models["flux"], cache(MODEL, threshold=1.0))
    hook.remove()
    assert torch.allclose(kept, plain, atol=1e-5) and all_of_them == 8
    assert len(ran) - all_of_them < 4
    live.enable_cache(FirstBlockCacheConfig(threshold=1.0))
    theirs = painted(models["flux"])
    live.disable_cache()
    assert torch.allclose(left_out, theirs, atol=1e-5)
    assert torch.equal(painted(models["flux"]), plain)


@pytest.fixture(scope="module")
def deeper():
    """A Stable Diffusion 3 of four blocks, and the calls of its second: each appends to the list."""
    torch.manual_seed(0)
    model, ran = stable_diffusion_3(layers=4), []
    model.set_progress_bar_config(disable=True)
    model.transformer.transformer_blocks[1].ff.register_forward_pre_hook(lambda *_: ran.append(1))
    return model, ran


def test_a_cache_of_magnitudes_is_that_of_diffusers(models):
    """What is published for Flux counts where no ratios are given, and is stretched to the steps."""
    from diffusers.hooks import MagCacheConfig
    from diffusers.hooks.mag_cache import FLUX_MAG_RATIOS

    live, asked = models["flux"].transformer, {"steps": 6}
    plain = painted(models["flux"], **asked)
    assert torch.allclose(painted(models["flux"], cache(MODEL, 0.0, "magnitude", [1.5]), **asked), plain, atol=1e-5)
    ours = painted(models["flux"], cache(MODEL, 0.5, "magnitude"), **asked)
    live.enable_cache(MagCacheConfig(threshold=0.5, num_inference_steps=6, mag_ratios=FLUX_MAG_RATIOS))
    theirs = painted(models["flux"], **asked)
    live.disable_cache()
    assert torch.allclose(ours, theirs, atol=1e-5) and not torch.allclose(ours, plain, atol=1e-4)


def test_magnitudes_are_measured_by_diffusers_formula_and_leave_steps_out(deeper, capsys):
    from diffusers.hooks import MagCacheConfig

    model, ran = deeper
    words = encode(model, "a boat")
    ratios = magnitudes(model, words, seed=3, steps=5, width=32, height=32)
    assert ratios[0] == 1 and len(ratios) == 5 and all(ratio > 0 for ratio in ratios)
    part, shared = torch.nn.Module(), copy.copy(model)
    shared.__dict__["transformer"] = own_modules(model.transformer)
    part.transformer_blocks = shared.transformer.transformer_blocks[:-1]
    apply_mag_cache(part, MagCacheConfig(calibrate=True, num_inference_steps=5))
    painted(shared, steps=5, guidance_scale=1.0)
    told = capsys.readouterr().out
    assert torch.allclose(torch.tensor(ratios), torch.tensor([float(word) for word in told[told.rindex("[") + 1:].split("]")[0].split(",")]))
    ran.clear()
    assert painted(model, cache(MODEL, 1.0, "magnitude", ratios), steps=5).isfinite().all() and len(ran) < 5
    with pytest.raises(InputError, match="how the magnitudes of a StableDiffusion3Pipeline change .* is not known here"):
        painted(model, cache(MODEL, way="magnitude"))
    with pytest.raises(InputError, match="counted from noise, and this sampling begins or ends on the way"):
        painted(model, cache(MODEL, way="magnitude", ratios=ratios), end_step=2)


def test_a_cache_goes_with_guidance_in_a_part_of_the_steps_on_a_deeper_stable_diffusion_3(deeper):
    model, ran = deeper
    ran.clear()
    plain = painted(model)
    assert torch.allclose(painted(model, cache(MODEL, threshold=0.0)), plain, atol=1e-5) and len(ran) == 8
    assert painted(model, cache(MODEL, threshold=1.0), guidance(MODEL, end=0.5)).isfinite().all()
    assert len(ran) < 12


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`FluxPosEmbed` is deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*prompt has .* tokens:UserWarning")
def test_a_model_that_is_asked_twice_a_step_is_guided_as_one_that_is_asked_once(tmp_path):
    """Of Chroma, whose pipeline asks with the prompt and then without it."""
    from nodegraph_nodes.diffusion.models import load

    model = load(Recipe("DiffusionModel", "chroma", str(tiny.saved("chroma", tmp_path / "model"))), "cpu", "float32")
    asked = []
    hook = model.transformer.register_forward_pre_hook(lambda *_: asked.append(1))
    side = tiny.PICTURES["chroma"][1]
    plain = painted(model, width=side, height=side)
    assert torch.allclose(painted(model, guidance(MODEL), width=side, height=side), plain, atol=1e-4)
    kept = painted(model, guidance(MODEL, way="projected", eta=1.0, limit=0.0), width=side, height=side)
    assert torch.allclose(kept, plain, atol=1e-4) and len(asked) == 24
    half = painted(model, guidance(MODEL, end=0.5), width=side, height=side)
    assert len(asked) == 30 and not torch.allclose(half, plain, atol=1e-3)
    never = painted(model, guidance(MODEL, end=0.0), width=side, height=side)
    assert torch.allclose(never, painted(model, guidance_scale=1.0, width=side, height=side), atol=1e-4)
    assert not torch.allclose(painted(model, guidance(MODEL, rescale=0.7), width=side, height=side), plain, atol=1e-3)
    hook.remove()


def test_a_shift_is_the_shift_of_the_scheduler(models):
    import diffusers

    for kind in ("sd3", "flux"):
        pipe = own_copy(models[kind], Sampling(), 4)
        pipe.scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=5.0)
        wanted = pipe(prompt="a boat", num_inference_steps=4, output_type="latent", return_dict=False, guidance_scale=6.0,
                      width=32, height=32, generator=torch.Generator().manual_seed(3))[0]
        ours = own_copy(patched(models[kind], shift(MODEL, 5.0)), Sampling(), 4).scheduler
        assert (ours.config.shift, ours.config.use_dynamic_shifting) == (5.0, False)
        painting = painted(models[kind], shift(MODEL, 5.0))
        if kind == "sd3":
            assert torch.equal(painting, wanted[0])
        assert not torch.allclose(painting, painted(models[kind]), atol=1e-3)
    with pytest.raises(InputError, match="shift is of models that follow a flow"):
        painted(models["sd"], shift(MODEL, 3.0))


@pytest.mark.parametrize("kind, recipe, says", [
    ("flux", guidance(MODEL, rescale=0.5), "a FluxPipeline is not guided by its answers"),
    ("sd3", guidance(MODEL, pag_scale=2.0), "pag_scale: .* takes a unet"),
    ("sd", guidance(MODEL, skip_layers=[1]), "skip_layers: .* has no layers to skip"),
    ("sd3", freeu(MODEL), "freeu: .* is no unet"), ("sd", cache(MODEL), "cache: .* has no row of blocks"), ("sd3", cache(MODEL), "cache: .* has no row of blocks")])
def test_what_a_denoiser_cannot_do_is_a_sentence(models, kind, recipe, says):
    with pytest.raises(InputError, match=says):
        painted(models[kind], recipe)


def test_prompts_of_several_parts_are_guided_too_and_do_not_mix_in_a_memory(models):
    both = encode(models["sd"], "[a boat:fog:0.5]")
    asked = {"seed": 3, "steps": 4, "guidance_scale": 6.0, "width": 32, "height": 32}
    latent = sample(patched(models["sd"], guidance(MODEL, rescale=0.7)), both, **asked).samples
    assert not torch.allclose(latent, sample(models["sd"], both, **asked).samples, atol=1e-3)
    with pytest.raises(InputError, match="several parts, and a cache, a momentum"):
        sample(patched(models["sd"], guidance(MODEL, way="projected", momentum=-0.5)), both, **asked)


def test_settings_on_settings_go_on_and_each_counts():
    twice = guidance(guidance(MODEL, rescale=0.3), rescale=0.7, way="projected")
    assert [patch.kind for patch in twice.patches] == ["guidance", "guidance"]
    assert guidance(MODEL).content != guidance(MODEL, rescale=0.1).content
    assert shift(MODEL, 3.0).content != shift(MODEL, 3.5).content


@pytest.mark.parametrize("kind", ["sd", "sd3"])
def test_guidance_goes_with_control_nets(models, kind):
    """That keeps nothing back, it is the plain one; and outside its share of the steps the net is asked for half."""
    from .test_control import SIDE, Live, control_net, steered

    net, picture = control_net(models[kind], kind), torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    asked = {"control": [steered(kind, picture, weight=0.7)], "ctx": Live({kind: net})}
    plain = painted(models[kind], **asked)
    kept = painted(models[kind], guidance(MODEL, way="projected", eta=1.0, limit=0.0), **asked)
    assert torch.allclose(kept, plain, atol=1e-4)
    assert torch.allclose(painted(models[kind], guidance(MODEL, end=0.0), **asked),
                          painted(models[kind], guidance_scale=1.0, **asked), atol=1e-4)
