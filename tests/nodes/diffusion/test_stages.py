"""Changing one thing repeats what follows from it alone: counted by what ran."""

import json
import shutil
from copy import copy
from pathlib import Path

import pytest
from safetensors.torch import save_file

from nodegraph import Engine, events as ev
from nodegraph_nodes.diffusion.space import latent_family

from .conftest import stable_diffusion
from .steering import ip_adapter_weights, vision

pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning")]

BOAT = Path(__file__).parents[3] / "graphs/pictures/boat.jpg"


def graph(folder, model, vae):
    """A prompt, a sampling of a masked picture, and its picture, by a model with another autoencoder."""
    nodes = {
        "photo": {"type": "media.read_image", "file": str(BOAT)},
        "hole": {"type": "mask.from_luma", "image": "$photo"},
        "photo_latent": {"type": "diffusion.encode_image", "model": str(model), "image": "$photo", "mask": "$hole",
                         "width": 32, "height": 32},
        "other": {"type": "diffusion.vae", "model": str(model), "file": "$vae"},
        "idea": {"type": "diffusion.encode", "model": "$other", "prompt": "$prompt"},
        "sketch": {"type": "diffusion.sample", "model": "$other", "conditioning": "$idea", "steps": "$steps",
                   "start": "$photo_latent", "strength": 1.0},
        "seen": {"type": "diffusion.decode", "model": "$other", "latent": "$sketch"}}
    inputs = {"steps": 2, "prompt": "a boat", "vae": {"type": "Autoencoder", "default": str(vae)}}
    path = folder / "graph.yaml"
    path.write_text(json.dumps({"nodegraph": 1, "inputs": inputs, "nodes": nodes, "outputs": {"out": "$seen"}}))
    return str(path)


def test_another_count_of_steps_encodes_nothing_again_and_another_autoencoder_samples_nothing_again(checkpoints, tmp_path):
    with Engine(tmp_path / "cache", device="cpu") as engine:
        asked = engine.load(graph(tmp_path, checkpoints / "sd", checkpoints / "xl" / "vae"))

        def ran(**given):
            story = []
            result = engine.run(asked, given, emit=story.append)
            assert not result.errors, result.errors
            return [event.node for event in story if isinstance(event, ev.Finished) and event.ran]

        costly = {"photo_latent", "idea", "sketch", "seen"}
        assert costly <= set(ran())
        assert costly & set(ran(steps=3)) == {"sketch", "seen"}
        assert costly & set(ran(vae=str(checkpoints / "whole" / "vae"))) == {"seen"}
        assert costly & set(ran(prompt="a house")) == {"idea", "sketch", "seen"}


@pytest.fixture
def counted(tmp_path):
    """Runs a graph with other inputs: how many items of each costly node ran."""
    with Engine(tmp_path / "cache", device="cpu") as engine:
        def run(path, **given):
            story = []
            result = engine.run(engine.load(str(path)), given, emit=story.append)
            assert not result.errors, result.errors
            return {event.node: event.ran for event in story if isinstance(event, ev.Finished) and event.ran}
        yield run


BATCH = """
inputs:
  seeds: {{type: list of Seed, default: [1, 2, 3]}}
  prompts: {{type: list of Text, default: [a boat, a house, a fox]}}
  steps: 2
nodes:
  ideas: {{type: diffusion.encode, each: prompt, model: {0}, prompt: $prompts}}
  idea: {{type: diffusion.encode, model: {0}, prompt: a boat}}
  by_seed: {{type: diffusion.sample_seeds, each: seeds, model: {0}, conditioning: $idea, seeds: $seeds, steps: $steps, width: 32, height: 32}}
  by_prompt: {{type: diffusion.sample_prompts, each: conditionings, model: {0}, conditionings: $ideas, steps: $steps, width: 32, height: 32}}
  seen: {{type: diffusion.decode, each: latent, model: {0}, latent: $by_seed}}
  read: {{type: diffusion.decode, each: latent, model: {0}, latent: $by_prompt}}
outputs: {{seen: $seen, read: $read}}
"""


