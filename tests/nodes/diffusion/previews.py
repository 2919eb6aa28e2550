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
