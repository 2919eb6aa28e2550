"""How the little illustrator is made: pictures, an autoencoder, two text encoders, and a diffusion transformer.

Each stage keeps its work in its own folder and resumes from there. The finished model is a plain
`StableDiffusion3Pipeline` folder (Esser et al., 2024, "Scaling Rectified Flow Transformers"), so that whatever
loads Stable Diffusion 3 loads this toy.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import (
    AutoencoderTiny,
    FlowMatchEulerDiscreteScheduler,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
)
from diffusers.models.unets.unet_2d_blocks import AutoencoderTinyBlock
from safetensors.numpy import load_file as load_arrays, save_file as save_arrays
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import (
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

from .. import captions, scenes
from . import loop

PICTURES = 32_000
CHUNK = 1_000
CHANNELS = 16
MAX_TOKENS = 48
POOLED_SCALE = 4.0  # so that the pooled codes weigh as much as the time embedding when the denoiser begins
UNGUIDED_PERCENT = 10
SHIFT = 2.5  # of the noise levels when painting; with few steps, more of them at high noise keep subjects whole
SUBJECT_FIRST_SAMPLES = 90_000
FINISH_PICTURES = 4_000
MODEL_FOLDER = Path(__file__).parent.parent / "models" / "painter"

DECODER_BLOCKS = (4, 8, 4, 0)  # residual blocks at 16, 32, 64 and 128 pixels

# shares of a wall-clock budget; the rest goes to drawing the pictures and to the export
AUTOENCODER_SHARE, DECODER_SHARE, WORDS_SHARE, DENOISER_SHARE, FINISH_SHARE = 0.08, 0.2, 0.04, 0.42, 0.15


# pictures


def material(folder: Path, count: int = PICTURES, seed: int = 0) -> list[Path]:
    """Draw the training pictures into files of 1,000, those that are not there yet; the files' paths in order.

    Each file holds pictures uint8 (1000, 3, 128, 128), masks uint8 (1000, 16, 16) on the latents' grid and
    labels uint8 (1000, 5).
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"pictures-{k:03d}.safetensors" for k in range(count // CHUNK)]
    missing = [(path, seed * 10_000 + k) for k, path in enumerate(paths) if not path.exists()]
    if missing:
        print(f"painter  drawing {len(missing) * CHUNK} pictures", flush=True)
        workers = max(1, min(len(missing), torch.get_num_threads()))
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            for _ in pool.imap_unordered(_draw_chunk, missing):
                pass
    return paths


def _draw_chunk(job: tuple[Path, int]) -> None:
    path, seed = job
    arrays = drawn(list(scenes.scenes(CHUNK, seed + 1)))
    partial_path = path.with_suffix(".partial")
    save_arrays(arrays, partial_path)
    os.replace(partial_path, path)


def drawn(wanted: list[scenes.Scene]) -> dict[str, np.ndarray]:
    """Pictures, masks and labels of the scenes, as `material` stores them."""
    pictures, masks = [], []
    for scene in wanted:
        rendered = scenes.render(scene)
        pictures.append(rendered.picture.transpose(2, 0, 1))
        masks.append(rendered.mask.reshape(16, 8, 16, 8).mean((1, 3)).astype(np.uint8))
    # contiguous, because safetensors writes the buffer as it lies in memory
    return {"pictures": np.ascontiguousarray(np.stack(pictures)), "masks": np.stack(masks),
            "labels": np.asarray([scenes.labels(scene) for scene in wanted], np.uint8)}


def signed(pictures: torch.Tensor) -> torch.Tensor:
    """uint8 0..255 to float32 -1..1."""
    return pictures.float().div(127.5).sub(1)


# the autoencoder


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
    blocks = _blocks(pictures.float() / 255)
    mean = blocks.mean(0)
    values, vectors = torch.linalg.eigh((blocks - mean).T.double().cov())
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


def _blocks(pictures: torch.Tensor) -> torch.Tensor:
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
    loss = _round_trip(settings, net, _pictures(paths), _reconstruction_loss)
    return _train_decoder(settings, "autoencoder", net, minutes, loss, 2.5e-3)


def train_decoder(settings: loop.Settings, net: AutoencoderTiny, paths: list[Path], minutes: float | None
                  ) -> AutoencoderTiny:
    """Go on training the decoder alone, now for decibels. Latents stay what they are, so a denoiser stays valid."""
    torch.manual_seed(settings.seed)
    net = deepened(net)
    loss = _round_trip(settings, net, _pictures(paths), _decibel_loss)
    return _train_decoder(settings, "decoder", net, minutes, loss, 1.5e-3)


def _pictures(paths: list[Path]) -> torch.Tensor:
    return torch.cat([torch.from_numpy(load_arrays(path)["pictures"]) for path in paths])


def _round_trip(settings, net, pictures, distance):
    """The loss of crops of 64 pixels through encoder and decoder."""
    batch = 64 if settings.device.startswith("cuda") else 16

    def loss(step: int, generator: torch.Generator) -> torch.Tensor:
        (crops,) = _crops([(pictures, 8)], batch, generator)
        crops = signed(crops).to(settings.device)
        with loop.autocast(settings.device):
            latents = net.encode(crops).latents
            # a little noise teaches the decoder to forgive the denoiser's small errors
            painted = _decoded(net, latents + 0.01 * torch.randn_like(latents))
        return distance(painted.float(), crops)

    return loss


def _decoded(net: AutoencoderTiny, latents: torch.Tensor) -> torch.Tensor:
    return net.decode(latents.contiguous(memory_format=torch.channels_last)).sample  # quicker by a quarter


def _train_decoder(settings, name, net, minutes, loss, learning_rate) -> AutoencoderTiny:
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


def _crops(layers: list[tuple[torch.Tensor, int]], batch: int, generator: torch.Generator) -> list[torch.Tensor]:
    """The same random crops, 8 x 8 latents large, of several layers (n, c, h, w), each with its pixels per latent."""
    rows = torch.randint(min(len(layer) for layer, _ in layers), (batch,), generator=generator).tolist()
    corners = torch.randint(9, (batch, 2), generator=generator).tolist()
    return [torch.stack([layer[r, :, y * unit:(y + 8) * unit, x * unit:(x + 8) * unit]
                         for r, (y, x) in zip(rows, corners, strict=True)]) for layer, unit in layers]


def _reconstruction_loss(painted: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """L1, squared error, and L1 of the differences between neighbours, which keeps lines crisp."""
    edges = sum(F.l1_loss(painted.diff(dim=d), wanted.diff(dim=d)) for d in (-1, -2))
    return F.l1_loss(painted, wanted) + 2 * F.mse_loss(painted, wanted) + 0.5 * edges


def _decibel_loss(painted: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
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


# the words


def tokenizer_of(folder: Path) -> CLIPTokenizer:
    """The tokenizer kept in a folder, made and put there if there is none yet."""
    if not (folder / "tokenizer.json").exists():
        fresh = folder.with_name(folder.name + ".partial")
        new_tokenizer().save_pretrained(fresh)
        folder.parent.mkdir(parents=True, exist_ok=True)
        os.replace(fresh, folder)
    return CLIPTokenizer.from_pretrained(folder, trust_remote_code=False)


def new_tokenizer() -> CLIPTokenizer:
    """A byte-level BPE in CLIP's format: merges learned from English captions, one token for each Chinese character.

    Chinese is written without spaces, so merges learned from it would be whole phrases. A character gets its own
    merges instead, once inside a run and once at its end (where CLIP's tokens carry `</w>`).
    """
    english, chinese = _caption_texts()
    learner = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    learner.normalizer = normalizers.Lowercase()
    learner.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner.train_from_iterator(english, trainers.BpeTrainer(
        vocab_size=1100, initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False))
    merges = [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]]
    merges += _character_merges({c for text in chinese for c in text if "\u4e00" <= c <= "\u9fff"})
    words = alphabet + [letter + "</w>" for letter in alphabet] + ["".join(pair) for pair in merges]
    vocabulary = {word: k for k, word in enumerate(dict.fromkeys((*words, "<|startoftext|>", "<|endoftext|>")))}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=MAX_TOKENS)


def _caption_texts() -> tuple[list[str], list[str]]:
    drawn_scenes = list(scenes.scenes(20_000, 4))
    return tuple([captions.caption(scene, language, k).text for k, scene in enumerate(drawn_scenes)]
                 for language in captions.LANGUAGES)


def _character_merges(characters: set[str]) -> list[tuple[str, str]]:
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    merges: dict[tuple[str, str], None] = {}
    for character in sorted(characters):
        first, second, third = byte_level.pre_tokenize_str(character)[0][0]
        merges |= dict.fromkeys([(first, second), (first + second, third), (first + second, third + "</w>")])
    return list(merges)


def new_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModelWithProjection:
    """A two-layer CLIP text encoder whose projection has one place for each choice of each attribute."""
    choices = sum(map(len, scenes.ATTRIBUTES.values()))
    return CLIPTextModelWithProjection(CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=128, intermediate_size=256, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=MAX_TOKENS, projection_dim=choices, hidden_act="gelu",
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id))


