"""The same seed is the same noise in every floating type."""

import torch

from nodegraph_nodes.diffusion.noise import with_whole_noise


def test_noise_in_a_half_type_is_the_noise_of_float32_cut():
    def draw(dtype):
        return torch.randn((2, 16, 8), generator=torch.Generator().manual_seed(5), dtype=dtype)

    for dtype in (torch.bfloat16, torch.float16):
        noise = with_whole_noise(draw)(dtype)
        assert noise.dtype == dtype and torch.equal(noise, draw(torch.float32).to(dtype))


def test_what_is_drawn_in_float32_and_other_calls_are_left_alone():
    def draw():
        return torch.randn(4, generator=torch.Generator().manual_seed(5)) + torch.ones(4)

    assert torch.equal(with_whole_noise(draw)(), draw())
