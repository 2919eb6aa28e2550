"""The painter's autoencoder: an encoder fitted in closed form, a decoder trained by descent."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from diffusers.models.unets.unet_2d_blocks import AutoencoderTinyBlock
from safetensors.numpy import load_file as load_arrays

from .. import scenes
from . import loop
from .material import drawn, signed

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


def deepened(old: AutoencoderTiny) -> AutoencoderTiny:
    """The same autoencoder with as many decoder blocks as DECODER_BLOCKS; it paints what the old one paints.

    Blocks are put after the others of their stage, and give back what they get until they are trained: what comes
    out of a block is never negative, and their last convolutions are zero.
    """
    net = new_autoencoder()
    net.register_to_config(scaling_factor=old.config.scaling_factor, shift_factor=old.config.shift_factor)
    net.encoder.load_state_dict(old.encoder.state_dict())
    rest = list(old.decoder.layers)
    for layer in net.decoder.layers:
        if isinstance(layer, AutoencoderTinyBlock) and not isinstance(rest[0], AutoencoderTinyBlock):
            torch.nn.init.zeros_(layer.conv[4].weight)
            continue
        layer.load_state_dict(rest.pop(0).state_dict())
    return net


def train_autoencoder(settings: loop.Settings, paths: list[Path], minutes: float | None) -> AutoencoderTiny:
    """Fit the encoder to the first thousand pictures, and begin to train the decoder."""
    torch.manual_seed(settings.seed)
    net = new_autoencoder()
    fit_encoder(net, *principal_components(torch.from_numpy(load_arrays(paths[0])["pictures"])))
    loss = _round_trip(settings, net, pictures_of(paths), reconstruction_loss)
    return train_decoder_by(settings, "autoencoder", net, minutes, loss, 2.5e-3)


def train_decoder(settings: loop.Settings, net: AutoencoderTiny, paths: list[Path], minutes: float | None
                  ) -> AutoencoderTiny:
    """Go on training the decoder alone, now for decibels. Latents stay what they are, so a denoiser stays valid."""
    torch.manual_seed(settings.seed)
    net = deepened(net)
    loss = _round_trip(settings, net, pictures_of(paths), decibel_loss)
    return train_decoder_by(settings, "decoder", net, minutes, loss, 1.5e-3)


def pictures_of(paths: list[Path]) -> torch.Tensor:
    return torch.cat([torch.from_numpy(load_arrays(path)["pictures"]) for path in paths])


def _round_trip(settings, net, pictures, distance):
    """The loss of crops of 64 pixels through encoder and decoder."""
    batch = 64 if settings.device.startswith("cuda") else 16

    def loss(step: int, generator: torch.Generator) -> torch.Tensor:
        (crops,) = crops_of([(pictures, 8)], batch, generator)
        crops = signed(crops).to(settings.device)
        with loop.autocast(settings.device):
            latents = net.encode(crops).latents
            # a little noise teaches the decoder to forgive the denoiser's small errors
            painted = decoded(net, latents + 0.01 * torch.randn_like(latents))
        return distance(painted.float(), crops)

    return loss


def decoded(net: AutoencoderTiny, latents: torch.Tensor) -> torch.Tensor:
    return net.decode(latents.contiguous(memory_format=torch.channels_last)).sample  # quicker by a quarter


def train_decoder_by(settings, name, net, minutes, loss, learning_rate) -> AutoencoderTiny:
    net.to(settings.device)
    net.encoder.requires_grad_(False)
    net.decoder.requires_grad_(True)
    recipe = loop.Recipe(steps=30_000, learning_rate=learning_rate, minutes=minutes, warmup=100, final=0.01,
                         weight_decay=0.0, ema=0.998)
    unseen = torch.from_numpy(drawn(list(scenes.scenes(48, 77, unseen=True)))["pictures"])

    def watch(step: int) -> str:
        return f"held-out PSNR {psnr(net, unseen):.2f} dB"

    trained = loop.train(name, settings.folder / name, {"autoencoder": net}, loss, recipe, settings.seed, watch, 300)
    loop.load_averaged(trained, {"autoencoder": net})
    net.eval().requires_grad_(False)
    print(f"{name}  {trained.seconds / 60:.1f} min, {watch(trained.steps)}", flush=True)
    return net


def crops_of(layers: list[tuple[torch.Tensor, int]], batch: int, generator: torch.Generator) -> list[torch.Tensor]:
    """The same random crops, 8 x 8 latents large, of several layers (n, c, h, w), each with its pixels per latent."""
    rows = torch.randint(min(len(layer) for layer, _ in layers), (batch,), generator=generator).tolist()
    corners = torch.randint(9, (batch, 2), generator=generator).tolist()
    return [torch.stack([layer[r, :, y * unit:(y + 8) * unit, x * unit:(x + 8) * unit]
                         for r, (y, x) in zip(rows, corners, strict=True)]) for layer, unit in layers]


def reconstruction_loss(painted: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """L1, squared error, and L1 of the differences between neighbours, which keeps lines crisp."""
    edges = sum(F.l1_loss(painted.diff(dim=d), wanted.diff(dim=d)) for d in (-1, -2))
    return F.l1_loss(painted, wanted) + 2 * F.mse_loss(painted, wanted) + 0.5 * edges


def decibel_loss(painted: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The logarithm of each crop's squared error, so that an ink drawing does not outweigh ten watercolours.

    Errors below 3e-4 (35 dB) count for less and less, or empty skies would rule.
    """
    return (((painted - wanted) / 2).square().mean((1, 2, 3)) + 3e-4).log().mean()


def psnr(net: AutoencoderTiny, pictures: torch.Tensor) -> float:
    """Mean peak signal-to-noise ratio in dB of uint8 pictures (n, 3, 128, 128) through the autoencoder."""
    device = next(net.parameters()).device
    values = []
    with torch.no_grad():
        for part in pictures.split(16):
            wanted = signed(part).to(device)
            painted = net.decode(net.encode(wanted).latents).sample.clamp(-1, 1)
            error = ((painted - wanted) / 2).square().mean((1, 2, 3))
            values.append(-10 * error.log10())
    return torch.cat(values).mean().item()
