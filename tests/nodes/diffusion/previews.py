"""Tiny decoders with random weights, as their author stores them."""

import diffusers
import torch


def tiny_autoencoder(channels=4, seed=9):
    """Of diffusers, half as deep as TAESD: two stages of one block."""
    torch.manual_seed(seed)
    return diffusers.AutoencoderTiny(
        encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8), latent_channels=channels,
        num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1)).eval().requires_grad_(False)


def taesd(channels=4, seed=9, head=""):
    """The decoder of the same under its author's names: a clamp is the first of the layers."""
    layers = tiny_autoencoder(channels, seed).decoder.layers.state_dict()
    return {f"{head}{int(at) + 1}.{rest}": tensor for name, tensor in layers.items() for at, _, rest in [name.partition(".")]}


def taehv(channels=16, patch=1, head="decoder."):
    """A tiny decoder of clips under its author's names, two frames of one in the second stage and in the third."""
    generator = torch.Generator().manual_seed(9)

    def drawn(*shape):
        return torch.randn(shape, generator=generator) * 0.3
    made, width = {"1.weight": drawn(8, channels, 3, 3), "1.bias": drawn(8)}, 8
    for stage, frames in enumerate((1, 2, 2)):
        begin = 3 + 4 * stage
        made |= {f"{begin}.conv.0.weight": drawn(width, 2 * width, 3, 3), f"{begin}.conv.0.bias": drawn(width)}
        made |= {f"{begin}.conv.{at}.{kind}": drawn(width, *((width, 3, 3) if kind == "weight" else ()))
                 for at in (2, 4) for kind in ("weight", "bias")}
        made |= {f"{begin + 2}.conv.weight": drawn(width * frames, width, 1, 1), f"{begin + 3}.weight": drawn(4, width, 3, 3)}
        width = 4
    made |= {"16.weight": drawn(3 * patch ** 2, 4, 3, 3), "16.bias": drawn(3 * patch ** 2)}
    return {head + name: tensor for name, tensor in made.items()}
