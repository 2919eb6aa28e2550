"""How the little illustrator is made: pictures, an autoencoder, two text encoders, and a diffusion transformer.

Each stage keeps its work in its own folder and resumes from there. The finished model is a plain
`StableDiffusion3Pipeline` folder (Esser et al., 2024, "Scaling Rectified Flow Transformers"), so that whatever
loads Stable Diffusion 3 loads this toy.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderTiny,
    FlowMatchEulerDiscreteScheduler,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
)
from safetensors.numpy import load_file as load_arrays, save_file as save_arrays
from transformers import CLIPTextModelWithProjection, CLIPTokenizer

from .. import captions, scenes
from . import loop
from .autoencoder import (
    CHANNELS,
    blocks,
    crops_of,
    decibel_loss,
    decoded,
    deepened,
    new_autoencoder,
    pictures_of,
    principal_components,
    reconstruction_loss,
    train_autoencoder,
    train_decoder,
    train_decoder_by,
)
from .folder import forget_derived_setting, replace_part, silent_third_encoder, write_older_tokenizer
from .joint import CountedJointAttention, sampled_context
from .material import CHUNK, material, signed
from .words import encode, new_text_encoder, tokenizer_of, train_words

UNGUIDED_PERCENT = 10
SHIFT = 2.5  # of the noise levels when painting; with few steps, more of them at high noise keep subjects whole
SUBJECT_FIRST_SAMPLES = 90_000
FINISH_PICTURES = 4_000
# shares of a wall-clock budget; the rest goes to drawing the pictures and to the export
AUTOENCODER_SHARE, DECODER_SHARE, WORDS_SHARE, DENOISER_SHARE, FINISH_SHARE = 0.08, 0.2, 0.04, 0.42, 0.15
MODEL_FOLDER = Path(__file__).parent.parent / "models" / "painter"



# the denoiser


def new_denoiser() -> SD3Transformer2DModel:
    """A small multimodal diffusion transformer: 64 patches of 2 x 2 latents, six joint blocks of width 192."""
    return SD3Transformer2DModel(
        sample_size=16, patch_size=2, in_channels=CHANNELS, out_channels=CHANNELS, num_layers=6,
        attention_head_dim=32, num_attention_heads=6, joint_attention_dim=256, caption_projection_dim=192,
        pooled_projection_dim=2 * sum(map(len, scenes.ATTRIBUTES.values())), pos_embed_max_size=32)


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
            coded = (blocks(part.float() / 255) - mean) @ project.T
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
    pictures = pictures_of(paths[:-(-len(made) // CHUNK)])
    true = torch.from_numpy(coded["latents"][:len(made)])
    batch = 32 if settings.device.startswith("cuda") else 6

    def loss(step: int, generator: torch.Generator) -> torch.Tensor:
        crops, tried, meant = crops_of([(pictures, 8), (made, 1), (true, 1)], 2 * batch, generator)
        wanted = signed(crops).to(settings.device)
        latents = torch.cat([tried[:batch], meant[batch:]]).float().to(settings.device) / scale + shift
        with loop.autocast(settings.device):
            painted = decoded(net, latents)
        painted = painted.float()
        return reconstruction_loss(painted, wanted) + 0.05 * decibel_loss(painted[batch:], wanted[batch:])

    return train_decoder_by(settings, "finish", net, minutes, loss, 6e-4)


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
        write_older_tokenizer(tokenizer, fresh / part)
    forget_derived_setting(fresh / "vae" / "config.json")
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
    replace_part(net, out / "vae")


def export_denoiser(settings: loop.Settings, out: Path) -> None:
    """Put the refined denoiser, as its checkpoint holds it now, in the place of a finished model's."""
    net = new_denoiser()
    net.load_state_dict(loop.averaged(settings.folder / "denoiser-refined", "transformer"))
    replace_part(net, out / "transformer")


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
