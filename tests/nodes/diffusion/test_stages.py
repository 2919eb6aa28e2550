"""Changing one thing repeats what follows from it alone: counted by what ran."""

import json
from copy import copy
from pathlib import Path

import pytest

from nodegraph import Engine, events as ev
from nodegraph_nodes.diffusion.space import latent_family

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