def tokens(tokenizer: CLIPTokenizer, texts: list[str]) -> torch.Tensor:
    """int64 (len(texts), MAX_TOKENS), cut and padded as the pipeline does."""
    return tokenizer(texts, padding="max_length", max_length=MAX_TOKENS, truncation=True,
                     return_tensors="pt").input_ids


def train_words(settings: loop.Settings, minutes: float | None):
    """The tokenizer and a frozen text encoder that has learned to name a caption's attributes.

    The pooled vector is regressed on the one-hot codes of what the caption names (zeros for what it leaves out), so
    that the painter is told what is asked for as clearly as by labels.
    """
    tokenizer = tokenizer_of(settings.folder / "tokenizer")
    torch.manual_seed(settings.seed)
    encoder = new_text_encoder(tokenizer).to(settings.device)
    pool = list(scenes.scenes(20_000, 3))
    batch = 512 if settings.device.startswith("cuda") else 64

    def loss(step: int, generator: torch.Generator) -> torch.Tensor:
        ids, wanted = _caption_batch(tokenizer, pool, batch, generator)
        return F.mse_loss(encoder(ids.to(settings.device)).text_embeds, wanted.to(settings.device))

    recipe = loop.Recipe(steps=6_000, learning_rate=2e-3, minutes=minutes, warmup=100, ema=0.995)
    unseen = list(scenes.scenes(300, 99, unseen=True))

    def watch(step: int) -> str:
        return "; ".join(f"{name}: {score:.3f}" for name, score in named_right(tokenizer, encoder, unseen).items())

    trained = loop.train("words", settings.folder / "words", {"text_encoder": encoder}, loss, recipe,
                         settings.seed, watch, 60)
    loop.load_averaged(trained, {"text_encoder": encoder})
    encoder.eval().requires_grad_(False)
    print(f"words  {trained.seconds / 60:.1f} min, attributes named right in unseen scenes: {watch(0)}", flush=True)
    return tokenizer, encoder


