"""Painters of clips that begin with a picture, with random weights, small enough to build in a moment."""

import diffusers
import torch

from . import tiny
from .variations import eyes


def wan():
    """The first Wan for pictures, which also looks at the picture by CLIP; the later one (2.2) has no eyes."""
    whole = tiny.wan()
    processor, encoder = eyes()
    transformer = diffusers.WanTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=12, in_channels=36, out_channels=16,
        text_dim=16, freq_dim=32, ffn_dim=32, num_layers=1, cross_attn_norm=True, qk_norm="rms_norm_across_heads",
        rope_max_seq_len=32, image_dim=16, added_kv_proj_dim=24)
    return diffusers.WanImageToVideoPipeline(**{**whole.components, "transformer": transformer, "image_encoder": encoder,
                                                "image_processor": processor, "transformer_2": None})


def wan_two():
    transformer = diffusers.WanTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=12, in_channels=36, out_channels=16,
        text_dim=16, freq_dim=32, ffn_dim=32, num_layers=1, cross_attn_norm=True, qk_norm="rms_norm_across_heads",
        rope_max_seq_len=32)
    return diffusers.WanImageToVideoPipeline(**{**tiny.wan().components, "transformer": transformer, "image_encoder": None,
                                                "image_processor": None})


def ltx():
    return diffusers.LTXImageToVideoPipeline(**tiny.ltx().components)


def cogvideox():
    whole = tiny.cogvideox().components
    settings = {**whole["transformer"].config, "in_channels": 8, "out_channels": 4}
    transformer = diffusers.CogVideoXTransformer3DModel(**{name: value for name, value in settings.items() if name[0] != "_"})
    return diffusers.CogVideoXImageToVideoPipeline(**{**whole, "transformer": transformer})


def stable_video():
    processor, encoder = eyes(32, 224, 112)
    unet = diffusers.UNetSpatioTemporalConditionModel(
        block_out_channels=(32, 64), layers_per_block=1, sample_size=16, in_channels=8, out_channels=4,
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"), cross_attention_dim=32,
        num_attention_heads=2, addition_time_embed_dim=8, projection_class_embeddings_input_dim=24, num_frames=3)
    vae = diffusers.AutoencoderKLTemporalDecoder(
        block_out_channels=(32, 32), down_block_types=("DownEncoderBlock2D",) * 2, latent_channels=4, sample_size=32,
        layers_per_block=1)
    scheduler = diffusers.EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", interpolation_type="linear",
        prediction_type="v_prediction", use_karras_sigmas=True, timestep_spacing="leading", steps_offset=1,
        timestep_type="continuous", sigma_min=0.002, sigma_max=700.0)
    return diffusers.StableVideoDiffusionPipeline(unet=unet, vae=vae, scheduler=scheduler, image_encoder=encoder,
                                                  feature_extractor=processor)


def skyreels():
    whole = tiny.hunyuan_video().components
    settings = {**whole["transformer"].config, "in_channels": 8, "out_channels": 4}
    transformer = diffusers.HunyuanVideoTransformer3DModel(
        **{name: value for name, value in settings.items() if name[0] != "_"})
    return diffusers.HunyuanSkyreelsImageToVideoPipeline(**{**whole, "transformer": transformer})


MOVED = {"wan": (wan, 5), "wan_two": (wan_two, 5), "ltx": (ltx, 9), "cogvideox": (cogvideox, 9), "skyreels": (skyreels, 5),
         "stable_video": (stable_video, 3)}


def saved(name, folder):
    """The folder in which a family's tiny pipeline lies."""
    torch.manual_seed(sum(map(ord, name)))
    MOVED[name][0]().save_pretrained(folder)
    return folder


def live(name, folder):
    """A family's tiny pipeline, saved in a folder and loaded as the engine loads it."""
    from nodegraph import Recipe
    from nodegraph_nodes.diffusion.models import load

    return load(Recipe("DiffusionModel", name, str(saved(name, folder))), "cpu", "float32")
