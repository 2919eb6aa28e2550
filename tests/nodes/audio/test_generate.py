"""Sound from words by folders of transformers and diffusers: what the libraries' own calls make, with dice of its own."""

import json
import shutil
import warnings

import pytest
import torch

from nodegraph import Cancelled, InputError, Recipe
from nodegraph_nodes.audio import makers
from nodegraph_nodes.audio.generate import generate
from tests.nodes.audio import tiny

PROMPT = "a red boat"
pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning", "ignore:At least one mel filter:UserWarning")


def made(folder):
    return makers.load(Recipe("SoundModel", str(folder)), "cpu", "float32")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The folder of each kind of model, made when it is first asked for."""
    kept = {}

    def get(name):
        if name not in kept:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                torch.manual_seed(1)
                kept[name] = tmp_path_factory.mktemp("sounds") / name
                tiny.SAVED[name](kept[name])
        return kept[name]
    return get


@pytest.fixture(scope="module")
def models(folders):
    kept = {}
    return lambda name: kept.get(name) or kept.setdefault(name, made(folders(name)))


def by_the_library(maker, seed, seconds, **more):
    tokens = maker.tokenizer(PROMPT, return_tensors="pt")
    torch.manual_seed(seed)
    return maker.model.generate(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"], do_sample=True,
                                max_new_tokens=round(seconds * 100) + 3, **more)[0]


@pytest.mark.parametrize("name, channels, more", [
    ("musicgen", 1, {}), ("musicgen", 1, {"guidance_scale": 1.0, "temperature": 0.7}),
    pytest.param("stereo", 2, {}, marks=pytest.mark.slow), pytest.param("melody", 1, {}, marks=pytest.mark.slow)])
def test_a_musicgen_writes_what_the_library_would_and_leaves_everybodys_dice_alone(models, name, channels, more):
    maker = models(name)
    before = torch.get_rng_state()
    sound = generate(maker, PROMPT, 0.1, seed=4, **more)
    assert torch.equal(torch.get_rng_state(), before)
    assert sound.samples.shape == (channels, 160) and sound.sample_rate == 1600
    assert torch.equal(sound.samples, by_the_library(maker, 4, 0.1, **more)[:, :160])
    if name == "musicgen":
        assert not torch.equal(sound.samples, generate(maker, PROMPT, 0.1, seed=5, **more).samples)


def test_a_musicgen_lasts_as_long_as_asked(models):
    assert generate(models("musicgen"), PROMPT, 0.123, temperature=0).samples.shape == (1, 197)


@pytest.mark.slow
def test_a_musicgen_tells_when_it_is_to_write_more_than_it_was_taught(models):
    models("musicgen").model.generation_config.max_length = 110
    with pytest.warns(UserWarning, match="this model writes 1 seconds at a time"):
        generate(models("musicgen"), PROMPT, 1.12, temperature=0)


@pytest.mark.parametrize("name", ["stable_audio", "ace_step", pytest.param("audioldm2", marks=pytest.mark.slow)])
def test_a_pipeline_makes_what_its_own_call_makes(models, name):
    pipe, more = models(name).model, {"lyrics": "la"} if name == "ace_step" else {"negative_prompt": "noise"}
    length = {"ace_step": "audio_duration", "audioldm2": "audio_length_in_s"}.get(name, "audio_end_in_s")
    sound = generate(models(name), PROMPT, 0.2, seed=3, steps=2, guidance_scale=2.0, **more)
    own = pipe(PROMPT, num_inference_steps=2, guidance_scale=2.0, generator=torch.Generator().manual_seed(3), return_dict=False,
               **{length: 0.2}, **more)[0]
    own = torch.as_tensor(own).reshape(-1, own.shape[-1])
    assert torch.equal(sound.samples, own[:, :sound.samples.shape[1]])
    assert sound.samples.shape[1] == round(0.2 * sound.sample_rate) and sound.samples.abs().max() > 0


@pytest.mark.slow
def test_an_audioldm_of_the_time_before_transformers_5_is_read(folders, tmp_path):
    shutil.copytree(folders("audioldm2"), tmp_path / "old")
    index = json.loads((tmp_path / "old/model_index.json").read_text())
    index["language_model"] = ["transformers", "GPT2Model"]
    (tmp_path / "old/model_index.json").write_text(json.dumps(index))
    old, new = (generate(made(path), PROMPT, 0.2, steps=2) for path in (tmp_path / "old", folders("audioldm2")))
    assert torch.equal(old.samples, new.samples)


@pytest.mark.parametrize("name, steps", [("musicgen", 13), ("stable_audio", 3)])
def test_progress_is_told_and_a_run_can_be_stopped_in_the_middle(models, listening, name, steps):
    more = {} if name == "musicgen" else {"steps": 3}
    whole = listening()
    generate(models(name), PROMPT, 0.1, ctx=whole, **more)
    assert {total for _, total, _ in whole.reports} == {steps} and len({done for done, *_ in whole.reports}) >= steps
    with pytest.raises(Cancelled):
        generate(models(name), PROMPT, 0.1, ctx=listening(stop_after=2), **more)


@pytest.mark.parametrize("name, given, said", [
    ("musicgen", {"lyrics": "la"}, "a MusicGen takes no lyrics; leave that out"),
    ("musicgen", {"steps": 5, "negative_prompt": "x"}, "a MusicGen takes no negative_prompt, steps"),
    ("stable_audio", {"lyrics": "la"}, "a StableAudioPipeline takes no lyrics"),
    ("stable_audio", {"temperature": 1.0}, "a pipeline of diffusers takes no temperature"),
    ("stable_audio", {"seconds": 90}, "a StableAudioPipeline refuses this: The total audio length requested"),
    ("musicgen", {"prompt": " "}, "prompt is empty")])
def test_what_a_model_does_not_take_is_a_sentence(models, name, given, said):
    with pytest.raises(InputError, match=said):
        generate(models(name), **{"prompt": PROMPT, "seconds": 0.1, **given})


def test_other_folders_are_told_from_models_that_make_sound(folders, tmp_path):
    def problem(name, *gone, **changed):
        folder = tmp_path / f"{name}{len(list(tmp_path.iterdir()))}"
        shutil.copytree(folders(name), folder)
        for file in gone:
            (folder / file).unlink()
        for file, values in changed.items():
            path = folder / f"{file}.json"
            path.write_text(json.dumps(json.loads(path.read_text()) | values))
        return makers.problem(folder)

    assert makers.problem(tmp_path / "nowhere") == "is not there"
    assert [makers.problem(folders(name)) for name in ("musicgen", "melody", "stable_audio", "ace_step")] == [""] * 4
    assert "has no tokenizer" in problem("musicgen", "tokenizer.json")
    assert "is a model that makes sound (VITS); audio.generate takes a MusicGen" in problem("musicgen", config={"model_type": "vits"})
    assert "weights" in problem("musicgen", "model.safetensors")
    assert "holds a pipeline that paints (FluxPipeline), which diffusion.paint takes" in \
        problem("stable_audio", model_index={"_class_name": "FluxPipeline"})
    assert "its scheduler, a CosineDPMSolverMultistepScheduler, needs torchsde" in \
        problem("stable_audio", model_index={"scheduler": ["diffusers", "CosineDPMSolverMultistepScheduler"]})
    with pytest.raises(InputError, match="musicgen0 has no tokenizer"):
        made(tmp_path / "musicgen0")