def _caption_batch(tokenizer, pool, batch, generator) -> tuple[torch.Tensor, torch.Tensor]:
    rows = torch.randint(len(pool), (batch,), generator=generator).tolist()
    seeds = torch.randint(2**31, (batch,), generator=generator).tolist()
    said = [captions.caption(pool[r], captions.LANGUAGES[k % 2], s)
            for k, (r, s) in enumerate(zip(rows, seeds, strict=True))]
    codes = [captions.targets(pool[r], c.named) for r, c in zip(rows, said, strict=True)]
    ids = tokens(tokenizer, [c.text for c in said])
    # what follows the end of a sentence cannot reach it through causal attention
    longest = int((ids != tokenizer.pad_token_id).sum(1).max()) + 1
    return ids[:, :longest], POOLED_SCALE * torch.tensor(codes)


def named_right(tokenizer, encoder, wanted: list[scenes.Scene]) -> dict[str, float]:
    """How often each attribute is read right from random captions of the scenes, where it is named; by language."""
    right: dict[str, float] = {}
    for language in captions.LANGUAGES:
        said = [captions.caption(scene, language, 10_000_000 + k) for k, scene in enumerate(wanted)]
        pooled = encode(tokenizer, encoder, [c.text for c in said])[1]
        codes = pooled.chunk(2, dim=1)[0].split([len(c) for c in scenes.ATTRIBUTES.values()], dim=1)
        for name, code in zip(scenes.ATTRIBUTES, codes, strict=True):
            hits = [scenes.ATTRIBUTES[name][best] == getattr(scene, name) for best, scene, c in
                    zip(code.argmax(1).tolist(), wanted, said, strict=True) if name in c.named]
            right[f"{name} {language}"] = sum(hits) / len(hits)
    return right


