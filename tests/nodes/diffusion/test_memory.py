"""Where memory runs out a picture is decoded in tiles, and a batch taken in halves, and that is said in one line."""

import pytest
import torch

from nodegraph import Cancelled
from nodegraph.warning import collected
from nodegraph_nodes.diffusion import doors
from nodegraph_nodes.diffusion.decode import decode
from nodegraph_nodes.diffusion.encode import encode, encode_image
from nodegraph_nodes.diffusion.sample import sample

pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning")]


def small(monkeypatch, part, most):
    """Let a network have no memory for more than so many numbers at once; returns the sizes that it was given."""
    sizes, forward = [], part.forward

    def limited(first, *rest, **more):
        sizes.append(first.numel())
        if first.numel() > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return forward(first, *rest, **more)
    monkeypatch.setattr(part, "forward", limited)
    return sizes


@pytest.mark.parametrize("kind", ["sd", "sd3"])
def test_a_picture_too_large_to_decode_is_decoded_in_tiles_that_fit(models, monkeypatch, kind):
    model = models[kind]
    latent = encode_image(model, torch.rand(3, 256, 256, generator=torch.Generator().manual_seed(1)))
    whole = decode(model, latent)
    channels = latent.samples.shape[0]
    sizes = small(monkeypatch, model.vae.decoder, channels * 40 * 40)
    with collected() as remarks:
        tiled = decode(model, latent)
    assert [remark.sentence for remark in remarks] == [
        "memory ran out to decode the picture in one piece; it is done in tiles of 64 pixels, whose seams are blended"]
    assert sizes[0] == channels * 128 * 128 and sizes[-1] <= channels * 40 * 40
    assert tiled.shape == whole.shape and (tiled - whole).abs().mean() < 0.05
    assert not model.vae.use_tiling  # which others may be at work with


def test_a_picture_too_large_to_encode_is_encoded_in_tiles_that_fit(models, monkeypatch):
    model, picture = models["sd"], torch.rand(3, 256, 256, generator=torch.Generator().manual_seed(1))
    whole = encode_image(model, picture)
    small(monkeypatch, model.vae.encoder, 3 * 130 * 130)
    with pytest.warns(UserWarning, match="memory ran out to encode the picture in one piece; .* tiles of 128 pixels"):
        tiled = encode_image(model, picture)
    assert (tiled.samples - whole.samples).abs().mean() < 0.05


def test_what_does_not_fit_in_the_smallest_tile_is_the_engines_to_tell(models, monkeypatch):
    model = models["sd"]
    latent = encode_image(model, torch.rand(3, 256, 256))
    small(monkeypatch, model.vae.decoder, 1)
    with pytest.raises(torch.OutOfMemoryError):
        decode(model, latent)


@pytest.mark.parametrize("kind, network", [("sd", "unet"), ("xl", "unet"), ("sd3", "transformer")])
def test_a_denoiser_without_memory_for_both_halves_of_guidance_takes_one_after_the_other(models, monkeypatch, kind, network):
    model = models[kind]
    asked = {"seed": 2, "steps": 3, "guidance_scale": 3.0, "width": 32, "height": 32,
             "sampler": "euler"}
    whole = sample(model, encode(model, "a boat"), **asked)
    part, sizes = getattr(model, network), []
    forward = part.forward

    def limited(*arguments, **settings):
        first = settings.get("hidden_states", arguments[0] if arguments else None)
        sizes.append(len(first))
        if len(first) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return forward(*arguments, **settings)
    monkeypatch.setattr(part, "forward", limited)
    with collected() as remarks:
        halved = sample(model, encode(model, "a boat"), **asked)
    assert ["memory ran out for 2 pictures at a time" in remark.sentence for remark in remarks] == [True]
    assert sizes == [2, 1, 1, 1, 1, 1, 1]
    assert torch.allclose(halved.samples, whole.samples, atol=1e-4)


def test_a_run_that_is_to_stop_stops_within_a_step(models, monkeypatch):
    monkeypatch.setattr(doors, "ASKED_AFTER", -1.0)
    model, blocks = models["sd"], []
    handle = model.unet.mid_block.register_forward_pre_hook(lambda *_: blocks.append(1))

    class Stopping:
        previews = False

        def report(self, done, total, text, preview=None):
            if done == 0:
                raise Cancelled

    try:
        with pytest.raises(Cancelled):
            sample(model, encode(model, "a boat"), steps=3, width=32, height=32, ctx=Stopping())
    finally:
        handle.remove()
    assert blocks == []  # it went no further than its first block


def test_looking_whether_to_stop_is_hung_on_a_network_once(models):
    model = models["sd"]
    sample(model, encode(model, "a boat"), steps=1)
    hooks = [len(block._forward_pre_hooks) for block in model.unet.down_blocks]
    sample(model, encode(model, "a boat"), steps=1)
    assert hooks == [len(block._forward_pre_hooks) for block in model.unet.down_blocks] == [1, 1]


def test_a_compiled_network_is_left_whole(models, monkeypatch):
    model = models["sd"]
    sample(model, encode(model, "a boat"), steps=1)
    whole = sample(model, encode(model, "a boat"), steps=1)
    monkeypatch.setattr(model.unet, "_compiled_call_impl", model.unet._call_impl)
    assert torch.equal(sample(model, encode(model, "a boat"), steps=1).samples, whole.samples)
    assert [len(block._forward_pre_hooks) for block in model.unet.down_blocks] == [0, 0]
