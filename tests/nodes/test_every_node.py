"""Every node type of every built-in pack is driven by a graph, on files as people have them, by the command they type.

A new node type wants a line in a graph of `driven/`; what only a model of one's own can drive is handed in below.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from nodegraph import load
from nodegraph.cli import main
from nodegraph.packs import Catalogue
from tests.nodes import seers
from tests.nodes.audio import tiny as sounds
from tests.nodes.diffusion import animators, priors
from tests.nodes.diffusion.conftest import clip_encoder, flux, kl_autoencoder, stable_diffusion
from tests.nodes.diffusion.previews import taesd
from tests.nodes.diffusion.steering import control_net, ip_adapter_weights, vision
from tests.nodes.diffusion.tiny import saved as saved_family
from tests.nodes.gan.conftest import weights
from tests.nodes.image.server import serving

pytestmark = pytest.mark.usefixtures("models_live_on", "installed_once")
DRIVEN = Path(__file__).parent / "driven"
GRAPHS = sorted(DRIVEN.glob("*.yaml"))


def gan(folder):
    """A generator with random weights, as a user would store it."""
    folder.mkdir()
    save_file(weights(), folder / "model.safetensors")
    return folder


def saved(make):
    """Who saves what is made in a folder."""
    def save(folder):
        make().save_pretrained(folder)
        return folder
    return save


def hand(path):
    """An adapter of no effect for it."""
    place = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"
    save_file({f"{place}.lora_A.weight": torch.zeros(2, 16), f"{place}.lora_B.weight": torch.zeros(16, 2)},
              path := path.with_suffix(".safetensors"))
    return path


def word(path):
    """A word that it might have learned."""
    save_file({"<owl>": torch.ones(1, 16)}, path := path.with_suffix(".safetensors"))
    return path


def tiny_decoder(path):
    """A tiny decoder for its latents, as its author stores one."""
    save_file(taesd(), path := path.with_suffix(".safetensors"))
    return path


def clips(folder):
    """A painter of clips with random weights, as diffusers saves one."""
    return saved_family("animatediff", folder)


def net(folder):
    """A control net for it."""
    control_net(stable_diffusion(), "sd").save_pretrained(folder)
    return folder


def adapter(folder):
    """An IP-Adapter for it, with the encoder of its pictures."""
    vision().save_pretrained(folder / "image_encoder")
    save_file(ip_adapter_weights(stable_diffusion().unet), folder / "ip-adapter.safetensors")
    return folder


def made_sounds(folder):
    """A MusicGen with random weights."""
    folder.mkdir()
    return sounds.save_musicgen(folder)


MODELS = {  # that no pack brings, by graph and input: what makes one in a folder
    "audio": {"maker": made_sounds},
    "gan": {"model": gan}, "diffusion": {"clips": clips, "small": saved(stable_diffusion)}, "picture": {"depth": seers.depth, "pose": seers.pose},
    "pairs": {"both": saved(priors.combined), "flux": saved(flux), "redux": saved(lambda: priors.redux(flux())),
              "mover": lambda folder: animators.saved("stable_video", folder)},
    "mask": {"kinds": seers.segmentation, "anything": seers.sam},
    "control": {"model": saved(stable_diffusion), "net": net, "adapter": adapter},
    "recipe": {"model": saved(stable_diffusion), "hand": hand, "word": word, "encoder": saved(clip_encoder),
               "vae": saved(lambda: kl_autoencoder(4)), "tiny": tiny_decoder}}


@pytest.fixture
def service():
    """The address of a picture service on this machine."""
    with serving() as canned:
        yield canned.url


@pytest.fixture
def driven(tmp_path, monkeypatch, capsys, service):
    """Runs a graph by the command, with a cache on disk: how each node fared, and the files that were written."""
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    made = {}

    def run(path):
        given = {name: made.get(name) or made.setdefault(name, make(tmp_path / name))
                 for name, make in MODELS.get(path.stem, {}).items()}
        given |= {"service": service} if path.stem == "image" else {}
        settings = [word for name, value in given.items() for word in ("--set", f"{name}={value}")]
        code = main(["run", str(path), "--device", "cpu", "--out", str(tmp_path / "out"), "--json", *settings])
        streams = capsys.readouterr()
        assert code == 0, streams.err
        return json.loads(streams.out)
    return run


SLOW = ("pairs",)  # of large families, each of which a test of its own runs more quickly


@pytest.mark.parametrize("path", [pytest.param(path, marks=pytest.mark.slow) if path.stem in SLOW else path for path in GRAPHS],
                         ids=lambda path: path.stem)
def test_nodes_run_on_real_files_and_are_remembered_in_a_new_process(path, driven):
    first = driven(path)
    assert {node["status"] for node in first["nodes"].values()} <= {"ran"}
    files = [Path(written) for output in first["outputs"].values() for written in output["paths"]]
    assert files and all(file.stat().st_size for file in files)
    again = driven(path)
    assert {name: node["status"] for name, node in again["nodes"].items() if node["status"] != "cached"} == {}
    assert sorted(again["warnings"]) == sorted(first["warnings"])  # of nodes that overlap, in whichever order they ended
    assert [Path(written) for output in again["outputs"].values() for written in output["paths"]] == files


def test_every_node_type_is_driven():
    used = {node.type for path in GRAPHS for node in load(path).nodes.values()}
    assert set(Catalogue().node_names()) - used == set(), "add a graph to tests/nodes/driven/ that drives them"
