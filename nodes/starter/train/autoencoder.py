"""The painter's autoencoder: an encoder fitted in closed form, a decoder trained by descent."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from diffusers.models.unets.unet_2d_blocks import AutoencoderTinyBlock

CHANNELS = 16
DECODER_BLOCKS = (4, 8, 4, 0)  # residual blocks at 16, 32, 64 and 128 pixels


def new_autoencoder() -> AutoencoderTiny:
    """A small autoencoder in the shape of TAESD (Bohan, 2023): 16 channels at an eighth of the size.

    Its encoder has no blocks, so it is linear; `fit_encoder` sets it, and only the decoder is trained by descent.
    """
    net = AutoencoderTiny(
        encoder_block_out_channels=(48,) * 4, decoder_block_out_channels=(32,) * 4, latent_channels=CHANNELS,
        num_encoder_blocks=(0, 0, 0, 0), num_decoder_blocks=DECODER_BLOCKS, scaling_factor=1.0, shift_factor=0.0)
    # each block begins near the identity and the picture near grey, or the first minutes are lost to shrinking
    for layer in net.decoder.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
            if layer.bias is not None:
                torch.nn.init.zeros_(layer.bias)
    for layer in net.decoder.modules():
        if isinstance(layer, AutoencoderTinyBlock):
            layer.conv[4].weight.data.mul_(0.1)
    net.decoder.layers[-1].weight.data.mul_(0.2)
    net.decoder.layers[-1].bias.data.fill_(0.5)
    return net


def principal_components(pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean (192,) of the pictures' 8 x 8 blocks and a projection (16, 192) on their principal components.

    pictures: uint8 (n, 3, 128, 128). Components are divided by the square root of their deviation: coarse ones
    stay larger than fine ones, so that the denoiser settles the composition first.
    """
    rows = blocks(pictures.float() / 255)
    mean = rows.mean(0)
    values, vectors = torch.linalg.eigh((rows - mean).T.double().cov())
    deviation = values.flip(0)[:CHANNELS].sqrt()
    gains = deviation.rsqrt()
    gains = gains / (gains * deviation).square().mean().sqrt() / 2
    return mean, (vectors.flip(1)[:, :CHANNELS] * gains).T.float()


@torch.no_grad()
def fit_encoder(net: AutoencoderTiny, mean: torch.Tensor, project: torch.Tensor) -> None:
    """Set the encoder to a projection of 8 x 8 blocks, as `principal_components` gives it.

    Three strided convolutions can hold any linear map of a block: two only move pixels into channels, the third
    projects.
    """
    stages = [layer for layer in net.encoder.layers if isinstance(layer, torch.nn.Conv2d)]
    for layer in stages:
        layer.weight.zero_()
        if layer.bias is not None:
            layer.bias.zero_()
    for channel in range(3):
        stages[0].weight[channel, channel, 1, 1] = 1
    for stage, channels in ((stages[1], 3), (stages[2], 12)):
        for tap in range(4):
            for channel in range(channels):
                stage.weight[tap * channels + channel, channel, 1 + tap // 2, 1 + tap % 2] = 1
    for tap in range(4):
        stages[3].weight[:CHANNELS, :, 1 + tap // 2, 1 + tap % 2] = project[:, 48 * tap:48 * tap + 48]
    for channel in range(CHANNELS):
        stages[4].weight[channel, channel, 1, 1] = 1
    stages[4].bias.copy_(-(project @ mean))


def blocks(pictures: torch.Tensor) -> torch.Tensor:
    """(n, c, h, w) to one row per 8 x 8 block, in the channel order in which three 2 x 2 foldings put its pixels."""
    folded = pictures
    for _ in range(3):
        n, c, h, w = folded.shape
        folded = folded.view(n, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(n, 4 * c, h // 2, w // 2)
    return folded.permute(0, 2, 3, 1).flatten(0, 2)


def reconstruction_loss(painted: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """L1, squared error, and L1 of the differences between neighbours, which keeps lines crisp."""
    edges = sum(F.l1_loss(painted.diff(dim=d), wanted.diff(dim=d)) for d in (-1, -2))
    return F.l1_loss(painted, wanted) + 2 * F.mse_loss(painted, wanted) + 0.5 * edges


def decibel_loss(painted: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The logarithm of each crop's squared error, so that an ink drawing does not outweigh ten watercolours.

    Errors below 3e-4 (35 dB) count for less and less, or empty skies would rule.
    """
    return (((painted - wanted) / 2).square().mean((1, 2, 3)) + 3e-4).log().mean()
