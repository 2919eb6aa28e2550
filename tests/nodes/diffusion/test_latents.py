"""Latents at another size."""

import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.diffusion.decode import decode
from nodegraph_nodes.diffusion.encode import encode, encode_image
from nodegraph_nodes.diffusion.latents import resize_latent
from nodegraph_nodes.diffusion.sample import sample
from nodegraph_nodes.media.types import Latent

pytestmark = pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning")
PICTURE = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(4))


@pytest.mark.parametrize("how", ["nearest", "bilinear", "bicubic"])
def test_a_latent_is_enlarged_as_torch_enlarges_it(how):
    samples = torch.randn(4, 6, 8, generator=torch.Generator().manual_seed(1))
    made = resize_latent(Latent(samples, "x"), 1.5, how).samples
    wanted = torch.nn.functional.interpolate(samples[None], (8, 12), mode=how)[0]
    assert made.shape == (4, 8, 12) and torch.allclose(made, wanted) and made.is_contiguous()
    clip = resize_latent(Latent(samples[:, None].repeat(1, 3, 1, 1), "x"), 1.5, how).samples
    assert torch.allclose(clip[:, 2], wanted) and clip.shape == (4, 3, 8, 12)


def test_an_enlarged_latent_is_painted_over_with_its_mask(models):
    mask = torch.zeros(1, 32, 32)
    mask[:, :16] = 1
    start = encode_image(models["sd"], PICTURE, mask=mask)
    large = resize_latent(start, 2.0)
    assert large.mask.shape == (1, 64, 64) and Latent.__porttype__.complaint(large) is None
    kept = sample(models["sd"], encode(models["sd"], "a boat"), steps=2, start=large, strength=1.0).samples
    below = large.samples.shape[1] // 2 + 2
    assert torch.allclose(kept[:, below:], large.samples[:, below:], atol=1e-5)
    assert not torch.allclose(kept[:, :8], large.samples[:, :8], atol=1e-3)
    assert decode(models["sd"], resize_latent(start, 0.5)).shape == (3, 16, 16)


def test_a_latent_that_grows_beyond_all_measure_is_refused():
    with pytest.raises(InputError, match="factor is 4, and the latent would be 1200 x 1200; 1024 is the most"):
        resize_latent(Latent(torch.zeros(4, 300, 300), "x"), 4.0)