@torch.no_grad()
def encode(tokenizer, encoder, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """What the pipeline's prompt encoding gives, without its third encoder: (n, MAX_TOKENS, 256) and (n, 64).

    The pipeline has places for two CLIP encoders and joins what they say; ours stands in both.
    """
    ids = tokens(tokenizer, texts).to(encoder.device)
    told = encoder(ids, output_hidden_states=True)
    return told.hidden_states[-2].repeat(1, 1, 2), told.text_embeds.repeat(1, 2)


# the denoiser


def new_denoiser() -> SD3Transformer2DModel:
    """A small multimodal diffusion transformer: 64 patches of 2 x 2 latents, six joint blocks of width 192."""
    return SD3Transformer2DModel(
        sample_size=16, patch_size=2, in_channels=CHANNELS, out_channels=CHANNELS, num_layers=6,
        attention_head_dim=32, num_attention_heads=6, joint_attention_dim=256, caption_projection_dim=192,
        pooled_projection_dim=2 * sum(map(len, scenes.ATTRIBUTES.values())), pos_embed_max_size=32)


class CountedJointAttention:
    """Joint attention over image and text in which one text token may stand for many equal ones.

    The pipeline pads the text with hundreds of equal tokens where its third encoder is absent. Equal tokens stay
    equal through the blocks, so one of them with log(count) added to its logits does exactly what all would do,
    at a fraction of the cost. Plain matrix products, because the fused kernel's backward is slow on the CPU.
    """

    def __init__(self) -> None:
        self.log_counts: torch.Tensor | None = None  # (text tokens,)

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, *args, **kwargs):
        patches = hidden_states.shape[1]

        def heads(tensor: torch.Tensor) -> torch.Tensor:
            return tensor.unflatten(-1, (attn.heads, -1)).transpose(1, 2)

        query = heads(torch.cat([attn.to_q(hidden_states), attn.add_q_proj(encoder_hidden_states)], 1))
        key = heads(torch.cat([attn.to_k(hidden_states), attn.add_k_proj(encoder_hidden_states)], 1))
        value = heads(torch.cat([attn.to_v(hidden_states), attn.add_v_proj(encoder_hidden_states)], 1))
        logits = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
        bias = F.pad(self.log_counts.to(logits), (patches, 0))
        mixed = ((logits + bias).softmax(-1).to(value.dtype) @ value).transpose(1, 2).flatten(2)
        image, text = mixed[:, :patches], mixed[:, patches:]
        if not attn.context_pre_only:
            text = attn.to_add_out(text)
        return attn.to_out[1](attn.to_out[0](image)), text


def sampled_context(context: torch.Tensor, generator: torch.Generator, kept: int = 6
                    ) -> tuple[torch.Tensor, torch.Tensor]:
    """A few of the text tokens and one zero token, with the logarithm of how many each stands for.

    context (n, tokens, width) becomes (n, kept + 1, width). The zeros stand for the 16 to 512 tokens that a
    pipeline may pad with, so that the painter does not depend on `max_sequence_length`.
    """
    chosen = torch.randperm(context.shape[1], generator=generator)[:kept]
    padding = math.exp(math.log(16) + math.log(32) * torch.rand((), generator=generator).item())
    counts = torch.tensor([context.shape[1] / kept] * kept + [padding])
    return torch.cat([context[:, chosen], torch.zeros_like(context[:, :1])], 1), counts.log()


def latents(settings: loop.Settings, paths: list[Path]) -> Path:
    """The pictures' latents, centred and scaled to variance 1, kept with that shift and scale in a file; its path.

    They depend on the encoder alone, which is fitted in closed form, so that they need no trained decoder.
    """
    path = settings.folder / "latents.safetensors"
    if path.exists():
        return path
    mean, project = principal_components(torch.from_numpy(load_arrays(paths[0])["pictures"]))
    parts, masks = [], []
    for chunk in map(load_arrays, paths):
        for part in torch.from_numpy(chunk["pictures"]).split(50):
            coded = (_blocks(part.float() / 255) - mean) @ project.T
            parts.append(coded.view(len(part), 16, 16, CHANNELS).permute(0, 3, 1, 2))
        masks.append(chunk["masks"])
    coded = torch.cat(parts)
    shift, scale = coded.mean().item(), 1 / coded.std().item()
    save_arrays({"latents": ((coded - shift) * scale).half().contiguous().numpy(), "masks": np.concatenate(masks),
                 "shift_and_scale": np.asarray([shift, scale])}, path.with_suffix(".partial"))
    os.replace(path.with_suffix(".partial"), path)
    return path


