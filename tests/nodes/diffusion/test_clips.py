"""Clips: a video family in stages gives the frames of its pipeline's own call, decoded some at a time."""

import numpy as np
import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.diffusion import clips
from nodegraph_nodes.diffusion.clips import decode_clip, frames_of
from nodegraph_nodes.diffusion.decode import decode
from nodegraph_nodes.diffusion.encode import encode
from nodegraph_nodes.diffusion.paint import paint
from nodegraph_nodes.diffusion.sample import sample
from nodegraph_nodes.media.image import to_array
from nodegraph_nodes.media.types import Latent, Video

from . import tiny

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*prompt has .* tokens:UserWarning")]

FRAMES = {"animatediff": 3, "cogvideox": 9, "hunyuan_video": 5, "ltx": 9, "wan": 5}


@pytest.fixture(scope="module")
def moving(tmp_path_factory):
    """The live models that paint clips, by name."""
    return {name: tiny.live(name, tmp_path_factory.mktemp(name) / "model") for name in tiny.CLIPS}


def clip(model, frames, **more):
    return sample(model, encode(model, "a boat"), seed=7, steps=2, width=32, height=32, frames=frames, **more)


@pytest.mark.parametrize("name", FRAMES)
def test_a_clip_in_stages_has_the_frames_of_a_plain_call(moving, name):
    model, frames = moving[name], FRAMES[name]
    plain = model("a boat", width=32, height=32, num_inference_steps=2, num_frames=frames, output_type="np",
                  generator=torch.Generator().manual_seed(7))[0][0]
    latent = clip(model, frames)
    assert Latent.__porttype__.complaint(latent) is None and latent.samples.ndim == 4
    ours = torch.stack([*frames_of(model, latent.samples[None])])
    theirs = torch.as_tensor(np.asarray(plain)).permute(0, 3, 1, 2)
    # CogVideoX multiplies by the inverse of a scale where others divide by it.
    assert torch.allclose(ours, theirs, atol=1e-5) if name == "cogvideox" else torch.equal(ours, theirs)
    video = decode_clip(model, latent)
    assert Video.__porttype__.complaint(video) is None
    assert (video.form.width, video.form.height, video.form.frames) == (32, 32, frames)
    assert all(np.array_equal(seen, to_array(frame)) for seen, frame in zip(video.pictures(), ours, strict=True))


@pytest.mark.parametrize("name", FRAMES)
def test_a_clip_can_be_painted_over(moving, name):
    model = moving[name]
    start = clip(model, FRAMES[name])
    far = [float((sample(model, encode(model, "a house"), steps=8, start=start, strength=strength,
                         frames=FRAMES[name]).samples - start.samples).abs().mean()) for strength in (0.25, 0.9)]
    assert 0 < far[0] < far[1]


def test_a_count_of_frames_that_cannot_be_made_is_told_with_the_nearest(moving, models):
    with pytest.raises(InputError, match="frames is 6; this model makes one more than a multiple of 4; try 5 or 9"):
        clip(moving["wan"], 6)
    with pytest.raises(InputError, match="frames is 5, and a StableDiffusionPipeline paints single pictures"):
        clip(models["sd"], 5)


def test_a_clip_is_no_picture_and_a_picture_no_clip(moving, models):
    with pytest.raises(InputError, match="diffusion.decode_clip makes a Video of it"):
        decode(moving["wan"], clip(moving["wan"], 5))
    with pytest.raises(InputError, match="diffusion.decode makes an Image of it"):
        decode_clip(models["sd"], sample(models["sd"], encode(models["sd"], "a boat"), steps=1))


def test_a_model_that_paints_clips_paints_a_still_picture_and_says_so(moving):
    with pytest.warns(UserWarning, match="a WanPipeline paints moving pictures; this is a still one"):
        assert paint(moving["wan"], "a boat", steps=1, width=32, height=32).shape == (3, 32, 32)


def test_an_autoencoder_of_pictures_decodes_some_frames_at_a_time(moving, monkeypatch):
    model = moving["animatediff"]
    latent, sizes = clip(model, 3), []
    whole = torch.stack([*frames_of(model, latent.samples[None])])
    monkeypatch.setattr(clips, "AT_ONCE", 2)
    decoding = model.vae.decode
    monkeypatch.setattr(model.vae, "decode", lambda some: sizes.append(len(some)) or decoding(some))
    assert torch.allclose(torch.stack([*frames_of(model, latent.samples[None])]), whole, atol=1e-5)
    assert sizes == [2, 1]


def test_frames_for_which_memory_runs_out_are_decoded_fewer_at_a_time(moving, monkeypatch):
    model = moving["animatediff"]
    latent, sizes = clip(model, 3), []
    whole = torch.stack([*frames_of(model, latent.samples[None])])
    decoding = model.vae.decode

    def small(some):
        sizes.append(len(some))
        if len(some) > 1:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory")
        return decoding(some)
    monkeypatch.setattr(model.vae, "decode", small)
    with pytest.warns(UserWarning, match="memory ran out for the frames that are decoded together; it is 1 at a time now"):
        assert torch.allclose(torch.stack([*frames_of(model, latent.samples[None])]), whole, atol=1e-5)
    assert sizes == [3, 1, 1, 1]


def test_a_clip_shows_its_middle_while_it_is_painted(moving):
    class Listener:
        previews, seen = True, []

        def report(self, done, total, text, preview=None):
            self.seen.append(preview)

    clip(moving["animatediff"], 3, ctx=Listener())
    assert [picture.shape for picture in Listener.seen] == [(32, 32, 3)] * 2
