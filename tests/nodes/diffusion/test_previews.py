"""What a sampling shows of itself: by a tiny decoder that is given or lies near the model; and that no result counts it."""

import json
import shutil

import pytest
import torch
from safetensors.torch import save_file

from nodegraph import Engine, InputError, Recipe, events as ev
from nodegraph_nodes.diffusion.checkpoints import previews as tiny_decoders
from nodegraph_nodes.diffusion.models import fit, load
from nodegraph_nodes.diffusion.preview import latent_picture

from . import tiny
from .previews import taehv, taesd, tiny_autoencoder

pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning")]

LATENT = torch.randn(1, 4, 6, 5, generator=torch.Generator().manual_seed(2))


def wanted(latents=LATENT):
    """What diffusers' own decoder makes of latents as the denoiser sees them, which its scale of 1 leaves as they are."""
    pixels = tiny_autoencoder().decode(latents).sample[0]
    return ((pixels / 2 + 0.5).clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()


def live(folder):
    return load(Recipe("DiffusionModel", "m", str(folder)), "cpu", "float32")


@pytest.fixture
def large(checkpoints, monkeypatch):
    """A model whose own decoder counts as too large to be looked at."""
    monkeypatch.setattr("nodegraph_nodes.diffusion.preview.SMALL_DECODER", 0)
    return live(checkpoints / "sd")


@pytest.mark.parametrize("form", ["author", "whole", "file", "folder"])
def test_a_tiny_decoder_in_any_of_its_forms_shows_what_diffusers_shows(large, tmp_path, form):
    place = tmp_path / ("taesd" if form == "folder" else "taesd.safetensors")
    if form == "folder":
        tiny_autoencoder().save_pretrained(place)
    else:
        save_file(taesd() if form == "author" else taesd(head="decoder.") if form == "whole" else
                  tiny_autoencoder().state_dict(), place)
    assert tiny_decoders.holds(place)
    rough = latent_picture(large, LATENT)
    fitted = fit(large, Recipe("DiffusionModel", "m", patches=(Recipe("preview", place.name, str(place), b"x"),)))
    assert (abs(latent_picture(fitted, LATENT).astype(int) - wanted()) <= 1).all()
    assert (latent_picture(fit(large, Recipe("DiffusionModel", "m")), LATENT) == rough).all()


def test_one_for_other_latents_is_refused(large, tmp_path):
    save_file(taesd(16), tmp_path / "taesd3.safetensors")
    patch = Recipe("preview", "taesd3.safetensors", str(tmp_path / "taesd3.safetensors"), b"x")
    with pytest.raises(InputError, match="is a tiny decoder of 16 channels, and this model has latents of 4"):
        fit(large, Recipe("DiffusionModel", "m", patches=(patch,)))
    assert not tiny_decoders.is_tiny(["conv_in.weight", "1.weight", "2.weight", "3.weight", "4.weight"])


def test_the_one_near_a_model_is_found_by_its_family(checkpoints, tmp_path, monkeypatch):
    monkeypatch.setattr("nodegraph_nodes.diffusion.preview.SMALL_DECODER", 0)
    folder = tmp_path / "models/checkpoints/sd"
    shutil.copytree(checkpoints / "sd", folder)
    config = json.loads((folder / "vae/config.json").read_text())
    (folder / "vae/config.json").write_text(json.dumps({**config, "scaling_factor": 0.18215}))
    near = tmp_path / "models/vae_approx"
    near.mkdir()
    save_file(taesd(seed=1), near / "taesdxl_decoder.safetensors")
    rough = latent_picture(live(folder), LATENT)
    save_file(taesd(), near / "taesd_decoder.safetensors")
    found = latent_picture(live(folder), LATENT)
    assert found.shape == (12, 10, 3) and rough.shape == (6, 5, 3) and (abs(found.astype(int) - wanted()) <= 1).all()
    save_file({name: tensor for name, tensor in taesd().items() if not name.startswith("6.conv.2")},
              near / "taesd_decoder.safetensors")
    with pytest.warns(UserWarning, match="previews are made without taesd_decoder.safetensors.*no tiny decoder of the kind"):
        assert (latent_picture(live(folder), LATENT) == rough).all()


class Block(torch.nn.Module):
    """A block with a memory, as TAEHV's author describes it."""

    def __init__(self, width):
        super().__init__()
        self.conv = torch.nn.Sequential(torch.nn.Conv2d(2 * width, width, 3, padding=1), torch.nn.ReLU(),
                                        torch.nn.Conv2d(width, width, 3, padding=1), torch.nn.ReLU(),
                                        torch.nn.Conv2d(width, width, 3, padding=1))

    def forward(self, frames):
        before = torch.zeros_like(frames)
        before[1:] = frames[:-1]
        return torch.relu(self.conv(torch.cat([frames, before], 1)) + frames)


class Grow(torch.nn.Module):
    """A layer that makes several frames of one."""

    def __init__(self, width, frames):
        super().__init__()
        self.conv = torch.nn.Conv2d(width, width * frames, 1, bias=False)

    def forward(self, frames):
        return self.conv(frames).reshape(-1, *frames.shape[1:2], *frames.shape[2:])


def layers(channels, patch):
    """The decoder of clips as a row of layers, without its clamp."""
    made, width = [torch.nn.Identity(), torch.nn.Conv2d(channels, 8, 3, padding=1), torch.nn.ReLU()], 8
    for frames in (1, 2, 2):
        made += [Block(width), torch.nn.Upsample(scale_factor=2), Grow(width, frames),
                 torch.nn.Conv2d(width, 4, 3, padding=1, bias=False)]
        width = 4
    return torch.nn.Sequential(*made, torch.nn.ReLU(), torch.nn.Conv2d(4, 3 * patch ** 2, 3, padding=1))


@pytest.mark.parametrize("patch", [1, 2])
def test_a_tiny_decoder_of_clips_is_the_row_of_layers_that_its_author_tells_of(tmp_path, patch):
    state = taehv(16, patch)
    save_file(state, place := tmp_path / "taew2_1.safetensors")
    assert tiny_decoders.holds(place)
    row = layers(16, patch)
    row.load_state_dict({name.removeprefix("decoder."): tensor for name, tensor in state.items()})
    latents = torch.randn(1, 16, 4, 3, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        frames = torch.nn.functional.pixel_shuffle(row(torch.tanh(latents / 3) * 3), patch).clamp(0, 1)
        assert len(frames) == 4
        assert torch.allclose(tiny_decoders.decoder(place, torch.float32).still(latents), frames[-1], atol=1e-6)


def test_a_clip_is_shown_by_a_tiny_decoder_of_clips(tmp_path, monkeypatch):
    monkeypatch.setattr("nodegraph_nodes.diffusion.preview.SMALL_DECODER", 0)
    model = tiny.live("wan", tmp_path / "wan")
    rough = latent_picture(model, torch.ones(1, 16, 4, 4))
    save_file(taehv(), place := tmp_path / "taew2_1.safetensors")
    shown = fit(model, Recipe("DiffusionModel", "m", patches=(Recipe("preview", place.name, str(place), b"x"),)))
    assert latent_picture(shown, torch.ones(1, 16, 4, 4)).shape == (32, 32, 3) and rough.shape == (4, 4, 3)
    save_file(taehv(48), place := tmp_path / "taew2_2.safetensors")
    with pytest.raises(InputError, match="is a tiny decoder of 48 channels, and this model has latents of 16"):
        fit(model, Recipe("DiffusionModel", "m", patches=(Recipe("preview", place.name, str(place), b"y"),)))
    save_file({name: tensor for name, tensor in taehv().items() if not name.startswith("decoder.6.")}, place)
    with pytest.raises(InputError, match="no tiny decoder of the kind that is read here .TAEHV"):
        tiny_decoders.decoder(place, torch.float32)


GRAPH = {"nodegraph": 1, "inputs": {"tiny": {"type": "PreviewDecoder"}},
         "nodes": {"shown": {"type": "diffusion.preview", "model": "sd", "decoder": "$tiny"},
                   "idea": {"type": "diffusion.encode", "model": "$shown", "prompt": "a boat"},
                   "sketch": {"type": "diffusion.sample", "model": "$shown", "conditioning": "$idea", "steps": 2, "width": 32,
                              "height": 32},
                   "seen": {"type": "diffusion.decode", "model": "$shown", "latent": "$sketch"},
                   "whole": {"type": "diffusion.paint", "model": "$shown", "prompt": "a boat", "steps": 2, "width": 32,
                             "height": 32}},
         "outputs": {"seen": "$seen", "whole": "$whole"}}


def test_another_tiny_decoder_paints_nothing_again(checkpoints, tmp_path):
    (tmp_path / "sd").symlink_to(checkpoints / "sd")
    (tmp_path / "graph.yaml").write_text(json.dumps(GRAPH))
    for seed in (1, 2):
        save_file(taesd(seed=seed), tmp_path / f"{seed}.safetensors")

    def ran(tiny, **nodes):
        with Engine(tmp_path / "cache", device="cpu", previews=True) as engine:
            story = []
            graph = engine.load(str(tmp_path / "graph.yaml"))
            for name, value in nodes.items():
                graph = graph.with_value(name, "steps", value)
            result = engine.run(graph, {"tiny": str(tmp_path / tiny)}, emit=story.append)
            assert not result.errors, result.errors
            shown = {event.node: event.preview for event in story if isinstance(event, ev.Progress) and event.preview is not None}
            return {event.node for event in story if isinstance(event, ev.Finished) and event.ran}, shown

    first, shown = ran("1.safetensors")
    assert first == {"shown", "idea", "sketch", "seen", "whole"} and shown["sketch"].shape == (32, 32, 3)
    assert ran("2.safetensors")[0] == {"shown"}
    again, other = ran("2.safetensors", sketch=3)
    assert again == {"sketch", "seen"} and (other["sketch"] != shown["sketch"]).any(), "the other is what it is shown by"