def finished_latents(settings: loop.Settings, paths: list[Path], out: Path) -> dict[str, np.ndarray]:
    """The pictures' latents as a finished model's own encoder gives them, shifted and scaled as its decoder expects.

    An encoder fitted anew may turn its components' signs, so that its latents would be another model's.
    """
    path = settings.folder / "finished-latents.safetensors"
    if not path.exists():
        settings.folder.mkdir(parents=True, exist_ok=True)
        net = AutoencoderTiny.from_pretrained(out / "vae", trust_remote_code=False).float()
        with torch.no_grad():
            parts = [net.encode(signed(part)).latents for chunk in paths
                     for part in torch.from_numpy(load_arrays(chunk)["pictures"]).split(100)]
        coded = (torch.cat(parts) - net.config.shift_factor) * net.config.scaling_factor
        save_arrays({"latents": coded.half().numpy(),
                     "masks": np.concatenate([load_arrays(chunk)["masks"] for chunk in paths])},
                    path.with_suffix(".partial"))
        os.replace(path.with_suffix(".partial"), path)
    return load_arrays(path)


def finished_words(settings: loop.Settings, out: Path):
    """The tokenizer and the frozen text encoder of a finished model."""
    encoder = CLIPTextModelWithProjection.from_pretrained(out / "text_encoder", trust_remote_code=False)
    tokenizer = CLIPTokenizer.from_pretrained(out / "tokenizer", trust_remote_code=False)
    return tokenizer, encoder.to(settings.device).eval().requires_grad_(False)


def train_denoiser(settings: loop.Settings, words, coded: dict[str, np.ndarray], minutes: float | None
                   ) -> SD3Transformer2DModel:
    """Train a new denoiser.

    At first the loss counts three times inside the subject, the word that is learned last; later the whole picture
    counts alike, because the surroundings are what is then left to learn.
    """
    return _train_denoiser(settings, "denoiser", new_denoiser(), words, coded, minutes, 1e-3, SUBJECT_FIRST_SAMPLES,
                           settings.seed)


def refine_denoiser(settings: loop.Settings, net: SD3Transformer2DModel, words, coded: dict[str, np.ndarray],
                    minutes: float | None) -> SD3Transformer2DModel:
    """Go on training a finished denoiser, at a rate that begins lower; what it was taught already is kept."""
    return _train_denoiser(settings, "denoiser-refined", net, words, coded, minutes, 6e-4, 0,
                           settings.seed + 1)  # other noise than it has seen


def _train_denoiser(settings, name, net, words, coded, minutes, learning_rate, subject_first, seed):
    """Flow matching (Lipman et al., 2023) with logit-normal times."""
    torch.manual_seed(settings.seed)
    net = net.to(settings.device)
    attention = CountedJointAttention()
    net.set_attn_processor(attention)
    pool = list(_training_scenes(len(coded["latents"]), settings.seed))
    clean, masks = torch.from_numpy(coded["latents"]), torch.from_numpy(coded["masks"])
    gpu = settings.device.startswith("cuda")
    run = torch.compile(net) if gpu else net
    batch = 256 if gpu else 32

    def flow_loss(picked, texts, generator, sigma, emphasis=0.0):
        picture = clean[picked].float().to(settings.device)
        noise = torch.randn(picture.shape, generator=generator).to(settings.device)
        context, pooled = encode(*words, texts)
        context, counts = sampled_context(context, generator)
        attention.log_counts = counts.to(settings.device)
        level = sigma.to(settings.device)[:, None, None, None]
        with loop.autocast(settings.device):
            velocity = run(hidden_states=(1 - level) * picture + level * noise, encoder_hidden_states=context,
                           pooled_projections=pooled, timestep=1000 * sigma.to(settings.device),
                           return_dict=False)[0]
        weight = 1 + emphasis * masks[picked].float().to(settings.device)[:, None] / 255
        return (weight * (velocity.float() - (noise - picture)).square()).mean() / weight.mean()

    def loss(step: int, generator: torch.Generator) -> torch.Tensor:
        picked = torch.randint(len(pool), (batch,), generator=generator)
        seeds = torch.randint(2**31, (batch,), generator=generator).tolist()
        texts = [captions.caption(pool[p], captions.LANGUAGES[s % 2], s).text if s % 100 >= UNGUIDED_PERCENT else ""
                 for p, s in zip(picked.tolist(), seeds, strict=True)]
        sigma = torch.sigmoid(torch.randn(batch, generator=generator))
        return flow_loss(picked, texts, generator, sigma, 2.0 if step * batch < subject_first else 0.0)

    def watch(step: int) -> str:
        return "swap gap " + ", ".join(
            f"{name} {gap:.1%}" for name, gap in _swap_gaps(flow_loss, pool, net).items())

    recipe = loop.Recipe(steps=150_000 if not gpu else 60_000, learning_rate=learning_rate, minutes=minutes,
                         warmup=150, weight_decay=0.02, betas=(0.9, 0.98), ema=0.998, final=0.005)
    trained = loop.train(name, settings.folder / name, {"transformer": net}, loss, recipe, seed, watch, 150)
    loop.load_averaged(trained, {"transformer": net})
    net.eval()
    print(f"{name}  {trained.seconds / 60:.1f} min, {trained.steps * batch:,} samples, {watch(trained.steps)}",
          flush=True)
    return net


