"""Painting: equal to diffusers pixel by pixel, in parts or as a whole, alone or among threads."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from nodegraph import Cancelled, InputError, Recipe
from nodegraph_nodes.diffusion.decode import decode
from nodegraph_nodes.diffusion.encode import encode, encode_image
from nodegraph_nodes.diffusion.models import load, size
from nodegraph_nodes.diffusion.paint import paint
from nodegraph_nodes.diffusion.preview import latent_picture
from nodegraph_nodes.diffusion.sample import sample
from nodegraph_nodes.media.types import IMAGE, Conditioning, Latent

# diffusers' own, with a numpy newer than itself
pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
              # every Flux is made for that
              pytest.mark.filterwarnings("ignore:.* is far from the 256 x 256:UserWarning")]

KNOWN = ("sd3", "sd", "xl", "flux")


def by_diffusers(folder, **arguments):
    """The same picture from a pipeline that never met these nodes."""
    from diffusers import DiffusionPipeline

    absent = {"text_encoder_3": None, "tokenizer_3": None} if folder.name == "sd3" else {}
    pipe = DiffusionPipeline.from_pretrained(folder, **absent)
    pipe.set_progress_bar_config(disable=True)
    seed = arguments.pop("seed")
    return pipe(**arguments, generator=torch.Generator().manual_seed(seed), output_type="pt").images[0]


@pytest.mark.parametrize("kind", [*KNOWN, "whole"])
def test_painting_gives_the_pixels_of_a_plain_diffusers_call(models, checkpoints, kind):
    ours = paint(models[kind], "a red boat", seed=7, steps=4, width=32, height=32)
    guidance = {"sd3": 7.0, "sd": 7.5, "xl": 5.0, "flux": 3.5, "whole": 8.5}[kind]
    theirs = by_diffusers(checkpoints / kind, prompt="a red boat", seed=7, num_inference_steps=4, width=32,
                          height=32, guidance_scale=guidance)
    assert IMAGE.complaint(ours) is None
    assert torch.equal(ours, torch.as_tensor(theirs))


@pytest.mark.parametrize("kind", ["sd3", "sd", "xl"])
def test_a_negative_prompt_and_a_guidance_mean_what_they_mean_to_diffusers(models, checkpoints, kind):
    ours = paint(models[kind], "a boat", "people", seed=3, steps=3, guidance_scale=2.0, width=48, height=32)
    theirs = by_diffusers(checkpoints / kind, prompt="a boat", negative_prompt="people", seed=3,
                          num_inference_steps=3, guidance_scale=2.0, width=48, height=32)
    assert ours.shape == (3, 32, 48)
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("kind", KNOWN)
def test_the_separate_nodes_give_the_pixels_of_the_one_that_does_all(models, kind):
    model = models[kind]
    latent = sample(model, encode(model, "诗 a boat"), seed=5, steps=3, width=32, height=32)
    assert torch.equal(decode(model, latent), paint(model, "诗 a boat", seed=5, steps=3, width=32, height=32))


@pytest.mark.parametrize("kind", KNOWN)
def test_another_seed_or_another_prompt_paints_another_picture(models, kind):
    pictures = [paint(models[kind], prompt, seed=seed, steps=2, width=32, height=32)
                for prompt, seed in (("a boat", 1), ("a boat", 2), ("a house", 1))]
    assert not torch.equal(pictures[0], pictures[1]) and not torch.equal(pictures[0], pictures[2])


@pytest.mark.parametrize("kind", ["sd3", "sd"])
def test_left_out_the_size_is_what_the_model_was_made_for(models, kind):
    assert paint(models[kind], "a boat", steps=1).shape == (3, 32, 32)


def test_painting_in_threads_gives_what_painting_in_turn_gives(models):
    jobs = [(kind, prompt) for kind in ("sd", "sd3") for prompt in ("a boat", "another boat")]

    def one(job):
        return paint(models[job[0]], job[1], seed=1, steps=3, width=32, height=32)

    in_turn = list(map(one, jobs))
    with ThreadPoolExecutor(4) as pool:
        assert all(map(torch.equal, pool.map(one, jobs), in_turn))


def test_the_global_dice_are_neither_read_nor_moved(models):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = paint(models["sd"], "a boat", seed=1, steps=2, sampler="euler_ancestral")
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(paint(models["sd"], "a boat", seed=1, steps=2, sampler="euler_ancestral"), first)


@pytest.mark.parametrize("kind, name", [("sd3", "pndm"), ("flux", "ddpm"), ("whole", "euler")])
def test_a_sampler_that_does_not_suit_is_told_with_those_that_do(models, kind, name):
    own = models[kind].scheduler
    with pytest.raises(InputError, match=f"sampler is {name}, which does not suit .*this one takes model"):
        paint(models[kind], "a boat", steps=2, sampler=name)
    assert models[kind].scheduler is own


@pytest.mark.parametrize("kind, name", [("sd3", "StableDiffusion3Img2ImgPipeline"),
                                        ("sd", "StableDiffusionImg2ImgPipeline"), ("flux", "FluxImg2ImgPipeline")])
def test_painting_over_a_picture_gives_what_diffusers_gives_from_the_same_latent(models, kind, name):
    import diffusers

    model = models[kind]
    start = encode_image(model, torch.rand(3, 32, 48, generator=torch.Generator().manual_seed(4)))
    conditioning = encode(model, "a boat")
    ours = sample(model, conditioning, seed=2, steps=6, guidance_scale=3.0, start=start, strength=0.5)
    parts = {part: value for part, value in model.components.items() if part != "image_encoder"}
    unchecked = {"requires_safety_checker": False} if kind == "sd" else {}
    theirs = getattr(diffusers, name)(**parts, **unchecked)
    theirs.set_progress_bar_config(disable=True)
    size = {} if kind == "sd" else {"width": 48, "height": 32}
    wanted = theirs("a boat", image=start.samples[None], strength=0.5, num_inference_steps=6, guidance_scale=3.0,
                    generator=torch.Generator().manual_seed(2), output_type="pt", **size).images[0]
    assert torch.equal(decode(model, ours), wanted)


@pytest.mark.parametrize("kind", KNOWN)
def test_the_less_the_strength_the_nearer_the_picture_stays_to_its_start(models, kind):
    model = models[kind]
    start = encode_image(model, torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(4)))
    far = [(sample(model, encode(model, "a boat"), steps=10, start=start, strength=strength).samples
            - start.samples).abs().mean() for strength in (0.2, 0.9)]
    assert far[0] < far[1]


def test_a_picture_is_trimmed_to_what_the_model_can_encode_and_transparent_counts_as_white(models):
    image = torch.rand(4, 35, 50)
    image[3] = 0
    with pytest.warns(UserWarning, match="50 x 35, and its edges are trimmed to 48 x 32, multiples of 4"):
        latent = encode_image(models["sd3"], image)
    assert latent.samples.shape == (8, 16, 24)
    assert torch.equal(latent.samples, encode_image(models["sd3"], torch.ones(3, 32, 48)).samples)


def test_a_start_that_does_not_fit_is_told(models):
    start = encode_image(models["sd"], torch.rand(3, 32, 32))
    conditioning = encode(models["sd"], "a boat")
    with pytest.raises(InputError, match="start is 32 x 32, and 48 x 32 is asked for"):
        sample(models["sd"], conditioning, start=start, width=48)
    with pytest.raises(InputError, match="start is in the space of AutoencoderKL"):
        sample(models["sd3"], encode(models["sd3"], "a boat"), start=start)
    with pytest.raises(InputError, match="leaves none to paint"):
        sample(models["sd"], conditioning, start=start, steps=3, strength=0.1)


@pytest.mark.parametrize("kind", KNOWN)
def test_each_step_is_reported_and_some_with_a_picture(models, kind, listening):
    listener = listening()
    model = models[kind]
    sample(model, encode(model, "a boat"), steps=16, width=32, height=32, sampler="euler", ctx=listener)
    assert [report[:2] for report in listener.reports] == [(n, 16) for n in range(1, 17)]
    pictures = [preview for *_, preview in listener.reports if preview is not None]
    assert len(pictures) == 8
    assert all(picture.dtype.name == "uint8" and picture.shape[2] == 3 for picture in pictures)


def test_the_last_forecast_of_a_flow_is_the_finished_picture(models, listening):
    listener = listening()
    latent = sample(models["sd3"], encode(models["sd3"], "a boat"), steps=8, ctx=listener)
    assert (listener.reports[-1][2] == latent_picture(models["sd3"], latent.samples[None])).all()


def test_a_run_that_is_stopped_ends_at_the_next_step(models, listening):
    listener = listening(stop_after=2)
    with pytest.raises(Cancelled):
        paint(models["sd"], "a boat", steps=10, ctx=listener)
    assert len(listener.reports) == 2


def test_a_latent_of_another_autoencoder_is_refused_by_name(models):
    latent = sample(models["sd3"], encode(models["sd3"], "a boat"), steps=1)
    with pytest.raises(InputError, match=r"AutoencoderTiny \(8 channels.*AutoencoderKL \(4 channels"):
        decode(models["sd"], latent)


def test_a_conditioning_of_another_model_is_refused_by_name(models):
    with pytest.raises(InputError, match=r"StableDiffusionPipeline.*StableDiffusion3Pipeline"):
        sample(models["sd3"], encode(models["sd"], "a boat"))


def test_a_size_the_model_cannot_paint_is_told_with_the_nearest_it_can(models):
    with pytest.raises(InputError, match=r"width is 34.*multiples of 4; try 32 or 36"):
        paint(models["sd3"], "a boat", width=34)


@pytest.mark.parametrize("kind", ["sd3", "flux"])
def test_a_shorter_sequence_means_what_it_means_to_diffusers(models, checkpoints, kind):
    model = models[kind]
    short = encode(model, "a boat", max_sequence_length=8)
    assert short.tensors["prompt_embeds"].shape[1] < encode(model, "a boat").tensors["prompt_embeds"].shape[1]
    ours = decode(model, sample(model, short, seed=1, steps=2, guidance_scale=3.0, width=32, height=32))
    theirs = by_diffusers(checkpoints / kind, prompt="a boat", seed=1, num_inference_steps=2, guidance_scale=3.0,
                          width=32, height=32, max_sequence_length=8)
    assert torch.equal(ours, theirs)


def test_a_model_whose_sequence_is_fixed_says_so(models):
    with pytest.raises(InputError, match="takes no max_sequence_length"):
        encode(models["sd"], "a boat", max_sequence_length=8)


def test_flux_says_that_it_takes_no_negative_prompt(models):
    with pytest.raises(InputError, match="takes no negative_prompt"):
        encode(models["flux"], "a boat", "people")


def test_a_pipeline_whose_steps_are_not_known_points_to_the_node_that_runs_it_whole(models):
    class Whole(type(models["sd"])):
        encode_prompt = None
        __call__ = object.__init__

    whole = Whole(**models["sd"].components, requires_safety_checker=False)
    with pytest.raises(InputError, match=r"Whole, whose steps are not known one by one; diffusion.paint"):
        encode(whole, "a boat")


def test_what_encoding_and_sampling_give_passes_the_checks_of_its_port(models):
    for kind in KNOWN:
        conditioning = encode(models[kind], "a boat")
        latent = sample(models[kind], conditioning, steps=1, width=32, height=32)
        assert Conditioning.__porttype__.complaint(conditioning) is None
        assert Latent.__porttype__.complaint(latent) is None
        assert latent.samples.shape[1:] == (16, 16)


def test_a_preview_of_an_autoencoder_too_big_to_run_shows_its_colours(models, monkeypatch):
    from nodegraph_nodes.diffusion import preview

    monkeypatch.setattr(preview, "SMALL_DECODER", 0)
    shown = latent_picture(models["sd"], torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0)))
    assert shown.shape == (16, 16, 3) and shown.std() > 0


def test_a_folder_without_a_pipeline_is_named_in_the_error(tmp_path):
    with pytest.raises(InputError, match="my/painter is empty"):
        load(Recipe("DiffusionModel", "my/painter", str(tmp_path)), "cpu", "float32")


def test_a_folder_that_brings_its_own_code_is_refused(tmp_path):
    (tmp_path / "model_index.json").write_text('{"_class_name": ["pipeline", "Mine"]}')
    with pytest.raises(InputError, match="code that comes with the folder"):
        load(Recipe("DiffusionModel", "mine", str(tmp_path)), "cpu", "float32")


@pytest.mark.parametrize("kind", KNOWN)
def test_in_half_precision_the_picture_is_much_the_same_and_whole(models, checkpoints, kind):
    half = load(Recipe("DiffusionModel", kind, str(checkpoints / kind)), "cpu", "bfloat16")
    asked = {"prompt": "a boat", "seed": 1, "steps": 3, "width": 32, "height": 32}
    image = paint(half, **asked)
    assert IMAGE.complaint(image) is None
    assert (image - paint(models[kind], **asked)).abs().mean() < 0.05


def test_a_loaded_model_counts_the_bytes_of_all_its_parts(models):
    pipe = models["sd3"]
    parts = (pipe.transformer, pipe.vae, pipe.text_encoder, pipe.text_encoder_2)
    assert size(pipe) >= sum(p.nbytes for part in parts for p in part.parameters())
