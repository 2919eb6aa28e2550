"""Pipelines of the real architectures with random weights, small enough to build in a moment."""

import copy

import pytest
import torch


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory):
    """Folders, as diffusers saves them: sd3 (no T5, tiny autoencoder), sd and xl (noise prediction), flux; and two that
    are run as a whole: pixart (noise, DPM-Solver) and whole (latent consistency)."""
    root = tmp_path_factory.mktemp("checkpoints")
    makers = {"sd3": stable_diffusion_3, "sd": stable_diffusion, "xl": stable_diffusion_xl, "flux": flux,
              "whole": latent_consistency, "pixart": pixart}
    for number, (name, make) in enumerate(makers.items()):
        torch.manual_seed(number)
        make().save_pretrained(root / name)
    return root


@pytest.fixture(scope="session")
def models(checkpoints):
    """The live models, loaded as the engine loads them."""
    from nodegraph import Recipe
    from nodegraph_nodes.diffusion.models import load

    return {folder.name: load(Recipe("DiffusionModel", folder.name, str(folder)), "cpu", "float32")
            for folder in checkpoints.iterdir()}


@pytest.fixture(scope="session", autouse=True)
def quick_schedules():
    """Two classes of diffusers go through each of a model's thousand steps in Python whenever one of them is made, a quarter of
    a second: for the same settings that is done once, and what came of it is copied."""
    from diffusers import KDPM2AncestralDiscreteScheduler, KDPM2DiscreteScheduler

    with pytest.MonkeyPatch.context() as patch:
        for kind in (KDPM2DiscreteScheduler, KDPM2AncestralDiscreteScheduler):
            patch.setattr(kind, "set_timesteps", once_for_each(kind.set_timesteps))
        yield


def once_for_each(set_timesteps):
    """The method, which remembers what it did to a scheduler that nobody has set before."""
    known = {}

    def remembered(self, *arguments, **settings):
        if "timesteps" in vars(self):
            return set_timesteps(self, *arguments, **settings)
        key = repr((sorted(self.config.items()), self.betas.tolist(), arguments, settings))
        if key not in known:
            before = {**vars(self)}
            set_timesteps(self, *arguments, **settings)
            known[key] = {name: value for name, value in vars(self).items() if before.get(name, known) is not value}
        vars(self).update(copy.deepcopy(known[key]))
    return remembered


def clip_tokenizer():
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizer

    letters = sorted(ByteLevel.alphabet())
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(letter + "</w>" for letter in letters)]
    return CLIPTokenizer(vocab={word: i for i, word in enumerate(words)}, merges=[], model_max_length=16)


def clip_encoder(kind="CLIPTextModel"):
    import transformers

    config = transformers.CLIPTextConfig(
        vocab_size=514, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=16, projection_dim=16, bos_token_id=0, eos_token_id=1, pad_token_id=1)
    return getattr(transformers, kind)(config)


def t5_tokenizer():
    from transformers import T5Tokenizer

    letters = "▁abcdefghijklmnopqrstuvwxyz ,."
    return T5Tokenizer(vocab=[("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -9.0), *((c, -2.0) for c in letters)],
                       extra_ids=0, model_max_length=32)


def t5_encoder():
    from transformers import T5Config, T5EncoderModel

    return T5EncoderModel(T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2))


def kl_autoencoder(channels, widths=(8, 16)):
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(widths), up_block_types=("UpDecoderBlock2D",) * len(widths),
        block_out_channels=widths, layers_per_block=1, latent_channels=channels, norm_num_groups=4,
        sample_size=32, scaling_factor=0.5, shift_factor=0.1 if channels == 16 else None,
        use_quant_conv=channels == 4, use_post_quant_conv=channels == 4)


def stable_diffusion_3(layers=2):
    from diffusers import AutoencoderTiny, FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline

    vae = AutoencoderTiny(encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8), latent_channels=8,
                          num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1))
    transformer = SD3Transformer2DModel(
        sample_size=16, patch_size=2, in_channels=8, out_channels=8, num_layers=layers, attention_head_dim=8,
        num_attention_heads=2, joint_attention_dim=32, caption_projection_dim=16, pooled_projection_dim=32,
        pos_embed_max_size=32)
    return StableDiffusion3Pipeline(
        transformer=transformer, scheduler=FlowMatchEulerDiscreteScheduler(shift=2.0), vae=vae,
        text_encoder=clip_encoder("CLIPTextModelWithProjection"), tokenizer=clip_tokenizer(),
        text_encoder_2=clip_encoder("CLIPTextModelWithProjection"), tokenizer_2=clip_tokenizer(),
        text_encoder_3=None, tokenizer_3=None)


def unet(context=16, **more):
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=16, in_channels=4, out_channels=4, block_out_channels=(8, 16), layers_per_block=1,
        norm_num_groups=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=context, attention_head_dim=8, **more)


def stable_diffusion():
    from diffusers import PNDMScheduler, StableDiffusionPipeline

    scheduler = PNDMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                              skip_prk_steps=True, steps_offset=1)
    return StableDiffusionPipeline(
        unet=unet(), scheduler=scheduler, vae=kl_autoencoder(4), text_encoder=clip_encoder(),
        tokenizer=clip_tokenizer(), safety_checker=None, feature_extractor=None, requires_safety_checker=False)


def stable_diffusion_xl():
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline

    network = unet(addition_embed_type="text_time", addition_time_embed_dim=8,
                   projection_class_embeddings_input_dim=16 + 6 * 8, context=32)
    return StableDiffusionXLPipeline(
        unet=network, scheduler=EulerDiscreteScheduler(beta_schedule="scaled_linear"), vae=kl_autoencoder(4),
        text_encoder=clip_encoder(), tokenizer=clip_tokenizer(), tokenizer_2=clip_tokenizer(),
        text_encoder_2=clip_encoder("CLIPTextModelWithProjection"), add_watermarker=False)


def flux():
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

    transformer = FluxTransformer2DModel(
        patch_size=1, in_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=16, pooled_projection_dim=16, axes_dims_rope=(4, 4, 8),
        guidance_embeds=True)
    pipe = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True), vae=kl_autoencoder(16),
        text_encoder=clip_encoder(), tokenizer=clip_tokenizer(), text_encoder_2=t5_encoder(),
        tokenizer_2=t5_tokenizer(), transformer=transformer)
    pipe.default_sample_size = 16
    return pipe


def latent_consistency():
    """A pipeline whose family is not known to the nodes one by one."""
    from diffusers import LatentConsistencyModelPipeline, LCMScheduler

    known = stable_diffusion()
    return LatentConsistencyModelPipeline(
        vae=known.vae, text_encoder=known.text_encoder, tokenizer=known.tokenizer, unet=unet(time_cond_proj_dim=8),
        scheduler=LCMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False)


def pixart():
    """A DiT that paints in sizes of its own, 256 x 256 and others of as many pixels."""
    from diffusers import DPMSolverMultistepScheduler, PixArtSigmaPipeline, PixArtTransformer2DModel

    transformer = PixArtTransformer2DModel(
        sample_size=32, num_layers=1, patch_size=2, attention_head_dim=8, num_attention_heads=2, caption_channels=16,
        in_channels=4, out_channels=8, cross_attention_dim=16, use_additional_conditions=False)
    return PixArtSigmaPipeline(
        tokenizer=t5_tokenizer(), text_encoder=t5_encoder(), vae=kl_autoencoder(4, (4, 4, 4, 4)),
        transformer=transformer, scheduler=DPMSolverMultistepScheduler())