def _training_scenes(count: int, seed: int):
    for k in range(count // CHUNK):
        yield from scenes.scenes(CHUNK, seed * 10_000 + k + 1)


@torch.no_grad()
def _swap_gaps(flow_loss, pool, net) -> dict[str, float]:
    """How much the loss rises when one word of the caption is replaced: 0 means that it is not heeded at all."""
    picked = torch.arange(128)
    sigma = torch.full((128,), 0.7)
    net.eval()

    def measured(swap: str | None) -> float:
        said = []
        for p in picked.tolist():
            scene = pool[p]
            if swap:
                choices = scenes.ATTRIBUTES[swap]
                scene = replace(scene, **{swap: choices[(choices.index(getattr(scene, swap)) + 3) % len(choices)]})
            said.append(captions.plain(scene, captions.LANGUAGES[p % 2]))
        return flow_loss(picked, said, torch.Generator().manual_seed(5), sigma).item()

    true = measured(None)
    gaps = {swap: measured(swap) / true - 1 for swap in ("subject", "colour", "setting")}
    net.train()
    return gaps


# the finish: the decoder learns to read what the denoiser writes


def attempts(settings: loop.Settings, net: SD3Transformer2DModel, words, coded: dict[str, np.ndarray],
             count: int) -> torch.Tensor:
    """What the denoiser makes of the first training pictures, half hidden by noise: float16 (count, 16, 16, 16).

    Each is drowned in noise to a level between 0.35 and 0.85 and brought back with its caption in eight steps, so that
    it has the denoiser's faults, and yet it is known which picture it was to be. Kept in files of 1,000.
    """
    folder = settings.folder / "finish"
    folder.mkdir(parents=True, exist_ok=True)
    attention = CountedJointAttention()
    net.to(settings.device).set_attn_processor(attention)
    pool, parts = list(_training_scenes(count, settings.seed)), []
    for first in range(0, count, CHUNK):
        path = folder / f"attempts-{first // CHUNK:03d}.safetensors"
        if not path.exists():
            print(f"finish  {first} of {count} attempts", flush=True)
            clean = torch.from_numpy(coded["latents"][first:first + CHUNK]).float()
            made = [_attempt(settings.device, net, attention, words, clean[at:at + 40],
                             pool[first + at:first + at + 40], settings.seed + first + at)
                    for at in range(0, len(clean), 40)]
            save_arrays({"latents": torch.cat(made).half().cpu().numpy()}, path.with_suffix(".partial"))
            os.replace(path.with_suffix(".partial"), path)
        parts.append(torch.from_numpy(load_arrays(path)["latents"]))
    return torch.cat(parts)


@torch.no_grad()
def _attempt(device, net, attention, words, clean, wanted, seed) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    said = [captions.caption(scene, captions.LANGUAGES[k % 2], seed + k).text for k, scene in enumerate(wanted)]
    context, pooled = encode(*words, said)
    context, counts = sampled_context(context, generator)
    attention.log_counts = counts.to(device)
    level = 0.35 + 0.5 * torch.rand((), generator=generator).item()
    noise = torch.randn(clean.shape, generator=generator)
    latent = ((1 - level) * clean + level * noise).to(device)
    sigmas = torch.linspace(level, 0, 9).tolist()
    for sigma, lower in zip(sigmas, sigmas[1:]):
        velocity = net(hidden_states=latent, encoder_hidden_states=context, pooled_projections=pooled,
                       timestep=torch.full((len(clean),), 1000 * sigma, device=device), return_dict=False)[0]
        latent = latent + (lower - sigma) * velocity
    return latent


def train_finish(settings: loop.Settings, net: AutoencoderTiny, made: torch.Tensor, coded: dict[str, np.ndarray],
                 shift_and_scale: tuple[float, float], paths: list[Path], minutes: float | None) -> AutoencoderTiny:
    """Teach the decoder to paint the pictures that the denoiser meant.

    Half of each batch are the denoiser's attempts, half true latents, lest the decoder lose what it can.
    """
    torch.manual_seed(settings.seed)
    shift, scale = shift_and_scale
    pictures = _pictures(paths[:-(-len(made) // CHUNK)])
    true = torch.from_numpy(coded["latents"][:len(made)])
    batch = 32 if settings.device.startswith("cuda") else 6

    def loss(step: int, generator: torch.Generator) -> torch.Tensor:
        crops, tried, meant = _crops([(pictures, 8), (made, 1), (true, 1)], 2 * batch, generator)
        wanted = signed(crops).to(settings.device)
        latents = torch.cat([tried[:batch], meant[batch:]]).float().to(settings.device) / scale + shift
        with loop.autocast(settings.device):
            painted = _decoded(net, latents)
        painted = painted.float()
        return _reconstruction_loss(painted, wanted) + 0.05 * _decibel_loss(painted[batch:], wanted[batch:])

    return _train_decoder(settings, "finish", net, minutes, loss, 6e-4)


# the finished folder


def export(settings: loop.Settings, out: Path) -> None:
    """Write the model as a `StableDiffusion3Pipeline` folder, from what the stages' checkpoints hold now.

    The autoencoder and the denoiser are stored as float16, the text encoders as float32, because loaders raise
    the former on the CPU and leave the latter as they find it.
    """
    tokenizer = tokenizer_of(settings.folder / "tokenizer")
    autoencoder, denoiser = new_autoencoder(), new_denoiser()
    encoder = new_text_encoder(tokenizer)
    autoencoder.load_state_dict(loop.averaged(settings.folder / "finish", "autoencoder"))
    denoiser.load_state_dict(loop.averaged(settings.folder / "denoiser", "transformer"))
    encoder.load_state_dict(loop.averaged(settings.folder / "words", "text_encoder"))
    shift, scale = load_arrays(settings.folder / "latents.safetensors")["shift_and_scale"].tolist()
    autoencoder.register_to_config(scaling_factor=scale, shift_factor=shift)
    pipeline = StableDiffusion3Pipeline(
        transformer=denoiser.half(), scheduler=FlowMatchEulerDiscreteScheduler(shift=SHIFT),
        vae=autoencoder.half(), text_encoder=encoder, text_encoder_2=encoder, tokenizer=tokenizer,
        tokenizer_2=tokenizer, **silent_third_encoder())
    fresh = out.with_name(out.name + ".partial")
    shutil.rmtree(fresh, ignore_errors=True)
    pipeline.save_pretrained(fresh)
    for part in ("tokenizer", "tokenizer_2"):
        _write_older_tokenizer(tokenizer, fresh / part)
    _forget_derived_setting(fresh / "vae" / "config.json")
    for card in out.glob("*.md"):
        shutil.copy(card, fresh)
    for file in fresh.rglob("*.safetensors"):
        file.chmod(0o644)
    shutil.rmtree(out, ignore_errors=True)
    os.replace(fresh, out)


def export_decoder(settings: loop.Settings, out: Path, stage: str) -> None:
    """Put a stage's decoder, as its checkpoint holds it now, in the place of a finished model's."""
    net = deepened(AutoencoderTiny.from_pretrained(out / "vae", trust_remote_code=False).float())
    net.load_state_dict(loop.averaged(settings.folder / stage, "autoencoder"))
    _replace_part(net, out / "vae")


def export_denoiser(settings: loop.Settings, out: Path) -> None:
    """Put the refined denoiser, as its checkpoint holds it now, in the place of a finished model's."""
    net = new_denoiser()
    net.load_state_dict(loop.averaged(settings.folder / "denoiser-refined", "transformer"))
    _replace_part(net, out / "transformer")


def _replace_part(net, part: Path) -> None:
    """Write one part of a finished pipeline anew, as float16."""
    fresh = part.with_name(part.name + ".partial")
    shutil.rmtree(fresh, ignore_errors=True)
    net.half().save_pretrained(fresh)
    if part.name == "vae":
        _forget_derived_setting(fresh / "config.json")
    for file in fresh.glob("*.safetensors"):
        file.chmod(0o644)
    shutil.rmtree(part)
    os.replace(fresh, part)


def _forget_derived_setting(path: Path) -> None:
    """The autoencoder writes `block_out_channels`, works it out anew when loaded, and complains of finding it."""
    config = json.loads(path.read_text())
    del config["block_out_channels"]
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def silent_third_encoder() -> dict[str, object]:
    """A T5 encoder of a few kilobytes that answers every sentence with exact zeros, and its tokenizer.

    The pipeline replaces an absent third encoder by zeros too, but refuses to load a folder without one unless it
    is told so by its caller.
    """
    encoder = T5EncoderModel(T5Config(vocab_size=3, d_model=256, d_kv=8, d_ff=8, num_layers=1, num_heads=1))
    torch.nn.init.zeros_(encoder.encoder.final_layer_norm.weight)
    tokenizer = T5TokenizerFast(vocab=[("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -1.0)], extra_ids=0,
                                model_max_length=256)
    return {"text_encoder_3": encoder, "tokenizer_3": tokenizer}


def _write_older_tokenizer(tokenizer: CLIPTokenizer, folder: Path) -> None:
    """`vocab.json` and `merges.txt`, which readers before transformers 5 expect beside tokenizer.json."""
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False), encoding="utf-8")
    merges = "\n".join(" ".join(pair) for pair in model["merges"])
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}\n", encoding="utf-8")


def train(settings: loop.Settings) -> None:
    """All stages, each from where it stopped, then the export; prints what it cost.

    Settings with a stage (`decoder`, `denoiser` or `finish`) go on with that part of the finished model alone, and
    export it.
    """
    begun = time.monotonic()
    out = settings.out or MODEL_FOLDER
    paths = material(settings.folder / "material", seed=settings.seed)
    (_whole if settings.stage is None else _further)(settings, paths, out)
    megabytes = sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) / 1e6
    print(f"painter  {megabytes:.1f} MB in {out}, {(time.monotonic() - begun) / 60:.1f} min this time", flush=True)


def _whole(settings: loop.Settings, paths: list[Path], out: Path) -> None:
    def share(part: float) -> float | None:
        return settings.minutes * part if settings.minutes else None

    net = train_autoencoder(settings, paths, share(AUTOENCODER_SHARE) or 20)
    net = train_decoder(settings, net, paths, share(DECODER_SHARE) or 90)
    words = train_words(settings, share(WORDS_SHARE) or 5)
    coded = load_arrays(latents(settings, paths))
    denoiser = train_denoiser(settings, words, coded, share(DENOISER_SHARE) or 150)
    shift, scale = coded["shift_and_scale"].tolist()
    train_finish(settings, net, attempts(settings, denoiser, words, coded, FINISH_PICTURES), coded, (shift, scale),
                 paths, share(FINISH_SHARE) or 40)
    export(settings, out)


def _further(settings: loop.Settings, paths: list[Path], out: Path) -> None:
    net = AutoencoderTiny.from_pretrained(out / "vae", trust_remote_code=False).float()
    if settings.stage == "decoder":
        train_decoder(settings, net, paths, settings.minutes or 90)
        export_decoder(settings, out, "decoder")
        return
    words, coded = finished_words(settings, out), finished_latents(settings, paths, out)
    denoiser = SD3Transformer2DModel.from_pretrained(out / "transformer", trust_remote_code=False).float()
    if settings.stage == "denoiser":
        refine_denoiser(settings, denoiser, words, coded, settings.minutes or 120)
        export_denoiser(settings, out)
        return
    made = attempts(settings, denoiser.eval(), words, coded, FINISH_PICTURES)
    train_finish(settings, net, made, coded, (net.config.shift_factor, net.config.scaling_factor), paths,
                 settings.minutes or 40)
    export_decoder(settings, out, "finish")