def test_of_a_batch_one_new_seed_or_prompt_runs_that_item_alone(checkpoints, counted, tmp_path):
    path = tmp_path / "batch.yaml"
    path.write_text("nodegraph: 1" + BATCH.format(checkpoints / "sd"))
    assert counted(path) == {"ideas": 3, "idea": 1, "by_seed": 3, "by_prompt": 3, "seen": 3, "read": 3}
    assert counted(path) == {}
    assert counted(path, seeds=[1, 9, 2, 3]) == {"by_seed": 1, "seen": 1}
    assert counted(path, prompts=["a fox", "a hut", "a boat"]) == {"ideas": 1, "by_prompt": 1, "read": 1}
    assert counted(path, steps=3) == {"by_seed": 3, "by_prompt": 3, "seen": 3, "read": 3}


LOOKS = """
inputs: {{weight: 0.6, look: {{type: File, default: {photo}}}, prompt: a boat, adapter: {{type: IPAdapter, default: {adapter}}}}}
nodes:
  read: {{type: media.read_image, file: $look}}
  seen: {{type: diffusion.ip_adapter, adapter: $adapter, images: [$read], weight: $weight}}
  idea: {{type: diffusion.encode, model: {model}, prompt: $prompt}}
  painted: {{type: diffusion.sample, model: {model}, conditioning: $idea, control: [$seen], steps: 2, width: 32, height: 32}}
  bare: {{type: diffusion.sample, model: {model}, conditioning: $idea, steps: 2, width: 32, height: 32}}
  picture: {{type: diffusion.decode, model: {model}, latent: $painted}}
outputs: {{picture: $picture, bare: $bare}}
"""


def test_what_an_ip_adapter_looks_at_samples_again_what_it_steers_and_nothing_else(checkpoints, counted, tmp_path):
    vision().save_pretrained(tmp_path / "adapter/image_encoder")
    weights = ip_adapter_weights(stable_diffusion().unet)
    save_file(weights, tmp_path / "adapter/ip-adapter.safetensors")
    path = tmp_path / "looks.yaml"
    path.write_text("nodegraph: 1" + LOOKS.format(photo=BOAT, adapter=tmp_path / "adapter", model=checkpoints / "sd"))
    assert set(counted(path)) == {"read", "seen", "idea", "painted", "bare", "picture"}
    assert counted(path) == {}
    assert set(counted(path, weight=0.3)) == {"seen", "painted", "picture"}
    assert set(counted(path, look=str(BOAT.with_name("tree.jpg")))) == {"read", "seen", "painted", "picture"}
    shutil.copytree(tmp_path / "adapter", tmp_path / "elsewhere")
    assert set(counted(path, adapter=str(tmp_path / "elsewhere"))) <= {"seen"}, "the same adapter in another place"
    save_file({name: tensor * 1.5 for name, tensor in weights.items()}, tmp_path / "elsewhere/ip-adapter.safetensors")
    assert set(counted(path, adapter=str(tmp_path / "elsewhere"))) == {"seen", "painted", "picture"}
    assert set(counted(path, prompt="a house")) == {"idea", "painted", "bare", "picture"}


def test_latents_of_another_model_are_no_ones_that_an_autoencoder_in_its_place_reads(models):
    from nodegraph import Recipe
    from nodegraph_nodes.diffusion.space import same_space
    from nodegraph_nodes.media.types import Latent

    model = models["sd"]
    other = copy(model)
    other.patches = (Recipe("vae", "x"),)
    assert latent_family(other) == latent_family(model) + " in the place of the model's own"
    assert same_space(Latent(None, latent_family(model)), other) and same_space(Latent(None, latent_family(other)), model)
    assert not same_space(Latent(None, latent_family(models["sd3"])), other)
    assert not same_space(Latent(None, latent_family(models["sd3"])), model)


def test_prompts_that_are_read_at_the_same_time_are_read_as_in_turn(models):
    from concurrent.futures import ThreadPoolExecutor

    from nodegraph_nodes.diffusion.encode import encode

    prompts = ["a boat", "a red boat on the sea", "a (red:1.3) boat", "a boat and a house and a fox"] * 5

    def read(prompt):
        return encode(models["sd"], prompt).tensors["prompt_embeds"]

    in_turn = [read(prompt) for prompt in prompts]
    with ThreadPoolExecutor(4) as pool:
        assert all(ours.shape == theirs.shape and bool((ours - theirs).abs().max() < 1e-5)
                   for ours, theirs in zip(pool.map(read, prompts), in_turn, strict=True))
